"""SVG as PNG or PDF: drawn by libraries, with fonts that come with them, the same on every machine.

    to_png(svg)                 by resvg, at twice the size
    to_pdf([svg, svg])          by typst, one picture a page, in curves and letters

Text is set in Noto Sans; mathematical signs, emoji and other scripts each in a font that has them,
Chinese, Japanese and Korean in one of the machine's.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any
from unicodedata import combining, east_asian_width, name

from autograd.rules.words import check_folder

FAMILY = "Helvetica, Arial, sans-serif"  # of our SVG: what the reader's browser has
BASE, MATHEMATICS, EMOJI = "Noto Sans", "DejaVu Sans", "Noto Emoji"
PACKAGES = {  # what is imported -> what pip installs
    "resvg_py": "resvg-py",
    "typst": "typst",
    "PIL": "pillow",
    "imageio_ffmpeg": "imageio-ffmpeg",
    "manimgx_fonts": "manimgx-fonts",
    "matplotlib": "matplotlib",
}
NARROW = 0.92  # the font of mathematics is wider than that of all text
FONTS = ("manimgx_fonts", "matplotlib")
JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # they belong to the sign before them
LARGEST = 16_000  # pixels of a PNG, on each side
SIZE = re.compile(r' (?:width|height)="([\d.]+)"')
TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(?=</text>)")


def file_to_write(
    path: str | os.PathLike[str], formats: Sequence[str], what: str
) -> tuple[Path, str]:
    """A path and the format that its ending says.

    ValueError for another ending, FileNotFoundError where the folder is not there.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in formats:
        raise ValueError(f"{what} ends in {', '.join('.' + f for f in formats)}, got {path.name!r}")
    check_folder(path)
    return path, kind


def to_bytes(svg: str, kind: str) -> bytes:
    """The picture as "svg", "png" or "pdf"; RuntimeError where a library is missing."""
    if kind == "svg":
        return svg.encode()
    return to_png(svg) if kind == "png" else to_pdf([svg])


def to_png(svg: str, zoom: float = 2.0) -> bytes:
    """The picture as PNG, no side beyond LARGEST; RuntimeError where a library is missing."""
    need("PNG", "resvg_py", *FONTS)
    resvg: Any = importlib.import_module("resvg_py")
    drawn = resvg.svg_to_bytes(
        svg_string=_with_fonts(svg),
        zoom=min(zoom, LARGEST / longest_side(svg)),
        font_files=[str(file) for file in _font_files()],
        skip_system_fonts=not _needs_the_machines(svg),
    )
    return bytes(drawn)


def to_pdf(pages: Sequence[str]) -> bytes:
    """The pictures as the pages of a PDF; RuntimeError where a library is missing."""
    need("PDF", "typst", *FONTS)
    typst: Any = importlib.import_module("typst")
    images = [f'#image("{i}.svg")' for i in range(len(pages))]
    head = "#set document(date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n"
    files = {f"{i}.svg": _with_fonts(svg).encode() for i, svg in enumerate(pages)}
    drawn = typst.compile(
        {"main.typ": (head + "\n#pagebreak()\n".join(images)).encode(), **files},
        font_paths=[str(folder) for folder in map(_font_folder, FONTS)],
        ignore_system_fonts=not any(map(_needs_the_machines, pages)),
        format="pdf",
    )
    return bytes(drawn)


def longest_side(svg: str) -> float:
    """The width or the height, which stand first in our SVG."""
    return max(map(float, SIZE.findall(svg)[:2]))


def need(kind: str, *modules: str) -> None:
    """RuntimeError that says what to install, where a module that a format needs is missing."""
    missing = [PACKAGES[m] for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        raise RuntimeError(
            f"a {kind} of a picture needs {', '.join(missing)}: pip install {' '.join(missing)}"
            "; a .svg can always be written, and every browser shows and prints it"
        )


# ---- fonts ---------------------------------------------------------------------------------------


@cache
def _font_folder(module: str) -> Path:
    """Where a package keeps its fonts; it is not imported for that."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return folder / "mpl-data/fonts/ttf" if module == "matplotlib" else folder


@cache
def _font_files() -> list[Path]:
    ours, mathematics = map(_font_folder, FONTS)
    found = [file for file in sorted(ours.glob("*.ttf")) if "Italic" not in file.name]
    return [*found, mathematics / "DejaVuSans.ttf", mathematics / "DejaVuSans-Bold.ttf"]


@cache
def _scripts() -> set[str]:
    """The scripts that have a font of their own, as in "Noto Sans Arabic"."""
    names = [file.name.partition("[")[0] for file in _font_files()]
    return {n.removeprefix("NotoSans") for n in names if n.startswith("NotoSans")} - {""}


def _with_fonts(svg: str) -> str:
    """The SVG with a font named for each of its signs."""
    return TEXT.sub(lambda match: match[1] + _spans(match[2]), svg.replace(FAMILY, BASE))


def _spans(text: str) -> str:
    """Text with its fonts; with a mathematical sign in it, all of it is in that font."""
    if text.isascii():
        return text
    families: list[str] = []
    for c, after in zip(text, text[1:] + " ", strict=True):
        joined = families and (c in JOINERS or combining(c))
        families.append(families[-1] if joined else _family(c, after))
    runs = groupby(zip(families, text, strict=True), key=lambda pair: pair[0])
    spans = [(family, "".join(c for _, c in run)) for family, run in runs]
    words = "".join(
        f'<tspan font-family="{family}">{run}</tspan>' if family not in ("", MATHEMATICS) else run
        for family, run in spans
    )
    if MATHEMATICS not in families:
        return words
    return f'<tspan font-family="{MATHEMATICS}" font-size="{NARROW}em">{words}</tspan>'


def _family(c: str, after: str) -> str:
    """The font for a sign, empty where it is that of all text."""
    symbol = "\u2190" <= c < "\u2c00" and c != "−"  # arrows, mathematics, numbers in circles, ...
    wide = east_asian_width(c) == "W"
    if c >= "\U0001f000" or after == "\ufe0f" or (symbol and wide):
        return EMOJI
    if symbol or "\U0001d400" <= c < "\U0001d800":
        return MATHEMATICS
    script = name(c, "").partition(" ")[0].title()
    return f"{BASE} {script}" if script in _scripts() else ""


def _needs_the_machines(svg: str) -> bool:
    """Whether text has signs that only a font of the machine may have."""
    texts: Iterable[str] = (unescape(match[2]) for match in TEXT.finditer(svg))
    return any(
        east_asian_width(c) in "WF" and not _family(c, " ")
        for text in texts
        if not text.isascii()
        for c in text
    )
