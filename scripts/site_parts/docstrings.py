"""Docstrings as pages: an extension of Sphinx, for docstrings that are plain prose with examples.

    .. names:: nn

       Neuron Layer MLP

documents public names of a package, and the build warns of one that no page has.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from autograd import OPERATIONS, NaryOperation, Operation
from scripts.site_parts.sources import PACKAGES

WARN = logging.getLogger(__name__).warning
SPECIAL = re.compile(r"([\\*|_<>:])")  # what reStructuredText takes for markup
FIELD = re.compile("Alias for field number")  # what a NamedTuple says of its fields
FORMULA = re.compile(r"\w[\w/ ,]* += ")  # a line of a row's rules


def as_rst(docstring: str) -> list[str]:
    """A docstring, plain prose with `code`, examples and indented blocks, as reStructuredText."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        if _is_code(block):
            lines += [f".. code-block:: {_language(block)}", "", *_indented(block.split("\n")), ""]
        else:
            lines += [*_prose(block).split("\n"), ""]
    return lines


def _is_code(block: str) -> bool:
    """Whether a block is an example, indented, or the rules of a row."""
    rows = block.split("\n")
    return block.startswith(">>>") or all(
        row.startswith("    ") or FORMULA.match(row) for row in rows
    )


def _indented(lines: Sequence[str]) -> list[str]:
    """Lines as the content of a directive."""
    return [f"   {line}" for line in lines]


def _language(code: str) -> str:
    """What a block is coloured as: Python where it can be read as such."""
    if code.lstrip().startswith(">>>"):
        return "pycon"
    try:
        compile(inspect.cleandoc(code), "block", "exec")
    except SyntaxError:
        return "text"
    return "python"


def _prose(text: str) -> str:
    """Prose in which nothing is markup but `code`."""
    pieces = re.split(r"`([^`]+)`", text)
    for i, piece in enumerate(pieces):
        if i % 2:
            after = pieces[i + 1][:1]
            pieces[i] = f"``{' '.join(piece.split())}``" + (r"\ " if after.isalnum() else "")
        else:
            pieces[i] = SPECIAL.sub(r"\\\1", piece)
    return "".join(pieces)


class Names(SphinxDirective):
    """Public names of a package, each with its signature and its docstring."""

    required_arguments = 1
    has_content = True

    def run(self) -> Sequence[nodes.Node]:
        package = self.arguments[0]
        names = " ".join(self.content).split()
        there = self.env.metadata[self.env.docname].setdefault("names", [])
        there += [f"{package}.{name}" for name in names]
        lines = [line for name in names for line in self.entry(package, name)]
        made: list[nodes.Node] = self.parse_text_to_nodes("\n".join(lines))
        return made

    def entry(self, package: str, name: str) -> list[str]:
        """What Sphinx is told of a name, by what it is."""
        found = getattr(import_module(package), name)
        whole = f"{package}.{name}"
        if isinstance(found, (Operation, NaryOperation)):
            signature, _, rest = (found.__doc__ or "").partition("\n")
            body = _indented(as_rst(rest))
            return [f".. py:function:: {signature}", f"   :module: {package}", "", *body, ""]
        home = getattr(found, "__module__", package)
        if home.partition(".")[0] != package.partition(".")[0]:
            same = f"{home.partition('.')[0]}.{name}"
            return [f".. py:class:: {whole}", "", f"   :py:obj:`{same}`, by this name too.", ""]
        if inspect.isclass(found):
            public = import_module(package).__all__
            bases = any(base.__name__ in public for base in found.__bases__)
            shown = ["   :show-inheritance:"] if bases else []
            return [f".. autoclass:: {whole}", "   :members:", *shown, ""]
        if inspect.isfunction(found):
            return [f".. autofunction:: {whole}", ""]
        if inspect.ismodule(found):
            return [f".. automodule:: {found.__name__}", "   :members:", ""]
        return [f".. py:data:: {whole}", f"   :type: {type(found).__name__}", ""]


def _plain(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Give Sphinx a docstring as it reads them."""
    written = "\n".join(lines)
    lines[:] = [] if FIELD.match(written) else as_rst(written)


def _skipped(app: Any, what: str, name: str, found: Any, skip: bool, options: Any) -> bool:
    """Leave out what another library has put into a class, and a row as a method."""
    home = getattr(found, "__module__", None) or PACKAGES[0]
    is_row = what == "class" and name in OPERATIONS
    return skip or is_row or home.partition(".")[0] not in PACKAGES


def _missing(app: Any, env: Any) -> None:
    """Warn of a public name that no page has."""
    there = {name for page in env.metadata.values() for name in page.get("names", ())}
    for package in sorted({name.rpartition(".")[0] for name in there}):
        for name in import_module(package).__all__:
            if f"{package}.{name}" not in there:
                WARN(f"no page of docs/api has {package}.{name}")


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_directive("names", Names)
    app.connect("autodoc-process-docstring", _plain)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("env-check-consistency", _missing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
