"""What is seen of a Value: its graph, its derivation, the page of its steps, the check.

show(run, "graph")    {"html": "<svg ..."}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from autograd import gradcheck, topological_order
from autograd.graph import is_constant
from chainrule.live.running import Run
from viz import draw, explain, explore
from viz.page.page import written
from viz.placing.engines import Direction

Kind = Literal["graph", "derivation", "steps", "check"]


def _graph(run: Run, direction: Direction) -> dict[str, Any]:
    return {"html": draw(run.root, names=run.namespace, direction=direction).svg}


def _derivation(run: Run, direction: Direction) -> dict[str, Any]:
    return {"html": explain(run.root, names=run.namespace).html}


def _steps(run: Run, direction: Direction) -> dict[str, Any]:
    page = explore(run.root, names=run.namespace, direction=direction)
    return {"page": page.html, "title": page.title, "computes": page.computes}


def _check(run: Run, direction: Direction) -> dict[str, Any]:
    return {"html": gradcheck(run.root)._repr_html_()}


KINDS: dict[str, Callable[[Run, Direction], dict[str, Any]]] = {
    "graph": _graph, "derivation": _derivation, "steps": _steps, "check": _check,
}  # fmt: skip


def show(run: Run, kind: str, direction: Direction = "LR") -> dict[str, Any]:
    """The root of a run in one of the ways of KINDS; where it cannot be, {"said": why}."""
    try:
        return KINDS[kind](run, direction)
    except Exception as error:  # a node class of a student's own may raise anything
        return {"said": f"{type(error).__name__}: {error}"}


def outline(run: Run, direction: Direction) -> str:
    """What a page of steps is made of but the numbers of its variables: while it stays the same,
    a page that is open takes new numbers."""
    order = topological_order(run.root)
    place = {v: i for i, v in enumerate(order)}
    names = {id(v): name for name, v in run.namespace.items()}
    nodes = [
        (
            names.get(id(v), ""),
            str(getattr(v, "label", "")),
            getattr(getattr(v, "op", None), "name", ""),
            [place[p] for p in v.parents],
            v.data if is_constant(v) else None,
        )
        for v in order
    ]
    return json.dumps([direction, nodes])


def numbers(run: Run) -> list[list[Any]]:
    """The data of each leaf by its position, as a page of steps takes them."""
    order = topological_order(run.root)
    return [[i, written(v.data)] for i, v in enumerate(order) if not v.parents]
