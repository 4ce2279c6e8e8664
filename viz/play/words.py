"""What the page of `explore` says of a row, for graphs that are put together in the browser.

words_of(tanh, [None])        {"sign": "tanh", "formula": ["tanh(", 0, ")"], "slopes": [...]}
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from gzip import compress
from typing import Any

from autograd import Value
from autograd.graph import is_constant
from autograd.rules.language import Operation
from autograd.value import constant
from viz.derivation.formulas import NamedGraph
from viz.drawing.scene import operation_text
from viz.page.explore import STYLE, formula_pieces, slope_pieces
from viz.page.javascript import read
from viz.page.page import explorer, filled
from viz.page.views import LINE, PAD

PLACES = ("graph", "title", "arithmetic", "policy")  # of a page that are filled in the browser
# Esc in the frame, where the page of `explore` has nothing to leave, is for the page around it.
LEAVING = """
document.addEventListener("keydown", ({ key }) => {
  const stays = !$("keys").hidden || state.mode !== "steps" || presenting();
  if (key === "Escape" && !stays) parent.postMessage("leave", "*");
}, { capture: true });
"""


def words_of(row: Operation, operands: Sequence[float | None]) -> dict[str, Any]:
    """Sign, formula and local derivatives of a row; an operand is a number where it is constant.

    Positions are those of operands, and their number is that of the result; what is empty is left
    out, all of it where the row gives nothing.
    """
    parents = [Value(0.5, f"x{k}") if x is None else constant(x) for k, x in enumerate(operands)]
    try:
        v = Value._record(row, tuple(parents))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return {"sign": row.symbol}
    if is_constant(v):
        return {"sign": row.symbol}
    v.label = "result"
    graph = NamedGraph(v, all_named=True)
    place = {graph.place[p]: k for k, p in enumerate((*parents, v)) if p in graph.place}
    slopes = [_moved(piece, place) for piece in slope_pieces(graph, v)]
    made = {"sign": operation_text(v, False), "formula": formula_pieces(v), "slopes": slopes}
    return {key: x for key, x in made.items() if x}


def _moved(piece: Any, place: dict[int, int]) -> Any:
    """Pieces with the positions of operands."""
    if isinstance(piece, list):
        return [_moved(part, place) for part in piece]
    return place[piece] if isinstance(piece, int) else piece


def explorer_page() -> tuple[dict[str, Any], str]:
    """The page of `explore` without its graph, to be filled in the browser, and its script."""
    parts = explorer("", "", {})
    parts["script"] += LEAVING
    script = parts["script"]
    parts |= {name: f"{{{{{name}}}}}" for name in PLACES}
    parts["style"] += "#turn { display: none; }\n"  # the browser places from left to right alone
    page = filled(read("page.html"), parts)
    packed = b64encode(compress(page.encode(), 9, mtime=0)).decode()
    return {"page": packed, "line": LINE, "pad": PAD, "style": STYLE}, script
