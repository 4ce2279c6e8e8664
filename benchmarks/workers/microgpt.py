"""A small language model on scalars, in the style of microgpt: lists of lists of nodes, and loops.

It learns to write names letter by letter; one transformer block, one node per + and *.  It runs on
whatever class of nodes it is given, which needs + - * / **, `exp`, `log`, `relu` and `backward`.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from time import perf_counter
from typing import Any

from benchmarks.workers.collector import CollectorClock

Vector = list[Any]
Matrix = list[Vector]

WIDTH, HEADS, LONGEST = 16, 4, 16
LETTERS = "abcdefghijklmnopqrstuvwxyz"
EDGE = len(LETTERS)  # the token before the first letter and after the last


def weights(node: Callable[[float], Any], rng: random.Random) -> dict[str, Matrix]:
    """The matrices of the model, each a list of rows."""

    def matrix(rows: int, columns: int) -> Matrix:
        return [[node(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

    return {
        "letter": matrix(EDGE + 1, WIDTH),
        "place": matrix(LONGEST, WIDTH),
        "query": matrix(WIDTH, WIDTH),
        "key": matrix(WIDTH, WIDTH),
        "value": matrix(WIDTH, WIDTH),
        "join": matrix(WIDTH, WIDTH),
        "widen": matrix(4 * WIDTH, WIDTH),
        "narrow": matrix(WIDTH, 4 * WIDTH),
        "score": matrix(EDGE + 1, WIDTH),
    }


def linear(w: Matrix, x: Vector) -> Vector:
    """Each row of w times x."""
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(xs: Vector) -> Vector:
    """Shares that sum to 1."""
    highest = max(x.data for x in xs)
    powers = [(x - highest).exp() for x in xs]
    whole = sum(powers)
    return [p / whole for p in powers]


def rmsnorm(x: Vector) -> Vector:
    """x, scaled to a mean square of 1."""
    square = sum(xi * xi for xi in x) / len(x)
    scale = (square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def attention(query: Vector, keys: Matrix, values: Matrix) -> Vector:
    """For each head, the mean of the values so far, weighted by how well their keys fit."""
    size = WIDTH // HEADS
    found = []
    for start in range(0, WIDTH, size):
        part = slice(start, start + size)
        fits = [sum(qi * ki for qi, ki in zip(query[part], key[part])) / size**0.5 for key in keys]
        shares = softmax(fits)
        found += [
            sum(share * value[i] for share, value in zip(shares, values))
            for i in range(start, start + size)
        ]
    return found


def scores(model: dict[str, Matrix], token: int, keys: Matrix, values: Matrix) -> Vector:
    """How likely each next letter is, before softmax; this place's key and value are added."""
    x = rmsnorm([a + b for a, b in zip(model["letter"][token], model["place"][len(keys)])])
    y = rmsnorm(x)
    keys.append(linear(model["key"], y))
    values.append(linear(model["value"], y))
    y = linear(model["join"], attention(linear(model["query"], y), keys, values))
    x = [a + b for a, b in zip(x, y)]
    y = [a.relu() for a in linear(model["widen"], rmsnorm(x))]
    x = [a + b for a, b in zip(x, linear(model["narrow"], y))]
    return linear(model["score"], x)


def name_loss(model: dict[str, Matrix], name: str) -> Any:
    """The mean surprise at each letter of a name and at its end."""
    tokens = [EDGE, *map(LETTERS.index, name), EDGE]
    keys: Matrix = []
    values: Matrix = []
    losses = []
    for token, target in pairwise(tokens):
        shares = softmax(scores(model, token, keys, values))
        losses.append(-shares[target].log())
    return (1 / len(losses)) * sum(losses)


class Adam:
    """Steps along the mean gradient, over the root of its mean square."""

    def __init__(self, parameters: Sequence[Any], steps: int) -> None:
        self.parameters = parameters
        self.steps = steps
        self.mean = [0.0] * len(parameters)
        self.square = [0.0] * len(parameters)

    def update(self, step: int) -> None:
        """Move every parameter, and clear its gradient."""
        rate = 0.01 * (1 - step / self.steps)
        for i, p in enumerate(self.parameters):
            self.mean[i] = m = 0.85 * self.mean[i] + 0.15 * p.grad
            self.square[i] = s = 0.99 * self.square[i] + 0.01 * p.grad**2
            corrected = m / (1 - 0.85 ** (step + 1)), s / (1 - 0.99 ** (step + 1))
            p.data -= rate * corrected[0] / (corrected[1] ** 0.5 + 1e-8)
            p.grad = 0.0


def run(
    node: Callable[[float], Any], names: Sequence[str], collector: bool, profile: bool = False
) -> dict[str, Any]:
    """Seconds of build, backward, update and release, and the loss, of a step on each name."""
    model = weights(node, random.Random(1337))
    parameters = [p for matrix in model.values() for row in matrix for p in row]
    adam = Adam(parameters, len(names))
    if not collector:
        gc.disable()
    clock = CollectorClock() if profile else None
    steps = []
    for step, name in enumerate(names):
        before = clock.seconds if clock else 0.0
        times = [perf_counter()]
        loss = name_loss(model, name)
        times.append(perf_counter())
        loss.backward()
        times.append(perf_counter())
        adam.update(step)
        times.append(perf_counter())
        number = loss.data
        del loss
        times.append(perf_counter())
        steps.append(
            {
                "phases": [end - start for start, end in pairwise(times)],
                "collector": clock.seconds - before if clock else None,
                "loss": number,
            }
        )
        if not collector:
            gc.collect()  # untimed: else cyclic graphs pile up and steps wait for fresh memory
    return {"steps": steps}
