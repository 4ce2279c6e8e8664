"""A text, run as a program: what it printed, the Value that it shows, and where it went wrong.

    run("x = Value(3.0)\\nx * x").root       Value(9)
    run("x = Value(3.0)\\nx * y").trouble    Trouble("NameError: ...", Span(2, 4, 2, 5))

What is shown is the Value of the last line, or else the last variable that holds a Value.
"""

from __future__ import annotations

import ast
import builtins
import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from contextvars import copy_context
from dataclasses import dataclass, field
from random import getstate, seed, setstate
from sys import getrecursionlimit, setrecursionlimit
from traceback import TracebackException
from types import CodeType, TracebackType
from typing import Any

import autograd
from autograd import OPERATIONS, topological_order
from autograd.graph import is_node
from autograd.recording import around, leave_since

FILE = "<live>"  # what the text is called in tracebacks
PRINTED = 10_000  # characters; of what is printed beyond, nothing is kept
CUT = "\n… and more, which is left out"
CALLERS = 3  # callers that are named where an error came up further inside
LOCAL = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)  # names of their own
NOBODY = "a live page has nobody to ask: write the answer into the code"


@dataclass(frozen=True)
class Span:
    """A place in the text: lines from 1, columns from 0 in characters; the end is exclusive.

    Columns are both 0 where only the line is known.
    """

    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True)
class Trouble:
    """What went wrong, in words, and where in the text; None where it is not in the text."""

    message: str
    span: Span | None


@dataclass
class Run:
    """What became of a text."""

    text: str
    namespace: dict[str, Any] = field(default_factory=dict)
    printed: str = ""
    root: Any = None  # what is shown, None where there is nothing
    name: str = ""  # the variable that holds it, if one does
    order: list[Any] = field(default_factory=list)  # the graph below it, inputs first
    trouble: Trouble | None = None
    lines: list[int] = field(default_factory=list)  # that made each node, 0: unknown; if watched


def run(text: str) -> Run:
    """Run a text in a namespace of its own, and leave random numbers, the table, what is built in,
    recording and the limit of recursion as they were.

    Nothing that the text raises gets out.
    """
    made = Run(text, {"__name__": "__main__", "input": _refuse})
    printed = Bounded()
    rows, chances, deepest = dict(OPERATIONS), getstate(), getrecursionlimit()
    seed(0)  # the same text, the same picture
    try:
        tree = ast.parse(text, FILE)
        with redirect_stdout(printed), redirect_stderr(printed):
            last = _alone(tree, made.namespace, printed)
        root, name = _shown(tree, made.namespace, last)
        if root is not None:
            made.order = topological_order(root)
            made.root, made.name = root, name
    except SystemExit:
        made.trouble = Trouble("SystemExit: there is nothing to leave here", None)
    except BaseException as error:
        made.trouble = Trouble(_words(error), _span(error, text))
    finally:
        OPERATIONS.clear()
        OPERATIONS.update(rows)
        setstate(chances)
        setrecursionlimit(deepest)
        made.printed = printed.getvalue()
    return made


class Bounded(io.StringIO):
    """What is printed, up to a limit: an endless loop prints without end."""

    def write(self, text: str) -> int:
        room = PRINTED - self.tell()
        if room >= 0:
            super().write(text if len(text) <= room else text[:room] + CUT)
        return len(text)

    def close(self) -> None:
        """Nothing: what was printed is still to be read."""


def _refuse(prompt: object = "") -> None:
    """What stands for `input`."""
    raise RuntimeError(NOBODY)


def _alone(tree: ast.Module, namespace: dict[str, Any], printed: Bounded) -> Any:
    """Run the tree; what is built in is there again, and blocks that it left open are not."""
    names, context = vars(builtins), copy_context()
    known = dict(names)
    try:
        return context.run(_execute, tree, namespace, printed)
    finally:
        names.update(known)  # calls nothing that the text may have replaced
        context.run(leave_since, around.get())


def _execute(tree: ast.Module, namespace: dict[str, Any], printed: Bounded) -> Any:
    """Run the tree and return the value of its last line, as a prompt does: what is no node is
    printed."""
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, FILE, "exec"), namespace)
        return None
    before = ast.Module(tree.body[:-1], type_ignores=[])
    exec(compile(before, FILE, "exec"), namespace)
    value = eval(compile(ast.Expression(last.value), FILE, "eval"), namespace)
    if value is not None and not _is_seen(value):
        printed.write(f"{value!r}\n")
    return value


# ---- what is shown -------------------------------------------------------------------------------


def _shown(tree: ast.Module, namespace: dict[str, Any], last: Any) -> tuple[Any, str]:
    """The node to show and its variable's name: of the last line, or else the last variable."""
    if _is_seen(last):
        line = tree.body[-1]
        named = isinstance(line, ast.Expr) and isinstance(line.value, ast.Name)
        return last, ast.unparse(line) if named else ""
    for statement in reversed(tree.body):
        for name in reversed(list(_assigned(statement))):
            if _is_seen(namespace.get(name)):
                return namespace[name], name
    return None, ""


def _is_seen(x: Any) -> bool:
    """Whether x is a node; its class has all that a node has, too."""
    return is_node(x) and not isinstance(x, type)


def _assigned(statement: ast.AST) -> Iterator[str]:
    """The names of the text's own that a statement gives a value to, in the order of writing."""
    if isinstance(statement, LOCAL):
        return
    if isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
        yield statement.id
    for child in ast.iter_child_nodes(statement):
        yield from _assigned(child)


# ---- where it went wrong -------------------------------------------------------------------------


def _words(error: BaseException) -> str:
    """The message of an error, with Python's guess of what was meant, and whose call led to it."""
    if isinstance(error, SyntaxError):
        said = f"{type(error).__name__}: {error.msg}"
    else:
        said = "".join(TracebackException.from_exception(error).format_exception_only()).strip()
    missing = error.name if isinstance(error, NameError) else ""
    if missing in autograd.__all__:
        said += f" (it comes by: from autograd import {missing})"
    here, *callers = [line for _, _, line in reversed(list(_frames(error.__traceback__)))] or [0]
    lines = [line for line in dict.fromkeys(callers) if line != here]
    called = [f"called in line {line}" for line in lines[:CALLERS]]
    return f"{said} ({', '.join(called)})" if called else said


def _span(error: BaseException, text: str) -> Span | None:
    """The innermost place of the text that an error came from."""
    if isinstance(error, SyntaxError) and _is_of_text(error):
        line, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
        end_line = max(error.end_lineno or line, line)
        end = max((error.end_offset or 0) - 1, 0)
        return Span(line, column, end_line, max(end, column + 1) if end_line == line else end)
    frames = list(_frames(error.__traceback__))
    if not frames:
        return None
    line, end_line, column, end_column = _position(frames[-1])
    return Span(
        line, characters(text, line, column), end_line, characters(text, end_line, end_column)
    )


def _is_of_text(error: BaseException) -> bool:
    """Whether Python could not read the text itself."""
    return isinstance(error, SyntaxError) and error.filename == FILE


Frame = tuple[CodeType, int, int]  # code, the instruction that runs, its line


def _frames(traceback: TracebackType | None) -> Iterator[Frame]:
    """Frames of the text, outermost first."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == FILE:
            yield code, traceback.tb_lasti, traceback.tb_lineno
        traceback = traceback.tb_next


def _position(frame: Frame) -> tuple[int, int, int, int]:
    """Line, last line, column and last column, in bytes, of what runs in a frame."""
    code, instruction, known = frame
    line, end_line, column, end_column = list(code.co_positions())[instruction // 2]
    return line or known, end_line or line or known, column or 0, end_column or 0


def characters(text: str, line: int, column: int) -> int:
    """A column of a line in characters, where Python counts bytes."""
    lines = text.splitlines()
    found = lines[line - 1] if line <= len(lines) else ""
    return len(found.encode()[:column].decode(errors="replace"))
