"""Scalars and arrays of NumPy, fractions and decimals: taken, or refused in the same words."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from autograd import (
    Value,
    atan,
    atan2,
    clip,
    constant,
    grad,
    hypot,
    jvp,
    lookup,
    maximum,
    sumprod,
    tanh,
    total,
    where,
)

np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

# what is 1, in every kind there is
ONES = [
    1, True, Fraction(1), Decimal(1), np.float64(1), np.float32(1), np.float16(1), np.longdouble(1),
    np.int64(1), np.uint8(1), np.bool_(True), np.array(1.0), np.array(1), np.array(True),
]  # fmt: skip

# where a number may stand, with x = 0.5
PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "Value": lambda x, y: Value(y),
    "constant": lambda x, y: constant(y),
    "+": lambda x, y: x + y,
    "+ behind": lambda x, y: y + x,
    "-": lambda x, y: x - y,
    "- behind": lambda x, y: y - x,
    "*": lambda x, y: x * y,
    "* behind": lambda x, y: y * x,
    "/": lambda x, y: x / y,
    "/ behind": lambda x, y: y / x,
    "**": lambda x, y: x**y,
    "** behind": lambda x, y: y**x,
    "condition": lambda x, y: where(y, x, -x),
    "branch": lambda x, y: where(True, y, x),
    "hypot": lambda x, y: hypot(x, y),
    "hypot first": lambda x, y: hypot(y, x),
    "total": lambda x, y: total([y, x, y]),
    "sumprod": lambda x, y: sumprod([y], [x], y),
    "maximum": lambda x, y: maximum(y, x),
    "clip": lambda x, y: clip(x, 0, y),
    "index": lambda x, y: lookup([-1.0, x], y),
    "tanh": lambda x, y: tanh(y),
    "grad": lambda x, y: grad(lambda t: t**3)(y),
    "jvp": lambda x, y: jvp(lambda t: t**3, 0.5, y)[1],
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "smaller": lambda x, y: where(x < y, 2.0 * x, x),
    "larger": lambda x, y: where(y > x, 2.0 * x, x),
    "equal": lambda x, y: where(2.0 * x == y, 2.0 * x, x),
}
EVERYWHERE = {**PLACES, **COMPARISONS}


def number(z: Any) -> float:
    """A result as a float, which it is or holds."""
    data = z.data if isinstance(z, Value) else z
    assert type(data) is float
    return data


@pytest.mark.parametrize("one", ONES, ids=lambda one: f"{type(one).__name__} {one!r}")
@pytest.mark.parametrize("place", EVERYWHERE.values(), ids=EVERYWHERE.keys())
def test_a_number_of_any_kind_counts_as_a_float(place: Any, one: Any) -> None:
    assert number(place(Value(0.5), one)) == number(place(Value(0.5), 1.0))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_what_is_no_real_number_is_refused_in_the_same_words(place: Any) -> None:
    for wrong in (1j, np.complex128(1j), np.timedelta64(1, "s"), "1", None):
        with pytest.raises(TypeError, match=r"must be a real number, got|unsupported operand"):
            place(Value(0.5), wrong)


def test_a_seed_may_be_of_any_kind() -> None:
    for one in ONES:
        x = Value(3.0)
        (x * x).backward(one)
        assert x.grad == 6.0


def test_an_index_out_of_range_is_one_whatever_it_is() -> None:
    for two in (2, np.int64(2), np.array(2), Fraction(2), Value(2.0)):
        with pytest.raises(IndexError, match="lookup needs a whole index from 0 to 1, got"):
            lookup([Value(0.5), 1.0], two)


def test_the_condition_that_a_comparison_with_numpy_gives_chooses() -> None:
    x = Value(2.0)
    z = where(x > np.float64(1.5), x, -x)
    z.backward()
    assert (z.data, x.grad) == (2.0, 1.0)


# ---- arrays of Values ----------------------------------------------------------------------------


def values(*numbers: float) -> Any:
    return np.array([Value(x) for x in numbers])


@pytest.mark.parametrize(
    "name",
    "exp expm1 exp2 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh arcsin arccos arctan "
    "arcsinh arctanh fabs absolute negative positive square reciprocal".split(),
)
def test_functions_of_numpy_take_arrays_of_values(name: str) -> None:
    function, at = getattr(np, name), (0.25, 0.5)
    assert [number(z) for z in function(values(*at))] == pytest.approx(function(at), rel=1e-14)
    x = Value(0.25)
    function(x).backward()
    assert x.grad == pytest.approx((function(0.25 + 1e-6) - function(0.25 - 1e-6)) / 2e-6, rel=1e-8)


def test_functions_of_two_arrays_too() -> None:
    (z,) = np.hypot(values(3.0), np.array([4.0]))
    z.backward()
    assert z.data == 5.0
    assert np.arctan2(values(3.0), values(4.0))[0] == atan2(3.0, 4.0)
    assert np.arccosh(values(1.0))[0] == 0.0
    assert np.arctan(Value(1.0)) == atan(1.0)


def test_sums_means_and_deviations_are_values() -> None:
    def gradient(f: Any) -> list[float]:
        return grad(f)(np.array([1.0, 3.0])).tolist()

    assert gradient(np.mean) == [0.5, 0.5]
    assert gradient(np.std) == [-0.5, 0.5]
    assert gradient(np.var) == [-1.0, 1.0]
    assert gradient(lambda a: np.dot(a, [5.0, 7.0])) == [5.0, 7.0]
    assert gradient(lambda a: np.vdot(a, a)) == [2.0, 6.0]
    assert gradient(lambda a: np.linalg.norm(a * [3.0, 4.0 / 3.0])) == pytest.approx([1.8, 3.2 / 3])


def test_rounding_of_an_array_of_values_says_what_is_lost() -> None:
    with pytest.raises(TypeError, match=r"np.round\(v\) would drop the gradient"):
        np.round(values(0.5))


@pytest.mark.parametrize("kind", [float, int, complex, "float32"])
def test_an_array_of_numbers_takes_no_value_and_says_which_does(kind: Any) -> None:
    x = Value(2.0)
    row = np.zeros(3, dtype=kind)
    with pytest.raises(TypeError, match=r"would drop its gradient.*np.zeros\(n, dtype=object\)"):
        row[0] = x
    taking = np.zeros(3, dtype=object)
    taking[0] = x
    taking.sum().backward()
    assert x.grad == 1.0


def test_an_array_without_axes_that_holds_a_value_is_that_value() -> None:
    x = Value(2.0)
    z = x * np.array(x)
    z.backward()
    assert x.grad == 4.0
