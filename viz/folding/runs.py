"""Wide sums made short: of many terms that are alike, the first two, how many more, and the last.

w[0]  w[1]  w[2] … w[98] (97 of them)  w[99]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from autograd.walks import Edge

LONG = 8  # so many terms in a row that are alike are too many
FIRST, LAST = 2, 1  # of them are shown
DEPTH = 3  # of a term that is looked at

Consumers = Mapping[Any, Sequence[Edge]]


@dataclass(frozen=True, eq=False)
class Rest:
    """Terms that are not shown, as one node: its name in full."""

    name: str


@dataclass(frozen=True)
class _Term:
    """An operand with all that serves it alone: what they look like, and the nodes."""

    shape: tuple[Any, ...]
    members: tuple[Any, ...]


def rests(
    nodes: Sequence[Any],
    roots: Iterable[Any],
    consumers: Consumers,
    labels: Mapping[Any, str],
    groups: Mapping[Any, Sequence[str]],
) -> dict[Any, Rest]:
    """For each node that a long run hides, the rest that it is part of.

    Of `nodes`, all of them to be seen, may be hidden what one term alone uses, but no root.
    """
    found: dict[Any, Rest] = {}
    free = {*nodes}.difference(roots)
    for v in nodes:
        if len(v.parents) < LONG:
            continue
        terms = [_term(p, consumers, DEPTH) if p in free else None for p in v.parents]
        alike = [
            (term.shape, labels[p].rpartition("[")[0], [groups[m] for m in term.members])
            if term
            else i
            for i, (p, term) in enumerate(zip(v.parents, terms))
        ]
        for _, places in groupby(range(len(terms)), key=alike.__getitem__):
            hidden = [terms[i] for i in places][FIRST:-LAST]
            members = [m for term in hidden if term for m in term.members]
            if len(hidden) >= LONG - FIRST - LAST and free.issuperset(members):
                rest = Rest(_name([labels[t.members[-1]] for t in hidden if t]))
                found.update(dict.fromkeys(members, rest))
    return found


def _term(p: Any, consumers: Consumers, depth: int) -> _Term | None:
    """The term that p is, None where something else uses it too or where it is deep."""
    if len(consumers[p]) != 1 or not depth:
        return None
    shape: list[Any] = [getattr(getattr(p, "op", None), "name", "")]
    members: list[Any] = []
    for q in p.parents:
        if q not in consumers:
            shape.append("constant")
            continue
        below = _term(q, consumers, depth - 1)
        if below is None and len(consumers[q]) == 1:
            return None
        shape.append(below.shape if below else "shared")
        members += below.members if below else ()
    return _Term(tuple(shape), (*members, p))


def _name(labels: Sequence[str]) -> str:
    """The first and the last, or how many there are where they have no names."""
    first, last = labels[0], labels[-1]
    if not (first and last):
        return f"{len(labels):,} more"
    shared = first.rpartition(".")[0]
    return f"{first} … {last.removeprefix(f'{shared}.') if shared else last}"
