"""Training one can watch: `fit` moves the parameters, a `History` tells what happened.

    history = fit(model, train, loss=softmax_cross_entropy, optimizer=SGD(model.parameters(), 0.3),
                  epochs=60, batch_size=10, held_out=rest, rng=random.Random(0), patience=5)
    print(history)               one row per epoch, and why training stopped
    history.save("history.csv")
    history.plot()

A model is anything with `parameters()` and a call; a loss is `loss(prediction, label)` of one
example; an optimiser is anything with `parameters` and `step()`.
"""

from __future__ import annotations

import csv
import importlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import fsum, inf, isfinite
from numbers import Real
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Protocol

from autograd import Value, mean, no_grad, steps, topological_order
from autograd.derivation import abridged
from autograd.language import describe_type, function_name, shortest
from autograd.structures import leaves
from nn.datasets import Data

SHOWN = 20  # rows of a history's text

Loss = Callable[[Any, Any], Any]


class Model(Protocol):
    """What `fit` needs of a model."""

    def __call__(self, x: Any) -> Any: ...
    def parameters(self) -> list[Value]: ...


class Optimizer(Protocol):
    """What `fit` needs of an optimiser."""

    parameters: list[Value]

    def step(self) -> None: ...


# ---- what happened -------------------------------------------------------------------------------


class Epoch(NamedTuple):
    """One pass over the examples; `steps` and `seconds` count from the start of training.

    `loss` is the mean over the epoch's examples, each taken before its own step and without the
    penalty; the held-out numbers are those at the end of the epoch, None where nobody asked.
    """

    epoch: int
    steps: int
    loss: float
    held_out_loss: float | None
    held_out_accuracy: float | None
    seconds: float


class History:
    """What training went through: a sequence of `Epoch` rows that prints, plots and saves itself.

    `stopped` says why training ended early, "" where every epoch ran; `best` is the epoch with the
    least held-out loss, and `kept` says whether the model was given its parameters back.
    """

    def __init__(self) -> None:
        self.rows: list[Epoch] = []
        self.stopped = ""
        self.kept = False

    @property
    def losses(self) -> list[float]:
        """The mean loss of each epoch."""
        return [row.loss for row in self.rows]

    @property
    def best(self) -> int | None:
        """The number of the epoch with the least held-out loss, the first of equals."""
        scored = [(r.held_out_loss, r.epoch) for r in self.rows if r.held_out_loss is not None]
        return min(scored)[1] if scored else None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> Epoch:
        return self.rows[place]

    def plot(self, ax: Any = None) -> Any:
        """The training curve, as the Axes that `viz.plot_history` returns."""
        from viz import plot_history  # the one place where nn reaches for pictures: when asked

        return plot_history(self, ax=ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write every row to a CSV file and return its path; a number nobody asked for is empty."""
        path = Path(path)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Epoch._fields)
            writer.writerows(self.rows)
        return path

    def __repr__(self) -> str:
        lines = _table(self._chosen(), self.best) if self.rows else ["no epoch was completed"]
        if len(self.rows) > SHOWN:
            lines.append(f"{len(lines) - 2} of {len(self.rows)} epochs")
        if self.best is not None:
            kept = ": the model has its parameters" if self.kept else ""
            lines.append(f"least held-out loss in epoch {self.best}{kept}")
        if self.stopped:
            lines.append(f"stopped early: {self.stopped}")
        return "\n".join(lines)

    def _chosen(self) -> list[Epoch]:
        """At most SHOWN rows, evenly spread from the first to the last, and the best."""
        last = len(self.rows) - 1
        if last < SHOWN:
            return self.rows
        places = {round(i * last / (SHOWN - 1)) for i in range(SHOWN)}
        return [row for i, row in enumerate(self.rows) if i in places or row.epoch == self.best]


def _table(rows: Sequence[Epoch], best: int | None) -> list[str]:
    head = ["epoch", "steps", "loss", "held-out loss", "accuracy", "seconds"]
    cells = [
        [
            f"{row.epoch}{' *' if row.epoch == best else ''}",
            f"{row.steps:,}",
            f"{row.loss:.4g}",
            "-" if row.held_out_loss is None else f"{row.held_out_loss:.4g}",
            "-" if row.held_out_accuracy is None else f"{row.held_out_accuracy:.1%}",
            f"{row.seconds:.1f}",
        ]
        for row in rows
    ]
    used = [k for k in range(len(head)) if any(row[k] != "-" for row in cells)]
    widths = {k: max(len(row[k]) for row in [head, *cells]) for k in used}
    lines = ["  ".join(f"{row[k]:{widths[k]}}" for k in used).rstrip() for row in [head, *cells]]
    return [lines[0], "─" * (sum(widths.values()) + 2 * len(used) - 2), *lines[1:]]


class DivergedError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or infinite; the message says where it began.

    `step` and `epoch` count from 1.  `example` is a place in the data, or in the held-out data if
    the message says so; None where it is no single one.  `batch` are the places of the last batch.
    `node` is the Value where it began, with its parents (None where an operation raised an error),
    and `history` what went before.
    """

    def __init__(self, message: str, node: Value | None = None, example: int | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.example = example
        self.step = self.epoch = 0
        self.batch: tuple[int, ...] = ()
        self.history = History()


# ---- training ------------------------------------------------------------------------------------


def fit(
    model: Model,
    data: Data,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    held_out: Data | None = None,
    rng: random.Random | None = None,
    patience: int | None = None,
    callbacks: Sequence[Callable[[History], object]] = (),
    penalty: Callable[[list[Value]], Any] | None = None,
    clip: Callable[[list[Value]], object] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` for `epochs` passes over `data`, one step per batch on its mean loss.

    The examples are shuffled for each epoch by `rng`; `batch_size=None` takes all of them at once,
    in their order.  `penalty(parameters)` is added to each batch's mean loss; `clip(parameters)`
    changes gradients between `backward()` and the step.  `held_out` is scored after each epoch:
    its mean loss and, where labels are classes, its accuracy (an example is right where every
    other label that occurs would lose more).  `patience` stops after so many epochs in a row
    without a smaller held-out loss; with it the model ends with its best parameters, however
    training ends.  Each callback is called with the history after each epoch and stops training
    by returning True.  Ctrl-C stops after the current step, a second one at once.

    Raises ValueError or TypeError for arguments that do not fit, and DivergedError where a loss, a
    gradient or a parameter becomes nan or infinite: without patience, the parameters are then
    those before the step.
    """
    _check_arguments(epochs, batch_size, patience, held_out, loss, penalty, clip)
    _check_data(data, "data")
    if held_out is not None:
        _check_data(held_out, "held_out")
    run = _Run(model, data, held_out, loss, optimizer, penalty, clip)
    n = len(data.labels)
    size = min(batch_size or n, n)
    batches = -(-n // size)
    sample = rng.sample if rng is not None else random.sample
    history, best, best_loss = History(), run.numbers(), inf
    start = time.perf_counter()
    step = epoch = 0
    batch: tuple[int, ...] = ()
    place = "the start"
    try:
        with _progress(progress, epochs * batches, history) as bar, _Interrupt() as interrupt:
            for epoch in range(1, epochs + 1):
                order = sample(range(n), n) if batches > 1 else range(n)
                losses: list[float] = []
                for k in range(batches):
                    batch = tuple(order[k * size : (k + 1) * size])
                    step += 1
                    place = f"step {step} (epoch {epoch}, batch {k + 1} of {batches})"
                    losses += run.step(batch)
                    bar.update(1)
                    if interrupt.asked:
                        break
                place = f"the end of epoch {epoch} (step {step})"
                score = (None, None) if interrupt.asked else run.score()
                seconds = time.perf_counter() - start
                row = Epoch(epoch, step, fsum(losses) / len(losses), *score, seconds)
                history.rows.append(row)
                bar.set_postfix_str(_in_short(row), refresh=False)
                if row.held_out_loss is not None and row.held_out_loss < best_loss:
                    best, best_loss = run.numbers(), row.held_out_loss
                verdicts = [_verdict(callback, history) for callback in callbacks]
                if interrupt.asked:
                    history.stopped = f"Ctrl-C after step {step}, in epoch {epoch}"
                elif any(verdicts):
                    history.stopped = next(filter(None, verdicts))
                elif patience is not None and epoch - (history.best or 0) >= patience:
                    history.stopped = f"no smaller held-out loss in {_counted(patience, 'epoch')}"
                if history.stopped:
                    break
    except DivergedError as error:
        found = DivergedError(f"{place}: {error}", error.node, error.example)
        found.step, found.epoch, found.batch, found.history = step, epoch, batch, history
        raise found from error.__cause__
    except Exception as error:
        error.add_note(f"in fit, at {place}")
        raise
    finally:
        if patience is not None and best_loss < inf:
            run.put_back(best)
            history.kept = True
    return history


class _Run:
    """What stays the same from step to step."""

    def __init__(
        self,
        model: Model,
        data: Data,
        held_out: Data | None,
        loss: Loss,
        optimizer: Optimizer,
        penalty: Callable[[list[Value]], Any] | None,
        clip: Callable[[list[Value]], object] | None,
    ) -> None:
        self.model = model
        self.data = data
        self.held_out = held_out
        self.loss = loss
        self.optimizer = optimizer
        self.penalty = penalty
        self.clip = clip
        self.first = True
        self.weights = model.parameters()
        self.parameters = list({id(p): p for p in [*self.weights, *optimizer.parameters]}.values())
        if len(self.parameters) == len(self.weights) + len(optimizer.parameters):
            raise ValueError(
                "the optimizer has none of the model's parameters: was it made for another model? "
                "Write SGD(model.parameters(), ...) with the model that is trained"
            )
        self.answers = _answers([*data.labels, *(held_out.labels if held_out else ())], data)

    def numbers(self) -> list[float]:
        """Every parameter as it is now."""
        return [p.data for p in self.parameters]

    def put_back(self, numbers: Sequence[float]) -> None:
        """Every parameter as it was."""
        for p, x in zip(self.parameters, numbers, strict=True):
            p.data = x

    def step(self, batch: Sequence[int]) -> list[float]:
        """One step on the mean loss of these examples; gives the loss of each, before it."""
        losses = []
        for i in batch:
            with _example(self.data, i):
                losses.append(self.loss(self.model(self.data.inputs[i]), self.data.labels[i]))
        objective = mean(losses)
        if self.penalty is not None:
            try:
                objective = objective + self.penalty(self.weights)
            except ArithmeticError as error:
                raise DivergedError(f"in the penalty, {error}{ADVICE}") from error
        _check_objective(objective)
        if not isfinite(objective.data):
            for i, v in zip(batch, losses, strict=True):
                if not isfinite(_number(v)):
                    raise _diverged_loss(v, i, "example")
            raise _diverged_loss(objective, None, "")
        if self.first:
            _check_graph(objective)
            self.first = False
        for p in self.parameters:  # the frozen ones too
            p.grad = 0.0
        objective.backward()
        if not all(isfinite(p.grad) for p in self.optimizer.parameters):
            raise _diverged_gradient(objective)
        if self.clip is not None:
            self.clip(self.optimizer.parameters)
        before = self.numbers()
        self.optimizer.step()
        if not all(isfinite(p.data) for p in self.parameters):
            diverged = _diverged_step(self.parameters, before)
            self.put_back(before)
            raise diverged
        return [_number(v) for v in losses]

    def score(self) -> tuple[float | None, float | None]:
        """The held-out examples' mean loss and, where labels are classes, accuracy."""
        if self.held_out is None:
            return None, None
        losses, right = [], 0
        for i, (x, label) in enumerate(zip(self.held_out.inputs, self.held_out.labels)):
            with _example(self.held_out, i, "held-out example"), no_grad():
                prediction = self.model(x)
                loss = _number(self.loss(prediction, label))
                others = [answer for answer in self.answers if answer != label]
                right += all(_number(self.loss(prediction, y)) > loss for y in others)
            if not isfinite(loss):  # once more, with the graph
                raise _diverged_loss(self.loss(self.model(x), label), i, "held-out example")
            losses.append(loss)
        accuracy = right / len(losses) if self.answers else None
        return fsum(losses) / len(losses), accuracy


def _answers(labels: Sequence[Any], data: Data) -> list[Any]:
    """The labels that occur, where they are classes; none where they are numbers to predict."""
    answers: list[Any] = []
    for label in labels:
        if label not in answers:
            answers.append(label)
            if len(answers) > len(data.classes):
                return []
    if all(label == data.labels[0] for label in data.labels):
        raise ValueError(
            f"all labels of data are {data.labels[0]!r}: there is nothing to tell apart, a "
            "classifier needs examples of two classes (a data set without `classes` is not asked)"
        )
    return answers


def _verdict(callback: Callable[[History], object], history: History) -> str:
    stop = callback(history) is True
    return f"{function_name(callback)} returned True" if stop else ""


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


# ---- what is refused -----------------------------------------------------------------------------


def _check_arguments(
    epochs: int,
    batch_size: int | None,
    patience: int | None,
    held_out: Data | None,
    loss: object,
    penalty: object,
    clip: object,
) -> None:
    for name, count in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
        given = name == "epochs" or count is not None
        if given and not (type(count) is int and count >= 1):
            raise ValueError(f"{name} must be a whole number of at least 1, got {count!r}")
    if patience is not None and held_out is None:
        raise ValueError("patience watches the held-out loss: give held_out as well")
    for name, function, example in (
        ("loss", loss, "loss=half_squared_error"),
        ("penalty", penalty, "penalty=lambda parameters: 0.001 * l2(parameters)"),
        ("clip", clip, "clip=lambda parameters: clip_by_norm(parameters, 1.0)"),
    ):
        given = name == "loss" or function is not None
        if given and not callable(function):
            raise TypeError(f"{name} must be a function, got {function!r}: write {example}")


def _check_data(data: Data, name: str) -> None:
    """ValueError unless there are examples, all of one length, and every number is finite."""
    inputs, labels = data.inputs, data.labels
    if not len(inputs):
        raise ValueError(f"{name} is empty: there is nothing to learn from")
    if len(inputs) != len(labels):
        raise ValueError(f"{name} has {len(inputs)} inputs and {len(labels)} labels")
    for i, (row, label) in enumerate(zip(inputs, labels, strict=True)):
        if len(row) != len(inputs[0]):
            raise ValueError(
                f"example {i} of {name} has {_counted(len(row), 'input')}, "
                f"example 0 has {len(inputs[0])}"
            )
        for k, x in enumerate(row):
            _check_number(x, f"input {k} of example {i} of {name}")
        for y in leaves(label):
            _check_number(y, f"the label of example {i} of {name}")


def _check_number(x: Any, what: str) -> None:
    if not (isinstance(x, Real) and isfinite(x)):
        raise ValueError(f"{what} must be a finite number, got {x!r}")


def _check_objective(objective: Any) -> None:
    if not isinstance(objective, Value):
        raise TypeError(
            f"the loss must be a Value, got {describe_type(objective)}: compute it from what the "
            "model returns, not from its .data"
        )


def _check_graph(objective: Value) -> None:
    if all(v.parents or v.is_constant for v in topological_order(objective)):
        raise ValueError(
            "the loss is a constant, nothing can be learned from it: is fit called under "
            "no_grad(), or does the loss use the .data of the prediction?"
        )


@contextmanager
def _example(data: Data, i: int, whose: str = "example") -> Iterator[None]:
    """Errors in here say at which example they happened."""
    try:
        yield
    except ArithmeticError as error:
        raise DivergedError(f"for {whose} {i}, {error}{ADVICE}", example=i) from error
    except Exception as error:
        row = ", ".join(abridged([shortest(x) for x in data.inputs[i]]))
        error.add_note(f"for {whose} {i}: inputs [{row}], label {data.labels[i]!r}")
        raise


# ---- where a nan or an infinity began ------------------------------------------------------------

ADVICE = ". A smaller learning rate, scaled inputs or clip=... may help"
CHOICES = ("where", "lookup")  # what they did not choose did not make their result


def first_not_finite(root: Value) -> Value:
    """The first node, in topological order, that root has its nan or infinity from."""
    first, tainted = root, {root}
    for v in reversed(topological_order(root)):
        if v in tainted:
            first = v
            chooses = v.op is not None and v.op.name in CHOICES
            for p in v.parents:
                if not isfinite(p.data) and (not chooses or repr(p.data) == repr(v.data)):
                    tainted.add(p)
    return first


def _diverged_loss(root: Value, example: int | None, whose: str) -> DivergedError:
    first = first_not_finite(root)
    what = f"the loss of {whose} {example}" if whose else "the objective"
    if first.parents:
        began = f"the first operation that made it is {_operation(first)}{ADVICE}"
    else:
        user = next(
            (v for v in topological_order(root) if any(p is first for p in v.parents)), None
        )
        began = "no operation made it, it came in"
        began += f" as an operand of {_operation(user)}" if user is not None else ""
    return DivergedError(f"{what} is {shortest(root.data)}; {began}", first, example)


def _diverged_gradient(root: Value) -> DivergedError:
    for step in steps(root):
        if not isfinite(step.gradient):
            return DivergedError(
                f"the gradient of {_operation(step.node)} is {shortest(step.gradient)}: the sum of "
                f"what its consumers send is too large{ADVICE}",
                step.node,
            )
        for c in step.contributions:
            if not isfinite(c.amount):
                return DivergedError(
                    f"a gradient is {shortest(c.amount)}; the first operation that made it, from "
                    f"the loss on, is {_operation(step.node)}: gradient {shortest(step.gradient)} "
                    f"times local derivative {shortest(c.local_derivative)} by operand "
                    f"{c.position}",
                    step.node,
                )
    return DivergedError("a gradient is nan or infinite, but not from this step's backward()")


def _diverged_step(parameters: Sequence[Value], before: Sequence[float]) -> DivergedError:
    p, x = next((p, x) for p, x in zip(parameters, before, strict=True) if not isfinite(p.data))
    return DivergedError(
        f"the optimizer moved a parameter{_named(p)} from {shortest(x)} to {shortest(p.data)}, its "
        f"gradient is {shortest(p.grad)}{ADVICE}",
        p,
    )


def _operation(v: Value) -> str:
    """A node in words: its operation, label, value and operands."""
    if not v.parents:
        return f"the variable{_named(v)} = {shortest(v.data)}"
    operands = abridged([f"{shortest(p.data)}{_named(p)}" for p in v.parents])
    name = v.op.name if v.op is not None else type(v).__name__
    return f"{name}{_named(v)} = {shortest(v.data)} of {', '.join(operands)}"


def _named(v: Value) -> str:
    return f" (label {v.label!r})" if v.label else ""


# ---- Ctrl-C and progress -------------------------------------------------------------------------


class _Interrupt:
    """Within it Ctrl-C only sets `asked`; a second one does what it did before."""

    def __enter__(self) -> _Interrupt:
        self.asked = False
        self.before: Any = None
        if threading.current_thread() is threading.main_thread():  # elsewhere none arrives
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):  # and not, as after nohup, ignored
                self.before = handler
                signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self.before)

    def __exit__(self, *error: object) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)


@contextmanager
def _progress(wanted: bool, total: int, history: History) -> Iterator[Any]:
    """A tqdm bar over the steps, a line per second without tqdm, or nothing; then why it ended."""
    bar: Any = _Nothing()
    if wanted:
        try:
            tqdm = importlib.import_module("tqdm")
            bar = tqdm.tqdm(total=total, desc="training", unit="step")
        except ImportError:
            bar = _Lines(total)
    try:
        yield bar
    finally:
        bar.close()
    if wanted and history.stopped:
        print(f"training stopped early: {history.stopped}", file=sys.stderr)


class _Nothing:
    """A bar that shows nothing."""

    def update(self, count: int) -> None:
        """So many steps more."""

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """What stands behind the bar."""

    def close(self) -> None:
        """The end."""


class _Lines(_Nothing):
    """A bar for where there is no tqdm: a line per second, from the first full second on."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.clock = clock
        self.done = 0
        self.text = ""
        self.said = clock()

    def update(self, count: int) -> None:
        self.done += count
        if self.clock() - self.said >= 1:
            self.said = self.clock()
            print(f"training: step {self.done:,} of {self.total:,}{self.text}", file=sys.stderr)

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        self.text = f", {text}"


def _in_short(row: Epoch) -> str:
    text = f"epoch {row.epoch}, loss {row.loss:.4g}"
    if row.held_out_loss is not None:
        text += f", held-out loss {row.held_out_loss:.4g}"
    if row.held_out_accuracy is not None:
        text += f", accuracy {row.held_out_accuracy:.1%}"
    return text


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}{'' if n == 1 else 's'}"
