"""Arrays and data frames as lists of Python's numbers.

pandas, polars and pyarrow are told by what their tables offer, names and columns that give lists;
none of them is imported, and none is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograd.rules.words import is_real, kind_of
from nn.checks import shortened


def is_table(x: Any) -> bool:
    """Whether x is an array or a data frame, which is read into lists."""
    return _is_frame(x) or _is_array(x)


def _is_frame(x: Any) -> bool:
    return hasattr(x, "columns") and hasattr(x, "shape") and not isinstance(x, type)


def _is_array(x: Any) -> bool:
    return hasattr(x, "tolist") and bool(getattr(x, "shape", ()))


def is_column(x: Any) -> bool:
    """Whether x is one column of a data frame."""
    return not hasattr(x, "columns") and _as_list(x) is not None


def _as_list(column: Any) -> list[Any] | None:
    for name in ("to_list", "to_pylist"):
        if hasattr(column, name):
            return list(getattr(column, name)())
    return None


# ---- frames --------------------------------------------------------------------------------------


def names_of(frame: Any) -> tuple[str, ...]:
    """The names of the columns of a data frame; () for an array."""
    if not _is_frame(frame):
        return ()
    names = tuple(map(str, _keys(frame)))
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"two columns of the frame are called {name!r}: rename one")
    return names


def _keys(frame: Any) -> list[Any]:
    """What the columns are asked for by: their names, which pandas allows to be numbers."""
    return list(frame.column_names if hasattr(frame, "column_names") else frame.columns)


def without(frame: Any, name: str) -> tuple[Any, list[str]]:
    """A column of a frame, and the names of the others; ValueError where there is none."""
    names = list(names_of(frame))
    if name not in names:
        raise ValueError(f"no column is called {name!r}, there are {', '.join(names) or 'none'}")
    return _column(frame, name), [other for other in names if other != name]


def _column(frame: Any, name: str) -> list[Any]:
    found = _as_list(frame[next(key for key in _keys(frame) if str(key) == name)])
    if found is None:
        raise TypeError(f"the column {name!r} of the frame is no list: got {kind_of(frame)}")
    return found


# ---- inputs --------------------------------------------------------------------------------------


def rows_of(inputs: Any, names: Sequence[str] = ()) -> list[list[float]]:
    """The rows of an array of two axes, or of the named columns of a frame.

    TypeError or ValueError, with row and column, for what is no number or is missing.
    """
    if _is_frame(inputs):
        columns = [
            [_number(x, i, repr(name)) for i, x in enumerate(_column(inputs, name))]
            for name in names or names_of(inputs)
        ]
        return [list(row) for row in zip(*columns)]
    if len(inputs.shape) != 2:
        raise ValueError(
            f"inputs are an array of two axes, examples and numbers, got the shape "
            f"{tuple(inputs.shape)}: {_reshaped(inputs)} makes one"
        )
    return [
        [x if type(x) is float else _number(x, i, str(k)) for k, x in enumerate(row)]
        for i, row in enumerate(inputs.tolist())
    ]


def _reshaped(inputs: Any) -> str:
    return ".reshape(-1, 1)" if len(inputs.shape) == 1 else ".reshape(len(X), -1)"


def _number(x: Any, i: int, column: str) -> float:
    if x is None or type(x).__name__ in ("NAType", "NaTType"):
        raise ValueError(
            f"row {i} has no number in the column {column}: fill it in, or leave the row out"
        )
    if is_real(x):
        return float(x)
    advice = "write it in numbers, or leave the column out"
    raise ValueError(f"row {i} has {kind_of(x)} in the column {column}: {advice}")


# ---- labels --------------------------------------------------------------------------------------


def labels_of(labels: Any) -> list[Any]:
    """Labels as a list, from an array, a column or a frame.

    A column of one number each, of the shape (n, 1), is a label each; of more, a list each.
    """
    if _is_frame(labels):
        names = names_of(labels)
        found = [_column(labels, name) for name in names]
        return found[0] if len(found) == 1 else [list(row) for row in zip(*found)]
    if is_column(labels):
        return _as_list(labels) or []
    if len(labels.shape) == 2 and labels.shape[1] == 1:
        labels = labels.reshape(-1)
    return list(labels.tolist())


def by_class(labels: Sequence[Any], classes: Sequence[str]) -> tuple[list[Any], tuple[str, ...]]:
    """Labels that are texts as numbers of classes, which are in alphabetical order unless given."""
    if not any(isinstance(y, str) for y in labels):
        return list(labels), tuple(classes)
    for i, y in enumerate(labels):
        if not isinstance(y, str):
            raise ValueError(
                f"the label of row {i} is {shortened(y)}, and others are texts: name each class"
            )
    names = tuple(classes) or tuple(sorted(set(labels)))
    places = {name: k for k, name in enumerate(names)}
    for i, y in enumerate(labels):
        if y not in places:
            raise ValueError(f"the label of row {i}, {y!r}, is none of the classes {names}")
    return [places[y] for y in labels], names
