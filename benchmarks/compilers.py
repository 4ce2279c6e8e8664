"""Our files in C, compiled at run time into a folder that the caller cleans away."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "c"
COMPILER = "gcc"
NATIVE = ["-O3", "-march=native"]
SUMS = ["-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"]  # NaN stays NaN
FORMS = {  # how the tables call it, its file, and what the compiler is told
    "c_strict": ("C, plain loops", "plain.c", NATIVE),
    "c_loops": ("C, plain loops, sums vectorised", "plain.c", [*NATIVE, *SUMS]),
    "c_vectors": ("C, by hand, eight-lane vectors", "vectors.c", NATIVE),
}
NO_COMPILER = f"There is no `{COMPILER}` on this machine, so C is left out."


def version() -> str | None:
    """The compiler and its version; None where there is none."""
    if shutil.which(COMPILER) is None:
        return None
    done = subprocess.run([COMPILER, "-dumpfullversion"], capture_output=True, text=True)
    return f"{COMPILER} {done.stdout.strip()}"


def library(folder: Path, name: str, flags: list[str], *sources: str, **sizes: int) -> str:
    """The path of a shared library made from files of `benchmarks/c`."""
    path = folder / f"{name}.so"
    given = [f"-D{key}={value}" for key, value in sizes.items()]
    files = [str(FOLDER / source) for source in sources]
    command = [COMPILER, *flags, *given, "-shared", "-fPIC", "-o", str(path), *files]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{COMPILER} does not compile {', '.join(sources)}:\n{done.stderr}")
    return str(path)


def networks(folder: Path, networks: Iterable[list[int]]) -> dict[str, dict[str, str]]:
    """For each form of C the libraries by a network's sizes: of those that the files can do."""
    if version() is None:
        return {}
    done = {tuple(sizes) for sizes in networks if len(sizes) == 4 and sizes[-1] == 1}
    made: dict[str, dict[str, str]] = {form: {} for form in FORMS}
    for form, (_, source, flags) in FORMS.items():
        for sizes in sorted(done):
            name = "-".join(map(str, sizes))
            given = dict(zip(("INPUTS", "WIDE", "WIDE2"), sizes))
            made[form][name] = library(folder, f"{form}-{name}", flags, source, "repeat.c", **given)
    return made
