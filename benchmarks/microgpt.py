"""A program in the style of microgpt: our Value against a class of thirty lines of its own.

The program is the same for both, one node for every + and *, and must find the same losses to the
bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.processes import PROFILES, own_process, progress
from benchmarks.tables import COLLECTOR, Goal, number, processes, spread, table

CONTESTANTS = {"microgpt_own": "its own class", "microgpt_ours": "our Value"}
NAMES = [
    "alder", "aspen", "beech", "birch", "cedar", "elm", "fir", "hazel", "holly", "larch",
    "lime", "maple", "oak", "olive", "pear", "pine", "plum", "rowan", "spruce", "willow",
]  # fmt: skip
REPEATED = 5  # steps on the first name alone; the first of them warms up
FIGURES = ("one name, build", "one name, backward", "one name, both", "20 training steps")
GOAL = Goal(0.9, at_least=True)
GOALS = dict(zip(FIGURES, (None, None, GOAL, GOAL)))

Rounds = dict[str, list[dict[str, float]]]  # milliseconds of each figure, round by round


def check() -> None:
    """Nothing is needed but our own packages."""


def sections(runs: int) -> Iterator[str]:
    """The tables, and the profile of whatever missed its goal."""
    both: dict[bool, Rounds] = {
        collector: {name: [] for name in CONTESTANTS} for collector in COLLECTOR
    }
    for i in range(runs):
        for collector, rounds in both.items():
            found = {name: _measure(name, collector) for name in CONTESTANTS}
            losses = [found[name][1] for name in CONTESTANTS]
            if losses[0] != losses[1]:
                raise SystemExit("microgpt: the losses of our Value differ from the class's own")
            for name, (figures, _) in found.items():
                rounds[name].append(figures)
        progress(f"microgpt, round {i + 1} of {runs}")
    yield _times(both, runs)
    yield _ratios(both)
    for collector, rounds in both.items():
        if not all(GOAL.met(_ratio(rounds, figure)) for figure, goal in GOALS.items() if goal):
            yield _profile(collector)


def _measure(name: str, collector: bool) -> tuple[dict[str, float], list[float]]:
    """Milliseconds of each figure, and the losses of all steps."""
    one = own_process(name, names=NAMES[:1] * REPEATED, collector=collector)["steps"]
    every = own_process(name, names=NAMES, collector=collector)["steps"]
    build, backward = (median([1e3 * step["phases"][k] for step in one[1:]]) for k in (0, 1))
    whole = sum(1e3 * sum(step["phases"]) for step in every)
    figures = dict(zip(FIGURES, (build, backward, build + backward, whole)))
    return figures, [step["loss"] for step in one + every]


def _ratio(rounds: Rounds, figure: str) -> float:
    """How fast our Value is, measured by the class of its own."""
    own, ours = (median([each[figure] for each in rounds[name]]) for name in CONTESTANTS)
    return own / ours


def _times(both: dict[bool, Rounds], runs: int) -> str:
    rows = [
        [
            f"{figure}, {text}",
            *[spread([each[figure] for each in both[c][name]]) for c in COLLECTOR],
        ]
        for figure in FIGURES
        for name, text in CONTESTANTS.items()
    ]
    return (
        "### A program in the style of microgpt\n\n"
        "A transformer of one block on lists of lists of nodes learns names letter by letter: the "
        f"loss of one name and its gradient, and {len(NAMES)} whole training steps with Adam. "
        f"Milliseconds: the median and, in brackets, the spread of {processes(runs)} each, "
        "interleaved. All losses are the same to the bit. With the collector off, cyclic garbage "
        "(the graphs of its own class, whose `backward` recurses) is cleared between the steps, "
        "untimed; our graphs free themselves, and that is timed.\n\n"
        + table(["ms", *COLLECTOR.values()], rows)
    )


def _ratios(both: dict[bool, Rounds]) -> str:
    rows = []
    for figure, goal in GOALS.items():
        row = [figure]
        for rounds in both.values():
            each = [
                own[figure] / ours[figure]
                for own, ours in zip(*[rounds[name] for name in CONTESTANTS], strict=True)
            ]
            ratio = _ratio(rounds, figure)
            row += [spread(each, ratio), goal.verdict(ratio) if goal else "-"]
        rows.append(row)
    heads = ["our Value against its own class, times faster"]
    for text in COLLECTOR.values():
        heads += [text, "goal"]
    return (
        "Ratios of these medians; in brackets the spread of the ratios within a round.\n\n"
        + table(heads, rows)
    )


def _profile(collector: bool) -> str:
    """Where the milliseconds of a median step on one name go."""
    rows = []
    for name, text in CONTESTANTS.items():
        progress(f"microgpt, profile of {text}, {COLLECTOR[collector]}")
        how: dict[str, Any] = {"names": NAMES[:1] * REPEATED, "collector": collector}
        timed = [
            step
            for _ in range(PROFILES)
            for step in own_process(name, profile=True, **how)["steps"][1:]
        ]
        step = sorted(timed, key=lambda step: sum(step["phases"]))[len(timed) // 2]
        figures = [sum(step["phases"]), *step["phases"], step["collector"]]
        rows.append([text, *[number(1e3 * x) for x in figures]])
    heads = ["ms", "step", "build", "backward", "update", "release", "of these in the collector"]
    return f"Profile of what missed, {COLLECTOR[collector]}:\n\n" + table(heads, rows)
