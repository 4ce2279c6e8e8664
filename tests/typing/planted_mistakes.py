"""Mistakes that a type checker finds before anything runs; each says MISTAKE at its end."""

from autograd import Value, grad, jacobian, mean, tanh
from nn import MLP
from viz import draw, explain, explore

x = Value("0.5")  # MISTAKE
y = Value(0.5)
y ^ 2  # MISTAKE
y + "1"  # MISTAKE
float(y)  # MISTAKE
tanh("0.5")  # MISTAKE
tanh([y])  # MISTAKE
mean(1.0, 2.0)  # MISTAKE
grad(tanh)("0.5")  # MISTAKE
jacobian(tanh, mode="up")  # MISTAKE
MLP(2, [1])(y)  # MISTAKE
draw("y")  # MISTAKE
draw(y, direction="up")  # MISTAKE
explain(MLP(2, [1]))  # MISTAKE
explore(y, engine="neato")  # MISTAKE
