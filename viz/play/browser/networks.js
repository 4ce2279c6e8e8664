
// ---- networks: layers of neurons, as a program ----------------------------------------------------

/** A layer by its shape. @typedef {{size: number, activation: string, bias: boolean}} Shape */
/**
 * The slots of a neuron: a = w[0] x[0] + ... + b, z = activation(a).
 * @typedef {object} Neuron
 * @property {number[]} inputs
 * @property {number[]} weights
 * @property {number | null} bias
 * @property {number} a
 * @property {number} z
 */
/**
 * A network with its loss: slots of its parts, parameters in the order in which Python has them.
 * @typedef {object} Network
 * @property {Program} program
 * @property {Shape[]} shapes
 * @property {number[]} inputs
 * @property {number} label
 * @property {number[]} parameters
 * @property {Neuron[][]} layers
 * @property {number[]} outputs
 * @property {number} loss
 * @property {number} before  how many results stand before those of the loss
 */

/** @param {string} name */
const activationOf = (name) => given.activations.find((each) => each.name === name)?.program ?? null;

/**
 * A network of these layers, all parameters 0.
 * @param {number} nin @param {Shape[]} shapes @param {Recorded} loss @returns {Network}
 */
function build(nin, shapes, loss) {
  const program = new Program();
  const inputs = Array.from({ length: nin }, () => program.leaf());
  const label = program.leaf();
  /** @type {number[]} */
  const parameters = [];
  const parameter = () => {
    parameters.push(program.leaf(true));
    return parameters[parameters.length - 1];
  };
  let width = nin;
  const leaves = shapes.map(({ size, bias }) => {
    const row = Array.from({ length: size }, () => ({
      weights: Array.from({ length: width }, parameter),
      bias: bias ? parameter() : null,
    }));
    width = size;
    return row;
  });
  let below = inputs;
  const layers = leaves.map((row, l) => {
    const recorded = activationOf(shapes[l].activation);
    const neurons = row.map(({ weights, bias }) => {
      const operands = [...weights, ...below, ...(bias === null ? [] : [bias])];
      const a = program.emit(`sumprod/${operands.length}`, operands);
      return { inputs: below, weights, bias, a, z: recorded ? program.call(recorded, [a]) : a };
    });
    below = neurons.map(({ z }) => z);
    return neurons;
  });
  const before = program.results.length;
  const root = program.call(loss, [...below, label]);
  program.finish();
  return { program, shapes, inputs, label, parameters, layers, outputs: below, loss: root, before };
}

/** Outputs for an example. @param {Network} network @param {number[]} x */
function predict({ program, inputs, before }, x) {
  for (let i = 0; i < inputs.length; i++) program.values[inputs[i]] = x[i];
  program.forward(0, before);
}

/** The loss for a label, after `predict`. @param {Network} network @param {number} label */
function lossFor({ program, label: slot, before, loss }, label) {
  program.values[slot] = label;
  program.forward(before);
  return program.values[loss];
}

/**
 * Weights from -1 to 1, neuron by neuron, and biases 0: as in Python.
 * @param {Network} network @param {number} seed
 */
function draw({ program, layers }, seed) {
  const random = new Random(seed);
  for (const { weights, bias } of layers.flat()) {
    for (const w of weights) program.values[w] = random.uniform(-1, 1);
    if (bias !== null) program.values[bias] = 0;
  }
}

/** The numbers of a network that was given. @param {Network} network @param {GivenLayer[]} from */
function fill({ program, layers }, from) {
  for (const [l, layer] of layers.entries()) {
    for (const [j, { weights, bias }] of layer.entries()) {
      for (const [i, w] of weights.entries()) program.values[w] = parsed(from[l].weights[j][i]);
      if (bias !== null) program.values[bias] = parsed(from[l].biases[j]);
    }
  }
}

/** The shapes of the network that was given. @returns {Shape[]} */
const givenShapes = () => given.layers.map(({ activation, weights, biases }) => (
  { size: weights.length, activation, bias: biases.length > 0 }));

/** How many inputs that one takes. */
const givenWidth = () => given.layers[0].weights[0].length;

/** @param {Shape[]} a @param {Shape[]} b */
const alike = (a, b) => a.length === b.length && a.every((shape, l) =>
  shape.size === b[l].size && shape.activation === b[l].activation && shape.bias === b[l].bias);

// ---- a network as a file that `nn.load` reads ----------------------------------------------------

/**
 * The network as nn's `save` writes it: as the model that was given where it is shaped like that.
 * An Error says why `load` could not read it.
 * @param {Network} network
 */
function modelFile({ program, inputs, shapes, layers }) {
  const own = given.architecture !== null && inputs.length === givenWidth() && alike(shapes, givenShapes());
  const stranger = strangers(shapes)[0];
  if (!own && stranger) {
    throw new Error(`the activation ${stranger} is no row of the table, and nn.load knows rows alone`);
  }
  /** @type {Record<string, number>} */
  const parameters = {};
  /** @param {string} name @param {number} x */
  const keep = (name, x) => {
    if (!Number.isFinite(x)) throw new Error(`${name} is ${shown(x)}, and a file of weights has finite numbers`);
    parameters[name] = x;
  };
  let place = 0;
  for (const [l, layer] of layers.entries()) {
    for (const [j, { weights, bias }] of layer.entries()) {
      const row = `layers[${place}].${bias === null ? `w[${j}]` : `neurons[${j}].w`}`;
      const made = [weights.map((_, i) => `${row}[${i}]`), `layers[${place}].neurons[${j}].b`];
      const [names, last] = own ? given.names[l][j] : made;
      for (const [i, w] of weights.entries()) keep(names[i], program.values[w]);
      if (bias !== null) keep(String(last), program.values[bias]);
    }
    place += modules(0, shapes[l]).length;
  }
  return {
    format: "chainrule model",
    format_version: 1,
    chainrule: given.version,
    architecture: own ? given.architecture : architecture(inputs.length, shapes),
    parameters,
  };
}

/** Activations of layers that are no rows of the table. @param {Shape[]} shapes */
const strangers = (shapes) => shapes.map(({ activation }) => activation)
  .filter((name) => !given.activations.some((each) => each.name === name && each.row));

/** How nn calls an activation. @param {Shape} shape */
const named = ({ activation }) => (activation === "linear" ? null : activation);

/**
 * An MLP where hidden layers are alike and the last is linear, otherwise layer by layer.
 * @param {number} nin @param {Shape[]} shapes
 */
function architecture(nin, shapes) {
  const last = shapes.length - 1;
  const activation = last ? named(shapes[0]) : null;
  if (shapes.every((shape, l) => shape.bias && named(shape) === (l < last ? activation : null))) {
    return { kind: "MLP", nin, nouts: shapes.map(({ size }) => size), activation };
  }
  const layers = shapes.flatMap((shape, l) => modules(l ? shapes[l - 1].size : nin, shape));
  return { kind: "Sequential", layers };
}

/**
 * A layer as modules of nn: one without biases has its activation behind it.
 * @param {number} nin @param {Shape} shape @returns {object[]}
 */
function modules(nin, shape) {
  const activation = named(shape);
  if (shape.bias) return [{ kind: "Layer", nin, nout: shape.size, activation }];
  const linear = { kind: "Linear", nin, nout: shape.size, bias: false };
  return activation === null ? [linear] : [linear, { kind: "Activation", activation }];
}
