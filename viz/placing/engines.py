"""The Graphviz programs that may be on a machine, first choice first, for those who ask for one.

An engine turns DOT into bytes of a format; the layout of our own needs none of them, nor the
package graphviz, which writes DOT and is imported for that alone.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import graphviz

OWN = "own"  # the layout that is always there
LAYOUT = "json0"  # the format in which every engine says where things stand

EngineName = Literal["dot", "pygraphviz", "graphviz-pure", "own"]
Direction = Literal["LR", "TB"]

T = TypeVar("T")


class EngineError(RuntimeError):
    """An engine is not there, or failed on this graph."""


def digraph(name: str, **attributes: Any) -> graphviz.Digraph:
    """An empty graph in DOT; ImportError without the package that writes it."""
    try:
        import graphviz
    except ImportError:
        raise ImportError(
            "DOT and Graphviz's engines need the package graphviz: pip install graphviz; a picture "
            "by our own layout needs neither"
        ) from None
    return graphviz.Digraph(name, **attributes)


@dataclass(frozen=True)
class Engine:
    """A way to render DOT: its name, the formats it writes, and what to install to have it."""

    name: str
    formats: tuple[str, ...]
    remedy: str

    def available(self) -> bool:
        """Whether this machine has it."""
        raise NotImplementedError

    def render(self, graph: graphviz.Digraph, kind: str) -> bytes:
        """The picture as bytes; EngineError where the engine fails."""
        raise NotImplementedError


class Dot(Engine):
    """The `dot` program of a Graphviz installation."""

    def available(self) -> bool:
        return shutil.which("dot") is not None

    def render(self, graph: graphviz.Digraph, kind: str) -> bytes:
        import graphviz

        try:
            return bytes(graph.pipe(format=kind, quiet=True))
        except (graphviz.ExecutableNotFound, subprocess.SubprocessError, OSError) as error:
            raise EngineError(f"dot failed: {error}") from error


class Pygraphviz(Engine):
    """Graphviz inside the process, from the pygraphviz wheel."""

    def available(self) -> bool:
        return importlib.util.find_spec("pygraphviz") is not None

    def render(self, graph: graphviz.Digraph, kind: str) -> bytes:
        try:
            pygraphviz: Any = importlib.import_module("pygraphviz")
            drawn = pygraphviz.AGraph(string=graph.source).draw(format=kind, prog="dot")
        except (ImportError, OSError, ValueError) as error:
            raise EngineError(f"pygraphviz failed: {error}") from error
        return bytes(drawn)


class GraphvizPure(Engine):
    """The `graphviz-pure` program, which a wheel of that name puts beside Python."""

    def available(self) -> bool:
        return self._program() is not None

    def render(self, graph: graphviz.Digraph, kind: str) -> bytes:
        program = self._program()
        if program is None:
            raise EngineError("graphviz-pure is not installed")
        try:
            done = subprocess.run(
                [program, f"-T{kind}"],
                input=graph.source.encode(),
                capture_output=True,
                check=True,
                timeout=120,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise EngineError(f"graphviz-pure failed: {error}") from error
        return bytes(done.stdout)

    def _program(self) -> str | None:
        beside = Path(sysconfig.get_path("scripts"), "graphviz-pure")
        return shutil.which(str(beside)) or shutil.which("graphviz-pure")


ENGINES: tuple[Engine, ...] = (
    Dot("dot", ("svg", "png", "pdf"), "install Graphviz"),
    Pygraphviz("pygraphviz", ("svg", "png", "pdf"), "pip install pygraphviz"),
    GraphvizPure("graphviz-pure", ("svg", "png"), "pip install graphviz-pure"),
)


def first_that_works(
    chosen: str | None, kind: str, work: Callable[[Engine], T]
) -> tuple[T | None, list[str]]:
    """What the chosen engine, or the first that writes this format, makes; why others did not."""
    failures = []
    for engine in ENGINES:
        if chosen not in (None, engine.name) or kind not in (*engine.formats, LAYOUT):
            continue
        if not engine.available():
            failures.append(f"{engine.name} is not installed ({engine.remedy})")
            continue
        try:
            return work(engine), []
        except (EngineError, ImportError) as error:
            failures.append(str(error))
    return None, failures
