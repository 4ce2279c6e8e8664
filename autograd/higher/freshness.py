"""Recorded graphs run again: the data of a leaf may have changed since.

    require_fresh(nodes)     are they what their rules would record now?
    recompute(root)          makes them so
    run_again(v, xs)         one node on other operands, as the checks move them

Sits on Value; whoever runs rules again does so here.
"""

from __future__ import annotations

from math import isnan

from autograd.graph import StaleGraphError, is_constant, topological_order
from autograd.rules.language import Operation
from autograd.rules.symbols import Undecided
from autograd.rules.words import check_data, kind_of, real, shortest
from autograd.value import Value
from autograd.walks import abridged, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


def require_fresh(nodes: Iterable[Any]) -> None:
    """StaleGraphError unless the operation of each of these nodes gives now what it recorded."""
    for v in nodes:
        if not v.parents or isinstance(v, Undecided):
            continue
        if not isinstance(getattr(v, "op", None), Operation):
            raise TypeError(
                f"a ready-made root of {type(v).__name__} nodes cannot be run again: "
                "give the function that makes it, and its inputs"
            )
        now = run_again(v, tuple([p.data for p in v.parents]))
        if now != v.data and not same(now, v.data):
            raise StaleGraphError(stale(v, "", v.data, now))


def run_again(v: Any, xs: tuple[float, ...]) -> float:
    """What the row of a node gives on these operands."""
    try:
        return v.op.evaluate(xs, v.parents)  # type: ignore[no-any-return]  # v is any node
    except TypeError as error:  # perhaps for what somebody assigned to .data
        for p in v.parents:
            check_data(p, error)
        raise


def recompute(root: Value | Sequence[Value]) -> None:
    """Renew data and local derivatives of all that a root, or a list of them, was made from.

    They are pinned when a node is recorded; after the data of leaves was assigned, this runs every
    row once more, inputs first, and the graph is what the same operations would record now.  The
    answer of a comparison is a constant of the graph and stays what it was.  Gradients are left
    alone: call `zero_grad` and `backward` for new ones.

    An error where a row has no value, or a node has no row to be run by, names the node; then
    nothing was changed.

    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> x.data = 4.0
    >>> recompute(y)
    >>> y.data, y.local_derivatives
    (16.0, (4.0, 4.0))
    """
    seen: set[Any] = set()
    roots = root if isinstance(root, (list, tuple)) else [root]
    order = [v for one in roots for v in topological_order(one, seen)]
    data: dict[Any, float] = {}
    slopes: dict[Any, tuple[float, ...]] = {}
    for v in order:
        try:
            if v.parents:
                data[v], slopes[v] = _renewed(v, tuple([data[p] for p in v.parents]))
            else:
                data[v] = real(v.data, "its data")
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise type(error)(f"recompute stops at {_place(v)}: {error}") from None
    for v, derivatives in slopes.items():
        v.data, v.local_derivatives = data[v], derivatives


def _renewed(v: Any, xs: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    """Data and local derivatives of a node on these operands."""
    if not (isinstance(v, Value) and isinstance(v.op, Operation)):
        raise TypeError(
            f"{kind_of(v)} that no row of the table made cannot be run again: build the graph again"
        )
    z = run_again(v, xs)
    if v.op.chooses is not None:
        at = v.op.chooses(*xs)
        if at not in range(len(xs)) or at in v.op.selectors(len(xs)):
            raise IndexError(f"{v.op.name} has no operand at {shortest(at)} to choose")
    return z, v.op.differentiate(xs, z, [is_constant(p) for p in v.parents])


def _place(v: Any) -> str:
    """A node in a message, whatever its data is."""
    return shown(v) if v.parents or getattr(v, "label", "") else "a leaf"


def same(a: float, b: float) -> bool:
    """Whether two numbers are equal, or both NaN."""
    return a == b or (isnan(a) and isnan(b))


def stale(v: Any, what: str, recorded: float, now: float) -> str:
    """What to say of a node that recorded one number and gives another."""
    leaves = [p for p in v.parents if not p.parents and not is_constant(p)]
    changed = " or ".join(abridged([repr(p) for p in dict.fromkeys(leaves or v.parents)], 4))
    return (
        f"{what}{v.op.name} recorded {shortest(recorded)} and gives {shortest(now)} now: "
        f"the data of {changed} was changed; build the graph again, or recompute(root)"
    )
