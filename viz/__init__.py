"""Pictures of computation graphs, tables and pages; plots of training.

    from autograd import Value
    from viz import draw
    a = Value(3, "a")
    y = 2 * a
    y.backward()
    draw(y).save("y.svg")           a picture
    explain(y)                      the derivation, as a table
    animate(y).save("y.gif")        the backward pass as a film
    explore(y).save("y.html")       a page: steps, paths, sliders, questions
    playground(model, data, loss=squared_error).save("p.html")      a network that trains there

`draw_network`, `plot_history` and `plot_decision_boundary` are for models, such as those of `nn`.
Pictures of graphs are made in `drawing`, those of networks in `networks`, tables in `derivation`,
films in `films`, pages in `page` and `play`; `placing` says where things stand.  It imports the
engine, never `nn`; `nn` and `chainrule` import it.  Once imported, it gives a gradient check's
report its page.
"""

import autograd

if not hasattr(autograd, "topological_order"):
    raise ImportError(
        "the package `autograd` found here is not chainrule's: PyPI's `autograd` (HIPS) has the "
        "same import name; `pip uninstall autograd`, then install chainrule again"
    )

from viz.derivation.explain import Explanation, Explanations, Ledger, explain
from viz.drawing.check_page import report_html
from viz.drawing.picture import Picture, draw
from viz.films.film import Film, animate
from viz.networks.network import NetworkPicture, draw_network
from viz.networks.plots import plot_decision_boundary, plot_history
from viz.page.explore import explore
from viz.page.live import LivePage
from viz.page.page import Page
from viz.page.sources import sources
from viz.play.playground import Playground, playground

autograd.Report.renderer = report_html  # the engine knows no pictures: in a notebook we add them

__all__ = [
    "Explanation",
    "Explanations",
    "Film",
    "Ledger",
    "LivePage",
    "NetworkPicture",
    "Page",
    "Picture",
    "Playground",
    "animate",
    "draw",
    "draw_network",
    "explain",
    "explore",
    "playground",
    "plot_decision_boundary",
    "plot_history",
    "sources",
]
