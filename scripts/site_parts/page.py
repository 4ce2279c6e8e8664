"""The README's interactive page for the site: `python -m scripts.site_parts.page FOLDER`."""

from __future__ import annotations

import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.screenshot import page_code


def write(folder: Path) -> None:
    """Run the README's code, and keep its page as the index of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    code, index = page_code(), folder.resolve() / "index.html"
    with TemporaryDirectory() as work, chdir(work):
        exec(code, {})
        index.write_bytes(Path("page.html").read_bytes())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
