
// ---- the panel: the node, the variables, descent ------------------------------------------------

/** The node that is pointed at, or the one that all is about; its paths where they are shown. */
function showNode() {
  const i = state.pointed ?? lookedAt();
  const lists = state.mode === "paths" && i === state.target && values[root] !== undefined;
  const isGroup = boxOf(i)?.isGroup && (state.pointed !== null || state.mode === "steps");
  const details = lists ? pathList : isGroup ? () => groupDetails(boxOf(i)) : () => nodeDetails(i);
  $("node").replaceChildren(...details());
}

/** All that is known of a node. @param {number} i */
function nodeDetails(i) {
  const { label, kind, source, sign } = nodes[i];
  /** @type {HTMLElement[]} */
  const rows = [];
  /** @param {string} head @param {(string | Part[])[]} lines */
  const row = (head, ...lines) => rows.push(
    make("dt", {}, head),
    ...lines.map((line) => make("dd", {}, ...(typeof line === "string" ? [line] : typeset(line)))),
  );
  if (label) row("label", label);
  if (source) row("made by", source);
  row("value", ...valueLines(i));
  if (!isConstant(i)) row("gradient", ...gradientLines(i));
  if (edgesInto[i].length && values[i] !== undefined) {
    const texts = abridged(edgesInto[i].map(localText), 10);
    row("local derivatives", ...texts.map((text) => text ?? "…"));
  }
  if (!isConstant(i)) {
    const key = state.mode === "predict" ? "" : ": click or Enter";
    row("paths", said`${countText(pathCounts[i])} from ${called(root)}${key}`);
  }
  const head = make("h2", {}, make("span", { class: "name" }, nameOf(i)), ` ${sign ?? kind}`);
  return [head, make("dl", {}, ...rows)];
}

/** All that is known of a folded box. @param {Box} box */
function groupDetails(box) {
  const { folded, node, outputs } = box;
  /** @type {HTMLElement[]} */
  const rows = [];
  /** @param {string} head @param {Part[][]} lines */
  const row = (head, ...lines) => lines.length && rows.push(
    make("dt", {}, head), ...lines.map((line) => make("dd", {}, ...typeset(line))),
  );
  row("inside", [insideText(box)]);
  const own = abridged(outputs.filter(isResult), 6);
  row("comes out", ...own.map((i) => (i === null ? ["…"] : said`${called(i)} = ${valueText(i)}`)));
  const early = state.mode === "steps" && box.gradientRank >= visible().gradients;
  if (early && state.pointed === null) row("gradient", ["the backward pass computes it"]);
  else row("gradient", hidesGradient(node) ? ["?"] : backwardEquation(node));
  const head = make("h2", {}, make("span", { class: "name" }, folded?.group ?? ""));
  const way = folded?.opens === undefined ? [] : [make("p", {}, "click or Enter: look inside")];
  return [head, make("dl", {}, ...rows), ...way];
}

/** The operation of a node: in letters, in numbers, the value. @param {number} i */
function valueLines(i) {
  if (!isResult(i)) return [said`${called(i)} = ${shown(values[i])}`];
  if (values[i] === undefined) return [forwardLetters(i), "has no value"];
  if (hidesValue(i)) return [forwardLetters(i), "= ?"];
  return [forwardLetters(i), numbersAlone(forwardEquation(i))];
}

/** An equation without its left side and without letters above. @param {Part[]} equation */
const numbersAlone = (equation) => equation.slice(1).map((p) => (
  typeof p === "object" && "up" in p ? { up: p.up.map(bare) }
    : typeof p === "object" && "big" in p ? p.big : p));

/** The chain rule at a node: in letters, in numbers, the sum. @param {number} i */
function gradientLines(i) {
  const name = gradientName(i);
  if (gradients[i] === undefined) return ["has no value"];
  if (hidesGradient(i)) return [said`${name} = ?`];
  const early = state.mode === "steps" && boxOf(i).gradientRank >= visible().gradients;
  if (early && state.pointed === null) return [said`${name}: the backward pass computes it`];
  if (i === root) return [said`${name} = 1`];
  const products = boxOf(i).out.map((arrow) => (hasSlope(arrow)
    ? said`${gradientName(arrow.head.node)} * ${slopeName(arrow)}` : said`what flows from ${boxName(arrow.head)}`));
  return [said`${name} = ${listing(products, 6, " + ")}`, numbersAlone(backwardEquation(i))];
}

/** The paths around the one that is shown, with the products so far and their sum. */
function pathList() {
  const at = position();
  const first = Math.max(0, at - 5);
  const items = state.found.slice(first, first + 12).map((path, j) => {
    const line = make("span", {}, make("span", {}, ...typeset(listing(trail(path), 6, " ← "))));
    if (first + j <= at) line.append(make("b", {}, shown(product(path))));
    return make("li", first + j === at ? { "aria-current": true } : {}, line);
  });
  const sum = state.found.slice(0, at + 1).reduce((s, path) => s + product(path), 0);
  const count = `sum of ${at + 1} of ${countText(pathCounts[state.target])}: `;
  return [
    make("h2", {}, "Paths to ", make("span", { class: "name" }, nameOf(state.target))),
    make("ol", { start: first + 1 }, ...items),
    make("p", { class: "sum" }, count, make("b", {}, shown(sum))),
    make("p", {}, "gradient: ", make("b", {}, shown(gradients[state.target]))),
  ];
}

/** @typedef {Record<"moves" | "range" | "box", HTMLInputElement>} Controls */
/** @type {Map<number, Controls>} */
const controls = new Map(); // by variable
/** @type {Map<number, number>} */
const drawnAt = new Map(); // where the sliders stand

/** A tick, a slider and a number for each variable that is drawn; the way to those that are not. */
function makeSliders() {
  controls.clear();
  drawnAt.clear();
  $("sliders").replaceChildren();
  for (const box of view.boxes) {
    const within = box.hides.filter((i) => nodes[i].kind === "variable");
    if (box.isGroup) linkTo(box, within.length);
    else within.forEach(makeSlider);
  }
  showSliders();
}

/** The way to the variables in a folded box. @param {Box} box @param {number} count */
function linkTo({ node, folded }, count) {
  if (!count || folded?.opens === undefined) return;
  const text = `${folded.group}: ${count.toLocaleString("en")} inside`;
  const button = make("button", { type: "button", class: "inside" }, text);
  button.addEventListener("click", () => openBox(node));
  $("sliders").append(button);
}

/** A tick, a slider and a number for a variable. @param {number} i */
function makeSlider(i) {
  const { name, label, given } = nodes[i];
  const moves = make("input", {
    type: "checkbox", "aria-label": `descent moves ${name}`,
    title: given ? "an input or a target: descent leaves it" : "moved by gradient descent",
  });
  const range = make("input", { type: "range", "aria-label": name });
  const box = make("input", { type: "number", step: "any", "aria-label": `${name}, number` });
  moves.checked = moving.has(i);
  moves.addEventListener("change", () => {
    if (moves.checked) moving.add(i); else moving.delete(i);
    show();
  });
  for (const input of [range, box]) input.addEventListener("input", () => slide(i, input));
  box.addEventListener("change", () => { drawnAt.delete(i); showSliders(); });
  for (const input of [moves, range, box]) input.disabled = !computes;
  controls.set(i, { moves, range, box });
  const text = make("span", { class: "name", title: label ?? name }, nameOf(i));
  $("sliders").append(moves, text, range, box);
  }

/** What is said of the variables once. */
function introduceSliders() {
  $("blame").hidden = computes;
  const reason = graph.blame ? `The sliders are off: ${graph.blame}.` : "There is no variable.";
  $("blame").textContent = reason;
  $("note").hidden = !graph.note;
  $("note").textContent = graph.note;
  const still = variables.filter((i) => nodes[i].given).map((i) => [called(i)]);
  $("ticks").hidden = !computes;
  const kept = still.length ? said`; not ${listing(still, 6, ", ")}: inputs and targets` : [];
  write("ticks", said`ticked: descent moves it${kept}`);
  if (computes) return;
  for (const button of modeButtons()) button.disabled = button.dataset.mode === "descent";
  for (const id of ["descend", "restart", "rate"]) put($(id), "disabled", true);
}

/**
 * Sliders and number boxes as the variables are; a box that is typed in stays as typed.
 * @param {HTMLInputElement | null} typed
 */
function showSliders(typed = null) {
  for (const [i, { range, box }] of controls) {
    const x = values[i];
    if (Object.is(drawnAt.get(i), x)) continue;
    drawnAt.set(i, x);
    if (Number.isFinite(x) && Math.abs(x) > Number(range.dataset.reach ?? -1)) {
      const reach = reachOf(x);
      range.dataset.reach = String(reach);
      furnish(range, { min: -reach, max: reach, step: reach / 200 });
    }
    const text = Number.isFinite(x) ? String(Number(x.toPrecision(4))) : "";
    if (Number(range.value) !== x) range.value = String(x);
    put(range, "aria-valuetext", shown(x));
    if (box === typed) drawnAt.delete(i);
    else if (box.value !== text) box.value = text;
  }
}

// ---- descent ------------------------------------------------------------------------------------

/** The learning rate and the root's value over the updates. */
function showDescent() {
  const shows = state.mode === "descent";
  $("descent").hidden = !shows;
  $("curve").hidden = !shows || track.length < 2;
  if ($("curve").hidden) return $("curve").replaceChildren(); // its numbers are no part of a question
  const heights = track.map((place) => place.height).filter(Number.isFinite);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const ends = `from ${shown(track[0].height)} to ${shown(track[track.length - 1].height)}`;
  const words = `${nodes[root].name} over ${track.length - 1} updates, ${ends}`;
  $("curve").replaceChildren(
    make("span", {}, nameOf(root), ` highest ${shown(high)}`),
    drawCurve(low, high, words),
    make("span", {}, `lowest ${shown(low)}`),
  );
}

/**
 * The root's value over the updates, as far as it is finite, a dot where one stands.
 * @param {number} low @param {number} high @param {string} words
 */
function drawCurve(low, high, words) {
  const [width, height, pad] = [320, 100, 8];
  /** @param {number} y @param {number} k */
  const point = (y, k) => [
    pad + (k / (track.length - 1)) * (width - 2 * pad),
    height - pad - ((y - low) / (high - low || 1)) * (height - 2 * pad),
  ];
  const points = track.flatMap(({ height: y }, k) => (Number.isFinite(y) ? [point(y, k)] : []));
  const [cx, cy] = point(track[position()].height, position());
  const dot = Number.isFinite(cy) ? [makeSvg("circle", { cx, cy, r: 5 })] : [];
  return makeSvg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words, preserveAspectRatio: "none",
  },
  makeSvg("path", { class: "axis", d: `M${pad},${pad}V${height - pad}H${width - pad}` }),
  makeSvg("polyline", { points: points.join(" ") }),
  ...dot);
}
