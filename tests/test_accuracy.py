"""Every row of the table against the oracle, and the conventions at edges, kinks and NaN.

Whole domains, tails, the neighbourhood of edges and of kinks are compared with 50 digits; what
holds exactly at an edge or a kink is convention (design.md, section 3) and stands in tables.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from math import inf, nan, nextafter, pi
from random import Random
from typing import Any

import pytest
from oracle import FORWARD, mp, slope
from programs import CALLS, SIZE, UNIT, Calls, Fault, every_fault, planted

from autograd import OPERATIONS, NaryOperation, Value, constant

ROWS = tuple(FORWARD)
SMALLEST = mp.mpf("1e-307")  # below it floats are denormal and have fewer digits
LARGEST = mp.mpf(1.7976931348623157e308)
NEAR_ONE = 1 - 1e-9
EPS = 2.0**-52


def call(name: str, xs: Sequence[Any], calls: Calls = CALLS) -> Any:
    """The row as a user calls it, on flat operands."""
    return calls.get(name, OPERATIONS[name])(*xs)


def recorded(name: str, xs: Sequence[Any], calls: Calls = CALLS) -> Value:
    """The node of the row on variables; a condition and an index stay what they are."""
    return call(name, [Value(x) if i in asked(name, xs) else x for i, x in enumerate(xs)], calls)


def asked(name: str, xs: Sequence[Any]) -> range:
    """The positions of the operands that have a derivative."""
    return range(1, 3) if name == "where" else range(len(xs) - (name == "lookup"))


# ---- accuracy ------------------------------------------------------------------------------------


def assert_close(computed: float, exact: Any, bound: Any) -> None:
    """Within the bound; denormals absolutely; inf for what is too large for a float."""
    if abs(exact) > LARGEST:
        assert computed == (inf if exact > 0 else -inf)
    else:
        assert abs(computed - exact) <= bound + SMALLEST, (
            f"computed {computed!r}, exact {mp.nstr(exact, 20)}, bound {mp.nstr(bound, 3)}"
        )


def value_bound(name: str, xs: Sequence[Any], z: Any) -> Any:
    """1e-13 of the value; a few roundings of its terms where a row adds terms that may cancel."""
    if name in SIZE:  # total, mean, sumprod, logsumexp; sinc and the tail of gelu
        return 8 * UNIT * SIZE[name](*xs)
    return mp.mpf("1e-13") * abs(z)


def derivative_bound(name: str, xs: Sequence[Any], z: Any, i: int, d: Any) -> Any:
    """1e-13 of the derivative, but of max(1, |d|) a few roundings for saturating rows.

    logsumexp takes its derivatives from z: exp(x - z) turns the rounding of z and of x - z, which
    are absolute errors of |z| and |x - z| times 2**-53, into relative ones.
    """
    if OPERATIONS[name].saturating:
        return 8 * UNIT * max(1, abs(d))
    if name == "logsumexp":
        return UNIT * (8 + 8 * max(map(abs, xs)) + abs(xs[i] - z)) * abs(d)
    return mp.mpf("1e-13") * abs(d)


def assert_accurate(name: str, floats: Sequence[float], calls: Calls = CALLS) -> None:
    """Value and every local derivative at one point, off kinks and edges."""
    __tracebackhide__ = True
    xs = [x if isinstance(x, bool) else mp.mpf(x) for x in floats]
    z = FORWARD[name](*xs)
    node = recorded(name, floats, calls)
    assert_close(node.data, z, value_bound(name, xs, z))
    for i in asked(name, floats):
        d = slope(name, xs, i)
        assert_close(node.local_derivatives[i], d, derivative_bound(name, xs, z, i, d))


def broad(rng: Random) -> float:
    """Numbers near 0 and 1, and of every magnitude from 1e-12 to 1e12."""
    if rng.random() < 0.5:
        return rng.gauss(0, 2)
    return rng.choice((-1, 1)) * 10 ** rng.uniform(-12, 12)


def draw_operands(name: str, rng: Random) -> tuple[Any, ...]:
    count = rng.randint(2, 4)
    if name == "where":
        return (rng.random() < 0.5, broad(rng), broad(rng))
    if name == "lookup":
        return (*(broad(rng) for _ in range(count)), rng.randrange(count))
    if name == "sumprod":
        return tuple(broad(rng) for _ in range(2 * count + rng.randint(0, 1)))
    row = OPERATIONS[name]
    arity = count if isinstance(row, NaryOperation) else len(row.partials)
    return tuple(broad(rng) for _ in range(arity))


def is_interior(name: str, xs: Sequence[float]) -> bool:
    """Whether the domain holds here and on both sides, off kinks, with a finite value."""
    row = OPERATIONS[name]
    if row.domain is not None and not all(
        row.domain(*xs[:i], moved, *xs[i + 1 :])
        for i, x in enumerate(xs)
        for moved in (nextafter(x, -inf), x, nextafter(x, inf))
    ):
        return False
    if row.kink is not None and row.kink(*xs) == 0:
        return False
    try:
        return math.isfinite(row.compute(xs))
    except OverflowError:
        return False


def assert_accurate_over_the_domain(name: str, calls: Calls = CALLS) -> None:
    rng, done = Random(ROWS.index(name)), 0
    while done < 60:
        xs = draw_operands(name, rng)
        if is_interior(name, xs):
            assert_accurate(name, xs, calls)
            done += 1


@pytest.mark.parametrize("name", ROWS)
def test_a_row_and_its_rules_are_accurate_over_the_domain(name: str) -> None:
    assert_accurate_over_the_domain(name)


@pytest.mark.parametrize("fault", every_fault(), ids=lambda fault: f"{fault.name}-{fault.argument}")
def test_a_rule_off_by_a_millionth_of_a_millionth_is_noticed(fault: Fault) -> None:
    with planted(fault._replace(factor=1 + 1e-12)) as calls, pytest.raises(AssertionError):
        assert_accurate_over_the_domain(fault.name, calls)


# Near the edges of domains, far into tails, and where a formula might overflow or cancel.
# fmt: off
POINTS: dict[str, list[Any]] = {
    "add":        [(1e308, -1e308), (1.0, 1e-300)],
    "sub":        [(1.0, 1 - EPS / 2), (1e-300, 1.0)],
    "mul":        [(1e200, 1e-200), (1e-160, 1e-160), (0.0, 3.0)],
    "div":        [(1.0, 1e-300), (1e-300, 1e300), (1e150, -1e-150), (0.0, 3.0)],
    "pow":        [(1e-300, 0.5), (1e-300, 1.5), (1e-300, -0.5), (1e300, -1.0), (1e200, 1.5),
                   (2.0, 1000.0), (0.5, -1000.0), (1e-5, -60.0), (1 + 1e-12, 1e13), (3.0, 1e-18),
                   (3.0, 1 - 1e-12), (3.0, 0.0), (1e200, 0.0), (3.0, 1.0)],
    "neg":        [1e300],
    "pos":        [1e300],
    "abs":        [1e300, -1e300],
    "exp":        [-745.0, -700.0, -1e-18, 1e-18, 709.7],
    "expm1":      [-700.0, -40.0, -1e-18, 1e-18, 709.7],
    "log":        [1e-300, 1 - EPS / 2, 1 + EPS, 1e300],
    "log1p":      [EPS - 1, 1e-9 - 1, -1e-18, 1e-18, 1e300],
    "log2":       [1e-300, 1 - EPS / 2, 1 + EPS, 1e300],
    "log10":      [1e-300, 1 - EPS / 2, 1 + EPS, 1e300],
    "sqrt":       [1e-300, 1e300],
    "cbrt":       [-1e-300, 1e-300, -1e300, 1e300],
    "sin":        [1e-300, pi, -pi, 1e15, 1e22],
    "cos":        [1e-300, pi / 2, 1e15, 1e22],
    "tan":        [1e-300, pi / 2, pi, 1e15, 1e22],
    "asin":       [1e-18, NEAR_ONE, -NEAR_ONE, 1 - EPS / 2],
    "acos":       [1e-18, NEAR_ONE, -NEAR_ONE, 1 - EPS / 2],
    "atan":       [1e-18, 1e150, 1e155, -1e155, 1e300],
    "sinh":       [1e-18, 710.0, -710.0],
    "cosh":       [1e-18, 710.0, -710.0],
    "tanh":       [1e-18, 19.0, -19.1, 40.0, 400.0],
    "asinh":      [1e-18, 1e200, -1e200, 1e308],
    "acosh":      [1 + EPS, 1 + 1e-9, 1e200, 1e308],
    "atanh":      [1e-18, NEAR_ONE, -NEAR_ONE, 1 - EPS / 2],
    "erf":        [1e-18, 6.0, -6.0, 27.0, 1e200],
    "erfc":       [1e-18, 6.0, -6.0, 26.0, -1e200],
    "sinc":       [1e-300, 1e-9, 0.49, -0.51, 1.0, 2.5, 1e9 + 0.5, 2.0**53, 1e300],
    "atan2":      [(1e-300, 1.0), (1.0, 1e-300), (1.0, -1e-300), (1e200, 1e200),
                   (1e-300, 1e-300), (0.0, 2.0)],
    "hypot":      [(1e-300, 1.0), (1e200, 1e200), (-1e-300, 1e-300), (3.0, 0.0)],
    "sigmoid":    [1e-18, 36.7, -36.7, 700.0, -700.0],
    "softplus":   [1e-18, 50.0, -50.0, 700.0, -700.0, -745.0],
    "log_sigmoid": [1e-18, 50.0, -50.0, 700.0, -700.0, 745.0],
    "softsign":   [1e-18, -1e-18, 1e16, -1e155, 1e300],
    "mish":       [1e-18, -1.1924312145154224, 19.1, -36.7, 700.0, -700.0],
    "silu":       [1e-18, -1.2784645427610738, 36.7, -36.7, 700.0, -700.0],
    "gelu":       [1e-18, -0.7517915246935645, -6.0, -10.0, -40.0, 10.0, 1e200],
    "relu":       [1e300, -1e300],
    "leaky_relu": [(1e300, 0.01), (-1e300, 0.01)],
    "elu":        [(-1e-18, 1.5), (-40.0, 1.5), (-700.0, 1.5), (-1e300, 1.5)],
    "selu":       [-1e-18, -40.0, -700.0, -1e300, 1e300],
    "hardtanh":   [1e-300, 1e300, -1e300],
    "where":      [(True, 1e300, -1e-300), (False, 1e300, -1e-300)],
    "clip":       [(1e300, -1.0, 1.0), (-1e300, -1.0, 1.0)],
    "maximum":    [(1e300, -1e300, 0.0), (1.0, 1 + EPS)],
    "minimum":    [(1e300, -1e300, 0.0), (1.0, 1 + EPS)],
    "lookup":     [(1e300, -1e300, 1), (2.0, 0)],
    "total":      [(1e300, -1e300, 1.0), (1.0, 1e-300)],
    "sumprod":    [(1e150, 1e150, 1e150, -1e150), (3.0, 2.0, -2.0, 3.0, 1e-9)],
    "mean":       [(1e300, -1e300, 1.0), (1.0, 1e-300)],
    "prod":       [(0.0, 3.0, 4.0), (0.0, 0.0, 4.0), (1e200, 1e-200, 3.0), (1e-200, 1e-100, 1e200)],
    "norm":       [(1e200, 1e200, -1e200), (1e-300, -1e-300, 1e-300), (3.0, 0.0, 0.0)],
    "logsumexp":  [(0.0, -500.0), (700.0, 701.0), (-700.0, -701.0), (1e5, 1e5 - 1), (2.0, 2.0, 2.0),
                   (0.5, 0.5 + 1e-12), (-math.log(2), -math.log(2)), (1000.0, -1000.0, 0.0)],
}
# fmt: on


@pytest.mark.parametrize("name", ROWS)
def test_a_row_and_its_rules_are_accurate_near_edges_and_in_tails(name: str) -> None:
    for point in POINTS[name]:
        assert_accurate(name, point if isinstance(point, tuple) else (point,))


# A way through every kink and cut; t is the distance from it.
THROUGH_KINK: dict[str, list[Callable[[float], tuple[float, ...]]]] = {
    "abs": [lambda t: (t,)],
    "relu": [lambda t: (t,)],
    "leaky_relu": [lambda t: (t, 0.01), lambda t: (t, -1.0)],
    "elu": [lambda t: (t, 1.5), lambda t: (t, 1.0)],
    "selu": [lambda t: (t,)],
    "hardtanh": [lambda t: (1 + t,), lambda t: (t - 1,)],
    "norm": [lambda t: (t, t, -t), lambda t: (t, -3 * t)],
    "clip": [lambda t: (t - 1, -1.0, 2.0), lambda t: (2 + t, -1.0, 2.0), lambda t: (t, 0.0, 2.0)],
    "maximum": [lambda t: (2 + t, 2.0, -1.0), lambda t: (0.0, t)],
    "minimum": [lambda t: (2 + t, 2.0, 5.0), lambda t: (0.0, t)],
    "atan2": [lambda t: (t, -1.0), lambda t: (t, t), lambda t: (2 * t, abs(t))],
    "hypot": [lambda t: (t, t), lambda t: (t, -3 * t)],
}


@pytest.mark.parametrize("name", THROUGH_KINK)
def test_a_row_and_its_rules_are_accurate_on_both_sides_of_its_kink(name: str) -> None:
    for way in THROUGH_KINK[name]:
        for t in (1e-3, 1e-9, 1e-15, 1e-300):
            for xs in (way(t), way(-t)):
                if OPERATIONS[name].kink(*xs) > 0:  # 2 + 1e-300 is 2
                    assert_accurate(name, xs)


def test_every_row_with_a_kink_is_approached() -> None:
    assert {name for name in ROWS if OPERATIONS[name].kink is not None} == set(THROUGH_KINK)


def test_a_whole_power_of_a_negative_number_has_a_derivative_by_its_base() -> None:
    for n in (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 51.0):
        z = recorded("pow", (-2.5, n))
        exact = slope("pow", (mp.mpf(-2.5), mp.mpf(n)), 0)
        assert_close(z.local_derivatives[0], exact, mp.mpf("1e-13") * abs(exact))
        assert math.isnan(z.local_derivatives[1])  # no real number beside n is a power


# ---- conventions ---------------------------------------------------------------------------------

third = 1 / 3

# row, operands, value, local derivatives (None: nothing is said about it)
# fmt: off
AT_EDGES = [
    ("sqrt",   (0.0,),                 0.0,       (inf,)),
    ("cbrt",   (0.0,),                 0.0,       (inf,)),
    ("asin",   (1.0,),                 pi / 2,    (inf,)),
    ("asin",   (-1.0,),               -pi / 2,    (inf,)),
    ("acos",   (1.0,),                 0.0,       (-inf,)),
    ("acos",   (-1.0,),                pi,        (-inf,)),
    ("acosh",  (1.0,),                 0.0,       (inf,)),
    ("pow",    (0.0, 0.5),             0.0,       (inf, 0.0)),
    ("pow",    (0.0, 1.0),             0.0,       (1.0, 0.0)),
    ("pow",    (0.0, 2.0),             0.0,       (0.0, 0.0)),
    ("pow",    (0.0, 0.0),             1.0,       (0.0, nan)),
    ("pow",    (3.0, 0.0),             1.0,       (0.0, math.log(3))),
    ("pow",    (-3.0, 0.0),            1.0,       (0.0, nan)),
    ("pow",    (-2.0, 3.0),           -8.0,       (12.0, nan)),
    ("pow",    (-2.0, -1.0),          -0.5,       (-0.25, nan)),
    ("prod",   (0.0, 3.0, 4.0),        0.0,       (12.0, 0.0, 0.0)),
    ("prod",   (0.0, 0.0, 4.0),        0.0,       (0.0, 0.0, 0.0)),
    ("add",    (1e308, 1e308),         inf,       (1.0, 1.0)),
    ("sub",    (-1e308, 1e308),       -inf,       (1.0, -1.0)),
    ("mul",    (1e200, 1e200),         inf,       (1e200, 1e200)),
    ("div",    (1e200, 1e-200),        inf,       (1e200, -inf)),
    ("sinc",   (0.0,),                 1.0,       (0.0,)),
    ("erfc",   (inf,),                 0.0,       (0.0,)),
    ("erfc",   (-inf,),                2.0,       (0.0,)),
    ("sinc",   (inf,),                 0.0,       (0.0,)),
    ("softsign", (inf,),               1.0,       (0.0,)),
    ("softsign", (-inf,),             -1.0,       (0.0,)),
    ("gelu",   (inf,),                 inf,       (1.0,)),
    ("gelu",   (-inf,),                0.0,       (0.0,)),
    ("silu",   (inf,),                 inf,       (1.0,)),
    ("silu",   (-inf,),                0.0,       (0.0,)),
    ("mish",   (inf,),                 inf,       (1.0,)),
    ("mish",   (-inf,),                0.0,       (0.0,)),
    ("log_sigmoid", (inf,),            0.0,       (0.0,)),
    ("log_sigmoid", (-inf,),          -inf,       (1.0,)),
    ("logsumexp", (inf, 0.0),          inf,       (1.0, 0.0)),
    ("logsumexp", (-inf, 0.0),         0.0,       (0.0, 1.0)),
    ("logsumexp", (-inf,),            -inf,       (1.0,)),
    ("logsumexp", (inf, -inf),         inf,       (1.0, 0.0)),
    ("logsumexp", (inf, 1.0, inf),     inf,       (0.5, 0.0, 0.5)),  # as maximum, at a tie
    ("logsumexp", (-inf, -inf),       -inf,       (0.5, 0.5)),
]
AT_KINKS = [
    ("abs",        (0.0,),             0.0,       (0.0,)),
    ("hypot",      (0.0, 0.0),         0.0,       (0.0, 0.0)),
    ("atan2",      (0.0, 0.0),         0.0,       (0.0, 0.0)),
    ("relu",       (0.0,),             0.0,       (0.0,)),
    ("leaky_relu", (0.0, 0.01),        0.0,       (0.01, 0.0)),
    ("elu",        (0.0, 1.5),         0.0,       (1.5, 0.0)),
    ("selu",       (0.0,),             0.0,       (1.7580993408473766,)),
    ("hardtanh",   (1.0,),             1.0,       (1.0,)),
    ("hardtanh",   (-1.0,),           -1.0,       (1.0,)),
    ("norm",       (0.0, 0.0, 0.0),    0.0,       (0.0, 0.0, 0.0)),
    ("norm",       (0.0,),             0.0,       (0.0,)),
    ("clip",       (1.0, -1.0, 1.0),   1.0,       (1.0, 0.0, 0.0)),
    ("clip",       (-1.0, -1.0, 1.0), -1.0,       (1.0, 0.0, 0.0)),
    ("clip",       (1.0, 1.0, 1.0),    1.0,       (0.0, 0.0, 0.0)),
    ("clip",       (5.0, -1.0, 1.0),   1.0,       (0.0, 0.0, 1.0)),
    ("clip",       (-5.0, -1.0, 1.0), -1.0,       (0.0, 1.0, 0.0)),
    ("maximum",    (2.0, 2.0),         2.0,       (0.5, 0.5)),
    ("maximum",    (2.0, 1.0, 2.0),    2.0,       (0.5, 0.0, 0.5)),
    ("maximum",    (2.0, 2.0, 2.0),    2.0,       (third, third, third)),
    ("maximum",    (0.0, -0.0),        0.0,       (0.5, 0.5)),
    ("maximum",    (2.0,),             2.0,       (1.0,)),
    ("minimum",    (2.0, 2.0),         2.0,       (0.5, 0.5)),
    ("minimum",    (2.0, 3.0, 2.0),    2.0,       (0.5, 0.0, 0.5)),
    ("minimum",    (2.0, 2.0, 2.0),    2.0,       (third, third, third)),
]
WITH_NAN = [
    ("pow",    (nan, 0.0),             1.0,       (0.0, None)),  # as math.pow
    ("pow",    (1.0, nan),             1.0,       (None, None)),
    ("norm",   (inf, nan),             inf,       (None, None)),
    ("logsumexp", (inf, nan),          nan,       (nan, nan)),
    ("hypot",  (inf, nan),             inf,       (None, None)),
    ("hypot",  (nan, -inf),            inf,       (None, None)),
    ("where",  (True, 1.0, nan),       1.0,       (None, 1.0, 0.0)),
    ("where",  (False, nan, 1.0),      1.0,       (None, 0.0, 1.0)),
    ("where",  (True, nan, 1.0),       nan,       (None, 1.0, 0.0)),
    ("lookup", (nan, 1.0, nan, 1),     1.0,       (0.0, 1.0, 0.0, None)),
    ("lookup", (nan, 1.0, 0),          nan,       (1.0, 0.0, None)),
    ("relu",   (nan,),                 nan,       (nan,)),
    ("abs",    (nan,),                 nan,       (nan,)),
    ("clip",   (nan, -1.0, 1.0),       nan,       (nan, nan, nan)),
    ("maximum", (nan, 1.0),            nan,       (nan, nan)),
    ("maximum", (1.0, nan),            nan,       (nan, nan)),
    ("minimum", (nan, 1.0),            nan,       (nan, nan)),
    ("minimum", (1.0, nan),            nan,       (nan, nan)),
]
# fmt: on


@pytest.mark.parametrize(("name", "xs", "value", "derivatives"), AT_EDGES + AT_KINKS + WITH_NAN)
def test_the_convention_holds_at(name: str, xs: Any, value: float, derivatives: Any) -> None:
    node = recorded(name, xs)
    assert same(node.data, value)
    for computed, expected in zip(node.local_derivatives, derivatives, strict=True):
        assert expected is None or same(computed, expected)


def same(x: float, y: float) -> bool:
    return x == y or (math.isnan(x) and math.isnan(y))


# Whose derivative by one operand does not look at it: the slope of a straight line.
STRAIGHT = {
    "add", "sub", "mul", "neg", "pos", "total", "mean", "sumprod", "prod", "leaky_relu slope",
    "div x", "elu alpha",
}  # fmt: skip


# On the left piece of leaky_relu and elu: on the right one their parameters are not chosen.
ORDINARY = {
    "acosh": (2.0,), "clip": (0.5, -1.0, 1.0), "leaky_relu": (-1.0, 0.5), "elu": (-1.0, 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in ROWS if n not in ("where", "lookup")])
def test_a_nan_operand_gives_nan(name: str) -> None:
    row = OPERATIONS[name]
    arity = 2 if isinstance(row, NaryOperation) else len(row.partials)
    xs = ORDINARY.get(name, (0.5,) * arity)
    for i, letter in enumerate(row.letters(arity)):
        node = recorded(name, (*xs[:i], nan, *xs[i + 1 :]))
        assert math.isnan(node.data)
        if not {name, f"{name} {letter}"} & STRAIGHT:
            assert math.isnan(node.local_derivatives[i])


def test_nothing_is_asked_about_a_constant() -> None:
    assert recorded_with_constants("sqrt", 0.0) == (0.0,)  # not inf
    assert recorded_with_constants("pow", -2.0, 3.0) == (0.0, 0.0)  # not nan
    x = Value(-2.0)
    assert (x**3).local_derivatives == (12.0, 0.0)
    assert (3 ** Value(2.0)).local_derivatives == (0.0, 9.0 * math.log(3))


def recorded_with_constants(name: str, *xs: float) -> tuple[float, ...]:
    return call(name, [constant(x) for x in xs]).local_derivatives


# ---- errors --------------------------------------------------------------------------------------

# row, operands, the error, its message; {p} and {q} are where the operands' labels stand
# fmt: off
ERRORS = [
    ("div",   (3.0, 0.0),    ZeroDivisionError, "division by zero"),
    ("pow",   (0.0, -1.0),   ZeroDivisionError, "division by zero"),
    ("pow",   (-8.0, 1 / 3), ValueError,        "got x = -8{p}, y = 0.3333333333333333{q}"),
    ("pow",   (1e200, 2.0),  OverflowError,     "** is too large for a float, "
                                                "got x = 1e+200{p}, y = 2{q}"),
    ("log",   (-1.5,),       ValueError,        "log needs x > 0, got -1.5{p}"),
    ("log",   (0.0,),        ValueError,        "log needs x > 0, got 0{p}"),
    ("log1p", (-1.0,),       ValueError,        "log1p needs x > -1, got -1{p}"),
    ("log2",  (-1.0,),       ValueError,        "log2 needs x > 0, got -1{p}"),
    ("log10", (0.0,),        ValueError,        "log10 needs x > 0, got 0{p}"),
    ("sqrt",  (-1.0,),       ValueError,        "sqrt needs x >= 0, got -1{p}"),
    ("asin",  (1.5,),        ValueError,        "asin needs abs(x) <= 1, got 1.5{p}"),
    ("acos",  (-1.5,),       ValueError,        "acos needs abs(x) <= 1, got -1.5{p}"),
    ("acosh", (0.5,),        ValueError,        "acosh needs x >= 1, got 0.5{p}"),
    ("atanh", (1.0,),        ValueError,        "atanh needs abs(x) < 1, got 1{p}"),
    ("sin",   (inf,),        ValueError,        "sin needs abs(x) < inf, got inf{p}"),
    ("cos",   (-inf,),       ValueError,        "cos needs abs(x) < inf, got -inf{p}"),
    ("tan",   (inf,),        ValueError,        "tan needs abs(x) < inf, got inf{p}"),
    ("exp",   (1000.0,),     OverflowError,     "exp is too large for a float, got 1000{p}"),
    ("expm1", (1000.0,),     OverflowError,     "expm1 is too large for a float, got 1000{p}"),
    ("sinh",  (-1000.0,),    OverflowError,     "sinh is too large for a float, got -1000{p}"),
    ("cosh",  (1000.0,),     OverflowError,     "cosh is too large for a float, got 1000{p}"),
]
# fmt: on


@pytest.mark.parametrize(("name", "xs", "kind", "message"), ERRORS)
def test_where_there_is_no_value_an_error_names_operation_operands_and_labels(
    name: str, xs: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        call(name, [Value(x, label) for x, label in zip(xs, "pq")])
    assert message.format(p=" (label 'p')", q=" (label 'q')") in str(caught.value)


@pytest.mark.parametrize(("name", "xs", "kind", "message"), ERRORS)
def test_a_row_called_on_floats_raises_the_same_error(
    name: str, xs: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as caught:
        OPERATIONS[name](*xs)
    assert message.format(p="", q="") in str(caught.value)


@pytest.mark.parametrize("index", [2, -1, 0.5, nan])
def test_lookup_has_no_item_beyond_its_list(index: float) -> None:
    with pytest.raises(IndexError, match="whole index from 0 to 1"):
        OPERATIONS["lookup"]([Value(1.0), Value(2.0)], index)


@pytest.mark.parametrize("name", ["mean", "logsumexp"])
def test_what_needs_an_argument_says_so(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} needs at least one argument, got none"):
        OPERATIONS[name]([])


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_largest_of_nothing_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} needs at least one argument, got none"):
        OPERATIONS[name]()


def test_an_empty_sum_is_0_and_an_empty_product_1() -> None:
    assert OPERATIONS["total"]([]) == 0.0
    assert OPERATIONS["sumprod"]([], []) == 0.0
    assert OPERATIONS["prod"]([]) == 1.0


def test_sumprod_needs_as_many_x_as_w() -> None:
    with pytest.raises(ValueError, match="got 2 w and 1 x"):
        OPERATIONS["sumprod"]([Value(1.0), Value(2.0)], [3.0])


# ---- where there is a value, nothing raises ------------------------------------------------------

EDGY = [
    0.0, 5e-324, 1e-308, 1e-200, EPS, 0.5, 1.0, 1 + EPS, 2.0, 36.7, 709.78, 710.47, 1e16, 1e155,
    1e200, 1.7976931348623157e308, inf,
]  # fmt: skip
EDGY = [nan, *EDGY, *(-x for x in EDGY)]
FEW = [nan, -inf, -1e200, -1.0, -0.0, 0.0, 5e-324, 0.5, 1.0, 1e200, inf]


@pytest.mark.parametrize("name", [n for n in ROWS if n not in ("where", "lookup")])
def test_where_there_is_a_value_nothing_raises_and_values_agree_with_floats(name: str) -> None:
    row = OPERATIONS[name]
    arity = 3 if isinstance(row, NaryOperation) else len(row.partials)
    for xs in itertools.product(EDGY if arity < 3 else FEW, repeat=arity):
        try:
            z = row.compute(xs)
        except (ArithmeticError, ValueError):
            continue
        node = recorded(name, xs)  # its derivatives are evaluated here
        assert same(node.data, z), xs
        assert all(type(d) is float for d in node.local_derivatives), xs
