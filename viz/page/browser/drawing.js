
// ---- drawing the graph --------------------------------------------------------------------------

/** @typedef {{group: SVGGElement, line: SVGPathElement, label: SVGTextElement}} DrawnEdge */
/**
 * A box: the value of a result, or a name with its value, above a gradient, marks behind them.
 * @typedef {object} DrawnNode
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
 * @property {Path} path
 * @property {number} count  of the nodes that have sent their gradients on
 * @property {number[]} sums  what has arrived so far
 * @property {(i: number) => boolean} value  whether it is seen
 * @property {(i: number) => boolean} gradient
 * @property {(edge: Edge) => boolean} local
 */

const CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"; // not every font has more

/** Where everything stands now. */
const places = () => graph.places[state.direction];
const picture = makeSvg("svg", {
  role: "group",
  "aria-label": `computation graph of ${differentiable.length} nodes`,
});
/** @type {Map<Edge, DrawnEdge>} */
const drawnEdges = new Map();
/** @type {Map<number, DrawnNode>} */
const drawnNodes = new Map();

/** Everything once, without numbers. */
function drawGraph() {
  const { size, boxes, frames } = places();
  furnish(picture, { viewBox: `0 0 ${size.join(" ")}` });
  picture.replaceChildren();
  drawnNodes.clear();
  for (const [name, [x, y, width, height]] of Object.entries(frames)) {
    picture.append(
      makeSvg("rect", { class: "frame", x, y, width, height, rx: 8 }),
      makeSvg("text", { class: "frame-name", x: x + 8, y: y + 15 }, name),
    );
  }
  for (const [at, edge] of graph.edges.entries()) drawEdge(edge, places().lines[at]);
  for (const [i, box] of boxes.entries()) if (box) drawNode(i, box);
  for (const { label } of drawnEdges.values()) picture.append(label); // above all lines
  $("graph").append(picture);
  drawMap();
}

/** @param {Edge} edge @param {Line} line */
function drawEdge(edge, [d, points, [x, y]]) {
  const line = makeSvg("path", { d });
  const group = makeSvg("g", {}, line, makeSvg("polygon", { points }));
  drawnEdges.set(edge, { group, line, label: makeSvg("text", { x, y: y + 5 }) });
  picture.append(group);
}

/** @param {number} i @param {Rectangle} box */
function drawNode(i, [left, top, width, height]) {
  const { sign = "", shortSign = sign } = nodes[i];
  const corner = isResult(i) ? 10 : 0;
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
  /** @param {string} name @param {number} line */
  const text = (name, line) =>
    makeSvg("text", { class: name, x: left + width / 2, y: yOf(line) + 17 });
  const line = isResult(i) ? 1 : 0;
  const parts = {
    group: makeSvg("g", { tabindex: 0, role: "button" }),
    room: width - 12,
    value: text(isResult(i) ? "value" : "name", line),
    valueMark: mark(line),
    gradient: text("gradient", line + 1),
    gradientMark: mark(line + 1),
  };
  const { group } = parts;
  group.append(frame("halo", 5, corner + 5), frame("box", 0, corner));
  if (isResult(i)) {
    group.append(
      fixed("name", left + 9, ...nameInPicture(i)), " ", // between words that are read out
      fixed("sign", left + width - 9, shortSign), " ",
    );
  }
  group.append(parts.valueMark, parts.value, " ", parts.gradientMark, parts.gradient);
  group.addEventListener("focus", () => group.matches(":focus-visible") && pointAt(i));
  group.addEventListener("pointerenter", () => pointAt(i));
  for (const event of ["pointerleave", "blur"]) group.addEventListener(event, () => pointAt(null));
  group.addEventListener("click", () => choose(i));
  picture.append(group);
  drawnNodes.set(i, parts);
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
  /** @type {Sight} */
  const see = {
    step: state.mode === "steps" ? steps[position() - 1] : undefined,
    path: state.mode === "paths" ? state.found[position()] ?? [] : [],
    count: seen.gradients,
    sums: backward(seen.gradients),
    value: (i) => !isResult(i) || (valueRank[i] < seen.values && !hidesValue(i)),
    gradient: (i) => gradientRank[i] < seen.gradients && !hidesGradient(i),
    local: (edge) => see.value(edge.head) && !hidesLocal(edge),
  };
  const derivatives = graph.edges.map((edge) => (see.local(edge) ? local(edge) : NaN));
  const largest = Math.max(0, ...derivatives.map(Math.abs).filter(Number.isFinite));
  for (const [at, edge] of graph.edges.entries()) showEdge(edge, derivatives[at], largest, see);
  for (const [i, parts] of drawnNodes) showBox(i, parts, see);
}

/**
 * An edge in the colour and width of the number on it.
 * @param {Edge} edge @param {number} derivative @param {number} largest @param {Sight} see
 */
function showEdge(edge, derivative, largest, see) {
  const { group, line, label } = /** @type {DrawnEdge} */ (drawnEdges.get(edge));
  const [backwards, current] = [see.step?.pass === "Backward", currentNode()];
  const at = see.path.indexOf(edge);
  const question = state.mode === "predict" ? askedQuestion() : undefined;
  const asked = question && { grad: edge.tail === current, value: edge.head === current,
    local: edge === question.edge }[question.kind];
  const classes = [
    colour(derivative),
    !see.value(edge.head) && "later",
    at >= 0 && "chosen",
    see.step?.pass === "Forward" && edge.head === current && "taking",
    backwards && edge.head === current && "sending",
    ((backwards && edge.tail === current) || asked) && "arriving",
  ].filter(Boolean).join(" ");
  const part = Number.isFinite(derivative) && largest ? Math.abs(derivative) / largest : 0;
  const number = localLabel(edge, see);
  put(group, "class", `edge ${classes}`);
  put(line, "stroke-width", (1.5 + 3 * part).toFixed(2));
  put(label, "class", `local ${classes}`);
  put(label, "text", at < 0 ? number : `${number} ${CIRCLED[at] ?? `(${at + 1})`}`);
}

/** The number on an edge, or what is known of it. @param {Edge} edge @param {Sight} see */
function localLabel(edge, see) {
  if (state.mode === "predict") return tried("local", edge.head, edge) + localNumber(edge);
  return see.local(edge) ? shown(local(edge)) : "";
}

/** @param {number} i @param {DrawnNode} parts @param {Sight} see */
function showBox(i, parts, see) {
  const { kind, name, uses } = nodes[i];
  const current = currentNode();
  const complete = !isConstant(i) && see.gradient(i);
  const classes = [
    "node", kind,
    complete ? colour(gradients[i]) : "neutral",
    !see.value(i) && "later",
    i === current && "current",
    see.path.some((edge) => edge.head === i || edge.tail === i) && "chosen",
    failure?.node === i && "failed",
  ].filter(Boolean).join(" ");
  const value = see.value(i) ? shown(values[i]) : "";
  const gradient = gradientText(i, complete, see);
  const forwards = see.step?.pass === "Forward" && i === current;
  const backwards = see.step?.pass === "Backward";
  const arrives = backwards && uses.some((edge) => edge.head === current);
  const mark = backwards && i === current ? "mark on" : arrives ? "mark arrives" : "mark";
  put(parts.group, "class", classes);
  if (isResult(i)) fitText(parts.value, parts.room, tried("value", i) + (value || "?"));
  else fitText(parts.value, parts.room, ` = ${value}`, nameInPicture(i));
  fitText(parts.gradient, parts.room, gradient);
  put(parts.valueMark, "class", forwards ? "mark on" : "mark");
  put(parts.gradientMark, "class", mark);
  const seen = String(parts.group.textContent).replaceAll("\u200a", "");
  const label = `${seen}, ${kind} ${name}${value ? "" : ", no value yet"}`;
  put(parts.group, "aria-label", label); // what is seen stands in it
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
 * @param {number} i @param {boolean} complete @param {Sight} see
 */
function gradientText(i, complete, see) {
  if (isConstant(i)) return "constant";
  if (state.mode === "predict") return `${tried("grad", i)}grad ${gradientNumber(i)}`;
  if (complete) return `grad ${shown(gradients[i])}`;
  const { uses } = nodes[i];
  const arrived = uses.filter((edge) => gradientRank[edge.head] < see.count);
  if (!arrived.length || see.sums[i] === undefined) return "grad –";
  return `grad ${shown(see.sums[i])}${arrived.length < uses.length ? " + …" : ""}`;
}
