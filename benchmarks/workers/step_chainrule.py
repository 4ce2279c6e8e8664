"""The demo step with our nn, written as its user would write it.

One node for a neuron's sum, one for its relu, one for the mean, one for the sum of squares.
"""

from __future__ import annotations

from typing import Any

from autograd import Value, mean, sumprod
from benchmarks.workers.step import Step, run
from nn import MLP, hinge


class ChainruleStep(Step):
    """nn.MLP, nn.hinge, and the functions of autograd."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        nin, *nouts = problem["sizes"]
        self.model = MLP(nin, nouts)
        self.parameters = self.model.parameters()
        for p, weight in zip(self.parameters, problem["weights"], strict=True):
            p.data = weight

    def forward(self) -> Value:
        examples = zip(self.problem["inputs"], self.problem["labels"])
        data_loss = mean([hinge(self.model(x), y) for x, y in examples])
        loss: Value = data_loss + self.problem["alpha"] * sumprod(self.parameters, self.parameters)
        return loss


def measure(problem: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(ChainruleStep(problem), **how)
