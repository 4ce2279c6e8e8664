"""Where JAX and PyTorch overtake the compiled engine: networks like the demo's, wider and wider.

On one thread each, and with the threads that JAX and PyTorch take by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.compiled import OURS, compare, require_peers
from benchmarks.processes import own_process, progress
from benchmarks.tables import number, processes, table
from benchmarks.tape import problem

WIDTHS = (16, 32, 64, 128, 256)
COUNTS = (100, 1000, 10_000)
CONTESTANTS: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("our tape, compiled", {"contestant": OURS}),
    "jax": ("JAX", {"contestant": "jax"}),
    "torch": ("PyTorch", {"contestant": "torch"}),
    "jax_threads": ("JAX, its threads", {"contestant": "jax", "one_thread": False}),
    "torch_threads": (
        "PyTorch, its threads",
        {"contestant": "torch", "one_thread": False, "threads": None},
    ),
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
    times: dict[str, list[list[float]]] = {who: [[] for _ in cases] for who in CONTESTANTS}
    for i in range(runs):
        reference: Any = None
        for who, (text, how) in CONTESTANTS.items():
            results = own_process("compiled", problems=tasks, seconds=SECONDS, calls=CALLS, **how)
            reference = reference or results
            for k, result in enumerate(results):
                compare(f"{cases[k]}", text, result["found"], reference[k]["found"])
                times[who][k].append(result["us"])
            progress(f"overtaking, round {i + 1} of {runs}, {text}")
    middle = {who: [median(us) for us in each] for who, each in times.items()}
    rows = []
    for k, (width, count) in enumerate(cases):
        row = [f"2-{width}-{width}-1, {count:,}", number(middle[OURS][k])]
        row += [_compared(middle, who, k) for who in list(CONTESTANTS)[1:]]
        rows.append(row)
    heads = ["us a gradient", *[text for text, _ in CONTESTANTS.values()]]
    return (
        "### Where JAX and PyTorch overtake\n\n"
        "Microseconds of one gradient as in *The compiled engine*, for two hidden layers of so "
        f"many neurons and so many examples: the median of {processes(runs)} each, interleaved; in "
        "brackets, how many times faster ours is, **bold** where it is slower. Ours runs on one "
        "thread. The last columns are JAX and PyTorch with the threads that they take by "
        "themselves.\n\n" + table(heads, rows)
    )


def _compared(middle: Mapping[str, Sequence[float]], who: str, k: int) -> str:
    ratio = middle[who][k] / middle[OURS][k]
    text = number(ratio)
    return f"{number(middle[who][k])} ({text if ratio >= 1 else f'**{text}**'})"
