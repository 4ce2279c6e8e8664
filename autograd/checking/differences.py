"""Numerical derivatives that know how wrong they may be.

A central difference errs by truncation where its step is large and by rounding where it is small.
`derivative` sweeps the step from large to small, extrapolates each two neighbours (Richardson), and
takes the step where neighbours agree best: what they differ by there is the error bar.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, nan
from sys import float_info

EPSILON = float_info.epsilon
RATIO = 4.0  # each step of the sweep is a quarter of the one before
PATIENCE = 4  # how many steps may fail to improve before the sweep ends
TINY = 1e-300
TRUST = 4.0  # a number is off where it is further away than this many error bars


class Difference:
    """A numerical derivative, its error bar, and its sweep: (step, derivative, error bar) each."""

    __slots__ = ("bar", "sweep", "value")

    def __init__(
        self, value: float, bar: float, sweep: tuple[tuple[float, float, float], ...] = ()
    ) -> None:
        self.value = value
        self.bar = bar
        self.sweep = sweep


UNKNOWN = Difference(nan, inf)


def derivative(f: Callable[[float], float | None], x: float, size: float = 0.0) -> Difference:
    """df/dx at x from both sides; f gives None where a step may not go (an edge, a kink between).

    The values of f are taken to be wrong by a few 2**-52 of themselves, or of `size` where larger.
    """

    def quotient(step: float) -> tuple[float, float] | None:
        low, high = x - step, x + step
        left, right = f(low), f(high)
        if left is None or right is None:
            return None
        return (right - left) / (high - low), max(abs(left), abs(right), size)

    return _sweep(quotient, x, 2)


def slope(f: Callable[[float], float | None], x: float, side: int) -> Difference:
    """The derivative of f at x from one side: -1 for the left, +1 for the right."""
    center = f(x)

    def quotient(step: float) -> tuple[float, float] | None:
        y = x + side * step
        moved = f(y)
        if moved is None or center is None:
            return None
        return (moved - center) / (y - x), max(abs(moved), abs(center))

    return _sweep(quotient, x, 1)


def steps(x: float) -> list[float]:
    """Steps to try at x, largest first: from 1/8 of 1 or |x| down to a few units in the last place.

    Where |x| is small there are steps relative to |x| too.
    """
    scale = max(1.0, abs(x))
    sizes = [scale / 8 * RATIO**-k for k in range(24)]
    if 0 < abs(x) < 1e-3:
        sizes += [abs(x) / 8 * RATIO**-k for k in range(8)]
    return sorted(set(sizes), reverse=True)


def _sweep(
    quotient: Callable[[float], tuple[float, float] | None], x: float, order: int
) -> Difference:
    """The extrapolated quotient where its neighbours agree best; its error is h**order.

    What counts is the error bar relative to the slope, or to |f|/|x| where the slope is small.
    """
    plain: list[tuple[float, float]] = []  # step, quotient
    better: list[tuple[float, float, float]] = []  # step, extrapolated quotient, rounding
    sweep: list[tuple[float, float, float]] = []
    natural, worse = 0.0, 0
    best = UNKNOWN
    for step in steps(x):
        found = quotient(step)
        if found is None or not isfinite(found[0]):
            continue
        value, size = found
        natural = max(natural, size / max(1.0, abs(x)))
        if plain:
            ratio = (plain[-1][0] / step) ** order
            extrapolated = value + (value - plain[-1][1]) / (ratio - 1)
            better.append((step, extrapolated, 4 * EPSILON * size / step))
        plain.append((step, value))
        if len(better) < 3:
            continue
        (_, first, _), (h, middle, rounding), (_, last, _) = better[-3:]
        sweep.append((h, middle, abs(middle - first) + abs(last - middle) + rounding))
        h, value, bar = min(sweep, key=lambda entry: entry[2] / (abs(entry[1]) + natural + TINY))
        worse = worse + 1 if bar == best.bar else 0
        best = Difference(value, bar)
        if worse >= PATIENCE and bar < 1e-6 * abs(value):
            break
    return Difference(best.value, best.bar, tuple(sweep))


def differ(left: Difference, right: Difference, rtol: float = 1e-7) -> bool:
    """Whether the slopes from both sides differ by more than their error bars: a kink."""
    allowed = TRUST * (left.bar + right.bar) + rtol * max(abs(left.value), abs(right.value))
    return abs(left.value - right.value) > allowed
