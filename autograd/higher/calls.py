"""What `grad` and its kin give, for type checkers: floats in, floats out; Values in, Values out.

Imported by nothing at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar, overload

from autograd.value import Value

F = TypeVar("F", covariant=True)  # of a float
V = TypeVar("V", covariant=True)  # of a Value
Fs = TypeVar("Fs", covariant=True)  # of floats
Vs = TypeVar("Vs", covariant=True)  # of Values


class Array(Protocol):
    """An array of NumPy's, as far as it matters here."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class Transformed(Protocol[F, V, Fs, Vs]):
    """A function whose result has the shape that its first argument asks for."""

    @overload
    def __call__(self, x: float, /, *others: Any) -> F: ...
    @overload
    def __call__(self, x: Value, /, *others: Any) -> V: ...
    @overload
    def __call__(self, x: Sequence[float], /, *others: Any) -> Fs: ...
    @overload
    def __call__(self, x: Sequence[Value], /, *others: Any) -> Vs: ...
    @overload
    def __call__(self, x: list[Any] | tuple[Any, ...] | Array, /, *others: Any) -> Any: ...


Gradient = Transformed[float, Value, list[float], list[Value]]
Pair = Transformed[
    tuple[float, float], tuple[Value, Value], tuple[float, list[float]], tuple[Value, list[Value]]
]
Hessian = Transformed[float, Value, list[list[float]], list[list[Value]]]
Jacobian = Transformed[list[float], list[Value], list[list[float]], list[list[Value]]]
Mode = Literal["forward", "reverse"]
Argnum = int | tuple[int, ...]
