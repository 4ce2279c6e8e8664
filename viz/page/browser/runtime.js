// What is the engine's way, and not JavaScript's: javascript.py prints it before the rules of a
// graph, and before it what this Python says of a division by 0 and of 0 to a negative power.

/**
 * What is said of a row where it has no value.
 * @typedef {object} Said
 * @property {string} symbol
 * @property {string[]} letters
 * @property {string} [needs]
 * @property {boolean} [always]
 * @property {boolean} [infix] whether the symbol stands between two operands
 * @property {(xs: number[]) => boolean} [domain]
 * @property {boolean} [within] that a number outside of the domain is an error
 */
/** @typedef {(xs: number[], domain?: (xs: number[]) => boolean) => number} Forward */

class CalculusError extends Error {
  /** @param {string} name @param {string} message */
  constructor(name, message) {
    super(message);
    this.name = name; // of the exception that Python raises
  }
}

/** Python's repr of a float, without a trailing ".0". @param {number} x */
function shortest(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0";
  const [digits, exponent] = x.toExponential().split("e");
  if (Number(exponent) > -5 && Number(exponent) < 16) return String(x);
  return digits + "e" + exponent[0] + exponent.slice(1).padStart(2, "0");
}

/** Python's repr of a text. @param {string} text */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  /** @type {Record<string, string>} */
  const escapes = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [mark]: "\\" + mark };
  const escape = (/** @type {string} */ c) => {
    if (c in escapes) return escapes[c];
    if (c === " " || !/[\p{C}\p{Z}]/u.test(c)) return c;
    const code = Number(c.codePointAt(0)).toString(16);
    if (code.length <= 2) return "\\x" + code.padStart(2, "0");
    return code.length <= 4 ? "\\u" + code.padStart(4, "0") : "\\U" + code.padStart(8, "0");
  };
  return mark + Array.from(text, escape).join("") + mark;
}

/** Text on one line, without characters that cannot be shown. @param {string} text */
function oneLine(text) {
  return text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
}

/**
 * What the engine says of x / 0, the operands by their labels where they have some.
 * @param {string} symbol @param {number[]} xs @param {string[]} labels
 */
function divisionByZero(symbol, xs, labels) {
  const names = xs.map((x, i) => oneLine(labels[i] || "") || shortest(x));
  const named = names.map((name, i) => ({ name, x: xs[i] })).filter((_, i) => labels[i]);
  const zeros = named.filter(({ x }) => x === 0).map(({ name }) => `${name} is 0`);
  const others = named.filter(({ x }) => x !== 0).map(({ name, x }) => `${name} = ${shortest(x)}`);
  return `division by zero${zeros.length ? `: ${zeros.join(" and ")}` : ""}, `
    + `in ${names.join(` ${symbol} `)}${others.length ? ` with ${others.join(", ")}` : ""}`;
}

/**
 * What the engine says where a forward rule gives no value.
 * @param {Said} row @param {CalculusError} error @param {number[]} xs @param {string[]} labels
 */
function explain(row, error, xs, labels) {
  if (error.name === "ZeroDivisionError" && row.infix) {
    return divisionByZero(row.symbol, xs, labels);
  }
  const label = (/** @type {number} */ i) => (labels[i] ? ` (label ${quoted(labels[i])})` : "");
  const parts = xs.map((x, i) => `${row.letters[i]} = ${shortest(x)}${label(i)}`);
  if (parts.length > 12) parts.splice(6, parts.length - 12, "...");
  const got = xs.length === 1 ? `got ${shortest(xs[0])}${label(0)}` : `got ${parts.join(", ")}`;
  if (error.name === "OverflowError") return `${row.symbol} is too large for a float, ${got}`;
  const needed = row.always || (row.domain && !row.domain(xs));
  return needed ? `${row.symbol} needs ${row.needs}, ${got}`
                : `${row.symbol}: ${error.message}, ${got}`;
}

/**
 * A forward rule whose errors name the operation, the operands and their labels.
 * @param {Said} row @param {Forward} forward
 */
function explained(row, forward) {
  return (/** @type {number[]} */ xs, /** @type {string[]} */ labels = []) => {
    try {
      const z = forward(xs, row.domain);
      if (row.within && row.domain && !Number.isNaN(z) && !row.domain(xs)) {
        throw new CalculusError("ValueError", "outside of its domain");
      }
      return z;
    } catch (error) {
      if (!(error instanceof CalculusError)) throw error;
      throw new CalculusError(error.name, explain(row, error, xs, labels));
    }
  };
}

/**
 * A function of JavaScript's Math, with the errors of Python's math: a pole is outside the domain.
 * @param {(...xs: number[]) => number} routine @returns {Forward}
 */
function guarded(routine) {
  return (xs, domain) => {
    const z = routine(...xs);
    if (Number.isNaN(z) && !xs.some(Number.isNaN)) {
      throw new CalculusError("ValueError", "math domain error");
    }
    if (Math.abs(z) === Infinity && xs.every(Number.isFinite)) {
      if (domain && !domain(xs)) throw new CalculusError("ValueError", "math domain error");
      throw new CalculusError("OverflowError", "math range error");
    }
    return z;
  };
}

/** @param {number} x @param {number} y */
function divide(x, y) {
  if (y === 0) throw new CalculusError("ZeroDivisionError", DIVISION);
  return x / y;
}

/** Python's overflows to infinity as well. */
const hypot = Math.hypot;

const raise = guarded(Math.pow);

/** x**y on the real line, where 1**nan and (-1)**inf are 1. @param {number} x @param {number} y */
function power(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  if (x === 0 && y < 0 && y !== -Infinity) {
    throw new CalculusError("ZeroDivisionError", NEGATIVE_POWER);
  }
  return raise([x, y]);
}

/** From left to right, as the engine adds. @param {number[]} xs */
function total(...xs) {
  return xs.reduce((z, x) => z + x, 0);
}

/**
 * start + w[0]*x[0] + w[1]*x[1] + ..., where xs is (...w, ...x) or (...w, ...x, start).
 * @param {number[]} xs
 */
function sumprod(...xs) {
  const n = Math.floor(xs.length / 2);
  let z = xs.length % 2 ? xs[2 * n] : 0;
  for (let i = 0; i < n; i++) z += xs[i] * xs[n + i];
  return z;
}
