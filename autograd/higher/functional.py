"""Derivatives of functions: grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp.

    grad(lambda x: x**3)(2.0)                      12.0
    grad(grad(lambda x: x**3))(2.0)                12.0, the second derivative
    hessian(lambda p: p[0] * p[1] ** 2)([1, 2])    [[0.0, 4.0], [4.0, 2.0]]

An argument is a number, or a list, tuple, dict or array of such; `argnum` may name several.
Results have the shape of the argument, and its kinds: `x - 0.1 * grad(f)(x)` is a step of an array.
Floats in, floats out; Values in, Values out, so all of these nest.  What f takes from outside
counts as in: where f uses a variable of yours, results are Values, since floats drop gradients.
A copy that f makes of its argument counts as the argument, however it is made.
At edges and kinks of any order it is as `derivatives` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from autograd.copying import being_differentiated, held_by_graph_alone
from autograd.graph import gradients, is_constant, pushforward, topological_order
from autograd.higher.derivatives import Joint, derivatives, push
from autograd.higher.structures import is_nested, leaves, leaves_as, like
from autograd.operations import sumprod
from autograd.recording import around, is_recording
from autograd.rules.words import describe_type, function_name, kind_of, real
from autograd.value import CONSTANT, Value, constant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, overload

    from autograd.higher.calls import Argnum, Gradient, Hessian, Jacobian, Mode, Pair

    T = TypeVar("T")


if TYPE_CHECKING:

    @overload
    def grad(f: Callable[..., Any]) -> Gradient: ...
    @overload
    def grad(f: Callable[..., Any], argnum: Argnum) -> Callable[..., Any]: ...


def grad(f: Callable[..., Any], argnum: Argnum = 0) -> Callable[..., Any]:
    """The function that gives the gradient of f, which returns one number, by argument `argnum`.

    By several arguments, `grad(f, (0, 1))`, it is a tuple.
    """
    both = value_and_grad(f, argnum)
    return _named("grad", f, lambda *args, **named: both(*args, **named)[1])


if TYPE_CHECKING:

    @overload
    def value_and_grad(f: Callable[..., Any]) -> Pair: ...
    @overload
    def value_and_grad(f: Callable[..., Any], argnum: Argnum) -> Callable[..., Any]: ...


def value_and_grad(f: Callable[..., Any], argnum: Argnum = 0) -> Callable[..., Any]:
    """The function that gives f's value and gradient, as a pair, at the price of one pass."""

    def pair(*args: Any, **named: Any) -> tuple[Any, Any]:
        run = _Run(f, args, argnum, named)
        root = run.root()
        slopes = run.gradient(root)
        return run.out([root], root), run.out(slopes, run.argument)

    return _named("value_and_grad", f, pair)


if TYPE_CHECKING:

    @overload
    def jacobian(f: Callable[..., Sequence[Any]], *, mode: Mode | None = None) -> Jacobian: ...
    @overload
    def jacobian(f: Callable[..., Value | float], *, mode: Mode | None = None) -> Gradient: ...
    @overload
    def jacobian(
        f: Callable[..., Any], argnum: Argnum, *, mode: Mode | None = None
    ) -> Callable[..., Any]: ...


def jacobian(
    f: Callable[..., Any], argnum: Argnum = 0, *, mode: Mode | None = None
) -> Callable[..., Any]:
    """The function that gives d result[i] / d argument[j] as [i][j], nested as result and argument.

    `mode` "reverse" takes a pass for each number of the result, "forward" one for each number of
    the argument; None takes the one with fewer passes.
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"mode is 'forward', 'reverse' or None, got {mode!r}")

    def matrix(*args: Any, **named: Any) -> Any:
        run = _Run(f, args, argnum, named)
        forward = mode == "forward" if mode else len(run.variables) < len(run.roots)
        if forward:
            columns = [run.push(run.roots, {v: 1.0}) for v in run.variables]
            rows = [list(row) for row in zip(*columns)] or [[] for _ in run.roots]
        else:
            rows = [run.gradient(root) for root in run.roots]
        return like(run.result, [run.out(row, run.argument) for row in rows])

    return _named("jacobian", f, matrix)


if TYPE_CHECKING:

    @overload
    def hessian(f: Callable[..., Any]) -> Hessian: ...
    @overload
    def hessian(f: Callable[..., Any], argnum: Argnum) -> Callable[..., Any]: ...


def hessian(f: Callable[..., Any], argnum: Argnum = 0) -> Callable[..., Any]:
    """The function that gives f's second derivatives as [i][j]: the Jacobian of its gradient."""
    return _named("hessian", f, jacobian(grad(f, argnum), argnum))


def jvp(f: Callable[[Any], Any], x: Any, v: Any) -> tuple[Any, Any]:
    """f(x), and the Jacobian times v: one pass forward, whatever the length of the result.

    v has the shape of x; the product has the shape of f(x).
    """
    run = _Run(f, (x,), 0, also=v)
    tangents = dict(zip(run.variables, _aligned(v, x, run.variables, "v", "x")))
    moved = run.push(run.roots, tangents)
    return run.out(run.roots, run.result), run.out(moved, run.result)


def vjp(f: Callable[[Any], Any], x: Any, u: Any) -> tuple[Any, Any]:
    """f(x), and u times the Jacobian: one pass backward, whatever the length of x.

    u has the shape of f(x); the product has the shape of x.
    """
    run = _Run(f, (x,), 0, also=u)
    weights = _aligned(u, run.result, run.roots, "u", "the result")
    product = run.recorded(lambda: sumprod(weights, run.roots, constant(0.0)))
    slopes = run.gradient(product)
    return run.out(run.roots, run.result), run.out(slopes, x)


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
    tangents = dict(zip(run.variables, _aligned(v, x, run.variables, "v", "x")))
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
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: Argnum,
        named: Mapping[str, Any] = MappingProxyType({}),
        also: Any = (),
    ) -> None:
        if not callable(f):
            raise TypeError(
                f"grad and its kin need a function, got {kind_of(f)}: the derivatives of a "
                "Value by others are derivatives(root, wrt)"
            )
        self.name = function_name(f)
        places = _places(argnum, len(args), self.name)
        several = isinstance(argnum, tuple)
        self.argument = tuple([args[i] for i in places]) if several else args[places[0]]
        given = list(leaves(self.argument))
        self.recording = is_recording()
        self.variables: list[Value] = self.recorded(lambda: [_fresh(x) for x in given])
        inside = like(self.argument, self.variables)
        replaced = dict(zip(places, inside if several else [inside]))
        with_inside = [replaced.get(i, x) for i, x in enumerate(args)]
        with being_differentiated(self.variables):
            self.result = self.recorded(lambda: f(*with_inside, **named))
        self.roots: list[Value] = [self._checked(x) for x in leaves(self.result)]
        beside = leaves([list(args), dict(named), also])
        self.values_in = any(isinstance(x, Value) for x in beside)
        outside = self._outside()
        self.floats = not (self.values_in or outside)

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
        """The results as the caller gets them: floats, or Values where a gradient would be lost.

        What they are made of stays; this call's own variables, of which nobody knows, are constants
        from here on.
        """
        if not self.floats:
            for v in self.variables:
                if not v.parents:
                    v.op = CONSTANT
        return like(shape, [self._out(x) for x in found])

    def _out(self, x: Any) -> Any:
        if self.values_in:
            return x if self.recording else constant(_number(x))
        return x if self.recording and not self.floats else _number(x)

    def recorded(self, compute: Callable[[], T]) -> T:
        """What `compute` gives with recording on, in a no_grad block too."""
        token = around.set(())
        try:
            return compute()
        finally:
            around.reset(token)

    def _outside(self) -> list[Value]:
        """The variables that the results depend on and that are not of this call."""
        order = topological_order(Joint(self.roots))[:-1]
        own = set(self.variables)
        leaves = [v for v in order if not (v.parents or is_constant(v) or v in own)]
        if not leaves or not own or not own.isdisjoint(order):
            return leaves
        if held_by_graph_alone(leaves, order, self.roots):
            raise ValueError(
                f"{self.name} returned what depends on {leaves[0]!r}, made on the way, and not on "
                "its argument: was that made from .data, or in another process? Where the result "
                "is not to depend on the argument, return constant(...)"
            )
        return leaves

    def _checked(self, x: Any) -> Value:
        if isinstance(x, Value):
            return x
        what = f"the number {x!r}" if isinstance(x, (int, float)) else describe_type(x)
        raise TypeError(
            f"{self.name} returned {what}, which remembers nothing of its argument: was it "
            "computed from .data? Where it does not depend on it, return constant(...)"
        )


def _number(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def _fresh(x: Any) -> Value:
    """A variable for a number, a node of its own for a Value."""
    if not isinstance(x, Value):
        return Value(real(x, "an argument"))
    v = +x
    v.label = x.label
    return v


def _places(argnum: Argnum, count: int, name: str) -> list[int]:
    """Which arguments are meant, counted from the left."""
    numbers = argnum if isinstance(argnum, tuple) else (argnum,)
    if not numbers or any(type(i) is not int for i in numbers):
        raise TypeError(
            f"argnum is the number of an argument, or a tuple of several, got {argnum!r}"
        )
    for i in numbers:
        if not -count <= i < count:
            raise TypeError(f"there is no argument {i}: {name} was given {count}")
    places = [i % count for i in numbers]
    if len(set(places)) < len(places):
        raise ValueError(f"argnum names an argument twice: {argnum!r}")
    return places


def _aligned(x: Any, shape: Any, others: Sequence[Any], name: str, whose: str) -> list[Any]:
    """The numbers of x, one for each of the others, in the order of `shape`."""
    numbers = [
        n if isinstance(n, Value) else real(n, f"an element of {name}") for n in leaves_as(x, shape)
    ]
    if len(numbers) != len(others):
        raise ValueError(
            f"{name} has one number for each of {whose}: got {len(numbers)} for {len(others)}"
        )
    return numbers


def _named(transform: str, f: Callable[..., Any], g: Callable[..., Any]) -> Callable[..., Any]:
    g.__name__ = g.__qualname__ = f"{transform}({function_name(f)})"
    return g
