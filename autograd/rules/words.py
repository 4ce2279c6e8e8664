"""Words for messages: what a thing is, what a number reads as, what a function is called.

Imports nothing of ours.
"""

from __future__ import annotations

from numbers import Real

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without the cost of importing typing
if TYPE_CHECKING:
    from typing import Any


def real(x: object, what: str) -> float:
    """x as a float; a TypeError that says `what` it should have been where x is no real number."""
    if isinstance(x, Real):
        return float(x)
    raise TypeError(f"{what} must be a real number, got {describe_type(x)}")


def describe_type(x: object) -> str:
    """What x is, for a message: 'None', "the text '3'", 'a list'."""
    if x is None:
        return "None"
    if isinstance(x, str):
        return f"the text {x!r}: convert it with float(...)"
    if isinstance(x, complex):
        return f"the complex number {x!r}"
    name = type(x).__name__
    if isinstance(x, (list, tuple)) or hasattr(x, "__array__"):
        return f"{_article(name)} {name}: make one Value per element"
    return f"{_article(name)} {name}"


def function_name(f: Any) -> str:
    """What a message calls a function: its name, a row's name, or its type."""
    return str(getattr(f, "__name__", None) or getattr(f, "name", None) or type(f).__name__)


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeiou" else "a"


def shortest(x: float) -> str:
    """A float in the fewest digits that give it back, without a trailing '.0'."""
    return repr(x).removesuffix(".0")
