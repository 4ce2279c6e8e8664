"""Words for messages: what a thing is, what a number reads as, what a function is called.

Imports nothing of ours.
"""

from __future__ import annotations

import sys
from itertools import islice
from numbers import Complex, Number, Real
from os import path, sep

TYPE_CHECKING = False  # what typing.TYPE_CHECKING is, without the cost of importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from types import CodeType
    from typing import Any

# between letters of joined scripts and in emoji of several signs; the letters in flags of regions
JOINERS = "\u200c\u200d" + "".join(map(chr, range(0xE0020, 0xE0080)))
FRAMES, LINES = 8, 20  # callers, and lines of each, that are searched for a `where`


def real(x: object, what: str) -> float:
    """x as a float; a TypeError that says `what` it should have been where x is no real number."""
    if is_real(x):
        return float(x)  # type: ignore[arg-type]  # it is one
    raise TypeError(f"{what} must be a real number, got {describe_type(x)}")


def check_data(v: Any, error: Exception) -> None:
    """TypeError where a node holds no number; where it does, the error that was met stands."""
    name = f" (label {v.label!r})" if getattr(v, "label", "") else ""
    try:
        real(v.data, f"the data of a node{name}")
    except TypeError as told:
        raise told from error


def is_real(x: object) -> bool:
    """Whether x is one real number: of Python's, a Decimal, a scalar of NumPy's.

    An array without axes is a scalar too; a time, which NumPy counts among the numbers, is none.
    """
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    if kind is not None:
        return kind in "biuf" and getattr(x, "shape", None) == ()
    return isinstance(x, Real) or (isinstance(x, Number) and not isinstance(x, Complex))


def describe_type(x: object) -> str:
    """What x is, for a message, and how a Value is made of it: 'None', "the text '3'", 'a list'."""
    if isinstance(x, str):
        return f"{kind_of(x)}: convert it with float(...)"
    if isinstance(x, (list, tuple)) or getattr(x, "shape", None):
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
    return f"{_article(name)} {name}{of_another(x)}"


def of_another(x: object) -> str:
    """What to add to the name of a class that is called as ours is, and is none of ours."""
    kind = type(x)
    ours = kind.__name__ != "Value" or hasattr(kind, "_record")
    return "" if ours else f" of {kind.__module__}, not one of autograd"


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
    return one_line(name.replace("<lambda>", "f"))


def _article(name: str) -> str:
    spelled = name.isupper() and name[0] in "AEFHILMNORSX"  # an MLP
    return "an" if spelled or name[:1].lower() in "aeiou" else "a"


def shortest(x: float) -> str:
    """A float in the fewest digits that give it back, without a trailing '.0'."""
    return repr(x).removesuffix(".0")


def division_by_zero(symbol: str, xs: Sequence[float], labels: Sequence[str]) -> str:
    """What to say of x / 0, the operands by their labels where they have some."""
    names = [one_line(str(label)) or shortest(x) for x, label in zip(xs, labels)]
    named = [(name, x) for name, x, label in zip(names, xs, labels) if label]
    zeros = " and ".join([f"{name} is 0" for name, x in named if x == 0])
    others = ", ".join([f"{name} = {shortest(x)}" for name, x in named if x != 0])
    about = (f": {zeros}" if zeros else "") + f", in {f' {symbol} '.join(names)}"
    return f"division by zero{about}" + (f" with {others}" if others else "")


def both_branches(symbol: str, condition: str = "condition") -> str:
    """What to add to an error that happened in a branch of `where`."""
    return (
        f"; `where` runs both branches: give {symbol} an operand that is always safe, "
        f"where({condition}, x, 1) for x"
    )


def in_a_branch() -> bool:
    """Whether the engine was called in a branch of `where`, as the source of its callers reads."""
    frame: Any = sys._getframe(1)
    for _ in range(FRAMES):
        while frame is not None and frame.f_globals.get("__name__", "").startswith("autograd."):
            frame = frame.f_back
        if frame is None:
            return False
        if _in_branch(_read_until(frame)):
            return True
        frame = frame.f_back
    return False


def _read_until(frame: Any) -> str:
    """The source up to the call that a frame is in; nothing where it has no `where`."""
    from linecache import getlines  # slow to import: only where asked

    line = frame.f_lineno or 0  # a frame may have none
    lines = getlines(frame.f_code.co_filename, frame.f_globals)[max(0, line - LINES) : line]
    if not any("where(" in line for line in lines):
        return ""
    _, _, column, _ = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    return "".join([*lines[:-1], lines[-1].encode()[:column].decode(errors="ignore")])


def _in_branch(text: str) -> bool:
    """Whether a text ends in the second or third argument of a `where`."""
    closed, comma = 0, False
    for i in reversed(range(len(text))):
        if text[i] in ")]}":
            closed += 1
        elif text[i] in "([{" and closed:
            closed -= 1
        elif text[i] in "([{":
            if comma and text[:i].endswith("where"):
                return True
            comma = False
        elif text[i] == "," and not closed:
            comma = True
    return False


def printable(text: str) -> str:
    """Lines with a blank for each character that cannot be shown, or that steers a terminal.

    What joins letters of a script, or an emoji of several signs, stays.
    """
    return "".join([c if c.isprintable() or c == "\n" or c in JOINERS else " " for c in text])


def one_line(text: str) -> str:
    """Text without line breaks and characters that cannot be shown."""
    return " ".join(printable(text).split())


def check_folder(file: str | PathLike[str]) -> None:
    """FileNotFoundError that says what to do where the folder of a file to write is not there."""
    folder = path.dirname(file)
    if folder and not path.isdir(folder):
        raise FileNotFoundError(f"there is no folder {folder}: make it, then save again")


def place_of(code: CodeType) -> str:
    """The file and line of a function, or in a notebook, whose files have no names, its line."""
    file = code.co_filename
    if "ipykernel" in file or file.startswith("<"):
        from linecache import getline  # slow to import: only where asked

        source = getline(file, code.co_firstlineno).strip()
        return f"`{source}`" if source else "a function without a file"
    return f"{file.replace(sep, '/').rpartition('/')[2]}:{code.co_firstlineno}"
