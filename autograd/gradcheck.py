"""Is a gradient right?  `assert_gradcheck(f, inputs)` compares it with central differences.

Each numerical derivative carries an error bar from two step sizes: a gradient is wrong only where
it lies outside.  Anything with `data`, `grad`, `parents`, `local_derivatives` can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from sys import float_info

from autograd.graph import backpropagate, topological_order
from autograd.language import describe_type, real, shortest
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EPSILON = float_info.epsilon
STEP = EPSILON**0.2  # balances the truncation h**4 of the extrapolated difference with rounding 1/h


def assert_gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    atol: float = 1e-10,
    rtol: float = 1e-7,
) -> None:
    """AssertionError unless the gradient of f at `inputs` agrees with central differences.

    `f(*inputs)` returns a Value.  An input is a number, a node (moved in place, so `f` may also
    reach it otherwise), or a nested sequence of these; all are put back whatever happens.
    A gradient passes within atol + rtol * |gradient| + the error bar of the numerical derivative.
    """
    __tracebackhide__ = True
    arguments = [_as_nodes(x, f"x{i}") for i, x in enumerate(inputs)]
    variables = [v for x in arguments for v in _flatten(x)]
    if not variables:
        raise ValueError("there is nothing to check: inputs holds no number")
    root = _evaluate(f, arguments)
    analytic = _gradients(root, [v for v, _ in variables])
    if _evaluate(f, arguments).data != root.data:
        raise ValueError(
            "f gave two values at the same inputs: a random function, or one that changes its "
            "inputs, has no derivative to check; fix its seed"
        )
    problems = []
    for (v, name), gradient in zip(variables, analytic):
        numeric, bar = _derivative(f, arguments, v, name)
        line = (
            f"  {name} = {shortest(v.data)}: analytic {gradient:.10g}, "
            f"numeric {numeric:.10g} +- {bar:.1g}"
        )
        allowed = atol + rtol * abs(numeric)
        blurred = bar > max(1e-4 * max(abs(numeric), abs(gradient)), allowed)
        if blurred or not abs(gradient - numeric) <= allowed + bar:
            problems.append(line + ": two step sizes disagree, is a kink near?" * blurred)
    if problems:
        raise AssertionError(
            f"the gradient of {_name(f)} is not confirmed at {len(problems)} of {len(analytic)} "
            "inputs:\n" + "\n".join(problems)
        )


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _is_node(x: Any) -> bool:
    return hasattr(x, "parents") and hasattr(x, "local_derivatives")


def _as_nodes(x: Any, name: str) -> Any:
    """x with every number replaced by a variable, each paired with a name."""
    if _is_node(x):
        if x.parents:
            raise ValueError(f"input {name} is no leaf: check the graph from its variables")
        return x, getattr(x, "label", "") or name
    if isinstance(x, (list, tuple)) or getattr(x, "shape", None):
        return [_as_nodes(item, f"{name}[{i}]") for i, item in enumerate(x)]
    try:
        return Value(real(x, "an input")), name
    except TypeError:
        raise TypeError(
            f"input {name} must be a number, a Value or a sequence of them, got {describe_type(x)}"
        ) from None


def _flatten(x: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(x, tuple):
        yield x
    else:
        for item in x:
            yield from _flatten(item)


def _nodes_of(x: Any) -> Any:
    return x[0] if isinstance(x, tuple) else [_nodes_of(item) for item in x]


def _evaluate(f: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    root = f(*[_nodes_of(x) for x in arguments])
    if not _is_node(root):
        raise TypeError(
            f"{_name(f)} must return one Value, got {describe_type(root)}: a number has no gradient"
        )
    return root


def _gradients(root: Any, variables: Sequence[Any]) -> list[float]:
    """d root / d v for each variable; every `.grad` is as before afterwards."""
    nodes = {v: v.grad for v in (*topological_order(root), *variables)}
    try:
        for v in nodes:
            v.grad = 0.0
        backpropagate(root)
        return [v.grad for v in variables]
    finally:
        for v, grad in nodes.items():
            v.grad = grad


@contextmanager
def _moved(v: Any, x: float) -> Iterator[None]:
    before = v.data
    try:
        v.data = x
        yield
    finally:
        v.data = before


def _derivative(
    f: Callable[..., Any], arguments: Sequence[Any], v: Any, name: str
) -> tuple[float, float]:
    """The extrapolated central difference with respect to v and its error bar."""

    def difference(step: float) -> tuple[float, float]:
        """The central difference, and the size of the values it is made of."""
        center = v.data
        low, high = center - step, center + step
        values = []
        for x in (low, high):
            with _moved(v, x):
                try:
                    values.append(_evaluate(f, arguments).data)
                except (ArithmeticError, ValueError) as error:
                    error.add_note(
                        f"while moving {name} from {center!r} to {x!r}: a domain's edge?"
                    )
                    raise
        return (values[1] - values[0]) / (high - low), max(map(abs, values))

    step = STEP * max(1.0, abs(v.data))
    coarse, size = difference(step)
    fine, _ = difference(step / 2)
    rounding = 16 * EPSILON * size / step
    return fine + (fine - coarse) / 3, abs(fine - coarse) + rounding
