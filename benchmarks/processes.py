"""Measurements in processes of their own, and a line of progress on stderr for each.

A worker is a module of `benchmarks.workers` with a function `measure(**arguments)`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PROFILES = 3  # processes behind the profile of a missed goal
ROOT = Path(__file__).resolve().parent.parent


def own_process(worker: str, at: Path = ROOT, **arguments: Any) -> Any:
    """What `benchmarks.workers.<worker>.measure(**arguments)` returns in a new interpreter.

    `at` is the tree that it runs in: this one, or another commit's.
    """
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", worker],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        cwd=at,
    )
    if result.returncode:
        raise SystemExit(f"the benchmark process {worker!r} failed:\n{result.stderr}")
    return json.loads(result.stdout)


def slowest(worker: str, **arguments: Any) -> list[list[str]]:
    """The functions in which a worker spends its time, as rows of a table."""
    found = own_process("profile", subject=worker, functions=12, **arguments)
    return [[f"`{name}`", f"{calls:,}", f"{share:.0%}"] for name, calls, share in found]


def progress(text: str) -> None:
    """One line on stderr, at once."""
    print(text, file=sys.stderr, flush=True)


def require(part: str, packages: Iterable[str], extra: str) -> None:
    """SystemExit that names the extra to install where a package is missing."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"the benchmark {part} needs {' and '.join(missing)}: pip install -e '.[{extra}]'"
        )


def warn_if_busy() -> None:
    """A line on stderr where other programs use the processor."""
    load, cores = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0, os.cpu_count() or 1
    if load > cores / 4:
        progress(f"the load is {load:.1f} on {cores} cores: expect noise in what follows")
