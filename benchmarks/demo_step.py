"""The gradient of micrograd's demo step: our nn and engine against micrograd and XAD.

Every contestant gets the same examples and starting weights, and must find the same losses and
gradients.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, pairwise
from statistics import median
from typing import Any

from benchmarks.processes import PROFILES, own_process, progress, require
from benchmarks.tables import COLLECTOR, Goal, number, processes, spread, table
from nn import moons

CONTESTANTS = {  # worker: how the tables call it
    "step_micrograd": "micrograd",
    "step_chainrule": "our nn",
    "step_plain": "micrograd's expressions, our Value",
    "step_xad": "XAD",
}
RATIOS = (  # slower, faster, goal with the default collector, goal without
    ("step_micrograd", "step_chainrule", Goal(25, at_least=True), Goal(3, at_least=True)),
    ("step_micrograd", "step_plain", Goal(4, at_least=True), Goal(1, at_least=True)),
    ("step_xad", "step_chainrule", Goal(1.5, at_least=True), None),
)
SIZES = [2, 16, 16, 1]
STEPS = 6  # the first warms up
TOLERANCE = 1e-9

Rounds = dict[str, list[float]]  # median seconds of a step, round by round


def check() -> None:
    """SystemExit where a peer is missing."""
    require("demo-step", ("micrograd", "xad"), "peers")


def sections(runs: int) -> Iterator[str]:
    """The tables, and the profile of whatever missed its goal."""
    task = problem()
    medians: dict[bool, Rounds] = {
        collector: {name: [] for name in CONTESTANTS} for collector in COLLECTOR
    }
    for i in range(runs):
        for collector, rounds in medians.items():
            reference = None
            for name in CONTESTANTS:
                result = _measure(name, task, collector)
                reference = reference or result
                _compare(name, result, reference)
                rounds[name].append(median([step["seconds"] for step in result["timed"]]))
            times = ", ".join(f"{n} {number(1e3 * rounds[k][-1])}" for k, n in CONTESTANTS.items())
            progress(f"demo-step, round {i + 1} of {runs}, {COLLECTOR[collector]}, ms: {times}")
    yield _times(medians, runs)
    yield _ratios(medians)
    for collector, rounds in medians.items():
        missed = [
            (slow, fast)
            for slow, fast, *goals in RATIOS
            if (goal := goals[not collector]) and not goal.met(_ratio(rounds, slow, fast))
        ]
        if missed:
            yield _profile(sorted(set(chain(*missed))), task, collector)


def problem() -> dict[str, Any]:
    """100 moons, the network's sizes and starting weights, and the demo's learning rates."""
    rng = random.Random(1337)  # the demo's seed
    data = moons(100, noise=0.1, rng=rng)
    weights: list[float] = []
    for nin, nout in pairwise(SIZES):
        for _ in range(nout):
            weights += [rng.uniform(-1, 1) for _ in range(nin)] + [0.0]
    return {
        "inputs": data.inputs,
        "labels": [2 * label - 1 for label in data.labels],
        "sizes": SIZES,
        "weights": weights,
        "alpha": 1e-4,
    }


def _measure(name: str, task: dict[str, Any], collector: bool, profile: bool = False) -> Any:
    rates = [1.0 - 0.9 * k / 100 for k in range(STEPS)]
    return own_process(name, problem=task, rates=rates, collector=collector, profile=profile)


def _compare(name: str, result: dict[str, Any], reference: dict[str, Any]) -> None:
    """SystemExit unless every step has the reference's loss and gradient."""
    for k, (step, right) in enumerate(zip(result["steps"], reference["steps"], strict=True)):
        got = [step["loss"], *step["gradient"]]
        expected = [right["loss"], *right["gradient"]]
        error = max(abs(x - y) / max(1.0, abs(y)) for x, y in zip(got, expected, strict=True))
        if not error <= TOLERANCE:
            raise SystemExit(
                f"demo-step: {CONTESTANTS[name]} computes something else than micrograd: at step "
                f"{k} its loss or gradient differs by {error:.1e}, more than {TOLERANCE:g}"
            )


def _ratio(rounds: Rounds, slow: str, fast: str) -> float:
    return median(rounds[slow]) / median(rounds[fast])


def _times(medians: dict[bool, Rounds], runs: int) -> str:
    rows = [
        [text, *[spread([1e3 * x for x in medians[c][name]]) for c in COLLECTOR]]
        for name, text in CONTESTANTS.items()
    ]
    return (
        "### Gradient of micrograd's demo step\n\n"
        "Forward and backward of an MLP 2-16-16-1 on 100 moons, hinge loss and L2. Each process "
        f"takes {STEPS} training steps and gives the median of the last {STEPS - 1}; here are the "
        f"median and, in brackets, the spread of {processes(runs)}, interleaved. All losses and "
        f"gradients agree to {TOLERANCE:g}. With the collector off, cyclic garbage (micrograd's "
        "graphs) is cleared between the steps, untimed.\n\n"
        + table(["ms a step", *COLLECTOR.values()], rows)
    )


def _ratios(medians: dict[bool, Rounds]) -> str:
    rows = []
    for slow, fast, *goals in RATIOS:
        row = [f"{CONTESTANTS[fast]} against {CONTESTANTS[slow]}"]
        for (_, rounds), goal in zip(medians.items(), goals, strict=True):
            each = [x / y for x, y in zip(rounds[slow], rounds[fast], strict=True)]
            ratio = _ratio(rounds, slow, fast)
            row += [spread(each, ratio), goal.verdict(ratio) if goal else "-"]
        rows.append(row)
    heads = ["times faster"]
    for text in COLLECTOR.values():
        heads += [text, "goal"]
    return (
        "Ratios of these medians; in brackets the spread of the ratios within a round.\n\n"
        + table(heads, rows)
    )


def _profile(names: list[str], task: dict[str, Any], collector: bool) -> str:
    """Where the milliseconds of a median step go, for the contestants of a missed goal."""
    rows = []
    for name in names:
        progress(f"demo-step, profile of {CONTESTANTS[name]}, {COLLECTOR[collector]}")
        timed = [
            step
            for _ in range(PROFILES)
            for step in _measure(name, task, collector, profile=True)["timed"]
        ]
        step = sorted(timed, key=lambda step: step["seconds"])[len(timed) // 2]
        figures = [step["seconds"], *step["phases"], step["collector"]]
        rows.append([CONTESTANTS[name], *[number(1e3 * x) for x in figures]])
    heads = ["ms", "step", "forward", "release", "backward", "of these in the collector"]
    return f"Profile of what missed, {COLLECTOR[collector]}:\n\n" + table(heads, rows)
