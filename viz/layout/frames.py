"""Frames within frames: the tree of clusters, and which of them can have a frame at all.

A cluster "a.b" stands within "a".  Clusters of which each feeds the other are *intertwined*: no
frames in a row can hold them, and they are drawn without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from viz.folding.knots import knots

Ends = Sequence[tuple[int, int]]  # of edges: from box to box


def title_of(cluster: str, frames: Iterable[str]) -> str:
    """The title of a frame: its cluster's name, without that of the frame around it."""
    around = [name for name in frames if cluster.startswith(name + ".")]
    return cluster.removeprefix(max(around, key=len) + ".") if around else cluster


@dataclass(frozen=True)
class Tree:
    """Frames by number, outer ones before those within them."""

    names: list[str]
    outer: list[int]  # the number of the frame around each, or -1

    def chain(self, frame: int) -> list[int]:
        """The frames around a place, from outside in, itself last; none around -1."""
        chain = []
        while frame >= 0:
            chain.append(frame)
            frame = self.outer[frame]
        return chain[::-1]


def frames_of(clusters: Sequence[str], ends: Ends) -> tuple[Tree, list[int]]:
    """The tree of frames for boxes in these clusters, and the innermost frame of each box, or -1.

    Without a frame are the intertwined, and a cluster all of which stands in a frame within it.
    """
    chains, _ = _settled(clusters, ends)
    members: dict[str, list[int]] = {}
    for v, chain in enumerate(chains):
        for name in chain:
            members.setdefault(name, []).append(v)
    innermost = {tuple(boxes): name for name, boxes in members.items()}
    kept = [name for name, boxes in members.items() if innermost[tuple(boxes)] == name]
    kept.sort(key=lambda name: name.count("."))
    number = {name: g for g, name in enumerate(kept)}

    def last(names: Sequence[str]) -> int:
        return max([number[name] for name in names if name in number], default=-1)

    tree = Tree(kept, [last(_prefixes(name)[:-1]) for name in kept])
    return tree, [last(chain) for chain in chains]


def intertwined(clusters: Sequence[str], ends: Ends) -> list[str]:
    """The clusters that no frame can hold: each feeds, by some way, another one that feeds it."""
    return _settled(clusters, ends)[1]


def _prefixes(cluster: str) -> list[str]:
    """ "a.b.c" -> "a", "a.b", "a.b.c"."""
    parts = cluster.split(".") if cluster else []
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _settled(clusters: Sequence[str], ends: Ends) -> tuple[list[list[str]], list[str]]:
    """The frames around each box, from outside in; the intertwined clusters.

    Depth by depth: with each frame as one point, those on a circle are intertwined; boxes on a
    circle with one frame alone stand between members of it, and move in.
    """
    chains = [_prefixes(cluster) for cluster in clusters]
    lost: list[str] = []
    depth = 0
    while any(len(chain) > depth for chain in chains):
        items: dict[str | int, int] = {}
        point = [
            items.setdefault(chain[depth] if len(chain) > depth else v, len(items))
            for v, chain in enumerate(chains)
        ]
        circle = _circles(len(items), [(point[a], point[b]) for a, b in ends])
        frames: dict[int, list[str]] = {}
        for item, p in items.items():
            if isinstance(item, str):
                frames.setdefault(circle[p], []).append(item)
        tangled = [name for names in frames.values() if len(names) > 1 for name in names]
        for v, chain in enumerate(chains):
            if len(chain) <= depth and not tangled and circle[point[v]] in frames:
                chains[v] = [*chain, *frames[circle[point[v]]]]
            else:
                chains[v] = [name for name in chain if name not in tangled]
        lost += tangled
        depth += not tangled
    return chains, lost


def _circles(count: int, ends: Ends) -> list[int]:
    """Points that reach each other get one number."""
    after: dict[int, list[int]] = {p: [] for p in range(count)}
    for a, b in ends:
        after[a].append(b)
    number = list(range(count))
    for knot in knots(after):
        for p in knot:
            number[p] = knot[0]
    return number


def listed(names: Sequence[str]) -> list[list[int]]:
    """The positions of names "a[0]", "a[1]", ... of one list, in the order of their indices."""
    found = []
    for i, name in enumerate(names):
        head, bracket, index = name.removesuffix("]").rpartition("[")
        if bracket and index.isdecimal() and name.endswith("]"):
            found.append((head, int(index), i))
    found.sort()
    return [[i for *_, i in run] for _, run in groupby(found, key=lambda item: item[0])]
