"""Generated Python: the program line by line, in a loop over lanes.  Needs nothing installed.

    engine = Plain(program)
    engine.source(roots, each=False)                           what it runs, to be read in class
    engine.value_and_grad(roots, theta, frozen, batch, seeds)

Where Python's functions raise, a lane holds what IEEE arithmetic has there: infinity or NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import repeat
from math import copysign, inf, nan

from autograd.operations import div
from autograd.rules.language import OPERATIONS
from autograd.rules.printing import ATOM, EagerPrinter
from autograd.rules.symbols import Symbol
from autograd.tape.program.formulas import Texts, numeral
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

    from autograd.tape.program.batches import Batch

# ---- routines ------------------------------------------------------------------------------------


def quotient(x: float, y: float) -> float:
    """x / 0, as IEEE arithmetic has it."""
    return nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)


def power_at_edge(x: float, y: float) -> float:
    """x ** y where Python has none: a pole, an overflow, or no real number."""
    if x < 0.0 and y % 1.0:
        return nan
    odd = y % 2.0 == 1.0
    return copysign(inf, x) if odd else inf


def logarithm(x: float) -> float:
    """The logarithm of what is not positive."""
    return -inf if x == 0.0 else nan


# what a lane holds where the routine of Python's raises
EDGES: dict[str, Callable[..., float]] = {
    "div": quotient,
    "pow": power_at_edge,
    "exp": lambda x: inf,
    "expm1": lambda x: inf,
    "cosh": lambda x: inf,
    "sinh": lambda x: copysign(inf, x),
    "log": logarithm,
    "log2": logarithm,
    "log10": logarithm,
    "log1p": lambda x: logarithm(x + 1.0),
    "atanh": lambda x: copysign(inf, x) if abs(x) == 1.0 else nan,
    **dict.fromkeys(("sqrt", "sin", "cos", "tan", "asin", "acos", "acosh"), lambda x: nan),
}


def without_errors(routine: Callable[..., float], edge: Callable[..., float]) -> Any:
    """A routine that gives a number where Python's raises."""

    def run(*xs: float) -> float:
        try:
            return routine(*xs)
        except (ArithmeticError, ValueError):
            return edge(*xs)

    return run


ROUTINES: dict[str, Any] = {
    row.name: without_errors(row.forward, EDGES[row.name]) if row.name in EDGES else row.forward
    for row in OPERATIONS.values()
    if row.primitive and row.terms is None and row.operands is None
} | {"norm": math.hypot}


class LanePrinter(EagerPrinter):
    """Writes formulas as Python; what may raise is called by name."""

    OPERATORS = ("add", "sub", "mul", "neg", "pos")  # a divisor may be 0
    JOINED = {"&": "({} and {})", "|": "({} or {})"}  # noqa: RUF012  # a table, like OPERATORS

    def binds(self, symbol: Symbol) -> int:
        divisor = symbol.operands[-1]
        if symbol.head is div and isinstance(divisor, float) and divisor:
            return int(div.binds)
        return super().binds(symbol)

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        if row.name in self.FORMS:
            return super().call(row, operands)
        return f"{row.name}({', '.join(map(self.text, operands))})", ATOM

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        form = self.JOINED.get(head) if isinstance(head, str) else None
        return (form.format(x, y), ATOM) if form else super().join(head, x, y, binding)


# ---- the source ----------------------------------------------------------------------------------

INDENT = "    "


class Source:
    """A function over lanes: its `text`, and the `function` itself.

    With `each` it returns a list of the roots of every lane, else the roots themselves.
    """

    def __init__(self, program: Program, roots: Sequence[int], *, each: bool) -> None:
        self._program = program
        self._texts = Texts(LanePrinter)
        self._names: dict[int, str] = {}
        self._after: set[int] = set()  # uniform slots that stand after the lanes
        self._called: dict[str, Any] = {**ROUTINES, "inf": inf, "nan": nan}
        self._sums: list[str] = []
        self._before: list[str] = []
        self._lanes: list[str] = []
        self._behind: list[str] = []
        for slot in program.needed(roots):
            self._write(slot)
        found = ", ".join([self._names[slot] for slot in roots])
        self.text = self._function(
            ["found = []"] if each else [],
            [f"found.append(({found},))"] if each else [],
            "found" if each else f"[{found}]",
        )

    @cached_property
    def function(self) -> Callable[..., list[Any]]:
        """What the text defines."""
        exec(compile(self.text, "<tape>", "exec"), self._called)
        return self._called["run"]  # type: ignore[no-any-return]  # it is made of text

    def _write(self, slot: int) -> None:
        head, xs = self._program.code[slot]
        if head == NUMBER:
            self._names[slot] = numeral(float(xs[0]))
        elif head == SEED:
            self._names[slot] = "seed"
        elif head in LEAVES:
            self._names[slot] = f"{head[0]}{xs[0]}"
        elif head == SUM:
            name = self._names[slot] = f"s{slot}"
            self._sums.append(name)
            self._after.add(slot)
            one = self._program.number(1.0)
            for d, g in zip(xs[::2], xs[1::2]):
                factor = "" if d == one else f"{self._names[d]} * "
                self._lanes.append(f"{name} += {factor}{self._names[g]}")
        else:
            name = self._names[slot] = f"v{slot}"
            section = self._lanes
            if self._program.uniform[slot]:
                section = self._before
                if not self._after.isdisjoint(xs):
                    self._after.add(slot)
                    section = self._behind
            section += self._lines(slot, head, xs, name)

    def _lines(self, slot: int, head: Any, xs: Sequence[int], name: str) -> list[str]:
        label = self._program.names.get(slot, "")
        said = f"  # {label}" if label else ""
        try:
            steps, text = self._texts.of(head, list(map(self._operand, xs)))
        except TypeError:
            operands = ", ".join([self._names[a] for a in xs])
            return [f"{name} = {self._opaque(head)}({operands}){said}"]
        return [*[f"{step} = {rule}" for step, rule in steps], f"{name} = {text}{said}"]

    def _operand(self, slot: int) -> str | float:
        number = self._program.number_at(slot)
        return self._names[slot] if number is None else number

    def _opaque(self, head: Any) -> str:
        """The name of a function of somebody's, which is called as it is."""
        called = OpaqueCall(head)
        self._called[called.name] = called
        return called.name

    def _given(self, word: str) -> str:
        """The leaves of a kind, in order: those that are not needed too."""
        found = [f"{word[0]}{xs[0]}" for head, xs in self._program.code if head == word]
        return f"{', '.join(found)}," if found else ""

    def _function(self, first: list[str], each: list[str], result: str) -> str:
        lines = list(first)
        for word, argument in ((PARAMETER, "theta"), (FROZEN, "frozen")):
            given = self._given(word)
            lines += [f"{given} = {argument}"] if given else []
        lines += [f"{' = '.join(self._sums)} = 0.0"] if self._sums else []
        lines += self._before
        inside = [*self._lanes, *each]
        if inside:
            lines.append(f"for ({self._given(INPUT)}), seed in zip(lanes, seeds):")
            lines += [INDENT + line for line in inside]
        lines += [*self._behind, f"return {result}"]
        body = "\n".join([INDENT + line for line in lines])
        return f"def run(theta, frozen, lanes, seeds):\n{body}\n"


class OpaqueCall:
    """A rule that is an arbitrary Python function, on the numbers of a lane; NaN where it fails."""

    def __init__(self, head: Any) -> None:
        self.head = head
        if isinstance(head, Slope):
            self.name = f"{head.row.name}_slope_{head.i}_of_{head.count}"
            self._run = head.rule
        else:
            self.name = head.name
            self._run = lambda *xs: head.evaluate(xs)

    def __call__(self, *xs: float) -> float:
        try:
            return float(self._run(*xs))
        except (ArithmeticError, ValueError):
            return nan


# ---- the engine ----------------------------------------------------------------------------------


class Plain:
    """Runs a program as generated Python, one lane after the other."""

    name = "python"

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sources: dict[tuple[int, ...], Source] = {}

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The text of the function that gives the roots, of each lane or of the whole batch."""
        return self._source(roots, each).text

    def _source(self, roots: Sequence[int], each: bool) -> Source:
        key = (each, *roots)
        if key not in self._sources:
            self._sources[key] = Source(self._program, roots, each=each)
        return self._sources[key]

    def outputs(
        self, roots: Sequence[int], theta: Sequence[float], frozen: Sequence[float], batch: Batch
    ) -> list[list[float]]:
        """Each root as a list over lanes."""
        run = self._source(roots, True).function
        found = run(list(map(float, theta)), frozen, batch.rows(), repeat(1.0))
        return [[float(x) for x in column] for column in zip(*found)]

    def value_and_grad(
        self,
        roots: Sequence[int],
        theta: Sequence[float],
        frozen: Sequence[float],
        batch: Batch,
        seeds: Sequence[float] | None,
    ) -> tuple[float, list[float]]:
        """The first root, and the list of the others: the mean over lanes, and its gradient."""
        run = self._source(roots, False).function
        shares = repeat(1.0 / len(batch)) if seeds is None else seeds
        numbers = list(map(float, theta))  # of an array's own numbers every sum would be slow
        value, *gradient = run(numbers, frozen, batch.rows(), shares)
        return float(value), [float(x) for x in gradient]
