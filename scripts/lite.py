"""Notebooks that run in the reader's browser: `python -m scripts.lite FOLDER --pyodide ../pyodide`.

The folder is a JupyterLite of static files, which asks no other place for anything.  `--pyodide` is
where the folder of `scripts.pyodide` will stand, seen from this one.  A link to
`FOLDER/notebooks/index.html?path=scratch.ipynb` opens one notebook, `FOLDER/` the list of them.
Other notebooks may be named after the folder.  Needs the extra `docs`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.folders import require_replaceable
from scripts.pyodide import KERNEL

CHOSEN = [
    Path(__file__).parent.parent / "notebooks" / f"{name}.ipynb"
    for name in ("01_values_and_graphs", "12_lesson_plan", "13_worksheet")
]
SCRATCH = """\
from autograd import Value, gradcheck, tanh
from viz import draw, explain, explore

w, x, b = Value(-1.3, "w"), Value(0.7, "x"), Value(0.2, "b")
y = tanh(w * x + b)
y.label = "y"
y.backward()
draw(y)"""
EXTENSIONS = Path(sys.prefix, "share/jupyter/labextensions")
KERNEL_EXTENSION = "@jupyterlite/pyodide-kernel-extension"


def build(folder: Path, pyodide: str, notebooks: Iterable[Path] = CHOSEN) -> None:
    """Write the folder, with these notebooks and an empty one; one written before is replaced.

    SystemExit where it holds something else.
    """
    require_replaceable(folder, "jupyter-lite.json")
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        files = work / "files"
        files.mkdir()
        for path in notebooks:
            text = path.read_text(encoding="utf-8")
            _write(files / path.name, without_outputs(json.loads(text)))
        _write(files / "scratch.ipynb", scratch())
        _write(work / "jupyter-lite.json", configuration(pyodide))
        _write(work / "overrides.json", SETTINGS)
        _write(work / "jupyter_lite_config.json", {"LiteBuildConfig": options(folder)})
        command = [sys.executable, "-m", "jupyterlite_core", "build"]
        subprocess.run(command, cwd=work, check=True)
    for font in folder.glob("build/fa-*"):
        if font.suffix != ".woff2":  # for browsers too old for this Python
            font.unlink()


def options(folder: Path) -> dict[str, Any]:
    """What goes into the folder: what opens one notebook, the list of files, and a text file."""
    return {
        "apps": ["notebooks", "tree", "edit"],
        "contents": ["files"],
        "federated_extensions": [str(EXTENSIONS / KERNEL_EXTENSION)],
        "ignore_sys_prefix": ["federated_extensions"],  # those of other projects
        "no_libarchive": True,
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "output_dir": str(folder.resolve()),
    }


def configuration(pyodide: str) -> dict[str, Any]:
    """What this JupyterLite is told, as its `jupyter-lite.json`."""
    kernel = {
        "pyodideUrl": f"./{pyodide}/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": [*KERNEL, "chainrule"]},
    }
    data = {
        "appName": "chainrule",
        "appUrl": "./tree",
        "faviconUrl": "./notebooks/favicon.ico",
        "litePluginSettings": {f"{KERNEL_EXTENSION}:kernel": kernel},
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


SETTINGS = {
    "@jupyterlab/notebook-extension:panel": {
        "toolbar": [
            {
                "name": "download",
                "command": "docmanager:download",
                "label": "Download",
                "rank": 11,  # beside Save
            },
            {"name": "interrupt", "disabled": True},  # a browser's Python hears nothing at work
        ]
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # a page keeps its state
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},  # dark where the reader is
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 5},  # seconds
}


def without_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook as before its first run: the reader's own run shows what it shows."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return notebook


def scratch() -> dict[str, Any]:
    """A notebook with what one needs in its first cell, and a second one to type in."""
    blank: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
    }
    cells = [blank | {"id": "first", "source": SCRATCH}, blank | {"id": "second", "source": ""}]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write the folder that the command names."""
    parser = argparse.ArgumentParser(prog="python -m scripts.lite")
    parser.add_argument("folder", type=Path)
    parser.add_argument("notebooks", type=Path, nargs="*", default=CHOSEN)
    parser.add_argument("--pyodide", default="../pyodide", help="seen from FOLDER: ../pyodide")
    arguments = parser.parse_args()
    build(arguments.folder, arguments.pyodide, arguments.notebooks)


if __name__ == "__main__":
    main()
