"""Every source file as a page with a link to each line: an extension of Sphinx.

[source] beside a name of the API, and a link of the docs to a `.py` file, lead there.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from autograd import NaryOperation, Operation, operations

PACKAGES = ("autograd", "nn", "viz", "chainrule")
LICENSE = "LICENSE"


def files(root: Path) -> list[Path]:
    """The files that have pages, relative to the root of the repository."""
    found = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return [path.relative_to(root) for path in found] + [Path(LICENSE)]


def page_of(path: Path | str) -> str:
    """The name of the page of a file."""
    return f"source/{Path(path).with_suffix('').as_posix()}"


def resolve(domain: str, info: dict[str, str]) -> str | None:
    """Where the source of a name of the API stands, seen from its page in docs/api."""
    if domain != "py" or not info["module"]:
        return None
    found: Any = import_module(info["module"])
    for name in info["fullname"].split("."):
        found = getattr(found, name, None)
    if isinstance(found, (Operation, NaryOperation)):
        return _line(Path(operations.__file__), _line_of_row(found.name))
    if isinstance(found, property):
        found = found.fget
    try:
        found = inspect.unwrap(found)
        return _line(Path(inspect.getfile(found)), inspect.getsourcelines(found)[1])
    except (OSError, TypeError):
        return None


def _line_of_row(name: str) -> int:
    """The line of the table where a row stands."""
    lines = inspect.getsource(operations).splitlines()
    return next((i for i, line in enumerate(lines, 1) if re.match(rf"{name}\s*=", line)), 1)


def _line(file: Path, line: int) -> str | None:
    """A link from a page of docs/api."""
    root = Path(operations.__file__).parent.parent
    if not file.is_relative_to(root):
        return None
    return f"../../{page_of(file.relative_to(root))}.html#line-{line}"


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file, and one that lists them."""
    root, listed = Path(app.srcdir), []
    for path in files(root):
        code = (root / path).read_text(encoding="utf-8")
        language = "python" if path.suffix else "text"
        body = app.builder.highlighter.highlight_block(
            code, language, linenos="inline", linespans="line"
        )
        yield page_of(path), _context(path.as_posix(), body), "page.html"
        if path.suffix:
            link = f'<a href="{page_of(path).removeprefix("source/")}.html">{path.as_posix()}</a>'
            says = escape((ast.get_docstring(ast.parse(code)) or "").partition("\n")[0])
            says = re.sub("`([^`]+)`", r"<code>\1</code>", says)
            listed.append(f"<tr><td>{link}</td><td>{says}</td></tr>")
    table = f'<div class="table-wrapper"><table class="docutils">{"".join(listed)}</table></div>'
    yield "source/index", _context("The source", table), "page.html"


def _context(title: str, body: str) -> dict[str, Any]:
    """What the template of a page asks for."""
    body = f'<div class="source"><h1>{escape(title)}</h1>{body}</div>'
    return {"title": title, "body": body, "parents": []}


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
