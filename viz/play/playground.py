"""`playground(model, data, loss=...)`: the page on which a network trains, with every number open.

    page = playground(MLP(2, [4, 1], "tanh"), moons(200), loss=binary_cross_entropy)
    page.save("playground.html")

It needs no network.  The network, its loss and the step of the optimizer run in the browser as
rows of the table of operations; `recording` writes them down.  Nothing is written to the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import inf
from typing import Any

from autograd import OPERATIONS, __version__, sumprod
from autograd.rules.symbols import Symbol
from autograd.rules.words import is_real, kind_of, one_line
from viz.drawing.scene import CHOSEN, NEGATIVE, NEUTRAL, POSITIVE
from viz.folding.models import is_model
from viz.networks.model import Column, Node, on_example, read_columns
from viz.networks.network import draw_network
from viz.page.javascript import functions
from viz.page.javascript import read as read_of
from viz.page.page import Document, Drawn, filled, parts_of, written
from viz.play.losses import check_loss, check_sets, losses_for, named_losses
from viz.play.recording import Descent, Recorded, activation_rows, recorded, step_of
from viz.play.sets import MOST_CLASSES, MOST_EXAMPLES, MOST_FEATURES, ExampleSet
from viz.play.words import explorer_page, words_of

SHARED = ("numbers.js", "elements.js", "common.css")  # of the page of `explore`
PURE = (
    "random.js", "programs.js", "networks.js", "sets.js", "tables.js", "training.js", "graphs.js",
)  # fmt: skip  # they ask the page for nothing
SCRIPTS = (
    "given.js", "numbers.js", *PURE, "elements.js", "state.js", "plane.js", "picture.js",
    "neuron.js", "explore.js", "recipe.js", "controls.js", "start.js",
)  # fmt: skip
STYLES = ("colours", "common.css", "playground.css")
COLOURS = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL, "chosen": CHOSEN}
MOST_NEURONS = 64  # in a layer of a model that is given; by hand as many as inputs
MOST_SEED = 2**50  # a number of the browser holds it, and the next one
LINEAR = "linear"
TRIED = 10  # examples on which the model must give what its layers give


class Playground(Document):
    """A network that trains in the browser: shows itself in a notebook, a file by `save`.

    >>> from nn import MLP, moons, squared_error
    >>> page = playground(MLP(2, [1]), moons(20), loss=squared_error)
    >>> "<title>A network that trains</title>" in page.html
    True
    """

    def __init__(self, given: dict[str, Any], arithmetic: str, picture: Drawn) -> None:
        super().__init__(given["title"], picture)
        self._given = given
        self._arithmetic = f"const arithmetic = {arithmetic};"

    @property
    def given(self) -> str:
        """What the page is told, as JSON."""
        return json.dumps(self._given)

    @property
    def arithmetic(self) -> str:
        """The rows that the page computes by, as a script."""
        return self._arithmetic

    @cached_property
    def _document(self) -> str:
        explorer, script = explorer_page()
        given = {**self._given, "explorer": explorer}
        parts = parts_of(
            self.title, given, self._arithmetic, SCRIPTS, STYLES, _read, others=[script]
        )
        return filled(_read("playground.html"), parts)


def _read(name: str) -> str:
    """A file of the folder `browser`, or of that of the page."""
    if name == "colours":
        return ":root {" + "".join(f"--light-{each}: {x};" for each, x in COLOURS.items()) + "}\n"
    return read_of(name, "page" if name in SHARED else "play")


def playground(
    model: Any,
    data: Any,
    *,
    loss: Callable[[Any, Any], Any],
    optimizer: Any = None,
    learning_rate: float | None = None,
    batch_size: int = 10,
    held_out: Any = None,
    seed: int = 0,
    losses: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    optimizers: Mapping[str, Any] | None = None,
    datasets: Mapping[str, Any] | None = None,
    noise: Mapping[str, float] | None = None,
    scaled: bool = False,
    recipe: Mapping[str, Any] | None = None,
    title: str = "",
) -> Playground:
    """A page on which the model trains, and can be changed: layers, neurons, data, rates.

    A model is a chain of layers, such as `MLP` and `Sequential` of nn; data have `inputs`, a row
    of numbers an example, and `labels`, or are a pair of the two; a label is the number or the text
    of a class, or, where labels are floats, a number to predict.  `loss(outputs, label)` is that of
    one example and is run once on Values that record, so it asks no value by `if`; the outputs are
    one Value where the model has one output, otherwise a list.  An optimizer has a `rule`, as those
    of nn; without one a step is p - rate * gradient.  Of `held_out` examples loss and accuracy are
    shown; without them the page holds some out.

    `losses`, `optimizers` and `datasets` are more of each to choose from, by name; `noise` is
    the standard deviation of what the page adds to the inputs of a data set of that name.  With
    `scaled` the page begins with inputs, and a number to predict, of mean 0 and deviation 1.
    `recipe` is how the page writes down what was chosen as a program; without it there is none.

    TypeError or ValueError where the model is no chain of layers, or gives something else than its
    layers one after another; where examples have another number of inputs than it; where the loss
    is not one number, asks a traced value, uses a variable, or refuses a label; where no loss takes
    the labels of a data set.

    >>> from nn import MLP, binary_cross_entropy, xor
    >>> page = playground(MLP(2, [3, 1], "tanh"), xor(), loss=binary_cross_entropy)
    >>> path = page.save("playground.html")  # open it in a browser
    """
    if not isinstance(title, str):
        raise TypeError(f"title is a text, got {kind_of(title)}")
    columns = _columns(model)
    own, sets = _sets(data, held_out, datasets or {}, noise or {})
    _check_model(model, columns, own)
    kinds, first = named_losses(loss, losses or {})
    outputs = len(columns[-1].nodes)
    check_loss(loss, outputs, own)
    written_losses, rows = losses_for(kinds, first, outputs, sets)
    check_sets(written_losses, [each for each in sets if each is not own])
    activations, layers, own_functions = _layers(columns)
    rows += [row for program in activations.values() if program for row in program.rows]
    steps, choices, chosen = _optimizers(optimizer, optimizers or {}, learning_rate)
    neurons = max(MOST_FEATURES, *[len(column.nodes) for column in columns])
    rows += [(sumprod, count) for count in _operands(columns, neurons)]
    given = {
        "title": one_line(title) or "A network that trains",
        "version": __version__,
        "sets": [each.written for each in sets],
        "set": own.name,
        "layers": layers,
        "architecture": _architecture(model),
        "names": [list(map(_names, column.nodes)) for column in columns],
        "activations": [
            {
                "name": name,
                "program": program.written if program else None,
                "row": name not in own_functions,
            }
            for name, program in activations.items()
        ],
        "losses": written_losses,
        "loss": first,
        "optimizers": choices,
        "optimizer": chosen,
        "batch": _count(batch_size, "batch_size"),
        "seed": _count(seed, "seed", 0, MOST_SEED),
        "scaled": bool(scaled),
        "recipe": dict(recipe) if recipe else None,
        "words": {
            f"{row.name}/{count}": words_of(row, [None] * count)
            for row, count in dict.fromkeys(rows)
        },
        "most": {
            "neurons": neurons,
            "classes": MOST_CLASSES,
            "features": MOST_FEATURES,
            "examples": MOST_EXAMPLES,
            "seed": MOST_SEED,
        },
    }
    arithmetic = functions(dict.fromkeys(rows), steps)
    return Playground(given, arithmetic, draw_network(model, limit=None))


# ---- the model -----------------------------------------------------------------------------------


def _columns(model: Any) -> list[Column]:
    if not is_model(model):
        raise TypeError(
            "playground needs a model, a chain of layers such as MLP(2, [4, 1]), got "
            f"{kind_of(model)}"
        )
    columns = read_columns(model, "playground")
    if not columns:
        raise TypeError(f"this {type(model).__name__} has no layer with weights")
    for column in columns:
        if len(column.nodes) > MOST_NEURONS:
            raise ValueError(
                f"{column.name} has {len(column.nodes)} neurons, and the page has room for "
                f"{MOST_NEURONS}"
            )
        kinds = {(node.functions, node.bias is None) for node in column.nodes}
        if len(kinds) > 1:
            raise ValueError(
                f"the neurons of {column.name} have different activations, "
                f"{column.activation}, or some lack a bias: on the page those of a layer are alike"
            )
    return columns


def _operands(columns: Sequence[Column], most: int) -> list[int]:
    """How many operands the sum of a neuron may have: of as many inputs as a layer has neurons."""
    bare = any(column.nodes[0].bias is None for column in columns)
    return [2 * n + 1 for n in range(1, most + 1)] + [2 * n for n in range(1, most + 1) if bare]


def _check_model(model: Any, columns: Sequence[Column], data: ExampleSet) -> None:
    nin = len(columns[0].nodes[0].weights)
    width = len(data.inputs[0])
    if width != nin:
        raise ValueError(f"the model takes {nin} inputs, and an example of the data has {width}")
    for x in data.inputs[:TRIED]:
        on_example(model, [*columns], x, "give playground the layers alone")


def _layers(
    columns: Sequence[Column],
) -> tuple[dict[str, Recorded | None], list[dict[str, Any]], set[str]]:
    """The activations to choose from, the layers as numbers, and which activations are no rows."""
    activations: dict[str, Recorded | None] = {LINEAR: None}
    for name, row in activation_rows().items():
        activations[name] = recorded(row, 0.5)
    known: dict[tuple[Any, ...], str] = {(): LINEAR}
    layers, own = [], set()
    for column in columns:
        node = column.nodes[0]
        if node.functions not in known:
            name = node.activation
            function = node.functions[0] if len(node.functions) == 1 else None
            is_row = OPERATIONS.get(name) is function
            if not is_row or name not in activations:
                number = 1 + sum(1 for key in activations if key.partition(" ")[0] == name)
                name = name if number == 1 else f"{name} {number}"
                activations[name] = recorded(_composed(node.functions), 0.5)
                if not is_row:
                    own.add(name)
            known[node.functions] = name
        layers.append(
            {
                "activation": known[node.functions],
                "weights": [[written(w.data) for w in n.weights] for n in column.nodes],
                "biases": [written(n.bias.data) for n in column.nodes if n.bias],
            }
        )
    return activations, layers, own


def _names(node: Node) -> list[Any]:
    """The names of a neuron's weights, and that of its bias."""
    return [[w.name for w in node.weights], node.bias and node.bias.name]


def _composed(functions: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def activation(a: Any) -> Any:
        for function in functions:
            a = function(a)
        return a

    return activation


def _architecture(model: Any) -> Any:
    """What the model says of itself, for a file that can be loaded; None where it says nothing."""
    try:
        return model.architecture()
    except (AttributeError, TypeError, ValueError):
        return None


# ---- data ----------------------------------------------------------------------------------------


def _sets(
    data: Any, held_out: Any, datasets: Mapping[str, Any], noise: Mapping[str, float]
) -> tuple[ExampleSet, list[ExampleSet]]:
    """The data set that the model is for, and all that there are to choose from."""
    for name in noise:
        if name not in datasets:
            raise ValueError(f"there is noise for {name!r}, and no data set of that name")
    found = {
        name: ExampleSet.of(name, each, None, noise.get(name)) for name, each in datasets.items()
    }
    same = [name for name, each in datasets.items() if each is data and held_out is None]
    if same:
        return found[same[0]], list(found.values())
    if "data" in found:
        raise ValueError('a data set of datasets is called "data", as the one of the model is')
    own = ExampleSet.of("data", data, held_out)
    return own, [own, *found.values()]


# ---- optimizers ----------------------------------------------------------------------------------


def _optimizers(
    optimizer: Any, optimizers: Mapping[str, Any], learning_rate: float | None
) -> tuple[dict[str, tuple[list[str], list[Symbol]]], list[dict[str, Any]], str]:
    """The steps of the optimizers, what the page says of each, and the name of the first."""
    known = dict(optimizers)
    names = [name for name, each in known.items() if each is optimizer]
    if optimizer is None and known and learning_rate is None:
        names = [next(iter(known))]
    if not names:
        first = Descent(0.1) if optimizer is None else optimizer
        names = ["descent" if optimizer is None else type(optimizer).__name__]
        if names[0] in known:
            raise ValueError(
                f"another optimizer of optimizers is called {names[0]!r}, as the first is: give it "
                "another name, or name both in optimizers"
            )
        known = {names[0]: first, **known}
    steps, choices = {}, []
    for name, each in known.items():
        steps[f"step of {name}"] = step_of(name, each)
        rate = each.learning_rate
        if name == names[0] and learning_rate is not None:
            rate = learning_rate
        if callable(rate):
            raise TypeError(
                f"the learning rate of {name} is a schedule, which is a function of Python: the "
                "page has a field for it, give learning_rate=0.1"
            )
        if not (is_real(rate) and 0 < rate < inf):
            raise ValueError(f"a learning rate is a finite number above 0, got {rate!r}")
        choices.append(
            {"name": name, "memory": len(getattr(each, "memory", ())), "rate": float(rate)}
        )
    return steps, choices, names[0]


def _count(x: Any, name: str, least: int = 1, most: float = inf) -> int:
    if isinstance(x, bool) or not isinstance(x, int) or not least <= x <= most:
        to = f"to {most}" if most < inf else "on"
        raise ValueError(f"{name} is a whole number from {least} {to}, got {x!r}")
    return x
