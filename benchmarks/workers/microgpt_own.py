"""The small language model on a class of nodes of its own: as little as it can be.

Nothing is checked, nothing has a name, and every number in an expression becomes a node.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.workers.microgpt import run


class Node:
    """A number, the nodes it was made from, and its derivative by each of them."""

    __slots__ = ("children", "data", "grad", "slopes")

    def __init__(self, data: Any, children: Any = (), slopes: Any = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.slopes = slopes

    def __add__(self, other: Any) -> Node:
        other = other if isinstance(other, Node) else Node(other)
        return Node(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Node:
        other = other if isinstance(other, Node) else Node(other)
        return Node(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other: Any) -> Node:
        other = other if isinstance(other, Node) else Node(other)
        z = self.data / other.data
        return Node(z, (self, other), (1.0 / other.data, -z / other.data))

    def __pow__(self, n: Any) -> Node:
        z = self.data**n
        return Node(z, (self,), (n * z / self.data,))

    def exp(self) -> Node:
        z = math.exp(self.data)
        return Node(z, (self,), (z,))

    # fmt: off
    def log(self) -> Node:  return Node(math.log(self.data), (self,), (1.0 / self.data,))
    def relu(self) -> Node: return Node(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> Node:              return self * -1
    def __radd__(self, other: Any) -> Node: return self + other
    def __rmul__(self, other: Any) -> Node: return self * other
    def __sub__(self, other: Any) -> Node:  return self + -other
    # fmt: on

    def backward(self) -> None:
        """Add the derivative of this node to the gradient of all that it was made from."""
        order: list[Node] = []
        seen = set()

        def visit(v: Node) -> None:
            if v not in seen:
                seen.add(v)
                for child in v.children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for child, slope in zip(v.children, v.slopes):
                child.grad += slope * v.grad


def measure(**how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(Node, **how)
