"""The second half of a tape: its gradient, as more instructions of the same program.

    adjoints(program, root, wrt)       the slots of the mean over lanes and of its derivatives

An adjoint is the sum, over what a value feeds, of local derivative times adjoint.  The local
derivatives are the partial rules of the table, run on symbols: a number, an operand or a formula.
Where a uniform value feeds lanes, its adjoint is a sum over lanes, and what follows is uniform.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.rules.symbols import CONDITIONS
from autograd.tape.program.instructions import (
    DETACHED,
    LEAVES,
    SEED,
    SUM,
    Program,
    Slope,
    locals_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Pair = tuple[int, int]  # a local derivative and the adjoint that it is multiplied by

STILL = {*CONDITIONS.values(), DETACHED}  # rows through which nothing moves


def adjoints(program: Program, root: int, wrt: Sequence[int]) -> tuple[int, list[int]]:
    """The slots of the mean of the root over lanes, and of its derivative by each slot of `wrt`.

    Of a slot that the root does not depend on, the derivative is the number 0.
    """
    seed, one = program.emit(SEED, (0,)), program.number(1.0)
    order = program.needed([root])
    moving = _moving(program, order, wrt)
    parts: dict[int, list[Pair]] = {root: [(one, seed)]}
    gradient = {}
    for slot in reversed(order):  # what a value feeds stands after it
        if slot not in parts:
            continue
        add = _over_lanes if program.uniform[slot] else Program.sum_of_products
        adjoint = add(program, parts.pop(slot)[::-1])
        gradient[slot] = adjoint
        for operand, pair in _contributions(program, slot, adjoint, moving, one):
            parts.setdefault(operand, []).append(pair)
    value = _over_lanes(program, [(root, seed)])
    return value, [gradient[slot] if slot in gradient else program.number(0.0) for slot in wrt]


def _moving(program: Program, order: Sequence[int], wrt: Sequence[int]) -> set[int]:
    """The slots that depend on one of `wrt` by a way that gradients go."""
    moving = set(wrt)
    for slot in order:
        head, _ = program.code[slot]
        if head not in STILL and any(a in moving for a in program.operands(slot)):
            moving.add(slot)
    return moving


def _contributions(
    program: Program, slot: int, adjoint: int, moving: set[int], one: int
) -> list[tuple[int, Pair]]:
    """For each operand that moves what it gains: a pair of factors."""
    head, xs = program.code[slot]
    if slot not in moving or head in LEAVES:
        return []
    shared: Sequence[Any] = ()
    found = []
    choosers, letters = head.selectors(len(xs)), (*xs, slot)
    for i, (kind, d) in enumerate(locals_of(head, len(xs))):
        if xs[i] not in moving or i in choosers:
            continue
        if kind == "number":
            pair = program.number(d), adjoint
        elif kind == "operand":
            pair = letters[d], adjoint
        elif kind == "formula":
            pair = one, _formula(program, d, letters, adjoint)
        else:
            shared = shared or head.differentiate(
                tuple(map(program.quantity, xs)), program.quantity(slot)
            )
            pair = program.slot_of(shared[i]), adjoint
        found.append((xs[i], pair))
    return found


def _formula(program: Program, slope: Slope, letters: Sequence[int], adjoint: int) -> int:
    return program.emit(slope, (*[letters[at] for at in slope.asked], adjoint))


def _over_lanes(program: Program, pairs: Sequence[Pair]) -> int:
    """The sum over pairs, and over all lanes for those that differ from lane to lane."""
    one = program.number(1.0)
    found: list[Pair] = []
    lanes: list[int] = []
    for d, g in pairs:
        if program.uniform[g]:
            found.append((d, g))
        elif program.uniform[d] and d != one:
            found.append((d, program.emit(SUM, (one, g))))
        else:
            lanes += (d, g)
    if lanes:
        found.append((one, program.emit(SUM, tuple(lanes))))
    return program.sum_of_products(found)
