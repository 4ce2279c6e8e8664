"""Training one can watch: `fit` moves the parameters and returns a `History`.

    history = fit(model, train, loss=softmax_cross_entropy, optimizer=SGD(model.parameters(), 0.3),
                  epochs=60, batch_size=10, held_out=rest, rng=random.Random(0), patience=5)
    print(history)

A model is anything with a call and `parameters()`, or a function of one example; a loss is
`loss(prediction, label)` of one example; an optimiser is anything with `parameters` and `step()`.
"""

from __future__ import annotations

import random
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from math import inf, isfinite
from numbers import Real
from typing import Any, Protocol

from autograd import Value, mean, no_grad, topological_order
from autograd.higher.structures import leaves
from autograd.rules.words import function_name, is_real, kind_of, shortest
from autograd.walks import abridged
from nn.checks import counted, source_of, unique, whole
from nn.data.datasets import Data, check_data, key_of
from nn.training.divergence import (
    ADVICE,
    DivergedError,
    diverged_gradient,
    diverged_loss,
    diverged_step,
)
from nn.training.history import Epoch, History
from nn.training.progress import Interrupt, NoBar, progress_bar
from nn.training.tapes import DiffersError, Tapes, average

WORTH = 1_000  # visits of an example from where on a tape pays: tracing takes some dozen, or 100
MANY = 1_000  # examples that are tried by calls before a tape is trusted

Loss = Callable[[Any, Any], Any]
Penalty = Callable[[list[Value]], Any]
Clip = Callable[[list[Value]], object]


class Model(Protocol):
    """What `fit` needs of a model."""

    def __call__(self, x: Any) -> Any: ...
    def parameters(self) -> list[Value]: ...


class Optimizer(Protocol):
    """What `fit` needs of an optimiser."""

    parameters: list[Value]

    def step(self) -> None: ...


def fit(
    model: Model | Callable[[Any], Any],
    data: Data,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    held_out: Data | None = None,
    rng: random.Random | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[History], object]] = (),
    penalty: Penalty | None = None,
    clip: Clip | None = None,
    progress: bool = True,
    engine: str = "auto",
    devices: Any = None,
) -> History:
    """Train `model` for `epochs` passes over `data`, one step per batch on its mean loss.

    A model without `parameters()`, a plain function, has those of its optimizer.
    The examples are shuffled for each epoch by `rng`; `batch_size=None` takes all of them at once,
    in their order.  Every example is tried once before the first step (for a tape, of more than
    1,000 the first 1,000, the first of each label, and whatever is not finite).
    `penalty(parameters)` is added to each batch's mean loss; `clip(parameters)` changes gradients
    between `backward()` and the step.  `held_out` is scored after each epoch: its mean loss and,
    where labels are classes, its accuracy (an example is right where every other label that occurs
    would lose more).  `patience` stops after so many epochs in a row without a smaller held-out
    loss; with it the model ends with its best parameters, however training ends.  Each callback is
    called with the history after each epoch and stops training by returning True.  Ctrl-C stops
    after the current step, a second one at once.

    `engine="auto"` records the loss as a tape, once, and replays it over the batches: on NumPy, and
    from the tenth of a second on, on compiled kernels once a thread has them; without NumPy, and
    for the smallest batches, as generated Python.  `"python"`, `"numpy"` and `"compiled"` name one,
    which is kept and found again to the last bit; `"jax"` shares the examples of a batch among
    `devices`, all that JAX has unless given (see `Tape.data_parallel`); `"eager"` calls model and
    loss for every example.  The history is the same but for rounding, and says which it was last
    and why (`engine`, `reason`).  Eager are trainings with fewer than 1,000 visits of an example,
    for which a tape does not pay, and losses that a tape cannot hold: where a Python `if` asks a
    traced number, or where, as with dropout or a global that changes, a call gives something else
    than the tape does.  They are compared on examples before the first step, then on one in every
    epoch; without callbacks in every tenth step at most.  On a tape a parameter's `.data` is the
    present one in callbacks, in `clip` and at the end, and a number that is infinite on the way to
    a finite loss stops nothing.

    Warns of variables that the loss is made from and no step moves: they are neither among the
    parameters of the model nor of the optimizer.
    Raises ValueError or TypeError for arguments that do not fit, and DivergedError where a loss, a
    gradient or a parameter becomes nan or infinite: without patience, the parameters are then
    those before the step.

    >>> model = MLP(2, [4, 1], "tanh", rng=random.Random(0))
    >>> history = fit(model, xor(), loss=binary_cross_entropy, epochs=100, progress=False,
    ...               optimizer=SGD(model.parameters(), 1.0))
    >>> f"{history.losses[0]:.2f} became {history.losses[-1]:.2f}"
    '0.70 became 0.07'
    """
    run = _Run(model, data, held_out, loss, optimizer, penalty, clip)
    _check_engine(engine, devices)
    n, epochs = len(run.data.labels), _count(epochs, "epochs")
    size = n if batch_size is None else min(_count(batch_size, "batch_size"), n)
    if patience is not None:
        patience = _count(patience, "patience")
        if held_out is None:
            raise ValueError("patience watches the held-out loss: give held_out as well")
    callbacks = _callbacks(callbacks)
    source = source_of(rng)
    sample = source.sample
    batches = -(-n // size)
    history, best, best_loss, best_epoch = History(), run.numbers(), inf, 0
    start = time.perf_counter()
    step = epoch = 0
    batch: tuple[int, ...] = ()
    place = "the start, before any step"
    tapes: Tapes | None = None

    def go_on_eagerly(reason: str) -> None:
        nonlocal tapes
        tapes = None
        history.engine, history.reason = "eager", reason
        if engine not in ("auto", "eager"):
            warnings.warn(f"fit trains without a tape: {reason}", stacklevel=3)
        elif progress:
            print(f"fit trains without a tape: {reason}", file=sys.stderr)

    try:
        traced = engine != "eager" and (engine != "auto" or epochs * n >= WORTH)
        places = run.first_places() if traced else range(n)
        # the step of a single batch computes every loss before it moves anything
        tried = run.try_examples(places) if batches > 1 else {}
        run.try_held_out()
        if traced:
            with _unmoved(source):
                try:
                    tapes = run.recorded(engine, size, tried, devices)
                except _UntracedError as error:
                    go_on_eagerly(str(error))
            if tapes is not None:
                history.engine, history.reason = tapes.engine, "the loss was traced"
        elif engine == "eager":
            history.reason = "it was asked for"
        else:
            history.reason = f"fewer than {WORTH:,} visits of an example do not pay for a tape"
        if batches > 1 and len(tried) < n:
            odd = tapes.not_finite() if tapes is not None else range(n)
            run.try_examples([i for i in odd if i not in tried])
        if progress and (frozen := run.frozen()):
            print(f"not in the optimizer, and stay as they are: {frozen}", file=sys.stderr)
        bar = progress_bar(epochs * batches) if progress else NoBar()
        with closing(bar), Interrupt() as interrupt:
            for epoch in range(1, epochs + 1):
                if tapes is not None:
                    try:
                        tapes.compare_one(step, bool(callbacks))
                    except DiffersError as error:
                        tapes.store()
                        go_on_eagerly(f"from epoch {epoch} on, {error}")
                order = sample(range(n), n) if batches > 1 else range(n)
                losses: list[float] = []
                for k in range(batches):
                    batch = tuple(order[k * size : (k + 1) * size])
                    step += 1
                    place = f"step {step} (epoch {epoch}, batch {k + 1} of {batches})"
                    losses += (tapes or run).step(batch)
                    bar.update(1)
                    if step == min(2, epochs * batches):
                        run.warn_of_strays()
                    if interrupt.asked:
                        break
                place = f"the end of epoch {epoch} (step {step})"
                if tapes is not None:
                    history.engine = tapes.engine  # which may have found a better one
                way = tapes or run
                score = (None, None) if interrupt.asked else way.score()
                seconds = time.perf_counter() - start
                row = Epoch(epoch, step, average(losses), *score, seconds)
                history.rows.append(row)
                bar.set_postfix_str(row.in_short(), refresh=False)
                if row.held_out_loss is not None and row.held_out_loss < best_loss:
                    best, best_loss, best_epoch = way.numbers(), row.held_out_loss, epoch
                if tapes is not None and callbacks:
                    tapes.store()
                verdicts = [_verdict(callback, history) for callback in callbacks]
                if tapes is not None and callbacks:
                    tapes.load()  # a callback may have moved something
                if interrupt.asked:
                    history.stopped = f"Ctrl-C after step {step}, in epoch {epoch}"
                elif any(verdicts):
                    history.stopped = next(filter(None, verdicts))
                elif patience is not None and epoch - best_epoch >= patience:
                    history.stopped = f"no smaller held-out loss in {counted(patience, 'epoch')}"
                if history.stopped:
                    break
        if progress and history.stopped:
            print(f"training stopped early: {history.stopped}", file=sys.stderr)
    except DivergedError as error:
        found = DivergedError(f"{place}: {error}", error.node, error.example)
        found.step, found.epoch, found.batch, found.history = step, epoch, batch, history
        raise found from error.__cause__
    except Exception as error:
        error.add_note(f"in fit, at {place}")
        raise
    finally:
        if tapes is not None:
            tapes.store()
        if patience is not None and best_loss < inf:
            run.put_back(best)
            history.kept = True
    return history


class _UntracedError(Exception):
    """Why there is no tape of a loss."""


class _Run:
    """What stays the same from step to step."""

    def __init__(
        self,
        model: Model | Callable[[Any], Any],
        data: Data,
        held_out: Data | None,
        loss: Loss,
        optimizer: Optimizer,
        penalty: Penalty | None,
        clip: Clip | None,
    ) -> None:
        _check_model(model, optimizer)
        _check_functions(loss, penalty, clip)
        self.model = model
        self.data = _checked(data, "data")
        self.count = len(self.data.labels)
        self.held_out = None
        if held_out is not None:
            self.held_out = _checked(held_out, "held_out", len(self.data.inputs[0]))
        self.loss = loss
        self.optimizer = optimizer
        self.penalty = penalty
        self.clip = clip
        self.steps = 0
        self.strays: set[Value] = set()
        self.stay: list[Value] = []
        self.declared = unique(model.parameters()) if hasattr(model, "parameters") else []
        self.parameters = unique([*self.declared, *optimizer.parameters])
        for p in self.parameters:
            if not isinstance(p, Value):
                raise TypeError(f"a parameter must be a Value, got {kind_of(p)}: write Value({p})")
        self.answers = _answers(self.data, self.held_out)
        keys = map(key_of, self.held_out.labels) if self.held_out is not None else ()
        self.others = [[y for k, y in self.answers.items() if k != key] for key in keys]

    def numbers(self) -> list[float]:
        """Every parameter as it is now."""
        return [p.data for p in self.parameters]

    def frozen(self) -> str:
        """The parameters of the model that the optimizer does not have, in words."""
        moved = {*self.optimizer.parameters}
        return ", ".join(abridged([_called(p) for p in self.declared if p not in moved]))

    def put_back(self, numbers: Sequence[float]) -> None:
        """Every parameter as it was."""
        for p, x in zip(self.parameters, numbers, strict=True):
            p.data = x

    def first_places(self) -> list[int]:
        """The first examples, and the first of each label: of a tape they stand for all."""
        labels = list(map(key_of, self.data.labels))
        firsts = {key: i for i, key in reversed(list(enumerate(labels)))}
        return sorted({*range(min(len(labels), MANY)), *firsts.values()})

    def try_examples(self, places: Iterable[int]) -> dict[int, Any]:
        """Each of these examples: a row or a label that does not fit is told before any step.

        Gives what was computed, as numbers but for the first two.
        """
        losses = {}
        for i in places:
            with _example(self.data, i):
                loss = self.example_loss(self.data, i)
                losses[i] = loss if i < 2 else _number(loss)
        return losses

    def try_held_out(self) -> None:
        """The same for all held-out examples."""
        if self.held_out is not None:
            for i in range(len(self.held_out.labels)):
                with _example(self.held_out, i, "held-out example"), no_grad():
                    self.example_loss(self.held_out, i)

    def recorded(
        self, engine: str, size: int, tried: dict[int, Any], devices: Any = None
    ) -> Tapes | None:
        """The tapes of this run; _UntracedError says why there are none.

        `tried` are the losses of examples, where they were computed.  None where the first step has
        an error to tell.
        """
        try:
            losses = tried or self.try_examples(self.first_places())
            first = [v for v in (losses[0], losses.get(1, losses[0])) if isinstance(v, Value)]
            if self.penalty is not None:
                first += [v for v in (self._punished(), self._punished()) if isinstance(v, Value)]
        except Exception:
            return None
        if not first:
            return None
        self._check_graph(mean(first))
        self._look_for_strays(first[:1])
        self._look_for_strays(first[1:])
        self.steps = 2  # what the first two steps look for was found
        from autograd import TraceError  # of what the tapes import, and nobody else waits for

        try:
            tapes = Tapes(self, engine, size, devices)
            tapes.compare({i: _number(loss) for i, loss in losses.items()})
        except TraceError as error:
            raise _UntracedError(str(error)) from None
        except DiffersError as error:
            raise _UntracedError(f"a tape does not hold what the loss does: {error}") from None
        except ImportError:
            raise
        except Exception as error:
            if engine == "jax":
                raise  # perhaps of a device, or of another process
            raise _UntracedError(f"while it is traced, {type(error).__name__}: {error}") from None
        return tapes

    def _punished(self) -> Any:
        assert self.penalty is not None
        return self.penalty(self.declared or self.parameters)

    def step(self, batch: Sequence[int]) -> list[float]:
        """One step on the mean loss of these examples; gives the loss of each, before it."""
        losses: list[Any] = []
        for i in batch:
            with _example(self.data, i):
                losses.append(self.example_loss(self.data, i))
        objective = mean(losses)
        roots = [v for v in losses if isinstance(v, Value)]
        if self.penalty is not None:
            try:
                penalty = self._punished()
                objective = objective + penalty
            except ArithmeticError as error:
                raise DivergedError(f"in the penalty, {error}{ADVICE}") from error
            roots += [penalty] if isinstance(penalty, Value) else []
        if not isinstance(objective, Value):
            raise _not_a_loss(objective)
        if not isfinite(objective.data):
            for i, v in zip(batch, losses, strict=True):
                if not isfinite(_number(v)):
                    raise diverged_loss(v, i, "example")
            raise diverged_loss(objective, None, "")
        if self.steps == 0:
            self._check_graph(objective)
        if self.steps < 2:
            self._look_for_strays(roots)
        self.steps += 1
        for p in self.parameters:  # the frozen ones too
            p.grad = 0.0
        objective.backward()
        if not all(isfinite(p.grad) for p in self.optimizer.parameters):
            raise diverged_gradient(objective)
        if self.clip is not None:
            self.clip(self.optimizer.parameters)
        before = self.numbers()
        self.optimizer.step()
        if not all(isfinite(p.data) for p in self.parameters):
            diverged = diverged_step(self.parameters, before)
            self.put_back(before)
            raise diverged
        return [_number(v) for v in losses]

    def example_loss(self, data: Data, i: int) -> Any:
        """The loss of an example as it is now."""
        loss = self.loss(self.model(data.inputs[i]), data.labels[i])
        if not isinstance(loss, (Value, Real)):
            raise _not_a_loss(loss)
        return loss

    def score(self) -> tuple[float | None, float | None]:
        """The held-out examples' mean loss and, where labels are classes, accuracy."""
        if self.held_out is None:
            return None, None
        losses, right = [], 0
        for i, (x, label) in enumerate(zip(self.held_out.inputs, self.held_out.labels)):
            with _example(self.held_out, i, "held-out example"), no_grad():
                prediction = self.model(x)
                loss = _number(self.loss(prediction, label))
                right += all(_number(self.loss(prediction, y)) > loss for y in self.others[i])
            if not isfinite(loss):  # once more, with the graph
                raise diverged_loss(self.loss(self.model(x), label), i, "held-out example")
            losses.append(loss)
        accuracy = right / len(losses) if self.answers else None
        return average(losses), accuracy

    def _check_graph(self, objective: Value) -> None:
        """ValueError where no step could change the loss."""
        nodes = topological_order(objective)
        if all(v.parents or v.is_constant for v in nodes):
            raise ValueError(
                "the loss is a constant, nothing can be learned from it: is fit called under "
                "no_grad(), or does the loss use the .data of the prediction?"
            )
        moved = {id(p) for p in self.optimizer.parameters}
        if not any(id(p) in moved for p in [*self.declared, *nodes]):
            raise ValueError(
                "the optimizer has none of the model's parameters: was it made for another model? "
                "Write SGD(model.parameters(), ...) with the model that is trained"
            )

    def _look_for_strays(self, roots: Iterable[Value]) -> None:
        """Note the variables that no step moves though several losses are made from them.

        Those below one loss alone are made anew each time, as Value(label) in a loss is.
        """
        known = {*self.parameters}
        for root in roots:
            leaves = [v for v in topological_order(root) if not v.parents and not v.is_constant]
            strays = [v for v in leaves if v not in known]
            self.stay += [v for v in strays if v in self.strays]
            self.strays.update(strays)

    def warn_of_strays(self) -> None:
        """Say which variables stay as they are and perhaps should not."""
        if self.stay:
            names = ", ".join(abridged([_called(v) for v in unique(self.stay)]))
            warnings.warn(
                f"no step moves these variables, though the loss is made from them: {names}. "
                "They are neither among the parameters of the model nor of the optimizer; a number "
                "that shall stay as it is can be made by constant(...)",
                stacklevel=3,  # where fit is called
            )


def _answers(data: Data, held_out: Data | None) -> dict[tuple[Any, ...], Any]:
    """The labels that occur, by key, where they are classes; none where they are numbers."""
    labels = [*data.labels, *(held_out.labels if held_out is not None else ())]
    answers = {key_of(label): label for label in labels}
    if len(answers) > len(data.classes):
        return {}
    if len({key_of(label) for label in data.labels}) == 1:
        raise ValueError(
            f"all labels of data are {data.labels[0]!r}: there is nothing to tell apart, a "
            "classifier needs examples of two classes (a data set without `classes` is not asked)"
        )
    return answers


def _verdict(callback: Callable[[History], object], history: History) -> str:
    stop = callback(history)
    stop = stop.item() if hasattr(stop, "item") else stop  # NumPy has a True of its own
    return f"{function_name(callback)} returned True" if stop is True else ""


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def _called(v: Value) -> str:
    return v.label or f"Value({shortest(v.data)})"


# ---- what is refused -----------------------------------------------------------------------------


def _check_model(model: Any, optimizer: Any) -> None:
    if isinstance(model, type):
        raise TypeError(f"model is the class {model.__name__}: make a model of it first")
    if not callable(model):
        raise TypeError(f"model must be something to call on an example, got {kind_of(model)}")
    if not callable(getattr(model, "parameters", list)):
        raise TypeError(
            f"parameters of this {type(model).__name__} must be a method: "
            "def parameters(self): return [...]"
        )
    has_both = hasattr(optimizer, "parameters") and hasattr(optimizer, "step")
    if isinstance(optimizer, type) or not has_both:
        raise TypeError(
            f"optimizer must have parameters and a step(), got {kind_of(optimizer)}: write "
            "optimizer=SGD(model.parameters(), 0.1)"
        )


def _check_functions(loss: object, penalty: object, clip: object) -> None:
    for name, function, example in (
        ("loss", loss, "loss=half_squared_error"),
        ("penalty", penalty, "penalty=lambda parameters: 0.001 * l2(parameters)"),
        ("clip", clip, "clip=lambda parameters: clip_by_norm(parameters, 1.0)"),
    ):
        given = name == "loss" or function is not None
        if given and not callable(function):
            raise TypeError(f"{name} must be a function, got {function!r}: write {example}")


def _check_engine(engine: object, devices: object) -> None:
    if devices is not None and engine != "jax":
        raise ValueError(f'devices are those of engine="jax", got engine={engine!r}')
    if engine in ("auto", "eager"):
        return
    from autograd.tape.tape import ENGINES  # what only tapes need is imported for them

    if engine not in (*ENGINES, "jax"):
        names = ", ".join(map(repr, ("auto", "eager", *ENGINES, "jax")))
        raise ValueError(f"engine is one of {names}, got {engine!r}")
    if engine == "jax":
        from autograd.tape.exports.devices import mesh_of

        mesh_of(devices)  # an error without JAX, or so many devices


@contextmanager
def _unmoved(source: Any) -> Iterator[None]:
    """Random numbers drawn in here are drawn again after it."""
    try:
        state = source.getstate()
    except NotImplementedError:  # the system's own have no state
        yield
        return
    try:
        yield
    finally:
        source.setstate(state)


def _callbacks(callbacks: Any) -> list[Callable[[History], object]]:
    if callable(callbacks):
        name = function_name(callbacks)
        raise TypeError(f"callbacks must be a list of functions: write callbacks=[{name}]")
    found = list(callbacks)
    for callback in found:
        if not callable(callback):
            raise TypeError(f"a callback must be a function of the history, got {callback!r}")
    return found


def _count(n: object, name: str) -> int:
    return whole(n, f"{name} must be a whole number of at least 1")


def _checked(data: Data, name: str, width: int | None = None) -> Data:
    """The data, its examples in lists; an error unless all have one width and finite numbers."""
    check_data(data, name)
    inputs, labels = list(data.inputs), list(data.labels)  # by place, whatever their index is
    if not inputs:
        raise ValueError(f"{name} is empty: there is nothing to learn from")
    if len(inputs) != len(labels):
        raise ValueError(f"{name} has {len(inputs)} inputs and {len(labels)} labels")
    for i, (row, label) in enumerate(zip(inputs, labels, strict=True)):
        _check_row(row, f"example {i} of {name}")
        width = len(row) if width is None else width
        if len(row) != width:
            raise ValueError(
                f"example {i} of {name} has {counted(len(row), 'input')}, example 0 of data has "
                f"{width}"
            )
        for k, x in enumerate(row):
            _check_number(x, f"input {k} of example {i} of {name}", "convert it with float(...)")
        for y in leaves(label):
            advice = "a class is given by its number, classes.index(...)"
            _check_number(y, f"the label of example {i} of {name}", advice)
    return data._replace(inputs=inputs, labels=labels)


def _check_row(row: Any, what: str) -> None:
    if isinstance(row, str):
        advice = ": a DataFrame is read by Data(frame, labels), whose rows are examples"
    elif isinstance(row, Real):
        advice = ": [[x] for x in inputs] makes rows of one number"
    elif hasattr(row, "__len__"):
        return
    else:
        advice = ""
    raise TypeError(f"{what} must be a sequence of numbers, got {row!r}{advice}")


def _check_number(x: Any, what: str, of_text: str) -> None:
    if is_real(x):
        if isfinite(x):
            return
        advice = ": leave the example out, or fill in what is missing"
    elif isinstance(x, str):
        advice = f": {of_text}"
    else:
        advice = ": .tolist() of an array makes numbers of Python" if hasattr(x, "tolist") else ""
    raise ValueError(f"{what} must be a finite number, got {x!r}{advice}")


def _not_a_loss(loss: object) -> TypeError:
    if loss is None:
        return TypeError("the loss must be a Value, got None: does the function return it?")
    return TypeError(
        f"the loss must be a Value, got {kind_of(loss)}: compute it from what the model returns, "
        "not from its .data"
    )


@contextmanager
def _example(data: Data, i: int, whose: str = "example") -> Iterator[None]:
    """Errors in here say at which example they happened."""
    try:
        yield
    except ArithmeticError as error:
        raise DivergedError(f"for {whose} {i}, {error}{ADVICE}", example=i) from error
    except Exception as error:
        row = ", ".join(abridged([shortest(float(x)) for x in data.inputs[i]]))
        error.add_note(f"for {whose} {i}: inputs [{row}], label {data.labels[i]!r}")
        raise
