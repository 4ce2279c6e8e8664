"""The manual page of a row, made from its columns when it is asked for: what `help(tanh)` shows.

    signature(row)          how it is called
    page(row, formula)      that, the formula, the derivatives, domain and kink, and an example
    misuse(row, ...)        what a call that the row does not take is told

Imports symbols and printing; the language asks it where somebody wants help, and not before.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from inspect import Parameter, Signature
from inspect import signature as signature_of
from itertools import permutations
from math import isfinite

from autograd.rules.printing import PythonPrinter, python_expression
from autograd.rules.symbols import COARSE, Symbol
from autograd.rules.words import shortest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NUMBERS = (0.5, 2.0, 3.0, -1.0, 0.25, 1.0, 0.0, 10.0, 100.0)  # an example takes the first that suit
DIGITS = 6  # of the numbers that a page shows
LONG = 80  # characters; of a longer formula only the call is shown

# ---- how a row is called -------------------------------------------------------------------------


def signature(row: Any) -> Signature:
    """The arguments of a call: (x), (x, low, high), (w, x, start=0.0)."""
    if row.operands is None or row.operands is tuple:
        letters = row.letters(len(row.partials)) if row.operands is None else ["xs"]
        return Signature([Parameter(letter, Parameter.POSITIONAL_OR_KEYWORD) for letter in letters])
    written = signature_of(row.operands).parameters.values()
    return Signature([parameter.replace(annotation=Parameter.empty) for parameter in written])


def usage(row: Any) -> str:
    """How a row is called: clip(x, low, high), total([x0, x1, x2])."""
    return str(row.spell(row.letters(3 if is_nary(row) else len(row.partials))))


def is_nary(row: Any) -> bool:
    """Whether a row takes any number of operands."""
    return bool(row.takes(len(row.partials) + 1))


def misuse(
    row: Any, arguments: Sequence[Any], named: Mapping[str, Any], error: TypeError
) -> TypeError:
    """The error for a call that a row does not take; why, where the arguments are as many."""
    kinds = [type(x).__name__ for x in arguments]
    kinds += [f"{name}={type(x).__name__}" for name, x in named.items()]
    written, example = f"{row.name}{signature(row)}", usage(row)
    written += f", as in {example}" if example != written else ""
    message = f"{row.name} is written {written}; got {row.name}({', '.join(kinds)})"
    try:
        signature(row).bind(*arguments, **named)
    except TypeError:
        return TypeError(message)
    return TypeError(f"{message}: {error}")


# ---- the page ------------------------------------------------------------------------------------


def page(row: Any, formula: Any) -> str:
    """What help shows of a row; `formula` is None where its rules are no formulas."""
    parts = [f"{row.name}{signature(row)}"]
    facts = _facts(row, formula)
    wide = max([len(left) for left, _ in facts], default=0)
    parts.append("\n".join([f"{left:{wide}} = {right}" for left, right in facts]))
    parts += [*_limits(row), "\n".join(_example(row))]
    return "\n\n".join(filter(None, parts))


def _facts(row: Any, formula: Any) -> list[tuple[str, str]]:
    """The formula and the derivatives, each as the two sides of an equation."""
    if formula is None:
        return []
    nary = is_nary(row)
    forward = formula.forward
    if row.primitive and row.terms is not None:
        forward = reduce(operator.add, row.terms(tuple(map(Symbol, formula.letters))))
    text = in_short(away_from_edges(forward, nary))
    facts = [("z", text if len(text) <= LONG else row.spell(formula.letters))]
    for letter, text in zip(formula.letters, derivative_texts(row, formula)):
        facts.append((f"dz/d{letter}", text))
    return facts


def derivative_texts(row: Any, formula: Any) -> list[str]:
    """The derivatives as formulas; where one is too long to read, what its rule says of itself."""
    texts = [in_short(away_from_edges(rule, is_nary(row))) for rule in formula.partials]
    if is_nary(row):
        return texts
    docs = [getattr(rule, "__doc__", None) for rule in row.partials]
    return [
        doc.removesuffix(".") if doc and len(text) > LONG else text
        for text, doc in zip(texts, docs, strict=True)
    ]


def _limits(row: Any) -> Iterator[str]:
    """Where a row has a value, and where it has a kink."""
    letters = row.letters(3 if is_nary(row) else len(row.partials))
    domain = domain_text(row, letters)
    if domain:
        yield f"It needs {domain}."
    if row.kink is not None:
        yield f"It has a kink where {_kink(row, letters)}."


def domain_text(row: Any, letters: Sequence[str]) -> str:
    """The condition of a row in words or as a formula, nothing where it takes every number."""
    if row.needs or row.domain is None:
        return str(row.needs)
    try:
        return in_short(row.domain(*map(Symbol, letters)))
    except (AttributeError, TypeError):
        return "a condition that is an arbitrary Python function"


def _kink(row: Any, letters: Sequence[str]) -> str:
    """Where the distance to the kink is 0: said by its docstring, or its formula."""
    if row.kink.__doc__ and hasattr(row.kink, "__code__"):  # a function of Python's has another
        return str(row.kink.__doc__).strip().removesuffix(".")
    try:
        return f"{in_short(row.kink(*map(Symbol, letters)))} = 0"
    except (AttributeError, TypeError):
        return "its `kink` is 0"


def away_from_edges(rule: Any, nary: bool) -> Any:
    """The rule away from edges and NaN: where(x == number, a, b) is b, where(z == z, a, b) is a.

    So is where(x < number, a, b) of a number that only rounding speaks of.
    """
    if not isinstance(rule, Symbol) or not rule.operands:
        return rule
    if getattr(rule.head, "chooses", None) is not None and len(rule.operands) == 3:
        condition, a, b = rule.operands
        if isinstance(condition, Symbol) and condition.head == "==":
            left, right = condition.operands
            if left is right:
                return away_from_edges(a, nary)
            if isinstance(right, float) and not nary:
                return away_from_edges(b, nary)
        if isinstance(condition, Symbol) and condition.head == "<":
            bound = condition.operands[1]
            if isinstance(bound, float) and bound >= COARSE:
                return away_from_edges(a, nary)
        if isinstance(condition, Symbol) and condition.head == "&":
            equations = [x for x in condition.operands if isinstance(x, Symbol) and x.head == "=="]
            if any(isinstance(x.operands[1], float) for x in equations):
                return away_from_edges(b, nary)  # several conditions at once: a corner
    operands = [away_from_edges(x, nary) for x in rule.operands]
    by_1 = (
        getattr(rule.head, "name", "") == "div"
        and isinstance(operands[1], float)
        and operands[1] == 1.0
    )
    return operands[0] if by_1 else Symbol(rule.head, operands)


def in_short(rule: Any) -> str:
    """A rule in Python, its numbers rounded for reading."""
    return python_expression(rule, lambda x: shortest(round(x, DIGITS)))


# ---- the example ---------------------------------------------------------------------------------


def _example(row: Any) -> list[str]:
    """A row on Values, as Python prints it; nothing where no number suits."""
    for count in (3, 2, 4) if is_nary(row) else (len(row.partials),):
        letters = row.letters(count)
        call = PythonPrinter().text(Symbol(row, tuple(map(Symbol, letters))))
        selectors = row.selectors(count)
        for xs in _points(count, selectors):
            numbers = _numbers(row, call, xs, selectors)
            if numbers:
                given = [str(int(x)) if i in selectors else f"Value({x})" for i, x in enumerate(xs)]
                asked = [f"{a}.grad" for i, a in enumerate(letters) if i not in selectors]
                return [
                    f">>> {', '.join(letters)} = {', '.join(given)}",
                    f">>> z = {call}",
                    ">>> z.backward()",
                    f">>> {', '.join([f'round({x}, {DIGITS})' for x in ('z.data', *asked)])}",
                    f"({', '.join(numbers)})",
                ]
    return []


def _points(count: int, selectors: set[int]) -> Iterator[tuple[float, ...]]:
    """Operands to try: what chooses is 1 or 0."""
    for choice in (1.0, 0.0) if selectors else (0.0,):
        for free in permutations(NUMBERS, count - len(selectors)):
            numbers = iter(free)
            yield tuple([choice if i in selectors else next(numbers) for i in range(count)])


def _numbers(row: Any, call: str, xs: Sequence[float], selectors: set[int]) -> list[str]:
    """z and the derivatives as the example prints them; nothing where it would teach little."""
    letters = row.letters(len(xs))
    try:
        if row.domain is not None and not row.domain(*xs):
            return []
        if row.kink is not None and row.kink(*xs) < 0.1:
            return []
        z = eval(call, {row.name: row}, dict(zip(letters, xs)))  # the text that the page shows
        slopes = row.differentiate(xs, z)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return []
    slopes = [d for i, d in enumerate(slopes) if i not in selectors]
    telling = any(slopes) if is_nary(row) or selectors else slopes[0]
    if not telling or not all(map(isfinite, (z, *slopes))):
        return []
    return [repr(round(x, DIGITS)) for x in (z, *slopes)]
