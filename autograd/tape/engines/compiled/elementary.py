"""Elementary functions over vectors, each by the C library lane by lane."""

from __future__ import annotations

from autograd.tape.engines.compiled.writing import VECTOR, WIDTH, Writer

ONE = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "cbrt", "sin", "cos", "tan", "asin", "acos",
    "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc",
]  # fmt: skip
TWO = ["pow", "atan2", "hypot"]
VECTORS = {"abs": "llvm.fabs.v8f64", "sqrt": "llvm.sqrt.v8f64"}


def definitions(fma: bool) -> str:
    """The text of all of them, as @v_exp and so on, with what they declare."""
    lines = [f"declare {VECTOR} @llvm.fma.v8f64({VECTOR}, {VECTOR}, {VECTOR})"]
    for name, routine in VECTORS.items():
        lines.append(f"declare {VECTOR} @{routine}({VECTOR})")
        w = Writer(f'internal {VECTOR} @"v_{name}"({VECTOR} %x)', fma=fma)
        lines.append(w.returning(VECTOR, w.call(routine, "%x")))
    for name in ONE + TWO:
        letters = ["%x", "%y"] if name in TWO else ["%x"]
        lines.append(f"declare double @{name}({', '.join(['double'] * len(letters))})")
        given = ", ".join([f"{VECTOR} {a}" for a in letters])
        w = Writer(f'internal {VECTOR} @"v_{name}"({given})', fma=fma, attributes="#0 noinline")
        z = "poison"
        for i in range(WIDTH):
            xs = [w.op(f"extractelement {VECTOR} {a}, i32 {i}") for a in letters]
            one = w.op(f"call double @{name}({', '.join([f'double {x}' for x in xs])})")
            z = w.op(f"insertelement {VECTOR} {z}, double {one}, i32 {i}")
        lines.append(w.returning(VECTOR, z))
    return "\n".join(lines)
