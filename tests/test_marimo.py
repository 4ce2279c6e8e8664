"""marimo shows a live page: a notebook is opened in a real browser, a slider moves."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
pytest.importorskip("marimo", reason='needs pip install -e ".[browser]"')
pytest.importorskip("anywidget", reason='needs pip install -e ".[notebooks]"')

NOTEBOOK = """\
import marimo
app = marimo.App()

@app.cell
def _():
    from autograd import Value
    from viz import explore
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = x * w
    explore(y, title="a live page", live=True)
    return
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of the notebook, served on this machine only."""
    (tmp_path / "live.py").write_text(NOTEBOOK, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--headless", "--no-token", "--host=127.0.0.1", f"--port={port}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "marimo", "run", tmp_path / "live.py", *options],
            stdout=log,
            stderr=log,
        )
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def test_marimo_shows_a_live_page_and_python_answers_its_moves(address, chromium) -> None:
    page = chromium.new_page()
    page.goto(address)
    inside = page.frame_locator("iframe")
    line = inside.locator("#live", has_text="Live: what moves here moves in Python.")
    line.wait_for(timeout=60_000)
    view = next(frame for frame in page.frames if frame.url == "about:srcdoc")
    inside.get_by_label("w, number").fill("5")
    for _ in range(200):
        if view.evaluate("wire.sent === 1 && !wire.waits && !unsaid.size"):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("Python did not answer")
    page.close()
