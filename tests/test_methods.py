"""How operations become nodes: rules printed into methods, run once, and no detour for numbers."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    Value,
    constant,
    exp,
    leaky_relu,
    log,
    lookup,
    maximum,
    mean,
    sumprod,
    where,
)
from autograd.methods import methods


def exceptions_in(work: Callable[[], object]) -> list[str]:
    """The exceptions raised, and caught or not, while `work` runs."""
    raised: list[str] = []

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "exception":
            raised.append(f"{argument[0].__name__} in {frame.f_code.co_name}")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return raised


x, w = Value(0.5, "x"), Value(-1.5, "w")
MIXED = {
    "leaky_relu(x)": lambda: leaky_relu(x),
    "2 * x + 1": lambda: 2 * x + 1,
    "1 / x": lambda: 1 / x,
    "2 ** x": lambda: 2**x,
    "power(2, x)": lambda: OPERATIONS["pow"](2, x),
    "maximum(x, 0.0)": lambda: maximum(x, 0.0),
    "sumprod([w], [0.7], 1)": lambda: sumprod([w], [0.7], 1),
    "mean([x, True])": lambda: mean([x, True]),
    "where(x > 0, x, 0.0)": lambda: where(x > 0, x, 0.0),
    "lookup([0.0, x], 1)": lambda: lookup([0.0, x], 1),
    "constant(2.0) * x": lambda: constant(2.0) * x,
}


@pytest.mark.parametrize("text", MIXED)
def test_numbers_among_operands_travel_through_no_exception(text: str) -> None:
    assert exceptions_in(MIXED[text]) == []


FAILING = {
    "x / 0.0": (lambda: x / 0.0, ZeroDivisionError),
    "log(w)": (lambda: log(w), ValueError),
    "exp(1000 * x)": (lambda: exp(2000 * x), OverflowError),
    "w ** 0.5": (lambda: w**0.5, ValueError),
}


@pytest.mark.parametrize("text", FAILING)
def test_a_failing_operator_raises_twice_the_error_and_its_explanation(text: str) -> None:
    work, kind = FAILING[text]

    def failing() -> None:
        with pytest.raises(kind):
            work()

    assert exceptions_in(failing).count(f"{kind.__name__} in method") == 2


@pytest.mark.parametrize("kind", [ValueError, OverflowError, ZeroDivisionError])
@pytest.mark.parametrize("operand", [1.0, Value(1.0), constant(1.0)])
def test_a_rule_that_fails_runs_once(
    kind: type[Exception], operand: float | Value, own_rows: None
) -> None:
    runs = []

    def fails(*xs: Any) -> float:
        runs.append(xs)
        raise kind("no value")

    one = Operation("one", fails, lambda x, z: 0.0)
    two = Operation("two", fails, lambda x, y, z: 0.0, lambda x, y, z: 0.0)
    many = NaryOperation("many", fails, lambda xs, z: list(xs))
    for call in (lambda: one(operand), lambda: two(operand, 2.0), lambda: many([operand, 2.0])):
        runs.clear()
        with pytest.raises(kind):
            call()
        assert len(runs) == 1


def test_a_method_computes_what_its_rules_do() -> None:
    for name, row in OPERATIONS.items():
        if row not in methods or name == "acosh":
            continue
        points = [(0.3,), (-0.7,), (0.0,)] if len(row.partials) == 1 else [(0.3, 2.0), (0.0, 2.0)]
        for xs in points:
            if row.domain is not None and not row.domain(*xs):
                continue
            v = row(*[Value(x) for x in xs])
            assert v.data == row.compute(xs)
            assert v.local_derivatives == row.differentiate(xs, v.data)


def test_what_a_constant_has_for_an_operation_is_a_whole_row() -> None:
    row = constant(2.0).op
    assert row is not None
    assert [getattr(row, column) for column in Operation.__slots__]
    assert (row.name, repr(row)) == ("constant", "<operation constant>")
    assert row.name not in OPERATIONS


def test_errors_of_data_that_is_no_number_are_told_where_they_arise() -> None:
    p = Value(1.0, "p")
    p.data = Value(2.0)  # type: ignore[assignment]  # the slip
    for work in (lambda: p * x, lambda: sumprod([p], [x]), lambda: maximum(p, x), lambda: -p):
        with pytest.raises(TypeError, match=r"`p.data` holds a Value: did you mean `p.grad`"):
            work()
