"""Hoey's layers, his updates one weight at a time, and his pass that updates each layer as it goes.

Letters as in `nn.by_hand.hoey`; p are the weights as Values, units[l] the Values of layer l.
Sizes of layers differ, so that a wrong index cannot hide.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from math import nan
from random import Random
from typing import Any, NamedTuple

import pytest
from oracle import FORWARD, mp, slope
from programs import Instruction, Program, Truth, gradients

from autograd import OPERATIONS, Value, paths
from nn.by_hand.hoey import (
    activation,
    activation_back,
    backward_pass,
    derivative,
    forward,
    linear,
    linear_back,
    linear_update,
    missing,
    nested,
    squared_error,
    top,
    update_3,
    update_5,
)

ROUNDING = 1e-13  # of the sum of the absolute terms: no sum here has more than some tens of them
POS, RELU, TANH = (OPERATIONS[name] for name in ("pos", "relu", "tanh"))


class Example(NamedTuple):
    """A network, the features and targets of one example, and the same on Values."""

    w: dict[int, Any]
    f: dict[int, Any]
    X: list[float]
    Y: list[float]
    p: dict[int, Any]
    units: dict[int, list[Value]]
    error: Value

    @property
    def indices(self) -> Iterator[tuple[int, int, int]]:
        for k, rows in self.w.items():
            for l in range(1, len(rows)):
                yield from ((k, l, m) for m in range(len(rows[l])))


def draw_example(rng: Random, sizes: list[int], names: list[str]) -> Example:
    def numbers(n: int) -> list[float]:
        return [rng.uniform(-1, 1) for _ in range(n)]

    w, f = {}, {}
    for n, (below, above) in enumerate(pairwise(sizes)):
        w[2 * n] = [[], *(numbers(below + 1) for _ in range(above))]
        f[2 * n + 1] = OPERATIONS[names[n]]
    X, Y = [1.0, *numbers(sizes[0])], [nan, *numbers(sizes[-1])]
    return Example(w, f, X, Y, *on_values(w, f, X, Y))


def on_values(w, f, X, Y) -> tuple[dict[int, Any], dict[int, list[Value]], Value]:
    """The weights, the units of each layer above the features, and the squared error as Values."""
    p = {k: [[Value(x) for x in row] for row in w[k]] for k in w}
    units: dict[int, list[Any]] = {-1: X[1:]}
    for k in sorted(w):
        units[k] = []
        for row in p[k][1:]:
            s = row[0]
            for i in range(1, len(row)):
                s = s + row[i] * units[k - 1][i - 1]
            units[k].append(s)
        units[k + 1] = [f[k + 1](s) for s in units[k]]
    error = Value(0)
    for j in range(1, len(Y)):
        error = error + (units[k + 1][j - 1] - Y[j]) ** 2
    return p, units, error


@pytest.fixture(params=[0, 1, 2])
def example(request) -> Example:
    """Layers of 3, 4, 2 and 5 units: L = 5."""
    rng = Random(request.param)
    return draw_example(rng, [3, 4, 2, 5], rng.sample(["tanh", "sigmoid", "softplus", "gelu"], 3))


def size(root: Value, node: Value) -> float:
    """The absolute terms of a gradient: the products along all paths."""
    return sum(abs(path.derivative) for path in paths(root, node))


def assert_is_a_step(new: float, e: Example, index: tuple[int, int, int], eta: float) -> None:
    """`new` is w - eta * (d error / dw) / 2: Hoey's eta has taken in the 2 of the square."""
    k, l, m = index
    p = e.p[k][l][m]
    terms = abs(p.data) + eta / 2 * size(e.error, p)
    assert abs(new - (p.data - eta / 2 * p.grad)) <= ROUNDING * terms, index


def directions(e: Example) -> dict[int, Any]:
    """What eta is multiplied by: with an eta of 2**1000 the old weights are lost in rounding."""
    eta = 2.0**1000
    new = backward_pass(e.w, e.f, e.X, e.Y, eta)
    return {k: [[x / eta for x in row] for row in new[k]] for k in new}


# ---- forward -------------------------------------------------------------------------------------


def test_a_linear_layer_adds_w_j0_times_1() -> None:
    assert linear([[], [5.0, 2.0, 3.0]], [1.0, 10.0, 100.0])[1:] == [325.0]


def test_an_activation_layer_maps_each_unit_alone() -> None:
    assert activation(TANH, [nan, 0.5, -2.0])[1:] == [math.tanh(0.5), math.tanh(-2.0)]


def test_every_output_is_that_of_the_values(example) -> None:
    run = forward(example.w, example.f, example.X)
    assert len(run.output) == 6
    for k, units in example.units.items():
        if k >= 0:
            assert run.output[k][1:] == pytest.approx([v.data for v in units], rel=1e-14, abs=1e-14)


def test_a_linear_layer_has_one_input_more_than_the_activation_layer_below_has_outputs(
    example,
) -> None:
    run = forward(example.w, example.f, example.X)
    inputs = [[0, 1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3, 4], [1, 2], [0, 1, 2], [1, 2, 3, 4, 5]]
    for k, units in enumerate(inputs):
        assert [i for i, x in enumerate(run.input[k]) if not math.isnan(x)] == units
        assert run.input[k][0] == 1 or k % 2
        assert math.isnan(run.output[k][0])  # there is no output unit 0
        assert k == 0 or run.input[k][1:] == run.output[k - 1][1:]


def test_all_layers_in_one_formula_are_the_layers_one_by_one(example) -> None:
    run = forward(example.w, example.f, example.X)
    for l in (1, 3, 5):
        units = range(1, len(run.output[l]))
        formula = [nested(example.w, example.f, example.X, l, j) for j in units]
        assert formula == run.output[l][1:]


def test_the_squared_error_has_no_half() -> None:
    assert squared_error([nan, 3.0, 1.0], [nan, 1.0, 4.0]) == 4 + 9


def test_the_number_of_the_last_layer_is_odd() -> None:
    assert top({0: [], 2: [], 4: []}, {1: POS, 3: POS, 5: POS}) == 5


# ---- one weight at a time ------------------------------------------------------------------------


def test_the_derivative_of_every_output_by_every_weight_is_that_of_backward(example) -> None:
    run = forward(example.w, example.f, example.X)
    for layer in (1, 3, 5):
        for j, unit in enumerate(example.units[layer], 1):
            example.error.zero_grad()
            unit.backward()
            for k, l, m in example.indices:
                if k < layer:
                    p = example.p[k][l][m]
                    d = derivative(example.w, example.f, run, layer, j, (k, l, m))
                    assert abs(d - p.grad) <= ROUNDING * size(unit, p), (layer, j, k, l, m)


def test_at_layer_k_the_derivative_is_a_slope_times_an_input_and_0_for_other_units() -> None:
    w = {0: [[], [0.0, 1.0, 1.0], [0.0, 2.0, 0.0], [1.0, 1.0, 1.0]]}
    run = forward(w, {1: OPERATIONS["sigmoid"]}, [1.0, 0.0, 7.0])
    at = [[derivative(w, {1: OPERATIONS["sigmoid"]}, run, 1, j, (0, 2, m)) for m in range(3)]
          for j in (1, 2, 3)]  # fmt: skip
    assert at == [[0, 0, 0], [0.25, 0, 0.25 * 7], [0, 0, 0]]  # sigmoid'(0) = 1/4


def test_equation_3_is_a_gradient_step_with_half_of_eta(example) -> None:
    example.error.backward()
    for index in example.indices:
        new = update_3(example.w, example.f, example.X, example.Y, 0.3, index)
        assert_is_a_step(new, example, index, 0.3)


def test_equation_5_is_the_same_step_below_the_last_linear_layer(example) -> None:
    example.error.backward()
    for index in example.indices:
        if index[0] < 4:
            new = update_5(example.w, example.f, example.X, example.Y, 0.3, index)
            assert_is_a_step(new, example, index, 0.3)


def test_equation_5_is_refused_at_the_last_linear_layer(example) -> None:
    with pytest.raises(ValueError, match="nothing below layer 4 depends on its own weights"):
        update_5(example.w, example.f, example.X, example.Y, 0.3, (4, 1, 0))


def test_what_is_passed_back_to_a_unit_is_minus_half_the_gradient_of_the_error_there(
    example,
) -> None:
    example.error.backward()
    run = forward(example.w, example.f, example.X)
    back = missing(example.Y, run.output[5])
    for k in (4, 2, 0):
        at_k = activation_back(example.f[k + 1], run.input[k + 1], back)
        for passed, units in ((back, example.units[k + 1]), (at_k, example.units[k])):
            assert math.isnan(passed[0])  # there is no unit 0 to pass it to
            for b, v in zip(passed[1:], units, strict=True):
                assert abs(b + v.grad / 2) <= ROUNDING * size(example.error, v)
        back = linear_back(example.w[k], at_k)
    assert len(back) == len(example.X)


def test_a_relu_passes_back_only_where_its_input_is_above_0() -> None:
    back = activation_back(RELU, [nan, -1.0, 0.0, 2.0], [nan, 5.0, 5.0, 5.0])
    assert back[1:] == [0.0, 0.0, 5.0]  # at the kink the table takes the left piece


# ---- all weights in one pass ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "names"),
    [
        ([2, 3], ["sigmoid"]),
        ([4, 1, 3], ["tanh", "pos"]),
        ([3, 4, 2, 5], ["tanh", "relu", "sigmoid"]),
        ([2, 4, 3, 5, 1], ["gelu", "softplus", "silu", "tanh"]),
    ],
    ids=str,
)
def test_one_pass_is_right_to_the_bound_of_the_truth_at_fifty_digits(sizes, names) -> None:
    rng = Random(1)
    e = draw_example(rng, sizes, names)
    program = as_program(e)
    truth = Truth(program, rng)
    assert not truth.wrong(gradients(program))
    s = directions(e)
    assert not truth.wrong([-2 * s[k][l][m] for k, l, m in e.indices])
    assert not truth.ill_conditioned
    zero = sum(g == 0 for g in truth.gradients)
    assert zero <= 0.5 * len(truth.gradients)
    off = [g * (1 + mp.mpf("1e-12")) for g in truth.gradients]
    assert len(truth.wrong(off)) >= 0.9 * (len(off) - zero)  # the bound is narrow


def as_program(e: Example) -> Program:
    """The network and its error, whose variables are the weights, for the oracle."""
    place = {index: n for n, index in enumerate(e.indices)}
    program = Program([e.w[k][l][m] for k, l, m in place])

    def record(name: str, *operands: int | float) -> int:
        xs = [program.values[x] if isinstance(x, int) else mp.mpf(x) for x in operands]
        d = [slope(name, xs, i) if isinstance(x, int) else mp.zero for i, x in enumerate(operands)]
        program.append(Instruction(name, operands), FORWARD[name](*xs), d)
        return len(program.values) - 1

    below: list[Any] = e.X[1:]
    for k, rows in e.w.items():
        weights = [[place[k, l, m] for m in range(len(rows[l]))] for l in range(1, len(rows))]
        sums = [record("sumprod", *row[1:], *below, row[0]) for row in weights]
        below = [record(e.f[k + 1].name, s) for s in sums]
    record("total", *(record("pow", record("sub", o, y), 2.0) for o, y in zip(below, e.Y[1:])))
    return program


def test_one_pass_is_equation_3_for_every_weight(example) -> None:
    example.error.backward()
    new = backward_pass(example.w, example.f, example.X, example.Y, 0.3)
    for k, l, m in example.indices:
        assert_is_a_step(new[k][l][m], example, (k, l, m), 0.3)


def test_one_pass_keeps_the_shape_of_the_weights_and_leaves_the_old_ones(example) -> None:
    before = {k: [list(row) for row in rows] for k, rows in example.w.items()}
    new = backward_pass(example.w, example.f, example.X, example.Y, 0.3)
    assert example.w == before
    shapes = [{k: [len(row) for row in rows] for k, rows in w.items()} for w in (new, before)]
    assert shapes[0] == shapes[1]


def test_an_eta_of_0_changes_nothing(example) -> None:
    assert backward_pass(example.w, example.f, example.X, example.Y, 0.0) == example.w


# ---- a layer that is updated before its error is sent down ---------------------------------------


def updated_too_early(w, f, X, Y, eta: float) -> dict[int, Any]:
    """Hoey's pass with two lines exchanged."""
    new = dict(w)
    L, run = top(w, f), forward(w, f, X)
    back = missing(Y, run.output[L])
    for k in range(L - 1, -1, -2):
        at_k = activation_back(f[k + 1], run.input[k + 1], back)
        new[k] = linear_update(new[k], run.input[k], at_k, eta)
        back = linear_back(new[k], at_k)
    return new


def test_updating_too_early_makes_a_step_of_1_2_one_of_1_52() -> None:
    w = {0: [[], [0.0, 2.0]], 2: [[], [0.0, 3.0]]}
    case = w, {1: POS, 3: POS}, [1.0, 1.0], [nan, 10.0], 0.1
    right, wrong = backward_pass(*case), updated_too_early(*case)
    assert right[2] == wrong[2] == [[], pytest.approx([0.4, 3.8])]  # 10 - 6 = 4, and 0.1 * 4 * 2
    assert right[0][1][1] - 2 == pytest.approx(1.2)  # 0.1 * 4 * 3
    assert wrong[0][1][1] - 2 == pytest.approx(1.52)  # 0.1 * 4 * 3.8


@pytest.mark.parametrize("eta", [1.0, 0.5, 0.25])
def test_updating_too_early_is_off_by_eta_squared_times_the_square_of_what_was_sent(eta) -> None:
    e = draw_example(Random(3), [3, 4, 5], ["tanh", "sigmoid"])
    case = e.w, e.f, e.X, e.Y, eta
    right, wrong = backward_pass(*case), updated_too_early(*case)
    assert right[2] == wrong[2]
    run = forward(e.w, e.f, e.X)
    sent = activation_back(e.f[3], run.input[3], missing(e.Y, run.output[3]))
    squares = sum(s * s for s in sent[1:])
    for l in range(1, 5):
        for m in range(4):
            (d,) = e.units[1][l - 1].local_derivatives
            off = eta**2 * squares * run.output[1][l] * d * e.X[m]
            assert wrong[0][l][m] - right[0][l][m] == pytest.approx(off, rel=1e-9)


def test_updating_too_early_spares_only_the_last_linear_layer(example) -> None:
    case = example.w, example.f, example.X, example.Y, 0.3
    right, wrong = backward_pass(*case), updated_too_early(*case)
    assert right[4] == wrong[4]
    differ = [wrong[k][l][m] != right[k][l][m] for k, l, m in example.indices if k < 4]
    assert all(differ)


# ---- what cannot be a network --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("linear_layers", "activation_layers"),
    [([], []), ([0], []), ([0, 2], [1]), ([0, 1], [2, 3]), ([1, 3], [0, 2]), ([0], [1, 3])],
)
def test_layers_that_do_not_take_turns_are_refused(linear_layers, activation_layers) -> None:
    w, f = {k: [[]] for k in linear_layers}, dict.fromkeys(activation_layers, POS)
    with pytest.raises(ValueError, match="layers take turns"):
        forward(w, f, [1.0])


def test_features_that_do_not_begin_with_1_are_refused() -> None:
    with pytest.raises(ValueError, match=r"X\[0\] is the input that is always 1, got 0.5"):
        forward({0: [[], [1.0, 2.0]]}, {1: POS}, [0.5, 2.0])


@pytest.mark.parametrize("X", [[1.0], [1.0, 2.0, 3.0]])
def test_a_wrong_number_of_features_is_refused(X) -> None:
    with pytest.raises(ValueError, match="zip"):
        forward({0: [[], [1.0, 2.0]]}, {1: POS}, X)


@pytest.mark.parametrize("Y", [[nan], [nan, 1.0, 2.0]])
def test_a_wrong_number_of_targets_is_refused(Y) -> None:
    with pytest.raises(ValueError, match="zip"):
        backward_pass({0: [[], [1.0, 2.0]]}, {1: POS}, [1.0, 1.0], Y, 0.1)
