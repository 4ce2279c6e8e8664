"""A jaxpr, JAX's program of a function, run on arrays of Values: equation by equation.

What depends on no Value is computed as JAX computes it; the rest is recorded by the rows of the
table.  Loops are unrolled, calls unfolded, and a call that has a name is a group.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from os import path
from sysconfig import get_path
from typing import Any

import numpy as np

from autograd.checking.check import Progress
from autograd.importing.arrays import (
    MOVES,
    Array,
    each,
    filled,
    is_known,
    numbers,
    objects,
    over_axes,
    over_windows,
    running,
    settled,
)
from autograd.importing.primitives import (
    CONDITIONS,
    EACH,
    LINES,
    NUMBERS,
    RUNNING,
    UPDATES,
    WINDOWS,
    Pending,
    alone,
    choice,
    either,
    is_pending,
    plus,
    products,
)
from autograd.operations import relu, where
from autograd.recording import group
from autograd.value import constant

# calls, and where their program stands
CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr",
    "remat2": "jaxpr", "remat": "jaxpr", "checkpoint": "jaxpr",
    "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr",
}  # fmt: skip
# what a sum of products passes while it waits, and what it waits for
WAITING = {"reshape", "transpose", "squeeze", "convert_element_type", "add", "add_any"}
POSITIONS = {"gather": slice(0, 1), "scatter": slice(0, 3, 2)}  # operands whose elements JAX moves
INDICES = {"argmax", "argmin", "floor", "ceil", "round"}  # of numbers: they have no derivative
SAME = {"reduce_precision", "optimization_barrier", "sharding_constraint", "pvary"}
LINEAR_ALGEBRA = ("cholesky", "eig", "eigh", "householder_product", "lu", "qr", "svd", "schur",
                  "triangular_solve", "tridiagonal_solve", "custom_linear_solve")  # fmt: skip
GROUPED = 3  # a call of fewer equations is no group
EDGES = 10  # times the limit of nodes


class Evaluation:
    """One run of a program; at most `limit` nodes, and ten times as many edges."""

    def __init__(self, jax: Any, name: str, jaxpr: Any, limit: int) -> None:
        self.jax, self.name, self.limit = jax, name, limit
        self.nodes = self.edges = 0
        self.taken: Counter[tuple[str, ...]] = Counter()  # names of groups, by those around them
        self.around: tuple[str, ...] = ()
        self.leaves: dict[int, tuple[Array, Array]] = {}  # arrays of numbers, and as constants
        self.uses: dict[int, Counter[Any]] = {}  # by program
        self.calls: list[Any] = []  # the equations that are run, outer ones first
        self.progress = Progress(f"from_jax of {name}", max(1, length(jaxpr)))

    def run(self, program: Any, arrays: Sequence[Array], wait: bool = False) -> list[Array]:
        """The results of a program; sums of products may `wait` for what is added to them."""
        jaxpr, constants = opened(program)
        uses = self._uses(jaxpr)
        known: dict[Any, Array] = dict(zip(jaxpr.constvars, map(self._number, constants)))
        known.update(zip(jaxpr.invars, arrays))

        def read(v: Any, wait: bool) -> Array:
            if hasattr(v, "val"):
                return self._number(v.val)
            if is_pending(known[v]) and (not wait or uses[v] > 1):
                with self._scopes(makers[v]):
                    known[v] = settled(each(alone, known[v]))
            return known[v]

        makers: dict[Any, Any] = {}
        for equation in self.progress.watch(jaxpr.eqns):
            waits = equation.primitive.name in WAITING and is_float(equation.outvars[0])
            operands = [read(v, waits) for v in equation.invars]
            with self._scopes(equation):
                known.update(zip(equation.outvars, self._results(equation, operands)))
            passes = waits and len(operands) == 1 and is_pending(operands[0])
            maker = makers[equation.invars[0]] if passes else equation
            makers.update(dict.fromkeys(equation.outvars, maker))
        return [read(v, wait) for v in jaxpr.outvars]

    def _uses(self, jaxpr: Any) -> Counter[Any]:
        """How often each variable of a program is read."""
        if id(jaxpr) not in self.uses:
            read = [v for e in jaxpr.eqns for v in e.invars] + list(jaxpr.outvars)
            self.uses[id(jaxpr)] = Counter(v for v in read if not hasattr(v, "val"))
        return self.uses[id(jaxpr)]

    def _number(self, x: Any) -> Array:
        """A number or an array of numbers of JAX's as NumPy's; a key stays what it is."""
        if self.jax.dtypes.issubdtype(getattr(x, "dtype", float), self.jax.dtypes.extended):
            return x
        return np.asarray(x)

    def _results(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        self.calls.append(equation)
        try:
            found = self._result(equation, operands)
        except NotImplementedError:
            raise
        except (ArithmeticError, TypeError, ValueError) as error:
            asked = f"this is {self._where(equation)}"
            if not hasattr(error, "__notes__") and asked[8:] not in str(error):
                error.add_note(asked)
            raise
        self.calls.pop()
        return found if isinstance(found, list) else [found]

    def _result(self, equation: Any, operands: list[Array]) -> Any:
        name = equation.primitive.name
        if name.startswith("debug"):  # it prints
            return []
        if name in CALLS:
            return self._call(equation, operands)
        if name in LOOPS:
            return LOOPS[name](self, equation, operands)
        if all(map(is_known, operands)):
            return self._computed(equation, operands)
        self._refuse(equation)
        return self._recorded(equation, operands)

    # ---- numbers ---------------------------------------------------------------------------------

    def _computed(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        """What depends on no Value."""
        name, params = equation.primitive.name, equation.params
        dtype = equation.outvars[0].aval.dtype
        if all(isinstance(xs, np.ndarray) for xs in operands):
            if name in MOVES:
                found = MOVES[name](*operands, **params)
                return found if isinstance(found, list) else [found]
            if name in NUMBERS:
                with np.errstate(all="ignore"):
                    return [np.asarray(NUMBERS[name](*operands), dtype)]
            if name == "convert_element_type" and operands[0].dtype.kind in "bi":
                return [operands[0].astype(dtype)]
        return self._asked(equation, operands)

    def _asked(self, equation: Any, operands: Sequence[Any], **changed: Any) -> Sequence[Array]:
        """What JAX gives for numbers."""
        found = equation.primitive.bind(*operands, **{**equation.params, **changed})
        return [*map(self._number, found if equation.primitive.multiple_results else [found])]

    # ---- Values ----------------------------------------------------------------------------------

    def _recorded(self, equation: Any, operands: list[Array]) -> Any:
        """What depends on Values."""
        name, params = equation.primitive.name, equation.params
        if name in SAME:
            return list(operands)
        if name == "select_n" and not is_known(operands[0]):
            return self._selected(equation, operands)
        if name in MOVES:
            return MOVES[name](*operands, **params)
        if name in ("add", "add_any"):
            shape = equation.outvars[0].aval.shape  # a sum that stands in many places is one node
            terms = [xs if xs.shape == shape else each(alone, xs) for xs in operands]
            return settled(each(plus, *terms))
        if name == "integer_pow":
            y = float(params["y"])
            return settled(each(lambda x: x**y, *operands))
        if name in EACH:
            return settled(each(EACH[name], *operands))
        if name in CONDITIONS:
            return each(CONDITIONS[name], *operands)
        if name == "convert_element_type":
            return self._converted(equation, *operands)
        if name == "dot_general":
            w, x = map(self._constants, operands)
            return products(w, x, params["dimension_numbers"])
        if name == "conv_general_dilated":
            return self._convolved(equation, operands)
        if name in WINDOWS:
            return over_windows(WINDOWS[name], operands[0], **params)
        if name in LINES:
            return over_axes(LINES[name], operands[0], params["axes"])
        if name in RUNNING:
            return running(RUNNING[name], operands[0], params["axis"], params["reverse"])
        if name in INDICES:
            return list(self._asked(equation, [numbers(operands[0])]))
        if name in POSITIONS:
            return self._moved(equation, operands)
        if name in UPDATES:
            return self._updated(equation, operands)
        if name == "sort":
            return self._sorted(equation, operands)
        if name == "top_k":
            _, places = self._asked(equation, [numbers(operands[0])])
            return [np.take_along_axis(operands[0], places, params.get("axis", -1)), places]
        raise NotImplementedError(self._uncovered(equation))

    def _constants(self, xs: Array) -> Array:
        """An array of numbers as constants: one leaf for a number that is in many sums."""
        if not is_known(xs):
            return xs
        if id(xs) not in self.leaves:
            self.leaves[id(xs)] = xs, filled(map(constant, xs.astype(float).flat), xs.shape)
        return self.leaves[id(xs)][1]

    def _selected(self, equation: Any, operands: list[Array]) -> Array:
        """What conditions choose, recorded; where indices are chosen, by numbers."""
        which, *cases = operands
        if is_float(equation.outvars[0]):
            return settled(each(choice, *operands))
        if equation.outvars[0].aval.dtype == bool:
            return each(either, *operands)
        return MOVES["select_n"](numbers(which), *cases)

    def _converted(self, equation: Any, xs: Array) -> Array:
        """Numbers of another kind: what was computed in double stays so."""
        old, new = equation.invars[0].aval.dtype.kind, equation.outvars[0].aval.dtype.kind
        if old == "b" and new not in "iu":
            return settled(each(lambda c: where(c, 1.0, 0.0), xs)) if new != "b" else xs
        if new == "b":
            return each(lambda x: x != 0.0, xs)
        if new in "iu":
            return self._asked(equation, [numbers(xs)])[0]
        return xs

    def _convolved(self, equation: Any, operands: list[Array]) -> Array:
        """A convolution: JAX convolves numbers of places with each weight by itself."""
        xs, w = operands
        if max(xs.size, w.size) > self.limit:
            raise self._too_large(equation)
        places = np.arange(1.0, xs.size + 1).reshape(xs.shape)
        met = [self._asked(equation, [places, one.reshape(w.shape)])[0] for one in np.eye(w.size)]
        inputs, weights = (list(self._constants(a).flat) for a in operands)
        pairs = np.array(met).reshape(w.size, -1).T.astype(int)  # 0 where a weight meets nothing
        self.edges += 2 * int(np.count_nonzero(pairs))
        found = [
            Pending([weights[k] for k in np.flatnonzero(row)], [inputs[i - 1] for i in row if i])
            for row in pairs
        ]
        return filled(found, equation.outvars[0].aval.shape)

    def _moved(self, equation: Any, operands: list[Array]) -> Array:
        """What JAX moves by indices: it moves numbers of places, and we take what stands there."""
        content = POSITIONS[equation.primitive.name]
        given = list(operands)
        places, first = [], 0
        for xs in operands[content]:
            places.append(np.arange(first, first + xs.size).reshape(xs.shape))
            first += xs.size
        given[content] = places
        fill = equation.params.get("fill_value")
        changed = {"fill_value": first} if "fill_value" in equation.params else {}
        (found,) = self._asked(equation, given, **changed)
        items = [x for xs in operands[content] for x in objects(xs).flat]
        items.append(np.nan if fill is None else float(fill))  # what stands nowhere
        return filled([items[i] for i in found.flat], found.shape)

    def _updated(self, equation: Any, operands: list[Array]) -> Array:
        """What several updates of a place become: JAX scatters them one by one."""
        xs, places, updates = operands
        kept = "dimension_numbers", "indices_are_sorted", "unique_indices", "mode"
        params = {name: equation.params[name] for name in kept}
        base, add = np.zeros(xs.shape), self.jax.lax.scatter_add
        ones = np.eye(updates.size).reshape(-1, *updates.shape)
        hits = [add(base, places, one, **params) for one in ones]
        hit = np.asarray(hits).reshape(updates.size, -1) != 0
        items, row = list(objects(updates).flat), UPDATES[equation.primitive.name]
        found = []
        for x, column in zip(objects(xs).flat, hit.T):
            more = [items[i] for i in np.flatnonzero(column)]
            found.append(row([x, *more]) if more else x)
        return filled(found, xs.shape)

    def _sorted(self, equation: Any, operands: list[Array]) -> list[Array]:
        """Several arrays in the order of the numbers of the first ones."""
        axis, keys = equation.params["dimension"], equation.params["num_keys"]
        told = [xs if is_known(xs) else numbers(xs) for xs in operands[:keys]]
        shape = [1] * operands[0].ndim
        shape[axis] = -1
        places = np.broadcast_to(np.arange(operands[0].shape[axis]).reshape(shape), told[0].shape)
        order = self._asked(equation, [*told, places])[-1]
        return [np.take_along_axis(xs, order, axis) for xs in operands]

    # ---- calls and loops -------------------------------------------------------------------------

    def _call(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        name, params = equation.primitive.name, equation.params
        program = params[CALLS[name]]
        if name == "custom_jvp_call" and is_relu(program) and not is_known(operands[0]):
            self._count(equation)
            return [settled(each(relu, operands[0]))]
        title = str(params.get("name", ""))
        if not title or title[0] == "_" or self._is_whole(program):
            return self.run(program, operands, wait=True)
        with self._group(title, program):
            return self.run(program, operands)

    def _is_whole(self, program: Any) -> bool:
        """Whether a call is all that the function is, as that of a function under `jit`."""
        return not self.around and length(program) == self.progress.total

    def _group(self, title: str, program: Any) -> AbstractContextManager[None]:
        """A block whose nodes are a group; a second one of that name has a number."""
        name = title.strip(".<>").replace(".", "_")
        if length(program) < GROUPED or not name:
            return nullcontext()
        self.taken[*self.around, name] += 1
        count = self.taken[*self.around, name]
        return self._within([name if count == 1 else f"{name}{count}"])

    def _scopes(self, equation: Any) -> AbstractContextManager[None]:
        """The blocks of `jax.named_scope` that an equation was written in, as groups."""
        stack = getattr(equation.source_info.name_stack, "stack", ())
        names = [part.name.strip(".") for part in stack if type(part).__name__ == "Scope"]
        return self._within([name for name in names if name]) if names else nullcontext()

    @contextmanager
    def _within(self, names: Sequence[str]) -> Iterator[None]:
        before = self.around
        self.around = (*before, *names)
        try:
            with ExitStack() as blocks:
                for name in names:
                    blocks.enter_context(group(name))
                yield
        finally:
            self.around = before

    def _scan(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        """A loop of stated length, unrolled."""
        params = equation.params
        constants, carried = params["num_consts"], params["num_consts"] + params["num_carry"]
        fixed, carry, given = operands[:constants], operands[constants:carried], operands[carried:]
        steps = range(params["length"])
        made: list[list[Array]] = []
        recording = not all(map(is_known, operands))
        for count, i in enumerate(reversed(steps) if params["reverse"] else steps):
            before = self.nodes
            block = self._group("step", params["jaxpr"]) if recording else nullcontext()
            with block:
                found = self.run(params["jaxpr"], [*fixed, *carry, *[xs[i] for xs in wide(given)]])
            carry, results = found[: len(carry)], found[len(carry) :]
            made.append(results)
            if count < 2 and before + (self.nodes - before) * (len(steps) - count) > self.limit:
                raise self._too_large(equation)
        if params["reverse"]:
            made.reverse()
        outputs = equation.outvars[len(carry) :]
        stacked = [
            MOVES["stack"](*[results[k] for results in made], axis=0)
            if made
            else np.zeros(v.aval.shape, v.aval.dtype)
            for k, v in enumerate(outputs)
        ]
        return [*carry, *stacked]

    def _while(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        """A loop that runs while numbers say so, as Python's."""
        params = equation.params
        asks, does = params["cond_nconsts"], params["body_nconsts"]
        asked, fixed, carry = operands[:asks], operands[asks : asks + does], operands[asks + does :]
        while self._decided(self.run(params["cond_jaxpr"], [*asked, *carry])[0]):
            carry = self.run(params["body_jaxpr"], [*fixed, *carry])
        return carry

    def _cond(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        """The branch that a number chooses, as Python's `if`."""
        which, *given = operands
        branches = equation.params["branches"]
        i = min(max(int(self._decided(which)), 0), len(branches) - 1)
        return self.run(branches[i], given, wait=True)

    def _decided(self, xs: Array) -> Any:
        """The number of a scalar; a trace says that it does not tell it."""
        x = xs[()]
        return x if is_known(xs) or isinstance(x, bool) else bool(x)

    def _platform(self, equation: Any, operands: list[Array]) -> Sequence[Array]:
        """Which of several ways to compute is for no machine of its own."""
        return [np.asarray(equation.params["platforms"].index(None), np.int32)]

    # ---- what is too much, and what is not covered -----------------------------------------------

    def _refuse(self, equation: Any) -> None:
        """An error before a graph becomes too large, or where numbers are not real."""
        for v in equation.outvars:
            if getattr(v.aval.dtype, "kind", "") == "c":
                raise NotImplementedError(
                    f"{self._where(equation)} makes complex numbers, and a Value is real: write it "
                    "with real and imaginary parts"
                )
        self._count(equation)

    def _count(self, equation: Any) -> None:
        sizes = [int(np.prod(v.aval.shape)) for v in equation.outvars]
        edges = sum(int(np.prod(v.aval.shape)) for v in equation.invars)
        if equation.primitive.name == "dot_general":
            (summed, _), _ = equation.params["dimension_numbers"]
            shape = equation.invars[0].aval.shape
            edges = 2 * sizes[0] * int(np.prod([shape[i] for i in summed]))
        is_move = equation.primitive.name in MOVES and equation.primitive.name != "select_n"
        self.nodes += 0 if is_move else sum(sizes)
        self.edges += 0 if is_move else edges
        if self.nodes > self.limit or self.edges > EDGES * self.limit or max(sizes) > self.limit:
            raise self._too_large(equation)

    def _too_large(self, equation: Any) -> ValueError:
        return ValueError(
            f"the graph of {self.name} has more than {self.limit:,} nodes, or {EDGES} times as "
            f"many edges, at {self._where(equation)}: a Value is one number, so take smaller "
            "arrays, fewer examples or steps, or from_jax(..., limit=...) if there is time and "
            "memory"
        )

    def _where(self, equation: Any) -> str:
        """Which equation it is, and the line that asks for it, or calls what does."""
        found = next(filter(None, map(place, reversed(self.calls))), self.name)
        return f"JAX's {equation.primitive.name} in {found}"

    def _uncovered(self, equation: Any) -> str:
        name = equation.primitive.name
        remedy = "write it with operations that are, as docs/exports.md lists them"
        if name in LINEAR_ALGEBRA:
            remedy = "write the formulas out for your few unknowns, as Cramer's rule or elimination"
        elif "callback" in name:
            remedy = "what Python computes there JAX does not see either: write it with jax.numpy"
        return (
            f"from_jax has no operation for {self._where(equation)}, which is neither in the table "
            f"nor made of its rows: {remedy}"
        )


LOOPS: dict[str, Callable[[Evaluation, Any, list[Array]], Sequence[Array]]] = {
    "scan": Evaluation._scan,
    "while": Evaluation._while,
    "cond": Evaluation._cond,
    "platform_index": Evaluation._platform,
}


def is_float(v: Any) -> bool:
    """Whether a variable of a program stands for floats."""
    return getattr(v.aval.dtype, "kind", "") == "f"


def wide(arrays: Sequence[Array]) -> list[Array]:
    """Arrays whose items are arrays too: an item of NumPy's vector of objects is none."""
    return [_Items(xs) for xs in arrays]


class _Items:
    """The items of an array along its first axis, arrays all."""

    def __init__(self, xs: Array) -> None:
        self._xs = xs

    def __getitem__(self, i: int) -> Array:
        return self._xs[i, ...]


def opened(program: Any) -> tuple[Any, Sequence[Any]]:
    """A program and its constants, which only a closed one has."""
    return (program.jaxpr, program.consts) if hasattr(program, "jaxpr") else (program, ())


def inner(equation: Any) -> list[Any]:
    """The programs in an equation that are run."""
    params, name = equation.params, equation.primitive.name
    if name in CALLS:
        return [params[CALLS[name]]]
    if name == "cond":
        return [params["branches"][-1]]
    return [params[key] for key in ("jaxpr", "body_jaxpr") if name in LOOPS and key in params]


def length(program: Any) -> int:
    """How many equations are run, those that only move elements aside."""
    count = 0
    for e in opened(program)[0].eqns:
        programs = inner(e)
        times = e.params["length"] if e.primitive.name == "scan" else 1
        count += times * sum(map(length, programs)) if programs else e.primitive.name not in MOVES
    return count


def is_relu(program: Any) -> bool:
    """Whether a program is max(x, 0), whose derivative somebody stated: 0 at 0, as our row's."""
    equations = opened(program)[0].eqns
    if len(equations) != 1:
        return False
    (equation,) = equations
    programs = inner(equation)
    if programs:
        return is_relu(programs[0])
    zeros = [np.all(v.val == 0.0) for v in equation.invars if hasattr(v, "val")]
    return equation.primitive.name == "max" and len(opened(program)[0].invars) == 1 and any(zeros)


def place(equation: Any) -> str:
    """File and line of the code that somebody wrote; empty where JAX knows its own alone."""
    inside = *map(str, sys.modules["jax"].__path__), path.dirname(__file__)
    library = get_path("stdlib")
    traceback = equation.source_info.traceback
    for frame in traceback.frames if traceback is not None else ():
        file = frame.file_name
        pythons = file.startswith(library) and "site-packages" not in file
        if not (file.startswith(inside) or pythons or file.startswith("<frozen")):
            return f"{file}, line {frame.line_num}"
    return ""
