"""Dahiya's equations against backward(), against the truth at 50 digits, and against counts.

Letters as in nn/by_hand/dahiya.py.  Networks have 3 inputs and layers of 4, 2 and 5 units, each
layer its own activation, so that no index, matrix or activation fits in the place of another.
"""

from collections import Counter
from math import prod
from random import Random

import pytest
from oracle import FORWARD, mp, slope
from programs import Instruction, Program, Truth
from programs import gradients as backward_of_program

from autograd import OPERATIONS, Value, constant, gradients, sumprod, topological_order
from autograd.graph import is_constant
from nn.by_hand import dahiya

NIN, UNITS = 3, (4, 2, 5)
LAYERS = range(len(UNITS))
ACTIVATIONS = [
    ("tanh", "sigmoid", "pos"),
    ("sigmoid", "softplus", "tanh"),
    ("relu", "pos", "sigmoid"),
    ("sin", "gelu", "silu"),
]
each_choice_of_activations = pytest.mark.parametrize("names", ACTIVATIONS, ids="-".join)


class Network:
    """Random numbers: weights, biases, activations and a data set of three examples."""

    def __init__(self, rng: Random, names=ACTIVATIONS[0], units=UNITS, nin=NIN) -> None:
        sizes = [nin, *units]
        self.W = [
            [[rng.gauss(0, 0.8) for _ in range(sizes[l + 1])] for _ in range(sizes[l])]
            for l in range(len(units))
        ]
        self.b = [[rng.gauss(0, 0.8) for _ in range(u)] for u in units]
        self.g = [OPERATIONS[name] for name in names]
        self.X = [[rng.gauss(0, 1) for _ in range(nin)] for _ in range(3)]
        self.Y = [[rng.gauss(0, 1) for _ in range(units[-1])] for _ in range(3)]


class Recorded:
    """The same network of Values, by plain loops: L is the sum of 1/2 (a - y)**2."""

    def __init__(self, network: Network, X=None, Y=None, share: float = 1.0) -> None:
        self.W = [[[Value(w) for w in row] for row in W_l] for W_l in network.W]
        self.b = [[Value(x) for x in b_l] for b_l in network.b]
        self.z, self.a = [], []  # of the last example
        self.L = constant(0.0)
        for x, y in zip(network.X if X is None else X, network.Y if Y is None else Y):
            self.z, self.a, before = [], [], list(x)
            for l in range(len(network.W)):
                z_l = []
                for i in range(len(network.b[l])):
                    z = self.b[l][i]
                    for j in range(len(before)):
                        z = z + self.W[l][j][i] * before[j]
                    z_l.append(z)
                before = [network.g[l](z) for z in z_l]
                self.z.append(z_l)
                self.a.append(before)
            for i, target in enumerate(y):
                self.L = self.L + share * 0.5 * (before[i] - target) ** 2
        self.by = gradients(self.L)
        self.terms = sums_of_absolute_terms(self.L)

    def assert_gradient(self, number: float, v: Value) -> None:
        """The same terms, multiplied and added in another order.

        Each has about 30 roundings of 2**-53, at most 30 terms meet, and a z added in another
        order moves the slopes as little; 1e-13 of the terms' size is 900 such roundings.
        """
        assert abs(number - self.by[v]) <= 1e-13 * self.terms[v]


def sums_of_absolute_terms(root: Value) -> dict[Value, float]:
    """For every node, the sum over its paths of the absolute value of the product along each."""
    sums = {root: 1.0}
    for v in reversed(topological_order(root)):
        for parent, d in zip(v.parents, v.local_derivatives):
            sums[parent] = sums.get(parent, 0.0) + sums[v] * abs(d)
    return sums


def half_square(a, y):
    return [a_i - y_i for a_i, y_i in zip(a, y)]


def run(network: Network, n: int = 0):
    """z, dL/da and the table of deltas for one example."""
    z, a = dahiya.forward(network.W, network.b, network.g, network.X[n])
    dL_da = half_square(a[-1], network.Y[n])
    return z, dL_da, dahiya.deltas(network.W, network.g, z, dL_da)


# ---- forward propagation -------------------------------------------------------------------------


@each_choice_of_activations
def test_z_and_a_are_those_of_a_network_of_values(rng: Random, names) -> None:
    network = Network(rng, names)
    for x, y in zip(network.X, network.Y):
        values = Recorded(network, [x], [y])
        z, a = dahiya.forward(network.W, network.b, network.g, x)
        assert [len(z_l) for z_l in z] == [len(a_l) for a_l in a] == list(UNITS)
        for l in LAYERS:
            assert z[l] == pytest.approx([v.data for v in values.z[l]], rel=1e-13, abs=1e-13)
            assert a[l] == pytest.approx([v.data for v in values.a[l]], rel=1e-13, abs=1e-13)


@each_choice_of_activations
def test_the_matrix_form_of_the_forward_equations_gives_the_same_numbers(rng, names) -> None:
    network = Network(rng, names)
    components = dahiya.forward(network.W, network.b, network.g, network.X[0])
    assert components == dahiya.forward_in_matrix_form(
        network.W, network.b, network.g, network.X[0]
    )


def test_a_forward_pass_computed_by_hand() -> None:
    pos = OPERATIONS["pos"]
    W = [[[2.0], [3.0]], [[10.0]]]
    z, a = dahiya.forward(W, [[1.0], [5.0]], [pos, pos], [7.0, 9.0])
    assert z == a == [[2 * 7 + 3 * 9 + 1], [10 * 42 + 5]]


@pytest.mark.parametrize("x", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0], []])
def test_a_wrong_number_of_inputs_is_refused(rng: Random, x) -> None:
    network = Network(rng)
    for forward in (dahiya.forward, dahiya.forward_in_matrix_form):
        with pytest.raises(ValueError, match="zip"):
            forward(network.W, network.b, network.g, x)


# ---- backward propagation ------------------------------------------------------------------------


@each_choice_of_activations
def test_every_delta_is_the_gradient_of_its_z(rng: Random, names) -> None:
    network = Network(rng, names)
    for n in range(3):
        values = Recorded(network, network.X[n : n + 1], network.Y[n : n + 1])
        _, _, delta = run(network, n)
        for l in LAYERS:
            assert len(delta[l]) == UNITS[l]
            for j in range(UNITS[l]):
                values.assert_gradient(delta[l][j], values.z[l][j])


def test_a_backward_pass_computed_by_hand() -> None:
    W = [[[1.0, 1.0]], [[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]]]
    g = [OPERATIONS["relu"], OPERATIONS["pos"]]
    z = [[-1.0, 4.0], [0.0, 0.0, 0.0]]
    delta = dahiya.deltas(W, g, z, [1.0, 10.0, 100.0])
    assert delta == [[0.0, 7.0 + 110.0 + 1300.0], [1.0, 10.0, 100.0]]


def test_the_base_case_needs_the_last_layer_alone(rng: Random) -> None:
    network = Network(rng, ("tanh", "pos", "sigmoid"))
    z, dL_da, _ = run(network)
    values = Recorded(network, network.X[:1], network.Y[:1])
    delta = dahiya.base_case(network.g[-1], z[-1], dL_da)
    assert len(delta) == UNITS[-1]
    for number, v in zip(delta, values.z[-1]):
        values.assert_gradient(number, v)


@pytest.mark.parametrize(
    "step", [dahiya.delta_from_next, dahiya.delta_in_matrix_form], ids=lambda f: f.__name__
)
def test_a_step_of_the_recursion_needs_the_next_delta_alone(rng: Random, step) -> None:
    network = Network(rng, ACTIVATIONS[1])
    values = Recorded(network, network.X[:1], network.Y[:1])
    z, _, delta = run(network)
    for l in (0, 1):
        numbers = step(network.g[l], z[l], network.W[l + 1], delta[l + 1])
        assert len(numbers) == UNITS[l]
        for number, v in zip(numbers, values.z[l]):
            values.assert_gradient(number, v)


def test_the_matrix_form_is_the_component_form(rng: Random) -> None:
    network = Network(rng)
    z, _, delta = run(network)
    arguments = network.g[0], z[0], network.W[1], delta[1]
    assert dahiya.delta_in_matrix_form(*arguments) == pytest.approx(
        dahiya.delta_from_next(*arguments), rel=1e-15
    )


def test_a_transposed_weight_matrix_does_not_fit(rng: Random) -> None:
    network = Network(rng)
    z, _, delta = run(network)
    transposed = [list(column) for column in zip(*network.W[1])]
    for step in (dahiya.delta_from_next, dahiya.delta_in_matrix_form):
        with pytest.raises(ValueError, match="zip"):
            step(network.g[0], z[0], transposed, delta[1])


# ---- the recursion and its memo ------------------------------------------------------------------


@each_choice_of_activations
def test_the_recursion_gives_the_numbers_of_the_table_with_and_without_a_memo(rng, names) -> None:
    network = Network(rng, names)
    z, dL_da, delta = run(network)
    memo: dict = {}
    for l in LAYERS:
        for j in range(UNITS[l]):
            for notes in (None, {}, memo):
                number = dahiya.delta_by_recursion(network.W, network.g, z, dL_da, l, j, [], notes)
                assert number == pytest.approx(delta[l][j], rel=1e-15)
    assert memo == {(l, j): pytest.approx(delta[l][j]) for l in LAYERS for j in range(UNITS[l])}


def computations(rng: Random, units, memo: bool) -> list[tuple[int, int]]:
    """Which deltas are computed, in order, when delta of the first unit of layer 0 is asked for."""
    network = Network(rng, ["tanh"] * len(units), units)
    z, dL_da, _ = run(network)
    computed: list[tuple[int, int]] = []
    notes: dict | None = {} if memo else None
    dahiya.delta_by_recursion(network.W, network.g, z, dL_da, 0, 0, computed, notes)
    return computed


@pytest.mark.parametrize("units", [(4, 2, 5), (3, 1), (2, 3, 4, 5), (1, 2, 2, 2, 2, 2, 2)], ids=str)
def test_without_a_memo_the_sizes_of_the_layers_multiply_and_with_one_they_add(rng, units) -> None:
    later = units[1:]
    naive = sum(prod(later[:k]) for k in range(len(units)))
    assert len(computations(rng, units, memo=False)) == naive
    assert len(computations(rng, units, memo=True)) == 1 + sum(later)


def test_with_a_memo_each_delta_is_computed_once_and_without_once_for_each_path(rng) -> None:
    units = (4, 2, 5)
    assert set(Counter(computations(rng, units, memo=True)).values()) == {1}
    naive = Counter(computations(rng, units, memo=False))
    assert naive == {(0, 0): 1, (1, 0): 1, (1, 1): 1} | {(2, i): 2 for i in range(5)}


# ---- gradients w.r.t. parameters -----------------------------------------------------------------


def assert_gradients(network: Network, values: Recorded, by_W, by_b) -> None:
    for l in LAYERS:
        assert len(by_W[l]) == len(network.W[l])
        assert len(by_b[l]) == UNITS[l]
        for j in range(len(by_W[l])):
            assert len(by_W[l][j]) == UNITS[l]
            for i in range(UNITS[l]):
                values.assert_gradient(by_W[l][j][i], values.W[l][j][i])
        for i in range(UNITS[l]):
            values.assert_gradient(by_b[l][i], values.b[l][i])


@each_choice_of_activations
def test_the_gradients_of_a_data_set_are_those_of_the_summed_loss(rng: Random, names) -> None:
    for _ in range(5):
        network = Network(rng, names)
        found = dahiya.gradients(network.W, network.b, network.g, network.X, network.Y, half_square)
        assert_gradients(network, Recorded(network), *found)


def test_a_mean_is_a_sum_whose_loss_derivative_has_the_factor_one_over_n(rng: Random) -> None:
    network = Network(rng)
    found = dahiya.gradients(
        network.W, network.b, network.g, network.X, network.Y,
        lambda a, y: [d / 3 for d in half_square(a, y)],
    )  # fmt: skip
    assert_gradients(network, Recorded(network, share=1 / 3), *found)


def test_one_example_gives_the_products_of_a_before_and_delta(rng: Random) -> None:
    network = Network(rng)
    values = Recorded(network, network.X[:1], network.Y[:1])
    _, a = dahiya.forward(network.W, network.b, network.g, network.X[0])
    _, _, delta = run(network)
    before = [network.X[0], a[0], a[1]]
    by_W = [dahiya.weight_gradient(before[l], delta[l]) for l in LAYERS]
    assert_gradients(network, values, by_W, [dahiya.bias_gradient(d) for d in delta])


def test_an_empty_data_set_has_gradients_of_zero_and_a_missing_target_is_refused(rng) -> None:
    network = Network(rng)
    by_W, by_b = dahiya.gradients(network.W, network.b, network.g, [], [], half_square)
    assert {w for W_l in by_W for row in W_l for w in row} | {x for b in by_b for x in b} == {0.0}
    with pytest.raises(ValueError, match="zip"):
        dahiya.gradients(network.W, network.b, network.g, network.X, network.Y[:2], half_square)


def test_any_loss_will_do_that_is_given_by_its_derivative(rng: Random) -> None:
    network = Network(rng, ("tanh", "tanh", "sigmoid"))
    share = [0.1, 0.2, 0.3, 0.15, 0.25]
    values = Recorded(network, network.X[:1], network.Y[:1])
    L = sumprod([-s for s in share], [v.log() for v in values.a[-1]])  # a cross-entropy
    values.by, values.terms = gradients(L), sums_of_absolute_terms(L)
    found = dahiya.gradients(
        network.W, network.b, network.g, network.X[:1], [share],
        lambda a, y: [-y_i / a_i for a_i, y_i in zip(a, y)],
    )  # fmt: skip
    assert_gradients(network, values, *found)


# ---- the truth at 50 digits ----------------------------------------------------------------------


def program_of(network: Network) -> Program:
    """The summed loss over the data set as a program whose variables are W and b, layer by layer.

    Every number in it comes from mpmath: no rule of calculus, and nothing of ours, is asked.
    """
    parameters = [w for W_l in network.W for row in W_l for w in row]
    parameters += [x for b_l in network.b for x in b_l]
    program = Program(parameters)

    def append(name: str, *operands: int | float) -> int:
        xs = [program.values[x] if isinstance(x, int) else mp.mpf(x) for x in operands]
        d = [slope(name, xs, k) if isinstance(x, int) else 0 for k, x in enumerate(operands)]
        program.append(Instruction(name, operands), FORWARD[name](*xs), d)
        return len(program.values) - 1

    place = iter(range(len(parameters)))
    W = [[[next(place) for _ in row] for row in W_l] for W_l in network.W]
    b = [[next(place) for _ in b_l] for b_l in network.b]
    terms = []
    for x, y in zip(network.X, network.Y):
        before: list = list(x)
        for l in LAYERS:
            z = [
                append("sumprod", *[row[i] for row in W[l]], *before, b[l][i])
                for i in range(UNITS[l])
            ]
            before = [append(network.g[l].name, v) for v in z]
        terms += [append("pow", append("sub", v, y_i), 2.0) for v, y_i in zip(before, y)]
    append("mul", 0.5, append("total", *terms))
    return program


@pytest.mark.parametrize("names", ACTIVATIONS[:2], ids="-".join)
def test_the_gradients_of_a_data_set_are_right_at_50_digits(rng: Random, names) -> None:
    network = Network(rng, names)
    by_W, by_b = dahiya.gradients(
        network.W, network.b, network.g, network.X, network.Y, half_square
    )
    flat = [w for W_l in by_W for row in W_l for w in row] + [x for b_l in by_b for x in b_l]
    program = program_of(network)
    truth = Truth(program, rng)
    assert truth.wrong(flat) == []
    assert truth.wrong(backward_of_program(program)) == []
    assert truth.wrong([x * 1.001 for x in flat]) == list(range(len(flat)))  # it can fail


def test_the_networks_of_these_tests_have_a_gradient_everywhere(rng: Random) -> None:
    network = Network(rng)
    values = Recorded(network)
    assert all(g != 0 for v, g in values.by.items() if not v.parents and not is_constant(v))
