"""A chain of operations: seconds to build it, to go backward, and to free it.

Time is taken around each of the three; the leaf outlives them.
"""

from __future__ import annotations

import gc
from itertools import pairwise
from time import perf_counter
from typing import Any

from autograd import Value
from benchmarks.workers.collector import CollectorClock


def build(operation: str, length: int, leaf: Value) -> Value:
    """The end of a chain of so many operations above the leaf."""
    x, y = leaf, Value(0.999999)
    if operation == "unary":
        for _ in range(length):
            x = x.sin()
    else:
        for _ in range(length):
            x = x * y
    return x


def measure(operation: str, length: int, collector: bool, profile: bool = False) -> dict[str, Any]:
    """Seconds of the three phases and, for a profile, those the collector took of each."""
    build(operation, 1000, Value(0.5)).backward()  # warms up
    if not collector:
        gc.disable()
    clock = CollectorClock() if profile else None
    leaf = Value(0.5)
    times, collected = [perf_counter()], [0.0]

    def mark() -> None:
        times.append(perf_counter())
        collected.append(clock.seconds if clock else 0.0)

    x = build(operation, length, leaf)
    mark()
    x.backward()
    mark()
    del x
    mark()
    return {
        "seconds": [end - start for start, end in pairwise(times)],
        "collector": [end - start for start, end in pairwise(collected)],
        "gradient": leaf.grad,
    }
