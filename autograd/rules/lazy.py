"""What is made when it is read: the attributes and texts by which Python's `help` asks for a row.

Imports nothing of ours; so `import autograd` writes no manual page, and `help` finds them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, SupportsIndex


class Lazy:
    """An attribute of an instance, asked of it when it is read.

    `of_class` is what the class itself has of that name; without one it has none, as `inspect`
    expects for `__signature__`.
    """

    def __init__(self, ask: Callable[[Any], Any], *of_class: Any) -> None:
        self.ask = ask
        self.of_class = of_class

    def __get__(self, instance: Any, kind: type) -> Any:
        if instance is not None:
            return self.ask(instance)
        if self.of_class:
            return self.of_class[0]
        raise AttributeError


class LazyText(str):
    """A docstring that is written when it is read: print and `inspect` read in these two ways."""

    write: Callable[[], str]

    def __str__(self) -> str:
        return self.write()

    def expandtabs(self, /, tabsize: SupportsIndex = 8) -> str:
        return self.write().expandtabs(tabsize)


def lazy_text(write: Callable[[], str]) -> LazyText:
    """A docstring that `write` writes when it is read."""
    text = LazyText("...")
    text.write = write
    return text


class Annotation(str):
    """An annotation that reads Value where it is shown, not 'Value'."""

    def __repr__(self) -> str:
        return str(self)


def unquoted(annotations: Mapping[str, str]) -> dict[str, Any]:
    """Annotations, texts all, as `help` shall show them."""
    return {name: Annotation(text) for name, text in annotations.items()}
