"""How names, formulas and tables are written: text, Markdown, HTML, LaTeX, and no injection."""

import math
import re
import unicodedata
from html.parser import HTMLParser
from random import Random
from typing import Any

import pytest
from programs import draw_program, record
from test_explain import TWO_HIDDEN_LAYERS, given_numbers, network

from autograd import OPERATIONS, NaryOperation, Value, exp, log1p, topological_order
from autograd.rules.language import BUILT_IN, Formula
from autograd.rules.symbols import Symbol
from nn import MLP, half_squared_error
from viz import explain
from viz.derivation.names import Partial, html_name, read_name, tex_name, tex_text
from viz.derivation.printers import HtmlPrinter, TexPrinter, TextPrinter, tex_number
from viz.derivation.tables import WIDE, Text, tex_document
from viz.folding.names import label_text

# ---- a checker of LaTeX --------------------------------------------------------------------------

TOKEN = re.compile(
    r"\\(?P<word>begin|end)\{(?P<name>\w+)\}(?:\[l\]\{@\{\}(?P<columns>l+)@\{\}\})?"
    r"|\\[A-Za-z]+|\\.|\n\s*\n|.",
    re.DOTALL,
)
ALIGNED = {"aligned": 2, "cases": 2}  # columns; those of a longtable stand at its head
TEXT_COMMANDS = {r"\text", r"\textbf", r"\texttt"}  # in their braces stands no mathematics
TEXT_ACCENTS = {"\\" + c for c in "'`^~=.\"rvc"}
MATHEMATICAL = {
    "\\" + word
    for word in "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "varsigma sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi "
    "Psi Omega hat bar tilde dot ddot acute grave mathring check prime frac partial cdot cdots "
    "infty mathrm le ge "
    "ne wedge vee left right big phantom leftarrow rightarrow sqrt operatorname exp log sin cos "
    "tan arcsin arccos arctan sinh cosh tanh max min times pm nabla circ surd in ldots".split()
}
OTHERS = {
    "\\" + word
    for word in "begin end text textbf texttt textbackslash textasciicircum textasciitilde "
    "textless textgreater textbar ss ae AE o O l char ensuremath boldsymbol noindent hline noalign "
    "vskip endhead "
    "documentclass usepackage pagestyle".split()
}


class Open:
    """What is open: how it was opened, whether it is mathematics, how many columns it has."""

    def __init__(self, opener: str, formula: bool, columns: int = 0) -> None:
        self.opener, self.formula, self.columns = opener, formula, columns
        self.ands = 0  # of this row
        self.scripts = ""  # ^ and _ that the last letter bears
        self.awaits = False  # whether the last token was one of those


def faults(latex: str) -> list[str]:
    """What LaTeX would stumble over, or take for markup; empty where there is nothing."""
    found: list[str] = []
    stack = [Open("the document", formula=False)]

    def close(opener: str, token: str) -> None:
        top = stack[-1]
        if top.opener != opener:
            found.append(f"{token} closes {top.opener}")
        if len(stack) > 1:
            stack.pop()

    def end_row(top: Open) -> None:
        if top.ands != top.columns - 1:
            found.append(f"a row of {top.opener} has {top.ands + 1} columns")
        top.ands = 0

    before = skip = ""
    for match in TOKEN.finditer(latex):
        token, top = match[0], stack[-1]
        if token.isspace() and token.count("\n") < 2:
            continue
        if not top.awaits and token not in ("^", "_"):
            top.scripts = ""
        top.awaits = token in ("^", "_")
        if skip:  # the delimiter of a \left or \right
            skip = ""
        elif match["word"] == "begin":
            columns = len(match["columns"] or "") or ALIGNED.get(match["name"], 0)
            stack.append(Open(match["name"], top.formula, columns))
        elif match["word"] == "end":
            if top.columns and (top.ands or top.opener != "longtable"):
                end_row(top)
            close(match["name"], token)
        elif token == r"\left":
            stack.append(Open(token, top.formula))
            skip = token
        elif token == r"\right":
            close(r"\left", token)
            skip = token
        elif token == "{":
            plain = before in TEXT_COMMANDS
            stack.append(Open(token, before == r"\ensuremath" or (top.formula and not plain)))
        elif token == "}":
            close("{", token)
        elif token == "$" and top.formula:
            close("$", token)
        elif token == "$":
            stack.append(Open(token, formula=True))
        elif token == "&":
            top.ands += 1
            if not top.columns:
                found.append(f"& in {top.opener}")
        elif token == r"\\":
            if top.columns:
                end_row(top)
            else:
                found.append(f"a row ends in {top.opener}")
        elif token in ("^", "_"):
            if not top.formula:
                found.append(f"{token} outside of mathematics")
            elif token in top.scripts:
                found.append(f"two {token} on one letter")
            top.scripts += token
        elif token in ("%", "#", "~"):
            found.append(f"{token} as it stands")
        elif token in TEXT_ACCENTS and top.formula:
            found.append(f"{token} in mathematics")
        elif token in MATHEMATICAL and not top.formula:
            found.append(f"{token} outside of mathematics")
        elif token[1:].isalpha() and token not in MATHEMATICAL | OTHERS | TEXT_ACCENTS:
            found.append(f"{token} is not one of ours")
        elif token.isspace() and (top.formula or top.opener == "{"):
            found.append(f"a paragraph ends in {top.opener}")
        elif not token.isspace() and not token.isascii():
            found.append(f"{token} is no letter of pdfTeX")
        elif not token.isspace() and not token.isprintable():
            found.append(f"{token!r} is no letter")
        before = token
    return found + [f"{top.opener} is not closed" for top in stack[1:]]


TABLE = "\\begin{longtable}[l]{@{}ll@{}}\n"


@pytest.mark.parametrize(
    "latex",
    [
        r"$x_{1}^{(2)} + \left(\frac{a}{b}\right)^{2}$ and \textbf{50\% \& \#1 \_ \{ \$}",
        TABLE
        + "\\hline a & b \\\\ \\endhead\n$x$ & y \\\\ \\noalign{\\vskip 1ex}\n\\end{longtable}",
        r"$\begin{aligned}[t] a &= b \\ &\text{c \^{y}} \end{aligned}$",
        r"\text{\ensuremath{\sigma^{\prime}}}",
        "one\n\ntwo",
        r"$x^2 y^2$",
    ],
)
def test_right_latex_has_no_fault(latex: str) -> None:
    assert faults(latex) == []


@pytest.mark.parametrize(
    ("latex", "fault"),
    [
        (r"\textbf{a", "{ is not closed"),
        ("a}", "} closes the document"),
        ("$x", "$ is not closed"),
        (r"$\text{a$}$", "} closes $"),
        (r"$\left(x$", r"$ closes \left"),
        (r"$x\right)$", r"\right closes $"),
        (r"${\left(x}\right)$", r"} closes \left"),
        (r"$\begin{aligned}[t] a &= b", "aligned is not closed"),
        (r"$\begin{aligned}[t] a &= b \end{cases}$", r"\end{cases} closes aligned"),
        (r"$\begin{aligned}[t] a = b \end{aligned}$", "a row of aligned has 1 columns"),
        (r"$\begin{aligned}[t] a &= b \\ c \end{aligned}$", "a row of aligned has 1 columns"),
        (TABLE + "a & b & c \\\\\n\\end{longtable}", "a row of longtable has 3 columns"),
        (TABLE + "a \\\\\n\\end{longtable}", "a row of longtable has 1 columns"),
        (TABLE + "$a & b$ \\\\\n\\end{longtable}", "& in $"),
        ("a & b", "& in the document"),
        (r"a \\ b", "a row ends in the document"),
        ("50%", "% as it stands"),
        ("#1", "# as it stands"),
        ("a~b", "~ as it stands"),
        ("x_1", "_ outside of mathematics"),
        (r"$\text{x_1}$", "_ outside of mathematics"),
        (r"\sigma", r"\sigma outside of mathematics"),
        (r"$10^{-9}^{x}$", "two ^ on one letter"),
        ("$x^2^3$", "two ^ on one letter"),
        ("$x_1^2_3$", "two _ on one letter"),
        (r"$\^{y}$", r"\^ in mathematics"),
        (r"\input{x}", r"\input is not one of ours"),
        ("$x\n\n$", "a paragraph ends in $"),
        ("中", "中 is no letter of pdfTeX"),
        ("a\x00b", r"'\x00' is no letter"),
    ],
)
def test_the_checker_finds_a_planted_fault(latex: str, fault: str) -> None:
    assert fault in faults(latex)


def test_the_checker_finds_what_is_missing_or_doubled_anywhere() -> None:
    latex = explain(tutorials_network()).latex
    marks = list(re.finditer(r"\\left\(|\\right\)|\\begin\{\w+\}|\\end\{\w+\}|\\\\|[{}$&]", latex))
    for mark in Random(0).sample(marks, 150):
        start, end = mark.span()
        assert faults(latex[:start] + latex[end:])
        assert faults(latex[:end] + latex[start:])


def tutorials_network() -> Value:
    return network(TWO_HIDDEN_LAYERS, given_numbers(TWO_HIDDEN_LAYERS))


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "html", "latex"),
    [
        ("x", "<i>x</i>", "x"),
        ("x_1", "<i>x</i><sub>1</sub>", "x_{1}"),
        ("x1", "<i>x</i><sub>1</sub>", "x_{1}"),
        ("x₁", "<i>x</i><sub>1</sub>", "x_{1}"),
        ("w_12", "<i>w</i><sub>12</sub>", "w_{12}"),
        ("w_{12}", "<i>w</i><sub>12</sub>", "w_{12}"),
        ("z_1^(2)", "<i>z</i><sub>1</sub><sup>(2)</sup>", "z_{1}^{(2)}"),
        ("z^{(k)}", "<i>z</i><sup>(k)</sup>", "z^{(k)}"),
        ("w[0,2]", "<i>w</i><sub>0,2</sub>", "w_{0,2}"),
        ("hidden[0]", "<i>hidden</i><sub>0</sub>", r"\mathrm{hidden}_{0}"),
        ("x_max", "<i>x</i><sub>max</sub>", r"x_{\mathrm{max}}"),
        ("σ'", "<i>σ</i>′", r"\sigma^{\prime}"),
        ("f''", "<i>f</i>′′", r"f^{\prime\prime}"),
        ("alpha", "<i>α</i>", r"\alpha"),
        ("alpha2", "<i>α</i><sub>2</sub>", r"\alpha_{2}"),
        ("Omega", "<i>Ω</i>", r"\Omega"),
        ("Ω", "<i>Ω</i>", r"\Omega"),
        ("Alpha", "<i>Α</i>", r"\mathrm{A}"),
        ("ŷ", "<i>ŷ</i>", r"\hat{y}"),
        ("ŷ_1", "<i>ŷ</i><sub>1</sub>", r"\hat{y}_{1}"),
        ("x²", "<i>x</i><sup>2</sup>", "x^{2}"),
        ("loss", "<i>loss</i>", r"\mathrm{loss}"),
        ("learning_rate", "learning_rate", r"\text{learning\_rate}"),
        ("the loss", "the loss", r"\text{the loss}"),
        ("中文", "<i>中文</i>", r"\text{[U+4E2D][U+6587]}"),
        ("naïve", "naïve", r"\text{na\"{i}ve}"),
        ("", "", r"\text{}"),
    ],
)
def test_a_name_is_written_as_mathematics_writes_it(label: str, html: str, latex: str) -> None:
    assert unicodedata.normalize("NFC", html_name(label)) == html
    assert tex_name(label)[0] == latex
    assert faults(f"${latex}$") == []
    assert Text().formula(Symbol(label)) == label


GREEK_WORDS = "alpha beta gamma epsilon lambda mu omicron pi varsigma sigma omega Gamma Rho Omega"


@pytest.mark.parametrize("word", GREEK_WORDS.split())
def test_a_greek_letter_may_be_written_out_or_not(word: str) -> None:
    name = read_name(word)
    letter = unicodedata.name(name.base).lower().removeprefix("greek ").split()
    assert letter[-1] in (word.lower().replace("lambda", "lamda"), "sigma")
    assert tex_name(word) == tex_name(name.base)
    assert faults(f"${tex_name(word)[0]}$") == []


def test_a_raised_number_of_two_digits_stays_raised() -> None:
    assert tex_name("x¹⁰")[0] == "x^{10}"


def test_a_partial_derivative_is_a_fraction_of_names() -> None:
    partial = Symbol(Partial("E_n", "z_1^(2)", direct=True))
    assert TextPrinter().text(partial) == "∂E_n/∂z_1^(2)|direct"
    assert HtmlPrinter().text(partial) == (
        "∂<i>E</i><sub>n</sub>/∂<i>z</i><sub>1</sub><sup>(2)</sup><sub>|direct</sub>"
    )
    assert TexPrinter().text(partial) == (
        r"\frac{\partial E_{n}}{\partial z_{1}^{(2)}}\big|_{\text{direct}}"
    )


# ---- labels that could be taken for markup -------------------------------------------------------

NASTY = [
    "</td><script>alert(1)</script>", "<b>q</b>", "<br>", "&amp;", '"', "'", "a & b",
    "a|b", "|", "a\\|b", "`x`", "`", "``", "```", "a`", "*bold*", "_under_", "[a](b)", "#1", "~x~",
    "$\\input{x}$", "\\end{longtable}", "\\end{document}", "\\\\", "\\", "$", "{", "}", "}{", "^",
    "x^", "50%", "%", "~", "--", "?`", "…", "line\nbreak", "tab\tbed", "nul\x00byte", "\u202eab",
    "😀", "é", "Ångström", "½", "x__1", "x_1^2^3", "f(x)", "-x", "1e9", "- a", "1. a",
]  # fmt: skip


def labelled(label: str) -> Value:
    """A small graph in which everything has that label, or one that begins with it."""
    x = Value(2.0, label)
    u = x * Value(3.0, f"{label}w")
    u.label = f"{label}u"
    y = exp(u) * x - u / x
    y.label = f"{label}y"
    return y


def sheets(root: Value) -> list:
    """The explanation and the ledger of the first variable."""
    x = topological_order(root)[0]
    return [explain(root, weights=True), explain(root, wrt=x)]


class Page(HTMLParser):
    """The cells of a page, row by row; tags that do not match are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.tags.add(tag)
        if tag == "br":
            self.handle_data("\n")
        elif tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def cells_of(row: str) -> list[str]:
    """The cells of a Markdown table's row, which pipes part unless a backslash stands before."""
    empty, *cells, end = re.split(r"(?<!\\)\|", row)
    assert (empty, end) == ("", "")
    return [cell.strip(" ") for cell in cells]


def code_lines(cell: str) -> list[str]:
    """The contents of a cell that is nothing but code spans, a line break between two."""
    lines, place = [], 0
    while place < len(cell):
        span = re.compile(r"(`+)(?!`)(.*?[^`])\1(?!`)(?:<br>|$)").match(cell, place)
        assert span, f"no code: {cell[place:]!r}"
        text = span[2]
        if text[0] == text[-1] == " " and text.strip(" "):
            text = text[1:-1]
        lines.append(text.replace("\\|", "|"))
        place = span.end()
    return lines


def test_the_reader_of_code_spans_finds_what_is_no_code() -> None:
    assert code_lines("`a`<br>`` `b` ``") == ["a", "`b`"]
    for cell in ("a", "`a`b", "`a``", "`a` <b>"):
        with pytest.raises(AssertionError):
            code_lines(cell)
    assert cells_of("| a | b\\|c |") == ["a", "b\\|c"]


@pytest.mark.parametrize("label", NASTY)
def test_a_label_is_never_taken_for_html(label: str) -> None:
    for sheet in sheets(labelled(label)):
        page = Page(sheet.html)
        assert page.tags <= set("p b div table thead tbody tr th td i sub sup br".split())
        assert len({len(row) for row in page.rows}) == 1
    shown = [row[1] for row in Page(explain(labelled(label), weights=True).html).rows]
    wanted = f"{label_text(Value(2.0, label))} = 2"
    assert wanted in [unicodedata.normalize("NFC", text) for text in shown]


@pytest.mark.parametrize("label", NASTY)
def test_a_label_is_never_taken_for_markdown(label: str) -> None:
    explanation, ledger = sheets(labelled(label))
    for sheet in (explanation, ledger):
        _, _, _, _, *rows = lines = sheet.markdown.splitlines()
        table = [line for line in lines if line.startswith("|")]
        assert {len(cells_of(line)) for line in table} == {len(sheet.HEADS)}
        rows = rows[: len(sheet.table.rows)]
        for row, cells in zip(rows, sheet.table.rows, strict=True):
            for written, cell in zip(cells_of(row), cells, strict=True):
                if cell:
                    assert code_lines(written) == Text().lines(cell)


@pytest.mark.parametrize("label", NASTY)
def test_a_label_is_never_taken_for_latex(label: str) -> None:
    for sheet in sheets(labelled(label)):
        assert faults(sheet.latex) == []


@pytest.mark.parametrize("label", NASTY)
def test_a_label_is_one_line_of_text(label: str) -> None:
    for sheet in sheets(labelled(label)):
        text = str(sheet)
        assert all(c.isprintable() or c == "\n" for c in text)
        assert label_text(Value(1.0, label)) in text


@pytest.mark.parametrize("label", ["- a", "+ a", "1. a"])
def test_a_title_is_no_item_of_a_list(label: str) -> None:
    title = explain(Value(2.0, label)).markdown.splitlines()[0]
    assert not re.match(r"([-+*]|\d+[.)]) ", title)


def test_a_name_given_by_the_caller_is_one_line_too() -> None:
    x = Value(2.0)
    text = explain(2 * x, names={"a\nb": x}).markdown
    assert len([line for line in text.splitlines() if line]) == 4


def test_an_empty_cell_of_markdown_is_empty() -> None:
    x = Value(2.0, "x")
    assert cells_of(explain(x * x, wrt=x).markdown.splitlines()[-1])[1] == ""


# ---- formulas ------------------------------------------------------------------------------------


def written_formula(name: str) -> Formula:
    row = OPERATIONS[name]
    return Formula(row, 4 if isinstance(row, NaryOperation) else None)


def rules(name: str) -> list[Any]:
    formula = written_formula(name)
    return [formula.forward, *formula.partials]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_rule_of_the_table_is_balanced_in_every_notation(name: str) -> None:
    for rule in rules(name):
        assert faults(f"${TexPrinter().text(rule)}$") == []
        page = Page(HtmlPrinter().text(rule))
        assert page.tags <= {"i", "sub", "sup"}
        assert "#" not in TexPrinter().text(rule)


POINT = {"x": 0.3, "y": 0.7, "low": -1.0, "high": 1.0, "slope": 0.1, "alpha": 1.5, "a": 2.0}
POINT |= {"b": 3.0, "condition": 1.0, "z": 0.4, "x0": 0.2, "x1": 0.9, "x2": 0.4, "x3": 1.0}


def value_of(rule: Any, point: dict[str, float]) -> float:
    if not isinstance(rule, Symbol):
        return float(rule)
    if not rule.operands:
        return point[rule.head]
    xs = [value_of(x, point) for x in rule.operands]
    if isinstance(rule.head, str):
        return eval(f"xs[0] {rule.head} xs[1]")
    return rule.head.evaluate(tuple(xs))


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_rule_of_the_table_reads_as_python(name: str) -> None:
    point = POINT | {"x": 1.3} if name == "acosh" else POINT
    known = {**OPERATIONS, **point, "abs": abs, "inf": math.inf, "nan": math.nan}
    for rule in rules(name):
        number = value_of(rule, point)
        assert eval(TextPrinter().text(rule), known) == pytest.approx(number, rel=1e-4)


x, y = Symbol("x"), Symbol("y")


@pytest.mark.parametrize(
    ("formula", "text", "html", "latex"),
    [
        (x * y + 2.0, "x * y + 2", "x · y + 2", r"x \, y + 2"),
        (2.0 * x, "2 * x", "2 · x", r"2 \, x"),
        (x * 2.0, "x * 2", "x · 2", r"x \cdot 2"),
        (x * -1.0, "x * (-1)", "x · (-1)", r"x \, \left(-1\right)"),
        (x * (-y), "x * (-y)", "x · (-y)", r"x \, \left(-y\right)"),
        (-x * y, "-x * y", "-x · y", r"-x \, y"),
        (-(x + y), "-(x + y)", "-(x + y)", r"-\left(x + y\right)"),
        (x * (y + 1.0), "x * (y + 1)", "x · (y + 1)", r"x \, \left(y + 1\right)"),
        (x - (y - 1.0), "x - (y - 1)", "x − (y − 1)", r"x - \left(y - 1\right)"),
        (x / (y * 2.0), "x / (y * 2)", "x / (y · 2)", r"\frac{x}{y \cdot 2}"),
        ((x + 1.0) / y, "(x + 1) / y", "(x + 1) / y", r"\frac{x + 1}{y}"),
        ((x / y) ** 2.0, "(x / y) ** 2", "(x / y)<sup>2</sup>", r"\left(\frac{x}{y}\right)^{2}"),
        (x ** (y + 1.0), "x ** (y + 1)", "x<sup>y + 1</sup>", "x^{y + 1}"),
        (x ** (-y), "x ** (-y)", "x<sup>-y</sup>", "x^{-y}"),
        ((x**y) ** 2.0, "(x ** y) ** 2", "(x<sup>y</sup>)<sup>2</sup>", r"\left(x^{y}\right)^{2}"),
        ((-x) ** 2.0, "(-x) ** 2", "(-x)<sup>2</sup>", r"\left(-x\right)^{2}"),
        (abs(x) ** 2.0, "abs(x) ** 2", "abs(x)<sup>2</sup>", r"\left|x\right|^{2}"),
        (OPERATIONS["sigmoid"](x), "sigmoid(x)", "σ(x)", r"\sigma\left(x\right)"),
        (OPERATIONS["tanh"](x), "tanh(x)", "tanh(x)", r"\tanh\left(x\right)"),
        (OPERATIONS["sqrt"](x), "sqrt(x)", "sqrt(x)", r"\sqrt{x}"),
        (
            (x > 0.0) & (x <= y),
            "(x > 0) & (x <= y)",
            "(x &gt; 0) &amp; (x &lt;= y)",
            r"\left(x > 0\right) \wedge \left(x \le y\right)",
        ),
    ],
)
def test_a_formula_has_the_parentheses_it_needs(formula, text: str, html, latex: str) -> None:
    assert TextPrinter().text(formula) == text
    assert re.sub("</?i>", "", HtmlPrinter().text(formula)) == html
    assert TexPrinter().text(formula) == latex


def test_the_power_of_a_raised_name_has_parentheses_in_latex() -> None:
    assert TexPrinter().text(Symbol("z^(3)") ** 2.0) == r"\left(z^{(3)}\right)^{2}"


def figure_3() -> str:
    """A gradient whose second and third term begin with a minus sign."""
    a = Value(1.0, "a")
    parts = [k * a for k in (2.0, 3.0, 4.0)]
    for i, v in enumerate(parts, 1):
        v.label = f"u_{i}"
    return explain(parts[0] * -5.0 - parts[1] * 6.0 - parts[2] * 7.0)


def test_negative_factors_and_terms_have_parentheses_in_text() -> None:
    assert "= -5 * 2 + (-6 * 3) + (-7 * 4)" in str(figure_3())


@pytest.mark.parametrize("notation", ["html", "latex"])
def test_no_sign_follows_a_sign(notation: str) -> None:
    assert "+ -" not in getattr(figure_3(), notation)


def test_an_argument_that_begins_with_a_minus_is_grouped_where_a_sign_stands_before_it() -> None:
    assert "+ -" not in TexPrinter().text(OPERATIONS["log1p"](-x))


@pytest.mark.parametrize("label", ["z^(3)", "x²"])
def test_the_power_of_a_raised_name_is_told_from_the_name_in_html(label: str) -> None:
    assert "</sup><sup>" not in HtmlPrinter().text(Symbol(label) ** 2.0)


@pytest.mark.parametrize(
    ("number", "text", "latex"),
    [
        (2.0, "2", "2"),
        (-0.5, "-0.5", "-0.5"),
        (1e-9, "1e-09", r"1 \cdot 10^{-9}"),
        (-1.5e20, "-1.5e+20", r"-1.5 \cdot 10^{20}"),
        (math.inf, "inf", r"\infty"),
        (-math.inf, "-inf", r"-\infty"),
        (math.nan, "nan", r"\mathrm{nan}"),
        (123456.789, "123457", "123457"),
        (1 / 3, "0.333333", "0.333333"),
    ],
)
def test_numbers_show_their_digits(number: float, text: str, latex: str) -> None:
    assert TextPrinter().text(number) == text
    assert TexPrinter().text(number) == tex_number(text) == latex
    assert faults(f"${latex}$") == []


@pytest.mark.parametrize("make", [lambda v: v * 1e-9, lambda v: v / 1e30, lambda v: 1e200 * v * v])
@pytest.mark.parametrize("number", [1e-9, 1e30, math.inf, -math.inf, math.nan])
def test_numbers_of_any_size_are_balanced(make, number: float) -> None:
    root = make(Value(number, "x"))
    for sheet in sheets(root):
        assert faults(sheet.latex) == []
        assert Page(sheet.html)


def test_the_power_of_a_number_with_an_exponent_is_balanced() -> None:
    assert faults(explain(1e-9 ** Value(2.0, "x")).latex) == []


# ---- tables --------------------------------------------------------------------------------------


def graphs() -> dict[str, Value]:
    model = MLP(2, [3, 2], "tanh", rng=Random(0))
    x = [Value(1.0, "x_1"), Value(-2.0, "x_2")]
    loss = sum(half_squared_error(out, 0.5) for out in model(x))
    loss.label = "L"
    many = [(i + 1.0) * x[0] for i in range(7)]
    for i, v in enumerate(many):
        v.label = f"y_{i}"
    return {
        "the tutorial's network": tutorials_network(),
        "an MLP's loss": loss,
        "a node that goes into many": sum(many),
    }


@pytest.mark.parametrize("name", graphs())
def test_the_latex_of_a_graph_is_balanced(name: str) -> None:
    root = graphs()[name]
    for sheet in [explain(root), *sheets(root)]:
        assert faults(sheet.latex) == []
        assert faults(tex_document(sheet.tables)) == []


def random_sheets() -> list:
    """Explanations and ledgers of random programs, a few nodes of each labelled."""
    found = []
    for seed in range(60):
        rng = Random(seed)
        root, _ = record(draw_program(rng))
        for v in topological_order(root):
            if v.parents and rng.random() < 0.35:
                v.label = rng.choice(NASTY)
        found += sheets(root)
    return found


def test_random_programs_with_any_label_are_balanced_in_every_notation() -> None:
    for sheet in random_sheets():
        assert faults(sheet.latex) == []
        assert len({len(row) for row in Page(sheet.html).rows}) <= 1  # none where there is no path
        table = [line for line in sheet.markdown.splitlines() if line.startswith("|")]
        assert {len(cells_of(line)) for line in table} <= {len(sheet.HEADS)}


def test_a_table_of_markdown_holds_what_the_text_holds() -> None:
    x = Value(1.5, "x_1")
    u = 3 * x
    u.label = "u"
    assert explain(2 * u).markdown.splitlines() == [
        "`root` = 9: its derivatives, outputs before inputs",
        "",
        "| step | variable | local relationship | local derivative | backpropagated derivative |",
        "|---|---|---|---|---|",
        "| `1` | `u = 4.5` | `root = 2 * u` | `∂root/∂u = 2` | `∂root/∂u = 2` |",
        "| `2` | `x_1 = 1.5` | `u = 3 * x_1` | `∂u/∂x_1 = 3` | `∂root/∂x_1 = ∂root/∂u * ∂u/∂x_1`"
        "<br>`           = 2 * 3`<br>`           = 6` |",
    ]


def test_a_table_of_html_says_what_the_text_says() -> None:
    xv = Value(1.5, "x_1")
    u = 3 * xv
    u.label = "u"
    page = Page(explain(2 * u).html)
    assert page.words.startswith("root = 9: its derivatives, outputs before inputs")
    assert page.rows[1] == ["1", "u = 4.5", "root = 2 · u", "∂root/∂u = 2", "∂root/∂u = 2"]
    assert page.rows[2][4] == "∂root/∂x1 = ∂root/∂u · ∂u/∂x1\n\u2003= 2 · 3\n\u2003= 6"


def test_a_wide_table_of_text_stands_in_one_column() -> None:
    narrow, wide = str(explain(Value(1.0, "x") * 2)), str(explain(tutorials_network()))
    assert "local relationship  local derivative" in narrow
    assert max(map(len, narrow.splitlines())) <= WIDE
    assert "\n      local relationship\n      local derivative\n" in wide


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining ones none."""
    wide = [unicodedata.east_asian_width(c) in "WF" for c in text]
    return sum(0 if unicodedata.combining(c) else 1 + w for c, w in zip(text, wide, strict=True))


@pytest.mark.parametrize("label", ["x", "中文", "y\u0302", "長い名前"])
def test_columns_of_text_are_aligned_whatever_the_letters(label: str) -> None:
    head, _, row = str(explain(Value(1.0, label) * 2)).splitlines()[2:5]
    at = [columns_of(line[: line.index(word)]) for line, word in
          ((head, "local relationship"), (row, "root = "))]  # fmt: skip
    assert at[0] == at[1]


def test_the_title_of_a_ledger_counts_the_paths() -> None:
    xv = Value(2.0, "x_1")
    sheet = explain(xv * xv, wrt=xv)
    assert sheet.markdown.startswith("2 paths lead from `root` to `x_1`: along a path multiply")
    assert r"2 paths lead from $\boldsymbol{\mathrm{root}}$ to $\boldsymbol{x_{1}}$" in sheet.latex
    assert "1 path leads from root to" in str(explain(2 * xv, wrt=xv))


def test_a_text_for_latex_keeps_every_letter_or_its_code() -> None:
    assert tex_text("a_b & 50% {c}") == r"a\_b \& 50\% \{c\}"
    assert tex_text("\u0301a\x07b").startswith("[U+0301]a b")
    assert tex_text("é≤∞") == r"\'{e}\ensuremath{\le}\ensuremath{\infty}"


def test_notes_stand_below_the_table_in_every_notation() -> None:
    sheet = explain(tutorials_network(), limit=2)
    told = "10 rows are left out: explain(root, limit=None) shows all"
    assert str(sheet).endswith(told)
    assert told in Page(sheet.html).words
    assert f"\n\n{told}\n" in sheet.markdown
    assert "\\end{longtable}\n\n10 weights have no row" in sheet.latex
    assert told in sheet.latex


# ---- files and notebooks -------------------------------------------------------------------------


def small() -> Any:
    return explain(Value(3.0, "x") * 2)


@pytest.mark.parametrize(
    ("ending", "beginning"),
    [
        (".txt", "root = 6: its derivatives"),
        (".md", "`root` = 6: its derivatives"),
        (".html", '<!DOCTYPE html>\n<meta charset="utf-8">\n<p><b><i>root</i> = 6'),
        (".tex", "\\documentclass{article}\n"),
        (".TEX", "\\documentclass{article}\n"),
    ],
)
def test_save_writes_the_format_of_the_ending(tmp_path, ending: str, beginning: str) -> None:
    path = tmp_path / f"table{ending}"
    assert small().save(str(path)) == path
    text = path.read_text(encoding="utf-8")
    assert text.startswith(beginning)
    assert text.endswith("\n")
    assert "6" in text


def test_a_tex_file_is_a_whole_document(tmp_path) -> None:
    for sheet in (small(), *sheets(labelled("中文 & $"))):
        text = sheet.save(tmp_path / "table.tex").read_text(encoding="utf-8")
        assert faults(text) == []
        assert r"\usepackage{amsmath,longtable}" in text
        assert text.endswith("\\end{document}\n")
        assert sheet.latex in text


def test_an_html_file_is_a_page(tmp_path) -> None:
    sheet = small()
    text = sheet.save(tmp_path / "table.html").read_text(encoding="utf-8")
    assert Page(text).tags >= {"meta", "table"}
    assert sheet.html in text


@pytest.mark.parametrize("name", ["table.pdf", "table", "table.svg"])
def test_another_ending_is_refused_before_anything_is_written(tmp_path, name: str) -> None:
    with pytest.raises(ValueError, match=f"ends in .txt, .md, .html, .tex, got '{name}'"):
        small().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_notebook_gets_html_and_text() -> None:
    sheet = small()
    assert sheet._repr_mimebundle_() == {"text/html": sheet.html, "text/plain": str(sheet)}


def test_an_explanation_of_log1p_is_written_in_every_notation() -> None:
    sheet = explain(log1p(Value(1.0, "x")))
    assert r"\operatorname{log1p}\left(x\right)" in sheet.latex
    assert "log1p(x)" in Page(sheet.html).rows[1][2]


@pytest.mark.parametrize("label", ["z_1^{L-1}", "z^{L-1}_1"])
def test_a_superscript_may_be_a_difference(label: str) -> None:
    assert tex_name(label)[0] == "z_{1}^{L-1}"
    assert html_name(label) == "<i>z</i><sub>1</sub><sup>L-1</sup>"
