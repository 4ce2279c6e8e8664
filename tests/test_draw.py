"""Pictures: every engine, every format, what they show and what they refuse."""

import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    Value,
    clip,
    constant,
    gradcheck,
    paths,
    sin,
    sumprod,
    tanh,
    topological_order,
    where,
)
from nn import MLP
from viz import draw
from viz.drawing.check_page import report_html
from viz.drawing.scene import CHOSEN, FAULT, thickness
from viz.drawing.svg import in_a_cell, text_width
from viz.placing.engines import ENGINES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def no_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no Graphviz of any kind."""
    for engine in ENGINES:
        monkeypatch.setattr(type(engine), "available", lambda self: False)


def example() -> Value:
    a, x = Value(2.0, "a"), Value(3.0, "x")
    y = a * x + x * x
    y.label = "y"
    return y


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def drawn(root: Value, **options) -> list[str]:
    return texts(draw(root, **options).svg)


# ---- what a picture shows ------------------------------------------------------------------------


def test_every_box_shows_its_number_and_every_edge_its_local_derivative() -> None:
    words = drawn(example())
    assert {"a = 2", "x = 3", "×", "6", "9", "+", "y = 15"} <= set(words)
    assert sorted(w for w in words if w in "123") == ["1", "1", "2", "3", "3", "3"]


def test_gradients_are_a_dash_before_backward_and_numbers_after() -> None:
    y = example()
    assert drawn(y).count("grad –") == 5
    y.backward()
    words = drawn(y)
    assert "grad –" not in words
    assert {"grad 3", "grad 8", "grad 1"} <= set(words)


def test_two_times_a_is_figure_1_one_edge_and_the_constant_inside() -> None:
    a = Value(3.0, "a")
    picture = draw(2 * a)
    assert "2 ×" in texts(picture.svg)
    assert [(e.label, e.tail, e.head) for e in picture.scene.arrows] == [("2", 0, 1)]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda a: a + 1, "+ 1"),
        (lambda a: 1 - a, "1 −"),
        (lambda a: a**2, "** 2"),
        (lambda a: 2**a, "2 **"),
        (lambda a: a / 4, "/ 4"),
        (lambda a: clip(a, 0, 1), "clip(·, 0, 1)"),
        (lambda a: where(True, a, 0.0), "where(1, ·, 0)"),
        (lambda a: sumprod([a, a, a], [1.0, 2.0, 3.0]), "Σ w·x, constants 1, 2, 3"),
        (lambda a: -a, "−"),
        (tanh, "tanh"),
        (lambda a: constant(1.0) + constant(2.0) + a * 0, "1 + 2"),
    ],
)
def test_constants_stand_inside_their_operation(make, text: str) -> None:
    assert text in drawn(make(Value(0.5)))


def test_constants_may_have_boxes_of_their_own() -> None:
    y = 2 * Value(3.0)
    scene = draw(y, constants=True).scene
    assert sorted(box.kind for box in scene.boxes) == ["constant", "result", "variable"]
    assert sorted(arrow.label for arrow in scene.arrows) == ["", "2"]


def test_parallel_edges_are_both_drawn() -> None:
    a = Value(3.0)
    arrows = draw(a * a).scene.arrows
    assert [(e.tail, e.head, e.label) for e in arrows] == [(0, 1, "3"), (0, 1, "3")]


def test_names_of_variables_name_nodes_but_never_overrule_a_label() -> None:
    x, hidden = Value(1.0, "x"), [Value(2.0), Value(3.0)]
    product = x * hidden[0] + hidden[1]
    _private = product  # a shell's names are not used
    other = x  # x has a label already
    words = drawn(product, names=locals())
    assert {"x = 1", "hidden[0] = 2", "hidden[1] = 3", "product = 5"} <= set(words)


def test_a_label_up_to_its_dots_makes_frames_within_frames() -> None:
    model = MLP(2, [2, 1], "tanh", rng=random.Random(0))
    picture = draw(model([1.0, 2.0]))
    neurons = {"layers[0].neurons[0]", "layers[0].neurons[1]", "layers[1].neurons[0]"}
    assert {box.cluster for box in picture.scene.boxes} == neurons
    titles = {"layers[0]", "neurons[0]", "neurons[1]", "layers[1].neurons[0]"}
    assert titles | {"Σ w·x"} <= set(texts(picture.svg))
    assert picture.dot.count("subgraph cluster_") == 4


def test_groups_that_feed_each_other_have_no_frame_and_a_note_says_so() -> None:
    odd = sin(Value(0.0, "even.x"))
    odd.label = "odd.y"
    even = odd + 1
    assert "odd" in drawn(even)
    even.label = "even.z"
    words = drawn(even)
    assert {"even.x = 0", "odd.y = 0", "even.z = 1"} <= set(words)
    assert "without a frame, since each feeds the other: even, odd" in words


def test_colour_and_width_follow_the_number_that_stands_there() -> None:
    y = 3 * Value(1.0, "a") - Value(1.0, "b")
    y.backward()
    picture = draw(y, legend=False)
    blue, orange = "#1f6fb4", "#c8590a"
    arrows = re.findall(r'<path [^>]* stroke="(.*?)" stroke-width="(.*?)"/>', picture.svg)
    assert [a.label for a in picture.scene.arrows] == ["3", "1", "-1"]
    assert arrows == [(blue, "4.00"), (blue, "2.00"), (orange, "2.00")]
    boxes = re.findall(r'<rect [^>]* stroke="(.*?)" stroke-width="(.*?)"/>', picture.svg)
    assert [box.gradient for box in picture.scene.boxes] == [3, 1, -1, 1]
    assert boxes == [(blue, "4.00"), (blue, "2.00"), (orange, "2.00"), (blue, "2.00")]
    assert {"grad 3", "grad -1"} <= set(texts(picture.svg))


def test_arrows_have_their_colours_before_backward() -> None:
    arrows = draw(2 * Value(1.0) - Value(3.0)).scene.arrows
    assert [arrow.amount for arrow in arrows] == [2.0, 1.0, -1.0]


def test_a_legend_says_what_colours_and_widths_are_and_can_be_left_out() -> None:
    y = example()
    assert {"positive", "negative", "the wider, the larger"} <= set(drawn(y))
    assert " · ".join(drawn(y)).endswith("boxes: gradients, after backward()")
    y.backward()
    assert " · ".join(drawn(y)).endswith("arrows: local derivatives · boxes: gradients")
    assert not {"positive", "negative"} & set(drawn(y, legend=False))
    path = next(paths(y, y.parents[0]))
    assert "the path" in drawn(y, highlight=path)
    assert "orange: negative; the wider, the larger" in draw(y).dot
    assert "orange" not in draw(y, legend=False).dot


def test_a_narrow_picture_has_room_for_its_legend() -> None:
    width = ElementTree.fromstring(draw(Value(1.0)).svg).get("width")
    assert float(width) > text_width("boxes: gradients, after backward()", 11.0)


@pytest.mark.parametrize("scale", [1e308, 1e-320, float("inf"), float("nan")])
def test_no_attribute_is_infinite_or_nan(scale: float) -> None:
    x, big = Value(1.0, "x"), Value(scale, "big")
    y = x * big + x * -1.0
    y.backward()
    y.parents[0].grad = -scale
    for element in ElementTree.fromstring(draw(y).svg).iter():
        for value in element.attrib.values():
            assert not re.search(r"\b(inf|nan)\b", value), value
    assert not re.search(r'width="?(inf|nan)', draw(y).dot)


def test_small_numbers_keep_their_digits() -> None:
    assert "tiny = 1.235e-09" in drawn(Value(1.2345e-9, "tiny") + 1)


def test_directions_differ_in_shape() -> None:
    def size(direction: str) -> tuple[float, float]:
        svg = ElementTree.fromstring(draw(example(), direction=direction).svg)
        return float(svg.get("width")), float(svg.get("height"))

    (width, height), (other_width, other_height) = size("LR"), size("TB")
    assert width > height
    assert other_height > other_width
    assert "rankdir=TB" in draw(example(), direction="TB").dot


def test_a_terminal_gets_a_table() -> None:
    y = example()
    y.backward()
    assert repr(draw(y)).splitlines() == [
        "node  operation  value  grad  local derivatives",
        "a     variable   2      3",
        "x     variable   3      8",
        "#2    ×          6      1     d/da = 3  d/dx = 2",
        "#3    ×          9      1     d/dx = 3  d/dx = 3",
        "y     +          15     1     d/d#2 = 1  d/d#3 = 1",
    ]


def test_a_notebook_gets_svg_and_text() -> None:
    bundle = draw(example())._repr_mimebundle_()
    assert sorted(bundle) == ["image/svg+xml", "text/plain"]


def test_a_picture_is_scaled_to_the_cell_that_it_stands_in() -> None:
    assert 'style="max-width:100%;height:auto"' in draw(example()).svg.partition(">")[0]


@pytest.mark.parametrize("unit", ["", "pt"])
def test_a_wide_picture_in_a_cell_has_the_width_of_the_cell(unit: str) -> None:
    svg = '<?xml version="1.0"?>\n<svg {} viewBox="0 0 1 1"><rect width="100%"/></svg>'
    wide = svg.format(f'width="900{unit}" height="90{unit}" style="max-width:100%"')
    style = f'style="max-width:900{unit or "px"};height:auto"'
    assert in_a_cell(wide) == svg.format(f'width="100%" {style}')
    narrow = svg.format(f'width="300{unit}" height="90{unit}"')
    assert in_a_cell(narrow) == narrow


def test_drawing_changes_nothing() -> None:
    y = example()
    y.backward()
    before = [(v.data, v.grad, v.label) for v in (y, *y.parents)]
    draw(y, names={"q": y.parents[0]}).svg.encode()
    assert [(v.data, v.grad, v.label) for v in (y, *y.parents)] == before


def test_a_students_nodes_are_drawn() -> None:
    class Node:
        def __init__(self, data, parents=(), local_derivatives=()) -> None:
            self.data, self.grad = data, 0.0
            self.parents, self.local_derivatives = parents, local_derivatives

    x = Node(3.0)
    assert {"3", "Node", "9"} <= set(drawn(Node(9.0, (x, x), (3.0, 3.0))))


@pytest.mark.parametrize(
    "label",
    ["</svg><script>alert(1)</script>", 'a"b', "a\\nb", "a_1 & <b>", "{x|y}", "σ′(α)", "<b>q</b>",
     "line\nbreak", "nul\x00byte", "\\G"],
)  # fmt: skip
def test_labels_come_out_as_text_and_inject_nothing(label: str) -> None:
    y = Value(1.0, label) * 2
    svg = draw(y).svg
    assert not list(ElementTree.fromstring(svg).iter(f"{SVG}script"))
    shown = "".join(c if c.isprintable() else " " for c in label)
    assert f"{shown} = 1" in texts(svg)
    assert "\x00" not in draw(y).dot


# ---- what it refuses -----------------------------------------------------------------------------


def test_a_graph_too_large_to_read_is_refused_with_the_way_out() -> None:
    x = Value(1.0)
    y = x
    for _ in range(400):
        y = y.sin()
    with pytest.raises(ValueError, match=r"401 nodes.*draw\(root, limit=None\)"):
        draw(y)
    assert draw(y, limit=None).svg


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "RL"}, "direction is 'LR' or 'TB', got 'RL'"),
        ({"engine": "paint"}, "engine is one of own, dot, pygraphviz, graphviz-pure, got"),
    ],
)
def test_unknown_options_are_refused(options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(Value(1.0), **options)


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(TypeError, match="draw needs a node, such as a Value, got a list"):
        draw([[Value(1.0)]])
    with pytest.raises(ValueError, match="this list is empty"):
        draw([])


# ---- engines and files ---------------------------------------------------------------------------


def test_a_machine_without_graphviz_draws(no_graphviz, tmp_path) -> None:
    y = example()
    assert draw(y).save(tmp_path / "y.svg").read_text().startswith("<svg")
    assert "digraph" in draw(y).save(tmp_path / "y.dot").read_text()


WITHOUT_THE_PACKAGE = """
import sys
sys.modules["graphviz"] = None
from autograd import Value
from viz import draw, explain, explore
x = Value(2.0, "x")
y = x * x
print("<svg" in draw(y)._repr_mimebundle_()["image/svg+xml"], "x" in str(explain(y)))
print("<svg" in explore(y).html)
draw(y).dot
"""


def test_without_the_package_graphviz_all_but_dot_works() -> None:
    command = [sys.executable, "-c", WITHOUT_THE_PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["True"] * 3
    assert "ImportError: DOT and Graphviz's engines need the package graphviz" in done.stderr


@pytest.mark.parametrize(("ending", "library"), [("png", "resvg_py"), ("pdf", "typst")])
def test_without_its_library_a_format_says_what_to_install(
    monkeypatch, tmp_path, ending: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RuntimeError, match=f"a {ending.upper()} of .*: pip install {library[:5]}"):
        draw(example()).save(tmp_path / f"y.{ending}")
    assert not list(tmp_path.iterdir())


def test_an_engine_that_was_asked_for_is_not_replaced(no_graphviz, tmp_path) -> None:
    with pytest.raises(RuntimeError, match=r"dot is not installed \(install Graphviz\); without"):
        draw(example(), engine="dot").save(tmp_path / "y.png")


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"ends in .svg, .png, .pdf, .dot, got 'y.jpg'"):
        draw(example()).save(tmp_path / "y.jpg")


def test_our_own_layout_draws_unless_another_is_asked_for(monkeypatch, tmp_path) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "<svg" in draw(example()).svg
    with pytest.raises(RuntimeError, match="dot failed"):
        _ = draw(example(), engine="dot").svg


MAGIC = {"svg": b"<", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.mark.engines
@pytest.mark.parametrize(
    ("name", "ending"), [(e.name, ending) for e in ENGINES for ending in e.formats]
)
def test_every_engine_writes_its_formats(name: str, ending: str, tmp_path) -> None:
    (engine,) = [e for e in ENGINES if e.name == name]
    if not engine.available():
        pytest.skip(f"{name} is missing: {engine.remedy}")
    model = MLP(2, [2, 1], "tanh", rng=random.Random(0))
    z = model([Value(1.0, "x₁"), Value(-2.0, 'a "quoted" <label> \\ {x|y}')])
    z.backward()
    picture = draw(z, engine=name).save(tmp_path / f"z.{ending}").read_bytes()
    assert picture.startswith(MAGIC[ending])
    if ending == "svg":
        words = texts(picture.decode())
        assert {"layers[0]", "neurons[1]"} <= set(words)
        assert any(word.startswith('a "quoted" <label> \\ {x|y} = -2') for word in words)


# ---- a path that is followed ---------------------------------------------------------------------


def followed(root: Value, path, **options) -> list[tuple[str, str]]:
    """What it says along the marked edges, and what is made there; inputs first."""
    scene = draw(root, highlight=path, **options).scene
    return [(a.label, scene.boxes[a.head].lines[-2]) for a in scene.arrows if a.mark == CHOSEN]


def test_a_path_is_violet_and_thick_and_its_edges_are_numbered_from_the_root() -> None:
    y = example()
    path = next(paths(y, y.parents[0].parents[1]))  # y <- a*x <- x
    assert followed(y, path) == [("2 ②", "6"), ("1 ①", "y = 15")]
    picture = draw(y, highlight=path)
    assert picture.svg.count(f'stroke="{CHOSEN}" stroke-width="4.00"') == 2
    assert {"2 ②", "1 ①"} <= set(texts(picture.svg))
    assert picture.dot.count(f'color="{CHOSEN}"') == 2 * 2  # of the line and of its words
    assert "2 ②" in repr(picture)


def test_edges_beside_the_path_are_as_they_were() -> None:
    y = example()
    plain, chosen = draw(y).scene, draw(y, highlight=next(paths(y, y.parents[0]))).scene
    assert plain.boxes == chosen.boxes
    changed = [(p, c) for p, c in zip(plain.arrows, chosen.arrows, strict=True) if p != c]
    assert [(p.label, p.mark, c.label, c.mark) for p, c in changed] == [("1", "", "1 ①", CHOSEN)]


def test_parallel_edges_of_a_path_are_told_apart() -> None:
    a = Value(3.0, "a")
    y = a * a
    marks = [[bool(e.mark) for e in draw(y, highlight=path).scene.arrows] for path in paths(y, a)]
    assert marks == [[True, False], [False, True]]


def test_every_path_marks_exactly_its_edges() -> None:
    model = MLP(2, [3, 2, 1], "tanh", rng=random.Random(0))
    x = Value(1.0, "x")
    z = model([x, Value(2.0)])
    order = topological_order(z)
    for path in paths(z, x):
        scene = draw(z, highlight=path).scene
        marked = [(order[a.tail], order[a.head]) for a in scene.arrows if a.mark]
        assert len(marked) == len(path)
        assert set(marked) == {(v.parents[k], v) for v, k in path.edges}
        numbers = sorted(a.label[-1] for a in scene.arrows if a.mark)
        assert numbers == sorted("①②③④⑤⑥⑦⑧"[: len(path)])


def test_edges_beyond_twenty_are_numbered_too() -> None:
    x = y = Value(0.0)
    for _ in range(22):
        y = y + 1.0
    labels = [e.label for e in draw(y, highlight=next(paths(y, x))).scene.arrows]
    assert labels[:3] == ["1 (22)", "1 (21)", "1 ⑳"]


def test_a_path_may_begin_at_an_inner_node_or_have_no_edge() -> None:
    y = example()
    inner = y.parents[0]
    assert followed(y, next(paths(inner, inner.parents[0]))) == [("3 ①", "6")]
    assert followed(y, next(paths(y, y))) == []


def test_a_path_is_followed_where_constants_have_boxes() -> None:
    x = Value(3.0)
    y = 2 * x
    assert followed(y, next(paths(y, x)), constants=True) == [("2 ①", "6")]


@pytest.mark.parametrize(
    ("thing", "told"), [("x", "the text 'x'"), ([], "a list"), (Value(1.0), "a Value")]
)
def test_what_is_no_path_is_refused(thing, told: str) -> None:
    with pytest.raises(TypeError, match=rf"highlight needs a path, such as .*, got {told}"):
        draw(example(), highlight=thing)


def test_a_path_of_another_graph_is_refused() -> None:
    other = example()
    path = next(paths(other, other.parents[0]))
    with pytest.raises(ValueError, match="the path to highlight is not in the graph below this"):
        draw(example(), highlight=path)
    with pytest.raises(ValueError, match="not in the graph"):
        draw(other.parents[0], highlight=path)  # the path begins above this root


def test_the_red_mark_of_a_gradient_check_is_no_path() -> None:
    wrong = Operation("wrong_square", lambda x: x * x, lambda x, z: 3.0 * x)
    try:
        page = report_html(gradcheck(lambda x: wrong(x) * 2.0, [1.5]))
    finally:
        del OPERATIONS["wrong_square"]
    assert page.count(f'stroke="{FAULT}" stroke-width="4.00"') == 1
    assert "4.5 wrong, should be 3" in page
    assert CHOSEN not in page


def test_what_is_infinite_is_drawn_as_wide_as_the_largest_and_what_is_nan_thin() -> None:
    assert [thickness(x, 2.0) for x in (2.0, float("-inf"), float("nan"), None)] == [4, 4, 1, 1]
    assert thickness(float("inf"), 0.0) == 4.0


def test_a_chinese_character_is_as_wide_as_it_is_high() -> None:
    assert text_width("\u4e2d\u6587", 13.0) == 26.0


@pytest.mark.parametrize(
    "label", ["👩\u200d🏫", "👍🏽", "🏴\U000e0067\U000e007f", "क्\u200dष", "نامه\u200cای"]
)
def test_joined_signs_of_a_label_stay_joined(label: str) -> None:
    assert f"{label} = 1" in drawn(Value(1.0, label))


def test_text_in_capitals_has_room_too() -> None:
    liberation = {"G": 0.778, "R": 0.722, "A": 0.667, "D": 0.722, "E": 0.667}  # widths
    assert text_width("GRADE", 13.0) > 13.0 * sum(liberation[c] for c in "GRADE")
    assert text_width("μω", 13.0) > 13.0 * (0.576 + 0.781)


def test_what_is_joined_into_one_sign_is_as_wide_as_one() -> None:
    assert text_width("👩\u200d👩\u200d👧", 13.0) == text_width("👍🏽", 13.0) == 13.0
    assert text_width("θ\u0302", 13.0) == text_width("θ", 13.0)


# ---- levels of detail ----------------------------------------------------------------------------


def network(*nouts: int) -> Value:
    """The squared error of an MLP of two inputs, after backward."""
    model = MLP(2, nouts, "tanh", rng=random.Random(0))
    loss = (model([Value(0.5, "x[0]"), Value(-0.2, "x[1]")]) - 1) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def test_a_folded_box_says_what_goes_in_what_comes_out_and_how_many_parameters() -> None:
    words = drawn(network(16, 16, 1), detail="layers")
    assert {"layers[1]", "Σ w·x, tanh", "16 in, 16 out", "272 parameters"} <= set(words)
    assert {"17 parameters", "16 in, a = 0.2893"} <= set(words)


def test_a_folded_box_has_two_borders_and_the_legend_says_so() -> None:
    picture = draw(network(4, 1), detail="layers")
    boxes = ElementTree.fromstring(picture.svg).findall(f"{SVG}g")
    assert [len(box.findall(f"{SVG}rect")) for box in boxes] == [1, 1, 2, 2, 1, 1]
    assert picture.dot.count("peripheries=2") == 2
    assert "two borders: folded" in picture.svg
    assert "two borders: folded" not in draw(example()).svg


def test_numbers_on_arrows_of_a_folded_picture_add_up_to_gradients() -> None:
    scene = draw(network(4, 4, 1), detail="neurons").scene
    for i, box in enumerate(scene.boxes[:-1]):
        assert box.gradient == pytest.approx(sum(a.amount for a in scene.arrows if a.tail == i))
    assert scene.arrows[0].label == "-0.1785"


def test_before_backward_the_arrows_of_a_folded_picture_say_how_many_they_are() -> None:
    model = MLP(2, [3, 2], "tanh", rng=random.Random(0))
    scene = draw(model, [1.0, 2.0], detail="layers").scene
    assert [arrow.label for arrow in scene.arrows] == ["3 edges", "3 edges", "6 edges"]
    assert {box.gradient for box in scene.boxes} == {None}


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_folded_network_fits_a_slide_and_can_be_read(direction) -> None:
    for root, detail, most in (
        (network(16, 16, 1), "layers", 1600),
        (network(4, 4, 1), "neurons", 1800),
    ):
        svg = draw(root, detail=detail, direction=direction).svg
        page = ElementTree.fromstring(svg)
        assert max(float(page.get("width")), float(page.get("height"))) <= most
        assert min(float(t.get("font-size")) for t in page.iter(f"{SVG}text")) >= 11


def test_the_level_is_chosen_by_size_unless_groups_are_to_be_opened() -> None:
    loss = network(16, 16, 1)
    assert len(draw(loss).scene.boxes) == 2 + 3 + 2
    assert len(draw(loss, open=["layers[0]"]).scene.boxes) == 2 + 16 + 2 + 2
    assert len(draw(network(2, 1)).scene.boxes) == 18


def test_limit_counts_what_is_shown() -> None:
    loss = network(16, 16, 1)
    assert draw(loss, limit=10)
    with pytest.raises(ValueError, match="has 406 nodes, .* fold it with detail='neurons'"):
        draw(loss, detail="operations")


def test_frames_of_an_opened_group_shorten_names() -> None:
    words = drawn(network(4, 4, 1), open=["layers[0].neurons[2]"])
    assert {"layers[0]", "neurons[2]", "neurons[1]", "w[1] = -0.1901", "layers[1]"} <= set(words)


def test_a_path_is_marked_where_it_leads_from_box_to_box() -> None:
    loss = network(4, 1)
    x = next(v for v in topological_order(loss) if v.label == "x[0]")
    scene = draw(loss, detail="layers", highlight=next(paths(loss, x))).scene
    assert [a.label.split()[-1] for a in reversed(scene.arrows) if a.mark] == ["①", "②", "③", "④"]


def test_a_folded_picture_is_a_table_in_a_terminal() -> None:
    text = str(draw(network(4, 1), detail="layers"))
    assert "layers[0]  20 nodes   2 in, 4 out" in text
    assert "to layers[0]: " in text
    assert "what flows" in text


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"detail": "all"}, ValueError, "detail is 'layers', 'neurons', 'operations' or None"),
        ({"open": "layers[0]"}, TypeError, r"open is a list of groups, such as \['layers\[0\]'\]"),
        ({"open": ["h"]}, ValueError, "'h' is none of this graph's: none, since no label has"),
    ],
)
def test_options_of_detail_are_checked(options, error, message) -> None:
    with pytest.raises(error, match=message):
        draw(Value(1.0), **options)


def test_several_roots_are_one_picture() -> None:
    x = Value(3.0, "x")
    scene = draw([x * x, x + 1]).scene
    assert [box.lines[0] for box in scene.boxes] == ["x = 3", "×", "+ 1"]
