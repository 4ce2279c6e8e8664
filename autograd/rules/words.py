"""Words for messages: what a thing is, what a number reads as, what a function is called.

Imports nothing of ours.
"""

from __future__ import annotations

from numbers import Real
from os import sep

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without the cost of importing typing
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any


def real(x: object, what: str) -> float:
    """x as a float; a TypeError that says `what` it should have been where x is no real number."""
    if isinstance(x, Real):
        return float(x)
    raise TypeError(f"{what} must be a real number, got {describe_type(x)}")


def describe_type(x: object) -> str:
    """What x is, for a message, and how a Value is made of it: 'None', "the text '3'", 'a list'."""
    if isinstance(x, str):
        return f"{kind_of(x)}: convert it with float(...)"
    if isinstance(x, (list, tuple)) or hasattr(x, "__array__"):
        return f"{kind_of(x)}: make one Value per element"
    return kind_of(x)


def kind_of(x: object) -> str:
    """What x is, for a message: 'None', "the text '3'", 'a list', 'the class MLP'."""
    if x is None:
        return "None"
    if isinstance(x, str):
        return f"the text {x!r}"
    if isinstance(x, complex):
        return f"the complex number {x!r}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    name = type(x).__name__.replace("builtin_function_or_method", "function")
    return f"{_article(name)} {name}"


def not_a_node(call: str, x: Any) -> str:
    """What to say where `call` was given x in place of a node."""
    needs = f"{call} needs a node, such as a Value, got"
    if isinstance(x, str):
        return f"{needs} {kind_of(x)}: give the Value itself, not its name"
    if isinstance(x, (int, float)):
        return f"{needs} {kind_of(x)}, which remembers no graph: is it the .data of one?"
    if isinstance(x, (list, tuple)):
        return f"{needs} {kind_of(x)}: give one of its Values"
    if hasattr(x, "parameters"):
        return f"{needs} {kind_of(x)}: give what it makes of an example, model(x)"
    if callable(x):
        return f"{needs} {kind_of(x)}: give what it returns, {function_name(x)}(...)"
    return f"{needs} {kind_of(x)}"


def function_name(f: Any) -> str:
    """What a message calls a function: its name, f for a lambda, a row's name, or its type."""
    name = str(getattr(f, "__name__", None) or getattr(f, "name", None) or type(f).__name__)
    return name.replace("<lambda>", "f")


def _article(name: str) -> str:
    spelled = name.isupper() and name[0] in "AEFHILMNORSX"  # an MLP
    return "an" if spelled or name[:1].lower() in "aeiou" else "a"


def shortest(x: float) -> str:
    """A float in the fewest digits that give it back, without a trailing '.0'."""
    return repr(x).removesuffix(".0")


def place_of(code: CodeType) -> str:
    """The file and line of a function, or in a notebook, whose files have no names, its line."""
    file = code.co_filename
    if "ipykernel" in file or file.startswith("<"):
        from linecache import getline  # slow to import: only where asked

        source = getline(file, code.co_firstlineno).strip()
        return f"`{source}`" if source else "a function without a file"
    return f"{file.replace(sep, '/').rpartition('/')[2]}:{code.co_firstlineno}"
