"""Known mistakes of a gradient by hand: each is planted in a two-layer network and named.

The network is NumPy's: a = act(x W1 + b1), a W2 + b2, and a loss.  Its right gradient stands for
the measured one, off by a part of its error bars.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from autograd import gradcheck
from autograd.checking.mistakes import Claim, _inputs_of, find_mistakes, sentence

np = pytest.importorskip("numpy")

Arrays = dict[str, Any]


def slow(*cases: Any) -> list[Any]:
    """Cases that only the slow tests try."""
    return [pytest.param(case, marks=pytest.mark.slow) for case in cases]


# act, its derivative at the input z
ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: 1.0 * (z > 0)),
}
SHAPES = [(1, 3, 4, 3), (5, 3, 4, 2), (5, 4, 4, 4), (32, 3, 5, 1), (32, 5, 5, 3)]  # N, D, H, K


class Network:
    """Two layers and a loss; `gradient` takes what to do wrongly by keyword."""

    def __init__(
        self, seed: int, shape: Sequence[int], act: str = "tanh", loss: str = "square"
    ) -> None:
        N, D, H, K = shape
        rng = np.random.default_rng(seed)
        self.act, self.slope = ACTIVATIONS[act]
        self.loss = loss
        self.x = {
            "W1": rng.normal(size=(D, H)),
            "b1": rng.normal(size=H) * 0.5,
            "W2": rng.normal(size=(H, K)),
            "b2": rng.normal(size=K) * 0.5,
            "X": rng.normal(size=(N, D)),
        }
        self.targets = rng.normal(size=(N, K))
        self.classes = np.eye(K)[rng.integers(0, K, size=N)]

    def gradient(
        self,
        slope: Callable[[Any, Any, Any], Any] | None = None,
        scores: Callable[[Any, Any], Any] | None = None,
        total: Callable[[Any], Any] = lambda d: d.sum(axis=0),
        penalty: float = 0.0,
    ) -> Arrays:
        """All five; `slope(z, a, da)`, `scores(p, y)` and `total` for the right ones."""
        W1, b1, W2, b2, X = self.x.values()
        N = len(X)
        z = X @ W1 + b1
        a = self.act(z)
        s = a @ W2 + b2
        if self.loss == "square":
            ds = 2 * (s - self.targets) / N
        else:
            e = np.exp(s - s.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            ds = (p - self.classes if scores is None else scores(p, self.classes)) / N
        da = ds @ W2.T
        dz = da * (self.slope(z) if slope is None else slope(z, a, da))
        return {
            "W1": X.T @ dz + penalty * W1,
            "b1": total(dz),
            "W2": a.T @ ds + penalty * W2,
            "b2": total(ds),
            "X": dz @ W1.T,
        }


def claims(
    x: Arrays, claimed: Arrays, right: Arrays, without: str = "X", relative: float = 1e-9
) -> list[Claim]:
    """What a check has found: numbers beside the right ones, by a part of their bars."""
    rng = np.random.default_rng(1)
    found = []
    for name in x:
        if name not in without:
            bars = relative * (np.abs(right[name]) + 1e-3)
            numeric = right[name] + bars * rng.uniform(-1, 1, size=bars.shape)
            parts = [np.ravel(part).tolist() for part in (x[name], claimed[name], numeric, bars)]
            found.append(Claim(name, np.shape(x[name]), *parts))
    return found


def kinds(inputs: list[Claim], again: Any = None) -> dict[str, list[str]]:
    """The kinds named, and of which inputs."""
    named: dict[str, list[str]] = {}
    for mistake in find_mistakes(inputs, again):
        named.setdefault(mistake.kind, []).extend(mistake.names)
    return named


def networks(act: str | None = None, loss: str | None = None, seeds: int = 3) -> list[Network]:
    return [
        Network(seed, shape, a, l)
        for shape in SHAPES
        for seed in range(seeds)
        for a in ([act] if act else ACTIVATIONS)
        for l in ([loss] if loss else ["square", "softmax"])
        if not (l == "softmax" and shape[3] == 1)
    ]


def named(plant: Callable[[Network, Arrays], Arrays], nets: list[Network], **keywords: Any) -> Any:
    """What is named in each network where the planted mistake changes anything."""
    found = []
    for network in nets:
        right = network.gradient()
        inputs = claims(network.x, plant(network, right), right, **keywords)
        if any(claim.wrong for claim in inputs):
            found.append(kinds(inputs))
    assert found
    return found


def batches(nets: list[Network]) -> list[Network]:
    return [network for network in nets if len(network.x["X"]) > 1]


# ---- what one input's numbers show ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "kind"),
    [(2, "2"), (0.5, "1/2"), (-1, "-1"), (5, "5"), (1 / 32, "1/32"), (-2, "-2"), (-0.5, "-1/2")],
)
def test_a_factor_is_named_with_all_it_stands_on(k: float, kind: str) -> None:
    for found in named(lambda _, right: {n: k * g for n, g in right.items()}, networks()):
        assert list(found) == [f"factor {kind}"]


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_a_transposed_gradient_is_named_square_or_not(name: str) -> None:
    nets = [network for network in networks() if 1 not in network.x[name].shape]
    for found in named(lambda _, right: {**right, name: right[name].T}, nets):
        assert found in (
            {"transposed": [name]},
            {},
        )  # a relu's gradient may be 0, and is then itself


def test_a_transposed_gradient_that_is_its_own_negative_has_two_names() -> None:
    g = [0.0, 1.0, 2.0, -1.0, 0.0, 3.0, -2.0, -3.0, 0.0]
    claim = Claim("A", (3, 3), [1.0] * 9, [-x for x in g], g, [1e-9] * 9)
    assert sentence(find_mistakes([claim])) == (
        "the gradient by A is -1 times the derivative everywhere: the sign is wrong; "
        "or the gradient by A is transposed"
    )


def test_a_symmetric_gradient_is_right_transposed() -> None:
    g = [1.0, 2.0, 2.0, 3.0]
    assert find_mistakes([Claim("A", (2, 2), g, g, g, [1e-9] * 4)]) == []


def test_swapped_axes_of_a_block_are_named() -> None:
    g = np.arange(24.0).reshape(2, 3, 4)
    wrong = g.transpose(2, 1, 0).reshape(2, 3, 4)
    claim = Claim("A", g.shape, [1.0] * 24, wrong.ravel().tolist(), g.ravel().tolist(), [1e-9] * 24)
    assert sentence(find_mistakes([claim])) == "the gradient by A is transposed in its axes 0 and 2"


@pytest.mark.parametrize(("rate", "kind"), [(-0.1, "missing"), (0.1, "twice")])
@pytest.mark.parametrize("slope", [lambda x: x, np.sign])
def test_a_penalty_is_named_missing_or_twice(rate: float, kind: str, slope: Any) -> None:
    def plant(network: Network, right: Arrays) -> Arrays:
        return {**right, **{n: right[n] + rate * slope(network.x[n]) for n in ("W1", "W2")}}

    nets = [network for network in networks() if network.x["W2"].shape[1] > 1]
    for found in named(plant, nets):
        assert found in ({f"penalty {kind}": ["W1", "W2"]}, {f"penalty {kind}": ["W1"]})


def test_an_error_that_is_the_same_everywhere_is_no_penalty_of_equal_parameters() -> None:
    claim = Claim("w", (4,), [1.0] * 4, [1.5, 2.5, 3.5, 4.5], [1.0, 2.0, 3.0, 4.0], [1e-9] * 4)
    assert find_mistakes([claim]) == []


def test_the_gradient_of_another_input_is_named() -> None:
    nets = [n for n in networks() if n.x["W1"].shape == n.x["W2"].shape]
    for found in named(lambda _, right: {**right, "W1": right["W2"]}, nets):
        assert found == {"another": ["W1"]}


def test_two_numbers_whose_gradients_are_swapped_are_named_and_one_is_not() -> None:
    x, y = (Claim(n, (), [1.0], [c], [d], [1e-9]) for n, c, d in (("x", 3, 7), ("y", 7, 3)))
    assert kinds([x, y]) == {"another": ["x", "y"]}
    right = Claim("y", (), [1.0], [3.0], [3.0], [1e-9])
    assert kinds([x, right]) == {}


def test_one_number_alone_is_named_with_doubt_and_only_for_the_usual_factors() -> None:
    assert sentence(find_mistakes([Claim("x", (), [3.0], [6.0], [3.0], [1e-9])])) == (
        "the gradient by x is 2 times the derivative everywhere: "
        "a factor 2 too many, or added twice (one number only: it may be chance)"
    )
    assert find_mistakes([Claim("x", (), [3.0], [21.0], [3.0], [1e-9])]) == []


def test_a_bias_averaged_over_the_batch_where_it_is_summed_is_named() -> None:
    plant = lambda network, _: network.gradient(total=lambda d: d.mean(axis=0))  # noqa: E731
    for found in named(plant, batches(networks())):
        assert found in ({"factor 1/5": ["b1", "b2"]}, {"factor 1/32": ["b1", "b2"]})


def test_a_bias_summed_over_all_it_has_is_named() -> None:
    plant = lambda network, _: network.gradient(total=lambda d: d.sum() + 0 * d[0])  # noqa: E731
    for found in named(plant, [n for n in networks("tanh", "square") if n.x["b2"].size > 1]):
        assert found == {"summed too far": ["b1", "b2"]}


def test_a_softmax_without_the_minus_one_is_named_at_the_last_bias() -> None:
    plant = lambda network, _: network.gradient(scores=lambda p, y: p)  # noqa: E731
    for found in named(plant, networks(loss="softmax")):
        assert found == {"softmax": ["b2"]}


@pytest.mark.parametrize("mean", [True, False])
@pytest.mark.parametrize("turn", [False, True])
def test_a_softmax_without_the_minus_one_is_named_at_the_scores(mean: bool, turn: bool) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), size=6)
    scale = 1 / 6 if mean else 1
    parts = [a.T if turn else a for a in (p * scale, (p - np.eye(4)[[0, 1, 1, 3, 2, 0]]) * scale)]
    found = kinds(claims({"s": parts[0]}, {"s": parts[0]}, {"s": parts[1]}))
    assert found == {"softmax": ["s"]}


# ---- what a second call shows --------------------------------------------------------------------


def test_a_gradient_added_to_that_of_a_call_before_is_named_as_such_and_not_as_a_factor() -> None:
    network = networks()[0]
    right = network.gradient()
    inputs = claims(network.x, {n: 2 * g for n, g in right.items()}, right)
    again = lambda: [np.ravel(3 * right[c.name]).tolist() for c in inputs]  # noqa: E731
    assert kinds(inputs, again) == {"accumulated": ["W1", "b1", "W2", "b2"]}


def test_a_gradient_that_is_another_one_when_asked_again_is_named() -> None:
    claim = Claim("w", (2,), [1.0, 2.0], [0.3, 0.7], [1.0, 2.0], [1e-9] * 2)
    assert kinds([claim], lambda: [[0.9, 0.1]]) == {"unsteady": ["w"]}


# ---- what two layers show ------------------------------------------------------------------------

SLOPES: dict[str, Callable[[Network], Callable[[Any, Any, Any], Any]]] = {
    "slope left out": lambda network: lambda z, a, da: 1,
    "slope at output": lambda network: lambda z, a, da: network.slope(a),
    "slope of input": lambda network: (
        lambda z, a, da: 1 - z * z if network.act is np.tanh else z * (1 - z)
    ),
    "gradient's mask": lambda network: lambda z, a, da: 1.0 * (da > 0),
}
RELUS = [
    Network(seed, shape, "relu")
    for shape in [(1, 3, 8, 2), (5, 3, 8, 1), (5, 4, 12, 2), (32, 4, 16, 3)]
    for seed in range(5)
]


def plant_slope(kind: str) -> Callable[[Network, Arrays], Arrays]:
    return lambda network, _: network.gradient(slope=SLOPES[kind](network))


def is_named(found: dict[str, list[str]], kind: str, names: list[str]) -> bool:
    """Whether it is named at W1, b1 and perhaps X; and what else is named, fits the numbers too.

    Where all that arrives is positive, its mask leaves all of it; where it is negative, nothing.
    """
    same = {"slope left out": "gradient's mask", "gradient's mask": "slope left out"}
    others = set(found) - {kind}
    return found.get(kind, found.get("zero")) in (names, ["W1", "b1"]) and others <= {
        "zero", same.get(kind)
    }  # fmt: skip


@pytest.mark.parametrize("kind", SLOPES)
@pytest.mark.parametrize("act", ["tanh", *slow("sigmoid")])
def test_a_wrong_slope_is_named_where_the_batch_is_an_input(kind: str, act: str) -> None:
    nets = [n for n in networks(act) if n.x["W1"].shape != n.x["W2"].shape]
    for found in named(plant_slope(kind), nets, without=""):
        assert is_named(found, kind, ["W1", "b1", "X"])


@pytest.mark.parametrize(
    "kind", ["slope left out", *slow(*[kind for kind in SLOPES if kind != "slope left out"])]
)
def test_a_layer_that_is_nearly_singular_is_misnamed_in_nothing(kind: str) -> None:
    nets = [n for n in networks("tanh", seeds=8) if n.x["W1"].shape == n.x["W2"].shape]
    every = named(plant_slope(kind), nets, without="")
    assert sum(is_named(found, kind, ["W1", "b1", "X"]) for found in every) >= 0.7 * len(every)
    assert all(kind in found or found in ({}, {"slope left out": ["b1"]}) for found in every)


@pytest.mark.parametrize("kind", SLOPES)
@pytest.mark.parametrize("act", ["tanh", "sigmoid"])
def test_a_wrong_slope_is_named_for_one_example_alone(kind: str, act: str) -> None:
    nets = [Network(seed, (1, 3, 4, 2), act) for seed in range(8)]
    for found in named(plant_slope(kind), nets):
        assert is_named(found, kind, ["W1", "b1"])


@pytest.mark.parametrize("kind", ["slope left out", "gradient's mask"])
def test_a_relu_s_wrong_mask_is_named_where_enough_units_are_on(kind: str) -> None:
    for found in named(plant_slope(kind), RELUS, without=""):
        assert is_named(found, kind, ["W1", "b1", "X"])


@pytest.mark.parametrize("act", ACTIVATIONS)
def test_a_slope_left_out_is_named_by_the_biases_alone(act: str) -> None:
    for found in named(plant_slope("slope left out"), batches(networks(act))):
        assert found == {"slope left out": ["b1"]}


@pytest.mark.parametrize("kind", ["slope at output", "gradient's mask"])
def test_what_a_batch_that_is_no_input_hides_has_no_name(kind: str) -> None:
    for found in named(plant_slope(kind), batches(networks("sigmoid"))):
        assert found == {}


def test_a_bias_of_one_example_is_named_where_the_batch_is_an_input() -> None:
    plant = lambda network, _: network.gradient(total=lambda d: d[-1])  # noqa: E731
    for found in named(plant, batches(networks("tanh")), without=""):
        assert found in ({"one example": ["b1", "b2"]}, {"one example": ["b1"]})


@pytest.mark.parametrize("turned", ["W1 W2", "W1 W2 X"])
def test_weights_and_batches_may_lie_the_other_way_round(turned: str) -> None:
    turn = lambda arrays: {n: g.T if n in turned else g for n, g in arrays.items()}  # noqa: E731
    for network in [n for n in networks("tanh") if n.x["W1"].shape != n.x["W2"].shape]:
        wrong = plant_slope("slope at output")(network, {})
        inputs = claims(turn(network.x), turn(wrong), turn(network.gradient()), "")
        assert list(kinds(inputs)) == ["slope at output"]


# ---- in a check ----------------------------------------------------------------------------------


def square_of(W: list[list[float]]) -> float:
    """W00 W00 + 3 W11 + W01, whose gradient is [[2 W00, 1], [0, 3]]."""
    return W[0][0] ** 2 + 3 * W[1][1] + W[0][1]


def test_a_report_says_what_fits() -> None:
    report = gradcheck(
        square_of, {"W": [[1.0, 2.0], [3.0, 4.0]]}, gradient=lambda W: [[2 * W[0][0], 0.0], [1, 3]]
    )
    assert report.mistake == "the gradient by W is transposed"
    assert "what fits: the gradient by W is transposed" in str(report)


def test_a_report_of_a_right_gradient_says_nothing_and_asks_twice() -> None:
    calls = []

    def gradient(W: list[list[float]]) -> list[list[float]]:
        calls.append(W)
        return [[2 * W[0][0], 1.0], [0.0, 3.0]]

    assert gradcheck(square_of, {"W": [[1.0, 2.0], [3.0, 4.0]]}, gradient=gradient).mistake == ""
    assert len(calls) == 2


def test_a_gradient_function_that_adds_up_is_found_by_asking_again() -> None:
    kept = [5.0, 5.0]

    def gradient(x: float, y: float) -> list[float]:
        kept[0] += y
        kept[1] += x
        return list(kept)

    report = gradcheck(lambda x, y: x * y, {"x": 2.0, "y": 3.0}, gradient=gradient)
    assert report.mistake == (
        "the gradient by x and y grows by the derivative with every call: "
        "it is added to what was there before"
    )


def test_a_sample_of_many_elements_is_one_input() -> None:
    report = gradcheck(
        lambda w: float((w**2).sum()), {"w": np.arange(1.0, 3001.0)}, gradient=lambda w: w
    )
    assert report.mistake == (
        "the gradient by all that was tried is 1/2 times the derivative everywhere: "
        "a factor 2 is missing (a square's?)"
    )


def test_a_gradient_in_single_precision_is_named_as_far_as_its_bars_let_it() -> None:
    w = np.array([0.5, -1.5, 2.0], dtype=np.float32)
    report = gradcheck(lambda w: np.tanh(w).sum(), {"w": w}, gradient=lambda w: np.tanh(w) ** 2 - 1)
    assert report.mistake == (
        "the gradient by w is -1 times the derivative everywhere: the sign is wrong"
    )


def test_elements_are_put_together_by_their_names() -> None:
    names = ["p[0][0, 0]", "p[0][0, 1]", "p[1][0]", "x", "d['W'][0]", "W[0][0]", "W[1][0]"]
    assert [(name, shape) for name, shape, _ in _inputs_of(names)] == [
        ("p[0]", (1, 2)), ("p[1]", (1,)), ("x", ()), ("d['W']", (1,)), ("W", (2, 1)),
    ]  # fmt: skip


# ---- what no known mistake explains --------------------------------------------------------------


def another_mistake(rng: Any, network: Network, right: Arrays) -> tuple[str, Arrays]:
    """A gradient that is wrong in a way of its own."""
    wrong = {name: np.array(g) for name, g in right.items()}
    name = rng.choice(["W1", "b1", "W2", "b2"])
    g = wrong[name]
    size = np.abs(g).max() + 0.1
    kind = rng.choice([
        "element", "noise", "rows", "1.001", "1.37", "elsewhere", "two", "shifted", "sparse",
        "columns",
    ])  # fmt: skip
    if kind == "element":
        g.flat[rng.integers(g.size)] += size * rng.normal()
    elif kind == "noise":
        g += size * rng.normal(size=g.shape) * rng.choice([1e-3, 0.1, 1.0])
    elif kind == "rows":
        wrong[name] = rng.permutation(g)
    elif kind == "columns":
        wrong[name] = rng.permutation(g.T).T
    elif kind == "1.001":
        wrong = {n: 1.001 * x for n, x in wrong.items()}
    elif kind == "1.37":
        g *= 1.37
    elif kind == "elsewhere":
        there = Network(int(rng.integers(1000)), network.x["X"].shape + g.shape[-1:] + (2,))
        wrong[name] = rng.permutation(np.resize(there.gradient()["W1"], g.shape))
    elif kind == "two":
        wrong[name] = -2 * g + 0.1 * network.x[name] ** 3 + 0.01
    elif kind == "shifted":
        g += 0.1
    else:
        g *= rng.random(g.shape) < 0.5
    return kind, wrong


def random_wrong(count: int) -> Any:
    rng = np.random.default_rng(0)
    while count:
        shape = SHAPES[rng.integers(len(SHAPES))]
        act = rng.choice(list(ACTIVATIONS))
        loss = "square" if shape[3] == 1 else rng.choice(["square", "softmax"])
        network = Network(int(rng.integers(10**6)), shape, act, loss)
        right = network.gradient()
        kind, wrong = another_mistake(rng, network, right)
        inputs = claims(network.x, wrong, right, rng.choice(["X", ""]))
        if any(claim.wrong for claim in inputs):
            count -= 1
            yield kind, inputs


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_at_most_one_of_a_hundred_other_mistakes_is_named(count: int) -> None:
    """And rightly: the columns of two classes, exchanged, have the wrong sign everywhere."""
    found = Counter(kind for kind, inputs in random_wrong(count) if find_mistakes(inputs))
    assert sum(found.values()) <= count // 100, found


def test_a_right_gradient_has_no_mistake() -> None:
    for network in networks():
        right = network.gradient()
        assert find_mistakes(claims(network.x, right, right, "")) == []


# ---- numbers at the edges ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-320, 1.0, 1e300, *slow(1e-170, 0.0, 1e170, 1e307)])
@pytest.mark.parametrize("bar", [0.0, 1e-9, float("inf"), float("nan")])
def test_numbers_of_any_size_are_survived(size: float, bar: float) -> None:
    rng = np.random.default_rng(0)
    for network in networks(seeds=1):
        right = {n: size * g / 10 for n, g in network.gradient().items()}
        wrong = {n: g * rng.random(g.shape) for n, g in right.items()}
        x = {n: size * g / 10 for n, g in network.x.items()}
        found = claims(x, wrong, right, "", relative=bar)
        assert find_mistakes(found) == []


@pytest.mark.parametrize("what", [float("nan"), float("inf")])
def test_a_claim_that_is_no_number_has_no_name(what: float) -> None:
    claim = Claim("w", (3,), [1.0, 2.0, 3.0], [2.0, what, 6.0], [1.0, 2.0, 3.0], [1e-9] * 3)
    assert find_mistakes([claim]) == []


def test_an_element_at_a_kink_has_no_part() -> None:
    bars = [1e-9, float("inf"), 1e-9]
    claim = Claim("w", (3,), [1.0, 2.0, 3.0], [2.0, 9.0, 6.0], [1.0, 2.0, 3.0], bars)
    assert kinds([claim]) == {"factor 2": ["w"]}
    assert kinds([claim], lambda: [claim.claimed]) == {"factor 2": ["w"]}


def test_wide_error_bars_name_nothing() -> None:
    claim = Claim("w", (3,), [1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 2.0, 3.0], [0.1] * 3)
    assert find_mistakes([claim]) == []


def test_nothing_given_is_nothing_found() -> None:
    assert find_mistakes([]) == []
    assert find_mistakes([Claim("w", (0, 3), [], [], [], [])]) == []
