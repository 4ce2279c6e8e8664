"""Where JAX and PyTorch overtake the compiled engine: networks like the demo's, wider and wider.

On one thread each, and with the threads that JAX and PyTorch take by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks.compiled import OURS, compare, require_peers
from benchmarks.processes import own_process, progress
from benchmarks.tables import number, processes, table
from benchmarks.tape import problem

WIDTHS = (16, 32, 64, 128, 256)
COUNTS = (100, 1000, 10_000)
FREE = {"one_thread": False}
CONTESTANTS: dict[str, list[dict[str, Any]]] = {  # by column what is measured: the best counts
    "our tape, compiled": [{"contestant": OURS}],
    "JAX": [{"contestant": "jax", "flat": flat} for flat in (True, False)],
    "PyTorch": [{"contestant": "torch"}],
    "JAX, its threads": [{"contestant": "jax", "flat": flat, **FREE} for flat in (True, False)],
    "PyTorch, its threads": [{"contestant": "torch", "threads": None, **FREE}],
}
CALLS, SECONDS = 1000, 0.1

Case = tuple[int, int]  # neurons of a hidden layer, and examples


def check() -> None:
    """SystemExit where a peer is missing."""
    require_peers("overtaking")


def sections(runs: int) -> Iterator[str]:
    """The table of all cases."""
    yield table_of([(width, count) for width in WIDTHS for count in COUNTS], runs)


def table_of(cases: Sequence[Case], runs: int) -> str:
    """Times of every contestant at these cases, and who is faster than ours."""
    tasks = [problem([2, width, width, 1], count) for width, count in cases]
    times: dict[str, list[list[list[float]]]] = {
        who: [[[] for _ in cases] for _ in forms] for who, forms in CONTESTANTS.items()
    }
    for i in range(runs):
        reference: Any = None
        for who, forms in CONTESTANTS.items():
            for form, how in zip(times[who], forms, strict=True):
                given = {"problems": tasks, "seconds": SECONDS, "calls": CALLS, **how}
                results = own_process("compiled", **given)
                reference = reference or results
                for k, result in enumerate(results):
                    compare(f"{cases[k]}", who, result["found"], reference[k]["found"])
                    form[k].append(result["us"])
            progress(f"overtaking, round {i + 1} of {runs}, {who}")
    best = {
        who: [min(median(us) for us in each) for each in zip(*forms)]
        for who, forms in times.items()
    }
    ours, *others = best.values()
    rows = []
    for k, (width, count) in enumerate(cases):
        compared = [_compared(theirs[k], ours[k]) for theirs in others]
        rows.append([f"2-{width}-{width}-1, {count:,}", number(ours[k]), *compared])
    heads = ["us a gradient", *CONTESTANTS]
    return (
        "### Where JAX and PyTorch overtake\n\n"
        "Microseconds of one gradient as in *The compiled engine*, for two hidden layers of so "
        f"many neurons and so many examples: the median of {processes(runs)} each, interleaved; in "
        "brackets, how many times faster ours is, **bold** where it is slower. Ours runs on one "
        "thread. The last columns are JAX and PyTorch with the threads that they take by "
        "themselves. Of JAX it is the better of its two forms.\n\n" + table(heads, rows)
    )


def _compared(theirs: float, ours: float) -> str:
    """A time, and how many times faster ours is."""
    text = number(theirs / ours)
    return f"{number(theirs)} ({text if theirs >= ours else f'**{text}**'})"
