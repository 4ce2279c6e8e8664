"""fit on tapes: the history of eager training, faster, or eager training and one sentence."""

import random
import signal
import sys
import threading

import pytest
from engines import ENGINES
from models import Scale

from autograd import Value, log, relu
from autograd.rules.language import Operation
from autograd.tape import choosing
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Data,
    DivergedError,
    Momentum,
    binary_cross_entropy,
    clip_by_norm,
    fit,
    half_squared_error,
    hinge,
    iris,
    l1,
    l2,
    moons,
    softmax_cross_entropy,
    squared_error,
    standardize,
)
from nn.training.schedules import cosine

pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

MOONS = moons(23, noise=0.1, rng=random.Random(0))
SIGNED = MOONS._replace(labels=[2 * y - 1 for y in MOONS.labels])
LINE = Data([[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0], ("x",), ())


def trained(engine, data=MOONS, *, outputs=1, optimizer=SGD, rate=0.1, settings=None, **options):
    """A history, the numbers and the gradients of a network, and its optimizer."""
    model = MLP(2, [4, outputs], "tanh", rng=random.Random(1))
    options = {
        "loss": half_squared_error, "epochs": 4, "batch_size": 5, "rng": random.Random(2),
        "progress": False, **options,
    }  # fmt: skip
    moved = optimizer(model.parameters(), rate, **(settings or {}))
    history = fit(model, data, optimizer=moved, engine=engine, **options)
    parameters = model.parameters()
    return history, [p.data for p in parameters], [p.grad for p in parameters], moved


def assert_same(engine: str, **options) -> None:
    """A tape trains as calls do, but for rounding."""
    found, numbers, gradients, moved = trained(engine, **options)
    right, right_numbers, right_gradients, right_moved = trained("eager", **options)
    assert (found.engine, right.engine) == (engine, "eager")
    assert (len(found), found.stopped, found.best) == (len(right), right.stopped, right.best)
    assert numbers == pytest.approx(right_numbers, rel=1e-9)
    assert gradients == pytest.approx(right_gradients, rel=1e-9, abs=1e-12)
    for row, right_row in zip(found, right, strict=True):
        assert row[:2] == right_row[:2]
        losses, right_losses = [
            [x for x in (r.loss, r.held_out_loss) if x is not None] for r in (row, right_row)
        ]
        assert losses == pytest.approx(right_losses, rel=1e-9)
        assert row.held_out_accuracy == right_row.held_out_accuracy
    assert moved.steps == right_moved.steps
    for name in moved.memory:
        assert getattr(moved, name) == pytest.approx(getattr(right_moved, name), rel=1e-9)


# ---- the same history ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": SGD},
        {"optimizer": Momentum, "settings": {"momentum": 0.8}},
        {"optimizer": Momentum, "settings": {"nesterov": True}},
        {"optimizer": Adam, "batch_size": None},
        {"optimizer": AdamW, "settings": {"weight_decay": 0.1}},
        {"rate": cosine(0.1, 0.01, steps=20)},
        {"clip": lambda parameters: clip_by_norm(parameters, 0.05)},
        {"penalty": lambda parameters: 0.01 * l2(parameters)},
        {"penalty": lambda parameters: 0.01 * l1(parameters), "optimizer": Adam},
        {"held_out": MOONS.take([3, 4, 5]), "patience": 1, "rate": 1.0, "epochs": 20},
        {"callbacks": [lambda history: len(history) == 3]},
        {"loss": binary_cross_entropy, "held_out": MOONS},
        {"loss": hinge, "data": SIGNED, "held_out": SIGNED},
        {"loss": squared_error},
        {"loss": softmax_cross_entropy, "outputs": 2, "held_out": MOONS},
    ],
    ids=str,
)  # fmt: skip
def test_a_tape_trains_as_eager_does(engine: str, options) -> None:
    assert_same(engine, **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_three_classes_are_learned_and_scored_on_a_tape(engine: str) -> None:
    data = standardize(iris())(iris()).take(range(0, 150, 5))

    def learned(engine):
        model = MLP(4, [4, 3], "tanh", rng=random.Random(0))
        return fit(
            model, data, loss=softmax_cross_entropy, optimizer=SGD(model.parameters(), 0.3),
            epochs=4, batch_size=7, held_out=data, rng=random.Random(0), progress=False,
            engine=engine,
        )  # fmt: skip

    found, right = learned(engine), learned("eager")
    assert found.losses == pytest.approx(right.losses, rel=1e-9)
    assert [r.held_out_accuracy for r in found] == [r.held_out_accuracy for r in right]


@pytest.mark.parametrize("engine", ENGINES)
def test_targets_may_be_lists_of_numbers(engine: str) -> None:
    one_hot = MOONS._replace(labels=[[1.0 - y, float(y)] for y in MOONS.labels])
    assert_same(engine, data=one_hot, outputs=2, held_out=one_hot)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_optimizer_of_some_parameters_moves_no_others(engine: str) -> None:
    model = MLP(2, [3, 1], "tanh", rng=random.Random(0))
    first, last = model.layers
    before = [p.data for p in first.parameters()]
    fit(model, MOONS, loss=half_squared_error, optimizer=Adam(last.parameters(), 0.1), epochs=2,
        progress=False, engine=engine)  # fmt: skip
    assert [p.data for p in first.parameters()] == before
    assert all(p.grad for p in model.parameters())


@pytest.mark.parametrize("engine", ENGINES)
def test_an_optimizer_of_ones_own_moves_values(engine: str) -> None:
    class Signs:
        def __init__(self, parameters) -> None:
            self.parameters = parameters

        def step(self) -> None:
            for p in self.parameters:
                p.data -= 0.5 if p.grad > 0 else -0.5

    model = Scale(0.0)
    history = fit(model, LINE, loss=half_squared_error, optimizer=Signs(model.parameters()),
                  epochs=3, progress=False, engine=engine)  # fmt: skip
    assert (history.engine, model.w.data) == (engine, 1.5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_parameter_that_is_used_twice_gets_both_gradients(engine: str) -> None:
    w = Value(1.0)
    fit(lambda x: w * (w * x[0]), LINE.take([0]), loss=half_squared_error, epochs=1,
        optimizer=SGD([w], 0.1), progress=False, engine=engine)  # fmt: skip
    assert w.data == pytest.approx(1.0 - 0.1 * (1.0 - 2.0) * 2.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_sees_the_numbers_and_may_change_them(engine: str) -> None:
    def reset(history) -> None:
        seen.append(model.w.data)
        model.w.data = 0.0

    model, seen = Scale(), []
    fit(model, LINE, loss=half_squared_error, optimizer=SGD([model.w], 0.1), epochs=3,
        callbacks=[reset], progress=False, engine=engine)  # fmt: skip
    assert seen == pytest.approx([0.1 * (2 + 8 + 18) / 3] * 3)


# ---- which engine, and why -----------------------------------------------------------------------


def test_a_short_training_is_eager_and_a_long_one_is_traced() -> None:
    short, *_ = trained("auto")
    long, *_ = trained("auto", epochs=50)
    single, *_ = trained("auto", epochs=50, batch_size=1)
    assert (short.engine, single.engine) == ("eager", "python")
    assert long.engine in ("numpy", "compiled")  # as soon as there are kernels
    assert short.reason == "fewer than 1,000 visits of an example do not pay for a tape"
    assert long.reason == "the loss was traced"


def test_a_long_training_goes_over_to_kernels_and_its_history_says_so(monkeypatch) -> None:
    class AtOnce(threading.Thread):
        def start(self) -> None:
            self.run()

    pytest.importorskip("llvmlite", reason='needs pip install -e ".[fast]"')
    monkeypatch.setattr(choosing, "Thread", AtOnce)
    monkeypatch.setattr(choosing.Roots, "_is_worth_it", lambda self: self._seconds > 0.0)
    engines: list[str] = []
    found, *_ = trained("auto", epochs=50, callbacks=[lambda h: engines.append(h.engine)])
    right, *_ = trained("numpy", epochs=50)
    assert (found.engine, engines[-1]) == ("compiled", "compiled")
    assert found.losses == pytest.approx(right.losses, rel=1e-9)


def test_without_numpy_a_tape_is_generated_python(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert trained("auto", epochs=50)[0].engine == "python"


def test_an_unknown_engine_is_told_which_there_are() -> None:
    names = "'auto', 'eager', 'python', 'numpy', 'compiled', 'jax'"
    with pytest.raises(ValueError, match=f"engine is one of {names}, got 'fast'"):
        trained("fast")


def hinge_by_if(z, y):
    gap = 1 - (2 * y - 1) * z
    if gap > 0:
        return gap
    return 0 * z


def test_devices_are_those_of_jax() -> None:
    with pytest.raises(ValueError, match='devices are those of engine="jax", got engine='):
        trained("numpy", devices=2)


def test_a_graph_that_depends_on_the_data_is_trained_eagerly_and_the_line_is_named() -> None:
    with pytest.warns(UserWarning, match="fit trains without a tape: .*test_fit_engines") as told:
        history, numbers, *_ = trained("numpy", loss=hinge_by_if)
    assert (len(told), history.engine, told[0].filename) == (1, "eager", __file__)
    assert f"line {hinge_by_if.__code__.co_firstlineno + 2} asks whether 1 - " in history.reason
    assert numbers == trained("eager", loss=hinge_by_if)[1]


def test_unasked_it_is_said_under_the_bar_alone(capsys) -> None:
    history, *_ = trained("auto", loss=hinge_by_if, epochs=50)
    assert (history.engine, capsys.readouterr().err) == ("eager", "")
    trained("auto", loss=hinge_by_if, epochs=50, progress=True)
    assert capsys.readouterr().err.count("fit trains without a tape: ") == 1


def test_dropout_is_trained_eagerly_and_nothing_was_drawn_meanwhile() -> None:
    def learned(engine):
        drop, rng = random.Random(3), random.Random(4)
        model = MLP(2, [4, 1], "tanh", rng=random.Random(1))

        def dropped(x):
            hidden = model.layers[0](x)
            return model.layers[1]([h * (2 * (drop.random() < 0.5)) for h in hidden])

        options = {"loss": half_squared_error, "optimizer": SGD(model.parameters(), 0.1)}
        return fit(dropped, MOONS, **options, epochs=2, rng=rng, progress=False, engine=engine)

    with pytest.warns(UserWarning, match="a tape does not hold what the loss does: the loss of ex"):
        assert learned("numpy").engine == "eager"


def test_numbers_that_the_loss_draws_from_fits_own_rng_are_those_of_eager_training() -> None:
    def learned(engine):
        rng, model = random.Random(4), Scale()
        fit(lambda x: model(x) * rng.random(), LINE, loss=half_squared_error,
            optimizer=SGD([model.w], 0.1), epochs=3, rng=rng, progress=False,
            engine=engine)  # fmt: skip
        return model.w.data

    with pytest.warns(UserWarning, match="fit trains without a tape"):
        assert learned("numpy") == learned("eager")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_global_that_a_callback_changes_ends_the_tape(engine: str) -> None:
    def learned(engine):
        scale, model = [1.0], Scale()

        def halve(history) -> None:
            scale[0] /= 1.0 if len(history) < 3 else 2.0

        history = fit(model, LINE, loss=lambda z, y: scale[0] * half_squared_error(z, y), epochs=6,
                      optimizer=SGD([model.w], 0.01), callbacks=[halve], progress=False,
                      engine=engine)  # fmt: skip
        return history, model.w.data

    with pytest.warns(UserWarning, match="from epoch 4 on, the loss of example"):
        history, w = learned(engine)
    right, right_w = learned("eager")
    assert history.losses == pytest.approx(right.losses, rel=1e-9)
    assert w == pytest.approx(right_w, rel=1e-9)


def test_a_stray_variable_that_changes_ends_the_tape() -> None:
    model, k = Scale(), Value(1.0, "k")

    def change(history) -> None:
        k.data = 3.0

    with pytest.warns(UserWarning, match="variables|from epoch 2 on") as told:
        fit(lambda x: model(x) * k, LINE, loss=half_squared_error, optimizer=SGD([model.w], 0.01),
            epochs=3, callbacks=[change], progress=False, engine="numpy")  # fmt: skip
    texts = sorted(str(warning.message).partition(": ")[2] for warning in told)
    assert texts[0].startswith("from epoch 2 on, Value(3, grad=0, label='k') is frozen on this tap")
    assert texts[1].startswith("k. They are neither among the parameters")


def test_a_row_without_a_formula_is_traced_with_one_warning() -> None:
    bent = Operation("bent", lambda x: max(x, 0.1 * x), lambda x, z: 1.0 if x > 0 else 0.1,
                     registered=False)  # fmt: skip
    with pytest.warns(UserWarning, match="bent: an arbitrary Python function") as told:
        history, *_ = trained("numpy", loss=lambda z, y: half_squared_error(bent(z), y))
    assert (history.engine, len(told)) == ("numpy", 1)


# ---- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_divergence_on_a_tape_is_told_as_eager_training_tells_it(engine: str) -> None:
    def stopped(engine) -> tuple[str, float]:
        model = Scale(1.0)
        with pytest.raises(DivergedError) as stop:
            fit(model, LINE, loss=half_squared_error, optimizer=SGD([model.w], 1e60), epochs=9,
                batch_size=2, rng=random.Random(0), progress=False, engine=engine)  # fmt: skip
        return str(stop.value), model.w.data

    text, w = stopped(engine)
    right, right_w = stopped("eager")
    assert text.split(": ")[0] == right.split(": ")[0]
    assert "the first operation that made it is" in text or "too large" in text
    assert w == pytest.approx(right_w, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_label_that_fits_no_loss_is_refused_before_a_tape_runs(engine: str) -> None:
    wrong = MOONS._replace(labels=[*MOONS.labels[:-1], 7], classes=("a", "b", "c"))
    with pytest.raises(ValueError, match="a label of 2 classes is 0 to 1, got 7"):
        trained(engine, data=wrong, outputs=2, loss=softmax_cross_entropy)
    with pytest.raises(ValueError, match="a label of 2 classes is 0 to 1, got 7"):
        trained(engine, data=wrong, outputs=2, loss=softmax_cross_entropy, batch_size=None)


@pytest.mark.parametrize("batch_size", [100, None])
def test_of_many_examples_the_first_each_label_and_what_is_not_finite_are_tried(batch_size) -> None:
    def loss(z, y):
        called.append(y)
        return half_squared_error(log(2.0 + z), y)

    def learn() -> str:
        model = Scale(1.0)
        return fit(model, Data(xs, ys), loss=loss, optimizer=SGD([model.w], 0.1), epochs=1,
                   batch_size=batch_size, progress=False, engine="numpy").engine  # fmt: skip

    called: list[float] = []
    xs, ys = [[1.0]] * 1200, [1.0] * 1199 + [2.0]
    assert (learn(), 2.0 in called, len(called) < 1020) == ("numpy", True, True)
    xs[1100] = [-9.0]
    with pytest.raises(ValueError, match="log needs x > 0, got -7") as stop:
        learn()
    assert "for example 1100" in stop.value.__notes__[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_stops_after_the_step_and_keeps_what_was_learned(engine: str) -> None:
    def press(parameters) -> None:
        steps.append(1)
        if len(steps) == 7:
            signal.raise_signal(signal.SIGINT)

    steps: list[int] = []
    history, numbers, *_ = trained(engine, clip=press)
    assert (history.stopped, history.engine) == ("Ctrl-C after step 7, in epoch 2", engine)
    steps = []
    assert numbers == pytest.approx(trained("eager", clip=press)[1], rel=1e-9)


def test_numpy_that_is_missing_is_an_error_for_who_names_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match="the numpy engine needs NumPy"):
        trained("numpy")


def test_threads_train_models_of_their_own() -> None:
    def learn(i: int) -> None:
        histories[i] = trained("numpy")[0].losses

    histories: dict[int, list[float]] = {}
    threads = [threading.Thread(target=learn, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [histories[i] for i in range(4)] == [trained("numpy")[0].losses] * 4


def test_relu_networks_train_on_tapes() -> None:
    def loss(z, y):
        return relu(1 - (2 * y - 1) * z)

    assert_same("numpy", loss=loss, optimizer=Adam)
