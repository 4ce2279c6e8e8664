"""Tracing: a function is run once on Values of a kind of its own, and its graph becomes a tape.

A `Traced` value knows its number and tells nobody: what a function asks it for would be frozen on
the tape.  A comparison gives another Traced, a condition, that `where` takes.  Plain Values pay
nothing for this: an operation with a Traced among its operands is recorded by that kind.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat

from autograd.graph import is_constant, topological_order
from autograd.higher.derivatives import Joint
from autograd.higher.structures import is_nested, leaves, rebuild
from autograd.operations import pos
from autograd.recording import is_recording, keep, open_blocks
from autograd.rules.language import Operation
from autograd.rules.printing import Printer
from autograd.rules.symbols import CONDITIONS, ROWS, Symbol, Undecided
from autograd.rules.words import describe_type, function_name, kind_of, real, shortest
from autograd.tape.program.instructions import DETACHED, FROZEN, INPUT, PARAMETER, Program
from autograd.value import Value, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

OURS = ("autograd", "nn", "viz", "chainrule")  # packages whose lines are no news to a user
new = object.__new__
_slot: Any = vars(Value)["data"]  # where a number lies, which Traced hides
number_of, set_number = _slot.__get__, _slot.__set__
running: set[object] = set()  # functions that are traced


class TraceError(TypeError):
    """A function that is traced asks for a number, and the tape would keep the answer."""


def place() -> str:
    """File and line of the innermost call outside of our packages and Python's own."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in OURS and package not in sys.stdlib_module_names:
            return f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        frame = frame.f_back
    return "a line that cannot be told"


def refuse(what: str, instead: str) -> Callable[..., NoReturn]:
    """A method that says where a traced value was asked for what it does not tell."""

    def method(self: Any, *others: Any) -> NoReturn:
        raise _refusal(f"for {what} of {formula(self)}", instead)

    return method


def _refusal(asked: str, instead: str) -> TraceError:
    if not running:
        return TraceError(
            f"{place()} asks {asked}, which was made while a function was traced: it is a place "
            "on a tape and has no number; ask the tape, tape.forward(...)"
        )
    return TraceError(
        f"{place()} asks {asked}, and the answer would be frozen on the tape, the same for every "
        f"example: {instead}"
    )


def formula(v: Value) -> str:
    """How a value was computed, abridged: by labels where there are some."""
    return Printer(shortest).text(_symbol(v, 2))


def _symbol(v: Value, levels: int) -> Any:
    if v.label or v.op is None:
        return Symbol(v.label or "a value")
    if is_constant(v):
        return number_of(v)
    if not levels or v.op.name not in (*ROWS, *CONDITIONS):
        return Symbol("...")
    head = v.op.name if v.op.name in CONDITIONS else v.op
    return Symbol(head, [_symbol(p, levels - 1) for p in v.parents])


CHOOSE = (
    "write where(condition, a, b), with & and | for `and` and `or`, or relu, maximum, "
    "lookup(items, index)"
)
COMPUTE = "compute with the value itself, by operators and functions of autograd"
ASK = "ask the tape for its gradient, or take grad, derivatives"


class Traced(Undecided, Value):
    """A Value while a function is traced: it records, and does not tell its number."""

    __slots__ = ()
    __hash__ = object.__hash__

    # fmt: off
    data      = property(refuse("the number", COMPUTE), refuse("a new number", COMPUTE))
    __float__ = refuse("float()", COMPUTE)
    __int__   = refuse("int()", CHOOSE)
    __index__ = refuse("an index", CHOOSE)
    __round__ = refuse("round()", COMPUTE)
    __trunc__ = refuse("a whole number", CHOOSE)
    __floor__ = refuse("a whole number", CHOOSE)
    __ceil__  = refuse("a whole number", CHOOSE)
    backward  = refuse("backward()", ASK)
    propagate = refuse("propagate()", ASK)
    __reduce__ = refuse("a pickle", "pickle the tape")
    __deepcopy__ = refuse("a copy", COMPUTE)
    # fmt: on

    def __bool__(self) -> NoReturn:
        raise _refusal(f"whether {formula(self)}{' is not 0' * (not _is_condition(self))}", CHOOSE)

    def __copy__(self) -> Any:
        return +self

    def __repr__(self) -> str:
        return f"<traced {self.label or 'value'}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    @classmethod
    def _record(cls, operation: Operation, operands: Sequence[Any]) -> Any:
        """A row on any mix of numbers and Values, as a node that is traced."""
        nodes = tuple([x if isinstance(x, Value) else constant(x) for x in operands])
        v = _traced(operation.evaluate(tuple(map(number_of, nodes)), nodes), nodes, operation)
        if not is_recording():
            v = _traced(number_of(v), (v,), DETACHED)
        elif open_blocks:
            keep(v)
        return v


class Untold:
    """The local derivatives of what is traced: numbers too, which steps and paths would ask for."""

    def _refuse(self, *others: object) -> NoReturn:
        raise _refusal("for a local derivative", ASK)

    __iter__ = __getitem__ = __len__ = _refuse


untold: Any = Untold()


def _is_condition(v: Value) -> bool:
    return v.op is not None and v.op.name in CONDITIONS


def _traced(x: float, parents: tuple[Value, ...] = (), row: Operation | None = None) -> Traced:
    v = new(Traced)
    set_number(v, x)
    v.grad, v.label, v.parents, v.local_derivatives, v.op = 0.0, "", parents, untold, row
    return v


# ---- one run of a function -----------------------------------------------------------------------


class Trace:
    """A function that was run: its inputs, parameters, frozen leaves and outputs, as a program.

    `example` are its arguments, each a structure of numbers.
    """

    def __init__(
        self, f: Callable[..., Any], example: Sequence[Any], parameters: Sequence[Value] | None
    ) -> None:
        self.name, names = signature_of(f, len(example))
        self.names = [name for a, x in zip(names, example) for name in _names(a, x)]
        if parameters is None:  # a first run finds them
            _, self.outputs = self._run(f, example, ())
            order = topological_order(Joint(self.outputs))[:-1]
            found = [v for v in order if not (v.parents or is_constant(v) or type(v) is Traced)]
        else:
            found = _checked(parameters)
        inputs, self.outputs = self._run(f, example, found)
        order = topological_order(Joint(self.outputs))[:-1]
        places = {v: k for k, v in enumerate(order)}
        if parameters is None:  # those that were there before, in order of first use
            found = sorted([v for v in found if v in places], key=places.__getitem__)
        self.inputs, self.parameters = inputs, found
        self.frozen: list[Value] = []
        self.program = Program()
        given = {v: (INPUT, k) for k, v in enumerate(inputs)}
        given |= {v: (PARAMETER, k) for k, v in enumerate(found)}
        self.slots: dict[Value, int] = {}
        for v, (head, k) in given.items():
            self.slots[v] = self.program.emit(head, (k,))
        for v in order:
            if v not in given:
                self.slots[v] = self._slot(v)
            if v.label:
                self.program.names.setdefault(self.slots[v], v.label)

    def _run(
        self, f: Callable[..., Any], example: Sequence[Any], parameters: Sequence[Value]
    ) -> tuple[list[Traced], list[Value]]:
        """The inputs and outputs of one run."""
        numbers = [real(_number(x), "a number of the example") for e in example for x in leaves(e)]
        inputs = list(map(_traced, numbers))
        for v, name in zip(inputs, self.names):
            v.label = name
        ahead = iter(inputs)
        self.result = _call(f, [rebuild(x, ahead) for x in example], parameters)
        outputs = list(leaves(self.result))
        for v in outputs:
            if not isinstance(v, Value):
                raise TypeError(_not_a_value(f, v))
        if not outputs:
            raise TypeError(f"{self.name} returned nothing: a tape is made of what f returns")
        return inputs, outputs

    def _slot(self, v: Value) -> int:
        if v.op is pos:
            return self.slots[v.parents[0]]
        if v.parents:
            return self.program.emit(v.op, tuple([self.slots[p] for p in v.parents]))
        if is_constant(v):
            return self.program.number(v.data)
        self.frozen.append(v)
        return self.program.emit(FROZEN, (len(self.frozen) - 1, repr(v.data)))


def _call(f: Callable[..., Any], arguments: Sequence[Any], parameters: Sequence[Value]) -> Any:
    """What f gives, with parameters of the kind that is traced, which are put back.

    No signal divides what is called from C, and what it leaves undone in one `finally` is done in
    the other.
    """
    mark = object()
    kinds = list(map(type, parameters))  # a trace may be within another
    try:
        try:
            running.add(mark)
            deque(map(setattr, parameters, repeat("__class__"), repeat(Traced)), maxlen=0)
            return f(*arguments)
        finally:
            deque(map(setattr, parameters, repeat("__class__"), kinds), maxlen=0)
            running.discard(mark)
    finally:
        deque(map(setattr, parameters, repeat("__class__"), kinds), maxlen=0)
        running.discard(mark)


def _names(name: str, x: Any) -> list[str]:
    """The names of the numbers of an argument: x, or x[0], x[1][0], x['a']."""
    if not is_nested(x):
        return [name]
    items = x.items() if isinstance(x, dict) else enumerate(x)
    return [found for key, item in items for found in _names(f"{name}[{key!r}]", item)]


def signature_of(f: Callable[..., Any], count: int) -> tuple[str, list[str]]:
    """The name of a function, and those of its arguments."""
    from inspect import Parameter, signature  # slow, and asked once for a tape

    name = function_name(f)
    try:
        named = list(signature(f).parameters.values())
    except (TypeError, ValueError):  # of C's functions some tell nothing
        named = []
    names = [p.name for p in named if p.kind is not Parameter.VAR_POSITIONAL][:count]
    return name, [*names, *[f"x{i}" for i in range(len(names), count)]]


def _number(x: Any) -> Any:
    """A number of an example, which may be given as a Value."""
    return number_of(x) if isinstance(x, Value) else x


def _checked(parameters: Sequence[Any]) -> list[Value]:
    """Parameters as a list; an error where one is none, or there twice."""
    if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
        raise TypeError(f"parameters are a list of Values, got {kind_of(parameters)}")
    found = list(parameters)
    for v in found:
        if type(v) not in (Value, Traced):
            raise TypeError(f"a parameter of a tape is a Value, got {describe_type(v)}")
        if v.parents:
            raise ValueError(
                f"a parameter of a tape is a variable, and {v!r} was computed by {v.op.symbol}: "
                "give the variables that it was computed from"
            )
        if is_constant(v):
            raise ValueError(f"a parameter of a tape is a variable, and {v!r} is a constant")
    if len(set(found)) < len(found):
        twice = next(v for i, v in enumerate(found) if v in set(found[:i]))
        raise ValueError(f"a parameter of a tape stands there once: {twice!r} is there twice")
    return found


def _not_a_value(f: Callable[..., Any], x: Any) -> str:
    return (
        f"{function_name(f)} returned {describe_type(x)}: a tape is made of a Value, or of a "
        "list, tuple or dict of Values, that f computes from its arguments"
    )
