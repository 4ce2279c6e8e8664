"""Whose fault a wrong gradient is: the first rule, sum or edge that is wrong, root first.

Imports what evaluates a program; the check asks here once it has its rows.
"""

from __future__ import annotations

from math import isfinite, nan

from autograd.checking.differences import EPSILON, TRUST
from autograd.checking.program import Evaluation
from autograd.checking.report import Guilty, Row
from autograd.checking.rows import wrong_derivative
from autograd.graph import backpropagate, is_constant
from autograd.higher.freshness import same
from autograd.rules.language import Operation
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Blame:
    """Looks for what is guilty in one evaluation of a program."""

    def __init__(self, evaluation: Evaluation, atol: float, rtol: float) -> None:
        self.evaluation = evaluation
        self.program = evaluation.program
        self.order, self.data = evaluation.order, evaluation.data
        self.operations, self.parents = evaluation.operations, evaluation.parents
        self.atol, self.rtol = atol, rtol

    def rule(self) -> Guilty | None:
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

    def node(self, rows: list[Row]) -> Guilty | None:
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
            low, high = (
                self.evaluation.moved(v.data - step, v),
                self.evaluation.moved(v.data + step, v),
            )
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

    def backward(self) -> tuple[list[float], Guilty | None]:
        """The gradients that backward() gives, and where they are summed wrongly, if they are."""
        variables = self.program.variables
        nodes = {v: v.grad for v in (*self.order, *variables)}
        own = (
            None
            if isinstance(self.evaluation.root, Value)
            else getattr(self.evaluation.root, "backward", None)
        )
        run = own if callable(own) else lambda: backpropagate(self.evaluation.root)
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


def _value_or_nan(operation: Operation, xs: tuple[float, ...]) -> float:
    """What a row gives for these operands; NaN where it takes another number of them."""
    try:
        return float(operation.compute(xs))
    except (TypeError, ArithmeticError, ValueError):
        return nan
