"""Elementary functions over vectors of eight doubles, in LLVM's language.

    definitions(fma=True)    text that defines @v_exp, @v_log, @v_pow, ...: one for each row that is
                             a routine, called as <8 x double> @v_exp(<8 x double> %x0)
    INTRINSICS               lines that declare what this text calls: a module has each of them once
    ULP["exp"]               how far a result is from the true number at most, in units of its last
                             digit; tests hold every function to it, against 50 digits

exp, expm1, tanh, log, log1p, sin, cos, erf, erfc and cbrt are short polynomials; LLVM has abs and
sqrt; the others are the C library's, lane by lane.  Zeros keep their signs, infinities and NaN give
what the other engines give, subnormals are no exception.  Functions have the attributes #0.

A function first maps its argument to a small interval, and adds a whole multiple of a constant.
Such a constant stands in parts so short that whole numbers times a part are exact, which needs no
multiplication and addition in one step.  COEFFICIENTS are those of Chebyshev's interpolation at 50
digits, which differs from the best polynomial by little: mpmath.chebyfit finds them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd.tape.kernels.writing import LONGS, MASK, VECTOR, WIDTH, Writer, splat

# ---- constants -----------------------------------------------------------------------------------

# c0, c1, ... of c0 + c1 z + ...
COEFFICIENTS = {
    "exp": (  # (exp(r) - 1 - r) / r**2 for r in [-log(2)/2, log(2)/2]
        0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752,
        0.00019841269874800493, 2.4801587325533363e-05, 2.7557255425746435e-06,
        2.7557273661348637e-07, 2.510520637395701e-08, 2.0914679376583935e-09,
    ),
    "log": (  # (2 atanh(s) / s - 2) / z for z = s**2 in [0, 0.1716**2]
        0.666666666666667, 0.39999999999899505, 0.28571428625975487, 0.2222221113479508,
        0.18182889125261723, 0.15331721600556042, 0.14616449685043406,
    ),
    "sin": (  # (sin(r) / r - 1) / z for z = r**2 in [0, (pi/4)**2]
        -0.16666666666666666, 0.008333333333330948, -0.00019841269836758574, 2.755731610255244e-06,
        -2.5051131845003624e-08, 1.5918129294866608e-10,
    ),
    "cos": (  # (cos(r) - 1 + z/2) / z**2
        0.041666666666666664, -0.0013888888888887398, 2.480158729876569e-05,
        -2.7557317271729793e-07, 2.08761462684032e-09, -1.1382632425521717e-11,
    ),
    "tanh": (  # (tanh(x) / x - 1) / z for z = x**2 in [0, 0.3**2]
        -0.3333333333333333, 0.13333333333329464, -0.053968253959211114, 0.021869487730074903,
        -0.008863200177142575, 0.0035912834611108225, -0.0014445898532447449,
        0.0005109249704674158,
    ),
    "erf": (  # erf(x) / x - 1 for z = x**2 in [0, 0.5**2]
        0.12837916709551256, -0.37612638903183476, 0.11283791670925353, -0.026866170632887928,
        0.00522397737302147, -0.0008548297753674966, 0.00012053335124353741,
        -1.4845849259707869e-05, 1.4725865480556744e-06,
    ),
    "erfc": (  # (x + 1/2) exp(x**2) erfc(x) - 5/8 for t = (x - 4) / (x + 4), x in [0.5, 27.5]
        -0.008502440687223745, -0.06981055842028126, 0.007689826051309564, 0.03404852712734752,
        -0.05051953301813008, 0.04686641749913773, -0.03316518290672485, 0.01858375776922321,
        -0.00809886702010933, 0.0025159849863357073, -0.000378886717413125, -9.962834682916356e-05,
        7.531121777692015e-05, -1.2199532961576191e-05, -5.612287111131815e-06,
        2.854427599701608e-06, 1.4965267104057647e-07, -4.1144646496607843e-07,
        3.362370514363657e-08, 5.298529881400823e-08, -6.153719836179766e-09,
        -5.2921579000462686e-09,
    ),
    "cbrt": (  # (1 + u)**(-1/3) for u in [-0.101, 0.106]
        0.9999999888390119, -0.33332887988285176, 0.22223077531262975, -0.1745101700251874,
        0.1439584148648105,
    ),
}  # fmt: skip

# log(2) and pi/2 in parts, each the rest's first digits
LN2 = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
QUARTER_TURN = (
    float.fromhex("0x1.921fb54444000p+0"),
    float.fromhex("-0x1.2e7b967674000p-40"),
    float.fromhex("0x1.8a2e03707344ap-81"),
)
LARGE = 2.0**14  # up to here, whole numbers times a part of pi/2 are exact
WHOLE = 1.5 * 2.0**52  # WHOLE + x has x, rounded, in its last bits
ONE_BITS = 0x3FF0000000000000  # those of 1.0: 52 of the mantissa, before them the exponent
TWO_52_BITS = 0x4330000000000000  # of 2**52, whose last bits may be those of a whole number
ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # of sqrt(1/2)
MANTISSA = (1 << 52) - 1
LAST_BITS = (1 << 27) - 1  # without them a square is exact
CBRT_BITS = 715094000.0  # a third of a number's first 32 bits and this: those of its cube root

# ---- what formulas are made of -------------------------------------------------------------------


class Formula(Writer):
    """A function of one or more vectors: its text as a formula over them."""

    def __init__(
        self, name: str, count: int = 1, *, fma: bool = False, attributes: str = "#0"
    ) -> None:
        self.operands = [f"%x{k}" for k in range(count)]
        given = ", ".join([f"{VECTOR} {x}" for x in self.operands])
        super().__init__(f'internal {VECTOR} @"{name}"({given})', fma=fma, attributes=attributes)

    # ---- bits ------------------------------------------------------------------------------------

    def bits(self, x: str) -> str:
        """The bits of doubles, as whole numbers."""
        return self.op(f"bitcast {VECTOR} {x} to {LONGS}")

    def double(self, bits: str) -> str:
        """The doubles that have these bits."""
        return self.op(f"bitcast {LONGS} {bits} to {VECTOR}")

    def longs(self, word: str, x: str, y: str | int) -> str:
        """add, sub, and, or, xor, shl or lshr of whole numbers."""
        return self.op(f"{word} {LONGS} {x}, {f'splat (i64 {y})' if isinstance(y, int) else y}")

    def power_of_two(self, k: str) -> str:
        """2**k, for k in the last bits of whole numbers."""
        return self.double(self.longs("add", self.longs("shl", k, 52), ONE_BITS))

    def first_bits(self, x: str) -> str:
        """The first 26 digits of x, whose square is exact."""
        return self.double(self.longs("and", self.bits(x), ~LAST_BITS))

    # ---- arithmetic ------------------------------------------------------------------------------

    def abs(self, x: str) -> str:
        """|x|."""
        return self.call("llvm.fabs.v8f64", x)

    def with_sign(self, x: str, y: str) -> str:
        """x with the sign of y."""
        return self.call("llvm.copysign.v8f64", x, y)

    def at_least(self, x: str, low: float) -> str:
        """The larger of x and a number; NaN where x is."""
        return self.select(self.compare("ogt", splat(low), x), splat(low), x)

    def at_most(self, x: str, high: float) -> str:
        """The smaller of x and a number; NaN where x is."""
        return self.select(self.compare("olt", splat(high), x), splat(high), x)

    def polynomial(self, name: str, x: str) -> str:
        """c0 + c1 x + c2 x**2 + ..., in pairs of terms, pairs of pairs, ...: a short way down."""
        terms = [splat(c) for c in COEFFICIENTS[name]]
        while len(terms) > 1:
            pairs = [self.product_and_sum(b, x, a) for a, b in zip(terms[::2], terms[1::2])]
            terms = [*pairs, *terms[2 * len(pairs) :]]
            x = self.mul(x, x)
        return terms[0]

    def minus(self, x: str, k: str, part: float) -> str:
        """x - k * part."""
        return self.product_and_sum(k, splat(-part), x)

    def nearest(self, x: str, unit: float) -> tuple[str, str]:
        """The whole number next to x / unit, as a double, and in the last bits of what is added."""
        shifted = self.product_and_sum(x, splat(1.0 / unit), splat(WHOLE))
        return self.sub(shifted, splat(WHOLE)), shifted


# ---- exponentials --------------------------------------------------------------------------------


def exponential(w: Formula, x: str, less: str | None = None) -> tuple[str, str, str]:
    """exp(r) - 1 and k, where x = r + k log(2) and |r| <= log(2)/2; k as `nearest` has it.

    It may be of a number that is a little less than x.
    """
    k, shifted = w.nearest(x, math.log(2.0))
    r = w.minus(x, k, LN2[0])
    if less is None:
        r = w.minus(r, k, LN2[1])
    else:
        r = w.sub(r, w.product_and_sum(k, splat(LN2[1]), less))
    return w.product_and_sum(w.mul(r, r), w.polynomial("exp", r), r), k, shifted


def scaled(w: Formula, x: str, k: str, shifted: str) -> str:
    """2**k x, in two steps: either is a power of two that doubles have."""
    half = w.bits(w.product_and_sum(k, splat(0.5), splat(WHOLE)))
    rest = w.longs("sub", w.bits(shifted), half)
    return w.mul(w.mul(x, w.power_of_two(half)), w.power_of_two(rest))


def exp(w: Formula, x: str) -> str:
    """2**k exp(r); beyond the bounds are 0 and inf."""
    m, k, shifted = exponential(w, w.at_most(w.at_least(x, -746.0), 710.0))
    return scaled(w, w.add(m, splat(1.0)), k, shifted)


def less_one(w: Formula, x: str) -> str:
    """exp(x) - 1 for x in [-60, 710]: twice 2**(k-1) (exp(r) - 1) + (2**(k-1) - 1/2)."""
    m, _, shifted = exponential(w, x)
    half = w.power_of_two(w.longs("add", w.bits(shifted), -1))
    z = w.product_and_sum(m, half, w.sub(half, splat(0.5)))
    return w.add(z, z)


def expm1(w: Formula, x: str) -> str:
    """exp(x) - 1, x itself where it is tiny."""
    z = less_one(w, w.at_most(w.at_least(x, -60.0), 710.0))
    return w.select(w.compare("olt", w.abs(x), splat(2.0**-60)), x, z)


def tanh(w: Formula, x: str) -> str:
    """e / (e + 2) where e = exp(2 |x|) - 1, a polynomial where that has lost digits."""
    size = w.abs(x)
    e = less_one(w, w.at_most(w.add(size, size), 60.0))
    far = w.div(e, w.add(e, splat(2.0)))
    square = w.mul(x, x)
    near = w.product_and_sum(w.mul(size, square), w.polynomial("tanh", square), size)
    return w.with_sign(w.select(w.compare("olt", size, splat(0.3)), near, far), x)


# ---- logarithms ----------------------------------------------------------------------------------


def exponent_and_rest(w: Formula, x: str) -> tuple[str, str]:
    """-k and f, where x = 2**k (1 + f) is no subnormal; 1 + f lies about 1, from sqrt(1/2) on."""
    shifted = w.longs("add", w.bits(x), ONE_BITS - ROOT_HALF_BITS)
    biased = w.double(w.longs("or", w.longs("lshr", shifted, 52), TWO_52_BITS))
    rest = w.double(w.longs("add", w.longs("and", shifted, MANTISSA), ROOT_HALF_BITS))
    return w.sub(splat(2.0**52 + 1023.0), biased), w.sub(rest, splat(1.0))


def logarithm(w: Formula, minus_k: str, f: str, more: str | None = None) -> str:
    """k log(2) + log(1 + f) + more, by s = f/(2 + f): log(1 + f) = 2 atanh(s) = f - s (f - ...).

    All is subtracted from f or added to what is not zero, so that -0 stays -0.
    """
    s = w.div(f, w.add(f, splat(2.0)))
    square = w.mul(s, s)
    half = w.mul(w.mul(f, splat(0.5)), f)
    small = w.mul(minus_k, splat(-LN2[1]))
    if more is not None:
        small = w.add(small, more)
    rest = w.add(half, w.mul(square, w.polynomial("log", square)))
    near = w.sub(f, w.sub(half, w.product_and_sum(s, rest, small)))
    return w.product_and_sum(minus_k, splat(-LN2[0]), near)


def at_edges(w: Formula, x: str, pole: float, z: str) -> str:
    """A logarithm z of x: -inf at its pole, NaN before it, inf at inf."""
    z = w.select(w.compare("oeq", x, splat(pole)), splat(-math.inf), z)
    z = w.select(w.compare("ult", x, splat(pole)), splat(math.nan), z)
    return w.select(w.compare("oeq", x, splat(math.inf)), x, z)


def log(w: Formula, x: str) -> str:
    """The logarithm; subnormals are made larger before."""
    small = w.compare("olt", x, splat(2.0**-1022))
    larger = w.select(small, w.mul(x, splat(2.0**54)), x)
    minus_k, f = exponent_and_rest(w, larger)
    minus_k = w.add(minus_k, w.select(small, splat(54.0), splat(0.0)))
    return at_edges(w, x, 0.0, logarithm(w, minus_k, f))


def log1p(w: Formula, x: str) -> str:
    """log(u) + c/u, where u + c = 1 + x; near 0 it needs no u."""
    u = w.add(x, splat(1.0))
    of_x = w.sub(u, splat(1.0))
    c = w.add(w.sub(splat(1.0), w.sub(u, of_x)), w.sub(x, of_x))
    minus_k, f = exponent_and_rest(w, u)
    near = w.compare("oeq", minus_k, splat(0.0))
    f = w.select(near, x, f)
    more = w.select(near, splat(0.0), w.div(c, u))
    return at_edges(w, x, -1.0, logarithm(w, minus_k, f, more))


# ---- sine and cosine -----------------------------------------------------------------------------


def turning(w: Formula, x: str, quarters: int, libm: str) -> str:
    """sin(x + so many quarter turns): x = k pi/2 + r + s, and a choice by k; r + s has 100 bits."""
    k, shifted = w.nearest(x, math.pi / 2.0)
    r = w.minus(x, k, QUARTER_TURN[0])
    second = w.mul(k, splat(-QUARTER_TURN[1]))
    first, r = r, w.add(r, second)
    of_second = w.sub(r, first)
    s = w.add(w.sub(first, w.sub(r, of_second)), w.sub(second, of_second))
    s = w.minus(s, k, QUARTER_TURN[2])
    first, r = r, w.add(r, s)
    s = w.add(w.sub(first, r), s)

    square = w.mul(r, r)
    sine = w.product_and_sum(w.mul(r, square), w.polynomial("sin", square), s)
    cosine = w.product_and_sum(square, w.polynomial("cos", square), splat(-0.5))
    cosine = w.sub(w.mul(square, cosine), w.mul(r, s))
    which = w.longs("add", w.bits(shifted), quarters)
    odd = w.op(f"trunc {LONGS} {which} to {MASK}")
    z = w.select(odd, w.add(splat(1.0), cosine), w.add(r, sine))
    negative = w.longs("shl", w.longs("lshr", which, 1), 63)
    z = w.double(w.longs("xor", w.bits(z), negative))
    return large_by_lane(w, x, z, libm)


def large_by_lane(w: Formula, x: str, z: str, libm: str) -> str:
    """z, and the C library's function in lanes of large numbers, where there are any."""
    large = w.compare("ogt", w.abs(x), splat(LARGE))
    some = w.op(f"call i1 @llvm.vector.reduce.or.v8i1({MASK} {large})")
    before, far, end = w.label("before"), w.label("far"), w.label("end")
    w.do(f"br label %{before}")  # a block of a name that phi can say
    w.block(before)
    w.do(f"br i1 {some}, label %{far}, label %{end}")
    w.block(far)
    theirs = w.select(large, w.call(f'"libm_{libm}"', x), z)
    w.do(f"br label %{end}")
    w.block(end)
    return w.op(f"phi {VECTOR} [ {z}, %{before} ], [ {theirs}, %{far} ]")


def sin(w: Formula, x: str) -> str:
    """The sine, x itself where it is tiny."""
    z = turning(w, x, 0, "sin")
    return w.select(w.compare("olt", w.abs(x), splat(2.0**-30)), x, z)


def cos(w: Formula, x: str) -> str:
    """The cosine."""
    return turning(w, x, 1, "cos")


# ---- the error function, the cube root -----------------------------------------------------------


def beyond(w: Formula, x: str) -> str:
    """erfc(x) for x >= 1/2: exp(-x**2) (5/8 + p) / (x + 1/2).

    The square is that of the first digits of x, exactly, and the little that it lacks.  What the
    divisor lacks is as little: 1 / (d + e) is exp(-e/d) / d.
    """
    x = w.at_most(x, 27.5)  # erfc is 0 from there on
    first = w.first_bits(x)
    lacks = w.mul(w.sub(x, first), w.add(x, first))
    divisor = w.add(x, splat(0.5))
    of_divisor = w.sub(x, w.sub(divisor, splat(0.5)))
    lacks = w.add(lacks, w.div(of_divisor, divisor))
    m, k, shifted = exponential(w, w.op(f"fneg {VECTOR} {w.mul(first, first)}"), lacks)
    p = w.polynomial("erfc", w.div(w.sub(x, splat(4.0)), w.add(x, splat(4.0))))
    p = w.product_and_sum(m, w.add(p, splat(0.625)), p)
    return scaled(w, w.div(w.add(p, splat(0.625)), divisor), k, shifted)


def erf(w: Formula, x: str) -> str:
    """A polynomial near 0, 1 - erfc(|x|) beyond, with the sign of x."""
    size = w.abs(x)
    near = w.product_and_sum(size, w.polynomial("erf", w.mul(x, x)), size)
    far = w.sub(splat(1.0), beyond(w, size))
    return w.with_sign(w.select(w.compare("olt", size, splat(0.5)), near, far), x)


def erfc(w: Formula, x: str) -> str:
    """1 - erf(x) near 0, else what is beyond |x|, or 2 less that."""
    size = w.abs(x)
    near = w.product_and_sum(x, w.polynomial("erf", w.mul(x, x)), w.sub(x, splat(0.5)))
    far = beyond(w, size)
    far = w.select(w.compare("olt", x, splat(0.0)), w.sub(splat(2.0), far), far)
    close = w.compare("olt", size, splat(0.5))
    return w.select(close, w.sub(splat(0.5), near), far)


def cbrt(w: Formula, x: str) -> str:
    """A third of the exponent, a polynomial, and one step by Halley, from digits that cube well."""
    size = w.abs(x)
    small = w.compare("olt", size, splat(2.0**-1022))
    larger = w.select(small, w.mul(size, splat(2.0**54)), size)
    whole = w.double(w.longs("or", w.longs("lshr", w.bits(larger), 32), TWO_52_BITS))
    third = w.product_and_sum(
        w.sub(whole, splat(2.0**52)), splat(1.0 / 3.0), splat(2.0**52 + CBRT_BITS)
    )
    t = w.double(w.longs("shl", w.bits(third), 32))
    u = w.sub(w.mul(w.mul(t, t), w.div(t, larger)), splat(1.0))
    t = w.first_bits(w.mul(t, w.polynomial("cbrt", u)))
    r = w.div(larger, w.mul(t, t))
    z = w.product_and_sum(t, w.div(w.sub(r, t), w.add(w.add(t, t), r)), t)
    z = w.with_sign(w.mul(z, w.select(small, splat(2.0**-18), splat(1.0))), x)
    return w.select(w.compare("ueq", x, w.add(x, x)), x, z)  # 0, inf and NaN


# ---- the C library, lane by lane -----------------------------------------------------------------


def lane_by_lane(name: str, routine: str, count: int) -> str:
    """A function of the C library's as one of vectors, which stands in the module once."""
    w = Formula(name, count, attributes="noinline #0")
    z = "poison"
    for lane in range(WIDTH):
        xs = [w.op(f"extractelement {VECTOR} {x}, i32 {lane}") for x in w.operands]
        y = w.op(f"call double @{routine}({', '.join([f'double {x}' for x in xs])})")
        z = w.op(f"insertelement {VECTOR} {z}, double {y}, i32 {lane}")
    return w.returning(VECTOR, z)


# ---- all of them ---------------------------------------------------------------------------------

FORMULAS: dict[str, Callable[[Formula, str], str]] = {
    "abs": Formula.abs,
    "sqrt": lambda w, x: w.call("llvm.sqrt.v8f64", x),
    "exp": exp,
    "expm1": expm1,
    "tanh": tanh,
    "log": log,
    "log1p": log1p,
    "sin": sin,
    "cos": cos,
    "erf": erf,
    "erfc": erfc,
    "cbrt": cbrt,
}

# rows that the C library has by the same name, and of how many arguments
LIBM = {
    "log2": 1, "log10": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "sinh": 1, "cosh": 1,
    "asinh": 1, "acosh": 1, "atanh": 1, "atan2": 2, "hypot": 2, "pow": 2,
}  # fmt: skip

# units of the last digit: found in campaigns, and rounded up; of the C library, glibc's
ULP = {
    "abs": 0.0, "sqrt": 0.5, "exp": 1.25, "expm1": 2.25, "log": 1.0, "log1p": 1.0, "sin": 1.5,
    "cos": 1.5, "tanh": 1.75, "erf": 1.5, "erfc": 2.0, "cbrt": 0.75,
    "log2": 1.0, "log10": 2.0, "tan": 1.0, "asin": 1.0, "acos": 1.0, "atan": 1.0, "sinh": 2.0,
    "cosh": 2.0, "asinh": 2.0, "acosh": 2.5, "atanh": 2.0, "atan2": 1.0, "hypot": 1.0, "pow": 1.0,
}  # fmt: skip

VECTORS = [("fabs", 1), ("sqrt", 1), ("copysign", 2), ("fma", 3)]
INTRINSICS = (
    *[f"declare {VECTOR} @llvm.{word}.v8f64({', '.join([VECTOR] * n)})" for word, n in VECTORS],
    f"declare i1 @llvm.vector.reduce.or.v8i1({MASK})",
    *[f"declare double @{name}({', '.join(['double'] * n)})" for name, n in LIBM.items()],
    *[f"declare double @{name}(double)" for name in ("sin", "cos")],
)


def definitions(fma: bool) -> str:
    """The text of all functions: @v_exp and its like, which call what INTRINSICS declare.

    With `fma` the processor multiplies and adds in one step: without, that step would be a call of
    the C library's, and the formulas are as exact in two.
    """
    texts = []
    for name, formula in FORMULAS.items():
        w = Formula(f"v_{name}", fma=fma)
        texts.append(w.returning(VECTOR, formula(w, *w.operands)))
    texts += [lane_by_lane(f"v_{name}", name, count) for name, count in LIBM.items()]
    texts += [lane_by_lane(f"libm_{name}", name, 1) for name in ("sin", "cos")]
    return "\n\n".join(texts)
