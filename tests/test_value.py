"""Value: arithmetic, backprop, bookkeeping, and the traps that other engines fall into."""

import asyncio
import copy
import gc
import io
import itertools
import math
import pickle
import random
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from autograd import (
    Value,
    constant,
    describe,
    exp,
    log,
    maximum,
    no_grad,
    recording,
    relu,
    sumprod,
    tanh,
    topological_order,
    total,
    where,
)
from autograd.recording import open_blocks


def gradient(f, *numbers: float) -> list[float]:
    variables = [Value(x) for x in numbers]
    f(*variables).backward()
    return [v.grad for v in variables]


# ---- the chain rule along paths, the sum rule across paths ---------------------------------------


def test_along_a_path_local_derivatives_multiply() -> None:
    assert gradient(lambda x: 2 * (3 * x), 1.0) == [6.0]  # Bradbury, eq. 6


def test_across_paths_products_add() -> None:
    assert gradient(lambda x: 2 * (3 * x) + -x, 1.0) == [5.0]  # Bradbury, eq. 11


def test_a_number_may_stand_on_either_side() -> None:
    x = Value(4.0)
    results = [x + 1, 1 + x, x - 1, 1 - x, x * 3, 3 * x, x / 2, 2 / x, x**2, 2**x, -x, +x, abs(-x)]
    assert [v.data for v in results] == [5, 5, 3, -3, 12, 12, 2, 0.5, 16, 16, -4, 4, 4]


def test_each_operator_has_its_derivative() -> None:
    assert gradient(lambda x, y: x + y, 3, 2) == [1, 1]
    assert gradient(lambda x, y: x - y, 3, 2) == [1, -1]
    assert gradient(lambda x, y: x * y, 3, 2) == [2, 3]
    assert gradient(lambda x, y: x / y, 3, 2) == [0.5, -0.75]
    assert gradient(lambda x, y: x**y, 3, 2) == [6, pytest.approx(9 * math.log(3))]


def test_a_neuron_is_one_node() -> None:
    w, x, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(5.0)
    a = sumprod(w, x, b)
    assert a.data == 16.0
    assert all(p is q for p, q in zip(a.parents, [*w, *x, b], strict=True))
    assert a.local_derivatives == (3.0, 4.0, 1.0, 2.0, 1.0)


def test_start_is_a_parent_of_sumprod_only_where_it_counts() -> None:
    w = Value(2.0)
    assert len(sumprod([w], [w]).parents) == 2
    assert len(sumprod([w], [w], 3.0).parents) == 3
    assert sumprod([w], [w], 3.0).data == 7.0


# ---- gradients -----------------------------------------------------------------------------------


def test_a_second_backward_doubles_the_variables_and_nothing_else() -> None:
    x = Value(3.0)
    a = x * x
    y = a * 2
    y.backward()
    y.backward()
    assert (x.grad, a.grad, y.grad) == (24.0, 2.0, 1.0)


def test_zeroing_the_leaf_makes_a_second_backward_give_the_first_answer() -> None:
    x = Value(3.0)
    y = (x * x) * (x * x)
    y.backward()
    first, x.grad = x.grad, 0.0
    y.backward()
    assert x.grad == first == 108.0


def test_zero_grad_reaches_everything_below() -> None:
    x = Value(3.0)
    y = tanh(x * x)
    y.backward()
    y.zero_grad()
    assert all(v.grad == 0.0 for v in topological_order(y))


def test_the_seed_scales_the_gradient() -> None:
    x = Value(3.0)
    (x * x).backward(seed=0.5)
    assert x.grad == 3.0


def test_backward_from_a_variable_is_one() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_propagate_is_the_chain_rule_at_one_node() -> None:
    x = Value(3.0)
    a = x * x
    y = 2 * a
    y.grad = 1.0
    y.propagate()
    assert (a.grad, x.grad) == (2.0, 0.0)
    a.propagate()
    assert x.grad == 12.0


def test_a_seed_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="seed of backward must be a real number"):
        Value(1.0).backward("1")


# ---- threads -------------------------------------------------------------------------------------


def backward_meanwhile(y: Value, other: Value) -> BaseException | None:
    """What y.backward() in another thread comes to while other.backward() runs in this one."""
    found: list[BaseException | None] = []

    class Visited(Value):
        """A variable at which the pass of this thread waits for the other's."""

        @property
        def is_constant(self) -> bool:
            if threading.get_ident() == here and not found:
                thread = threading.Thread(target=run)
                thread.start()
                thread.join()
            return False

    def run() -> None:
        try:
            y.backward()
            found.append(None)
        except RuntimeError as error:
            found.append(error)

    here = threading.get_ident()
    (other * Visited(1.0)).backward()
    return found[0]


def test_two_threads_may_share_variables() -> None:
    x = Value(3.0)
    assert backward_meanwhile(x * x, 5 * x) is None
    assert x.grad == 6.0 + 5.0


def test_two_threads_at_the_same_inner_node_are_told_so() -> None:
    x = Value(3.0)
    shared = x * x
    error = backward_meanwhile(2 * shared, 5 * shared)
    assert "one graph, one thread" in str(error)
    assert x.grad == 5 * 6.0  # the first of them is right
    (2 * shared).backward()
    assert x.grad == 7 * 6.0


# ---- traps of micrograd --------------------------------------------------------------------------


def test_both_edges_of_a_plus_a_are_kept() -> None:
    a = Value(3.0)
    assert (a + a).parents[0] is a
    assert len((a + a).parents) == 2
    assert gradient(lambda a: a + a, 3.0) == [2.0]


def test_changing_data_before_backward_does_not_change_what_was_recorded() -> None:
    x, y = Value(3.0), Value(5.0)
    z = x * y
    x.data = y.data = 100.0
    z.backward()
    assert (x.grad, y.grad) == (5.0, 3.0)


def test_a_root_of_a_negative_number_is_an_error_and_not_complex() -> None:
    with pytest.raises(ValueError, match=r"\*\* needs x > 0, or a whole number y"):
        Value(-8.0) ** (1 / 3)


def test_deepcopy_then_backward_fills_the_copy_alone() -> None:
    x = Value(3.0, "x")
    y = x * x
    twin = copy.deepcopy(y)
    twin.backward()
    assert twin.parents[0] is twin.parents[1]
    assert (twin.parents[0].grad, twin.parents[0].label, x.grad) == (6.0, "x", 0.0)


def test_deepcopy_keeps_what_is_shared() -> None:
    x = Value(3.0)
    hidden = tanh(x)
    h, y = copy.deepcopy([hidden, hidden * x])
    assert y.parents[0] is h
    assert y.parents[1] is h.parents[0]


def test_relu_of_nan_is_nan() -> None:
    v = relu(Value(math.nan))
    assert math.isnan(v.data)
    assert math.isnan(v.local_derivatives[0])


def test_what_is_new_has_no_gradient_and_no_label() -> None:
    x = Value(3.0)
    for v in (x, x * x, tanh(x), total([x, x]), constant(2.0)):
        assert (v.grad, v.label) == (0.0, "")


def test_the_slip_of_subtracting_a_value_from_data_is_named() -> None:
    p = Value(1.0, "p")
    p.data -= 0.1 * p
    with pytest.raises(TypeError, match=r"`p.data` holds a Value: did you mean `p.grad`\?"):
        p * 2
    p.label = ""
    with pytest.raises(TypeError, match=r"operand is a Value: `p.data` holds a Value"):
        p * 2  # called p where it has no label
    p.label = "rate"
    with pytest.raises(TypeError, match=r"did you mean `rate.grad`\?"):
        tanh(p)
    with pytest.raises(TypeError, match="did you mean"):
        total([p, 1.0])


def test_data_that_became_text_is_named() -> None:
    p = Value(1.0, "p")
    p.data = "3"
    with pytest.raises(TypeError, match=r"operand of tanh \(label 'p'\) must be .* the text '3'"):
        tanh(p)


def test_data_assigned_as_a_whole_number_counts_as_a_float() -> None:
    x = Value(1.0)
    x.data = 3
    y = x * x
    assert type(y.data) is float
    assert [type(d) for d in y.local_derivatives] == [float, float]


def test_results_are_the_same_to_the_bit_run_after_run() -> None:
    def run() -> list[float]:
        x = [Value(0.1 * i) for i in range(20)]
        y = total([tanh(a * b) / (1 + a * a) for a in x for b in x])
        y.backward()
        return [y.data, *(v.grad for v in x)]

    assert run() == run()


# ---- NumPy ---------------------------------------------------------------------------------------


def test_a_value_times_an_array_is_an_array_of_values() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    x = Value(3.0)
    for products in (x * np.array([1.0, 2.0]), np.array([1.0, 2.0]) * x):
        assert products.dtype == object
        assert [v.data for v in products] == [3.0, 6.0]
    assert [v.data for v in np.array([1.0, 2.0]) - x] == [-2.0, -1.0]


def test_numpy_scalars_count_as_numbers() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    x = Value(np.float64(3.0))
    assert type(x.data) is float
    for y in (x * np.float32(2), np.float64(2.0) * x, x * np.int64(2)):
        assert isinstance(y, Value)
        assert type(y.data) is float
        assert y.data == 6.0


def test_numpy_functions_work_on_arrays_of_values() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    v = np.tanh(np.array([Value(0.5), Value(1.0)]))
    assert [u.data for u in v] == [math.tanh(0.5), math.tanh(1.0)]


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan",
             "sinh", "cosh", "tanh"],
)  # fmt: skip
def test_what_numpy_and_math_name_alike_is_a_method(name: str) -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    (v,) = getattr(np, name)(np.array([Value(0.5)]))
    assert v.data == getattr(math, name)(0.5)


# ---- what may be data ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("3", r"must be a real number, got the text '3': convert it with float"),
        (None, "got None"),
        (1j, "got the complex number 1j"),
        ([1.0], "got a list: make one Value per element"),
        (Value(1.0), "use it as it is, or constant"),
    ],
)
def test_what_is_no_real_number_is_refused_with_a_remedy(data, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Value(data)


def test_an_array_as_data_is_refused() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    with pytest.raises(TypeError, match="an? ndarray: make one Value per element"):
        Value(np.array([1.0]))


def test_a_label_is_text() -> None:
    with pytest.raises(TypeError, match="a label is text"):
        Value(1.0, (Value(2.0),))


@pytest.mark.parametrize("other", ["s", None, [1], 1j])
def test_an_operand_that_is_no_number_is_refused(other) -> None:
    with pytest.raises(TypeError, match=r"an operand of \+ must be a real number"):
        Value(1.0) + other
    with pytest.raises(TypeError, match=r"an operand of \+ must be a real number"):
        other + Value(1.0)


def test_any_real_number_becomes_a_float() -> None:
    from fractions import Fraction

    assert Value(Fraction(1, 4)).data == 0.25
    assert type(Value(True).data) is float


# ---- a Value is no float -------------------------------------------------------------------------


def test_math_functions_refuse_values_and_name_the_right_call() -> None:
    with pytest.raises(TypeError, match=r"would drop its gradient: write autograd\.exp\(v\)"):
        math.exp(Value(1.0))
    with pytest.raises(TypeError, match=r"write int\(v\.data\)"):
        int(Value(1.0))


def test_comparisons_ask_the_number() -> None:
    v = Value(6.0)
    assert v == pytest.approx(6.0)
    assert v == 6
    assert v != Value(5.0)
    assert Value(5.0) < v <= 6 and v > 5 and v >= Value(6.0)  # noqa: PT018  # one claim
    assert (v == None) is False  # noqa: E711  # what a caller may write
    assert bool(Value(0.0)) is False


def test_sets_and_dicts_go_by_node() -> None:
    a, b = Value(1.0), Value(1.0)
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[b] == "b"


def test_text_shows_significant_digits_and_no_address() -> None:
    y = Value(6.0, "y")
    y.grad = 12.0
    assert repr(y) == "Value(6, grad=12, label='y')"
    assert repr(Value(1e-9)) == "Value(1e-09, grad=0)"
    assert repr(constant(2)) == "constant(2, grad=0)"
    assert f"{Value(math.pi):.4f} {Value(1.0)}" == "3.1416 Value(1, grad=0)"


# ---- constants -----------------------------------------------------------------------------------


def test_a_plain_number_is_a_constant_parent_with_derivative_zero() -> None:
    a = Value(3.0)
    y = 2 * a
    assert y.parents[0].is_constant
    assert not a.is_constant
    assert y.local_derivatives == (0.0, 2.0)


def test_a_constant_gathers_no_gradient_even_from_infinity() -> None:
    x, c = Value(0.0), constant(0.0)
    y = (x + c) ** 0.5
    y.backward()
    assert x.grad == math.inf
    assert all(v.grad == 0.0 for v in topological_order(y) if v.is_constant)
    y.propagate()
    assert all(v.grad == 0.0 for v in y.parents if v.is_constant)


def test_the_partial_rule_of_a_constant_is_not_asked() -> None:
    x = Value(-2.0)
    y = x**3
    y.backward()
    assert x.grad == 12.0
    assert y.local_derivatives[1] == 0.0


def test_constant_of_data_cuts_a_graph() -> None:
    assert gradient(lambda x: x * constant(x.data), 3.0) == [3.0]


def test_backward_of_a_constant_says_so() -> None:
    with no_grad():
        silent = Value(3.0) ** 2
    for c in (constant(9.0), silent):
        with pytest.raises(
            ValueError, match=r"backward\(\) of constant\(9.* in a no_grad\(\) block"
        ):
            c.backward()


# ---- no_grad -------------------------------------------------------------------------------------


def test_no_grad_records_nothing() -> None:
    x = Value(3.0)
    with no_grad():
        for v in (x * x, -x, tanh(x), total([x, x]), 2 * x, where(True, x, 0.0)):
            assert v.is_constant
            assert v.parents == ()
    assert (x * x).parents


def test_no_grad_ends_with_an_exception_and_nests() -> None:
    x = Value(3.0)
    with pytest.raises(ZeroDivisionError), no_grad(), no_grad():
        x / 0
    assert (x * x).parents


def test_one_no_grad_entered_in_its_own_block_ends_with_the_outer_one() -> None:
    x, silent = Value(3.0), no_grad()
    with silent:
        with silent:
            assert (x * x).is_constant
        assert (x * x).is_constant
    assert not (x * x).is_constant
    assert not open_blocks


def test_a_variable_made_under_no_grad_is_a_variable() -> None:
    with no_grad():
        x = Value(3.0)
    assert not x.is_constant


def test_no_grad_holds_in_its_own_thread_only() -> None:
    x, made = Value(3.0), []
    with no_grad():
        thread = threading.Thread(target=lambda: made.append(x * x))
        thread.start()
        thread.join()
    assert made[0].parents


def test_no_grad_holds_in_its_own_task_only() -> None:
    x = Value(3.0)

    async def quiet(inside: asyncio.Event, done: asyncio.Event) -> Value:
        with no_grad():
            inside.set()
            await done.wait()
            return x * x

    async def recording(inside: asyncio.Event, done: asyncio.Event) -> Value:
        await inside.wait()
        y = x * x
        done.set()
        return y

    async def main() -> list[Value]:
        inside, done = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(quiet(inside, done), recording(inside, done))

    silent, recorded = asyncio.run(main())
    assert not silent.parents
    assert recorded.parents


def is_recording() -> bool:
    return bool((Value(3.0) * 2).parents)


@no_grad()
def silent_square(x: Value) -> Value:
    return x * x


@no_grad
def silent_powers(x: Value) -> Iterator[Value]:
    power = x
    while not (yield power):
        power = power * x
    return power * x


def test_no_grad_before_a_function_holds_for_its_calls() -> None:
    assert silent_square(Value(3.0)).is_constant
    assert silent_square.__name__ == "silent_square"
    assert is_recording()


def test_no_grad_before_a_generator_holds_for_its_steps_and_not_between_them() -> None:
    powers = silent_powers(Value(3.0))
    for expected in (3.0, 9.0, 27.0):
        power = next(powers)
        assert power == expected
        assert is_recording()
    assert power.is_constant
    with pytest.raises(StopIteration) as end:
        powers.send(True)
    assert end.value.value == 81.0
    assert end.value.value.is_constant


def test_a_generator_without_recording_gets_what_is_thrown_into_it() -> None:
    @no_grad()
    def careful() -> Iterator[str]:
        try:
            yield "first"
        except LookupError:
            yield "second"
        finally:
            closed.append(is_recording())

    closed: list[bool] = []
    items = careful()
    assert next(items) == "first"
    assert items.throw(LookupError()) == "second"
    items.close()
    assert closed == [False]
    assert is_recording()


def test_no_grad_before_what_is_async_holds_there_alone() -> None:
    @no_grad()
    async def square(x: Value) -> Value:
        await asyncio.sleep(0)
        return x * x

    @no_grad()
    async def multiples(x: Value) -> AsyncIterator[Value]:
        for n in range(1, 4):
            await asyncio.sleep(0)
            yield n * x

    async def main() -> list[Value]:
        found = [await square(Value(3.0))]
        async for multiple in multiples(Value(3.0)):
            assert is_recording()
            found.append(multiple)
        return found

    found = asyncio.run(main())
    assert found == [9.0, 3.0, 6.0, 9.0]
    assert all(v.is_constant for v in found)


def test_no_grad_goes_before_functions_alone() -> None:
    with pytest.raises(TypeError, match=r"@no_grad\(\) goes before a function or a method, got"):
        no_grad()(Value)
    with pytest.raises(TypeError, match=r"goes before a function"):
        no_grad(3)


def test_a_generator_abandoned_in_a_block_ends_it() -> None:
    def quiet() -> Iterator[int]:
        with no_grad():
            yield 1

    for _ in quiet():
        assert not is_recording()
        break
    assert is_recording()
    assert not open_blocks


def test_generators_may_end_their_blocks_in_any_order() -> None:
    def quiet() -> Iterator[int]:
        with no_grad():
            yield 1

    first, second = quiet(), quiet()
    assert next(first) == next(second) == 1
    first.close()
    assert not is_recording()
    second.close()
    assert is_recording()
    assert not open_blocks


def test_an_async_generator_abandoned_in_a_block_ends_it_as_the_loop_comes_round() -> None:
    async def quiet() -> AsyncIterator[int]:
        with no_grad():
            yield 1
            yield 2

    async def main() -> bool:
        async for _ in quiet():
            break
        for _ in range(3):
            await asyncio.sleep(0)  # the loop closes it, in a task of its own
        return is_recording()

    assert asyncio.run(main())
    assert is_recording()
    assert not open_blocks


def test_a_task_that_was_made_in_a_block_records_when_that_has_ended() -> None:
    async def later(ended: asyncio.Event) -> tuple[bool, bool]:
        before = is_recording()
        await ended.wait()
        return before, is_recording()

    async def main() -> tuple[bool, bool]:
        ended = asyncio.Event()
        with no_grad():
            task = asyncio.create_task(later(ended))
            await asyncio.sleep(0)
        ended.set()
        return await task

    assert asyncio.run(main()) == (False, True)


def test_one_no_grad_serves_several_threads_at_once() -> None:
    silent, meet, found = no_grad(), threading.Barrier(2, timeout=30), {}

    def enter(name: str) -> None:
        with silent:
            meet.wait()  # both are inside
            if name == "second":
                meet.wait()  # the first has left
            found[name] = is_recording()
        if name == "first":
            meet.wait()
        found[f"{name} after"] = is_recording()

    threads = [threading.Thread(target=enter, args=[name]) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {
        "first": False, "first after": True, "second": False, "second after": True,
    }  # fmt: skip
    assert not open_blocks


def interrupted_at(step: int) -> BaseException | None:
    """What comes of Ctrl-C at this step of the interpreter as a block begins or ends."""
    left = step

    def interrupt(frame: Any, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != recording.__file__:
            return None
        frame.f_trace_opcodes = True
        left -= event in ("line", "opcode")  # the latter are rare in Python 3.12
        if left < 0:
            raise KeyboardInterrupt
        return interrupt

    before = sys.gettrace()
    try:
        sys.settrace(interrupt)
        with no_grad():
            pass
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(before)
    return None


def test_an_interrupt_at_any_step_ends_a_block_though_its_traceback_is_kept() -> None:
    kept = []
    while error := interrupted_at(len(kept)):
        kept.append(error)
        assert is_recording()
    assert len(kept) > 15
    assert not open_blocks


def test_a_block_may_be_entered_and_left_by_calls() -> None:
    silent = no_grad()
    silent.__enter__()
    with silent:
        assert not is_recording()
    assert hasattr(silent, "__exit__")
    assert not is_recording()
    silent.__exit__(None, None, None)
    assert is_recording()
    with ExitStack() as stack:
        stack.enter_context(silent)
        assert not is_recording()
    assert is_recording()
    assert not open_blocks


# ---- pickles -------------------------------------------------------------------------------------


def test_a_pickled_value_brings_its_graph_and_leaves_keep_their_identity() -> None:
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = tanh(w * x) + 1
    y.backward()
    (x2, w2), y2 = pickle.loads(pickle.dumps(([x, w], y)))
    assert topological_order(y2)[0] is w2
    assert any(v is x2 for v in topological_order(y2))
    assert (y2.data, x2.grad, x2.label) == (y.data, x.grad, "x")
    assert y2.parents[0].op is tanh
    assert y2.parents[1].is_constant
    x2.grad = 0.0
    y2.backward()
    assert x2.grad == x.grad


def tangled(n: int, rng: random.Random) -> list[Value]:
    """The nodes of a graph that shares, inputs first."""
    nodes = [Value(rng.random()) for _ in range(10)]
    while len(nodes) < n:
        nodes.append(rng.choice(nodes[-30:]).sin() + rng.choice(nodes[-30:]))
    return topological_order(sumprod(nodes, nodes))


def pickled(x):
    return pickle.loads(pickle.dumps(x))


def pickled_by_python(x):
    file = io.BytesIO()
    pickle._Pickler(file).dump(x)
    return pickle.loads(file.getvalue())


def places(nodes: list[Value]) -> list[list[int]]:
    """A graph as numbers: for each node where in the list its parents are."""
    place = {v: i for i, v in enumerate(nodes)}
    return [[place[p] for p in v.parents] for v in nodes]


@pytest.mark.parametrize("way", [copy.deepcopy, pickled, pickled_by_python])
def test_nodes_that_are_copied_together_keep_what_they_share(way, rng) -> None:
    x = Value(3.0, "x")
    h = x * 2
    y = h * h
    for nodes in itertools.permutations([x, h, y]):
        twin = dict(zip(nodes, way(nodes)))
        assert [p is twin[h] for p in twin[y].parents] == [True, True]
        assert twin[h].parents[0] is twin[x]
    order = tangled(300, rng)
    shuffled = rng.sample(order, len(order))
    for nodes in (order, order[::-1], shuffled):
        twins = way(nodes)
        assert places(twins) == places(nodes)
        assert [v.data for v in twins] == [v.data for v in nodes]
        assert not set(twins) & set(nodes)


@pytest.mark.parametrize("length", [4_000, pytest.param(400_000, marks=pytest.mark.slow)])
def test_many_deep_nodes_are_pickled_once_each(length: int) -> None:
    order = topological_order(chain(Value(1.0), length))
    alone = len(pickle.dumps(order[-1]))
    for nodes in (order, order[::-1]):
        assert len(pickle.dumps(nodes)) < 3 * alone
        assert places(pickled(nodes)) == places(nodes)
        assert places(copy.deepcopy(nodes)) == places(nodes)


def test_a_pickle_is_of_now_whatever_was_pickled_before() -> None:
    x = Value(3.0)
    y = x * 2
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(y)  # and it is kept
    y.label, y.grad = "new", 5.0
    assert (pickled(y).label, pickled([x, y])[1].grad) == ("new", 5.0)
    assert len(pickle.dumps(x * 2)) == len(pickle.dumps(Value(3.0) * 2))
    pickler.dump([y, y + 1])
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first, (second, more) = unpickler.load(), unpickler.load()
    assert first is second is more.parents[0]


def test_a_pickle_within_a_pickle_leaves_the_outer_one_whole() -> None:
    x = Value(3.0)
    h = x * 2
    y = h * h

    class Inner:
        def __reduce__(self):
            assert places(topological_order(pickled(y))) == places(topological_order(y))
            return bool, ()

    h2, _, y2, _, x2 = pickled([h, Inner(), y, Inner(), x])
    assert [p is h2 for p in y2.parents] == [True, True]
    assert h2.parents[0] is x2


def test_threads_pickle_side_by_side(rng) -> None:
    graphs = [tangled(200, rng) for _ in range(4)]
    right = []

    def work(order: list[Value]) -> None:
        for _ in range(5):
            right.append(places(pickled(order)) == places(order))

    threads = [threading.Thread(target=work, args=(order,)) for order in graphs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 20


def test_what_was_pickled_is_not_kept() -> None:
    y = chain(Value(1.0), 10)
    before = sys.getrefcount(y)
    pickle.dumps([y, y.parents[0]])
    assert sys.getrefcount(y) == before


# ---- depth and memory ----------------------------------------------------------------------------

DEPTH = 10**6


def chain(x: Value, length: int) -> Value:
    for _ in range(length):
        x = x.sin()
    return x


@pytest.mark.parametrize("depth", [20_000, pytest.param(DEPTH, marks=pytest.mark.slow)])
def test_a_hundred_thousand_operations_deep_nothing_recurses(depth: int) -> None:
    x = Value(1.0)
    y = chain(x, depth)
    y.backward()
    assert x.grad > 0
    assert describe(y).depth == depth
    assert len(repr(y)) < 40
    del y


@pytest.mark.parametrize("depth", [20_000, pytest.param(DEPTH, marks=pytest.mark.slow)])
def test_copies_and_pickles_survive_any_depth(depth: int) -> None:
    y = chain(Value(1.0), depth)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert twin.data == y.data
        assert len(topological_order(twin)) == depth + 1


def test_dropping_the_root_frees_the_graph_without_the_collector() -> None:
    class Marked(Value):
        __slots__ = ("__weakref__",)

    import weakref

    gc.disable()
    try:
        x = Marked(2.0)
        gone = weakref.ref(x)
        y = chain(x, 10)
        y = maximum(y * y, exp(y))
        y.backward()
        del x, y
        assert gone() is None
    finally:
        gc.enable()


def test_the_library_never_calls_the_collector() -> None:
    import autograd.graph
    import autograd.value

    assert "gc" not in vars(autograd.value)
    assert "gc" not in vars(autograd.graph)


# ---- errors name operation, value and label ------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda p: log(p), ValueError, r"log needs x > 0, got -1.5 \(label 'p'\)"),
        (lambda p: p / 0, ZeroDivisionError, "division by zero, in p / 0 with p = -1.5"),
        (lambda p: 1 / (p + 1.5), ZeroDivisionError, "division by zero, in 1 / 0"),
        (lambda p: (0 * p) ** -1, ZeroDivisionError, r"division by zero, in -0 \*\* -1"),
        (lambda p: exp(-1000 * p), OverflowError, "exp is too large for a float, got 1500"),
        (lambda p: (p * 1e200) ** 2, OverflowError, r"\*\* is too large for a float"),
        (lambda p: tanh(p, p), TypeError, "tanh takes 1 argument, got 2"),
        (lambda p: sumprod([p], [p, p]), ValueError, "as many x as w, got 1 w and 2 x"),
        (lambda p: maximum(), ValueError, "maximum needs at least one argument"),
    ],
)
def test_an_error_teaches(run, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(Value(-1.5, "p"))


def test_plus_minus_times_divide_overflow_to_infinity_as_floats_do() -> None:
    x = Value(1e308)
    assert [(x + x).data, (-x - x).data, (x * x).data, (x / 1e-10).data] == [
        math.inf, -math.inf, math.inf, math.inf,
    ]  # fmt: skip
