"""Networks as pictures: what stands in nodes and on lines, signs, sizes, files and refusals."""

import random
import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise
from math import atan2, degrees, tanh
from types import SimpleNamespace

import pytest

from autograd import Value
from nn.losses import half_squared_error
from nn.modules import MLP, Activation, Layer, Linear, Module, Neuron, Sequential
from viz.drawing.scene import NEGATIVE, NEUTRAL, POSITIVE
from viz.drawing.svg import text_width
from viz.networks.network import _tries, draw_network
from viz.networks.number_places import Line, places, touch
from viz.networks.shapes import NIGHT, SOFT

SVG = "{http://www.w3.org/2000/svg}"


def small() -> MLP:
    """A network 2-1-1 with round numbers: a = 2*3 - 1*1 + 0.5 = 5.5, z = relu(a), output -z."""
    model = MLP(2, [1, 1])
    for p, number in zip(model.parameters(), [2.0, -1.0, 0.5, -1.0, 0.0], strict=True):
        p.data = number
    return model


def words(picture) -> list[str]:
    """Every text of the picture, in the order in which it is drawn."""
    return ["".join(t.itertext()) for t in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def lines(picture) -> dict[str, dict[str, str]]:
    """How each weight is drawn, by its tooltip."""
    found = {}
    for group in ElementTree.fromstring(picture.svg).iter(f"{SVG}g"):
        paths = group.findall(f"{SVG}path")
        if len(paths) == 2:  # a wide invisible one to point at, and the one that is seen
            found[group.findtext(f"{SVG}title").partition(" = ")[0]] = paths[1].attrib
    return found


# ---- what stands in the picture ------------------------------------------------------------------


def test_numbers_of_an_example_stand_in_the_nodes() -> None:
    shown = words(draw_network(small(), [3.0, 1.0]))
    inputs, hidden = ["x[0]", "3", "x[1]", "1"], ["a[0]", "5.5", "b = 0.5", "z[0]", "5.5", "relu"]
    assert [word for word in shown if word in inputs] == inputs
    assert " ".join(hidden) in " ".join(shown)
    assert " ".join(["z[0]", "-5.5", "b = 0", "output"]) in " ".join(shown)


def test_in_a_column_of_many_a_name_and_its_number_share_a_line(rng) -> None:
    shown = words(draw_network(MLP(7, [1], rng=rng), range(7)))
    assert {"x[0] = 0", "x[6] = 6"} <= set(shown)


def test_without_an_example_the_nodes_name_a_and_z() -> None:
    shown = words(draw_network(small()))
    assert {"x[0]", "x[1]", "a[0]", "z[0]", "relu", "b = 0.5", "2", "-1"} <= set(shown)


def test_weights_are_numbers_on_lines_in_colour_and_dashes_by_sign_and_width_by_size() -> None:
    drawn = lines(draw_network(small()))
    large, negative = drawn["layers[0].neurons[0].w[0]"], drawn["layers[0].neurons[0].w[1]"]
    assert (large["stroke"], float(large["stroke-width"])) == (POSITIVE, 4.0)
    assert (negative["stroke"], float(negative["stroke-width"])) == (NEGATIVE, 2.5)
    assert "stroke-dasharray" in negative
    assert "stroke-dasharray" not in large


def test_gradients_are_a_dash_before_backward_and_numbers_after() -> None:
    model = small()
    before = draw_network(model, by="gradient")
    assert words(before).count("grad b –") == 2
    assert "no gradient yet: call backward() on a loss" in words(before)
    assert {line["stroke"] for line in lines(before).values()} == {NEUTRAL}
    model([3.0, 1.0]).backward()  # the output is -z: d/dw = -x, d/db = -1, and d/d(-1) = z
    after = draw_network(model, by="gradient")
    assert {"-3", "-1", "5.5", "grad b -1", "grad b 1"} <= set(words(after))
    assert lines(after)["layers[1].neurons[0].w[0]"]["stroke"] == POSITIVE
    assert lines(after)["layers[0].neurons[0].w[0]"]["stroke"] == NEGATIVE


def test_a_tooltip_tells_weight_and_gradient() -> None:
    model = small()
    model([3.0, 1.0]).backward()
    assert "<title>layers[0].neurons[0].w[1] = -1, gradient -1</title>" in draw_network(model).svg


def test_a_picture_keeps_the_numbers_it_was_drawn_with() -> None:
    model = small()
    picture = draw_network(model)
    model.parameters()[0].data = 77.0
    assert "77" not in words(picture)
    assert "77" in words(draw_network(model))


def test_drawing_changes_no_gradient_and_records_nothing() -> None:
    model, x = small(), Value(3.0, "width")
    half_squared_error(model([x, 1.0]), 0.5).backward()
    before = [p.grad for p in [*model.parameters(), x]]
    assert {"width", "3"} <= set(words(draw_network(model, [x, 1.0])))
    assert [p.grad for p in [*model.parameters(), x]] == before


def test_features_and_classes_name_inputs_and_outputs(rng) -> None:
    model = MLP(2, [2], rng=rng)
    shown = words(draw_network(model, [1, 2], features=["length <cm>", "w"], classes=["a", "b"]))
    assert {"length <cm>", "1", "w", "2", "a", "b"} <= set(shown)
    assert {"output[0]", "output[1]"} <= set(words(draw_network(model)))


def test_the_gradients_of_a_network_with_dead_neurons_are_shown() -> None:
    model = small()
    model([-3.0, 1.0]).backward()  # relu is shut: only the output's bias has a gradient
    shown = words(draw_network(model, by="gradient"))
    assert {"grad b 0", "grad b 1", "0"} <= set(shown)


def test_nothing_is_recorded_for_a_picture(rng) -> None:
    seen = []
    draw_network(MLP(1, [1, 1], lambda a: seen.append(a * Value(2.0)) or seen[-1], rng=rng), [1.0])
    assert {z.parents for z in seen} == {()}


def test_any_function_may_be_an_activation(rng) -> None:
    model = MLP(1, [1, 1], lambda a: a.tanh(), rng=rng)
    (column, _) = draw_network(model, [2.0]).columns
    assert column.nodes[0].z == tanh(column.nodes[0].a)
    assert column.activation == "function"


def test_neurons_of_a_layer_may_differ(rng) -> None:
    model = MLP(1, [2, 1], "tanh", rng=rng)
    model.layers[0].neurons[1].activation = None
    (column, _) = draw_network(model, [2.0]).columns
    assert [node.activation for node in column.nodes] == ["tanh", "linear"]
    assert column.nodes[1].z == column.nodes[1].a


def test_a_sequential_is_drawn_as_the_mlp_it_equals(rng) -> None:
    model = Sequential(Linear(2, 3, rng=rng), Activation("tanh"), Linear(3, 2, bias=False, rng=rng))
    picture = draw_network(model, [1.0, -2.0])
    assert [c.activation for c in picture.columns] == ["tanh", "linear"]
    assert [n.z for n in picture.columns[-1].nodes] == [z.data for z in model([1.0, -2.0])]
    assert sum(word.startswith("b = ") for word in words(picture)) == 3


def test_an_activation_of_an_activation_is_both(rng) -> None:
    model = Sequential(Linear(1, 2, rng=rng), Activation("tanh"), Activation("exp"))
    (column,) = draw_network(model, [1.0]).columns
    assert column.activation == "tanh, exp"
    assert [n.z for n in column.nodes] == [z.data for z in model([1.0])]


def test_a_layer_and_a_neuron_are_drawn_too(rng) -> None:
    assert "3 tanh" in words(draw_network(Layer(2, 3, "tanh", rng=rng)))
    assert "1 relu" in words(draw_network(Neuron(2, rng=rng), [1, 2]))


def test_text_has_a_line_per_neuron() -> None:
    assert repr(draw_network(small(), [3, 1])).splitlines() == [
        "node          activation  bias  weights  a     z",
        "layers[0][0]  relu        0.5   2  -1    5.5   5.5",
        "layers[1][0]  linear      0     -1       -5.5  -5.5",
    ]


# ---- on any ground -------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(2, [2, 2, 1]), (4, [8, 3]), (2, [16, 16, 1])])
@pytest.mark.parametrize("by", ["weight", "gradient"])
def test_every_colour_has_one_for_the_dark_and_nothing_leaves_the_paper(sizes, by, rng) -> None:
    model = MLP(*sizes, "tanh", rng=rng)
    outputs = model([0.5] * sizes[0])
    (outputs[0] if isinstance(outputs, list) else outputs).backward()
    svg = draw_network(model, [0.5] * sizes[0], by=by).svg
    night, _, body = svg.partition("</style>")
    assert f'[stroke="{POSITIVE}"]{{stroke:{NIGHT[POSITIVE]}}}' in night
    assert set(re.findall('(?:fill|stroke)="([^"]*)"', body)) <= {*NIGHT, "none"}
    root = ElementTree.fromstring(svg)
    wide, high = float(root.get("width")), float(root.get("height"))
    for rect in list(root.iter(f"{SVG}rect"))[1:]:
        if rect.get("rx"):
            x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            assert 0 < x < x + w < wide
            assert 0 < y < y + h < high


def test_nodes_of_a_column_lie_below_one_another(rng) -> None:
    for sizes in ((1, [1]), (2, [16, 3]), (5, [4, 3, 2])):
        svg = ElementTree.fromstring(draw_network(MLP(*sizes, rng=rng)).svg)
        boxes = [r.attrib for r in svg.iter(f"{SVG}rect") if r.get("rx") and r.get("stroke")]
        columns: dict[str, list[tuple[float, float]]] = {}
        for box in boxes:
            columns.setdefault(box["x"], []).append((float(box["y"]), float(box["height"])))
        assert [len(column) for column in columns.values()] == [sizes[0], *sizes[1]]
        for column in columns.values():
            assert all(y + high < below for (y, high), (below, _) in pairwise(column))


def test_a_notebook_gets_svg_and_text() -> None:
    picture = draw_network(small())
    assert picture._repr_mimebundle_() == {
        "image/svg+xml": picture.svg, "text/plain": repr(picture),
    }  # fmt: skip


def test_infinite_and_undefined_weights_are_drawn() -> None:
    model = small()
    model.parameters()[0].data, model.parameters()[1].data = float("inf"), float("nan")
    shown = words(draw_network(model, [1.0, 1.0]))
    assert {"inf", "nan"} <= set(shown)
    assert "a[0] nan" in " ".join(shown)
    drawn = lines(draw_network(model))
    assert float(drawn["layers[1].neurons[0].w[0]"]["stroke-width"]) == 4.0  # -1, the largest known


def test_the_widest_line_lies_on_top() -> None:
    drawn = list(lines(draw_network(small())).values())
    assert [float(line["stroke-width"]) for line in drawn[:2]] == [2.5, 4.0]


def test_a_number_stands_on_its_line_and_off_the_crossing() -> None:
    model = MLP(2, [2])
    for p, number in zip(model.parameters(), [1.0, 2.0, 0.0, 3.0, 4.0, 0.0], strict=True):
        p.data = number
    picture = draw_network(model)
    path = lines(picture)["layers[0].neurons[0].w[1]"]["d"]
    (a, b), (c, d) = (map(float, point.split(",")) for point in path[1:].split("L"))
    groups = ElementTree.fromstring(picture.svg).iter(f"{SVG}g")
    (place,) = (g.get("transform") for g in groups if g.findtext(f"{SVG}text") == "2")
    x, y, angle = map(float, re.findall(r"-?[\d.]+", place))
    assert a < x < c
    assert abs(x - (a + c) / 2) > 5
    assert y == pytest.approx(b + (x - a) / (c - a) * (d - b), abs=0.2)
    assert angle == pytest.approx(degrees(atan2(d - b, c - a)), abs=0.1)


def test_a_node_is_filled_by_the_sign_and_size_of_its_z_and_a_bias_coloured_by_its_own() -> None:
    model = small()
    model.layers[1].neurons[0].w[0].data = -0.5
    svg = ElementTree.fromstring(draw_network(model, [3.0, 1.0]).svg)  # z = 5.5 and -2.75
    boxes = [r for r in svg.iter(f"{SVG}rect") if r.get("stroke")]
    assert [(b.get("fill"), b.get("fill-opacity")) for b in boxes] == [
        (NEUTRAL, "0.05"), (NEUTRAL, "0.05"), (POSITIVE, "0.35"), (NEGATIVE, "0.20"),
    ]  # fmt: skip
    inks = {t.text: t.get("fill") for t in svg.iter(f"{SVG}text") if t.text.startswith("b = ")}
    assert inks == {"b = 0.5": POSITIVE, "b = 0": SOFT}


def test_a_crossing_is_worth_half_a_gap() -> None:
    assert _tries(130.0)[:4] == [(130.0, 0), (150.0, 0), (190.0, 0), (130.0, 1)]


def test_a_large_bias_makes_no_line_thin() -> None:
    model = small()
    model.layers[0].neurons[0].b.data = 1e6
    picture = draw_network(model)
    assert float(lines(picture)["layers[0].neurons[0].w[0]"]["stroke-width"]) == 4.0
    assert "the wider the line, the farther its weight from 0 (widest 2)" in words(picture)


def test_a_long_name_of_a_layer_has_room(rng) -> None:
    svg = ElementTree.fromstring(draw_network(MLP(1, [1], rng=rng), features=["x"]).svg)
    (inputs,) = (t for t in svg.iter(f"{SVG}text") if t.text == "inputs")
    assert float(inputs.get("x")) - text_width("inputs", 14) / 2 > 17  # the margin
    model = MLP(2, [2, 2], rng=rng)
    model.relabel("a_name_that_is_wider_than_its_column_of_nodes")
    svg = ElementTree.fromstring(draw_network(model).svg)
    heads = [t for t in svg.iter(f"{SVG}text") if t.text.startswith("a_name")]
    first, second = (float(t.get("x")) for t in heads)
    half = text_width(heads[0].text, 14) / 2
    assert first + half < second - half
    assert half < first
    assert second + half < float(svg.get("width"))


def test_names_cannot_leave_their_place(rng) -> None:
    name = "</script><script>alert(1)</script>"
    picture = draw_network(MLP(1, [1], rng=rng), [Value(1.0, name)], classes=['<b> & "c"'])
    assert {name, '<b> & "c"'} <= set(words(picture))
    assert "<script" not in picture.svg


def line(start, end) -> Line:
    return Line(start, end, (40, 12))


def test_numbers_on_lines_do_not_touch() -> None:
    fan = [line((0, 60 * i), (300, 90 * j)) for i in range(4) for j in range(3)]
    found = list(zip(fan, places(fan, 1), strict=True))
    assert not any(touch(*one, *two) for one, two in combinations(found, 2))


def test_a_number_keeps_off_the_line_that_crosses_its_own() -> None:
    cross = [line((0, 0), (300, 100)), line((0, 100), (300, 0))]
    for one, share in zip(cross, places(cross, 0), strict=True):
        assert 20 < abs(one.at(share)[0] - 150) < 60  # the lines cross at (150, 50)


def test_a_number_keeps_between_the_nodes() -> None:
    (share,) = places([line((0, 0), (44, 0))], 0)
    assert share == 0.5
    assert places([line((0, 0), (39, 0))], 0) is None


def test_a_number_may_lie_on_as_many_lines_as_allowed() -> None:
    cross = [Line((0, 0), (60, 20), (40, 12)), Line((0, 20), (60, 0), (10, 12))]
    assert places(cross, 0) is None
    assert places(cross, 1) is not None
    assert places([cross[0], *cross], 1) is None


def test_numbers_on_one_spot_touch() -> None:
    one, two = line((0, 0), (100, 100)), line((0, 100), (100, 0))
    assert touch(one, 0.5, two, 0.5)
    assert not touch(one, 0.5, two, 0.9)
    assert touch(one, 0.5, one, 0.8)  # 42 apart, along the line: 40 long, and a little room
    assert not touch(one, 0.3, one, 0.7)


def test_numbers_without_room_are_left_to_the_tooltips(rng) -> None:
    crowded = [line((0, 5 * i), (100, 5 * j)) for i in range(6) for j in range(6)]
    assert places(crowded, 1) is None
    model = MLP(16, [16], rng=rng)
    picture = draw_network(model)
    assert len(lines(picture)) == 256
    assert f"{model.parameters()[0].data:.4g}" not in words(picture)


# ---- the prediction and the true class -----------------------------------------------------------


def three(*z: float) -> Layer:
    """A layer of three linear neurons that gives these z for the input 1."""
    layer = Layer(1, 3, rng=random.Random(0), activation=None)
    for neuron, value in zip(layer.neurons, z, strict=True):
        neuron.w[0].data, neuron.b.data = value, 0.0
    return layer


CATS = {"classes": ["cat", "dog", "owl"]}


def said(model: Layer, **options) -> list[str]:
    """What the table of text says below its lines."""
    return repr(draw_network(model, [1.0], **CATS, **options)).splitlines()[4:]


def test_the_largest_output_is_the_prediction_and_the_target_the_true_class() -> None:
    picture = draw_network(three(1.0, 3.0, -4.0), [1.0], **CATS, target="owl")
    assert {"prediction", "true class"} <= set(words(picture))
    assert repr(picture).splitlines()[4:] == ["prediction: dog", "true class: owl"]
    assert said(three(1.0, 3.0, -4.0), target=1) == ["prediction, true class: dog"]
    assert 'font-weight="bold">dog' in picture.svg


def test_of_equal_outputs_the_first_is_the_prediction_and_of_nan_none() -> None:
    assert said(three(3.0, 1.0, 3.0)) == ["prediction: cat"]
    assert said(three(3.0, float("nan"), 3.0)) == []


def test_without_an_example_or_a_second_output_nothing_is_predicted() -> None:
    assert "prediction" not in repr(draw_network(three(1.0, 2.0, 3.0), **CATS))
    assert "prediction" not in repr(draw_network(MLP(1, [1]), [1.0]))


@pytest.mark.parametrize("target", [3, -1, "fox", 1.5])
def test_a_target_that_is_no_class_is_refused(target) -> None:
    with pytest.raises(
        ValueError, match="target is the true class, 0 to 2 or one of cat, dog, owl"
    ):
        said(three(1.0, 2.0, 3.0), target=target)


def test_fill_and_words_agree_that_a_large_negative_z_is_far_from_0() -> None:
    picture = draw_network(three(0.8, 2.0, -4.0), [1.0])
    assert "the deeper the fill of a neuron, the farther its z from 0" in words(picture)
    fills = re.findall(r'fill="(#\w+)" fill-opacity="(0\.\d+)"', picture.svg)[1:]
    assert fills == [(POSITIVE, "0.11"), (POSITIVE, "0.20"), (NEGATIVE, "0.35")]


# ---- files and refusals --------------------------------------------------------------------------


def test_a_picture_is_saved(tmp_path) -> None:
    picture = draw_network(small())
    assert picture.save(tmp_path / "net.svg").read_text() == picture.svg
    with pytest.raises(ValueError, match="ends in .svg, .png, .pdf, got 'net.gif'"):
        picture.save(tmp_path / "net.gif")


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_other_formats_are_made_of_the_svg(kind: str, start: bytes, tmp_path) -> None:
    pytest.importorskip("resvg_py", reason='needs pip install -e ".[render]"')
    picture = draw_network(MLP(2, [2, 1], "tanh"), [1.0, -2.0], features=["$^{$", "_y^"])
    assert picture.save(tmp_path / f"net.{kind}").read_bytes().startswith(start)


def test_a_network_too_large_is_refused_with_the_way_out() -> None:
    model = MLP(50, [30, 1], rng=random.Random(0))
    with pytest.raises(ValueError, match=r"1,530 weights.*draw_network\(model.layers\[-1\]\)"):
        draw_network(model)
    assert len(lines(draw_network(model.layers[-1]))) == 30
    assert len(lines(draw_network(model, limit=None))) == 1530


@pytest.mark.parametrize(
    "model",
    [
        3,
        [1.0],
        None,
        SimpleNamespace(w=[Value(1.0)], b=Value(0.0)),
        Module(),
        Sequential(Activation("tanh")),
    ],
)
def test_what_is_no_network_is_refused(model) -> None:
    with pytest.raises(TypeError, match="draw_network knows neurons, layers of them"):
        draw_network(model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": [1.0]}, "this network has 2 inputs, got 1"),
        ({"by": "size"}, 'by is "weight" or "gradient", got \'size\''),
        ({"features": ["one"]}, "features names 1 of 2 inputs"),
        ({"classes": ["one", "two"]}, "classes names 2 of 1 outputs"),
    ],
)
def test_wrong_calls_are_refused(options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw_network(small(), **options)


def test_inputs_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="real number"):
        draw_network(small(), ["1", 2.0])
    with pytest.raises(TypeError, match="numbers or Values, one per input, got a float"):
        draw_network(small(), 3.0)


def test_a_model_that_is_more_than_its_layers_is_refused_with_inputs_and_drawn_without() -> None:
    class Residual(Module):
        def __init__(self) -> None:
            self.layers = [Linear(1, 1, initialization="zeros")]

        def __call__(self, x):
            return self.layers[0](x) + x[0]

    with pytest.raises(ValueError, match="Residual gives 3, its layers one after another 0: it "):
        draw_network(Residual(), [3.0])
    assert len(lines(draw_network(Residual()))) == 1
    assert draw_network(Residual(), [0.0]).columns[0].nodes[0].z == 0.0


def test_layers_that_do_not_fit_are_refused(rng) -> None:
    model = MLP(2, [3, 1], rng=rng)
    del model.layers[0].neurons[0]
    with pytest.raises(ValueError, match=r"layers\[0\] has 2 outputs, layers\[1\] takes 3"):
        draw_network(model)


def test_a_weight_without_a_label_is_called_by_its_place_as_in_other_pictures() -> None:
    model = MLP(2, [2, 1], "tanh", rng=random.Random(0))
    for p in model.parameters():
        p.label = ""
    assert "layers[0].neurons[1].w[0]" in lines(draw_network(model))
