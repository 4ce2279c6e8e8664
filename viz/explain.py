"""`explain(root)`: the derivation of every gradient, written out.

Bradbury's Table 1 for any graph: for each named node what it goes into, the local derivative, and
the derivative that backpropagation builds from those.  `explain(root, wrt=x)` is the ledger of
paths from root to x.  Every formula is a rule of the table run on symbols; every number is what
`backward()` computes; nothing is written to a node.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path as FilePath
from typing import Any

from autograd.derivation import Path, count_paths, paths
from autograd.derivatives import require_fresh
from autograd.folding import Folding, number
from autograd.graph import count_text, gradients, is_constant, is_node, topological_order
from autograd.language import OPERATIONS, Operation, Symbol, describe_type
from viz.notation import (
    ELLIPSIS,
    Html,
    Line,
    Markdown,
    Partial,
    Table,
    Tex,
    Text,
    Trail,
    tex_document,
)
from viz.scene import label_text, named_nodes, significant

OPERATIONS_A_LINE = 8  # a relationship of more is broken at inner nodes, which get names
LONG = 160  # characters; a longer formula is left out, its number is not
TERMS = 6  # a longer sum shows its first two terms and its last
CONSUMERS = 4  # what goes into more nodes shows the first of them
FACTORS = 12  # a longer product shows both ends

ADD, SUB, MUL, POWER = (OPERATIONS[name] for name in ("add", "sub", "mul", "pow"))


# ---- formulas that tidy themselves ---------------------------------------------------------------


class Expression(Folding, Symbol):
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


# ---- a graph of named nodes ----------------------------------------------------------------------


class NamedGraph:
    """The graph below root with a name for every node that a formula mentions.

    Named are the root, `node`, all variables, what has a label or is in `names`, and inner nodes at
    which a formula too long to read is broken; the others are composed into formulas of those.
    """

    def __init__(self, root: Any, names: Mapping[str, Any] | None = None, node: Any = None) -> None:
        self.root = root
        self.order = topological_order(root)
        for v in self.order:
            if isinstance(getattr(v, "op", None), Operation):
                require_fresh(v)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.names = self._find_names(names or {}, node)
        self.children: dict[Any, list[Any]] = {v: [] for v in self.order}
        for v in self.order:
            for parent in dict.fromkeys(v.parents):
                self.children[parent].append(v)
        self.gradients = gradients(root)
        self._formulas: dict[Any, Any] = {}
        self._slopes: dict[Any, tuple[Any, ...]] = {}
        self._letters: dict[Any, Expression] = {}

    def _find_names(self, given: Mapping[str, Any], node: Any) -> dict[Any, str]:
        labels = {v: label_text(v) for v in self.order}
        for name, v in named_nodes(given):
            if v in labels and not labels[v]:
                labels[v] = name
        if not labels[self.root]:
            labels[self.root] = "root"
        names = _distinct({v: label for v, label in labels.items() if label})
        taken = set(names.values())
        fresh = (name for i in count(1) if (name := f"v{i}") not in taken)
        size: dict[Any, int] = {}  # operations in the formula of a node without a name
        for v in self.order:
            leaf = not v.parents and not is_constant(v)
            if (leaf or v is node) and v not in names:
                names[v] = next(fresh)
            inner = [p for p in v.parents if size[p]]
            if 1 + sum([size[p] for p in inner]) > OPERATIONS_A_LINE:
                for p in inner:
                    if size[p]:
                        names[p], size[p] = next(fresh), 0
            size[v] = 0 if v in names or not v.parents else 1 + sum([size[p] for p in v.parents])
        return names

    @cached_property
    def weights(self) -> set[Any]:
        """Variables that enter a sumprod as weight or start."""
        found = []
        for v in self.order:
            if getattr(getattr(v, "op", None), "name", "") == "sumprod":
                n = len(v.parents) // 2
                found += [*v.parents[:n], *v.parents[2 * n :]]
        return {v for v in found if not v.parents and not is_constant(v)}

    @cached_property
    def steps(self) -> dict[Any, int]:
        """How many named nodes lie on the longest way from the root to a node, itself counted."""
        depth = dict.fromkeys(self.order, 0)
        for v in reversed(self.order):
            below = depth[v] + (v in self.names)
            for p in v.parents:
                depth[p] = max(depth[p], below)
        return depth

    def formula(self, v: Any) -> Any:
        """A node as it stands in a formula: by its name, as a number, or composed of such."""
        if v in self.names:
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

    def consumers(self, v: Any) -> list[Consumer]:
        """The named nodes that v goes into, directly or through nodes without a name."""
        between, found, ahead = {v}, {}, [v]
        while ahead:
            for child in self.children[ahead.pop()]:
                if child in self.names:
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
    name = operation.name
    terms: list[Any] = []
    if name == "sumprod":
        n = len(xs) // 2
        terms = [w * x for w, x in zip(xs[:n], xs[n : 2 * n], strict=True)] + xs[2 * n :]
    elif name == "total":
        terms = xs
    if len(terms) > TERMS:
        terms = [*terms[:2], REST, terms[-1]]
    if terms:
        made = sum(terms[1:], start=terms[0])
    elif len(xs) > TERMS:
        made = Expression(operation, [*xs[:2], REST, xs[-1]], v.data)
    elif name == "where":
        made = Expression.make(operation, xs)
    else:
        made = Expression._record(operation, xs)
    if isinstance(made, Expression) and made.operands:
        made = Expression(made.head, made.operands, v.data)
    return made


def _distinct(labels: dict[Any, str]) -> dict[Any, str]:
    """A name for each node: its label, shortened where it has dots, numbered where it repeats."""
    full: dict[str, set[str]] = {}
    for label in labels.values():
        full.setdefault(shorten(label), set()).add(label)
    names: dict[Any, str] = {}
    seen: dict[str, int] = {}
    for v, label in labels.items():
        name = shorten(label) if len(full[shorten(label)]) == 1 else label
        seen[name] = seen.get(name, 0) + 1
        names[v] = name if seen[name] == 1 else f"{name} #{seen[name]}"
    return names


DOTTED = re.compile(r"(?:\w+(?:\[\d+\])*\.)+(?P<last>[A-Za-z_]+)(?:\[\d+\])*")


def shorten(label: str) -> str:
    """layers[0].neurons[2].w[1] as w[0,2,1]: the last word, and all the indices."""
    found = DOTTED.fullmatch(label)
    indices = ",".join(re.findall(r"\[(\d+)\]", label))
    return f"{found['last']}[{indices}]" if found and indices else label


# ---- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One named node: what it goes into, and the derivative of the root by it.

    `gradient` is the number; `chain` says it as the chain rule does, `formula` with the local
    derivatives put in, `amounts` with their numbers (None next to the root).
    """

    step: int
    node: Any
    name: str
    consumers: tuple[Consumer, ...]
    chain: Any
    formula: Any
    amounts: Any
    gradient: float


class Sheet:
    """What an explanation is on paper: text in a terminal, a table in a notebook, files."""

    @property
    def table(self) -> Table:
        """The words and formulas, in no format."""
        raise NotImplementedError

    @property
    def markdown(self) -> str:
        """A Markdown table."""
        return Markdown().table(self.table)

    @property
    def html(self) -> str:
        """An HTML table that stands alone."""
        return Html().table(self.table)

    @property
    def latex(self) -> str:
        """A LaTeX longtable, for a document that uses amsmath and longtable."""
        return Tex().table(self.table)

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .txt, .md, .html or .tex file (a whole document) and return its path."""
        path = FilePath(path)
        formats = {
            ".txt": lambda: f"{self}\n",
            ".md": lambda: self.markdown,
            ".html": lambda: f'<!DOCTYPE html>\n<meta charset="utf-8">\n{self.html}\n',
            ".tex": lambda: tex_document(self.table),
        }
        write = formats.get(path.suffix.lower())
        if write is None:
            raise ValueError(
                f"an explanation's file ends in {', '.join(formats)}, got {path.name!r}"
            )
        path.write_text(write(), encoding="utf-8")
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __repr__(self) -> str:
        return Text().table(self.table)


class Explanation(Sheet):
    """Table 1 of Bradbury's tutorial for a graph: `rows` as data, and how they are written."""

    HEADS = (
        "step",
        "variable",
        "local relationship",
        "local derivative",
        "backpropagated derivative",
    )

    def __init__(self, graph: NamedGraph, weights: bool, limit: int | None) -> None:
        self._graph = graph
        chosen = [
            v
            for v in graph.order
            if v in graph.names and v is not graph.root and not is_constant(v)
            and (weights or v not in graph.weights)
        ]  # fmt: skip
        chosen.sort(key=graph.steps.__getitem__)
        shown = chosen if limit is None else chosen[:limit]
        self.left_out = len(chosen) - len(shown)
        self._formulas: dict[Any, Any] = {graph.root: 1.0}  # derivatives to be put into others
        self.rows = [self._row(v) for v in shown]
        self.notes = []
        if not weights and graph.weights:
            self.notes.append(
                f"{len(graph.weights):,} weights have no row: explain(root, weights=True) adds them"
            )
        if self.left_out:
            self.notes.append(
                f"{self.left_out:,} rows are left out: explain(root, limit=None) shows all"
            )

    def _row(self, v: Any) -> Row:
        """A node's row.  The derivatives of its consumers are put in, unless one has been put into
        them: so formulas stay short, and name a derivative where Bradbury names a delta."""
        graph = self._graph
        name, root = graph.names[v], graph.names[graph.root]
        consumers = graph.consumers(v)
        chain: Any = 0.0
        formula: Any = 0.0
        numbers: list[Any] = []
        put_in = False
        for c in consumers[:CONSUMERS]:
            above = Expression(Partial(root, c.name), (), graph.gradients[c.node])
            local = Expression(Partial(c.name, name, c.direct), (), c.local_derivative)
            is_root = c.node is graph.root
            known = self._formulas.get(c.node)
            put_in |= known is not None and not is_root
            chain = chain + (local if is_root else above * local)
            formula = formula + (above if known is None else known) * c.formula
            if not is_root:
                pair = _rounded(graph.gradients[c.node]), _rounded(c.local_derivative)
                numbers.append(Symbol(MUL, pair))
        if len(consumers) > CONSUMERS:
            chain, formula = chain + REST, formula + REST
            numbers.append(REST)
        elif not put_in:
            self._formulas[v] = formula
        amounts = _joined(ADD, numbers) if len(numbers) == len(consumers) else None
        return Row(
            graph.steps[v], v, name, tuple(consumers), chain, formula, amounts, graph.gradients[v]
        )

    @cached_property
    def table(self) -> Table:
        """The rows as a table of words and formulas."""
        graph = self._graph
        root = graph.names[graph.root]
        what = ": its derivatives, outputs before inputs" if self.rows else " is made from nothing"
        title = Symbol(root), f" = {significant(graph.root.data)}{what}"
        table = Table(title, self.HEADS, notes=self.notes)
        for row in self.rows:
            shown = row.consumers[:CONSUMERS]
            more = len(row.consumers) - len(shown)
            rest = [f"{ELLIPSIS} and {more:,} more"] if more else []
            table.rows.append([
                str(row.step),
                [Line(Symbol(row.name), row.node.data)],
                [*[Line(Symbol(c.name), c.relationship) for c in shown], *rest],
                [
                    *[
                        line
                        for c in shown
                        for line in _equation(
                            Partial(c.name, row.name, c.direct), c.formula, c.local_derivative
                        )
                    ],
                    *rest,
                ],
                _equation(
                    Partial(root, row.name),
                    row.chain,
                    row.formula if isinstance(row.formula, Symbol) else None,
                    row.amounts,
                    row.gradient,
                ),
            ])  # fmt: skip
        return table


def _equation(left: Partial | None, *sides: Any) -> list[Line | str]:
    """left = side = side, without sides that say what was said."""
    said = set() if left is None else {Text().formula(Symbol(left))}
    lines: list[Line | str] = []
    for side in sides:
        text = "" if side is None else Text().formula(side)
        if text and text not in said:
            said.add(text)
            shown = side if len(text) <= LONG else REST
            lines.append(Line(None if lines or left is None else Symbol(left), shown))
    return lines


# ---- the ledger of paths -------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One path: the names on it, a factor for each edge between those, and their product."""

    path: Path
    names: tuple[str, ...]
    factors: tuple[Any, ...]
    numbers: tuple[float, ...]

    @property
    def derivative(self) -> float:
        """The product along the path."""
        return self.path.derivative


class Ledger(Sheet):
    """The paths from a root to one node, the product along each, and their sum: the gradient."""

    HEADS = "path", "through", "product"

    def __init__(self, graph: NamedGraph, node: Any, limit: int | None) -> None:
        self._graph = graph
        self._root = graph.names[graph.root]
        self._name = graph.names.get(node) or label_text(node) or "this node"
        self._constant = is_constant(node)
        self.count = count_paths(graph.root, node)
        self.entries = [self._entry(path) for path in paths(graph.root, node, limit)]
        self.derivative: float = graph.gradients.get(node, 0.0)

    def _entry(self, path: Path) -> Entry:
        """The path with the edges between two named nodes taken together."""
        graph = self._graph
        names = [self._root]
        factors, numbers = [], []
        formula: Any = 1.0
        product = 1.0
        for v, k in path.edges:
            formula = formula * graph.local_derivatives(v)[k]
            product *= v.local_derivatives[k]
            parent = v.parents[k]
            if parent in graph.names:
                names.append(graph.names[parent])
                factors.append(formula)
                numbers.append(product)
                formula, product = 1.0, 1.0
        return Entry(path, tuple(names), tuple(factors), tuple(numbers))

    @cached_property
    def table(self) -> Table:
        """The paths as a table of words and formulas."""
        root, name = self._root, self._name
        if not self.count:
            why = " is a constant, about which nothing is asked: no path leads to it, and "
            if not self._constant:
                why = " is not below the root: no path leads to it, and "
            return Table((Symbol(name), why, Symbol(Partial(root, name)), " = 0"), self.HEADS)
        many = "1 path leads" if self.count == 1 else f"{count_text(self.count)} paths lead"
        rule = ": along a path multiply, across paths add"
        table = Table((f"{many} from ", Symbol(root), " to ", Symbol(name), rule), self.HEADS)
        for i, entry in enumerate(self.entries, 1):
            numbers = [_rounded(x) for x in entry.numbers]
            sides = [_joined(MUL, entry.factors), _joined(MUL, numbers), entry.derivative]
            trail = Trail(tuple(_abridged(list(entry.names))))
            table.rows.append([str(i), trail, _equation(None, *sides)])
        left_out = self.count - len(self.entries)
        terms: list[Any] = [_rounded(entry.derivative) for entry in self.entries]
        if left_out:
            terms = [*terms[: TERMS - 1], REST]
            table.notes.append(
                f"{count_text(left_out)} paths are left out of this list, not of the sum: "
                f"explain(root, wrt=node, limit={len(self.entries) * 4 or 40}) shows more"
            )
        total = _equation(
            Partial(root, name), _joined(ADD, _abridged(terms, TERMS)), self.derivative
        )
        table.rows.append(["sum", "", total])
        return table


def _joined(operation: Operation, terms: Sequence[Any]) -> Any:
    """A product or sum as it stands, nothing folded; the middle of a long one is left out."""
    first, *others = _abridged(list(terms)) or [1.0]
    for term in others:
        if operation is ADD and not isinstance(term, Symbol) and term < 0:
            first = Symbol(SUB, (first, -term))
        else:
            first = Symbol(operation, (first, term))
    return first


def _abridged(items: list[Any], most: int = FACTORS) -> list[Any]:
    """Both ends of a long list around an ellipsis."""
    if len(items) <= most:
        return items
    middle = ELLIPSIS if isinstance(items[0], str) else REST
    return [*items[: most // 2], middle, *items[-(most // 2 - 1) :]]


def _rounded(x: float) -> float:
    """x as it is shown, for a formula made of numbers."""
    return float(significant(x))


# ---- explain -------------------------------------------------------------------------------------


def explain(
    root: Any,
    *,
    wrt: Any = None,
    weights: bool = False,
    names: Mapping[str, Any] | None = None,
    limit: int | None = 40,
) -> Sheet:
    """The derivation of every gradient below root (Bradbury, Table 1), or of the one by `wrt`.

    One row for each named node: its step from the root, what it goes into, the local derivative
    and the backpropagated one, in formulas and numbers.  Nodes without a label are composed into
    the relationships of labelled ones; `names=locals()` names nodes after your variables;
    `weights=True` adds rows for the weights of neurons.  With `wrt=x` it is the ledger of paths
    from root to x: every product written out, and their sum.  At most `limit` rows or paths (None:
    all).  It shows itself in a terminal and in notebooks, and has .markdown, .html, .latex, .save.
    StaleGraphError where a leaf's data was changed after the graph was recorded.
    """
    for v in (root, root if wrt is None else wrt):
        if not is_node(v):
            raise TypeError(f"explain needs a node, such as a Value, got {describe_type(v)}")
    if limit is not None and limit < 1:
        raise ValueError(f"limit is how many rows are wanted, got {limit}")
    graph = NamedGraph(root, names, wrt)
    return Explanation(graph, weights, limit) if wrt is None else Ledger(graph, wrt, limit)
