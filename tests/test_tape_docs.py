"""What the page of the tape shows is what is printed."""

from pathlib import Path

from autograd import Value, tanh, trace

PAGE = (Path(__file__).parent.parent / "docs" / "tape.md").read_text(encoding="utf-8")


def test_the_tape_that_the_page_shows_is_what_print_gives() -> None:
    w, b = Value(2.0, "w"), Value(-1.0, "b")

    def loss(x, y):
        return (tanh(w * x + b) - y) ** 2

    _, _, rest = PAGE.partition("<!-- printed -->\n```text\n")
    shown, end, _ = rest.partition("```")
    assert end
    assert shown == f"{trace(loss, 0.5, 1.0)}\n"
