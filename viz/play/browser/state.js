
// ---- what was chosen, and what is made of it -----------------------------------------------------

/** Hidden layers by size and activation. @typedef {{size: number, activation: string}} Hidden */

const chosen = {
  set: given.set,
  noise: 0,
  dataSeed: given.seed,
  held: 20, // percent
  scaled: false,
  hidden: /** @type {Hidden[]} */ ([]),
  last: "linear", // activation of the outputs
  loss: given.loss,
  optimizer: given.optimizer,
  rate: 0.1,
  batch: given.batch,
  seed: /** @type {number | null} */ (null), // of the weights; null: those that were given
  axes: [0, 1],
};

const shows = {
  neuron: [0, 0], // the layer, and the place in it, of the neuron that is opened
  example: 0, // of the training examples, then of those held out
  running: false,
};

/** @type {GivenSet[]} */
const sets = [...given.sets];

const currentSet = () => sets.find(({ name }) => name === chosen.set) ?? sets[0];

/**
 * By how many outputs a loss can be trained on a data set: Python has tried it on the labels of those
 * that were given; those of a file are 0, 1, ... or any numbers.
 * @param {GivenLoss} loss @param {GivenSet} set
 */
function outputsOf({ sets: tried, classes, numbers }, set) {
  if (Object.hasOwn(tried, set.name)) return tried[set.name];
  const k = set.answers.length;
  return k ? classes.filter((n) => n === k || (k === 2 && n === 1)) : numbers.filter((n) => n === 1);
}

/** Whether a loss is that of the model on its own data. @param {GivenLoss} loss @param {GivenSet} set */
const isGiven = (loss, set) => set.name === given.set && loss.name === given.loss;

/** The losses that a data set can be trained by. @param {GivenSet} set */
const lossesFor = (set) => given.losses.filter((loss) => isGiven(loss, set) || outputsOf(loss, set).length > 0);

/** What a network and a loss need for a data set; undefined where no loss fits. @param {GivenSet} set */
function fitting(set) {
  const losses = lossesFor(set);
  const loss = losses.find(({ name }) => name === chosen.loss) ?? losses[0];
  if (!loss) return undefined;
  return { loss, outputs: isGiven(loss, set) ? givenShapes().slice(-1)[0].size : outputsOf(loss, set)[0] };
}

/** Begin as it was given. */
function beginAsGiven() {
  const shapes = givenShapes();
  chosen.hidden = shapes.slice(0, -1).map(({ size, activation }) => ({ size, activation }));
  chosen.last = shapes[shapes.length - 1].activation;
  chosen.rate = optimizerOf(given.optimizer).rate;
  enterSet(currentSet());
}

/** @param {string} name */
const optimizerOf = (name) => given.optimizers.find((each) => each.name === name) ?? given.optimizers[0];

/** What goes with a data set. @param {GivenSet} set */
function enterSet(set) {
  chosen.set = set.name;
  chosen.noise = set.noise ?? 0;
  chosen.scaled = set.name === given.set ? given.scaled : set.noise === null;
  chosen.axes = set.features.length > 2 ? telling(set) : [0, set.features.length - 1];
  const fits = fitting(set);
  if (fits) chosen.loss = fits.loss.name;
}

beginAsGiven();

/** The data as they are chosen. */
let data = prepared(currentSet(), chosen);
/** The network as it is chosen. */
let network = makeNetwork();
let training = makeTraining();

/** The shapes of all layers, biases as they were given. @param {number} outputs @returns {Shape[]} */
function shapesFor(outputs) {
  const own = givenShapes();
  const layers = [...chosen.hidden, { size: outputs, activation: chosen.last }];
  const bias = (/** @type {number} */ l) => (own.length === layers.length ? own[l].bias : true);
  return layers.map((layer, l) => ({ ...layer, bias: bias(l) }));
}

function makeNetwork() {
  const set = currentSet();
  const fits = fitting(set);
  if (!fits) throw new Error(`no loss of this page fits ${set.name}`);
  const { loss, outputs } = fits;
  const shapes = shapesFor(outputs);
  const made = build(set.features.length, shapes, loss.programs[outputs]);
  const own = set.features.length === givenWidth() && alike(shapes, givenShapes());
  if (own && chosen.seed === null) fill(made, given.layers);
  else draw(made, chosen.seed ?? given.seed);
  return made;
}

function makeTraining() {
  const { rate, batch, seed } = chosen;
  const optimizer = optimizerOf(chosen.optimizer);
  return new Training(network, data, { optimizer, rate, batch, seed: seed ?? given.seed });
}

/** The example that is looked at: inputs and label, and whether it is held out. */
function example() {
  const { train, held } = data;
  const n = train.labels.length;
  const i = shows.example;
  const [part, at] = i < n ? [train, i] : [held, i - n];
  return { x: part.inputs[at], label: part.labels[at], isHeld: part === held, at };
}

const exampleCount = () => data.train.labels.length + data.held.labels.length;

// ---- numbers, in a field and in a link --------------------------------------------------------------

/** What a whole number may be. @param {number} low @param {number} high */
const whole = (low, high) => ({
  wanted: `a whole number from ${low} to ${high}`,
  fits: (/** @type {number} */ x) => Number.isInteger(x) && x >= low && x <= high,
});

/**
 * The numbers that are chosen, with what they may be.
 * @type {Record<string, {wanted: string, fits: (x: number) => boolean}>}
 */
const NUMBERS = {
  noise: { wanted: "a number from 0 to 0.5", fits: (x) => x >= 0 && x <= 0.5 },
  dataSeed: whole(0, given.most.seed),
  held: {
    wanted: "one of the percentages of the menu",
    fits: (x) => [...$("held").children].some((each) => each.getAttribute("value") === String(x)),
  },
  rate: { wanted: "a finite number above 0", fits: (x) => x > 0 && x < Infinity },
  batch: whole(1, given.most.examples),
  seed: whole(0, given.most.seed),
};

/** The number in a text; undefined where it may not be that. @param {string} key @param {string} text */
function numberFor(key, text) {
  const x = read(text);
  return x !== undefined && NUMBERS[key].fits(x) ? x : undefined;
}

// ---- the same in the address, so that a link opens what was prepared -------------------------------

/** What was chosen, as the part of an address behind #. */
function address() {
  const { set, noise, dataSeed, held, scaled, hidden, last, loss, optimizer, rate, batch, seed, axes } = chosen;
  const layers = hidden.map(({ size, activation }) => size + activation).join("-");
  const from = dropped && currentSet() === droppedSet ? { file: dropped.name, learn: target } : {};
  const all = {
    ...from, set, noise, dataSeed, held, scaled: Number(scaled), layers, last, loss, optimizer, rate, batch,
    seed: seed ?? "", axes: axes.join("-"),
  };
  return new URLSearchParams(Object.entries(all).map(([key, x]) => [key, String(x)])).toString();
}

/** Choose what an address says; what it says wrongly is passed over. @param {string} text */
function readAddress(text) {
  const found = new URLSearchParams(text);
  const set = sets.find(({ name }) => name === found.get("set"));
  if (set && fitting(set)) enterSet(set);
  const width = currentSet().features.length;
  /** @param {string} key @param {(text: string) => any} from */
  const take = (key, from) => {
    const x = found.has(key) ? from(String(found.get(key))) : undefined;
    if (x !== undefined) Object.assign(chosen, { [key]: x });
  };
  /** @param {string[]} keys */
  const takeNumbers = (...keys) => {
    for (const key of keys) take(key, (t) => numberFor(key, t));
  };
  const among = (/** @type {{name: string}[]} */ items) => (/** @type {string} */ t) =>
    (items.some(({ name }) => name === t) ? t : undefined);
  if (currentSet().noise !== null) takeNumbers("noise");
  takeNumbers("dataSeed", "held");
  take("scaled", (t) => t === "1");
  take("last", among(given.activations));
  take("loss", among(lossesFor(currentSet())));
  take("optimizer", among(given.optimizers));
  chosen.rate = optimizerOf(chosen.optimizer).rate;
  takeNumbers("rate", "batch");
  take("seed", (t) => (t === "" ? null : numberFor("seed", t)));
  take("axes", (t) => {
    const axes = t.split("-").map(Number);
    return axes.length === 2 && axes.every((k) => k >= 0 && k < width && Number.isInteger(k)) ? axes : undefined;
  });
  const layers = found.get("layers");
  if (layers === null) return;
  const parts = layers ? layers.split("-").map((part) => /^(\d+)(.+)$/.exec(part)) : [];
  const hidden = parts.map((part) => ({ size: Number(part?.[1]), activation: part?.[2] ?? "" }));
  const fine = hidden.every(({ size, activation }) =>
    size >= 1 && size <= given.most.neurons && among(given.activations)(activation));
  if (fine && hidden.length <= MOST_LAYERS) chosen.hidden = hidden;
}

const MOST_LAYERS = 6; // hidden ones
