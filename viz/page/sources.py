"""Where the nodes of a graph were made: the line of your code behind each of them.

    with sources() as lines:
        y = tanh(w * x + b)
    lines[y]                        'lesson.py:2: y = tanh(w * x + b)'
    explore(y, sources=lines)       the page shows them

Only the block is watched, through Python's profiling hook: outside of it nothing is slower.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from linecache import getline
from types import CodeType, FrameType
from typing import Any

from autograd.graph import is_node
from autograd.methods import makers

OURS = {"autograd", "nn"}  # their frames are passed over: the line is that of who called them


class sources(Mapping[Any, str]):
    """`with sources() as lines:` remembers for each node made inside which line of yours made it.

    A mapping from nodes, also those of a class of your own, to "file:line: text".  It holds the
    nodes, so that they live as long as it does.  One thread, the one that entered, is watched.
    """

    def __init__(self) -> None:
        self._lines: dict[Any, str] = {}
        self._before: list[Callable[..., Any] | None] = []

    def __enter__(self) -> sources:
        before: Any = sys.getprofile()
        if before is not None and not callable(before):
            raise RuntimeError(
                "a profiler is running, and Python has room for one: leave sources() out of the "
                "code that is profiled"
            )
        self._before.append(before)
        sys.setprofile(self._watch)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self._before[-1])
        self._before.pop()  # after it, while nobody of ours is called any more

    def _watch(self, frame: FrameType, event: str, result: Any) -> None:
        """Called by Python where a function begins and ends."""
        if event == "return":
            node = result if frame.f_code in makers else _made(frame)
            if node is not None and node is not NotImplemented:
                self._lines[node] = _line(node, frame.f_back)
        if self._before[-1] is not None:  # one block inside another: both want to know
            self._before[-1](frame, event, result)

    def __getitem__(self, node: Any) -> str:
        return self._lines[node]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return f"<the lines of {len(self):,} {'node' if len(self) == 1 else 'nodes'}>"


def _made(frame: FrameType) -> Any:
    """The node that was made where this is the end of an `__init__`, None elsewhere."""
    code = frame.f_code
    if code.co_name != "__init__" or not code.co_argcount:
        return None
    node = frame.f_locals.get(code.co_varnames[0])
    try:
        by_identity = getattr(type(node), "__hash__", None) is object.__hash__
        return node if by_identity and is_node(node) else None
    except Exception:  # any class comes by here, also one whose attributes cannot be asked for
        return None


def _line(node: Any, frame: FrameType | None) -> str:
    """The innermost line that is neither ours nor a method of the node's own class."""
    while frame is not None and (_package(frame) in OURS or _is_method(frame.f_code, node)):
        frame = frame.f_back
    if frame is None:
        return ""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = getline(file, line, frame.f_globals).strip()
    *_, name = file.replace("\\", "/").split("/")
    unnamed = file.startswith("<") or "ipykernel" in file  # a prompt, a cell of a notebook
    place = f"line {line}" if unnamed else f"{name}:{line}"
    return f"{place}: {text}" if text else place


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_method(code: CodeType, node: Any) -> bool:
    methods = [vars(c).get(code.co_name) for c in type(node).__mro__]
    return any(getattr(method, "__code__", None) is code for method in methods)
