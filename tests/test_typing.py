"""What a type checker says of a user's code: no Any in it, and the mistakes that were planted."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import pytest

from viz.placing.engines import ENGINES, OWN, EngineName

HERE = Path(__file__).parent
ROOT = HERE.parent
USER_CODE, MISTAKES = HERE / "typing" / "user_code.py", HERE / "typing" / "planted_mistakes.py"
PLANTED = {
    i
    for i, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), start=1)
    if line.endswith("# MISTAKE")
}


def run(*command: object) -> str:
    """What a checker prints, started as a user starts it, on the packages of this checkout."""
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=110,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def errors_of_mypy(cache: Path) -> dict[str, set[int]]:
    """The lines with errors, by file."""
    pytest.importorskip("mypy", reason='needs pip install -e ".[dev]"')
    said = run(
        "mypy", "--strict", "--config-file=", "--explicit-package-bases",
        f"--cache-dir={cache}", USER_CODE, MISTAKES,
    )  # fmt: skip
    return lines_by_file(re.findall(r"(\w+\.py):(\d+): error", said))


def errors_of_pyright() -> dict[str, set[int]]:
    pytest.importorskip("pyright", reason='needs pip install -e ".[dev]"')
    said = json.loads(run("pyright", "--outputjson", USER_CODE, MISTAKES))
    return lines_by_file(
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in said["generalDiagnostics"]
        if found["severity"] == "error"
    )


def lines_by_file(found: Iterable[tuple[str, Any]]) -> dict[str, set[int]]:
    by_file: dict[str, set[int]] = {USER_CODE.name: set(), MISTAKES.name: set()}
    for name, line in found:
        if name in by_file:
            by_file[name].add(int(line))
    return by_file


def test_mypy_sees_every_type_of_a_users_code_and_every_planted_mistake(tmp_path: Path) -> None:
    assert errors_of_mypy(tmp_path) == {USER_CODE.name: set(), MISTAKES.name: PLANTED}


def test_pyright_sees_every_type_of_a_users_code_and_every_planted_mistake() -> None:
    assert errors_of_pyright() == {USER_CODE.name: set(), MISTAKES.name: PLANTED}


def test_the_users_code_runs() -> None:
    done = subprocess.run(
        [sys.executable, USER_CODE], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_engines_that_a_type_checker_knows_are_those_that_there_are() -> None:
    assert set(get_args(EngineName)) == {OWN, *(engine.name for engine in ENGINES)}
