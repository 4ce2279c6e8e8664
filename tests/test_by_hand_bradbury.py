"""Bradbury's equations by hand give the numbers of `backward()`, and of the truth at 50 digits."""

import random
from itertools import pairwise

import pytest
from oracle import FORWARD, slope
from programs import Instruction, Program, Truth
from programs import gradients as by_backward

from autograd import OPERATIONS, Value, sumprod, topological_order
from nn import half_squared_error
from nn.by_hand import bradbury
from viz import explain

SIGMAS = ["sigmoid", "tanh", "softplus", "relu", "pos"]
SIZES = [(3, 4, 2, 5), (2, 5, 3), (4, 3), (3, 2, 4, 1), (2, 1, 3, 4, 5)]
ONE_OUTPUT = [(3, 2, 4, 1), (2, 2, 2, 1), (4, 1, 3, 2, 1), (5, 1)]

by_sizes = pytest.mark.parametrize("sizes", SIZES, ids=str)
by_sigma = pytest.mark.parametrize("name", SIGMAS)
by_one_output = pytest.mark.parametrize("sizes", ONE_OUTPUT, ids=str)


def numbers(sizes, rng):
    """Random weights (item 0 empty), inputs and targets of a network of these sizes."""
    W = [[]]
    for columns, rows in pairwise(sizes):
        W.append([[rng.gauss(0, 1.5) for _ in range(columns)] for _ in range(rows)])
    return W, [rng.gauss(0, 1) for _ in range(sizes[0])], [rng.random() for _ in range(sizes[-1])]


class Network:
    """The same network of Values, by plain loops, after backward(); w, a, z have his indices."""

    def __init__(self, W, x, y, sigma):
        self.w = [[[Value(w) for w in row] for row in rows] for rows in W]
        self.a = [[]]
        self.z = [[Value(x_j, f"x_{j}") for j, x_j in enumerate(x, 1)]]
        for k in range(1, len(W)):
            self.a.append([])
            self.z.append([])
            for i in range(len(W[k])):
                only = len(W[k]) == 1 and k == len(W) - 1
                name = f"^({k})" if only else f"_{i + 1}^({k})"
                a = sumprod(self.w[k][i], self.z[k - 1])
                z = sigma(a)
                a.label, z.label = f"a{name}", f"z{name}"
                self.a[k].append(a)
                self.z[k].append(z)
        self.E = 0.0
        for z, y_i in zip(self.z[-1], y):
            self.E = self.E + 0.5 * (z - y_i) * (z - y_i)
        self.E.backward()

    def assert_values(self, a, z):
        """Equal but for rounding: none of these sigma makes a difference larger."""
        assert [len(layer) for layer in (*a, *z)] == [len(layer) for layer in (*self.a, *self.z)]
        size = {v: 1.0 + abs(v.data) for v in self.z[0]}
        for k in range(1, len(z)):
            for i in range(len(z[k])):
                v = self.a[k][i]
                terms = [abs(w.data) * size[u] for w, u in zip(self.w[k][i], self.z[k - 1])]
                size[self.z[k][i]] = 1.0 + sum(terms)
                assert abs(a[k][i] - v.data) <= 1e-13 * sum(terms)
                assert abs(z[k][i] - self.z[k][i].data) <= 1e-13 * (1.0 + sum(terms))

    def assert_gradients(self, nodes, computed):
        """Equal but for rounding: each is a sum of products of under 50 factors, and every rounding
        on the way is 2**-53 of what is there with all terms taken as positive."""
        size = {self.E: 1.0}
        for v in reversed(topological_order(self.E)):
            for parent, d in zip(v.parents, v.local_derivatives):
                size[parent] = size.get(parent, 0.0) + size[v] * abs(d)
        assert len(nodes) == len(computed)
        for v, derivative in zip(nodes, computed):
            assert abs(v.grad - derivative) <= 1e-13 * size[v]


def flat(nested):
    return [x for item in nested for x in flat(item)] if isinstance(nested, list) else [nested]


# ---- section 2 -----------------------------------------------------------------------------------


def test_figure_1_is_one_path_and_its_derivative_is_6():
    assert bradbury.parallel_paths([3], [2], 1.5) == (9.0, 6, [4.5], [3.0])


def test_figure_2_is_two_paths_and_their_sum_is_5():
    y, dy_dx, *_ = bradbury.parallel_paths([3, -1], [2, 1], 1.5)
    assert (y, dy_dx) == (7.5, 5)


def test_figure_3_has_the_derivatives_of_backward_by_x_and_by_every_weight(rng):
    w1, w2 = ([Value(rng.gauss(0, 1)) for _ in range(5)] for _ in range(2))
    x = Value(rng.gauss(0, 1))
    y = sumprod(w2, [w * x for w in w1])
    y.backward()
    found = bradbury.parallel_paths([w.data for w in w1], [w.data for w in w2], x.data)
    sums = sum(abs(w.grad * w.data) for w in w1)  # y and x dy/dx with all terms positive
    assert abs(found.y - y.data) <= 1e-13 * sums
    assert abs(found.dy_dx - x.grad) <= 1e-13 * sums / abs(x.data)
    assert found.dy_dw1 == [w.grad for w in w1]
    assert found.dy_dw2 == [w.grad for w in w2]


def test_figure_3_needs_a_weight_in_and_a_weight_out_for_each_path():
    with pytest.raises(ValueError, match="longer than"):
        bradbury.parallel_paths([1.0, 2.0], [1.0], 3.0)


# ---- forward -------------------------------------------------------------------------------------


def test_an_activation_is_the_weighted_sum_of_the_layer_before():
    W, z = [[], [[1, 2], [3, 4], [5, 6]]], [[10, 100]]
    assert [bradbury.activation(W, z, 1, i) for i in range(3)] == [210, 430, 650]


@by_sigma
@by_sizes
@pytest.mark.parametrize("forward", [bradbury.feed_forward, bradbury.feed_forward_by_nodes])
def test_feeding_forward_gives_the_values_of_the_network(forward, sizes, name, rng):
    W, x, y = numbers(sizes, rng)
    Network(W, x, y, OPERATIONS[name]).assert_values(*forward(W, x, OPERATIONS[name]))


def test_inputs_that_do_not_fit_the_first_weights_are_refused():
    with pytest.raises(ValueError, match="shorter than"):
        bradbury.feed_forward([[], [[1.0, 2.0, 3.0]]], [1.0, 2.0])


def test_the_error_is_half_the_squared_miss_summed_over_outputs():
    assert bradbury.error([0.75], [0.25]) == 0.125
    assert bradbury.error([3, 1], [1, 4]) == 6.5
    assert bradbury.error([3, 1], [1, 4]) == half_squared_error([3, 1], [1, 4])


# ---- backward ------------------------------------------------------------------------------------


@by_sigma
@by_sizes
@pytest.mark.parametrize("route", [bradbury.deltas, bradbury.deltas_by_nodes])
def test_delta_is_the_gradient_of_every_activation(route, sizes, name, rng):
    W, x, y = numbers(sizes, rng)
    network = Network(W, x, y, OPERATIONS[name])
    a, z = bradbury.feed_forward(W, x, OPERATIONS[name])
    delta = route(W, a, z, y, OPERATIONS[name])
    assert [len(layer) for layer in delta] == [0, *sizes[1:]]
    network.assert_gradients(flat(network.a), flat(delta))


def test_the_output_has_its_delta_from_its_own_layer_alone():
    a, z, y = [0.0, 2.0], [0.5, 3.0], [1.0, 1.0]
    assert bradbury.output_delta(a, z, y, OPERATIONS["pos"]) == [-0.5, 2.0]
    assert bradbury.output_delta(a, z, y)[0] == -0.5 * 0.25  # sigma'(0) = 1/4


@by_sizes
@pytest.mark.parametrize("route", [bradbury.weight_gradients, bradbury.weight_gradients_by_nodes])
def test_a_weight_has_delta_times_the_node_before_in_every_layer_the_last_one_too(
    route, sizes, rng
):
    W, x, y = numbers(sizes, rng)
    network = Network(W, x, y, OPERATIONS["sigmoid"])
    a, z = bradbury.feed_forward(W, x)
    gradients = route(bradbury.deltas(W, a, z, y), z)
    shapes = [[len(row) for row in rows] for rows in gradients]
    assert shapes == [[len(row) for row in rows] for rows in W]
    network.assert_gradients(flat(network.w), flat(gradients))


@by_sigma
@by_sizes
def test_backpropagation_is_all_of_it_in_one_call(sizes, name, rng):
    W, x, y = numbers(sizes, rng)
    network = Network(W, x, y, OPERATIONS[name])
    gradients = bradbury.backpropagation(W, x, y, OPERATIONS[name])
    network.assert_gradients(flat(network.w), flat(gradients))


def truth_of(W, x, y, name):
    """The truth at 50 digits by every weight, then by every input."""
    program = Program([*flat(W), *x])

    def result(name, *operands):
        instruction = Instruction(name, operands)
        xs = [program.values[v] if isinstance(v, int) else v for v in operands]
        d = [slope(name, xs, i) if isinstance(v, int) else 0 for i, v in enumerate(operands)]
        program.append(instruction, FORWARD[name](*xs), d)
        return len(program.values) - 1

    weights = iter(range(len(program.values)))
    z = list(range(len(program.values) - len(x), len(program.values)))
    for rows in W:
        a = [result("sumprod", *[next(weights) for _ in row], *z) for row in rows]
        z = [result(name, i) for i in a] or z
    misses = [result("sub", i, y_i) for i, y_i in zip(z, y)]
    total = result("sumprod", *misses, *misses)
    result("mul", 0.5, total)
    return Truth(program, random.Random(1))


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
@pytest.mark.parametrize("sizes", [(3, 4, 2, 5), (2, 5, 3), (3, 2, 4, 1)], ids=str)
def test_the_gradients_are_true_at_50_digits(sizes, name, rng):
    W, x, y = numbers(sizes, rng)
    truth = truth_of(W, x, y, name)
    by_hand = flat(bradbury.backpropagation(W, x, y, OPERATIONS[name]))
    by_x = by_backward(truth.program)[len(by_hand) :]  # by hand, eq. 40 says nothing of inputs
    assert truth.wrong([*by_hand, *by_x]) == []
    assert truth.wrong([1.001 * by_hand[0], *by_hand[1:], *by_x]) == [0]


# ---- tables 1 and 2 ------------------------------------------------------------------------------


@by_one_output
def test_table_1_is_what_explain_says_row_by_row(sizes, rng):
    W, x, y = numbers(sizes, rng)
    network = Network(W, x, y, OPERATIONS["sigmoid"])
    rows = {row.name: row for row in explain(network.E).rows}
    table = bradbury.table_1(W, x, y[0])
    assert {row.variable for row in table} == set(rows)
    for row in table:
        said = rows[row.variable]
        local = [consumer.local_derivative for consumer in said.consumers]
        assert row.step == said.step
        assert row.local_derivatives == pytest.approx(local, rel=1e-13)
        network.assert_gradients([said.node], [row.derivative])


def test_table_1_goes_from_the_output_to_the_inputs_in_seven_steps(rng):
    W, x, y = numbers((2, 2, 2, 1), rng)
    found = [(row.step, row.variable) for row in bradbury.table_1(W, x, y[0])]
    assert found == [
        (1, "z^(3)"), (2, "a^(3)"), (3, "z_1^(2)"), (3, "z_2^(2)"), (4, "a_1^(2)"), (4, "a_2^(2)"),
        (5, "z_1^(1)"), (5, "z_2^(1)"), (6, "a_1^(1)"), (6, "a_2^(1)"), (7, "x_1"), (7, "x_2"),
    ]  # fmt: skip


@by_one_output
def test_table_2_is_table_1_with_vectors(sizes, rng):
    W, x, y = numbers(sizes, rng)
    network = Network(W, x, y, OPERATIONS["sigmoid"])
    table = bradbury.table_2(W, x, y[0])
    K = len(W) - 1
    nodes = {"x": network.z[0]}
    for k in range(1, K + 1):
        nodes |= {f"z^({k})": network.z[k], f"a^({k})": network.a[k]}
    expected = [f"{letter}^({k})" for k in range(K, 0, -1) for letter in "za"]
    assert list(table) == [*expected, "x"]
    for name, derivative in table.items():
        network.assert_gradients(nodes[name], derivative)


@by_sigma
def test_the_tables_hold_for_every_activation_function(name, rng):
    W, x, y = numbers((3, 2, 4, 1), rng)
    network = Network(W, x, y, OPERATIONS[name])
    in_rows = [row.derivative for row in bradbury.table_1(W, x, y[0], OPERATIONS[name])]
    in_vectors = flat([*bradbury.table_2(W, x, y[0], OPERATIONS[name]).values()])
    nodes = [v for a, z in zip(network.a[::-1], network.z[::-1]) for v in (*z, *a)]
    network.assert_gradients(nodes, in_rows)
    network.assert_gradients(nodes, in_vectors)


@pytest.mark.parametrize("table", [bradbury.table_1, bradbury.table_2])
def test_the_tables_need_one_output(table, rng):
    W, x, y = numbers((3, 2), rng)
    with pytest.raises(ValueError, match="one output, got 2"):
        table(W, x, y[0])


# ---- the update ----------------------------------------------------------------------------------


def test_an_update_goes_against_the_gradient():
    W = [[], [[1.0, 2.0]], [[3.0], [4.0]]]
    G = [[], [[10.0, -20.0]], [[30.0], [0.0]]]
    assert bradbury.update(W, G, 0.5) == [[], [[-4.0, 12.0]], [[-12.0], [4.0]]]
    assert W == [[], [[1.0, 2.0]], [[3.0], [4.0]]]


def test_a_small_update_lowers_the_error_by_rate_times_the_squared_gradient(rng):
    W, x, y = numbers((3, 4, 2, 5), rng)
    rate = 1e-5
    G = bradbury.backpropagation(W, x, y)
    before, after = (
        bradbury.error(bradbury.feed_forward(w, x)[1][-1], y)
        for w in (W, bradbury.update(W, G, rate))
    )
    expected = rate * sum(g * g for g in flat(G))
    assert before - after == pytest.approx(expected, rel=1e-3)  # off by the curvature times rate
