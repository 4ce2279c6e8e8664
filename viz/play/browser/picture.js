
// ---- the picture of the network: a column for each layer, a small plane for each neuron -------------

const [SMALLEST, LARGEST, HEAD_ROOM] = [28, 84, 92]; // in pixels
const [NEAR, LABELLED, FAR, FOOT] = [9, 16, 20, 14]; // between neurons, where a label is, below them
const [NARROWEST, WIDEST] = [114, 300]; // from column to column

/** @type {HTMLCanvasElement[][]} */
let tiles = []; // of inputs, then by layer
/** @type {{path: SVGPathElement, title: SVGTitleElement, w: number, name: string}[]} */
let lines = []; // each with the slot of its weight

/** Names as mathematics writes them. @param {string} letter @param {(number | string)[]} below */
const lettered = (letter, ...below) =>
  make("span", { class: "letters" }, make("i", {}, letter), make("sub", {}, below.join(",")));

/** The same as text. @param {string} letter @param {number[]} below */
const plainName = (letter, ...below) => `${letter}[${below.join(",")}]`;

/** A column for the inputs and each layer: how many tiles, how large, where. */
function columns() {
  const counts = [network.inputs.length, ...network.layers.map((layer) => layer.length)];
  const most = Math.max(...counts);
  const pane = $("network");
  const isNarrow = matchMedia("(max-width: 60rem)").matches; // and as high as it is
  const room = isNarrow ? LARGEST : (pane.clientHeight - HEAD_ROOM - FOOT) / most;
  const size = Math.round(Math.max(SMALLEST, Math.min(LARGEST, 0.74 * room, pane.clientWidth / 10)));
  const pitches = counts.map((_, c) => {
    const hasLabels = c === 0 || (c === counts.length - 1 && network.outputs.length > 1);
    return size + Math.max(hasLabels ? LABELLED : NEAR, Math.min(FAR, room - size));
  });
  const apart = Math.max(NARROWEST, Math.min(WIDEST, (pane.clientWidth - 30) / counts.length));
  const width = Math.max(apart * counts.length, pane.clientWidth - 4);
  const highest = Math.max(...counts.map((count, c) => count * pitches[c]));
  const height = Math.max(highest + HEAD_ROOM + FOOT, isNarrow ? 0 : pane.clientHeight - 4);
  const left = (width - apart * counts.length) / 2;
  const middle = HEAD_ROOM + (height - HEAD_ROOM) / 2;
  return { width, height, size, apart, columns: counts.map((count, c) => ({
    x: left + apart * (c + 0.5),
    ys: Array.from({ length: count }, (_, j) => middle + (j - (count - 1) / 2) * pitches[c]),
  })) };
}

/** All of it, anew. */
function drawNetwork() {
  const { width, height, size, columns: places } = columns();
  const floor = $("floor");
  floor.style.cssText = `width: ${width}px; height: ${height}px`;
  const svg = makeSvg("svg", { width, height, "aria-hidden": "true" });
  lines = [];
  for (const [l, layer] of network.layers.entries()) {
    for (const [j, { weights }] of layer.entries()) {
      for (const [i, w] of weights.entries()) {
        const from = [places[l].x + size / 2, places[l].ys[i]];
        const [right, down] = [places[l + 1].x - size / 2 - from[0], places[l + 1].ys[j] - from[1]];
        const d = `M${from.join(" ")}c${right / 2} 0 ${right / 2} ${down} ${right} ${down}`;
        const title = makeSvg("title");
        const path = makeSvg("path", { d }, title);
        svg.append(path);
        lines.push({ path, title, w, name: plainName("w", l, j, i) });
      }
    }
  }
  const made = places.map(({ x, ys }, c) => ys.map((y, j) => tile(c - 1, j, x, y, size)));
  tiles = made.map((column) => column.map(({ canvas }) => canvas));
  const heads = places.map(({ x }, c) => head(c - 1, x));
  floor.replaceChildren(svg, ...made.flat().map(({ element }) => element), ...heads);
}

/** @param {number} l  -1 for inputs @param {number} j @param {number} x @param {number} y @param {number} size */
function tile(l, j, x, y, size) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const style = `left: ${x - size / 2}px; top: ${y - size / 2}px; width: ${size}px; height: ${size}px`;
  if (l < 0) {
    const name = currentSet().features[j];
    const below = make("span", { class: "below" }, lettered("x", j), `: ${name}`);
    return { canvas, element: make("div", { class: "tile", style, title: name }, canvas, below) };
  }
  const { classes } = currentSet();
  const says = l === network.layers.length - 1 && network.outputs.length > 1 ? classes[j] : "";
  const below = says ? [make("span", { class: "below" }, says)] : [];
  const attributes = { type: "button", class: "tile", style, "data-at": `${l}-${j}` };
  const element = make("button", attributes, canvas, ...below);
  element.addEventListener("click", () => openNeuron(l, j));
  return { canvas, element };
}

/** What stands above a column. @param {number} l @param {number} x */
function head(l, x) {
  const style = `left: ${x}px`;
  if (l < 0) return make("div", { class: "head", style }, make("strong", {}, "inputs"));
  const last = l === network.layers.length - 1;
  const name = last ? "output" : `layer ${l + 1}`;
  const select = make("select", { "aria-label": `Activation of ${name}` });
  for (const each of given.activations) select.append(make("option", { value: each.name }, each.name));
  select.value = network.shapes[l].activation;
  select.addEventListener("change", () => changeActivation(l, select.value));
  const count = network.layers[l].length;
  /** @param {string} text @param {string} label @param {boolean} off @param {() => void} task */
  const button = (text, label, off, task) => {
    const attributes = { type: "button", "aria-label": label, title: label, "data-task": label };
    const made = make("button", off ? { ...attributes, disabled: "" } : attributes, text);
    made.addEventListener("click", () => again(label, task));
    return made;
  };
  const isFull = chosen.hidden.length >= MOST_LAYERS;
  const adding = button("+ layer", "A layer before the output", isFull, () => addLayer(l));
  const buttons = last ? [adding] : [
    button("−", `A neuron less in ${name}`, count <= 1, () => resizeLayer(l, -1)),
    make("span", { class: "count" }, String(count)),
    button("+", `A neuron more in ${name}`, count >= given.most.neurons, () => resizeLayer(l, 1)),
    button("×", `Without ${name}`, false, () => removeLayer(l)),
  ];
  const small = make("span", { class: "small-buttons" }, ...buttons);
  return make("div", { class: "head", style }, make("strong", {}, name), select, small);
}

/**
 * A task that draws the heads anew; the focus goes back to the button.
 * @param {string} label @param {() => void} task
 */
function again(label, task) {
  task();
  const same = [...document.querySelectorAll("[data-task]")]
    .find((each) => each.getAttribute("data-task") === label);
  const to = /** @type {HTMLButtonElement | undefined} */ (same);
  if (to && !to.disabled) to.focus({ preventScroll: true });
}

/** Colours, widths and numbers as they are now. @param {Survey} found */
function showNetwork({ side, neurons }) {
  const { program } = network;
  const largest = Math.max(...lines.map(({ w }) => Math.abs(program.values[w])).filter(Number.isFinite), 1e-9);
  for (const { path, title, w, name } of lines) {
    const x = program.values[w];
    const part = Math.abs(x) / largest;
    put(path, "class", x < 0 ? "negative" : "positive");
    put(path, "stroke-width", (0.6 + 5 * part).toFixed(1));
    put(path, "opacity", (0.25 + 0.75 * part).toFixed(2));
    put(title, "text", `${name} = ${shown(x)}`);
  }
  for (const [c, column] of tiles.entries()) {
    for (const [j, canvas] of column.entries()) {
      heat(canvas, c ? neurons[c - 1][j] : inputPlane(j, side), side);
      const button = /** @type {HTMLElement} */ (canvas.parentElement);
      if (!c) continue;
      const isOpen = shows.neuron[0] === c - 1 && shows.neuron[1] === j;
      put(button, "aria-pressed", isOpen);
      const z = program.values[network.layers[c - 1][j].z];
      const says = button.querySelector(".below")?.textContent;
      const number = `${plainName("z", c - 1, j)} = ${shown(z)}`;
      put(button, "aria-label", says ? `${says}, ${number}` : number);
      put(button, "title", `${number} for the example`);
    }
  }
}

/** An input over the plane. @param {number} k @param {number} side */
function inputPlane(k, side) {
  const [across, up] = chosen.axes;
  const [low, high] = stretch(k);
  const middle = (low + high) / 2;
  return Float64Array.from({ length: side * side }, (_, at) => {
    const part = k === across ? (at % side) / (side - 1) : k === up ? 1 - Math.floor(at / side) / (side - 1) : 0.5;
    return low + (high - low) * part - middle;
  });
}

// ---- the loss by epochs ---------------------------------------------------------------------------

const [WIDE, HIGH, DIGIT] = [300, 110, 7]; // the last is the width of a digit

/** Its curves: what was trained on solid, what was held out dashed. */
function showCurve() {
  const { history } = training;
  const held = history.flatMap((row) => (row.held === null ? [] : [row.held]));
  const top = Math.max(...history.map(({ loss }) => loss), ...held, 1e-12);
  const label = history.length ? shown(top) : "loss";
  const left = Math.max(46, DIGIT * label.length + 8);
  const last = Math.max(history.length, 2);
  const step = Math.max(1, Math.floor(history.length / WIDE));
  const across = (/** @type {number} */ epoch) => left + (WIDE - 6 - left) * ((epoch - 1) / (last - 1));
  const up = (/** @type {number} */ loss) => HIGH - 18 - (HIGH - 30) * (loss / top);
  const seen = history.filter((_, k) => k % step === 0 || k === history.length - 1);
  /** @param {(row: Passed) => number | null} of */
  const points = (of) => seen.map((row) => `${across(row.epoch).toFixed(1)},${up(Number(of(row))).toFixed(1)}`)
    .join(" ");
  const text = (/** @type {string} */ words, /** @type {number} */ x, /** @type {number} */ y, anchor = "start") =>
    makeSvg("text", { x, y, "text-anchor": anchor }, words);
  const parts = [makeSvg("path", { class: "axis", d: `M${left} 6V${HIGH - 18}H${WIDE - 4}` })];
  if (history.length) {
    parts.push(makeSvg("polyline", { class: "train", points: points(({ loss }) => loss) }));
    if (held.length) parts.push(makeSvg("polyline", { class: "held", points: points((row) => row.held) }));
  }
  const svg = makeSvg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "xMidYMin" }, ...parts,
    text(label, left - 4, 14, "end"), text("0", left - 4, HIGH - 18, "end"),
    text("epoch 1", left, HIGH - 4), text(String(last), WIDE - 4, HIGH - 4, "end"));
  $("curve").replaceChildren(svg);
  const now = history[history.length - 1];
  const told = now ? `${shown(history[0].loss)} became ${shown(now.loss)}` : "none has passed";
  put($("curve"), "aria-label", `The loss by epochs: ${told}`);
}
