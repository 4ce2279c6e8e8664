"""The distance to the limit: the demo step on the compiled engine, against what one core can do.

Operations are counted on the tape; what the core can do is measured by loops in C.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import compilers
from benchmarks.compiled import (
    BETWEEN,
    CONTESTANTS,
    DEMO,
    KINDS,
    PROBLEMS,
    PYTHON,
    measure,
    parts_of,
)
from benchmarks.processes import own_process, progress, require
from benchmarks.tables import number, processes, spread, table
from benchmarks.tape import problem

SIZES = {  # of three arrays, and their bytes
    "24 kB": 24_000,
    "500 kB": 500_000,
    "8 MB": 8_000_000,
    "400 MB": 400_000_000,
}
NEAREST = "24 kB"  # what the first cache holds
OTHERS = ("c_vectors", "c_loops", "c_strict")
SECONDS = 0.5  # of a process

Numbers = dict[str, float]


def check() -> None:
    """SystemExit where what the engine needs is missing."""
    require("limit", ("numpy", "llvmlite"), "fast")


def sections(runs: int) -> Iterator[str]:
    """The tables."""
    with TemporaryDirectory() as folder:
        yield from _sections(runs, Path(folder))


def _sections(runs: int, folder: Path) -> Iterator[str]:
    task = problem(*PROBLEMS[DEMO])
    smooth = {**task, "activation": "tanh"}
    cores: list[Numbers] = []
    steps: list[Any] = []
    with_tanh: list[Any] = []
    in_c: dict[str, list[float]] = {form: [] for form in OTHERS}
    if compilers.version():
        libraries = compilers.networks(folder, [PROBLEMS[DEMO][0]])
        limits = compilers.library(folder, "limits", compilers.NATIVE, "limits.c")
    for i in range(runs):
        if compilers.version():
            cores.append(own_process("limit", subject="core", library=limits, sizes=SIZES))
            for form, times in in_c.items():
                times.append(measure(form, [DEMO], libraries)[DEMO]["us"])
        steps.append(own_process("limit", subject="network", problem=task, seconds=SECONDS))
        with_tanh.append(own_process("limit", subject="network", problem=smooth, seconds=SECONDS))
        progress(f"limit, round {i + 1} of {runs}: kernels {number(steps[-1]['kernels'])} us")
    operations = sum(row["operations"] for row in steps[0]["kinds"].values())
    core = {name: median([each[name] for each in cores]) for name in cores[0]} if cores else {}
    yield (
        "### The distance to the limit\n\n"
        f"One gradient of micrograd's demo step on 100 examples is {operations:,} operations, "
        "counted on its tape: a product with a sum is two, any other number of an elementwise row "
        f"one. Median and, in brackets, spread of {processes(runs)}.\n\n"
    ) + (_core(cores) if cores else f"{compilers.NO_COMPILER}\n")
    yield _whole(core, operations, steps, in_c)
    yield _kinds(core, steps, with_tanh)


def _core(cores: list[Numbers]) -> str:
    rows = [["products and sums in registers, 10^9 a second", _spread_of(cores, "operations")]]
    rows += [[f"moved within {name}, GB a second", _spread_of(cores, name)] for name in SIZES]
    return (
        "What one core can do: a loop of products and sums in C, and `z = x + a * y` on three "
        "arrays that take so many bytes together.\n\n" + table(["one core", "measured"], rows)
    )


def _spread_of(cores: list[Numbers], name: str) -> str:
    return spread([core[name] for core in cores])


def _whole(core: Numbers, operations: int, steps: list[Any], in_c: dict[str, list[float]]) -> str:
    peak = core.get("operations")
    times = {CONTESTANTS[form]: us for form, us in in_c.items() if us}
    times["our tape, compiled: its kernels"] = [step["kernels"] for step in steps]
    times["our tape, compiled: the public call"] = [step["public"] for step in steps]
    if peak is not None:
        times = {"one core's limit": [operations / (1e3 * peak)], **times}
    rows = []
    for text, us in times.items():
        speed = operations / (1e3 * median(us))
        shown = number(median(us)) if len(us) == 1 else spread(us)
        share = f"{speed / peak:.0%}" if peak is not None else "-"
        rows.append([text, shown, number(speed), share])
    return table(["the demo step", "us", "10^9 operations a second", "of the limit"], rows)


def _kinds(core: Numbers, steps: list[Any], with_tanh: list[Any]) -> str:
    rows = []
    smooth = parts_of(with_tanh)
    for kind, text in KINDS.items():
        row = steps[0]["kinds"][kind]
        limit = "-"
        if core:
            longer = max(row["operations"] / core["operations"], row["bytes"] / core[NEAREST])
            limit = number(longer / 1e3)
        counted = [f"{row['calls']:,}", f"{row['operations']:,}"]
        per_byte = number(row["operations"] / row["bytes"])
        us = spread([step["kinds"][kind]["us"] for step in steps])
        rows.append([text, *counted, per_byte, limit, us, number(smooth[text])])
    each = [parts_of([step]) for step in steps]
    for text in (BETWEEN, PYTHON):
        us = spread([parts[text] for parts in each])
        rows.append([text, "", "", "", "", us, number(smooth[text])])
    heads = ["kernels", "calls", "operations", "operations a byte", "limit, us", "takes, us"]
    return (
        "Where its time goes. What kernels of a kind take is what a call is faster without them. "
        "Their limit is the longer of two times: of their operations in registers, and of their "
        f"rows, read and written once each, at the bandwidth of {NEAREST}. A kernel keeps nothing "
        "in registers for the next, as C written by hand does: that is the price of kernels which "
        "are the same for all tapes. The last column is the same network with tanh in place of "
        "relu.\n\n" + table([*heads, "with tanh, us"], rows)
    )
