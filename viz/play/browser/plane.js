
// ---- the plane: what the network says everywhere, and the examples ---------------------------------

const [COARSE, FINE] = [36, 72]; // places on a side: while it runs, while it rests
const MARGIN = 0.12; // of the range of the examples, around them

/** @typedef {[number, number, number]} Colour  red, green, blue */

const paint = {
  card: /** @type {Colour} */ ([255, 255, 255]),
  positive: /** @type {Colour} */ ([0, 0, 0]),
  negative: /** @type {Colour} */ ([0, 0, 0]),
  chosen: "", ink: "", line: "",
  classes: /** @type {Colour[]} */ ([]),
};

/** The colours of the style sheet, as they are now. */
function readColours() {
  const probe = make("span", { hidden: "" });
  document.body.append(probe);
  const found = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colour = (/** @type {string} */ name) =>
    /** @type {Colour} */ ((found(name).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));
  Object.assign(paint, {
    card: colour("card"), positive: colour("positive"), negative: colour("negative"),
    chosen: found("chosen"), ink: found("ink"), line: found("line"),
    classes: Array.from({ length: given.most.classes }, (_, k) => colour(`class-${k}`)),
  });
  probe.remove();
}

/** The colour of a class; of two they are those of signs. @param {number} k */
const classColour = (k) => {
  const two = [paint.negative, paint.positive];
  return currentSet().answers.length === 2 ? two[k] : paint.classes[k];
};

/** @param {Colour} colour */
const css = (colour) => `rgb(${colour.join(" ")})`;

/**
 * A mixture of the card's colour and another, into a picture.
 * @param {Uint8ClampedArray} pixels @param {number} at @param {Colour} colour @param {number} part
 */
function mix(pixels, at, colour, part) {
  for (let c = 0; c < 3; c++) pixels[4 * at + c] = paint.card[c] + (colour[c] - paint.card[c]) * part;
  pixels[4 * at + 3] = 255;
}

/** Where the plane begins and ends on an axis. @param {number} k  the feature */
function stretch(k) {
  const [low, high] = data.ranges[k];
  const room = MARGIN * (high - low || 1);
  return [low - room, high + room];
}

/** The least and the largest of the numbers that were trained on. */
const span = () => {
  const { labels } = data.train;
  return [Math.min(...labels), Math.max(...labels)];
};

/** A number that is being predicted, from -1 to 1 over the range of the labels. @param {number} y */
function level(y) {
  const [low, high] = span();
  return Math.max(-1, Math.min(1, (2 * y - low - high) / (high - low || 1)));
}

/**
 * What the network gives at every place of the plane.
 * @typedef {object} Survey
 * @property {number} side  places on a side
 * @property {Float64Array[]} verdicts  the loss of each label, or the output
 * @property {Float64Array[][]} neurons  z by layer and neuron
 */

/** @param {number} side @returns {Survey} */
function survey(side) {
  const { answers } = currentSet();
  const { program, layers } = network;
  const x = [...data.means];
  const [across, up] = chosen.axes;
  const [[left, right], [low, high]] = [stretch(across), stretch(up)];
  const room = () => new Float64Array(side * side);
  const verdicts = Array.from({ length: answers.length || 1 }, room);
  const neurons = layers.map((layer) => layer.map(room));
  for (let at = 0; at < side * side; at++) {
    const [column, row] = [at % side, Math.floor(at / side)];
    if (across !== up) x[up] = high + (low - high) * (row / (side - 1));
    x[across] = left + (right - left) * (column / (side - 1));
    try {
      for (const [k, y] of verdict(network, x, answers).entries()) verdicts[k][at] = y;
      for (let l = 0; l < layers.length; l++) {
        for (let j = 0; j < layers[l].length; j++) neurons[l][j][at] = program.values[layers[l][j].z];
      }
    } catch {
      for (const numbers of verdicts) numbers[at] = NaN; // a rule has no value there
    }
  }
  return { side, verdicts, neurons };
}

/**
 * A picture of signed numbers: blue above 0, orange below.
 * @param {HTMLCanvasElement} canvas @param {Float64Array} numbers @param {number} side
 */
function heat(canvas, numbers, side) {
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(side, side);
  let largest = 0;
  for (const z of numbers) if (Math.abs(z) > largest && Number.isFinite(z)) largest = Math.abs(z);
  for (const [at, z] of numbers.entries()) {
    const part = largest && Number.isFinite(z) ? Math.abs(z) / largest : 0;
    mix(image.data, at, z < 0 ? paint.negative : paint.positive, 0.9 * part);
  }
  context.putImageData(image, 0, 0);
}

const sketch = make("canvas"); // the ground, a pixel for each place

/** The plane with all examples. @param {Survey} found */
function drawPlane(found) {
  const canvas = /** @type {HTMLCanvasElement} */ ($("ground"));
  const size = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!size) return;
  if (canvas.width !== size) Object.assign(canvas, { width: size, height: size });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  drawGround(found);
  context.imageSmoothingEnabled = true;
  context.drawImage(sketch, 0, 0, size, size);
  for (const spot of spots(size)) drawSpot(context, spot);
}

const SHARP = 216; // pixels on a side, between whose places all is interpolated

/** @param {Survey} found */
function drawGround({ side, verdicts }) {
  const { answers } = currentSet();
  if (sketch.width !== SHARP) Object.assign(sketch, { width: SHARP, height: SHARP });
  const context = /** @type {CanvasRenderingContext2D} */ (sketch.getContext("2d"));
  const image = context.createImageData(SHARP, SHARP);
  const between = verdicts.map(() => 0);
  for (let at = 0; at < SHARP * SHARP; at++) {
    const x = ((at % SHARP) / (SHARP - 1)) * (side - 1);
    const y = (Math.floor(at / SHARP) / (SHARP - 1)) * (side - 1);
    const corner = Math.min(Math.floor(y), side - 2) * side + Math.min(Math.floor(x), side - 2);
    const [u, v] = [x - (corner % side), y - Math.floor(corner / side)];
    for (let k = 0; k < verdicts.length; k++) {
      const f = verdicts[k];
      const [above, below] = [corner, corner + side].map((c) => f[c] + (f[c + 1] - f[c]) * u);
      between[k] = above + (below - above) * v;
    }
    mix(image.data, at, ...groundColour(between, answers));
  }
  context.putImageData(image, 0, 0);
}

/**
 * The colour of a place, and how much of it.
 * @param {number[]} found @param {number[]} answers @returns {[Colour, number]}
 */
function groundColour(found, answers) {
  if (found.some(Number.isNaN)) return [paint.card, 0];
  if (answers.length) {
    const { best, margin } = least(found);
    return [classColour(best), 0.1 + 0.5 * (1 - Math.exp(-margin))];
  }
  const t = level(found[0]);
  return [t < 0 ? paint.negative : paint.positive, 0.75 * Math.abs(t)];
}

/**
 * An example on the canvas.
 * @typedef {object} Spot
 * @property {number} i  among all examples
 * @property {number} x
 * @property {number} y
 * @property {number} r
 * @property {Colour} colour
 * @property {number} part  how much of it is seen: of a number how far it is from the middle
 * @property {number} shape
 * @property {boolean} isHeld
 */

/** @param {number} size @returns {Spot[]} */
function spots(size) {
  const { answers } = currentSet();
  const [across, up] = chosen.axes;
  const [[left, right], [low, high]] = [stretch(across), stretch(up)];
  const r = Math.max(3.2 * devicePixelRatio, size / 95);
  const n = data.train.labels.length;
  return [data.train, data.held].flatMap(({ inputs, labels }, part) => inputs.map((x, k) => {
    const answer = answers.indexOf(labels[k]);
    const t = level(labels[k]);
    return {
      i: part * n + k,
      x: ((x[across] - left) / (right - left)) * size,
      y: (across === up ? 0.5 : (high - x[up]) / (high - low)) * size,
      r,
      colour: answers.length ? classColour(answer) : t < 0 ? paint.negative : paint.positive,
      part: answers.length ? 1 : Math.abs(t),
      shape: Math.max(answer, 0),
      isHeld: part === 1,
    };
  }));
}

/** A mark for each class: the corners of a shape around 0; none for a circle. @type {[number, number][][]} */
const SHAPES = [
  [],
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  [[0, -1.25], [1.15, 0.9], [-1.15, 0.9]],
  [[0, -1.35], [1.2, 0], [0, 1.35], [-1.2, 0]],
  [[0, 1.25], [1.15, -0.9], [-1.15, -0.9]],
  [[-1.2, 0.5], [0, -1.2], [1.2, 0.5], [0.6, 1.2], [-0.6, 1.2]],
];

/** @param {CanvasRenderingContext2D} context @param {Spot} spot */
function drawSpot(context, { i, x, y, r, colour, part, shape, isHeld }) {
  const trace = (/** @type {number} */ size) => {
    context.beginPath();
    if (!SHAPES[shape].length) context.arc(x, y, size, 0, 2 * Math.PI);
    for (const [dx, dy] of SHAPES[shape]) context.lineTo(x + dx * size, y + dy * size);
    context.closePath();
  };
  trace(r);
  context.lineWidth = r / 2.2;
  const mixed = /** @type {Colour} */ (paint.card.map((c, k) => Math.round(c + (colour[k] - c) * part)));
  context.fillStyle = css(isHeld ? paint.card : mixed);
  context.strokeStyle = css(isHeld || part < 1 ? colour : paint.card);
  context.stroke();
  context.fill();
  if (isHeld) context.stroke();
  if (i !== shows.example) return;
  context.beginPath();
  context.arc(x, y, 2.4 * r, 0, 2 * Math.PI);
  context.strokeStyle = paint.chosen;
  context.lineWidth = r / 1.3;
  context.stroke();
}

/** The example nearest to a point of the canvas, in pixels of the page. @param {number} x @param {number} y */
function nearest(x, y) {
  const canvas = /** @type {HTMLCanvasElement} */ ($("ground"));
  const scale = canvas.width / canvas.clientWidth;
  const distance = (/** @type {Spot} */ spot) => Math.hypot(spot.x - x * scale, spot.y - y * scale);
  return spots(canvas.width).reduce((a, b) => (distance(b) < distance(a) ? b : a)).i;
}

/** A mark of a class for the legend. @param {number} k */
function markOf(k) {
  const shape = SHAPES[k].length
    ? makeSvg("polygon", { points: SHAPES[k].map(([x, y]) => `${7 * x},${7 * y}`).join(" ") })
    : makeSvg("circle", { r: 7 });
  furnish(shape, { fill: css(classColour(k)) });
  return makeSvg("svg", { viewBox: "-10 -10 20 20", "aria-hidden": "true" }, shape);
}

/** What the marks mean. */
function showLegend() {
  const { classes, features, answers } = currentSet();
  const marks = classes.map((name, k) => make("span", { class: "mark" }, markOf(k), name));
  const held = data.held.labels.length ? ["filled: training, hollow: held out"] : [];
  const numbers = answers.length ? [] : ["blue: large, orange: small"];
  $("legend").replaceChildren(...marks, ...numbers, ...held.map((text) => make("span", {}, text)));
  const [across, up] = chosen.axes;
  const rest = features.length > 2 ? ", the others at their means" : "";
  const upwards = across === up ? "" : `, up: ${features[up]}`;
  put($("axes"), "text", `→ ${features[across]}${upwards}${rest}`);
}
