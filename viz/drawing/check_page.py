"""A gradient check as a page: the verdicts, the graph with the guilty edge, error against step."""

from __future__ import annotations

import copy
from html import escape
from typing import Any

from autograd import Report, Row, Value
from viz.drawing.error_plot import error_plot
from viz.drawing.scene import make_scene
from viz.drawing.svg import to_svg
from viz.folding.levels import Folding

READABLE = 150  # nodes; a larger graph is left out
RED = "#dd3b3b"  # this and the next are read on a notebook's white and on its black
COLOURS = {"ok": "#22923a", "kink": "#808793", "wrong": RED}
UNSURE = "#c2670c"
CELL = 'style="text-align: right; padding: 2px 10px"'


def report_html(report: Report) -> str:
    """The report as HTML that stands alone."""
    first, *_ = repr(report).splitlines()
    parts = [f"<p><b>{escape(first)}</b></p>"]
    if report.guilty is not None:
        parts.append(f'<p style="color: {RED}">first wrong: {escape(repr(report.guilty))}</p>')
    if report.mistake:
        parts.append(f'<p style="color: {RED}">what fits: {escape(report.mistake)}</p>')
    parts.append(_table(report.rows[:10]))
    if len(report.rows) > 10:
        parts.append(f"<p>and {len(report.rows) - 10} more</p>")
    if not report.ok:
        parts += [_graph(report), error_plot(report.rows[0])]
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
    graph = Folding([root], names=names).at("operations")
    if not 2 <= len(graph.nodes) <= READABLE:
        return ""
    scene = make_scene(graph, marks=marks)
    return f'<div style="overflow-x: auto">{to_svg(scene, "LR")}</div>'
