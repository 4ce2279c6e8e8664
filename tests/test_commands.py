"""`chainrule explain|draw|explore|check`: what they print and write, and their exit codes."""

import io
import re
import subprocess
import sys
import webbrowser
from pathlib import Path
from random import Random

import pytest
from test_expressions import NUMBERS, Grammar, with_faults

from chainrule.command_line import main, parser

NEURON = ["tanh(a)", "a=w*x + b", "x=0.7", "w=-1.3", "b=0.2"]


def run(*words: str) -> int:
    """The exit code of a command line."""
    return main(words)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser is asked to open."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    return opened


Capture = pytest.CaptureFixture[str]


# ---- what they do --------------------------------------------------------------------------------


def test_explain_prints_the_derivation(capsys: Capture) -> None:
    assert run("explain", *NEURON) == 0
    out = capsys.readouterr().out
    assert out.startswith("y = -0.6107: its derivatives, outputs before inputs\n")
    assert "a = -0.71" in out
    assert "∂y/∂x = ∂y/∂a * ∂a/∂x" in out


def test_explain_wrt_prints_the_ledger_of_paths(capsys: Capture) -> None:
    assert run("explain", "x*x + sin(x)", "x=2", "--wrt", "x") == 0
    assert capsys.readouterr().out.startswith("3 paths lead from y to x")


def test_a_name_asked_for_twice_is_one_name() -> None:
    assert run("explain", "x*x", "x=2", "--wrt", "x", "--wrt", "x") == 0


def test_explain_has_rows_for_weights(capsys: Capture) -> None:
    assert run("explain", "sumprod([w], [x], b)", "w=1", "x=2", "b=3") == 0
    assert re.findall(r"^1     (\w+) =", capsys.readouterr().out, re.M) == ["w", "x", "b"]


@pytest.mark.parametrize(("kind", "mark"), [
    ("txt", "step  variable"), ("md", "| step |"), ("html", "<table"), ("tex", "longtable"),
])  # fmt: skip
def test_explain_prints_and_writes_every_format(kind: str, mark: str, capsys: Capture) -> None:
    assert run("explain", *NEURON, "--format", kind) == 0
    assert mark in capsys.readouterr().out
    assert run("explain", *NEURON, "--out", f"table.{kind}") == 0
    assert mark in Path(f"table.{kind}").read_text(encoding="utf-8")
    assert capsys.readouterr().out == f"wrote table.{kind}\n"


def test_draw_prints_the_graph_with_gradients_and_says_how_to_save_it(capsys: Capture) -> None:
    assert run("draw", *NEURON) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^x +variable +0\.7 +-0\.8152$", out, re.M)
    assert "--out picture.svg" in err


@pytest.mark.parametrize(("name", "start"), [
    ("p.svg", b"<"), ("p.dot", b"digraph"), ("p.txt", b"node"), ("P.SVG", b"<"),
])  # fmt: skip
def test_draw_writes_files(name: str, start: bytes) -> None:
    assert run("draw", *NEURON, "--out", name) == 0
    assert Path(name).read_bytes().lstrip(b"/ ").startswith(start)


def test_draw_prints_svg_and_dot(capsys: Capture) -> None:
    assert run("draw", *NEURON, "--format", "svg") == 0
    assert "</svg>" in capsys.readouterr().out
    assert run("draw", *NEURON, "--format", "dot") == 0
    assert "digraph" in capsys.readouterr().out


def test_draw_opens_a_picture(browser: list[str], tmp_path: Path) -> None:
    assert run("draw", *NEURON, "--open") == 0
    assert browser == [(tmp_path / "chainrule-draw.svg").as_uri()]
    assert "</svg>" in Path("chainrule-draw.svg").read_text(encoding="utf-8")


def test_explore_writes_a_page_and_says_where(capsys: Capture) -> None:
    assert run("explore", *NEURON) == 0
    said = "wrote chainrule-explore.html: open it in a browser, or add --open\n"
    assert capsys.readouterr().out == said
    assert "a=w*x + b" in Path("chainrule-explore.html").read_text(encoding="utf-8")


def test_explore_opens_the_page(browser: list[str], tmp_path: Path) -> None:
    assert run("explore", *NEURON, "--out", "lesson one.html", "--open") == 0
    assert browser == [(tmp_path / "lesson one.html").as_uri()]


@pytest.mark.parametrize("answer", ["no", "error"])
def test_where_no_browser_is_the_address_is_said(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(address: str) -> bool:
        if answer == "error":
            raise webbrowser.Error("none")
        return False

    monkeypatch.setattr(webbrowser, "open", fail)
    assert run("draw", *NEURON, "--open") == 0
    assert "no browser was found: open file://" in capsys.readouterr().err


def test_check_confirms_every_gradient(capsys: Capture) -> None:
    assert run("check", *NEURON) == 0
    out = capsys.readouterr().out
    assert out.startswith("the gradient of tanh(a) is confirmed: 3 of 3 derivatives agree")
    assert re.findall(r"ok +(\w) = ", out) == ["x", "w", "b"]


def test_check_wrt_checks_these_only(capsys: Capture) -> None:
    assert run("check", *NEURON, "--wrt", "x", "--wrt", "b") == 0
    assert run("check", *NEURON, "--wrt", "x, b") == 0
    first, second = re.findall(r"2 of 2(?:.|\n)*?x = 0.7(?:.|\n)*?b = 0.2", capsys.readouterr().out)
    assert first == second


def test_a_check_that_fails_exits_with_1(capsys: Capture) -> None:
    assert run("check", "sqrt(x)", "x=0") == 1
    out = capsys.readouterr().out
    assert "is not confirmed: 0 of 1" in out
    assert "undefined     x = 0" in out
    assert "again:" not in out


def test_a_kink_is_no_failure(capsys: Capture) -> None:
    assert run("check", "relu(x)", "x=0") == 0
    assert "kink" in capsys.readouterr().out


def test_check_writes_a_page(capsys: Capture) -> None:
    assert run("check", *NEURON, "--out", "report.html") == 0
    assert "is confirmed" in Path("report.html").read_text(encoding="utf-8")
    assert run("check", *NEURON, "--out", "report", "--format", "txt") == 0
    assert "ok            x = 0.7" in Path("report.txt").read_text(encoding="utf-8")
    assert run("check", *NEURON, "--format", "html") == 0
    assert "<table>" in capsys.readouterr().out


# ---- the words of a command line -----------------------------------------------------------------


@pytest.mark.parametrize("words", [
    ["-x*2", "x=3"], ["-h*2", "h=3"], ["--2*x", "x=-3"], ["--", "--x", "x=-6"], [" -x*2", "x=3"],
    ["-x*2", "--wrt", "x", "x=3"], ["--wrt", "x", "-x*2", "x=3"], ["-x*2", "x=3", "--wrt=x"],
    ["-x*t", "x=3", "--wrt", "x", "t=2"], ["-x*t", "--format", "txt", "x = 3", "t= 2"],
])  # fmt: skip
def test_a_minus_may_lead_and_options_may_stand_anywhere(words: list[str], capsys: Capture) -> None:
    assert run("explain", *words) == 0
    out, err = capsys.readouterr()
    assert "y" in out
    assert err == ""


def test_one_run_leaves_nothing_for_the_next() -> None:
    for name in ("x", "t"):
        assert run("explain", name, "--wrt", name, f"{name}=1") == 0


@pytest.mark.parametrize(("words", "message"), [
    (["tann(x)", "x=1"], "there is no function tann: did you mean tan or tanh?\n  tann(x)\n  ^"),
    (["x*t", "x=1"], "t has no value: give it one, t=0.5 say\n  x*t\n    ^"),
    (["x", "x=1", "t=2"], "t is not used by the expression: leave it out\n  t=2\n  ^"),
    (["x", "x", "=", "1"], "'x' gives no name a value: write x=0.7 without blanks"),
    (["w", "*", "x"], "'*' gives no name a value: write x=0.7 without blanks, and the expression"),
    (["x", "x=1", "x=2"], "x has two values, 1 and 2: leave one out"),
    (["x", "x="], "x has no value: write x=0.5, no space around ="),
    (["x", "=1"], "a name is made of the letters a to z"),
    (["", "x=1"], 'the expression is empty: write "tanh(w*x + b)", say\n'),
    (["log(x)", "x=-1.5"], "log needs x > 0, got -1.5 (label 'x')\n  log(x)\n  ^"),
    (["x", "x=1", "--wrt", "w"], "--wrt w: the expression has no such name; there are x, y"),
    (["rate", "rate=1", "--wrt", "rat"], "did you mean rate?"),
    (["x*t", "x=1", "t=1", "--wrt", "x,t"], "explain follows one name at a time, got x and t"),
    (["x", "x=1", "--out", "t.doc"], "the file's name must end in .txt or .md or .html or .tex"),
    (["x", "x=1", "--out", ""], "the file's name must end in"),
    (["x", "x=1", "--out", "a.md", "--format", "tex"], "--out says .md and --format says tex"),
    (["x", "x=1", "--out", "no/a.md"], "there is no folder no: make it, then save again"),
])  # fmt: skip
def test_bad_input_is_one_message_and_exit_code_2(
    words: list[str], message: str, capsys: Capture
) -> None:
    assert run("explain", *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("chainrule: ")
    assert message in err


@pytest.mark.parametrize(("words", "message"), [
    (["draw", "x", "x=1", "--format", "png"], "a PNG is no text to print: add --out picture.png"),
    (["explore", "x", "x=1", "--out", "a.svg"], "the file's name must end in .html, got 'a.svg'"),
    (["check", *NEURON, "--wrt", "a"], "a is made from other names, and check moves numbers: x, w"),
    (["draw", "+".join([f"sin({i}*x)" for i in range(160)]), "x=1"], "nodes, and a picture is"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(words: list[str], message: str, capsys: Capture) -> None:
    assert run(*words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("words", "message"), [
    (["draw"], "required: EXPRESSION"),
    (["draw", "x", "--zoom", "x=1"], "there is no option --zoom"),
    (["draw", "x", "x=1", "--format", "gif"], "invalid choice: 'gif'"),
])  # fmt: skip
def test_a_wrong_option_exits_with_2(words: list[str], message: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(*words)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["explain", "draw", "explore", "check"])
def test_help_names_every_function(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit, match="0"):
        run(command, "--help")
    out = capsys.readouterr().out
    assert {"logsumexp", "tanh,", "--out", "EXPRESSION"} <= set(re.split(r"[\s.]+", out))
    assert max(map(len, out.splitlines())) <= 100


def test_no_random_input_gives_a_traceback(capsys: Capture) -> None:
    rng = Random(4)
    codes = set()
    for i in range(300):
        text, _ = Grammar(rng).expression()
        if i % 3 == 0:
            text = with_faults(text, rng)
        used = re.findall(r"[a-z]+", text)
        values = [f"{name}={x}" for name, x in NUMBERS.items() if name in used]
        codes.add(run(rng.choice(["explain", "draw", "check"]), f"({text})", *values))
    assert codes == {0, 1, 2}


# ---- output --------------------------------------------------------------------------------------


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "chainrule", "explain", *NEURON],
        cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_terminal_without_our_signs_shows_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(screen, encoding="ascii"))
    assert run("explain", "x*2", "x=1") == 0
    assert b"?y/?x = 2" in screen.getvalue()


def test_the_tab_key_knows_commands_and_options() -> None:
    shtab = pytest.importorskip("shtab", reason='needs pip install -e ".[dev]"')
    for shell in ("bash", "zsh"):
        script = shtab.complete(parser(), shell=shell)
        for word in ("explain", "demo", "--wrt", "--epochs"):
            assert word in script
