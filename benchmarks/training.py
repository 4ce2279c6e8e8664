"""Epochs and seconds of `nn.fit` until 95 % of the held-out examples are right, over ten seeds.

Before that, microseconds of a whole step of `fit`, eager and on tapes.

Nothing is tuned: optimizers have the learning rates that the library gives them, or ten times that.
All ten seeds are printed, and one that does not get there counts as worse than all that do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from math import inf
from statistics import median
from typing import Any

from benchmarks.processes import own_process, progress
from benchmarks.tables import number, processes, spread, table
from benchmarks.workers.fit_steps import STEPS
from benchmarks.workers.training import NETWORK_SEED, OPTIMIZERS

HIDDEN = {"moons(200, noise=0.1)": [16, 16], "spirals(300)": [16, 16], "iris()": [8]}
COMPARED = "spirals(300)"  # what every optimizer is tried on
SEEDS = range(10)
ACCURACY, LIMIT, BATCH = 0.95, 100, 10
RATES = {name: signature(f).parameters["learning_rate"].default for name, f in OPTIMIZERS.items()}
FIGURES = ["epochs", "seconds", "seeds that got there", "epochs, seed by seed"]

STEPPED = {"moons(100)": (100, 10), "iris()": (150, 10)}  # data and the sizes of batches
MOVED = [("SGD", False), ("Adam", False), ("Adam", True)]  # optimizer, and whether with L2

Runs = list[dict[str, Any]]  # what the worker returned, seed by seed


def check() -> None:
    """Nothing is needed but our own packages."""


def sections(runs: int) -> Iterator[str]:
    """All tables; epochs are deterministic, so each seed runs once whatever `runs` says."""
    yield _steps(runs)
    rate = RATES["SGD"]
    found = {data: _trainings(data, "SGD", rate) for data in HIDDEN}
    yield (
        "### Training\n\n"
        f"`fit` until {ACCURACY:.0%} of the held-out examples, a fifth of all, are right at the "
        "end of an epoch: median and, in brackets, spread of ten seeds; a seed that is not there "
        f"after {LIMIT} epochs counts as never. Softmax cross-entropy, SGD with its default "
        f"learning rate {rate:g}, batches of {BATCH}, inputs standardized, weights uniform in "
        "(-1, 1). Everything drawn varies with the seed s: points and split by `Random(s)`, "
        f"weights and order by `Random({NETWORK_SEED} + s)`; of iris there is one set, and its "
        "split varies. Seconds are those of `fit`, scoring included.\n\n"
        + table(
            ["data", "model", "trained on", "held out", *FIGURES],
            [[f"`{data}`", *_setting(each[0]), *_figures(each)] for data, each in found.items()],
        )
    )
    rows = []
    for optimizer, default in RATES.items():
        for rate in (default, 10 * default):
            known = (optimizer, rate) == ("SGD", RATES["SGD"])
            each = found[COMPARED] if known else _trainings(COMPARED, optimizer, rate)
            which = f"{rate:g}, the default" if rate == default else f"{rate:g}"
            rows.append([optimizer, which, *_figures(each)])
    yield (
        f"The same on `{COMPARED}` with each optimizer, at its default learning rate and at ten "
        "times that; what is compared are these rates as much as the optimizers.\n\n"
        + table(["optimizer", "learning rate", *FIGURES], rows)
    )


def _steps(runs: int) -> str:
    """The table of whole steps."""
    rows = []
    for data, sizes in STEPPED.items():
        for size in sizes:
            for optimizer, penalty in MOVED:
                called = f"{optimizer}{' and L2' * penalty}"
                given: dict[str, Any] = {
                    "data": data, "optimizer": optimizer, "penalty": penalty, "batch_size": size,
                }  # fmt: skip
                found: dict[str, list[float]] = {engine: [] for engine in STEPS}
                for _ in range(runs):
                    for engine, seconds in found.items():
                        step = own_process("fit_steps", engine=engine, **given)
                        seconds.append(1e6 * step)
                middle = {engine: median(seconds) for engine, seconds in found.items()}
                times = ", ".join(f"{engine} {number(x)}" for engine, x in middle.items())
                progress(f"training, a step of {data}, batches of {size}, {called}, us: {times}")
                ratios = [number(middle["eager"] / middle[e]) for e in ("python", "numpy")]
                cells = [spread(seconds) for seconds in found.values()]
                rows.append([f"`{data}`", str(size), called, *cells, *ratios])
    return (
        "### Steps of fit\n\n"
        "Microseconds of a step of `fit`: gradient of the batch's mean loss, penalty, optimizer. "
        "An MLP 2-16-16-1 with relu and hinge on moons, an MLP 4-8-3 with tanh and softmax cross-"
        f"entropy on iris; the median and, in brackets, the spread of {processes(runs)}, "
        "interleaved. The times of tracing and of the first steps are left out.\n\n"
        + table(
            ["data", "batch", "optimizer", *STEPS, "python: times faster", "numpy: times faster"],
            rows,
        )
    )


def _trainings(data: str, optimizer: str, learning_rate: float) -> Runs:
    """One training per seed, each in a process of its own."""
    found: Runs = []
    for seed in SEEDS:
        result = own_process(
            "training",
            data=data,
            hidden=HIDDEN[data],
            optimizer=optimizer,
            learning_rate=learning_rate,
            batch_size=BATCH,
            accuracy=ACCURACY,
            limit=LIMIT,
            seed=seed,
        )
        found.append(result)
        words = "reached in epoch" if result["reached"] else "not reached by epoch"
        progress(
            f"training, {data}, {optimizer} {learning_rate:g}, seed {seed}: {words} "
            f"{result['epochs']}, {number(result['seconds'])} s"
        )
    return found


def _setting(run: dict[str, Any]) -> list[str]:
    """Model, examples trained on, examples held out."""
    sizes = "-".join(map(str, run["sizes"]))
    return [f"MLP {sizes} tanh", str(run["train"]), str(run["held_out"])]


def _figures(found: Runs) -> list[str]:
    """Epochs, seconds, how many got there, and the epochs of every seed."""
    epochs = [run["epochs"] if run["reached"] else inf for run in found]
    seconds = [run["seconds"] if run["reached"] else inf for run in found]
    return [
        _spread(epochs, "{:g}".format),
        _spread(seconds, number),
        f"{sum(run['reached'] for run in found)} of {len(found)}",
        " ".join([_or_never(x, "{:g}".format) for x in epochs]),
    ]


def _spread(xs: Sequence[float], write: Callable[[float], str]) -> str:
    """The median and, in brackets, smallest and largest; inf is never."""
    middle, low, high = [_or_never(x, write) for x in (median(xs), min(xs), max(xs))]
    return f"{middle} ({low} to {high})"


def _or_never(x: float, write: Callable[[float], str]) -> str:
    return "never" if x == inf else write(x)
