"""The methods by which a class of nodes records rows of one and two operands.

What runs for every `x * y` is written out: rules that are formulas are printed into it, routines
are called.  Imports the table; `value` adds to `NAMES` what makes its nodes and uses what is made.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from types import CodeType

import autograd.operations as table
from autograd.rules.language import OPERATIONS, Formula, Operation
from autograd.rules.lazy import lazy_text
from autograd.rules.printing import POWER, EagerPrinter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AsNumPyAsks:
    """What NumPy asks the elements of an array of objects for: its functions, by its names."""

    __slots__ = ()

    # fmt: off
    def arcsin(self: Any) -> Any:               return table.asin(self)
    def arccos(self: Any) -> Any:               return table.acos(self)
    def arctan(self: Any) -> Any:               return table.atan(self)
    def arctan2(self: Any, other: Any) -> Any:  return table.atan2(self, other)
    def arcsinh(self: Any) -> Any:              return table.asinh(self)
    def arccosh(self: Any) -> Any:              return table.acosh(self)
    def arctanh(self: Any) -> Any:              return table.atanh(self)
    def hypot(self: Any, other: Any) -> Any:    return table.hypot(self, other)
    def exp2(self: Any) -> Any:                 return table.power(2.0, self)
    def fabs(self: Any) -> Any:                 return table.absolute(self)
    def conjugate(self: Any) -> Any:            return self  # as np.std and np.vdot ask
    # fmt: on


methods: dict[Operation, Callable[..., Any]] = {}  # what was written, by its row
makers: set[CodeType] = set()  # the code that nodes come out of: a profiler can look for it
NAMES: dict[str, Any] = {**OPERATIONS, "inf": inf, "nan": nan}  # what the texts refer to
_makes: dict[str, Callable[..., Any]] = {}  # by text

# `record_any` looks closer: at what somebody assigned to .data, and whether to record at all
NODE = """
        except (ArithmeticError, ValueError) as error:
            raise operation.explained(error, {numbers}, {operands}) from None
        except TypeError:
            z = None
        if type(z) is not float or open_blocks:
            return record_any(operation, {operands})
        v = new(Value)
        v.data = z
        v.grad = 0.0
        v.label = ""
        v.parents = {operands}
        {derivatives}
        v.op = operation
        return v
    return method
"""

UNARY = """\
def make(operation, forward, dx):
    def method(self, more=None):
        if more is not None:
            operation.check_count((self, more))
        if type(self) is not Value:
            return self._record(operation, (self,))
        x = self.data
        if type(x) is not float:
            return record_any(operation, (self,))
        try:
            {steps}z = {forward}""" + NODE.format(
    numbers="(x,)",
    operands="(self,)",
    derivatives="v.local_derivatives = (0.0 if self.op is CONSTANT else {dx},)",
)

BINARY = """\
def make(operation, forward, dx, dy):
    def method(self, other{third}):
        {check}if type(other) is not Value:
            other = as_operand(other, operation)
            if type(other) is not Value:
                return other if other is NotImplemented else record_any(operation, (self, other))
        x, y = self.data, other.data
        {floats}try:
            {steps}z = {forward}""" + NODE.format(
    numbers="(x, y)",
    operands="(self, other)",
    derivatives="""\
if self.op is CONSTANT:
            v.local_derivatives = (0.0, 0.0 if other.op is CONSTANT else {dy})
        elif other.op is CONSTANT:
            v.local_derivatives = ({dx}, 0.0)
        else:
            v.local_derivatives = ({dx}, {dy})""",
)

# a sign gives a float of what is none only where `record_any` would take it too; a routine may not
FLOATS = """\
if type(x) is not float or type(y) is not float:
            return record_any(operation, (self, other))
        """

# Python calls a power with a third argument where it is given one
MODULUS = (
    ", modulus=None",
    """if modulus is not None:
            raise TypeError("pow(x, y, modulus) is for whole numbers: write pow(x, y), or x ** y")
        """,
)

# a routine of Python's is called, and so is the derivative that goes with it: one text for all
CALLS = {"steps": "", "forward": "forward(x)", "dx": "dx(x, z)"}


def unary(row: Operation) -> Callable[[Any], Any]:
    """The method for a row with one argument."""
    text = UNARY.format(**(CALLS if row.primitive else _printed(row, "x")))
    return _made(row, text, lambda self: ...)


def called(row: Operation) -> Callable[[Any], Any]:
    """The method for a row with one argument whose rules are too long, or too rare, to print."""
    return _made(row, UNARY.format(**CALLS), lambda self: ...)


def binary(row: Operation) -> Callable[[Any, Any], Any]:
    """The method for a row with two arguments, the node first."""
    third, check = MODULUS if row.binds == POWER else ("", "")
    rules = _printed(row, "xy")
    floats = FLOATS if rules["forward"].startswith("forward(") else ""
    text = BINARY.format(third=third, check=check, floats=floats, **rules)
    return _made(row, text, lambda self, other: ...)


def reflected(row: Operation) -> Callable[[Any, Any], Any]:
    """The method for a row with two arguments, the node second."""
    method = methods[row]

    def reflected(self: Any, other: Any) -> Any:
        """The same with the operands exchanged."""
        left = NAMES["as_operand"](other, row)
        return left if left is NotImplemented else method(left, self)

    reflected.__annotations__ = {}
    return reflected


def _printed(row: Operation, letters: str) -> dict[str, str]:
    """The rules of a row as Python, by their places in a text."""
    rules, printer = Formula(row, letters=tuple(letters)), EagerPrinter()
    steps = [f"{name} = {text}; " for name, text in printer.statements([rules.forward], "t")]
    forward = printer.text(rules.forward)
    if forward.startswith(f"{row.name}("):  # a routine, for which Python has no sign
        forward = f"forward({', '.join(letters)})"
    derivatives = zip(("dx", "dy"), map(EagerPrinter().text, rules.partials))
    return {"steps": "".join(steps), "forward": forward, **dict(derivatives)}


def _made(row: Operation, text: str, written: Callable[..., Any]) -> Callable[..., Any]:
    """The method that a text makes for a row; what its rules call it finds in `NAMES`.

    `help` shows the manual page of the row, and the arguments as they are `written`.
    """
    if text not in _makes:
        exec(compile(text, f"<method of {row.name}>", "exec"), NAMES)
        _makes[text] = NAMES["make"]
    methods[row] = method = _makes[text](row, row.forward, *row.partials)
    makers.add(method.__code__)
    method.__doc__ = lazy_text(row.manual)
    method.__wrapped__ = written
    return method  # type: ignore[no-any-return]  # it is made of text
