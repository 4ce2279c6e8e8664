"""Where a nan or an infinity began: of a loss, of a gradient, of a step.

    first_not_finite(loss)       the first node of a graph that the loss has its nan from

`fit` raises a `DivergedError` that these functions word.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from autograd import Value, steps, topological_order
from autograd.rules.words import shortest
from autograd.walks import abridged
from nn.checks import labelled
from nn.training.history import History

ADVICE = ". A smaller learning rate, scaled inputs or clip=... may help"


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


def first_not_finite(root: Value) -> Value:
    """The first node, in topological order, that root has its nan or infinity from."""
    first, tainted = root, {root}
    for v in reversed(topological_order(root)):
        if v in tainted:
            first = v
            tainted.update(p for p in _makers(v) if not isfinite(p.data))
    return first


def _makers(v: Value) -> Sequence[Value]:
    """The parents that a node has its number from: of a choice, the one that was taken."""
    if v.op is None or v.op.chooses is None:
        return v.parents
    position = v.op.chooses(*[p.data for p in v.parents])
    return [p for i, p in enumerate(v.parents) if i == position]


def diverged_loss(root: Value, example: int | None, whose: str) -> DivergedError:
    """The error for a loss that is not finite, of one example or ("") of a batch."""
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


def diverged_gradient(root: Value) -> DivergedError:
    """The error for a gradient that is not finite though the loss is."""
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


def diverged_step(parameters: Sequence[Value], before: Sequence[float]) -> DivergedError:
    """The error for a parameter that a step made infinite or nan."""
    p, x = next((p, x) for p, x in zip(parameters, before, strict=True) if not isfinite(p.data))
    return DivergedError(
        f"the optimizer moved a parameter{labelled(p)} from {shortest(x)} to {shortest(p.data)}, "
        f"its gradient is {shortest(p.grad)}{ADVICE}",
        p,
    )


def _operation(v: Value) -> str:
    """A node in words: its operation, label, value and operands."""
    if not v.parents:
        return f"the variable{labelled(v)} = {shortest(v.data)}"
    operands = abridged([f"{shortest(p.data)}{labelled(p)}" for p in v.parents])
    name = v.op.name if v.op is not None else type(v).__name__
    return f"{name}{labelled(v)} = {shortest(v.data)} of {', '.join(operands)}"
