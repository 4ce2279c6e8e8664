"""One training with `fit`, stopped after the first epoch whose held-out accuracy is high enough.

A seed draws the points (of iris there is one set), the split, the weights and the order of the
examples.  Data and network have generators of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from nn import (
    MLP,
    SGD,
    Adam,
    Data,
    History,
    Momentum,
    fit,
    iris,
    moons,
    softmax_cross_entropy,
    spirals,
    standardize,
    stratified_split,
)

DATA: dict[str, Callable[[Random], Data]] = {
    "moons(200, noise=0.1)": lambda rng: moons(200, noise=0.1, rng=rng),
    "spirals(300)": lambda rng: spirals(300, rng=rng),
    "iris()": lambda rng: iris(),
}
OPTIMIZERS: dict[str, Any] = {f.__name__: f for f in (SGD, Momentum, Adam)}
NETWORK_SEED = 100  # the network of seed 3 is drawn by Random(103), its data by Random(3)


def measure(
    data: str,
    hidden: list[int],
    optimizer: str,
    learning_rate: float,
    batch_size: int,
    accuracy: float,
    limit: int,
    seed: int,
) -> dict[str, Any]:
    """Epochs and seconds of `fit`, scoring included, and whether the accuracy was reached."""
    rng = Random(seed)
    whole = DATA[data](rng)
    train, held_out = stratified_split(whole, len(whole.labels) // 5, rng=rng)
    scaling = standardize(train)
    rng = Random(NETWORK_SEED + seed)
    model = MLP(len(whole.features), [*hidden, len(whole.classes)], "tanh", rng=rng)

    def reached(history: History) -> bool:
        return (history[-1].held_out_accuracy or 0.0) >= accuracy

    history = fit(
        model,
        scaling(train),
        loss=softmax_cross_entropy,
        optimizer=OPTIMIZERS[optimizer](model.parameters(), learning_rate),
        epochs=limit,
        batch_size=batch_size,
        held_out=scaling(held_out),
        rng=rng,
        callbacks=[reached],
        progress=False,
    )
    return {
        "reached": reached(history),
        "epochs": len(history),
        "seconds": history[-1].seconds,
        "sizes": [len(whole.features), *hidden, len(whole.classes)],
        "train": len(train.labels),
        "held_out": len(held_out.labels),
    }
