"""What a model does with one example, as a graph: its outputs, and what its parts are called.

    run = Run(model, [0.5, -1.0])
    Folding(run.outputs, labels=run.labels)

A model is what has parameters and can be called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd import Value
from autograd.graph import groups_of, is_node
from autograd.rules.words import is_real, kind_of
from viz.folding.levels import nodes_below
from viz.folding.names import group_text


def is_model(x: Any) -> bool:
    """Whether x has parameters and can be called."""
    return callable(x) and hasattr(x, "parameters") and not is_node(x)


class Run:
    """A model called on one example; `labels` are for the nodes that it leaves without.

    Numbers of the example become variables x[0], x[1], ...  A parameter is called by its place in
    the model, as `layers[0].neurons[1].w[2]`; a result is in the groups of its parameters, and
    where it has none in those of what it is made from.
    """

    def __init__(self, model: Any, x: Any) -> None:
        self.labels = parameter_names(model)
        self._parameters = set(self.labels)
        outputs = model(self._example(x))
        self.outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        for z in self.outputs:
            if not is_node(z):
                raise TypeError(
                    f"this {type(model).__name__} gives {kind_of(z)} for the example: a picture "
                    "shows what it computes where that is a Value, or a list of them"
                )
        self._label_results()

    def _example(self, x: Any) -> Any:
        """The example with variables for its numbers."""
        if is_real(x):
            return Value(x, "x")
        if isinstance(x, Mapping) or not isinstance(x, Iterable):
            return x
        example = [Value(v, f"x[{i}]") if is_real(v) else v for i, v in enumerate(x)]
        self.labels.update({v: f"x[{i}]" for i, v in enumerate(example) if is_node(v)})
        return example

    def _label_results(self) -> None:
        groups: dict[Any, list[str]] = {}
        for v in nodes_below(self.outputs):
            label = group_text(v) or self.labels.get(v, "")
            groups[v] = groups_of(label)
            if v.parents and not label:
                own = [groups[p] for p in v.parents if p in self._parameters]
                groups[v] = _shared(own or [groups[p] for p in v.parents if groups[p]])
                if groups[v]:
                    self.labels[v] = f"{groups[v][-1]}."


def _shared(chains: list[list[str]]) -> list[str]:
    """The groups, outermost first, that all nodes are in."""
    if not chains:
        return []
    return [group for group in chains[0] if all(group in chain for chain in chains)]


def parameter_names(model: Any) -> dict[Any, str]:
    """The parameters of a model, each with its place in it."""
    given = model.parameters() if callable(model.parameters) else model.parameters
    named = getattr(model, "named_parameters", None)
    places = dict(named()).items() if callable(named) else _parts(model, "", set())
    found: dict[Any, str] = {}
    for name, v in places:
        found.setdefault(v, name)
    return {p: found.get(p, f"parameters[{i}]") for i, p in enumerate(given) if is_node(p)}


def _parts(item: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The nodes in a model, in lists, dicts and models in it, each with its place."""
    if is_node(item):
        yield name, item
    elif id(item) not in seen:
        seen.add(id(item))
        inside: list[tuple[str, Any]] = []
        if isinstance(item, (list, tuple)):
            inside = [(f"{name}[{i}]", part) for i, part in enumerate(item)]
        elif isinstance(item, dict):
            inside = [(f"{name}[{key!r}]", part) for key, part in item.items()]
        elif hasattr(item, "parameters"):
            around = f"{name}." if name else ""
            inside = [
                (around + key, part) for key, part in vars(item).items() if not key.startswith("_")
            ]
        for place, part in inside:
            yield from _parts(part, place, seen)
