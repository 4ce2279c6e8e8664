"""From an architecture, a dict that JSON can hold, back to a module: `build`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from nn.initializations import InitializationLike
from nn.modules import KINDS, Activation, Module, Sequential


def build(
    architecture: Mapping[str, Any],
    *,
    initialization: InitializationLike = "uniform",
    rng: random.Random | None = None,
) -> Module:
    """The module that an `architecture()` describes, its weights drawn anew.

    Nothing in it is executed; ValueError where it is none.  "zeros" draws nothing from `rng`.
    """
    if not isinstance(architecture, Mapping) or architecture.get("kind") not in list(KINDS):
        raise ValueError(
            f"an architecture is a dict whose 'kind' is one of {', '.join(KINDS)}, "
            f"got {_shortened(architecture)}"
        )
    fields = dict(architecture)
    kind = fields.pop("kind")
    make, names = KINDS[kind]
    if set(fields) != set(names):
        raise ValueError(f"the fields of {kind} are {', '.join(names)}, got {_shortened(fields)}")
    for name, (fits, what) in _FIELDS.items():
        if name in fields and not fits(fields[name]):
            raise ValueError(f"{name} of {kind} must be {what}, got {_shortened(fields[name])}")
    if make is Sequential:
        layers = fields["layers"]
        return Sequential(*[build(x, initialization=initialization, rng=rng) for x in layers])
    if make is not Activation:
        fields |= {"initialization": initialization, "rng": rng}
    return make(**fields)


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


def _shortened(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 80 else f"{text[:77]}..."
