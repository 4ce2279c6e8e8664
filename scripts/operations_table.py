"""The operations table as Markdown, written by running every rule on symbols.

`python -m scripts.operations_table` prints it, `--write` puts it into docs/operations.md.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from autograd import OPERATIONS, Formula, NaryOperation, Operation
from autograd.rules.language import BUILT_IN
from autograd.rules.manual import away_from_edges, derivative_texts, domain_text, in_short
from autograd.rules.symbols import Symbol

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
    call = in_short(Symbol(operation, tuple(map(Symbol, formula.letters))))
    body = "" if operation.primitive else in_short(away_from_edges(formula.forward, nary))
    derivatives = derivative_texts(operation, formula)
    if nary:
        body = "" if len(body) > 60 else body
        derivatives = [derivatives[0], "..."]
    return call, body, ",  ".join(derivatives), domain_text(operation, formula.letters)


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
