"use strict";
// What the page computes: numbers, the graph, forward and backward, steps, paths, questions.
// `arithmetic` holds the rules of the table, printed from them: no rule of calculus is written
// here.  words.js says it, page.js shows it; the three are one script, in this order.

const $ = (id) => document.getElementById(id);

// ---- numbers ------------------------------------------------------------------------------------

/** A number with four significant digits, as Python's f"{x:.4g}" writes it. */
function shown(x) {
  if (x === undefined) return "–";
  if (Number.isNaN(x)) return "nan";
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  if (x === 0 || !Number.isFinite(x)) return sign + (x === 0 ? "0" : "inf");
  const [digits, exponent] = rounded(Math.abs(x));
  if (exponent >= 4 || exponent < -4) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${point(digits, 1)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return sign + point("0".repeat(-exponent) + digits, 1);
  return sign + point(digits, exponent + 1);
}

/** Four digits and the power of ten of the first; a tie goes to the even digit, as in Python. */
function rounded(x) {
  const [mantissa, exponent] = x.toExponential(3).split("e");
  let digits = mantissa.replace(".", "");
  const tie = /^\d\.\d{3}50*e/.test(x.toExponential(100));
  if (tie && digits % 2 === 1) digits = String(digits - 1); // the browser rounded up
  return [digits, Number(exponent)];
}

/** Digits with a point after some of them, and no zeros at the end. */
function point(digits, after) {
  return `${digits.slice(0, after)}.${digits.slice(after)}`.replace(/\.?0*$/, "");
}

/** What somebody typed, as a number; undefined where it is none. */
function read(text) {
  const plain = String(text).trim().replace("−", "-").replace(",", ".").toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain)) return Number(plain);
  return { nan: NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity }[plain];
}

/** A bound for a slider: 1, 2 or 5 times a power of ten, at least x. */
function roundUp(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= x);
}

/** How many, with commas; a number of paths may be longer than anyone reads. */
function countText(n) {
  const bits = n.toString(2).length;
  return bits > 60 ? `about 2**${bits - 1}` : n.toLocaleString("en");
}

// ---- the graph ----------------------------------------------------------------------------------

const graph = JSON.parse($("data").textContent);
const nodes = graph.nodes; // inputs first, the root last
const parsed = (x) => (typeof x === "string" ? read(x) : x); // JSON has no word for inf and nan
const root = nodes.length - 1;
for (const [i, node] of nodes.entries()) {
  node.parents ??= [];
  node.value = parsed(node.value);
  node.locals = (node.locals ?? []).map(parsed);
  node.uses = []; // the edges to the results that it goes into, in the order of the backward pass
  node.name ??= node.kind === "constant" ? shown(node.value) : `#${i}`;
}
const isConstant = (i) => nodes[i].kind === "constant";
const isResult = (i) => nodes[i].kind === "result";
for (const edge of [...graph.edges].sort((a, b) => b.head - a.head || a.k - b.k)) {
  nodes[edge.tail].uses.push(edge);
}
const indices = [...nodes.keys()];
const results = indices.filter(isResult);
const variables = indices.filter((i) => nodes[i].kind === "variable");
const differentiable = indices.filter((i) => !isConstant(i)).reverse(); // root first
const rank = (list) => new Map(list.map((i, at) => [i, at]));
const [valueRank, gradientRank] = [rank(results), rank(differentiable)];
const edgesInto = nodes.map(() => []); // by position among the parents
for (const edge of graph.edges) edgesInto[edge.head].push(edge);
const computes = graph.blame === "" && variables.length > 0;

// ---- forward and backward -----------------------------------------------------------------------

let values = nodes.map((node) => node.value);
let locals = nodes.map((node) => node.locals); // local derivatives, aligned with parents
let gradients = backward();
let failure = null; // {node, message} where a rule has no value

/** Every result and its local derivatives from the variables, by the rules of the table. */
function forward() {
  failure = null;
  for (const i of results) {
    const { parents, rule } = nodes[i];
    const xs = parents.map((p) => values[p]);
    values[i] = undefined;
    locals[i] = [];
    if (xs.includes(undefined)) continue;
    try {
      const row = arithmetic[rule];
      const z = row.f(xs, parents.map((p) => (isConstant(p) ? "" : nodes[p].name)));
      const all = row.all?.(xs, z);
      locals[i] = parents.map((p, k) => (isConstant(p) ? 0 : all ? all[k] : row.d[k](xs, z)));
      values[i] = z;
    } catch (error) {
      failure ??= { node: i, message: error.message };
    }
  }
}

/** Gradients for a seed of 1 after the first `count` nodes, root first, have sent theirs on. */
function backward(count = differentiable.length) {
  const sums = nodes.map((_, i) => (isConstant(i) ? undefined : 0));
  if (values[root] === undefined) return sums.fill(undefined);
  sums[root] = 1;
  for (const i of differentiable.slice(0, count)) {
    for (const [k, p] of nodes[i].parents.entries()) {
      if (!isConstant(p)) sums[p] += sums[i] * locals[i][k];
    }
  }
  return sums;
}

/** Give variables new values and compute all again; old answers are no answers then. */
function set(changes) {
  for (const [i, x] of changes) values[i] = x;
  forward();
  gradients = backward();
  answers.clear();
}

// ---- steps: forward, one result at a time; then backward, one node at a time --------------------

const steps = [
  ...results.map((node) => ({ pass: "Forward", node })),
  ...differentiable.map((node) => ({ pass: "Backward", node })),
];
const passed = (position, pass) => steps.slice(0, position).filter((s) => s.pass === pass).length;

// ---- paths: a product each, and their sum -------------------------------------------------------

const MOST_PATHS = 200;

/** How many paths lead from the root to each node, exactly. */
function countPaths() {
  const counts = nodes.map(() => 0n);
  counts[root] = 1n;
  for (const i of differentiable) for (const p of nodes[i].parents) counts[p] += counts[i];
  return counts;
}
const pathCounts = countPaths();

/** Every path from the root to a node as a list of edges, first argument first. */
function* paths(target) {
  const leads = [];
  for (const i of indices) leads[i] = i === target || nodes[i].parents.some((p) => leads[p]);
  const ahead = (i) => (i === target ? [] : edgesInto[i].filter((e) => leads[e.tail]));
  if (root === target) yield [];
  const taken = [];
  const open = [ahead(root)];
  while (open.length) {
    const edge = open.at(-1).shift();
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

const local = (edge) => locals[edge.head][edge.k];
const product = (path) => path.reduce((d, edge) => d * local(edge), 1);

function firstPaths(target) {
  const found = [];
  for (const path of paths(target)) {
    found.push(path);
    if (found.length === MOST_PATHS) break;
  }
  return found;
}

// ---- questions: what is this gradient? ----------------------------------------------------------

const TOLERANCE = 0.02;
const SLACK = 1 + 1e-9; // so that rounding never decides
const questions = differentiable.filter((i) => i !== root);
const answers = new Map(); // node -> {verdict: "right", "revealed" or "not yet", tries, hint}

/** Whether a typed number is a gradient: within 2 %, and 0 is 0. */
function near(typed, gradient) {
  if (!Number.isFinite(gradient)) return Object.is(typed, gradient);
  return Math.abs(typed - gradient) <= TOLERANCE * SLACK * Math.abs(gradient);
}

/** What may have gone wrong, where one can tell. */
function hint(i, typed) {
  const terms = nodes[i].uses.map((edge) => gradients[edge.head] * local(edge));
  if (near(-typed, gradients[i])) return "the size is right, the sign is not";
  if (terms.length > 1 && terms.some((term) => near(typed, term))) {
    return `that is one of ${terms.length} terms: add them all`;
  }
  if (terms.length === 1 && near(typed, local(nodes[i].uses[0]))) {
    return "that is the local derivative: multiply it by the gradient at the arrow's head";
  }
  return "";
}

function answer(i, typed) {
  const before = answers.get(i) ?? { tries: 0 };
  const right = near(typed, gradients[i]);
  answers.set(i, {
    verdict: right ? "right" : "not yet",
    tries: before.tries + 1,
    hint: right ? "" : hint(i, typed),
    typed,
  });
}

const isKnown = (i) => i === root || ["right", "revealed"].includes(answers.get(i)?.verdict);
