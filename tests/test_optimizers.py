"""Optimisers, schedules, clipping: by hand on one parameter, then step for step with PyTorch."""

import itertools
import math
import random
from types import SimpleNamespace

import pytest

import autograd
from autograd import Value
from nn.training.optimizers import (
    SGD,
    Adam,
    AdamW,
    Momentum,
    Optimizer,
    clip_by_norm,
    clip_by_value,
)
from nn.training.schedules import constant, cosine, linear, step_decay, warmup

ALL = [SGD, Momentum, Adam, AdamW]


def move(optimizer: Optimizer, *gradients: float) -> float:
    """The first parameter after one step at each of these gradients."""
    for g in gradients:
        optimizer.zero_grad()
        optimizer.parameters[0].grad = g
        optimizer.step()
    return optimizer.parameters[0].data


def with_gradients(*gradients: float) -> list[Value]:
    parameters = [Value(1.0, f"w[{i}]") for i in range(len(gradients))]
    for p, g in zip(parameters, gradients):
        p.grad = g
    return parameters


# ---- SGD, Momentum, Adam -------------------------------------------------------------------------


def test_sgd_moves_by_rate_times_gradient() -> None:
    assert move(SGD([Value(3.0)], 0.5), 2.0) == 2.0  # 3 - 0.5 * 2
    assert move(SGD([Value(3.0)], 0.5), 2.0, 4.0) == 0.0  # 2 - 0.5 * 4: nothing is remembered


def test_momentum_goes_on_where_the_gradient_is_zero() -> None:
    optimizer = Momentum([Value(0.0)], 1.0, momentum=0.5)
    assert move(optimizer, 8.0) == -8.0  # v = 8
    assert move(optimizer, 0.0) == -12.0  # v = 4
    assert move(optimizer, -1.0) == -13.0  # v = 0.5 * 4 - 1
    assert optimizer.velocities == [1.0]


def test_momentum_zero_is_gradient_descent() -> None:
    for nesterov in (False, True):
        optimizer = Momentum([Value(3.0)], 0.1, momentum=0.0, nesterov=nesterov)
        assert move(optimizer, 2.0, -1.0) == move(SGD([Value(3.0)], 0.1), 2.0, -1.0)


def test_nesterov_steps_along_the_new_velocity() -> None:
    optimizer = Momentum([Value(0.0)], 1.0, momentum=0.5, nesterov=True)
    assert move(optimizer, 8.0) == -12.0  # v = 8, the step is 8 + 0.5 * 8
    assert move(optimizer, 0.0) == -14.0  # v = 4, the step is 0 + 0.5 * 4


def test_nesterov_is_the_gradient_at_the_point_looked_ahead_to() -> None:
    """Sutskever's form, eq. 3 and 4: v <- u v - r f'(x + u v), x <- x + v; here p is x + u v."""
    u, r, x, v = 0.9, 0.1, 2.0, 0.0
    optimizer = Momentum([Value(x)], r, momentum=u, nesterov=True)
    for _ in range(20):
        v = u * v - r * 3 * (x + u * v)  # f(x) = 1.5 x x
        x += v
        (p,) = optimizer.parameters
        assert move(optimizer, 3 * p.data) == pytest.approx(x + u * v, rel=1e-12)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient() -> None:
    for g in (1e-3, 7.0, -7.0, 1e100):
        moved = move(Adam([Value(0.0)], 0.25), g)
        assert moved == pytest.approx(-math.copysign(0.25, g), rel=1e-4)
    assert move(Adam([Value(0.0)], 0.25), 1e-8) == pytest.approx(-0.125)  # g / (g + epsilon) = 1/2


def test_adam_divides_a_mean_by_the_root_of_a_mean_square() -> None:
    optimizer = Adam([Value(0.0)], 1.0, betas=(0.5, 0.75), epsilon=1.0)
    # t = 1: m = 2, v = 4, m' = 2 / 0.5 = 4, v' = 4 / 0.25 = 16
    assert move(optimizer, 4.0) == -4 / (4 + 1)
    assert (optimizer.means, optimizer.squares, optimizer.steps) == ([2.0], [4.0], 1)
    # t = 2: m = 1, v = 3, m' = 1 / (1 - 0.25), v' = 3 / (1 - 0.5625)
    expected = -0.8 - (1 / 0.75) / (math.sqrt(3 / 0.4375) + 1)
    assert move(optimizer, 0.0) == pytest.approx(expected, rel=1e-15)
    assert (optimizer.means, optimizer.squares, optimizer.steps) == ([1.0], [3.0], 2)


def test_a_constant_gradient_has_itself_as_its_corrected_mean() -> None:
    optimizer = Adam([Value(0.0)], 0.125, epsilon=1e-30)
    assert move(optimizer, *[3.0] * 40) == pytest.approx(-40 * 0.125, rel=1e-13)


def test_adamw_shrinks_first_and_outside_of_the_division() -> None:
    optimizer = AdamW([Value(8.0)], 0.5, weight_decay=0.5)
    assert move(optimizer, 0.0) == 6.0  # 8 * (1 - 0.5 * 0.5), and Adam has nothing to add
    assert optimizer.squares == [0.0]
    plain, decayed = Adam([Value(6.0)], 0.5), AdamW([Value(8.0)], 0.5, weight_decay=0.5)
    assert move(decayed, 2.0) == move(plain, 2.0)


def test_adamw_without_decay_is_adam_with_the_same_settings() -> None:
    for settings in ({}, {"betas": (0.5, 0.75), "epsilon": 1.0}):
        decayed = AdamW([Value(1.0)], 0.1, **settings, weight_decay=0)
        assert move(decayed, 2.0, -1.0) == move(Adam([Value(1.0)], 0.1, **settings), 2.0, -1.0)


def test_the_settings_of_adam_are_the_papers_unless_told_otherwise() -> None:
    for optimizer in (Adam([Value(1.0)]), AdamW([Value(1.0)])):
        assert optimizer.learning_rate == 0.001
        assert (optimizer.betas, optimizer.epsilon) == ((0.9, 0.999), 1e-8)


@pytest.mark.parametrize("kind", ALL)
def test_each_parameter_has_a_memory_of_its_own(kind) -> None:
    alone = [move(kind([Value(1.0)], 0.1), *gs) for gs in ([1.0, -2.0], [3.0, 0.5])]
    pair = kind([Value(1.0), Value(1.0)], 0.1)
    for gradients in ([1.0, 3.0], [-2.0, 0.5]):
        for p, g in zip(pair.parameters, gradients):
            p.grad = g
        pair.step()
    assert [p.data for p in pair.parameters] == alone


@pytest.mark.parametrize("kind", ALL)
def test_every_optimizer_finds_the_bottom_of_a_valley(kind) -> None:
    x, y = Value(2.0), Value(-1.0)
    optimizer = kind([x, y], linear(0.1, 0.0, 300))
    for _ in range(300):
        optimizer.zero_grad()
        ((x - 1) ** 2 + 4 * (y - x) ** 2).backward()
        optimizer.step()
    assert [x.data, y.data] == pytest.approx([1.0, 1.0], abs=0.1)


@pytest.mark.parametrize("kind", ALL)
def test_a_step_touches_no_gradient_and_zero_grad_nothing_else(kind) -> None:
    optimizer = kind(with_gradients(2.0, -3.0))
    optimizer.step()
    assert [p.grad for p in optimizer.parameters] == [2.0, -3.0]
    moved = [p.data for p in optimizer.parameters]
    assert moved[0] < 1.0 < moved[1]
    optimizer.zero_grad()
    assert [p.grad for p in optimizer.parameters] == [0.0, 0.0]
    assert [p.data for p in optimizer.parameters] == moved


@pytest.mark.parametrize("kind", ALL)
def test_a_parameter_that_is_listed_twice_moves_once(kind) -> None:
    w, b = Value(1.0), Value(1.0)
    optimizer = kind([w, b, w])
    assert optimizer.parameters[0] is w
    assert optimizer.parameters[1] is b
    assert len(optimizer.parameters) == 2
    assert move(optimizer, 2.0) == move(kind([Value(1.0)]), 2.0)


def test_an_optimizer_of_your_own_needs_only_a_move() -> None:
    class Signs(Optimizer):
        def move(self, r: float) -> None:
            for p in self.parameters:
                p.data -= math.copysign(r, p.grad)

    assert move(Signs([Value(1.0)], 0.25), 9.0, 9.0) == 0.5
    unfinished = Optimizer([Value(1.0)], 0.1)
    with pytest.raises(NotImplementedError, match=r"Optimizer needs a method rule or move"):
        unfinished.step()
    assert unfinished.steps == 0


def test_text_says_what_an_optimizer_is() -> None:
    optimizer = SGD([Value(1.0)])
    assert repr(optimizer) == "SGD(1 parameter, learning rate 0.1, 0 steps taken)"
    optimizer.step()
    assert repr(optimizer) == "SGD(1 parameter, learning rate 0.1, 1 step taken)"
    many = AdamW([Value(1.0) for _ in range(1000)], constant(0.1))
    assert repr(many) == "AdamW(1,000 parameters, learning rate a schedule, 0 steps taken)"


# ---- schedules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (constant(0.5), [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (step_decay(8.0, 0.5, every=2), [8, 8, 4, 4, 2, 2]),
        (linear(1.0, 0.0, steps=4), [1, 0.75, 0.5, 0.25, 0, 0]),
        (linear(0.0, 2.0, steps=2), [0, 1, 2, 2, 2, 2]),
        (cosine(1.0, 0.0, steps=3), [1, 0.75, 0.25, 0, 0, 0]),  # cos 60 degrees is 1/2
        (cosine(3.0, 1.0, steps=2), [3, 2, 1, 1, 1, 1]),
        (warmup(1.0, steps=4), [0.25, 0.5, 0.75, 1, 1, 1]),
        (warmup(linear(1.0, 0.0, steps=4), steps=2), [0.5, 0.75, 0.5, 0.25, 0, 0]),
        (warmup(lambda step: 1 / (1 + step), steps=1), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]),
    ],
)
def test_a_schedule_is_a_function_of_the_step(schedule, expected: list[float]) -> None:
    assert [schedule(step) for step in range(6)] == pytest.approx(expected, rel=1e-15, abs=1e-16)


@pytest.mark.parametrize("shape", [linear, cosine])
def test_a_schedule_starts_and_ends_exactly_where_it_should(shape) -> None:
    for a, b in [(0.1, 0.3), (0.7, 0.1), (1e-9, 0.9)]:
        rate = shape(a, b, 7)
        assert [rate(0), rate(7), rate(1000)] == [a, b, b]


def test_a_step_asks_its_schedule_for_its_own_number() -> None:
    optimizer = SGD([Value(0.0)], lambda step: [1.0, 10.0, 100.0][step])
    assert move(optimizer, 1.0, 1.0) == -11.0
    assert (optimizer.steps, optimizer.rate()) == (2, 100.0)
    optimizer.learning_rate = 0.5  # a lecture sets the rate by hand
    assert move(optimizer, 1.0) == -11.5
    optimizer.learning_rate = 0.0
    assert move(optimizer, 1.0) == -11.5


# ---- clipping ------------------------------------------------------------------------------------


def test_clipping_by_norm_keeps_the_direction() -> None:
    parameters = with_gradients(3.0, -4.0)
    assert clip_by_norm(parameters, 1.0, epsilon=0.0) == 5.0
    assert [p.grad for p in parameters] == pytest.approx([0.6, -0.8], rel=1e-15)


def test_clipping_by_norm_leaves_a_short_gradient_alone() -> None:
    parameters = with_gradients(3.0, -4.0)
    assert clip_by_norm(parameters, 5.1) == clip_by_norm(parameters, 5.0, epsilon=0.0) == 5.0
    assert clip_by_norm(parameters, math.inf) == 5.0  # a way to ask for the norm
    assert [p.grad for p in parameters] == [3.0, -4.0]
    assert clip_by_norm(with_gradients(0.0, 0.0), 1.0) == 0.0


def test_a_clipped_gradient_is_never_longer_than_the_limit(rng: random.Random) -> None:
    for _ in range(200):
        parameters = with_gradients(*[rng.gauss(0, 10) for _ in range(5)])
        clip_by_norm(parameters, 1.0)
        assert clip_by_norm(parameters, math.inf) <= 1.0


def test_the_norm_of_huge_gradients_does_not_overflow() -> None:
    parameters = with_gradients(3e200, 4e200)
    assert clip_by_norm(parameters, 1.0) == pytest.approx(5e200, rel=1e-15)
    assert [p.grad for p in parameters] == pytest.approx([0.6, 0.8], rel=1e-15)


def test_clipping_by_value_moves_each_gradient_into_the_interval() -> None:
    parameters = with_gradients(3.0, -4.0, 0.5, 0.0)
    assert clip_by_value(parameters, 1.0) == math.sqrt(25.25)
    assert [p.grad for p in parameters] == [1.0, -1.0, 0.5, 0.0]
    parameters = with_gradients(math.inf, -math.inf)
    assert clip_by_value(parameters, 2.0) == math.inf
    assert [p.grad for p in parameters] == [2.0, -2.0]


def test_a_parameter_that_is_listed_twice_is_clipped_once() -> None:
    for clip in (clip_by_value, clip_by_norm):
        (w,) = with_gradients(4.0)
        assert clip(iter([w, w]), 2.0) == 4.0
        assert w.grad == pytest.approx(2.0)


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("clip", [clip_by_value, clip_by_norm])
def test_a_gradient_that_cannot_be_clipped_is_named_and_nothing_changes(clip) -> None:
    parameters = with_gradients(9.0, math.nan)
    with pytest.raises(ValueError, match=r"gradient of nan \(label 'w\[1\]'\) cannot be clipped"):
        clip(parameters, 1.0)
    assert parameters[0].grad == 9.0
    for limit in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"the limit must be above 0, got {limit}"):
            clip(parameters, limit)


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
def test_what_has_no_gradients_to_clip_is_refused(clip) -> None:
    with pytest.raises(TypeError, match=r"got a Model: pass its parameters\(\)"):
        clip(Model(), 1.0)


def test_steps_of_a_schedule_may_be_a_whole_number_of_numpy() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    assert linear(1.0, 0.0, steps=np.int64(4))(1) == 0.75


def test_an_infinite_gradient_has_no_norm_to_clip() -> None:
    with pytest.raises(ValueError, match="gradient of -inf"):
        clip_by_norm(with_gradients(-math.inf, 1.0), 1.0)
    with pytest.raises(ValueError, match="epsilon must be 0 or more, and finite, got -1.0"):
        clip_by_norm(with_gradients(1.0), 1.0, epsilon=-1)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-1, ValueError, "the learning rate must be above 0, got -1"),
        (0.0, ValueError, "the learning rate must be above 0, got 0.0"),
        (math.nan, ValueError, "the learning rate must be above 0, got nan"),
        (math.inf, ValueError, "the learning rate must be 0 or more, and finite, got inf"),
        ("0.1", TypeError, "the learning rate must be a real number, got the text '0.1'"),
        (Value(0.1), TypeError, "the learning rate must be a real number, got a Value"),
    ],
)
def test_a_rate_that_cannot_learn_is_refused(kind, rate, error, message: str) -> None:
    with pytest.raises(error, match=message):
        kind([Value(1.0)], rate)


@pytest.mark.parametrize("kind", ALL)
def test_a_schedule_that_goes_wrong_is_named_with_its_step_and_nothing_moves(kind) -> None:
    (w,) = with_gradients(1.0)
    optimizer = kind([w], lambda step: 0.1 - step)
    optimizer.step()
    before = w.data, optimizer.steps
    with pytest.raises(ValueError, match="the learning rate of step 1 must be 0 or more.*got -0.9"):
        optimizer.step()
    assert (w.data, optimizer.steps) == before
    optimizer.learning_rate = lambda step: None
    with pytest.raises(TypeError, match="the learning rate of step 1 must be a real.*got None"):
        optimizer.step()


class Model:
    def parameters(self) -> list[Value]:
        return [Value(1.0)]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "there is nothing to optimise: parameters is empty"),
        (Model(), TypeError, r"a list of Values, got a Model: pass its parameters\(\)"),
        ([Model()], TypeError, r"got one with a Model: pass its parameters\(\)"),
        (Value(1.0), TypeError, "must be a list of Values, got a Value: .p. is"),
        (Model().parameters, TypeError, r"got a method: call it, parameters\(\)"),
        ([autograd.constant(1.0)], ValueError, r"is a constant, .* make it with Value\(...\)"),
        ([1.0], TypeError, "must be a list of Values, got one with a float$"),
        ([SimpleNamespace(data=1.0)], TypeError, "got one with a SimpleNamespace$"),
        ([Value(3.0, "w") * 2], ValueError, "a variable, but Value.6.* is the result of an operat"),
    ],
)
def test_what_is_no_parameter_is_refused(kind, parameters, error, message: str) -> None:
    with pytest.raises(error, match=message):
        kind(parameters)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: Momentum(p, momentum=1.0), "momentum must be at least 0 and below 1, got 1.0"),
        (lambda p: Momentum(p, momentum=-0.1), "momentum must be at least 0 and below 1, got -0.1"),
        (lambda p: Adam(p, betas=(1, 0.9)), r"betas\[0\] must be at least 0 and below 1, got 1"),
        (lambda p: Adam(p, betas=(0, math.nan)), r"betas\[1\] must be at least 0.*got nan"),
        (lambda p: Adam(p, betas=0.9), r"betas must be two numbers, as in .*got 0.9"),
        (lambda p: Adam(p, betas=(0.9,)), r"betas must be two numbers, as in .*got \(0.9,\)"),
        (lambda p: Adam(p, epsilon=0.0), "epsilon must be above 0, got 0.0"),
        (lambda p: AdamW(p, weight_decay=-1), "weight decay must be 0 or more.*got -1"),
        (lambda p: constant(-1), "the learning rate must be 0 or more.*got -1"),
        (lambda p: linear(0.1, -1, 5), "the end must be 0 or more.*got -1"),
        (lambda p: linear(math.inf, 0, 5), "the learning rate must be 0 or more.*got inf"),
        (lambda p: cosine(0.1, math.nan, 5), "the end must be 0 or more.*got nan"),
        (lambda p: cosine(0.1, 0.0, 0), "steps must be a whole number, 1 or more, got 0"),
        (lambda p: warmup(0.1, 2.5), "steps must be a whole number, 1 or more, got 2.5"),
        (lambda p: step_decay(0.1, 0.5, 0), "every must be a whole number, 1 or more, got 0"),
        (lambda p: step_decay(0.1, 1.5, 9), "a factor from 0 to 1, got 1.5"),
    ],
)
def test_a_setting_without_sense_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)])


# ---- PyTorch -------------------------------------------------------------------------------------

peers = [pytest.mark.peers, pytest.mark.filterwarnings("default")]
STEPS = 50
ULP = 2.0**-53  # the relative error of one rounding

KINDS = {  # ours, and PyTorch's name and settings for it
    "SGD": (SGD, {}, "SGD", {}),
    "Momentum": (Momentum, {"momentum": 0.8}, "SGD", {"momentum": 0.8}),
    "Nesterov": (
        Momentum, {"nesterov": True},
        "SGD", {"momentum": 0.9, "nesterov": True},
    ),
    "Adam": (Adam, {}, "Adam", {}),
    "Adam, other settings": (
        Adam, {"betas": (0.7, 0.9), "epsilon": 1e-3},
        "Adam", {"betas": (0.7, 0.9), "eps": 1e-3},
    ),
    "AdamW": (AdamW, {}, "AdamW", {}),
    "AdamW, other settings": (AdamW, {"weight_decay": 0.3}, "AdamW", {"weight_decay": 0.3}),
}  # fmt: skip


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')


def both(name: str, torch, rng: random.Random, rate: float):
    """Our optimizer and PyTorch's on four parameters with the same numbers."""
    ours, settings, theirs, their_settings = KINDS[name]
    start = [rng.gauss(0, 1) for _ in range(4)]
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    return (
        ours([Value(x) for x in start], rate, **settings),
        getattr(torch.optim, theirs)(tensors, rate, **their_settings),
        tensors,
    )


def examples(rng: random.Random) -> list[tuple[list[float], float]]:
    return [([rng.gauss(0, 1) for _ in range(3)], rng.uniform(-1, 1)) for _ in range(6)]


def squared_errors(parameters, data):
    """The loss of one tanh neuron, on Values and on tensors alike."""
    *w, b = parameters
    activations = [sum(wi * xi for wi, xi in zip(w, x)) + b for x, _ in data]
    return sum((a.tanh() - y) ** 2 for a, (_, y) in zip(activations, data))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(3))
class TestStepForStep:
    pytestmark = peers

    def test_the_same_gradients_move_parameters_as_in_pytorch(self, name, seed, torch) -> None:
        """PyTorch fuses multiplications with additions: each step may round otherwise, once."""
        rng = random.Random(seed)
        optimizer, theirs, tensors = both(name, torch, rng, rate=0.05)
        data = examples(rng)
        for step in range(1, STEPS + 1):
            optimizer.zero_grad()
            squared_errors(optimizer.parameters, data).backward()
            for p, tensor in zip(optimizer.parameters, tensors):
                tensor.grad = torch.tensor(p.grad, dtype=torch.float64)
            optimizer.step()
            theirs.step()
            for p, tensor in zip(optimizer.parameters, tensors):
                assert abs(p.data - tensor.item()) <= 2 * step * ULP * max(1, abs(p.data))

    def test_what_is_remembered_is_what_pytorch_remembers(self, name, seed, torch) -> None:
        """A decaying sum of roundings: a few ulps of the largest gradient there was."""
        rng = random.Random(seed)
        optimizer, theirs, tensors = both(name, torch, rng, rate=0.05)
        names = {
            "velocities": "momentum_buffer",
            "means": "exp_avg",
            "squares": "exp_avg_sq",
        }
        kept = [attribute for attribute in names if hasattr(optimizer, attribute)]
        assert len(kept) == {SGD: 0, Momentum: 1, Adam: 2, AdamW: 2}[type(optimizer)]
        for _ in range(STEPS):
            for p, tensor in zip(optimizer.parameters, tensors):
                p.grad = rng.uniform(-1, 1)
                tensor.grad = torch.tensor(p.grad, dtype=torch.float64)
            optimizer.step()
            theirs.step()
            for attribute, i in itertools.product(kept, range(4)):
                expected = theirs.state[tensors[i]][names[attribute]].item()
                assert abs(getattr(optimizer, attribute)[i] - expected) <= 8 * ULP

    def test_training_goes_as_in_pytorch_with_schedule_and_clipping(
        self, name, seed, torch
    ) -> None:
        """Now the gradients are PyTorch's own, and the loss passes differences on, enlarged."""
        rng = random.Random(seed)
        optimizer, theirs, tensors = both(name, torch, rng, rate=0.05)
        optimizer.learning_rate = cosine(0.05, 0.01, STEPS)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(theirs, STEPS, eta_min=0.01)
        data, clipped = examples(rng), 0
        for _ in range(STEPS):
            optimizer.zero_grad()
            theirs.zero_grad()
            squared_errors(optimizer.parameters, data).backward()
            squared_errors(tensors, data).backward()
            norm = clip_by_norm(optimizer.parameters, 0.5)
            expected = torch.nn.utils.clip_grad_norm_(tensors, 0.5).item()
            assert norm == pytest.approx(expected, rel=1e-11)
            clipped += norm > 0.5
            optimizer.step()
            theirs.step()
            schedule.step()
            assert [p.data for p in optimizer.parameters] == pytest.approx(
                [tensor.item() for tensor in tensors], rel=1e-11, abs=1e-12
            )
        assert clipped > 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (constant(0.3), lambda s, o: s.ConstantLR(o, factor=1.0)),
        (step_decay(0.3, 0.7, every=6), lambda s, o: s.StepLR(o, 6, gamma=0.7)),
        (
            linear(0.3, 0.03, steps=40),
            lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=40),
        ),
        (cosine(0.3, 0.01, STEPS), lambda s, o: s.CosineAnnealingLR(o, STEPS, eta_min=0.01)),
        (
            warmup(step_decay(0.3, 0.7, every=6), steps=10),
            lambda s, o: s.ChainedScheduler(
                [s.LinearLR(o, start_factor=0.1, total_iters=9), s.StepLR(o, 6, gamma=0.7)]
            ),
        ),
    ],
)
class TestSchedules:
    pytestmark = peers

    def test_a_schedule_is_pytorchs(self, ours, theirs, torch) -> None:
        """PyTorch multiplies its way from step to step, so its roundings add up."""
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.3)
        scheduler = theirs(torch.optim.lr_scheduler, optimizer)
        for step in range(STEPS + 1):
            (expected,) = scheduler.get_last_lr()
            assert ours(step) == pytest.approx(expected, rel=1e-13)
            optimizer.step()
            scheduler.step()


class TestClipping:
    pytestmark = peers

    @pytest.mark.parametrize("limit", [1e-3, 1.0, 4.0, 1e3])
    def test_clipping_is_pytorchs(self, limit: float, torch, rng: random.Random) -> None:
        utils = torch.nn.utils
        for _ in range(50):
            gradients = [rng.gauss(0, 2) for _ in range(5)]
            for ours, theirs in (
                (clip_by_norm, utils.clip_grad_norm_),
                (clip_by_value, utils.clip_grad_value_),
            ):
                parameters = with_gradients(*gradients)
                tensor = torch.zeros(5, dtype=torch.float64, requires_grad=True)
                tensor.grad = torch.tensor(gradients, dtype=torch.float64)
                ours(parameters, limit)
                theirs([tensor], limit)
                found = [p.grad for p in parameters]
                assert found == pytest.approx(tensor.grad.tolist(), rel=4 * ULP, abs=0)


# ---- gradients that are none ---------------------------------------------------------------------


@pytest.mark.parametrize("make", [SGD, Momentum, Adam, AdamW])
def test_a_gradient_of_none_is_zero(make) -> None:
    def moved(none) -> list[float]:
        x, y = Value(1.0), Value(2.0)
        optimizer = make([x, y], 0.1)
        for _ in range(2):
            x.grad = y.grad = none
            (x * x).backward()
            optimizer.step()
        return [x.data, y.data]

    assert moved(None) == moved(0.0)


def test_gradients_of_none_are_clipped_as_zeros() -> None:
    x, y = Value(1.0), Value(2.0)
    for clip in (clip_by_norm, clip_by_value):
        x.grad, y.grad = 3.0, None
        assert clip([x, y], 5.0) == 3.0
        assert (x.grad, y.grad) == (3.0, 0.0)


@pytest.mark.parametrize("make", [SGD, Momentum, Adam, AdamW])
@pytest.mark.parametrize("wrong", ["1", Value(1.0), [1.0], 1j])
def test_what_is_no_number_is_refused_before_anything_moves(make, wrong) -> None:
    x, y = Value(1.0), Value(2.0, "y")
    optimizer = make([x, y], 0.1)
    x.grad, y.grad = 1.0, wrong
    with pytest.raises(TypeError, match="the gradient of a parameter .label 'y'. must be a real"):
        optimizer.step()
    y.data, y.grad = wrong, 1.0
    with pytest.raises(TypeError, match="the data of a parameter .label 'y'. must be a real"):
        optimizer.step()
    assert (x.data, optimizer.steps) == (1.0, 0)
