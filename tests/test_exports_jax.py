"""A tape as a function of JAX arrays, by groups and interpreted: edges and random programs."""

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest
from test_tape_programs import Case, close, draw_case, lanes_of

from autograd import OPERATIONS, NaryOperation, Operation, Tape, Value, sigmoid, sqrt, trace, where

pytestmark = pytest.mark.peers
inf, nan = math.inf, math.nan
by_form = pytest.mark.parametrize("form", ["groups", "interpreter"])


@pytest.fixture(autouse=True)
def jax() -> Iterator[Any]:
    """JAX in float64."""
    jax = pytest.importorskip("jax", reason='needs pip install -e ".[jax]"')
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes tapes of any size take a form."""

    def to(form: str) -> None:
        from autograd.tape.exports import jax_functions

        large = 10**9 if form == "groups" else -1
        monkeypatch.setattr(jax_functions, "GROUPS", large)
        monkeypatch.setattr(jax_functions, "FUSED", large)

    return to


w, b = Value(0.7, "w"), Value(-0.2, "b")
THETA = [0.7, -0.2]


def neuron(x: Any, y: Any) -> Any:
    return (sigmoid(w * x[0] + b * x[1]) - y) ** 2


# ---- what JAX does with it -----------------------------------------------------------------------


@by_form
def test_jit_vmap_grad_and_export_of_jax_work_on_it(form, choose, jax) -> None:
    import numpy as np
    from jax import export

    choose(form)
    tape = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b])
    f, both = tape.to_jax(), tape.to_jax(gradient=True)
    xs, ys = np.linspace(-1, 1, 14).reshape(7, 2), np.ones(7)
    mean, gradient = tape.value_and_grad(THETA, xs, ys)
    theta = np.array(THETA)

    def loss(theta: Any) -> Any:
        return jax.vmap(f, (None, 0, 0))(theta, xs, ys).mean()

    theirs = jax.jit(jax.value_and_grad(loss))(theta)
    values, gradients = jax.jit(jax.vmap(both, (None, 0, 0)))(theta, xs, ys)
    for found in (theirs, (values.mean(), gradients.mean(0))):
        assert found[0] == pytest.approx(mean, rel=1e-14)
        assert found[1] == pytest.approx(gradient, rel=1e-13)
    exported = export.export(jax.jit(f))(theta, xs[0], 1.0)
    assert exported.call(theta, xs[0], 1.0) == f(theta, xs[0], 1.0)


@by_form
def test_the_gradient_by_the_example_is_jax_s_too(form, choose, jax) -> None:
    choose(form)
    f = trace(lambda x, y: x[0] * y * w + x[1], [1.0, 2.0], 3.0).to_jax()
    by_x, by_y = jax.grad(f, argnums=(1, 2))([2.0], [5.0, 7.0], 11.0)
    assert [float(g) for g in by_x] == [22.0, 1.0]
    assert by_y == 10.0


@by_form
def test_several_results_keep_their_structure(form, choose, jax) -> None:
    choose(form)
    f = trace(lambda x: {"twice": 2.0 * x, "both": [w * x, x * x]}, 1.0).to_jax()
    found = jax.jacobian(f)([3.0], 5.0)
    assert f([3.0], 5.0) == {"twice": 10.0, "both": [15.0, 25.0]}
    assert [float(g[0]) for g in (found["twice"], *found["both"])] == [0.0, 5.0, 0.0]


@by_form
def test_frozen_leaves_and_results_without_an_example(form, choose, jax) -> None:
    choose(form)
    tape = trace(lambda x: [w * x + b, w * w, b * b], 1.0, parameters=[w])
    expected = [pytest.approx([1.2, 3.3]), pytest.approx([0.49] * 2), pytest.approx([0.04] * 2)]
    f = jax.vmap(tape.to_jax(), (None, 0))
    assert [z.tolist() for z in f(jax.numpy.array([0.7]), jax.numpy.array([2.0, 5.0]))] == expected
    assert [z.tolist() for z in tape.data_parallel().forward([2.0, 5.0])] == expected


def test_groups_can_be_differentiated_twice(jax) -> None:
    f = trace(lambda x: sigmoid(w * x), 1.0).to_jax()
    assert jax.grad(jax.grad(lambda p: f(p[None], 1.0)))(jax.numpy.zeros(())) == 0.0
    third = jax.grad(jax.grad(jax.grad(lambda p: f(p[None], 1.0))))(jax.numpy.zeros(()))
    assert third == pytest.approx(-1 / 8)


# ---- every row, at edges -------------------------------------------------------------------------

POINTS = {
    1: [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.5, 40.0, -40.0, 1e-8, 1e-170, 1e300, -1e300],
    2: [0.0, -0.0, 1.0, -2.0, 0.5, 1e-170, 1e300],
    3: [0.0, 1.0, -2.0],
}  # and what is no number


def row_as_tape(row: Operation) -> tuple[Tape, list[tuple[float, ...]]]:
    """A row on parameters, and points to look at."""
    count = 3 if isinstance(row, NaryOperation) else len(row.partials)
    start = {"acosh": [1.5], "clip": [0.5, 0.0, 1.0]}.get(row.name, [0.25, 0.5, 1.0][:count])
    ps = [Value(x, f"p{i}") for i, x in enumerate(start)]

    def call() -> Any:
        if row.name == "sumprod":
            return row([ps[0]], [ps[1]], ps[2])
        if row.name == "lookup":
            return row(ps, 1)
        one_by_one = not isinstance(row, NaryOperation) or row.spelling("ab").startswith("a")
        return row(*ps) if one_by_one else row(ps)

    points = itertools.product([*POINTS[count], inf, -inf, nan], repeat=count)
    return trace(call, parameters=ps), list(points)


@by_form
def test_every_row_is_at_every_edge_what_other_engines_have(form, choose, jax) -> None:
    import numpy as np

    choose(form)
    tapes = {name: row_as_tape(row) for name, row in OPERATIONS.items()}
    ours = [tape.to_jax(gradient=True) for tape, _ in tapes.values()]
    theirs = [jax.value_and_grad(tape.to_jax()) for tape, _ in tapes.values()]
    if form == "interpreter":  # it compiles all of its kinds for each: a few are enough
        kept = ("pow", "sigmoid", "maximum", "logsumexp", "norm")
        ours = [f for f, name in zip(ours, tapes) if name in kept]
        theirs = [f for f, name in zip(theirs, tapes) if name in kept]
        tapes = {name: tape for name, tape in tapes.items() if name in kept}
    thetas = [np.array(points) for _, points in tapes.values()]
    run = jax.jit(lambda ts: [[jax.vmap(f)(t) for f, t in zip(fs, ts)] for fs in (ours, theirs)])
    wrong = []
    for found in run(thetas):
        for (name, (tape, points)), (values, gradients) in zip(tapes.items(), found):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for theta, value, gradient in zip(points, values.tolist(), gradients.tolist()):
                    expected, slopes = tape.value_and_grad(theta)
                    if not all(map(equal, [value, *gradient], [expected, *slopes])):
                        wrong.append((name, theta, value, gradient, expected, list(slopes)))
    assert not wrong


def equal(x: float, y: float) -> bool:
    return x == y or (x != x and y != y) or abs(x - y) <= 1e-13 * max(abs(x), abs(y))


@by_form
def test_our_gradient_is_safe_in_a_branch_that_holds_nan(form, choose, jax) -> None:
    choose(form)
    tape = trace(lambda x: where(x > 0.0, w * x, sqrt(x)), 1.0)
    value, gradient = tape.to_jax(gradient=True)([3.0], 2.0)
    assert (value, list(gradient)) == (6.0, [2.0])
    assert jax.grad(tape.to_jax())([3.0], 2.0) == [2.0]


# ---- random programs -----------------------------------------------------------------------------


def both_ways(case: Case, rng: Random, jax: Any) -> Iterator[tuple[str, Sequence[float], Any]]:
    """Mean and gradient by our backward half and by JAX's, and by NumPy."""
    import numpy as np

    tape = trace(case.f, *case.example, parameters=case.parameters)
    theta = np.array([p.data for p in case.parameters])
    batch = [np.array(xs) for xs in lanes_of(case, 3 if case.example else 1, rng)]
    axes = (None, *[0] * len(batch))
    expected = tape.value_and_grad(theta, *batch)
    f, both = tape.to_jax(), tape.to_jax(gradient=True)
    many = jax.vmap(f, axes) if batch else f
    of_mean = jax.value_and_grad(lambda theta: many(theta, *batch).mean())
    yield "JAX", jax.jit(of_mean)(theta), expected
    values, gradients = jax.jit(jax.vmap(both, axes) if batch else both)(theta, *batch)
    yield "ours", (values.mean(), gradients.mean(0) if batch else gradients), expected


@by_form
def test_random_programs_agree_with_numpy(form, choose, jax) -> None:
    choose(form)
    rng = Random(7)
    for _ in range(3):
        case = draw_case(rng)
        for who, (value, gradient), (expected, slopes) in both_ways(case, rng, jax):
            assert close(float(value), float(expected)), (who, str(case.program))
            scale = max(map(abs, slopes), default=0.0)
            for g, e in zip(gradient, slopes, strict=True):
                assert close(float(g), float(e), scale), (who, str(case.program))


def test_large_programs_are_interpreted_and_small_ones_written_out(jax) -> None:
    def chain(n: int) -> Tape:
        def f(x: Any) -> Any:
            for _ in range(n):
                x = (w * x).tanh()
            return x

        return trace(f, 0.5)

    assert "tanh(" in chain(10).to_jax().source
    assert chain(300).to_jax().source == ""
    _, expected = chain(300).value_and_grad([1.5], [0.5])
    assert jax.grad(chain(300).to_jax())([1.5], 0.5)[0] == pytest.approx(expected[0], rel=1e-12)


def test_lanes_in_blocks_are_those_of_one_block(choose, jax, monkeypatch) -> None:
    from autograd.tape.exports import interpreter

    choose("interpreter")
    monkeypatch.setattr(interpreter, "BLOCK", 4)
    tape = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b])
    both = jax.vmap(tape.to_jax(gradient=True), (None, 0, 0))
    xs, ys = [[0.1 * k, -0.2] for k in range(9)], [nan, *[1.0] * 7, inf]
    values, gradients = both(jax.numpy.array(THETA), jax.numpy.array(xs), jax.numpy.array(ys))
    assert math.isnan(values[0])
    assert values[8] == inf
    for k in range(1, 8):
        expected, slopes = tape.value_and_grad(THETA, [xs[k]], [ys[k]])
        assert [values[k], *gradients[k]] == pytest.approx([expected, *slopes], rel=1e-13)


@by_form
def test_a_row_of_ones_own_may_have_any_name(form, choose, jax, own_rows) -> None:
    choose(form)
    for name in ("theta", "jnp", "number", "tanh_", "d_tanh", "v0", "x0"):
        row = Operation(name, lambda x: where(x > 0.0, x * x, -x), lambda x, z: 2.0 * abs(x))
        tape = trace(lambda x, row=row: row(w * x).tanh(), 1.0)
        value, gradient = tape.value_and_grad([0.5], [-3.0])
        f = tape.to_jax()
        assert f([0.5], -3.0) == pytest.approx(value)
        assert jax.grad(f)([0.5], -3.0)[0] == pytest.approx(gradient[0])
        assert f.source == "" or "x0 * x0" in f.source


# ---- what is refused -----------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_by_name(jax, own_rows) -> None:
    f = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b]).to_jax()
    with pytest.raises(ValueError, match=r"argument 0: the tape was made of shape \(2,\), got"):
        f(jax.numpy.array(THETA), jax.numpy.ones(3), 1.0)
    with pytest.raises(ValueError, match="theta has a number for each parameter of the tape, 2"):
        f(jax.numpy.ones(3), [0.1, 0.2], 1.0)
    with pytest.raises(TypeError, match="2 arguments, and f takes as many after theta: got"):
        f(jax.numpy.array(THETA), [0.1, 0.2])
    opaque = Operation("opaque", lambda x: math.floor(x) * 1.0, lambda x, z: 0.0)
    with pytest.warns(UserWarning, match="opaque"):
        tape = trace(lambda x: opaque(w * x), 1.5)
    with pytest.raises(TypeError, match="opaque: an arbitrary Python function has no formula"):
        tape.to_jax()


def test_an_old_jax_is_named(jax, monkeypatch) -> None:
    monkeypatch.setattr(jax, "__version__", "0.4.1")
    with pytest.raises(ImportError, match="needs JAX .* or newer, and 0.4.1 is installed"):
        trace(lambda x: w * x, 1.0).to_jax()


def test_without_jax_the_extra_is_named(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[jax\]"'):
        trace(lambda x: w * x, 1.0).to_jax()


def test_float32_is_told_once(jax, monkeypatch) -> None:
    from autograd.tape.exports import jax_functions

    monkeypatch.setattr(jax_functions, "_told", [])
    jax.config.update("jax_enable_x64", False)
    with pytest.warns(UserWarning, match="JAX computes in float32"):
        f = trace(lambda x: w * x, 1.0).to_jax()
    trace(lambda x: w * x, 1.0).to_jax()  # and not again: here warnings are errors
    assert f([3.0], 2.0).dtype == "float32"
