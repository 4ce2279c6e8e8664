"""Names as mathematics writes them: letters, subscripts, superscripts, primes, derivatives.

Imports nothing of ours but how tightly things bind; what writes formulas imports it.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import NamedTuple

from autograd.rules.printing import ATOM, POWER

ELLIPSIS = "…"


class Partial(str):
    """The name of a partial derivative, for the head of a Symbol: d top / d bottom.

    `direct` marks a local derivative that could be taken for the gradient of the same name.
    """

    __slots__ = ("bottom", "direct", "top")
    top: str
    bottom: str
    direct: bool

    def __new__(cls, top: str, bottom: str, direct: bool = False) -> Partial:
        made = super().__new__(cls, f"∂{top}/∂{bottom}{'|direct' * direct}")
        made.top, made.bottom, made.direct = top, bottom, direct
        return made


LETTERS = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon",
    "phi", "chi", "psi", "omega",
]  # fmt: skip
GREEK = {name: chr(ord("α") + i) for i, name in enumerate(LETTERS)}
GREEK |= {n.capitalize(): g.upper() for n, g in GREEK.items() if n != "varsigma"}
TEX_LETTERS = {g: f"\\{n}" for n, g in GREEK.items()} | {
    capital: f"\\mathrm{{{latin}}}"  # TeX has no command where the Greek capital is a Latin letter
    for capital, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)
} | {"ο": "o"}  # fmt: skip
MATHEMATICAL = {
    "∂": r"\partial", "×": r"\times", "·": r"\cdot", "−": "-", "…": r"\ldots", "∞": r"\infty",
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "√": r"\surd", "Σ": r"\Sigma", "∈": r"\in",
    "←": r"\leftarrow", "→": r"\rightarrow", "±": r"\pm", "°": r"{}^\circ", "∇": r"\nabla",
}  # fmt: skip
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\texttt{\char34}",
    "`": r"\texttt{\char96}", "'": r"\texttt{\char39}", "-": "-{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}",
}  # fmt: skip
ACCENTS = {
    "\u0300": ("`", "grave"), "\u0301": ("'", "acute"), "\u0302": ("^", "hat"),
    "\u0303": ("~", "tilde"), "\u0304": ("=", "bar"), "\u0307": (".", "dot"),
    "\u0308": ('"', "ddot"), "\u030a": ("r", "mathring"), "\u030c": ("v", "check"),
    "\u0327": ("c", ""),
}  # fmt: skip
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
NAME = re.compile(
    r"(?P<base>[^\W\d_]+[\u0300-\u0308]?)(?P<digits>\d*)(?P<primes>['′]*)"
    r"(?P<rest>(?:_\{[\w, ]+\}|_[^\W_]+|\[[\w, ]+\]"
    r"|\^\{[^\W_](?:[^\W_]|[()+\-−])*\}|\^\{\([^\W_]+\)\}|\^\(\w+\)|\^\w)*)"
)
PART = re.compile(r"(?P<raised>\^)(?:[^\W_]|[(){}+\-−])+|[_\[{]+(?P<words>\w[\w, ]*)[\]}]*")


class Name(NamedTuple):
    """A name as mathematics writes it: a letter, subscripts, a superscript, primes."""

    base: str
    below: tuple[str, ...]
    above: str
    primes: int


def read_name(label: str) -> Name | None:
    """The parts of a label such as x_1, w[0,2], z_1^(2), σ', alpha2; None where it is mere text."""
    plain = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda m: f"^{{{m[0].translate(RAISED)}}}", label)
    found = NAME.fullmatch(unicodedata.normalize("NFKD", plain).strip())
    if found is None:
        return None
    base = GREEK.get(found["base"], found["base"])
    letters = len([c for c in base if not unicodedata.combining(c)])
    below = [found["digits"]] if found["digits"] else []
    above = ""
    for part in PART.finditer(found["rest"]):
        if part["raised"]:
            if above:
                return None
            above = part[0].strip("^{}")
        else:
            below += [word.strip() for word in part["words"].split(",")]
    words = any(len(word) > 1 and not word.isdigit() for word in (base, *below))
    if letters > 1 and words and "_" in label:
        return None  # learning_rate is a word, not a letter with a subscript
    return Name(base, tuple(below), above, len(found["primes"]))


def tex_text(text: str) -> str:
    """Any text for LaTeX outside of mathematics; a character that pdfTeX has not shows its code."""
    parts: list[str] = []
    for c in unicodedata.normalize("NFKD", text):
        if c in ACCENTS and parts:
            parts[-1] = f"\\{ACCENTS[c][0]}{{{parts[-1]}}}"
        elif c in TEX_LETTERS or c in MATHEMATICAL:
            parts.append(f"\\ensuremath{{{TEX_LETTERS.get(c) or MATHEMATICAL[c]}}}")
        elif " " <= c <= "~" or c in SPECIAL:
            parts.append(SPECIAL.get(c, c))
        elif c.isprintable():
            parts.append(f"[U+{ord(c):04X}]")
        else:
            parts.append(" ")
    return "".join(parts)


def tex_name(label: str) -> tuple[str, int]:
    """A label in LaTeX's mathematics, and how tightly it binds."""
    name = read_name(label)
    if name is None:
        return f"\\text{{{tex_text(label)}}}", ATOM
    text = _tex_word(name.base)
    if name.base[1:] in ACCENTS:
        text = f"\\{ACCENTS[name.base[1:]][1]}{{{_tex_word(name.base[0])}}}"
    if name.below:
        text += f"_{{{','.join(_tex_word(word) for word in name.below)}}}"
    raised = "\\prime" * name.primes + " " * bool(name.primes) + _tex_raised(name.above)
    if raised.strip():
        return f"{text}^{{{raised.strip()}}}", POWER
    return text, ATOM


def _tex_word(word: str) -> str:
    if word in TEX_LETTERS:
        return TEX_LETTERS[word]
    if len(word) == 1 or word.isdigit():
        return word if word.isascii() else f"\\text{{{tex_text(word)}}}"
    return f"\\mathrm{{{word}}}" if word.isascii() else f"\\text{{{tex_text(word)}}}"


def _tex_raised(above: str) -> str:
    return re.sub(r"\w+", lambda m: _tex_word(m[0]), above).replace("−", "-")


def html_name(label: str) -> str:
    """A label in HTML: letters slanted, subscripts below, superscripts above."""
    name = read_name(label)
    if name is None:
        return escape(label)
    text = f"<i>{escape(name.base)}</i>{'′' * name.primes}"
    if name.below:
        text += f"<sub>{escape(','.join(name.below))}</sub>"
    return text + (f"<sup>{escape(name.above)}</sup>" if name.above else "")
