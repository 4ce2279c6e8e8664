
// ---- curves: the value of a node over that of another, all else fixed ---------------------------
// A curve is the forward pass run at many places; what it looks like there is measured, not known.

/**
 * What a curve is of.
 * @typedef {object} Subject
 * @property {number} of  whose value goes up
 * @property {number} over  whose value goes to the right
 */
/** @typedef {[number, number]} Spot  x, y */
/** @typedef {[number, number]} Stretch  of an axis, from low to high */
/** @typedef {(x: number) => number} Curve  NaN where there is no value */
/**
 * A curve as it can be drawn.
 * @typedef {object} Sampled
 * @property {Spot[][]} pieces  lines without a gap
 * @property {Stretch[]} gaps  where there is no finite value
 * @property {number[]} jumps
 */

const lens = {
  chosen: /** @type {Subject | null} */ (null), // null: as the steps go
  moved: variables.find((i) => !nodes[i].given) ?? variables[0] ?? root, // the last variable
  byHand: false, // whether it was moved since the last step
  nearer: 0, // how often the stretch was halved
  share: 0.25, // the nudge, as a part of half the stretch
  reach: 0, // half the stretch before that
  kept: "", // the subject that has this reach
};

/** The edge of a node that is a function of one operand, numbers beside it or none. @param {number} i */
const onlyEdge = (i) => (edgesInto[i].length === 1 ? edgesInto[i][0] : undefined);

/** What the curve is of where one stands, points or moves a variable. @returns {Subject} */
function subject() {
  if (lens.chosen) return lens.chosen;
  const moved = { of: root, over: lens.moved };
  const i = state.pointed ?? (lens.byHand ? null : currentNode());
  if (i === null || isConstant(i)) return moved;
  const edge = isDrawn(i) ? onlyEdge(i) : undefined; // what a group hides has no step
  if (edge) return { of: i, over: edge.tail };
  const asked = !isResult(i) || state.mode !== "steps" || steps[position() - 1]?.pass === "Backward";
  return asked && i !== root ? { of: root, over: i } : moved;
}

/** All that may be chosen: the root over each variable, and functions of one operand. */
const subjects = () => ({
  variables: variables.map((over) => ({ of: root, over })),
  operations: results.flatMap((of) => {
    const edge = onlyEdge(of);
    return edge ? [{ of, over: edge.tail }] : [];
  }),
});

/** What has to be computed anew where `over` moves, inputs first. @param {Subject} subject */
function dependents({ of, over }) {
  const moved = new Set([over]);
  for (const i of results) if (nodes[i].parents.some((p) => moved.has(p))) moved.add(i);
  const needed = new Set([of]);
  for (const i of [...results].reverse()) {
    if (needed.has(i) && i !== over) for (const p of nodes[i].parents) needed.add(p);
  }
  return results.filter((i) => i !== over && moved.has(i) && needed.has(i));
}

/** @param {Subject} subject @returns {Curve} */
function curveOf(subject) {
  const moved = dependents(subject);
  return (x) => {
    const there = [...values];
    there[subject.over] = x;
    for (const i of moved) {
      const xs = nodes[i].parents.map((p) => there[p]);
      there[i] = xs.includes(NONE) ? NONE : valueOrNone(nodes[i].rule, xs);
    }
    return there[subject.of] ?? NaN;
  };
}

/** What a row makes of numbers, nothing where it has no value. @param {string} rule @param {number[]} xs */
function valueOrNone(rule, xs) {
  try {
    return arithmetic[rule].f(xs);
  } catch {
    return NONE;
  }
}

/** The engine's derivative: a gradient, or a local derivative. @param {Subject} subject */
function slopeOf({ of, over }) {
  if (of === root) return gradients[over];
  const edge = onlyEdge(of);
  return edge && values[of] !== undefined ? local(edge) : NONE;
}

// ---- axes ---------------------------------------------------------------------------------------

/** From where to where the curve is shown: as the slider, or nearer around the point. @param {Subject} subject */
function stretchOf(subject) {
  const x = values[subject.over];
  const key = `${subject.of} over ${subject.over}`;
  if (key !== lens.kept || !(Math.abs(x) <= lens.reach)) { // it grows, and is not narrowed
    const reach = reachOf(x);
    if (key !== lens.kept) Object.assign(lens, { nearer: 0, share: roundUp(reach / 5) / reach });
    Object.assign(lens, { kept: key, reach });
  }
  const half = lens.reach / 2 ** lens.nearer;
  const middle = lens.nearer > 0 ? x : 0;
  return /** @type {Stretch} */ ([middle - half, middle + half]);
}

/** The nudge: a part of half the stretch. @param {Stretch} stretch */
const nudgeOf = ([low, high]) => Number((lens.share * (high - low) / 2).toPrecision(6));

/**
 * Round places on an axis with their texts, so many that they differ.
 * @param {Stretch} stretch @param {number} most
 */
function ticks([low, high], most) {
  const step = roundUp((high - low) / most);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  const size = Math.max(Math.abs(low), Math.abs(high));
  return Array.from({ length: Math.max(count, 0) }, (_, k) => {
    const x = (first + k) * step;
    return { x, text: tickText(x, step, size) };
  });
}

/** @param {number} x @param {number} step @param {number} size  of the largest on the axis */
function tickText(x, step, size) {
  if (Math.abs(x) < step / 2) return "0";
  const [own, smallest, largest] = [Math.abs(x), step, size].map(exponentOf);
  const digits = Math.max(own - smallest, 0);
  if (largest >= -4 && (largest < 5 || digits > 3)) return String(Number(x.toFixed(Math.max(-smallest, 0))));
  const [mantissa, exponent] = x.toExponential(digits).split("e");
  const [sign, ten] = [exponent[0], exponent.slice(1).padStart(2, "0")];
  return `${String(Number(mantissa))}e${sign}${ten}`;
}

/** The power of ten of the first digit. @param {number} x */
const exponentOf = (x) => Number(x.toExponential(1).split("e")[1]);

/**
 * From where to where heights go: what stands far off is left out, what must be seen is not.
 * @param {number[]} heights @param {number[]} seen @returns {Stretch}
 */
function heightsOf(heights, seen) {
  const sorted = [...heights, ...seen].filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [-1, 1];
  const at = (/** @type {number} */ part) => sorted[Math.round(part * (sorted.length - 1))];
  const [a, b, all] = [at(0.1), at(0.9), seen.filter(Number.isFinite)];
  let low = Math.min(Math.max(at(0), a - 1.5 * (b - a)), ...all);
  let high = Math.max(Math.min(at(1), b + 1.5 * (b - a)), ...all);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (!(high - low > 1e-13 * size)) { // a constant, but for roundings
    [low, high] = [low - (size / 2 || 1), high + (size / 2 || 1)];
  }
  const rim = 0.07 * (high - low);
  return [low - rim, high + rim];
}

// ---- a curve, honestly: no line where there is no value, none across a jump ---------------------

const PLACES = 64; // and as many halves between them, more where it bends
const DEEPEST = 12; // so often a part that bends is halved
const HALVINGS = 60; // until an edge or a jump is found

/** Places from low to high, those that must be among them too. @param {Stretch} stretch @param {number[]} seen */
function placesOn([low, high], seen) {
  const places = Array.from({ length: PLACES + 1 }, (_, k) => low + (high - low) * (k / PLACES));
  const inside = seen.filter((x) => x > low && x < high);
  return [...new Set([...places, ...inside])].sort((a, b) => a - b);
}

/**
 * @param {Curve} curve @param {number[]} places @param {Stretch} heights @returns {Sampled}
 */
function sampled(curve, places, [low, high]) {
  const known = places.map((x) => /** @type {Spot} */ ([x, curve(x)]));
  /** @type {Sampled} */
  const found = { pieces: [], gaps: [], jumps: [] };
  /** @type {Spot[]} */
  let piece = [];
  let gap = NaN; // where it began
  /** @param {Spot} spot */
  const open = (spot) => {
    if (!Number.isNaN(gap)) found.gaps.push([gap, spot[0]]);
    [piece, gap] = [[spot], NaN];
  };
  /** @param {number} from  where a gap begins */
  const close = (from) => {
    if (piece.length) found.pieces.push(piece);
    [piece, gap] = [[], from];
  };
  /** From one place to the next. @param {Spot} a @param {Spot} b @param {number} depth */
  const draw = (a, b, depth) => {
    const [here, there] = [a, b].map((spot) => Number.isFinite(spot[1]));
    if (!here && !there) return;
    if (!here) {
      const edge = edgeOf(curve, b, a);
      open(edge);
      if (edge[0] < b[0]) draw(edge, b, depth + 1);
    } else if (!there) {
      const edge = edgeOf(curve, a, b);
      if (edge[0] > a[0]) draw(a, edge, depth + 1);
      close(edge[0]);
    } else if (depth < DEEPEST && !straight(a, b)) {
      const middle = spotBetween(curve, a, b);
      draw(a, middle, depth + 1);
      draw(middle, b, depth + 1);
    } else {
      const jump = depth >= DEEPEST && isSteep(a, b) ? jumpOf(curve, a, b) : undefined;
      if (jump) {
        const [before, after] = jump;
        found.jumps.push(after[0]);
        found.pieces.push([...piece, before]);
        piece = [after];
      }
      piece.push(b);
    }
  };
  /** Whether a line will do. @param {Spot} a @param {Spot} b */
  const straight = (a, b) => {
    if ((a[1] > high && b[1] > high) || (a[1] < low && b[1] < low)) return true; // out of sight
    const [, y] = spotBetween(curve, a, b);
    return Math.abs(y - (a[1] + b[1]) / 2) < 0.003 * (high - low);
  };
  /** @param {Spot} a @param {Spot} b */
  const isSteep = (a, b) => Math.abs(b[1] - a[1]) > 0.02 * (high - low);
  if (Number.isFinite(known[0][1])) piece = [known[0]]; else [, gap] = [piece, known[0][0]];
  for (const [k, spot] of known.slice(1).entries()) draw(known[k], spot, 0);
  const end = known[known.length - 1][0];
  if (piece.length) found.pieces.push(piece);
  if (!Number.isNaN(gap)) found.gaps.push([gap, end]);
  return found;
}

/** @param {Curve} curve @param {Spot} a @param {Spot} b @returns {Spot} */
function spotBetween(curve, a, b) {
  const x = a[0] + (b[0] - a[0]) / 2;
  return [x, curve(x)];
}

/** The last place with a value on the way to one without. @param {Curve} curve @param {Spot} within @param {Spot} beyond */
function edgeOf(curve, within, beyond) {
  for (let k = 0; k < HALVINGS; k++) {
    const middle = spotBetween(curve, within, beyond);
    if (Number.isFinite(middle[1])) within = middle; else beyond = middle;
  }
  return within;
}

/** Both sides of a jump; undefined where it is but steep. @param {Curve} curve @param {Spot} a @param {Spot} b */
function jumpOf(curve, a, b) {
  const rise = Math.abs(b[1] - a[1]);
  for (let k = 0; k < HALVINGS - DEEPEST; k++) {
    const middle = spotBetween(curve, a, b);
    if (!Number.isFinite(middle[1])) return [a, b];
    if (Math.abs(middle[1] - a[1]) > Math.abs(b[1] - middle[1])) b = middle; else a = middle;
  }
  return Math.abs(b[1] - a[1]) > rise / 2 ? [a, b] : undefined;
}

// ---- what the curve does at its point -----------------------------------------------------------

/** @typedef {"smooth" | "kink" | "jump" | "edge"} Turn */

/**
 * How the curve goes through a point, and how steep it is on either side: measured.
 * @param {Curve} curve @param {number} x @param {number} half  of the stretch
 * @param {number} height @returns {{turn: Turn, left: number, right: number}}
 */
function turnAt(curve, x, half, height) {
  /** @param {number} h */
  const sides = (h) => {
    const [before, after] = [x - h, x + h]; // as floats have it
    return [(curve(x) - curve(before)) / (x - before), (curve(after) - curve(x)) / (after - x)];
  };
  const h = Math.max(1e-5 * half, 1e-9 * Math.abs(x));
  const [wide, narrow] = [sides(h), sides(h / 16)];
  const [left, right] = narrow;
  if (!Number.isFinite(left) || !Number.isFinite(right)) return { turn: "edge", left, right };
  const [apart, still] = [wide, narrow].map(([a, b]) => Math.abs(b - a));
  if (apart * h < 1e-9 * height) return { turn: "smooth", left, right };
  const bent = apart > 1e-3 * Math.max(Math.abs(wide[0]), Math.abs(wide[1])) && still > apart / 2;
  const turn = !bent ? "smooth" : still > 8 * apart ? "jump" : "kink";
  return { turn, left, right };
}

// ---- what is said of it -------------------------------------------------------------------------

/** Whether a slope would give an answer away. */
const asksForSlope = () => state.mode === "predict" && !allAnswered();

/** Whether an axis would. @param {Subject} subject */
const asksForValue = ({ of, over }) => hidesValue(of) || hidesValue(over);

/**
 * All that is to be seen of a curve.
 * @typedef {object} CurveView
 * @property {Subject} subject
 * @property {Stretch} stretch
 * @property {Stretch} heights
 * @property {Sampled} sampled
 * @property {Spot} here
 * @property {number} slope  undefined: not told
 * @property {number} nudge
 * @property {number} there  the curve's height after the nudge
 * @property {{turn: Turn, left: number, right: number}} at
 */

/** @returns {CurveView} */
function viewOfCurve() {
  const found = subject();
  const curve = curveOf(found);
  const stretch = stretchOf(found);
  const [x, nudge] = [values[found.over], nudgeOf(stretch)];
  const [y, there] = [curve(x), curve(x + nudge)];
  const steep = asksForSlope() || !Number.isFinite(y) ? NONE : slopeOf(found);
  const places = placesOn(stretch, [x, x + nudge]);
  const known = places.map(curve);
  const touches = y + steep * nudge;
  const [low, high] = heightsOf(known, [y, there]);
  const near = Math.abs(touches - y) < 2 * (high - low); // a steeper tangent leaves the picture
  const heights = near ? heightsOf(known, [y, there, touches]) : /** @type {Stretch} */ ([low, high]);
  return {
    subject: found, stretch, heights, slope: steep, nudge, there, here: [x, y],
    sampled: sampled(curve, places, heights),
    at: turnAt(curve, x, (stretch[1] - stretch[0]) / 2, heights[1] - heights[0]),
  };
}

/** ∂z/∂x, marked where a gradient is another number. @param {Subject} subject @returns {Part} */
function slopeLetters({ of, over }) {
  const edge = of === root ? undefined : onlyEdge(of);
  return edge ? localName(edge) : { top: of, bottom: over };
}

/**
 * The nudge in numbers: what the tangent says, what the curve does, and what is odd.
 * @param {CurveView} view @returns {{tangent: Part[], change: Part[], remark: Part[]}}
 */
function slopeWords(view) {
  const { subject: { of, over }, here: [, y], nudge, there } = view;
  const remark = listing(oddities(view), 9, ";  ");
  if (!Number.isFinite(y)) {
    const none = values[of] === undefined ? "value" : "finite value";
    return { tangent: said`${called(of)} has no ${none} here`, change: [], remark };
  }
  if (asksForSlope()) return { tangent: ["How steep is it? First the answers"], change: [], remark };
  if (view.slope === undefined || Number.isNaN(view.slope)) {
    return { tangent: said`${slopeLetters(view.subject)} = nan: no tangent`, change: [], remark };
  }
  /** @type {Part[]} */
  const product = [
    { big: shown(view.slope), small: [slopeLetters(view.subject)] }, " * ",
    { big: inParentheses(shown(nudge)), small: ["d", called(over)] },
  ];
  /** @type {Part[]} */
  const rise = [
    { big: shown(there), small: said`at ${called(over)} + d${called(over)}` }, " - ",
    { big: inParentheses(shown(y)), small: said`at ${called(over)}` },
  ];
  const change = Number.isFinite(there) ? said`Δ${called(of)} = ${rise} = ${result(shown(there - y))}`
    : said`Δ${called(of)}: no finite value there`;
  return {
    tangent: said`d${called(of)} ≈ ${product} = ${result(shown(view.slope * nudge))}`, change, remark,
  };
}

/** What is not as on a smooth curve, in sentences. @param {CurveView} view @returns {Part[][]} */
function oddities({ subject: { of, over }, at, slope: steep, sampled: { pieces, gaps, jumps }, stretch, here }) {
  /** @type {Part[][]} */
  const found = [];
  const told = steep !== undefined && Number.isFinite(here[1]);
  const convention = told ? said`; the engine takes ${shown(steep)}` : [];
  const [left, right] = [at.left, at.right].map((x) => shown(Number(x.toPrecision(3))));
  if (told && at.turn === "kink") {
    found.push(said`a kink: slope ${left} before, ${right} after${convention}`);
  } else if (Number.isFinite(here[1]) && at.turn === "jump") {
    found.push(said`a jump here${convention}`);
  } else if (told && Math.abs(steep) === Infinity) found.push(["the tangent is upright"]);
  for (const [low, high] of gaps) {
    if (low <= stretch[0] && high >= stretch[1]) found.push(["no finite value in sight"]);
    else if (low <= stretch[0]) found.push(said`no finite value below ${shown(rounding(high, stretch))}`);
    else if (high >= stretch[1]) found.push(said`no finite value above ${shown(rounding(low, stretch))}`);
    else if (high - low < 1e-6 * (stretch[1] - stretch[0])) {
      found.push(said`no finite value at ${shown(rounding(low, stretch))}`);
    } else {
      const [a, b] = [low, high].map((x) => shown(rounding(x, stretch)));
      found.push(said`no finite value between ${a} and ${b}`);
    }
  }
  const places = jumps.map((x) => [shown(rounding(x, stretch))]);
  if (places.length) found.push(said`jumps at ${listing(places, 4, ", ")}`);
  const ys = pieces.flat().map((spot) => spot[1]);
  if (ys.length && ys.every((y) => y === ys[0])) {
    found.push(said`${called(of)} is the same for every ${called(over)} in sight`);
  }
  return found;
}

/** A place that was found by halving, without what the halving left. @param {number} x @param {Stretch} stretch */
const rounding = (x, [low, high]) => (Math.abs(x) < 1e-6 * (high - low) ? 0 : x);
