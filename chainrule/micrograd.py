"""The names of micrograd over the engine: what was written for it runs with this import instead.

    from chainrule.micrograd import Value, Neuron, Layer, MLP, draw_dot

A Value here is one of the engine's that also has `_prev`, `_op` and a `_backward()` to call or to
replace, as in the lecture; `_children` and `_local_grads`, as in microgpt; and room for attributes
of your own.  A number beside an operator is a leaf with a gradient, the exponent of a power alone
is not, and networks draw from Python's own `random`, so a seed gives micrograd's weights.  It is
made to be read along, not to be fast: `autograd` and `nn` are.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from math import nan
from numbers import Real
from typing import Any

from autograd import operations as table
from autograd import topological_order, value
from autograd.methods import methods
from autograd.rules.language import Operation
from autograd.rules.printing import POWER
from nn import Module
from viz import Picture
from viz.drawing.scene import make_scene
from viz.folding.levels import Folding
from viz.placing.engines import OWN, Direction

__all__ = ["MLP", "Layer", "Module", "Neuron", "Value", "draw_dot"]


# ---- values --------------------------------------------------------------------------------------


class ByHand:
    """What stands for the row of a node that was made by hand: its name."""

    chooses = None

    def __init__(self, name: str) -> None:
        self.name = self.symbol = name


def record(operation: Operation, operands: Sequence[Any]) -> Value:
    """A row on its operands as a node of the lecture."""
    v = value.record_any(operation, operands)
    z = Value(v.data)
    z.parents, z.local_derivatives, z.op = v.parents, v.local_derivatives, v.op
    return z


def unary(row: Operation) -> Callable[[Any], Value]:
    """A method for a row with one argument."""
    return lambda self: record(row, (self,))


def binary(row: Operation) -> Callable[[Any, Any], Value]:
    """A method for a row with two arguments, the node first."""

    def method(self: Any, other: Any) -> Any:
        other = _operand(other, row)
        return other if other is NotImplemented else record(row, (self, other))

    return method


def reflected(row: Operation) -> Callable[[Any, Any], Value]:
    """A method for a row with two arguments, the node second."""

    def method(self: Any, other: Any) -> Any:
        other = _operand(other, row)
        return other if other is NotImplemented else record(row, (other, self))

    return method


def _operand(x: Any, row: Operation) -> Any:
    """An operand as a node: a number as a leaf, but for an exponent, which stays a constant."""
    if isinstance(x, Real) and row.binds != POWER:
        return Value(float(x))
    return value.as_operand(x, row)


class Value(value.Value):
    """A number with a gradient, made as in the lecture: Value(2.0, label="a").

    `Value(data, children, op)` makes a node by hand: `op` is its name, and then `_backward` is to
    be set, or its local gradients, one for each of the children.
    """

    def __init__(
        self,
        data: float,
        _children: Sequence[value.Value] = (),
        _op: str | Sequence[float] = "",
        label: str = "",
    ) -> None:
        super().__init__(data, label)
        self.parents = tuple(_children)
        if not self.parents:
            return
        named = isinstance(_op, str)
        self.op: Any = ByHand(_op if isinstance(_op, str) else "")
        self.local_derivatives = (nan,) * len(self.parents) if named else tuple(map(float, _op))
        if len(self.local_derivatives) != len(self.parents):
            raise ValueError(
                f"a local gradient for each of the {len(self.parents)} children, got {len(_op)}"
            )

    _record = staticmethod(record)

    @property
    def _prev(self) -> set[value.Value]:
        """The nodes this one was made from, each once; exponents are left out."""
        return {p for p in self.parents if not p.is_constant}

    @property
    def _op(self) -> str:
        """The operation as it is written: +, tanh, **2; empty for a leaf."""
        if not self.parents:
            return ""
        exponent = self.parents[-1]
        if self.op.symbol == table.power.symbol and exponent.is_constant:
            return f"**{exponent.data:g}"
        return str(self.op.symbol)

    @property
    def _children(self) -> tuple[value.Value, ...]:
        """The same nodes in order, doubles and exponents kept."""
        return self.parents

    @property
    def _local_grads(self) -> tuple[float, ...]:
        """d this / d child for each of the children."""
        return self.local_derivatives

    def _backward(self) -> None:
        """Give each of the children its part of this gradient; another function may be set."""
        if isinstance(self.op, ByHand) and self.op.name:
            raise ValueError(
                f"this {self.op.name} was made by hand and its `_backward` is not set yet: "
                "a function that adds to the gradients of its children"
            )
        self.propagate()

    def backward(self, seed: float = 1.0) -> None:
        """Call `_backward` of every node, outputs before inputs, from a gradient of 1."""
        order = topological_order(self)
        for v in order:
            if v.parents:
                v.grad = 0.0
        self.grad += seed
        for v in reversed(order):
            step = getattr(v, "_backward", v.propagate)  # a node of the engine may be among them
            step()

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __copy__(self) -> Value:
        make, fields = self.__reduce__()
        return make(*fields)

    def __reduce__(self) -> tuple[Callable[..., Value], tuple[Any, ...]]:
        fields = self.data, self.grad, self.label, self.parents, self.local_derivatives, self.op
        return _restore, (*fields, dict(vars(self)))

    __radd__ = reflected(table.add)
    __rsub__ = reflected(table.sub)
    __rmul__ = reflected(table.mul)
    __rtruediv__ = reflected(table.div)
    __rpow__ = reflected(table.power)


for row, written in methods.items():  # the others are the engine's, each under its name
    setattr(Value, written.__name__, unary(row) if len(row.partials) == 1 else binary(row))


def _restore(
    data: float,
    grad: float,
    label: str,
    parents: tuple[value.Value, ...],
    local_derivatives: tuple[float, ...],
    op: Any,
    own: dict[str, Any],
) -> Value:
    v = Value(data, label=label)
    v.grad, v.parents, v.local_derivatives, v.op = grad, parents, local_derivatives, op
    vars(v).update(own)
    return v


# ---- networks ------------------------------------------------------------------------------------


class Neuron(Module):
    """relu(w . x + b), or without relu where `nonlin` is False: a node for each + and *."""

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1.0, 1.0)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Value:
        if len(x) != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} weights, got {len(x)} inputs")
        a: Any = sum([w * v for w, v in zip(self.w, x, strict=True)], self.b)
        return a.relu() if self.nonlin else a  # type: ignore[no-any-return]  # a sum of Values

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs.  A layer of one neuron returns its Value."""

    def __init__(self, nin: int, nout: int, nonlin: bool = True) -> None:
        self.neurons = [Neuron(nin, nonlin) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        z = [neuron(x) for neuron in self.neurons]
        return z[0] if len(z) == 1 else z

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers of `nouts` neurons after `nin` inputs; the last one is linear."""

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        sizes, last = [nin, *nouts], len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], i < last) for i in range(len(nouts))]

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer([x] if isinstance(x, value.Value) else x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


# ---- the picture ---------------------------------------------------------------------------------


class DotPicture(Picture):
    """A picture with the calls of a Digraph: `source`, `render`."""

    format = "svg"

    @property
    def source(self) -> str:
        """The picture in Graphviz's DOT language."""
        return self.dot

    def render(self, filename: str | os.PathLike[str] = "graph", format: str = "") -> str:
        """Write `filename.svg`, or another `format`, and return its path."""
        return str(self.save(f"{os.fspath(filename)}.{format or self.format}"))


def draw_dot(root: value.Value, format: str = "svg", rankdir: Direction = "LR") -> DotPicture:
    """The graph below root with every number in it, drawn on any machine."""
    graph = Folding([root], constants=True).at("operations")
    picture = DotPicture(make_scene(graph, constants=True), rankdir, OWN)
    picture.format = format
    return picture
