"""`chainrule explain|draw|explore|check`: pictures and checks of an expression, no Python needed.

    chainrule explain "tanh(w*x + b)" x=0.7 w=-1.3 b=0.2

`add_commands` adds them to a command line; each sets `run`, a function of the options that raises
InputError where it cannot be done, and CheckError where a check fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import webbrowser
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from textwrap import fill
from typing import Any

from autograd import OPERATIONS, Report, gradcheck
from autograd.rules.words import check_folder, printable
from chainrule.terminal.colours import COMPLAINT, DERIVATIVES, REPORT, tell
from chainrule.terminal.errors import CheckError, InputError, bad_input
from chainrule.terminal.expressions import Program
from viz.derivation.explain import explain
from viz.drawing.check_page import report_html
from viz.drawing.picture import draw
from viz.page.page import Document

FUNCTIONS = [row.name for row in OPERATIONS.values() if row.symbol == row.name]
LANGUAGE = f"""\
An expression has numbers, names, + - * / ** (powers), parentheses, pi, inf, nan and the functions
{fill(", ".join(FUNCTIONS), 98, initial_indent="  ", subsequent_indent="  ")}.
Some take a list, as total([a, b, c]) does; a choice is written where(x > 0, a, b).

Every name has a value, a number or an expression in other names, which labels what is in between:
  "tanh(w*x + b)" x=0.7 w=-1.3 b=0.2
  "tanh(a)" a="w*x + b" x=0.7 w=-1.3 b=0.2

Exit codes: 0 done, 1 a check failed, 2 bad input."""

OPTION = re.compile(r"-h$|--[a-z]|--$")  # every other word is an expression or a value
TEXT, PICTURES = ("txt", "md", "html", "tex"), ("txt", "svg", "png", "pdf", "dot")
PAPER = ("txt", "html")


# ---- the options ---------------------------------------------------------------------------------


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the four commands; each sets `run`, a function of the options."""
    explaining = _command(
        subparsers, "explain", _explain, "the derivation of every gradient, written out"
    )
    _file_options(explaining, TEXT)
    _wrt_option(explaining, "every path to this one name, and the sum")
    drawing = _command(subparsers, "draw", _draw, "the graph with its gradients, as a picture")
    _file_options(drawing, PICTURES)
    _open_option(drawing)
    exploring = _command(
        subparsers, "explore", _explore, "a page to play with: steps, paths, sliders, questions"
    )
    add_page_options(exploring)
    checking = _command(
        subparsers, "check", _check, "every gradient against numbers that no rule has touched"
    )
    _file_options(checking, PAPER)
    _wrt_option(checking, "check the gradient by this name only (may be repeated)")


def _command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    work: Callable[[argparse.Namespace], None],
    says: str,
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.",
        epilog=LANGUAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", metavar="EXPRESSION", help="what to differentiate, in quotes")
    parser.add_argument(
        "values", metavar="NAME=VALUE", nargs="*", default=[], help="x=0.7, for every name"
    )
    parser.set_defaults(run=work)
    _read_in_any_order(parser)
    return parser


def _wrt_option(parser: argparse.ArgumentParser, says: str) -> None:
    parser.add_argument("--wrt", metavar="NAME", action="append", default=[], help=says)


def _file_options(parser: argparse.ArgumentParser, kinds: Sequence[str]) -> None:
    endings = ", ".join(f".{kind}" for kind in kinds)
    parser.add_argument("--out", metavar="FILE", help=f"write a file: {endings}")
    parser.add_argument("--format", choices=kinds, help="of the file, or of what is printed")
    parser.set_defaults(kinds=kinds)


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """What a command that writes a page takes."""
    _file_options(parser, ("html",))
    _open_option(parser)


def _open_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--open", action="store_true", help="show it in the browser")


def _read_in_any_order(parser: argparse.ArgumentParser) -> None:
    """Let an expression begin with a minus, and values stand behind options.

    argparse takes "-x*2" for an option, unless there is a blank in it, and `x=2` behind an option
    for a word too many.
    """
    parse = parser.parse_known_args

    def parse_known_args(
        args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        words = sys.argv[1:] if args is None else args
        shielded = [f" {w}" if w.startswith("-") and not OPTION.match(w) else w for w in words]
        options, left = parse(shielded, namespace)
        for word in left:
            if OPTION.match(word):
                parser.error(f"there is no option {word} (an expression: put it in parentheses)")
        options.values = [*options.values, *left]
        return options, []

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign, assignment]  # of this one


# ---- what the commands do ------------------------------------------------------------------------


@bad_input()
def _explain(options: argparse.Namespace) -> None:
    made = _program(options).run()
    names = _wanted(options, list(made.values))
    if len(names) > 1:
        raise InputError(f"explain follows one name at a time, got {' and '.join(names)}")
    sheet = (
        explain(made.root, wrt=made.values[names[0]])
        if names
        else explain(made.root, weights=True, limit=None)
    )
    path = _path(options)
    if path is not None:
        _wrote(sheet.save(path))
        return
    said = {"txt": str(sheet), "md": sheet.markdown, "html": sheet.html, "tex": sheet.latex}
    tell(said[options.format or "txt"], {} if options.format else DERIVATIVES)


@bad_input()
def _draw(options: argparse.Namespace) -> None:
    made = _program(options).run()
    made.root.backward()
    picture = draw(made.root)
    path = _path(options)
    kind = options.format or "txt"
    if path is None and options.open:
        path = Path(f"chainrule-draw.{options.format or 'svg'}")
    if path is not None:
        if path.suffix.lower() == ".txt":
            path.write_text(f"{picture}\n", encoding="utf-8")
        else:
            try:
                picture.save(path)
            except RuntimeError as error:  # no engine here writes this format
                raise InputError(str(error)) from error
        _wrote(path)
        if options.open:
            _show(path)
    elif kind in ("png", "pdf"):
        raise InputError(f"a {kind.upper()} is no text to print: add --out picture.{kind}")
    elif kind == "txt":
        tell(str(picture), DERIVATIVES)
        print("\nas a picture: add --out picture.svg, or --open to look at it", file=sys.stderr)
    else:
        print(picture.svg if kind == "svg" else picture.dot)


@bad_input()
def _explore(options: argparse.Namespace) -> None:
    from viz.page.explore import explore  # here: it reads the parts of the page

    made = _program(options).run()
    page = explore(made.root, sources=made.sources, title=options.expression.strip())
    save_page(page, options, "chainrule-explore.html")


def save_page(page: Document, options: argparse.Namespace, name: str) -> None:
    """Write a page to the file that was asked for, else to one of this name, and show it."""
    path = page.save(_path(options) or name)
    if options.open:
        _wrote(path)
        _show(path)
    else:
        _wrote(path, ": open it in a browser, or add --open")


@bad_input()
def _check(options: argparse.Namespace) -> None:
    program = _program(options)
    made = program.run()
    names = _wanted(options, list(made.values)) or list(program.numbers)
    for name in names:
        if name not in program.numbers:
            known = ", ".join(program.numbers)
            raise InputError(f"{name} is made from other names, and check moves numbers: {known}")

    def result(**variables: Any) -> Any:
        return program.run(variables).root

    result.__name__ = options.expression.strip()
    report = gradcheck(result, {name: made.values[name] for name in names})
    report.paste = ""  # how to run it again, the caller knows
    path = _path(options)
    if path is None and options.format == "html":
        print(_page(report))
    else:
        tell(_in_words(report), REPORT)
    if path is not None:
        html = path.suffix.lower() == ".html"
        path.write_text(_page(report) if html else f"{_in_words(report)}\n", encoding="utf-8")
        _wrote(path)
    if not report.ok:
        raise CheckError("the gradient is not confirmed")


def _in_words(report: Report) -> str:
    """The report, and where it is good news its numbers too."""
    fine = [f"  {row.verdict:12}  {row!r}" for row in report.rows if row.verdict == "ok"]
    return "\n".join([repr(report), *(fine if report.ok else [])])


def _page(report: Report) -> str:
    return f'<!DOCTYPE html>\n<meta charset="utf-8">\n{report_html(report)}\n'


# ---- input ---------------------------------------------------------------------------------------


def _program(options: argparse.Namespace) -> Program:
    """The expression and the values of its names."""
    texts: dict[str, str] = {}
    for word in options.values:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals:
            raise InputError(
                f"{word.strip()!r} gives no name a value: write x=0.7 without blanks, and the "
                "expression in quotes, before the values"
            )
        if name in texts:
            raise InputError(f"{name} has two values, {texts[name]} and {text}: leave one out")
        texts[name] = text
    return Program(options.expression.strip(" "), texts)


def _wanted(options: argparse.Namespace, known: Sequence[str]) -> list[str]:
    """The names that --wrt asks for, each once."""
    names = [name.strip() for words in options.wrt for name in words.split(",")]
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise InputError(f"--wrt {name}: the expression has no such name; {hint}")
    return list(dict.fromkeys(names))


def _path(options: argparse.Namespace) -> Path | None:
    """The file to write, with an ending that says what it is; None where none is asked for."""
    if options.out is None:
        return None
    path = Path(options.out)
    if not path.suffix and options.format is not None and path.name:
        path = path.with_name(f"{path.name}.{options.format}")
    ending = path.suffix.lower().removeprefix(".")
    if ending not in options.kinds:
        endings = " or ".join(f".{kind}" for kind in options.kinds)
        raise InputError(f"the file's name must end in {endings}, got {options.out!r}")
    if options.format not in (None, ending):
        raise InputError(f"--out says .{ending} and --format says {options.format}: leave one out")
    check_folder(path)
    return path


# ---- output --------------------------------------------------------------------------------------


def _wrote(path: Path, hint: str = "") -> None:
    print(f"wrote {printable(str(path))}{hint}")


def _show(path: Path) -> None:
    """Show a file in the browser; where there is none, say what to open."""
    address = path.resolve().as_uri()
    try:
        shown = webbrowser.open(address)
    except webbrowser.Error:
        shown = False
    if not shown:
        tell(f"chainrule: no browser was found: open {address}", COMPLAINT, sys.stderr)
