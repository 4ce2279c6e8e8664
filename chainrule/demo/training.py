"""The demo's training, and what is computed with a trained network.

run = train(find_task("iris"), seed=0)
print(run.score, check_gradient(run))
"""

from __future__ import annotations

import importlib
import random
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from autograd import Report, Value, gradcheck, mean, no_grad
from chainrule.demo.tasks import Examples, Task, examples_of
from chainrule.terminal.errors import bad_input
from nn import MLP, Data, History, fit, softmax_cross_entropy, squared_error

BATCH = 10
CHECKED = 10  # held-out examples whose mean loss is differentiated; fewer for a large network
EFFORT = 300_000  # examples * parameters * derivatives of a gradient check: about two seconds
LARGEST = 3_000  # parameters of a network whose gradient is checked
PIECES, DELAY = 4, 2.0  # in which it is done, and the seconds after which that is shown
ASKED = 200  # held-out examples that are asked on which inputs their loss depends


@dataclass(frozen=True)
class Run:
    """A trained network, what training went through, and how well it does.

    `score` is the share of held-out examples whose class is found, or the share of the variance of
    the held-out numbers that is explained (None where they are all the same).
    """

    task: Task
    seed: int
    model: MLP
    examples: Examples
    history: History
    score: float | None


def train(task: Task, seed: int = 0, epochs: int | None = None, *, progress: bool = False) -> Run:
    """Train the task's network in batches of 10, and score it on the fifth that is held out.

    `seed` is that of weights and order.  Raises InputError for data that cannot be learned from,
    and DivergedError.
    """
    examples = examples_of(task)
    rng = random.Random(seed)
    outputs = len(task.data.classes) or 1
    model = MLP(len(task.data.features), [*task.hidden, outputs], "tanh", rng=rng)
    with bad_input(f"{task.name}: "):
        history = fit(
            model,
            examples.train,
            loss=softmax_cross_entropy if task.data.classes else squared_error,
            optimizer=task.optimizer(model.parameters()),
            epochs=task.epochs if epochs is None else epochs,
            batch_size=BATCH,
            held_out=examples.held_out,
            rng=rng,
            progress=progress,
        )
    score = (accuracy if task.data.classes else variance_explained)(model, examples.held_out)
    return Run(task, seed, model, examples, history, score)


# ---- losses and scores ---------------------------------------------------------------------------


def mean_loss(model: MLP, data: Data) -> Any:
    """The loss of the model, averaged over examples, as one Value."""
    return mean([_loss(model, data, x, y) for x, y in zip(data.inputs, data.labels, strict=True)])


def _loss(model: MLP, data: Data, x: Sequence[Any], label: Any) -> Any:
    loss = softmax_cross_entropy if data.classes else squared_error
    return loss(model(x), label)


def accuracy(model: MLP, data: Data) -> float:
    """The share of examples whose class has the largest logit."""
    right = 0
    with no_grad():
        for x, label in zip(data.inputs, data.labels, strict=True):
            logits = [z.data for z in model.outputs(x)]
            right += logits.index(max(logits)) == label
    return right / len(data.labels)


def variance_explained(model: MLP, data: Data) -> float | None:
    """1 - mean squared error / variance of the labels; None where all labels are the same."""
    if min(data.labels) == max(data.labels):
        return None
    with no_grad():
        error = mean_loss(model, data).data
    middle = fsum(data.labels) / len(data.labels)
    variance = fsum((y - middle) ** 2 for y in data.labels) / len(data.labels)
    return float(1 - error / variance)


def influences(run: Run) -> list[float]:
    """How much the loss depends on each input: the mean of |d loss / d input|, held-out examples.

    The inputs are Values here, so that the backward pass reaches them.
    """
    data = run.examples.held_out
    n = len(data.labels)
    sums = [0.0] * len(data.features)
    count = min(n, ASKED)
    for i in spread(n, count):
        inputs = [Value(x) for x in data.inputs[i]]
        _loss(run.model, data, inputs, data.labels[i]).backward()
        sums = [s + abs(x.grad) / count for s, x in zip(sums, inputs)]
    run.model.zero_grad()
    return sums


# ---- the check -----------------------------------------------------------------------------------


def check_gradient(run: Run, *, progress: bool = False) -> Report | None:
    """The gradient of the mean loss of a few held-out examples, against central differences.

    Of a large network fewer examples, and derivatives spread evenly over its parameters, so that it
    takes seconds; None where the network is too large even for that.
    """
    parameters, data = run.model.parameters(), run.examples.held_out
    p, n = len(parameters), len(data.labels)
    if p > LARGEST:
        return None
    count = min(n, CHECKED, max(1, EFFORT // p**2))
    loss = mean_loss(run.model, data.take(spread(n, count)))
    chosen = [parameters[i] for i in spread(p, min(p, EFFORT // (p * count)))]
    size = -(-len(chosen) // PIECES)
    pieces = [chosen[i : i + size] for i in range(0, len(chosen), size)]
    report, *others = [gradcheck(loss, piece) for piece in _watched(pieces, progress)]
    report.name = "the mean loss"
    for other in others:
        report.rows += other.rows
        report.guilty = report.guilty or other.guilty
    report.rows.sort(key=lambda row: row.verdict in ("ok", "kink"))
    return report


def spread(n: int, count: int) -> list[int]:
    """So many places of n, evenly spread from the first on."""
    return [i * n // count for i in range(count)]


def _watched(pieces: list[Any], progress: bool) -> Iterable[Any]:
    """The pieces, with a bar (without tqdm, lines) where they take more than two seconds."""
    try:
        tqdm = importlib.import_module("tqdm")
    except ImportError:
        start = time.monotonic()
        for i, piece in enumerate(pieces, start=1):
            if progress and time.monotonic() - start > DELAY:
                print(f"checking: part {i} of {len(pieces)}", file=sys.stderr)
            yield piece
        return
    yield from tqdm.tqdm(
        pieces, desc="checking", unit="part", delay=DELAY, leave=False, disable=not progress
    )
