
// ---- training: batches, steps of an optimizer, scores --------------------------------------------

/** @typedef {{epoch: number, loss: number, held: number | null}} Passed  an epoch that has passed */

class Training {
  /**
   * @param {Network} network @param {Prepared} data
   * @param {{optimizer: GivenOptimizer, rate: number, batch: number, seed: number}} how
   */
  constructor(network, data, how) {
    this.network = network;
    this.data = data;
    this.how = how;
    this.random = new Random(how.seed);
    this.steps = 0;
    this.epoch = 0; // epochs that have ended
    this.at = 0; // where the next batch begins
    /** @type {number[]} */
    this.order = [];
    /** @type {number[]} */
    this.losses = []; // of this epoch
    this.sums = new Float64Array(network.parameters.length);
    this.memory = network.parameters.map(() => Array.from({ length: how.optimizer.memory }, () => 0));
    /** @type {Passed[]} */
    this.history = [];
  }

  /** One batch: the mean of its gradients, and the optimizer's step. Says whether an epoch ended. */
  step() {
    const { train } = this.data;
    const n = train.labels.length;
    const size = Math.min(this.how.batch, n);
    if (this.at === 0) {
      const places = Array.from({ length: n }, (_, i) => i);
      this.order = size < n ? this.random.sample(places, n) : places;
    }
    const batch = this.order.slice(this.at, this.at + size);
    let losses;
    try {
      losses = this.gradient(batch);
    } catch (error) { // a rule has no value
      throw this.broken(/** @type {Error} */ (error).message);
    }
    const wrong = losses.find((loss) => !Number.isFinite(loss));
    if (wrong !== undefined) throw this.broken(`the loss is ${shown(wrong)}`);
    this.move(batch.length);
    this.losses.push(...losses);
    this.at += size;
    if (this.at < n) return false;
    this.at = 0;
    this.epoch += 1;
    const mean = this.losses.reduce((a, b) => a + b, 0) / this.losses.length;
    this.history.push({ epoch: this.epoch, loss: mean, held: score(this.network, this.data.held, []).loss });
    this.losses = [];
    return true;
  }

  /** What to say where there is no loss: before the first step no rate is to blame. @param {string} what */
  broken(what) {
    const says = this.steps
      ? `after ${this.steps} step${this.steps > 1 ? "s" : ""} ${what}: a smaller learning rate may help`
      : `before the first step ${what}: scaled inputs, other activations or another loss may help`;
    return new Error(says);
  }

  /** Sums of gradients over examples; gives their losses. @param {number[]} batch */
  gradient(batch) {
    const { network, sums, data: { train } } = this;
    const { program, parameters, loss } = network;
    sums.fill(0);
    return batch.map((i) => {
      predict(network, train.inputs[i]);
      const found = lossFor(network, train.labels[i]);
      program.backward(loss);
      for (let k = 0; k < parameters.length; k++) sums[k] += program.gradients[parameters[k]];
      return found;
    });
  }

  /** The optimizer's rule for every parameter. @param {number} count  examples in the batch */
  move(count) {
    const { program: { values }, parameters } = this.network;
    const { optimizer: { name }, rate } = this.how;
    const rule = arithmetic[`step of ${name}`];
    for (let k = 0; k < parameters.length; k++) {
      const [p, g] = [values[parameters[k]], this.sums[k] / count];
      const [moved, ...memory] = rule([p, g, ...this.memory[k], rate, this.steps]);
      values[parameters[k]] = moved;
      this.memory[k] = memory;
    }
    this.steps += 1;
  }
}

/**
 * The mean loss, and where labels are classes the share of examples for which every other label
 * would lose more; null without examples.
 * @param {Network} network @param {Examples} examples @param {number[]} answers
 */
function score(network, { inputs, labels }, answers) {
  if (!labels.length) return { loss: null, accuracy: null };
  let [sum, right] = [0, 0];
  for (const [i, x] of inputs.entries()) {
    predict(network, x);
    const loss = lossFor(network, labels[i]);
    sum += loss;
    if (answers.every((y) => y === labels[i] || lossFor(network, y) > loss)) right += 1;
  }
  return { loss: sum / labels.length, accuracy: answers.length ? right / labels.length : null };
}

/**
 * What a network says of an example: the loss of each label that there is, or where labels are
 * numbers the output.
 * @param {Network} network @param {number[]} x @param {number[]} answers
 */
function verdict(network, x, answers) {
  predict(network, x);
  if (!answers.length) return [network.program.values[network.outputs[0]]];
  return answers.map((y) => lossFor(network, y));
}

/** The label that loses least, by its place, and by how much the next loses more. @param {number[]} losses */
function least(losses) {
  let [best, low, next] = [0, Infinity, Infinity];
  for (const [k, loss] of losses.entries()) {
    if (loss < low) [best, low, next] = [k, loss, low];
    else if (loss < next) next = loss;
  }
  return { best, margin: next - low };
}
