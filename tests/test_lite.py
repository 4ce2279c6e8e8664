"""Notebooks in the reader's browser, opened by a link from a plain file server."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.site

IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
MINUTE = 60_000  # milliseconds: the start of Python on a busy machine


class Reader:
    """A person with a notebook open in a browser of their own."""

    def __init__(self, browser: Any, address: str, notebook: str) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.server = "/".join(address.split("/")[:3])
        self.page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        self.page.set_default_timeout(MINUTE)
        self.page.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto(f"{address}lite/notebooks/index.html?path={notebook}")
        self.page.wait_for_selector(IDLE)

    def _hear(self, message: Any) -> None:
        url = message.location["url"]
        if message.type == "error" and url != f"{self.server}/favicon.ico":  # a browser's own wish
            self.complaints.append(f"{message.text} {url}")

    def cell(self, text: str) -> Any:
        """The first code cell with this text in it."""
        return self.page.locator(".jp-CodeCell", has_text=text).first

    def write(self, text: str, code: str) -> str:
        """Write this into the first cell with this text, which it keeps, and read what it says."""
        cell = self.cell(text)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_selector(IDLE)
        return str(cell.locator(".jp-OutputArea-output").inner_text()).strip()

    def run_all(self) -> None:
        self.page.locator(".lm-MenuBar-item", has_text="Run").click()
        self.page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        self.page.wait_for_function(
            """() => [...document.querySelectorAll(".jp-CodeCell .jp-InputArea-prompt")]
              .every((prompt) => /\\d/.test(prompt.textContent))"""
        )

    @property
    def strangers(self) -> list[str]:
        """The requests to anybody else."""
        own = (self.server, "blob:", "data:")
        return [request for request in self.requests if not request.startswith(own)]


def test_a_notebook_opens_by_a_link_runs_and_writes_files_in_the_browser(
    chromium: Any, site_address: str
) -> None:
    reader = Reader(chromium, site_address, "01_values_and_graphs.ipynb")
    reader.run_all()
    page = reader.page
    assert page.locator(".jp-OutputArea-output img, .jp-OutputArea-output svg").count() >= 4
    frame = page.frame_locator(".jp-OutputArea-output iframe")
    frame.locator("#graph").wait_for()
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert "confirmed" in reader.cell('print("confirmed")').inner_text()
    first = "from autograd import Value"
    said = reader.write(first, f"{first}\ndraw(y).save('y.svg')\nprint('written')")
    assert said == "written"
    page.goto(f"{site_address}lite/")
    page.locator(".jp-DirListing-item", has_text="y.svg").wait_for()
    assert reader.strangers == []
    assert reader.complaints == []


def test_the_worksheet_judges_keeps_and_gives_away_the_answers(
    chromium: Any, site_address: str
) -> None:
    reader = Reader(chromium, site_address, "13_worksheet.ipynb")
    page = reader.page
    reader.cell("from chainrule.worksheet").locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    assert "not yet" in reader.write("check(1,", "by_a = 3\nby_b = 5\ncheck(1, by_a, by_b)")
    assert "right" in reader.write("check(1,", "by_a = 5\nby_b = 3\ncheck(1, by_a, by_b)")
    page.keyboard.press("Control+S")
    page.reload()
    page.wait_for_selector(IDLE)
    assert "by_a = 5" in reader.cell("check(1,").inner_text()
    assert "right" in reader.cell("check(1,").locator(".jp-OutputArea-output").inner_text()
    with page.expect_download() as download:
        page.locator(".jp-NotebookPanel-toolbar").get_by_text("Download").click()
    notebook = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "13_worksheet.ipynb"
    assert any("by_a = 5" in "".join(cell["source"]) for cell in notebook["cells"])
    assert reader.strangers == []
    assert reader.complaints == []
