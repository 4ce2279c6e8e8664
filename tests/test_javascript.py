"""The table in JavaScript: it computes, and raises, what the engine does, in Node and a browser."""

import json
import math
import random
import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from node import Node

from autograd import (
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    Value,
    exp,
    hypot,
    log,
    maximum,
    python_function,
    sigmoid,
    sqrt,
    tanh,
    total,
    where,
)
from autograd.rules.language import BUILT_IN
from viz.page.javascript import ROUTINES, erf_by_series, erfc_by_sum, functions

inf, nan = math.inf, math.nan
ULPS = 8  # in the last place: two mathematical libraries may differ by so many, 4 were seen
SPECIAL = [
    0.0, 5e-324, 1e-310, 1e-300, 1e-160, 1e-17, 1e-10, 1e-5, 0.1, 1 / 3, 0.5, math.nextafter(1, 0),
    1.0, math.nextafter(1, 2), 1.5, math.pi / 2, 2.0, 2.5, 3.0, math.pi, 6.0, 7.0, 19.1, 36.7,
    100.0, 709.78, 709.79, 745.0, 745.2, 1e5, 1e16, 1e22, 1e154, 1e155, 1e200, 1e300,
    sys.float_info.max, inf,
]  # fmt: skip
SPECIAL = [*SPECIAL, *[-x for x in SPECIAL], nan]
ROWS = [OPERATIONS[name] for name in OPERATIONS if name in BUILT_IN]
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
div = OPERATIONS["div"]


def counts(row: Operation) -> range:
    """Numbers of operands to try."""
    if isinstance(row, NaryOperation):
        return range(2 if row.name == "lookup" else 1, 7)
    return range(len(row.partials), len(row.partials) + 1)


def every(*rows: Operation) -> str:
    return functions([(row, count) for row in rows for count in counts(row)])


# ---- what is printed -----------------------------------------------------------------------------


def test_an_entry_is_printed_from_the_rules() -> None:
    printed = every(tanh)
    assert '"tanh/1": {symbol: "tanh", needs: "", f: $tanh, d: [([x], z) => 1 - z * z]},' in printed
    assert "guarded(Math.tanh)" in printed


def test_an_n_ary_row_gives_all_its_derivatives_at_once() -> None:
    assert "all: ([x0, x1, x2], z) => [1, 1, 1]" in functions([(OPERATIONS["total"], 3)])


def test_what_is_used_twice_is_computed_once() -> None:
    line = "([x]) => { const $1 = $exp([-$abs([x])]); return divide((x < 0 ? $1 : 1), 1 + $1); }"
    assert line in every(sigmoid)


def test_rows_that_a_rule_calls_are_there_and_no_others() -> None:
    printed = every(OPERATIONS["softplus"])
    assert "const $maximum$2 =" in printed
    assert "const $tanh =" not in printed
    assert '"exp/1"' not in printed


@by_row
def test_a_row_of_the_table_can_be_printed_and_cannot_end_the_script_around_it(row) -> None:
    printed = every(row)
    assert "</" not in printed
    assert "<!--" not in printed
    assert "-->" not in printed


@pytest.mark.parametrize("name", ["maximum", "logsumexp", "total", "sumprod", "mean", "lookup"])
def test_a_row_may_have_a_thousand_operands(name: str) -> None:
    assert f'"{name}/1000"' in functions([(OPERATIONS[name], 1000)])


def test_a_rule_a_thousand_deep_is_printed_as_python_too() -> None:
    formula = Formula(maximum, 1000)
    names: dict[str, Any] = {}
    exec(python_function(formula.forward, "largest", formula.letters), {"where": where}, names)
    assert names["largest"](*map(float, range(1000))) == 999.0


def test_an_opaque_row_has_no_functions(own_rows) -> None:
    gamma = Operation("lgamma", math.lgamma, lambda x, z: 0.0)
    message = "operation 'lgamma' has no formula: its forward rule is an arbitrary Python function"
    with pytest.raises(TypeError, match=message):
        every(gamma)
    calling = Operation("calling", lambda x: gamma(x) + 1, lambda x, z: 1.0)
    with pytest.raises(TypeError, match=message):
        every(calling)


@pytest.mark.parametrize(
    "rule",
    [
        lambda x: 1.0 if x > 0 else 0.0,
        lambda x: math.sin(x),
        lambda x: float(x),
        lambda x: x.hex(),
        lambda x: x // 1,
        lambda x: sorted([x, 1.0])[0],
    ],
)
def test_what_is_no_rule_of_the_language_is_opaque(rule, own_rows) -> None:
    with pytest.raises(TypeError, match="operation 'odd' has no formula: its forward rule"):
        every(Operation("odd", rule, lambda x, z: 0.0))
    with pytest.raises(TypeError, match="operation 'odd' has no formula: its partial rule"):
        every(Operation("odd", lambda x: x, lambda x, z: rule(x)))


def test_a_primitive_row_needs_a_routine_or_a_formula(own_rows, monkeypatch) -> None:
    row = Operation("gamma", math.gamma, lambda x, z: 0.0, primitive=True)
    with pytest.raises(TypeError, match="'gamma' has no formula, and JavaScript has no Math.gamma"):
        every(row)
    monkeypatch.setitem(ROUTINES, "gamma", "Math.atan")
    assert "guarded(Math.atan)" in every(row)


def test_two_rows_of_one_name_are_refused(own_rows) -> None:
    first = Operation("twice", lambda x: x + x, lambda x, z: 2.0)
    second = Operation("twice", lambda x: 2 * x, lambda x, z: 2.0)
    with pytest.raises(TypeError, match="two operations are named 'twice'"):
        every(first, second)


# ---- a formula for erf ---------------------------------------------------------------------------


def ulps(a: float, b: float, scale: float = 0.0) -> float:
    """How far a is from b, in units of b's last place or of the scale's; infinite where they differ
    in being NaN or infinite, or in the sign of a zero."""
    if math.isnan(a) or math.isnan(b):
        return 0.0 if math.isnan(a) and math.isnan(b) else inf
    if a == b:
        return 0.0 if a != 0 or math.copysign(1, a) == math.copysign(1, b) else inf
    if math.isinf(a) or math.isinf(b):
        return inf
    return abs(a - b) / math.ulp(max(abs(b), scale))


def test_the_formula_of_erf_is_right_to_five_ulps_on_the_whole_line(rng) -> None:
    points = [rng.choice((-1, 1)) * 10 ** rng.uniform(-320, 2) for _ in range(2000)]
    points += [rng.uniform(-6.5, 6.5) for _ in range(6000)]
    points += [2 + k * 2**-40 for k in range(-200, 200)]
    assert max(ulps(erf_by_series(x), math.erf(x)) for x in [*points, *SPECIAL]) <= 5


def test_the_formula_of_erfc_is_right_to_eight_ulps_into_both_tails(rng) -> None:
    points = [rng.choice((-1, 1)) * 10 ** rng.uniform(-320, 2) for _ in range(2000)]
    points += [rng.uniform(-6.5, 26.0) for _ in range(6000)]
    points += [p + k * 2**-40 for p in (-0.5, 0.5, 6) for k in range(-200, 200)]
    assert max(ulps(erfc_by_sum(x), math.erfc(x)) for x in [*points, *SPECIAL]) <= 8


# ---- the same numbers in JavaScript --------------------------------------------------------------


@pytest.fixture(params=["node", pytest.param("chromium", marks=pytest.mark.browser)])
def window(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Node, or a page in Chromium; `window.F` is made of what a test prints."""
    if request.param == "node":
        yield request.getfixturevalue("node")
        return
    page = request.getfixturevalue("chromium").new_page()
    yield page
    page.close()


COMPUTE = """([key, cases]) => {
  const row = F[key];
  const written = (x) => (Object.is(x, -0) ? "-0" : String(x));
  const results = JSON.parse(cases).map(([xs, labels, z]) => {
    xs = xs.map(Number);
    try {
      const own = row.f(xs, labels);
      const by = (z) => (row.all ? row.all(xs, z) : row.d.map((d) => d(xs, z))).map(written);
      return {z: written(own), d: by(z === null ? own : Number(z))};
    } catch (error) {
      return {error: `${error.name}: ${error.message}`};
    }
  });
  return JSON.stringify(results);
}"""


def compute(window: Any, key: str, cases: list[Any]) -> list[Any]:
    """What the page makes of operands, labels and (for the derivatives) the output: the output and
    the derivatives, or a text where it throws.  Numbers travel as text: JSON knows neither inf
    nor -0, and many small objects are slow."""
    sent = [
        [[written(x) for x in xs], labels, None if z is None else written(z)]
        for xs, labels, z in cases
    ]
    return [
        got["error"] if "error" in got else (float(got["z"]), [float(d) for d in got["d"]])
        for got in json.loads(window.evaluate(COMPUTE, [key, json.dumps(sent)]))
    ]


def written(x: float) -> str:
    return repr(x).replace("inf", "Infinity")


def draw(rng: random.Random) -> float:
    return rng.choice((
        rng.gauss(0, 2), rng.gauss(0, 2), rng.uniform(-1, 1), rng.choice(SPECIAL),
        rng.choice((-1, 1)) * 10 ** rng.uniform(-8, 3),
    ))  # fmt: skip


def points(row: Operation, count: int, window: Any) -> list[tuple[float, ...]]:
    """Operands inside and outside the domain, on its edges, on kinks, huge, tiny, inf and nan; not
    so many in Node, where this must be quick."""
    rng = random.Random(f"{row.name} {count}")
    quick = isinstance(window, Node)
    many = 1500 if count < 3 else 500
    if quick:
        many = 800 if count == 1 else 200
    drawn = [tuple(draw(rng) for _ in range(count)) for _ in range(many)]
    drawn += [(rng.choice(SPECIAL),) * count for _ in range(10)]  # ties
    if count < 3:
        special = list(product(SPECIAL, repeat=count))
        drawn += special[::10] if quick and count == 2 else special
    if row.name == "lookup":
        drawn = [(*xs[:-1], float(rng.randrange(count - 1))) for xs in drawn]
    return drawn


def scale(row: Operation, xs: tuple[float, ...]) -> float:
    """What an error is measured against: 1 or the operands where a rule may cancel."""
    if row.saturating or row.name in ("logsumexp", "more_log"):
        return max([1.0, *[abs(x) for x in xs if abs(x) < 1e3]])
    return 0.0


def agree(
    window: Any, row: Operation, cases: list[tuple[float, ...]], most: float = ULPS
) -> tuple[int, int]:
    """How many values and errors the page shares with the engine; it must share all of them."""
    expected: list[Any] = []
    for xs in cases:
        try:
            z = row.evaluate(xs)
            expected.append((z, [float(d) for d in row.differentiate(xs, z)]))
        except (ArithmeticError, ValueError) as error:
            expected.append(f"{type(error).__name__}: {error}")
    given = [(xs, [], None if isinstance(e, str) else e[0]) for xs, e in zip(cases, expected)]
    found = compute(window, f"{row.name}/{len(cases[0])}", given)
    for xs, want, got in zip(cases, expected, found, strict=True):
        if isinstance(want, str) or isinstance(got, str):
            assert got == want, xs
            continue
        assert ulps(got[0], want[0], scale(row, xs)) <= most, (xs, want, got)
        for used, right in zip(got[1], want[1], strict=True):
            assert ulps(used, right, scale(row, xs) * row.saturating) <= most, (xs, want, got)
    errors = sum(isinstance(want, str) for want in expected)
    return len(expected) - errors, errors


RAISING = """
clip div log pow exp expm1 log1p log2 log10 sqrt cos sin tan asin acos cosh sinh acosh atanh
""".split()


@by_row
def test_a_row_computes_and_raises_what_it_does_in_the_engine(row: Operation, window) -> None:
    window.evaluate(f"() => {{ window.F = {every(row)}; }}")
    shared = [agree(window, row, points(row, count, window)) for count in counts(row)]
    assert sum(values for values, _ in shared) > 60
    assert (sum(errors for _, errors in shared) > 5) == (row.name in RAISING)


@by_row
def test_derivatives_from_the_pages_own_output_are_the_engines(row: Operation, window) -> None:
    window.evaluate(f"() => {{ window.F = {every(row)}; }}")
    rng = random.Random(row.name)
    many = 60 if isinstance(window, Node) else 300
    count = counts(row)[-1]
    cases = [tuple(rng.uniform(0.01, 0.99) for _ in range(count)) for _ in range(many)]
    if row.name in ("acosh", "lookup", "clip"):  # within the domain
        last = {"lookup": lambda xs: 2.0, "acosh": lambda xs: 1 / xs[0], "clip": lambda xs: 2.0}
        cases = [(*xs[:-1], last[row.name](xs)) for xs in cases]
    found = compute(window, f"{row.name}/{count}", [(xs, [], None) for xs in cases])
    for xs, (_, d) in zip(cases, found):
        for used, right in zip(d, row.differentiate(xs, row.evaluate(xs)), strict=True):
            assert ulps(used, right, scale(row, xs)) <= 2 * ULPS, (xs, right, d)


def message(operation: Operation, *operands: Value) -> str:
    """What the engine raises, with its name."""
    with pytest.raises((ArithmeticError, ValueError), match=operation.symbol) as caught:
        operation(*operands)
    return f"{caught.type.__name__}: {caught.value}"


def test_an_error_names_the_operands_by_their_labels(window) -> None:
    window.evaluate(f"() => {{ window.F = {every(log, div)}; }}")
    assert compute(window, "log/1", [([-1.5], ["p"], None)]) == [message(log, Value(-1.5, "p"))]
    assert compute(window, "div/2", [([2.0, 0.0], ["", "rate"], None)]) == [
        message(div, Value(2.0), Value(0.0, "rate"))
    ]


def test_numbers_and_labels_in_an_error_read_as_in_python(window, rng) -> None:
    window.evaluate(f"() => {{ window.F = {every(log)}; }}")
    signs = "ab'\"\\\n\r\t\0\x1f\x7f\x80\xa0\xad é×–∂\u0600\u200b\u2028\ud7ff\ufeff😀<>&"
    signs += "\U000e0001"
    numbers = [-(10.0**k) for k in range(-20, 25)] + [x for x in SPECIAL if x <= 0]
    numbers += [-math.ldexp(rng.random(), rng.randint(-1000, 1000)) for _ in range(900)]
    labels = ["".join(rng.choices(signs, k=rng.randint(0, 6))) for _ in numbers]
    found = compute(window, "log/1", [([x], [label], None) for x, label in zip(numbers, labels)])
    assert found == [message(log, Value(x, label)) for x, label in zip(numbers, labels)]


# ---- a user's rows -------------------------------------------------------------------------------


def both(x: Any, y: Any) -> Any:
    return where((x > 0) & (y > 0) | (x == y), x, where((x != y) & (x < 1), y, 2))


def truth(c: Any, a: Any) -> Any:
    return where(c, a, 0.0) + where(c - a, 1.0, 2.0) + where(2.0, a, c) + where(sigmoid(c), 1, a)


def signs(x: Any) -> Any:
    negated = -x
    return -negated - -x + +x - (1 - (x - 2))


def norm(xs: Any) -> Any:
    return sqrt(total([x * x for x in xs]))


def users_rows() -> list[Operation]:
    """Rows with whatever the language allows."""
    ends = "</script><!--\"'\\"
    # fmt: off
    return [
        Operation("cube",       lambda x: x * x * x,              lambda x, z: 3 * x * x),
        Operation("signs",      signs,                            lambda x, z: signs(-2)),
        Operation("numbers",    lambda x: x * inf + 1e-7 * x - 1e300 * -x, lambda x, z: nan),
        Operation("step",       lambda x: x > 0,                  lambda x, z: x == 0),
        Operation("yes_no",     lambda x: where(x > 1, x < 2, x > 0),
                                lambda x, z: maximum(x < 1, z)),
        Operation("hopeless",   lambda x: x / 0,                  lambda x, z: x),
        Operation("inverse",    lambda x: 1 / x,                  lambda x, z: -z * z),
        Operation("reverse",    lambda x: x**-1.0,                lambda x, z: -z * z),
        Operation("more_log",   lambda x: log(x) + 1,             lambda x, z: 1 / x),
        Operation("double_exp", lambda x: 2 * exp(x),             lambda x, z: z),
        Operation("near",       sqrt, lambda x, z: 0.0, domain=lambda x: (x >= 0) & (x < 9)),
        Operation("finite",     sqrt, lambda x, z: 1.0, domain=lambda x: abs(x) < math.inf,
                                needs="luck"),
        Operation("delete",     lambda new: new * 2,              lambda new, z: new, symbol=ends),
        Operation("größe",      lambda maß: maß + 1,              lambda maß, z: 1),
        Operation("shadow",     lambda total, power: total / power,
                                lambda total, power, z: power,
                                lambda total, power, z: hypot(total, power)),
        Operation("letters",    lambda x, y, z: maximum(x, y, z),
                                lambda x, y, z, out: where(x == out, y, z),
                                lambda x, y, z, out: where(z == out, x, out),
                                lambda x, y, z, out: y * z * out),
        Operation("both",       both,
                                lambda x, y, z: where((x >= y) | (y <= 0), x + y, 1),
                                lambda x, y, z: both(y, z)),
        Operation("truth",      truth,
                                lambda c, a, z: where(-c, 1.0, 3.0),
                                lambda c, a, z: where(sigmoid(c), 1.0, 3.0)),
        NaryOperation("length", norm, lambda xs, z: [x / where(z == 0, 1.0, z) for x in xs]),
    ]
    # fmt: on


def test_a_users_rows_compute_and_raise_what_they_do_in_the_engine(window, own_rows) -> None:
    rows = users_rows()
    window.evaluate(f"() => {{ window.F = {every(*rows)}; }}")
    shared = {
        row.name: [
            sum(c) for c in zip(*[agree(window, row, points(row, n, window)) for n in counts(row)])
        ]
        for row in rows
    }
    assert {name for name, (values, _) in shared.items() if values < 100} == {"hopeless"}
    raising = {name for name, (_, errors) in shared.items() if errors}
    assert raising == set("inverse reverse hopeless more_log double_exp near finite shadow".split())


def random_rule(rng: random.Random, x: Any, y: Any, size: int) -> Any:
    """An expression of exact arithmetic on x and y, drawn as a program: its parts are shared."""
    parts = [x, y, rng.choice([0.0, -0.0, 1, -2.5]), rng.choice([1e-7, -inf, 3])]
    for _ in range(size):
        a, b, c = rng.choices(parts[-6:], k=3)
        condition = rng.choice([x < a, y >= b, x == c, y != a, (x > a) & (y <= b)])
        condition = rng.choice([condition, (x != b) | (a * y < c) & (b + x > c)])
        choice = where(condition, a, b)
        parts.append(rng.choice([a + b, a - b, a * b, -a, +a, a / 4, choice, maximum(a, b, c)]))
    return parts[-1]


def test_random_rules_are_the_same_to_the_bit(window, own_rows, rng) -> None:
    def rule(seed: float) -> Any:
        return lambda x, y, *z: random_rule(random.Random(seed), x, y, 1 + int(14 * seed))

    rows = [
        Operation(f"rule{i}", rule(rng.random()), rule(rng.random()), rule(rng.random()))
        for i in range(150)
    ]
    window.evaluate(f"() => {{ window.F = {every(*rows)}; }}")
    for row in rows:
        assert agree(window, row, [(draw(rng), draw(rng)) for _ in range(40)], most=0) == (40, 0)
