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
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from importlib.resources import files
from math import pi
from operator import add
from typing import Any

from autograd.operations import ONE_OVER_SQRT_PI, TWO_OVER_SQRT_PI, div, exp, expm1, where
from autograd.rules.language import Formula, NaryOperation, Operation
from autograd.rules.printing import ATOM, Printer, python_expression
from autograd.rules.symbols import Symbol
from autograd.rules.words import shortest

BINDS = {"|": 1, "&": 2, "<": 3, "<=": 3, ">": 3, ">=": 3, "==": 3, "!=": 3}
SIGNS = {"|": "||", "&": "&&", "==": "===", "!=": "!=="}
CALLED = {
    "<": "less", "<=": "at_most", ">": "more", ">=": "at_least", "==": "equal", "!=": "unequal",
    "&": "both", "|": "either",
}  # fmt: skip  # comparisons as functions
OPERATORS = ("add", "sub", "mul", "neg", "pos")  # rows that JavaScript has the same signs for
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
# What computes a primitive row: JavaScript's own routine, one of the runtime, or one of FORMULAS.
ROUTINES = {name: f"Math.{name}" for name in SAME.split()}
RUNTIME_ROUTINES = {
    "div": "divide", "pow": "power", "hypot": "hypot", "norm": "hypot", "sumprod": "sumprod",
    "total": "total",
}  # fmt: skip
RESERVED = {"z", *RUNTIME_ROUTINES.values(), *WORDS.split()}  # what no letter can be called


def _raised(rule: Callable[[], float]) -> str:
    """What this Python says where a rule has no value, as a JavaScript text."""
    try:
        return repr(rule())
    except ArithmeticError as error:
        return json.dumps(str(error))


MESSAGES = [
    f"const DIVISION = {_raised(lambda: 1.0 / 0.0)};",
    f"const NEGATIVE_POWER = {_raised(lambda: 0.0**-1.0)};",
]


def read(name: str, room: str = "page") -> str:
    """A file of the folder `browser` of a room of viz."""
    return (files("viz") / room / "browser" / name).read_text(encoding="utf-8")


def erf_by_series(x: Any) -> Any:
    """erf where there is none: a series of positive terms up to 2, a continued fraction beyond."""
    far = abs(x) > 2.0
    a, b = where(far, 2.0, x), where(far, abs(x), 2.0)
    s = 2.0 * a * a
    series = reduce(lambda t, k: 1.0 + s * t / (2.0 * k + 1.0), range(36, 0, -1), 1.0)
    fraction = reduce(lambda t, k: b + 0.5 * k / t, range(40, 0, -1), b)
    tail = 1.0 - ONE_OVER_SQRT_PI * exp(-b * b) / fraction
    near = TWO_OVER_SQRT_PI * a * exp(-a * a) * series
    return where(far, where(x < 0.0, -tail, tail), near)


SPLIT = 2.0**27 + 1.0  # takes the upper half of the digits


def erfc_by_sum(x: Any) -> Any:
    """erfc: 1 - erf near 0; beyond, a trapezoidal sum over exp(-t*t)/(x*x + t*t), and its pole."""
    near = abs(x) <= 0.5
    b = where(near, 1.0, where(abs(x) > 30.0, 30.0, abs(x)))  # beyond, erfc is 0
    terms = [2.0 * exp(-t * t) / (b * b + t * t) for t in [0.5 * k for k in range(1, 13)]]
    pole = where(b < 6.0, 2.0 / expm1(4.0 * pi * where(b < 6.0, b, 1.0)), 0.0)
    high = SPLIT * b - (SPLIT * b - b)  # whose square is exact: exp(-b*b) would lose digits
    power = exp(-high * high) * exp((high - b) * (high + b))
    tail = power * b * (reduce(add, terms, 1.0 / (b * b)) * (0.5 / pi)) - pole
    return where(near, 1.0 - erf_by_series(where(near, x, 0.0)), where(x < 0.0, 2.0 - tail, tail))


FORMULAS: dict[str, Callable[..., Any]] = {"erf": erf_by_series, "erfc": erfc_by_sum}


def functions(
    rows: Iterable[tuple[Operation, int]],
    formulas: Mapping[str, tuple[Sequence[str], Sequence[Any]]] | None = None,
) -> str:
    """A JavaScript expression for the functions of these rows, each with its number of operands.

    `formulas` are more entries, each a name, letters and rules in them: its function takes an
    array of numbers for the letters, and gives an array.
    TypeError where a row is opaque, JavaScript lacks its routine, or two rows share a name.
    """
    script = Script()
    entries = [script.entry(row, count) for row, count in dict.fromkeys(rows)]
    for name, (letters, rules) in (formulas or {}).items():
        operands = f"[{', '.join(letters)}]"
        entries.append(f"{_text(name)}: {script.arrow(operands, [*rules])},")
    definitions = [script.definition(row, count) for row, count in script.called]
    runtime = [*MESSAGES, read("runtime.js"), *definitions]
    return "\n".join(["(() => {", '"use strict";', *runtime, "return {", *entries, "};", "})()"])


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
        name = CALLED.get(row.name, row.name)
        return f"${name}${count}" if isinstance(row, NaryOperation) else f"${name}"

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
        if row.binds < ATOM and count == 2:
            parts.append("infix: true")
        domain = _domain(row, letters)
        if row.needs or domain is not None:
            always = "true" if row.needs else "false"
            parts.append(f"needs: {_text(_needs(row, count))}, always: {always}")
        if domain is not None:
            parts.append(f"domain: {self.arrow(operands, domain)}")
            if not row.primitive:  # a routine looks by itself
                parts.append("within: true")
        if row.primitive and row.name in ROUTINES:
            forward = f"guarded({ROUTINES[row.name]})"
        else:
            forward = self.arrow(operands, _forward(row, letters))
        return f"const {self.call(row, count)} = explained({{{', '.join(parts)}}}, {forward});"

    def arrow(self, operands: str, rules: Any) -> str:
        """A rule, or a list of rules, as an arrow function."""
        many = isinstance(rules, list)
        printer = JavaScriptPrinter(self)
        steps = printer.statements(rules if many else [rules], "$")
        lines = [f"const {name} = {text};" for name, text in steps]
        result = f"[{', '.join(map(printer.value, rules))}]" if many else printer.value(rules)
        if not lines:
            return f"({operands}) => {result}"
        return f"({operands}) => {{ {' '.join(lines)} return {result}; }}"


class JavaScriptPrinter(Printer):
    """Writes rules as JavaScript; what they call is noted in a script."""

    negates = ATOM  # --x would be something else

    def __init__(self, script: Script) -> None:
        super().__init__(_number)
        self._script = script

    def binds(self, symbol: Symbol) -> int:
        head = symbol.head
        if isinstance(head, str):
            return BINDS[head]
        if head.name in OPERATORS or _never_fails(symbol):
            return int(head.binds)
        return ATOM

    def sign(self, head: Any) -> str:
        return SIGNS.get(head) or super().sign(head)

    def call(self, row: Operation, operands: Sequence[Any]) -> tuple[str, int]:
        if row is where:
            condition, a, b = operands
            return f"({self._condition(condition)} ? {self.value(a)} : {self.value(b)})", ATOM
        called = ", ".join(map(self.value, operands))
        if row.name in RUNTIME_ROUTINES:
            return f"{RUNTIME_ROUTINES[row.name]}({called})", ATOM
        return f"{self._script.call(row, len(operands))}([{called}])", ATOM

    def value(self, rule: Any) -> str:
        """A rule as a number: a comparison is 1 or 0, as in Python."""
        return f"Number({self.text(rule)})" if _is_comparison(rule) else self.text(rule)

    def _condition(self, rule: Any) -> str:
        """A comparison as it is; a number, which is true unless it is 0, compared with it."""
        if _is_comparison(rule):
            return self.text(rule)
        text, binding = self.bound(rule)
        return f"{self.group(text) if binding <= BINDS['!='] else text} !== 0"


def _never_fails(symbol: Symbol) -> bool:
    """Whether this is a division by a number, which needs no routine to say that it is 0."""
    divisor = symbol.operands[-1]
    return symbol.head is div and not isinstance(divisor, Symbol) and divisor != 0.0


def _is_comparison(rule: Any) -> bool:
    return isinstance(rule, Symbol) and isinstance(rule.head, str) and bool(rule.operands)


def _forward(row: Operation, letters: Sequence[str]) -> Any:
    """The forward rule in what JavaScript has."""
    if row.name in CALLED:
        return Symbol(row.name, [Symbol(letter) for letter in letters])
    if not row.primitive:
        return Formula(row, len(letters), letters).forward
    if row.name in FORMULAS:
        return FORMULAS[row.name](*map(Symbol, letters))
    if row is where or row.name in OPERATORS or row.name in RUNTIME_ROUTINES:
        return Symbol(row, [Symbol(letter) for letter in letters])
    raise TypeError(
        f"operation {row.name!r} has no formula, and JavaScript has no Math.{row.name}: "
        "write its forward rule in the language of rules"
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
