"""Initializations: how a weight is drawn before anything is learned.

Each is a function `(nin, nout, rng) -> float`, called once per weight of a layer with `nin` inputs
and `nout` neurons, neuron by neuron.  Biases start at 0.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Literal

Initialization = Callable[[int, int, random.Random], float]
InitializationLike = Literal["zeros", "uniform", "glorot", "he"] | Initialization


def zeros(nin: int, nout: int, rng: random.Random) -> float:
    """0, drawing nothing: neurons that start alike get the same gradient and stay alike."""
    return 0.0


def uniform(nin: int, nout: int, rng: random.Random) -> float:
    """Uniform in (-1, 1), whatever the sizes, as in micrograd."""
    return rng.uniform(-1, 1)


def glorot(nin: int, nout: int, rng: random.Random) -> float:
    """Uniform with variance 2 / (nin + nout), for tanh (Glorot and Bengio 2010, eq. 16)."""
    limit = math.sqrt(6 / (nin + nout))
    return rng.uniform(-limit, limit)


def he(nin: int, nout: int, rng: random.Random) -> float:
    """Normal with variance 2 / nin, for relu (He, Zhang, Ren and Sun 2015, eq. 10)."""
    return rng.gauss(0, math.sqrt(2 / nin))


INITIALIZATIONS: dict[str, Initialization] = {f.__name__: f for f in (zeros, uniform, glorot, he)}


def find_initialization(initialization: InitializationLike) -> Initialization:
    """The function an initialization's name stands for; a function is what it is."""
    if callable(initialization):
        return initialization
    if initialization not in INITIALIZATIONS:
        raise ValueError(
            f"no initialization is called {initialization!r}: choose one of "
            f"{', '.join(INITIALIZATIONS)}, or write a function (nin, nout, rng) -> float"
        )
    return INITIALIZATIONS[initialization]
