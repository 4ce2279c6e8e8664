"""What looks at the answers of the worksheet, notebook 13, and what it says to them.

    from chainrule.worksheet import check, score
    check(1, by_a, by_b)    right, not yet with a hint, or still open
    score()                 how many are right

Imports the engine and the networks; the notebooks import it.
"""

from chainrule.worksheet.exercises import boxes
from chainrule.worksheet.verdicts import Score, Verdict, check, done, score

__all__ = ["Score", "Verdict", "boxes", "check", "done", "score"]
