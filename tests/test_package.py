"""The package as a whole: what it imports, and what the documents say of it."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from inspect import signature
from pathlib import Path

import pytest
from test_rooms import FILES, ROOMS

import autograd
from autograd import Operation
from chainrule.command_line import main
from scripts.operations_table import MARKS, operations_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
PROSE = [*PAGES, "CONTRIBUTING.md", "notebooks/README.md"]
SOURCES = [str(path.relative_to(ROOT)) for path in FILES]
ROW_ITSELF = ("name", "forward", "partials")
FOLDERS = ["", "autograd", "nn", "viz", "chainrule", "notebooks"]  # what a path may start in


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


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_numbers_that_a_page_prints_are_the_numbers(name: str, tmp_path: Path) -> None:
    for block in python_blocks(page(name)):
        promised = re.findall(r"^ *print\(.*?\) *# (.*)$", block, re.M)
        done = run(block, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == promised


def test_the_readme_fits_and_has_code_to_run() -> None:
    assert len(README.splitlines()) < 220
    assert len(python_blocks(README)) == 4


def test_every_command_of_a_page_runs(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    blocks = re.findall(r"```sh\n(.*?)```", "".join(map(page, PAGES)), re.S)
    commands = re.findall(r"^chainrule (.*)$", "".join(blocks), re.M)
    assert len(commands) >= 8
    for command in commands:
        assert main(shlex.split(command, comments=True)) == 0, command


def test_the_table_that_a_page_shows_is_what_explain_prints(tmp_path: Path) -> None:
    text = page("docs/derivation.md")
    (code,) = [block for block in python_blocks(text) if "explain(" in block]
    _, _, rest = text.partition("<!-- explained -->\n```text\n")
    shown, end, _ = rest.partition("```")
    done = run(f"{code}\nprint('----')\nprint(table)", cwd=tmp_path)
    assert end
    assert done.stdout.partition("----\n")[2] == shown


def test_the_figures_of_the_readme_are_published_ones() -> None:
    _, _, rest = README.partition("<!-- figures -->")
    lines = rest.partition("<!-- /figures -->")[0]
    for figure in re.findall(r"\d[\d,.]*\d", lines):
        assert figure in page("docs/benchmarks.md")


def test_what_the_readme_has_in_short_stands_in_the_published_tables() -> None:
    _, _, rest = README.partition("<!-- in short -->")
    lines, end, _ = rest.partition("<!-- /in short -->")
    assert end
    assert lines.strip() in page("docs/benchmarks.md")


@pytest.mark.parametrize("name", PROSE)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page(name)):
        path, _, heading = link.partition("#")
        if not link.startswith("https:"):
            target = (ROOT / name).parent / path if path else ROOT / name
            assert target.exists(), link
            assert not heading or heading in headings(target.read_text(encoding="utf-8")), link


def headings(text: str) -> set[str]:
    """The headings of a page as links write them."""
    lines = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("name", [*PROSE, *SOURCES])
def test_every_file_that_a_page_or_a_docstring_names_is_there(name: str) -> None:
    places = [(ROOT / name).parent, *[ROOT / folder for folder in FOLDERS]]
    for path in re.findall(r"`([\w./-]+\.(?:py|js|css|ipynb|md|toml))`", page(name)):
        assert any((place / path).exists() for place in places), path


def test_the_map_of_the_house_is_the_house() -> None:
    rooms = re.findall(r"^\| `([\w/]+)/` \|", page("docs/architecture.md"), re.M)
    assert rooms == [room for room in ROOMS if not room.endswith("/__init__")]


def test_the_picture_of_the_readme_is_what_its_code_draws(tmp_path: Path) -> None:
    done = run(python_blocks(README)[0], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "graph.svg").read_text() == (ROOT / "notebooks" / "graph.svg").read_text()


def test_contributings_row_is_a_row_that_works(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 45
    (block,) = python_blocks(text)
    done = run(block, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_operations_table_of_the_docs_is_the_table() -> None:
    _, _, rest = page("docs/operations.md").partition(MARKS[0])
    written, end, _ = rest.partition(MARKS[1])
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


@pytest.mark.parametrize("name", ["setup", "check", "site", "test", "wheel"])
def test_a_script_can_be_called_and_is_whole(name: str) -> None:
    script = ROOT / "scripts" / name
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0


def test_linters_and_type_checkers_are_pinned() -> None:
    extras = tomllib.loads(page("pyproject.toml"))["project"]["optional-dependencies"]
    for tool in ("ruff", "mypy", "pyright"):
        (pin,) = [package for package in extras["dev"] if package.startswith(tool)]
        assert re.fullmatch(r"\w+==[\d.]+", pin)


def test_every_column_of_a_row_is_explained() -> None:
    columns = [name for name in signature(Operation).parameters if name not in ROW_ITSELF]
    table = re.findall(r"^\| `(\w+)` \|", page("docs/extending.md"), re.M)
    assert set(table) == {*columns, "spelling"}


def test_the_index_of_the_docs_has_every_page() -> None:
    listed = re.findall(r"^\| \[(.*?)\]", page("docs/README.md"), re.M)
    assert {f"docs/{name}" for name in [*listed, "README.md"]} | {"README.md"} == set(PAGES)


def test_the_readme_names_every_extra() -> None:
    extras = tomllib.loads(page("pyproject.toml"))["project"]["optional-dependencies"]
    for extra in extras:
        assert f"`{extra}`" in README


def test_a_bug_report_asks_for_what_can_be_pasted() -> None:
    template = page(".github/ISSUE_TEMPLATE/bug_report.md")
    assert "describe(root)" in template
    assert "again: assert_gradcheck" in template
