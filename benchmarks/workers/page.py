"""The page of a random program in Chromium: its size, how soon it answers, a slider's step.

The browser is started before the clock; the page is opened from a file, in a context of its own.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.workers.drawing import program
from viz import Page, explore

STEPS = 60  # places of the slider
SLIDE = """
(steps) => {
  const times = { computed: [], shown: [] };
  for (let k = 0; k < steps; k++) {
    const start = performance.now();
    set([[variables[0], (2 * k) / steps - 1]]);
    times.computed.push(performance.now() - start);
    show({ say: false });
    document.body.getBoundingClientRect(); // lays the page out
    times.shown.push(performance.now() - start);
  }
  return times;
}
"""


@contextmanager
def answering(page: Page) -> Iterator[tuple[Any, float]]:
    """The page on a screen, and how many seconds it took until it answered a key."""
    sync_api: Any = importlib.import_module("playwright.sync_api")
    with TemporaryDirectory() as folder, sync_api.sync_playwright() as playwright:
        path = page.save(Path(folder) / "page.html")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        screen = browser.new_page()
        start = perf_counter()
        screen.goto(path.as_uri())
        first = screen.inner_text("#count")
        screen.keyboard.press("ArrowRight")
        screen.wait_for_function("(first) => count.innerText !== first", arg=first)
        yield screen, perf_counter() - start
        browser.close()


def measure(nodes: int) -> dict[str, Any]:
    """Bytes of the page, seconds until a key is answered, milliseconds of each slider step."""
    page = explore(program(nodes), engine="own")
    with answering(page) as (screen, seconds):
        screen.keyboard.press("End")  # where every number is shown
        times = screen.evaluate(SLIDE, STEPS)
    return {"bytes": len(page.html.encode()), "seconds": seconds, **times}
