"""Symbols: what a rule runs on to write itself down, a letter or an operation on symbols.

Imports nothing of ours; `ROWS` is filled by the language, one row for each operation it defines.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

COARSE = 2.0**20  # from here on the rounding of a number moves its exp by more than 1e-10
ROWS: dict[str, Any] = {}  # the table: every row by its name, in order of definition
CONDITIONS: dict[str, Any] = {}  # comparisons as rows, by their signs


class Recorder:
    """What rules run on besides numbers: arithmetic goes to `_record`, as calls of rows do."""

    __slots__ = ()

    if TYPE_CHECKING:

        @classmethod
        def _record(cls, operation: Any, operands: Sequence[Any]) -> Any: ...

    def meets(self, y: Any) -> Any:
        """Whether this equals y, by convention: see `meets`."""
        raise NotImplementedError

    # fmt: off
    def __add__(self, y: Any) -> Any:      return self._record(ROWS["add"], (self, y))
    def __radd__(self, x: Any) -> Any:     return self._record(ROWS["add"], (x, self))
    def __sub__(self, y: Any) -> Any:      return self._record(ROWS["sub"], (self, y))
    def __rsub__(self, x: Any) -> Any:     return self._record(ROWS["sub"], (x, self))
    def __mul__(self, y: Any) -> Any:      return self._record(ROWS["mul"], (self, y))
    def __rmul__(self, x: Any) -> Any:     return self._record(ROWS["mul"], (x, self))
    def __truediv__(self, y: Any) -> Any:  return self._record(ROWS["div"], (self, y))
    def __rtruediv__(self, x: Any) -> Any: return self._record(ROWS["div"], (x, self))
    def __pow__(self, y: Any) -> Any:      return self._record(ROWS["pow"], (self, y))
    def __rpow__(self, x: Any) -> Any:     return self._record(ROWS["pow"], (x, self))
    def __neg__(self) -> Any:              return self._record(ROWS["neg"], (self,))
    def __pos__(self) -> Any:              return self._record(ROWS["pos"], (self,))
    def __abs__(self) -> Any:              return self._record(ROWS["abs"], (self,))
    # fmt: on


class Undecided(Recorder):
    """What compares by recording a condition, a row like any other: nothing is decided."""

    __slots__ = ()
    __hash__ = object.__hash__

    def meets(self, y: Any) -> Any:
        return self == y

    # fmt: off
    def __lt__(self, y: Any) -> Any:   return self._record(CONDITIONS["<"], (self, y))
    def __le__(self, y: Any) -> Any:   return self._record(CONDITIONS["<="], (self, y))
    def __gt__(self, y: Any) -> Any:   return self._record(CONDITIONS[">"], (self, y))
    def __ge__(self, y: Any) -> Any:   return self._record(CONDITIONS[">="], (self, y))
    def __eq__(self, y: Any) -> Any:   return self._record(CONDITIONS["=="], (self, y))
    def __ne__(self, y: Any) -> Any:   return self._record(CONDITIONS["!="], (self, y))
    def __and__(self, y: Any) -> Any:  return self._record(CONDITIONS["&"], (self, y))
    def __rand__(self, x: Any) -> Any: return self._record(CONDITIONS["&"], (x, self))
    def __or__(self, y: Any) -> Any:   return self._record(CONDITIONS["|"], (self, y))
    def __ror__(self, x: Any) -> Any:  return self._record(CONDITIONS["|"], (x, self))
    # fmt: on


class Symbol(Recorder):
    """What a rule says: a letter, or an operation (or comparison) on symbols and numbers."""

    __slots__ = ("head", "operands")
    __hash__ = object.__hash__

    def __init__(self, head: Any, operands: Sequence[Any] = ()) -> None:
        self.head = head
        self.operands = tuple(operands)

    @classmethod
    def _record(cls, operation: Any, operands: Sequence[Any]) -> Symbol:
        return cls(operation, operands)

    def letters(self) -> set[str]:
        """The letters that a formula is made of."""
        found, ahead = set(), [self]
        while ahead:
            symbol = ahead.pop()
            if not symbol.operands:
                found.add(symbol.head)
            ahead += [x for x in symbol.operands if isinstance(x, Symbol)]
        return found

    def meets(self, y: Any) -> Symbol:
        return type(self)("==", (self, y))

    def __bool__(self) -> bool:
        raise TypeError("a rule cannot ask `if`: write where(condition, a, b)")

    # fmt: off
    def __lt__(self, y: Any) -> Any:     return type(self)("<", (self, y))
    def __le__(self, y: Any) -> Any:     return type(self)("<=", (self, y))
    def __gt__(self, y: Any) -> Any:     return type(self)(">", (self, y))
    def __ge__(self, y: Any) -> Any:     return type(self)(">=", (self, y))
    def __eq__(self, y: Any) -> Any:     return type(self)("==", (self, y))
    def __ne__(self, y: Any) -> Any:     return type(self)("!=", (self, y))
    def __and__(self, y: Any) -> Symbol: return type(self)("&", (self, y))
    def __or__(self, y: Any) -> Symbol:  return type(self)("|", (self, y))
    # fmt: on

    def __repr__(self) -> str:
        """As calls, one inside the other: printing makes it read better."""
        name = getattr(self.head, "name", self.head)
        if not self.operands:
            return f"<symbol {name}>"
        inside = ", ".join(
            repr(x).removeprefix("<symbol ").removesuffix(">") for x in self.operands
        )
        return f"<symbol {name}({inside})>"


def in_order(rules: Iterable[Any]) -> Iterator[Symbol]:
    """The symbols of rules, each once, operands first; nothing recurses."""
    seen: set[int] = set()
    ahead: list[tuple[Any, bool]] = [(rule, False) for rule in rules][::-1]
    while ahead:
        symbol, ready = ahead.pop()
        if ready:
            yield symbol
        elif isinstance(symbol, Symbol) and id(symbol) not in seen:
            seen.add(id(symbol))
            ahead.append((symbol, True))
            ahead += [(x, False) for x in reversed(symbol.operands)]
