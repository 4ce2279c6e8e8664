"""The program of one example: nothing is shared out among lanes, and a sum over lanes is a sum.

one, slots = of_one_example(program, roots)    the same roots, as a program of its own
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.operations import mul
from autograd.tape.program.instructions import LEAVES, SEED, SUM, Program


def of_one_example(program: Program, roots: Sequence[int]) -> tuple[Program, list[int]]:
    """What the roots need, where the only example counts for 1 in the mean; and their slots."""
    one = Program()
    slots: dict[int, int] = {}
    for slot in program.needed(roots):
        head, xs = program.code[slot]
        if head == SEED:
            slots[slot] = one.number(1.0)
        elif head in LEAVES:
            slots[slot] = one.emit(head, xs)
        else:
            given = tuple([slots[a] for a in xs])
            if head == SUM:
                slots[slot] = one.sum_of_products(list(zip(given[::2], given[1::2])))
            elif head is mul:
                slots[slot] = one.product(*given)
            else:
                slots[slot] = one.emit(head, given)
        label = program.names.get(slot)
        if label:
            one.names.setdefault(slots[slot], label)
    return one, [slots[root] for root in roots]
