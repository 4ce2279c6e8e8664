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
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

from autograd.rules.words import shortest
from autograd.walks import abridged
from nn.checks import shortened
from nn.data.datasets import Data

DELIMITERS = ",;\t|"
THOUSANDS = ",.' \N{RIGHT SINGLE QUOTATION MARK}_\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
MISSING = ("", "?", "-", ".", "NA", "N/A", "#N/A", "NaN", "null", "None", "missing")
OTHER_FILES = {  # how they begin, what they are and what to do
    b"PK\x03\x04": "a workbook or another zip archive: save its sheet as CSV",
    b"\xd0\xcf\x11\xe0": "a workbook of Excel: save its sheet as CSV",
    b"\x1f\x8b": "compressed by gzip: unpack it first, with gunzip",
    b"BZh": "compressed by bzip2: unpack it first, with bunzip2",
    b"\xfd7zXZ": "compressed by xz: unpack it first, with unxz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: unpack it first, with unzstd",
    b"PAR1": "a Parquet file: write it as CSV, with to_csv of pandas",
    b"SQLite format 3\0": "a database of SQLite: write its table as CSV",
    b"%PDF-": "a PDF: a table is needed, as CSV",
}
MANY_CLASSES = 20  # a target with more different values is asked about


def load_csv(
    path: str | os.PathLike[str],
    target: str,
    *,
    regression: bool | None = None,
    ignore: Sequence[str] = (),
    delimiter: str | None = None,
    decimal: str = ".",
    thousands: str = "",
    missing: Iterable[str] = MISSING,
    encoding: str = "utf-8-sig",
) -> Data:
    """The rows of a CSV file whose first line names the columns.

    The column `target` holds the class, or with `regression=True` the number to predict; where it
    could be either, ValueError asks for `regression`.  Classes are numbered in the order of number
    or alphabet.  All other columns but those to `ignore` hold finite numbers; `thousands=","` reads
    "1,299" as 1299.  A cell that says its value is `missing`, in capitals or not, is refused:
    `missing=["?"]` where NA or None is a class.  `delimiter=None` takes the first of comma,
    semicolon, tab and bar with which the header has the target.
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
            f"{file}: decimal is '.' or ',' and not the delimiter, got decimal={decimal!r} with "
            f"delimiter={delimiter!r}"
        )
    if thousands and (thousands not in THOUSANDS or thousands == decimal or len(thousands) != 1):
        raise ValueError(
            f"thousands is '' or one of {', '.join(map(repr, THOUSANDS))}, and not the mark of the "
            f"decimals, got {thousands!r}"
        )
    rows = list(_rows(file, text, delimiter))
    if not rows or not text.strip(' \t\r\n,;|"'):
        raise ValueError(f"{file} is empty: its first line should name the columns")
    header = rows.pop(0)
    ignored = {ignore} if isinstance(ignore, str) else set(ignore)
    _check_header(file, header, target, ignored, text)
    table = _Table(file, header.cells, rows, decimal, thousands, _words(missing))
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
            f"{file}, column {target!r}: all {len(rows)} rows have {shortened(rows[0].cells[at])}: "
            "with one value only there is nothing to learn"
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
    thousands: str
    missing: set[str]

    def place(self, row: _Row, c: int) -> str:
        """Where a cell is, for a message."""
        return f"{self.file}, line {row.line}, column {shortened(self.names[c])}"

    def parse(self, row: _Row, c: int) -> float | None:
        """The number in a cell, None where it is text."""
        return _parse(row.cells[c], self.decimal, self.thousands)

    def readings(self, row: _Row, c: int) -> list[str]:
        """As which numbers a cell that is none can be read, with other marks than ours."""
        found, cell, ours = [], row.cells[c], (self.decimal, self.thousands)
        for thousands in ["", *[mark for mark in THOUSANDS if mark in cell]]:
            for decimal in ".,":
                needless = decimal != self.decimal != thousands and decimal not in cell
                if needless or thousands == decimal:
                    continue
                x = _parse(cell, decimal, thousands)
                if x is not None and math.isfinite(x):
                    marks = {"decimal": decimal, "thousands": thousands}
                    words = [f"{k}={m!r}" for (k, m), our in zip(marks.items(), ours) if m != our]
                    found.append(f"with {', '.join(words)} it is {shortest(x)}")
        return found

    def check_there(self, row: _Row, c: int, otherwise: str = "") -> None:
        """ValueError where a cell says that its value is missing."""
        cell = row.cells[c]
        if cell.lower() in self.missing:
            what = f"{shortened(cell)} says that it is missing" if cell else "the cell is empty"
            advice = f"fill it in, or delete the row{otherwise if cell else ''}"
            raise ValueError(f"{self.place(row, c)}: {what}: {advice}")

    def number(self, row: _Row, c: int) -> float:
        """The finite number in a cell, or ValueError that names it."""
        cell = row.cells[c]
        x = _parse(cell, self.decimal, self.thousands)
        if x is not None and math.isfinite(x) and cell.lower() not in self.missing:
            return x
        self.check_there(row, c)
        if x is not None:
            said = "is not finite: write a number, or delete the row"
        elif readings := self.readings(row, c):
            said = f"is no number, but {', or '.join(readings)}"
        else:
            said = "is no number: write one, or delete the row"
        raise ValueError(f"{self.place(row, c)}: {shortened(cell)} {said}")


def _parse(cell: str, decimal: str, thousands: str = "") -> float | None:
    if thousands and thousands in cell:
        t, d = re.escape(thousands), re.escape(decimal)
        if not re.fullmatch(rf"[+-]?[0-9]{{1,3}}({t}[0-9]{{3}})+({d}[0-9]*)?", cell):
            return None
        cell = cell.replace(thousands, "")
    if decimal == ",":
        cell = cell.replace(".", "_").replace(",", ".")
    try:
        return None if "_" in cell else float(cell)  # float("1_0") is 10
    except ValueError:
        return None


def _words(missing: Iterable[str]) -> set[str]:
    """What says that a value is missing, in small letters; an empty cell always does."""
    words = [missing] if isinstance(missing, str) else list(missing)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"missing is a list of texts that cells may have, got {word!r} in it")
    return {"", *[word.strip().lower() for word in words]}


# ---- from bytes to rows --------------------------------------------------------------------------


def _read(file: str, encoding: str) -> str:
    """The text of the file; ValueError that says which encoding it might be where it is another."""
    with open(file, "rb") as stream:
        content = stream.read()
    for start, what in OTHER_FILES.items():
        if content.startswith(start):
            raise ValueError(f"{file} is {what}")
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
            said = str(error).replace("\t", "\\t")  # a delimiter, in a message
            raise ValueError(f"{file}, line {line}: {_explain_quotes(text, line, said)}") from None
        if any(cells):
            yield _Row(line, cells)


def _explain_quotes(text: str, line: int, said: str) -> str:
    """What is wrong with the row that begins on a line: quotes come in pairs."""
    if "unexpected end" not in said and "field limit" not in said:
        return said
    rest = "".join(islice(io.StringIO(text, newline=""), line - 1, None))
    if "unexpected end" in said or rest.count('"') % 2:
        return "a quote is opened in this row and never closed"
    return (
        f"a cell has more than {csv.field_size_limit():,} characters, and neither a number nor a "
        "class has so many: take the column out of the file"
    )


# ---- what a table must be ------------------------------------------------------------------------


def _check_header(file: str, header: _Row, target: str, ignored: set[str], text: str) -> None:
    """ValueError for a column that is missing, has no name, or has another's."""
    names, place = header.cells, f"{file}, line {header.line}"
    there = set(names)
    for name in (target, *sorted(ignored)):
        if name not in there:
            raise ValueError(f"{place}: {_explain_missing(names, name, text)}")
    if target in ignored:
        raise ValueError(f"the target {target!r} cannot be ignored")
    first: dict[str, int] = {}  # the column of each name
    for c, name in enumerate(names):
        if name in ignored:
            continue
        if not name:
            raise ValueError(
                f"{place}: column {c + 1} has no name (pandas writes its index so): give it one, "
                "or leave it out with ignore=['']"
            )
        if first.setdefault(name, c) != c:
            raise ValueError(
                f"{place}: columns {first[name] + 1} and {c + 1} are both called {shortened(name)}"
            )


def _explain_missing(names: list[str], name: str, text: str) -> str:
    if all(_parse(cell, ".") is not None for cell in names):
        return "these are numbers, not the names of the columns: add a line of names above"
    there = ", ".join(abridged([shortened(other) for other in names]))
    said = f"no column is called {name!r}, there are {there}"
    for delimiter in DELIMITERS:
        if name in _cells(text, delimiter):
            return f"{said}; with delimiter={delimiter!r} there is one"
    lower = {other.lower(): other for other in names if other}
    close = get_close_matches(name.strip().lower(), lower, 1)
    return f"{said}: did you mean {shortened(lower[close[0]])}?" if close else said


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
            cell = shortened(row.cells[width])
            raise ValueError(
                f"{table.file}, line {row.line}, column {width + 1}: {cell} is one cell too many, "
                f"{count} for {width} columns; a cell with {delimiter!r} in it stands in quotes"
            )


def _check_columns(table: _Table, columns: list[int], ignored: set[str]) -> None:
    """ValueError that names all columns without any number, and how to leave them out."""

    def has_number(c: int) -> bool:
        return any(table.parse(row, c) is not None or table.readings(row, c) for row in table.rows)

    bare = [c for c in columns if not has_number(c)]
    if not bare:
        return
    if len(bare) == len(columns):
        hint = "a network learns from numbers"
    else:
        every = sorted(ignored.union(table.names[c] for c in bare))
        ignore = repr(every) if len(every) <= MANY_CLASSES else "[...]"
        hint = f"write it in numbers, or leave it out with ignore={ignore}"
    first, *others = bare
    cell = shortened(table.rows[0].cells[first]) if table.rows[0].cells[first] else "an empty cell"
    names = ", ".join(abridged([shortened(table.names[c]) for c in others]))
    also = f" (nor in {names})" if others else ""
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
    for row in texts:
        if readings := table.readings(row, at):
            raise ValueError(
                f"{table.place(row, at)}: {shortened(row.cells[at])} is text, but "
                f"{', or '.join(readings)}; if it is a class, say regression=False"
            )
    if numbers and texts:
        rows, what = (texts, "text among numbers"), (numbers, "a number among text")
        odd, said = min(rows, what, key=lambda pair: len(pair[0]))
        cell = shortened(odd[0].cells[at])
        raise ValueError(
            f"{table.place(odd[0], at)}: {cell} is {said}: correct it, or say regression=False if "
            "it is a class"
        )
    values = {row.cells[at] for row in table.rows}
    if len(values) > MANY_CLASSES or any(table.number(row, at) % 1 for row in numbers):
        number = "regression=True if it is a number to predict, " if numbers else ""
        first = shortened(table.rows[0].cells[at])
        raise ValueError(
            f"{table.place(table.rows[0], at)}: the target has {len(values)} different values, "
            f"{first} the first: say {number}regression=False if these are classes"
        )
    return False


def _class_of(table: _Table, row: _Row, at: int) -> float | str:
    """A class as a number where it is one, otherwise its name; ValueError where it is missing."""
    table.check_there(row, at, "; if it is a class, list in missing=[...] the words that say so")
    return row.cells[at] if table.parse(row, at) is None else table.number(row, at)


def _classes(table: _Table, at: int) -> tuple[list[int], tuple[str, ...]]:
    """The number of each row's class, and the names; "1" and "1.0" are one class."""
    marks = [_class_of(table, row, at) for row in table.rows]
    names: dict[float | str, str] = {}
    for mark, row in zip(marks, table.rows):
        names.setdefault(mark, row.cells[at])
    ordered = sorted(names, key=lambda mark: (isinstance(mark, str), mark))
    number = {mark: k for k, mark in enumerate(ordered)}
    return [number[mark] for mark in marks], tuple(names[mark] for mark in ordered)
