"""The interactive page of a graph of 150 nodes: its size, its opening, a step of a slider.

Each run is a process with a Chromium of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from statistics import median

from benchmarks.processes import own_process, progress, require
from benchmarks.tables import Goal, number, processes, spread, table

NODES = 150
SIZE, OPEN, SLIDE = Goal(300, " kB"), Goal(1, " s"), Goal(16, " ms")


def check() -> None:
    """SystemExit where Playwright or Chromium is missing."""
    require("page", ("graphviz", "playwright"), "peers,train,browser")
    if shutil.which("chromium") is None:
        raise SystemExit("the benchmark page needs Chromium on PATH")


def sections(runs: int) -> Iterator[str]:
    """The table."""
    results = []
    for i in range(runs):
        results.append(own_process("page", nodes=NODES))
        progress(f"page, run {i + 1} of {runs}: {number(results[-1]['seconds'])} s")
    size = results[0]["bytes"] / 1000
    opened = [result["seconds"] for result in results]
    computed, shown = ([median(result[key]) for result in results] for key in ("computed", "shown"))
    rows = [
        ["size, kB", number(size), SIZE.verdict(size)],
        ["opened from a file, until it answers a key, s", spread(opened),
         OPEN.verdict(median(opened))],
        ["a slider's step: forward and backward, ms", spread(computed),
         SLIDE.verdict(median(computed))],
        ["the same, drawn and laid out, ms", spread(shown), SLIDE.verdict(median(shown))],
    ]  # fmt: skip
    yield (
        "### The interactive page\n\n"
        f"`explore(root)` of a random program of {NODES} nodes in headless Chromium: median and, "
        f"in brackets, spread of {processes(runs)}; of a slider's steps the median of each.\n\n"
        + table(["page", "measured", "goal"], rows)
    )
