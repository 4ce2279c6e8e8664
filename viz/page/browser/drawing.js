
// ---- drawing the graph --------------------------------------------------------------------------

/** @typedef {{group: SVGGElement, line: SVGPathElement, label: SVGTextElement}} DrawnArrow */
/**
 * A box: the value of a result, or a name with its value, above a gradient, marks behind them; of a
 * group how much goes in and comes out.
 * @typedef {object} DrawnBox
 * @property {SVGGElement} group
 * @property {number} room  for a text
 * @property {SVGTextElement} value
 * @property {SVGRectElement} valueMark
 * @property {SVGTextElement} gradient
 * @property {SVGRectElement} gradientMark
 */
/**
 * What is to be seen where one stands.
 * @typedef {object} Sight
 * @property {Step | undefined} step
 * @property {Box | undefined} current
 * @property {Set<Box>} along  the boxes on a path
 * @property {Arrow[]} path  root first
 * @property {number} count  of the boxes that have sent their gradients on
 * @property {(box: Box) => boolean} value  whether it is seen
 * @property {(box: Box) => boolean} gradient
 */

const CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"; // not every font has more

/** Where everything stands now. */
const places = () => graph.shapes[view.written.shape][state.direction];
const picture = makeSvg("svg", { role: "group" });
/** @type {Map<Arrow, DrawnArrow>} */
const drawnArrows = new Map();
/** @type {Map<Box, DrawnBox>} */
const drawnBoxes = new Map();

/** Everything once, without numbers. */
function drawGraph() {
  const { size, boxes, frames, lines } = places();
  const counted = view.boxes.filter(({ hides }) => !hides.every(isConstant)).length;
  furnish(picture, {
    viewBox: `0 0 ${size.join(" ")}`,
    "aria-label": `computation graph of ${counted} ${isFolded() ? "boxes" : "nodes"}`,
  });
  picture.replaceChildren();
  drawnArrows.clear();
  drawnBoxes.clear();
  for (const [k, frame] of frames.entries()) if (frame.length) drawFrame(view.written.frames[k], frame);
  for (const [at, arrow] of view.arrows.entries()) drawArrow(arrow, lines[at]);
  for (const box of view.boxes) drawBox(box, boxes[box.at]);
  for (const { label } of drawnArrows.values()) picture.append(label); // above all lines
  $("graph").append(picture);
  drawMap();
}

/** @param {string} title @param {Rectangle} frame */
function drawFrame(title, [x, y, width, height]) {
  picture.append(
    makeSvg("rect", { class: "frame", x, y, width, height, rx: 8 }),
    makeSvg("text", { class: "frame-name", x: x + 8, y: y + 15 }, title),
  );
}

/** @param {Arrow} arrow @param {Line} line */
function drawArrow(arrow, [d, points, [x, y]]) {
  const line = makeSvg("path", { d });
  const group = makeSvg("g", {}, line, makeSvg("polygon", { points }));
  const { length } = arrow.edges;
  if (length > 1) group.append(makeSvg("title", {}, `${length.toLocaleString("en")} edges`));
  drawnArrows.set(arrow, { group, line, label: makeSvg("text", { x, y: y + 5 }) });
  picture.append(group);
}

/** @param {Box} box @param {Rectangle} rectangle */
function drawBox(box, [left, top, width, height]) {
  const { node, folded, isGroup } = box;
  const corner = isGroup || isResult(node) ? 10 : 0;
  /** @param {string} name @param {number} gap @param {number} rx */
  const frame = (name, gap, rx) => makeSvg("rect", {
    class: name, rx, x: left - gap, y: top - gap, width: width + 2 * gap, height: height + 2 * gap,
  });
  /** @param {string} name @param {number} x @param {Child[]} words */
  const fixed = (name, x, ...words) => makeSvg("text", { class: name, x, y: top + 21 }, ...words);
  /** @param {number} line */
  const yOf = (line) => top + graph.pad / 2 + graph.line * line;
  /** @param {number} line */
  const mark = (line) => makeSvg("rect", {
    class: "mark", x: left + 4, y: yOf(line), width: width - 8, height: graph.line - 1, rx: 4,
  });
  /** @param {string} name @param {number} line @param {Child[]} words */
  const text = (name, line, ...words) =>
    makeSvg("text", { class: name, x: left + width / 2, y: yOf(line) + 17 }, ...words);
  const { does, into, parameters } = folded ?? {};
  const words = [isGroup ? does : undefined, isGroup ? into : "value", parameters, "gradient"];
  const lines = words.filter(Boolean); // below the name
  const first = isGroup || isResult(node) ? 1 : 0; // a variable stands on one line with its value
  /** @param {string} word */
  const lineOf = (word) => first + lines.indexOf(word);
  const value = isGroup ? "words" : isResult(node) ? "value" : "name";
  const parts = {
    group: makeSvg("g", { tabindex: 0, role: "button" }),
    room: width - 12,
    value: text(value, lineOf(into ?? "value")),
    valueMark: mark(lineOf(into ?? "value")),
    gradient: text("gradient", lineOf("gradient")),
    gradientMark: mark(lineOf("gradient")),
  };
  const { group } = parts;
  group.append(frame("halo", 5, corner + 5), frame("box", 0, corner));
  if (folded) group.append(frame("inner", -3, corner - 3)); // two borders, as in draw
  if (isGroup) {
    group.append(text("name", 0, folded?.shortName ?? folded?.name ?? ""), " ");
    if (does) group.append(text("words", lineOf(does), does), " ");
  } else if (isResult(node)) {
    const { sign = "", shortSign = sign } = nodes[node];
    group.append(
      fixed("name", left + 9, ...nameInPicture(node)), " ", // between words that are read out
      fixed("sign", left + width - 9, shortSign), " ",
    );
  }
  group.append(parts.valueMark, parts.value, " ");
  if (parameters) group.append(text("words", lineOf(parameters), parameters), " ");
  group.append(parts.gradientMark, parts.gradient);
  group.addEventListener("focus", () => group.matches(":focus-visible") && pointAt(node));
  group.addEventListener("pointerenter", () => pointAt(node));
  for (const event of ["pointerleave", "blur"]) group.addEventListener(event, () => pointAt(null));
  group.addEventListener("click", () => choose(node));
  picture.append(group);
  drawnBoxes.set(box, parts);
}

const pen = // measures without drawing
  /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
/** @type {Map<string | null, string>} */
const fonts = new Map(); // of the style sheet, by class

/** The font of a text in a box. @param {SVGTextElement} element */
function fontOf(element) {
  const name = element.getAttribute("class");
  const found = fonts.get(name);
  if (found) return found;
  const { fontWeight, fontSize, fontFamily } = getComputedStyle(element);
  fonts.set(name, `${fontWeight} ${fontSize} ${fontFamily}`);
  return fontOf(element);
}

/**
 * A text in a box, behind a name where one is given, squeezed where it is too long.
 * @param {SVGTextElement} element @param {number} room @param {string} text
 * @param {SVGTSpanElement[]} name
 */
function fitText(element, room, text, name = []) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  element.replaceChildren(...name, text);
  pen.font = fontOf(element);
  const written = String(element.textContent);
  if (pen.measureText(written).width > room) {
    furnish(element, { textLength: room, lengthAdjust: "spacingAndGlyphs" });
  } else {
    element.removeAttribute("textLength");
  }
}

/** @param {number} x */
const colour = (x) => (x > 0 ? "positive" : x < 0 ? "negative" : "neutral");

/** The picture as it is to be seen where one stands. */
function showGraph() {
  const seen = visible();
  const path = state.mode === "paths" ? state.found[position()] ?? [] : [];
  const current = currentNode();
  /** @type {Sight} */
  const see = {
    step: state.mode === "steps" ? steps[position() - 1] : undefined,
    current: current === null ? undefined : boxOf(current),
    along: new Set(path.flatMap(({ tail, head }) => [boxOf(tail), boxOf(head)])),
    path: path.flatMap((edge) => view.arrowOf.get(edge) ?? []),
    count: seen.gradients,
    value: (box) => box.valueRank === Infinity
      || (box.valueRank < seen.values && !box.outputs.some(hidesValue)),
    gradient: (box) => box.gradientRank < seen.gradients && !hidesGradient(box.node),
  };
  const amounts = view.arrows.map((arrow) => amountOn(arrow, see));
  const largest = Math.max(0, ...amounts.map(Math.abs).filter(Number.isFinite));
  for (const [at, arrow] of view.arrows.entries()) showArrow(arrow, amounts[at], largest, see);
  for (const [box, parts] of drawnBoxes) showBox(box, parts, see);
}

/**
 * The number on an arrow: its local derivative, or what flows where it joins more than two nodes;
 * NaN while it is not to be seen. @param {Arrow} arrow @param {Sight} see
 */
function amountOn(arrow, see) {
  if (hasSlope(arrow)) return see.value(arrow.head) && !arrow.edges.some(hidesLocal) ? slope(arrow) : NaN;
  return state.mode !== "predict" && see.gradient(arrow.head) ? flow(arrow) : NaN;
}

/**
 * An arrow in the colour and width of the number on it.
 * @param {Arrow} arrow @param {number} amount @param {number} largest @param {Sight} see
 */
function showArrow(arrow, amount, largest, see) {
  const { group, line, label } = /** @type {DrawnArrow} */ (drawnArrows.get(arrow));
  const { tail, head, edges } = arrow;
  const { step, current } = see;
  const at = see.path.indexOf(arrow);
  const question = state.mode === "predict" ? askedQuestion() : undefined;
  const asked = question && { grad: tail === current, value: head === current,
    local: question.edge && edges.includes(question.edge) }[question.kind];
  const classes = [
    colour(amount),
    !see.value(head) && "later",
    at >= 0 && "chosen",
    step?.pass === "Forward" && head === current && "taking",
    step?.pass === "Backward" && head === current && "sending",
    ((step?.pass === "Backward" && tail === current) || asked) && "arriving",
  ].filter(Boolean).join(" ");
  const part = Number.isFinite(amount) && largest ? Math.abs(amount) / largest : 0;
  const number = arrowLabel(arrow, amount, see);
  put(group, "class", `edge ${classes}`);
  put(line, "stroke-width", (1.5 + 3 * part).toFixed(2));
  put(label, "class", `local ${classes}`);
  writeOn(label, number, at < 0 ? triedOn(arrow) : CIRCLED[at] ?? `(${at + 1})`);
}

/** A sign for what became of the question about an arrow. @param {Arrow} arrow */
function triedOn({ edges }) {
  return edges.length === 1 ? tried("local", edges[0].head, edges[0]).trim() : "";
}

/**
 * The number on an arrow, and above it, where there is room, its place in a path or a sign.
 * @param {SVGTextElement} label @param {string} number @param {string} place
 */
function writeOn(label, number, place) {
  const text = place ? `${number} ${place}` : number;
  if (label.textContent === text) return;
  const x = String(label.getAttribute("x"));
  const above = makeSvg("tspan", state.direction === "LR" ? { x, dy: "-1.2em" } : { dx: 0 }, ` ${place}`);
  label.replaceChildren(number, ...(place ? [above] : []));
}

/**
 * The number on an arrow in words, or what is known of it: a Σ before what flows.
 * @param {Arrow} arrow @param {number} amount @param {Sight} see
 */
function arrowLabel(arrow, amount, see) {
  const [edge] = arrow.edges;
  if (!hasSlope(arrow)) return see.gradient(arrow.head) && state.mode !== "predict" ? `Σ ${shown(amount)}` : "";
  const isEdge = isDrawn(edge.head) && isDrawn(edge.tail);
  if (state.mode === "predict") {
    return isEdge ? localNumber(edge)
      : arrow.edges.some(hidesLocal) ? "?" : shown(amount);
  }
  return see.value(arrow.head) ? shown(isEdge ? local(edge) : amount) : "";
}

/** @param {Box} box @param {DrawnBox} parts @param {Sight} see */
function showBox(box, parts, see) {
  const { node, folded, isGroup, hides, out } = box;
  const { step, current } = see;
  const constant = hides.every(isConstant);
  const complete = !constant && see.gradient(box);
  const kind = isGroup ? "group" : nodes[node].kind;
  const classes = [
    "node", kind,
    complete ? colour(gradientOf(box)) : "neutral",
    !see.value(box) && "later",
    box === current && "current",
    see.along.has(box) && "chosen",
    failure && boxOf(failure.node) === box && "failed",
  ].filter(Boolean).join(" ");
  const value = see.value(box) ? valueIn(box) : folded?.out === undefined ? "" : "?";
  const backwards = step?.pass === "Backward";
  const arrives = backwards && out.some(({ head }) => head === current);
  const mark = backwards && box === current ? "mark on" : arrives ? "mark arrives" : "mark";
  put(parts.group, "class", classes);
  if (isGroup) fitText(parts.value, parts.room, `${folded?.into ?? ""}${value}`);
  else if (isResult(node)) fitText(parts.value, parts.room, tried("value", node) + (value || "?"));
  else fitText(parts.value, parts.room, ` = ${value}`, nameInPicture(node));
  fitText(parts.gradient, parts.room, constant ? "constant" : gradientText(box, complete, see));
  put(parts.valueMark, "class", step?.pass === "Forward" && box === current ? "mark on" : "mark");
  put(parts.gradientMark, "class", mark);
  const called = folded?.group ?? nodes[node].name;
  const opens = folded?.opens === undefined ? "" : ", Enter opens it";
  const about = `${kind} ${called}${see.value(box) ? "" : ", no value yet"}${opens}`;
  put(parts.group, "aria-description", about); // its name is what is seen in it
}

/** The number in a box; in that of a group the one that comes out. @param {Box} box */
function valueIn({ node, folded, isGroup }) {
  if (!isGroup) return shown(values[node]);
  return folded?.out === undefined ? "" : shown(values[folded.out]);
}

const VERDICTS = { right: "✓ ", revealed: "○ ", "not yet": "✗ " };

/**
 * A sign for what became of a question about a node or an edge.
 * @param {Kind} kind @param {number} node @param {Edge} [edge]
 */
function tried(kind, node, edge) {
  const verdict = verdictOn(kind, node, edge);
  return verdict ? VERDICTS[verdict] : "";
}

/**
 * The last line of a box: a gradient, what has arrived of it so far, or what is known of it.
 * @param {Box} box @param {boolean} complete @param {Sight} see
 */
function gradientText(box, complete, see) {
  const { node } = box;
  if (state.mode === "predict") {
    const open = hidesGradient(node);
    return `${tried("grad", node)}grad ${open ? "?" : shown(gradientOf(box))}`;
  }
  if (complete) return `grad ${shown(gradientOf(box))}`;
  const { of: count, sum } = arrived(box, see.count);
  if (!count || values[root] === undefined) return "grad –";
  return `grad ${shown(sum)}${count < arrived(box).of ? " + …" : ""}`;
}
