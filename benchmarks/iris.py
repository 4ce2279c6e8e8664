"""The demo's held-out accuracy on iris over ten seeds of its training.

All ten are printed: none is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.processes import own_process, progress, require
from benchmarks.tables import Goal, number, spread, table

SEEDS = range(10)
MEDIAN, WORST = Goal(0.93, at_least=True), Goal(0.86, at_least=True)


def check() -> None:
    """SystemExit where a package of the demo is missing."""
    require("iris", ("graphviz", "tqdm", "matplotlib"), "peers,train")


def sections(runs: int) -> Iterator[str]:
    """The table; the training is deterministic, so each seed runs once whatever `runs` says."""
    results = []
    for seed in SEEDS:
        results.append(own_process("flowers", seed=seed))
        progress(f"iris, seed {seed}: {results[-1]['accuracy']:.3f}")
    accuracies = [result["accuracy"] for result in results]
    middle, worst = median(accuracies), min(accuracies)
    yield (
        "### Iris\n\nAccuracy of the demo on its 30 held-out flowers, for each seed of the "
        f"training, which took {spread([result['seconds'] for result in results])} seconds.\n\n"
        + table(
            ["seed", *map(str, SEEDS)],
            [["held-out accuracy", *[number(x) for x in accuracies]]],
        )
        + "\n"
        + table(
            ["held-out accuracy", "measured", "goal"],
            [
                ["median", number(middle), MEDIAN.verdict(middle)],
                ["worst", number(worst), WORST.verdict(worst)],
            ],
        )
    )
