"""What a network is made of at the moment of drawing: layers of nodes, read from a model.

A model is anything built like those of `nn`: `layers`, in a layer `neurons`, in a neuron `w`, `b`
and `activation`; in a linear layer rows `w` and biases `b`, in an activation layer an `activation`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from autograd import constant, no_grad, sumprod
from autograd.graph import is_node
from autograd.rules.words import kind_of, one_line
from viz.drawing.scene import significant
from viz.folding.models import parameter_names
from viz.folding.names import label_text


@dataclass(frozen=True)
class Parameter:
    """A weight or a bias."""

    name: str
    data: float
    grad: float

    @property
    def title(self) -> str:
        """All about it, for the tooltip."""
        return f"{self.name} = {significant(self.data)}, gradient {significant(self.grad)}"


@dataclass(frozen=True)
class Node:
    """A neuron: its parameters, what makes z of a (nothing where it is linear), both if known."""

    weights: tuple[Parameter, ...]
    bias: Parameter | None
    functions: tuple[Callable[[Any], Any], ...]
    a: float | None = None
    z: float | None = None

    @property
    def activation(self) -> str:
        """What makes z of a, in words."""
        return ", ".join(map(_function_name, self.functions)) or "linear"

    def on(self, x: Sequence[float]) -> Node:
        """The node with its a and z for these inputs (Bradbury, eq. 24 and 25)."""
        start = self.bias.data if self.bias is not None else 0.0
        a = float(sumprod([w.data for w in self.weights], x, start))
        z: Any = constant(a)
        for function in self.functions:
            z = function(z)
        return replace(self, a=a, z=to_number(z))


@dataclass(frozen=True)
class Column:
    """A layer: its name and its nodes."""

    name: str
    nodes: tuple[Node, ...]

    @property
    def activation(self) -> str:
        """What makes z of a, in words: of every node, each once."""
        return ", ".join(dict.fromkeys(node.activation for node in self.nodes))


Neuron = tuple[Sequence[Any], Any, tuple[Callable[[Any], Any], ...]]  # weights, bias, functions


def read_columns(model: Any, call: str = "draw_network") -> list[Column]:
    """The layers with weights in a model, in order; TypeError where it is no network.

    `call` is the function that was given the model, for the message.
    """
    names = parameter_names(model) if hasattr(model, "parameters") else {}
    found: list[Column] = []
    for part in _parts(model):
        neurons = _neurons(part)
        if neurons:
            found.append(_column(neurons, len(found), names))
        elif found and hasattr(part, "activation"):  # it belongs to the weights before it
            nodes = [replace(n, functions=(*n.functions, part.activation)) for n in found[-1].nodes]
            found[-1] = replace(found[-1], nodes=tuple(nodes))
        else:
            raise TypeError(
                f"{call} knows neurons, layers of them, linear layers and activation layers "
                f"behind them, such as MLP(2, [3, 1]), got {kind_of(part)}"
            )
    for first, second in pairwise(found):
        nin = len(second.nodes[0].weights)
        if len(first.nodes) != nin:
            raise ValueError(
                f"{first.name} has {len(first.nodes)} outputs, {second.name} takes {nin}"
            )
    return found


def _parts(model: Any) -> list[Any]:
    """The modules of a model one after another, those inside others unpacked."""
    inside = getattr(model, "layers", None)
    if isinstance(inside, (list, tuple)):
        return [part for module in inside for part in _parts(module)]
    return [model]


def _neurons(layer: Any) -> list[Neuron]:
    """The neurons of a layer, of a linear layer, or one neuron; none where it is something else."""
    if hasattr(layer, "neurons"):
        return [n for neuron in layer.neurons for n in _neurons(neuron)]
    if not getattr(layer, "w", None):
        return []
    activation = getattr(layer, "activation", None)
    functions = () if activation is None else (activation,)
    if is_node(layer.w[0]):
        return [(layer.w, layer.b, functions)] if hasattr(layer, "activation") else []
    biases = layer.b or [None] * len(layer.w)
    return [(w, b, functions) for w, b in zip(layer.w, biases, strict=True)]


def _column(neurons: list[Neuron], place: int, names: Mapping[Any, str]) -> Column:
    label = label_text(neurons[0][0][0])
    name = re.split(r"\.?\b(?:neurons\[|w\[)", label)[0] or (
        f"layers[{place}]" if not label else "layer" if len(neurons) > 1 else "neuron"
    )
    nodes = []
    for j, (weights, bias, functions) in enumerate(neurons):
        row = tuple(_parameter(w, names, f"{name}[{j}].w[{i}]") for i, w in enumerate(weights))
        b = None if bias is None else _parameter(bias, names, f"{name}[{j}].b")
        nodes.append(Node(row, b, functions))
    return Column(name, tuple(nodes))


def _parameter(v: Any, names: Mapping[Any, str], fallback: str) -> Parameter:
    return Parameter(label_text(v) or names.get(v) or fallback, v.data, v.grad)


def on_example(
    model: Any,
    columns: list[Column],
    x: list[float],
    instead: str = "draw it without inputs, or one of its layers",
) -> list[Column]:
    """The columns with a and z of one example; ValueError where the model's answer is another."""
    filled, z = [], x
    with no_grad():
        for column in columns:
            nodes = tuple(node.on(z) for node in column.nodes)
            z = [to_number(node.z) for node in nodes]
            filled.append(replace(column, nodes=nodes))
        answer = model(x)
    given = [to_number(y) for y in (answer if isinstance(answer, (list, tuple)) else [answer])]
    if len(given) != len(z) or not all(map(_same, given, z)):
        raise ValueError(
            f"this {type(model).__name__} gives {', '.join(map(significant, given))}, its layers "
            f"one after another {', '.join(map(significant, z))}: it does more than the picture "
            f"could show; {instead}"
        )
    return filled


def _same(x: float, y: float) -> bool:
    return math.isclose(x, y) or (math.isnan(x) and math.isnan(y))


def to_number(x: Any) -> float:
    """The data of a node, or a number as it is."""
    return float(x.data if is_node(x) else x)


def _function_name(function: Any) -> str:
    name = getattr(function, "name", None) or getattr(function, "__name__", None)
    return one_line(str(name or type(function).__name__)).replace("<lambda>", "function")
