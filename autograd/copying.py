"""Copies and pickles of graphs: node for node, flat, and without recursion.

A copy of a graph is another graph.  But while a function is being differentiated, a copy of its
argument is a node made from it: a gradient reaches the argument through whatever copies f makes.
Imports the graph algorithms alone: how a node is made, whoever calls says.
"""

from __future__ import annotations

import sys
from collections import Counter
from sys import getrefcount

from autograd.graph import topological_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

Rows = list[
    tuple["Any", ...]
]  # an inner node each: data, gradient, label, row, parents, derivatives

arguments: dict[int, Any] = {}  # of the functions that are being differentiated now, by id


class being_differentiated:
    """While this block runs, a copy of one of these nodes is a node made from it."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: Iterable[Any]) -> None:
        self.nodes = {id(v): v for v in nodes}

    def __enter__(self) -> None:
        arguments.update(self.nodes)

    def __exit__(self, *error: object) -> None:
        for key in self.nodes:
            arguments.pop(key, None)


def copy_graph(root: Any, memo: dict[int, Any]) -> Any:
    """The graph below root once more, node for node; `memo` maps ids to the copies made so far."""
    for v in topological_order(root):
        if id(v) not in memo:
            copy = v.__copy__()
            if id(v) not in arguments:
                copy.parents = tuple([memo[id(p)] for p in v.parents])
            memo[id(v)] = copy
    return memo[id(root)]


def flat(root: Any) -> tuple[list[Any], Rows]:
    """The leaves below root, and a row for each inner node with the places of its parents."""
    order = topological_order(root)
    leaves = [v for v in order if not v.parents or id(v) in arguments]
    place = {v: i for i, v in enumerate(leaves)}
    rows = []
    for v in order:
        if v not in place:
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


def require_home(v: Any) -> None:
    """TypeError where the graph of v is about to be sent home by a worker of `multiprocessing`."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    caller = sys._getframe(2).f_globals.get("__name__", "")
    if caller.endswith(".reduction"):  # what sends objects between processes; not who writes files
        raise TypeError(
            f"the graph of {v!r} was made in another process: what comes back is a copy, whose "
            "gradients would not reach your variables. Call backward() there, and return v.data "
            "and the gradients as numbers"
        )


def held_by_graph_alone(nodes: Sequence[Any], order: Sequence[Any], roots: Sequence[Any]) -> bool:
    """Whether nobody has these nodes but their graph, and so nobody can ask for their gradients.

    They stand in `order`; each of the `roots` is also held by the result that it was taken from.
    """
    parents = [p for v in order for p in v.parents]
    uses = Counter(map(id, [*nodes, *order, *parents, *parents, *roots, *roots]))
    nobody, *counts = [getrefcount(v) for v in (object(), *nodes)]
    return all(count - uses[id(v)] <= nobody for v, count in zip(nodes, counts))
