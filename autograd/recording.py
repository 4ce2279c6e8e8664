"""Whether operations on Values are recorded, and into what group: `no_grad` and `group`.

A block of `no_grad` is a lock that the `with` holds, open as long as it lives and is locked.  So
nothing has to be put back that Ctrl-C, or a generator nobody goes on with, could leave as it was.
Imports nothing of ours.
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


open_blocks: set[ref[Any]] = set()  # those open anywhere: while there are none, nobody asks
around: ContextVar[tuple[Mark, ...]] = ContextVar("around", default=())  # those around us
ahead: ContextVar[Mark | None] = ContextVar("ahead", default=None)  # the one about to be entered


def is_recording() -> bool:
    """Whether operations are recorded here, in this thread or async task."""
    for mark in around.get():  # noqa: SIM110  # `all` takes three times as long
        if getattr(mark(), "locked", bool)():  # no variable holds a block, nor would its traceback
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
            silent._entered.pop(mark).release()
            return


def leave_since(before: tuple[Mark, ...]) -> None:
    """End what was entered by a call when these were `around` already: nobody else will."""
    for mark in around.get():
        if mark() is not None and mark not in before:
            leave(mark.silent)


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


# ---- groups --------------------------------------------------------------------------------------


class Members:
    """The nodes of an open block of `group`, and the blocks that it is in."""

    __slots__ = ("__weakref__", "around", "group", "mark", "nodes")

    def __init__(self, group: group, around: tuple[Members, ...]) -> None:
        self.group = group
        self.around = around
        self.nodes: list[Any] = []
        self.mark = ref(self, open_blocks.discard)

    def end(self) -> None:
        """Label the nodes, which are then also those of the block around."""
        open_blocks.discard(self.mark)
        for node in self.nodes:
            node.label = f"{self.group.name}.{node.label}"
        for outer in self.around[-1:]:
            outer.nodes += self.nodes


grouping: ContextVar[tuple[Members, ...]] = ContextVar("grouping", default=())  # inner ones last


def keep(node: Any) -> None:
    """Remember a node that was made, where a block of `group` is open in this thread or task."""
    for members in grouping.get()[-1:]:
        members.nodes.append(node)


class group:
    """`with group("attention"):` makes the nodes of its block a group, which pictures can fold.

    At the end of the block every node that was made in it has the name and a dot before its label:
    "scores" is then "attention.scores", and a label that ends in a dot counts as none.  Blocks
    nest; constants, and what other threads and async tasks make meanwhile, stay as they are.

    >>> from autograd import Value
    >>> x = Value(3.0, "x")
    >>> with group("square"):
    ...     y = x * x
    ...     y.label = "y"
    >>> y
    Value(9, grad=0, label='square.y')
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a group has a name: group('attention'), got {name!r}")
        if not name.strip(".") or name[0] == "." or name[-1] == ".":
            raise ValueError(f"the name of a group has no dot at its ends, got {name!r}")
        self.name = name

    def __enter__(self) -> None:
        members = Members(self, grouping.get())
        open_blocks.add(members.mark)
        grouping.set((*members.around, members))

    def __exit__(self, *error: object) -> None:
        """End the block, and those in it that are still open, as in a generator that rests."""
        blocks = grouping.get()
        last = max([i for i, members in enumerate(blocks) if members.group is self], default=None)
        if last is not None:
            grouping.set(blocks[:last])
            for members in reversed(blocks[last:]):
                members.end()


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
