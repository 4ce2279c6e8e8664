"""Twenty lines as a user writes them: a type checker sees a type everywhere, and never Any."""

from typing import assert_type

from autograd import (
    Tape,
    Value,
    clip,
    constant,
    derivatives,
    grad,
    gradcheck,
    hypot,
    jacobian,
    maximum,
    mean,
    softmax,
    sumprod,
    tanh,
    total,
    trace,
    value_and_grad,
    where,
)
from autograd.checking.report import Report
from nn import MLP, Data, History, Neuron, fit, l2, softmax_cross_entropy, squared_error, xor
from nn.training.optimizers import SGD
from viz import Explanation, Ledger, LivePage, Page, Picture, draw, explain, explore


def f(x: Value) -> Value:
    return 2 * x**2 - x / 3 + abs(-x)


def g(p: list[Value]) -> Value:
    return p[0] * p[1]


def both(p: list[Value]) -> list[Value]:
    return [p[0] * p[1], p[0]]


x, y, weights = Value(0.5, "x"), Value(2.0), [Value(1.0), Value(-1.0)]
assert_type(1 - f(x) * y, Value)
assert_type(x.data + x.grad, float)
assert_type(x > y, bool)
assert_type(tanh(x), Value)
assert_type(tanh(0.5), float)
assert_type(x.tanh(), Value)
assert_type(hypot(3.0, x), Value)
assert_type(clip(x, 0, 1), Value)
assert_type(maximum(x, 0.0), Value)
assert_type(where(x > y, x, 0.0), Value)
assert_type(total(weights), Value)
assert_type(mean([1.0, 2.0]), float)
assert_type(sumprod(weights, [3.0, 4.0], x), Value)
assert_type(softmax(weights), list[Value])
assert_type(constant(1.0), Value)
assert_type(grad(f)(2.0), float)
assert_type(grad(grad(f))(x), Value)
assert_type(value_and_grad(g)([1.0, 2.0]), tuple[float, list[float]])
assert_type(jacobian(both, mode="forward")([1.0, 2.0]), list[list[float]])
assert_type(derivatives(f(x), weights), list[Value])
assert_type(gradcheck(f, [0.5]), Report)
tape = trace(f, 0.5)
assert_type(tape, Tape)
assert_type(tape.using("python").backward([0.5], weights=[1.0]), float)
assert_type(tape.engine, str)
assert_type(Neuron(2)([x, 1.0]), Value)

model, data = MLP(2, [3, 1]), xor()
assert_type(model, MLP)
assert_type(data, Data)
assert_type(model([0.0, x]), Value | list[Value])
assert_type(model.outputs([0.0, x]), list[Value])
assert_type(model.parameters(), list[Value])
assert_type(squared_error(model([0.0, x]), 1.0) + l2(model.parameters()), Value)
assert_type(softmax_cross_entropy([0.0, 1.0], 1), float)
optimizer = SGD(model.parameters(), 0.1)
assert_type(fit(model, data, loss=squared_error, optimizer=optimizer, epochs=1), History)

assert_type(draw(f(x), direction="TB", engine="own"), Picture)
assert_type(explain(f(x)), Explanation)
assert_type(explain(f(x), wrt=x), Ledger)
assert_type(explore(f(x)), Page)
assert_type(explore(f(x), live=True), LivePage)
