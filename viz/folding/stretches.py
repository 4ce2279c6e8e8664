"""Groups that labels do not tell: stretches of the order, and variables that are used alike.

    Folding([root], groups=stretches(graph.nodes, names) | alike(folding)).at("layers")

A stretch is cut off where the fewest values are needed later, as a text is parted into chapters,
and one that is long is cut again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from viz.folding.graph import FoldedNode, is_variable
from viz.folding.levels import EDGES, MANY, Folding

SHORT, PARTS = 15, 12  # nodes of a stretch that is not cut again; parts that one is cut into


def stretches(nodes: Sequence[FoldedNode], names: Mapping[Any, str]) -> dict[Any, list[str]]:
    """For nodes in no group the stretches that they are in, from outside in; inputs come first."""
    found: dict[Any, list[str]] = {}
    for is_free, run in groupby(nodes, key=lambda node: not (node.is_group or node.frame)):
        members = [v for node in run for v in node.hides]
        if is_free and len(members) > SHORT:
            _cut(members, _needed(members), names, [], found)
    return found


def alike(folding: Folding) -> dict[Any, list[str]]:
    """A group more for the elements of a list, as w[0], w[1], ..., that many results share."""
    lists: dict[Any, list[Any]] = {}
    for v in folding.shown:
        stem, bracket, _ = folding.labels[v].rpartition("[")
        if bracket and is_variable(v) and folding.groups[v]:
            users = tuple(dict.fromkeys(c for c, _ in folding.consumers[v]))
            lists.setdefault((stem, users), []).append(v)
    found: dict[Any, list[str]] = {}
    for (_, users), members in lists.items():
        if len(members) >= MANY and len(members) * len(users) > EDGES:
            groups, last = folding.groups[members[0]], folding.labels[members[-1]]
            name = f"{folding.labels[members[0]]} … {last.removeprefix(f'{groups[-1]}.')}"
            around = [*groups, name]
            found |= dict.fromkeys(members, around)
    return found


def _needed(members: Sequence[Any]) -> dict[Any, int]:
    """The last place in a run at which each of its nodes is needed."""
    last = {v: i for i, v in enumerate(members)}
    for i, v in enumerate(members):
        for p in v.parents:
            if p in last:
                last[p] = i
    return last


def _cut(
    members: Sequence[Any],
    needed: Mapping[Any, int],
    names: Mapping[Any, str],
    around: list[str],
    found: dict[Any, list[str]],
) -> None:
    """Part a run; the parts that are still long are parted too."""
    open_runs = [(0, len(members), around)]
    while open_runs:
        low, high, outer = open_runs.pop()
        count = min(PARTS, -(-(high - low) // SHORT))
        for start, end in _parts(members, needed, low, high, count):
            name = f"{_plain(names[members[start]])} … {_plain(names[members[end - 1]])}"
            groups = [*outer, ".".join([*outer[-1:], name])]
            for v in members[start:end]:
                found[v] = groups
            if end - start > 2 * SHORT:
                open_runs.append((start, end, groups))


def _parts(
    members: Sequence[Any], needed: Mapping[Any, int], low: int, high: int, count: int
) -> list[tuple[int, int]]:
    """Parts of about one size, each cut where the fewest of their values are needed later."""
    crossing = [0] * (high - low + 1)
    for i in range(low, high):
        until = min(needed[members[i]], high - 1)
        if until > i:
            crossing[i + 1 - low] += 1
            crossing[until + 1 - low] -= 1
    for i in range(1, len(crossing)):
        crossing[i] += crossing[i - 1]
    size = (high - low) / count
    cuts = [low]
    for j in range(1, count):
        ideal = low + j * size
        near = range(round(ideal - size / 4), round(ideal + size / 4) + 1)
        cuts.append(min(near, key=lambda cut: (crossing[cut - low], abs(cut - ideal))))
    return list(zip(cuts, [*cuts[1:], high]))


def _plain(name: str) -> str:
    """A name without what parts labels into groups."""
    return re.sub(r"[.\[\]]+", "_", name).strip("_")
