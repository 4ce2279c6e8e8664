"""Pictures of computation graphs, plots of training, and the command line.

    from autograd import Value
    from viz import draw
    a = Value(3, "a")
    y = 2 * a
    y.backward()
    draw(y).save("y.svg")

`chainrule demo` on the command line shows all of it.
"""

import autograd

if not hasattr(autograd, "topological_order"):
    raise ImportError(
        "the package `autograd` found here is not chainrule's: PyPI's `autograd` (HIPS) has the "
        "same import name; `pip uninstall autograd`, then install chainrule again"
    )

from viz.explain import Explanation, Ledger, explain
from viz.explore import Page, explore
from viz.network import NetworkPicture, draw_network
from viz.picture import Picture, draw
from viz.plots import plot_decision_boundary, plot_history
from viz.report import report_html
from viz.sources import sources

autograd.Report.renderer = report_html  # the engine knows no pictures: in a notebook we add them

__all__ = [
    "Explanation",
    "Ledger",
    "NetworkPicture",
    "Page",
    "Picture",
    "draw",
    "draw_network",
    "explain",
    "explore",
    "plot_decision_boundary",
    "plot_history",
    "sources",
]
