"""Losses and penalties: each against its formula at 50 digits, value and gradient, and bad input.

The truth is a formula written here for mpmath; its gradient is a central difference of that.
"""

import math
from collections.abc import Callable, Sequence
from math import inf, nan
from random import Random
from typing import Any

import pytest
from mpmath import MPContext

from autograd import Value, assert_gradcheck, describe, grad, hessian, no_grad
from nn.losses import (
    binary_cross_entropy,
    half_squared_error,
    hinge,
    l1,
    l2,
    softmax_cross_entropy,
    squared_error,
)
from nn.modules import MLP

mp = MPContext()
mp.dps = 450  # 1e308 + 1e-40 still has 50 digits to spare
STEP = mp.mpf("1e-40")
TINY = mp.mpf("1e-307")  # below it floats are denormal and have fewer digits
BOUND = 4 * 745 * mp.mpf(2) ** -53  # relative: exp of up to 745 is as good as its exponent
LARGEST = 1.7976931348623157e308


# ---- formulas ------------------------------------------------------------------------------------


def exact_squared_error(zs: Sequence[Any], ys: Sequence[float]) -> Any:
    return mp.fsum((z - mp.mpf(y)) ** 2 for z, y in zip(zs, ys, strict=True))


def exact_hinge(s: Any, label: int) -> Any:
    return max(mp.zero, 1 - label * s)


def exact_binary_cross_entropy(s: Any, label: int) -> Any:
    """-log p of the label, where p(1) = 1/(1 + exp(-s)) and p(0) = 1/(1 + exp(s))."""
    return mp.log1p(mp.exp(-s if label == 1 else s))


def exact_softmax_cross_entropy(s: Sequence[Any], label: int) -> Any:
    """-log(exp(s[label]) / sum of exp(s)), divided through by exp(s[label])."""
    return mp.log1p(mp.fsum(mp.exp(x - s[label]) for i, x in enumerate(s) if i != label))


def slope(f: Callable[[Sequence[Any]], Any], xs: Sequence[float], i: int) -> Any:
    """d f / d xs[i]."""
    below, above = [mp.mpf(x) for x in xs], [mp.mpf(x) for x in xs]
    h = STEP * (min(1, abs(below[i])) or 1)
    below[i] -= h
    above[i] += h
    return (f(above) - f(below)) / (2 * h)


def assert_close(computed: float, exact: Any) -> None:
    assert type(computed) is float
    assert abs(computed - exact) <= BOUND * abs(exact) + TINY, (
        f"computed {computed!r}, exact {mp.nstr(exact, 20)}"
    )


def assert_exact(loss: Any, formula: Any, xs: Sequence[float]) -> None:
    """loss(variables) against formula(numbers): the value, and every derivative."""
    __tracebackhide__ = True
    variables = [Value(x) for x in xs]
    result = loss(variables)
    result.backward()
    assert_close(result.data, formula([mp.mpf(x) for x in xs]))
    for i, v in enumerate(variables):
        assert_close(v.grad, slope(formula, xs, i))
    assert loss(list(xs)) == result.data  # a float of floats


# ---- far into the tails --------------------------------------------------------------------------

MAGNITUDES = (
    5e-324, 1e-300, 1e-16, 0.5, 1.5, 30.0, 36.7, 38.0, 100.0, 700.0, 744.0, 746.0, 1e3, 1e4, 1e8,
    1e16, 1e100, 1e300, LARGEST,
)  # fmt: skip
EVERYWHERE = [0.0, *MAGNITUDES, *[-x for x in MAGNITUDES]]


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("s", EVERYWHERE)
def test_binary_cross_entropy_is_exact_everywhere(s: float, label: int) -> None:
    assert_exact(
        lambda xs: binary_cross_entropy(xs[0], label),
        lambda xs: exact_binary_cross_entropy(xs[0], label),
        [s],
    )


@pytest.mark.parametrize("label", [-1, 1])
@pytest.mark.parametrize("s", [*EVERYWHERE, 1 - 2**-53, 1 + 2**-52, 2**-52 - 1, -1 - 2**-52])
def test_hinge_is_exact_everywhere(s: float, label: int) -> None:
    assert_exact(lambda xs: hinge(xs[0], label), lambda xs: exact_hinge(xs[0], label), [s])


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("s", [s for s in EVERYWHERE if abs(s) < LARGEST])
def test_softmax_cross_entropy_of_two_classes_is_exact_everywhere(s: float, label: int) -> None:
    for logits in ([s, 0.0], [0.0, s], [s, -s], [s, s], [s, 1.0]):
        assert_exact(
            lambda xs: softmax_cross_entropy(xs, label),
            lambda xs: exact_softmax_cross_entropy(xs, label),
            logits,
        )


@pytest.mark.parametrize(
    "logits",
    [
        [100.0, 0.0, -3.0], [1e4, -1e4, 0.0], [1e4, 1e4, -1e4], [700.0, 0.0, 0.0],
        [1e17, 1e17, 0.0], [1e10 + 0.5, 1e10, 0.1], [-1e300, 1e300, 1e300], [0.0, 0.0, 0.0],
        [40.0, 0.0, 40.0, 1.0], [1e-300, -1e-300, 0.0], [1e4 + 30, 1e4, 1e4 - 30, -1e4],
    ],
)  # fmt: skip
def test_softmax_cross_entropy_of_more_classes_is_exact_in_its_tails(logits: list[float]) -> None:
    for label in range(len(logits)):
        assert_exact(
            lambda xs, label=label: softmax_cross_entropy(xs, label),
            lambda xs, label=label: exact_softmax_cross_entropy(xs, label),
            logits,
        )


def test_softmax_cross_entropy_is_exact_for_random_logits_of_every_size(rng: Random) -> None:
    for _ in range(60):
        size = 10 ** rng.uniform(-3, 6)
        logits = [size * rng.choice((rng.gauss(0, 1), 1.0)) for _ in range(rng.randint(2, 5))]
        label = rng.randrange(len(logits))
        assert_exact(
            lambda xs, label=label: softmax_cross_entropy(xs, label),
            lambda xs, label=label: exact_softmax_cross_entropy(xs, label),
            logits,
        )


def test_squared_errors_are_exact_as_far_as_a_square_is_a_float(rng: Random) -> None:
    for _ in range(60):
        n, size = rng.randint(1, 4), 10 ** rng.uniform(-150, 150)
        zs, ys = ([rng.gauss(0, size) for _ in range(n)] for _ in range(2))
        assert_exact(
            lambda xs, ys=ys: squared_error(xs, ys),
            lambda xs, ys=ys: exact_squared_error(xs, ys),
            zs,
        )
        assert_exact(
            lambda xs, ys=ys: half_squared_error(xs, ys),
            lambda xs, ys=ys: exact_squared_error(xs, ys) / 2,
            zs,
        )


def test_penalties_are_exact_for_parameters_of_every_size(rng: Random) -> None:
    for _ in range(30):
        ws = [rng.choice((-1, 1)) * 10 ** rng.uniform(-75, 75) for _ in range(rng.randint(1, 6))]
        assert_exact(l1, lambda xs: mp.fsum(abs(w) for w in xs), ws)
        assert_exact(l2, lambda xs: mp.fsum(w * w for w in xs), ws)


def test_the_right_class_keeps_its_gradient_where_the_loss_is_far_below_one_rounding() -> None:
    logits = [Value(100.0), Value(0.0), Value(-inf)]
    softmax_cross_entropy(logits, 0).backward()
    assert logits[0].grad == pytest.approx(-math.exp(-100), rel=1e-13)  # not 0, which 1 - 1 gives


def test_a_difference_of_logits_too_large_for_a_float_leaves_the_gradient_right() -> None:
    logits = [Value(1e308), Value(-1e308)]
    loss = softmax_cross_entropy(logits, 1)
    loss.backward()
    assert loss.data == inf
    assert [v.grad for v in logits] == [1.0, -1.0]


@pytest.mark.parametrize("far", [350.0, 400.0, 700.0])
def test_where_a_square_of_exp_is_no_float_second_derivatives_are_right_too(far: float) -> None:
    rows = hessian(lambda s: softmax_cross_entropy(s, 1))([far, 0.0, 0.0])
    assert all(abs(h) < 1e-150 for row in rows for h in row)  # p (1 - p), and p is 1 or exp(-far)


def test_up_to_there_the_loss_is_one_logarithm_of_a_sum() -> None:
    near = describe(softmax_cross_entropy([Value(350.0), Value(0.0), Value(0.0)], 1))
    assert near.operations == {"sub": 2, "exp": 2, "total": 1, "log1p": 1}


def test_an_infinite_logit_of_another_class_makes_the_loss_infinite() -> None:
    assert softmax_cross_entropy([inf, 0.0, 0.0], 1) == inf


def test_a_class_that_is_masked_with_minus_infinity_takes_no_part() -> None:
    logits = [Value(-inf), Value(0.0), Value(-inf), Value(0.0)]
    loss = softmax_cross_entropy(logits, 1)
    loss.backward()
    assert loss.data == math.log(2)
    assert [v.grad for v in logits] == [0.0, -0.5, 0.0, 0.5]
    assert softmax_cross_entropy([-inf, 3.0, -inf], 1) == 0.0
    pair = [Value(-inf), Value(3.0)]
    softmax_cross_entropy(pair, 1).backward()
    assert [v.grad for v in pair] == [0.0, 0.0]


def test_a_square_too_large_for_a_float_says_so() -> None:
    with pytest.raises(OverflowError, match=r"\*\* is too large for a float, got x = 1e\+200"):
        squared_error(Value(1e200), 0.0)


# ---- by hand -------------------------------------------------------------------------------------


def test_squared_error_is_the_square_and_half_of_it_its_half() -> None:
    z = Value(3.0)
    error = squared_error(z, 1.0)
    error.backward()
    assert (error.data, z.grad) == (4.0, 4.0)
    assert half_squared_error(3, 1) == 2.0
    assert squared_error([3.0, 1.0], (1.0, 0.0)) == 5.0


def test_whole_numbers_give_a_float() -> None:
    for loss in (
        squared_error(3, 1), squared_error([3, 1], [1, 0]), half_squared_error(3, 1), hinge(0, 1),
        binary_cross_entropy(0, 1), softmax_cross_entropy([1, 2], 0), l1([1, -2]), l2([1, -2]),
        softmax_cross_entropy([2, 1, 3], 0),
    ):  # fmt: skip
        assert type(loss) is float


def test_a_target_may_be_a_value_with_a_gradient() -> None:
    y = Value(1.0)
    squared_error(3.0, y).backward()
    assert y.grad == -4.0


def test_numbers_and_values_may_be_mixed() -> None:
    for logits in ([Value(1.0), 2.0], [2.0, Value(1.0)], [1.0, Value(2.0)], [Value(2.0), 1.0]):
        for label in (0, 1):
            exact = softmax_cross_entropy([getattr(s, "data", s) for s in logits], label)
            assert softmax_cross_entropy(logits, label).data == exact


def test_binary_cross_entropy_is_softmax_cross_entropy_of_the_logits_s_and_0() -> None:
    assert binary_cross_entropy(1.25, 1) == pytest.approx(softmax_cross_entropy([0.0, 1.25], 1))
    assert binary_cross_entropy(1.25, 0) == pytest.approx(softmax_cross_entropy([0.0, 1.25], 0))


def test_hinge_has_no_slope_at_its_corner() -> None:
    s = Value(-1.0)
    loss = hinge(s, -1)
    loss.backward()
    assert (loss.data, s.grad) == (0.0, 0.0)


def test_penalties_are_sums_over_the_parameters() -> None:
    ws = [Value(3.0), Value(-4.0), Value(0.0)]
    (l1(ws) + l2(w for w in ws)).backward()
    assert (l1(ws).data, l2(ws).data) == (7.0, 25.0)
    assert [w.grad for w in ws] == [1.0 + 6.0, -1.0 - 8.0, 0.0]


def test_l2_is_one_node() -> None:
    assert describe(l2([Value(1.0), Value(2.0)])).operations == {"sumprod": 1}


def test_the_hessian_of_softmax_cross_entropy_is_that_of_its_formula() -> None:
    logits = [0.5, -1.0, 2.0]
    p = [math.exp(s) / sum(map(math.exp, logits)) for s in logits]
    for label in range(3):
        rows = hessian(softmax_cross_entropy)(logits, label)  # whatever the label: diag p - p p
        for i in range(3):
            expected = [p[i] * ((i == j) - p[j]) for j in range(3)]
            assert rows[i] == pytest.approx(expected, rel=1e-12)


def test_grad_gives_the_gradient_of_a_loss() -> None:
    assert grad(squared_error)([3.0, 1.0], [1.0, 0.0]) == [4.0, 2.0]
    assert grad(binary_cross_entropy)(0.0, 1) == -0.5


def test_no_grad_records_nothing() -> None:
    with no_grad():
        assert softmax_cross_entropy([Value(2.0), Value(1.0)], 1).is_constant


@pytest.mark.parametrize(
    "loss",
    [
        lambda z: squared_error(z, [0.5, -1.0, 2.0]),
        lambda z: half_squared_error(z, [0.5, -1.0, 2.0]),
        lambda z: hinge(z[0], 1) + hinge(z[1], -1),
        lambda z: binary_cross_entropy(z[0], 1) + binary_cross_entropy(z[1], 0),
        lambda z: softmax_cross_entropy(z, 2),
    ],
)
def test_the_gradient_of_a_network_with_a_loss_is_confirmed(loss, rng: Random) -> None:
    model = MLP(2, [4, 3], "tanh", rng=rng)
    parameters = model.parameters()
    penalized = lambda *_: loss(model([0.4, -1.3])) + 0.1 * l2(parameters) + 0.01 * l1(parameters)  # noqa: E731
    assert_gradcheck(penalized, [w for w in parameters if w.data])  # biases sit on the kink of abs


def test_equal_logits_are_no_kink() -> None:
    logits = [Value(0.0), Value(0.0), Value(0.0)]
    assert_gradcheck(lambda *s: softmax_cross_entropy(s, 0), logits)


# ---- NaN -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        lambda v: squared_error(v, 1.0), lambda v: squared_error([1.0, v], [1.0, 1.0]),
        lambda v: half_squared_error(v, 1.0), lambda v: hinge(v, 1), lambda v: hinge(v, -1),
        lambda v: binary_cross_entropy(v, 0), lambda v: binary_cross_entropy(v, 1),
        lambda v: softmax_cross_entropy([v, 1.0], 0), lambda v: softmax_cross_entropy([v, 1.0], 1),
        lambda v: softmax_cross_entropy([1.0, v, 2.0], 0),
        lambda v: softmax_cross_entropy([1.0, 2.0, v], 1),
        lambda v: l1([1.0, v]), lambda v: l2([1.0, v]),
    ],
)  # fmt: skip
def test_a_nan_prediction_makes_the_loss_nan(loss) -> None:
    assert math.isnan(loss(nan))
    assert math.isnan(loss(Value(nan)).data)


# ---- bad input -----------------------------------------------------------------------------------

v = Value(1.0)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda: squared_error([v, v], [1.0]), "got 2 outputs, 1 targets"),
        (lambda: squared_error(v, [1.0, 2.0]), "got 1 outputs, 2 targets"),
        (lambda: squared_error([], []), "got 0 outputs, 0 targets"),
        (lambda: squared_error([v, v], [1.0, nan]), "target 1 of 2 is nan: leave the example out"),
        (lambda: half_squared_error(v, inf), "target 0 of 1 is inf"),
        (lambda: half_squared_error([v, v], [1.0]), "got 2 outputs, 1 targets"),
        (lambda: hinge(v, 0), "label of -1 or +1, got 0: 2 * label - 1 makes it of 0 or 1"),
        (lambda: hinge(v, nan), "label of -1 or +1, got nan"),
        (lambda: hinge(v, "1"), "label of -1 or +1, got '1'"),
        (lambda: hinge(v, [1]), "label of -1 or +1, got [1]"),
        (lambda: hinge(v, None), "label of -1 or +1, got None"),
        (lambda: hinge([v], 1), "hinge needs one score, got 1"),
        (lambda: binary_cross_entropy(v, -1), "label of 0 or 1, got -1: hinge is the loss"),
        (lambda: binary_cross_entropy(v, 0.5), "label of 0 or 1, got 0.5"),
        (lambda: binary_cross_entropy(v, nan), "label of 0 or 1, got nan"),
        (lambda: binary_cross_entropy(v, 2), "softmax_cross_entropy for more than two classes"),
        (lambda: binary_cross_entropy([v, v], 1), "one logit, got 2: softmax_cross_entropy is"),
        (lambda: softmax_cross_entropy([v, v], 2), "a label of 2 classes is 0 to 1, got 2"),
        (lambda: softmax_cross_entropy([v, v], -1), "a label of 2 classes is 0 to 1, got -1"),
        (lambda: softmax_cross_entropy([v, v], 0.5), "a label of 2 classes is 0 to 1, got 0.5"),
        (lambda: softmax_cross_entropy([v, v], nan), "a label of 2 classes is 0 to 1, got nan"),
        (lambda: softmax_cross_entropy([v, v], [0, 1]), "got [0, 1]: of a one-hot label give lab"),
        (lambda: softmax_cross_entropy([v, v], "0"), "is 0 to 1, got '0'"),
        (lambda: softmax_cross_entropy([v], 0), "one logit per class"),
        (lambda: softmax_cross_entropy([], 0), "one logit per class"),
        (lambda: softmax_cross_entropy(v, 0), "a model of one output goes with binary_cross_ent"),
        (lambda: softmax_cross_entropy("ab", 0), "one logit per class"),
        (lambda: l1([]), "l1 has nothing to punish: parameters is empty"),
        (lambda: l2([]), "l2 has nothing to punish: parameters is empty"),
    ],
)  # fmt: skip
def test_what_fits_no_loss_is_refused(loss, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the message is compared below
        loss()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda: squared_error(None, 1.0), "an output must be a number or a Value, got None"),
        (lambda: squared_error(v, "31"), "a target must be a number or a Value, got the text '31'"),
        (lambda: squared_error([[v]], [1.0]), "an output must be a number or a Value, got a list"),
        (lambda: hinge(None, 1), "the score of hinge must be a number or a Value, got None"),
        (lambda: binary_cross_entropy("2", 1), "the logit of binary_cross_entropy must be"),
        (lambda: softmax_cross_entropy([v, None], 0), "a logit must be a number or a Value"),
        (lambda: softmax_cross_entropy([[v], [v]], 0), "a logit must be a number or a Value"),
        (lambda: l2(v), "l2 needs the parameters, got a Value: write l2(model.parameters())"),
        (lambda: l1(MLP(1, [1])), "l1 needs the parameters, got an MLP"),
        (lambda: l2({"w": v}), "a parameter of l2 must be a number or a Value, got the text 'w'"),
    ],
)
def test_what_is_no_number_is_refused(loss, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        loss()
    assert message in str(caught.value)


def test_arrays_are_sequences_of_numbers() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    assert squared_error(np.array([3.0, 1.0]), np.array([1.0, 0.0])) == 5.0
    assert softmax_cross_entropy(np.array([v, v]), np.int64(1)).data == math.log(2)
    with pytest.raises(ValueError, match="target 1 of 2 is nan"):
        squared_error([v, v], np.array([1.0, nan], dtype=np.float32))
    with pytest.raises(ValueError, match="label of -1 or .1, got array"):
        hinge(v, np.array([1, 1]))


# ---- PyTorch -------------------------------------------------------------------------------------


@pytest.mark.peers
@pytest.mark.filterwarnings("default")
def test_losses_agree_with_pytorch(rng: Random) -> None:
    torch = pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')
    functional = torch.nn.functional

    def number(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64)

    for _ in range(50):
        xs, ys = ([rng.gauss(0, 20) for _ in range(3)] for _ in range(2))
        pairs = [
            (lambda s, ys=ys: squared_error(s, ys),
             lambda t, ys=ys: functional.mse_loss(t, number(ys), reduction="sum")),
            (lambda s: softmax_cross_entropy(s, 1),
             lambda t: functional.cross_entropy(t, torch.tensor(1))),
            (lambda s: binary_cross_entropy(s[2], 1),
             lambda t: functional.binary_cross_entropy_with_logits(t[2], number(1.0))),
            (lambda s: binary_cross_entropy(s[0], 0),
             lambda t: functional.binary_cross_entropy_with_logits(t[0], number(0.0))),
            (lambda s: hinge(s[1], -1), lambda t: (1 + t[1]).clamp(min=0)),
            (l1, lambda t: t.abs().sum()),
            (l2, lambda t: t.square().sum()),
        ]  # fmt: skip
        for ours, theirs in pairs:
            values = [Value(x) for x in xs]
            tensor = number(xs).requires_grad_()
            loss, expected = ours(values), theirs(tensor)
            loss.backward()
            expected.backward()
            assert loss.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-13)
            assert [s.grad for s in values] == pytest.approx(
                tensor.grad.tolist(), rel=1e-11, abs=1e-14
            )
