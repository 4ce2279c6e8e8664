
// What the page says: where one stands, and the words and equations for it.

// ---- modes and where one stands in them ---------------------------------------------------------

const state = {
  mode: "steps",
  at: { steps: steps.length, paths: 0, predict: 0 }, // one position for each mode
  target: variables[0] ?? root, // whose paths are shown
  found: [], // these paths
  pointed: null, // the node under the mouse, or focused
  playing: null, // the timer
};
const lengths = {
  steps: () => steps.length,
  paths: () => state.found.length - 1,
  predict: () => questions.length - 1,
};
const NOUNS = { steps: "step", paths: "path", predict: "question" };
const position = () => state.at[state.mode];
const lastPosition = () => lengths[state.mode](); // the last position

/** The node that the step, the path or the question is about; null before the first step. */
function currentNode() {
  if (state.mode === "paths") return state.target;
  if (state.mode === "predict") return questions[position()] ?? root;
  return steps[position() - 1]?.node ?? null;
}

/** What may be seen: values up to a step, gradients up to a step or as far as they are guessed. */
function visible() {
  const all = { values: results.length, gradients: differentiable.length };
  if (state.mode !== "steps") return all;
  return { values: passed(position(), "Forward"), gradients: passed(position(), "Backward") };
}

// ---- words --------------------------------------------------------------------------------------
// An equation is a list of texts and of terms {big, small}: a number with its letters above it.

const BRIEF = 3; // characters; a longer name stands apart: "d loss/dw[0,1]"
const apart = (name) => (name.replace(/\[.*\]$/, "").length > BRIEF ? ` ${name}` : name);
const derivative = (top, bottom) => `d${apart(nodes[top].name)}/d${apart(nodes[bottom].name)}`;
const gradientName = (i) => derivative(root, i);
const localName = (edge) => derivative(edge.head, edge.tail);
const bare = (part) => (typeof part === "string" ? part : part.big);
const plain = (equation) => equation.map(bare).join("");
const inParentheses = (text) => (text.startsWith("-") ? `(${text})` : text);

const result = (x) => ({ big: shown(x), small: "", result: true });

/** The middle of a long list left out, null in its place. */
function abridged(list, most) {
  return list.length <= most ? list : [...list.slice(0, most - 2), null, ...list.slice(-1)];
}
const listing = (texts, most, between = ",   ") =>
  abridged(texts, most).map((text) => text ?? "…").join(between);

/** An operation with a word for each operand, negative numbers behind a sign in parentheses. */
function filled(i, word) {
  const { formula, parents } = nodes[i];
  return formula.map((piece, at) => {
    if (typeof piece === "string") return piece;
    const behindSign = /[^([, ]\s*$/.test(formula[at - 1] ?? "");
    const beforePower = (formula[at + 1] ?? "").startsWith(" **");
    const text = word(parents[piece]);
    const big = behindSign || beforePower ? inParentheses(text) : text;
    return isConstant(parents[piece]) ? big : { big, small: nodes[parents[piece]].name };
  });
}

/** a = w * x = -1.3 * 0.7 = -0.91, the letters above the numbers. */
function forwardEquation(i) {
  const numbers = filled(i, (p) => shown(values[p]));
  return [`${nodes[i].name} = `, ...numbers, " = ", result(values[i])];
}

/** a = w * x, in letters alone. */
function forwardLetters(i) {
  return `${nodes[i].name} = ${plain(filled(i, (p) => nodes[p].name))}`;
}

/** The terms of a gradient: for each edge out of a node, gradient times local derivative. */
function sumOfTerms(i) {
  if (i === root) return ["1"];
  return abridged(nodes[i].uses, 6).flatMap((edge, j) => {
    if (!edge) return [" + …"];
    const known = state.mode !== "predict" || isKnown(edge.head);
    const gradient = known ? shown(gradients[edge.head]) : "?";
    return [
      j ? " + " : "",
      {
        big: j ? inParentheses(gradient) : gradient,
        small: gradientName(edge.head),
        upstream: true,
      },
      " * ",
      { big: inParentheses(shown(local(edge))), small: localName(edge) },
    ];
  });
}

/** dL/da = 1 * (-3) + 0.5 * 2 = -2. */
function backwardEquation(i) {
  const head = `${gradientName(i)} = `;
  if (i === root) return [head, result(1)];
  return [head, ...sumOfTerms(i), " = ", result(gradients[i])];
}

/** What a node sends on: "sends on  to w: 0.5 * 2 = 1". */
function sendings(i) {
  const sent = edgesInto[i].map((edge) => {
    const factors = `${shown(gradients[i])} * ${inParentheses(shown(local(edge)))}`;
    return `to ${nodes[edge.tail].name}: ${factors} = ${shown(gradients[i] * local(edge))}`;
  });
  return sent.length ? `sends on  ${listing(sent, 5)}` : "";
}

/** A path's product, root first, the letters above the numbers. */
function pathEquation(path) {
  if (!path.length) return ["the empty product = ", result(1)];
  const factors = abridged(path, 8).flatMap((edge, j) => {
    if (!edge) return [" * …"];
    const number = shown(local(edge));
    return [j ? " * " : "", { big: j ? inParentheses(number) : number, small: localName(edge) }];
  });
  return [...factors, " = ", result(product(path))];
}

/** The running sum up to a path, and at the last one what it is. */
function runningSum(at) {
  const products = state.found.slice(0, at + 1).map(product);
  const sum = products.reduce((a, b) => a + b, 0);
  const numbers = products.map((x, j) => (j ? inParentheses(shown(x)) : shown(x)));
  const text = `${listing(numbers, 6, " + ")}${at ? ` = ${shown(sum)}` : ""}`;
  if (at < state.found.length - 1) return `sum so far  ${text}`;
  const gradient = `${gradientName(state.target)} = ${shown(gradients[state.target])}`;
  const all = pathCounts[state.target];
  if (BigInt(state.found.length) < all) {
    const first = `the first ${state.found.length} of ${countText(all)} paths`;
    return `sum of ${first}  ${text};   all together are ${gradient}`;
  }
  return `sum of all paths  ${text}  ✓ the gradient: ${gradient}`;
}

/** Caption, equation and second line for where one stands. */
function words() {
  return { steps: stepWords, paths: pathWords, predict: questionWords }[state.mode]();
}

function stepWords() {
  const step = steps[position() - 1];
  if (!step) {
    const given = variables.map((i) => `${nodes[i].name} = ${shown(values[i])}`);
    return {
      caption: "Before the first step: the variables are given",
      equation: [listing(given, 8, ",  ") || "no variables"],
      more: "→ computes one node at a time, up to the root; then the gradients come back",
    };
  }
  const { pass, node } = step;
  return pass === "Forward" ? forwardWords(node) : backwardWords(node);
}

function forwardWords(i) {
  const { name } = nodes[i];
  const caption = `Forward ${valueRank.get(i) + 1} of ${results.length}: the value of ${name}`;
  if (values[i] === undefined) return { caption, equation: [`${name} has no value`], more: "" };
  const texts = edgesInto[i].map(localText);
  const more = texts.length ? `records  ${listing(texts, 5)}` : "";
  return { caption, equation: forwardEquation(i), more };
}

function backwardWords(i) {
  const { name } = nodes[i];
  const number = gradientRank.get(i) + 1;
  const caption = `Backward ${number} of ${differentiable.length}: the gradient of ${name}`;
  if (gradients[i] === undefined) {
    return { caption, equation: [`${gradientName(i)} has no value`], more: "" };
  }
  const seed = i === root ? `the seed: ${name} moves as much as itself` : "";
  const end = isResult(i) ? "" : `${name} is a variable: its gradient is complete`;
  const more = [seed, end, sendings(i)].filter(Boolean).join(";   ");
  return { caption, equation: backwardEquation(i), more };
}

/** A local derivative: its name, its rule in letters where there is a short one, its number. */
function localText(edge) {
  const slope = nodes[edge.head].slopes?.[edge.k];
  return `${localName(edge)} = ${slope ? `${slope} = ` : ""}${shown(local(edge))}`;
}

const trail = (path) => [nodes[root].name, ...path.map((edge) => nodes[edge.tail].name)];

function pathWords() {
  const path = state.found[position()];
  const ends = `from ${nodes[root].name} to ${nodes[state.target].name}`;
  if (!path || values[root] === undefined) {
    return { caption: `Paths ${ends}`, equation: ["no numbers here"], more: "" };
  }
  const number = `${position() + 1} of ${countText(pathCounts[state.target])}`;
  return {
    caption: `Path ${number} ${ends}:  ${listing(trail(path), 9, " ← ")}`,
    equation: pathEquation(path),
    more: runningSum(position()),
  };
}

function questionWords() {
  if (!questions.length) {
    return { caption: "Nothing to ask: the root is alone", equation: [], more: "" };
  }
  const i = currentNode();
  const number = `Question ${position() + 1} of ${questions.length}`;
  const asked = `${number}: what is ${gradientName(i)}?`;
  if (gradients[i] === undefined) return { caption: asked, equation: ["no value here"], more: "" };
  if (isKnown(i)) {
    const caption = questions.every(isKnown) ? tally() : asked;
    return { caption, equation: backwardEquation(i), more: "" };
  }
  return {
    caption: `${asked}  Right is what lies within ${TOLERANCE * 100} %; 0 is 0.`,
    equation: [],
    more: "each arrow that leaves it gives: the gradient there * the local derivative; add them up",
  };
}

function tally() {
  const all = questions.map((i) => answers.get(i));
  const count = (test) => all.filter(test).length;
  const first = count((a) => a.verdict === "right" && a.tries === 1);
  const later = count((a) => a.verdict === "right" && a.tries > 1);
  const open = count((a) => a.verdict === "revealed");
  return `All ${all.length} gradients: ${first} right at once, ${later} later, ${open} revealed`;
}
