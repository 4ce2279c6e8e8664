"""Optimisers: how gradients move parameters, in order of increasing complexity."""

from __future__ import annotations

from collections.abc import Iterable

from autograd import Value


class SGD:
    """Gradient descent: w <- w - learning_rate * dE/dw (Bradbury, eq. 31)."""

    def __init__(self, parameters: Iterable[Value], learning_rate: float = 0.1) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        if not self.parameters:
            raise ValueError("there is nothing to optimise: parameters is empty")
        if not learning_rate > 0:
            raise ValueError(f"the learning rate must be above 0, got {learning_rate!r}")

    def step(self) -> None:
        """Move every parameter against its gradient."""
        for p in self.parameters:
            p.data -= self.learning_rate * p.grad

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0
