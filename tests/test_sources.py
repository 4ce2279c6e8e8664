"""`sources()`: which line of whose code made a node."""

import linecache
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value, constant, derivatives, no_grad, sumprod, tanh, topological_order
from nn import MLP
from viz.page.sources import sources


class Number:
    """A student's node, which keeps what every node keeps."""

    def __init__(self, data: float) -> None:
        self.data, self.grad = data, 0.0
        self.parents: tuple[Number, ...] = ()
        self.local_derivatives: tuple[float, ...] = ()


class Result(Number):
    """Another, which is made in a method of its own class."""

    def __init__(self, data: float, parents: tuple[Number, ...], d: tuple[float, ...]) -> None:
        super().__init__(data)
        self.parents, self.local_derivatives = parents, d

    def __add__(self, other: Number) -> "Result":
        return Result(self.data + other.data, (self, other), (1.0, 1.0))

    def twice(self) -> "Result":
        return type(self)(2.0 * self.data, (self,), (2.0,))


def test_a_node_tells_the_line_that_made_it() -> None:
    with sources() as lines:
        here, x = sys._getframe().f_lineno, Value(2.0)
        y = tanh(3 * x)
    assert lines[x] == f"test_sources.py:{here}: here, x = sys._getframe().f_lineno, Value(2.0)"
    assert lines[y] == f"test_sources.py:{here + 1}: y = tanh(3 * x)"
    assert lines[y.parents[0]] == lines[y]


@pytest.mark.parametrize("make", [
    lambda x: x + 1, lambda x: 1 - x, lambda x: x.exp(), lambda x: x**x, lambda x: -x,
    lambda x: sumprod([x], [2.0]), lambda x: sum([x, x]), lambda x: constant(1.0),
    lambda x: derivatives(x * x, x), lambda x: MLP(1, [2, 1], rng=random.Random(0))([x]),
])  # fmt: skip
def test_the_line_is_that_of_the_caller_however_deep_the_engine_is(
    make: Callable[[Value], Value],
) -> None:
    x = Value(0.5)
    with sources() as lines:
        y = make(x)
    made = [lines[v] for v in topological_order(y) if v is not x]
    assert made
    assert all("lambda x: " in text for text in made)


def test_constants_of_a_no_grad_block_have_lines_too() -> None:
    x = Value(0.5)
    with sources() as lines, no_grad():
        y = x * 2
    assert lines[y].endswith("y = x * 2")


def test_a_line_of_several_is_the_one_where_the_node_is_made() -> None:
    with sources() as lines:
        y = tanh(
            Value(1.0)
            + Value(2.0)
        )  # fmt: skip
    assert [lines[v].partition(": ")[2] for v in topological_order(y)] == [
        "Value(1.0)", "+ Value(2.0)", "Value(1.0)", "y = tanh(",
    ]  # fmt: skip


def test_only_what_is_made_inside_is_remembered() -> None:
    before = Value(1.0)
    with sources() as lines:
        y = before * before
    after = y * 2
    assert list(lines) == [y]
    assert len(lines) == 1
    assert before not in lines
    assert after not in lines
    assert repr(lines) == "<the lines of 1 node>"


def test_nodes_of_a_class_of_ones_own_tell_the_line_that_uses_the_class() -> None:
    with sources() as lines:
        a = Number(1.0)
        b = Result(2.0, (), ())
        c = b + a
    assert [lines[v].partition(": ")[2] for v in (a, b, c)] == [
        "a = Number(1.0)", "b = Result(2.0, (), ())", "c = b + a",
    ]  # fmt: skip


def test_a_method_of_a_base_class_is_no_line_of_the_users() -> None:
    class Special(Result):
        pass

    with sources() as lines:
        a = Special(1.0, (), ())
        b = a.twice()
    assert type(b) is Special
    assert lines[b].endswith(": b = a.twice()")


def test_a_class_that_answers_oddly_is_let_be() -> None:
    class Odd:
        def __init__(self) -> None:
            self.x = 1

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("ask for nothing")

    class Equal(Number):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    with sources() as lines:
        Odd()
        Equal(1.0)
    assert len(lines) == 0


def test_a_block_inside_another_is_watched_by_both() -> None:
    with sources() as outer:
        with sources() as inner:
            x = Value(1.0)
        y = x * 2
    assert inner[x] == outer[x]
    assert y in outer
    assert y not in inner


def test_nothing_watches_behind_the_block_not_even_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), sources():
        Value(1.0) / 0
    assert sys.getprofile() is None


def test_a_profile_function_that_was_there_is_called_on_and_put_back() -> None:
    seen: list[str] = []

    def profile(frame: Any, event: str, argument: Any) -> None:
        seen.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        with sources() as lines:
            x = Value(1.0)
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    assert x in lines
    assert "__init__" in seen


def test_beside_a_running_profiler_it_says_that_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "getprofile", lambda: object())
    with pytest.raises(RuntimeError, match="a profiler is running"), sources():
        pass


def run_as(file: str, code: str) -> dict[str, Any]:
    """Run code as if it stood in that file, which linecache may know."""
    names = {"Value": Value, "sources": sources, "__name__": "__main__"}
    exec(compile(code, file, "exec"), names)
    return names


@pytest.mark.parametrize(("file", "expected"), [
    ("/tmp/ipykernel_1/77.py", "line 2: y = Value(1.0)"),
    ("<ipython-input-1>", "line 2: y = Value(1.0)"),
    ("C:\\lessons\\one.py", "one.py:2: y = Value(1.0)"),
])  # fmt: skip
def test_a_cell_of_a_notebook_tells_its_line_and_no_folder_is_told(
    file: str, expected: str
) -> None:
    code = "with sources() as lines:\n    y = Value(1.0)\n"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    names = run_as(file, code)
    assert names["lines"][names["y"]] == expected


def test_code_without_a_text_tells_the_line_alone() -> None:
    names = run_as("<string>", "with sources() as lines:\n    y = Value(1.0)\n")
    assert names["lines"][names["y"]] == "line 2"
