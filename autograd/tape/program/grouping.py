"""The grouped tape: instructions of one level and one row, which an engine runs as one call.

    grouped = Grouped(program, roots)
    grouped.groups          in order; each says what it computes, of which slots, from which
    grouped.place           where each slot lies: its row among the lanes, or its uniform place

It looks at scalars alone, so it is generic.  Sums of products that share their inputs and have
uniform weights are a matrix times lanes; sums over lanes of products with the same factors are the
product of two blocks of lanes, a matrix again; all else is one call over as many rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autograd.rules.language import NaryOperation, Operation
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    LEAVES,
    NUMBER,
    PARAMETER,
    SEED,
    SUM,
    Program,
    Slope,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Kind = Literal["rows", "matrix", "products", "outer"]

BEFORE, LANES, AFTER = 0, 1, 2  # uniform; for each lane; uniform, from sums over lanes


@dataclass(frozen=True)
class Group:
    """Instructions that run as one call, and when: before the lanes, for each lane, or after them.

    rows        head on columns[k][j], the operand k of instruction j
    products    sums of products, columns as in rows
    matrix      weights[j][k] times inputs[k], plus starts[j]
    outer       sums over lanes of rows[j] times columns[k], added to targets[j][k]
    """

    kind: Kind
    when: int
    head: Any
    slots: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[int, ...], ...] = ()

    @property
    def size(self) -> int:
        """How many instructions, or products that are summed, it stands for."""
        if self.kind == "outer":
            return len(self.columns[0]) * len(self.columns[1])
        return len(self.slots)

    def __repr__(self) -> str:
        when = ("before the lanes", "", "after the lanes")[self.when]
        return ", ".join(filter(None, [self._words(), when]))

    def _words(self) -> str:
        many = len(self.slots)
        if self.kind == "matrix":
            start = " + starts" if self.columns[1:] else ""
            return f"{many} x {len(self.columns[0])} matrix times lanes{start}"
        if self.kind == "outer":
            rows, columns = map(len, self.columns)
            return f"{rows} x {columns} products, summed over lanes"
        name = head_text(self.head, len(self.columns))
        return f"{many} {name}"


def head_text(head: Any, count: int) -> str:
    """What an instruction computes, in a word or two."""
    if isinstance(head, Slope):
        letters = (*head.row.letters(head.count), "z")
        return f"d {head.row.name}/d{letters[head.i]} * gradient"
    length = f" of {count}" if isinstance(head, NaryOperation) else ""
    return f"{head.name}{length}"


class Grouped:
    """A program by groups, for some of its slots; `place` has (lies among lanes, row) by slot."""

    def __init__(self, program: Program, roots: Sequence[int]) -> None:
        self.program = program
        needed = program.needed(roots)
        self.leaves: dict[str, list[int]] = {word: [] for word in LEAVES}
        self.instructions: list[int] = []
        for slot in needed:
            head, _ = program.code[slot]
            (self.leaves[head] if head in LEAVES else self.instructions).append(slot)
        self.groups = tuple(_in_order(program, self.instructions))
        self.place: dict[int, tuple[bool, int]] = {}
        self.lanes = self.uniforms = 0
        for group in self.groups:  # weights lie as matrices
            for row in group.weights:
                for slot in row:
                    if program.code[slot][0] in LEAVES and slot not in self.place:
                        self._lay(slot)
        for word in (INPUT, SEED, PARAMETER, FROZEN, NUMBER):
            for slot in self.leaves[word]:
                if slot not in self.place:
                    self._lay(slot)
        for group in self.groups:
            for slot in group.slots:
                if slot not in self.place:
                    self._lay(slot)

    def _lay(self, slot: int) -> None:
        if self.program.uniform[slot]:
            self.place[slot] = False, self.uniforms
            self.uniforms += 1
        else:
            self.place[slot] = True, self.lanes
            self.lanes += 1

    @property
    def together(self) -> float:
        """What part of the instructions runs in groups of more than one."""
        shared = {slot for group in self.groups if group.size > 1 for slot in group.slots}
        return len(shared) / max(1, len(self.instructions))


def _in_order(program: Program, instructions: Sequence[int]) -> Iterator[Group]:
    level: dict[int, tuple[int, int]] = {}  # when, and how many instructions stand before
    buckets: dict[Any, list[int]] = {}
    sums: dict[int, list[int]] = {}
    uniform = program.uniform
    for slot in instructions:
        head, xs = program.code[slot]
        when, depth = BEFORE, 0
        for a in xs:
            of = level.get(a)
            if of is not None:
                when = max(when, of[0])
                depth = max(depth, of[1] + 1)
        if head == SUM:
            when, depth = AFTER, 0
        elif not uniform[slot]:
            when = LANES
        level[slot] = when, depth
        if head == SUM:
            sums[slot] = list(xs)
        else:
            key = (when, depth, *_kind(program, head, xs))
            buckets.setdefault(key, []).append(slot)
    for slots in buckets.values():
        slots.sort(key=lambda slot: program.code[slot][1])  # rows lie as those that they take
    keys = sorted(buckets, key=lambda key: key[:2])
    lanes = [_group(program, key, buckets[key]) for key in keys if key[0] != AFTER]
    yield from lanes
    laid = {slot: k for k, slot in enumerate(slot for group in lanes for slot in group.slots)}
    yield from _outer(sums, program.number(1.0), lambda slot: laid.get(slot, slot - len(uniform)))
    yield from [_group(program, key, buckets[key]) for key in keys if key[0] == AFTER]


def _kind(program: Program, head: Any, xs: Sequence[int]) -> tuple[Any, ...]:
    """What instructions must share to run at once, besides their level."""
    uniform = program.uniform.__getitem__
    if isinstance(head, Operation) and head.weights is not None:
        w, x, start = split(xs)
        if all(map(uniform, x)) and not any(map(uniform, w)):
            w, x = x, w
        if w and all(map(uniform, w)) and not any(map(uniform, x)):
            return "matrix", head, x, tuple(map(uniform, start))
        return "products", head, len(xs), tuple(map(uniform, xs))
    return "rows", head, len(xs), tuple(map(uniform, xs))


def split(xs: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Weights, inputs, and start of a sum of products: (), or one."""
    n = len(xs) // 2
    return tuple(xs[:n]), tuple(xs[n : 2 * n]), tuple(xs[2 * n :])


def _group(program: Program, key: tuple[Any, ...], slots: Sequence[int]) -> Group:
    when, _, kind, head, *rest = key
    operands = [program.code[slot][1] for slot in slots]
    if kind == "matrix":
        x = rest[0]
        weights, starts = [], []
        for xs in operands:
            w, given, start = split(xs)
            weights.append(w if given == x else given)
            starts += start
        columns = (x, tuple(starts)) if starts else (x,)
        return Group("matrix", when, head, tuple(slots), columns, tuple(weights))
    return Group(kind, when, head, tuple(slots), tuple(zip(*operands)))


def _outer(sums: dict[int, list[int]], one: int, order: Callable[[int], int]) -> Iterator[Group]:
    """Sums over lanes by blocks: no target stands twice in one, so that none is lost.

    A product that is summed into several targets stands in a row for each of them.  The rows of a
    block stand in the order in which they lie.
    """
    terms = max([len(xs) // 2 for xs in sums.values()], default=0)
    for k in range(terms):
        products = [
            (xs[2 * k], xs[2 * k + 1], target) for target, xs in sums.items() if 2 * k < len(xs)
        ]
        products.sort(key=lambda product: (order(product[0]), order(product[1])))
        by_gradient: dict[tuple[int, bool, int], list[tuple[int, int]]] = {}
        often: Counter[tuple[int, int]] = Counter()
        for d, g, target in products:
            by_gradient.setdefault((g, d == one, often[d, g]), []).append((d, target))
            often[d, g] += 1
        blocks: dict[tuple[int, ...], list[tuple[int, list[int]]]] = {}
        for (g, *_), pairs in by_gradient.items():
            factors = tuple([d for d, _ in pairs])
            blocks.setdefault(factors, []).append((g, [target for _, target in pairs]))
        for factors, rows in blocks.items():
            gradients = tuple([g for g, _ in rows])
            targets = tuple([target for _, row in rows for target in row])
            yield Group("outer", LANES, SUM, targets, (gradients, factors))
