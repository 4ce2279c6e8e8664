"""The site, as built: every link stays inside and arrives, and a browser asks nobody else.

$CHAINRULE_SITE is the folder of a site that is there already; without it one is built.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from inspect import ismodule
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from scripts import lite, pyodide
from scripts.site_parts import __main__ as site_parts
from scripts.site_parts.__main__ import SPHINX, main
from scripts.site_parts.parts import PARTS

ROOT = Path(__file__).parent.parent
PACKAGES = "autograd nn viz nn.sklearn nn.by_hand chainrule.micrograd".split()
LINKS = {"a": "href", "link": "href", "area": "href", "img": "src", "script": "src",
         "iframe": "src", "source": "src", "video": "src", "use": "href"}  # fmt: skip
KNOWN = "gradcheck"

pytestmark = pytest.mark.site


# ---- the build -----------------------------------------------------------------------------------


def test_a_cell_that_fails_ends_the_build(tmp_path: Path) -> None:
    pytest.importorskip("furo", reason='needs pip install -e ".[docs]"')
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    title = {"cell_type": "markdown", "metadata": {}, "source": ["# Wrong"]}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [title, cell | {"source": ["1 / 0"]}], "metadata": {"kernelspec": kernel},
        "nbformat": 4, "nbformat_minor": 4,
    }  # fmt: skip
    for name, text in [
        ("docs/contents.rst", "Contents\n========\n\n.. toctree::\n\n   ../notebooks/wrong\n"),
        ("notebooks/wrong.ipynb", json.dumps(notebook)),
    ]:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    options = ["--conf-dir", "docs", tmp_path, tmp_path / "out" / "site"]
    build = [sys.executable, "-m", *SPHINX, *map(str, options)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "division by zero" in done.stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    for build in (
        main,
        lambda words: pyodide.build(tmp_path),
        lambda words: lite.build(tmp_path, ""),
    ):
        with pytest.raises(SystemExit, match="holds something else"):
            build([str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_is_missing_is_said_before_anything_is_built(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(site_parts, "PACKAGES", ("mathjax", "no-such-package"))
    monkeypatch.setattr(site_parts, "MODULES", ("sphinx", "no_such_module"))
    monkeypatch.setattr(site_parts, "run", lambda command: pytest.fail("it was built"))
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path)])
    lines = str(stop.value).splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["no_such_module:", "no-such-package,"]


def test_a_docstring_is_prose_and_examples() -> None:
    pytest.importorskip("sphinx", reason='needs pip install -e ".[docs]"')
    from scripts.site_parts.docstrings import as_rst

    text = """`f`s are *args: a_, |b|.

        f(1)      one

    z     = f(x)
    dz/dx = 1

    >>> f(1)
    1
    """
    code = ".. code-block:: "
    assert as_rst(text) == [
        r"``f``\ s are \*args\: a\_, \|b\|.", "",
        code + "text", "", "       f(1)      one", "",
        code + "text", "", "   z     = f(x)", "   dz/dx = 1", "",
        code + "pycon", "", "   >>> f(1)", "   1", "",
    ]  # fmt: skip


# ---- the files -----------------------------------------------------------------------------------


@dataclass
class Links(HTMLParser):
    """The links of a page, and what links can lead to."""

    text: str
    targets: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=lambda: {"", "top"})

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in LINKS and LINKS[tag] in given:
            self.targets.append(given[LINKS[tag]])
        self.targets += re.findall(r"url\(['\"]?([^'\")]+)", given.get("style", ""))
        if "srcdoc" in given:  # a page in a page
            self.targets += Links(given["srcdoc"]).targets


@cache
def links(page: Path) -> Links:
    return Links(page.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    """What Sphinx has written, and the interactive page; other parts have tests of their own."""
    parts = [site / part.folder for part in PARTS if part.folder != "page"]
    written = sorted(site.rglob("*.html"))
    return [path for path in written if not any(part in path.parents for part in parts)]


def test_every_link_of_every_page_arrives(site: Path) -> None:
    lost = []
    for page in pages(site):
        for link in links(page).targets:
            address = urlsplit(link)
            if address.scheme == "data":
                continue
            target = page.parent / unquote(address.path) if address.path else page
            target = target / "index.html" if target.is_dir() else target
            there = not (address.scheme or address.netloc) and target.is_file()
            there = there and target.resolve().is_relative_to(site)
            if there and address.fragment and target.suffix == ".html":
                there = unquote(address.fragment) in links(target.resolve()).anchors
            if not there:
                lost.append(f"{page.relative_to(site)}: {link}")
    assert lost == []


def test_no_style_sheet_asks_for_what_is_not_there(site: Path) -> None:
    sheets = sorted((site / "_static").rglob("*.css"))
    assert len(sheets) > 3
    for sheet in sheets:
        for url in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            assert url.startswith(("data:", "#")) or (sheet.parent / url).is_file(), url


def test_every_public_name_has_its_place(site: Path) -> None:
    anchors = set().union(*[links(page).anchors for page in (site / "docs/api").glob("*.html")])
    for package in PACKAGES:
        for name in import_module(package).__all__:
            found = getattr(import_module(package), name)
            module = f"module-{found.__name__}" if ismodule(found) else ""
            assert (module or f"{package}.{name}") in anchors


def test_every_notebook_and_every_page_of_the_docs_is_a_page(site: Path) -> None:
    sources = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]
    for source in sources:
        assert (site / source.relative_to(ROOT)).with_suffix(".html").is_file(), source.name


def test_a_name_is_found_in_its_source(site: Path) -> None:
    html = (site / "docs/api/autograd.html").read_text(encoding="utf-8")
    line = re.search(r"source/autograd/graph\.html#line-(\d+)", html)
    assert line
    code = (ROOT / "autograd/graph.py").read_text(encoding="utf-8").splitlines()
    assert re.match("(def|class) ", code[int(line[1]) - 1])


def test_a_notebook_shows_what_its_cells_gave(site: Path) -> None:
    for page in sorted((site / "notebooks").glob("*_*.html")):
        assert page.read_text(encoding="utf-8").count("cell_output") >= 5, page.name


# ---- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def tab(chromium: Any, site_address: str) -> Iterator[Any]:
    """A tab of a phone's width; it must ask nobody else for anything, and complain of nothing."""
    view = chromium.new_page(viewport={"width": 390, "height": 844})
    said: list[str] = []

    def complained(line: Any) -> None:
        icon = line.location["url"].endswith("/favicon.ico")  # every browser asks for one
        if line.type == "error" and not icon:
            said.append(line.text)

    def asked(request: Any) -> None:
        if not request.url.startswith((site_address, "data:", "blob:", "about:")):
            said.append(request.url)

    view.on("console", complained)
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("request", asked)
    yield view
    view.close()
    assert said == []


def typeset(tab: Any) -> None:
    """Wait until every formula is drawn."""
    tab.wait_for_function("() => window.MathJax?.startup?.promise")
    tab.evaluate("() => MathJax.startup.promise")


OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth > width || document.body.scrollWidth > width;
}"""


def test_every_page_opens_and_none_scrolls_sideways_on_a_phone(tab, site, site_address) -> None:
    wide = []
    for page in pages(site):
        path = page.relative_to(site).as_posix()
        tab.goto(site_address + path)
        if any("tex-svg" in link for link in links(page).targets):
            typeset(tab)
            assert tab.locator("mjx-merror").count() == 0, path
        if tab.evaluate(OVERFLOW):
            wide.append(path)
    assert wide == []


def test_the_search_finds_a_name(tab, site_address) -> None:
    tab.goto(f"{site_address}search.html?q={KNOWN}")
    tab.wait_for_selector("#search-results li a")
    found = tab.eval_on_selector_all("#search-results li a", "all => all.map((a) => a.href)")
    assert any("docs/api/autograd.html" in link for link in found)


def test_formulas_are_typeset_and_pictures_are_there(tab, site_address) -> None:
    tab.goto(f"{site_address}notebooks/06_bradbury.html")
    typeset(tab)
    assert tab.locator("mjx-container").count() > 50
    shown = "all => all.every((image) => image.complete && image.naturalWidth > 0)"
    assert tab.eval_on_selector_all("article img", shown)


def test_the_interactive_page_steps_on_the_home_page(tab, site_address) -> None:
    tab.goto(site_address)
    frame = tab.frame_locator("iframe.explore")
    frame.get_by_role("button", name="Last").click()
    frame.get_by_text("step 8 of 8").wait_for()
