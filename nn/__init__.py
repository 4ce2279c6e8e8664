"""Neurons, layers and networks made of Values, and what it takes to train them.

    from nn import MLP, SGD, half_squared_error
    model = MLP(2, [3, 1], activation="tanh")
    loss = half_squared_error(model([1.0, -2.0]), 0.5)
    loss.backward()
    SGD(model.parameters(), learning_rate=0.1).step()

The data sets `moons` and `iris` are lists of floats.
"""

import autograd

if not hasattr(autograd, "topological_order"):
    raise ImportError(
        "the package `autograd` found here is not chainrule's: PyPI's `autograd` (HIPS) has the "
        "same import name; `pip uninstall autograd`, then install chainrule again"
    )

from nn.datasets import Data, Scaling, iris, moons, standardize, stratified_split
from nn.losses import half_squared_error, hinge, softmax_cross_entropy
from nn.modules import MLP, Layer, Module, Neuron
from nn.optimizers import SGD

__all__ = [
    "MLP", "SGD", "Data", "Layer", "Module", "Neuron", "Scaling", "half_squared_error", "hinge",
    "iris", "moons", "softmax_cross_entropy", "standardize", "stratified_split",
]  # fmt: skip
