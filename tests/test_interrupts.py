"""Ctrl-C at any moment: afterwards recording is on, at full speed, and gradients are right.

Tracebacks are kept, as interactive sessions and debuggers keep them."""

import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from random import Random

import pytest

from autograd import Value, grad, no_grad, tanh
from autograd.recording import open_blocks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(signal, "setitimer"), reason="there is no clock that interrupts"
    ),
]

w = Value(0.5, "w")


def loss(x: Value) -> Value:
    return tanh(w * x) * x


def in_a_block() -> None:
    with no_grad():
        loss(w)


def in_two_blocks() -> None:
    with no_grad(), no_grad():
        loss(w)


@no_grad()
def in_a_function() -> None:
    loss(w)


def in_an_abandoned_generator() -> None:
    def quiet() -> Iterator[Value]:
        with no_grad():
            yield loss(w)

    for _ in quiet():
        break


@no_grad()
def steps() -> Iterator[Value]:
    yield loss(w)
    yield loss(w)


def in_a_generator() -> None:
    for y in steps():
        loss(y)


def inside_of_a_derivative() -> None:
    def f(x: Value) -> Value:
        with no_grad():
            cut = loss(x)
        return cut * x

    grad(f)(w)


def around_a_derivative() -> None:
    with no_grad():
        grad(grad(loss))(0.7)


def in_a_backward_pass() -> None:
    loss(w).backward()


silent = no_grad()


def in_a_block_that_is_kept() -> None:
    with silent, silent:
        loss(w)


USES = [
    in_a_block, in_a_block_that_is_kept, in_two_blocks, in_a_function,
    in_an_abandoned_generator, in_a_generator, inside_of_a_derivative, around_a_derivative,
    in_a_backward_pass,
]  # fmt: skip


def interrupted(use: Callable[[], None], seconds: float) -> KeyboardInterrupt | None:
    """What Ctrl-C raises, so long after a use began that is repeated until then.

    None where Python drops it, as in a generator that it closes because nobody holds it.
    """
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        for _ in range(1000):
            use()
    except KeyboardInterrupt as error:
        return error
    return None


def is_right() -> bool:
    """Whether Values record, at full speed, and have the right gradient."""
    x = Value(3.0)
    y = x * x
    slow = bool(open_blocks)
    y.backward()
    return x.grad == 6.0 and not slow


def campaign() -> None:
    """Interrupt each use 18,000 times, and print what was left behind."""
    rng, wrong, kept = Random(2026), Counter[str](), deque[object](maxlen=50)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for _ in range(18_000):
        for use in USES:
            kept.append(interrupted(use, rng.uniform(20e-6, 120e-6)))
            wrong[use.__name__] += not is_right()
    print(f"{18_000 * len(USES):,} interrupts, {sum(wrong.values())} left something behind", +wrong)


def test_162_000_interrupts_leave_nothing_behind(capsys) -> None:
    """In a process of its own: JAX, which other tests import, runs Python while the collector does,
    and there a Ctrl-C is dropped and its traceback kept."""
    done = subprocess.run(
        [sys.executable, __file__], capture_output=True, text=True, timeout=500, check=True
    )
    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert done.stdout == "162,000 interrupts, 0 left something behind Counter()\n"


if __name__ == "__main__":
    campaign()
