"""The verdict on an answer: in colour in a notebook, as text elsewhere.

check(1, by_a, by_b)    a Verdict: right, not yet, or still open
done                    for each exercise that was looked at: is the answer right?
"""

from __future__ import annotations

from html import escape
from textwrap import fill
from typing import Any

from chainrule.worksheet.exercises import EXERCISES, agree, flat

WIDTH = 92  # letters of a line of text
COLOURS = {"✓": "#1a7f37", "✗": "#c8590a", "…": "#6b7280"}  # right, not yet, open
REPORT = "font-family: monospace; padding-left: 16px"

done: dict[int, bool] = {}


class Verdict:
    """What there is to say to an answer: a mark, a headline, words, and perhaps a report."""

    def __init__(self, mark: str, headline: str, words: str, report: str = "") -> None:
        self.mark = mark
        self.headline = headline
        self.words = words
        self.report = report

    def __bool__(self) -> bool:
        return self.mark == "✓"

    def __repr__(self) -> str:
        text = fill(f"{self.mark} {self.headline} {self.words}", WIDTH)
        return f"{text}\n{self.report}" if self.report else text

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        colour = COLOURS[self.mark]
        report = f"<pre style='{REPORT}'>{escape(self.report)}</pre>" if self.report else ""
        return {
            "text/html": (
                f'<div style="border-left: 4px solid {colour}; padding: 4px 12px">'
                f'<b style="color: {colour}">{self.mark} {escape(self.headline)}</b> '
                f"{escape(self.words)}</div>{report}"
            ),
            "text/plain": repr(self),
        }


def check(number: int, *answers: Any) -> Verdict:
    """Look at the answers of an exercise, and say what there is to say to them."""
    if number not in range(1, len(EXERCISES) + 1):
        raise ValueError(f"the exercises are 1 to {len(EXERCISES)}, got {number!r}")
    verdict = _verdict(number, answers)
    done[number] = bool(verdict)
    return verdict


def _verdict(number: int, answers: tuple[Any, ...]) -> Verdict:
    exercise = EXERCISES[number - 1]()
    given = flat(exercise.given(answers))
    if any(x is ... for x in given):
        return Verdict("…", f"Exercise {number} is still open.", f"Hint: {exercise.hint}")
    if not all(isinstance(x, (int, float)) for x in given):
        wanted = "Numbers are wanted here (of a Value v, that is v.data)."
        return Verdict("✗", f"Exercise {number}: not yet.", wanted)
    problem = exercise.problem(answers)
    if problem is None:
        return Verdict("✓", f"Exercise {number}: right.", exercise.because)
    known = [words for slip, words in exercise.slips if agree(given, flat(slip))]
    words = " ".join(known) or exercise.hint
    return Verdict("✗", f"Exercise {number}: not yet.", words, problem)


class Score:
    """How many exercises are right, of those that were looked at."""

    def __init__(self, done: dict[int, bool]) -> None:
        self.done = dict(sorted(done.items()))

    @property
    def all_right(self) -> bool:
        """Whether there is none that is not."""
        return len(self.done) == len(EXERCISES) and all(self.done.values())

    def __repr__(self) -> str:
        marks = "   ".join(f"{'✓' if right else '·'} {n}" for n, right in self.done.items())
        return f"{sum(self.done.values())} of {len(EXERCISES)} right\n{marks}"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        marks = " ".join(
            f'<span style="color: {COLOURS["✓" if right else "…"]}; padding-right: 12px">'
            f"{'✓' if right else '·'} {n}</span>"
            for n, right in self.done.items()
        )
        head = f"<b>{sum(self.done.values())} of {len(EXERCISES)} right</b>"
        return {"text/html": f"{head}<br>{marks}", "text/plain": repr(self)}


def score() -> Score:
    """How far one got."""
    return Score(done)
