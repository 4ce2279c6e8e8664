"""Derivatives of derivatives at edges: right, or infinite, or NaN; never finite and wrong.

What an equality chose holds at one point: its derivative there is NaN, unless the row knows the
limit and says so (`meets`, in the language of rules).  At kinks the convention goes on.
"""

import copy
import math
import pickle
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from oracle import FORWARD, mp
from test_accuracy import same

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    Value,
    acos,
    acosh,
    asin,
    atan2,
    cbrt,
    cos,
    derivatives,
    elu,
    exp,
    grad,
    gradcheck,
    hessian,
    hvp,
    hypot,
    jacobian,
    jvp,
    log,
    logsumexp,
    maximum,
    minimum,
    norm,
    relu,
    sin,
    sinc,
    softmax,
    sqrt,
    where,
)
from autograd.higher.derivatives import push
from autograd.rules.language import BUILT_IN, meets


def orders(f: Callable[[Value], Value], x: float, count: int = 4) -> list[float]:
    """The first, second, ... derivatives of f at x."""
    v = Value(x)
    d, found = f(v), []
    for _ in range(count):
        d = derivatives(d, v)
        found.append(d.data)
    return found


def pushed(f: Callable[[Value], Value], x: float, count: int = 4) -> list[float]:
    """The same by forward mode."""
    v = Value(x)
    d, found = f(v), []
    for _ in range(count):
        (d,) = push([d], {v: 1.0})
        found.append(d.data)
    return found


# ---- limits that rows know, and what they do not -------------------------------------------------

# fmt: off
AT_EDGES = [
    (sqrt,              0.0, [inf, -inf, inf, -inf]),
    (sqrt,             -0.0, [inf, -inf, inf, -inf]),
    (cbrt,              0.0, [inf, nan, nan, nan]),      # +inf on one side, -inf on the other
    (asin,              1.0, [inf, inf, inf, inf]),
    (asin,             -1.0, [inf, -inf, inf, -inf]),
    (acos,              1.0, [-inf, -inf, -inf, -inf]),
    (acos,             -1.0, [-inf, inf, -inf, inf]),
    (acosh,             1.0, [inf, -inf, inf, -inf]),
    (lambda x: x**0.5,  0.0, [inf, -inf, inf, -inf]),
    (lambda x: x**0.25, -0.0, [inf, -inf, inf, -inf]),
    (lambda x: x**1.5,  0.0, [0.0, inf, -inf, inf]),
    (lambda x: x**2.5,  0.0, [0.0, 0.0, inf, -inf]),
    (lambda x: x**0,    0.0, [0.0, 0.0, 0.0, 0.0]),
    (lambda x: x**0,   -2.0, [0.0, 0.0, 0.0, 0.0]),
    (lambda x: x**1,    0.0, [1.0, 0.0, 0.0, 0.0]),
    (lambda x: x**2,    0.0, [0.0, 2.0, 0.0, 0.0]),
    (lambda x: x**3,   -0.0, [0.0, 0.0, 6.0, 0.0]),
    (lambda x: x**4,    0.0, [0.0, 0.0, 0.0, 24.0]),
    (lambda x: (-2.0) ** x, 2.0, [nan, nan, nan, nan]),  # nothing real stands beside
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "expected"), AT_EDGES)
def test_at_an_edge_derivatives_are_their_limits_or_not_known(
    f: Any, x: float, expected: Any
) -> None:
    assert all(map(same, orders(f, x), expected))
    assert all(map(same, pushed(f, x), expected))
    nested, found = f, []
    for _ in range(3):
        nested = grad(nested)
        found.append(nested(x))
    assert all(map(same, found, expected))


def rows_of_one() -> list[str]:
    return [
        name
        for name, row in OPERATIONS.items()
        if name in BUILT_IN and len(row.partials) == 1 and not isinstance(row, NaryOperation)
    ]


KINKED = {"abs", "relu", "selu", "hardtanh"}
LEFT_PIECE = {"softsign": 0.0}  # whose second derivative has a kink at 0, so a convention
STANDING = [
    0.0, -0.0, 1e-300, -1e-300, 1e-170, -1e-170, 1e-9, -1e-9, 0.5, -0.5, 1.0, -1.0,
    1 - 2**-53, 1 + 2**-52, 3.0, -3.0, 40.0, -40.0, 1e5, -1e5, 1e155, 1e300, -1e300,
]  # fmt: skip


def truths(name: str, x: float) -> list[Any]:
    """The first four derivatives at 50 digits; nothing where there is an edge."""
    point = mp.mpf(x)
    size = min(1, abs(point)) if point else mp.one
    with mp.workdps(250 if 1e-20 < size and abs(x) < 1e20 else 1600):
        h = size * mp.mpf("1e-40")
        return [
            mp.fsum((-1) ** k * mp.binomial(n, k) * FORWARD[name](point + (n / mp.mpf(2) - k) * h)
                    for k in range(n + 1)) / h**n
            for n in (1, 2, 3, 4)
        ]  # fmt: skip


@pytest.mark.parametrize("name", rows_of_one())
def test_no_derivative_of_any_order_is_finite_and_wrong(name: str) -> None:
    row = OPERATIONS[name]
    for x in STANDING:
        try:
            row(x)
        except (ArithmeticError, ValueError):
            continue
        if (row.kink is not None and row.kink(x) == 0) or LEFT_PIECE.get(name) == x:
            continue
        computed = orders(row, x)
        beside = [math.nextafter(x, -inf), math.nextafter(x, inf)]
        edge = x in (-1.0, 0.0, 1.0) and row.domain is not None and not all(map(row.domain, beside))
        if edge or (name == "cbrt" and x == 0):
            assert not any(map(math.isfinite, computed)), (x, computed)
            continue
        scale = mp.mpf(1)
        for n, (d, g) in enumerate(zip(computed, truths(name, x)), 1):
            scale = max(scale, abs(g))
            if math.isfinite(d) and abs(g) < 1e300:
                assert abs(d - g) <= 1e-9 * scale, (x, n, d, mp.nstr(g, 20))


# ---- several arguments ---------------------------------------------------------------------------

TWICE = [nan, nan], [nan, nan]


# fmt: off
HESSIANS = [
    (lambda p: exp(-hypot(p[0], p[1]) ** 2), [0.0, 0.0],  [[nan, nan], [nan, nan]]),
    (lambda p: hypot(p[0], p[1]),            [0.0, -0.0], [[nan, nan], [nan, nan]]),
    (lambda p: norm(p) ** 2,                 [0.0, 0.0],  [[nan, nan], [nan, nan]]),
    (lambda p: atan2(p[0], p[1]),            [0.0, 0.0],  [[nan, nan], [nan, nan]]),
    (lambda p: p[0] ** p[1],                 [-2.0, 2.0], [[2.0, nan], [nan, nan]]),
    (lambda p: p[0] ** p[1],                 [0.0, 2.0],  [[2.0, 0.0], [nan, 0.0]]),
    (lambda p: p[0] ** p[1],                 [0.0, 1.0],  [[0.0, nan], [nan, 0.0]]),
    (lambda p: p[0] ** p[1],                 [0.0, 0.5],  [[-inf, nan], [nan, 0.0]]),
    (lambda p: p[0] ** p[1],                 [4.0, 0.0],  [[0.0, 0.25], [0.25, math.log(4) ** 2]]),
    (lambda p: p[0] * p[1],                  [0.0, 0.0],  [[0.0, 1.0], [1.0, 0.0]]),
    (lambda p: maximum(p[0], p[1]) ** 2,     [3.0, 1.0],  [[2.0, 0.0], [0.0, 0.0]]),
    (lambda p: minimum(p[0], p[1]) ** 2,     [3.0, 1.0],  [[0.0, 0.0], [0.0, 2.0]]),
]
# fmt: on


@pytest.mark.parametrize(("f", "p", "expected"), HESSIANS)
def test_a_hessian_at_an_edge_is_right_or_not_known(f: Any, p: Any, expected: Any) -> None:
    for computed in (
        hessian(f)(p),
        jacobian(grad(f), mode="forward")(p),
        jacobian(grad(f), mode="reverse")(p),
    ):
        for row, right in zip(computed, expected, strict=True):
            assert all(map(same, row, right)), computed
    for i, direction in enumerate(([1.0, 0.0], [0.0, 1.0])):
        column = hvp(f, p, direction)
        assert all(same(x, row[i]) or math.isnan(x) for x, row in zip(column, expected))


def test_a_norm_at_the_origin_has_gradient_0_by_convention_and_right_ones_elsewhere() -> None:
    assert grad(norm)([0.0, 0.0]) == [0.0, 0.0]
    assert grad(norm)([3.0, 4.0]) == [0.6, 0.8]
    assert hessian(norm)([3.0, 4.0]) == [
        pytest.approx([0.128, -0.096]),
        pytest.approx([-0.096, 0.072]),
    ]
    assert grad(norm)([3e-170, 4e-170]) == pytest.approx([0.6, 0.8])
    assert grad(norm)([3e300, 4e300]) == pytest.approx([0.6, 0.8])
    assert jvp(norm, [0.0, 0.0], [1.0, 1.0]) == (0.0, 0.0)


def test_sinc_has_its_power_series_at_0() -> None:
    pi = math.pi
    assert orders(sinc, 0.0) == pytest.approx([0.0, -(pi**2) / 3, 0.0, pi**4 / 5])


# ---- the language --------------------------------------------------------------------------------


def own(rule: Callable[[Any, Any], Any]) -> Operation:
    """A row whose derivative is what we want to differentiate."""
    return Operation("own", lambda x: x, rule)


def test_what_an_equality_chose_has_no_derivative_there(own_rows: None) -> None:
    row = own(lambda x, z: where(x == 0.0, 5.0, x))
    assert all(map(same, orders(row, 0.0), [5.0, nan, nan, nan]))
    assert orders(row, 2.0) == [2.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "rule",
    [
        lambda x, z: where(0.0 == x, 5.0, x),
        lambda x, z: where(x != 0.0, x, 5.0),
        lambda x, z: where(x == z, 5.0 * x, x),
        lambda x, z: where((x == 0.0) & (x <= 1.0), 5.0, x),
        lambda x, z: where((x <= 1.0) & (x == 0.0), 5.0, x),
        lambda x, z: where((x == 0.0) | (x > 1.0), 5.0, x),
        lambda x, z: where((x > 1.0) | (x == 0.0), 5.0, x),
        lambda x, z: where((x == 0.0) & (abs(x) == 0.0), 5.0, x),
        lambda x, z: 5.0 * (x == 0.0),
        lambda x, z: (x == 0.0) + x,
        lambda x, z: where(x > -1.0, where(x == 0.0, 5.0, x), 1.0),
        lambda x, z: 1.0 / where(x == 0.0, 1.0, x),
    ],
)
def test_however_the_equality_is_asked(rule: Any, own_rows: None) -> None:
    def row(x: Value) -> Value:
        return Operation("own", lambda x: +x if isinstance(x, float) else x, rule)(x + 0.0 * x)

    assert math.isnan(orders(row, 0.0)[1])


@pytest.mark.parametrize(
    "rule",
    [
        lambda x, z: where(x == x, 5.0 * x, 0.0),
        lambda x, z: where(x != x, 0.0, 5.0 * x),
        lambda x, z: where(z == z, 5.0 * x, z),
        lambda x, z: where((x == 0.0) & (x > 1.0), 0.0, 5.0 * x),
        lambda x, z: where((x == 0.0) | (x < 1.0), 5.0 * x, 0.0),
        lambda x, z: where(x == 3.0, 0.0, 5.0 * x),
        lambda x, z: where(x != 3.0, 5.0 * x, 0.0),
        lambda x, z: where(meets(x, 0.0), 5.0 * x, 0.0),
        lambda x, z: where(meets(0.0, x), 5.0 * x, 0.0),
        lambda x, z: where(x <= 0.0, 5.0 * x, 0.0),
    ],
)
def test_what_holds_beside_the_point_too_is_differentiated(rule: Any, own_rows: None) -> None:
    assert orders(own(rule), 0.0) == [0.0, 5.0, 0.0, 0.0]


def test_an_equality_of_what_stands_still_is_decided() -> None:
    x, y = Value(0.0), Value(2.0)
    by_y = derivatives(x**y + x * y, y)
    assert derivatives(by_y, y).data == 0.0  # x = 0 does not move


def test_a_rule_on_numbers_and_on_symbols_is_an_equality(own_rows: None) -> None:
    row = Operation("own", lambda x: where(meets(x, 0.0), 1.0, x), lambda x, z: 1.0)
    assert (row(0.0), row(2.0)) == (1.0, 2.0)
    assert "x == 0" in repr(row.manual()) or "x" in row.manual()


def test_a_derivative_that_holds_at_one_point_is_copied_and_pickled() -> None:
    x = Value(0.0)
    d = derivatives(cbrt(x), x)
    for other in (copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        assert other.data == inf
        (by_x,) = [v for v in [other.parents[1].parents[0]] if not v.parents]
        assert math.isnan(derivatives(other, by_x).data)


# ---- kinks keep their convention, and no check confirms it ---------------------------------------

# fmt: off
CONVENTIONS = [
    (abs,                           0.0, [0.0, 0.0]),
    (lambda x: abs(x) ** 2,         0.0, [0.0, 0.0]),     # the truth is 2
    (lambda x: abs(x) * x,          0.0, [0.0, 0.0]),
    (relu,                         -0.0, [0.0, 0.0]),
    (lambda x: relu(x) ** 2,        0.0, [0.0, 0.0]),
    (elu,                           0.0, [1.0, 1.0]),
    (lambda x: maximum(x, 0.0) * x, 0.0, [0.0, 1.0]),     # each of the two a half
    (lambda x: where(x > 0, x * x, 0.0), 0.0, [0.0, 0.0]),
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "expected"), CONVENTIONS)
def test_at_a_kink_the_convention_of_the_first_derivative_goes_on(
    f: Any, x: float, expected: Any
) -> None:
    assert orders(f, x, 2) == expected


@pytest.mark.parametrize(("f", "x", "_"), CONVENTIONS)
def test_no_check_of_second_derivatives_passes_at_a_kink(f: Any, x: float, _: Any) -> None:
    assert not gradcheck(f, [x], order=2)


WITH_INFINITY = [case for case in AT_EDGES if inf in map(abs, case[2])]


@pytest.mark.parametrize(("f", "x", "_"), WITH_INFINITY)
def test_no_check_of_second_derivatives_passes_at_an_edge(f: Any, x: float, _: Any) -> None:
    assert not gradcheck(f, [x], order=2)


# ---- tails and infinities ------------------------------------------------------------------------


@pytest.mark.parametrize("apart", [16, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["gelu", "erfc"])
def test_the_left_tail_of_a_normal_distribution_has_its_digits(name: str, apart: int) -> None:
    sign = -1 if name == "gelu" else 1
    for k in range(1, 260, apart):
        x = sign * k / 10
        v = Value(x)
        z = OPERATIONS[name](v)
        first = derivatives(z, v)
        second = derivatives(first, v)
        found = [mp.diff(FORWARD[name], mp.mpf(x), n) for n in (0, 1, 2)]
        bound = mp.mpf(2) ** -52 * (4 + 4 * mp.mpf(x) ** 2)  # its condition
        for d, g in zip((z, first, second), found):
            if abs(g) > 1e-300 and (name == "erfc" or x < -2.5):
                assert abs(d.data / g - 1) <= bound, (x, d.data, mp.nstr(g, 20))


def test_the_forms_of_the_textbook_are_0_from_where_the_table_says() -> None:
    tanh, sigmoid = OPERATIONS["tanh"], OPERATIONS["sigmoid"]
    slopes = [Value(x).tanh().local_derivatives[0] for x in (19.06, 19.07, -19.06, -19.07)]
    assert [d == 0.0 for d in slopes] == [False, True, False, True]
    slopes = [Value(x).sigmoid().local_derivatives[0] for x in (36.73, 36.74, -745.1, -745.2)]
    assert [d == 0.0 for d in slopes] == [False, True, False, True]
    assert tanh(19.07) == sigmoid(36.74) == 1.0


@pytest.mark.parametrize("name", ["silu", "gelu", "mish", "softplus", "log_sigmoid", "softsign"])
def test_derivatives_of_an_infinity_are_limits_or_not_known(name: str) -> None:
    for x in (inf, -inf):
        far = orders(OPERATIONS[name], math.copysign(1e5, x))
        for d, limit in zip(orders(OPERATIONS[name], x), far):
            assert math.isnan(d) or d == pytest.approx(limit, abs=1e-9)


def test_the_shares_of_an_infinity_do_not_move() -> None:
    assert hessian(logsumexp)([inf, 1.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert grad(lambda p: logsumexp([log(p[0]), cos(p[1])]))([1.0, 0.0])[0] == pytest.approx(
        1 / (1 + math.e)
    )
    assert grad(lambda x: sin(x) ** 2)(0.0) == 0.0


# ---- logits so large that their exponentials have no digits --------------------------------------


@pytest.mark.parametrize("size", [1.0, 1e6, 5e9, 1e17, 1e300, -1e300])
def test_ties_share_the_slope_however_large_they_are(size: float) -> None:
    xs = [Value(size), Value(size), Value(-inf)]
    shares = pytest.approx([0.5, 0.5, 0.0], abs=1e-9)
    assert [d.data for d in derivatives(logsumexp(xs), xs)] == shares
    assert [y.data for y in softmax(xs)] == softmax([x.data for x in xs]) == shares
    assert [d.data for d in derivatives(softmax(xs)[0], xs)] == pytest.approx(
        [0.25, -0.25, 0.0], abs=1e-9
    )
    assert gradcheck(lambda x, y: logsumexp([x, y]), [size, size])
