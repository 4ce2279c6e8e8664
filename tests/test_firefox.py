"""The page of `explore` in Firefox: every mode by keys and by mouse, without a word of complaint.

Firefox is Debian's, driven by puppeteer-core in Node; what is asked in detail of Chromium stands in
test_page.py.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphs import network
from node import Node

from autograd import Value, tanh
from chainrule.playgrounds import first_playground
from viz import explore
from viz.page.page import Document

pytestmark = pytest.mark.browser

LAUNCH = """async (program) => {
  const puppeteer = require("puppeteer-core");
  window.browser = await puppeteer.launch({
    browser: "firefox", executablePath: program, headless: true,
  });
}"""
OPEN = """async (address) => {
  window.tab = await browser.newPage();
  window.seen = { requests: [], complaints: [] };
  tab.on("request", (request) => seen.requests.push(request.url()));
  tab.on("console", (message) => seen.complaints.push(message.text()));
  tab.on("pageerror", (error) => seen.complaints.push(String(error)));
  await tab.setViewport({ width: 1366, height: 768 });
  await tab.goto(address);
}"""


class Tab:
    """An opened page, and what a test asks of it."""

    def __init__(self, node: Node, address: str) -> None:
        self.node = node
        node.evaluate(OPEN, address)

    def press(self, *keys: str) -> None:
        self.node.evaluate(
            "async (keys) => { for (const k of keys) await tab.keyboard.press(k); }", keys
        )

    def click(self, selector: str) -> None:
        self.node.evaluate("(selector) => tab.click(selector)", selector)

    def run(self, script: str) -> Any:
        return self.node.evaluate("(script) => tab.evaluate(script)", script)

    @property
    def equation(self) -> str:
        return str(self.run("$('equation').dataset.plain"))

    @property
    def count(self) -> str:
        return str(self.run("$('count').textContent"))

    def wait(self, condition: str) -> None:
        self.node.evaluate(
            "(text) => tab.waitForFunction(text, { timeout: 20000 }).then(() => true)", condition
        )


@pytest.fixture(scope="module")
def firefox(npm: Callable[[str], Path]) -> Iterator[Node]:
    """A Node in which Firefox runs."""
    program, browser = shutil.which("node"), shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("needs Node.js: `node` on PATH")
    if browser is None:
        pytest.skip("needs Firefox: `firefox-esr` on PATH")
    running = Node(program, npm("puppeteer-core").parent)
    running.evaluate(LAUNCH, browser)
    yield running
    running.evaluate("browser.close()")
    running.close()


@pytest.fixture
def opened(firefox: Node, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """Opens a page, or that of a root; it must ask for nothing and complain of nothing."""

    def open_page(root: Any, **options: Any) -> Tab:
        page = root if isinstance(root, Document) else explore(root, **options)
        return Tab(firefox, page.save(tmp_path / "page.html").as_uri())

    yield open_page
    seen = firefox.evaluate("seen")
    firefox.evaluate("tab.close()")
    assert seen["complaints"] == []
    assert set(seen["requests"]) <= {"data:,"}  # its icon; of files Firefox tells nothing


def neuron() -> Value:
    a = Value(-1.3, "w") * Value(0.7, "x") + Value(0.2, "b")
    y = tanh(a)
    a.label, y.label = "a", "y"
    return y


def test_steps_go_by_keys_buttons_and_space(opened) -> None:
    tab = opened(neuron())
    assert tab.count == "step 0 of 9"
    tab.press("ArrowRight")
    assert tab.equation == "v1 = -1.3 * 0.7 = -0.91"
    tab.press("PageDown", "PageUp", "End")
    assert tab.count == "step 9 of 9"
    tab.click("#first")
    tab.press(" ")
    tab.wait("$('count').textContent === 'step 1 of 9'")
    assert tab.run("$('playing').textContent") == "Stop"


def test_paths_and_questions_are_there(opened) -> None:
    tab = opened(neuron())
    tab.press("2")
    assert tab.equation == "0.6271 * 1 * 0.7 = 0.439"
    tab.press("3", *"2 * 0.31355", "Enter")
    assert tab.run("$('verdict').textContent").startswith("✓ right")
    tab.press("Enter")
    assert tab.count == "question 2 of 5"


def test_a_slider_and_descent_compute(opened) -> None:
    tab = opened(neuron())
    tab.run("document.querySelector('#sliders [type=range]').focus()")
    tab.press("ArrowRight")
    tab.wait("values[0] > -1.3 && $('sliders').querySelector('[type=number]').value !== '-1.3'")
    tab.click("[data-mode=descent]")
    tab.press("PageDown", "PageDown")
    assert tab.count == "update 2"
    assert tab.run("track[2].height < track[0].height")
    assert tab.run("$('curve').getClientRects().length") == 1


def test_a_room_is_entered_and_left_and_everything_fits(opened) -> None:
    tab = opened(network(4, 8, 8, 1))
    tab.press("p")
    assert tab.run("$('panel').getClientRects().length") == 0
    tab.press("PageDown", "End")
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    tab.press("Escape")
    assert tab.run("$('panel').getClientRects().length") == 1


def test_after_a_click_the_keys_are_the_pages(opened) -> None:
    tab = opened(neuron())
    tab.click("[data-mode=paths]")
    tab.click("[data-mode=steps]")
    tab.press(" ")
    assert tab.run("[state.mode, state.playing > 0]") == ["steps", True]


def test_a_complaint_and_a_request_would_be_seen(opened, firefox) -> None:
    tab = opened(neuron())
    tab.run("console.error('oh'); new Image().src = 'https://example.invalid/x.png'; 0")
    tab.wait("performance.now() > 0")
    seen = firefox.evaluate("seen")
    assert "oh" in seen["complaints"]
    assert any("Content-Security-Policy" in text for text in seen["complaints"])
    firefox.evaluate("() => { seen.complaints = []; }")


def test_the_playground_trains_and_steps_an_example(opened) -> None:
    tab = opened(first_playground())
    tab.click("#run")
    tab.wait("training.epoch > 2")
    tab.click("#run")
    assert tab.run("score(network, data.train, []).loss") < 0.6
    tab.click("#explore")
    tab.wait("document.activeElement.tagName === 'IFRAME'")
    inside = "tab.frames()[1].evaluate('$(\"caption\").textContent')"
    assert "Before the first step" in tab.node.evaluate(inside)
