"""Tapes: a gradient by generated Python and NumPy, against our eager nn and PyTorch's tensors.

Every contestant gets the same examples and weights, and must find the same loss and gradient.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks import demo_step
from benchmarks.processes import own_process, progress, require, slowest
from benchmarks.tables import Goal, number, processes, spread, table

CONTESTANTS = {  # how the tables call them
    "eager": "our nn, eager",
    "python": "tape, generated Python",
    "numpy": "tape, NumPy",
    "numpy_lists": "tape, NumPy, lists given",
    "torch": "PyTorch, float64",
}
TAPES = ("python", "numpy", "numpy_lists", "torch")
PROBLEMS = {  # sizes, examples, who computes it: eager takes half a minute for the last
    "2-16-16-1, 100 examples": ([2, 16, 16, 1], 100, tuple(CONTESTANTS)),
    "2-16-16-1, 1,000 examples": ([2, 16, 16, 1], 1000, TAPES),
    "4-32-32-3, 1,000 examples": ([4, 32, 32, 3], 1000, TAPES),
    "2-64-64-1, 10,000 examples": ([2, 64, 64, 1], 10_000, TAPES[1:]),
}
DEMO, LARGER, *_ = PROBLEMS
RATIOS = (  # problem, slower, faster, goal
    (DEMO, "eager", "python", Goal(12, at_least=True)),
    (DEMO, "eager", "numpy", Goal(300, at_least=True)),
    (DEMO, "torch", "numpy", Goal(3, at_least=True)),
    (LARGER, "torch", "numpy", Goal(1.5, at_least=True)),
    *[(name, "torch", "numpy", None) for name in list(PROBLEMS)[2:]],
)
FIRST = {  # what is traced: how the table calls it, goal
    "demo": ("micrograd's demo, 2-16-16-1", Goal(10, " ms")),
    "transformer": ("a transformer of one head on 8 letters", Goal(400, " ms")),
}
CALLS, SECONDS = 2000, 0.5  # of a process: so many calls, or those that fit
TOLERANCE = 1e-9

Rounds = dict[str, dict[str, list[float]]]  # problem, contestant: milliseconds, round by round


def check() -> None:
    """SystemExit where a peer is missing."""
    require("tape", ("numpy", "torch"), "peers,fast")


def sections(runs: int) -> Iterator[str]:
    """The tables, and the profile of whatever missed its goal."""
    tasks = {name: problem(sizes, count) for name, (sizes, count, _) in PROBLEMS.items()}
    rounds: Rounds = {name: {who: [] for who in each[2]} for name, each in PROBLEMS.items()}
    firsts: dict[str, list[dict[str, Any]]] = {subject: [] for subject in FIRST}
    for i in range(runs):
        for name, each in rounds.items():
            reference = None
            for who, times in each.items():
                result = _measure(who, tasks[name])
                reference = reference or result["found"]
                _compare(name, who, result["found"], reference)
                times.append(result["ms"])
            told = ", ".join(f"{CONTESTANTS[who]} {number(ms[-1])}" for who, ms in each.items())
            progress(f"tape, round {i + 1} of {runs}, {name}, ms: {told}")
        for subject, found in firsts.items():
            found.append(own_process("first", program=subject, problem=tasks[DEMO]))
    yield _times(rounds, runs)
    yield _ratios(rounds)
    yield _first(firsts)
    for name, slow, fast, goal in RATIOS:
        if goal and not goal.met(_ratio(rounds, name, slow, fast)):
            yield _profile(f"{CONTESTANTS[fast]}, {name}", "tape", **_how(fast, tasks[name]))
    for subject, (text, goal) in FIRST.items():
        if not all(map(goal.met, _middle(firsts[subject]))):
            how = {"program": subject, "problem": tasks[DEMO]}
            yield _profile(f"{text}, to the first gradient", "first", **how)


def problem(sizes: list[int], count: int) -> dict[str, Any]:
    """Examples, starting weights and the demo's penalty; of the demo its own."""
    if sizes == demo_step.SIZES and count == 100:
        return demo_step.problem()
    rng = random.Random(1337)
    inputs = [[rng.gauss(0.0, 1.0) for _ in range(sizes[0])] for _ in range(count)]
    labels = [rng.choice((-1, 1)) if sizes[-1] == 1 else rng.randrange(sizes[-1]) for _ in inputs]
    weights: list[float] = []
    for nin, nout in pairwise(sizes):
        for _ in range(nout):
            weights += [rng.uniform(-1, 1) * nin**-0.5 for _ in range(nin)] + [0.0]
    return {"inputs": inputs, "labels": labels, "sizes": sizes, "weights": weights, "alpha": 1e-4}


def _how(who: str, task: dict[str, Any]) -> dict[str, Any]:
    return {"contestant": who, "problem": task, "seconds": SECONDS, "calls": CALLS}


def _measure(who: str, task: dict[str, Any]) -> Any:
    return own_process("tape", **_how(who, task))


def _compare(name: str, who: str, got: list[float], expected: list[float]) -> None:
    """SystemExit unless a contestant has the reference's loss and gradient."""
    error = max(abs(x - y) / max(1.0, abs(y)) for x, y in zip(got, expected, strict=True))
    if not error <= TOLERANCE:
        raise SystemExit(
            f"tape: {CONTESTANTS[who]} computes something else at {name}: its loss or gradient "
            f"differs by {error:.1e}, more than {TOLERANCE:g}"
        )


def _ratio(rounds: Rounds, name: str, slow: str, fast: str) -> float:
    return median(rounds[name][slow]) / median(rounds[name][fast])


def _times(rounds: Rounds, runs: int) -> str:
    rows = [
        [name, *[spread(each[who]) if who in each else "-" for who in CONTESTANTS]]
        for name, each in rounds.items()
    ]
    return (
        "### Tapes\n\n"
        "Milliseconds of one gradient of an MLP's mean loss and L2 over all examples: hinge loss "
        "for one output, softmax cross-entropy for three; the first is micrograd's demo step. The "
        "call is the public one, `tape.value_and_grad(theta, X, Y)`, with all conversions; NumPy "
        "and PyTorch are given arrays and tensors, unless lists are said. Each process gives the "
        f"median of up to {CALLS} calls, or of those in {SECONDS:g} s; here are the median and, in "
        f"brackets, the spread of {processes(runs)}, interleaved. All losses and gradients agree "
        f"to {TOLERANCE:g}; threads are those that NumPy and PyTorch take unasked.\n\n"
        + table(["ms a gradient", *CONTESTANTS.values()], rows)
    )


def _ratios(rounds: Rounds) -> str:
    rows = []
    for name, slow, fast, goal in RATIOS:
        ratio = _ratio(rounds, name, slow, fast)
        each = [x / y for x, y in zip(rounds[name][slow], rounds[name][fast], strict=True)]
        verdict = goal.verdict(ratio) if goal else "-"
        text = f"{CONTESTANTS[fast]} against {CONTESTANTS[slow]}, {name}"
        rows.append([text, spread(each, ratio), verdict])
    return (
        "Ratios of these medians; in brackets the spread of the ratios within a round.\n\n"
        + table(["times faster", "measured", "goal"], rows)
    )


def _middle(found: list[dict[str, Any]]) -> list[float]:
    """Median milliseconds of the first tape of a process, and of the second."""
    return [median([run["ms"][k] for run in found]) for k in range(2)]


def _first(firsts: dict[str, list[dict[str, Any]]]) -> str:
    rows = []
    for subject, found in firsts.items():
        text, goal = FIRST[subject]
        row = [f"{text}: {found[0]['about']}"]
        for k, middle in enumerate(_middle(found)):
            row += [spread([run["ms"][k] for run in found]), goal.verdict(middle)]
        rows.append(row)
    return (
        "From a function to its first gradient: `trace` and one `value_and_grad` on NumPy, in "
        "milliseconds. The first tape of a process also finds out what the rows in it are.\n\n"
        + table(["ms", "the first tape", "goal", "the next", "goal"], rows)
    )


def _profile(text: str, worker: str, **how: Any) -> str:
    progress(f"tape, profile of {text}")
    heads = ["function", "calls", "its own share"]
    return f"Profile of what missed: {text}.\n\n" + table(heads, slowest(worker, **how))
