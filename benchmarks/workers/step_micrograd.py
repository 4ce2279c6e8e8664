"""The demo step with micrograd's own engine and nn.

The lines of `forward` are those of its demo notebook.
"""

from __future__ import annotations

from typing import Any

from micrograd.engine import Value
from micrograd.nn import MLP

from benchmarks.workers.step import Step, run


class MicrogradStep(Step):
    """As in micrograd's demo notebook."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        nin, *nouts = problem["sizes"]
        self.model = MLP(nin, nouts)
        self.parameters = self.model.parameters()
        for p, weight in zip(self.parameters, problem["weights"], strict=True):
            p.data = weight

    def forward(self) -> Any:
        inputs = [list(map(Value, xrow)) for xrow in self.problem["inputs"]]
        scores = list(map(self.model, inputs))
        labels = self.problem["labels"]
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = self.problem["alpha"] * sum(p * p for p in self.parameters)
        return data_loss + reg_loss


def measure(problem: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(MicrogradStep(problem), **how)
