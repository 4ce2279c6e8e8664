"""Functions as programs of rows, which the page runs: losses, activations, steps of optimizers.

    recorded(squared_error, 0.3, 1.0)

is that function as a list of instructions, inputs first: ["input", 0], ["number", 2.0], or the key
of a row in `viz.page.javascript.functions` and the positions of its operands, ["sub/2", 0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from autograd import OPERATIONS, sqrt
from autograd.rules.language import NaryOperation, Operation
from autograd.rules.symbols import Symbol
from autograd.tape.program.instructions import FROZEN, INPUT, NUMBER, Program
from autograd.tape.tracing import Trace
from viz.page.page import written
from viz.play.words import words_of

Rows = list[tuple[Operation, int]]
FIRST = ("tanh", "relu", "sigmoid", "gelu")  # of the activations that a menu has


@dataclass(frozen=True)
class Recorded:
    """A function of numbers as instructions, and the position of what it gives.

    `words` are what is said of instructions that have constants among their operands.
    """

    code: list[list[Any]]
    result: int
    rows: Rows
    words: dict[int, dict[str, Any]]

    @property
    def written(self) -> dict[str, Any]:
        """For JSON."""
        return {"code": self.code, "result": self.result, "words": self.words}


def recorded(f: Callable[..., Any], *example: Any) -> Recorded:
    """The program of f, which gives one Value for the numbers of the example.

    TraceError where f asks a traced value for its number, as in `if y > 0`; TypeError where it
    uses a variable, whose number the page would keep as it is.
    """
    trace = Trace(f, example, None)
    if trace.parameters:
        v = trace.parameters[0]
        raise TypeError(
            f"{trace.name} uses {v.label or 'a variable without a label'}, which may be trained, "
            f"and on the page it would stay at {v.data:g}: a loss or an activation is made of its "
            "arguments and of numbers, so take them into it as floats, or leave them out"
        )
    if len(trace.outputs) != 1:
        raise TypeError(f"{trace.name} gives {len(trace.outputs)} numbers, and one is needed")
    code: list[list[Any]] = []
    rows, words = [], {}
    program = trace.program
    for slot, (head, operands) in enumerate(program.code):
        if head == INPUT:
            code.append([INPUT, operands[0]])
        elif head == NUMBER:
            code.append([NUMBER, written(float(operands[0]))])
        elif head == FROZEN:
            code.append([NUMBER, written(float(operands[1]))])
        else:
            rows.append((head, len(operands)))
            code.append([f"{head.name}/{len(operands)}", *operands])
            numbers = [_number(program, k) for k in operands]
            if any(x is not None for x in numbers):
                words[slot] = words_of(head, numbers)
    return Recorded(code, trace.slots[trace.outputs[0]], rows, words)


def _number(program: Program, slot: int) -> float | None:
    """The number that a slot holds always."""
    head, operands = program.code[slot]
    return float(operands[1]) if head == FROZEN else program.number_at(slot)


def activation_rows() -> dict[str, Operation]:
    """The rows of the table that make a number of every number, the usual ones first."""
    found = {}
    for name in dict.fromkeys([*FIRST, *OPERATIONS]):
        row = OPERATIONS.get(name)
        if row is None or row.symbol != name or isinstance(row, NaryOperation) or row.domain:
            continue
        try:
            Trace(row, (0.5,), ())
        except Exception:
            continue  # it takes other things than one number
        found[name] = row
    return found


# ---- optimizers ----------------------------------------------------------------------------------


class Descent:
    """p <- p - r g, where no optimizer is given."""

    memory: Sequence[str] = ()
    steps: Any = 0

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def rule(self, r: Any, sqrt: Callable[[Any], Any]) -> Callable[..., tuple[Any, ...]]:
        """The step of a parameter p by its gradient g."""
        return lambda p, g: (p - r * g,)


def step_of(name: str, optimizer: Any) -> tuple[list[str], list[Any]]:
    """The letters of an optimizer's step and what it makes of them: p, what is remembered.

    Its `rule` is run on symbols: r is the rate, t the number of steps that were taken.
    TypeError where it has no rule, or one that asks a number.
    """
    memory = list(getattr(optimizer, "memory", ()))
    letters = ["p", "g", *memory, "r", "t"]
    try:
        twin = copy(optimizer)
        twin.steps = Symbol("t")
        rule = twin.rule(Symbol("r"), sqrt)
        made = list(rule(Symbol("p"), Symbol("g"), *map(Symbol, memory)))
    except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError) as error:
        raise TypeError(
            f"the optimizer {name} cannot run on the page: it needs a method rule(r, sqrt) made of "
            f"arithmetic alone, such as that of nn.SGD ({error})"
        ) from None
    return letters, made
