"""The table of measures of thirty pictures as Markdown, beside dot's pictures of the same boxes.

`python -m scripts.measure_pictures` prints it; docs/pictures.md has it.  It needs dot.
"""

from __future__ import annotations

import sys
from math import exp, log
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from graphs import GRAPHS  # type: ignore[import-not-found]  # beside the tests
from measures import (  # type: ignore[import-not-found]  # the same
    Drawn,
    area,
    crossings,
    drawn,
    faults,
)


def measures() -> str:
    """One line for each graph: both ways round, ours beside dot's."""
    lines = [
        "| graph | faults | in dot's | crossings | in dot's | area of dot's |",
        "|---|---|---|---|---|---|",
    ]
    sums, ratios = [0, 0, 0, 0], []
    for name, make in GRAPHS.items():
        root = make()
        ours, theirs = ([drawn(root, way, e) for way in ("LR", "TB")] for e in ("own", "dot"))
        counts = _faults(ours), _faults(theirs), _crossings(ours), _crossings(theirs)
        sums = [a + b for a, b in zip(sums, counts)]
        here = [area(a) / area(b) for a, b in zip(ours, theirs)]
        ratios += here
        cells = [name, *map(str, counts), ", ".join(f"{ratio:.2f}" for ratio in here)]
        lines.append(f"| {' | '.join(cells)} |")
    mean = exp(sum(map(log, ratios)) / len(ratios))
    lines.append(f"| all | {' | '.join(map(str, sums))} | {mean:.2f}, at most {max(ratios):.2f} |")
    return "\n".join(lines)


def _faults(pictures: list[Drawn]) -> int:
    return sum(sum(faults(picture).values()) for picture in pictures)


def _crossings(pictures: list[Drawn]) -> int:
    return sum(map(crossings, pictures))


if __name__ == "__main__":
    print(measures())
