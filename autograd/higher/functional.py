"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp.

    grad(lambda x: x**3)(2.0)                      12.0
    grad(grad(lambda x: x**3))(2.0)                12.0, the second derivative
    hessian(lambda p: p[0] * p[1] ** 2)([1, 2])    [[0.0, 4.0], [4.0, 2.0]]

An argument is a number or a nested sequence of numbers; results have the shape of the argument.
Floats in, floats out; Values in, Values out, so all of these nest.  What f takes from outside
counts as in: where f uses a variable of yours, results are Values, since floats drop gradients.
At edges and kinks of any order it is as `derivatives` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd.graph import gradients, is_constant, pushforward, topological_order
from autograd.higher.derivatives import Joint, derivatives, push
from autograd.higher.structures import is_nested, leaves, like, rebuild
from autograd.operations import sumprod
from autograd.recording import around, is_recording
from autograd.rules.words import describe_type, function_name, kind_of, real
from autograd.value import Value, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, overload

    from autograd.higher.calls import Gradient, Hessian, Jacobian, Mode, Pair

    T = TypeVar("T")


if TYPE_CHECKING:

    @overload
    def grad(f: Callable[..., Any]) -> Gradient: ...
    @overload
    def grad(f: Callable[..., Any], argnum: int) -> Callable[..., Any]: ...


def grad(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """The function that gives the gradient of f, which returns one number, by argument `argnum`."""
    both = value_and_grad(f, argnum)
    return _named("grad", f, lambda *args: both(*args)[1])


if TYPE_CHECKING:

    @overload
    def value_and_grad(f: Callable[..., Any]) -> Pair: ...
    @overload
    def value_and_grad(f: Callable[..., Any], argnum: int) -> Callable[..., Any]: ...


def value_and_grad(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """The function that gives f's value and gradient, as a pair, at the price of one pass."""

    def pair(*args: Any) -> tuple[Any, Any]:
        run = _Run(f, args, argnum)
        root = run.root()
        return run.out([root], root), run.out(run.gradient(root), run.argument)

    return _named("value_and_grad", f, pair)


if TYPE_CHECKING:

    @overload
    def jacobian(f: Callable[..., Sequence[Any]], *, mode: Mode | None = None) -> Jacobian: ...
    @overload
    def jacobian(f: Callable[..., Value | float], *, mode: Mode | None = None) -> Gradient: ...
    @overload
    def jacobian(
        f: Callable[..., Any], argnum: int, *, mode: Mode | None = None
    ) -> Callable[..., Any]: ...


def jacobian(
    f: Callable[..., Any], argnum: int = 0, *, mode: Mode | None = None
) -> Callable[..., Any]:
    """The function that gives d result[i] / d argument[j] as [i][j], nested as result and argument.

    `mode` "reverse" takes a pass for each number of the result, "forward" one for each number of
    the argument; None takes the one with fewer passes.
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"mode is 'forward', 'reverse' or None, got {mode!r}")

    def matrix(*args: Any) -> Any:
        run = _Run(f, args, argnum)
        forward = mode == "forward" if mode else len(run.variables) < len(run.roots)
        if forward:
            columns = [run.push(run.roots, {v: 1.0}) for v in run.variables]
            rows = [list(row) for row in zip(*columns)] or [[] for _ in run.roots]
        else:
            rows = [run.gradient(root) for root in run.roots]
        shaped = iter([run.out(row, run.argument) for row in rows])
        return rebuild(run.result, shaped)

    return _named("jacobian", f, matrix)


if TYPE_CHECKING:

    @overload
    def hessian(f: Callable[..., Any]) -> Hessian: ...
    @overload
    def hessian(f: Callable[..., Any], argnum: int) -> Callable[..., Any]: ...


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """The function that gives f's second derivatives as [i][j]: the Jacobian of its gradient."""
    return _named("hessian", f, jacobian(grad(f, argnum), argnum))


def jvp(f: Callable[[Any], Any], x: Any, v: Any) -> tuple[Any, Any]:
    """f(x), and the Jacobian times v: one pass forward, whatever the length of the result.

    v has the shape of x; the product has the shape of f(x).
    """
    run = _Run(f, (x,), 0, also=v)
    tangents = dict(zip(run.variables, _aligned(v, run.variables, "v", "x")))
    return run.out(run.roots, run.result), run.out(run.push(run.roots, tangents), run.result)


def vjp(f: Callable[[Any], Any], x: Any, u: Any) -> tuple[Any, Any]:
    """f(x), and u times the Jacobian: one pass backward, whatever the length of x.

    u has the shape of f(x); the product has the shape of x.
    """
    run = _Run(f, (x,), 0, also=u)
    weights = _aligned(u, run.roots, "u", "the result")
    product = run.recorded(lambda: sumprod(weights, run.roots, constant(0.0)))
    return run.out(run.roots, run.result), run.out(run.gradient(product), x)


if TYPE_CHECKING:

    @overload
    def hvp(f: Callable[[Any], Any], x: float, v: float) -> float: ...
    @overload
    def hvp(f: Callable[[Any], Any], x: Sequence[float], v: Sequence[float]) -> list[float]: ...
    @overload
    def hvp(f: Callable[[Any], Any], x: Any, v: Any) -> Any: ...


def hvp(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    """The Hessian of f times v, forward over reverse: two passes, whatever the length of x."""
    run = _Run(f, (x,), 0, also=v)
    tangents = dict(zip(run.variables, _aligned(v, run.variables, "v", "x")))
    root = run.root()
    slopes = run.recorded(lambda: derivatives(root, run.variables))
    return run.out(run.push(slopes, tangents), x)


# ---- one call of f -------------------------------------------------------------------------------


class _Run:
    """f called once, on variables that belong to this call alone.

    A Value among the arguments enters as `+x`, a node of its own: what f reaches of x otherwise is
    then not confused with its argument.
    """

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], argnum: int, also: Any = ()
    ) -> None:
        if not callable(f):
            raise TypeError(
                f"grad and its kin need a function, got {kind_of(f)}: the derivatives of a "
                "Value by others are derivatives(root, wrt)"
            )
        if not -len(args) <= argnum < len(args):
            raise TypeError(
                f"there is no argument {argnum}: {function_name(f)} was given {len(args)}"
            )
        argnum %= len(args)
        self.name = function_name(f)
        self.argument = args[argnum]
        given = list(leaves(self.argument))
        self.recording = is_recording()
        self.variables: list[Value] = self.recorded(lambda: [_fresh(x) for x in given])
        inside = like(self.argument, self.variables)
        self.result = self.recorded(lambda: f(*args[:argnum], inside, *args[argnum + 1 :]))
        self.roots: list[Value] = [self._checked(x) for x in leaves(self.result)]
        self.values_in = any(isinstance(x, Value) for x in (*leaves(list(args)), *leaves(also)))
        self.floats = not (self.values_in or any(map(self._reaches_outside, self.roots)))

    def root(self) -> Value:
        """The one number that f returned."""
        if is_nested(self.result):
            raise TypeError(
                f"{self.name} returned {len(self.roots)} numbers, and a gradient is of one: "
                "take jacobian, or return their sum"
            )
        return self.roots[0]

    def gradient(self, root: Value) -> list[Any]:
        """d root / d variable for each variable of this call."""
        if self.floats:
            slopes = gradients(root)
            return [slopes.get(v, 0.0) for v in self.variables]
        return self.recorded(lambda: derivatives(root, self.variables))

    def push(self, roots: Sequence[Value], tangents: dict[Value, Any]) -> list[Any]:
        """How fast each root moves with the variables."""
        if self.floats:
            moving = pushforward(Joint(roots), tangents)
            return [moving.get(root, 0.0) for root in roots]
        return self.recorded(lambda: push(roots, tangents))

    def out(self, found: Sequence[Any], shape: Any) -> Any:
        """The results as the caller gets them: floats, or Values where a gradient would be lost."""
        return rebuild(shape, iter([self._out(x) for x in found]))

    def _out(self, x: Any) -> Any:
        data = x.data if isinstance(x, Value) else x
        if self.values_in:
            return x if self.recording else constant(data)
        return x if self.recording and not self.floats else data

    def recorded(self, compute: Callable[[], T]) -> T:
        """What `compute` gives with recording on, in a no_grad block too."""
        token = around.set(())
        try:
            return compute()
        finally:
            around.reset(token)

    def _reaches_outside(self, v: Value) -> bool:
        """Whether v depends on a variable that is not of this call."""
        leaves = [u for u in topological_order(v) if not (u.parents or is_constant(u))]
        return not set(self.variables).issuperset(leaves)

    def _checked(self, x: Any) -> Value:
        if isinstance(x, Value):
            return x
        what = f"the number {x!r}" if isinstance(x, (int, float)) else describe_type(x)
        raise TypeError(
            f"{self.name} returned {what}, which remembers nothing of its argument: was it "
            "computed from .data? Where it does not depend on it, return constant(...)"
        )


def _fresh(x: Any) -> Value:
    """A variable for a number, a node of its own for a Value."""
    if not isinstance(x, Value):
        return Value(real(x, "an argument"))
    v = +x
    v.label = x.label
    return v


def _aligned(x: Any, others: Sequence[Any], name: str, whose: str) -> list[Any]:
    """The numbers of x, one for each of the others."""
    numbers = [n if isinstance(n, Value) else real(n, f"an element of {name}") for n in leaves(x)]
    if len(numbers) != len(others):
        raise ValueError(
            f"{name} has one number for each of {whose}: got {len(numbers)} for {len(others)}"
        )
    return numbers


def _named(transform: str, f: Callable[..., Any], g: Callable[..., Any]) -> Callable[..., Any]:
    g.__name__ = g.__qualname__ = f"{transform}({function_name(f)})"
    return g
