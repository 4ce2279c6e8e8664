"""Levels of detail: a graph with its groups folded, so that it has no more nodes than one can read.

    folding = Folding([root])
    folding.at("layers", ["layers[0]"])        a FoldedGraph; folding.by_size() chooses a level
    folding.around("layers[0]")                one group open, what stands around it folded

A *group* is what shares a label up to a dot, at every depth of dots.  A *level* says what folds:

    layers        every outermost group
    neurons       every innermost group that gives one thing; elsewhere a result takes in the
                  variables that it alone uses, if they are of its group
    operations    nothing

What lies between two members of a group is in it too, and so is a result in no group whose weights
are one.  Groups of which each feeds the other stay open: a folded graph has no cycle.  All this
works on any nodes that have `data`, `grad`, `parents` and `local_derivatives`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from operator import attrgetter
from typing import Any, get_args

from autograd.graph import groups_of, is_constant, topological_order
from autograd.walks import Edge
from viz.folding.graph import Detail, FoldedEdge, FoldedGraph, FoldedNode, is_variable
from viz.folding.knots import knots
from viz.folding.names import group_text, named_nodes
from viz.folding.runs import Rest, rests

DETAILS: tuple[Detail, ...] = get_args(Detail)  # coarsest first
ROUNDING = 2.0**-50  # of the terms of a sum
NODES, EDGES = 40, 80  # a graph with more folds, where nobody says how much to show
MANY = 3  # so many groups beside an open one are told by their number

Key = Any  # of what hides a node: the name of a group, the rest of a sum, or a node


class _Vertex:
    """Something with parents, and nothing else that the order of a graph asks for."""

    local_derivatives = ()

    def __init__(self, key: Key, parents: Sequence[Any]) -> None:
        self.key = key
        self.parents = parents


def nodes_below(roots: Sequence[Any]) -> list[Any]:
    """The nodes that the roots were made from, and the roots, inputs first, each once."""
    return topological_order(_Vertex(None, roots))[:-1]


class Folding:
    """The graph below some roots, to be had at every level.

    `names` names nodes without a label, as does `labels`, by node; `constants` shows constants as
    nodes; `gradients` says the gradient of a node, its `.grad` unless told otherwise; `order` are
    the nodes, inputs first, where they are known; `groups` are those of nodes whose labels do not
    tell them, from outside in.
    """

    def __init__(
        self,
        roots: Sequence[Any],
        *,
        names: Mapping[str, Any] | None = None,
        labels: Mapping[Any, str] | None = None,
        constants: bool = False,
        gradients: Callable[[Any], float] = attrgetter("grad"),
        order: Sequence[Any] | None = None,
        groups: Mapping[Any, Sequence[str]] | None = None,
    ) -> None:
        order = nodes_below(roots) if order is None else order
        self.roots = dict.fromkeys(roots)
        self.gradient = gradients
        self.shown = [v for v in order if constants or v in self.roots or not is_constant(v)]
        given = labels or {}
        self.labels = {v: group_text(v) or given.get(v, "") for v in self.shown}
        for name, v in named_nodes(names or {}):
            if v in self.labels and self.labels[v][-1:] in ("", "."):
                self.labels[v] += name
        self.consumers: dict[Any, list[Edge]] = {v: [] for v in self.shown}
        for v in self.shown:
            for k, parent in enumerate(v.parents):
                if parent in self.consumers:
                    self.consumers[parent].append((v, k))
        same: dict[str, str] = {}  # one text for each group: what hides nodes goes by identity
        labelled = {v: groups_of(self.labels[v]) for v in self.shown}
        told = labelled if groups is None else {**labelled, **groups}
        self.groups: dict[Any, list[str]] = {
            v: [same.setdefault(group, group) for group in told[v]] for v in self.shown
        }
        self.invented = same.keys() - {group for around in labelled.values() for group in around}
        self._join_constants()
        self._join_between()
        self._join_weights()
        self.members = self._members()

    def _members(self) -> dict[str, list[Any]]:
        """The nodes of each group, inputs first."""
        members: dict[str, list[Any]] = {}
        for v in self.shown:
            for group in self.groups[v]:
                members.setdefault(group, []).append(v)
        return members

    # ---- groups of nodes whose labels tell none --------------------------------------------------

    def _join_constants(self) -> None:
        """A constant without a label belongs to what alone uses it."""
        for v in self.shown:
            around = [self.groups[c] for c, _ in self.consumers[v]]
            alone = around and all(groups == around[0] for groups in around)
            if alone and is_constant(v) and not self.labels[v]:
                self.groups[v] = around[0]

    def _join_between(self) -> None:
        """What lies between two members of a group belongs to it; of several to the innermost."""
        chains = {groups[-1]: groups for groups in self.groups.values() if groups}
        for *outer, _ in list(chains.values()):
            for i, group in enumerate(outer):
                chains.setdefault(group, outer[: i + 1])
        names = sorted(chains, key=lambda group: len(chains[group]))
        bit = {group: 1 << i for i, group in enumerate(names)}
        own = {v: sum([bit[group] for group in self.groups[v]]) for v in self.shown}
        above: dict[Any, int] = {}  # the groups of a node and of all that it is made from
        for v in self.shown:
            above[v] = own[v]
            for p in v.parents:
                above[v] |= above.get(p, 0)
        below: dict[Any, int] = {}  # and of all that is made from it
        for v in reversed(self.shown):
            below[v] = own[v]
            for c, _ in self.consumers[v]:
                below[v] |= below[c]
        for v in self.shown:
            around = above[v] & below[v] & ~own[v] if v.parents else 0
            while around:
                chain = chains[names[around.bit_length() - 1]]
                if chain[: len(self.groups[v])] == self.groups[v]:
                    self.groups[v] = chain
                    break
                around ^= bit[chain[-1]]

    def _join_weights(self) -> None:
        """A result in no group belongs to one that is nothing but variables that it alone uses."""
        members = self._members()
        for v in self.shown:
            if v.parents and not self.groups[v]:
                own = [p for p in dict.fromkeys(v.parents) if self._is_private(p, v)]
                chain = next((self.groups[p] for p in own if self.groups[p]), [])
                if len(own) > 1 and chain and set(own).issuperset(members[chain[-1]]):
                    self.groups[v] = chain

    def _is_private(self, p: Any, v: Any) -> bool:
        """Whether p is a variable that nothing but v uses."""
        edges = self.consumers.get(p, ())
        return bool(edges) and is_variable(p) and all(c is v for c, _ in edges)

    # ---- levels ----------------------------------------------------------------------------------

    def by_size(self, unfolded: Iterable[str] = ()) -> FoldedGraph:
        """The finest level that is easily read; the coarsest where some group is to be unfolded."""
        unfolded = tuple(unfolded)
        if unfolded:
            return self.at("layers", unfolded)
        graph = self.at("operations")
        for detail in reversed(DETAILS) if self.members else ():
            graph = self.at(detail)
            if len(graph.nodes) <= NODES and len(graph.edges) <= EDGES:
                break
        return graph if len(graph.nodes) <= NODES else self.at(graph.detail, short=True)

    def at(
        self, detail: Detail, unfolded: Iterable[str] = (), *, short: bool = False
    ) -> FoldedGraph:
        """The graph at a level, some groups unfolded all the same, and those that they are in.

        `short` leaves out most of the terms of wide sums.
        """
        wanted = self._and_around(unfolded)
        opened = wanted | {group for group in self.members if self._shows(detail, group)}
        behind = self._taken_in(opened, wanted) if detail == "neurons" else {}
        return self._folded(detail, opened, behind, short)

    def around(self, group: str) -> FoldedGraph:
        """A group open one level, all else folded: many groups beside it are one node, or two.

        Where all that it shows is one group, that is open too.
        """
        members = self.members[group]
        alone = [
            inner for inner in self.groups[members[0]] if len(self.members[inner]) == len(members)
        ]
        opened = self._and_around([group, *alone])
        beside = self._beside(group)
        opened |= {inner for inner, members in self.members.items() if len(members) == 1}
        graph = self._folded("layers", set(opened), dict(beside), False)
        return graph if len(graph.nodes) <= NODES else self._folded("layers", opened, beside, True)

    def _beside(self, group: str) -> dict[Any, Rest]:
        """Nodes beside a group, in the groups around it, with the rest that hides them.

        What is made from the group is one rest and all else another, so that there is no circle.
        """
        found: dict[Any, Rest] = {}
        for inner in [*groups_of(group), group]:
            scope = groups_of(inner)[-1:]
            if not (scope or inner in self.invented):
                continue  # what stands beside an outermost group is seen
            around = set(groups_of(inner))
            keys = {v: self._key(v, {}, around) for v in self.shown}
            after = self._made_from(inner, keys)
            sides: dict[bool, dict[Key, list[Any]]] = {False: {}, True: {}}
            inside = set(self.members[inner])
            for v in self.members[scope[0]] if scope else self.shown:
                if v not in inside:
                    sides[keys[v] in after].setdefault(keys[v], []).append(v)
            for is_after, siblings in sides.items():
                if len(siblings) >= MANY:
                    word = "after" if is_after else "before" if sides[True] else "others"
                    rest = Rest(".".join([*scope, f"{len(siblings):,} {word}"]))
                    found |= {v: rest for members in siblings.values() for v in members}
        return found

    def _made_from(self, group: str, keys: Mapping[Any, Key]) -> set[Key]:
        """All that hides something that is made, by some way, from a folded group."""
        after = self._after(keys)
        found: set[Key] = set()
        waiting = [keys[self.members[group][0]]]
        for key in waiting:
            new = [head for head in after[key] if head not in found]
            found.update(new)
            waiting += new
        return found

    def _folded(
        self, detail: Detail, opened: set[str], behind: dict[Any, Key], short: bool
    ) -> FoldedGraph:
        """The graph with these groups open; what would make a circle is opened too."""
        intertwined: list[str] = []
        while True:
            keys = {v: self._key(v, behind, opened) for v in self.shown}
            hiding = behind or len(opened) < len(self.members)
            tangled = knots(self._after(keys)) if hiding else []
            if not tangled:
                if short:
                    seen = [v for v, key in keys.items() if key is v]
                    keys |= rests(seen, self.roots, self.consumers, self.labels, self.groups)
                return self._graph(detail, keys, opened, intertwined)
            knotted = dict.fromkeys(key for knot in tangled for key in knot)
            rested = [v for v, key in behind.items() if isinstance(key, Rest) and key in knotted]
            for v in rested:
                del behind[v]
            if not rested:
                folded = [key for key in knotted if isinstance(key, str)]
                opened.update(folded)
                intertwined += folded

    # ---- what folds ------------------------------------------------------------------------------

    def _and_around(self, names: Iterable[str]) -> set[str]:
        """Groups by their names, and those around them."""
        found: set[str] = set()
        for name in names:
            if name not in self.members:
                known = ", ".join(sorted(self.members)[:12]) or "none, since no label has a dot"
                raise ValueError(
                    f"open takes names of groups, and {name!r} is none of this graph's: {known}"
                )
            found.update([*groups_of(name), name])
        return found

    def _shows(self, detail: Detail, group: str) -> bool:
        """Whether a level shows what is in a group."""
        members = self.members[group]
        if detail == "operations" or len(members) == 1:
            return True
        if detail == "layers":
            return False
        is_around_others = any(self.groups[v][-1] != group for v in members)
        return is_around_others or len({self.labels[v] for v in self._outputs(members)}) > 1

    def _outputs(self, members: Sequence[Any]) -> list[Any]:
        """Those from which something outside is made, and the roots."""
        inside = set(members)
        return [
            v
            for v in members
            if v in self.roots or any(c not in inside for c, _ in self.consumers[v])
        ]

    def _taken_in(self, opened: set[str], wanted: set[str]) -> dict[Any, Key]:
        """Variables that one result alone uses, with that result, where all are of one group."""
        found: dict[Any, Key] = {}
        for v in self.shown:
            groups = self.groups[v]
            if v.parents and groups and opened.issuperset(groups) and groups[-1] not in wanted:
                own = [
                    p
                    for p in dict.fromkeys(v.parents)
                    if self._is_private(p, v) and self.groups[p] == groups
                ]
                if len(own) > 1:
                    found.update(dict.fromkeys(own, v))
        return found

    def _key(self, v: Any, behind: Mapping[Any, Key], opened: set[str]) -> Key:
        """What hides a node: another one that it stands behind, a group, or the node itself."""
        first = next((group for group in self.groups[v] if group not in opened), v)
        return behind.get(v, first)

    def _after(self, keys: Mapping[Any, Key]) -> dict[Key, dict[Key, None]]:
        """The edges between what hides nodes."""
        after: dict[Key, dict[Key, None]] = {key: {} for key in keys.values()}
        for v, edges in self.consumers.items():
            key = keys[v]
            heads = after[key]
            for c, _ in edges:
                head = keys[c]
                if head is not key:
                    heads[head] = None
        return after

    # ---- the graph that is left ------------------------------------------------------------------

    def _graph(
        self, detail: Detail, keys: Mapping[Any, Key], opened: set[str], intertwined: list[str]
    ) -> FoldedGraph:
        hides: dict[Key, list[Any]] = {}
        for v in self.shown:
            hides.setdefault(keys[v], []).append(v)
        order = list(hides) if len(hides) == len(keys) else self._order(hides, keys)
        nodes = tuple([self._node(key, hides[key], opened) for key in order])
        edges = self._edges(nodes, {key: i for i, key in enumerate(order)}, keys)
        groups = tuple(sorted(self.members))
        return FoldedGraph(detail, nodes, edges, groups, tuple(sorted(intertwined)))

    def _order(self, hides: Mapping[Key, Sequence[Any]], keys: Mapping[Any, Key]) -> list[Key]:
        """What hides nodes, inputs first."""
        vertices = {key: _Vertex(key, []) for key in hides}
        for key, vertex in vertices.items():
            parents = [keys[p] for v in hides[key] for p in v.parents if p in keys]
            vertex.parents = [vertices[p] for p in dict.fromkeys(parents) if p is not key]
        return [vertex.key for vertex in nodes_below([vertices[keys[v]] for v in self.roots])]

    def _node(self, key: Key, hides: Sequence[Any], opened: set[str]) -> FoldedNode:
        is_group = isinstance(key, (str, Rest))
        inside, outputs = set(hides), self._outputs(hides)
        inputs = [p for v in hides for p in v.parents if p in self.labels and p not in inside]
        groups = groups_of(key) if isinstance(key, str) else self._shared(hides)
        frames = [group for group in groups if group in opened]
        name = key if isinstance(key, str) else self.labels[hides[-1]]
        name = key.name if isinstance(key, Rest) else name
        arriving = [
            self._flow(c, k) for v in outputs for c, k in self.consumers[v] if c not in inside
        ]
        return FoldedNode(
            "" if name.endswith(".") else name,  # which names a group and no node
            frames[-1] if frames else "",
            is_group,
            tuple(hides),
            tuple(dict.fromkeys(inputs)),
            tuple(outputs),
            added([*map(self._seed, outputs), *arriving]) if is_group else self.gradient(key),
        )

    def _shared(self, hides: Sequence[Any]) -> list[str]:
        """The groups that all of these are in."""
        first, *others = [self.groups[v] for v in hides]
        return [group for group in first if all(group in groups for groups in others)]

    def _edges(
        self, nodes: Sequence[FoldedNode], place: Mapping[Key, int], keys: Mapping[Any, Key]
    ) -> tuple[FoldedEdge, ...]:
        """Edges between groups are one; what joins two nodes stays as it is, parallel or not."""
        found = []
        for head, node in enumerate(nodes):
            bundles: dict[Any, list[Edge]] = {}
            for v in node.hides:
                for k, p in enumerate(v.parents):
                    tail = place[keys[p]] if p in keys else head
                    if tail != head:
                        alone = not (node.is_group or nodes[tail].is_group)
                        bundles.setdefault((tail, v, k) if alone else tail, []).append((v, k))
            slopes = self._slopes(node) if bundles else {}
            for edges in bundles.values():
                tails = {v.parents[k] for v, k in edges}
                derivative = None
                if slopes and len(tails) == 1:
                    derivative = sum(slopes[v] * v.local_derivatives[k] for v, k in edges)
                (v, k), *_ = edges
                flow = added([self._flow(v, k) for v, k in edges])
                found.append(
                    FoldedEdge(place[keys[v.parents[k]]], head, tuple(edges), flow, derivative)
                )
        return tuple(found)

    def _slopes(self, node: FoldedNode) -> dict[Any, float]:
        """d output / d member inside of a node, empty where it has not one output."""
        if len(node.outputs) != 1:
            return {}
        slopes = dict.fromkeys(node.hides, 0.0)
        slopes[node.outputs[0]] = 1.0
        for v in reversed(node.hides):
            for parent, derivative in zip(v.parents, v.local_derivatives):
                if parent in slopes:
                    slopes[parent] += slopes[v] * derivative
        return slopes

    def _flow(self, v: Any, k: int) -> float:
        """What flows on one edge: gradient times local derivative."""
        return float(self.gradient(v) * v.local_derivatives[k])

    def _seed(self, v: Any) -> float:
        """The part of a root's gradient that nothing sends it; 0 for other nodes."""
        if v not in self.roots:
            return 0.0
        return float(self.gradient(v) - sum(self._flow(c, k) for c, k in self.consumers[v]))


def added(terms: Sequence[float]) -> float:
    """The sum; 0 where all that is left of terms that cancel is what rounding did to them."""
    total = sum(terms)
    return 0.0 if isfinite(total) and abs(total) <= ROUNDING * sum(map(abs, terms)) else total
