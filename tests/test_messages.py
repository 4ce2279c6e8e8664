"""What a slip is told: the call one wrote, as one writes it, and what to write instead."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from autograd import (
    Value,
    check_operation,
    clip,
    derivatives,
    describe,
    exp,
    grad,
    gradcheck,
    logsumexp,
    lookup,
    maximum,
    mean,
    norm,
    softmax,
    steps,
    sumprod,
    tanh,
    total,
    where,
)
from nn import MLP
from viz import draw, draw_network, explain, explore

v = Value(2.0, "v")
w = [v, v]
y = v * v
model = MLP(2, [1], rng=Random(0))
INTERNAL = ("<lambda>", "<locals>", "_binary", "method", "tuple", "operands", "__")

# fmt: off
SLIPS: list[tuple[str, Callable[[], Any], str]] = [
    ("x ^ 2",            lambda: v ^ 2,            "a power is written x ** y"),
    ("2 ^ x",            lambda: 2 ^ v,            "a power is written x ** y"),
    ("x % 2",            lambda: v % 2,            "write x - n * y with the whole number n"),
    ("2 % x",            lambda: 2 % v,            "x % y is no operation on Values"),
    ("x // 2",           lambda: v // 2,           "x / y is the quotient, x.data // y a number"),
    ("divmod(x, 2)",     lambda: divmod(v, 2),     "write x - n * y with the whole number n"),
    ("x @ y",            lambda: v @ v,            "the sum of products of two lists is sumprod(w, x)"),
    ("[x] @ y",          lambda: w @ v,            "the sum of products of two lists is sumprod(w, x)"),
    ("x << 1",           lambda: v << 1,           "write x * 2**y"),
    ("x >> 1",           lambda: v >> 1,           "write x / 2**y"),
    ("x & y",            lambda: v & v,            "conditions are joined by `and`"),
    ("x | y",            lambda: v | v,            "conditions are joined by `or`"),
    ("~x",               lambda: ~v,               "the sign is changed by -x"),
    ("round(v)",         lambda: round(v),         "write round(v.data)"),
    ("round(v, 2)",      lambda: round(v, 2),      "write round(v.data)"),
    ("math.floor(v)",    lambda: math.floor(v),    "write math.floor(v.data)"),
    ("math.ceil(v)",     lambda: math.ceil(v),     "write math.ceil(v.data)"),
    ("math.trunc(v)",    lambda: math.trunc(v),    "write math.trunc(v.data)"),
    ("float(v)",         lambda: float(v),         "v.data where only the number is meant"),
    ("int(v)",           lambda: int(v),           "write int(v.data)"),
    ("math.exp(v)",      lambda: math.exp(v),      "write autograd.exp(v) for math.exp(v)"),
    ("x.relu(2)",        lambda: v.relu(2),        "relu takes 1 argument, got 2: write relu(x)"),
    ("x.exp(2)",         lambda: v.exp(2),         "exp takes 1 argument, got 2: write exp(x)"),
    ("x.tanh(x=2)",      lambda: v.tanh(x=2),      "Value.tanh() got an unexpected keyword"),
    ("pow(v, 2, 5)",     lambda: pow(v, 2, 5),     "pow(x, y, modulus) is for whole numbers: write pow(x, y)"),
    ("exp(x, 2)",        lambda: exp(v, 2),        "exp takes 1 argument, got 2: write exp(x)"),
    ("tanh(z=x)",        lambda: tanh(z=v),        "tanh is written tanh(x); got tanh(z=Value)"),
    ("mean(1, 2)",       lambda: mean(1, 2),       "mean is written mean(xs), as in mean([x0, x1, x2]); got mean(int, int)"),
    ("mean(v)",          lambda: mean(v),          "mean is written mean(xs), as in mean([x0, x1, x2]); got mean(Value)"),
    ("total(1, 2)",      lambda: total(1, 2),      "total is written total(xs), as in total([x0, x1, x2])"),
    ("logsumexp(1, 2)",  lambda: logsumexp(1, 2),  "logsumexp is written logsumexp(xs), as in logsumexp([x0"),
    ("softmax(v)",       lambda: softmax(v),       "softmax is written softmax([x0, x1, x2]), got a Value"),
    ("clip(v, 0)",       lambda: clip(v, 0),       "clip is written clip(x, low, high); got clip(Value, int)"),
    ("maximum([a, b])",  lambda: maximum(w),       "got maximum(list): for a list xs write maximum(*xs)"),
    ("sumprod(w)",       lambda: sumprod(w),       "sumprod is written sumprod(w, x, start=0.0), as in sumprod([x0], [x1], x2); got"),
    ("sumprod(w, 3)",    lambda: sumprod(w, 3),    "got sumprod(list, int)"),
    ("where(w, a, b)",   lambda: where(w, v, v),   "for sequences write [where(c, a, b) for c, a, b in zip("),
    ("where(c, w, w)",   lambda: where(True, w, w), "where chooses one number: for sequences write"),
    ("where('x', a, b)", lambda: where("x", v, v), "an operand of where"),
    ("norm(1, 2)",       lambda: norm(1, 2),       "norm is written norm(xs), as in norm([x0, x1, x2])"),
    ("where(v, a)",      lambda: where(v, v),      "where takes 3 arguments, got 2: write where(condition, a, b)"),
    ("where(v, a, b, c)", lambda: where(v, v, v, v), "where takes 3 arguments, got 4: write where(condition, a, b)"),
    ("lookup(w)",        lambda: lookup(w),        "lookup is written lookup(items, index), as in lookup([x0, x1], x2)"),
    ("draw('x')",        lambda: draw("x"),        "draw needs a node, such as a Value, got the text 'x': give the Value itself"),
    ("draw(model)",      lambda: draw(model),      "draw_network(model) draws it"),
    ("draw(f)",          lambda: draw(math.sin),   "give what it returns, sin(...)"),
    ("draw(2.0)",        lambda: draw(2.0),        "got a float, which remembers no graph"),
    ("draw([x])",        lambda: draw(w),          "got a list: give one of its Values"),
    ("draw(names=[x])",  lambda: draw(y, names=[v]), "as names=locals() does, got a list"),
    ("draw(names='x')",  lambda: draw(y, names="v"), "as names=locals() does, got the text 'v'"),
    ("explain('x')",     lambda: explain("x"),     "explain needs a node, such as a Value, got the text 'x'"),
    ("explain(model)",   lambda: explain(model),   "got an MLP: give what it makes of an example, model(x)"),
    ("explain(names=)",  lambda: explain(y, names=[v]), "as names=locals() does, got a list"),
    ("explain(wrt='x')", lambda: explain(y, wrt="x"), "explain(root, wrt=...) needs a node"),
    ("explore('x')",     lambda: explore("x"),     "explore needs a node, such as a Value, got the text 'x'"),
    ("explore(model)",   lambda: explore(model),   "got an MLP: give what it makes of an example, model(x)"),
    ("explore(names=)",  lambda: explore(y, names=[v]), "as names=locals() does, got a list"),
    ("explore(sources=)", lambda: explore(y, sources=[v]), "explore's sources are the lines of nodes"),
    ("draw_network('x')", lambda: draw_network("x"), "such as MLP(2, [3, 1]), got the text 'x'"),
    ("gradcheck('x')",   lambda: gradcheck("x"),   "gradcheck needs a function or a node to check, got the text 'x'"),
    ("gradcheck(model)", lambda: gradcheck(model), "gradcheck needs inputs, the numbers at which to check f: gradcheck(f, [1.0"),
    ("gradcheck(model, [1, 2])", lambda: gradcheck(model, [1, 2]), "One sequence is gradcheck(f, [[1.0, 2.0]])"),
    ("check_operation('tanh')", lambda: check_operation("tanh"), 'OPERATIONS["tanh"]'),
    ("grad(v)(1.0)",     lambda: grad(v)(1.0),     "grad and its kin need a function, got a Value"),
    ("derivatives(y, 3)", lambda: derivatives(y, 3), "derivatives needs Values, got an int"),
    ("describe('x')",    lambda: describe("x"),    "a graph ends in a node, such as a Value, and the text 'x' is none"),
    ("steps(model)",     lambda: steps(model),     "a graph ends in a node, such as a Value, and this MLP is none"),
]
# fmt: on


@pytest.mark.parametrize(("call", "told"), [s[1:] for s in SLIPS], ids=[s[0] for s in SLIPS])
def test_a_slip_is_told_what_to_write(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(TypeError) as error:
        call()
    message = str(error.value)
    assert told in message
    assert not [word for word in INTERNAL if word in message], message


def test_what_is_no_number_may_have_its_own_say() -> None:
    class Mask:
        def __rand__(self, x: Value) -> str:
            return "mine"

    assert v & Mask() == "mine"  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        v ^ "a"


@pytest.mark.parametrize("operator", ["__xor__", "__mod__", "__matmul__", "__and__", "__lshift__"])
def test_constants_are_told_the_same(operator: str) -> None:
    with pytest.raises(TypeError, match="is no operation on Values"):
        getattr(v, operator)(Value(1.0))
