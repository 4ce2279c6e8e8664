"""`playground` as a document: what stands in it, what it refuses, what it leaves alone."""

import json
import random
import re
from base64 import b64decode, b64encode
from gzip import decompress
from hashlib import sha256
from math import inf, nan
from typing import Any

import pytest

from autograd import OPERATIONS, Operation, Value, relu, sigmoid, where
from autograd.value import constant
from chainrule.command_line import main
from chainrule.playgrounds import first_playground
from nn import (
    MLP,
    SGD,
    Activation,
    Data,
    Layer,
    Linear,
    Sequential,
    binary_cross_entropy,
    hinge,
    iris,
    moons,
    schedules,
    softmax_cross_entropy,
    squared_error,
    xor,
)
from viz import Playground, draw_network, playground
from viz.page.javascript import read
from viz.play.playground import PURE, SCRIPTS, SHARED

MODEL = MLP(2, [3, 1], "tanh", rng=random.Random(0))


def page(model: Any = MODEL, data: Any = None, **options: Any) -> Playground:
    options = {"loss": binary_cross_entropy, **options}
    return playground(model, xor() if data is None else data, **options)


def told(made: Playground) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', made.html, re.S)
    return json.loads(found[1])


# ---- what stands in it ---------------------------------------------------------------------------


def test_the_page_has_the_model_and_its_data() -> None:
    given = told(page())
    layer = given["layers"][0]
    assert layer["activation"] == "tanh"
    assert layer["weights"] == [[w.data for w in n.w] for n in MODEL.layers[0].neurons]
    assert layer["biases"] == [0.0] * 3
    assert given["layers"][1]["activation"] == "linear"
    (data,) = given["sets"]
    assert (data["labels"], data["classes"]) == ([0, 1, 1, 0], ["equal", "different"])
    assert given["loss"] == "binary cross entropy"


def test_nothing_is_written_to_the_model() -> None:
    before = [(p.data, p.grad, p.label) for p in MODEL.parameters()]
    assert page().html
    assert [(p.data, p.grad, p.label) for p in MODEL.parameters()] == before


def test_held_out_examples_are_the_last_ones() -> None:
    held = Data([[0.5, 0.5]], [1], ("x", "y"), ("equal", "different"))
    (data,) = told(page(held_out=held))["sets"]
    assert (len(data["labels"]), data["held"]) == (5, 1)


def test_every_row_that_makes_a_number_of_each_number_is_an_activation(own_rows) -> None:
    squash = Operation("squash", lambda x: x / (1 + abs(x)), lambda x, z: 1 / (1 + abs(x)) ** 2)
    names = [each["name"] for each in told(page())["activations"]]
    assert names[:4] == ["linear", "tanh", "relu", "sigmoid"]
    assert {"gelu", "elu", "leaky_relu", "squash"} <= set(names)
    assert not {"log", "sqrt", "neg", "add", "maximum"} & set(names)
    assert squash.name in page().arithmetic


def test_an_activation_of_ones_own_has_a_name_of_its_own() -> None:
    def bent(a: Any) -> Any:
        return relu(a) * a

    model = Sequential(Layer(2, 2, bent), Layer(2, 2, lambda a: 2 * a), Layer(2, 1, sigmoid))
    given = told(page(model))
    kinds = [layer["activation"] for layer in given["layers"]]
    assert kinds == ["bent", "function", "sigmoid"]
    assert {"bent", "function"} <= {each["name"] for each in given["activations"]}


def test_a_loss_is_recorded_for_each_number_of_outputs_that_it_takes() -> None:
    losses = {"both": softmax_cross_entropy, "squares": squared_error}
    model = MLP(4, [3], rng=random.Random(0))
    given = told(page(model, iris(), loss=softmax_cross_entropy, losses=losses))
    both, squares = given["losses"]
    assert list(both["programs"]) == ["2", "3", "4", "5", "6"]
    assert (both["numbers"], squares["numbers"], squares["classes"]) == ([], [1], [1])
    code = squares["programs"]["1"]["code"]
    assert code == [["input", 0], ["input", 1], ["sub/2", 0, 1], ["number", 2.0], ["pow/2", 2, 3]]


def test_a_loss_is_tried_on_the_labels_of_every_data_set() -> None:
    signs = ([[0, 1], [1, 0]], [-1, 1])
    losses = {"both": binary_cross_entropy, "hinge": hinge, "squares": squared_error}
    sets = {"moons": moons(8), "signs": signs, "numbers": ([[0, 1], [1, 0]], [0.5, 1.5])}
    found = {
        each["name"]: each["sets"]
        for each in told(page(model=MODEL, data=sets["moons"], losses=losses, datasets=sets))[
            "losses"
        ]
    }
    assert found == {
        "both": {"moons": [1], "signs": [], "numbers": []},
        "hinge": {"moons": [], "signs": [1], "numbers": []},
        "squares": {"moons": [1], "signs": [1], "numbers": [1]},
    }


def test_the_step_of_an_optimizer_is_printed_from_its_rule() -> None:
    made = page(optimizer=SGD(MODEL.parameters(), 0.25))
    assert '"step of SGD": ([p, g, r, t]) => [p - r * g],' in made.arithmetic
    assert told(made)["optimizers"] == [{"name": "SGD", "memory": 0, "rate": 0.25}]


def test_the_page_asks_nobody_and_runs_its_own_scripts_alone() -> None:
    made = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', made.html)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(r"(src|href)=[\"'](?!data:)", made.html)
    scripts = re.findall(r"<script(?: id=\"arithmetic\")?>(.*?)</script>", made.html, re.S)
    packed = decompress(b64decode(told(made)["explorer"]["page"])).decode()
    scripts += re.findall(r"<script>(.*?)</script>", packed, re.S)[1:]  # of the page in its frame
    assert len(scripts) == 3
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy


def test_a_name_cannot_end_the_script_around_it() -> None:
    data = Data([[0.0, 1.0], [1.0, 0.0]], [0, 1], ("</script>", "<!--"), ("<b>", "</script>"))
    made = page(data=data, title="</script><b>")
    assert made.html.count("</script>") == 3
    assert "<title>&lt;/script&gt;&lt;b&gt;</title>" in made.html


def test_a_page_is_saved_and_shown_as_that_of_explore(tmp_path) -> None:
    made = page(title="A page")
    assert made.save(tmp_path / "p.html").read_text(encoding="utf-8") == made.html
    with pytest.raises(ValueError, match="a page's file ends in .html"):
        made.save(tmp_path / "p.svg")
    shown = made._repr_mimebundle_()
    assert shown["image/svg+xml"].startswith("<svg")
    assert 'title="A page"' in shown["text/html"]
    assert repr(made) == repr(draw_network(MODEL))


# ---- its scripts ---------------------------------------------------------------------------------


def scripts() -> str:
    return "".join(read(name, "play") for name in SCRIPTS if name not in SHARED)


def test_scripts_that_compute_ask_the_page_for_nothing() -> None:
    for name in PURE:
        assert not re.search(r"\$\(|document|window|field\(", read(name, "play")), name


def test_an_element_that_a_script_asks_for_stands_on_the_page() -> None:
    asked = set(re.findall(r'(?:\$|field|onNumber)\("([\w-]+)"', scripts()))
    there = set(re.findall(r'id="([\w-]+)"', read("playground.html", "play")))
    assert len(asked) > 20
    assert asked <= there


def test_every_colour_of_the_style_sheet_is_given() -> None:
    css = re.search(r"<style>(.*?)</style>", page().html, re.S)[1]
    assert set(re.findall(r"var\((--[\w-]+)\)", css)) <= set(re.findall(r"(--[\w-]+):", css))


def test_how_much_a_page_takes_is_said_by_python_alone() -> None:
    most = told(page())["most"]
    assert (most["examples"], most["seed"]) == (2000, 2**50)
    for number in ("2000", "2 ** 50", "2_000"):
        assert number not in scripts()


@pytest.mark.parametrize("name", ["programs.js", "networks.js", "training.js", "neuron.js"])
def test_no_function_of_the_table_is_written_in_a_script_that_computes(name: str) -> None:
    assert set(re.findall(r"Math\.(\w+)", read(name, "play"))) <= {"min", "max"}


# ---- what is refused -----------------------------------------------------------------------------


def by_if(z: Any, y: Any) -> Any:
    return relu(-z) if y > 0.5 else relu(z)


FREE = Value(0.5)


def decayed(z: Any, y: Any) -> Any:
    return binary_cross_entropy(z, y) + 0.5 * sum(p * p for p in MODEL.parameters())


REFUSED = [
    (lambda: page(relu), TypeError, "playground needs a model, a chain of layers"),
    (lambda: page(None), TypeError, "needs a model, a chain of layers such as MLP.*, got None"),
    (lambda: page(Sequential(Activation("tanh"))), TypeError, "playground knows neurons"),
    (lambda: page(MLP(3, [1])), ValueError, "takes 3 inputs, and an example of the data has 2"),
    (lambda: page(data=3), TypeError, "data is a data set with inputs and labels.*got an int"),
    (lambda: page(data=([], [])), ValueError, "data has no examples"),
    (lambda: page(data=([[0, 1]], [0, 1])), ValueError, "1 rows of inputs and 2 labels"),
    (lambda: page(data=([[0, 1], [1]], [0, 1])), ValueError, "example 1 of data has 1 inputs"),
    (lambda: page(data=([0, 1], [0, 1])), TypeError, "example 0 of data is an int"),
    (
        lambda: page(data=([[0, "a"]], [0])),
        TypeError,
        "input 1 of example 0 of data must be a real",
    ),
    (lambda: page(data=([[0, 1e400]], [0])), ValueError, "inputs are finite numbers"),
    (lambda: page(data=([[0, 1]] * 2, [0, None])), TypeError, "label of example 1 of data"),
    (lambda: page(data=([[0, 1]] * 2, [1, 1])), ValueError, "there is nothing to tell apart"),
    (lambda: page(data=([[0, 1]] * 3000, [0, 1] * 1500)), ValueError, "at most 2,000"),
    (lambda: page(loss=3), TypeError, "loss is a function of outputs and label.*got an int"),
    (lambda: page(loss=lambda z, y: [z]), TypeError, "a loss is one Value, and f gave a list"),
    (lambda: page(loss=hinge), ValueError, "hinge needs a label of -1 or [+]1, got 0"),
    (lambda: page(loss=by_if), TypeError, "write where"),
    (lambda: page(losses={"other": by_if}), TypeError, "write where"),
    (lambda: page(loss=decayed), TypeError, r"decayed uses layers\[0\].neurons\[0\].w\[0\], which"),
    (lambda: page(losses={"other": decayed}), TypeError, "on the page it would stay at 0"),
    (
        lambda: page(Sequential(Layer(2, 1, lambda a: a * FREE))),
        TypeError,
        "activation uses a variable without a label, which may be trained",
    ),
    (lambda: page(learning_rate=0), ValueError, "rate is a finite number above 0, got 0"),
    (lambda: page(learning_rate=-1), ValueError, "rate is a finite number above 0, got -1"),
    (lambda: page(learning_rate=inf), ValueError, "rate is a finite number above 0, got inf"),
    (lambda: page(learning_rate=nan), ValueError, "rate is a finite number above 0, got nan"),
    (lambda: page(title=None), TypeError, "title is a text, got None"),
    (
        lambda: page(loss=lambda z, y: z, losses={"loss": squared_error}),
        ValueError,
        "another loss of losses is called 'loss', as the one of the model is",
    ),
    (
        lambda: page(losses={"binary cross entropy": squared_error}),
        ValueError,
        "another loss of losses is called 'binary cross entropy'",
    ),
    (
        lambda: page(optimizer=SGD([FREE], 1), optimizers={"SGD": SGD([FREE], 2)}),
        ValueError,
        "another optimizer of optimizers is called 'SGD', as the first is",
    ),
    (lambda: page(batch_size=0), ValueError, "batch_size is a whole number from 1 on, got 0"),
    (lambda: page(seed=-1), ValueError, f"seed is a whole number from 0 to {2**50}, got -1"),
    (lambda: page(seed=2**50 + 1), ValueError, f"from 0 to {2**50}, got {2**50 + 1}"),
    (lambda: page(optimizer=3), TypeError, "the optimizer int cannot run on the page"),
    (
        lambda: page(optimizer=SGD(MODEL.parameters(), schedules.linear(1, 0, 9))),
        TypeError,
        "the learning rate of SGD is a schedule",
    ),
    (
        lambda: page(datasets={"iris": iris()}, noise={"iris": 0.1}),
        ValueError,
        "noise is for points in the plane, and an example of iris has 4 inputs",
    ),
    (lambda: page(noise={"moons": 0.1}), ValueError, "noise for 'moons', and no data set"),
    (
        lambda: page(datasets={"b": ([[0, 1], [1, 0]], [1, 2])}),
        ValueError,
        "no loss of the page takes the labels of b, 1, 2: give one that does in losses",
    ),
    (
        lambda: page(datasets={"b": ([[0, 1], [1, 0]], [0.5, 1.5])}),
        ValueError,
        "no loss of the page takes the labels of b, 0.5, 1.5",
    ),
    (
        lambda: page(data=Data([[0, 1], [1, 0]], [-1, 1], ("x", "y"), ("no", "yes")), loss=hinge),
        ValueError,
        "data has a label -1 and 2 classes: labels count them from 0",
    ),
    (lambda: page(datasets={"data": moons(8)}), ValueError, 'is called "data"'),
]


@pytest.mark.parametrize(("make", "kind", "message"), REFUSED)
def test_what_cannot_be_is_refused_with_what_to_do(make, kind, message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


def test_a_model_that_does_more_than_its_layers_is_refused() -> None:
    class Doubled(MLP):
        def __call__(self, x: Any) -> Any:
            return 2 * super().__call__(x)

    with pytest.raises(ValueError, match="does more than the picture could show; give playground"):
        page(Doubled(2, [3, 1], rng=random.Random(0)))


def test_neurons_of_a_layer_are_alike() -> None:
    model = MLP(2, [2, 1], rng=random.Random(0))
    model.layers[0].neurons[1].activation = OPERATIONS["tanh"]
    with pytest.raises(ValueError, match="neurons of layers.0. have different activations"):
        page(model)


def test_what_a_loss_raises_is_told_with_the_label() -> None:
    with pytest.raises(ValueError, match="a label of 0 or 1") as raised:
        page(data=([[0, 1]] * 3, [0, 1, 2]))
    assert raised.value.__notes__ == ["in playground, of the loss for 1 outputs and the label 2"]


def test_a_loss_may_choose_by_where_and_labels_be_texts() -> None:
    def loss(z: Any, y: Any) -> Any:
        return where(y > 0.5, relu(1 - z), relu(1 + z))

    (data,) = told(page(data=([[0, 1], [1, 0]], ["no", "yes"]), loss=loss))["sets"]
    assert (data["classes"], data["labels"]) == (["no", "yes"], [0, 1])


def test_a_loss_may_use_constants_and_values_that_it_makes() -> None:
    two = constant(2.0)

    def loss(z: Any, y: Any) -> Any:
        return two * (Value(1.0) - z) ** 2 + y

    (found,) = told(page(loss=loss))["losses"]
    assert ["number", 2.0] in found["programs"]["1"]["code"]
    assert ["number", 1.0] in found["programs"]["1"]["code"]


def test_labels_that_are_floats_are_numbers_to_predict() -> None:
    (data,) = told(page(data=([[0, 1], [1, 0]], [0.0, 1.0]), loss=squared_error))["sets"]
    assert (data["answers"], data["classes"]) == ([], [])


def test_what_was_trained_by_an_optimizer_is_left_as_it_was() -> None:
    optimizer = SGD([Value(0.0)], 0.1)
    optimizer.steps = 7
    page(optimizer=optimizer)
    assert optimizer.steps == 7


def test_a_linear_layer_without_bias_and_its_activation_are_one_layer() -> None:
    model = Sequential(Linear(2, 3, bias=False), Activation("relu"), Linear(3, 1))
    first, second = told(page(model))["layers"]
    assert (first["activation"], first["biases"], len(second["biases"])) == ("relu", [], 1)


def test_a_large_layer_may_lose_neurons_with_a_bias_behind_it_or_none() -> None:
    model = Sequential(Linear(2, 20), Activation("relu"), Linear(20, 1, bias=False))
    arithmetic = page(model).arithmetic
    for operands in (38, 39, 40, 41):
        assert f'"sumprod/{operands}"' in arithmetic


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_writes_the_page_of_nns_data_sets(tmp_path, capsys) -> None:
    file = tmp_path / "p.html"
    assert main(["playground", "--out", str(file)]) == 0
    assert "open it in a browser" in capsys.readouterr().out
    text = file.read_text(encoding="utf-8")
    given = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    assert [each["name"] for each in given["sets"]] == "moons circles spirals xor iris".split()
    assert [each["name"] for each in given["optimizers"]] == ["SGD", "Momentum", "Adam"]
    losses = {each["name"]: each for each in given["losses"]}
    assert losses["cross-entropy"]["classes"] == [1, 2, 3, 4, 5, 6]
    assert (losses["hinge"]["classes"], losses["squared error"]["numbers"]) == ([1], [1])


def test_the_command_takes_a_file_of_ones_own(tmp_path) -> None:
    rows = [f"{i},{i * i % 7},{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "own.csv").write_text("\n".join(["u,v,kind", *rows]))
    file = tmp_path / "p.html"
    options = ["--data", str(tmp_path / "own.csv"), "--target", "kind", "--out", str(file)]
    assert main(["playground", *options]) == 0
    given = json.loads(re.search(r'id="data">(.*?)</script>', file.read_text(), re.S)[1])
    assert given["sets"][0]["classes"] == ["a", "b"]
    assert given["scaled"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "moon"], "did you mean moons?"),
        (["--data", "moons", "--target", "x"], "no file that is read with --target x"),
        (["--data", "xor", "--decimal", ","], 'no file that is read with --decimal ","'),
        (["--out", "p.svg"], "the file's name must end in .html"),
    ],
)
def test_the_command_says_what_is_wrong(options, message, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["playground", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([f"{i},{'ab'[i % 2]}" for i in range(3000)], "", "3,000 examples, and the page trains on"),
        (
            ["1," * 20 + "ab"[i % 2] for i in range(20)],
            "",
            "room for 16: leave some out, with --ignore COLUMN",
        ),
        (
            [f"{i},{'abcdefghij'[i % 10]}" for i in range(40)],
            "",
            "10 classes, and the page tells 6",
        ),
        (["1,a", "2,b", "3,a"], "", "has 3 rows, and a fifth of them is held out"),
        ([f"{i},{i}.5" for i in range(20)], "", "say --regression if it is a number"),
        (["1,5"] * 20, "--delimiter |", 'with --delimiter "," there is one'),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(
    rows: list[str], options: str, message: str, capsys, tmp_path
) -> None:
    names = ",".join([*[f"x{k}" for k in range(rows[0].count(","))], "y"])
    (tmp_path / "own.csv").write_text("\n".join([names, *rows]))
    given = ["--data", str(tmp_path / "own.csv"), "--target", "y", *options.split()]
    assert main(["playground", *given, "--out", str(tmp_path / "p.html")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("chainrule: ")
    assert error.count("\n") == 1


def test_the_command_reads_a_file_as_the_demo_does(tmp_path) -> None:
    rows = [f"{i};{i},5;{i % 3}" for i in range(20)]
    (tmp_path / "own.csv").write_text("\n".join(["u;v;no", *rows]))
    made = first_playground(
        str(tmp_path / "own.csv"), "v", regression=True, decimal=",", ignore=["no"]
    )
    data = told(made)["sets"][0]
    assert (data["features"], data["labels"][:2], data["answers"]) == (["u"], [0.5, 1.5], [])
    file = tmp_path / "p.html"
    options = "--target v --regression --decimal , --ignore no --delimiter ;".split()
    given = ["--data", str(tmp_path / "own.csv"), *options, "--out", str(file)]
    assert main(["playground", *given]) == 0
    text = file.read_text(encoding="utf-8")
    found = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    assert found["sets"][0] == data


def test_a_file_that_is_called_as_a_data_set_has_a_name_of_its_own(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{i * i % 7},{'ab'[i % 2]}" for i in range(20)]
    (tmp_path / "moons").write_text("\n".join(["u,v,y", *rows]))
    given = told(first_playground("./moons", "y"))
    assert [each["name"] for each in given["sets"]][:2] == ["moons (a file)", "moons"]
    assert given["set"] == "moons (a file)"
    assert [len(each["labels"]) for each in given["sets"]][:2] == [20, 200]
