"""NumPy over groups: one call for each group of the grouped tape, over a block of lanes at a time.

    engine = Arrays(program)                       ImportError that names the extra without NumPy
    engine.source(roots, each=False)               what it runs, to be read in class
    engine.value_and_grad(roots, theta, frozen, batch, seeds)

What lanes hold lies in the array V, a row for each number, what is uniform in U.  Lanes run in
blocks that stay in the cache, and a block is as long as there are lanes: none is spare.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from threading import Lock

from autograd.rules.language import Operation
from autograd.rules.printing import ATOM, PythonPrinter
from autograd.tape.engines.loading import load
from autograd.tape.engines.plain import ROUTINES as LANE_ROUTINES
from autograd.tape.engines.plain import OpaqueCall
from autograd.tape.program.formulas import Texts
from autograd.tape.program.grouping import BEFORE, LANES, Group, Grouped, split
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    NUMBER,
    PARAMETER,
    SEED,
    SUM,
    Program,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.tape.program.batches import Batch

BLOCK = 1 << 22  # bytes of V that a block of lanes should take
FEWEST = 64  # lanes of a block, however many rows there are
GUESSED = 2048  # choices that a processor remembers from run to run
LONG = 5  # terms of a sum that runs over an axis of its own
KEPT = 4  # blocks of different lengths that an engine keeps ready

# ---- routines ------------------------------------------------------------------------------------

SAME = """
    exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh hypot
"""
ROUTINES = {name: f"np.{name}" for name in SAME.split()} | {
    "abs": "np.abs", "pow": "np.power", "asin": "np.arcsin", "acos": "np.arccos",
    "atan": "np.arctan", "asinh": "np.arcsinh", "acosh": "np.arccosh", "atanh": "np.arctanh",
    "atan2": "np.arctan2", "norm": "norm", "where": "select",
}  # fmt: skip


class ArrayPrinter(PythonPrinter):
    """Writes formulas as NumPy computes them, one call for a block of rows."""

    OPERATORS = ("add", "sub", "mul", "div", "neg", "pos")
    JOINED = {"&": "np.logical_and", "|": "np.logical_or"}  # noqa: RUF012  # a table, like OPERATORS

    def call(self, row: Any, operands: Sequence[Any]) -> tuple[str, int]:
        written = ", ".join(map(self.text, operands))
        return f"{ROUTINES.get(row.name) or f'lane_by_lane({row.name})'}({written})", ATOM

    def join(self, head: Any, x: str, y: str, binding: int) -> tuple[str, int]:
        routine = self.JOINED.get(head) if isinstance(head, str) else None
        return (f"{routine}({x}, {y})", ATOM) if routine else super().join(head, x, y, binding)

    def result(self, rule: Any) -> str:
        """The last step, which NumPy writes where it belongs: without a block of its own."""
        name = getattr(getattr(rule, "head", None), "name", "")
        routine = INTO.get(name) or ROUTINES.get(name)
        if not routine or routine in NOT_INTO:
            return f"{RESULT}[...] = {self.text(rule)}"
        return f"{routine}({', '.join(map(self.text, rule.operands))}, out={RESULT})"


RESULT = "<result>"
NOT_INTO = ("select", "norm")  # what gives an array of its own
INTO = {
    "add": "np.add", "sub": "np.subtract", "mul": "np.multiply", "div": "np.divide",
    "neg": "np.negative", "pos": "np.positive",
}  # fmt: skip


# ---- the source ----------------------------------------------------------------------------------


class Source:
    """A function that is bound to U and V and gives three: before, for each block, after."""

    def __init__(self, program: Program, roots: Sequence[int]) -> None:
        self.program = program
        self.grouped = Grouped(program, roots)
        self._texts = Texts(ArrayPrinter, ArrayPrinter.result)
        self.called: dict[str, Any] = {}
        self._views: dict[str, str] = {}  # expressions that are views, by their text
        self._indices: dict[tuple[int, ...], str] = {}
        self._gathered: list[str] = []  # weights that do not lie as a matrix
        self._sections: tuple[list[str], list[str], list[str]] = [], [], []
        for group in self.grouped.groups:
            self._write(group)
        self.text = self._function()

    # ---- operands --------------------------------------------------------------------------------

    def _rows(self, slots: Sequence[int], *, uniform_as_column: bool, each: bool = False) -> str:
        """A block of rows: a view where they lie evenly, else gathered anew at each run.

        Where all are the same it is one row, which NumPy repeats; with `each` there are as many.
        """
        first = slots[0]
        same = len(set(slots)) == 1 and not each
        in_lanes, start = self.grouped.place[first]
        at = [self.grouped.place[slot][1] for slot in ([first] if same else slots)]
        array = "V" if in_lanes else "U"
        column = "" if in_lanes or not uniform_as_column else "[:, None]"
        steps = {b - a for a, b in itertools.pairwise(at)} or {1}
        step = steps.pop()
        if not steps and step:
            stop = at[-1] + (1 if step > 0 else -1)
            last = "" if stop < 0 else str(stop)
            by = "" if step == 1 else f":{step}"
            return self._view(f"{array}[{start}:{last}{by}]{column}")
        return f"{array}[{self._index(at)}]{column}"

    def _operand(self, slots: Sequence[int], lanes: bool) -> str | float:
        """An operand of a group: a block of rows, or the number that all have."""
        number = self.program.number_at(slots[0])
        if number is not None and len(set(slots)) == 1:
            return number
        return self._rows(slots, uniform_as_column=lanes)

    def _view(self, text: str) -> str:
        return self._views.setdefault(text, f"a{len(self._views)}")

    def _index(self, at: Sequence[int], rows: int = 0) -> str:
        """The name of an array of places, in so many rows."""
        import numpy as np

        key = (rows, *at)
        if key not in self._indices:
            name = self._indices[key] = f"i{len(self._indices)}"
            self.called[name] = np.array(at).reshape(rows, -1) if rows else np.array(at)
        return self._indices[key]

    def _grid(self, places: Sequence[Sequence[int]]) -> str | None:
        """Uniform places in rows and columns as a view; None where they do not lie evenly."""
        start = places[0][0]
        down = places[1][0] - start if len(places) > 1 else 1
        along = places[0][1] - start if len(places[0]) > 1 else 1
        even = all(
            at == start + j * down + k * along
            for j, row in enumerate(places)
            for k, at in enumerate(row)
        )
        if not even or down <= 0 or along <= 0:
            return None
        shape = len(places), len(places[0])
        return self._view(f"grid(U, {start}, {shape}, {(down, along)})")

    # ---- groups ----------------------------------------------------------------------------------

    def _write(self, group: Group) -> None:
        if group.kind == "matrix":
            self._matrix(group)
        elif group.kind == "outer":
            self._outer(group)
        elif not self._sum(group):
            self._rows_of(group)

    def _sum(self, group: Group) -> bool:
        """A group of long sums as one call over an axis more; whether this is such a group."""
        row = group.head
        if (
            not (isinstance(row, Operation) and row.primitive and row.terms)
            or len(group.columns) < LONG
        ):
            return False
        factors = split(group.columns) if row.weights else (group.columns, (), ())
        blocks = [self._block(columns, group.when) for columns in factors[:2] if columns]
        if None in blocks:
            return False
        out = self._rows(group.slots, uniform_as_column=False)
        text = f"np.add.reduce({' * '.join(map(str, blocks))}, axis=0)"
        for start in factors[2]:
            text += f" + {self._rows(start, uniform_as_column=group.when == LANES)}"
        self._sections[group.when].append(f"{out}[...] = {text}")
        return True

    def _block(self, columns: Sequence[Sequence[int]], when: int) -> str | None:
        """Operands with an axis more, over the terms; None where some lie in V and some in U."""
        places = [[self.grouped.place[slot] for slot in column] for column in columns]
        if len({in_lanes for column in places for in_lanes, _ in column}) > 1:
            return None
        in_lanes = places[0][0][0]
        index = self._index([at for column in places for _, at in column], len(columns))
        block = f"{'V' if in_lanes else 'U'}[{index}]"
        return block if in_lanes or when != LANES else f"{block}[:, :, None]"

    def _rows_of(self, group: Group) -> None:
        lanes = group.when == LANES
        columns = [self._operand(slots, lanes) for slots in group.columns]
        section = self._sections[group.when]
        out = self._rows(group.slots, uniform_as_column=False)
        try:
            steps, text = self._texts.of(group.head, columns)
        except TypeError:
            called = OpaqueCall(group.head)
            self.called[called.name] = called
            given = ", ".join(map(str, columns))
            section.append(f"{out}[...] = lane_by_lane({called.name})({given})")
            return
        section += [f"{name} = {step}" for name, step in steps]
        section.append(text.replace(RESULT, out))

    def _matrix(self, group: Group) -> None:
        place = self.grouped.place
        places = [[place[slot][1] for slot in row] for row in group.weights]
        weights = self._grid(places)
        if weights is None:
            weights = f"w{len(self._gathered)}"
            self._gathered.append(f"{weights} = np.empty({(len(places), len(places[0]))})")
            index = self._index([at for row in places for at in row], len(places))
            self._sections[BEFORE].append(f"np.take(U, {index}, out={weights})")
        out = self._rows(group.slots, uniform_as_column=False)
        inputs = self._rows(group.columns[0], uniform_as_column=False, each=True)
        section = self._sections[group.when]
        section.append(f"np.matmul({weights}, {inputs}, out={out})")
        for starts in group.columns[1:]:
            section.append(
                f"np.add({out}, {self._rows(starts, uniform_as_column=True)}, out={out})"
            )

    def _outer(self, group: Group) -> None:
        place = self.grouped.place
        gradients, factors = group.columns
        if factors == (self.program.number(1.0),):  # which lies in U, and needs no product
            rows = self._rows(gradients, uniform_as_column=False, each=True)
            out = self._rows(group.slots, uniform_as_column=False)
            self._add(out, f"np.add.reduce({rows}, axis=1)")
            return
        rows = self._rows(gradients, uniform_as_column=False, each=True)
        columns = self._rows(factors, uniform_as_column=False, each=True)
        places = [place[slot][1] for slot in group.slots]
        table = [places[k : k + len(factors)] for k in range(0, len(places), len(factors))]
        out = self._grid(table) or f"U[{self._index(places, len(table))}]"
        self._add(out, f"np.matmul({rows}, {columns}.T)")

    def _add(self, out: str, found: str) -> None:
        """Add to sums over lanes, which are a view, or gathered."""
        gathered = out.startswith("U[")
        text = f"{out} += {found}" if gathered else f"np.add({out}, {found}, out={out})"
        self._sections[LANES].append(text)

    # ---- the function ----------------------------------------------------------------------------

    def _function(self) -> str:
        lines = [f"{name} = {text}" for text, name in self._views.items()] + self._gathered
        for name, section in zip(("before", "lanes", "after"), self._sections):
            lines.append(f"def {name}():")
            lines += ["    " + line for line in section or ["pass"]]
        lines.append("return before, lanes, after")
        body = "\n".join(["    " + line for line in lines])
        return f"def bind(U, V):\n{body}\n"

    @cached_property
    def function(self) -> Callable[..., Any]:
        """What the text defines."""
        import numpy as np

        self.called |= {
            **LANE_ROUTINES, "np": np, "inf": math.inf, "nan": math.nan, "grid": grid,
            "lane_by_lane": lane_by_lane, "norm": norm, "select": select,
        }  # fmt: skip
        exec(compile(self.text, "<tape>", "exec"), self.called)
        return self.called["bind"]  # type: ignore[no-any-return]  # it is made of text


def grid(uniform: Any, start: int, shape: tuple[int, int], steps: tuple[int, int]) -> Any:
    """Numbers that lie evenly in an array of one axis, as rows and columns: a view."""
    from numpy.lib.stride_tricks import as_strided

    size = uniform.itemsize
    return as_strided(uniform[start:], shape, (steps[0] * size, steps[1] * size))


def select(condition: Any, x: Any, y: Any) -> Any:
    """np.where, by the bits of x and y where there are many: no branch is guessed wrong."""
    np = sys.modules["numpy"]
    if condition.size < GUESSED:
        return np.where(condition, x, y)
    mask = condition.astype(bool, copy=False).astype(np.int64)
    x, y = np.asarray(x, float).view(np.int64), np.asarray(y, float).view(np.int64)
    if x.ndim == 0 and not x:  # 0.0, which has no bits
        mask -= 1  # all bits where it does not hold
        return (y & mask).view(float)
    np.negative(mask, out=mask)  # all bits where it holds
    chosen = x ^ y  # what tells x from y
    chosen = np.bitwise_and(chosen, mask, out=chosen if chosen.shape == mask.shape else None)
    chosen ^= y
    return chosen.view(float)


def norm(*xs: Any) -> Any:
    """The root of the sum of squares, of numbers and blocks alike; no square overflows."""
    import numpy as np

    return reduce(np.hypot, xs, 0.0)


def lane_by_lane(function: Callable[..., float]) -> Callable[..., Any]:
    """A function of floats on arrays."""
    import numpy as np

    called = {}

    def run(*xs: Any) -> Any:
        if len(xs) not in called:
            called[len(xs)] = np.frompyfunc(function, len(xs), 1)
        return np.asarray(called[len(xs)](*xs), dtype=float)

    return run


# ---- the engine ----------------------------------------------------------------------------------


class Bound:
    """A source bound to memory for blocks of so many lanes."""

    def __init__(self, source: Source, lanes: int) -> None:
        import numpy as np

        grouped = source.grouped
        self.lanes = lanes
        self.V = np.empty((grouped.lanes, lanes))
        self.U = np.zeros(grouped.uniforms)
        place, code = grouped.place, source.program.code
        for slot in grouped.leaves[NUMBER]:
            self.U[place[slot][1]] = float(code[slot][1][0])
        self.before, self.block, self.after = source.function(self.U, self.V)


class Ready:
    """What runs a set of roots: where leaves go, and blocks that are ready."""

    def __init__(self, program: Program, roots: Sequence[int]) -> None:
        self.source = Source(program, roots)
        grouped = self.source.grouped
        place, code = grouped.place, program.code

        def where_from(word: str) -> tuple[Any, Any]:
            slots = grouped.leaves[word]
            return (
                _evenly([place[slot][1] for slot in slots]),
                _evenly([code[slot][1][0] for slot in slots]),
            )

        self.inputs = where_from(INPUT)
        self.parameters = where_from(PARAMETER)
        self.frozen = where_from(FROZEN)
        self.seeds = [place[slot][1] for slot in grouped.leaves[SEED]]
        self.sums = _evenly(
            [place[slot][1] for slot in grouped.instructions if code[slot][0] == SUM]
        )
        self.roots = [place[slot] for slot in roots]
        self.uniform_roots = _evenly([at for in_lanes, at in self.roots if not in_lanes])
        self.longest = max(FEWEST, BLOCK // (8 * max(grouped.lanes, 1)))
        self._kept: list[Bound] = []
        self._lock = Lock()

    def take(self, lanes: int) -> Bound:
        """Memory for a block of so many lanes, which nobody else uses meanwhile."""
        with self._lock:
            for i, bound in enumerate(self._kept):
                if bound.lanes == lanes:
                    return self._kept.pop(i)
        return Bound(self.source, lanes)

    def put_back(self, bound: Bound) -> None:
        """Keep memory for the next call."""
        with self._lock:
            self._kept.append(bound)
            del self._kept[:-KEPT]


def _evenly(at: Sequence[int]) -> Any:
    """Places as a slice where they follow each other, else as an array."""
    import numpy as np

    if not at:
        return slice(0, 0)
    if list(at) == list(range(at[0], at[0] + len(at))):
        return slice(at[0], at[0] + len(at))
    return np.array(at)


class Arrays:
    """Runs a program by groups, on NumPy."""

    name = "numpy"

    def __init__(self, program: Program) -> None:
        try:
            np = load("numpy")
        except ImportError:
            raise ImportError(
                'the numpy engine needs NumPy: pip install "chainrule[fast]", or '
                'tape.using("python")'
            ) from None
        self._np: Any = np
        self._program = program
        self._ready: dict[tuple[int, ...], Ready] = {}

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The text of the function that computes the roots."""
        return self._for(roots).source.text

    def _for(self, roots: Sequence[int]) -> Ready:
        key = tuple(roots)
        if key not in self._ready:
            self._ready[key] = Ready(self._program, key)
        return self._ready[key]

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root as an array over lanes."""
        ready = self._for(roots)
        found = self._np.empty((len(roots), len(batch)))

        def keep(bound: Bound, lanes: slice) -> None:
            for k, (in_lanes, at) in enumerate(ready.roots):
                found[k, lanes] = bound.V[at] if in_lanes else bound.U[at]

        self._run(ready, theta, frozen, batch.columns(), None, keep)
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
        ready, count = self._for(roots), len(batch)
        shares = self._np.full(count, 1.0 / count) if seeds is None else self._np.asarray(seeds)
        found = self._run(ready, theta, frozen, batch.columns(), shares)
        return float(found[0]), found[1:]

    def _run(
        self,
        ready: Ready,
        theta: Any,
        frozen: Sequence[float],
        columns: Any,
        seeds: Any,
        keep: Callable[[Bound, slice], None] | None = None,
    ) -> Any:
        count = columns.shape[1]
        length = -(-count // -(-count // ready.longest))  # blocks that are even
        bound = ready.take(length)
        first = bound
        uniform = bound.U
        rows, of = ready.inputs
        with self._np.errstate(all="ignore"):
            at, of_theta = ready.parameters
            uniform[at] = self._np.asarray(theta, dtype=float)[of_theta]
            if frozen:
                at, of_frozen = ready.frozen
                uniform[at] = self._np.asarray(frozen, dtype=float)[of_frozen]
            uniform[ready.sums] = 0.0
            bound.before()
            for start in range(0, count, length):
                lanes = slice(start, min(start + length, count))
                if lanes.stop - start < length:
                    bound = ready.take(lanes.stop - start)
                    bound.U[:] = uniform
                    bound.before()
                bound.V[rows] = columns[of, lanes]
                for row in ready.seeds:
                    bound.V[row] = 1.0 if seeds is None else seeds[lanes]
                bound.block()
                if keep is not None:
                    keep(bound, lanes)
            bound.after()
            found = bound.U[ready.uniform_roots].copy()
        ready.put_back(first)
        if bound is not first:
            ready.put_back(bound)
        return found
