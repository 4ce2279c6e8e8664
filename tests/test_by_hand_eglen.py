"""Eglen's rules against `backward()`, against 50 digits, and by hand on a chain of three units.

The network of Values is built here, with plain loops.  Letters as in `nn.by_hand.eglen`; 3 input,
4 hidden and 2 output units, so that no index can stand for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from oracle import FORWARD, mp, slope
from programs import Instruction, Program, Truth, gradients

from autograd import OPERATIONS, Operation, Value, sigmoid, tanh
from nn.by_hand import eglen

identity = OPERATIONS["pos"]
INPUTS, HIDDEN, OUTPUTS = 3, 4, 2
TRANSFER_FUNCTIONS = [sigmoid, identity, tanh]

each_g = pytest.mark.parametrize("g", TRANSFER_FUNCTIONS, ids=lambda g: g.name)
each_seed = pytest.mark.parametrize("seed", range(5))


class Example:
    """Weights w_ij, w_jk, inputs x_i and targets t_k as lists of floats."""

    def __init__(self, seed: int) -> None:
        rng = Random(seed)
        self.w_ij = [[rng.gauss(0, 1) for _ in range(HIDDEN)] for _ in range(INPUTS)]
        self.w_jk = [[rng.gauss(0, 1) for _ in range(OUTPUTS)] for _ in range(HIDDEN)]
        self.x_i = [rng.gauss(0, 1) for _ in range(INPUTS)]
        self.t_k = [rng.gauss(0, 1) for _ in range(OUTPUTS)]


class Network:
    """The same example made of Values, with biases if they are given; backward() has run."""

    def __init__(
        self, g: Operation, example: Example, b_j: Sequence[float] = (), b_k: Sequence[float] = ()
    ) -> None:
        self.w_ij = [[Value(w) for w in row] for row in example.w_ij]
        self.w_jk = [[Value(w) for w in row] for row in example.w_jk]
        self.b_j = [Value(b) for b in b_j or [0.0] * HIDDEN]
        self.b_k = [Value(b) for b in b_k or [0.0] * OUTPUTS]
        self.a_j, self.y_j, self.a_k, self.y_k = [], [], [], []
        for j in range(HIDDEN):
            a = self.b_j[j]
            for i in range(INPUTS):
                a = a + self.w_ij[i][j] * example.x_i[i]
            self.a_j.append(a)
            self.y_j.append(g(a))
        for k in range(OUTPUTS):
            a = self.b_k[k]
            for j in range(HIDDEN):
                a = a + self.w_jk[j][k] * self.y_j[j]
            self.a_k.append(a)
            self.y_k.append(g(a))
        self.E = Value(0.0)
        for k in range(OUTPUTS):
            self.E = self.E + 0.5 * (example.t_k[k] - self.y_k[k]) ** 2
        self.E.backward()


def data(values: Sequence[Value]) -> list[float]:
    return [v.data for v in values]


def grads(values: Sequence[Value]) -> list[float]:
    return [v.grad for v in values]


def flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [x for row in rows for x in row]


def assert_close(computed: Sequence[float], expected: Sequence[float]) -> None:
    """Within 1e-13 of the largest entry, or of 1: both sides add up to 4 terms of about that size,
    in another order.  The sharp bound is that of the test against 50 digits.
    """
    __tracebackhide__ = True
    assert len(computed) == len(expected)
    bound = 1e-13 * max(1.0, *map(abs, expected))
    for mine, other in zip(computed, expected, strict=True):
        assert abs(mine - other) <= bound


# ---- a chain of three units, by hand -------------------------------------------------------------


def test_a_chain_of_three_units_can_be_done_by_hand() -> None:
    w_ij, w_jk, x_i, t_k = [[2.0]], [[3.0]], [1.0], [5.0]
    activity = eglen.forward(identity, w_ij, w_jk, x_i)
    assert activity == ([1.0], [2.0], [2.0], [6.0], [6.0])
    assert eglen.error(t_k, activity.y_k) == 0.5
    assert eglen.output_deltas(identity, [6.0], [6.0], t_k) == [-1.0]
    assert eglen.hidden_deltas(identity, [2.0], w_jk, [-1.0]) == [-3.0]
    assert eglen.back_propagate(identity, w_ij, w_jk, x_i, t_k) == ([[3.0]], [[2.0]])
    assert eglen.learn(identity, w_ij, w_jk, x_i, t_k, 0.5) == ([[0.5]], [[2.0]])


def test_a_weight_leads_from_its_first_index_to_its_second() -> None:
    w_ij = [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    assert eglen.total_inputs(w_ij, [1.0, 0.0]) == [1.0, 2.0, 3.0]
    assert eglen.total_inputs(w_ij, [0.0, 1.0]) == [10.0, 20.0, 30.0]


def test_the_slope_of_a_sigmoid_at_0_is_a_quarter() -> None:
    assert eglen.outputs(sigmoid, [0.0]) == [0.5]
    assert eglen.output_deltas(sigmoid, [0.0], [0.5], [1.5]) == [0.25]
    assert eglen.hidden_deltas(sigmoid, [0.0], [[2.0, 3.0]], [4.0, -8.0]) == [-4.0]


def test_the_change_of_a_weight_is_against_the_derivative() -> None:
    assert eglen.weight_changes(0.5, [[2.0, -4.0]]) == [[-1.0, 2.0]]
    assert eglen.changed([[1.0, 1.0]], [[-1.0, 2.0]]) == [[0.0, 3.0]]


# ---- every rule against backward() ---------------------------------------------------------------


@each_g
@each_seed
def test_equations_1_to_5_agree_with_the_graph(g: Operation, seed: int) -> None:
    example = Example(seed)
    network = Network(g, example)
    y_i, a_j, y_j, a_k, y_k = eglen.forward(g, example.w_ij, example.w_jk, example.x_i)
    assert y_i == example.x_i
    assert_close(a_j, data(network.a_j))
    assert_close(y_j, data(network.y_j))
    assert_close(a_k, data(network.a_k))
    assert_close(y_k, data(network.y_k))
    assert_close([eglen.error(example.t_k, y_k)], [network.E.data])


@each_g
@each_seed
def test_a_delta_is_minus_the_derivative_by_the_total_input(g: Operation, seed: int) -> None:
    example = Example(seed)
    network = Network(g, example)
    a_j, a_k, y_k = data(network.a_j), data(network.a_k), data(network.y_k)
    delta_k = eglen.output_deltas(g, a_k, y_k, example.t_k)
    delta_j = eglen.hidden_deltas(g, a_j, example.w_jk, delta_k)
    assert_close(delta_k, [-d for d in grads(network.a_k)])
    assert_close(delta_j, [-d for d in grads(network.a_j)])


@each_g
@each_seed
def test_steps_2a_to_2c_agree_with_backward(g: Operation, seed: int) -> None:
    example = Example(seed)
    network = Network(g, example)
    by_ij, by_jk = eglen.back_propagate(g, example.w_ij, example.w_jk, example.x_i, example.t_k)
    for computed, weights in zip([by_ij, by_jk], [network.w_ij, network.w_jk], strict=True):
        assert [len(row) for row in computed] == [len(row) for row in weights]
        assert_close(flat(computed), grads(flat(weights)))


@each_g
@each_seed
def test_a_bias_is_one_more_unit_that_is_always_1(g: Operation, seed: int) -> None:
    example, rng = Example(seed), Random(seed + 100)
    b_j = [rng.gauss(0, 1) for _ in range(HIDDEN)]
    b_k = [rng.gauss(0, 1) for _ in range(OUTPUTS)]
    network = Network(g, example, b_j, b_k)

    y_p = [*example.x_i, 1.0]
    a_j = eglen.total_inputs([*example.w_ij, b_j], y_p)
    y_q = [*eglen.outputs(g, a_j), 1.0]  # the unit has no input: eqs. 1 and 2 pass it over
    a_k = eglen.total_inputs([*example.w_jk, b_k], y_q)
    delta_k = eglen.output_deltas(g, a_k, eglen.outputs(g, a_k), example.t_k)
    delta_j = eglen.hidden_deltas(g, a_j, example.w_jk, delta_k)

    by_ij = eglen.weight_derivatives(y_p, delta_j)
    by_jk = eglen.weight_derivatives(y_q, delta_k)
    assert_close(flat(by_ij), grads(flat([*network.w_ij, network.b_j])))
    assert_close(flat(by_jk), grads(flat([*network.w_jk, network.b_k])))


# ---- against 50 digits ---------------------------------------------------------------------------


def append(program: Program, name: str, *operands: int | float) -> int:
    """One more instruction, its exact value and slopes; the place of its result."""
    xs = [program.values[x] if isinstance(x, int) else mp.mpf(x) for x in operands]
    d = [slope(name, xs, n) if isinstance(x, int) else mp.zero for n, x in enumerate(operands)]
    program.append(Instruction(name, operands), FORWARD[name](*xs), d)
    return len(program.values) - 1


def as_program(g: Operation, example: Example) -> Program:
    """The example as a program: its variables are w_ij, row by row, and then w_jk."""
    program = Program(flat(example.w_ij) + flat(example.w_jk))
    y, first = list(example.x_i), 0
    for width in (HIDDEN, OUTPUTS):
        height = len(y)
        columns = [[first + width * i + j for i in range(height)] for j in range(width)]
        totals = [append(program, "sumprod", *column, *y) for column in columns]
        y, first = [append(program, g.name, a) for a in totals], first + height * width
    missed = [append(program, "sub", t, y_k) for t, y_k in zip(example.t_k, y, strict=True)]
    halves = [append(program, "mul", 0.5, append(program, "mul", d, d)) for d in missed]
    append(program, "total", *halves)
    return program


@each_g
@each_seed
def test_the_derivatives_are_as_accurate_as_backward(g: Operation, seed: int) -> None:
    example = Example(seed)
    program = as_program(g, example)
    truth = Truth(program, Random(seed))
    by_ij, by_jk = eglen.back_propagate(g, example.w_ij, example.w_jk, example.x_i, example.t_k)
    assert truth.wrong(gradients(program)) == []
    assert truth.wrong(flat(by_ij) + flat(by_jk)) == []
    assert truth.wrong([d * (1 + 1e-9) for d in flat(by_ij) + flat(by_jk)]) != []


# ---- the learning rule ---------------------------------------------------------------------------


@each_g
def test_learning_is_a_step_against_the_gradient(g: Operation) -> None:
    example, eta = Example(0), 0.25
    network = Network(g, example)
    w_ij, w_jk = eglen.learn(g, example.w_ij, example.w_jk, example.x_i, example.t_k, eta)
    assert_close(flat(w_ij), [w.data - eta * w.grad for w in flat(network.w_ij)])
    assert_close(flat(w_jk), [w.data - eta * w.grad for w in flat(network.w_jk)])


def test_learning_leaves_the_old_weights_alone() -> None:
    example, same = Example(0), Example(0)
    eglen.learn(sigmoid, example.w_ij, example.w_jk, example.x_i, example.t_k, 0.5)
    assert (example.w_ij, example.w_jk) == (same.w_ij, same.w_jk)


def test_exclusive_or_is_learnt_with_a_sigmoid_and_cannot_be_with_the_identity() -> None:
    inputs = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    targets = [[0.0], [1.0], [1.0], [0.0]]
    for g, eta, low, high in ((sigmoid, 1.0, 0.0, 0.02), (identity, 0.1, 0.5, 0.6)):
        rng = Random(0)
        w_ij = [[rng.uniform(-1, 1) for _ in range(4)] for _ in range(3)]
        w_jk = [[rng.uniform(-1, 1)] for _ in range(4)]
        for _ in range(800):
            for x_i, t_k in zip(inputs, targets, strict=True):
                w_ij, w_jk = eglen.learn(g, w_ij, w_jk, x_i, t_k, eta)
        found = [eglen.forward(g, w_ij, w_jk, x_i).y_k for x_i in inputs]
        E = sum(eglen.error(t_k, y_k) for t_k, y_k in zip(targets, found, strict=True))
        assert low <= E < high


# ---- lengths that do not fit ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["w_ij", "w_jk", "x_i", "t_k"])
@pytest.mark.parametrize("length", ["too short", "too long"])
def test_lengths_that_do_not_fit_are_refused(name: str, length: str) -> None:
    arguments = vars(Example(0))
    items = arguments[name]
    arguments[name] = items[1:] if length == "too short" else [*items, items[0]]
    with pytest.raises(ValueError, match="is (shorter|longer) than"):
        eglen.back_propagate(sigmoid, **arguments)


def test_the_error_wants_a_target_for_each_output() -> None:
    for t_k in ([1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="is (shorter|longer) than"):
            eglen.error(t_k, [0.0, 0.0])


def test_a_row_of_weights_for_each_hidden_unit_and_one_of_changes_for_each_row() -> None:
    with pytest.raises(ValueError, match="is shorter than"):
        eglen.hidden_deltas(sigmoid, [0.0, 0.0], [[1.0]], [1.0])
    with pytest.raises(ValueError, match="is shorter than"):
        eglen.changed([[1.0], [1.0]], [[1.0]])
