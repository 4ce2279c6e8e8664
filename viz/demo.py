"""The demo: an MLP of scalar Values learns Fisher's iris, and everything about it is shown.

`train_iris` is the training alone; `run_demo` adds the gradient check, the pictures and the words.
"""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd import Value, gradcheck, mean, no_grad
from nn import (
    MLP,
    SGD,
    Data,
    Scaling,
    half_squared_error,
    iris,
    softmax_cross_entropy,
    standardize,
    stratified_split,
)
from viz.picture import draw
from viz.plots import new_axes, plot_decision_boundary, plot_history

HIDDEN, LEARNING_RATE, BATCH = 8, 0.3, 10
HELD_OUT, SPLIT_SEED = 30, 0  # the split is the same for every seed of the training
PETAL_LENGTH, PETAL_WIDTH = 2, 3
CHECK_EVERY = 3  # the gradient is checked on every third held-out flower


@dataclass(frozen=True)
class Run:
    """A trained model, its data (scaled), the mean loss of each epoch, and how well it does."""

    model: MLP
    train: Data
    held_out: Data
    scaling: Scaling
    losses: list[float]
    held_out_accuracy: float
    seconds: float


def train_iris(
    seed: int = 0,
    epochs: int = 60,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Run:
    """Train an MLP 4-8-3 on 120 flowers with SGD in batches of 10, and score it on the other 30."""
    start = time.perf_counter()
    train, held_out = stratified_split(iris(), HELD_OUT, rng=random.Random(SPLIT_SEED))
    scaling = standardize(train)
    train, held_out = scaling(train), scaling(held_out)
    rng = random.Random(seed)
    model = MLP(len(train.features), [HIDDEN, len(train.classes)], "tanh", rng=rng)
    optimizer = SGD(model.parameters(), LEARNING_RATE)
    losses = []
    for _ in progress(range(epochs)):
        order = rng.sample(range(len(train.labels)), len(train.labels))
        epoch = 0.0
        for i in range(0, len(order), BATCH):
            optimizer.zero_grad()
            loss = mean_loss(model, train.take(order[i : i + BATCH]))
            loss.backward()
            optimizer.step()
            epoch += loss.data * BATCH / len(order)
        losses.append(epoch)
    return Run(
        model,
        train,
        held_out,
        scaling,
        losses,
        accuracy(model, held_out),
        time.perf_counter() - start,
    )


def mean_loss(model: MLP, data: Data) -> Any:
    """The softmax cross-entropy of the model, averaged over examples, as one Value."""
    pairs = zip(data.inputs, data.labels, strict=True)
    return mean([softmax_cross_entropy(model(x), label) for x, label in pairs])


def predict(model: MLP, inputs: list[float]) -> int:
    """The number of the class with the largest logit."""
    with no_grad():
        logits = model(inputs)
    return max(range(len(logits)), key=lambda k: logits[k].data)


def accuracy(model: MLP, data: Data) -> float:
    """The share of examples whose class the model finds."""
    pairs = zip(data.inputs, data.labels, strict=True)
    return sum(bool(predict(model, x) == label) for x, label in pairs) / len(data.labels)


def run_demo(out: Path, seed: int, epochs: int) -> None:
    """Train, score, check, draw; every file goes to the folder `out`."""
    progress_bar = _progress_bar()
    new_axes()  # a missing matplotlib is better told before the work than after it
    out.mkdir(parents=True, exist_ok=True)
    print("An MLP of scalar Values learns iris: 4 lengths of a flower -> 1 of 3 species.")
    run = train_iris(seed, epochs, progress_bar)
    print(
        f"model               {run.model!r}\n"
        f"trained on          {len(run.train.labels)} flowers, {epochs} epochs, "
        f"{run.seconds:.1f} s, mean loss {run.losses[0]:.3f} -> {run.losses[-1]:.3f}\n"
        f"held-out accuracy   {run.held_out_accuracy:.1%} of {len(run.held_out.labels)} flowers"
    )
    checked = run.held_out.take(range(0, len(run.held_out.labels), CHECK_EVERY))

    def loss(*parameters: Value) -> Any:  # the model's own parameters, which gradcheck moves
        return mean_loss(run.model, checked)

    report = gradcheck(loss, run.model.parameters())
    print(f"gradient check      {report}")
    if not report:
        raise AssertionError("the gradient of the trained model is not confirmed")
    files = [
        _draw_neuron(run, out / "neuron.svg"),
        _draw_network(seed, out / "network.svg"),
        _plot_training(run, out / "training_curve.png"),
        _plot_boundary(run, out / "decision_boundary.png"),
    ]
    print(f"pictures            in {out}{'' if str(out).endswith('/') else '/'}")
    for path, what in files:
        print(f"                    {path.name:22}{what}")


def _progress_bar() -> Callable[[Iterable[int]], Iterable[int]]:
    try:
        tqdm = importlib.import_module("tqdm")
    except ImportError:
        raise ImportError(
            'the demo shows its progress with tqdm: pip install "chainrule[train]"'
        ) from None
    return lambda epochs: tqdm.tqdm(epochs, desc="training", unit="epoch")


def _draw_neuron(run: Run, path: Path) -> tuple[Path, str]:
    """The first neuron of the trained model on the first held-out flower."""
    inputs = [
        Value(x, name.removesuffix(" (cm)"))
        for x, name in zip(run.held_out.inputs[0], run.held_out.features, strict=True)
    ]
    z = run.model.layers[0].neurons[0](inputs)
    z.backward()
    draw(z).save(path)
    run.model.zero_grad()
    return path, "one neuron of the model on one flower"


def _draw_network(seed: int, path: Path) -> tuple[Path, str]:
    """A network 2-2-1 with its error, on one example."""
    model = MLP(2, [2, 1], "tanh", rng=random.Random(seed))
    error = half_squared_error(model([Value(1.0, "x[0]"), Value(-2.0, "x[1]")]), 0.5)
    error.label = "E"
    error.backward()
    draw(error).save(path)
    return path, "a network 2-2-1 and its error, every node"


def _plot_training(run: Run, path: Path) -> tuple[Path, str]:
    plot_history(run.losses).figure.savefig(path, dpi=120)
    return path, "the loss over the epochs"


def _plot_boundary(run: Run, path: Path) -> tuple[Path, str]:
    """The model's answer for every petal, the sepal as long and wide as the average one."""
    data = iris()

    def classify(length: float, width: float) -> int:
        return predict(run.model, run.scaling.row([*run.scaling.means[:2], length, width]))

    petals = [(x[PETAL_LENGTH], x[PETAL_WIDTH]) for x in data.inputs]
    ax = plot_decision_boundary(classify, petals, data.labels, classes=data.classes)
    ax.set(
        xlabel=data.features[PETAL_LENGTH],
        ylabel=data.features[PETAL_WIDTH],
        title="what the model says of a flower with an average sepal",
    )
    ax.figure.savefig(path, dpi=120)
    return path, "the decision boundary over the petals"
