"""The demo's pictures: each function writes one file and says in words what is on it.

Where there is nothing to draw it writes none, and says why.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from autograd import Value, no_grad
from chainrule.demo.training import Run, influences
from viz.drawing.picture import draw
from viz.networks.network import draw_network
from viz.networks.plots import plot_decision_boundary, plot_history

WIDE = 10  # inputs of a neuron that is drawn node by node
LONG = 24  # letters of a name
LISTED = 12  # classes in a legend; more have no room
FEWEST, MOST = 20, 80  # places per side of a decision boundary,
ASKED = 4_000_000  # and how many there are, times the network's parameters: about two seconds
DPI = 120


def draw_neuron(run: Run, path: Path) -> str:
    """A neuron on the first held-out example: of the first layer, of the last for many features."""
    x = run.examples.held_out.inputs[0]
    names = short_names(run.task.data.features, unit=False)
    layers = run.model.layers
    hidden = len(x) > WIDE
    if hidden:
        with no_grad():
            for layer in layers[:-1]:
                x = [z.data for z in layer.outputs(x)]
        names = [f"h[{i}]" for i in range(len(x))]
    neuron = layers[-1 if hidden else 0].neurons[0]
    z = neuron([Value(number, name) for number, name in zip(x, names, strict=True)])
    z.backward()
    draw(z).save(path)
    run.model.zero_grad()
    return f"one neuron of the network{' (last layer)' if hidden else ''} on {_example(run)}"


def draw_trained_network(run: Run, path: Path) -> str:
    """The network on the first held-out example; of one that is too large, its last layer."""
    data = run.task.data
    x = run.examples.held_out.inputs[0]
    names = short_names(data.features, unit=False)
    outputs = short_names(data.classes or (run.task.target,))
    try:
        draw_network(run.model, x, features=names, classes=outputs).save(path)
        return f"the trained network on {_example(run)}"
    except ValueError:  # too many weights for a picture
        pass
    with no_grad():
        for layer in run.model.layers[:-1]:
            x = [z.data for z in layer.outputs(x)]
    try:
        draw_network(run.model.layers[-1], x, classes=outputs).save(path)
    except ValueError:
        return "none: the network has too many weights for a picture"
    return f"its last layer (all of it is too large for a picture) on {_example(run)}"


def plot_training(run: Run, path: Path) -> str:
    """The loss of every epoch."""
    plot_history(run.history).figure.savefig(path, dpi=DPI)
    return "the loss over the epochs"


def plot_boundary(run: Run, path: Path) -> str:
    """What the network says over the two features that its loss depends on most.

    All other features are at their mean.
    """
    data, scaling = run.task.data, run.examples.scaling
    if not data.classes:
        return "none: it predicts a number, and a boundary is between classes"
    if len(data.features) < 2:
        return "none: there is one feature, and a boundary needs two"
    by_influence = influences(run)
    ranked = sorted(range(len(by_influence)), key=lambda i: -by_influence[i])
    first, second = sorted(ranked[:2])

    def scores(x: float, y: float) -> list[Value]:
        row = list(scaling.means)
        row[first], row[second] = x, y
        return run.model.outputs(scaling.row(row))

    points = [(x[first], x[second]) for x in data.inputs]
    across, up = short_names([data.features[first], data.features[second]])
    rest = len(data.features) - 2
    size = len(run.model.parameters())
    ax = plot_decision_boundary(
        scores, points, data.labels, classes=short_names(data.classes),
        resolution=max(FEWEST, min(MOST, math.isqrt(ASKED // size))),
    )  # fmt: skip
    others = "the other feature at its mean" if rest == 1 else "all other features at their mean"
    ax.set(xlabel=across, ylabel=up, title=f"what the network says{f', {others}' if rest else ''}")
    if len(data.classes) > LISTED:
        ax.get_legend().remove()
    ax.figure.savefig(path, dpi=DPI)
    if not rest:
        return f"the decision boundary over {across} and {up}"
    return f"over {across} and {up}, on which the loss depends most"


def short_names(names: list[str] | tuple[str, ...], *, unit: bool = True) -> list[str]:
    """Names that fit into pictures; without "(cm)" at their end where numbers are scaled."""
    if not unit:
        names = [re.sub(r"\s*\([^()]*\)$", "", name) or name for name in names]
    return [name if len(name) <= LONG else f"{name[: LONG - 1]}…" for name in names]


def _example(run: Run) -> str:
    return f"a held-out {run.task.examples.removesuffix('s')}"
