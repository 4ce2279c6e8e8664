
// ---- numbers: how they are shown and read -------------------------------------------------------

/** A number with four significant digits, as Python's f"{x:.4g}" writes it. @param {number} x */
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

/**
 * Four digits and the power of ten of the first; a tie goes to the even digit, as in Python.
 * @param {number} x @returns {[string, number]}
 */
function rounded(x) {
  const [mantissa, exponent] = x.toExponential(3).split("e");
  let digits = mantissa.replace(".", "");
  const looksLikeTie = /^\d\.\d{3}50*e/;
  const tie = looksLikeTie.test(x.toExponential(16)) && looksLikeTie.test(x.toExponential(100));
  if (tie && Number(digits) % 2 === 1) digits = String(Number(digits) - 1); // it was rounded up
  return [digits, Number(exponent)];
}

/**
 * Digits with a point after some of them, and no zeros at the end.
 * @param {string} digits @param {number} after
 */
function point(digits, after) {
  return `${digits.slice(0, after)}.${digits.slice(after)}`.replace(/\.?0*$/, "");
}

/** What somebody typed, as a number; undefined where it is none. @param {string} text */
function read(text) {
  const plain = text.trim().replace("−", "-").replace(",", ".").toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain)) return Number(plain);
  /** @type {Record<string, number>} */
  const words = { nan: NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity };
  return Object.hasOwn(words, plain) ? words[plain] : undefined;
}

const LONGEST = 200; // characters of arithmetic that somebody types

/**
 * What typed arithmetic comes to, signs binding as in Python; undefined where it is none.
 * @param {string} text
 */
function reckon(text) {
  if (text.length > LONGEST) return undefined;
  const plain = text.replaceAll("−", "-").replace(/[·×]/g, "*").replace(/÷|:/g, "/")
    .replaceAll("^", "**");
  /** @type {string[]} */
  const tokens = plain.match(/\d+[.,]?\d*(?:e[+-]?\d+)?|[.,]\d+(?:e[+-]?\d+)?|\*\*|\w+|\S/gi) ?? [];
  let [at, wrong] = [0, false];
  /** @param {string[]} signs */
  const take = (...signs) => (signs.includes(tokens[at]) ? tokens[at++] : undefined);
  /** @returns {number} */
  function sum() {
    let x = product();
    for (let sign = take("+", "-"); sign; sign = take("+", "-")) {
      x += sign === "+" ? product() : -product();
    }
    return x;
  }
  function product() {
    let x = signed();
    for (let sign = take("*", "/"); sign; sign = take("*", "/")) {
      x = sign === "*" ? x * signed() : x / signed();
    }
    return x;
  }
  /** @returns {number} */
  function signed() {
    if (take("-")) return -signed();
    return take("+") ? signed() : power();
  }
  function power() {
    const x = atom();
    return take("**") ? x ** signed() : x;
  }
  function atom() {
    if (take("(")) {
      const x = sum();
      if (!take(")")) wrong = true;
      return x;
    }
    const x = /^[+-]/.test(tokens[at] ?? "") ? undefined : read(tokens[at] ?? "");
    at += 1;
    if (x === undefined) wrong = true;
    return x ?? NaN;
  }
  const x = sum();
  return wrong || at < tokens.length ? undefined : x;
}

/** A bound for a slider: 1, 2 or 5 times a power of ten, at least x. @param {number} x */
function roundUp(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5].map((n) => n * power).find((n) => n >= x) ?? 10 * power;
}

/** How far a slider goes on either side of 0, to have room for a number. @param {number} x */
function reachOf(x) {
  const size = Math.abs(x);
  return roundUp(2 * (size > 0 && size < 0.05 ? size : Math.max(size, 1)));
}

/**
 * How many, with commas; a number of paths may be longer than anyone reads.
 * @param {number | bigint} n
 */
function countText(n) {
  const bits = n.toString(2).length;
  return bits > 60 ? `about 2**${bits - 1}` : n.toLocaleString("en");
}
