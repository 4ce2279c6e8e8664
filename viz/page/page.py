"""A page as a file and in a notebook: one document that asks nothing of anybody.

The scripts of the folder `browser` are put into one, in this order.
"""

from __future__ import annotations

import os
from functools import cached_property
from html import escape
from math import isfinite
from pathlib import Path as FilePath
from typing import Any

from autograd.rules.words import check_folder
from viz.drawing.picture import Picture
from viz.drawing.svg import in_a_cell
from viz.page.frame import embedded, filled, frame, policy
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


def written(x: float) -> float | str:
    """A number for JSON, which has no word for inf and nan."""
    return float(x) if isfinite(x) else str(float(x))


class Page:
    """An interactive page: shows itself in a notebook, text in a terminal, a file by `save`."""

    def __init__(self, graph: dict[str, Any], arithmetic: str, picture: Picture) -> None:
        self._graph = graph
        self._arithmetic = arithmetic
        self._picture = picture

    @property
    def html(self) -> str:
        """The whole page: one document that asks nothing of anybody."""
        return self._document

    @property
    def title(self) -> str:
        """Its heading."""
        return str(self._graph["title"])

    @property
    def computes(self) -> bool:
        """Whether its own arithmetic can run the graph."""
        return not self._graph["blame"]

    @cached_property
    def _document(self) -> str:
        arithmetic = f"const arithmetic = {self._arithmetic};"
        script = '"use strict";\n' + "".join(map(read, SCRIPTS))
        parts = {
            "policy": policy(arithmetic, script),
            "title": escape(self.title),
            "style": read("page.css"),
            "graph": embedded(self._graph),
            "arithmetic": arithmetic,
            "script": script,
        }
        return filled(read("page.html"), parts)

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
