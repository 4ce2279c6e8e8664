"""What changed since a commit: `python -m benchmarks.against COMMIT [--runs N]` prints a table.

The commit, cloned into a temporary folder, and this tree take turns, each in processes of its own;
micrograd and XAD take part as the measure of both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import imports
from benchmarks.demo_step import STEPS, problem
from benchmarks.processes import ROOT, own_process, progress, require, warn_if_busy
from benchmarks.tables import machine, number, spread, table

RATES = [1.0 - 0.9 * k / STEPS for k in range(STEPS)]  # those of the demo step
ROUNDS = 5  # of each route in a process
PEERS = {"micrograd": "step_micrograd", "xad": "step_xad"}

Measure = Callable[[Path], float]


def step(worker: str, collector: bool = True) -> Measure:
    """Milliseconds of a contestant's median demo step."""

    def measure(at: Path) -> float:
        how = {"problem": problem(), "rates": RATES, "collector": collector, "profile": False}
        found: Any = own_process(worker, at, **how)
        return 1e3 * median([each["seconds"] for each in found["timed"]])

    return measure


def backward_passes(at: Path) -> float:
    """The time of `derivatives(loss, parameters)`, in backward passes."""
    found = own_process("routes", at, problem=problem(), rounds=ROUNDS, collector=True)
    ratios = zip(found["derivatives"], found["backward"], strict=True)
    return median([slow / fast for slow, fast in ratios])


def import_cost(at: Path) -> float:
    """Milliseconds of `import autograd` over starting Python, all bytecode compiled."""
    with TemporaryDirectory() as bytecode:
        environment = imports.environment(bytecode, at)
        runs: dict[str, list[float]] = {"pass": [], "import autograd": []}
        for _ in range(imports.PAIRS):
            for code, each in runs.items():
                each.append(imports.milliseconds(environment, code, at))
    return median(runs["import autograd"]) - median(runs["pass"])


OURS: dict[str, Measure] = {
    "demo step, ms": step("step_chainrule"),
    "demo step, collector off, ms": step("step_chainrule", False),
    "the same with a node for every + and *, ms": step("step_plain"),
    "`derivatives(loss, parameters)`, backward passes": backward_passes,
    "`import autograd`, ms over Python": import_cost,
}


def main() -> None:
    """Measure both trees and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("commit", help="what to compare with: a commit of this repository")
    parser.add_argument("--runs", type=int, default=9, help="rounds (default: 9)")
    options = parser.parse_args()
    require("against", PEERS, "peers")
    warn_if_busy()
    with TemporaryDirectory() as folder:
        before = Path(folder)
        _git("clone", "--quiet", str(ROOT), folder)
        _git("-C", folder, "checkout", "--quiet", options.commit)
        figures: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in OURS}
        peers: dict[str, list[float]] = {name: [] for name in PEERS}
        for i in range(options.runs):
            for name, worker in PEERS.items():
                peers[name].append(step(worker)(ROOT))
            for name, measure in OURS.items():
                for at, found in zip((before, ROOT), figures[name], strict=True):
                    found.append(measure(at))
            progress(f"against {options.commit}, round {i + 1} of {options.runs}")
    print(machine(PEERS))
    print(_table(options.commit, figures, peers))


def _git(*arguments: str) -> None:
    if subprocess.run(["git", *arguments]).returncode:
        sys.exit(1)  # git has said why


def _table(
    commit: str,
    figures: dict[str, tuple[list[float], list[float]]],
    peers: dict[str, list[float]],
) -> str:
    rows = []
    for name, (old, new) in figures.items():
        ratios = [x / y for x, y in zip(new, old, strict=True)]
        rows.append([name, spread(old), spread(new), number(median(ratios))])
    old, new = figures["demo step, ms"]
    for name, theirs in peers.items():
        both = [[x / y for x, y in zip(theirs, ours, strict=True)] for ours in (old, new)]
        after, before = median(both[1]), median(both[0])
        text = f"demo step against {name}, times faster"
        rows.append([text, spread(both[0]), spread(both[1]), number(after / before)])
    return table(["median (spread)", f"at {commit}", "now", "now against then"], rows)


if __name__ == "__main__":
    main()
