"""The table of operations: every rule of calculus in this project stands here, once.

Rules are written in the language that `rules/language.py` explains; a row is a function of floats and
Values alike.  Letters: arguments x, y (or as the row's call names them), output z, local
derivative d, the arguments of an n-ary row xs.  Add a row and it works everywhere.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial, reduce

from autograd.rules.language import BUILT_IN, OPERATIONS, NaryOperation, Operation, meets
from autograd.rules.printing import COMPARISONS, POWER, PREFIX, PRODUCT, SUM
from autograd.rules.symbols import COARSE, CONDITIONS, Undecided
from autograd.rules.words import describe_type, is_real

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, overload

    from autograd.rules.calls import OfItems, OfNumbers, OfWeights, V

inf, nan = math.inf, math.nan
LN2, LN10 = math.log(2), math.log(10)
SQRT_HALF = math.sqrt(0.5)
ONE_OVER_SQRT_PI, TWO_OVER_SQRT_PI = 1 / math.sqrt(math.pi), 2 / math.sqrt(math.pi)
ONE_OVER_SQRT_TAU = 1 / math.sqrt(math.tau)
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # mean 0 and variance 1 stay so


# A primitive row's forward rule is no formula but a routine that every target has.
primitive = partial(Operation, primitive=True)


ABSENT = object()  # an argument that was not given


class Choice(Operation):
    """`where`, whose call on floats is written out: nearly every other rule goes through it."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # always three
        def __call__(self, condition: float, a: float, b: float) -> float: ...  # type: ignore[overload-overlap]  # as in `calls`
        @overload
        def __call__(self, condition: V | float, a: V | float, b: V | float) -> V: ...

    def __call__(
        self, condition: Any = ABSENT, a: Any = ABSENT, b: Any = ABSENT, more: Any = ABSENT
    ) -> Any:
        if type(a) is float and type(b) is float and type(condition) is bool and more is ABSENT:
            return a if condition else b
        if b is ABSENT or more is not ABSENT:
            self.check_count([x for x in (condition, a, b, more) if x is not ABSENT])
        try:
            return super().__call__(condition, a, b)
        except TypeError:
            if any(hasattr(x, "__len__") and type(x) is not str for x in (condition, a, b)):
                raise TypeError(
                    "where chooses one number: for sequences write "
                    "[where(c, a, b) for c, a, b in zip(conditions, xs, ys)]"
                ) from None
            raise


class OneByOne(NaryOperation):
    """A row whose arguments stand one by one in a call: maximum(x, y, z)."""

    __slots__ = ()

    def __init__(self, name: str, *rules: Any, **columns: Any) -> None:
        def operands(*xs: Any) -> tuple[Any, ...]:
            return xs if len(xs) > 1 else one_by_one(name, xs)

        super().__init__(name, *rules, operands=operands, spelling=", ".join, **columns)

    if TYPE_CHECKING:
        __call__: OfNumbers  # type: ignore[assignment]  # no sequence


class Weighted(NaryOperation):
    """`sumprod`, whose call has two sequences and a start."""

    __slots__ = ()

    if TYPE_CHECKING:
        __call__: OfWeights  # type: ignore[assignment]  # two sequences


class Lookup(NaryOperation):
    """`lookup`, whose call has a sequence and an index."""

    __slots__ = ()

    if TYPE_CHECKING:
        __call__: OfItems  # type: ignore[assignment]  # a sequence and an index


# ---- rules too long for a line -------------------------------------------------------------------


def unless_nan(z: Any, d: Any) -> Any:
    """d, or NaN where the output is NaN."""
    return where(z == z, d, z)


def real_power(x: float, y: float) -> float:
    """x**y where it is real: Python's operator would leave the real line for (-8.0)**(1/3)."""
    return x**y if x >= 0 else math.pow(x, y)


def pole(edge: Any, r: Any) -> Any:
    """inf at the edge, where r = 0 and 1/r comes down: and so its derivatives are -inf, inf, ...

    Elsewhere it is 0 with all its derivatives, for whom they run into, as on a tape.
    """
    return where(edge, inf, 0.0) / (1.0 + r)


def power_by_base(x: Any, y: Any, z: Any) -> Any:
    """y*x**(y-1), as y*z/x where that may overflow; at x = 0: 0 for y = 0, inf for 0 < y < 1."""
    steep = y < 1.0
    edge = meets(x, 0.0)
    slope = where(edge, pole(edge, where(edge, z, 0.0)), y * z / where(edge, 1.0, x))
    flat = (y == 0.0) & (edge | (x != x))  # nan**0 is 1
    return where(flat, 0.0, where(steep, slope, y * x ** where(steep, 0.0, y - 1.0)))


def power_by_exponent(x: Any, y: Any, z: Any) -> Any:
    """z*log(x) for x > 0, 0 where x = 0 < y, otherwise NaN."""
    edge = (x == 0.0) & (y > 0.0)
    return where(x > 0.0, z * log(where(x > 0.0, x, 1.0)), where(edge, 0.0, nan))


def abs_slope(x: Any, z: Any) -> Any:
    """The sign of x; 0 at 0, where z is 0; NaN where z is."""
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0 * z))


def square_root_slope(x: Any, z: Any) -> Any:
    """1/(2 z), inf at 0."""
    edge = meets(z, 0.0)
    return where(edge, pole(edge, z), 0.5 / where(edge, 1.0, z))


def cube_root_slope(x: Any, z: Any) -> Any:
    """1/(3 z**2), inf at 0."""
    return where(z == 0.0, inf, 1.0 / (3.0 * where(z == 0.0, 1.0, z * z)))


def arc_slope(x: Any) -> Any:
    """1/sqrt(1 - x**2), inf at -1 and 1."""
    edge = meets(abs(x), 1.0)
    return where(
        edge, pole(edge, 1.0 - abs(x)), 1.0 / sqrt(where(edge, 1.0, (1.0 - x) * (1.0 + x)))
    )


def acosh_slope(x: Any, z: Any) -> Any:
    """1/sqrt(x**2 - 1), inf at 1; two roots, since x**2 may overflow."""
    edge = meets(x, 1.0)
    return where(edge, pole(edge, x - 1.0), 1.0 / (sqrt(where(edge, 1.0, x - 1.0)) * sqrt(x + 1.0)))


def over(x: Any, r: Any) -> Any:
    """x/r, 0 where r = 0."""
    return x / where(r == 0.0, 1.0, r)


def turn(x: Any) -> Any:
    """pi x, and 0 where x is so large that every float is a whole number of turns."""
    return math.pi * where(abs(x) < 2.0**53, x, 0.0)


def sine_over_turn(x: Any) -> Any:
    """sin(pi x)/(pi x), 1 at 0."""
    return unless_nan(x, where(x == 0.0, 1.0, sin(turn(x)) / (math.pi * where(x == 0.0, 1.0, x))))


# of (cos(pi x) - sinc(x))/x = pi**2 x (c0 + c1 (pi x)**2 + ...)
SINC_SERIES = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 13)]


def sinc_slope(x: Any, z: Any) -> Any:
    """(cos(pi x) - z) / x, or its power series near 0, where that cancels."""
    near = abs(x) < 0.5
    square = math.pi**2 * where(near, x * x, 0.0)
    series = reduce(lambda t, c: c + square * t, reversed(SINC_SERIES))
    far = where(near, 1.0, x)
    return where(near, math.pi**2 * x * series, (cos(turn(far)) - z) / far)


def logistic(x: Any) -> Any:
    """1/(1 + exp(-x)), written so that exp never overflows."""
    e = exp(-abs(x))
    return where(x < 0.0, e, 1.0) / (1.0 + e)


def normal_cdf(x: Any) -> Any:
    """The part of a normal distribution below x: erfc has digits where it is tiny."""
    return 0.5 * erfc(-x * SQRT_HALF)


def mish_slope(x: Any, z: Any) -> Any:
    """t + x * (1 - t * t) * sigmoid(x), where t = tanh(softplus(x))."""
    s = sigmoid(-x)
    sech = 2.0 * s / (1.0 + s * s)  # whose square is 1 - t * t, and has its digits
    return tanh(softplus(x)) + finite(x) * (sech * sech) * sigmoid(x)


def from_zero(x: Any) -> Any:
    """x, and 0 for -inf: the factor of what is 0 there, and sooner so."""
    return where(meets(x, -inf), 0.0, x)


def finite(x: Any) -> Any:
    """x, and 0 where it is infinite: the factor of what is 0 there, and sooner so."""
    return where(meets(abs(x), inf), 0.0, x)


def larger(x: Any, y: Any) -> Any:
    return where(x > y, x, where(x <= y, y, x + y))  # x + y is NaN where x or y is


def smaller(x: Any, y: Any) -> Any:
    return where(x < y, x, where(x >= y, y, x + y))


def shares(xs: Sequence[Any], z: Any) -> list[Any]:
    """1 for the argument that equals z, shared equally among ties."""
    hits = [where(meets(x, z), 1.0, unless_nan(z, 0.0)) for x in xs]
    ties = total(hits)
    return [hit / ties for hit in hits]


def log_of_summed_exponentials(xs: Sequence[Any]) -> Any:
    """m + log(sum of exp(x - m)) about the maximum m, whose own terms log1p takes exactly."""
    m = maximum(*xs)
    ties = total([where(x == m, 1.0, 0.0) for x in xs])
    rest = total([where(x == m, 0.0, exp(x - m)) for x in xs])
    return m + log1p(rest + (ties - 1.0))


def parts_of_the_sum(xs: Sequence[Any], z: Any) -> list[Any]:
    """exp(x - z), which add up to 1; infinities like z share it equally.

    Where z is so large that its rounding moves exp, they are made to add up.
    """
    powers = [x - z for x in xs]
    ties = total([p != p for p in powers])  # inf - inf is NaN
    share = unless_nan(z, 1.0 / where(ties == 0.0, 1.0, ties))
    parts = [where(p == p, exp(p), share) for p in powers]
    whole = where(abs(z) < COARSE, 1.0, total(parts))
    return [part / whole for part in parts]


def all_others(xs: Sequence[Any], z: Any) -> list[Any]:
    """The product of the other arguments, by multiplication: dividing z fails at 0."""
    return [prod([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]


def products(xs: Sequence[Any]) -> list[Any]:
    """w[0]*x[0], w[1]*x[1], ..., start: what a sumprod is the sum of."""
    n = len(xs) // 2
    return [*[w * x for w, x in zip(xs, xs[n : 2 * n])], *xs[2 * n :]]


def weights_and_start(count: int) -> list[int]:
    """Which of the operands of a sumprod are weights."""
    n = count // 2
    return [*range(n), *range(2 * n, count)]


def sum_of_products(xs: Sequence[Any]) -> Any:
    """start + w[0]*x[0] + w[1]*x[1] + ..., from left to right; xs is (*w, *x) or (*w, *x, start)."""
    n = len(xs) // 2
    z = xs[2 * n] if len(xs) % 2 else 0.0
    for w, x in zip(xs, xs[n : 2 * n]):
        z += w * x
    return z


def partners(xs: tuple[Any, ...], z: Any) -> tuple[Any, ...]:
    """x for each w, w for each x, 1 for start."""
    n = len(xs) // 2
    return xs[n : 2 * n] + xs[:n] + (1.0,) * (len(xs) % 2)


def item_at(xs: Sequence[Any]) -> Any:
    """items[index], where xs is (*items, index)."""
    *items, index = xs
    choice = nan  # of an index that is none, where nobody could refuse it
    for i in reversed(range(len(items))):
        choice = where(meets(index, float(i)), items[i], choice)
    return choice


# ---- how calls become operands -------------------------------------------------------------------


def one_or_more(name: str, xs: tuple[Any, ...]) -> tuple[Any, ...]:
    if not xs:
        raise ValueError(f"{name} needs at least one argument, got none")
    return xs


def one_by_one(name: str, xs: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(xs) == 1 and hasattr(xs[0], "__len__"):
        raise TypeError(f"for a list xs write {name}(*xs)")
    return one_or_more(name, xs)


def weights_inputs_start(w: Sequence[Any], x: Sequence[Any], start: Any = 0.0) -> tuple[Any, ...]:
    if len(w) != len(x):
        raise ValueError(f"sumprod needs as many x as w, got {len(w)} w and {len(x)} x")
    if start.__class__ is float and start == 0.0:
        return (*w, *x)
    return (*w, *x, start)


def items_and_index(items: Sequence[Any], index: Any) -> tuple[Any, ...]:
    one_or_more("lookup", tuple(items))
    is_node = hasattr(type(index), "_record") and not isinstance(index, Undecided)
    i = getattr(index, "data", index) if is_node else index
    if is_real(i) and float(i) not in range(len(items)):
        raise IndexError(f"lookup needs a whole index from 0 to {len(items) - 1}, got {i}")
    return (*items, index)


def spell_sumprod(xs: Sequence[str]) -> str:
    n = len(xs) // 2
    w, x, start = ", ".join(xs[:n]), ", ".join(xs[n : 2 * n]), xs[2 * n :]
    return ", ".join([f"[{w}], [{x}]", *start])


def spell_lookup(xs: Sequence[str]) -> str:
    return f"[{', '.join(xs[:-1])}], {xs[-1]}"


# ---- distance to the kink ------------------------------------------------------------------------


def to_origin(x: float, *parameters: float) -> float:
    """x = 0"""
    return abs(x)


def to_one(x: float) -> float:
    """x = -1 or x = 1"""
    return abs(abs(x) - 1.0)


def to_zero(x: float, y: float) -> float:
    """x = y = 0"""
    return math.hypot(x, y)


def to_cut(y: float, x: float) -> float:
    """y = 0 and x <= 0"""
    return abs(y) if x < 0 else math.hypot(x, y)


def to_bounds(x: float, low: float, high: float) -> float:
    """x = low, x = high or low = high"""
    return min(abs(x - low), abs(x - high), abs(high - low))


def to_all_zero(*xs: float) -> float:
    """all are 0"""
    return math.hypot(*xs)


def to_runner_up(*xs: float) -> float:
    """the largest argument is there twice"""
    *_, second, first = sorted([-inf, *xs])
    return first - second


def to_next(*xs: float) -> float:
    """the smallest argument is there twice"""
    return to_runner_up(*[-x for x in xs])


# fmt: off
# ---- arithmetic ----------------------------------------------------------------------------------
#                     name     forward            d/dx                      d/dy
add      = primitive("add",   operator.add,      lambda x, y, z: 1.0,      lambda x, y, z: 1.0,    symbol="+", binds=SUM)
sub      = primitive("sub",   operator.sub,      lambda x, y, z: 1.0,      lambda x, y, z: -1.0,   symbol="-", binds=SUM)
mul      = primitive("mul",   operator.mul,      lambda x, y, z: y,        lambda x, y, z: x,      symbol="*", binds=PRODUCT)
div      = primitive("div",   operator.truediv,  lambda x, y, z: 1.0 / y,  lambda x, y, z: -z / y, symbol="/", binds=PRODUCT,
                     domain=lambda x, y: y != 0.0)
power    = primitive("pow",   real_power,        power_by_base,            power_by_exponent,      symbol="**", binds=POWER,
                     domain=lambda x, y: x > 0.0, needs="x > 0, or a whole number y (y >= 0 where x is 0)")
neg      = primitive("neg",   operator.neg,      lambda x, z: -1.0,                                symbol="-", binds=PREFIX)
pos      = primitive("pos",   operator.pos,      lambda x, z: 1.0,                                 symbol="+", binds=PREFIX)
absolute = primitive("abs",   abs,               abs_slope,                                        kink=to_origin, latex=r"\left|#1\right|")

# ---- exponentials, logarithms, roots -------------------------------------------------------------
#                     name      forward      d/dx                                     in TeX                             where
exp      = primitive("exp",   math.exp,    lambda x, z: z,                            latex=r"\exp")
expm1    = primitive("expm1", math.expm1,  lambda x, z: exp(x))
log      = primitive("log",   math.log,    lambda x, z: 1.0 / x,                      latex=r"\log",                     domain=lambda x: x > 0.0)
log1p    = primitive("log1p", math.log1p,  lambda x, z: 1.0 / (1.0 + x),                                                        domain=lambda x: x > -1.0)
log2     = primitive("log2",  math.log2,   lambda x, z: 1.0 / (x * LN2),              latex=r"\log_{2}",                 domain=lambda x: x > 0.0)
log10    = primitive("log10", math.log10,  lambda x, z: 1.0 / (x * LN10),             latex=r"\log_{10}",                domain=lambda x: x > 0.0)
sqrt     = primitive("sqrt",  math.sqrt,   square_root_slope,                         latex=r"\sqrt{#1}",                domain=lambda x: x >= 0.0)
cbrt     = primitive("cbrt",  math.cbrt,   cube_root_slope,                           latex=r"\sqrt[3]{#1}")

# ---- trigonometric and hyperbolic ----------------------------------------------------------------

sin      = primitive("sin",   math.sin,    lambda x, z: cos(x),                       latex=r"\sin",                     domain=lambda x: abs(x) < inf)
cos      = primitive("cos",   math.cos,    lambda x, z: -sin(x),                      latex=r"\cos",                     domain=lambda x: abs(x) < inf)
tan      = primitive("tan",   math.tan,    lambda x, z: 1.0 + z * z,                  latex=r"\tan",                     domain=lambda x: abs(x) < inf)
asin     = primitive("asin",  math.asin,   lambda x, z: arc_slope(x),                 latex=r"\arcsin",                  domain=lambda x: abs(x) <= 1.0)
acos     = primitive("acos",  math.acos,   lambda x, z: -arc_slope(x),                latex=r"\arccos",                  domain=lambda x: abs(x) <= 1.0)
atan     = primitive("atan",  math.atan,   lambda x, z: 1.0 / (1.0 + x * x),          latex=r"\arctan")
sinh     = primitive("sinh",  math.sinh,   lambda x, z: cosh(x),                      latex=r"\sinh")
cosh     = primitive("cosh",  math.cosh,   lambda x, z: sinh(x),                      latex=r"\cosh")
tanh     = primitive("tanh",  math.tanh,   lambda x, z: 1.0 - z * z,                  latex=r"\tanh",                    saturating=True)
asinh    = primitive("asinh", math.asinh,  lambda x, z: 1.0 / hypot(1.0, x),          latex=r"\operatorname{arsinh}")
acosh    = primitive("acosh", math.acosh,  acosh_slope,                               latex=r"\operatorname{arcosh}",    domain=lambda x: x >= 1.0)
atanh    = primitive("atanh", math.atanh,  lambda x, z: 1.0 / ((1.0 - x) * (1.0 + x)),latex=r"\operatorname{artanh}",    domain=lambda x: abs(x) < 1.0)
erf      = primitive("erf",   math.erf,    lambda x, z: TWO_OVER_SQRT_PI * exp(-x * x),                                  saturating=True)
erfc     = primitive("erfc",  math.erfc,   lambda x, z: -TWO_OVER_SQRT_PI * exp(-x * x))
atan2    = primitive("atan2", math.atan2,  lambda y, x, z: over(over(x, hypot(x, y)), hypot(x, y)),
                                           lambda y, x, z: -over(over(y, hypot(x, y)), hypot(x, y)), kink=to_cut)
sinc     = Operation("sinc",  sine_over_turn, sinc_slope,                                                             saturating=True)
hypot    = primitive("hypot", math.hypot,  lambda x, y, z: over(x, z),        lambda x, y, z: over(y, z), kink=to_zero)

# ---- activations ---------------------------------------------------------------------------------
#                         name      forward                                        d/dx
sigmoid    = Operation("sigmoid",  logistic,                                      lambda x, z: z * (1.0 - z), latex=r"\sigma", saturating=True)
softplus   = Operation("softplus", lambda x: log1p(exp(-abs(x))) + maximum(x, 0.0), lambda x, z: sigmoid(x))
log_sigmoid = Operation("log_sigmoid", lambda x: -softplus(-x),                   lambda x, z: sigmoid(-x))
softsign   = Operation("softsign", lambda x: where(meets(abs(x), inf), where(x > 0.0, 1.0, -1.0), x / (1.0 + abs(x))),
                       lambda x, z: 1.0 / ((1.0 + abs(x)) * (1.0 + abs(x))))
silu       = Operation("silu",     lambda x: from_zero(x) * sigmoid(x),           lambda x, z: sigmoid(x) + finite(z) * sigmoid(-x),
                       saturating=True)
mish       = Operation("mish",     lambda x: from_zero(x) * tanh(softplus(x)),    mish_slope, saturating=True)
gelu       = Operation("gelu",     lambda x: from_zero(x) * normal_cdf(x),
                       lambda x, z: normal_cdf(x) + finite(x) * exp(-0.5 * x * x) * ONE_OVER_SQRT_TAU, saturating=True)
relu       = Operation("relu",     lambda x: where(x <= 0.0, 0.0, x),             lambda x, z: where(z > 0.0, 1.0, 0.0 * z), kink=to_origin)
leaky_relu = Operation("leaky_relu", lambda x, slope: where(x > 0.0, x, slope * x),
                       lambda x, slope, z: where(x > 0.0, 1.0, where(x <= 0.0, slope, x)),
                       lambda x, slope, z: where(x > 0.0, 0.0, x),
                       operands=lambda x, slope=0.01: (x, slope), kink=to_origin)
elu        = Operation("elu",      lambda x, alpha: where(x > 0.0, x, alpha * expm1(where(x > 0.0, 0.0, x))),
                       lambda x, alpha, z: where(x > 0.0, 1.0, alpha * exp(where(x > 0.0, 0.0, x))),
                       lambda x, alpha, z: expm1(where(x > 0.0, 0.0, x)),
                       operands=lambda x, alpha=1.0: (x, alpha), kink=to_origin)
selu       = Operation("selu",     lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
                       lambda x, z: SELU_SCALE * where(x > 0.0, 1.0, SELU_ALPHA * exp(where(x > 0.0, 0.0, x))), kink=to_origin)
hardtanh   = Operation("hardtanh", lambda x: clip(x, -1.0, 1.0),                  lambda x, z: where(abs(x) <= 1.0, 1.0, 0.0 * z), kink=to_one)

# ---- choices -------------------------------------------------------------------------------------

where    = Choice("where", lambda condition, a, b: a if condition else b,
                     lambda condition, a, b, z: 0.0,
                     lambda condition, a, b, z: where(condition, 1.0, 0.0),
                     lambda condition, a, b, z: where(condition, 0.0, 1.0), primitive=True, chooses=lambda condition, a, b: where(condition, 1.0, 2.0),
                     latex=r"\begin{cases} #2 & #1 \\ #3 & \text{else} \end{cases}")
clip     = Operation("clip", lambda x, low, high: minimum(maximum(x, low), high),
                     lambda x, low, high, z: where(meets(x, z) & (low < high), 1.0, unless_nan(z, 0.0)),
                     lambda x, low, high, z: where(x < low, 1.0, unless_nan(z, 0.0)),
                     lambda x, low, high, z: where(x > high, 1.0, unless_nan(z, 0.0)),
                     operands=lambda x, low, high: (x, low, high),
                     domain=lambda x, low, high: low <= high, kink=to_bounds)
maximum  = OneByOne("maximum", lambda xs: reduce(larger, xs),  shares, kink=to_runner_up, latex=r"\max")
minimum  = OneByOne("minimum", lambda xs: reduce(smaller, xs), shares, kink=to_next,      latex=r"\min")
lookup   = Lookup("lookup", item_at, lambda xs, z: [where(meets(xs[-1], float(i)), 1.0, 0.0) for i in range(len(xs) - 1)] + [0.0],
                  operands=items_and_index, spelling=spell_lookup, chooses=lambda *xs: xs[-1])

# ---- sums and products ---------------------------------------------------------------------------
#                           name         forward                                local derivatives, one per argument
total     = NaryOperation("total",     lambda xs: reduce(operator.add, xs, 0.0), lambda xs, z: [1.0] * len(xs), primitive=True, terms=list)
sumprod   = Weighted("sumprod",        sum_of_products,                         partners, primitive=True,
                          operands=weights_inputs_start, spelling=spell_sumprod, terms=products, weights=weights_and_start)
mean      = NaryOperation("mean",      lambda xs: total(xs) / float(len(xs)),   lambda xs, z: [1.0 / len(xs)] * len(xs),
                          operands=lambda xs: one_or_more("mean", tuple(xs)))
prod      = NaryOperation("prod",      lambda xs: reduce(operator.mul, xs, 1.0), all_others)
norm      = NaryOperation("norm",      lambda xs: math.hypot(*xs),              lambda xs, z: [over(x, z) for x in xs], primitive=True,
                          kink=to_all_zero, latex=r"\operatorname{norm}")
logsumexp = NaryOperation("logsumexp", log_of_summed_exponentials,              parts_of_the_sum,
                          operands=lambda xs: one_or_more("logsumexp", tuple(xs)))
# fmt: on

BUILT_IN.update(OPERATIONS)

# ---- comparisons, where they are recorded: they stand in no table ---------------------------------


def condition(sign: str, holds: Callable[[float, float], object]) -> Operation:
    """A comparison as a row: 1 where it holds, else 0."""
    return Operation(
        sign,
        lambda x, y: 1.0 if holds(x, y) else 0.0,
        lambda x, y, z: 0.0,
        lambda x, y, z: 0.0,
        symbol=sign,
        binds=COMPARISONS[sign],
        primitive=True,
        registered=False,
    )


HOLDS: dict[str, Callable[[float, float], object]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne, "&": lambda x, y: x and y, "|": lambda x, y: x or y,
}  # fmt: skip
CONDITIONS.update({sign: condition(sign, holds) for sign, holds in HOLDS.items()})


if TYPE_CHECKING:

    @overload
    def softmax(xs: Iterable[float]) -> list[float]: ...  # type: ignore[overload-overlap]  # as in `calls`
    @overload
    def softmax(xs: Iterable[V | float]) -> list[V]: ...


def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(x) / sum of exp, one for each x: never overflows.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    if not hasattr(xs, "__iter__"):
        raise TypeError(f"softmax is written softmax([x0, x1, x2]), got {describe_type(xs)}")
    xs = one_or_more("softmax", tuple(xs))
    z = logsumexp(xs)
    powers = [exp(x - z) for x in xs]
    if isinstance(z, Undecided):  # each lane of a tape decides by itself
        whole = where((z > -COARSE) & (z < COARSE), 1.0, total(powers))
    elif -COARSE < z < COARSE:
        return powers
    else:
        whole = total(powers)  # 1, but for the rounding of z
    return [p / whole for p in powers]
