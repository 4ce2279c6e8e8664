"""The engine of a tape that chooses for itself: NumPy, and compiled kernels once they are at hand.

    engine = Choosing(Arrays(program), program)    an engine as others are
    engine.name                                    that of what runs now

Nobody waits: a thread loads kernels, or compiles them, when a tape has run for as long as loading
them takes, so that the worst that can happen is twice the work.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from time import perf_counter

from autograd.tape.engines.loading import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.program.batches import Batch
    from autograd.tape.program.instructions import Program

LOADING = 0.1  # seconds: what importing LLVM and loading kernels takes from who computes meanwhile
BINDING = 0.01  # seconds: what binding a tape takes, to kernels that another tape has loaded
_told: set[str] = set()  # what was said once


class Choosing:
    """Runs a program on the engine it is given, and on compiled kernels once they are there."""

    def __init__(self, engine: Any, program: Program) -> None:
        self._engine, self._program = engine, program
        self._seconds = 0.0  # for which it ran so far
        self._is_done = False  # whether it looks for nothing better

    @property
    def name(self) -> str:
        """The name of the engine that runs now."""
        return str(self._engine.name)

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The program that it runs."""
        return str(self._engine.source(roots, each=each))

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root over lanes."""
        if self._is_done:
            return list(self._engine.outputs(roots, theta, frozen, batch))
        self._look(roots, batch, each=True)
        start = perf_counter()
        found = self._engine.outputs(roots, theta, frozen, batch)
        self._seconds += perf_counter() - start
        return list(found)

    def value_and_grad(
        self,
        roots: Sequence[int],
        theta: Any,
        frozen: Sequence[float],
        batch: Batch,
        seeds: Any,
    ) -> Any:
        """The first root, and an array of the others: the mean over lanes, and its gradient."""
        if self._is_done:
            return self._engine.value_and_grad(roots, theta, frozen, batch, seeds)
        self._look(roots, batch, each=False)
        start = perf_counter()
        found = self._engine.value_and_grad(roots, theta, frozen, batch, seeds)
        self._seconds += perf_counter() - start
        return found

    def _look(self, roots: Sequence[int], batch: Batch, *, each: bool) -> None:
        """Whether kernels are at hand, where they are worth it: they run from now on."""
        if self._seconds < BINDING:
            return
        library = load("autograd.tape.engines.compiled.library")
        if self._seconds < LOADING and not library.of_this_process.is_loaded:
            return
        try:
            if library.of_this_process.at_hand() is None:
                return
            module = load("autograd.tape.engines.compiled.engine")
            heads = module.heads_of_a_user(self._program, roots, batch, each=each)
            if library.of_this_process.at_hand(heads) is None:
                return
            self._engine = module.Compiled(self._program)
        except ImportError:
            pass
        except library.UnusableError as error:
            if str(error) not in _told:
                _told.add(str(error))
                warnings.warn(f"{error}; tapes run on NumPy", stacklevel=4)
        self._is_done = True
