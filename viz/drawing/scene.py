"""What a picture of a graph shows: boxes with words and numbers, arrows with local derivatives.

A scene knows nothing of coordinates or formats; `dot.py` and `svg.py` turn it into pictures.  It is
made of any node that has `data`, `grad`, `parents` and `local_derivatives`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import topological_order
from autograd.graph import is_constant, is_node
from autograd.rules.printing import ATOM
from autograd.rules.words import check_data, kind_of, one_line
from viz.placing.frames import intertwined

SIGNS = {"mul": "×", "sub": "−", "neg": "−", "sumprod": "Σ w·x", "total": "Σ", "prod": "Π"}
POSITIVE, NEGATIVE, NEUTRAL = "#1f6fb4", "#c8590a", "#6b7280"  # blue, orange, grey
FAULT = "#c1121f"  # red, and never by colour alone: a marked edge is thick and bears a remark
CHOSEN = "#7c2d92"  # violet, for a path that is followed


@dataclass(frozen=True)
class Box:
    """A node: its name, its words line by line, the gradient that colours it (None: none yet)."""

    name: str
    lines: tuple[str, ...]
    cluster: str
    gradient: float | None
    kind: str  # "variable", "constant" or "result"


@dataclass(frozen=True)
class Arrow:
    """An edge from a parent to a result: its local derivative, the gradient that flows along it.

    `mark` is the colour of an edge that is pointed out, empty for the others.
    """

    tail: int
    head: int
    label: str
    flow: float | None
    mark: str = ""


@dataclass(frozen=True)
class Scene:
    """Boxes, inputs first, and arrows between their positions."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    note: str = ""  # what the picture cannot show

    @property
    def largest(self) -> float:
        """The largest finite size of a gradient or flow, against which widths are measured."""
        amounts = [b.gradient for b in self.boxes] + [a.flow for a in self.arrows]
        return max((abs(x) for x in amounts if x is not None and math.isfinite(x)), default=0.0)


def make_scene(
    root: Any,
    names: Mapping[str, Any] | None = None,
    constants: bool = False,
    limit: int | None = None,
    marks: Mapping[tuple[Any, int], str] | None = None,
    mark: str = FAULT,
    order: Sequence[Any] | None = None,
) -> Scene:
    """The scene of the graph below root; ValueError where it has more than `limit` boxes.

    `marks` are edges to point out in the colour `mark`, each with a remark; `order` are the nodes,
    inputs first, where they are known.
    """
    order = topological_order(root) if order is None else order
    shown = [v for v in order if constants or v is root or not is_constant(v)]
    if limit is not None and len(shown) > limit:
        raise ValueError(
            f"this graph has {len(shown):,} nodes, and a picture is readable up to about {limit}: "
            "draw one of its inner nodes, a smaller example, or all with draw(root, limit=None)"
        )
    labels = {v: label_text(v) for v in shown}
    for name, v in named_nodes(names or {}):
        if v in labels and not labels[v]:
            labels[v] = name
    place = {v: i for i, v in enumerate(shown)}
    known = any(
        v.grad != 0.0 for v in shown
    )  # a picture before backward() has no gradients to show
    clusters = [split_name(labels[v])[0] for v in shown]
    ends = [(place[p], i) for i, v in enumerate(shown) for p in v.parents if p in place]
    frameless = intertwined(clusters, ends)
    boxes = tuple(_box(v, labels[v], known, constants, frameless) for v in shown)
    arrows = []
    for v in shown:
        for k, (parent, derivative) in enumerate(zip(v.parents, v.local_derivatives)):
            if parent not in place:
                continue
            label = "" if is_constant(parent) else significant(derivative)
            flow = v.grad * derivative if known and label else None
            remark = (marks or {}).get((v, k))
            if remark is not None:
                label = f"{label} {remark}".strip()
            colour = "" if remark is None else mark
            arrows.append(Arrow(place[parent], place[v], label, flow, colour))
    return Scene(boxes, tuple(arrows), _note(frameless))


def _note(frameless: Sequence[str]) -> str:
    """What is said of groups that intertwine."""
    if not frameless:
        return ""
    names = ", ".join(frameless[:4]) + (", …" if len(frameless) > 4 else "")
    return f"without a frame, since each feeds the other: {names}"


def significant(x: float) -> str:
    """Four significant digits: 1e-9 is never 0.0000."""
    return f"{x:.4g}"


def operation_text(v: Any, constants: bool) -> str:
    """The operation of a node with its constants inside: '2 ×', '+ 1', 'tanh', 'clip(·, 0, 1)'."""
    row = getattr(v, "op", None)
    name = getattr(row, "name", "") or type(v).__name__
    sign = SIGNS.get(name) or str(getattr(row, "symbol", name))
    fixed = [is_constant(p) and not constants for p in v.parents]
    if True not in fixed:
        return sign
    words = [significant(p.data) if c else "" for p, c in zip(v.parents, fixed, strict=True)]
    if getattr(row, "binds", ATOM) < ATOM and len(words) == 2:
        return f"{words[0]} {sign} {words[1]}".strip()
    words = [word or "·" for word in words]
    if len(words) <= 4:
        return f"{sign}({', '.join(words)})"
    numbers = [word for word, c in zip(words, fixed, strict=True) if c]
    return f"{sign}, constants {', '.join(numbers[:4])}{', …' if len(numbers) > 4 else ''}"


def label_text(v: Any) -> str:
    """The label of a node on one line, without characters that cannot be shown."""
    return one_line(str(getattr(v, "label", "") or ""))


def named_nodes(names: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Nodes by the names of variables, those in a list by name[i]; _names are passed over."""
    if not isinstance(names, Mapping):
        what = kind_of(names)
        raise TypeError(f"names says which name is which node, as names=locals() does, got {what}")
    found = []
    for name, x in names.items():
        if name.startswith("_"):
            continue
        name = one_line(name)
        if isinstance(x, (list, tuple)):
            found += [(f"{name}[{i}]", item) for i, item in enumerate(x) if is_node(item)]
        elif is_node(x):
            found.append((name, x))
    return found


def _box(v: Any, name: str, known: bool, constants: bool, frameless: Sequence[str]) -> Box:
    cluster, rest = split_name(name)
    while cluster in frameless:  # what no frame says, the box does
        cluster = cluster.rpartition(".")[0]
        rest = name.removeprefix(f"{cluster}.")
    try:
        value = significant(v.data)
    except (TypeError, ValueError) as error:
        check_data(v, error)
        raise
    lines = [f"{rest} = {value}" if rest else value]
    if v.parents:
        lines.insert(0, operation_text(v, constants))
    if is_constant(v):
        return Box(name, tuple(lines), cluster, None, "constant")
    gradient = v.grad if known else None
    lines.append(f"grad {'–' if gradient is None else significant(gradient)}")
    return Box(name, tuple(lines), cluster, gradient, "result" if v.parents else "variable")


def split_name(name: str) -> tuple[str, str]:
    """A label as the cluster, what is before its last dot, and the rest: "a.b.c" -> "a.b", "c".

    No cluster where a part of it would be empty, as in "and so on...".
    """
    *cluster, rest = name.split(".")
    return (".".join(cluster), rest) if all(cluster) and rest and cluster else ("", name)


def colour(amount: float | None) -> str:
    """Blue above 0, orange below, grey for 0, NaN and what is not known yet."""
    if amount is None or amount == 0 or math.isnan(amount):
        return NEUTRAL
    return POSITIVE if amount > 0 else NEGATIVE


def arrow_colour(arrow: Arrow) -> str:
    """The colour of what flows, or of the mark."""
    return arrow.mark or colour(arrow.flow)


def arrow_thickness(arrow: Arrow, largest: float) -> float:
    """The thickness of what flows, the largest where the edge is marked."""
    return 4.0 if arrow.mark else thickness(arrow.flow, largest)


def tint(amount: float | None) -> str:
    """The light fill that goes with `colour`."""
    return {POSITIVE: "#e8f1fa", NEGATIVE: "#fcefe4", NEUTRAL: "#f6f7f9"}[colour(amount)]


def thickness(amount: float | None, largest: float) -> float:
    """Line width in points: 1 where nothing flows, 4 for the largest amount and for infinity."""
    if amount is not None and math.isinf(amount):
        return 4.0
    if amount is None or math.isnan(amount) or not largest:
        return 1.0
    return 1.0 + 3.0 * abs(amount) / largest


def text_picture(scene: Scene) -> str:
    """The scene as a table of text, one line per box, inputs first."""
    names = [box.name or f"#{i}" for i, box in enumerate(scene.boxes)]
    into: list[list[str]] = [[] for _ in scene.boxes]
    for arrow in scene.arrows:
        if arrow.label:
            into[arrow.head].append(f"d/d{names[arrow.tail]} = {arrow.label}")
    rows = [["node", "operation", "value", "grad", "local derivatives"]]
    for name, box, derivatives in zip(names, scene.boxes, into, strict=True):
        operation = box.lines[0] if box.kind == "result" else box.kind
        value = box.lines[box.kind == "result"].rpartition(" = ")[2]
        grad = "–" if box.gradient is None else significant(box.gradient)
        rows.append([name, operation, value, grad, "  ".join(derivatives)])
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as text, their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
