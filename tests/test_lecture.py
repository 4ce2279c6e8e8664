"""Programs in the manner of three lectures, by their import alone: `chainrule.micrograd`."""

import copy
import math
import pickle
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import gradients
from autograd.methods import methods
from chainrule.micrograd import MLP, Layer, Neuron, Value, draw_dot

# ---- the first lecture: a graph by hand ----------------------------------------------------------


def sale() -> dict[str, Value]:
    """Three pens and a pad, less a discount, every node with a label."""
    pens, price, pad = Value(3.0, label="pens"), Value(2.0, label="price"), Value(4.0, label="pad")
    cost = pens * price
    cost.label = "cost"
    bill = cost + pad
    bill.label = "bill"
    rate = Value(-0.5, label="rate")
    total = bill * rate
    total.label = "total"
    return {v.label: v for v in (pens, price, pad, cost, bill, rate, total)}


def order_by_prev(root: Any) -> list[Any]:
    """The nodes below root by `_prev` alone, inputs first, as a class writes it at the board."""
    order, seen = [], set()

    def visit(v: Any) -> None:
        if v not in seen:
            seen.add(v)
            for child in v._prev:
                visit(child)
            order.append(v)

    visit(root)
    return order


def test_a_node_knows_what_it_was_made_from_and_how() -> None:
    v = sale()
    assert v["total"]._prev == {v["bill"], v["rate"]}
    assert [v[name]._op for name in ("pens", "cost", "bill")] == ["", "*", "+"]
    assert repr(v["cost"]) == "Value(data=6.0, grad=0.0)"


def test_operations_are_called_as_they_are_written() -> None:
    x = Value(2.0)
    made = [x - 1, 1 - x, x / 4, x**3, x.tanh(), x.exp(), x.relu(), x.log()]
    assert [v._op for v in made] == ["-", "-", "/", "**3", "tanh", "exp", "relu", "log"]
    assert made[3]._prev == {x}


def test_gradients_by_hand_one_backward_at_a_time() -> None:
    v = sale()
    v["total"].grad = 1.0
    for name in ("total", "bill", "cost"):
        v[name]._backward()
    assert (v["pens"].grad, v["price"].grad, v["pad"].grad) == (-1.0, -1.5, -0.5)
    v["pens"]._backward()  # a leaf has nothing to give


def test_backward_is_the_walk_by_hand() -> None:
    v, w = sale(), sale()
    v["total"].backward()
    w["total"].grad = 1.0
    for node in reversed(order_by_prev(w["total"])):
        node._backward()
    assert [v[name].grad for name in v] == [w[name].grad for name in w]


def test_a_nudge_uphill_raises_the_output() -> None:
    v = sale()
    v["total"].backward()
    for name in ("pens", "price", "pad"):
        v[name].data += 0.01 * v[name].grad
    assert (v["pens"] * v["price"] + v["pad"]).data * -0.5 > v["total"].data


def test_a_number_beside_an_operator_has_a_gradient_too() -> None:
    x = Value(3.0)
    y = 2 * x + 1
    y.backward()
    two = next(v for v in order_by_prev(y) if v.data == 2.0)
    assert (two.grad, two._op) == (3.0, "")


def test_a_node_used_twice_adds_up() -> None:
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


def squash(x: Value) -> Value:
    """tanh once more, by hand."""
    t = (math.exp(2 * x.data) - 1) / (math.exp(2 * x.data) + 1)
    out = Value(t, (x,), "squash")

    def _backward() -> None:
        x.grad += (1 - t * t) * out.grad

    out._backward = _backward
    return out


def test_an_operation_made_by_hand_takes_part_in_backward() -> None:
    x, y = Value(0.5), Value(0.5)
    (3 * squash(x)).backward()
    (3 * y.tanh()).backward()
    assert x.grad == pytest.approx(y.grad, rel=1e-15)


def test_tanh_in_its_pieces_has_the_gradient_of_tanh() -> None:
    x, y = Value(0.8813735870195432), Value(0.8813735870195432)
    e = (2 * x).exp()
    ((e - 1) / (e + 1)).backward()
    y.tanh().backward()
    assert x.grad == pytest.approx(y.grad, rel=1e-14)
    assert y.grad == pytest.approx(0.5, rel=1e-15)  # tanh(x) = sqrt(1/2)


def test_a_node_made_by_hand_without_its_backward_says_so() -> None:
    out = Value(1.0, (Value(2.0),), "half")
    with pytest.raises(ValueError, match="half was made by hand and its `_backward` is not set"):
        out.backward()


def test_values_have_room_for_attributes_of_ones_own() -> None:
    a = Value(1.0)
    a.velocity, a.note = 0.9, "slow"
    b = copy.copy(a)
    assert (b.velocity, b.note, type(b)) == (0.9, "slow", Value)


def test_the_picture_has_every_label_number_and_operation(tmp_path: Path) -> None:
    v = sale()
    v["total"].backward()
    picture = draw_dot(v["total"] + 1)
    for word in ("pens = 3", "cost = 6", "grad -1.5", "total = -5"):
        assert word in picture.source
    assert picture._repr_mimebundle_()["image/svg+xml"].startswith("<")
    written = draw_dot(v["total"], format="dot", rankdir="TB").render(tmp_path / "sale")
    assert Path(written).read_text(encoding="utf-8").count("->") == 6


# ---- the second half: a network ------------------------------------------------------------------


def test_the_parts_of_a_network_are_where_they_are_in_the_lecture() -> None:
    n = Neuron(2, nonlin=False)
    assert (len(n.w), n.b.data, n.nonlin, repr(n)) == (2, 0.0, False, "LinearNeuron(2)")
    model = MLP(3, [4, 4, 1])
    assert len(model.parameters()) == 41
    assert repr(model.layers[2]) == "Layer of [LinearNeuron(4)]"
    assert repr(Layer(1, 2)) == "Layer of [ReLUNeuron(1), ReLUNeuron(1)]"
    assert model.layers[0].neurons[0].nonlin


def test_a_network_learns_four_examples() -> None:
    random.seed(3)
    xs = [[2.0, 1.0, -1.0], [1.0, -2.0, 0.5], [0.5, 1.5, 1.0], [1.0, 1.0, -2.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    model = MLP(3, [4, 4, 1])
    losses = []
    for _ in range(30):
        guesses = [model(x) for x in xs]
        loss = sum((guess - y) ** 2 for y, guess in zip(ys, guesses, strict=True))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data += -0.02 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.2 * losses[0]


def test_a_neuron_says_how_many_inputs_it_takes() -> None:
    with pytest.raises(ValueError, match="this neuron has 2 weights, got 3 inputs"):
        Neuron(2)([1.0, 2.0, 3.0])


@pytest.mark.peers
def test_a_seed_gives_micrograds_network_to_the_last_bit() -> None:
    theirs_nn = pytest.importorskip("micrograd.nn", reason='needs pip install -e ".[peers]"')
    random.seed(1337)
    ours = MLP(2, [16, 16, 1])
    random.seed(1337)
    theirs = theirs_nn.MLP(2, [16, 16, 1])
    assert ours([0.3, -1.2]).data == theirs([0.3, -1.2]).data
    assert repr(ours) == repr(theirs)


RECIPES: list[Any] = [
    lambda a, b, c: a + b,
    lambda a, b, c: c - a - b,
    lambda a, b, c: 0.5 * a * b,
    lambda a, b, c: a / (b * b + 1),
    lambda a, b, c: c / (b**2 + 2),
    lambda a, b, c: (0.1 * a) ** 3,
    lambda a, b, c: a * c,
    lambda a, b, c: -a,
    lambda a, b, c: (a + c).relu(),
]


def programs(kind: Any, rng: random.Random) -> tuple[Any, list[Any]]:
    """A random program on a class of Values: its output, and its leaves."""
    leaves = [kind(x) for x in (0.7, -1.3, 2.1)]
    nodes = [*leaves]
    for _ in range(12):
        recipe = rng.choice(RECIPES)
        nodes.append(recipe(rng.choice(nodes), rng.choice(nodes), rng.gauss(0, 1)))
    return sum(nodes), leaves


@pytest.mark.peers
def test_random_programs_have_micrograds_values_and_gradients() -> None:
    engine = pytest.importorskip("micrograd.engine", reason='needs pip install -e ".[peers]"')
    for seed in range(1000):
        ours, mine = programs(Value, random.Random(seed))
        theirs, yours = programs(engine.Value, random.Random(seed))
        ours.backward()
        theirs.backward()
        assert ours.data == pytest.approx(theirs.data, rel=1e-12, abs=1e-12)
        assert [v.grad for v in mine] == pytest.approx([v.grad for v in yours], rel=1e-9, abs=1e-9)


# ---- in the manner of microgpt -------------------------------------------------------------------

WORDS = ["tea", "eat", "ate", "seat"]
LETTERS = sorted(set("".join(WORDS)))
END, WIDTH = len(LETTERS), 4


def matrix(rows: int, columns: int, rng: random.Random) -> list[list[Value]]:
    return [[Value(rng.gauss(0, 0.4)) for _ in range(columns)] for _ in range(rows)]


def times(w: list[Any], x: list[Any]) -> list[Any]:
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in w]


def softmax(zs: list[Any]) -> list[Any]:
    top = max(z.data for z in zs)
    exps = [(z - top).exp() for z in zs]
    total = sum(exps)
    return [e / total for e in exps]


def scaled(x: list[Any]) -> list[Any]:
    size = sum(a * a for a in x) / len(x)
    return [a * (size + 1e-5) ** -0.5 for a in x]


def language_loss(state: dict[str, list[list[Value]]], word: str) -> Any:
    """How surprised one head of attention and one hidden layer are by the letters of a word."""
    letters = [END, *map(LETTERS.index, word), END]
    keys: list[Any] = []
    values: list[Any] = []
    losses = []
    for here, after in pairwise(letters):
        x = scaled(state["letters"][here])
        query = times(state["query"], x)
        keys.append(times(state["key"], x))
        values.append(times(state["value"], x))
        scores = [sum(a * b for a, b in zip(query, k, strict=True)) / WIDTH**0.5 for k in keys]
        attention = softmax(scores)
        mixed = times(list(zip(*values, strict=True)), attention)
        x = [a + b for a, b in zip(x, mixed, strict=True)]
        hidden = [h.relu() for h in times(state["up"], x)]
        x = [a + b for a, b in zip(x, times(state["down"], hidden), strict=True)]
        losses.append(-softmax(times(state["out"], x))[after].log())
    return (1 / len(losses)) * sum(losses)


def language_model(rng: random.Random) -> dict[str, list[list[Value]]]:
    state = {name: matrix(WIDTH, WIDTH, rng) for name in ("query", "key", "value")}
    return state | {
        "letters": matrix(END + 1, WIDTH, rng),
        "up": matrix(8, WIDTH, rng),
        "down": matrix(WIDTH, 8, rng),
        "out": matrix(END + 1, WIDTH, rng),
    }


def test_a_language_model_of_lists_of_lists_learns_with_adam_by_hand(rng: random.Random) -> None:
    state = language_model(rng)
    params = [p for rows in state.values() for row in rows for p in row]
    m, v = [0.0] * len(params), [0.0] * len(params)
    losses = []
    for step in range(16):
        loss = language_loss(state, WORDS[step % len(WORDS)])
        loss.backward()
        for i, p in enumerate(params):
            m[i] = 0.85 * m[i] + 0.15 * p.grad
            v[i] = 0.99 * v[i] + 0.01 * p.grad**2
            m_hat, v_hat = m[i] / (1 - 0.85 ** (step + 1)), v[i] / (1 - 0.99 ** (step + 1))
            p.data -= 0.05 * m_hat / (v_hat**0.5 + 1e-8)
            p.grad = 0
        losses.append(loss.data)
    assert sum(losses[-4:]) < 0.7 * sum(losses[:4])


def test_children_and_local_gradients_are_all_that_a_backward_pass_needs(
    rng: random.Random,
) -> None:
    loss = language_loss(language_model(rng), "tea")
    loss.backward()
    expected = {v: v.grad for v in order_by_prev(loss)}
    for v in expected:
        v.grad = 0
    loss.grad = 1
    for v in reversed(order_by_prev(loss)):
        for child, slope in zip(v._children, v._local_grads, strict=True):
            child.grad += slope * v.grad
    for v, gradient in expected.items():
        assert v.grad == pytest.approx(gradient, rel=1e-12, abs=1e-15)


def test_a_node_may_be_made_of_children_and_local_gradients() -> None:
    x = Value(0.3)
    y = 2 * Value(math.sin(x.data), (x,), (math.cos(x.data),))
    y.backward()
    assert (y.data, x.grad) == (2 * math.sin(0.3), 2 * math.cos(0.3))


def test_a_local_gradient_is_missing() -> None:
    with pytest.raises(ValueError, match="for each of the 2 children, got 1"):
        Value(3.0, (Value(1.0), Value(2.0)), (1.0,))


# ---- in the manner of EurekaLabs' micrograd ------------------------------------------------------


class AdamW:
    """An optimizer that keeps its moments on the parameters themselves."""

    def __init__(self, parameters: list[Any], lr: float = 0.1, decay: float = 1e-4) -> None:
        self.parameters, self.lr, self.decay, self.t = parameters, lr, decay, 0
        for p in parameters:
            p.m = p.v = 0

    def step(self) -> None:
        self.t += 1
        for p in self.parameters:
            if p.grad is None:
                continue
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.95 * p.v + 0.05 * p.grad**2
            size = (p.v / (1 - 0.95**self.t)) ** 0.5 + 1e-8
            p.data -= self.lr * (p.m / (1 - 0.9**self.t) / size + self.decay * p.data)

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = 0


def cross_entropy(zs: list[Any], label: int) -> Any:
    exps = [z.exp() for z in zs]
    return -(exps[label] / sum(exps)).log()


def test_three_classes_are_learned_with_moments_kept_on_the_parameters() -> None:
    random.seed(3)
    points = [([0.0, 1.0], 0), ([1.0, -1.0], 1), ([-1.0, -1.0], 2)]
    model = MLP(2, [8, 3])
    for p in model.parameters():
        setattr(p, "_colour", "lightgreen")  # noqa: B010  # as a lecture marks what it draws
    optimizer = AdamW(model.parameters())
    losses = []
    for _ in range(12):
        total = Value(0.0)
        for x, label in points:
            total = total + cross_entropy(model(x), label)
        loss = total * (1.0 / len(points))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.data)
    assert losses[-1] < 0.2 * losses[0]


# ---- beside the engine ---------------------------------------------------------------------------


def test_every_method_of_a_value_gives_one_of_the_lecture() -> None:
    for row in methods:
        domain = row.domain or (lambda *xs: True)
        xs = next(xs for xs in ([0.5, 0.5], [1.5, 0.5]) if domain(*xs[: len(row.partials)]))
        operands = [Value(x) for x in xs[: len(row.partials)]]
        for name, function in vars(autograd.Value).items():
            if function is methods[row]:
                z = getattr(operands[0], name)(*operands[1:])
                assert (type(z), z.op) == (Value, row)


def test_functions_of_the_engine_take_values_of_the_lecture() -> None:
    x, w = Value(0.5), Value(2.0)
    y = autograd.tanh(autograd.sumprod([w], [x]))
    assert (type(y), y._op, y._prev.pop()._op) == (Value, "tanh", "sumprod")


def test_values_of_both_kinds_meet_in_one_graph() -> None:
    x, w = autograd.Value(0.5), Value(2.0)
    y = (x * w).tanh() + autograd.maximum(x, w)
    y.backward()
    found = gradients(y)
    assert (x.grad, w.grad) == (found[x], found[w])


def test_a_graph_of_the_lecture_is_copied_and_pickled_as_it_is() -> None:
    x = Value(0.5, label="x")
    x.note = "mine"
    for y in (copy.deepcopy(x.tanh()), pickle.loads(pickle.dumps(x.tanh()))):
        (leaf,) = y._prev
        assert (y.data, y._op, leaf.label, leaf.note) == (math.tanh(0.5), "tanh", "x", "mine")


def test_fit_trains_a_network_of_the_lecture(rng: random.Random) -> None:
    random.seed(5)
    model = MLP(2, [4, 1])
    history = nn.fit(
        model, nn.xor(), loss=nn.binary_cross_entropy, optimizer=nn.SGD(model.parameters(), 0.3),
        epochs=10, batch_size=4, rng=rng, progress=False,
    )  # fmt: skip
    assert history[-1].loss < history[0].loss
