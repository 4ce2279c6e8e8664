"""Lines, boxes and words on paper: one drawing as SVG, PNG or PDF.

The SVG is our own and has colours for a dark screen too; the other formats are drawn by matplotlib,
from the extra `train`.
"""

from __future__ import annotations

import importlib
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from viz.drawing.scene import NEGATIVE, NEUTRAL, POSITIVE
from viz.drawing.svg import text_width

INK, PAPER, FRAME, SOFT = "#111827", "#ffffff", "#9ca3af", "#4b5563"
NIGHT = {  # what each colour becomes where the reader's screen is dark
    INK: "#f3f4f6", PAPER: "#14181f", FRAME: "#6b7280", SOFT: "#b6bcc6",
    POSITIVE: "#62aef2", NEGATIVE: "#f59a4c", NEUTRAL: "#8b93a1",
}  # fmt: skip
DROP = 0.35  # from the middle of a line of text to its baseline, in font sizes
NARROW = 0.88  # matplotlib's font is wider than Helvetica


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

        RuntimeError for the last two without matplotlib, which draws them.
        """
        if kind == "svg":
            return self.svg.encode()
        try:
            module: Any = importlib.import_module("matplotlib.figure")
        except ImportError:
            raise RuntimeError(
                f"a {kind.upper()} of this picture needs matplotlib: pip install matplotlib"
                "; a .svg can always be written, and every browser shows and prints it"
            ) from None
        figure = module.Figure(figsize=(self.width / 72, self.height / 72), facecolor=PAPER)
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, self.width), ylim=(self.height, 0))
        ax.axis("off")
        for shape in _flat(self.shapes):
            _paint(ax, shape)
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=144)
        return file.getvalue()


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


# ---- matplotlib ----------------------------------------------------------------------------------


def _flat(shapes: Iterable[Shape]) -> Iterator[Stroke | Box | Words]:
    for shape in shapes:
        if isinstance(shape, Titled):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _paint(ax: Any, shape: Stroke | Box | Words) -> None:
    """Put a shape on these Axes, above what is there: of one zorder, the later is above."""
    match shape:
        case Stroke((a, b), (c, d), colour, width, dashes, opacity):
            style = (0, [x / width for x in dashes]) if dashes else "-"
            ax.plot([a, c], [b, d], color=colour, linewidth=width, linestyle=style,
                    alpha=opacity, solid_capstyle="butt", zorder=1)  # fmt: skip
        case Box(x, y, wide, high, radius, fill, opacity, frame):
            patches: Any = importlib.import_module("matplotlib.patches")
            ax.add_patch(patches.FancyBboxPatch(
                (x, y), wide, high, boxstyle=f"round,pad=0,rounding_size={radius}",
                facecolor=(fill, opacity), edgecolor=frame or "none", linewidth=1.5, zorder=1,
            ))  # fmt: skip
        case Words():
            ground = {"facecolor": shape.ground, "edgecolor": "none", "pad": 2}
            ax.text(
                shape.x, shape.y, shape.text, color=shape.colour, fontsize=NARROW * shape.size,
                ha={"middle": "center", "start": "left"}[shape.anchor], va="center_baseline",
                weight="bold" if shape.bold else "normal", rotation=-math.degrees(shape.slope),
                rotation_mode="anchor", parse_math=False, bbox=ground if shape.ground else None,
                zorder=1,
            )  # fmt: skip
