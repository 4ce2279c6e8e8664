
// ---- the graph ----------------------------------------------------------------------------------
// What the page computes: forward and backward, steps, paths.  `arithmetic` holds the
// rules of the table, printed from them: no rule of calculus is written here.

/** @typedef {ReturnType<typeof completed>} GraphNode */

/** JSON has no word for inf and nan. @param {number | string} x */
const parsed = (x) => (typeof x === "string" ? Number(read(x)) : x);

/** A node with all that it has. @param {WrittenNode} node @param {number} i */
function completed(node, i) {
  const value = parsed(node.value);
  return {
    ...node,
    value,
    name: node.name ?? (node.kind === "constant" ? shown(value) : `#${i}`),
    parents: node.parents ?? [],
    locals: (node.locals ?? []).map(parsed),
    formula: node.formula ?? [],
    slopes: node.slopes ?? [],
    rule: node.rule ?? "",
    uses: /** @type {Edge[]} */ ([]), // the edges to results, in the order of the backward pass
  };
}

const nodes = graph.nodes.map(completed); // inputs first, the root last
const root = nodes.length - 1;
/** @param {number} i */
const isConstant = (i) => nodes[i].kind === "constant";
/** @param {number} i */
const isResult = (i) => nodes[i].kind === "result";
const indices = [...nodes.keys()];
const results = indices.filter(isResult);
const variables = indices.filter((i) => nodes[i].kind === "variable");
const differentiable = indices.filter((i) => !isConstant(i)).reverse(); // root first
const edgesInto = nodes.map(({ parents }, head) => // by position among the parents
  parents.flatMap((tail, k) => (isConstant(tail) ? [] : [{ tail, head, k }])));
for (const i of differentiable) for (const edge of edgesInto[i]) nodes[edge.tail].uses.push(edge);
const computes = graph.blame === "" && variables.length > 0;

// ---- forward and backward -----------------------------------------------------------------------

const NONE = /** @type {number} */ (/** @type {unknown} */ (undefined)); // where there is no value

let values = nodes.map((node) => node.value);
let locals = nodes.map((node) => node.locals); // local derivatives, aligned with parents
let gradients = backward();
/** @type {{node: number, message: string} | null} */
let failure = null; // where a rule has no value

/** Every result and its local derivatives from the variables, by the rules of the table. */
function forward() {
  failure = null;
  for (const i of results) {
    const { parents, rule } = nodes[i];
    const xs = parents.map((p) => values[p]);
    values[i] = NONE;
    locals[i] = [];
    if (xs.includes(NONE)) continue;
    try {
      const row = arithmetic[rule];
      const z = row.f(xs, parents.map((p) => (isConstant(p) ? "" : nodes[p].name)));
      const all = row.all?.(xs, z);
      locals[i] = parents.map((p, k) => (isConstant(p) ? 0 : all ? all[k] : row.d[k](xs, z)));
      values[i] = z;
    } catch (error) {
      failure ??= { node: i, message: /** @type {Error} */ (error).message };
    }
  }
}

/** Gradients for a seed of 1. */
function backward() {
  const sums = nodes.map((_, i) => (isConstant(i) ? NONE : 0));
  if (values[root] === undefined) return sums.fill(NONE);
  sums[root] = 1;
  for (const i of differentiable) {
    for (const [k, p] of nodes[i].parents.entries()) {
      if (!isConstant(p)) sums[p] += sums[i] * locals[i][k];
    }
  }
  return sums;
}

/** Told of what moves here, where Python listens. @type {(changes: [number, number][]) => void} */
let told = () => {};

/**
 * Give variables new values and compute all again; old answers are no answers then.
 * @param {[number, number][]} changes
 */
function set(changes) {
  place(changes);
  told(changes);
}

/**
 * The same without telling; local derivatives are given where no rule can be run.
 * @param {[number, number][]} changes @param {[number, number[]][]} slopes
 */
function place(changes, slopes = []) {
  for (const [i, x] of changes) values[i] = x;
  for (const [i, ds] of slopes) locals[i] = ds;
  if (!graph.blame) forward();
  gradients = backward();
  forgetAnswers();
}

// ---- paths: a product each, and their sum -------------------------------------------------------

/** @typedef {Edge[]} Path  root first */

const MOST_PATHS = 200;

/** How many paths lead from the root to each node, exactly. */
function countPaths() {
  const counts = nodes.map(() => 0n);
  counts[root] = 1n;
  for (const i of differentiable) for (const p of nodes[i].parents) counts[p] += counts[i];
  return counts;
}
const pathCounts = countPaths();

/**
 * Every path from the root to a node, first argument first.
 * @param {number} target @returns {Generator<Path>}
 */
function* paths(target) {
  /** @type {boolean[]} */
  const leads = [];
  for (const i of indices) leads[i] = i === target || nodes[i].parents.some((p) => leads[p]);
  const ahead = (/** @type {number} */ i) =>
    (i === target ? [] : edgesInto[i].filter((e) => leads[e.tail]));
  if (root === target) yield [];
  /** @type {Path} */
  const taken = [];
  const open = [ahead(root)];
  while (open.length) {
    const edge = open[open.length - 1].shift();
    if (!edge) {
      open.pop();
      taken.pop();
    } else if (edge.tail === target) {
      yield [...taken, edge];
    } else {
      taken.push(edge);
      open.push(ahead(edge.tail));
    }
  }
}

/** The local derivative on an edge. @param {Edge} edge */
const local = (edge) => locals[edge.head][edge.k];

/** The derivative along a path. @param {Path} path */
const product = (path) => path.reduce((d, edge) => d * local(edge), 1);

/** As many paths to a node as anybody looks at. @param {number} target */
function firstPaths(target) {
  const found = [];
  for (const path of paths(target)) {
    found.push(path);
    if (found.length === MOST_PATHS) break;
  }
  return found;
}
