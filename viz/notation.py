"""How names, formulas and tables are written: as text, Markdown, HTML and LaTeX.

A `Table` holds symbols and words and knows no format; each notation writes the whole of it, and
nothing in a label is ever taken for markup.  What shows formulas imports this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from autograd.language import ATOM, POWER, PRODUCT, Operation, Printer, Symbol
from viz.scene import significant

# ---- what is written -----------------------------------------------------------------------------


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


class Line(NamedTuple):
    """An equation; without a left side it goes on from the line above, or is a formula alone."""

    left: Symbol | None
    right: Any


class Trail(NamedTuple):
    """Names of nodes along a path, root first."""

    names: tuple[str, ...]


Cell = str | Trail | list[Line | str]
Phrase = tuple[str | Symbol, ...]  # words, with names among them
ELLIPSIS = "…"
WIDE = 120  # characters; a wider table of text is stacked


@dataclass
class Table:
    """A title, columns with a head each, rows of cells, and notes below."""

    title: Phrase
    heads: Sequence[str]
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# ---- names ---------------------------------------------------------------------------------------

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


# ---- formulas ------------------------------------------------------------------------------------


def digits(x: float) -> str:
    """A number inside a formula: six significant digits."""
    return f"{x:.6g}"


class TextPrinter(Printer):
    """Formulas as Python, though -x * y needs no parentheses and x * (-y) has them."""

    negates = PRODUCT

    def __init__(self) -> None:
        super().__init__(digits)

    def join(self, kind: str, sign: str, x: str, y: str) -> tuple[str, int]:
        if y.startswith("-") and kind not in self.encloses_right:
            y = self.group(y)
        return self.between(kind, sign, x, y), self.infix[kind]

    def between(self, kind: str, sign: str, x: str, y: str) -> str:
        """Two operands around a sign, parentheses all set."""
        return f"{x} {sign} {y}"


class HtmlPrinter(TextPrinter):
    """Formulas as HTML."""

    encloses_right = ("pow",)

    def letter(self, name: str) -> tuple[str, int]:
        if isinstance(name, Partial):
            mark = "<sub>|direct</sub>" * name.direct
            return f"∂{html_name(name.top)}/∂{html_name(name.bottom)}{mark}", ATOM
        read = read_name(name)
        return html_name(name), POWER if read and read.above else ATOM

    def call(self, operation: Operation, arguments: Sequence[str]) -> str:
        letter = GREEK.get(operation.latex.removeprefix("\\"))
        if letter:
            return f"{letter}({', '.join(arguments)})"
        return operation.spell(arguments)

    def between(self, kind: str, sign: str, x: str, y: str) -> str:
        if kind == "pow":
            return f"{x}<sup>{y}</sup>"
        return f"{x} {HTML_SIGNS.get(kind, escape(sign))} {y}"


HTML_SIGNS = {"mul": "·", "sub": "−"}


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

    def call(self, operation: Operation, arguments: Sequence[str]) -> str:
        if "#1" in operation.latex:
            return re.sub(r"#(\d)", lambda m: arguments[int(m[1]) - 1], operation.latex)
        return f"{operation.latex}\\left({', '.join(arguments)}\\right)"

    def join(self, kind: str, sign: str, x: str, y: str) -> tuple[str, int]:
        text, binding = super().join(kind, sign, x, y)
        return text, POWER if kind == "div" else binding

    def between(self, kind: str, sign: str, x: str, y: str) -> str:
        if kind == "div":
            return f"\\frac{{{x}}}{{{y}}}"
        if kind == "pow":
            return f"{x}^{{{y}}}"
        if kind == "mul":
            wordy = y[:1].isdigit() or any(word in x + y for word in (r"\text", r"\mathrm"))
            return f"{x} {CDOT if wordy else THIN} {y}"
        return f"{x} {TEX_SIGNS.get(kind, sign)} {y}"

    def group(self, text: str) -> str:
        return f"\\left({text}\\right)"


CDOT, THIN = r"\cdot", r"\,"
TEX_SIGNS = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "=", "&": r"\wedge", "|": r"\vee"}


def tex_number(text: str) -> str:
    """A written number in LaTeX's mathematics."""
    if "inf" in text:
        return text.replace("inf", r"\infty")
    if text == "nan":
        return r"\mathrm{nan}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if e else text


# ---- tables --------------------------------------------------------------------------------------


class Notation:
    """What writes tables: formulas by its printer, numbers in four significant digits."""

    printer: Printer

    def number(self, x: float) -> str:
        """A number that stands for itself, outside of a formula."""
        return significant(x)

    def formula(self, x: Any) -> str:
        """A side of an equation: a symbol or a number."""
        return self.printer.text(x) if isinstance(x, Symbol) else self.number(x)


class Text(Notation):
    """Plain text: formulas read as Python."""

    printer = TextPrinter()

    def lines(self, cell: Cell) -> list[str]:
        """A cell, line by line."""
        if isinstance(cell, str):
            return [cell]
        if isinstance(cell, Trail):
            return [" ← ".join(cell.names)]
        margin, written = 0, []
        for line in cell:
            if isinstance(line, str):
                written.append(line)
                continue
            left, right = line
            shown = self.formula(right)
            if left is not None:
                name = self.formula(left)
                margin = len(name) + 1
                shown = f"{name} = {shown}"
            elif written:
                shown = f"{' ' * margin}= {shown}"
            written.append(shown)
        return written

    def phrase(self, phrase: Phrase) -> str:
        """Words and names in a sentence."""
        return "".join(part if isinstance(part, str) else self.formula(part) for part in phrase)

    def table(self, table: Table) -> str:
        """The whole table; all columns but the first stand in one where they are too wide."""
        parts = [self.phrase(table.title)]
        if table.rows:
            rows = [[[head] for head in table.heads]]
            rows += [[self.lines(cell) for cell in row] for row in table.rows]
            if sum(_widths(rows)) > WIDE:
                rows = [[first, [x for cell in rest for x in cell]] for first, *rest in rows]
            parts.append(_aligned(rows))
        return "\n\n".join([*parts, *table.notes])


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    kinds = [unicodedata.east_asian_width(c) for c in text if not unicodedata.combining(c)]
    return len(kinds) + kinds.count("W") + kinds.count("F")


def _widths(rows: list[list[list[str]]]) -> list[int]:
    return [max(_columns(x) for cell in column for x in cell) for column in zip(*rows, strict=True)]


def _aligned(rows: list[list[list[str]]]) -> str:
    """Cells of several lines in columns, a ruler below the first row."""
    widths = _widths(rows)
    airy = any(len(cell) > 1 for row in rows[1:] for cell in row)
    written: list[str] = []
    for i, row in enumerate(rows):
        if airy and i > 1:
            written.append("")
        for k in range(max(map(len, row))):
            parts = [cell[k] if k < len(cell) else "" for cell in row]
            line = "  ".join(
                p + " " * (w - _columns(p)) for p, w in zip(parts, widths, strict=True)
            )
            written.append(line.rstrip())
        if i == 0:
            written.append("─" * min(WIDE, sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(written)


class Markdown(Text):
    """A Markdown table whose cells are code, in which nothing is markup."""

    def table(self, table: Table) -> str:
        heads = [markdown_text(head) for head in table.heads]
        written = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        for row in table.rows:
            cells = ["<br>".join(code(line) for line in self.lines(cell)) for cell in row]
            written.append(f"| {' | '.join(cells)} |")
        title = "".join(
            markdown_text(part) if isinstance(part, str) else code(self.formula(part))
            for part in table.title
        )
        parts = [title, "\n".join(written) if table.rows else ""]
        parts += [markdown_text(note) for note in table.notes]
        return "\n\n".join(part for part in parts if part) + "\n"


def code(text: str) -> str:
    """Text as a code span that may stand in a Markdown table."""
    if not text:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def markdown_text(text: str) -> str:
    """Words in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>|#$~&])", r"\\\1", text)


class Html(Notation):
    """An HTML table that stands alone, readable on light and on dark ground."""

    CELL = (
        'style="text-align: left; vertical-align: top; padding: 4px 14px 4px 0; '
        'white-space: nowrap"'
    )

    printer = HtmlPrinter()

    def cell(self, cell: Cell) -> str:
        """A cell, its lines one below the other."""
        if isinstance(cell, str):
            return escape(cell)
        if isinstance(cell, Trail):
            return " ← ".join(map(html_name, cell.names))
        lines = []
        for line in cell:
            if isinstance(line, str):
                lines.append(escape(line))
                continue
            shown = self.formula(line.right)
            if line.left is not None:
                shown = f"{self.formula(line.left)} = {shown}"
            elif lines:
                shown = f"&emsp;= {shown}"
            lines.append(shown)
        return "<br>".join(lines)

    def table(self, table: Table) -> str:
        """The whole table."""
        heads = "".join(f"<th {self.CELL}>{escape(head)}</th>" for head in table.heads)
        rows = [
            "<tr>" + "".join(f"<td {self.CELL}>{self.cell(cell)}</td>" for cell in row) + "</tr>"
            for row in table.rows
        ]
        words = (escape(p) if isinstance(p, str) else self.formula(p) for p in table.title)
        parts = [f"<p><b>{''.join(words)}</b></p>"]
        if rows:
            body = "\n".join([f"<thead><tr>{heads}</tr></thead>", "<tbody>", *rows, "</tbody>"])
            parts.append(
                '<div style="overflow-x: auto"><table style="border-collapse: collapse; '
                f'font-size: 110%">{body}</table></div>'
            )
        parts += [f"<p>{escape(note)}</p>" for note in table.notes]
        return "\n".join(parts)


class Tex(Notation):
    """A LaTeX longtable; it needs the packages amsmath and longtable."""

    printer = TexPrinter()

    def number(self, x: float) -> str:
        return tex_number(super().number(x))

    def cell(self, cell: Cell) -> str:
        """A cell, its equations aligned."""
        if isinstance(cell, str):
            return tex_text(cell)
        if isinstance(cell, Trail):
            return "$" + r" \leftarrow ".join(tex_name(name)[0] for name in cell.names) + "$"
        lines: list[str] = []
        for line in cell:
            if isinstance(line, str):
                lines.append(f"&\\text{{{tex_text(line)}}}")
                continue
            shown = self.formula(line.right)
            if line.left is not None:
                shown = f"{self.formula(line.left)} &= {shown}"
            else:
                shown = f"&= {shown}" if lines else f"&\\phantom{{{{}}={{}}}} {shown}"
            lines.append(shown)
        return "$\\begin{aligned}[t] " + r" \\ ".join(lines) + " \\end{aligned}$" if lines else ""

    def table(self, table: Table) -> str:
        """The whole table."""
        heads = " & ".join(f"\\textbf{{{tex_text(head)}}}" for head in table.heads)
        words = (
            tex_text(p) if isinstance(p, str) else f"$\\boldsymbol{{{self.formula(p)}}}$"
            for p in table.title
        )
        parts = [f"\\noindent\\textbf{{{''.join(words)}}}", ""]
        if table.rows:
            parts += [
                f"\\begin{{longtable}}[l]{{@{{}}{'l' * len(table.heads)}@{{}}}}",
                f"\\hline {heads} \\\\ \\hline \\noalign{{\\vskip 1ex}} \\endhead",
                *[
                    " & ".join(map(self.cell, row)) + r" \\ \noalign{\vskip 1ex}"
                    for row in table.rows
                ],
                r"\hline",
                r"\end{longtable}",
            ]
        return "\n".join([*parts, *(f"\n{tex_text(note)}" for note in table.notes)]) + "\n"


def tex_document(table: Table) -> str:
    """A LaTeX document of one table, its paper as wide as that is."""
    characters = sum(_widths([[Text().lines(cell) for cell in row] for row in table.rows] or [[]]))
    width = max(29.7, 0.15 * characters)
    return (
        "\\documentclass{article}\n\\usepackage{amsmath,longtable}\n"
        f"\\usepackage[paperwidth={width:.1f}cm,paperheight=21cm,margin=1cm]{{geometry}}\n"
        f"\\pagestyle{{empty}}\n\\begin{{document}}\n{Tex().table(table)}\\end{{document}}\n"
    )
