"""The pictures that the docs show, drawn by the cells of the notebook of pictures, and the film.

`python notebooks/pictures.py --write` writes them beside it.
"""

from __future__ import annotations

import json
import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NOTEBOOK = HERE / "15_pictures.ipynb"
PICTURES = {  # the line that draws it, the last one of its cell
    "draw(y, names=names, highlight=path)": "path.svg",
    "draw_network(model, flower, features=features, classes=species)": "network.svg",
}


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


def film() -> str:
    """The film of docs/derivation.md, as its code makes it."""
    text = (HERE.parent / "docs" / "derivation.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    (code,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.S) if "film" in code]
    with redirect_stdout(StringIO()):
        exec(code, names)
    return str(names["film"].svg)


def cells() -> list[list[str]]:
    """The lines of each code cell, without those that only a notebook understands."""
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    return [[line for line in cell.splitlines() if not line.startswith("%")] for cell in code]


def main() -> None:
    """Print the names of the pictures, and write them if told so."""
    for name, svg in {**pictures(), "film.svg": film()}.items():
        print(name)
        if "--write" in sys.argv[1:]:
            (HERE / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
