"""The questions that a teacher sets for a page: what is asked, of which node, in which order.

Imports the engine's graph and the labels of nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.graph import is_constant, is_node
from autograd.rules.words import kind_of
from viz.folding.names import label_text

Question = tuple[Any, ...]  # ("grad", v), ("value", v), or ("local", z, x)
KINDS = "grad", "value", "local"
FORMS = '("grad", v), ("value", v) or ("local", y, x)'


def posed(ask: Sequence[Question] | None, place: Mapping[Any, int]) -> list[list[str | int]]:
    """The questions as the page reads them: a kind, the place of a node, and of a local
    derivative the position among its parents.

    TypeError where ask is not made of questions; ValueError where one has no answer here.
    """
    if ask is None:
        return []
    if not isinstance(ask, (list, tuple)):
        raise TypeError(f"explore's ask is a list of questions, {FORMS}, got {kind_of(ask)}")
    if ask and _is_kind(ask[0]):
        raise TypeError(f"explore's ask is a list of questions: write ask=[{_written(ask)}]")
    found: list[list[str | int]] = []
    for question in ask:
        made = _posed(question, place)
        if made in found:
            raise ValueError(f"explore's ask has the question {_written(question)} twice")
        found.append(made)
    return found


def _posed(question: Question, place: Mapping[Any, int]) -> list[str | int]:
    if not isinstance(question, (list, tuple)):
        raise TypeError(f"a question of explore's ask is {FORMS}, got {kind_of(question)}")
    if not question:
        raise TypeError(f"a question of explore's ask is {FORMS}, got an empty one")
    kind, *nodes = question
    if not _is_kind(kind):
        got = repr(kind) if isinstance(kind, str) else kind_of(kind)
        raise ValueError(f"a question of explore's ask is {FORMS}, got the kind {got}")
    wanted = 2 if kind == "local" else 1
    if len(nodes) != wanted:
        number = "two nodes, the result and its operand" if kind == "local" else "one node"
        raise ValueError(f"the question {_written(question)} needs {number}, got {len(nodes)}")
    v, *operand = nodes
    _check_node(question, v, place)
    if kind == "local":
        return [kind, place[v], _position(question, v, operand[0], place)]
    if kind == "grad" and place[v] == len(place) - 1:
        raise ValueError(
            f"the question {_written(question)}: the gradient of the root is 1, the seed, and the "
            "page shows it; ask for another node's"
        )
    if kind == "value" and not v.parents:
        raise ValueError(
            f"the question {_written(question)}: {_name(v)} is a variable, whose value is given; "
            "ask for the value of a result"
        )
    return [kind, place[v]]


def _is_kind(x: Any) -> bool:
    return isinstance(x, str) and x in KINDS


def _check_node(question: Question, v: Any, place: Mapping[Any, int]) -> None:
    """TypeError where v is no node, ValueError where the page has no answer about it."""
    if not is_node(v):
        hint = ": give the Value itself, not its name" if isinstance(v, str) else ""
        raise TypeError(f"the question {_written(question)} needs a node, got {kind_of(v)}{hint}")
    if v not in place:
        raise ValueError(
            f"the question {_written(question)}: {_name(v)} is not in the graph below the root; "
            "was it made anew, after the root was computed?"
        )
    if is_constant(v):
        raise ValueError(
            f"the question {_written(question)}: {_name(v)} is a constant, of which nothing is "
            "asked"
        )


def _position(question: Question, v: Any, x: Any, place: Mapping[Any, int]) -> int:
    """Where x stands among the parents of v; x may be that position."""
    if isinstance(x, int) and not isinstance(x, bool):
        count = len(v.parents)
        if not 0 <= x < count:
            places = f"{count} parents: their positions are 0 to {count - 1}"
            known = {0: "no parents", 1: "one parent: its position is 0"}.get(count, places)
            raise ValueError(f"the question {_written(question)}: {_name(v)} has {known}")
        _check_node(question, v.parents[x], place)
        return x
    _check_node(question, x, place)
    positions = [k for k, p in enumerate(v.parents) if p is x]
    if not positions:
        parents = ", ".join(_name(p) for p in v.parents if not is_constant(p)) or "none"
        raise ValueError(
            f"the question {_written(question)}: no arrow leads from {_name(x)} to {_name(v)}, "
            f"whose parents are {parents}; ask for the local derivative on one arrow, or with "
            '"grad" for how the root moves'
        )
    if len(positions) > 1:
        ways = " or ".join(f'("local", {_name(v)}, {k})' for k in positions)
        raise ValueError(
            f"the question {_written(question)}: {len(positions)} arrows lead from {_name(x)} to "
            f"{_name(v)}, each with a local derivative of its own; ask for one by its position "
            f"among the parents, {ways}"
        )
    return positions[0]


def _name(v: Any) -> str:
    """A node by its label, else as it prints itself."""
    return (is_node(v) and label_text(v)) or repr(v)


def _written(question: Sequence[Any]) -> str:
    """A question as one writes it, nodes by their labels."""
    words = [repr(x) if isinstance(x, (str, int)) else _name(x) for x in question]
    return f"({', '.join(words).replace(chr(39), chr(34))})"
