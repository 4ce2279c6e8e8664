"""A tape as a module of PyTorch, by groups: a call of torch for each, run eagerly.

    module = torch_module(recorded, parameters)    module(*batch), an nn.Module

Its parameters are those of the tape, by their labels.  Needs the extra torch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, reduce
from itertools import count

from autograd.higher.structures import rebuild
from autograd.tape.engines.loading import load
from autograd.tape.exports.array_source import ArraySource, Recorded
from autograd.tape.program.batches import Batch, Form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from autograd.value import Value

SAME = "exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh abs erf erfc"
ROUTINES = {name: f"torch.{name}" for name in SAME.split()} | {
    "asin": "torch.arcsin", "acos": "torch.arccos", "atan": "torch.arctan",
    "asinh": "torch.arcsinh", "acosh": "torch.arccosh", "atanh": "torch.arctanh",
    "pow": "torch.pow", "atan2": "atan2", "hypot": "hypot", "cbrt": "cube_root", "norm": "norm",
    "where": "choose", "div": "divide", "&": "torch.logical_and", "|": "torch.logical_or",
    "number": "number",
}  # fmt: skip


def require_torch() -> Any:
    """PyTorch; an ImportError that says what to install."""
    try:
        return load("torch")
    except ImportError:
        raise ImportError('PyTorch is not installed: pip install "chainrule[torch]"') from None


# ---- what the text calls -------------------------------------------------------------------------


@cache
def given() -> dict[str, Any]:
    """What the text calls besides torch; lanes are the last axis."""
    torch = require_torch()

    def tensor(x: Any) -> Any:
        return x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64)

    def choose(condition: Any, x: Any, y: Any) -> Any:
        if condition.dtype is not torch.bool:
            condition = condition != 0.0
        return torch.where(condition, tensor(x), tensor(y))

    def cube_root(x: Any) -> Any:
        """|x|**(1/3), a step of Newton's method nearer, with the sign of x."""
        size = torch.abs(x)
        r = size ** (1.0 / 3.0)
        regular = (r > 0.0) & (r < float("inf"))
        safe = torch.where(regular, r, 1.0)
        return torch.copysign(torch.where(regular, r - (r - size / safe / safe) / 3.0, r), x)

    def full(x: Any, rows: int, like: Any = None) -> Any:
        return torch.broadcast_to(tensor(x), (rows, *(() if like is None else like.shape[1:])))

    def hypot(x: Any, y: Any) -> Any:
        return torch.hypot(tensor(x), tensor(y))

    return {
        "torch": torch, "with_slopes": with_slopes, "choose": choose, "cube_root": cube_root,
        "full": full, "hypot": hypot,
        "norm": lambda *xs: reduce(hypot, xs[1:], torch.abs(xs[0])),
        "atan2": lambda y, x: torch.atan2(tensor(y), tensor(x)),
        "divide": lambda x, y: x / y,
        "number": lambda c: c.to(torch.float64),
        "join": lambda *xs: torch.cat(xs),
        "pick": lambda x, at: x[at],
        "block": lambda x, count: x.reshape(count, -1, *x.shape[1:]),
        "matrix": torch.matmul,
        "column": lambda u: u[:, None],
        "spread": lambda x, like: torch.broadcast_to(x, like.shape),
    }  # fmt: skip


def with_slopes(row: Callable[..., Any], slopes: Callable[..., Any]) -> Callable[..., Any]:
    """A row whose derivatives, in PyTorch's own, are those of the table."""
    torch = require_torch()

    class Row(torch.autograd.Function):  # type: ignore[misc,name-defined]  # it may not be installed
        """A row of the table."""

        generate_vmap_rule = True

        @staticmethod
        def forward(*xs: Any) -> Any:
            return row(*xs)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs, output)
            ctx.save_for_forward(*inputs, output)

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            found = slopes(*ctx.saved_tensors)
            asked = ctx.needs_input_grad
            return tuple([d * gradient if a else None for d, a in zip(found, asked)])

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            found = slopes(*ctx.saved_tensors)
            return sum(d * t for d, t in zip(found, tangents) if t is not None)

    return lambda *xs: Row.apply(*torch.broadcast_tensors(*xs))


# ---- the module ----------------------------------------------------------------------------------


def torch_module(tape: Recorded, parameters: Sequence[Value]) -> Any:
    """An nn.Module that gives what the tape gives, for a batch."""
    torch = require_torch()
    form = Form(tape.example)
    source = ArraySource(tape.program, tape.outputs, None, ROUTINES)
    run = source.function(given(), torch.tensor)
    vectors = list(named_vectors(parameters, dir(torch.nn.Module())))
    names = [name for name, _ in vectors]

    class TapeModule(torch.nn.Module):  # type: ignore[misc,name-defined]  # the same
        """A recorded function; `source` is its text."""

        def __init__(self) -> None:
            super().__init__()
            self.source = source.text
            for name, numbers in vectors:
                tensor = torch.tensor(numbers, dtype=torch.float64)
                setattr(self, name, torch.nn.Parameter(tensor))
            for name, xs in (("frozen_", tape.frozen), ("numbers_", source.numbers)):
                tensor = torch.tensor(xs, dtype=torch.float64)
                self.register_buffer(name, tensor, persistent=False)

        def forward(self, *batch: Any) -> Any:
            """The outputs of every example; each argument has an axis for them in front."""
            mine = [getattr(self, name).reshape(-1) for name in names]
            theta = torch.cat([*mine, self.numbers_[:0]])
            x, lanes = columns(form, batch, theta)
            seed = theta.new_ones(1, lanes)
            found = run(theta, self.frozen_, self.numbers_, x, seed)
            return rebuild(tape.result, iter([z.to(theta.dtype) for z in found]))

    return TapeModule()


def columns(form: Form, batch: Sequence[Any], like: Any) -> tuple[Any, int]:
    """The numbers of a batch, a row for each of an example; and how many examples there are."""
    torch = require_torch()
    if len(batch) != len(form.example):
        raise TypeError(
            f"the tape was made of {len(form.example)} argument{'s' * (len(form.example) != 1)}, "
            f"and the module takes as many: got {len(batch)}"
        )
    parts = []
    for i, (given, axes) in enumerate(zip(batch, form.axes)):
        if isinstance(given, torch.Tensor):
            if axes is None or given.shape[1:] != axes:
                raise ValueError(
                    f"argument {i}: the tape was made of an example of shape {axes}, and a batch "
                    f"has an axis more in front: got {tuple(given.shape)}"
                )
            parts.append(given.to(like).reshape(given.shape[0], -1).T)
        else:
            found = Batch(Form([form.example[i]]), [given]).columns()
            parts.append(torch.as_tensor(found.copy()).to(like))
    counts = [part.shape[1] for part in parts]
    if len(set(counts)) > 1:
        raise ValueError(f"the arguments of a batch have as many examples each, got {counts}")
    return (torch.cat(parts), counts[0]) if parts else (like.new_zeros(0, 1), 1)


def named_vectors(parameters: Sequence[Value], taken: Sequence[str]) -> list[tuple[str, Any]]:
    """Names and numbers of all parameters, in order: those called w[0], w[1], ... are one, w."""
    runs: list[tuple[str, Any]] = []  # a label, and a number or a list of them
    for p in parameters:
        stem = re.fullmatch(r"(.*)\[(\d+)\]", p.label, re.DOTALL)
        if stem and int(stem[2]) == 0:
            runs.append((stem[1], [p.data]))
        elif stem and runs and _goes_on(*runs[-1], stem[1], int(stem[2])):
            runs[-1][1].append(p.data)
        else:
            runs.append((p.label, p.data))
    used, found = set(taken), []
    for i, (label, numbers) in enumerate(runs):
        name = base = _identifier(label) or f"parameter_{i}"
        for k in count(2):
            if name not in used:
                break
            name = f"{base}_{k}"
        used.add(name)
        found.append((name, numbers))
    return found


def _goes_on(label: str, numbers: Any, stem: str, k: int) -> bool:
    """Whether stem[k] is the next number of a vector."""
    return type(numbers) is list and label == stem and len(numbers) == k


def _identifier(label: str) -> str:
    """A label as a name of Python's; "" of none."""
    name = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_")
    return f"p_{name}" if name[:1].isdigit() else name
