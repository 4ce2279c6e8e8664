"""What a page draws: a graph with its groups folded, each of them open in a view of its own.

    drawn(graph, folding, first, engine, limit)     the views, and where everything stands in them

A view hides every node of the graph in some box.  Views of one shape, such as those of the neurons
of a layer, stand alike: they are placed once, so pages are small and soon made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from autograd.checking.check import Progress
from autograd.graph import groups_of
from viz.derivation.formulas import NamedGraph
from viz.drawing.scene import (
    in_and_out,
    make_scene,
    operation_text,
    operations_text,
    parameters_text,
)
from viz.drawing.svg import arrow_head, text_width
from viz.folding.graph import FoldedEdge, FoldedGraph, FoldedNode
from viz.folding.levels import Folding
from viz.layout.frames import title_of
from viz.layout.net import Box, Edge, Point
from viz.layout.ordering import EFFORT
from viz.placing.engines import Direction
from viz.placing.placement import place

NUMBER = "-0.8888"  # boxes have room for a number of this length; a longer one is squeezed
HEAD, SIGN, VALUE, GRADIENT = 17, 14, 19, 15  # font sizes in the boxes
LINE, PAD, WORD = 23, 10, 20  # a line of a box, its padding, in points; characters of a name
LABEL, GAP = (46.0, 18.0), 9.0  # the room for a local derivative, and around it along the flow
MANY = 4  # so many shapes are placed as well as can be; more share the effort
FLOW = (72.0, 18.0)  # the room for what flows on an arrow that stands for many


def drawn(
    graph: NamedGraph,
    folding: Folding,
    first: FoldedGraph,
    engine: str,
    limit: int | None,
) -> dict[str, Any]:
    """The views of a page, the first of all, and one for each group that is folded in some view.

    A view of more than `limit` boxes is left out: its group stays folded.
    """
    views = _views(folding, first, limit)
    names = ["", *list(views)[1:]]
    sketches = [_sketch(graph, view) for view in views.values()]
    shapes: dict[Any, list[_Sketch]] = {}
    for sketch in sketches:
        shapes.setdefault(sketch.shape, []).append(sketch)
    number = {shape: k for k, shape in enumerate(shapes)}
    watched = Progress("explore", len(shapes)).watch(shapes.values())
    effort = EFFORT // max(1, len(shapes) // MANY)
    placed = [_placed(alike, engine, effort) for alike in watched]
    made: dict[str, Any] = {"shapes": placed}
    innermost: dict[Any, int] = {}
    if any(node.is_group for view in views.values() for node in view.nodes):
        groups = {group: k for k, group in enumerate(sorted(folding.members))}
        made["groups"] = [[name, groups.get(["", *groups_of(name)][-1], -1)] for name in groups]
        innermost = {v: groups[chain[-1]] for v, chain in folding.groups.items() if chain}
        made["within"] = [innermost.get(v, -1) for v in graph.order]
        tokens = {group: -1 - k for group, k in groups.items()}
        openings = {name: k for k, name in enumerate(names) if k}
        made["views"] = [
            {
                "name": name,
                "up": _up(name, openings),
                "shape": number[sketch.shape],
                "frames": _titles(sketch, placed[number[sketch.shape]]),
                "boxes": _boxes(graph, folding, view, sketch, tokens, openings),
            }
            for name, view, sketch in zip(names, views.values(), sketches)
        ]
    else:
        made |= {"groups": [], "within": []}
        frames = _titles(sketches[0], placed[0])
        made["views"] = [{"name": "", "up": 0, "shape": 0, "frames": frames}]
    return made


# ---- which views there are -----------------------------------------------------------------------


def _views(folding: Folding, first: FoldedGraph, limit: int | None) -> dict[str, FoldedGraph]:
    """The first view, called "", and a view of each group that can be opened, outer ones first."""
    views, asked = {"": first}, {""}
    waiting = [first]
    for view in waiting:
        for node in view.nodes:
            group = _group_of(folding, node)
            if group in asked:
                continue
            asked.add(group)
            opened = folding.around(group)
            if limit is None or len(opened.nodes) <= limit:
                views[group] = opened
                waiting.append(opened)
    return views


def _group_of(folding: Folding, node: FoldedNode) -> str:
    """The group that shows what a box hides; empty where it hides nothing, or is no group."""
    if node.is_group:
        return node.name if node.name in folding.members else ""
    return folding.groups[node.node][-1] if len(node.hides) > 1 else ""


def _up(name: str, openings: Mapping[str, int]) -> int:
    """The view that one is in again when this one is closed."""
    around = [openings[group] for group in groups_of(name) if group in openings]
    return around[-1] if around else 0


# ---- what stands in a view -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Sketch:
    """A view to be placed: boxes by size and frame, arrows, and what views that stand alike share.

    `frames` are all that stand around boxes, in the order in which they are met.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    frames: tuple[str, ...]
    shape: Any


def _sketch(graph: NamedGraph, view: FoldedGraph) -> _Sketch:
    clusters = [box.cluster for box in make_scene(view).boxes]
    chains = [[*groups_of(cluster), cluster] if cluster else [] for cluster in clusters]
    frames = {frame: None for chain in chains for frame in chain}
    place_of = {frame: k for k, frame in enumerate(frames)}
    boxes = tuple(
        [Box(*_size(graph, node), cluster) for node, cluster in zip(view.nodes, clusters)]
    )
    edges = tuple([Edge(e.tail, e.head, *_room(view, e)) for e in view.edges])
    standing = [(box.height, *map(place_of.get, chain)) for box, chain in zip(boxes, chains)]
    return _Sketch(boxes, edges, tuple(frames), (tuple(standing), edges))


def _room(view: FoldedGraph, edge: FoldedEdge) -> tuple[float, float]:
    """The room for the number on an arrow."""
    bundled = view.nodes[edge.tail].is_group or view.nodes[edge.head].is_group
    return FLOW if bundled else LABEL


def _size(graph: NamedGraph, node: FoldedNode) -> tuple[int, int]:
    """The size of a box, with room for its longest words."""
    name = shortened(graph.names.get(node.node, "")) or graph.names.get(node.node, "")
    grad = text_width(f"grad {NUMBER}", GRADIENT)
    if node.is_group:
        words = _words(node)
        name = shortened(words["name"]) or words["name"]
        lines = [text_width(name, HEAD)]
        words["into"] += NUMBER if words["into"].endswith(" = ") else ""
        keys = ("does", "into", "parameters")
        lines += [text_width(words[key], SIGN) for key in keys if words[key]]
    elif node.node.parents:
        sign = operation_text(node.node, False)
        head = text_width(name, HEAD) + 10 + text_width(shortened(sign) or sign, SIGN)
        lines = [head, text_width(NUMBER, VALUE)]
        if node.parameters:
            lines.append(text_width(parameters_text(node), SIGN))
    else:
        lines = [text_width(f"{name} = {NUMBER}", HEAD)]
    lines.append(grad)
    return round(max(lines) + 2 * PAD), LINE * len(lines) + PAD


def _words(node: FoldedNode) -> dict[str, str]:
    """What is written in the box of a group, empty where there is nothing to say."""
    name = node.name.removeprefix(f"{node.frame}.") if node.frame else node.name
    return {
        "name": name,
        "does": operations_text(node),
        "into": in_and_out(node)[0],
        "parameters": parameters_text(node) if node.parameters else "",
    }


def _boxes(
    graph: NamedGraph,
    folding: Folding,
    view: FoldedGraph,
    sketch: _Sketch,
    tokens: Mapping[str, int],
    openings: Mapping[str, int],
) -> list[Any]:
    """A node by its position, or what is hidden: nodes by position, groups by negative numbers."""
    found: list[Any] = []
    for node in view.nodes:
        if len(node.hides) == 1 and not node.is_group:
            found.append(graph.place[node.node])
            continue
        box: dict[str, Any] = {"hides": _hidden(graph, folding, node, tokens)}
        if node.is_group:
            out = in_and_out(node)[1]
            words = _words(node)
            box |= {"group": node.name, **words, "shortName": shortened(words["name"])}
            box["out"] = "" if out is None else graph.place[out]
        else:
            box["parameters"] = parameters_text(node)
        box["opens"] = openings.get(_group_of(folding, node), "")
        found.append({key: x for key, x in box.items() if x != ""})
    return found


def _hidden(
    graph: NamedGraph, folding: Folding, node: FoldedNode, tokens: Mapping[str, int]
) -> list[int]:
    """The members of a box, as few numbers as they are groups."""
    inside, told, found = set(node.hides), set(), []
    for v in node.hides:
        if v in told:
            continue
        whole = (g for g in folding.groups[v] if inside.issuperset(folding.members[g]))
        group = next(whole, None)
        found.append(graph.place[v] if group is None else tokens[group])
        told.update([v] if group is None else folding.members[group])
    return found


# ---- where everything stands ---------------------------------------------------------------------


def _placed(alike: Sequence[_Sketch], engine: str, effort: int) -> dict[str, Any]:
    """Boxes, arrows and frames of views that stand alike, in each direction."""
    model = max(alike, key=lambda sketch: sum(map(len, sketch.frames)))
    widths = [max(box.width for box in column) for column in zip(*[s.boxes for s in alike])]
    boxes = [Box(width, box.height, box.cluster) for width, box in zip(widths, model.boxes)]
    made = {}
    for direction in get_args(Direction):
        placed = place(boxes, model.edges, direction, engine, gap=GAP, effort=effort)
        made[direction] = {
            "size": _whole(placed.width, placed.height),
            "boxes": [
                _whole(x - box.width / 2, y - box.height / 2, box.width, box.height)
                for box, (x, y) in zip(boxes, placed.centers)
            ],
            "frames": [_whole(*placed.frames.get(frame, ())) for frame in model.frames],
            "lines": [
                [_path(curve), arrow_head(curve[-1], tip, direction), _whole(*at)]
                for curve, tip, at in zip(placed.curves, placed.tips, placed.labels)
            ],
        }
    return made


def _path(curve: Sequence[Point]) -> str:
    """A curve of cubic Béziers as the data of an SVG path, in few characters."""
    (x, y), *rest = [(round(u), round(v)) for u, v in curve]
    parts = [f"M{x} {y}"]
    sideways = 0  # how far a straight part has come that is not written yet
    for (u, v), (p, q), (r, s) in zip(*[iter(rest)] * 3):
        if y == v == q == s:
            sideways += r - x
        else:
            parts += [f"h{sideways}"] if sideways else []
            parts.append(f"c{u - x} {v - y} {p - x} {q - y} {r - x} {s - y}")
            sideways = 0
        x, y = r, s
    return "".join([*parts, f"h{sideways}" if sideways else ""]).replace(" -", "-")


def _titles(sketch: _Sketch, shape: Mapping[str, Any]) -> list[str]:
    """What is written on the frames of a view, those that do not stand left out."""
    standing = [
        name for name, frame in zip(sketch.frames, shape["LR"]["frames"], strict=True) if frame
    ]
    return [title_of(frame, standing) for frame in sketch.frames]


def shortened(text: str) -> str:
    """A text that is too long for a box without its middle; empty for any other."""
    return "" if len(text) <= WORD else f"{text[: WORD - 7]}…{text[-6:]}"


def _whole(*xs: float) -> list[int]:
    return [round(x) for x in xs]
