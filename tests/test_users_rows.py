"""A user's row that chooses, one that binds like an operator, one that is a sum of terms.

Each works in every place that a built-in one does.
"""

import json
import math
import shutil
import subprocess
from random import Random

import pytest

from autograd import (
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    Value,
    assert_gradcheck,
    check_operation,
    derivatives,
    describe,
    exp,
    gradcheck,
    python_function,
    where,
)
from autograd.rules.printing import SUM
from chainrule.terminal.expressions import Program
from nn.training.divergence import first_not_finite
from viz import draw, explain, explore
from viz.derivation.printers import HtmlPrinter, TexPrinter, TextPrinter
from viz.page.javascript import functions


class Rows:
    """The three rows: `pick(side, a, b)`, `x (+) y`, and `weighted([w, x, w, x, ...])`."""

    def __init__(self) -> None:
        self.pick = Operation(
            "pick",
            lambda side, a, b: where(side > 0.0, a, b),
            lambda side, a, b, z: 0.0,
            lambda side, a, b, z: where(side > 0.0, 1.0, 0.0),
            lambda side, a, b, z: where(side > 0.0, 0.0, 1.0),
            chooses=lambda side, a, b: where(side > 0.0, 1.0, 2.0),
        )
        self.join = Operation(
            "join",
            lambda x, y: x + y + x * y,
            lambda x, y, z: 1.0 + y,
            lambda x, y, z: 1.0 + x,
            symbol="(+)",
            latex=r"\oplus",
            binds=SUM,
        )
        self.weighted = NaryOperation(
            "weighted",
            lambda xs: sum([w * x for w, x in zip(xs[::2], xs[1::2])]),
            lambda xs, z: [xs[i + 1] if i % 2 == 0 else xs[i - 1] for i in range(len(xs))],
            terms=lambda xs: [w * x for w, x in zip(xs[::2], xs[1::2])],
            weights=lambda count: range(0, count, 2),
        )


@pytest.fixture
def rows(own_rows: None) -> Rows:
    return Rows()


def program(rows: Rows, a: Value, b: Value) -> Value:
    """All three in one graph: pick(a, a (+) b, w a + 3 b)."""
    return rows.pick(a, rows.join(a, b), rows.weighted([2.0, a, b, 3.0]))


def test_they_are_right_on_their_domain(rows: Rows) -> None:
    assert check_operation(rows.pick, rng=Random(1))
    assert check_operation(rows.join, rng=Random(1))


def test_gradcheck_confirms_them_on_either_side_of_a_choice(rows: Rows) -> None:
    assert_gradcheck(lambda a, b: program(rows, a, b), [0.7, -0.3])
    assert_gradcheck(lambda a, b: program(rows, a, b), [-0.7, -0.3], order=2)


def test_gradcheck_does_not_measure_across_a_choice(rows: Rows) -> None:
    report = gradcheck(lambda a: rows.pick(a - 1e-9, a + 100.0, a), [0.0])
    assert report.count("ok") == 1  # a step of 1/8 would jump by 100


def test_a_wrong_rule_of_a_choice_is_found(rows: Rows) -> None:
    wrong = Operation(
        "wrong",
        lambda side, a, b: where(side > 0.0, a, b),
        lambda side, a, b, z: 0.0,
        lambda side, a, b, z: 1.0,
        lambda side, a, b, z: where(side > 0.0, 0.0, 1.0),
        chooses=lambda side, a, b: where(side > 0.0, 1.0, 2.0),
    )
    report = gradcheck(lambda a, b: wrong(-1.0, a, b), [0.7, 0.3])
    assert "the rule of wrong for argument 1" in str(report)


def test_a_derivative_of_a_choice_is_that_of_what_it_took(rows: Rows) -> None:
    a, b = Value(0.7, "a"), Value(-0.3, "b")
    da = derivatives(program(rows, a, b), a)
    assert da.data == 0.7  # 1 + b
    assert describe(da).operations == {"add": 1}


def test_a_choice_of_terms_folds_to_the_term_that_it_took(rows: Rows) -> None:
    chosen = Operation(
        "chosen",
        lambda x: x * x,
        lambda x, z: rows.pick(x, 2.0 * x, -exp(x)),  # a rule may call a row that chooses
    )
    x = Value(1.5, "x")
    assert describe(derivatives(chosen(x), x)).operations == {"mul": 1}


def test_explain_writes_them_out(rows: Rows) -> None:
    a, b = Value(0.7, "a"), Value(-0.3, "b")
    y = program(rows, a, b)
    text = str(explain(y, names={"y": y}, weights=True))
    assert "y = pick(a, a (+) b, 2 * a + 3 * b)" in text
    assert r"a \mathbin{\oplus} b" in explain(y).latex


def test_explain_leaves_the_weights_out(rows: Rows) -> None:
    w, x = Value(0.5, "w"), Value(2.0, "x")
    sheet = explain(rows.weighted([w, x]))
    assert [row.name for row in sheet.rows] == ["x"]
    assert "weight" in sheet.notes[0]


def test_an_operator_binds_as_its_row_says(rows: Rows) -> None:
    formula = Formula(Operation("mix", lambda x, y: rows.join(x * y, y) * x, lambda x, y, z: 0.0,
                                lambda x, y, z: 0.0)).forward  # fmt: skip
    assert TextPrinter().text(formula) == "(x * y (+) y) * x"
    assert HtmlPrinter().text(formula) == "(<i>x</i> · <i>y</i> (+) <i>y</i>) · <i>x</i>"
    assert TexPrinter().text(formula) == r"\left(x \, y \mathbin{\oplus} y\right) \, x"


def test_as_python_they_are_calls_that_give_the_same_bits(rows: Rows) -> None:
    formula = Formula(Operation("mix", lambda x, y: rows.join(x, y) * rows.pick(x, y, 1.0),
                                lambda x, y, z: 0.0, lambda x, y, z: 0.0))  # fmt: skip
    names: dict[str, object] = dict(OPERATIONS)
    exec(python_function(formula.forward, "f", formula.letters), names)
    assert names["f"](0.3, 0.1) == rows.join(0.3, 0.1) * 0.1  # type: ignore[operator]  # made of text


def test_a_picture_shows_the_sign_between_operands(rows: Rows) -> None:
    a = Value(0.7, "a")
    assert "2 (+)" in draw(rows.join(2.0, a)).svg
    assert "(+) 2" in draw(rows.join(a, 2.0)).svg
    assert "pick(·, 1, ·)" in str(draw(rows.pick(a, 1.0, a)))


def test_a_page_has_their_formulas_and_slopes(rows: Rows) -> None:
    a, b = Value(0.7, "a"), Value(-0.3, "b")
    graph = explore(rows.join(a, rows.weighted([b, a])))._graph
    by_name = {node["name"]: node for node in graph["nodes"]}
    assert by_name["root"]["formula"] == [0, " (+) ", 1]
    assert by_name["v1"]["formula"] == [0, " * ", 1]
    assert by_name["v1"]["slopes"] == [[0], [1]]
    assert by_name["root"]["slopes"] == [["1 + ", 2], ["1 + ", 0]]


def test_a_page_tells_of_a_choice_that_was_recorded(rows: Rows) -> None:
    a = Value(0.7, "a")
    assert explore(rows.pick(1.0, a, 2.0))._graph["note"].startswith("What pick chose was decided")
    assert not explore(rows.pick(a, a, 2.0))._graph["note"]


def test_a_pages_arithmetic_gives_the_same_numbers(rows: Rows) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node on PATH")
    script = functions([(rows.pick, 3), (rows.join, 2), (rows.weighted, 4)])
    calls = (
        '[F["pick/3"].f([-1, 2, 3]), F["join/2"].f([0.3, 0.1]), F["join/2"].d[0]([0.3, 0.1], 0),'
        ' ...F["weighted/4"].all([1, 2, 3, 4], 14)]'
    )
    done = subprocess.run(
        [node, "-e", f"const F = {script};\nconsole.log(JSON.stringify({calls}))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [3, rows.join(0.3, 0.1), 1.1, 2, 1, 4, 3]


def test_the_expression_language_reads_them(rows: Rows) -> None:
    made = Program("pick(a > 1, join(a, 2), weighted([a, 3, 4, a]))", {"a": "0.5"}).run()
    assert made.root.data == 3.5  # 0.5 * 3 + 4 * 0.5
    made.root.backward()
    assert made.values["a"].grad == 7.0


def test_what_a_choice_did_not_take_did_not_make_it_infinite(rows: Rows) -> None:
    bad, good = Value(math.inf, "bad"), Value(1.0, "good")
    assert first_not_finite(rows.pick(1.0, bad, good) + rows.pick(-1.0, bad, good)) is bad
    root = rows.pick(-1.0, bad, good) * math.inf
    assert first_not_finite(root) is not bad
