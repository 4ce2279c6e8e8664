
// ---- words --------------------------------------------------------------------------------------
// What the page says where one stands: captions and equations.

/**
 * A number with its letters above it.
 * @typedef {{big: string, small: Part[], result?: boolean, upstream?: boolean}} Term
 */
/** @typedef {{top: number, bottom: number, direct?: boolean}} Derivative  of node by node */
/**
 * Of a text: words, a node by its name, a derivative, an exponent, a number with letters above.
 * @typedef {string | {node: number} | Derivative | {up: Part[]} | Term} Part
 */
/** @typedef {{caption: Part[], equation: Part[], more: Part[]}} Words */

/** @param {number} node @returns {Part} */
const called = (node) => ({ node });
/** @param {number} bottom @returns {Part} */
const gradientName = (bottom) => ({ top: root, bottom });
/** What a box is called. @param {Box} box @returns {Part} */
function boxName({ node, folded, isGroup }) {
  if (!folded || !isGroup) return called(node);
  return (folded.opens === undefined ? folded.name : folded.group) ?? "";
}
/** The local derivative on an arrow. @param {Arrow} arrow */
const slopeName = ({ head, edges }) =>
  (head.isGroup ? { top: head.node, bottom: edges[0].tail } : localName({ ...edges[0], head: head.node }));
/** Direct where the gradient, of the same letters, is another number. @param {Edge} edge @returns {Part} */
const localName = ({ head, tail }) =>
  ({ top: head, bottom: tail, direct: head === root && nodes[tail].uses.length > 1 });

/** A part in plain text. @param {Part} part @returns {string} */
function bare(part) {
  if (typeof part === "string") return part;
  if ("node" in part) return nodes[part.node].name;
  if ("up" in part) return ` ** ${enclosed(plain(part.up))}`;
  if ("big" in part) return part.big;
  const mark = part.direct ? "|direct" : "";
  return `∂${nodes[part.top].name}/∂${nodes[part.bottom].name}${mark}`;
}
/** @param {Part[]} parts */
const plain = (parts) => parts.map(bare).join("");
/** @param {string} text */
const enclosed = (text) => (text.includes(" ") ? `(${text})` : text);
/** @param {string} text */
const inParentheses = (text) => (text.startsWith("-") ? `(${text})` : text);

/**
 * A text with parts in it: said`the value of ${called(i)}`.
 * @param {TemplateStringsArray} texts @param {(Part | Part[] | number)[]} between
 */
function said(texts, ...between) {
  return texts.flatMap((text, k) => {
    const part = between[k] ?? "";
    /** @type {Part[]} */
    const parts = typeof part === "number" ? [String(part)] : [part].flat();
    return [text, ...parts].filter((x) => x !== "");
  });
}

/**
 * The pieces of a formula, positions taken as some word says.
 * @param {Piece[]} pieces @param {(position: number) => Part} word @returns {Part[]}
 */
const formulaParts = (pieces, word) => pieces.map((piece) => {
  if (typeof piece === "string") return piece;
  return typeof piece === "number" ? word(piece) : { up: formulaParts(piece, word) };
});

/** @param {string} big @returns {Term} */
const result = (big) => ({ big, small: [], result: true });

/**
 * The middle of a long list left out, null in its place.
 * @template T @param {T[]} list @param {number} most @returns {(T | null)[]}
 */
function abridged(list, most) {
  return list.length <= most ? list : [...list.slice(0, most - 2), null, ...list.slice(-1)];
}

/**
 * Texts one after the other, the middle of many left out.
 * @param {(string | Part[])[]} texts @param {number} most @returns {Part[]}
 */
const listing = (texts, most, between = ",   ") =>
  abridged(texts, most).flatMap((text, k) => [k ? between : "", text ?? "…"].flat().filter(Boolean));

/**
 * An operation with a word for each operand, negative numbers behind a sign in parentheses.
 * @param {number} i @param {(parent: number) => string} word @returns {Part[]}
 */
function filled(i, word) {
  const { formula, parents } = nodes[i];
  /** @param {Piece} piece @param {number} at @returns {Part} */
  const part = (piece, at) => {
    if (typeof piece === "string") return piece;
    if (typeof piece === "object") {
      return { up: formulaParts(piece, (k) => term(parents[k], word(parents[k]))) };
    }
    const behindSign = /[^([, ]\s*$/.test(String(formula[at - 1] ?? ""));
    const beforePower = typeof formula[at + 1] === "object";
    const text = word(parents[piece]);
    return term(parents[piece], behindSign || beforePower ? inParentheses(text) : text);
  };
  /** @param {number} p @param {string} big @returns {Part} */
  const term = (p, big) => (isConstant(p) ? big : { big, small: [called(p)] });
  return formula.map(part);
}

/**
 * a = w * x = -1.3 * 0.7 = -0.91, the letters above the numbers.
 * @param {number} i
 */
function forwardEquation(i) {
  const numbers = filled(i, valueText);
  return said`${called(i)} = ${numbers} = ${result(valueText(i))}`;
}

/** a = w * x, in letters alone. @param {number} i */
function forwardLetters(i) {
  const { formula, parents } = nodes[i];
  return said`${called(i)} = ${formulaParts(formula, (k) => called(parents[k]))}`;
}

/**
 * The terms of a gradient: for each edge out of a node, gradient times local derivative.
 * @param {number} i @returns {Part[]}
 */
function sumOfTerms(i) {
  if (i === root) return ["1"];
  return abridged(boxOf(i).out, 6).flatMap((arrow, j) => {
    if (!arrow) return [" + …"];
    const { head } = arrow;
    const gradient = gradientNumber(head.node);
    const sign = j ? " + " : "";
    if (!hasSlope(arrow)) {
      const number = hidesGradient(head.node) ? "?" : shown(flow(arrow));
      const from = said`from ${boxName(head)}`;
      return [sign, { big: j ? inParentheses(number) : number, small: from, upstream: true }];
    }
    return [
      sign,
      {
        big: j ? inParentheses(gradient) : gradient,
        small: [gradientName(head.node)],
        upstream: true,
      },
      " * ",
      { big: inParentheses(slopeNumber(arrow)), small: [slopeName(arrow)] },
    ];
  });
}

/** The local derivative on an arrow. @param {Arrow} arrow */
const slopeNumber = (arrow) => (arrow.edges.some(hidesLocal) ? "?" : shown(slope(arrow)));

/** ∂L/∂a = 1 * (-3) + 0.5 * 2 = -2. @param {number} i */
function backwardEquation(i) {
  const box = boxOf(i);
  if (box.isGroup && box.outputs.length > 1) {
    return said`arrives  ${sumOfTerms(i)} = ${result(shown(gradientOf(box)))}`;
  }
  if (i === root) return said`${gradientName(i)} = ${result("1")}`;
  return said`${gradientName(i)} = ${sumOfTerms(i)} = ${result(gradientNumber(i))}`;
}

/** What a node sends on: "sends on  to w: 0.5 * 2 = 1". @param {number} i */
function sendings(i) {
  const box = boxOf(i);
  const sent = box.into.map((arrow) => {
    const to = said`to ${boxName(arrow.tail)}: `;
    if (!hasSlope(arrow)) return said`${to}${shown(flow(arrow))}`;
    const factors = `${shown(gradients[i])} * ${inParentheses(shown(slope(arrow)))}`;
    return said`${to}${factors} = ${shown(gradients[i] * slope(arrow))}`;
  });
  const inside = box.folded?.parameters;
  if (inside) sent.push([`to the ${inside} inside`]);
  return sent.length ? said`sends on  ${listing(sent, 5)}` : [];
}

/**
 * A path's product, root first, the letters above the numbers.
 * @param {Path} path @returns {Part[]}
 */
function pathEquation(path) {
  if (!path.length) return ["the empty product = ", result("1")];
  const factors = abridged(path, 8).flatMap((edge, j) => {
    if (!edge) return [" * …"];
    const number = shown(local(edge));
    return [j ? " * " : "", { big: j ? inParentheses(number) : number, small: [localName(edge)] }];
  });
  return [...factors, " = ", result(shown(product(path)))];
}

/** The running sum up to a path, and at the last one what it is. @param {number} at */
function runningSum(at) {
  const products = state.found.slice(0, at + 1).map(product);
  const sum = products.reduce((a, b) => a + b, 0);
  const numbers = products.map((x, j) => (j ? inParentheses(shown(x)) : shown(x)));
  const text = said`${listing(numbers, 6, " + ")}${at ? ` = ${shown(sum)}` : ""}`;
  if (at < state.found.length - 1) return said`sum so far  ${text}`;
  const gradient = said`${gradientName(state.target)} = ${shown(gradients[state.target])}`;
  const all = pathCounts[state.target];
  if (BigInt(state.found.length) < all) {
    const first = `the first ${state.found.length} of ${countText(all)} paths`;
    return said`sum of ${first}  ${text};   all together are ${gradient}`;
  }
  return said`sum of all paths  ${text}  ✓ the gradient: ${gradient}`;
}

/** Caption, equation and second line for where one stands. @returns {Words} */
function words() {
  return { steps: stepWords, paths: pathWords, predict: questionWords, descent: descentWords }[state.mode]();
}

/** @returns {Words} */
function stepWords() {
  const step = steps[position() - 1];
  if (!step) {
    const given = variables.map((i) => said`${called(i)} = ${shown(values[i])}`);
    const equation = given.length ? listing(given, 8, ",  ") : ["no variables"];
    return {
      caption: ["Before the first step: the variables are given"],
      equation,
      more: said`Press → or Play: node by node up to ${called(root)}; then the gradients come back.`,
    };
  }
  const { pass, node } = step;
  return pass === "Forward" ? forwardWords(node) : backwardWords(node);
}

/** @param {number} i @returns {Words} */
function forwardWords(i) {
  const box = boxOf(i);
  const at = `Forward ${box.valueRank + 1} of ${passed(steps.length, "Forward")}`;
  if (box.isGroup) return groupWords(box, at);
  const caption = said`${at}: the value of ${called(i)}`;
  if (values[i] === undefined) {
    return { caption, equation: said`${called(i)} has no value`, more: [] };
  }
  const texts = edgesInto[i].map(localText);
  const more = texts.length ? said`records  ${listing(texts, 5)}` : [];
  return { caption, equation: forwardEquation(i), more };
}

/** What a folded box computes: its arithmetic is named, not listed. @param {Box} box @param {string} at @returns {Words} */
function groupWords(box, at) {
  const found = box.outputs.filter(isResult).map((o) => said`${called(o)} = ${valueText(o)}`);
  const open = box.folded?.opens === undefined ? "" : ".  Enter looks inside";
  return {
    caption: said`${at}: what ${boxName(box)} computes`,
    equation: listing(found, 6, ",  "),
    more: [`${insideText(box)}${open}`],
  };
}

/** "16 neurons: Σ w·x, relu; 304 nodes, 272 parameters". @param {Box} box */
function insideText({ folded, hides }) {
  const { group, does, parameters } = folded ?? {};
  const inside = graph.groups.findIndex(([name]) => name === group);
  /** @type {Map<string, number>} */
  const kinds = new Map(); // of the groups within
  for (const [name, around] of graph.groups) {
    const [, kind] = /(\w+)\[\d+\]$/.exec(name) ?? [];
    if (kind && around === inside && inside >= 0) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const within = [...kinds].map(([kind, n]) => `${n} ${n > 1 ? kind : kind.replace(/s$/, "")}`).join(", ");
  const count = hides.filter((i) => !isConstant(i)).length;
  const amounts = [`${count.toLocaleString("en")} nodes`, parameters].filter(Boolean).join(", ");
  return [within, does].filter(Boolean).join(": ") + (within || does ? "; " : "") + amounts;
}

/** @param {number} i @returns {Words} */
function backwardWords(i) {
  const box = boxOf(i);
  const at = `Backward ${box.gradientRank + 1} of ${passed(steps.length, "Backward")}`;
  const caption = said`${at}: the gradient of ${boxName(box)}`;
  if (gradients[i] === undefined) {
    return { caption, equation: said`${gradientName(i)} has no value`, more: [] };
  }
  const seed = i === root ? said`the seed: ${called(i)} moves as much as itself` : [];
  const end = isResult(i) || box.isGroup ? [] : said`${called(i)} is a variable: its gradient is complete`;
  const more = [seed, end, sendings(i)].filter((parts) => parts.length);
  return { caption, equation: backwardEquation(i), more: listing(more, 3, ";   ") };
}

/**
 * A local derivative: its name, its rule in letters where there is a short one, its number.
 * @param {Edge} edge
 */
function localText(edge) {
  return said`${localName(edge)} = ${ruleText(edge)}${localNumber(edge)}`;
}

/** The rule of a local derivative in letters, where it is short and not asked for. @param {Edge} edge */
function ruleText(edge) {
  const slope = formulaParts(nodes[edge.head].slopes[edge.k] ?? [], called);
  return slope.length && !isAsked(edge) ? said`${slope} = ` : [];
}

/** ∂a/∂w = x = 0.7. @param {Edge} edge */
const localEquation = (edge) =>
  said`${localName(edge)} = ${ruleText(edge)}${result(localNumber(edge))}`;

/** The boxes along a path by their names; the end is told where it is hidden. @param {Path} path @returns {Part[][]} */
function trail(path) {
  const along = [root, ...path.map((edge) => edge.tail)];
  const boxes = [...new Set(along.map(boxOf))];
  const end = along[along.length - 1];
  const hidden = boxOf(end).node !== end || boxOf(end).isGroup ? [[called(end)]] : [];
  return [...boxes.map((box) => [boxName(box)]), ...hidden];
}

/** @returns {Words} */
function pathWords() {
  const path = state.found[position()];
  const ends = said`from ${called(root)} to ${called(state.target)}`;
  if (!path || values[root] === undefined) {
    return { caption: said`Paths ${ends}`, equation: ["no numbers here"], more: [] };
  }
  const number = `${position() + 1} of ${countText(pathCounts[state.target])}`;
  return {
    caption: said`Path ${number} ${ends}:  ${listing(trail(path), 9, " ← ")}`,
    equation: pathEquation(path),
    more: runningSum(position()),
  };
}

/** @returns {Words} */
function questionWords() {
  const question = askedQuestion();
  if (!question) {
    const why = isFolded() ? "Nothing to ask here: Enter on a folded box looks inside"
      : "Nothing to ask: the root is alone";
    return { caption: [why], equation: [], more: [] };
  }
  const number = `Question ${position() + 1} of ${questions.length}`;
  const caption = said`${number}: what is ${questionText(question)}?`;
  if (truth(question) === undefined) return { caption, equation: ["no value here"], more: [] };
  if (!isOpen(question)) {
    return { caption: allAnswered() ? [tally()] : caption, equation: solution(question), more: [] };
  }
  return {
    caption: said`${caption}  Right is what lies within ${TOLERANCE * 100} %; 0 is 0.`,
    equation: [],
    more: wayTo(question),
  };
}

/** What is asked for, as it stands on the left of its answer. @param {Question} question */
function questionName({ kind, node, edge }) {
  if (edge) return localName(edge);
  return kind === "value" ? called(node) : gradientName(node);
}

/** What is asked for, in words. @param {Question} question @returns {Part[]} */
function questionText(question) {
  const { kind, node, edge } = question;
  const name = questionName(question);
  if (!edge) return kind === "value" ? said`the value of ${name}` : [name];
  const twins = edgesInto[node].filter((e) => e.tail === edge.tail);
  const which = twins.length > 1 ? `arrow ${twins.indexOf(edge) + 1} of ${twins.length}` : "arrow";
  return said`${name}, the local derivative on the ${which} from ${called(edge.tail)} to ${called(node)}`;
}

/** How an answer is found. @param {Question} question @returns {Part[]} */
function wayTo({ kind, node, edge }) {
  if (edge) {
    return said`how many times as far ${called(node)} moves when only ${called(edge.tail)} moves, by a little`;
  }
  return kind === "value" ? said`${forwardLetters(node)}: put in the numbers of the boxes`
    : ["each arrow that leaves it gives: the gradient there * the local derivative; add them up"];
}

/** An answer with what it is made of. @param {Question} question */
function solution({ kind, node, edge }) {
  if (edge) return localEquation(edge);
  return kind === "value" ? forwardEquation(node) : backwardEquation(node);
}

/** The update of one variable, and what becomes of the others. @returns {Words} */
function descentWords() {
  const at = position();
  const ends = said`${called(root)} from ${shown(track[0].height)} to ${shown(track[at].height)}`;
  const caption = at ? said`Update ${at}: ${ends}`
    : ["Gradient descent: each ticked variable minus rate * gradient"];
  const i = watched();
  const { rate } = state;
  if (obstacle() || i === undefined || rate === undefined) {
    return { caption, equation: ["no update"], more: [obstacle()] };
  }
  /** @type {Part[]} */
  const numbers = [
    { big: shown(values[i]), small: [called(i)] }, " - ", { big: shown(rate), small: ["rate"] },
    " * ", { big: inParentheses(shown(gradients[i])), small: [gradientName(i)], upstream: true },
  ];
  const others = [...moving].filter((j) => j !== i)
    .map((j) => said`${called(j)} ← ${shown(updated(j, rate))}`);
  const still = variables.filter((j) => !moving.has(j)).map((j) => [called(j)]);
  const together = others.length ? said`with it  ${listing(others, 3)}` : [];
  const stay = still.length ? said`as given  ${listing(still, 6, ", ")}` : [];
  const more = [together, stay].filter((parts) => parts.length);
  return {
    caption,
    equation: said`${called(i)} ← ${numbers} = ${result(shown(updated(i, rate)))}`,
    more: listing(more, 2, ";   "),
  };
}
