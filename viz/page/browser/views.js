
// ---- views: what is drawn of the graph, groups of it folded ---------------------------------------
// A view hides every node in some box.  The arithmetic stays that of the nodes; what a box shows is
// summed from them, as `viz.folding` does it.

/** Forward, one result at a time; then backward, one node at a time. @typedef {{pass: "Forward" | "Backward", node: number}} Step */
/**
 * A box of a view: a node by itself, or what hides others.
 * @typedef {object} Box
 * @property {number} at  its place among the boxes
 * @property {number} node  the last that it hides, by which it is known
 * @property {number[]} hides  inputs first
 * @property {WrittenBox | null} folded  what is written in it, where it hides others
 * @property {boolean} isGroup  rather than a node, with variables that it took in
 * @property {number[]} outputs  those of its nodes that something outside is made from, and the root
 * @property {number} valueRank  its place among the steps forward, Infinity without a result
 * @property {number} gradientRank  and backward
 * @property {Arrow[]} into
 * @property {Arrow[]} out  in the order of the backward pass
 */
/**
 * An arrow of a view, for all the edges that it stands for.
 * @typedef {{tail: Box, head: Box, edges: Edge[]}} Arrow
 */
/**
 * A view: boxes inputs first, and the steps through them.
 * @typedef {object} View
 * @property {WrittenView} written
 * @property {Box[]} boxes
 * @property {Box[]} boxOf  by node; of constants there is none
 * @property {Arrow[]} arrows  by results, in the order in which they are placed
 * @property {Step[]} steps
 * @property {Map<Edge, Arrow>} arrowOf
 */

/** The members of each group, inputs first. */
const members = graph.groups.map(() => /** @type {number[]} */ ([]));
for (const [i, innermost] of graph.within.entries()) {
  for (let g = innermost; g >= 0; g = graph.groups[g][1]) members[g].push(i);
}

/**
 * A box as it is written, with all that it has.
 * @param {number | WrittenBox} written @param {number} at @returns {Box}
 */
function boxFrom(written, at) {
  const folded = typeof written === "number" ? null : written;
  const hides = typeof written === "number" ? [written]
    : written.hides.flatMap((k) => (k < 0 ? members[-1 - k] : [k])).sort((a, b) => a - b);
  return {
    at, node: hides[hides.length - 1], hides, folded, isGroup: folded?.group !== undefined, outputs: [],
    valueRank: Infinity, gradientRank: Infinity, into: [], out: [],
  };
}

/** A view as it is written, with all that it has. @param {WrittenView} written @returns {View} */
function viewFrom(written) {
  const whole = indices.filter((i) => i === root || !isConstant(i));
  const boxes = (written.boxes ?? whole).map(boxFrom);
  /** @type {Box[]} */
  const boxOf = [];
  for (const box of boxes) for (const i of box.hides) boxOf[i] = box;
  const arrows = boxes.flatMap((head) => arrowsInto(head, boxOf));
  for (const arrow of arrows) arrow.head.into.push(arrow);
  for (const arrow of [...arrows].sort((a, b) => b.head.at - a.head.at)) arrow.tail.out.push(arrow);
  for (const box of boxes) {
    box.outputs = box.hides.filter((i) =>
      i === root || nodes[i].uses.some((edge) => boxOf[edge.head] !== box));
  }
  const forwards = boxes.filter((box) => box.hides.some(isResult));
  const backwards = boxes.filter((box) => !box.hides.every(isConstant)).reverse();
  for (const [at, box] of forwards.entries()) box.valueRank = at;
  for (const [at, box] of backwards.entries()) box.gradientRank = at;
  const arrowOf = new Map(arrows.flatMap((arrow) => arrow.edges.map((edge) => [edge, arrow])));
  const steps = [
    ...forwards.map(({ node }) => /** @type {Step} */ ({ pass: "Forward", node })),
    ...backwards.map(({ node }) => /** @type {Step} */ ({ pass: "Backward", node })),
  ];
  return { written, boxes, boxOf, arrows, steps, arrowOf };
}

/** Edges to groups are one arrow, those between nodes as many. @param {Box} head @param {Box[]} boxOf */
function arrowsInto(head, boxOf) {
  /** @type {Map<Box | Edge, Arrow>} */
  const found = new Map();
  for (const edge of head.hides.flatMap((i) => edgesInto[i])) {
    const tail = boxOf[edge.tail];
    if (tail === head) continue;
    const key = head.isGroup || tail.isGroup ? tail : edge;
    const arrow = found.get(key) ?? { tail, head, edges: [] };
    arrow.edges.push(edge);
    found.set(key, arrow);
  }
  return [...found.values()];
}

/** @type {View[]} */
const seenViews = []; // those that were entered

/** @param {number} k */
const viewAt = (k) => (seenViews[k] ??= viewFrom(graph.views[k]));

let view = viewAt(0);
let steps = view.steps;

/** How many steps of a pass lie before a position. @param {number} position @param {string} pass */
const passed = (position, pass) => steps.slice(0, position).filter((s) => s.pass === pass).length;

/** The box that a node stands in. @param {number} i */
const boxOf = (i) => view.boxOf[i];

/** Whether a node is a box by itself, perhaps with variables that it took in. @param {number} i */
const isDrawn = (i) => boxOf(i)?.node === i && !boxOf(i).isGroup;

/** Whether there is more to see than what is drawn. */
const isFolded = () => view.boxes.some((box) => box.folded !== null);

/**
 * Draw another view; where one stands in the steps is kept, and a box that was opened at its own
 * step is entered at the first of the steps inside.
 * @param {number} k
 */
function enter(k) {
  const before = view;
  const step = steps[state.at.steps - 1];
  view = viewAt(k);
  steps = view.steps;
  state.at.steps = step ? samePlace(step, before.boxOf[step.node].hides) : 0;
}

/** The first step of a pass that is about some of these nodes. @param {Step} step @param {number[]} hides */
function samePlace({ pass }, hides) {
  const boxes = new Set(hides.map(boxOf));
  return 1 + steps.findIndex((step) => step.pass === pass && boxes.has(boxOf(step.node)));
}

// ---- sums of what a box hides --------------------------------------------------------------------

const ROUNDING = 2 ** -50; // of the terms of a sum

/** A sum; 0 where rounding is all that is left of terms that cancel. @param {number[]} terms */
function sumOf(terms) {
  const sum = terms.reduce((a, b) => a + b, 0);
  const size = terms.reduce((a, b) => a + Math.abs(b), 0);
  return Number.isFinite(sum) && Math.abs(sum) <= ROUNDING * size ? 0 : sum;
}

/** What flows on an edge: gradient times local derivative. @param {Edge} edge */
const flowOn = (edge) => gradients[edge.head] * local(edge);

/** What flows on an arrow. @param {Arrow} arrow */
const flow = (arrow) => sumOf(arrow.edges.map(flowOn));

/**
 * What has arrived in a box after so many steps backward; of a group the sum over all it gives.
 * @param {Box} box
 */
function arrived(box, count = Infinity) {
  const own = box.isGroup ? new Set(box.outputs) : new Set([box.node]);
  const edges = [...own].flatMap((i) => nodes[i].uses)
    .filter(({ head }) => boxOf(head) !== box && boxOf(head).gradientRank < count);
  const seed = own.has(root) ? [1] : [];
  const terms = [...seed, ...edges.map(flowOn)];
  return { of: edges.length, sum: box.isGroup ? sumOf(terms) : terms.reduce((a, b) => a + b, 0) };
}

/** The gradient of a box. @param {Box} box */
function gradientOf(box) {
  if (!box.isGroup) return gradients[box.node];
  return values[root] === undefined ? NONE : arrived(box).sum;
}

/**
 * The derivative of what comes out of a box by what goes in on an arrow; NaN where either is more
 * than one node. @param {Arrow} arrow
 */
function slope({ tail, head, edges }) {
  if (!head.isGroup && !tail.isGroup && edges.length === 1) return local(edges[0]);
  if (head.outputs.length !== 1 || new Set(edges.map((edge) => edge.tail)).size !== 1) return NaN;
  const inside = slopesInside(head);
  return edges.reduce((sum, edge) => sum + (inside.get(edge.head) ?? 0) * local(edge), 0);
}

/** The derivative of what comes out of a box by each node that it hides. @param {Box} box */
function slopesInside(box) {
  const found = new Map([[box.outputs[0], 1]]);
  for (const i of [...box.hides].reverse()) {
    for (const edge of edgesInto[i]) {
      if (boxOf(edge.tail) !== box) continue;
      found.set(edge.tail, (found.get(edge.tail) ?? 0) + (found.get(i) ?? 0) * local(edge));
    }
  }
  return found;
}

/** Whether an arrow has a local derivative: from one node to one node. @param {Arrow} arrow */
function hasSlope({ tail, head, edges }) {
  if (!head.isGroup && !tail.isGroup) return true;
  return head.outputs.length === 1 && new Set(edges.map((edge) => edge.tail)).size === 1;
}

/** Whether the gradient of a box follows from what is drawn. @param {Box} box */
const isAskable = (box) =>
  (!box.isGroup || box.outputs.length === 1) && box.out.length > 0 && box.out.every(hasSlope)
  && box.out.every(({ head }) => !head.isGroup || head.outputs.length === 1);
