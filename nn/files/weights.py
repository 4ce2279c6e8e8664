"""Weights by PyTorch's names and shapes: `state_dict`, `load_state_dict`, and safetensors files.

    theirs.load_state_dict(state_dict(ours))       a torch.nn.Sequential of the same layers
    load_state_dict(ours, theirs.state_dict())
    save_safetensors(ours, "weights.safetensors")
    load_safetensors(ours, "weights.safetensors")

A layer is a matrix `weight`, a row for each neuron, and a vector `bias`; an activation takes a
place and has no weights.  So the layers of an MLP are called as in
`Sequential(Linear(2, 16), ReLU(), Linear(16, 1))`: 0.weight, 0.bias, 2.weight, 2.bias.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from autograd import Value
from autograd.rules.words import kind_of, real
from nn.checks import shortened
from nn.modules import MLP, Activation, Layer, Linear, Module, Neuron, Sequential


class _Part(NamedTuple):
    """A matrix or a vector of parameters: its name, its shape, and its Values in order."""

    name: str
    shape: tuple[int, ...]
    values: list[Value]


def state_dict(model: Module) -> dict[str, Any]:
    """The weights of a model as PyTorch's tensors (float64), by PyTorch's names.

    Needs PyTorch (extra `torch`).  TypeError for a module of one's own: name its parameters to
    PyTorch by `named_parameters()`.
    """
    try:
        import torch
    except ImportError:
        raise ImportError('a state_dict needs PyTorch: pip install "chainrule[torch]"') from None
    return {
        part.name: torch.tensor([v.data for v in part.values], dtype=torch.float64).reshape(
            part.shape
        )
        for part in _parts(model)
    }


def load_state_dict(model: Module, state: Mapping[str, Any]) -> None:
    """Give a model the weights of a state_dict, of PyTorch's tensors or of arrays.

    By their names where these are those of `state_dict(model)`; else in order, as `fc1.weight,
    fc1.bias, fc2.weight, ...`.  ValueError where a name or a shape does not fit or a number is
    none; the model is then untouched.
    """
    parts = list(_parts(model))
    if not isinstance(state, Mapping):
        raise TypeError(f"a state_dict is a mapping of names to tensors, got {kind_of(state)}")
    ours = [part.name for part in parts]
    theirs = [str(name) for name in state]
    names = ours if set(ours) == set(theirs) else theirs
    if len(theirs) != len(ours) or any(_kind(a) != _kind(b) for a, b in zip(ours, names)):
        raise ValueError(
            f"the model has {', '.join(ours)}, and the state {', '.join(theirs) or 'nothing'}"
        )
    found: list[list[float]] = []
    for part, name in zip(parts, names):
        shape = tuple(getattr(state[name], "shape", ()))
        if shape != part.shape:
            raise ValueError(
                f"{name} has the shape {shape}, and the model needs {part.shape} for {part.name}"
            )
        numbers = state[name].reshape(-1).tolist()
        found.append([real(x, f"a number of {name}") for x in numbers])
    for part, numbers in zip(parts, found):
        for v, x in zip(part.values, numbers):
            v.data = x


def save_safetensors(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the weights to a safetensors file, as float64 by PyTorch's names."""
    numpy, safetensors = _libraries()
    arrays = {
        part.name: numpy.array([v.data for v in part.values]).reshape(part.shape)
        for part in _parts(model)
    }
    safetensors.save_file(arrays, os.fspath(path))


def load_safetensors(model: Module, path: str | os.PathLike[str]) -> None:
    """Give a model the weights of a safetensors file, whoever wrote it; as `load_state_dict`."""
    _, safetensors = _libraries()
    load_state_dict(model, safetensors.load_file(os.fspath(path)))


def _libraries() -> tuple[Any, Any]:
    try:
        import numpy
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            'safetensors files need a library: pip install "chainrule[safetensors]"'
        ) from None
    return numpy, safetensors.numpy


def _kind(name: str) -> str:
    return name.rpartition(".")[2]


def _parts(module: Module, prefix: str = "") -> Iterator[_Part]:
    """The matrices and vectors of a module, in order."""
    if isinstance(module, Linear):
        yield from _linear(prefix, module.w, module.b)
    elif isinstance(module, Neuron):
        yield from _linear(_place(module, prefix), [module.w], [module.b])
    elif isinstance(module, Layer):
        place = _place(module.neurons[0], prefix)
        yield from _linear(place, [n.w for n in module.neurons], [n.b for n in module.neurons])
    elif isinstance(module, MLP):
        i = 0
        for layer in module.layers:
            neurons = layer.neurons
            yield from _linear(f"{prefix}{i}.", [n.w for n in neurons], [n.b for n in neurons])
            i += 1 if neurons[0].activation is None else 2
    elif isinstance(module, Sequential):
        for i, part in enumerate(module.layers):
            yield from _parts(part, f"{prefix}{i}.")
    elif not isinstance(module, Activation):
        raise TypeError(
            f"of MLP, Sequential and what these are made of, weights have names that PyTorch "
            f"knows, not of {shortened(module)}: it has named_parameters()"
        )


def _place(neuron: Neuron, prefix: str) -> str:
    """Where a linear map stands: by itself, or before its activation."""
    return prefix if neuron.activation is None else f"{prefix}0."


def _linear(prefix: str, rows: list[list[Value]], biases: list[Value]) -> Iterator[_Part]:
    values = [w for row in rows for w in row]
    yield _Part(f"{prefix}weight", (len(rows), len(rows[0])), values)
    if biases:
        yield _Part(f"{prefix}bias", (len(biases),), biases)
