"""The rows of the table as JavaScript, for pages that compute: printed from the rules, not written.

    functions([(OPERATIONS["tanh"], 1), (OPERATIONS["sumprod"], 5)])

is a JavaScript expression; its value has one entry for each row and number of operands:

    {"tanh/1":    {symbol: "tanh", needs: "", f: ([x]) => ..., d: [([x], z) => 1 - z * z]},
     "sumprod/5": {symbol: "sumprod", needs: "", f: (xs) => ..., all: (xs, z) => [...]}}

`f(xs)` is the forward rule, `d[i](xs, z)` the local derivative by operand i, `all(xs, z)` those of
an n-ary row at once.  Where the engine raises, `f` throws an Error of the same name and message;
`f(xs, labels)` names the operands in it too.  It needs nothing else and can stand anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.language import (
    ATOM,
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    Printer,
    Symbol,
    python_expression,
    shortest,
    steps_of,
)

INFIX = {
    "|": 1, "&": 2, "<": 3, "<=": 3, ">": 3, ">=": 3, "==": 3, "!=": 3,
    "add": 4, "sub": 4, "mul": 5, "div": 5,
}  # fmt: skip
SIGNS = {"|": "||", "&": "&&", "==": "===", "!=": "!=="}
INLINE = ("add", "sub", "mul", "neg", "pos", "where")  # rows that JavaScript has signs for
SAME = """
abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor log log10 log1p log2
sin sinh sqrt tan tanh trunc
"""
WORDS = """
Infinity Math NaN Number arguments await break case catch class const continue debugger default
delete do else enum eval export extends false finally for function if implements import in
instanceof interface let new null package private protected public return static super switch this
throw true try typeof undefined var void while with yield
"""
MATH = {f"Math.{name}" for name in SAME.split()}  # what JavaScript and Python call alike
OWN = {"divide", "hypot", "power", "sumprod", "total"}  # the routines of the runtime
RESERVED = {"z", *OWN, *WORDS.split()}  # what no letter can be called


def _raised(rule: Callable[[], float]) -> str:
    """What this Python says where a rule has no value, as a JavaScript text."""
    try:
        return repr(rule())
    except ArithmeticError as error:
        return json.dumps(str(error))


RUNTIME = r"""
// ---- what is the engine's way, and not JavaScript's ----

class CalculusError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name; // of the exception that Python raises
  }
}

// Python's repr of a float, without a trailing ".0".
function shortest(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0";
  const [digits, exponent] = x.toExponential().split("e");
  if (exponent > -5 && exponent < 16) return String(x);
  return digits + "e" + exponent[0] + exponent.slice(1).padStart(2, "0");
}

// Python's repr of a text.
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [mark]: "\\" + mark};
  const escape = (c) => {
    const code = c.codePointAt(0).toString(16);
    if (c in escapes) return escapes[c];
    if (c === " " || !/[\p{C}\p{Z}]/u.test(c)) return c;
    if (code.length <= 2) return "\\x" + code.padStart(2, "0");
    return code.length <= 4 ? "\\u" + code.padStart(4, "0") : "\\U" + code.padStart(8, "0");
  };
  return mark + Array.from(text, escape).join("") + mark;
}

// What the engine says where a forward rule gives no value.
function explain(row, error, xs, labels) {
  const label = (i) => (labels[i] ? ` (label ${quoted(labels[i])})` : "");
  const got = xs.length === 1
    ? `got ${shortest(xs[0])}${label(0)}`
    : "got " + xs.map((x, i) => `${row.letters[i]} = ${shortest(x)}${label(i)}`).join(", ");
  if (error.name === "OverflowError") return `${row.symbol} is too large for a float, ${got}`;
  const needed = row.always || (row.domain && !row.domain(xs));
  return needed ? `${row.symbol} needs ${row.needs}, ${got}`
                : `${row.symbol}: ${error.message}, ${got}`;
}

// A forward rule whose errors name the operation, the operands and their labels.
function explained(row, forward) {
  return (xs, labels = []) => {
    try {
      return forward(xs, row.domain);
    } catch (error) {
      if (!(error instanceof CalculusError)) throw error;
      throw new CalculusError(error.name, explain(row, error, xs, labels));
    }
  };
}

// A function of JavaScript's Math, with the errors of Python's math: a pole is outside the domain.
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

function divide(x, y) {
  if (y === 0) throw new CalculusError("ZeroDivisionError", DIVISION);
  return x / y;
}

// Python's overflows to infinity as well.
const hypot = Math.hypot;

const raise = guarded(Math.pow);

// x**y on the real line, where 1**nan and (-1)**inf are 1.
function power(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  if (x === 0 && y < 0 && y !== -Infinity) {
    throw new CalculusError("ZeroDivisionError", NEGATIVE_POWER);
  }
  return raise([x, y]);
}

// From left to right, as the engine adds.
function total(...xs) {
  return xs.reduce((z, x) => z + x, 0);
}

// start + w[0]*x[0] + w[1]*x[1] + ..., where xs is (...w, ...x) or (...w, ...x, start).
function sumprod(...xs) {
  const n = Math.floor(xs.length / 2);
  let z = xs.length % 2 ? xs[2 * n] : 0;
  for (let i = 0; i < n; i++) z += xs[i] * xs[n + i];
  return z;
}
""".replace("DIVISION", _raised(lambda: 1.0 / 0.0)).replace(
    "NEGATIVE_POWER", _raised(lambda: 0.0**-1.0)
)


def functions(rows: Iterable[tuple[Operation, int]]) -> str:
    """A JavaScript expression for the functions of these rows, each with its number of operands.

    TypeError where a row is opaque, JavaScript lacks its routine, or two rows share a name.
    """
    script = Script()
    entries = [script.entry(row, count) for row, count in dict.fromkeys(rows)]
    definitions = [script.definition(row, count) for row, count in script.called]
    parts = ["(() => {", '"use strict";', RUNTIME, *definitions, "return {", *entries, "};", "})()"]
    return "\n".join(parts)


class Script:
    """Prints rows; `called` are those whose functions it needs, each with a number of operands."""

    def __init__(self) -> None:
        self.called: list[tuple[Operation, int]] = []  # grows while definitions are printed
        self._rows: dict[str, Operation] = {}

    def call(self, row: Operation, count: int) -> str:
        """The name of the function for a row."""
        if self._rows.setdefault(row.name, row) is not row:
            raise TypeError(f"two operations are named {row.name!r}: give one another name")
        if (row, count) not in self.called:
            self.called.append((row, count))
        return f"${row.name}${count}" if isinstance(row, NaryOperation) else f"${row.name}"

    def entry(self, row: Operation, count: int) -> str:
        """A row of the object that is made."""
        formula = Formula(row, count, _letters(row, count))
        operands = f"[{', '.join(formula.letters)}], z"
        if isinstance(row, NaryOperation):
            derivatives = f"all: {self.arrow(operands, list(formula.partials))}"
        else:
            rules = [self.arrow(operands, rule) for rule in formula.partials]
            derivatives = f"d: [{', '.join(rules)}]"
        return (
            f"{_text(f'{row.name}/{count}')}: {{symbol: {_text(row.symbol)}, "
            f"needs: {_text(_needs(row, count))}, f: {self.call(row, count)}, {derivatives}}},"
        )

    def definition(self, row: Operation, count: int) -> str:
        """The function for a row: its forward rule, with the engine's errors."""
        letters = _letters(row, count)
        operands = f"[{', '.join(letters)}]"
        parts = [f"symbol: {_text(row.symbol)}", f"letters: {json.dumps(row.letters(count))}"]
        domain = _domain(row, letters)
        if row.needs or domain is not None:
            always = "true" if row.needs else "false"
            parts.append(f"needs: {_text(_needs(row, count))}, always: {always}")
        if domain is not None:
            parts.append(f"domain: {self.arrow(operands, domain)}")
        if row.primitive and row.javascript in MATH:
            forward = f"guarded({row.javascript})"
        else:
            forward = self.arrow(operands, _forward(row, letters))
        return f"const {self.call(row, count)} = explained({{{', '.join(parts)}}}, {forward});"

    def arrow(self, operands: str, rules: Any) -> str:
        """A rule, or a list of rules, as an arrow function."""
        many = isinstance(rules, list)
        printer = JavaScriptPrinter(self)
        lines = []
        for symbol in steps_of(rules if many else [rules]):
            text = printer.text(symbol)
            printer.names[id(symbol)] = f"${len(printer.names) + 1}"
            lines.append(f"const {printer.names[id(symbol)]} = {text};")
        result = f"[{', '.join(map(printer.value, rules))}]" if many else printer.value(rules)
        if not lines:
            return f"({operands}) => {result}"
        return f"({operands}) => {{ {' '.join(lines)} return {result}; }}"


class JavaScriptPrinter(Printer):
    """Writes rules as JavaScript; what they call is noted in a script."""

    negates = ATOM  # --x would be something else

    def __init__(self, script: Script) -> None:
        super().__init__(_number, INFIX)
        self._script = script

    def join(self, kind: str, sign: str, x: str, y: str) -> tuple[str, int]:
        return f"{x} {SIGNS.get(kind, sign)} {y}", INFIX[kind]

    def bound(self, rule: Any) -> tuple[str, int]:
        row = rule.head if isinstance(rule, Symbol) and id(rule) not in self.names else None
        if not isinstance(row, Operation) or row.name in INLINE[:5]:
            return super().bound(rule)
        xs = rule.operands
        if row is OPERATIONS["where"]:
            return f"({self._condition(xs[0])} ? {self.value(xs[1])} : {self.value(xs[2])})", ATOM
        if row is OPERATIONS["div"] and not isinstance(xs[1], Symbol) and xs[1] != 0.0:
            return super().bound(rule)  # what can never fail needs no routine
        called = ", ".join(map(self.value, xs))
        if row.primitive and row.javascript in OWN:
            return f"{row.javascript}({called})", ATOM
        return f"{self._script.call(row, len(xs))}([{called}])", ATOM

    def value(self, rule: Any) -> str:
        """A rule as a number: a comparison is 1 or 0, as in Python."""
        return f"Number({self.text(rule)})" if _is_comparison(rule) else self.text(rule)

    def _condition(self, rule: Any) -> str:
        """A comparison as it is; a number, which is true unless it is 0, compared with it."""
        if _is_comparison(rule):
            return self.text(rule)
        text, binding = self.bound(rule)
        return f"{self.group(text) if binding <= INFIX['!='] else text} !== 0"


def _is_comparison(rule: Any) -> bool:
    return isinstance(rule, Symbol) and isinstance(rule.head, str) and bool(rule.operands)


def _forward(row: Operation, letters: Sequence[str]) -> Any:
    """The forward rule in what JavaScript has."""
    if not row.primitive:
        return Formula(row, len(letters), letters).forward
    if row.formula is not None:
        return row.formula(*map(Symbol, letters))
    if row.name in INLINE or row.javascript in OWN:
        return Symbol(row, [Symbol(letter) for letter in letters])
    raise TypeError(
        f"operation {row.name!r} has no formula, and JavaScript has no {row.javascript}: "
        "give the row a rule for it, formula="
    )


def _domain(row: Operation, letters: Sequence[str]) -> Any:
    """The domain on these letters; None where there is none that can be written down."""
    try:
        return None if row.domain is None else row.domain(*map(Symbol, letters))
    except (AttributeError, TypeError):
        return None


def _needs(row: Operation, count: int) -> str:
    """What the operands must be, in words."""
    rule = _domain(row, row.letters(count))
    return row.needs or ("" if rule is None else python_expression(rule, shortest))


def _letters(row: Operation, count: int) -> tuple[str, ...]:
    """The names of the arguments in JavaScript: those of Python, but none that is taken there."""
    return tuple([f"{x}$" if x in RESERVED else x for x in row.letters(count)])


def _number(x: float) -> str:
    return shortest(x).replace("inf", "Infinity").replace("nan", "NaN")


def _text(text: str) -> str:
    """A text in JavaScript, safe inside a script element."""
    return json.dumps(text).replace("<", "\\u003c")
