"""Activations: rows of the table of operations, found by name, or functions of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.rules.language import OPERATIONS, Operation
from autograd.rules.words import function_name
from nn.checks import shortened

ActivationLike = str | Operation | Callable[[Any], Any] | None


def find_activation(activation: ActivationLike) -> Callable[[Any], Any] | None:
    """The function an activation's name stands for; a row, a function or None is what it is."""
    if isinstance(activation, str):
        if activation not in OPERATIONS:
            raise ValueError(
                f"no operation is called {shortened(activation)}: {_meant(activation)}an "
                "activation is the name of a row of the table (relu, tanh, sigmoid, ...), a row, "
                "or None for linear"
            )
        activation = OPERATIONS[activation]
    if isinstance(activation, Operation) and not _takes_one(activation):
        raise ValueError(f"{activation.name} is no activation: it does not take one number")
    if activation is not None and not callable(activation):
        raise TypeError(f"an activation is a name, a row, a function or None, got {activation!r}")
    return activation


def _meant(name: str) -> str:
    """The row that is written alike, as relu for ReLU and leaky_relu for LeakyReLU."""
    alike = [row for row in OPERATIONS if _letters(row) == _letters(name)]
    return f"did you mean {alike[0]!r}? " if alike else ""


def _letters(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def name_of(activation: Callable[[Any], Any] | None) -> str:
    """What a text calls an activation: 'tanh', 'None'."""
    return "None" if activation is None else function_name(activation)


def row_name(activation: Callable[[Any], Any] | None) -> str | None:
    """The name that finds this activation in the table; ValueError where it is not there."""
    if activation is None:
        return None
    if isinstance(activation, Operation) and OPERATIONS.get(activation.name) is activation:
        return activation.name
    raise ValueError(
        f"the activation {name_of(activation)} is no row of the table, so it has no architecture: "
        "make it an Operation of that name"
    )


def _takes_one(row: Operation) -> bool:
    """Whether a row can be called on one number, its other arguments having defaults."""
    if row.operands is None:
        return len(row.partials) == 1
    try:
        row.operands(0.0)
    except TypeError:
        return False
    return True
