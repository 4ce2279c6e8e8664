"""Copies and pickles of graphs: node for node, flat, and without recursion.

Imports the graph algorithms alone: how a node is made, whoever calls says.
"""

from __future__ import annotations

from autograd.graph import topological_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Rows = list[
    tuple["Any", ...]
]  # an inner node each: data, gradient, label, row, parents, derivatives


def copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """The graph below root once more, node for node; `memo` maps ids to the copies made so far."""
    for v in topological_order(root):
        if id(v) not in memo:
            copy = v.__copy__()
            copy.parents = tuple([memo[id(p)] for p in v.parents])
            memo[id(v)] = copy
    return memo[id(root)]


def flat(root: Any) -> tuple[list[Any], Rows]:
    """The leaves below root, and a row for each inner node with the places of its parents."""
    order = topological_order(root)
    leaves = [v for v in order if not v.parents]
    place = {v: i for i, v in enumerate(leaves)}
    rows = []
    for v in order:
        if v.parents:
            place[v] = len(place)
            parents = tuple([place[p] for p in v.parents])
            rows.append((v.data, v.grad, v.label, v.op, parents, v.local_derivatives))
    return leaves, rows


def restore(leaves: list[Any], rows: Rows, make: Callable[..., Any]) -> Any:
    """The root of a graph that was made flat; `make(data, parents, local_derivatives, row)`."""
    nodes = list(leaves)
    for data, grad, label, row, parents, local_derivatives in rows:
        v = make(data, tuple([nodes[i] for i in parents]), local_derivatives, row)
        v.grad, v.label = grad, label
        nodes.append(v)
    return nodes[-1]
