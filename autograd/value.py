"""Value: a number that remembers how it was made.

Every operation on Values is a row of the table; a node pins its parents and local derivatives as
it is made, and `backward()` walks them.  Letters: operands x, y; result z; local derivatives d; a
node v.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import nan
from numbers import Number
from os import getpid
from types import FunctionType, NoneType

from autograd import operations as table
from autograd.copying import Place, arguments, copy_graph, dump, require_home, restore
from autograd.graph import backpropagate, let_go, propagate, topological_order
from autograd.methods import NAMES, AsNumPyAsks, makers, methods
from autograd.recording import is_recording, keep, open_blocks
from autograd.refusals import Refusing
from autograd.rules.language import Operation
from autograd.rules.lazy import unquoted
from autograd.rules.symbols import Undecided
from autograd.rules.words import describe_type, is_real, real

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    def unary(row: Operation) -> Callable[[Value], Value]:
        """A method for a row with one argument."""

    def called(row: Operation) -> Callable[[Value], Value]:
        """The same for a row that is called."""

    def binary(row: Operation) -> Callable[[Value, Value | float], Value]:
        """A method for a row with two arguments, Value first."""

    def reflected(row: Operation) -> Callable[[Value, float], Value]:
        """A method for a row with two arguments, Value second."""

else:
    from autograd.methods import binary, called, reflected, unary

new = object.__new__

# ---- making nodes --------------------------------------------------------------------------------


def constant(x: float) -> Value:
    """A leaf about which nothing is asked: its gradient stays 0; constant(v.data) cuts a graph."""
    return _node(real(x, "a constant"), (), (), CONSTANT)


def _node(
    data: float,
    parents: tuple[Value, ...],
    local_derivatives: tuple[float, ...],
    operation: Operation | None,
) -> Value:
    v = new(Value)
    v.data = data
    v.grad = 0.0
    v.label = ""
    v.parents = parents
    v.local_derivatives = local_derivatives
    v.op = operation
    return v


def record(operation: Operation, operands: Sequence[Any]) -> Any:
    """A row on its operands as a node, by the method that is written for it where there is one."""
    method = operation.methods.get(type(operands[0]))
    if method is None:
        return record_any(operation, operands)
    operation.check_count(operands)
    return method(*operands)


def record_any(operation: Operation, operands: Sequence[Any]) -> Value:
    """The same for any row, and any mix of numbers with Values."""
    flags = None
    xs = tuple([v.data for v in operands if type(v) is Value and v.op is not CONSTANT])
    if len(xs) < len(operands):  # numbers among them, or constants
        if not ONLY_VALUES.issuperset(map(type, operands)):
            for x in operands:
                if isinstance(x, Undecided):  # a kind of Value that records in its own way
                    return x._record(operation, operands)  # type: ignore[no-any-return]  # as a Value
            operands = [_lift(x, operation) for x in operands]
        xs = tuple([v.data for v in operands])
        flags = [v.op is CONSTANT for v in operands]
    try:
        z = operation.compute(xs)
    except (ArithmeticError, ValueError) as error:
        raise operation.explained(error, xs, operands) from None
    except (AttributeError, TypeError):  # perhaps for what somebody assigned to .data
        for v in operands:
            _number(v, operation)
        raise
    if type(z) is not float:
        xs = tuple([_number(v, operation) for v in operands])
        z = operation.evaluate(xs, operands)
    if open_blocks:
        return _in_a_block(operation, operands, xs, z, flags)
    v = new(Value)
    v.data = z
    v.grad = 0.0
    v.label = ""
    v.parents = tuple(operands)
    v.local_derivatives = operation.differentiate(xs, z, flags)
    v.op = operation
    return v


def _in_a_block(
    operation: Operation,
    operands: Sequence[Any],
    xs: tuple[float, ...],
    z: float,
    flags: list[bool] | None,
) -> Value:
    """A result where blocks are open somewhere: a constant under `no_grad`, kept by a `group`."""
    if not is_recording():
        return _node(z, (), (), CONSTANT)
    v = _node(z, tuple(operands), operation.differentiate(xs, z, flags), operation)
    keep(v)
    return v


def _lift(x: Any, operation: Operation) -> Value:
    """An operand as a node: a Value as it is, a number as a constant."""
    kind = type(x)
    if kind is Value:
        return x  # type: ignore[no-any-return]  # its type was asked
    if kind is float or kind is int:
        return _node(float(x), (), (), CONSTANT)
    return x if isinstance(x, Value) else constant(real(x, f"an operand of {operation.symbol}"))


def _number(v: Value, operation: Operation) -> float:
    """The data of an operand; a TypeError names the operand and the likely slip."""
    x: Any = v.data
    if isinstance(x, Value):
        name = v.label or "p"
        raise TypeError(
            f"{operation.symbol} needs numbers, but the data of an operand{_named(v)} is a Value: "
            f"`{name}.data` holds a Value: did you mean `{name}.grad`? "
            f"Write `{name}.data -= step * {name}.grad`"
        )
    return real(x, f"the data of an operand of {operation.symbol}{_named(v)}")


def _named(v: Value) -> str:
    return f" (label {v.label!r})" if v.label else ""


def as_operand(x: Any, operation: Operation) -> Any:
    """An operand as a node; NotImplemented for what may have its own say."""
    kind = type(x)
    if kind is float or kind is int:
        return _node(float(x), (), (), CONSTANT)
    if isinstance(x, (Value, Number, str, list, tuple, dict, NoneType)) or is_real(x):
        return _lift(x, operation)
    if hasattr(x, "data") and hasattr(x, "backward") and not hasattr(x, "__array__"):
        return _lift(x, operation)  # a node of another library: it would hide this one in its data
    return NotImplemented


# what a constant has for an operation: it takes no operands, and is no row of the table
CONSTANT = Operation("constant", lambda: nan, registered=False)


class Value(Refusing, AsNumPyAsks):
    """A real number with its parents, its local derivatives, and the gradient of a root.

    `Value(data, label="")` is a variable; arithmetic and the functions of `autograd` make the rest.

    >>> x = Value(3.0, "x")
    >>> y = x * x + 2 * x
    >>> y.backward()
    >>> y.data, x.grad
    (15.0, 8.0)
    """

    __slots__ = {
        "data": "The number, a float; assignable: what was recorded from it stays as it was.",
        "grad": "The gradient d root / d this, a float; `backward()` of the root adds to it.",
        "label": "The name in pictures, tables and messages; assignable.",
        "local_derivatives": "d this / d parent for each of the parents, as floats.",
        "op": "The row of the table that made this node; None for a variable.",
        "parents": "The nodes this one was made from, in order; none for a variable.",
    }

    data: float
    grad: float
    label: str
    parents: tuple[Value, ...]
    local_derivatives: tuple[float, ...]
    op: Operation | None

    def __init__(self, data: float, label: str = "") -> None:
        if isinstance(data, Value):
            raise TypeError(
                "the data of a Value must be a real number, got a Value: "
                "use it as it is, or constant(v.data) to cut the graph"
            )
        if not isinstance(label, str):
            raise TypeError(f"a label is text, got {describe_type(label)}")
        self.data = data if type(data) is float else real(data, "the data of a Value")
        self.grad = 0.0
        self.label = label
        self.parents = ()
        self.local_derivatives = ()
        self.op = None
        if open_blocks:
            keep(self)

    _record = staticmethod(record_any)

    @property
    def is_constant(self) -> bool:
        """Whether nothing is asked about this leaf."""
        return self.op is CONSTANT

    # ---- backprop --------------------------------------------------------------------------------

    def backward(self, seed: float = 1.0) -> None:
        """Add seed * (d self / d x) to the gradient of every variable x that self was made from.

        Gradients of inner nodes start from 0 each time, those of variables accumulate.
        ValueError for a constant: it remembers no variable.  One graph, one thread: graphs that
        share variables may run in several, graphs that share more are a RuntimeError.
        """
        if self.op is CONSTANT:
            raise ValueError(
                f"backward() of {self!r}, which remembers nothing of what it was made from: was "
                "it made in a no_grad() block, from .data, or is it a derivative that is the same "
                "everywhere?"
            )
        backpropagate(self, real(seed, "the seed of backward"))

    def propagate(self) -> None:
        """The chain rule at this node alone: each parent gains gradient times local derivative."""
        propagate(self)
        for v in self.parents:
            if v.op is CONSTANT:
                v.grad = 0.0

    def zero_grad(self) -> None:
        """Set the gradient of this node and of all it was made from to 0."""
        for v in topological_order(self):
            v.grad = 0.0

    # ---- operators -------------------------------------------------------------------------------
    # fmt: off

    __add__     = binary(table.add)     # self + other
    __radd__    = reflected(table.add)
    __sub__     = binary(table.sub)     # self - other
    __rsub__    = reflected(table.sub)
    __mul__     = binary(table.mul)     # self * other
    __rmul__    = reflected(table.mul)
    __truediv__ = binary(table.div)     # self / other
    __rtruediv__ = reflected(table.div)
    __pow__     = binary(table.power)   # self ** other
    __rpow__    = reflected(table.power)
    __neg__     = unary(table.neg)      # -self
    __pos__     = called(table.pos)     # +self
    __abs__     = called(table.absolute) # abs(self)

    # ---- functions as methods --------------------------------------------------------------------

    exp   = unary(table.exp);   expm1 = unary(table.expm1)
    log   = unary(table.log);   log1p = unary(table.log1p)
    log2  = unary(table.log2);  log10 = unary(table.log10)
    sqrt  = unary(table.sqrt);  cbrt  = unary(table.cbrt)
    sin   = unary(table.sin);   cos   = unary(table.cos);    tan   = unary(table.tan)
    asin  = unary(table.asin);  acos  = unary(table.acos);   atan  = unary(table.atan)
    sinh  = unary(table.sinh);  cosh  = unary(table.cosh);   tanh  = unary(table.tanh)
    asinh = unary(table.asinh); acosh = unary(table.acosh);  atanh = unary(table.atanh)
    erf   = unary(table.erf);   erfc  = unary(table.erfc);   sinc  = called(table.sinc)
    relu  = unary(table.relu);  gelu  = called(table.gelu);  silu  = called(table.silu)
    sigmoid = called(table.sigmoid); softplus = called(table.softplus)
    log_sigmoid = called(table.log_sigmoid); softsign = called(table.softsign)
    selu  = called(table.selu); mish  = called(table.mish);  hardtanh = called(table.hardtanh)
    # fmt: on

    # ---- comparisons ask the number --------------------------------------------------------------

    # fmt: off
    def __eq__(self, other: object) -> bool: return self.data == _bare(other)  # type: ignore[no-any-return]  # the float decides
    def __ne__(self, other: object) -> bool: return self.data != _bare(other)  # type: ignore[no-any-return]  # the float decides
    def __lt__(self, other: Value | float) -> bool: return self.data < _bare(other)   # type: ignore[no-any-return]  # the float decides
    def __le__(self, other: Value | float) -> bool: return self.data <= _bare(other)  # type: ignore[no-any-return]  # the float decides
    def __gt__(self, other: Value | float) -> bool: return self.data > _bare(other)   # type: ignore[no-any-return]  # the float decides
    def __ge__(self, other: Value | float) -> bool: return self.data >= _bare(other)  # type: ignore[no-any-return]  # the float decides
    # fmt: on

    __hash__ = object.__hash__  # sets and dicts of nodes go by node

    def __bool__(self) -> bool:
        return bool(self.data)

    # ---- text, copies, pickles -------------------------------------------------------------------

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        name = "constant" if self.is_constant else "Value"
        return f"{name}({_digits(self.data)}, grad={_digits(self.grad)}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __copy__(self) -> Value:
        """A node with the same parents: a leaf's copy is another leaf."""
        if id(self) in arguments:
            v = +self
        else:
            v = _node(self.data, self.parents, self.local_derivatives, self.op)
        v.grad, v.label = self.grad, self.label
        return v

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        """The graph below this node once more, node for node."""
        return copy_graph(self, memo)  # type: ignore[no-any-return]  # a memo holds anything

    def __reduce__(self) -> tuple[Callable[..., Value], tuple[Any, ...]]:
        """A leaf by itself; any other node by its place in a part of the graph, which is flat."""
        if id(self) in arguments:
            return _restore_argument, (getpid(), id(self), self.data, self.grad, self.label)
        if self.parents:
            require_home(self)
            return _restore_node, (dump(), Place(self, _restore_part))
        return _restore_leaf, (self.data, self.grad, self.label, self.is_constant)


def _restore_leaf(data: float, grad: float, label: str, is_constant: bool) -> Value:
    v = _node(data, (), (), CONSTANT if is_constant else None)
    v.grad, v.label = grad, label
    return v


def _restore_argument(process: int, key: int, data: float, grad: float, label: str) -> Value:
    """A node made from the argument if that is being differentiated here, else a variable."""
    v = arguments.get(key)
    if v is not None and process == getpid() and v.data == data:
        return v.__copy__()  # type: ignore[no-any-return]  # arguments are Values
    return _restore_leaf(data, grad, label, False)


def _restore_part(given: list[Value], rows: list[tuple[Any, ...]]) -> list[Value]:
    return restore(given, rows, _node)


def _restore_node(dump: object, node: Value) -> Value:
    return node


ONLY_VALUES = frozenset([Value])
NAMES.update(
    CONSTANT=CONSTANT, Value=Value, __name__=__name__, as_operand=as_operand, new=new,
    open_blocks=open_blocks, record_any=record_any,
)  # fmt: skip
makers.update((_node.__code__, record_any.__code__))
for row, method in methods.items():
    row.methods[Value] = method
for name, function in vars(Value).items():  # `help` shows them as they are called
    if isinstance(function, FunctionType):
        function.__name__, function.__qualname__ = name, f"Value.{name}"
        function.__annotations__ = unquoted(function.__annotations__)
if sys.platform == "emscripten":  # in a browser Python frees by recursion, and the stack is short
    Value.__del__ = let_go  # type: ignore[attr-defined]


def _bare(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def _digits(x: Any) -> str:
    """Six significant digits; anything odd that was assigned shows as it is."""
    return f"{x:.6g}" if isinstance(x, (int, float)) else repr(x)
