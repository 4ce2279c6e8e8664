"""Where each equation, figure and table of the five texts is shown: scanned from the notebooks.

`python notebooks/index.py` prints the map, `--write` puts it between its marks in README.md.  A
code cell says what it shows with a comment `# eq. 7`, `# eqs. 7, 8`, `# figure 3`, `# table 1`, or
`# section: NAME` where a text has no numbers.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
MARKS = "<!-- map -->", "<!-- /map -->"
NOTEBOOKS = {
    "Bradbury": "06_bradbury.ipynb",
    "Hoey": "07_hoey.ipynb",
    "Purcell": "08_purcell.ipynb",
    "Eglen": "09_eglen.ipynb",
    "Dahiya": "10_dahiya.ipynb",
}
COMMENT = re.compile(r"# (?:(eq|figure|table)s?\.? ([\d, ]+\d|\d)|section: (.+?))\s*$", re.M)
KINDS = {"eq": "eq. {}", "figure": "figure {}", "table": "table {}"}


def shown(author: str) -> dict[str, list[str]]:
    """What each section of an author's notebook shows: "eq. 7", "figure 3", or a section's name."""
    sections: dict[str, list[str]] = {}
    heading = ""
    text = (HERE / NOTEBOOKS[author]).read_text(encoding="utf-8")
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = ([heading, *re.findall(r"^#{1,3} (.+)$", source, re.M)])[-1]
            continue
        for kind, numbers, name in COMMENT.findall(source):
            items = [KINDS[kind].format(n.strip()) for n in numbers.split(",")] if kind else [name]
            found = sections.setdefault(heading, [])
            found += [item for item in items if item not in found]
    return sections


def index() -> str:
    """The map as a Markdown table: one row for each section that shows something."""
    lines = ["| text | shown | in |", "|---|---|---|"]
    for author, notebook in NOTEBOOKS.items():
        for heading, items in shown(author).items():
            lines.append(f"| {author} | {', '.join(items)} | [{heading}]({notebook}) |")
    return "\n".join(lines)


def main() -> None:
    """Print the map, or write it into the README of the notebooks."""
    if "--write" not in sys.argv[1:]:
        print(index())
        return
    readme = HERE / "README.md"
    start, end = MARKS
    before, _, rest = readme.read_text(encoding="utf-8").partition(start)
    _, _, after = rest.partition(end)
    readme.write_text(f"{before}{start}\n{index()}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
