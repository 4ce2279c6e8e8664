"""From nothing to the first gradient on the compiled engine: kernels, then a tape.

What is imported on the way is imported before.  A cache folder that is empty means a compile.
"""

from __future__ import annotations

import os
from time import perf_counter
from typing import Any

from benchmarks.workers.compiled import ENGINE, arrays, on_one_core


def measure(problem: dict[str, Any], cache: str) -> dict[str, float]:
    """Milliseconds until the kernels are in memory; of the first tape's gradient and the next's."""
    on_one_core()
    os.environ["CHAINRULE_CACHE"] = cache
    import llvmlite.binding  # noqa: F401  # before the clock runs
    import numpy  # noqa: F401

    import autograd.tape.engines.compiled.engine
    import autograd.tape.kernels.module
    import autograd.tape.tape  # noqa: F401
    from autograd import trace
    from autograd.tape.engines.compiled import library
    from benchmarks.workers.tape import network

    start = perf_counter()
    library.kernels()
    found = {"kernels": 1e3 * (perf_counter() - start)}
    theta, x, y = arrays(problem)
    for name in ("first", "next"):
        model, loss = network(problem)
        start = perf_counter()
        tape = trace(loss, x[0].tolist(), float(y[0]), parameters=model.parameters()).using(ENGINE)
        tape.value_and_grad(theta, x, y)
        found[name] = 1e3 * (perf_counter() - start)
    return found
