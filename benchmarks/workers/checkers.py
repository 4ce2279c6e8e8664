"""What one gradient checker says of every case of `gradients`, and how long it takes.

Each contestant is asked in its own form and with its own defaults: a function that takes a case and
gives the check, which raises or returns whether the gradient passes.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.workers.gradients import CASES, Case

ACCEPTED = 1e-5  # SciPy gives a distance and no verdict: this much counts as a pass
Check = Callable[[], Any]


def measure(contestant: str) -> dict[str, Any]:
    """Verdicts, case by case, milliseconds of the second of two checks, and the version."""
    package, make = CONTESTANTS[contestant]
    verdicts, times = [], []
    for case in CASES:
        check = make(case)
        _verdict(check)
        start = perf_counter()
        verdicts.append(_verdict(check))
        times.append(1e3 * (perf_counter() - start))
    version = importlib.metadata.version(package) if package else ""
    return {"verdicts": verdicts, "ms": times, "version": version}


def _verdict(check: Check) -> bool:
    """Whether the gradient passed; other errors than a refusal end the worker."""
    try:
        return bool(check())
    except AssertionError:
        return False
    except RuntimeError as error:
        if type(error).__name__ != "GradcheckError":  # PyTorch's, which is no AssertionError
            raise
        return False


def _chainrule(case: Case) -> Check:
    import numpy as np

    from autograd import gradcheck

    def f(x: Any) -> float:
        return float(case.f(np, np.asarray(x, dtype=case.dtype)))

    def gradient(x: Any) -> Any:
        return [case.gradient(np, np.asarray(x, dtype=case.dtype)).tolist()]

    inputs = np.array(case.x, dtype=case.dtype)
    return lambda: gradcheck(f, [inputs], gradient=gradient)


def _torch(case: Case) -> Check:
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return case.f(torch, x)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * case.gradient(torch, *ctx.saved_tensors)

    x = torch.tensor(case.x, dtype=getattr(torch, case.dtype), requires_grad=True)
    return lambda: torch.autograd.gradcheck(Function.apply, (x,))


def _jax(case: Case) -> Check:
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    @jax.custom_vjp
    def f(x: Any) -> Any:
        return case.f(jnp, x)

    f.defvjp(
        lambda x: (case.f(jnp, x), x),
        lambda x, upstream: (upstream * case.gradient(jnp, x),),
    )
    x = jnp.array(case.x, dtype=case.dtype)
    return lambda: check_grads(f, (x,), order=1, modes=["rev"]) is None


def _hips(case: Case) -> Check:
    import numpy as np
    from autograd.extend import defvjp, primitive  # PyPI's autograd, in an environment of its own
    from autograd.test_util import check_grads

    f = primitive(lambda x: case.f(np, x))
    defvjp(f, lambda z, x: lambda upstream: upstream * case.gradient(np, x))
    x = np.array(case.x, dtype=case.dtype)

    def check() -> bool:
        np.random.seed(0)  # its directions come from the global generator
        return check_grads(f, modes=["rev"], order=1)(x) is None

    return check


def _scipy(case: Case) -> Check:
    import numpy as np
    from scipy.optimize import check_grad

    x = np.array(case.x, dtype=case.dtype)
    f, gradient = (lambda x: case.f(np, x)), (lambda x: case.gradient(np, x))
    return lambda: check_grad(f, gradient, x) <= ACCEPTED


CONTESTANTS = {  # its package, whose version is told, and what makes its form of a case
    "chainrule": ("", _chainrule),
    "torch": ("torch", _torch),
    "jax": ("jax", _jax),
    "hips": ("autograd", _hips),
    "scipy": ("scipy", _scipy),
}
