"""A program for an engine with a fixed set of kernels: what has none is written out in what has.

    program, roots = lowered(program, roots, has_kernel, is_routine)

A row with any number of operands, as logsumexp, becomes what its rule says, a maximum, differences,
exponentials and a sum, which are then grouped as all else.  Where a number among the operands
spares a routine, as the 2 of x**2 does, what is left of the rule takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import nan

from autograd.operations import where
from autograd.rules.language import NaryOperation, Operation
from autograd.rules.symbols import CONDITIONS, Symbol, in_order
from autograd.tape.program.formulas import Written, formula_of
from autograd.tape.program.instructions import LEAVES, NUMBER, SUM, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    HasKernel = Callable[[Any, int], bool]  # of a head and a number of operands
    IsRoutine = Callable[[Operation], bool]  # whether a row takes longer than arithmetic


def lowered(
    program: Program, roots: Sequence[int], has_kernel: HasKernel, is_routine: IsRoutine
) -> tuple[Program, list[int]]:
    """The roots as a program of leaves, sums over lanes and heads for which there is a kernel."""
    other = Lowered(has_kernel, is_routine)
    at: dict[int, int] = {}
    for slot in program.needed(roots):
        head, xs = program.code[slot]
        at[slot] = other.emit(head, xs if head in LEAVES else tuple([at[x] for x in xs]))
        if slot in program.names:
            other.names.setdefault(at[slot], program.names[slot])
    return other, [at[slot] for slot in roots]


class Lowered(Program):
    """A program that writes out what has no kernel."""

    def __init__(self, has_kernel: HasKernel, is_routine: IsRoutine) -> None:
        super().__init__()
        self._has_kernel, self._is_routine = has_kernel, is_routine

    def emit(self, head: Any, operands: tuple[Any, ...]) -> int:
        if head in LEAVES or head == SUM:
            return super().emit(head, operands)
        if not self._has_kernel(head, len(operands)):
            return self._write(rule_of(head, len(operands)), operands)
        numbers = tuple([self.code[x][1][0] if self.code[x][0] == NUMBER else "" for x in operands])
        if any(numbers) and routines_in(head, len(operands), self._is_routine):
            spared = without_routines(head, numbers, self._is_routine)
            if spared is not None:
                return self._write(spared, operands)
        return super().emit(head, operands)

    def _write(self, rule: Any, operands: Sequence[int]) -> int:
        """The slot of a rule, whose letters are positions among the operands."""
        slots: dict[int, int] = {}

        def slot_of(x: Any) -> int:
            return slots[id(x)] if isinstance(x, Symbol) else self.number(float(x))

        for symbol in in_order([rule]):
            if symbol.operands:
                xs = tuple(map(slot_of, symbol.operands))
                slots[id(symbol)] = self.emit(CONDITIONS.get(symbol.head, symbol.head), xs)
            else:
                slots[id(symbol)] = operands[int(symbol.head)]
        return slot_of(rule)


def rule_of(row: Operation, count: int) -> Any:
    """The forward rule of a row on symbols, in which other rows are called as they stand."""
    xs = [Symbol(str(i)) for i in range(count)]
    z = row.compute(xs)
    return z if row.domain is None or row.primitive else where(row.domain(*xs), z, nan)


@cache
def without_routines(head: Any, numbers: tuple[str, ...], is_routine: IsRoutine) -> Any:
    """The formula of a head where some operands are these numbers, if they spare a routine."""
    xs = [float(x) if x else Written(str(i)) for i, x in enumerate(numbers)]
    special = formula_of(head, xs)
    fewer = _count(special, is_routine) < routines_in(head, len(numbers), is_routine)
    return special if fewer else None


@cache
def routines_in(head: Any, count: int, is_routine: IsRoutine) -> int:
    """How many routines the formula of a head calls; of any number of operands, none."""
    if isinstance(head, NaryOperation):
        return 0
    return _count(formula_of(head, [Written(str(i)) for i in range(count)]), is_routine)


def _count(rule: Any, is_routine: IsRoutine) -> int:
    heads = [symbol.head for symbol in in_order([rule])]
    return sum(1 for row in heads if isinstance(row, Operation) and is_routine(row))
