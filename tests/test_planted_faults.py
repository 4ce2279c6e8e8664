"""The checker, tested: every planted fault is found and rightly named, and nothing that is right.

Each rule of the table is made wrong in every way a person gets it wrong, in a small random program;
graphs are tampered with, and a student's node class gets its backward pass wrong.
Run with `-s` to see the counts.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import pytest
from oracle import FORWARD, mp
from programs import Program, Truth, draw_program, gradients, run

from autograd import (
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    Value,
    constant,
    cos,
    gradcheck,
    mean,
    prod,
    python_function,
    sin,
    tanh,
    topological_order,
    total,
)
from autograd.checking.report import Row
from autograd.rules.language import BUILT_IN
from autograd.rules.symbols import Symbol

NAMES = tuple(name for name in OPERATIONS if name in BUILT_IN)
OFF_KINK = 1e-3  # operands are further than this from kinks and edges
CHANGE = 5e-4  # a fault changes a derivative by at least this part of it, to be worth a program
SMALL = 1e-6  # and a derivative below this is not worth one
POINTS = 200  # operands tried before a fault is said to change nothing

Rules = Callable[[Sequence[float], float], list[float]]  # the local derivatives of a row


# ---- faults --------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """A row whose rules for `arguments` are wrong; `kind` and `what` say how, for people."""

    kind: str
    name: str
    arguments: tuple[int, ...]
    what: str
    rules: Rules

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{list(self.arguments)} {self.what}".rstrip()


def count_of(name: str) -> int:
    """How many operands the row is planted with: a sumprod of 2 w, 2 x, start; lists of 3."""
    row = OPERATIONS[name]
    return {"sumprod": 5}.get(name, 3) if isinstance(row, NaryOperation) else len(row.partials)


def right_rules(name: str) -> Rules:
    return lambda xs, z: list(OPERATIONS[name].differentiate(xs, z))


def faults_of(name: str) -> Iterator[Fault]:
    """A factor and a sign for every argument, a swap for every pair, every term dropped once."""
    right, count = right_rules(name), count_of(name)

    def scaled(k: int, factor: float) -> Rules:
        def rules(xs, z):
            return [factor * d if i == k else d for i, d in enumerate(right(xs, z))]

        return rules

    def swapped(k: int, m: int) -> Rules:
        def rules(xs, z):
            d = right(xs, z)
            d[k], d[m] = d[m], d[k]
            return d

        return rules

    def replaced(k: int, rule: Callable[..., float]) -> Rules:
        def rules(xs, z):
            return [rule(*xs, z) if i == k else d for i, d in enumerate(right(xs, z))]

        return rules

    for k in range(count):
        yield Fault("factor", name, (k,), "", scaled(k, 1.001))
        yield Fault("sign", name, (k,), "", scaled(k, -1.0))
        for m in range(k + 1, count):
            yield Fault("swapped", name, (k, m), "", swapped(k, m))
    formula = Formula(OPERATIONS[name], count)
    for k, rule in enumerate(formula.partials):
        for dropped in without_a_term(rule):
            source = python_function(dropped, "rule", [*formula.letters, "z"])
            names = {**OPERATIONS, "inf": float("inf"), "nan": float("nan"), "abs": abs}
            exec(source, names)
            what = source.partition("\n    ")[2].replace("\n    ", "; ").rstrip()
            yield Fault("dropped term", name, (k,), what, replaced(k, names["rule"]))


def without_a_term(rule: Any) -> Iterator[Any]:
    """The rule with one addend dropped, for every addend of every sum in it."""
    if not isinstance(rule, Symbol):
        return
    head, operands = getattr(rule.head, "name", rule.head), rule.operands
    if head == "add":
        yield from operands
    elif head == "sub":
        yield operands[0]
        yield -operands[1] if isinstance(operands[1], Symbol) else -float(operands[1])
    elif head == "total":
        for i in range(len(operands)):
            yield Symbol(rule.head, operands[:i] + operands[i + 1 :])
    for i, operand in enumerate(operands):
        for less in without_a_term(operand):
            yield Symbol(rule.head, (*operands[:i], less, *operands[i + 1 :]))


@contextmanager
def planted(name: str, rules: Rules) -> Iterator[Callable[..., Any]]:
    """A twin of a row with other rules, called on flat operands; gone from the table afterwards."""
    row, twin = OPERATIONS[name], f"faulty_{name}"
    if isinstance(row, NaryOperation):
        wrong: Any = NaryOperation(twin, row.forward, rules, kink=row.kink)
        call = lambda *xs: wrong(xs)  # noqa: E731  # a flat call
    else:

        def rule(k: int) -> Callable[..., float]:
            return (
                lambda x, z: rules((x,), z)[k],
                lambda x, y, z: rules((x, y), z)[k],
                lambda x, y, u, z: rules((x, y, u), z)[k],
            )[count_of(name) - 1]

        call = Operation(
            twin,
            row.forward,
            *map(rule, range(count_of(name))),
            domain=row.domain,
            kink=row.kink,
            saturating=row.saturating,
        )
    try:
        yield call
    finally:
        del OPERATIONS[twin]


# ---- operands and programs -----------------------------------------------------------------------


def draw_operands(name: str, rng: Random) -> tuple[float, ...]:
    """Operands within the row's domain, off its kinks and edges."""
    row, count = OPERATIONS[name], count_of(name)
    for _ in range(10_000):
        xs = [rng.choice([rng.gauss(0, 1), rng.uniform(0.1, 3.0)]) for _ in range(count)]
        if name == "where":
            xs[0] = float(rng.random() < 0.5)
        if name == "lookup":
            xs[-1] = float(rng.randrange(count - 1))
        moved = [
            (*xs[:i], x + h, *xs[i + 1 :])
            for i, x in enumerate(xs)
            for h in (-OFF_KINK, 0.0, OFF_KINK)
            if (name, i) not in {("where", 0), ("lookup", count - 1)}  # a choice stays as it is
        ]
        if row.domain is not None and not all(row.domain(*ys) for ys in moved):
            continue
        if row.kink is not None and not row.kink(*xs) > OFF_KINK:
            continue
        try:
            for ys in moved:
                row.compute(ys)
        except (ArithmeticError, ValueError):
            continue
        return tuple(xs)
    raise AssertionError(f"no operands for {name} were found in its domain")


def changed_arguments(fault: Fault, xs: Sequence[float]) -> list[int]:
    """The arguments whose derivative the fault changes at xs, far enough to be worth a program."""
    z = OPERATIONS[fault.name].compute(xs)
    right = right_rules(fault.name)(xs, z)
    try:
        wrong = fault.rules(xs, z)
    except (ArithmeticError, ValueError):
        return []  # this fault is loud by itself
    return [
        k
        for k, (a, b) in enumerate(zip(right, wrong))
        if not abs(a - b) <= CHANGE * max(abs(a), abs(b), SMALL)
    ]


def find_operands(fault: Fault, rng: Random) -> tuple[float, ...] | None:
    """Operands at which the fault changes a derivative, or None where it seems never to."""
    for _ in range(POINTS):
        xs = draw_operands(fault.name, rng)
        if changed_arguments(fault, xs):
            return xs
    return None


def around(call: Callable[..., Any], name: str, xs: Sequence[float], rng: Random) -> tuple:
    """A program with one call on operands near xs, and 2 to 4 operations before and after it."""
    inputs = [rng.uniform(0.5, 1.5) for _ in range(rng.randint(2, 4))]
    plan = [(rng.randrange(4), rng.randrange(len(inputs)), rng.randrange(len(inputs))) for _ in xs]
    given = {("where", 0), ("lookup", len(xs) - 1)}  # these operands are no results
    ending = rng.randrange(4)

    def mixed(how: int, a: Any, b: Any) -> Any:
        return (a * b, a - b, sin(a) + b, tanh(a * b) * a)[how]

    starts = [mixed(how, inputs[i], inputs[j]) for how, i, j in plan]

    def f(*vs: Value) -> Value:
        operands = [
            bool(x) if (name, k) == ("where", 0)
            else x if (name, k) in given
            else mixed(how, vs[i], vs[j]) + (x - start)
            for k, (x, (how, i, j), start) in enumerate(zip(xs, plan, starts))
        ]  # fmt: skip
        z = call(*operands)
        u = mixed(ending, vs[0], vs[-1])
        return (z + u, z * u, tanh(0.1 * z) + z * vs[0], cos(0.1 * z) - z * u)[ending]

    return f, inputs


class Hunt:
    """Counts by kind: planted, found, rightly named, and the text of what was missed."""

    def __init__(self) -> None:
        self.planted: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.nowhere: set[str] = set()
        self.missed: list[str] = []

    def plant(self, fault: Fault, programs: int, rng: Random) -> None:
        """Put the fault into so many programs and check each."""
        for _ in range(programs):
            xs = find_operands(fault, rng)
            if xs is None:
                self.nowhere.add(str(fault))
                return
            with planted(fault.name, fault.rules) as call:
                f, inputs = around(call, fault.name, xs, rng)
                report = gradcheck(f, inputs)
            guilty = report.guilty
            self.count(
                fault.kind,
                not report.ok,
                guilty is not None
                and (guilty.kind, guilty.operation) == ("rule", f"faulty_{fault.name}")
                and guilty.argument in changed_arguments(fault, xs),
                f"{fault} at {xs}\n{report}",
            )

    def count(self, kind: str, found: bool, named: bool, text: str) -> None:
        self.planted[kind] += 1
        self.found[kind] += found
        self.named[kind] += named
        if not named:
            self.missed.append(text)

    def __str__(self) -> str:
        lines = ["kind                 planted     found     named    missed"]
        for kind, n in self.planted.items():
            found, named = self.found[kind], self.named[kind]
            lines.append(f"{kind:18} {n:>9,} {found:>9,} {named:>9,} {n - found:>9,}")
        return "\n".join(lines)


def assert_all_named(hunt: Hunt) -> None:
    print(f"\n{hunt}")
    text = "\n\n".join([str(hunt), *hunt.missed[:5]])
    assert hunt.found == hunt.named == hunt.planted, text


# ---- wrong rules ---------------------------------------------------------------------------------


def nowhere_by_reason() -> set[str]:
    """The faults that change nothing, each for the reason it stands under."""
    ties = "maximum[0] maximum[1] maximum[2] minimum[0] minimum[1] minimum[2]".split()
    return {
        # both rules are the same number
        "swapped add[0, 1]",
        *(f"swapped {name}[{k}, {m}]" for name in ("mean", "total") for k, m in PAIRS),
        # the rule is 0: nothing flows to a condition or an index
        *(f"{kind} {name}" for kind in ("factor", "sign") for name in ("where[0]", "lookup[2]")),
        # off ties one argument has every share; without its own hit the rule divides by zero
        *(f"dropped term {name}" for name in ties),
        # sqrt(-1): the rule raises by itself (its other terms can be dropped)
        "dropped term acosh[0]",
        # what is added at an edge or at infinity alone
        *(f"dropped term {name}[0]" for name in ("pow", "sqrt", "asin", "acos")),
        *(f"dropped term logsumexp[{k}]" for k in range(3)),
        # the last addends of a power series are below the last digit
        "dropped term sinc[0]",
    }


PAIRS = ((0, 1), (0, 2), (1, 2))


def hunt_in_rules(programs: int, rng: Random, each: int = 1) -> Hunt:
    """Every fault in so many programs, or only each second, third, ... of them."""
    hunt = Hunt()
    for fault in [fault for name in NAMES for fault in faults_of(name)][::each]:
        hunt.plant(fault, programs, rng)
    return hunt


def places_of(texts: set[str]) -> set[str]:
    """Faults without what they are in full."""
    return {text.partition("]")[0] + "]" for text in texts}


def test_wrong_rules_are_found_and_named() -> None:
    hunt = hunt_in_rules(1, Random(0), each=5)
    assert_all_named(hunt)
    assert places_of(hunt.nowhere) <= nowhere_by_reason()
    assert {kind: n >= 10 for kind, n in hunt.planted.items()} == dict.fromkeys(
        ("factor", "sign", "swapped", "dropped term"), True
    )


@pytest.mark.slow
def test_every_wrong_rule_is_found_and_named_in_thousands_of_programs(capsys) -> None:
    hunt = hunt_in_rules(40, Random(1))
    with capsys.disabled():
        assert_all_named(hunt)
    assert places_of(hunt.nowhere) == nowhere_by_reason()


def test_terms_are_dropped_wherever_a_rule_has_a_sum() -> None:
    assert {
        name for name in NAMES if any(f.kind == "dropped term" for f in faults_of(name))
    } == set(
        "pow log1p sqrt tan asin acos atan tanh acosh atanh sinc sigmoid softsign silu mish gelu "
        "maximum minimum logsumexp".split()
    )


def test_the_table_is_as_it_was() -> None:
    before = dict(OPERATIONS)
    with planted("mul", right_rules("mul")) as call:
        assert call(2.0, 3.0) == 6.0
    assert before == OPERATIONS


# ---- graphs that were tampered with --------------------------------------------------------------


def keep(v: Value, positions: Sequence[int]) -> Value:
    v.parents = tuple(v.parents[k] for k in positions)
    v.local_derivatives = tuple(v.local_derivatives[k] for k in positions)
    return v


def hunt_for_edges(names: Sequence[str], rng: Random) -> Hunt:
    """Every edge of these rows missing once."""
    hunt = Hunt()
    for name in names:
        for k in range(count_of(name)):
            kept = [i for i in range(count_of(name)) if i != k]

            def call(*xs, row=OPERATIONS[name], kept=kept):
                return keep(Value._record(row, xs), kept)

            report = gradcheck(*around(call, name, draw_operands(name, rng), rng))
            guilty = report.guilty
            named = guilty is not None and (guilty.kind, guilty.operation) == ("missing edge", name)
            hunt.count("missing edge", not report.ok, named, f"{name} without {k}\n{report}")
    return hunt


SEVERAL = [n for n in NAMES if not isinstance(OPERATIONS[n], NaryOperation) and count_of(n) > 1]


def test_a_missing_edge_is_found_and_named() -> None:
    names = [n for n in SEVERAL if n not in ("where", "atan2", "clip")]
    assert_all_named(hunt_for_edges(names, Random(2)))


@pytest.mark.parametrize("name", [n for n in SEVERAL if n in ("atan2", "clip")])
def test_a_missing_edge_of_a_row_with_a_kink_is_named(name: str) -> None:
    assert_all_named(hunt_for_edges([name], Random(2)))


def test_a_sum_of_one_number_with_itself_has_two_edges() -> None:
    guilty = gradcheck(lambda a: keep(a + a, [0]) * a, [3.0]).guilty
    assert (guilty.kind, guilty.operation) == ("missing edge", "add")


@pytest.mark.parametrize("row", [total, mean, prod])
def test_a_missing_edge_of_an_n_ary_row_is_named(row) -> None:
    report = gradcheck(lambda a, b: keep(row([a, b, a]), [0, 2]) * a, [3.0, 2.0])
    assert not report
    assert report.guilty is not None
    assert report.guilty.kind == "missing edge"


def test_a_local_derivative_that_was_changed_is_found_and_named() -> None:
    hunt, rng = Hunt(), Random(3)
    for name in NAMES:
        row = OPERATIONS[name]
        xs = draw_operands(name, rng)
        k = rng.randrange(1, len(xs)) if name == "where" else rng.randrange(len(xs))
        if (name, k) == ("lookup", len(xs) - 1):
            k = 0

        def call(*operands, row=row, k=k):
            v = Value._record(row, operands)
            d = list(v.local_derivatives)
            d[k] += 0.125
            v.local_derivatives = tuple(d)
            return v

        f, inputs = around(call, name, xs, rng)
        report = gradcheck(f, inputs)
        g = report.guilty
        named = g is not None and (g.kind, g.operation, g.argument) == ("rule", name, k)
        hunt.count("changed derivative", not report.ok, named, f"{name} at {xs}\n{report}")
    assert_all_named(hunt)


def test_a_cut_is_found_and_named() -> None:
    report = gradcheck(lambda x, y: tanh(x * y) * constant((x + y).data), [0.5, 0.7])
    assert not report
    assert report.guilty.kind == "detached"


# ---- a student's node class ----------------------------------------------------------------------


class Node:
    """A student's node: right rules, and a backward pass that a subclass may get wrong."""

    def __init__(self, data: float, parents=(), local_derivatives=()) -> None:
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.local_derivatives = local_derivatives

    def __add__(self, y):
        return type(self)(self.data + y.data, (self, y), (1.0, 1.0))

    def __mul__(self, y):
        return type(self)(self.data * y.data, (self, y), (y.data, self.data))

    def tanh(self):
        z = tanh(self.data)
        return type(self)(z, (self,), (1 - z * z,))

    def backward(self) -> None:
        order = topological_order(self)
        for v in order:
            if v.parents:
                v.grad = 0.0
        self.grad += 1.0
        for v in reversed(order):
            for p, d in zip(v.parents, v.local_derivatives):
                p.grad += v.grad * d


class Assigns(Node):
    """`=` for `+=`."""

    def backward(self) -> None:
        self.grad = 1.0
        for v in reversed(topological_order(self)):
            for p, d in zip(v.parents, v.local_derivatives):
                p.grad = v.grad * d


class Forgets(Node):
    """A set of parents: of parallel edges only one is left."""

    def backward(self) -> None:
        for v in topological_order(self):
            v.grad = 0.0 if v.parents else v.grad
        self.grad = 1.0
        for v in reversed(topological_order(self)):
            for p, d in dict(zip(v.parents, v.local_derivatives)).items():
                p.grad += v.grad * d


class Hurries(Node):
    """No topological sort: breadth first, each node once, its gradient complete or not."""

    def backward(self) -> None:
        for v in topological_order(self):
            v.grad = 0.0 if v.parents else v.grad
        self.grad = 1.0
        queue, seen = [self], {self}
        for v in queue:
            for p, d in zip(v.parents, v.local_derivatives):
                p.grad += v.grad * d
                if p not in seen:
                    seen.add(p)
                    queue.append(p)


class Remembers(Node):
    """Inner gradients are those of the last time."""

    def backward(self) -> None:
        self.grad = 1.0
        for v in reversed(topological_order(self)):
            for p, d in zip(v.parents, v.local_derivatives):
                p.grad += v.grad * d


def draw_student_program(rng: Random) -> tuple[Callable[..., Node], list[float]]:
    """3 to 10 operations on earlier results."""
    plan = [(rng.randrange(3), rng.random(), rng.random()) for _ in range(rng.randint(3, 10))]

    def f(*vs: Node) -> Node:
        values = list(vs)
        for how, i, j in plan:
            a, b = values[-1 - int(3 * i)], values[int(j * len(values))]
            values.append((a + b, a * b, a.tanh())[how])
        return values[-1]

    return f, [rng.uniform(-1.5, 1.5) for _ in range(3)]


def gradients_of(kind: type[Node], f: Callable[..., Node], inputs: list[float], times: int = 1):
    """Every node's gradient by that backward(), inputs first."""
    leaves = [kind(x) for x in inputs]
    root = f(*leaves)
    order = topological_order(root)
    for _ in range(times):
        for v in leaves:
            v.grad = 0.0
        root.backward()
    return [v.grad for v in order], order


def first_wrong(kind: type[Node], f: Callable[..., Node], inputs: list[float], times: int) -> set:
    """Places of nodes with a wrong gradient all of whose consumers have a right one."""
    wrong, order = gradients_of(kind, f, inputs, times)
    right, _ = gradients_of(Node, f, inputs)
    bad = [abs(a - b) > 2e-9 * abs(b) + 1e-15 for a, b in zip(wrong, right)]
    consumers = [[j for j, u in enumerate(order) if v in u.parents] for v in order]
    return {i for i in range(len(order)) if bad[i] and not any(bad[j] for j in consumers[i])}


def hunt_in_backward(kind: type[Node], programs: int, rng: Random) -> Hunt:
    hunt = Hunt()
    times = 2 if kind is Remembers else 1
    expected = "stale" if kind is Remembers else "accumulation"
    while hunt.planted[kind.__name__] < programs:
        f, inputs = draw_student_program(rng)
        places = first_wrong(kind, f, inputs, times)
        if not places:
            continue
        report = gradcheck(f, [kind(x) for x in inputs])
        guilty = report.guilty
        order = topological_order(report.root)
        named = guilty is not None and guilty.kind == expected
        named = named and any(guilty.node is order[i] for i in places)
        hunt.count(kind.__name__, not report.ok, named, f"{inputs}\n{report}")
    return hunt


@pytest.mark.parametrize("kind", [Assigns, Forgets, Hurries, Remembers])
def test_a_wrong_backward_pass_is_found_and_named(kind) -> None:
    assert_all_named(hunt_in_backward(kind, 30, Random(4)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Assigns, Forgets, Hurries, Remembers])
def test_a_wrong_backward_pass_is_found_and_named_in_thousands_of_programs(kind) -> None:
    assert_all_named(hunt_in_backward(kind, 2_000, Random(5)))


def test_a_right_backward_pass_of_a_student_is_confirmed() -> None:
    rng = Random(6)
    for _ in range(100):
        f, inputs = draw_student_program(rng)
        assert gradcheck(f, [Node(x) for x in inputs]).ok


def test_a_wrong_rule_of_a_student_is_named() -> None:
    def f(a, b):
        product = Node(a.data * b.data, (a, b), (b.data, 1.001 * a.data))
        return product * a + b

    guilty = gradcheck(f, [Node(2.0), Node(3.0)]).guilty
    assert (guilty.kind, guilty.operation, guilty.argument) == ("rule", "Node", 1)
    assert (guilty.expected, guilty.used) == pytest.approx((2.0, 2.002))


def test_a_missing_edge_of_a_student_is_named() -> None:
    report = gradcheck(
        lambda a, b: Node(a.data * b.data, (a,), (b.data,)) * b, [Node(2.0), Node(3.0)]
    )
    assert not report
    assert report.guilty is not None


def test_swapped_arguments_of_a_student_are_named() -> None:
    guilty = gradcheck(
        lambda a, b: Node(a.data * b.data, (a, b), (a.data, b.data)), [Node(2.0), Node(3.0)]
    ).guilty
    assert guilty.argument in (0, 1)


# ---- no false alarm ------------------------------------------------------------------------------


def draw_kinks(rng: Random) -> tuple[Callable[..., Any], list[float]]:
    """A program of piecewise rows whose inputs sit on kinks and ties, or 1e-7 beside them.

    It runs on any numbers, by the rows of the table that it is given.
    """
    beside = (0.0, 0.0, 1e-7, -1e-7, 1e-3)
    start = rng.choice([0.0, 1.0, -0.5])
    inputs = [start + rng.choice(beside) for _ in range(3)]
    names = "relu abs leaky_relu elu maximum minimum clip hypot atan2 where".split()
    plan = [(rng.choice(names), rng.random(), rng.random()) for _ in range(rng.randint(2, 5))]
    shift = rng.choice([0.0, start])

    def f(*vs: Any, table: Mapping[str, Callable[..., Any]] = OPERATIONS) -> Any:
        values = [v - shift if shift else v for v in vs]
        for name, i, j in plan:
            a, b = values[int(i * len(values))], values[int(j * len(values))]
            if name in ("maximum", "minimum", "hypot", "atan2"):
                z = table[name](a, b)
            elif name == "clip":
                z = table[name](a, 0.0, 1.0)
            elif name == "where":
                z = table[name](a > b, a, b)
            elif name in ("leaky_relu", "elu"):
                z = table[name](a, 0.01 if name == "leaky_relu" else 1.0)
            else:
                z = table[name](a)
            values.append(z + 0.5 * a * b)
        return values[-1]

    return f, inputs


def is_true(row: Row, f: Callable[..., Any], inputs: list[float]) -> bool:
    """Whether a verdict is that of the slopes of both sides at 120 digits.

    They are taken 1e-30 beside the inputs and, as floats know no kink so near, 1e-13 beside.
    """
    k = int(row.name.removeprefix("x"))
    xs = [mp.mpf(x) for x in inputs]

    def holds(h: Any) -> bool:
        low, high = sorted(
            (f(*xs[:k], xs[k] + s, *xs[k + 1 :], table=FORWARD) - f(*xs, table=FORWARD)) / s
            for s in (h, -h)
        )
        near = 1e-6 + 1e-4 * abs(row.analytic)
        between = low - near <= row.analytic <= high + near
        return {
            "ok": between and high - low <= 2 * near,
            "kink": between,
            "wrong": not low + near < row.analytic < high - near,
        }.get(row.verdict, True)

    return holds(mp.mpf("1e-30")) or holds(mp.mpf("1e-13"))


class Alarms:
    """Verdicts over right programs, and the text of every false alarm."""

    def __init__(self) -> None:
        self.programs = 0
        self.verdicts: Counter[str] = Counter()
        self.unclear = 0  # inconclusive rows of well-conditioned programs
        self.false: list[str] = []

    def check(self, f: Callable[..., Value], inputs: list[float], program: Any = None) -> None:
        report = gradcheck(f, inputs)
        self.programs += 1
        self.verdicts.update(row.verdict for row in report.rows)
        false = (
            report.count("wrong")
            if program
            else not all(is_true(row, f, inputs) for row in report.rows)
        )  # right rules may add up to no derivative where several stand on kinks
        if report.guilty is not None or false:
            self.false.append(f"{program or inputs}\n{report}\n{report.rows}")
        unclear = report.count("inconclusive")
        if unclear and (program is None or not Truth(program, Random(0)).ill_conditioned):
            self.unclear += unclear

    def __str__(self) -> str:
        rows = ", ".join(f"{n:,} {verdict}" for verdict, n in self.verdicts.most_common())
        return (
            f"right programs {self.programs:,}: {rows}; {self.unclear:,} inconclusive where "
            f"well-conditioned; false alarms {len(self.false)}"
        )


def alarms(programs: int, kinks: int, seed: int) -> tuple[Alarms, Alarms]:
    smooth, sharp, rng = Alarms(), Alarms(), Random(seed)
    for _ in range(programs):
        program = draw_program(rng)
        smooth.check(lambda *vs, p=program: run(p, vs), program.variables, program)
    for _ in range(kinks):
        sharp.check(*draw_kinks(rng))
    return smooth, sharp


def assert_no_false_alarm(smooth: Alarms, sharp: Alarms) -> None:
    print(f"\n{smooth}\nwith kinks: {sharp}")
    false = smooth.false + sharp.false
    assert not false, "\n\n".join([str(smooth), str(sharp), *false[:5]])
    assert smooth.unclear <= 0.02 * smooth.verdicts.total(), smooth
    assert set(FORWARD) == set(NAMES)


def test_no_false_alarm_on_right_programs() -> None:
    assert_no_false_alarm(*alarms(100, 60, 7))


@pytest.mark.slow
def test_no_false_alarm_on_10_000_right_programs(capsys) -> None:
    smooth, sharp = alarms(10_000, 5_000, 8)
    with capsys.disabled():
        assert_no_false_alarm(smooth, sharp)


# ---- functions of floats, in full and in rough values --------------------------------------------


def single(x: float) -> float:
    return struct.unpack("f", struct.pack("f", x))[0]


PRECISIONS: dict[str, Callable[[float], float]] = {
    "double": float,
    "single": single,
    "six digits": lambda x: round(x, 6),
}


class ByHand:
    """Verdicts on gradients given by hand: the right ones, and the same off by a factor."""

    def __init__(self, precision: str) -> None:
        self.precision = precision
        self.right: Counter[str] = Counter()
        self.off: Counter[str] = Counter()
        self.false: list[str] = []

    def check(self, program: Program) -> None:
        rounded = PRECISIONS[self.precision]
        gradient = gradients(program)

        def f(*xs: float) -> float:
            return rounded(float(run(program, xs)))

        report = gradcheck(f, program.variables, gradient=lambda *_: gradient)
        self.right.update(row.verdict for row in report.rows)
        if report.count("wrong"):
            self.false.append(f"{program}\n{report}")
        for factor in (0.0, -1.0, 2.0):
            wrong = [factor * d for d in gradient]
            report = gradcheck(f, program.variables, gradient=lambda *_, wrong=wrong: wrong)
            for row in report.rows:
                if abs(gradient[int(row.name[1:])]) > SMALL:
                    self.off[row.verdict] += 1
                    if row.verdict in ("ok", "kink"):
                        self.false.append(f"{program}\n{report}\n{row!r}")

    def __str__(self) -> str:
        right, off = (
            ", ".join(f"{n:,} {verdict}" for verdict, n in counts.most_common())
            for counts in (self.right, self.off)
        )
        return f"{self.precision}: right gradients {right}; wrong ones {off}"


def hunt_by_hand(precision: str, programs: int, rng: Random) -> ByHand:
    hunt = ByHand(precision)
    for _ in range(programs):
        program = draw_program(rng)
        if precision == "double" or min(map(abs, gradients(program))) > 1e-2:
            hunt.check(program)  # what is smaller, rough values do not show
    print(f"\n{hunt}")
    return hunt


def test_gradients_by_hand_are_judged_rightly() -> None:
    hunt = hunt_by_hand("double", 16, Random(9))
    assert not hunt.false, "\n\n".join(hunt.false[:5])
    assert hunt.right["ok"] >= 0.98 * hunt.right.total()


@pytest.mark.parametrize("precision", ["single", "six digits"])
def test_wrong_gradients_of_rough_values_never_pass(precision: str) -> None:
    hunt = hunt_by_hand(precision, 25, Random(10))
    assert not hunt.false, "\n\n".join(hunt.false[:5])


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
def test_gradients_by_hand_are_judged_rightly_in_thousands_of_programs(
    precision: str, capsys
) -> None:
    with capsys.disabled():
        hunt = hunt_by_hand(precision, 2_000, Random(11))
    assert not hunt.false, "\n\n".join(hunt.false[:5])
