"""Whether operations on Values are recorded: everywhere but in the blocks of `no_grad`.

Imports nothing of ours.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

records: ContextVar[bool] = ContextVar("records", default=True)
open_blocks: list[object] = []  # one for each block that is open anywhere: while empty, nobody asks


class no_grad:
    """`with no_grad():` makes the results in its block constants, in this thread or async task."""

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        open_blocks.append(None)  # one step of the interpreter, as pop is: no lock is needed
        self._tokens.append(records.set(False))

    def __exit__(self, *error: object) -> None:
        records.reset(self._tokens.pop())
        open_blocks.pop()
