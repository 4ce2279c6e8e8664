"""Formulas of a graph: rules run on symbols that tidy themselves, between nodes that have names.

`NamedGraph(root)` decides which nodes a formula mentions by name and composes the others.  The
tables of `explain` are made of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from autograd.graph import gradients, is_constant, topological_order
from autograd.higher.folding import Folding, number
from autograd.higher.freshness import require_fresh
from autograd.operations import where
from autograd.rules.language import OPERATIONS, Formula, Operation
from autograd.rules.symbols import Symbol
from viz.derivation.names import ELLIPSIS
from viz.derivation.tables import Text
from viz.folding.names import label_text, named_nodes

OPERATIONS_A_LINE = 8  # a relationship of more is broken at inner nodes, which get names
TERMS = 6  # a longer sum shows its first two terms and its last

POWER = OPERATIONS["pow"]


# ---- formulas that tidy themselves ---------------------------------------------------------------


class Expression(Folding, Symbol):  # type: ignore[misc]  # what it meets, its number decides
    """A formula with its number: rules run on it, and it comes out as one would write it."""

    __slots__ = ("_data",)

    def __init__(self, head: str | Operation, operands: Sequence[Any], data: float) -> None:
        super().__init__(head, operands)
        self._data = data

    @property
    def data(self) -> float:
        return self._data

    @classmethod
    def make(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        tidied = TIDY[operation.name](*operands) if operation.name in TIDY else None
        if tidied is not None:
            return tidied
        return Expression(operation, operands, operation.evaluate(tuple(map(number, operands))))


REST = Expression(ELLIPSIS, (), 0.0)  # what is left out of a long formula


def _is(x: Any, name: str) -> bool:
    """Whether x is a formula of that operation."""
    return isinstance(x, Symbol) and getattr(x.head, "name", "") == name


def _coefficient(x: Any) -> Any:
    """The number in front of a product, the factor of a negation; None where there is none."""
    if _is(x, "neg"):
        return -1.0
    return x.operands[0] if _is(x, "mul") and not isinstance(x.operands[0], Symbol) else None


def _rest(x: Any) -> Any:
    """What a coefficient stands in front of."""
    return x.operands[-1]


def _tidy_neg(x: Any) -> Any:
    c = _coefficient(x)
    if c is not None:
        return -c * _rest(x)
    return x.operands[1] - x.operands[0] if _is(x, "sub") else None


def _tidy_mul(x: Any, y: Any) -> Any:
    if not isinstance(y, Symbol):
        return y * x  # numbers stand first
    c = _coefficient(y)
    if c is not None:
        return (x * c) * _rest(y) if not isinstance(x, Symbol) else c * (x * _rest(y))
    c = _coefficient(x)
    if c is not None:
        return c * (_rest(x) * y)
    for a, b in ((x, y), (y, x)):
        if _is(b, "div") and not (isinstance(a, Symbol) and isinstance(b.operands[0], Symbol)):
            return a * b.operands[0] / b.operands[1]
    return Expression(POWER, (x, 2.0), number(x) * number(x)) if x is y else None


def _tidy_div(x: Any, y: Any) -> Any:
    if _is(x, "div") and number(x.operands[1]) * number(y) != 0.0:
        return x.operands[0] / (x.operands[1] * y)
    if _is(x, "neg"):
        return -(_rest(x) / y)
    return -(x / _rest(y)) if _is(y, "neg") else None


def _tidy_add(x: Any, y: Any) -> Any:
    if not isinstance(y, Symbol):
        return x - -y if y < 0 else None
    c = _coefficient(y)
    if c is not None and c < 0:
        return x - -c * _rest(y)
    if _is(y, "add"):
        return x + y.operands[0] + y.operands[1]
    return 2.0 * x if x is y else None


def _tidy_sub(x: Any, y: Any) -> Any:
    if not isinstance(y, Symbol):
        return x + -y if y < 0 else None
    c = _coefficient(y)
    return x + -c * _rest(y) if c is not None and c < 0 else None


TIDY: dict[str, Callable[..., Any]] = {
    "neg": _tidy_neg,
    "mul": _tidy_mul,
    "div": _tidy_div,
    "add": _tidy_add,
    "sub": _tidy_sub,
}


# ---- formulas that decide nothing ----------------------------------------------------------------

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne, "&": operator.and_, "|": operator.or_,
}  # fmt: skip


def undecided(rule: Any, letters: Mapping[str, Any]) -> Any:
    """A recorded rule on formulas and numbers, tidied: it holds wherever the letters stand.

    A condition stays in it, unless numbers decide it or it asks for an edge, such as x == 0, on
    which the letters do not stand.
    """
    if not isinstance(rule, Symbol):
        return rule
    if not rule.operands:
        return letters[rule.head]
    xs = [undecided(x, letters) for x in rule.operands]
    if isinstance(rule.head, str):
        return _condition(rule.head, *xs)
    if rule.head is where:
        return _choice(*xs)
    if rule.head.chooses is not None:
        formula = Formula(rule.head, len(xs))
        return undecided(formula.forward, dict(zip(formula.letters, xs, strict=True)))
    return rule.head(*xs) if any(isinstance(x, Symbol) for x in xs) else rule.head.evaluate(xs)


def _condition(sign: str, x: Any, y: Any) -> Any:
    """A comparison as a bool where it is decided, as a formula elsewhere."""
    if sign in ("&", "|"):
        for a, b in ((x, y), (y, x)):
            if isinstance(a, bool):
                return b if a is (sign == "&") else a
    elif x is y or not (isinstance(x, Symbol) or isinstance(y, Symbol)):
        return COMPARE[sign](number(x), number(y))
    elif sign in ("==", "!=") and number(x) != number(y):
        return sign == "!="
    return Expression(sign, (x, y), COMPARE[sign](number(x), number(y)))


def _choice(condition: Any, a: Any, b: Any) -> Any:
    if not isinstance(condition, Symbol):
        return a if condition else b
    if not (isinstance(a, Symbol) or isinstance(b, Symbol)) and a == b:
        return a
    return Expression(where, (condition, a, b), number(a if number(condition) else b))


# ---- a graph of named nodes ----------------------------------------------------------------------


class NamedGraph:
    """The graph below root with a name for every node that a formula mentions.

    Mentioned are the root, `node`, all variables, what has a label or is in `names`, and inner
    nodes at which a formula too long to read is broken; the others are composed into formulas of
    those, and have names of their own only where `all_named` asks for them.  `order` are the nodes,
    inputs first, where they are known.
    """

    def __init__(
        self,
        root: Any,
        names: Mapping[str, Any] | None = None,
        node: Any = None,
        *,
        order: Sequence[Any] | None = None,
        all_named: bool = False,
    ) -> None:
        self.root = root
        self.order = topological_order(root) if order is None else order
        require_fresh([v for v in self.order if isinstance(getattr(v, "op", None), Operation)])
        self.place = {v: i for i, v in enumerate(self.order)}
        self.names, self.mentioned = self._find_names(names or {}, node, all_named)
        self._formulas: dict[Any, Any] = {}
        self._slopes: dict[Any, tuple[Any, ...]] = {}
        self._letters: dict[Any, Expression] = {}

    def _find_names(
        self, given: Mapping[str, Any], node: Any, all_named: bool
    ) -> tuple[dict[Any, str], set[Any]]:
        """Names by node, and the nodes that formulas mention."""
        labels = {v: label_text(v) for v in self.order}
        for name, v in named_nodes(given):
            if v in labels and not labels[v]:
                labels[v] = name
        labels[self.root] = labels[self.root] or "root"
        if node is not None and node.parents and not labels.get(node, "no"):
            labels[node] = "node"
        names = _distinct({v: label for v, label in labels.items() if label})
        taken = {*names.values(), *given}
        fresh = (name for i in count(1) if (name := f"v{i}") not in taken)
        nameless = [v for v in self.order if not (v in names or is_constant(v))]
        spare = dict(zip(nameless, fresh)) if all_named else {}
        size: dict[Any, int] = {}  # operations in the formula of a node without a name
        for v in self.order:
            if not (v.parents or is_constant(v) or v in names):
                names[v] = spare.get(v) or next(fresh)
            inner = [p for p in v.parents if size[p]]
            if 1 + sum([size[p] for p in inner]) > OPERATIONS_A_LINE:
                for p in inner:
                    if size[p]:
                        names[p], size[p] = spare.get(p) or next(fresh), 0
            size[v] = 0 if v in names or not v.parents else 1 + sum([size[p] for p in v.parents])
        return spare | names, set(names)

    def is_shortened(self, v: Any) -> bool:
        """Whether the label of a node has dots, and its name has not."""
        label = label_text(v)
        return shorten(label) != label and self.names.get(v) == shorten(label)

    @cached_property
    def gradients(self) -> dict[Any, float]:
        """d root / d node for every node but constants."""
        return gradients(self.root)

    @cached_property
    def children(self) -> dict[Any, list[Any]]:
        """The results that a node goes into, inputs first."""
        found: dict[Any, list[Any]] = {v: [] for v in self.order}
        for v in self.order:
            for parent in dict.fromkeys(v.parents):
                found[parent].append(v)
        return found

    @cached_property
    def weights(self) -> set[Any]:
        """Variables that enter a sum of products as weights."""
        found = []
        for v in self.order:
            row = getattr(v, "op", None)
            if isinstance(row, Operation) and row.weights is not None:
                found += [v.parents[i] for i in row.weights(len(v.parents))]
        return {v for v in found if not v.parents and not is_constant(v)}

    @cached_property
    def steps(self) -> dict[Any, int]:
        """How many named nodes lie on the longest way from the root to a node, itself counted."""
        depth = dict.fromkeys(self.order, 0)
        for v in reversed(self.order):
            below = depth[v] + (v in self.mentioned)
            for p in v.parents:
                depth[p] = max(depth[p], below)
        return depth

    def formula(self, v: Any) -> Any:
        """A node as it stands in a formula: by its name, as a number, or composed of such."""
        if v in self.mentioned:
            return self._letters.setdefault(v, Expression(self.names[v], (), v.data))
        return v.data if is_constant(v) else self.relationship(v)

    def relationship(self, v: Any) -> Any:
        """The formula of an inner node in terms of named nodes and numbers."""
        if v not in self._formulas:
            self._formulas[v] = _written(v, [self.formula(p) for p in v.parents])
        return self._formulas[v]

    def local_derivatives(self, v: Any) -> tuple[Any, ...]:
        """The rules of a node run on formulas; the recorded numbers where it has no formula."""
        if v not in self._slopes:
            xs = tuple([self.formula(p) for p in v.parents])
            try:
                found = v.op.differentiate(xs, self.formula(v), [is_constant(p) for p in v.parents])
            except (AttributeError, TypeError):  # a student's node, or an opaque row
                found = tuple(v.local_derivatives)
            self._slopes[v] = found
        return self._slopes[v]

    def undecided_derivatives(self, v: Any) -> list[Any]:
        """The rules of a node on formulas of its parents' names, conditions left as they are.

        TypeError and the like where they have no formula; 0.0 by a constant.
        """
        formula = Formula(v.op, len(v.parents))
        letters = {
            letter: p.data if is_constant(p) else Expression(self.names[p], (), p.data)
            for letter, p in zip(formula.letters, v.parents, strict=True)
        } | {"z": Expression(self.names[v], (), v.data)}
        return [
            0.0 if is_constant(p) else undecided(rule, letters)
            for p, rule in zip(v.parents, formula.partials, strict=True)
        ]

    def consumers(self, v: Any) -> list[Consumer]:
        """The named nodes that v goes into, directly or through nodes without a name."""
        between, found, ahead = {v}, {}, [v]
        while ahead:
            for child in self.children[ahead.pop()]:
                if child in self.mentioned:
                    found[child] = True
                elif child not in between:
                    between.add(child)
                    ahead.append(child)
        moved: dict[Any, Any] = {v: 1.0}  # forward mode from v, on formulas and on numbers
        rates: dict[Any, float] = {v: 1.0}
        for u in sorted((between | set(found)) - {v}, key=self.place.__getitem__):
            moved[u], rates[u] = 0.0, 0.0
            for p, d, x in zip(
                u.parents, self.local_derivatives(u), u.local_derivatives, strict=True
            ):
                if p in between:
                    moved[u] += d * moved[p]
                    rates[u] += x * rates[p]
        return [
            Consumer(
                u, self.names[u], self.relationship(u), moved[u], rates[u],
                direct=u is self.root and len(found) > 1,
            )
            for u in sorted(found, key=self.place.__getitem__)
        ]  # fmt: skip


@dataclass(frozen=True)
class Consumer:
    """A named node that another goes into: its relationship, and its derivative by that other.

    `direct` says that it is the root and not the only way there: the gradient is another number.
    """

    node: Any
    name: str
    relationship: Any
    formula: Any
    local_derivative: float
    direct: bool


def _written(v: Any, xs: list[Any]) -> Any:
    """The operation of a node on formulas; sums and products of many are written out."""
    operation = getattr(v, "op", None)
    if not isinstance(operation, Operation):
        inside = ", ".join(Text().formula(x) for x in xs)
        return Expression(f"{type(v).__name__}({inside})", (), v.data)
    terms = terms_of(operation, xs, REST)
    if terms:
        made = sum(terms[1:], start=terms[0])
    elif len(xs) > TERMS:
        made = Expression(operation, [*xs[:2], REST, xs[-1]], v.data)
    elif operation.chooses is not None:
        made = Expression.make(operation, xs)
    else:
        made = Expression._record(operation, xs)
    if isinstance(made, Expression) and made.operands:
        made = Expression(made.head, made.operands, v.data)
    return made


def terms_of(operation: Operation, xs: list[Any], rest: Any) -> list[Any]:
    """The terms that a sum of products or a sum is written as, `rest` for the middle of many."""
    terms = [] if operation.terms is None else list(operation.terms(xs))
    return [*terms[:2], rest, terms[-1]] if len(terms) > TERMS else terms


def _distinct(labels: dict[Any, str]) -> dict[Any, str]:
    """A name for each node: its label, shortened where it has dots, numbered where it repeats."""
    full: dict[str, set[str]] = {}
    for label in labels.values():
        full.setdefault(shorten(label), set()).add(label)
    names: dict[Any, str] = {}
    taken: set[str] = set()
    repeats: dict[str, int] = {}
    for v, label in labels.items():
        plain = name = shorten(label) if len(full[shorten(label)]) == 1 else label
        while name in taken:
            repeats[plain] = repeats.get(plain, 1) + 1
            name = f"{plain} #{repeats[plain]}"
        names[v] = name
        taken.add(name)
    return names


DOTTED = re.compile(r"(?:\w+(?:\[\d+\])*\.)+(?P<last>[A-Za-z_]+)(?:\[\d+\])*")


def shorten(label: str) -> str:
    """layers[0].neurons[2].w[1] as w[0,2,1]: the last word, and all the indices."""
    found = DOTTED.fullmatch(label)
    indices = ",".join(re.findall(r"\[(\d+)\]", label))
    return f"{found['last']}[{indices}]" if found and indices else label
