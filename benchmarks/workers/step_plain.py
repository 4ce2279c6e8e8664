"""The demo step in micrograd's expressions with our Value in them: one node per + and *.

Against micrograd this compares the two engines alone.
"""

from __future__ import annotations

from typing import Any

from autograd import Value
from benchmarks.workers.plain import demo_loss, network, score
from benchmarks.workers.step import Step, run


class PlainStep(Step):
    """micrograd's network in plain Python over our Values."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        self.parameters = [Value(weight) for weight in problem["weights"]]
        self.layers = network(problem["sizes"], self.parameters)

    def forward(self) -> Value:
        inputs = [list(map(Value, xrow)) for xrow in self.problem["inputs"]]
        scores = [score(self.layers, x, Value.relu) for x in inputs]
        labels, alpha = self.problem["labels"], self.problem["alpha"]
        loss: Value = demo_loss(scores, labels, self.parameters, alpha, Value.relu)
        return loss


def measure(problem: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(PlainStep(problem), **how)
