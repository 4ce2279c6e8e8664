"""Functions of JAX as graphs of Values: their numbers and gradients are those of JAX."""

import contextlib
import io
import math
import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograd import (
    Value,
    assert_gradcheck,
    constant,
    from_jax,
    gradcheck,
    group,
    log,
    maximum,
    softmax,
    tanh,
    topological_order,
    trace,
    where,
)


class Later:
    """A module of JAX, imported where a test uses it: whoever runs other tests does not wait."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        module = pytest.importorskip(self.name, reason='needs pip install -e ".[peers]"')
        return getattr(module, attribute)


jax, jnp, lax = map(Later, ["jax", "jax.numpy", "jax.lax"])

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

LIMIT = 1e-12  # relative to the largest gradient: JAX adds and multiplies in another order


def lifted(x: Any, leaves: list[Value]) -> Any:
    """Numbers as Values, which are collected."""
    if isinstance(x, list | tuple):
        return type(x)(lifted(item, leaves) for item in x)
    if isinstance(x, dict):
        return {name: lifted(x[name], leaves) for name in sorted(x)}  # in JAX's order
    leaves.append(Value(x))
    return leaves[-1]


def of_jax(x: Any) -> Any:
    """Lists of numbers as arrays."""
    if isinstance(x, tuple):
        return tuple(map(of_jax, x))
    if isinstance(x, dict):
        return {name: of_jax(item) for name, item in x.items()}
    return jnp.asarray(x, float)


@cache
def value_and_gradients(f: Callable[..., Any], count: int) -> Callable[..., Any]:
    """JAX's own, compiled once."""
    return jax.jit(jax.value_and_grad(f, tuple(range(count))))


def compare(f: Callable[..., Any], *example: Any) -> Value:
    """The root of the graph of f, after its value and gradients were found to be those of JAX."""
    leaves: list[Value] = []
    y = from_jax(f, *[lifted(x, leaves) for x in example])
    y.backward()
    with jax.enable_x64(True):
        value, gradients = value_and_gradients(f, len(example))(*map(of_jax, example))
        expected = [g for x in jax.tree.leaves(gradients) for g in x.ravel().tolist()]
        assert y.data == pytest.approx(float(value), rel=LIMIT, abs=1e-14)
    size = max(map(abs, expected))
    assert [v.grad for v in leaves] == pytest.approx(expected, rel=LIMIT, abs=LIMIT * size)
    return y


def numbers(rng: random.Random, *shape: int) -> Any:
    """Nested lists of that shape."""
    if not shape:
        return rng.gauss(0, 1)
    return [numbers(rng, *shape[1:]) for _ in range(shape[0])]


# ---- functions as people write them --------------------------------------------------------------


def logistic_regression(w, b, x, y):
    p = jax.nn.sigmoid(x @ w + b)
    return -jnp.mean(jnp.log(y * p + (1 - y) * (1 - p)))


def mlp(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    logits = x @ w + b
    return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(2), jnp.array([1, 0])])


def attention(params, x):
    q, k, v = x @ params["q"], x @ params["k"], x @ params["v"]
    scores = jnp.where(jnp.tril(jnp.ones((3, 3), bool)), q @ k.T / jnp.sqrt(2.0), -jnp.inf)
    return jnp.sum((jax.nn.softmax(scores) @ v) ** 2)


def lstm_cell(params, h, c, x):
    gates = params["w"] @ jnp.concatenate([h, x]) + params["b"]
    i, f, g, o = jnp.split(gates, 4)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jnp.sum(jax.nn.sigmoid(o) * jnp.tanh(c))


def kalman_step(mean, root, y):
    move, look = jnp.array([[1.0, 0.1], [0.0, 1.0]]), jnp.array([1.0, 0.0])
    covariance = root @ root.T + 0.01 * jnp.eye(2)
    mean, covariance = move @ mean, move @ covariance @ move.T
    s = look @ covariance @ look + 0.5
    gain = covariance @ look / s
    mean = mean + gain * (y - look @ mean)
    covariance = covariance - jnp.outer(gain, look) @ covariance
    return jnp.sum(mean**2) + jnp.trace(covariance) + 0.5 * jnp.log(s)


def rosenbrock(x):
    return jnp.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def rnn(w, u, xs):
    def step(h, x):
        h = jnp.tanh(w @ h + u * x)
        return h, jnp.sum(h)

    h, sums = lax.scan(step, jnp.zeros(2), xs)
    return jnp.sum(h**2) + jnp.mean(sums)


def layer_norm(x, gain, bias):
    centered = x - jnp.mean(x, axis=-1, keepdims=True)
    scale = lax.rsqrt(jnp.var(x, axis=-1, keepdims=True) + 1e-5)
    return jnp.sum(jnp.sin(centered * scale * gain + bias))


def log1pexp(x):
    """A function whose derivative is stated."""

    @jax.custom_jvp
    def f(x):
        return jnp.log1p(jnp.exp(x))

    f.defjvps(lambda tangent, answer, x: (1 - 1 / (1 + jnp.exp(x))) * tangent)
    return jnp.sum(f(x))


def logsumexp(x):
    return jax.scipy.special.logsumexp(x)


def kernel_regression(length, noise, x, y):
    """The log likelihood of two points under a Gaussian process, by Cramer's rule."""
    k = jnp.exp(-0.5 * ((x[:, None] - x[None, :]) / length) ** 2) + noise**2 * jnp.eye(2)
    determinant = k[0, 0] * k[1, 1] - k[0, 1] * k[1, 0]
    inverse = jnp.array([[k[1, 1], -k[0, 1]], [-k[1, 0], k[0, 0]]]) / determinant
    return -0.5 * y @ inverse @ y - 0.5 * jnp.log(determinant)


def safe_where(x):
    positive = x > 0
    return jnp.sum(jnp.where(positive, jnp.log(jnp.where(positive, x, 1.0)), x**3))


def vmapped(a, x):
    def energy(x):
        return jnp.einsum("i,ij,j->", x, a, x) + jnp.prod(x)

    return jnp.sum(jax.vmap(energy)(x))


def convolution(x, kernel):
    windows = jnp.stack([x[i : i + 3] for i in range(4)])
    return jnp.max(windows @ kernel) + jnp.sum(jnp.cumsum(x) ** 2)


def newton(a):
    return lax.fori_loop(0, 6, lambda i, x: 0.5 * (x + a / x), a)


EXAMPLES: dict[Callable[..., Any], list[Any]] = {
    logistic_regression: [(3,), (), (4, 3), None],
    mlp: [(((3, 4), (4,)), ((4, 2), (2,))), (2, 3)],
    attention: [{"q": (4, 2), "k": (4, 2), "v": (4, 2)}, (3, 4)],
    lstm_cell: [{"w": (8, 5), "b": (8,)}, (2,), (2,), (3,)],
    kalman_step: [(2,), (2, 2), ()],
    rosenbrock: [(5,)],
    rnn: [(2, 2), (2,), (5,)],
    layer_norm: [(2, 4), (4,), (4,)],
    log1pexp: [(4,)],
    logsumexp: [(5,)],
    kernel_regression: [(), (), (2,), (2,)],
    safe_where: [(6,)],
    vmapped: [(3, 3), (4, 3)],
    convolution: [(6,), (3,)],
}


def drawn(shape: Any, rng: random.Random) -> Any:
    """Numbers in a shape, or in a structure of shapes."""
    if shape is None:  # classes
        return [1.0, 0.0, 1.0, 1.0]
    if isinstance(shape, dict):
        return {name: drawn(part, rng) for name, part in shape.items()}
    if shape and isinstance(shape[0], tuple):
        return tuple(drawn(part, rng) for part in shape)
    return numbers(rng, *shape)


@pytest.mark.parametrize("f", EXAMPLES, ids=lambda f: f.__name__)
def test_a_function_has_the_value_and_gradients_of_jax(f, rng) -> None:
    for _ in range(3):
        compare(f, *[drawn(shape, rng) for shape in EXAMPLES[f]])


def test_a_function_of_a_scalar_too() -> None:
    assert compare(newton, 2.0).data == pytest.approx(2**0.5)


@pytest.mark.parametrize("name", ["grad", "jit", "checkpoint", "vmap"])
def test_what_jax_makes_of_a_function_is_one(name: str) -> None:
    made = getattr(jax, name)(newton)
    compare(lambda x: jnp.sum(made(x)), [3.0, 2.0] if name == "vmap" else 3.0)


# ---- primitives ----------------------------------------------------------------------------------

# fmt: off
ONE: dict[str, Callable[[Any], Any]] = {  # of a number between 0 and 1
    "neg":     lambda x: -x,
    "abs":     lambda x: abs(x - 0.5),
    "sign":    lambda x: x * jnp.sign(x - 0.5),
    "square":  lambda x: jnp.square(x),
    "integer_pow": lambda x: x**-3,
    "exp":     lambda x: jnp.exp(x),
    "exp2":    lambda x: jnp.exp2(x),
    "expm1":   lambda x: jnp.expm1(x),
    "log":     lambda x: jnp.log(x),
    "log1p":   lambda x: jnp.log1p(x),
    "sqrt":    lambda x: jnp.sqrt(x),
    "rsqrt":   lambda x: lax.rsqrt(x),
    "cbrt":    lambda x: jnp.cbrt(x),
    "sin":     lambda x: jnp.sin(x),
    "cos":     lambda x: jnp.cos(x),
    "tan":     lambda x: jnp.tan(x),
    "asin":    lambda x: jnp.asin(x),
    "acos":    lambda x: jnp.acos(x),
    "atan":    lambda x: jnp.atan(x),
    "sinh":    lambda x: jnp.sinh(x),
    "cosh":    lambda x: jnp.cosh(x),
    "tanh":    lambda x: jnp.tanh(x),
    "asinh":   lambda x: jnp.asinh(x),
    "acosh":   lambda x: jnp.acosh(x + 1),
    "atanh":   lambda x: jnp.atanh(x),
    "logistic": lambda x: lax.logistic(x),
    "erf":     lambda x: lax.erf(x),
    "erfc":    lambda x: lax.erfc(x),
    "clamp":   lambda x: lax.clamp(0.3, x, 0.7),
    "floor":   lambda x: x * jnp.floor(4 * x),
    "ceil":    lambda x: x * jnp.ceil(4 * x),
    "round":   lambda x: x * jnp.round(4 * x),
    "is_finite": lambda x: jnp.where(jnp.isfinite(x), x, 0),
    "rem":     lambda x: (7 * x) % 2.0 + jnp.fmod(-7 * x, x + 1),
    "xor":     lambda x: jnp.where((x > 0.2) ^ (x > 0.6), x, 2 * x),
    "not":     lambda x: jnp.where(~(x > 0.5), x, 2 * x),
    "convert_element_type": lambda x: x * (4 * x).astype(int) + (x > 0.5).astype(float),
    "stop_gradient":  lambda x: x * lax.stop_gradient(x),
    "copy":    lambda x: jnp.array(x, copy=True) * x,
    "reduce_precision": lambda x: lax.reduce_precision(x, 11, 52),
    "optimization_barrier": lambda x: lax.optimization_barrier(x) * 2,
    "cond":    lambda x: lax.cond(x > 0.5, jnp.sin, jnp.cos, x),
    "custom_jvp_call": lambda x: jax.nn.relu(x - 0.5),
    "custom_vjp_call": lambda x: doubled(x),
    "remat2":  lambda x: jax.checkpoint(lambda x: jnp.sin(jnp.sin(x)))(x),
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add":     lambda x, y: x + y,
    "sub":     lambda x, y: x - y,
    "mul":     lambda x, y: x * y,
    "div":     lambda x, y: x / y,
    "pow":     lambda x, y: x**y,
    "atan2":   lambda x, y: jnp.atan2(x, y),
    "max":     lambda x, y: jnp.maximum(x, y),
    "min":     lambda x, y: jnp.minimum(x, y),
    "lt":      lambda x, y: jnp.where(x < y, x, 2 * y),
    "le":      lambda x, y: jnp.where(x <= y, x, 2 * y),
    "gt":      lambda x, y: jnp.where(x > y, x, 2 * y),
    "ge":      lambda x, y: jnp.where(x >= y, x, 2 * y),
    "eq":      lambda x, y: jnp.where(x == y, x, 2 * y),
    "ne":      lambda x, y: jnp.where(x != y, x, 2 * y),
    "and":     lambda x, y: jnp.where((x > 0.5) & (y > 0.5), x, y),
    "or":      lambda x, y: jnp.where((x > 0.5) | (y > 0.5), x, y),
}
ARRAYS: dict[str, Callable[[Any], Any]] = {  # of 3 x 4 numbers
    "reduce_sum":   lambda x: x.sum(0),
    "reduce_prod":  lambda x: x.prod(1),
    "reduce_max":   lambda x: x.max((0, 1)),
    "reduce_min":   lambda x: x.min(0),
    "reduce_and":   lambda x: jnp.where((x > 0.1).all(0), x[0], x[1]),
    "reduce_or":    lambda x: jnp.where((x > 0.5).any(1), x[:, 0], x[:, 1]),
    "argmax":       lambda x: x[0, jnp.argmax(x[0])],
    "argmin":       lambda x: x[jnp.argmin(x[:, 1])],
    "cumsum":       lambda x: jnp.cumsum(x, 1),
    "cumprod":      lambda x: jnp.cumprod(x, 0),
    "cummax":       lambda x: lax.cummax(x, 1, reverse=True),
    "cummin":       lambda x: lax.cummin(x, 0),
    "cumlogsumexp": lambda x: lax.cumlogsumexp(x, 1),
    "dot_general":  lambda x: jnp.einsum("ij,kj->ik", x, x),
    "broadcast_in_dim": lambda x: x[:, None, :] * x[None, :, :],
    "reshape":      lambda x: x.reshape(2, 6),
    "transpose":    lambda x: x.T,
    "squeeze":      lambda x: x[:1].squeeze(0),
    "slice":        lambda x: x[1:, ::2],
    "rev":          lambda x: x[::-1, ::-1],
    "pad":          lambda x: lax.pad(x, 0.5, [(1, -1, 0), (-1, 2, 1)]),
    "concatenate":  lambda x: jnp.concatenate([x, x**2], 1),
    "stack":        lambda x: jnp.stack([x, x**2], 1),
    "split":        lambda x: jnp.split(x, [1], 1)[1],
    "iota":         lambda x: x * jnp.arange(4),
    "dynamic_slice": lambda x: lax.dynamic_slice(x, (2, 1), (2, 2)),
    "dynamic_update_slice": lambda x: lax.dynamic_update_slice(x, x[:2, :2] ** 2, (1, 3)),
    "gather":       lambda x: jnp.take(x[:, jnp.array([0, 2])], jnp.array([1, 9]), 0, mode="fill"),
    "scatter":      lambda x: x.at[jnp.array([0, 2]), 1].set(x[1, :2] ** 2),
    "scatter-add":  lambda x: x.at[jnp.array([0, 0])].add(x[:2] ** 2),
    "scatter-mul":  lambda x: x.at[0, jnp.array([3, 1])].mul(x[1, :2], unique_indices=True),
    "scatter-max":  lambda x: x.at[jnp.array([0, 0]), 1].max(x[1, :2]),
    "scatter-min":  lambda x: x.at[0].min(x[1]),
    "select_n":     lambda x: lax.select_n(jnp.arange(12).reshape(3, 4) % 3, x, x**2, x**3),
    "sort":         lambda x: jnp.sort(x, 0),
    "top_k":        lambda x: lax.top_k(x, 2)[0],
    "jit":          lambda x: jax.jit(lambda x: jnp.exp(x))(x),
    "scan":         lambda x: lax.scan(lambda c, a: (c * a, c + a), x[0], x, reverse=True)[1],
    "tile":         lambda x: jnp.tile(x, (2, 1)),
    "conv_general_dilated": lambda x: lax.conv_general_dilated(
        x[None, None], x[None, None, :2, :3], (1, 2), [(1, 0), (0, 2)], (1, 2), (2, 1)),
    "reduce_window_max": lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (1, 2), "SAME"),
    "reduce_window_sum": lambda x: lax.reduce_window(x, 0.0, lax.add, (2, 3), (1, 1), "VALID"),
    "lt_to":        lambda x: jnp.interp(x[0], jnp.array([0.0, 0.4, 1.0]), x[1, :3]),
    "random_bits":  lambda x: x * jax.random.normal(jax.random.key(0), (3, 4)),
}
# fmt: on


def doubled(x):
    """The same for a function whose backward pass is stated."""
    f = jax.custom_vjp(lambda x: 2 * x)
    f.defvjp(lambda x: (2 * x, None), lambda _, g: (2 * g,))
    return f(x)


def primitives_of(f: Callable[..., Any], *example: Any) -> Iterator[str]:
    """The names of the primitives of a function, those within others too."""
    ahead = [jax.make_jaxpr(f)(*example).jaxpr]
    while ahead:
        for equation in ahead.pop().eqns:
            yield equation.primitive.name
            for x in equation.params.values():
                inner = [getattr(part, "jaxpr", part) for part in (x if type(x) is tuple else [x])]
                ahead += [program for program in inner if hasattr(program, "eqns")]


@pytest.mark.parametrize("name", ONE)
def test_a_primitive_of_one_number_is_that_of_jax(name: str, rng) -> None:
    assert name in primitives_of(ONE[name], 0.5)
    for _ in range(5):
        compare(ONE[name], rng.random())


@pytest.mark.parametrize("name", TWO)
def test_a_primitive_of_two_numbers_is_that_of_jax(name: str, rng) -> None:
    assert name in primitives_of(TWO[name], 0.5, 0.25)
    for _ in range(5):
        compare(TWO[name], rng.random(), rng.random())


@pytest.mark.parametrize("name", ARRAYS)
def test_a_primitive_of_arrays_is_that_of_jax(name: str, rng) -> None:
    f, x = ARRAYS[name], [[rng.random() for _ in range(4)] for _ in range(3)]
    assert name in primitives_of(f, jnp.ones((3, 4)))

    def weighted(x):
        y = f(x)
        return jnp.nansum(y * jnp.cos(jnp.arange(1.0, y.size + 1)).reshape(y.shape))

    compare(weighted, x)


def test_a_loop_that_asks_runs_while_numbers_say_so() -> None:
    x = Value(0.5)
    y = from_jax(lambda x: lax.while_loop(lambda c: c < 3, lambda c: c * (1 + x), x), x)
    y.backward()
    assert y.data == pytest.approx(0.5 * 1.5**5)  # the first that is 3 or more
    assert x.grad == pytest.approx(1.5**5 + 0.5 * 5 * 1.5**4)


# ---- edges ---------------------------------------------------------------------------------------


def pooled(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "VALID")[0]


# fmt: off
EDGES = [  # a function, a number, our derivative there, JAX's
    (lambda x: jax.nn.relu(x),                         0.0, 0.0, 0.0),
    (lambda x: jnp.maximum(x, 0.0),                    0.0, 0.5, 0.5),
    (lambda x: jnp.minimum(x, x**2),                   1.0, 1.5, 1.5),  # a tie is shared
    (lambda x: jnp.max(jnp.stack([x, 2 - x, 1.0])),    1.0, 0.0, 0.0),
    (lambda x: pooled(jnp.stack([x, 2 - x])),          1.0, 0.0, 1.0),  # JAX takes the first
    (lambda x: jnp.abs(x),                             0.0, 0.0, 1.0),  # our row takes the middle
    (lambda x: jnp.sign(x) + x,                        0.0, 1.0, 1.0),
    (lambda x: jnp.sqrt(x),                            0.0, math.inf, math.inf),
    (lambda x: jnp.clip(x, 0.0, 1.0),                  1.0, 0.5, 0.5),  # a minimum of a maximum
    (lambda x: lax.clamp(0.0, x, 1.0),                 1.0, 1.0, 0.0),  # `clip`: bounds are inside
    (lambda x: x**0,                                   0.0, 0.0, 0.0),
    (lambda x: jnp.prod(jnp.stack([x, x])),            0.0, 0.0, 0.0),
    (lambda x: jax.nn.softplus(x),                     0.0, 0.5, 0.5),
    (lambda x: jax.nn.softplus(x),                   800.0, 1.0, 1.0),
    (lambda x: jnp.where(x > 0, x, 3 * x),             0.0, 3.0, 3.0),
    (lambda x: jnp.sort(jnp.stack([2 * x, 3 * x]))[0], 0.0, 2.0, 2.0),  # the first comes first
    (lambda x: jnp.atan2(x, x),                        0.0, 0.0, math.nan),
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "ours", "of_jax"), EDGES)
def test_what_is_so_at_a_kink(f, x: float, ours: float, of_jax: float) -> None:
    v = Value(x)
    from_jax(f, v).backward()
    assert v.grad == ours
    with jax.enable_x64(True):
        assert float(jax.grad(f)(x)) == pytest.approx(of_jax, nan_ok=True)


@pytest.mark.parametrize(
    ("f", "x"),
    [(lambda x: jnp.log(x), -1.0), (lambda x: 1 / x, 0.0), (lambda x: jnp.exp(x), 1e3)],
)
def test_what_has_no_value_says_where_it_stands(f, x: float) -> None:
    with pytest.raises((ValueError, ArithmeticError)) as caught:
        from_jax(f, Value(x, "p"))
    assert "p" in str(caught.value)
    assert caught.value.__notes__[0].startswith("this is JAX's ")
    assert "test_from_jax.py, line" in caught.value.__notes__[0]


# ---- the graph -----------------------------------------------------------------------------------


def rows(y: Value) -> list[str]:
    """What a graph is made of, inputs first."""
    return [v.op.name for v in topological_order(y) if v.op is not None and v.parents]


def test_values_stay_the_leaves_and_numbers_are_constants() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = from_jax(lambda x, n: jnp.sum(x**n), [a, 4.0, b], 2)
    assert [v for v in topological_order(y) if v.op is None] == [a, b]
    y.backward()
    assert (y.data, a.grad, b.grad, a.label) == (29.0, 4.0, 6.0, "a")


def test_a_value_given_twice_is_one_leaf() -> None:
    a = Value(2.0)
    from_jax(lambda x, y: x[0] * x[1] * y, [a, a], a).backward()
    assert a.grad == 12.0


def test_a_neuron_is_one_node() -> None:
    w, x, b = [Value(0.5), Value(-1.0)], [Value(2.0), Value(3.0)], Value(1.0)
    y = from_jax(lambda w, x, b: jnp.tanh(w @ x + b), w, x, b)
    assert rows(y) == ["sumprod", "tanh"]
    assert y.parents[0].parents == (*w, *x, b)


def test_a_layer_of_neurons_over_examples_has_a_node_for_each(rng) -> None:
    leaves: list[Value] = []
    w, b, x = [lifted(numbers(rng, *shape), leaves) for shape in [(3, 2), (2,), (4, 3)]]
    y = from_jax(lambda w, b, x: jnp.sum(jax.nn.relu(x @ w + b)), w, b, x)
    assert sorted(rows(y)) == [*["relu"] * 8, *["sumprod"] * 8, "total"]


def test_a_product_that_is_used_twice_is_recorded_once() -> None:
    w, x = [Value(0.5), Value(-1.0)], [Value(2.0), Value(3.0)]

    def f(w, x):
        z = w @ x
        return (z + 1.0) * z

    assert rows(from_jax(f, w, x)) == ["sumprod", "add", "mul"]


def test_results_are_in_the_shape_that_the_function_gives() -> None:
    x = [Value(1.0), Value(2.0)]
    y = from_jax(lambda x: {"all": (x * 2, jnp.sum(x)), "first": jnp.argmax(x), "is": x > 1.5}, x)
    doubled, whole = y["all"]
    assert [v.data for v in doubled] == [2.0, 4.0]
    assert whole.parents == tuple(x)
    assert (y["first"], y["is"]) == (1, [False, True])


def test_what_depends_on_no_value_is_a_constant() -> None:
    y = from_jax(lambda x: jnp.ones(2) * 3, Value(1.0))
    assert [v.is_constant for v in y] == [True, True]


def test_a_derivative_that_somebody_states_is_not_asked_for() -> None:
    def straight_through(x):
        f = jax.custom_jvp(lambda x: jnp.round(x))
        f.defjvps(lambda tangent, answer, x: tangent)
        return x + f(x)

    x = Value(1.4)
    y = from_jax(straight_through, x)
    y.backward()
    assert (y.data, x.grad) == (2.4, 1.0)


def test_what_is_computed_is_double() -> None:
    y = from_jax(lambda x: x.astype("float32") * jnp.float32(0.5), Value(0.1))
    assert y.data == 0.05


def test_floats_give_floats() -> None:
    y = from_jax(lambda x: jnp.tanh(x[0]) + x[1], [0.0, 2.0])
    assert (type(y), y) == (float, 2.0)


def test_numbers_steer_what_python_decides() -> None:
    def power(x, n, name):
        for _ in range(n):
            x = getattr(jnp, name)(x)
        return x

    assert rows(from_jax(power, Value(0.5), 3, "tanh")) == ["tanh"] * 3


def test_a_list_of_layers_is_a_list_and_a_list_of_numbers_an_array(rng) -> None:
    layers = [(numbers(rng, 2, 2), numbers(rng, 2)), (numbers(rng, 2, 2), numbers(rng, 2))]
    leaves: list[Value] = []
    y = from_jax(lambda layers: sum(jnp.sum(w @ b) for w, b in layers), lifted(layers, leaves))
    y.backward()
    assert all(v.grad for v in leaves)


def test_calls_that_have_names_are_groups() -> None:
    @jax.jit
    def softmax(x):
        e = jnp.exp(x - lax.stop_gradient(jnp.max(x)))
        return e / jnp.sum(e)

    x = [Value(1.0, "a"), Value(2.0, "b")]
    y = from_jax(lambda x: jnp.sum(softmax(softmax(x)) ** 2), x)
    names = {v.label.partition(".")[0] for v in topological_order(y) if "." in v.label}
    assert names == {"softmax", "softmax2"}
    assert [v.label for v in x] == ["a", "b"]


def test_named_scopes_are_groups() -> None:
    def f(w, x):
        with jax.named_scope("project"):
            z = w @ x
        with jax.named_scope("bend"):
            return jnp.sum(jnp.tanh(z.T) ** 2)

    y = from_jax(f, [[Value(0.5), Value(1.0)]], [[0.1, 0.2], [0.3, 0.4]])
    groups = {v.op.name: v.label for v in topological_order(y) if v.parents}
    assert groups == {"sumprod": "project.", "tanh": "bend.", "pow": "bend.", "total": "bend."}


def test_steps_of_a_loop_are_groups(rng) -> None:
    y = compare(rnn, numbers(rng, 2, 2), numbers(rng, 2), numbers(rng, 3))
    names = {v.label.partition(".")[0] for v in topological_order(y) if "." in v.label}
    assert names == {"step", "step2", "step3"}


def test_the_whole_function_is_no_group() -> None:
    y = from_jax(jax.jit(lambda x: jnp.sin(jnp.cos(x)) * x), Value(1.0))
    assert y.label == ""


def test_the_graph_is_checked_drawn_and_explained(rng) -> None:
    from viz import draw, explain

    x = [Value(z, f"x{i}") for i, z in enumerate(numbers(rng, 3))]
    y = from_jax(rosenbrock, x)
    assert gradcheck(y).ok
    assert "x0" in draw(y).svg
    assert "x1" in str(explain(y))


def test_a_function_is_checked_as_one_of_ours(rng) -> None:
    assert_gradcheck(lambda x: from_jax(rosenbrock, x), [numbers(rng, 3)])


def test_a_trace_records_what_depends_on_its_inputs() -> None:
    w = Value(2.0, "w")

    def loss(x):
        return from_jax(lambda w, x: jnp.where(x > w, jnp.sin(x), x * w) + jax.nn.relu(x), w, x)

    tape = trace(loss, 0.5)
    assert tape.forward([0.5, 3.0]) == pytest.approx([1.5, math.sin(3.0) + 3])


def test_a_tape_goes_to_jax_and_comes_back() -> None:
    w, b = Value(0.5, "w"), Value(-0.3, "b")

    def loss(x, y):
        p = softmax([tanh(w * x + b), w * b])
        return where(x > y, x * w, -log(p[0])) + maximum(p[1], b)

    tape = trace(loss, 0.7, -0.2)
    theta = [Value(v.data) for v in tape.parameters]
    back, ours = from_jax(tape.to_jax(), theta, 0.7, -0.2), loss(0.7, -0.2)
    back.backward()
    ours.backward()
    assert back.data == pytest.approx(ours.data, rel=1e-15)
    assert [v.grad for v in theta] == pytest.approx([v.grad for v in tape.parameters], rel=1e-14)


def test_the_users_settings_stay_as_they_are() -> None:
    before = jax.config.jax_enable_x64
    from_jax(lambda x: jnp.sin(x), Value(1.0))
    assert jax.config.jax_enable_x64 == before


def test_a_group_around_holds_what_is_made() -> None:
    with group("theirs"):
        y = from_jax(lambda x: jnp.sin(x), Value(1.0))
    assert y.label == "theirs."


def test_a_constant_of_ours_stays_one() -> None:
    x = Value(1.0)
    y = from_jax(lambda x, c: x * c, x, constant(3.0))
    y.backward()
    assert x.grad == 3.0


def test_what_the_page_prints_is_what_comes_out() -> None:
    page = Path(__file__).parent.parent.joinpath("docs", "exports.md").read_text(encoding="utf-8")
    section = page.partition("## And back: a JAX function as a graph")[2]
    (block,) = re.findall(r"```py\n(.*?)```", section.partition("\n## ")[0], re.S)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(block, "<docs/exports.md>", "exec"), {"__name__": "page"})
    assert printed.getvalue().splitlines() == re.findall(r"^print.*  # (.*)$", block, re.M)


# ---- what is not covered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda x: jnp.linalg.cholesky(jnp.outer(x, x))[0, 0], "cholesky"),
        (lambda x: jnp.linalg.inv(jnp.outer(x, x)).sum(), "lu"),
        (lambda x: jnp.fft.fft(x).real.sum(), "complex numbers"),
        (lambda x: jax.scipy.special.gammaln(x).sum(), "lgamma"),
    ],
)  # fmt: skip
def test_what_is_not_covered_is_named_with_its_line(f, told: str) -> None:
    with pytest.raises(NotImplementedError, match=told) as caught:
        from_jax(f, [Value(1.0), Value(2.0)])
    assert "test_from_jax.py, line" in str(caught.value)
    assert "write" in str(caught.value)


def test_a_graph_that_would_be_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match=r"more than 1,000 nodes.*smaller"):
        from_jax(lambda x: jnp.sum(jnp.outer(x, x) ** 2), [Value(1.0)] * 40, limit=1000)


def test_a_loop_that_would_be_too_long_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"more than 200,000 nodes.*scan"):
        from_jax(lambda x: lax.fori_loop(0, 10**9, lambda i, c: jnp.sin(c), x), Value(1.0))


def test_conditions_choose_conditions_and_indices() -> None:
    def f(x):
        inside = jnp.where(x > 0, x < 2, x > -1)
        return jnp.where(inside, x, 0.0), jnp.where(inside, 3, 4)

    (a, b), steps = from_jax(f, [Value(1.0), Value(-2.0)])
    assert (a.data, b.data, steps) == (1.0, 0.0, [3, 4])


def test_what_a_trace_does_not_tell_is_refused_with_the_line() -> None:
    def f(x):
        return lax.cond(x > 0, jnp.sin, jnp.cos, x)

    with pytest.raises(TypeError, match=r"x > 0.*frozen") as caught:
        trace(lambda x: from_jax(f, x), 0.5)
    assert "test_from_jax.py, line" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (Value(1.0), r"from_jax\(f, x\) and not from_jax\(f\(x\)\), got a Value"),
        (lambda x: x * 1j, "complex numbers"),
        (lambda x: jax.random.key(0), "real numbers"),
    ],
)
def test_what_is_no_function_of_real_numbers_is_refused(f, told: str) -> None:
    with pytest.raises((TypeError, NotImplementedError), match=told):
        from_jax(f, Value(1.0))


def test_without_jax_the_message_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[jax\]"'):
        from_jax(lambda x: x, Value(1.0))


def test_an_old_jax_is_refused_by_its_version(monkeypatch) -> None:
    old = ModuleType("jax")
    old.__version__, old.__spec__ = "0.4.30", ModuleSpec("jax", None)
    monkeypatch.setitem(sys.modules, "jax", old)
    with pytest.raises(ImportError, match=r"JAX 0\.8 or newer, and this is 0\.4\.30"):
        from_jax(lambda x: x, Value(1.0))


def test_rows_of_different_lengths_are_no_array() -> None:
    with pytest.raises(ValueError, match=r"one array.*\(1,\), \(2,\)"):
        from_jax(lambda x: x, [[Value(1.0), 2.0], [3.0]])
