"""The gradients of the benchmark of checkers: ours finds every fault and accuses no right one."""

import pytest

from benchmarks import checkers
from benchmarks.workers.checkers import CONTESTANTS
from benchmarks.workers.gradients import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.dtype}-{case.name}")
def test_what_is_right_passes_and_what_is_faulty_does_not(case) -> None:
    _, make = CONTESTANTS["chainrule"]
    assert bool(make(case)()) == case.right


def test_there_are_twenty_of_each_and_both_precisions() -> None:
    for right in (True, False):
        assert sum(case.right == right for case in CASES) >= 20
        assert {case.dtype for case in CASES if case.right == right} == {"float64", "float32"}


def test_names_tell_the_cases_apart() -> None:
    assert len({(case.name, case.dtype) for case in CASES}) == len(CASES)


def test_the_tables_count_who_sees_what_and_say_who_is_not_there() -> None:
    yes = {"verdicts": [True] * len(CASES), "version": "1.0", "ms": 2.0}
    knows = {"verdicts": [case.right for case in CASES], "version": "", "ms": 1.0}
    counts = checkers._counts({"chainrule": knows, "torch": yes}, ["SciPy"])
    assert "| `gradcheck` | 26 of 26 | 12 of 12 | 0 of 25 | 0 of 13 | 1.00 |" in counts
    assert "| `torch.autograd.gradcheck` 1.0 | 0 of 26 | 0 of 12 | 0 of 25 | 0 of 13 |" in counts
    assert "Not there: SciPy." in counts
    cases = checkers._cases({"chainrule": knows, "torch": yes})
    assert "| the wrong sign, faulty, float32 |  | missed |" in cases
    assert "right, float" not in cases
