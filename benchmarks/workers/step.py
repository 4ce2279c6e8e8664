"""One contestant's consecutive steps of micrograd's demo, timed as in a training loop.

A step is forward, release of the last step's graph, zeroed gradients and backward; the update of
the parameters between two steps is not timed.
"""

from __future__ import annotations

import gc
from itertools import pairwise
from time import perf_counter
from typing import Any

from benchmarks.workers.collector import CollectorClock

PHASES = ("forward", "release", "backward")


class Step:
    """A contestant whose parameters have `data` and `grad`, as micrograd's and ours have."""

    parameters: list[Any]

    def forward(self) -> Any:
        """The loss of all examples."""
        raise NotImplementedError

    def backward(self, loss: Any) -> None:
        """The gradient of the loss, into the parameters."""
        for p in self.parameters:
            p.grad = 0.0
        loss.backward()

    def value(self, loss: Any) -> float:
        """The loss as a float."""
        return float(loss.data)

    def gradients(self) -> list[float]:
        """The gradient, parameter by parameter."""
        return [p.grad for p in self.parameters]

    def update(self, rate: float) -> None:
        """Move the parameters against their gradient."""
        for p in self.parameters:
            p.data -= rate * p.grad


def run(step: Step, rates: list[float], collector: bool, profile: bool) -> dict[str, Any]:
    """Seconds, losses and gradients of one step for each learning rate; the first warms up."""
    if not collector:
        gc.disable()
    clock = CollectorClock() if profile else None
    loss = None
    steps = []
    for rate in rates:
        before = clock.seconds if clock else 0.0
        times = [perf_counter()]
        new = step.forward()
        times.append(perf_counter())
        loss = new  # here the last step's graph loses its last name, as in the demo's loop
        times.append(perf_counter())
        step.backward(loss)
        times.append(perf_counter())
        steps.append(
            {
                "seconds": times[-1] - times[0],
                "phases": [end - start for start, end in pairwise(times)],
                "collector": clock.seconds - before if clock else None,
                "loss": step.value(loss),
                "gradient": step.gradients(),
            }
        )
        step.update(rate)
        if not collector:
            gc.collect()  # untimed: else cyclic graphs pile up and steps wait for fresh memory
    return {"steps": steps, "timed": steps[1:] or steps}
