
// ---- questions: what is this gradient, this value, this local derivative? -----------------------

/** @typedef {"grad" | "value" | "local"} Kind */
/**
 * What is asked, and of which node; a local derivative stands on an edge into it.
 * @typedef {{kind: Kind, node: number, edge?: Edge}} Question
 */
/** @typedef {"right" | "revealed" | "not yet"} Verdict */
/** @typedef {{verdict: Verdict, tries: number, hint?: string, typed?: number}} Answer */

const TOLERANCE = 0.02;
const SLACK = 1 + 1e-9; // so that rounding never decides

/** Everything that can be asked, in the order in which it is computed. @type {Record<Kind, Question[]>} */
const every = {
  value: results.map((node) => ({ kind: "value", node })),
  local: results.flatMap((node) => edgesInto[node].map((edge) => aboutEdge(edge))),
  grad: differentiable.filter((i) => i !== root).map((node) => ({ kind: "grad", node })),
};
const KINDS = /** @type {Kind[]} */ (Object.keys(every));
const PLURALS = { value: "values", local: "local derivatives", grad: "gradients" };

/** @param {Edge} edge @returns {Question} */
function aboutEdge(edge) {
  return { kind: "local", node: edge.head, edge };
}

/** A question as it was set in Python. @param {WrittenQuestion} written @returns {Question} */
function posed([kind, node, k]) {
  return kind === "local" ? aboutEdge(edgesInto[node].filter((e) => e.k === k)[0]) : { kind, node };
}

let asked = ["grad"]; // the kinds
let questions = graph.ask.length ? graph.ask.map(posed) : drawnQuestions();
/** @type {Map<Question, Answer>} */
const answers = new Map();
let hidden = answersToHide();

/** Ask for all of some kinds that is drawn. @param {string[]} kinds */
function askFor(kinds) {
  asked = kinds;
  questions = drawnQuestions();
  state.at.predict = 0;
  hidden = answersToHide();
}

/** What is asked where nobody has set questions. */
function drawnQuestions() {
  return KINDS.filter((kind) => asked.includes(kind)).flatMap((kind) => every[kind])
    .filter(followsFromDrawn);
}

/** Whether all that an answer is found from is drawn. @param {Question} question */
function followsFromDrawn({ kind, node, edge }) {
  if (edge) return isDrawn(edge.head) && isDrawn(edge.tail);
  if (kind === "grad") return boxOf(node).node === node && isAskable(boxOf(node));
  return isDrawn(node) && edgesInto[node].every(({ tail }) => boxOf(tail).outputs.length === 1);
}

/** Ask about another view, from the question on that was asked, where it is drawn there too. */
function askAgain() {
  if (graph.ask.length) return;
  const before = questions[state.at.predict];
  askFor(asked);
  state.at.predict = Math.max(0, questions.indexOf(before));
}

/** The number that is asked for. @param {Question} question */
function truth({ kind, node, edge }) {
  if (edge) return local(edge);
  return kind === "value" ? values[node] : gradients[node];
}

/** Whether somebody still has to find it. @param {Question} question */
function isOpen(question) {
  return !["right", "revealed"].includes(answers.get(question)?.verdict ?? "");
}
const allAnswered = () => !questions.some(isOpen);

// ---- what an open question hides -----------------------------------------------------------------

/**
 * What would give an answer away: a value with all that is computed from it, a local derivative,
 * and every gradient that was not found yet.
 */
function answersToHide() {
  const open = questions.filter(isOpen);
  const unknown = new Set(open.filter(({ kind }) => kind === "value").map(({ node }) => node));
  /** @type {boolean[]} */
  const values = [];
  for (const i of indices) values[i] = unknown.has(i) || nodes[i].parents.some((p) => values[p]);
  const found = questions.filter((question) => question.kind === "grad" && !isOpen(question));
  return {
    values,
    locals: new Set(open.map(({ edge }) => edge)),
    gradients: open.length > 0,
    found: new Set(found.map(({ node }) => node)),
  };
}

/** @param {number} i */
const hidesValue = (i) => state.mode === "predict" && hidden.values[i];
/** @param {Edge} edge */
const isAsked = (edge) => state.mode === "predict" && hidden.locals.has(edge);
/** A rule may need the value of the result. @param {Edge} edge */
const hidesLocal = (edge) => isAsked(edge) || hidesValue(edge.head);
/** @param {number} i */
const hidesGradient = (i) =>
  state.mode === "predict" && hidden.gradients && i !== root && !hidden.found.has(i);

/** @param {number} i */
const valueText = (i) => (hidesValue(i) ? "?" : shown(values[i]));
/** @param {Edge} edge */
const localNumber = (edge) => (hidesLocal(edge) ? "?" : shown(local(edge)));
/** @param {number} i */
const gradientNumber = (i) => (hidesGradient(i) ? "?" : shown(gradients[i]));

/**
 * What became of the question about a node or an edge, where there is one.
 * @param {Kind} kind @param {number} node @param {Edge} [edge]
 */
function verdictOn(kind, node, edge) {
  if (state.mode !== "predict") return undefined;
  const about = [...answers].find(([q]) => q.kind === kind && q.node === node && q.edge === edge);
  return about?.[1].verdict;
}

// ---- answers, hints, the score -------------------------------------------------------------------

/**
 * Whether a typed number is the right one: within 2 %, and 0 is 0.
 * @param {number} typed @param {number} right
 */
function near(typed, right) {
  if (!Number.isFinite(right)) return Object.is(typed, right);
  return Math.abs(typed - right) <= TOLERANCE * SLACK * Math.abs(right);
}

/** @param {number[]} xs */
const added = (xs) => xs.reduce((a, b) => a + b, 0);

/** What a wrong number may be, each with words for it. @typedef {[number, string][]} Slips */

/** What may have gone wrong, where one can tell. @param {Question} question @param {number} typed */
function hint(question, typed) {
  if (near(-typed, truth(question))) return "the size is right, the sign is not";
  const { kind, node, edge } = question;
  const slips = edge ? localSlips(edge) : kind === "value" ? valueSlips(node) : gradientSlips(node);
  return slips.find(([number]) => near(typed, number))?.[1] ?? "";
}

/** @param {number} i @returns {Slips} */
function gradientSlips(i) {
  const { out } = boxOf(i);
  const terms = out.map((arrow) => gradientOf(arrow.head) * slope(arrow));
  const others = out.flatMap(({ head }) => head.into.filter((arrow) => arrow.tail !== boxOf(i))
    .map((arrow) => gradientOf(head) * slope(arrow)));
  const along = pathCounts[i] > out.length ? firstPaths(i).map(product) : [];
  const [locals, upstream] = out.length > 1
    ? ["these are the local derivatives, added: multiply each by the gradient at its arrow's head",
      "these are the gradients at the arrows' heads, added: multiply each by its local derivative"]
    : ["that is the local derivative: multiply it by the gradient at the arrow's head",
      "that is the gradient at the arrow's head: multiply it by the local derivative"];
  return [
    ...slipsOf(terms.length > 1 ? terms : [], `that is one of ${terms.length} terms: add them all`),
    [added(out.map(slope)), locals],
    [added(out.map(({ head }) => gradientOf(head))), upstream],
    ...slipsOf(along, `that is one of ${countText(pathCounts[i])} paths: add them all`),
    [values[i], "that is the value: asked is how much the root moves with it"],
    ...slipsOf(others, "that goes to another operand: take the local derivative on the arrow from here"),
  ];
}

/** @param {number} i @returns {Slips} */
function valueSlips(i) {
  const { parents, sign = "" } = nodes[i];
  const operands = parents.filter((p) => !isConstant(p));
  const before = operands.length === 1 && /^\w+$/.test(sign)
    ? `that is the value before ${sign}: apply it`
    : "that is the value of an operand: work out the operation";
  return [
    ...slipsOf(operands.map((p) => values[p]), before),
    [gradients[i], "that is the gradient: asked is the value, forwards"],
    ...slipsOf(edgesInto[i].map(local), "that is a local derivative: asked is the value"),
  ];
}

/** @param {Edge} edge @returns {Slips} */
function localSlips(edge) {
  const { head, tail } = edge;
  const around = edgesInto[head].filter((e) => e !== edge);
  const twins = around.filter((e) => e.tail === tail);
  const together = twins.length ? [added([edge, ...twins].map(local))] : [];
  return [
    ...slipsOf(together, "that is all arrows between the two, added: asked is one of them"),
    ...slipsOf(around.map(local), "that is the local derivative on the arrow from another operand"),
    [gradients[tail], "that is the gradient, which counts all up to the root: asked is this arrow alone"],
    [gradients[head], "that is the gradient at the arrow's head: it has no part in a local derivative"],
    [values[head], "that is the value of the result: asked is how fast it moves"],
    [values[tail], "that is the value of the operand: asked is how fast the result moves with it"],
  ];
}

/** The same words for several numbers. @param {number[]} xs @param {string} words @returns {Slips} */
function slipsOf(xs, words) {
  return xs.map((x) => [x, words]);
}

/** Somebody's answer to a question. @param {Question} question @param {number} typed */
function answer(question, typed) {
  const right = near(typed, truth(question));
  answers.set(question, {
    verdict: right ? "right" : "not yet",
    tries: (answers.get(question)?.tries ?? 0) + 1,
    hint: right ? "" : hint(question, typed),
    typed,
  });
  hidden = answersToHide();
}

/** Somebody asks to be told. @param {Question} question */
function reveal(question) {
  answers.set(question, { tries: 0, ...answers.get(question), verdict: "revealed" });
  hidden = answersToHide();
}

/** The numbers are others: old answers are no answers. */
function forgetAnswers() {
  answers.clear();
  hidden = answersToHide();
}

/** How many answers were right at once, later, and revealed. @param {Question[]} asked */
function counts(asked) {
  const all = asked.map((question) => answers.get(question));
  return {
    first: all.filter((a) => a?.verdict === "right" && a.tries === 1).length,
    later: all.filter((a) => a?.verdict === "right" && a.tries > 1).length,
    open: all.filter((a) => a?.verdict === "revealed").length,
  };
}

/** All answers in numbers. */
function tally() {
  const { first, later, open } = counts(questions);
  return `All answered: ${first} right at once, ${later} later, ${open} revealed`;
}

/** A line for whoever asked, once all is answered; empty before. */
function scoreLine() {
  if (!questions.length || !allAnswered()) return "";
  const { first, later, open } = counts(questions);
  const kinds = KINDS.map((kind) => /** @type {const} */ ([kind, questions.filter((q) => q.kind === kind)]))
    .filter(([, asked]) => asked.length);
  const each = kinds.map(([kind, asked]) => {
    const right = counts(asked);
    return `${PLURALS[kind]} ${right.first + right.later} of ${asked.length}`;
  });
  return `${graph.title}: ${first + later} of ${questions.length} right, ${first} of them at once, `
    + `${open} revealed${each.length > 1 ? ` (${each.join(", ")})` : ""}`;
}
