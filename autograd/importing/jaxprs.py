"""`from_jax`: a function of JAX arrays, run once as JAX sees it, as a graph of Values.

    x, w = [Value(0.5, "x0"), Value(-1.0, "x1")], [[...], [...]]
    y = from_jax(f, x, w)       # f(x, w) of JAX arrays
    y.backward()                # x[0].grad

JAX is imported when a function is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd.rules.words import function_name, kind_of
from autograd.tape.engines.loading import load
from autograd.value import Value, constant

OLDEST = (0, 8)  # of JAX: since then it computes in double where it is asked to, by `enable_x64`


def from_jax(f: Callable[..., Any], *example: Any, limit: int = 200_000) -> Any:
    """What f(*example) is, a function of JAX arrays, as a graph of Values.

    In the example a Value is a scalar and a nested list of Values and numbers one array of float64;
    tuples, dicts and lists of those are what they are for JAX.  Values stay the leaves; all else,
    numbers too, f gets as it stands, and what depends on no Value becomes a constant, or a number
    where the example has no Value.  The result is in the shape of what f returns: a Value for a
    scalar, nested lists for an array.  Whole numbers and truth values are Python's.

    The graph has the operations of the table: `jit`, `vmap`, `scan`, `custom_jvp` and other calls
    are unfolded, a matrix product is a `sumprod` for each element, a call that has a name is a
    `group`.  Derivatives are those of the operations, also where f states others.

    ImportError without JAX, or where it is too old; NotImplementedError names what has no
    operation and the line of f; ValueError where a graph would have more than `limit` nodes.

    >>> from autograd import from_jax, Value
    >>> import jax.numpy as jnp  # doctest: +SKIP
    >>> y = from_jax(lambda x: jnp.sum(x**2), [Value(3.0), Value(4.0)])  # doctest: +SKIP
    >>> y.data  # doctest: +SKIP
    25.0
    """
    if not callable(f):
        raise TypeError(
            f"from_jax needs a function, from_jax(f, x) and not from_jax(f(x)), got {kind_of(f)}"
        )
    jax = _jax()
    from autograd.importing.evaluation import Evaluation

    name = function_name(f)
    tree = jax.tree_util
    parts, structure = tree.tree_flatten(example, is_leaf=_is_array)
    leaves = [_leaf(part, name) for part in parts]
    places = [i for i, (_, is_recorded) in enumerate(leaves) if is_recorded]

    def of_arrays(*arrays: Any) -> Any:
        given = [leaf for leaf, _ in leaves]
        for i, xs in zip(places, arrays):
            given[i] = xs
        return f(*tree.tree_unflatten(structure, given))

    of_arrays.__name__ = name  # as JAX calls it in its errors
    with jax.enable_x64(True):
        shapes = [jax.ShapeDtypeStruct(leaves[i][0].shape, "float64") for i in places]
        program, shape = jax.make_jaxpr(of_arrays, return_shape=True)(*shapes)
        run = Evaluation(jax, name, program, limit).run
        found = run(program, [leaves[i][0] for i in places])
    results = [_result(xs, bool(places)) for xs in found]
    return tree.tree_unflatten(tree.tree_structure(shape), results)


def _jax() -> Any:
    """JAX; an ImportError that says what to install."""
    try:
        jax: Any = load("jax")
    except ImportError as error:
        raise ImportError(
            f'from_jax needs JAX: pip install "chainrule[jax]", or jax ({error})'
        ) from error
    needed = ".".join(map(str, OLDEST))
    if tuple(map(int, jax.__version__.split(".")[:2])) < OLDEST:
        raise ImportError(
            f"from_jax needs JAX {needed} or newer, and this is {jax.__version__}: "
            f'pip install --upgrade "jax>={needed}"'
        )
    return jax


# ---- arguments and results -----------------------------------------------------------------------


def _is_array(x: Any) -> bool:
    """Whether x is one array: a list of numbers and Values, or of such lists."""
    return isinstance(x, list) and all(
        _is_array(item) or isinstance(item, (Value, int, float)) for item in x
    )


def _leaf(x: Any, name: str) -> tuple[Any, bool]:
    """A leaf of the example as f gets it, or an array with Values in it, which are recorded."""
    import numpy as np

    from autograd.importing.arrays import filled

    if isinstance(x, Value):
        return filled([x], ()), True
    if isinstance(x, list):
        shape = _shape(x, name)
        items = list(_items(x))
        if not any(isinstance(item, Value) for item in items):
            return np.array(x, dtype=None if x else float), False
        return filled([v if isinstance(v, Value) else float(v) for v in items], shape), True
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        return filled([v if isinstance(v, Value) else float(v) for v in x.flat], x.shape), True
    return x, False


def _shape(x: list[Any], name: str) -> tuple[int, ...]:
    """The lengths of nested lists; ValueError where they differ."""
    shapes = {_shape(item, name) if isinstance(item, list) else () for item in x}
    if len(shapes) > 1:
        raise ValueError(
            f"a list in the example of {name} is one array, whose rows are of one length, got "
            f"{', '.join(sorted(str(shape) for shape in shapes))}: a tuple holds arrays of "
            "different shapes"
        )
    return (len(x), *(shapes.pop() if shapes else ()))


def _items(x: Any) -> Iterator[Any]:
    if isinstance(x, list):
        for item in x:
            yield from _items(item)
    else:
        yield x


def _result(xs: Any, has_values: bool) -> Any:
    """An array of results as nested lists; floats as constants where there are Values."""

    def item(x: Any) -> Any:
        return constant(x) if has_values and type(x) is float else x

    def nested(part: Any) -> Any:
        return [nested(x) for x in part] if isinstance(part, list) else item(part)

    return nested(_plain(xs))


def _plain(xs: Any) -> Any:
    """An array of NumPy's as nested lists."""
    import numpy as np

    if not isinstance(xs, np.ndarray) or xs.dtype.kind == "c":
        raise TypeError(f"from_jax gives real numbers, and f returns {kind_of(xs)} of {xs.dtype}")
    return (xs if xs.dtype.kind in "Obiu" else xs.astype(float)).tolist()
