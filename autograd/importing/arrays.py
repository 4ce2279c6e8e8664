"""Arrays of Values: NumPy's, of objects, or of numbers where nothing depends on a Value.

    each(f, xs, ys)             f of each pair of elements
    over_axes(f, xs, axes)      f of the elements along some axes, as a list
    MOVES["transpose"]          what only moves elements, by JAX's names

An array of objects holds Values and Python's floats, or conditions: bools, or Values in a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd.value import Value

Array = Any  # of NumPy; keys of JAX's random numbers are arrays of its own


def is_known(xs: Array) -> bool:
    """Whether an array holds numbers, which depend on no Value."""
    return xs.dtype != object  # type: ignore[no-any-return]  # an array is Any


def objects(xs: Array) -> Array:
    """The same as an array of objects: numbers as Python's."""
    if xs.dtype == object:
        return xs
    return (xs if xs.dtype.kind in "biu" else xs.astype(float)).astype(object)


def filled(items: Iterable[Any], shape: Sequence[int]) -> Array:
    """The items as an array of objects of that shape."""
    items = list(items)
    xs = np.empty(len(items), dtype=object)
    for i, x in enumerate(items):
        xs[i] = x
    return xs.reshape(shape)


def each(f: Callable[..., Any], *arrays: Array) -> Array:
    """f of the elements that stand in the same place; a scalar stands in every place."""
    arrays = np.broadcast_arrays(*map(objects, arrays))
    return filled([f(*xs) for xs in zip(*[a.flat for a in arrays])], arrays[0].shape)


def settled(xs: Array) -> Array:
    """Numbers, where an array of objects holds no Value."""
    return xs if any(isinstance(x, Value) for x in xs.flat) else xs.astype(float)


def numbers(xs: Array) -> Array:
    """The numbers of an array of Values; in a trace these are not told."""
    told = [x.data if isinstance(x, Value) else x for x in xs.flat]
    kind = bool if all(isinstance(x, bool) for x in told) else float
    return np.array(told, dtype=kind).reshape(xs.shape)


def rows(xs: Array, axes: Sequence[int]) -> Array:
    """An array with two axes: all other places, and those along the axes."""
    others = [i for i in range(xs.ndim) if i not in axes]
    shape = [xs.shape[i] for i in others]
    return xs.transpose([*others, *axes]).reshape(int(np.prod(shape)), -1 if xs.size else 0), shape


def over_axes(f: Callable[[list[Any]], Any], xs: Array, axes: Sequence[int]) -> Array:
    """f of the elements along the axes; one alone stands for itself."""
    lines, shape = rows(objects(xs), axes)
    return filled([line[0] if len(line) == 1 else f(list(line)) for line in lines], shape)


def running(f: Callable[[Any, Any], Any], xs: Array, axis: int, reverse: bool) -> Array:
    """f(f(x0, x1), x2) and so on along an axis, with all that comes before it."""
    lines = np.moveaxis(objects(xs), axis, -1)[..., :: -1 if reverse else 1]
    found = [x for line in lines.reshape(-1, lines.shape[-1]) for x in accumulate(line, f)]
    return np.moveaxis(filled(found, lines.shape)[..., :: -1 if reverse else 1], -1, axis)


# ---- what only moves elements ----------------------------------------------------------------


def broadcast(xs: Array, shape: Sequence[int], broadcast_dimensions: Sequence[int]) -> Array:
    """Axes of length 1 where there were none, then all stretched."""
    lengths = [1] * len(shape)
    for i, n in zip(broadcast_dimensions, xs.shape):
        lengths[i] = n
    return np.broadcast_to(xs.reshape(lengths), shape)


def window(start: Sequence[Any], sizes: Sequence[int], shape: Sequence[int]) -> tuple[slice, ...]:
    """The places of a block, pushed to where it fits, as JAX does."""
    first = [min(max(int(i), 0), n - size) for i, size, n in zip(start, sizes, shape)]
    return tuple([slice(i, i + size) for i, size in zip(first, sizes)])


def updated(xs: Array, block: Array, start: Sequence[Any]) -> Array:
    """The array with a block of it replaced."""
    xs, block = (xs, block) if xs.dtype == block.dtype else (objects(xs), objects(block))
    found = xs.copy()
    found[window(start, block.shape, xs.shape)] = block
    return found


def padded(xs: Array, x: Array, padding_config: Sequence[tuple[int, int, int]]) -> Array:
    """Elements x between and around; where less than none are asked for, some are cut."""
    xs, x = (xs, x) if xs.dtype == x.dtype else (objects(xs), objects(x))
    inner = [n + max(n - 1, 0) * gap for n, (_, _, gap) in zip(xs.shape, padding_config)]
    shape = [n + max(low, 0) + max(high, 0) for n, (low, high, _) in zip(inner, padding_config)]
    found = np.full(shape, x[()], dtype=xs.dtype)
    places = zip(inner, padding_config)
    found[tuple([slice(max(a, 0), max(a, 0) + n, gap + 1) for n, (a, _, gap) in places])] = xs
    ends = zip(shape, padding_config)
    return found[tuple([slice(max(-low, 0), n - max(-high, 0)) for n, (low, high, _) in ends])]


def chosen(which: Array, *cases: Array) -> Array:
    """The elements of the cases that known numbers choose."""
    if len({case.dtype for case in cases}) > 1:
        cases = tuple(map(objects, cases))
    found = cases[0]
    for i, case in enumerate(cases[1:], 1):
        found = np.where(which == i, case, found)
    return found


def block(xs: Array, start: Any, end: Any, strides: Any = None) -> Array:
    """From start up to end along each axis."""
    return xs[tuple(map(slice, start, end, strides or [1] * xs.ndim))]


def parts(xs: Array, sizes: Sequence[int], axis: int) -> list[Array]:
    """An array cut into pieces."""
    return np.split(xs, list(accumulate(map(int, sizes)))[:-1], axis)


def over_windows(
    f: Callable[[list[Any]], Any],
    xs: Array,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    base_dilation: Sequence[int],
    window_dilation: Sequence[int],
) -> Array:
    """f of the elements in a window, at each of its places; what stands beside the array is not."""
    gaps = [(low, high, step - 1) for (low, high), step in zip(padding, base_dilation)]
    wide = padded(objects(xs), filled([None], ()), gaps)
    spans = [(n - 1) * step + 1 for n, step in zip(window_dimensions, window_dilation)]
    shape = [(n - span) // s + 1 for n, span, s in zip(wide.shape, spans, window_strides)]
    found = []
    for place in np.ndindex(*shape):
        first = [i * s for i, s in zip(place, window_strides)]
        inside = tuple(map(slice, first, map(sum, zip(first, spans)), window_dilation))
        elements = [x for x in wide[inside].flat if x is not None]
        found.append(elements[0] if len(elements) == 1 else f(elements))
    return filled(found, shape)


# fmt: off
MOVES: dict[str, Callable[..., Any]] = {
    "reshape":              lambda xs, new_sizes, **_: xs.reshape(new_sizes),
    "transpose":            lambda xs, permutation: xs.transpose(permutation),
    "squeeze":              lambda xs, dimensions: xs.squeeze(tuple(dimensions)),
    "broadcast_in_dim":     lambda xs, *, shape, broadcast_dimensions, **_:
                            broadcast(xs, shape, broadcast_dimensions),
    "slice":                lambda xs, start_indices, limit_indices, strides:
                            block(xs, start_indices, limit_indices, strides),
    "rev":                  lambda xs, dimensions: np.flip(xs, tuple(dimensions)),
    "copy":                 lambda xs: xs,
    "copy_p":               lambda xs: xs,
    "concatenate":          lambda *arrays, dimension: np.concatenate(alike(arrays), dimension),
    "stack":                lambda *arrays, axis: np.stack(alike(arrays), axis),
    "split":                parts,
    "tile":                 lambda xs, reps: np.tile(xs, reps),
    "pad":                  padded,
    "dynamic_slice":        lambda xs, *start, slice_sizes:
                            xs[window(start, slice_sizes, xs.shape)],
    "dynamic_update_slice": lambda xs, block, *start: updated(xs, block, start),
    "select_n":             chosen,
}
# fmt: on


def alike(arrays: Sequence[Array]) -> Sequence[Array]:
    """Arrays of objects, where one of them is."""
    return list(map(objects, arrays)) if any(not is_known(xs) for xs in arrays) else arrays
