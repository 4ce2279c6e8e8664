"""Derivatives that can be differentiated again: right to third order, no larger than by hand.

The truth is a difference of the oracle's forward functions; how far rounding may carry a computed
derivative from it is asked of the derivative's own recorded graph (design.md, section 8).

Letters: a root y, a row's value z, variables xs, a derivative d, its exact number g.
"""

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from math import inf, nan
from random import Random
from typing import Any

import pytest
from oracle import FORWARD, mp
from programs import (
    CALLS,
    ILL,
    MORE_RUNS,
    RUNS,
    SIZE,
    UNIT,
    Calls,
    Fault,
    Program,
    draw_program,
    every_fault,
    planted,
    record,
    run,
)
from test_accuracy import EDGY, FEW, asked, draw_operands, is_interior, recorded, same

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    StaleGraphError,
    Value,
    acos,
    asin,
    atan2,
    cbrt,
    clip,
    constant,
    cos,
    derivatives,
    describe,
    elu,
    exp,
    hypot,
    leaky_relu,
    log,
    maximum,
    mean,
    minimum,
    no_grad,
    prod,
    relu,
    sin,
    sqrt,
    sumprod,
    tanh,
    topological_order,
    total,
    where,
)

ROWS = tuple(FORWARD)
FLAT = {  # rows made of flat pieces: every second derivative is 0
    "add", "sub", "neg", "pos", "abs", "relu", "where", "clip", "maximum", "minimum", "lookup",
    "total", "mean", "hardtanh",
}  # fmt: skip


# ---- the truth, and how far rounding may carry a recorded derivative from it ---------------------

STEP = mp.mpf("1e-100")  # relative: differences are off by about 1e-200
DIGITS = 700  # to work with: a third difference cancels 300 of them
FLOOR = mp.mpf("1e-180")  # what that leaves of a 0, and what underflow below 2**-1074 may grow to


def partial(f: Callable[..., Any], xs: Sequence[Any], places: Sequence[int]) -> Any:
    """d f(*xs) / d xs[i] d xs[j] ... for the places i, j, ...: central differences, nested."""
    with mp.workdps(DIGITS):
        steps = [STEP * (abs(xs[i]) or 1) for i in places]
        difference = mp.zero
        for signs in itertools.product((1, -1), repeat=len(places)):
            moved = list(xs)
            for i, h, sign in zip(places, steps, signs):
                moved[i] += sign * h
            difference += math.prod(signs) * f(*moved)
        return difference / mp.fprod(2 * h for h in steps)


class Rounding:
    """How far rounding may carry recorded Values from their formula: the largest change of each.

    In each of six runs at 120 digits everything in the graph is changed by a factor 1 +- 2**-53:
    the numbers that operations give (in units of SIZE, where they are sums), and those among the
    constants that are no integers.  A constant may be what cancelled when it was folded from
    others, so it changes by 2**-53 at least.  `known` are constants that are exact.
    """

    def __init__(self, nodes: Sequence[Value], rng: Random, known: Sequence[float] = ()) -> None:
        self.nodes = nodes
        self.order = topological_order(total(nodes))[:-1]
        self.known = set(known)
        self.formula = self._run(lambda: 0)
        self.spreads = [mp.zero] * len(nodes)
        self.looked_twice = False
        self._rng = rng
        self._perturb(RUNS)

    def _noise(self) -> Any:
        return UNIT if self._rng.getrandbits(1) else -UNIT

    def _run(self, noise: Callable[[], Any]) -> list[Any]:
        """The numbers of the nodes, each step of the graph taken by the oracle."""
        found: dict[Value, Any] = {}
        for v in self.order:
            if v.parents:
                xs = [found[p] for p in v.parents]
                name = v.op.name.removeprefix("faulty_")
                z = FORWARD[name](*xs)
                found[v] = z + noise() * (SIZE[name](*xs) if name in SIZE else z)
            else:
                x = mp.mpf(v.data)
                exact = not v.is_constant or v.data.is_integer() or v.data in self.known
                found[v] = x if exact else x + noise() * max(1, abs(x))
        return [found[v] for v in self.nodes]

    def _perturb(self, runs: int) -> None:
        for _ in range(runs):
            try:
                changes = [abs(a - b) for a, b in zip(self._run(self._noise), self.formula)]
            except (ArithmeticError, TypeError, ValueError):  # rounding alone may leave the domain
                changes = [mp.inf] * len(self.nodes)
            self.spreads = [max(pair) for pair in zip(self.spreads, changes)]

    def bounds(self, truths: Sequence[Any]) -> list[Any]:
        """How far from the truth a right derivative may lie."""
        return [16 * s + 2 * UNIT * abs(g) + FLOOR for s, g in zip(self.spreads, truths)]

    def wrong(self, truths: Sequence[Any]) -> list[int]:
        """The positions of the wrong derivatives; called so only after sixteen more runs agree."""
        if self._outside(truths) and not self.looked_twice:
            self.looked_twice = True
            self._perturb(MORE_RUNS)
        return self._outside(truths)

    def _outside(self, truths: Sequence[Any]) -> list[int]:
        triples = enumerate(zip(self.nodes, truths, self.bounds(truths)))
        return [i for i, (d, g, bound) in triples if not abs(d.data - g) <= bound]


def test_a_third_difference_has_a_hundred_digits() -> None:
    x, y = mp.mpf(0.7), mp.mpf(-1.3)
    exact = {(0, 0, 1): -mp.sin(x) * mp.exp(y), (1, 1, 1): mp.sin(x) * mp.exp(y)}
    for places, g in exact.items():
        computed = partial(lambda x, y: mp.sin(x) * mp.exp(y), [x, y], places)
        assert abs(computed / g - 1) < mp.mpf("1e-100")


def test_sixteen_roundings_are_allowed_and_twenty_are_not() -> None:
    x = Value(0.7)
    d, g = derivatives(exp(x), x), mp.exp(mp.mpf(0.7))  # one node, so one rounding is the spread
    assert Rounding([d], Random(0)).wrong([g * (1 + 16 * UNIT)]) == []
    assert Rounding([d], Random(0)).wrong([g * (1 + 20 * UNIT)]) == [0]


# ---- every row of the table to third order -------------------------------------------------------


class Row:
    """All derivatives of one row at one point, by their places: (i,), (i, j), (i, j, k)."""

    def __init__(self, name: str, xs: Sequence[Any], rng: Random, calls: Calls = CALLS) -> None:
        z = recorded(name, xs, calls)
        found = {(): z}
        for order in (1, 2, 3):
            for places in [p for p in found if len(p) == order - 1]:
                wrt = [z.parents[i] for i in asked(name, xs)]
                for i, d in zip(asked(name, xs), derivatives(found[places], wrt)):
                    found[*places, i] = d
        del found[()]
        exact = [x if isinstance(x, bool) else mp.mpf(x) for x in xs]
        truths = {
            places: partial(FORWARD[name], exact, places)
            for places in found
            if list(places) == sorted(places)
        }
        self.places = list(found)
        self.derivatives = list(found.values())
        self.truths = [truths[tuple(sorted(places))] for places in found]
        self.rounding = Rounding(self.derivatives, rng)
        self.wrong = [self.places[i] for i in self.rounding.wrong(self.truths)]

    def __str__(self) -> str:
        bounds = self.rounding.bounds(self.truths)
        lines = zip(self.places, self.derivatives, self.truths, bounds)
        return "\n".join(
            f"d/d{places}: computed {d.data!r}, exact {mp.nstr(g, 20)}, bound {mp.nstr(bound, 3)}"
            for places, d, g, bound in lines
            if places in self.wrong
        )


def interior(name: str, rng: Random) -> Iterator[tuple[Any, ...]]:
    """Points of the row's domain, off kinks, of every magnitude."""
    while True:
        xs = draw_operands(name, rng)
        if is_interior(name, xs) and len(xs) <= 5:
            yield xs


def assert_right_to_third_order(name: str, points: int, seed: int) -> None:
    rng = Random(seed)
    for xs in itertools.islice(interior(name, rng), points):
        row = Row(name, xs, rng)
        assert not row.wrong, f"{name}{xs}\n{row}"


@pytest.mark.parametrize("name", ROWS)
def test_the_derivatives_of_a_row_are_right_to_third_order(name: str) -> None:
    assert_right_to_third_order(name, points=5, seed=ROWS.index(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_derivatives_of_a_row_are_right_to_third_order_at_many_points(name: str) -> None:
    assert_right_to_third_order(name, points=200, seed=1000 + ROWS.index(name))


ROUNDED = {"log2", "log10", "erf", "erfc", "sinc", "gelu", "selu", "mean"}  # by a rounded number


@pytest.mark.parametrize("name", [n for n in ROWS if n not in ROUNDED])
def test_what_is_recorded_is_the_derivative_itself_but_for_rounding(name: str) -> None:
    rng = Random(ROWS.index(name))
    for xs in itertools.islice(interior(name, rng), 4):
        row = Row(name, xs, rng)
        for computed, g in zip(row.rounding.formula, row.truths):
            assert abs(computed - g) <= mp.mpf("1e-50") * abs(g) + FLOOR, xs


@pytest.mark.parametrize("name", sorted(FLAT))
def test_a_row_of_flat_pieces_has_the_constant_0_for_a_second_derivative(name: str) -> None:
    rng = Random(0)
    for xs in itertools.islice(interior(name, rng), 5):
        row = Row(name, xs, rng)
        second = [d for places, d in zip(row.places, row.derivatives) if len(places) > 1]
        assert all(d.is_constant and d.data == 0 for d in second)


@pytest.mark.parametrize(
    "fault",
    [fault for fault in every_fault() if fault.name not in FLAT],
    ids=lambda fault: f"{fault.name}-{fault.argument}",
)
def test_a_rule_off_by_a_billionth_is_noticed_in_a_second_derivative(fault: Fault) -> None:
    rng = Random(0)
    nary = isinstance(OPERATIONS[fault.name], NaryOperation)
    with planted(fault._replace(factor=1 + 1e-9)) as calls:
        for xs in itertools.islice(interior(fault.name, rng), 20):
            wrong = Row(fault.name, xs, rng, calls).wrong
            if any(len(places) == 2 and (nary or fault.argument in places) for places in wrong):
                return
    pytest.fail("no point in 20 shows it")


@pytest.mark.parametrize("n", [-3, -2, -1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize("base", [-2.5, 0.7])
def test_a_whole_power_has_the_derivatives_of_a_monomial(base: float, n: int) -> None:
    x = Value(base)
    d: Any = x**n
    for order in (1, 2, 3):
        d = derivatives(d, x)
        g = mp.ff(n, order) * mp.mpf(base) ** (n - order)
        assert Rounding([d], Random(0)).wrong([g]) == []


def test_the_mixed_derivative_of_a_power_is_1_over_x_where_the_exponent_is_0() -> None:
    x, y = Value(4.0), Value(0.0)
    by_x, by_y = derivatives(x**y, [x, y])
    assert (derivatives(by_y, x).data, derivatives(by_x, y).data) == (0.25, 0.25)


# ---- random programs -----------------------------------------------------------------------------


def test_a_first_derivative_is_the_gradient_of_backward_to_the_bit() -> None:
    rng, compared = Random(0), 0
    for _ in range(500):
        root, xs = record(draw_program(rng))
        found = derivatives(root, xs)
        root.backward()
        for d, x in zip(found, xs):
            if not math.isnan(x.grad):
                assert d.data == x.grad
                compared += x.grad != 0
    assert compared >= 500


def exactly(f: Callable[..., Any]) -> Callable[..., Any]:
    """f on the oracle's numbers, whatever numbers it is called on."""
    return lambda *xs: f(*map(mp.mpf, xs))


ORACLE = {name: exactly(f) for name, f in FORWARD.items()}


class Seconds:
    """The second derivatives of a program, row by row, and how far rounding may carry them."""

    def __init__(self, program: Program, rng: Random) -> None:
        self.program = program
        root, self.variables = record(program)
        first = derivatives(root, self.variables)
        self.derivatives = [d for slope in first for d in derivatives(slope, self.variables)]
        known = [v.data for v in topological_order(root) if v.is_constant]
        self.rounding = Rounding(self.derivatives, rng, known)
        n = len(self.variables)
        self.places = list(itertools.product(range(n), repeat=2))

    def truths(self) -> list[Any]:
        """The exact numbers, by differences of the whole program."""
        xs = [mp.mpf(x) for x in self.program.variables]
        exact = {
            (i, j): partial(lambda *xs: run(self.program, xs, ORACLE), xs, (i, j))
            for i, j in self.places
            if i <= j
        }
        return [exact[min(i, j), max(i, j)] for i, j in self.places]


def assert_second_derivatives_are_right(programs: int, seed: int) -> str:
    rng, zero, ill, wrong, count = Random(seed), 0, 0, [], 0
    for _ in range(programs):
        second = Seconds(draw_program(rng), rng)
        truths = second.truths()
        for i in second.rounding.wrong(truths):
            d, g = second.derivatives[i].data, truths[i]
            wrong.append(f"{second.program}\nd/d{second.places[i]}: {d!r}, exact {mp.nstr(g, 20)}")
        count += len(truths)
        zero += sum(abs(g) < FLOOR for g in truths)
        ill += any(s > ILL * abs(g) + FLOOR for s, g in zip(second.rounding.spreads, truths))
    summary = (
        f"programs {programs:,}, second derivatives {count:,}, zero {zero:,}, "
        f"ill-conditioned programs {ill:,}, wrong {len(wrong):,}"
    )
    assert not wrong, "\n\n".join([summary, *wrong[:5]])
    assert zero <= 0.75 * count, summary
    assert ill <= 0.15 * programs, summary
    return summary


def test_the_second_derivatives_of_random_programs_are_right() -> None:
    assert_second_derivatives_are_right(25, seed=1)


@pytest.mark.slow
def test_the_second_derivatives_of_5_000_random_programs_are_right(capsys) -> None:
    for part in range(1, 11):
        summary = assert_second_derivatives_are_right(500, seed=100 + part)
        with capsys.disabled():
            print(f"\n{part} of 10: {summary}", end="", flush=True)


def test_mixed_second_derivatives_are_symmetric() -> None:
    rng, mixed = Random(2), 0
    for _ in range(80):
        second = Seconds(draw_program(rng), rng)
        table = dict(zip(second.places, second.derivatives))
        spread = dict(zip(second.places, second.rounding.spreads))
        for i, j in second.places:
            d, other = table[i, j].data, table[j, i].data
            bound = 16 * (spread[i, j] + spread[j, i]) + 2 * UNIT * abs(d) + FLOOR
            assert abs(d - other) <= bound, second.program
            mixed += i < j and d != 0
    assert mixed >= 40


# ---- 0 and 1 leave no trace ----------------------------------------------------------------------


def nodes(v: Value) -> int:
    return describe(v).nodes


def test_the_derivatives_of_a_cube_are_what_one_writes_by_hand() -> None:
    x = Value(2.0)
    d, found = x**3, []
    for _ in range(4):
        d = derivatives(d, x)
        found.append((d.data, nodes(d)))
    # 3*x**2: x 2 ** 3 *; 3*(2*x): x 2 * 3 *; 6; 0
    assert found == [(12.0, 5), (12.0, 5), (6.0, 1), (0.0, 1)]


def test_the_derivative_of_a_product_is_the_other_factor_itself() -> None:
    a, b = Value(3.0), Value(5.0)
    by_a, by_b = derivatives(a * b, [a, b])
    assert by_a is b
    assert by_b is a


def test_the_derivatives_of_a_linear_function_are_constants() -> None:
    x, y = Value(3.0), Value(5.0)
    for f, slopes in [
        (x + x, (2.0, 0.0)),
        (3 * x - y / 4 + 1, (3.0, -0.25)),
        (-(x - y), (-1.0, 1.0)),
        (mean([x, y, 2 * x, +y]), (0.75, 0.5)),
        (sumprod([2.0, x], [x, 3.0], y), (5.0, 1.0)),
        (clip(maximum(x, y), 0.0, 9.0), (0.0, 1.0)),
    ]:
        found = derivatives(f, [x, y])
        assert [d.data for d in found] == list(slopes)
        assert all(d.is_constant for d in found)


def test_a_power_of_2_has_no_power_in_its_derivative() -> None:
    x = Value(3.0)
    d = derivatives(x**2, x)
    assert describe(d).operations == {"mul": 1}
    assert derivatives(d, x).is_constant


def test_the_derivative_of_a_neuron_is_what_one_writes_by_hand() -> None:
    x, w = Value(0.5), Value(3.0)
    y = tanh(w * x)
    assert describe(derivatives(y, x)).operations == {"mul": 3, "tanh": 1, "sub": 1}  # (1 - y*y)*w


def test_a_second_derivative_of_ten_operations_has_few_nodes() -> None:
    x, w, b, t = Value(0.5), Value(0.8), Value(0.1), Value(0.3)
    y = (tanh(w * x + b) - t) ** 2 * exp(-x) + log(x)
    assert sum(describe(y).operations.values()) == 10
    first = derivatives(y, x)
    assert [nodes(v) for v in (y, first, derivatives(first, x))] == [15, 26, 44]


def new_nodes(root: Value, found: Sequence[Value]) -> list[Value]:
    """The operations recorded by a derivative, without those of the root."""
    old = set(topological_order(root))
    return [v for v in topological_order(total(found))[:-1] if v.parents and v not in old]


def leaves_a_trace(v: Value) -> bool:
    """Whether a node multiplies by 0, 1 or -1, adds 0, divides by 1, or computes with numbers."""
    numbers = [p.data if p.is_constant else nan for p in v.parents]
    return (
        not any(map(math.isnan, numbers))
        or v.op.name in ("where", "pos")
        or (v.op.name == "mul" and not {0.0, 1.0, -1.0}.isdisjoint(numbers))
        or (v.op.name in ("add", "sub") and 0.0 in numbers)
        or (v.op.name == "div" and (numbers[0] == 0.0 or numbers[1] == 1.0))
        or (v.op.name == "pow" and numbers[1] in (0.0, 1.0))
        or (v.op.name in ("total", "prod") and len(numbers) == 1)
    )


def test_0_and_1_leave_no_trace_in_first_and_second_derivatives() -> None:
    rng, seen = Random(4), 0
    for _ in range(300):
        program = draw_program(rng)
        root, xs = record(program)
        first = derivatives(root, xs)
        second = [d for slope in first for d in derivatives(slope, xs)]
        recorded_by_it = new_nodes(root, [*first, *second])
        assert not any(map(leaves_a_trace, recorded_by_it)), program
        seen += len(recorded_by_it)
    assert seen > 10_000


# fmt: off
IDENTITIES = [
    lambda x: 0.0 + x,  lambda x: x + 0.0,  lambda x: x - 0.0,       lambda x: 1.0 * x,
    lambda x: x * 1.0,  lambda x: x / 1.0,  lambda x: x**1.0,        lambda x: +x,
    lambda x: x * x**0.0,                   lambda x: x + 0.0 * exp(x), lambda x: x + 0.0 / x,
    lambda x: total([x]),                   lambda x: prod([x]),
    lambda x: where(x > 0.0, x, exp(x)),    lambda x: where((x >= 2.0) & (x <= 2.0), x, 0.0),
]
OPPOSITES = [
    lambda x: -x,       lambda x: 0.0 - x,  lambda x: -1.0 * x,      lambda x: x * -1.0,
]
# fmt: on


@pytest.mark.parametrize("rule", IDENTITIES)
def test_a_rule_that_comes_to_x_gives_x_itself(rule: Any, own_rows: None) -> None:
    x = Value(2.0)
    row = Operation("half_square", lambda x: x * x / 2, lambda x, z: rule(x))
    assert derivatives(row(x), x) is x


@pytest.mark.parametrize(("holds", "expected"), [
    (lambda x: x < 2.0, 3.0), (lambda x: x <= 2.0, 2.0), (lambda x: x > 2.0, 3.0),
    (lambda x: x >= 2.0, 2.0), (lambda x: x == 2.0, 2.0), (lambda x: x != 2.0, 3.0),
])  # fmt: skip
def test_a_condition_of_a_rule_is_decided_by_the_number(
    holds: Any, expected: float, own_rows: None
) -> None:
    x = Value(2.0)
    rule = Operation("chosen", lambda x: x, lambda x, z: where(holds(x), x, x + 1.0))
    assert derivatives(rule(x), x).data == expected


@pytest.mark.parametrize("rule", OPPOSITES)
def test_a_rule_that_comes_to_minus_x_has_one_node_more(rule: Any, own_rows: None) -> None:
    x = Value(2.0)
    row = Operation("minus_half_square", lambda x: -x * x / 2, lambda x, z: rule(x))
    d = derivatives(row(x), x)
    assert d.data == -2.0
    assert describe(d).operations == {"neg": 1}


def test_a_quantity_that_happens_to_be_0_or_1_is_no_number() -> None:
    for number in (0.0, 1.0, -1.0):
        x, w = Value(number), Value(2.0)
        by_x = derivatives(x * x * w, x)
        assert by_x.data == 4 * number
        assert derivatives(by_x, w).data == 2 * number
        assert derivatives(by_x, x).data == 4.0


# ---- what is given back --------------------------------------------------------------------------


def test_one_node_gives_one_value_and_several_a_list() -> None:
    x, w = Value(2.0), Value(3.0)
    y = w * x
    assert isinstance(derivatives(y, x), Value)
    for wrt in ([x, w], (x, w), iter([x, w])):
        assert [d.data for d in derivatives(y, wrt)] == [3.0, 2.0]
    assert derivatives(y, []) == []


def test_a_node_that_is_asked_for_twice_is_answered_twice() -> None:
    x = Value(2.0)
    assert [d.data for d in derivatives(x * x, [x, x])] == [4.0, 4.0]


def test_what_is_not_reached_has_the_constant_0() -> None:
    x, other = Value(2.0), Value(2.0)
    d = derivatives(x * x, other)
    assert d.is_constant
    assert d.data == 0.0


def test_the_root_itself_has_the_constant_1() -> None:
    x = Value(2.0)
    y = x * x
    for root in (x, y):
        d = derivatives(root, root)
        assert d.is_constant
        assert d.data == 1.0


def test_the_derivative_by_an_inner_node_holds_it_apart_from_what_it_was_made_from() -> None:
    x = Value(3.0)
    a = x * x
    y = a * x
    by_a, by_x = derivatives(y, [a, x])
    assert by_a is x
    assert by_x.data == 27.0
    assert derivatives(by_x, a).data == 1.0  # a + (x*x + x*x), where x*x is a node of its own


def test_the_derivative_by_a_constant_is_0_as_backward_says() -> None:
    c, x = constant(2.0), Value(3.0)
    assert derivatives(c * x, c).data == 0.0


def test_no_gradient_is_touched() -> None:
    x = Value(3.0)
    y = x**3
    x.grad = y.grad = 7.0
    d = derivatives(derivatives(y, x), x)
    assert {v.grad for v in topological_order(y) if not v.is_constant} == {7.0}
    assert {v.grad for v in topological_order(d) if v is not x} == {0.0}


def test_a_derivative_is_a_value_like_any_other() -> None:
    x = Value(3.0)
    d = derivatives(x**3, x)
    (d * d).backward()  # (3 x**2)**2 = 9 x**4
    assert x.grad == 36 * 27


def test_the_same_derivative_twice_is_recorded_twice_and_is_the_same_number() -> None:
    x = Value(0.3)
    y = tanh(exp(x) * x)
    one, two = derivatives(y, x), derivatives(y, x)
    assert one is not two
    assert one.data == two.data
    assert nodes(one) == nodes(two)


def test_a_root_that_comes_from_a_copy_alone_is_told_so() -> None:
    x = Value(3.0, "x")

    def squared(v: Value) -> Value:
        return v * v

    with pytest.raises(
        ValueError, match="label='x'.*which nobody has: does the root come from a copy"
    ):
        derivatives(squared(copy.deepcopy(x)), x)
    twin = copy.deepcopy(x)
    assert derivatives(squared(twin), x).data == 0.0
    assert derivatives(squared(twin), [x, twin])[1].data == 6.0


def test_under_no_grad_a_derivative_is_a_constant() -> None:
    x = Value(3.0)
    y = x**3
    with no_grad():
        d = derivatives(y, x)
    assert d.is_constant
    assert d.data == 27.0


@pytest.mark.parametrize("bad", [3.0, None, "x"])
def test_only_values_have_derivatives(bad: Any) -> None:
    x = Value(3.0)
    with pytest.raises(TypeError, match="derivatives needs Values, got"):
        derivatives(bad, x)
    with pytest.raises(TypeError, match="derivatives needs Values, got"):
        derivatives(x, [x, bad])


# ---- graphs that are stale, rows that have no formula --------------------------------------------


def test_a_leaf_that_was_changed_afterwards_is_named() -> None:
    x, w = Value(3.0, "x"), constant(2.0)
    y = exp(w * x)
    x.data = 4.0
    with pytest.raises(StaleGraphError, match="recorded 6 and gives 8 now.*'x'.*build the graph"):
        derivatives(y, x)


def test_a_change_that_shows_only_in_a_local_derivative_is_noticed() -> None:
    w, x = Value(0.0, "w"), Value(3.0, "x")
    y = w * x
    x.data = 4.0  # 0*4 is still 0, but d y / d w is no longer 3
    with pytest.raises(StaleGraphError, match="a local derivative of .* 3 and gives 4 now.*'x'"):
        derivatives(y, w)


def test_a_change_between_two_derivatives_is_noticed_by_the_second() -> None:
    x = Value(3.0, "x")
    d = derivatives(x**3, x)
    x.data = 4.0
    with pytest.raises(StaleGraphError, match="'x'"):
        derivatives(d, x)


def test_a_change_of_what_stands_still_does_no_harm() -> None:
    x, w = Value(3.0), Value(2.0)
    y = x * x + exp(w)
    w.data = 5.0
    assert derivatives(y, x).data == 6.0


def test_a_nan_that_was_recorded_is_not_stale() -> None:
    x = Value(nan)
    for y in (exp(x) * x, relu(x), clip(x, -1.0, 1.0), x**0):
        y.backward()
        assert same(derivatives(y, x).data, x.grad)
        x.grad = 0.0


def test_a_row_with_an_arbitrary_python_rule_has_no_second_derivative(own_rows: None) -> None:
    opaque = Operation("opaque", lambda x: math.exp(x), lambda x, z: math.exp(x))
    x = Value(0.5)
    y = opaque(x) * x
    y.backward()
    assert x.grad == pytest.approx(1.5 * math.exp(0.5))
    with pytest.raises(TypeError, match="operation 'opaque' has no formula"):
        derivatives(y, x)


def test_an_opaque_row_that_stands_still_is_not_asked(own_rows: None) -> None:
    opaque = Operation("opaque", lambda x: math.exp(x), lambda x, z: math.exp(x))
    x, w = Value(3.0), Value(0.5)
    assert derivatives(x * x * opaque(w), x).data == 6.0 * math.exp(0.5)


def test_an_opaque_forward_rule_is_enough_where_the_partial_rule_has_a_formula(
    own_rows: None,
) -> None:
    row = Operation("own_exp", lambda x: math.exp(x), lambda x, z: z)
    x = Value(0.5)
    d = row(x)
    for _ in range(3):
        d = derivatives(d, x)
        assert d.data == math.exp(0.5)


def test_a_users_row_in_the_language_goes_to_third_order(own_rows: None) -> None:
    row = Operation(
        "bump", lambda x, s: exp(-x * x / s), lambda x, s, z: -2 * x / s * z,
        lambda x, s, z: x * x / (s * s) * z,
    )  # fmt: skip
    xs, numbers = [Value(0.7), Value(1.3)], [mp.mpf(0.7), mp.mpf(1.3)]
    found = {(): row(*xs)}
    for places in [(0,), (1,), (0, 0), (0, 1), (1, 0), (0, 0, 0), (0, 1, 1), (1, 0, 1)]:
        found[places] = derivatives(found[places[:-1]], xs[places[-1]])
    del found[()]
    truths = [partial(lambda x, s: mp.exp(-x * x / s), numbers, places) for places in found]
    for d, g in zip(found.values(), truths):
        assert d.data == pytest.approx(float(g), rel=1e-14)


def test_a_rule_with_an_if_is_decided_where_it_stands(own_rows: None) -> None:
    def slope(x: Any, z: Any) -> Any:
        if x > 0:
            return 3 * x * x
        return -3 * x * x

    row = Operation("cubed_size", lambda x: abs(x) ** 3, slope)
    for x in (Value(2.0), Value(-2.0)):
        first = derivatives(row(x), x)
        second = derivatives(first, x)
        assert (first.data, second.data) == (6 * x.data, 12.0)
        assert derivatives(second, x).data == math.copysign(6.0, x.data)


def test_a_rule_with_min_or_max_is_decided_where_it_stands(own_rows: None) -> None:
    row = Operation("ramp", lambda x: max(x, 0.0) ** 2 / 2, lambda x, z: max(x, 0.0))
    x, y = Value(2.0), Value(-2.0)
    assert derivatives(derivatives(row(x), x), x).data == 1.0
    assert derivatives(derivatives(row(y), y), y).data == 0.0


# ---- depth ---------------------------------------------------------------------------------------


def sines(x: Value, depth: int) -> Value:
    for _ in range(depth):
        x = x.sin()
    return x


@pytest.mark.parametrize("depth", [20_000, pytest.param(10**6, marks=pytest.mark.slow)])
def test_nothing_recurses(depth: int) -> None:
    x = Value(1.0)
    y = sines(x, depth)
    d = derivatives(y, x)
    y.backward()
    assert d.data == x.grad
    assert nodes(d) == 3 * depth - 1  # depth - 1 sines, depth cosines, depth - 1 products, and x


def test_a_second_derivative_does_not_recurse_either() -> None:
    x = Value(1.0)
    d = derivatives(derivatives(sines(x, 10_000), x), x)
    assert d.data != 0
    assert describe(d).depth > 10_000


# ---- kinks and edges -----------------------------------------------------------------------------


def first_and_second(f: Callable[[Value], Value], x: float) -> tuple[float, float]:
    v = Value(x)
    first = derivatives(f(v), v)
    return first.data, derivatives(first, v).data


# fmt: off
AT_KINKS = [
    (abs,                           0.0, (0.0, 0.0)),
    (relu,                          0.0, (0.0, 0.0)),
    (leaky_relu,                    0.0, (0.01, 0.0)),
    (lambda x: elu(x, 1.5),         0.0, (1.5, 1.5)),
    (lambda x: clip(x, -1.0, 1.0),  1.0, (1.0, 0.0)),
    (lambda x: maximum(x, 2.0),     2.0, (0.5, 0.0)),
    (lambda x: minimum(x, x),       2.0, (1.0, 0.0)),
    (lambda x: x**2,                0.0, (0.0, 2.0)),
    (lambda x: x**1,                0.0, (1.0, 0.0)),
    (lambda x: x**0,                0.0, (0.0, 0.0)),
    (lambda x: x**2.5,              0.0, (0.0, 0.0)),
    (lambda x: where(x > 0, x * x, x), 0.0, (1.0, 0.0)),
]
AT_EDGES = [
    (sqrt,             0.0, inf),
    (cbrt,             0.0, inf),
    (asin,             1.0, inf),
    (acos,            -1.0, -inf),
    (lambda x: x**0.5, 0.0, inf),
    (abs,              nan, nan),
    (exp,              nan, nan),
]
# fmt: on


@pytest.mark.parametrize(("f", "x", "expected"), AT_KINKS)
def test_at_a_kink_the_piece_that_was_taken_goes_on(f: Any, x: float, expected: Any) -> None:
    assert first_and_second(f, x) == expected


@pytest.mark.parametrize(("f", "x", "first"), AT_EDGES)
def test_at_an_edge_a_second_derivative_does_not_raise(f: Any, x: float, first: float) -> None:
    computed, second = first_and_second(f, x)
    assert same(computed, first)
    assert type(second) is float


@pytest.mark.parametrize("name", [n for n in ROWS if n not in ("where", "lookup")])
def test_at_infinity_nan_and_all_edges_a_derivative_is_what_was_recorded(name: str) -> None:
    row = OPERATIONS[name]
    arity = 2 if isinstance(row, NaryOperation) else len(row.partials)
    for xs in itertools.product(EDGY if arity == 1 else FEW, repeat=arity):
        try:
            z = recorded(name, xs)
        except (ArithmeticError, ValueError):
            continue
        for d, number in zip(derivatives(z, z.parents), z.local_derivatives):
            assert same(d.data, number), xs
            derivatives(d, z.parents)  # does not raise


@pytest.mark.parametrize("rule", [lambda x: 0.0 * x, lambda x: x * 0.0, lambda x: 0.0 / x])
@pytest.mark.parametrize("x", [inf, nan])
def test_what_0_times_or_by_infinity_or_nan_gives_is_kept(
    rule: Any, x: float, own_rows: None
) -> None:
    v = Value(x)
    y = Operation("nothing", lambda x: x, lambda x, z: rule(x))(v)
    assert same(derivatives(y, v).data, rule(x))


@pytest.mark.parametrize("row", [hypot, atan2])
def test_at_the_origin_a_second_derivative_is_not_known(row: Operation) -> None:
    x, y = Value(0.0), Value(0.0)
    first = derivatives(row(x, y), [x, y])
    assert [d.data for d in first] == [0.0, 0.0]
    for d in first:
        assert all(math.isnan(e.data) for e in derivatives(d, [x, y]))


def test_far_beyond_a_branch_its_derivative_is_not_asked() -> None:
    x = Value(-1.0)
    y = where(x > 0, sqrt(maximum(x, 0.25)), cos(x) - sin(x))
    second = derivatives(derivatives(y, x), x)
    assert second.data == -math.cos(-1.0) + math.sin(-1.0)
