"""The operations table as Markdown, written by running every rule on symbols.

`python -m scripts.operations_table` prints it, `--write` puts it into docs/operations.md.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from autograd import OPERATIONS, Formula, NaryOperation, Operation, python_expression, where
from autograd.rules.language import BUILT_IN
from autograd.rules.symbols import Symbol
from autograd.rules.words import shortest

MARKS = "<!-- operations -->", "<!-- /operations -->"


def operations_table() -> str:
    """One line per built-in row: how it is called, its formula, derivatives, domain."""
    lines = ["| z | formula | derivative by each argument | needs |", "|---|---|---|---|"]
    for name, operation in OPERATIONS.items():
        if name in BUILT_IN:
            cells = (_code(cell) if cell else "" for cell in _cells(operation))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(operation: Operation) -> tuple[str, str, str, str]:
    nary = isinstance(operation, NaryOperation)
    formula = Formula(operation, 3 if nary else None)
    call = _text(Symbol(operation, tuple(map(Symbol, formula.letters))))
    body = "" if operation.primitive else _text(_off_edges(formula.forward, nary))
    derivatives = [_text(_off_edges(rule, nary)) for rule in formula.partials]
    if nary:
        body = "" if len(body) > 60 else body
        derivatives = [derivatives[0], "..."]
    needs = ""
    if operation.domain is not None:
        needs = operation.needs or _text(operation.domain(*map(Symbol, formula.letters)))
    return call, body, ",  ".join(derivatives), needs


def _off_edges(rule: Any, nary: bool) -> Any:
    """The rule away from edges and NaN: where(x == number, a, b) is b, where(z == z, a, b) is a."""
    if not isinstance(rule, Symbol) or not rule.operands:
        return rule
    if rule.head is where:
        condition, a, b = rule.operands
        if isinstance(condition, Symbol) and condition.head == "==":
            left, right = condition.operands
            if left is right:
                return _off_edges(a, nary)
            if isinstance(right, float) and not nary:
                return _off_edges(b, nary)
        if isinstance(condition, Symbol) and condition.head == "&":
            return _off_edges(b, nary)  # several equations at once: a corner
    return Symbol(rule.head, [_off_edges(x, nary) for x in rule.operands])


def _text(rule: Any) -> str:
    return python_expression(rule, lambda x: f"{shortest(round(x, 6))}")


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def main() -> None:
    """Print the table, or write it into the docs of the working directory."""
    if "--write" not in sys.argv[1:]:
        print(operations_table())
        return
    page = Path("docs/operations.md")
    start, end = MARKS
    text = re.sub(
        f"{start}.*{end}",
        lambda _: f"{start}\n{operations_table()}\n{end}",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
