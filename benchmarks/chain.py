"""A chain of 10**6 operations: is the time per operation that of 10**5, how many bytes is a node?

Depth is where recursion dies and where memory shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.processes import PROFILES, own_process, progress
from benchmarks.tables import COLLECTOR, Goal, number, processes, spread, table

OPERATIONS = {"unary": "`x = x.sin()`", "binary": "`x = x * y`"}
PHASES = ("build", "backward", "free", "all three")
SHORT, LONG = 10**5, 10**6
RATIO = Goal(1.5)
REST, PEAK = Goal(300, " bytes"), Goal(500, " bytes")

Times = dict[tuple[str, int], list[list[float]]]  # microseconds an operation: runs of phases


def check() -> None:
    """Nothing is needed but our own packages."""


def sections(runs: int) -> Iterator[str]:
    """The tables of time and memory, and the profile of whatever missed its goal."""
    both: dict[bool, Times] = {
        collector: {(operation, n): [] for operation in OPERATIONS for n in (SHORT, LONG)}
        for collector in COLLECTOR
    }
    for i in range(runs):
        for collector, times in both.items():
            for (operation, length), each in times.items():
                seconds, _ = _measure(operation, length, collector)
                each.append(seconds)
        progress(f"chain, round {i + 1} of {runs}")
    yield (
        "### A chain of operations\n\n"
        "Microseconds an operation, in a chain of each length: the median and, in brackets, the "
        f"spread of {processes(runs)}, interleaved, and the ratio of the medians.\n"
    )
    for collector, times in both.items():
        yield _times(times, collector)
        if missed := [o for o in OPERATIONS if not all(map(RATIO.met, _ratios(times, o)))]:
            yield _profile(missed, collector)
    yield from _memory()


def _measure(
    operation: str, length: int, collector: bool, profile: bool = False
) -> tuple[list[float], list[float]]:
    """Microseconds an operation of each phase, and those the collector took of them."""
    result = own_process(
        "chain", operation=operation, length=length, collector=collector, profile=profile
    )
    taken, collected = (
        [1e6 * s / length for s in (*result[key], sum(result[key]))]
        for key in ("seconds", "collector")
    )
    return taken, collected


def _phase(times: Times, operation: str, length: int, k: int) -> list[float]:
    """One phase in all runs."""
    return [run[k] for run in times[operation, length]]


def _ratios(times: Times, operation: str) -> list[float]:
    """How much longer an operation takes in the long chain, phase by phase."""
    return [
        median(_phase(times, operation, LONG, k)) / median(_phase(times, operation, SHORT, k))
        for k in range(len(PHASES))
    ]


def _times(times: Times, collector: bool) -> str:
    rows = []
    for operation, text in OPERATIONS.items():
        for k, ratio in enumerate(_ratios(times, operation)):
            lengths = [spread(_phase(times, operation, n, k)) for n in (SHORT, LONG)]
            verdict = RATIO.verdict(ratio)
            rows.append([f"{text}, {PHASES[k]}", *lengths, number(ratio), verdict])
    heads = [COLLECTOR[collector], f"{SHORT:,}", f"{LONG:,}", "ratio", "goal"]
    return table(heads, rows)


def _profile(operations: list[str], collector: bool) -> str:
    """The collector's share of every phase, for the operations of a missed goal."""
    rows = []
    for operation in operations:
        for length in (SHORT, LONG):
            progress(f"chain, profile of {length:,} {operation} operations")
            profiles = [_measure(operation, length, collector, True) for _ in range(PROFILES)]
            for k, phase in enumerate(PHASES):
                taken, collected = (median([profile[i][k] for profile in profiles]) for i in (0, 1))
                name = f"{OPERATIONS[operation]}, {phase}, {length:,}"
                rows.append([name, number(taken), number(collected)])
    heads = ["microseconds an operation", "all", "of these in the collector"]
    return f"Profile of what missed, {COLLECTOR[collector]}:\n\n" + table(heads, rows)


def _memory() -> Iterator[str]:
    rows, missed = [], []
    for operation, text in OPERATIONS.items():
        progress(f"chain, bytes a node, {operation} operations")
        result = own_process("memory", operation=operation, length=LONG)
        rest, peak = result["rest"], result["peak"]
        rows.append([text, number(rest), REST.verdict(rest), number(peak), PEAK.verdict(peak)])
        if not (REST.met(rest) and PEAK.met(peak)):
            missed.append(operation)
    heads = ["bytes a node", "at rest after `backward()`", "goal", "peak inside it", "goal"]
    yield (
        f"Memory of {LONG:,} nodes, each with its gradient: all that Python allocated since the "
        "first one, as `tracemalloc` counts it, at rest after `backward()` and at the highest "
        "point inside it.\n\n" + table(heads, rows)
    )
    for operation in missed:
        lines = own_process("memory", operation=operation, length=SHORT, lines=8)["lines"]
        yield (
            f"Profile of what missed: who holds the memory of {OPERATIONS[operation]} at rest.\n\n"
            + table(["line", "bytes a node"], [[_short(at), number(size)] for at, size in lines])
        )


def _short(place: str) -> str:
    """The last two parts of a file's path and the line."""
    path, _, line = place.rpartition(":")
    return f"{'/'.join(Path(path).parts[-2:])}:{line}"
