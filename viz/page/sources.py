"""Where the nodes of a graph were made: the line of your code behind each of them.

    with sources() as lines:
        y = tanh(w * x + b)
    lines[y]                        'lesson.py:2: y = tanh(w * x + b)'
    explore(y, sources=lines)       the page lists the code, its line marked at every step

Only the block is watched, through Python's profiling hook: outside of it nothing is slower.
A line is told only where it is the one that ran: a file that was changed meanwhile reads otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from linecache import checkcache, getlines
from os.path import isfile
from types import CodeType, FrameType
from typing import Any

from autograd.graph import is_node
from autograd.methods import makers
from autograd.rules.words import printable

Place = tuple[CodeType, int]  # the running code, and a line of its file
WHOLE, NEAR, MOST = 60, 3, 240  # lines: of what is listed whole, around a node's, in all
LONGEST, TAB = 240, 4  # characters of a line, of a tab
# What is compared of code: numbers and names that are read, written and reckoned with.
COMPARED = ("LOAD_", "STORE_", "BINARY_", "COMPARE_", "UNARY_")
OURS = {"autograd", "nn"}  # their frames are passed over: the line is that of who called them


class sources(Mapping[Any, str]):
    """`with sources() as lines:` remembers for each node made inside which line of yours made it.

    A mapping from nodes, also those of a class of your own, to "file:line: text".  It holds the
    nodes, so that they live as long as it does.  One thread, the one that entered, is watched.
    """

    def __init__(self) -> None:
        self.places: dict[Any, Place] = {}  # a node's code, and the line that made it
        self.texts: dict[str, Text] = {}  # by file, as they were when the first node was made
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
                self._remember(node, _caller(node, frame.f_back))
        if self._before[-1] is not None:  # one block inside another: both want to know
            self._before[-1](frame, event, result)

    def _remember(self, node: Any, frame: FrameType | None) -> None:
        if frame is None:
            return
        file = frame.f_code.co_filename
        self.places[node] = frame.f_code, frame.f_lineno or 0  # a frame may have none
        if file not in self.texts:
            if isfile(file):  # of what is no file linecache knows all there is
                checkcache(file)
            self.texts[file] = Text(file, getlines(file, frame.f_globals))

    def __getitem__(self, node: Any) -> str:
        code, line = self.places[node]
        text = self.texts[code.co_filename]
        place = f"{text.name}:{line}" if text.name else f"line {line}"
        said = text.line((code, line)).strip()
        return f"{place}: {said}" if said else place

    def __iter__(self) -> Iterator[Any]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

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


def _caller(node: Any, frame: FrameType | None) -> FrameType | None:
    """The innermost that is neither ours nor a method of the node's own class."""
    while frame is not None and (_package(frame) in OURS or _is_method(frame.f_code, node)):
        frame = frame.f_back
    return frame


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_method(code: CodeType, node: Any) -> bool:
    methods = [vars(c).get(code.co_name) for c in type(node).__mro__]
    return any(getattr(method, "__code__", None) is code for method in methods)


# ---- what is told of a line is what ran ----------------------------------------------------------


class Text:
    """The lines of a file as they were read, and whether they are those of running code."""

    def __init__(self, file: str, lines: Iterable[str]) -> None:
        self.file = file
        self.lines = [line.rstrip("\r\n") for line in lines]
        self._compiled: dict[int, set[str]] | None = None
        self._ran: dict[CodeType, dict[int, str]] = {}

    @property
    def name(self) -> str:
        """The file without its folder; empty for a prompt and a cell of a notebook."""
        unnamed = self.file.startswith("<") or "ipykernel" in self.file
        return "" if unnamed else self.file.replace("\\", "/").rpartition("/")[2]

    def line(self, place: Place) -> str:
        """The line at a place; empty where there is none, or another one than ran."""
        _, line = place
        return self.lines[line - 1] if self.tells(place) else ""

    def tells(self, place: Place) -> bool:
        """Whether the line is, by all that can be known, the one that ran."""
        code, line = place
        if self._compiled is None:
            self._compiled = self._readings()
        if code not in self._ran:
            self._ran[code] = _readings(code)
        ran = self._ran[code].get(line)
        return 0 < line <= len(self.lines) and ran in self._compiled.get(line, ())

    def _readings(self) -> dict[int, set[str]]:
        """What each line reads as it stands here, in the module, its functions and theirs."""
        from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT  # slow to import: only where asked
        from warnings import catch_warnings, simplefilter

        try:
            with catch_warnings():
                simplefilter("ignore")  # they were given when the code was compiled to run
                flags = PyCF_ALLOW_TOP_LEVEL_AWAIT  # cells of notebooks may
                codes = [compile(self._whole(), self.file, "exec", flags, dont_inherit=True)]
        except (SyntaxError, ValueError):
            return {}
        found: dict[int, set[str]] = {}
        while codes:
            code = codes.pop()
            codes += [c for c in code.co_consts if isinstance(c, CodeType)]
            for line, words in _readings(code).items():
                found.setdefault(line, set()).add(words)
        return found

    def functions(self) -> list[tuple[int, int]]:
        """The first and the last line of each function, decorators with it."""
        import ast

        try:
            tree = ast.parse(self._whole())
        except (SyntaxError, ValueError):
            return []
        return [
            (min([v.lineno, *[d.lineno for d in v.decorator_list]]), v.end_lineno or v.lineno)
            for v in ast.walk(tree)
            if isinstance(v, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]

    def _whole(self) -> str:
        return "\n".join(self.lines) + "\n"


def _readings(code: CodeType) -> dict[int, str]:
    """What running each line reads, writes and reckons with: names, numbers and signs."""
    from dis import get_instructions  # slow to import: only where asked

    words: dict[int, list[str]] = {}
    for v in get_instructions(code):
        line = v.positions and v.positions.lineno
        if line and v.opname.startswith(COMPARED) and v.argval is not None:
            inner = isinstance(v.argval, CodeType)
            words.setdefault(line, []).append(v.opname if inner else v.argrepr or v.opname)
    return {line: " ".join(found).replace(", ", " ") for line, found in words.items()}


# ---- for the page --------------------------------------------------------------------------------


def listing(
    order: Sequence[Any], places: Mapping[Any, Place], texts: Mapping[str, Text]
) -> tuple[list[dict[str, Any]], dict[Any, tuple[int, int]]]:
    """Blocks of numbered lines, one of a file, and for each node its block and the line's number.

    Nodes in order, the place where each was made, the text of each file.
    """
    made: dict[str, dict[Any, int]] = {}  # by file: the line of each node
    for v in order:
        if v in places:
            code, line = places[v]
            file = code.co_filename
            if file in texts and texts[file].tells(places[v]):
                made.setdefault(file, {})[v] = line
    blocks: list[dict[str, Any]] = []
    of_node: dict[Any, tuple[int, int]] = {}
    room = MOST
    titles = _titles([texts[file] for file in made])
    for file, lines in made.items():
        kept = _kept(texts[file], sorted(set(lines.values())), room)
        room -= len(kept)
        if kept:
            of_node |= {v: (len(blocks), line) for v, line in lines.items() if line in kept}
            shown = _shown(texts[file].lines[n - 1] for n in kept)
            numbered = [[n, text] for n, text in zip(kept, shown)]
            blocks.append({"title": next(titles), "lines": numbered})
    return blocks, of_node


def _titles(texts: Sequence[Text]) -> Iterator[str]:
    """Names of files; what has none is counted."""
    cells = [text for text in texts if not text.name]
    for text in texts:
        number = f" {cells.index(text) + 1}" if len(cells) > 1 and not text.name else ""
        yield printable(text.name) or f"cell{number}"


def _kept(text: Text, lines: Sequence[int], room: int) -> list[int]:
    """The numbers of the lines that are listed: whole functions, or what is near."""
    functions = text.functions()
    kept = set(lines)
    for line in lines:
        around = [span for span in functions if span[0] <= line <= span[1]]
        first, last = max(around, default=(1, len(text.lines)))  # the innermost begins last
        whole = set(range(first, last + 1))
        near = set(range(line - NEAR, line + NEAR + 1)) | ({first} if around else set())
        kept |= whole if len(whole) <= WHOLE else whole & near
    kept = {n for n in kept if 1 <= n <= len(text.lines)}
    if len(kept) > room:
        kept = set(lines[:room])
    found = sorted(kept)
    while found and not text.lines[found[-1] - 1].strip():
        found.pop()
    while found and not text.lines[found[0] - 1].strip():
        found.pop(0)
    return found


def _shown(lines: Iterable[str]) -> list[str]:
    """Lines as they can be shown, what all are indented by taken away, a long one cut."""
    clean = [printable(line.expandtabs(TAB)).rstrip() for line in lines]
    left = min((len(line) - len(line.lstrip()) for line in clean if line), default=0)
    return [
        line[left:] if len(line) <= left + LONGEST else f"{line[left : left + LONGEST]}…"
        for line in clean
    ]
