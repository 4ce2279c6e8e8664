"""Folded graphs: what folds at which level, what a folded node knows, and that sums stay right."""

import math
import random

import pytest
from programs import draw_program, record

from autograd import Value, constant, describe, pushforward, sumprod, tanh
from autograd.graph import groups_of
from nn import MLP, Activation, Linear, Sequential
from viz import draw
from viz.folding.graph import FoldedEdge, FoldedGraph, FoldedNode
from viz.folding.knots import knots
from viz.folding.levels import Folding, added, nodes_below


def network(*nouts: int, nin: int = 2) -> Value:
    """The squared error of an MLP, after backward."""
    model = MLP(nin, nouts, "tanh", rng=random.Random(0))
    x = [Value(0.5 + i, f"x[{i}]") for i in range(nin)]
    loss = (model(x) - 1) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def named(v: Value, label: str) -> Value:
    v.label = label
    return v


def names(graph: FoldedGraph) -> list[str]:
    return [node.name for node in graph.nodes]


def node(graph: FoldedGraph, name: str) -> FoldedNode:
    return graph.nodes[names(graph).index(name)]


def edge(graph: FoldedGraph, tail: str, head: str) -> FoldedEdge:
    ends = names(graph).index(tail), names(graph).index(head)
    return next(e for e in graph.edges if (e.tail, e.head) == ends)


# ---- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "groups"),
    [
        ("w", []),
        ("h.w", ["h"]),
        ("layers[0].neurons[1].w[2]", ["layers[0]", "layers[0].neurons[1]"]),
        ("attention.", ["attention"]),
        ("w[0.5]", []),
        ("parts['a.b'].w", ["parts['a.b']"]),
        (".w", []),
        ("a..w", ["a"]),
    ],
)
def test_a_label_is_in_what_stands_before_each_dot(label: str, groups: list[str]) -> None:
    assert groups_of(label) == groups


def test_describe_counts_groups() -> None:
    loss = network(4, 1)
    assert describe(loss).groups == 2 + 5
    assert "7 groups, " in repr(describe(loss))
    assert "group" not in repr(describe(Value(1.0) + 1))


# ---- what folds ----------------------------------------------------------------------------------


def test_layers_fold_into_a_node_each() -> None:
    graph = Folding([network(4, 4, 1)]).at("layers")
    assert names(graph) == ["x[0]", "x[1]", "layers[0]", "layers[1]", "layers[2]", "", "loss"]
    hidden = node(graph, "layers[1]")
    assert (len(hidden.inputs), len(hidden.outputs), hidden.parameters) == (4, 4, 20)
    assert edge(graph, "layers[0]", "layers[1]").count == 16


def test_a_neuron_folds_its_weights_into_its_node() -> None:
    graph = Folding([network(4, 4, 1)]).at("neurons")
    assert len(graph.nodes) == 2 + 9 + 2
    neuron = node(graph, "layers[0].neurons[1]")
    assert [v.label.rpartition(".")[2] for v in neuron.hides] == ["w[0]", "w[1]", "b", "a", "z"]
    assert (neuron.frame, neuron.parameters) == ("layers[0]", 3)


def test_a_linear_layer_has_neurons_too() -> None:
    rng = random.Random(0)
    model = Sequential(Linear(2, 3, rng=rng), Activation("tanh"), Linear(3, 1, rng=rng))
    graph = Folding([model([Value(1.0, "x[0]"), Value(2.0, "x[1]")])]).at("neurons")
    assert len(graph.nodes) == 2 + 3 + 3 + 1
    assert node(graph, "layers[0].a[1]").parameters == 3


def test_a_neuron_on_several_examples_is_one_node() -> None:
    model = MLP(1, [2, 1], "tanh", rng=random.Random(0))
    total = model([Value(1.0, "x")]) + model([Value(2.0, "t")])
    graph = Folding([total]).at("neurons")
    assert names(graph) == [
        "x", "t", "layers[0].neurons[0]", "layers[0].neurons[1]", "layers[1].neurons[0]", "",
    ]  # fmt: skip
    assert len(node(graph, "layers[1].neurons[0]").outputs) == 2


def test_operations_are_the_graph_as_it_is() -> None:
    loss = network(4, 1)
    graph = Folding([loss], constants=True).at("operations")
    assert [v.hides for v in graph.nodes] == [(v,) for v in nodes_below([loss])]
    assert len(graph.edges) == describe(loss).edges


def test_parallel_edges_stay_two_and_into_a_group_are_one() -> None:
    x = Value(3.0, "x")
    y = named(x * x, "square.y")
    assert [e.count for e in Folding([y]).at("operations").edges] == [1, 1]
    named(y + 1, "square.z")
    folded = Folding([named(y + 1, "square.z")]).at("layers")
    assert [(e.count, e.derivative) for e in folded.edges] == [(2, 6.0)]


def test_groups_are_unfolded_by_name_and_those_around_them_with_them() -> None:
    folding = Folding([network(4, 1)])
    assert "layers[0].neurons[2]" in names(folding.at("layers", ["layers[0]"]))
    graph = folding.at("layers", ["layers[0].neurons[2]"])
    assert {"layers[0].neurons[2].b", "layers[0].neurons[1]", "layers[1]"} < set(names(graph))
    assert "layers[0].neurons[0].b" not in names(graph)


def test_an_unknown_group_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'layer' is none of this graph's: layers\[0\], "):
        Folding([network(1, 1)]).at("layers", ["layer"])
    with pytest.raises(ValueError, match="none, since no label has a dot"):
        Folding([Value(1.0)]).at("layers", ["layer"])


def test_a_group_of_one_node_is_that_node() -> None:
    x = Value(3.0, "x")
    graph = Folding([named(x * x, "square.y")]).at("layers")
    assert [(v.name, v.frame, v.is_group) for v in graph.nodes] == [
        ("x", "", False), ("square.y", "square", False),
    ]  # fmt: skip
    assert names(Folding([named(x * x, "square.")]).at("layers")) == ["x", ""]


def test_the_level_is_chosen_by_size() -> None:
    assert Folding([network(2, 1)]).by_size().detail == "operations"
    assert Folding([network(4, 4, 1)]).by_size().detail == "neurons"
    assert Folding([network(16, 16, 1)]).by_size().detail == "layers"
    many = sum((Value(1.0) for _ in range(100)), Value(0.0))
    assert Folding([many]).by_size().detail == "operations"  # there is nothing to fold


# ---- no cycles -----------------------------------------------------------------------------------


def test_what_lies_between_members_folds_with_them() -> None:
    w = Value(2.0, "h.w")
    between = named(w * 3, "free")
    root = named(between + w, "h.z") + 1
    graph = Folding([root]).at("layers")
    assert names(graph) == ["h", ""]
    assert between in node(graph, "h").hides


def test_a_result_without_a_label_is_in_the_group_that_it_joins() -> None:
    w, b, x = Value(2.0, "h.w"), Value(1.0, "h.b"), Value(3.0, "x")
    z = named(tanh(w * x + b), "h.z")
    for detail in ("layers", "neurons"):
        assert names(Folding([z + 1]).at(detail)) == ["x", "h", ""]
    graph = Folding([z + 1]).at("operations")
    assert [v.name for v in graph.nodes if not v.frame] == ["x", ""]


def test_a_neuron_whose_output_was_named_otherwise_is_still_one() -> None:
    model = MLP(2, [1], rng=random.Random(0))
    y = named(model([Value(1.0, "x[0]"), Value(2.0, "x[1]")]), "y")
    graph = Folding([y]).at("neurons")
    assert names(graph) == ["x[0]", "x[1]", "layers[0].neurons[0]"]
    assert "2 in, y = " in str(draw(y, detail="neurons"))


def test_groups_that_feed_each_other_stay_open() -> None:
    a = named(Value(2.0, "p.x") * 3, "p.a")
    b = named(a + 1, "q.b")
    c = named(b * b, "q.c")
    root = named(tanh(c), "p.d") + Value(1.0, "r.x") * Value(2.0, "r.y")
    graph = Folding([root]).at("layers")
    assert set(graph.intertwined) == {"p", "q"}
    assert names(graph) == ["p.x", "p.a", "q.b", "q.c", "p.d", "r", ""]
    assert "without a frame, since each feeds the other: p, q" in str(draw(root, detail="layers"))


def test_knots_are_what_reaches_itself() -> None:
    assert knots({"a": ["b"], "b": ["c"], "c": []}) == []
    found = knots({"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["e"], "e": ["c"]})
    assert sorted(map(sorted, found)) == [["a", "b"], ["c", "d", "e"]]


# ---- gradients -----------------------------------------------------------------------------------


def arrives(graph: FoldedGraph, i: int) -> float:
    """What flows on the edges that leave node i, and 1 for the root."""
    return math.fsum([e.flow for e in graph.edges if e.tail == i]) + (i == len(graph.nodes) - 1)


@pytest.mark.parametrize("detail", ["layers", "neurons", "operations"])
def test_the_gradient_of_a_node_is_the_sum_of_what_flows_into_it(detail) -> None:
    graph = Folding([network(4, 4, 1)]).at(detail)
    for i, v in enumerate(graph.nodes):
        assert v.gradient == pytest.approx(arrives(graph, i), rel=1e-12)


@pytest.mark.parametrize("detail", ["layers", "neurons"])
def test_the_gradient_of_a_network_s_group_is_the_sum_over_what_comes_out(detail) -> None:
    graph = Folding([network(4, 4, 1)]).at(detail)
    for v in graph.nodes:
        assert v.gradient == pytest.approx(sum(out.grad for out in v.outputs), rel=1e-12)


def random_groups(seed: int) -> Value:
    """A random program whose nodes are labelled at random, after backward."""
    rng = random.Random(seed)
    root, _ = record(draw_program(rng))
    for v in nodes_below([root]):
        v.label = rng.choice(["", "free", "p.", "p.v", "p.q.v", "r.v", "r.s.", "r.s.t.v"])
    root.backward()
    return root


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("detail", ["layers", "neurons"])
def test_of_random_programs_folded_at_random_the_sums_are_those_of_what_is_hidden(
    seed, detail
) -> None:
    root = random_groups(seed)
    folding = Folding([root])
    graph = folding.at(detail, {"p"} & set(folding.members) if seed % 3 == 0 else ())
    flows = [[v.grad * v.local_derivatives[k] for v, k in e.edges] for e in graph.edges]
    for e, flow in zip(graph.edges, flows, strict=True):
        assert e.flow == pytest.approx(sum(flow), rel=1e-12, abs=1e-15 * sum(map(abs, flow)))
    hidden = [e for e in graph.edges for e in e.edges]
    inside = [
        (v, k)
        for v in graph.place
        for k, p in enumerate(v.parents)
        if p in graph.place and graph.place[p] == graph.place[v]
    ]
    everything = [(v, k) for v in graph.place for k, p in enumerate(v.parents) if p in graph.place]
    assert len(hidden) + len(inside) == len(everything) == len({*hidden, *inside})
    for e in graph.edges:
        assert e.tail < e.head
    for i, v in enumerate(graph.nodes):
        size = max([abs(e.flow) for e in graph.edges if e.tail == i], default=0.0)
        assert v.gradient == pytest.approx(arrives(graph, i), abs=1e-9 * (1 + size))


@pytest.mark.parametrize("seed", range(30))
def test_a_folded_node_with_one_output_has_local_derivatives(seed) -> None:
    graph = Folding([random_groups(seed)]).at("layers")
    for e in graph.edges:
        v, tails = graph.nodes[e.head], {v.parents[k] for v, k in e.edges}
        if len(v.outputs) == 1 and len(tails) == 1 and v.is_group:
            (out,), (tail,) = v.outputs, tails
            inside = {p: 0.0 for p in v.inputs if p is not tail}
            slope = pushforward(out, {**inside, tail: 1.0}).get(out, 0.0)
            assert e.derivative == pytest.approx(slope, rel=1e-9, abs=1e-12)
        elif len(tails) > 1:
            assert e.derivative is None


def test_a_sum_that_cancels_is_0() -> None:
    assert added([0.1, 0.2, -0.3]) == 0.0
    assert added([0.1, 0.2, -0.2999]) == pytest.approx(0.0001)
    assert added([math.inf, 1.0]) == math.inf
    assert math.isnan(added([math.inf, -math.inf]))


def test_gradients_may_come_from_elsewhere() -> None:
    x = Value(3.0, "x")
    y = x * x
    graph = Folding([y], gradients={x: 6.0, y: 1.0}.__getitem__).at("operations")
    assert [v.gradient for v in graph.nodes] == [6.0, 1.0]
    assert x.grad == 0.0


# ---- several roots, constants, names -------------------------------------------------------------


def test_several_roots_share_what_they_are_made_from() -> None:
    x = Value(3.0, "x")
    graph = Folding([x * 2, x + 1, x]).at("operations")
    assert [len(v.hides) for v in graph.nodes] == [1, 1, 1]
    assert names(graph)[0] == "x"


def test_roots_in_a_group_count_as_what_comes_out() -> None:
    layer = MLP(2, [3], rng=random.Random(0))
    graph = Folding(layer.outputs([Value(1.0, "x"), Value(2.0, "y")])).at("layers")
    assert names(graph) == ["x", "y", "layers[0]"]
    assert len(node(graph, "layers[0]").outputs) == 3


def test_a_constant_is_where_what_uses_it_is() -> None:
    y = named(Value(3.0, "g.x") * 2, "g.y")
    shown = Folding([named(y + 1, "h.z")], constants=True).at("operations")
    assert [v.frame for v in shown.nodes] == ["g", "g", "g", "h", "h"]


def test_a_variable_s_name_goes_after_the_group_of_a_node_without_one() -> None:
    x = Value(3.0, "x")
    scores = named(x * 2, "attention.")
    root = named(tanh(scores), "attention.")
    graph = Folding([root], names={"scores": scores, "root": root}).at("operations")
    assert names(graph) == ["x", "attention.scores", "attention.root"]


def test_depth_is_no_limit() -> None:
    v = Value(1.0, "x")
    for i in range(5_000):
        v = named(v + 1, f"g[{i % 2}].v")
    graph = Folding([v]).at("layers")
    assert set(graph.intertwined) == {"g[0]", "g[1]"}
    assert len(graph.nodes) == 5_001


def test_a_student_s_node_folds() -> None:
    class Mine:
        def __init__(self, data, parents=(), local_derivatives=(), label=""):
            self.data, self.grad, self.label = data, 0.0, label
            self.parents, self.local_derivatives = parents, local_derivatives

    x = Mine(2.0, label="g.x")
    y = Mine(4.0, (x, x), (2.0, 2.0), "g.y")
    z = Mine(5.0, (y,), (1.0,))
    graph = Folding([z]).at("layers")
    assert [(v.name, len(v.hides)) for v in graph.nodes] == [("g", 2), ("", 1)]


def test_sums_of_products_and_constants_inside_hide_nothing_twice() -> None:
    y = named(sumprod([Value(1.0, "n.w"), constant(2.0)], [Value(3.0, "x"), 4.0]), "n.a")
    graph = Folding([tanh(y)]).at("neurons")
    assert names(graph) == ["x", "n", ""]
    assert node(graph, "n").parameters == 1


# ---- models --------------------------------------------------------------------------------------


class Cell:
    """A student's neuron, which labels nothing."""

    def __init__(self, nin: int, rng: random.Random) -> None:
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)

    def __call__(self, x):
        return tanh(sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b))

    def parameters(self):
        return [*self.w, self.b]


class Net:
    """A student's network of two layers."""

    def __init__(self) -> None:
        rng = random.Random(0)
        self.hidden = [Cell(2, rng) for _ in range(3)]
        self.out = Cell(3, rng)
        self.bias = Value(1.0)

    def __call__(self, x):
        return self.out([cell(x) for cell in self.hidden]) + self.bias

    def parameters(self):
        return [*[p for cell in (*self.hidden, self.out) for p in cell.parameters()], self.bias]


def test_a_model_and_an_example_are_drawn() -> None:
    model = MLP(2, [3, 2], "tanh", rng=random.Random(0))
    picture = draw(model, [0.5, -1.0], detail="layers")
    assert [box.name for box in picture.scene.boxes] == ["x[0]", "x[1]", "layers[0]", "layers[1]"]
    assert all(p.grad == 0.0 for p in model.parameters())


def test_the_parts_of_a_student_s_model_are_called_by_their_places() -> None:
    picture = draw(Net(), [0.5, -1.0], detail="operations")
    named = {box.name for box in picture.scene.boxes}
    assert {"x[0]", "hidden[2].w[1]", "hidden[0].b", "out.w[2]", "bias"} < named


def test_a_student_s_neurons_fold_though_nothing_is_labelled() -> None:
    graph = draw(Net(), [0.5, -1.0], detail="neurons").scene
    assert [box.name for box in graph.boxes] == [
        "x[0]", "x[1]", "hidden[0]", "hidden[1]", "hidden[2]", "out", "bias", "",
    ]  # fmt: skip
    assert [box.lines[-2] for box in graph.boxes if box.kind == "group"] == [
        "3 parameters", "3 parameters", "3 parameters", "4 parameters",
    ]  # fmt: skip


def test_an_example_may_hold_values_and_models_may_take_one_number() -> None:
    x = Value(0.5)
    picture = draw(Cell(2, random.Random(0)), [x, 2.0], detail="operations")
    assert {"x[0]", "x[1]", "w[0]", "b"} < {box.name for box in picture.scene.boxes}
    assert x.label == ""

    class Line:
        parameters = (Value(2.0),)

        def __call__(self, x):
            return self.parameters[0] * x

    assert [box.name for box in draw(Line(), 3.0).scene.boxes] == ["parameters[0]", "x", ""]


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match="takes what has parameters and can be called, got a Value"):
        draw(Value(1.0), [1.0])
    with pytest.raises(TypeError, match=r"draw\(model, x\) does so, draw_network\(model\)"):
        draw(MLP(1, [1], rng=random.Random(0)))

    class Text:
        def parameters(self):
            return []

        def __call__(self, x):
            return "text"

    with pytest.raises(TypeError, match="this Text gives the text .text. for the example"):
        draw(Text(), [1.0])
