"""Is a recorded graph what its rules would record now?  The data of a leaf may have changed since.

Imports the bottom of the engine; whoever runs rules again asks here first.
"""

from __future__ import annotations

from math import isnan

from autograd.graph import StaleGraphError, is_constant
from autograd.rules.language import Operation
from autograd.rules.words import check_data, shortest
from autograd.walks import abridged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def require_fresh(nodes: Iterable[Any]) -> None:
    """StaleGraphError unless the operation of each of these nodes gives now what it recorded."""
    for v in nodes:
        if not v.parents:
            continue
        operation = getattr(v, "op", None)
        if not isinstance(operation, Operation):
            raise TypeError(
                f"a ready-made root of {type(v).__name__} nodes cannot be run again: "
                "give the function that makes it, and its inputs"
            )
        try:
            now = operation.evaluate(tuple([p.data for p in v.parents]), v.parents)
        except TypeError as error:  # perhaps for what somebody assigned to .data
            for p in v.parents:
                check_data(p, error)
            raise
        if now != v.data and not same(now, v.data):
            raise StaleGraphError(stale(v, "", v.data, now))


def same(a: float, b: float) -> bool:
    """Whether two numbers are equal, or both NaN."""
    return a == b or (isnan(a) and isnan(b))


def stale(v: Any, what: str, recorded: float, now: float) -> str:
    """What to say of a node that recorded one number and gives another."""
    leaves = [p for p in v.parents if not p.parents and not is_constant(p)]
    changed = " or ".join(abridged([repr(p) for p in dict.fromkeys(leaves or v.parents)], 4))
    return (
        f"{what}{v.op.name} recorded {shortest(recorded)} and gives {shortest(now)} now: "
        f"the data of {changed} was changed; build the graph again"
    )
