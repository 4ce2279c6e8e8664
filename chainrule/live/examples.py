"""The prepared examples: each ten lines or fewer, to be changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A text with its title."""

    title: str
    text: str


EXAMPLES = (
    Example(
        "One neuron",
        """\
from autograd import Value, tanh

x = Value(0.7, "x")
w = Value(-1.3, "w")
b = Value(0.2, "b")
a = w * x + b
y = tanh(a)
y.backward()
print(w.grad)
""",
    ),
    Example(
        "A sum over two paths",
        """\
from autograd import Value

x = Value(3.0, "x")
a = 2 * x
b = a * x
y = a + b
y.backward()
print(x.grad)  # both paths: 2 * (1 + x) + a
""",
    ),
    Example(
        "A network and its loss",
        """\
import random
from nn import MLP

model = MLP(2, [2, 1], rng=random.Random(1))
out = model([0.5, -1.0])
loss = (out - 1) ** 2
loss.backward()
""",
    ),
    Example(
        "A kink",
        """\
from autograd import Value, relu

x = Value(0.0, "x")
y = relu(x) + relu(-x)  # |x|: which slope has it at 0?
y.backward()
print(x.grad)
""",
    ),
    Example(
        "A step downhill",
        """\
from autograd import Value

w = Value(4.0, "w")
for step in range(5):
    w.zero_grad()
    loss = (w - 1) ** 2
    loss.backward()
    print(step, loss.data)
    w.data -= 0.3 * w.grad
loss = (w - 1) ** 2
""",
    ),
    Example(
        "A slip: float(v)",
        """\
import math
from autograd import Value, exp

x = Value(0.5, "x")
y = math.exp(x) * x  # a float forgets where it came from
y.backward()
""",
    ),
)
