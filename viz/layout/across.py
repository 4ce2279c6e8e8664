"""Coordinates across the flow (Brandes and Köpf 2002): long edges are straight wires.

fence     bends on both sides of each frame, on each level: the sides of it are wires too
across    coordinates, lined up with the level before and the level after
settle    boxes with many edges move to the middle of them
"""

from __future__ import annotations

from itertools import pairwise

from viz.layout.net import Net, Point, positions


def fence(net: Net, outside: float, pad: float, title: float) -> None:
    """Add bends before and after each frame on each level: two wires, the sides of its frame.

    `title` is the room across the flow that a title takes on every level of its frame; on a level
    of its own, `net.heads` says how much.
    """
    previous: dict[tuple[int, int], int] = {}
    for i, level in enumerate(net.levels):
        fences: dict[tuple[int, int], int] = {}
        net.levels[i] = []
        inside: list[int] = []  # the frames around where we are
        for v in [*level, None]:
            chain = net.tree.chain(net.group[v]) if v is not None else []
            while inside and inside != chain[: len(inside)]:
                g = inside.pop()
                fences[g, 1] = net.add(i, 0.0, pad, outside, g)
            for g in chain[len(inside) :]:
                inside.append(g)
                length, size = net.heads.get((g, i), (0.0, title))
                fences[g, -1] = net.add(i, length, outside, pad + size, g)
            if v is not None:
                net.levels[i].append(v)
        for key, bend in fences.items():
            net.fences[bend] = key[1]
            if key in previous:
                net.link(previous[key], bend)
        previous = fences


def _conflicts(net: Net) -> set[tuple[int, int]]:
    """Links that cross a stronger one: sides of frames, then wires, then all others."""
    position, conflicts = positions(net.levels, len(net.up)), set()

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
    block, position = list(range(len(near))), positions(levels, len(near))
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


def across(net: Net) -> list[float]:
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


def settle(net: Net, place: list[float]) -> None:
    """Move a box with three or more inputs to their middle; one with so many uses to theirs.

    A median may be far from it.  What stands in a straight line with the box comes along, and
    nobody is pushed: it goes as far as there is room.
    """
    position, where = positions(net.levels, len(net.up)), net.level_of()
    block = list(range(len(net.up)))
    blocks: dict[int, list[int]] = {}
    for level in net.levels:
        for v in level:
            for u in net.up[v] if len(net.up[v]) < 3 else ():
                if len(net.down[u]) < 3 and abs(place[u] - place[v]) < 1e-6:
                    block[v] = block[u]
            blocks.setdefault(block[v], []).append(v)
    for members in blocks.values():
        inputs, uses = (
            [place[w] - place[v] for v in members if len(near[v]) > 2 for w in near[v]]
            for near in (net.up, net.down)
        )
        wishes = inputs or uses
        shift = sum(wishes) / len(wishes) if wishes else 0.0
        for v in members:
            level, i = net.levels[where[v]], position[v]
            for u in level[i - 1 : i]:
                shift = max(shift, place[u] + net.after[u] + net.before[v] - place[v])
            for w in level[i + 1 : i + 2]:
                shift = min(shift, place[w] - net.before[w] - net.after[v] - place[v])
        for v in members:
            place[v] += shift
