"""The compiled engine: a grouped tape run by kernels that were compiled once for all tapes.

    engine = Compiled(program)                     ImportError that names the extra without llvmlite
    engine.source(roots, each=False)               the calls of kernels, to be read in class
    engine.value_and_grad(roots, theta, frozen, batch, seeds)

All of one call runs in machine code, block of lanes by block of lanes; Python gives it addresses.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from ctypes import addressof, c_double, c_int64
from threading import Lock

from autograd.rules.language import BUILT_IN
from autograd.rules.symbols import CONDITIONS
from autograd.tape.engines.compiled import library
from autograd.tape.engines.compiled.binding import Binding
from autograd.tape.engines.loading import load
from autograd.tape.kernels.core import FRAME, LANES
from autograd.tape.kernels.writing import WIDTH
from autograd.tape.program.instructions import DETACHED, INPUT, Slope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.program.batches import Batch
    from autograd.tape.program.instructions import Program

KEPT = 4  # memories that are kept for the next call
WORD = {word: at for at, word in enumerate(FRAME)}
address_of = c_double.from_buffer


def address(array: Any) -> int:
    """Where the numbers of an array lie."""
    try:
        return addressof(address_of(array))
    except (TypeError, ValueError):  # it may not be written, or is empty
        return int(array.__array_interface__["data"][0])


def aligned(count: int) -> Any:
    """An array of zeros that begins where a vector may lie."""
    np = sys.modules["numpy"]
    whole = np.zeros(count + WIDTH)
    first = -(address(whole) // 8) % WIDTH
    return whole[first : first + count]


class Memory:
    """What a call works in: the numbers of a block, sums over lanes, and the frame with addresses.

    A thread beside the first has rows and sums of its own; what is uniform is the first one's.
    """

    def __init__(self, ready: Ready, shared: Memory | None = None) -> None:
        binding = ready.binding
        self.V, self.S = aligned(binding.lanes * LANES), aligned(len(binding.sums) * WIDTH)
        if shared is None:
            self.U, self.W = aligned(binding.uniforms), aligned(len(binding.weights))
            self.scratch = aligned(binding.scratch)
            for place, x in binding.numbers():
                self.U[place] = x
        else:
            self.U, self.W, self.scratch = shared.U, shared.W, shared.scratch
        self.found = aligned(len(binding.roots))
        self.places = (c_int64 * (3 * len(binding.counts)))()
        self.frame = (c_int64 * len(FRAME))()
        self.share = (c_double * len(FRAME)).from_buffer(self.frame)
        self.at = addressof(self.frame)
        for word in ("V", "U", "S", "W", "scratch", "found"):
            self.frame[WORD[word]] = address(getattr(self, word))
        self.frame[WORD["places"]] = addressof(self.places)
        for word, section in zip(("before", "start", "block", "after", "end"), ready.sections):
            self.frame[WORD[word]] = section

    def set_lanes(self, first: int, last: int, total: int) -> None:
        """Which lanes of the batch the next run takes."""
        frame = self.frame
        frame[WORD["from"]], frame[WORD["to"]], frame[WORD["total"]] = first, last, total
        frame[WORD["bytes"]] = 8 * min(LANES, -(-(last - first) // WIDTH) * WIDTH)


class Ready:
    """Roots that are bound to kernels: their instructions, and memories that nobody uses."""

    def __init__(self, program: Program, roots: Sequence[int], batch: Batch, *, each: bool) -> None:
        self.binding = Binding(program, roots, batch.counts, each=each)
        self.kernels = library.kernels(list(filter(is_of_a_user, self.binding.heads)))
        self.code, self.lists, self.sections = self.binding.words(self.kernels)
        self.call = self.kernels.function("call")
        self._kept: list[Memory] = []
        self._lock = Lock()

    def take(self) -> Memory:
        """Memory for a call, which nobody else uses meanwhile."""
        with self._lock:
            if self._kept:
                return self._kept.pop()
        return Memory(self)

    def put_back(self, memory: Memory) -> None:
        """Keep memory for the next call."""
        with self._lock:
            self._kept.append(memory)
            del self._kept[:-KEPT]


def is_of_a_user(head: Any) -> bool:
    """Whether a head stands beside our table, and its kernel beside the fixed ones."""
    row = head.row if isinstance(head, Slope) else head
    return row.name not in BUILT_IN and row.name not in CONDITIONS and row is not DETACHED


class Compiled:
    """Runs a program by groups, on compiled kernels; `threads` share the lanes of a batch."""

    name = "compiled"

    def __init__(self, program: Program, threads: int = 1) -> None:
        try:
            np = load("numpy")
            load("llvmlite.binding")
        except ImportError:
            raise ImportError(
                'the compiled engine needs llvmlite and NumPy: pip install "chainrule[fast]", or '
                'tape.using("python")'
            ) from None
        self._np: Any = np
        self._program, self._threads = program, threads
        self._ready: dict[tuple[int, ...], Ready] = {}

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The calls of kernels that compute the roots."""
        count = sum(1 for head, _ in self._program.code if head == INPUT)
        return Binding(self._program, roots, [count], each=each).text

    def _for(self, roots: Sequence[int], batch: Batch, each: bool) -> Ready:
        key = (each, *roots)
        if key not in self._ready:
            self._ready[key] = Ready(self._program, roots, batch, each=each)
        return self._ready[key]

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root as an array over lanes."""
        ready = self._for(roots, batch, True)
        found = self._np.empty((len(roots), len(batch)))
        memory = ready.take()
        memory.frame[WORD["columns"]] = address(found)
        memory.frame[WORD["seeds"]] = 0
        memory.share[WORD["share"]] = 1.0
        self._run(ready, memory, theta, batch)
        ready.put_back(memory)
        return list(found)

    def value_and_grad(
        self,
        roots: Sequence[int],
        theta: Any,
        frozen: Sequence[float],
        batch: Batch,
        seeds: Any,
    ) -> tuple[float, Any]:
        """The first root, and an array of the others: the mean over lanes, and its gradient."""
        ready = self._for(roots, batch, False)
        memory = ready.take()
        if seeds is None:
            memory.frame[WORD["seeds"]] = 0
            memory.share[WORD["share"]] = 1.0 / len(batch)
        else:
            seeds = self._np.ascontiguousarray(seeds, dtype=float)
            memory.frame[WORD["seeds"]] = address(seeds)
            memory.share[WORD["share"]] = 0.0
        self._run(ready, memory, theta, batch)
        found = memory.found.copy()
        ready.put_back(memory)
        return float(found[0]), found[1:]

    def _run(self, ready: Ready, memory: Memory, theta: Any, batch: Batch) -> None:
        count = len(batch)
        theta = self._np.ascontiguousarray(theta, dtype=float)
        memory.frame[WORD["theta"]] = address(theta)
        columns = self._np.ascontiguousarray(batch.columns(), dtype=float)
        first = address(columns)
        for i, of_argument in enumerate(batch.counts):
            memory.places[3 * i : 3 * i + 3] = [first, 8, 8 * count]
            first += 8 * count * of_argument
        memory.set_lanes(0, count, count)
        ready.call(memory.at)
