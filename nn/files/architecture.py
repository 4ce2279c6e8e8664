"""From an architecture, a dict that JSON can hold, back to a module: `build`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from nn.checks import shortened
from nn.initializations import InitializationLike
from nn.modules import KINDS, Activation, Module, Sequential

DEEPEST = 50  # Sequentials inside one another that a file may have


def build(
    architecture: Mapping[str, Any],
    *,
    initialization: InitializationLike = "uniform",
    rng: random.Random | None = None,
) -> Module:
    """The module that an `architecture()` describes, its weights drawn anew.

    Nothing in it is executed; ValueError where it is none.  "zeros" draws nothing from `rng`.
    """
    make, fields = _read(architecture)
    if make is Sequential:
        layers = fields["layers"]
        return Sequential(*[build(x, initialization=initialization, rng=rng) for x in layers])
    if make is not Activation:
        fields |= {"initialization": initialization, "rng": rng}
    return make(**fields)


def parameter_count(architecture: Mapping[str, Any], depth: int = 1) -> int:
    """How many parameters `build` would make, in no time and no memory; ValueError as there."""
    make, fields = _read(architecture)
    if make is Sequential:
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} Sequentials inside one another")
        return sum(parameter_count(x, depth + 1) for x in fields["layers"])
    sizes = [fields.get("nin", 0), *fields.get("nouts", [fields.get("nout", 1)])]
    bias = fields.get("bias", True)
    return 0 if make is Activation else sum(n * (nin + bias) for nin, n in pairwise(sizes))


def _read(architecture: Mapping[str, Any]) -> tuple[type[Module], dict[str, Any]]:
    """The class of an architecture and its fields, every one looked at."""
    if not isinstance(architecture, Mapping) or architecture.get("kind") not in list(KINDS):
        raise ValueError(
            f"an architecture is a dict whose 'kind' is one of {', '.join(KINDS)}, "
            f"got {shortened(architecture)}"
        )
    fields = dict(architecture)
    kind = fields.pop("kind")
    make, names = KINDS[kind]
    if set(fields) != set(names):
        raise ValueError(f"the fields of {kind} are {', '.join(names)}, got {shortened(fields)}")
    for name, (fits, what) in _FIELDS.items():
        if name in fields and not fits(fields[name]):
            raise ValueError(f"{name} of {kind} must be {what}, got {shortened(fields[name])}")
    return make, fields


def _is_size(x: Any) -> bool:
    return type(x) is int and x >= 1


_SIZE = _is_size, "a whole number above 0"
_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "nin": _SIZE,
    "nout": _SIZE,
    "nouts": (
        lambda x: isinstance(x, (list, tuple)) and bool(x) and all(map(_is_size, x)),
        "a list of whole numbers above 0",
    ),
    "activation": (lambda x: x is None or isinstance(x, str), "the name of a row, or None"),
    "bias": (lambda x: isinstance(x, bool), "True or False"),
    "layers": (lambda x: isinstance(x, (list, tuple)) and bool(x), "a list of architectures"),
}
