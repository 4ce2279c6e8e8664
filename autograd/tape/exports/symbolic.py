"""A tape as expressions of sympy: its value and its gradient, in symbols named as the graph is.

    value, gradient = expressions(program, roots, ...)

The gradient is the tape's own backward half, each line a rule of the table run on sympy: nothing
is differentiated here.  A row that sympy has is sympy's; one that is a formula without a choice is
that formula; any other, as `sigmoid`, keeps its name, and `.doit()` writes it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from autograd.operations import (
    LN2,
    LN10,
    ONE_OVER_SQRT_PI,
    ONE_OVER_SQRT_TAU,
    SQRT_HALF,
    TWO_OVER_SQRT_PI,
    where,
)
from autograd.rules.language import Operation
from autograd.rules.symbols import Symbol
from autograd.rules.words import one_line
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    LEAVES,
    NUMBER,
    PARAMETER,
    Program,
    Slope,
)
from autograd.tape.program.one_example import of_one_example

try:
    import sympy
    from sympy.logic.boolalg import Boolean
except ImportError:
    raise ImportError('SymPy is not installed: pip install "chainrule[sympy]"') from None

# ---- what sympy calls things ---------------------------------------------------------------------

SAME = """
acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp log sin sinh sqrt tan tanh
"""
ROUTINES: dict[str, Callable[..., Any]] = {
    **{name: getattr(sympy, name) for name in SAME.split()},
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "abs": sympy.Abs,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
    "log2": lambda x: sympy.log(x, 2),
    "log10": lambda x: sympy.log(x, 10),
    "cbrt": lambda x: sympy.sign(x) * sympy.cbrt(sympy.Abs(x)),
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "norm": lambda *xs: sympy.sqrt(sympy.Add(*[x**2 for x in xs])),
    "maximum": sympy.Max,
    "minimum": sympy.Min,
}
COMPARISONS: dict[str, Callable[..., Any]] = {
    "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq,
    "!=": sympy.Ne, "&": sympy.And, "|": sympy.Or,
}  # fmt: skip
CONSTANTS = {  # numbers of the rules that have a name
    float(sympy.pi): sympy.pi,
    float(sympy.pi**2): sympy.pi**2,
    LN2: sympy.log(2),
    LN10: sympy.log(10),
    SQRT_HALF: 1 / sympy.sqrt(2),
    ONE_OVER_SQRT_PI: 1 / sympy.sqrt(sympy.pi),
    TWO_OVER_SQRT_PI: 2 / sympy.sqrt(sympy.pi),
    ONE_OVER_SQRT_TAU: 1 / sympy.sqrt(2 * sympy.pi),
}
LONGEST = 100_000  # operations of an expression, each counted as often as it is used
FINEST = 64  # a fraction with a larger denominator is a decimal


def exact(x: float) -> Any:
    """A number as one writes it: 2, 1/2, pi; else a decimal of 53 bits."""
    if x != x:
        return sympy.nan
    if abs(x) == float("inf"):
        return sympy.oo if x > 0 else -sympy.oo
    for sign in (1, -1):
        if sign * x in CONSTANTS:
            return sign * CONSTANTS[sign * x]
    top, bottom = x.as_integer_ratio()
    if bottom <= FINEST and abs(top) < 2**53:
        return sympy.Rational(top, bottom)
    return sympy.Float(x)


# ---- conditions ----------------------------------------------------------------------------------


class Truth(sympy.Dummy):
    """A letter for a condition."""


def is_condition(x: Any) -> bool:
    """Whether this is true or false, and no number."""
    return isinstance(x, Truth) or (isinstance(x, Boolean) and not isinstance(x, sympy.Symbol))


def as_condition(x: Any) -> Any:
    """What holds where a number is not 0."""
    return x if is_condition(x) else sympy.Ne(x, 0)


def as_number(x: Any) -> Any:
    """1 where a condition holds, else 0."""
    return sympy.Piecewise((1, x), (0, True)) if is_condition(x) else x


def choice(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; inside of them it is decided."""
    b = b.xreplace({condition: sympy.false})
    others = b.args if isinstance(b, sympy.Piecewise) else [(b, True)]
    return sympy.Piecewise((a.xreplace({condition: sympy.true}), condition), *others)


def without_poles(x: Any) -> Any:
    """An expression without the infinities that rules give at a single point, as at an edge."""

    def is_pole(value: Any, condition: Any) -> bool:
        return isinstance(condition, sympy.Eq) and value.has(sympy.oo, sympy.zoo)

    def has_pole(part: Any) -> bool:
        return isinstance(part, sympy.Piecewise) and any(is_pole(*pair) for pair in part.args)

    def without(part: Any) -> Any:
        return sympy.Piecewise(*[pair for pair in part.args if not is_pole(*pair)])

    return x.replace(has_pole, without) if x.has(sympy.Piecewise) else x


# ---- rules run on sympy --------------------------------------------------------------------------


def evaluated(rule: Any, letters: dict[str, Any]) -> Any:
    """A recorded rule as an expression, its letters replaced."""
    known: dict[int, Any] = {}
    ahead = [rule]
    while ahead:
        symbol = ahead[-1]
        if id(symbol) in known:
            ahead.pop()
        elif not isinstance(symbol, Symbol):
            known[id(symbol)] = exact(float(symbol))
        elif not symbol.operands:
            known[id(symbol)] = letters[symbol.head]
        elif missing := [x for x in symbol.operands if id(x) not in known]:
            ahead += missing
        else:
            known[id(symbol)] = applied(
                symbol.head, [known[id(x)] for x in symbol.operands], local=True
            )
    return known[id(rule)]


def applied(head: Any, xs: Sequence[Any], *, local: bool = False) -> Any:
    """A row, or a comparison by its sign, on expressions; `local` on the letters of a rule."""
    sign = head if isinstance(head, str) else head.name
    if sign in ("&", "|"):
        return COMPARISONS[sign](*map(as_condition, xs))
    if sign in COMPARISONS:
        return COMPARISONS[sign](*map(as_number, xs))
    if head is where:
        condition, a, b = as_condition(xs[0]), *map(as_number, xs[1:])
        if condition in (sympy.true, sympy.false):
            return a if condition else b
        return choice(condition, a, b) if local else named(where)(condition, a, b)
    numbers = list(map(as_number, xs))
    if head.primitive and head.terms is not None:
        letters = [Symbol(str(i)) for i in range(len(xs))]
        given = dict(zip(map(str, range(len(xs))), numbers))
        return sympy.Add(*[evaluated(term, given) for term in head.terms(letters)])
    if head.name in ROUTINES:
        return ROUTINES[head.name](*numbers)
    letters, written = local_form(head, len(numbers))
    selectors = head.selectors(len(numbers))
    chosen = selectors and all(numbers[i].is_Number for i in selectors)
    if not chosen and written.has(sympy.Piecewise, sympy.Max, sympy.Min):
        return named(head)(*numbers)
    return written.xreplace(dict(zip(letters, numbers)))


def real(name: str) -> Any:
    """A letter for a number."""
    return sympy.Dummy(name, real=True)


@cache
def local_form(row: Operation, count: int) -> tuple[list[Any], Any]:
    """Letters, and the forward rule of a row on them."""
    letters = [real(f"x{i}") for i in range(count)]
    given = [Symbol(str(i)) for i in range(count)]
    rule = row.forward(given) if row.takes(count + 1) else row.forward(*given)
    return letters, evaluated(rule, {str(i): x for i, x in enumerate(letters)})


class Named(sympy.Function):
    """A row by its name: `doit` writes it out, and its derivative is the table's."""

    row: Operation
    is_extended_real = True

    def doit(self, **hints: Any) -> Any:
        letters, written = local_form(self.row, len(self.args))
        return written.xreplace(dict(zip(letters, self.args)))

    def fdiff(self, argindex: int = 1) -> Any:
        count = len(self.args)
        given = tuple([Symbol(str(i)) for i in range(count + 1)])
        rule = self.row.differentiate(given[:-1], given[-1])[argindex - 1]
        letters = {str(i): x for i, x in enumerate([*self.args, self])}
        return without_poles(evaluated(rule, letters))

    def _eval_derivative(self, s: Any) -> Any:
        moving = [(i, x) for i, x in enumerate(self.args, 1) if not is_condition(x)]
        return sympy.Add(*[self.fdiff(i) * x.diff(s) for i, x in moving])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        xs = ", ".join(map(printer.doprint, self.args))
        name = self.row.latex if "#" not in self.row.latex else rf"\operatorname{{{self.row.name}}}"
        power = f"^{{{exp}}}" if exp else ""
        return rf"{name}{power}\left({xs}\right)"


@cache
def named(row: Operation) -> Any:
    """The function of sympy's for a row; `_imp_` is what `lambdify` and `evalf` call."""

    def run(*xs: Any) -> float:
        return row.evaluate(tuple(map(float, xs)))

    return type(row.name, (Named,), {"row": row, "_imp_": staticmethod(run)})


def shown(x: Any) -> Any:
    """An expression with `where` as sympy's Piecewise, but for what stands inside of conditions.

    There sympy would begin to solve inequalities.
    """
    known: dict[Any, Any] = {}
    ahead = [x]
    while ahead:
        part = ahead[-1]
        if part in known:
            ahead.pop()
            continue
        if isinstance(part, Boolean) or not part.args:
            known[part] = part
            continue
        missing = [arg for arg in part.args if arg not in known]
        if missing:
            ahead += missing
            continue
        args = [known[arg] for arg in part.args]
        if isinstance(part, named(where)) and not part.args[0].has(named(where)):
            known[part] = sympy.Piecewise((args[1], args[0]), (args[2], True))
        else:
            known[part] = part.func(*args) if args != list(part.args) else part
    return known[x]


CONDITION = "condition"
LETTERS = {NUMBER: real, CONDITION: Truth}


@cache
def slope_form(slope: Slope, operands: tuple[Any, ...]) -> tuple[list[Any], Any]:
    """Letters, and a local derivative times the gradient; operands are numbers, or LETTERS."""
    letters = [LETTERS.get(x, real)(f"x{i}") for i, x in enumerate(operands)]
    given = [a if x in LETTERS else x for a, x in zip(letters, operands)]
    rule = slope.rule(*[Symbol(str(i)) for i in range(len(operands))])
    return letters, without_poles(evaluated(rule, {str(i): x for i, x in enumerate(given)}))


def sloped(slope: Slope, xs: Sequence[Any]) -> Any:
    """A local derivative times the gradient, on expressions."""
    key = [CONDITION if is_condition(x) else x if x.is_Number else NUMBER for x in xs]
    letters, written = slope_form(slope, tuple(key))
    return written.xreplace(dict(zip(letters, xs)))


# ---- a program -----------------------------------------------------------------------------------


def expressions(
    program: Program,
    roots: Sequence[int],
    *,
    inputs: Sequence[str],
    parameters: Sequence[str],
    frozen: Sequence[float],
) -> tuple[Any, list[Any]]:
    """The value and the gradient of one example; `roots` are the slots of the mean and of these.

    `inputs` and `parameters` are the names of symbols, `frozen` the numbers of other leaves.
    """
    one, slots = of_one_example(program, roots)
    given: dict[str, Sequence[Any]] = {
        INPUT: [sympy.Symbol(x, real=True) for x in inputs],
        PARAMETER: [sympy.Symbol(x, real=True) for x in parameters],
        FROZEN: list(map(exact, frozen)),
    }
    check_length(one, slots)
    found: dict[int, Any] = {}
    for slot in one.needed(slots):
        head, xs = one.code[slot]
        if head == NUMBER:
            found[slot] = exact(float(xs[0]))
        elif head in LEAVES:
            found[slot] = given[head][xs[0]]
        else:
            computed = sloped if isinstance(head, Slope) else applied
            found[slot] = computed(head, [found[a] for a in xs])
    value, *gradient = [shown(as_number(found[slot])) for slot in slots]
    return value, gradient


def check_length(program: Program, slots: Sequence[int]) -> None:
    """ValueError where a root, written out in full, is longer than sympy can work with."""
    lengths: dict[int, int] = {}
    for slot in program.needed(slots):
        lengths[slot] = 1 + sum(lengths[a] for a in program.operands(slot))
    longest = max(lengths[slot] for slot in slots)
    if longest > LONGEST:
        raise ValueError(
            f"written out, with nothing shared, this tape is more than {LONGEST:,} operations "
            "long, and sympy is too slow for that: print(tape) and tape.to_c() show it step by "
            "step, and a part of it can be traced alone"
        )


def names_of(labels: Sequence[str], letter: str, taken: set[str]) -> list[str]:
    """A name for each: its label where it has one that nothing else has, else a letter and place.

    `taken` grows by them.
    """
    said = list(map(one_line, labels))
    names = []
    for k, label in enumerate(said):
        name = label if label and said.count(label) == 1 and label not in taken else f"{letter}{k}"
        while name in taken:
            name += "_"
        names.append(name)
        taken.add(name)
    return names


def simplified(x: Any) -> Any:
    """What sympy makes of it; rows keep their names."""
    return sympy.simplify(x, doit=False)
