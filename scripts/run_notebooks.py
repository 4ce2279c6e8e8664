"""Notebooks run anew, their committed outputs written: `python -m scripts.run_notebooks 01 12`.

Without names, all of them.  Needs the extra `notebooks`; look at what changed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FOLDER = Path("notebooks")


def run(path: Path) -> None:
    """Run a notebook in a folder of its own, and write its outputs; all else stays."""
    import nbclient
    import nbformat

    library: Any = nbformat  # of which some functions have no types
    notebook = library.read(path, as_version=4)
    metadata = dict(notebook.metadata)
    with TemporaryDirectory() as folder:
        nbclient.NotebookClient(
            notebook,
            timeout=300,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        ).execute()
    notebook.metadata = metadata  # the kernel's own has its version
    library.write(notebook, path)


def main() -> None:
    """Run those whose names begin so, or all."""
    wanted = tuple(sys.argv[1:]) or ("",)
    for path in sorted(FOLDER.glob("*.ipynb")):
        if path.name.startswith(wanted):
            print(path.name, flush=True)
            run(path)


if __name__ == "__main__":
    main()
