"""The functions in which another worker spends its time.

A profiler slows everything, so this is no figure, only its explanation.
"""

from __future__ import annotations

import cProfile
import importlib
import pstats
from pathlib import Path
from typing import Any


def measure(subject: str, functions: int, **arguments: Any) -> list[list[Any]]:
    """Name, calls and own share of the time of the functions that take most."""
    module = importlib.import_module(f"benchmarks.workers.{subject}")
    profiler = cProfile.Profile()
    profiler.runcall(module.measure, **arguments)
    stats = pstats.Stats(profiler)
    total = stats.total_tt  # type: ignore[attr-defined]
    rows = [
        [f"{Path(file).name}:{line} {name}", calls, own / total]
        for (file, line, name), (_, calls, own, _, _) in stats.stats.items()  # type: ignore[attr-defined]
    ]
    return sorted(rows, key=lambda row: -row[2])[:functions]
