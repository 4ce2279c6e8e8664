"""Is a gradient right, and if not, which rule is wrong?

`gradcheck(f, inputs)` compares every derivative with numbers and returns a report;
`assert_gradcheck` raises it.  Anything with `data`, `grad`, `parents`, `local_derivatives` can be
checked, your own too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite

from autograd.checking.blame import Blame
from autograd.checking.differences import (
    CLEAR,
    ROUGH,
    TRUST,
    UNKNOWN,
    Difference,
    Function,
    derivative,
    differ,
    resolution,
    slope,
)
from autograd.checking.program import TINY, Evaluation, Program, Side
from autograd.checking.report import Report, Row
from autograd.graph import is_node
from autograd.rules.words import function_name, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def gradcheck(
    f: Any,
    inputs: Any = None,
    *,
    gradient: Callable[..., Any] | None = None,
    atol: float = 1e-10,
    rtol: float = 1e-7,
    order: int = 1,
) -> Report:
    """Check the gradient of f at `inputs`; the report is true where every derivative is confirmed.

    `f(*inputs)`, or `f(**inputs)` for a mapping, returns one node.  An input is a number, a leaf
    (moved in place, so `f` may also reach it otherwise), or a nested sequence of these.  `f` may be
    a root that is there already; `inputs` are then leaves below it, all its variables by default.
    `gradient(*inputs)`, by hand or by any library, is checked in place of f's own; both are then
    called with plain numbers where numbers were given, so f may be a function of floats.
    A derivative passes within atol + rtol * |derivative| + 4 error bars of the numerical one, if
    those bars would show it to be half or twice what it is, or if both are below atol; at a kink it
    passes between the slopes of both sides.  How finely f is known is measured where f is more than
    a graph of built-in rows.
    `order=2` goes on with the derivatives of the derivatives, and so forth; where some are not
    confirmed, the report is that of the first derivative concerned.
    Inputs and gradients are put back whatever happens.

    >>> def f(x, y):
    ...     return x * tanh(y)
    >>> gradcheck(f, [0.5, 2.0])
    the gradient of f is confirmed: 2 of 2 derivatives agree with numbers
    """
    if order < 1:
        raise ValueError(f"order is 1 for the gradient, 2 for its own derivatives, got {order!r}")
    if order > 1 and gradient is not None:
        raise ValueError(f"a gradient by hand is checked with order=1 only, got {order!r}")
    if not (is_node(f) or callable(f)):
        raise TypeError(
            f"gradcheck needs a function or a node to check, got {kind_of(f)}: "
            "gradcheck(f, [1.0, 2.0]), or gradcheck(root)"
        )
    if not (inputs is None or isinstance(inputs, Mapping)):
        if not hasattr(inputs, "__iter__"):
            raise TypeError(
                "gradcheck's inputs are a list, one for each argument of f, got "
                f"{kind_of(inputs)}: gradcheck(f, [1.0])"
            )
        inputs = list(inputs)
    program = Program(f, inputs, gradient, order)
    if not program.root_given:
        _check_call(f, inputs)
    try:
        report = _Check(program, atol, rtol).report()
    finally:
        program.restore()
    if order > 1 and report.ok:
        for slope, name in zip(program.slopes(), program.names):
            higher = gradcheck(slope, inputs, atol=atol, rtol=rtol, order=order - 1)
            if not higher.ok:
                higher.paste = report.paste
                return higher
            for row in higher.rows:
                row.name = f"{name}, {row.name}"
            report.rows += higher.rows
    return report


def assert_gradcheck(
    f: Any,
    inputs: Any = None,
    *,
    gradient: Callable[..., Any] | None = None,
    atol: float = 1e-10,
    rtol: float = 1e-7,
    order: int = 1,
) -> None:
    """AssertionError with the report unless `gradcheck` with the same arguments confirms."""
    __tracebackhide__ = True
    report = gradcheck(f, inputs, gradient=gradient, atol=atol, rtol=rtol, order=order)
    if not report:
        raise AssertionError(str(report))


def _check_call(f: Any, inputs: list[Any] | Mapping[str, Any]) -> None:
    """TypeError where f does not take so many inputs."""
    from inspect import signature  # slow to import: only where asked

    try:
        takes = signature(f)
    except (TypeError, ValueError):  # it does not say what it takes
        return
    try:
        _ = takes.bind(**inputs) if isinstance(inputs, Mapping) else takes.bind(*inputs)
    except TypeError as error:
        raise TypeError(
            f"gradcheck gives {function_name(f)} an argument for each of its {len(inputs)} inputs, "
            f"and that does not fit: {error}. One sequence is gradcheck(f, [[1.0, 2.0]])"
        ) from None


# ---- the check -----------------------------------------------------------------------------------


class _Check:
    """An evaluation of the program, and what is measured around it."""

    def __init__(self, program: Program, atol: float, rtol: float) -> None:
        self.evaluation = Evaluation(program)
        self.opaque = self.evaluation.opaque
        self.atol, self.rtol = atol, rtol
        numbers = [*self.evaluation.data, *[v.data for v in program.variables]]
        smallest = min([abs(x) for x in numbers if x], default=1.0)
        self.digits = min(0.5, 8 * TINY / smallest)  # relative: underflow leaves few of them

    def report(self) -> Report:
        """Every derivative against its number, then whose fault a difference is."""
        program, evaluation = self.evaluation.program, self.evaluation
        blame = Blame(evaluation, self.atol, self.rtol)
        by_hand = program.gradient is not None
        claimed, fault = (program.claimed(), None) if by_hand else blame.backward()
        rows = [
            self._row(v, f, name, g, noise)
            for v, name, g, (f, noise) in zip(
                program.variables, program.names, claimed, self._functions()
            )
        ]
        self._accept_zeros(rows)
        guilty = None if by_hand else blame.rule() or fault or blame.node(rows)
        severity = {"wrong": 0, "inconclusive": 1, "undefined": 2, "kink": 3, "ok": 4}
        rows.sort(key=lambda row: (severity[row.verdict], -row.error if isfinite(row.error) else 0))
        inputs = dict(zip(program.names, program.variables))
        return Report(
            program.name, rows, guilty, evaluation.root, inputs, program.paste(), self.atol
        )

    def _functions(self) -> list[tuple[Function, float]]:
        """The root as a function of each variable, and how finely its values are known."""
        variables = self.evaluation.program.variables
        functions = [self.evaluation.as_function_of(v) for v in variables]
        if not self.opaque:
            return [(f, 0.0) for f in functions]
        noise = [resolution(f, v.data) for f, v in zip(functions, variables)]
        return [(f, n or max(noise)) for f, n in zip(functions, noise)]  # still: the others tell

    def _row(self, v: Any, f: Function, name: str, claimed: float, noise: float) -> Row:
        """One derivative, by central differences; by those of each side where they say nothing."""
        size = self.evaluation.rounding
        row = Row(name, v.data, claimed, derivative(f, v.data, size, noise), noise)
        self._judge(row)
        if isfinite(claimed) and (self.opaque or row.verdict in ("undefined", "inconclusive")):
            self._compare_sides(row, v, f)
        elif row.verdict == "wrong" and self._seen_elsewhere(row):
            row.verdict = "inconclusive"
        if row.verdict == "wrong" and noise > 0.0 and row.left is UNKNOWN:
            fine = derivative(f, v.data, size)
            if fine.value != 0.0 and fine.clear and self._agree(claimed, fine):
                row.verdict = "inconclusive"  # f has another slope where its values blur
        return row

    def _agree(self, claimed: float, numeric: Difference) -> bool:
        return bool(abs(claimed - numeric.value) <= self._allowed(numeric))

    def _allowed(self, numeric: Difference) -> float:
        """How far from a number a claim may be."""
        rtol = max(self.rtol, self.digits)
        return self.atol + rtol * abs(numeric.value) + TRUST * numeric.bar

    def _judge(self, row: Row) -> None:
        """The verdict that a number and its bar give."""
        numeric, claimed = row.numeric, abs(row.analytic)
        row.within_atol = False
        if not isfinite(claimed) or numeric.bar == inf:
            row.verdict = "undefined"
        elif not self._agree(row.analytic, numeric):
            row.verdict = "wrong"
        else:
            bar = TRUST * numeric.bar
            row.within_atol = not bar <= claimed / 2 and max(bar, claimed) <= self.atol
            told = bar <= claimed / 2 and self._narrow(row)  # half of it, and twice, would be seen
            row.verdict = "ok" if told or row.within_atol else "inconclusive"

    def _narrow(self, row: Row) -> bool:
        """Whether a bar is as narrow as the derivative, or the rounding of f, lets one expect."""
        size = abs(self.evaluation.root.data)
        expected = CLEAR * max(abs(row.numeric.value), abs(row.analytic))
        return row.resolution > ROUGH * size or row.numeric.bar <= max(expected, self._natural(row))

    def _natural(self, row: Row) -> float:
        """A bar that the rounding of values of this size explains."""
        return 1e-6 * abs(float(self.evaluation.root.data)) / max(1.0, abs(row.x))

    def _accept_zeros(self, rows: list[Row]) -> None:
        """A claim of 0 for what moves nothing is right, if its bar is nothing beside the others."""
        largest = max([abs(row.numeric.value) for row in rows if row.verdict == "ok"], default=0.0)
        for row in rows:
            still = row.verdict == "inconclusive" and row.analytic == row.numeric.value == 0.0
            if still and TRUST * row.numeric.bar <= CLEAR * largest:
                row.verdict = "ok"

    def _compare_sides(self, row: Row, v: Any, f: Function) -> None:
        """The verdict from the slopes of both sides, each for itself, where they have more to say.

        Where they agree the derivative exists, whatever stands on a kink; where they differ, any
        number between them is right.
        """
        evaluation, size = self.evaluation, self.evaluation.rounding
        certain, exists, functions = False, True, [f, f]
        if evaluation.guards or evaluation.choices or not self.opaque:
            sides = [Side(evaluation, v, side) for side in (-1, 1)]
            functions = [side.value for side in sides]
            on = sorted({i for side in sides for i in side.on})
            row.kinks = tuple([evaluation.kink(i) for i in on])
            certain = not (on or any(side.branches for side in sides))
            exists = all(side.beside is not None for side in sides)
        left, right = (
            slope(g, v.data, side, size, row.resolution) for g, side in zip(functions, (-1, 1))
        )
        best, other = sorted((left, right), key=lambda d: d.bar)
        natural = max(self._natural(row), 64 * row.resolution, self.atol)
        finite = other.bar <= max(abs(other.value) / 2, natural)
        clear = other.bar <= 1e-2 * max(abs(left.value), abs(right.value))  # at a jump none is
        unsure = row.verdict in ("undefined", "inconclusive")
        if clear and differ(left, right):
            row.left, row.right = left, right
            row.to_kink = min((d for _, d in evaluation.guards if d >= 0), default=0.0)
            low, high = sorted((left, right), key=lambda d: d.value)
            above = row.analytic >= low.value - self._allowed(low)
            below = row.analytic <= high.value + self._allowed(high)
            row.verdict = "kink" if above and below else "wrong"
        elif exists and finite and not differ(left, right):
            bar = best.bar if certain else other.bar
            near = clear and differ(best, row.numeric)  # a kink, too near for central differences
            if near or (unsure and not row.numeric.bar <= bar):
                row.numeric = Difference(best.value, bar, best.sweep)
                self._judge(row)
        elif unsure and exists and certain and best.bar < row.numeric.bar:
            row.numeric = best  # a kink is near on the other side
            self._judge(row)
        elif unsure and finite:
            row.numeric = other
            row.verdict = "inconclusive"
        elif row.verdict == "wrong" and self._seen_elsewhere(row, left, right):
            row.verdict = "inconclusive"  # a kink may be near

    def _seen_elsewhere(self, row: Row, *sides: Difference) -> bool:
        """Whether a claim is the slope of one side or of other steps, clearly not that of all."""
        steps = [Difference(value, bar) for _, value, bar in row.numeric.sweep]
        seen = [d for d in (*sides, *steps) if self._agree(row.analytic, d)]
        if row.resolution > ROUGH * abs(self.evaluation.root.data):  # then a kink may be wide
            return any(d.bar < inf for d in sides if d in seen)
        return any(2 * TRUST * d.bar <= abs(d.value) and differ(d, row.numeric) for d in seen)
