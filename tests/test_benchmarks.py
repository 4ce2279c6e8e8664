"""Benchmarks: what they count is counted here by hand; who finds another gradient is refused."""

import pytest

from benchmarks import compiled, overtaking
from benchmarks.tables import between, copy_between_markers, split_at_markers
from benchmarks.tape import problem
from benchmarks.workers.one_lane import program

DEMO = problem([2, 16, 16, 1], 100)


def test_operations_of_the_demo_step_are_counted_as_one_would_by_hand() -> None:
    pytest.importorskip("numpy", reason='needs pip install -e ".[fast]"')
    from benchmarks.workers.limit import counts, network

    found = counts(network(DEMO))
    forward, back = 2 * 16 + 16 * 16 + 16, 16 * 16  # products with a sum, a lane
    assert found["matrix"]["operations"] == 2 * 100 * (forward + back)
    assert found["outer"]["operations"] == 2 * 100 * (forward + 1)  # 1: the mean
    penalty, sums = 2 * 337, 2 * 3 * 337  # of three products each: of the lanes, and the penalty's
    assert found["uniform"]["operations"] == penalty + sums + 2  # and its factor, twice


def test_a_contestant_who_finds_another_gradient_is_refused() -> None:
    compiled.compare("demo", "JAX", [1.0, 2.0], [1.0, 2.0 + 1e-13])
    with pytest.raises(SystemExit, match="JAX computes something else at demo"):
        compiled.compare("demo", "JAX", [1.0, 2.0], [1.0, 2.001])


def test_every_step_of_the_expression_of_one_lane_is_used() -> None:
    steps = program(1000)
    made = range(10, 10 + len(steps))
    used = {at for _, *operands in steps for at in operands}
    assert len(steps) == 1000
    assert {*range(10), *made} - used == {made[-1]}


def test_what_is_published_in_short_is_copied_with_its_lines(tmp_path) -> None:
    tables, page = tmp_path / "tables.md", tmp_path / "page.md"
    tables.write_text("a\n" + between("in short", "* fast\n* small") + "b\n")
    page.write_text("c\n<!-- in short -->\n<!-- /in short -->\nd\n")
    copy_between_markers(tables, page, "in short")
    assert page.read_text() == "c\n<!-- in short -->\n* fast\n* small\n<!-- /in short -->\nd\n"
    assert split_at_markers(page, "in short")[1] == "<!-- /in short -->\nd\n"


@pytest.mark.peers
def test_who_overtakes_is_measured_with_equal_gradients() -> None:
    pytest.importorskip("jax", reason='needs pip install -e ".[peers]"')
    pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')
    text = overtaking.table_of([(8, 5)], runs=1)
    assert "| 2-8-8-1, 5 |" in text
    assert text.count("(") >= 4
