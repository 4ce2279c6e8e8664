"""micrograd's network and loss in plain Python, for any number type: one node per + and *.

The expressions are those of micrograd's `nn.py` and of its demo notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

Neuron = tuple[list[Any], Any]  # weights and bias


def network(sizes: Sequence[int], parameters: Sequence[Any]) -> list[list[Neuron]]:
    """Layers of neurons over the flat list of parameters: each neuron's weights, then its bias."""
    p: Iterator[Any] = iter(parameters)
    pairs = pairwise(sizes)
    return [[([next(p) for _ in range(nin)], next(p)) for _ in range(nout)] for nin, nout in pairs]


def score(layers: list[list[Neuron]], x: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
    """The output of the last neuron; every layer but the last is followed by relu."""
    for layer in layers:
        x = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in layer]
        if layer is not layers[-1]:
            x = [relu(a) for a in x]
    return x[0]


def demo_loss(
    scores: list[Any],
    labels: list[int],
    parameters: list[Any],
    alpha: float,
    relu: Callable[[Any], Any],
) -> Any:
    """The mean hinge loss and alpha times the sum of squares of the parameters."""
    losses = [relu(1 + -yi * scorei) for yi, scorei in zip(labels, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    reg_loss = alpha * sum(p * p for p in parameters)
    return data_loss + reg_loss
