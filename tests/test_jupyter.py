"""JupyterLab and nbconvert show the page: a cell is run in a real browser, the page is used."""

import json
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograd import Value, tanh
from viz import explore

pytestmark = pytest.mark.browser
pytest.importorskip("jupyterlab", reason='needs pip install -e ".[notebooks]"')

CELL = """\
from autograd import Value, tanh
from viz import explore
x, w = Value(2.0, "x"), Value(-0.5, "w")
explore(tanh(w * x), title="a page in a cell")"""

LIVE = """\
from autograd import Value, log
from viz import explore
x, w = Value(2.0, "x"), Value(0.5, "w")
y = w * log(x)
explore(y, title="a live page", live=True)"""

PICTURES = """\
from random import Random
from autograd import Value, tanh
from nn import MLP
from viz import animate, draw, draw_network
y = x = Value(0.5, "x")
for _ in range(8):
    y = tanh(y + x)
small = draw(x * x)
display(small, draw(y), animate(y), draw_network(MLP(2, [4] * 8, rng=Random(0))))"""

READY = """
() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle"
"""


def notebook(*sources: str, **output: str) -> str:
    """A notebook of cells that were not run, or with this output of somebody else's."""
    outputs = [{"output_type": "display_data", "metadata": {}, "data": output}] if output else []
    cells = [
        {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "outputs": outputs,
         "execution_count": None, "source": source}
        for i, source in enumerate(sources or [CELL])
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def page_of_a_cell() -> dict[str, str]:
    """What the cell shows."""
    x, w = Value(2.0, "x"), Value(-0.5, "w")
    return explore(tanh(w * x), title="a page in a cell", engine="own")._repr_mimebundle_()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own, on this machine only."""
    (tmp_path / "lesson.ipynb").write_text(notebook(), encoding="utf-8")
    (tmp_path / "pictures.ipynb").write_text(notebook(PICTURES), encoding="utf-8")
    live = notebook(LIVE, "print(x.data, w.data, y.data); x.data = 1.0")
    (tmp_path / "live.ipynb").write_text(live, encoding="utf-8")
    (tmp_path / "theirs.ipynb").write_text(notebook(**page_of_a_cell()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    options = [
        "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={tmp_path}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
    ]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api?token={token}", tmp_path / "log")
            yield f"{address}/lab/tree/lesson.ipynb?reset&token={token}"  # as none was open before
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, log: Path) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise AssertionError(f"no JupyterLab after a minute: {log.read_text()[-2000:]}")


def wait_until(view, condition: str) -> None:
    """Until something holds in a page, whose policy lets no one but a debugger evaluate it."""
    for _ in range(200):
        if view.evaluate(condition):
            return
        time.sleep(0.05)
    raise AssertionError(f"never: {condition}")


def run_all(page, address: str) -> None:
    """Open a notebook and run its cells."""
    page.goto(address)
    page.wait_for_selector(".jp-CodeCell", timeout=60_000)
    page.wait_for_function(READY, timeout=60_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def test_jupyterlab_scales_pictures_to_their_cell(lab: str, chromium) -> None:
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    run_all(page, lab.replace("lesson.ipynb", "pictures.ipynb"))
    outputs = page.locator(".jp-OutputArea-output.jp-RenderedSVG")
    outputs.nth(3).locator("img").wait_for(timeout=60_000)
    small, *wide = [
        outputs.nth(i).evaluate("(e) => [e.firstChild.offsetWidth / e.clientWidth, e.scrollWidth]")
        for i in range(outputs.count())
    ]
    assert small[0] < 0.5
    assert [width for width, _ in wide] == pytest.approx([1.0, 1.0, 1.0], abs=0.01)
    assert all(scrolled == small[1] for _, scrolled in wide)
    page.close()


def test_jupyterlab_shows_the_page_and_it_can_be_stepped(lab: str, chromium) -> None:
    page = chromium.new_page()
    run_all(page, lab)
    inside = page.frame_locator(".jp-OutputArea-output iframe")
    inside.get_by_role("heading", name="a page in a cell").wait_for(timeout=60_000)
    inside.locator("#next").click()
    assert inside.locator("#count").inner_text() == "step 1 of 6"
    inside.locator("#last").click()
    assert "grad 0.8399" in inside.locator("#graph").text_content()
    page.close()


def test_jupyterlab_shows_the_picture_where_the_notebook_is_not_trusted(lab: str, chromium) -> None:
    page = chromium.new_page()
    page.goto(lab.replace("lesson.ipynb", "theirs.ipynb"))
    page.wait_for_selector(".jp-OutputArea-output blockquote", timeout=60_000)
    page.wait_for_function(READY, timeout=60_000)  # a server ends badly while a kernel starts
    output = page.locator(".jp-OutputArea-output")
    assert output.locator("iframe").count() == 0
    assert output.inner_text().strip() == ""
    shown = output.locator("blockquote").evaluate("(e) => getComputedStyle(e).backgroundImage")
    picture = re.match(r'url\("data:image/svg\+xml;base64,([^"]*)"\)', shown)[1]
    assert b64decode(picture).decode() == page_of_a_cell()["image/svg+xml"]
    page.close()


def test_jupyterlab_moves_the_values_in_python_and_shows_what_is_assigned(
    lab: str, chromium
) -> None:
    pytest.importorskip("anywidget", reason='needs pip install -e ".[notebooks]"')
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(lab.replace("lesson.ipynb", "live.ipynb"))
    page.wait_for_selector(".jp-CodeCell", timeout=60_000)
    page.wait_for_function(READY, timeout=60_000)
    run_next = "() => window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
    page.evaluate(run_next)
    inside = page.frame_locator(".jp-OutputArea-output iframe")
    line = inside.locator("#live", has_text="Live: what moves here moves in Python.")
    line.wait_for(timeout=60_000)
    view = next(frame for frame in page.frames if frame.url == "about:srcdoc")
    for x in ("3", "5", "-1"):  # the last has no value, and Python keeps the one before
        inside.get_by_label("x, number").fill(x)
        wait_until(view, "!wire.waits && !wire.fresh")
    assert "log needs x > 0, got -1" in inside.locator("#alert").inner_text()
    assert "Python keeps what it had: " in inside.locator("#live").inner_text()
    inside.get_by_label("x, number").fill("7")
    inside.get_by_label("w, number").fill("2")
    wait_until(view, "!wire.waits && !wire.fresh")
    page.evaluate(run_next)
    printed = page.locator(".jp-OutputArea-output pre", has_text="7.0 2.0 3.8918202981106265")
    printed.wait_for(timeout=30_000)
    wait_until(view, "values[root] === 0")  # log(1)
    assert inside.get_by_label("x, number").input_value() == "1"
    assert not complaints
    page.close()


def test_nbconvert_that_cleans_shows_the_picture_in_text(chromium, tmp_path: Path) -> None:
    nbconvert, nbformat = pytest.importorskip("nbconvert"), pytest.importorskip("nbformat")
    shown = nbformat.reads(notebook(**page_of_a_cell()), 4)
    page = chromium.new_page()
    for cleaned in (True, False):
        exporter = nbconvert.HTMLExporter(sanitize_html=cleaned)
        file = tmp_path / f"{cleaned}.html"
        file.write_text(exporter.from_notebook_node(shown)[0], encoding="utf-8")
        page.goto(file.as_uri())
        if cleaned:
            text = page.inner_text("blockquote").replace("\xa0", " ")
            assert page_of_a_cell()["text/plain"] in text
            assert len(text) < 1000  # no source of the page
        else:
            page.frame_locator("iframe").get_by_role("heading", name="a page in a cell").wait_for()
    page.close()
