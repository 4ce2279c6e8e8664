"""The curves of the page without a page: in Node they are the forward pass, and drawn honestly."""

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from programs import draw_program, record
from test_scripts import Scripts

from autograd import (
    Operation,
    Value,
    gradients,
    leaky_relu,
    log,
    relu,
    sigmoid,
    sqrt,
    tanh,
    topological_order,
    where,
)
from autograd.operations import OPERATIONS
from viz.page.explore import explore


@pytest.fixture
def opened(node: Any) -> Callable[..., Scripts]:
    """Runs the scripts of the page of a root."""
    return lambda root, **options: Scripts(node, explore(root, **options))


def line(w: float = 2.0) -> Value:
    """y = w * x + 1 at x = 3."""
    y = Value(w, "w") * Value(3.0, "x") + 1.0
    y.label = "y"
    return y


def of_x(f: Callable[[Value], Value], x: float = 2.0) -> Value:
    """f at a variable x."""
    y = f(Value(x, "x"))
    y.label = "y"
    return y


def step(x: Value) -> Value:
    """0 up to 0, and 1 beyond."""
    found = OPERATIONS.get("own_step") or Operation(
        "own_step", lambda x: where(x > 0, 1.0, 0.0), lambda x, z: 0.0
    )
    return found(x)


def words(script: Scripts) -> dict[str, str]:
    """What is said beside the curve, in plain text."""
    said = "() => Object.entries(slopeWords(viewOfCurve())).map(([name, p]) => [name, plain(p)])"
    return dict(script(said))


# ---- what a curve is -----------------------------------------------------------------------------


def test_a_curve_is_the_forward_pass_with_another_number_for_one_node(opened) -> None:
    script = opened(line())
    at = "(of, over, x) => curveOf({of, over})(x)"
    w, x, product, root = script(
        "['w', 'x', 'v1', 'y'].map((n) => nodes.findIndex((v) => v.name === n))"
    )
    assert script(at, root, w, 5) == 16.0
    assert script(at, root, x, 5) == 11.0
    assert script(at, root, product, 5) == 6.0
    assert script(at, product, w, 5) == 15.0


def test_only_what_depends_on_the_variable_is_computed_anew(opened) -> None:
    x, t = Value(0.5, "x"), Value(0.25, "t")
    script = opened(tanh(x) * x + sigmoid(t))
    moved = script("(over) => dependents({of: root, over}).map((i) => nodes[i].sign)", 0)
    assert moved == ["tanh", "×", "+"]


@pytest.mark.parametrize("seed", range(8))
def test_the_slope_is_the_engines_gradient_and_the_nudge_the_forward_pass(opened, seed) -> None:
    root = record(draw_program(random.Random(seed)))[0]
    script = opened(root)
    order = topological_order(root)
    engine = gradients(root)
    for i in script("variables"):
        view = script("(over) => (lens.chosen = {of: root, over}, viewOfCurve())", i)
        assert view["slope"] == pytest.approx(engine[order[i]], rel=1e-12, abs=1e-300)
        assert view["here"] == pytest.approx([order[i].data, root.data], rel=1e-12)
        moved = script(
            "([i, dx]) => (set([[i, values[i] + dx]]), values[root])", [i, view["nudge"]]
        )
        script("set", [[i, order[i].data]])
        assert view["there"] == pytest.approx(moved, rel=1e-12, nan_ok=True)


def test_the_subject_follows_where_one_stands(opened) -> None:
    x, w = Value(0.7, "x"), Value(-1.3, "w")
    a = w * x
    y = tanh(a)
    a.label, y.label = "a", "y"
    script = opened(y)
    name = "() => [subject()].map((s) => `${nodes[s.of].name} over ${nodes[s.over].name}`)[0]"
    found = []
    for at in range(7):
        script.at(at)
        found.append(script(name))
    #        before     forward a   forward y   back y      back a      back w or x
    assert found[:5] == ["y over w", "y over w", "y over a", "y over a", "y over a"]
    assert sorted(found[5:]) == ["y over w", "y over x"]
    script("Object.assign(lens, {moved: nodes.findIndex((v) => v.name === 'x'), byHand: true})")
    script.at(2)
    assert script(name) == "y over x"
    script("state.pointed = root")
    assert script(name) == "y over a"


def test_a_function_of_one_operand_is_told_by_its_edges_whatever_it_is_called(
    opened, own_rows
) -> None:
    mish = Operation("own_mish", lambda x: x * tanh(x), lambda x, z: tanh(x))
    x = Value(0.5, "x")
    script = opened(mish(x) + leaky_relu(x, 0.1) + x * x)
    signs = script("subjects().operations.map(({of}) => nodes[of].sign)")
    assert signs == ["own_mish", "leaky_relu(·, 0.1)"]


def test_the_curve_of_an_operation_is_steep_as_its_local_derivative(opened) -> None:
    script = opened(3 * sigmoid(Value(0.0, "x")))
    script("lens.chosen = subjects().operations[0]")
    assert script("viewOfCurve().slope") == 0.25
    assert words(script)["tangent"] == "dv1 ≈ 0.25 * 0.5 = 0.125"


# ---- what is said --------------------------------------------------------------------------------


def test_the_nudge_stands_beside_the_true_change(opened) -> None:
    script = opened(of_x(lambda x: x**2, 3.0))
    assert script("viewOfCurve().nudge") == 2.0
    assert words(script) == {
        "tangent": "dy ≈ 6 * 2 = 12",
        "change": "Δy = 25 - 9 = 16",
        "remark": "",
    }


def test_a_question_that_is_open_is_not_answered_by_a_slope(opened) -> None:
    script = opened(line())
    script.at(0, "predict")
    assert words(script)["tangent"] == "How steep is it? First the answers"
    assert script("viewOfCurve().slope") is None
    script("questions.forEach((question) => reveal(question))")
    assert words(script)["tangent"] == "dy ≈ 1 * 5 = 5"


@pytest.mark.usefixtures("own_rows")
@pytest.mark.parametrize(("f", "x", "said"), [
    (relu, 0.0, "a kink: slope 0 before, 1 after; the engine takes 0"),
    (abs, 0.0, "a kink: slope -1 before, 1 after; the engine takes 0"),
    (lambda x: step(x) + x, 0.0, "a jump here; the engine takes 1;  jumps at 0"),
    (lambda x: step(x - 1) + x, 0.0, "jumps at 1"),
    (log, 2.0, "no finite value below 0"),
    (lambda x: log(1 - x), -2.0, "no finite value above 1"),
    (lambda x: 1 / x, 2.0, "no finite value at 0"),
    (sqrt, 0.0, "the tangent is upright;  no finite value below 0"),
    (lambda x: sqrt(x * x - 1), 2.0, "no finite value between -1 and 1"),
    (lambda x: 0 * x + 7, 2.0, "y is the same for every x in sight"),
    (lambda x: x**2, 3.0, ""),
    (tanh, 30.0, ""),
    (lambda x: tanh(1000 * x), 0.3, ""),
])  # fmt: skip
def test_what_is_odd_is_said(opened, f: Callable[[Value], Value], x: float, said: str) -> None:
    script = opened(of_x(f, x))
    script("lens.chosen = {of: root, over: variables[0]}")
    assert words(script)["remark"] == said


def test_where_there_is_no_value_the_curve_is_still_drawn(opened) -> None:
    script = opened(of_x(log))
    script("set", [[0, -1.0]])
    assert words(script)["tangent"] == "y has no value here"
    assert script("viewOfCurve().sampled.pieces.length") == 1


# ---- how it is drawn -----------------------------------------------------------------------------


def pieces(script: Scripts) -> list[list[list[float]]]:
    script("lens.chosen = {of: root, over: variables[0]}")
    return list(script("viewOfCurve().sampled.pieces"))


@pytest.mark.usefixtures("own_rows")
@pytest.mark.parametrize(("f", "x", "ends"), [
    (lambda x: x * x, 2.0, [(-5, 5)]),
    (log, 2.0, [(0, 5)]),
    (lambda x: 1 / x, 2.0, [(-5, 0), (0, 5)]),
    (lambda x: sqrt(1 - x), -2.0, [(-5, 1)]),
    (lambda x: step(x - 0.3), 2.0, [(-5, 0.3), (0.3, 5)]),
    (lambda x: 1 / (x - 0.3), 2.0, [(-5, 0.3), (0.3, 5)]),
    (lambda x: tanh(300 * x), 2.0, [(-5, 5)]),
])  # fmt: skip
def test_no_line_crosses_a_gap_or_a_jump(opened, f, x: float, ends) -> None:
    found = pieces(opened(of_x(f, x)))
    assert [(piece[0][0], piece[-1][0]) for piece in found] == [
        pytest.approx(end, abs=1e-9) for end in ends
    ]


@pytest.mark.parametrize("f", [tanh, relu, lambda x: tanh(40 * x), lambda x: x**3])
def test_between_two_points_the_line_is_within_a_hundredth_of_the_height(opened, f) -> None:
    script = opened(of_x(f))
    (found,) = pieces(script)
    low, high = script("viewOfCurve().heights")
    for (a, y), (b, z) in pairwise(found):
        middle = f(Value((a + b) / 2)).data
        assert abs(middle - (y + z) / 2) < 0.01 * (high - low)


def test_what_stands_far_off_does_not_flatten_the_rest(opened) -> None:
    script = opened(of_x(lambda x: 1 / x))
    script("lens.chosen = {of: root, over: variables[0]}")
    low, high = script("viewOfCurve().heights")
    assert 2 < high < 10
    assert low < 0.5 < high


# ---- axes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stretch", "texts"), [
    ([-5, 5], ["-4", "-2", "0", "2", "4"]),
    ([-2e-9, 2e-9], ["-2e-09", "-1e-09", "0", "1e-09", "2e-09"]),
    ([-2e8, 2e8], ["-2e+08", "-1e+08", "0", "1e+08", "2e+08"]),
    ([0.6, 0.8], ["0.6", "0.65", "0.7", "0.75", "0.8"]),
    ([1e8 - 10, 1e8 + 10], ["99999990", "99999995", "100000000", "100000005", "100000010"]),
    ([0.69999, 0.70001], ["0.69999", "0.699995", "0.7", "0.700005", "0.70001"]),
])  # fmt: skip
def test_ticks_are_round_few_and_told_apart(opened, stretch, texts: list[str]) -> None:
    assert (
        opened(line())("(stretch) => ticks(stretch, 5).map((tick) => tick.text)", stretch) == texts
    )


@pytest.mark.parametrize("x", [1e-9, -3e-5, 0.0, 0.7, 42.0, -1e8])
def test_the_point_and_its_nudge_are_in_sight_at_every_size(opened, x: float) -> None:
    script = opened(of_x(lambda v: v * v, x))
    view = script("viewOfCurve()")
    (low, high), (lowest, highest) = view["stretch"], view["heights"]
    assert low <= x <= x + view["nudge"] <= high
    assert lowest < x * x < highest
    assert lowest < view["there"] < highest
    assert math.isclose(view["slope"], 2 * x)


def test_nearer_the_curve_becomes_its_tangent(opened) -> None:
    script = opened(of_x(tanh, 0.5))
    errors = []
    for nearer in range(0, 12, 3):
        script(f"lens.nearer = {nearer}")
        view = script("viewOfCurve()")
        change = view["there"] - view["here"][1]
        errors.append(abs(change / view["nudge"] / view["slope"] - 1))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3


def test_every_row_of_one_operand_has_a_curve_and_its_own_slope(opened) -> None:
    for row in OPERATIONS.values():
        if getattr(row, "arity", None) != 1 or row.name.startswith("opaque"):
            continue
        x = 1.5 if row.name == "acosh" else 0.5
        root = row(Value(x, "x"))
        view = opened(root)("(lens.chosen = {of: root, over: variables[0]}, viewOfCurve())")
        assert view["slope"] == pytest.approx(root.local_derivatives[0], rel=1e-12), row.name
        assert view["sampled"]["pieces"], row.name
