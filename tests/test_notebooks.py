"""Every notebook runs from top to bottom in a fresh kernel, and what is committed can be shown."""

import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.notebooks
@by_name
@pytest.mark.filterwarnings("default")  # what a kernel's own libraries warn of is not ours
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason='needs pip install -e ".[notebooks]"')
    nbclient = pytest.importorskip("nbclient", reason='needs pip install -e ".[notebooks]"')
    if path.stem == "18_everywhere":
        for library in ("jax", "sklearn", "sympy"):
            pytest.importorskip(library, reason='needs pip install -e ".[peers]"')
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()


@by_name
def test_a_notebook_has_short_cells_and_no_path_of_a_machine(path: Path) -> None:
    import json

    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert len("".join(cell["source"]).splitlines()) <= 15
    assert not re.search(r'["\s/](home|root|tmp|work|Users)/', path.read_text(encoding="utf-8"))


@by_name
def test_a_committed_notebook_shows_its_results(path: Path) -> None:
    import json

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = [cell for cell in cells if cell["cell_type"] == "code" and cell["outputs"]]
    assert len(shown) >= 5
