"""Neurons, layers and networks made of Values, and what it takes to train and keep them.

    model = MLP(2, [16, 16, 2], "tanh", rng=Random(0))
    train, held_out = stratified_split(moons(200, rng=Random(0)), 40, rng=Random(0))
    history = fit(model, train, loss=softmax_cross_entropy, epochs=20, batch_size=10,
                  optimizer=SGD(model.parameters(), 0.3), held_out=held_out, rng=Random(0))
    save(model, "moons.json")

A loss takes what the model returns for one example, an optimizer moves parameters by their
gradients, and a data set is lists of floats.  Data sets are made in `nn.data`, `fit` and the
optimizers are in `nn.training`, files of models in `nn.files`, and `nn.by_hand` has five
derivations of backpropagation as their authors wrote them.  It imports the engine, and `viz` where
a history is asked to plot itself; `chainrule` imports it.
"""

import autograd

if not hasattr(autograd, "topological_order"):
    raise ImportError(
        "the package `autograd` found here is not chainrule's: PyPI's `autograd` (HIPS) has the "
        "same import name; `pip uninstall autograd`, then install chainrule again"
    )

from nn.data.csv_files import load_csv
from nn.data.datasets import (
    Data,
    Scaling,
    circles,
    iris,
    moons,
    spirals,
    standardize,
    stratified_split,
    xor,
)
from nn.files.architecture import build
from nn.files.saving import ModelFileError, load, load_into, save
from nn.files.weights import load_safetensors, load_state_dict, save_safetensors, state_dict
from nn.losses import (
    binary_cross_entropy,
    half_squared_error,
    hinge,
    l1,
    l2,
    softmax_cross_entropy,
    squared_error,
)
from nn.modules import MLP, Activation, Layer, Linear, Module, Neuron, Sequential
from nn.summaries import summary
from nn.training import schedules
from nn.training.divergence import DivergedError
from nn.training.fit import fit
from nn.training.history import Epoch, History
from nn.training.optimizers import (
    SGD,
    Adam,
    AdamW,
    Momentum,
    Optimizer,
    clip_by_norm,
    clip_by_value,
)

__all__ = [
    "MLP", "SGD", "Activation", "Adam", "AdamW", "Data", "DivergedError", "Epoch", "History",
    "Layer", "Linear", "ModelFileError", "Module", "Momentum", "Neuron", "Optimizer", "Scaling",
    "Sequential", "binary_cross_entropy", "build", "circles", "clip_by_norm", "clip_by_value",
    "fit", "half_squared_error", "hinge", "iris", "l1", "l2", "load", "load_csv", "load_into",
    "load_safetensors", "load_state_dict", "moons", "save", "save_safetensors", "schedules",
    "softmax_cross_entropy", "spirals", "squared_error", "standardize", "state_dict",
    "stratified_split", "summary", "xor",
]  # fmt: skip
