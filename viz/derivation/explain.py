"""`explain(root)`: the derivation of every gradient, written out.

Bradbury's Table 1 for any graph: for each named node what it goes into, the local derivative, and
the derivative that backpropagation builds from those.  `explain(root, wrt=x)` is the ledger of
paths from root to x.  Every formula is a rule of the table run on symbols; every number is what
`backward()` computes; nothing is written to a node.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, overload

from autograd.graph import count_text, is_constant, is_node
from autograd.rules.language import OPERATIONS, Operation
from autograd.rules.symbols import Symbol
from autograd.rules.words import check_folder, not_a_node
from autograd.walks import Edge, Path, count_paths, paths
from viz.derivation.formulas import REST, TERMS, Consumer, Expression, NamedGraph
from viz.derivation.names import ELLIPSIS, Partial
from viz.derivation.tables import Html, Line, Markdown, Table, Tex, Text, Trail, tex_document
from viz.drawing.scene import significant
from viz.folding.names import label_text, named_nodes

if TYPE_CHECKING:
    from autograd.graph import Node

LONG = 160  # characters; a longer formula is left out, its number is not
CONSUMERS = 4  # what goes into more nodes shows the first of them
FACTORS = 12  # a longer product shows both ends

ADD, SUB, MUL = (OPERATIONS[name] for name in ("add", "sub", "mul"))


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
    def tables(self) -> list[Table]:
        """All tables on the sheet, one below the other."""
        return [self.table]

    @property
    def markdown(self) -> str:
        """A Markdown table."""
        return "\n".join(map(Markdown().table, self.tables))

    @property
    def html(self) -> str:
        """An HTML table that stands alone."""
        return "\n".join(map(Html().table, self.tables))

    @property
    def latex(self) -> str:
        """A LaTeX longtable, for a document that uses amsmath and longtable."""
        return "\n".join(map(Tex().table, self.tables))

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .txt, .md, .html or .tex file (a whole document) and return its path."""
        path = FilePath(path)
        formats = {
            ".txt": lambda: f"{self}\n",
            ".md": lambda: self.markdown,
            ".html": lambda: f'<!DOCTYPE html>\n<meta charset="utf-8">\n{self.html}\n',
            ".tex": lambda: tex_document(self.tables),
        }
        write = formats.get(path.suffix.lower())
        if write is None:
            raise ValueError(
                f"an explanation's file ends in {', '.join(formats)}, got {path.name!r}"
            )
        check_folder(path)
        path.write_text(write(), encoding="utf-8")
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": str(self)}

    def __repr__(self) -> str:
        return "\n\n".join(map(Text().table, self.tables))


class Explanations(Sheet):
    """The explanations of several roots, or ledgers of their paths to one node, in `sheets`."""

    def __init__(self, sheets: Sequence[Explanation | Ledger]) -> None:
        self.sheets = tuple(sheets)

    @property
    def tables(self) -> list[Table]:
        """The table of each root."""
        return [sheet.table for sheet in self.sheets]


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
        short = next((v for v in graph.order if graph.is_shortened(v)), None)
        if short is not None:
            self.notes.append(f"{graph.names[short]} is short for {label_text(short)}")
        if not weights and graph.weights:
            many = len(graph.weights)
            self.notes.append(
                f"{many:,} weights have no row: explain(root, weights=True) adds them"
                if many > 1
                else "1 weight has no row: explain(root, weights=True) adds it"
            )
        if self.left_out:
            these = f"{self.left_out:,} rows are" if self.left_out > 1 else "1 row is"
            self.notes.append(f"{these} left out: explain(root, limit=None) shows all")

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
        direct = any(c.node is graph.root for c in consumers)
        alone = len(consumers) == 1 and graph.gradients[consumers[0].node] == 1.0  # 1 * d is d
        amounts = None if direct or alone else _joined(ADD, numbers)
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


class Entry:
    """One path: the named nodes on it, and a factor for the edges between each two of them."""

    def __init__(self, graph: NamedGraph, path: Path) -> None:
        self._graph = graph
        self.path = path
        names = [graph.names[graph.root]]
        self._legs: list[list[Edge]] = [[]]
        for v, k in path.edges:
            self._legs[-1].append((v, k))
            if v.parents[k] in graph.names:
                names.append(graph.names[v.parents[k]])
                self._legs.append([])
        self._legs.pop()  # nothing lies behind the last name
        self.names = tuple(names)

    @property
    def derivative(self) -> float:
        """The product along the path."""
        return self.path.derivative

    @property
    def factors(self) -> tuple[Any, ...]:
        """The formula of each factor."""
        return tuple([self._factor(leg) for leg in self._legs])

    @property
    def numbers(self) -> tuple[float, ...]:
        """The number of each factor."""
        return tuple([_number(leg) for leg in self._legs])

    def sides(self) -> tuple[Any, ...]:
        """The product in formulas, in numbers, and as one number; both ends of a long one."""
        legs = _abridged(self._legs)
        return (
            _joined(MUL, [x if x is REST else self._factor(x) for x in legs]),
            _joined(MUL, [x if x is REST else _rounded(_number(x)) for x in legs]),
            self.derivative,
        )

    def _factor(self, leg: list[Edge]) -> Any:
        product: Any = 1.0
        for v, k in leg:
            product = product * self._graph.local_derivatives(v)[k]
        return product


def _number(leg: list[Edge]) -> float:
    """The product along a part of a path."""
    start, _ = leg[0]
    return Path(start, leg).derivative


class Ledger(Sheet):
    """The paths from a root to one node, the product along each, and their sum: the gradient."""

    HEADS = "path", "through", "product"

    def __init__(self, graph: NamedGraph, node: Any, limit: int | None) -> None:
        self._graph = graph
        self._root = graph.names[graph.root]
        self._name = graph.names.get(node) or label_text(node) or "this node"
        self._constant = is_constant(node)
        self.count = count_paths(graph.root, node)
        self.entries = [Entry(graph, path) for path in paths(graph.root, node, limit)]
        self.derivative: float = graph.gradients.get(node, 0.0)

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
            trail = Trail(tuple(_abridged(list(entry.names))))
            table.rows.append([str(i), trail, _equation(None, *entry.sides())])
        terms: list[Any] = [_rounded(entry.derivative) for entry in self.entries]
        if self.count > len(self.entries):
            terms = [*terms[: TERMS - 1], REST]
            listed = len(self.entries)
            table.notes.append(
                f"{listed:,} of {count_text(self.count)} paths are listed, the sum is over all: "
                f"explain(root, wrt=node, limit={4 * listed}) lists more"
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


@overload
def explain(
    root: Node,
    *,
    wrt: None = None,
    weights: bool = False,
    names: Mapping[str, Any] | None = None,
    limit: int | None = 40,
) -> Explanation: ...
@overload
def explain(
    root: Node,
    *,
    wrt: Node,
    weights: bool = False,
    names: Mapping[str, Any] | None = None,
    limit: int | None = 40,
) -> Ledger: ...
@overload
def explain(
    root: Sequence[Node],
    *,
    wrt: Node | None = None,
    weights: bool = False,
    names: Mapping[str, Any] | None = None,
    limit: int | None = 40,
) -> Explanations: ...
def explain(
    root: Node | Sequence[Node],
    *,
    wrt: Node | None = None,
    weights: bool = False,
    names: Mapping[str, Any] | None = None,
    limit: int | None = 40,
) -> Explanation | Ledger | Explanations:
    """The derivation of every gradient below root (Bradbury, Table 1), or of the one by `wrt`.

    One row for each named node: its step from the root, what it goes into, the local derivative
    and the backpropagated one, in formulas and numbers.  Nodes without a label are composed into
    the relationships of labelled ones; `names=locals()` names nodes after your variables;
    `weights=True` adds rows for the weights of neurons.  With `wrt=x` it is the ledger of paths
    from root to x: every product written out, and their sum.  At most `limit` rows or paths (None:
    all).  It shows itself in a terminal and in notebooks, and has .markdown, .html, .latex, .save.
    A list of roots gives one table for each.  StaleGraphError where a leaf's data was changed after
    the graph was recorded.

    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> explain(y)
    root = 9: its derivatives, outputs before inputs
    <BLANKLINE>
    step  variable  local relationship  local derivative  backpropagated derivative
    ───────────────────────────────────────────────────────────────────────────────
    1     x = 3     root = x ** 2       ∂root/∂x = 2 * x  ∂root/∂x = 2 * x
                                                 = 6               = 6
    >>> explain(y, wrt=x).derivative
    6.0
    """
    if isinstance(root, (list, tuple)):
        if not root:
            raise ValueError("explain takes a node, or a list of them, and this list is empty")
        given = dict(named_nodes(names or {}))
        return Explanations([
            _explained(v, wrt, weights, {**given, f"root[{i}]": v}, limit)
            for i, v in enumerate(root)
        ])  # fmt: skip
    return _explained(root, wrt, weights, names, limit)


def _explained(
    root: Any, wrt: Any, weights: bool, names: Mapping[str, Any] | None, limit: int | None
) -> Explanation | Ledger:
    """The explanation of one root, or the ledger of its paths to a node."""
    for v in (root, root if wrt is None else wrt):
        if not is_node(v):
            raise TypeError(not_a_node("explain" if v is root else "explain(root, wrt=...)", v))
    if limit is not None and limit < 1:
        raise ValueError(f"limit is how many rows are wanted, got {limit}")
    graph = NamedGraph(root, names, wrt)
    return Explanation(graph, weights, limit) if wrt is None else Ledger(graph, wrt, limit)
