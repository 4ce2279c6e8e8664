"""The gradient check of a program of 300 nodes, every derivative with its error bar.

Each run is a process that checks once, so nothing is warm.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.processes import own_process, progress, slowest
from benchmarks.tables import Goal, number, processes, spread, table

NODES = 300
SECONDS = Goal(2, " s")


def check() -> None:
    """Nothing but the engine is needed."""


def sections(runs: int) -> Iterator[str]:
    """The table, and the slowest functions where the goal is missed."""
    seconds = []
    for i in range(runs):
        result = own_process("checking", nodes=NODES)
        seconds.append(result["seconds"])
        progress(f"check, run {i + 1} of {runs}: {number(seconds[-1])} s")
    program = (
        f"{result['nodes']:,} nodes, {result['derivatives']} derivatives, "
        f"{result['confirmed']} confirmed"
    )
    row = [program, spread(seconds), SECONDS.verdict(median(seconds))]
    yield (
        "### Gradient check\n\n"
        f"`gradcheck(f, inputs)`: median and, in brackets, spread of {processes(runs)}.\n\n"
        + table(["program", "seconds", "goal"], [row])
    )
    if not SECONDS.met(median(seconds)):
        rows = slowest("checking", nodes=NODES)
        yield "Profile of what missed:\n\n" + table(["function", "calls", "own time"], rows)
