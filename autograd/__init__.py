"""chainrule's engine: scalar reverse-mode automatic differentiation.

    from autograd import Value, tanh
    x = Value(0.5, "x")
    y = tanh(2 * x)
    y.backward()      # x.grad is dy/dx
    assert_gradcheck(lambda x: tanh(2 * x), [0.5])

A `Value` records its parents and local derivatives; `OPERATIONS` is the table of what can be
recorded, and `Operation(...)` adds a row to it.
"""

from autograd.check_operation import OperationReport, check_operation
from autograd.checking import assert_gradcheck, gradcheck
from autograd.derivation import Contribution, Path, Step, count_paths, paths, steps
from autograd.derivatives import derivatives
from autograd.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.graph import (
    StaleGraphError,
    backpropagate,
    describe,
    gradients,
    pushforward,
    topological_order,
)
from autograd.language import (
    OPERATIONS,
    Formula,
    NaryOperation,
    Operation,
    python_expression,
    python_function,
)
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
    exp,
    expm1,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    logsumexp,
    lookup,
    maximum,
    mean,
    minimum,
    prod,
    relu,
    sigmoid,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    sumprod,
    tan,
    tanh,
    total,
    where,
)
from autograd.report import Guilty, Report, Row
from autograd.value import Value, constant, no_grad

__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "Contribution",
    "Formula", "Guilty",
    "NaryOperation",
    "Operation", "OperationReport",
    "Path",
    "Report", "Row",
    "StaleGraphError", "Step",
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
    "cbrt", "check_operation",
    "clip",
    "constant",
    "cos",
    "cosh", "count_paths",
    "derivatives",
    "describe",
    "elu",
    "erf",
    "exp",
    "expm1",
    "gelu",
    "grad",
    "gradcheck",
    "gradients",
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
    "logsumexp",
    "lookup",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "paths",
    "prod",
    "pushforward",
    "python_expression",
    "python_function",
    "relu",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "steps",
    "sumprod",
    "tan",
    "tanh",
    "topological_order",
    "total",
    "value_and_grad",
    "vjp",
    "where",
]  # fmt: skip
