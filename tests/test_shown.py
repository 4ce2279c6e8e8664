"""What a name holds that steers a terminal or breaks a file is not shown; what is markup is."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from xml.dom.minidom import parseString

import pytest

from autograd import Operation, Value, gradcheck, log, paths, steps, tanh
from autograd.rules.language import OPERATIONS
from autograd.rules.words import JOINERS, one_line
from chainrule.command_line import main
from nn import MLP
from viz import draw, draw_network, explain, explore
from viz.drawing.check_page import report_html

STEERS = "\x1b[31m\x07\x9b31m\u202e\u2028\x00\ufffex"  # colours, bell, direction, lines, NUL
MARKUP = "</text></script><q>&\"']]>"


@pytest.fixture
def row():
    made = Operation("marked", lambda x: x * 1.0, lambda x, z: 3.0, symbol=MARKUP)
    yield made
    del OPERATIONS["marked"]


def named(label: str) -> Any:
    """w tanh(w x), where x and the root have the same label."""
    x, w = Value(0.5, label), Value(2.0, "w")
    y = w * tanh(w * x)
    y.label = label
    y.backward()
    return y


TEXTS: dict[str, Callable[[Any, Any], str]] = {
    "repr": lambda x, y: repr(y),
    "path": lambda x, y: str(next(paths(y, x))),
    "steps": lambda x, y: "\n".join(map(str, steps(y))),
    "draw": lambda x, y: str(draw(y)),
    "draw names": lambda x, y: str(draw(y, names={STEERS: y.parents[0]})),
    "dot": lambda x, y: draw(y).dot,
    "explain": lambda x, y: str(explain(y)),
    "explain wrt": lambda x, y: str(explain(y, wrt=x)),
    "Markdown": lambda x, y: explain(y).markdown,
    "TeX": lambda x, y: explain(y).latex,
    "HTML": lambda x, y: explain(y).html,
    "SVG": lambda x, y: draw(y).svg,
    "own SVG": lambda x, y: draw(y, engine="own").svg,
    "page": lambda x, y: explore(y, title=x.label, sources={x: x.label}).html,
    "error": lambda x, y: (
        told(lambda: log(x - 1)) + told(lambda: 1 / (x * 0)) + told(lambda: x / 0)
    ),
}


def told(call: Callable[[], Any]) -> str:
    with pytest.raises((ArithmeticError, ValueError)) as error:
        call()
    return str(error.value)


def steering(text: str) -> set[str]:
    """The characters of a text that are none to be shown, but for those that join others."""
    return {c for c in text if not c.isprintable()} - {"\n", "\t", *JOINERS}


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_no_label_steers_a_terminal_or_breaks_a_file(make: Callable[[Any, Any], str]) -> None:
    y = named(STEERS)
    x = y.parents[1].parents[0].parents[1]
    assert x.label == STEERS
    assert not steering(make(x, y))


def test_no_name_in_a_report_steers_a_terminal(row) -> None:
    def f(**inputs: Any) -> Any:
        return row(inputs[STEERS])

    f.__name__ = STEERS
    report = gradcheck(f, {STEERS: 0.5})
    assert not report.ok
    assert not steering(repr(report) + report_html(report))
    y = named(STEERS)
    assert not steering(repr(gradcheck(row(y) + y)))


def test_no_label_of_a_parameter_breaks_the_picture_of_a_network() -> None:
    model = MLP(2, [3, 2], rng=Random(0))
    for p in model.parameters():
        p.label = STEERS
    picture = draw_network(model, features=[STEERS, MARKUP])
    parseString(picture.svg)
    assert not steering(picture.svg + str(picture))


@pytest.mark.parametrize("column", ["symbol", "latex"])
def test_a_row_is_written_in_characters_that_can_be_shown(column: str) -> None:
    with pytest.raises(ValueError, match="a row is written in characters that can be shown"):
        Operation("steers", lambda x: x, lambda x, z: 1.0, **{column: STEERS})  # type: ignore[arg-type]
    assert "steers" not in OPERATIONS


def test_a_symbol_of_markup_is_text_in_a_picture(row) -> None:
    y = row(Value(2.0, MARKUP))
    svg = draw(y).svg
    assert MARKUP in "".join(
        t.firstChild.data for t in parseString(svg).getElementsByTagName("text")
    )
    assert "<q>" not in svg + explain(y).html + explore(y).html + report_html(gradcheck(y))


def test_a_file_name_and_a_column_steer_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i % 3},{i % 5},{'odd' if i % 2 else 'even'}\x1b[31m\n" for i in range(12))
    Path("a\x1b[31m.csv").write_text(f"a\x1b[31m,b,kind\n{rows}", encoding="utf-8")
    assert main(["draw", "x*x", "x=1", "--out", "y\x1b[31m.svg"]) == 0
    for options in (["--data", "a\x1b[31m.csv"], ["--data", "b\x1b[31m.csv"]):
        assert main(["demo", *options]) == 2
    said = capsys.readouterr()
    assert "has the columns" in said.err
    assert not steering(said.out + said.err)


@pytest.mark.slow
def test_the_demo_of_a_table_whose_names_steer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    rows = "".join(f"{i % 3},{i % 5},{'odd' if i % 2 else 'even'}\x1b[31m\n" for i in range(20))
    file.write_text(f"a\x1b[31m,b,kind\n{rows}", encoding="utf-8")
    command = ["demo", "--data", str(file), "--target", "kind", "--epochs", "1"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert not steering(capsys.readouterr().out)


ALPHABET = (
    "abxyzλ∂0123_.[]() \n\t\\/<>&\"'{}|$%#`;\r\x00\x07\x08\x1b\x7f\x85\x9b"
    "\u200b\u200d\u202e\u2066\u2028\ufeff\ufffe\ud800\U000e0041\U0001f600"
)


@pytest.mark.slow
def test_a_thousand_labels_of_any_characters_steer_nothing_and_break_nothing(rng: Random) -> None:
    for _ in range(1000):
        label = "".join(rng.choices(ALPHABET, k=rng.randrange(1, 12)))
        y = named(label)
        x = y.parents[1].parents[0].parents[1]
        for name, make in TEXTS.items():
            if name != "SVG":  # by Graphviz, a process each
                assert not steering(make(x, y)), (name, label)
        parseString(draw(y, engine="own").svg)
        page = explore(y, engine="own").html
        (data,) = re.findall(
            r'<script type="application/json" id="data">(.*?)</script>', page, re.S
        )
        name = one_line(label)
        named_by_label = name[-1:] not in ("", ".")  # what ends in a dot names a group, no node
        assert json.loads(data)["nodes"][1]["name"] == name or not named_by_label
