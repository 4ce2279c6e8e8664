"""What the live page asks of Python, and what it is answered, in JSON.

    {"do": "run", "text": ..., "kind": "graph"}    run it, so that its Value can be shown
    {"do": "show", "kind": "graph", "room": [900, 600]}    what is seen of the last such Value
    {"do": "move", "moves": [[0, 0.8]]}    where the text says the numbers that a slider moves

The last run without trouble is kept: it is what is seen until there is another.
"""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, replace
from typing import Any

from autograd.graph import is_constant
from chainrule.live.literals import literals, written
from chainrule.live.running import FILE, Run, characters, run
from chainrule.live.showing import Room, numbers, outline, show
from viz import sources
from viz.folding.names import label_text


class Session:
    """Answers one page: questions and answers are JSON, as this module describes them.

    ValueError for what is no question of a page.

    >>> question = {"do": "run", "text": "1 + 1", "kind": "graph"}
    >>> json.loads(Session().answer(json.dumps(question)))["printed"]
    '2\\n'
    """

    def __init__(self) -> None:
        self._run: Run | None = None  # the last that has something to show
        self._outline = ""  # of the page of steps that is open

    def answer(self, question: str) -> str:
        """The answer to a question, both in JSON."""
        match json.loads(question):
            case {"do": "run", "text": str(text), "kind": str(kind)}:
                return json.dumps(self._run_text(text, kind))
            case {"do": "show", "kind": str(kind), "room": [width, height]}:
                return json.dumps({"view": self._view(kind, (width, height))})
            case {"do": "move", "moves": list(moves)}:
                return json.dumps(self._move(moves))
        raise ValueError(f"no question that a live page asks: {question}")

    def _run_text(self, text: str, kind: str) -> dict[str, Any]:
        made = _watched(text) if kind == "steps" else run(text)
        shown = made.trouble is None and made.root is not None
        if shown:
            self._run = made
        return {
            "printed": made.printed,
            "trouble": made.trouble and asdict(made.trouble),
            "shown": _described(made) if shown else "",
        }

    def _view(self, kind: str, room: Room) -> dict[str, Any] | None:
        """What is seen of the last Value; None where there is none yet."""
        if self._run is None:
            return None
        if kind != "steps":
            return show(self._run, kind, room)
        if not self._run.lines:
            again = _watched(self._run.text)
            self._run = again if again.lines else self._run
        now = outline(self._run)
        if now == self._outline:
            return {"data": numbers(self._run), "lines": self._run.lines}
        made = show(self._run, kind, room)
        # where the page has no arithmetic of its own it cannot take numbers
        self._outline = now if made.get("computes") else ""
        return {**made, "lines": self._run.lines}

    def _move(self, moves: list[Any]) -> dict[str, Any]:
        """Edits of the text that give variables other numbers, or why there are none.

        The last comes first: an edit leaves the columns of those that follow.
        """
        made = self._run
        if made is None:
            return {"refused": "there is no graph"}
        places = literals(ast.parse(made.text, FILE), made.namespace)
        edits: list[dict[str, Any]] = []
        try:
            for position, x in moves:
                if position not in range(len(made.order)):
                    raise ValueError("the graph is another by now")
                v = made.order[position]
                if v not in places:
                    raise ValueError(
                        f"the code has no one number for {_called(v)}, such as the 1.5 in "
                        "w = Value(1.5)"
                    )
                at = places[v]
                edits.append(
                    {
                        "line": at.lineno,
                        "column": characters(made.text, at.lineno, at.col_offset),
                        "was": ast.get_source_segment(made.text, at),
                        "text": written(float(x), at),
                    }
                )
        except ValueError as error:
            return {"refused": str(error)}
        return {"edits": sorted(edits, key=lambda e: (e["line"], e["column"]), reverse=True)}


def _watched(text: str) -> Run:
    """A run, with the line of the text that made each node."""
    with sources() as lines:
        made = run(text)
    if made.root is None or made.trouble is not None:
        return made
    places = {v: line for v, (code, line) in lines.places.items() if code.co_filename == FILE}
    return replace(made, lines=[places.get(v, 0) for v in made.order])


def _described(made: Run) -> str:
    """What is shown, in a few words."""
    count = sum(not is_constant(v) for v in made.order)  # as a picture has boxes
    name = made.name or "the Value of the last line"
    return f"{name}, a graph of {count:,} node{'' if count == 1 else 's'}"


def _called(v: Any) -> str:
    return label_text(v) or "this variable"
