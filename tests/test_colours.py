"""The command line's colours: where they are shown, and that the words are the same with them."""

import io
import os
import re
import subprocess
import sys

import pytest

from chainrule.command_line import main
from chainrule.terminal import colours
from chainrule.terminal.colours import (
    BLUE,
    DERIVATIVES,
    DIM,
    ORANGE,
    REPORT,
    coloured,
    shows_colours,
)

NAMES = ["h=tanh(a)", "a=w*x", "x=0.7", "w=-1.3"]
COMMANDS = [
    ["explain", "x*h", *NAMES],
    ["explain", "exp(log_a)*relu(long_name)*log_a", "log_a=sin(q)", "long_name=q*x", "q=1", "x=2"],
    ["draw", "x*h", *NAMES],
    ["check", "abs(x)*w", "x=0", "w=2"],
    ["check", "sqrt(x)", "x=0"],
    ["check", "x*"],
]  # fmt: skip


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of today, and nobody asked for anything."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "platform", "linux")


def painted(text: str, styles: colours.Styles = DERIVATIVES) -> list[tuple[str, str]]:
    """Codes and what stands in them."""
    return re.findall(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m", coloured(text, styles))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_words_are_the_same_in_colours(words, monkeypatch, capsys) -> None:
    before = main(words), *capsys.readouterr()
    assert "\x1b" not in "".join(before[1:])
    monkeypatch.setenv("FORCE_COLOR", "1")
    after = main(words), *capsys.readouterr()
    assert "\x1b" in "".join(after[1:])
    assert tuple(re.sub(r"\x1b\[[\d;]+m", "", str(x)) for x in after) == tuple(map(str, before))


def test_a_format_that_programs_read_has_no_colours(monkeypatch, capsys) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for kind in ("txt", "md", "html", "tex"):
        assert main(["explain", "x*h", *NAMES, "--format", kind]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_derivatives_have_the_colours_of_pictures(capsys) -> None:
    assert main(["draw", "x*h", *NAMES]) == 0
    found = painted(capsys.readouterr().out)[1:]  # after the line of heads
    assert found == [
        (ORANGE, "-1.158"), (BLUE, "0.2352"), (BLUE, "0.336"), (BLUE, "0.7"), (ORANGE, "-1.3"),
        (BLUE, "0.7"), (BLUE, "0.48"), (BLUE, "1"), (ORANGE, "-0.7211"), (BLUE, "0.7"),
    ]  # fmt: skip


def test_values_and_names_have_no_colour() -> None:
    assert painted("1     x = -2.5  y = x * w") == []
    assert painted("2     inf_1 = 3      q = 1") == []
    assert painted("      = 0.336 * 0.7") == []


@pytest.mark.parametrize(
    ("number", "code"),
    [("1", BLUE), ("-0.5", ORANGE), ("0", DIM), ("inf", BLUE), ("-inf", ORANGE), ("1e-300", BLUE)],
)
def test_a_derivative_is_coloured_by_its_sign(number: str, code: str) -> None:
    assert painted(f"∂y/∂x = {number}") == [(code, number)]
    assert painted(f"d/dx = {number}  d/d#1 = 2") == [(code, number), (BLUE, "2")]


def test_nan_has_no_sign_and_no_colour() -> None:
    assert painted("∂y/∂x = nan") == []


def test_verdicts_have_colours_where_they_are_verdicts() -> None:
    said = "the gradient of ok is wrong\n  wrong         ok = 1: analytic 2\n  ok            x = 1"
    assert [word for _, word in painted(said, REPORT)] == ["wrong", "wrong", "ok"]


def test_a_terminal_shows_colours_and_a_file_does_not() -> None:
    assert shows_colours(Terminal())
    assert not shows_colours(io.StringIO())


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_who_wants_none_gets_none(name: str, monkeypatch) -> None:
    monkeypatch.setenv(name, "dumb")
    assert not shows_colours(Terminal())


def test_no_color_is_stronger_and_an_empty_one_says_nothing(monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert shows_colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not shows_colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "")
    assert shows_colours(io.StringIO())


def test_an_old_console_of_windows_is_spared(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("WT_SESSION", raising=False)
    assert not shows_colours(Terminal())
    monkeypatch.setenv("WT_SESSION", "1")
    assert shows_colours(Terminal())


def test_chainrule_alone_prints_its_help(capsys) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: chainrule")
    assert all(f"\n    {name} " in said for name in ("demo", "gpt", "explain", "draw", "check"))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
def test_a_real_terminal_gets_colours() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "chainrule", "check", "x*x", "x=3"], stdout=theirs, check=True
    )
    os.close(theirs)
    assert b"\x1b[32mok\x1b[0m" in os.read(ours, 10_000)
    os.close(ours)
