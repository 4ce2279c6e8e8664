"""`draw_network(model)`: a network as Bradbury draws it in his figure 4, whatever its size.

Layers are columns, weights are lines.  A node has two halves: the activation a, its weighted sum,
and the node value z, what the activation function makes of it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Literal

from autograd import constant
from autograd.graph import is_node
from autograd.rules.words import describe_type, one_line
from viz.drawing.files import file_to_write
from viz.drawing.scene import aligned, colour, significant, thickness
from viz.drawing.svg import LINE, PAD, SIZE, in_a_cell, text_width
from viz.folding.names import label_text
from viz.networks.model import Column, Parameter, on_example, read_columns, to_number
from viz.networks.number_places import Line, places
from viz.networks.shapes import (
    FRAME,
    INK,
    PAPER,
    SOFT,
    Box,
    Drawing,
    Shape,
    Stroke,
    Titled,
    Words,
    ground_size,
)

FORMATS = ("svg", "png", "pdf")
MARGIN, HEADING, STUB, SAMPLE = 18.0, 44.0, 22.0, 34.0  # in points
SMALL, NUMBER = 12.0, 12.0  # font sizes of what explains, and of a number on a line
CLOSE, APART = 14.0, 110.0  # between the nodes of a column: of many, of two
SPREAD = 0.8  # the share of the height that a column of few nodes fills
FEW = 6  # nodes in a column; where one has more, a name and its value share a line
NUMBERED = 48  # weights between two columns; of more the numbers are tooltips
GAPS = (120.0, 150.0, 190.0, 240.0, 300.0, 360.0)  # tried in turn until the numbers have room
DASHES = (7.0, 4.0)  # of what is negative: the sign is never told by the colour alone


# ---- the picture ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A line of text in a card."""

    text: str
    size: float = SIZE
    colour: str = INK
    bold: bool = False


@dataclass(frozen=True)
class Card:
    """A node on paper: the rows of its left and right half, its tooltip, and what fills it."""

    left: tuple[Row, ...]
    right: tuple[Row, ...] = ()
    title: str = ""
    z: float | None = None
    radius: float = 16.0

    @property
    def size(self) -> tuple[float, float]:
        """The width and height that hold the rows."""
        half = max(text_width(row.text, row.size) for row in (*self.left, *self.right)) + 2 * PAD
        return half * (2 if self.right else 1), LINE * max(len(self.left), len(self.right)) + PAD

    def at(self, x: float, y: float, width: float, largest: float) -> Titled:
        """The card around a point, the deeper its fill the nearer its z is to the largest."""
        high = self.size[1]
        known = self.z is not None and math.isfinite(self.z) and largest > 0
        depth = abs(self.z or 0.0) / largest if known else 0.0
        place = (x - width / 2, y - high / 2, width, high, min(self.radius, high / 2))
        fill = Box(*place, colour(self.z), 0.05 + 0.3 * depth, FRAME)
        shapes: list[Shape] = [Box(*place, PAPER), fill]
        halves = [(self.left, x)]
        if self.right:
            shapes.append(Stroke((x, y - high / 2), (x, y + high / 2), FRAME, 1.5, (2.0, 3.0)))
            halves = [(self.left, x - width / 4), (self.right, x + width / 4)]
        for rows, middle in halves:
            top = y - LINE * (len(rows) - 1) / 2
            shapes += [
                Words(row.text, middle, top + LINE * i, row.size, row.colour, bold=row.bold)
                for i, row in enumerate(rows)
            ]
        return Titled(self.title, tuple(shapes))


@dataclass(frozen=True)
class Stack:
    """A column on paper: its heading of two lines, its cards, their middles, and its left side."""

    heading: tuple[str, str]
    cards: list[Card]
    ys: list[float]
    left: float = 0.0

    @property
    def width(self) -> float:
        """The width of every card."""
        return max(card.size[0] for card in self.cards)

    @property
    def right(self) -> float:
        """Where the cards end."""
        return self.left + self.width

    @property
    def overhang(self) -> float:
        """How far the heading reaches beyond the cards, on each side."""
        name, about = self.heading
        wide = max(text_width(name, 1.1 * SIZE), text_width(about, SMALL))  # the name is bold
        return max(0.0, (wide - self.width) / 2)

    def shapes(self, largest: float) -> list[Shape]:
        """The heading and the cards; `largest` is the z of the deepest fill."""
        x = self.left + self.width / 2
        name, about = self.heading
        found: list[Shape] = [
            Words(name, x, MARGIN + 5.5, SIZE, INK, bold=True),
            Words(about, x, MARGIN + 22, SMALL, SOFT),
        ]
        pairs = zip(self.cards, self.ys, strict=True)
        return found + [card.at(x, y, self.width, largest) for card, y in pairs]


class NetworkPicture:
    """A drawn network: SVG in a notebook, a table of text in a terminal, a file by `save`."""

    def __init__(
        self,
        columns: list[Column],
        inputs: list[tuple[str, float | None]],
        outputs: list[str],
        by: str,
        target: int | None = None,
    ) -> None:
        self.columns = columns
        self._inputs = inputs
        self._outputs = outputs
        self._target = target
        self._by = by
        nodes = [node for column in columns for node in column.nodes]
        weights = [w for node in nodes for w in node.weights]
        biases = [node.bias for node in nodes if node.bias is not None]
        self._known = by == "weight" or any(p.grad != 0.0 for p in weights + biases)
        self._widest = _largest(map(self._amount, weights))
        self._deepest = _largest(node.z for node in nodes)
        self._few = max(len(inputs), *(len(column.nodes) for column in columns)) <= FEW

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return self._drawing.svg

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .svg, .png or .pdf file and return its path.

        ValueError for another ending, RuntimeError where nothing here makes the format.
        """
        path, kind = file_to_write(path, FORMATS, "a network's picture")
        path.write_bytes(self._drawing.render(kind))
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"image/svg+xml": in_a_cell(self.svg), "text/plain": str(self)}

    def __repr__(self) -> str:
        """One line per neuron."""
        rows = [["node", "activation", "bias", "weights", "a", "z"]]
        if self._by == "gradient":
            rows[0][2:4] = ["grad of bias", "grad of weights"]
        for column in self.columns:
            for j, node in enumerate(column.nodes):
                shown = [_text(self._amount(w)) for w in node.weights[:6]]
                bias = "" if node.bias is None else _text(self._amount(node.bias))
                more = "  …" if len(node.weights) > 6 else ""
                name = f"{column.name}[{j}]"
                values = [_text(node.a), _text(node.z)]
                rows.append([name, node.activation, bias, "  ".join(shown) + more, *values])
        said = [f"{verdict}: {self._outputs[j]}" for j, verdict in sorted(self._verdicts.items())]
        return "\n".join([aligned(rows), *said])

    @property
    def _verdicts(self) -> dict[int, str]:
        """What is said of an output: that it is the prediction, the largest z; the true class."""
        found = {} if self._target is None else {self._target: "true class"}
        zs = [node.z for node in self.columns[-1].nodes]
        known = [z for z in zs if z is not None and not math.isnan(z)]
        if len(zs) > 1 and len(known) == len(zs):
            best = known.index(max(known))  # of equals the first
            found[best] = "prediction, true class" if best in found else "prediction"
        return found

    def _amount(self, parameter: Parameter) -> float | None:
        """What a parameter shows: its value or its gradient, None before backward()."""
        if self._by == "weight":
            return parameter.data
        return parameter.grad if self._known else None

    # ---- what stands in the nodes ----------------------------------------------------------------

    def _rows(self, name: str, x: float | None) -> tuple[Row, ...]:
        """A name, with its value where there is one: below it where there is room."""
        if x is None:
            return (Row(name),)
        if self._few:
            return Row(name, SMALL), Row(significant(x), bold=True)
        return (Row(f"{name} = {significant(x)}"),)

    def _input_cards(self) -> list[Card]:
        long = max(len(name) for name, _ in self._inputs) > 8
        cards = []
        for name, x in self._inputs:
            rows = self._rows(name, x)
            if long and x is not None:
                rows = Row(name), Row(significant(x), bold=self._few)
            title = name if x is None else f"{name} = {significant(x)}"
            cards.append(Card(rows, title=title, radius=4.0))
        return cards

    def _card(self, column: Column, j: int) -> Card:
        """A node; a linear one has no right half, its a and z are one."""
        node = column.nodes[j]
        bias: tuple[Row, ...] = ()
        title = f"{column.name}[{j}]: a = {_text(node.a)}, z = {_text(node.z)}, {node.activation}"
        if node.bias is not None:
            amount = self._amount(node.bias)
            text = f"{'b =' if self._by == 'weight' else 'grad b'} {_text(amount)}"
            bias = (Row(text, SMALL, colour(amount) if amount else SOFT),)
            title += f"; {node.bias.title}"
        z = self._rows(f"z[{j}]", node.z)
        if not node.functions:
            return Card((*z, *bias), (), title, node.z)
        right = (*z, Row(node.activation, SMALL, SOFT))
        return Card((*self._rows(f"a[{j}]", node.a), *bias), right, title, node.z)

    # ---- the picture -----------------------------------------------------------------------------

    @cached_property
    def _drawing(self) -> Drawing:
        cards = [self._input_cards()]
        cards += [[self._card(c, j) for j in range(len(c.nodes))] for c in self.columns]
        headings = [("inputs", str(len(self._inputs)))]
        headings += [(c.name, f"{len(c.nodes)} {c.activation}") for c in self.columns]
        stacks, tall = _stacks(headings, cards)
        stacks[0] = replace(stacks[0], left=MARGIN + stacks[0].overhang)
        between: list[Shape] = []
        for k, column in enumerate(self.columns):
            gap, shapes = self._between(stacks[k], stacks[k + 1], column)
            stacks[k + 1] = replace(stacks[k + 1], left=stacks[k].right + gap)
            between += shapes
        last = stacks[-1]
        names = [text_width(name, 1.1 * SIZE) for name in self._outputs]  # one may be bold
        verdicts = [text_width(verdict, SMALL) for verdict in self._verdicts.values()]
        outputs = STUB + 6 + max(names + verdicts)
        words = self._legend_words()
        below = MARGIN + HEADING + tall + MARGIN
        return Drawing(
            f"network {'-'.join(str(len(column)) for column in cards)}, by {self._by}",
            MARGIN + max(
                last.right + max(outputs, last.overhang),
                *(MARGIN + text_width(line, SMALL) for line in words),
            ),
            below + LINE * (1 + len(words)) + MARGIN,
            (
                *between,
                *(shape for stack in stacks for shape in stack.shapes(self._deepest)),
                *self._ends(last),
                *_legend(words, below + LINE / 2),
            ),
        )  # fmt: skip

    def _between(self, tails: Stack, heads: Stack, column: Column) -> tuple[float, list[Shape]]:
        """The gap between two columns and the lines in it, with numbers where they have room."""
        weights = [w for node in column.nodes for w in node.weights]
        sizes = [ground_size(_text(self._amount(w)), NUMBER) for w in weights]
        ends = [(tail, head) for head in heads.ys for tail in tails.ys]
        x = tails.right

        def lines(gap: float) -> list[Line]:
            pairs = zip(ends, sizes, strict=True)
            return [Line((x, tail), (x + gap, head), size) for (tail, head), size in pairs]

        tall = max(stack.ys[-1] - stack.ys[0] for stack in (tails, heads))
        least = max(GAPS[0], min(0.4 * tall, GAPS[-2]), tails.overhang + heads.overhang + PAD)
        if self._known and len(weights) <= NUMBERED:
            for gap, crossed in _tries(least):
                shares = places(lines(gap), crossed)
                if shares is not None:
                    strokes = self._strokes(weights, lines(gap))
                    return gap, strokes + self._numbers(weights, lines(gap), shares)
        return least, self._strokes(weights, lines(least), crowded=True)

    def _strokes(
        self, weights: list[Parameter], lines: list[Line], crowded: bool = False
    ) -> list[Shape]:
        """The lines, the widest on top; where they are crowded, thinner and the thin ones faint."""
        share = max(0.45, 1.0 - len(lines) / 300) if crowded else 1.0
        found = []
        for w, line in zip(weights, lines, strict=True):
            amount = self._amount(w)
            width = thickness(amount, self._widest)
            dashes = DASHES if amount is not None and amount < 0 else ()
            faint = min(1.0, 0.15 + 0.2 * width) if crowded else 1.0
            to_point_at = Stroke(line.start, line.end, PAPER, 7.0, opacity=0.0)
            seen = Stroke(line.start, line.end, colour(amount), share * width, dashes, faint)
            found.append((width, Titled(w.title, (to_point_at, seen))))
        return [shape for _, shape in sorted(found, key=lambda pair: pair[0])]

    def _numbers(
        self, weights: list[Parameter], lines: list[Line], shares: list[float]
    ) -> list[Shape]:
        """The numbers along their lines."""
        found: list[Shape] = []
        for w, line, share in zip(weights, lines, shares, strict=True):
            amount = self._amount(w)
            found.append(
                Words(_text(amount), *line.at(share), NUMBER, colour(amount), ground=PAPER,
                      slope=line.slope)
            )  # fmt: skip
        return found

    def _ends(self, last: Stack) -> list[Shape]:
        """The names of the outputs; below them, which is predicted and which is true."""
        x, found = last.right, list[Shape]()
        for j, (name, y) in enumerate(zip(self._outputs, last.ys, strict=True)):
            verdict = self._verdicts.get(j, "")
            predicted = verdict.startswith("prediction")
            found.append(
                Stroke((x, y), (x + STUB, y), INK if predicted else FRAME, 1.5 + predicted)
            )
            found.append(Words(name, x + STUB + 6, y, SIZE, INK, "start", predicted))
            if verdict:
                found.append(Words(verdict, x + STUB + 6, y + LINE, SMALL, SOFT, "start"))
        return found

    def _legend_words(self) -> list[str]:
        """What the reader has to know, line by line."""
        if self._known:
            widest = f" (widest {significant(self._widest)})" if self._widest else ""
            words = [f"the wider the line, the farther its {self._by} from 0{widest}"]
        else:
            words = ["no gradient yet: call backward() on a loss"]
        if self._deepest:
            words.append("the deeper the fill of a neuron, the farther its z from 0")
        return words


def draw_network(
    model: Any,
    inputs: Iterable[Any] | None = None,
    *,
    by: Literal["weight", "gradient"] = "weight",
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    target: int | str | None = None,
    limit: int | None = 1000,
) -> NetworkPicture:
    """A picture of a network, layers as columns (Bradbury, figure 4).

    `inputs`, one number or Value per input, show the activations a and node values z of that
    example.  Lines and biases show the parameters, `by="gradient"` their gradients: solid blue
    is positive, dashed orange negative, the wider the larger; a dash stands for a gradient before
    `backward()`.  `features` and `classes` name inputs and outputs; of two outputs or more the
    largest is marked as the prediction, and `target`, its number or name, as the true class.  A
    layer or a neuron is drawn the same way.  ValueError where there are more than `limit` weights
    (None: no limit), and where the model gives something else for the inputs than its layers one
    after another.
    """
    if by not in ("weight", "gradient"):
        raise ValueError(f'by is "weight" or "gradient", got {by!r}')
    columns = read_columns(model)
    count = sum(len(node.weights) for column in columns for node in column.nodes)
    if limit is not None and count > limit:
        raise ValueError(
            f"this network has {count:,} weights, and a picture is readable up to about {limit:,}: "
            "draw one layer, draw_network(model.layers[-1]), one neuron of it, or all with "
            "draw_network(model, limit=None)"
        )
    nin, nout = len(columns[0].nodes[0].weights), len(columns[-1].nodes)
    given: list[float | None] = [None] * nin
    names = [f"x[{i}]" for i in range(nin)]
    if inputs is not None:
        try:
            example = list(inputs)
        except TypeError:
            raise TypeError(
                f"inputs are numbers or Values, one per input, got {describe_type(inputs)}"
            ) from None
        if len(example) != nin:
            raise ValueError(f"this network has {nin} inputs, got {len(example)}")
        numbers = [to_number(x if is_node(x) else constant(x)) for x in example]
        names = [label_text(x) or name for x, name in zip(example, names, strict=True)]
        columns, given = on_example(model, columns, numbers), [*numbers]
    names = _named(features, names, "features", "inputs")
    ends = ["output"] if nout == 1 else [f"output[{j}]" for j in range(nout)]
    outputs = _named(classes, ends, "classes", "outputs")
    true = None if target is None else _place(target, outputs)
    return NetworkPicture(columns, list(zip(names, given, strict=True)), outputs, by, true)


def _place(target: int | str, outputs: list[str]) -> int:
    """Where the true class stands among the outputs; ValueError where it is none of them."""
    if target in outputs:
        return outputs.index(str(target))
    if isinstance(target, int) and 0 <= target < len(outputs):
        return target
    raise ValueError(
        f"target is the true class, 0 to {len(outputs) - 1} or one of {', '.join(outputs)}, "
        f"got {target!r}"
    )


def _text(x: float | None) -> str:
    return "–" if x is None else significant(x)


def _largest(amounts: Iterable[float | None]) -> float:
    """The largest finite size, 0 where there is none."""
    return max((abs(x) for x in amounts if x is not None and math.isfinite(x)), default=0.0)


def _named(given: Sequence[str], names: list[str], what: str, of: str) -> list[str]:
    if len(given) not in (0, len(names)):
        raise ValueError(f"{what} names {len(given)} of {len(names)} {of}: name all or none")
    return [one_line(str(name)) for name in given] or names


# ---- layout --------------------------------------------------------------------------------------


def _stacks(headings: list[tuple[str, str]], cards: list[list[Card]]) -> tuple[list[Stack], float]:
    """The columns, their middles on one height, and how tall the tallest is."""
    high = [max(card.size[1] for card in column) for column in cards]
    pitch = [  # columns of as few nodes have them on the same heights
        max(h + CLOSE, max(high) / 2 + APART * 2 / max(2, len(column)))
        for column, h in zip(cards, high, strict=True)
    ]
    tall = max(h + p * (len(c) - 1) for c, h, p in zip(cards, high, pitch, strict=True))
    stacks = []
    for heading, column, p in zip(headings, cards, pitch, strict=True):
        step = max(p, SPREAD * tall / len(column))
        top = MARGIN + HEADING + tall / 2 - step * (len(column) - 1) / 2
        stacks.append(Stack(heading, column, [top + step * j for j in range(len(column))]))
    return stacks, tall


def _tries(least: float) -> list[tuple[float, int]]:
    """Gaps, and how many lines may run through a number: one costs as much as half a gap more."""
    gaps = [least, *(gap for gap in GAPS if gap > least)]
    tries = [(gap, crossed) for gap in gaps for crossed in (0, 1)]
    return sorted(tries, key=lambda t: t[0] * (1 + t[1] / 2))


def _legend(words: list[str], y: float) -> list[Shape]:
    """A sample of either sign, and the words below."""
    found: list[Shape] = []
    x = MARGIN
    for name, amount, dashes in (("positive", 1.0, ()), ("negative", -1.0, DASHES)):
        found.append(Stroke((x, y), (x + SAMPLE, y), colour(amount), 2.5, dashes))
        found.append(Words(name, x + SAMPLE + 6, y, SMALL, SOFT, "start"))
        x += SAMPLE + 6 + text_width(name, SMALL) + MARGIN
    lines = enumerate(words, start=1)
    return found + [Words(line, MARGIN, y + LINE * i, SMALL, SOFT, "start") for i, line in lines]
