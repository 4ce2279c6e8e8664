"""What an instruction computes, as a formula, and as text for a target that reads as Python does.

    formula_of(head, symbols)                      made of numbers, primitive rows and comparisons
    Texts(printer).of(head, ["v1", "v2"])          the steps to take first, and the result

Every formula is a rule of the table, run on symbols; nothing is derived here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

from autograd.operations import power, where
from autograd.rules.language import BUILT_IN, NaryOperation, Operation
from autograd.rules.printing import Printer, python_expression
from autograd.rules.symbols import CONDITIONS, Symbol
from autograd.tape.program.instructions import Slope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Written(Symbol):
    """A symbol on which calls become formulas, and what numbers decide is decided."""

    __slots__ = ()
    __hash__ = object.__hash__

    @classmethod
    def _record(cls, operation: Any, operands: Sequence[Any]) -> Any:
        if operation.chooses is not None:
            selectors = operation.selectors(len(operands))
            if not any(isinstance(operands[i], Symbol) for i in selectors):
                return operation.compute(operands)
        if operation is power and not isinstance(operands[1], Symbol):
            x, y = operands
            if y == 0.0:
                return 1.0  # of every x, NaN too
            if y == 1.0:
                return x
            if y == 2.0:
                return x * x
        if operation.primitive and operation.terms is None:
            return cls(operation, operands)
        return forward(operation, tuple(operands))

    def __and__(self, y: Any) -> Any:
        return super().__and__(y) if isinstance(y, Symbol) else self if y else False

    def __or__(self, y: Any) -> Any:
        return super().__or__(y) if isinstance(y, Symbol) else True if y else self

    __rand__, __ror__ = __and__, __or__


def formula_of(head: Any, xs: Sequence[Any]) -> Any:
    """A head on symbols, made of numbers, primitive rows and comparisons alone.

    Off its domain a formula is NaN.  TypeError where a rule is an arbitrary Python function.
    """
    try:
        return head.rule(*xs) if isinstance(head, Slope) else forward(head, tuple(xs))
    except (AttributeError, ArithmeticError, ValueError) as error:
        raise TypeError(f"{head!r} has no formula: {error}") from error


def forward(row: Operation, xs: tuple[Any, ...]) -> Any:
    """The forward rule of a row: a sum as its terms, a routine as its call."""
    if row.name in CONDITIONS:
        return Written(row.name, xs)
    if row.primitive and row.terms is None:
        if row.name not in BUILT_IN:
            raise TypeError(f"{row!r} is a routine that no target has")
        return Written._record(row, xs)
    z = row.compute(xs)
    return z if row.domain is None else where(row.domain(*xs), z, nan)


def fingerprint(row: Operation) -> str:
    """The rules of a row as text; empty where one is an arbitrary Python function."""
    count = 3 if isinstance(row, NaryOperation) else len(row.partials)
    xs = [Written(f"x{i}") for i in range(count)]
    try:
        rules = [formula_of(row, xs), *row.differentiate(tuple(xs), Written("z"))]
        return "; ".join([python_expression(rule) for rule in rules])
    except (AttributeError, ArithmeticError, TypeError, ValueError):
        return ""


class Texts:
    """Instructions as text; a formula is printed once for a head and a number of operands."""

    def __init__(
        self,
        printer: Callable[[], Printer],
        result: Callable[[Any, Any], str] = lambda printer, rule: str(printer.text(rule)),
    ) -> None:
        self._printer, self._result = printer, result
        self._known: dict[tuple[Any, ...], tuple[list[tuple[str, str]], str]] = {}

    def of(self, head: Any, operands: Sequence[str | float]) -> tuple[list[tuple[str, str]], str]:
        """The steps to take first, each a name and a text, and the text of the result.

        Operands are names, or numbers, which decide what a rule asks of them.
        """
        key = head, *[None if isinstance(x, str) else repr(x) for x in operands]
        if key not in self._known:
            rule = formula_of(
                head,
                [Written(f"{{{i}}}") if isinstance(x, str) else x for i, x in enumerate(operands)],
            )
            printer = self._printer()
            steps = list(printer.statements(getattr(rule, "operands", ()), "t"))
            self._known[key] = steps, self._result(printer, rule)
        steps, text = self._known[key]
        return [(name, step.format(*operands)) for name, step in steps], text.format(*operands)


def numeral(x: float) -> str:
    """A number as an operand that may stand anywhere in a text."""
    return repr(x) if x >= 0 else f"({x!r})"  # NaN too, whose name is no sign
