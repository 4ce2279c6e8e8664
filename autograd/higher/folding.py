"""Arithmetic that folds: numbers stay numbers, conditions are decided, 0 and 1 leave no trace.

Derivatives run the rules of the table on quantities of this kind, so that a derivative is no
larger than what one would write by hand.  Imports only the language of rules; whoever runs rules
(derivatives on Values, explanations on symbols) may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from autograd.rules.language import Operation
from autograd.rules.symbols import Recorder
from autograd.rules.words import real

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Folding(Recorder):
    """A quantity whose number `data` is known; `make` records an operation that does not fold."""

    __slots__ = ()
    __hash__ = object.__hash__

    if TYPE_CHECKING:

        @property
        def data(self) -> float: ...
        @classmethod
        def make(cls, operation: Operation, operands: Sequence[Any]) -> Any: ...

    @classmethod
    def _record(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        folded = cls.fold(operation, operands)
        return cls.make(operation, operands) if folded is None else folded

    @classmethod
    def fold(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        """The number or operand that the operation comes to; None where it has to be made."""
        for x in operands:
            if isinstance(x, Folding):
                if operation.chooses is not None:  # its conditions are decided as it runs
                    return cls.choose(operation, operands)
                rule = FOLDS.get(operation.name)
                return None if rule is None else rule(*operands)
        numbers = [real(x, f"an operand of {operation.symbol}") for x in operands]
        return operation.evaluate(tuple(numbers))

    @classmethod
    def choose(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        """The operand that a row takes."""
        return operation.compute(operands)

    def meets(self, y: Any) -> bool:
        return self.data == number(y)

    # fmt: off
    def __lt__(self, y: Any) -> bool: return self.data < number(y)
    def __le__(self, y: Any) -> bool: return self.data <= number(y)
    def __gt__(self, y: Any) -> bool: return self.data > number(y)
    def __ge__(self, y: Any) -> bool: return self.data >= number(y)
    def __eq__(self, y: Any) -> bool: return self.data == number(y)
    def __ne__(self, y: Any) -> bool: return self.data != number(y)
    # fmt: on

    def __bool__(self) -> bool:
        return bool(self.data)


def number(x: Any) -> float:
    """The number of a quantity, or of a number."""
    return x.data if isinstance(x, Folding) else float(x)


def is_number(x: Any, value: float) -> bool:
    """Whether x is this number, as such: a quantity that happens to have it is not."""
    return not isinstance(x, Folding) and x == value


def _add(x: Any, y: Any) -> Any:
    return y if is_number(x, 0.0) else x if is_number(y, 0.0) else None


def _sub(x: Any, y: Any) -> Any:
    return -y if is_number(x, 0.0) else x if is_number(y, 0.0) else None


def _mul(x: Any, y: Any) -> Any:
    factor, other = (y, x) if isinstance(x, Folding) else (x, y)
    if isinstance(factor, Folding):
        return None
    if factor == 0.0 and isfinite(other.data):
        return 0.0
    return other if factor == 1.0 else -other if factor == -1.0 else None


def _div(x: Any, y: Any) -> Any:
    if is_number(x, 0.0) and abs(number(y)) > 0.0:  # neither 0 nor NaN
        return 0.0
    return x if is_number(y, 1.0) else None


def _pow(x: Any, y: Any) -> Any:
    return 1.0 if is_number(y, 0.0) else x if is_number(y, 1.0) else None


def _only(*xs: Any) -> Any:
    return xs[0] if len(xs) == 1 else None


FOLDS: dict[str, Callable[..., Any]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "pos": lambda x: x,
    "total": _only,
    "prod": _only,
}
