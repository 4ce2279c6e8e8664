"""The compiled engine: against micrograd, JAX, PyTorch, CasADi, XAD and C, one thread each.

Every contestant gets the same numbers, and must find the same loss and gradient before it is timed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any

from benchmarks import compilers
from benchmarks.processes import PROFILES, own_process, progress, require
from benchmarks.tables import COLLECTOR, Goal, between, number, processes, spread, table
from benchmarks.tape import problem

OURS = "chainrule"
MICROGRAD = {collector: f"micrograd, {text}" for collector, text in COLLECTOR.items()}
CONTESTANTS = {  # of a network's gradient, and how the tables call them
    OURS: "our tape, compiled",
    "threads": "our tape, compiled, two threads",
    "numpy": "our tape, NumPy",
    "jax_array": "JAX, jit, one array",
    "jax_layers": "JAX, jit, arrays of layers",
    "torch": "PyTorch, eager",
    "casadi_mapped": "CasADi SX, mapped",
    "casadi_whole": "CasADi SX, one expression",
    **{form: text for form, (text, _, _) in compilers.FORMS.items()},
    **{text: text for text in MICROGRAD.values()},
}
PROBLEMS = {  # sizes and examples
    "2-16-16-1, 100": ([2, 16, 16, 1], 100),
    "2-16-16-1, 1,000": ([2, 16, 16, 1], 1000),
    "4-32-32-3, 1,000": ([4, 32, 32, 3], 1000),
    "2-64-64-1, 1,000": ([2, 64, 64, 1], 1000),
    "2-64-64-1, 10,000": ([2, 64, 64, 1], 10_000),
}
DEMO = next(iter(PROBLEMS))
LARGEST = list(PROBLEMS)[-1]
BETTER = {  # of two forms the one that is faster is compared with
    "jax": ("JAX, jit", ("jax_array", "jax_layers")),
    "casadi": ("CasADi SX", ("casadi_mapped", "casadi_whole")),
}
EVERYBODY = (OURS, "numpy", "jax_array", "jax_layers", "torch")  # who computes every problem
FASTER = (  # problem, who is slower, how many times faster we shall be
    (DEMO, MICROGRAD[True], Goal(80_000, at_least=True)),
    (DEMO, MICROGRAD[False], None),
    (DEMO, "jax", Goal(4, at_least=True)),
    (DEMO, "jax_layers", None),
    (DEMO, "torch", Goal(18, at_least=True)),
    (DEMO, "casadi", Goal(22, at_least=True)),
    (DEMO, "numpy", None),
    ("2-16-16-1, 1,000", "jax", Goal(2.5, at_least=True)),
    ("2-16-16-1, 1,000", "torch", None),
    ("4-32-32-3, 1,000", "jax", None),
    ("4-32-32-3, 1,000", "torch", None),
    ("2-64-64-1, 1,000", "jax", Goal(1.5, at_least=True)),
    ("2-64-64-1, 1,000", "torch", None),
    ("2-64-64-1, 10,000", "jax", Goal(1.5, at_least=True)),
    ("2-64-64-1, 10,000", "torch", None),
)
TWO_THREADS = Goal(1.7, at_least=True)  # times faster than one, at the largest
SLOWER = (  # the same of C: how many times its time we may take
    (DEMO, "c_strict", None),
    (DEMO, "c_loops", Goal(2)),
    (DEMO, "c_vectors", Goal(3)),
    *[(name, form, None) for name in list(PROBLEMS)[1:] for form in ("c_loops", "c_vectors")],
)
OPERATIONS, NAME = 1000, "cypress"  # of one lane's expression; of a GPT: eight letters and ends
ALONE = {  # worker: what it measures, and its contestants; ours is the last
    "one_lane": {"xad": "XAD", "casadi": "CasADi SX", OURS: "our tape, compiled"},
    "gpt": {"eager": "our Value, a node for each + and *", "tape": "our tape, compiled"},
}
GIVEN: dict[str, dict[str, Any]] = {"one_lane": {"operations": OPERATIONS}, "gpt": {"name": NAME}}
TEXTS = {
    "one_lane": f"one example through an expression of {OPERATIONS:,} operations",
    "gpt": f"a small GPT, one sequence of {len(NAME) + 1} letters",
}
GOALS = {
    ("one_lane", "xad"): Goal(30, at_least=True),
    ("one_lane", "casadi"): Goal(1, at_least=True),
    ("gpt", "eager"): Goal(600, at_least=True),
}
FIRST = {  # cache, what is timed: how the table calls it, goal
    ("empty", "kernels"): ("compile the kernels, once on a machine", Goal(3000, " ms")),
    ("kept", "kernels"): ("load them from the cache, once in a process", Goal(300, " ms")),
    ("kept", "first"): ("trace the demo, bind it, and its first gradient", Goal(10, " ms")),
    ("kept", "next"): ("the same, the second time in a process", Goal(10, " ms")),
}
KINDS = {  # of kernels
    "matrix": "matrices times lanes",
    "outer": "gradients of matrices, summed over lanes",
    "rows": "elementwise rows",
    "uniform": "parameters, penalty, results: once a call",
    "other": "lanes brought, cleaned and summed",
}
BETWEEN = "from Python and back, from kernel to kernel"
PYTHON = "Python: checks, conversions, results"
STEPS = 3  # of micrograd, of which the first warms up
CALLS, SECONDS = 2000, 0.2  # of a process: so many calls, or those that fit
TOLERANCE = 1e-12

Rounds = dict[str, dict[str, list[float]]]  # problem, contestant: microseconds, round by round


def check() -> None:
    """SystemExit where a peer is missing that everybody can install."""
    require_peers("compiled", "micrograd", "xad")


def require_peers(part: str, *others: str) -> None:
    """SystemExit where the engine, JAX, PyTorch or another peer of a part is missing."""
    require(part, ("numpy", "llvmlite", "jax", "torch", *others), "peers,fast")


def sections(runs: int) -> Iterator[str]:
    """The tables, and the profile of whatever missed its goal."""
    with TemporaryDirectory() as folder:
        yield from _sections(runs, Path(folder))


def _sections(runs: int, folder: Path) -> Iterator[str]:
    libraries = compilers.networks(folder, [sizes for sizes, _ in PROBLEMS.values()])
    rounds: Rounds = {name: {who: [] for who in who_computes(name)} for name in PROBLEMS}
    alone: Rounds = {worker: {who: [] for who in each} for worker, each in ALONE.items()}
    if not installed("casadi"):
        del alone["one_lane"]["casadi"]
    firsts: dict[tuple[str, str], list[float]] = {key: [] for key in FIRST}
    for i in range(runs):
        for names in ([DEMO], list(PROBLEMS)[1:]):
            found = {
                who: measure(who, [name for name in names if who in rounds[name]], libraries)
                for who in CONTESTANTS
            }
            for name in names:
                reference = found[OURS][name]["found"]
                for who, times in rounds[name].items():
                    compare(name, CONTESTANTS[who], found[who][name]["found"], reference)
                    times.append(found[who][name]["us"])
                _tell(i, runs, name, CONTESTANTS, rounds[name])
        for worker, each in alone.items():
            reference = []
            for who, times in each.items():
                how = {**GIVEN[worker], "contestant": who, "seconds": SECONDS, "calls": CALLS}
                result = own_process(worker, **how)
                reference = reference or result["found"]
                compare(worker, ALONE[worker][who], result["found"], reference)
                times.append(result["us"])
            _tell(i, runs, worker, ALONE[worker], each)
        with TemporaryDirectory() as cache:
            for state in ("empty", "kept"):
                ms = own_process("first_compiled", problem=problem(*PROBLEMS[DEMO]), cache=cache)
                for (when, what), times in firsts.items():
                    if when == state:
                        times.append(ms[what])
    yield _times(rounds, runs)
    yield _ratios(rounds)
    yield _alone(alone)
    yield _first(firsts)
    if missed := _missed(rounds, alone):
        yield _profile(missed, min(PROFILES, runs))
    yield between("in short", _in_short(rounds, alone))


def _tell(i: int, runs: int, name: str, texts: Mapping[str, str], times: Any) -> None:
    told = ", ".join(f"{texts[who]} {number(us[-1])}" for who, us in times.items())
    progress(f"compiled, round {i + 1} of {runs}, {name}, us: {told}")


def installed(who: str) -> bool:
    """Whether a contestant is here that need not be: a compiler, CasADi's wheel."""
    if who in compilers.FORMS:
        return compilers.version() is not None
    return not who.startswith("casadi") or importlib.util.find_spec("casadi") is not None


def who_computes(name: str) -> list[str]:
    """The contestants of a problem; ours is first."""
    found = list(EVERYBODY)
    if name == DEMO:
        found += [*BETTER["casadi"][1], *MICROGRAD.values()]
    if name == LARGEST:
        found.append("threads")
    if PROBLEMS[name][0][-1] == 1:
        found += compilers.FORMS
    return [who for who in found if installed(who)]


def measure(who: str, names: Sequence[str], libraries: Mapping[str, Any]) -> dict[str, Any]:
    """By problem the microseconds of a gradient, and loss and gradient: all in one process."""
    if not names:
        return {}
    tasks = [problem(*PROBLEMS[name]) for name in names]
    if who in MICROGRAD.values():
        return {name: _of_micrograd(who, task) for name, task in zip(names, tasks)}
    given: dict[str, Any] = {"contestant": who}
    if who == "numpy":
        given = {"contestant": OURS, "engine": "numpy"}
    elif who.startswith("jax"):
        given = {"contestant": "jax", "flat": who == "jax_array"}
    elif who == "threads":
        given = {"contestant": OURS, "threads": 2, "one_thread": False}
    elif who in compilers.FORMS:
        given = {"contestant": "c", "libraries": libraries[who]}
    results = own_process("compiled", problems=tasks, seconds=SECONDS, calls=CALLS, **given)
    return dict(zip(names, results, strict=True))


def _of_micrograd(who: str, task: dict[str, Any]) -> dict[str, Any]:
    collector = who == MICROGRAD[True]
    how = {"problem": task, "rates": [0.0] * STEPS, "collector": collector, "profile": False}
    steps = own_process("step_micrograd", **how)
    first = steps["steps"][0]
    us = 1e6 * median([step["seconds"] for step in steps["timed"]])
    return {"us": us, "found": [first["loss"], *first["gradient"]]}


def compare(name: str, who: str, got: Sequence[float], expected: Sequence[float]) -> None:
    """SystemExit unless a contestant has the reference's loss and gradient."""
    error = max(abs(x - y) / max(1.0, abs(y)) for x, y in zip(got, expected, strict=True))
    if not error <= TOLERANCE:
        raise SystemExit(
            f"compiled: {who} computes something else at {name}: its loss or gradient differs by "
            f"{error:.1e}, more than {TOLERANCE:g}"
        )


# ---- the tables ----------------------------------------------------------------------------------


def _times(rounds: Rounds, runs: int) -> str:
    everybody = [who for who in CONTESTANTS if any(who in each for each in rounds.values())]
    rows = [
        [
            CONTESTANTS[who],
            *[spread(each[who]) if who in each else "-" for each in rounds.values()],
        ]
        for who in everybody
    ]
    words = [
        "Microseconds of one gradient of an MLP's mean loss and L2 over all examples, as in "
        "*Tapes*; the first is micrograd's demo step. Of ours it is the public call, "
        "`tape.value_and_grad(theta, X, Y)` on arrays, its checks and conversions included; of "
        "JAX `jit` of the batched network's value and gradient, waited for, its parameters in one "
        "array as ours or in arrays of the layers; of PyTorch eager batched tensors; of CasADi "
        "functions on buffers. Results stay where each leaves them.",
        of_c(),
        "Float64, one thread on one core unless two are said. A contestant has a process for the "
        f"demo and one for the others, which gives of each the median of up to {CALLS} calls, or "
        f"of those in {SECONDS:g} s (of micrograd {STEPS - 1}); here are the median and, in "
        f"brackets, the spread of {processes(runs)}, interleaved. All losses and gradients agree "
        f"to {TOLERANCE:g}.",
    ]
    return (
        "### The compiled engine\n\n"
        + " ".join(words)
        + "\n\n"
        + table(["us a gradient", *rounds], rows)
    )


def of_c() -> str:
    """What the tables say of our C, and of contestants that are not here."""
    absent = "" if installed("casadi") else " CasADi is not installed here."
    compiler = compilers.version()
    if compiler is None:
        return compilers.NO_COMPILER + absent
    return (
        f"C is ours, in `benchmarks/c`, compiled by {compiler} for this processor, "
        f'`{" ".join(compilers.NATIVE)}`; "sums vectorised" adds `{" ".join(compilers.SUMS)}`; '
        f"it is called in a loop in C, so that Python has no part in its time.{absent}"
    )


def _against(rounds: Mapping[str, list[float]], who: str) -> list[float]:
    """A contestant's times; of two forms the better's."""
    if who not in BETTER:
        return rounds.get(who, [])
    return min([rounds[form] for form in BETTER[who][1] if form in rounds], key=median, default=[])


def _ratios(rounds: Rounds) -> str:
    names = {**CONTESTANTS, **{who: f"{text}, the better" for who, (text, _) in BETTER.items()}}
    rows = []
    for faster, figures in ((True, FASTER), (False, SLOWER)):
        for name, who, goal in figures:
            theirs, ours = _against(rounds[name], who), rounds[name][OURS]
            if not theirs:
                continue
            pairs = list(zip(theirs, ours, strict=True))
            ratio = median(theirs) / median(ours) if faster else median(ours) / median(theirs)
            each = [x / y if faster else y / x for x, y in pairs]
            text = "times faster than" if faster else "times the time of"
            verdict = goal.verdict(ratio) if goal else "-"
            rows.append([f"{name}: {text} {names[who]}", spread(each, ratio), verdict])
    one, two = rounds[LARGEST][OURS], rounds[LARGEST]["threads"]
    ratio = median(one) / median(two)
    each = [x / y for x, y in zip(one, two, strict=True)]
    text = f"{LARGEST}: two threads, times faster than one"
    rows.append([text, spread(each, ratio), TWO_THREADS.verdict(ratio)])
    return (
        "Ratios of these medians; in brackets the spread of the ratios within a round.\n\n"
        + table(["our tape, compiled", "measured", "goal"], rows)
    )


def _alone(alone: Rounds) -> str:
    rows = []
    for worker, each in alone.items():
        *others, ours = each
        for who in others:
            ratio = median(each[who]) / median(each[ours])
            ratios = [x / y for x, y in zip(each[who], each[ours], strict=True)]
            rows.append(
                [
                    f"{TEXTS[worker]}, against {ALONE[worker][who]}",
                    spread(each[who]),
                    spread(each[ours]),
                    spread(ratios, ratio),
                    GOALS[worker, who].verdict(ratio),
                ]
            )
    heads = ["us a gradient", "theirs", "our tape, compiled", "times faster", "goal"]
    return (
        "One example at a time. The expression adds, subtracts, multiplies and takes sines and "
        "hyperbolic tangents of ten numbers, by five of which the gradient is taken; XAD records "
        "it anew, CasADi has compiled it to its own machine. The GPT is that of *A program in the "
        "style of microgpt*; eager it is one node for every + and *, with the default collector, "
        "on the tape a sum is one node and the letters are inputs.\n\n" + table(heads, rows)
    )


def _first(firsts: Mapping[tuple[str, str], list[float]]) -> str:
    rows = [
        [text, spread(firsts[key]), goal.verdict(median(firsts[key]))]
        for key, (text, goal) in FIRST.items()
    ]
    return (
        "Before the first gradient, in milliseconds; what is imported on the way is imported "
        "before.\n\n" + table(["ms", "measured", "goal"], rows)
    )


def _missed(rounds: Rounds, alone: Rounds) -> list[str]:
    """The problems at which a goal is missed."""
    found = []
    for name, who, goal in (*FASTER, *SLOWER):
        theirs, ours = _against(rounds[name], who), rounds[name][OURS]
        if goal and theirs:
            ratio = median(theirs) / median(ours)
            if not goal.met(ratio if goal.at_least else 1 / ratio):
                found.append(name)
    for (worker, who), goal in GOALS.items():
        *_, ours = alone[worker].values()
        if who in alone[worker] and not goal.met(median(alone[worker][who]) / median(ours)):
            found.append(worker)
    return list(dict.fromkeys(found))


def _profile(missed: Sequence[str], runs: int) -> str:
    """Where our time goes at these problems, kernels kind by kind."""
    parts: list[dict[str, float]] = []
    how: dict[str, Any] = {"seconds": SECONDS}
    for name in missed:
        progress(f"compiled, profile of {name}")
        given = GIVEN[name] if name in GIVEN else {"problem": problem(*PROBLEMS[name])}
        found = [
            own_process("limit", subject=name if name in GIVEN else "network", **how, **given)
            for _ in range(runs)
        ]
        parts.append(parts_of(found))
    rows = [[text, *[number(part[text]) for part in parts]] for text in parts[0]]
    return (
        "Profile of what missed. What kernels of a kind take is what a call is faster without "
        "them; *The distance to the limit* says more of the demo.\n\n"
        + table(["our tape, compiled, us", *[TEXTS.get(name, name) for name in missed]], rows)
    )


def parts_of(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Median microseconds of each kind of kernels, of what is between them, and of Python."""
    parts = {
        text: median([each["kinds"].get(kind, {"us": 0.0})["us"] for each in found])
        for kind, text in KINDS.items()
    }
    kernels = median([each["kernels"] for each in found])
    parts[BETWEEN] = kernels - sum(parts.values())
    parts[PYTHON] = median([each["public"] for each in found]) - kernels
    return parts


def _in_short(rounds: Rounds, alone: Rounds) -> str:
    """Three lines, which the README has too."""
    demo = rounds[DEMO]
    ours = median(demo[OURS])

    def times(who: str) -> str:
        return number(median(_against(demo, who)) / ours)

    casadi = f"{times('casadi')} than CasADi, " if installed("casadi") else ""
    c = (
        f" C takes {number(median(demo['c_loops']))} in plain loops and "
        f"{number(median(demo['c_vectors']))} by hand with vectors."
        if installed("c_loops")
        else ""
    )
    eager, tape = (median(alone["gpt"][who]) for who in ("eager", "tape"))
    against = {
        who: number(median(_against(rounds[LARGEST], who)) / median(rounds[LARGEST][OURS]))
        for who in ("jax", "torch")
    }
    sizes, count = LARGEST.split(", ")
    lines = [
        f"On the compiled engine micrograd's demo step takes {number(ours)} microseconds on one "
        f"thread: {times(MICROGRAD[True])} times faster than micrograd, {times('torch')} than "
        f"PyTorch, {casadi}{times('jax')} than JAX's `jit`.{c}",
        f"A network {sizes} with {count} examples: {against['jax']} times faster than JAX, "
        f"{against['torch']} than PyTorch.",
        f"A gradient of a small GPT over {len(NAME) + 1} letters takes {number(tape)} "
        f"microseconds, {number(eager / tape)} times faster than a graph with a node for each + "
        "and *.",
    ]
    return "\n".join(_wrapped(f"* {line}") for line in lines)


def _wrapped(text: str) -> str:
    return "\n".join(wrap(text, 100, subsequent_indent="  ", break_on_hyphens=False))
