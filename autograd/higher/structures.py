"""Nested sequences of numbers: what arguments and results of functions are made of.

Imports nothing of ours.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


def is_nested(x: Any) -> bool:
    """Whether x is a list, a tuple, or an array with at least one axis."""
    return isinstance(x, (list, tuple)) or bool(getattr(x, "shape", None))


def leaves(x: Any) -> Iterator[Any]:
    """The numbers of a nested sequence, from left to right."""
    if is_nested(x):
        for item in x:
            yield from leaves(item)
    else:
        yield x


def rebuild(x: Any, items: Iterator[Any]) -> Any:
    """The items, one for each number of x, in the shape of x: tuples stay tuples."""
    if not is_nested(x):
        return next(items)
    shaped = [rebuild(item, items) for item in x]
    return tuple(shaped) if type(x) is tuple else shaped


def like(x: Any, items: Sequence[Any]) -> Any:
    """The items in place of the numbers of x; an array of objects where x is a NumPy array."""
    if not (is_nested(x) and hasattr(x, "astype")):
        return rebuild(x, iter(items))
    array = x.astype(object)
    for i, item in enumerate(items):
        array.flat[i] = item
    return array
