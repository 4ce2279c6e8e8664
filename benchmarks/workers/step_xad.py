"""The demo step with XAD, a C++ tape driven from Python, in the idiom of its own samples.

One tape is reused; inputs stay floats, which XAD does not record.
"""

from __future__ import annotations

from typing import Any

from xad import math
from xad.adj_1st import Real, Tape

from benchmarks.workers.plain import demo_loss, network, score
from benchmarks.workers.step import Step, run


def relu(x: Real) -> Real:
    """max(x, 0)."""
    return math.max(x, 0.0)


class XadStep(Step):
    """Each step registers the parameters on the cleared tape and records anew."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        self.weights = problem["weights"]
        self.derivatives: list[float] = []
        self.tape = Tape()
        self.tape.activate()

    def forward(self) -> Real:
        self.tape.clearAll()
        self.parameters = [Real(weight) for weight in self.weights]
        self.tape.registerInputs(self.parameters)
        self.tape.newRecording()
        layers = network(self.problem["sizes"], self.parameters)
        scores = [score(layers, x, relu) for x in self.problem["inputs"]]
        labels, alpha = self.problem["labels"], self.problem["alpha"]
        return demo_loss(scores, labels, self.parameters, alpha, relu)

    def backward(self, loss: Real) -> None:
        self.tape.registerOutput(loss)
        loss.derivative = 1.0
        self.tape.computeAdjoints()
        self.derivatives = [p.derivative for p in self.parameters]

    def value(self, loss: Real) -> float:
        return float(loss.value)

    def gradients(self) -> list[float]:
        return self.derivatives

    def update(self, rate: float) -> None:
        self.weights = [w - rate * d for w, d in zip(self.weights, self.derivatives)]


def measure(problem: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(XadStep(problem), **how)
