"""The script that plants faults: what it plants, where, and that a seed says which."""

import ast
from random import Random

import pytest

from scripts.plant_faults import PACKAGES, ROOT, Finder, drawn


def planted(text: str) -> set[str]:
    """Every text that one fault makes of this one."""
    return {fault.planted(text).strip() for fault in Finder("f.py", text).faults}


@pytest.mark.parametrize(("text", "faults"), [
    ("y = a < b", {"pass", "y = a <= b", "y = a > b"}),
    ("y += (a) + b", {"pass", "y += (a) - b"}),
    ("f(a, not b)", {"pass", "f(not b, a)", "f(a, b)"}),
    ("if a and b is not c:\n    pass",
     {"if a or b is not c:\n    pass", "if a and b is c:\n    pass"}),
    ("y[1:n] = x[-1]", {"pass", "y[2:n] = x[-1]", "y[1:n + 1] = x[-1]", "y[1:n] = x[0]"}),
    ("def f():\n    return 2.0",
     {"def f():\n    return None", "def f():\n    return 4.0"}),
    ("y = True", {"pass", "y = False"}),
])  # fmt: skip
def test_each_kind_of_fault_is_planted_on_one_line(text: str, faults: set[str]) -> None:
    assert planted(text) == faults


@pytest.mark.parametrize("text", [
    '"""1 + 1"""', 'raise ValueError(f"{1 + 1} " + "two")', "x: list[1]", "import a.b as c",
    "def f(x: int = 1) -> 2: ...", "if TYPE_CHECKING:\n    x = 1", "assert 1 < 2",
    "__all__ = [1]", "@cached(1)\nclass C: ...", 'f"{1 + 1}"',
])  # fmt: skip
def test_no_fault_stands_in_types_messages_or_docstrings(text: str) -> None:
    assert planted(text) == set()


def test_a_seed_draws_the_same_faults_evenly_over_packages_and_one_a_line() -> None:
    faults = drawn(PACKAGES, 24, Random(3))
    assert faults == drawn(PACKAGES, 24, Random(3)) != drawn(PACKAGES, 24, Random(4))
    folders = [fault.path.partition("/")[0] for fault in faults]
    assert all(4 <= folders.count(package) <= 8 for package in PACKAGES)
    assert len({fault.kind for fault in faults}) >= 6  # of 24, in code that grows
    assert len({(fault.path, fault.line) for fault in faults}) == len(faults)


def test_what_is_planted_is_still_python(rng: Random) -> None:
    for fault in drawn(["autograd"], 30, rng):
        ast.parse(fault.planted((ROOT / fault.path).read_text(encoding="utf-8")))
