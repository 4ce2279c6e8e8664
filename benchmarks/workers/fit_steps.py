"""Microseconds of a whole step of `nn.fit`: gradient, penalty and optimizer."""

from __future__ import annotations

from random import Random
from typing import Any

from nn import (
    MLP,
    SGD,
    Adam,
    fit,
    hinge,
    iris,
    l2,
    moons,
    softmax_cross_entropy,
    standardize,
)

OPTIMIZERS: dict[str, Any] = {"SGD": SGD, "Adam": Adam}
STEPS = {"eager": 20, "python": 100, "numpy": 2_000}  # the first tenth warms up


def measure(data: str, optimizer: str, penalty: bool, batch_size: int, engine: str) -> float:
    """Seconds of a step, once the loss is traced."""
    if data == "moons(100)":
        examples = moons(100, noise=0.1, rng=Random(0))
        examples = examples._replace(labels=[2 * y - 1 for y in examples.labels])
        model, loss = MLP(2, [16, 16, 1], rng=Random(0)), hinge
    else:
        examples = standardize(iris())(iris())
        model, loss = MLP(4, [8, 3], "tanh", rng=Random(0)), softmax_cross_entropy
    history = fit(
        model,
        examples,
        loss=loss,
        optimizer=OPTIMIZERS[optimizer](model.parameters(), 0.001),
        epochs=max(3, STEPS[engine] * batch_size // len(examples.labels)),
        batch_size=batch_size,
        rng=Random(0),
        penalty=(lambda parameters: 1e-4 * l2(parameters)) if penalty else None,
        progress=False,
        engine=engine,
    )
    first, last = history[len(history) // 10], history[-1]
    return (last.seconds - first.seconds) / (last.steps - first.steps)
