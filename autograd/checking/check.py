"""Is a gradient right, and if not, which rule is wrong?

`gradcheck(f, inputs)` compares every derivative with numbers and returns a report;
`assert_gradcheck` raises it.  Anything with `data`, `grad`, `parents`, `local_derivatives` can be
checked, your own too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite

from autograd.checking.blame import Blame
from autograd.checking.differences import TRUST, Difference, derivative, differ, slope
from autograd.checking.program import Evaluation, Program
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
    A derivative passes within atol + rtol * |derivative| + 4 error bars of the numerical one.
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
        self.atol, self.rtol = atol, rtol

    def report(self) -> Report:
        """Every derivative against its number, then whose fault a difference is."""
        program, evaluation = self.evaluation.program, self.evaluation
        blame = Blame(evaluation, self.atol, self.rtol)
        by_hand = program.gradient is not None
        claimed, fault = (program.claimed(), None) if by_hand else blame.backward()
        rows = [
            self._row(v, name, g) for v, name, g in zip(program.variables, program.names, claimed)
        ]
        guilty = None if by_hand else blame.rule() or fault or blame.node(rows)
        severity = {"wrong": 0, "inconclusive": 1, "undefined": 2, "kink": 3, "ok": 4}
        rows.sort(key=lambda row: (severity[row.verdict], -row.error if isfinite(row.error) else 0))
        inputs = dict(zip(program.names, program.variables))
        return Report(program.name, rows, guilty, evaluation.root, inputs, program.paste())

    def _row(self, v: Any, name: str, claimed: float) -> Row:
        numeric = derivative(self.evaluation.as_function_of(v), v.data, self.evaluation.rounding)
        row = Row(name, v.data, claimed, numeric)
        row.verdict = self._verdict(row)
        if row.verdict in ("wrong", "undefined") and isfinite(claimed):
            row.left, row.right = self._slopes(v)
            clear = 1e-2 * max(abs(row.left.value), abs(row.right.value))  # at a jump none is
            if max(row.left.bar, row.right.bar) <= clear and differ(row.left, row.right):
                row.verdict = "kink"
                row.to_kink = min((d for _, d in self.evaluation.guards if d >= 0), default=0.0)
        return row

    def _slopes(self, v: Any) -> tuple[Difference, Difference]:
        """The slopes from both sides, steps across kinks allowed: each side for itself."""
        value = self.evaluation.as_function_of(v, across=True)
        return slope(value, v.data, -1), slope(value, v.data, +1)

    def _verdict(self, row: Row) -> str:
        numeric = row.numeric
        if not isfinite(row.analytic) or numeric.bar == inf:
            return "undefined"
        allowed = self.atol + self.rtol * abs(numeric.value)
        if row.error > allowed + TRUST * numeric.bar:
            return "wrong"
        natural = 1e-6 * abs(self.evaluation.root.data) / max(1.0, abs(row.x))
        if numeric.bar > max(1e-4 * max(abs(numeric.value), abs(row.analytic)), allowed, natural):
            return "inconclusive"
        return "ok"
