"""`explain`: Table 1 of Bradbury's tutorial, for his network and for any graph, and the ledger."""

import math
import re
from collections.abc import Iterator
from functools import reduce
from itertools import count
from operator import add
from random import Random
from typing import Any, NamedTuple

import pytest
from oracle import FORWARD, mp, slope
from programs import Fault, draw_program, planted, record

from autograd import (
    OPERATIONS,
    Operation,
    StaleGraphError,
    Value,
    constant,
    count_paths,
    exp,
    hypot,
    maximum,
    sigmoid,
    sin,
    sumprod,
    tanh,
    topological_order,
    total,
)
from autograd.graph import is_constant
from autograd.rules.language import Formula
from autograd.rules.printing import python_expression
from autograd.rules.symbols import Symbol
from nn import MLP
from viz import explain
from viz.derivation.explain import CONSUMERS, LONG, Explanation, Ledger
from viz.derivation.formulas import OPERATIONS_A_LINE, TERMS, shorten
from viz.derivation.names import ELLIPSIS, Partial

# ---- Bradbury's network, and his Table 1 ---------------------------------------------------------

TWO_HIDDEN_LAYERS = (2, 2, 2, 1)  # his example: x, two hidden layers, one output
Y = 0.7  # the target
Sizes = tuple[int, ...]


def name(letter: str, k: int, sizes: Sizes, *indices: int) -> str:
    """His names: a_1^(2), w_12^(1), x_1 for layer 0; the last layer has one subscript fewer."""
    if k == 0:
        return f"x_{indices[0]}"
    below = "".join(map(str, indices[1:] if k == len(sizes) - 1 else indices))
    return f"{letter}_{below}^({k})" if below else f"{letter}^({k})"


def from_one(n: int) -> range:
    return range(1, n + 1)


def given_numbers(sizes: Sizes) -> dict[str, float]:
    """Inputs and weights of such a network, by name."""
    names = [name("z", 0, sizes, i) for i in from_one(sizes[0])]
    for k in range(1, len(sizes)):
        for i in from_one(sizes[k]):
            names += [name("w", k, sizes, i, j) for j in from_one(sizes[k - 1])]
    rng = Random(5)
    return {n: round(rng.uniform(-2, 2), 3) for n in names}


def network(sizes: Sizes, given: dict[str, float], activation: Any = sigmoid) -> Value:
    """E_n of the network of section 3.1, built from Values by hand."""
    v = {n: Value(x, n) for n, x in given.items()}
    for k in range(1, len(sizes)):
        for i in from_one(sizes[k]):
            inputs = from_one(sizes[k - 1])
            a = sumprod(
                [v[name("w", k, sizes, i, j)] for j in inputs],
                [v[name("z", k - 1, sizes, j)] for j in inputs],
            )
            a.label = name("a", k, sizes, i)
            z = activation(a)
            z.label = name("z", k, sizes, i)
            v[z.label] = z
    y = constant(Y)
    y.label = "y"
    error = 0.5 * (z - y) ** 2
    error.label = "E_n"
    return error


class Line(NamedTuple):
    """A row of Table 1; a relationship is (what the variable goes into, formula, derivative)."""

    step: int
    variable: str
    relationships: list[tuple[str, str, str]]
    chain: str
    formula: str


def table_1(sizes: Sizes, row: Operation, weights: bool = False) -> list[Line]:
    """Table 1, its index i written out; with the weights, by equations 32 and 40.

    Every sigma'(a) is the rule of the row run on symbols; in step 6 it stands behind the sum.
    """

    table: list[Line] = []

    def line(step: int, variable: Symbol, relationships: list, chain: Any, formula: Any) -> None:
        told = [(written(top), written(f), written(d)) for top, f, d in relationships]
        table.append(Line(step, written(variable), told, written(chain), written(formula)))

    def var(letter: str, k: int, *indices: int) -> Symbol:
        return Symbol(name(letter, k, sizes, *indices))

    def d(top: Symbol, bottom: Symbol) -> Symbol:
        return Symbol(f"∂{top.head}/∂{bottom.head}")

    def summed(terms: Iterator[Symbol]) -> Symbol:
        return reduce(add, terms)

    last = len(sizes) - 1
    E, y, out = Symbol("E_n"), Symbol("y"), var("z", last, 1)
    line(1, out, [(E, 0.5 * (out - y) ** 2.0, out - y)], d(E, out), out - y)
    back = [out - y]  # what the last column says of the z of a layer
    for step, k in zip(count(2, 2), range(last, 0, -1)):
        N, M = from_one(sizes[k]), from_one(sizes[k - 1])
        for i in N:
            a, z = var("a", k, i), var("z", k, i)
            (prime,) = row.differentiate((a,), z)
            line(step, a, [(z, row(a), prime)], d(E, z) * d(z, a), back[i - 1] * prime)
        a = {j: var("a", k, j) for j in N}
        delta = {j: d(E, a[j]) for j in N}
        activation = {j: summed(var("w", k, j, m) * var("z", k - 1, m) for m in M) for j in N}
        back = []
        for i in M:
            z = var("z", k - 1, i)
            w = {j: var("w", k, j, i) for j in N}
            back.append(summed(delta[j] * w[j] for j in N))
            chain = summed(delta[j] * d(a[j], z) for j in N)
            line(step + 1, z, [(a[j], activation[j], w[j]) for j in N], chain, back[-1])
            for j in N if weights else ():
                chain = delta[j] * d(a[j], w[j])
                line(step + 1, w[j], [(a[j], activation[j], z)], chain, delta[j] * z)
    return table


def written(formula: Any) -> str:
    """A formula as text; z * z as z ** 2."""
    text = python_expression(formula, "{:g}".format)
    return re.sub(r"(\w+\^\(\d\)) \* \1", r"\1 ** 2", text)


def lines(explanation: Explanation) -> list[Line]:
    """The rows of an explanation as Table 1 is written here."""
    return [
        Line(
            row.step,
            row.name,
            [(c.name, written(c.relationship), written(c.formula)) for c in row.consumers],
            written(row.chain),
            written(row.formula),
        )
        for row in explanation.rows
    ]


CASES = [
    pytest.param(TWO_HIDDEN_LAYERS, "sigmoid", {}, id="the tutorial's network"),
    pytest.param(TWO_HIDDEN_LAYERS, "sigmoid", {"w_21^(1)": 5.0}, id="one weight changed"),
    pytest.param((2, 3, 1), "sigmoid", {}, id="2-3-1"),
    pytest.param(TWO_HIDDEN_LAYERS, "tanh", {}, id="tanh"),
    pytest.param((3, 2, 2, 2, 1), "softplus", {}, id="3-2-2-2-1, softplus"),
]


def test_the_tutorials_network_has_7_steps_in_12_rows() -> None:
    explanation = explain(network(TWO_HIDDEN_LAYERS, given_numbers(TWO_HIDDEN_LAYERS)))
    assert [(row.step, row.name) for row in explanation.rows] == [
        (1, "z^(3)"), (2, "a^(3)"), (3, "z_1^(2)"), (3, "z_2^(2)"), (4, "a_1^(2)"), (4, "a_2^(2)"),
        (5, "z_1^(1)"), (5, "z_2^(1)"), (6, "a_1^(1)"), (6, "a_2^(1)"), (7, "x_1"), (7, "x_2"),
    ]  # fmt: skip


def test_a_row_of_the_table_reads_as_in_the_tutorial() -> None:
    table = lines(explain(network(TWO_HIDDEN_LAYERS, given_numbers(TWO_HIDDEN_LAYERS))))
    assert table[0] == Line(
        1, "z^(3)", [("E_n", "0.5 * (z^(3) - y) ** 2", "z^(3) - y")], "∂E_n/∂z^(3)", "z^(3) - y"
    )
    assert table[7] == Line(
        5,
        "z_2^(1)",
        [
            ("a_1^(2)", "w_11^(2) * z_1^(1) + w_12^(2) * z_2^(1)", "w_12^(2)"),
            ("a_2^(2)", "w_21^(2) * z_1^(1) + w_22^(2) * z_2^(1)", "w_22^(2)"),
        ],
        "∂E_n/∂a_1^(2) * ∂a_1^(2)/∂z_2^(1) + ∂E_n/∂a_2^(2) * ∂a_2^(2)/∂z_2^(1)",
        "∂E_n/∂a_1^(2) * w_12^(2) + ∂E_n/∂a_2^(2) * w_22^(2)",
    )


@pytest.mark.parametrize(("sizes", "row", "changed"), CASES)
def test_explain_is_table_1(sizes: Sizes, row: str, changed: dict[str, float]) -> None:
    root = network(sizes, given_numbers(sizes) | changed, OPERATIONS[row])
    assert lines(explain(root)) == table_1(sizes, OPERATIONS[row])


@pytest.mark.parametrize(("sizes", "row", "changed"), CASES)
def test_weights_adds_exactly_the_rows_of_the_weights(sizes, row: str, changed) -> None:
    root = network(sizes, given_numbers(sizes) | changed, OPERATIONS[row])
    table = lines(explain(root, weights=True))
    assert sorted(table) == sorted(table_1(sizes, OPERATIONS[row], weights=True))
    assert [row for row in table if row.variable[0] != "w"] == lines(explain(root))


@pytest.mark.parametrize(("scale", "amounts"), [(1.0, None), (2.0, (2.0, 0.94))])
def test_what_is_sent_by_a_gradient_of_1_is_the_local_derivative_itself(scale, amounts) -> None:
    x = Value(0.5, "x")
    a = x * x
    b = tanh(a)
    a.label, b.label = "a", "b"
    row = {row.name: row for row in explain(scale * b + Value(1.0, "c")).rows}["a"]
    if amounts is None:
        assert row.amounts is None
    else:
        assert row.amounts.operands == pytest.approx(amounts, abs=1e-3)


def test_the_tutorials_network_has_10_weights_and_says_so() -> None:
    root = network(TWO_HIDDEN_LAYERS, given_numbers(TWO_HIDDEN_LAYERS))
    assert len(explain(root, weights=True).rows) == 22
    assert str(explain(root)).endswith(
        "10 weights have no row: explain(root, weights=True) adds them"
    )
    assert "weights" not in str(explain(root, weights=True))


def test_biases_count_as_weights_and_constants_do_not() -> None:
    model = MLP(2, [3, 1], "tanh", rng=Random(0))
    z = model([Value(1.0, "x_1"), Value(2.0, "x_2")])
    assert "\n13 weights have no row" in str(explain(z))
    assert not {row.name[0] for row in explain(z).rows} & {"w", "b"}
    assert "no row" not in str(explain(sumprod([2.0, 3.0], many(2), 1.0)))


class Truth(NamedTuple):
    """Numbers by name: values, gradients, local derivatives by (what, by what)."""

    values: dict[str, Any]
    gradients: dict[str, Any]
    local: dict[tuple[str, str], Any]


def by_hand(sizes: Sizes, given: dict[str, float], row: str) -> Truth:
    """The tutorial's equations at 50 digits; sigma' is a difference."""
    last = len(sizes) - 1
    value = {n: mp.mpf(x) for n, x in given.items()}
    local, gradient = {}, {}
    for k in range(1, last + 1):
        for i in from_one(sizes[k]):
            a, z = (name(letter, k, sizes, i) for letter in "az")
            value[a] = mp.zero
            for j in from_one(sizes[k - 1]):
                w, below = name("w", k, sizes, i, j), name("z", k - 1, sizes, j)
                value[a] += value[w] * value[below]  # eq. 24
                local[a, w], local[a, below] = value[below], value[w]  # eq. 32
            value[z] = FORWARD[row](value[a])  # eq. 25
            local[z, a] = slope(row, (value[a],), 0)
    out = name("z", last, sizes, 1)
    gradient[out] = local["E_n", out] = value[out] - mp.mpf(Y)
    for k in range(last, 0, -1):
        for i in from_one(sizes[k]):
            a, z = (name(letter, k, sizes, i) for letter in "az")
            gradient[a] = gradient[z] * local[z, a]  # eq. 38
            for j in from_one(sizes[k - 1]):
                w, below = name("w", k, sizes, i, j), name("z", k - 1, sizes, j)
                gradient[w] = gradient[a] * value[below]  # eq. 40
                gradient[below] = gradient.get(below, 0) + gradient[a] * value[w]
    return Truth(value, gradient, local)


def near(x: Any) -> Any:
    return pytest.approx(float(x), rel=1e-12, abs=0)


@pytest.mark.parametrize(("sizes", "row", "changed"), CASES)
def test_every_number_is_that_of_the_tutorials_equations(sizes, row: str, changed) -> None:
    given = given_numbers(sizes) | changed
    truth = by_hand(sizes, given, row)
    rows = explain(network(sizes, given, OPERATIONS[row]), weights=True).rows
    assert {r.name for r in rows} == set(truth.gradients)
    assert {(c.name, r.name) for r in rows for c in r.consumers} == set(truth.local)
    for r in rows:
        assert r.node.data == near(truth.values[r.name])
        assert r.gradient == near(truth.gradients[r.name])
        for c in r.consumers:
            assert c.local_derivative == near(truth.local[c.name, r.name])


def test_a_wrong_rule_shows_in_the_formula_and_in_the_numbers() -> None:
    given = given_numbers(TWO_HIDDEN_LAYERS)
    truth = by_hand(TWO_HIDDEN_LAYERS, given, "sigmoid")
    with planted(Fault("sigmoid", 0, factor=1.5)) as calls:
        row = explain(network(TWO_HIDDEN_LAYERS, given, calls["sigmoid"])).rows[1]
    (c,) = row.consumers
    assert (row.name, written(c.formula)) == ("a^(3)", "1.5 * (z^(3) * (1 - z^(3)))")
    assert c.local_derivative == near(1.5 * truth.local["z^(3)", "a^(3)"])
    assert row.gradient == near(1.5 * truth.gradients["a^(3)"])


def test_another_activation_is_another_table_and_other_weights_are_other_numbers() -> None:
    given = given_numbers(TWO_HIDDEN_LAYERS)
    one, other, third = (
        explain(network(TWO_HIDDEN_LAYERS, *arguments))
        for arguments in ((given,), (given, tanh), (given | {"w_21^(1)": 5.0},))
    )
    assert lines(one) == lines(third) != lines(other)
    assert not {row.gradient for row in one.rows} & {row.gradient for row in third.rows}


def test_the_expected_table_takes_its_rule_from_the_table_of_operations() -> None:
    assert written(Formula(OPERATIONS["sigmoid"]).partials[0]) == "z * (1 - z)"
    right, wrong = (table_1((1, 1), OPERATIONS[row])[1] for row in ("sigmoid", "tanh"))
    assert (right.relationships[0][2], wrong.relationships[0][2]) == (
        "z^(1) * (1 - z^(1))",
        "1 - z^(1) ** 2",
    )


# ---- figures 1 to 3 ------------------------------------------------------------------------------


def figure_2() -> tuple[Value, Value]:
    x = Value(1.5, "x")
    a_1, a_2 = 3 * x, -x
    y = 2 * a_1 + a_2
    a_1.label, a_2.label, y.label = "a_1", "a_2", "y"
    return y, x


def test_figure_1_multiplies_along_the_path() -> None:
    x = Value(1.5, "x")
    a = 3 * x
    y = 2 * a
    a.label, y.label = "a", "y"
    assert str(explain(y)).splitlines() == [
        "y = 9: its derivatives, outputs before inputs",
        "",
        "step  variable  local relationship  local derivative  backpropagated derivative",
        "───────────────────────────────────────────────────────────────────────────────",
        "1     a = 4.5   y = 2 * a           ∂y/∂a = 2         ∂y/∂a = 2",
        "",
        "2     x = 1.5   a = 3 * x           ∂a/∂x = 3         ∂y/∂x = ∂y/∂a * ∂a/∂x",
        "                                                            = 2 * 3",
        "                                                            = 6",
    ]


def test_figure_2_adds_across_the_paths() -> None:
    y, _ = figure_2()
    assert str(explain(y)).splitlines()[-3:] == [
        "2     x = 1.5     a_1 = 3 * x         ∂a_1/∂x = 3       ∂y/∂x = ∂y/∂a_1 * ∂a_1/∂x + "
        "∂y/∂a_2 * ∂a_2/∂x",
        "                  a_2 = -x            ∂a_2/∂x = -1            = 2 * 3 + 1 * (-1)",
        "                                                              = 5",
    ]
    row = explain(y).rows[-1]
    assert written(row.chain) == "∂y/∂a_1 * ∂a_1/∂x + ∂y/∂a_2 * ∂a_2/∂x"
    assert written(row.amounts) == "2 * 3 + 1 * -1"  # equation 11: (2)(3) + (1)(-1)
    assert row.gradient == row.formula == 5.0


def test_figure_3_is_a_sum_of_products_of_weights() -> None:
    x = Value(1.5, "x")
    first = [Value(i, f"w_{i}^(1)") for i in (1, 2, 3)]
    second = [Value(-i, f"w_{i}^(2)") for i in (1, 2, 3)]
    a = [w * x for w in first]
    for i, v in enumerate(a, 1):
        v.label = f"a_{i}"
    y = sumprod(second, a)
    y.label = "y"
    rows = {row.name: row for row in explain(y, weights=True).rows}
    products = "w_1^(2) * w_1^(1) + w_2^(2) * w_2^(1) + w_3^(2) * w_3^(1)"
    assert (written(rows["x"].formula), rows["x"].gradient) == (products, -14.0)  # eq. 18
    assert (written(rows["w_2^(2)"].formula), rows["w_2^(2)"].gradient) == ("a_2", 3.0)  # eq. 19
    assert (written(rows["w_2^(1)"].formula), rows["w_2^(1)"].gradient) == (
        "w_2^(2) * x",
        -3.0,
    )  # eq. 21


# ---- what gets a row, and under which name -------------------------------------------------------


def relationships(root: Any, **options: Any) -> dict[str, str]:
    """What each named node is made of, as text."""
    rows = explain(root, limit=None, weights=True, **options).rows
    return {c.name: written(c.relationship) for row in rows for c in row.consumers}


def derivative(root: Any) -> str:
    """The formula of the last row: the derivative by the only variable."""
    return written(explain(root).rows[-1].formula)


def names_of(root: Any, **options: Any) -> list[str]:
    return [row.name for row in explain(root, limit=None, weights=True, **options).rows]


def test_nodes_without_a_label_are_composed_into_one_relationship() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert relationships(exp(x * y) - sin(x) / y) == {"root": "exp(x * y) - sin(x) / y"}
    assert names_of(exp(x * y) - sin(x) / y) == ["x", "y"]


@pytest.mark.parametrize(
    ("make", "relationship", "slope"),
    [
        (lambda x: 2 * 3 * x, "6 * x", "6"),
        (lambda x: 2 * (3 * x), "6 * x", "6"),
        (lambda x: x * 2 * 3 + (4 - 1), "6 * x + 3", "6"),
        (lambda x: 1 - x * 2, "1 - 2 * x", "-2"),
        (lambda x: x - -1, "x + 1", "1"),
        (lambda x: x + -1, "x - 1", "1"),
        (lambda x: 5 - -2 * x, "5 + 2 * x", "2"),
        (lambda x: 5 + -2 * x, "5 - 2 * x", "-2"),
        (lambda x: 0 - (-x), "x", "1"),
        (lambda x: x * x, "x ** 2", "2 * x"),
        (lambda x: 0.5 * (x - 1) ** 2, "0.5 * (x - 1) ** 2", "x - 1"),
        (lambda x: x * 0, "0", "0"),
        (lambda x: x**1, "x", "1"),
        (lambda x: 1 / x, "1 / x", "-(root / x)"),
        (lambda x: +x - (constant(2.0) + constant(3.0)) * x, "x - 5 * x", "-4"),
        (lambda x: total([x, 3.0, x]), "x + 3 + x", "2"),
    ],
)
def test_constants_are_folded(make, relationship: str, slope: str) -> None:
    y = make(Value(2.0, "x"))
    shown = {written(c.relationship) for row in explain(y).rows for c in row.consumers}
    assert shown == {relationship}
    assert derivative(y) == slope


def test_a_node_made_of_constants_alone_is_a_number() -> None:
    two = constant(1.0) + constant(1.0)
    assert relationships(two * Value(3.0, "x")) == {"root": "2 * x"}


def test_a_labelled_constant_has_a_name_but_no_row() -> None:
    c = constant(2.0)
    c.label = "c"
    y = c * Value(3.0, "x")
    assert relationships(y) == {"root": "c * x"}
    assert names_of(y) == ["x"]


def test_nodes_of_equal_depth_share_a_step() -> None:
    x = Value(2.0, "x")
    u = x * x
    v = sin(x) + u
    w = sin(u) + x
    y = v * w
    u.label, v.label, w.label = "u", "v", "w"
    steps = {row.name: row.step for row in explain(y).rows}
    assert steps == {"v": 1, "w": 1, "u": 2, "x": 3}


def test_a_root_on_another_way_is_told_from_the_gradient() -> None:
    x = Value(2.0, "x")
    u = 3 * x
    y = u * x
    u.label, y.label = "u", "y"
    row = explain(y).rows[-1]
    assert written(row.chain) == "∂y/∂u * ∂u/∂x + ∂y/∂x|direct"
    assert [(c.name, c.direct, c.local_derivative) for c in row.consumers] == [
        ("u", False, 3.0),
        ("y", True, 6.0),
    ]
    assert row.gradient == 12.0


def test_names_of_variables_name_nodes_but_never_overrule_a_label() -> None:
    x, hidden = Value(1.0, "x"), [Value(2.0), Value(3.0)]
    product = x * hidden[0] + hidden[1]
    _private = hidden[1]  # a shell's names are not used
    other = x  # x has a label already
    assert relationships(product, names=locals()) == {"product": "x * hidden[0] + hidden[1]"}


def test_variables_without_a_label_get_names_that_are_not_taken() -> None:
    c = constant(2.0)
    c.label = "v3"
    y = Value(1.0, "v1") * Value(2.0) + Value(3.0) ** c
    y.label = "v5"
    assert relationships(y) == {"v5": "v1 * v2 + v4 ** v3"}


def test_a_label_that_repeats_is_numbered() -> None:
    y = Value(1.0, "x") * Value(2.0, "x") + Value(3.0, "x")
    assert relationships(y) == {"root": "x * x #2 + x #3"}


def test_a_numbered_label_does_not_take_a_label_that_is_there() -> None:
    y = Value(1.0, "x") * Value(2.0, "x") + Value(3.0, "x #2")
    assert len(set(names_of(y))) == 3


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("layers[0].neurons[2].w[1]", "w[0,2,1]"),
        ("layers[0].neurons[12].z", "z[0,12]"),
        ("a.b[3]", "b[3]"),
        ("layer.w", "layer.w"),  # no index would be left of the layer
        ("w[1]", "w[1]"),
        ("x.y z[0]", "x.y z[0]"),
        ("a.b[i]", "a.b[i]"),
    ],
)
def test_a_label_with_dots_is_its_last_word_with_all_indices(label: str, short: str) -> None:
    assert shorten(label) == short


def test_the_labels_of_a_network_are_shortened() -> None:
    model = MLP(2, [3, 1], "tanh", rng=Random(0))
    names = names_of(model([Value(1.0, "x_1"), Value(2.0, "x_2")]))
    assert {"w[0,2,1]", "b[1,0]", "a[0,2]", "z[0,2]", "x_2"} <= set(names)
    assert not [n for n in names if "layers" in n]


def test_labels_are_left_whole_where_two_would_coincide() -> None:
    p, q, r = (Value(1.0, label) for label in ("p.layer[0].w", "q.layer[0].w", "q.layer[1].w"))
    assert relationships(p * q * r) == {"root": "p.layer[0].w * q.layer[0].w * w[1]"}


# ---- long graphs, and what is left out -----------------------------------------------------------


def operations_of(formula: Any) -> int:
    """How many operations a formula has."""
    if not isinstance(formula, Symbol):
        return 0
    return bool(formula.operands) + sum(map(operations_of, formula.operands))


@pytest.mark.parametrize("grow", [sin, lambda y: hypot(y, y), lambda y: sin(-y) + y])
def test_a_long_formula_is_broken_at_inner_nodes(grow) -> None:
    x = y = Value(1.01, "x")
    for _ in range(OPERATIONS_A_LINE + 1):
        y = grow(y)
    rows = explain(y).rows
    sizes = [operations_of(c.relationship) for row in rows for c in row.consumers]
    assert len(rows) > 1
    assert max(sizes) <= OPERATIONS_A_LINE
    y.backward()
    assert rows[-1].gradient == x.grad


def test_a_formula_longer_than_a_line_is_an_ellipsis_and_its_number_stays() -> None:
    x, y = Value(2.0, "x" * LONG), Value(3.0, "y")
    row = explain(x * y).rows[-1]
    assert written(row.formula) == "x" * LONG
    assert "= …\n" not in str(explain(x * y))
    text = str(explain(sin(x) * y))
    assert f"∂root/∂y = sin({x.label})" not in text
    assert re.search(r"∂root/∂y = …\n +∂?.*= 0.9093", text)


def many(n: int, letter: str = "x") -> list[Value]:
    return [Value(i, f"{letter}_{i}") for i in from_one(n)]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda xs: total(xs), "x_1 + x_2 + … + x_9"),
        (lambda xs: sumprod(many(9, "w"), xs), "w_1 * x_1 + w_2 * x_2 + … + w_9 * x_9"),
        (lambda xs: sumprod(many(9, "w"), xs, xs[3]), "w_1 * x_1 + w_2 * x_2 + … + x_4"),
        (lambda xs: maximum(*xs), "maximum(x_1, x_2, …, x_9)"),
    ],
)
def test_the_middle_of_a_long_sum_is_left_out_but_no_derivative(make, text: str) -> None:
    y = make(many(9))
    assert relationships(y) == {"root": text}
    rows = explain(y, weights=True).rows
    y.backward()
    assert [row.gradient for row in rows] == [row.node.grad for row in rows]
    assert {"x_5", "x_6"} <= {row.name for row in rows}


def test_a_sum_that_is_not_long_is_written_out() -> None:
    assert relationships(total(many(TERMS)))["root"].count("+") == TERMS - 1


def test_of_many_nodes_that_one_goes_into_the_first_are_shown() -> None:
    x = Value(2.0, "x")
    ys = [(i + 1.0) * x for i in from_one(CONSUMERS + 3)]
    for i, y in enumerate(ys, 1):
        y.label = f"y_{i}"
    root = maximum(*ys) * sin(total(ys))
    row = explain(root).rows[-1]
    assert len(row.consumers) == CONSUMERS + 3
    assert written(row.chain).count("∂root/∂y_") == CONSUMERS
    assert written(row.chain).endswith(f" + {ELLIPSIS}")
    assert written(row.formula).endswith(f" + {ELLIPSIS}")
    assert str(explain(root)).count("… and 3 more") == 2
    root.backward()
    assert row.gradient == x.grad


def test_limit_is_how_many_rows_are_shown_and_a_note_counts_the_others() -> None:
    explanation = explain(total(many(50)))
    assert (len(explanation.rows), explanation.left_out) == (40, 10)
    assert str(explanation).endswith("10 rows are left out: explain(root, limit=None) shows all")
    assert [row.name for row in explain(total(many(50)), limit=2).rows] == ["x_1", "x_2"]
    whole = explain(total(many(50)), limit=None)
    assert len(whole.rows) == 50
    assert "left out" not in str(whole)


def sines(depth: int, label: str = "") -> Value:
    y = Value(1.0, "x")
    for i in range(depth):
        y = sin(y)
        y.label = label and f"{label}_{i}"
    return y


@pytest.mark.parametrize("label", ["", "y"])
def test_depth_is_no_limit(label: str) -> None:
    explanation = explain(sines(20_000, label))
    assert len(explanation.rows) == 40
    assert "rows are left out" in explanation.latex


@pytest.mark.slow
def test_a_depth_of_a_million_is_no_limit() -> None:
    y = sines(1_000_000)
    assert "rows are left out" in str(explain(y))
    (x,) = [v for v in topological_order(y) if not v.parents]
    ledger = explain(y, wrt=x)
    y.backward()
    assert (ledger.count, ledger.derivative) == (1, x.grad)


def test_a_root_made_from_nothing_says_so() -> None:
    assert str(explain(Value(2.0, "x"))) == "x = 2 is made from nothing"
    assert str(explain(constant(2.0))) == "root = 2 is made from nothing"


# ---- other nodes, and what is refused ------------------------------------------------------------


class Node:
    """A student's node: no operation, no rule."""

    def __init__(self, data: float, parents=(), local_derivatives=(), label: str = "") -> None:
        self.data, self.grad, self.label = data, 0.0, label
        self.parents, self.local_derivatives = parents, local_derivatives


def test_a_students_node_has_a_number_in_place_of_a_formula() -> None:
    x = Node(3.0, label="x")
    square = Node(9.0, (x, x), (3.0, 3.0))
    y = Node(12.0, (square, x), (1.0, 1.0), "y")
    (row,) = explain(y).rows
    assert (written(row.consumers[0].relationship), row.formula) == ("Node(Node(x, x), x)", 7.0)
    assert [entry.numbers for entry in explain(y, wrt=x).entries] == [(3.0,), (3.0,), (1.0,)]


@pytest.fixture
def opaque() -> Iterator[Operation]:
    yield Operation("opaque_sin", lambda x: math.sin(x), lambda x, z: math.cos(x))
    del OPERATIONS["opaque_sin"]


def test_an_opaque_row_has_a_number_in_place_of_a_formula(opaque: Operation) -> None:
    x = Value(0.0, "x")
    y = 2 * opaque(x) * exp(x)
    assert relationships(y) == {"root": "2 * (opaque_sin(x) * exp(x))"}
    assert derivative(y) == "2 * exp(x) + 2 * (opaque_sin(x) * exp(x))"  # cos(0), a number, is 1
    assert explain(y).rows[-1].gradient == 2.0


def test_a_graph_that_is_stale_is_refused() -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    for options in ({}, {"wrt": x}):
        with pytest.raises(StaleGraphError, match=r"mul recorded 4 and gives 9 now.*label='x'"):
            explain(y, **options)


@pytest.mark.parametrize(
    ("thing", "told"), [([[Value(1.0)]], "a list"), (2.0, "a float"), ("x", "the text 'x'")]
)
def test_what_is_no_node_is_refused(thing, told: str) -> None:
    with pytest.raises(TypeError, match=f"explain needs a node, such as a Value, got {told}"):
        explain(thing)
    with pytest.raises(TypeError, match=rf"explain\(root, wrt=...\) needs a node, .* got {told}"):
        explain(Value(1.0), wrt=thing)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_1_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is how many rows are wanted, got {limit}"):
        explain(Value(1.0), limit=limit)


def test_explaining_changes_nothing() -> None:
    root = network(TWO_HIDDEN_LAYERS, given_numbers(TWO_HIDDEN_LAYERS))
    root.backward(seed=3.0)
    nodes = topological_order(root)
    before = [(v.data, v.grad, v.label, v.parents, v.local_derivatives) for v in nodes]
    for sheet in (explain(root, weights=True), explain(root, wrt=nodes[2], names={"q": nodes[1]})):
        assert all([str(sheet), sheet.html, sheet.markdown, sheet.latex])
    assert [(v.data, v.grad, v.label, v.parents, v.local_derivatives) for v in nodes] == before


def test_numbers_as_large_as_floats_go_are_no_error() -> None:
    x = Value(1e200, "x")
    row = explain(x * x - x).rows[-1]
    assert row.gradient == 2e200
    assert explain(Value(0.0, "x").sqrt()).rows[-1].gradient == math.inf


# ---- symbols and numbers agree: random programs --------------------------------------------------


def evaluate(formula: Any, meaning: dict[str, float]) -> float:
    """The number of a formula, given those of its names and partial derivatives."""
    if not isinstance(formula, Symbol):
        return float(formula)
    if not formula.operands:
        return meaning[formula.head]
    return formula.head.evaluate(tuple(evaluate(x, meaning) for x in formula.operands))


def meanings(explanation: Explanation) -> dict[str, float]:
    """The numbers of the rows for the names and the partial derivatives of their formulas."""
    found: dict[str, float] = {}
    for row in explanation.rows:
        found[row.name] = row.node.data
        for c in row.consumers:
            found[c.name] = c.node.data
            found[Partial(c.name, row.name, c.direct)] = c.local_derivative
    root = explanation.rows[0].consumers[-1].name  # nothing but the root is above the first row
    for row in explanation.rows:
        found[Partial(root, row.name)] = row.gradient
    return found


def random_root(seed: int) -> Value:
    """The root of a random program, about every third result labelled."""
    rng = Random(seed)
    root, _ = record(draw_program(rng))
    for i, v in enumerate(topological_order(root)):
        if v.parents and rng.random() < 0.35:
            v.label = f"y_{i}"
    return root


PROGRAMS = range(150)


def test_every_number_is_that_of_backward_to_the_bit() -> None:
    for seed in PROGRAMS:
        root = random_root(seed)
        rows = explain(root, limit=None, weights=True).rows
        root.backward()
        assert [row.gradient.hex() for row in rows] == [row.node.grad.hex() for row in rows]
        variables = {v for v in topological_order(root) if not v.parents and not is_constant(v)}
        assert variables <= {row.node for row in rows}


def test_outputs_stand_before_inputs() -> None:
    for seed in PROGRAMS:
        rows = explain(random_root(seed), limit=None, weights=True).rows
        steps = {row.name: row.step for row in rows}
        for row in rows:
            assert all(steps.get(c.name, 0) < row.step for c in row.consumers)
        assert [row.step for row in rows] == sorted(steps[row.name] for row in rows)
        assert set(steps.values()) == set(range(1, max(steps.values()) + 1))


def test_every_formula_comes_to_the_number_beside_it() -> None:
    compared = elided = 0
    for seed in PROGRAMS:
        explanation = explain(random_root(seed), limit=None, weights=True)
        meaning = meanings(explanation)
        for row in explanation.rows:
            sides = [(row.chain, row.gradient), (row.formula, row.gradient)]
            sides += [(c.relationship, c.node.data) for c in row.consumers]
            sides += [(c.formula, c.local_derivative) for c in row.consumers]
            for formula, number in sides:
                if ELLIPSIS in written(formula):
                    elided += 1
                    continue
                compared += 1
                assert evaluate(formula, meaning) == pytest.approx(number, rel=1e-9, abs=1e-12)
    assert compared > 3000
    assert elided < compared / 100


def test_a_formula_that_is_wrong_is_found_by_its_number() -> None:
    x = Value(2.0, "x")
    explanation = explain(x**3 * exp(x))
    meaning, row = meanings(explanation), explanation.rows[0]
    assert evaluate(row.formula, meaning) == pytest.approx(row.gradient, rel=1e-12)
    assert evaluate(1.001 * row.formula, meaning) != pytest.approx(row.gradient, rel=1e-9)


def test_the_numbers_of_a_chain_come_to_the_gradient() -> None:
    for seed in PROGRAMS:
        rows = explain(random_root(seed), limit=None, weights=True).rows
        gradients = {row.node: row.gradient for row in rows}
        for row in rows:
            if row.amounts is not None and ELLIPSIS not in written(row.amounts):
                terms = [gradients.get(c.node, 1.0) * c.local_derivative for c in row.consumers]
                number = evaluate(row.amounts, {})  # of factors with four digits
                assert number == pytest.approx(row.gradient, abs=2e-3 * sum(map(abs, terms)))


# ---- the ledger of paths -------------------------------------------------------------------------


def test_the_ledger_of_figure_2_is_equation_11() -> None:
    y, x = figure_2()
    ledger = explain(y, wrt=x)
    assert [entry.names for entry in ledger.entries] == [("y", "a_1", "x"), ("y", "a_2", "x")]
    assert [entry.derivative for entry in ledger.entries] == [6.0, -1.0]
    assert str(ledger).splitlines() == [
        "2 paths lead from y to x: along a path multiply, across paths add",
        "",
        "path  through      product",
        "────────────────────────────────",
        "1     y ← a_1 ← x  2 * 3",
        "                   = 6",
        "",
        "2     y ← a_2 ← x  1 * (-1)",
        "                   = -1",
        "",
        "sum                ∂y/∂x = 6 - 1",
        "                         = 5",
    ]


def test_the_ledger_of_a_weight_of_the_tutorials_network_is_equation_40() -> None:
    given = given_numbers(TWO_HIDDEN_LAYERS)
    root = network(TWO_HIDDEN_LAYERS, given)
    (w,) = [v for v in topological_order(root) if v.label == "w_12^(1)"]
    ledger = explain(root, wrt=w)
    assert [entry.names for entry in ledger.entries] == [
        ("E_n", "z^(3)", "a^(3)", f"z_{i}^(2)", f"a_{i}^(2)", "z_1^(1)", "a_1^(1)", "w_12^(1)")
        for i in (1, 2)
    ]
    truth = by_hand(TWO_HIDDEN_LAYERS, given, "sigmoid")
    assert ledger.derivative == near(truth.gradients["w_12^(1)"])
    assert [written(f) for f in ledger.entries[1].factors[2:4]] == [
        "w_2^(3)",
        "z_2^(2) * (1 - z_2^(2))",
    ]


def test_parallel_edges_are_distinct_paths() -> None:
    x = Value(3.0, "x")
    ledger = explain(x * x, wrt=x)
    assert [entry.names for entry in ledger.entries] == [("root", "x")] * 2
    assert [entry.path.edges[0][1] for entry in ledger.entries] == [0, 1]
    assert (ledger.count, ledger.derivative) == (2, 6.0)


def test_a_path_through_nodes_without_a_label_is_one_factor() -> None:
    x = Value(0.0, "x")
    u = exp(2 * x)
    u.label = "u"
    ledger = explain(sin(3 * u) * x, wrt=x)
    first, second = ledger.entries
    assert (first.names, second.names) == (("root", "u", "x"), ("root", "x"))
    assert [written(f) for f in first.factors] == ["3 * (x * cos(3 * u))", "2 * u"]
    assert [written(f) for f in second.factors] == ["sin(3 * u)"]
    assert first.numbers == (0.0, 2.0)


def test_the_ledger_of_every_variable_comes_to_its_gradient() -> None:
    for seed in PROGRAMS:
        root = random_root(seed)
        variables = [v for v in topological_order(root) if not v.parents and not is_constant(v)]
        root.backward()
        for v in variables:
            ledger = explain(root, wrt=v, limit=None)
            assert isinstance(ledger, Ledger)
            assert len(ledger.entries) == ledger.count == count_paths(root, v)
            assert ledger.derivative.hex() == v.grad.hex()
            sizes = sum(abs(entry.derivative) for entry in ledger.entries)
            assert math.fsum(e.derivative for e in ledger.entries) == pytest.approx(
                v.grad, rel=1e-9, abs=1e-12 * sizes
            )
            for entry in ledger.entries:
                assert math.prod(entry.numbers) == pytest.approx(entry.derivative, rel=1e-12)
                assert len(entry.names) == len(entry.factors) + 1 == len(entry.numbers) + 1


def test_every_factor_of_a_path_comes_to_the_number_beside_it() -> None:
    for seed in PROGRAMS:
        root = random_root(seed)
        explanation = explain(root, limit=None, weights=True)
        meaning = meanings(explanation)
        for v in topological_order(root):
            if is_constant(v) or (v.parents and not v.label):
                continue
            for entry in explain(root, wrt=v, limit=50).entries:
                for factor, number in zip(entry.factors, entry.numbers, strict=True):
                    assert evaluate(factor, meaning) == pytest.approx(number, rel=1e-9, abs=1e-12)


def doublings(n: int) -> tuple[Value, Value]:
    x = y = Value(1.0, "x")
    for _ in range(n):
        y = y + y
    return y, x


def test_of_more_paths_than_the_limit_the_count_and_the_sum_are_still_right() -> None:
    y, x = doublings(10)
    ledger = explain(y, wrt=x, limit=5)
    assert (len(ledger.entries), ledger.count, ledger.derivative) == (5, 1024, 1024.0)
    assert "1,024 paths lead from root to x" in str(ledger)
    assert "∂root/∂x = 1 + 1 + 1 + 1 + 1 + …\n" in str(ledger)
    assert "= 1024\n" in str(ledger)
    assert "5 of 1,024 paths are listed, the sum is over all" in str(ledger)
    assert "limit=20) lists more" in str(ledger)


def test_paths_beyond_count_are_answered_at_once() -> None:
    y, x = doublings(200)
    ledger = explain(y, wrt=x)
    assert (len(ledger.entries), ledger.count) == (40, 2**200)
    assert ledger.derivative == 2.0**200
    assert "about 2**200 paths lead from root to x" in str(ledger)


def test_a_node_that_is_not_below_the_root_has_no_path() -> None:
    x, q = Value(1.0, "x"), Value(2.0, "q")
    ledger = explain(2 * x, wrt=q)
    assert (ledger.count, ledger.entries, ledger.derivative) == (0, [], 0.0)
    assert str(ledger) == "q is not below the root: no path leads to it, and ∂root/∂q = 0"
    assert "this node is not below" in str(explain(2 * x, wrt=Value(1.0)))


def test_about_a_constant_nothing_is_asked() -> None:
    c = constant(2.0)
    c.label = "c"
    ledger = explain(c * Value(1.0, "x"), wrt=c)
    assert (ledger.count, ledger.entries, ledger.derivative) == (0, [], 0.0)
    assert str(ledger).startswith("c is a constant, about which nothing is asked")


def test_the_path_from_a_root_to_itself_has_no_edge() -> None:
    y = 2 * Value(1.0, "x")
    ledger = explain(y, wrt=y)
    (entry,) = ledger.entries
    assert (entry.names, entry.factors, entry.derivative) == (("root",), (), 1.0)
    assert "∂root/∂root = 1" in str(ledger)


def test_a_node_asked_about_has_a_name_even_without_a_label() -> None:
    x = Value(0.0, "x")
    u = exp(x)
    ledger = explain(sin(u) * u, wrt=u)
    assert [entry.names for entry in ledger.entries] == [("root", "node")] * 2
    assert [written(entry.factors[0]) for entry in ledger.entries] == [
        "node * cos(node)",
        "sin(node)",
    ]


# ---- several roots -------------------------------------------------------------------------------


def test_a_list_of_roots_gives_a_table_for_each() -> None:
    x = Value(3.0, "x")
    y, z = 2 * x, x * x
    z.label = "z"
    found = explain([y, z])
    assert [sheet.rows[0].gradient for sheet in found.sheets] == [2.0, 6.0]
    text = str(found)
    assert "root[0] = 6: its derivatives" in text
    assert "z = 9: its derivatives" in text
    assert found.markdown == "\n".join(sheet.markdown for sheet in found.sheets)
    assert found.html.count("<table") == found.latex.count(r"\begin{longtable}") == 2


def test_several_roots_have_ledgers_to_one_node() -> None:
    x = Value(3.0, "x")
    found = explain([2 * x, x * x], wrt=x)
    assert [sheet.derivative for sheet in found.sheets] == [2.0, 6.0]


def test_several_tables_are_one_document(tmp_path) -> None:
    x = Value(3.0, "x")
    text = explain([x + 1, x * x]).save(tmp_path / "both.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{document}") == 1
    assert text.count(r"\begin{longtable}") == 2


def test_a_list_holds_nodes() -> None:
    with pytest.raises(ValueError, match="this list is empty"):
        explain([])
    with pytest.raises(TypeError, match="explain needs a node, such as a Value, got a float"):
        explain([2.0])


def test_a_name_that_was_shortened_is_told() -> None:
    model = MLP(1, [1], rng=Random(0))
    loss = model([Value(1.0, "x")]) ** 2
    assert "w[0,0,0] is short for layers[0].neurons[0].w[0]" in str(explain(loss))
    assert "short for" not in str(explain(Value(1.0, "x") * 2))
