"""A scene as SVG, wherever its boxes stand."""

from __future__ import annotations

from functools import cache
from html import escape
from unicodedata import east_asian_width

from viz.drawing.scene import Box, Scene, arrow_colour, arrow_thickness, colour, thickness, tint
from viz.layout import net
from viz.layout.frames import title_of
from viz.placing.engines import OWN
from viz.placing.placement import Placed, place

SIZE, LINE, PAD = 13.0, 17.0, 10.0  # font size, line height, padding inside a box, in points
WING = 0.42  # half the breadth of an arrow head, against its length
WIDE = set("mwMW@%ΣΠ×−–…")


def to_svg(scene: Scene, direction: str, placed: Placed | None = None) -> str:
    """The picture as one SVG document; placed by our own layout unless it is `placed` already."""
    if placed is None:
        placed = place_scene(scene, direction)
    largest = scene.largest
    width = max(placed.width, text_width(scene.note, 12) + 16 if scene.note else 0.0)
    height = placed.height + (24 if scene.note else 0)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" text-anchor="middle">',
        f"<title>computation graph of {len(scene.boxes)} nodes</title>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for cluster, (x, y, w, h) in placed.frames.items():
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="8" '
            'fill="none" stroke="#9ca3af"/>'
            f'<text x="{x + 8:.1f}" y="{y + 15:.1f}" font-size="12" fill="#4b5563" '
            f'text-anchor="start">{escape(title_of(cluster, placed.frames))}</text>'
        )
    for arrow, curve, tip in zip(scene.arrows, placed.curves, placed.tips, strict=True):
        thick = arrow_thickness(arrow, largest)
        dashes = "" if arrow.label else ' stroke-dasharray="4 3"'
        parts.append(
            f'<path d="{path_data(curve)}" fill="none" stroke="{arrow_colour(arrow)}" '
            f'stroke-width="{thick:.2f}"{dashes}/>'
            f'<polygon points="{arrow_head(curve[-1], tip, direction)}" '
            f'fill="{arrow_colour(arrow)}"/>'
        )
    for box, center in zip(scene.boxes, placed.centers, strict=True):
        parts.append(_box(box, center, thickness(box.gradient, largest)))
    for arrow, (x, y) in zip(scene.arrows, placed.labels, strict=True):
        if arrow.label:
            parts.append(
                f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="12" '
                f'fill="{arrow_colour(arrow)}">{escape(arrow.label)}</text>'
            )
    if scene.note:
        parts.append(
            f'<text x="8" y="{height - 8:.1f}" font-size="12" fill="#4b5563" '
            f'text-anchor="start">{escape(scene.note)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def place_scene(scene: Scene, direction: str, engine: str = OWN) -> Placed:
    """A scene placed by an engine, with room for its words."""
    largest = scene.largest
    return place(
        [net.Box(*box_size(box), box.cluster) for box in scene.boxes],
        [
            net.Edge(
                a.tail, a.head, text_width(a.label, 12) + 8 if a.label else 0, 16 if a.label else 0
            )
            for a in scene.arrows
        ],
        direction,
        engine,
        title_width=lambda title: text_width(title, 12),
        heads=[7 + arrow_thickness(a, largest) for a in scene.arrows],
    )


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
    return sum(map(_share, text)) * size


@cache
def _share(c: str) -> float:
    """The width of a character in font sizes; a Chinese or Japanese one fills the square."""
    if east_asian_width(c) in "WF":
        return 1.0
    return 0.95 if c in WIDE else 0.34 if c in "il.,:;'| ()[]" else 0.6


def box_size(box: Box) -> tuple[float, float]:
    """Width and height with room for all lines."""
    width = max(40.0, *(text_width(line, SIZE) for line in box.lines)) + 2 * PAD
    return width, LINE * len(box.lines) + PAD


def _box(box: Box, center: tuple[float, float], thick: float) -> str:
    width, height = box_size(box)
    x, y = center[0] - width / 2, center[1] - height / 2
    radius = 8 if box.kind == "result" else 0
    dashes = ' stroke-dasharray="4 3"' if box.kind == "constant" else ""
    fill = "white" if box.kind == "constant" else tint(box.gradient)
    texts = "".join(
        f'<text x="{center[0]:.1f}" y="{y + PAD / 2 + LINE * (i + 0.75):.1f}" '
        f'font-size="{SIZE:.0f}" fill="#111827">{escape(line)}</text>'
        for i, line in enumerate(box.lines)
    )
    return (
        f"<g><title>{escape(', '.join(box.lines))}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="{radius}" fill="{fill}" stroke="{colour(box.gradient)}" '
        f'stroke-width="{thick:.2f}"{dashes}/>{texts}</g>'
    )
