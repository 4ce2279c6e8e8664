"""The live page: Python typed in a browser, and its graph, derivation and page as one types.

    write("site/live")           site/live/index.html, beside site/pyodide
    Session().answer(question)   what the page asks of the Python that runs in it

`running` runs what was typed, `showing` shows its Value, `session` talks to the page, whose scripts
stand in `browser`.  Imports the engine and the pictures; the command `python -m chainrule.live` is
all that imports it.
"""

from chainrule.live.document import write
from chainrule.live.examples import EXAMPLES
from chainrule.live.session import Session

__all__ = ["EXAMPLES", "Session", "write"]
