"""Paths, steps, forward mode and gradients: cases worked by hand, what they cost, what they leave.

Whether they are right on random programs is asked in test_programs.py.  Letters: variables x, w;
root y; inner nodes a, a1, a2, u.
"""

from collections import deque
from random import Random

import pytest

from autograd import (
    Contribution,
    Path,
    Step,
    Value,
    constant,
    count_paths,
    gradients,
    logsumexp,
    paths,
    pushforward,
    sigmoid,
    sqrt,
    steps,
    sumprod,
    tanh,
    topological_order,
    total,
)


class Node:
    """A student's node: no label, no operation, and nowhere to write a gradient."""

    __slots__ = ("data", "local_derivatives", "parents")

    def __init__(self, data, parents=(), local_derivatives=()) -> None:
        self.data, self.parents, self.local_derivatives = data, parents, local_derivatives

    def __mul__(self, other: "Node") -> "Node":
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def __add__(self, other: "Node") -> "Node":
        return Node(self.data + other.data, (self, other), (1.0, 1.0))


class Watched(Value):
    """A Value that notices when it is visited more often than a few passes over a graph need."""

    __slots__ = ("kept", "visits")

    def __init__(self, parents: tuple = ()) -> None:
        super().__init__(0.0, "x")
        self.kept, self.visits = parents, 0
        self.local_derivatives = (1.0,) * len(parents)

    @property
    def parents(self) -> tuple:
        self.visits += 1
        assert self.visits <= 30, "visited too often: somebody wanders"
        return self.kept

    @parents.setter
    def parents(self, parents: tuple) -> None:
        self.kept, self.visits = parents, 0


class Counted(float):
    """A number that counts the products it is a factor of."""

    products = 0

    def __mul__(self, other: float) -> float:
        Counted.products += 1
        return float(self) * float(other)

    __rmul__ = __mul__


def products(root, run) -> int:
    """How many times `run` multiplies with a local derivative of the graph."""
    for v in topological_order(root):
        v.local_derivatives = tuple([Counted(d) for d in v.local_derivatives])
    before = Counted.products
    run()
    return Counted.products - before


def figure_2() -> tuple[Value, Value, Value, Value]:
    """Bradbury, eq. 7 to 9: y = 2 a1 + a2, a1 = 3x, a2 = -x."""
    x = Value(1.0, "x")
    a1, a2 = 3 * x, -x
    y = sumprod([2, 1], [a1, a2])
    y.label, a1.label, a2.label = "y", "a1", "a2"
    return y, a1, a2, x


def five_paths() -> tuple[Value, Value, Value]:
    """y = 1a + 10x + 100a, a = 2x + 3x."""
    x = Value(1.0, "x")
    a = sumprod([2, 3], [x, x])
    return sumprod([1, 10, 100], [a, x, a]), a, x


def doubled(v, times: int, cls: type = Value):
    """v + v, again and again: 2**times paths, 2 * times edges."""
    for _ in range(times):
        v = cls((v, v)) if cls is Watched else v + v
    return v


def derivatives_of(found) -> list[float]:
    return [p.derivative for p in found]


def labels(nodes) -> str:
    return " ".join([v.label for v in nodes])


def named(numbers: dict) -> dict[str, float]:
    """The labelled nodes in a dictionary of nodes, by their labels."""
    return {v.label: number for v, number in numbers.items() if v.label}


# ---- paths: the chain rule along them, the sum rule across them ----------------------------------


def test_figure_1_has_one_path_and_its_product_is_6() -> None:
    x = Value(1.0)
    (path,) = paths(2 * (3 * x), x)
    assert path.local_derivatives == (2.0, 3.0)
    assert path.derivative == 6.0  # Bradbury, eq. 6


def test_figure_2_has_two_paths_and_their_sum_is_5() -> None:
    y, _, _, x = figure_2()
    found = list(paths(y, x))
    assert [p.local_derivatives for p in found] == [(2.0, 3.0), (1.0, -1.0)]
    assert derivatives_of(found) == [6.0, -1.0]
    assert sum(derivatives_of(found)) == 5.0  # Bradbury, eq. 11


def test_figure_2_written_with_operators_has_the_same_products() -> None:
    x = Value(1.0)
    found = list(paths(2 * (3 * x) + -x, x))
    assert [p.local_derivatives for p in found] == [(1.0, 2.0, 3.0), (1.0, -1.0)]
    assert derivatives_of(found) == [6.0, -1.0]


def test_a_path_knows_its_nodes_and_its_edges() -> None:
    y, a1, a2, x = figure_2()
    first, second = paths(y, x)
    assert [labels(p.nodes) for p in (first, second)] == ["y a1 x", "y a2 x"]
    assert all(v is w for p, a in ((first, a1), (second, a2)) for v, w in zip(p.nodes, (y, a, x)))
    assert [k for _, k in first.edges] == [2, 1]  # y's parents are 2, 1, a1, a2; those of a1 3, x
    assert [k for _, k in second.edges] == [3, 0]
    assert all(v.parents[k] is p for v, k, p in zip(first.nodes, [2, 1], first.nodes[1:]))


def test_a_path_is_as_long_as_it_has_edges() -> None:
    y, a1, _, x = figure_2()
    assert [len(p) for p in (*paths(y, x), *paths(y, a1), *paths(y, y))] == [2, 2, 1, 0]


def test_a_path_prints_from_the_root_to_the_node() -> None:
    y, a1, _, x = figure_2()
    assert [repr(p) for p in paths(y, x)] == ["y <- a1 <- x", "y <- a2 <- x"]
    a1.label = ""
    assert repr(next(paths(y, x))) == "y <- mul[3] <- x"


def test_the_middle_of_a_long_path_is_left_out_in_print() -> None:
    x = Value(1.0, "x")
    v = x
    for _ in range(20):
        v = -v
    (path,) = paths(v, x)
    assert repr(path).count("neg") == 11  # six from the root, five and x at the other end
    assert repr(path).split(" <- ")[6] == "..."


def test_paths_come_first_argument_first() -> None:
    y, a, x = five_paths()
    assert derivatives_of(paths(y, x)) == [2, 3, 10, 200, 300]
    assert derivatives_of(paths(y, a)) == [1, 100]
    assert derivatives_of(paths(a, x)) == [2, 3]


def test_a_limit_gives_the_first_of_them() -> None:
    y, _, x = five_paths()
    assert [len(list(paths(y, x, limit=n))) for n in (0, 1, 4, 5, 6)] == [0, 1, 4, 5, 5]
    assert derivatives_of(paths(y, x, limit=3)) == [2, 3, 10]


def test_parallel_edges_are_two_paths() -> None:
    a = Value(3.0)
    y = a * a
    first, second = paths(y, a)
    assert (first.edges, second.edges) == (((y, 0),), ((y, 1),))
    assert (first.derivative, second.derivative) == (3.0, 3.0)


def test_from_a_node_to_itself_leads_one_empty_path() -> None:
    x = Value(3.0, "x")
    y = x * x
    for v in (x, y):
        (path,) = paths(v, v)
        assert (path.edges, path.local_derivatives, path.derivative) == ((), (), 1.0)
        assert len(path.nodes) == count_paths(v, v) == 1
        assert path.nodes[0] is v


def test_a_path_ends_where_it_first_meets_its_node() -> None:
    y, a, _ = five_paths()
    assert [labels(p.nodes[1:]) for p in paths(y, a)] == ["", ""]
    assert all(p.nodes[-1] is a for p in paths(y, a))


def test_no_path_leads_to_what_is_no_ancestor() -> None:
    x, w = Value(3.0), Value(3.0)
    y = 2 * x
    for v, node in ((y, w), (x, y), (y, Value(6.0))):
        assert list(paths(v, node)) == []
        assert count_paths(v, node) == 0


def test_no_path_leads_to_a_constant() -> None:
    c, x = constant(2.0), Value(3.0)
    for root in (c * x, c):
        assert list(paths(root, c)) == []
        assert count_paths(root, c) == 0
    assert derivatives_of(paths(c * x, x)) == [2.0]


def test_along_a_chain_the_product_is_the_gradient_to_the_bit() -> None:
    x = Value(0.3)
    y = x
    for _ in range(30):
        y = tanh(0.7 * y + 0.1)
    y.backward()
    assert derivatives_of(paths(y, x)) == [x.grad]  # both multiply from the root on


def test_products_are_of_the_recorded_local_derivatives() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    assert derivatives_of(paths(y, x)) == [3.0, 3.0]


def test_what_leads_elsewhere_is_never_entered() -> None:
    x, w = Watched(), Watched()
    elsewhere = doubled(w, 60, Watched)
    y = Watched((elsewhere, Watched((elsewhere, x)), elsewhere))
    assert [len(p) for p in paths(y, x)] == [2]


def test_what_lies_below_the_node_is_never_entered() -> None:
    a = doubled(Watched(), 60, Watched)
    assert [len(p) for p in paths(Watched((a, a)), a)] == [1, 1]


def test_paths_are_walked_only_as_far_as_asked() -> None:
    x = Watched()
    walk = paths(doubled(x, 60, Watched), x, limit=2**59)
    assert [len(next(walk)) for _ in range(3)] == [60, 60, 60]


# ---- how many paths there are --------------------------------------------------------------------


def test_paths_are_counted() -> None:
    y, a, x = five_paths()
    assert [count_paths(y, v) for v in (x, a, y)] == [5, 2, 1]
    assert [count_paths(a, v) for v in (x, a, y)] == [2, 1, 0]


def test_200_squarings_have_2_to_the_200_paths() -> None:
    x = Value(0.5)
    y = x
    for _ in range(200):
        y = y * y
    assert count_paths(y, x) == 2**200
    assert count_paths(y, y.parents[0]) == 2


def test_counting_visits_each_node_a_few_times() -> None:
    x = Watched()
    assert count_paths(doubled(x, 200, Watched), x) == 2**200


def test_too_many_paths_are_refused_with_their_number_and_the_remedy() -> None:
    x = Value(1.0, "x")
    with pytest.raises(ValueError, match=r"131,072 paths lead from the root to x: .*limit=100, .*"):
        paths(doubled(x, 17), x)  # at once, not at the first next()
    with pytest.raises(ValueError, match=r"about 2\*\*200 paths lead .*number alone with count_p"):
        paths(doubled(x, 200), x)


def test_100_000_paths_are_not_too_many_and_one_more_is() -> None:
    x = Value(1.0)
    y = x
    for _ in range(5):
        y = total([y] * 10)
    assert next(paths(y, x)).derivative == 1.0
    with pytest.raises(ValueError, match=r"100,001 paths"):
        paths(y + x, x)


def test_of_too_many_paths_the_first_are_there_for_the_asking() -> None:
    x = Watched()  # it would notice if the walk went on
    assert derivatives_of(paths(doubled(x, 200, Watched), x, limit=3)) == [1.0, 1.0, 1.0]


def test_a_negative_limit_is_refused() -> None:
    x = Value(1.0)
    with pytest.raises(ValueError, match=r"limit is how many paths are wanted, got -1"):
        paths(2 * x, x, limit=-1)


# ---- steps: the backward pass, one node at a time ------------------------------------------------


def test_figure_2_step_by_step() -> None:
    y, a1, a2, x = figure_2()
    found = list(steps(y))
    assert [(s.node.label, s.gradient) for s in found] == [("y", 1), ("a2", 1), ("a1", 2), ("x", 5)]
    sent = [[(c.parent.label, c.amount) for c in s.contributions] for s in found]
    assert sent == [[("a1", 2), ("a2", 1)], [("x", -1)], [("x", 6)], []]
    assert all(s.node is v for s, v in zip(found, (y, a2, a1, x)))


def test_a_contribution_says_which_edge_it_went_along() -> None:
    x = Value(3.0)
    a = x * x
    y = 5 * a
    _, step, _ = steps(y)
    assert step.gradient == 5.0
    assert all(c.parent is x for c in step.contributions)
    edges = [(c.position, c.local_derivative, c.amount) for c in step.contributions]
    assert edges == [(0, 3.0, 15.0), (1, 3.0, 15.0)]
    assert [c.position for c in next(steps(y)).contributions] == [1]  # 0 is the constant 5


def test_steps_and_contributions_print() -> None:
    y, *_ = figure_2()
    first, *_, last = steps(y)
    assert repr(first) == "y has gradient 1; a1 += 1 * 2; a2 += 1 * 1"
    assert repr(first.contributions) == "(a1 += 2, a2 += 1)"
    assert repr(last) == "x has gradient 5"


def nontrivial() -> Value:
    """Shared nodes, parallel edges, constants, n-ary nodes, and sums that rounding tells apart."""
    rng = Random(1)
    x = [Value(rng.gauss(0, 1)) for _ in range(4)]
    for _ in range(6):
        x = [tanh(sumprod([rng.gauss(0, 1) for _ in x], x, v * v / 3)) for v in x]
    y = logsumexp(x) + total([sigmoid(v) * v for v in x]) * x[0]
    return sumprod([0.1, 0.2, 0.3], [y, y, y])  # 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1


def test_outputs_come_before_inputs() -> None:
    passed = set()
    for step in steps(nontrivial()):
        assert not any(c.parent in passed for c in step.contributions)
        passed.add(step.node)


def test_every_node_but_constants_comes_once() -> None:
    y = nontrivial()
    found = [s.node for s in steps(y)]
    expected = [v for v in reversed(topological_order(y)) if not v.is_constant]
    assert list(map(id, found)) == list(map(id, expected))


def test_what_was_contributed_to_a_node_adds_up_to_its_gradient() -> None:
    y = nontrivial()
    sums = {y: 1.0}
    for step in steps(y):
        assert step.gradient == sums[step.node]
        for c in step.contributions:
            assert c.amount == step.gradient * c.local_derivative
            assert c.parent is step.node.parents[c.position]
            sums[c.parent] = sums.get(c.parent, 0.0) + c.amount


def bits(pairs) -> dict[int, str]:
    return {id(v): number.hex() for v, number in pairs}


def test_steps_end_with_the_gradients_of_backward_to_the_bit() -> None:
    y = nontrivial()
    found = bits((s.node, s.gradient) for s in steps(y))
    y.backward()
    assert found == bits((v, v.grad) for v in topological_order(y) if not v.is_constant)


def test_steps_are_a_snapshot() -> None:
    y, a1, _, x = figure_2()
    walk = steps(y)
    y.local_derivatives = (7.0,) * 4
    assert [c.amount for c in next(walk).contributions] == [2.0, 1.0]
    a1.local_derivatives, x.data = (7.0, 7.0), 100.0
    assert [s.gradient for s in walk] == [1.0, 2.0, 5.0]
    assert next(steps(y)).contributions[0].amount == 7.0


def test_steps_are_a_snapshot_of_a_students_lists_too() -> None:
    x = Node(3.0)
    y = Node(6.0, [x, x], [1.0, 1.0])
    walk = steps(y)
    y.local_derivatives[0] = 7.0
    assert [s.gradient for s in walk] == [1.0, 2.0]


def test_a_step_is_taken_when_it_is_asked_for() -> None:
    y = doubled(Value(1.0), 10)
    assert products(y, lambda: steps(y)) == 0
    assert products(y, lambda: next(steps(y))) == 2


def test_a_leaf_takes_one_step() -> None:
    x = Value(3.0)
    assert [(s.node, s.gradient, s.contributions) for s in steps(x)] == [(x, 1.0, ())]
    assert list(steps(constant(3.0))) == []


# ---- gradients: the same, all at once ------------------------------------------------------------


def test_gradients_of_figure_2() -> None:
    y, *_ = figure_2()
    assert named(gradients(y)) == {"x": 5.0, "a1": 2.0, "a2": 1.0, "y": 1.0}


def test_gradients_are_those_of_backward_to_the_bit() -> None:
    y = nontrivial()
    found = bits(gradients(y).items())
    y.backward()
    assert found == bits((v, v.grad) for v in topological_order(y) if not v.is_constant)


def test_gradients_are_of_variables_and_inner_nodes_but_not_of_constants() -> None:
    x, c = Value(0.0), constant(3.0)
    a = x * c
    y = sqrt(a)  # inf times the 0 of a constant is nan, and nobody sees it
    assert list(map(id, gradients(y))) == list(map(id, (x, a, y)))
    assert list(gradients(y).values()) == [float("inf"), float("inf"), 1.0]
    assert gradients(c) == {}


# ---- pushforward: forward mode -------------------------------------------------------------------


def test_figure_2_forward() -> None:
    y, _, _, x = figure_2()
    assert named(pushforward(y, {x: 1.0})) == {"x": 1.0, "a1": 3.0, "a2": -1.0, "y": 5.0}
    assert named(pushforward(y, {x: 10.0})) == {"x": 10.0, "a1": 30.0, "a2": -10.0, "y": 50.0}


def test_several_variables_may_move_at_once() -> None:
    x, w = Value(3.0), Value(5.0)
    y = x * w
    assert pushforward(y, {x: 1.0, w: 10.0})[y] == 35.0  # 5 * 1 + 3 * 10


def test_parallel_edges_add_up_forward() -> None:
    x = Value(3.0)
    y = x * x
    assert pushforward(y, {x: 1.0})[y] == 6.0


def test_an_inner_node_may_move_by_itself() -> None:
    x = Value(3.0, "x")
    a = 2 * x
    y = a * a
    y.label, a.label = "y", "a"
    assert named(pushforward(y, {a: 1.0})) == {"a": 1.0, "y": 12.0}
    assert named(pushforward(y, {x: 1.0, a: 10.0})) == {"x": 1.0, "a": 10.0, "y": 120.0}


def test_only_nodes_that_move_are_in_the_result() -> None:
    x, w = Value(3.0, "x"), Value(5.0, "w")
    a, u = x * x, w * w
    y = a + u
    a.label, u.label, y.label = "a", "u", "y"
    assert named(pushforward(y, {x: 1.0})) == {"x": 1.0, "a": 6.0, "y": 6.0}
    assert len(pushforward(y, {x: 1.0})) == 3
    assert named(pushforward(a, {w: 1.0})) == {"w": 1.0}
    assert pushforward(y, {}) == {}


def test_constants_do_not_move() -> None:
    x = Value(3.0)
    y = 2 * x + 1
    assert not any(v.is_constant for v in pushforward(y, {x: 1.0}))


def test_the_root_itself_may_move() -> None:
    y, _, _, x = figure_2()
    assert named(pushforward(y, {y: 2.0, x: 1.0}))["y"] == 2.0


def test_the_root_moves_as_gradients_times_tangents_say() -> None:
    y = nontrivial()
    tangents = {v: float(i) for i, v in enumerate(topological_order(y)) if not v.parents}
    found = gradients(y)
    expected = sum(found[v] * t for v, t in tangents.items() if not v.is_constant)
    assert pushforward(y, tangents)[y] == pytest.approx(expected, rel=1e-12)


def test_the_tangents_given_are_left_as_they_are() -> None:
    y, _, _, x = figure_2()
    tangents = {x: 1.0}
    pushforward(y, tangents)
    assert list(tangents.items()) == [(x, 1.0)]


# ---- nothing is written --------------------------------------------------------------------------


def half(root: Value) -> None:
    walk = steps(root)
    for _ in range(20):
        next(walk)


@pytest.mark.parametrize(
    "run",
    [
        half,
        lambda y: list(steps(y)),
        lambda y: list(paths(y, topological_order(y)[0], limit=100)),
        lambda y: count_paths(y, topological_order(y)[0]),
        gradients,
        lambda y: pushforward(y, dict.fromkeys(topological_order(y)[:3], 1.0)),
    ],
    ids=["half of steps", "steps", "paths", "count_paths", "gradients", "pushforward"],
)
def test_no_node_is_touched(run) -> None:
    y = nontrivial()
    order = topological_order(y)
    for i, v in enumerate(order):
        v.grad = float(i + 1)
    before = [(v.data, v.grad, v.local_derivatives) for v in order]
    run(y)
    assert [(v.data, v.grad, v.local_derivatives) for v in order] == before


def test_a_backward_pass_in_the_middle_of_steps_disturbs_neither() -> None:
    y, _, _, x = figure_2()
    walk = steps(y)
    next(walk)
    y.backward()
    assert [s.gradient for s in walk] == [1.0, 2.0, 5.0]
    assert x.grad == 5.0


# ---- a student's own nodes -----------------------------------------------------------------------


def test_all_of_this_works_on_a_students_nodes() -> None:
    x = Node(3.0)
    y = x * x + x
    assert derivatives_of(paths(y, x)) == [3.0, 3.0, 1.0]
    assert count_paths(y, x) == 3
    assert [s.gradient for s in steps(y)] == [1.0, 1.0, 7.0]
    assert gradients(y)[x] == pushforward(y, {x: 1.0})[y] == 7.0


def test_a_students_nodes_are_named_by_class_and_value() -> None:
    x = Node(3.0)
    y = x * x
    assert repr(next(paths(y, x))) == "Node[9] <- Node[3]"
    assert repr(next(steps(y))) == "Node[9] has gradient 1; Node[3] += 1 * 3; Node[3] += 1 * 3"


def test_a_student_may_take_a_path_or_a_step_apart_and_make_one() -> None:
    x = Node(3.0)
    y = x * x
    assert Path(y, [(y, 1)]).derivative == 3.0
    step = Step(y, 2.0, [Contribution(x, 0, 3.0, 6.0)])
    assert repr(step) == "Node[9] has gradient 2; Node[3] += 2 * 3"


# ---- what it costs: products with a local derivative ---------------------------------------------


def test_one_multiplication_for_every_edge() -> None:
    x = Value(1.0)
    y = doubled(x, 10)  # 20 edges
    for run in (y.backward, lambda: list(steps(y)), lambda: gradients(y)):
        assert products(y, run) == 20
    assert products(y, lambda: pushforward(y, {x: 1.0})) == 20


def test_the_sum_over_paths_multiplies_as_often_as_the_paths_are_long() -> None:
    x = Value(1.0)
    y = doubled(x, 10)  # 1024 paths of 10 edges
    assert products(y, lambda: sum(derivatives_of(paths(y, x)))) == 10_240


def test_forward_mode_multiplies_along_the_edges_from_the_variable_to_the_root_alone() -> None:
    x, w = Value(2.0), Value(3.0)
    y = w * w * w + (x * w) * x  # 10 edges; x, x * w and the second summand move
    assert products(y, y.backward) == 10
    assert products(y, lambda: pushforward(y, {x: 1.0})) == 4
    assert products(y, lambda: pushforward(y, {w: 1.0})) == 8


def test_paths_to_one_node_multiply_along_its_paths_alone() -> None:
    y, a, _ = five_paths()
    assert products(y, lambda: derivatives_of(paths(y, a))) == 2


def test_looking_for_paths_and_counting_them_multiplies_nothing() -> None:
    x = Value(1.0)
    y = doubled(x, 10)
    assert products(y, lambda: (list(paths(y, x)), count_paths(y, x))) == 0


# ---- depth ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [20_000, pytest.param(10**6, marks=pytest.mark.slow)])
def test_nothing_recurses_however_deep_the_graph(depth: int) -> None:
    x = Value(1.0)
    y = x
    for _ in range(depth):
        y = -y
    assert count_paths(y, x) == 1
    (path,) = paths(y, x)
    assert (len(path), path.derivative) == (depth, 1.0)
    last = deque(steps(y), maxlen=1).pop()
    assert last.gradient == gradients(y)[x] == pushforward(y, {x: 1.0})[y] == 1.0
