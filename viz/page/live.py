"""A page that Python listens to: what moves on either side moves on the other.

    page = explore(y, live=True)     its sliders write .data of the Values, never .grad
    page.refresh()                   shows what was assigned in Python, as a notebook does by itself

A page that somebody sees is held here; any other is held by nobody, nor is its graph.  All happens
in the thread that made the page, between its cells.  anywidget is imported where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import get_ident
from typing import Any
from warnings import warn
from weakref import finalize, ref

from autograd.graph import is_constant, topological_order
from autograd.higher.freshness import recompute
from autograd.value import Value
from viz.page.frame import FRAME, HEIGHT
from viz.page.javascript import read
from viz.page.page import Page, written

INSTALL = (
    "explore(root, live=True) reaches Python by anywidget: pip install anywidget, or the extra "
    "`notebooks`; without it this is the page that moves by itself"
)
WRONG = (ArithmeticError, LookupError, TypeError, ValueError)  # what recompute raises

seen: dict[LivePage, None] = {}  # the pages that somebody has open, in the order of opening


class LivePage(Page):
    """A page in step with the Values in Python, in JupyterLab, VS Code and marimo.

    In a file, and where no widget is shown, it is the page as the Values are now.
    """

    def __init__(self, root: Value, make: Callable[[], Page]) -> None:
        self._order: list[Value] = topological_order(root)
        strange = next((v for v in self._order if not isinstance(v, Value)), None)
        if strange is not None:
            raise TypeError(
                "a live page runs its graph again, and nodes of the class "
                f"{type(strange).__name__} have no row of the table to be run by: "
                "explore(root), without live=True, shows them as they are"
            )
        recompute(root)
        self._root = root
        self._make = make
        self._leaves = [v for v in self._order if not v.parents]
        self._page, self._made_of = make(), self._numbers()
        self._told, self._constants = self._made_of, self._numbers(is_constant)
        self._heard: dict[str, int] = {}  # by view of the page: the number of its newest move
        self._refused: dict[str, str] = {}  # why that move was not made
        self._version = 0  # counts what the page was told
        self._thread, self._loop = get_ident(), _running_loop()
        self._widget = _widget(self._page) if _somebody_looks() else None
        if self._widget is not None:
            self._widget.on_msg(_listener(ref(self)))
            finalize(self, close, self._widget).atexit = False

    # ---- what it shows ---------------------------------------------------------------------------

    @property
    def html(self) -> str:
        """The whole page, as the Values are now."""
        return self._now().html

    def _now(self) -> Page:
        """The page as the Values are now."""
        if self._moved(self._made_of):
            recompute(self._root)
            self._page, self._made_of = self._make(), self._numbers()
        return self._page

    def _repr_mimebundle_(self, **options: Any) -> Any:
        still = self._now()._repr_mimebundle_()
        if self._widget is None:
            return still
        widget, about = self._widget._repr_mimebundle_()
        return widget | still, about  # in a saved file, and where no widget is shown, the page

    def __repr__(self) -> str:
        return repr(self._now())

    # ---- Python moves ----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what was assigned in Python: the graph is renewed, and others that share its leaves.

        A notebook of IPython does so after each cell.  An error of `recompute`, such as log of a
        negative number, is raised when the page has shown it.
        """
        try:
            recompute(self._root)
        except WRONG as error:
            self._tell(str(error))
            raise
        self._refused.clear()
        self._tell()
        catch_up()

    def _catch_up(self) -> None:
        """The same where a leaf was assigned; what is wrong is told to the page alone."""
        if not self._moved(self._told):
            return
        try:
            recompute(self._root)
        except WRONG as error:
            self._tell(str(error))
        else:
            self._refused.clear()
            self._tell()

    def _moved(self, numbers: list[float | str]) -> bool:
        """Whether the leaves hold other numbers than these."""
        try:
            return self._numbers() != numbers
        except WRONG:  # one is no number: recompute says which
            return True

    def _numbers(self, chosen: Callable[[Value], bool] = lambda v: True) -> list[float | str]:
        """The data of leaves, for JSON."""
        return [written(v.data) for v in self._leaves if chosen(v)]

    def _tell(self, trouble: str = "") -> None:
        """Say to all views of the page what the leaves are, and what became of their moves."""
        if self._widget is None:
            return
        with suppress(*WRONG):  # of what is no number, the last that was
            self._told = self._numbers()
        if not trouble and self._numbers(is_constant) != self._constants:  # formulas show them
            self._constants = self._numbers(is_constant)
            self._widget.page = self.html
        places = {v: i for i, v in enumerate(self._order)}
        results = [v for v in self._order if v.parents and not (trouble or self._page.computes)]
        data = [[places[v], x] for v, x in zip(self._leaves, self._told)]
        self._version += 1
        self._widget.send(
            {
                "version": self._version,
                "heard": self._heard,
                "refused": self._refused,
                "trouble": trouble,
                "data": data + [[places[v], written(v.data)] for v in results],
                "locals": [[places[v], [written(d) for d in v.local_derivatives]] for v in results],
            }
        )

    # ---- the page moves --------------------------------------------------------------------------

    def _hear(self, message: Any) -> None:
        """What a view of the page says: that it opens, that it leaves, what moves on it."""
        match message:
            case {"client": str(client), "opens": True}:
                forget_closed()
                self._heard[client] = 0
                seen[self] = None
                watch_cells()
                self._tell()
            case {"client": str(client), "leaves": True}:
                self._heard.pop(client, None)
                self._refused.pop(client, None)
                if not self._heard:
                    seen.pop(self, None)
                    watch_cells()
            case {"client": str(client), "number": int(number), "moves": list(moves)} if (
                number > self._heard.get(client, number)  # neither late nor of a view that has left
            ):
                self._heard[client] = number
                self._refused.pop(client, None)
                try:
                    move({self._order[i]: float(x) for i, x in moves})
                except WRONG as error:
                    self._refused[client] = str(error)
                self._tell()
                catch_up()


def move(changes: dict[Value, float]) -> None:
    """Give leaves new data and renew all pages that show one; with an error, nothing of it."""
    if any(v.parents or is_constant(v) for v in changes):
        raise ValueError("only variables move")
    before = {v: v.data for v in changes}
    roots = [page._root for page in seen if any(v in changes for v in page._leaves)]
    for v, x in changes.items():
        v.data = x
    try:
        recompute(roots)
    except WRONG:
        for v, x in before.items():
            v.data = x
        raise


def catch_up(*_: Any) -> None:
    """Bring all pages that somebody sees up to date; IPython calls it after each cell."""
    forget_closed()
    for page in list(seen):
        page._catch_up()


def forget_closed() -> None:
    """Let go of pages whose line was closed by the notebook: marimo does so before a cell runs."""
    for page in list(seen):
        line = getattr(page._widget, "comm", None)
        if line is None or getattr(line, "_closed", False):
            del seen[page]


def watch_cells() -> None:
    """Catch up after each cell of IPython as long as somebody sees a page."""
    shell = _shell()
    if shell is None:
        return
    watching = catch_up in shell.events.callbacks["post_run_cell"]
    if seen and not watching:
        shell.events.register("post_run_cell", catch_up)
    elif watching and not seen:
        shell.events.unregister("post_run_cell", catch_up)


# ---- where this runs -----------------------------------------------------------------------------


def _shell() -> Any:
    """The shell of IPython that runs this, if one does."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _somebody_looks() -> bool:
    """Whether anybody can use a widget: not where a program runs the notebook to save it.

    Such a program says with each cell that nobody is there to type.
    """
    kernel = getattr(_shell(), "kernel", None)
    if kernel is None:
        return True
    asked = kernel.get_parent("shell").get("content", {})
    return bool(asked.get("allow_stdin", True))


def _running_loop() -> Any:
    """What a notebook's cells and messages are run by, if this is one."""
    import asyncio  # it is slow to import, and most pages are not live

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _listener(page_of: ref[LivePage]) -> Callable[[Any, Any, Any], None]:
    """Takes messages to a page without holding it, in the thread that made it."""

    def pass_on(message: Any) -> None:
        page = page_of()
        if page is not None:
            page._hear(message)

    def listen(widget: Any, message: Any, buffers: Any) -> None:
        page = page_of()
        if page is None:
            return
        if page._loop is None or get_ident() == page._thread:
            page._hear(message)
        else:  # JupyterLab's come in another thread, in the middle of a cell
            page._loop.call_soon_threadsafe(pass_on, message)

    return listen


def close(widget: Any) -> None:
    """End a widget and what it brings along: ipywidgets would keep both for ever."""
    if widget.layout is not None:
        widget.layout.close()
    widget.close()


def _widget(page: Page) -> Any:
    """A widget that shows a page; None, with a warning, where anywidget is not installed."""
    try:
        made = _widget_class()
    except ImportError:
        warn(INSTALL, stacklevel=4)
        return None
    return made(page=page.html, title=page.title)


@cache
def _widget_class() -> Any:
    from anywidget import AnyWidget
    from traitlets import Unicode

    class PageWidget(AnyWidget):
        _esm = read("widget.js")
        page = Unicode().tag(sync=True)
        title = Unicode().tag(sync=True)
        look = Unicode(f"{FRAME}; height: {HEIGHT}px").tag(sync=True)

    return PageWidget
