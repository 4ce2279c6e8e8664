
// ---- the editor: a field with its text written once more below it, in colours --------------------

/** An element of the page. @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const code = /** @type {HTMLTextAreaElement} */ ($("code"));

/** Lines from 1, columns from 0, in characters; both columns 0: the whole line. @typedef {{line: number, column: number, end_line: number, end_column: number}} Span */

const marks = {
  wrong: /** @type {Span | null} */ (null), // where something went wrong
  step: 0, // the line of the step that is seen
};
let tabLeaves = false; // after Esc, Tab goes to the next control

/** A place in a line in JavaScript's units. @param {string} line @param {number} column */
const units = (line, column) => [...line].slice(0, column).join("").length;

/** From where to where a line is wrong, in JavaScript's units; null where it is not. @param {string} line @param {number} number @returns {[number, number] | null} */
function wrongPart(line, number) {
  const { wrong } = marks;
  if (!wrong || number < wrong.line || number > Math.max(wrong.line, wrong.end_line)) return null;
  const whole = !wrong.column && !wrong.end_column;
  const from = number === wrong.line && !whole ? units(line, wrong.column) : 0;
  const to = number === wrong.end_line && !whole ? units(line, wrong.end_column) : line.length;
  return [from, to];
}

/** A line in colours, with what is wrong in it. @param {Token[]} pieces @param {number} number */
function drawnLine(pieces, number) {
  const text = pieces.map((piece) => piece.text).join("");
  const wrong = wrongPart(text, number);
  const line = make("div", { class: "line" });
  line.classList.toggle("wrong", wrong !== null);
  line.classList.toggle("step", number === marks.step);
  let at = 0;
  for (const { kind, text: piece } of pieces) {
    const cuts = [0, ...(wrong ?? []).map((x) => x - at), piece.length]
      .filter((x) => x >= 0 && x <= piece.length).sort((a, b) => a - b);
    for (const [k, from] of cuts.slice(0, -1).entries()) {
      if (from === cuts[k + 1]) continue;
      const inside = wrong !== null && at + from >= wrong[0] && at + from < wrong[1];
      line.append(make("span", { class: inside ? `${kind} here` : kind }, piece.slice(from, cuts[k + 1])));
    }
    at += piece.length;
  }
  if (wrong && wrong[1] > at) line.append(make("span", { class: "here" }, " ")); // the end is missing
  if (!text) line.append("\n");
  return line;
}

/** The text in colours. */
function drawCode() {
  $("lines").replaceChildren(...tokenLines(code.value).map((pieces, k) => drawnLine(pieces, k + 1)));
  $("paper").style.setProperty("--digits", String(String(code.value.split("\n").length).length));
}

/** Change the text as if it had been typed, so that it can be undone. @param {Change} change */
function apply({ start, end, insert, left, right }) {
  code.setSelectionRange(start, end);
  const done = document.execCommand(insert ? "insertText" : "delete", false, insert);
  if (!done) {
    code.setRangeText(insert, start, end);
    code.dispatchEvent(new Event("input"));
  }
  code.setSelectionRange(left, right);
}

/** Write another text, by its part that is other. @param {string} text @param {"preserve" | "end"} cursor  where it then is */
function write(text, cursor) {
  const { start, end, insert } = changedPart(code.value, text);
  code.setRangeText(insert, start, end, cursor);
  Object.assign(marks, { wrong: null, step: 0 });
  drawCode();
}

/** To a place in the text. @param {Span} span */
function goTo({ line, column }) {
  const lines = code.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((n, one) => n + one.length + 1, 0);
  const at = before + units(lines[line - 1] ?? "", column);
  code.focus();
  code.setSelectionRange(at, at);
  $("lines").children[line - 1]?.scrollIntoView({ block: "nearest" });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const { key, shiftKey: back } = event;
  const [start, end] = [code.selectionStart, code.selectionEnd];
  const leaving = tabLeaves;
  if (key !== "Shift") tabLeaves = key === "Escape";
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  /** @type {Change | null} */
  let change = null;
  if (key === "Tab" && !leaving) change = indent(code.value, start, end, back);
  if (key === "Backspace" && start === end) change = unindent(code.value, start);
  if (!change) return;
  event.preventDefault();
  apply(change);
}

/** Enter, of a keyboard on glass too. @param {InputEvent} event */
function onInsert(event) {
  if (event.inputType !== "insertLineBreak" && event.inputType !== "insertParagraph") return;
  event.preventDefault();
  apply(newLine(code.value, code.selectionStart, code.selectionEnd));
}

/** @param {(begins: string, ends: string) => void} changed  called when the text is another */
function enableEditor(changed) {
  code.addEventListener("keydown", onKey);
  code.addEventListener("beforeinput", onInsert);
  code.addEventListener("blur", () => { tabLeaves = false; });
  code.addEventListener("input", (event) => {
    marks.wrong = null;
    marks.step = 0;
    drawCode();
    const { inputType = "", data } = /** @type {InputEvent} */ (event);
    changed(...wordly(inputType, data ?? "", code.selectionEnd));
  });
}
