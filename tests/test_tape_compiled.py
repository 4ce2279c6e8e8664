"""What is the compiled engine's own: memory layouts, spare lanes, threads, rows of a user."""

from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from random import Random
from typing import Any

import pytest

from autograd import (
    OPERATIONS,
    NaryOperation,
    Operation,
    Value,
    exp,
    log,
    prod,
    sumprod,
    tanh,
    total,
    trace,
    where,
)

np = pytest.importorskip("numpy", reason='needs pip install -e ".[fast]"')
pytest.importorskip("llvmlite", reason='needs pip install -e ".[fast]"')

from autograd.tape.engines.compiled import binding  # noqa: E402
from autograd.tape.engines.compiled.binding import Binding, Step, shown  # noqa: E402
from autograd.tape.kernels.rows import fold_of, name_of  # noqa: E402

w, b = Value(0.7, "w"), Value(-0.2, "b")
THETA = np.array([0.7, -0.2])


def neuron(x: Any, y: Any) -> Any:
    return (sumprod([w, b], x, b).tanh() - y) ** 2 + 0.1 * w * w


def tape_of_a_neuron() -> Any:
    return trace(neuron, [0.0, 0.0], 0.0, parameters=[w, b])


def drawn(lanes: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(lanes)
    return rng.normal(size=(lanes, 2)), rng.normal(size=lanes)


def assert_same(found: Any, expected: Any) -> None:
    assert found[0] == pytest.approx(expected[0], rel=1e-13, abs=1e-300)
    assert list(found[1]) == pytest.approx(list(expected[1]), rel=1e-12, abs=1e-15)


# ---- what a call is given ------------------------------------------------------------------------

LAYOUTS = {
    "columns first": np.asfortranarray,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1][::-1],
    "of another byte order": lambda x: x.astype(x.dtype.newbyteorder()),
    "not to be written": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "between the words": lambda x: _unaligned(x),
    "of lists": lambda x: x.tolist(),
    "of objects": lambda x: x.astype(object),
}


def _unaligned(x: Any) -> Any:
    memory = np.empty(x.nbytes + 1, np.uint8)
    memory[1:] = np.frombuffer(x.tobytes(), np.uint8)
    return memory[1:].view(float).reshape(x.shape)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_numbers_are_the_same_however_they_lie(layout) -> None:
    tape, change = tape_of_a_neuron().using("compiled"), LAYOUTS[layout]
    x, y = drawn(13)
    expected = tape.value_and_grad(THETA, x, y)
    found = tape.value_and_grad(change(THETA), change(x), change(y))
    assert (found[0], list(found[1])) == (expected[0], list(expected[1]))
    assert list(tape.forward(change(x), y)) == list(tape.forward(x, y))


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.float32, bool])
def test_numbers_of_another_kind_become_floats(kind) -> None:
    tape = tape_of_a_neuron().using("compiled")
    x, y = np.ones((5, 2), kind), np.zeros(5, kind)
    assert tape.value_and_grad(THETA, x, y)[0] == tape.value_and_grad(THETA, x * 1.0, y * 1.0)[0]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((3, 2)), np.ones(4)),
        (np.ones((3, 3)), np.ones(3)),
        (np.ones(3), np.ones(3)),
        (np.ones((0, 2)), np.ones(3)),
        (np.ones((0, 2)), np.ones(0)),
        (np.ones((3, 2)), np.float64(1.0)),
    ],
)
def test_arrays_of_another_shape_are_told(x, y) -> None:
    with pytest.raises((TypeError, ValueError), match=r"batch|argument|example"):
        tape_of_a_neuron().using("compiled").value_and_grad(THETA, x, y)


def test_what_one_call_gave_is_not_what_the_next_one_gives() -> None:
    tape = tape_of_a_neuron().using("compiled")
    first = tape.value_and_grad(THETA, *drawn(3))[1]
    kept = list(first)
    tape.value_and_grad(THETA, *drawn(70))
    assert list(first) == kept


# ---- lanes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", [1, 7, 8, 9, 63, 64, 65, 72, 129, 200])
def test_spare_lanes_enter_no_sum_whatever_memory_held(lanes) -> None:
    tape = trace(lambda x: log(x) * w + exp(b * x), 1.0, parameters=[w, b])
    compiled, x = tape.using("compiled"), np.linspace(0.5, 2.0, lanes)
    with np.errstate(all="ignore"):
        for odd in (nan, inf, -1.0, 1e308):
            compiled.value_and_grad(THETA, np.full(64, odd))  # what the memory then holds
            assert_same(
                compiled.value_and_grad(THETA, x), tape.using("numpy").value_and_grad(THETA, x)
            )


def test_one_lane_of_nan_is_that_lanes_alone() -> None:
    tape = trace(lambda x: where(x > 0.0, log(x), 0.0) * w, 1.0, parameters=[w]).using("compiled")
    x = np.array([1.0, nan, -1.0, 2.0])
    found = tape.forward(x, theta=[1.0])
    assert list(found) == pytest.approx([0.0, 0.0, 0.0, 0.6931471805599453], nan_ok=True)


@pytest.mark.parametrize("lanes", [9, 255, 256, 300, 700])
def test_blocks_are_longer_where_sums_are_many(lanes, monkeypatch) -> None:
    monkeypatch.setattr(binding, "CACHED", 0)
    tape, (x, y) = tape_of_a_neuron(), drawn(lanes)
    expected = tape.using("numpy").value_and_grad(THETA, x, y)
    for threads in (1, 2):
        long = tape.using("compiled", threads=threads)
        assert "rows of 256 lanes" in long.source
        assert_same(long.value_and_grad(THETA, x, y), expected)


def test_weights_are_read_lane_by_lane() -> None:
    tape = tape_of_a_neuron()
    x, y = drawn(77)
    weights = np.linspace(1.0, 2.0, 77)
    expected = tape.using("python").value_and_grad(THETA, x, y, weights=weights)
    assert_same(tape.using("compiled").value_and_grad(THETA, x, y, weights=weights), expected)


# ---- groups --------------------------------------------------------------------------------------

PARAMETERS = [Value(0.01 * i - 1.0, f"p{i}") for i in range(600)]
SHAPES = {
    "more uniform instructions than run at a time": lambda x: (
        total([tanh(p) * p for p in PARAMETERS]) * x
    ),
    "few uniform sums of many terms": lambda x: (
        x * sumprod(PARAMETERS, PARAMETERS[::-1], 2.0) + total(PARAMETERS[:37]) * total(PARAMETERS)
    ),
    "a matrix whose starts are lanes": lambda x: total(
        [tanh(sumprod(PARAMETERS[k : k + 3], [x, x * x, 1.0 / x], x)) for k in range(7)]
    ),
    "a matrix that stands twice": lambda x: total(
        [sumprod(PARAMETERS[k : k + 2], [z, z * z]) for z in (tanh(x), exp(x)) for k in range(5)]
    ),
    "a sum of nothing but its start": lambda x: sumprod([], [], x * PARAMETERS[0]) * x,
    "sums of lanes and numbers": lambda x: sumprod([x, 2.0, PARAMETERS[0]], [x, x, 3.0], 0.5),
    "no lane at all": lambda x: prod(PARAMETERS[300:304]),
    "one number": lambda x: PARAMETERS[0] * 0.0 + 3.0,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lanes", [1, 70])
def test_whatever_a_group_is_made_of(shape, lanes) -> None:
    tape = trace(SHAPES[shape], 0.5, parameters=PARAMETERS)
    theta, x = [p.data for p in PARAMETERS], np.linspace(0.5, 0.7, lanes)
    assert_same(
        tape.using("compiled").value_and_grad(theta, x),
        tape.using("numpy").value_and_grad(theta, x),
    )


def test_a_power_that_a_number_decides_is_no_routine() -> None:
    tape = trace(lambda x: (w * x) ** 2 + (w + x) ** 1.0, 1.0, parameters=[w]).using("compiled")
    assert "pow" not in tape.source
    assert tape.value_and_grad([3.0], [2.0]) == (41.0, [25.0])
    assert "row_pow" in trace(lambda x: w**x, 1.0).using("compiled").source


def test_the_source_is_the_calls_of_kernels() -> None:
    source = tape_of_a_neuron().using("compiled").source
    assert source.startswith("V: 14 rows of 64 lanes; U: 15 uniform numbers\n")
    lanes = source.partition("for each block of lanes\n")[2].splitlines()
    assert lanes[2:4] == ["    V[4] = matrix(V[0:2], U[1], W[0:])", "    V[5] = row_tanh(V[4])"]
    assert lanes[-1] == "    found[0:3] = results(U[10, 12, 9])"


def test_places_are_shown_as_slices_where_they_can_be() -> None:
    assert shown("V", [4, 5, 6]) == "V[4:7]"
    assert shown("V", [4, 4, 4]) == "V[4]"
    assert shown("U", list(range(0, 40, 4))) == "U[0, 4, 8, ..., 36]"
    assert str(Step("row_add", 2, 7, [1, 3], [0, 0])) == "V[7:9] = row_add(V[1, 3], V[0])"


# ---- rows ----------------------------------------------------------------------------------------


def test_a_row_that_takes_one_operand_after_the_other_is_known_by_its_rule(own_rows) -> None:
    squares = NaryOperation(
        "squares", lambda xs: total([x * x for x in xs]), lambda xs, z: [2.0 * x for x in xs]
    )
    spread = NaryOperation(
        "spread", lambda xs: xs[0] - xs[-1], lambda xs, z: [1.0] + [0.0] * (len(xs) - 2) + [-1.0]
    )
    folds = {name for name, row in OPERATIONS.items() if fold_of(row) is not None}
    assert folds == {"maximum", "minimum", "norm", "prod", "squares", "total"}
    assert fold_of(spread) is None
    tape = trace(lambda x: squares([x, w, 2.0 * x]) + spread([w, x, x]), 1.0, parameters=[w])
    assert tape.using("compiled").value_and_grad([3.0], [2.0]) == (30.0, [7.0])


def test_a_row_that_is_defined_anew_has_its_new_rules(own_rows) -> None:
    found = []
    for factor in (2.0, 3.0):
        row = Operation("würfel", lambda x, k=factor: k * x, lambda x, z, k=factor: k)
        found.append(trace(lambda x, row=row: row(x * w), 1.0, parameters=[w]).using("compiled"))
    assert [tape.value_and_grad([1.0], [5.0])[0] for tape in found] == [10.0, 15.0]


def test_a_kernel_is_named_by_its_row_and_those_of_a_user_by_their_rules_too(own_rows) -> None:
    row = Operation("twice", lambda x: x + x, lambda x, z: 2.0)
    assert name_of(OPERATIONS["tanh"]) == "row_tanh"
    assert name_of(row).startswith("row_twice_")


def test_an_arbitrary_function_stays_on_numpy_with_one_sentence(own_rows) -> None:
    opaque = Operation("opaque", lambda x: float(x) * 2.0, lambda x, z: 2.0)
    with pytest.warns(UserWarning, match="lane by lane"):
        tape = trace(lambda x: opaque(x) * w, 1.0, parameters=[w])
    with pytest.warns(UserWarning, match="^opaque: .* cannot be compiled; .* NumPy") as told:
        tape = tape.using("compiled")
    assert len(told) == 1
    assert tape.engine == "numpy"
    assert tape.value_and_grad([3.0], [2.0]) == (12.0, [4.0])


# ---- threads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 3, 5])
@pytest.mark.parametrize("lanes", [1, 64, 65, 300])
def test_threads_share_the_blocks_and_find_the_same_each_time(threads, lanes) -> None:
    tape = tape_of_a_neuron()
    one, many = tape.using("compiled"), tape.using("compiled", threads=threads)
    x, y = drawn(lanes)
    found = [many.value_and_grad(THETA, x, y) for _ in range(3)]
    assert_same(found[0], one.value_and_grad(THETA, x, y))
    assert all(z == found[0][0] and (g == found[0][1]).all() for z, g in found)
    assert list(many.forward(x, y)) == list(one.forward(x, y))
    weights = np.linspace(0.0, 1.0, lanes) + 0.1
    expected = one.value_and_grad(THETA, x, y, weights=weights)
    assert_same(many.value_and_grad(THETA, x, y, weights=weights), expected)


def test_many_calls_at_once_disturb_no_other() -> None:
    tape = tape_of_a_neuron().using("compiled", threads=2)
    batches = [drawn(40 * k + 1) for k in range(8)]
    expected = [tape.value_and_grad(THETA, *batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: tape.value_and_grad(THETA, *batches[k % 8]), range(200)))
    for k, (value, gradient) in enumerate(found):
        assert (value, list(gradient)) == (expected[k % 8][0], list(expected[k % 8][1]))


@pytest.mark.parametrize(("engine", "threads"), [("compiled", 0), ("compiled", 1.5), ("numpy", 2)])
def test_threads_that_are_none_are_told(engine, threads) -> None:
    with pytest.raises(ValueError, match="threads are a whole number from 1 on"):
        tape_of_a_neuron().using(engine, threads=threads)


# ---- planted faults ------------------------------------------------------------------------------


def without(kernel: str) -> Any:
    """Forget all calls of a kernel."""
    return lambda steps: [step for step in steps if step.kernel != kernel]


def changed(kernel: str, change: Any) -> Any:
    """Change the lists of all calls of a kernel."""

    def change_all(steps: list[Step]) -> list[Step]:
        for step in steps:
            if step.kernel == kernel:
                step.lists = change(step.lists)
        return steps

    return change_all


FAULTS = {
    "spare lanes are summed": without("clean"),
    "sums go on from call to call": without("zero"),
    "weights are those of a call before": without("pack"),
    "uniform numbers reach no lane": without("spread"),
    "operands swapped": changed("row_sub", lambda xs: xs[::-1]),
    "a product of rows turned round": changed("outer", lambda xs: (xs[0][::-1], *xs[1:])),
    "starts in the wrong order": changed("matrix", lambda xs: (xs[0], xs[1][::-1], xs[2])),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, monkeypatch) -> None:
    rng = Random(7)
    hidden = [[Value(rng.gauss(0, 1)) for _ in range(4)] for _ in range(5)]
    parameters = [p for row in hidden for p in row]

    def f(x: Any, y: Any) -> Any:
        scores = [tanh(sumprod(row[:3], x, row[3])) for row in hidden]
        return (y - total(scores)) ** 2 + 0.1 * total([p * p for p in parameters]) + x[0] * y

    tape = trace(f, [0.0] * 3, 0.0, parameters=parameters)
    x, y, theta = np.ones((9, 3)) * 0.3, np.linspace(0, 1, 9), np.linspace(-1, 1, 20)

    def disagrees() -> bool:
        compiled, expected = tape.using("compiled"), tape.using("numpy")
        compiled.value_and_grad(theta + 1.0, x, y)
        found = compiled.value_and_grad(theta, x, y)[1]
        return not np.allclose(found, expected.value_and_grad(theta, x, y)[1], rtol=1e-9)

    assert not disagrees()
    written = Binding.__init__

    def faulty(self: Any, *given: Any, **named: Any) -> None:
        written(self, *given, **named)
        self.sections = list(map(FAULTS[fault], self.sections))

    monkeypatch.setattr(Binding, "__init__", faulty)
    assert disagrees()
