"""The pictures that the docs show, drawn by the notebook of pictures, or by their own code.

`python notebooks/pictures.py --write` writes them beside it.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
NOTEBOOK = HERE / "15_pictures.ipynb"
PICTURES = {  # the line that draws it, the last one of its cell
    "draw(y, names=names, highlight=path)": "path.svg",
    "draw_network(model, flower, features=features, classes=species)": "network.svg",
}
PAGES = ("README.md", "docs/derivation.md", "docs/pictures.md")  # their first block saves pictures


def pictures() -> dict[str, str]:
    """The SVG of each picture by its file's name, by our own layout: alike on every machine."""
    drawn: dict[str, str] = {}
    names: dict[str, Any] = {}
    for *lines, last in cells():
        with redirect_stdout(StringIO()):
            if last in PICTURES:
                exec("\n".join(lines), names)
                drawn[PICTURES[last]] = eval(last, names).svg
            else:
                exec("\n".join([*lines, last]), names)
        if len(drawn) == len(PICTURES):
            break
    return drawn


def from_docs() -> dict[str, str]:
    """What the first block of code of some pages saves, by the file's name."""
    saved: dict[str, str] = {}
    for page in PAGES:
        code, *_ = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)
        with TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
            exec(code, {})
            saved |= {file.name: file.read_text("utf-8") for file in Path(folder).glob("*.svg")}
    return saved


def cells() -> list[list[str]]:
    """The lines of each code cell, without those that only a notebook understands."""
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    return [[line for line in cell.splitlines() if not line.startswith("%")] for cell in code]


def main() -> None:
    """Print the names of the pictures, and write them if told so."""
    for name, svg in {**pictures(), **from_docs()}.items():
        print(name)
        if "--write" in sys.argv[1:]:
            (HERE / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
