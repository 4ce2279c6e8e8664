"""Nothing of the five texts is left out: each equation, figure and table is in an executed cell."""

import json
import re
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
sys.path.append(str(NOTEBOOKS))

import index  # noqa: E402  # the script beside the notebooks

NUMBERED = {  # what the texts have: equations 1 to n, figures 1 to n, tables 1 to n
    "Bradbury": {"eq.": 41, "figure": 9, "table": 3},
    "Hoey": {"eq.": 5},
    "Purcell": {"eq.": 7},
    "Eglen": {"eq.": 5},
}
SECTIONS = {  # a text without numbers has sections instead
    "Dahiya": {
        "forward propagation", "backward propagation", "base case", "matrix form", "gradients",
        "example", "appendix",
    },
}  # fmt: skip
EMPTY = {("Bradbury", "eq. 16")}  # a number without an equation


def required(author: str) -> set[str]:
    """What must be shown of an author."""
    counts = NUMBERED.get(author, {})
    items = {f"{kind} {n}" for kind, count in counts.items() for n in range(1, count + 1)}
    return items | SECTIONS.get(author, set())


@pytest.mark.parametrize("author", index.NOTEBOOKS)
def test_every_equation_figure_and_table_is_shown(author: str) -> None:
    shown = {item for items in index.shown(author).values() for item in items}
    missing = required(author) - shown - {item for name, item in EMPTY if name == author}
    assert not missing
    assert shown <= required(author), "more than the text has: a wrong number?"


def test_the_map_of_the_notebooks_is_what_a_scan_finds() -> None:
    _, _, rest = (NOTEBOOKS / "README.md").read_text(encoding="utf-8").partition(index.MARKS[0])
    written, end, _ = rest.partition(index.MARKS[1])
    assert end
    assert written.strip() == index.index(), "run: python notebooks/index.py --write"


def test_every_notebook_stands_in_the_table() -> None:
    text = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    for path in NOTEBOOKS.glob("*.ipynb"):
        assert f"]({path.name})" in text


@pytest.mark.parametrize("author", index.NOTEBOOKS)
def test_every_text_has_its_errata_in_its_notebook_and_in_the_one_table(author: str) -> None:
    notebook = json.loads((NOTEBOOKS / index.NOTEBOOKS[author]).read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]
    assert any(re.search("^## In the text as we hold it$", cell, re.M) for cell in cells)
    _, _, table = (NOTEBOOKS / "README.md").read_text(encoding="utf-8").partition("as we hold them")
    assert f"\n| {author} (" in table


def test_a_comment_that_shows_several_counts_each(tmp_path, monkeypatch) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "## Part"]},
        {"cell_type": "code", "source": ["x = 1  # eqs. 7, 8\n", "# figure 3\n", "# section: end"]},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(index, "HERE", tmp_path)
    monkeypatch.setattr(index, "NOTEBOOKS", {"A": "a.ipynb"})
    assert index.shown("A") == {"Part": ["eq. 7", "eq. 8", "figure 3", "end"]}
