"""Folders that a script writes whole: nothing else is ever deleted for them."""

from __future__ import annotations

import sys
from pathlib import Path


def require_replaceable(folder: Path, mark: str) -> None:
    """SystemExit where the folder holds anything but what was written before, with this file."""
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / mark).exists())
    ):
        sys.exit(f"{folder} holds something else (there is no {mark} in it): name another folder")
