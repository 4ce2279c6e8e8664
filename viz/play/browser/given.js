// What playground.py gives: data, a network, losses, as JSON, and before this script the rules of
// the table.  The files of this folder are one script, in the order in which playground.py has them.

/**
 * The functions of a row of the table, for one number of operands.
 * @typedef {object} Row
 * @property {(xs: number[], labels?: string[]) => number} f
 * @property {((xs: number[], z: number) => number)[]} d  by operand, where there is no `all`
 * @property {(xs: number[], z: number) => number[]} [all]  of an n-ary row
 */
/**
 * Of what is said of a row: a text, the position of an operand, or an exponent in pieces.
 * @typedef {string | number | PieceList} Piece
 */
/** @typedef {Piece[]} PieceList */
/** What is said of a row. @typedef {{sign: string, formula?: Piece[], slopes?: Piece[][]}} Words */
/**
 * A function as instructions: a row's key and its operands, "input" or "number"; `words` are those
 * of instructions with constants among their operands.
 * @typedef {{code: [string, ...(number | string)[]][], result: number, words: Record<string, Words>}} Recorded
 */
/**
 * A data set: noise and held-out examples may be left to the page.
 * @typedef {object} GivenSet
 * @property {string} name
 * @property {number[][]} inputs
 * @property {number[]} labels
 * @property {number[]} answers  the labels that there are, where these are classes
 * @property {string[]} classes  what the answers are called
 * @property {string[]} features
 * @property {number | null} held  so many of the last examples are held out
 * @property {number | null} noise
 */
/** @typedef {{activation: string, weights: (number | string)[][], biases: (number | string)[]}} GivenLayer */
/**
 * @typedef {object} GivenLoss
 * @property {string} name
 * @property {Record<string, Recorded>} programs  by the number of outputs
 * @property {number[]} classes  numbers of outputs for which labels are 0, 1, ...
 * @property {number[]} numbers  numbers of outputs for which a label is any number
 * @property {Record<string, number[]>} sets  numbers of outputs for which it takes the labels of a set
 */
/** @typedef {{name: string, memory: number, rate: number}} GivenOptimizer */
/**
 * How what is chosen is written as a program: lines on a condition, with names in braces.
 * @typedef {object} Recipe
 * @property {string[]} names  that may be imported
 * @property {[string, string][]} lines
 * @property {Record<string, string>} sets
 * @property {string} file
 * @property {Record<string, [string, string]>} losses  with one output, with more
 * @property {Record<string, string>} optimizers
 */
/**
 * @typedef {object} Given
 * @property {string} title
 * @property {string} version
 * @property {GivenSet[]} sets
 * @property {string} set  the one that the layers are for
 * @property {GivenLayer[]} layers
 * @property {object | null} architecture
 * @property {[string[], string | null][][]} names  of weights and bias, by layer and neuron
 * @property {{name: string, program: Recorded | null, row: boolean}[]} activations  a row of the table, or not
 * @property {GivenLoss[]} losses
 * @property {string} loss
 * @property {GivenOptimizer[]} optimizers
 * @property {string} optimizer
 * @property {number} batch
 * @property {number} seed
 * @property {boolean} scaled
 * @property {Recipe | null} recipe
 * @property {Record<string, Words>} words  by the keys of rows
 * @property {{page: string, line: number, pad: number, style: Record<string, string>}} explorer
 * @property {{neurons: number, classes: number, features: number, examples: number, seed: number}} most
 */

/** An element of the page. @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A field of the page. @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ ($(id));

/** @type {Given} */
const given = JSON.parse(String($("data").textContent));
