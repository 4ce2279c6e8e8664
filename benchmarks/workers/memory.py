"""Bytes a node of a chain, counted by tracemalloc: at rest after backward(), and its peak inside.

Counted is all that Python allocates from the first node on, the collector's headers included.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

from autograd import Value
from benchmarks.workers.chain import build


def measure(operation: str, length: int, lines: int = 0) -> dict[str, Any]:
    """Bytes a node; with `lines`, the source lines that hold most of them at rest."""
    build(operation, 1000, Value(0.5)).backward()  # warms up
    leaf = Value(0.5)
    tracemalloc.start()
    x = build(operation, length, leaf)
    tracemalloc.reset_peak()
    x.backward()
    rest, peak = tracemalloc.get_traced_memory()
    top = tracemalloc.take_snapshot().statistics("lineno")[:lines] if lines else []
    tracemalloc.stop()
    return {
        "rest": rest / length,
        "peak": peak / length,
        "lines": [
            (f"{line.traceback[0].filename}:{line.traceback[0].lineno}", line.size / length)
            for line in top
        ],
    }
