"""The gradient check: it passes what is right, names what is wrong, and loses nothing."""

import inspect
import math
import random

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    StaleGraphError,
    Value,
    assert_gradcheck,
    atan2,
    clip,
    constant,
    exp,
    gradcheck,
    leaky_relu,
    log,
    lookup,
    maximum,
    relu,
    sin,
    sqrt,
    sumprod,
    tanh,
    total,
    where,
)
from autograd.checking.program import Evaluation, Program
from autograd.checking.report import place_of


@pytest.fixture
def wrong_square():
    yield Operation("wrong_square", lambda x: x * x, lambda x, z: 2.002 * x)
    del OPERATIONS["wrong_square"]


def verdicts(report) -> dict[str, str]:
    return {row.name: row.verdict for row in report.rows}


# ---- what passes, what fails, and the text -------------------------------------------------------


def test_a_right_gradient_passes() -> None:
    assert_gradcheck(lambda x, y: tanh(x * y) + x**y, [0.5, 2.0])


def test_a_report_is_true_where_the_gradient_is_right(wrong_square) -> None:
    right, wrong = gradcheck(tanh, [0.5]), gradcheck(wrong_square, [0.5])
    assert (bool(right), right.ok, right.guilty) == (True, True, None)
    assert (bool(wrong), wrong.ok) == (False, False)
    assert str(right) == "the gradient of tanh is confirmed: 1 of 1 derivatives agree with numbers"


def test_a_rule_off_by_a_thousandth_fails_and_the_message_shows_the_numbers(wrong_square) -> None:
    with pytest.raises(AssertionError, match="is not confirmed: 0 of 1 derivatives") as failure:
        assert_gradcheck(wrong_square, [0.5])
    assert "x = 0.5: analytic 1.001, numeric 1 +- " in str(failure.value)


def test_the_wrong_rule_is_named_with_its_file_and_line(wrong_square) -> None:
    guilty = gradcheck(lambda x: tanh(wrong_square(x) + x), [0.5]).guilty
    line = inspect.getsourcelines(wrong_square.partials[0])[1]
    assert (guilty.kind, guilty.operation, guilty.argument) == ("rule", "wrong_square", 0)
    assert guilty.used == 1.001
    assert guilty.expected == pytest.approx(1.0)
    assert guilty.where == f"test_gradcheck.py:{line}"
    assert str(guilty) == (
        "the rule of wrong_square for argument 0 is wrong: at (0.5) the derivative should be 1, "
        f"1.001 was used, rule at test_gradcheck.py:{line}"
    )


def test_the_guilty_node_is_named_with_its_label(wrong_square) -> None:
    def f(x):
        y = wrong_square(x)
        y.label = "energy"
        return y * x

    report = gradcheck(f, [0.5])
    assert report.guilty.label == "energy"
    assert "wrong (label 'energy')" in str(report)


def test_the_worst_row_stands_first(wrong_square) -> None:
    report = gradcheck(lambda x, y, z: wrong_square(x) * y + 9 * wrong_square(z), [0.5, 3.0, 1.0])
    assert [row.name for row in report.rows] == ["z", "x", "y"]
    assert verdicts(report) == {"z": "wrong", "x": "wrong", "y": "ok"}
    errors = [row.error for row in report.rows]
    assert errors == sorted(errors, reverse=True)


def test_a_wrong_row_stands_before_one_without_a_verdict(wrong_square) -> None:
    report = gradcheck(lambda x, y: sqrt(x) + wrong_square(y), [0.0, 3.0])
    assert [row.verdict for row in report.rows] == ["wrong", "undefined"]


def test_labels_name_the_inputs(wrong_square) -> None:
    report = gradcheck(lambda x, y: wrong_square(x) * y, [Value(0.5, "speed"), 3.0])
    assert str(report.rows[0]).startswith("speed = 0.5: ")
    assert str(report.rows[1]).startswith("y = 3: ")


def test_the_text_has_at_most_ten_rows(wrong_square) -> None:
    xs = [float(i) for i in range(1, 14)]
    lines = str(gradcheck(lambda *xs: total([wrong_square(x) for x in xs]), xs)).splitlines()
    assert len([line for line in lines if line.startswith("  wrong ")]) == 10
    assert lines[2].split()[1] == "x12"
    assert lines[-2] == "  and 3 more"


def test_ten_rows_are_all_shown(wrong_square) -> None:
    text = str(gradcheck(lambda *xs: total([wrong_square(x) for x in xs]), [2.0] * 10))
    assert text.count("\n  wrong ") == 10
    assert "more" not in text


def test_the_last_line_can_be_pasted(wrong_square) -> None:
    def f(w, b):
        return wrong_square(w[0]) * w[1] + b

    report = gradcheck(f, [[0.5, 2.0], Value(3.0)])
    line = str(report).splitlines()[-1]
    assert line.startswith("again: assert_gradcheck(f, [[0.5, 2.0], 3.0])  # f (test_gradcheck.py:")
    with pytest.raises(AssertionError) as failure:
        exec(line.removeprefix("again: "), {"assert_gradcheck": assert_gradcheck, "f": f})
    assert str(failure.value) == str(report)


def test_the_line_to_paste_has_the_names_of_the_inputs(wrong_square) -> None:
    def f(x, w):
        return wrong_square(x) * w[0]

    text = str(gradcheck(f, {"x": 0.5, "w": [2.0]}))
    assert "again: assert_gradcheck(f, {'x': 0.5, 'w': [2.0]})  # f (test_gradcheck.py:" in text


def test_what_is_confirmed_needs_no_line_to_paste() -> None:
    assert "again" not in str(gradcheck(tanh, [0.5]))


# ---- inputs --------------------------------------------------------------------------------------


def test_nested_inputs_keep_their_shape() -> None:
    assert_gradcheck(lambda w, x, b: tanh(sumprod(w, x, b)), [[0.1, -0.2], (0.3, 0.4), 0.5])


def test_nested_inputs_are_named_by_their_place() -> None:
    report = gradcheck(lambda w, b: w[0][1] * w[1][0] + b, [[[0.1, 0.2], [0.3]], 0.5])
    assert sorted(verdicts(report)) == ["b", "w[0][0]", "w[0][1]", "w[1][0]"]
    assert report.ok


def test_arrays_are_inputs() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    assert_gradcheck(lambda w: w[0][0] * w[1][1] + w[0][1], [numpy.array([[1.0, 2.0], [3.0, 4.0]])])


def test_inputs_go_by_name() -> None:
    report = gradcheck(lambda *, rate, weights: weights[0] ** rate, {"weights": [2.0], "rate": 3})
    assert verdicts(report) == {"weights[0]": "ok", "rate": "ok"}


def test_variables_that_the_function_reaches_by_itself_can_be_checked() -> None:
    w = [Value(0.3, "w0"), Value(-0.7, "w1")]
    assert_gradcheck(lambda *_: tanh(w[0] * w[1]) * w[0], w)


def test_all_variables_of_a_ready_made_root_are_checked() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert verdicts(gradcheck(2 * x * y + tanh(x))) == {"x": "ok", "y": "ok"}


def test_some_variables_of_a_ready_made_root_are_checked() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert verdicts(gradcheck(x * y, [y])) == {"y": "ok"}


def test_a_wrong_rule_in_a_ready_made_root_is_named(wrong_square) -> None:
    x = Value(0.5, "x")
    x.grad = 42.0
    report = gradcheck(wrong_square(x) * x)
    assert (report.guilty.operation, verdicts(report)) == ("wrong_square", {"x": "wrong"})
    assert (x.data, x.grad) == (0.5, 42.0)


def test_a_stale_graph_is_refused() -> None:
    x = Value(2.0, "x")
    root = tanh(x) * x
    x.data = 1.0
    with pytest.raises(StaleGraphError, match="the data of .*label='x'.* was changed"):
        gradcheck(root)


def test_a_constant_is_not_what_makes_a_graph_stale() -> None:
    x = Value(2.0, "x")
    root = 2 * x
    x.data = 1.0
    with pytest.raises(StaleGraphError, match="label='x'"):
        gradcheck(root)


def test_the_leaf_that_makes_a_graph_stale_is_among_those_named() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    root = x * y
    y.data = 1.0
    with pytest.raises(StaleGraphError, match="label='y'"):
        gradcheck(root)


def test_a_gradient_of_zero_passes() -> None:
    assert_gradcheck(lambda x, y: x * 0 + y, [1.0, 2.0])


def test_an_input_that_is_not_reached_has_gradient_zero() -> None:
    report = gradcheck(lambda x, y: x * x, [1.0, 2.0])
    (row,) = [row for row in report.rows if row.name == "y"]
    assert (row.verdict, row.analytic, row.numeric.value) == ("ok", 0.0, 0.0)


def test_functions_of_any_scale_are_checked() -> None:
    assert_gradcheck(lambda x: 1e12 * x * x, [3.0])
    assert_gradcheck(lambda x: sqrt(x) * x, [1e8])
    assert_gradcheck(lambda x: x * x, [1e-3])


# ---- inputs and gradients are put back -----------------------------------------------------------


def test_inputs_and_gradients_are_put_back() -> None:
    w = Value(0.3)
    w.grad = 42.0
    assert_gradcheck(lambda w: w * w, [w])
    assert (w.data, w.grad) == (0.3, 42.0)


def fails_when_moved(x):
    if x.data != 0.3:
        raise RuntimeError("moved")
    return x * x


def changes_its_input(x):
    x.data += 1.0
    return x * x


def returns_nothing(x):
    x.grad = 7.0


@pytest.mark.parametrize("f", [fails_when_moved, changes_its_input, returns_nothing])
def test_inputs_and_gradients_are_put_back_after_an_error(f) -> None:
    x = Value(0.3)
    x.grad = 42.0
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        gradcheck(f, [x])
    assert (x.data, x.grad) == (0.3, 42.0)


def test_gradients_of_inner_nodes_are_put_back() -> None:
    x = Value(2.0)
    inner = x * x
    root = inner * x
    root.backward()
    before = [v.grad for v in (x, inner, root)]
    assert_gradcheck(root)
    assert [v.grad for v in (x, inner, root)] == before


# ---- kinks, edges, and numbers that are not clear ------------------------------------------------


def test_a_kink_has_two_slopes_and_passes() -> None:
    (row,) = gradcheck(relu, [0.0]).rows
    assert row.verdict == "kink"
    assert (row.left.value, row.right.value, row.to_kink) == pytest.approx((0.0, 1.0, 0.0))
    assert "slopes 0 and 1 on either side of a kink 0 away" in str(gradcheck(relu, [0.0]))


def test_the_slopes_at_a_kink_are_those_of_the_whole_function() -> None:
    report = gradcheck(lambda x, y: exp(2.0 * abs(x) * y), [0.0, 3.0])
    row = report.rows[0]
    assert (row.name, row.verdict) == ("x", "kink")
    assert (row.left.value, row.right.value) == pytest.approx((-6.0, 6.0))


def test_a_tie_is_a_kink() -> None:
    report = gradcheck(maximum, [2.0, 2.0])
    assert verdicts(report) == {"x0": "kink", "x1": "kink"}
    assert [row.analytic for row in report.rows] == [0.5, 0.5]


def test_a_rule_outside_the_two_slopes_of_a_kink_is_wrong() -> None:
    row = Operation("steep", OPERATIONS["relu"].forward, lambda x, z: 1.5, kink=lambda x: abs(x))
    try:
        report = gradcheck(row, [0.0])
    finally:
        del OPERATIONS["steep"]
    assert (report.ok, report.guilty.operation) == (False, "steep")


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    "f",
    [
        pytest.param(relu, id="relu"),
        pytest.param(abs, id="abs"),
        pytest.param(leaky_relu, id="leaky_relu"),
        pytest.param(lambda x: maximum(x, 0.0), id="maximum"),
        pytest.param(lambda x: clip(x, 0.0, 1.0), id="clip"),
    ],
)
def test_a_kink_1e_7_away_is_no_kink(f, side: int) -> None:
    (row,) = gradcheck(f, [side * 1e-7]).rows
    assert row.verdict == "ok"


@pytest.mark.parametrize("f", [lambda x: maximum(x, 1.0), lambda x: clip(x, 1.0, 2.0)])
def test_a_kink_1e_7_away_from_one_is_no_kink(f) -> None:
    assert gradcheck(f, [1.0 + 1e-7]).ok


@pytest.mark.parametrize("f", [lambda x: maximum(x, 1.0), lambda x: clip(x, 1.0, 2.0)])
def test_a_plateau_1e_7_beside_a_kink_is_no_kink(f) -> None:
    assert gradcheck(f, [1.0 - 1e-7]).ok


@pytest.mark.parametrize("x", [0.6, 0.29, -0.1, -0.01])  # relu has its kink at 0
def test_no_step_goes_across_a_kink(x: float) -> None:
    program = Program(relu, [0.3], None, 1)
    guarded = Evaluation(program)
    (v,) = program.variables
    assert guarded.guards == [(1, 0.3)]
    assert (guarded.moved(x, v) is not None) == (x > 0.0)


def test_beside_the_cut_of_atan2_there_is_a_derivative_and_on_it_none() -> None:
    assert gradcheck(atan2, [0.0, 1.0]).ok
    assert gradcheck(atan2, [1e-6, -1.0]).ok
    assert not gradcheck(atan2, [0.0, -1.0]).ok


def test_a_kink_out_of_reach_of_the_step_is_no_kink() -> None:
    assert_gradcheck(relu, [0.01])


def test_a_derivative_that_is_not_finite_is_undefined_and_no_pass() -> None:
    report = gradcheck(sqrt, [0.0])
    assert (verdicts(report), report.ok) == ({"x": "undefined"}, False)


@pytest.mark.parametrize("slope", [float("inf"), float("nan")])
def test_a_gradient_of_inf_or_nan_is_no_pass(slope: float) -> None:
    report = gradcheck(lambda x: x * slope, [1.0])
    assert (verdicts(report), report.ok) == ({"x": "undefined"}, False)


def test_a_jump_has_no_derivative() -> None:
    assert verdicts(gradcheck(lambda x: where(x > 0, x + 1, x), [0.0])) == {"x": "undefined"}


@pytest.mark.parametrize(("f", "x"), [(log, 1e-9), (sqrt, 1e-9), (lambda x: x**0.3, 1e-9)])
def test_a_domains_edge_within_the_step_asks_for_smaller_steps(f, x: float) -> None:
    (row,) = gradcheck(f, [x]).rows
    assert row.verdict == "ok"
    assert max(step for step, _, _ in row.numeric.sweep) <= x


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x + 1e16) - 1e16,
        lambda x: (x * 1e16 + 1.0) - x * 1e16,
        lambda x: (x * x + 1e13) - 1e13,
    ],
)
def test_a_number_that_is_not_clear_is_no_pass(f) -> None:
    report = gradcheck(f, [0.3])
    assert (verdicts(report), report.ok, report.guilty) == ({"x": "inconclusive"}, False, None)
    assert "  inconclusive  x = 0.3: " in str(report)


def test_every_numerical_derivative_carries_its_error_bar() -> None:
    (row,) = gradcheck(exp, [1.0]).rows
    assert abs(row.numeric.value - 2.718281828459045) <= 4 * row.numeric.bar < 1e-10
    assert len(row.numeric.sweep) >= 5


def test_a_pole_within_the_step_is_no_false_alarm() -> None:
    report = gradcheck(lambda x: 1 / x, [1e-9])
    assert report.guilty is None
    assert report.rows[0].verdict != "wrong"


def test_a_function_that_turns_within_every_step_is_no_false_alarm() -> None:
    report = gradcheck(sin, [3e13])
    assert report.guilty is None
    assert report.rows[0].verdict != "wrong"


def test_a_condition_that_is_a_value_has_gradient_zero() -> None:
    assert gradcheck(where, [1.0, 2.0, 3.0]).ok


def test_an_index_that_is_a_value_is_no_error() -> None:
    report = gradcheck(lambda x, y, i: lookup([x, y], i), [1.0, 2.0, 0.0])
    assert "wrong" not in verdicts(report).values()


# ---- cuts ----------------------------------------------------------------------------------------


def test_a_cut_is_found_and_named() -> None:
    report = gradcheck(lambda x: x * constant(x.data), [3.0])
    assert (report.guilty.kind, report.guilty.operation) == ("detached", "constant")
    with pytest.raises(AssertionError, match="analytic 3, numeric 6"):
        assert_gradcheck(lambda x: x * constant(x.data), [3.0])


# ---- gradients computed by hand or by any library ------------------------------------------------


def product(x, y):
    return x * y


@pytest.mark.parametrize("found", [[3.0, 2.0], (3, 2.0)])
def test_a_gradient_written_by_hand_is_checked(found) -> None:
    assert gradcheck(product, [2.0, 3.0], gradient=lambda x, y: found).ok


def test_a_wrong_gradient_written_by_hand_is_found() -> None:
    def by_hand(x, y):
        return [y, 1.001 * x]

    report = gradcheck(product, [2.0, 3.0], gradient=by_hand)
    assert verdicts(report) == {"y": "wrong", "x": "ok"}
    assert (report.ok, report.guilty) == (False, None)
    assert "again: assert_gradcheck(product, [2.0, 3.0], gradient=by_hand)" in str(report)
    with pytest.raises(AssertionError, match="y = 3: analytic 2.002, numeric 2 "):
        assert_gradcheck(product, [2.0, 3.0], gradient=by_hand)


def test_a_gradient_by_hand_gets_numbers() -> None:
    kinds = []

    def by_hand(w, b):
        kinds.extend([type(w[0]), type(b)])
        return [[b], w[0]]

    assert gradcheck(lambda w, b: w[0] * b, [[Value(2.0)], 3.0], gradient=by_hand).ok
    assert kinds == 2 * [float, float]  # it is asked twice


def test_one_number_is_the_gradient_of_one_input() -> None:
    assert gradcheck(lambda x: x * x, [3.0], gradient=lambda x: 2 * x).ok
    assert not gradcheck(lambda x: x * x, [3.0], gradient=lambda x: 3 * x)


def test_nested_gradients_have_the_shape_of_their_inputs() -> None:
    def f(w, x, b):
        return tanh(sumprod(w, x, b))

    def by_hand(w, x, b):
        z = tanh(sumprod(w, x, b))
        d = 1 - z * z
        return [[d * x[0], d * x[1]], [d * w[0], d * w[1]], d]

    assert gradcheck(f, [[0.1, -0.2], [0.3, 0.4], 0.5], gradient=by_hand).ok


def test_a_gradient_by_name_goes_in_any_order() -> None:
    inputs = {"x": 2.0, "y": 3.0}
    assert gradcheck(product, inputs, gradient=lambda x, y: {"y": x, "x": y}).ok
    report = gradcheck(product, inputs, gradient=lambda x, y: {"y": y, "x": x})
    assert verdicts(report) == {"x": "wrong", "y": "wrong"}


def test_gradients_of_numpy_are_checked() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

    def f(w):
        return sumprod(w, w)

    w = numpy.array([1.0, 2.0, 3.0])
    assert gradcheck(f, [w], gradient=lambda w: 2 * numpy.array(w)).ok
    assert gradcheck(f, [w], gradient=lambda w: [2 * numpy.array(w)]).ok
    assert gradcheck(f, {"w": w}, gradient=lambda w: {"w": 2 * numpy.array(w)}).ok
    assert not gradcheck(f, [w], gradient=lambda w: 2.002 * numpy.array(w))


def test_a_function_of_numbers_is_checked_against_a_gradient_by_hand() -> None:
    def f(x, y):
        return math.sin(x) * y

    assert gradcheck(f, [2.0, 3.0], gradient=lambda x, y: [math.cos(x) * y, math.sin(x)]).ok
    assert not gradcheck(f, [2.0, 3.0], gradient=lambda x, y: [math.cos(x) * y, y])


def test_an_own_wrong_rule_does_not_matter_to_a_right_gradient_by_hand(wrong_square) -> None:
    assert gradcheck(wrong_square, [0.5], gradient=lambda x: 2 * x).ok


@pytest.mark.parametrize(
    ("found", "error", "message"),
    [
        ([3.0], ValueError, "one number per input: got 1 for 2"),
        ([3.0, 2.0, 1.0], ValueError, "one number per input: got 3 for 2"),
        (["3", "2"], TypeError, "a gradient must be a real number, got the text '3'"),
        (None, TypeError, "a gradient must be a real number, got None"),
    ],
)
def test_a_gradient_by_hand_that_is_no_gradient_is_refused(found, error, message: str) -> None:
    x = Value(2.0)
    with pytest.raises(error, match=message):
        gradcheck(product, [x, 3.0], gradient=lambda x, y: found)
    assert x.data == 2.0


def test_a_gradient_by_name_that_lacks_an_input_says_so() -> None:
    with pytest.raises(ValueError, match="y"):
        gradcheck(product, {"x": 2.0, "y": 3.0}, gradient=lambda x, y: {"x": y})


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "got"),
    [
        (lambda x: x.data, "a float: a number has no"),
        (lambda x: None, "None"),
        (lambda x: [x, x], "a list"),
        (lambda x: (x, x), "a tuple.*of several values only one can be the root"),
    ],
)
def test_a_function_that_returns_no_value_is_told_so(f, got: str) -> None:
    with pytest.raises(TypeError, match=f"must return one Value, got {got}"):
        gradcheck(f, [1.0])


def test_a_function_that_returns_a_constant_is_told_so() -> None:
    with pytest.raises(ValueError, match="constant"):
        gradcheck(lambda x: constant(3.0), [1.0])


def test_a_random_function_is_told_apart_from_a_wrong_gradient(rng: random.Random) -> None:
    with pytest.raises(ValueError, match="two values at the same inputs"):
        gradcheck(lambda x: x * rng.random(), [1.0])


def test_a_function_that_changes_its_inputs_is_told_so() -> None:
    with pytest.raises(ValueError, match="changes_its_input changes its inputs"):
        gradcheck(changes_its_input, [1.0])


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([], ValueError, "nothing to check"),
        (["1"], TypeError, "input x0 must be a number, a Value or a sequence of them, got the tex"),
        ([[1.0, None]], TypeError, r"input x0\[1\] must be"),
        ({"rate": 1j}, TypeError, "input rate must be a number, .* got the complex number"),
        ([Value(1.0) * 2], ValueError, "input x0 is no leaf"),
        (None, TypeError, "gradcheck needs inputs"),
    ],
)
def test_inputs_that_are_no_numbers_are_refused(inputs, error, message: str) -> None:
    with pytest.raises(error, match=message):
        gradcheck(lambda *xs: xs[0], inputs)


def test_the_place_of_a_function_is_its_file_and_line_or_without_a_file_its_line() -> None:
    here = verdicts.__code__
    assert place_of(here) == f"test_gradcheck.py:{here.co_firstlineno}"
    typed = compile("lambda x: x", "<stdin>", "eval")
    assert place_of(typed) == "a function without a file"


def test_an_order_that_cannot_be_checked_is_refused() -> None:
    with pytest.raises(ValueError, match="order is 1 for the gradient.*got 0"):
        gradcheck(tanh, [0.5], order=0)
    with pytest.raises(ValueError, match="by hand is checked with order=1 only, got 2"):
        assert_gradcheck(tanh, [0.5], gradient=lambda x: 1 - math.tanh(x) ** 2, order=2)


# ---- derivatives of derivatives ------------------------------------------------------------------


def test_order_2_checks_every_second_derivative_too() -> None:
    report = gradcheck(lambda x, y: x * x * y, [3.0, 2.0], order=2)
    found = {row.name: row.analytic for row in report.rows}
    assert report.ok
    assert found == {"x": 12, "y": 9, "x, x": 4, "x, y": 6, "y, x": 6, "y, y": 0}


def test_order_3_goes_one_further() -> None:
    assert len(gradcheck(tanh, [0.5], order=3).rows) == 3


@pytest.fixture
def wrong_second():
    """exp with a right first derivative, written with a row whose own derivative is wrong."""
    slope = Operation("slope", lambda x: exp(x), lambda x, z: 2.0 * z)
    yield Operation("my_exp", lambda x: exp(x), lambda x, z: slope(x))
    del OPERATIONS["slope"], OPERATIONS["my_exp"]


def test_a_wrong_second_derivative_is_found_and_named(wrong_second) -> None:
    def growth(x):
        return wrong_second(3 * x)

    assert gradcheck(growth, [0.5])
    report = gradcheck(growth, [0.5], order=2)
    assert not report
    assert report.name == "d growth / d x"
    assert report.guilty.operation == "slope"
    assert report.paste.startswith("assert_gradcheck(growth, [0.5], order=2)")


def test_a_root_that_is_there_and_named_inputs_are_checked_to_order_2() -> None:
    x, y = Value(0.5, "x"), Value(-1.0, "y")
    assert gradcheck(x * sin(y) + x, order=2)
    assert gradcheck(lambda a, b: a * b[0] * b[1], {"a": 2.0, "b": [3.0, 4.0]}, order=2)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_a_row_without_a_formula_says_so_at_order_2() -> None:
    opaque = Operation("opaque", lambda x: exp(x), lambda x, z: math.exp(x))
    assert gradcheck(opaque, [1.5])
    with pytest.raises(TypeError, match="opaque.*has no formula"):
        gradcheck(opaque, [1.5], order=2)
    del OPERATIONS["opaque"]


def test_a_root_that_lost_an_edge_is_told_how_many_its_row_takes() -> None:
    class Node:
        def __init__(self, data, parents=(), local_derivatives=(), op=None) -> None:
            self.data, self.grad, self.op = data, 0.0, op
            self.parents, self.local_derivatives = parents, local_derivatives

    x = Node(3.0)
    report = gradcheck(Node(6.0, (x,), (1.0,), OPERATIONS["add"]))  # x + x from a set of parents
    assert not report
    assert "missing or misplaced at add: it takes 2 operands, and 1 is recorded" in repr(report)
