"""A folded graph: nodes that hide others, and edges that stand for many, with what flows on them.

    graph.nodes[0].hides, graph.nodes[0].parameters        what it stands for
    graph.edges[0].count, graph.edges[0].flow              how many edges, and what flows on them

`viz.folding.levels` makes it; pictures and the page draw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from autograd.graph import is_constant
from autograd.walks import Edge

Detail = Literal["layers", "neurons", "operations"]


@dataclass(frozen=True, eq=False)
class FoldedNode:
    """A node, with variables that it took in, or a group; `hides` are its members, inputs first.

    `name` is its label in full, `frame` the innermost open group around it.  `inputs` are the nodes
    outside of it that go in, `outputs` those of its own that come out: something outside is made
    from them, or they are roots.  `gradient` is that of the node; for a group what arrives from
    outside, the sum of what flows on the edges that leave it and of the gradients of its roots.
    """

    name: str
    frame: str
    is_group: bool
    hides: tuple[Any, ...]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    gradient: float

    @property
    def node(self) -> Any:
        """The node itself; of a group the last member."""
        return self.hides[-1]

    @property
    def parameters(self) -> int:
        """How many variables it hides; a variable by itself hides none."""
        return sum(is_variable(v) for v in self.hides) if len(self.hides) > 1 else 0


@dataclass(frozen=True, eq=False)
class FoldedEdge:
    """From node number `tail` to node number `head`, for all `edges` that it stands for.

    `flow` is the sum of gradient times local derivative over them.  `derivative` is that of what
    comes out of the head by what goes in from the tail, None where either is more than one node.
    """

    tail: int
    head: int
    edges: tuple[Edge, ...]
    flow: float
    derivative: float | None

    @property
    def count(self) -> int:
        """How many edges it stands for."""
        return len(self.edges)


@dataclass(frozen=True, eq=False)
class FoldedGraph:
    """Nodes, inputs first, and edges between their positions.

    `groups` are all groups of the graph, folded or not; `intertwined` are those that had to stay
    open, since each of them feeds the other.
    """

    detail: Detail
    nodes: tuple[FoldedNode, ...]
    edges: tuple[FoldedEdge, ...]
    groups: tuple[str, ...]
    intertwined: tuple[str, ...]

    @cached_property
    def place(self) -> dict[Any, int]:
        """For every node of the graph the position of the one that hides it."""
        return {v: i for i, node in enumerate(self.nodes) for v in node.hides}


def is_variable(v: Any) -> bool:
    """Whether a node is a leaf about which something is asked."""
    return not v.parents and not is_constant(v)
