"""Is a gradient right, and if not, which rule is wrong?

`gradcheck(f, inputs)` compares every derivative with numbers and returns a report;
`assert_gradcheck` raises it.  Anything with `data`, `grad`, `parents`, `local_derivatives` can be
checked, your own too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import fsum, inf, isfinite, log2
from operator import mul
from time import monotonic

from autograd.checking.arrays import is_array, random_signs
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
from autograd.checking.program import EXHAUSTIVE, TINY, Evaluation, Program, Side
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
    dout: Any = None,
    exhaustive: int = EXHAUSTIVE,
    directions: int = 8,
    seed: int = 0,
) -> Report:
    """Check the gradient of f at `inputs`; the report is true where every derivative is confirmed.

    `f(*inputs)`, or `f(**inputs)` for a mapping, returns one node.  An input is a number, a leaf
    (moved in place, so `f` may also reach it otherwise), or a nested sequence of these; a number
    or an array that is the only one needs no list around it.  `f` may be a root that is there
    already; `inputs` are then leaves below it, all its variables by default.
    `gradient(*inputs)`, by hand or by any library, is checked in place of f's own; both are then
    called with what was given, numbers or arrays of NumPy, PyTorch or JAX (moved in place too);
    the gradient twice, and what it says the second time must be right as well.
    `dout` is for an f that returns an array: what is checked is sum(dout * f(...)), and gradient is
    called as `gradient(dout, *inputs)`; where f returns a tuple (out, cache), as
    `gradient(dout, cache)`.  For several outputs `dout` is a tuple.
    Above `exhaustive` elements what is checked is the derivatives along so many random `directions`
    (by `seed`), and the elements of the largest; the report says what can hide.
    A derivative passes within atol + rtol * |derivative| + 4 error bars of the numerical one, if
    those bars would show it to be half or twice what it is, or if both are below atol; at a kink it
    passes between the slopes of both sides.  How finely f is known is measured where f is more than
    a graph of built-in rows.
    `order=2` goes on with the derivatives of the derivatives, and so forth; where some are not
    confirmed, the report is that of the first derivative concerned.  At a kink none of them is.
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
    if order > 1 and dout is not None:
        raise ValueError(f"f is checked with dout for order=1 only, got {order!r}: sum it in f")
    if not (is_node(f) or callable(f)):
        raise TypeError(
            f"gradcheck needs a function or a node to check, got {kind_of(f)}: "
            "gradcheck(f, [1.0, 2.0]), or gradcheck(root)"
        )
    if not (inputs is None or isinstance(inputs, Mapping)):
        alone = is_node(inputs) or is_array(inputs) or not hasattr(inputs, "__iter__")
        inputs = [inputs] if alone else list(inputs)
    program = Program(f, inputs, gradient, order, dout, exhaustive)
    if not program.root_given:
        _check_call(f, inputs)
    try:
        report = _Check(program, atol, rtol).report(directions, seed)
    finally:
        program.restore()
    unusual = _unusual(
        atol=atol, rtol=rtol, exhaustive=exhaustive, directions=directions, seed=seed
    )
    if not report.ok:
        report.paste = program.paste(**unusual)
    elif order > 1:
        bent = {row.name for row in report.rows if row.kinks or row.verdict == "kink"}
        for slope, name in zip(program.slopes(), program.names):
            higher = gradcheck(slope, inputs, atol=atol, rtol=rtol, order=order - 1)
            for row in higher.rows:
                if row.verdict == "kink" or (row.verdict == "ok" and name in bent):
                    row.verdict = "undefined"  # what it has is a convention
            if not higher.ok:
                higher.paste = program.paste(**unusual)
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
    dout: Any = None,
    exhaustive: int = EXHAUSTIVE,
    directions: int = 8,
    seed: int = 0,
) -> None:
    """AssertionError with the report unless `gradcheck` with the same arguments confirms."""
    __tracebackhide__ = True
    report = gradcheck(
        f,
        inputs,
        gradient=gradient,
        atol=atol,
        rtol=rtol,
        order=order,
        dout=dout,
        exhaustive=exhaustive,
        directions=directions,
        seed=seed,
    )
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


def _unusual(**given: Any) -> dict[str, Any]:
    """The options that are not the usual ones."""
    usual = gradcheck.__kwdefaults__ or {}
    return {name: x for name, x in given.items() if x != usual[name]}


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

    def report(self, directions: int, seed: int) -> Report:
        """Every derivative against its number, then whose fault a difference is."""
        program, evaluation = self.evaluation.program, self.evaluation
        blame = Blame(evaluation, self.atol, self.rtol)
        by_hand = program.gradient is not None
        claimed, fault = (program.claimed(), None) if by_hand else blame.backward()
        sampled = _Sampled(self, claimed, directions, seed) if program.large else None
        if sampled is not None:
            rows = sampled.rows()
        else:
            rows = self.rows(program.variables, program.names, claimed)
        program.require_unchanged(program.name)
        self._accept_zeros(rows)

        def again() -> list[float]:
            claims = program.claimed()
            return claims if sampled is None else sampled.claims(claims)

        if by_hand and all(row.verdict in ("ok", "kink") for row in rows):
            self._ask_again(rows, again)
        guilty = None if by_hand else blame.rule() or fault
        if not by_hand and not program.large:  # it moves every variable
            guilty = guilty or blame.node(rows)
        mistake = self._mistake(rows, again) if by_hand else ""
        severity = {"wrong": 0, "inconclusive": 1, "undefined": 2, "kink": 3, "ok": 4}
        rows.sort(key=lambda row: (severity[row.verdict], -row.error if isfinite(row.error) else 0))
        inputs = {name: v for name, v in zip(program.names, program.variables) if is_node(v)}
        sample = sampled.words() if sampled is not None else ""
        report = Report(program.name, rows, guilty, evaluation.root, inputs, "", self.atol, sample)
        report.mistake = mistake
        return report

    def _ask_again(self, rows: Sequence[Row], again: Callable[[], Sequence[float]]) -> None:
        """A gradient that is right once is wrong where a second call says something else."""
        try:
            second = again()
        except Exception:  # a cache that serves once says nothing the second time
            return
        for row, claim in zip(rows, second):
            if not abs(claim - row.analytic) <= 2 * row.allowed:
                row.analytic, row.verdict = claim, "wrong"

    def _mistake(self, rows: list[Row], again: Callable[[], Sequence[float]]) -> str:
        """Which known mistake of a gradient by hand fits, in words."""
        from autograd.checking.mistakes import mistake_in  # slow to import: only where asked

        return mistake_in(rows, self.atol, self.rtol, again, self.evaluation.program.large)

    def rows(
        self, variables: Sequence[Any], names: Sequence[str], claimed: Sequence[float]
    ) -> list[Row]:
        """What is claimed for these variables against what is measured."""
        progress = Progress(f"gradcheck of {self.evaluation.program.name}", 2 * len(variables))
        functions = [self.evaluation.as_function_of(v) for v in variables]
        noise = [
            resolution(f, v.data) if self.opaque else 0.0
            for f, v in progress.watch(zip(functions, variables))
        ]
        known = [n or max(noise) for n in noise]  # where f stands still, the others tell
        return [
            self.row(v, f, name, g, n)
            for v, f, name, g, n in progress.watch(zip(variables, functions, names, claimed, known))
        ]

    def row(
        self, v: Any, f: Function, name: str, claimed: float, noise: float, brief: bool = False
    ) -> Row:
        """One derivative, by central differences; by those of each side where they say nothing."""
        size, stored = self.evaluation.rounding, getattr(v, "stored", float)
        row = Row(name, v.data, claimed, derivative(f, v.data, size, noise, stored), noise)
        row.digits = getattr(v, "digits", 0.0)
        self._judge(row)
        unknown = self.opaque and not (brief and row.verdict == "ok")
        if isfinite(claimed) and (unknown or row.verdict in ("undefined", "inconclusive")):
            self._compare_sides(row, v, f)
        elif row.verdict == "wrong" and self._seen_elsewhere(row):
            row.verdict = "inconclusive"
        if row.verdict == "wrong" and noise > 0.0 and row.left is UNKNOWN:
            fine = derivative(f, v.data, size, 0.0, stored)
            if fine.value != 0.0 and fine.clear and self._agree(row, fine):
                row.verdict = "inconclusive"  # f has another slope where its values blur
        return row

    def _agree(self, row: Row, numeric: Difference) -> bool:
        return bool(abs(row.analytic - numeric.value) <= self.allowed(row, numeric))

    def allowed(self, row: Row, numeric: Difference) -> float:
        """How far from a number a claim may be."""
        rtol = max(self.rtol, self.digits, row.digits)
        return self.atol + rtol * abs(numeric.value) + TRUST * numeric.bar

    def _judge(self, row: Row) -> None:
        """The verdict that a number and its bar give."""
        row.allowed = self.allowed(row, row.numeric)
        numeric, claimed = row.numeric, abs(row.analytic)
        row.within_atol = False
        if not isfinite(claimed) or numeric.bar == inf:
            row.verdict = "undefined"
        elif not self._agree(row, numeric):
            row.verdict = "wrong"
        else:
            bar = TRUST * numeric.bar
            row.within_atol = not bar <= claimed / 2 and max(bar, claimed) <= self.atol
            told = bar <= claimed / 2 and self._narrow(row)  # half of it, and twice, would be seen
            row.verdict = "ok" if told or row.within_atol else "inconclusive"

    def _narrow(self, row: Row) -> bool:
        """Whether a bar is as narrow as the derivative, or the rounding of f, lets one expect."""
        expected = CLEAR * max(abs(row.numeric.value), abs(row.analytic))
        return self._rough(row) or row.numeric.bar <= max(expected, self._natural(row))

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
            slope(g, v.data, side, size, row.resolution, getattr(v, "stored", float))
            for g, side in zip(functions, (-1, 1))
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
            above = row.analytic >= low.value - self.allowed(row, low)
            below = row.analytic <= high.value + self.allowed(row, high)
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
        if row.verdict == "wrong" and self._rough(row) and self._seen_nearer(row, left, right):
            row.verdict = "inconclusive"

    def _seen_elsewhere(self, row: Row, *sides: Difference) -> bool:
        """Whether a claim is the slope of one side or of other steps, clearly not that of all."""
        steps = [Difference(value, bar) for _, value, bar in row.numeric.sweep]
        seen = [d for d in (*sides, *steps) if self._agree(row, d)]
        if self._rough(row):  # then a kink may be wide
            return any(d.bar < inf for d in sides if d in seen)
        return any(2 * TRUST * d.bar <= abs(d.value) and differ(d, row.numeric) for d in seen)

    def _rough(self, row: Row) -> bool:
        """Whether the values of f have few digits, so that a kink can hide between its steps."""
        return bool(row.resolution > ROUGH * abs(self.evaluation.root.data))

    def _seen_nearer(self, row: Row, *sides: Difference) -> bool:
        """Whether a claim is near, or one side or shorter steps, blurred, lean to it."""
        best, off = row.numeric, abs(row.analytic - row.numeric.value)
        largest = max([h for h, value, _ in best.sweep if value == best.value], default=0.0)
        least = 8 * row.resolution / max(abs(best.value), abs(row.analytic))  # less, and f stands
        return (
            off <= 2 * row.allowed
            or any(d.bar < off and self._agree(row, d) for d in sides)
            or any(
                bar / 4 < abs(value - best.value) > 2 * abs(value - row.analytic)
                for h, value, bar in best.sweep
                if least < h < largest
            )
        )


# ---- more elements than can be tried -------------------------------------------------------------

LARGEST = 5  # how many elements of the largest derivatives are checked for themselves
MOST_INPUTS = 50  # up to so many inputs, the largest of each is checked too
PATIENT = 2.0  # seconds after which a check says how far it is


class _Sampled:
    """A check of many elements at once, along random directions, and of a few for themselves.

    Along a direction every element goes forth or back by the same length: one wrong element shows
    there by all that it is wrong, whatever its place.
    """

    def __init__(self, check: _Check, claimed: Sequence[float], directions: int, seed: int) -> None:
        from random import Random  # slow to import: only where asked

        if directions < 1:
            raise ValueError(f"directions is how many to take, at least 1, got {directions!r}")
        self.check, self.claimed, self.seed = check, claimed, seed
        self.program = check.evaluation.program
        self.parts = self.program.parts
        self.length = 2.0 ** -round(log2(self.parts.size) / 2)  # all together go about 1
        rng = Random(seed)
        self.signs = [random_signs(self.parts.size, self.length, rng) for _ in range(directions)]
        self.along: list[Row] = []
        self.alone: list[Row] = []
        self.chosen: list[int] = []  # the elements that are looked at alone

    def rows(self) -> list[Row]:
        """Those along the directions, and those of the elements looked at."""
        variables = [self.parts.along(signs) for signs in self.signs]
        claims = self.claims(self.claimed)
        names = [f"step along direction {k}" for k in range(len(variables))]
        functions = [self.check.evaluation.as_function_of(v) for v in variables]
        noise = resolution(functions[0], 0.0) if self.check.opaque else 0.0
        progress = Progress(f"gradcheck of {self.program.name}", len(variables) + LARGEST)
        self.along = [
            self.check.row(v, f, name, g, noise, brief=True)
            for v, f, name, g in progress.watch(zip(variables, functions, names, claims))
        ]
        chosen = self._largest()
        for row, signs in zip(self.along, self.signs):
            if row.verdict == "wrong" and isfinite(row.analytic):
                chosen[self._search(signs, row)] = None
                break
        self.chosen = list(chosen)
        for i in progress.watch(self.chosen):
            v, name = self.parts.element(i)
            f = self.check.evaluation.as_function_of(v)
            self.alone.append(self.check.row(v, f, name, self.claimed[i], noise, brief=True))
        return [*self.along, *self.alone]

    def claims(self, gradient: Sequence[float]) -> list[float]:
        """What a gradient says of the rows: of the directions, then of the elements chosen."""
        return [
            *[_along(signs, gradient) for signs in self.signs],
            *[gradient[i] for i in self.chosen],
        ]

    def _largest(self) -> dict[int, None]:
        """The elements of the largest derivatives of all, and of each input."""
        share = [abs(g) if isfinite(g) else inf for g in self.claimed].__getitem__
        inputs = [where for where in self.program.spans() if where]
        leading = [max(where, key=share) for where in inputs if len(inputs) <= MOST_INPUTS]
        ordered = sorted(range(self.parts.size), key=share, reverse=True)
        return dict.fromkeys([*ordered[:LARGEST], *leading])

    def _search(self, signs: Sequence[float], row: Row) -> int:
        """The element that is most wrong, by halves: each time the half that more is missing in."""
        gap = row.analytic - row.numeric.value
        step = min(row.numeric.sweep, key=lambda entry: entry[2])[0]
        low, high = 0, self.parts.size
        while high - low > 1:
            middle = (low + high) // 2
            claim = _along(signs[low:middle], self.claimed[low:middle])
            left = claim - self._measure(signs, low, middle, step)
            if abs(left) > abs(gap - left):
                high, gap = middle, left
            else:
                low, gap = middle, gap - left
        return low

    def _measure(self, signs: Sequence[float], low: int, high: int, step: float) -> float:
        """The derivative along part of a direction, by the step that served for all of it."""
        f = self.check.evaluation.as_function_of(self.parts.along(signs, low, high))
        quotients = []
        for h in (step, step / 2):
            ahead, behind = f(h), f(-h)
            if ahead is None or behind is None:
                return derivative(f, 0.0).value
            quotients.append((ahead - behind) / (2 * h))
        wide, narrow = quotients
        return narrow + (narrow - wide) / 3

    def words(self) -> str:
        """What was tried, and what can hide."""
        allowed = min(self.check.allowed(row, row.numeric) for row in self.along)
        return (
            f"of {self.parts.size:,} elements all together along {len(self.along)} random "
            f"directions (seed {self.seed}), and {len(self.alone)} alone: what can hide is an "
            f"error below {allowed / self.length:.1g} in one element, or errors that cancel along "
            "every direction"
        )


def _along(signs: Sequence[float], gradient: Sequence[float]) -> float:
    """The derivative along a direction that a gradient gives."""
    terms = map(mul, signs, gradient)
    return fsum(terms) if all(map(isfinite, gradient)) else sum(terms)


class Progress:
    """A line on the error stream that says how far a check is, once it has taken two seconds."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.last = monotonic() + PATIENT - 0.5
        self.width = 0

    def watch(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items, and the line after each; at the end it is wiped out."""
        for item in items:
            yield item
            self.done += 1
            if monotonic() - self.last > 0.5 and sys.stderr is not None:
                self.last = monotonic()
                text = f"{self.what}: {min(self.done / self.total, 1.0):.0%}"
                self.width = len(text)
                print(f"\r{text}", end="", file=sys.stderr, flush=True)
        if self.width:
            print(f"\r{' ' * self.width}\r", end="", file=sys.stderr, flush=True)
            self.width = 0
