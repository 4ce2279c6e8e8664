"""The text of a module: kernels for a set of heads, with the elementary functions they call.

text(None, fma=True)           the fixed set: all of our table, and what runs it
text([head], fma=True)         the kernels of heads beside it, as of a user's rows
"""

from __future__ import annotations

from collections.abc import Iterable

from autograd.tape.kernels import elementary
from autograd.tape.kernels.core import core
from autograd.tape.kernels.rows import fixed_heads, kernel_of, name_of
from autograd.tape.kernels.writing import VECTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["name_of", "text"]

ATTRIBUTES = (
    'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }\n'
)


def text(heads: Iterable[Any] | None, *, fma: bool) -> str:
    """A module of LLVM's language: of the fixed set, or of these heads alone."""
    kernels = list(core(fma=fma)) if heads is None else []
    for head in fixed_heads() if heads is None else heads:
        kernels.append(kernel_of(head, fma=fma))
    declared = [*elementary.INTRINSICS, elementary.definitions(fma)]
    if heads is None:
        declared.append(f"declare double @llvm.vector.reduce.fadd.v8f64(double, {VECTOR})")
    return "\n".join([*declared, *kernels, ATTRIBUTES])
