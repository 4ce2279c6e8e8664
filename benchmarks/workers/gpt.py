"""The small language model of `microgpt`: one gradient over one name, eager and on a tape.

Eager it is the program as it stands there, one node per + and *; traced, a sum of products is one
node and letters are inputs, so that one tape serves all names of a length.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from autograd import Value, exp, logsumexp, lookup, mean, relu, sumprod, trace
from benchmarks.workers.compiled import ENGINE, Contest, of_tape, on_one_core, timed
from benchmarks.workers.microgpt import (
    EDGE,
    HEADS,
    LETTERS,
    WIDTH,
    Matrix,
    Vector,
    name_loss,
    weights,
)


def measure(contestant: str, name: str, seconds: float, calls: int) -> dict[str, Any]:
    """Median microseconds of a gradient, and what was found."""
    on_one_core()
    return timed(CONTESTANTS[contestant](name), seconds, calls)


def _model() -> tuple[dict[str, Matrix], Vector]:
    """The matrices, and all their numbers."""
    model = weights(Value, random.Random(1337))
    return model, [p for matrix in model.values() for row in matrix for p in row]


def eager(name: str) -> Contest:
    """A graph is built, goes backward and is freed."""
    model, parameters = _model()
    losses: list[float] = []

    def call() -> None:
        for p in parameters:
            p.grad = 0.0
        loss = name_loss(model, name)
        loss.backward()
        losses[:] = [loss.data]

    return Contest(call, lambda: [*losses, *[p.grad for p in parameters]])


def recorded(name: str) -> tuple[Any, list[Any]]:
    """The tape of names of this length, and the arrays that its gradient is called with."""
    import numpy as np

    model, parameters = _model()
    letters = [EDGE, *map(LETTERS.index, name), EDGE]
    made = trace(lambda letters: loss(model, letters), letters, parameters=parameters)
    return made, [np.array([p.data for p in parameters]), np.array([letters], float)]


def tape(name: str) -> Contest:
    """The public call on arrays, of one example."""
    made, numbers = recorded(name)
    return of_tape(made.using(ENGINE), *numbers)


CONTESTANTS = {f.__name__: f for f in (eager, tape)}


# ---- the model, a node for a sum -----------------------------------------------------------------


def loss(model: dict[str, Matrix], letters: Sequence[Any]) -> Value:
    """The mean surprise at each letter and at the name's end."""
    keys: Matrix = []
    values: Matrix = []
    losses = []
    for place, (letter, following) in enumerate(pairwise(letters)):
        embedding = [lookup(column, letter) for column in zip(*model["letter"])]
        x = scaled([a + b for a, b in zip(embedding, model["place"][place])])
        y = scaled(x)
        keys.append(times(model["key"], y))
        values.append(times(model["value"], y))
        y = times(model["join"], attention(times(model["query"], y), keys, values))
        x = [a + b for a, b in zip(x, y)]
        y = [relu(a) for a in times(model["widen"], scaled(x))]
        x = [a + b for a, b in zip(x, times(model["narrow"], y))]
        scores = times(model["score"], x)
        losses.append(logsumexp(scores) - lookup(scores, following))
    return mean(losses)


def times(matrix: Matrix, x: Vector) -> Vector:
    """Each row of a matrix times x."""
    return [sumprod(row, x) for row in matrix]


def scaled(x: Vector) -> Vector:
    """x, scaled to a mean square of 1."""
    scale = (sumprod(x, x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def attention(query: Vector, keys: Matrix, values: Matrix) -> Vector:
    """For each head, the mean of the values so far, weighted by how well their keys fit."""
    size = WIDTH // HEADS
    found = []
    for start in range(0, WIDTH, size):
        part = slice(start, start + size)
        fits = [sumprod(query[part], key[part]) / size**0.5 for key in keys]
        whole = logsumexp(fits)
        shares = [exp(a - whole) for a in fits]
        found += [sumprod(shares, column) for column in zip(*[value[part] for value in values])]
    return found
