"""One contestant's gradients of a network's mean loss and L2, each call timed.

A call takes numbers as the contestant's user holds them (lists here, arrays with NumPy, tensors
with PyTorch) and gives the loss as a float and the gradient; parameters stay where they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

Call = Callable[[], tuple[float, Any]]

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measure(contestant: str, problem: dict[str, Any], seconds: float, calls: int) -> dict[str, Any]:
    """Median milliseconds of a call, of so many or of what the time allows; its loss, gradient."""
    os.environ.update(ONE_THREAD)  # before NumPy or PyTorch is imported
    call = CONTESTANTS[contestant](problem)
    value, gradient = call()  # the first warms up
    times: list[float] = []
    start = perf_counter()
    while not times or (len(times) < calls and perf_counter() - start < seconds):
        begin = perf_counter()
        call()
        times.append(perf_counter() - begin)
    return {"ms": 1e3 * median(times), "found": [value, *map(float, gradient)]}


# ---- ours ----------------------------------------------------------------------------------------


def network(problem: dict[str, Any]) -> tuple[Any, Any]:
    """The model with the problem's weights, and its loss at an example without the mean."""
    from autograd import Value, sumprod
    from nn import MLP, hinge, softmax_cross_entropy

    nin, *nouts = problem["sizes"]
    model = MLP(nin, nouts, problem.get("activation", "relu"))
    parameters = model.parameters()
    for p, weight in zip(parameters, problem["weights"], strict=True):
        p.data = weight

    by_itself: Any = hinge if nouts[-1] == 1 else softmax_cross_entropy

    def loss(x: Any, y: Any) -> Value:
        penalty = problem["alpha"] * sumprod(parameters, parameters)
        whole: Value = by_itself(model(x), y) + penalty
        return whole

    return model, loss


def eager(problem: dict[str, Any]) -> Call:
    """A graph for each call, as in `benchmarks.workers.step_chainrule`."""
    from autograd import mean, sumprod
    from nn import hinge, softmax_cross_entropy

    model, _ = network(problem)
    parameters = model.parameters()
    loss = hinge if problem["sizes"][-1] == 1 else softmax_cross_entropy

    def call() -> tuple[float, Any]:
        examples = zip(problem["inputs"], problem["labels"])
        penalty = problem["alpha"] * sumprod(parameters, parameters)
        whole = mean([loss(model(x), y) for x, y in examples]) + penalty
        for p in parameters:
            p.grad = 0.0
        whole.backward()
        return whole.data, [p.grad for p in parameters]

    return call


def traced(problem: dict[str, Any]) -> Any:
    """The tape of the loss."""
    from autograd import trace

    model, loss = network(problem)
    x, y = problem["inputs"][0], problem["labels"][0]
    return trace(loss, x, y, parameters=model.parameters())


def python(problem: dict[str, Any]) -> Call:
    """Generated Python, on lists."""
    tape = traced(problem).using("python")
    theta, x, y = problem["weights"], problem["inputs"], problem["labels"]
    return lambda: tape.value_and_grad(theta, x, y)


def numpy(problem: dict[str, Any]) -> Call:
    """NumPy over groups, on arrays."""
    import numpy as np

    tape = traced(problem).using("numpy")
    theta, x, y = (np.array(problem[key], float) for key in ("weights", "inputs", "labels"))
    return lambda: tape.value_and_grad(theta, x, y)


def numpy_lists(problem: dict[str, Any]) -> Call:
    """NumPy over groups, on lists."""
    tape = traced(problem).using("numpy")
    theta, x, y = problem["weights"], problem["inputs"], problem["labels"]
    return lambda: tape.value_and_grad(theta, x, y)


# ---- PyTorch -------------------------------------------------------------------------------------


def torch(problem: dict[str, Any]) -> Call:
    """Batched tensors of float64, the usual layers and losses."""
    import torch
    from torch import nn

    torch.set_default_dtype(torch.float64)
    sizes, alpha = problem["sizes"], problem["alpha"]
    layers: list[Any] = []
    weights = iter(problem["weights"])
    for nin, nout in pairwise(sizes):
        layer = nn.Linear(nin, nout)
        with torch.no_grad():
            for k in range(nout):
                layer.weight[k] = torch.tensor([next(weights) for _ in range(nin)])
                layer.bias[k] = next(weights)
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    parameters = list(model.parameters())
    x = torch.tensor(problem["inputs"])
    binary = sizes[-1] == 1
    y = torch.tensor(problem["labels"], dtype=torch.float64 if binary else torch.long)

    def call() -> tuple[float, Any]:
        scores = model(x)
        if binary:
            own = torch.relu(1.0 - y * scores[:, 0]).mean()
        else:
            own = nn.functional.cross_entropy(scores, y)
        whole = own + alpha * sum((p * p).sum() for p in parameters)
        for p in parameters:
            p.grad = None
        whole.backward()
        return whole.item(), (g for layer in layers[::2] for g in of(layer))

    def of(layer: Any) -> Any:
        """The gradient of a layer in the order of ours: neuron by neuron, its bias last."""
        return torch.cat([layer.weight.grad, layer.bias.grad[:, None]], 1).flatten().tolist()

    return call


CONTESTANTS = {f.__name__: f for f in (eager, python, numpy, numpy_lists, torch)}
