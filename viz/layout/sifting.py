"""Fewer crossings by one order of all: each box and each wire tries every place in it.

Global sifting (Bachmaier, Brandenburg, Brunner and Hübner 2011).  A *block* is a box or all bends
of a wire; levels follow from the order of the blocks, so that no two wires cross twice.
"""

from __future__ import annotations

from statistics import fmean

from viz.layout.net import Net


def sift(net: Net, rounds: int) -> None:
    """Order every level anew, from the order that it has."""
    blocks: dict[int, list[int]] = {}  # the vertices of each, by level
    share = [0.0] * len(net.up)
    top = net.level_of()
    for level in net.levels:
        for i, v in enumerate(level):
            share[v] = (i + 0.5) / len(level)
            blocks.setdefault(net.wire[v], []).append(v)
    bottom = {b: top[members[-1]] for b, members in blocks.items()}
    near = {
        b: ([net.wire[u] for u in net.up[members[0]]], [net.wire[w] for w in net.down[members[-1]]])
        for b, members in blocks.items()
    }
    order = sorted(blocks, key=lambda b: fmean([share[v] for v in blocks[b]]))
    for _ in range(rounds):
        gained = 0
        for a in list(blocks):
            place = {b: i for i, b in enumerate(order)}
            change = least = best = now = 0
            for i, b in enumerate(order):
                if a == b:
                    now = change
                elif top[a] <= bottom[b] and top[b] <= bottom[a]:
                    change += _passing(a, b, top, bottom, near, place)
                if change < least:
                    least, best = change, i + 1
            if least < now:
                gained += now - least
                order.insert(best, a)
                del order[place[a] + (best <= place[a])]
        if not gained:
            break
    place = {b: i for i, b in enumerate(order)}
    for level in net.levels:
        level.sort(key=lambda v: place[net.wire[v]])


def _passing(
    a: int,
    b: int,
    top: list[int],
    bottom: dict[int, int],
    near: dict[int, tuple[list[int], list[int]]],
    place: dict[int, int],
) -> int:
    """How many more crossings there are once a, just before b, stands just behind it."""
    change = 0
    here = place[b]  # of both
    for side, (x, y) in enumerate(((top[a], top[b]), (bottom[b], bottom[a]))):
        mine = [place[n] for n in near[a][side]] if x >= y else [here]
        others = [place[n] for n in near[b][side]] if y >= x else [here]
        for p in mine:
            for q in others:
                change += (p < q) - (p > q)
    return change
