"""What nodes are called: their labels on one line, else the names of variables.

label_text(v)              the label, empty where there is none
named_nodes(locals())      [("a", a), ("w[0]", w[0]), ...]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd.graph import is_node
from autograd.rules.words import kind_of, one_line


def label_text(v: Any) -> str:
    """The label of a node on one line, empty where it ends in a dot: it then names a group only."""
    label = group_text(v)
    return "" if label.endswith(".") else label


def group_text(v: Any) -> str:
    """The label of a node on one line, with the groups of a node that has no name of its own."""
    return one_line(str(getattr(v, "label", "") or ""))


def named_nodes(names: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Nodes by the names of variables, those in a list by name[i]; _names are passed over."""
    if not isinstance(names, Mapping):
        what = kind_of(names)
        raise TypeError(f"names says which name is which node, as names=locals() does, got {what}")
    found = []
    for name, x in names.items():
        if name.startswith("_"):
            continue
        name = one_line(name)
        if isinstance(x, (list, tuple)):
            found += [(f"{name}[{i}]", item) for i, item in enumerate(x) if is_node(item)]
        elif is_node(x):
            found.append((name, x))
    return found
