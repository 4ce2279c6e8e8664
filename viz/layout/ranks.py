"""How far along the flow each box stands: its *rank*.

A rank is the longest path to a box; from there boxes move as far as that makes edges shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

from viz.layout.frames import Tree
from viz.layout.net import Edge

Arcs = list[list[tuple[int, int]]]  # for each vertex: (a vertex after it, how many ranks after)

ROUNDS = 8  # of boxes moving on and back
FEW = 600  # of so few boxes and gates those that are pushed along move too


def ranks(edges: Sequence[Edge], group: list[int], tree: Tree) -> list[int]:
    """The rank of each box.

    A frame has a gate before and a gate behind, where edges from and to the outside must wait: so
    what feeds it stands before it, and what it feeds stands behind.
    """
    boxes, arcs = len(group), _gated(edges, group, tree)
    order = topological(arcs)
    rank = [0] * len(arcs)
    for v in order:
        for head, step in arcs[v]:
            rank[head] = max(rank[head], rank[v] + step)
    back: Arcs = [[] for _ in arcs]
    for v, heads in enumerate(arcs):
        for head, step in heads:
            back[head].append((v, step))
    pull = [0] * len(arcs)  # edges that go out, less those that come in
    for edge in edges:
        pull[edge.tail] += 1
        pull[edge.head] -= 1
    for _ in range(ROUNDS):
        before = rank[:boxes]
        for v in reversed(order):
            if arcs[v] and (pull[v] >= 0 or v >= boxes):
                rank[v] = min([rank[head] - step for head, step in arcs[v]])
        for v in order:
            if back[v] and (pull[v] < 0 or v >= boxes):
                rank[v] = max([rank[tail] + step for tail, step in back[v]])
        if len(arcs) <= FEW:
            _shift(rank, arcs, pull, 1)
            _shift(rank, back, [-p for p in pull], -1)
        if rank[:boxes] == before:
            break
    first = min(rank[:boxes], default=0)
    return [r - first for r in rank[:boxes]]


def _shift(rank: list[int], arcs: Arcs, pull: Sequence[int], step: int) -> None:
    """Move boxes a rank on, or back, with all that they push along, where that shortens edges."""
    for start in range(len(arcs)):
        while True:
            pushed, gain = [start], pull[start]
            seen = {start}
            for v in pushed:  # which grows meanwhile
                for w, length in arcs[v]:
                    if w not in seen and (rank[w] - rank[v]) * step == length:
                        seen.add(w)
                        pushed.append(w)
                        gain += pull[w]
            if gain <= 0:
                break
            for v in pushed:
                rank[v] += step


def _gated(edges: Sequence[Edge], group: list[int], tree: Tree) -> Arcs:
    """Arcs between boxes, then the gates before and behind each frame."""
    boxes, chains = len(group), [tree.chain(g) for g in range(len(tree.names))]
    arcs: Arcs = [[] for _ in range(boxes + 2 * len(chains))]

    def gates(g: int) -> tuple[int, int]:
        return boxes + 2 * g, boxes + 2 * g + 1

    for g, outer in enumerate(tree.outer):
        front, behind = gates(g)
        if outer >= 0:
            arcs[gates(outer)[0]].append((front, 0))
            arcs[behind].append((gates(outer)[1], 0))
    for v, g in enumerate(group):
        if g >= 0:
            arcs[gates(g)[0]].append((v, 0))
            arcs[v].append((gates(g)[1], 0))
    for edge in edges:
        tail, head = edge.tail, edge.head
        if group[tail] != group[head]:
            leaves, enters = outermost(group[tail], group[head], chains)
            tail = gates(leaves)[1] if leaves >= 0 else tail
            head = gates(enters)[0] if enters >= 0 else head
        arcs[tail].append((head, 1))
    return arcs


def outermost(here: int, there: int, chains: Sequence[Sequence[int]]) -> tuple[int, int]:
    """The outermost frame that is left on the way from one place to another, and that is entered.

    -1 where there is none.
    """
    left, entered = (chains[g] if g >= 0 else () for g in (here, there))
    common = 0
    while common < min(len(left), len(entered)) and left[common] == entered[common]:
        common += 1
    return (*left[common : common + 1], -1)[0], (*entered[common : common + 1], -1)[0]


def topological(arcs: Arcs) -> list[int]:
    """All vertices, tails before heads."""
    waiting = [0] * len(arcs)
    for heads in arcs:
        for head, _ in heads:
            waiting[head] += 1
    order = [v for v, count in enumerate(waiting) if not count]
    for v in order:  # which grows meanwhile
        for head, _ in arcs[v]:
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
    if len(order) < len(arcs):
        raise ValueError("a layered layout needs a graph without cycles, but these edges form one")
    return order
