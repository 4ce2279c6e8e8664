"""`draw_network(model)`: a network as Bradbury draws it in his figure 4, whatever its size.

Layers are columns, weights are lines.  A node has two halves: the activation a, its weighted sum,
and the node value z, what the activation function makes of it.  The SVG is our own, no Graphviz is
needed.
"""

from __future__ import annotations

import importlib
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any, Literal

from autograd import constant, no_grad, sumprod
from autograd.graph import is_node
from autograd.language import describe_type
from viz.scene import (
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    colour,
    label_text,
    one_line,
    significant,
    thickness,
)
from viz.svg import LINE, PAD, SIZE, text_width

FORMATS = ("svg", "png", "pdf")
INK, PAPER, FRAME, SOFT = "#111827", "#ffffff", "#9ca3af", "#4b5563"
NIGHT = {  # what each colour becomes where the reader's screen is dark
    INK: "#f3f4f6", PAPER: "#14181f", FRAME: "#6b7280", SOFT: "#b6bcc6",
    POSITIVE: "#62aef2", NEGATIVE: "#f59a4c", NEUTRAL: "#8b93a1",
}  # fmt: skip
MARGIN, HEADING, LEGEND, STUB = 18.0, 44.0, 62.0, 22.0  # in points
SAMPLE = 105.0  # the width of a line and its word in the legend
CLOSE, APART = 14.0, 110.0  # between the nodes of a column: of many, of two
SPREAD = 0.8  # the share of the height that a column of few nodes fills
NUMBERED = 48  # weights between two columns; of more the numbers are tooltips
GAPS = (120.0, 150.0, 190.0, 240.0, 300.0, 360.0)  # tried in turn until the numbers have room
NUMBER = 11.5  # font size on a line


Halves = tuple[tuple[str, ...], tuple[str, ...]]  # the words of a node, left and right


@dataclass(frozen=True)
class Parameter:
    """A weight or bias at the moment of drawing."""

    name: str
    data: float
    grad: float

    @property
    def title(self) -> str:
        """All about it, for the tooltip."""
        return f"{self.name} = {significant(self.data)}, gradient {significant(self.grad)}"


@dataclass(frozen=True)
class Node:
    """A neuron: the parameters it has, and its a and z for an example (None without one)."""

    weights: tuple[Parameter, ...]
    bias: Parameter | None
    a: float | None = None
    z: float | None = None


@dataclass(frozen=True)
class Column:
    """A layer: its name, its nodes, what turns all a into all z, and the words for that."""

    name: str
    nodes: tuple[Node, ...]
    activate: Callable[[list[Any]], list[Any]] | None
    activation: str

    @property
    def inputs(self) -> int:
        """How many inputs each node has."""
        return len(self.nodes[0].weights)


@dataclass(frozen=True)
class Card:
    """A node on paper: its middle, its size, the words of its left and right half."""

    x: float
    y: float
    width: float
    height: float
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A weight on paper: from where to where, its name and number, and where the number stands."""

    start: tuple[float, float]
    end: tuple[float, float]
    amount: float | None
    title: str
    place: float | None = None  # the share of the way from start to end

    @property
    def text(self) -> str:
        """The number on the line, a dash where it is not known."""
        return "–" if self.amount is None else significant(self.amount)

    def at(self, t: float) -> tuple[float, float]:
        """The point at a share t of the way."""
        (a, b), (c, d) = self.start, self.end
        return a + t * (c - a), b + t * (d - b)

    @property
    def slope(self) -> float:
        """The angle to the horizontal, in radians."""
        (a, b), (c, d) = self.start, self.end
        return math.atan2(d - b, c - a)


class NetworkPicture:
    """A drawn network: SVG in a notebook, a table of text in a terminal, a file by `save`."""

    def __init__(
        self, columns: list[Column], given: list[float] | None, by: str, inputs: list[str],
        outputs: list[str],
    ) -> None:  # fmt: skip
        self.columns = columns
        self._given = given
        self._by = by
        self._inputs = inputs
        self._outputs = outputs
        parameters = _parameters(columns)
        self._known = by == "weight" or any(p.grad != 0.0 for p in parameters)
        amounts = [x for x in map(self._amount, parameters) if x is not None]
        self._largest = max((abs(x) for x in amounts if math.isfinite(x)), default=0.0)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return self._draw()

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .svg, .png or .pdf file and return its path.

        ValueError for another ending, RuntimeError where nothing here turns SVG into the format.
        """
        path = FilePath(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise ValueError(
                f"a network's picture ends in {', '.join('.' + f for f in FORMATS)}, "
                f"got {path.name!r}"
            )
        path.write_bytes(self.svg.encode() if kind == "svg" else _convert(self.svg, kind))
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": str(self)}

    def __repr__(self) -> str:
        """One line per neuron."""
        rows = [["node", "activation", "bias", "weights", "a", "z"]]
        if self._by == "gradient":
            rows[0][2:4] = ["grad of bias", "grad of weights"]
        for column in self.columns:
            for j, node in enumerate(column.nodes):
                shown = [self._number(w) for w in node.weights[:6]]
                bias = "" if node.bias is None else self._number(node.bias)
                values = ["–" if v is None else significant(v) for v in (node.a, node.z)]
                more = "  …" if len(node.weights) > 6 else ""
                name = f"{column.name}[{j}]"
                rows.append([name, column.activation, bias, "  ".join(shown) + more, *values])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _amount(self, parameter: Parameter) -> float | None:
        """What colours a parameter: its value or its gradient, None before backward()."""
        if self._by == "weight":
            return parameter.data
        return parameter.grad if self._known else None

    def _number(self, parameter: Parameter) -> str:
        amount = self._amount(parameter)
        return "–" if amount is None else significant(amount)

    # ---- what stands in the nodes ----------------------------------------------------------------

    def _input_words(self) -> list[tuple[str, ...]]:
        if self._given is None:
            return [(name,) for name in self._inputs]
        pairs = zip(self._inputs, self._given, strict=True)
        if max(map(len, self._inputs)) > 8:
            return [(name, significant(x)) for name, x in pairs]
        return [(f"{name} = {significant(x)}",) for name, x in pairs]

    def _halves(self, column: Column, j: int) -> Halves:
        """The words of the halves of a node; a linear node has no right half."""
        node = column.nodes[j]
        a = f"a[{j}]" if node.a is None else f"a[{j}] = {significant(node.a)}"
        z = f"z[{j}]" if node.z is None else f"z[{j}] = {significant(node.z)}"
        bias = () if node.bias is None else (self._bias_words(node.bias),)
        if column.activate is None:
            return (z, *bias), ()
        return (a, *bias), (z, column.activation)

    def _bias_words(self, bias: Parameter) -> str:
        return f"{'b =' if self._by == 'weight' else 'grad b'} {self._number(bias)}"

    # ---- the picture -----------------------------------------------------------------------------

    def _draw(self) -> str:
        words: list[list[Halves]] = [[(lines, ()) for lines in self._input_words()]]
        words += [[self._halves(c, j) for j in range(len(c.nodes))] for c in self.columns]
        sizes = [_card_size(column) for column in words]
        card = max(height for _, height in sizes)
        pitch = [max(card + CLOSE, card / 2 + APART * 2 / max(2, len(c))) for c in words]
        tall = card + max(step * (len(c) - 1) for c, step in zip(words, pitch, strict=True))
        middle = MARGIN + HEADING + tall / 2

        placed: list[list[Card]] = []
        lines: list[list[Line]] = []
        x = MARGIN
        for k, (column, (width, height)) in enumerate(zip(words, sizes, strict=True)):
            step = max(pitch[k], SPREAD * tall / len(column))
            top = middle - (len(column) - 1) / 2 * step
            cards = [
                Card(0.0, top + j * step, width, height, *halves) for j, halves in enumerate(column)
            ]
            if k:
                gap, between = self._between(placed[-1], cards, self.columns[k - 1], x)
                x += gap
                lines.append(between)
            placed.append([replace(card, x=x + width / 2) for card in cards])
            x += width
        outputs = max(text_width(name, SIZE) for name in self._outputs)
        wide = x + STUB + 6 + outputs + MARGIN
        legend = max(text_width(line, 12) for line in self._legend_words())
        wide = max(wide, 2 * (MARGIN + SAMPLE) + legend)
        return self._document(placed, lines, wide, MARGIN + HEADING + tall + LEGEND + MARGIN)

    def _between(
        self, tails: list[Card], heads: list[Card], column: Column, x: float
    ) -> tuple[float, list[Line]]:
        """The gap between two columns and the lines in it, with numbers where they have room."""

        def lines(gap: float) -> list[Line]:
            return [
                Line(
                    (x, tail.y), (x + gap, head.y), self._amount(node.weights[i]),
                    node.weights[i].title,
                )
                for head, node in zip(heads, column.nodes, strict=True)
                for i, tail in enumerate(tails)
            ]  # fmt: skip

        tall = max(cards[-1].y - cards[0].y for cards in (tails, heads))
        least = min(0.4 * tall, GAPS[-2])
        if self._known and len(tails) * len(heads) <= NUMBERED:
            for crossed in (0, 1):
                for gap in GAPS:
                    numbered = _place_numbers(lines(gap), crossed) if gap >= least else None
                    if numbered is not None:
                        return gap, numbered
        gap = max(GAPS[0], least)
        return gap, lines(gap)

    def _document(
        self, placed: list[list[Card]], lines: list[list[Line]], wide: float, high: float
    ) -> str:
        sizes = "-".join(str(len(column)) for column in placed)
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-network" '
            f'width="{wide:.0f}" height="{high:.0f}" viewBox="0 0 {wide:.1f} {high:.1f}" '
            'role="img" font-family="Helvetica, Arial, sans-serif" text-anchor="middle">',
            f"<title>network {sizes}, by {self._by}</title>",
            f"<style>{_night()}</style>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        ]
        for between in lines:
            parts += _lines(between, self._largest)
        parts += self._headings(placed)
        top = max((abs(n.z) for c in self.columns for n in c.nodes
                   if n.z is not None and math.isfinite(n.z)), default=0.0)  # fmt: skip
        parts += [_card(card) for card in placed[0]]
        for cards, column in zip(placed[1:], self.columns, strict=True):
            for card, node in zip(cards, column.nodes, strict=True):
                bias = None if node.bias is None else colour(self._amount(node.bias))
                parts.append(_card(card, node, top, bias))
        for card, name in zip(placed[-1], self._outputs, strict=True):
            x = card.x + card.width / 2
            parts.append(
                f'<path d="M{x:.1f},{card.y:.1f}h{STUB:.1f}" stroke="{FRAME}" stroke-width="1.5"/>'
                + _text(name, x + STUB + 6, card.y + 4.5, SIZE, INK, 'text-anchor="start"')
            )
        return "\n".join([*parts, *self._legend(high - MARGIN - LINE), "</svg>", ""])

    def _headings(self, placed: list[list[Card]]) -> list[str]:
        """The name of each layer, its function below it."""
        words = [("inputs", str(len(placed[0])))]
        words += [(c.name, f"{len(c.nodes)} {c.activation}") for c in self.columns]
        return [
            _text(name, cards[0].x, MARGIN + 10, SIZE, INK, 'font-weight="bold"')
            + _text(about, cards[0].x, MARGIN + 26, 12, SOFT)
            for cards, (name, about) in zip(placed, words, strict=True)
        ]

    def _legend_words(self) -> list[str]:
        """What the reader has to know, line by line."""
        if not self._known:
            words = ["no gradient yet: call backward() on a loss"]
        else:
            widest = f" (widest {significant(self._largest)})" if self._largest else ""
            words = [f"the wider the line, the larger the {self._by}{widest}"]
        if self._given is not None:
            words.append("the deeper the fill of a node, the larger its z")
        return words

    def _legend(self, y: float) -> list[str]:
        x, parts = MARGIN, []
        for name, amount in (("positive", 1.0), ("negative", -1.0)):
            parts.append(
                f'<path d="M{x:.1f},{y - 4:.1f}h34" {_stroke(amount, 2.5)}/>'
                + _text(name, x + 40, y, 12, SOFT, 'text-anchor="start"')
            )
            x += SAMPLE
        for i, line in enumerate(self._legend_words()):
            parts.append(_text(line, x, y + i * LINE, 12, SOFT, 'text-anchor="start"'))
        return parts


def draw_network(
    model: Any,
    inputs: Sequence[Any] | None = None,
    *,
    by: Literal["weight", "gradient"] = "weight",
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    limit: int | None = 1000,
) -> NetworkPicture:
    """A picture of a network, layers as columns (Bradbury, figure 4).

    `inputs`, one number or Value per input, show the activations a and node values z of that
    example.  Lines and biases show the parameters, `by="gradient"` their gradients: solid blue
    is positive, dashed orange negative, the wider the larger; a dash stands for a gradient before
    `backward()`.  `features` and `classes` name inputs and outputs.  A layer or a neuron is drawn
    the same way.  ValueError where there are more than `limit` weights (None: no limit).
    """
    if by not in ("weight", "gradient"):
        raise ValueError(f'by is "weight" or "gradient", got {by!r}')
    columns = _columns(model)
    count = sum(len(node.weights) for column in columns for node in column.nodes)
    if limit is not None and count > limit:
        raise ValueError(
            f"this network has {count:,} weights, and a picture is readable up to about {limit:,}: "
            "draw one layer, draw_network(model.layers[-1]), one neuron of it, or all with "
            "draw_network(model, limit=None)"
        )
    nin, nout = columns[0].inputs, len(columns[-1].nodes)
    given = None
    names = [f"x[{i}]" for i in range(nin)]
    if inputs is not None:
        if len(inputs) != nin:
            raise ValueError(f"this network has {nin} inputs, got {len(inputs)}")
        given = [float(x.data if is_node(x) else constant(x).data) for x in inputs]
        names = [label_text(x) or name for x, name in zip(inputs, names, strict=True)]
        columns = _forward(columns, given)
    names = _named(features, names, "features", "inputs")
    ends = ["output"] if nout == 1 else [f"output[{j}]" for j in range(nout)]
    return NetworkPicture(columns, given, by, names, _named(classes, ends, "classes", "outputs"))


# ---- what a model is made of ---------------------------------------------------------------------


def _columns(model: Any) -> list[Column]:
    """The layers with weights in a model, in order; TypeError where it is no network."""
    found: list[Column] = []
    for part in _parts(model):
        neurons = _neurons(part)
        if neurons:
            found.append(_column(neurons, len(found)))
        elif found and hasattr(part, "activation"):  # it belongs to the weights before it
            before, inner = found[-1], found[-1].activate
            name = _function_name(part.activation)
            found[-1] = replace(
                before,
                activate=part if inner is None else _both(inner, part),
                activation=name if inner is None else f"{before.activation}, {name}",
            )
        else:
            raise TypeError(
                "draw_network knows neurons, layers of them, linear layers and activation layers "
                f"behind them, such as MLP(2, [3, 1]), got {describe_type(part)}"
            )
    for first, second in pairwise(found):
        if len(first.nodes) != second.inputs:
            raise ValueError(
                f"{first.name} has {len(first.nodes)} outputs, {second.name} takes {second.inputs}"
            )
    return found


def _parts(model: Any) -> list[Any]:
    """The modules of a model one after another, those inside others unpacked."""
    inside = getattr(model, "layers", None)
    if isinstance(inside, (list, tuple)):
        return [part for module in inside for part in _parts(module)]
    return [model]


def _neurons(layer: Any) -> list[tuple[Any, Any, Any]]:
    """Weights, bias and activation of each neuron of a layer, a linear layer or one neuron."""
    if hasattr(layer, "neurons"):
        return [n for neuron in layer.neurons for n in _neurons(neuron)]
    if not getattr(layer, "w", None):
        return []
    if is_node(layer.w[0]):
        return [(layer.w, layer.b, layer.activation)]
    return [(w, b, None) for w, b in zip(layer.w, layer.b or [None] * len(layer.w), strict=True)]


def _column(neurons: list[tuple[Any, Any, Any]], place: int) -> Column:
    label = label_text(neurons[0][0][0])
    name = re.split(r"\.?\b(?:neurons\[|w\[)", label)[0] or (
        f"layers[{place}]" if not label else "layer" if len(neurons) > 1 else "neuron"
    )
    functions = [function for _, _, function in neurons]
    nodes = []
    for j, (weights, bias, _) in enumerate(neurons):
        prefix = f"{name}.neurons[{j}]."
        row = tuple(_parameter(w, f"{prefix}w[{i}]") for i, w in enumerate(weights))
        nodes.append(Node(row, None if bias is None else _parameter(bias, f"{prefix}b")))
    if all(function is None for function in functions):
        return Column(name, tuple(nodes), None, "linear")

    def activate(activations: list[Any]) -> list[Any]:
        return [a if f is None else f(a) for f, a in zip(functions, activations, strict=True)]

    return Column(
        name, tuple(nodes), activate, ", ".join(dict.fromkeys(map(_function_name, functions)))
    )


def _parameter(v: Any, fallback: str) -> Parameter:
    return Parameter(label_text(v) or fallback, v.data, v.grad)


def _both(
    first: Callable[[list[Any]], list[Any]], second: Callable[[list[Any]], list[Any]]
) -> Callable[[list[Any]], list[Any]]:
    return lambda xs: second(first(xs))


def _function_name(function: Any) -> str:
    if function is None:
        return "linear"
    name = getattr(function, "name", None) or getattr(function, "__name__", None)
    return one_line(str(name or type(function).__name__)).replace("<lambda>", "function")


def _forward(columns: list[Column], x: list[float]) -> list[Column]:
    """The columns with a and z of one example (Bradbury, eq. 24 and 25)."""
    filled = []
    with no_grad():
        for column in columns:
            activations = [
                sumprod([w.data for w in n.weights], x, n.bias.data if n.bias is not None else 0.0)
                for n in column.nodes
            ]
            x = activations
            if column.activate is not None:
                made = column.activate([constant(a) for a in activations])
                made = made if isinstance(made, (list, tuple)) else [made]
                x = [float(z.data if is_node(z) else z) for z in made]
            nodes = [
                replace(node, a=a, z=z)
                for node, a, z in zip(column.nodes, activations, x, strict=True)
            ]
            filled.append(replace(column, nodes=tuple(nodes)))
    return filled


def _parameters(columns: list[Column]) -> list[Parameter]:
    """Every weight and bias."""
    return [
        p for column in columns for node in column.nodes for p in (*node.weights, node.bias)
        if p is not None
    ]  # fmt: skip


def _named(given: Sequence[str], names: list[str], what: str, of: str) -> list[str]:
    if len(given) not in (0, len(names)):
        raise ValueError(f"{what} names {len(given)} of {len(names)} {of}: name all or none")
    return [one_line(str(name)) for name in given] or names


# ---- where numbers have room ---------------------------------------------------------------------


def _place_numbers(lines: list[Line], crossed: int) -> list[Line] | None:
    """The lines with a place for the number of each; None where one has no room.

    A number lies along its line, near the middle, touches no other number, and at most `crossed`
    other lines run through it.
    """
    shares = [0.06 + 0.01 * i for i in range(89)]
    rooms = []
    for line in lines:
        covered = [_covered(line, other) for other in lines if other is not line]
        counts = [sum(low < t < high for low, high in covered) for t in shares]
        best = sorted(zip(counts, shares, strict=True), key=lambda c: (c[0], abs(c[1] - 0.5)))
        rooms.append([replace(line, place=t) for count, t in best if count <= crossed])
    placed: dict[int, Line] = {}
    for i in sorted(range(len(lines)), key=lambda i: len(rooms[i])):  # the fewest places first
        free = (m for m in rooms[i] if not any(_touch(m, other) for other in placed.values()))
        chosen = next(free, None)
        if chosen is None:
            return None
        placed[i] = chosen
    return [placed[i] for i in range(len(lines))]


def _covered(line: Line, other: Line) -> tuple[float, float]:
    """The shares of the way at which a number on the line lies on another line."""
    (a, b), (c, d) = line.start, line.end
    (_, p), (_, q) = other.start, other.end
    turn = abs(math.tan(other.slope - line.slope))
    if turn < 1e-9:  # parallel lines are a row of nodes apart
        return 0.0, 0.0
    crossing = (p - b) / (d - b - q + p)
    half_length, half_height = _half_size(line)
    reach = (half_length + 4 + half_height / turn) / math.hypot(c - a, d - b)
    return crossing - reach, crossing + reach


def _half_size(line: Line) -> tuple[float, float]:
    """Half the length and half the height of a line's number."""
    return text_width(line.text, NUMBER) / 2 + 3, NUMBER / 2 + 1


def _in_frame(line: Line, point: tuple[float, float]) -> tuple[float, float]:
    """A point seen from the number of a line: along the line, and across it."""
    x, y = line.at(line.place or 0.0)
    dx, dy = point[0] - x, point[1] - y
    c, s = math.cos(line.slope), math.sin(line.slope)
    return c * dx + s * dy, c * dy - s * dx


def _touch(one: Line, two: Line) -> bool:
    """Whether the numbers of two lines overlap: no axis of either separates them."""
    reach = _half_size(one)[0] + _half_size(two)[0] + NUMBER
    if math.dist(one.at(one.place or 0.0), two.at(two.place or 0.0)) > reach:
        return False
    for mine, other in ((one, two), (two, one)):
        half_length, half_height = _half_size(other)
        x, y = other.at(other.place or 0.0)
        c, s = math.cos(other.slope), math.sin(other.slope)
        corners = [
            _in_frame(mine, (x + c * u - s * v, y + s * u + c * v))
            for u in (-half_length, half_length)
            for v in (-half_height, half_height)
        ]
        for axis, half in enumerate(_half_size(mine)):
            if all(p[axis] > half for p in corners) or all(p[axis] < -half for p in corners):
                return False
    return True


# ---- SVG -----------------------------------------------------------------------------------------


def _night() -> str:
    """The colours for a dark screen; the attributes are what holds on a light one and on paper."""
    rules = "".join(
        f'.chainrule-network [{kind}="{day}"]{{{kind}:{night}}}'
        for day, night in NIGHT.items()
        for kind in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark){{{rules}}}"


def _text(words: str, x: float, y: float, size: float, fill: str, more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" {more}>'
        f"{escape(words)}</text>"
    )


def _stroke(amount: float | None, width: float) -> str:
    """Colour, width, and dashes below 0: the sign is never told by the colour alone."""
    dashes = ' stroke-dasharray="7 4"' if amount is not None and amount < 0 else ""
    return f'fill="none" stroke="{colour(amount)}" stroke-width="{width:.2f}"{dashes}'


def _lines(lines: list[Line], largest: float) -> list[str]:
    """The lines between two columns, the widest on top, and above them their numbers."""
    share = 1.0 if lines[0].place is not None else max(0.45, 1.0 - len(lines) / 300)
    parts, numbers = [], []
    for line in sorted(lines, key=lambda line: thickness(line.amount, largest)):
        (a, b), (c, d) = line.start, line.end
        way = f'd="M{a:.1f},{b:.1f}L{c:.1f},{d:.1f}"'
        width = thickness(line.amount, largest)
        faint = "" if line.place is not None else f' stroke-opacity="{0.15 + 0.2 * width:.2f}"'
        width *= share
        parts.append(
            f"<g><title>{escape(line.title)}</title>"
            f'<path {way} fill="none" stroke="{PAPER}" stroke-opacity="0" stroke-width="7"/>'
            f"<path {way} {_stroke(line.amount, width)}{faint}/></g>"
        )
        if line.place is not None:
            x, y = line.at(line.place)
            numbers.append(
                f'<g transform="translate({x:.1f},{y:.1f}) '
                f'rotate({math.degrees(line.slope):.1f})">'
                f'<rect x="{-_half_size(line)[0]:.1f}" y="-7" '
                f'width="{2 * _half_size(line)[0]:.1f}" height="14" fill="{PAPER}"/>'
                + _text(line.text, 0, 4, NUMBER, colour(line.amount))
                + "</g>"
            )
    return parts + numbers


def _card_size(halves: list[Halves]) -> tuple[float, float]:
    """Width and height that hold any of the cards of a column."""
    left = max(text_width(line, SIZE) for left, _ in halves for line in left)
    right = max((text_width(line, SIZE) for _, right in halves for line in right), default=0.0)
    count = max(len(half) for both in halves for half in both)
    width = 2 * max(left, right) + 4 * PAD if right else left + 2 * PAD
    return width, count * LINE + PAD


def _card(
    card: Card, node: Node | None = None, largest: float = 0.0, bias: str | None = None
) -> str:
    """A node: filled by its z, parted by a dotted line between a and z, its bias in colour."""
    x, y = card.x - card.width / 2, card.y - card.height / 2
    z = node.z if node is not None else None
    title = node.bias.title if node is not None and node.bias is not None else ""
    share = abs(z) / largest if z is not None and largest and math.isfinite(z) else 0.0
    radius = min(card.height / 2, 16.0) if node is not None else 4.0
    box = f'x="{x:.1f}" y="{y:.1f}" width="{card.width:.1f}" height="{card.height:.1f}"'
    words = ", ".join([*card.left, *card.right])
    parts = [
        f"<g><title>{escape(f'{words} ({title})' if title else words)}</title>",
        f'<rect {box} rx="{radius:.1f}" fill="{PAPER}"/>',
        f'<rect {box} rx="{radius:.1f}" fill="{colour(z)}" fill-opacity="{0.05 + 0.3 * share:.2f}" '
        f'stroke="{FRAME}" stroke-width="1.5"/>',
    ]
    if card.right:
        parts.append(
            f'<path d="M{card.x:.1f},{y:.1f}v{card.height:.1f}" stroke="{FRAME}" '
            'stroke-width="1.5" stroke-dasharray="2 3"/>'
        )
    middles = (card.x - card.width / 4, card.x + card.width / 4) if card.right else (card.x,)
    for half, middle in zip((card.left, card.right), middles):
        for i, line in enumerate(half):
            height = card.y + LINE * (i - (len(half) - 1) / 2) + 4.5
            fill = INK if not i else bias if bias and half is card.left else SOFT
            parts.append(_text(line, middle, height, SIZE if not i else SIZE - 1, fill))
    return "".join([*parts, "</g>"])


def _convert(svg: str, kind: str) -> bytes:
    """SVG as PNG or PDF by rsvg-convert or cairosvg; RuntimeError where neither is here."""
    program = shutil.which("rsvg-convert")
    if program is not None:
        try:
            done = subprocess.run(
                [program, "--format", kind, "--zoom", "2"],
                input=svg.encode(), capture_output=True, check=True, timeout=120,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise RuntimeError(f"rsvg-convert failed: {error}; save a .svg instead") from error
        return bytes(done.stdout)
    try:
        cairosvg: Any = importlib.import_module("cairosvg")
    except (ImportError, OSError):
        raise RuntimeError(
            f"nothing here turns SVG into {kind.upper()}: install librsvg (rsvg-convert) or "
            "`pip install cairosvg`, or save a .svg, which every browser shows and prints"
        ) from None
    return bytes(getattr(cairosvg, f"svg2{kind}")(bytestring=svg.encode(), scale=2))
