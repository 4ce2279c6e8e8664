"""The page of `explore` as a document: what stands in it, what it refuses, what it leaves alone."""

import json
import random
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    StaleGraphError,
    Value,
    clip,
    constant,
    lookup,
    relu,
    sumprod,
    tanh,
    total,
    where,
)
from nn import MLP
from viz.derivation import formulas
from viz.folding import levels
from viz.page import explore as explore_module
from viz.page.explore import explore
from viz.page.page import Page

own = {"engine": "own"}


def neuron() -> Value:
    w, x, b = Value(-1.3, "w"), Value(0.7, "x"), Value(0.2, "b")
    y = tanh(w * x + b)
    y.label = "y"
    return y


class Student:
    """A node class of somebody else's."""

    def __init__(self, data: float, parents: tuple = (), local_derivatives: tuple = ()) -> None:
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives


def data(page: Page) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.S)
    return json.loads(found[1])


def node(root: Value, name: str, **options) -> dict[str, Any]:
    return next(v for v in data(explore(root, **own, **options))["nodes"] if v.get("name") == name)


# ---- what the page knows -------------------------------------------------------------------------


def test_nodes_stand_inputs_first_with_their_numbers() -> None:
    nodes = data(explore(neuron(), **own))["nodes"]
    assert [v["name"] for v in nodes] == ["w", "x", "v1", "b", "v2", "y"]
    assert nodes[0] == {"name": "w", "math": ["w", "", ""], "kind": "variable", "value": -1.3}
    assert nodes[2]["parents"] == [0, 1]
    assert nodes[2]["locals"] == [0.7, -1.3]
    assert nodes[2]["rule"] == "mul/2"


def test_what_has_no_label_gets_a_name_that_is_free() -> None:
    v1 = Value(2.0, "v1")
    assert [v["name"] for v in data(explore(v1 * v1 * v1, **own))["nodes"]] == ["v1", "v2", "root"]


def test_names_come_from_variables_too() -> None:
    x = Value(2.0)
    a = x * x
    names = [v["name"] for v in data(explore(a * x, names={"a": a, "x": x}, **own))["nodes"]]
    assert names == ["x", "a", "root"]


def test_equal_labels_are_told_apart() -> None:
    y = Value(1.0, "x") * Value(2.0, "x")
    assert [v["name"] for v in data(explore(y, **own))["nodes"]] == ["x", "x #2", "root"]


def test_a_neurons_weight_has_a_short_name_and_keeps_its_label() -> None:
    w = Value(1.0, "layers[0].neurons[2].w[1]")
    found = node(tanh(w), "w[0,2,1]")
    assert found["label"] == "layers[0].neurons[2].w[1]"


def test_an_operation_is_a_text_with_places_for_its_operands() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert node(x * y, "root")["formula"] == [0, " * ", 1]
    assert node(-x, "root")["formula"] == ["-", 0]
    assert node(clip(x, 0, 1), "root")["formula"] == ["clip(", 0, ", ", 1, ", ", 2, ")"]
    assert node(sumprod([x], [y], 1), "root")["formula"] == [0, " * ", 1, " + ", 2]
    long = total([x] * 9)
    assert node(long, "root")["formula"] == [0, " + ", 1, " + … + ", 8]


def test_a_local_derivative_has_its_rule_with_its_conditions_undecided() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert node(tanh(x), "root")["slopes"] == [["1 - ", 1, ["2"]]]
    assert node(x**2, "root")["slopes"] == [["2 * ", 0], []]
    assert node(x * y, "root")["slopes"] == [[1], [0]]
    assert node(relu(x), "root")["slopes"] == [["where(", 1, " > 0, 1, 0)"]]
    assert "slopes" not in node(x + y, "root")


def test_a_power_stands_above_and_a_brace_in_a_label_is_no_place() -> None:
    n = Value(2.0, "{n}")
    y = Value(3.0, "x") ** (n + 1)
    assert node(y, "root")["formula"] == [0, [1]]
    found = data(explore(y, **own))
    assert found["heading"] == [4, " = ", 0, [1, " + 1"]]
    assert found["nodes"][1]["name"] == "{n}"


def test_a_name_is_read_as_mathematics_once_for_tables_and_page() -> None:
    assert node(tanh(Value(1.0, "layers[0].neurons[2].w[1]")), "w[0,2,1]")["math"] == [
        "w", "0,2,1", ""
    ]  # fmt: skip
    assert node(tanh(Value(1.0, "theta'_1")), "theta'_1")["math"] == ["θ′", "1", ""]
    assert "math" not in node(tanh(Value(1.0, "learning_rate")), "learning_rate")


def test_the_heading_is_the_formula_of_the_root_or_what_was_asked_for() -> None:
    assert data(explore(neuron(), **own))["title"] == "y = tanh(w * x + b)"
    assert data(explore(neuron(), title="A neuron", **own))["title"] == "A neuron"


def test_the_heading_calls_a_node_what_its_box_is_called() -> None:
    found = data(explore(tanh(Value(1.0)) * Value(2.0), **own))
    assert found["title"] == "root = tanh(v1) * v3"
    assert [v["name"] for v in found["nodes"]] == ["v1", "v2", "v3", "root"]


def test_a_graph_is_put_in_order_once(monkeypatch) -> None:
    orders = []
    for module in (explore_module, formulas, levels):
        ordered = module.topological_order
        monkeypatch.setattr(
            module, "topological_order", lambda v, f=ordered: orders.append(f(v)) or orders[-1]
        )
    explore(neuron(), **own)
    assert len(orders) == 1


def test_the_line_that_made_a_node_is_told() -> None:
    y = neuron()
    assert node(y, "y", sources={y: "lesson.py:3: y = tanh(a)"})["source"] == (
        "lesson.py:3: y = tanh(a)"
    )


def test_inf_and_nan_are_texts_in_the_data() -> None:
    y = Value(float("inf"), "x") * Value(float("nan"), "n")
    assert [v["value"] for v in data(explore(y, **own))["nodes"]] == ["inf", "nan", "nan"]


def test_a_choice_that_was_recorded_is_told_of() -> None:
    x = Value(2.0, "x")
    assert data(explore(tanh(x), **own))["note"] == ""
    assert "What where chose" in data(explore(where(x > 1, x, -x), **own))["note"]
    assert "What lookup chose" in data(explore(lookup([x, -x], 1), **own))["note"]
    assert data(explore(where(Value(1.0, "c"), x, -x), **own))["note"] == ""


def test_a_box_for_everything_but_constants_and_an_arrow_for_every_edge_between() -> None:
    x = Value(2.0, "x")
    (shape,) = data(explore(2 * x + x, **own))["shapes"]
    assert [len(shape["LR"]["boxes"]), len(shape["LR"]["lines"])] == [3, 3]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_boxes_do_not_meet_and_stay_on_the_picture(direction: str) -> None:
    found = data(explore(neuron(), direction=direction, **own))
    assert found["direction"] == direction
    there = found["shapes"][0][direction]
    width, height = there["size"]
    boxes = there["boxes"]
    for i, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for u, v, a, b in boxes[:i]:
            assert x + w <= u or u + a <= x or y + h <= v or v + b <= y


# ---- what a descent moves ------------------------------------------------------------------------


def given(root: Value, **options) -> list[str]:
    return [v["name"] for v in data(explore(root, **own, **options))["nodes"] if v.get("given")]


def test_inputs_and_targets_are_told_from_weights() -> None:
    assert given((Value(2.0, "w") * Value(3.0, "x[1]") - Value(1.0, "y")) ** 2) == ["x[1]", "y"]
    model = MLP(2, [3, 1], rng=random.Random(0))
    assert given((model([Value(1.0), Value(2.0)]) - Value(0.5, "target")) ** 2) == [
        "v1", "v2", "target"
    ]  # fmt: skip
    height, scale = Value(2.0, "height"), Value(3.0, "scale")
    assert given(sumprod([Value(1.0, "w")], [height], Value(1.0, "b")) * scale) == ["height"]


def test_where_there_is_nothing_but_inputs_all_of_them_move() -> None:
    assert given(Value(2.0, "x") ** 2 + Value(3.0, "y") ** 2) == []


# ---- rows without formulas, nodes without rows ---------------------------------------------------


@pytest.fixture
def opaque():
    def cube(x: float) -> float:
        return x**3 if x > 0 else -((-x) ** 3)

    yield Operation("opaque_cube", cube, lambda x, z: 3 * x * x)
    del OPERATIONS["opaque_cube"]


def test_an_opaque_row_is_named_as_what_stops_the_sliders(opaque: Operation) -> None:
    blame = data(explore(opaque(Value(2.0, "x")), **own))["blame"]
    assert blame.startswith("operation 'opaque_cube' has no formula")
    assert data(explore(neuron(), **own))["blame"] == ""


def test_nodes_of_another_class_are_shown_with_the_numbers_they_have() -> None:
    x = Student(2.0)
    y = Student(4.0, (x, x), (2.0, 2.0))
    found = data(explore(y, names={"x": x}, **own))
    assert found["blame"].startswith("Student nodes remember their numbers")
    assert found["nodes"][1]["formula"] == ["Student(", 0, ", ", 1, ")"]
    assert found["nodes"][1]["locals"] == [2.0, 2.0]


def test_a_single_variable_and_a_single_constant_have_a_page() -> None:
    assert len(data(explore(Value(2.0, "x"), **own))["nodes"]) == 1
    assert len(data(explore(constant(2.0), **own))["shapes"][0]["TB"]["boxes"]) == 1


# ---- nothing is touched, nothing gets out --------------------------------------------------------


def test_no_gradient_is_written() -> None:
    y = neuron()
    y.parents[0].grad = 7.0
    explore(y, **own).html  # noqa: B018 - the property is what is tested
    assert [y.grad, y.parents[0].grad] == [0.0, 7.0]


def test_a_label_is_data_and_ends_no_script() -> None:
    evil = "</script><script>alert(1)</script><!--"
    x = Value(1.0, evil)
    page = explore(tanh(x), title=evil, sources={x: evil}, **own)
    assert "alert(1)</script>" not in page.html
    assert page.html.count("</script>") == 3
    assert data(page)["nodes"][0]["name"] == evil
    assert "<title>&lt;/script&gt;" in page.html


def test_a_label_is_no_template() -> None:
    assert data(explore(tanh(Value(1.0, "{{script}}")), **own))["nodes"][0]["name"] == "{{script}}"


def test_the_page_asks_nobody_for_anything() -> None:
    page = re.sub(r"http://www\.w3\.org/2000/svg", "", explore(neuron(), **own).html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(|fetch|XMLHttp|import\(", page)


# ---- what is refused -----------------------------------------------------------------------------


def test_a_stale_graph_is_refused() -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="was changed; build the graph again"):
        explore(y, **own)


def test_a_large_graph_is_refused_with_its_count_and_the_way_out() -> None:
    y = Value(0.5, "x")
    for _ in range(20):
        y = tanh(y)
    with pytest.raises(ValueError, match=r"has 21 nodes.* up to about 20: .*limit=None\)"):
        explore(y, limit=20, detail="operations", **own)
    explore(y, limit=None, **own)
    explore(y, limit=21, **own)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "up"}, "direction is 'LR' or 'TB', got 'up'"),
        ({"engine": "none"}, "engine is one of own"),
    ],
)
def test_wrong_options_are_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explore(neuron(), **options)


def test_what_is_no_node_is_named() -> None:
    with pytest.raises(TypeError, match="explore needs a node, such as a Value, got a float"):
        explore(2.0)


# ---- ways out ------------------------------------------------------------------------------------


def test_a_page_is_saved_as_html_and_nothing_else(tmp_path: Path) -> None:
    page = explore(neuron(), **own)
    assert page.save(tmp_path / "page.html").read_text(encoding="utf-8") == page.html
    with pytest.raises(ValueError, match="ends in .html, got 'page.svg'"):
        page.save(tmp_path / "page.svg")


class Tags(HTMLParser):
    """Every element of a document as its name and its attributes, and the text outside scripts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def one(self, tag: str) -> dict[str, Any]:
        (attributes,) = [attributes for name, attributes in self.found if name == tag]
        return attributes


def test_in_a_notebook_it_is_a_sandboxed_frame_a_picture_and_text() -> None:
    page = explore(neuron(), **own)
    bundle = page._repr_mimebundle_()
    tags = Tags(bundle["text/html"])
    assert tags.one("iframe")["sandbox"] == "allow-scripts allow-downloads"
    assert tags.one("blockquote")["data-page"] == page.html
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == repr(page)
    assert "local derivatives" in repr(page)


def test_where_the_frame_is_taken_out_there_is_the_picture_and_without_it_the_text() -> None:
    bundle = explore(neuron(), **own)._repr_mimebundle_()
    tags = Tags(bundle["text/html"])
    style = tags.one("blockquote")["style"]
    picture = re.search(r"url\(data:image/svg\+xml;base64,([^)]*)\)", style)[1]
    assert b64decode(picture).decode() == bundle["image/svg+xml"]
    assert tags.one("ul") == {"hidden": "hidden"}
    assert tags.text.replace("\xa0", " ") == bundle["text/plain"].replace("\n", "")
    assert sum(len(str(x)) for x in tags.one("iframe").values()) < 300  # shown where it is escaped


def test_a_page_runs_its_own_scripts_and_asks_for_nothing() -> None:
    html = explore(neuron(), **own).html
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    assert rules.pop("script-src") == " ".join(f"'sha256-{h}'" for h in hashes)
    assert rules == {
        "style-src": "'unsafe-inline'", "img-src": "data:", "base-uri": "'none'",
        "form-action": "'none'",
    }  # fmt: skip
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_a_page_shows_the_graph_as_it_was_when_it_was_made() -> None:
    y = neuron()
    page = explore(y, **own)
    before = page.html, repr(page)
    y.parents[0].data = 7.0
    y.backward()
    assert (page.html, repr(page)) == before
