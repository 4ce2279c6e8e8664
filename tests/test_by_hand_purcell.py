"""Purcell's equations against `backward()` of networks of Values, and both against 50 digits.

The networks are built here by plain loops and know nothing of the module; all layers have
different sizes, so that no index can take the place of another.  Letters are those of the module.
"""

from random import Random
from typing import Any

import pytest
from oracle import FORWARD, mp, slope
from programs import Instruction, Program, Truth, gradients

from autograd import OPERATIONS, Value, grad, jacobian, log, sigmoid, softmax, sumprod
from nn import half_squared_error, softmax_cross_entropy
from nn.by_hand import purcell

SIZES = (3, 4, 2, 5)  # the input, then layers 1, 2 and 3
LAST = len(SIZES) - 1
LABEL = 2
IDENTITY = OPERATIONS["pos"]
HIDDEN = "sigmoid tanh softplus silu gelu sin relu pos".split()
OUTPUTS = ["half squared error", "softmax cross-entropy"]


class Network:
    """Random weights, biases, input and targets, and one activation function for each layer."""

    def __init__(self, rng: Random, hidden: str = "tanh", outputs: str = "sigmoid") -> None:
        self.W: list[Any] = [[]]
        self.b: list[Any] = [[]]
        for n, m in zip(SIZES[1:], SIZES):
            self.W.append([[rng.gauss(0, 1) for _ in range(m)] for _ in range(n)])
            self.b.append([rng.gauss(0, 1) for _ in range(n)])
        self.names = ["pos", hidden, "tanh" if hidden != "tanh" else "sigmoid", outputs]
        self.sigma: list[Any] = [OPERATIONS[name] for name in self.names]
        self.x = [rng.gauss(0, 1) for _ in range(SIZES[0])]
        self.y = [rng.gauss(0, 1) for _ in range(SIZES[-1])]

    def loss(self, outputs: Any, kind: str) -> Any:
        if kind == "half squared error":
            return half_squared_error(outputs, self.y)
        return softmax_cross_entropy(outputs, LABEL)

    def by_hand(self, kind: str = "half squared error") -> tuple[Any, ...]:
        """z, a, delta, dW, db as the module computes them."""
        z, a = purcell.forward(self.W, self.b, self.sigma, self.x)
        dlambda_da = grad(lambda outputs: self.loss(outputs, kind))(a[-1])
        delta_L = purcell.output_error(dlambda_da, z[-1], self.sigma[-1])
        delta = purcell.errors(self.W, z, self.sigma, delta_L)
        return z, a, delta, *purcell.rates(delta, a)


class Nodes:
    """The same network of Values, after backward(): W, b, z, a of every layer, and the loss."""

    def __init__(self, net: Network, kind: str = "half squared error") -> None:
        self.W = [[[Value(w) for w in row] for row in rows] for rows in net.W]
        self.b = [[Value(b) for b in row] for row in net.b]
        self.z: list[Any] = [[]]
        self.a: list[Any] = [net.x]
        for n in range(1, len(SIZES)):
            self.z.append([])
            for i in range(SIZES[n]):
                z_i: Any = self.b[n][i]
                for j in range(SIZES[n - 1]):
                    z_i = z_i + self.W[n][i][j] * self.a[n - 1][j]
                self.z[n].append(z_i)
            self.a.append([OPERATIONS[net.names[n]](z_i) for z_i in self.z[n]])
        self.loss = net.loss(self.a[-1], kind)
        self.loss.backward()


def grads(v: Any) -> Any:
    return [grads(item) for item in v] if isinstance(v, list) else v.grad


def data(v: Any) -> Any:
    return [data(item) for item in v] if isinstance(v, list) else v.data


def flat(numbers: Any) -> list[Any]:
    if not isinstance(numbers, list):
        return [numbers]
    return [x for item in numbers for x in flat(item)]


def program_of(net: Network, kind: str) -> Program:
    """The network once more, instruction by instruction, for the truth at 50 digits.

    Its variables are the weights and then the biases of layer 1, 2, 3.
    """
    program = Program([x for W, b in zip(net.W, net.b) for x in [*flat(W), *b]])

    def append(name: str, *operands: Any) -> int:
        xs = [program.values[k] if isinstance(k, int) else mp.mpf(k) for k in operands]
        d = [slope(name, xs, k) if isinstance(i, int) else mp.zero for k, i in enumerate(operands)]
        program.append(Instruction(name, operands), FORWARD[name](*xs), d)
        return len(program.values) - 1

    a: list[Any] = net.x
    first = 0
    for name, n, m in zip(net.names[1:], SIZES[1:], SIZES):
        z = []
        for i in range(n):
            start = first + i * m
            z.append(append("sumprod", *range(start, start + m), *a, first + n * m + i))
        a = [append(name, z_i) for z_i in z]
        first += n * m + n
    if kind == "half squared error":
        squares = [append("pow", append("sub", a_i, y), 2.0) for a_i, y in zip(a, net.y)]
        append("mul", 0.5, append("total", *squares))
    else:
        append("logsumexp", *[append("sub", a_i, a[LABEL]) for a_i in a])
    return program


def assert_close(computed: Any, expected: Any, size: Any) -> None:
    """The same shape, and within 1e-13 of `size`, the sum of the absolute terms."""
    assert list(map(len, [computed, size])) == [len(expected)] * 2
    for p, q, s in zip(computed, expected, size):
        assert abs(p - q) <= 1e-13 * s


# ---- by hand, with whole numbers -----------------------------------------------------------------


def test_a_weighted_sum_has_a_bias() -> None:
    assert purcell.weighted_sums([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]], [10.0, 20.0], [1, 2, 3]) == [
        15.0,
        27.0,
    ]


def test_the_rate_of_a_weight_is_error_times_activation() -> None:
    assert purcell.weight_rates([2.0, -1.0], [3.0, 0.0, 1.0]) == [[6, 0, 2], [-3, 0, -1]]


def test_the_rate_of_a_bias_is_the_error_in_a_list_of_its_own() -> None:
    delta = [2.0, -1.0]
    assert purcell.bias_rates(delta) == delta
    assert purcell.bias_rates(delta) is not delta


@pytest.mark.parametrize("back", [purcell.previous_error, purcell.previous_error_vector])
def test_the_error_of_the_layer_before_goes_back_through_the_weights(back: Any) -> None:
    W = [[1.0, -2.0, 0.0], [3.0, 1.0, 4.0]]
    assert back(W, [2.0, -1.0], [3.0, -5.0, 1.0], IDENTITY) == [-1, -5, -4]
    assert back(W, [2.0, -1.0], [3.0, -5.0, 1.0], OPERATIONS["relu"]) == [-1, 0, -4]


def test_the_rates_between_two_layers_have_a_row_for_each_later_neuron() -> None:
    W = [[1.0, -2.0, 0.0], [3.0, 1.0, 4.0]]
    assert purcell.rates_between(W, [3.0, -5.0, 1.0], OPERATIONS["relu"]) == [[1, 0, 0], [3, 0, 4]]


def test_the_output_error_of_linear_outputs_is_the_derivative_of_the_loss() -> None:
    assert purcell.output_error([-1.0, 2.0], [7.0, 8.0], IDENTITY) == [-1, 2]


def test_the_output_error_has_the_slope_of_the_activation_function() -> None:
    assert purcell.output_error([-1.0, 2.0], [0.0, 0.0], sigmoid) == [-0.25, 0.5]


def test_the_joint_output_error_sums_over_outputs_not_over_sums() -> None:
    assert purcell.output_error_joint([1.0, 10.0], [[1.0, 2.0], [3.0, 4.0]]) == [31, 42]


def test_a_step_subtracts_a_proportion_of_every_rate() -> None:
    W, b = purcell.descend(
        [[], [[1.0, 2.0]]], [[], [3.0]], [[], [[10.0, -20.0]]], [[], [30.0]], 0.5
    )
    assert W == [[], [[-4.0, 12.0]]]
    assert b == [[], [-12.0]]


def test_a_network_of_one_layer_has_one_error() -> None:
    assert purcell.errors([[], [[5.0]]], [[], [1.0]], [IDENTITY, sigmoid], [3.0]) == [[], [3.0]]


def test_item_0_stands_for_the_input(rng: Random) -> None:
    net = Network(rng)
    z, a, delta, dW, db = net.by_hand()
    assert a[0] == net.x
    assert [z[0], delta[0], dW[0], db[0]] == [[]] * 4
    assert [len(d) for d in delta[1:]] == [len(rates) for rates in db[1:]] == list(SIZES[1:])
    assert [(len(W), len(W[0])) for W in dW[1:]] == list(zip(SIZES[1:], SIZES))


def test_the_activation_function_of_layer_0_is_not_asked(rng: Random) -> None:
    net = Network(rng)
    usual = net.by_hand()
    net.sigma[0] = None
    assert net.by_hand() == usual


def test_nothing_given_is_changed(rng: Random) -> None:
    net, same = Network(Random(1)), Network(Random(1))
    z, a, _, dW, db = net.by_hand()
    purcell.descend(net.W, net.b, dW, db, 0.1)
    assert (net.W, net.b, net.x) == (same.W, same.b, same.x)
    delta_L = [1.0] * SIZES[-1]
    purcell.errors(net.W, z, net.sigma, delta_L)[-1][0] = 7.0
    assert delta_L == [1.0] * SIZES[-1]
    a[0][0] = 7.0
    assert net.x == same.x


# ---- one equation at a time, against backward() --------------------------------------------------


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_forward_pass_is_that_of_the_network(hidden: str, rng: Random) -> None:
    net = Network(rng, hidden)
    nodes = Nodes(net)
    z, a = purcell.forward(net.W, net.b, net.sigma, net.x)
    for n in range(1, len(SIZES)):
        before = [abs(v) for v in a[n - 1]]
        terms = [
            abs(bias) + sum(abs(w) * v for w, v in zip(row, before))
            for row, bias in zip(net.W[n], net.b[n])
        ]
        assert_close(z[n], data(nodes.z[n]), terms)  # another order of the sum
        assert_close(a[n], data(nodes.a[n]), [1 + size for size in terms])  # no slope above 1.2


@pytest.mark.parametrize("n", range(1, len(SIZES)))
def test_equations_2_3_and_4_give_the_rates_of_a_layer_to_the_bit(n: int, rng: Random) -> None:
    nodes = Nodes(Network(rng))
    delta, a = grads(nodes.z[n]), data(nodes.a[n - 1]) if n > 1 else nodes.a[0]
    assert purcell.weight_rates(delta, a) == grads(nodes.W[n])
    assert purcell.bias_rates(delta) == grads(nodes.b[n])


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("n", range(2, len(SIZES)))
@pytest.mark.parametrize("back", [purcell.previous_error, purcell.previous_error_vector])
def test_equations_5_6_and_7_give_the_error_of_the_layer_before(
    back: Any, n: int, hidden: str, rng: Random
) -> None:
    net = Network(rng, hidden)
    nodes = Nodes(net)
    delta, z = grads(nodes.z[n]), data(nodes.z[n - 1])
    between = purcell.rates_between(net.W[n], z, net.sigma[n - 1])
    terms = [sum(abs(d * row[i]) for d, row in zip(delta, between)) for i in range(len(z))]
    assert_close(
        back(net.W[n], delta, z, net.sigma[n - 1]), grads(nodes.z[n - 1]), terms
    )  # sums of at most five terms in another order


@pytest.mark.parametrize("n", range(2, len(SIZES)))
def test_the_rates_between_layers_are_a_jacobian(n: int, rng: Random) -> None:
    net = Network(rng)
    z, _ = purcell.forward(net.W, net.b, net.sigma, net.x)

    def next_sums(before: Any) -> list[Any]:
        a = [net.sigma[n - 1](z_i) for z_i in before]
        return [sumprod(row, a, bias) for row, bias in zip(net.W[n], net.b[n])]

    computed = purcell.rates_between(net.W[n], z[n - 1], net.sigma[n - 1])
    expected = jacobian(next_sums)(z[n - 1])
    assert len(computed) == SIZES[n]
    for row, right in zip(computed, expected, strict=True):
        assert_close(row, right, [abs(d) for d in right])  # one product each


@pytest.mark.parametrize("outputs", HIDDEN)
def test_the_output_error_is_the_gradient_by_the_output_sums(outputs: str, rng: Random) -> None:
    net = Network(rng, outputs=outputs)
    nodes = Nodes(net)
    z, a = data(nodes.z[-1]), data(nodes.a[-1])
    delta_L = purcell.output_error(grad(half_squared_error)(a, net.y), z, net.sigma[-1])
    assert_close(delta_L, grads(nodes.z[-1]), [abs(d) for d in delta_L])  # products alone


# ---- the whole network, against 50 digits --------------------------------------------------------


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_error_and_every_rate_is_right(hidden: str, kind: str) -> None:
    rng = Random(f"{hidden} {kind}")
    net = Network(rng, hidden, "sigmoid" if kind == "half squared error" else "pos")
    program = program_of(net, kind)
    truth = Truth(program, rng)
    _, _, delta, dW, db = net.by_hand(kind)
    assert len(truth.gradients) == sum(n * m + n for n, m in zip(SIZES[1:], SIZES)) == 41

    def aligned(weights: Any, biases: Any) -> list[float]:
        return [x for W, b in zip(weights, biases) for x in [*flat(W), *b]]

    assert not truth.wrong(aligned(dW, db))
    assert not truth.wrong(aligned(dW, delta))  # a bias moves its weighted sum one for one
    nodes = Nodes(net, kind)
    assert not truth.wrong(aligned(grads(nodes.W), grads(nodes.b)))
    assert not truth.wrong(aligned(grads(nodes.W), grads(nodes.z)))
    assert not truth.wrong(gradients(program))


def test_the_bound_would_notice_a_rate_off_by_a_billionth(rng: Random) -> None:
    net = Network(rng)
    truth = Truth(program_of(net, OUTPUTS[0]), rng)
    _, _, _, dW, db = net.by_hand()
    computed = [x for W, b in zip(dW, db) for x in [*flat(W), *b]]
    for i in range(len(computed)):
        changed = [*computed[:i], computed[i] * (1 + 1e-9), *computed[i + 1 :]]
        assert truth.wrong(changed) == [i]


# ---- outputs that depend on all weighted sums ----------------------------------------------------


def softmax_nodes(z: list[float]) -> tuple[Value, list[Value]]:
    nodes = [Value(z_i) for z_i in z]
    loss = -log(softmax(nodes)[LABEL])
    loss.backward()
    return loss, nodes


def test_the_joint_form_is_right_for_softmax(rng: Random) -> None:
    z = [rng.gauss(0, 1) for _ in range(5)]
    p = softmax(z)
    dlambda_da = [-1 / p[k] if k == LABEL else 0.0 for k in range(5)]
    joint = purcell.output_error_joint(dlambda_da, jacobian(softmax)(z))
    _, nodes = softmax_nodes(z)
    assert_close(joint, grads(nodes), [1.0] * 5)  # probabilities minus 0 or 1: terms of at most 1
    assert_close(joint, [p[i] - (i == LABEL) for i in range(5)], [1.0] * 5)


def test_the_elementwise_form_is_wrong_for_softmax(rng: Random) -> None:
    z = [rng.gauss(0, 1) for _ in range(5)]
    p, slopes = softmax(z), jacobian(softmax)(z)
    elementwise = [-1 / p[i] * slopes[i][i] if i == LABEL else 0.0 for i in range(5)]
    _, nodes = softmax_nodes(z)
    wrong = [i for i in range(5) if abs(elementwise[i] - nodes[i].grad) > 1e-3]
    assert wrong == [0, 1, 3, 4]


def test_with_softmax_in_the_loss_the_elementwise_form_is_right_again(rng: Random) -> None:
    z = [rng.gauss(0, 1) for _ in range(5)]
    delta_L = purcell.output_error(grad(softmax_cross_entropy)(z, LABEL), z, IDENTITY)
    _, nodes = softmax_nodes(z)
    assert_close(delta_L, grads(nodes), [1.0] * 5)


def test_both_forms_agree_where_each_output_has_its_own_sum(rng: Random) -> None:
    z, dlambda_da = ([rng.gauss(0, 1) for _ in range(5)] for _ in range(2))
    da_dz = jacobian(lambda sums: [sigmoid(z_i) for z_i in sums])(z)
    joint = purcell.output_error_joint(dlambda_da, da_dz)
    assert joint == purcell.output_error(dlambda_da, z, sigmoid)


# ---- gradient descent ----------------------------------------------------------------------------


def test_a_small_step_lowers_the_loss_by_the_proportion_of_the_squared_rates(rng: Random) -> None:
    net = Network(rng)
    _, a, _, dW, db = net.by_hand()
    squares = sum(rate**2 for rate in [*flat(dW), *flat(db)])
    W, b = purcell.descend(net.W, net.b, dW, db, 1e-6)
    _, moved = purcell.forward(W, b, net.sigma, net.x)
    change = net.loss(moved[-1], OUTPUTS[0]) - net.loss(a[-1], OUTPUTS[0])
    assert change == pytest.approx(-1e-6 * squares, rel=1e-4)


def test_a_step_is_that_of_sgd(rng: Random) -> None:
    from nn import SGD

    net = Network(rng)
    nodes = Nodes(net)
    W, b = purcell.descend(net.W, net.b, grads(nodes.W), grads(nodes.b), 0.1)
    parameters = flat([nodes.W, nodes.b])
    SGD(parameters, learning_rate=0.1).step()
    assert (W, b) == (data(nodes.W), data(nodes.b))


# ---- wrong shapes --------------------------------------------------------------------------------

W3X2 = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]  # 3 neurons after 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: purcell.weighted_sums(W3X2, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        lambda: purcell.weighted_sums(W3X2, [1.0, 2.0], [1.0, 2.0]),
        lambda: purcell.previous_error(W3X2, [1.0, 2.0], [1.0, 2.0], IDENTITY),
        lambda: purcell.previous_error(W3X2, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], IDENTITY),
        lambda: purcell.previous_error_vector(W3X2, [1.0, 2.0], [1.0, 2.0], IDENTITY),
        lambda: purcell.previous_error_vector(W3X2, [1.0, 2.0, 3.0], [1.0] * 3, IDENTITY),
        lambda: purcell.output_error([1.0], [1.0, 2.0], IDENTITY),
        lambda: purcell.output_error_joint([1.0], [[1.0, 2.0], [3.0, 4.0]]),
        lambda: purcell.descend([[]], [[], [1.0]], [[]], [[]], 0.1),
        lambda: purcell.descend([[]], [[], [1.0]], [[]], [[], [1.0, 2.0]], 0.1),
        lambda: purcell.descend([[], W3X2], [[]], [[]], [[]], 0.1),
        lambda: purcell.descend([[], W3X2], [[]], [[], W3X2[:2]], [[]], 0.1),
    ],
)
def test_lists_that_do_not_fit_are_refused(call: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the words are those of Python's zip
        call()
