"""What `help` shows: a page for every row, made from the table, and examples that run."""

import doctest
import inspect
import pydoc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
import viz
from autograd import OPERATIONS, NaryOperation, Operation, Value, clip, sumprod, tanh
from autograd.rules.language import BUILT_IN
from autograd.rules.manual import page

NAMES = {
    **{name: getattr(autograd, name) for name in autograd.__all__},
    **vars(nn),
    **vars(viz),
    "random": __import__("random"),
}
WITH_EXAMPLE = [
    Value, autograd.softmax, autograd.gradcheck, viz.draw, viz.explain, viz.explore,
    nn.fit, nn.save,
]  # fmt: skip


def run(text: str, **names: Any) -> int:
    """Run the examples of a docstring; how many there were."""
    test = doctest.DocTestParser().get_doctest(text, {**NAMES, **names}, "example", None, None)
    said: list[str] = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert not said, "".join(said)
    return len(test.examples)


def shown(x: Any) -> str:
    """What `help(x)` prints."""
    return pydoc.plain(pydoc.render_doc(x))


# ---- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_page_of_every_row_opens_with_its_call_and_ends_with_an_example(name: str) -> None:
    row = OPERATIONS[name]
    text = str(row.__doc__)
    assert text.startswith(f"{name}{inspect.signature(row)}\n\nz")
    assert "dz/d" in text
    assert ("It needs " in text) == (row.domain is not None)
    assert ("It has a kink where " in text) == (row.kink is not None)
    assert run(text, **{name: row}) == 4


def test_the_page_of_tanh() -> None:
    assert (
        tanh.__doc__
        == """\
tanh(x)

z     = tanh(x)
dz/dx = 1 - z * z

>>> x = Value(0.5)
>>> z = tanh(x)
>>> z.backward()
>>> round(z.data, 6), round(x.grad, 6)
(0.462117, 0.786448)"""
    )


def test_help_shows_the_page_of_a_row_and_of_its_method() -> None:
    for thing in (tanh, Value.tanh, Value.__add__, Value(1.0).tanh):
        assert "z     = " in shown(thing)
        assert ">>> z.backward()" in shown(thing)
    assert str(Value.tanh.__doc__) == tanh.__doc__


def test_a_notebook_finds_the_page_where_it_looks_for_it() -> None:
    assert inspect.getdoc(tanh) == tanh.__doc__  # `tanh?` asks so
    assert inspect.getdoc(Value.tanh) == tanh.__doc__


def test_a_class_of_rows_keeps_its_own_text() -> None:
    assert Operation.__doc__.startswith("One row: a forward rule and one partial rule per argument")
    assert NaryOperation.__doc__.startswith("A row with any number of arguments")
    assert "latex" in inspect.signature(Operation).parameters


@pytest.mark.parametrize(("f", "signature"), [
    (tanh, "(x)"), (clip, "(x, low, high)"), (sumprod, "(w, x, start=0.0)"),
    (autograd.atan2, "(y, x)"), (autograd.total, "(xs)"), (autograd.maximum, "(*xs)"),
    (autograd.leaky_relu, "(x, slope=0.01)"), (autograd.where, "(condition, a, b)"),
    (Value.tanh, "(self)"), (Value.__add__, "(self, other)"), (Value.__pow__, "(self, other)"),
    (Value.backward, "(self, seed: float = 1.0) -> None"),
    (Value, "(data: float, label: str = '') -> None"),
])  # fmt: skip
def test_signatures_read_as_one_calls(f: Callable[..., Any], signature: str) -> None:
    assert str(inspect.signature(f)) == signature


@pytest.mark.usefixtures("own_rows")
def test_rows_of_ones_own_have_pages_too() -> None:
    cube = Operation("cube", lambda x: x * x * x, lambda x, z: 3.0 * x * x)
    assert "z     = x * x * x\ndz/dx = 3 * x * x" in str(cube.__doc__)
    assert run(str(cube.__doc__), cube=cube) == 4
    norm = NaryOperation("norm1", lambda xs: autograd.total([abs(x) for x in xs]),
                         lambda xs, z: [x / abs(x) for x in xs])  # fmt: skip
    assert run(str(norm.__doc__), norm1=norm) == 4
    far = Operation("far", lambda x: autograd.log(x - 50.0), lambda x, z: 1.0 / (x - 50.0),
                    domain=lambda x: x > 50.0, kink=lambda x: x - 50.0)  # fmt: skip
    assert "It needs x > 50.\n\nIt has a kink where x - 50 = 0." in str(far.__doc__)
    assert run(str(far.__doc__), far=far) == 4


@pytest.mark.usefixtures("own_rows")
def test_a_row_that_chooses_has_a_page() -> None:
    unless = Operation(
        "unless", lambda a, b, c: autograd.where(c, b, a),
        lambda a, b, c, z: autograd.where(c, 0.0, 1.0),
        lambda a, b, c, z: autograd.where(c, 1.0, 0.0), lambda a, b, c, z: 0.0,
        chooses=lambda a, b, c: autograd.where(c, 1.0, 0.0),
    )  # fmt: skip
    assert run(str(unless.__doc__), unless=unless) == 4


@pytest.mark.usefixtures("own_rows")
def test_an_opaque_row_shows_what_it_can() -> None:
    def forward(x: float) -> float:
        return -x if x < 0 else x

    size = Operation(
        "size", forward, lambda x, z: -1.0 if x < 0 else 1.0, kink=lambda x: max(x, -x)
    )
    text = str(size.__doc__)
    assert text.startswith("size(x)\n\nIt has a kink where its `kink` is 0.")
    assert run(text, size=size) == 4


@pytest.mark.usefixtures("own_rows")
def test_a_row_that_fails_everywhere_has_a_page_without_an_example() -> None:
    never = Operation("never", lambda x: x, lambda x, z: 1.0, domain=lambda x: x > x)
    assert str(never.__doc__) == "never(x)\n\nz     = x\ndz/dx = 1\n\nIt needs x > x."


def test_a_page_takes_no_part_in_import() -> None:
    assert type(Value.tanh.__doc__) is not str
    assert page.__module__ == "autograd.rules.manual"


# ---- Value and the functions ---------------------------------------------------------------------


def test_help_of_value_opens_with_an_example_and_says_what_data_and_grad_are() -> None:
    text = shown(Value)
    assert text.index(">>> y.backward()") < text.index("Method resolution order")
    assert " |  data\n |      The number, a float" in text
    assert " |  grad\n |      The gradient d root / d this" in text
    assert "'Value'" not in text
    assert "<locals>" not in text


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("thing", WITH_EXAMPLE, ids=lambda thing: thing.__name__)
def test_the_example_of_a_docstring_runs(thing: Any) -> None:
    assert run(inspect.getdoc(thing) or "") >= 1
