"""Printing: a recorded rule as text, in Python or, by whoever overrides it, in another notation.

    Printer().text(rule)                     an expression, as Python reads
    python_function(rule, "f", ["x"])        the source of a function that computes it to the bit

One visitor goes through a rule; a target says in its own methods how a letter, a number, a call and
an operator are written there.  Imports symbols alone: a row is asked for its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import chain

from autograd.rules.symbols import Symbol, in_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# An expression binds as tightly as these numbers say; a call or a letter most of all.
COMPARISONS = {"<": 1, "<=": 1, ">": 1, ">=": 1, "==": 1, "!=": 1, "|": 2, "&": 3}
SUM, PRODUCT, PREFIX, POWER, ATOM = 4, 5, 6, 7, 8
DEEP = 50  # more operations than this, one inside the other, are written in several steps


class Printer:
    """Writes rules as Python; `number` writes the numbers in them.

    Another target overrides `letter`, `numeral`, `call`, `join`, `sign`, `group`, or what binds.
    Texts come with a number that says how tightly they bind.
    """

    negates = PREFIX  # what binds less tightly is grouped behind a sign
    encloses_left: Container[str] = ()  # rows whose operand stands alone, as above a bar
    encloses_right: Container[str] = ()

    def __init__(self, number: Callable[[float], str] = repr) -> None:
        self.number = number
        self.names: dict[int, str] = {}  # what has a name of its own, by its id

    # ---- what a target writes in its own way -----------------------------------------------------

    def letter(self, name: str) -> tuple[str, int]:
        """A letter."""
        return name, ATOM

    def numeral(self, x: float) -> tuple[str, int]:
        """A number."""
        text = self.number(x)
        return text, PREFIX if text.startswith("-") else ATOM

    def binds(self, symbol: Symbol) -> int:
        """How tightly an operator binds; ATOM where it is written as a call."""
        head = symbol.head
        return COMPARISONS[head] if isinstance(head, str) else int(head.binds)

    def sign(self, head: Any) -> str:
        """The sign of an operator or a comparison."""
        return str(getattr(head, "symbol", head))

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        """A call of a row."""
        return row.spell([self.text(x) for x in operands]), ATOM

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        """Two operands around a sign, parentheses all set."""
        return f"{x} {self.sign(head)} {y}", binding

    def group(self, text: str) -> str:
        """Parentheses around what binds too loosely."""
        return f"({text})"

    # ---- the visitor -----------------------------------------------------------------------------

    def text(self, rule: Any) -> str:
        """A rule, a Symbol or a number, written out."""
        return self.bound(rule)[0]

    def bound(self, rule: Any) -> tuple[str, int]:
        """The text of a rule and how tightly it binds."""
        if not isinstance(rule, Symbol):
            return self.numeral(float(rule))
        if id(rule) in self.names:
            return self.names[id(rule)], ATOM
        if not rule.operands:
            return self.letter(rule.head)
        binding = self.binds(rule)
        if binding == ATOM:
            return self.call(rule.head, rule.operands)
        if len(rule.operands) == 1:
            text, inner = self.bound(rule.operands[0])
            if inner < self.negates:
                text, inner = self.group(text), ATOM
            return self.sign(rule.head) + text, min(inner, PREFIX)
        return self._infix(rule, binding)

    def _infix(self, rule: Symbol, binding: int) -> tuple[str, int]:
        name = getattr(rule.head, "name", rule.head)
        (x, left), (y, right) = map(self.bound, rule.operands)
        to_the_right = binding == POWER  # a**b**c is a**(b**c)
        loose = left < binding or (left == binding and (to_the_right or rule.head in COMPARISONS))
        if loose and name not in self.encloses_left:
            x = self.group(x)
        loose = right < binding or (right == binding and not to_the_right)
        if name not in self.encloses_right and (loose or self.separates(y)):
            y = self.group(y)
        return self.join(rule.head, x, y, binding)

    def separates(self, right: str) -> bool:
        """Whether a right operand needs parentheses for its looks."""
        return False

    def statements(self, rules: Iterable[Any], prefix: str) -> Iterator[tuple[str, str]]:
        """What to compute first, each a name and a text; the rules then use the names."""
        for symbol in steps_of(rules):
            text = self.text(symbol)
            name = self.names[id(symbol)] = f"{prefix}{len(self.names) + 1}"
            yield name, text


class PythonPrinter(Printer):
    """Writes what Python can run: rows are called by name where Python has no such operator."""

    OPERATORS: tuple[str, ...] = (
        "add",
        "sub",
        "mul",
        "div",
        "neg",
        "pos",
    )  # ** leaves the real line, rows do not

    def binds(self, symbol: Symbol) -> int:
        name = getattr(symbol.head, "name", "")
        return super().binds(symbol) if not name or name in self.OPERATORS else ATOM


class EagerPrinter(PythonPrinter):
    """Writes what Python runs on floats alone, where only the branch that is taken need be run."""

    FORMS = {"where": "({1} if {0} else {2})"}  # noqa: RUF012  # a table, like OPERATORS

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        form = self.FORMS.get(row.name)
        return (
            (form.format(*map(self.text, operands)), ATOM) if form else super().call(row, operands)
        )


def python_expression(rule: Any, number: Callable[[float], str] = repr) -> str:
    """A recorded rule as a Python expression to read; `number` writes its numbers."""
    return Printer(number).text(rule)


def python_function(rule: Any, name: str, letters: Sequence[str]) -> str:
    """A recorded rule as the source of a Python function that computes it to the bit.

    It calls rows by their names, `pow` too (Python's own ** leaves the real line), and `inf` and
    `nan`; what is used twice is computed once.
    """
    printer = PythonPrinter()
    lines = [f"def {name}({', '.join(letters)}):"]
    lines += [f"    {step} = {text}" for step, text in printer.statements([rule], "t")]
    return "\n".join([*lines, f"    return {printer.text(rule)}"]) + "\n"


def steps_of(rules: Iterable[Any]) -> list[Symbol]:
    """The parts of rules to compute first, in order: what is used twice, and what nests deeply."""
    rules = list(rules)
    order = [symbol for symbol in in_order(rules) if symbol.operands]
    uses: dict[int, int] = {}
    for x in chain(rules, *[symbol.operands for symbol in order]):
        uses[id(x)] = uses.get(id(x), 0) + 1
    depth: dict[int, int] = {}  # of what is written out in one piece
    steps = []
    for symbol in order:
        deep = 1 + max([depth.get(id(x), 0) for x in symbol.operands])
        if uses[id(symbol)] > 1 or deep >= DEEP:
            steps.append(symbol)
            deep = 0
        depth[id(symbol)] = deep
    return steps
