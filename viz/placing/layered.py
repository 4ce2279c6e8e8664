"""A small layered layout (Sugiyama's) that draws computation graphs where no Graphviz is at hand.

It uses no recursion and no randomness: deep graphs work, and one input always gives one picture.

    layout = layered([Box(40, 20), Box(40, 20)], [Edge(0, 1, 24, 10)])
    layout.centers, layout.routes, layout.labels, layout.frames

The *flow* runs from inputs to outputs: rightwards in "LR", downwards in "TB".  In this module a
point is (along the flow, across the flow); only the last function turns it into (x, y).

    _ranks    how far along the flow each box stands
    _expand   the net: edges cut into links between neighbouring levels, joined by *bends*
    _order    who stands above whom: few crossings, clusters together
    _across   coordinates across the flow (Brandes and Köpf 2002): long edges are straight wires
    _settle   boxes with many edges move to the middle of them
    _along    coordinates along the flow: a level is as wide as its widest box or label
    layered   all of these, then routes, labels and frames

Labels have levels of their own, between those of the boxes, and on them a bend keeps room for its
label: so labels meet neither boxes nor each other.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]
Arcs = list[list[tuple[int, int]]]  # for each vertex: (a vertex after it, how many ranks after)

LABEL_PAD = 2.0  # between a label and its own wire
STEEPNESS = 0.35  # a gap between levels is at least this part of the largest step across it ...
WIDEST_GAP = 4.0  # ... but at most so many times `rank_gap`
CROWDED = 12  # with more links than this per box and edge, a tail's long edges share one wire
EFFORT = 50_000  # vertices to visit in search of fewer crossings, at about 2 microseconds each


@dataclass(frozen=True)
class Box:
    """A node to place: its size in points, and the cluster to keep it with.

    A box without a cluster that stands on a path between members of one is drawn in its frame.
    """

    width: float
    height: float
    cluster: str = ""


@dataclass(frozen=True)
class Edge:
    """From box number `tail` to box number `head`, with the size of its label, 0 if it has none."""

    tail: int
    head: int
    label_width: float = 0.0
    label_height: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in points; the origin is top left and y grows downwards.

    Draw each segment of a route as a cubic that leaves and arrives along the flow, both control
    points halfway along: it then meets no box but its own two, and no label.
    """

    width: float
    height: float
    centers: list[Point]  # of the boxes
    routes: list[list[Point]]  # of the edges, from the border of the tail to that of the head
    labels: list[Point]  # their centres, beside the routes: above in "LR", to the right in "TB"
    frames: dict[str, Rectangle]  # cluster -> x, y, width, height


@dataclass
class _Net:
    """Vertices on levels, the boxes first; links join vertices of neighbouring levels."""

    edges: Sequence[Edge]
    sizes: list[Point]  # of the boxes: (along, across)
    texts: list[Point]  # of the labels
    levels: list[list[int]] = field(default_factory=list)
    up: list[list[int]] = field(default_factory=list)  # neighbours one level back
    down: list[list[int]] = field(default_factory=list)  # neighbours one level on
    length: list[float] = field(default_factory=list)  # size along the flow
    before: list[float] = field(default_factory=list)  # room to keep across the flow, one side
    after: list[float] = field(default_factory=list)  # and the other
    group: list[int] = field(default_factory=list)  # the number of the cluster, or -1
    sources: list[int] = field(default_factory=list)  # from where each edge arrives at its head
    long: set[int] = field(default_factory=set)  # first and last bends of edges over many ranks
    fences: dict[int, int] = field(default_factory=dict)  # bends of frames: -1 before, 1 after

    def add(self, level: int, length: float, before: float, after: float, group: int) -> int:
        """A new vertex, last on its level."""
        self.levels[level].append(len(self.up))
        self.up.append([])
        self.down.append([])
        self.length.append(length)
        self.before.append(before)
        self.after.append(after)
        self.group.append(group)
        return len(self.up) - 1

    def link(self, tail: int, head: int) -> None:
        """Join two vertices of neighbouring levels."""
        self.down[tail].append(head)
        self.up[head].append(tail)

    def level_of(self) -> list[int]:
        """The level of each vertex."""
        where = [0] * len(self.up)
        for i, level in enumerate(self.levels):
            for v in level:
                where[v] = i
        return where


def _positions(levels: Sequence[Sequence[int]], vertices: int) -> list[int]:
    """The index of each vertex on its level."""
    position = [0] * vertices
    for level in levels:
        for i, v in enumerate(level):
            position[v] = i
    return position


# -- how far along: ranks ------------------------------------------------------------------------


def _topological(arcs: Arcs) -> list[int]:
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


def _adopt(order: list[int], arcs: Arcs, group: list[int], clusters: int) -> set[int]:
    """Put boxes between two members of a cluster into it; the clusters that can stand in a row.

    These are all but the intertwined: pairs of clusters of which each feeds the other.
    """
    above, below, reach = [0] * len(group), [0] * len(group), [0] * clusters  # bits: clusters
    bit = [1 << g if g >= 0 else 0 for g in group]
    for v in order:
        for head, _ in arcs[v]:
            above[head] |= above[v] | bit[v]
    for v in reversed(order):
        for head, _ in arcs[v]:
            below[v] |= below[head] | bit[head]
        if group[v] < 0:
            group[v] = (above[v] & below[v]).bit_length() - 1
        else:
            reach[group[v]] |= below[v]
    for via in range(clusters):
        for g in range(clusters):
            if reach[g] >> via & 1:
                reach[g] |= reach[via]
    return {
        g
        for g in range(clusters)
        if not any(reach[g] >> h & reach[h] >> g & 1 for h in range(clusters) if h != g)
    }


def _movable(order: list[int], arcs: Arcs) -> list[bool]:
    """Whether all a box is made from serves nothing else: so do leaves, and roots of such trees."""
    movable = [True] * len(order)
    for v in order:
        private = movable[v] and len({head for head, _ in arcs[v]}) == 1
        for head, _ in arcs[v]:
            movable[head] &= private
    return movable


def _ranks(edges: Sequence[Edge], group: list[int], clusters: int) -> list[int]:
    """The longest path to each box; then movable ones go on to their first consumer.

    A cluster has a gate before and a gate behind, where edges from and to the outside must wait:
    so what feeds it stands before its frame, and what it feeds stands behind.
    """
    boxes = len(group)
    plain: Arcs = [[] for _ in group]
    for edge in edges:
        plain[edge.tail].append((edge.head, 1))
    order = _topological(plain)
    movable = _movable(order, plain) + [True] * (2 * clusters)
    gated = _adopt(order, plain, group, clusters)
    arcs: Arcs = [[] for _ in range(boxes + 2 * clusters)]
    gates = [
        (boxes + 2 * g, boxes + 2 * g + 1) if g in gated else (v, v) for v, g in enumerate(group)
    ]
    for v, (front, behind) in enumerate(gates):
        if front != v:
            movable[front] &= movable[v]
            movable[behind] &= movable[v]
            arcs[front].append((v, 0))
            arcs[v].append((behind, 0))
    for edge in edges:
        inside = group[edge.tail] == group[edge.head]
        tail = edge.tail if inside else gates[edge.tail][1]
        head = edge.head if inside else gates[edge.head][0]
        arcs[tail].append((head, 1))
    rank = [0] * len(arcs)
    order = _topological(arcs)
    for v in order:
        for head, step in arcs[v]:
            rank[head] = max(rank[head], rank[v] + step)
    for v in reversed(order):
        if movable[v] and arcs[v]:
            rank[v] = min(rank[head] - step for head, step in arcs[v])
    return rank[:boxes]


# -- the net -------------------------------------------------------------------------------------


def _places(edges: Sequence[Edge], rank: list[int]) -> tuple[list[int], set[int]]:
    """The level of each rank; the ranks before which a level is left for labels.

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
        places.append(places[-1] + 1 + (r in roomy) if places else 0)
    return places, roomy


def _expand(
    net: _Net, rank: list[int], group: list[int], node_gap: float, wire_gap: float, side: int
) -> None:
    """Put boxes on the levels of their ranks, and a bend wherever an edge passes a level.

    The last bend before the head has the label on one side: 1 after the wire, -1 before it.
    """
    places, roomy = _places(net.edges, rank)
    at = [places[r] for r in rank]
    net.levels = [[] for _ in range(max(at, default=-1) + 1)]
    first: dict[int, int] = {}  # the levels on which clusters begin and end
    last: dict[int, int] = {}
    for v, (length, breadth) in enumerate(net.sizes):
        half = (breadth + node_gap) / 2
        net.add(at[v], length, half, half, group[v])
        first[group[v]] = min(first.get(group[v], at[v]), at[v])
        last[group[v]] = max(last.get(group[v], at[v]), at[v])
    links = sum(at[edge.head] - at[edge.tail] for edge in net.edges)
    crowded = links > CROWDED * (len(rank) + len(net.edges))
    half = wire_gap / 2
    wires: dict[tuple[int, int], int] = {}
    for i, (edge, (length, breadth)) in enumerate(zip(net.edges, net.texts)):
        v, a, b = edge.tail, group[edge.tail], group[edge.head]
        ends = at[edge.tail] + 1, at[edge.head] - 1
        for level in range(ends[0], ends[1] + 1):
            labelled = level == ends[1] and rank[edge.head] in roomy
            key = level, edge.tail if crowded and not labelled else -1 - i
            if key not in wires:
                g = a if a >= 0 and level <= last[a] else b if level >= first[b] else -1
                room = half + breadth + LABEL_PAD if labelled and breadth else half
                before, after = (room, half) if side < 0 else (half, room)
                wires[key] = net.add(level, length if labelled else 0.0, before, after, g)
                net.link(v, wires[key])
            v = wires[key]
            if level in ends and rank[edge.tail] + 1 < rank[edge.head]:
                net.long.add(v)
        net.link(v, edge.head)
        net.sources.append(v)


# -- who stands above whom: order ----------------------------------------------------------------


def _order(net: _Net) -> None:
    """Order every level by the means of its neighbours, sweeping to and fro; keep the best.

    Of that and its mirror image, the one with more boxes in the order they were given.
    """
    _depth_first(net)
    _gather(net)
    best, fewest, failures = net.levels, _crossings(net), 0
    for sweep in range(max(4, min(32, EFFORT // (len(net.up) + 1)))):
        if not fewest or failures > 8:
            break
        net.levels = [level[:] for level in net.levels]
        _sweep(net, back=sweep % 2 == 0, flip=sweep % 4 >= 2)
        _gather(net)
        _transpose(net)
        count = _crossings(net)
        failures += 1
        if count < fewest:
            best, fewest, failures = net.levels, count, 0
    rows = [[v for v in level if v < len(net.sizes)] for level in best]
    falling = sum((v > w) - (v < w) for row in rows for v, w in pairwise(row)) > 0
    net.levels = [level[::-1] for level in best] if falling else best


def _depth_first(net: _Net) -> None:
    """The first order: from the outputs back, parents in their order.  A tree has no crossing."""
    where, seen = net.level_of(), [False] * len(net.up)
    net.levels = [[] for _ in net.levels]
    stack = [v for v in reversed(range(len(net.sizes))) if not net.down[v]]
    while stack:
        v = stack.pop()
        if not seen[v]:
            seen[v] = True
            net.levels[where[v]].append(v)
            stack += reversed(net.up[v])


def _gather(net: _Net) -> None:
    """Move the members of a cluster together; on all levels the clusters have one order."""
    if max(net.group, default=-1) < 0:
        return
    share = [0.0] * len(net.up)
    shares: dict[int, list[float]] = {}
    for level in net.levels:
        for i, v in enumerate(level):
            share[v] = (i + 0.5) / len(level)
            shares.setdefault(net.group[v], []).append(share[v])
    mean = {g: sum(values) / len(values) for g, values in shares.items() if g >= 0}
    for level in net.levels:
        level.sort(key=lambda v: (mean.get(net.group[v], share[v]), net.group[v]))


def _sweep(net: _Net, back: bool, flip: bool) -> None:
    """Sort each level by the mean positions of neighbours; a vertex without any keeps its seat."""
    near, levels = (net.down, net.levels[::-1]) if back else (net.up, net.levels)
    position, mean = _positions(levels, len(near)), [0.0] * len(near)
    for level in levels:
        moving = [v for v in level if near[v]]
        for v in moving:
            mean[v] = sum([position[w] for w in near[v]]) / len(near[v])
        if flip:  # ties change places
            moving.reverse()
        moving.sort(key=mean.__getitem__)
        seats = iter(moving)
        level[:] = [next(seats) if near[v] else v for v in level]
        for i, v in enumerate(level):
            position[v] = i


def _transpose(net: _Net) -> None:
    """Exchange neighbours on a level where that saves crossings."""
    position = _positions(net.levels, len(net.up))
    for level in net.levels:
        for i in range(len(level) - 1):
            v, w = level[i], level[i + 1]
            if net.group[v] == net.group[w]:
                saved = 0
                for near in (net.up, net.down):
                    others = [position[b] for b in near[w]]
                    for p in [position[a] for a in near[v]]:
                        for q in others:
                            saved += (p > q) - (p < q)
                if saved > 0:
                    level[i], level[i + 1] = w, v
                    position[v], position[w] = i + 1, i


def _crossings(net: _Net) -> int:
    """How many pairs of links cross."""
    position, count = _positions(net.levels, len(net.up)), 0
    for level in net.levels:
        ends: list[int] = []  # of the links so far, sorted
        for v in level:
            own = [position[w] for w in net.down[v]]
            for end in own:
                count += len(ends) - bisect_right(ends, end)
            for end in own:
                insort(ends, end)
    return count


# -- coordinates across the flow -----------------------------------------------------------------


def _fence(net: _Net, outside: float, pad: float, title: float) -> None:
    """Add bends before and after each cluster on each level: two wires, the sides of its frame."""
    previous: dict[tuple[int, int], int] = {}
    for i, level in enumerate(net.levels):
        first = {net.group[v]: v for v in reversed(level)}
        last = {net.group[v]: v for v in level}
        fence: dict[tuple[int, int], int] = {}
        net.levels[i] = []
        for v in level:
            g = net.group[v]
            if g >= 0 and first[g] == v:
                fence[g, -1] = net.add(i, 0.0, outside, pad + title, g)
            net.levels[i].append(v)
            if g >= 0 and last[g] == v:
                fence[g, 1] = net.add(i, 0.0, pad, outside, g)
        for key, bend in fence.items():
            net.fences[bend] = key[1]
            if key in previous:
                net.link(previous[key], bend)
        previous = fence


def _conflicts(net: _Net) -> set[tuple[int, int]]:
    """Links that cross a stronger one: sides of frames, then wires, then all others."""
    position, conflicts = _positions(net.levels, len(net.up)), set()

    def strength(u: int, v: int) -> int:
        return 2 if u in net.fences and v in net.fences else min(u, v) >= len(net.sizes)

    for wanted in (1, 2):
        for above, level in pairwise(net.levels):
            low, waiting = -1, []
            for v in level:
                waiting.append(v)
                strong = [u for u in net.up[v] if strength(u, v) >= wanted]
                if strong or v == level[-1]:
                    high = position[strong[0]] if strong else len(above)
                    for w in waiting:
                        for u in net.up[w]:
                            if not low <= position[u] <= high and strength(u, w) < wanted:
                                conflicts.add((u, w))
                    low, waiting = high, []
    return conflicts


def _align(
    levels: list[list[int]],
    near: list[list[int]],
    long: set[int],
    conflicts: set[tuple[int, int]],
) -> list[int]:
    """Blocks of vertices to stand in one line, each with its median neighbour: their first ones.

    Where a box has short edges, they decide.
    """
    block, position = list(range(len(near))), _positions(levels, len(near))
    taken = [False] * len(near)
    for level in levels:
        limit = -1  # blocks do not cross
        for v in level:
            others = near[v]
            if len(others) > 1:
                others = [u for u in others if u not in long] or others
                others = sorted(others, key=position.__getitem__)
            for u in others[(len(others) - 1) // 2 : len(others) // 2 + 1]:
                free = position[u] > limit and not taken[u]
                if free and (u, v) not in conflicts and (v, u) not in conflicts:
                    block[v] = block[u]
                    taken[u] = True
                    limit = position[u]
                    break
    return block


def _compact(
    levels: list[list[int]],
    block: list[int],
    before: list[float],
    after: list[float],
    fixed: set[int],
) -> list[float]:
    """Each block as far to one side as its neighbours allow; then back towards the next ones."""
    arcs: list[list[tuple[int, float]]] = [[] for _ in block]
    waiting = [0] * len(block)
    for level in levels:
        for u, v in pairwise(level):
            arcs[block[u]].append((block[v], after[u] + before[v]))
            waiting[block[v]] += 1
    order = [v for v, count in enumerate(waiting) if not count]
    x = [0.0] * len(block)
    for v in order:  # which grows meanwhile
        for w, gap in arcs[v]:
            x[w] = max(x[w], x[v] + gap)
            waiting[w] -= 1
            if not waiting[w]:
                order.append(w)
    for v in reversed(order):
        if arcs[v] and v not in fixed:
            x[v] = min([x[w] - gap for w, gap in arcs[v]])
    return [x[v] for v in block]


def _across(net: _Net) -> list[float]:
    """The mean of the middle two of four extreme coordinates of each vertex.

    They are packed to either side, and lined up with the level before or with the level after.
    """
    conflicts = _conflicts(net)
    runs: list[list[float]] = []
    spans: list[Point] = []
    for side in (1, -1):
        levels = [level[::side] for level in net.levels]
        before, after = (net.before, net.after)[::side]
        fixed = {v for v, s in net.fences.items() if s == side}
        for flow, near in ((levels, net.up), (levels[::-1], net.down)):
            block = _align(flow, near, net.long, conflicts)
            run = [side * c for c in _compact(levels, block, before, after, fixed)]
            low = min([c - room for c, room in zip(run, net.before)], default=0.0)
            high = max([c + room for c, room in zip(run, net.after)], default=0.0)
            runs.append(run)
            spans.append((low, high))
    low, high = min(spans, key=lambda span: span[1] - span[0])
    shifts = [low - spans[0][0], low - spans[1][0], high - spans[2][1], high - spans[3][1]]
    runs = [[c + shift for c in run] for run, shift in zip(runs, shifts)]
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*runs)]


def _settle(net: _Net, across: list[float]) -> None:
    """Move a box with three or more inputs to their middle; one with so many uses to theirs.

    A median may be far from it.  What stands in a straight line with the box comes along, and
    nobody is pushed: it goes as far as there is room.
    """
    position, where = _positions(net.levels, len(net.up)), net.level_of()
    block = list(range(len(net.up)))
    blocks: dict[int, list[int]] = {}
    for level in net.levels:
        for v in level:
            for u in net.up[v] if len(net.up[v]) < 3 else ():
                if len(net.down[u]) < 3 and abs(across[u] - across[v]) < 1e-6:
                    block[v] = block[u]
            blocks.setdefault(block[v], []).append(v)
    for members in blocks.values():
        inputs, uses = (
            [across[w] - across[v] for v in members if len(near[v]) > 2 for w in near[v]]
            for near in (net.up, net.down)
        )
        wishes = inputs or uses
        shift = sum(wishes) / len(wishes) if wishes else 0.0
        for v in members:
            level, i = net.levels[where[v]], position[v]
            for u in level[i - 1 : i]:
                shift = max(shift, across[u] + net.after[u] + net.before[v] - across[v])
            for w in level[i + 1 : i + 2]:
                shift = min(shift, across[w] - net.before[w] - net.after[v] - across[v])
        for v in members:
            across[v] += shift


# -- coordinates along the flow, and the picture -------------------------------------------------


def _along(
    net: _Net, across: list[float], rank_gap: float, frame_pad: float, title: float
) -> list[Point]:
    """Where the level of each vertex begins and ends; steep links and frames widen the gaps."""
    where = net.level_of()
    reach: dict[int, list[int]] = {}  # of each cluster
    for level, g in zip(where[: len(net.sizes)], net.group):
        if g >= 0:
            reach.setdefault(g, []).append(level)
    opening = {min(levels): frame_pad + title for levels in reach.values()}
    closing = {max(levels): frame_pad for levels in reach.values()}
    spans: list[Point] = []
    start = 0.0
    for i, vertices in enumerate(net.levels):
        start += opening.get(i, 0.0)
        end = start + max([net.length[v] for v in vertices], default=0.0)
        spans.append((start, end))
        step = max([abs(across[v] - across[w]) for v in vertices for w in net.down[v]], default=0.0)
        gap = max(rank_gap, min(STEEPNESS * step, WIDEST_GAP * rank_gap))
        start = end + gap + closing.get(i, 0.0)
    return [spans[level] for level in where]


def _ports(net: _Net, across: list[float], gap: float) -> list[float]:
    """Where each edge meets its head, across the flow: side by side in the order of arrival.

    Where a small shift of all of them makes one edge straight, they are shifted.
    """
    arrivals: dict[int, list[tuple[float, int]]] = {}
    for i, (edge, source) in enumerate(zip(net.edges, net.sources)):
        arrivals.setdefault(edge.head, []).append((across[source], i))
    ports = [0.0] * len(net.edges)
    for head, arriving in arrivals.items():
        arriving.sort()
        breadth, steps = net.sizes[head][1], len(arriving) - 1
        step = min(gap, 0.6 * breadth / max(steps, 1))
        spots = [across[head] + step * (j - steps / 2) for j in range(steps + 1)]
        shift = min([at - spot for (at, _), spot in zip(arriving, spots)], key=abs)
        if abs(shift) > min(gap / 2, 0.4 * breadth - step * steps / 2) + 1e-9:
            shift = 0.0
        for (_, i), spot in zip(arriving, spots):
            ports[i] = spot + shift
    return ports


def _extend(route: list[Point], point: Point) -> None:
    """Go on to a point, without a stop in the middle of a straight part."""
    straight = abs(route[-1][1] - point[1]) < 1e-6
    if straight and len(route) > 1 and abs(route[-2][1] - point[1]) < 1e-6:
        route[-1] = point
    elif not straight or point[0] - route[-1][0] > 1e-6:
        route.append(point)


def _routes(
    net: _Net, across: list[float], span: list[Point], port_gap: float, side: int
) -> tuple[list[list[Point]], list[Point]]:
    """Each edge from border to border, straight along every level it passes; where labels stand."""
    reach: list[list[Point]] = []  # the routes from the tails to the far side of each level
    for v, (here, end) in enumerate(span):
        if v < len(net.sizes):
            reach.append([((here + end + net.sizes[v][0]) / 2, across[v])])
        else:
            reach.append(reach[net.up[v][0]][:] if net.up[v] else [(here, across[v])])
            _extend(reach[v], (here, across[v]))
        _extend(reach[v], (end, across[v]))
    routes, labels = [], []
    for i, (edge, port) in enumerate(zip(net.edges, _ports(net, across, port_gap))):
        v, (here, end), breadth = net.sources[i], span[edge.head], net.texts[i][1]
        routes.append(reach[v][:])
        _extend(routes[i], (here, port))
        _extend(routes[i], ((here + end - net.sizes[edge.head][0]) / 2, port))
        if v == edge.tail:
            x, y = (span[v][1] + here) / 2, (across[v] + port) / 2
        else:
            x, y = sum(span[v]) / 2, across[v]
        labels.append((x, y + side * (breadth / 2 + LABEL_PAD if breadth else 0.0)))
    return routes, labels


def _frames(
    net: _Net, across: list[float], span: list[Point], pad: float, title: float
) -> dict[int, Rectangle]:
    """Round each cluster: from its first to its last box along the flow, across between fences."""
    alongs: dict[int, list[float]] = {}
    acrosses: dict[int, list[float]] = {}
    for g, (here, end), (length, _) in zip(net.group, span, net.sizes):
        middle = (here + end) / 2
        alongs.setdefault(g, []).extend(
            (middle - length / 2 - pad - title, middle + length / 2 + pad)
        )
    for v in net.fences:
        acrosses.setdefault(net.group[v], []).append(across[v])
    return {
        g: (min(alongs[g]), min(ys), max(alongs[g]) - min(alongs[g]), max(ys) - min(ys))
        for g, ys in acrosses.items()
    }


def layered(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    *,
    direction: str = "LR",
    rank_gap: float = 20.0,
    node_gap: float = 16.0,
    wire_gap: float = 10.0,
    port_gap: float = 8.0,
    frame_pad: float = 10.0,
    frame_title: float = 14.0,
    margin: float = 8.0,
) -> Layout:
    """Place boxes and route edges; "LR" has the inputs on the left, "TB" at the top.

    Gaps are in points: `rank_gap` between boxes and labels along the flow, `node_gap` between boxes
    of a rank, `wire_gap` between edges that pass a rank, `port_gap` between the ends of edges on
    a border (0: all end at its middle, as for round nodes); frames leave `frame_title` at the top.

    ValueError for an unknown direction and for edges that form a cycle.
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f'direction is "LR" or "TB", got {direction!r}')
    side = -1 if direction == "LR" else 1  # of labels

    def turn(x: float, y: float) -> Point:
        return (x, y) if direction == "LR" else (y, x)

    sizes = [turn(box.width, box.height) for box in boxes]
    texts = [turn(edge.label_width, edge.label_height) for edge in edges]
    title = turn(0.0, frame_title)
    numbers = {box.cluster: 0 for box in boxes if box.cluster}
    numbers = {name: g for g, name in enumerate(numbers)}
    group = [numbers.get(box.cluster, -1) for box in boxes]

    net = _Net(edges, sizes, texts)
    _expand(net, _ranks(edges, group, len(numbers)), group, node_gap, wire_gap, side)
    _order(net)
    _fence(net, node_gap / 2, max(frame_pad - node_gap / 2, 0.0), title[1])
    across = _across(net)
    _settle(net, across)
    span = _along(net, across, rank_gap, frame_pad, title[0])
    routes, labels = _routes(net, across, span, port_gap, side)
    centers = [(sum(span[v]) / 2, across[v]) for v in range(len(boxes))]
    frames = _frames(net, across, span, frame_pad, title[0])

    corners = [point for route in routes for point in route]
    for (x, y), (length, breadth) in [*zip(centers, sizes), *zip(labels, texts)]:
        corners += (x - length / 2, y - breadth / 2), (x + length / 2, y + breadth / 2)
    for x, y, length, breadth in frames.values():
        corners += (x, y), (x + length, y + breadth)
    xs, ys = [x for x, _ in corners] or [0.0], [y for _, y in corners] or [0.0]
    left, top = min(xs) - margin, min(ys) - margin

    def place(point: Point) -> Point:
        return turn(point[0] - left, point[1] - top)

    return Layout(
        *place((max(xs) + margin, max(ys) + margin)),
        centers=[place(center) for center in centers],
        routes=[[place(point) for point in route] for route in routes],
        labels=[place(label) for label in labels],
        frames={
            name: (*place(frames[g][:2]), *turn(*frames[g][2:])) for name, g in numbers.items()
        },
    )
