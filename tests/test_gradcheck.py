"""The gradient check: it passes what is right, fails what is wrong, and loses nothing."""

import random

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    Value,
    assert_gradcheck,
    constant,
    log,
    relu,
    sqrt,
    sumprod,
    tanh,
)


@pytest.fixture
def wrong_square():
    yield Operation("wrong_square", lambda x: x * x, lambda x, z: 2.002 * x)
    del OPERATIONS["wrong_square"]


def test_a_right_gradient_passes() -> None:
    assert_gradcheck(lambda x, y: tanh(x * y) + x**y, [0.5, 2.0])


def test_a_rule_off_by_a_thousandth_fails_and_the_message_shows_the_numbers(wrong_square) -> None:
    with pytest.raises(AssertionError) as failure:
        assert_gradcheck(lambda x: wrong_square(x), [0.5])
    assert "x0 = 0.5: analytic 1.001, numeric 1 +- " in str(failure.value)


def test_only_the_wrong_inputs_are_listed(wrong_square) -> None:
    with pytest.raises(AssertionError, match="1 of 2 inputs") as failure:
        assert_gradcheck(lambda x, y: wrong_square(x) * y, [Value(0.5, "speed"), 3.0])
    assert "speed = 0.5" in str(failure.value)
    assert "x1" not in str(failure.value)


def test_nested_inputs_keep_their_shape() -> None:
    assert_gradcheck(lambda w, x, b: tanh(sumprod(w, x, b)), [[0.1, -0.2], (0.3, 0.4), 0.5])


def test_variables_that_the_function_reaches_by_itself_can_be_checked() -> None:
    w = [Value(0.3, "w0"), Value(-0.7, "w1")]
    assert_gradcheck(lambda *_: tanh(w[0] * w[1]) * w[0], w)


def test_inputs_and_gradients_are_put_back() -> None:
    w = Value(0.3)
    w.grad = 42.0
    assert_gradcheck(lambda w: w * w, [w])
    assert (w.data, w.grad) == (0.3, 42.0)


def test_inputs_are_put_back_after_an_error() -> None:
    x = Value(1e-9, "x")
    with pytest.raises(ValueError, match="log needs x > 0") as failure:
        assert_gradcheck(log, [x])
    assert x.data == 1e-9
    assert "while moving x from 1e-09" in failure.value.__notes__[0]


def test_a_gradient_of_zero_passes() -> None:
    assert_gradcheck(lambda x, y: x * 0 + y, [1.0, 2.0])


def test_an_input_that_does_not_matter_has_gradient_zero() -> None:
    assert_gradcheck(lambda x, y: x * x, [1.0, 2.0])


def test_a_missing_edge_is_found() -> None:
    with pytest.raises(AssertionError, match="analytic 3, numeric 6"):
        assert_gradcheck(lambda x: x * constant(x.data), [3.0])


def test_a_kink_within_the_step_gives_no_verdict_and_so_no_pass() -> None:
    with pytest.raises(AssertionError, match="is a kink near"):
        assert_gradcheck(lambda x: relu(x) + x, [1e-4])


def test_a_kink_out_of_reach_of_the_step_is_no_kink() -> None:
    assert_gradcheck(relu, [0.01])


def test_a_function_that_returns_a_number_is_told_so() -> None:
    with pytest.raises(TypeError, match="must return one Value, got a float: a number has no"):
        assert_gradcheck(lambda x: x.data, [1.0])
    with pytest.raises(TypeError, match="must return one Value, got a list"):
        assert_gradcheck(lambda x: [x, x], [1.0])


def test_a_random_function_is_told_apart_from_a_wrong_gradient() -> None:
    rng = random.Random(0)
    with pytest.raises(ValueError, match="two values at the same inputs"):
        assert_gradcheck(lambda x: x * rng.random(), [1.0])


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([], ValueError, "nothing to check"),
        (
            ["1"],
            TypeError,
            "input x0 must be a number, a Value or a sequence of them, got the text",
        ),
        ([[1.0, None]], TypeError, r"input x0\[1\] must be"),
        ([Value(1.0) * 2], ValueError, "input x0 is no leaf"),
    ],
)
def test_inputs_that_are_no_numbers_are_refused(inputs, error, message: str) -> None:
    with pytest.raises(error, match=message):
        assert_gradcheck(lambda *xs: xs[0], inputs)


def test_functions_of_any_scale_are_checked() -> None:
    assert_gradcheck(lambda x: 1e12 * x * x, [3.0])
    assert_gradcheck(lambda x: sqrt(x) * x, [1e8])
    assert_gradcheck(lambda x: x * x, [1e-3])
