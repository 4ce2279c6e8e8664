"""Tapes in JAX: against the same network written by hand, and against our own engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks.processes import own_process, progress, require
from benchmarks.tables import Goal, number, processes, table

NETWORKS = ([2, 16, 16, 1], [4, 32, 32, 3], [2, 64, 64, 1])
COUNTS = (100, 10_000, 100_000)
PROGRAMS = (500, 2000, 7500)  # operations
CONTESTANTS = {
    "by_hand": "JAX by hand, ms",
    "to_jax": "`to_jax`, jax.grad",
    "data_parallel": "`data_parallel`",
    "numpy": "NumPy",
    "compiled": "compiled",
}
SECONDS = 0.1  # of a round of calls
TOLERANCE = 1e-8
SPEED, COMPILE, INTERPRETED = Goal(0.7, at_least=True), Goal(3), Goal(2, " s")


def check() -> None:
    """SystemExit where a peer is missing."""
    require("exports", ("jax", "llvmlite", "numpy"), "peers,fast")


def sections(runs: int) -> Iterator[str]:
    """The tables of networks and of programs."""
    networks = [{"sizes": sizes} for sizes in NETWORKS]
    yield _networks(_measured(networks, COUNTS, runs), runs)
    programs = [{"operations": operations} for operations in PROGRAMS]
    yield _programs(_measured(programs, COUNTS[:2], runs), runs)


def _measured(
    subjects: Sequence[dict[str, Any]], counts: Sequence[int], runs: int
) -> list[list[dict[str, Any]]]:
    """What each round found, by subject and number of examples."""
    found: list[list[dict[str, Any]]] = [[] for _ in subjects for _ in counts]
    for i in range(runs):
        for k, subject in enumerate(subjects):
            results = own_process("exports", counts=counts, seconds=SECONDS, **subject)
            for j, result in enumerate(results):
                _compare(result["found"])
                found[k * len(counts) + j].append(result)
            progress(f"exports, round {i + 1} of {runs}, {subject}")
    return found


def _compare(found: dict[str, list[float]]) -> None:
    """SystemExit unless all have the value and gradient of NumPy."""
    expected = found["numpy"]
    size = max(1.0, *map(abs, expected))
    for name, numbers in found.items():
        error = max(abs(x - y) / size for x, y in zip(numbers, expected, strict=True))
        if not error <= TOLERANCE:
            raise SystemExit(f"exports: {name} computes something else, by {error:.1e}")


def _middle(found: Sequence[dict[str, Any]], key: str, name: str) -> float:
    return median([run[key][name] for run in found])


def _speed(found: Sequence[dict[str, Any]], name: str, of: str) -> float:
    """How many times as fast as another: the median of the ratios within a process."""
    return median([run["ms"][of] / run["ms"][name] for run in found])


def _networks(found: Sequence[Any], runs: int) -> str:
    rows, cases = [], [(sizes, count) for sizes in NETWORKS for count in COUNTS]
    for (sizes, count), each in zip(cases, found):
        speeds = [_speed(each, name, "by_hand") for name in list(CONTESTANTS)[1:]]
        goal = f" {SPEED.verdict(speeds[0])}" if count == 10_000 else ""
        slower = median([run["compile"]["to_jax"] / run["compile"]["by_hand"] for run in each])
        rows.append(
            [
                f"{'-'.join(map(str, sizes))}, {count:,}",
                number(_middle(each, "ms", "by_hand")),
                number(speeds[0]) + goal,
                *map(number, speeds[1:]),
                number(_middle(each, "compile", "by_hand")),
                f"{number(slower)} {COMPILE.verdict(slower)}",
            ]
        )
    heads = ["network, examples", *CONTESTANTS.values(), "by hand compiles in s", "`to_jax`, times"]
    return (
        "### Tapes in JAX\n\n"
        "One gradient of an MLP's mean loss and L2, as in *Tapes*: by hand in batched JAX under "
        "jit, milliseconds; and how many times as fast as that are the same tape as a JAX function "
        "under jit, vmap and jax.grad, the tape over the devices that JAX has here, one, which "
        "takes arrays of NumPy at each call, and our own engines. Float64, one core, in turns "
        f"within a process, {processes(runs)}; all gradients agree to "
        f"{TOLERANCE:g}. Compile time is apart.\n\n" + table(heads, rows)
    )


def _programs(found: Sequence[Any], runs: int) -> str:
    rows, cases = [], [(n, count) for n in PROGRAMS for count in COUNTS[:2]]
    for (operations, count), each in zip(cases, found):
        seconds = _middle(each, "compile", "to_jax")
        rows.append(
            [
                f"{operations:,}, {count:,}",
                f"{number(seconds)} {INTERPRETED.verdict(seconds)}",
                number(_middle(each, "ms", "to_jax")),
                *[
                    number(_speed(each, name, "to_jax"))
                    for name in ("data_parallel", "numpy", "compiled")
                ],
            ]
        )
    heads = [
        "operations in a row, examples", "trace and compile, s", "`to_jax`, jax.grad, ms",
        "`data_parallel`, times faster", "NumPy, times faster", "compiled, times faster",
    ]  # fmt: skip
    return (
        "Random programs, where each operation takes the result before it: JAX interprets them in "
        "a loop, since XLA would compile them for minutes if they were written out. Their "
        "gradient by `to_jax` under jit, vmap and jax.grad, and how many times as fast others "
        f"are; {processes(runs)}.\n\n" + table(heads, rows)
    )
