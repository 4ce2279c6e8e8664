"""Cycles that folding would make: parts of a graph where each vertex is reached from all others.

knots({"a": ["b"], "b": ["a", "c"], "c": []})      [["a", "b"]]
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def knots(after: Mapping[K, Iterable[K]]) -> list[list[K]]:
    """The strongly connected components of more than one vertex (Kosaraju: forth, then back)."""
    before: dict[K, list[K]] = {v: [] for v in after}
    for v, heads in after.items():
        for head in heads:
            before[head].append(v)
    seen: set[K] = set()
    finished = [v for start in after for v in _reached(start, after, seen)]
    seen.clear()
    parts = [_reached(start, before, seen) for start in reversed(finished)]
    return [part for part in parts if len(part) > 1]


def _reached(start: K, after: Mapping[K, Iterable[K]], seen: set[K]) -> list[K]:
    """What is reached from start and was not seen, each after all that is reached from it."""
    if start in seen:
        return []
    seen.add(start)
    finished = []
    stack = [(start, iter(after[start]))]
    while stack:
        v, heads = stack[-1]
        head = next((w for w in heads if w not in seen), None)
        if head is None:
            finished.append(v)
            stack.pop()
        else:
            seen.add(head)
            stack.append((head, iter(after[head])))
    return finished
