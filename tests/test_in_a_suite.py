"""The test files of docs/testing.md: they pass, and with a fault they fail and say where."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "testing.md").read_text(encoding="utf-8")
FILES = dict(zip(["numpy", "torch", "jax", "c"], re.findall(r"```py\w*\n(.*?)```", PAGE, re.S)))
needs_compiler = pytest.mark.skipif(
    not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")),
    reason="needs a C compiler",
)
KINDS = [
    "numpy",
    pytest.param("torch", marks=pytest.mark.peers),
    pytest.param("jax", marks=pytest.mark.peers),
    pytest.param("c", marks=needs_compiler),
]
FAULTS = {  # what is right, what is written in its place, an input that is told
    "numpy": (".sum(axis=0)}", ".mean(axis=0)}", r"b\[0\] = "),
    "torch": ("s + x * s * (1 - s)", "s + x * s * (1 + s)", r"x\[0\] = -2"),
    "jax": ("upstream * jax.nn.sigmoid(x)", "upstream * jnp.tanh(x)", r"x\[0\] = -4"),
    "c": ("d[i] = tanh(x[i])", "d[i] = tanh(x[i]) / n", r"x\[0\] = -1"),
}


def run_pytest(kind: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """pytest on a test file of its own."""
    if kind in ("torch", "jax"):
        pytest.importorskip(kind, reason='needs pip install -e ".[peers]"')
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_the_page_passes(kind: str, tmp_path: Path) -> None:
    done = run_pytest(kind, FILES[kind], tmp_path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_fault_it_fails_with_a_table_and_a_line(kind: str, tmp_path: Path) -> None:
    right, wrong, told = FAULTS[kind]
    assert right in FILES[kind]
    text = (
        FILES[kind].replace(right, wrong).replace("\n\ntest_the_backward_pass_of_the_layer()", "")
    )
    done = run_pytest(kind, text, tmp_path)
    assert done.returncode == 1
    assert "is not confirmed" in done.stdout
    assert re.search(rf"^E +wrong +{told}", done.stdout, re.M)
    assert re.search(r"^E +again: .*assert_gradcheck\(\w+, .*, gradient=\w+", done.stdout, re.M)
    assert "checking/check.py" not in done.stdout  # the traceback ends at the test


def test_the_page_shows_a_line_as_it_is_printed() -> None:
    from autograd import gradcheck

    def scaled(k):
        return gradcheck(lambda x: k * x, [2.0], gradient=lambda x: k + 1)

    assert f"again: {scaled(3.0).paste}\n" in PAGE
