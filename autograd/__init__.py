"""chainrule's engine: scalar reverse-mode automatic differentiation.

    from autograd import Value, tanh
    x = Value(0.5, "x")
    y = tanh(2 * x)
    y.backward()      # x.grad is dy/dx
    assert_gradcheck(lambda x: tanh(2 * x), [0.5])

A `Value` records its parents and local derivatives; `OPERATIONS` is the table of what can be
recorded, and `Operation(...)` adds a row to it.  The modules here are what is read in class:
`graph`, `operations`, `value`, `walks`.  `rules` is the language of the table, `higher` has
derivatives of derivatives, `checking` the checks, `tape` what replays a graph over a batch,
`importing` what makes a graph of a JAX function.
Imports none of our packages; all others import it.
"""

from autograd.graph import (
    StaleGraphError,
    backpropagate,
    describe,
    gradients,
    pushforward,
    topological_order,
)
from autograd.higher.derivatives import derivatives
from autograd.higher.freshness import recompute
from autograd.higher.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.operations import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    clip,
    cos,
    cosh,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    gelu,
    hardtanh,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    logsumexp,
    lookup,
    maximum,
    mean,
    minimum,
    mish,
    norm,
    prod,
    relu,
    selu,
    sigmoid,
    silu,
    sin,
    sinc,
    sinh,
    softmax,
    softplus,
    softsign,
    sqrt,
    sumprod,
    tan,
    tanh,
    total,
    where,
)
from autograd.recording import group, no_grad
from autograd.rules.language import OPERATIONS, Formula, NaryOperation, Operation
from autograd.rules.printing import python_expression, python_function
from autograd.value import Value, constant
from autograd.walks import Contribution, Path, Step, count_paths, paths, steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autograd.checking.check import assert_gradcheck, gradcheck
    from autograd.checking.report import Guilty, Report, Row
    from autograd.checking.rows import OperationReport, check_operation
    from autograd.importing.jaxprs import from_jax
    from autograd.tape.tape import Tape, trace
    from autograd.tape.tracing import TraceError
else:
    LATER = {
        "assert_gradcheck": "checking.check", "gradcheck": "checking.check",
        "Guilty": "checking.report", "Report": "checking.report", "Row": "checking.report",
        "OperationReport": "checking.rows", "check_operation": "checking.rows",
        "from_jax": "importing.jaxprs",
        "Tape": "tape.tape", "trace": "tape.tape", "TraceError": "tape.tracing",
    }  # fmt: skip

    def __getattr__(name):
        """Checks and tapes, imported where one is asked for: who computes does not wait."""
        if name not in LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(f"autograd.{LATER[name]}"), name)
        globals()[name] = found
        return found

    def __dir__():
        return sorted({*globals(), *LATER})


__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "Contribution",
    "Formula",
    "Guilty",
    "NaryOperation",
    "Operation",
    "OperationReport",
    "Path",
    "Report",
    "Row",
    "StaleGraphError",
    "Step",
    "Tape",
    "TraceError",
    "Value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "assert_gradcheck",
    "atan",
    "atan2",
    "atanh",
    "backpropagate",
    "cbrt",
    "check_operation",
    "clip",
    "constant",
    "cos",
    "cosh",
    "count_paths",
    "derivatives",
    "describe",
    "elu",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "from_jax",
    "gelu",
    "grad",
    "gradcheck",
    "gradients",
    "group",
    "hardtanh",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "logsumexp",
    "lookup",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "no_grad",
    "norm",
    "paths",
    "prod",
    "pushforward",
    "python_expression",
    "python_function",
    "recompute",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "steps",
    "sumprod",
    "tan",
    "tanh",
    "topological_order",
    "total",
    "trace",
    "value_and_grad",
    "vjp",
    "where",
]  # fmt: skip
