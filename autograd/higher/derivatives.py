"""Derivatives that can be differentiated again: the rules of the table, run on Values.

    dx = derivatives(y, x)           a Value: dx.backward(), derivatives(dx, x), draw(dx) all work
    dx, dw = derivatives(y, [x, w])

The pass is the one of `backward`, with each local derivative recorded in place of its number.
At an edge a derivative is its limit or NaN; at a kink the convention of the first (abs 0, relu 0,
ties of maximum shared) goes on to those of higher order.
Sits on Value; the functions of `functional`, the checker and the explanations use it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from math import isnan, nan
from operator import itemgetter

from autograd.copying import held_by_graph_alone
from autograd.graph import StaleGraphError, is_constant, topological_order
from autograd.higher.folding import Folding, is_number, number
from autograd.higher.freshness import require_fresh, same, stale
from autograd.operations import mul, sumprod
from autograd.rules.language import Operation
from autograd.rules.symbols import Undecided
from autograd.rules.words import describe_type, real
from autograd.value import CONSTANT, Value, constant, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload


first, second = itemgetter(0), itemgetter(1)
number_of = vars(Value)["data"].__get__  # of a Value that is traced too


# a number that is right where x stands, and of which nothing is known beside: no row of the table
ISOLATED = Operation(
    "isolated", lambda a, x: a, lambda a, x, z: 1.0, lambda a, x, z: nan, registered=False
)


class Term(Folding):
    """A Value in a derivative: rules run on it, and what does not fold is recorded as a node."""

    __slots__ = ("value",)
    __hash__ = object.__hash__

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def data(self) -> float:
        return number_of(self.value)  # type: ignore[no-any-return]  # a slot holds anything

    @classmethod
    def make(cls, operation: Operation, operands: Sequence[Any]) -> Term:
        nodes = [x.value if isinstance(x, Term) else x for x in operands]
        if not isinstance(nodes[0], Value):
            nodes[0] = constant(nodes[0])
        return term(record(operation, nodes))

    @classmethod
    def choose(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        chosen = operation.compute(operands)
        for x in operands:
            if type(x) is Coincidence:
                chosen = isolated(chosen, x.moving)
        return chosen

    def __eq__(self, y: Any) -> Any:
        return self._coincide(y, True) if self.data == number(y) else False

    def __ne__(self, y: Any) -> Any:
        return self._coincide(y, False) if self.data == number(y) else True

    def _coincide(self, y: Any, answer: bool) -> Any:
        """The answer of an equality that holds: of x == x everywhere, of another here alone."""
        if isinstance(y, Term) and y.value is self.value:
            return answer
        return Coincidence(answer, self - y)


class Coincidence(Term):
    """The answer of an equality that holds where we stand, and nowhere as its two sides move."""

    __slots__ = ("moving",)

    def __init__(self, answer: bool, moving: Any) -> None:
        super().__init__(isolated(float(answer), moving).value)
        self.moving = moving

    def __and__(self, other: Any) -> Any:
        return self._joined(other, bool(self) and bool(other)) if other is not False else False

    def __or__(self, other: Any) -> Any:
        return self._joined(other, bool(self) or bool(other)) if other is not True else True

    __rand__, __ror__ = __and__, __or__

    def _joined(self, other: Any, answer: bool) -> Coincidence:
        moving = self.moving + other.moving if isinstance(other, Coincidence) else self.moving
        return Coincidence(answer, moving)


class OpenTerm(Undecided, Term):
    """A Value that is traced in a derivative: what its number decides is recorded too."""

    __slots__ = ()
    __hash__ = object.__hash__

    @classmethod
    def choose(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        selectors = operation.selectors(len(operands))
        if any(isinstance(operands[i], OpenTerm) for i in selectors):
            return cls.make(operation, operands)
        return operation.compute(operands)

    def __bool__(self) -> bool:
        return bool(self.value)


def term(v: Value) -> Term:
    """A Value as what rules run on."""
    return OpenTerm(v) if isinstance(v, Undecided) else Term(v)


def isolated(x: Any, moving: Any) -> Term:
    """x where we stand, of which nothing is known where `moving` moves."""
    return Term.make(ISOLATED, [x, moving])


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
    wanted = list(wrt) if hasattr(wrt, "__iter__") else [wrt]
    for v in (root, *wanted):
        if not isinstance(v, Value):
            raise TypeError(f"derivatives needs Values, got {describe_type(v)}")
    order = topological_order(root)
    moving = {v for v in wanted if not is_constant(v)}  # and then what moves with these
    for v in order:
        if any(p in moving for p in v.parents):
            moving.add(v)
    if root not in moving and moving:
        variables = [v for v in order if not (v.parents or is_constant(v))]
        if variables and held_by_graph_alone(variables, order, ()):
            raise ValueError(
                f"none of the variables asked for is reached, but {variables[0]!r}, which nobody "
                "has: does the root come from a copy of yours?"
            )
    require_fresh([v for v in order if v in moving])
    sent: dict[Value, list[tuple[Any, Any]]] = {v: [] for v in moving}  # by its consumers
    sent[root] = [(1.0, 1.0)]
    for v in reversed(order):
        if v in moving and v.parents and sent[v]:
            gradient = sum_of_products(sent[v])
            sent[v] = [(gradient, 1.0)]
            for parent, derivative in zip(v.parents, local_derivatives(v, moving)):
                if parent in moving:
                    sent[parent].append((gradient, derivative))
    found = [as_value(sum_of_products(sent.get(v, ()))) for v in wanted]
    return found[0] if isinstance(wrt, Value) else found


def push(roots: Sequence[Value], tangents: Mapping[Value, Any]) -> list[Value]:
    """Forward mode on Values: how fast each root moves, as a Value, with the nodes in `tangents`.

    One pass for all roots; errors as in `derivatives`.
    """
    moving: dict[Any, Any] = {v: as_term(t) for v, t in tangents.items()}
    order = topological_order(Joint(roots))[:-1]
    for v in order:
        if any(p in moving for p in v.parents):
            moving.setdefault(v, 0.0)
    moved = [v for v in order if v in moving and v not in tangents]
    require_fresh(moved)
    for v in moved:
        derivatives = local_derivatives(v, moving)
        moving[v] = sum_of_products(
            [(d, moving[p]) for p, d in zip(v.parents, derivatives) if p in moving]
        )
    return [as_value(moving.get(root, 0.0)) for root in roots]


def sum_of_products(pairs: Iterable[tuple[Any, Any]]) -> Any:
    """x*y + ... of numbers and Terms, from left to right: one node for all that does not fold."""
    start: Any = 0.0
    products: list[tuple[Any, Any]] = []
    for x, y in pairs:
        both = isinstance(x, Term) and isinstance(y, Term)
        folded = None if both else Term.fold(mul, (x, y))
        if folded is None:
            products.append((x, y))
        elif not products:
            start = start + folded
        elif not is_number(folded, 0.0):
            products.append((folded, 1.0))
    if len(products) < 2:
        return sum([x * y for x, y in products], start=start)
    rest = [] if is_number(start, 0.0) else [start]
    return Term.make(sumprod, [*map(first, products), *map(second, products), *rest])


class Joint:
    """A node above several roots, so that one pass goes through all of them."""

    __slots__ = ("local_derivatives", "parents")

    def __init__(self, roots: Sequence[Any]) -> None:
        self.parents = tuple(roots)
        self.local_derivatives = (0.0,) * len(roots)


def local_derivatives(v: Value, moving: Container[Any]) -> tuple[Any, ...]:
    """The local derivatives of a node, by its rules run on Values; 0.0 for what stands still.

    Each is a Term, or a number where it depends on no variable.  The node is taken to be fresh.
    """
    operation: Any = v.op
    xs = tuple([p.data if p.op is CONSTANT else term(p) for p in v.parents])
    still = [p not in moving for p in v.parents]
    if isinstance(v, Undecided):
        return operation.differentiate(xs, term(v), still)  # type: ignore[no-any-return]  # v is a Value
    try:
        found: tuple[Any, ...] = operation.differentiate(xs, Term(v), still)
        numbers = tuple([d.value.data if type(d) is Term else float(d) for d in found])
    except (AttributeError, TypeError) as error:
        raise TypeError(
            f"operation {operation.name!r} has no formula, only a first derivative: its partial "
            f"rule is an arbitrary Python function ({error}); written in the language of rules "
            "it would have derivatives of every order"
        ) from None
    if any(map(isnan, numbers)):
        moved = sum([x for x in xs if isinstance(x, Term)])
        found = tuple([isolated(d, moved) if isnan(number(d)) else d for d in found])
    if numbers == v.local_derivatives:
        return found
    for d, recorded, stands in zip(numbers, v.local_derivatives, still):
        if not (stands or isnan(recorded) or same(d, recorded)):
            raise StaleGraphError(stale(v, "a local derivative of ", recorded, d))
    return found


def as_term(x: Any) -> Any:
    """A Value as a Term, a constant or a number as a number."""
    if not isinstance(x, Value):
        return real(x, "a tangent")
    return x.data if is_constant(x) else term(x)


def as_value(x: Any) -> Value:
    """The Value of a Term; a number as a constant."""
    return x.value if isinstance(x, Term) else constant(x)
