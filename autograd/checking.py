"""Is a gradient right, and if not, which rule is wrong?

`gradcheck(f, inputs)` compares every derivative with numbers and returns a report;
`assert_gradcheck` raises it; `check_operation(row)` tries one row of the table over its domain.
Anything with `data`, `grad`, `parents`, `local_derivatives` can be checked, your own too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf, isfinite, isinf, isnan, nan

from autograd.derivatives import derivatives, require_fresh, same
from autograd.differences import EPSILON, Difference, derivative, slope
from autograd.graph import (
    backpropagate,
    is_constant,
    is_node,
    topological_order,
)
from autograd.language import NaryOperation, Operation, describe_type, function_name, real
from autograd.operations import total
from autograd.report import Guilty, Report, Row, place_of
from autograd.structures import is_nested, leaves
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TINY = 5e-324  # a float that moved at all moved by this much
TRUST = 4.0  # a number is off where it is further away than this many error bars


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
    """
    if order < 1:
        raise ValueError(f"order is 1 for the gradient, 2 for its own derivatives, got {order!r}")
    if order > 1 and gradient is not None:
        raise ValueError(f"a gradient by hand is checked with order=1 only, got {order!r}")
    if not (inputs is None or isinstance(inputs, Mapping)):
        inputs = list(inputs)
    program = _Program(f, inputs, gradient, order)
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


# ---- a program that can be run again -------------------------------------------------------------


class _Program:
    """f and its inputs, ready to be evaluated with one variable moved."""

    def __init__(
        self, f: Any, inputs: Any, gradient: Callable[..., Any] | None, order: int
    ) -> None:
        self.root_given = is_node(f)
        self.order = order
        self.f = f
        self.gradient = gradient
        self.name = "the root" if self.root_given else function_name(f)
        if self.root_given:
            inputs = _variables(f) if inputs is None else list(inputs)
        elif inputs is None:
            raise TypeError("gradcheck needs inputs, the numbers at which to check f")
        self.by_name = isinstance(inputs, Mapping)
        pairs = inputs.items() if self.by_name else ((f"x{i}", x) for i, x in enumerate(inputs))
        self.arguments = [(name, _as_nodes(x, name)) for name, x in pairs]
        flat = [leaf for _, x in self.arguments for leaf in _flatten(x)]
        self.variables = [v for v, _ in flat]
        self.names = [name for _, name in flat]
        if not self.variables:
            raise ValueError("there is nothing to check: inputs holds no number")
        self.start = [(v, v.data, v.grad) for v in self.variables]

    def run(self) -> Any:
        """The root of f at the variables as they stand."""
        if self.root_given:
            return self.f
        form = _nodes_of if self.gradient is None else _as_given
        values = [(name, form(x)) for name, x in self.arguments]
        before = [v.data for v in self.variables]
        root = self.f(**dict(values)) if self.by_name else self.f(*[x for _, x in values])
        if [v.data for v in self.variables] != before:
            raise ValueError(
                f"{self.name} changes its inputs: check a function that leaves them be"
            )
        if self.gradient is not None and not is_node(root):
            return Value(real(root, f"the result of {self.name}"))
        if is_constant(root):
            raise ValueError(
                f"{self.name} returned a constant, {root!r}: it was made from no variable "
                "(was it computed from .data, or under no_grad?)"
            )
        if not is_node(root):
            raise TypeError(
                f"{self.name} must return one Value, got {describe_type(root)}: "
                "a number has no gradient, and of several values only one can be the root"
            )
        return root

    def slopes(self) -> list[Any]:
        """The derivative of f by each variable, as f is: a function, or a root that is there."""
        if self.root_given:
            return [_anchored(d, self.variables) for d in derivatives(self.f, self.variables)]

        def slope(k: int) -> Callable[..., Any]:
            def by_variable(*args: Any, **named: Any) -> Any:
                variables = list(leaves([*args, *named.values()]))
                return _anchored(derivatives(self.f(*args, **named), variables[k]), variables)

            by_variable.__name__ = f"d {self.name} / d {self.names[k]}"
            return by_variable

        return [slope(k) for k in range(len(self.variables))]

    def claimed(self) -> list[float]:
        """What the given gradient function says, one number per variable."""
        assert self.gradient is not None
        plain = [(name, _numbers_of(x)) for name, x in self.arguments]
        found = (
            self.gradient(**dict(plain)) if self.by_name else self.gradient(*[x for _, x in plain])
        )
        if self.by_name and isinstance(found, Mapping):
            missing = [name for name, _ in self.arguments if name not in found]
            if missing:
                raise ValueError(f"the gradient has no number for {', '.join(missing)}")
            found = [found[name] for name, _ in self.arguments]
        if len(self.arguments) == 1 and not isinstance(found, (list, tuple)):
            found = [found]
        numbers = [_plain_number(x) for x in leaves(found)]
        if len(numbers) != len(self.variables):
            raise ValueError(
                f"the gradient must have one number per input: got {len(numbers)} for "
                f"{len(self.variables)}"
            )
        return numbers

    def restore(self) -> None:
        """Put data and gradients of the variables back."""
        for v, data, grad in self.start:
            v.data, v.grad = data, grad

    def paste(self) -> str:
        """One line that runs the check again."""
        if self.root_given:
            return ""
        if self.by_name:
            inner = ", ".join(f"{name!r}: {_numbers_of(x)!r}" for name, x in self.arguments)
            inputs = f"{{{inner}}}"
        else:
            inputs = f"[{', '.join(repr(_numbers_of(x)) for _, x in self.arguments)}]"
        more = f", order={self.order}" if self.order > 1 else ""
        if self.gradient is not None:
            more = f", gradient={_callable_name(self.gradient, 'gradient')}"
        if any(not isinstance(v, Value) for v in self.variables):
            return ""
        code = getattr(self.f, "__code__", None)
        lambda_of = f"  # f: {place_of(code)}" if code and not self.name.isidentifier() else ""
        return f"assert_gradcheck({_callable_name(self.f, 'f')}, {inputs}{more}){lambda_of}"


def _anchored(x: Value, variables: Sequence[Value]) -> Any:
    """x as a node that stands on the variables, so that a constant can be checked to be one."""
    return x + total([0.0 * v for v in variables])


def _variables(root: Any) -> list[Any]:
    return [v for v in topological_order(root) if not v.parents and not is_constant(v)]


def _callable_name(f: Any, otherwise: str) -> str:
    """A name one can paste, where a function has one of its own."""
    name = function_name(f)
    return name if name.isidentifier() else otherwise


def _as_nodes(x: Any, name: str) -> Any:
    """x with every leaf as (node, name, whether it was a number)."""
    if is_node(x):
        if x.parents:
            raise ValueError(f"input {name} is no leaf: check the graph from its variables")
        return x, getattr(x, "label", "") or name, False
    if is_nested(x):
        return [_as_nodes(item, f"{name}[{i}]") for i, item in enumerate(x)]
    try:
        return Value(real(x, "an input")), name, True
    except TypeError:
        raise TypeError(
            f"input {name} must be a number, a Value or a sequence of them, got {describe_type(x)}"
        ) from None


def _flatten(x: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(x, tuple):
        yield x[:2]
    else:
        for item in x:
            yield from _flatten(item)


def _nodes_of(x: Any) -> Any:
    return x[0] if isinstance(x, tuple) else [_nodes_of(item) for item in x]


def _as_given(x: Any) -> Any:
    """Numbers where numbers were given, nodes where nodes were."""
    if isinstance(x, tuple):
        node, _, was_number = x
        return node.data if was_number else node
    return [_as_given(item) for item in x]


def _numbers_of(x: Any) -> Any:
    return x[0].data if isinstance(x, tuple) else [_numbers_of(item) for item in x]


def _plain_number(x: Any) -> float:
    """A number of any library: what has an item() is asked for it."""
    return real(x.item() if hasattr(x, "item") else x, "a gradient")


# ---- the check -----------------------------------------------------------------------------------


class _Check:
    """One evaluation of the program, and everything measured around it."""

    def __init__(self, program: _Program, atol: float, rtol: float) -> None:
        self.program, self.atol, self.rtol = program, atol, rtol
        self.root = program.run()
        self.order = topological_order(self.root)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.data = [v.data for v in self.order]
        self.operations = [getattr(v, "op", None) for v in self.order]
        self.parents = [[self.place[p] for p in v.parents] for v in self.order]
        if program.root_given:
            for v, operation in zip(self.order, self.operations):
                lost = (
                    v.parents
                    and isinstance(operation, Operation)
                    and not _takes(operation, v.parents)
                )
                if not lost:
                    require_fresh(v)
        elif not same(self.root.data, program.run().data):
            raise ValueError(
                f"{program.name} gave two values at the same inputs: a random function has no "
                "derivative to check; fix its seed"
            )
        self.guards = self._find_guards()
        self.rounding = self._rounding()

    def report(self) -> Report:
        """Every derivative against its number, then whose fault a difference is."""
        program = self.program
        by_hand = program.gradient is not None
        claimed, fault = (program.claimed(), None) if by_hand else self._backward()
        rows = [
            self._row(v, name, g) for v, name, g in zip(program.variables, program.names, claimed)
        ]
        guilty = None if by_hand else self._guilty_rule() or fault or self._guilty_node(rows)
        severity = {"wrong": 0, "inconclusive": 1, "undefined": 2, "kink": 3, "ok": 4}
        rows.sort(key=lambda row: (severity[row.verdict], -row.error if isfinite(row.error) else 0))
        inputs = dict(zip(program.names, program.variables))
        return Report(program.name, rows, guilty, self.root, inputs, program.paste())

    def _rounding(self) -> float:
        """How many 2**-52 the root may be wrong by: each node's own rounding, carried there."""
        gradients = [0.0] * len(self.order)
        gradients[-1] = 1.0
        total = 0.0
        for i in reversed(range(len(self.order))):
            size = abs(self.data[i])
            if getattr(self.operations[i], "saturating", False):
                size = max(1.0, size, *[abs(self.data[j]) for j in self.parents[i]])
            if self.parents[i]:
                total += abs(gradients[i]) * size
            for j, d in zip(self.parents[i], self.order[i].local_derivatives):
                gradients[j] += gradients[i] * d
        return total if isfinite(total) else inf

    # ---- running again ---------------------------------------------------------------------------

    def _find_guards(self) -> list[tuple[int, float]]:
        """Nodes with a kink or a choice, and how far their operands may move before it."""
        guards = []
        for i, operation in enumerate(self.operations):
            if not isinstance(operation, Operation) or not self.parents[i]:
                continue
            xs = [self.data[j] for j in self.parents[i]]
            if operation.name in ("where", "lookup"):
                guards.append((i, -1.0))
            elif operation.kink is not None and _takes(operation, xs):
                guards.append((i, float(operation.kink(*xs))))
        return guards

    def _moved(self, x: float, v: Any) -> list[float] | None:
        """The data of every node with v at x; None across a kink, a choice or a domain's edge."""
        before = v.data
        v.data = x
        try:
            if self.program.root_given:
                data = self._replay(v, x)
            else:
                order = topological_order(self.program.run())
                if [getattr(u, "op", None) for u in order] != self.operations:
                    return None  # another branch of the program
                data = [u.data for u in order]
        except (ArithmeticError, ValueError, IndexError):
            return None
        finally:
            v.data = before
        return None if self._crosses(data) else data

    def _replay(self, v: Any, x: float) -> list[float]:
        data = list(self.data)
        if v in self.place:
            data[self.place[v]] = x
        for i, operation in enumerate(self.operations):
            if self.parents[i]:
                xs = tuple([data[j] for j in self.parents[i]])
                if not _takes(operation, xs):  # type: ignore[arg-type]  # all are rows
                    raise ValueError("a node with an edge too few or too many cannot be run again")
                data[i] = operation.evaluate(xs)  # type: ignore[union-attr]  # the same
        return data

    def _crosses(self, data: list[float]) -> bool:
        for i, distance in self.guards:
            if distance < 0:
                parents = self.parents[i]
                if self.operations[i].name == "where":  # type: ignore[union-attr]  # a guard is a row
                    if bool(self.data[parents[0]]) != bool(data[parents[0]]):
                        return True
                elif self.data[parents[-1]] != data[parents[-1]]:
                    return True
            elif max([abs(data[j] - self.data[j]) for j in self.parents[i]]) >= max(distance, TINY):
                return True
        return False

    # ---- one derivative --------------------------------------------------------------------------

    def _as_function_of(self, v: Any) -> Callable[[float], float | None]:
        """The root's value with v at x; None where `_moved` has none."""

        def value(x: float) -> float | None:
            data = self._moved(x, v)
            return None if data is None else data[-1]

        return value

    def _row(self, v: Any, name: str, claimed: float) -> Row:
        numeric = derivative(self._as_function_of(v), v.data, self.rounding)
        row = Row(name, v.data, claimed, numeric)
        row.verdict = self._verdict(row)
        if row.verdict in ("wrong", "undefined") and isfinite(claimed):
            row.left, row.right = self._slopes(v)
            clear = 1e-2 * max(abs(row.left.value), abs(row.right.value))  # at a jump none is
            if max(row.left.bar, row.right.bar) <= clear and differ(row.left, row.right):
                row.verdict = "kink"
                row.to_kink = min((d for _, d in self.guards if d >= 0), default=0.0)
        return row

    def _slopes(self, v: Any) -> tuple[Difference, Difference]:
        """The slopes from both sides, steps across kinks allowed: each side for itself."""
        guards, self.guards = self.guards, []
        try:
            value = self._as_function_of(v)
            return slope(value, v.data, -1), slope(value, v.data, +1)
        finally:
            self.guards = guards

    def _verdict(self, row: Row) -> str:
        numeric = row.numeric
        if not isfinite(row.analytic) or numeric.bar == inf:
            return "undefined"
        allowed = self.atol + self.rtol * abs(numeric.value)
        if row.error > allowed + TRUST * numeric.bar:
            return "wrong"
        natural = 1e-6 * abs(self.data[-1]) / max(1.0, abs(row.x))
        if numeric.bar > max(1e-4 * max(abs(numeric.value), abs(row.analytic)), allowed, natural):
            return "inconclusive"
        return "ok"

    # ---- whose fault -----------------------------------------------------------------------------

    def _guilty_rule(self) -> Guilty | None:
        """The first wrong rule, root first: each local derivative against its own row's numbers."""
        for i in reversed(range(len(self.order))):
            v, operation = self.order[i], self.operations[i]
            if not v.parents or not isinstance(operation, Operation):
                continue
            xs = tuple([self.data[j] for j in self.parents[i]])
            now = _value_or_nan(operation, xs)
            if not same(now, self.data[i]) or len(v.local_derivatives) != len(xs):
                return Guilty("missing edge", v, None, self.data[i], now)
            for k, parent in enumerate(v.parents):
                if is_constant(parent):
                    continue
                used = v.local_derivatives[k]
                numeric = wrong_derivative(operation, xs, k, used, self.rtol)
                if numeric is not None:
                    return Guilty("rule", v, k, used, numeric)
        return None

    def _guilty_node(self, rows: list[Row]) -> Guilty | None:
        """For nodes without a row, and for cuts: where what is recorded and what moves disagree."""
        wrong = [row for row in rows if row.verdict == "wrong"]
        if not wrong:
            return None
        tangents = [self._tangents(v) for v in self.program.variables]
        for i in reversed(range(len(self.order))):
            v = self.order[i]
            if not v.parents:
                if is_constant(v) and any(t is not None and t[0][i] != 0.0 for t in tangents):
                    return Guilty("detached", v, None, 0.0, 0.0)
                continue
            if isinstance(self.operations[i], Operation):
                continue
            guilty = self._wrong_node(i, [t for t in tangents if t is not None])
            if guilty is not None:
                return guilty
        return None

    def _tangents(self, v: Any) -> tuple[list[float], list[float]] | None:
        """How fast every node moves with v, and the error bars, by one extrapolated difference."""
        scale = max(1.0, abs(v.data))
        found = []
        for step in (scale / 2**8, scale / 2**9, scale / 2**10):
            low, high = self._moved(v.data - step, v), self._moved(v.data + step, v)
            if low is None or high is None:
                return None
            found.append([(b - a) / (2 * step) for a, b in zip(low, high)])
        better = [[m + (m - c) / 3 for c, m in zip(*two)] for two in (found[:2], found[1:])]
        bars = [
            abs(a - b) + 2**12 * EPSILON * abs(x) / scale for a, b, x in zip(*better, self.data)
        ]
        return better[1], bars

    def _wrong_node(self, i: int, tangents: list[tuple[list[float], list[float]]]) -> Guilty | None:
        """Guilty where the node moves otherwise than its recorded local derivatives say."""
        v, parents = self.order[i], self.parents[i]
        derivatives = v.local_derivatives
        gaps = []  # for each variable that moves a parent: what is missing, and the moves
        for moved, bars in tangents:
            moves = [moved[j] for j in parents]
            if not any(moves):
                if abs(moved[i]) > self.atol + TRUST * bars[i]:
                    return Guilty("missing edge", v, None, v.data, nan)
                continue
            gap = moved[i] - sum(d * m for d, m in zip(derivatives, moves))
            bar = bars[i] + sum(abs(d) * bars[j] for d, j in zip(derivatives, parents))
            if abs(gap) <= self.atol + self.rtol * abs(moved[i]) + TRUST * bar:
                gap = 0.0
            gaps.append((gap, moves))
        if not any(gap for gap, _ in gaps):
            return None
        for k, d in enumerate(derivatives):
            # the correction of argument k alone, as each variable that moves it would have it
            alone = [g / m[k] for g, m in gaps if m[k] and not any((*m[:k], *m[k + 1 :]))]
            mine = [g / m[k] for g, m in gaps if m[k]]
            rest = [g for g, m in gaps if not m[k]]
            if alone and any(alone):
                return Guilty("rule", v, k, d, d + alone[0])
            if mine and not any(rest) and max(mine) - min(mine) <= 1e-4 * max(map(abs, mine)):
                return Guilty("rule", v, k, d, d + mine[0])
        return Guilty("rule", v, None, nan, nan)

    def _backward(self) -> tuple[list[float], Guilty | None]:
        """The gradients that backward() gives, and where they are summed wrongly, if they are."""
        variables = self.program.variables
        nodes = {v: v.grad for v in (*self.order, *variables)}
        own = None if isinstance(self.root, Value) else getattr(self.root, "backward", None)
        run = own if callable(own) else lambda: backpropagate(self.root)
        try:
            for v in nodes:
                v.grad = 0.0
            run()
            first = [v.grad for v in self.order]
            claimed = [v.grad for v in variables]
            fault = self._wrong_sum(first)
            if fault is None:
                for v in variables:
                    v.grad = 0.0
                run()
                fault = self._stale_sum(first)
            return claimed, fault
        finally:
            for v, grad in nodes.items():
                v.grad = grad

    def _wrong_sum(self, gradients: list[float]) -> Guilty | None:
        """The first node whose gradient is not the sum of what its consumers send."""
        sent = [0.0] * len(self.order)
        size = [0.0] * len(self.order)
        sent[-1] = size[-1] = 1.0
        for i in reversed(range(len(self.order))):
            v, g = self.order[i], gradients[i]
            if is_constant(v) or not all(isfinite(x) for x in (g, sent[i])):
                continue
            if abs(g - sent[i]) > 1e-9 * size[i]:
                return Guilty("accumulation", v, None, g, sent[i])
            for j, d in zip(self.parents[i], v.local_derivatives):
                sent[j] += g * d
                size[j] += abs(g * d)
        return None

    def _stale_sum(self, first: list[float]) -> Guilty | None:
        """The first node whose gradient changed in a second backward()."""
        for i in reversed(range(len(self.order))):
            v = self.order[i]
            changed = isfinite(first[i]) and not abs(v.grad - first[i]) <= 1e-9 * abs(first[i])
            if changed and (v.parents or any(v is u for u in self.program.variables)):
                return Guilty("stale", v, None, v.grad, first[i])
        return None


def _takes(operation: Operation, xs: Sequence[float]) -> bool:
    """Whether a row takes so many operands."""
    return isinstance(operation, NaryOperation) or len(xs) == len(operation.partials)


def _value_or_nan(operation: Operation, xs: tuple[float, ...]) -> float:
    """What a row gives for these operands; NaN where it takes another number of them."""
    try:
        return float(operation.compute(xs))
    except (TypeError, ArithmeticError, ValueError):
        return nan


def wrong_derivative(
    operation: Operation, xs: Sequence[float], k: int, used: float, rtol: float = 1e-7
) -> float | None:
    """What the derivative of a row by argument k should be, where it is not `used`; else None.

    At a kink any number between the slopes from both sides is right.
    """
    reach = inf if operation.kink is None else float(operation.kink(*xs))
    domain = operation.domain if operation.domain is not None and operation.domain(*xs) else None

    def value(x: float, limit: float = reach) -> float | None:
        if abs(x - xs[k]) >= limit != inf and x != xs[k]:
            return None
        moved = (*xs[:k], x, *xs[k + 1 :])
        if domain is not None and not domain(*moved):
            return None  # a formula may go on behind an edge, and have nothing to do with it
        try:
            return float(operation.compute(moved))
        except (ArithmeticError, ValueError):
            return None

    size = max(1.0, *map(abs, xs)) if operation.saturating else 0.0
    numeric = derivative(value, xs[k], size)
    allowed = 8 * EPSILON * operation.saturating + rtol * abs(numeric.value)
    if isinf(used) and not numeric.bar < 1e-3 * abs(numeric.value):
        return None  # no clear finite number speaks against an infinite slope
    if numeric.bar < inf:
        if abs(used - numeric.value) <= allowed + TRUST * numeric.bar:
            return None
    elif reach > 0 or isinf(used) or isnan(used):
        return None  # a domain's edge: nothing to compare with
    left, right = (slope(lambda x: value(x, inf), xs[k], side) for side in (-1, 1))
    if not differ(left, right, rtol) and numeric.bar < inf:
        return numeric.value
    low, high = sorted((left.value, right.value))
    bars = TRUST * (left.bar + right.bar) + rtol * max(abs(low), abs(high))
    return None if low - bars <= used <= high + bars else (low + high) / 2


def differ(left: Difference, right: Difference, rtol: float = 1e-7) -> bool:
    """Whether the slopes from both sides differ by more than their error bars: a kink."""
    allowed = TRUST * (left.bar + right.bar) + rtol * max(abs(left.value), abs(right.value))
    return abs(left.value - right.value) > allowed
