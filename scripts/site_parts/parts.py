"""The parts of the site, in the order in which they are built and shown on the home page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A folder of the site, and what writes it, as after `python -m`.

    `title` and `text` are its entry on the home page, which leads to its file `opens`; a part
    without a title has none.
    """

    folder: str
    command: str
    title: str = ""
    text: str = ""
    opens: str = "index.html"


PARTS = (
    Part(
        "page",
        "scripts.site_parts.page {folder}",
        "The interactive page",
        "Step through a graph, follow every path, move sliders, predict gradients.",
    ),
    Part("pyodide", "scripts.pyodide {folder}"),
    Part(
        "lite",
        "scripts.lite {folder}",
        "Live notebooks",
        "Notebook 1, the lesson, the worksheet and an empty one, run by Python in this browser.",
    ),
    Part(
        "live",
        "chainrule.live {folder} --memory",
        "The live page",
        "Type ten lines of Python, and see their graph, derivation and steps as you type.",
    ),
    Part(
        "playground",
        "chainrule playground --out {folder}/index.html",
        "The playground",
        "A network learns before your eyes, and every number in it can be opened.",
    ),
)
