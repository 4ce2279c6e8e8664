"""What the five derivations share: an activation's derivative, and products of lists.

Letters: activation g, input x; matrices are lists of rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.rules.language import Operation

Vector = Sequence[float]
Matrix = Sequence[Vector]


def slope(g: Operation, x: float) -> float:
    """g'(x), by the rule of the row g."""
    xs = (x,) if g.operands is None else g.operands(x)
    derivative: float = g.differentiate(xs, g.compute(xs))[0]
    return derivative


def dot(u: Vector, v: Vector) -> float:
    """The sum of u[i] * v[i]; ValueError where the lengths differ."""
    return sum(a * b for a, b in zip(u, v, strict=True))


def apply(W: Matrix, x: Vector) -> list[float]:
    """The matrix W times the vector x."""
    return [dot(row, x) for row in W]


def transpose(W: Matrix) -> list[list[float]]:
    """Rows as columns."""
    return [list(column) for column in zip(*W, strict=True)]


def hadamard(u: Vector, v: Vector) -> list[float]:
    """The product element by element."""
    return [a * b for a, b in zip(u, v, strict=True)]


def outer(u: Vector, v: Vector) -> list[list[float]]:
    """The matrix u[i] * v[j]."""
    return [[a * b for b in v] for a in u]
