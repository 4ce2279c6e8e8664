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
from benchmarks.compiled import CONTESTANTS, DEMO, PROBLEMS, measure
from benchmarks.processes import own_process, progress, require
from benchmarks.tables import number, processes, spread, table
from benchmarks.tape import problem

SIZES = {  # bytes of three arrays: well inside a first and a second cache, and in none
    "24 kB": 24_000,
    "500 kB": 500_000,
    "8 MB": 8_000_000,
    "400 MB": 400_000_000,
}
KINDS = {
    "matrix": "matrices times lanes",
    "outer": "gradients of matrices, summed over lanes",
    "rows": "elementwise rows",
    "uniform": "parameters, penalty, results: once a call",
    "other": "lanes brought, cleaned and summed",
}
OTHERS = ("c_vectors", "c_loops", "c_strict")
CALLS = 2000


def check() -> None:
    """SystemExit where what the engine needs is missing."""
    require("limit", ("numpy", "llvmlite"), "fast")


def sections(runs: int) -> Iterator[str]:
    """The tables."""
    with TemporaryDirectory() as folder:
        yield from _sections(runs, Path(folder))


def _sections(runs: int, folder: Path) -> Iterator[str]:
    task = problem(*PROBLEMS[DEMO])
    cores: list[dict[str, float]] = []
    steps: list[dict[str, Any]] = []
    in_c: dict[str, list[float]] = {form: [] for form in OTHERS}
    if compilers.version():
        libraries = compilers.networks(folder, [PROBLEMS[DEMO][0]])
        limits = compilers.library(folder, "limits", compilers.NATIVE, "limits.c")
    for i in range(runs):
        if compilers.version():
            cores.append(own_process("limit", subject="core", library=limits, sizes=SIZES))
            for form, times in in_c.items():
                times.append(measure(form, [DEMO], libraries)[DEMO]["us"])
        steps.append(own_process("limit", subject="step", problem=task, calls=CALLS))
        progress(f"limit, round {i + 1} of {runs}: kernels {number(steps[-1]['kernels'])} us")
    yield _whole(cores, steps, in_c, runs)
    yield _kinds(cores, steps)


def operations_of(step: dict[str, Any]) -> int:
    """How many operations a gradient of the demo step has."""
    return sum(row["operations"] for row in step["kinds"].values())


def _whole(
    cores: list[dict[str, float]],
    steps: list[dict[str, Any]],
    in_c: dict[str, list[float]],
    runs: int,
) -> str:
    operations = operations_of(steps[0])
    peak = median([core["operations"] for core in cores]) if cores else None
    times = {CONTESTANTS[form]: us for form, us in in_c.items() if us}
    times["our tape, compiled: the kernels"] = [step["kernels"] for step in steps]
    times["our tape, compiled: the public call"] = [step["public"] for step in steps]
    rows = []
    if peak is not None:
        limit = [operations / (1e3 * core["operations"]) for core in cores]
        rows.append(["the core's limit", spread(limit), number(peak), "100%"])
    for text, us in times.items():
        speed = operations / (1e3 * median(us))
        share = f"{speed / peak:.0%}" if peak is not None else "-"
        rows.append([text, spread(us), number(speed), share])
    bandwidth = ", ".join(
        f"{number(median([core[name] for core in cores]))} GB/s of {name}" for name in SIZES
    )
    of_core = (
        f"The core multiplies and adds in registers at the rate of the first line, and moves "
        f"{bandwidth} (`z = x + a * y` in C on three arrays that take so much together)."
        if cores
        else compilers.NO_COMPILER
    )
    return (
        "### The distance to the limit\n\n"
        f"One gradient of micrograd's demo step on 100 examples is {operations:,} operations, "
        "counted on its tape: a product with a sum is two, any other number of an elementwise row "
        f"one. {of_core} Median and, in brackets, spread of {processes(runs)}.\n\n"
        + table(
            ["the demo step", "us", "thousand million operations a second", "of the limit"], rows
        )
    )


def _kinds(cores: list[dict[str, float]], steps: list[dict[str, Any]]) -> str:
    rows = []
    peak = median([core["operations"] for core in cores]) if cores else None
    second = median([core["500 kB"] for core in cores]) if cores else None
    rest = [step["kernels"] for step in steps]
    for kind, text in KINDS.items():
        row = steps[0]["kinds"][kind]
        us = [step["kinds"][kind]["us"] for step in steps]
        rest = [x - y for x, y in zip(rest, us)]
        limit = "-"
        if peak is not None and second is not None:
            limit = number(max(row["operations"] / peak, row["bytes"] / second) / 1e3)
        per_byte = number(row["operations"] / row["bytes"])
        calls, operations = f"{row['calls']:,}", f"{row['operations']:,}"
        rows.append([text, calls, operations, per_byte, limit, spread(us)])
    rows.append(["the rest: from Python and back, from call to call", "", "", "", "", spread(rest)])
    python = [step["public"] - step["kernels"] for step in steps]
    rows.append(["Python: checks, conversions, results", "", "", "", "", spread(python)])
    heads = ["kernels", "calls", "operations", "operations a byte", "limit, us", "takes, us"]
    return (
        "Where its time goes, kernel by kernel. What one takes is what a call is faster without "
        "it. Its limit is the longer of two times: of its operations in registers, and of its "
        "rows, read and written once each, at the bandwidth of 500 kB; a kernel keeps nothing in "
        "registers for the next, as C written by hand does, and that is the price of kernels "
        "which are the same for all tapes.\n\n" + table(heads, rows)
    )
