"""A scene as SVG, wherever its boxes stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape
from unicodedata import category, east_asian_width

from viz.drawing.files import FAMILY
from viz.drawing.scene import Box, Scene, arrow_colour, arrow_thickness, colour, thickness, tint
from viz.layout import net
from viz.layout.frames import title_of
from viz.placing.engines import OWN
from viz.placing.placement import Placed, place

SIZE, LINE, PAD = 13.0, 17.0, 10.0  # font size, line height, padding inside a box, in points
INSET = 4.0  # of the second border of a folded box
WING = 0.42  # half the breadth of an arrow head, against its length
WIDE = set("mwMW@%ΣΠΦΨΜω×−–…")
JOINER = "\u200d"  # what comes after it is drawn into what was before
SMALL, SMALL_LINE = 11.0, 16.0  # font size and line height of the legend
SIDE, SAMPLE, BETWEEN = 8.0, 18.0, 10.0  # left of it, of a colour shown, between two items
SOFT = "#4b5563"  # grey, of what explains
CELL = 800.0  # every cell of a notebook on a large screen has room for a picture of this width
NARROW = 240.0  # a legend is at least so wide before it takes another row
ROOT = re.compile(r'(<svg[^>]*? width="([\d.]+)(\w*)"[^>]*>)')  # the width, and the unit it has


def to_svg(scene: Scene, direction: str, placed: Placed | None = None, legend: bool = False) -> str:
    """The picture as one SVG document; placed by our own layout unless it is `placed` already."""
    if placed is None:
        placed = place_scene(scene, direction)
    rows = _legend_rows(scene.legend, placed.width) if legend else []
    rows += [[("", scene.note)]] if scene.note else []
    width = max([placed.width, *(2 * SIDE + _row_width(row) for row in rows)])
    height = placed.height + (SMALL_LINE * len(rows) + SIDE if rows else 0.0)
    parts = drawn_parts(scene, direction, placed)
    parts += [
        _legend_row(row, placed.height + SMALL_LINE * (i + 0.75)) for i, row in enumerate(rows)
    ]
    title = f"computation graph of {len(scene.boxes)} nodes"
    return document(width, height, title, filter(None, parts))


def document(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """An SVG document on white paper."""
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'font-family="{FAMILY}" text-anchor="middle" style="max-width:100%;height:auto">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        *parts,
        "</svg>",
        "",
    ])  # fmt: skip


def in_a_cell(svg: str) -> str:
    """A picture for a cell of a notebook: a wide one has the width of the cell.

    JupyterLab shows it as an image, and there its style is not asked.  Others show it as a part of
    their page, where it grows no larger than it is.
    """
    tag, width, unit = ROOT.findall(svg)[0]
    if float(width) <= CELL:
        return svg
    bare = re.sub(r' (width|height|style)="[^"]*"', "", tag)
    style = f"max-width:{width}{unit or 'px'};height:auto"
    return svg.replace(tag, bare.replace("<svg", f'<svg width="100%" style="{style}"', 1), 1)


def drawn_parts(
    scene: Scene, direction: str, placed: Placed, sized: Scene | None = None
) -> list[str]:
    """Frames, arrows, boxes and labels as SVG, always as many for as many boxes and arrows.

    `sized` is the scene that has the sizes and widths, where it is another than the one that is
    shown, as in a film.
    """
    sized = sized or scene
    largest, steepest = sized.largest, sized.steepest
    parts = []
    for cluster, (x, y, width, height) in placed.frames.items():
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8" '
            'fill="none" stroke="#9ca3af"/>'
            f'<text x="{x + 8:.1f}" y="{y + 15:.1f}" font-size="12" fill="{SOFT}" '
            f'text-anchor="start">{escape(title_of(cluster, placed.frames))}</text>'
        )
    for arrow, curve, tip in zip(scene.arrows, placed.curves, placed.tips, strict=True):
        thick = arrow_thickness(arrow, steepest)
        dashes = "" if arrow.label else ' stroke-dasharray="4 3"'
        parts.append(
            f'<path d="{path_data(curve)}" fill="none" stroke="{arrow_colour(arrow)}" '
            f'stroke-width="{thick:.2f}"{dashes}/>'
            f'<polygon points="{arrow_head(curve[-1], tip, direction)}" '
            f'fill="{arrow_colour(arrow)}"/>'
        )
    for box, size, center in zip(scene.boxes, sized.boxes, placed.centers, strict=True):
        thick = 4.0 if box.mark else thickness(box.gradient, largest)
        parts.append(_box(box, box_size(size), center, thick))
    for arrow, (x, y) in zip(scene.arrows, placed.labels, strict=True):
        parts.append(
            f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="12" '
            f'fill="{arrow_colour(arrow)}">{escape(arrow.label)}</text>'
            if arrow.label
            else ""
        )
    return parts


def place_scene(scene: Scene, direction: str, engine: str = OWN) -> Placed:
    """A scene placed by an engine, with room for its words."""
    steepest = scene.steepest
    return place(
        [net.Box(*box_size(box), box.cluster, _row(box)) for box in scene.boxes],
        [
            net.Edge(
                a.tail, a.head, text_width(a.label, 12) + 8 if a.label else 0, 16 if a.label else 0
            )
            for a in scene.arrows
        ],
        direction,
        engine,
        title_width=lambda title: text_width(title, 12),
        heads=[7 + arrow_thickness(a, steepest) for a in scene.arrows],
    )


def _row(box: Box) -> str:
    """What results of one list have in common: the name without its last index."""
    before, bracket, rest = box.name.rpartition("[")
    return f"{before}[{rest.partition(']')[2]}" if bracket and box.kind != "variable" else ""


def path_data(curve: list[net.Point]) -> str:
    """A curve of cubic Béziers as the data of an SVG path."""
    points = [f"{x:.1f},{y:.1f}" for x, y in curve]
    cubics = [" ".join(points[i : i + 3]) for i in range(1, len(points), 3)]
    return f"M{points[0]}" + "".join(f"C{cubic}" for cubic in cubics)


def arrow_head(neck: net.Point, tip: net.Point, direction: str) -> str:
    """The corners of an arrow head, tip first, as the points of an SVG polygon."""
    dx, dy = tip[0] - neck[0], tip[1] - neck[1]
    wing = -WING if direction == "LR" else WING
    x, y = -dy * wing, dx * wing  # across the arrow
    corners = tip, (neck[0] + x, neck[1] + y), (neck[0] - x, neck[1] - y)
    return " ".join(f"{u:.1f},{v:.1f}" for u, v in corners)


def text_width(text: str, size: float) -> float:
    """An upper estimate of a text's width in common sans-serif fonts."""
    if text.isascii():
        return sum(map(_share, text)) * size
    pairs = zip(text, " " + text, strict=False)
    return sum(_share(c) for c, before in pairs if before != JOINER) * size


@cache
def _share(c: str) -> float:
    """The width of a character in font sizes; a Chinese or Japanese one fills the square.

    What is put on the character before it has none.
    """
    if category(c) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= c <= "\U0001f3ff":  # shades of skin
        return 0.0
    if east_asian_width(c) in "WF":
        return 1.0
    if c.isupper() or c in "#&φψ":
        return 0.95 if c in WIDE else 0.76
    return 0.95 if c in WIDE else 0.34 if c in "il.,:;' ()[]" else 0.6


# ---- the legend ----------------------------------------------------------------------------------

Item = tuple[str, str]  # a colour to show, or none, and words


def _legend_rows(items: list[Item], width: float) -> list[list[Item]]:
    """The items in rows no wider than the picture; words without a colour make one sentence."""
    rows: list[list[Item]] = [[]]
    for sample, words in items:
        *before, last = rows[-1] or [("", "")]
        row = [*before, last, (sample, words)] if rows[-1] else [(sample, words)]
        if last[1] and not sample and not last[0]:
            row = [*before, ("", f"{last[1]} · {words}")]
        if rows[-1] and 2 * SIDE + _row_width(row) > max(width, NARROW):
            rows.append([(sample, words)])
        else:
            rows[-1] = row
    return rows


def _row_width(row: list[Item]) -> float:
    return sum(_item_width(item) + BETWEEN for item in row) - BETWEEN


def _item_width(item: Item) -> float:
    sample, words = item
    return text_width(words, SMALL) + (SAMPLE + 5 if sample else 0.0)


def _legend_row(row: list[Item], y: float) -> str:
    x, parts = SIDE, []
    for sample, words in row:
        start, end = x, x + _item_width((sample, words))
        if sample:
            start += SAMPLE + 5
            parts.append(
                f'<path d="M{x:.1f},{y - 4:.1f}H{x + SAMPLE:.1f}" stroke="{sample}" '
                'stroke-width="3"/>'
            )
        parts.append(
            f'<text x="{start:.1f}" y="{y:.1f}" font-size="{SMALL:.0f}" fill="{SOFT}" '
            f'text-anchor="start">{escape(words)}</text>'
        )
        x = end + BETWEEN
    return "".join(parts)


# ---- boxes ---------------------------------------------------------------------------------------


def box_size(box: Box) -> tuple[float, float]:
    """Width and height with room for all lines."""
    width = max(40.0, *(text_width(line, SIZE) for line in box.lines)) + 2 * PAD
    return width, LINE * len(box.lines) + PAD


def _box(box: Box, size: tuple[float, float], center: tuple[float, float], thick: float) -> str:
    width, height = size
    x, y = center[0] - width / 2, center[1] - height / 2
    radius = 8 if box.kind in ("result", "group") else 0
    dashes = ' stroke-dasharray="4 3"' if box.kind == "constant" else ""
    fill = "white" if box.kind == "constant" else tint(box.gradient)
    edge = box.mark or colour(box.gradient)
    second = (
        f'<rect x="{x + INSET:.1f}" y="{y + INSET:.1f}" width="{width - 2 * INSET:.1f}" '
        f'height="{height - 2 * INSET:.1f}" rx="{radius - INSET / 2:.0f}" fill="none" '
        f'stroke="{edge}" stroke-width="0.8"/>'
        if box.kind == "group"
        else ""
    )
    texts = "".join(
        f'<text x="{center[0]:.1f}" y="{y + PAD / 2 + LINE * (i + 0.75):.1f}" '
        f'font-size="{SIZE:.0f}" fill="#111827">{escape(line)}</text>'
        for i, line in enumerate(box.lines)
    )
    return (
        f"<g><title>{escape(', '.join(box.lines))}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="{radius}" fill="{fill}" stroke="{edge}" '
        f'stroke-width="{thick:.2f}"{dashes}/>{second}{texts}</g>'
    )
