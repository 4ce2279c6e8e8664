"""The NumPy engine in small: choices, sums over lanes, and what a batch is read as."""

import math

import pytest

from autograd import Value, tanh, total, trace

np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')


@pytest.mark.parametrize("count", [7, 5000])
def test_choosing_by_bits_is_choosing_whatever_the_numbers_are(count: int) -> None:
    from autograd.tape.engines.arrays import select

    numbers = np.resize([math.nan, -math.inf, -0.0, 0.0, 1e-320, 2.5, math.inf], (2, count))
    for x, y in [
        (0.0, numbers),
        (-0.0, numbers),
        (numbers, -0.0),
        (numbers, numbers[:, ::-1]),
        (1.0, math.nan),
    ]:
        expected = np.where(numbers > 0.0, x, y)
        assert select(numbers > 0.0, x, y).tobytes() == expected.tobytes()


def test_a_condition_that_is_a_number_holds_where_it_is_not_0() -> None:
    from autograd.tape.engines.arrays import select

    condition = np.resize([0.0, 0.5, -1.0, math.nan], (1, 4000))
    assert select(condition, 1.0, 2.0)[0, :4].tolist() == [2.0, 1.0, 1.0, 1.0]


def test_a_gradient_that_two_parameters_take_whole_reaches_both() -> None:
    a, b = Value(0.5, "a"), Value(0.25, "b")
    tape = trace(lambda x: total([a, b, x]) + a * x + b * tanh(x), 1.0, parameters=[a, b])
    _, gradient = tape.using("numpy").value_and_grad([0.5, 0.25], [1.0, 3.0])
    assert gradient.tolist() == pytest.approx([1 + 2.0, 1 + (math.tanh(1) + math.tanh(3)) / 2])


@pytest.mark.parametrize("engine", ["python", "numpy"])
@pytest.mark.parametrize(
    "batch", [[[1, 2.0], (3, 4)], [(True, np.float32(2)), [3, 4.0]], np.array([[1, 2], [3, 4]])]
)
def test_a_batch_is_numbers_of_any_kind(engine, batch) -> None:
    tape = trace(lambda x: x[0] * 10.0 + x[1], [0.0, 0.0]).using(engine)
    assert list(tape.forward(batch)) == [12.0, 34.0]


@pytest.mark.parametrize("engine", ["python", "numpy"])
def test_a_row_that_is_too_long_is_told_and_not_cut(engine) -> None:
    tape = trace(lambda x: x[0] * 10.0 + x[1], [0.0, 0.0]).using(engine)
    with pytest.raises(ValueError, match="argument 0, example 1: the tape was made of 2 items"):
        tape.forward([[1.0, 2.0], [3.0, 4.0, 5.0]])
