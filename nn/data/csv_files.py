"""A data set of one's own from a CSV file.

    data = load_csv("flowers.csv", target="species")
    train, held_out = stratified_split(data, 30, rng=random.Random(0))
    scaling = standardize(train)

A file that cannot be what it should is refused with file, line and column; nothing is guessed that
could be guessed wrong.
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import os
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from autograd.rules.words import shortest
from nn.data.datasets import Data

DELIMITERS = ",;\t|"
MANY_CLASSES = 20  # a target with more different values is asked about


def load_csv(
    path: str | os.PathLike[str],
    target: str,
    *,
    regression: bool | None = None,
    ignore: Sequence[str] = (),
    delimiter: str | None = None,
    decimal: str = ".",
    encoding: str = "utf-8-sig",
) -> Data:
    """The rows of a CSV file whose first line names the columns.

    The column `target` holds the class, or with `regression=True` the number to predict; where it
    could be either, ValueError asks for `regression`.  Classes are numbered in the order of number
    or alphabet.  All other columns but those to `ignore` hold finite numbers.  `delimiter=None`
    takes the first of comma, semicolon, tab and bar with which the header has the target.
    """
    file = os.fspath(path)
    if not isinstance(target, str):
        raise TypeError(f"target is the name of a column, got {target!r}")
    text = _read(file, encoding)
    if delimiter is None:
        delimiter = _find_delimiter(text, target)
    elif len(delimiter) != 1:
        raise ValueError(f"a delimiter is one character, got {delimiter!r}")
    if decimal not in (".", ",") or decimal == delimiter:
        raise ValueError(
            f"decimal is '.' or ',' and not the delimiter, got decimal={decimal!r} "
            f"with delimiter={delimiter!r}"
        )
    header, *rows = _rows(file, text, delimiter)
    ignored = {ignore} if isinstance(ignore, str) else set(ignore)
    _check_header(file, header, target, ignored, text)
    table = _Table(file, header.cells, rows, decimal)
    if not rows:
        raise ValueError(f"{file}, line {header.line}: there are no rows below the column names")
    _check_widths(table, delimiter)
    at = table.names.index(target)
    columns = [c for c, name in enumerate(table.names) if c != at and name not in ignored]
    if not columns:
        raise ValueError(
            f"{file}, line {header.line}: there is no column besides the target {target!r} to "
            "learn from"
        )
    _check_columns(table, columns, ignored)
    inputs = [[table.number(row, c) for c in columns] for row in rows]
    features = tuple(table.names[c] for c in columns)
    labels: list[Any]
    classes: tuple[str, ...] = ()
    if _is_regression(table, at, regression):
        labels = [table.number(row, at) for row in rows]
    else:
        labels, classes = _classes(table, at)
    if len(set(labels)) == 1:
        raise ValueError(
            f"{file}, column {target!r}: all {len(rows)} rows have {rows[0].cells[at]!r}: with one "
            "value only there is nothing to learn"
        )
    return Data(inputs, labels, features, classes)


class _Row(NamedTuple):
    """The cells of one row, and the line of the file on which it begins."""

    line: int
    cells: list[str]


class _Table(NamedTuple):
    """The rows of a file below the names of its columns."""

    file: str
    names: list[str]
    rows: list[_Row]
    decimal: str

    def place(self, row: _Row, c: int) -> str:
        """Where a cell is, for a message."""
        return f"{self.file}, line {row.line}, column {self.names[c]!r}"

    def parse(self, row: _Row, c: int) -> float | None:
        """The number in a cell, None where it is text."""
        return _parse(row.cells[c], self.decimal)

    def number(self, row: _Row, c: int) -> float:
        """The finite number in a cell, or ValueError that names it."""
        x, cell = self.parse(row, c), row.cells[c]
        if x is not None and math.isfinite(x):
            return x
        if not cell:
            said = "the cell is empty: fill it in, or delete the row"
        elif x is not None:
            said = f"{cell!r} is not finite: write a number, or delete the row"
        elif "," in cell and (other := _parse(cell, ",")) is not None:
            said = f"{cell!r} is no number, but with decimal=',' it is {shortest(other)}"
        else:
            said = f"{cell!r} is no number: write one, or delete the row"
        raise ValueError(f"{self.place(row, c)}: {said}")


def _parse(cell: str, decimal: str) -> float | None:
    if decimal == ",":
        cell = cell.replace(".", "_").replace(",", ".")
    try:
        return None if "_" in cell else float(cell)  # float("1_0") is 10
    except ValueError:
        return None


# ---- from bytes to rows --------------------------------------------------------------------------


def _read(file: str, encoding: str) -> str:
    """The text of the file; ValueError that says which encoding it might be where it is another."""
    with open(file, "rb") as stream:
        content = stream.read()
    if content.startswith(b"PK\x03\x04"):
        raise ValueError(f"{file} is a workbook or another zip archive: save its sheet as CSV")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and encoding == "utf-8-sig":
        raise ValueError(f"{file}, line 1: it begins as UTF-16 does: encoding='utf-16'")
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise ValueError(f"no text encoding is called {encoding!r}: utf-8, cp1252, ...") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}, {_explain_encoding(error, encoding)}") from None
    if "\0" in text:
        line = 1 + text[: text.index("\0")].count("\n")
        raise ValueError(
            f"{file}, line {line}: a zero byte is no text: if it is UTF-16, say encoding='utf-16'"
        )
    if not text.strip(' \t\r\n,;|"'):
        raise ValueError(f"{file} is empty: its first line should name the columns")
    return text


def _explain_encoding(error: UnicodeDecodeError, encoding: str) -> str:
    """Where the byte is that is no text, and what it would be in cp1252."""
    before = error.object[: error.start].decode(encoding, "replace")
    lines = io.StringIO(f"{before}?", newline="").readlines()
    delimiter = max(DELIMITERS, key=lines[0].count)
    names, c = _cells(lines[0], delimiter), len(_cells(lines[-1], delimiter)) - 1
    column = repr(names[c]) if len(lines) > 1 and c < len(names) else c + 1
    byte = error.object[error.start : error.start + 1]
    hint = "say how the file is written: encoding=..."
    if encoding == "utf-8-sig":
        with contextlib.suppress(UnicodeDecodeError):
            hint = f"in cp1252 (Windows) it is {byte.decode('cp1252')!r}: say encoding='cp1252'"
    else:
        with contextlib.suppress(UnicodeDecodeError):
            error.object.decode()
            hint = "all of it is UTF-8: leave out encoding"
    name = "UTF-8" if encoding == "utf-8-sig" else encoding
    return f"line {len(lines)}, column {column}: the byte 0x{byte.hex()} is not {name}; {hint}"


def _find_delimiter(text: str, target: str) -> str:
    """The first with which the header has the target, or else the one that splits it most."""
    headers = {delimiter: _cells(text, delimiter) for delimiter in DELIMITERS}
    for delimiter, names in headers.items():
        if target in names:
            return delimiter
    return max(DELIMITERS, key=lambda delimiter: len(headers[delimiter]))


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of the first row that has any, however the text goes on."""
    with contextlib.suppress(csv.Error):
        for cells in _reader(text, delimiter, strict=False):
            if any(cells):
                return [cell.strip() for cell in cells]
    return []


def _reader(text: str, delimiter: str, *, strict: bool) -> Any:
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=delimiter != "\t")


def _rows(file: str, text: str, delimiter: str) -> Iterator[_Row]:
    """The rows that have anything in them."""
    reader = _reader(text, delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            said = str(error)
            if "unexpected end" in said or "field limit" in said:
                said = "a quote is opened in this row and never closed"
            raise ValueError(f"{file}, line {line}: {said}") from None
        if any(cells):
            yield _Row(line, cells)


# ---- what a table must be ------------------------------------------------------------------------


def _check_header(file: str, header: _Row, target: str, ignored: set[str], text: str) -> None:
    """ValueError for a column that is missing, has no name, or has another's."""
    names, place = header.cells, f"{file}, line {header.line}"
    for name in (target, *sorted(ignored)):
        if name not in names:
            raise ValueError(f"{place}: {_explain_missing(names, name, text)}")
    if target in ignored:
        raise ValueError(f"the target {target!r} cannot be ignored")
    for c, name in enumerate(names):
        if not name and name not in ignored:
            raise ValueError(
                f"{place}: column {c + 1} has no name (pandas writes its index so): give it one, "
                "or leave it out with ignore=['']"
            )
        if name in names[:c] and name not in ignored:
            raise ValueError(
                f"{place}: columns {names.index(name) + 1} and {c + 1} are both called {name!r}"
            )


def _explain_missing(names: list[str], name: str, text: str) -> str:
    if all(_parse(cell, ".") is not None for cell in names):
        return "these are numbers, not the names of the columns: add a line of names above"
    said = f"no column is called {name!r}, there are {', '.join(map(repr, names))}"
    for delimiter in DELIMITERS:
        if name in _cells(text, delimiter):
            return f"{said}; with delimiter={delimiter!r} there is one"
    lower = {other.lower(): other for other in names if other}
    close = get_close_matches(name.strip().lower(), lower, 1)
    return f"{said}: did you mean {lower[close[0]]!r}?" if close else said


def _check_widths(table: _Table, delimiter: str) -> None:
    """ValueError for a row with fewer or more cells than there are columns."""
    width = len(table.names)
    for row in table.rows:
        count = len(row.cells)
        if count < width:
            raise ValueError(
                f"{table.place(row, count)}: the row ends before it, with {count} cells for "
                f"{width} columns"
            )
        if count > width:
            raise ValueError(
                f"{table.file}, line {row.line}, column {width + 1}: {row.cells[width]!r} is one "
                f"cell too many, {count} for {width} columns; a cell with {delimiter!r} in it "
                "stands in quotes"
            )


def _check_columns(table: _Table, columns: list[int], ignored: set[str]) -> None:
    """ValueError that names all columns without any number, and how to leave them out."""

    def has_number(c: int) -> bool:
        return any(_parse(row.cells[c], mark) is not None for row in table.rows for mark in ".,")

    bare = [c for c in columns if not has_number(c)]
    if not bare:
        return
    if len(bare) == len(columns):
        hint = "a network learns from numbers"
    else:
        every = sorted(ignored.union(table.names[c] for c in bare))
        hint = f"write it in numbers, or leave it out with ignore={every!r}"
    first, *others = bare
    cell = repr(table.rows[0].cells[first]) if table.rows[0].cells[first] else "an empty cell"
    also = f" (nor in {', '.join(repr(table.names[c]) for c in others)})" if others else ""
    raise ValueError(
        f"{table.place(table.rows[0], first)}: {cell}, and in no row a number{also}: {hint}"
    )


# ---- the target ----------------------------------------------------------------------------------


def _is_regression(table: _Table, at: int, regression: bool | None) -> bool:
    """Whether the target is a number to predict; ValueError where that has to be said."""
    if regression is not None:
        return regression
    numbers: list[_Row] = []
    texts: list[_Row] = []
    for row in table.rows:
        _class_of(table, row, at)
        (texts if table.parse(row, at) is None else numbers).append(row)
    if numbers and texts:
        rows, what = (texts, "text among numbers"), (numbers, "a number among text")
        odd, said = min(rows, what, key=lambda pair: len(pair[0]))
        raise ValueError(
            f"{table.place(odd[0], at)}: {odd[0].cells[at]!r} is {said}: correct it, or say "
            "regression=False if it is a class"
        )
    values = {row.cells[at] for row in table.rows}
    if len(values) > MANY_CLASSES or any(table.number(row, at) % 1 for row in numbers):
        number = "regression=True if it is a number to predict, " if numbers else ""
        raise ValueError(
            f"{table.place(table.rows[0], at)}: the target has {len(values)} different values, "
            f"{table.rows[0].cells[at]!r} the first: say {number}regression=False if these are "
            "classes"
        )
    return False


def _class_of(table: _Table, row: _Row, at: int) -> float | str:
    """A class as a number where it is one, otherwise its name; ValueError for an empty cell."""
    x = table.parse(row, at)
    if x is not None or not row.cells[at]:
        return table.number(row, at)
    return row.cells[at]


def _classes(table: _Table, at: int) -> tuple[list[int], tuple[str, ...]]:
    """The number of each row's class, and the names; "1" and "1.0" are one class."""
    marks = [_class_of(table, row, at) for row in table.rows]
    names: dict[float | str, str] = {}
    for mark, row in zip(marks, table.rows):
        names.setdefault(mark, row.cells[at])
    ordered = sorted(names, key=lambda mark: (isinstance(mark, str), mark))
    number = {mark: k for k, mark in enumerate(ordered)}
    return [number[mark] for mark in marks], tuple(names[mark] for mark in ordered)
