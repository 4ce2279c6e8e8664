"""Where the numbers on crossing lines have room.

A number lies along its line, as near the middle as it can, and touches no other number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SHARES = [0.01 * i for i in range(1, 100)]  # of the way along a line, where a number may be put

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """From where to where, and the width and height of the number on it."""

    start: Point
    end: Point
    size: tuple[float, float]

    @property
    def slope(self) -> float:
        """The angle to the horizontal, in radians."""
        (a, b), (c, d) = self.start, self.end
        return math.atan2(d - b, c - a)

    @property
    def reach(self) -> float:
        """Half the number's width, as a share of the way."""
        return self.size[0] / 2 / math.dist(self.start, self.end)

    def at(self, share: float) -> Point:
        """The point at a share of the way."""
        (a, b), (c, d) = self.start, self.end
        return a + share * (c - a), b + share * (d - b)

    def number(self, share: float) -> list[Point]:
        """Points along the number when its middle is there, closer together than it is high."""
        count = 2 + int(2 * self.size[0] / self.size[1])
        step = 2 * self.reach / (count - 1)
        return [self.at(share - self.reach + step * i) for i in range(count)]


def places(lines: Sequence[Line], crossed: int) -> list[float] | None:
    """The share of the way at which each number stands; None where one has no room.

    All lines begin at one x and end at another; at most `crossed` others run through a number.
    """
    rooms = [_room(line, lines, crossed) for line in lines]
    chosen = [0.5] * len(lines)
    taken: list[tuple[Line, float]] = []
    for i in sorted(range(len(lines)), key=lambda i: len(rooms[i])):  # the fewest places first
        line = lines[i]
        free = (t for t in rooms[i] if not any(touch(line, t, *other) for other in taken))
        share = next(free, None)
        if share is None:
            return None
        chosen[i] = share
        taken.append((line, share))
    return chosen


def touch(one: Line, here: float, two: Line, there: float) -> bool:
    """Whether two numbers come closer to each other than they are high."""
    apart = max(one.size[1], two.size[1])
    middles = math.dist(one.at(here), two.at(there))
    if middles > (one.size[0] + two.size[0]) / 2 + apart:
        return False
    return any(math.dist(p, q) < apart for p in one.number(here) for q in two.number(there))


def _room(line: Line, lines: Sequence[Line], crossed: int) -> list[float]:
    """The shares at which few enough lines run through the number, best first."""
    covered = [_covered(line, other) for other in lines if other is not line]
    counts = [
        (sum(low < t < high for low, high in covered), abs(t - 0.5), t)
        for t in SHARES
        if line.reach < t < 1 - line.reach
    ]
    return [t for count, _, t in sorted(counts) if count <= crossed]


def _covered(line: Line, other: Line) -> tuple[float, float]:
    """From which to which share of the way a number on the line lies on another line."""
    near = line.size[1] / 2 / math.cos(other.slope)
    below = other.start[1] - line.start[1]  # so far is the other line below this one at the start
    falls = other.end[1] - line.end[1] - below  # and so much more at the end
    if falls == 0:  # parallel lines are a row of nodes apart
        return 0.0, 0.0
    low, high = sorted(((-near - below) / falls, (near - below) / falls))
    return low - line.reach, high + line.reach
