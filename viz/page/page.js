
// What the page shows, and what it does when somebody touches it.

// ---- drawing ------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
const CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"; // not every font has more
const LINE = 23; // the height of a line in a box, as in explore.py
const FONTS = { name: "650 17px", value: "650 19px", gradient: "15px" }; // as in page.css
const WORD = 20; // characters of a name in a box, as in explore.py

/** Attributes and children for an element; text is always text. */
function furnish(element, attributes, children) {
  for (const [name, x] of Object.entries(attributes)) element.setAttribute(name, x);
  element.append(...children);
  return element;
}
const make = (tag, attributes = {}, ...children) =>
  furnish(document.createElement(tag), attributes, children);
const makeSvg = (tag, attributes = {}, ...children) =>
  furnish(document.createElementNS(SVG, tag), attributes, children);

/** Set an attribute, or the text, only where it changes: most of a picture stays as it is. */
function put(element, name, x) {
  if (name === "text") {
    if (element.textContent !== x) element.textContent = x;
  } else if (element.getAttribute(name) !== String(x)) {
    element.setAttribute(name, x);
  }
}

const [WIDTH, HEIGHT] = graph.size;
const picture = makeSvg("svg", {
  viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
  role: "group",
  "aria-label": `computation graph of ${differentiable.length} nodes`,
});
const drawnEdges = new Map(); // edge -> its parts
const drawnNodes = new Map(); // node -> its parts

function drawGraph() {
  for (const [name, [x, y, width, height]] of Object.entries(graph.frames)) {
    picture.append(
      makeSvg("rect", { class: "frame", x, y, width, height, rx: 8 }),
      makeSvg("text", { class: "frame-name", x: x + 8, y: y + 15 }, name),
    );
  }
  for (const edge of graph.edges) drawEdge(edge);
  for (const i of indices) if (graph.boxes[i]) drawNode(i);
  for (const { label } of drawnEdges.values()) picture.append(label); // above all lines
  $("graph").append(picture);
}

function drawEdge(edge) {
  const line = makeSvg("path", { d: edge.line });
  const group = makeSvg("g", {}, line, makeSvg("polygon", { points: edge.tip }));
  const [x, y] = edge.at;
  drawnEdges.set(edge, { group, line, label: makeSvg("text", { x, y: y + 5 }) });
  picture.append(group);
}

function drawNode(i) {
  const { kind, name, sign } = nodes[i];
  const [left, top, width, height] = graph.boxes[i];
  const corner = kind === "result" ? 10 : 0;
  const frame = (name, gap, rx) => makeSvg("rect", {
    class: name, rx, x: left - gap, y: top - gap, width: width + 2 * gap, height: height + 2 * gap,
  });
  const group = makeSvg("g", { tabindex: 0, role: "button" });
  group.append(frame("halo", 5, corner + 5), frame("box", 0, corner));
  const parts = { group, room: width - 12 };
  const middle = left + width / 2;
  const row = (name, line) => {
    const y = top + 5 + LINE * line;
    parts[`${name}Mark`] = makeSvg("rect", {
      class: "mark", x: left + 4, y, width: width - 8, height: LINE - 1, rx: 4,
    });
    parts[name] = makeSvg("text", { class: name, x: middle, y: y + 17 });
    group.append(parts[`${name}Mark`], parts[name]);
  };
  if (kind === "result") {
    const text = (name, x, words) => makeSvg("text", { class: name, x, y: top + 21 }, words);
    group.append(text("name", left + 9, short(name)), text("sign", left + width - 9, short(sign)));
    row("value", 1);
    row("gradient", 2);
  } else {
    row("name", 0);
    row("gradient", 1);
  }
  group.addEventListener("focus", () => group.matches(":focus-visible") && pointAt(i));
  group.addEventListener("pointerenter", () => pointAt(i));
  for (const event of ["pointerleave", "blur"]) group.addEventListener(event, () => pointAt(null));
  group.addEventListener("click", () => choose(i));
  picture.append(group);
  drawnNodes.set(i, parts);
}

const FAMILY = getComputedStyle(document.body).fontFamily;
const pen = document.createElement("canvas").getContext("2d"); // measures without drawing

/** A text in a box, squeezed where it is too long. */
function fitText(parts, name, text) {
  const element = parts[name];
  if (element.textContent === text) return;
  element.textContent = text;
  pen.font = `${FONTS[name]} ${FAMILY}`;
  if (pen.measureText(text).width > parts.room) {
    furnish(element, { textLength: parts.room, lengthAdjust: "spacingAndGlyphs" }, []);
  } else {
    element.removeAttribute("textLength");
  }
}

function short(text) {
  return text.length <= WORD ? text : `${text.slice(0, WORD - 7)}…${text.slice(-6)}`;
}
const colour = (x) => (x > 0 ? "positive" : x < 0 ? "negative" : "neutral");

/** The picture as it is to be seen where one stands. */
function showGraph() {
  const see = visible();
  see.step = state.mode === "steps" ? steps[position() - 1] : undefined;
  see.path = state.mode === "paths" ? state.found[position()] ?? [] : [];
  see.sums = backward(see.gradients); // what has arrived so far
  see.value = (i) => !isResult(i) || valueRank.get(i) < see.values;
  see.gradient = (i) =>
    state.mode === "predict" ? isKnown(i) : gradientRank.get(i) < see.gradients;
  const flows = graph.edges.map((e) => (see.gradient(e.head) ? gradients[e.head] * local(e) : NaN));
  const largest = Math.max(0, ...flows.map(Math.abs).filter(Number.isFinite));
  for (const [at, edge] of graph.edges.entries()) showEdge(edge, flows[at], largest, see);
  for (const [i, parts] of drawnNodes) showBox(i, parts, see);
}

function showEdge(edge, flow, largest, see) {
  const { group, line, label } = drawnEdges.get(edge);
  const [backwards, current] = [see.step?.pass === "Backward", currentNode()];
  const at = see.path.indexOf(edge);
  const asked = state.mode === "predict" && edge.tail === current;
  const classes = [
    colour(flow),
    !see.value(edge.head) && "later",
    at >= 0 && "chosen",
    see.step?.pass === "Forward" && edge.head === current && "taking",
    backwards && edge.head === current && "sending",
    ((backwards && edge.tail === current) || asked) && "arriving",
  ].filter(Boolean).join(" ");
  const part = Number.isFinite(flow) && largest ? Math.abs(flow) / largest : 0;
  const number = see.value(edge.head) ? shown(local(edge)) : "";
  put(group, "class", `edge ${classes}`);
  put(line, "stroke-width", (1.5 + 3 * part).toFixed(2));
  put(label, "class", `local ${classes}`);
  put(label, "text", at < 0 ? number : `${number} ${CIRCLED[at] ?? `(${at + 1})`}`);
}

function showBox(i, parts, see) {
  const { kind, name, sign, uses } = nodes[i];
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
  if (isResult(i)) fitText(parts, "value", value || "?");
  else fitText(parts, "name", `${short(name)} = ${value}`);
  fitText(parts, "gradient", gradient);
  if (isResult(i)) put(parts.valueMark, "class", forwards ? "mark on" : "mark");
  put(parts.gradientMark, "class", mark);
  const words = [name, sign ?? kind, value ? `value ${value}` : "no value yet", gradient];
  put(parts.group, "aria-label", words.join(", "));
}

const VERDICTS = { right: "✓ ", revealed: "○ ", "not yet": "✗ " };

/** The last line of a box: a gradient, what has arrived of it so far, or what is known of it. */
function gradientText(i, complete, see) {
  if (isConstant(i)) return "constant";
  if (state.mode === "predict") {
    const number = isKnown(i) ? shown(gradients[i]) : "?";
    return `${VERDICTS[answers.get(i)?.verdict] ?? ""}grad ${number}`;
  }
  if (complete) return `grad ${shown(gradients[i])}`;
  const { uses } = nodes[i];
  const arrived = uses.filter((edge) => gradientRank.get(edge.head) < see.gradients);
  if (!arrived.length || see.sums[i] === undefined) return "grad –";
  return `grad ${shown(see.sums[i])}${arrived.length < uses.length ? " + …" : ""}`;
}

// ---- the band: the arithmetic in large type -----------------------------------------------------

/** Shows where one stands in words, and gives them as one sentence. */
function showWords() {
  const { caption, equation, more } = words();
  const text = plain(equation);
  const trouble = failure ? `✗ ${nodes[failure.node].name} has no value: ${failure.message}` : "";
  $("alert").hidden = !failure;
  put($("alert"), "text", trouble);
  put($("caption"), "text", caption);
  put($("more"), "text", more);
  $("equation").hidden = !text;
  $("equation").style.setProperty("--length", equation.reduce((n, part) => n + room(part), 2));
  $("equation").replaceChildren(...equation.map(term));
  $("equation").dataset.plain = text;
  showQuestion();
  return [trouble, caption, text, more].filter(Boolean).join(". ");
}

/** How many characters wide a part of an equation is: its number, or the letters above it. */
function room(part) {
  return Math.max(bare(part).length, ((part.small ?? "").length + 1) / 2);
}

/** A part of an equation: a text, or a number with its letters above. */
function term(part) {
  if (typeof part === "string") return make("span", { class: "text" }, part);
  const classes = `term${part.upstream ? " upstream" : ""}${part.result ? " result" : ""}`;
  const letters = make("small", { "aria-hidden": "true" }, part.small);
  return make("span", { class: classes }, letters, make("span", {}, part.big));
}

let asking = null; // the node that the answer on the page is about

function showQuestion() {
  const i = currentNode();
  $("question").hidden = state.mode !== "predict" || !questions.length;
  if ($("question").hidden) return;
  const { verdict, hint, typed } = answers.get(i) ?? {};
  const known = isKnown(i);
  const given = typed === undefined ? "" : shown(typed);
  if (asking !== i || !verdict) $("answer").value = given;
  asking = i;
  const texts = {
    right: `✓ right: ${given} lies within ${TOLERANCE * 100} %`,
    "not yet": `✗ not yet: it is not ${given}${hint ? `; ${hint}` : ""}`,
    revealed: "○ revealed",
  };
  put($("asked"), "text", `${gradientName(i)} =`);
  put($("check"), "text", known ? "Next" : "Check");
  for (const id of ["asked", "answer", "reveal"]) $(id).hidden = known;
  put($("verdict"), "text", texts[verdict] ?? "");
  put($("verdict"), "class", (verdict ?? "").replace(" ", "-"));
}

// ---- the panel: the node, the variables, descent ------------------------------------------------

function showNode() {
  const i = state.pointed ?? currentNode() ?? variables[0] ?? root;
  const lists = state.mode === "paths" && i === state.target && values[root] !== undefined;
  $("node").replaceChildren(...(lists ? pathList() : nodeDetails(i)));
}

function nodeDetails(i) {
  const { name, label, kind, source, sign } = nodes[i];
  const rows = [];
  const row = (head, ...lines) =>
    rows.push(make("dt", {}, head), ...lines.map((line) => make("dd", {}, line)));
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
    row("paths", `${countText(pathCounts[i])} from ${nodes[root].name}${key}`);
  }
  const head = make("h2", {}, make("span", { class: "name" }, name), ` ${sign ?? kind}`);
  return [head, make("dl", {}, ...rows)];
}

/** The operation of a node: in letters, in numbers, the value. */
function valueLines(i) {
  const { name } = nodes[i];
  if (!isResult(i)) return [`${name} = ${shown(values[i])}`];
  if (values[i] === undefined) return [forwardLetters(i), "has no value"];
  return [forwardLetters(i), plain(forwardEquation(i)).slice(name.length).trim()];
}

/** The chain rule at a node: in letters, in numbers, the sum. */
function gradientLines(i) {
  const name = gradientName(i);
  if (gradients[i] === undefined) return ["has no value"];
  if (state.mode === "predict" && !isKnown(i)) return [`${name} = ?`];
  const early = state.mode === "steps" && gradientRank.get(i) >= visible().gradients;
  if (early && state.pointed === null) return [`${name}: the backward pass computes it`];
  if (i === root) return [`${name} = 1`];
  const products = nodes[i].uses.map((e) => `${gradientName(e.head)} * ${localName(e)}`);
  const numbers = plain(backwardEquation(i)).slice(name.length).trim();
  return [`${name} = ${listing(products, 6, " + ")}`, numbers];
}

/** The paths around the one that is shown, with the products so far and their sum. */
function pathList() {
  const at = position();
  const first = Math.max(0, at - 5);
  const items = state.found.slice(first, first + 12).map((path, j) => {
    const line = make("span", {}, listing(trail(path), 6, " ← "));
    if (first + j <= at) line.append(make("b", {}, shown(product(path))));
    return make("li", first + j === at ? { "aria-current": "true" } : {}, line);
  });
  const sum = state.found.slice(0, at + 1).reduce((s, path) => s + product(path), 0);
  const count = `sum of ${at + 1} of ${countText(pathCounts[state.target])}: `;
  return [
    make("h2", {}, "Paths to ", make("span", { class: "name" }, nodes[state.target].name)),
    make("ol", { start: first + 1 }, ...items),
    make("p", { class: "sum" }, count, make("b", {}, shown(sum))),
    make("p", {}, "gradient: ", make("b", {}, shown(gradients[state.target]))),
  ];
}

const controls = new Map(); // variable -> {moves, range, box}

function makeSliders() {
  for (const i of variables) {
    const { name, label } = nodes[i];
    const moves = make("input", {
      type: "checkbox", "aria-label": `descent moves ${name}`, title: "moved by gradient descent",
    });
    const range = make("input", { type: "range", "aria-label": name });
    const box = make("input", { type: "number", step: "any", "aria-label": `${name}, number` });
    moves.checked = true;
    for (const input of [range, box]) input.addEventListener("input", () => slide(i, input));
    box.addEventListener("change", () => showSliders());
    for (const input of [moves, range, box]) input.disabled = !computes;
    controls.set(i, { moves, range, box });
    const text = make("span", { class: "name", title: label ?? name }, name);
    $("sliders").append(moves, text, range, box);
  }
  $("blame").hidden = computes;
  const reason = graph.blame ? `The sliders are off: ${graph.blame}.` : "There is no variable.";
  $("blame").textContent = reason;
  $("note").hidden = !graph.note;
  $("note").textContent = graph.note;
  for (const id of ["descend", "restart", "rate"]) $(id).disabled = !computes;
}

/** Sliders and number boxes as the variables are; a box that is typed in stays as typed. */
function showSliders(typed = null) {
  for (const [i, { range, box }] of controls) {
    const x = values[i];
    const size = Math.abs(x);
    if (Number.isFinite(x) && (!range.dataset.reach || size > range.dataset.reach)) {
      const reach = roundUp(2 * (size > 0 && size < 0.05 ? size : Math.max(size, 1)));
      range.dataset.reach = reach;
      furnish(range, { min: -reach, max: reach, step: reach / 200 }, []);
    }
    const text = Number.isFinite(x) ? String(Number(x.toPrecision(4))) : "";
    if (Number(range.value) !== x) range.value = x;
    put(range, "aria-valuetext", shown(x));
    if (box !== typed && box.value !== text) box.value = text;
  }
}

const curve = []; // the root's value before the first descent step and after each

function showDescent() {
  const last = curve.length - 1;
  const { name } = nodes[root];
  if (last < 1) {
    put($("descended"), "text", "Step: each ticked variable minus rate * gradient.");
    $("curve").replaceChildren();
    return;
  }
  const ends = `from ${shown(curve[0])} to ${shown(curve[last])}`;
  put($("descended"), "text", `${last} step${last > 1 ? "s" : ""}: ${name} ${ends}`);
  $("curve").replaceChildren(drawCurve(`${name} over ${last} steps, ${ends}`));
}

function drawCurve(words) {
  const [width, height, pad] = [320, 100, 8];
  const finite = curve.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const points = curve.flatMap((y, k) => {
    if (!Number.isFinite(y)) return [];
    const up = ((y - low) / (high - low || 1)) * (height - 2 * pad);
    return [[pad + (k / (curve.length - 1)) * (width - 2 * pad), height - pad - up]];
  });
  const [cx, cy] = points.at(-1);
  const text = (y, words) => makeSvg("text", { x: width - pad, y }, words);
  return makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
    makeSvg("path", { class: "axis", d: `M${pad},${pad}V${height - pad}H${width - pad}` }),
    makeSvg("polyline", { points: points.join(" ") }),
    makeSvg("circle", { cx, cy, r: 4 }),
    text(16, `highest ${shown(high)}`),
    text(32, `lowest ${shown(low)}`));
}

// ---- all of it ----------------------------------------------------------------------------------

/** The whole page as it is now; `say` reads the step out, `typed` is a box that is typed in. */
function show({ say = true, typed = null } = {}) {
  showGraph();
  const sentence = showWords();
  showNode();
  showSliders(typed);
  showDescent();
  showControls();
  if (say) put($("said"), "text", sentence);
}

function showControls() {
  const [at, end] = [position(), lastPosition()];
  const first = state.mode === "steps" ? 0 : 1; // there is a step 0, but no path 0
  const some = state.mode === "paths" && BigInt(end + 1) < pathCounts[state.target];
  const number = `${at + first} of ${some ? "first " : ""}${end + first}`;
  const text = end < 0 ? `no ${NOUNS[state.mode]}` : `${NOUNS[state.mode]} ${number}`;
  $("position").max = Math.max(end, 0);
  $("position").value = at;
  put($("position"), "aria-valuetext", text);
  put($("count"), "text", text);
  for (const id of ["first", "back"]) put($(id), "aria-disabled", at <= 0);
  for (const id of ["next", "last"]) put($(id), "aria-disabled", at >= end);
  put($("play"), "aria-disabled", state.mode === "predict" || end < 1);
  put($("play").querySelector("span"), "text", state.playing ? "Stop" : "Play");
  put($("play").querySelector("path"), "d", state.playing ? "M6 6h12v12H6z" : "M7 5v14l11-7z");
  for (const button of $("modes").children) {
    put(button, "aria-pressed", button.dataset.mode === state.mode);
  }
}

// ---- what the controls do -----------------------------------------------------------------------

function go(to) {
  state.at[state.mode] = Math.max(0, Math.min(to, lastPosition()));
  show();
  follow();
}

function setMode(mode) {
  pause();
  if (mode === "paths" && !state.found.length) state.found = firstPaths(state.target);
  state.mode = mode;
  show();
  follow();
  if (mode === "predict") focusQuestion();
}

/** To the field for the answer, or to the button that goes on. */
function focusQuestion() {
  (isKnown(currentNode()) ? $("check") : $("answer")).focus();
}

/** A click on a node: its paths, or the question about it. */
function choose(i) {
  if (isConstant(i) || (state.mode === "predict" && i === root)) return;
  pause();
  if (state.mode === "predict") {
    go(questions.indexOf(i));
    focusQuestion();
  } else {
    Object.assign(state, { mode: "paths", target: i, found: firstPaths(i) });
    go(0);
  }
}

function pointAt(i) {
  state.pointed = i;
  showNode();
}

const PACE = 1500; // milliseconds a step

function play() {
  if (state.playing) return pause();
  if (state.mode === "predict" || lastPosition() < 1) return undefined;
  const next = () => {
    go(position() + 1);
    if (position() >= lastPosition()) pause();
  };
  state.playing = setInterval(next, PACE);
  return position() >= lastPosition() ? go(0) : next();
}

function pause() {
  clearInterval(state.playing);
  state.playing = null;
  showControls();
}

let waiting = null; // what the next frame shows: a slider moves faster than the screen

function soon(task) {
  if (!waiting) {
    requestAnimationFrame(() => {
      const newest = waiting;
      waiting = null;
      newest();
    });
  }
  waiting = task;
}

function slide(i, input) {
  const x = read(input.value);
  if (x === undefined) return;
  set([[i, x]]);
  curve.length = 0; // moved by hand: the curve starts again
  soon(() => show({ say: false, typed: input }));
}

/** One step downhill: each ticked variable minus rate times gradient. */
function descend() {
  const rate = read($("rate").value);
  const complaint = rate === undefined ? "✗ the learning rate must be a number"
    : gradients[root] === undefined ? "✗ there is no gradient here: move a variable back" : "";
  if (!complaint) {
    const moving = variables.filter((i) => controls.get(i).moves.checked);
    if (!curve.length) curve.push(values[root]);
    set(moving.map((i) => [i, values[i] - rate * gradients[i]]));
    curve.push(values[root] ?? NaN);
    show({ say: false });
  } else {
    put($("descended"), "text", complaint);
  }
  put($("said"), "text", failure ? $("alert").textContent : $("descended").textContent);
}

function restart() {
  curve.length = 0;
  set(variables.map((i) => [i, nodes[i].value]));
  show();
}

function check() {
  const i = currentNode();
  if (isKnown(i)) {
    go(position() + 1);
    return focusQuestion();
  }
  const typed = read($("answer").value);
  if (typed === undefined) {
    return put($("verdict"), "text", "✗ not a number: type one such as -0.5 or 3e-2");
  }
  if (gradients[i] === undefined) return undefined;
  answer(i, typed);
  show();
  put($("said"), "text", `${$("verdict").textContent}. ${$("equation").dataset.plain}`);
  return isKnown(i) ? $("check").focus() : $("answer").select();
}

function reveal() {
  const i = currentNode();
  if (gradients[i] === undefined) return;
  answers.set(i, { ...answers.get(i), verdict: "revealed" });
  show();
  $("check").focus();
}

const DRAWN = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order",
  "font-size", "font-weight", "text-anchor", "opacity", "visibility",
];

/** The picture as it is seen, as an SVG file that needs no style sheet. */
function download() {
  const copy = picture.cloneNode(true);
  const pairs = [[picture, copy]];
  for (const [original, made] of pairs) {
    const style = getComputedStyle(original);
    for (const name of DRAWN) made.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-label"]) made.removeAttribute(name);
    pairs.push(...[...original.children].map((child, k) => [child, made.children[k]]));
  }
  const fill = getComputedStyle(document.body).backgroundColor;
  const font = "Helvetica, Arial, sans-serif";
  furnish(copy, { xmlns: SVG, width: WIDTH, height: HEIGHT, "font-family": font }, []);
  copy.prepend(
    makeSvg("title", {}, document.title),
    makeSvg("rect", { width: "100%", height: "100%", fill }),
  );
  const blob = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  const link = make("a", { href: URL.createObjectURL(blob), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// ---- the size of the graph ----------------------------------------------------------------------

let chosenScale = null; // null: as large as it fits

function scale() {
  const { clientWidth, clientHeight } = $("stage");
  const whole = Math.min((clientWidth - 4) / WIDTH, (clientHeight - 4) / HEIGHT);
  return chosenScale ?? (whole < 0.5 ? 0.8 : Math.min(whole, 1.9)); // what is large is scrolled
}

function resize(to = chosenScale) {
  chosenScale = to;
  furnish(picture, { width: WIDTH * scale(), height: HEIGHT * scale() }, []);
}
const zoom = (factor) => resize(Math.max(0.1, Math.min(scale() * factor, 4)));

/** Scroll the graph to the node that all is about. */
function follow() {
  const box = graph.boxes[currentNode()];
  if (!box) return;
  const view = $("graph");
  const [x, y, width, height] = box.map((n) => n * scale());
  const outside = (low, size, from, room) => low < from + 40 || low + size > from + room - 40;
  if (!outside(x, width, view.scrollLeft, view.clientWidth)
    && !outside(y, height, view.scrollTop, view.clientHeight)) return;
  view.scrollTo({
    left: x + (width - view.clientWidth) / 2,
    top: y + (height - view.clientHeight) / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

/** Drag the graph to scroll it, turn the wheel with Ctrl to zoom. */
function enablePanning() {
  const view = $("graph");
  let from = null;
  view.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType === "touch" || event.target.closest(".node")) return;
    from = [event.clientX + view.scrollLeft, event.clientY + view.scrollTop];
    view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointermove", (event) => {
    if (from) view.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    view.addEventListener(end, () => { from = null; });
  }
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
}

// ---- keys and buttons ---------------------------------------------------------------------------

const GOING = {
  first: () => go(0),
  back: () => go(position() - 1),
  next: () => go(position() + 1),
  last: () => go(lastPosition()),
};
const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" };

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const node = target.closest(".node");
  const pressing = target.matches("button, a");
  let task = null;
  if (key === "Escape") task = () => setMode("steps");
  else if (target.matches("input")) task = null; // its own keys
  else if (node && (key === "Enter" || key === " ")) task = () => choose(indexOf(node));
  else if (key in KEYS) task = GOING[KEYS[key]];
  else if (key === " " && !pressing) task = play;
  if (!task) return;
  event.preventDefault();
  if (key !== " ") pause();
  task();
}

function indexOf(group) {
  return [...drawnNodes.keys()].find((i) => drawnNodes.get(i).group === group);
}

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  put($("theme"), "aria-pressed", dark);
}

function toggleKeys() {
  $("keys").hidden = !$("keys").hidden;
  put($("help"), "aria-expanded", !$("keys").hidden);
}

function start() {
  const tasks = {
    play, descend, restart, check, reveal, download,
    help: toggleKeys,
    theme: () => setTheme($("theme").getAttribute("aria-pressed") !== "true"),
    fit: () => resize(null),
    larger: () => zoom(1.2),
    smaller: () => zoom(1 / 1.2),
  };
  const listen = (id, event, task) => $(id).addEventListener(event, task);
  for (const [id, task] of Object.entries(tasks)) listen(id, "click", () => task());
  for (const [id, task] of Object.entries(GOING)) listen(id, "click", () => { pause(); task(); });
  for (const button of $("modes").children) {
    button.addEventListener("click", () => setMode(button.dataset.mode));
  }
  listen("position", "input", () => {
    const to = Number($("position").value); // pausing shows the old one again
    pause();
    go(to);
  });
  listen("answer", "keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the key is not for the button that gets the focus
    check();
  });
  listen("skip", "click", (event) => { event.preventDefault(); $("first").focus(); });
  document.addEventListener("keydown", onKey);
  put($("theme"), "aria-pressed", matchMedia("(prefers-color-scheme: dark)").matches);
  drawGraph();
  makeSliders();
  enablePanning();
  new ResizeObserver(() => resize()).observe($("stage"));
  resize();
  show({ say: false });
}

start();
