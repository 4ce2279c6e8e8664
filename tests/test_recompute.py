"""recompute: a graph whose leaves were moved is what building it again gives, or as it was."""

from contextlib import suppress
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from programs import draw_program, record, run

from autograd import (
    Operation,
    Value,
    constant,
    derivatives,
    log,
    lookup,
    maximum,
    no_grad,
    recompute,
    relu,
    tanh,
    topological_order,
    where,
)


def numbers(root: Any) -> list[tuple[float, tuple[float, ...]]]:
    """Data and local derivatives of every node."""
    return [(v.data, v.local_derivatives) for v in topological_order(root)]


def given(root: Any) -> list[float]:
    """The constants of a graph, answers of comparisons among them."""
    return [v.data for v in topological_order(root) if v.is_constant]


# ---- what it gives -------------------------------------------------------------------------------


def test_a_leaf_that_was_moved_moves_what_was_made_from_it() -> None:
    x, w = Value(3.0), Value(2.0)
    y = w * x + w
    x.data = 5.0
    recompute(y)
    assert y.data == 12.0
    y.backward()
    assert (x.grad, w.grad) == (2.0, 6.0)


def test_a_random_program_is_as_if_it_were_built_again_to_the_last_bit() -> None:
    rng = Random(0)
    same = failed = turned = 0
    for _ in range(250):
        program = draw_program(rng)
        root, variables = record(program)
        before = repr(numbers(root))
        for v in variables:
            v.data = rng.choice([v.data, v.data * (1 + rng.gauss(0, 0.1)), rng.gauss(0, 2), 0.0])
        try:
            built = run(program, [Value(v.data) for v in variables])
        except (ArithmeticError, ValueError) as error:
            moved = repr(numbers(root))
            with suppress(type(error)):  # which may be none, of a node that the root does not need
                recompute(root)
                continue
            assert repr(numbers(root)) == moved
            failed += 1
            continue
        if given(built) != given(root):  # a comparison has another answer now
            turned += 1
            continue
        recompute(root)
        assert repr(numbers(root)) == repr(numbers(built))
        same += repr(numbers(root)) != before
    assert same > 100
    assert failed > 10
    assert turned < 40


def test_several_roots_are_renewed_in_one_pass() -> None:
    x = Value(2.0)
    shared = x * x
    roots = [shared + 1.0, tanh(shared), shared]
    x.data = 3.0
    recompute(roots)
    assert [v.data for v in roots] == [10.0, tanh(9.0), 9.0]


def test_a_derivative_is_a_graph_too() -> None:
    x = Value(2.0)
    y = x**3
    d = derivatives(y, x)
    x.data = 5.0
    recompute([y, d])
    assert (y.data, d.data) == (125.0, 75.0)
    assert derivatives(d, x).data == 30.0


def test_what_was_written_to_inner_nodes_and_gradients_are_two_things() -> None:
    x = Value(2.0)
    y = 3 * x
    y.backward()
    y.data = 100.0
    recompute(y)
    assert y.data == 6.0
    assert (x.grad, y.grad) == (3.0, 1.0)


def test_a_graph_of_one_leaf_has_nothing_to_renew() -> None:
    x = Value(2.0)
    recompute(x)
    recompute([])
    assert x.data == 2.0


def test_a_whole_number_that_was_assigned_is_computed_with_as_a_float() -> None:
    x = Value(2.0)
    y = x * x
    x.data = 3
    recompute(y)
    assert repr(numbers(y)[1]) == "(9.0, (3.0, 3.0))"


def test_what_is_recorded_stays_recorded_under_no_grad_and_for_constants() -> None:
    x, c = Value(2.0), constant(7.0)
    with no_grad():
        cut = x * x
    y = x * c + cut
    x.data = 3.0
    with no_grad():
        recompute(y)
    assert (y.data, y.parents[0].local_derivatives) == (25.0, (7.0, 0.0))


def test_a_chain_of_ten_thousand_nodes_is_renewed() -> None:
    y = x = Value(0.0)
    for _ in range(10_000):
        y = y + 1.0
    x.data = 5.0
    recompute(y)
    assert y.data == 10_005.0


# ---- rows that choose, kinks, edges of domains ---------------------------------------------------


def test_a_kink_is_met_as_when_the_graph_is_built() -> None:
    x = Value(1.0)
    rows: list[tuple[Any, float, float]] = [(relu, 0.0, 0.0), (abs, 0.0, -1.0)]
    for row, at_kink, beyond in rows:
        x.data = 1.0
        y = row(x)
        assert y.local_derivatives == (1.0,)
        for moved, slope in ((0.0, at_kink), (-1.0, beyond)):
            x.data = moved
            recompute(y)
            assert y.local_derivatives == (slope,)


def test_the_larger_of_two_may_be_the_other_one_now() -> None:
    x, y = Value(1.0), Value(2.0)
    z = maximum(x, y)
    x.data = 3.0
    recompute(z)
    assert (z.data, z.local_derivatives) == (3.0, (1.0, 0.0))


def test_a_choice_by_a_value_is_made_again_and_one_by_a_comparison_stays() -> None:
    c, x = Value(1.0), Value(2.0)
    chosen, compared = where(c, x, -x), where(x > 0.0, x, -x)
    c.data, x.data = 0.0, -3.0
    recompute([chosen, compared])
    assert (chosen.data, chosen.local_derivatives) == (3.0, (0.0, 0.0, 1.0))
    assert compared.data == -3.0


@pytest.mark.parametrize("index", [-1.0, 2.0, 0.5, float("nan")])
def test_an_index_that_leaves_the_list_is_told(index: float) -> None:
    i, x, y = Value(0.0), Value(2.0), Value(5.0)
    z = lookup([x, y], i)
    i.data = 1.0
    recompute(z)
    assert z.data == 5.0
    i.data = index
    with pytest.raises(IndexError, match=r"at lookup\[5\]: lookup has no operand"):
        recompute(z)
    assert z.data == 5.0


def test_an_error_names_the_node_and_leaves_everything_as_it_was() -> None:
    x = Value(3.0, "x")
    a = x * x
    b = log(x - 1.0)
    b.label = "b"
    y = a + b
    before = numbers(y)[1:]
    x.data = 0.5
    with pytest.raises(ValueError, match="recompute stops at b: log needs x > 0, got -0.5"):
        recompute(y)
    assert numbers(y)[1:] == before


@pytest.mark.parametrize("bad", [None, "3", Value(3.0), [1.0]])
def test_a_leaf_that_holds_no_number_is_named(bad: Any) -> None:
    x = Value(3.0, "x")
    y = x * x
    x.data = bad
    with pytest.raises(TypeError, match="recompute stops at x: its data must be a real number"):
        recompute(y)


def test_an_error_in_a_derivative_rule_of_a_users_row_is_no_half_done_work(own_rows: None) -> None:
    picky = Operation("picky", lambda x: x, lambda x, z: 1.0 / x)
    x = Value(2.0)
    y = picky(x * 1.0)
    x.data = 0.0
    with pytest.raises(ZeroDivisionError, match=r"recompute stops at picky\[2\]"):
        recompute(y)
    assert y.data == y.parents[0].data == 2.0


# ---- nodes that cannot be run again --------------------------------------------------------------


def test_a_node_of_a_students_class_cannot_be_run_again() -> None:
    x = SimpleNamespace(data=2.0, grad=0.0, parents=(), local_derivatives=())

    class Product:
        data, grad, parents, local_derivatives = 4.0, 0.0, (Value(2.0),), (1.0,)

    with pytest.raises(TypeError, match=r"at Product\[4\]: a Product that no row .* made cannot"):
        recompute(Product())
    with pytest.raises(TypeError, match="nodes go by identity"):
        recompute(x)


def test_a_value_whose_parents_were_set_by_hand_cannot_be_run_again() -> None:
    x, y = Value(2.0), Value(4.0, "y")
    y.parents, y.local_derivatives = (x,), (4.0,)
    z = y + x
    x.data = 3.0
    with pytest.raises(TypeError, match="recompute stops at y: a Value that no row of the table"):
        recompute(z)
    assert (y.data, z.data) == (4.0, 6.0)


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(TypeError, match="a graph ends in a node"):
        recompute(3.0)  # type: ignore[arg-type]  # that is the point
