"""Derivatives that can be differentiated again: the rules of the table, run on Values.

    dx = derivatives(y, x)           a Value: dx.backward(), derivatives(dx, x), draw(dx) all work
    dx, dw = derivatives(y, [x, w])

The pass is the one of `backward`, with each local derivative recorded in place of its number.
Sits on Value; the functions of `functional`, the checker and the explanations use it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from math import isnan

from autograd.graph import StaleGraphError, is_constant, topological_order
from autograd.higher.folding import Folding, number
from autograd.higher.freshness import require_fresh, same, stale
from autograd.rules.language import Operation
from autograd.rules.words import describe_type, real
from autograd.value import Value, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload


class Term(Folding):
    """A Value in a derivative: rules run on it, and what does not fold is recorded as a node."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def data(self) -> float:
        return self.value.data

    @classmethod
    def make(cls, operation: Operation, operands: Sequence[Any]) -> Term:
        nodes = [x.value if isinstance(x, Term) else x for x in operands]
        if not isinstance(nodes[0], Value):
            nodes[0] = constant(nodes[0])
        return Term(Value._record(operation, nodes))


if TYPE_CHECKING:

    @overload
    def derivatives(root: Value, wrt: Value) -> Value: ...
    @overload
    def derivatives(root: Value, wrt: Iterable[Value]) -> list[Value]: ...


def derivatives(root: Value, wrt: Value | Iterable[Value]) -> Value | list[Value]:
    """d root / d node as a Value for the node or nodes in `wrt`; constant(0.0) where not reached.

    StaleGraphError where the data of a leaf was changed after the graph was recorded, TypeError
    where an operation has no formula.  Touches no gradient.
    """
    wanted = [wrt] if isinstance(wrt, Value) else list(wrt)
    for v in (root, *wanted):
        if not isinstance(v, Value):
            raise TypeError(f"derivatives needs Values, got {describe_type(v)}")
    order = topological_order(root)
    moving = {v for v in wanted if not is_constant(v)}  # and then what moves with these
    for v in order:
        if any(p in moving for p in v.parents):
            moving.add(v)
    sums: dict[Value, Any] = {root: 1.0}
    for v in reversed(order):
        if v in moving and v.parents:
            gradient = sums[v]
            for parent, derivative in zip(v.parents, local_derivatives(v, moving)):
                if parent in moving:
                    amount = gradient * derivative
                    sums[parent] = sums[parent] + amount if parent in sums else amount
    found = [as_value(0.0 if is_constant(v) else sums.get(v, 0.0)) for v in wanted]
    return found[0] if isinstance(wrt, Value) else found


def push(roots: Sequence[Value], tangents: Mapping[Value, Any]) -> list[Value]:
    """Forward mode on Values: how fast each root moves, as a Value, with the nodes in `tangents`.

    One pass for all roots; errors as in `derivatives`.
    """
    moving: dict[Any, Any] = {v: as_term(t) for v, t in tangents.items()}
    for v in topological_order(Joint(roots))[:-1]:
        if v in tangents or not any(p in moving for p in v.parents):
            continue
        tangent: Any = 0.0
        for parent, derivative in zip(v.parents, local_derivatives(v, moving)):
            if parent in moving:
                tangent = tangent + derivative * moving[parent]
        moving[v] = tangent
    return [as_value(moving.get(root, 0.0)) for root in roots]


class Joint:
    """A node above several roots, so that one pass goes through all of them."""

    __slots__ = ("local_derivatives", "parents")

    def __init__(self, roots: Sequence[Any]) -> None:
        self.parents = tuple(roots)
        self.local_derivatives = (0.0,) * len(roots)


def local_derivatives(v: Value, moving: Container[Any]) -> tuple[Any, ...]:
    """The local derivatives of a node, by its rules run on Values; 0.0 for what stands still.

    Each is a Term, or a number where it depends on no variable.
    """
    require_fresh(v)
    operation: Any = v.op
    xs = tuple([p.data if is_constant(p) else Term(p) for p in v.parents])
    still = [p not in moving for p in v.parents]
    try:
        found: tuple[Any, ...] = operation.differentiate(xs, Term(v), still)
        numbers = [number(d) for d in found]
    except (AttributeError, TypeError) as error:
        raise TypeError(
            f"operation {operation.name!r} has no formula, only a first derivative: its partial "
            f"rule is an arbitrary Python function ({error}); written in the language of rules "
            "it would have derivatives of every order"
        ) from None
    for d, recorded, stands in zip(numbers, v.local_derivatives, still):
        if not (stands or isnan(recorded) or same(d, recorded)):
            raise StaleGraphError(stale(v, "a local derivative of ", recorded, d))
    return found


def as_term(x: Any) -> Any:
    """A Value as a Term, a constant or a number as a number."""
    if not isinstance(x, Value):
        return real(x, "a tangent")
    return x.data if is_constant(x) else Term(x)


def as_value(x: Any) -> Value:
    """The Value of a Term; a number as a constant."""
    return x.value if isinstance(x, Term) else constant(x)
