"""A transformer of one head on Values: it reads letters and gives, at each, the loss of the next.

About 4,000 parameters; a program of lists and loops, traced to its first gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

from autograd import Value, exp, logsumexp, lookup, mean, relu, sqrt, sumprod

LETTERS, WIDTH, LENGTH = 27, 16, 8

Matrix = list[list[Value]]
Vector = Sequence[Any]


class Transformer:
    """Embeddings, one block of attention and one of two layers, and scores of the letters."""

    def __init__(self, rng: Random) -> None:
        def matrix(rows: int, columns: int) -> Matrix:
            return [[Value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.letters, self.places = matrix(LETTERS, WIDTH), matrix(LENGTH, WIDTH)
        self.queries, self.keys = matrix(WIDTH, WIDTH), matrix(WIDTH, WIDTH)
        self.values, self.mixed = matrix(WIDTH, WIDTH), matrix(WIDTH, WIDTH)
        self.wider, self.narrower = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.scores = matrix(LETTERS, WIDTH)

    def parameters(self) -> list[Value]:
        """All numbers that are learned."""
        return [p for matrix in vars(self).values() for row in matrix for p in row]

    def loss(self, letters: Sequence[Any]) -> Value:
        """The mean cross-entropy of each letter after those before it."""
        keys: list[Vector] = []
        values: list[Vector] = []
        losses = []
        for place, (letter, following) in enumerate(pairwise(letters)):
            embedding = [lookup(column, letter) for column in zip(*self.letters)]
            x = normalized([a + b for a, b in zip(embedding, self.places[place])])
            x = plus(x, self.attention(normalized(x), keys, values))
            hidden = [relu(a) for a in times(self.wider, normalized(x))]
            x = plus(x, times(self.narrower, hidden))
            scores = times(self.scores, x)
            losses.append(logsumexp(scores) - lookup(scores, following))
        return mean(losses)

    def attention(self, x: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
        """What a place takes from itself and those before it."""
        keys.append(times(self.keys, x))
        values.append(times(self.values, x))
        query = times(self.queries, x)
        likeness = [sumprod(query, key) * WIDTH**-0.5 for key in keys]
        whole = logsumexp(likeness)
        weights = [exp(a - whole) for a in likeness]
        return times(self.mixed, [sumprod(weights, column) for column in zip(*values)])


def times(matrix: Matrix, x: Vector) -> Vector:
    """A matrix times a vector."""
    return [sumprod(row, x) for row in matrix]


def plus(x: Vector, y: Vector) -> Vector:
    """The sum of two vectors."""
    return [a + b for a, b in zip(x, y)]


def normalized(x: Vector) -> Vector:
    """A vector over the root of the mean of its squares."""
    scale = 1.0 / sqrt(sumprod(x, x) / len(x) + 1e-5)
    return [a * scale for a in x]
