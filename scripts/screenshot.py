"""The pictures of pages in README and docs: what their own code writes, in this machine's Chromium.

`python -m scripts.screenshot` writes docs/page.png and docs/playground.png; it needs the
extras `browser` and `render`.  Look at them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PICTURE, PLAYGROUND = Path("docs/page.png"), Path("docs/playground.png")
SMALL, LARGE = (900, 600), (1280, 720)  # width and height
TRAINED = "() => { while (training.epoch < 60) training.step(); openNeuron(1, 0); }"


def code_that_saves(name: str, document: str) -> str:
    """The block of a document that writes a page of this name."""
    blocks = re.split(r"```(?:python)?\n", Path(document).read_text("utf-8"))
    return next(block for block in blocks if f'save("{name}")' in block)


def at_its_last_step(view: Any) -> None:
    """The page of `explore` after all of its steps."""
    view.keyboard.press("End")


def trained(view: Any) -> None:
    """The playground after some epochs, with a neuron opened."""
    view.evaluate(TRAINED)


def screenshot(
    page: Path, picture: Path, size: tuple[int, int], prepare: Callable[[Any], None]
) -> None:
    """A page in light colours, once it was prepared."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    width, height = size
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        view.goto(page.as_uri())
        prepare(view)
        view.wait_for_timeout(1000)  # what moves has come to rest
        view.screenshot(path=picture)
        browser.close()
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256).save(picture, optimize=True)


def main() -> None:
    """Run the code, open its pages, and write the pictures into docs of the working directory."""
    for name, document, picture, size, prepare in (
        ("page.html", "README.md", PICTURE, SMALL, at_its_last_step),
        ("playground.html", "docs/playground.md", PLAYGROUND, LARGE, trained),
    ):
        code, path = code_that_saves(name, document), picture.resolve()
        with TemporaryDirectory() as folder, chdir(folder):
            exec(code, {})
            screenshot(Path(name).resolve(), path, size, prepare)
        print(f"{picture}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
