"""Milliseconds from a function to the first gradient of its tape: traced, grouped, bound, run.

What is imported on the way is imported before.  The first tape of a process finds out what the
rows in it are; the second, of another network of the same kind, knows.
"""

from __future__ import annotations

from random import Random
from time import perf_counter
from typing import Any

import numpy as np

import autograd.tape.tape  # noqa: F401  # before the clock runs
from autograd import trace
from benchmarks.workers.tape import network
from benchmarks.workers.transformer import LENGTH, LETTERS, Transformer


def measure(program: str, problem: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of two tapes, one after the other, and the size of the second."""
    found = []
    for seed in range(2):
        parameters, loss, example = _made(program, problem, seed)
        theta = np.array([p.data for p in parameters])
        start = perf_counter()
        tape = trace(loss, *example, parameters=parameters)
        tape.value_and_grad(theta, *[[x] for x in example])
        found.append(1e3 * (perf_counter() - start))
    return {
        "ms": found,
        "engine": tape.engine,
        "about": tape.describe().partition(": ")[2].partition(" groups")[0] + " groups",
    }


def _made(program: str, problem: dict[str, Any], seed: int) -> tuple[Any, Any, Any]:
    """Parameters, loss and an example."""
    if program == "demo":
        model, loss = network(problem)
        return model.parameters(), loss, (problem["inputs"][0], problem["labels"][0])
    rng = Random(seed)
    model = Transformer(rng)
    return model.parameters(), model.loss, ([rng.randrange(LETTERS) for _ in range(LENGTH + 1)],)
