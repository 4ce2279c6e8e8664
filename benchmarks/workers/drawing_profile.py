"""The functions in which drawing a random program spends its time.

A profiler slows everything, so this is no figure, only its explanation.
"""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path
from typing import Any

from benchmarks.workers.drawing import program
from viz import draw


def measure(nodes: int, functions: int) -> list[list[Any]]:
    """Name, calls and own share of the time of the functions that take most."""
    root = program(nodes)
    root.backward()
    profiler = cProfile.Profile()
    profiler.runcall(lambda: draw(root, engine="own", limit=None).svg)
    stats = pstats.Stats(profiler)
    total = stats.total_tt  # type: ignore[attr-defined]
    rows = [
        [f"{Path(file).name}:{line} {name}", calls, own / total]
        for (file, line, name), (_, calls, own, _, _) in stats.stats.items()  # type: ignore[attr-defined]
    ]
    return sorted(rows, key=lambda row: -row[2])[:functions]
