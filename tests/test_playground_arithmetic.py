"""The playground's scripts in Node: what the page computes is what the engine and nn compute."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd import relu, tanh
from nn import (
    MLP,
    SGD,
    Activation,
    Adam,
    Layer,
    Linear,
    Momentum,
    Sequential,
    binary_cross_entropy,
    fit,
    hinge,
    moons,
    softmax_cross_entropy,
    squared_error,
    standardize,
    stratified_split,
    xor,
)
from viz.page.javascript import read
from viz.play.playground import PURE, Playground, playground

OPEN = """([given, arithmetic, source]) => {
  const make = new Function(`"use strict"; const given = ${given}; ${arithmetic} ${source}
    return (code) => eval(code);`);
  window.run = make();
}"""
RUN = "([code, xs]) => { const f = run(code); return typeof f === 'function' ? f(...xs) : f; }"
CLOSE = 1e-12


@pytest.fixture
def opened(node: Any) -> Callable[[Playground], Callable[..., Any]]:
    """Runs the scripts of a page that ask the page for nothing."""

    def open_page(page: Playground) -> Callable[..., Any]:
        source = "".join([read("numbers.js"), *[read(name, "play") for name in PURE]])
        node.evaluate(OPEN, [page.given, page.arithmetic, source])
        return lambda code, *xs: node.evaluate(RUN, [code, [*xs]])

    return open_page


NETWORK = """(loss, xs, ys) => {
  const network = build(givenWidth(), givenShapes(), given.losses[0].programs[loss]);
  fill(network, given.layers);
  const { program, parameters, outputs } = network;
  return xs.map((x, i) => {
    predict(network, x);
    const loss = lossFor(network, ys[i]);
    program.backward(network.loss);
    const gradients = parameters.map((p) => program.gradients[p]);
    return [loss, outputs.map((z) => program.values[z]), gradients];
  });
}"""


def two_class(outputs: Any, label: Any) -> Any:
    return hinge(outputs, 2 * label - 1)


def bent(a: Any) -> Any:
    """An activation of one's own, with a kink."""
    return a * relu(a) - 0.5 * tanh(a)


MODELS: dict[str, tuple[Any, Any, int]] = {
    "tanh and softmax": (MLP(3, [4, 5, 3], "tanh", rng=random.Random(1)), softmax_cross_entropy, 3),
    "relu and hinge": (MLP(2, [6, 1], "relu", rng=random.Random(2)), two_class, 2),
    "gelu and cross-entropy": (
        MLP(2, [3, 3, 1], "gelu", rng=random.Random(3)),
        binary_cross_entropy,
        2,
    ),
    "leaky, without bias": (
        Sequential(
            Linear(2, 4, bias=False, rng=random.Random(4)),
            Activation("leaky_relu"),
            Layer(4, 2, "softplus", rng=random.Random(5)),
        ),
        softmax_cross_entropy,
        2,
    ),
    "one's own": (
        Sequential(
            Layer(2, 3, bent, rng=random.Random(6)), Layer(3, 1, None, rng=random.Random(7))
        ),
        squared_error,
        0,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_values_losses_and_gradients_are_the_engines(opened, rng, name: str) -> None:
    model, loss, classes = MODELS[name]
    nin = len(model.parameters()[:1]) and _width(model)
    inputs = [[rng.uniform(-3, 3) for _ in range(nin)] for _ in range(20)]
    inputs.append([0.0] * nin)  # where the kinks are
    labels = [i % classes if classes else rng.uniform(-1, 1) for i in range(len(inputs))]
    run = opened(playground(model, (inputs, labels), loss=loss))
    outputs = str(1 if not isinstance(model(inputs[0]), list) else len(model(inputs[0])))
    for x, y, (value, zs, gradients) in zip(inputs, labels, run(NETWORK, outputs, inputs, labels)):
        for p in model.parameters():
            p.grad = 0.0
        prediction = model(x)
        expected = loss(prediction, y)
        expected.backward()
        assert value == pytest.approx(expected.data, rel=CLOSE, abs=CLOSE)
        flat = prediction if isinstance(prediction, list) else [prediction]
        assert zs == pytest.approx([z.data for z in flat], rel=CLOSE, abs=CLOSE)
        found = [p.grad for p in model.parameters()]
        assert gradients == pytest.approx(found, rel=CLOSE, abs=CLOSE)


def _width(model: Any) -> int:
    return 3 if len(model.parameters()) > 40 else 2


# ---- training ------------------------------------------------------------------------------------

TRAIN = """(name, epochs, batch, seed, heldOut) => {
  const set = given.sets[0];
  const data = prepared(set, { noise: 0, dataSeed: 0, held: heldOut, scaled: false });
  const network = build(givenWidth(), givenShapes(), Object.values(given.losses[0].programs)[0]);
  fill(network, given.layers);
  const optimizer = given.optimizers.find((each) => each.name === name);
  const training = new Training(network, data, { optimizer, rate: optimizer.rate, batch, seed });
  while (training.epoch < epochs) training.step();
  const { program, parameters } = network;
  const numbers = parameters.map((p) => program.values[p]);
  return [numbers, training.history, score(network, data.held, set.answers)];
}"""


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_a_training_goes_as_fit_does(opened, kind) -> None:
    data = moons(30, rng=random.Random(1))
    train, rest = stratified_split(data, 6, rng=random.Random(0))
    model = MLP(2, [5, 4, 1], "tanh", rng=random.Random(0))
    optimizer = kind(model.parameters(), 0.05)
    run = opened(playground(model, data, loss=binary_cross_entropy, optimizer=optimizer))
    numbers, history, score = run(TRAIN, kind.__name__, 4, 7, 3, 20)
    found = fit(
        model,
        train,
        loss=binary_cross_entropy,
        optimizer=optimizer,
        epochs=4,
        batch_size=7,
        held_out=rest,
        rng=random.Random(3),
        engine="eager",
        progress=False,
    )
    assert numbers == pytest.approx([p.data for p in model.parameters()], rel=CLOSE, abs=CLOSE)
    assert [row["loss"] for row in history] == pytest.approx(found.losses, rel=CLOSE)
    assert score["loss"] == pytest.approx(found.rows[-1].held_out_loss, rel=CLOSE)
    assert score["accuracy"] == found.rows[-1].held_out_accuracy


def test_the_same_seed_gives_the_numbers_of_python(opened) -> None:
    run = opened(playground(MLP(2, [1]), xor(), loss=binary_cross_entropy))
    for seed in (0, 1, 123456789, 2**32 - 1, 2**40 + 17):
        source = random.Random(seed)
        expected = [
            [source.random() for _ in range(700)],
            source.uniform(-1, 1),
            [source.sample(range(n), k) for n in (1, 4, 30, 200) for k in (1, n // 2, n)],
        ]
        code = """(seed) => {
          const random = new Random(seed);
          const range = (n) => Array.from({ length: n }, (_, i) => i);
          return [range(700).map(() => random.random()), random.uniform(-1, 1),
            [1, 4, 30, 200].flatMap((n) =>
              [1, Math.floor(n / 2), n].map((k) => random.sample(range(n), k)))];
        }"""
        assert run(code, seed) == expected


def test_weights_are_drawn_as_by_an_mlp_of_that_seed(opened) -> None:
    run = opened(playground(MLP(2, [3, 2, 1]), xor(), loss=binary_cross_entropy))
    code = """(seed) => {
      const network = build(2, givenShapes(), Object.values(given.losses[0].programs)[0]);
      draw(network, seed);
      return network.parameters.map((p) => network.program.values[p]);
    }"""
    model = MLP(2, [3, 2, 1], rng=random.Random(5))
    assert run(code, 5) == [p.data for p in model.parameters()]


def test_noise_and_held_out_examples_are_those_of_nn(opened) -> None:
    clean = moons(41, noise=0.0)
    sets = {"moons": clean}
    page = playground(
        MLP(2, [1]), clean, loss=binary_cross_entropy, datasets=sets, noise={"moons": 0.2}
    )
    data = opened(page)(
        "() => prepared(given.sets[0], { noise: 0.2, dataSeed: 4, held: 30, scaled: true })"
    )
    noisy = moons(41, noise=0.2, rng=random.Random(4))
    train, rest = stratified_split(noisy, 12, rng=random.Random(4))
    scaling = standardize(train)
    for part, expected in (("train", scaling(train)), ("held", scaling(rest))):
        assert data[part]["labels"] == expected.labels
        for found, row in zip(data[part]["inputs"], expected.inputs, strict=True):
            assert found == pytest.approx(row, abs=1e-8)  # nine decimals twice
