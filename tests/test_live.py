"""A live page: its views move the Values in Python, and show what is assigned there."""

import json
import math
import subprocess
import sys
import weakref
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from autograd import Operation, Value, constant, log, tanh
from viz import LivePage, Page, explore
from viz.page import live

# without anywidget, a live page says so: a test below asks for it
pytestmark = pytest.mark.filterwarnings("ignore:explore.* reaches Python by anywidget")


class Student:
    """A node class of somebody else's."""

    def __init__(self, data: float, parents: tuple = (), local_derivatives: tuple = ()) -> None:
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives


class View:
    """What a browser shows of a page: it opens, moves and leaves, and hears what Python says."""

    def __init__(self, page: LivePage, client: str = "me") -> None:
        self.page, self.client, self.heard = page, client, []
        page._widget.send = lambda message: self.heard.append(json.dumps(message, allow_nan=False))
        self.says(opens=True)

    def says(self, **message: Any) -> None:
        self.page._widget._handle_custom_msg({"client": self.client, **message}, [])

    def moves(self, number: int, *moves: list) -> None:
        self.says(number=number, moves=list(moves))

    @property
    def told(self) -> dict[str, Any]:
        """The newest message."""
        return json.loads(self.heard[-1])

    @property
    def data(self) -> dict[int, Any]:
        return dict(self.told["data"])


@pytest.fixture
def views() -> Any:
    """Opens views of pages; all are closed at the end."""
    pytest.importorskip("anywidget", reason='needs pip install -e ".[notebooks]"')
    opened: list[View] = []

    def view(page: LivePage, client: str = "me") -> View:
        opened.append(View(page, client))
        return opened[-1]

    yield view
    for one in opened:
        one.says(leaves=True)
    assert not live.seen


def product() -> tuple[Value, Value, Value]:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    return x, w, x * w


# ---- without a browser ---------------------------------------------------------------------------


def test_a_live_page_is_a_page_and_shows_the_values_as_they_are() -> None:
    x, _, y = product()
    page = explore(y, live=True)
    assert isinstance(page, LivePage)
    assert isinstance(page, Page)
    before = page.html
    assert before == explore(y).html
    x.data = 5.0
    assert page.html != before
    assert page.html == explore(y).html
    assert y.data == 15.0


def test_a_graph_whose_leaves_were_moved_before_is_renewed() -> None:
    x, _, y = product()
    x.data = 5.0
    explore(y, live=True)
    assert (y.data, y.local_derivatives, x.grad) == (15.0, (3.0, 5.0), 0.0)


def test_a_students_nodes_have_no_live_page_and_the_message_says_what_to_do() -> None:
    root = Student(2.0, (Student(1.0),), (2.0,))
    with pytest.raises(TypeError, match=r"Student have no row .* explore\(root\), without live"):
        explore(root, live=True)


def test_refresh_raises_where_there_is_no_value() -> None:
    x = Value(2.0, "x")
    page = explore(log(x), live=True)
    x.data = -1.0
    with pytest.raises(ValueError, match="log needs x > 0, got -1 "):
        page.refresh()


def test_without_anywidget_it_is_the_page_that_moves_by_itself_and_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    live._widget_class.cache_clear()
    x, _, y = product()
    with pytest.warns(UserWarning, match="pip install anywidget") as told:
        page = explore(y, live=True)
    assert told[0].filename == __file__
    assert page._repr_mimebundle_() == explore(y)._repr_mimebundle_()
    x.data = 4.0
    page.refresh()
    assert y.data == 12.0


def test_nothing_is_imported_before_a_live_page_is_asked_for() -> None:
    code = "import sys, viz; assert not {'anywidget', 'asyncio'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- the page moves ------------------------------------------------------------------------------


def test_a_slider_moves_the_value_and_renews_the_graph_but_no_gradient(views) -> None:
    x, _, y = product()
    y.backward()
    view = views(explore(y, live=True))
    view.moves(1, [0, 5])
    assert (x.data, y.data, y.local_derivatives) == (5.0, 15.0, (3.0, 5.0))
    assert (x.grad, y.grad) == (3.0, 1.0)
    assert view.data == {0: 5.0, 1: 3.0}
    assert view.told["heard"] == {"me": 1}


def test_a_move_that_comes_late_or_twice_or_from_a_view_that_has_left_moves_nothing(views) -> None:
    x, _, y = product()
    view = views(explore(y, live=True))
    view.moves(2, [0, 5.0])
    view.moves(1, [0, 7.0])
    view.moves(2, [0, 7.0])
    assert x.data == 5.0
    view.says(leaves=True)
    view.moves(3, [0, 7.0])
    assert x.data == 5.0


def test_a_move_without_a_value_is_refused_as_a_whole(views) -> None:
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = w * log(x)
    view = views(explore(y, live=True))
    view.moves(1, [0, 9.0], [1, -1.0])
    assert (x.data, w.data, y.data) == (2.0, 3.0, 3.0 * math.log(2.0))
    assert "log needs x > 0, got -1 (label 'x')" in view.told["refused"]["me"]
    view.moves(2, [0, 9.0], [1, 1.0])
    assert (x.data, w.data, y.data) == (1.0, 9.0, 0.0)
    assert view.told["refused"] == {}


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "-0"])
def test_numbers_that_json_has_no_word_for_go_both_ways(views, text: str) -> None:
    x, _, y = product()
    view = views(explore(y, live=True))
    view.moves(1, [0, text])
    assert repr(x.data) == repr(float(text))
    assert repr(float(view.data[0])) == repr(float(text))


@pytest.mark.parametrize("moves", [[[0, "x"]], [[0]], [[9, 1.0]], [[2, 1.0]], [7], [[0, None]]])
def test_what_is_no_move_is_refused(views, moves: list) -> None:
    x, w, y = product()
    view = views(explore(y, live=True))
    view.moves(1, *moves)
    assert (x.data, w.data, y.data) == (2.0, 3.0, 6.0)
    assert view.told["refused"]["me"]


def test_a_constant_is_not_moved_by_a_page(views) -> None:
    two = constant(2.0)
    view = views(explore(two * Value(3.0), live=True))
    view.moves(1, [0, 5.0])
    assert two.data == 2.0
    assert view.told["refused"] == {"me": "only variables move"}


def test_pages_that_share_a_variable_move_together_or_not_at_all(views) -> None:
    x = Value(2.0, "x")
    y, z = x * x, log(x)
    first, second = views(explore(y, live=True)), views(explore(z, live=True))
    first.moves(1, [0, 3.0])
    assert (y.data, z.data) == (9.0, math.log(3.0))
    assert second.data == {0: 3.0}
    first.moves(2, [0, -1.0])
    assert (x.data, y.data, z.data) == (3.0, 9.0, math.log(3.0))
    assert "log needs x > 0" in first.told["refused"]["me"]
    second.says(leaves=True)
    first.moves(3, [0, -1.0])
    assert (x.data, y.data) == (-1.0, 1.0)


def test_two_views_of_a_page_agree(views) -> None:
    _, _, y = product()
    page = explore(y, live=True)
    one, two = views(page, "one"), views(page, "two")
    one.moves(1, [0, 5.0])
    assert two.data == {0: 5.0, 1: 3.0}
    assert two.told["heard"] == {"one": 1, "two": 0}


def test_what_comes_from_another_thread_waits_for_the_thread_of_the_page(views) -> None:
    x, _, y = product()
    page = explore(y, live=True)
    view = views(page)
    later: list = []
    page._loop = SimpleNamespace(call_soon_threadsafe=lambda *task: later.append(task))
    thread = Thread(target=view.moves, args=(1, [0, 5.0]))
    thread.start()
    thread.join()
    assert x.data == 2.0
    [(task, message)] = later
    task(message)
    assert y.data == 15.0


# ---- Python moves --------------------------------------------------------------------------------


def test_what_is_assigned_in_python_is_shown_by_refresh_on_every_page_that_shares_it(views) -> None:
    x, _, y = product()
    z = tanh(x)
    page = explore(y, live=True)
    first, second = views(page), views(explore(z, live=True))
    x.data = 5.0
    page.refresh()
    assert first.data == {0: 5.0, 1: 3.0}
    assert second.data == {0: 5.0}
    assert (y.data, z.data) == (15.0, math.tanh(5.0))


def test_a_page_is_told_nothing_where_nothing_was_assigned(views) -> None:
    _, _, y = product()
    view = views(explore(y, live=True))
    view.heard.clear()
    live.catch_up()
    assert not view.heard


def test_a_page_shows_what_was_assigned_though_it_has_no_value(views) -> None:
    x = Value(2.0, "x")
    y = log(x)
    view = views(explore(y, live=True))
    x.data = -1.0
    live.catch_up()
    assert view.data == {0: -1.0}
    assert "log needs x > 0" in view.told["trouble"]
    assert y.data == math.log(2.0)
    x.data = 1.0
    live.catch_up()
    assert (view.told["trouble"], y.data) == ("", 0.0)


def test_what_is_no_number_is_told_to_the_page_and_its_last_numbers_stay(views) -> None:
    x, _, y = product()
    view = views(explore(y, live=True))
    x.data = "five"
    live.catch_up()
    assert view.data == {0: 2.0, 1: 3.0}
    assert "five" in view.told["trouble"]


def test_where_the_page_cannot_compute_python_tells_it_every_number(views, own_rows) -> None:
    cube = Operation("cube_of", lambda x: float(x) ** 3, lambda x, z: 3 * x * x)
    x = Value(2.0, "x")
    page = explore(cube(x), live=True)
    view = views(page)
    x.data = 3.0
    page.refresh()
    assert view.data == {0: 3.0, 1: 27.0}
    assert view.told["locals"] == [[1, [27.0]]]


def test_a_constant_that_was_assigned_makes_the_page_anew(views) -> None:
    two = constant(2.0)
    page = explore(two * Value(3.0, "x"), live=True)
    views(page)
    before = page._widget.page
    two.data = 4.0
    page.refresh()
    assert page._widget.page != before
    assert page._widget.page == page.html


# ---- notebooks -----------------------------------------------------------------------------------


def test_a_notebook_gets_the_widget_and_beside_it_the_page_and_the_picture(views) -> None:
    _, _, y = product()
    shown, _ = explore(y, live=True)._repr_mimebundle_()
    assert shown.pop("application/vnd.jupyter.widget-view+json")["model_id"]
    assert shown == explore(y)._repr_mimebundle_()


def test_the_state_of_a_widget_that_is_saved_is_little_more_than_the_page(views) -> None:
    _, _, y = product()
    page = explore(y, live=True)
    assert len(json.dumps(page._widget.get_state())) < 1.1 * len(page.html) + 5000


class Events:
    """IPython's, as far as they are used."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list] = {"post_run_cell": []}

    def register(self, event: str, task: Any) -> None:
        self.callbacks[event].append(task)

    def unregister(self, event: str, task: Any) -> None:
        self.callbacks[event].remove(task)


def test_ipython_calls_after_each_cell_as_long_as_a_page_is_seen(views, monkeypatch) -> None:
    shell = SimpleNamespace(events=Events())
    monkeypatch.setattr(live, "_shell", lambda: shell)
    x, _, y = product()
    view = views(explore(y, live=True))
    views(explore(y, live=True), "other").says(leaves=True)
    [after_a_cell] = shell.events.callbacks["post_run_cell"]
    x.data = 5.0
    after_a_cell(SimpleNamespace())
    assert (view.data[0], y.data) == (5.0, 15.0)
    view.says(leaves=True)
    assert shell.events.callbacks["post_run_cell"] == []


@pytest.mark.parametrize("somebody", [True, False])
def test_a_notebook_that_a_program_runs_to_save_it_has_no_widget(monkeypatch, somebody) -> None:
    pytest.importorskip("anywidget", reason='needs pip install -e ".[notebooks]"')
    kernel = SimpleNamespace(get_parent=lambda channel: {"content": {"allow_stdin": somebody}})
    monkeypatch.setattr(live, "_shell", lambda: SimpleNamespace(kernel=kernel))
    page = explore(product()[2], live=True)
    assert (page._widget is not None) == somebody


# ---- nothing is kept -----------------------------------------------------------------------------


def test_a_page_that_nobody_sees_goes_with_its_last_name_and_closes_its_widget(views) -> None:
    from ipywidgets.widgets import widget

    before = len(widget._instances)
    page = explore(product()[2], live=True)
    held = weakref.ref(page)
    assert len(widget._instances) > before
    del page
    assert held() is None
    assert len(widget._instances) == before


def test_a_page_that_somebody_sees_is_kept_until_its_last_view_leaves(views) -> None:
    page = explore(product()[2], live=True)
    held, widget = weakref.ref(page), page._widget
    for client in ("one", "two"):
        widget._handle_custom_msg({"client": client, "opens": True}, [])
    del page
    for client in ("one", "two"):
        assert held() is not None
        widget._handle_custom_msg({"client": client, "leaves": True}, [])
    assert held() is None


def test_a_page_whose_line_a_notebook_has_closed_is_let_go(views) -> None:
    page = explore(product()[2], live=True)
    page._widget._handle_custom_msg({"client": "me", "opens": True}, [])
    page._widget.comm.close()
    held = weakref.ref(page)
    del page
    live.catch_up()
    assert held() is None
