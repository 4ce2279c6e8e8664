"""A tape as C: it compiles without a warning, and computes what the engines compute."""

import re
from math import inf, isnan, nan
from pathlib import Path
from random import Random
from typing import Any

import pytest
from compiler import CFunction, Library
from programs import Truth
from test_tape_programs import Case, close, draw_case, eager
from test_tape_rows import OPAQUE, START, TABLE, all_same, arities, call_of, points, same

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    Tape,
    Value,
    lookup,
    maximum,
    relu,
    sumprod,
    tanh,
    total,
    trace,
    where,
)
from autograd.tape.exports import c99
from benchmarks.workers.transformer import LENGTH, Transformer
from nn import MLP

w, b = Value(2.0, "w"), Value(-1.0, "b")


def neuron(x: Any, y: Any) -> Any:
    return (tanh(w * x + b) - y) ** 2


def compiled(tape: Tape, folder: Path, name: str = "f", *flags: str) -> CFunction:
    return Library([tape.to_c(name)], folder, *flags).function(name, len(tape.parameters))


def python(tape: Tape, theta: Any, x: Any) -> tuple[float, list[float]]:
    """What generated Python has for one example of numbers."""
    value, gradient = tape.using("python").value_and_grad(theta, *[[number] for number in x])
    return value, list(gradient)


# ---- the text ------------------------------------------------------------------------------------


def test_a_neuron_reads_as_its_derivation() -> None:
    text = trace(neuron, 0.5, 1.0).to_c("loss")
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("const double v4 = theta[0] * x[0];")
    assert lines[start : start + 14] == [
        "const double v4 = theta[0] * x[0];",
        "const double v5 = v4 + theta[1];",
        "const double v6 = tanh(v5);",
        "const double v7 = v6 - x[1];",
        "const double v9 = v7 * v7;",
        "if (!gradient) {",
        "return v9;",
        "}",
        "",
        "/* the gradient, from the result back */",
        "const double v11 = 2.0 * v7;",
        "const double v12 = (1.0 - v6 * v6) * v11;",
        "gradient[0] = x[0] * v12;  /* w */",
        "gradient[1] = v12;  /* b */",
    ]


def test_the_file_that_the_page_shows_is_what_is_written() -> None:
    def loss(x: Any, y: Any) -> Any:
        return neuron(x, y)

    page = Path(__file__).parent.parent / "docs" / "exports.md"
    _, _, rest = page.read_text(encoding="utf-8").partition("<!-- to_c -->\n```c\n")
    shown, _, _ = rest.partition("```")
    assert shown == trace(loss, 0.5, 1.0).to_c("loss")


def test_numbers_stand_in_the_fewest_digits_that_give_them_back(tmp_path) -> None:
    numbers = [0.1, 1 / 3, 1e-170, 1e300, 5e-324, -0.0, 2.0**53 + 2]
    tape = trace(lambda x: total([w * n + x for n in numbers]) + w * inf + w * nan, 1.0)
    text = tape.to_c()
    assert all(f" {n!r}" in text for n in numbers[:-2])
    assert "INFINITY" in text
    assert "NAN" in text
    assert isnan(compiled(tape, tmp_path)([2.0], [1.0])[0])


def test_a_frozen_leaf_is_a_number_with_its_label(tmp_path) -> None:
    frozen = Value(0.25, "rate")
    tape = trace(lambda x: frozen * w * x, 1.0, parameters=[w])
    assert "const double c0 = 0.25;  /* rate */" in tape.to_c()
    assert compiled(tape, tmp_path)([2.0], [3.0]) == (1.5, [0.75])


STEERS = ["*/ int main", "/* a", "??/", "a\nb\\", "\x1b[31m", "é λ \ud800", "theta[0] x[1]"]


def test_no_label_ends_a_comment(tmp_path) -> None:
    named = [Value(1.0, label) for label in STEERS]

    def f(x: Any) -> Any:
        z = total(named) * 2.0
        z.label = "*/ z \\"
        return z

    f.__name__ = "*/ name"
    tape = trace(f, 1.0)
    assert compiled(tape, tmp_path)([1.0] * len(named), [0.0]) == (14.0, [2.0] * len(named))


@pytest.mark.parametrize("name", ["exp", "int", "printf", "erff", "cexp", "y1", "NAN", "main"])
def test_a_name_that_c_has_is_refused_with_another(name: str) -> None:
    with pytest.raises(ValueError, match=rf"C has a {name} already.* to_c\(name='my_{name}'\)"):
        trace(neuron, 0.5, 1.0).to_c(name)


@pytest.mark.parametrize("name", ["theta", "x", "gradient", "v12", "c0", "t1"])
def test_a_name_of_the_text_itself_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="what the text calls something else"):
        trace(neuron, 0.5, 1.0).to_c(name)


@pytest.mark.parametrize("name", ["", "2f", "a-b", "f()", "_f", "größe", "f\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="made of letters, digits and _"):
        trace(neuron, 0.5, 1.0).to_c(name)


def test_several_results_have_no_gradient() -> None:
    with pytest.raises(TypeError, match="gives 2 numbers, and a gradient is of one"):
        trace(lambda x: [w * x, x + w], 1.0).to_c()


@pytest.mark.filterwarnings("ignore:opaque_row")
@pytest.mark.parametrize("rules", OPAQUE.values(), ids=OPAQUE)
def test_an_opaque_row_is_named(own_rows, rules) -> None:
    row = Operation("opaque_row", *rules)
    with pytest.raises(
        TypeError, match="opaque_row: an arbitrary Python function has no formula, which C"
    ):
        trace(lambda x: row(w * x), 0.4).to_c()


# ---- what it computes ----------------------------------------------------------------------------


def test_what_is_not_there_is_left_out(tmp_path) -> None:
    tapes = {
        "nothing_given": trace(lambda: w * w),
        "no_parameter": trace(lambda x: x * x, 1.0, parameters=[]),
        "a_parameter": trace(lambda x: w, 1.0),
        "not_reached": trace(lambda x: x + b, 1.0, parameters=[w, b]),
        "unused_item": trace(lambda x: lookup([tanh(x), x, 3.0 * x], 1) * w, 1.0),
        "a_constant": trace(lambda x: w * 0.0 + b, 1.0, parameters=[b, w]),
    }
    library = Library([tape.to_c(name) for name, tape in tapes.items()], tmp_path)
    for name, tape in tapes.items():
        theta, x = [p.data for p in tape.parameters], [3.0] * len(tape.inputs)
        assert library.function(name, len(theta))(theta, x) == python(tape, theta, x)
    assert "tanh" not in tapes["unused_item"].to_c()


def tapes_of_rows(longest: int = 3) -> dict[str, tuple[str, list[Tape]]]:
    """For each row and number of operands its name, a tape of parameters, and one of lanes."""
    found = {}
    for k, name in enumerate(TABLE):
        row = OPERATIONS[name]
        counts = range(2, longest + 1) if isinstance(row, NaryOperation) else arities(name, 1)
        for count in counts:
            found[f"row_{k}_{count}"] = name, tapes_of(name, count)
    return found


def tapes_of(name: str, count: int) -> list[Tape]:
    call, start = call_of(name), [START.get(name, 0.75)] * count
    if name == "lookup":
        start[-1] = 0.0
    variables, shifts = [Value(x) for x in start], [Value(0.0) for _ in start]
    return [
        trace(lambda: call(*variables), parameters=variables),
        trace(lambda *xs: call(*[x + s for x, s in zip(xs, shifts)]), *start, parameters=shifts),
    ]


def test_a_row_is_in_c_what_it_is_on_a_tape_at_every_edge(tmp_path) -> None:
    tapes, rng = tapes_of_rows(), Random(7)
    texts = [
        tape.to_c(f"{key}_{kind}")
        for key, (_, pair) in tapes.items()
        for kind, tape in zip("pl", pair)
    ]
    library, wrong = Library(texts, tmp_path), []
    for key, (name, (of_parameters, of_lanes)) in tapes.items():
        count = len(of_parameters.parameters)
        in_parameters = library.function(f"{key}_p", count)
        in_lanes = library.function(f"{key}_l", count)
        terms = OPERATIONS[name].terms
        for xs in points(name, count, rng, 18):
            zeros = [0.0] * count
            for tape, found, given in (
                (of_parameters, in_parameters(xs, []), (xs, [])),
                (of_lanes, in_lanes(zeros, xs), (zeros, xs)),
            ):
                value, gradient = python(tape, *given)
                size = sum(map(abs, terms(xs))) if terms else 0.0
                if not (same(found[0], value, size) and all_same(found[1], gradient)):
                    wrong.append((name, xs, found, value, gradient))
    assert not wrong


def disagreements(cases: list[Case], folder: Path) -> list[str]:
    """Random programs that C computes otherwise than Values."""
    tapes = [trace(case.f, *case.example, parameters=case.parameters) for case in cases]
    library = Library([tape.to_c(f"program_{k}") for k, tape in enumerate(tapes)], folder)
    wrong = []
    for k, (case, tape) in enumerate(zip(cases, tapes)):
        theta = [p.data for p in case.parameters]
        value, gradient = library.function(f"program_{k}", len(theta))(theta, case.example)
        expected = eager(case, [[x] for x in case.example], [1.0])
        if expected is None:
            mean, of_tape = python(tape, theta, case.example)
            expected = [mean], mean, of_tape, [0.0] * len(theta)
        if not (
            close(value, expected[1], abs(expected[1]))
            and all(map(close, gradient, expected[2], expected[3]))
        ):
            wrong.append(f"{case.program}\n{value} {gradient}, not {expected[1:3]}")
    return wrong


def test_random_programs_agree_with_eager_values(tmp_path) -> None:
    rng = Random(11)
    assert not disagreements([draw_case(rng) for _ in range(30)], tmp_path)


@pytest.mark.slow
def test_300_random_programs_are_true_at_50_digits(tmp_path) -> None:
    rng = Random(12)
    assert not disagreements([draw_case(rng) for _ in range(300)], tmp_path)
    cases = [draw_case(rng, beside=False) for _ in range(300)]
    tapes = [trace(case.f, *case.example, parameters=case.parameters) for case in cases]
    library = Library([tape.to_c(f"program_{k}") for k, tape in enumerate(tapes)], tmp_path)
    count = 0
    for k, case in enumerate(cases):
        truth, theta = Truth(case.program, rng), [p.data for p in case.parameters]
        _, gradient = library.function(f"program_{k}", len(theta))(theta, case.example)
        found, of = list(truth.gradients), dict(zip([p.label for p in case.parameters], gradient))
        for i in range(len(found)):
            found[i] = of.get(f"p{i}", found[i])
        assert not truth.wrong(found), str(case.program)
        count += len(theta)
    assert count >= 300


FAULTS = {
    "another routine": (r"\bsin\(", "cos("),
    "swapped operands": (r"(v\d+) - (v\d+)", r"\2 - \1"),
    "a comparison turned": (" > ", " <= "),
    "a sum without its end": (r" \+ [^+;()]+;\n", ";\n"),
    "no minus": (r"-(v\d+)", r"\1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, tmp_path, monkeypatch) -> None:
    pattern, by = FAULTS[fault]
    written = c99.File.text
    monkeypatch.setattr(
        c99.File, "text", lambda self, *given: re.sub(pattern, by, written(self, *given))
    )
    monkeypatch.setattr("compiler.STRICT", ["-std=c99"])
    rng = Random(13)
    assert disagreements([draw_case(rng) for _ in range(15)], tmp_path)


def demo(sizes: list[int]) -> Tape:
    """The loss of a network on one example, with the penalty on its weights."""
    model = MLP(2, sizes, rng=Random(1))

    def loss(x: Any, y: Any) -> Any:
        penalty = 1e-4 * total([p * p for p in model.parameters()])
        return relu(1.0 - y * model(x)) + penalty

    return trace(loss, [0.5, -1.0], 1.0, parameters=model.parameters())


def test_the_demos_network_is_one_function_and_a_longer_one_has_parts(tmp_path) -> None:
    tapes = {"demo": demo([16, 16, 1]), "parts": demo([32, 32, 1])}
    texts = {name: tape.to_c(name) for name, tape in tapes.items()}
    assert "demo_gradient_1" not in texts["demo"]
    assert "static void parts_gradient_2(" in texts["parts"]
    library = Library(texts.values(), tmp_path, "-O0")
    for name, tape in tapes.items():
        theta = [p.data for p in tape.parameters]
        found = library.function(name, len(theta))(theta, [0.3, -0.7, -1.0])
        value, gradient = tape.using("python").value_and_grad(theta, [[0.3, -0.7]], [-1.0])
        assert found[0] == pytest.approx(value, rel=1e-14)
        assert found[1] == pytest.approx(gradient, rel=1e-12, abs=1e-15)


@pytest.mark.slow
def test_a_transformer_of_thousands_of_operations_agrees(tmp_path) -> None:
    model, letters = Transformer(Random(3)), [1, 5, 9, 2, 26, 0, 7, 3, 4][: LENGTH + 1]
    tape = trace(model.loss, letters, parameters=model.parameters())
    theta = [p.data for p in tape.parameters]
    value, gradient = compiled(tape, tmp_path, "f", "-O0")(theta, letters)
    expected = tape.value_and_grad(theta, [letters])
    assert value == pytest.approx(expected[0], rel=1e-13)
    assert gradient == pytest.approx(list(expected[1]), rel=1e-9, abs=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("row", ["maximum", "logsumexp", "norm", "lookup", "sumprod"])
def test_a_row_of_200_operands_compiles(row: str, tmp_path) -> None:
    rng = Random(5)
    values = [Value(rng.gauss(0.0, 1.0)) for _ in range(200)]
    tape = trace(lambda i: call_of(row)(*values, i), 3.0, parameters=values)
    theta = [p.data for p in values]
    found, expected = compiled(tape, tmp_path)(theta, [3.0]), python(tape, theta, [3.0])
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert found[1] == pytest.approx(expected[1], rel=1e-9, abs=1e-13)


def test_a_condition_may_be_any_number(tmp_path) -> None:
    tape = trace(lambda x, y: where((x > y) | ((x < 0.0) & (y != y)), w, x * w) + (x > y), 1.0, 2.0)
    run = compiled(tape, tmp_path)
    for x, y in [(1.0, 2.0), (2.0, 1.0), (-1.0, nan), (nan, 0.0), (-2.0, -2.0)]:
        found, expected = run([2.0], [x, y]), python(tape, [2.0], [x, y])
        assert all_same([found[0], *found[1]], [expected[0], *expected[1]])
    chosen = trace(lambda x: where(x, w, maximum(x, 3.0, b)), 1.0, parameters=[w, b])
    run = compiled(chosen, tmp_path, "g")
    for x in (0.0, -0.0, nan, 0.5):
        assert all_same(run([2.0, 5.0], [x])[1], python(chosen, [2.0, 5.0], [x])[1])


def test_users_rows_are_functions_by_names_that_c_has(own_rows, tmp_path) -> None:
    cube = Operation("größe", lambda x: x * x * x + abs(x) * (x * x), lambda x, z: 3.0 * x * x)
    odd = Operation(
        "register", lambda register, exp: register * exp + abs(register * exp),
        lambda register, exp, z: where(z > 0.0, 2.0 * exp, 0.0),
        lambda register, exp, z: where(z > 0.0, 2.0 * register, 0.0),
    )  # fmt: skip
    tape = trace(lambda x: cube(w * x) + odd(w, x) + odd(x, w), 1.0)
    assert compiled(tape, tmp_path)([2.0], [3.0]) == python(tape, [2.0], [3.0])


def test_a_long_sum_is_added_up_in_several_statements(tmp_path) -> None:
    values = [Value(float(k)) for k in range(200)]
    tape = trace(lambda x: total(values) * x + w, 1.0)
    assert re.search(r"\n    v\d+ \+= ", tape.to_c())
    theta = [p.data for p in tape.parameters]
    assert compiled(tape, tmp_path)(theta, [2.0]) == (19900.0 * 2.0 + 2.0, [2.0] * 200 + [1.0])


def test_sums_of_one_example_are_not_shared_out(tmp_path) -> None:
    tape = trace(lambda x: sumprod([w, w, b], [x, w, x], w) ** 2, 1.0, parameters=[w, b])
    assert compiled(tape, tmp_path)([2.0, 3.0], [5.0]) == (961.0, [62.0 * 10.0, 62.0 * 5.0])
