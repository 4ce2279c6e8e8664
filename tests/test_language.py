"""The table and its language: one rule computes, records and prints, bit for bit the same."""

import math
import random

import pytest

import autograd
from autograd import (
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    Value,
    assert_gradcheck,
    atan2,
    clip,
    elu,
    leaky_relu,
    lookup,
    python_expression,
    python_function,
    relu,
    softmax,
    sumprod,
    tanh,
    where,
)
from autograd.rules.language import BUILT_IN, find_operation

ROWS = [OPERATIONS[name] for name in OPERATIONS if name in BUILT_IN]
by_name = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

LISTED = """
add sub mul div pow neg pos abs exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan asin acos atan
atan2 sinh cosh tanh asinh acosh atanh hypot erf erfc sinc
sigmoid softplus log_sigmoid softsign relu leaky_relu elu selu gelu silu mish hardtanh
maximum minimum clip where sumprod total mean prod norm logsumexp lookup
""".split()
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.0,
    1e-300,
    1e300,
    -745.0,
    36.7,
    math.inf,
    -math.inf,
    math.nan,
]


@pytest.fixture
def own_rows():
    """Rows that a test adds are taken out again."""
    before = dict(OPERATIONS)
    yield
    OPERATIONS.clear()
    OPERATIONS.update(before)


def operands(row: Operation, rng: random.Random) -> tuple[float, ...]:
    """Flat operands for a row, ordinary and special numbers mixed."""
    count = 5 if isinstance(row, NaryOperation) else len(row.partials)
    xs = [rng.choice([rng.gauss(0, 2), rng.gauss(0, 2), rng.choice(SPECIAL)]) for _ in range(count)]
    if row.name == "lookup":
        xs[-1] = float(rng.randrange(count - 1))
    if row.name == "where":
        xs[0] = float(rng.random() < 0.5)
    return tuple(xs)


def bits(x: float) -> str:
    return "nan" if math.isnan(x) else float(x).hex()


def test_every_operation_of_the_design_is_a_row() -> None:
    assert set(LISTED) == BUILT_IN


@by_name
def test_a_rule_printed_as_python_computes_what_it_computes_on_floats(row: Operation) -> None:
    rng = random.Random(row.name)
    count = 5 if isinstance(row, NaryOperation) else len(row.partials)
    formula = Formula(row, count)
    names = {**OPERATIONS, "inf": math.inf, "nan": math.nan, "abs": abs}
    exec(python_function(formula.forward, "forward", formula.letters), names)
    for i, rule in enumerate(formula.partials):
        exec(python_function(rule, f"partial_{i}", [*formula.letters, "z"]), names)
    compared = 0
    for _ in range(400):
        xs = operands(row, rng)
        try:
            z = row.compute(xs)
        except (ArithmeticError, ValueError) as error:
            if row.primitive or row.domain is None:  # a formula goes on beyond the domain
                with pytest.raises(type(error)):
                    names["forward"](*xs)
            continue
        assert bits(names["forward"](*xs)) == bits(z)
        for i, d in enumerate(row.differentiate(xs, z)):
            assert bits(names[f"partial_{i}"](*xs, z)) == bits(d)
        compared += 1
    assert compared >= 50


@by_name
def test_a_rule_never_raises_where_there_is_a_value(row: Operation) -> None:
    rng = random.Random(row.name)
    for _ in range(1000):
        xs = operands(row, rng)
        try:
            z = row.compute(xs)
        except (ArithmeticError, ValueError):
            continue
        assert all(type(d) is float for d in row.differentiate(xs, z))


@by_name
def test_a_row_gives_on_values_the_node_that_its_rules_give_on_floats(row: Operation) -> None:
    rng = random.Random(row.name)
    for _ in range(200):
        xs = operands(row, rng)
        try:
            z = row.compute(xs)
        except (ArithmeticError, ValueError) as error:
            with pytest.raises(type(error)):
                Value._record(row, [Value(x) for x in xs])
            continue
        node = Value._record(row, [Value(x) for x in xs])
        assert node.op is row
        assert bits(node.data) == bits(z)
        assert [*map(bits, node.local_derivatives)] == [*map(bits, row.differentiate(xs, z))]


@by_name
def test_a_row_takes_floats_and_gives_a_float(row: Operation) -> None:
    if row.name in ("total", "mean", "prod", "norm", "logsumexp"):
        z = row([1, 2.0, 3.0])
    elif row.name == "sumprod":
        z = row([1, 2.0], [3.0, 4.0])
    elif row.name == "lookup":
        z = row([1, 2.0], 0)
    elif row.name == "clip":
        z = row(1, 0, 2)
    elif row.name in ("maximum", "minimum"):
        z = row(1, 2)
    else:
        z = row(*[1, 1, 1][: len(row.partials)]) if row.name != "atanh" else row(0)
    assert type(z) is float


@by_name
def test_unary_rows_are_methods_too(row: Operation) -> None:
    if (
        isinstance(row, NaryOperation)
        or len(row.partials) != 1
        or row.name in ("neg", "pos", "abs")
    ):
        return
    x = 1.25 if row.domain is None or row.domain(1.25) else 0.25
    v = Value(x)
    assert getattr(v, row.name)().op is row
    assert getattr(v, row.name)().data == row(x)


def test_functions_with_parameters_take_numbers_values_and_names() -> None:
    x = Value(-2.0)
    assert leaky_relu(x).data == pytest.approx(-0.02)
    assert leaky_relu(x, slope=0.5).data == -1.0
    assert elu(x, alpha=Value(2.0)).data == pytest.approx(2 * math.expm1(-2))
    assert clip(x, low=-1, high=1).data == -1.0
    assert where(condition=x > 0, a=x, b=3.0).data == 3.0
    assert sumprod([x], [2.0], start=1.0).data == -3.0
    assert lookup([x, 5.0], index=Value(1.0)).data == 5.0


def test_softmax_adds_up_to_one_and_never_overflows() -> None:
    assert sum(softmax([1000.0, 1000.0, 999.0])) == pytest.approx(1.0)
    assert [v.data for v in softmax([Value(0.0), Value(0.0)])] == [0.5, 0.5]


def test_nothing_exported_shadows_a_builtin() -> None:
    import builtins

    assert not [name for name in autograd.__all__ if hasattr(builtins, name)]


def test_a_rule_is_printed_as_one_would_write_it() -> None:
    printed = [python_expression(rule) for rule in Formula(tanh).partials]
    assert printed == ["1.0 - z * z"]
    assert python_expression(Formula(relu).forward) == "where(x <= 0.0, 0.0, x)"


@pytest.mark.parametrize("operands", [(1.0,), (1.0, 2.0, 3.0), (Value(1.0),)])
def test_where_takes_three_arguments_and_no_other_number(operands) -> None:
    with pytest.raises(TypeError, match=r"where takes 3 arguments, got \d: write where\(condition"):
        where(True, *operands)


def test_a_symbol_shows_itself_as_calls() -> None:
    from autograd.rules.symbols import Symbol

    x = Symbol("x")
    assert repr(x) == "<symbol x>"
    assert repr(tanh(x) * 2.0) == "<symbol mul(tanh(x), 2.0)>"


def test_printing_keeps_the_order_of_operations() -> None:
    from autograd.rules.symbols import Symbol

    x, y = Symbol("x"), Symbol("y")
    for expression in (
        "x - (y - x)", "(x - y) - x", "x / (y / x)", "(-x) ** y", "-x ** y", "x ** -y", "-(-x)",
        "(x ** y) ** x", "x ** y ** x", "(x + y) * x", "-(x + y)", "(x < y) & (y < x) | (x == y)",
        "2.0 - -x", "(-2.0) ** x", "abs(x) * -1.0",
    ):  # fmt: skip
        rule = eval(expression, {"x": x, "y": y})
        printed = python_expression(rule)
        for a, b in ((1.5, 2.5), (3.0, 0.5), (2.0, 2.0)):
            assert eval(printed, {"x": a, "y": b}) == eval(expression, {"x": a, "y": b}), printed


# ---- a user's row --------------------------------------------------------------------------------


def test_a_users_row_works_everywhere(own_rows) -> None:
    cube = Operation("cube", lambda x: x * x * x, lambda x, z: 3 * x * x)
    assert cube(2.0) == 8.0
    x = Value(2.0)
    y = cube(x)
    y.backward()
    assert (y.data, x.grad, y.op) == (8.0, 12.0, cube)
    assert_gradcheck(cube, [1.3])
    assert python_expression(Formula(cube).partials[0]) == "3.0 * x * x"
    assert find_operation("cube") is cube


def test_a_users_row_may_be_redefined_but_not_take_a_built_in_name(own_rows) -> None:
    Operation("cube", lambda x: x * x, lambda x, z: 2 * x)
    assert Operation("cube", lambda x: x**3, lambda x, z: 3 * x**2)(2.0) == 8.0
    with pytest.raises(ValueError, match="has a row 'tanh' already: choose another name"):
        Operation("tanh", math.tanh, lambda x, z: 1 - z * z)


def test_an_opaque_row_works_eagerly_and_says_that_it_has_no_formula(own_rows) -> None:
    gamma = Operation("lgamma", math.lgamma, lambda x, z: (math.lgamma(x + 1e-6) - z) / 1e-6)
    y = gamma(Value(3.0))
    assert y.local_derivatives[0] == pytest.approx(0.9228, abs=1e-4)
    with pytest.raises(
        TypeError, match="operation 'lgamma' has no formula: its forward rule is an"
    ):
        Formula(gamma)


def test_a_rule_that_asks_if_is_opaque(own_rows) -> None:
    step = Operation("step", lambda x: 1.0 if x > 0 else 0.0, lambda x, z: 0.0)
    with pytest.raises(TypeError, match=r"cannot ask `if`: write where\(condition, a, b\)"):
        Formula(step)


def test_a_users_n_ary_row_takes_a_list(own_rows) -> None:
    norm = NaryOperation(
        "length",
        lambda xs: autograd.sqrt(autograd.total([x * x for x in xs])),
        lambda xs, z: [x / z for x in xs],
    )
    x, y = Value(3.0), Value(4.0)
    z = norm([x, y])
    z.backward()
    assert (z.data, x.grad, y.grad) == (5.0, 0.6, 0.8)


def test_a_row_without_partial_rules_is_refused(own_rows) -> None:
    with pytest.raises(ValueError, match="one partial rule per argument"):
        Operation("nothing", lambda x: x)
    with pytest.raises(ValueError, match="a name is an identifier|name is an identifier"):
        Operation("no name", lambda x: x, lambda x, z: 1.0)


def test_a_missing_row_is_asked_for_by_name() -> None:
    with pytest.raises(
        LookupError, match="no operation 'gone': run the code that defines it first"
    ):
        find_operation("gone")


def test_arguments_may_be_named_as_the_signature_names_them() -> None:
    assert atan2(x=1.0, y=0.0) == 0.0
    with pytest.raises(TypeError, match=r"tanh is written tanh\(x\); got tanh\(y=float\)"):
        tanh(y=1.0)


# ---- outside of a domain, and rules that give something else ------------------------------------


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.domain and not row.needs], ids=lambda row: row.name
)
def test_outside_of_its_domain_a_row_gives_no_number(row: Operation) -> None:
    rng, tried = random.Random(row.name), 0
    for _ in range(2_000):
        xs = operands(row, rng)
        if not row.domain(*xs) and not any(map(math.isnan, xs)):
            tried += 1
            for operand in (*xs,), (*map(Value, xs),):
                with pytest.raises((ArithmeticError, ValueError), match=row.symbol):
                    row(*operand)
    assert tried >= 20


def test_bounds_that_are_exchanged_are_told() -> None:
    with pytest.raises(ValueError, match="clip needs low <= high, got x = 1, low = 3, high = 2"):
        clip(Value(1.0), 3.0, 2.0)
    x = Value(2.0)
    clip(x, 2.0, 2.0).backward()
    assert x.grad == 0.0  # it is 2 whatever x is


@pytest.mark.usefixtures("own_rows")
def test_a_row_of_ones_own_gives_no_number_outside_of_its_domain() -> None:
    row = Operation("inner", lambda x: x * x, lambda x, z: 2 * x, domain=lambda x: x > 0.0)
    assert row(Value(3.0)).data == row(3.0) ** 1 == 9.0
    for x in (-3.0, Value(-3.0)):
        with pytest.raises(ValueError, match=r"inner needs x > 0, got -3"):
            row(x)
    both = NaryOperation("both", sum, lambda xs, z: [1.0] * len(xs), domain=lambda *xs: xs[0] > 0)
    with pytest.raises(ValueError, match="both needs x0 > 0, got x0 = -1, x1 = 2"):
        both([-1.0, Value(2.0)])
    assert math.isnan(row(math.nan))


@pytest.mark.usefixtures("own_rows")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1.0], "gives 1 local derivatives for 2 operands: it must give one for each"),
        ([1.0, 1.0, 1.0], "gives 3 local derivatives for 2 operands"),
        (1.0, "gives 1.0: it must give a list"),
        (None, "gives None: it must give a list"),
        ([1.0, None], "for x1 gives None: return a number"),
    ],
)
def test_a_rule_that_gives_something_else_is_told_at_the_first_call(given, said: str) -> None:
    row = NaryOperation("both", sum, lambda xs, z: given)
    for other in (Value(2.0), 2.0):
        with pytest.raises(TypeError, match=f"the rule of both {said}"):
            row([Value(1.0), other])


@pytest.mark.usefixtures("own_rows")
def test_a_rule_that_returns_nothing_is_told_at_the_first_call() -> None:
    row = Operation("twice", lambda x: 2 * x, lambda x, z: print(end=""))
    with pytest.raises(TypeError, match="the rule of twice for x gives None: return a number"):
        row(Value(1.0))
