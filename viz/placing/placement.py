"""Where boxes, arrows, labels and frames of a graph stand, by any engine, for pages that draw.

    placed = place([Box(40, 20), Box(40, 20)], [Edge(0, 1, 24, 10)], "LR")
    placed.centers, placed.curves, placed.tips, placed.labels, placed.frames

Sizes are kept as given: the engine sees no text.  `viz.drawing.svg.to_svg` draws what is placed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from viz.layout.frames import Tree, frames_of, title_of
from viz.layout.layered import layered
from viz.layout.net import Box, Edge, Point, Rectangle
from viz.layout.ordering import EFFORT
from viz.layout.rows import TURN
from viz.placing.engines import LAYOUT, OWN, Engine, EngineError, digraph, first_that_works

if TYPE_CHECKING:
    import graphviz

HEAD = 10.0  # the length of an arrow head, in points, unless told otherwise
MARGIN = 8.0  # around everything
TITLE = 14.0  # the height of a frame's title
LONGEST = 1600.0  # a chain that is longer is folded into rows
GAP = 20.0  # between boxes and labels along the flow


@dataclass(frozen=True)
class Placed:
    """Where everything stands, in points; the origin is top left and y grows downwards."""

    width: float
    height: float
    centers: list[Point]  # of the boxes
    curves: list[list[Point]]  # of the edges: cubic Béziers, from the tail to the arrow's neck
    tips: list[Point]  # of the arrows: each on the border of its head
    labels: list[Point]  # their centres
    frames: dict[str, Rectangle]  # cluster -> x, y, width, height
    returns: frozenset[int] = frozenset()  # the edges that go back, from one row to the next


def place(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    direction: str = "LR",
    engine: str = OWN,
    *,
    heads: Sequence[float] | None = None,
    gap: float = GAP,
    title_width: Callable[[str], float] = lambda title: 8.0 * len(title),
    effort: int = EFFORT,
) -> Placed:
    """Place boxes, the inputs on the left ("LR") or at the top ("TB"), with arrows between them.

    `heads` are the lengths of the arrow heads, `gap` is the room between boxes and labels along the
    flow, `title_width` says how wide the title of a frame is, `effort` how long our layout looks
    for fewer crossings.  `engine` is one of `draw`'s;
    RuntimeError where it is not there or fails.
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f"direction is 'LR' or 'TB', got {direction!r}")
    lengths = [HEAD] * len(edges) if heads is None else list(heads)
    if engine == OWN:
        return _own(boxes, edges, direction, lengths, gap, title_width, effort)
    tree, group = frames_of([box.cluster for box in boxes], [(e.tail, e.head) for e in edges])
    graph = _digraph(boxes, edges, direction, lengths, gap)
    _fill(graph, boxes, tree, group, -1, title_width)

    def work(engine: Engine) -> Placed:
        return _read(engine.name, engine.render(graph, LAYOUT), boxes, edges, tree)

    placed, failures = first_that_works(engine, LAYOUT, work)
    if placed is None:
        raise RuntimeError("; ".join(failures) or f"there is no engine {engine!r}")
    return placed


# ---- our own layout ------------------------------------------------------------------------------


def _own(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    direction: str,
    lengths: list[float],
    gap: float,
    title_width: Callable[[str], float],
    effort: int,
) -> Placed:
    layout = layered(
        boxes,
        edges,
        direction=direction,
        rank_gap=gap,
        head=max(lengths, default=0.0),
        frame_title=TITLE,
        title_width=title_width,
        margin=MARGIN,
        longest=LONGEST,
        effort=effort,
    )
    curves = []
    for (*route, (x, y)), length in zip(layout.routes, lengths, strict=True):
        neck = (x - length, y) if direction == "LR" else (x, y - length)
        curves.append(_smooth([*route, neck], direction))
    return Placed(
        layout.width,
        layout.height,
        layout.centers,
        curves,
        [route[-1] for route in layout.routes],
        layout.labels,
        layout.frames,
        layout.returns,
    )


def _smooth(points: list[Point], direction: str) -> list[Point]:
    """A cubic between each two points, parallel to the flow at both ends; turns between rows."""
    curve, back = points[:1], False
    axis = int(direction == "TB")
    for p, q in pairwise(points):
        (px, py), (qx, qy) = p, q
        mx, my = (px + qx) / 2, (py + qy) / 2
        if abs(p[axis] - q[axis]) < 1e-6:  # round the end of a row, or into the next
            height = abs(p[1 - axis] - q[1 - axis])
            bulge = min(0.8 * TURN, 0.9 * height**0.65) / 0.75  # one within the other
            mx = my = p[axis] + (-bulge if back else bulge)
        back = q[axis] < p[axis] - 1e-6
        curve += [(mx, py), (mx, qy)] if direction == "LR" else [(px, my), (qx, my)]
        curve.append((qx, qy))
    return curve


# ---- Graphviz's ----------------------------------------------------------------------------------


def _digraph(
    boxes: Sequence[Box], edges: Sequence[Edge], direction: str, lengths: list[float], gap: float
) -> graphviz.Digraph:
    """The graph in DOT, with sizes in place of words."""
    graph = digraph(
        "placement",
        graph_attr={
            "rankdir": direction, "nodesep": "0.3", "ranksep": f"{0.55 * gap / GAP:.3f}",
        },
        node_attr={"shape": "box", "label": "", "fixedsize": "true"},
        edge_attr={"penwidth": "0"},  # which newer versions add to the length of an arrow head
    )  # fmt: skip
    for i, (edge, length) in enumerate(zip(edges, lengths, strict=True)):
        label = _blank(edge.label_width, edge.label_height) if edge.label_width else None
        graph.edge(
            f"n{edge.tail}", f"n{edge.head}", label, id=f"e{i}", arrowsize=f"{length / 10:.2f}"
        )
    return graph


def _fill(
    graph: graphviz.Digraph,
    boxes: Sequence[Box],
    tree: Tree,
    group: list[int],
    frame: int,
    title_width: Callable[[str], float],
) -> None:
    """Put the boxes and frames that stand directly in a frame into it; -1 is the whole."""
    for i, box in enumerate(boxes):
        if group[i] == frame:
            graph.node(f"n{i}", width=f"{box.width / 72:.4f}", height=f"{box.height / 72:.4f}")
    for g, outer in enumerate(tree.outer):
        if outer == frame:
            with graph.subgraph(name=f"cluster_{g}") as part:
                part.attr(label=_blank(title_width(title_of(tree.names[g], tree.names)), TITLE))
                _fill(part, boxes, tree, group, g, title_width)


def _blank(width: float, height: float) -> str:
    """A label of this size without any text."""
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" '
        f'width="{round(width)}" height="{round(height)}"><tr><td></td></tr></table>>'
    )


def _read(
    name: str, drawn: bytes, boxes: Sequence[Box], edges: Sequence[Edge], tree: Tree
) -> Placed:
    """What an engine says of the graph; EngineError where it leaves something out."""
    try:
        graph = json.loads(drawn)
        items: dict[str, Any] = {item["name"]: item for item in graph.get("objects", [])}
        lines: dict[str, Any] = {line["id"]: line for line in graph.get("edges", [])}
        centers = [_points(items[f"n{i}"]["pos"])[0] for i in range(len(boxes))]
        routes = [_points(lines[f"e{i}"]["pos"].removeprefix("e,")) for i in range(len(edges))]
        tips = [tip for tip, *_ in routes]
        labels = [
            _points(lines[f"e{i}"]["lp"])[0] if edge.label_width else tip
            for i, (edge, tip) in enumerate(zip(edges, tips, strict=True))
        ]
        frames = {}
        for g, cluster in enumerate(tree.names):
            (left, bottom), (right, top) = _points(items[f"cluster_{g}"]["bb"])
            frames[cluster] = (left, top, right - left, bottom - top)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EngineError(f"{name} gave no layout that can be read: {error!r}") from error
    curves = [curve for _, *curve in routes]
    return _moved(boxes, edges, Placed(0.0, 0.0, centers, curves, tips, labels, frames))


def _points(text: str) -> list[Point]:
    """Points of Graphviz, whose y grows upwards; a rectangle is two, bottom left and top right."""
    numbers = [float(x) for x in text.replace(",", " ").split()]
    if not all(map(isfinite, numbers)):
        raise ValueError(f"{text!r} is nowhere")
    return [(x, -y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _moved(boxes: Sequence[Box], edges: Sequence[Edge], placed: Placed) -> Placed:
    """The same with the origin top left of everything, and the size of the whole."""
    corners = [*placed.tips, *[point for curve in placed.curves for point in curve]]
    for (x, y), box in zip(placed.centers, boxes, strict=True):
        corners += (x - box.width / 2, y - box.height / 2), (x + box.width / 2, y + box.height / 2)
    for (x, y), edge in zip(placed.labels, edges, strict=True):
        width, height = edge.label_width / 2, edge.label_height / 2
        corners += (x - width, y - height), (x + width, y + height)
    for x, y, width, height in placed.frames.values():
        corners += (x, y), (x + width, y + height)
    xs, ys = [x for x, _ in corners] or [0.0], [y for _, y in corners] or [0.0]
    left, top = min(xs) - MARGIN, min(ys) - MARGIN

    def move(points: Iterable[Point]) -> list[Point]:
        return [(x - left, y - top) for x, y in points]

    return Placed(
        max(xs) + MARGIN - left,
        max(ys) + MARGIN - top,
        move(placed.centers),
        [move(curve) for curve in placed.curves],
        move(placed.tips),
        move(placed.labels),
        {name: (x - left, y - top, w, h) for name, (x, y, w, h) in placed.frames.items()},
    )
