"""How rows are called, for type checkers: floats in, a float out; a Value in, a Value out.

Imported by nothing at run time, and imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar, overload

# mypy: disable-error-code="overload-overlap"
# Floats alone fit both overloads, and in the second V then stands for nothing: the first is meant.


class Recorder(Protocol):
    """What rows record on besides computing, as on a Value."""

    @property
    def _record(self) -> Callable[..., Any]: ...


V = TypeVar("V", bound=Recorder)


class OfNumbers(Protocol):
    """tanh(x), hypot(x, y), maximum(x, y, z)."""

    @overload
    def __call__(self, *arguments: float, **named: float) -> float: ...
    @overload
    def __call__(self, *arguments: V | float, **named: V | float) -> V: ...


class OfSequence(Protocol):
    """total(xs)."""

    @overload
    def __call__(self, xs: Iterable[float], /) -> float: ...
    @overload
    def __call__(self, xs: Iterable[V | float], /) -> V: ...


class OfWeights(Protocol):
    """sumprod(w, x, start)."""

    @overload
    def __call__(self, w: Sequence[float], x: Sequence[float], start: float = 0.0) -> float: ...
    @overload
    def __call__(
        self, w: Sequence[V | float], x: Sequence[V | float], start: V | float = 0.0
    ) -> V: ...


class OfItems(Protocol):
    """lookup(items, index)."""

    @overload
    def __call__(self, items: Sequence[float], index: float) -> float: ...
    @overload
    def __call__(self, items: Sequence[V | float], index: V | float) -> V: ...
