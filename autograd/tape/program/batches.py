"""A batch: what is given in place of an example, each number of it with one axis more.

    batch = Batch(Form([x, y]), [xs, ys])  x like one example, xs many of these
    len(batch), batch.rows()               tuples of floats, one a lane
    batch.columns()                        an array of NumPy's, (numbers of an example, lanes)
    batch.arrays                           the arguments themselves, where each is such an array

A batch of another shape, or with something in it that is no number, is told where that is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autograd.higher.structures import is_array, is_nested, leaves, leaves_as
from autograd.rules.words import kind_of, real

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


NUMBERS, ROWS = frozenset([float, int]), frozenset([list, tuple])  # of which nothing is asked


class Form:
    """The shape of an example: what a batch has many of."""

    def __init__(self, example: Sequence[Any]) -> None:
        self.example = list(example)
        self.counts = list(map(count_of, self.example))  # how many numbers an argument has
        self.axes = list(map(axes_of, self.example))


class Batch:
    """Lanes of numbers, in the order of the inputs of a tape.

    `arrays` are the arguments where all of them are arrays of floats that lie as they are numbered,
    else None.
    """

    __slots__ = ("_count", "_given", "arrays", "form")

    def __init__(self, form: Form, given: Sequence[Any]) -> None:
        self.form, self._given = form, given
        count = _length_of_arrays(form, given)
        self.arrays: Sequence[Any] | None = given if count else None
        self._count = count or self._checked(form.example, given)

    def _checked(self, example: Sequence[Any], given: Sequence[Any]) -> int:
        """How many examples were given; an error where that is not the same everywhere, or none."""
        if len(given) != len(example):
            raise TypeError(
                f"the tape was made of {len(example)} argument{'s' * (len(example) != 1)}, "
                f"and a batch has as many: got {len(given)}"
            )
        lengths = []
        for i, xs in enumerate(given):
            if not (isinstance(xs, range) or is_nested(xs)) or isinstance(xs, dict):
                raise TypeError(
                    f"argument {i} of a batch is a sequence of examples, got {kind_of(xs)}"
                )
            lengths.append(len(xs))
        if len(set(lengths)) > 1:
            raise ValueError(f"the arguments of a batch have as many examples each, got {lengths}")
        if 0 in lengths:
            raise ValueError("a batch has at least one example, got none")
        return lengths[0] if lengths else 1

    def __len__(self) -> int:
        return self._count

    def rows(self) -> list[tuple[float, ...]]:
        """The numbers of each lane."""
        columns = [xs for i in range(len(self._given)) for xs in self._lists_of(i)]
        return list(zip(*columns)) if columns else [()] * self._count

    def _lists_of(self, i: int) -> list[Sequence[float]]:
        """Each number of an argument, over the lanes."""
        shape, given = self.form.example[i], self._given[i]
        if is_array(given) and given.dtype.kind in "biuf" and given.shape[1:] == self.form.axes[i]:
            array = given.reshape(len(given), -1).T
            return array.astype(float).tolist()  # type: ignore[no-any-return]  # NumPy's
        if isinstance(given, (list, tuple)):  # the usual: numbers, or lists of numbers
            if not is_nested(shape) and NUMBERS.issuperset(map(type, given)):
                return [list(map(float, given))]
            if _is_flat(shape) and ROWS.issuperset(map(type, given)):
                columns = list(zip(*given))
                if {len(shape)}.issuperset(map(len, given)) and all(
                    NUMBERS.issuperset(map(type, xs)) for xs in columns
                ):
                    return [list(map(float, xs)) for xs in columns]
        return list(zip(*[self._numbers(i, lane, x) for lane, x in enumerate(given)]))

    def _numbers(self, i: int, lane: int, x: Any) -> list[float]:
        """The numbers of one example."""
        shape = self.form.example[i]
        if type(x) is float and not is_nested(shape):
            return [x]
        place = f"argument {i}, example {lane}"
        require_shape(x, shape, place)
        return [
            number if type(number) is float else real(number, f"{place}: a number of a batch")
            for number in leaves_as(x, shape)
        ]

    def columns(self) -> Any:
        """The numbers as an array, one row for each number of an example."""
        import numpy as np

        parts = [self._columns_of(i) for i in range(len(self._given))]
        return np.concatenate(parts) if parts else np.empty((0, self._count))

    def _columns_of(self, i: int) -> Any:
        import numpy as np

        given, axes = self._given[i], self.form.axes[i]
        if axes is not None:
            try:
                array = np.asarray(given)
            except ValueError:  # ragged: said below
                array = np.empty(0, object)
            if array.dtype.kind in "biuf" and array.shape[1:] == axes:
                return array.reshape(len(array), -1).T
        return np.array(self._lists_of(i)).reshape(-1, self._count)


def is_floats(x: Any) -> bool:
    """Whether x is an array of NumPy's own floats, each after the other, that may be written.

    The address of what may be written is asked for in no time.
    """
    numpy: Any = sys.modules.get("numpy")
    return (
        type(x) is getattr(numpy, "ndarray", None)  # a thread may be at its import
        and x.dtype.type is numpy.float64
        and x.dtype.isnative
        and x.flags.carray
    )


def _length_of_arrays(form: Form, given: Sequence[Any]) -> int:
    """How many examples these arrays have; 0 where one is no such array, or they differ in that."""
    if len(given) != len(form.axes) or not given or not all(map(is_floats, given)):
        return 0
    count = given[0].shape[:1]  # none of an array without an axis
    for xs, axes in zip(given, form.axes):
        shape = xs.shape
        if shape[:1] != count or shape[1:] != axes:
            return 0
    return int(count[0]) if count else 0


def axes_of(shape: Any) -> tuple[int, ...] | None:
    """The axes of an example that is regular as an array is; None where it is not."""
    if is_array(shape):
        return tuple(shape.shape)
    if isinstance(shape, (list, tuple)):
        inner = {axes_of(x) for x in shape}
        if len(inner) == 1 and (axes := inner.pop()) is not None:
            return (len(shape), *axes)
        return (0,) if not shape else None
    return None if isinstance(shape, dict) else ()


def _is_flat(shape: Any) -> bool:
    """Whether an example is a list of numbers."""
    return isinstance(shape, (list, tuple)) and not any(map(is_nested, shape))


def require_shape(x: Any, shape: Any, place: str) -> None:
    """ValueError unless x is as the example was."""
    if not is_nested(shape):
        if is_nested(x):
            raise ValueError(f"{place}: the tape was made of a number, got {kind_of(x)}")
        return
    if isinstance(x, str) or not is_nested(x):
        raise ValueError(f"{place}: the tape was made of {kind_of(shape)}, got {kind_of(x)}")
    if isinstance(shape, dict):
        if not isinstance(x, dict) or x.keys() != shape.keys():
            names = ", ".join(map(repr, shape))
            raise ValueError(f"{place}: a dict with the names {names} is needed, got {x!r}")
        pairs = [(x[name], shape[name]) for name in shape]
    else:
        if isinstance(x, dict) or len(x) != len(shape):
            raise ValueError(
                f"{place}: the tape was made of {len(shape)} items, got "
                f"{kind_of(x) if isinstance(x, dict) else len(x)}"
            )
        pairs = list(zip(x, shape))
    for item, its_shape in pairs:
        require_shape(item, its_shape, place)


def count_of(example: Any) -> int:
    """How many numbers an example has."""
    return sum(1 for _ in leaves(example))
