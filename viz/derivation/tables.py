"""Tables of formulas and words, as text, Markdown, HTML and LaTeX.

A `Table` knows no format; each notation writes the whole of it by its printer, and nothing in a
label is ever taken for markup.  What shows derivations imports this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple

from autograd.rules.printing import Printer
from autograd.rules.symbols import Symbol
from viz.derivation.names import html_name, tex_name, tex_text
from viz.derivation.printers import HtmlPrinter, TexPrinter, TextPrinter, tex_number
from viz.drawing.scene import significant

# ---- what is written -----------------------------------------------------------------------------


class Line(NamedTuple):
    """An equation; without a left side it goes on from the line above, or is a formula alone."""

    left: Symbol | None
    right: Any


class Trail(NamedTuple):
    """Names of nodes along a path, root first."""

    names: tuple[str, ...]


Cell = str | Trail | list[Line | str]
Phrase = tuple[str | Symbol, ...]  # words, with names among them
WIDE = 120  # characters; a wider table of text is stacked


@dataclass
class Table:
    """A title, columns with a head each, rows of cells, and notes below."""

    title: Phrase
    heads: Sequence[str]
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# ---- how it is written ---------------------------------------------------------------------------


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


def tex_document(tables: Sequence[Table]) -> str:
    """A LaTeX document of some tables, its paper as wide as they are."""
    cells = [[[Text().lines(cell) for cell in row] for row in table.rows] for table in tables]
    width = max([29.7, *[0.15 * sum(_widths(rows)) for rows in cells if rows]])
    body = "\n".join(Tex().table(table) for table in tables)
    return (
        "\\documentclass{article}\n\\usepackage{amsmath,longtable}\n"
        f"\\usepackage[paperwidth={width:.1f}cm,paperheight=21cm,margin=1cm]{{geometry}}\n"
        f"\\pagestyle{{empty}}\n\\begin{{document}}\n{body}\\end{{document}}\n"
    )
