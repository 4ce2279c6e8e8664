"""Gradients by hand, right and faulty, each defined once for every gradient checker.

`f(xp, x)` is a number and `gradient(xp, x)` an array like x, with the functions of `xp`: numpy,
jax.numpy or torch.  Imports nothing, so that a worker takes it into any environment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Rule = Callable[[Any, Any], Any]


class Case(NamedTuple):
    """A function, a gradient by hand, and where to check it; `right` is the truth."""

    name: str
    right: bool
    dtype: str
    f: Rule
    gradient: Rule
    x: Sequence[float]


# ---- functions and their gradients ---------------------------------------------------------------


def squares(xp, x):
    return xp.sum(x * x)


def squares_d(xp, x):
    return 2 * x


def weighted(xp, x):
    """An input times the square of the next one round."""
    return x[0] * x[1] ** 2 + x[1] * x[2] ** 2


def weighted_d(xp, x):
    return xp.stack([x[1] ** 2, 2 * x[0] * x[1] + x[2] ** 2, 2 * x[1] * x[2]])


def exps(xp, x):
    return xp.sum(xp.exp(x))


def exps_d(xp, x):
    return xp.exp(x)


def tanhs(xp, x):
    return xp.sum(xp.tanh(x))


def tanhs_d(xp, x):
    return 1 - xp.tanh(x) ** 2


def softmax(xp, x):
    e = xp.exp(x - xp.max(x))
    return e / xp.sum(e)


def cross_entropy(xp, x):
    """Minus the logarithm of the first class's probability."""
    top = xp.max(x)
    return top + xp.log(xp.sum(xp.exp(x - top))) - x[0]


def cross_entropy_d(xp, x):
    p = softmax(xp, x)
    return xp.concatenate([p[:1] - 1, p[1:]])


def logistic(xp, x):
    return xp.sum(xp.log(1 + xp.exp(-x)))


def logistic_d(xp, x):
    return -1 / (1 + xp.exp(x))


def logs(xp, x):
    return xp.sum(xp.log(x))


def logs_d(xp, x):
    return 1 / x


def rosenbrock(xp, x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_d(xp, x):
    slope = 200 * (x[1] - x[0] ** 2)
    return xp.stack([-2 * (1 - x[0]) - 2 * x[0] * slope, slope])


def ridge(xp, x):
    """A mean of squares, and a penalty."""
    return xp.mean((x - 1) ** 2) + 0.01 * xp.sum(x * x)


def ridge_d(xp, x):
    return 2 * (x - 1) / len(x) + 0.02 * x


def relus(xp, x):
    return xp.sum(xp.where(x > 0, x, 0 * x))


def relus_d(xp, x):
    return xp.where(x > 0, 1 + 0 * x, 0 * x)


def elus(xp, x):
    return xp.sum(xp.where(x > 0, x, xp.exp(x) - 1))


def elus_d(xp, x):
    return xp.where(x > 0, 1 + 0 * x, xp.exp(x))


def signed_squares(xp, x):
    return xp.sum(x * xp.abs(x))


def signed_squares_d(xp, x):
    return 2 * xp.abs(x)


def hinges(xp, x):
    """Squared hinge losses, smooth at their joint."""
    return xp.sum(xp.where(x < 1, (1 - x) ** 2, 0 * x))


def hinges_d(xp, x):
    return xp.where(x < 1, 2 * (x - 1), 0 * x)


def larger(xp, x):
    return xp.where(x[0] > x[1], x[0], x[1])


def larger_d(xp, x):
    first = xp.where(x[0] > x[1], 1 + 0 * x[0], xp.where(x[0] == x[1], 0.5 + 0 * x[0], 0 * x[0]))
    return xp.stack([first, 1 - first])


def waves(xp, x):
    return xp.sum(xp.sin(50 * x))


def waves_d(xp, x):
    return 50 * xp.cos(50 * x)


def steep(xp, x):
    return xp.sum(xp.exp(20 * x))


def steep_d(xp, x):
    return 20 * xp.exp(20 * x)


def distances(xp, x):
    return xp.sum(xp.abs(x))


def distances_d(xp, x):
    return xp.sign(x)


def fourth_powers(xp, x):
    return xp.sum(x * x * x * x)


def fourth_powers_d(xp, x):
    return 4 * x * x * x


# ---- gradients that are wrong --------------------------------------------------------------------


def zeros(xp, x):
    return 0 * x


def weighted_without_a_term(xp, x):
    return xp.stack([x[1] ** 2, 2 * x[0] * x[1], 2 * x[1] * x[2]])


def ridge_of_sums(xp, x):
    return 2 * (x - 1) + 0.02 * x


def ridge_without_penalty(xp, x):
    return 2 * (x - 1) / len(x)


def tanhs_at_the_output(xp, x):
    return 1 - xp.tanh(xp.tanh(x)) ** 2


def relus_of_the_wrong_sign(xp, x):
    return xp.where(x < 0, 1 + 0 * x, 0 * x)


def cross_entropy_of_the_wrong_sign(xp, x):
    """At all classes but the first."""
    d = cross_entropy_d(xp, x)
    return xp.concatenate([d[:1], -d[1:]])


def at_zero(slope: float, rule: Rule) -> Rule:
    """A gradient with another slope where x is 0."""
    return lambda xp, x: xp.where(x == 0, slope + 0 * x, rule(xp, x))


def scaled(factor: float, rule: Rule) -> Rule:
    """A rule times a number."""
    return lambda xp, x: factor * rule(xp, x)


def above(offset: float, rule: Rule) -> Rule:
    """A rule plus a number: what is measured as a difference of large numbers."""
    return lambda xp, x: offset + rule(xp, x)


def first_element(factor: float, rule: Rule) -> Rule:
    """A gradient whose first element is off by a factor."""

    def wrong(xp, x):
        d = rule(xp, x)
        return xp.concatenate([factor * d[:1], d[1:]])

    return wrong


def turned(rule: Rule) -> Rule:
    """A gradient whose elements stand one place further on."""

    def wrong(xp, x):
        d = rule(xp, x)
        return xp.concatenate([d[1:], d[:1]])

    return wrong


# ---- the cases -----------------------------------------------------------------------------------

X = (0.5, -1.25, 2.0)
MANY = tuple([0.1 * i - 2.45 for i in range(50)])
NEAR_0 = (1.0, 1e-6, 3.0)
UNEVEN = (0.01, 30.0, 40.0)
SATURATED = (12.0, 0.0, 0.0)

# fmt: off
RIGHT_ANYWHERE = [
    ("squares",                        squares,        squares_d,        X),
    ("products",                       weighted,       weighted_d,       X),
    ("exp",                            exps,           exps_d,           X),
    ("tanh",                           tanhs,          tanhs_d,          X),
    ("softmax and cross-entropy",      cross_entropy,  cross_entropy_d,  X),
    ("logistic loss",                  logistic,       logistic_d,       X),
    ("Rosenbrock",                     rosenbrock,     rosenbrock_d,     (-1.2, 1.0)),
    ("mean of squares with a penalty", ridge,          ridge_d,          X),
    ("relu, off its kink",             relus,          relus_d,          X),
    ("relu at 0",                      relus,          relus_d,          (0.0, 1.0)),
    ("elu at 0, smooth",               elus,           elus_d,           (0.0, 0.5)),
    ("maximum of equals",              larger,         larger_d,         (0.5, 0.5)),
    ("50 elements",                    squares,        squares_d,        MANY),
]
RIGHT_DOUBLE = [
    ("log near 0",                     logs,           logs_d,           NEAR_0),
    ("x * abs(x) at 0, smooth",        signed_squares, signed_squares_d, (0.0, 1.0)),
    ("squared hinge at its joint",     hinges,         hinges_d,         (1.0, 0.5)),
    ("relu 1e-7 from its kink",        relus,          relus_d,          (1e-7, -1e-7)),
    ("abs at 0",                       distances,      distances_d,      (0.0, 1.0)),
    ("sin(50 x)",                      waves,          waves_d,          X),
    ("exp(20 x)",                      steep,          steep_d,          (1.0, 0.5)),
    ("squares times 1e8",              scaled(1e8, squares),  scaled(1e8, squares_d),  X),
    ("squares times 1e-8",             scaled(1e-8, squares), scaled(1e-8, squares_d), X),
    ("squares above 1e6",              above(1e6, squares),   squares_d,               X),
    ("a constant",                     above(3.0, scaled(0, squares)), zeros,          X),
    ("logits of 400",                  cross_entropy,  cross_entropy_d,  (400.0, -400.0, 399.0)),
]
WRONG_ANYWHERE = [
    ("the wrong sign",                 squares,        scaled(-1, squares_d),          X),
    ("a factor 1/2",                   squares,        scaled(0.5, squares_d),         X),
    ("a factor 1.05",                  tanhs,          scaled(1.05, tanhs_d),          X),
    ("softmax without the minus one",  cross_entropy,  softmax,                        X),
    ("elements in the wrong places",   weighted,       turned(weighted_d),             X),
    ("a term left out",                weighted,       weighted_without_a_term,        X),
    ("the sum for the mean",           ridge,          ridge_of_sums,                  X),
    ("the derivative at the output",   tanhs,          tanhs_at_the_output,            X),
    ("zeros",                          exps,           zeros,                          X),
    ("relu's mask of the wrong sign",  relus,          relus_of_the_wrong_sign,        X),
    ("relu at 0 with slope 2",         relus,          at_zero(2, relus_d),            (0.0, 1.0)),
    ("elu at 0 with slope 0",          elus,           at_zero(0, elus_d),             (0.0, 0.5)),
]
WRONG_DOUBLE = [
    ("the penalty left out",           ridge,          ridge_without_penalty,          X),
    ("a factor 1.001",                 squares,        scaled(1.001, squares_d),       X),
    ("a factor 1.0001",                exps,           scaled(1.0001, exps_d),         X),
    ("a factor 1.00001",               tanhs,          scaled(1.00001, tanhs_d),       X),
    ("one element of 50 off by 1 %",   squares,        first_element(1.01, squares_d), MANY),
    ("a small element among large",    fourth_powers,  first_element(2, fourth_powers_d), UNEVEN),
    ("times 1e-8, a factor 2",         scaled(1e-8, squares), scaled(2e-8, squares_d), X),
    ("times 1e-8, the wrong sign",     scaled(1e-8, squares), scaled(-1e-8, squares_d), X),
    ("above 1e6, a factor 1.01",       above(1e6, squares), scaled(1.01, squares_d),   X),
    ("sin(50 x), a factor 1.001",      waves,          scaled(1.001, waves_d),         X),
    ("exp(20 x), a factor 1.0005",     steep,          scaled(1.0005, steep_d),        (1.0, 0.5)),
    ("a saturated softmax's sign",     cross_entropy,  cross_entropy_of_the_wrong_sign, SATURATED),
    ("x * abs(x) at 0 with slope 1",   signed_squares, at_zero(1, signed_squares_d),   (0.0, 1.0)),
    ("abs at 0 with slope 3",          distances,      at_zero(3, distances_d),        (0.0, 1.0)),
]
# fmt: on
CASES = [
    Case(name, right, dtype, f, gradient, x)
    for dtype in ("float64", "float32")
    for right, rows in (
        (False, WRONG_ANYWHERE + (WRONG_DOUBLE if dtype == "float64" else [])),
        (True, RIGHT_ANYWHERE + (RIGHT_DOUBLE if dtype == "float64" else [])),
    )
    for name, f, gradient, x in rows
]
