"""What `import autograd` costs over starting Python, and whose modules it loads.

Both commands run in their own processes, in turn, with all bytecode compiled, as pip leaves it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.processes import ROOT, progress
from benchmarks.tables import Goal, number, processes, spread, table

COST = Goal(12, " ms")
FOREIGN = Goal(0)
PAIRS = 5  # pairs of processes in a run
MODULES = "import sys; old = set(sys.modules); import autograd; print(*set(sys.modules) - old)"


def check() -> None:
    """Nothing is needed but our own packages."""


def sections(runs: int) -> Iterator[str]:
    """The table, and the slowest modules where the goal is missed."""
    with TemporaryDirectory() as bytecode:
        yield from _sections(runs, environment(bytecode))


def environment(bytecode: str, at: Path = ROOT) -> dict[str, str]:
    """This process's environment, with a folder for bytecode that holds all that is needed."""
    made = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    made.pop("PYTHONDONTWRITEBYTECODE", None)
    _run(made, "-c", "import autograd", at=at)
    return made


def _sections(runs: int, environment: dict[str, str]) -> Iterator[str]:
    python, ours = [], []
    for i in range(runs):
        for _ in range(PAIRS):
            python.append(milliseconds(environment, "pass"))
            ours.append(milliseconds(environment, "import autograd"))
        progress(f"import, round {i + 1} of {runs}")
    cost = median(ours) - median(python)
    foreign = _third_party(environment)
    rows = [
        ["`python -c pass`, ms", spread(python), "-"],
        ["`python -c 'import autograd'`, ms", spread(ours), "-"],
        ["difference of the medians, ms", number(cost), COST.verdict(cost)],
        ["third-party modules loaded", ", ".join(foreign) or "0", FOREIGN.verdict(len(foreign))],
    ]
    yield (
        f"### Import\n\nMedian and, in brackets, spread of {processes(runs * PAIRS)} each, "
        "their bytecode compiled before.\n\n" + table(["import", "measured", "goal"], rows)
    )
    if not COST.met(cost):
        yield _slowest(environment)


def _third_party(environment: dict[str, str]) -> list[str]:
    """Modules that `import autograd` loads and that are neither ours nor Python's."""
    loaded = {name.partition(".")[0] for name in _run(environment, "-c", MODULES).stdout.split()}
    return sorted(loaded - {"autograd"} - sys.stdlib_module_names)


def _run(
    environment: dict[str, str], *arguments: str, at: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"python {' '.join(arguments)} failed:\n{result.stderr}")
    return result


def milliseconds(environment: dict[str, str], code: str, at: Path = ROOT) -> float:
    """How long an interpreter takes to start and run a line, in a tree of ours."""
    start = perf_counter()
    _run(environment, "-c", code, at=at)
    return 1e3 * (perf_counter() - start)


def _slowest(environment: dict[str, str]) -> str:
    """The ten modules that take longest by themselves, as `-X importtime` measures."""
    lines = [
        line.removeprefix("import time:").split("|")
        for line in _run(
            environment, "-X", "importtime", "-c", "import autograd"
        ).stderr.splitlines()
    ]
    modules = [(int(line[0]), line[2].strip()) for line in lines if line[0].strip().isdigit()]
    rows = [[name, number(us / 1e3)] for us, name in sorted(modules, reverse=True)[:10]]
    return "Profile of what missed:\n\n" + table(["module", "ms by itself"], rows)
