"""The line that runs a failed check again: it works as printed, or says what it stands for."""

from functools import partial, wraps
from types import SimpleNamespace

import numpy as np
import pytest

from autograd import Value, assert_gradcheck, gradcheck, tanh


def cube(x):
    return x * x * x


def wrong(x):
    return 77.0


def line(f, gradient=wrong, inputs=(2.0,), **options) -> str:
    """The line of a check that fails."""
    return gradcheck(f, list(inputs), gradient=gradient, **options).paste


def assert_fails_alike(text: str) -> None:
    """Pasted into this module, a line finds its gradient wrong."""
    with pytest.raises(AssertionError, match="analytic 77, numeric"):
        exec(text, globals())


def test_a_function_of_a_module_is_called_by_its_name() -> None:
    assert line(cube) == "assert_gradcheck(cube, [2.0], gradient=wrong)"


def test_a_row_is_called_by_its_name() -> None:
    assert line(tanh) == "assert_gradcheck(tanh, [2.0], gradient=wrong)"


def test_a_lambda_stands_there_as_it_was_written() -> None:
    text = line(lambda x: cube( 2*x ), lambda x: 77.0)  # fmt: skip
    assert text == "assert_gradcheck(lambda x: cube( 2*x ), [2.0], gradient=lambda x: 77.0)"
    assert_fails_alike(text)


def test_a_lambda_over_two_lines_is_put_on_one() -> None:
    text = line(lambda x: x
                + x)  # fmt: skip
    assert text == "assert_gradcheck(lambda x: x + x, [2.0], gradient=wrong)"


def test_of_two_lambdas_in_a_line_the_right_one_is_found() -> None:
    pair = [lambda x: x + 1, lambda x: x + 2, lambda x: (lambda y: y + 3)(x)]
    assert [line(f).partition("assert_gradcheck(")[2].partition(", [2.0]")[0] for f in pair] == [
        "lambda x: x + 1",
        "lambda x: x + 2",
        "lambda x: (lambda y: y + 3)(x)",
    ]


def test_of_two_lambdas_that_return_a_constant_the_right_one_is_found() -> None:
    pair = [lambda x: 76.0, lambda x: 2 * 40.0]
    found = [line(cube, f).partition("gradient=")[2] for f in pair]
    assert found == ["lambda x: 76.0)", "lambda x: 2 * 40.0)"]


def test_numbers_that_a_lambda_holds_are_set_first() -> None:
    seed, scales = 3, [0.5, float("inf")]
    text = line(lambda x: seed * x * min(scales))
    assert text.startswith("scales = [0.5, float('inf')]; seed = 3; assert_gradcheck(lambda x: ")
    assert_fails_alike(text)


def test_a_small_array_that_a_lambda_holds_is_written_out() -> None:
    w = np.array([[1.0, 2.0]], dtype=np.float32)
    text = line(lambda x: x * float(w.sum()))
    assert text.startswith("import numpy; w = numpy.array([[1.0, 2.0]], dtype='float32'); ")
    assert_fails_alike(text)


def test_a_module_and_a_function_that_a_lambda_holds_are_found_again() -> None:
    import math as mathematics

    inner, again = cube, wrong
    text = line(lambda x: inner(x) + mathematics.exp(x), lambda x: again(x))
    assert text.startswith("import math as mathematics; inner = cube; again = wrong; ")
    assert_fails_alike(text)


def test_what_a_loop_gave_to_a_lambda_is_set_first() -> None:
    for k in (2.0, 3.0):
        text = line(lambda x, k=k, other=1.0: k * x)
        assert text.startswith(f"k = {k}; assert_gradcheck(lambda x, k=k, other=1.0: k * x, ")
        assert_fails_alike(text)


def test_a_large_array_is_told_by_its_shape() -> None:
    w = np.zeros((50, 3))
    assert line(lambda x: x * w.size).endswith("  # where w is an array of shape (50, 3)")


def test_a_large_input_goes_by_its_name() -> None:
    w = {"w": [1.0] * 500}
    wrong = lambda w: [[7.0] * 500]  # noqa: E731
    text = gradcheck(lambda w: sum(w), w, gradient=wrong, exhaustive=100).paste
    assert text.startswith("assert_gradcheck(lambda w: sum(w), {'w': w}, gradient=")
    assert text.endswith("  # w is a list of 500")


def test_a_value_that_two_functions_hold_under_one_name_is_told() -> None:
    def scaled(k):
        return lambda x: k * x

    text = line(scaled(2.0), scaled(3.0))
    assert text.startswith("k = 2.0; assert_gradcheck(lambda x: k * x, ")
    assert text.endswith("  # where k is 3.0")


def test_a_function_made_inside_another_is_told_by_place_and_by_what_it_holds() -> None:
    data, scale = np.zeros((50, 3)), 2.0

    def loss(x):
        return x * scale + data.sum()

    number = loss.__code__.co_firstlineno
    assert line(loss) == (
        f"assert_gradcheck(loss, [2.0], gradient=wrong)  # loss (test_pasting.py:{number}), "
        "where data is an array of shape (50, 3) and scale is 2.0"
    )


def test_a_function_that_has_taken_over_a_name_is_told() -> None:
    def made(f):
        @wraps(f)
        def inner(x):
            return f(x)

        return inner

    text = line(made(cube))
    assert text.startswith("assert_gradcheck(f, [2.0], gradient=wrong)  # f is cube (test_pasting")


def test_what_has_no_name_is_told() -> None:
    class Net:
        def loss(self, x):
            return x * x

    number = Net.loss.__code__.co_firstlineno
    assert line(Net().loss).endswith(f"  # f is loss of a Net (test_pasting.py:{number})")
    assert line(partial(pow, 2.0)).endswith("  # f is a partial")


def test_a_lambda_without_a_file_is_told() -> None:
    f = eval("lambda x: x * x")
    assert line(f) == "assert_gradcheck(f, [2.0], gradient=wrong)  # f (a function without a file)"


def test_tolerances_are_repeated_where_they_are_not_the_usual_ones() -> None:
    assert line(cube, rtol=1e-3).endswith("gradient=wrong, rtol=0.001)")
    assert line(cube, atol=1e-3).endswith("gradient=wrong, atol=0.001)")


def test_the_line_says_no_more_where_all_can_be_written() -> None:
    assert "#" not in line(lambda x: x + x)


def test_a_failure_in_a_test_ends_with_the_line() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_gradcheck(cube, [2.0], gradient=lambda x: 77.0)
    table, again = str(failure.value).splitlines()[1:]
    assert table.split()[0] == "wrong"
    assert " = 2: analytic 77, numeric 12 " in table
    assert again == "again: assert_gradcheck(cube, [2.0], gradient=lambda x: 77.0)"


def test_a_name_that_is_set_later_is_left_out() -> None:
    f = lambda x: x if x > 0 else later  # noqa: E731
    assert line(f).endswith("gradient=wrong)")
    later = 0.0


def test_values_that_a_lambda_holds_are_told() -> None:
    y = Value(3.0)
    assert line(lambda x: x * y.data).endswith("  # where y is a Value")


def test_a_module_that_a_function_holds_is_told() -> None:
    library = np

    def f(x):
        return library.tanh(x)

    assert line(f).endswith(", where library is the module numpy")


def test_a_library_that_is_none_of_the_three_is_told() -> None:
    own = SimpleNamespace(shape=(2,), tolist=list)
    assert line(lambda x: x * len(own.shape)).endswith("  # where own is an array of shape (2,)")
