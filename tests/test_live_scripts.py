"""The live page's scripts without a page: colours of Python, what keys do to it, and links."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from node import Node

from chainrule.live import EXAMPLES, write
from chainrule.live.document import document
from chainrule.live.showing import LARGEST

FOLDER = files("chainrule") / "live" / "browser"
PURE = ("highlight.js", "typing.js", "undo.js", "link.js")  # they ask the page for nothing


@pytest.fixture(scope="module")
def run(node: Node) -> Callable[..., Any]:
    """Runs an expression with these scripts, or calls a function of theirs."""
    source = "".join((FOLDER / name).read_text("utf-8") for name in PURE)
    node.evaluate(f"() => {{ {source}; window.scripts = (code) => eval(code); }}")

    def call(code: str, *xs: Any) -> Any:
        script = "async ([code, xs]) => { const f = scripts(code); return f(...xs); }"
        return node.evaluate(script, [code, list(xs)])

    return call


# ---- colours -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(example.text for example in EXAMPLES),
        'f"{x:.3f}" # "no text"\n',
        "'''a\nb'''\n\"\\\"\" 'open\nx",
        "é_1 = 1_000.5e-3j @ £ \U0001f600\n",
        "\t\r\n'''never closed",
        "",
    ],
)
def test_the_pieces_of_a_text_are_the_text(run, text: str) -> None:
    assert "".join(piece["text"] for piece in run("tokens", text)) == text
    lines = run("tokenLines", text)
    assert ["".join(piece["text"] for piece in line) for line in lines] == text.split("\n")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("for x in xs", {"for": "keyword", "in": "keyword", "x": "name", "xs": "name"}),
        ("1.5e-3 + x2", {"1.5e-3": "number", "x2": "name"}),
        ("a # if b", {"# if b": "remark"}),
        ("'# no' + \"it's\"", {"'# no'": "text", '"it\'s"': "text"}),
        ("information", {"information": "name"}),
        ('rb"\\""', {'rb"\\""': "text"}),
    ],
)
def test_words_have_their_colours(run, text: str, kinds: dict[str, str]) -> None:
    found = {piece["text"]: piece["kind"] for piece in run("tokens", text)}
    assert kinds.items() <= found.items()


# ---- keys ----------------------------------------------------------------------------------------


def typed(run, function: str, text: str, *more: Any) -> str:
    """A text after a key, with | for the cursor, or for both ends of what is selected."""
    start, end = text.index("|"), text.rindex("|") - (text.count("|") - 1)
    bare = text.replace("|", "")
    ends = (start,) if function == "unindent" else (start, end)
    change = run(function, bare, *ends, *more)
    if change is None:
        return text
    after = bare[: change["start"]] + change["insert"] + bare[change["end"] :]
    left, right = change["left"], change["right"]
    marks = "|" if left == right else f"|{after[left:right]}|"
    return after[:left] + marks + after[right:]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1|", "x = 1\n|"),
        ("    x = 1|", "    x = 1\n    |"),
        ("if x:|", "if x:\n    |"),
        ("if x:  # so|", "if x:  # so\n    |"),
        ("    return x|", "    return x\n|"),
        ("passes = 1|", "passes = 1\n|"),
        ("    return max(|", "    return max(\n    |"),  # it goes on
        ("    return max(1)|", "    return max(1)\n|"),
        ("    return '('  # (|", "    return '('  # (\n|"),
        ("\tif x:|", "\tif x:\n\t\t|"),
        ("\tx = 1|", "\tx = 1\n\t|"),
        ("\t\treturn x|", "\t\treturn x\n\t|"),
        ("a|b|c", "a\n|c"),
        ("d = {1: 2}|", "d = {1: 2}\n|"),
    ],
)
def test_enter_stays_in_a_block_and_opens_one_after_a_colon(run, before: str, after: str) -> None:
    assert typed(run, "newLine", before) == after


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        ("|x", "    |x", False),
        ("ab|", "ab  |", False),
        ("|a\nb|", "    |a\n    b|", False),
        ("    |a\n  b|", "|a\nb|", True),
        ("    a|", "a|", True),
        ("a|", "a|", True),
    ],
)
def test_tab_goes_in_and_back(run, before: str, after: str, back: bool) -> None:
    assert typed(run, "indent", before, back) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [("        |x", "    |x"), ("      |x", "    |x"), ("x |", "x |"), ("|x", "|x")],
)
def test_backspace_takes_back_what_tab_gave(run, before: str, after: str) -> None:
    assert typed(run, "unindent", before) == after


# ---- undo ----------------------------------------------------------------------------------------


def undone(run, changes: list[list[Any]], *steps: int) -> list[str | None]:
    """The text after each step back or forth, of a page where these texts were."""
    script = """(changes, steps) => {
      const drafts = new Drafts();
      const heading = { title: "" };
      for (const [text, ...how] of changes) drafts.add({ text, heading }, ...wordly(...how));
      return steps.map((by) => drafts.step(by)?.text ?? null);
    }"""
    return run(script, changes, list(steps))


def keys(text: str) -> list[list[Any]]:
    """The changes of a text that is typed, from an empty one on."""
    typed = [[text[: k + 1], "insertText", c, k + 1] for k, c in enumerate(text)]
    return [["", "", "", 0], *typed]


def test_undo_takes_back_a_word_and_redo_brings_it_again(run) -> None:
    steps = undone(run, keys("ab = 10"), -1, -1, -1, -1, -1, -1, 1, 1)
    assert steps == ["ab = ", "ab =", "ab ", "ab", "", None, "ab", "ab "]


def test_letters_of_two_places_are_two_changes(run) -> None:
    changes = [*keys("a"), ["ba", "insertText", "b", 1]]
    assert undone(run, changes, -1, -1) == ["a", ""]


def test_what_was_undone_is_gone_where_something_else_is_typed(run) -> None:
    script = """() => {
      const drafts = new Drafts();
      for (const text of ["", "a", "b"]) drafts.add({ text });
      drafts.step(-1);
      drafts.add({ text: "c" });
      return [1, -1, -1].map((by) => drafts.step(by)?.text ?? null);
    }"""
    assert run(script) == [None, "a", ""]


@pytest.mark.parametrize(
    ("before", "after"), [("abc", "abXc"), ("aaa", "aa"), ("", "x"), ("x", ""), ("ab", "ab")]
)
def test_the_part_that_changed_makes_one_text_of_the_other(run, before: str, after: str) -> None:
    part = run("changedPart", before, after)
    assert before[: part["start"]] + part["insert"] + before[part["end"] :] == after


# ---- links ---------------------------------------------------------------------------------------

LESSON = {"text": "é = 1\nprint('\U0001f600 &#+%')\n", "tab": "steps", "title": "Two & more"}


def test_a_link_says_what_was_on_the_page(run) -> None:
    fragment = run("packed", LESSON)
    assert run("unpacked", fragment) == LESSON
    assert fragment.startswith("#code=")
    assert fragment.isascii()


def test_a_link_of_ten_lines_is_short(run) -> None:
    assert len(run("packed", {"text": EXAMPLES[0].text, "tab": "graph", "title": ""})) < 250


def test_an_address_without_code_says_nothing(run) -> None:
    assert run("unpacked", "") is None
    assert run("unpacked", "#somewhere") is None


@pytest.mark.parametrize(
    "spoil", [lambda s: s[:-20], lambda s: s[:9] + "!" + s[9:], lambda s: "#code=AAAA"]
)
def test_a_damaged_link_is_an_error(run, spoil: Callable[[str], str]) -> None:
    fragment, _, _ = run("packed", {**LESSON, "text": EXAMPLES[0].text}).partition("&")
    reading = "(s) => unpacked(s).then(() => 'read', () => 'damaged')"
    assert run(reading, fragment) == "read"
    assert run(reading, spoil(fragment)) == "damaged"


def test_a_link_that_unpacks_to_far_too_much_is_an_error(run) -> None:
    script = """async (n) => {
      const many = new Uint8Array(n);
      const zipped = await through(many, new CompressionStream("deflate-raw"), n);
      return unpacked(`#code=${base64url(zipped)}`).catch(String);
    }"""
    assert run(script, 10**6) == "RangeError: too long"


# ---- the document --------------------------------------------------------------------------------


def test_the_page_is_one_document_that_names_nobody() -> None:
    addresses = set(re.findall(r"\w+://[\w.:/]+", document()))
    ours = {"http://localhost:8000/", "https://files.invalid/", "http://www.w3.org/2000/svg"}
    assert addresses == ours  # of one's own machine, of nobody, and a name of SVG


def test_the_page_is_written_where_it_is_asked_for(tmp_path) -> None:
    assert write(tmp_path / "live", "pyodide/") == tmp_path / "live" / "index.html"
    assert '"pyodide":"pyodide/"' in (tmp_path / "live" / "index.html").read_text("utf-8")


def test_the_command_writes_the_page(tmp_path) -> None:
    command = [sys.executable, "-m", "chainrule.live"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 'index.html'}\n"
    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert helped.stdout.startswith("usage: python -m chainrule.live")


def test_the_command_makes_the_folders_above(tmp_path) -> None:
    folder = tmp_path / "a" / "b"
    command = [sys.executable, "-m", "chainrule.live", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{folder / 'index.html'}\n"


@pytest.mark.parametrize(
    ("lock", "says"),
    [(None, "is no folder of Pyodide"), ('{"packages": {}}', "names no wheel of chainrule")],
)
def test_where_no_memory_can_be_made_the_command_says_why(tmp_path, lock, says: str) -> None:
    if lock:
        (tmp_path / "pyodide").mkdir()
        (tmp_path / "pyodide" / "pyodide-lock.json").write_text(lock, encoding="utf-8")
    command = [sys.executable, "-m", "chainrule.live", str(tmp_path / "live"), "--memory"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_picture_is_as_large_as_python_believes() -> None:
    assert f'data-largest=\\"{LARGEST}\\"' in document()


def test_no_script_of_the_page_itself_makes_elements_of_text() -> None:
    for path in FOLDER.iterdir():
        if path.name.endswith(".js") and path.name != "sight.js":
            source = path.read_text("utf-8")
            for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
                assert sink not in source, path.name
