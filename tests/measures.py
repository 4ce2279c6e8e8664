"""How good a picture is: what is wrong in it, counted, and how large and entangled it is.

    picture = drawn(root, "LR")
    faults(picture)                          {} where nothing is wrong
    crossings(picture), area(picture)

A drawn picture is a scene with the rectangles of its words and the points of its curves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from viz.drawing.scene import Scene, make_scene
from viz.drawing.svg import box_size, place_scene, text_width
from viz.folding.levels import Folding
from viz.layout.frames import title_of
from viz.placing.placement import Placed

STEPS = 12  # points on each cubic
TYPE = 12.0  # the size of type of labels and titles
SLACK = 0.6  # so far, in points, lines may reach into what they pass

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Drawn:
    """A placed scene: rectangles of boxes, frames, labels and titles, a polyline for each edge."""

    scene: Scene
    placed: Placed
    direction: str
    boxes: list[Rectangle]
    frames: dict[str, Rectangle]
    titles: dict[str, Rectangle]
    labels: dict[int, Rectangle]
    lines: list[np.ndarray]

    @property
    def axis(self) -> int:
        """Along which coordinate it flows."""
        return int(self.direction == "TB")


def drawn(root: Any, direction: str, engine: str = "own") -> Drawn:
    """The graph below root, placed."""
    scene = make_scene(Folding([root]).at("operations"))
    placed = place_scene(scene, direction, engine)
    titles = {
        name: (x + 8, y + 5, x + 8 + text_width(title_of(name, placed.frames), TYPE), y + 16)
        for name, (x, y, _, _) in placed.frames.items()
    }
    return Drawn(
        scene,
        placed,
        direction,
        [_around(at, *box_size(box)) for at, box in zip(placed.centers, scene.boxes)],
        {name: (x, y, x + w, y + h) for name, (x, y, w, h) in placed.frames.items()},
        titles,
        {
            i: _around(at, text_width(arrow.label, TYPE), TYPE)
            for i, (at, arrow) in enumerate(zip(placed.labels, scene.arrows))
            if arrow.label
        },
        [_line(curve, tip) for curve, tip in zip(placed.curves, placed.tips)],
    )


def _around(center: tuple[float, float], width: float, height: float) -> Rectangle:
    x, y = center
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _line(curve: list[tuple[float, float]], tip: tuple[float, float]) -> np.ndarray:
    """The points of a curve of cubics, and the tip of its arrow."""
    points, t = np.array(curve), np.linspace(0, 1, STEPS + 1)[:, None]
    pieces = [points[:1]]
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        straight = a[1] == b[1] == c[1] == d[1] or a[0] == b[0] == c[0] == d[0]
        s = t[[-1]] if straight else t[1:]
        u = 1 - s
        pieces.append(u**3 * a + 3 * u * u * s * b + 3 * u * s * s * c + s**3 * d)
    return np.concatenate([*pieces, [tip]])


# ---- what must not be ----------------------------------------------------------------------------


def faults(picture: Drawn) -> dict[str, int]:
    """How many of each kind of fault, where there are any."""
    counts = {
        "boxes that overlap": _overlaps(picture.boxes),
        "arrows through boxes": sum(1 for _ in _through_boxes(picture)),
        "arrows through titles": sum(1 for _ in _through_titles(picture)),
        "arrows through labels": sum(1 for _ in _through_labels(picture)),
        "labels that overlap": _overlaps([*picture.labels.values(), *picture.titles.values()]),
        "labels on boxes": sum(
            _meet(label, box) for label in picture.labels.values() for box in picture.boxes
        ),
        "titles out of their frames": sum(
            title[2] > picture.frames[name][2] for name, title in picture.titles.items()
        ),
        "words out of their boxes": sum(
            text_width(line, 13.0) > box_size(box)[0] for box in picture.scene.boxes
            for line in box.lines
        ),
        "boxes on foreign frames": sum(1 for _ in _strangers(picture)),
        "frames that overlap": sum(1 for _ in _tangled(picture)),
        "arrows against the flow": sum(1 for _ in _backwards(picture)),
        "neurons out of order": sum(1 for _ in _disorder(picture)),
        "out of the picture": sum(1 for _ in _outside(picture)),
    }  # fmt: skip
    return {what: count for what, count in counts.items() if count}


def _meet(a: Rectangle, b: Rectangle) -> bool:
    return (
        a[0] < b[2] - SLACK and b[0] < a[2] - SLACK and a[1] < b[3] - SLACK and b[1] < a[3] - SLACK
    )


def _overlaps(rectangles: list[Rectangle]) -> int:
    return sum(_meet(a, b) for a, b in combinations(rectangles, 2))


def _passers(picture: Drawn, rectangle: Rectangle) -> set[int]:
    """The edges that run through a rectangle."""
    left, top, right, bottom = rectangle
    found = set()
    for i, line in enumerate(picture.lines):
        low, high = line.min(0), line.max(0)
        if low[0] < right and high[0] > left and low[1] < bottom and high[1] > top:
            for p, q in pairwise(line):
                if _cuts(p, q, (left + SLACK, top + SLACK, right - SLACK, bottom - SLACK)):
                    found.add(i)
                    break
    return found


def _cuts(p: np.ndarray, q: np.ndarray, rectangle: Rectangle) -> bool:
    """Whether the straight line from p to q has a part inside (Liang and Barsky's clipping)."""
    start, end = 0.0, 1.0
    for axis in (0, 1):
        low, high = rectangle[axis], rectangle[axis + 2]
        a, d = float(p[axis]), float(q[axis] - p[axis])
        if d == 0.0:
            if not low < a < high:
                return False
            continue
        first, last = sorted(((low - a) / d, (high - a) / d))
        start, end = max(start, first), min(end, last)
    return start < end


def _through_boxes(picture: Drawn) -> Iterator[tuple[int, int]]:
    for v, box in enumerate(picture.boxes):
        for i in _passers(picture, box):
            if v not in (picture.scene.arrows[i].tail, picture.scene.arrows[i].head):
                yield i, v


def _through_titles(picture: Drawn) -> Iterator[tuple[int, str]]:
    for name, title in picture.titles.items():
        for i in _passers(picture, title):
            yield i, name


def _through_labels(picture: Drawn) -> Iterator[tuple[int, int]]:
    for j, label in picture.labels.items():
        for i in _passers(picture, label):
            if i != j:
                yield i, j


def _inside(cluster: str, frame: str) -> bool:
    return cluster == frame or cluster.startswith(frame + ".")


def _strangers(picture: Drawn) -> Iterator[tuple[str, int]]:
    for name, frame in picture.frames.items():
        for v, (box, rectangle) in enumerate(zip(picture.scene.boxes, picture.boxes)):
            if box.cluster and not _inside(box.cluster, name) and _meet(frame, rectangle):
                yield name, v


def _tangled(picture: Drawn) -> Iterator[tuple[str, str]]:
    for a, b in combinations(picture.frames, 2):
        if not (_inside(a, b) or _inside(b, a)) and _meet(picture.frames[a], picture.frames[b]):
            yield a, b


def _backwards(picture: Drawn) -> Iterator[int]:
    axis = picture.axis
    for i, line in enumerate(picture.lines):
        if i not in picture.placed.returns and (np.diff(line[:, axis]) < -SLACK).any():
            yield i


def _disorder(picture: Drawn) -> Iterator[tuple[str, str]]:
    """Neighbours among a layer's neurons of which the later one stands first."""
    rows: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for box, center in zip(picture.scene.boxes, picture.placed.centers):
        found = re.fullmatch(r"(.*neurons)\[(\d+)\](.*)", box.name)
        if found and box.kind == "result":
            row = rows.setdefault((found[1], found[3]), [])
            row.append((int(found[2]), center[1 - picture.axis]))
    for row, places in rows.items():
        for (_, here), (_, there) in pairwise(sorted(places)):
            if here >= there:
                yield row


def _outside(picture: Drawn) -> Iterator[Rectangle]:
    width, height = picture.placed.width, picture.placed.height
    rectangles = [*picture.boxes, *picture.frames.values(), *picture.labels.values()]
    for line in picture.lines:
        rectangles.append((*line.min(0), *line.max(0)))
    for r in rectangles:
        if r[0] < 0 or r[1] < 0 or r[2] > width or r[3] > height:
            yield r


# ---- what should be small ------------------------------------------------------------------------


def area(picture: Drawn) -> float:
    """In square points."""
    return picture.placed.width * picture.placed.height


def crossings(picture: Drawn) -> int:
    """How often the lines of two edges cross."""
    starts = np.concatenate([line[:-1] for line in picture.lines])
    ends = np.concatenate([line[1:] for line in picture.lines])
    sizes = [len(line) - 1 for line in picture.lines]
    count = done = 0
    for size in sizes:
        p, q = (x[done : done + size, None] for x in (starts, ends))
        done += size
        r, s = starts[None, done:], ends[None, done:]
        apart = _side(p, q, r) * _side(p, q, s) < -1e-6
        count += int((apart & (_side(r, s, p) * _side(r, s, q) < -1e-6)).sum())
    return count


def _side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
    """On which side of the lines from p to q the points r lie: the sign says it."""
    d, e = q - p, r - p
    return d[..., 0] * e[..., 1] - d[..., 1] * e[..., 0]
