// What explore.py gives: the graph as JSON, and before this script the rules that it is made of.
// The files of this folder are one script, in the order in which explore.py lists them.

/**
 * A node as it is written; what is empty is left out.
 * @typedef {object} WrittenNode
 * @property {string} [name]
 * @property {[string, string, string]} [math]  letters, what stands below them, what above
 * @property {string} [label]  where it is another text than the name
 * @property {string} [shortName]  where the name is too long for a box
 * @property {"constant" | "variable" | "result"} kind
 * @property {boolean} [given]  of a variable: an input or a target, which descent leaves
 * @property {number | string} value  a text where JSON has no word for it
 * @property {string} [source]  the line that made it
 * @property {[number, number]} [line]  that line in the code: the block, the number
 * @property {string} [sign]  its operation
 * @property {string} [shortSign]  where the sign is too long for a box
 * @property {string} [rule]  the key of its operation in the arithmetic
 * @property {number[]} [parents]
 * @property {(number | string)[]} [locals]  local derivatives, aligned with parents
 * @property {Piece[]} [formula]  with positions among the parents
 * @property {Piece[][]} [slopes]  local derivatives in letters, where they are short
 */
/**
 * Of a formula: a text, the position of a node, or an exponent in pieces.
 * @typedef {string | number | PieceList} Piece
 */
/** @typedef {Piece[]} PieceList */
/**
 * @typedef {object} Edge
 * @property {number} tail  the parent
 * @property {number} head  the result
 * @property {number} k  the position among the parents
 */
/**
 * What hides nodes: a group, siblings, or a node with variables that it took in.
 * @typedef {object} WrittenBox
 * @property {number[]} hides  nodes by position, groups as -1, -2, ...
 * @property {string} [group]  the name in full; a node that took variables in has none
 * @property {string} [name]  within the frame around it
 * @property {string} [shortName]  where the name is too long for a box
 * @property {string} [does]  its operations
 * @property {string} [into]  how much goes in and comes out
 * @property {number} [out]  the node that comes out, whose value follows
 * @property {string} [parameters]  how many it hides
 * @property {number} [opens]  the view that shows what is inside
 */
/**
 * @typedef {object} WrittenView
 * @property {string} name  of the group that it opens, empty of the first
 * @property {number} up  the view around it
 * @property {number} shape
 * @property {string[]} frames  their titles
 * @property {(number | WrittenBox)[]} [boxes]  where every node is not a box by itself
 */
/** @typedef {[string, string, [number, number]]} Line  path, tip, where its number stands */
/** @typedef {[number, number, number, number]} Rectangle  left, top, width, height */
/** @typedef {"LR" | "TB"} Direction  from left to right, from top to bottom */
/**
 * Where everything stands.
 * @typedef {object} Places
 * @property {[number, number]} size
 * @property {Rectangle[]} boxes
 * @property {(Rectangle | [])[]} frames  nothing where one does not stand
 * @property {Line[]} lines  by arrow
 */
/** @typedef {{title: string, lines: [number, string][]}} Block  lines of a file, by their numbers */
/**
 * @typedef {object} Graph
 * @property {string} title
 * @property {Piece[]} heading  the title where it is a formula
 * @property {string} blame  why nothing can be computed here
 * @property {string} note
 * @property {Block[]} code  that made the nodes
 * @property {WrittenNode[]} nodes  inputs first, the root last
 * @property {WrittenView[]} views  what is seen at first, then each group opened
 * @property {Record<Direction, Places>[]} shapes
 * @property {[string, number][]} groups  names, each with the number of the group around it, or -1
 * @property {number[]} within  by node the innermost group, or -1
 * @property {Direction} direction  the one that was asked for
 * @property {WrittenQuestion[]} ask  the questions that were set, in their order
 * @property {number} line  the height of a line in a box
 * @property {number} pad  of a box
 * @property {Record<string, string>} style  for the style sheet: font sizes and colours
 */
/** Kind, node, and of a local derivative the position among the node's parents. @typedef {["grad" | "value" | "local", number, number?]} WrittenQuestion */
/**
 * The functions of a row of the table, for one number of operands.
 * @typedef {object} Row
 * @property {string} symbol
 * @property {string} needs
 * @property {(xs: number[], labels?: string[]) => number} f
 * @property {((xs: number[], z: number) => number)[]} d  by operand, where there is no `all`
 * @property {(xs: number[], z: number) => number[]} [all]  of an n-ary row
 */

/** An element of the page. @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A field or a slider of the page. @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ ($(id));

/** @type {Graph} */
const graph = JSON.parse(String($("data").textContent));
