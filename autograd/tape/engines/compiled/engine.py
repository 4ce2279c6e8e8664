"""The compiled engine: a grouped tape run by kernels that were compiled once for all tapes.

    engine = Compiled(program)                     ImportError that names the extra without llvmlite
    engine.source(roots, each=False)               the calls of kernels, to be read in class
    engine.value_and_grad(roots, theta, frozen, batch, seeds)

All of one call runs in machine code, block of lanes by block of lanes; Python gives it addresses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from ctypes import addressof, c_double, c_int64

from autograd.rules.language import BUILT_IN
from autograd.rules.symbols import CONDITIONS
from autograd.tape.engines.compiled import library
from autograd.tape.engines.compiled.binding import Binding
from autograd.tape.engines.loading import load
from autograd.tape.kernels.core import FRAME
from autograd.tape.kernels.writing import WIDTH
from autograd.tape.program.batches import is_floats
from autograd.tape.program.instructions import DETACHED, INPUT, Slope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.program.batches import Batch
    from autograd.tape.program.instructions import Program

KEPT = 4  # memories that are kept for the next call
address_of = c_double.from_buffer
SECTIONS = ("before", "start", "block", "after")
FROM, TO, TOTAL, BYTES, THETA, SEEDS, SHARE, COLUMNS = (
    FRAME.index(word)
    for word in ("from", "to", "total", "bytes", "theta", "seeds", "share", "columns")
)
PER_CALL = [FRAME.index(word) for word in ("places", "seeds", "share", "columns")]


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
        self.V, self.S = (
            aligned(binding.lanes * binding.longest),
            aligned(len(binding.sums) * WIDTH),
        )
        if shared is None:
            self.U, self.W = aligned(binding.uniforms), aligned(len(binding.weights))
            self.scratch, self.found = aligned(binding.scratch), aligned(len(binding.roots))
            for place, x in binding.numbers():
                self.U[place] = x
        else:
            self.U, self.W = shared.U, shared.W
            self.scratch, self.found = shared.scratch, shared.found
        self.gradient = self.found[1:]
        self.value = c_double.from_address(address(self.found))
        self.places = (c_int64 * (3 * len(binding.counts)))()
        self.frame = (c_int64 * len(FRAME))()
        self.doubles = (c_double * len(FRAME)).from_buffer(self.frame)
        self.at = addressof(self.frame)
        for word in ("V", "U", "S", "W", "scratch", "found"):
            self.frame[FRAME.index(word)] = address(getattr(self, word))
        self.frame[FRAME.index("places")] = addressof(self.places)
        for word, section in zip(SECTIONS, ready.sections):
            self.frame[FRAME.index(word)] = section
        self.longest = binding.longest
        self.lanes = 0, 0, 0
        self.has_arrays = False  # whether `places` tells the steps of arrays
        self.others: list[Memory] = []  # of threads that help
        self.given: Any = None  # what the addresses of a call are of, while threads run

    def set_lanes(self, first: int, last: int, total: int) -> None:
        """Which lanes of the batch the next run takes."""
        frame = self.frame
        self.lanes = frame[FROM], frame[TO], frame[TOTAL] = first, last, total
        frame[BYTES] = 8 * min(self.longest, -(-(last - first) // WIDTH) * WIDTH)

    def divided(self, ready: Ready, threads: int, count: int, given: Any) -> list[Memory]:
        """Memories of as many threads, each with its lanes: whole blocks, the last what is left."""
        while len(self.others) < threads - 1:
            self.others.append(Memory(ready, self))
        workers = [self, *self.others[: threads - 1]]
        blocks = -(-count // self.longest)
        ends = [min(blocks * k // threads * self.longest, count) for k in range(threads + 1)]
        for memory, first, last in zip(workers, ends, ends[1:]):
            for word in PER_CALL:
                memory.frame[word] = self.frame[word]
            memory.given = given
            memory.set_lanes(first, last, count)
        return workers

    def run(self, blocks: Callable[[int], None]) -> None:
        """A thread's lanes.  The thread keeps this memory, whatever becomes of who waits for it."""
        blocks(self.at)


class Ready:
    """Roots that are bound to kernels: their instructions, and memories that nobody uses."""

    def __init__(self, program: Program, roots: Sequence[int], batch: Batch, *, each: bool) -> None:
        self.binding = Binding(program, roots, batch.form.counts, each=each)
        self.kernels = library.kernels(filter(is_of_a_user, self.binding.heads))
        self.code, self.lists, self.sections = self.binding.words(self.kernels)
        self.call, self.before, self.blocks, self.after = map(
            self.kernels.function, ("call", "before", "blocks", "after")
        )
        self._kept: list[Memory] = []

    def take(self) -> Memory:
        """Memory for a call, which nobody else uses meanwhile."""
        try:
            return self._kept.pop()
        except IndexError:
            return Memory(self)

    def put_back(self, memory: Memory) -> None:
        """Keep memory for the next call."""
        self._kept.append(memory)
        del self._kept[KEPT:]


def is_of_a_user(head: Any) -> bool:
    """Whether a head stands beside our table, and its kernel beside the fixed ones."""
    row = head.row if isinstance(head, Slope) else head
    return row.name not in BUILT_IN and row.name not in CONDITIONS and row is not DETACHED


class Compiled:
    """Runs a program by groups, on compiled kernels; `threads` share the lanes of a batch.

    It waits for its kernels; library.UnusableError where llvmlite does not work.
    """

    name = "compiled"

    def __init__(self, program: Program, threads: int = 1) -> None:
        try:
            np = load("numpy")
            library.kernels()
        except ImportError:
            raise ImportError(
                'the compiled engine needs llvmlite and NumPy: pip install "chainrule[fast]", or '
                'tape.using("python")'
            ) from None
        self._np: Any = np
        self._program, self._threads = program, threads
        self._ready: dict[tuple[int, ...], Ready] = {}
        self._pool: tuple[int, Any] | None = None
        self._last: dict[bool, tuple[Sequence[int], Ready]] = {}

    def prepare(self, roots: Sequence[int], batch: Batch, *, each: bool) -> None:
        """Bind roots before they run, as their first run does."""
        self._for(roots, batch, each)

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The calls of kernels that compute the roots."""
        count = sum(1 for head, _ in self._program.code if head == INPUT)
        return Binding(self._program, roots, [count], each=each).text

    def _for(self, roots: Sequence[int], batch: Batch, each: bool) -> Ready:
        known = self._last.get(each)
        if known is not None and known[0] is roots:  # the same tuple, of which no hash is taken
            return known[1]
        key = (each, *roots)
        if key not in self._ready:
            self._ready[key] = Ready(self._program, roots, batch, each=each)
        if isinstance(roots, tuple):
            self._last[each] = roots, self._ready[key]
        return self._ready[key]

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root as an array over lanes."""
        ready = self._for(roots, batch, True)
        found = self._np.empty((len(roots), len(batch)))
        memory = ready.take()
        memory.frame[COLUMNS] = address(found)
        memory.frame[SEEDS], memory.doubles[SHARE] = 0, 1.0
        self._run(ready, memory, theta, batch, found)
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
            memory.frame[SEEDS], memory.doubles[SHARE] = 0, 1.0 / len(batch)
        else:
            seeds = self._np.array(seeds, float)
            memory.frame[SEEDS], memory.doubles[SHARE] = address(seeds), 0.0
        self._run(ready, memory, theta, batch, seeds)
        found = memory.value.value, memory.gradient.copy()
        ready.put_back(memory)
        return found

    def _run(self, ready: Ready, memory: Memory, theta: Any, batch: Batch, kept: Any) -> None:
        """Give a memory the addresses of what a call brings, and run it.

        What the addresses are of stays until the end: a thread goes on where who waits for it is
        interrupted.
        """
        count, arrays, places = len(batch), batch.arrays, memory.places
        if memory.lanes != (0, count, count):
            memory.set_lanes(0, count, count)
        if not is_floats(theta):
            theta = self._np.array(theta, float)
        memory.frame[THETA] = address(theta)
        if arrays is None:
            arrays = self._np.array(batch.columns(), float, order="C")
            at = address(arrays)
            for i, of_argument in enumerate(ready.binding.counts):
                places[3 * i : 3 * i + 3] = [at, 8, 8 * count]
                at += 8 * count * of_argument
            memory.has_arrays = False
        else:
            if not memory.has_arrays:
                for i, of_argument in enumerate(ready.binding.counts):
                    places[3 * i : 3 * i + 3] = [0, 8 * of_argument, 8]
                memory.has_arrays = True
            for i, xs in enumerate(arrays):
                places[3 * i] = address(xs)
        threads = min(self._threads, -(-count // memory.longest))
        if threads == 1:
            ready.call(memory.at)
            return
        workers = memory.divided(ready, threads, count, (memory, theta, arrays, kept))
        others = workers[1:]
        ready.before(memory.at)
        running = [self._workers().submit(other.run, ready.blocks) for other in others]
        memory.run(ready.blocks)
        for each in running:
            each.result()
        for other in others:  # always in the same order, so that sums are the same
            memory.S += other.S
        ready.after(memory.at)
        for worker in workers:
            worker.given = None

    def _workers(self) -> Any:
        """Threads that wait for work; after a fork they are others."""
        if self._pool is None or self._pool[0] != os.getpid():
            from concurrent.futures import ThreadPoolExecutor  # slow, and for whom asks for it

            pool = ThreadPoolExecutor(self._threads - 1, "tape")
            self._pool = os.getpid(), pool
        return self._pool[1]
