"""What a model consists of, as a table: `print(summary(model))`."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.rules.words import kind_of
from nn.activations import name_of
from nn.modules import (
    MLP,
    Activation,
    Layer,
    Linear,
    Module,
    Neuron,
    Sequential,
    Shape,
    join_names,
)


def summary(module: Module) -> str:
    """A table as text: the layers, their shapes (inputs -> outputs) and how many parameters."""
    if not isinstance(module, Module):
        raise TypeError(f"summary takes a module, got {kind_of(module)}")
    rows = [
        (name or "-", _kind(part), *_shape_text(shape), f"{len(part.parameters()):,}")
        for name, part, shape in _rows(module, "", module._shape())
    ]
    rows.append(("total", "", "", "", f"{len(module.parameters()):,}"))
    rows.insert(0, ("layer", "kind", "shape", "", "parameters"))
    a, b, _, d, e = (max(map(len, column)) for column in zip(*rows, strict=True))
    c = max(len(row[2]) for row in rows[1:])
    lines = []
    for name, kind, nin, nout, count in rows:
        shape = f"{nin:>{c}} -> {nout:<{d}}" if nout else f"{nin:{c + 4 + d}}"
        lines.append(f"{name:{a}}  {kind:{b}}  {shape:5}  {count:>{e}}")
    return "\n".join(lines)


def _rows(module: Module, name: str, shape: Shape) -> Iterator[tuple[str, Module, Shape]]:
    """The layers of a module, by name: those of an MLP or a Sequential, or the module itself."""
    if not isinstance(module, (MLP, Sequential)):
        yield name, module, shape
        return
    for i, (layer, inner) in enumerate(zip(module.layers, module._shapes(), strict=True)):
        yield from _rows(layer, join_names(name, f"layers[{i}]"), inner)


def _kind(module: Module) -> str:
    kind = type(module).__name__
    if isinstance(module, Linear):
        return kind if module.b else f"{kind}, no bias"
    unit = module.neurons[0] if isinstance(module, Layer) else module
    if isinstance(unit, (Neuron, Activation)):
        return f"{kind}, {'linear' if unit.activation is None else name_of(unit.activation)}"
    return kind


def _shape_text(shape: Shape) -> tuple[str, str]:
    nin, nout = ("?" if n is None else f"{n:,}" for n in shape)
    return nin, nout
