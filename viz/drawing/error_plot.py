"""A numerical derivative against its step, as SVG: why one step was chosen, how far off a claim is.

Both axes are logarithmic; what each line and each branch means stands there in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import ceil, floor, isfinite, log10

from autograd import Row
from viz.drawing.scene import FAULT

WIDTH, HEIGHT = 620.0, 372.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 606.0, 60.0, 244.0  # edges of the plotting area
TEXT, GRID, BAR, CHOSEN, ALLOWED = "#374151", "#e5e7eb", "#6b7280", "#1d4ed8", "#2e7d32"
LEAST = 1e-18  # an error of 0 has no logarithm
TICKS = 8  # at most, on either axis
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def error_plot(row: Row) -> str:
    """Error bar of the number and distance of the claim at every step; empty where too few are."""
    sweep = [(h, value, bar) for h, value, bar in sorted(row.numeric.sweep) if isfinite(bar)]
    sweep = [point for point in sweep if isfinite(point[1] - row.analytic)]
    if len(sweep) < 2:
        return ""
    steps = [log10(h) for h, _, _ in sweep]
    bars = [_log(bar) for _, _, bar in sweep]
    distances = [_log(value - row.analytic) for _, value, _ in sweep]
    allowed = _log(row.allowed) if isfinite(row.allowed) else bars[0]
    errors = [*bars, *distances, allowed]
    across = _Axis(min(steps), max(steps), LEFT, RIGHT)
    up = _Axis(min(errors), max(errors), BOTTOM, TOP)
    k = bars.index(min(bars, key=lambda bar: abs(bar - _log(row.numeric.bar))))  # the chosen step
    x, y = across.at(steps[k]), up.at(bars[k])
    what = f"the derivative by {row.name}: how wrong it is, by the step that measured it"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" '
        f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{TEXT}">',
        f'<title>{escape(what)}</title><rect width="100%" height="100%" fill="white"/>',
        _text(LEFT, 20, what, "start", ' font-size="13" font-weight="bold"'),
        _text(LEFT, TOP - 12, "← rounding: more, the smaller the step", "start"),
        _text(RIGHT, TOP - 12, "truncation: more, the larger the step →", "end"),
        *[_tick_across(across.at(power), power) for power in across.ticks],
        *[_tick_up(up.at(power), power) for power in up.ticks],
        _line([(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], TEXT, 1),
        _text((LEFT + RIGHT) / 2, BOTTOM + 34, "step h", "middle"),
        f'<g transform="translate(16 {(TOP + BOTTOM) / 2:.0f}) rotate(-90)">'
        f"{_text(0, 0, 'error', 'middle')}</g>",
        _line([(x, TOP), (x, BOTTOM)], CHOSEN, 1, "2 3"),
        _line([(across.at(h), up.at(bar)) for h, bar in zip(steps, bars)], BAR, 2, "6 4"),
        _line([(across.at(h), up.at(d)) for h, d in zip(steps, distances)], FAULT, 2),
        _dot(x, y),
    ]
    lines = [
        (_line([(14, 0), (48, 0)], BAR, 2, "6 4"), "error bar of the number"),
        (
            _dot(31, 0),
            f"the step that was chosen, h = {sweep[k][0]:.2g}: "
            f"{row.numeric.value:.10g} ± {row.numeric.bar:.1g}",
        ),
        (
            _line([(14, 0), (48, 0)], FAULT, 2),
            f"how far the number is from the claim, {row.analytic:.10g}: "
            f"there it is {row.error:.2g} away",
        ),
    ]
    if isfinite(row.allowed):
        parts.append(_line([(LEFT, up.at(allowed)), (RIGHT, up.at(allowed))], ALLOWED, 1.5, "1 3"))
        sample = _line([(14, 0), (48, 0)], ALLOWED, 1.5, "1 3")
        lines.append((sample, f"how far it may be: {row.allowed:.2g}, tolerance and error bars"))
    for i, (sample, words) in enumerate(lines):
        entry = f"{sample}{_text(LEFT, 4, words, 'start')}"
        parts.append(f'<g transform="translate(0 {BOTTOM + 58 + 20 * i:.0f})">{entry}</g>')
    return "\n".join([*parts, "</svg>"])


class _Axis:
    """Where logarithms from low to high stand between two edges, and the powers of ten marked."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high = floor(low), max(ceil(high), floor(low) + 1)
        self.start, self.end = start, end
        stride = ceil((self.high - self.low) / TICKS)
        self.ticks = [p for p in range(self.low, self.high + 1) if p % stride == 0]

    def at(self, power: float) -> float:
        """The place of a logarithm."""
        share = (power - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def _log(x: float) -> float:
    return log10(max(abs(x), LEAST))


def _tick_across(x: float, power: int) -> str:
    grid = _line([(x, TOP), (x, BOTTOM + 4)], GRID, 1)
    return grid + _text(x, BOTTOM + 17, _ten(power), "middle")


def _tick_up(y: float, power: int) -> str:
    grid = _line([(LEFT - 4, y), (RIGHT, y)], GRID, 1)
    return grid + _text(LEFT - 7, y + 4, _ten(power), "end")


def _ten(power: int) -> str:
    return f"10{str(power).translate(RAISED)}"


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {place}{more}>{escape(words)}</text>"


def _line(
    points: Iterable[tuple[float, float]], colour: str, width: float, dashes: str = ""
) -> str:
    text = " ".join([f"{x:.1f},{y:.1f}" for x, y in points])
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{text}" fill="none" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{CHOSEN}"/>'
