"""The playground's scripts in Node: what the page computes is what the engine and nn compute."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value, relu, tanh
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
    load,
    load_into,
    moons,
    softmax_cross_entropy,
    squared_error,
    standardize,
    stratified_split,
    xor,
)
from viz.networks.model import read_columns
from viz.page.explore import explore
from viz.page.javascript import read
from viz.play.playground import MOST_SEED, PURE, Playground, playground
from viz.play.recording import activation_rows

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
    nin = len(read_columns(model)[0].nodes[0].weights)
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


EVERY = """(names, xs) => names.map((name) => {
  const shapes = [{ size: 1, activation: name, bias: true }];
  const network = build(1, shapes, given.losses[0].programs[1]);
  network.program.values[network.parameters[0]] = 1.0;
  return xs.map((x) => {
    predict(network, [x]);
    network.program.backward(network.outputs[0]);
    const { values, gradients } = network.program;
    return [values[network.outputs[0]], gradients[network.parameters[0]]];
  });
})"""


def test_every_activation_of_the_menu_is_its_row_at_its_kinks_too(opened) -> None:
    rows = activation_rows()
    xs = [-3.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.5]
    given = playground(MLP(1, [1]), ([[1.0], [2.0]], [0.0, 1.0]), loss=squared_error)
    for row, found in zip(rows.values(), opened(given)(EVERY, list(rows), xs), strict=True):
        for x, (value, slope) in zip(xs, found, strict=True):
            a = Value(x)
            z = row(a)
            z.backward()
            assert value == pytest.approx(z.data, rel=CLOSE, abs=CLOSE), (row, x)
            expected = pytest.approx(x * a.grad, rel=CLOSE, abs=CLOSE, nan_ok=True)
            assert slope == expected, (row, x)  # of cbrt at 0 it is inf * 0


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


FIRST_STEPS = """(rate) => {
  const data = prepared(given.sets[0], { noise: 0, dataSeed: 0, held: 0, scaled: false });
  const network = build(givenWidth(), givenShapes(), given.losses[0].programs[1]);
  fill(network, given.layers);
  const how = { optimizer: given.optimizers[0], rate, batch: 2, seed: 0 };
  const training = new Training(network, data, how);
  try { for (let k = 0; k < 9; k++) training.step(); } catch (error) { return error.message; }
}"""


def test_a_rate_is_blamed_for_what_its_steps_have_done_alone(opened) -> None:
    fine = playground(
        MLP(1, [1], rng=random.Random(0)), ([[1.0], [2.0]], [0.0, 1.0]), loss=squared_error
    )
    found = opened(fine)(FIRST_STEPS, 1e200)
    assert found.startswith("after 1 step ")
    assert found.endswith(": a smaller learning rate may help")
    data = ([[1e200], [2e200]], [0.0, 1.0])
    broken = playground(MLP(1, [1], rng=random.Random(0)), data, loss=squared_error)
    found = opened(broken)(FIRST_STEPS, 0.1)
    assert found.startswith("before the first step ")
    assert "rate" not in found


def test_the_same_seed_gives_the_numbers_of_python(opened) -> None:
    run = opened(playground(MLP(2, [1]), xor(), loss=binary_cross_entropy))
    for seed in (0, 1, 123456789, 2**32 - 1, 2**40 + 17, MOST_SEED):
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


# ---- files ---------------------------------------------------------------------------------------

SAVED = """(hidden, last) => {
  const shapes = [...hidden, [1, last]]
    .map(([size, activation]) => ({ size, activation, bias: true }));
  const network = build(2, shapes, Object.values(given.losses[0].programs)[0]);
  draw(network, 3);
  predict(network, [0.3, -0.4]);
  return [JSON.stringify(modelFile(network)), network.program.values[network.outputs[0]]];
}"""


@pytest.mark.parametrize(
    ("hidden", "last"),
    [
        ([[4, "tanh"], [3, "tanh"]], "linear"),
        ([[4, "tanh"], [3, "gelu"]], "sigmoid"),
        ([], "linear"),
        ([[2, "linear"]], "linear"),
    ],
)
def test_saved_weights_are_a_file_that_nn_loads(opened, tmp_path, hidden, last: str) -> None:
    run = opened(playground(MLP(2, [2, 1]), xor(), loss=binary_cross_entropy))
    text, answer = run(SAVED, hidden, last)
    (tmp_path / "model.json").write_text(text)
    assert load(tmp_path / "model.json")([0.3, -0.4]).data == pytest.approx(answer, rel=CLOSE)


def test_weights_of_a_model_of_ones_own_go_back_into_it(opened, tmp_path) -> None:
    model = Sequential(
        Linear(2, 3, bias=False, rng=random.Random(0)),
        Activation("tanh"),
        Linear(3, 1, rng=random.Random(1)),
    )
    run = opened(playground(model, xor(), loss=binary_cross_entropy))
    numbers, _, _ = run(TRAIN, "descent", 2, 1, 0, 0)
    code = """(numbers) => {
      const network = build(2, givenShapes(), Object.values(given.losses[0].programs)[0]);
      for (const [k, p] of network.parameters.entries()) network.program.values[p] = numbers[k];
      return JSON.stringify(modelFile(network));
    }"""
    (tmp_path / "model.json").write_text(run(code, numbers))
    load_into(model, tmp_path / "model.json")
    assert [p.data for p in model.parameters()] == numbers


WITHOUT_BIAS = """(shapes) => {
  const network = build(2, shapes, Object.values(given.losses[0].programs)[0]);
  draw(network, 3);
  predict(network, [0.3, -0.4]);
  try {
    return [JSON.stringify(modelFile(network)), network.program.values[network.outputs[0]]];
  } catch (error) { return [error.message]; }
}"""


def shape(size: int, activation: str, bias: bool) -> dict[str, Any]:
    return {"size": size, "activation": activation, "bias": bias}


@pytest.mark.parametrize(
    "shapes",
    [
        [shape(3, "tanh", False), shape(1, "linear", False)],
        [shape(3, "linear", False), shape(2, "gelu", True), shape(1, "sigmoid", False)],
        [shape(1, "linear", False)],
    ],
)
def test_layers_without_bias_are_saved_as_nn_loads_them(opened, tmp_path, shapes) -> None:
    model = Sequential(Linear(2, 5, bias=False), Activation("relu"), Linear(5, 1, bias=False))
    run = opened(playground(model, xor(), loss=binary_cross_entropy))
    text, answer = run(WITHOUT_BIAS, shapes)
    (tmp_path / "model.json").write_text(text)
    loaded = load(tmp_path / "model.json")
    assert loaded([0.3, -0.4]).data == pytest.approx(answer, rel=CLOSE)


def test_weights_behind_an_activation_of_ones_own_are_not_saved_under_a_made_up_name(
    opened,
) -> None:
    def log(a: Any) -> Any:  # called as a row is
        return a * a

    for function, name in ((bent, "bent"), (log, "log")):
        model = Sequential(Layer(2, 3, function), Layer(3, 1, None))
        run = opened(playground(model, xor(), loss=binary_cross_entropy))
        (said,) = run(WITHOUT_BIAS, [shape(3, name, True), shape(1, "linear", True)])
        assert said == f"the activation {name} is no row of the table, and nn.load knows rows alone"
        assert len(run(WITHOUT_BIAS, [shape(3, "tanh", True), shape(1, "linear", True)])) == 2


def test_weights_that_are_no_numbers_are_not_saved(opened) -> None:
    run = opened(playground(MLP(2, [2, 1]), xor(), loss=binary_cross_entropy))
    code = """() => {
      const network = build(2, givenShapes(), Object.values(given.losses[0].programs)[0]);
      network.program.values[network.parameters[1]] = NaN;
      try { return modelFile(network); } catch (error) { return error.message; }
    }"""
    assert run(code).startswith("layers[0].neurons[0].w[1] is ")


# ---- the graph of an example ---------------------------------------------------------------------

GRAPH = """(x, label) => {
  const network = build(2, givenShapes(), Object.values(given.losses[0].programs)[0]);
  fill(network, given.layers);
  predict(network, x);
  lossFor(network, label);
  given.explorer = { line: 23, pad: 10, style: {} };
  return lossGraph(network, "title", ["x[0]", "x[1]"]);
}"""


def test_the_graph_of_an_example_is_that_of_explore(opened) -> None:
    model = MLP(2, [3, 2, 1], "tanh", rng=random.Random(0))
    made = opened(playground(model, xor(), loss=squared_error))(GRAPH, [0.5, -1.2], 1)
    x = [Value(0.5, "x[0]"), Value(-1.2, "x[1]")]
    loss = squared_error(model(x), 1)
    loss.label = "loss"
    nodes = json.loads(json.dumps(explore(loss)._graph["nodes"]))
    assert len(made["nodes"]) == len(nodes)
    ours, theirs = by_name(made["nodes"]), by_name(nodes)
    assert ours.keys() == theirs.keys()
    for name, node in theirs.items():
        for key in ("math", "kind", "sign", "rule", "formula", "given"):
            assert ours[name].get(key) == node.get(key), (name, key)
        assert ours[name]["value"] == pytest.approx(node["value"], rel=CLOSE)
        assert ours[name].get("locals", []) == pytest.approx(node.get("locals", []), rel=CLOSE)
        assert named(ours[name], made["nodes"]) == named(node, nodes)


def by_name(nodes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {node.get("name", f"{node['value']:g}"): node for node in nodes}


def named(node: dict[str, Any], nodes: list[dict[str, Any]]) -> Any:
    """Parents, and local derivatives in letters, by names in place of positions."""

    def name(piece: Any) -> Any:
        if isinstance(piece, list):
            return list(map(name, piece))
        if isinstance(piece, str):
            return piece
        return nodes[piece].get("name", f"{nodes[piece]['value']:g}")

    return [name(node.get("parents", [])), name(node.get("slopes", []))]


def test_every_view_of_it_has_a_place_for_each_box_and_arrow(opened) -> None:
    model = MLP(2, [3, 2, 3], "relu", rng=random.Random(0))
    data = ([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 2])
    made = opened(playground(model, data, loss=softmax_cross_entropy))(GRAPH, [0.5, -1.2], 1)
    nodes = made["nodes"]
    assert len(made["views"]) == 1 + 8
    for view, shape in zip(made["views"], made["shapes"], strict=True):
        hidden = [box["hides"] if isinstance(box, dict) else [box] for box in view["boxes"]]
        drawn = [i for i, node in enumerate(nodes) if node["kind"] != "constant"]
        assert sorted(i for hides in hidden for i in hides) == drawn
        places = shape["LR"]
        assert len(places["boxes"]) == len(hidden)
        box_of = {i: k for k, hides in enumerate(hidden) for i in hides}
        arrows = [
            (box_of[p], k)
            for k, hides in enumerate(hidden)
            for i in hides
            for p in nodes[i].get("parents", [])
            if p in box_of and box_of[p] != k
        ]
        assert len(places["lines"]) == len(arrows)
        assert all(tail < head for tail, head in arrows)


# ---- a file of one's own -------------------------------------------------------------------------

READ = """(text, target) => {
  try {
    const found = table("a.csv", text);
    return setFrom(found, target ?? likelyTarget(found).target);
  } catch (error) { return error.message; }
}"""
TABLE = "size,kind,weight\n1,cat,2.5\n2,dog,3\n3,cat,1e1\n4,dog,.5\n"


@pytest.fixture
def read_table(opened) -> Callable[..., Any]:
    run = opened(playground(MLP(2, [1]), xor(), loss=binary_cross_entropy))
    return lambda text, target=None: run(READ, text, target)


def test_texts_of_a_file_are_classes_and_its_numbers_inputs(read_table) -> None:
    found = read_table(TABLE)
    assert found["features"] == ["size", "weight"]
    assert found["classes"] == ["cat", "dog"]
    assert found["labels"] == [0, 1, 0, 1]
    assert found["inputs"] == [[1, 2.5], [2, 3], [3, 10], [4, 0.5]]


def test_a_column_of_numbers_may_be_learned(read_table) -> None:
    found = read_table(TABLE, "weight")
    assert (found["answers"], found["labels"]) == ([], [2.5, 3, 10, 0.5])
    assert found["features"] == ["size"]


def test_files_are_written_in_many_ways(read_table) -> None:
    plain = read_table(TABLE)
    for other in (
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t").rstrip(),
        TABLE.replace("cat", '"cat"') + "\n\n",
    ):
        assert read_table(other) == plain
    assert read_table("1,2,0\n3,4,1\n5,6,0\n7,8,1\n")["features"] == ["column 1", "column 2"]
    quoted = read_table('a,b\n1,"x, ""y"""\n2,z\n3,z\n4,z\n')
    assert quoted["classes"] == ['x, "y"', "z"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv is empty"),
        ("a,b\n1,2\n", "a.csv has 1 rows of examples: four are the fewest"),
        ("a\n1\n2\n3\n4\n", "a.csv has one column"),
        (TABLE.replace("\n3,", "\nthree,"), "a.csv, line 4, column size: “three” is no number"),
        (TABLE.replace("2.5", ""), "a.csv, line 2, column weight: a number is missing"),
        (TABLE.replace(",3\n", "\n"), "a.csv, line 3: 2 cells where the first line has 3"),
        (TABLE.replace("weight", "size"), "a.csv, line 1: two columns are called size"),
        (TABLE.replace("cat", ""), "a.csv, line 2, column kind: it is empty"),
        ('a,b\n1,"x\n', "line 2: a quotation that begins there does not end"),
        ("a,b\n" + "1,2\n" * 2001, "a.csv has 2001 rows, and the page trains on at most 2000"),
        (TABLE.replace("dog", "cat"), "column kind of a.csv has one value only"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_line_and_column(read_table, text, message) -> None:
    assert message in read_table(text, None if "kind" not in text else "kind")


LIKELY = """(text) => {
  try { return likelyTarget(table("a.csv", text)); } catch (error) { return error.message; }
}"""


def test_a_column_that_can_be_learned_is_found(opened) -> None:
    run = opened(playground(MLP(2, [1]), xor(), loss=binary_cross_entropy))
    rows = TABLE.splitlines()
    same = "\n".join([f"{rows[0]},site", *[f"{row},north" for row in rows[1:]]])
    assert run(LIKELY, same) == {"target": "kind", "passed": ""}
    one = run(LIKELY, "size,weight,site\n1,2.5,north\n2,3,north\n3,4,north\n4,5,north\n")
    assert one["target"] == "weight"
    nothing = "column site of a.csv has one value only: there is nothing to learn"
    assert one["passed"] == f"{nothing}; weight is learned instead"
    assert run(LIKELY, "size,site\n1,north\n1,north\n1,north\n1,north\n") == nothing
    assert run(LIKELY, TABLE.replace("\n3,", "\nthree,"))["target"] == "kind"


def test_a_decimal_comma_is_one_where_it_is_not_between_cells(read_table, opened) -> None:
    found = read_table(TABLE.replace(",", ";").replace("2.5", "2,5").replace(".5", "0,5"))
    assert found["inputs"] == [[1, 2.5], [2, 3], [3, 10], [4, 0.5]]
    mixed = TABLE.replace(",", ";").replace("3\n", "3,25\n").replace("1e1", "1.5")
    assert "“3,25” is no number" in read_table(mixed)
    quoted = TABLE.replace("2.5", '"1,299"').replace(".5", "5")
    assert "“1,299” is no number" in read_table(quoted)
