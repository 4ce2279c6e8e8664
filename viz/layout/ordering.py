"""Who stands above whom on each level: few crossings, frames together, rows in their order.

    expand    the net: edges cut into links between neighbouring levels, joined by *bends*
    order     sweeps to and fro, each level sorted by its neighbours; neighbours change places

Labels have levels of their own, between those of the boxes, and on them a bend keeps room for its
label: so labels meet neither boxes nor each other.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from viz.layout.frames import listed
from viz.layout.net import Edge, Net, positions
from viz.layout.ranks import outermost
from viz.layout.sifting import sift

LABEL_PAD = 2.0  # between a label and its own wire
CROWDED = 12  # with more links than this per box and edge, a tail's long edges share one wire
STARTS = 4  # of the search: from outputs or inputs, parents in their order or not
BLOCKS = 250  # with more boxes and wires the order is not sifted, which takes their square
EFFORT = 100_000  # vertices to visit in search of fewer crossings, at about 2 microseconds each


# -- the net -------------------------------------------------------------------------------------


def expand(
    net: Net,
    rank: list[int],
    node_gap: float,
    wire_gap: float,
    side: int,
    titles: Sequence[float],
    title: float,
) -> None:
    """Put boxes on the levels of their ranks, and a bend wherever an edge passes a level.

    The last bend before the head has the label on one side: 1 after the wire, -1 before it.
    `net.group` says at first in which frames the boxes stand.  Where the `titles` of frames have
    sizes across the flow, they get levels of their own, `title` long.
    """
    group, net.group = net.group, []
    chains = [net.tree.chain(g) for g in range(len(net.tree.names))]
    first, last = [len(rank)] * len(chains), [-1] * len(chains)
    for r, g in zip(rank, group):
        for f in chains[g] if g >= 0 else ():
            first[f], last[f] = min(first[f], r), max(last[f], r)
    begin, heads = [0] * len(chains), [0] * (len(rank) + 1)  # titles before a rank
    for g in reversed(range(len(chains))) if titles else ():
        begin[g] += 1
        heads[first[g]] = max(heads[first[g]], begin[g])
        outer = net.tree.outer[g]
        if outer >= 0 and first[outer] == first[g]:
            begin[outer] = max(begin[outer], begin[g])
    places, roomy = _places(net.edges, rank, heads)
    at = [places[r] for r in rank]
    net.reach = [(places[a] - n, places[b]) for a, b, n in zip(first, last, begin)]
    for g, size in enumerate(titles):
        net.heads[g, net.reach[g][0]] = title, size
    net.levels = [[] for _ in range(max(at, default=-1) + 1)]
    for v, (length, breadth) in enumerate(net.sizes):
        half = (breadth + node_gap) / 2
        net.add(at[v], length, half, half, group[v])
    links = sum(at[edge.head] - at[edge.tail] for edge in net.edges)
    crowded = net.crowded = links > CROWDED * (len(rank) + len(net.edges))
    half = wire_gap / 2
    wires: dict[tuple[int, int], int] = {}
    for i, (edge, (length, breadth)) in enumerate(zip(net.edges, net.texts)):
        v, a, b = edge.tail, group[edge.tail], group[edge.head]
        ends = at[edge.tail] + 1, at[edge.head] - 1
        label = ends[1] - heads[rank[edge.head]] if rank[edge.head] in roomy else -1
        net.spots.append(v)
        if ends[0] <= ends[1]:
            leaves, enters = outermost(a, b, chains)
            out = chains[a][chains[a].index(leaves) :] if leaves >= 0 else []
            into = chains[b][chains[b].index(enters) :] if enters >= 0 else []
            common = net.tree.outer[leaves] if leaves >= 0 else a
        for level in range(ends[0], ends[1] + 1):
            labelled = level == label
            at_head = level >= label >= 0
            key = level, edge.tail if crowded and not at_head else -1 - i
            if key not in wires:
                around = [g for g in out if level <= net.reach[g][1]] or [
                    g for g in into if level >= net.reach[g][0]
                ]
                room = half + breadth + LABEL_PAD if labelled and breadth else half
                before, after = (room, half) if side < 0 else (half, room)
                wires[key] = net.add(
                    level, length if labelled else 0.0, before, after, (around or [common])[-1]
                )
                net.link(v, wires[key])
                if v >= len(net.sizes):
                    net.wire[wires[key]] = net.wire[v]
            v = wires[key]
            if labelled:
                net.spots[i] = v
            if level in ends and rank[edge.tail] + 1 < rank[edge.head]:
                net.long.add(v)
        net.link(v, edge.head)
        net.sources.append(v)
    _fill(net)


def _places(edges: Sequence[Edge], rank: list[int], heads: list[int]) -> tuple[list[int], set[int]]:
    """The level of each rank, after those of titles; the ranks before which one is for labels.

    Parallel edges have bends there too, and so part.
    """
    seen: set[tuple[int, int]] = set()
    roomy: set[int] = set()
    for edge in edges:
        ends = edge.tail, edge.head
        if ends in seen or edge.label_width or edge.label_height:
            roomy.add(rank[edge.head])
        seen.add(ends)
    places: list[int] = []
    for r in range(max(rank, default=-1) + 1):
        places.append((places[-1] + 1 if places else 0) + (r in roomy) + heads[r])
    return places, roomy


def _fill(net: Net) -> None:
    """Add a vertex to each level on which a frame has none: a frame has two sides all along."""
    met: list[set[int]] = [set() for _ in net.reach]
    for i, level in enumerate(net.levels):
        for v in level:
            for g in net.tree.chain(net.group[v]):
                met[g].add(i)
    for g in reversed(range(len(met))):  # what fills a frame fills those around it
        for i in range(net.reach[g][0], net.reach[g][1] + 1):
            if i not in met[g]:
                net.add(i, 0.0, 0.0, 0.0, g)
                for outer in net.tree.chain(g):
                    met[outer].add(i)


# -- the order -----------------------------------------------------------------------------------


def order(net: Net, effort: int = EFFORT) -> None:
    """Order every level by its neighbours, sweeping to and fro, from several starts; keep the best.

    Of that and its mirror image, the one with more boxes in the order they were given.  `effort` is
    how many vertices are visited in search of fewer crossings.
    """
    gather, size = Gathering(net), len(net.up) + 1
    best: list[list[int]] = []
    fewest, visits = -1, 0
    for start in range(STARTS):
        if fewest == 0 or visits > effort:
            break
        _depth_first(net, back=start % 2 == 0, flip=start >= 2)
        gather()
        for sifted in False, True:
            if sifted and not _sifted(net, gather):
                continue
            lowest, latest, failures, sweep = crossings(net), net.levels, 0, 0
            while lowest and ((failures <= 8 and visits < effort) or sweep < 4):
                net.levels = [level[:] for level in net.levels]
                _sweep(net, back=sweep % 2 == 0, flip=sweep % 4 >= 2, median=sweep % 8 >= 4)
                gather()
                _transpose(net)
                gather.rows()
                count, failures = crossings(net), failures + 1
                visits += size
                sweep += 1
                if count < lowest:
                    lowest, latest, failures = count, net.levels, 0
            net.levels = latest
            if fewest < 0 or lowest < fewest:
                best, fewest = latest, lowest
    rows = [[v for v in level if v < len(net.sizes)] for level in best]
    falling = sum((v > w) - (v < w) for row in rows for v, w in pairwise(row)) > 0
    net.levels = [level[::-1] for level in best] if falling and not gather.ordered else best


def _sifted(net: Net, gather: Gathering) -> bool:
    """Whether the order was sifted: where there are no frames, and few enough blocks."""
    blocks = len(set(net.wire))
    if net.tree.names or net.crowded or blocks > BLOCKS:
        return False
    net.levels = [level[:] for level in net.levels]
    sift(net, 6)
    gather()
    return True


def _depth_first(net: Net, back: bool = True, flip: bool = False) -> None:
    """A first order, from the outputs back or from the inputs on.  A tree has no crossing."""
    near, ends = (net.up, net.down) if back else (net.down, net.up)
    where, seen = net.level_of(), [False] * len(net.up)
    net.levels = [[] for _ in net.levels]
    stack = [v for v in reversed(range(len(net.up))) if not ends[v]]
    while stack:
        v = stack.pop()
        if not seen[v]:
            seen[v] = True
            net.levels[where[v]].append(v)
            stack += near[v] if flip else reversed(near[v])


class Gathering:
    """Frames hold together on every level, and have one order on all; so have lists and rows."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.chains = [net.tree.chain(g) for g in range(len(net.tree.names))]
        by_outer: dict[int, list[int]] = {}
        for g, outer in enumerate(net.tree.outer):
            by_outer.setdefault(outer, []).append(g)
        self.lists = [
            [frames[i] for i in run]
            for frames in by_outer.values()
            for run in listed([net.tree.names[g] for g in frames])
            if len(run) > 1
        ]
        where = net.level_of()
        rows: dict[tuple[str, int, int], list[int]] = {}
        for v, row in enumerate(net.rows):
            if row:
                rows.setdefault((row, net.group[v], where[v]), []).append(v)
        self.lines = [(at, line) for (*_, at), line in rows.items() if len(line) > 1]
        self.ordered = bool(self.lists or self.lines)

    def __call__(self) -> None:
        """Sort every level."""
        if self.chains:
            self.frames()
        self.rows()

    def frames(self) -> None:
        """By the means of the frames around; wires that pass a frame keep to one side of it."""
        net = self.net
        share = [0.0] * len(net.up)
        shares: list[list[float]] = [[] for _ in self.chains]
        runs: dict[tuple[int, int], list[float]] = {}
        for level in net.levels:
            for i, v in enumerate(level):
                share[v] = (i + 0.5) / len(level)
                for g in self.chains[net.group[v]] if net.group[v] >= 0 else ():
                    shares[g].append(share[v])
                runs.setdefault((net.wire[v], net.group[v]), []).append(share[v])
        mean = [fmean(found) for found in shares]
        for line in self.lists:
            for g, m in zip(line, sorted([mean[g] for g in line])):
                mean[g] = m
        along = {run: fmean(found) for run, found in runs.items()}
        for level in net.levels:
            parents = {net.tree.outer[g] for v in level for g in self._around(v)}
            keys = {}
            for v in level:
                g = net.group[v]
                own = along[net.wire[v], g] if g in parents else share[v]
                keys[v] = [*[(mean[f], f) for f in self._around(v)], (own, -1)]
            level.sort(key=keys.__getitem__)

    def _around(self, v: int) -> list[int]:
        g = self.net.group[v]
        return self.chains[g] if g >= 0 else []

    def rows(self) -> None:
        """Boxes of a row take each other's seats."""
        for at, line in self.lines:
            level = self.net.levels[at]
            seat = {v: i for i, v in enumerate(level)}
            for i, v in zip(sorted([seat[v] for v in line]), line):
                level[i] = v


def _sweep(net: Net, back: bool, flip: bool, median: bool) -> None:
    """Sort each level by where its neighbours stand; a vertex without any keeps its seat."""
    near, levels = (net.down, net.levels[::-1]) if back else (net.up, net.levels)
    position, wish = positions(levels, len(near)), [0.0] * len(near)
    for level in levels:
        moving = [v for v in level if near[v]]
        for v in moving:
            if median and len(near[v]) > 2:
                spots = sorted([position[w] for w in near[v]])
                half = len(spots) // 2
                wish[v] = (spots[half] + spots[-1 - half]) / 2
            else:
                wish[v] = sum([position[w] for w in near[v]]) / len(near[v])
        if flip:  # ties change places
            moving.reverse()
        moving.sort(key=wish.__getitem__)
        seats = iter(moving)
        level[:] = [next(seats) if near[v] else v for v in level]
        for i, v in enumerate(level):
            position[v] = i


def _transpose(net: Net) -> None:
    """Exchange neighbours on a level where that saves crossings, until it saves no more."""
    position = positions(net.levels, len(net.up))
    near = net.up, net.down
    for level in net.levels:
        for _ in range(max(1, min(8, EFFORT // (2 * len(net.up) + 1)))):
            better = False
            for i in range(len(level) - 1):
                v, w = level[i], level[i + 1]
                if net.group[v] == net.group[w] and _saved(v, w, near, position) > 0:
                    level[i], level[i + 1] = w, v
                    position[v], position[w] = i + 1, i
                    better = True
            if not better:
                break


def _saved(v: int, w: int, nears: tuple[list[list[int]], list[list[int]]], at: list[int]) -> int:
    """How many crossings fewer there are where w stands before v."""
    saved = 0
    for near in nears:
        others = [at[b] for b in near[w]]
        for p in [at[a] for a in near[v]]:
            for q in others:
                saved += (p > q) - (p < q)
    return saved


def crossings(net: Net) -> int:
    """How many pairs of links cross."""
    position, count = positions(net.levels, len(net.up)), 0
    for level in net.levels:
        ends: list[int] = []  # of the links so far, sorted
        for v in level:
            own = [position[w] for w in net.down[v]]
            for end in own:
                count += len(ends) - bisect_right(ends, end)
            for end in own:
                insort(ends, end)
    return count
