"""Pictures as files: PNG and PDF are drawn from the SVG, every sign in a font that has it."""

import re
import struct
from xml.sax.saxutils import escape

import pytest

from autograd import Value
from viz import draw
from viz.drawing.files import to_pdf, to_png

pytest.importorskip("resvg_py", reason='needs pip install -e ".[render]"')
pytest.importorskip("typst", reason='needs pip install -e ".[render]"')

SIGNS = "abαβΣ∂∇≤∞√∈⊙→①⑳ℒℝ×−😀🎯⚡אبन₁²"


def text(words: str, weight: str = "normal") -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="30" '
        'font-family="Helvetica, Arial, sans-serif"><rect width="120" height="30" fill="white"/>'
        f'<text x="10" y="20" font-size="13" font-weight="{weight}">{escape(words)}</text></svg>'
    )


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG: the first two numbers of its header."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_png_is_twice_as_wide_and_high_as_its_svg(tmp_path) -> None:
    x = Value(3.0, "x")
    picture = draw(x * x)
    width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', picture.svg).groups())
    png = picture.save(tmp_path / "y.png").read_bytes()
    assert size(png) == pytest.approx((2 * width, 2 * height), abs=2)


def test_a_very_long_picture_is_a_png_of_at_most_16_000_pixels() -> None:
    long = text("sum").replace('width="120"', 'width="40000"')
    width, height = size(to_png(long))
    assert width == 16_000
    assert height == 12  # 30 * 16,000 / 40,000


def test_a_pdf_has_a_page_for_each_picture_and_is_the_same_when_made_again() -> None:
    pages = [text("first"), text("second")]
    pdf = to_pdf(pages)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/MediaBox") == 2
    assert pdf == to_pdf(pages)


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_every_sign_has_a_font(weight: str) -> None:
    assert len({to_png(text(sign, weight), zoom=1) for sign in SIGNS}) == len(SIGNS)  # no box twice


def test_a_joined_emoji_is_one_sign() -> None:
    family = "👩\u200d👩\u200d👧"
    assert to_png(text(family)) != to_png(text(family.replace("\u200d", "")))


def test_text_in_markup_is_text() -> None:
    assert to_png(text("∂ < &lt;")) != to_png(text("∂ < <"))
