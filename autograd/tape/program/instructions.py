"""The scalar tape: single assignment, one instruction a line, each a row of the table on slots.

    program = Program()
    x = program.emit(INPUT, (0,))                  a slot: the position of an instruction
    z = program.emit(tanh, (x,))                   the same row on the same slots is the same slot

A value is *uniform* where it depends on parameters and constants alone; all others are one number
a *lane*, an example of the batch.  `Quantity` is a slot that rules of the table run on.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.operations import mul, neg, sumprod, total
from autograd.rules.language import Operation
from autograd.rules.symbols import Symbol, Undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Head = Any  # a row of the table, a Slope, or one of the words below

# what a slot holds that no row computed; its one operand says which
INPUT, PARAMETER, FROZEN, NUMBER = "input", "parameter", "frozen", "number"
SEED = "seed"  # what a lane counts for in the mean: 1/n, or its weight
SUM = "sum over lanes"  # of products: its operands are (d, g, d, g, ...)
LEAVES = frozenset([INPUT, PARAMETER, FROZEN, NUMBER, SEED])

# a value that no gradient passes, as under `no_grad`
DETACHED = Operation("detached", lambda x: x, lambda x, z: 0.0, registered=False)

# ---- local derivatives ---------------------------------------------------------------------------


class Slope:
    """A local derivative that is a formula, times the gradient: the head of an instruction.

    Its operands are those letters of the row that stand in the formula, then the gradient.
    """

    __slots__ = ("asked", "count", "i", "row")

    def __init__(self, row: Operation, count: int, i: int, asked: tuple[int, ...]) -> None:
        self.row, self.count, self.i = row, count, i
        self.asked = asked  # positions among the operands, and `count` for the output

    def rule(self, *operands: Any) -> Any:
        """The formula on the operands of the instruction, symbols or numbers."""
        *given, g = operands
        letters: list[Any] = [Symbol("?")] * (self.count + 1)
        for at, x in zip(self.asked, given):
            letters[at] = x
        if len(self.row.partials) == self.count:
            return self.row.partials[self.i](*letters) * g
        return self.row.differentiate(letters[:-1], letters[-1])[self.i] * g

    def __reduce__(self) -> tuple[Any, ...]:
        return slope_of, (self.row, self.count, self.i)

    def __repr__(self) -> str:
        return f"<derivative of {self.row.name} by operand {self.i}>"


_locals: dict[tuple[Operation, int], tuple[tuple[str, Any], ...]] = {}


def locals_of(row: Operation, count: int) -> tuple[tuple[str, Any], ...]:
    """What each local derivative of a row is, found by running its rule on symbols.

    ("number", 2.0), ("operand", its position, `count` for the output), ("formula", a Slope); of a
    row with any number of operands the formulas share their parts: ("shared", None).
    """
    key = row, count
    if key not in _locals:
        _locals[key] = tuple(_classified(row, count))
    return _locals[key]


def _classified(row: Operation, count: int) -> list[tuple[str, Any]]:
    xs = tuple([Symbol(str(i)) for i in range(count + 1)])
    any_number = row.takes(count + 1)
    opaque = False
    try:
        found: Sequence[Any] = row.differentiate(xs[:-1], xs[-1])
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        found, opaque = xs[:-1], True  # an arbitrary Python function: it may ask for all of them
    kinds: list[tuple[str, Any]] = []
    for i, d in enumerate(found):
        if opaque:
            kinds.append(("formula", Slope(row, count, i, tuple(range(count + 1)))))
        elif not isinstance(d, Symbol):
            kinds.append(("number", float(d)))
        elif not d.operands:
            kinds.append(("operand", int(d.head)))
        elif any_number:
            kinds.append(("shared", None))
        else:
            asked = tuple(sorted(int(letter) for letter in d.letters()))
            kinds.append(("formula", Slope(row, count, i, asked)))
    return kinds


def slope_of(row: Operation, count: int, i: int) -> Slope:
    """The one slope of a row by an operand: instructions compare their heads by identity."""
    slope: Slope = locals_of(row, count)[i][1]
    return slope


# ---- the program ---------------------------------------------------------------------------------


class Program:
    """Instructions in order: `code[slot]` is (head, operands); `uniform[slot]`, `names[slot]`."""

    def __init__(self) -> None:
        self.code: list[tuple[Head, tuple[Any, ...]]] = []
        self.uniform: list[bool] = []
        self.names: dict[int, str] = {}
        self._slots: dict[tuple[Head, tuple[Any, ...]], int] = {}

    def emit(self, head: Head, operands: tuple[Any, ...]) -> int:
        """The slot of an instruction, or of a leaf, whose one operand says which."""
        key = head, operands
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = len(self.code)
            self.code.append(key)
            if head in LEAVES:
                uniform = head not in (INPUT, SEED)
            else:
                uniform = head == SUM or all(map(self.uniform.__getitem__, operands))
            self.uniform.append(uniform)
        return slot

    def number(self, x: float) -> int:
        """The slot of a number; 0.0 and -0.0 are two."""
        return self.emit(NUMBER, (repr(x),))

    def number_at(self, slot: int) -> float | None:
        """The number that a slot holds always; None elsewhere."""
        head, operands = self.code[slot]
        return float(operands[0]) if head == NUMBER else None

    def product(self, d: int, g: int) -> int:
        """The slot of d * g; 1 and -1 are no factors."""
        for factor, other in ((d, g), (g, d)):
            x = self.number_at(factor)
            if x == 1.0:
                return other
            if x == -1.0:
                return self.emit(neg, (other,))
        return self.emit(mul, (d, g))

    def sum_of_products(self, pairs: Sequence[tuple[int, int]]) -> int:
        """The slot of d*g + ... for pairs (d, g)."""
        if len(pairs) == 1:
            return self.product(*pairs[0])
        if all(self.number_at(d) == 1.0 for d, _ in pairs):
            return self.emit(total, tuple([g for _, g in pairs]))
        return self.emit(sumprod, (*[d for d, _ in pairs], *[g for _, g in pairs]))

    def operands(self, slot: int) -> tuple[int, ...]:
        """The slots that an instruction takes; a leaf takes none."""
        head, operands = self.code[slot]
        return () if head in LEAVES else operands

    def needed(self, roots: Sequence[int]) -> list[int]:
        """The slots that these are computed from, and they themselves, in order."""
        found: set[int] = set()
        ahead = list(roots)
        while ahead:
            slot = ahead.pop()
            if slot not in found:
                found.add(slot)
                ahead += self.operands(slot)
        return sorted(found)

    def quantity(self, slot: int) -> Any:
        """A slot as what rules run on: the number itself where it holds one."""
        x = self.number_at(slot)
        return Quantity(self, slot) if x is None else x

    def slot_of(self, x: Any) -> int:
        """The slot of what a rule gave: a quantity or a number."""
        return x.slot if isinstance(x, Quantity) else self.number(float(x))

    def copy(self) -> Program:
        """The same instructions, to write more behind them."""
        other = Program()
        other.__setstate__((list(self.code), list(self.uniform), dict(self.names)))
        return other

    def __getstate__(self) -> tuple[Any, ...]:
        return self.code, self.uniform, self.names

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.code, self.uniform, self.names = state
        self._slots = {key: slot for slot, key in enumerate(self.code)}


class Quantity(Undecided):
    """A slot of a program: a rule that runs on it writes instructions."""

    __slots__ = ("program", "slot")
    __hash__ = object.__hash__

    def __init__(self, program: Program, slot: int) -> None:
        self.program, self.slot = program, slot

    @classmethod
    def _record(cls, operation: Any, operands: Sequence[Any]) -> Any:
        program = next(x.program for x in operands if isinstance(x, Quantity))
        slots = tuple(map(program.slot_of, operands))
        slot = program.product(*slots) if operation is mul else program.emit(operation, slots)
        return program.quantity(slot)
