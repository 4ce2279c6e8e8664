"""A program by groups as the source of a function of arrays that are made and never changed.

    source = ArraySource(program, outputs, gradient, ROUTINES)
    source.text                                    the text, to be read in class
    source.function(given)(theta, frozen, numbers, x, seed)

It returns the outputs, each over the lanes; with a gradient the first output and the gradient.

Rows are functions of their own, printed from the table's rules, and beside each stand its local
derivatives: whoever differentiates the text, as JAX and PyTorch do, meets the table's rules there
too, at kinks and edges.  What the text calls besides (matrix, column, ...) its target brings along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from math import inf, nan
from typing import NamedTuple

from autograd.operations import div, where
from autograd.rules.language import BUILT_IN, NaryOperation, Operation
from autograd.rules.printing import ATOM, PythonPrinter
from autograd.rules.symbols import CONDITIONS, Symbol
from autograd.tape.program.formulas import Written
from autograd.tape.program.grouping import AFTER, LANES, Group, Grouped, split
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    NUMBER,
    PARAMETER,
    SEED,
    Program,
    Slope,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Place = tuple[str, int]  # an array, and the row in it

LONG = 5  # terms of a sum that runs over an axis of its own
PIECES = 4  # runs of rows that are joined; more are gathered
RESERVED = """
    theta frozen numbers x seed run block choose column divide full inf join jnp matrix nan norm
    number outer over_lanes pick special spread torch with_slopes
"""
GIVEN = {PARAMETER: "theta", FROZEN: "frozen", INPUT: "x", SEED: "seed"}


class Recorded(NamedTuple):
    """What an export takes of a tape."""

    program: Program
    outputs: Sequence[int]
    parameters: Sequence[int]
    frozen: Sequence[float]
    example: Sequence[Any]  # a structure of numbers for each argument
    result: Any  # the structure that the outputs stand in


class Kept(Written):
    """A symbol on which rows stay calls, so that each keeps its own local derivatives."""

    __slots__ = ()
    __hash__ = object.__hash__

    @classmethod
    def _record(cls, operation: Any, operands: Sequence[Any]) -> Any:
        choosers = operation.selectors(len(operands))
        xs = tuple([x if i in choosers else as_number(x) for i, x in enumerate(operands)])
        if not any(isinstance(x, Symbol) for x in xs):
            return operation.evaluate(tuple(map(float, xs)))
        if operation.primitive or choosers:
            return super()._record(operation, xs)
        return cls(operation, xs)


def as_number(x: Any) -> Any:
    """A condition as 1 or 0: arithmetic of true and false is not the same everywhere."""
    return Kept("number", (x,)) if isinstance(x, Symbol) and x.head in CONDITIONS else x


class Rows:
    """The functions of a source: one for each row, or local derivative, and the numbers in it."""

    def __init__(self, routines: Mapping[str, str]) -> None:
        self.routines = routines
        self.texts: list[str] = []
        self._names: dict[tuple[Any, ...], str] = {}

    def call(self, head: Any, operands: Sequence[Any], text: Callable[[Any], str]) -> str:
        """A call of a head on symbols and numbers, as text."""
        pattern = tuple([None if isinstance(x, Symbol) else repr(x) for x in operands])
        name = self._names.get((head, pattern)) or self._define(head, pattern)
        return f"{name}({', '.join([text(x) for x in operands if isinstance(x, Symbol)])})"

    def function_of(self, head: Any, count: int) -> str:
        """The name of a function that computes an instruction of so many operands."""
        letters = [Kept(f"x{i}") for i in range(count)]
        name = f"kind{len(self.texts)}"
        self._write(name, letters, [rule_of(head, letters)], alone=True)
        return name

    def _define(self, head: Any, pattern: tuple[str | None, ...]) -> str:
        name = self._names[head, pattern] = self._free(head, pattern)
        letters = [Kept(f"x{i}") for i, p in enumerate(pattern) if p is None]
        ahead = iter(letters)
        xs = tuple([next(ahead) if p is None else float(p) for p in pattern])
        if isinstance(head, Slope):
            self._write(name, letters, [_formula(head, lambda: head.rule(*xs))], alone=True)
            return name
        z = Kept("z")
        slopes = _formula(head, lambda: _slopes(head, xs, z))
        kept = [d for d, x in zip(slopes, xs) if isinstance(x, Symbol)]
        self._write(f"d_{name}", [*letters, z], kept, alone=False)
        if head.primitive:
            body = self.routines[head.name]
            if None not in pattern or len(letters) < len(xs):
                body = f"lambda {_listed(letters)}: {body}({', '.join(map(_text, xs))})"
        else:
            body = f"_{name}"
            self._write(body, letters, [_formula(head, lambda: _forward(head, xs))], alone=True)
        self.texts.append(f"{name} = with_slopes({body}, d_{name})\n")
        return name

    def _free(self, head: Any, pattern: tuple[str | None, ...]) -> str:
        """A name that nothing else has."""
        row = getattr(head, "row", head)
        used = {*RESERVED.split(), *self.routines.values(), *self._names.values()}
        name = row.name if row.name in BUILT_IN else f"row_{row.name}"
        name = name if row is head else f"slope_{name}_{head.i}"
        if isinstance(row, NaryOperation):
            name += f"_{len(pattern)}"
        while name in used:
            name += "_"
        return str(name)

    def _write(self, name: str, letters: Sequence[Any], rules: Sequence[Any], alone: bool) -> None:
        printer = RowPrinter(self)
        lines = [f"def {name}({_listed(letters)}):"]
        lines += [f"    {step} = {text}" for step, text in printer.statements(rules, "t")]
        found = ", ".join(map(printer.text, rules))
        self.texts.append("\n".join([*lines, f"    return {found if alone else f'({found},)'}\n"]))


def _slopes(row: Operation, xs: Sequence[Any], z: Any) -> Sequence[Any]:
    """Its local derivatives; of numbers, which nobody asks, none."""
    if len(row.partials) == len(xs) and not isinstance(row, NaryOperation):
        return [d(*xs, z) if isinstance(x, Symbol) else 0.0 for d, x in zip(row.partials, xs)]
    return row.differentiate(xs, z)


def _forward(row: Operation, xs: Sequence[Any]) -> Any:
    z = row.compute(xs)
    return z if row.domain is None else where(row.domain(*xs), z, nan)


def _formula(head: Any, rule: Callable[[], Any]) -> Any:
    """What a rule gives on symbols; TypeError where it is an arbitrary Python function."""
    try:
        return rule()
    except (AttributeError, ArithmeticError, TypeError, ValueError) as error:
        raise TypeError(f"{getattr(head, 'row', head).name} has no formula: {error}") from error


def _listed(letters: Sequence[Symbol]) -> str:
    return ", ".join([x.head for x in letters])


def _text(x: Any) -> str:
    return x.head if isinstance(x, Symbol) else repr(x)


def rule_of(head: Any, operands: Sequence[Any]) -> Any:
    """What an instruction computes, a number always: a call, or a sum of terms."""
    if isinstance(head, Slope):
        return Kept(head, operands)
    if head.name in CONDITIONS:
        return as_number(Kept(head.name, operands))
    return as_number(_formula(head, lambda: Kept._record(head, operands)))


class RowPrinter(PythonPrinter):
    """Writes formulas whose rows are called as functions of the source."""

    OPERATORS = ("add", "sub", "mul", "neg", "pos")
    CALLED = ("&", "|", "number")

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self.rows = rows

    def binds(self, symbol: Symbol) -> int:
        if symbol.head is div and not isinstance(symbol.operands[1], Symbol):
            return int(div.binds)
        called = isinstance(symbol.head, Slope) or symbol.head in self.CALLED
        return ATOM if called else super().binds(symbol)

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        if isinstance(row, str) or row is where:
            name = self.rows.routines[row if isinstance(row, str) else row.name]
            return f"{name}({', '.join(map(self.text, operands))})", ATOM
        return self.rows.call(row, operands, self.text), ATOM


# ---- the source ----------------------------------------------------------------------------------


class ArraySource:
    """A program as text; `routines` are the names of primitive rows where it runs."""

    def __init__(
        self,
        program: Program,
        outputs: Sequence[int],
        gradient: Sequence[int] | None,
        routines: Mapping[str, str],
    ) -> None:
        self.program = program
        self.rows = Rows(routines)
        self.numbers: list[float] = []
        self.arrays: dict[str, Any] = {}  # what the text calls by name: places to gather from
        self._lines: list[str] = []
        self._names: dict[str, str] = {}  # of expressions, by their text
        self._places: dict[int, Place] = {}
        self._lengths: dict[str, int] = {}
        self._in_lanes: set[str] = {"x", "seed"}
        grouped = Grouped(program, [*outputs, *(gradient or ())])
        for word, name in GIVEN.items():
            for slot in grouped.leaves[word]:
                self._places[slot] = name, program.code[slot][1][0]
        for slot in grouped.leaves[NUMBER]:
            self._places[slot] = "numbers", len(self.numbers)
            self.numbers.append(float(program.code[slot][1][0]))
        self.groups = grouped.groups
        self._sums: dict[int, list[Place]] = {}
        for group in self.groups:
            if group.when == AFTER:
                self._add_up()
            self._write(group)
        self._add_up()
        self._lines.append(f"return {self._result(outputs, gradient)}")
        body = "\n".join(["    " + line for line in self._lines])
        self.text = "\n".join(
            [*self.rows.texts, f"def run(theta, frozen, numbers, x, seed):\n{body}\n"]
        )

    def function(
        self, given: Mapping[str, Any], index: Callable[[tuple[int, ...]], Any]
    ) -> Callable[..., Any]:
        """What the text defines, where it is given what it calls; `index` makes places arrays."""
        places = {name: index(at) for name, at in self.arrays.items()}
        names = {**given, **places, "inf": inf, "nan": nan}
        exec(compile(self.text, "<tape>", "exec"), names)
        return names["run"]  # type: ignore[no-any-return]  # it is made of text

    # ---- operands --------------------------------------------------------------------------------

    def _rows_of(self, places: Sequence[Place]) -> str:
        """A block of rows: a slice where they follow each other, else joined or gathered."""
        even = _evenly(places)
        if even:
            return self._named(even)
        runs = list(_runs(places))
        if len(runs) <= PIECES:
            pieces = [self._piece(*run) for run in runs]
            return pieces[0] if len(pieces) == 1 else self._named(f"join({', '.join(pieces)})")
        names = list(dict.fromkeys([name for name, _ in places]))
        start, at = {}, 0
        for name in names:
            start[name], at = at, at + self._length(name)
        whole = names[0] if len(names) == 1 else self._named(f"join({', '.join(names)})")
        return self._named(f"pick({whole}, {self._index([start[n] + k for n, k in places])})")

    def _piece(self, name: str, start: int, stop: int) -> str:
        whole = start == 0 and stop == self._length(name)
        return name if whole else self._named(f"{name}[{start}:{stop}]")

    def _length(self, name: str) -> int:
        if name in self._lengths:
            return self._lengths[name]
        if name == "numbers":
            return len(self.numbers)
        word = next(word for word, given in GIVEN.items() if given == name)
        return sum(1 for head, _ in self.program.code if head == word)

    def _named(self, text: str) -> str:
        if text not in self._names:
            self._names[text] = f"r{len(self._names)}"
            self._lines.append(f"{self._names[text]} = {text}")
        return self._names[text]

    def _index(self, at: Sequence[int]) -> str:
        name = f"i{len(self.arrays)}"
        self.arrays[name] = tuple(at)
        return name

    def _operand(self, slots: Sequence[int], when: int) -> tuple[Any, bool]:
        """An operand of a group, a symbol or the number that all have; whether it has all rows."""
        number = self.program.number_at(slots[0])
        same = len(set(slots)) == 1
        if same and number is not None:
            return number, False
        text = self._block_of(slots[:1] if same else slots, when)
        return Kept(text), len(slots) == 1 or not same

    def _block_of(self, slots: Sequence[int], when: int) -> str:
        places = [self._places[slot] for slot in slots]
        text = self._rows_of(places)
        uniform = places[0][0] not in self._in_lanes
        return self._named(f"column({text})") if uniform and when == LANES else text

    # ---- groups ----------------------------------------------------------------------------------

    def _write(self, group: Group) -> None:
        if group.kind == "outer":
            self._outer(group)
            return
        text = self._matrix(group) if group.kind == "matrix" else self._sum(group)
        self._keep(group.slots, text or self._call(group), group.when == LANES)

    def _keep(self, slots: Sequence[int], text: str, in_lanes: bool) -> None:
        name = f"v{len(self._lengths)}"
        self._lines.append(f"{name} = {text}")
        self._lengths[name] = len(slots)
        if in_lanes:
            self._in_lanes.add(name)
        self._places.update({slot: (name, k) for k, slot in enumerate(slots)})

    def _call(self, group: Group) -> str:
        """Rows of one head, as a formula of blocks."""
        found = [self._operand(slots, group.when) for slots in group.columns]
        operands = [x for x, _ in found]
        if not any(isinstance(x, Symbol) for x in operands):  # numbers alone
            operands = [Kept(self._block_of(slots, group.when)) for slots in group.columns]
        rule = rule_of(group.head, operands)
        printer = RowPrinter(self.rows)
        for name, text in printer.statements([rule], f"t{len(self._lengths)}_"):
            self._lines.append(f"{name} = {text}")
        text = printer.text(rule)
        whole = {x.head for x, all_rows in found if all_rows}
        if isinstance(rule, Symbol) and (not whole.isdisjoint(rule.letters()) or not whole):
            return text
        lanes = ", seed" if group.when == LANES else ""
        return f"full({text}, {len(group.slots)}{lanes})"

    def _sum(self, group: Group) -> str:
        """Long sums as one call over an axis more; "" where this is no group of such."""
        row = group.head
        if not (isinstance(row, Operation) and row.primitive and row.terms):
            return ""
        if len(group.columns) < LONG:
            return ""
        factors = split(group.columns) if row.weights else (group.columns, (), ())
        blocks = [self._stacked(columns, group.when) for columns in factors[:2] if columns]
        if "" in blocks:
            return ""
        text = f"({' * '.join(blocks)}).sum(0)"
        for start in factors[2]:
            text += f" + {self._block_of(start, group.when)}"
        return text

    def _stacked(self, columns: Sequence[Sequence[int]], when: int) -> str:
        """Operands with an axis more, over the terms; "" where some differ from lane to lane."""
        slots = [slot for column in columns for slot in column]
        if len({self._places[slot][0] in self._in_lanes for slot in slots}) > 1:
            return ""
        return self._named(f"block({self._block_of(slots, when)}, {len(columns)})")

    def _matrix(self, group: Group) -> str:
        weights = self._weights([[self._places[slot] for slot in row] for row in group.weights])
        inputs = self._rows_of([self._places[slot] for slot in group.columns[0]])
        text = f"matrix({weights}, {inputs})"
        for starts in group.columns[1:]:
            text += f" + {self._block_of(starts, group.when)}"
        return text

    def _weights(self, places: Sequence[Sequence[Place]]) -> str:
        """Weights as a matrix: a slice where they lie evenly, else gathered."""
        name, start = places[0][0]
        rows, columns = len(places), len(places[0])
        down = places[1][0][1] - start if rows > 1 else columns
        stop = start + rows * down
        even = down >= columns and all(
            place == (name, start + j * down + k)
            for j, row in enumerate(places)
            for k, place in enumerate(row)
        )
        if even and stop <= self._length(name):
            cut = "" if down == columns else f"[:, :{columns}]"
            piece = self._piece(name, start, stop)
            return self._named(f"{piece}.reshape({rows}, {down}){cut}")
        flat = self._rows_of([place for row in places for place in row])
        return self._named(f"{flat}.reshape({rows}, {columns})")

    def _outer(self, group: Group) -> None:
        gradients, factors = group.columns
        rows = self._rows_of([self._places[slot] for slot in gradients])
        if factors == (self.program.number(1.0),):
            text = f"over_lanes({rows})"
        else:
            columns = self._rows_of([self._places[slot] for slot in factors])
            text = f"outer({rows}, {columns})"
        name = f"v{len(self._lengths)}"
        self._lines.append(f"{name} = {text}")
        self._lengths[name] = len(group.slots)
        for k, slot in enumerate(group.slots):
            self._sums.setdefault(slot, []).append((name, k))

    def _add_up(self) -> None:
        """Sums that stand in several blocks are added; those in one are where they are."""
        by_count: dict[int, list[int]] = {}
        for slot, places in self._sums.items():
            if len(places) == 1:
                self._places[slot] = places[0]
            else:
                by_count.setdefault(len(places), []).append(slot)
        for count, slots in by_count.items():
            parts = [self._rows_of([self._sums[slot][k] for slot in slots]) for k in range(count)]
            self._keep(slots, " + ".join(parts), in_lanes=False)
        self._sums = {}

    def _result(self, outputs: Sequence[int], gradient: Sequence[int] | None) -> str:
        """The outputs, each over the lanes; or one that was summed over them, and a gradient."""
        found = [self._places[slot] for slot in outputs]
        if gradient is not None:
            (name, k), rest = found[0], [self._places[slot] for slot in gradient]
            return f"{name}[{k}], {self._rows_of(rest) if rest else 'theta'}"
        each = [
            f"{name}[{k}]" if name in self._in_lanes else f"spread({name}[{k}], seed[0])"
            for name, k in found
        ]
        return f"({', '.join(each)},)"


def _evenly(places: Sequence[Place]) -> str:
    """Rows of one array that stand evenly but not next to each other, as a slice; else ""."""
    names, at = {name for name, _ in places}, [k for _, k in places]
    steps = {b - a for a, b in pairwise(at)}
    if len(names) > 1 or len(steps) != 1 or (step := steps.pop()) <= 1:
        return ""
    return f"{names.pop()}[{at[0]}:{at[-1] + 1}:{step}]"


def _runs(places: Sequence[Place]) -> Iterator[tuple[str, int, int]]:
    """Rows that follow each other in one array: its name, first and behind the last."""
    for (name, _), run in groupby(
        enumerate(places), lambda pair: (pair[1][0], pair[1][1] - pair[0])
    ):
        found = [place[1] for _, place in run]
        yield name, found[0], found[-1] + 1
