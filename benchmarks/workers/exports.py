"""The gradient of one mean loss by JAX, written by hand and exported from a tape, and by ours.

Contestants take turns in one process, call by call, on arrays; compile time is apart.  A problem is
a network's, as in `benchmarks.tape`, or a random program of so many operations in a row.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.tape import problem
from benchmarks.workers.compiled import on_one_core
from benchmarks.workers.tape import traced

INPUTS, WEIGHTS = 10, 10  # of a random program


def measure(
    counts: Sequence[int], seconds: float, *, x64: bool = True, **how: Any
) -> list[dict[str, Any]]:
    """For so many examples each: median milliseconds, seconds to compile, value and gradient."""
    on_one_core()
    os.environ["JAX_ENABLE_X64"] = str(int(x64))
    return [_measure(count, seconds, **how) for count in counts]


def _measure(
    count: int, seconds: float, sizes: list[int] | None = None, operations: int = 0
) -> dict[str, Any]:
    import jax
    import numpy as np

    by_hand: Any = None
    if sizes:
        task = problem(sizes, count)
        tape, by_hand = traced(task), network_by_hand(task)
        theta = np.array(task["weights"])
        batch = [np.array(task[key], float) for key in ("inputs", "labels")]
    else:
        tape, theta, batch = program(operations, count)
    exported, axes = tape.to_jax(), (None, *[0] * len(batch))

    def mean(theta: Any, *batch: Any) -> Any:
        return jax.vmap(exported, axes)(theta, *batch).mean()

    kind = np.float64 if jax.config.jax_enable_x64 else np.float32
    given = [jax.device_put(np.asarray(xs, kind)) for xs in (theta, *batch)]
    calls: dict[str, Callable[[], Any]] = {}
    compiling = {}
    for name, f in (("by_hand", by_hand), ("to_jax", mean)):
        if f is not None:
            start = perf_counter()
            run = jax.jit(jax.value_and_grad(f)).lower(*given).compile()
            compiling[name] = perf_counter() - start
            calls[name] = partial(_finished, run, given)
    for name, other in (
        ("data_parallel", tape.data_parallel()),
        ("numpy", tape.using("numpy")),
        ("compiled", tape.using("compiled")),
    ):
        calls[name] = partial(other.value_and_grad, theta, *batch)
    found = {name: call() for name, call in calls.items()}  # the first warms up
    times: dict[str, list[float]] = {name: [] for name in calls}
    start = perf_counter()
    while not times["compiled"] or perf_counter() - start < seconds:
        for name, call in calls.items():
            begin = perf_counter()
            call()
            times[name].append(perf_counter() - begin)
    return {
        "ms": {name: 1e3 * median(each) for name, each in times.items()},
        "compile": compiling,
        "found": {name: [float(z), *map(float, g)] for name, (z, g) in found.items()},
    }


def _finished(run: Callable[..., Any], given: Sequence[Any]) -> Any:
    import jax

    return jax.block_until_ready(run(*given))


def network_by_hand(problem: dict[str, Any]) -> Callable[..., Any]:
    """The mean loss of a batch and L2, as one writes it for JAX."""
    import jax
    import jax.numpy as jnp

    sizes, alpha = problem["sizes"], problem["alpha"]

    def loss(theta: Any, x: Any, y: Any) -> Any:
        at = 0
        for i, (nin, nout) in enumerate(pairwise(sizes)):
            layer = theta[at : at + nout * (nin + 1)].reshape(nout, nin + 1)
            x = x @ layer[:, :-1].T + layer[:, -1]
            x = jax.nn.relu(x) if i < len(sizes) - 2 else x
            at += nout * (nin + 1)
        if sizes[-1] == 1:
            own = jnp.maximum(1.0 - y * x[:, 0], 0.0)
        else:
            own = -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None].astype(int), 1)
        return own.mean() + alpha * (theta @ theta)

    return loss


STEPS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a.sin(),
    lambda a, b: a.tanh(),
    lambda a, b: a - b,
    lambda a, b: a * b,
]


def program(operations: int, count: int) -> tuple[Any, Any, list[Any]]:
    """A tape of so many operations in a row, on inputs, parameters and what came before."""
    import numpy as np

    from autograd import Value, trace

    parameters = [Value(random.Random(i).gauss(0.0, 1.0), f"p[{i}]") for i in range(WEIGHTS)]

    def f(xs: Any) -> Any:
        rng = random.Random(operations)
        values = [*xs, *parameters]
        for _ in range(operations):
            a, b = values[-1], rng.choice(values[-30:-1])
            values.append(rng.choice(STEPS)(a, b))
        return values[-1]

    tape = trace(f, [0.1] * INPUTS, parameters=parameters)
    inputs = np.random.default_rng(0).normal(size=(count, INPUTS))
    return tape, np.array([p.data for p in parameters]), [inputs]
