"""One example through an expression of 1,000 operations, and its gradient: ours, XAD, CasADi.

The expression is a program drawn at random, in which results are used again; of its ten operands
five are data, and by the other five the gradient is taken.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.workers.compiled import ENGINE, Contest, of_tape, on_one_core, timed

THETA = [0.3, -0.2, 0.5, 0.1, -0.7]
DATA = [0.4, -0.6, 0.2, 0.9, -0.1]


Step = tuple[str, int, int]  # an operation, and the places of its operands


def program(operations: int, seed: int = 0) -> list[Step]:
    """So many steps over the ten numbers that are given and all that was made; none is idle."""
    rng = random.Random(seed)
    ends = list(range(len(THETA) + len(DATA)))  # what nothing depends on yet
    made = len(ends)
    steps: list[Step] = []

    def add(operation: str, *operands: int) -> None:
        nonlocal made
        steps.append((operation, operands[0], operands[-1]))
        ends[:] = [at for at in ends if at not in operands] + [made]
        made += 1

    while len(steps) + len(ends) < operations:
        operation = rng.choice(("add", "sub", "mul", "sin", "tanh"))
        i, j = (rng.choice(ends if rng.random() < 0.6 else range(made)) for _ in range(2))
        add(operation, *((i,) if operation in ("sin", "tanh") else (i, j)))
    while len(ends) > 1:
        add("add", *ends[:2])
    while len(steps) < operations:
        add("sin", *ends)
    return steps


def run(steps: Sequence[Step], given: Sequence[Any], sin: Any, tanh: Any) -> Any:
    """The last result."""
    made = list(given)
    routines: dict[str, Callable[[Any, Any], Any]] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "sin": lambda x, y: sin(x),
        "tanh": lambda x, y: tanh(x),
    }
    for operation, i, j in steps:
        made.append(routines[operation](made[i], made[j]))
    return made[-1]


def measure(contestant: str, operations: int, seconds: float, calls: int) -> dict[str, Any]:
    """Median microseconds of value and gradient, and what was found."""
    on_one_core()
    return timed(CONTESTANTS[contestant](program(operations)), seconds, calls)


def recorded(steps: Sequence[Step]) -> tuple[Any, list[Any]]:
    """The tape of one example, and the arrays that its gradient is called with."""
    import numpy as np

    from autograd import Value, sin, tanh, trace

    parameters = [Value(x) for x in THETA]
    tape = trace(lambda x: run(steps, [*x, *parameters], sin, tanh), DATA, parameters=parameters)
    return tape, [np.array(THETA), np.array([DATA])]


def chainrule(steps: Sequence[Step]) -> Contest:
    """The public call, of one example."""
    tape, numbers = recorded(steps)
    return of_tape(tape.using(ENGINE), *numbers)


def xad(steps: Sequence[Step]) -> Contest:
    """Recorded anew on one tape, as for every new input."""
    from xad import math
    from xad.adj_1st import Real, Tape

    tape = Tape()
    tape.activate()
    results: list[float] = []

    def call() -> None:
        tape.clearAll()
        parameters = [Real(x) for x in THETA]
        tape.registerInputs(parameters)
        tape.newRecording()
        value = run(steps, [*DATA, *parameters], math.sin, math.tanh)
        tape.registerOutput(value)
        value.derivative = 1.0
        tape.computeAdjoints()
        results[:] = [float(value.value), *[p.derivative for p in parameters]]

    return Contest(call, lambda: results)


def casadi(steps: Sequence[Step]) -> Contest:
    """SX, and buffers, so that nothing is copied."""
    import casadi as ca
    import numpy as np

    theta, x = ca.SX.sym("theta", len(THETA)), ca.SX.sym("x", len(DATA))
    given = [*ca.vertsplit(x), *ca.vertsplit(theta)]
    value = run(steps, given, ca.sin, ca.tanh)
    f = ca.Function("f", [theta, x], [value, ca.gradient(value, theta)])
    numbers = [np.array(THETA), np.array(DATA)]
    results = [np.zeros(1), np.zeros(len(THETA))]
    buffer, trigger = f.buffer()
    for i, array in enumerate(numbers):
        buffer.set_arg(i, memoryview(array))
    for i, array in enumerate(results):
        buffer.set_res(i, memoryview(array))

    def call(kept: Any = (buffer, numbers)) -> None:  # which point to each other's memory
        trigger()

    return Contest(call, lambda: [x for array in results for x in array])


CONTESTANTS = {f.__name__: f for f in (chainrule, xad, casadi)}
