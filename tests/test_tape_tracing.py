"""Tracing: nothing that a function asks for is frozen in silence, and nothing stays behind."""

import copy
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from engines import ENGINES

from autograd import (
    OPERATIONS,
    NaryOperation,
    Tape,
    TraceError,
    Value,
    atan2,
    clip,
    constant,
    derivatives,
    grad,
    group,
    hessian,
    hvp,
    hypot,
    jacobian,
    jvp,
    logsumexp,
    lookup,
    maximum,
    minimum,
    no_grad,
    norm,
    paths,
    prod,
    relu,
    steps,
    tanh,
    trace,
    value_and_grad,
    vjp,
    where,
)
from autograd.tape.tracing import running

w, v = Value(0.7, "w"), Value(-0.4, "v")


def line_of(f: Callable[..., Any]) -> str:
    return f"test_tape_tracing.py, line {f.__code__.co_firstlineno} "


# fmt: off
ASKS: dict[str, Callable[[Any], Any]] = {
    "for the number of x": lambda x: w * x.data,
    "for a new number of x": lambda x: setattr(x, "data", 2.0),
    "whether x is not 0": lambda x: w if x else v,
    "whether x > 0": lambda x: w if x > 0 else v,
    "whether x <= 0": lambda x: w if not x <= 0 else v,
    "whether x > 0.1": lambda x: w if 0.1 < x < 1 else v,
    "whether x * w > 1": lambda x: w if x * w > 1 else v,
    "whether (x > 0) & (x < 1)": lambda x: w if (x > 0) & (x < 1) else v,
    "whether x == 1": lambda x: w * (x in [1.0, 2.0]),
    "whether 2 * x < x": lambda x: sorted([x, 2 * x])[0],
    "whether -x < x": lambda x: min(x, -x),
    "whether -x > x": lambda x: max(x, -x),
    "for float() of x": lambda x: w * float(x),
    "for int() of x": lambda x: w * int(x),
    "for float() of x + 1": lambda x: w * math.exp(x + 1),
    "for an index of x": lambda x: [w, v][x],
    "for round() of x": lambda x: round(x) * w,
    "for a whole number of x": lambda x: math.floor(x) * w,
    "for a pickle of x": lambda x: pickle.dumps(x),
    "for a copy of x": lambda x: copy.deepcopy([x])[0] * w,
    "for backward() of x * w": lambda x: (x * w).backward(),
    "for a local derivative": lambda x: (x * w).local_derivatives[0] * w,
}
# fmt: on


@pytest.mark.parametrize("asked", ASKS)
def test_a_number_that_is_asked_for_is_refused_with_file_and_line(asked) -> None:
    f = ASKS[asked]
    for given in (None, [w, v]):
        with pytest.raises(TraceError) as told:
            trace(f, 0.5, parameters=given)
        assert line_of(f) + f"asks {asked}," in str(told.value)
        assert isinstance(told.value, TypeError)


def slopes(z: Value) -> list[float]:
    return [path.derivative for path in paths(z, w)]


@pytest.mark.parametrize("walk", [steps, slopes], ids=["steps", "paths"])
def test_what_reads_local_derivatives_is_refused_too(walk) -> None:
    with pytest.raises(TraceError, match="local derivative"):
        trace(lambda x: list(walk(x * w)), 0.5)


def test_the_line_of_a_function_within_is_named() -> None:
    def inner(x: Any) -> Any:
        return w if x > 0 else v

    with pytest.raises(TraceError, match=f"line {inner.__code__.co_firstlineno + 1} asks whether"):
        trace(lambda x: inner(x) * 2, 0.5)


def test_a_given_parameter_does_not_tell_its_number() -> None:
    with pytest.raises(TraceError, match="asks for the number of w,"):
        trace(lambda x: w.data * x, 0.5, parameters=[w])


def test_text_is_no_number() -> None:
    tape = trace(lambda x: [f"{x:.3f}", str(x), x * w][2], 0.5)
    assert len(tape) == 1


def test_a_copy_is_a_value_of_the_tape() -> None:
    assert list(trace(lambda x: copy.copy(x) * 2.0, 0.5).forward([1.0, 3.0])) == [2.0, 6.0]


# ---- conditions ----------------------------------------------------------------------------------

CONDITIONS = {
    "joined by and": (lambda x: where((x > 0) & (x < 1), w, v), [0.7, -0.4, -0.4]),
    "joined by or": (lambda x: where((x < 0) | (x > 1), w, v), [-0.4, 0.7, 0.7]),
    "with numbers": (lambda x: where(x > 0, 1.0, 2.0), [1.0, 1.0, 2.0]),
    "as a number": (lambda x: (x > 0) * w, [0.7, 0.7, 0.0]),
    "counted": (lambda x: sum([x > 0, x > 1]), [1.0, 2.0, 0.0]),
    "of an equality": (lambda x: where(x == 2.0, w, v), [-0.4, 0.7, -0.4]),
    "beside a plain one": (lambda x: where((x > 0) & (1 < 2), w, v), [0.7, 0.7, -0.4]),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("f", "expected"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_is_decided_lane_by_lane(engine, f, expected) -> None:
    assert list(trace(f, 0.5).using(engine).forward([0.5, 2.0, -1.0])) == expected


# ---- parameters ----------------------------------------------------------------------------------


def fails(error: type[BaseException]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        assert type(w) is not Value
        raise error

    return f


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_parameters_are_plain_again_whatever_happens(error) -> None:
    with pytest.raises(error):
        trace(fails(error), 1.0, parameters=[w])
    assert type(w) is Value
    assert not running


def test_parameters_are_plain_again_after_a_generator() -> None:
    def parts(x: Any) -> Any:
        yield x * w
        yield x + w

    assert len(trace(lambda x: sum(parts(x)), 1.0, parameters=[w])) == 4
    assert type(w) is Value


def test_a_trace_within_leaves_the_parameters_of_the_one_around() -> None:
    def f(x: Any) -> Any:
        trace(lambda y: y * w, 1.0, parameters=[w])
        with pytest.raises(TraceError):
            float(w.data)
        return x * w

    assert list(trace(f, 1.0, parameters=[w]).forward([2.0])) == [1.4]
    assert type(w) is Value


def test_a_tape_within_gets_no_traced_number() -> None:
    tape = trace(lambda y: y * w, 1.0)
    with pytest.raises(TypeError, match="argument 0, example 0"):
        trace(lambda x: tape.forward([x])[0] * x, 1.0)


def test_parameters_are_found_in_order_of_first_use_and_once() -> None:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    assert trace(lambda x: b * x + a * b + x, 1.0).parameters == [b, a]
    assert trace(lambda x: b * x, 1.0, parameters=[c, b]).parameters == [c, b]


BAD_PARAMETERS: dict[str, tuple[Any, type[Exception]]] = {
    "a list of Values": (w, TypeError),
    "got an int": (5, TypeError),
    "got a float": ([3.0], TypeError),
    "computed by \\*": ([w * v], ValueError),
    "is a constant": ([constant(1.0)], ValueError),
    "is there twice": ([w, w], ValueError),
}


@pytest.mark.parametrize("told", BAD_PARAMETERS)
def test_what_is_no_parameter_is_told(told) -> None:
    given, error = BAD_PARAMETERS[told]
    with pytest.raises(error, match=told):
        trace(lambda x: x * w, 1.0, parameters=given)


@pytest.mark.parametrize("result", [None, 3.0, [], "text", [w, 3.0]], ids=repr)
def test_a_function_returns_values(result) -> None:
    with pytest.raises(TypeError, match="returned"):
        trace(lambda x: result, 1.0)


# ---- blocks, leaves, what stays ------------------------------------------------------------------


def test_no_gradient_passes_a_block_without_recording() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            a = x * w
        return a * w

    value, gradient = trace(f, 1.0).value_and_grad([2.0], [3.0])
    assert (value, list(gradient)) == (12.0, [6.0])


def test_a_group_names_what_is_on_the_tape() -> None:
    def f(x: Any) -> Any:
        with group("square"):
            y = x * x
            y.label = "y"
        return y * w

    assert "square.y = x * x" in str(trace(f, 1.0))


def test_a_leaf_that_is_made_within_is_frozen_and_shown() -> None:
    tape = trace(lambda x: Value(5.0, "inner") * x * w, 1.0)
    assert tape.parameters == [w]
    assert "frozen      inner = 5.0" in str(tape)
    assert list(tape.forward([2.0])) == [7.0]


def test_what_is_kept_of_a_trace_says_what_it_is() -> None:
    kept: list[Any] = []
    trace(lambda x: kept.extend([x * w, x]) or x * w, 1.0)
    with pytest.raises(TraceError, match="made while a function was traced: it is a place"):
        float(kept[-1].data)
    assert "traced" in repr(kept[0])


def test_a_thread_that_computes_meanwhile_is_not_traced() -> None:
    found = []

    def elsewhere() -> None:
        x = Value(3.0)
        y = x * x if x > 0 else -x
        y.backward()
        found.append(x.grad)

    def f(x: Any) -> Any:
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        return x * w

    trace(f, 1.0, parameters=[w])
    assert found == [6.0]


# ---- derivatives within --------------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: relu(w * x + v) * x * w,
    "abs": lambda x: abs(w * x + v) * x,
    "maximum": lambda x: maximum(w * x, v, x * x) * w,
    "minimum": lambda x: minimum(w * x, v) * x,
    "where": lambda x: where(x * w > 0.0, x**3 * w, -x * x * v),
    "lookup": lambda x: lookup([w * x, x * x * v], 0) * x,
    "clip": lambda x: clip(x * w, -1.0, 1.0) * x,
    "tanh": lambda x: tanh(w * x) * v,
    "norm": lambda x: norm([x, w, x * w]),
    "prod": lambda x: prod([x, w, x * w, v]),
    "logsumexp": lambda x: logsumexp([x, w, x * w]),
    "power": lambda x: (x * x + 1) ** w,
    "hypot": lambda x: hypot(x, w) * atan2(x, w),
}
OF: dict[str, Callable[[Callable[..., Any]], Callable[[Any], Any]]] = {
    "grad": grad,
    "grad of grad": lambda f: grad(grad(f)),
    "hessian": hessian,
    "hvp": lambda f: lambda x: hvp(f, x, 1.0),
    "jvp": lambda f: lambda x: jvp(f, x, 1.0)[1],
    "vjp": lambda f: lambda x: vjp(f, x, 1.0)[1],
    "jacobian": lambda f: lambda x: jacobian(lambda y: [f(y), y * f(y)])(x)[1],
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "derivatives": lambda f: lambda x: derivatives(f(x), w),
}


def close(x: float, y: float) -> bool:
    return x == y or (x != x and y != y) or abs(x - y) <= 1e-9 * max(abs(x), abs(y), 1e-6)


def assert_like_eager(f: Callable[[Any], Any], xs: list[float]) -> None:
    tape = trace(f, 0.5, parameters=[w, v])
    for x in xs:
        w.grad = v.grad = 0.0
        try:
            z = f(Value(x))
            if not z.is_constant:
                z.backward()
        except (ArithmeticError, ValueError):
            continue
        for engine in ENGINES:
            value, gradient = tape.using(engine).value_and_grad([w.data, v.data], [x])
            for a, b in zip([value, *gradient], [z.data, w.grad, v.grad], strict=True):
                assert close(a, b), (engine, x, a, b)


@pytest.mark.parametrize("of", ["grad", "hvp", "jacobian"])
def test_a_derivative_within_keeps_the_choice_of_each_lane(of) -> None:
    for name in ("relu", "abs", "maximum", "where", "lookup", "clip", "power"):
        assert_like_eager(OF[of](FUNCTIONS[name]), [-2.0, 0.0, 0.2])


@pytest.mark.slow
@pytest.mark.parametrize("of", OF)
def test_every_derivative_within_of_every_function_is_that_of_its_lane(of) -> None:
    for f in FUNCTIONS.values():
        assert_like_eager(OF[of](f), [-2.0, -1.3, -0.4, 0.0, 0.2, 0.9, 2.5])


def of_a_row(name: str) -> Callable[[Any], Any]:
    """A row on a parameter and a lane."""
    row: Any = OPERATIONS[name]
    shift = 1.5 if name == "acosh" else 0.1
    if len(row.partials) == 1:
        return lambda x: row(x * w + shift) * x
    return lambda x: row(x * w + 0.1, v + 1.2) * x


ONE_OR_TWO = [
    name for name, row in OPERATIONS.items()
    if not isinstance(row, NaryOperation) and len(row.partials) < 3 and name != "pos"
]  # fmt: skip


@pytest.mark.parametrize("name", ONE_OR_TWO)
def test_the_slope_of_a_row_within_is_right_where_its_rule_chooses(name) -> None:
    assert_like_eager(grad(of_a_row(name)), [-0.4, 0.2])


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_OR_TWO)
def test_the_second_derivative_of_a_row_within_is_right_too(name) -> None:
    f = of_a_row(name)
    for of in (grad(f), grad(grad(f)), lambda x: hvp(f, x, 1.0)):
        assert_like_eager(of, [-2.0, -0.4, 0.2, 0.9, 2.5])


# ---- Ctrl-C --------------------------------------------------------------------------------------


def interrupted(seconds: float) -> KeyboardInterrupt | None:
    """What Ctrl-C raises, so long after a trace began."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for _ in range(1000):
            trace(lambda x: tanh(w * x + v), 1.0, parameters=[w, v])
    except KeyboardInterrupt as error:
        return error
    return None


def first_traces(seed: int) -> None:
    """Interrupt the first traces of a process, which import an engine, and make a whole one."""
    rng = Random(seed)
    for _ in range(5):
        interrupted(rng.uniform(1e-3, 20e-3))
    assert trace(lambda x: w * x, 1.0).using("numpy").forward([2.0])[0] == 1.4


def in_a_process_of_its_own(run: Callable[[int], None], seed: int) -> bool:
    """Whether it ends without an error."""
    process = os.fork()
    if process:
        return os.waitpid(process, 0)[1] == 0
    status = 1
    try:
        run(seed)
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def campaign() -> None:
    """Interrupt a trace 10,000 times, and print how often something was left behind."""
    rng, wrong, kept = Random(2026), Counter[str](), deque[object](maxlen=50)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    assert "numpy" not in sys.modules
    whole = sum(in_a_process_of_its_own(first_traces, seed) for seed in range(60))
    print(f"{whole} of 60 processes imported their engine whole")
    for _ in range(10_000):
        kept.append(interrupted(rng.uniform(20e-6, 900e-6)))
        wrong["traced"] += type(w) is not Value or type(v) is not Value
        w.__class__ = v.__class__ = Value
        wrong["running"] += bool(running)
        running.clear()
    print(f"10,000 interrupts, {wrong.total()} left something behind", +wrong)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no clock that interrupts")
def test_10_000_interrupts_leave_no_parameter_traced(capsys) -> None:
    done = subprocess.run([sys.executable, __file__], capture_output=True, text=True, timeout=500)
    with capsys.disabled():
        print(f"\n{done.stdout}{done.stderr}")
    assert "60 of 60 processes" in done.stdout
    assert "10,000 interrupts, 0 left" in done.stdout


def test_a_tape_says_its_type() -> None:
    assert isinstance(trace(lambda x: x * w, 1.0), Tape)


if __name__ == "__main__":
    campaign()
