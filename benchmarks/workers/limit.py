"""What one core can do, and where the time of our demo step goes.

The core: products and sums in registers, and bytes moved within caches of several sizes, in C.
Ours: the public call, what of it is machine code, and that with kernels of one kind left out.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.workers.compiled import arrays, on_one_core
from benchmarks.workers.tape import traced

TURNS = 9  # of which the best is what the core can do
SUMS = 10  # those of limits.c
LANES = 64  # of a block


def measure(subject: str, **how: Any) -> Any:
    """The core's limits, or the parts of our step."""
    on_one_core()
    return core(**how) if subject == "core" else step(**how)


def core(library: str, sizes: dict[str, int]) -> dict[str, float]:
    """Thousand million operations a second, and bytes of arrays that take so many bytes in all."""
    import ctypes

    import numpy as np

    limits = ctypes.CDLL(library)
    limits.multiply_and_add.argtypes = [ctypes.c_long, ctypes.c_double]
    limits.triad.argtypes = [ctypes.c_long] * 2 + [ctypes.c_double] + [ctypes.c_void_p] * 3
    turns = 300_000
    seconds = best(lambda: limits.multiply_and_add(turns, 0.5))
    found = {"operations": 16 * SUMS * turns / seconds / 1e9}
    for name, size in sizes.items():
        count = size // 24
        x, y, z = np.ones(count), np.ones(count), np.ones(count)
        turns = max(1, 100_000_000 // size)
        given = turns, count, 0.5, x.ctypes.data, y.ctypes.data, z.ctypes.data
        found[name] = 24 * count * turns / best(lambda given=given: limits.triad(*given)) / 1e9
    return found


def best(call: Any) -> float:
    """Seconds of the fastest of some turns."""
    times = []
    for _ in range(TURNS):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times)


# ---- ours ----------------------------------------------------------------------------------------


def step(problem: dict[str, Any], calls: int) -> dict[str, Any]:
    """Microseconds of the public call and of its kernels, and of these kind by kind."""
    public, kernels = timed_inside(problem, calls, leave_out=None)
    counted = counts(problem)
    for kind, row in counted.items():
        _, others = timed_inside(problem, calls, leave_out=kind)
        row["us"] = kernels - others
    return {"public": public, "kernels": kernels, "kinds": counted}


def timed_inside(problem: dict[str, Any], calls: int, leave_out: str | None) -> tuple[float, float]:
    """Median microseconds of a public call and of the machine code in it."""
    from autograd.tape.engines.compiled import engine as module

    class Without(module.Binding):
        """The calls of kernels but those of one kind; what is computed is then wrong."""

        def __init__(self, *given: Any, **how: Any) -> None:
            super().__init__(*given, **how)
            self.sections = [
                [each for each in steps if kind_of(each) != leave_out] for steps in self.sections
            ]

    usual, module.Binding = module.Binding, Without  # type: ignore[misc]
    tape = traced(problem).using("compiled")
    numbers = arrays(problem)
    tape.value_and_grad(*numbers)
    module.Binding = usual  # type: ignore[misc]
    (ready,) = tape._engine._ready.values()
    run, inside = ready.call, []

    def watched(at: int) -> None:
        start = perf_counter()
        run(at)
        inside.append(perf_counter() - start)

    times = []
    for _ in range(calls):
        start = perf_counter()
        tape.value_and_grad(*numbers)
        times.append(perf_counter() - start)
    ready.call = watched
    for _ in range(calls):
        tape.value_and_grad(*numbers)
    return 1e6 * median(times), 1e6 * median(inside)


def kind_of(step: Any) -> str:
    """Which line of the table a call of a kernel belongs to."""
    if step.kernel in ("matrix", "outer"):
        return str(step.kernel)
    if step.kernel.startswith(("row_", "slope_")) or step.kernel == "products":
        return "rows"
    return "uniform" if step.kernel in ("uniform", "parameters", "pack") else "other"


def counts(problem: dict[str, Any]) -> dict[str, dict[str, float]]:
    """By kind the calls of kernels, the operations of a step, and the bytes of rows they move.

    An instruction on a row is counted as one operation, a product with a sum as two.
    """
    from autograd.tape.engines.compiled.binding import Binding

    tape = traced(problem)
    binding = Binding(tape._program, tape._roots, [2, 1], each=False)
    lanes = len(problem["inputs"])
    blocks = -(-lanes // LANES)
    found: dict[str, dict[str, float]] = {}
    for section, steps in enumerate(binding.sections):
        for each in steps:
            row = found.setdefault(kind_of(each), {"calls": 0, "operations": 0, "bytes": 0})
            in_lanes = section == 2
            row["calls"] += blocks if in_lanes else 1
            operations, rows = work(each)
            row["operations"] += operations * (lanes if in_lanes else 1)
            row["bytes"] += 8 * rows * (lanes if in_lanes else 1)
    return found


def work(step: Any) -> tuple[int, int]:
    """Operations, and rows read and written, of a lane."""
    if step.kernel == "matrix":
        return 2 * step.many * step.count, step.many + step.count
    if step.kernel == "outer":
        return 2 * step.many * step.count, step.many + step.count
    if step.inner is not None:
        n = step.inner.count
        return step.many * max(1, 2 * n), step.many * (len(step.lists[0]) // step.many + 1)
    if step.kernel == "products":
        return 2 * step.many * step.count, step.many * (2 * step.count + 1)
    if step.kernel == "reduce":  # products with 1 on the tape
        return 2 * step.many, step.many
    if step.kernel.startswith(("row_", "slope_")):
        return step.many, sum(len(xs) for xs in step.lists) + step.many
    return 0, 2 * step.many
