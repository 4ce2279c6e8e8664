"""The memory of a Python that has begun, kept beside it: the live page begins with it at once.

    write_memory("site/pyodide")    site/pyodide/chainrule-1f3b….memory, 7 MB

It is made by Node, from the very files that stand in the folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path


def memory_name(sha256: str) -> str:
    """What the memory with a wheel in it is called: another wheel has another."""
    return f"chainrule-{sha256[:16]}.memory"


def write_memory(folder: str | os.PathLike[str]) -> Path:
    """Write the memory into a folder of Pyodide whose lock names our wheel, and return its path.

    It takes some seconds.  FileNotFoundError where there is no such lock, or no wheel in it;
    RuntimeError where there is no Node, or where it fails.
    """
    folder = Path(folder).resolve()
    lock = folder / "pyodide-lock.json"
    if not lock.exists():
        raise FileNotFoundError(
            f"{folder} is no folder of Pyodide: `python -m scripts.pyodide {folder}` makes one"
        )
    ours = json.loads(lock.read_text("utf-8"))["packages"].get("chainrule")
    if ours is None:
        raise FileNotFoundError(f"{lock} names no wheel of chainrule")
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("the memory of a Python is made by Node.js: `node` on PATH")
    path = folder / memory_name(ours["sha256"])
    for older in folder.glob("chainrule-*.memory"):
        older.unlink()
    with as_file(files("chainrule") / "live" / "browser" / "memory.mjs") as script:
        made = subprocess.run(
            [node, str(script), str(folder), ours["file_name"], path.name],
            capture_output=True,
            text=True,
        )
    if made.returncode or not path.exists():
        raise RuntimeError(f"no memory was made: {made.stderr[-2000:].strip()}")
    return path
