"""The engine of a tape that chooses for itself: NumPy, and compiled kernels once they are at hand.

    engine = Choosing(Arrays(program), program)    an engine as others are
    engine.name                                    that of what ran last

Nobody waits: a thread loads kernels, or compiles them, and binds a tape to them.  It begins when
the tape has run for as long as that takes, so that the worst that can happen is twice the work.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from threading import Thread
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.engines.compiled.engine import Compiled
    from autograd.tape.program.batches import Batch
    from autograd.tape.program.instructions import Program

LOADING = 0.1  # seconds: what importing LLVM and loading kernels takes from who computes meanwhile
LIBRARY = "autograd.tape.engines.compiled.library"
_failed: set[str] = set()  # why there are no kernels in this process


class Choosing:
    """Runs a program on the engine it is given, and on compiled kernels once they are there."""

    def __init__(self, engine: Any, program: Program) -> None:
        self._first = self._now = engine
        self._program = program
        self._known: dict[tuple[int, ...], Roots] = {}
        self._last: dict[bool, tuple[Sequence[int], Roots]] = {}

    @property
    def name(self) -> str:
        """The name of the engine that ran last."""
        return str(self._now.name)

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The program that it runs."""
        return str(self._now.source(roots, each=each))

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root over lanes."""
        of = self._of(roots, each=True)
        self._now = of.engine_for(batch)
        with of:
            return list(self._now.outputs(roots, theta, frozen, batch))

    def value_and_grad(
        self,
        roots: Sequence[int],
        theta: Any,
        frozen: Sequence[float],
        batch: Batch,
        seeds: Any,
    ) -> tuple[float, Any]:
        """The first root, and an array of the others: the mean over lanes, and its gradient."""
        of = self._of(roots, each=False)
        self._now = engine = of.engine_for(batch)
        with of:
            value, gradient = engine.value_and_grad(roots, theta, frozen, batch, seeds)
        return value, gradient

    def _of(self, roots: Sequence[int], *, each: bool) -> Roots:
        last = self._last.get(each)
        if last is not None and last[0] is roots:  # the same tuple, of which no hash is taken
            return last[1]
        found = self._known.get((each, *roots))
        if found is None:
            found = self._known[each, *roots] = Roots(self._first, self._program, roots, each)
        self._last[each] = roots, found
        return found


class Roots:
    """Some roots of a program: how long they ran, and on what; within it they run."""

    def __init__(self, engine: Any, program: Program, roots: Sequence[int], each: bool) -> None:
        self.engine = engine
        self.is_settled = False  # whether nothing better is looked for
        self._bind: Callable[[Batch], Compiled] = lambda batch: _bound(program, roots, batch, each)
        self._first: float | None = None  # seconds of the first run, which bound them as well
        self._seconds = 0.0  # of the others
        self._thread: Thread | None = None
        self._found: Any = None  # an engine, or the error why there is none

    def __enter__(self) -> None:
        self._start = perf_counter()

    def __exit__(self, *error: object) -> None:
        seconds = perf_counter() - self._start
        if self._first is None:
            self._first = seconds
        else:
            self._seconds += seconds

    def engine_for(self, batch: Batch) -> Any:
        """What runs them now."""
        if not self.is_settled:
            if self._found is not None:
                self._settle()
            elif _failed:
                self.is_settled = True
            elif self._is_worth_it() and (self._thread is None or not self._thread.is_alive()):
                self._thread = Thread(target=self._look, args=(batch,), daemon=True, name="binding")
                with suppress(RuntimeError):  # a Python without threads
                    self._thread.start()
        return self.engine

    def _is_worth_it(self) -> bool:
        """Whether they have run for as long as it takes to bind them, as the first run did."""
        if self._first is None or self._seconds < self._first:
            return False
        # the module may be there in part, while a thread is at its import
        library = getattr(sys.modules.get(LIBRARY), "of_this_process", None)
        return self._seconds >= LOADING or (library is not None and library.is_loaded)

    def _look(self, batch: Batch) -> None:
        try:
            self._found = self._bind(batch)
        except Exception as error:
            self._found = error

    def _settle(self) -> None:
        self.is_settled, found = True, self._found
        if isinstance(found, ImportError):
            _failed.add(str(found))
            return
        library = sys.modules[LIBRARY]
        if not isinstance(found, Exception):
            self.engine = found
            library.kernels()  # which tells what is to be told of them
        elif isinstance(found, library.UnusableError):
            if not _failed:
                warnings.warn(f"{found}; tapes run on NumPy", stacklevel=5)
            _failed.add(str(found))
        else:
            raise found


def _bound(program: Program, roots: Sequence[int], batch: Batch, each: bool) -> Compiled:
    engine: Compiled = import_module("autograd.tape.engines.compiled.engine").Compiled(program)
    engine.prepare(roots, batch, each=each)
    return engine
