"""Training on a tape: the loss is recorded once, and each step replays it over its batch.

    found = Tapes(run, "auto")         an error where the loss cannot be traced
    found.step(batch), found.score()   as the run's own, but for rounding

The parameters lie in one array, that the rule of an optimizer of ours moves too; they are written
into the Values where somebody looks.  Without NumPy, and for optimizers of other kinds, the Values
are moved themselves.  Whatever is not finite is done again by the run, which says where it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, isfinite
from typing import Any, Protocol

from autograd import StaleGraphError, Value, mean
from nn.data.datasets import Data, key_of
from nn.training.divergence import diverged_step
from nn.training.optimizers import Optimizer

CLOSE, NOISE = 1e-6, 1e-9  # what rounding may change: of a number, and of the largest one
SMALL = 50  # instructions times lanes: below, generated Python is faster than calls of NumPy
RARELY = 10  # steps between two comparisons where nobody calls in between


class Eager(Protocol):
    """What a tape needs to know of a run."""

    model: Any
    loss: Any
    penalty: Any
    clip: Any
    optimizer: Any
    data: Data
    held_out: Data | None
    answers: dict[tuple[Any, ...], Any]
    declared: list[Value]
    parameters: list[Value]

    def numbers(self) -> list[float]: ...
    def put_back(self, numbers: Sequence[float]) -> None: ...
    def step(self, batch: Sequence[int]) -> list[float]: ...
    def score(self) -> tuple[float | None, float | None]: ...
    def example_loss(self, data: Data, i: int) -> Any: ...


class DiffersError(Exception):
    """The tape gives something else than the loss itself: it was recorded of another function."""


class Tapes:
    """The loss and the penalty of a run as tapes; `engine` runs them, over batches of `size`.

    A penalty has no examples to share among devices, and runs here.
    """

    def __init__(self, run: Eager, engine: str, size: int, devices: Any = None) -> None:
        from autograd import trace  # whoever trains nothing does not wait for it

        self.run = run

        def loss(x: Any, y: Any) -> Any:
            return run.loss(run.model(x), y)

        def penalty() -> Any:
            return run.penalty(run.declared or run.parameters)

        row, label = _plain([run.data.inputs[0], run.data.labels[0]])
        self.tape = trace(loss, row, label, parameters=run.parameters)
        self.penalty = trace(penalty, parameters=run.parameters) if run.penalty else None
        if engine == "auto" and len(self.tape) * size < SMALL:
            engine = "python"
        self.coarser = 1.0
        if engine == "jax":
            self.tape = self.tape.data_parallel(devices)
            import jax

            if not jax.config.jax_enable_x64:
                self.coarser = 1000.0  # float32 has 7 digits
        elif engine != "auto":
            self.tape = self.tape.using(engine)  # type: ignore[arg-type]  # it was checked
            self.penalty = self.penalty and self.penalty.using(engine)  # type: ignore[arg-type]
        self.data = self._lanes(run.data)
        self.held_out = self._lanes(run.held_out) if run.held_out is not None else None
        self.checked = 0
        self.gradient: Any = [p.grad for p in run.parameters]
        kind = type(run.optimizer)
        self.is_vector = (
            self.engine != "python"
            and isinstance(run.optimizer, Optimizer)
            and (kind.step, kind.move) == (Optimizer.step, Optimizer.move)
        )
        self.memory: list[Any] = []
        self.theta: Any = run.numbers()
        if self.is_vector:
            places = {p: i for i, p in enumerate(run.parameters)}
            at = [places[p] for p in run.optimizer.parameters]
            self.moved: Any = slice(None) if at == list(range(len(places))) else at
        self.load()

    @property
    def engine(self) -> str:
        """The name of what runs the tape now."""
        return self.tape.engine

    def _lanes(self, data: Data) -> tuple[Any, Any]:
        """The inputs and labels of all examples, as an engine takes them."""
        if self.engine == "python":
            return [tuple(map(float, row)) for row in data.inputs], _plain(data.labels)
        import numpy as np

        return np.array(_plain(data.inputs), float), np.array(_plain(data.labels), float)

    def _taken(self, batch: Sequence[int]) -> tuple[Any, Any]:
        """Those of a batch."""
        xs, ys = self.data
        if len(batch) == len(xs):  # all of them: their order is none of the mean's
            return xs, ys
        if self.engine == "python":
            return [xs[i] for i in batch], [ys[i] for i in batch]
        return xs[list(batch)], ys[list(batch)]

    # ---- the Values and the array ----------------------------------------------------------------

    def load(self) -> None:
        """Take the numbers of the Values, and what the optimizer remembers."""
        self.theta = self.run.numbers()
        if self.is_vector:
            import numpy as np

            self.theta = np.array(self.theta)
            optimizer = self.run.optimizer
            self.memory = [np.array(getattr(optimizer, name)) for name in optimizer.memory]

    def store(self) -> None:
        """Give the Values their numbers and gradients, and the optimizer what it remembers."""
        if self.is_vector:
            self.run.put_back(self.theta.tolist())
            self._store_gradient()
            for name, xs in zip(self.run.optimizer.memory, self.memory, strict=True):
                getattr(self.run.optimizer, name)[:] = xs.tolist()

    def _store_gradient(self) -> None:
        for p, g in zip(self.run.parameters, map(float, self.gradient), strict=True):
            p.grad = g

    def numbers(self) -> list[float]:
        """Every parameter as it is now."""
        return [float(x) for x in self.theta]

    # ---- steps and scores ------------------------------------------------------------------------

    def step(self, batch: Sequence[int]) -> list[float]:
        """One step on the mean loss of these examples; gives it for each of them, before it."""
        try:
            value, gradient = self.tape.value_and_grad(self.theta, *self._taken(batch))
            whole = value
            if self.penalty is not None:
                punished, more = self.penalty.value_and_grad(self.theta)
                gradient = _sum(gradient, more)
                whole += punished
        except StaleGraphError:  # a leaf that is none of the parameters was changed
            return self._eagerly(batch)
        if not isfinite(whole + float(sum(gradient) if type(gradient) is list else gradient.sum())):
            return self._eagerly(batch)
        before, self.gradient = self.gradient, gradient
        if not (self._step_of_array() if self.is_vector else self._step_of_values()):
            self.gradient = before
            return self._eagerly(batch)
        return [value] * len(batch)

    def _eagerly(self, batch: Sequence[int]) -> list[float]:
        """The same step without a tape: it says where something is not finite."""
        self.store()
        losses = self.run.step(batch)
        self.gradient = [p.grad for p in self.run.parameters]
        self.load()
        return losses

    def _step_of_array(self) -> bool:
        """Move the array; False, and nothing is moved, where it would not be finite."""
        import numpy as np

        optimizer, gradient = self.run.optimizer, self.gradient
        if self.run.clip is not None:
            self.run.put_back(self.theta.tolist())
            self._store_gradient()
            self.run.clip(optimizer.parameters)
            gradient = self.gradient = np.array([p.grad for p in self.run.parameters])
        rule = optimizer.rule(optimizer.rate(), np.sqrt)
        with np.errstate(all="ignore"):
            moved, *memory = rule(self.theta[self.moved], gradient[self.moved], *self.memory)
            if not isfinite(moved.sum()):
                return False
        if type(self.moved) is slice:
            self.theta = moved
        else:
            self.theta = self.theta.copy()
            self.theta[self.moved] = moved
        self.memory = memory
        optimizer.steps += 1
        return True

    def _step_of_values(self) -> bool:
        """Move the Values, as a step without a tape does."""
        run = self.run
        self._store_gradient()
        if run.clip is not None:
            run.clip(run.optimizer.parameters)
            self.gradient = [p.grad for p in run.parameters]
        before = run.numbers()
        run.optimizer.step()
        self.theta = run.numbers()
        if not all(map(isfinite, self.theta)):
            diverged = diverged_step(run.parameters, before)
            run.put_back(before)
            self.theta = before
            raise diverged
        return True

    def score(self) -> tuple[float | None, float | None]:
        """The held-out examples' mean loss and, where labels are classes, accuracy."""
        run = self.run
        if run.held_out is None or self.held_out is None:
            return None, None
        xs, ys = self.held_out
        losses = self._forward(xs, ys)
        keys = list(map(key_of, run.held_out.labels))
        right = [True] * len(keys)
        finite = all(map(isfinite, losses))
        for key, label in run.answers.items():
            of_another = self._forward(xs, [_plain(label)] * len(keys))
            finite = finite and all(map(isfinite, of_another))
            for i, (mine, other) in enumerate(zip(losses, of_another, strict=True)):
                right[i] = right[i] and (keys[i] == key or other > mine)
        if not finite:
            self.store()
            return run.score()
        accuracy = sum(right) / len(right) if run.answers else None
        return average(losses), accuracy

    def _forward(self, xs: Any, ys: Any) -> list[float]:
        return list(map(float, self.tape.forward(xs, ys, theta=self.theta)))

    # ---- whether the tape is still right ---------------------------------------------------------

    def not_finite(self) -> list[int]:
        """The examples whose loss is infinite or NaN now."""
        return [i for i, x in enumerate(self._forward(*self.data)) if not isfinite(x)]

    def compare(self, losses: Mapping[int, float]) -> None:
        """DiffersError where the tape gives other losses, or another gradient of the second."""
        self.size = max([abs(x) for x in losses.values() if isfinite(x)], default=0.0)
        found = self._forward(*self.data)
        for i, loss in losses.items():
            self._same(found[i], loss, f"the loss of example {i}")
        run, i = self.run, min(1, len(losses) - 1)
        before = [p.grad for p in run.parameters]
        try:
            for p in run.parameters:
                p.grad = 0.0
            mean([run.example_loss(run.data, i)]).backward()
            eager = [p.grad for p in run.parameters]
        finally:
            for p, g in zip(run.parameters, before, strict=True):
                p.grad = g
        _, gradient = self.tape.value_and_grad(self.theta, *self._taken((i,)))
        largest = max(map(abs, eager), default=0.0)
        for x, y in zip(map(float, gradient), eager, strict=True):
            if isfinite(largest) and not abs(x - y) <= self.coarser * CLOSE * largest:
                raise DiffersError(f"the gradient of example {i} has {x:.6g} on it and is {y:.6g}")

    def compare_one(self, step: int, watched: bool) -> None:
        """DiffersError where the tape gives another loss of an example now, or penalty."""
        if not watched and step - self.checked < RARELY:
            return
        self.checked = step
        run, i = self.run, step % len(self.run.data.labels)
        if self.is_vector:
            run.put_back(self.theta.tolist())
        xs, ys = self._taken((i,))
        try:
            eager = run.example_loss(run.data, i)
            self._same(self._forward(xs, ys)[0], _number(eager), f"the loss of example {i}")
            if self.penalty is not None:
                found = self.penalty.forward(theta=self.theta)[0]
                eager = run.penalty(run.declared or run.parameters)
                self._same(float(found), _number(eager), "the penalty")
        except (ArithmeticError, StaleGraphError) as error:
            raise DiffersError(str(error).partition(":")[0]) from None

    def _same(self, x: float, y: float, what: str) -> None:
        bound = self.coarser * (CLOSE * abs(y) + NOISE * self.size)
        if isfinite(y) and not abs(x - y) <= bound:
            raise DiffersError(f"{what} is {x:.6g} on it and {y:.6g} when it is called")


def average(losses: Sequence[float]) -> float:
    """Their mean, though their sum may be too large for a float."""
    try:
        return fsum(losses) / len(losses)
    except OverflowError:
        return fsum([x / len(losses) for x in losses])


def _plain(x: Any) -> Any:
    """Numbers, and lists of them, as Python's floats: whatever arrays or Series they come from."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    return [_plain(item) for item in x] if hasattr(x, "__len__") else float(x)


def _sum(xs: Any, ys: Any) -> Any:
    return [x + y for x, y in zip(xs, ys, strict=True)] if type(xs) is list else xs + ys


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)
