"""Whether operations on Values are recorded: everywhere but in the blocks of `no_grad`.

A block is an object that the `with` holds, and it is open as long as it lives.  So nothing has to
be put back that Ctrl-C, or a generator nobody goes on with, could leave as it was.  Imports nothing
of ours.
"""

from __future__ import annotations

from _thread import allocate_lock
from _weakref import ref  # as `weakref` has it, without the time that this takes to import
from collections.abc import Callable
from contextvars import ContextVar
from types import MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from typing import Any, Self, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])


class Mark(ref["LockType"]):
    """What knows whether a block is open and does not hold it; in sets it goes by identity."""

    __slots__ = ("silent",)
    __hash__ = object.__hash__

    silent: no_grad


open_blocks: set[Mark] = set()  # those open anywhere: while there are none, nobody asks
around: ContextVar[tuple[Mark, ...]] = ContextVar("around", default=())  # those around us
ahead: ContextVar[Mark | None] = ContextVar("ahead", default=None)  # the one about to be entered


def is_recording() -> bool:
    """Whether operations are recorded here, in this thread or async task."""
    for mark in around.get():  # noqa: SIM110  # `all` takes three times as long
        if mark() is not None:
            return False
    return True


class Exit:
    """What a `with` calls at its end and looks up before it enters: its block.

    The block is a lock, whose own `__exit__` no signal divides, as it would one that is written in
    Python.  When that is called, or dropped on the way, the block is gone.
    """

    def __get__(self, silent: no_grad | None, kind: type[no_grad]) -> Callable[..., None]:
        if silent is None:
            return leave
        if any(mark in silent._entered for mark in around.get()):
            return MethodType(leave, silent)
        block, mark = new_block(silent)
        ahead.set(mark)
        return block.__exit__


def leave(silent: no_grad, *error: object) -> None:
    """End the innermost block that was entered by a call, not by `with`."""
    for mark in reversed(around.get()):
        if mark in silent._entered:
            del silent._entered[mark]
            return


def new_block(silent: no_grad) -> tuple[LockType, Mark]:
    """A block, and what knows it."""
    block = allocate_lock()
    block.acquire()
    mark = Mark(block, open_blocks.discard)  # another call that no signal divides
    mark.silent = silent
    return block, mark


class no_grad:
    """`with no_grad():` makes the results in its block constants, in this thread or async task.

    `@no_grad()` does so for a function, also one that is async or a generator: what is done with
    the items is recorded.  A generator that rests inside of a `with` leaves the block open until it
    goes on or is dropped; if it is async, until its event loop comes round to closing it.
    """

    __slots__ = ("_entered",)

    _entered: dict[Mark, LockType]  # blocks that no `with` holds, entered by a call

    if TYPE_CHECKING:

        @overload
        def __new__(cls) -> Self: ...
        @overload
        def __new__(cls, function: F) -> F: ...  # type: ignore[misc]  # @no_grad, as @no_grad() does

    def __new__(cls, function: Any = None) -> Any:
        self = object.__new__(cls)
        self._entered = {}
        return self if function is None else self(function)

    def __enter__(self) -> None:
        mark = ahead.get()
        if mark is None or mark() is None or mark.silent is not self:
            block, mark = new_block(self)
            self._entered[mark] = block
        ahead.set(None)
        open_blocks.add(mark)
        around.set((*[other for other in around.get() if other() is not None], mark))

    if TYPE_CHECKING:

        def __exit__(self, *error: object) -> None: ...
    else:
        __exit__ = Exit()

    def __call__(self, function: F) -> F:
        """The function, in a block of its own at each call."""
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"@no_grad() goes before a function or a method, got {function!r}")
        return _without_recording(function)  # type: ignore[no-any-return]  # it is wrapped


# ---- functions without recording -----------------------------------------------------------------


def _without_recording(function: Any) -> Any:
    """The function, each call of it, and each step of its generator, in a block."""
    from functools import wraps
    from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        with no_grad():
            return function(*args, **named)

    @wraps(function)
    async def wait(*args: Any, **named: Any) -> Any:
        with no_grad():
            return await function(*args, **named)

    @wraps(function)
    def generate(*args: Any, **named: Any) -> Any:
        generator = function(*args, **named)
        step, given = generator.send, None
        while True:
            try:
                with no_grad():
                    item = step(given)
            except StopIteration as end:
                return end.value
            try:
                step, given = generator.send, (yield item)
            except BaseException as error:  # the generator may want it
                step, given = generator.throw, error

    @wraps(function)
    async def generate_async(*args: Any, **named: Any) -> Any:
        generator = function(*args, **named)
        step, given = generator.asend, None
        while True:
            try:
                with no_grad():
                    item = await step(given)
            except StopAsyncIteration:
                return
            try:
                step, given = generator.asend, (yield item)
            except BaseException as error:  # the same
                step, given = generator.athrow, error

    if isgeneratorfunction(function):
        return generate
    if isasyncgenfunction(function):
        return generate_async
    return wait if iscoroutinefunction(function) else call
