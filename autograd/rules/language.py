"""The language of rules: what a row of the table is, and what its rules can run on.

An `Operation` is a row.  Called on numbers it computes, on Values it records a node, on Symbols
it writes its own formula down.  What a row is, its columns say: nobody asks it for its name.

A rule is an expression over numbers (`inf` and `nan` too), the arguments x, y, the output z,
`+ - * / **`, `abs`, comparisons joined by `&` and `|`, calls of rows, and `where(condition, a, b)`.
No `if`, no `math.`, no loop but a comprehension over the arguments of an n-ary row.  `where`
evaluates both branches, so a rule must be safe in the branch it does not take.

`x == y` holds at a single point: what it chooses is right there, and its derivative by x and y is
not known (NaN).  `meets(x, y)` is the same question where what it chooses goes on, as at the edge
of a domain or by a convention at a kink: then the derivatives are those of what was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from autograd.rules.lazy import Lazy
from autograd.rules.printing import ATOM, python_expression
from autograd.rules.symbols import ROWS, Recorder, Symbol
from autograd.rules.words import both_branches, division_by_zero, in_a_branch, real, shortest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inspect import Signature
    from typing import Any, overload

    from autograd.rules.calls import OfSequence, V


OPERATIONS: dict[str, Operation] = ROWS  # the table: every row by its name, in order of definition
BUILT_IN: set[str] = set()  # the names that a user's row may not take
UNLISTED: dict[str, Operation] = {}  # the engine's own rows that stand in no table


def register(row: Operation) -> None:
    """Enter a row into the table: here, and nowhere else, `OPERATIONS` grows."""
    if not row.name.isidentifier():
        raise ValueError(f"an operation's name is an identifier, got {row.name!r}")
    if not row.partials:
        raise ValueError(f"operation {row.name!r} needs one partial rule per argument, got none")
    if row.name in BUILT_IN:
        raise ValueError(f"the table has a row {row.name!r} already: choose another name")
    OPERATIONS[row.name] = row


def _shown(text: str) -> str:
    """How a row is written; ValueError where a picture or a terminal could not show it."""
    if not text.isprintable():
        raise ValueError(f"a row is written in characters that can be shown, got {text!r}")
    return text


def meets(x: Any, y: Any) -> Any:
    """x == y in a rule, where what that chooses has the derivatives that it has elsewhere."""
    if type(x) is float and type(y) is float:
        return x == y
    if isinstance(x, Recorder):
        return x.meets(y)
    return y.meets(x) if isinstance(y, Recorder) else x == y


class Operation:
    """One row: a forward rule and one partial rule per argument.

    `forward(x, y)` gives the output z, `partials[i](x, y, z)` the derivative of z with respect to
    argument i.  `symbol` is how messages and pictures write it, `latex` its name in TeX, or the
    whole call with #1, #2 for the arguments, `domain(x, y)` the condition under which it may be
    sampled, `needs` says that condition in words where the rule says too little,
    `kink(x, y)` is the distance to the nearest kink (its docstring says where that is),
    `saturating` marks derivatives that are accurate to a few 2**-53 of 1 rather than of themselves,
    `primitive` a forward rule that is no formula but a routine every target has.  `binds` says how
    tightly the symbol binds where it stands between two operands or before one (SUM, PRODUCT,
    PREFIX, POWER), `chooses(x, y)` is the position of the operand that a row takes, 1 or 2 for
    `where`, where it takes only one, `terms(xs)` are what a sum is the sum of, `weights(count)` the
    positions of those operands that are weights, and `operands` turns the arguments of a call into
    operands.  A row that is not `registered` stands in no table: it has no name to be found by.
    """

    __slots__ = (
        "binds", "chooses", "domain", "forward", "kink", "latex", "methods", "name", "needs",
        "operands", "partials", "primitive", "saturating", "symbol", "terms", "weights",
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
        binds: int = ATOM,
        chooses: Callable[..., Any] | None = None,
        terms: Callable[[Sequence[Any]], Sequence[Any]] | None = None,
        weights: Callable[[int], Sequence[int]] | None = None,
        operands: Callable[..., tuple[Any, ...]] | None = None,
        registered: bool = True,
    ) -> None:
        self.name = name
        self.forward = forward
        self.partials = partials
        self.symbol = _shown(symbol) or name
        self.latex = _shown(latex) or "\\operatorname{" + name.replace("_", "\\_") + "}"
        self.domain = domain
        self.needs = needs
        self.kink = kink
        self.saturating = saturating
        self.primitive = primitive
        self.binds = binds
        self.chooses = chooses
        self.terms = terms
        self.weights = weights
        self.operands = operands
        self.methods: dict[type, Callable[..., Any]] = {}  # by which a class of nodes records it
        if registered:
            register(self)
        else:
            UNLISTED[name] = self

    def __init_subclass__(cls) -> None:
        cls.__doc__ = Lazy(Operation.manual, cls.__doc__)  # type: ignore[assignment]  # is asked

    __signature__ = Lazy(lambda row: row.signature())

    if TYPE_CHECKING:

        @overload
        def __call__(self, *arguments: float, **named: float) -> float: ...  # type: ignore[overload-overlap]  # as in `calls`
        @overload
        def __call__(self, *arguments: V | float, **named: V | float) -> V: ...

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        method = self.methods.get(type(arguments[0])) if arguments else None
        if method is not None and len(arguments) == len(self.partials) and not named:
            return method(*arguments)
        if self.operands is not None:
            try:
                arguments = self.operands(*arguments, **named)
            except TypeError as error:
                raise self._misuse(arguments, named, error) from None
        elif named:
            try:
                arguments = self.signature().bind(*arguments, **named).args
            except TypeError as error:
                raise self._misuse(arguments, named, error) from None
        for x in arguments:
            kind = type(x)
            if kind is not float and kind is not bool:
                record = getattr(kind, "_record", None)
                return self._dispatch(arguments) if record is None else record(self, arguments)
        return self.evaluate(arguments)

    def _misuse(
        self, arguments: Sequence[Any], named: Mapping[str, Any], error: TypeError
    ) -> TypeError:
        """The error for a call that the row does not take: it says how the row is written."""
        from autograd.rules.manual import misuse  # slow and seldom, as `inspect` is

        return misuse(self, arguments, named, error)

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
            raise self.explained(error, xs, nodes) from None
        return z if type(z) is float else real(z, f"the result of {self.symbol}")

    def explained(
        self, error: Exception, xs: Sequence[float], nodes: Sequence[Any] = ()
    ) -> Exception:
        """An error of the forward rule as one that names the operation, operands and labels.

        Where it happened in a branch of `where`, it says that both branches run.
        """
        told = self._told(error, xs, [getattr(v, "label", "") for v in nodes] or [""] * len(xs))
        return type(error)(told + (both_branches(self.symbol) if in_a_branch() else ""))

    def _told(self, error: Exception, xs: Sequence[float], labels: Sequence[str]) -> str:
        if isinstance(error, ZeroDivisionError) and self.binds < ATOM and len(xs) == 2:
            return division_by_zero(self.symbol, xs, labels)
        letters = self.letters(len(xs))
        named = [f" (label {label!r})" if label else "" for label in labels]
        if len(xs) == 1:
            got = f"got {shortest(xs[0])}{named[0]}"
        else:
            parts = [f"{a} = {shortest(x)}{label}" for a, x, label in zip(letters, xs, named)]
            if len(parts) > 12:
                parts[6:-6] = ["..."]
            got = f"got {', '.join(parts)}"
        if isinstance(error, OverflowError):
            return f"{self.symbol} is too large for a float, {got}"
        needs = self.needs
        if not needs and self.domain is not None and not self.domain(*xs):
            needs = python_expression(self.domain(*map(Symbol, letters)), shortest)
        why = f" needs {needs}" if needs else f": {error}"
        return f"{self.symbol}{why}, {got}"

    def compute(self, xs: Sequence[Any]) -> Any:
        """The forward rule on a sequence of operands of any one kind; ValueError off the domain."""
        if len(xs) != len(self.partials):
            self.check_count(xs)
        z = self.forward(*xs)
        return z if self.domain is None or self.primitive else self._within(xs, z)

    def _within(self, xs: Sequence[Any], z: Any) -> Any:
        """A result, where it is no number that the domain excludes: a routine looks by itself."""
        if type(z) is float and z == z and self.domain is not None and not self.domain(*xs):
            raise ValueError("outside of its domain")
        return z

    def takes(self, count: int) -> bool:
        """Whether a call may have so many operands: one for each partial rule."""
        return count == len(self.partials)

    def check_count(self, xs: Sequence[Any]) -> None:
        """TypeError unless the row takes so many operands."""
        if not self.takes(len(xs)):
            count = len(self.partials)
            raise TypeError(
                f"{self.name} takes {count} argument{'s' * (count > 1)}, got {len(xs)}: "
                f"write {self.spell(self.letters(count))}"
            )

    def differentiate(
        self, xs: Sequence[Any], z: Any, constant: Sequence[bool] | None = None
    ) -> tuple[Any, ...]:
        """The local derivative for each operand; a `constant` one is not asked and has 0.0."""
        if constant is None:
            found = tuple([d(*xs, z) for d in self.partials])
        else:
            found = tuple([0.0 if c else d(*xs, z) for d, c in zip(self.partials, constant)])
        return found if self.name in BUILT_IN else self._whole(found, xs)

    def _whole(self, found: tuple[Any, ...], xs: Sequence[Any]) -> tuple[Any, ...]:
        """What the rules gave; TypeError unless it is one local derivative for each operand."""
        letters = self.letters(len(xs))
        if len(found) != len(xs):
            raise TypeError(
                f"the rule of {self.name} gives {len(found)} local derivatives for {len(xs)} "
                "operands: it must give one for each"
            )
        for letter, d in zip(letters, found):
            if d is None:
                raise TypeError(f"the rule of {self.name} for {letter} gives None: return a number")
        return found

    def selectors(self, count: int) -> set[int]:
        """The positions of the operands, of so many, by which a row chooses among the others."""
        if self.chooses is None:
            return set()
        xs = [Symbol(letter) for letter in self.letters(count)]
        asked = self.chooses(*xs).letters()
        return {i for i, x in enumerate(xs) if x.head in asked}

    def letters(self, count: int) -> tuple[str, ...]:
        """The names of the arguments, as the partial rules write them."""
        code = getattr(self.partials[0], "__code__", None)
        named = code is not None and code.co_argcount > count
        return code.co_varnames[:count] if code and named else tuple("xyuvw"[:count])

    def spell(self, arguments: Sequence[str]) -> str:
        """A call of this row in Python."""
        return f"{self.name}({', '.join(arguments)})"

    def signature(self) -> Signature:
        """How a call is written: (x), (x, low, high); what `inspect.signature` says of a row."""
        from autograd.rules.manual import signature  # slow and seldom, as `inspect` is

        return signature(self)

    def manual(self) -> str:
        """What `help` shows of a row: signature, formula, derivatives, domain, kink, an example."""
        from autograd.rules.manual import page  # slow and seldom, as `inspect` is

        try:
            formula = Formula(self, 3 if isinstance(self, NaryOperation) else None)
        except TypeError:  # it is an arbitrary Python function
            formula = None
        return page(self, formula)

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return find_operation, (self.name,)


Operation.__doc__ = Lazy(Operation.manual, Operation.__doc__)  # type: ignore[assignment]  # is asked


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
        chooses: Callable[..., Any] | None = None,
        terms: Callable[[Sequence[Any]], Sequence[Any]] | None = None,
        weights: Callable[[int], Sequence[int]] | None = None,
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
            chooses=chooses,
            terms=terms,
            weights=weights,
        )
        self.spelling = spelling

    if TYPE_CHECKING:
        __call__: OfSequence  # type: ignore[assignment]  # a call takes one sequence

    def takes(self, count: int) -> bool:
        return True

    def compute(self, xs: Sequence[Any]) -> Any:
        z = self.forward(xs)
        return z if self.domain is None or self.primitive else self._within(xs, z)

    def differentiate(
        self, xs: Sequence[Any], z: Any, constant: Sequence[bool] | None = None
    ) -> tuple[Any, ...]:
        derivatives = self.partials[0](xs, z)
        if self.name not in BUILT_IN:
            if not hasattr(derivatives, "__iter__"):
                raise TypeError(
                    f"the rule of {self.name} gives {derivatives!r}: it must give a list, with one "
                    "local derivative for each operand"
                )
            derivatives = self._whole(tuple(derivatives), xs)
        if constant is None:
            return tuple(derivatives)
        return tuple([0.0 if c else d for d, c in zip(derivatives, constant)])

    def letters(self, count: int) -> tuple[str, ...]:
        return tuple(f"x{i}" for i in range(count))

    def spell(self, arguments: Sequence[str]) -> str:
        return f"{self.name}({self.spelling(arguments)})"


def find_operation(name: str) -> Operation:
    """The row of that name; LookupError where the table has none (a user's row comes first)."""
    row = OPERATIONS.get(name) or UNLISTED.get(name)
    if row is None:
        raise LookupError(
            f"the table has no operation {name!r}: run the code that defines it first"
        )
    return row


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
