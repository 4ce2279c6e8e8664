"""Where the numbers of a text's variables are written, so that a slider can move them there.

    literals(tree, namespace)    each variable made by `name = Value(0.7, ...)`: where 0.7 stands

Values in a written list or tuple are found too; of a variable made in a loop or a function there is
no one number that says it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from autograd import Value


def literals(tree: ast.Module, namespace: Mapping[str, Any]) -> dict[Value, ast.expr]:
    """The number in the text that each variable was made of and still holds."""
    found: dict[Value, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                found.update(_numbers(target, statement.value, namespace))
    return found


def _numbers(
    target: ast.expr, made: ast.expr, namespace: Mapping[str, Any]
) -> Iterator[tuple[Value, ast.expr]]:
    """Of `target = made`, variables with their numbers."""
    if isinstance(target, ast.Name):
        yield from _held(namespace.get(target.id), made)
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(made, (ast.Tuple, ast.List)):
        for one, of in zip(target.elts, made.elts):
            yield from _numbers(one, of, namespace)


def _held(held: Any, made: ast.expr) -> Iterator[tuple[Value, ast.expr]]:
    """Of what a name holds and the expression that it was made by."""
    if isinstance(made, (ast.Tuple, ast.List)) and isinstance(held, (tuple, list)):
        for one, of in zip(held, made.elts):
            yield from _held(one, of)
    elif isinstance(made, ast.Call) and made.args and isinstance(held, Value) and not held.parents:
        number = _number(made.args[0])
        if number is not None and number == held.data:
            yield held, made.args[0]


def _number(expression: ast.expr) -> float | None:
    """The number that is written, None where it is anything else."""
    try:
        number = ast.literal_eval(expression)
    except (ValueError, TypeError):
        return None
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    return float(number) if is_number else None


def written(x: float, before: ast.expr) -> str:
    """x as it is written in place of a number: a whole one stays one without a point.

    ValueError for inf and nan, which Python has no number for.
    """
    if not isfinite(x):
        raise ValueError(f"{x} cannot be written as a number")
    if isinstance(ast.literal_eval(before), int) and x == int(x):
        return str(int(x))
    return repr(x)
