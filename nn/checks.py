"""What several modules of nn ask of their arguments, and how messages name things."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from functools import wraps
from numbers import Integral
from typing import Any, TypeVar

from autograd import Value

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])


def whole(n: object, need: str, least: int = 1) -> int:
    """A whole number as an int, NumPy's too; ValueError that begins with `need` where it is none.

    True and False are none.
    """
    if isinstance(n, Integral) and not isinstance(n, bool) and int(n) >= least:
        return int(n)
    raise ValueError(f"{need}, got {n!r}")


def source_of(rng: random.Random | None) -> Any:
    """Where random numbers come from: `rng`, Python's own where it is None; or a TypeError."""
    if rng is not None and not isinstance(rng, random.Random):
        raise TypeError(f"rng must be a random.Random, got {rng!r}: write rng=random.Random(0)")
    return random if rng is None else rng


def unique(items: Iterable[T]) -> list[T]:
    """The items in their order, each object once: a set would lose the order."""
    return list({id(x): x for x in items}.values())


def counted(n: int, thing: str) -> str:
    """'1 step', '1,000 steps'."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def shortened(x: object) -> str:
    """repr(x) in a message, the end of a long one left out."""
    return cut(repr(x))


def cut(text: str) -> str:
    """A text for a message, the end of a long one left out."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def labelled(v: Value) -> str:
    """' (label 'w')' to stand after a node in a message, or nothing."""
    return f" (label {v.label!r})" if getattr(v, "label", "") else ""


def elsewhere(**habits: str) -> Callable[[F], F]:
    """For a constructor: what arguments that other libraries have are called here."""

    def told(construct: F) -> F:
        @wraps(construct)
        def method(self: Any, *arguments: Any, **named: Any) -> None:
            for name in named:
                if name in habits:
                    kind = type(self).__name__
                    raise TypeError(f"{kind} has no argument {name!r}: {habits[name]}")
            construct(self, *arguments, **named)

        return method  # type: ignore[return-value]  # it is called as the constructor is

    return told
