"""The truth at 50 digits: every row of the table once more, as a function on mpmath numbers.

Nothing here knows a rule of calculus: `slope` differentiates these functions numerically.

    FORWARD["sigmoid"](mp.mpf(2))    a row's value; operands are flat, as Operation.compute has them
    slope("atan2", (y, x), 0)        its derivative with respect to operand 0, off kinks
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mpmath import MPContext

mp = MPContext()  # a context of our own: nobody else's precision is changed
mp.dps = 120
DIGITS = 60  # what a slope is rounded to: at least 50 of them are right
STEP = mp.mpf(2) ** -133  # relative; about 1e-40, so truncation is about 1e-80
SCALE, ALPHA = mp.mpf(1.0507009873554805), mp.mpf(1.6732632423543772)  # of selu, as floats
LADDER = (120, 460, 1500)  # digits to work with: more where the difference cancels more


def erfc(x: Any) -> Any:
    """erfc; from a million on, where mpmath needs a library to come so far, it is 0 or 2."""
    return mp.erfc(x) if abs(x) < 10**6 else mp.mpf(2 if x < 0 else 0)


def sum_of_products(*xs: Any) -> Any:
    n = len(xs) // 2
    return mp.fsum(w * x for w, x in zip(xs[:n], xs[n:])) + sum(xs[2 * n :])


# fmt: off
FORWARD: dict[str, Callable[..., Any]] = {
    # ---- arithmetic ------------------------------------------------------------------------------
    "add":        lambda x, y: x + y,
    "sub":        lambda x, y: x - y,
    "mul":        lambda x, y: x * y,
    "div":        lambda x, y: x / y,
    "pow":        lambda x, y: x**y,
    "neg":        lambda x: -x,
    "pos":        lambda x: x,
    "abs":        lambda x: mp.fabs(x),
    # ---- exponentials, logarithms, roots ---------------------------------------------------------
    "exp":        lambda x: mp.exp(x),
    "expm1":      lambda x: mp.expm1(x),
    "log":        lambda x: mp.log(x),
    "log1p":      lambda x: mp.log1p(x),
    "log2":       lambda x: mp.log(x) / mp.log(2),
    "log10":      lambda x: mp.log(x) / mp.log(10),
    "sqrt":       lambda x: mp.sqrt(x),
    "cbrt":       lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x)),
    # ---- trigonometric and hyperbolic ------------------------------------------------------------
    "sin":        lambda x: mp.sin(x),
    "cos":        lambda x: mp.cos(x),
    "tan":        lambda x: mp.tan(x),
    "asin":       lambda x: mp.asin(x),
    "acos":       lambda x: mp.acos(x),
    "atan":       lambda x: mp.atan(x),
    "sinh":       lambda x: mp.sinh(x),
    "cosh":       lambda x: mp.cosh(x),
    "tanh":       lambda x: mp.tanh(x),
    "asinh":      lambda x: mp.asinh(x),
    "acosh":      lambda x: mp.acosh(x),
    "atanh":      lambda x: mp.atanh(x),
    "erf":        lambda x: mp.erf(x),
    "erfc":       lambda x: erfc(x),
    "atan2":      lambda y, x: mp.atan2(y, x),
    "sinc":       lambda x: mp.sincpi(x),
    "hypot":      lambda x, y: mp.sqrt(x * x + y * y),
    # ---- activations -----------------------------------------------------------------------------
    "sigmoid":    lambda x: 1 / (1 + mp.exp(-x)),
    "softplus":   lambda x: mp.log1p(mp.exp(x)),
    "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "softsign":   lambda x: x / (1 + mp.fabs(x)),
    "silu":       lambda x: x / (1 + mp.exp(-x)),
    "mish":       lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "gelu":       lambda x: x * erfc(-x / mp.sqrt(2)) / 2,
    "relu":       lambda x: max(x, mp.zero),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu":        lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "selu":       lambda x: SCALE * (x if x > 0 else ALPHA * mp.expm1(x)),
    "hardtanh":   lambda x: min(max(x, -mp.one), mp.one),
    # ---- choices ---------------------------------------------------------------------------------
    "where":      lambda condition, a, b: a if condition else b,
    "clip":       lambda x, low, high: min(max(x, low), high),
    "maximum":    lambda *xs: max(xs),
    "minimum":    lambda *xs: min(xs),
    "lookup":     lambda *xs: xs[int(xs[-1])],
    # ---- sums and products -----------------------------------------------------------------------
    "total":      lambda *xs: mp.fsum(xs),
    "sumprod":    sum_of_products,
    "mean":       lambda *xs: mp.fsum(xs) / len(xs),
    "prod":       lambda *xs: mp.fprod(xs),
    "norm":       lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs)),
    "logsumexp":  lambda *xs: mp.log(mp.fsum(mp.exp(x) for x in xs)),
}
# fmt: on


def slope(name: str, xs: Sequence[Any], i: int) -> Any:
    """d forward(*xs) / d xs[i], a central difference at as many digits as its cancellation asks."""
    forward = FORWARD[name]
    h = STEP * (abs(xs[i]) or min([1, *(abs(x) for x in xs if x != 0)]))
    below, above = list(xs), list(xs)
    try:
        for digits in LADDER:
            mp.dps = digits
            below[i], above[i] = xs[i] - h, xs[i] + h
            low, high = forward(*below), forward(*above)
            difference = high - low
            if abs(difference) > max(abs(low), abs(high)) * mp.mpf(10) ** (DIGITS - digits):
                break
        mp.dps = DIGITS
        return difference / (2 * h)
    finally:
        mp.dps = LADDER[0]
