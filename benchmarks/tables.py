"""Numbers as text, goals, and Markdown tables.

A goal that is not reached says **missed** beside the figure.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

COLLECTOR = {True: "default collector", False: "collector off"}  # the two columns


@dataclass(frozen=True)
class Goal:
    """A bound on a figure: at least or at most so much."""

    bound: float
    unit: str = ""
    at_least: bool = False

    def met(self, figure: float) -> bool:
        """Whether the figure reaches the goal."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def verdict(self, figure: float) -> str:
        """The goal in words, and whether the figure reaches it."""
        words = f"{'at least' if self.at_least else 'at most'} {self.bound:g}{self.unit}"
        return f"{words}: {'met' if self.met(figure) else '**missed**'}"


def number(x: float) -> str:
    """Three significant digits, never an exponent."""
    size = abs(x)
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3
    return f"{x:,.{places}f}"


def spread(xs: Sequence[float], middle: float | None = None) -> str:
    """The median (or another middle) and, in brackets, smallest and largest."""
    centre = median(xs) if middle is None else middle
    return f"{number(centre)} ({number(min(xs))} to {number(max(xs))})"


def processes(count: int) -> str:
    """So many processes, in words."""
    return f"{count} process" if count == 1 else f"{count} processes"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def machine(packages: Iterable[str]) -> str:
    """One sentence: processor, cores, Python, package versions, date."""
    versions = [f"{platform.python_implementation()} {platform.python_version()}"]
    for name in packages:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"Measured on {date.today().isoformat()} on {_processor()}, {os.cpu_count()} cores, "
        f"{platform.system()}, with {', '.join(versions)}.\n"
    )


def markers(name: str) -> tuple[str, str]:
    """The lines around what is written by a program, of that name."""
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def between(name: str, text: str) -> str:
    """A text with its markers around it."""
    first, last = markers(name)
    return f"{first}\n{text}\n{last}\n"


def split_at_markers(path: Path, name: str) -> tuple[str, str]:
    """What stands before and after the text between the two markers of that name in a file."""
    first, last = markers(name)
    before, start, rest = path.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise SystemExit(f"{path.name} needs the lines {first} and {last} around the tables")
    return before + start, end + after


def write_between_markers(path: Path, name: str, text: str) -> None:
    """Replace the text between the two markers of that name in a file."""
    before, after = split_at_markers(path, name)
    path.write_text(f"{before}\n\n{text.strip()}\n\n{after}", encoding="utf-8")


def copy_between_markers(source: Path, target: Path, name: str) -> None:
    """Put what stands between the markers of that name in a file into another, between its own."""
    before, after = split_at_markers(source, name)
    whole = source.read_text(encoding="utf-8")
    text = whole[len(before) : len(whole) - len(after)]
    before, after = split_at_markers(target, name)
    target.write_text(before + text + after, encoding="utf-8")


def _processor() -> str:
    """The processor's name, as the system calls it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
