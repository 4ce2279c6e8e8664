"""Drawing a graph of 1,000 nodes with our own layout, to SVG text.

Each run is a process that draws once, so nothing is warm.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.processes import own_process, progress, require, slowest
from benchmarks.tables import Goal, number, processes, spread, table

NODES = 1000
SECONDS = Goal(1, " s")


def check() -> None:
    """SystemExit where graphviz, which `viz` imports, is missing."""
    require("draw", ("graphviz",), "peers,train")


def sections(runs: int) -> Iterator[str]:
    """The table, and the slowest functions where the goal is missed."""
    seconds = []
    for i in range(runs):
        result = own_process("drawing", nodes=NODES)
        seconds.append(result["seconds"])
        progress(f"draw, run {i + 1} of {runs}: {number(seconds[-1])} s")
    graph = f"{result['nodes']:,} nodes, {result['edges']:,} edges, depth {result['depth']}"
    row = [graph, spread(seconds), SECONDS.verdict(median(seconds))]
    yield (
        "### Drawing\n\n"
        f"`draw(root, engine='own').svg` of a random program: median and, in brackets, spread of "
        f"{processes(runs)}.\n\n" + table(["graph", "seconds", "goal"], [row])
    )
    if not SECONDS.met(median(seconds)):
        rows = slowest("drawing", nodes=NODES)
        yield "Profile of what missed:\n\n" + table(["function", "calls", "own time"], rows)
