"""The derivation of a gradient, made visible: its paths, and the backward pass step by step.

    for path in paths(y, x): print(path, path.derivative)      their sum is the gradient
    for step in steps(y): print(step)                          the same number, in one pass

Works on any node that has `data`, `parents` and `local_derivatives`; imports only `graph` and the
words of messages, and anyone may import it.  Gradients here are for a seed of 1, and nothing is
written to a node.
"""

from __future__ import annotations

from itertools import islice

from autograd.graph import count_text, is_constant, path_counts, require_node, topological_order
from autograd.rules.words import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

Edge = tuple["Any", int]  # a node, and a position among its parents

MANY = 100_000  # more paths than this are listed only when asked for


# ---- paths: a product each, and their sum --------------------------------------------------------


class Path:
    """Edges from a root to a node; `derivative` is the product of their local derivatives."""

    __slots__ = ("edges", "nodes")

    def __init__(self, root: Any, edges: Sequence[Edge]) -> None:
        self.edges = tuple(edges)
        self.nodes = (root, *[v.parents[k] for v, k in edges])

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        """One for each edge, root first."""
        return tuple([v.local_derivatives[k] for v, k in self.edges])

    @property
    def derivative(self) -> float:
        """The chain rule: the product of the local derivatives, multiplied from the root on."""
        product = 1.0
        for v, k in self.edges:
            product *= v.local_derivatives[k]
        return product

    def __len__(self) -> int:
        return len(self.edges)

    def __repr__(self) -> str:
        return " <- ".join(abridged([shown(v) for v in self.nodes]))


def paths(root: Any, node: Any, limit: int | None = None) -> Iterator[Path]:
    """Every path from root to node, one at a time: the gradient is the sum of their products.

    They come in the order of the arguments, first argument first; parallel edges make distinct
    paths.  `limit` gives only so many; without one, ValueError where there are more than 100,000.
    A constant, and a node that is no ancestor of root, has no paths.
    """
    require_node(node, "a path leads to")
    if limit is not None and not (isinstance(limit, int) and limit >= 0):
        raise ValueError(f"limit is how many paths are wanted, got {limit!r}")
    if limit is None and (count := count_paths(root, node)) > MANY:
        raise ValueError(
            f"{count_text(count)} paths lead from the root to {shown(node)}: ask for the first "
            "of them with limit=100, or for the number alone with count_paths"
        )
    return islice(_walk(root, node, topological_order(root)), limit)


def count_paths(root: Any, node: Any) -> int:
    """How many paths lead from root to node; exact, and in one pass however many there are."""
    require_node(node, "a path leads to")
    if is_constant(node):
        return 0
    counts = path_counts(topological_order(root))
    return next((count for v, count in counts if v is node), 0)


def _walk(root: Any, node: Any, order: Sequence[Any]) -> Iterator[Path]:
    """All paths, depth first: no turning leads away from `node`."""
    if is_constant(node):
        return
    leads = {node}
    for v in order:
        if any(p in leads for p in v.parents):
            leads.add(v)
    if root is node:
        yield Path(root, ())
        return
    edges: list[Edge] = []
    ahead = [_edges_to(root, leads)]  # for each node on the way, the edges not taken yet
    while ahead:
        edge = next(ahead[-1], None)
        if edge is None:
            ahead.pop()
            if edges:
                edges.pop()
            continue
        v, k = edge
        parent = v.parents[k]
        if parent is node:
            yield Path(root, [*edges, edge])
        else:
            edges.append(edge)
            ahead.append(_edges_to(parent, leads))


def _edges_to(v: Any, leads: set[Any]) -> Iterator[Edge]:
    """The edges of v whose parents are in `leads`."""
    return iter([(v, k) for k, p in enumerate(v.parents) if p in leads])


# ---- steps: the backward pass, one node at a time ------------------------------------------------


class Contribution:
    """What a step adds to a parent: gradient of the step's node times local derivative."""

    __slots__ = ("amount", "local_derivative", "parent", "position")

    def __init__(self, parent: Any, position: int, local_derivative: float, amount: float) -> None:
        self.parent = parent
        self.position = position
        self.local_derivative = local_derivative
        self.amount = amount

    def __repr__(self) -> str:
        return f"{shown(self.parent)} += {self.amount:.6g}"


class Step:
    """The chain rule at one node: its gradient, complete, and a contribution for each edge."""

    __slots__ = ("contributions", "gradient", "node")

    def __init__(self, node: Any, gradient: float, contributions: Sequence[Contribution]) -> None:
        self.node = node
        self.gradient = gradient
        self.contributions = tuple(contributions)

    def __repr__(self) -> str:
        sent = [
            f"{shown(c.parent)} += {self.gradient:.6g} * {c.local_derivative:.6g}"
            for c in self.contributions
        ]
        head = f"{shown(self.node)} has gradient {self.gradient:.6g}"
        return "; ".join([head, *abridged(sent)])


def steps(root: Any) -> Iterator[Step]:
    """The backward pass from root, one node at a time, outputs before inputs.

    Every node but constants comes once, when its gradient is complete; variables and other leaves
    contribute nothing.  The gradients are those of `backward()`, to the bit.
    """
    order = topological_order(root)
    edges = [tuple(zip(v.parents, v.local_derivatives)) for v in order]  # as they are now
    return _steps(order, edges)


def _steps(order: Sequence[Any], edges: Sequence[Any]) -> Iterator[Step]:
    sums = {order[-1]: 1.0}
    for v, parents in zip(reversed(order), reversed(edges)):
        if is_constant(v):
            continue
        gradient = sums.pop(v)
        contributions = []
        for k, (parent, derivative) in enumerate(parents):
            if not is_constant(parent):
                amount = gradient * derivative
                sums[parent] = sums.get(parent, 0.0) + amount
                contributions.append(Contribution(parent, k, derivative, amount))
        yield Step(v, gradient, contributions)


# ---- words ---------------------------------------------------------------------------------------


def shown(v: Any) -> str:
    """A node in a sentence: its label; without one, its operation and value."""
    label = str(getattr(v, "label", ""))
    if label and not label.endswith("."):  # which names a group and no node
        return one_line(label)
    operation = getattr(getattr(v, "op", None), "name", "") or type(v).__name__
    return f"{operation}[{v.data:.6g}]"


def abridged(words: Sequence[str], most: int = 12) -> list[str]:
    """The words, the middle ones left out where there are more than `most`."""
    half = most // 2
    return list(words) if len(words) <= most else [*words[:half], "...", *words[-half:]]
