"""`explore(root)`: a computation graph as a page to play with, in one HTML file.

The page steps through the forward and the backward pass, shows every path of a gradient, has
sliders for the variables, asks for gradients and descends along them.  It needs no network: layout
and words are made here, the arithmetic is the table's rules printed as JavaScript, and the rest
is in the folder `browser`.  Nothing is written to a node, except by a live page.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import partial
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, overload

from autograd.graph import is_constant, is_node, topological_order
from autograd.rules.language import Operation
from autograd.rules.printing import ATOM
from autograd.rules.symbols import Symbol
from autograd.rules.words import kind_of, not_a_node, one_line
from viz.derivation.formulas import TERMS, NamedGraph, terms_of
from viz.derivation.names import ELLIPSIS, read_name
from viz.derivation.printers import TextPrinter
from viz.derivation.tables import Text
from viz.drawing.picture import Picture, check_options, graph_at, too_many
from viz.drawing.scene import (
    CHOSEN,
    NEGATIVE,
    NEUTRAL,
    POSITIVE,
    make_scene,
    operation_text,
)
from viz.folding.graph import Detail, FoldedGraph
from viz.folding.levels import NODES, Folding
from viz.folding.names import group_text, label_text
from viz.folding.stretches import alike, stretches
from viz.page.javascript import functions
from viz.page.live import LivePage
from viz.page.page import Page, written
from viz.page.questions import Question, posed
from viz.page.sources import listing, sources
from viz.page.views import GRADIENT, HEAD, LINE, PAD, SIGN, VALUE, drawn, shortened
from viz.placing.engines import Direction, EngineName

if TYPE_CHECKING:
    from autograd.graph import Node
    from autograd.value import Value

# What the style sheet is told: there is no other place for these numbers.
STYLE = {
    "head": f"{HEAD}px", "sign": f"{SIGN}px", "value": f"{VALUE}px", "gradient": f"{GRADIENT}px",
    "light-positive": POSITIVE, "light-negative": NEGATIVE, "light-neutral": NEUTRAL,
    "light-chosen": CHOSEN,
}  # fmt: skip
FORMULA, HEADING = 40, 90  # characters; what is longer is left out


@overload
def explore(
    root: Value,
    *,
    detail: Detail | None = None,
    open: Sequence[str] = (),
    names: Mapping[str, Any] | None = None,
    direction: Direction = "LR",
    engine: EngineName = "own",
    sources: Mapping[Any, str] | None = None,
    ask: Sequence[Question] | None = None,
    title: str = "",
    limit: int | None = 300,
    live: Literal[True],
) -> LivePage: ...
@overload
def explore(
    root: Node,
    *,
    detail: Detail | None = None,
    open: Sequence[str] = (),
    names: Mapping[str, Any] | None = None,
    direction: Direction = "LR",
    engine: EngineName = "own",
    sources: Mapping[Any, str] | None = None,
    ask: Sequence[Question] | None = None,
    title: str = "",
    limit: int | None = 300,
    live: bool = False,
) -> Page: ...
def explore(
    root: Any,
    *,
    detail: Detail | None = None,
    open: Sequence[str] = (),  # noqa: A002  # the word that one looks for
    names: Mapping[str, Any] | None = None,
    direction: Direction = "LR",
    engine: EngineName = "own",
    sources: Mapping[Any, str] | None = None,
    ask: Sequence[Question] | None = None,
    title: str = "",
    limit: int | None = 300,
    live: bool = False,
) -> Page:
    """The graph below root as an interactive page: step it, ask it, move its variables.

    A large graph opens folded, as `draw` folds it: each group is a box, and Enter on it opens a
    view of what is inside.  A graph whose labels tell no groups is cut into stretches of its order.
    `detail`, `open`, `names`, `direction` and `engine` are those of `draw`; `sources` tells where a
    node was made, and where it is what `viz.sources` remembers, the code is listed beside the
    graph; `ask` sets the questions of Predict, in their order, such as
    `[("value", y), ("local", y, x), ("grad", w)]`, by default every gradient that is drawn;
    `title` is the heading, by default the formula of the root.
    Gradients are those of a seed of 1 and computed by the page; no `.grad` is written.
    StaleGraphError where a leaf's data was changed after the graph was recorded, ValueError where
    more than `limit` boxes would be shown at once (None: no limit).

    With `live` it is a LivePage, in step with Python where it stands in a notebook: it moves the
    data of the variables and shows what is assigned to them, and the graph is renewed each time,
    as by `recompute`.

    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> path = explore(y).save("y.html")  # open it in a browser
    """
    if not is_node(root):
        raise TypeError(not_a_node("explore", root))
    make = partial(_page, root, detail, open, names, direction, engine, sources, ask, title, limit)
    return LivePage(root, make) if live else make()


def _page(
    root: Node,
    detail: Detail | None,
    unfolded: Sequence[str],
    names: Mapping[str, Any] | None,
    direction: Direction,
    engine: EngineName,
    sources: Mapping[Any, str] | None,
    ask: Sequence[Question] | None,
    title: str,
    limit: int | None,
) -> Page:
    """The page of a graph as it is now."""
    if not (sources is None or isinstance(sources, Mapping)):
        raise TypeError(
            "explore's sources are the lines of nodes, what `with sources() as lines:` remembers, "
            f"got {kind_of(sources)}"
        )
    check_options(direction, engine)
    order = topological_order(root)
    questions = posed(ask, {v: i for i, v in enumerate(order)})
    graph = NamedGraph(root, names, order=order, all_named=True)
    folding, first = _folded(graph, names, detail, unfolded, limit)
    picture = Picture(make_scene(first), direction, engine)
    arithmetic, blame = _arithmetic(order)
    given = _given(graph)
    code, lines = _code(order, sources)
    return Page(
        {
            "title": one_line(title) or _heading(graph),
            "heading": [] if one_line(title) else _heading_pieces(graph),
            "blame": blame,
            "note": _note(order),
            "nodes": [_node(graph, v, sources or {}, given, lines) for v in order],
            "code": code,
            **drawn(graph, folding, first, engine, limit),
            "direction": direction,
            "ask": questions,
            "line": LINE,
            "pad": PAD,
            "style": STYLE,
        },
        arithmetic,
        picture,
    )


def _folded(
    graph: NamedGraph,
    names: Mapping[str, Any] | None,
    detail: str | None,
    unfolded: Sequence[str],
    limit: int | None,
) -> tuple[Folding, FoldedGraph]:
    """What is seen at first, and what it was folded by; ValueError where that is too much."""
    roots, order = [graph.root], graph.order
    folding = Folding(roots, names=names, order=order)
    first = graph_at(folding, detail, unfolded)
    if detail is None and not unfolded and first.detail != "neurons":
        is_long = len(first.nodes) > (NODES if first.groups else limit or len(order))
        parts = stretches(first.nodes, graph.names) if is_long else {}
        if first.groups or parts:
            parts |= alike(folding)
        if parts:
            folding = Folding(roots, names=names, order=order, groups=parts)
            first = folding.at("layers")
    if limit is not None and len(first.nodes) > limit:
        raise ValueError(too_many(first, limit, "explore", "page"))
    return folding, first


# ---- names and words -----------------------------------------------------------------------------


Piece = str | int | list[Any]  # a text, the position of a node, or a power's exponent in pieces


def _heading(graph: NamedGraph) -> str:
    """The root as a formula of what was given a name, or just its name."""
    name = graph.names[graph.root]
    if not graph.root.parents:
        return name
    formula = Text().formula(graph.relationship(graph.root))
    return f"{name} = {formula}" if len(formula) <= HEADING else f"how {name} is computed"


def _heading_pieces(graph: NamedGraph) -> list[Piece]:
    """The same with the positions of the nodes in it."""
    root = graph.place[graph.root]
    if not graph.root.parents:
        return [root]
    formula = graph.relationship(graph.root)
    if len(Text().formula(formula)) > HEADING:
        return ["how ", root, " is computed"]
    return [root, " = ", *_pieces(PiecePrinter(_positions(graph)).text(formula))]


def _positions(graph: NamedGraph) -> dict[str, int]:
    """Where the node of a name stands."""
    return {name: graph.place[v] for v, name in graph.names.items()}


def _math(name: str) -> list[str]:
    """A name as mathematics writes it: letters, what stands below, what stands above."""
    read = read_name(name)
    if read is None:
        return []
    return [read.base + "′" * read.primes, ",".join(read.below), read.above]


def _note(order: Sequence[Any]) -> str:
    """What to know when the sliders move: choices that were made when the graph was recorded."""
    found = {}
    for v in order:
        row = getattr(v, "op", None)
        if v.parents and isinstance(row, Operation):
            selectors = row.selectors(len(v.parents))
            if selectors and all(is_constant(v.parents[i]) for i in selectors):
                found[row.name] = True
    if not found:
        return ""
    return (
        f"What {' and '.join(found)} chose was decided when the graph was recorded: it stays so "
        "when the sliders move."
    )


# What a variable is called that no descent should move, if its name has a subscript or not.
DATA = {
    "x", "y", "t", "input", "inputs", "target", "targets", "label", "labels", "truth", "wanted",
    "X", "Y", "xs", "ys",
}  # fmt: skip


def _given(graph: NamedGraph) -> set[Any]:
    """Variables that are inputs or targets: a descent moves the others, or all if all are such.

    Weights are what stands first in a sum of products, inputs what stands beside them; where there
    are weights, a variable without a label is a number of the example.  Else names tell.
    """
    variables = [v for v in graph.order if not v.parents and not is_constant(v)]
    beside = set()
    for v in graph.order:
        row = getattr(v, "op", None)
        if isinstance(row, Operation) and row.weights is not None:
            weights = {v.parents[i] for i in row.weights(len(v.parents))}
            beside |= {p for p in v.parents if p not in weights}
    given = set()
    for v in variables:
        read = read_name(graph.names[v])
        unnamed = bool(graph.weights) and not group_text(v)
        if v not in graph.weights and (v in beside or unnamed or (read and read.base in DATA)):
            given.add(v)
    return given if len(given) < len(variables) else set()


def _code(
    order: Sequence[Any], lines: Mapping[Any, str] | None
) -> tuple[list[dict[str, Any]], dict[Any, tuple[int, int]]]:
    """The code that made the nodes, and where in it each one stands, where that is known."""
    return listing(order, lines.places, lines.texts) if isinstance(lines, sources) else ([], {})


def _node(
    graph: NamedGraph,
    v: Any,
    sources: Mapping[Any, str],
    given: Container[Any],
    lines: Mapping[Any, tuple[int, int]],
) -> dict[str, Any]:
    """All that the page says of a node; what is empty is left out."""
    constant = is_constant(v)
    name = graph.names.get(v, "")
    label = label_text(v)
    operation = getattr(getattr(v, "op", None), "name", "")
    made: dict[str, Any] = {
        "name": name,
        "shortName": shortened(name),
        "math": [] if constant else _math(name),
        "label": label if label != name else "",
        "kind": "constant" if constant else "result" if v.parents else "variable",
        "given": v in given or "",
        "value": written(v.data),
        "source": one_line(sources.get(v, "")),
        "line": list(lines.get(v, ())),
    }
    if v.parents:
        sign = operation_text(v, False)
        made |= {
            "sign": sign,
            "shortSign": shortened(sign),
            "rule": f"{operation}/{len(v.parents)}",
            "parents": [graph.place[p] for p in v.parents],
            "locals": [written(d) for d in v.local_derivatives],
            "formula": formula_pieces(v),
            "slopes": slope_pieces(graph, v),
        }
    return {key: x for key, x in made.items() if x not in ("", [])}


class PiecePrinter(TextPrinter):
    """Formulas as str.format takes them: a letter is the position of its node, {^} opens a power.

    What opens is closed by {$}; `_pieces` takes it apart.
    """

    encloses_right = ("pow",)

    def __init__(self, positions: Mapping[str, int]) -> None:
        super().__init__()
        self._positions = positions

    def letter(self, name: str) -> tuple[str, int]:
        found = self._positions.get(name)
        return (escape_braces(name) if found is None else f"{{{found}}}"), ATOM

    def sign(self, head: Any) -> str:
        return escape_braces(super().sign(head))

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        if getattr(head, "name", "") == "pow":
            return f"{x}{{^}}{y}{{$}}", binding
        return super().join(head, x, y, binding)


def escape_braces(text: str) -> str:
    """Text that str.format leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _pieces(template: str) -> list[Piece]:
    """What a PiecePrinter wrote, taken apart."""
    open_lists: list[list[Piece]] = [[]]
    for text, position, _, _ in Formatter().parse(template):
        open_lists[-1] += [text] if text else []
        if position == "^":
            exponent: list[Piece] = []
            open_lists[-1].append(exponent)
            open_lists.append(exponent)
        elif position == "$":
            open_lists.pop()
        elif position is not None:
            open_lists[-1].append(int(position))
    return open_lists[0]


def formula_pieces(v: Any) -> list[Piece]:
    """The operation of a node as text with the positions of its operands in between."""
    xs: list[Any] = [Symbol(str(i)) for i in range(len(v.parents))]
    operation = getattr(v, "op", None)
    if isinstance(operation, Operation):
        printer = PiecePrinter({str(i): i for i in range(len(xs))})
        return _pieces(printer.text(_written(operation, xs)))
    inside = ", ".join(f"{{{x.head}}}" for x in xs)
    return _pieces(f"{escape_braces(operation_text(v, True))}({inside})")


def _written(operation: Operation, xs: list[Any]) -> Symbol:
    """A call on letters; a sum of products is written out, a long one abridged."""
    terms = terms_of(operation, xs, Symbol(ELLIPSIS))
    if terms:
        return sum(terms[1:], start=terms[0])  # type: ignore[no-any-return]  # a Symbol
    if len(xs) > 2 * TERMS:
        xs = [*xs[:2], Symbol(ELLIPSIS), xs[-1]]
    return Symbol(operation, xs)


def slope_pieces(graph: NamedGraph, v: Any) -> list[list[Piece]]:
    """Each local derivative as a formula, empty where it is just a number or too long."""
    try:
        found = graph.undecided_derivatives(v)
    except (AttributeError, ArithmeticError, TypeError, ValueError):
        return []
    printer = PiecePrinter(
        {graph.names[u]: graph.place[u] for u in (*v.parents, v) if u in graph.names}
    )
    slopes = [
        _pieces(printer.text(d))
        if isinstance(d, Symbol) and len(Text().formula(d)) <= FORMULA
        else []
        for d in found
    ]
    return slopes if any(slopes) else []


# ---- the arithmetic ------------------------------------------------------------------------------


def _arithmetic(order: Sequence[Any]) -> tuple[str, str]:
    """The rules of the graph as JavaScript; where there are none, a sentence that says why."""
    rows = []
    for v in order:
        if v.parents:
            operation = getattr(v, "op", None)
            if not isinstance(operation, Operation):
                return "{}", (
                    f"{type(v).__name__} nodes remember their numbers, but no row of the table of "
                    "operations"
                )
            rows.append((operation, len(v.parents)))
    try:
        return functions(rows), ""
    except TypeError as error:
        return "{}", str(error)
