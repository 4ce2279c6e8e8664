
// ---- data sets: noise, held-out examples, scaling -------------------------------------------------

/** @typedef {{inputs: number[][], labels: number[]}} Examples */
/**
 * A data set as a network takes it.
 * @typedef {object} Prepared
 * @property {GivenSet} set
 * @property {Examples} train
 * @property {Examples} held
 * @property {number[]} means  of each feature
 * @property {[number, number][]} ranges
 */

/**
 * Normal noise on both coordinates, drawn as in nn's data sets (Box and Muller, 1958).
 * @param {number[][]} inputs @param {number} noise @param {number} seed
 */
function scattered(inputs, noise, seed) {
  const random = new Random(seed);
  return inputs.map(([x, y]) => {
    const angle = 2 * Math.PI * random.random();
    const r = noise * Math.sqrt(-2 * Math.log(1 - random.random()));
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)].map((c) => Number(c.toFixed(9)) + 0);
  });
}

/**
 * Which examples are held out: each class in its proportion, as nn's `stratified_split` draws them.
 * @param {number[]} labels @param {boolean} classes @param {number} count @param {number} seed
 */
function heldOut(labels, classes, count, seed) {
  /** @type {Map<number, number[]>} */
  const members = new Map();
  for (const [i, y] of labels.entries()) {
    const key = classes ? y : 0;
    members.set(key, [...(members.get(key) ?? []), i]);
  }
  const strata = [...members].sort(([a], [b]) => a - b).map(([, places]) => places);
  const most = Math.min(count, labels.length - strata.length);
  const random = new Random(seed);
  const counts = proportional(most, strata.map((stratum) => stratum.length));
  return new Set(strata.flatMap((stratum, k) => random.sample(stratum, counts[k])));
}

/** Counts in proportion to sizes, each below its size. @param {number} total @param {number[]} sizes */
function proportional(total, sizes) {
  const n = sizes.reduce((a, b) => a + b, 0);
  const counts = sizes.map((size) => Math.floor((total * size) / n));
  while (counts.reduce((a, b) => a + b, 0) < total) { // the largest remainder is next
    const rest = (/** @type {number} */ k) =>
      (counts[k] < sizes[k] - 1 ? total * sizes[k] - n * counts[k] : -Infinity);
    const next = sizes.reduce((best, _, k) => (rest(k) > rest(best) ? k : best), 0);
    counts[next] += 1;
  }
  return counts;
}

/** Mean and deviation of each feature, 1 where it is the same everywhere. @param {number[][]} inputs */
function scaling(inputs) {
  return inputs[0].map((_, k) => {
    const xs = inputs.map((row) => row[k]);
    if (Math.min(...xs) === Math.max(...xs)) return [xs[0], 1];
    const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
    const square = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
    return [mean, Math.sqrt(square) || 1];
  });
}

/**
 * A data set with its noise, split and scaled.
 * @param {GivenSet} set
 * @param {{noise: number, dataSeed: number, held: number, scaled: boolean}} how  `held` in percent
 * @returns {Prepared}
 */
function prepared(set, { noise, dataSeed, held, scaled }) {
  const n = set.labels.length;
  const rows = set.noise === null ? set.inputs : scattered(set.inputs, noise, dataSeed);
  const out = set.held === null
    ? heldOut(set.labels, set.answers.length > 0, Math.floor((n * held) / 100), dataSeed)
    : new Set(Array.from({ length: set.held }, (_, i) => n - 1 - i));
  const places = set.labels.map((_, i) => i);
  const kept = places.filter((i) => !out.has(i));
  const scales = scaled ? scaling(kept.map((i) => rows[i])) : rows[0].map(() => [0, 1]);
  const inputs = rows.map((row) => row.map((x, k) => (x - scales[k][0]) / scales[k][1]));
  const isNumber = !set.answers.length; // to be predicted: it is scaled too
  const [middle, size] = scaled && isNumber ? scaling(kept.map((i) => [set.labels[i]]))[0] : [0, 1];
  const part = (/** @type {number[]} */ chosen) => (
    { inputs: chosen.map((i) => inputs[i]), labels: chosen.map((i) => (set.labels[i] - middle) / size) });
  const columns = set.features.map((_, k) => inputs.map((row) => row[k]));
  return {
    set,
    train: part(kept),
    held: part(places.filter((i) => out.has(i))),
    means: columns.map((xs) => xs.reduce((a, b) => a + b, 0) / n),
    ranges: columns.map((xs) => [Math.min(...xs), Math.max(...xs)]),
  };
}

/**
 * The two features whose means in the classes lie furthest apart, measured in their deviations.
 * @param {GivenSet} set
 */
function telling({ inputs, labels, answers, features }) {
  const scales = scaling(inputs);
  const apart = features.map((_, k) => {
    const means = answers.map((y) => {
      const own = inputs.filter((_, i) => labels[i] === y).map((row) => row[k]);
      return own.length ? (own.reduce((a, b) => a + b, 0) / own.length - scales[k][0]) / scales[k][1] : 0;
    });
    return means.reduce((sum, mean) => sum + mean * mean, 0);
  });
  const order = features.map((_, k) => k).sort((a, b) => apart[b] - apart[a]);
  return order.slice(0, 2).sort((a, b) => a - b);
}
