"""What JAX's primitives are in the table: rows, or formulas that are made of rows.

EACH["logistic"]            a function of the elements, by JAX's names
LINES["reduce_sum"]         a function of the elements along axes
products(w, x, ...)         matrix products of any kind, an element a sum of products
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from autograd import operations as table
from autograd.importing.arrays import Array, filled, is_known
from autograd.recording import no_grad
from autograd.value import Value

# ---- elements ------------------------------------------------------------------------------------


def larger(x: Any, y: Any) -> Any:
    """The larger; -inf, with which JAX begins a maximum, is none of the operands."""
    return _unless(-math.inf, table.maximum, x, y)


def smaller(x: Any, y: Any) -> Any:
    """The smaller; inf is none of the operands."""
    return _unless(math.inf, table.minimum, x, y)


def _unless(neutral: float, row: Any, x: Any, y: Any) -> Any:
    if type(x) is float and x == neutral:
        return y
    return x if type(y) is float and y == neutral else row(x, y)


def power(x: Any, y: Any) -> Any:
    """x**y; JAX also has whole numbers y."""
    return x ** (float(y) if isinstance(y, int) else y)


def sign(x: Any) -> Any:
    """The derivative of |x|, which has none itself."""
    with no_grad():
        return table.abs_slope(x, abs(x))


def cut(x: Any) -> Any:
    """The number, for whose derivative nobody asks."""
    if not isinstance(x, Value):
        return x
    with no_grad():
        return +x


def is_finite(x: Any) -> Any:
    """Whether x is neither infinite nor NaN."""
    return (x > -math.inf) & (x < math.inf)


def negation(c: Any) -> Any:
    """Whether a condition does not hold."""
    return not c if isinstance(c, bool) else c == 0.0


def either(c: Any, if_false: Any, if_true: Any) -> Any:
    """The same for conditions."""
    return (c & if_true) | (negation(c) & if_false)


def remainder(x: Any, y: Any) -> Any:
    """x - n*y, where numbers say which whole number n is."""
    number, divisor = (v.data if isinstance(v, Value) else v for v in (x, y))
    n = round((number - math.fmod(number, divisor)) / divisor)
    return x - n * y if n else x


def choice(c: Any, if_false: Any, if_true: Any) -> Any:
    """What a condition chooses, in JAX's order."""
    return table.where(c, if_true, if_false)


# fmt: off
EACH: dict[str, Callable[..., Any]] = {
    "add": operator.add, "add_any": operator.add, "sub": operator.sub, "mul": operator.mul,
    "div": operator.truediv, "neg": operator.neg, "abs": abs, "pow": power,
    "max": larger, "min": smaller, "clamp": lambda low, x, high: table.clip(x, low, high),
    "exp": table.exp, "exp2": lambda x: 2.0**x, "expm1": table.expm1,
    "log": table.log, "log1p": table.log1p,
    "sqrt": table.sqrt, "cbrt": table.cbrt,
    "square": lambda x: x**2.0, "rsqrt": lambda x: 1.0 / table.sqrt(x),
    "sin": table.sin, "cos": table.cos, "tan": table.tan,
    "asin": table.asin, "acos": table.acos, "atan": table.atan, "atan2": table.atan2,
    "sinh": table.sinh, "cosh": table.cosh, "tanh": table.tanh,
    "asinh": table.asinh, "acosh": table.acosh, "atanh": table.atanh,
    "logistic": table.sigmoid, "erf": table.erf, "erfc": table.erfc,
    "sign": sign, "rem": remainder, "stop_gradient": cut,
}
CONDITIONS: dict[str, Callable[..., Any]] = {
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "lt_to": operator.lt, "le_to": operator.le, "eq_to": operator.eq,
    "eq": operator.eq, "ne": operator.ne, "and": operator.and_, "or": operator.or_,
    "xor": operator.ne, "not": negation, "is_finite": is_finite,
}
# along axes
LINES: dict[str, Callable[[list[Any]], Any]] = {
    "reduce_sum": table.total, "reduce_prod": table.prod,
    "reduce_max": lambda xs: table.maximum(*xs), "reduce_min": lambda xs: table.minimum(*xs),
    "reduce_and": lambda xs: reduce(operator.and_, xs),
    "reduce_or": lambda xs: reduce(operator.or_, xs),
}
WINDOWS: dict[str, Callable[[list[Any]], Any]] = {
    "reduce_window_sum": LINES["reduce_sum"],
    "reduce_window_max": LINES["reduce_max"], "reduce_window_min": LINES["reduce_min"],
}
RUNNING: dict[str, Callable[[Any, Any], Any]] = {
    "cumsum": operator.add, "cumprod": operator.mul,
    "cummax": table.maximum, "cummin": table.minimum,
    "cumlogsumexp": lambda x, y: table.logsumexp([x, y]),
}
# what several updates of one place become
UPDATES: dict[str, Callable[[list[Any]], Any]] = {
    "scatter-add": LINES["reduce_sum"], "scatter_add": LINES["reduce_sum"],
    "scatter-mul": LINES["reduce_prod"], "scatter_mul": LINES["reduce_prod"],
    "scatter-max": LINES["reduce_max"], "scatter_max": LINES["reduce_max"],
    "scatter-min": LINES["reduce_min"], "scatter_min": LINES["reduce_min"],
}
# of numbers, where NumPy is faster than to compile; integers wrap around in both
NUMBERS: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "neg": np.negative,
    "max": np.maximum, "min": np.minimum,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal, "and": np.bitwise_and, "or": np.bitwise_or,
    "stop_gradient": np.positive,
}
# fmt: on


# ---- sums of products ------------------------------------------------------------------------


class Pending:
    """A sum of products that waits whether a bias is added: a neuron is one node."""

    __slots__ = ("w", "x")

    def __init__(self, w: Sequence[Any], x: Sequence[Any]) -> None:
        self.w, self.x = w, x

    def plus(self, start: Any) -> Any:
        return table.sumprod(self.w, self.x, start)

    def alone(self) -> Any:
        if len(self.w) == 1:
            return self.w[0] * self.x[0]
        return table.sumprod(self.w, self.x) if self.w else 0.0


def plus(x: Any, y: Any) -> Any:
    """x + y, where one or both may be pending."""
    if isinstance(x, Pending):
        return x.plus(alone(y))
    return y.plus(x) if isinstance(y, Pending) else x + y


def alone(x: Any) -> Any:
    """x, recorded if it was pending."""
    return x.alone() if isinstance(x, Pending) else x


def is_pending(xs: Array) -> bool:
    """Whether an array holds sums that wait."""
    return not is_known(xs) and xs.size > 0 and isinstance(xs.flat[0], Pending)


def products(w: Array, x: Array, dimension_numbers: Any) -> Array:
    """JAX's dot_general: axes summed over, axes that go along with each other, and all others."""
    (sum_w, sum_x), (along_w, along_x) = dimension_numbers
    along = [w.shape[i] for i in along_w]
    (lines_w, shape_w), (lines_x, shape_x) = _lines(w, sum_w, along_w), _lines(x, sum_x, along_x)
    found = [
        Pending(a, b)
        for block_w, block_x in zip(lines_w, lines_x)
        for a in block_w
        for b in block_x
    ]
    return filled(found, [*along, *shape_w, *shape_x])


def _lines(xs: Array, summed: Sequence[int], along: Sequence[int]) -> tuple[Any, list[int]]:
    """For each place along, the lists that are multiplied; the shape of these others."""
    others = [i for i in range(xs.ndim) if i not in (*summed, *along)]
    shape = [xs.shape[i] for i in others]
    lines = xs.transpose([*along, *others, *summed])
    sizes = [math.prod(xs.shape[i] for i in axes) for axes in (along, others, summed)]
    return lines.reshape(sizes).tolist(), shape
