"""Seconds to check the gradient of a program of some hundred nodes that share their operands."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from autograd import Value, describe, gradcheck, tanh

VARIABLES = 10


def program(nodes: int) -> Any:
    """A function of ten numbers that makes exactly so many nodes and no constants."""

    def f(*xs: Value) -> Value:
        made = list(xs)
        for i in range(nodes - VARIABLES):
            x, y = made[-1], made[(i * 7) % len(made)]
            make = (Value.__add__, Value.__mul__, lambda x, y: tanh(x), Value.__sub__)[i % 4]
            made.append(make(x, y))
        return made[-1]

    return f


def measure(nodes: int) -> dict[str, Any]:
    """Seconds of one check, and what it found."""
    f, inputs = program(nodes), [0.1 * (i + 1) for i in range(VARIABLES)]
    start = perf_counter()
    report = gradcheck(f, inputs)
    seconds = perf_counter() - start
    return {
        "seconds": seconds,
        "nodes": describe(report.root).nodes,
        "derivatives": len(report.rows),
        "confirmed": report.count("ok"),
    }
