"""`draw(root)`: a computation graph as a picture, on any machine.

A layered layout of our own draws everywhere, in every format the same; Graphviz, in any form, draws
where it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from autograd.graph import is_node
from autograd.rules.words import kind_of, not_a_node
from autograd.walks import Edge, Path
from viz.drawing.dot import to_dot
from viz.drawing.files import file_to_write, to_bytes
from viz.drawing.scene import CHOSEN, Scene, make_scene, text_picture
from viz.drawing.svg import in_a_cell, to_svg
from viz.folding.graph import Detail, FoldedGraph
from viz.folding.levels import DETAILS, Folding
from viz.folding.models import Run, is_model
from viz.placing.engines import ENGINES, OWN, Direction, EngineName, first_that_works

if TYPE_CHECKING:
    from autograd.graph import Node

FORMATS = ("svg", "png", "pdf", "dot")
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


class Picture:
    """A drawn graph: SVG in a notebook, a table of text in a terminal, a file by `save`."""

    def __init__(
        self, scene: Scene, direction: str, engine: str = OWN, legend: bool = True
    ) -> None:
        self.scene = scene
        self._direction = direction
        self._engine = engine
        self._legend = legend

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz's DOT language."""
        return str(to_dot(self.scene, self._direction, self._legend).source)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return self._render("svg").decode()

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .svg, .png, .pdf or .dot file and return its path.

        A .png or .pdf shows what the .svg shows.  ValueError for another ending, RuntimeError where
        nothing here writes the format, with what to install.
        """
        path, kind = file_to_write(path, FORMATS, "a picture's file")
        path.write_bytes(self.dot.encode() if kind == "dot" else self._render(kind))
        return path

    def _render(self, kind: str) -> bytes:
        """The picture in a format, by the chosen engine; ours is SVG, whatever becomes of it."""
        if self._engine == OWN:
            svg = to_svg(self.scene, self._direction, legend=self._legend)
            return to_bytes(svg, kind)
        drawn, failures = first_that_works(
            self._engine,
            kind,
            lambda engine: engine.render(to_dot(self.scene, self._direction, self._legend), kind),
        )
        if drawn is not None:
            return drawn
        if not failures:
            failures = [f"engine {self._engine!r} writes no {kind.upper()}"]
        raise RuntimeError(
            f"this picture cannot be {kind.upper()}: {'; '.join(failures)}; "
            "without engine= our own layout draws it, in every format"
        )

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"image/svg+xml": in_a_cell(self.svg), "text/plain": str(self)}

    def __repr__(self) -> str:
        return text_picture(self.scene)


def draw(
    root: Node | Sequence[Node] | Callable[..., Any],
    x: Any = None,
    *,
    detail: Detail | None = None,
    open: Sequence[str] = (),  # noqa: A002  # the word that one looks for
    direction: Direction = "LR",
    names: Mapping[str, Any] | None = None,
    constants: bool = False,
    highlight: Path | None = None,
    legend: bool = True,
    engine: EngineName = "own",
    limit: int | None = 300,
) -> Picture:
    """A picture of the graph below root: values and gradients in boxes, local derivatives on edges.

    Colour and width say sign and size of the number that is written there, on an arrow its local
    derivative, in a box its gradient: blue is positive, orange negative, and a dash stands for a
    gradient before `backward()`; `legend=False` leaves out what says so.  A list of roots is one
    picture of them all, and draw(model, x) draws what a model does with one example.

    What shares a label up to a dot, as in `layers[0].neurons[1].w[0]`, and what is made in a block
    `with group("name"):` can fold into one box, which says what goes in, what comes out, and the
    sum of what flows on its edges.  `detail` is "layers", "neurons" or "operations" (None: the
    finest that is easily read); `open` names groups to unfold all the same.

    `direction` is "LR" or "TB"; `names=locals()` names nodes after your variables;
    `constants=True` draws constants as boxes of their own; `highlight=path`, one of
    `paths(root, node)`, is drawn thick, its edges numbered from the root; `engine` is "own", our
    layout, or one of Graphviz's: "dot", "pygraphviz", "graphviz-pure".  ValueError where more than
    `limit` boxes would be shown (None: no limit).

    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> y.backward()
    >>> draw(y)  # a picture in a notebook, this text in a terminal
    node  operation  value  grad  local derivatives
    x     variable   3      6
    #1    ×          9      1     d/dx = 3  d/dx = 3
    >>> path = draw(y).save("y.svg")
    """
    check_options(direction, engine)
    if x is None:
        folding = Folding(_roots(root), names=names, constants=constants)
    elif is_model(root):
        run = Run(root, x)
        folding = Folding(run.outputs, names=names, labels=run.labels, constants=constants)
    else:
        raise TypeError(
            f"draw(model, x) takes what has parameters and can be called, got {kind_of(root)}"
        )
    graph = graph_at(folding, detail, open)
    if limit is not None and len(graph.nodes) > limit:
        raise ValueError(too_many(graph, limit, "draw", "picture"))
    marks = _numbered(graph, highlight) if highlight is not None else None
    scene = make_scene(graph, constants=constants, marks=marks, mark=CHOSEN)
    return Picture(scene, direction, engine, legend)


def _roots(root: Any) -> list[Any]:
    """The roots that draw was given, one or a list; TypeError for anything else."""
    roots = list(root) if isinstance(root, (list, tuple)) else [root]
    for v in roots:
        if not is_node(v):
            network = "; draw(model, x) does so, draw_network(model) draws its neurons"
            raise TypeError(not_a_node("draw", v) + (network if is_model(v) else ""))
    if not roots:
        raise ValueError("draw takes a node, or a list of them, and this list is empty")
    return roots


def graph_at(folding: Folding, detail: str | None, unfolded: Sequence[str]) -> FoldedGraph:
    """The graph at a level of detail, or at the one that its size asks for."""
    if isinstance(unfolded, str) or not isinstance(unfolded, Iterable):
        raise TypeError(f"open is a list of groups, such as ['layers[0]'], got {unfolded!r}")
    if detail is None:
        return folding.by_size(unfolded)
    if detail not in DETAILS:
        raise ValueError(f"detail is 'layers', 'neurons', 'operations' or None, got {detail!r}")
    return folding.at(detail, unfolded)


def too_many(graph: FoldedGraph, limit: int, function: str, product: str) -> str:
    """What is said of a graph of more boxes than a picture or a page shows."""
    coarser = DETAILS[: DETAILS.index(graph.detail)] if graph.groups else ()
    fold = f", fold it with detail={coarser[-1]!r}" if coarser else ""
    return (
        f"this graph has {len(graph.nodes):,} nodes, and a {product} is readable up to about "
        f"{limit}: {function} one of its inner nodes, a smaller example{fold}, or all with "
        f"{function}(root, limit=None)"
    )


def check_options(direction: str, engine: str) -> None:
    """ValueError for a direction or an engine that is none."""
    if direction not in ("LR", "TB"):
        raise ValueError(f"direction is 'LR' or 'TB', got {direction!r}")
    known = [OWN, *(e.name for e in ENGINES)]
    if engine not in known:
        raise ValueError(f"engine is one of {', '.join(known)}, got {engine!r}")


def _numbered(graph: FoldedGraph, path: Path) -> dict[Edge, str]:
    """A number for each edge of a path that the graph shows, 1 at the root."""
    if not isinstance(path, Path):
        raise TypeError(
            f"highlight needs a path, such as next(paths(root, x)), got {kind_of(path)}"
        )
    if not all(v in graph.place for v in path.nodes):
        raise ValueError("the path to highlight is not in the graph below this root")
    shown = [(v, k) for v, k in path.edges if graph.place[v] != graph.place[v.parents[k]]]
    return {edge: NUMBERS[i] if i < len(NUMBERS) else f"({i + 1})" for i, edge in enumerate(shown)}
