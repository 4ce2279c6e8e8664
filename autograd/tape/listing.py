"""A tape as a program to read: one line an instruction, in the names of the graph.

Imports the program; the tape asks for it when it is printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from autograd.rules.language import NaryOperation
from autograd.rules.printing import Printer
from autograd.rules.symbols import CONDITIONS, Symbol
from autograd.rules.words import shortest
from autograd.tape.program.grouping import Grouped, head_text, split
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
    from typing import Any

FEW, LONG = 8, 72  # operands that are listed; characters of a formula that is written out


class Listing:
    """The text of a tape; `gradients` has the slot of the gradient for each of a parameter."""

    def __init__(
        self,
        tape: Any,
        program: Program,
        outputs: Sequence[int],
        gradients: Mapping[int, int],
        grouped: Grouped,
    ) -> None:
        self._tape, self._program, self._outputs = tape, program, outputs
        self._gradients, self._grouped = gradients, grouped
        self._forward = [s for s in program.needed(outputs) if not self._is_leaf(s)]
        known = set(self._forward)
        self._backward = [
            s for s in program.needed(list(gradients.values()))
            if not self._is_leaf(s) and s not in known
        ]  # fmt: skip

    def _is_leaf(self, slot: int) -> bool:
        return self._program.code[slot][0] in LEAVES

    @cached_property
    def _names(self) -> dict[int, str]:
        """A name for each slot: its label where no other slot has it, else v and a number."""
        labels = self._program.names
        often = Counter(labels.values())
        names = {}
        for slot, (head, xs) in enumerate(self._program.code):
            label = labels.get(slot, "")
            if head == NUMBER:
                names[slot] = shortest(float(xs[0]))
            elif head == INPUT:
                names[slot] = self._tape.inputs[xs[0]]
            elif head == SEED:
                names[slot] = "share"  # of a lane in the mean
            elif label and often[label] == 1 and label not in self._tape.inputs:
                names[slot] = label
            else:
                letter = {PARAMETER: "p", FROZEN: "c"}.get(head, "v")
                names[slot] = f"{letter}{xs[0] if letter != 'v' else slot}"
        for slot, gradient in self._gradients.items():
            if not self._is_leaf(gradient):
                names[gradient] = f"grad {names[slot]}"
        return names

    def name(self, slot: int) -> str:
        """What a slot is called."""
        return self._names[slot]

    def line(self, slot: int) -> str:
        """An instruction."""
        return f"{self.name(slot)} = {self._text(slot)}"

    def _text(self, slot: int) -> str:
        head, xs = self._program.code[slot]
        if head == SUM:
            pairs = zip(xs[::2], xs[1::2])
            return f"sum over lanes of {self._sum_of([self._product(d, g) for d, g in pairs])}"
        letters = [Symbol(self.name(a)) for a in xs]
        if isinstance(head, Slope):
            try:
                text = Printer(shortest).text(head.rule(*letters))
            except (AttributeError, ArithmeticError, TypeError, ValueError):
                text = ""
            if text and len(text) <= LONG:
                return text
            return f"{head_text(head, len(xs)).removesuffix('gradient')}{letters[-1].head}"
        if head.name in CONDITIONS:
            return Printer().text(Symbol(head.name, letters))
        if isinstance(head, NaryOperation):
            return str(head.spell(self._abridged(head, [x.head for x in letters])))
        return Printer().text(Symbol(head, letters))

    def _product(self, d: int, g: int) -> str:
        one = self._program.number_at(d) == 1.0
        return self.name(g) if one else f"{self.name(d)} * {self.name(g)}"

    def _sum_of(self, terms: Sequence[str]) -> str:
        if len(terms) > FEW:
            terms = [*terms[:2], "...", terms[-1]]
        return " + ".join(terms)

    def _abridged(self, row: Any, names: list[str]) -> list[str]:
        """The operands of a long call, but for those in the middle."""
        if len(names) <= 2 * FEW:
            return names
        if row.weights is None:
            return [*names[:3], "...", *names[-2:]]
        parts = split(names)
        return [x for part in parts[:2] for x in [*part[:2], "...", part[-1]]] + list(parts[2])

    def head(self) -> str:
        """The program in numbers."""
        program = self._program
        counts = Counter(head for head, _ in program.code if head in LEAVES)
        together = 100 * self._grouped.together
        more = f", and {len(self._backward)} for the gradient" if self._gradients else ""
        return (
            f"{self._tape.name}: {_many(counts[INPUT], 'input')}, "
            f"{_many(counts[PARAMETER], 'parameter')}, {counts[FROZEN]} frozen; "
            f"{_many(len(self._forward), 'instruction')}{more}, in {len(self._grouped.groups)} "
            f"groups: {together:.0f} % run with others"
        )

    def __str__(self) -> str:
        program = self._program
        lines = [self.head(), ""]
        for word, text in ((INPUT, "inputs"), (PARAMETER, "parameters"), (FROZEN, "frozen")):
            slots = [slot for slot, (head, _) in enumerate(program.code) if head == word]
            names = [self.name(slot) for slot in slots]
            if word == FROZEN:
                names = [f"{x} = {program.code[s][1][1]}" for x, s in zip(names, slots)]
            if len(names) > FEW:
                names[3:-1] = ["..."]
            if names:
                lines.append(f"{text:10}  {', '.join(names)}")
        lines += ["", *map(self.line, self._forward)]
        lines.append(f"return {', '.join(map(self.name, self._outputs))}")
        if self._backward:
            lines += ["", "the gradient of the mean", "", *map(self.line, self._backward)]
        return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
