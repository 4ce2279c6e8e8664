"""Learning rates as plain functions of the step number 0, 1, 2, ...: a schedule.

    SGD(model.parameters(), linear(1.0, 0.1, steps=100))
    Adam(model.parameters(), warmup(cosine(0.01, 0.0, steps=1000), steps=50))

An optimizer takes any function of an int, `lambda step: 0.1 / (1 + step)` too.  Letters: a start,
b end, t the part of the way that is done, from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd.rules.words import real
from nn.checks import whole

Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """The same rate at every step."""
    rate = check_rate(rate)
    return lambda step: rate


def step_decay(start: float, factor: float, every: int) -> Schedule:
    """start * factor**k after `every` * k steps: a staircase."""
    a, every = check_rate(start), _count(every, "every")
    if not 0 <= real(factor, "the factor") <= 1:
        raise ValueError(f"a decay is by a factor from 0 to 1, got {factor!r}")

    def rate(step: int) -> float:
        decayed: float = a * factor ** (step // every)
        return decayed

    return rate


def linear(start: float, end: float, steps: int) -> Schedule:
    """A straight line from `start` at step 0 to `end` at step `steps`, and `end` from there on."""
    a, b, steps = check_rate(start), check_rate(end, "end"), _count(steps)

    def rate(step: int) -> float:
        t = min(step / steps, 1.0)
        return (1 - t) * a + t * b

    return rate


def cosine(start: float, end: float, steps: int) -> Schedule:
    """Half a cosine wave from `start` at step 0 to `end` at step `steps`, and `end` from there on.

    I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
    eq. 5, without the restarts.
    """
    a, b, steps = check_rate(start), check_rate(end, "end"), _count(steps)

    def rate(step: int) -> float:
        t = min(step / steps, 1.0)
        height = (1 + math.cos(math.pi * t)) / 2  # 1 at the start, 0 at the end
        return height * a + (1 - height) * b

    return rate


def warmup(then: float | Schedule, steps: int) -> Schedule:
    """`then`, times 1/steps, 2/steps, ..., 1 in its first `steps` steps.

    P. Goyal and others, "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section
    2.2.  `then` counts from step 0 as well: cosine(a, b, 1000) still ends at step 1000.
    """
    schedule, steps = then if callable(then) else constant(then), _count(steps)
    return lambda step: schedule(step) * min((step + 1) / steps, 1.0)


def check_rate(rate: object, what: str = "learning rate") -> float:
    """The rate as a float; ValueError where it is below 0, inf or nan, TypeError if no number."""
    number = real(rate, f"the {what}")
    if not 0 <= number < math.inf:
        raise ValueError(f"the {what} must be 0 or more, and finite, got {number!r}")
    return number


def _count(count: int, what: str = "steps") -> int:
    return whole(count, f"{what} must be a whole number, 1 or more")
