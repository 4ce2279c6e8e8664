"""Gradient checkers on the same gradients, right and faulty: who sees what, who cries wolf.

Asked for by name only: `python -m benchmarks checkers`.  HIPS autograd has the import name of ours,
so it is installed into an environment of its own, in a temporary folder.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.processes import ROOT, own_process, progress
from benchmarks.tables import number, table
from benchmarks.workers.gradients import CASES

CONTESTANTS = {  # worker's name: how the tables call it, what it needs
    "chainrule": ("`gradcheck`", "numpy"),
    "torch": ("`torch.autograd.gradcheck`", "torch"),
    "jax": ("`jax.test_util.check_grads`", "jax"),
    "hips": ("HIPS `check_grads`", ""),
    "scipy": ("`scipy.optimize.check_grad`", "scipy"),
}
DTYPES = ("float64", "float32")

Results = dict[str, Any]  # what the worker of each contestant that is there returned


def check() -> None:
    """A contestant that is missing is left out, and said to be."""


def sections(runs: int) -> Iterator[str]:
    """The count of each contestant, and the cases on which they disagree with the truth."""
    found, missing = {}, []
    for name, (title, package) in CONTESTANTS.items():
        rounds = _rounds(name, package, runs)
        if rounds:
            found[name] = {**rounds[0], "ms": median([median(each["ms"]) for each in rounds])}
        else:
            missing.append(title)
        progress(f"checkers, {title}: {'asked' if rounds else 'not there'}")
    yield _counts(found, missing)
    yield _cases(found)


def _rounds(name: str, package: str, runs: int) -> list[Any]:
    """What a contestant said, in so many processes; nothing where it is not there."""
    if name == "hips":
        with TemporaryDirectory() as folder:
            return _in_its_own_environment(Path(folder), name, runs)
    if importlib.util.find_spec(package) is None:
        return []
    return [own_process("checkers", contestant=name) for _ in range(runs)]


def _in_its_own_environment(folder: Path, name: str, runs: int) -> list[Any]:
    """The same worker, where `import autograd` finds PyPI's; nothing where that cannot be had."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "autograd"]
    if subprocess.run(install, capture_output=True).returncode:
        return []
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks")
    rounds = []
    for _ in range(runs):
        result = subprocess.run(
            [str(python), "-I", "-c", _run_in(folder)],
            input=json.dumps({"contestant": name}),
            capture_output=True,
            text=True,
            cwd=folder,
        )
        if result.returncode:
            raise SystemExit(f"the benchmark process {name!r} failed:\n{result.stderr}")
        rounds.append(json.loads(result.stdout))
    return rounds


def _run_in(folder: Path) -> str:
    """The worker as a program that sees this folder and its own environment, nothing of ours."""
    return (
        f"import json, sys; sys.path.insert(0, {str(folder)!r}); "
        "from benchmarks.workers.checkers import measure; "
        "json.dump(measure(**json.load(sys.stdin)), sys.stdout)"
    )


def _share(verdicts: list[bool], right: bool, dtype: str) -> str:
    """How many of the faulty gradients were found, or of the right ones refused."""
    said = [ok for case, ok in zip(CASES, verdicts) if (case.right, case.dtype) == (right, dtype)]
    return f"{said.count(False)} of {len(said)}"


def _counts(found: Results, missing: list[str]) -> str:
    rows = [
        [
            f"{CONTESTANTS[name][0]} {result['version']}".strip(),
            *[_share(result["verdicts"], False, dtype) for dtype in DTYPES],
            *[_share(result["verdicts"], True, dtype) for dtype in DTYPES],
            number(result["ms"]),
        ]
        for name, result in found.items()
    ]
    wrong, right = ([f"{what}, {dtype}" for dtype in DTYPES] for what in ("found", "false alarms"))
    absent = f" Not there: {', '.join(missing)}." if missing else ""
    count = sum(case.right for case in CASES)
    return (
        "### Gradient checkers\n\n"
        f"The same {len(CASES) - count} faulty and {count} right gradients, each a function with "
        "its gradient by hand in the form of each checker: `gradient=` here, a "
        "`torch.autograd.Function`, a `jax.custom_vjp` (`jax_enable_x64` on), a `primitive`, two "
        "functions. Everybody with their own defaults, of which PyTorch's are meant for float64; "
        "SciPy gives a distance, of which 1e-5 is counted as a pass; JAX and HIPS look along one "
        "random direction. What passes is what confirms: for ours an inconclusive check is none. "
        "At kinks, 'right' is a slope between those of both sides. Milliseconds are the median of "
        f"the cases, each at its second check.{absent}\n\n"
        + table(["checker", *wrong, *right, "ms"], rows)
    )


def _cases(found: Results) -> str:
    rows = []
    for i, case in enumerate(CASES):
        right = [result["verdicts"][i] == case.right for result in found.values()]
        if not all(right):
            kind = "right" if case.right else "faulty"
            word = "false alarm" if case.right else "missed"
            marks = ["" if ok else word for ok in right]
            rows.append([f"{case.name}, {kind}, {case.dtype}", *marks])
    names = [CONTESTANTS[name][0] for name in found]
    return f"The {len(rows)} on which somebody errs:\n\n" + table(["gradient", *names], rows)
