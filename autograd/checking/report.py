"""What a gradient check found, in words: rows with verdicts, and what is guilty.

A report is made by `gradcheck`; `viz`, once imported, adds pictures to it in a notebook.
"""

from __future__ import annotations

from math import inf, isfinite, isnan, nan

from autograd.checking.differences import TRUST, UNKNOWN, Difference
from autograd.graph import is_constant
from autograd.rules.language import NaryOperation
from autograd.rules.words import place_of, shortest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

SHOWN = 10  # rows of a report's text


class Row:
    """One derivative: at which input, what was claimed, what was measured, and the verdict.

    The verdict is "ok", "wrong", "kink" (the slopes of both sides differ, and the claim is between
    them), "undefined" (no finite derivative, or a domain's edge) or "inconclusive" (no step gives
    a clear number: not a pass).  `kinks` names the nodes that stand on a kink, `resolution` is how
    far the values of f were found to scatter (0 for a graph, whose rounding is known), and
    `within_atol` says that claim and bar are both below atol, which is all that was seen.
    """

    __slots__ = (
        "allowed", "analytic", "digits", "kinks", "left", "name", "numeric", "resolution", "right",
        "to_kink", "verdict", "within_atol", "x",
    )  # fmt: skip

    def __init__(
        self, name: str, x: float, analytic: float, numeric: Difference, resolution: float = 0.0
    ) -> None:
        self.name = name
        self.x = x
        self.analytic = analytic
        self.numeric = numeric
        self.resolution = resolution
        self.allowed = nan  # how far the claim may be from the measured number
        self.verdict = ""
        self.within_atol = False
        self.digits = 0.0  # the part of itself to which a claim in few bits is known
        self.left = self.right = UNKNOWN
        self.to_kink = inf
        self.kinks: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """How far the claim is from the measured number."""
        return abs(self.analytic - self.numeric.value)

    @property
    def rough(self) -> bool:
        """Whether it is confirmed only as far as rough values of f let it."""
        visible = self.resolution > 0.0 < abs(self.numeric.value)
        return visible and self.numeric.bar > 1e-6 * abs(self.numeric.value)

    def __repr__(self) -> str:
        text = f"{self.name} = {shortest(self.x)}: analytic {self.analytic:.10g}, "
        if self.left is not UNKNOWN:
            text += (
                f"slopes {self.left.value:.6g} and {self.right.value:.6g} on either side of "
                f"a kink {self.to_kink:.2g} away"
            )
        else:
            text += f"numeric {self.numeric.value:.10g} +- {self.numeric.bar:.1g}"
        if self.verdict == "wrong" and self.kinks:
            text += f" (each rule takes one side of {some(self.kinks)})"
        return f"{text}{self._why()}"

    def _why(self) -> str:
        """Why there is no verdict, where there is none."""
        if self.verdict == "inconclusive":
            if self.resolution > 0.0:
                return (
                    f": the values of f are known to {self.resolution:.1g} only, and a derivative "
                    f"below {2 * TRUST * self.numeric.bar:.1g} cannot be told from 0"
                )
            return ": the bar is too wide to tell the derivative from another"
        if self.verdict == "undefined":
            if not isfinite(self.analytic):
                return ": the gradient is not finite"
            return ": no finite slope on both sides, or no value there"
        return ""


class Guilty:
    """What is wrong first: a rule, an accumulation, a missing edge or a detached part.

    `argument` is the position among the node's parents (None where it cannot be told), `where`
    the file and line of the rule.
    """

    __slots__ = ("argument", "expected", "kind", "label", "node", "operation", "used", "where")

    def __init__(
        self, kind: str, node: Any, argument: int | None, used: float, expected: float
    ) -> None:
        self.kind = kind
        self.node = node
        self.argument = argument
        self.used = used
        self.expected = expected
        self.operation = _operation_name(node)
        self.label = getattr(node, "label", "")
        self.where = _rule_place(node, argument)

    def __repr__(self) -> str:
        at = f" (label {self.label!r})" if self.label else ""
        if self.kind == "rule":
            values = ", ".join(shortest(float(p.data)) for p in self.node.parents)
            if self.argument is None:
                return (
                    f"the rule of {self.operation} is wrong{at} at ({values}); which argument "
                    "it is cannot be told: several move together, or several are wrong"
                )
            where = f", rule at {self.where}" if self.where else ""
            return (
                f"the rule of {self.operation} for argument {self.argument} is wrong{at}: at "
                f"({values}) the derivative should be {self.expected:.10g}, {self.used:.10g} was "
                f"used{where}"
            )
        if self.kind == "accumulation":
            return (
                f"the accumulation at the {self.operation} of value {self.node.data:.6g}{at} is "
                f"wrong: its consumers send {self.expected:.10g}, its gradient is {self.used:.10g} "
                "(`=` for `+=`, or a consumer that comes too late?)"
            )
        if self.kind == "stale":
            return (
                f"the accumulation at the {self.operation} of value {self.node.data:.6g}{at} is "
                f"wrong the second time: a second backward() gives {self.used:.10g} after "
                f"{self.expected:.10g} (inner gradients must start from 0)"
            )
        if self.kind == "missing edge" and isnan(self.expected):
            row, found = getattr(self.node, "op", None), len(self.node.parents)
            wanted = len(getattr(row, "partials", ()))
            if wanted not in (0, found) and not isinstance(row, NaryOperation):
                return (
                    f"an edge is missing or misplaced at {self.operation}{at}: it takes {wanted} "
                    f"operands, and {found} {'is' if found == 1 else 'are'} recorded"
                )
            return (
                f"an edge is missing at {self.operation}{at}: its value moves with an input that "
                "none of its recorded parents moves with"
            )
        if self.kind == "missing edge":
            return (
                f"an edge is missing or misplaced at {self.operation}{at}: from its "
                f"{len(self.node.parents)} parents it would be {self.expected:.10g}, it holds "
                f"{self.used:.10g}"
            )
        return (
            f"a constant{at} of value {self.node.data:.6g} moves with the inputs: the graph was "
            "cut there, and what flows through it has no gradient"
        )


class Report:
    """What a gradient check found: `ok` (also as truth value), `rows` worst first, and `guilty`.

    `sample` says what was tried where there are too many elements to try each, and `mistake` which
    known mistake fits a wrong gradient.
    """

    __slots__ = (
        "atol", "guilty", "inputs", "mistake", "name", "paste", "root", "rows", "sample",
    )  # fmt: skip

    renderer: Callable[[Report], str] | None = None  # HTML with pictures; viz sets it when imported

    def __init__(
        self,
        name: str,
        rows: list[Row],
        guilty: Guilty | None,
        root: Any,
        inputs: dict[str, Any],
        paste: str,
        atol: float = 0.0,
        sample: str = "",
    ) -> None:
        self.name = name
        self.rows = rows
        self.atol = atol
        self.guilty = guilty
        self.mistake = ""  # of a gradient by hand, in words, where a known one fits the numbers
        self.root = root
        self.inputs = inputs
        self.paste = paste
        self.sample = sample

    @property
    def ok(self) -> bool:
        """Whether every derivative is confirmed (or at a kink) and nothing is guilty."""
        return self.guilty is None and all(row.verdict in ("ok", "kink") for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    def count(self, verdict: str) -> int:
        """How many rows have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def __repr__(self) -> str:
        passed = self.count("ok") + self.count("kink")
        head = (
            f"the gradient of {self.name} is {'confirmed' if self.ok else 'not confirmed'}: "
            f"{passed} of {len(self.rows)} derivatives agree with numbers"
        )
        lines = [head, *([self.sample] if self.sample else [])]
        if self.guilty is not None:
            lines.append(f"first wrong: {self.guilty!r}")
        if self.mistake:
            lines.append(f"what fits: {self.mistake}")
        shown = self.rows if not self.ok else [r for r in self.rows if r.verdict == "kink"]
        lines += [f"  {row.verdict:12}  {row!r}" for row in shown[:SHOWN]]
        if len(shown) > SHOWN:
            lines.append(f"  and {len(shown) - SHOWN} more")
        lines += self._remarks()
        if not self.ok and self.paste:
            lines.append(f"again: {self.paste}")
        return "\n".join(lines)

    def _remarks(self) -> list[str]:
        """How far what was confirmed is to be trusted: by atol, on a kink, in rough values."""
        remarks = []
        by_atol = sum([row.within_atol and row.analytic != 0.0 for row in self.rows])
        if by_atol:
            remarks.append(f"{by_atol} below atol = {self.atol:.1g}, and compared no closer")
        agree = {kink: None for row in self.rows if row.verdict == "ok" for kink in row.kinks}
        if agree:
            remarks.append(f"the slopes of both sides agree at {some(tuple(agree))}")
        rough = [row for row in self.rows if row.verdict == "ok" and row.rough]
        if rough:
            worst = max(rough, key=lambda row: row.numeric.bar / abs(row.numeric.value))
            remarks.append(
                f"the values of f are known to {worst.resolution:.1g}: {worst.name} is confirmed "
                f"to {worst.numeric.bar / abs(worst.numeric.value):.0e} of itself"
            )
        return remarks

    def _repr_html_(self) -> str | None:
        return None if Report.renderer is None else Report.renderer(self)


def some(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are."""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{'; '.join(names[:2])}{more}"


def _operation_name(node: Any) -> str:
    operation = getattr(node, "op", None)
    if node.parents:
        return str(getattr(operation, "name", None) or type(node).__name__)
    return "constant" if is_constant(node) else "variable"


def _rule_place(node: Any, argument: int | None) -> str:
    """The file and line of a node's rule, for an operation of a table."""
    operation = getattr(node, "op", None)
    rules = getattr(operation, "partials", ())
    if not rules or argument is None:
        return ""
    rule = rules[0] if isinstance(operation, NaryOperation) else rules[argument]
    code = getattr(rule, "__code__", None)
    return place_of(code) if code else ""
