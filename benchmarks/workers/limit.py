"""What one core can do, and where the time of our demo step goes.

The core: products and sums in registers, and bytes moved within caches of several sizes, in C.
Ours: the public call, what of it is machine code, and that with kernels of one kind left out.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.workers import gpt, one_lane
from benchmarks.workers.compiled import arrays, of_tape, on_one_core
from benchmarks.workers.tape import traced

Recorded = tuple[Any, list[Any]]  # a tape, and the arrays that its gradient is called with

TURNS = 9  # of which the best is what the core can do
SUMS = 10  # those of limits.c
LANES = 64  # of a block
BLOCKS, ONCE = 2, (0, 3)  # sections of a binding: for each block; before all of them, and after
PRODUCTS = ("products", "long products")


def measure(subject: str, seconds: float = 0.0, **how: Any) -> Any:
    """The core's limits, or the parts of one of our gradients."""
    on_one_core()
    if subject == "core":
        return core(**how)
    return parts(SUBJECTS[subject](**how), seconds)


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


def network(problem: dict[str, Any]) -> Recorded:
    """The tape of a network's loss, and what its gradient is called with."""
    return traced(problem), arrays(problem)


SUBJECTS: dict[str, Callable[..., Recorded]] = {
    "network": network,
    "one_lane": lambda operations: one_lane.recorded(one_lane.program(operations)),
    "gpt": lambda name: gpt.recorded(name),
}


def parts(made: Recorded, seconds: float) -> dict[str, Any]:
    """Microseconds of the public call and of its kernels, and of these kind by kind.

    The tape as it is and those without one kind take turns.
    """
    counted = counts(made)
    call = of_tape(made[0].using("compiled"), *made[1]).call
    call()
    every = {kind: without(made, kind) for kind in (None, *counted)}
    public: list[float] = []
    inside: dict[str | None, list[float]] = {kind: [] for kind in every}
    start = perf_counter()
    while not public or perf_counter() - start < seconds:
        for kind, timed_call in every.items():
            inside[kind].append(timed_call())
        for _ in range(2):  # what the others left in the caches is not its own
            begin = perf_counter()
            call()
            taken = perf_counter() - begin
        public.append(taken)
    middle = {kind: 1e6 * median(times) for kind, times in inside.items()}
    for kind, row in counted.items():
        row["us"] = middle[None] - middle[kind]
    return {"public": 1e6 * median(public), "kernels": middle[None], "kinds": counted}


def without(made: Recorded, left_out: str | None) -> Callable[[], float]:
    """A call that leaves out kernels of a kind: it gives the seconds in machine code."""
    from autograd.tape.engines.compiled import engine as module

    class Without(module.Binding):
        """The calls of kernels but those of one kind; what is computed is then wrong."""

        def __init__(self, *given: Any, **how: Any) -> None:
            super().__init__(*given, **how)
            self.sections = [
                [each for each in steps if kind_of(section, each) != left_out]
                for section, steps in enumerate(self.sections)
            ]

    usual, module.Binding = module.Binding, Without  # type: ignore[misc]
    tape, numbers = made[0].using("compiled"), made[1]
    tape.value_and_grad(*numbers)
    module.Binding = usual  # type: ignore[misc]
    (ready,) = tape._engine._ready.values()
    run = ready.call
    seconds = [0.0]

    def watched(at: int) -> None:
        start = perf_counter()
        run(at)
        seconds[0] = perf_counter() - start

    ready.call = watched

    def call() -> float:
        for _ in range(2):  # the first brings what it works on into the caches
            tape.value_and_grad(*numbers)
        return seconds[0]

    return call


def kind_of(section: int, step: Any) -> str:
    """Which line of the table a call of a kernel belongs to."""
    if section in ONCE:
        return "uniform"
    if step.kernel in ("matrix", "outer"):
        return str(step.kernel)
    if step.kernel.startswith(("row_", "slope_")) or step.kernel in PRODUCTS:
        return "rows"
    return "other"


def counts(made: Recorded) -> dict[str, dict[str, float]]:
    """By kind the calls of kernels, the operations of a step, and the bytes of rows they move.

    An instruction on a row is counted as one operation, a product with a sum as two.
    """
    from autograd.tape.engines.compiled.binding import Binding

    tape, (_, *batch) = made
    elements = [xs[0].size for xs in batch]
    binding = Binding(tape._program, tape._roots, elements, each=False)
    lanes = len(batch[0])
    blocks = -(-lanes // LANES)
    found: dict[str, dict[str, float]] = {}
    for section, steps in enumerate(binding.sections):
        for each in steps:
            kind = kind_of(section, each)
            row = found.setdefault(kind, {"calls": 0, "operations": 0, "bytes": 0})
            in_lanes = section == BLOCKS
            row["calls"] += blocks if in_lanes else 1
            operations, rows = work(each)
            row["operations"] += operations * (lanes if in_lanes else 1)
            row["bytes"] += 8 * rows * (lanes if in_lanes else 1)
    return found


def work(step: Any) -> tuple[int, int]:
    """Operations, and rows read and written, of a lane."""
    operands = sum(len(xs) for xs in step.lists if not isinstance(xs, int))
    if step.kernel in ("matrix", "outer"):
        return 2 * step.many * step.count, step.many + step.count
    if step.kernel in PRODUCTS:
        return 2 * step.many * step.count, step.many + operands
    if step.kernel == "reduce":  # products with 1 on the tape
        return 2 * step.many, step.many
    if step.inner is not None:  # the same kernels, with instructions in place of lanes
        return step.many * max(1, 2 * step.inner.count), step.many * (step.count + 1)
    if step.kernel.startswith(("row_", "slope_")):
        return step.many, step.many + operands
    return 0, 2 * step.many
