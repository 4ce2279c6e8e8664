"""The live page as one HTML file, that stands beside a folder of Pyodide.

It is made of the files of the folder `browser`.  What was typed, which may have come by a link from
anybody, runs in a frame that can reach nothing: not the network, not what this site has stored, not
the page around it.  What comes out of it is shown in other such frames.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from autograd.rules.words import check_folder
from chainrule.live import steps
from chainrule.live.examples import EXAMPLES
from chainrule.live.memory import write_memory
from chainrule.live.running import run
from chainrule.live.showing import LARGEST, show
from viz.drawing.scene import CHOSEN
from viz.page.frame import embedded, hashed, policy
from viz.page.javascript import read
from viz.page.page import filled

PYODIDE = "../pyodide/"  # where the folder of Pyodide stands, seen from the page
SCRIPTS = (
    "highlight.js", "typing.js", "undo.js", "link.js",
    "editor.js", "python.js", "views.js", "live.js",
)  # fmt: skip
# Frames inherit what the page may do and keep less of it: each begins with a policy of its own.
MAY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src data:; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
WORKER_MAY = "default-src 'none'; script-src {} 'wasm-unsafe-eval' blob:; worker-src data:"


def write(folder: str | os.PathLike[str], pyodide: str = PYODIDE, *, memory: bool = False) -> Path:
    """Write folder/index.html, and return its path; `pyodide` is where Pyodide stands from there.

    The folder of Pyodide holds its core and a lock file that names a wheel of ours.  With `memory`
    a file is added to it, by Node, from which the page begins in a fraction of the time;
    FileNotFoundError where that folder is not there, RuntimeError where Node is not or fails.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as site:
    ...     write(site + "/live").relative_to(site).as_posix()
    'live/index.html'
    """
    path = Path(folder, "index.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    check_folder(path)
    if memory:
        write_memory(path.parent / pyodide)
    path.write_text(document(pyodide, memory), encoding="utf-8")
    return path


def document(pyodide: str = PYODIDE, memory: bool = False) -> str:
    """The page."""
    sandbox, sight = _own("sandbox.js"), _own("sight.js")
    common = f":root {{ --light-chosen: {CHOSEN}; }}\n" + read("common.css")
    data = {
        "pyodide": pyodide,
        "memory": memory,
        "examples": [{"title": one.title, "text": one.text} for one in EXAMPLES],
        "first": show(run(EXAMPLES[0].text), "graph")["html"],  # seen while Python starts
        "worker": _own("worker.js"),
        "sandbox": filled(
            _own("sandbox.html"), {"policy": WORKER_MAY.format(hashed(sandbox)), "script": sandbox}
        ),
        "sight": filled(
            _own("sight.html"),
            {
                "policy": policy(sight),
                "style": common + _own("sight.css"),
                "largest": str(LARGEST),
                "script": sight,
            },
        ),
        "steps": steps.document(),
    }
    parts = {
        "policy": MAY,
        "style": common + _own("live.css"),
        "data": embedded(data),
        "script": '"use strict";\n' + read("elements.js") + "".join(map(_own, SCRIPTS)),
    }
    return filled(_own("live.html"), parts)


def _own(name: str) -> str:
    """A file of the folder `browser`."""
    return (files("chainrule") / "live" / "browser" / name).read_text(encoding="utf-8")
