"""The views of a page: what folds, what opens, and that every sum in a box is the engine's."""

import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from programs import draw_program, record
from test_scripts import Scripts, scripts_of

from autograd import Value, count_paths, gradients, group, tanh, topological_order
from autograd.graph import is_constant
from nn import MLP
from viz import draw
from viz.folding.graph import FoldedGraph
from viz.folding.levels import Folding
from viz.folding.stretches import PARTS, alike, stretches
from viz.page.explore import Page, explore


def network(*nouts: int, examples: int = 1) -> Value:
    """The squared error of an MLP, after backward."""
    model = MLP(2, nouts, "tanh", rng=random.Random(0))
    points = [[0.5 + i, 1.0 - 0.3 * i] for i in range(examples)]
    loss = sum(((model(x) - 1) ** 2 for x in points[1:]), start=(model(points[0]) - 1) ** 2)
    loss.label = "loss"
    loss.backward()
    return loss


def blocks() -> Value:
    """Groups in groups; x goes into both of the inner ones, and past them."""
    x, y = Value(0.7, "x"), Value(-0.4, "y")
    with group("outer"):
        with group("left"):
            a = tanh(x * y) * x
        with group("right"):
            b = tanh(a + x) * a
        c = a * b
    root = c * x
    root.backward()
    return root


def chain(length: int) -> Value:
    y = Value(0.5, "x")
    for _ in range(length):
        y = tanh(y)
    return y


def program(nodes: int) -> Value:
    """The root of a random program of about so many nodes, in no group."""
    rng = random.Random(0)
    made = [Value(rng.uniform(-1, 1), f"x{i}") for i in range(9)]
    while len(made) < nodes:
        made.append(tanh(made[-1] * rng.choice(made)))
    made[-1].backward()
    return made[-1]


def data(page: Page) -> dict[str, Any]:
    return json.loads(scripts_of(page)[0])


def names(root: Value, **options: Any) -> list[str]:
    """What can be opened on the page of a root; "" is what is seen at first."""
    return [view["name"] for view in data(explore(root, **options))["views"]]


@pytest.fixture
def opened(node: Any) -> Callable[..., Scripts]:
    """Runs the scripts of the page of a root."""

    def run(root: Any, **options: Any) -> Scripts:
        return Scripts(node, root if isinstance(root, Page) else explore(root, **options))

    return run


GRAPHS = {
    "layers": lambda: network(9, 9, 1),
    "neurons": lambda: network(4, 4, 1),
    "examples": lambda: network(4, 4, 1, examples=3),
    "blocks": blocks,
    "stretches": lambda: program(60),
}
EVERY = pytest.mark.parametrize("name", list(GRAPHS))
GRAPHS["wide"] = lambda: network(16, 16, 1)


@cache
def explored(name: str) -> tuple[Value, Page]:
    """One of the graphs with its page, made once."""
    root = GRAPHS[name]()
    return root, explore(root, limit=60)


# ---- what folds ----------------------------------------------------------------------------------


def test_a_small_graph_has_one_view_in_which_every_node_is_a_box() -> None:
    (view,) = data(explore(tanh(Value(1.0, "x"))))["views"]
    assert view == {"name": "", "up": 0, "shape": 0, "frames": []}


def test_every_group_of_a_large_graph_can_be_opened() -> None:
    found = [view["name"] for view in data(explored("wide")[1])["views"]]
    assert found[:4] == ["", "layers[0]", "layers[1]", "layers[2]"]
    neurons = [f"layers[{i}].neurons[{j}]" for i in range(2) for j in range(16)]
    assert sorted(found[4:]) == sorted(neurons)  # layers[2] is one neuron, and open with it


def test_neurons_of_a_layer_stand_alike_and_are_placed_once() -> None:
    found = data(explored("wide")[1])
    shapes = {v["shape"] for v in found["views"] if v["name"].startswith("layers[1].neurons")}
    assert len(shapes) <= 2  # the others stand before the first neuron or behind
    assert len(found["shapes"]) < 12


def test_beside_an_open_neuron_the_others_are_one_box() -> None:
    folding = Folding([network(16, 16, 1)])
    seen = [v.name for v in folding.around("layers[1].neurons[3]").nodes]
    assert "layers[1].15 others" in seen
    assert {"layers[0]", "layers[2]", "layers[1].neurons[3].w[2]"} <= set(seen)


def test_siblings_on_both_sides_of_an_open_group_are_told_apart() -> None:
    y = Value(0.5, "x")
    for i in range(9):
        with group("net"), group(f"part[{i}]"):
            y = tanh(y * y) * y
    seen = [v.name for v in Folding([y]).around("net.part[4]").nodes]
    assert {"net.4 before", "net.4 after"} <= set(seen)


def test_a_group_that_holds_nothing_but_a_group_opens_with_it() -> None:
    seen = [v.name for v in Folding([network(16, 1)]).around("layers[1]").nodes]
    assert "layers[1].neurons[0].w[0]" in seen


def test_weights_that_many_examples_share_are_a_box() -> None:
    found = alike(Folding([network(12, 1, examples=7)]))  # of 84 products
    shared = "layers[1].neurons[0].w[0] … w[11]"
    assert {groups[-1] for groups in found.values()} == {shared}
    assert alike(Folding([network(12, 1, examples=6)])) == {}


@EVERY
def test_a_view_hides_every_node_once_and_has_no_circle(node, name: str) -> None:
    root, page = explored(name)
    order, script = topological_order(root), Scripts(node, page)
    for k in range(script("graph.views.length")):
        script(f"enter({k})")
        boxes = script("view.boxes.map((box) => box.hides)")
        shown = [i for i, v in enumerate(order) if not is_constant(v)]
        assert sorted(i for hides in boxes for i in hides) == shown
        arrows = script("view.arrows.map((arrow) => [arrow.tail.at, arrow.head.at])")
        assert all(tail < head for tail, head in arrows)
        shape = script("graph.shapes[view.written.shape].TB")
        assert [len(shape["boxes"]), len(shape["lines"])] == [len(boxes), len(arrows)]


def test_a_graph_without_groups_is_cut_into_stretches_that_are_cut_again() -> None:
    found = data(explore(chain(400)))
    assert max(len(view["boxes"]) for view in found["views"]) < 40
    first = found["views"][0]["boxes"]
    assert len(first) == PARTS
    assert first[0]["name"].startswith("x … v")


def test_a_stretch_ends_where_few_values_are_needed_later() -> None:
    """Twelve knots of thirteen nodes, in each of which everything is used at its end."""
    y, ends = Value(0.5, "x"), []
    for _ in range(12):
        parts = [tanh(y) for _ in range(6)]
        while len(parts) > 1:
            parts.append(parts.pop(0) * parts.pop(0))
        (y,) = parts
        y = tanh(y)
        ends.append(y)
    order = topological_order(y)
    graph = Folding([y]).at("operations")
    found = stretches(graph.nodes, {v: f"v{i}" for i, v in enumerate(order)})
    parts = Folding([y], groups=found).at("layers").nodes
    assert sum(part.outputs[-1:] == (end,) for part, end in zip(parts, ends)) >= 9


def test_the_options_of_draw_fold_the_page_as_they_fold_a_picture() -> None:
    root = network(5, 5, 1)
    for options in ({"detail": "neurons"}, {"open": ["layers[1]"]}, {"detail": "operations"}):
        seen = len(data(explore(root, limit=None, **options))["shapes"][0]["LR"]["boxes"])
        assert seen == len(draw(root, limit=None, **options).scene.boxes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detail": "operations"}, r"has 404 nodes.* page .*fold it with detail='neurons'"),
        ({"detail": "all"}, "detail is 'layers', 'neurons', 'operations' or None, got 'all'"),
        ({"open": ["layers[7]"]}, r"'layers\[7\]' is none of this graph's: layers\[0\]"),
        ({"limit": 3}, "has 5 nodes, and a page is readable up to about 3"),
    ],
)
def test_what_cannot_be_shown_is_told_as_draw_does(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explore(network(16, 16, 1), **options)


def test_a_group_of_more_boxes_than_the_limit_stays_closed() -> None:
    assert "layers[1]" in names(network(4, 16, 1), limit=20)
    assert "layers[1]" not in names(network(4, 16, 1), limit=19)


# ---- every number is the engine's ----------------------------------------------------------------


def folded(root: Value, script: Scripts) -> list[FoldedGraph]:
    """The views of a page as Python folds them."""
    order = topological_order(root)
    chains = script(
        """nodes.map((_, i) => {
          const chain = [];
          for (let g = graph.within[i] ?? -1; g >= 0; g = graph.groups[g][1]) {
            chain.unshift(graph.groups[g][0]);
          }
          return chain;
        })"""
    )
    right = gradients(root)
    groups = dict(zip(order, chains, strict=True))
    folding = Folding([root], groups=groups, gradients=right.__getitem__, order=order)
    first = script("view.boxes.map((box) => box.hides)")
    tops = [folding.by_size(), folding.at("layers"), folding.at("neurons")]
    place = {v: i for i, v in enumerate(order)}
    (top, *_) = [
        top for top in tops if [[place[v] for v in node.hides] for node in top.nodes] == first
    ]
    return [top, *map(folding.around, script("graph.views.slice(1).map((v) => v.name)"))]


def close(found: list[float], right: list[float]) -> bool:
    return found == pytest.approx(right, rel=1e-9, abs=1e-12, nan_ok=True)


@EVERY
def test_gradients_flows_and_slopes_are_those_of_the_folded_graph(node, name: str) -> None:
    root, page = explored(name)
    script = Scripts(node, page)
    for k, graph in enumerate(folded(root, script)):
        script(f"enter({k})")
        assert close(script("view.boxes.map((box) => gradientOf(box))"), [
            node.gradient for node in graph.nodes
        ])  # fmt: skip
        ends = script("view.arrows.map((a) => [a.tail.at, a.head.at, a.edges.length])")
        assert ends == [[e.tail, e.head, e.count] for e in graph.edges]
        assert close(script("view.arrows.map((arrow) => flow(arrow))"), [
            e.flow for e in graph.edges
        ])  # fmt: skip
        found = script("view.arrows.map((arrow) => hasSlope(arrow) ? slope(arrow) : null)")
        for slope, e in zip(found, graph.edges, strict=True):
            assert (slope is None) == (e.derivative is None)
            assert slope is None or close([slope], [e.derivative])


@EVERY
def test_at_every_step_a_box_has_what_has_arrived(node, name: str) -> None:
    root, page = explored(name)
    script = Scripts(node, page)
    for k, graph in enumerate(folded(root, script)):
        script(f"enter({k})")
        last = len(graph.nodes) - 1
        for sent in (0, 1, len(graph.nodes) // 2, last, last + 1):
            found = script("(sent) => view.boxes.map((box) => arrived(box, sent).sum)", sent)
            sums = [float(any(v is root for v in node.hides)) for node in graph.nodes]
            for e in graph.edges:
                sums[e.tail] += e.flow * (last - e.head < sent)
            assert close(found, sums)


@pytest.mark.parametrize("name", ["layers", "neurons"])
def test_a_folded_box_says_what_it_says_in_a_picture(node, name: str) -> None:
    root, page = explored(name)
    script = Scripts(node, page)
    boxes = [box for box in draw(root).scene.boxes if box.kind == "group"]
    found = script(
        """Object.fromEntries(view.boxes.filter((box) => box.isGroup).map((box) => {
          const { group, name, does, into, out, parameters } = box.folded;
          const value = out === undefined ? "" : shown(values[out]);
          const lines = [name, does, `${into ?? ""}${value}`, parameters];
          return [group, [...lines.filter(Boolean), `grad ${shown(gradientOf(box))}`]];
        }))"""
    )
    assert found == {box.name: list(box.lines) for box in boxes}
    assert len(found) > 2


# ---- steps, paths, questions ---------------------------------------------------------------------


def test_a_folded_box_is_one_step_that_is_named_and_not_listed(opened) -> None:
    script = opened(explored("wide")[1])
    said = script.at(2)
    assert said["caption"] == "Forward 2 of 5: what layers[1] computes"
    assert said["more"].startswith("16 neurons: Σ w·x, tanh; 304 nodes, 272 parameters")
    assert said["equation"].startswith("z[1,0] = ")
    assert script("steps.length") == 10


def test_a_step_backward_says_what_flows_from_box_to_box(opened) -> None:
    root, page = explored("wide")
    script = opened(page)
    one, two = (e.flow for e in Folding([root]).at("layers").edges[:2])
    said = script.at(9)
    assert said["caption"] == "Backward 4 of 5: the gradient of layers[1]"
    assert said["equation"] == f"arrives  {two:.4g} = {two:.4g}"
    assert said["more"].startswith(f"sends on  to layers[0]: {one:.4g},")
    assert said["more"].endswith("to the 272 parameters inside")


def test_a_box_that_opens_at_its_step_is_entered_at_its_first_and_left_at_its_own(opened) -> None:
    script = opened(explored("wide")[1])
    for at, inside in [(2, "Forward 2 of 20"), (9, "Backward 4 of 20")]:
        script.at(at)
        script("enter(graph.views.findIndex((v) => v.name === 'layers[1]'))")
        assert script("plain(words().caption)").startswith(inside)
        script("enter(0)")
        assert script("state.at.steps") == at


def test_where_one_stands_outside_of_what_opens_is_kept(opened) -> None:
    script = opened(explored("wide")[1])
    script.at(5)
    before = script("plain(words().equation)")
    script("enter(graph.views.findIndex((v) => v.name === 'layers[1].neurons[3]'))")
    assert script("plain(words().equation)") == before


def test_before_the_first_step_a_view_is_entered_before_its_first(opened) -> None:
    script = opened(explored("wide")[1])
    script("enter(2)")
    assert script("state.at.steps") == 0


def test_a_path_goes_through_folded_boxes_and_the_count_is_exact(opened) -> None:
    root, page = explored("wide")
    script = opened(page)
    order = topological_order(root)
    (w,) = [i for i, v in enumerate(order) if v.label == "layers[0].neurons[1].w[0]"]
    script(f"state.target = {w}")
    script(f"state.found = firstPaths({w})")
    said = script.at(0, "paths")
    assert said["caption"] == (
        f"Path 1 of {count_paths(root, order[w])} from loss to w[0,1,0]:  "
        "loss ← v1 ← layers[2] ← layers[1] ← layers[0] ← w[0,1,0]"
    )
    assert count_paths(root, order[w]) == 16
    script("enter(graph.views.findIndex((v) => v.name === 'layers[0].neurons[1]'))")
    assert script.at(0, "paths")["caption"].endswith(
        "loss ← v1 ← layers[2] ← layers[1] ← z[0,1] ← a[0,1] ← w[0,1,0]"
    )


def test_asked_is_what_follows_from_what_is_drawn(opened) -> None:
    script = opened(explored("wide")[1])
    asked = "questions.map(({ node }) => nodes[node].name)"
    assert script(asked) == ["v1", "a[2,0]"]  # layers[2] gives one thing
    script("enter(graph.views.findIndex((v) => v.name === 'layers[1]'))")
    script("askAgain()")
    assert script(asked) == ["v1", "a[2,0]", *(f"z[1,{i}]" for i in reversed(range(16)))]
    script("(question) => answer(questions[0], truth(questions[0]))", None)
    script("enter(0)")
    script("askAgain()")
    assert script("questions.map(isOpen)") == [False, True]  # what was answered stays so


def test_where_nothing_that_is_drawn_can_be_asked_the_way_to_it_is_told(opened) -> None:
    script = opened(explored("stretches")[1])
    said = script.at(0, "predict")
    assert said["caption"] == "Nothing to ask here: Enter on a folded box looks inside"


def test_a_sum_of_terms_that_cancel_is_zero(opened) -> None:
    script = opened(tanh(Value(1.0, "x")))
    assert script("sumOf([0.1, 0.2, -0.30000000000000004])") == 0
    assert script("sumOf([0.1, 0.2, -0.3])") == 0
    assert script("sumOf([1, -0.5])") == 0.5


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_in_groups_every_step_of_every_view_is_said(opened, seed: int) -> None:
    rng = random.Random(seed)
    root, _ = record(draw_program(rng))
    for v in topological_order(root):
        if rng.random() < 0.6:
            v.label = f"{rng.choice('ab')}.{rng.choice('cd')}.{v.label or 'v'}"
    script = opened(root, detail="layers")
    for k in range(script("graph.views.length")):
        script(f"enter({k})")
        for at in range(script("steps.length + 1")):
            assert script.at(at)["caption"]
