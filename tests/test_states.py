"""Random sequences of what people do to a graph, beside a model of it written in plain floats.

A run builds, assigns, copies, pickles, differentiates, leaves rules by exceptions and passes by
Ctrl-C, in threads and in `no_grad` blocks of every kind, and compares all there is at each step.
"""

import copy
import math
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import autograd
from autograd import OPERATIONS, Operation, Value, constant, grad, no_grad, sin, sumprod, tanh
from autograd.recording import open_blocks

ENGINE = str(Path(autograd.__file__).parent)


class FaultError(Exception):
    """What the rules of a user's row raise."""


def fails_above_1(x: float) -> float:
    if x > 1.0:
        raise FaultError
    return 2.0 * x


def fails_below_minus_1(x: float, z: float) -> float:
    if x < -1.0:
        raise FaultError
    return 2.0


class Plain:
    """A node of the model."""

    def __init__(self, data: float, edges: Any = (), is_constant: bool = False) -> None:
        self.data, self.edges, self.is_constant = data, list(edges), is_constant
        self.grad = 0.0

    def order(self) -> "list[Plain]":
        """Inputs first."""
        found: dict[Plain, None] = {}

        def visit(node: Plain) -> None:
            for parent, _ in node.edges:
                if parent not in found:
                    visit(parent)
            found[node] = None

        visit(self)
        return list(found)

    def backward(self) -> None:
        order = self.order()
        for node in order:
            node.grad = 0.0 if node.edges else node.grad
        self.grad += 1.0
        for node in reversed(order):
            for parent, slope in node.edges:
                if not parent.is_constant:
                    parent.grad += node.grad * slope


# name: how Values compute it, how floats do, its slopes
ROWS: dict[str, tuple[Callable[..., Any], Callable[..., float], Callable[..., Any]]] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: x / y, lambda x, y: (1 / y, -x / y / y)),
    "sin": (sin, lambda x: math.sin(x), lambda x: (math.cos(x),)),
    "tanh": (tanh, lambda x: math.tanh(x), lambda x: (1 - math.tanh(x) ** 2,)),
    "log": (lambda x: x.log(), lambda x: math.log(x), lambda x: (1 / x,)),
    "exp": (lambda x: x.exp(), lambda x: math.exp(x), lambda x: (math.exp(x),)),
    "sumprod": (
        lambda x, y: sumprod([x, y, x], [y, 2.0, x]),
        lambda x, y: x * y + 2.0 * y + x * x,
        lambda x, y: (y + 2 * x, x + 2.0),
    ),
    "fails": (
        lambda x: OPERATIONS["fails"](x),
        fails_above_1,
        lambda x: (fails_below_minus_1(x, 0.0),),
    ),
}


class Run:
    """One run: each node beside its model, and the blocks that are open."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.pairs: list[tuple[Value, Plain]] = []
        self.blocks: list[Iterator[None]] = []
        self.tally: Counter[str] = Counter()
        for _ in range(3):
            self.variable()

    def pick(self) -> tuple[Value, Plain]:
        return self.rng.choice(self.pairs)

    # ---- what people do --------------------------------------------------------------------------

    def variable(self) -> None:
        x = self.rng.uniform(-2.0, 2.0)
        make = self.rng.choice([Value, Value, constant])
        self.pairs.append((make(x), Plain(x, is_constant=make is constant)))

    def operation(self, recording: bool | None = None) -> None:
        recording = not self.blocks if recording is None else recording
        ours, plain, slopes = ROWS[self.rng.choice(list(ROWS))]
        operands = [self.pick() for _ in range(plain.__code__.co_argcount)]
        xs = [p.data for _, p in operands]
        asked = recording and not all(p.is_constant for _, p in operands)
        try:
            node = Plain(plain(*xs), is_constant=not recording)
            ds = slopes(*xs) if asked else xs
        except (ArithmeticError, ValueError, FaultError) as error:
            with pytest.raises(type(error)):
                ours(*[v for v, _ in operands])
            self.tally["errors"] += 1
            return
        if recording:
            node.edges = [(p, d) for (_, p), d in zip(operands, ds, strict=True)]
        self.pairs.append((ours(*[v for v, _ in operands]), node))

    def assignment(self) -> None:
        v, p = self.pick()
        if not v.parents:
            v.data = p.data = self.rng.uniform(-2.0, 2.0)
        elif self.rng.random() < 0.5:
            v.label = "renamed"

    def backward(self) -> None:
        v, p = self.pick()
        if p.is_constant:
            with pytest.raises(ValueError, match="backward"):
                v.backward()
        else:
            v.backward()
            p.backward()

    def zero_grad(self) -> None:
        v, p = self.pick()
        v.zero_grad()
        for node in p.order():
            node.grad = 0.0

    def copying(self) -> None:
        before = [v.grad for v, _ in self.pairs]
        twins = copy.deepcopy([v for v, _ in self.pairs])
        assert all(w is not v for w, (v, _) in zip(twins, self.pairs, strict=True))
        twins[-1].zero_grad()
        assert [v.grad for v, _ in self.pairs] == pytest.approx(before, nan_ok=True)
        twins = copy.deepcopy([v for v, _ in self.pairs])
        self.pairs = [(w, p) for w, (_, p) in zip(twins, self.pairs, strict=True)]

    def pickling(self) -> None:
        values = pickle.loads(pickle.dumps([v for v, _ in self.pairs]))
        self.pairs = [(v, p) for v, (_, p) in zip(values, self.pairs, strict=True)]

    def entering(self) -> None:
        def quiet() -> Iterator[None]:
            with no_grad():
                yield

        block = quiet()
        next(block)
        self.blocks.append(block)

    def leaving(self) -> None:
        if self.blocks:
            block = self.blocks.pop(self.rng.randrange(len(self.blocks)))  # in any order
            self.rng.choice([block.close, lambda: next(block, None), lambda: None])()

    def in_a_thread(self) -> None:
        def act() -> None:
            try:
                self.rng.choice([lambda: self.operation(recording=True), self.backward])()
            except BaseException as error:
                caught.append(error)

        caught: list[BaseException] = []
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()
        assert not caught

    def differentiating(self) -> None:
        x = self.rng.uniform(-2.0, 2.0)
        way = self.rng.choice([copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
        assert grad(lambda x: way(x) * sin(x))(x) == pytest.approx(math.sin(x) + x * math.cos(x))

    def interrupting(self) -> None:
        act = self.rng.choice(
            [self.operation, self.backward, self.differentiating, self.copying, self.entering]
        )
        pairs, left = list(self.pairs), self.rng.randrange(60)

        def interrupt(frame: Any, event: str, argument: object) -> Any:
            nonlocal left
            if not frame.f_code.co_filename.startswith(ENGINE):
                return interrupt if event == "call" else None
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return interrupt

        before = sys.gettrace()
        try:
            sys.settrace(interrupt)
            act()
        except KeyboardInterrupt:
            self.tally["interrupts"] += 1
            self.pairs = pairs
            for v, p in pairs:
                v.zero_grad()
                for node in p.order():
                    node.grad = 0.0
        finally:
            sys.settrace(before)

    # ---- a run -----------------------------------------------------------------------------------

    def compare(self) -> None:
        for v, p in self.pairs:
            assert v.is_constant == p.is_constant
            assert bool(v.parents) == bool(p.edges)
            assert (v.data, v.grad) == pytest.approx((p.data, p.grad), rel=1e-9, nan_ok=True)
        assert bool((Value(3.0) * 2).parents) == (not self.blocks)

    def play(self, steps: int) -> None:
        often = [self.operation] * 6 + [self.backward] * 2
        others = [
            self.variable, self.assignment, self.zero_grad, self.copying, self.pickling,
            self.entering, self.leaving, self.leaving, self.in_a_thread, self.differentiating,
            self.interrupting,
        ]  # fmt: skip
        for _ in range(steps):
            act = self.rng.choice(often + others)
            act()
            self.tally[act.__name__] += 1
            self.compare()
        self.blocks.clear()
        self.compare()
        assert not open_blocks


@pytest.fixture
def row_that_fails() -> Iterator[None]:
    Operation("fails", fails_above_1, fails_below_minus_1)
    yield
    del OPERATIONS["fails"]


def play(runs: int, steps: int) -> Counter[str]:
    """What was done in so many runs."""
    tally: Counter[str] = Counter()
    for seed in range(runs):
        run = Run(seed)
        try:
            run.play(steps)
        except BaseException as error:
            error.add_note(f"seed {seed}, after {run.tally}")
            raise
        tally += run.tally
    return tally


@pytest.mark.usefixtures("row_that_fails")
def test_whatever_is_done_to_a_graph_its_gradients_are_right() -> None:
    play(60, 20)


@pytest.mark.slow
@pytest.mark.usefixtures("row_that_fails")
def test_whatever_is_done_in_10_000_runs_gradients_are_right(capsys) -> None:
    tally = play(10_000, 30)
    with capsys.disabled():
        print(f"\n10,000 runs: {dict(tally)}")
    assert min(tally.values()) > 5_000
