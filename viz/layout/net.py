"""What a layout is made from and what it is made into, and the net that it works on.

In the modules of the layout a point is (along the flow, across the flow); the flow runs from inputs
to outputs.  Only `layered.py` turns it into (x, y).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from viz.layout.frames import Tree

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A node to place: its size in points, the cluster to keep it with, the row to keep it in.

    The cluster "a.b" stands in a frame within the frame of "a".  A box that stands on a path
    between members of a cluster is drawn in its frame.  Boxes of one row that stand side by side
    do so in the order in which they are given; so do clusters "a[0]", "a[1]" of one list.
    """

    width: float
    height: float
    cluster: str = ""
    row: str = ""


@dataclass(frozen=True)
class Edge:
    """From box number `tail` to box number `head`, with the size of its label, 0 if it has none."""

    tail: int
    head: int
    label_width: float = 0.0
    label_height: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in points; the origin is top left and y grows downwards.

    Draw each segment of a route as a cubic that leaves and arrives along the flow, both control
    points halfway along: it then meets no box but its own two, and no label.  A segment across the
    flow is a turn, round the end of a row or into the next one; one against the flow is straight.
    """

    width: float
    height: float
    centers: list[Point]  # of the boxes
    routes: list[list[Point]]  # of the edges, from the border of the tail to that of the head
    labels: list[Point]  # their centres, beside the routes: above in "LR", to the right in "TB"
    frames: dict[str, Rectangle]  # cluster -> x, y, width, height
    returns: frozenset[int] = frozenset()  # the edges that go back, from one row to the next


@dataclass
class Net:
    """Vertices on levels, the boxes first; links join vertices of neighbouring levels."""

    edges: Sequence[Edge]
    sizes: list[Point]  # of the boxes: (along, across)
    texts: list[Point]  # of the labels
    tree: Tree  # of the frames
    rows: list[str] = field(default_factory=list)  # of the boxes
    levels: list[list[int]] = field(default_factory=list)
    up: list[list[int]] = field(default_factory=list)  # neighbours one level back
    down: list[list[int]] = field(default_factory=list)  # neighbours one level on
    length: list[float] = field(default_factory=list)  # size along the flow
    before: list[float] = field(default_factory=list)  # room to keep across the flow, one side
    after: list[float] = field(default_factory=list)  # and the other
    group: list[int] = field(default_factory=list)  # the number of the innermost frame, or -1
    wire: list[int] = field(default_factory=list)  # of a bend: the first bend of its wire
    sources: list[int] = field(default_factory=list)  # from where each edge arrives at its head
    spots: list[int] = field(default_factory=list)  # where each edge has its label
    crowded: bool = False  # whether wires are shared
    long: set[int] = field(default_factory=set)  # first and last bends of edges over many ranks
    reach: list[tuple[int, int]] = field(default_factory=list)  # of frames: first and last level
    heads: dict[tuple[int, int], Point] = field(default_factory=dict)  # of titles: frame, level
    fences: dict[int, int] = field(default_factory=dict)  # bends of frames: -1 before, 1 after

    def add(self, level: int, length: float, before: float, after: float, group: int) -> int:
        """A new vertex, last on its level."""
        self.levels[level].append(len(self.up))
        self.up.append([])
        self.down.append([])
        self.length.append(length)
        self.before.append(before)
        self.after.append(after)
        self.group.append(group)
        self.wire.append(len(self.wire))
        return len(self.up) - 1

    def link(self, tail: int, head: int) -> None:
        """Join two vertices of neighbouring levels."""
        self.down[tail].append(head)
        self.up[head].append(tail)

    def level_of(self) -> list[int]:
        """The level of each vertex."""
        where = [0] * len(self.up)
        for i, level in enumerate(self.levels):
            for v in level:
                where[v] = i
        return where


def positions(levels: Sequence[Sequence[int]], vertices: int) -> list[int]:
    """The index of each vertex on its level."""
    position = [0] * vertices
    for level in levels:
        for i, v in enumerate(level):
            position[v] = i
    return position
