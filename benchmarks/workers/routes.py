"""The routes to the gradient of the demo step's loss, timed in turn on one recorded graph.

What a route returns is freed after its time is taken.
"""

from __future__ import annotations

import gc
from collections import deque
from time import perf_counter
from typing import Any

from autograd import count_paths, derivatives, gradients, pushforward, steps
from benchmarks.workers.step_chainrule import ChainruleStep


def measure(problem: dict[str, Any], rounds: int, collector: bool) -> dict[str, list[float]]:
    """Seconds of every route, round by round; a round before them warms up."""
    step = ChainruleStep(problem)
    loss, parameters = step.forward(), step.parameters
    w = parameters[0]
    routes = {
        "backward": loss.backward,
        "count_paths": lambda: count_paths(loss, w),
        "pushforward": lambda: pushforward(loss, {w: 1.0}),
        "gradients": lambda: gradients(loss),
        "steps": lambda: deque(steps(loss), maxlen=0),  # takes all, keeps none
        "derivatives": lambda: derivatives(loss, parameters),
    }
    if not collector:
        gc.disable()
    seconds: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(1 + rounds):
        for name, route in routes.items():
            start = perf_counter()
            result = route()
            seconds[name].append(perf_counter() - start)
            del result
    return {name: each[1:] for name, each in seconds.items()}
