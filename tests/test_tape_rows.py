"""Every row of the table on a tape: engines agree with each other and with eager Values."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import inf, isinf, isnan, nan
from random import Random
from typing import Any

import pytest
from engines import ENGINES

from autograd import OPERATIONS, NaryOperation, Operation, Value, lookup, sqrt, total, trace, where

EDGES = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, inf, -inf, nan,
    1e-170, -1e-170, 1e300, -1e300, 1e-320, 36.7, -800.0,
]  # fmt: skip
START = {"acosh": 1.5}  # where a row is traced, which is in its domain
TABLE = tuple(OPERATIONS)


def call_of(name: str) -> Callable[..., Any]:
    """A row on flat operands."""
    row: Any = OPERATIONS[name]
    if name == "sumprod":
        return lambda *xs: row(
            xs[: len(xs) // 2], xs[len(xs) // 2 : len(xs) // 2 * 2], *xs[len(xs) // 2 * 2 :]
        )
    if name == "lookup":
        return lambda *xs: lookup(xs[:-1], xs[-1])
    if name == "where":
        return lambda x, a, b: where(x > 0.0, a, b)
    if name in ("total", "mean", "prod", "norm", "logsumexp"):
        return lambda *xs: row(xs)
    return row  # type: ignore[no-any-return]


def same(x: float, y: float, size: float = 0.0) -> bool:
    """The same infinity, NaN both, or equal but for a few roundings, of terms of that size."""
    if isnan(x) or isnan(y) or isinf(x) or isinf(y):
        return x == y or (isnan(x) and isnan(y))
    return abs(x - y) <= 1e-12 * max(abs(x), abs(y), size) + 1e-300


def all_same(xs: Sequence[float], *others: Sequence[float]) -> bool:
    return all(len(xs) == len(ys) and all(map(same, xs, ys)) for ys in others)


def eager(call: Callable[..., Any], xs: Sequence[float]) -> tuple[float, list[float]] | None:
    """The value and gradient; None where Python raises."""
    variables = [Value(x) for x in xs]
    try:
        z = call(*variables)
        z.backward()
    except (ArithmeticError, ValueError, IndexError):
        return None
    return z.data, [v.grad for v in variables]


def points(name: str, count: int, rng: Random, most: int) -> Iterator[tuple[float, ...]]:
    """Operands at the edges, all of them where these are few."""
    drawn = list(product(EDGES, repeat=count)) if count < 3 else []
    if not drawn or len(drawn) > most:
        drawn = [tuple(rng.choice(EDGES) for _ in range(count)) for _ in range(most)]
    for xs in drawn:
        if name == "lookup":
            yield (*xs[:-1], rng.choice([0.0, count - 2.0, count - 1.0, -1.0, 0.5, nan]))
        else:
            yield xs


def disagreements(name: str, count: int, rng: Random, most: int) -> list[Any]:
    """Points where an engine has another value or gradient than eager Values or the others."""
    call, start = call_of(name), [START.get(name, 0.75)] * count
    if name == "lookup":
        start[-1] = 0.0
    variables = [Value(x) for x in start]
    of_lanes = trace(call, *start)
    of_uniform = trace(lambda: call(*variables), parameters=variables)
    shifts = [Value(0.0) for _ in start]
    shifted = trace(
        lambda *xs: call(*[x + s for x, s in zip(xs, shifts)]), *start, parameters=shifts
    )
    drawn = list(points(name, count, rng, most))
    found = []
    for engine in ENGINES:
        columns = of_lanes.using(engine).forward(*map(list, zip(*drawn)))
        for xs, z in zip(drawn, map(float, columns)):
            expected = eager(call, xs)
            if expected is None:  # all engines have the same
                expected = of_uniform.using("python").value_and_grad(xs)
            value, gradient = of_uniform.using(engine).value_and_grad(xs)
            terms = OPERATIONS[name].terms
            size = sum(map(abs, terms(xs))) if terms else 0.0
            if not (
                same(z, expected[0], size)
                and same(value, z, size)
                and all_same(gradient, expected[1])
            ):
                found.append((engine, xs, z, value, list(gradient), expected))
            lanes = [[x + 0.0] for x in xs]  # -0.0 + 0.0 is 0.0
            plus = eager(call, [x for (x,) in lanes])
            value, gradient = shifted.using(engine).value_and_grad([0.0] * count, *lanes)
            if plus is not None and not (
                same(value, plus[0], size) and all_same(gradient, plus[1])
            ):
                found.append((engine, "in lanes", xs, value, list(gradient), plus))
    return found


def arities(name: str, longest: int) -> list[int]:
    row = OPERATIONS[name]
    if not isinstance(row, NaryOperation):
        return [len(row.partials)]
    return [n for n in range(1, longest + 1) if name != "lookup" or n > 1]


@pytest.mark.parametrize("name", TABLE)
def test_a_row_is_on_a_tape_what_it_is_on_values(name) -> None:
    row = OPERATIONS[name]
    many = [2, 3, 6] if isinstance(row, NaryOperation) else arities(name, 1)
    for count in many:
        assert not disagreements(name, count, Random(count), 12)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_a_row_of_any_length_is_the_same_at_every_edge(name) -> None:
    for count in arities(name, 40):
        assert not disagreements(name, count, Random(count), 330 if count < 3 else 12)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_outside_of_the_items_is_nan(engine) -> None:
    tape = trace(lambda a, b, i: lookup([a, b], i), 1.0, 2.0, 0)
    found = tape.using(engine).forward([5.0] * 5, [7.0] * 5, [0, 1, 2, -1, 0.5])
    assert all_same(list(found), [5.0, 7.0, nan, nan, nan])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lane_off_the_domain_holds_what_arithmetic_has(engine) -> None:
    tape = trace(lambda x: [1.0 / x, OPERATIONS["log"](x), x**-1.0, OPERATIONS["exp"](x * x)], 1.0)
    found = [list(z) for z in tape.using(engine).forward([0.0, -0.0, -1.0, 1e3])]
    expected = [
        [inf, -inf, -1.0, 1e-3],
        [-inf, -inf, nan, math.log(1e3)],
        [inf, -inf, -1.0, 1e-3],
        [1.0, 1.0, math.e, inf],
    ]
    assert all(map(all_same, found, expected))


# ---- rows of a user's ----------------------------------------------------------------------------


def own_rows_with_formulas() -> dict[str, Callable[..., Any]]:
    cube = Operation("cube", lambda x: x * x * x, lambda x, z: 3.0 * x * x)
    half = Operation(
        "half_root", lambda x: sqrt(x) * 0.5, lambda x, z: 0.25 / sqrt(x), domain=lambda x: x > 0.0
    )
    share = Operation(
        "share", lambda x, y: x / y, lambda x, y, z: 1.0 / y, lambda x, y, z: -z / y,
        domain=lambda x, y: y > 0.1,
    )  # fmt: skip
    rms = NaryOperation(
        "rms",
        lambda xs: sqrt(total([x * x for x in xs]) / float(len(xs))),
        lambda xs, z: [x / (z * float(len(xs))) for x in xs],
    )
    return {
        "alone": lambda x, w, u: cube(w * x),
        "in a group": lambda x, w, u: cube(w * x) + cube(u * x) + cube(x),
        "with a domain": lambda x, w, u: half(w * x) + half(u * x),
        "of two": lambda x, w, u: share(w, x) + share(u, x) + share(w, u),
        "of many": lambda x, w, u: rms([w, x, u]) + rms([u, x, w]) * rms([w]),
    }


LANES = [0.4, 0.1, 0.7, -1.3, 2.0, 0.0, -0.0, nan, inf]


def assert_own_row(f: Callable[..., Any]) -> None:
    w, u = Value(0.5, "w"), Value(0.3, "u")
    tape = trace(lambda x: f(x, w, u), 0.4, parameters=[w, u])
    for x in LANES:
        results = [tape.using(e).value_and_grad([0.5, 0.3], [x]) for e in ENGINES]
        found = [[value, *gradient] for value, gradient in results]
        assert all_same(*found)
        w.grad = u.grad = 0.0
        try:
            z = f(Value(x), w, u)
        except (ArithmeticError, ValueError):
            continue
        z.backward()
        assert all_same(found[0], [z.data, w.grad, u.grad])
    assert all_same(*[list(tape.using(e).forward(LANES)) for e in ENGINES])


def test_a_users_row_with_a_formula_runs_and_groups(own_rows) -> None:
    for f in own_rows_with_formulas().values():
        assert_own_row(f)
    cube = OPERATIONS["cube"]
    tape = trace(lambda x, y: cube(x) + cube(y), 1.0, 2.0)
    assert "2 cube" in str(tape.groups).splitlines() or "2 cube" in repr(tape.groups)


OPAQUE = {
    "forward": (lambda x: math.exp(float(x)), lambda x, z: z),
    "partial": (lambda x: x * x, lambda x, z: 2.0 * float(x)),
    "both": (lambda x: math.sin(x) if x > 0 else -1.0, lambda x, z: math.cos(x) if x > 0 else 0.0),
}


@pytest.mark.parametrize("rules", OPAQUE.values(), ids=OPAQUE)
def test_an_opaque_row_runs_lane_by_lane_with_one_warning(own_rows, rules) -> None:
    row = Operation("opaque_row", *rules)
    with pytest.warns(UserWarning, match=r"^opaque_row: .* lane by lane") as told:
        trace(lambda x: row(x) + row(x * x), 0.4)
    assert len(told) == 1
    with pytest.warns(UserWarning, match="opaque_row"):
        assert_own_row(lambda x, w, u: row(w * x) + row(u * x) * row(w))


def test_an_opaque_row_of_any_length_runs_too(own_rows) -> None:
    largest = NaryOperation(
        "largest", lambda xs: float(max(xs)), lambda xs, z: [1.0 if x == z else 0.0 for x in xs]
    )
    with pytest.warns(UserWarning, match="largest"):
        assert_own_row(lambda x, w, u: largest([w, x, u]) * u)
