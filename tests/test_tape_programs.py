"""Random programs on a tape: shared nodes, parameters and lanes mixed, every size of a batch.

Engines agree with the truth at 50 digits where a batch is one example, and with eager Values, lane
by lane, elsewhere.  The check is tested by planted faults.
"""

import re
from collections.abc import Callable, Sequence
from math import inf
from random import Random
from typing import Any, NamedTuple

import pytest
from engines import ENGINES
from programs import CALLS, NAMES, Program, Truth, draw_program, run

from autograd import (
    OPERATIONS,
    Tape,
    Value,
    lookup,
    maximum,
    mean,
    sigmoid,
    sumprod,
    tanh,
    total,
    trace,
    where,
)
from autograd.tape.engines import arrays, plain


class Case(NamedTuple):
    """A function of lanes and parameters, an example, and its tape."""

    f: Callable[..., Any]
    example: list[float]
    parameters: list[Value]
    program: Program


def draw_case(rng: Random, *, beside: bool = True) -> Case:
    """A program of which some variables are lanes; `beside` it things that tapes treat apart."""
    program = draw_program(rng)
    in_lanes = [rng.random() < 0.5 for _ in program.variables]
    parameters = [
        Value(x, f"p{i}") for i, x in enumerate(program.variables) if not in_lanes[i]
    ]  # fmt: skip
    more = rng.sample(sorted(BESIDE), rng.randint(0, 3)) if beside else []

    def f(*xs: Any, calls: Any = CALLS) -> Any:
        lanes, uniform = iter(xs), iter(parameters)
        variables = [next(lanes if lane else uniform) for lane in in_lanes]
        z = run(program, variables, calls)
        for name in more:
            z = z + BESIDE[name](list(xs), parameters)
        return z

    example = [x for x, lane in zip(program.variables, in_lanes) if lane]
    return Case(f, example, parameters, program)


# what a tape lies out in a way of its own, on lanes xs and parameters ps, of which none may be
BESIDE: dict[str, Callable[[list[Any], list[Any]], Any]] = {
    "penalty": lambda xs, ps: 0.01 * total([p * p for p in ps]),
    "matrix": lambda xs, ps: total([sigmoid(sumprod([p] * len(xs), xs, p)) for p in ps]) + 0.0,
    "twice in a matrix": lambda xs, ps: total(
        [tanh(sumprod(ps, [x] * len(ps), x)) for x in xs for _ in range(2)]
    ),
    "other way round": lambda xs, ps: total([tanh(sumprod(xs, [p] * len(xs))) for p in ps]) + 0.0,
    "long": lambda xs, ps: mean([*xs, *ps, *xs, *ps, *xs, *ps, 1.0]),
    "chosen": lambda xs, ps: total([where(x > 0.3, p, -x) for x in xs for p in ps]),
    "looked up": lambda xs, ps: total([lookup([p, x, 2.0], 1) for x in xs for p in ps]),
    "largest": lambda xs, ps: maximum(0.0, *xs, *ps),
}


def lanes_of(case: Case, size: int, rng: Random) -> list[list[float]]:
    """A batch whose first example is the one that was traced."""
    return [[x, *[x + rng.gauss(0, 0.3) for _ in range(size - 1)]] for x in case.example]


def eager(
    case: Case, batch: Sequence[Sequence[float]], weights: Sequence[float], **named: Any
) -> Any:
    """Values, weighted mean, its gradient and the size of its terms; None where undefined."""
    whole, values = sum(weights), []
    gradient, sizes = [0.0] * len(case.parameters), [0.0] * len(case.parameters)
    for i, weight in enumerate(weights):
        for p in case.parameters:
            p.grad = 0.0
        try:
            z = case.f(*[Value(column[i]) for column in batch], **named)
        except (ArithmeticError, ValueError):
            return None
        z.backward()
        values.append(z.data)
        for k, p in enumerate(case.parameters):
            gradient[k] += weight / whole * p.grad
            sizes[k] += abs(weight / whole * p.grad)
    return values, sum(w / whole * z for w, z in zip(weights, values)), gradient, sizes


def close(x: float, y: float, size: float = 0.0) -> bool:
    """Equal but for roundings, which may have cancelled before: 1e-14 is where they end."""
    return x == y or (x != x and y != y) or abs(x - y) <= 1e-9 * max(abs(x), abs(y), size, 1e-5)


def wrong(case: Case, rng: Random, size: int, engines: Sequence[str] = ENGINES) -> list[str]:
    """What an engine has other than eager Values, or the first engine where these have nothing."""
    tape = trace(case.f, *case.example, parameters=case.parameters)
    size = size if case.example else 1
    batch = lanes_of(case, size, rng)
    weights = [rng.uniform(0.1, 1.0) for _ in range(size)] if rng.random() < 0.5 else None
    expected = eager(case, batch, weights or [1.0] * size)
    theta = [p.data for p in case.parameters]
    found = []
    for engine in engines:
        other = tape.using(engine)  # type: ignore[arg-type]  # one of ENGINES
        values = list(other.forward(*batch, theta=theta))
        mean, gradient = other.value_and_grad(theta, *batch, weights=weights)
        if expected is None:
            expected = values, mean, list(gradient), [0.0] * len(theta)
        result = [*values, mean, *gradient]
        right = [*expected[0], expected[1], *expected[2]]
        sizes = [0.0] * len(values) + [max(map(abs, expected[0])), *expected[3]]
        if not all(map(close, result, right, sizes)) and not all(
            close(x, y, z) or spread == inf or abs(x - y) <= spread
            for x, y, z, spread in zip(
                result, right, sizes, spreads(case, batch, weights or [1.0] * size), strict=True
            )
        ):
            found.append(f"{engine}, {size} lanes: {mean} {list(gradient)}, not {expected[1:3]}")
    return [f"{case.program}\n{text}" for text in found]


def spreads(case: Case, batch: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """How far values, mean and gradient may lie apart: what roundings on the way make of them.

    Where eager Values have nothing in some lane, each of the others is asked by itself, and mean
    and gradient are to agree as they are.
    """
    rng = Random(0)

    def shaken(name: str) -> Any:
        row = CALLS.get(name, OPERATIONS[name])
        return lambda *xs: row(*xs) * rng.choice([1 + 2**-52, 1 - 2**-53])

    def of(batch: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float] | None:
        """None where there is nothing; infinity where roundings decide whether there is."""
        runs = [eager(case, batch, weights)]
        runs += [eager(case, batch, weights, calls={n: shaken(n) for n in NAMES}) for _ in range(6)]
        if runs[0] is None and not any(runs):
            return None
        if not all(runs):
            return [inf] * (len(weights) + 1 + len(case.parameters))
        columns = zip(*[[*z, mean, *gradient] for z, mean, gradient, _ in runs])
        return [16 * max([abs(x - first) for x in others]) for first, *others in columns]

    if eager(case, batch, weights) is not None:
        return of(batch, weights) or []
    lanes = [of([[column[i]] for column in batch], [1.0]) or [0.0] for i in range(len(weights))]
    return [lane[0] for lane in lanes] + [0.0] * (1 + len(case.parameters))


def small_blocks(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    monkeypatch.setattr(arrays, "BLOCK", 1)
    monkeypatch.setattr(arrays, "FEWEST", lanes)


def test_random_programs_agree_with_eager_values(monkeypatch) -> None:
    small_blocks(monkeypatch, 4)
    rng = Random(1)
    for _ in range(40):
        assert not wrong(draw_case(rng), rng, rng.choice([1, 2, 3, 4, 5, 8, 9]))


def test_gradients_of_one_example_are_true_at_50_digits() -> None:
    rng, count = Random(2), 0
    for _ in range(40):
        count += assert_true(draw_case(rng, beside=False), rng)
    assert count >= 40


def assert_true(case: Case, rng: Random) -> int:
    """Both engines within the bound of the truth; how many gradients that were."""
    truth = Truth(case.program, rng)
    tape = trace(case.f, *case.example, parameters=case.parameters)
    places = {p.label: k for k, p in enumerate(case.parameters)}
    theta = [p.data for p in case.parameters]
    for engine in ENGINES:
        _, gradient = tape.using(engine).value_and_grad(theta, *[[x] for x in case.example])
        all_gradients = list(truth.gradients)  # those of lanes are not asked
        for i in range(len(all_gradients)):
            if f"p{i}" in places:
                all_gradients[i] = float(gradient[places[f"p{i}"]])
        assert not truth.wrong(all_gradients), (engine, str(case.program))
    return len(theta)


@pytest.mark.slow
def test_20_000_random_programs_agree(monkeypatch, capsys) -> None:
    rng, found, true = Random(2026), [], 0
    for percent in range(1, 101):
        small_blocks(monkeypatch, rng.choice([4, 7, 64]))
        for _ in range(190):
            found += wrong(draw_case(rng), rng, rng.choice([1, 2, 3, 6, 7, 8, 13, 14, 15, 20, 65]))
        for _ in range(10):
            true += assert_true(draw_case(rng, beside=False), rng)
        with capsys.disabled():
            print(f"\r20,000 programs on tapes: {percent} %", end="", flush=True)
    with capsys.disabled():
        print(f"\n{len(found)} wrong; {true:,} gradients true at 50 digits")
    assert not found, "\n\n".join(found[:5])


# ---- sizes ---------------------------------------------------------------------------------------

w, b = Value(0.7, "w"), Value(-0.2, "b")


def neuron(x: Any, y: Any) -> Any:
    return (sumprod([w, w], [x, y], b).tanh() * w - y) ** 2 + 0.1 * w * w


def closed(x: float, y: float) -> tuple[float, list[float]]:
    w.grad = b.grad = 0.0
    z = neuron(Value(x), Value(y))
    z.backward()
    return z.data, [w.grad, b.grad]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_of_any_size_is_the_mean_of_its_examples(engine, monkeypatch) -> None:
    small_blocks(monkeypatch, 64)
    tape = trace(neuron, 1.0, 0.5, parameters=[w, b]).using(engine)
    rng, xs, ys, results = Random(3), [], [], []
    for size in range(1, 258):
        xs.append(rng.gauss(0, 1))
        ys.append(rng.gauss(0, 1))
        results.append(closed(xs[-1], ys[-1]))
        value, gradient = tape.value_and_grad([w.data, b.data], xs, ys)
        assert value == pytest.approx(sum(z for z, _ in results) / size, rel=1e-13)
        for k in range(2):
            expected = sum(g[k] for _, g in results) / size
            assert gradient[k] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_a_lane_that_is_not_there_enters_no_sum(engine, odd, monkeypatch) -> None:
    small_blocks(monkeypatch, 4)
    tape = trace(neuron, 1.0, 0.5, parameters=[w, b]).using(engine)
    theta = [w.data, b.data]
    for size in (1, 3, 4, 5, 7, 9):
        fresh = tape.using(engine).value_and_grad(theta, [0.3] * size, [0.1] * size)
        tape.value_and_grad(theta, [odd] * 12, [odd] * 12)  # what memory then holds
        after = tape.value_and_grad(theta, [0.3] * size, [0.1] * size)
        assert (fresh[0], list(fresh[1])) == (after[0], list(after[1]))


# ---- planted faults ------------------------------------------------------------------------------


def replaced(pattern: str, by: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text)


FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "blocks of lanes forget those before": (
        "numpy", replaced(r"np\.add\((\w+), (np\..*\)), out=\1\)", r"\1[...] = \2"),
    ),
    "a matrix upside down": (
        "numpy", replaced(r"np\.matmul\((\w+), (\w+), out", r"np.matmul(\1[::-1], \2, out"),
    ),
    "swapped operands": (
        "numpy", replaced(r"np\.subtract\(([\w.]+), ([\w.]+), out", r"np.subtract(\2, \1, out"),
    ),
    "no start": ("numpy", replaced(r" +np\.add\((a\d+), (a\d+), out=\1\)\n", "")),
    "a sum that loses what it had": ("python", replaced(r"(s\d+) \+= ", r"\1 = ")),
    "a sum over one lane too few": (
        "python", replaced(r"zip\(lanes, ", "zip(lanes[1:] or lanes, "),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, monkeypatch) -> None:
    engine, change = FAULTS[fault]
    module: Any = arrays if engine == "numpy" else plain
    written, rng = module.Source._function, Random(5)
    changed: list[bool] = []

    def function(self: Any, *given: Any) -> str:
        text = written(self, *given)
        changed.append(change(text) != text)
        return change(text)

    small_blocks(monkeypatch, 4)
    cases = [draw_case(rng) for _ in range(40)]
    monkeypatch.setattr(module.Source, "_function", function)
    found = shown = 0
    for case in cases:
        changed.clear()
        result = wrong(case, rng, 9, [engine])
        if any(changed):
            shown += 1
            found += bool(result)
    assert found >= 4, (found, shown)  # a sum of rows is the same upside down


def test_a_parameter_that_stands_twice_gets_both_gradients() -> None:
    tape: Tape = trace(lambda x, y: w * x + w * y + sumprod([w, w], [x, y]), 1.0, 2.0)
    for engine in ENGINES:
        _, gradient = tape.using(engine).value_and_grad([0.7], [1.0, 3.0], [2.0, 5.0])
        assert list(gradient) == [11.0]
