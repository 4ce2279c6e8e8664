"""How long the cyclic garbage collector worked, for the profiles of missed figures.

Its callbacks cost time themselves, so they are not installed where a figure is measured.
"""

from __future__ import annotations

import gc
from time import perf_counter


class CollectorClock:
    """Seconds spent in, and number of, garbage collections since it was made."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.collections = 0
        gc.callbacks.append(self._tick)

    def _tick(self, phase: str, information: dict[str, int]) -> None:
        if phase == "start":
            self._start = perf_counter()
        else:
            self.seconds += perf_counter() - self._start
            self.collections += 1
