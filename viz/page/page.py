"""A page as a file and in a notebook: one document that asks nothing of anybody.

The scripts of the folder `browser` are put into one, in this order.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from math import isfinite
from pathlib import Path as FilePath
from typing import Any, Protocol

from autograd.rules.words import check_folder
from viz.drawing.svg import in_a_cell
from viz.page.frame import frame, policy
from viz.page.javascript import read

PURE = (
    "numbers.js",
    "graph.js",
    "views.js",
    "questions.js",
    "state.js",
    "descent.js",
    "words.js",
    "curves.js",
    "listing.js",
)  # they ask the page for nothing
SCRIPTS = (
    "data.js", *PURE, "elements.js", "typeset.js", "drawing.js", "band.js", "panel.js", "view.js",
    "slopes.js", "code.js", "beside.js", "controls.js", "live.js", "keys.js",
)  # fmt: skip
STYLES = "common.css", "page.css"


class Drawn(Protocol):
    """A picture, which is text in a terminal."""

    @property
    def svg(self) -> str: ...


def written(x: float) -> float | str:
    """A number for JSON, which has no word for inf and nan."""
    return float(x) if isfinite(x) else str(float(x))


class Document:
    """A page: shows itself in a notebook, text in a terminal, a file by `save`.

    `picture` is what is seen where no page can run: it has an `svg`, and its text.
    """

    def __init__(self, title: str, picture: Drawn) -> None:
        self._title = title
        self._picture = picture

    @property
    def html(self) -> str:
        """The whole page: one document that asks nothing of anybody."""
        return self._document

    @property
    def title(self) -> str:
        """Its heading."""
        return self._title

    @cached_property
    def _document(self) -> str:
        raise NotImplementedError

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write an .html file and return its path; ValueError for another ending."""
        path = FilePath(path)
        if path.suffix.lower() != ".html":
            raise ValueError(f"a page's file ends in .html, got {path.name!r}")
        check_folder(path)
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        svg, text = in_a_cell(self._picture.svg), str(self)
        return {
            "text/html": frame(self.html, self.title, svg, text),
            "image/svg+xml": svg,
            "text/plain": text,
        }

    def __repr__(self) -> str:
        return str(self._picture)


class Page(Document):
    """An interactive page of a graph."""

    def __init__(self, graph: dict[str, Any], arithmetic: str, picture: Drawn) -> None:
        super().__init__(str(graph["title"]), picture)
        self._graph = graph
        self._arithmetic = arithmetic

    @property
    def computes(self) -> bool:
        """Whether its own arithmetic can run the graph."""
        return not self._graph["blame"]

    @cached_property
    def _document(self) -> str:
        return filled(read("page.html"), explorer(self._arithmetic, self.title, self._graph))


def explorer(arithmetic: str, title: str, graph: dict[str, Any]) -> dict[str, str]:
    """The parts of a page that explores a graph."""
    return parts_of(title, graph, f"const arithmetic = {arithmetic};", SCRIPTS, STYLES)


def parts_of(
    title: str,
    given: dict[str, Any],
    arithmetic: str,
    scripts: Sequence[str],
    styles: Sequence[str],
    read: Callable[[str], str] = read,
    others: Sequence[str] = (),
) -> dict[str, str]:
    """The parts of a page by their names: what `read` finds, what was given, what may run.

    `others` are scripts that may run as well, as in a frame within the page.
    """
    script = '"use strict";\n' + "".join(map(read, scripts))
    return {
        "policy": policy(arithmetic, script, *others),
        "title": escape(title),
        "style": "".join(map(read, styles)),
        "graph": json.dumps(given, separators=(",", ":")).replace("<", "\\u003c"),
        "arithmetic": arithmetic,
        "script": script,
    }


def filled(template: str, parts: Mapping[str, str]) -> str:
    """A template with a part for each {{name}}."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)
