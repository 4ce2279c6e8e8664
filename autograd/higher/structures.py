"""Structures of numbers: what arguments and results of functions are made of.

A structure is a number, or a list, tuple, dict or array of structures.  What is made in its shape
is of its kinds: lists stay lists, tuples tuples, dicts go by name, arrays are NumPy's.  Imports
nothing of ours, and takes NumPy where somebody has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_nested(x: Any) -> bool:
    """Whether x is a list, a tuple, a dict, or an array with at least one axis."""
    return isinstance(x, (list, tuple, dict)) or bool(getattr(x, "shape", None))


def is_array(x: Any) -> bool:
    """Whether x is an array of NumPy with at least one axis."""
    kind = getattr(sys.modules.get("numpy"), "ndarray", None)  # a thread may be at its import
    return kind is not None and isinstance(x, kind) and x.shape != ()


def leaves(x: Any) -> Iterator[Any]:
    """The numbers of a structure, from left to right."""
    if is_nested(x):
        for item in x.values() if isinstance(x, dict) else x:
            yield from leaves(item)
    else:
        yield x


def leaves_as(x: Any, shape: Any) -> Iterator[Any]:
    """The numbers of x in the order of `shape`, where a dict goes by name."""
    if isinstance(shape, dict):
        if not isinstance(x, dict) or x.keys() != shape.keys():
            names = ", ".join(map(repr, shape))
            raise ValueError(f"a dict with the names {names} is needed, got {x!r}")
        for name in shape:
            yield from leaves_as(x[name], shape[name])
    elif isinstance(shape, (list, tuple)) and is_nested(x) and len(x) == len(shape):
        for item, its_shape in zip(x, shape):
            yield from leaves_as(item, its_shape)
    else:
        yield from leaves(x)


def rebuild(x: Any, items: Iterator[Any]) -> Any:
    """The items, one for each number of x, in the shape of x: lists where x has arrays."""
    if not is_nested(x):
        return next(items)
    return of_the_kind(x, lambda item: rebuild(item, items))


def of_the_kind(x: Any, make: Callable[[Any], Any]) -> Any:
    """What `make` makes of each item of x, as a list, a tuple or a dict by name."""
    if isinstance(x, dict):
        return {name: make(item) for name, item in x.items()}
    made = [make(item) for item in x]
    if not isinstance(x, tuple):
        return made
    return x._make(made) if hasattr(x, "_make") else tuple(made)


def like(x: Any, items: Sequence[Any]) -> Any:
    """The items in place of the numbers of x: an array where x is one, of objects or of floats.

    Where the items are arrays themselves, they come to lie in one with more axes.
    """
    ahead = iter(items)

    def fill(part: Any) -> Any:
        if is_array(part):
            return _array(part, [next(ahead) for _ in range(part.size)])
        return of_the_kind(part, fill) if is_nested(part) else next(ahead)

    return fill(x)


def _array(x: Any, items: Sequence[Any]) -> Any:
    """The items as an array in the shape of the array x; as nested lists if they are structures."""
    numpy = sys.modules["numpy"]
    if any(is_nested(item) and not is_array(item) for item in items):
        return rebuild(x, iter(items))
    if all(is_array(item) or isinstance(item, float) for item in items):
        return numpy.array(items).reshape(x.shape + numpy.shape(items[0] if items else 0.0))
    array = x.astype(object)
    for i, item in enumerate(items):
        array.flat[i] = item
    return array
