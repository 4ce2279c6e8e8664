
// ---- the code on the page, the line of the step marked ------------------------------------------

/** @typedef {{line: HTMLElement, arrow: HTMLElement, count: HTMLElement}} DrawnLine */
/** @type {Map<string, DrawnLine>} */
const drawnLines = new Map(); // those that made nodes

/** Every block once: what made a node is a button. */
function makeListing() {
  for (const [block, { title, lines }] of graph.code.entries()) {
    const rows = lines.map(([number, text], k) => {
      const after = k && number > lines[k - 1][0] + 1 ? " after-gap" : "";
      return make("li", { class: `line${after}` }, lineElement(block, number, text));
    });
    $("code").append(make("h2", {}, title), make("ol", {}, ...rows));
  }
  new ResizeObserver(() => { shownLine = ""; showListing(); }).observe($("code"));
}

/** @param {number} block @param {number} number @param {string} text */
function lineElement(block, number, text) {
  const key = lineKey(block, number);
  const [arrow, count] = [make("span", { class: "arrow" }), make("span", { class: "count" })];
  const words = make("code", {}, text);
  words.style.setProperty("--indent", String(text.length - text.trimStart().length));
  const parts = [arrow, make("span", { class: "number" }, String(number)), words, count];
  if (!madeBy.has(key)) return make("span", {}, ...parts);
  const line = make("button", { type: "button", "aria-label": lineText(key, number, text) }, ...parts);
  line.addEventListener("click", () => goToLine(key));
  drawnLines.set(key, { line, arrow, count });
  return line;
}

/** To the step of a line, or to its node. @param {string} key */
function goToLine(key) {
  pause();
  if (state.mode !== "steps") return choose(nodeOfLine(key));
  return go(stepOfLine(key) ?? position());
}

let shownLine = ""; // the one that was brought into view, for it may be scrolled away again

/** The line of the step, in view. */
function showListing() {
  if ($("code").hidden) return;
  const { key, arrow, count } = currentLine();
  for (const [name, drawn] of drawnLines) {
    const here = name === key;
    put(drawn.line, "aria-current", here ? "step" : "false");
    put(drawn.arrow, "text", here ? arrow : "");
    put(drawn.count, "text", here ? count : "");
  }
  const line = drawnLines.get(key)?.line;
  if (!line || key === shownLine) return;
  shownLine = key;
  const [seen, box] = [$("code"), line].map((e) => e.getBoundingClientRect());
  const outside = box.top < seen.top + 30 || box.bottom > seen.bottom - 30;
  if (outside) $("code").scrollTop += box.top - seen.top - (seen.height - box.height) / 2;
}
