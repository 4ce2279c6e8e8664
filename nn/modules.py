"""Neuron, Layer, MLP: a network is lists of lists of Values, and nothing else.

The public calls are micrograd's, so a lecture written for it runs after changing the import.
Letters as in Bradbury's tutorial: inputs x, weights w, activation a (eq. 24), node value z (eq.
25); he has no bias, here it is b.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, constant, sumprod
from autograd.language import OPERATIONS, Operation

Activation = str | Operation | Callable[[Any], Any] | None


class Module:
    """What has parameters."""

    def parameters(self) -> list[Value]:
        """Every weight and bias, in a fixed order."""
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """z = activation(w . x + b): one node for the activation, one for the node value.

    Weights are uniform in (-1, 1) and the bias is 0, drawn from `rng` (Python's own where None);
    `activation=None` makes the neuron linear.
    """

    def __init__(
        self,
        nin: int,
        activation: Activation = "relu",
        *,
        rng: random.Random | None = None,
        label: str = "",
    ) -> None:
        if nin < 1:
            raise ValueError(f"a neuron needs at least one input, got {nin}")
        uniform = rng.uniform if rng is not None else random.uniform
        prefix = f"{label}." if label else ""
        self.w = [Value(uniform(-1, 1), f"{prefix}w[{i}]") for i in range(nin)]
        self.b = Value(0.0, f"{prefix}b")
        self.activation = find_activation(activation)
        self._labels = f"{prefix}a", f"{prefix}z"

    def __call__(self, x: Sequence[Value | float]) -> Value:
        if len(x) != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} weights, got {len(x)} inputs")
        a: Value = sumprod(self.w, x, self.b)
        a.label, label = self._labels
        if self.activation is None:
            return a
        z: Value = self.activation(a)
        z.label = label
        return z

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={_name(self.activation)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs.  A layer of one neuron returns its Value."""

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: Activation = "relu",
        *,
        rng: random.Random | None = None,
        label: str = "",
    ) -> None:
        if nout < 1:
            raise ValueError(f"a layer needs at least one neuron, got {nout}")
        prefix = f"{label}." if label else ""
        self.neurons = [
            Neuron(nin, activation, rng=rng, label=f"{prefix}neurons[{i}]") for i in range(nout)
        ]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        return _only(self.outputs(x))

    def outputs(self, x: Sequence[Value | float]) -> list[Value]:
        """The value of every neuron, as a list of `nout`."""
        inputs = [v if type(v) is Value else _as_value(v) for v in x]
        return [neuron(inputs) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return f"Layer({len(neuron.w)}, {len(self.neurons)}, activation={_name(neuron.activation)})"


class MLP(Module):
    """Layers of `nouts` neurons after `nin` inputs; the last one is linear.

    Called on a sequence of `nin` numbers or Values it gives the list of outputs, or the one output.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: Activation = "relu",
        *,
        rng: random.Random | None = None,
    ) -> None:
        if not nouts:
            raise ValueError("an MLP needs at least one layer: nouts is empty")
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation if i < last else None,
                rng=rng,
                label=f"layers[{i}]",
            )
            for i in range(len(nouts))
        ]

    def __call__(self, x: Sequence[Value | float]) -> Any:
        for layer in self.layers:
            x = layer.outputs(x)
        return _only(x)

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        nin, nouts = len(self.layers[0].neurons[0].w), [len(layer.neurons) for layer in self.layers]
        activation = _name(self.layers[0].neurons[0].activation)
        count = len(self.parameters())
        return f"MLP({nin}, {nouts}, activation={activation})  # {count:,} parameters"


def find_activation(activation: Activation) -> Callable[[Any], Any] | None:
    """The function an activation's name stands for; a row, a function or None is what it is."""
    if not isinstance(activation, str):
        return activation
    if activation not in OPERATIONS:
        raise ValueError(
            f"no operation is called {activation!r}: an activation is the name of a row of the "
            "table (relu, tanh, sigmoid, ...), a row, or None for a linear neuron"
        )
    return OPERATIONS[activation]


def _as_value(x: Any) -> Value:
    return x if isinstance(x, Value) else constant(x)


def _only(outputs: Sequence[Any]) -> Any:
    return outputs[0] if len(outputs) == 1 else outputs


def _name(activation: Callable[[Any], Any] | None) -> str:
    return str(getattr(activation, "name", getattr(activation, "__name__", activation)))
