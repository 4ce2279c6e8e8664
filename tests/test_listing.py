"""The code beside a graph: which lines are listed, that none lies, and which steps a line has."""

import json
import linecache
import textwrap
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import pytest
from test_scripts import Scripts, scripts_of

from autograd import Value, relu, tanh
from viz.page.explore import explore
from viz.page.sources import LONGEST, MOST, NEAR, WHOLE, sources

LESSON = """\
def neuron(w, x):
    total = Value(0.2, "b")
    for wi, xi in zip(w, x):
        total = total + wi * xi
    return tanh(total)


def unused():
    return None


with sources() as lines:
    w = [Value(0.5, "w"), Value(-1.0, "v")]
    y = neuron(w, [1.0, 2.0])
    y.label = "y"
"""


@pytest.fixture
def opened(node: Any) -> Callable[..., Scripts]:
    """Runs the scripts of the page of a root."""
    return lambda root, **options: Scripts(node, explore(root, **options))


def run_file(path: FilePath, code: str) -> dict[str, Any]:
    """What a file defines that has this code."""
    path.write_text(code, encoding="utf-8")
    names = {"Value": Value, "tanh": tanh, "relu": relu, "sources": sources, "__name__": "lesson"}
    exec(compile(code, str(path), "exec"), names)
    return names


def run_cell(file: str, code: str, **names: Any) -> dict[str, Any]:
    """What a cell defines, whose text is known to linecache alone."""
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    names |= {"Value": Value, "tanh": tanh, "sources": sources, "__name__": "__main__"}
    exec(compile(code, file, "exec"), names)
    return names


def data(names: dict[str, Any]) -> dict[str, Any]:
    """What the page of y says."""
    page = explore(names["y"], sources=names["lines"], limit=None)
    return dict(json.loads(scripts_of(page)[0]))


def numbers(block: dict[str, Any]) -> list[int]:
    return [number for number, _ in block["lines"]]


# ---- what is listed ------------------------------------------------------------------------------


def test_a_short_file_is_listed_whole_and_each_node_knows_its_line(tmp_path: FilePath) -> None:
    found = data(run_file(tmp_path / "lesson.py", LESSON))
    (block,) = found["code"]
    assert block["title"] == "lesson.py"
    assert [text for _, text in block["lines"]] == LESSON.splitlines()
    lines = {v["name"]: v["line"] for v in found["nodes"] if v["kind"] != "constant"}
    assert lines["b"] == [0, 2]
    assert lines["w"] == lines["v"] == [0, 13]
    assert lines["v1"] == [0, 4]
    assert lines["y"] == [0, 5]


def test_of_a_long_file_the_functions_are_listed_that_made_something(tmp_path: FilePath) -> None:
    rest = "".join(f"unused_{k} = {k}\n" for k in range(WHOLE))
    found = data(run_file(tmp_path / "long.py", rest + LESSON))
    (block,) = found["code"]
    first = WHOLE + 1
    function = list(range(first, first + 5))
    around = list(range(first + 12 - NEAR, first + 15))
    assert numbers(block) == sorted({*function, *around})


def test_of_a_long_function_the_head_is_listed_and_what_is_near(tmp_path: FilePath) -> None:
    code = ["def f(x):", *[f"    unused_{k} = {k}" for k in range(WHOLE)], "    return tanh(x)"]
    code += ["with sources() as lines:", "    y = f(Value(1.0))"]
    found = data(run_file(tmp_path / "long.py", "\n".join(code) + "\n"))
    last = WHOLE + 2
    tail = list(range(last - NEAR, last + 3))
    assert numbers(found["code"][0]) == [1, *tail]


def test_several_files_are_several_blocks_in_the_order_of_the_nodes(tmp_path: FilePath) -> None:
    helper = run_file(tmp_path / "helper.py", "def double(x):\n    return 2 * x\n")
    code = "with sources() as lines:\n    x = Value(3.0)\n    y = tanh(double(x))\n"
    (tmp_path / "main.py").write_text(code, encoding="utf-8")
    names = {**helper, "double": helper["double"]}
    exec(compile(code, str(tmp_path / "main.py"), "exec"), names)
    found = data(names)
    assert [block["title"] for block in found["code"]] == ["helper.py", "main.py"]
    assert [v["line"] for v in found["nodes"][1:]] == [[1, 2], [0, 2], [1, 3]]


def test_cells_have_numbers_where_there_are_several() -> None:
    first = run_cell("/tmp/ipykernel_1/1.py", "def f(x):\n    return tanh(x)\n")
    code = "with sources() as lines:\n    y = f(Value(1.0))\n"
    both = run_cell("/tmp/ipykernel_1/2.py", code, f=first["f"])
    assert [block["title"] for block in data(both)["code"]] == ["cell 1", "cell 2"]
    alone = run_cell("/tmp/ipykernel_1/3.py", "with sources() as lines:\n    y = Value(1.0)\n")
    assert [block["title"] for block in data(alone)["code"]] == ["cell"]


def test_there_is_a_bound_and_what_made_a_node_comes_first(tmp_path: FilePath) -> None:
    pairs = [f"    y = y + 1\n    u{k} = 0\n" for k in range(MOST)]
    code = "with sources() as lines:\n    y = Value(1.0)\n" + "".join(pairs)
    names = run_file(tmp_path / "many.py", code)
    (block,) = data(names)["code"]
    assert len(block["lines"]) == MOST
    assert not any(" = 0" in text for _, text in block["lines"])


# ---- lines that cannot be shown as they are ------------------------------------------------------


def test_tabs_control_characters_and_long_lines_can_be_shown(tmp_path: FilePath) -> None:
    code = (
        "with sources() as lines:\n"
        "\tif True:\n"
        "\t\ty = tanh(Value(1.0))  # a\u202eb\x07c </script>\n"
        f"\t\tz = '{'long ' * 100}'\n"
    )
    page = explore((names := run_file(tmp_path / "odd.py", code))["y"], sources=names["lines"])
    assert page.html.count("</script>") == 3
    (block,) = data(names)["code"]
    texts = [text for _, text in block["lines"]]
    assert texts[1:3] == ["    if True:", "        y = tanh(Value(1.0))  # a b c </script>"]
    assert len(texts[3]) == LONGEST + 1
    assert texts[3].endswith("…")


def test_what_all_lines_are_indented_by_is_taken_away(tmp_path: FilePath) -> None:
    inner = "    def f(x):\n        return tanh(x)\n"
    code = "class A:\n" + inner + "pad = 0\n" * WHOLE
    names = run_file(tmp_path / "deep.py", code)
    exec("with sources() as lines:\n    y = A.f(Value(1.0))\n", names)
    (block,) = data(names)["code"]
    assert [text for _, text in block["lines"]] == textwrap.dedent(inner).splitlines()


# ---- a listing does not lie ----------------------------------------------------------------------


def changed(path: FilePath, code: str, now: str) -> dict[str, Any]:
    """Run a file's function after the file was changed."""
    names = run_file(path, code)
    path.write_text(now, encoding="utf-8")
    exec("with sources() as lines:\n    y = f(Value(2.0))\n", names)
    return names


@pytest.mark.parametrize("now", [
    "def f(x):\n    return relu(x)\n",
    "def f(x):\n    return tanh(2 * x)\n",
    "# moved\ndef f(x):\n    return tanh(x)\n",
    "def f(x:\n    return tanh(x)\n",
    "",
])  # fmt: skip
def test_a_line_of_a_file_that_was_changed_is_not_told(tmp_path: FilePath, now: str) -> None:
    names = changed(tmp_path / "lesson.py", "def f(x):\n    return tanh(x)\n", now)
    assert names["lines"][names["y"]] == "lesson.py:2"
    assert data(names)["code"] == []


def test_of_a_changed_file_the_lines_are_told_that_are_still_the_same(tmp_path: FilePath) -> None:
    code = "def f(x):\n    a = relu(x)\n    return tanh(a)\n"
    names = changed(tmp_path / "lesson.py", code, code.replace("relu", "abs"))
    found = data(names)
    assert [v.get("line") for v in found["nodes"] if v.get("sign") == "tanh"] == [[0, 3]]
    assert [v.get("line") for v in found["nodes"] if v.get("sign") == "relu"] == [None]


def test_what_is_changed_after_the_block_is_listed_as_it_was(tmp_path: FilePath) -> None:
    names = run_file(tmp_path / "lesson.py", LESSON)
    (tmp_path / "lesson.py").write_text("nothing = 0\n", encoding="utf-8")
    assert numbers(data(names)["code"][0]) == list(range(1, 16))


def test_a_file_that_is_gone_and_a_prompt_without_a_text_have_no_listing(
    tmp_path: FilePath,
) -> None:
    names = run_file(tmp_path / "lesson.py", "def f(x):\n    return tanh(x)\n")
    (tmp_path / "lesson.py").unlink()
    exec("with sources() as lines:\n    y = f(Value(2.0))\n", names)
    assert names["lines"][names["y"]] == "lesson.py:2"
    found = data(names)
    assert found["code"] == []
    assert not any("line" in v for v in found["nodes"])


def test_lines_of_ones_own_are_told_as_before_and_list_nothing(opened) -> None:
    y = tanh(Value(1.0, "x"))
    script = opened(y, sources={y: "by hand"})
    assert script("nodes[root].source") == "by hand"
    assert script("[graph.code.length, madeBy.size, currentLine().key]") == [0, 0, ""]


# ---- the line of a step, the steps of a line -----------------------------------------------------


@pytest.fixture
def lesson(opened, tmp_path: FilePath) -> Scripts:
    names = run_file(tmp_path / "lesson.py", LESSON)
    return opened(names["y"], sources=names["lines"])  # type: ignore[no-any-return]


def test_the_line_of_the_step_is_known_forwards_and_backwards(lesson: Scripts) -> None:
    found = []
    for at in range(1, 1 + len(lesson("steps"))):
        lesson.at(at)
        line = lesson("currentLine()")
        found.append((line["arrow"], line["key"], line["count"]))
    assert found[:5] == [
        ("→", "0:4", "1 of 4"), ("→", "0:4", "2 of 4"), ("→", "0:4", "3 of 4"),
        ("→", "0:4", "4 of 4"), ("→", "0:5", ""),
    ]  # fmt: skip
    assert found[5] == ("←", "0:5", "")
    assert {key for arrow, key, _ in found if arrow == "←"} == {"0:5", "0:4", "0:2", "0:13"}
    lesson.at(0)
    assert lesson("currentLine().key") == ""


def test_a_line_leads_to_its_steps_one_after_the_other_in_the_same_pass(lesson: Scripts) -> None:
    lesson.at(0)
    visited = []
    for _ in range(5):
        to = lesson("stepOfLine", "0:4")
        visited.append(to)
        lesson.at(to)
    assert visited == [1, 2, 3, 4, 1]
    assert lesson("steps[stepOfLine('0:2') - 1].pass") == "Backward"
    lesson.at(6)
    assert lesson("steps[stepOfLine('0:4') - 1].pass") == "Backward"


def test_a_line_is_said_with_what_it_makes(lesson: Scripts) -> None:
    said = lesson("lineText('0:13', 13, '    w = [...]')")
    assert said == "line 13: w = [...], makes w, v"
