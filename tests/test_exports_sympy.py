"""A tape as expressions of sympy: they read well, and sympy's own derivative says the same."""

import contextlib
import io
import re
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from test_tape_programs import Case, close, draw_case
from test_tape_rows import OPAQUE, TABLE, arities, call_of

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    Tape,
    Value,
    gelu,
    lookup,
    maximum,
    mean,
    relu,
    sigmoid,
    sqrt,
    tanh,
    total,
    trace,
    where,
)
from nn import MLP

sympy = pytest.importorskip("sympy", reason='needs pip install -e ".[peers]"')
symbolic = pytest.importorskip("autograd.tape.exports.symbolic")
pytestmark = pytest.mark.peers

w, b = Value(2.0, "w"), Value(-1.0, "b")
W, B, X, Y = sympy.symbols("w b x y", real=True)


def formulas(f: Any, *example: float, simplify: bool = False) -> tuple[Any, list[Any]]:
    return trace(f, *example, parameters=[w, b]).to_sympy(simplify)


# ---- how it reads --------------------------------------------------------------------------------


def test_a_neuron_is_its_formula_and_so_is_its_gradient() -> None:
    value, gradient = formulas(lambda x: tanh(w * x + b), 0.5)
    assert value == sympy.tanh(W * X + B)
    assert gradient == [X * (1 - value**2), 1 - value**2]


def test_simplified_it_is_what_sympy_finds() -> None:
    value, gradient = formulas(lambda x, y: (tanh(w * x + b) - y) ** 2, 0.5, 1.0, simplify=True)
    assert value == (Y - sympy.tanh(W * X + B)) ** 2
    for found, p in zip(gradient, (W, B)):
        assert sympy.simplify(found - sympy.diff(value, p)) == 0
    assert formulas(lambda x: w * x - x * w + b, 1.0, simplify=True) == (B, [0, 1])


def test_a_row_that_sympy_has_not_keeps_its_name() -> None:
    value, gradient = formulas(lambda x: sigmoid(w * x + b), 0.5)
    assert str(value) == "sigmoid(b + w*x)"
    assert gradient[1] == value * (1 - value)
    assert sympy.diff(value, B) == gradient[1]
    assert sympy.latex(value) == r"\sigma\left(b + w x\right)"
    assert value.subs({W: 1, X: 1, B: 1}).evalf() == pytest.approx(sigmoid(2.0), rel=1e-15)
    assert not value.doit().has(type(value))


def test_numbers_are_written_as_one_writes_them() -> None:
    value, _ = formulas(lambda x: 2.0 * w + 0.5 * b + 0.1 * x + 1e-3 + w**2.0, 1.0)
    assert value == 2 * W + B / 2 + 0.1 * X + 0.001 + W**2
    assert formulas(lambda x: gelu(w) + x, 1.0)[0].has(sympy.sqrt(2))
    assert formulas(lambda x: w**0.5 + sqrt(w) * x, 1.0)[0] == sympy.sqrt(W) + X * sympy.sqrt(W)


def test_a_derivative_that_is_infinite_at_a_point_is_the_formula_beside_it() -> None:
    assert formulas(lambda x: sqrt(w) + x / b, 1.0)[1] == [1 / (2 * sympy.sqrt(W)), -X / B**2]


def test_choices_are_piecewise_and_largest_is_max() -> None:
    value, gradient = formulas(lambda x: where((w > x) & (b < 0.0), w * w, x), 1.0)
    condition = (W > X) & (B < 0)
    assert value == sympy.Piecewise((W**2, condition), (X, True))
    assert gradient[0].subs({W: 3, X: 1, B: -1}) == 6
    assert gradient[0].subs({W: 3, X: 1, B: 1}) == 0
    value, gradient = formulas(lambda x: maximum(w, b) + abs(w) * x, 1.0)
    assert value == sympy.Max(W, B) + X * sympy.Abs(W)
    assert [g.subs({W: 3, B: 3, X: 2}) for g in gradient] == [
        sympy.Rational(5, 2),
        sympy.Rational(1, 2),
    ]
    value, _ = formulas(lambda x: lookup([w, b, w * b], x), 1)
    assert [value.doit().subs({W: 5, B: 7, X: i}) for i in range(3)] == [5, 7, 35]
    assert formulas(lambda x: lookup([w, b, x], 1) * x, 1.0)[0] == B * X


def test_a_choice_by_what_was_chosen_keeps_its_name_and_is_computed() -> None:
    def f(x: Any) -> Any:
        inner = where(w > x, w, where(b > x, x, b))
        return where(where(inner > 1.0, w, b) > x, 1.0, 0.0) * where(x > where(w > b, w, b), w, b)

    tape = trace(f, 1.0, parameters=[w, b])
    for theta in ([2.0, -1.0], [0.5, 3.0], [-1.0, 0.25]):
        for x in (-2.0, 0.3, 1.0, 2.5):
            assert numbers(tape, theta, [x]) == engine(tape, theta, [x])


def test_a_condition_times_1_is_not_the_number_1() -> None:
    for f, expected in ((lambda x: where(x > w, b, w), 0), (lambda x: where(1.0, b, w), 0)):
        _, gradient = formulas(f, 3.0)
        assert gradient[0].subs({X: 5, W: 2, B: 1}) == expected
        assert gradient[1].subs({X: 5, W: 2, B: 1}) == 1


def test_symbols_have_the_names_of_the_graph_and_none_twice() -> None:
    parameters = [Value(1.0, label) for label in ["a", "a", "", "x", "x[0]", "two\nlines"]]
    tape = trace(lambda x: total(parameters) * x[0], [1.0], parameters=parameters)
    value, gradient = tape.to_sympy()
    assert {str(s) for s in value.free_symbols} == {
        "x[0]", "p0", "p1", "p2", "x", "p4", "two lines",
    }  # fmt: skip
    assert [str(g) for g in gradient] == ["x[0]"] * 6
    assert all(s.is_real for s in value.free_symbols)


def test_a_frozen_leaf_is_a_number_and_what_is_not_reached_has_0() -> None:
    frozen = Value(0.25, "rate")
    assert formulas(lambda x: frozen * x * w, 1.0) == (W * X / 4, [X / 4, 0])


def test_what_the_page_prints_is_what_comes_out() -> None:
    page = Path(__file__).parent.parent.joinpath("docs", "exports.md").read_text(encoding="utf-8")
    section = page.partition("\n## SymPy\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```py\n(.*?)```", section, re.S)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(block, "<docs/exports.md>", "exec"), {"__name__": "page"})
    assert printed.getvalue().splitlines() == re.findall(r"^print.*  # (.*)$", block, re.M)


# ---- what it says --------------------------------------------------------------------------------


def numbers(tape: Tape, theta: Any, x: Any, *, by_sympy: bool = False) -> list[float]:
    """The value and gradient of the expressions at a point, the latter also as sympy has it."""
    value, gradient = tape.to_sympy()
    taken: set[str] = set()
    names = symbolic.names_of(tape.inputs, "x", taken)
    names += symbolic.names_of([p.label for p in tape.parameters], "p", taken)
    symbols = [sympy.Symbol(name, real=True) for name in names]
    if by_sympy:
        value = value.doit()
        gradient = [sympy.diff(value, p) for p in symbols[len(x) :]]
        gradient = [g.replace(sympy.DiracDelta, lambda x: 0) for g in gradient]  # off its origin
    found = sympy.lambdify(symbols, [value, *gradient], "math", cse=True)
    return [float(z) for z in found(*x, *theta)]


def engine(tape: Tape, theta: Any, x: Any) -> list[float]:
    value, gradient = tape.using("python").value_and_grad(theta, *[[number] for number in x])
    return [value, *gradient]


@pytest.mark.parametrize("name", TABLE)
def test_a_row_and_its_derivatives_are_what_sympy_finds(name: str) -> None:
    row, rng, tried = OPERATIONS[name], Random(3), 0
    for count in (2, 3) if isinstance(row, NaryOperation) else arities(name, 1):
        while tried < 3:
            xs = [rng.gauss(0.0, 1.5) for _ in range(count)]
            if name == "lookup":
                xs[-1] = float(rng.randrange(count - 1))
            if row.domain is not None and not row.domain(*xs):
                continue
            tried += 1
            parameters = [Value(x) for x in xs]
            call = call_of(name)
            tape = trace(lambda: call(*parameters), parameters=parameters)  # noqa: B023  # at once
            expected = engine(tape, xs, [])
            assert numbers(tape, xs, []) == pytest.approx(expected, rel=1e-9, abs=1e-12)
            if name != "lookup":  # an index has no derivative, and Eq none for sympy
                found = numbers(tape, xs, [], by_sympy=True)
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def disagreements(cases: list[Case]) -> list[str]:
    wrong = []
    for case in cases:
        tape = trace(case.f, *case.example, parameters=case.parameters)
        theta = [p.data for p in case.parameters]
        found = numbers(tape, theta, case.example)
        expected = engine(tape, theta, case.example)
        if not all(map(close, found, expected)):
            wrong.append(f"{case.program}\n{found}, not {expected}")
    return wrong


def test_random_programs_agree_with_the_engine() -> None:
    rng = Random(4)
    assert not disagreements([draw_case(rng) for _ in range(25)])


def test_a_planted_fault_is_found(monkeypatch) -> None:
    monkeypatch.setitem(symbolic.ROUTINES, "sub", lambda x, y: x + y)
    rng = Random(5)
    assert disagreements([draw_case(rng) for _ in range(6)])


def test_a_network_is_a_formula_as_long_as_it_can_be_read() -> None:
    model = MLP(2, [3, 1], rng=Random(1), activation="tanh")
    tape = trace(lambda x, y: (model(x) - y) ** 2, [0.5, -1.0], 1.0, parameters=model.parameters())
    theta = [p.data for p in tape.parameters]
    value, gradient = tape.using("python").value_and_grad(theta, [[0.3, -0.7]], [1.0])
    for by_sympy in (False, True):
        found = numbers(tape, theta, [0.3, -0.7, 1.0], by_sympy=by_sympy)
        assert found == pytest.approx([value, *gradient], rel=1e-12)


# ---- refusals ------------------------------------------------------------------------------------


def test_what_would_be_too_long_is_refused_at_once() -> None:
    def f(x: Any) -> Any:
        for _ in range(1000):
            x = relu(x) * w + x
        return x

    with pytest.raises(
        ValueError, match=r"more than 100,000 operations long, and sympy is too slow"
    ):
        trace(f, 1.0).to_sympy()


def test_several_results_have_no_gradient() -> None:
    with pytest.raises(TypeError, match="gives 2 numbers, and a gradient is of one"):
        trace(lambda x: [w * x, mean([x, w])], 1.0).to_sympy()


@pytest.mark.filterwarnings("ignore:opaque_row")
@pytest.mark.parametrize("rules", OPAQUE.values(), ids=OPAQUE)
def test_an_opaque_row_is_named(own_rows, rules) -> None:
    row = Operation("opaque_row", *rules)
    with pytest.raises(
        TypeError, match="opaque_row: an arbitrary Python function has no formula, which SymPy"
    ):
        trace(lambda x: row(w * x), 0.4).to_sympy()


def test_a_users_row_is_a_formula_or_a_name(own_rows) -> None:
    cube = Operation("cube", lambda x: x * x * x, lambda x, z: 3.0 * x * x)
    step = Operation("step", lambda x: where(x > 0.0, x * x, 0.0), lambda x, z: 2.0 * relu(x))
    value, gradient = formulas(lambda x: cube(w) + step(b) * x, 1.0)
    assert str(value) == "w**3 + x*step(b)"
    assert [str(g) for g in gradient] == ["3*w**2", "2*x*relu(b)"]


def test_without_sympy_the_error_names_the_extra(monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "autograd.tape.exports.symbolic", raising=False)
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(
        ImportError, match=r'SymPy is not installed: pip install "chainrule\[sympy\]"'
    ):
        trace(lambda x: w * x, 1.0).to_sympy()
