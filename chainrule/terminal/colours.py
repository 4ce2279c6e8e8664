"""Colours of what the command line prints, where a terminal shows them; the words are the same.

    tell(str(table), DERIVATIVES)

Derivatives have the colours that they have in pictures, verdicts one each.  NO_COLOR turns colours
off and FORCE_COLOR on, as in Python's own tools (https://no-color.org).  What prints imports this.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TextIO

BOLD, DIM, BLUE, ORANGE, GREEN, RED, YELLOW = "1", "2", "38;5;33", "38;5;208", "32", "31", "33"
VERDICTS = {"ok": GREEN, "kink": YELLOW, "wrong": RED, "undefined": YELLOW, "inconclusive": YELLOW}
NUMBER = r"-?(?:\d[\d.]*(?:e[+-]\d+)?|inf)(?= *$|  )"

Style = str | Callable[[str], str]  # codes of a terminal, or which to take for what was found
Styles = Mapping[re.Pattern[str], Style]  # what is coloured: all of a match, or its first group


def _by_sign(number: str) -> str:
    """Blue above 0, orange below, as in pictures."""
    value = float(number)
    return BLUE if value > 0 else ORANGE if value < 0 else DIM


def _lines(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


DERIVATIVES: Styles = {
    _lines(r"^(?:step  variable|node  operation).*$"): BOLD,
    _lines(r"^─+$"): DIM,
    _lines(rf"(?:(?:^|  ) *= |[∂d]\S*/\S+ = )({NUMBER})"): _by_sign,
    _lines(rf"^\S.*?  +\S.*?  +{NUMBER} +({NUMBER})"): _by_sign,  # in the column of gradients
}
REPORT: Styles = {
    _lines(r"(?<=is )(?:not )?confirmed|(?<=is )wrong"): BOLD,
    _lines(rf"^  ({'|'.join(VERDICTS)})(?=  )"): VERDICTS.__getitem__,
}
HEADS: Styles = {_lines(r"^[a-z][a-z -]*[a-z](?=  )"): BOLD}  # the words that lines begin with
COMPLAINT: Styles = {re.compile(r"^\s*chainrule:"): RED}


def tell(text: str, styles: Styles, file: TextIO | None = None) -> None:
    """Print a text at once, in colours where the stream shows them."""
    stream = sys.stdout if file is None else file
    print(coloured(text, styles) if shows_colours(stream) else text, file=stream, flush=True)


def coloured(text: str, styles: Styles) -> str:
    """The text with the codes of a terminal in it."""
    for pattern, style in styles.items():
        text = pattern.sub(partial(_painted, style=style), text)
    return text


def _painted(found: re.Match[str], style: Style) -> str:
    group = found.re.groups
    word, start = found[group], found.start(group) - found.start()
    code = style if isinstance(style, str) else style(word)
    return f"{found[0][:start]}\x1b[{code}m{word}\x1b[0m{found[0][start + len(word) :]}"


def shows_colours(stream: TextIO) -> bool:
    """Whether to print in colours there."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if sys.platform == "win32" and "WT_SESSION" not in os.environ:
        return False  # an old console writes the codes as letters
    return stream.isatty() and os.environ.get("TERM") != "dumb"
