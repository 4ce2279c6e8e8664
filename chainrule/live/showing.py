"""What is seen of a Value: its graph, its derivation, the page of its steps, the check.

show(run, "graph")    {"html": "<svg ..."}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from autograd import gradcheck
from autograd.graph import is_constant
from chainrule.live.running import Run
from chainrule.live.steps import graph_of
from viz import draw, explain
from viz.folding.levels import Folding
from viz.folding.names import named_nodes
from viz.page.page import written

Room = tuple[float, float]  # width and height of what there is to fill, in pixels

SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
ROOM = (900.0, 600.0)
MOST = 300  # boxes of a picture that is read
LARGEST = 1.6  # as a picture is shown, against its own size
TURNS = 1.25  # a picture is turned where it is so much larger then


def _graph(run: Run, room: Room) -> dict[str, Any]:
    boxes = len(Folding([run.root], names=run.namespace).by_size().nodes)
    if boxes > MOST:
        return {
            "said": f"This graph has {boxes:,} nodes, and a picture is readable up to about "
            f"{MOST}. Steps shows it folded into boxes, which open. For a picture, name one of its "
            "inner nodes in the last line, or let the code make fewer."
        }
    across, down = (
        draw(run.root, names=run.namespace, direction=direction).svg for direction in ("LR", "TB")
    )
    return {"html": down if _scale(down, room) > TURNS * _scale(across, room) else across}


def _scale(svg: str, room: Room) -> float:
    """How large a picture can be shown."""
    width, height = map(float, SIZE.findall(svg)[0])
    return min(room[0] / width, room[1] / height, LARGEST)


def _derivation(run: Run, room: Room) -> dict[str, Any]:
    return {"html": explain(run.root, names=run.namespace).html}


def _steps(run: Run, room: Room) -> dict[str, Any]:
    graph = graph_of(run)
    return {"graph": graph, "computes": not graph["blame"]}


def _check(run: Run, room: Room) -> dict[str, Any]:
    return {"html": gradcheck(run.root)._repr_html_()}


KINDS: dict[str, Callable[[Run, Room], dict[str, Any]]] = {
    "graph": _graph, "derivation": _derivation, "steps": _steps, "check": _check,
}  # fmt: skip


def show(run: Run, kind: str, room: Room = ROOM) -> dict[str, Any]:
    """The root of a run in one of the ways of KINDS; where that cannot be, {"said": why}."""
    try:
        return KINDS[kind](run, room)
    except BaseException as error:  # a node class of a student's own may raise anything
        return {"said": f"{type(error).__name__}: {error}"}


def outline(run: Run) -> str:
    """What a page of steps is made of but the numbers of its variables: while it stays the same,
    a page that is open takes new numbers."""
    place = {v: i for i, v in enumerate(run.order)}
    names = {id(v): name for name, v in named_nodes(run.namespace)}
    nodes = [
        (
            names.get(id(v), ""),
            str(getattr(v, "label", "")),
            getattr(getattr(v, "op", None), "name", ""),
            [place[p] for p in v.parents],
            v.data if is_constant(v) else None,
        )
        for v in run.order
    ]
    return json.dumps(nodes, default=repr)


def numbers(run: Run) -> list[list[Any]]:
    """The data of each leaf by its position, as a page of steps takes them."""
    return [[i, written(v.data)] for i, v in enumerate(run.order) if not v.parents]
