"""A long picture in rows: it is cut where few edges pass, and they return to the next row.

A return is drawn like that of a typewriter: round the end of the row, back below it, and round
into the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from viz.layout.net import Edge, Point, Rectangle

RETURNS = 2  # edges that may return together
SHAPE = 1.8  # a folded picture is about so many times as long as it is broad
CHANNEL = 16.0  # between a row and what returns below it
TRACK = 8.0  # between edges that return
WIDEST, LARGER = 0.7, 1.3  # a row against the whole, and the picture in rows: not more than that
TURN = 40.0  # room before a row for those that come round


@dataclass
class Places:
    """Where everything stands, in (along, across); a route that turns back has been cut there."""

    centers: list[Point]
    routes: list[list[Point]]
    labels: list[Point]
    frames: list[Rectangle]  # along, across, length, breadth
    returns: frozenset[int] = frozenset()


def fold(
    places: Places,
    spans: Sequence[Point],
    edges: Sequence[Edge],
    sizes: Sequence[Point],
    texts: Sequence[Point],
    longest: float,
) -> Places:
    """The same in rows, where it is longer than `longest` and there are cuts for it.

    `spans` are the levels, `sizes` and `texts` the sizes of boxes and labels.
    """
    things = [
        *[(x, y, size[1]) for (x, y), size in zip(places.centers, sizes)],
        *[(x, y, text[1]) for (x, y), text in zip(places.labels, texts)],
        *[(x, y + breadth / 2, breadth) for x, y, _, breadth in places.frames],
    ]
    length = spans[-1][1] if spans else 0.0
    if length <= longest:
        return places
    breadth = max(y + b / 2 for _, y, b in things) - min(y - b / 2 for _, y, b in things)
    rows = round(sqrt(length / SHAPE / (breadth + 2 * CHANNEL)))
    cuts = _chosen(_cuts(places, spans, edges), length, rows)
    if not cuts:
        return places
    ends = [end for end, _ in cuts]
    starts = [0.0, *[start - TURN for _, start in cuts]]
    routes, returning = _cut(places.routes, cuts)
    low, high = [float("inf")] * len(starts), [float("-inf")] * len(starts)
    points = [(x, y, 0.0) for pieces in routes for piece in pieces for x, y in piece]
    for x, y, b in [*things, *points]:
        row = bisect_right(ends, x - 1e-6)
        low[row], high[row] = min(low[row], y - b / 2), max(high[row], y + b / 2)
    shifts, at = [], 0.0
    for row, passing in enumerate([*returning, []]):
        shifts.append((-starts[row], at - low[row]))
        at += high[row] - low[row] + 2 * CHANNEL + TRACK * max(0, len(passing) - 1)
    widest = max(b - a for a, b in zip(starts, [*ends, length]))
    if widest > WIDEST * length or widest * at > LARGER * length * (breadth + 2 * CHANNEL):
        return places

    def move(x: float, y: float) -> Point:
        along, across = shifts[bisect_right(ends, x - 1e-6)]
        return x + along, y + across

    moved = [[move(*point) for point in pieces[0]] for pieces in routes]
    for row, passing in enumerate(returning):
        below = high[row] + shifts[row][1] + CHANNEL
        sides = {(i, p): (routes[i][p][-1][1], routes[i][p + 1][0][1]) for i, p in passing}
        order = sorted(passing, key=sides.__getitem__, reverse=True)
        for track, (i, piece) in enumerate(order):  # the lowest turns first
            out, into = moved[i][-1], [move(*point) for point in routes[i][piece + 1]]
            channel = below + TRACK * track
            moved[i] += (out[0], channel), (into[0][0], channel), *into
    return Places(
        [move(*center) for center in places.centers],
        moved,
        [move(*label) for label in places.labels],
        [(*move(x, y), long, broad) for x, y, long, broad in places.frames],
        frozenset(i for passing in returning for i, _ in passing),
    )


def _cuts(places: Places, spans: Sequence[Point], edges: Sequence[Edge]) -> list[Point]:
    """Where a row may end and the next begin: after boxes, outside of frames, with few edges."""
    events = sorted(
        [(route[0][0], 1) for route in places.routes]
        + [(route[-1][0], -1) for route in places.routes]
    )
    boxed = {round(x, 3) for x, _ in places.centers}
    cuts, passing, k = [], 0, 0
    for (start, end), (after, _) in pairwise(spans):
        while k < len(events) and events[k][0] <= end + 1e-6:
            passing += events[k][1]
            k += 1
        framed = any(x < end < x + length for x, _, length, _ in places.frames)
        if passing <= RETURNS and not framed and round((start + end) / 2, 3) in boxed:
            cuts.append((end, after))
    return cuts


def _chosen(cuts: Sequence[Point], length: float, rows: int) -> list[Point]:
    """The cuts that make rows of about one length."""
    chosen: list[Point] = []
    start, size = 0.0, length / max(rows, 1)
    while length - start > 1.3 * size:
        ahead = [cut for cut in cuts if cut[0] > start + size / 2]
        if not ahead:
            break
        chosen.append(min(ahead, key=lambda cut: abs(cut[0] - start - size)))
        start = chosen[-1][1]
    return chosen


def _cut(
    routes: Sequence[list[Point]], cuts: Sequence[Point]
) -> tuple[list[list[list[Point]]], list[list[tuple[int, int]]]]:
    """Each route in pieces; for each cut the routes that pass it, and after which piece."""
    pieces: list[list[list[Point]]] = []
    returning: list[list[tuple[int, int]]] = [[] for _ in cuts]
    for i, (first, *others) in enumerate(routes):
        pieces.append([[first]])
        for x, y in others:
            for c, (end, start) in enumerate(cuts):
                px, py = pieces[i][-1][-1]
                if px <= end + 1e-6 < x:
                    if px < end:
                        pieces[i][-1].append((end, py))
                    returning[c].append((i, len(pieces[i]) - 1))
                    pieces[i].append([(min(start, x), y)])
            if pieces[i][-1][-1] != (x, y):
                pieces[i][-1].append((x, y))
    return pieces, returning
