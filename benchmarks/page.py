"""The interactive page of 150 nodes, and of 1,500 that fold: size, opening, sliders, steps.

Each run is a process with a Chromium of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from statistics import median

from benchmarks.processes import own_process, progress, require
from benchmarks.tables import Goal, number, processes, spread, table

NODES, MANY = 150, 1500
SIZE, OPEN, SLIDE = Goal(300, " kB"), Goal(1, " s"), Goal(16, " ms")
FOLDED, STEP = Goal(1.5, " s"), Goal(50, " ms")
SUBJECTS = {
    "network": "a 2-16-16-1 on 16 examples, 1,488 nodes",
    "program": f"a random program of {MANY:,} nodes, in no group",
}


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
    yield _folded(runs)


def _folded(runs: int) -> str:
    """The table of graphs that open folded."""
    rows = []
    for subject, words in SUBJECTS.items():
        results = []
        for i in range(runs):
            results.append(own_process("folded_page", subject=subject, nodes=MANY))
            progress(f"folded page, {subject}, run {i + 1} of {runs}")
        opened = [result["seconds"] for result in results]
        made = [result["made"] for result in results]
        middle = [median(result["steps"]) for result in results]
        worst = [max(result["steps"]) for result in results]
        size = f"{results[0]['bytes'] / 1000:,.0f} kB, {results[0]['views']} views"
        rows += [
            [f"{words}: {size}, made in, s", spread(made), ""],
            ["opened from a file, until it answers a key, s", spread(opened),
             FOLDED.verdict(median(opened))],
            ["a step, drawn and laid out: the median, ms", spread(middle),
             STEP.verdict(median(middle))],
            ["the slowest of them, ms", spread(worst), STEP.verdict(median(worst))],
        ]  # fmt: skip
    return (
        "`explore(root)` of graphs that open folded; steps are all those of what is seen at first "
        f"and of a view within a view: median and, in brackets, spread of {processes(runs)}.\n\n"
        + table(["folded page", "measured", "goal"], rows)
    )
