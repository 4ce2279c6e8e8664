"""What a picture of a graph shows: boxes with words and numbers, arrows with local derivatives.

A scene knows nothing of coordinates or formats; `dot.py` and `svg.py` turn it into pictures.  It is
made of any node that has `data`, `grad`, `parents` and `local_derivatives`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.graph import groups_of, is_constant
from autograd.rules.printing import ATOM
from autograd.rules.words import check_data
from viz.folding.graph import FoldedEdge, FoldedGraph, FoldedNode
from viz.folding.names import label_text
from viz.layout.frames import intertwined

SIGNS = {"mul": "×", "sub": "−", "neg": "−", "sumprod": "Σ w·x", "total": "Σ", "prod": "Π"}
POSITIVE, NEGATIVE, NEUTRAL = "#1f6fb4", "#c8590a", "#6b7280"  # blue, orange, grey
FAULT = "#c1121f"  # red, and never by colour alone: a marked edge is thick and bears a remark
CHOSEN = "#7c2d92"  # violet, for a path that is followed


@dataclass(frozen=True)
class Box:
    """A node or a group: its name, its words line by line, the gradient that colours it if known.

    `operation` and `value` say in a table of text what the lines say in a box; `mark` is the colour
    of the border where a box is pointed out, empty for the others.
    """

    name: str
    lines: tuple[str, ...]
    cluster: str
    gradient: float | None
    kind: str  # "variable", "constant", "result" or "group"
    operation: str
    value: str
    mark: str = ""


@dataclass(frozen=True)
class Arrow:
    """An edge from a parent to a result: its words, and the number in them, which colours it.

    `mark` is the colour of an edge that is pointed out, empty for the others.
    """

    tail: int
    head: int
    label: str
    amount: float | None
    mark: str = ""


@dataclass(frozen=True)
class Scene:
    """Boxes, inputs first, and arrows between their positions.

    The number on an arrow is its local derivative, or what `flows` on it where boxes are folded.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    flows: bool = False
    note: str = ""  # what the picture cannot show

    @property
    def largest(self) -> float:
        """The largest finite size of a gradient, for the widths of borders."""
        return _largest(box.gradient for box in self.boxes)

    @property
    def steepest(self) -> float:
        """The largest finite size of a number on an arrow, for the widths of arrows."""
        return _largest(arrow.amount for arrow in self.arrows)

    @property
    def legend(self) -> list[tuple[str, str]]:
        """What colours, widths and numbers say: a colour to show, or none, and words."""
        known = any(box.gradient is not None for box in self.boxes)
        marks = {arrow.mark for arrow in self.arrows}
        on_arrows = "arrows: what flows" if self.flows else "arrows: local derivatives"
        return [
            (POSITIVE, "positive"),
            (NEGATIVE, "negative"),
            *([(CHOSEN, "the path")] if CHOSEN in marks else []),
            ("", "the wider, the larger"),
            *([("", on_arrows)] if self.arrows else []),
            ("", "boxes: gradients" + ("" if known else ", after backward()")),
            *([("", "two borders: folded")] if any(b.kind == "group" for b in self.boxes) else []),
        ]


def make_scene(
    graph: FoldedGraph,
    *,
    constants: bool = False,
    marks: Mapping[tuple[Any, int], str] | None = None,
    mark: str = FAULT,
) -> Scene:
    """The scene of a graph, folded or not; `constants` where constants are among its nodes.

    `marks` are edges to point out in the colour `mark`, each with a remark.
    """
    known = any(  # a picture before backward() has no gradients to show
        v.grad != 0.0 for node in graph.nodes for v in node.hides
    )
    flows = known and any(len(node.hides) > 1 for node in graph.nodes)
    frameless = intertwined(
        [node.frame for node in graph.nodes], [(e.tail, e.head) for e in graph.edges]
    )
    boxes = tuple([_box(node, known, constants, frameless) for node in graph.nodes])
    arrows = []
    for edge in graph.edges:
        amount, label = _number_on(edge, flows)
        remarks = [marks[e] for e in edge.edges if e in marks] if marks else []
        words = " ".join([label, *remarks]).strip()
        arrows.append(Arrow(edge.tail, edge.head, words, amount, mark if remarks else ""))
    return Scene(boxes, tuple(arrows), flows, _note(frameless))


def _note(frameless: Sequence[str]) -> str:
    """What is said of groups that intertwine."""
    if not frameless:
        return ""
    names = ", ".join(frameless[:4]) + (", …" if len(frameless) > 4 else "")
    return f"without a frame, since each feeds the other: {names}"


def significant(x: float) -> str:
    """Four significant digits: 1e-9 is never 0.0000."""
    return f"{x:.4g}"


def sign_of(v: Any) -> str:
    """The operation of a node without its operands."""
    row = getattr(v, "op", None)
    name = getattr(row, "name", "") or type(v).__name__
    return SIGNS.get(name) or str(getattr(row, "symbol", name))


def operation_text(v: Any, constants: bool) -> str:
    """The operation of a node with its constants inside: '2 ×', '+ 1', 'tanh', 'clip(·, 0, 1)'."""
    row, sign = getattr(v, "op", None), sign_of(v)
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


def _box(node: FoldedNode, known: bool, constants: bool, frameless: Sequence[str]) -> Box:
    v, gradient = node.node, node.gradient if known else None
    frame = node.frame
    while frame in frameless:  # what no frame says, the box does
        frame = ["", *groups_of(frame)][-1]
    name = node.name.removeprefix(f"{frame}.") if frame else node.name
    words = f"grad {'–' if gradient is None else significant(gradient)}"
    parameters = [parameters_text(node)] if node.parameters else []
    if node.is_group:
        (into, out), operation = in_and_out(node), operations_text(node)
        value = into if out is None else f"{into}{_number(out)}"
        lines = [name, operation, value, *parameters, words]
        return Box(
            node.name, tuple(filter(None, lines)), frame, gradient, "group",
            f"{len(node.hides):,} nodes", value,
        )  # fmt: skip
    value = _number(v)
    lines = [f"{name} = {value}" if name else value]
    operation = operation_text(v, constants) if v.parents else ""
    if is_constant(v):
        kind, gradient = "constant", None
    else:
        kind = "result" if v.parents else "variable"
        lines += [*parameters, words]
    lines = [operation, *lines] if operation else lines
    return Box(node.name, tuple(lines), frame, gradient, kind, operation or kind, value)


def _number(v: Any) -> str:
    """The data of a node; TypeError where it is no number."""
    try:
        return significant(v.data)
    except (TypeError, ValueError) as error:
        check_data(v, error)
        raise


def operations_text(node: FoldedNode) -> str:
    """What a group does, each sign once."""
    signs = list(dict.fromkeys(sign_of(v) for v in node.hides if v.parents))
    return ", ".join(signs[:3]) + (", …" if len(signs) > 3 else "")


def parameters_text(node: FoldedNode) -> str:
    """How many variables a node hides."""
    return f"{node.parameters:,} parameter{'s' * (node.parameters > 1)}"


def in_and_out(node: FoldedNode) -> tuple[str, Any]:
    """How many nodes go into a group, and what comes out; one by its name, its number to follow."""
    into = f"{len(node.inputs):,} in, " if node.inputs else ""
    if len(node.outputs) == len(node.hides):  # variables
        return into.removesuffix(", "), None
    if len(node.outputs) != 1:
        return f"{into}{len(node.outputs):,} out", None
    (v,) = node.outputs
    label = label_text(v)
    name = label.removeprefix(f"{[node.name, *groups_of(label)][-1]}.")
    return f"{into}{name or 'out'} = ", v


def _number_on(edge: FoldedEdge, flows: bool) -> tuple[float | None, str]:
    """The number on an arrow and its words; none on that of a constant."""
    (v, k), *_ = edge.edges
    if is_constant(v.parents[k]):
        return None, ""
    amount = edge.flow if flows else edge.derivative
    many = f"{edge.count:,} edges" if edge.count > 1 else ""
    number = "" if amount is None else significant(amount)
    return amount, " on ".join(filter(None, (number, many)))


def colour(amount: float | None) -> str:
    """Blue above 0, orange below, grey for 0, NaN and what is not known yet."""
    if amount is None or amount == 0 or math.isnan(amount):
        return NEUTRAL
    return POSITIVE if amount > 0 else NEGATIVE


def arrow_colour(arrow: Arrow) -> str:
    """The colour of its number, or of the mark."""
    return arrow.mark or colour(arrow.amount)


def arrow_thickness(arrow: Arrow, steepest: float) -> float:
    """The thickness of its number, the largest where the edge is marked."""
    return 4.0 if arrow.mark else thickness(arrow.amount, steepest)


def tint(amount: float | None) -> str:
    """The light fill that goes with `colour`."""
    return {POSITIVE: "#e8f1fa", NEGATIVE: "#fcefe4", NEUTRAL: "#f6f7f9"}[colour(amount)]


def thickness(amount: float | None, largest: float) -> float:
    """Line width in points: 1 for 0 and NaN, 4 for the largest amount and for infinity."""
    if amount is not None and math.isinf(amount):
        return 4.0
    if amount is None or math.isnan(amount) or not largest:
        return 1.0
    return 1.0 + 3.0 * (abs(amount) / largest)  # nothing overflows


def _largest(amounts: Iterable[float | None]) -> float:
    return max((abs(x) for x in amounts if x is not None and math.isfinite(x)), default=0.0)


def text_picture(scene: Scene) -> str:
    """The scene as a table of text, one line per box, inputs first."""
    names = [box.name or f"#{i}" for i, box in enumerate(scene.boxes)]
    into: list[list[str]] = [[] for _ in scene.boxes]
    for arrow in scene.arrows:
        if arrow.label:
            tail = names[arrow.tail]
            to = f"to {tail}: " if scene.flows else f"d/d{tail} = "
            into[arrow.head].append(to + arrow.label)
    last = "what flows" if scene.flows else "local derivatives"
    rows = [["node", "operation", "value", "grad", last]]
    for name, box, derivatives in zip(names, scene.boxes, into, strict=True):
        grad = "–" if box.gradient is None else significant(box.gradient)
        rows.append([name, box.operation, box.value, grad, "  ".join(derivatives)])
    return "\n".join(filter(None, (aligned(rows), scene.note)))


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as text, their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )
