"""Verdicts of the gradient check: kinks that are none, rough values, wide bars, underflow.

Each kind has right gradients, which are confirmed or honestly inconclusive, and wrong ones at the
same points, which never pass.
"""

import math
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from inspect import signature
from random import Random

import pytest

from autograd import (
    Value,
    atan2,
    clip,
    elu,
    exp,
    gradcheck,
    hypot,
    log,
    lookup,
    maximum,
    mean,
    minimum,
    relu,
    sigmoid,
    softmax,
    sqrt,
    tanh,
    total,
    where,
)
from autograd.checking.differences import resolution
from nn import MLP, squared_error, xor


def verdict(f: Callable, xs: list[float], **options) -> str:
    """The verdict on the first input."""
    rows = {row.name: row.verdict for row in gradcheck(f, xs, **options).rows}
    return rows[next((name for name in signature(f).parameters if name in rows), "x0")]


def claims(*gradient: float) -> Callable[..., list[float]]:
    return lambda *xs: list(gradient)


# ---- kinks that are none -------------------------------------------------------------------------


def huber(d):
    return where(abs(d) <= 1.0, 0.5 * d * d, abs(d) - 0.5)


def huber_by_if(d):
    return 0.5 * d * d if abs(d) <= 1.0 else abs(d) - 0.5


SMOOTH = {  # at a kink of one of its nodes, and what its derivative is there
    "elu": (elu, 0.0, 1.0),
    "relu squared": (lambda x: relu(x) ** 2, 0.0, 0.0),
    "x abs x": (lambda x: x * abs(x), 0.0, 0.0),
    "huber, left": (huber, -1.0, -1.0),
    "huber, right": (huber, 1.0, 1.0),
    "huber by if": (huber_by_if, 1.0, 1.0),
    "squared hinge": (lambda m: maximum(0.0, 1.0 - m) ** 2, 1.0, 0.0),
    "tie with itself": (lambda x: maximum(x, x), 2.0, 1.0),
    "tie that moves along": (lambda x: maximum(x + 1.0, x + 1.0) * x, 2.0, 5.0),
    "both kinks of clip": (lambda x: clip(x, -1.0, 0.0) ** 2 + clip(x, 0.0, 1.0) ** 2, 0.0, 0.0),
    "norm squared": (lambda x: exp(-(hypot(x, 0.0) ** 2)), 0.0, 0.0),
    "dead": (lambda x: relu(x - 1.0) * 1e8, 0.0, 0.0),
    "on a kink, another 1e-9 beside": (lambda x: relu(x) ** 2 + relu(x - 1e-9), 0.0, 0.0),
    "1e-9 beside": (lambda x: relu(x - 1e-9) + x, 0.0, 1.0),
    "1e-13 beside, and large": (lambda x: 3.0 * relu(x + 1e-13) + 100.0 + x, 0.0, 4.0),
    "lookup": (lambda x: lookup([relu(x) ** 2, x], 0), 0.0, 0.0),
}


@pytest.mark.parametrize("kind", SMOOTH)
def test_a_derivative_exists_where_both_slopes_agree(kind: str) -> None:
    f, x, d = SMOOTH[kind]
    report = gradcheck(f, [x])
    assert report, report
    assert (report.rows[0].verdict, report.rows[0].analytic) == ("ok", pytest.approx(d))


@pytest.mark.parametrize("kind", [kind for kind in SMOOTH if "large" not in kind])
@pytest.mark.parametrize("off", [1.0, -0.5, 0.01])
def test_another_claim_is_wrong_where_both_slopes_agree(kind: str, off: float) -> None:
    f, x, d = SMOOTH[kind]
    assert verdict(f, [x], gradient=claims(d + off)) == "wrong"


def test_a_network_with_biases_of_zero_is_confirmed_at_its_kinks() -> None:
    model, data = MLP(2, [8, 8, 1], "relu", rng=Random(0)), xor()

    def loss(*_):
        return mean([squared_error(model(x), y) for x, y in zip(data.inputs, data.labels)])

    report = gradcheck(loss, model.parameters())
    assert report.count("ok") == 105, report
    assert "agree at relu of layers[0].neurons[" in str(report)
    assert ".a, at its kink" in str(report)


def test_right_rules_that_add_up_to_a_wrong_derivative_are_told_by_their_kinks() -> None:
    report = gradcheck(lambda x: relu(x) - relu(-x), [0.0])  # is x: derivative 1, backward gives 0
    assert report.rows[0].verdict == "wrong"
    assert "takes one side of relu of x, at its kink; relu of a neg, at its kink" in str(report)


@pytest.mark.parametrize(("f", "x", "low", "high"), [
    (relu, 0.0, 0.0, 1.0),
    (abs, 0.0, -1.0, 1.0),
    (lambda x: maximum(x, 1.0), 1.0, 0.0, 1.0),
    (lambda x: minimum(2.0 * x, 2.0), 1.0, 0.0, 2.0),
    (lambda x: clip(x, 0.0, 1.0), 1.0, 0.0, 1.0),
    (lambda m: maximum(0.0, 1.0 - m), 1.0, -1.0, 0.0),
    (lambda x: hypot(x, 0.0), 0.0, -1.0, 1.0),
    (lambda x: maximum(x + 0.2, 0.3), 0.1, 0.0, 1.0),  # a tie up to rounding
])  # fmt: skip
def test_at_a_kink_what_is_between_the_slopes_passes_and_nothing_else(f, x, low, high) -> None:
    for claim in (low, (low + high) / 2, high):
        assert verdict(f, [x], gradient=claims(claim)) == "kink"
    for claim in (low - 0.1, high + 0.1, 7.0, -7.0):
        assert verdict(f, [x], gradient=claims(claim)) == "wrong"


@pytest.mark.parametrize(("f", "x"), [
    *[(relu, x) for x in (1e-3, 1e-9, 1e-13, 1e-170)],
    *[(lambda x: relu(x) + 100.0, x) for x in (1e-3, 1e-9)],
])  # fmt: skip
def test_beside_a_kink_only_the_slope_there_passes(f, x: float) -> None:
    assert gradcheck(f, [x])
    for claim in (0.0, 0.5, 2.0):
        assert not gradcheck(f, [x], gradient=claims(claim))


def test_functions_of_floats_have_kinks_too() -> None:
    def f(x):
        return max(x, 0.0)

    assert verdict(f, [0.0], gradient=claims(0.0)) == "kink"
    assert verdict(f, [0.0], gradient=claims(7.0)) == "wrong"
    assert verdict(f, [1e-9], gradient=claims(1.0)) == "ok"
    assert verdict(f, [1e-9], gradient=claims(0.0)) == "wrong"
    assert verdict(lambda x: f(x) - f(-x), [0.0], gradient=claims(0.0)) == "wrong"


def test_a_slope_without_bound_is_undefined() -> None:
    assert verdict(lambda x: sqrt(abs(x)), [0.0]) == "undefined"
    assert verdict(lambda x: where(x > 0.0, x + 1.0, x), [0.0]) == "undefined"
    assert verdict(lambda y: atan2(y, -1.0), [0.0]) == "undefined"


# ---- rough values --------------------------------------------------------------------------------


def single(x: float) -> float:
    return struct.unpack("f", struct.pack("f", x))[0]


def half(x: float) -> float:
    return struct.unpack("e", struct.pack("e", x))[0]


def bisected_root(x: float) -> float:
    """sqrt(x), to within 1e-6."""
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if middle * middle < x else (low, middle)
    return (low + high) / 2


ROUGH = {  # a function, where, its derivative, and how finely its values are known
    "single": (lambda x: single(math.sin(single(x))), 1.0, math.cos(1.0), 2**-25),
    "single at 0.1": (lambda x: single(math.sin(single(x))), 0.1, math.cos(0.1), 2**-28),
    "single, large": (lambda x: single(1e6 * single(x)), 3.0, 1e6, 0.1),
    "half": (lambda x: half(math.sin(half(x))), 1.0, math.cos(1.0), 2**-12),
    "six digits": (lambda x: round(math.sin(x), 6), 1.0, math.cos(1.0), 3e-7),
    "three digits": (lambda x: round(x * x, 3), 2.0, 4.0, 3e-4),
    "solver": (bisected_root, 2.0, 0.5 / math.sqrt(2.0), 3e-7),
    "single inside": (lambda x: single(math.sin(x)) * x, 1.0, math.cos(1) + math.sin(1), 2**-25),
}


@pytest.mark.parametrize("kind", ROUGH)
def test_rough_values_are_confirmed_as_far_as_they_are_known(kind: str) -> None:
    f, x, d, known = ROUGH[kind]
    report = gradcheck(f, [x], gradient=claims(d))
    assert report, report
    (row,) = report.rows
    assert known / 16 < row.resolution < known * 16
    assert abs(row.numeric.value - d) <= 4 * row.numeric.bar < abs(d) / 2


def test_the_report_says_how_far_rough_values_were_confirmed() -> None:
    report = gradcheck(lambda x: round(math.sin(x), 6), [1.0], gradient=math.cos)
    assert "the values of f are known to 4e-07: x is confirmed to" in str(report)


@pytest.mark.parametrize("kind", ROUGH)
@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 0.5])
def test_a_wrong_gradient_of_rough_values_does_not_pass(kind: str, factor: float) -> None:
    f, x, d, _ = ROUGH[kind]
    assert not gradcheck(f, [x], gradient=claims(factor * d))
    assert kind == "half" or verdict(f, [x], gradient=claims(factor * d)) == "wrong"


@pytest.mark.parametrize("x", [-3.0, -0.5, 1e-3, 0.1, 0.3, 0.7, 1.0, 2.5, 10.0])
@pytest.mark.parametrize("rounded", [single, lambda y: round(y, 6)])
def test_rough_values_accuse_no_right_gradient(rounded, x: float) -> None:
    slopes = {math.sin: math.cos(x), math.exp: math.exp(x), math.tanh: 1 - math.tanh(x) ** 2}
    for f, d in slopes.items():
        row = gradcheck(lambda x, f=f: rounded(f(x)), [x], gradient=claims(d)).rows[0]
        assert row.verdict in ("ok", "inconclusive"), row
        assert not gradcheck(lambda x, f=f: rounded(f(x)), [x], gradient=claims(-d - 1e-3))


def test_half_a_unit_of_half_precision_hides_a_slope_of_one() -> None:
    for claim in (1.0, 0.0, -1.0):
        report = gradcheck(lambda x: half(1000.0 + x), [1.0], gradient=claims(claim))
        assert report.rows[0].verdict == "inconclusive"
    assert "the values of f are known to 0.5 only" in str(report)


def test_what_stands_still_in_rough_values_is_zero_beside_the_other_derivatives() -> None:
    def f(x, dead):
        return single(single(x) ** 2 + max(single(dead), 0.0))

    assert gradcheck(f, [3.0, -0.5], gradient=claims(6.0, 0.0)).ok
    assert not gradcheck(f, [3.0, -0.5], gradient=claims(6.0, 0.1)).ok


def test_a_ripple_below_what_steps_can_tell_is_inconclusive() -> None:
    report = gradcheck(lambda x: x + 1e-6 * math.sin(1e6 * x), [0.0], gradient=claims(2.0))
    assert report.rows[0].verdict == "inconclusive"


@pytest.mark.parametrize(("f", "x"), [
    (math.sin, 1.0), (math.exp, 0.0), (lambda x: x * x, 3.0), (abs, 0.0), (lambda x: 3.0, 1.0),
    (lambda x: max(x, 0.0), -0.5), (lambda x: max(x, 0.0), 1e-9), (math.log, 1e-9),
])  # fmt: skip
def test_the_resolution_of_double_precision_is_that(f, x: float) -> None:
    assert resolution(f, x) <= 4e-16 * max(1.0, abs(f(x)))


@pytest.mark.peers
@pytest.mark.parametrize(("kind", "close"), [("float32", 1e-3), ("float16", 0.1)])
def test_pytorch_in_its_default_precision_is_confirmed(kind: str, close: float) -> None:
    torch = pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')

    def sin(x: float) -> float:
        return torch.sin(torch.tensor(x, dtype=getattr(torch, kind))).item()

    report = gradcheck(sin, [1.0], gradient=math.cos)
    assert report, report
    assert report.rows[0].numeric.value == pytest.approx(math.cos(1.0), rel=close)
    assert not gradcheck(sin, [1.0], gradient=lambda x: 0.0)
    assert not gradcheck(sin, [1.0], gradient=lambda x: -math.cos(x))


def test_numpy_in_single_precision_is_confirmed() -> None:
    numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

    def f(x: float) -> float:
        return float(numpy.tanh(numpy.float32(x)))

    assert gradcheck(f, [0.5], gradient=lambda x: 1 - math.tanh(x) ** 2)
    assert not gradcheck(f, [0.5], gradient=lambda x: 1 - math.tanh(x))


class SingleNetwork:
    """4-16-4-1 of relu on 20 points and its mean squared error, by hand in single precision."""

    def __init__(self, seed: int) -> None:
        numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
        rng = numpy.random.default_rng(seed)

        def draw(*shape: int):
            return (rng.normal(size=shape) / 2 / len(shape)).astype(numpy.float32)

        self.positive = lambda x: numpy.maximum(x, 0)
        self.X, self.Y = draw(20, 4), draw(20, 1)
        self.inputs = {"W1": draw(4, 16), "b1": draw(16), "W2": draw(16, 4), "b2": draw(4)}
        self.inputs |= {"W3": draw(4, 1), "b3": draw(1)}

    def loss(self, W1, b1, W2, b2, W3, b3):
        h = self.positive(self.positive(self.X @ W1 + b1) @ W2 + b2)
        return ((h @ W3 + b3 - self.Y) ** 2).mean()

    def gradient(self, W1, b1, W2, b2, W3, b3):
        h1 = self.positive(self.X @ W1 + b1)
        h2 = self.positive(h1 @ W2 + b2)
        d3 = 2 * (h2 @ W3 + b3 - self.Y) / 20
        d2 = d3 @ W3.T * (h2 > 0)
        d1 = d2 @ W2.T * (h1 > 0)
        gradients = self.X.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)
        return dict(zip(self.inputs, gradients))

    def verdicts(self, factor: float = 1.0) -> Counter[str]:
        def times(**inputs):
            return {name: factor * d for name, d in self.gradient(**inputs).items()}

        report = gradcheck(self.loss, self.inputs, gradient=times)
        return Counter(row.verdict for row in report.rows if abs(row.analytic) > 1e-3)


@pytest.mark.parametrize("seeds", [(8, 13), pytest.param(range(60), marks=pytest.mark.slow)])
def test_a_right_network_in_single_precision_is_wrong_nowhere(seeds: Sequence[int]) -> None:
    """Its kinks are nearer than the steps that rounding leaves."""
    right = sum([SingleNetwork(seed).verdicts() for seed in seeds], Counter())
    assert right["wrong"] == 0
    assert right["ok"] >= 0.9 * right.total()


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.5])
def test_a_wrong_network_in_single_precision_passes_nowhere(factor: float) -> None:
    off = SingleNetwork(0).verdicts(factor)
    assert off["wrong"] >= 0.9 * off.total()
    assert off["ok"] == off["kink"] == 0


# ---- bars wider than the derivative --------------------------------------------------------------


@pytest.mark.parametrize(("f", "x", "d"), [
    (lambda x: 1e13 + x, 1.0, 1.0),
    (lambda v: 4.5e11 + 1e-3 * v * v, 1.0, 2e-3),
    (lambda x: 1e17 + x, 1.0, 1.0),
    (lambda x: (x + 1e16) - 1e16, 0.3, 1.0),
])  # fmt: skip
def test_a_bar_wider_than_the_derivative_confirms_nothing(f, x: float, d: float) -> None:
    assert not gradcheck(f, [x])
    for claim in (d, -d, 2 * d, 0.0):
        for g in (f, lambda x, f=f: float(f(x))):
            assert not gradcheck(g, [x], gradient=claims(claim))


def test_what_atol_alone_confirms_is_said() -> None:
    report = gradcheck(lambda x, y: 1e-15 * x + y, [1.0, 1.0])
    assert report
    assert "1 below atol = 1e-10, and compared no closer" in str(report)


def test_a_large_atol_confirms_what_is_below_it() -> None:
    assert gradcheck(lambda v: 4.5e11 + 1e-3 * v * v, [1.0], atol=10.0)


# ---- underflow and overflow ----------------------------------------------------------------------

TINY = [1e-100, 1e-160, 1e-170, 1e-180, 1e-300, 1e-310, 1e-320, 5e-324]
OF_ONE = {
    "x*x": lambda x: x * x,
    "x**2": lambda x: x**2,
    "x**4 + x": lambda x: (x**2) ** 2 + x,
    "relu squared": lambda x: relu(x) ** 2,
    "x*x + x": lambda x: x * x + x,
    "sqrt": sqrt,
    "sqrt of a square": lambda x: sqrt(x * x),
    "log": log,
    "1/x": lambda x: 1 / x,
    "tanh": tanh,
    "hypot": lambda x: hypot(x, 2 * x),
    "atan2": lambda x: atan2(x, x + 1e-300),
    "product": lambda x: (x * 1e300) * (1e-300 * x),
    "exp(-x*x)": lambda x: exp(-x * x),
}


@pytest.mark.parametrize("kind", OF_ONE)
@pytest.mark.parametrize("x", TINY)
def test_underflow_crashes_nothing_and_accuses_nobody(kind: str, x: float) -> None:
    report = gradcheck(OF_ONE[kind], [x])
    assert report.guilty is None, report
    assert not report.count("wrong"), report


@pytest.mark.parametrize("x", TINY)
def test_a_wrong_gradient_at_a_tiny_number_does_not_pass(x: float) -> None:
    for f in (lambda x: x * x + x, lambda x: tanh(x), lambda x: x + 1.0, lambda x: max(x, -1.0)):
        assert not gradcheck(f, [x], gradient=claims(-1.0))
        assert not gradcheck(f, [x], gradient=claims(2.0))
        assert not gradcheck(f, [x], gradient=claims(0.0))
    assert not gradcheck(lambda x: x * x, [x], gradient=claims(-1e-3))
    assert not gradcheck(lambda x: x * x, [x], gradient=claims(-2.0 * x), atol=0.0)


@pytest.mark.parametrize(("f", "xs"), [
    (lambda x, y: x * y, [1e300, 1e-300]),
    (lambda x, y: x / y, [1e-300, 1e300]),
    (lambda *xs: total(xs), [1e300, 1e300, -1e300]),
    (lambda *xs: mean(xs), [1e300, 1.5e300]),
    (lambda x, y, z: x * y * z, [1e300, 1e-300, 1e-170]),
    (hypot, [1e300, 1e300]),
    (lambda *xs: -log(softmax(xs)[0]), [400.0, 1.0, -3.0]),
    (lambda *xs: softmax(xs)[1], [400.0, 1.0, -3.0]),
    (lambda x: -log(sigmoid(x)), [400.0]),
])  # fmt: skip
def test_large_numbers_are_confirmed(f, xs: list[float]) -> None:
    assert gradcheck(f, xs)


@pytest.mark.parametrize(("f", "xs"), [
    (lambda *xs: mean(xs), [1e308, 1.5e308]),  # the sum is inf
    (lambda x: (x * 1e300) * 1e300, [1e-10]),
    (lambda x: 1e300 * x - 1e300 * x, [1.0]),
    (lambda x: -log(sigmoid(x)), [-400.0]),
    (lambda x: x * x, [1e200]),
    (lambda x: Value(1e308) * x, [1.7]),
])  # fmt: skip
def test_what_cannot_be_told_of_large_numbers_is_no_accusation(f, xs: list[float]) -> None:
    report = gradcheck(f, xs)
    assert report.guilty is None
    assert not report.count("wrong")


@pytest.mark.parametrize("claim", [0.0, -1.0, 2.0])
def test_a_wrong_gradient_of_a_large_number_does_not_pass(claim: float) -> None:
    for f in (lambda x: x, lambda x: hypot(x, 1.0), lambda x: x * 1e-300 * 1e300):
        assert not gradcheck(f, [1e300], gradient=claims(claim))
