"""Random programs against the truth at 50 digits, and whether this check would notice a fault.

Backward, forward mode and the sum over paths share the recorded local derivatives, so the last two
check order and accumulation; only the oracle checks the rules.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median

import pytest
from oracle import FORWARD, mp, slope
from programs import (
    CALLS,
    UNIT,
    Calls,
    Campaign,
    Comparison,
    Fault,
    Instruction,
    Program,
    Truth,
    draw_program,
    every_fault,
    gradients,
    planted,
    record,
)

from autograd import (
    OPERATIONS,
    Value,
    count_paths,
    describe,
    paths,
    pushforward,
    steps,
    topological_order,
)
from autograd import gradients as gradients_of_nodes
from autograd.rules.language import BUILT_IN

HERE = Path(__file__).parent


def programs(seed: int, count: int) -> Iterator[Program]:
    rng = Random(seed)
    return (draw_program(rng) for _ in range(count))


# ---- the oracle and the draws --------------------------------------------------------------------


def test_the_oracle_knows_every_row_of_the_table() -> None:
    assert set(FORWARD) == BUILT_IN


def test_a_slope_has_fifty_digits() -> None:
    x = mp.mpf(0.7)
    exact = {"exp": mp.exp(x), "atan": 1 / (1 + x * x), "erf": 2 * mp.exp(-x * x) / mp.sqrt(mp.pi)}
    for name in exact:
        assert abs(slope(name, [x], 0) / exact[name] - 1) < mp.mpf("1e-50")


def test_a_slope_has_fifty_digits_where_the_values_cancel() -> None:
    x = mp.mpf(300)
    exact = mp.sech(x) ** 2  # 1e-260, far below the 120 digits of tanh(300)
    assert abs(slope("tanh", [x], 0) / exact - 1) < mp.mpf("1e-50")


def test_a_seed_draws_the_same_program_whatever_the_hash() -> None:
    code = "from random import Random; from programs import *; print(draw_program(Random(5)))"
    path = os.pathsep.join([str(HERE), str(HERE.parent)])

    def drawn(hash_seed: str) -> str:
        env = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(
            [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
        ).stdout

    assert drawn("1") == drawn("2") == f"{draw_program(Random(5))}\n"


def test_every_row_is_drawn() -> None:
    drawn = Counter(i.name for p in programs(1, 300) for i in p.instructions)
    assert set(drawn) == set(FORWARD)
    assert min(drawn.values()) >= 10


def test_most_programs_share_nodes() -> None:
    shared = 0
    for program in programs(2, 100):
        root, _ = record(program)
        uses = Counter(v for node in topological_order(root) for v in node.parents)
        shared += max(uses.values()) > 1
    assert shared >= 50


# ---- campaigns -----------------------------------------------------------------------------------


def assert_passed(campaign: Campaign) -> None:
    assert not campaign.wrong, "\n\n".join([str(campaign), *campaign.wrong[:5]])
    assert campaign.undefined <= 0.5 * campaign.draws, campaign
    assert campaign.ill_conditioned <= 0.15 * campaign.programs, campaign
    assert campaign.zero <= 0.5 * campaign.gradients, campaign


def test_the_gradients_of_random_programs_are_right() -> None:
    campaign, rng = Campaign(), Random(0)
    for _ in range(150):
        campaign.check(draw_program(rng), rng)
    assert_passed(campaign)


@pytest.mark.slow
def test_the_gradients_of_20_000_random_programs_are_right(capsys) -> None:
    campaign, rng = Campaign(), Random(2026)
    for percent in range(1, 101):
        for _ in range(200):
            campaign.check(draw_program(rng), rng)
        with capsys.disabled():
            print(f"\r20,000 programs: {percent} %", end="", flush=True)
    with capsys.disabled():
        print(f"\n{campaign}")
    assert_passed(campaign)


# ---- the other routes to a gradient --------------------------------------------------------------


def forward_mode(root: Value, x: Value) -> float:
    """d root / d x: a tangent pushed through the recorded edges, inputs first."""
    tangent = {}
    for v in topological_order(root):
        pairs = zip(v.parents, v.local_derivatives)
        tangent[v] = sum([tangent[p] * d for p, d in pairs]) if v.parents else float(v is x)
    return tangent[root]


def sum_over_paths(root: Value, x: Value) -> float:
    """d root / d x: the product along every path, added up over all of them."""
    amount, ends = 0.0, [(root, 1.0)]
    while ends:
        v, product = ends.pop()
        if v is x:
            amount += product
        ends += [(p, product * d) for p, d in zip(v.parents, v.local_derivatives)]
    return amount


@pytest.mark.parametrize("route", [forward_mode, sum_over_paths])
def test_another_route_agrees_with_backward(route) -> None:
    rng = Random(3)
    for program in programs(4, 150):
        root, variables = record(program)
        if describe(root).paths > 2_000:
            continue
        root.backward()
        bounds = Truth(program, rng).bounds
        for v, bound in zip(variables, bounds):
            assert abs(route(root, v) - v.grad) <= bound, program


MOST_PATHS = 20_000  # a program with more of them is not summed over


def pushed_forward(root: Value, variables: list[Value]) -> list[float]:
    """One gradient per variable, a pass of forward mode each."""
    return [pushforward(root, {x: 1.0}).get(root, 0.0) for x in variables]


def summed_over_paths(root: Value, variables: list[Value]) -> list[float]:
    """One gradient per variable, the sum of the products along its paths."""
    return [sum([path.derivative for path in paths(root, x)]) for x in variables]


def bits(gradient: dict[Value, float]) -> dict[Value, str]:
    return {v: g.hex() for v, g in gradient.items()}


class Routes:
    """The engine's other routes to a gradient, on many programs; printing it gives the summary."""

    def __init__(self) -> None:
        self.programs = self.gradients = self.nodes = self.paths = self.too_many_paths = 0
        self.wrong: list[str] = []

    def check(self, program: Program, rng: Random, calls: Calls = CALLS) -> None:
        """Forward mode and paths against the truth; steps and gradients against backward()."""
        truth = Truth(program, rng)
        root, variables = record(program, calls)
        self.programs += 1
        self.gradients += len(variables)
        self._compare("forward mode", truth, pushed_forward(root, variables))
        count = sum([count_paths(root, x) for x in variables])
        if count <= MOST_PATHS:
            self.paths += count
            self._compare("the sum over paths", truth, summed_over_paths(root, variables))
        else:
            self.too_many_paths += 1

        by_steps = bits({step.node: step.gradient for step in steps(root)})
        at_once = bits(gradients_of_nodes(root))
        root.backward()
        backward = bits({v: v.grad for v in topological_order(root) if not v.is_constant})
        self.nodes += len(backward)
        for name, found in (("steps", by_steps), ("gradients", at_once)):
            if found != backward:
                self.wrong.append(f"{program}\n{name}: not the bits of backward()")

    def _compare(self, name: str, truth: Truth, computed: list[float]) -> None:
        for i in truth.wrong(computed):
            true, bound = truth.gradients[i], truth.bounds[i]
            self.wrong.append(
                f"{truth.program}\nd/dv{i} by {name}: {computed[i]!r}, "
                f"exact {mp.nstr(true, 20)}, bound {mp.nstr(bound, 3)}"
            )

    def __str__(self) -> str:
        return "\n".join([
            f"programs              {self.programs:>9,}",
            f"gradients             {self.gradients:>9,}",
            f"paths                 {self.paths:>9,}",
            f"too many paths        {self.too_many_paths:>9,}",
            f"nodes, to the bit     {self.nodes:>9,}",
            f"wrong                 {len(self.wrong):>9,}",
        ])  # fmt: skip


def assert_routes_agree(routes: Routes) -> None:
    assert not routes.wrong, "\n\n".join([str(routes), *routes.wrong[:5]])
    assert routes.too_many_paths <= 0.01 * routes.programs, routes
    assert routes.paths >= routes.gradients, routes  # the sums are over something


def test_every_route_to_a_gradient_is_right() -> None:
    routes, rng = Routes(), Random(14)
    for _ in range(100):
        routes.check(draw_program(rng), rng)
    assert_routes_agree(routes)


@pytest.mark.slow
def test_every_route_to_a_gradient_is_right_in_5_000_programs(capsys) -> None:
    routes, rng = Routes(), Random(2027)
    for percent in range(1, 101):
        for _ in range(50):
            routes.check(draw_program(rng), rng)
        with capsys.disabled():
            print(f"\r5,000 programs, every route: {percent} %", end="", flush=True)
    with capsys.disabled():
        print(f"\n{routes}")
    assert_routes_agree(routes)


def test_routes_name_the_program_and_the_variable_that_are_wrong() -> None:
    program = Program([3.0, 5.0])
    program.append(Instruction("mul", (0, 1)), mp.mpf(15), [mp.mpf(5), mp.mpf(3)])
    routes = Routes()
    with planted(Fault("mul", 0, factor=2.0)) as calls:
        routes.check(program, Random(0), calls)
    forward, by_paths = routes.wrong  # steps and gradients share the fault with backward()
    assert forward.startswith(f"{program}\nd/dv0 by forward mode: 10.0, exact 5.0")
    assert by_paths.startswith(f"{program}\nd/dv0 by the sum over paths: 10.0, exact 5.0")


# ---- the checker, tested with planted faults -----------------------------------------------------


class Hunt:
    """How many programs whose gradient a fault changes were found wrong."""

    def __init__(self) -> None:
        self.faults = self.programs = self.changed = self.found = 0
        self.missed: list[str] = []

    def plant(self, fault: Fault, enough: int, rng: Random) -> None:
        """Draw programs with the faulty row until it changes a gradient in `enough` of them."""
        self.faults += 1
        changed = 0
        with planted(fault) as calls:
            while changed < enough:
                program = draw_program(rng, containing=fault.name)
                self.programs += 1
                if fault.shows(program):
                    changed += 1
                    if Truth(program, rng).wrong(gradients(program, calls)):
                        self.found += 1
                    else:
                        self.missed.append(f"{fault}\n{program}")
        self.changed += changed

    def __str__(self) -> str:
        share = 100 * self.found / self.changed
        return (
            f"planted faults {self.faults}, programs drawn {self.programs:,}, "
            f"with a changed gradient {self.changed:,}, found {self.found:,} ({share:.2f} %)"
        )


def test_a_rule_off_by_a_thousandth_is_found() -> None:
    result, rng = Hunt(), Random(6)
    for fault in every_fault():
        result.plant(fault, 1, rng)
    assert result.found >= 0.98 * result.changed, "\n\n".join([str(result), *result.missed])


@pytest.mark.slow
def test_a_rule_off_by_a_thousandth_is_found_in_thousands_of_programs(capsys) -> None:
    result, rng, faults = Hunt(), Random(7), every_fault()
    for i, fault in enumerate(faults, 1):
        result.plant(fault, 50, rng)
        with capsys.disabled():
            print(f"\rplanted faults: {100 * i // len(faults)} %", end="", flush=True)
    with capsys.disabled():
        print(f"\n{result}")
    assert result.found >= 0.98 * result.changed, "\n\n".join([str(result), *result.missed])


def test_a_planted_fault_is_gone_afterwards() -> None:
    table = dict(OPERATIONS)
    with planted(Fault("mul", 0)) as calls:
        x, y = Value(3.0), Value(5.0)
        calls["mul"](x, y).backward()
    assert (x.grad, y.grad) == (1.001 * 5.0, 3.0)
    assert table == OPERATIONS
    assert "mul" not in {i for i in calls if calls[i] is CALLS.get(i)}


def test_a_campaign_names_the_program_and_the_variable_that_are_wrong() -> None:
    program = Program([3.0, 5.0])
    program.append(Instruction("mul", (0, 1)), mp.mpf(15), [mp.mpf(5), mp.mpf(3)])
    campaign = Campaign()
    with planted(Fault("mul", 0, factor=2.0)) as calls:
        campaign.check(program, Random(0), calls)
    (message,) = campaign.wrong
    assert message.startswith(f"{program}\nd/dv0: computed 10.0, exact 5.0")


def test_a_program_prints_line_by_line() -> None:
    program = Program([3.0, 5.0])
    program.append(Instruction("where", (Comparison(0, 1), 0, 2.5)), mp.mpf(2.5), [])
    assert str(program) == "v0 = 3.0\nv1 = 5.0\nv2 = where(v0 > v1, v0, 2.5)"


def assigns(root: Value) -> None:
    """backward() with `=` for `+=`."""
    root.grad = 1.0
    for v in reversed(topological_order(root)):
        for parent, d in zip(v.parents, v.local_derivatives):
            parent.grad = v.grad * d


def forgets_parallel_edges(root: Value) -> None:
    """backward() over a set of parents, as where `a + a` has one edge."""
    root.grad = 1.0
    for v in reversed(topological_order(root)):
        for parent, d in dict(zip(v.parents, v.local_derivatives)).items():
            parent.grad += v.grad * d


@pytest.mark.parametrize("backward", [assigns, forgets_parallel_edges])
def test_a_fault_of_accumulation_is_found(backward) -> None:
    rng, changed, found = Random(9), 0, 0
    for program in programs(10, 120):
        root, variables = record(program)
        backward(root)
        computed = [v.grad for v in variables]
        if any(abs(a - b) > 1e-3 * abs(b) for a, b in zip(computed, gradients(program))):
            changed += 1
            found += bool(Truth(program, rng).wrong(computed))
    assert changed >= 12
    assert found >= 0.98 * changed


def test_a_fault_in_a_rule_is_found_by_numbers_but_not_by_comparing_routes() -> None:
    rng, shown, found = Random(15), 0, 0
    for fault in every_fault():
        program = draw_program(rng, containing=fault.name)
        if fault.shows(program):
            truth = Truth(program, rng)
            with planted(fault) as calls:
                root, variables = record(program, calls)
            root.backward()
            backward = [x.grad for x in variables]
            for route in (pushed_forward, summed_over_paths):
                triples = zip(route(root, variables), backward, truth.bounds)
                assert all(abs(a - b) <= 2 * bound for a, b, bound in triples), program
            shown += 1
            found += bool(truth.wrong(backward))
    assert shown >= 20
    assert found >= 0.98 * shown


def passes_on_too_early(root: Value) -> None:
    """backward() breadth first: a node passes on what it has, and more may come."""
    root.grad = 1.0
    order, seen = [root], {root}
    for v in order:  # it grows
        for parent, d in zip(v.parents, v.local_derivatives):
            parent.grad += v.grad * d
            if parent not in seen:
                seen.add(parent)
                order.append(parent)


def test_a_wrong_order_is_found_by_forward_mode() -> None:
    x = Value(1.0)
    a = 2 * x
    y = a + 3 * (5 * a)
    passes_on_too_early(y)
    assert x.grad == 2.0  # what came to a later is lost
    assert pushed_forward(y, [x]) == [32.0]


def test_a_wrong_order_is_found_by_forward_mode_in_random_programs() -> None:
    changed = found = 0
    for program in programs(16, 200):
        right = gradients(program)
        root, variables = record(program)
        passes_on_too_early(root)
        computed = [x.grad for x in variables]
        if any(abs(a - b) > 1e-3 * abs(b) for a, b in zip(computed, right)):
            changed += 1
            pairs = zip(computed, pushed_forward(root, variables))
            found += any(abs(a - b) > 1e-4 * abs(b) for a, b in pairs)
    assert found == changed >= 20


def test_the_bound_is_not_vacuous() -> None:
    rng, relative = Random(11), []
    for program in programs(12, 200):
        truth = Truth(program, rng)
        pairs = zip(truth.gradients, truth.bounds)
        relative += [float(bound / abs(g)) for g, bound in pairs if g != 0]
    assert len(relative) >= 300
    assert median(relative) < 1e-13
    assert sum(r > 1e-9 for r in relative) <= 0.05 * len(relative)


def test_the_bound_leaves_room_for_one_rounding() -> None:
    program = next(programs(13, 1))
    truth = Truth(program, Random(0))
    assert all(b >= 2 * UNIT * abs(g) for g, b in zip(truth.gradients, truth.bounds))
