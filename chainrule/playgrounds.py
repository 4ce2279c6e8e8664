"""`chainrule playground`: the page on which a network trains, with nn's data sets and losses.

    page = first_playground()              moons to begin with, and all else to choose
    page.save("playground.html")

Whatever is wrong with a name or a file is an InputError.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from chainrule.demo.tasks import find_task
from chainrule.terminal.errors import bad_input
from nn import (
    MLP,
    SGD,
    Adam,
    Data,
    Momentum,
    binary_cross_entropy,
    circles,
    hinge,
    iris,
    moons,
    softmax_cross_entropy,
    spirals,
    squared_error,
    xor,
)
from viz import Playground, playground

POINTS, NOISE = 200, {"moons": 0.1, "circles": 0.08, "spirals": 0.02, "xor": 0.12}
HIDDEN = (4, 4)
RATES = {"SGD": (SGD, 0.3), "Momentum": (Momentum, 0.05), "Adam": (Adam, 0.02)}
# What the page writes down as Python: lines with what is chosen in braces, some on a condition.
RECIPE: dict[str, Any] = {
    "names": [
        "MLP", "SGD", "Adam", "Layer", "Momentum", "Sequential", "binary_cross_entropy", "circles",
        "fit", "hinge", "iris", "load_csv", "moons", "softmax_cross_entropy", "spirals",
        "squared_error", "standardize", "stratified_split", "xor",
    ],
    "lines": [
        ["", "import random"],
        ["", ""],
        ["", "from nn import {names}"],
        ["", ""],
        ["", "data = {set}"],
        [
            "held",
            "train, held_out = stratified_split(data, {count}, rng=random.Random({dataSeed}))",
        ],
        ["all", "train, held_out = data, None"],
        ["scaled", "scaling = standardize(train)"],
        ["scaled", "train, held_out = scaling(train), held_out and scaling(held_out)"],
        ["", "rng = random.Random({seed})"],
        ["", "model = {model}"],
        ["", "history = fit("],
        ["", "    model, train, loss={loss},"],
        ["", "    optimizer={optimizer}, epochs={epochs}, batch_size={batch},"],
        ["", "    held_out=held_out, rng=random.Random({seed}),"],
        ["", ")"],
        ["", "print(history)"],
    ],
    "sets": {
        "iris": "iris()",
        **{
            name: f"{name}({POINTS}, noise={{noise}}, rng=random.Random({{dataSeed}}))"
            for name in NOISE
        },
    },
    "file": "load_csv({file}, target={target}{ignored})",
    "losses": {
        "cross-entropy": ["binary_cross_entropy", "softmax_cross_entropy"],
        "squared error": ["squared_error", "squared_error"],
        "hinge": ["lambda output, label: hinge(output, 2 * label - 1)", ""],
    },
    "optimizers": {name: f"{name}(model.parameters(), {{rate}})" for name in RATES},
}  # fmt: skip


def first_playground(data: str = "moons", target: str | None = None, **reading: Any) -> Playground:
    """The page with nn's data sets, or with the CSV file at this path before them.

    `target` and `reading` as in load_csv.
    """
    sets: dict[str, Data] = {
        "moons": moons(POINTS, noise=0.0),
        "circles": circles(POINTS, noise=0.0),
        "spirals": spirals(POINTS, noise=0.0),
        "xor": xor(POINTS, noise=0.0),
        "iris": iris(),
    }
    if data not in sets or target is not None or reading:
        task = find_task(data, target, **reading)
        data = f"{task.name} (a file)" if task.name in sets else task.name
        sets = {data: task.data, **sets}
    first = sets[data]
    nin, classes = len(first.inputs[0]), len(first.classes)
    model = MLP(nin, [*HIDDEN, classes if classes > 2 else 1], "tanh", rng=random.Random(0))
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "cross-entropy": cross_entropy,
        "squared error": squared_error,
        "hinge": hinge_of_classes,
    }
    with bad_input():
        return playground(
            model,
            first,
            loss=cross_entropy if classes else squared_error,
            losses=losses,
            optimizers={
                name: kind(model.parameters(), rate) for name, (kind, rate) in RATES.items()
            },
            datasets=sets,
            noise=NOISE,
            scaled=data not in NOISE,
            recipe=RECIPE,
            title="Playground: a network with every number open",
        )


def cross_entropy(outputs: Any, label: Any) -> Any:
    """Of two classes by one output, of more by one each."""
    many = isinstance(outputs, list)
    return (softmax_cross_entropy if many else binary_cross_entropy)(outputs, label)


def hinge_of_classes(output: Any, label: Any) -> Any:
    """`hinge` of classes 0 and 1."""
    return hinge(output, 2 * label - 1)
