"""Graph algorithms on Values and on a node class that a student wrote."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograd import Value, assert_gradcheck, backpropagate, constant, describe, topological_order
from autograd.graph import is_node, let_go


class Node:
    """The least that backprop needs."""

    def __init__(self, data, parents=(), local_derivatives=()) -> None:
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives

    def __mul__(self, other: "Node") -> "Node":
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def __add__(self, other: "Node") -> "Node":
        return Node(self.data + other.data, (self, other), (1.0, 1.0))


def test_a_node_has_parents_and_local_derivatives_and_a_path_of_a_file_is_none() -> None:
    assert is_node(Value(2.0))
    assert is_node(Node(2.0))
    assert not is_node(Path("a/b"))  # which has parents, too


def test_inputs_stand_first_and_every_node_once() -> None:
    x, w = Value(2.0), Value(3.0)
    a = w * x
    y = a + a * x
    order = topological_order(y)
    assert len(order) == len(set(order)) == 5
    place = {v: i for i, v in enumerate(order)}
    assert all(place[p] < place[v] for v in order for p in v.parents)


def test_leaves_come_in_the_order_of_first_use() -> None:
    x = [Value(float(i)) for i in range(5)]
    y = (x[0] * x[1] + x[2]) * (x[3] - x[0] * x[4])
    leaves = [v.data for v in topological_order(y) if not v.parents]
    assert leaves == [0, 1, 2, 3, 4]


def test_the_order_never_puts_a_late_parent_before_its_other_consumer() -> None:
    x = Value(1.0)
    a = x + x
    b = a + x
    y = b + a
    y.backward()
    assert x.grad == 5.0


def test_describe_counts_what_there_is() -> None:
    a = Value(3.0)
    d = describe(2 * a + a * a)
    assert (d.nodes, d.variables, d.constants, d.edges, d.depth, d.paths) == (5, 1, 1, 6, 2, 3)
    assert d.operations == {"mul": 2, "add": 1}
    assert d.bytes > 500
    assert "5 nodes (1 variables, 1 constants), 6 edges, depth 2, 3 paths" in repr(d)


def test_describe_counts_more_paths_than_could_ever_be_walked() -> None:
    x = Value(0.5)
    for _ in range(200):
        x = x * x
    assert describe(x).paths == 2**200
    assert "about 2**200 paths" in repr(describe(x))


def test_a_path_to_a_constant_is_no_path() -> None:
    assert describe(constant(2.0) * Value(1.0)).paths == 1


def test_a_students_nodes_backpropagate() -> None:
    x = Node(3.0)
    y = x * x + x
    backpropagate(y)
    assert x.grad == 7.0
    backpropagate(y)
    assert x.grad == 14.0


def test_a_students_nodes_are_gradient_checked() -> None:
    assert_gradcheck(lambda x, y: x * y + x, [Node(3.0), Node(-2.0)])


def test_a_students_wrong_rule_is_found() -> None:
    class Wrong(Node):
        def __mul__(self, other: Node) -> Node:
            return Node(self.data * other.data, (self, other), (other.data, other.data))

    with pytest.raises(AssertionError, match=r"y = -2: analytic -2, numeric 3"):
        assert_gradcheck(lambda x, y: x * y, [Wrong(3.0), Wrong(-2.0)])


def test_nodes_that_compare_by_fields_are_refused_with_the_remedy() -> None:
    @dataclass
    class Point:
        data: float
        grad: float = 0.0
        parents: tuple = ()
        local_derivatives: tuple = field(default=())

    with pytest.raises(TypeError, match=r"nodes go by identity.*@dataclass\(eq=False\)"):
        backpropagate(Point(1.0))


def test_a_deep_graph_that_lets_go_is_freed_by_its_first_node_one_after_the_other() -> None:
    inside = deepest = freed = 0

    class Freed(Node):
        def __del__(self) -> None:
            nonlocal inside, deepest, freed
            inside += 1
            let_go(self)
            deepest, freed = max(deepest, inside), freed + 1
            inside -= 1

    node = leaf = Freed(1.0)
    for _ in range(1000):
        node = Freed(1.0, (node, node))
    del node
    assert (deepest, freed) == (2, 1000)
    del leaf
    assert freed == 1001
