"""Lines, boxes and words on paper: one drawing as SVG, PNG or PDF.

The SVG has colours for a dark screen too; the other formats show what it shows on a light one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from viz.drawing.files import to_bytes
from viz.drawing.scene import NEGATIVE, NEUTRAL, POSITIVE
from viz.drawing.svg import text_width

INK, PAPER, FRAME, SOFT = "#111827", "#ffffff", "#9ca3af", "#4b5563"
NIGHT = {  # what each colour becomes where the reader's screen is dark
    INK: "#f3f4f6", PAPER: "#14181f", FRAME: "#6b7280", SOFT: "#b6bcc6",
    POSITIVE: "#62aef2", NEGATIVE: "#f59a4c", NEUTRAL: "#8b93a1",
}  # fmt: skip
DROP = 0.35  # from the middle of a line of text to its baseline, in font sizes


@dataclass(frozen=True)
class Stroke:
    """A straight line; `dashes` are the lengths drawn and left out."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str
    width: float
    dashes: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Box:
    """A rectangle by its upper left corner, its corners round, with a frame or without.

    The opacity is that of the fill.
    """

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str
    opacity: float = 1.0
    frame: str = ""


@dataclass(frozen=True)
class Words:
    """A line of text whose middle is at `y`, around `x` or from there on.

    On a `ground`, a colour, it hides what is below, and may have a slope, in radians.
    """

    text: str
    x: float
    y: float
    size: float
    colour: str
    anchor: str = "middle"
    bold: bool = False
    ground: str = ""
    slope: float = 0.0


@dataclass(frozen=True)
class Titled:
    """Shapes that belong together, and what is said where one points at them."""

    title: str
    shapes: tuple[Shape, ...]


Shape = Stroke | Box | Words | Titled


@dataclass(frozen=True)
class Drawing:
    """Shapes on paper, the first at the bottom; x goes right, y down, in points."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]

    @property
    def svg(self) -> str:
        """The drawing as one SVG document."""
        night = "".join(
            f'.chainrule-drawing [{kind}="{day}"]{{{kind}:{night}}}'
            for day, night in NIGHT.items()
            for kind in ("fill", "stroke")
        )
        return "\n".join([
            '<svg xmlns="http://www.w3.org/2000/svg" class="chainrule-drawing" '
            f'width="{self.width:.0f}" height="{self.height:.0f}" '
            f'viewBox="0 0 {self.width:.1f} {self.height:.1f}" role="img" '
            'font-family="Helvetica, Arial, sans-serif" style="max-width:100%;height:auto">',
            f"<title>{escape(self.title)}</title>",
            f"<style>@media screen and (prefers-color-scheme: dark){{{night}}}</style>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            *map(_svg, self.shapes),
            "</svg>",
            "",
        ])  # fmt: skip

    def render(self, kind: str) -> bytes:
        """The drawing as "svg", or as "png" or "pdf" in the colours of a light screen.

        RuntimeError for the last two where a library that they need is missing.
        """
        return to_bytes(self.svg, kind)


def ground_size(text: str, size: float) -> tuple[float, float]:
    """Width and height of the ground of words."""
    return text_width(text, size) + 4, size + 1


# ---- SVG -----------------------------------------------------------------------------------------


def _svg(shape: Shape) -> str:
    match shape:
        case Titled(title, shapes):
            return f"<g><title>{escape(title)}</title>{''.join(map(_svg, shapes))}</g>"
        case Stroke((a, b), (c, d), colour, width, dashes, opacity):
            more = f' stroke-dasharray="{" ".join(f"{x:g}" for x in dashes)}"' if dashes else ""
            more += f' stroke-opacity="{opacity:.2f}"' if opacity < 1 else ""
            return (
                f'<path d="M{a:.1f},{b:.1f}L{c:.1f},{d:.1f}" stroke="{colour}" '
                f'stroke-width="{width:.2f}"{more}/>'
            )
        case Box(x, y, width, height, radius, fill, opacity, frame):
            more = f' stroke="{frame}" stroke-width="1.5"' if frame else ""
            return (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
                f'rx="{radius:.1f}" fill="{fill}" fill-opacity="{opacity:.2f}"{more}/>'
            )
        case Words():
            return _svg_words(shape)


def _svg_words(words: Words) -> str:
    x, y, size = words.x, words.y, words.size
    before = after = ""
    if words.ground:
        wide, high = ground_size(words.text, size)
        before = (
            f'<g transform="translate({x:.1f},{y:.1f}) rotate({math.degrees(words.slope):.1f})">'
            f'<rect x="{-wide / 2:.1f}" y="{-high / 2:.1f}" width="{wide:.1f}" '
            f'height="{high:.1f}" fill="{words.ground}"/>'
        )
        x, y, after = 0.0, 0.0, "</g>"
    bold = ' font-weight="bold"' if words.bold else ""
    return (
        f'{before}<text x="{x:.1f}" y="{y + DROP * size:.1f}" font-size="{size:g}" '
        f'fill="{words.colour}" text-anchor="{words.anchor}"{bold}>{escape(words.text)}</text>'
        f"{after}"
    )
