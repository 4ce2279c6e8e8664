"""Graph algorithms: the order of a graph, the chain rule along it, and what it holds.

They work on any node that has `data`, `grad`, `parents` and `local_derivatives`, yours included.
Nothing here recurses, so depth is no limit; this module imports nothing of ours.
"""

from __future__ import annotations

from _thread import get_ident
from sys import getsizeof

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, Protocol

    class Node(Protocol):
        """What backprop needs to know of a node; a leaf with a true `is_constant` is not asked."""

        data: float
        grad: float

        @property
        def parents(self) -> Sequence[Any]: ...
        @property
        def local_derivatives(self) -> Sequence[float]: ...


class StaleGraphError(ValueError):
    """A recorded graph is to be run again, but the data of a leaf was changed since."""


def topological_order(root: Any, seen: set[Any] | None = None) -> list[Any]:
    """Reachable nodes, inputs first: each node stands after all its parents, once.

    Nodes that were `seen` are passed over with what is below them, and those found are added.
    TypeError where root is no node, and where nodes are not told apart by identity, as in a
    dataclass that compares fields.
    """
    require_node(root, "a graph ends in")
    if getattr(type(root), "__hash__", None) is not object.__hash__:
        name = type(root).__name__
        raise TypeError(
            f"nodes go by identity, but {name} defines another hash: give it "
            "__hash__ = object.__hash__ (a dataclass: @dataclass(eq=False))"
        )
    order, stack = [], [root]
    seen = set() if seen is None else seen
    while stack:
        node = stack.pop()
        if node is None:  # all parents of the node below stand in the order
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            parents = node.parents
            if not parents:
                order.append(node)
            elif len(parents) == 2:  # as most have: the loop below, written out
                stack += (node, None, parents[1], parents[0])
            else:
                stack += (node, None)
                for parent in reversed(parents):
                    if parent not in seen:
                        stack.append(parent)
    return order


passes: dict[int, list[Any]] = {}  # the orders of the backward passes that run now, by thread


def require_apart(thread: int) -> None:
    """RuntimeError where the pass of this thread and one of another share an inner node."""
    inner = {node for node in passes[thread] if node.parents}
    for other, order in list(passes.items()):
        if other != thread and not inner.isdisjoint(order):
            raise RuntimeError(
                "another thread runs backward() over nodes of this graph: one graph, one thread. "
                "Variables may be shared, what is computed from them each thread computes itself"
            )


def backpropagate(root: Node, seed: float = 1.0) -> None:
    """Add seed * (d root / d leaf) to the `.grad` of every variable, in one pass over the graph.

    RuntimeError where another thread is at an inner node of it: their gradients would mix.
    """
    order = topological_order(root)
    thread = get_ident()
    passes[thread] = order
    try:
        if len(passes) > 1:
            require_apart(thread)
        for node in order:
            if node.parents or node.grad is None:  # None as PyTorch has it, for 0
                node.grad = 0.0
        root.grad += seed
        for node in reversed(order):  # outputs before inputs: a node's gradient is then complete
            parents = node.parents
            if not parents:
                if is_constant(node):
                    node.grad = 0.0
            elif len(parents) == 2:  # as most have: `propagate`, written out
                x, y = parents
                dx, dy = node.local_derivatives
                x.grad += node.grad * dx
                y.grad += node.grad * dy
            else:
                propagate(node)
    finally:
        passes.pop(thread, None)


def propagate(node: Node) -> None:
    """The chain rule at one node: each parent gains gradient times local derivative."""
    gradient = node.grad
    for parent, derivative in zip(node.parents, node.local_derivatives):
        parent.grad += gradient * derivative


def gradients(root: Any) -> dict[Any, float]:
    """d root / d node for every node but constants: what `backward` computes, written nowhere."""
    order = topological_order(root)
    sums: dict[Any, float] = {root: 1.0}
    for node in reversed(order):
        gradient = sums[node]
        for parent, derivative in zip(node.parents, node.local_derivatives):
            sums[parent] = sums.get(parent, 0.0) + gradient * derivative
    return {node: sums[node] for node in order if not is_constant(node)}


def pushforward(root: Any, tangents: Mapping[Any, float]) -> dict[Any, float]:
    """Forward mode: how fast each node moves when the nodes in `tangents` move as fast as given.

    The tangent of the root is the sum of d root / d node times tangent.  Only nodes that move are
    in the result, and only their edges are multiplied.
    """
    if not hasattr(tangents, "items"):
        raise TypeError(f"tangents say how fast which node moves, {{x: 1.0}}, got {tangents!r}")
    moving = dict(tangents)
    for node in topological_order(root):  # inputs before outputs: a node's tangent is complete
        if node in tangents:
            continue
        for parent, derivative in zip(node.parents, node.local_derivatives):
            if parent in moving:
                moving[node] = moving.get(node, 0.0) + derivative * moving[parent]
    return moving


def is_node(x: Any) -> bool:
    """Whether x has what the algorithms here follow."""
    return hasattr(x, "parents") and hasattr(x, "local_derivatives")


def require_node(x: Any, place: str) -> None:
    """TypeError that begins with `place` unless x is a node."""
    if not is_node(x):
        name = type(x).__name__
        name += f" of {type(x).__module__}" if name == "Value" else ""  # another library's
        what = f"the text {x!r}" if isinstance(x, str) else f"this {name}"
        raise TypeError(f"{place} a node, such as a Value, and {what} is none")


def is_constant(node: Any) -> bool:
    """Whether nothing is asked about this leaf."""
    return getattr(node, "is_constant", False)


def groups_of(label: str) -> list[str]:
    """The groups that a label puts its node in, outermost first: what stands before each dot.

    layers[0].neurons[1].w[2] is in layers[0] and in layers[0].neurons[1]; a label that ends in a
    dot names a group and no node, and dots in brackets part nothing.
    """
    if "." not in label:
        return []
    found, depth = [], 0
    for i, c in enumerate(label):
        if c in "[]":
            depth = max(0, depth + (1 if c == "[" else -1))
        elif c == "." and not depth and label[:i][-1:] not in ("", "."):
            found.append(label[:i])
    return found


class Description:
    """What a graph holds; `nodes` counts every node, `paths` those from the root to variables."""

    __slots__ = (
        "bytes", "constants", "depth", "edges", "groups",
        "nodes", "operations", "paths", "variables",
    )  # fmt: skip

    def __init__(self, root: Any) -> None:
        order = topological_order(root)
        depth: dict[Any, int] = {}
        self.operations: dict[str, int] = {}
        self.variables = self.constants = self.edges = self.bytes = 0
        for node in order:
            parents = node.parents
            depth[node] = 1 + max([depth[p] for p in parents]) if parents else 0
            self.edges += len(parents)
            if parents:
                name = getattr(getattr(node, "op", None), "name", None) or type(node).__name__
                self.operations[name] = self.operations.get(name, 0) + 1
            elif is_constant(node):
                self.constants += 1
            else:
                self.variables += 1
            self.bytes += sum(map(getsizeof, (node, parents, node.local_derivatives)))
        floats = {
            id(x): getsizeof(x) for v in order for x in (v.data, v.grad, *v.local_derivatives)
        }
        self.bytes += sum(floats.values())
        self.groups = len({g for v in order for g in groups_of(getattr(v, "label", ""))})
        self.nodes = len(order)
        self.depth = depth[root]
        self.paths = sum(
            count for v, count in path_counts(order) if not v.parents and not is_constant(v)
        )

    def __repr__(self) -> str:
        operations = ", ".join(f"{name} {n}" for name, n in self.operations.items())
        groups = f"{self.groups:,} group{'s' * (self.groups > 1)}, " if self.groups else ""
        return (
            f"{self.nodes:,} nodes ({self.variables:,} variables, {self.constants:,} constants), "
            f"{groups}{self.edges:,} edges, depth {self.depth:,}, {count_text(self.paths)} paths, "
            f"{self.bytes:,} bytes; "
            f"operations: {operations or 'none'}"
        )


def describe(root: Any) -> Description:
    """Counts of the graph below root: nodes, groups, edges, depth, operations, paths, bytes.

    Of a tape: its inputs, parameters, instructions and groups.
    """
    return root.describe() if hasattr(root, "describe") else Description(root)


def count_text(n: int) -> str:
    """A number of paths, which may have more digits than anyone reads."""
    return f"about 2**{n.bit_length() - 1}" if n.bit_length() > 60 else f"{n:,}"


def path_counts(order: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """Each node, root first, with the number of paths from the root to it: parallel edges differ.

    Only the numbers still needed are kept: they may be longer than the graph.
    """
    counts = {order[-1]: 1}
    for node in reversed(order):
        count = counts.pop(node)
        yield node, count
        for parent in node.parents:
            counts[parent] = counts.get(parent, 0) + count


_left: list[Sequence[Any]] | None = None  # parents of nodes that are being freed, if any are


def let_go(node: Any) -> None:
    """The `__del__` of a node where Python would free by recursion, and the stack is short.

    A node that is freed leaves its parents to the first one, which lets go of all, one by one.
    """
    global _left
    parents, node.parents = getattr(node, "parents", ()), ()
    if _left is not None:
        _left.append(parents)
        return
    _left = [parents]
    del parents
    try:
        while _left:
            _left.pop()
    finally:
        _left = None
