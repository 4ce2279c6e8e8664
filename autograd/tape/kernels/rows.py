"""A kernel for each row of the table and each local derivative, printed from the rules.

    name_of(head)                  what its kernel is called
    has_kernel(head, count)        whether there is one for so many operands
    kernel_of(head, fma=True)      its text

A head is a row, or a `Slope`: a local derivative times the gradient.  Every formula is a rule of
the table, run on symbols; nothing is derived here.  Of the rows with any number of operands those
have a kernel that take one operand after the other, as a maximum does, or choose one, as `lookup`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from math import nan

from autograd.rules.language import BUILT_IN, OPERATIONS, NaryOperation, Operation
from autograd.rules.printing import steps_of
from autograd.rules.symbols import CONDITIONS, Symbol
from autograd.tape.kernels.core import Kernel
from autograd.tape.kernels.writing import MASK, VECTOR, splat
from autograd.tape.program.formulas import Written, fingerprint, formula_of
from autograd.tape.program.instructions import DETACHED, Slope, locals_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# ---- what LLVM has for rows and comparisons ------------------------------------------------------

INSTRUCTIONS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
SIGNS = {"neg": "fneg", "pos": ""}  # + x is x
COMPARISONS = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}
JOINED = {"&": "and", "|": "or"}
REPEATED = {"norm": "hypot"}  # routines of any number of operands, by one of two: from 0 on


def is_routine(row: Operation) -> bool:
    """Whether a row is a call, not an instruction of LLVM's."""
    return row.name not in INSTRUCTIONS and row.name not in SIGNS and row.chooses is None


class Rule:
    """Prints formulas into a kernel; letters are names of vectors."""

    def __init__(self, writer: Kernel, letters: Mapping[str, str]) -> None:
        self._writer, self._letters = writer, letters
        self._known: dict[int, str] = {}  # what stands there already, by the symbol's id
        self._masks: dict[int, str] = {}

    def vector(self, rule: Any) -> str:
        """The name of what a rule gives."""
        for step in steps_of([rule]):  # the deep ones, so that nothing here recurses far
            self._vector(step)
        return self._vector(rule)

    def _vector(self, rule: Any) -> str:
        if not isinstance(rule, Symbol):
            return splat(float(rule))
        if not rule.operands:
            return self._letters[rule.head]
        if id(rule) not in self._known:
            self._known[id(rule)] = self._new(rule)
        return self._known[id(rule)]

    def _new(self, rule: Symbol) -> str:
        w, head = self._writer, rule.head
        if isinstance(head, str):
            return w.op(f"uitofp {MASK} {self._mask(rule)} to {VECTOR}")
        if head.chooses is not None:
            condition, a, b = rule.operands
            return w.select(self._mask(condition), self._vector(a), self._vector(b))
        xs = [self._vector(x) for x in rule.operands]
        if head.name in INSTRUCTIONS:
            return w.binary(INSTRUCTIONS[head.name], *xs)
        if head.name in SIGNS:
            return w.op(f"{SIGNS[head.name]} {VECTOR} {xs[0]}") if SIGNS[head.name] else xs[0]
        if head.name in REPEATED:
            z = splat(0.0)
            for x in xs:
                z = w.call(routine(REPEATED[head.name]), z, x)
            return z
        return w.call(routine(head.name), *xs)

    def _mask(self, rule: Any) -> str:
        """Where a condition holds: a comparison, or a number that is not 0."""
        if not isinstance(rule, Symbol):
            return f"splat (i1 {'true' if rule else 'false'})"
        if not isinstance(rule.head, str) or not rule.operands:
            return self._writer.compare("une", self._vector(rule), splat(0.0))
        if id(rule) not in self._masks:
            if rule.head in JOINED:
                xs = [self._mask(x) for x in rule.operands]
                text = f"{JOINED[rule.head]} {MASK} {xs[0]}, {xs[1]}"
                self._masks[id(rule)] = self._writer.op(text)
            else:
                xs = [self._vector(x) for x in rule.operands]
                self._masks[id(rule)] = self._writer.compare(COMPARISONS[rule.head], *xs)
        return self._masks[id(rule)]


def routine(name: str) -> str:
    """What the elementary function of a row is called in LLVM's language."""
    return f'"v_{name}"'


# ---- rows that take one operand after the other --------------------------------------------------


class Fold:
    """z = first(x0), then z = step(z, x) for each other operand: formulas, of letters z and x."""

    def __init__(self, first: Any, step: Any) -> None:
        self.first, self.step = first, step


@cache
def fold_of(row: Operation) -> Fold | None:
    """How a row of any number of operands takes them one after the other, if it does.

    Found by its rule: that on three operands holds that on two, and beside it the last alone.
    """
    if not isinstance(row, NaryOperation) or row.domain is not None or row.weights is not None:
        return None
    if row.name in REPEATED:
        by_two = OPERATIONS[REPEATED[row.name]]
        x, z = Written("x"), Written("z")
        return Fold(Written(by_two, (0.0, x)), Written(by_two, (z, x)))
    letters = [Written(word) for word in "abcd"]
    try:
        rules = [formula_of(row, letters[: n + 1]) for n in range(4)]
    except TypeError:
        return None
    steps = [_without(rules[n], _key(rules[n - 1]), letters[n]) for n in (1, 2, 3)]
    if any(step is None for step in steps) or len(set(map(_key, steps))) > 1:
        return None
    return Fold(_in_place(rules[0], {"a": "x"}), steps[0])


def _key(rule: Any) -> Any:
    """A formula as something that compares."""
    if not isinstance(rule, Symbol):
        return repr(float(rule))
    return rule.head, tuple(map(_key, rule.operands))


def _without(rule: Any, part: Any, last: Symbol) -> Any:
    """A formula with z for a part of it and x for the last operand; None where there is more."""

    def changed(rule: Any) -> Any:
        if _key(rule) == part:
            return Written("z")
        if not isinstance(rule, Symbol) or not rule.operands:
            return Written("x") if rule is last else rule
        return type(rule)(rule.head, tuple(map(changed, rule.operands)))

    found = changed(rule)
    return found if isinstance(found, Symbol) and found.letters() <= {"x", "z"} else None


def _in_place(rule: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(rule, Symbol):
        return rule
    if not rule.operands:
        return Written(names[rule.head])
    return Written(rule.head, [_in_place(x, names) for x in rule.operands])


def chosen_by(row: Operation, count: int) -> int | None:
    """The position of the operand, the last, that is the position of what a row takes."""
    if not isinstance(row, NaryOperation) or row.chooses is None:
        return None
    xs = [Written(str(i)) for i in range(count)]
    found = row.chooses(*xs)
    return count - 1 if found is xs[-1] else None


# ---- kernels -------------------------------------------------------------------------------------


@cache
def has_kernel(head: Any, count: int) -> bool:
    """Whether a head of so many operands has a kernel of its own, or that of sums of products.

    TypeError where it is an arbitrary Python function, of which there can be none.
    """
    if not isinstance(head, NaryOperation):
        formula_of(head, [Written(str(i)) for i in range(count)])
        return True
    return head.weights is not None or bool(chosen_by(head, count)) or fold_of(head) is not None


@cache
def name_of(head: Any) -> str:
    """What the kernel of a head is called; of a user's row it tells the rules too."""
    row = head.row if isinstance(head, Slope) else head
    name = f"slope_{row.name}_{head.i}" if isinstance(head, Slope) else f"row_{row.name}"
    if row.name in BUILT_IN or row.name in CONDITIONS or row is DETACHED:
        return name
    return f"{name}_{sha256(fingerprint(row).encode()).hexdigest()[:12]}"


def fixed_heads() -> Iterator[Any]:
    """All that the table of ours has kernels for."""
    rows = [OPERATIONS[name] for name in sorted(BUILT_IN)]
    for row in rows:
        if not isinstance(row, NaryOperation):
            yield row
            for kind, slope in locals_of(row, len(row.partials)):
                if kind == "formula":
                    yield slope
        elif fold_of(row) is not None or chosen_by(row, 2):
            yield row
    yield from (*CONDITIONS.values(), DETACHED)


def kernel_of(head: Any, *, fma: bool) -> str:
    """The text of the kernel of a head."""
    w = Kernel(name_of(head), fma=fma)
    if not isinstance(head, NaryOperation):
        count = len(head.asked) + 1 if isinstance(head, Slope) else len(head.partials)
        letters = [str(i) for i in range(count)]
        rule = formula_of(head, list(map(Written, letters)))
        w.rows(count, lambda xs: Rule(w, dict(zip(letters, xs))).vector(rule))
    elif head.chooses is not None:
        _choose(w)
    else:
        fold = fold_of(head)
        assert fold is not None  # it has a kernel
        _fold(w, fold)
    return w.text()


def _fold(w: Kernel, fold: Fold) -> None:
    count = w.own("count")

    def one(j: str) -> None:
        mine, out = w.at(w.given(0), w.times(j, count), "i32"), w.out(j)

        def tile(v: str, width: int) -> None:
            def turn(k: str, *zs: str) -> list[str]:
                xs = w.vectors(w.row(w.item(mine, k)), v, width)
                return [Rule(w, {"z": z, "x": x}).vector(fold.step) for z, x in zip(zs, xs)]

            xs = w.vectors(w.row(w.item(mine, 0)), v, width)
            first = [(VECTOR, Rule(w, {"x": x}).vector(fold.first)) for x in xs]
            _, found = w.loop(1, count, 1, turn, first)
            w.keep(found, out, v)

        w.for_vectors(tile, 4, 1)

    w.for_each(one)


def _choose(w: Kernel) -> None:
    """NaN, and in its place the operand whose position is what the last one holds."""
    count = w.own("count")
    last = w.op(f"sub i64 {count}, 1")

    def one(j: str) -> None:
        mine, out = w.at(w.given(0), w.times(j, count), "i32"), w.out(j)
        index = w.row(w.item(mine, last))

        def vector(v: str, _: int) -> None:
            asked = w.vectors(index, v)[0]

            def turn(k: str, z: str) -> list[str]:
                x = w.vectors(w.row(w.item(mine, k)), v)[0]
                position = w.broadcast(w.op(f"sitofp i64 {k} to double"))
                return [w.select(w.compare("oeq", asked, position), x, z)]

            w.keep(w.loop(0, last, 1, turn, [(VECTOR, splat(nan))])[1], out, v)

        w.for_vectors(vector)

    w.for_each(one)
