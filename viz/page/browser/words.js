
// ---- words --------------------------------------------------------------------------------------
// What the page says where one stands: captions and equations.

/**
 * A number with its letters above it.
 * @typedef {{big: string, small: string, result?: boolean, upstream?: boolean}} Term
 */
/** @typedef {string | Term} Part  of an equation */
/** @typedef {{caption: string, equation: Part[], more: string}} Words */

const BRIEF = 3; // characters; a longer name stands apart: "d loss/dw[0,1]"
/** @param {string} name */
const apart = (name) => (name.replace(/\[.*\]$/, "").length > BRIEF ? ` ${name}` : name);
/** The name of a derivative. @param {number} top @param {number} bottom */
const derivative = (top, bottom) => `d${apart(nodes[top].name)}/d${apart(nodes[bottom].name)}`;
/** @param {number} i */
const gradientName = (i) => derivative(root, i);
/** @param {Edge} edge */
const localName = (edge) => derivative(edge.head, edge.tail);
/** @param {Part} part */
const bare = (part) => (typeof part === "string" ? part : part.big);
/** @param {Part[]} equation */
const plain = (equation) => equation.map(bare).join("");
/** @param {string} text */
const inParentheses = (text) => (text.startsWith("-") ? `(${text})` : text);

/** @param {number} x @returns {Term} */
const result = (x) => ({ big: shown(x), small: "", result: true });

/**
 * The middle of a long list left out, null in its place.
 * @template T @param {T[]} list @param {number} most @returns {(T | null)[]}
 */
function abridged(list, most) {
  return list.length <= most ? list : [...list.slice(0, most - 2), null, ...list.slice(-1)];
}
/** Texts, the middle of many left out. @param {string[]} texts @param {number} most */
const listing = (texts, most, between = ",   ") =>
  abridged(texts, most).map((text) => text ?? "…").join(between);

/**
 * An operation with a word for each operand, negative numbers behind a sign in parentheses.
 * @param {number} i @param {(parent: number) => string} word @returns {Part[]}
 */
function filled(i, word) {
  const { formula, parents } = nodes[i];
  return formula.map((piece, at) => {
    if (typeof piece === "string") return piece;
    const behindSign = /[^([, ]\s*$/.test(String(formula[at - 1] ?? ""));
    const beforePower = String(formula[at + 1] ?? "").startsWith(" **");
    const text = word(parents[piece]);
    const big = behindSign || beforePower ? inParentheses(text) : text;
    return isConstant(parents[piece]) ? big : { big, small: nodes[parents[piece]].name };
  });
}

/**
 * a = w * x = -1.3 * 0.7 = -0.91, the letters above the numbers.
 * @param {number} i @returns {Part[]}
 */
function forwardEquation(i) {
  const numbers = filled(i, (p) => shown(values[p]));
  return [`${nodes[i].name} = `, ...numbers, " = ", result(values[i])];
}

/** a = w * x, in letters alone. @param {number} i */
function forwardLetters(i) {
  return `${nodes[i].name} = ${plain(filled(i, (p) => nodes[p].name))}`;
}

/**
 * The terms of a gradient: for each edge out of a node, gradient times local derivative.
 * @param {number} i @returns {Part[]}
 */
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

/** dL/da = 1 * (-3) + 0.5 * 2 = -2. @param {number} i @returns {Part[]} */
function backwardEquation(i) {
  const head = `${gradientName(i)} = `;
  if (i === root) return [head, result(1)];
  return [head, ...sumOfTerms(i), " = ", result(gradients[i])];
}

/** What a node sends on: "sends on  to w: 0.5 * 2 = 1". @param {number} i */
function sendings(i) {
  const sent = edgesInto[i].map((edge) => {
    const factors = `${shown(gradients[i])} * ${inParentheses(shown(local(edge)))}`;
    return `to ${nodes[edge.tail].name}: ${factors} = ${shown(gradients[i] * local(edge))}`;
  });
  return sent.length ? `sends on  ${listing(sent, 5)}` : "";
}

/**
 * A path's product, root first, the letters above the numbers.
 * @param {Path} path @returns {Part[]}
 */
function pathEquation(path) {
  if (!path.length) return ["the empty product = ", result(1)];
  const factors = abridged(path, 8).flatMap((edge, j) => {
    if (!edge) return [" * …"];
    const number = shown(local(edge));
    return [j ? " * " : "", { big: j ? inParentheses(number) : number, small: localName(edge) }];
  });
  return [...factors, " = ", result(product(path))];
}

/** The running sum up to a path, and at the last one what it is. @param {number} at */
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

/** Caption, equation and second line for where one stands. @returns {Words} */
function words() {
  return { steps: stepWords, paths: pathWords, predict: questionWords }[state.mode]();
}

/** @returns {Words} */
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

/** @param {number} i @returns {Words} */
function forwardWords(i) {
  const { name } = nodes[i];
  const caption = `Forward ${valueRank[i] + 1} of ${results.length}: the value of ${name}`;
  if (values[i] === undefined) return { caption, equation: [`${name} has no value`], more: "" };
  const texts = edgesInto[i].map(localText);
  const more = texts.length ? `records  ${listing(texts, 5)}` : "";
  return { caption, equation: forwardEquation(i), more };
}

/** @param {number} i @returns {Words} */
function backwardWords(i) {
  const { name } = nodes[i];
  const number = gradientRank[i] + 1;
  const caption = `Backward ${number} of ${differentiable.length}: the gradient of ${name}`;
  if (gradients[i] === undefined) {
    return { caption, equation: [`${gradientName(i)} has no value`], more: "" };
  }
  const seed = i === root ? `the seed: ${name} moves as much as itself` : "";
  const end = isResult(i) ? "" : `${name} is a variable: its gradient is complete`;
  const more = [seed, end, sendings(i)].filter(Boolean).join(";   ");
  return { caption, equation: backwardEquation(i), more };
}

/**
 * A local derivative: its name, its rule in letters where there is a short one, its number.
 * @param {Edge} edge
 */
function localText(edge) {
  const slope = nodes[edge.head].slopes[edge.k];
  return `${localName(edge)} = ${slope ? `${slope} = ` : ""}${shown(local(edge))}`;
}

/** The names along a path. @param {Path} path */
const trail = (path) => [nodes[root].name, ...path.map((edge) => nodes[edge.tail].name)];

/** @returns {Words} */
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

/** @returns {Words} */
function questionWords() {
  if (!questions.length) {
    return { caption: "Nothing to ask: the root is alone", equation: [], more: "" };
  }
  const i = askedNode();
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
