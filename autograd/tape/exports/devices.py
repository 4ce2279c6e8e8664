"""A tape over many devices by JAX: the examples are shared out, the parameters are everywhere.

    engine = Devices(program, outputs, devices)    what tape.data_parallel(devices) runs on
    engine.value_and_grad(roots, theta, frozen, batch, seeds)

Each device sums over its own lanes, and these sums are added over all devices, in this process and
in others; every process gives all examples, and has the whole result.  Needs the extra jax.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd.tape.exports.interpreter import Interpreter
from autograd.tape.exports.jax_functions import (
    ROUTINES,
    compiles_soon,
    group_function,
    of_lanes,
    require_jax,
)
from autograd.tape.program.batches import Batch
from autograd.tape.program.instructions import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def mesh_of(devices: Any) -> Any:
    """A mesh: of all devices, of the first so many, of a list of them, or the one that is given."""
    jax = require_jax()
    if isinstance(devices, jax.sharding.Mesh):
        return devices
    found = jax.devices()
    if type(devices) is int:
        if not 1 <= devices <= len(found):
            raise ValueError(f"JAX has {len(found)} devices here, got devices={devices}")
        found = found[:devices]
    elif devices is not None:
        found = list(devices)
    import numpy as np

    return jax.sharding.Mesh(np.array(found), ("lanes",))


class Devices:
    """Runs a program by JAX, over the devices of a mesh."""

    name = "jax"

    def __init__(self, program: Program, outputs: Sequence[int], devices: Any) -> None:
        jax = require_jax()
        self.mesh = mesh_of(devices)
        self._program = program
        self._written_out = compiles_soon(program, outputs)
        names = self.mesh.axis_names
        spec = jax.sharding.PartitionSpec
        self._over_lanes, self._everywhere = spec(None, names), spec()
        self._functions: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def source(self, roots: Sequence[int], *, each: bool) -> str:
        """The text of the function that computes the roots; "" where it is interpreted."""
        if not self._written_out:
            return ""
        outputs, gradient = (roots, None) if each else (roots[:1], roots[1:])
        return group_function(self._program, outputs, gradient, lanes=True)[1]

    def outputs(
        self, roots: Sequence[int], theta: Any, frozen: Sequence[float], batch: Batch
    ) -> list[Any]:
        """Each root as an array over lanes."""
        import numpy as np

        found = self._run(roots, theta, frozen, batch, np.ones(len(batch)), each=True)
        return list(np.asarray(found, float)[:, : len(batch)])

    def value_and_grad(
        self,
        roots: Sequence[int],
        theta: Any,
        frozen: Sequence[float],
        batch: Batch,
        seeds: Any,
    ) -> tuple[float, Any]:
        """The first root, and an array of the others: the mean over lanes, and its gradient."""
        import numpy as np

        count = len(batch)
        shares = np.full(count, 1.0 / count) if seeds is None else np.asarray(seeds)
        found = np.asarray(self._run(roots, theta, frozen, batch, shares, each=False), float)
        return float(found[0]), found[1:]

    def _run(
        self,
        roots: Sequence[int],
        theta: Any,
        frozen: Sequence[float],
        batch: Batch,
        seeds: Any,
        *,
        each: bool,
    ) -> Any:
        import jax
        import numpy as np

        key = (each, *roots)
        if key not in self._functions:
            self._functions[key] = self._made(roots, each)
        kind = np.float64 if jax.config.jax_enable_x64 else np.float32
        spare = -len(batch) % self.mesh.size  # they are as the last example, and count nothing
        columns = np.pad(batch.columns(), ((0, 0), (0, spare)), mode="edge")
        seeds = np.pad(seeds, (0, spare))[None]
        given = [
            self._placed(np.asarray(xs, kind), spec)
            for xs, spec in (
                (theta, self._everywhere), (frozen, self._everywhere),
                (columns, self._over_lanes), (seeds, self._over_lanes),
            )
        ]  # fmt: skip
        return self._functions[key](*given)

    def _placed(self, xs: Any, spec: Any) -> Any:
        """An array that lies on the devices, of which a process fills its own."""
        import jax

        sharding = jax.sharding.NamedSharding(self.mesh, spec)
        return jax.make_array_from_callback(xs.shape, sharding, lambda index: xs[index])

    def _made(self, roots: Sequence[int], each: bool) -> Callable[..., Any]:
        """A function of arrays that lie on the devices."""
        import jax

        names, of_device = self.mesh.axis_names, self._of_device(roots, each)

        def part(theta: Any, frozen: Any, x: Any, seed: Any) -> Any:
            found = of_device(theta, frozen, x, seed)
            if each:
                return jax.lax.all_gather(found, names, axis=1, tiled=True)
            return jax.lax.psum(found, names)

        specs = self._everywhere, self._everywhere, self._over_lanes, self._over_lanes
        return jax.jit(  # type: ignore[no-any-return]  # it is JAX's
            jax.shard_map(
                part, mesh=self.mesh, in_specs=specs, out_specs=self._everywhere, check_vma=False
            )
        )

    def _of_device(self, roots: Sequence[int], each: bool) -> Callable[..., Any]:
        """The roots over lanes, or summed over those of one device."""
        import jax.numpy as jnp

        if not self._written_out:
            run = Interpreter(self._program, roots, ROUTINES, of_lanes()).run
            return run if each else lambda *given: run(*given).sum(1)
        outputs, gradient = (roots, None) if each else (roots[:1], roots[1:])
        function, _ = group_function(self._program, outputs, gradient, lanes=True)

        def of_groups(theta: Any, frozen: Any, x: Any, seed: Any) -> Any:
            found = function(theta, frozen, x, seed)
            return jnp.stack(found) if each else jnp.concatenate([found[0][None], found[1]])

        return of_groups
