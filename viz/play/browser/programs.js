
// ---- programs of rows: forward and backward ------------------------------------------------------
// A program is a graph of scalars, flat: leaves hold numbers, results are rows on earlier slots.
// The rows are the table's, so no rule of calculus is written here.

/** JSON has no word for inf and nan. @param {number | string} x */
const parsed = (x) => (typeof x === "string" ? Number(read(x)) : x);

/**
 * A result: where it stands, its row, the slots of its operands, and which of them move.
 * @typedef {object} Result
 * @property {number} at
 * @property {string} key  of the row
 * @property {Row} row
 * @property {number[]} parents
 * @property {boolean[]} moving  whether a gradient passes to the operand
 * @property {number[]} xs  room for the operands' values
 * @property {Words | undefined} words  where they are not those of the row
 */

class Program {
  constructor() {
    /** @type {number[]} */
    this.start = []; // the number in each slot to begin with
    /** @type {boolean[]} */
    this.moves = []; // whether it depends on a parameter
    /** @type {Result[]} */
    this.results = [];
    /** @type {Map<number, number>} */
    this.numbers = new Map();
    this.values = new Float64Array();
    this.gradients = new Float64Array();
  }

  /** A slot for a number that is given later, or moved. */
  leaf(moves = false, x = 0) {
    this.moves.push(moves);
    return this.start.push(x) - 1;
  }

  /** The slot of a constant. @param {number} x */
  number(x) {
    const found = Object.is(x, -0) ? undefined : this.numbers.get(x);
    if (found !== undefined) return found;
    const slot = this.leaf(false, x);
    if (!Object.is(x, -0)) this.numbers.set(x, slot);
    return slot;
  }

  /** The slot of a row on slots. @param {string} key @param {number[]} parents @param {Words} [words] */
  emit(key, parents, words) {
    const moving = parents.map((p) => this.moves[p]);
    const at = this.leaf(moving.includes(true));
    const xs = parents.map(() => 0);
    this.results.push({ at, key, row: arithmetic[key], parents, moving, xs, words });
    return at;
  }

  /** The slot of what a recorded function gives. @param {Recorded} recorded @param {number[]} operands */
  call({ code, result, words }, operands) {
    /** @type {number[]} */
    const slots = [];
    for (const [at, [head, ...rest]] of code.entries()) {
      if (head === "input") slots.push(operands[Number(rest[0])]);
      else if (head === "number") slots.push(this.number(parsed(rest[0])));
      else slots.push(this.emit(head, rest.map((k) => slots[Number(k)]), words[at]));
    }
    return slots[result];
  }

  /** Ready to run. */
  finish() {
    this.values = Float64Array.from(this.start);
    this.gradients = new Float64Array(this.start.length);
    return this;
  }

  /** Results from one on, up to another. */
  forward(from = 0, to = this.results.length) {
    const { values, results } = this;
    for (let r = from; r < to; r++) {
      const { at, row, parents, xs } = results[r];
      for (let k = 0; k < parents.length; k++) xs[k] = values[parents[k]];
      values[at] = row.f(xs);
    }
  }

  /** After a forward pass: the chain rule along edges, a sum where they meet. @param {number} root */
  backward(root) {
    const { values, gradients, results } = this;
    gradients.fill(0);
    gradients[root] = 1;
    for (let r = results.length - 1; r >= 0; r--) {
      const { at, row, parents, moving, xs } = results[r];
      if (!this.moves[at]) continue;
      const g = gradients[at];
      const all = row.all?.(xs, values[at]);
      for (let k = 0; k < parents.length; k++) {
        if (moving[k]) gradients[parents[k]] += g * (all ? all[k] : row.d[k](xs, values[at]));
      }
    }
  }

  /**
   * The local derivative of a result by an operand, after a forward pass.
   * @param {Result} result @param {number} k
   */
  local({ at, row, xs }, k) {
    return row.all ? row.all(xs, this.values[at])[k] : row.d[k](xs, this.values[at]);
  }
}
