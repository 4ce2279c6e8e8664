"""The package as a whole: what it imports, and what the documents say of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from scripts.operations_table import operations_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(code: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, **options)


def test_the_engine_imports_no_third_party_module() -> None:
    code = (
        "import sys; before = set(sys.modules); import autograd; "
        "print(*{m.partition('.')[0] for m in set(sys.modules) - before} "
        "- set(sys.stdlib_module_names))"
    )
    assert run(code).stdout.split() == ["autograd"]


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_the_numbers_that_the_readme_prints_are_the_numbers(tmp_path: Path) -> None:
    blocks = python_blocks(README)
    assert len(blocks) >= 2
    for block in blocks:
        promised = re.findall(r"^print\(.*?\) *# (.*)$", block, re.M)
        done = run(block, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == promised


def test_the_table_that_the_readme_shows_is_what_explain_prints(tmp_path: Path) -> None:
    (code,) = [block for block in python_blocks(README) if "explain(" in block]
    _, _, rest = README.partition("<!-- explained -->\n```text\n")
    shown, end, _ = rest.partition("```")
    done = run(f"{code}\nprint('----')\nprint(table)", cwd=tmp_path)
    assert end
    assert done.stdout.partition("----\n")[2] == shown


def test_the_picture_of_the_readme_is_what_its_code_draws(tmp_path: Path) -> None:
    code = python_blocks(README)[0].replace('"y": y}', '"y": y}, engine="own"')
    done = run(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "graph.svg").read_text() == (ROOT / "notebooks" / "graph.svg").read_text()


def test_contributings_row_is_a_row_that_works(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 45
    (block,) = python_blocks(text)
    done = run(block, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_operations_table_of_the_readme_is_the_table() -> None:
    _, _, rest = README.partition("<!-- operations -->\n")
    written, end, _ = rest.partition("<!-- /operations -->")
    assert end
    assert written.strip() == operations_table().strip(), (
        "run: python -m scripts.operations_table --write"
    )


def test_the_version_stands_in_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{autograd.__version__}]" in changelog


@pytest.mark.parametrize("command", ['pip install -e ".[all]" && chainrule demo',
                                     'pip install -e ".[test]" && pytest'])  # fmt: skip
def test_the_readme_has_the_two_commands(command: str) -> None:
    assert command in README
