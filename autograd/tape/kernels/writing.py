"""A function of LLVM's language, written line by line: values have names, loops are closed.

    w = Writer("void @double_all(ptr %x, i64 %n)")
    w.loop(0, "%n", 1, lambda i: ...)
    w.text()

Numbers of lanes are vectors of eight doubles, which LLVM divides as the processor needs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

WIDTH = 8  # lanes of a vector
VECTOR = f"<{WIDTH} x double>"
LONGS = f"<{WIDTH} x i64>"
MASK = f"<{WIDTH} x i1>"
ALIGNED = 8 * WIDTH  # bytes of a vector, at a multiple of which each lies


def numeral(x: float) -> str:
    """A double in LLVM's language: by its bits, so that no digit is lost."""
    return f"0x{struct.unpack('>Q', struct.pack('>d', x))[0]:016X}"


def splat(x: float) -> str:
    """A vector of one number."""
    return f"splat (double {numeral(x)})"


class Writer:
    """Writes one function, given its head: `internal` functions are seen by this module alone.

    With `fma` a processor multiplies and adds in one step.
    """

    def __init__(self, head: str, *, fma: bool = False, attributes: str = "#0") -> None:
        self.fma = fma
        self._lines = [f"define {head} {attributes} {{", "entry:"]
        self._block = "entry"
        self._count = 0

    # ---- lines -----------------------------------------------------------------------------------

    def do(self, text: str) -> None:
        """An instruction that gives nothing."""
        self._lines.append(f"  {text}")

    def op(self, text: str) -> str:
        """The name of what an instruction gives."""
        self._count += 1
        self.do(f"%v{self._count} = {text}")
        return f"%v{self._count}"

    def label(self, word: str) -> str:
        """A name for a block."""
        self._count += 1
        return f"{word}{self._count}"

    def block(self, label: str) -> None:
        """What follows stands in this block."""
        self._lines.append(f"{label}:")
        self._block = label

    def text(self) -> str:
        """The whole function, which returns nothing."""
        return "\n".join([*self._lines, "  ret void", "}"])

    def returning(self, kind: str, value: str) -> str:
        """The whole function, which returns a value of this type."""
        return "\n".join([*self._lines, f"  ret {kind} {value}", "}"])

    # ---- loops -----------------------------------------------------------------------------------

    def loop(
        self,
        start: int | str,
        stop: int | str,
        step: int | str,
        body: Callable[..., Sequence[str] | None],
        carried: Sequence[tuple[str, str]] = (),
    ) -> tuple[str, list[str]]:
        """While i + step <= stop: what is carried from turn to turn is (type, first value).

        The body takes i and what is carried, and gives the next.  The place where it ended, from
        which a loop of smaller steps goes on, and what was carried there.
        """
        head, inside, end = self.label("head"), self.label("turn"), self.label("end")
        came_from = self._block
        self.do(f"br label %{head}")
        self.block(head)
        at = len(self._lines)  # where the values that change are written, once they are known
        i = f"%i{head}"
        names = [f"%c{k}{head}" for k in range(len(carried))]
        after = self.op(f"add i64 {i}, {step}")
        more = self.op(f"icmp sle i64 {after}, {stop}")
        self.do(f"br i1 {more}, label %{inside}, label %{end}")
        self.block(inside)
        found = body(i, *names) or []
        changing = [
            f"  {i} = phi i64 [ {start}, %{came_from} ], [ {after}, %{self._block} ]",
            *[
                f"  {name} = phi {kind} [ {first}, %{came_from} ], [ {x}, %{self._block} ]"
                for name, (kind, first), x in zip(names, carried, found, strict=True)
            ],
        ]
        self.do(f"br label %{head}")
        self._lines[at:at] = changing
        self.block(end)
        return i, names

    def when(self, condition: str, body: Callable[[], None]) -> None:
        """What is done where a condition holds."""
        inside, end = self.label("then"), self.label("end")
        self.do(f"br i1 {condition}, label %{inside}, label %{end}")
        self.block(inside)
        body()
        self.do(f"br label %{end}")
        self.block(end)

    # ---- memory ----------------------------------------------------------------------------------

    def at(self, base: str, index: int | str, kind: str = "double") -> str:
        """The address of an item of an array."""
        return self.op(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def load(self, kind: str, address: str) -> str:
        """What lies there; a vector lies at a multiple of its size."""
        aligned = f", align {ALIGNED}" if kind == VECTOR else ""
        return self.op(f"load {kind}, ptr {address}{aligned}")

    def store(self, kind: str, value: str, address: str) -> None:
        """Put a value there."""
        aligned = f", align {ALIGNED}" if kind == VECTOR else ""
        self.do(f"store {kind} {value}, ptr {address}{aligned}")

    # ---- arithmetic of vectors -------------------------------------------------------------------

    def call(self, routine: str, *xs: str) -> str:
        """A routine on vectors: of LLVM's, or one that the module defines."""
        return self.op(f"call {VECTOR} @{routine}({', '.join([f'{VECTOR} {x}' for x in xs])})")

    def binary(self, word: str, x: str, y: str) -> str:
        """fadd, fsub, fmul or fdiv, exactly as IEEE arithmetic has them."""
        return self.op(f"{word} {VECTOR} {x}, {y}")

    def add(self, x: str, y: str) -> str:
        """x + y."""
        return self.binary("fadd", x, y)

    def sub(self, x: str, y: str) -> str:
        """x - y."""
        return self.binary("fsub", x, y)

    def mul(self, x: str, y: str) -> str:
        """x * y."""
        return self.binary("fmul", x, y)

    def div(self, x: str, y: str) -> str:
        """x / y."""
        return self.binary("fdiv", x, y)

    def product_and_sum(self, x: str, y: str, z: str) -> str:
        """x * y + z: in one step where the processor has it, else in two."""
        if self.fma:
            return self.call("llvm.fma.v8f64", x, y, z)
        return self.add(self.mul(x, y), z)

    def compare(self, word: str, x: str, y: str) -> str:
        """A mask, by one of LLVM's words: olt, ole, oeq, uno and their like."""
        return self.op(f"fcmp {word} {VECTOR} {x}, {y}")

    def select(self, mask: str, x: str, y: str) -> str:
        """x where the mask holds, else y."""
        return self.op(f"select {MASK} {mask}, {VECTOR} {x}, {VECTOR} {y}")

    def broadcast(self, x: str) -> str:
        """A double in every lane of a vector."""
        one = self.op(f"insertelement {VECTOR} poison, double {x}, i32 0")
        return self.op(
            f"shufflevector {VECTOR} {one}, {VECTOR} poison, <{WIDTH} x i32> zeroinitializer"
        )
