"""A tape in use: what it takes, gives, prints, keeps in a pickle, and how much memory it takes."""

import copy
import pickle
import subprocess
import sys
import threading
import tracemalloc
from math import inf, nan
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from engines import ENGINES

from autograd import (
    Operation,
    StaleGraphError,
    Value,
    constant,
    describe,
    log,
    relu,
    softmax,
    sumprod,
    trace,
)
from autograd.tape import tape as tape_module
from nn import MLP

w = Value(2.0, "w")
X, Y = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 2.0, 3.0]
VALUES = [9.0, 64.0, 169.0]  # (2 x0 + x1 - y)**2


def square(x: Any, y: Any) -> Any:
    return (w * x[0] + x[1] - y) ** 2


@pytest.fixture(params=ENGINES)
def tape(request) -> Any:
    return trace(square, [1.0, 2.0], 3.0).using(request.param)


# ---- use -----------------------------------------------------------------------------------------


def test_a_tape_gives_what_the_function_gives_for_each_example(tape) -> None:
    assert list(tape.forward(X, Y)) == VALUES
    assert list(tape.forward(X, Y, theta=[0.0])) == [1.0, 4.0, 9.0]


def test_the_mean_and_its_gradient(tape) -> None:
    value, gradient = tape.value_and_grad([2.0], X, Y)
    assert value == pytest.approx(242 / 3)
    assert list(gradient) == pytest.approx([(6 + 48 + 130) / 3])


def test_a_weighted_mean(tape) -> None:
    value, gradient = tape.value_and_grad([2.0], X, Y, weights=[3, 0, 1])
    assert value == pytest.approx((27 + 169) / 4)
    assert list(gradient) == pytest.approx([(18 + 130) / 4])


def test_backward_adds_to_the_gradient_of_each_parameter(tape) -> None:
    w.grad = 1.0
    assert tape.backward(X[:1], Y[:1]) == 9.0
    assert w.grad == 7.0


def test_a_result_has_the_shape_of_what_the_function_gives(tape) -> None:
    several = trace(lambda x: {"a": [w * x, w], "b": constant(3.0)}, 1.0).using(tape.engine)
    found = several.forward([1.0, 2.0])
    assert {name: np.array(z).tolist() for name, z in found.items()} == {
        "a": [[2.0, 4.0], [2.0, 2.0]],
        "b": [3.0, 3.0],
    }
    with pytest.raises(TypeError, match="gives 3 numbers, and a gradient is of one"):
        several.value_and_grad([2.0], [1.0])


def test_a_function_of_parameters_alone(tape) -> None:
    alone = trace(lambda: w * w).using(tape.engine)
    assert list(alone.forward()) == [4.0]
    value, gradient = alone.value_and_grad([3.0])
    assert (value, list(gradient)) == (9.0, [6.0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_softmax_decides_in_each_lane(engine) -> None:
    soft = trace(lambda x: softmax([x, x - 1.0])[0], 0.0).using(engine)
    assert list(soft.forward([0.0, 1e9])) == pytest.approx([0.7310585786300049] * 2, rel=1e-12)


# ---- what a batch is made of ---------------------------------------------------------------------

KINDS: dict[str, tuple[Any, Any]] = {
    "tuples": (tuple(map(tuple, X)), tuple(Y)),
    "whole numbers": ([[1, 2], [3, 4], [5, 6]], range(1, 4)),
    "arrays": (np.array(X), np.array(Y)),
    "arrays of float32": (np.array(X, np.float32), np.array(Y, np.float32)),
    "arrays of int": (np.array(X, int), np.array(Y, np.int8)),
    "arrays of objects": (np.array(X, object), np.array(Y, object)),
    "lists of arrays": ([np.array(x) for x in X], [np.float64(y) for y in Y]),
    "arrays that lie otherwise": (np.asfortranarray(X), np.array([1.0, 9, 2, 9, 3])[::2]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_of_any_kind_of_sequence(tape, kind) -> None:
    assert list(tape.forward(*KINDS[kind])) == VALUES


def test_truths_are_numbers(tape) -> None:
    assert list(tape.forward(np.array(X) > 2, [True, False, True])) == [1.0, 9.0, 4.0]


def test_a_dict_goes_by_its_names(tape) -> None:
    named = trace(lambda x: x["a"] - x["b"], {"a": 1.0, "b": 2.0}).using(tape.engine)
    assert list(named.forward([{"b": 1.0, "a": 5.0}])) == [4.0]
    assert named.inputs == ["x['a']", "x['b']"]
    with pytest.raises(ValueError, match="argument 0, example 1: a dict with the names 'a', 'b'"):
        named.forward([{"a": 1.0, "b": 2.0}, {"a": 1.0}])


BAD: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    (([[1.0, 2.0], [3.0]], Y[:2]), ValueError, "argument 0, example 1: .* 2 items, got 1"),
    (([["a", 2.0]], [1.0]), TypeError, "argument 0, example 0: .* the text 'a'"),
    (([[None, 2.0]], [1.0]), TypeError, "argument 0, example 0: .* got None"),
    ((X, np.array(["1", "2", "3"])), TypeError, "argument 1, example 0: .* the text"),
    ((np.array([["a", 1]], object), [1.0]), TypeError, "argument 0, example 0: .* the text 'a'"),
    ((np.array(X) * 1j, Y), TypeError, "argument 0, example 0: .* the complex number"),
    (([[Value(1.0), 2.0]], [1.0]), TypeError, "argument 0, example 0: .* a Value"),
    ((X, np.array(Y).reshape(3, 1)), ValueError, "argument 1, example 0: .* made of a number"),
    ((np.zeros((3, 3)), Y), ValueError, "argument 0, example 0: .* 2 items, got 3"),
    ((X, Y[:2]), ValueError, r"as many examples each, got \[3, 2\]"),
    ((X,), TypeError, "made of 2 arguments, and a batch has as many: got 1"),
    ((X, Y, Y), TypeError, "got 3"),
    (([], []), ValueError, "at least one example"),
    ((np.empty((0, 2)), np.empty(0)), ValueError, "at least one example"),
    (([1.0, 2.0], 3.0), TypeError, "argument 1 of a batch is a sequence of examples, got a float"),
    (("abc", Y), TypeError, "argument 0 of a batch .* the text 'abc'"),
    ((None, Y), TypeError, "argument 0 of a batch .* got None"),
    (({"a": 1.0}, Y), TypeError, "argument 0 of a batch .* got a dict"),
]


@pytest.mark.parametrize(("batch", "error", "told"), BAD)
def test_what_is_no_batch_is_told_with_its_place(tape, batch, error, told) -> None:
    with pytest.raises(error, match=told):
        tape.forward(*batch)


@pytest.mark.parametrize(("theta", "error", "told"), [
    ([1.0, 2.0], ValueError, "a number for each parameter of the tape, 1, got 2"),
    (["a"], TypeError, "a parameter in theta .* the text 'a'"),
    (2.0, TypeError, "theta is a list or an array of numbers, got a float"),
    (np.zeros((1, 1)), TypeError, "theta is a list"),
])  # fmt: skip
def test_what_is_no_theta_is_told(tape, theta, error, told) -> None:
    with pytest.raises(error, match=told):
        tape.value_and_grad(theta, X, Y)


@pytest.mark.parametrize(("weights", "error", "told"), [
    ([1, 2], ValueError, "a number for each example of the batch, 3, got 2"),
    ([0, 0, 0], ValueError, "a sum that is not 0"),
    ([nan] * 3, ValueError, "a sum that is not 0"),
    (["a"] * 3, TypeError, "a weight must be a real number"),
    (1.0, TypeError, "weights is a list or an array"),
])  # fmt: skip
def test_what_are_no_weights_is_told(tape, weights, error, told) -> None:
    with pytest.raises(error, match=told):
        tape.value_and_grad([2.0], X, Y, weights=weights)


# ---- numbers that are none -----------------------------------------------------------------------


def test_nothing_raises_unless_finite_numbers_are_asked_for(tape) -> None:
    value, _ = tape.value_and_grad([1e200], X, Y)
    assert value == inf
    with pytest.raises(FloatingPointError, match=r" \*\* 2 is inf in lane 0, where v\d+ = 1e\+200"):
        tape.value_and_grad([1e200], X, Y, check_finite=True)
    with pytest.raises(FloatingPointError, match=r" \+ x\[1\] is nan in lane 1, .*x\[1\] = nan"):
        tape.value_and_grad([2.0], [X[0], [1.0, nan]], Y[:2], check_finite=True)


def test_a_leaf_that_was_changed_is_told() -> None:
    k = Value(3.0, "k")
    frozen = trace(lambda x: k * x * w, 1.0, parameters=[w])
    k.data = 4.0
    for use in (frozen.forward, frozen.backward, lambda xs: frozen.value_and_grad([1.0], xs)):
        with pytest.raises(StaleGraphError, match="label='k'.* is frozen on this tape as 3"):
            use([1.0])


# ---- reading -------------------------------------------------------------------------------------


def test_a_tape_prints_as_a_program() -> None:
    a = Value(2.0, "a")
    text = str(trace(lambda x: Value(5.0, "c") * (a * x + 1) ** 2, 3.0))
    assert text.split("\n\n") == [
        "f: 1 input, 1 parameter, 1 frozen; 4 instructions, and 3 for the gradient, "
        + text.splitlines()[0].partition("gradient, ")[2],
        "inputs      x\nparameters  a\nfrozen      c = 5.0",
        "v3 = a * x\nv5 = v3 + 1\nv7 = v5 ** 2\nv8 = c * v7\nreturn v8",
        "the gradient of the mean",
        text.split("\n\n")[-1],
    ]
    assert "grad a = sum over lanes of x * " in text.splitlines()[-1]


def demo() -> Any:
    model = MLP(2, [16, 16, 1], rng=Random(1))
    return trace(lambda x, y: relu(1 - y * model(x)), [1.0, 2.0], 1.0)


def test_the_step_of_the_demo_is_68_instructions_in_about_19_groups() -> None:
    step = demo()
    assert (len(step), len(step.parameters), step.inputs) == (68, 337, ["x[0]", "x[1]", "y"])
    assert len(step.groups) <= 20
    assert repr(step.groups).startswith("16 x 2 matrix times lanes + starts\n16 relu\n")
    assert describe(step) == str(step).splitlines()[0]
    assert repr(step) == f"<tape of {describe(step)}>"
    assert "98 % run with others" in describe(step)


def test_its_source_is_what_runs() -> None:
    assert "np.matmul" in demo().using("numpy").source
    assert demo().using("python").source.startswith("def run(theta, frozen, lanes, seeds):")


def test_an_attention_head_runs_in_groups() -> None:
    rng, n = Random(0), 8

    def matrix(name: str) -> list[list[Value]]:
        return [[Value(rng.gauss(0, 1), f"{name}[{i}][{j}]") for j in range(n)] for i in range(n)]

    q, k, v = map(matrix, "qkv")

    def head(xs: Any) -> Any:
        qs, ks, vs = [[[sumprod(row, x) for row in m] for x in xs] for m in (q, k, v)]
        share = softmax([sumprod(qs[-1], key) for key in ks])
        out = [sumprod(share, [value[j] for value in vs]) for j in range(n)]
        return -log(softmax(out)[0])

    head_tape = trace(head, [[0.1 * i + j for j in range(n)] for i in range(4)])
    # a layer of keys and one of values are one matrix, as is each of their gradients
    assert "16 x 8 matrix times lanes" in repr(head_tape.groups)
    assert head_tape._grouped.together > 0.9


def test_an_engine_that_is_none_is_told(tape) -> None:
    with pytest.raises(ValueError, match="one of python, numpy, compiled, got 'fortran'"):
        tape.using("fortran")
    assert tape.using("python").engine == "python"


# ---- pickles -------------------------------------------------------------------------------------


def in_another_process(pickled: bytes, first: str = "") -> subprocess.CompletedProcess[str]:
    text = (
        f"import pickle\n{first}\ntape = pickle.loads({pickled!r})\n"
        "value, gradient = tape.value_and_grad([0.5], [1.0, 2.0])\n"
        "print(tape.engine, value, list(map(float, gradient)))"
    )
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)


WITHOUT_NUMPY = """\
import sys
class Missing:
    def find_spec(self, name, *others):
        if name.partition(".")[0] == "numpy":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""
DEFINES = "from autograd import Operation; Operation('cube', {}, lambda x, z: 3.0 * x * x)\n"


def test_a_tape_goes_to_another_process(own_rows) -> None:
    cube = Operation("cube", lambda x: x * x * x, lambda x, z: 3.0 * x * x)
    pickled = pickle.dumps(trace(lambda x: cube(w * x), 1.0))
    right = DEFINES.format("lambda x: x * x * x")
    assert in_another_process(pickled, right).stdout == "numpy 0.5625 [3.375]\n"
    assert in_another_process(pickled, WITHOUT_NUMPY + right).stdout == "python 0.5625 [3.375]\n"
    missing = in_another_process(pickled).stderr
    assert "the table has no operation 'cube': run the code that defines it first" in missing
    changed = in_another_process(pickled, DEFINES.format("lambda x: x * x")).stderr
    assert "cube had other rules; trace again" in changed


def test_a_tape_of_another_version_is_refused(tape, monkeypatch) -> None:
    pickled = pickle.dumps(tape)
    monkeypatch.setattr(tape_module, "FORMAT", 2)
    with pytest.raises(ValueError, match="another version; trace again"):
        pickle.loads(pickled)


def test_a_copy_keeps_engine_and_numbers(tape) -> None:
    for other in (pickle.loads(pickle.dumps(tape)), copy.copy(tape), copy.deepcopy(tape)):
        assert other.engine == tape.engine
        assert list(other.forward(X, Y)) == VALUES
    parameter, other = pickle.loads(pickle.dumps((w, tape)))
    assert other.parameters[0] is parameter


# ---- without NumPy, in threads, in memory --------------------------------------------------------


def test_without_numpy_a_tape_runs_as_python_and_says_what_another_engine_needs() -> None:
    text = WITHOUT_NUMPY + (
        "from autograd import Value, trace\n"
        "w = Value(2.0, 'w')\n"
        "tape = trace(lambda x: w * x[0] ** 2, [3.0])\n"
        "print(tape.engine, tape.forward([[1.0], [2.0]]), tape.value_and_grad([2.0], [[1.0]]))\n"
        "print(tape.groups)\n"
        "tape.using('numpy')"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("python [2.0, 8.0] (2.0, [1.0])\n1 pow")
    assert 'ImportError: the numpy engine needs NumPy: pip install "chainrule[fast]"' in done.stderr


def test_a_tape_runs_while_a_thread_of_another_is_importing_the_library(monkeypatch) -> None:
    empty = ModuleType("library")
    monkeypatch.setitem(sys.modules, "autograd.tape.engines.compiled.library", empty)
    tape = trace(lambda x: Value(2.0) * x, 1.0)
    assert {float(tape.forward([3.0])[0]) for _ in range(2000)} == {6.0}


def test_threads_may_share_a_tape(tape) -> None:
    rng, results = Random(4), []
    batches = [([[rng.random(), 1.0] for _ in range(n)], [0.0] * n) for n in (5, 90, 300, 700)]

    def use(xs: Any, ys: Any) -> None:
        expected = [(2 * a + 1) ** 2 for a, _ in xs]
        for _ in range(10):
            results.append(list(tape.forward(xs, ys)) == pytest.approx(expected, rel=1e-14))

    threads = [threading.Thread(target=use, args=batch) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 40


@pytest.mark.slow
def test_a_network_of_7_000_rows_takes_less_than_6_mb_for_64_lanes() -> None:
    model = MLP(8, [12] * 152 + [1], activation="tanh", rng=Random(1))
    deep = trace(lambda x: model(x) ** 2, [0.5] * 8).using("numpy")
    theta = [p.data for p in deep.parameters]
    xs = np.array([[0.01 * (i + j) for j in range(8)] for i in range(64 * 10)])
    assert len(deep) > 3_600  # and as many again for the gradient
    deep.value_and_grad(theta, xs[:1])  # what does not grow with the lanes
    for lanes in (64, len(xs)):  # in blocks
        tracemalloc.start()
        deep.value_and_grad(theta, xs[:lanes])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 6e6
