"""The README's screenshot: the page that its own code writes, in the Chromium of this machine.

`python -m scripts.screenshot` writes docs/page.png; it needs the extra `browser`.  Look at it.
"""

from __future__ import annotations

import re
import shutil
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

PICTURE = Path("docs/page.png")
WIDTH, HEIGHT = 900, 600


def page_code() -> str:
    """The block of the README that writes page.html."""
    blocks = re.split(r"```(?:python)?\n", Path("README.md").read_text("utf-8"))
    return next(block for block in blocks if 'save("page.html")' in block)


def screenshot(page: Path, picture: Path) -> None:
    """A page at its last step, in light colours."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        view.goto(page.as_uri())
        view.keyboard.press("End")
        view.wait_for_timeout(1000)  # what moves has come to rest
        view.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Run the code, open its page, and write the picture into docs of the working directory."""
    code, picture = page_code(), PICTURE.resolve()
    with TemporaryDirectory() as folder, chdir(folder):
        exec(code, {})
        screenshot(Path("page.html").resolve(), picture)
    print(f"{PICTURE}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
