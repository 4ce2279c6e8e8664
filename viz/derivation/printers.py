"""Formulas as text, HTML and LaTeX: one printer each, told apart by what they write differently.

Imports names and the visitor of `autograd.rules.printing`; tables and pages import it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from autograd.rules.printing import ATOM, POWER, PRODUCT, Printer
from viz.derivation.names import ELLIPSIS, GREEK, Partial, html_name, read_name, tex_name


def digits(x: float) -> str:
    """A number inside a formula: six significant digits."""
    return f"{x:.6g}"


class TextPrinter(Printer):
    """Formulas as Python, though -x * y needs no parentheses and x * (-y) has them."""

    negates = PRODUCT

    def __init__(self) -> None:
        super().__init__(digits)

    def separates(self, right: str) -> bool:
        return right.startswith("-")


class HtmlPrinter(TextPrinter):
    """Formulas as HTML."""

    encloses_right = ("pow",)

    def letter(self, name: str) -> tuple[str, int]:
        if isinstance(name, Partial):
            mark = "<sub>|direct</sub>" * name.direct
            return f"∂{html_name(name.top)}/∂{html_name(name.bottom)}{mark}", ATOM
        read = read_name(name)
        return html_name(name), POWER if read and read.above else ATOM

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        letter = GREEK.get(row.latex.removeprefix("\\"))
        if letter:
            return f"{letter}({', '.join(map(self.text, operands))})", ATOM
        return super().call(row, operands)

    def sign(self, head: Any) -> str:
        return HTML_SIGNS.get(getattr(head, "name", "")) or escape(super().sign(head))

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        if getattr(head, "name", "") == "pow":
            return f"{x}<sup>{y}</sup>", binding
        return super().join(head, x, y, binding)


class TexPrinter(TextPrinter):
    """Formulas in LaTeX's mathematics (amsmath)."""

    encloses_left = ("div",)
    encloses_right = ("div", "pow")

    def __init__(self) -> None:
        super().__init__()
        self.number = lambda x: tex_number(digits(x))

    def numeral(self, x: float) -> tuple[str, int]:
        text, binding = super().numeral(x)
        return text, PRODUCT if "10^" in text else binding

    def letter(self, name: str) -> tuple[str, int]:
        if isinstance(name, Partial):
            top, bottom = tex_name(name.top)[0], tex_name(name.bottom)[0]
            mark = r"\big|_{\text{direct}}" * name.direct
            return f"\\frac{{\\partial {top}}}{{\\partial {bottom}}}{mark}", POWER
        return (r"\cdots", ATOM) if name == ELLIPSIS else tex_name(name)

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        arguments = list(map(self.text, operands))
        if "#1" in row.latex:
            return re.sub(r"#(\d)", lambda m: arguments[int(m[1]) - 1], row.latex), ATOM
        return f"{row.latex}\\left({', '.join(arguments)}\\right)", ATOM

    def sign(self, head: Any) -> str:
        sign = TEX_SIGNS.get(getattr(head, "name", head))
        return sign if sign is not None else f"\\mathbin{{{head.latex}}}"

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        match getattr(head, "name", head):
            case "div":
                return f"\\frac{{{x}}}{{{y}}}", POWER
            case "pow":
                return f"{x}^{{{y}}}", binding
            case "mul":
                wordy = y[:1].isdigit() or any(word in x + y for word in (r"\text", r"\mathrm"))
                return f"{x} {CDOT if wordy else THIN} {y}", binding
            case _:
                return super().join(head, x, y, binding)

    def group(self, text: str) -> str:
        return f"\\left({text}\\right)"


HTML_SIGNS = {"mul": "·", "sub": "−"}
CDOT, THIN = r"\cdot", r"\,"
TEX_SIGNS = {
    "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "!=": r"\ne", "==": "=", "&": r"\wedge",
    "|": r"\vee", "add": "+", "sub": "-", "neg": "-", "pos": "+",
}  # fmt: skip


def tex_number(text: str) -> str:
    """A written number in LaTeX's mathematics."""
    if "inf" in text:
        return text.replace("inf", r"\infty")
    if text == "nan":
        return r"\mathrm{nan}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if e else text
