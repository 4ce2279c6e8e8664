"""One contestant's gradients of networks' mean loss and penalty, each call timed.

Numbers are given as the contestant's user holds them, and results stay where it leaves them:
arrays of NumPy's, JAX's or a buffer of CasADi's, the `.grad` of tensors.  One thread, on one core,
unless threads are left to the contestant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.workers.tape import ONE_THREAD, traced

ENGINE = "compiled"  # what is measured as ours


@dataclass
class Contest:
    """A call that is timed, what it found in the end, and for how many gradients it stands."""

    call: Callable[[], Any]
    found: Callable[[], Sequence[float]]
    gradients: int = 1


def measure(
    contestant: str,
    problems: Sequence[dict[str, Any]],
    seconds: float,
    calls: int,
    one_thread: bool = True,
    **how: Any,
) -> list[dict[str, Any]]:
    """Of each problem the median microseconds of a gradient, and what the first one found."""
    if one_thread:
        on_one_core()
    make = CONTESTANTS[contestant]
    return [timed(make(problem, **how), seconds, calls) for problem in problems]


def on_one_core() -> None:
    """One thread for whatever is imported from here on."""
    os.environ.update(ONE_THREAD)
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):  # on Linux
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def timed(contest: Contest, seconds: float, calls: int) -> dict[str, Any]:
    """The median of so many calls, or of those that the time allows."""
    contest.call()  # the first warms up
    found = [float(x) for x in contest.found()]
    times: list[float] = []
    start = perf_counter()
    while not times or (len(times) < calls and perf_counter() - start < seconds):
        begin = perf_counter()
        contest.call()
        times.append(perf_counter() - begin)
    return {"us": 1e6 * median(times) / contest.gradients, "found": found}


def arrays(problem: dict[str, Any]) -> Any:
    """Weights, inputs and labels as NumPy's arrays."""
    import numpy as np

    return [np.array(problem[key], float) for key in ("weights", "inputs", "labels")]


# ---- ours ----------------------------------------------------------------------------------------


def chainrule(problem: dict[str, Any], engine: str = ENGINE, threads: int = 1) -> Contest:
    """The public call on arrays, structure checks and conversions included."""
    return of_tape(traced(problem).using(engine, threads=threads), *arrays(problem))


def of_tape(tape: Any, theta: Any, *batch: Any) -> Contest:
    """A tape's public call on arrays."""

    def found() -> list[float]:
        value, gradient = tape.value_and_grad(theta, *batch)
        return [value, *gradient]

    return Contest(lambda: tape.value_and_grad(theta, *batch), found)


# ---- JAX and PyTorch -----------------------------------------------------------------------------


def jax(problem: dict[str, Any], flat: bool = True) -> Contest:
    """`jit` of the value and gradient of the batched network, waited for.

    Its parameters are one array, as ours, or arrays of each layer.
    """
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    sizes, alpha = problem["sizes"], problem["alpha"]
    binary = sizes[-1] == 1
    x = jnp.asarray(problem["inputs"], float)
    y = jnp.asarray(problem["labels"], float if binary else int)

    def split(theta: Any) -> list[Any]:
        layers, at = [], 0
        for nin, nout in pairwise(sizes):
            size = (nin + 1) * nout
            rows = theta[at : at + size].reshape(nout, nin + 1)
            layers.append((rows[:, :-1].T, rows[:, -1]))
            at += size
        return layers

    def squares(parameters: Any) -> Any:
        return sum((p * p).sum() for p in jax.tree.leaves(parameters))

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        layers = split(parameters) if flat else parameters
        for w, b in layers[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = layers[-1]
        scores = x @ w + b
        if binary:
            own = jax.nn.relu(1.0 - y * scores[:, 0]).mean()
        else:
            chosen = jnp.take_along_axis(scores, y[:, None], 1)[:, 0]
            own = (jax.nn.logsumexp(scores, axis=1) - chosen).mean()
        return own + alpha * squares(parameters)

    gradient = jax.jit(jax.value_and_grad(loss))
    theta = jnp.asarray(problem["weights"])
    parameters = theta if flat else split(theta)

    def found() -> list[float]:
        value, by = gradient(parameters, x, y)
        if not flat:
            by = jnp.concatenate([jnp.column_stack([w.T, b]).ravel() for w, b in by])
        return [float(value), *by.tolist()]

    return Contest(lambda: jax.block_until_ready(gradient(parameters, x, y)), found)


def torch(problem: dict[str, Any], threads: int | None = 1) -> Contest:
    """Batched tensors of float64, eager: the usual layers and losses."""
    import torch
    from torch import nn

    if threads is not None:
        torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float64)
    sizes, alpha = problem["sizes"], problem["alpha"]
    binary = sizes[-1] == 1
    layers: list[Any] = []
    at = 0
    for nin, nout in pairwise(sizes):
        size = (nin + 1) * nout
        rows = torch.tensor(problem["weights"][at : at + size]).reshape(nout, nin + 1)
        layer = nn.Linear(nin, nout)
        with torch.no_grad():
            layer.weight[:], layer.bias[:] = rows[:, :-1], rows[:, -1]
        layers += [layer, nn.ReLU()]
        at += size
    model = nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    x = torch.tensor(problem["inputs"])
    y = torch.tensor(problem["labels"], dtype=torch.float64 if binary else torch.long)
    losses = []

    def call() -> None:
        scores = model(x)
        if binary:
            own = torch.relu(1.0 - y * scores[:, 0]).mean()
        else:
            own = nn.functional.cross_entropy(scores, y)
        whole = own + alpha * sum((p * p).sum() for p in parameters)
        for p in parameters:
            p.grad = None
        whole.backward()
        losses[:] = [whole]

    def found() -> list[float]:
        rows = [
            torch.cat([layer.weight.grad, layer.bias.grad[:, None]], 1).flatten()
            for layer in layers[::2]
        ]
        return [losses[0].item(), *torch.cat(rows).tolist()]

    return Contest(call, found)


# ---- CasADi --------------------------------------------------------------------------------------


def casadi_mapped(problem: dict[str, Any]) -> Contest:
    """SX of one example, mapped over all, which also sums; buffers, so that nothing is copied."""
    import casadi as ca

    count = len(problem["inputs"])
    theta, x, y = _symbols(ca.SX, problem, 1)
    loss = _casadi_loss(ca, problem, theta, x, y)
    one = ca.Function("one", [theta, x, y], [loss, ca.gradient(loss, theta)])
    whole = one.map("whole", "serial", count, [0], [0, 1])
    theta, x, y = _symbols(ca.MX, problem, count)
    value, gradient = whole(theta, x, y)
    value = value / count + problem["alpha"] * ca.dot(theta, theta)
    gradient = gradient / count + 2.0 * problem["alpha"] * theta
    return _buffered(ca.Function("mean", [theta, x, y], [value, gradient]), problem)


def casadi_whole(problem: dict[str, Any]) -> Contest:
    """SX of all examples as one expression; buffers, so that nothing is copied."""
    import casadi as ca

    count = len(problem["inputs"])
    theta, x, y = _symbols(ca.SX, problem, count)
    value = ca.sum2(_casadi_loss(ca, problem, theta, x, y)) / count
    value += problem["alpha"] * ca.dot(theta, theta)
    return _buffered(
        ca.Function("mean", [theta, x, y], [value, ca.gradient(value, theta)]), problem
    )


def _symbols(kind: Any, problem: dict[str, Any], count: int) -> list[Any]:
    sizes = {
        "theta": (len(problem["weights"]), 1),
        "x": (problem["sizes"][0], count),
        "y": (1, count),
    }
    return [kind.sym(name, *size) for name, size in sizes.items()]


def _casadi_loss(ca: Any, problem: dict[str, Any], theta: Any, x: Any, y: Any) -> Any:
    """The hinge loss of each column."""
    at = 0
    pairs = list(pairwise(problem["sizes"]))
    for k, (nin, nout) in enumerate(pairs):
        size = (nin + 1) * nout
        rows = ca.reshape(theta[at : at + size], nin + 1, nout).T
        x = rows[:, :nin] @ x + ca.repmat(rows[:, nin], 1, x.shape[1])
        if k < len(pairs) - 1:
            x = ca.fmax(x, 0.0)
        at += size
    return ca.fmax(1.0 - y * x, 0.0)


def _buffered(f: Any, problem: dict[str, Any]) -> Contest:
    import numpy as np

    given = arrays(problem)
    results = [np.zeros(1), np.zeros(len(problem["weights"]))]
    buffer, trigger = f.buffer()
    for i, array in enumerate(given):
        buffer.set_arg(i, memoryview(array))
    for i, array in enumerate(results):
        buffer.set_res(i, memoryview(array))

    def call(kept: Any = (buffer, given)) -> None:  # which point to each other's memory
        trigger()

    return Contest(call, lambda: [x for array in results for x in array])


# ---- C -------------------------------------------------------------------------------------------


def c(problem: dict[str, Any], libraries: dict[str, str]) -> Contest:
    """A function in C, called in a loop in C."""
    import ctypes

    import numpy as np

    repeat = ctypes.CDLL(libraries["-".join(map(str, problem["sizes"]))]).repeat
    repeat.argtypes = [ctypes.c_long] * 2 + [ctypes.c_double] + [ctypes.c_void_p] * 4
    repeat.restype = ctypes.c_double
    memory = [*arrays(problem), np.empty(len(problem["weights"]))]
    count = len(problem["inputs"])
    gradients = max(1, 10_000 // count)

    def call(times: int = gradients) -> float:
        addresses = [array.ctypes.data for array in memory]
        return float(repeat(times, count, problem["alpha"], *addresses))

    return Contest(call, lambda: [call(1), *memory[-1]], gradients)


CONTESTANTS: dict[str, Callable[..., Contest]] = {
    f.__name__: f for f in (chainrule, jax, torch, casadi_mapped, casadi_whole, c)
}
