"""A grouped tape as instructions for the kernels: what runs once, for each block, and at the end.

    binding = Binding(program, roots, counts, each=False)
    binding.text                   the calls of kernels with their operands, to be read in class
    binding.words(kernels)         the same as words, and where sections begin

A number of a lane is a row of V, a uniform number a place in U; lists of these are operands.
Uniform operands of lanes are spread over rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

from autograd.operations import add
from autograd.rules.language import NaryOperation
from autograd.tape.kernels.core import (
    CHUNK,
    IN_A_ROW,
    INSTRUCTION,
    LISTED,
    SAME,
    TILE,
)
from autograd.tape.kernels.rows import has_kernel, is_routine, name_of
from autograd.tape.kernels.writing import ALIGNED, WIDTH
from autograd.tape.program.grouping import BEFORE, Group, Grouped, split
from autograd.tape.program.grouping import LANES as FOR_LANES
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    NUMBER,
    PARAMETER,
    SEED,
    Program,
)
from autograd.tape.program.lowering import lowered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.engines.compiled.library import Kernels

LANES, MORE_LANES = 64, 256  # of a block, and of one whose sums are not in the cache
CACHED = 1 << 20  # bytes of sums
LONG = 16  # terms of a uniform sum that is computed by itself
MANY = 6  # operands, or places, of which some are shown
TITLES = (
    "once, before the lanes",
    "for each thread",
    "for each block of lanes",
    "once, at the end",
)

# what the results and the lists of a kernel are; of a row, rows of V
SHOWN = {
    "parameters": ("", "U", "theta"), "pack": ("W", "U"), "zero": ("S",), "spread": ("V", "U"),
    "inputs": ("", "V", "argument", "element"), "shares": ("V",), "matrix": ("V", "V", "U", "W"),
    "long products": ("U", "U", "U", "U"), "outer": ("", "V", "V", "S"), "reduce": ("", "V", "S"),
    "clean": ("", "V"), "add up": ("", "U"), "results": ("found", "U"), "columns": ("columns", "V"),
}  # fmt: skip


class Step:
    """One call of a kernel: how many results, from where on they lie, and lists of operands.

    The kernel of a uniform group runs an `inner` step, of which it gathers the operands.
    """

    def __init__(
        self,
        kernel: str,
        many: int,
        out: int,
        *lists: Sequence[int] | int,
        count: int = 0,
        inner: Step | None = None,
        operands: Sequence[Sequence[int]] = (),
    ) -> None:
        self.kernel, self.many, self.count, self.out = kernel, many, count, out
        self.lists, self.inner, self._operands = lists, inner, operands

    def __str__(self) -> str:
        kernel, lists = self.kernel, self.lists
        kinds = SHOWN.get(kernel, ("V",) * (len(lists) + 1))
        if self.inner is not None:
            kernel, lists = self.inner.kernel, tuple(self._operands)
            kinds = ("U",) * (len(lists) + 1)
        result = f"{shown(kinds[0], range(self.out, self.out + self.many))} = " if kinds[0] else ""
        operands = [shown(kind, xs) for kind, xs in zip(kinds[1:], lists)]
        if len(operands) > MANY:
            operands[3:-1] = ["..."]
        return f"{result}{kernel}({', '.join(operands)})"


def shown(array: str, at: Sequence[int] | int) -> str:
    """Places in an array: as a slice where they follow each other, else some of them."""
    if isinstance(at, int):
        return f"{array}[{at}:]"
    many = len(at)
    if many > 1 and list(at) == list(range(at[0], at[0] + many)):
        return f"{array}[{at[0]}:{at[0] + many}]"
    if many > 1 and len(set(at)) == 1:
        return f"{array}[{at[0]}]"
    numbers = list(map(str, at))
    if many > MANY:
        numbers[3:-1] = ["..."]
    return f"{array}[{', '.join(numbers)}]"


def _lie(places: Sequence[int], listed: list[int]) -> tuple[int, int]:
    """How places lie, and where; those that lie in no order are added to a list."""
    if len(set(places)) == 1:
        return SAME, places[0]
    if list(places) == list(range(places[0], places[0] + len(places))):
        return IN_A_ROW, places[0]
    listed += places
    return LISTED, len(listed) - len(places)


class Binding:
    """The roots of a program, of each lane or of the whole batch, as steps."""

    def __init__(
        self, program: Program, roots: Sequence[int], counts: Sequence[int], *, each: bool
    ) -> None:
        self.program, self.roots = lowered(program, roots, has_kernel, is_routine)
        self.grouped = Grouped(self.program, self.roots)
        self.lanes = self.grouped.lanes  # rows of V
        self.uniforms = self.grouped.uniforms + 2  # places in U
        self.zero, self.one = self.uniforms - 2, self.uniforms - 1  # the last of them
        self.sums: dict[int, int] = {}  # sums over lanes: a vector of S for each slot
        self.weights: list[int] = []  # places of weights, as they lie in W
        self.scratch = 0  # doubles that uniform groups take at most
        self._matrices: dict[tuple[tuple[int, ...], ...], int] = {}
        self._spread: dict[int, int] = {}  # rows of uniform places
        self._summed: set[int] = set()  # rows that enter sums over lanes
        self.counts = counts
        before: list[Step] = []
        block: list[Step] = []
        sums: list[Step] = []
        after: list[Step] = []
        for group in self.grouped.groups:
            if group.kind == "outer":
                sums.append(self._outer(group))
            elif group.when == FOR_LANES:
                block += self._in_lanes(group)
            else:
                (before if group.when == BEFORE else after).append(self._uniform(group))
        if each:
            sums.append(self._step("columns", [self._row(slot) for slot in self.roots]))
        else:
            after.append(self._step("results", [self._place(slot) for slot in self.roots]))
        spread = self._step("spread", list(self._spread), out=self.grouped.lanes)
        sections = (
            [*self._given(PARAMETER), *before, self._step("pack", self.weights)],
            [Step("zero", len(self.sums), 0), spread],
            [*self._brought(), *block, self._step("clean", sorted(self._summed)), *sums],
            [self._step("add up", [self._place(slot) for slot in self.sums]), *after],
        )
        self.sections = [[step for step in steps if step.many] for steps in sections]
        self.longest = LANES if ALIGNED * len(self.sums) <= CACHED else MORE_LANES  # of a block

    @property
    def heads(self) -> set[Any]:
        """The heads whose kernels are needed."""
        return {g.head for g in self.grouped.groups if g.kind == "rows"}

    @cached_property
    def text(self) -> str:
        """The calls of kernels, with their operands."""
        lines = [
            f"V: {self.lanes} rows of {self.longest} lanes; U: {self.uniforms} uniform numbers"
        ]
        for title, steps in zip(TITLES, self.sections):
            if steps:
                lines += ["", title, *[f"    {step}" for step in steps]]
        return "\n".join(lines)

    def words(self, kernels: Kernels) -> tuple[Any, Any, list[int]]:
        """The instructions as words, the numbers of their lists, and where sections begin.

        Words hold addresses, so both arrays stay as long as somebody runs them.
        """
        import numpy as np

        words: list[int] = []
        numbers: list[int] = []
        at_lists: list[int] = []  # words that are places of lists, and of steps
        at_steps: list[int] = []
        behind: list[tuple[int, Step]] = []

        def write(step: Step) -> None:
            length = len(INSTRUCTION) + len(step.lists) + (step.inner is not None)
            words.extend([kernels.address(step.kernel), length, step.many, step.count, step.out])
            for xs in step.lists:
                if isinstance(xs, int):
                    words.append(xs)
                    continue
                at_lists.append(len(words))
                words.append(4 * len(numbers))
                numbers.extend(xs)
            if step.inner is not None:
                behind.append((len(words), step.inner))
                words.append(0)

        starts = []
        for steps in self.sections:
            starts.append(len(words))
            for step in steps:
                write(step)
            words.append(kernels.address("stop"))
        for at, step in behind:
            at_steps.append(at)
            words[at] = 8 * len(words)
            write(step)
            words.append(kernels.address("stop"))
        code, lists = np.array(words, np.int64), np.array(numbers or [0], np.int32)
        code[at_lists] += lists.ctypes.data
        code[at_steps] += code.ctypes.data
        return code, lists, [code.ctypes.data + 8 * start for start in starts]

    # ---- where numbers lie -----------------------------------------------------------------------

    def _place(self, slot: int) -> int:
        """Where a uniform number lies in U."""
        return self.grouped.place[slot][1]

    def _row(self, slot: int) -> int:
        """The row of V of a number, uniform ones among them."""
        in_lanes, at = self.grouped.place[slot]
        return at if in_lanes else self._row_of_place(at)

    def _row_of_place(self, place: int) -> int:
        if place not in self._spread:
            self._spread[place] = self.lanes
            self.lanes += 1
        return self._spread[place]

    def _sum(self, slot: int) -> int:
        return self.sums.setdefault(slot, len(self.sums))

    # ---- groups ----------------------------------------------------------------------------------

    def _step(self, kernel: str, *lists: Sequence[int], out: int = 0) -> Step:
        return Step(kernel, len(lists[0]), out, *lists)

    def _in_lanes(self, group: Group) -> Iterator[Step]:
        """A group that runs for each block of lanes."""
        many, out = len(group.slots), self.grouped.place[group.slots[0]][1]
        if group.kind == "matrix":
            yield from self._matrix(group, out)
            return
        columns = [list(map(self._row, column)) for column in group.columns]
        if group.kind == "products":
            a, b, start = split(columns)
            starts = start[0] if start else [self._row_of_place(self.zero)] * many
            lists = [list(chain(*zip(*a))), list(chain(*zip(*b))), starts]
            yield Step("products", many, out, *lists, count=len(a))
        elif isinstance(group.head, NaryOperation):
            operands = list(chain(*zip(*columns)))
            yield Step(name_of(group.head), many, out, operands, count=len(columns))
        else:
            yield Step(name_of(group.head), many, out, *columns)

    def _matrix(self, group: Group, out: int) -> Iterator[Step]:
        many, inputs = len(group.slots), list(map(self._row, group.columns[0]))
        starts = group.columns[1] if group.columns[1:] else ()
        uniform = bool(starts) and not self.grouped.place[starts[0]][0]
        first = list(map(self._place, starts)) if uniform else [self.zero] * many
        weights = self._packed(group.weights)
        yield Step("matrix", many, out, inputs, first, weights, count=len(inputs))
        if starts and not uniform:
            results = range(out, out + many)
            yield Step(name_of(add), many, out, results, list(map(self._row, starts)))

    def _packed(self, rows: tuple[tuple[int, ...], ...]) -> int:
        """Where in W a matrix lies, as its kernel takes it; once for all that use it."""
        if rows not in self._matrices:
            self._matrices[rows] = len(self.weights)
            places = [list(map(self._place, row)) for row in rows]
            tiled = len(rows) - len(rows) % TILE
            for j in range(0, tiled, TILE):
                self.weights += chain(*zip(*places[j : j + TILE]))
            self.weights += chain(*places[tiled:])
        return self._matrices[rows]

    def _outer(self, group: Group) -> Step:
        gradients, factors = group.columns
        rows, targets = list(map(self._row, gradients)), list(map(self._sum, group.slots))
        self._summed.update(rows)
        if factors == (self.program.number(1.0),):
            return Step("reduce", len(rows), 0, rows, targets)
        columns = list(map(self._row, factors))
        self._summed.update(columns)
        return Step("outer", len(rows), 0, rows, columns, targets, count=len(columns))

    def _uniform(self, group: Group) -> Step:
        """A group of uniform instructions, which are the lanes of its kernel."""
        many, out = len(group.slots), self._place(group.slots[0])
        columns = [list(map(self._place, column)) for column in group.columns]
        count = len(columns)
        row, starts = group.head, [self.zero] * many
        a, b = columns, [[self.one] * many] * count
        if group.kind == "products":
            a, b, start = split(columns)
            starts = start[0] if start else starts
        if isinstance(row, NaryOperation) and row.terms and len(a) >= LONG and many < WIDTH:
            lists = [list(chain(*zip(*a))), list(chain(*zip(*b))), starts]
            return Step("long products", many, out, *lists, count=len(a))
        if group.kind == "products":
            n, columns = len(a), [*a, *b, starts]
            rows = [range(n), range(n, 2 * n), [2 * n]]
            inner = Step("products", 1, len(columns), *rows, count=n)
        elif isinstance(group.head, NaryOperation):
            inner = Step(name_of(group.head), 1, count, range(count), count=count)
        else:
            inner = Step(name_of(group.head), 1, count, *[[k] for k in range(count)])
        vectors = -(-min(many, CHUNK) // WIDTH)
        self.scratch = max(self.scratch, (len(columns) + 1) * vectors * WIDTH)
        how: list[int] = []
        listed: list[int] = []
        for column in columns:
            how += _lie(column, listed)
        return Step(
            "uniform", many, out, how, listed, count=len(columns), inner=inner, operands=columns
        )

    # ---- leaves ----------------------------------------------------------------------------------

    def _given(self, word: str) -> Iterator[Step]:
        slots = self.grouped.leaves[word]
        positions = [self.program.code[slot][1][0] for slot in slots]
        yield self._step("parameters", list(map(self._place, slots)), positions)

    def _brought(self) -> Iterator[Step]:
        """What lanes bring: the numbers of their examples, and what each counts for."""
        where_from = [(i, k) for i, count in enumerate(self.counts) for k in range(count)]
        slots = self.grouped.leaves[INPUT]
        places = [where_from[self.program.code[slot][1][0]] for slot in slots]
        arguments, elements = [i for i, _ in places], [k for _, k in places]
        yield self._step("inputs", list(map(self._row, slots)), arguments, elements)
        for slot in self.grouped.leaves[SEED]:
            yield Step("shares", 1, self._row(slot))

    def numbers(self) -> Iterator[tuple[int, float]]:
        """What U holds from the beginning: a place, and the number that lies there."""
        yield from ((self.zero, 0.0), (self.one, 1.0))
        for slot in self.grouped.leaves[NUMBER]:
            yield self._place(slot), float(self.program.code[slot][1][0])
        for slot in self.grouped.leaves[FROZEN]:
            yield self._place(slot), float(self.program.code[slot][1][1])
