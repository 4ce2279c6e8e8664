"""Copies and pickles of graphs: node for node, flat, and without recursion.

A copy of a graph is another graph, and several nodes at once keep what they share: each is copied
or written once, in the part of the graph of the first that needs it.  But while a function is being
differentiated, a copy of its argument is a node made from it: a gradient reaches the argument
through whatever copies f makes.
Imports the graph algorithms alone: how a node is made, whoever calls says.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from _weakref import ref
from collections import Counter
from operator import getitem
from sys import getrefcount

from autograd.graph import topological_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

Rows = list[
    tuple["Any", ...]
]  # an inner node each: data, gradient, label, row, parents, derivatives

SEEN = object()  # whose id is the key of a memo for the nodes that were copied
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
    seen = memo.setdefault(id(SEEN), set())
    for v in topological_order(root, seen):
        if id(v) not in memo:
            copy = v.__copy__()
            if id(v) not in arguments:
                copy.parents = tuple([memo[id(p)] for p in v.parents])
            memo[id(v)] = copy
    return memo[id(root)]


# ---- pickles -------------------------------------------------------------------------------------


class Dump:
    """What one pickler has written so far; each node that it writes keeps it alive.

    A pickler asks once how it is pickled: a second time, another one asks, and gets one of its own.
    """

    __slots__ = ("__weakref__", "parts", "places", "seen", "started")

    def __init__(self) -> None:
        self.seen: set[Any] = set()
        self.parts: list[Part] = []  # of which `places` says nothing yet
        self.places: dict[Any, tuple[Part, int]] = {}
        self.started = False

    def place(self, node: Any, restore: Callable[..., Any]) -> tuple[Part, int]:
        """The part of the graph that a node is in, a new one where nobody wrote it, and where."""
        if node not in self.seen:
            nodes = [
                v
                for v in topological_order(node, self.seen)
                if v.parents and id(v) not in arguments
            ]
            self.parts.append(Part(nodes, restore))
            return self.parts[-1], -1
        while node not in self.places:
            part = self.parts.pop()
            self.places.update({v: (part, i) for i, v in enumerate(part.nodes)})
        return self.places[node]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if self.started:
            return bool, (begun(),)
        self.started = True
        return bool, ()


class Place:
    """Where a node is, which is asked when it is written."""

    __slots__ = ("node", "restore")

    def __init__(self, node: Any, restore: Callable[..., Any]) -> None:
        self.node = node
        self.restore = restore

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return getitem, dump().place(self.node, self.restore)


class Part:
    """Inner nodes of a graph, inputs first, which are written as rows without recursion."""

    __slots__ = ("nodes", "restore")

    def __init__(self, nodes: list[Any], restore: Callable[..., Any]) -> None:
        self.nodes = nodes
        self.restore = restore

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.restore, flat(self.nodes)


def flat(nodes: list[Any]) -> tuple[list[Any], Rows]:
    """The nodes that these are made from, and a row for each with the places of its parents."""
    place = dict.fromkeys(nodes, 0)
    given: list[Any] = []
    for v in nodes:
        for p in v.parents:
            if p not in place:
                place[p] = len(given)
                given.append(p)
    rows = []
    for i, v in enumerate(nodes, len(given)):
        place[v] = i
        parents = tuple([place[p] for p in v.parents])
        rows.append((v.data, v.grad, v.label, v.op, parents, v.local_derivatives))
    return given, rows


def restore(given: list[Any], rows: Rows, make: Callable[..., Any]) -> list[Any]:
    """The nodes of a part; `make(data, parents, local_derivatives, row)`."""
    nodes = list(given)
    for data, grad, label, row, parents, local_derivatives in rows:
        v = make(data, tuple([nodes[i] for i in parents]), local_derivatives, row)
        v.grad, v.label = grad, label
        nodes.append(v)
    return nodes[len(given) :]


def dump() -> Dump:
    """That of the pickler at work in this thread: the last one begun of those that live."""
    at_work = dumps.setdefault(get_ident(), [])
    while at_work:
        found = at_work[-1]()
        if found is not None:
            return found
        at_work.pop()
    return begun()


def begun() -> Dump:
    """A new one."""
    new = Dump()
    dumps.setdefault(get_ident(), []).append(ref(new))
    return new


dumps: dict[int, list[Callable[[], Dump | None]]] = {}  # of each thread


# ---- what is lost on the way ---------------------------------------------------------------------


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
