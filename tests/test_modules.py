"""Linear, Activation, Sequential; initializations, names, architectures, text."""

import copy
import gc
import json
import math
import pickle
import random
from collections import OrderedDict, UserList, deque
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    Value,
    assert_gradcheck,
    leaky_relu,
    maximum,
    mean,
    relu,
    tanh,
)
from nn.files.architecture import build
from nn.initializations import INITIALIZATIONS
from nn.modules import MLP, Activation, Layer, Linear, Module, Neuron, Sequential
from nn.summaries import summary
from nn.training.optimizers import Adam


def separate(nin: int, nouts: list[int], activation="relu", **options) -> Sequential:
    """The same network as an MLP, linear layers and activation layers kept apart."""
    linear = [Linear(n, m, **options) for n, m in pairwise([nin, *nouts])]
    apart = [part for layer in linear for part in (layer, Activation(activation))]
    return Sequential(*apart[:-1])


def numbers(model: Module, inputs: list[list[float]]) -> list[float]:
    """Outputs of all examples, then the gradient of their mean."""
    model.zero_grad()
    outputs = []
    for x in inputs:
        z = model(x)
        outputs += z if isinstance(z, list) else [z]
    mean([z * z for z in outputs]).backward()
    return [z.data for z in outputs] + [p.grad for p in model.parameters()]


# ---- both ways to write a network ----------------------------------------------------------------


@pytest.mark.parametrize("initialization", INITIALIZATIONS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", leaky_relu])
@pytest.mark.parametrize("nouts", [[1], [3], [16, 16, 1], [5, 1, 4]])
def test_every_mlp_can_be_written_either_way(nouts, activation, initialization) -> None:
    options = {"initialization": initialization}
    one = MLP(2, nouts, activation, rng=random.Random(7), **options)
    other = separate(2, nouts, activation, rng=random.Random(7), **options)
    inputs = [[1.5, -0.25], [0.0, 2.0], [-3.0, 1.0]]
    assert [p.data for p in one.parameters()] == [p.data for p in other.parameters()]
    assert numbers(one, inputs) == numbers(other, inputs)  # to the last bit


def test_both_ways_draw_from_pythons_own_random_as_the_lecture_does() -> None:
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(4)]
    for make in (lambda: MLP(2, [2]), lambda: separate(2, [2])):
        random.seed(1337)
        assert [p.data for p in make().parameters()] == [*expected[:2], 0.0, *expected[2:], 0.0]


def test_layers_of_neurons_can_stand_in_a_sequential(rng) -> None:
    one = MLP(2, [3, 2], "tanh", rng=random.Random(1))
    again = random.Random(1)
    other = Sequential(Layer(2, 3, "tanh", rng=again), Layer(3, 2, None, rng=again))
    assert numbers(one, [[1.0, 2.0]]) == numbers(other, [[1.0, 2.0]])


# ---- linear and activation layers ----------------------------------------------------------------


def test_a_linear_layer_is_hoeys_weighted_sum(rng) -> None:
    layer = Linear(2, 3, rng=rng)
    for b, x in zip(layer.b, (0.5, -1.0, 2.0), strict=True):
        b.data = x
    expected = [b.data + w[0].data * 3.0 + w[1].data * -1.0 for w, b in zip(layer.w, layer.b)]
    assert [a.data for a in layer([3.0, -1.0])] == expected


def test_a_linear_layer_without_bias_maps_zero_to_zero(rng) -> None:
    layer = Linear(2, 3, bias=False, rng=rng)
    assert [a.data for a in layer([0.0, 0.0])] == [0.0, 0.0, 0.0]
    assert len(layer.parameters()) == 6
    assert layer([2.0, 0.0])[1].data == 2.0 * layer.w[1][0].data


def test_an_activation_layer_has_one_output_for_each_input() -> None:
    layer = Activation("tanh")
    assert [z.data for z in layer([0.5, -1.0])] == [math.tanh(0.5), math.tanh(-1.0)]
    assert layer([Value(0.5)]).data == layer(Value(0.5)).data == layer(0.5).data == math.tanh(0.5)
    assert layer.parameters() == []


def test_an_activation_is_a_name_a_row_or_a_function() -> None:
    assert Activation("tanh").activation is Activation(tanh).activation is tanh
    assert Activation(lambda a: a * a)([3.0]).data == 9.0


def test_the_gradient_passes_through_an_activation_layer_to_the_inputs(rng) -> None:
    model = separate(3, [4, 2], "sigmoid", rng=rng)
    assert_gradcheck(lambda *x: mean([z * z for z in model(x)]), [0.5, -1.0, 2.0])
    assert_gradcheck(lambda *_: mean([z * z for z in model([0.5, -1.0, 2.0])]), model.parameters())


def test_one_output_comes_alone_and_several_as_a_list(rng) -> None:
    assert isinstance(separate(2, [1, 1], rng=rng)([1.0, 2.0]), Value)
    assert len(separate(2, [1, 3], rng=rng)([1.0, 2.0])) == 3


def test_a_module_without_parameters_may_stand_in_several_places(rng) -> None:
    shared = Activation("tanh")
    model = Sequential(Linear(2, 2, rng=rng), shared, Linear(2, 2, rng=rng), shared)
    z = model([1.0, 2.0])[0]
    a = z.parents[0]
    assert (z.label, a.parents[2].label) == ("layers[3].z[0]", "layers[1].z[0]")


def test_dropping_an_output_frees_its_graph_without_the_collector(rng) -> None:
    model = separate(2, [3, 1], rng=rng)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            model([1.0, 2.0]).backward()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


# ---- initializations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "variance"),
    [("uniform", 1 / 3), ("glorot", 2 / (40 + 60)), ("he", 2 / 40), ("zeros", 0.0)],
)
@pytest.mark.parametrize("make", [Linear, Layer])
def test_an_initialization_has_the_variance_of_its_paper(name, variance, make) -> None:
    layer = make(40, 60, initialization=name, rng=random.Random(0))
    weights = [p.data for p in layer.parameters() if ".b" not in p.label and p.label[0] != "b"]
    assert len(weights) == 2400
    assert sum(weights) / 2400 == pytest.approx(0.0, abs=4 * math.sqrt(variance / 2400))
    assert sum(w * w for w in weights) / 2400 == pytest.approx(variance, rel=0.1)


def test_uniform_weights_stay_within_their_limit_and_normal_ones_do_not() -> None:
    def largest(name: str) -> float:
        layer = Linear(40, 60, initialization=name, rng=random.Random(0))
        return max(abs(w.data) for row in layer.w for w in row)

    assert 0.99 < largest("uniform") <= 1
    assert 0.99 < largest("glorot") / math.sqrt(6 / 100) <= 1
    assert largest("he") > 3 * math.sqrt(2 / 40)


def test_an_initialization_may_be_a_function_of_the_sizes(rng) -> None:
    def sizes(nin: int, nout: int, rng: random.Random) -> float:
        return 100.0 * nin + nout

    for model in (MLP(2, [3, 1], initialization=sizes), separate(2, [3, 1], initialization=sizes)):
        weights = [p.data for p in model.parameters() if p.data]
        assert weights == [203.0] * 6 + [301.0] * 3
    assert Neuron(4, initialization=sizes).w[0].data == 401.0


def test_biases_start_at_zero_and_zeros_draw_nothing(rng) -> None:
    state = rng.getstate()
    assert {p.data for p in MLP(2, [3, 1], initialization="zeros", rng=rng).parameters()} == {0.0}
    assert rng.getstate() == state
    assert [b.data for b in Linear(2, 3, initialization="he", rng=rng).b] == [0.0] * 3


def test_an_unknown_initialization_is_refused_with_those_there_are() -> None:
    message = "no initialization is called 'xavier': choose one of zeros, uniform, glorot, he"
    with pytest.raises(ValueError, match=message):
        Linear(2, 3, initialization="xavier")


# ---- names and labels ----------------------------------------------------------------------------


class Residual(Module):
    """x + tanh(linear(x)), times a scale: a module as a student writes it."""

    def __init__(self, width: int, rng: random.Random) -> None:
        self.linear = Linear(width, width, rng=rng)
        self.heads = {"main": Activation("tanh")}
        self.scale = Value(2.0)
        self.width = width
        self._hidden = Value(3.0)

    def __call__(self, x):
        z = self.heads["main"](self.linear(x))
        return [self.scale * (a + b) for a, b in zip(x, z)]


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: Neuron(2, rng=rng),
        lambda rng: Layer(2, 3, rng=rng),
        lambda rng: MLP(2, [3, 2, 1], rng=rng),
        lambda rng: Linear(2, 3, rng=rng),
        lambda rng: Linear(2, 3, bias=False, rng=rng),
        lambda rng: separate(2, [3, 1], rng=rng),
        lambda rng: Sequential(MLP(2, [3, 2], rng=rng), separate(2, [2], rng=rng)),
        lambda rng: Sequential(Residual(2, rng), Linear(2, 1, rng=rng)),
    ],
)
def test_names_are_labels_in_the_order_of_the_parameters(make, rng) -> None:
    model = make(rng)
    named = model.named_parameters()
    assert list(map(id, named.values())) == list(map(id, model.parameters()))
    assert list(named) == [p.label for p in model.parameters()]


def test_names_say_where_a_parameter_stands(rng) -> None:
    mlp, apart = MLP(2, [3, 1], rng=rng), separate(2, [3, 1], rng=rng)
    assert mlp.named_parameters()["layers[0].neurons[2].w[1]"] is mlp.layers[0].neurons[2].w[1]
    assert apart.named_parameters()["layers[0].w[2][1]"] is apart.layers[0].w[2][1]
    assert apart.named_parameters()["layers[2].b[0]"] is apart.layers[2].b[0]
    nested = Sequential(Activation("tanh"), Sequential(MLP(2, [1], rng=rng)))
    assert "layers[1].layers[0].layers[0].neurons[0].b" in nested.named_parameters()


def test_a_label_stands_before_the_names_which_leave_it_out(rng) -> None:
    layer = Linear(1, 2, rng=rng, label="hidden")
    assert list(layer.named_parameters()) == ["w[0][0]", "b[0]", "w[1][0]", "b[1]"]
    assert [p.label for p in layer.parameters()][:2] == ["hidden.w[0][0]", "hidden.b[0]"]
    assert layer([1.0])[1].label == "hidden.a[1]"


def test_outputs_of_a_sequential_are_labelled_by_their_place(rng) -> None:
    z = separate(2, [2, 2], "tanh", rng=rng)([1.0, 2.0])[1]
    hidden = z.parents[2]
    labels = [z.label, hidden.label, hidden.parents[0].label]
    assert labels == ["layers[2].a[1]", "layers[1].z[0]", "layers[0].a[0]"]


def test_outputs_of_an_mlp_keep_their_labels_wherever_it_stands(rng) -> None:
    mlp = MLP(2, [2, 1], "tanh", rng=rng)
    out = mlp([1.0, 2.0])
    assert (out.label, out.parents[3].label) == ("layers[1].neurons[0].a", "layers[0].neurons[1].z")
    assert Sequential(mlp)([1.0, 2.0]).label == "layers[0].layers[1].neurons[0].a"


def test_a_module_of_ones_own_has_the_variables_among_its_attributes(rng) -> None:
    module = Residual(1, rng)
    assert list(module.named_parameters()) == ["linear.w[0][0]", "linear.b[0]", "scale"]
    assert len(module.parameters()) == 3
    module.relabel("block")
    assert (module.scale.label, module.linear([1.0]).label) == ("block.scale", "block.linear.a[0]")
    assert module.heads["main"](1.0).label == "block.heads['main'].z[0]"


@dataclass
class Pair:
    first: Value
    second: Module
    _third: Value


@dataclass(slots=True)
class Slotted(Module):
    w: Value

    def __call__(self, x):
        return self.w * x[0]


class Called(list):
    def __call__(self, x):
        return self[0] * x[0]


def test_variables_are_found_in_whatever_keeps_an_order() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    for held, names in (
        (deque([a, b]), ["[0]", "[1]"]),
        (Called([a, b]), ["[0]", "[1]"]),
        (UserList([a, (b, c)]), ["[0]", "[1][0]", "[1][1]"]),
        ({"u": {"v": a}, 1: [b]}, ["['u']['v']", "[1][0]"]),
        (OrderedDict(u=a), ["['u']"]),
        (MappingProxyType({"u": a}), ["['u']"]),
        ({"u": a, "v": b}.values(), ["[0]", "[1]"]),
        (np.array([a, b]), ["[0]", "[1]"]),
        (np.array([[a, b], [c, Value(4.0)]]), ["[0][0]", "[0][1]", "[1][0]", "[1][1]"]),
        (np.array(a, dtype=object), [""]),
        (Pair(a, Slotted(b), c), [".first", ".second.w"]),
        ([Pair(a, Neuron(1), c)], ["[0].first", "[0].second.w[0]", "[0].second.b"]),
        ("text", []),
        (np.array([1.0, 2.0]), []),
        (range(10**12), []),
        ({1, 2, "u"}, []),
        (Pair, []),
    ):
        module = Module()
        module.held = held
        assert list(module.named_parameters()) == [f"held{name}" for name in names]
        assert module.parameters() == list(module.named_parameters().values())
        module.relabel("m")
        assert [p.label for p in module.parameters()] == [f"m.held{name}" for name in names]


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_variables_is_refused_as_it_has_no_order(kind) -> None:
    for held in ([Value(1.0)], [(Value(1.0), 2.0)], [frozenset([Value(1.0)])], [Neuron(1)]):
        module = Module()
        module.ws = [kind(held)]
        for ask in (module.parameters, module.named_parameters, module.zero_grad):
            with pytest.raises(TypeError, match=r"ws\[0\]\S* is a set, which has no fixed order: "):
                ask()


def test_an_activation_with_parameters_of_its_own_is_learned(rng) -> None:
    class PReLU(Module):
        def __init__(self) -> None:
            self.slope = Value(0.25)

        def __call__(self, a):
            return maximum(a, self.slope * a)

    activation = PReLU()
    model = MLP(2, [3, 1], activation, rng=rng)
    assert len(model.parameters()) == 3 * 3 + 4 + 1
    assert model.named_parameters()["layers[0].neurons[0].activation.slope"] is activation.slope


def test_inputs_may_come_from_a_generator_or_an_array(rng) -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    for model in (Neuron(2, rng=rng), MLP(2, [3, 1], rng=rng), separate(2, [3, 1], rng=rng)):
        expected = model([1.0, 2.0]).data
        assert model(x for x in (1, 2)).data == expected
        assert model(np.array([1, 2])).data == model(np.float32([1, 2])).data == expected


def test_sizes_may_be_whole_numbers_of_numpy() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    model = MLP(np.int64(2), np.array([3, 1]))
    assert json.dumps(model.architecture()) == json.dumps(MLP(2, [3, 1]).architecture())


def test_a_weight_in_two_places_is_one_parameter_in_copies_too(rng) -> None:
    model = MLP(2, [2, 2], rng=rng)
    model.layers[1].neurons[0].w = model.layers[0].neurons[0].w
    for one in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert len(one.parameters()) == len(one.named_parameters()) == 10
        assert one.layers[1].neurons[0].w[0] is one.layers[0].neurons[0].w[0]


def test_a_module_that_lists_its_own_parameters_is_believed(rng) -> None:
    class Plain(Module):
        def __init__(self) -> None:
            self.w, self._v = Value(1.0), Value(2.0)

        def parameters(self):
            return [self._v, self.w]

    assert list(Plain().named_parameters()) == ["parameters[0]", "w"]


def test_what_is_shared_or_computed_is_counted_once_or_not_at_all() -> None:
    module = Module()
    module.w = module.same = Value(1.0)
    module.computed = module.w * 2.0
    assert list(module.named_parameters()) == ["w"]
    assert len(module.parameters()) == 1


def test_a_model_can_be_copied_and_pickled(rng) -> None:
    model = Sequential(Linear(2, 3, rng=rng), Activation("tanh"), MLP(3, [2, 1], rng=rng))
    expected = numbers(model, [[1.0, 2.0]])
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert numbers(other, [[1.0, 2.0]]) == expected
        assert [p.label for p in other.parameters()] == [p.label for p in model.parameters()]
        assert other([1.0, 2.0]).label == model([1.0, 2.0]).label
        assert not set(other.parameters()) & set(model.parameters())


def test_an_optimizer_copied_with_its_model_moves_the_copy(rng) -> None:
    model = MLP(2, [3, 1], "tanh", rng=rng)
    optimizer = Adam(model.parameters(), 0.1)
    before = [p.data for p in model.parameters()]
    other, its = copy.deepcopy((model, optimizer))
    other([1.0, 2.0]).backward()
    its.step()
    assert [p.data for p in model.parameters()] == before != [p.data for p in other.parameters()]
    assert (optimizer.steps, any(optimizer.means)) == (0, False)


# ---- architectures -------------------------------------------------------------------------------

ARCHITECTURES = [
    {"kind": "Neuron", "nin": 2, "activation": None},
    {"kind": "Layer", "nin": 2, "nout": 3, "activation": "tanh"},
    {"kind": "MLP", "nin": 2, "nouts": [16, 16, 1], "activation": "relu"},
    {"kind": "MLP", "nin": 2, "nouts": [1], "activation": None},
    {"kind": "Linear", "nin": 2, "nout": 3, "bias": False},
    {"kind": "Activation", "activation": "gelu"},
    {
        "kind": "Sequential",
        "layers": [
            {"kind": "Linear", "nin": 2, "nout": 3, "bias": True},
            {"kind": "Activation", "activation": "relu"},
            {"kind": "Sequential", "layers": [{"kind": "Activation", "activation": "tanh"}]},
        ],
    },
]  # fmt: skip


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a["kind"])
def test_an_architecture_rebuilds_its_module(architecture) -> None:
    model = build(json.loads(json.dumps(architecture)), rng=random.Random(3))
    again = build(model.architecture(), rng=random.Random(3))
    assert type(model).__name__ == architecture["kind"]
    assert model.architecture() == again.architecture() == architecture
    assert [p.data for p in model.parameters()] == [p.data for p in again.parameters()]
    assert numbers(model, [[1.0, 2.0]]) == numbers(again, [[1.0, 2.0]])


def test_an_architecture_does_not_depend_on_how_the_activation_was_given(rng) -> None:
    assert MLP(2, (3, 1), tanh, rng=rng).architecture() == MLP(2, [3, 1], "tanh").architecture()


def test_build_draws_as_it_is_told(rng) -> None:
    architecture = separate(2, [3, 1]).architecture()
    state = random.getstate()
    model = build(architecture, initialization="zeros")
    assert random.getstate() == state
    assert not any(p.data for p in model.parameters())
    one = build(MLP(2, [3, 1]).architecture(), initialization="he", rng=random.Random(5))
    other = MLP(2, [3, 1], initialization="he", rng=random.Random(5))
    assert [p.data for p in one.parameters()] == [p.data for p in other.parameters()]


@pytest.mark.parametrize(
    "make", [lambda f: MLP(2, [3, 1], f), lambda f: Sequential(Linear(2, 3), Activation(f))]
)
def test_a_function_that_is_no_row_has_no_architecture(make) -> None:
    with pytest.raises(ValueError, match="the activation f is no row of the table"):
        make(lambda a: relu(a) - 1.0).architecture()


def test_a_row_of_ones_own_has_one_as_long_as_it_is_in_the_table() -> None:
    cube = Operation("cube", lambda x: x**3, lambda x, z: 3 * x * x)
    try:
        model = Sequential(Activation(cube))
        assert build(model.architecture()).layers[0].activation is cube
    finally:
        del OPERATIONS["cube"]
    with pytest.raises(ValueError, match="the activation cube is no row of the table"):
        model.architecture()


def test_a_model_changed_by_hand_is_not_described_as_another(rng) -> None:
    model = MLP(2, [3, 3, 1], rng=rng)
    model.layers[0].neurons[1].activation = tanh
    with pytest.raises(ValueError, match="neurons of a Layer were changed by hand"):
        model.architecture()
    model = MLP(2, [3, 3, 1], rng=rng)
    model.layers[1] = Layer(3, 3, "tanh", rng=rng)
    with pytest.raises(ValueError, match="hidden layers of an MLP were changed by hand"):
        model.architecture()
    model = MLP(2, [3, 3, 1], rng=rng)
    model.layers[2] = Layer(3, 1, "tanh", rng=rng)
    with pytest.raises(ValueError, match="the last layer of an MLP is linear"):
        model.architecture()


def test_a_module_of_ones_own_has_no_architecture(rng) -> None:
    class MLP2(MLP):
        pass

    for model in (Residual(2, rng), MLP2(2, [1], rng=rng), Module()):
        with pytest.raises(ValueError, match=f"{type(model).__name__} has no architecture"):
            model.architecture()
    impostor = type("MLP", (Module,), {})()
    with pytest.raises(ValueError, match="MLP has no architecture"):
        impostor.architecture()


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (None, "an architecture is a dict"),
        ([], "an architecture is a dict"),
        ({}, "whose 'kind' is one of Neuron, Layer, MLP"),
        ({"kind": "Transformer"}, "got {'kind': 'Transformer'}"),
        ({"kind": ["MLP"]}, "whose 'kind' is one of"),
        ({"kind": "Module"}, "whose 'kind' is one of"),
        ({"kind": "Linear", "nin": 2, "nout": 3}, "fields of Linear are nin, nout, bias"),
        ({"kind": "Activation", "activation": "relu", "x": 1}, "got {'activation': 'relu', 'x'"),
        ({"kind": "Linear", "nin": 2.0, "nout": 3, "bias": True}, "nin of Linear must be a whole"),
        ({"kind": "Linear", "nin": True, "nout": 3, "bias": True}, "above 0, got True"),
        ({"kind": "Linear", "nin": 2, "nout": 0, "bias": True}, "nout of Linear must be"),
        ({"kind": "Linear", "nin": 2, "nout": 3, "bias": 1}, "bias of Linear must be True or"),
        ({"kind": "MLP", "nin": 2, "nouts": [], "activation": None}, "nouts of MLP must be a list"),
        ({"kind": "MLP", "nin": 2, "nouts": [3, "1"], "activation": None}, "a list of whole"),
        ({"kind": "MLP", "nin": 2, "nouts": 3, "activation": None}, "got 3"),
        ({"kind": "Neuron", "nin": 2, "activation": 3}, "the name of a row, or None, got 3"),
        ({"kind": "Neuron", "nin": 2, "activation": "cubed"}, "no operation is called 'cubed'"),
        ({"kind": "Neuron", "nin": 2, "activation": "add"}, "add is no activation"),
        ({"kind": "Activation", "activation": None}, "an activation layer needs an activation"),
        ({"kind": "Sequential", "layers": []}, "layers of Sequential must be a list"),
        ({"kind": "Sequential", "layers": "MLP"}, "must be a list of architectures"),
        ({"kind": "Sequential", "layers": [1]}, "an architecture is a dict"),
        ({"kind": "x" * 1000}, r"x{5,70}\.\.\.$"),
    ],
)
def test_what_is_no_architecture_is_refused(architecture, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(architecture)


# ---- text ----------------------------------------------------------------------------------------


def test_text_says_what_a_model_is_and_how_many_parameters_it_has(rng) -> None:
    model = Sequential(
        Linear(2, 100), Activation("tanh"), Sequential(Linear(100, 3, bias=False)), MLP(3, [1])
    )
    assert repr(model) == "\n".join([
        "Sequential(",
        "    Linear(2, 100),                  # 300 parameters",
        "    Activation(tanh),",
        "    Sequential(",
        "        Linear(100, 3, bias=False),  # 300 parameters",
        "    ),                               # 300 parameters",
        "    MLP(3, [1], activation=None),    #   4 parameters",
        ")  # 604 parameters",
    ])  # fmt: skip
    assert repr(Linear(2, 1000)) == "Linear(2, 1000)  # 3,000 parameters"
    assert repr(Linear(1, 1, bias=False)) == "Linear(1, 1, bias=False)  # 1 parameter"
    assert repr(Activation(leaky_relu)) == "Activation(leaky_relu)"


def test_text_of_a_module_of_ones_own_has_no_address(rng) -> None:
    assert repr(Residual(2, rng)) == "Residual(...)  # 7 parameters"


def test_layers_of_one_neuron_have_a_shape_and_must_fit_too(rng) -> None:
    model = Sequential(Layer(2, 1, rng=rng), Layer(1, 3, rng=rng))
    assert len(model([1.0, 2.0])) == 3
    with pytest.raises(ValueError, match=r"layers\[1\] takes 3 inputs, .* before it gives 1"):
        Sequential(Layer(2, 1, rng=rng), Layer(3, 1, rng=rng))


def test_a_summary_is_a_table_of_layers_shapes_and_parameters() -> None:
    assert summary(MLP(2, [16, 16, 1])) == "\n".join([
        "layer      kind           shape     parameters",
        "layers[0]  Layer, relu     2 -> 16          48",
        "layers[1]  Layer, relu    16 -> 16         272",
        "layers[2]  Layer, linear  16 -> 1           17",
        "total                                      337",
    ])  # fmt: skip


def test_a_summary_goes_into_what_is_nested_and_passes_over_what_is_not_known(rng) -> None:
    inner = Sequential(Activation("tanh"), Linear(2000, 2, bias=False, rng=rng))
    model = Sequential(Linear(1, 2000, rng=rng), inner, Residual(2, rng), Activation("relu"))
    assert summary(model) == "\n".join([
        "layer                kind              shape           parameters",
        "layers[0]            Linear                1 -> 2,000       4,000",
        "layers[1].layers[0]  Activation, tanh      ? -> ?               0",
        "layers[1].layers[1]  Linear, no bias   2,000 -> 2           4,000",
        "layers[2]            Residual              ? -> ?               7",
        "layers[3]            Activation, relu      ? -> ?               0",
        "total                                                       8,007",
    ])  # fmt: skip


def test_the_columns_of_a_summary_stand_straight(rng) -> None:
    for model in (Neuron(2), Linear(1000, 2), MLP(1, [1]), Activation("tanh"), Residual(2, rng)):
        lines = summary(model).splitlines()
        assert len({len(line) for line in lines}) == 1
        assert lines[-1].split() == ["total", f"{len(model.parameters()):,}"]


# ---- what cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slip", "error", "message"),
    [
        (lambda: MLP(2, 3), TypeError, "nouts is a list, the neurons of each layer, got an int"),
        (lambda: MLP(2, []), ValueError, "nouts is empty"),
        (lambda: MLP(2, [3.0]), ValueError, "at least one neuron, a whole number, got 3.0"),
        (lambda: Neuron("2"), ValueError, "at least one input, a whole number, got '2'"),
        (lambda: Neuron(2, rng=0), TypeError, "got 0: write rng=random.Random(0)"),
        (lambda: Linear(0, 3), ValueError, "at least one input, a whole number, got 0"),
        (lambda: Linear(3, 0), ValueError, "at least one output, a whole number, got 0"),
        (lambda: Activation("rely"), ValueError, "no operation is called 'rely'"),
        (lambda: Activation(None), ValueError, "leave the layer out"),
        (lambda: Activation(3), TypeError, "a name, a row, a function or None, got 3"),
        (lambda: Neuron(2, False), TypeError, "a function or None, got False"),
        (lambda: Activation("clip"), ValueError, "clip is no activation"),
        (lambda: Activation("total"), ValueError, "total is no activation"),
        (lambda: Sequential(), ValueError, "at least one module"),
        (lambda: Sequential("tanh"), TypeError, "write Activation('tanh')"),
        (lambda: Sequential([Linear(2, 3)]), TypeError, "one by one, got a list"),
        (lambda: Sequential(tanh), TypeError, "Activation(f) makes one of a function"),
        (
            lambda: Sequential(Linear(2, 3), Activation("tanh"), MLP(4, [1])),
            ValueError, "layers[2] takes 4 inputs, and what stands before it gives 3",
        ),
        (lambda: Linear(2, 3)([1.0]), ValueError, "has 2 inputs, got 1"),
        (lambda: Sequential(Linear(2, 3))([1.0, 2.0, 3.0]), ValueError, "has 2 inputs, got 3"),
        (lambda: Neuron(1)(1.0), TypeError, "a sequence of numbers, got 1.0: [x] is one"),
        (lambda: Neuron(1)(None), TypeError, "a sequence of numbers, got None"),
        (lambda: Linear(1, 3)(1.0), TypeError, "a sequence of numbers, got 1.0"),
        (lambda: MLP(1, [3])(Value(1.0)), TypeError, "a sequence of numbers, got a Value"),
        (lambda: MLP(2, [3])([[1.0, 2.0]]), TypeError, "[model(x) for x in inputs]"),
        (lambda: Activation("tanh")([[1.0]]), TypeError, "[model(x) for x in inputs]"),
        (lambda: Linear(1, 1)(["1"]), TypeError, "must be a real number, got the text '1'"),
        (lambda: Module()([1.0]), NotImplementedError, "Module does not say how it is called"),
        (lambda: summary(MLP), TypeError, "summary takes a module, got the class MLP"),
        (lambda: Linear(1, 1, initialization=lambda *_: None), TypeError, "got None"),
    ],
)  # fmt: skip
def test_a_slip_is_answered_with_what_to_do(slip, error, message: str) -> None:
    with pytest.raises(error) as raised:
        slip()
    assert message in str(raised.value)


@pytest.mark.parametrize("make", [lambda f: Neuron(1, f), lambda f: Activation(f)])
def test_an_activation_that_gives_no_value_is_explained(make) -> None:
    with pytest.raises(TypeError, match=r"must give a Value, got 0: .* relu\(a\) for max\(0, a\)"):
        make(lambda a: 0)([1.0])


def test_one_layer_cannot_stand_in_two_places_of_a_model(rng) -> None:
    layer = Linear(2, 2, rng=rng)
    with pytest.raises(ValueError, match=r"layers\[2\] has parameters of layers\[0\]"):
        Sequential(layer, Activation("tanh"), layer)
    with pytest.raises(ValueError, match=r"layers\[1\] has parameters of layers\[0\]"):
        Sequential(Sequential(layer), layer)
