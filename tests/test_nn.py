"""nn: neurons, layers, networks, losses, SGD and the data sets of a first lesson."""

import math
import random
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import OPERATIONS, Operation, Value, assert_gradcheck, tanh
from nn import (
    MLP,
    SGD,
    Layer,
    Module,
    Neuron,
    half_squared_error,
    hinge,
    iris,
    moons,
    softmax_cross_entropy,
    standardize,
    stratified_split,
)


def test_a_neuron_is_the_activation_of_a_weighted_sum(rng: random.Random) -> None:
    neuron = Neuron(2, "tanh", rng=rng)
    expected = math.tanh(neuron.b.data + neuron.w[0].data * 3.0 + neuron.w[1].data * -1.0)
    assert neuron([3.0, -1.0]).data == expected


def test_a_neuron_is_relu_unless_told_otherwise_and_none_makes_it_linear(rng) -> None:
    assert Neuron(1, rng=rng)([1.0]).op.name == "relu"
    assert Neuron(1, None, rng=rng)([1.0]).op.name == "sumprod"


def test_weights_are_drawn_as_in_the_lecture() -> None:
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(3)]
    random.seed(1337)
    neuron = Neuron(3)
    assert [w.data for w in neuron.w] == expected
    assert neuron.b.data == 0.0


@pytest.mark.parametrize("inputs", [[1, 2, 3], [1], []])
def test_a_wrong_number_of_inputs_is_refused_with_both_numbers(inputs: list[int]) -> None:
    with pytest.raises(ValueError, match=f"has 2 weights, got {len(inputs)} inputs"):
        Neuron(2)(inputs)
    with pytest.raises(ValueError, match=f"has 2 weights, got {len(inputs)} inputs"):
        MLP(2, [3, 1])(inputs)


def test_a_layer_of_one_neuron_returns_its_value_alone_and_a_list_inside_an_mlp(rng) -> None:
    assert isinstance(Layer(2, 1, rng=rng)([1.0, 2.0]), Value)
    assert len(Layer(2, 3, rng=rng)([1.0, 2.0])) == 3
    assert isinstance(MLP(2, [1, 1], rng=rng)([1.0, 2.0]), Value)
    assert len(MLP(2, [1, 3], rng=rng)([1.0, 2.0])) == 3


def test_hidden_layers_are_activated_and_the_last_is_linear(rng) -> None:
    model = MLP(2, [3, 4, 1], "sigmoid", rng=rng)
    names = [layer.neurons[0].activation for layer in model.layers]
    assert names == [OPERATIONS["sigmoid"], OPERATIONS["sigmoid"], None]


def test_parameters_are_counted_and_labelled(rng) -> None:
    model = MLP(2, [16, 16, 1], rng=rng)
    labels = [p.label for p in model.parameters()]
    assert len(labels) == len(set(labels)) == 337
    assert labels[:3] == [f"layers[0].neurons[0].{p}" for p in ("w[0]", "w[1]", "b")]
    assert labels[-1] == "layers[2].neurons[0].b"


def test_a_neuron_labels_its_activation_and_its_value(rng) -> None:
    z = Layer(2, 2, "tanh", rng=rng)([1.0, 2.0])[1]
    assert (z.label, z.parents[0].label) == ("neurons[1].z", "neurons[1].a")


def test_text_says_what_a_model_is(rng) -> None:
    assert repr(MLP(2, [16, 1], rng=rng)) == "MLP(2, [16, 1], activation=relu)  # 65 parameters"
    assert repr(Layer(2, 3, "tanh", rng=rng)) == "Layer(2, 3, activation=tanh)"
    assert repr(Layer(2, 1, rng=rng)) == "Layer(2, 1, activation=relu)"
    assert repr(Neuron(2, None, rng=rng)) == "Neuron(2, activation=None)"


def test_any_row_or_function_may_be_an_activation(rng) -> None:
    assert Neuron(1, tanh, rng=rng)([1.0]).op is tanh
    cube = Operation("cube", lambda x: x**3, lambda x, z: 3 * x * x)
    try:
        assert Neuron(1, "cube", rng=rng)([1.0]).op is cube
    finally:
        del OPERATIONS["cube"]
    assert Neuron(1, lambda a: a * a, rng=rng)([1.0]).op.name == "mul"


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="no operation is called 'rely'"):
        Neuron(2, "rely")


@pytest.mark.parametrize("make", [lambda: Neuron(0), lambda: Layer(2, 0), lambda: MLP(2, [])])
def test_a_network_of_nothing_is_refused(make) -> None:
    with pytest.raises(ValueError, match="at least one"):
        make()


def test_zero_grad_clears_the_parameters(rng) -> None:
    model = MLP(2, [3, 1], "tanh", rng=rng)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())
    assert Module().parameters() == []


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "relu", "gelu", "elu"])
def test_the_gradient_of_a_network_is_right(activation: str, rng) -> None:
    model = MLP(3, [4, 2], activation, rng=rng)
    x = [rng.gauss(0, 1) for _ in range(3)]
    assert_gradcheck(lambda *_: softmax_cross_entropy(model(x), 1), model.parameters())


# ---- losses --------------------------------------------------------------------------------------


def test_half_squared_error_is_half_the_square() -> None:
    z = Value(3.0)
    error = half_squared_error(z, 1.0)
    error.backward()
    assert (error.data, z.grad) == (2.0, 2.0)  # Bradbury, Table 1, step 1: dE/dz = z - y
    assert half_squared_error([Value(3.0), Value(1.0)], [1.0, 0.0]).data == 2.5


def test_hinge_is_zero_beyond_the_margin() -> None:
    assert hinge(Value(2.0), 1).data == 0.0
    assert hinge(Value(0.25), -1).data == 1.25


def test_softmax_cross_entropy_is_minus_the_log_of_a_probability() -> None:
    logits = [Value(1.0), Value(2.0), Value(0.5)]
    loss = softmax_cross_entropy(logits, 1)
    loss.backward()
    weights = [math.exp(v.data) for v in logits]
    shares = [w / sum(weights) for w in weights]
    assert loss.data == pytest.approx(-math.log(shares[1]), rel=1e-14)
    assert [v.grad for v in logits] == pytest.approx([shares[0], shares[1] - 1, shares[2]])


@pytest.mark.parametrize("gap", [30.0, 50.0, 300.0, 700.0, -700.0, 1e5])
def test_softmax_cross_entropy_is_accurate_far_into_its_tails(gap: float) -> None:
    mpmath = pytest.importorskip("mpmath", reason='needs pip install -e ".[test]"')
    loss = softmax_cross_entropy([gap, 0.0, -1.0], 0)
    with mpmath.workdps(50):
        exact = float(mpmath.log1p(mpmath.exp(-gap) + mpmath.exp(-1 - mpmath.mpf(gap))))
    assert loss == pytest.approx(exact, rel=1e-13, abs=1e-320)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda v: hinge(v, 0), "a label of -1 or \\+1, got 0"),
        (lambda v: softmax_cross_entropy([v, v], 2), "a label of 2 classes is 0 to 1, got 2"),
        (lambda v: softmax_cross_entropy(v, 0), "one logit per class"),
        (lambda v: half_squared_error([v, v], [1.0]), "got 2 outputs, 1 targets"),
    ],
)
def test_labels_that_fit_no_loss_are_refused(loss, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss(Value(1.0))


# ---- SGD -----------------------------------------------------------------------------------------


def test_sgd_moves_against_the_gradient() -> None:
    w = Value(3.0)
    (w * w).backward()
    optimizer = SGD([w], learning_rate=0.1)
    optimizer.step()
    assert w.data == pytest.approx(3.0 - 0.1 * 6.0)
    optimizer.zero_grad()
    assert w.grad == 0.0


def test_sgd_refuses_what_cannot_learn() -> None:
    with pytest.raises(ValueError, match="nothing to optimise"):
        SGD([])
    with pytest.raises(ValueError, match="learning rate must be above 0, got -1"):
        SGD([Value(1.0)], -1)


def test_a_network_learns_the_moons(rng) -> None:
    data = moons(60, noise=0.05, rng=rng)
    model = MLP(2, [8, 1], "tanh", rng=rng)
    optimizer = SGD(model.parameters(), 0.1)
    signs = [2 * label - 1 for label in data.labels]
    for _ in range(40):
        for i in rng.sample(range(60), 60):
            x, y = data.inputs[i], signs[i]
            optimizer.zero_grad()
            hinge(model(x), y).backward()
            optimizer.step()
    right = [model(x).data * y > 0 for x, y in zip(data.inputs, signs, strict=True)]
    assert sum(right) >= 57


# ---- data ----------------------------------------------------------------------------------------


def test_iris_is_fishers() -> None:
    data = iris()
    assert (len(data.inputs), len(data.features)) == (150, 4)
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert [data.labels.count(k) for k in range(3)] == [50, 50, 50]
    assert data.inputs[0] == [5.1, 3.5, 1.4, 0.2]
    means = [sum(column) / 150 for column in zip(*data.inputs, strict=True)]
    assert [round(mean, 4) for mean in means] == [5.8433, 3.0573, 3.758, 1.1993]
    assert data.inputs[34] == [4.9, 3.1, 1.5, 0.2]  # two rows that circulate with misprints
    assert data.inputs[37] == [4.9, 3.6, 1.4, 0.1]


def test_moons_are_two_half_circles(rng) -> None:
    data = moons(101, noise=0.0, rng=rng)
    assert [data.labels.count(k) for k in range(2)] == [51, 50]
    for (x, y), label in zip(data.inputs, data.labels, strict=True):
        radius = math.hypot(x, y) if label == 0 else math.hypot(x - 1, y - 0.5)
        assert radius == pytest.approx(1.0)
    with pytest.raises(ValueError, match="at least two points"):
        moons(1)


def test_a_split_is_stratified_and_the_same_for_the_same_seed() -> None:
    train, held_out = stratified_split(iris(), 30, rng=random.Random(0))
    assert [held_out.labels.count(k) for k in range(3)] == [10, 10, 10]
    assert len(train.labels) == 120
    assert stratified_split(iris(), 30, rng=random.Random(0)) == (train, held_out)
    with pytest.raises(ValueError, match="must leave examples on both sides of 150"):
        stratified_split(iris(), 150, rng=random.Random(0))


def test_standardize_gives_mean_zero_and_deviation_one() -> None:
    scaling = standardize(iris())
    for column in zip(*scaling(iris()).inputs, strict=True):
        assert sum(column) / 150 == pytest.approx(0.0, abs=1e-12)
        assert sum(x * x for x in column) / 150 == pytest.approx(1.0)


# ---- the clash of names --------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["nn", "viz"])
def test_another_package_called_autograd_is_explained(package: str, tmp_path: Path) -> None:
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {package}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "has the same import name; `pip uninstall autograd`" in done.stderr
