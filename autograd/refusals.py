"""What Python's numbers can do and a Value cannot: each refusal says what to write instead.

Imports nothing of ours; Value stands on it.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

REMAINDER = "write x - n * y with the whole number n = x.data // y"


def refusal(call: str, instead: str) -> Callable[..., Any]:
    """A method that refuses an operator; what is no number of ours may have its own say."""

    def refuse(self: Any, *others: Any) -> Any:
        if all(isinstance(x, (Number, Refusing, list, tuple)) for x in others):
            raise TypeError(f"{call} is no operation on Values: {instead}")
        return NotImplemented

    refuse.__qualname__ = "Refusing.refuse"  # as help shows it
    return refuse


def rounding(call: str) -> Callable[..., NoReturn]:
    """A method that refuses to make a whole number."""

    def refuse(self: Any, *digits: Any) -> NoReturn:
        raise TypeError(
            f"{call}(v) would drop the gradient of v = {self!r}, whose derivative is 0 nearly "
            f"everywhere: write {call}(v.data) where only the number is meant"
        )

    refuse.__qualname__ = "Refusing.refuse"
    return refuse


class Refusing:
    """The operators and conversions of numbers that Values have not."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a type checker knows that they are not there
        # fmt: off
        __xor__       = refusal("x ^ y", "a power is written x ** y")
        __mod__       = refusal("x % y", REMAINDER)
        __floordiv__  = refusal("x // y", "x / y is the quotient, x.data // y a number")
        __divmod__    = refusal("divmod(x, y)", REMAINDER)
        __matmul__    = refusal("x @ y", "the sum of products of two lists is sumprod(w, x)")
        __lshift__    = refusal("x << y", "write x * 2**y")
        __rshift__    = refusal("x >> y", "write x / 2**y")
        __and__       = refusal("x & y", "conditions are joined by `and`")
        __or__        = refusal("x | y", "conditions are joined by `or`")
        __invert__    = refusal("~x", "the sign is changed by -x, a condition by `not`")
        __rxor__, __rmod__, __rfloordiv__, __rdivmod__  = __xor__, __mod__, __floordiv__, __divmod__
        __rmatmul__, __rlshift__, __rrshift__           = __matmul__, __lshift__, __rshift__
        __rand__, __ror__                               = __and__, __or__

        __round__     = rounding("round")
        __floor__     = rounding("math.floor")
        __ceil__      = rounding("math.ceil")
        __trunc__     = rounding("math.trunc")
        rint          = rounding("np.round")
        # fmt: on

        def __float__(self) -> NoReturn:
            raise TypeError(
                f"float() of {self!r} would drop its gradient: write autograd.exp(v) for "
                "math.exp(v), np.zeros(n, dtype=object) for an array that takes Values, and v.data "
                "where only the number is meant"
            )

        def __int__(self) -> NoReturn:
            raise TypeError(
                f"int() of {self!r} would drop its gradient: write int(v.data) where only the "
                "number is meant, np.zeros(n, dtype=object) for an array that takes Values"
            )
