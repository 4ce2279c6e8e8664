"""The README's interactive page for the site: `python -m scripts.site_parts.page FOLDER`."""

from __future__ import annotations

import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.screenshot import code_that_saves


def write(folder: Path) -> None:
    """Run the README's code, and keep its page as the index of a folder that is there."""
    code, index = code_that_saves("page.html", "README.md"), folder.resolve() / "index.html"
    with TemporaryDirectory() as work, chdir(work):
        exec(code, {})
        index.write_bytes(Path("page.html").read_bytes())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
