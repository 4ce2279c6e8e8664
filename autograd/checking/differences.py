"""Numerical derivatives that know how wrong they may be.

A central difference errs by truncation where its step is large and by rounding where it is small.
`derivative` sweeps the step from large to small, extrapolates each two neighbours (Richardson), and
takes the step where neighbours agree best: what they differ by there is the error bar.
`resolution` measures how finely a function's values are known, where nobody can say it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from math import comb, frexp, hypot, inf, isfinite, nan, sqrt
from sys import float_info

EPSILON = float_info.epsilon
SMALLEST = float_info.min  # below it a float is rounded as this one is: underflow
RATIO = 4.0  # each step of the sweep is a quarter of the one before
PATIENCE = 4  # how many steps may fail to improve before the sweep ends
TINY = 1e-300
TRUST = 4.0  # a number is off where it is further away than this many error bars
NEAR_ZERO = 1e-3  # an x nearer to 0 has steps of its own size too
SURE = 10.0  # a slope is surely another where it is further away than this many error bars
ROUGH = 2.0**-42  # values that are known to this part of themselves or less are rough
CLEAR = 1e-4  # a bar below this part of the derivative is a clear one

Function = Callable[[float], "float | None"]


class Difference:
    """A numerical derivative, its error bar, and its sweep: (step, derivative, error bar) each."""

    __slots__ = ("bar", "sweep", "value")

    def __init__(
        self, value: float, bar: float, sweep: tuple[tuple[float, float, float], ...] = ()
    ) -> None:
        self.value = value
        self.bar = bar
        self.sweep = sweep

    @property
    def clear(self) -> bool:
        """Whether the bar is small beside the derivative."""
        return self.bar <= CLEAR * abs(self.value)


UNKNOWN = Difference(nan, inf)


def derivative(
    f: Function,
    x: float,
    size: float = 0.0,
    noise: float = 0.0,
    stored: Callable[[float], float] = float,
) -> Difference:
    """df/dx at x from both sides; f gives None where a step may not go (an edge, a kink between).

    The values of f are taken to be wrong by a few 2**-52 of themselves, or of `size` where larger,
    and by `noise`.  `stored(x)` is what x becomes where f keeps it in fewer bits.
    """

    def quotient(step: float) -> tuple[float, float] | None:
        low, high = stored(x - step), stored(x + step)
        right = f(high)
        left = None if right is None else f(low)
        if left is None or right is None:
            return None
        if not low < x < high:
            return nan, abs(left)  # x has too few bits for this step
        return (right - left) / (high - low), max(abs(left), abs(right), size)

    return _sweep(quotient, x, (2,), noise)


def slope(
    f: Function,
    x: float,
    side: int,
    size: float = 0.0,
    noise: float = 0.0,
    stored: Callable[[float], float] = float,
) -> Difference:
    """The derivative of f at x from one side: -1 for the left, +1 for the right."""
    center = f(x)

    def quotient(step: float) -> tuple[float, float] | None:
        y = stored(x + side * step)
        moved = f(y)
        if moved is None or center is None:
            return None
        if y == x:
            return nan, abs(center)
        return (moved - center) / (y - x), max(abs(moved), abs(center), size)

    return _sweep(quotient, x, (1, 2, 3), noise)


def steps(x: float, rough: bool = False) -> list[float]:
    """Steps to try at x, largest first: from 1/8 of 1 or |x| down to a few units in the last place.

    Where |x| is small there are steps relative to |x| too; a rough function has more large ones.
    """
    scale = max(1.0, abs(x))
    sizes = [scale / 8 * RATIO**-k for k in range(24)]
    if rough:
        sizes = [scale / 2**k for k in range(1, 30)]
    if 0 < abs(x) < NEAR_ZERO:
        sizes += [s for k in range(8) if x + (s := abs(x) / 8 * RATIO**-k) != x]
    return sorted(set(sizes), reverse=True)


def finer_steps(x: float) -> list[float]:
    """Steps between those relative to 1 and those relative to a small |x|, 2**10 apart."""
    return [s for k in range(5, 100) if (s := 2.0 ** (-10 * k)) > abs(x) * 2.0**-40]


def _sweep(
    quotient: Callable[[float], tuple[float, float] | None],
    x: float,
    orders: Sequence[int],
    noise: float,
) -> Difference:
    """The extrapolated quotient where its neighbours agree best."""
    first = quotient(steps(x)[-1])
    if first is None:
        return UNKNOWN  # the smallest step is too large
    rough = noise > ROUGH * first[1]
    best = _through(steps(x, rough), quotient, x, orders, noise, 5 if rough else 3)
    if abs(x) < NEAR_ZERO and best.bar > max(CLEAR * max(abs(best.value), first[1]), TINY):
        sizes = finer_steps(x)
        if sizes and quotient(sizes[-1]) is not None:
            finer = _through(sizes, quotient, x, orders, noise, 3)
            if finer.bar < best.bar and (finer.clear or best.bar == inf):
                return finer
    return best


def _through(
    sizes: Sequence[float],
    quotient: Callable[[float], tuple[float, float] | None],
    x: float,
    orders: Sequence[int],
    noise: float,
    window: int,
) -> Difference:
    """One sweep: the quotient's error is h**order, and less after each extrapolation.

    So many neighbours as the window holds are compared.  What counts is the error bar relative to
    the slope, or to |f|/|x| where the slope is small.
    """
    column: list[tuple[float, float]] = []  # of each extrapolation, the last: step, quotient
    better: list[tuple[float, float, float, float]] = []  # step, quotient, rounding, size of f
    sweep: list[tuple[float, float, float]] = []
    lowest, worse, best_step = inf, 0, inf
    hurry = len(orders) == 1 and (abs(x) >= NEAR_ZERO or x == 0.0)  # a slope sees all steps
    best = UNKNOWN
    for step in sizes:
        found = quotient(step)
        if found is None or not isfinite(found[0]):
            continue
        value, size = found
        before, column = column, [(step, value)]
        for order, (larger, last) in zip(orders, before):
            ratio = min(larger / step, 1e100) ** order
            value += (value - last) / (ratio - 1)
            column.append((step, value))
        if len(column) <= len(orders):
            continue
        rounding = 4 * (EPSILON * max(size, SMALLEST) + noise) / step
        better.append((step, value, rounding, size))
        if len(better) < window:
            continue
        near = better[-window:]
        apart = sum([abs(b[1] - a[1]) for a, b in pairwise(near)])
        entries = [(*near[window // 2], apart)]
        if len(better) == window:  # the largest steps, with neighbours on one side only
            entries = [(*entry, 2 * apart) for entry in near[: window // 2]] + entries
        worse += 1
        for h, value, rounding, size, apart in entries:
            bar = apart + rounding
            if not isfinite(bar):
                continue
            sweep.append((h, value, bar))
            part = bar / (abs(value) + size / max(1.0, abs(x)) + TINY)
            if part < lowest:
                lowest, worse, best, best_step = part, 0, Difference(value, bar), h
        if hurry and worse >= PATIENCE and best.bar < 1e-6 * abs(best.value):
            break
    for h, value, bar in sorted(sweep, key=lambda entry: entry[2]):
        if h < best_step and abs(value - best.value) > SURE * (bar + best.bar):
            best = Difference(value, bar)  # nearer to x the slope is another: a kink lies between
            break
    return Difference(best.value, best.bar, tuple(sweep))


def differ(left: Difference, right: Difference, rtol: float = 1e-7) -> bool:
    """Whether the slopes from both sides differ by more than their error bars: a kink."""
    allowed = TRUST * (left.bar + right.bar) + rtol * max(abs(left.value), abs(right.value))
    return abs(left.value - right.value) > allowed


# ---- how finely the values of a function are known -----------------------------------------------

POINTS = 9  # values in a table of differences
HIGHEST = 6  # the differences in it that are still several
SPACINGS = tuple([1.1 * 2.0**-k for k in (27, 20, 13, 6)])  # of |x|; short ones would be exact
FAR = (1.1, 8.8, 70.4)  # where to look for a move of a function that stood still nearby
ALIKE = 8.0  # two levels of noise are one where they differ by less than this factor
PRECISIONS = (8, 11, 24)  # bits of a bfloat16, a half, a single


def resolution(f: Function, x: float) -> float:
    """How far the values of f near x scatter about a smooth function; 0 where f stands still.

    Where f is smooth, its k-th differences die out with k; what stays is noise (Moré and Wild,
    Estimating computational noise, 2011).  A kink stays too, but grows with the spacing of the
    points, and noise does not: it is believed where two spacings agree.  Numbers of few bits say
    by themselves how finely they are known.
    """
    seen = _values(f, [x])
    for side in (1, -1):
        levels, y = _levels(f, x, side, seen)
        if len(levels) == 1:  # f stands still at x: is it flat there, or a staircase everywhere?
            levels = max(levels, _levels(f, y, side, seen)[0], key=len)
        if levels:
            return _noise(levels, seen)
    far = [x + side * far * max(1.0, abs(x)) for far in FAR for side in (1, -1)]
    for y in far:
        if f(y) not in (None, seen[0]):
            levels, _ = _levels(f, y, 1, seen)
            if levels:
                return _noise(levels, seen)
    return _grain([*seen, *_values(f, far)])


def _noise(levels: Sequence[float], seen: Sequence[float]) -> float:
    """What the levels at several spacings say; of double precision, that of the first value."""
    noise = max([*(_plateaus(levels) or [min(levels)]), _grain(seen)])
    double = noise <= 4 * EPSILON * max(map(abs, seen))
    return EPSILON * abs(seen[0]) if double else noise


def _plateaus(levels: Sequence[float]) -> list[float]:
    """The levels that two spacings agree on; one between them may have met equal steps."""
    pairs = [sorted(two) for two in combinations(levels, 2)]
    return [low for low, high in pairs if high <= ALIKE * low]


def _values(f: Function, points: Sequence[float]) -> list[float]:
    """f at these points, where it has a value."""
    return [y for y in map(f, points) if y is not None and isfinite(y)]


def _levels(f: Function, x: float, side: int, seen: list[float]) -> tuple[list[float], float]:
    """The noise at each spacing at which f moves, on one side of x, and the last point."""
    size = max(abs(x), 1e-9) if x else 1.0
    levels: list[float] = []
    still, y = False, x
    for spacing in SPACINGS:
        if spacing == SPACINGS[-1] and _plateaus(levels):
            break
        for factor in (1.0, 1.37):
            between = side * factor * spacing * size  # x itself is left out: a kink may be near
            points = [x + j * between for j in range(1, POINTS + 1)]
            values = _values(f, points)
            seen += values
            equal = sum([a == b for a, b in pairwise(values)])
            if len(values) < POINTS or equal > POINTS / 2:
                still = True
                break
            y, level = points[-1], _level(values)
            if level > (16 * EPSILON * max(map(abs, values)) if still else 0.0):
                levels.append(level)
                break  # or else equal steps of a staircase: an accident of the spacing
    return levels, y


def _level(values: Sequence[float]) -> float:
    """The smallest noise that two successive columns of the table of differences are of."""
    levels = []
    for k in range(1, HIGHEST + 1):
        values = [b - a for a, b in pairwise(values)]
        levels.append(hypot(*values) / sqrt(len(values) * comb(2 * k, k)))
    return min(map(max, pairwise(levels[1:])))


def _grain(values: Sequence[float]) -> float:
    """Half a unit in the last place of numbers that all have few bits; 0 where one has more."""
    if len(set(values)) < 3:
        return 0.0
    bits = max(map(_bits, values))
    return next((abs(values[0]) * 2.0**-n for n in PRECISIONS if bits <= n), 0.0)


def _bits(value: float) -> int:
    """How many binary digits a float has, from the first to the last that is 1."""
    whole = int(abs(frexp(value)[0]) * 2**53)
    return whole.bit_length() - (whole & -whole).bit_length() + 1 if whole else 0
