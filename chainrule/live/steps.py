"""The page of steps in two parts: a document that is always the same, and a graph put into it.

    document()          runs scripts of ours and nothing else, whatever graph is put into it
    graph_of(run)       what Python gives it: data

So it can compute the rows of the table, each up to some number of operands, and no row of the
text's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from autograd import OPERATIONS
from autograd.rules.language import NaryOperation, Operation
from chainrule.live.running import Run
from viz import explore
from viz.page.javascript import functions, read
from viz.page.page import explorer, filled

WIDE, WEIGHTED = 17, 65  # operands of a row that takes any number; where half of them are weights
GRAPH = re.compile(r'<script type="application/json" id="data">(.*?)</script>')


def _counts(row: Operation) -> Iterator[int]:
    """The numbers of operands with which the page can compute a row."""
    if not isinstance(row, NaryOperation):
        return iter([len(row.partials)])
    return filter(row.takes, range(1, (WEIGHTED if row.weights else WIDE) + 1))


ROWS = {(row.name, count): row for row in OPERATIONS.values() for count in _counts(row)}


def document() -> str:
    """The page, with {{title}} and {{graph}} to be filled in."""
    arithmetic = functions((row, count) for (_, count), row in ROWS.items())
    parts = explorer(arithmetic, "", {}) | {"title": "{{title}}", "graph": "{{graph}}"}
    return filled(read("page.html"), parts)


def graph_of(run: Run) -> dict[str, Any]:
    """The graph of a run, with its title, and why the page cannot compute it where it cannot."""
    page = explore(run.root, names=run.namespace)
    graph: dict[str, Any] = json.loads(GRAPH.findall(page.html)[0])
    return graph | {"blame": graph["blame"] or _blame(run)}


def _blame(run: Run) -> str:
    """Why the page has no arithmetic for this graph."""
    for v in run.order:
        row = getattr(v, "op", None)
        if not v.parents or not isinstance(row, Operation):
            continue
        if ROWS.get((row.name, len(v.parents))) is not row:
            if OPERATIONS.get(row.name) is not row:
                return f"this page computes the rows of the table, and {row.name} is another"
            most = max(count for name, count in ROWS if name == row.name)
            return f"this page computes {row.name} of up to {most} operands, not {len(v.parents)}"
    return ""
