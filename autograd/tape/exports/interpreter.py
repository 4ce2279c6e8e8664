"""A program as an interpreter in JAX: a loop over instructions, for tapes of too many groups.

    run = Interpreter(program, roots, ...)         run(theta, frozen, x, seed): the roots, per lane
    function_of(interpreter)                       the same of one example, that vmap makes many

XLA takes minutes for thousands of operations in a row; a loop over them compiles in a second,
however many there are.  Each turn computes one row of a table of lanes by one of few kinds of
instruction.  The gradient is instructions like all others, so nothing is added into a row that
stands already: XLA would copy the table for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf, nan

from autograd.operations import add, sumprod
from autograd.rules.language import NaryOperation
from autograd.tape.exports.array_source import Rows
from autograd.tape.program.instructions import (
    FROZEN,
    INPUT,
    LEAVES,
    NUMBER,
    PARAMETER,
    SEED,
    SUM,
    Program,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BLOCK = 512  # lanes that run at once, where a cache is small
ORDER = (PARAMETER, FROZEN, INPUT, SEED, NUMBER)  # in which leaves lie in the table


class Narrow(Program):
    """A program whose instructions take few operands: rows of many are taken apart."""

    def emit(self, head: Any, operands: tuple[Any, ...]) -> int:
        if head in LEAVES:
            return super().emit(head, operands)
        if head == SUM:
            return self._products(operands[::2], operands[1::2], ())
        if isinstance(head, NaryOperation):
            if head.weights is not None:
                n = len(operands) // 2
                return self._products(operands[:n], operands[n : 2 * n], operands[2 * n :])
            if head.terms is not None:
                return self._chain(add, operands)
            if head.primitive:
                return self._chain(head, operands)
            z = head.compute(tuple(map(self.quantity, operands)))
            return self.slot_of(z)
        return super().emit(head, operands)

    def _chain(self, head: Any, operands: Sequence[int]) -> int:
        """A row of two, from left to right."""
        z = operands[0] if operands else self.number(0.0)
        if len(operands) == 1 and head is not add:
            return super().emit(head, (z,))
        for x in operands[1:]:
            z = super().emit(head, (z, x))
        return z

    def _products(self, ws: Sequence[int], xs: Sequence[int], start: Sequence[int]) -> int:
        """start + w * x + ..., from left to right."""
        z = start[0] if start else None
        for w, x in zip(ws, xs):
            z = self.product(w, x) if z is None else super().emit(sumprod, (w, x, z))
        return self.number(0.0) if z is None else z


class Interpreter:
    """A program as arrays of instructions, and what runs them over lanes."""

    def __init__(
        self,
        program: Program,
        roots: Sequence[int],
        routines: Mapping[str, str],
        given: Mapping[str, Any],
    ) -> None:
        import numpy as np

        narrow, slots = Narrow(), dict[int, int]()
        for slot in program.needed(roots):
            head, xs = program.code[slot]
            slots[slot] = narrow.emit(head, xs if head in LEAVES else tuple([slots[a] for a in xs]))
        found = [slots[slot] for slot in roots]
        needed = narrow.needed(found)
        leaves = [slot for slot in needed if narrow.code[slot][0] in LEAVES]
        leaves.sort(key=lambda slot: ORDER.index(narrow.code[slot][0]))
        steps = [slot for slot in needed if narrow.code[slot][0] not in LEAVES]
        place = {slot: k for k, slot in enumerate([*leaves, *steps])}
        self.roots = np.array([place[slot] for slot in found])
        self.leaves: dict[str, list[Any]] = {}
        for slot in leaves:
            word, (which, *_) = narrow.code[slot]
            self.leaves.setdefault(word, []).append(which)
        self.first = len(leaves)
        counts = [len(narrow.code[slot][1]) for slot in steps]
        self.codes = np.zeros(len(steps), np.int32)
        self.operands = np.zeros((len(steps), max(counts, default=1)), np.int32)
        rows = Rows(routines)
        kinds: dict[tuple[Any, int], tuple[int, str]] = {}
        for k, slot in enumerate(steps):
            head, xs = narrow.code[slot]
            key = head, len(xs)
            if key not in kinds:
                kinds[key] = len(kinds), rows.function_of(*key)
            self.codes[k] = kinds[key][0]
            self.operands[k, : len(xs)] = [place[a] for a in xs]
        names = {**given, "with_slopes": lambda row, slopes: row, "inf": inf, "nan": nan}
        exec(compile("\n".join(rows.texts), "<tape>", "exec"), names)
        self.kinds = [(names[name], count) for (_, count), (_, name) in kinds.items()]

    def run(self, theta: Any, frozen: Any, x: Any, seed: Any) -> Any:
        """Every root over lanes, which are the last axis of x and seed, and may be of theta."""
        import jax
        import jax.numpy as jnp
        from jax import lax

        count = seed.shape[-1]
        block = BLOCK if jax.default_backend() == "cpu" else max(BLOCK, count)
        blocks = -(-count // block)
        if blocks == 1:
            return self._block(theta, frozen, x, seed)
        length = -(-count // blocks)

        def split(a: Any) -> Any:  # spare lanes are as the last one, and cut off again
            padded = jnp.pad(a, ((0, 0), (0, blocks * length - count)), mode="edge")
            return jnp.moveaxis(padded.reshape(len(a), blocks, length), 1, 0)

        if theta.ndim == 1:
            found = lax.map(lambda one: self._block(theta, frozen, *one), (split(x), split(seed)))
        else:
            found = lax.map(
                lambda one: self._block(one[0], frozen, *one[1:]),
                (split(theta), split(x), split(seed)),
            )
        return jnp.moveaxis(found, 0, 1).reshape(len(self.roots), -1)[:, :count]

    def _block(self, theta: Any, frozen: Any, x: Any, seed: Any) -> Any:
        """The same, of lanes that stay in a cache together."""
        import jax.numpy as jnp
        import numpy as np
        from jax import lax

        kind, shape = theta.dtype, seed.shape[1:]
        given = {PARAMETER: theta, FROZEN: frozen, INPUT: x, SEED: seed}

        def leaf(word: str, which: list[Any]) -> Any:
            if word == NUMBER:
                rows = jnp.array([float(x) for x in which], kind)
            else:
                rows = jnp.asarray(given[word])[np.array(which)].astype(kind)
            rows = rows if rows.ndim == 2 else rows[:, None]
            return jnp.broadcast_to(rows, (len(which), *shape))

        steps = len(self.codes)
        leaves = [leaf(word, which) for word, which in self.leaves.items()]
        table = jnp.concatenate([*leaves, jnp.zeros((steps, *shape), kind)])
        codes, operands = jnp.asarray(self.codes), jnp.asarray(self.operands)

        def branch(f: Callable[..., Any], count: int) -> Callable[..., Any]:
            return lambda xs: jnp.broadcast_to(f(*[xs[k] for k in range(count)]), shape).astype(
                kind
            )

        branches = [branch(f, count) for f, count in self.kinds]

        def step(i: Any, table: Any) -> Any:
            z = lax.switch(codes[i], branches, table[operands[i]])
            return lax.dynamic_update_index_in_dim(table, z, self.first + i, 0)

        if steps:
            table = lax.fori_loop(0, steps, step, table)
        return table[self.roots]


def function_of(interpreter: Interpreter, frozen: Any) -> Callable[..., Any]:
    """f(theta, x) of one example; under vmap lanes stay the last axis."""
    import jax.numpy as jnp
    from jax.custom_batching import custom_vmap

    def one(theta: Any, x: Any) -> Any:
        return interpreter.run(theta, frozen, x[:, None], jnp.ones((1, 1), theta.dtype))[:, 0]

    def many(count: int, batched: Sequence[bool], theta: Any, x: Any) -> Any:
        theta = theta.T if batched[0] else theta
        x = x.T if batched[1] else jnp.broadcast_to(x[:, None], (len(x), count))
        found = interpreter.run(theta, frozen, x, jnp.ones((1, count), theta.dtype))
        return found.T, True

    f = custom_vmap(one)
    f.def_vmap(many)
    return f  # type: ignore[no-any-return]  # it is JAX's
