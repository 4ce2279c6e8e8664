"""`check_operation`: one line tests a row of the table, ours and a user's."""

import math
import random

import pytest

from autograd import OPERATIONS, NaryOperation, Operation, check_operation, sqrt, tanh, total, where
from autograd.rules.language import BUILT_IN

ROWS = [row for name, row in OPERATIONS.items() if name in BUILT_IN]


pytestmark = pytest.mark.usefixtures("own_rows")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_of_our_table_is_right(row: Operation) -> None:
    report = check_operation(row)
    assert report, report
    assert report.points >= 200


@pytest.mark.parametrize(("name", "operands", "distance"), [
    ("abs", (-0.2,), 0.2), ("relu", (0.3,), 0.3), ("leaky_relu", (-0.3, 0.01), 0.3),
    ("elu", (0.4, 1.0), 0.4), ("hypot", (3.0, 4.0), 5.0),
    ("atan2", (0.0, 1.0), 1.0), ("atan2", (3.0, 4.0), 5.0), ("atan2", (-0.5, -4.0), 0.5),
    ("clip", (0.3, 0.0, 1.0), 0.3), ("clip", (0.9, 0.0, 1.0), 0.1), ("clip", (5.0, 0.0, 0.5), 0.5),
    ("maximum", (1.0, 4.0, 2.0), 2.0), ("minimum", (1.0, 4.0, 2.0), 1.0),
])  # fmt: skip
def test_the_distance_to_the_nearest_kink_is_that_of_the_picture(
    name: str, operands: tuple[float, ...], distance: float
) -> None:
    kink = OPERATIONS[name].kink
    assert kink is not None
    assert kink(*operands) == pytest.approx(distance)


def test_a_right_row_of_a_users_is_one_line_to_test() -> None:
    assert check_operation(Operation("cube", lambda x: x * x * x, lambda x, z: 3 * x * x))


def test_a_wrong_row_is_told_where_and_what_it_should_be() -> None:
    report = check_operation(Operation("my_tanh", lambda x: tanh(x), lambda x, z: 1 - z))
    assert not report
    text = repr(report)
    assert "my_tanh is wrong at" in text
    assert "the derivative by argument 0 should be" in text
    assert len(text.splitlines()) == 11


def test_the_wrong_argument_is_named() -> None:
    swapped = Operation(
        "swapped",
        lambda x, y: x / y,
        lambda x, y, z: -z / y,
        lambda x, y, z: 1 / y,
        domain=lambda x, y: y != 0.0,
    )
    assert "by argument 0 should be" in check_operation(swapped).problems[0]


def test_a_rule_that_is_wrong_at_its_kink_alone_is_found() -> None:
    jump = Operation(
        "jump",
        lambda x: where(x > 0.0, x, 0.0),
        lambda x, z: where(x > 0.0, 1.0, where(x == 0.0, 5.0, 0.0)),
        kink=abs,
    )
    assert "at (0) the derivative by argument 0 should be 0.5, the rule gives 5" in repr(
        check_operation(jump)
    )


@pytest.mark.parametrize("where_wrong", [lambda x: abs(x) > 60, lambda x: abs(x) < 0.002])
def test_a_rule_that_is_wrong_far_out_or_near_0_alone_is_found(where_wrong) -> None:
    square = Operation(
        "square", lambda x: x * x, lambda x, z: where(where_wrong(x), 3.0 * x, 2.0 * x)
    )
    assert not check_operation(square)


def test_an_infinite_slope_is_wrong_where_numbers_are_clear() -> None:
    assert not check_operation(Operation("steep", lambda x: x * x, lambda x, z: math.inf * x))


def test_a_slope_that_is_nowhere_near_either_side_of_a_jump_is_wrong() -> None:
    sign = Operation("step", lambda x: where(x > 0.0, 1.0, 0.0), lambda x, z: 7.0, kink=abs)
    assert not check_operation(sign)


def test_a_rule_that_fails_at_the_edge_of_its_domain_is_found() -> None:
    root = Operation("root", math.sqrt, lambda x, z: 0.5 / z, domain=lambda x: x >= 0.0)
    problems = check_operation(root).problems
    assert problems
    assert all("the rule for argument 0 fails: ZeroDivisionError" in text for text in problems)


def test_a_row_that_gives_no_number_is_found() -> None:
    assert "gives nan, which is no number" in repr(
        check_operation(Operation("lost", lambda x: math.nan, lambda x, z: 0.0))
    )


def test_an_n_ary_row_of_a_users_is_tested_too() -> None:
    def norm(xs):
        return sqrt(total([x * x for x in xs]) + 1.0)

    right = NaryOperation("length", norm, lambda xs, z: [x / z for x in xs])
    wrong = NaryOperation("length1", norm, lambda xs, z: list(xs))
    assert check_operation(right)
    assert not check_operation(wrong)


def test_a_domain_without_points_is_refused() -> None:
    nowhere = Operation("nowhere", lambda x: x, lambda x, z: 1.0, domain=lambda x: x > 1e9)
    with pytest.raises(ValueError, match="no point of the domain of nowhere was found"):
        check_operation(nowhere)


def test_the_points_come_from_the_generator_that_is_given() -> None:
    reports = [check_operation(tanh, samples=20, rng=random.Random(seed)) for seed in (1, 1)]
    assert [report.points for report in reports] == [20, 20]


@pytest.mark.parametrize("seed", range(12))
def test_a_formula_that_goes_on_behind_the_edge_of_its_domain_is_no_false_alarm(seed: int) -> None:
    share = Operation("share", lambda x, y: x / (x + y),
                      lambda x, y, z: y / (x + y) ** 2, lambda x, y, z: -x / (x + y) ** 2,
                      domain=lambda x, y: (x > 0) & (y > 0))  # fmt: skip
    assert check_operation(share, rng=random.Random(seed))
