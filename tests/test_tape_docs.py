"""What the page of the tape shows is what is printed."""

from pathlib import Path

import pytest

from autograd import Tape, Value, tanh, trace

PAGE = (Path(__file__).parent.parent / "docs" / "tape.md").read_text(encoding="utf-8")


def tape_of_the_page() -> Tape:
    w, b = Value(2.0, "w"), Value(-1.0, "b")

    def loss(x, y):
        return (tanh(w * x + b) - y) ** 2

    return trace(loss, 0.5, 1.0)


def block(word: str) -> str:
    """The text below a comment of one word."""
    _, _, rest = PAGE.partition(f"<!-- {word} -->\n```text\n")
    shown, end, _ = rest.partition("```")
    assert end
    return shown


def test_the_tape_that_the_page_shows_is_what_print_gives() -> None:
    assert block("printed") == f"{tape_of_the_page()}\n"


def test_the_calls_of_kernels_that_the_page_shows_are_its_source() -> None:
    pytest.importorskip("llvmlite", reason='needs pip install -e ".[fast]"')
    assert block("compiled") == f"{tape_of_the_page().using('compiled').source}\n"
