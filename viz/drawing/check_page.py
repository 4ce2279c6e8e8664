"""A gradient check as a page: the verdicts, the graph with the guilty edge, error against step."""

from __future__ import annotations

import copy
from html import escape
from math import isfinite, log10
from typing import Any

from autograd import Report, Row, Value
from viz.drawing.scene import FAULT, make_scene
from viz.drawing.svg import to_svg

READABLE = 150  # nodes; a larger graph is left out
COLOURS = {"ok": "#2e7d32", "kink": "#6b7280", "wrong": FAULT}
UNSURE = "#b45309"
CELL = 'style="text-align: right; padding: 2px 10px"'


def report_html(report: Report) -> str:
    """The report as HTML that stands alone."""
    first, *_ = repr(report).splitlines()
    parts = [f"<p><b>{escape(first)}</b></p>"]
    if report.guilty is not None:
        parts.append(f'<p style="color: {FAULT}">first wrong: {escape(repr(report.guilty))}</p>')
    if report.mistake:
        parts.append(f'<p style="color: {FAULT}">what fits: {escape(report.mistake)}</p>')
    parts.append(_table(report.rows[:10]))
    if len(report.rows) > 10:
        parts.append(f"<p>and {len(report.rows) - 10} more</p>")
    if not report.ok:
        parts += [_graph(report), _sweep(report.rows[0])]
        if report.paste:
            parts.append(f"<p>again: <code>{escape(report.paste)}</code></p>")
    return "\n".join(part for part in parts if part)


def _table(rows: list[Row]) -> str:
    head = "".join(
        f"<th {CELL}>{name}</th>"
        for name in ("input", "value", "analytic", "numeric", "error bar", "verdict")
    )
    lines = []
    for row in rows:
        numeric, bar = f"{row.numeric.value:.10g}", f"{row.numeric.bar:.1g}"
        if row.verdict == "kink":
            numeric, bar = f"{row.left.value:.4g} | {row.right.value:.4g}", "kink"
        colour = COLOURS.get(row.verdict, UNSURE)
        cells = (row.name, f"{row.x:.6g}", f"{row.analytic:.10g}", numeric, bar)
        lines.append(
            "<tr>" + "".join(f"<td {CELL}>{escape(cell)}</td>" for cell in cells)
            + f'<td {CELL}><b style="color: {colour}">{row.verdict}</b></td></tr>'
        )  # fmt: skip
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _graph(report: Report) -> str:
    """The graph with its gradients; the guilty edge (every edge, where none is named) is marked."""
    guilty, root, names = report.guilty, report.root, report.inputs
    node = guilty.node if guilty is not None else None
    if isinstance(root, Value):  # the check leaves gradients alone, so a copy shows them
        memo: dict[int, Any] = {}
        root = copy.deepcopy(report.root, memo)
        node = memo.get(id(node), node)
        names = {name: memo.get(id(v), v) for name, v in names.items()}
        root.zero_grad()
        root.backward()
    marks: dict[tuple[Any, int], str] = {}
    if guilty is not None and guilty.kind == "rule":
        if guilty.argument is None:
            marks = {(node, k): "wrong?" for k in range(len(guilty.node.parents))}
        else:
            marks = {(node, guilty.argument): f"wrong, should be {guilty.expected:.4g}"}
    try:
        scene = make_scene(root, names, limit=READABLE, marks=marks)
    except ValueError:
        return ""
    if len(scene.boxes) < 2:
        return ""
    return f'<div style="overflow-x: auto">{to_svg(scene, "LR")}</div>'


def _sweep(row: Row) -> str:
    """The error bar (grey) and the distance of the claim (red) against the step, as logarithms."""
    points = [
        (log10(h), log10(max(bar, 1e-18)), log10(max(abs(value - row.analytic), 1e-18)))
        for h, value, bar in row.numeric.sweep
        if isfinite(bar) and isfinite(value - row.analytic)
    ]
    if len(points) < 2:
        return ""
    width, height, pad = 420.0, 200.0, 46.0
    xs, ys = [p[0] for p in points], [y for p in points for y in p[1:]]
    x_low, x_high, y_low, y_high = min(xs), max(xs), min(ys), max(ys) + 1e-9

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) * (width - pad - 12)
        return pad + across, height - pad + 14 - (y - y_low) / (y_high - y_low) * (height - pad - 8)

    def line(k: int, colour: str, dashes: str) -> str:
        text = " ".join("{:.1f},{:.1f}".format(*at(p[0], p[k])) for p in points)
        return (
            f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>'
        )

    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#374151">'
        f'<rect width="100%" height="100%" fill="white"/>{line(1, "#6b7280", "5 3")}'
        f"{line(2, FAULT, 'none')}"
        f'<text x="{pad}" y="{height - 16}">step 1e{round(x_low)}</text>'
        f'<text x="{width - 12}" y="{height - 16}" text-anchor="end">1e{round(x_high)}</text>'
        f'<text x="4" y="18">1e{round(y_high)}</text>'
        f'<text x="4" y="{height - pad + 14}">1e{round(y_low)}</text>'
        f'<text x="{pad}" y="{height - 3}">{escape(row.name)}: distance of the claim (line), '
        "error bar of the number (dashes)</text></svg>"
    )
