"""The pictures of the docs are those that the notebook of pictures, and their own code, draw."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
sys.path.append(str(NOTEBOOKS))

import pictures  # noqa: E402  # the script beside the notebooks


def written(name: str) -> str:
    return (NOTEBOOKS / name).read_text(encoding="utf-8")


def test_the_pictures_of_the_docs_are_what_the_notebook_draws() -> None:
    drawn = pictures.pictures()
    assert set(drawn) == set(pictures.PICTURES.values())
    for name, svg in drawn.items():
        assert svg == written(name), "run: python notebooks/pictures.py --write"


def test_the_pictures_that_pages_save_are_what_they_show() -> None:
    saved = pictures.from_docs()
    assert set(saved) == {"graph.svg", "path.svg", "film.svg", "layers.svg"}
    for name, svg in saved.items():
        assert svg == written(name), "run: python notebooks/pictures.py --write"


def test_each_line_of_the_notebooks_table_is_the_last_of_a_cell() -> None:
    table, *_ = json.loads(pictures.NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    lines = re.findall(r"\| `(.+)` \|", "".join(table["source"]))
    lasts = [cell[-1].strip() for cell in pictures.cells()]
    assert len(lines) >= 17
    for line in lines:  # a cell may say more: names, features
        begin = line.removesuffix(".figure").removesuffix(")")
        assert any(last.startswith(begin) for last in lasts), line
