"""The stages of a film: what the picture shows at each step, and the arithmetic of the step.

`backward` tells what `autograd.steps` does, `along_paths` what `autograd.paths` finds, `forward`
what was recorded: every number is one that the engine gave, written where it belongs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograd import paths, steps
from autograd.graph import is_constant
from autograd.rules.language import Operation
from autograd.rules.symbols import Symbol
from autograd.walks import Edge, Path, abridged, count_paths
from viz.derivation.formulas import REST, TERMS, terms_of
from viz.derivation.printers import TextPrinter
from viz.drawing.scene import CHOSEN, Box, Scene, make_scene, operation_text, significant
from viz.folding.graph import FoldedGraph

LINES = 8  # of arithmetic at one step; the middle of more is left out
MOST_PATHS = 60


@dataclass(frozen=True)
class Stage:
    """A still: the picture, a line that says what happens, and the arithmetic line by line."""

    scene: Scene
    title: str
    lines: tuple[str, ...] = ()


class Story:
    """A graph with its scene: what its nodes are called, and where its edges stand."""

    def __init__(self, root: Any, graph: FoldedGraph) -> None:
        self.root = root
        self.nodes = [node.node for node in graph.nodes]
        self.place = graph.place
        self.scene = make_scene(graph)
        self.arrow: dict[Edge, int] = {
            edge: i for i, folded in enumerate(graph.edges) for edge in folded.edges
        }

    def name(self, v: Any) -> str:
        """What a node is called in a sentence: its name, else its operation and value."""
        name = self.scene.boxes[self.place[v]].name
        made = f"{operation_text(v, False)} → " if v.parents else ""
        return name or f"[{made}{significant(v.data)}]"

    def picture(
        self,
        boxes: Callable[[Any, Box], Box],
        nodes: Iterable[Any] = (),
        edges: Iterable[Edge] = (),
        hidden: Iterable[Edge] = (),
    ) -> Scene:
        """The scene with its boxes changed, and nodes and edges pointed out or left blank."""
        chosen = {self.place[v] for v in nodes}
        marked, blank = {self.arrow[e] for e in edges}, {self.arrow[e] for e in hidden}
        changed = [boxes(v, box) for v, box in zip(self.nodes, self.scene.boxes, strict=True)]
        arrows = [
            replace(a, mark=CHOSEN) if i in marked
            else replace(a, label="", amount=None) if i in blank
            else a
            for i, a in enumerate(self.scene.arrows)
        ]  # fmt: skip
        return replace(
            self.scene,
            boxes=tuple(
                replace(b, mark=CHOSEN) if i in chosen else b for i, b in enumerate(changed)
            ),
            arrows=tuple(arrows),
        )


def backward(story: Story) -> Iterator[Stage]:
    """The backward pass, one node at a time: what it adds to each of its parents."""
    root, name = story.root, story.name
    awaited = dict.fromkeys(story.nodes, 0)  # contributions that are still to come
    for v, k in story.arrow:
        awaited[v.parents[k]] += 1
    sums: dict[Any, float] = {}

    def box(v: Any, box: Box) -> Box:
        known = significant(sums[v]) if v in sums else "–"
        return _with_gradient(box, sums.get(v), known + " + …" * (v in sums and awaited[v] > 0))

    yield Stage(story.picture(box), f"the backward pass, from {name(root)} to its inputs")
    sums[root] = 1.0
    yield Stage(
        story.picture(box, [root]), f"it begins with {name(root)}", (f"grad {name(root)} = 1",)
    )
    for step in steps(root):
        lines = []
        for c in step.contributions:
            before = f"{significant(sums[c.parent])} + " if c.parent in sums else ""
            product = f"{_factor(step.gradient)} × {_factor(c.local_derivative)}"
            sums[c.parent] = sums.get(c.parent, 0.0) + c.amount
            awaited[c.parent] -= 1
            lines.append(
                f"grad {name(c.parent)} = {before}{product} = {significant(sums[c.parent])}"
            )
        if lines:
            edges = [(step.node, c.position) for c in step.contributions]
            title = f"{name(step.node)} passes on its gradient, times each local derivative"
            yield Stage(story.picture(box, [step.node], edges), title, _few(lines))
    leaves = [v for v in story.nodes if not v.parents]
    found = [f"grad {name(v)} = {significant(sums[v])}" for v in leaves]
    yield Stage(story.picture(box, leaves), "every gradient is complete", _few(found))


def forward(story: Story) -> Iterator[Stage]:
    """The forward pass, one operation at a time: its value, and its local derivatives."""
    root, name = story.root, story.name
    known = {v for v in story.nodes if not v.parents}

    def box(v: Any, box: Box) -> Box:
        lines = list(box.lines if is_constant(v) else box.lines[:-1])  # no gradients yet
        if v not in known:
            lines[-1] = f"{lines[-1].rpartition(' = ')[0]} = ?".removeprefix(" = ")
        return replace(box, lines=tuple(lines), gradient=None)

    def picture(*now: Any) -> Scene:
        hidden = [(v, k) for v, k in story.arrow if v not in known]
        edges = [(v, k) for v, k in story.arrow if v in now]
        return story.picture(box, now, edges, hidden)

    yield Stage(picture(), f"the forward pass, from the inputs to {name(root)}")
    operations = [v for v in story.nodes if v.parents]
    for i, v in enumerate(operations, 1):
        known.add(v)
        called, value = story.scene.boxes[story.place[v]].name, significant(v.data)
        sides = dict.fromkeys(filter(None, [called, _formula(v), value]))  # -1.5 is -1.5 once
        derivatives = [
            f"by {name(p)}: {significant(d)}"
            for p, d in zip(v.parents, v.local_derivatives, strict=True)
            if not is_constant(p)
        ]
        lines = [" = ".join(sides)]
        if derivatives:
            several = "s" * (len(derivatives) > 1)
            lines.append(f"local derivative{several} {', '.join(abridged(derivatives, 4))}")
        title = f"operation {i} of {len(operations)}: {operation_text(v, False)}"
        yield Stage(picture(v), title, tuple(lines))
    yield Stage(picture(), "every value is known", (f"{name(root)} = {significant(root.data)}",))


def along_paths(story: Story, wrt: Any) -> Iterator[Stage]:
    """One path after the other: the product along it, and the sum over all so far."""
    root, name = story.root, story.name
    count = count_paths(root, wrt)
    if not 0 < count <= MOST_PATHS:
        raise ValueError(
            f"{count:,} paths lead from {name(root)} to this node, and a film shows 1 to "
            f'{MOST_PATHS}: animate(root, what="backward") shows them all at once'
        )
    total = 0.0
    parts: list[str] = []
    blank = story.picture(lambda v, box: _with_gradient(box, None, "–"))
    yield Stage(blank, f"{count} path{'s' * (count > 1)} from {name(root)} to {name(wrt)}")
    for i, path in enumerate(paths(root, wrt), 1):
        total += path.derivative
        parts.append(_term(path.derivative, first=not parts))
        numbers = " × ".join(_factor(d) for d in path.local_derivatives)
        lines = [f"{numbers} = {significant(path.derivative)}"] if len(path) > 1 else []
        lines.append(f"sum over the paths so far: {_sum(parts, total)}")
        title = f"path {i} of {count}: {_spelled(story, path)}"
        scene = story.picture(lambda v, box: _with_gradient(box, None, "–"), path.nodes, path.edges)
        yield Stage(scene, title, tuple(lines))

    def box(v: Any, box: Box) -> Box:
        return _with_gradient(box, *((total, significant(total)) if v is wrt else (None, "–")))

    title = f"the gradient of {name(wrt)} is the sum over all paths"
    yield Stage(story.picture(box, [wrt]), title, (f"grad {name(wrt)} = {_sum(parts, total)}",))


# ---- how numbers are written ---------------------------------------------------------------------


def _with_gradient(box: Box, gradient: float | None, words: str) -> Box:
    if box.kind == "constant":
        return box
    return replace(box, lines=(*box.lines[:-1], f"grad {words}"), gradient=gradient)


def _factor(x: float) -> str:
    """A number as a factor or an operand, in parentheses where it has a sign."""
    text = significant(x)
    return f"({text})" if text.startswith("-") else text


def _term(x: float, first: bool) -> str:
    return significant(x) if first else _factor(x)


def _sum(parts: Sequence[str], total: float) -> str:
    written = " + ".join(abridged(parts, 8))
    return written if len(parts) == 1 else f"{written} = {significant(total)}"


def _few(lines: list[str]) -> tuple[str, ...]:
    """The lines, the middle ones left out where there are many."""
    return tuple(lines if len(lines) <= LINES else [*lines[: LINES - 2], "…", lines[-1]])


def _spelled(story: Story, path: Path) -> str:
    return " ← ".join(abridged([story.name(v) for v in path.nodes], 8))


def _formula(v: Any) -> str:
    """The operation of a node on the numbers of its parents: 2 × 3 + 1 × (-1)."""
    numbers = [p.data for p in v.parents]
    operation = getattr(v, "op", None)
    if not isinstance(operation, Operation):
        return f"{type(v).__name__}({', '.join(abridged(list(map(significant, numbers)), TERMS))})"
    terms = terms_of(operation, [Symbol(significant(x)) for x in numbers], REST)
    if terms:
        made = sum(terms[1:], start=terms[0])
    else:
        many = len(numbers) > TERMS
        made = Symbol(operation, [*numbers[:2], REST, numbers[-1]] if many else numbers)
    printer = TextPrinter()
    printer.number = significant
    return printer.text(made).replace(" * ", " × ")
