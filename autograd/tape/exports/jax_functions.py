"""A tape as a pure function of JAX arrays: by groups, one call of jax.numpy for each.

    f = jax_function(recorded)                     f(theta, *example)
    f = jax_function(recorded, roots)              the same with the gradient

Where XLA would take long to compile so many groups it is the interpreter.  Needs the extra jax.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from autograd.higher.structures import is_nested, rebuild
from autograd.tape.engines.loading import load
from autograd.tape.exports.array_source import ArraySource, Recorded
from autograd.tape.exports.interpreter import Interpreter, function_of
from autograd.tape.program.batches import axes_of, count_of, require_shape
from autograd.tape.program.gradient import adjoints
from autograd.tape.program.grouping import Grouped
from autograd.tape.program.instructions import INPUT, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GROUPS, FUSED = 150, 64  # groups that are written out, and of these such as XLA fuses with others
OLDEST = (0, 8, 0)  # from here on symbolic zeros, shardings and jax.export are as we call them

SAME = "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh hypot abs where"
ROUTINES = {name: f"jnp.{name}" for name in SAME.split()} | {
    "pow": "jnp.power", "asin": "jnp.arcsin", "acos": "jnp.arccos", "atan": "jnp.arctan",
    "asinh": "jnp.arcsinh", "acosh": "jnp.arccosh", "atanh": "jnp.arctanh",
    "atan2": "jnp.arctan2", "erf": "special.erf", "erfc": "special.erfc", "norm": "norm",
    "div": "divide", "&": "jnp.logical_and", "|": "jnp.logical_or", "number": "number",
}  # fmt: skip


def require_jax() -> Any:
    """JAX; an ImportError that says what to install."""
    try:
        jax = load("jax")
    except ImportError:
        raise ImportError('JAX is not installed: pip install "chainrule[jax]"') from None
    version = getattr(jax, "__version__", "?")
    numbers = tuple([int(x) for x in version.split(".")[:3] if x.isdecimal()])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ImportError(
            f"a tape needs JAX {oldest} or newer, and {version} is installed: "
            'pip install --upgrade "chainrule[jax]"'
        )
    warn_of_float32(jax)
    return jax


_told: list[bool] = []


def warn_of_float32(jax: Any) -> None:
    """Say once that JAX computes with half the digits."""
    if not jax.config.jax_enable_x64 and not _told:
        _told.append(True)
        warnings.warn(
            "JAX computes in float32, with 7 digits, unless told otherwise: "
            'jax.config.update("jax_enable_x64", True), before anything else, makes it float64',
            stacklevel=5,
        )


# ---- what the text calls -------------------------------------------------------------------------


@cache
def given() -> dict[str, Any]:
    """What is the same for one example and for many."""
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    def with_slopes(row: Callable[..., Any], slopes: Callable[..., Any]) -> Callable[..., Any]:
        """A row whose derivatives, in JAX's own, are those of the table."""
        f = jax.custom_jvp(row)

        def rule(xs: Any, ts: Any) -> Any:
            z = f(*xs)
            moved = jnp.zeros_like(z)
            for d, t in zip(slopes(*xs, z), ts):
                if type(t) is not SymbolicZero:
                    moved = moved + d * t
            return z, moved.astype(z.dtype)

        f.defjvp(rule, symbolic_zeros=True)
        return f  # type: ignore[no-any-return]  # it is JAX's

    SymbolicZero = jax.custom_derivatives.SymbolicZero

    def full(x: Any, rows: int, like: Any = None) -> Any:
        return jnp.broadcast_to(x, (rows, *(() if like is None else like.shape[1:])))

    def norm(*xs: Any) -> Any:
        z = jnp.abs(xs[0])
        for x in xs[1:]:
            z = jnp.hypot(z, x)
        return z

    return {
        "jnp": jnp, "special": special, "with_slopes": with_slopes, "full": full, "norm": norm,
        "divide": lambda x, y: jax.lax.optimization_barrier(jnp.divide(x, y)),
        "number": lambda c: jnp.where(c, 1.0, 0.0),
        "join": lambda *xs: jnp.concatenate(xs),
        "pick": lambda x, at: x[at],
        "block": lambda x, count: x.reshape(count, -1, *x.shape[1:]),
        "matrix": lambda w, x: jnp.matmul(w, x, precision="highest"),
        "spread": lambda x, like: jnp.broadcast_to(x, like.shape),
    }  # fmt: skip


@cache
def of_one_example() -> dict[str, Any]:
    """What else the text calls where lanes are no axis: vmap brings one."""
    return {
        **given(),
        "column": lambda u: u,
        "outer": lambda g, d: (g[:, None] * d[None, :]).ravel(),
        "over_lanes": lambda g: g,
    }


@cache
def of_lanes() -> dict[str, Any]:
    """What else the text calls where lanes are the last axis."""
    import jax.numpy as jnp

    return {
        **given(),
        "column": lambda u: u[:, None],
        "outer": lambda g, d: jnp.matmul(g, d.T, precision="highest").ravel(),
        "over_lanes": lambda g: g.sum(1),
    }


# ---- the function --------------------------------------------------------------------------------


def jax_function(tape: Recorded, roots: Sequence[int] | None = None) -> Callable[..., Any]:
    """f(theta, *example), of one example: what the tape gives; with `roots` value and gradient."""
    require_jax()
    import jax.numpy as jnp
    import numpy as np

    if compiles_soon(tape.program, tape.outputs):
        gradient = None if roots is None else roots[1:]
        outputs = tape.outputs if roots is None else roots[:1]
        by_groups, text = group_function(tape.program, outputs, gradient, lanes=False)
        frozen = np.array(tape.frozen, float)

        def run(theta: Any, x: Any, seed: Any) -> Any:
            return by_groups(theta, jnp.asarray(frozen, theta.dtype), x, seed)

    else:
        run, text = _interpreted(tape, roots), ""

    def f(theta: Any, *example: Any) -> Any:
        theta, x = arguments(tape, theta, example)
        found = run(theta, x, jnp.ones(1, theta.dtype))
        return rebuild(tape.result, iter(found)) if roots is None else tuple(found)

    f.source = text  # type: ignore[attr-defined]  # to be read in class
    return f


def arguments(tape: Recorded, theta: Any, example: Sequence[Any]) -> tuple[Any, Any]:
    """Parameters and the numbers of an example, as two arrays of one kind of float."""
    import jax.numpy as jnp

    theta = jnp.asarray(theta)
    if theta.shape != (len(tape.parameters),):
        raise ValueError(
            f"theta has a number for each parameter of the tape, {len(tape.parameters)}, got an "
            f"array of shape {theta.shape}"
        )
    if len(example) != len(tape.example):
        raise TypeError(
            f"the tape was made of {len(tape.example)} argument{'s' * (len(tape.example) != 1)}, "
            f"and f takes as many after theta: got {len(example)}"
        )
    parts = [
        part
        for i, (x, shape) in enumerate(zip(example, tape.example))
        for part in _parts(x, shape, f"argument {i}")
    ]
    kind = jnp.result_type(theta, *parts, float)
    x = jnp.concatenate([jnp.ravel(part).astype(kind) for part in parts] or [jnp.zeros(0, kind)])
    return theta.astype(kind), x


def _parts(x: Any, shape: Any, place: str) -> list[Any]:
    """The arrays of an argument; ValueError where it is not as the example was."""
    import jax.numpy as jnp

    axes = axes_of(shape)
    if hasattr(x, "shape") or not is_nested(x):
        array = jnp.asarray(x)
        if array.shape != axes:
            needed = "another structure" if axes is None else f"shape {axes}"
            raise ValueError(
                f"{place}: the tape was made of {needed}, got {array.shape}: an example of it, "
                "without an axis for many (jax.vmap brings that)"
            )
        return [array]
    if isinstance(shape, dict) != isinstance(x, dict) or not is_nested(shape):
        require_shape(x, shape, place)
    if isinstance(shape, dict):
        if x.keys() != shape.keys():
            require_shape(x, shape, place)
        pairs = [(x[name], shape[name]) for name in shape]
    else:
        if len(x) != len(shape):
            require_shape(x, shape, place)
        pairs = list(zip(x, shape))
    return [part for item, inner in pairs for part in _parts(item, inner, place)]


def group_function(
    program: Program,
    outputs: Sequence[int],
    gradient: Sequence[int] | None,
    *,
    lanes: bool,
) -> tuple[Callable[..., Any], str]:
    """run(theta, frozen, x, seed), x being one row for each number of an example; and its text."""
    import jax.numpy as jnp
    import numpy as np

    source = ArraySource(program, outputs, gradient, ROUTINES)
    run = source.function(of_lanes() if lanes else of_one_example(), np.array)
    numbers = np.array(source.numbers)

    def function(theta: Any, frozen: Any, x: Any, seed: Any) -> Any:
        return run(theta, frozen, jnp.asarray(numbers, theta.dtype), x, seed)

    return function, source.text


def _interpreted(tape: Recorded, roots: Sequence[int] | None) -> Callable[..., Any]:
    """run(theta, x, seed) of one example, by the interpreter; its derivative is the tape's."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    frozen = np.array(tape.frozen, float)

    def made(program: Program, roots: Sequence[int]) -> Callable[..., Any]:
        return function_of(Interpreter(program, roots, ROUTINES, of_lanes()), frozen)

    if roots is not None:
        both = made(tape.program, roots)

        def value_and_gradient(theta: Any, x: Any, seed: Any) -> Any:
            found = both(theta, x)
            return found[0], found[1:]

        return value_and_gradient
    forward = made(tape.program, tape.outputs)
    pulled = made(*pulled_back(tape))

    def there(theta: Any, x: Any) -> Any:
        return forward(theta, x), (theta, x)

    def back(given: Any, moved: Any) -> Any:
        theta, x = given
        found = pulled(theta, jnp.concatenate([x, moved]))
        return found[: len(theta)], found[len(theta) :]

    f = jax.custom_vjp(forward)
    f.defvjp(there, back)
    return lambda theta, x, seed: f(theta, x)


def pulled_back(tape: Recorded) -> tuple[Program, list[int]]:
    """A program that takes a number more for each output, and gives what they pull back.

    That is the gradient of the sum of outputs times numbers, by parameters and by inputs.
    """
    program = tape.program.copy()
    inputs = sum(map(count_of, tape.example))
    moved = [program.emit(INPUT, (inputs + k,)) for k in range(len(tape.outputs))]
    root = program.sum_of_products(list(zip(moved, tape.outputs)))
    of_inputs = [program.emit(INPUT, (k,)) for k in range(inputs)]
    return program, adjoints(program, root, [*tape.parameters, *of_inputs])[1]


def compiles_soon(program: Program, outputs: Sequence[int]) -> bool:
    """Whether XLA compiles these groups in a second or two.

    It fuses what no matrix separates, and the time that takes grows with the square.
    """
    groups = Grouped(program, outputs).groups
    if len(groups) > GROUPS:
        return False
    home: dict[int, int] = {}  # of a slot: its group, of those that a matrix does not make
    parent = list(range(len(groups)))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    for k, group in enumerate(groups):
        for slot in {slot for column in group.columns for slot in column}:
            if slot in home and group.kind != "matrix":
                parent[root(k)] = root(home[slot])
        if group.kind != "matrix":
            home.update(dict.fromkeys(group.slots, k))
    sizes = Counter(map(root, range(len(groups))))
    return max(sizes.values(), default=0) <= FUSED
