"""A C compiler for tests: functions that a tape was written as, compiled and called."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import mkdtemp

import pytest

STRICT = "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
COMPILERS = ("gcc", "clang")

Found = tuple[float, list[float]]
CFunction = Callable[[Sequence[float], Sequence[float]], Found]


def compiler() -> str:
    """The compiler of this machine; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        pytest.skip("needs a C compiler: gcc or clang on PATH")
    return found


class Library:
    """Texts in one file, compiled without a warning; a function of each is asked for by name."""

    def __init__(self, texts: Iterable[str], folder: Path, *flags: str) -> None:
        place = Path(mkdtemp(dir=folder))  # what is loaded once is not loaded again
        source, library = place / "tapes.c", place / "tapes.so"
        source.write_text("\n".join(texts), encoding="utf-8")
        command = [compiler(), *STRICT, *(flags or ["-O1"]), "-shared", "-fPIC"]
        done = subprocess.run(
            [*command, "-o", str(library), str(source), "-lm"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[:2000]
        self._library = ctypes.CDLL(str(library))

    def function(self, name: str, count: int) -> CFunction:
        """The value and gradient of a tape with so many parameters."""
        call = self._library[name]
        call.restype = ctypes.c_double

        def run(theta: Sequence[float], x: Sequence[float]) -> Found:
            given, lanes = (ctypes.c_double * count)(*theta), (ctypes.c_double * len(x))(*x)
            gradient = (ctypes.c_double * count)()
            value = call(given, lanes, gradient)
            alone = call(given, lanes, None)
            assert value == alone or (value != value and alone != alone)
            return value, list(gradient)

        return run
