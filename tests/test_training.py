"""fit: what it computes, when it stops, what it refuses, and what its history says."""

import csv
import math
import random
import re
import signal
import sys
import threading

import pytest
from models import Scale

from autograd import Value, constant, derivatives, exp, log, mean, no_grad, sqrt, total, where
from nn.data.datasets import Data, iris, moons, spirals, standardize, stratified_split
from nn.losses import (
    binary_cross_entropy,
    half_squared_error,
    hinge,
    l1,
    l2,
    softmax_cross_entropy,
)
from nn.modules import MLP
from nn.training.divergence import DivergedError, diverged_loss, first_not_finite
from nn.training.fit import fit
from nn.training.history import Epoch, History
from nn.training.optimizers import SGD, Adam, AdamW, Momentum, clip_by_norm
from nn.training.progress import Lines
from nn.training.schedules import cosine


def numbers(inputs, labels) -> Data:
    return Data([[x] for x in inputs], list(labels), ("x",), ())


MOONS = moons(12, rng=random.Random(0))
LINE = numbers([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])


def train(model, data, learning_rate=0.1, **options):
    options = {"loss": half_squared_error, "epochs": 1, "progress": False, **options}
    return fit(model, data, optimizer=SGD(model.parameters(), learning_rate), **options)


def numbers_of(model) -> list[float]:
    return [p.data for p in model.parameters()]


# ---- what it computes ----------------------------------------------------------------------------


def test_a_step_follows_the_gradient_of_the_mean_loss() -> None:
    model = Scale()
    history = train(model, LINE)
    assert model.w.data == pytest.approx(0.1 * (2 + 8 + 18) / 3)
    assert history.losses == [pytest.approx((2 + 8 + 18) / 3)]


def test_every_example_comes_once_an_epoch_in_batches(rng) -> None:
    seen = []

    def loss(z, y):
        seen.append(y)
        return half_squared_error(z, y)

    data = numbers(range(10), range(10))
    history = train(Scale(), data, 0.001, loss=loss, epochs=2, batch_size=4, rng=rng)
    assert seen[:10] == list(range(10))  # tried before the first step
    assert sorted(seen[10:20]) == sorted(seen[20:]) == list(range(10))
    assert seen[10:20] != seen[20:]
    assert [row.steps for row in history] == [3, 6]


def test_a_short_last_batch_weighs_its_own_examples() -> None:
    class Still(SGD):
        def step(self) -> None:
            self.seen = [*getattr(self, "seen", []), self.parameters[0].grad]

    model = Scale()
    optimizer = Still(model.parameters(), 0.1)
    history = fit(
        model, numbers([1.0] * 3, [1.0] * 3), loss=half_squared_error, optimizer=optimizer,
        epochs=1, batch_size=2, progress=False,
    )  # fmt: skip
    assert optimizer.seen == [-1.0, -1.0]
    assert history.losses == [0.5]


def test_one_batch_of_all_examples_needs_no_random_numbers() -> None:
    rng = random.Random(0)
    before = rng.getstate()
    train(Scale(), LINE, 0.01, epochs=3, rng=rng)
    assert rng.getstate() == before


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    def run(seed: int) -> list[float]:
        rng = random.Random(seed)
        model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
        train(model, moons(20, rng=random.Random(1)), epochs=2, batch_size=5, rng=rng)
        return numbers_of(model)

    assert run(1) == run(1) != run(2)


def test_without_an_rng_pythons_own_shuffles() -> None:
    def run() -> list[float]:
        random.seed(5)
        model = Scale()
        train(model, LINE, 0.01, batch_size=1)
        return numbers_of(model)

    first = run()
    random.seed(6)
    assert run() == first


def test_fit_takes_the_steps_of_the_loop_written_out() -> None:
    data = moons(30, rng=random.Random(0))
    ours, plain = (MLP(2, [4, 2], "tanh", rng=random.Random(1)) for _ in range(2))
    train(ours, data, loss=softmax_cross_entropy, epochs=2, batch_size=10, rng=random.Random(2))
    rng = random.Random(2)
    optimizer = SGD(plain.parameters(), 0.1)
    for _ in range(2):
        order = rng.sample(range(30), 30)
        for i in range(0, 30, 10):
            batch = data.take(order[i : i + 10])
            optimizer.zero_grad()
            pairs = zip(batch.inputs, batch.labels, strict=True)
            mean([softmax_cross_entropy(plain(x), y) for x, y in pairs]).backward()
            optimizer.step()
    assert numbers_of(ours) == numbers_of(plain)


def test_a_function_is_a_model_of_what_its_optimizer_moves() -> None:
    w, b = Value(0.0), Value(0.0)
    options = {"loss": half_squared_error, "epochs": 40, "progress": False}
    options |= {"penalty": lambda ps: seen.append(ps) or 0.0}
    seen = []
    fit(lambda x: w * x[0] + b, LINE, optimizer=SGD([w, b], 0.1), **options)
    assert seen[0] == [w, b]
    assert w.data == pytest.approx(2.0, abs=0.2)


def test_a_second_fit_goes_on_where_the_first_ended() -> None:
    def run(*epochs: int) -> tuple[list[float], list[float]]:
        model = MLP(2, [3, 2], "tanh", rng=random.Random(0))
        optimizer, rng, losses = Adam(model.parameters(), 0.1), random.Random(1), []
        for count in epochs:
            losses += fit(
                model, MOONS, loss=softmax_cross_entropy, optimizer=optimizer, epochs=count,
                batch_size=4, rng=rng, progress=False,
            ).losses  # fmt: skip
        return losses, numbers_of(model)

    assert run(2, 3) == run(5)


def test_a_shared_parameter_is_punished_once() -> None:
    model, seen = Scale(1.0), []
    model.parameters = lambda: [model.w, model.w]
    train(model, LINE, 0.01, penalty=lambda ps: seen.append(l1(ps).data) or 0.0)
    assert seen == [1.0]


def test_a_penalty_moves_the_parameters_and_stays_out_of_the_history() -> None:
    model = Scale(3.0)
    zero = numbers([0.0], [0.0])
    history = train(model, zero, penalty=lambda ps: 0.5 * total([p * p for p in ps]))
    assert model.w.data == pytest.approx(3.0 - 0.1 * 3.0)
    assert history.losses == [0.0]


def test_clip_changes_gradients_before_the_step() -> None:
    def clip(parameters) -> None:
        for p in parameters:
            p.grad = max(-1.0, min(1.0, p.grad))

    model = Scale()
    train(model, LINE, clip=clip)
    assert model.w.data == pytest.approx(0.1)


def test_gradients_left_from_before_are_not_used() -> None:
    model = Scale()
    model.w.grad = 1e6
    train(model, LINE)
    assert model.w.data == pytest.approx(2.8 / 3)


def test_iris_is_learned_and_scored() -> None:
    data, held_out = stratified_split(iris(), 30, rng=random.Random(0))
    scaling = standardize(data)
    model = MLP(4, [8, 3], "tanh", rng=random.Random(0))
    history = train(
        model, scaling(data), 0.3, loss=softmax_cross_entropy, epochs=8, batch_size=10,
        held_out=scaling(held_out), rng=random.Random(0),
    )  # fmt: skip
    assert history.losses[-1] < 0.3 * history.losses[0]
    scaled = scaling(held_out)
    outputs = [[v.data for v in model(x)] for x in scaled.inputs]
    right = [z.index(max(z)) == y for z, y in zip(outputs, scaled.labels, strict=True)]
    assert history[-1].held_out_accuracy == sum(right) / 30 > 0.8
    losses = [softmax_cross_entropy(z, y) for z, y in zip(outputs, scaled.labels, strict=True)]
    assert history[-1].held_out_loss == pytest.approx(sum(losses) / 30, rel=1e-12)


def test_an_example_is_right_where_every_other_label_would_lose_more() -> None:
    data = Data([[1.0], [2.0], [-1.0], [0.0]], [1, -1, -1, 1], ("x",), ("no", "yes"))
    history = train(Scale(1.0), data, 1e-9, loss=hinge, held_out=data)
    assert history[0].held_out_accuracy == 0.5  # right, wrong, right, a tie


def test_numbers_to_predict_have_no_accuracy() -> None:
    history = train(Scale(), LINE, held_out=LINE)
    assert history[0].held_out_accuracy is None
    data = LINE._replace(classes=("a", "b"))
    assert train(Scale(), data, held_out=data)[0].held_out_accuracy is None


# ---- when it stops -------------------------------------------------------------------------------


def scores(losses):
    """A model, and a loss that gives the held-out example (label 9) these numbers in turn.

    The first of them twice: every example is tried before the first step.
    """
    told = iter([losses[0], *losses])

    def loss(z, y):
        return constant(next(told)) if y == 9.0 else half_squared_error(z, y)

    return Scale(), loss


HELD_OUT = numbers([1.0], [9.0])


def test_whatever_goes_by_place_can_be_data() -> None:
    """A pandas Series asked for [0] gives what its index calls 0, wherever that stands."""

    class Indexed(list):
        def __getitem__(self, name):
            return super().__getitem__(-1 - name)

    def learned(inputs, labels) -> list[float]:
        model = MLP(2, [3, 2], "tanh", rng=random.Random(0))
        data = Data(inputs, labels, classes=("upper", "lower"))
        train(model, data, loss=softmax_cross_entropy, batch_size=4, rng=random.Random(1))
        return numbers_of(model)

    expected = learned(MOONS.inputs, MOONS.labels)
    assert learned(tuple(map(tuple, MOONS.inputs)), tuple(MOONS.labels)) == expected
    assert learned(iter(MOONS.inputs), (bool(label) for label in MOONS.labels)) == expected
    assert learned(Indexed(MOONS.inputs), Indexed(MOONS.labels)) == expected


def test_arrays_are_data_of_the_same_numbers() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    labels = np.array(MOONS.labels)
    for loss, outputs, ours in (
        (softmax_cross_entropy, 2, labels),
        (binary_cross_entropy, 1, labels.astype(np.float32)),
        (hinge, 1, 2 * labels - 1),
        (half_squared_error, 2, np.eye(2)[labels]),
    ):
        found = []
        for data in (
            MOONS._replace(inputs=np.array(MOONS.inputs), labels=ours),
            MOONS._replace(labels=ours.tolist()),
        ):
            model = MLP(2, [3, outputs], "tanh", rng=random.Random(0))
            history = train(model, data, loss=loss, held_out=data, epochs=3)
            found.append((numbers_of(model), history[-1][2:5]))
        assert found[0] == found[1]
        assert found[0][1][2] >= 0.5


def test_numpys_whole_numbers_count() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    history = train(Scale(), LINE, epochs=np.int64(2), batch_size=np.int8(2))
    assert history[-1].steps == 4


def test_patience_stops_and_keeps_the_best_parameters() -> None:
    model, loss = scores([3.0, 1.0, 2.0, 1.0, 5.0])
    seen = []
    history = train(
        model, LINE, loss=loss, epochs=9, held_out=HELD_OUT, patience=2,
        callbacks=[lambda history: seen.append(model.w.data)],
    )  # fmt: skip
    assert (len(history), history.best, history.kept) == (4, 2, True)
    assert model.w.data == seen[1] != seen[3]
    assert history.stopped == "no smaller held-out loss in 2 epochs"


def test_patience_starts_anew_with_each_better_epoch() -> None:
    model, loss = scores([5.0, 6.0, 4.0, 6.0, 3.0, 6.0, 6.0])
    history = train(model, LINE, loss=loss, epochs=9, held_out=HELD_OUT, patience=2)
    assert (len(history), history.best) == (7, 5)


def test_the_best_parameters_are_kept_when_every_epoch_ran() -> None:
    model, loss = scores([1.0, 2.0])
    seen = []
    history = train(
        model, LINE, loss=loss, epochs=2, held_out=HELD_OUT, patience=5,
        callbacks=[lambda history: seen.append(model.w.data)],
    )  # fmt: skip
    assert (model.w.data, history.stopped) == (seen[0], "")


def test_without_patience_the_last_parameters_are_kept() -> None:
    model, loss = scores([1.0, 2.0])
    seen = []
    history = train(
        model, LINE, loss=loss, epochs=2, held_out=HELD_OUT,
        callbacks=[lambda history: seen.append(model.w.data)],
    )  # fmt: skip
    assert model.w.data == seen[1] != seen[0]
    assert (history.best, history.kept) == (1, False)


def test_a_callback_sees_each_epoch_and_stops_by_returning_true() -> None:
    def enough(history: History) -> bool:
        return len(history) == 3

    also = []
    callbacks = [enough, lambda history: also.append(history[-1].epoch)]
    history = train(Scale(), LINE, epochs=9, callbacks=callbacks)
    assert (history.stopped, also) == ("enough returned True", [1, 2, 3])


def test_a_true_of_numpy_stops_too() -> None:
    np = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')
    assert len(train(Scale(), LINE, epochs=3, callbacks=[lambda history: np.bool_(True)])) == 1
    assert len(train(Scale(), LINE, epochs=3, callbacks=[lambda history: np.bool_(False)])) == 3


def test_callbacks_from_a_generator_are_called_after_every_epoch() -> None:
    seen = []
    train(Scale(), LINE, 0.01, epochs=3, callbacks=(f for f in [seen.append]))
    assert len(seen) == 3


def test_a_callback_that_raises_leaves_what_was_learned_so_far() -> None:
    def broken(history: History) -> None:
        raise RuntimeError("the plot broke")

    model, other = Scale(), Scale()
    with pytest.raises(RuntimeError, match="the plot broke") as stop:
        train(model, LINE, 0.01, epochs=3, callbacks=[broken])
    train(other, LINE, 0.01, epochs=1)
    assert model.w.data == other.w.data
    assert stop.value.__notes__ == ["in fit, at the end of epoch 1 (step 1)"]


def test_a_callback_that_returns_something_else_stops_nothing() -> None:
    assert len(train(Scale(), LINE, epochs=2, callbacks=[lambda history: "done"])) == 2


# ---- Ctrl-C --------------------------------------------------------------------------------------


def interrupting(at: int, times: int = 1):
    """A loss during whose call number `at` Ctrl-C is pressed."""
    calls = 0

    def loss(z, y):
        nonlocal calls
        calls += 1
        if calls == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return half_squared_error(z, y)

    return loss


def test_ctrl_c_stops_after_the_current_step_and_keeps_what_was_learned(rng) -> None:
    model, full = Scale(), Scale()
    data = numbers([1.0] * 4, [1.0] * 4)
    loss = interrupting(at=17)  # after 4 examples and 4 held-out ones, each tried before
    history = train(model, data, loss=loss, epochs=9, batch_size=2, rng=rng, held_out=data)
    train(full, data, epochs=3)
    assert model.w.data == pytest.approx(full.w.data)  # three steps, the third one finished
    assert history.stopped == "Ctrl-C after step 3, in epoch 2"
    assert [row.steps for row in history] == [2, 3]
    assert history[-1].loss == pytest.approx(0.5 * 0.81**2)
    assert history[-1].held_out_loss is None


def test_ctrl_c_means_what_it_did_once_training_is_over() -> None:
    before = signal.getsignal(signal.SIGINT)
    train(Scale(), LINE)
    assert signal.getsignal(signal.SIGINT) is before
    train(Scale(), LINE, loss=interrupting(at=1), epochs=3)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_second_ctrl_c_does_not_wait() -> None:
    model = Scale()
    with pytest.raises(KeyboardInterrupt):
        train(model, LINE, loss=interrupting(at=1, times=2))
    assert model.w.data == 0.0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_while_scoring_stops_after_the_score() -> None:
    history = train(Scale(), LINE, loss=interrupting(at=7), epochs=9, held_out=LINE)
    assert history.stopped == "Ctrl-C after step 1, in epoch 1"
    assert history[0].held_out_loss is not None


def test_ctrl_c_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert train(Scale(), LINE, loss=interrupting(at=1), epochs=3).stopped == ""
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_with_patience_keeps_the_best() -> None:
    model, told = scores([1.0, 2.0])
    press = interrupting(at=7)
    seen = []
    history = train(
        model, LINE, epochs=9, held_out=HELD_OUT, patience=5,
        loss=lambda z, y: told(z, y) if y == 9.0 else press(z, y),
        callbacks=[lambda history: seen.append(model.w.data)],
    )  # fmt: skip
    assert history.stopped == "Ctrl-C after step 3, in epoch 3"
    assert (model.w.data, history.kept) == (seen[0], True)


def test_training_works_in_a_thread() -> None:
    histories = []
    thread = threading.Thread(target=lambda: histories.append(train(Scale(), LINE)))
    thread.start()
    thread.join()
    assert len(histories[0]) == 1


# ---- nan and infinity ----------------------------------------------------------------------------


def test_a_loss_that_becomes_infinite_names_the_step_the_batch_and_the_operation() -> None:
    model = Scale(1e200)
    data = numbers([1.0, 1e200], [0.0, 0.0])
    with pytest.raises(DivergedError) as stop:
        train(model, data, loss=lambda z, y: z - y, epochs=3)
    text = str(stop.value)
    assert text.startswith("step 1 (epoch 1, batch 1 of 1): the loss of example 1 is inf; ")
    assert "the first operation that made it is mul = inf of 1e+200 (label 'w'), 1e+200." in text
    assert "smaller learning rate" in text
    error = stop.value
    assert (error.step, error.epoch, error.batch, error.example) == (1, 1, (0, 1), 1)
    assert error.node.op.name == "mul"
    assert len(error.history) == 0
    assert model.w.data == 1e200


def test_training_that_diverges_says_so_and_leaves_finite_parameters(rng) -> None:
    model = MLP(2, [4, 1], rng=rng)
    data = moons(20, rng=rng)
    with pytest.raises(DivergedError, match=r"^step \d+ \(epoch \d+, batch \d of 4\): ") as stop:
        train(model, data, 50.0, epochs=100, batch_size=5, rng=rng)
    assert stop.value.step == 4 * (stop.value.epoch - 1) + int(
        str(stop.value).split("batch ")[1][0]
    )
    assert len(stop.value.history) == stop.value.epoch - 1
    assert len(stop.value.batch) == 5
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_an_operation_that_raises_is_named_with_its_operands_and_its_example() -> None:
    with pytest.raises(DivergedError, match="for example 1, exp is too large.*got 1000") as stop:
        train(Scale(1.0), numbers([1.0, 1000.0], [0.0, 0.0]), loss=lambda z, y: exp(z))
    assert (stop.value.example, stop.value.node) == (1, None)
    assert isinstance(stop.value.__cause__, OverflowError)


def test_a_parameter_that_came_as_nan_is_named() -> None:
    with pytest.raises(DivergedError) as stop:
        train(Scale(math.nan), LINE)
    assert (
        "the loss of example 0 is nan; no operation made it, it came in as an operand of "
        "mul = nan of nan (label 'w'), 1"
    ) in str(stop.value)


def test_the_operation_that_a_nan_came_into_is_named_and_no_other() -> None:
    x, y = Value(2.0, "x"), Value(math.nan, "y")
    assert "came in as an operand of add = nan of 4, nan (label 'y')" in str(
        diverged_loss(x * x + y, 0, "example")
    )


def test_the_first_operation_is_the_one_upstream() -> None:
    x = Value(1e200, "x")
    big = x * x
    big.label = "big"
    root = (big - big) * 2 + 1
    assert first_not_finite(root) is big


def test_an_infinity_that_did_not_reach_the_result_is_not_blamed() -> None:
    x = Value(1e200, "x")
    harmless = x * x  # inf, but 1 / inf is 0
    guilty = x + Value(math.inf)
    assert first_not_finite(1 / harmless + guilty * 2).op is None
    unchosen = x * x - x * x  # nan
    chosen = x * x
    assert first_not_finite(where(False, unchosen, chosen) + 1) is chosen


def test_losses_that_cannot_be_averaged_name_the_mean() -> None:
    data = numbers([1.0, 1.0], [0.0, 0.0])
    with pytest.raises(DivergedError, match="the objective is inf; the first.*is mean = inf of"):
        train(Scale(1.0), data, loss=lambda z, y: z * 1.7e308)


def test_a_penalty_that_diverges_says_so() -> None:
    with pytest.raises(DivergedError, match="in the penalty, exp is too large"):
        train(Scale(1.0), LINE, penalty=lambda ps: exp(1000 * ps[0]))
    with pytest.raises(DivergedError, match="the objective is inf; the first.*is mul = inf"):
        train(Scale(1e200), numbers([0.0], [0.0]), penalty=lambda ps: ps[0] * ps[0])


def test_an_infinite_gradient_of_a_finite_loss_names_its_operation() -> None:
    model = Scale(0.0)
    with pytest.raises(DivergedError) as stop:
        train(model, LINE, loss=lambda z, y: sqrt(z))
    text = str(stop.value)
    assert "a gradient is inf; the first operation that made it, from the loss on, is sqrt" in text
    assert "times local derivative inf by operand 0" in text
    assert stop.value.node.op.name == "sqrt"
    assert model.w.data == 0.0


def test_a_sum_of_gradients_that_overflows_is_told() -> None:
    data = numbers([1.0], [0.0])
    with pytest.raises(
        DivergedError, match="the gradient of mul = 0 of 0 .*w.*, 1 is inf: the sum"
    ):
        train(Scale(0.0), data, loss=lambda z, y: 1.5e308 * z + 1.5e308 * z)


def test_a_step_that_overflows_is_taken_back() -> None:
    model = Scale(1.0)
    with pytest.raises(DivergedError, match="moved a parameter \\(label 'w'\\) from 1 to -inf"):
        train(model, numbers([1.0], [0.0]), 1e10, loss=lambda z, y: 1e300 * z)
    assert model.w.data == 1.0


def test_a_held_out_loss_that_diverges_names_its_example() -> None:
    held_out = numbers([1.0, 1e200], [0.0, 0.0])
    with pytest.raises(DivergedError, match="the loss of held-out example 1 is inf.*mul") as stop:
        train(Scale(1e200), numbers([0.0], [0.0]), loss=lambda z, y: z, held_out=held_out)
    assert str(stop.value).startswith("the end of epoch 1 (step 1): ")
    with pytest.raises(DivergedError, match="for held-out example 1, .* is too large"):
        train(Scale(1.0), numbers([0.0], [0.0]), held_out=held_out)


def test_with_patience_divergence_leaves_the_best_parameters() -> None:
    model, loss = scores([1.0, 2.0, math.inf, math.inf])
    seen = []
    with pytest.raises(DivergedError) as stop:
        train(
            model, LINE, loss=loss, epochs=9, held_out=HELD_OUT, patience=5,
            callbacks=[lambda history: seen.append(model.w.data)],
        )  # fmt: skip
    assert (model.w.data, stop.value.history.best) == (seen[0], 1)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, got 0"),
        ({"epochs": None}, "epochs must be a whole number of at least 1, got None"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"batch_size": 2.0}, "batch_size must be .* got 2.0"),
        ({"patience": 0, "held_out": LINE}, "patience must be .* got 0"),
        ({"patience": 2}, "patience watches the held-out loss: give held_out"),
        ({"held_out": numbers([], [])}, "held_out is empty"),
        ({"epochs": True}, "epochs must be .* got True"),
        ({"patience": math.nan, "held_out": LINE}, "patience must be .* got nan"),
        (
            {"held_out": Data([[1.0, 2.0]], [1.0])},
            "example 0 of held_out has 2 inputs, example 0 of data has 1",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(Scale(), LINE, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": 3}, "loss must be a function, got 3"),
        ({"loss": None}, "loss must be a function, got None"),
        ({"penalty": 0.1}, "penalty must be a function, got 0.1: write penalty=lambda"),
        ({"clip": 1.0}, "clip must be a function, got 1.0: write clip=lambda parameters: clip_by"),
        ({"loss": lambda z, y: 0.5}, "the loss must be a Value, got a float"),
        ({"loss": lambda z, y: None}, "the loss must be a Value, got None: does the function ret"),
        ({"loss": lambda z, y: [z]}, "the loss must be a Value, got a list"),
        ({"penalty": lambda ps: None}, "must be a real number, got None"),
        ({"held_out": [1.0]}, "held_out must be a Data, got a list: Data.inputs, labels. makes"),
        ({"rng": 0}, "rng must be a random.Random, got 0: write rng=random.Random.0."),
        ({"callbacks": print}, r"a list of functions: write callbacks=\[print\]"),
        ({"callbacks": [3]}, "a callback must be a function of the history, got 3"),
    ],
)
def test_arguments_of_the_wrong_type_are_refused(options, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        train(Scale(), LINE, **options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (numbers([], []), "data is empty"),
        (numbers([1.0], [1.0, 2.0]), "data has 1 inputs and 2 labels"),
        (Data([[1.0], [1.0, 2.0]], [0, 1], (), ()), "example 1 of data has 2 inputs, .* has 1"),
        (numbers([1.0, math.nan], [0, 1]), "input 0 of example 1 of data must be .* got nan"),
        (numbers([1.0, "x"], [0, 1]), "input 0 of example 1 of data must be .* got 'x'"),
        (numbers([1.0, 2.0], [0, math.inf]), "the label of example 1 of data .* got inf"),
        (numbers([1.0], [[1.0, None]]), "the label of example 0 of data .* got None"),
        (numbers(["1"], [0]), "input 0 of example 0 of data .* got '1': convert it with float"),
        (numbers([1.0], ["a"]), "label of example 0 .* got 'a': a class is given by its number"),
        (numbers([[1.0]], [0]), r"input 0 of example 0 of data .* got \[1.0\]"),
        (numbers([Value(1.0)], [0]), "input 0 of example 0 of data .* got Value"),
        (numbers([1.0, 2.0], [0, math.nan]), "got nan: leave the example out, or fill in"),
        (Data([[1.0], [2.0]], [1, 1], (), ("a", "b")), "all labels of data are 1: .* two classes"),
    ],
)
def test_data_that_cannot_be_learned_is_refused_before_any_step(data: Data, message: str) -> None:
    model = Scale(1.0)
    with pytest.raises(ValueError, match=message):
        train(model, data)
    assert model.w.data == 1.0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([[1.0]], [1.0]), "data must be a Data, got a tuple: Data.inputs, labels. makes one"),
        ("moons.csv", "got the text 'moons.csv': .* load_csv.path, target. of a file"),
        (Data([1.0, 2.0], [0.0, 1.0]), r"example 0 of data .* got 1.0: \[\[x\] for x in inputs\]"),
        (Data(["width", "height"], [0, 1]), "got 'width': a DataFrame is read by Data"),
        (Data([iter([1.0])], [0]), "example 0 of data must be a sequence of numbers, got <list_it"),
    ],
)
def test_what_is_no_data_is_refused(data, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        train(Scale(), data)


@pytest.mark.parametrize(
    ("model", "optimizer", "message"),
    [
        (MLP, SGD([Value(1.0)]), "model is the class MLP: make a model of it first"),
        (Scale().parameters(), SGD([Value(1.0)]), "something to call on an example, got a list"),
        (Scale(), SGD, r"optimizer must .* got the class SGD: write optimizer=SGD\(model"),
        (Scale(), 0.1, r"optimizer must have parameters and a step\(\), got a float"),
        (Scale(), None, "optimizer must have parameters .* got None"),
    ],
)
def test_what_is_no_model_or_optimizer_is_refused(model, optimizer, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        fit(model, LINE, loss=half_squared_error, optimizer=optimizer, epochs=1)


def test_parameters_that_are_none_are_refused() -> None:
    model = Scale()
    model.parameters = [model.w]
    with pytest.raises(TypeError, match="parameters of this Scale must be a method"):
        fit(model, LINE, loss=half_squared_error, optimizer=SGD([model.w]), epochs=1)
    model.parameters = lambda: [0.5]
    with pytest.raises(TypeError, match="a parameter must be a Value, got a float: write Value"):
        fit(model, LINE, loss=half_squared_error, optimizer=SGD([model.w]), epochs=1)


def test_a_label_that_fits_no_loss_is_found_before_any_step() -> None:
    model = MLP(2, [2], rng=random.Random(0))
    before = numbers_of(model)
    for data, held_out, whose in (
        (MOONS._replace(labels=[*MOONS.labels[:-2], 7, 7]), None, "example 10"),
        (MOONS, MOONS._replace(labels=[*MOONS.labels[:-1], 7]), "held-out example 11"),
    ):
        data = data._replace(classes=("a", "b", "c"))
        with pytest.raises(ValueError, match="a label of 2 classes is 0 to 1, got 7") as stop:
            train(model, data, loss=softmax_cross_entropy, held_out=held_out, batch_size=1)
        assert stop.value.__notes__[0].startswith(f"for {whose}: ")
        assert numbers_of(model) == before


@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_every_example_is_tried_before_anything_moves(batch_size) -> None:
    odd = 12.0
    for data, held_out, whose in (
        (numbers(range(13), range(13)), None, "example 12"),
        (numbers(range(5), range(5)), numbers(range(13), range(13)), "held-out example 12"),
    ):
        for wrong, error in (
            (lambda z, y: log(z) if y == odd else z * z, "log needs x > 0, got -12"),
            (lambda z, y: None if y == odd else z * z, "the loss must be a Value, got None"),
            (lambda z, y: binary_cross_entropy(z, int(y == odd) * 7), "0 or 1, got 7"),
        ):
            model = Scale(-1.0)
            with pytest.raises((ValueError, TypeError), match=error) as stop:
                train(
                    model, data, loss=wrong, held_out=held_out, batch_size=batch_size,
                    rng=random.Random(0), epochs=9,
                )  # fmt: skip
            assert stop.value.__notes__[0].startswith(f"for {whose}: ")
            assert model.w.data == -1.0


def test_a_trial_records_what_a_loss_of_derivatives_needs() -> None:
    def slope(model):
        def loss(z, y):
            x = Value(y)
            return half_squared_error(derivatives(model([x]), [x])[0], 2.0)

        return loss

    model = Scale(1.0)
    train(model, LINE, loss=slope(model), batch_size=1, rng=random.Random(0))
    assert model.w.data == pytest.approx(2 - 0.9**3)


# ---- what no step moves --------------------------------------------------------------------------


class Hidden(Scale):
    """w x + b, where only w is known to be a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.b = Value(0.5)

    def __call__(self, x):
        return self.w * x[0] + self.b


@pytest.mark.parametrize("batch_size", [1, 2, None])
def test_variables_that_no_step_moves_are_named_once(batch_size) -> None:
    model = Hidden()
    options = {"batch_size": batch_size, "rng": random.Random(0), "epochs": 4}
    message = r"no step moves these variables, .*: Value\(0.5\)\. They are neither among the param"
    with pytest.warns(UserWarning, match=message) as warned:
        train(model, LINE, 0.01, **options)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    model.b.label, k = "b", Value(2.0, "k")
    with pytest.warns(UserWarning, match="made from them: b, k. They are neither"):
        train(model, LINE, 0.01, penalty=lambda ps: k * l2(ps), **options)


def test_what_is_made_anew_or_constant_or_a_parameter_is_no_stray() -> None:
    model = Hidden()
    model.b = constant(0.5)
    train(model, LINE, 0.01, loss=lambda z, y: half_squared_error(z, Value(y)), epochs=3,
          penalty=lambda ps: Value(0.1) * l2(ps))  # fmt: skip
    model.b = Value(0.5)
    model.parameters = lambda: [model.w, model.b]
    fit(model, LINE, loss=half_squared_error, optimizer=SGD([model.w], 0.01), epochs=3,
        progress=False)  # fmt: skip
    assert model.b.data == 0.5


def test_parameters_that_the_optimizer_does_not_have_are_named_under_the_bar(capsys) -> None:
    model = MLP(1, [2, 1], "tanh", rng=random.Random(0))
    for last, line in ((model.layers[1], "layers[0].neurons[0].w[0], layers[0]"), (model, "")):
        fit(model, LINE, loss=half_squared_error, optimizer=SGD(last.parameters()), epochs=2)
        told = capsys.readouterr().err
        assert ("not in the optimizer, and stay as they are: " + line in told) == bool(line)


def test_a_schedule_that_goes_wrong_stops_before_the_step_that_asked() -> None:
    model, other = Scale(), Scale()
    rates = [0.01, -0.1]
    with pytest.raises(ValueError, match="the learning rate of step 1 must be 0 or more") as stop:
        train(model, LINE, rates.__getitem__, epochs=3)
    train(other, LINE, 0.01)
    assert model.w.data == other.w.data
    assert stop.value.__notes__ == ["in fit, at step 2 (epoch 2, batch 1 of 1)"]


def test_an_optimizer_of_another_model_is_refused() -> None:
    model, other = Scale(), Scale()
    with pytest.raises(ValueError, match="none of the model's parameters"):
        fit(model, LINE, loss=half_squared_error, optimizer=SGD([other.w], 0.1), epochs=1)


def test_a_batch_that_meets_no_parameter_of_the_optimizer_is_no_error() -> None:
    class Branch(Scale):
        def __call__(self, x):
            return (self.w if x[0] > 1 else self.other) * x[0]

        def parameters(self):
            return [self.w, self.other]

    model = Branch()
    model.other = Value(3.0)
    fit(model, numbers([1.0, 2.0], [1.0, 2.0]), loss=half_squared_error, batch_size=1, epochs=3,
        optimizer=SGD([model.w], 0.1), rng=random.Random(1), progress=False)  # fmt: skip
    assert model.w.data > model.other.data - 3.0 == 0.0


def test_some_parameters_may_be_frozen(rng) -> None:
    model = MLP(1, [2, 1], "tanh", rng=rng)
    frozen = numbers_of(model.layers[0])
    optimizer = SGD(model.layers[1].parameters(), 0.1)
    fit(model, LINE, loss=half_squared_error, optimizer=optimizer, epochs=3, progress=False)
    assert numbers_of(model.layers[0]) == frozen


def test_gradients_of_frozen_parameters_are_those_of_the_last_step(rng) -> None:
    def gradients(epochs: int) -> list[float]:
        optimizer = SGD(model.layers[1].parameters(), 1e-300)  # which moves nothing
        fit(model, LINE, loss=half_squared_error, optimizer=optimizer, epochs=epochs,
            progress=False)  # fmt: skip
        return [p.grad for p in model.parameters()]

    model = MLP(1, [2, 1], "tanh", rng=rng)
    assert gradients(1) == gradients(3)


def test_a_loss_that_nothing_moves_is_refused() -> None:
    with pytest.raises(ValueError, match="the loss is a constant.*no_grad"):
        train(Scale(), LINE, loss=lambda z, y: constant(z.data))
    with no_grad(), pytest.raises(ValueError, match="the loss is a constant.*no_grad"):
        train(Scale(), LINE)


def test_a_wrong_shape_or_label_says_at_which_step_and_example(rng) -> None:
    data = Data([[1.0, 2.0], [3.0, 4.0]], [0, 7], ("x", "y"), ("a", "b"))
    with pytest.raises(ValueError, match="a label of 2 classes is 0 to 1, got 7") as stop:
        train(MLP(2, [2], rng=rng), data, loss=softmax_cross_entropy)
    assert stop.value.__notes__ == [
        "for example 1: inputs [3, 4], label 7",
        "in fit, at step 1 (epoch 1, batch 1 of 1)",  # which was not taken
    ]
    with pytest.raises(ValueError, match="has 3 weights, got 2 inputs"):
        train(MLP(3, [2], rng=rng), data, loss=softmax_cross_entropy)


def test_a_logarithm_out_of_its_domain_is_told_with_its_example() -> None:
    with pytest.raises(ValueError, match="log needs x > 0, got -1") as stop:
        train(Scale(-1.0), LINE, loss=lambda z, y: log(z))
    assert "for example 0" in stop.value.__notes__[0]


# ---- the history ---------------------------------------------------------------------------------


def told(rows: int) -> History:
    history = History()
    history.rows = [
        Epoch(i, 10 * i, 1 / i, abs(i - 7) + 0.5, 0.25, i / 2) for i in range(1, rows + 1)
    ]
    return history


def test_a_history_prints_as_a_table() -> None:
    history = told(2)
    history.stopped = "enough returned True"
    assert repr(history).splitlines() == [
        "epoch  steps  loss  held-out loss  accuracy  seconds",
        "─" * 52,
        "1      10     1     6.5            25.0%     0.5",
        "2 *    20     0.5   5.5            25.0%     1.0",
        "least held-out loss in epoch 2",
        "stopped early: enough returned True",
    ]


def test_columns_that_nobody_asked_for_are_not_printed() -> None:
    history = train(Scale(), LINE)
    assert repr(history).splitlines()[0].split() == ["epoch", "steps", "loss", "seconds"]
    assert history.best is None
    assert "\n" not in repr(History())


def test_a_long_history_prints_the_first_the_last_and_the_best() -> None:
    lines = repr(told(1000)).splitlines()
    shown = [line.split()[0] for line in lines[2:-2]]
    assert (shown[0], shown[-1], len(shown)) == ("1", "1000", 21)
    assert "7" in shown
    assert lines[-2] == "21 of 1000 epochs"


def test_a_kept_epoch_is_told() -> None:
    model, loss = scores([1.0, 2.0])
    history = train(model, LINE, loss=loss, epochs=2, held_out=HELD_OUT, patience=5)
    assert "least held-out loss in epoch 1: the model has its parameters" in repr(history)


def test_a_history_saves_as_csv_to_the_last_bit(tmp_path) -> None:
    history = told(3)
    history.rows.append(Epoch(4, 40, 0.1 + 0.2, None, None, 2.0))
    path = history.save(str(tmp_path / "history.csv"))
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == [
        "epoch", "steps", "loss", "held_out_loss", "held_out_accuracy", "seconds",
    ]  # fmt: skip
    assert [float(row["loss"]) for row in rows] == history.losses
    assert (rows[3]["held_out_loss"], rows[3]["held_out_accuracy"]) == ("", "")


def test_a_history_plots_itself() -> None:
    pytest.importorskip("matplotlib", reason='needs pip install -e ".[train]"')
    history = told(3)
    axes = history.plot()
    assert list(axes.lines[0].get_ydata()) == history.losses
    assert history.plot(ax=axes) is axes


def test_seconds_and_steps_only_grow(rng) -> None:
    rows = list(train(Scale(), LINE, epochs=5))
    assert [row.epoch for row in rows] == [row.steps for row in rows] == [1, 2, 3, 4, 5]
    assert sorted(row.seconds for row in rows) == [row.seconds for row in rows]


# ---- progress ------------------------------------------------------------------------------------


def test_a_bar_counts_the_steps(capfd) -> None:
    pytest.importorskip("tqdm", reason='needs pip install -e ".[train]"')
    train(Scale(), LINE, 0.01, epochs=2, batch_size=2, progress=True, held_out=LINE)
    out, bar = capfd.readouterr()
    assert re.search(r"training: 100%.* 4/4 .*epoch 2, loss .*, held-out loss ", bar)
    assert out == ""


def test_without_tqdm_training_goes_on_with_lines(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    history = train(Scale(), LINE, epochs=2, progress=True)
    assert len(history) == 2
    assert capsys.readouterr().err == ""  # less than a second


def test_there_is_a_line_per_second(capsys) -> None:
    now = iter([0.0, 0.4, 0.9, 1.0, 1.0, 1.9, 2.0, 2.0])
    lines = Lines(6, clock=lambda: next(now))
    for _ in range(5):
        lines.update(1)
        lines.set_postfix_str("loss 2")
    assert capsys.readouterr().err.splitlines() == [
        "training: step 3 of 6, loss 2",
        "training: step 5 of 6, loss 2",
    ]


def test_nothing_is_printed_when_nothing_is_wanted(capfd) -> None:
    train(Scale(), LINE, epochs=3, callbacks=[lambda history: True])
    assert capfd.readouterr() == ("", "")


def test_why_training_stopped_is_printed(capfd) -> None:
    train(Scale(), LINE, epochs=3, progress=True, loss=interrupting(at=2))
    assert "training stopped early: Ctrl-C after step 1, in epoch 1\n" in capfd.readouterr().err


# ---- PyTorch -------------------------------------------------------------------------------------

KINDS = {  # ours, and PyTorch's name and settings for it
    "SGD": (SGD, {}, "SGD", {}),
    "Momentum": (Momentum, {"momentum": 0.8}, "SGD", {"momentum": 0.8}),
    "Nesterov": (Momentum, {"nesterov": True}, "SGD", {"momentum": 0.9, "nesterov": True}),
    "Adam": (Adam, {}, "Adam", {}),
    "AdamW": (AdamW, {"weight_decay": 0.1}, "AdamW", {"weight_decay": 0.1}),
}


@pytest.mark.peers
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", KINDS)
def test_fit_trains_as_pytorch_with_schedule_clipping_and_penalty(name: str) -> None:
    """The same network, batches and losses, 50 steps: every parameter to 1e-12."""
    torch = pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')
    ours, settings, theirs, their_settings = KINDS[name]
    data = spirals(25, arms=3, rng=random.Random(0))
    model = MLP(2, [5, 4, 3], "tanh", rng=random.Random(0))
    tensors = [
        torch.tensor(layer, dtype=torch.float64, requires_grad=True) for layer in matrices(model)
    ]
    norms = []
    history = fit(
        model, data, loss=softmax_cross_entropy, epochs=10, batch_size=5, rng=random.Random(7),
        optimizer=ours(model.parameters(), cosine(0.1, 0.01, steps=50), **settings),
        penalty=lambda parameters: 1e-3 * l2(parameters),
        clip=lambda parameters: norms.append(clip_by_norm(parameters, 0.3)), progress=False,
    )  # fmt: skip

    optimizer = getattr(torch.optim, theirs)(tensors, 0.1, **their_settings)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 50, eta_min=0.01)
    x, y = torch.tensor(data.inputs, dtype=torch.float64), torch.tensor(data.labels)
    rng, losses = random.Random(7), []
    for _ in range(10):
        order, epoch = rng.sample(range(25), 25), 0.0
        for batch in (order[k : k + 5] for k in range(0, 25, 5)):
            a = x[batch]
            for k, w in enumerate(tensors):  # the last column holds the biases
                a = (torch.tanh(a) if k else a) @ w[:, :-1].T + w[:, -1]
            loss = torch.nn.functional.cross_entropy(a, y[batch])
            epoch += loss.item() / 5
            optimizer.zero_grad()
            (loss + 1e-3 * sum((w**2).sum() for w in tensors)).backward()
            torch.nn.utils.clip_grad_norm_(tensors, 0.3)
            optimizer.step()
            schedule.step()
        losses.append(epoch)
    assert sum(norm > 0.3 for norm in norms) > 10
    assert history.losses == pytest.approx(losses, rel=1e-12)
    expected = [number for w in tensors for number in w.flatten().tolist()]
    assert numbers_of(model) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def matrices(model: MLP) -> list[list[list[float]]]:
    """The weights and the bias of every neuron, a row each, layer by layer."""
    return [
        [[p.data for p in neuron.parameters()] for neuron in layer.neurons]
        for layer in model.layers
    ]
