"""The language of rules: what a row of the table is, and what its rules can run on.

An `Operation` is a row.  Called on numbers it computes, on Values it records a node, on Symbols
it writes its own formula down.  This is the bottom of the engine and imports nothing of ours.

A rule is an expression over numbers (`inf` and `nan` too), the arguments x, y, the output z,
`+ - * / **`, `abs`, comparisons joined by `&` and `|`, calls of rows, and `where(condition, a, b)`.
No `if`, no `math.`, no loop but a comprehension over the arguments of an n-ary row.  `where`
evaluates both branches, so a rule must be safe in the branch it does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from numbers import Real

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without the cost of importing typing
if TYPE_CHECKING:
    from typing import Any, overload

OPERATIONS: dict[str, Operation] = {}  # the table: every row by its name, in order of definition
BUILT_IN: set[str] = set()  # the names that a user's row may not take


class Operation:
    """One row: a forward rule and one partial rule per argument.

    `forward(x, y)` gives the output z, `partials[i](x, y, z)` the derivative of z with respect to
    argument i.  `symbol` is how messages and pictures write it, `latex` its name in TeX, or the
    whole call with #1, #2 for the arguments, `domain(x, y)` the condition under which it may be
    sampled, `needs` says that condition in words where the rule says too little,
    `kink(x, y)` is the distance to the nearest kink, `saturating` marks derivatives that are
    accurate to a few 2**-53 of 1 rather than of themselves, `primitive` a forward rule that is no
    formula but a routine every target has, `javascript` the name of that routine on a page,
    `formula(x, y)` the forward rule for targets without one, `operands` turns the arguments of a
    call into operands.
    """

    __slots__ = (
        "domain", "formula", "forward", "javascript", "kink", "latex", "name", "needs",
        "operands", "partials", "primitive", "saturating", "symbol",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *partials: Callable[..., Any],
        symbol: str = "",
        latex: str = "",
        domain: Callable[..., Any] | None = None,
        needs: str = "",
        kink: Callable[..., float] | None = None,
        saturating: bool = False,
        primitive: bool = False,
        javascript: str = "",
        formula: Callable[..., Any] | None = None,
        operands: Callable[..., tuple[Any, ...]] | None = None,
    ) -> None:
        if not name.isidentifier():
            raise ValueError(f"an operation's name is an identifier, got {name!r}")
        if name in BUILT_IN:
            raise ValueError(f"the table has a row {name!r} already: choose another name")
        if not partials:
            raise ValueError(f"operation {name!r} needs one partial rule per argument, got none")
        self.name = name
        self.forward = forward
        self.partials = partials
        self.symbol = symbol or name
        self.latex = latex or "\\operatorname{" + name.replace("_", "\\_") + "}"
        self.domain = domain
        self.needs = needs
        self.kink = kink
        self.saturating = saturating
        self.primitive = primitive
        self.javascript = javascript or f"Math.{name}"
        self.formula = formula
        self.operands = operands
        OPERATIONS[name] = self

    if TYPE_CHECKING:

        @overload
        def __call__(self, *arguments: float, **named: float) -> float: ...
        @overload
        def __call__(self, *arguments: Any, **named: Any) -> Any: ...

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self.operands is not None:
            arguments = self.operands(*arguments, **named)
        elif named:
            raise TypeError(f"{self.name} takes no keyword arguments, got {', '.join(named)}")
        for x in arguments:
            kind = type(x)
            if kind is not float and kind is not bool:
                record = getattr(kind, "_record", None)
                return self._dispatch(arguments) if record is None else record(self, arguments)
        try:
            z = self.compute(arguments)
        except (ArithmeticError, ValueError):
            return self.evaluate(arguments)
        return z if type(z) is float else self.evaluate(arguments)

    def _dispatch(self, operands: Sequence[Any]) -> Any:
        """The answer where an operand is no float: recorded by the first type that can."""
        for x in operands:
            record = getattr(type(x), "_record", None)
            if record is not None:
                return record(self, operands)
        return self.evaluate(tuple([real(x, f"an operand of {self.symbol}") for x in operands]))

    def evaluate(self, xs: tuple[float, ...], nodes: Sequence[Any] = ()) -> float:
        """The forward rule on floats; an error names the operation, operands and labels."""
        try:
            z = self.compute(xs)
        except (ArithmeticError, ValueError) as error:
            raise type(error)(self._explain(error, xs, nodes)) from None
        return z if type(z) is float else real(z, f"the result of {self.symbol}")

    def compute(self, xs: Sequence[Any]) -> Any:
        """The forward rule on a sequence of operands of any one kind."""
        self.check_count(xs)
        return self.forward(*xs)

    def check_count(self, xs: Sequence[Any]) -> None:
        """TypeError unless there is one operand for each partial rule."""
        count = len(self.partials)
        if len(xs) != count:
            raise TypeError(f"{self.name} takes {count} argument{'s' * (count > 1)}, got {len(xs)}")

    def differentiate(
        self, xs: Sequence[Any], z: Any, constant: Sequence[bool] | None = None
    ) -> tuple[Any, ...]:
        """The local derivative for each operand; a `constant` one is not asked and has 0.0."""
        if constant is None:
            return tuple([d(*xs, z) for d in self.partials])
        return tuple([0.0 if c else d(*xs, z) for d, c in zip(self.partials, constant)])

    def letters(self, count: int) -> tuple[str, ...]:
        """The names of the arguments, as the partial rules write them."""
        code = getattr(self.partials[0], "__code__", None)
        named = code is not None and code.co_argcount > count
        return code.co_varnames[:count] if code and named else tuple("xyuvw"[:count])

    def spell(self, arguments: Sequence[str]) -> str:
        """A call of this row in Python."""
        return f"{self.name}({', '.join(arguments)})"

    def _explain(self, error: Exception, xs: Sequence[float], nodes: Sequence[Any]) -> str:
        letters = self.letters(len(xs))
        labels = [getattr(v, "label", "") for v in nodes] or [""] * len(xs)
        named = [f" (label {label!r})" if label else "" for label in labels]
        if len(xs) == 1:
            got = f"got {shortest(xs[0])}{named[0]}"
        else:
            parts = zip(letters, xs, named)
            got = "got " + ", ".join(f"{a} = {shortest(x)}{label}" for a, x, label in parts)
        if isinstance(error, OverflowError):
            return f"{self.symbol} is too large for a float, {got}"
        needs = self.needs
        if not needs and self.domain is not None and not self.domain(*xs):
            needs = python_expression(self.domain(*map(Symbol, letters)), shortest)
        return f"{self.symbol} needs {needs}, {got}" if needs else f"{self.symbol}: {error}, {got}"

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return find_operation, (self.name,)


class NaryOperation(Operation):
    """A row with any number of arguments: `forward(xs)`, and one rule `partials(xs, z)` for all.

    The rule gives one local derivative per argument.  A call takes one sequence unless `operands`
    and `spelling`, which writes the arguments of a call, say otherwise.
    """

    __slots__ = ("spelling",)

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        partials: Callable[..., Any],
        *,
        operands: Callable[..., tuple[Any, ...]] = tuple,
        spelling: Callable[[Sequence[str]], str] = lambda xs: f"[{', '.join(xs)}]",
        latex: str = "",
        domain: Callable[..., Any] | None = None,
        needs: str = "",
        kink: Callable[..., float] | None = None,
        primitive: bool = False,
        javascript: str = "",
    ) -> None:
        super().__init__(
            name,
            forward,
            partials,
            operands=operands,
            latex=latex,
            domain=domain,
            needs=needs,
            kink=kink,
            primitive=primitive,
            javascript=javascript,
        )
        self.spelling = spelling

    def compute(self, xs: Sequence[Any]) -> Any:
        return self.forward(xs)

    def differentiate(
        self, xs: Sequence[Any], z: Any, constant: Sequence[bool] | None = None
    ) -> tuple[Any, ...]:
        derivatives = self.partials[0](xs, z)
        if constant is not None:
            derivatives = [0.0 if c else d for d, c in zip(derivatives, constant)]
        return tuple(derivatives)

    def letters(self, count: int) -> tuple[str, ...]:
        return tuple(f"x{i}" for i in range(count))

    def spell(self, arguments: Sequence[str]) -> str:
        return f"{self.name}({self.spelling(arguments)})"


def find_operation(name: str) -> Operation:
    """The row of that name; LookupError where the table has none (a user's row comes first)."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise LookupError(
            f"the table has no operation {name!r}: run the code that defines it first"
        ) from None


def real(x: object, what: str) -> float:
    """x as a float; a TypeError that says `what` it should have been where x is no real number."""
    if isinstance(x, Real):
        return float(x)
    raise TypeError(f"{what} must be a real number, got {describe_type(x)}")


def describe_type(x: object) -> str:
    """What x is, for a message: 'None', "the text '3'", 'a list'."""
    if x is None:
        return "None"
    if isinstance(x, str):
        return f"the text {x!r}: convert it with float(...)"
    if isinstance(x, complex):
        return f"the complex number {x!r}"
    name = type(x).__name__
    if isinstance(x, (list, tuple)) or hasattr(x, "__array__"):
        return f"{_article(name)} {name}: make one Value per element"
    return f"{_article(name)} {name}"


def function_name(f: Any) -> str:
    """What a message calls a function: its name, a row's name, or its type."""
    return str(getattr(f, "__name__", None) or getattr(f, "name", None) or type(f).__name__)


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeiou" else "a"


def shortest(x: float) -> str:
    """A float in the fewest digits that give it back, without a trailing '.0'."""
    return repr(x).removesuffix(".0")


# ---- symbols: a rule writes itself down ----------------------------------------------------------


class Recorder:
    """What rules run on besides numbers: arithmetic goes to `_record`, as calls of rows do."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def _record(cls, operation: Operation, operands: Sequence[Any]) -> Any: ...

    # fmt: off
    def __add__(self, y: Any) -> Any:      return self._record(OPERATIONS["add"], (self, y))
    def __radd__(self, x: Any) -> Any:     return self._record(OPERATIONS["add"], (x, self))
    def __sub__(self, y: Any) -> Any:      return self._record(OPERATIONS["sub"], (self, y))
    def __rsub__(self, x: Any) -> Any:     return self._record(OPERATIONS["sub"], (x, self))
    def __mul__(self, y: Any) -> Any:      return self._record(OPERATIONS["mul"], (self, y))
    def __rmul__(self, x: Any) -> Any:     return self._record(OPERATIONS["mul"], (x, self))
    def __truediv__(self, y: Any) -> Any:  return self._record(OPERATIONS["div"], (self, y))
    def __rtruediv__(self, x: Any) -> Any: return self._record(OPERATIONS["div"], (x, self))
    def __pow__(self, y: Any) -> Any:      return self._record(OPERATIONS["pow"], (self, y))
    def __rpow__(self, x: Any) -> Any:     return self._record(OPERATIONS["pow"], (x, self))
    def __neg__(self) -> Any:              return self._record(OPERATIONS["neg"], (self,))
    def __pos__(self) -> Any:              return self._record(OPERATIONS["pos"], (self,))
    def __abs__(self) -> Any:              return self._record(OPERATIONS["abs"], (self,))
    # fmt: on


class Symbol(Recorder):
    """What a rule says: a letter, or an operation (or comparison) on symbols and numbers."""

    __slots__ = ("head", "operands")
    __hash__ = object.__hash__

    def __init__(self, head: str | Operation, operands: Sequence[Any] = ()) -> None:
        self.head = head
        self.operands = tuple(operands)

    @classmethod
    def _record(cls, operation: Operation, operands: Sequence[Any]) -> Symbol:
        return Symbol(operation, operands)

    def __bool__(self) -> bool:
        raise TypeError("a rule cannot ask `if`: write where(condition, a, b)")

    # fmt: off
    def __lt__(self, y: Any) -> Any:     return Symbol("<", (self, y))
    def __le__(self, y: Any) -> Any:     return Symbol("<=", (self, y))
    def __gt__(self, y: Any) -> Any:     return Symbol(">", (self, y))
    def __ge__(self, y: Any) -> Any:     return Symbol(">=", (self, y))
    def __eq__(self, y: Any) -> Any:     return Symbol("==", (self, y))
    def __ne__(self, y: Any) -> Any:     return Symbol("!=", (self, y))
    def __and__(self, y: Any) -> Symbol: return Symbol("&", (self, y))
    def __or__(self, y: Any) -> Symbol:  return Symbol("|", (self, y))
    # fmt: on

    def __repr__(self) -> str:
        return f"<symbol {python_expression(self)}>"


class Formula:
    """A row written down for `count` arguments: its letters, forward rule and partial rules.

    Each rule is a Symbol or a number; the output is called z, the arguments as the row calls them
    or by other `letters`.  TypeError where a rule is opaque: it cannot run on symbols.
    """

    __slots__ = ("forward", "letters", "partials")

    def __init__(
        self, operation: Operation, count: int | None = None, letters: Sequence[str] = ()
    ) -> None:
        if count is None:
            count = len(operation.partials)
        self.letters = tuple(letters) or operation.letters(count)
        xs = tuple(map(Symbol, self.letters))
        try:
            rule = "forward"
            self.forward = Symbol(operation, xs) if operation.primitive else operation.compute(xs)
            rule = "partial"
            self.partials = operation.differentiate(xs, Symbol("z"))
        except (AttributeError, TypeError) as error:
            raise TypeError(
                f"operation {operation.name!r} has no formula: its {rule} rule is an arbitrary "
                f"Python function ({error}); written in the language of rules it would have one"
            ) from None


# A Python expression binds as tightly as these numbers say; a call or a letter most of all.
_INFIX = {
    "<": 1, "<=": 1, ">": 1, ">=": 1, "==": 1, "!=": 1, "|": 2, "&": 3,
    "add": 4, "sub": 4, "mul": 5, "div": 5, "pow": 7,
}  # fmt: skip
_PREFIX = 6  # unary minus and plus
PRODUCT, POWER = _INFIX["mul"], _INFIX["pow"]
ATOM = 8
DEEP = 50  # more operations than this, one inside the other, are written in several steps
_LEFT_STRICT = {"pow", "<", "<=", ">", ">=", "==", "!="}  # do not chain, or associate to the right


def python_expression(rule: Any, number: Callable[[float], str] = repr) -> str:
    """A recorded rule as a Python expression to read; `number` writes its numbers."""
    return Printer(number).text(rule)


def python_function(rule: Any, name: str, letters: Sequence[str]) -> str:
    """A recorded rule as the source of a Python function that computes it to the bit.

    It calls rows by their names, `pow` too (Python's own ** leaves the real line), and `inf` and
    `nan`; what is used twice is computed once.
    """
    printer = Printer(repr, {sign: binding for sign, binding in _INFIX.items() if sign != "pow"})
    lines = [f"def {name}({', '.join(letters)}):"]
    for symbol in steps_of([rule]):
        text = printer.text(symbol)
        printer.names[id(symbol)] = f"t{len(printer.names) + 1}"
        lines.append(f"    {printer.names[id(symbol)]} = {text}")
    lines.append(f"    return {printer.text(rule)}")
    return "\n".join(lines) + "\n"


def steps_of(rules: Iterable[Any]) -> list[Symbol]:
    """The parts of rules to compute first, in order: what is used twice, and what nests deeply."""
    uses: dict[int, int] = {}
    order: list[Symbol] = []  # operands first
    stack: list[Any] = list(rules)[::-1]
    while stack:
        symbol = stack.pop()
        if symbol is None:  # all operands of the symbol below stand in the order
            order.append(stack.pop())
        elif isinstance(symbol, Symbol) and symbol.operands:
            uses[id(symbol)] = uses.get(id(symbol), 0) + 1
            if uses[id(symbol)] == 1:
                stack += (symbol, None, *reversed(symbol.operands))
    depth: dict[int, int] = {}  # of what is written out in one piece
    steps = []
    for symbol in order:
        deep = 1 + max([depth.get(id(x), 0) for x in symbol.operands])
        if uses[id(symbol)] > 1 or deep >= DEEP:
            steps.append(symbol)
            deep = 0
        depth[id(symbol)] = deep
    return steps


class Printer:
    """Writes rules as Python: how a number reads, what stands infix, what has a name (by id).

    Another notation overrides `letter`, `numeral`, `call`, `join` and `group`, or `bound`.
    """

    negates = _PREFIX  # what binds less tightly is grouped behind a sign
    encloses_left: Container[str] = ()  # kinds whose operand stands alone, as above a bar
    encloses_right: Container[str] = ()

    def __init__(
        self, number: Callable[[float], str] = repr, infix: Mapping[str, int] = _INFIX
    ) -> None:
        self.number = number
        self.infix = infix
        self.names: dict[int, str] = {}

    def text(self, rule: Any) -> str:
        """A rule, a Symbol or a number, written out."""
        return self.bound(rule)[0]

    def letter(self, name: str) -> tuple[str, int]:
        """A letter, and how tightly it binds."""
        return name, ATOM

    def numeral(self, x: float) -> tuple[str, int]:
        """A number, and how tightly it binds."""
        text = self.number(x)
        return text, _PREFIX if text.startswith("-") else ATOM

    def call(self, operation: Operation, arguments: Sequence[str]) -> str:
        """A call of a row."""
        return operation.spell(arguments)

    def join(self, kind: str, sign: str, x: str, y: str) -> tuple[str, int]:
        """Two operands around a sign, and how tightly that binds."""
        return f"{x} {sign} {y}", self.infix[kind]

    def group(self, text: str) -> str:
        """Parentheses around what binds too loosely."""
        return f"({text})"

    def bound(self, rule: Any) -> tuple[str, int]:
        """The text of a rule and how tightly it binds."""
        if not isinstance(rule, Symbol):
            return self.numeral(float(rule))
        if id(rule) in self.names:
            return self.names[id(rule)], ATOM
        head = rule.head
        if isinstance(head, str) and not rule.operands:
            return self.letter(head)
        kind, sign = (head, head) if isinstance(head, str) else (head.name, head.symbol)
        parts = [self.bound(x) for x in rule.operands]
        if kind in self.infix:
            binding = self.infix[kind]
            (x, left), (y, right) = parts
            loose = left < binding or (left == binding and kind in _LEFT_STRICT)
            if loose and kind not in self.encloses_left:
                x = self.group(x)
            loose = right < binding or (right == binding and kind != "pow")
            if loose and kind not in self.encloses_right:
                y = self.group(y)
            return self.join(kind, sign, x, y)
        if kind in ("neg", "pos"):
            text, binding = parts[0]
            if binding < self.negates:
                text, binding = self.group(text), ATOM
            return sign + text, min(binding, _PREFIX)
        assert isinstance(head, Operation)
        return self.call(head, [text for text, _ in parts]), ATOM
