"""Functions and values as source: a call that was made, as a line that makes it again.

What cannot be written in a line is named in a comment at its end.
"""

from __future__ import annotations

import sys
from math import inf, isfinite, prod

from autograd.rules.language import Operation
from autograd.rules.words import function_name, kind_of, one_line, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

LARGE = 400  # numbers of an input that are written out, where they are no array
WRITTEN = 40  # numbers of a closure that are written out; of a larger array the shape is told
MODULES = {"numpy": "numpy.array", "torch": "torch.tensor", "jax": "jax.numpy.array"}


class Line:
    """A call as source: what must be set before it, and in a comment what it cannot say."""

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.settings: dict[str, str] = {}
        self.notes: list[str] = []

    def text(self, call: str) -> str:
        """The line: imports, settings, the call, the comment."""
        before = [f"import {name}" for name in self.imports]
        before += [f"{name} = {source}" for name, source in self.settings.items()]
        return "; ".join([*before, call]) + (f"  # {'; '.join(self.notes)}" if self.notes else "")

    def function(self, f: Any, letter: str) -> str:
        """f by its name, a lambda by its source; `letter` where it has neither."""
        if known := _global_name(f):
            return known
        name, code = getattr(f, "__name__", ""), getattr(f, "__code__", None)
        if code is None:
            self.notes.append(f"{letter} is {_type_of(f)}")
            return letter
        source = _source_of_lambda(code) if name == "<lambda>" else ""
        held = [(each, x) for each, x in _held_by(f, source) if _global_name(x) != each]
        if source:
            held = [(each, x) for each, x in held if not self._set(each, x)]
        elif name == code.co_name != "<lambda>" and not hasattr(f, "__self__"):
            letter = name  # its name where it was defined, inside another function
        if held or not source:
            known = " and ".join([f"{each} is {self._words(x)}" for each, x in held])
            parts = [] if source else [_place_in_words(f, letter)]
            self.notes.append(", ".join(parts + ([f"where {known}"] if known else [])))
        return source or letter

    def value(self, name: str, x: Any) -> str:
        """An input as source; its name where it is large."""
        source = self._source(x, WRITTEN if hasattr(x, "shape") else LARGE)
        if not source:
            self.notes.append(f"{name} is {_type_of(x)}")
        return source or name

    def _set(self, name: str, x: Any) -> bool:
        """Whether a name could be given its value before the call."""
        if isinstance(x, type(sys)):
            return self._import(name if x.__name__ == name else f"{x.__name__} as {name}")
        source = self._source(x, WRITTEN)
        if not source or self.settings.get(name, source) != source:
            return False
        self.settings[name] = source
        return True

    def _import(self, name: str) -> bool:
        if name not in self.imports:
            self.imports.append(name)
        return True

    def _words(self, x: Any) -> str:
        """A value in a comment: as source where it is short, otherwise what it is."""
        return self._source(x, 1) or _type_of(x)

    def _source(self, x: Any, most: float) -> str:
        """Numbers, texts, lists and arrays as Python; empty where x is larger or something else."""
        kind = type(x)
        if x is None or kind in (bool, int, str):
            return repr(x)
        if kind is float:
            return repr(x) if isfinite(x) else f"float('{x}')"
        if kind in (list, tuple):
            items = [self._source(item, most) for item in x] if _size(x) <= most else [""]
            comma = "," if kind is tuple and len(x) == 1 else ""
            opening, closing = "[]" if kind is list else "()"
            return f"{opening}{', '.join(items)}{comma}{closing}" if all(items) else ""
        if kind is dict:
            pairs = [(self._source(k, most), self._source(v, most)) for k, v in x.items()]
            return (
                f"{{{', '.join([f'{k}: {v}' for k, v in pairs])}}}" if all(map(all, pairs)) else ""
            )
        if name := _global_name(x):
            return name
        library = (kind.__module__ or "").partition(".")[0].removesuffix("lib")  # jaxlib is jax's
        if library not in MODULES or not hasattr(x, "tolist") or _size(x) > most:
            return ""
        plain = x.tolist()
        if type(plain) is kind:  # a number of more digits than a float has
            return ""
        numbers = self._source(plain, inf)
        if not numbers:
            return ""
        self._import(library)
        if library == "torch":
            return f"torch.tensor({numbers}, dtype={x.dtype})"
        if not hasattr(x, "__setitem__") and library == "numpy":
            return f"numpy.{x.dtype}({numbers})"  # one number, as an array gives it
        return f"{MODULES[library]}({numbers}, dtype='{x.dtype}')"


def _global_name(f: Any) -> str:
    """The name of a row, a function of C or one that stands in its module under its name."""
    if not callable(f):
        return ""
    if isinstance(f, Operation):
        return function_name(f)
    name = getattr(f, "__name__", "")
    if not hasattr(f, "__code__"):
        return name if name.isidentifier() else ""
    return name if getattr(sys.modules.get(getattr(f, "__module__", "")), name, None) is f else ""


def _place_in_words(f: Any, letter: str) -> str:
    """Where a function is from: 'f (rows.py:3)', 'f is loss of a Net (nets.py:7)'."""
    name, place = one_line(getattr(f, "__name__", "")), f"({place_of(f.__code__)})"
    if hasattr(f, "__self__"):
        name = f"{name} of {_type_of(f.__self__)}"
    return f"{letter} {place}" if name in (letter, "<lambda>") else f"{letter} is {name} {place}"


def _size(x: Any) -> float:
    """How many numbers a list of lists or an array holds."""
    if isinstance(x, (list, tuple)):
        return sum([_size(item) for item in x])
    shape = getattr(x, "shape", ())
    return float(prod(shape)) if isinstance(shape, tuple) else inf


def _type_of(x: Any) -> str:
    """What x is, for a comment: 'an array of shape (50, 3)', 'an MLP', 'f (rows.py:3)'."""
    code = getattr(x, "__code__", None)
    if code is not None:
        name = one_line(x.__name__).replace("<lambda>", "a lambda")
        return f"{name} ({place_of(code)})"
    shape = getattr(x, "shape", None)
    if isinstance(shape, tuple):
        return f"an array of shape {tuple(shape)}"
    if isinstance(x, type(sys)):
        return f"the module {x.__name__}"
    if isinstance(x, (list, tuple)):
        return f"a {type(x).__name__} of {len(x)}"
    return kind_of(x)


def _held_by(f: Any, source: str) -> list[tuple[str, Any]]:
    """What a function holds, by name: in its closure, and where its source says k=k."""
    code, values = f.__code__, f.__defaults__ or ()
    defaults = zip(code.co_varnames[code.co_argcount - len(values) : code.co_argcount], values)
    held = [(name, x) for name, x in defaults if f"{name}={name}" in source]
    for name, cell in zip(code.co_freevars, f.__closure__ or ()):
        try:
            held.append((name, cell.cell_contents))
        except ValueError:  # its function sets it later
            continue
    return held


def _source_of_lambda(code: CodeType) -> str:
    """The text of a lambda, in one line; empty where its file cannot be read."""
    import ast  # slow to import: only where a check has failed
    from linecache import getlines

    text = "".join(getlines(code.co_filename))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if places := [place for place in code.co_positions() if place[3]]:
        # what it does stands inside its body, and inside no smaller one
        found = [node for node in lambdas if all(_is_inside(p, node.body) for p in places)]
    else:  # Python 3.12 notes no place where all that it does is to return a constant
        found = [node for node in lambdas if _is_constant(node, code)]
    if not found:
        return ""
    inmost = max(found, key=lambda node: (node.body.lineno, node.body.col_offset))
    exact = ast.get_source_segment(text, inmost) or ""
    return ast.unparse(inmost) if "\n" in exact else exact


def _is_constant(node: Any, code: CodeType) -> bool:
    """Whether a lambda of the source returns the constant that the code does, on its line."""
    import ast

    body = compile(ast.Expression(node.body), "", "eval")
    constant = not body.co_names and body.co_consts[-1:] == code.co_consts[-1:]
    return constant and node.lineno == code.co_firstlineno


def _is_inside(place: tuple[Any, Any, Any, Any], node: Any) -> bool:
    """Whether an instruction was made from a part of a node of the source."""
    line, end_line, column, end_column = place
    after = (node.lineno, node.col_offset) <= (line, column)
    return after and (end_line, end_column) <= (node.end_lineno, node.end_col_offset)
