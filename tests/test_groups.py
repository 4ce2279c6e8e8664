"""`group`: what is made in its block is labelled as a group, and nothing else is."""

import asyncio
import contextvars
import threading

import pytest

from autograd import Value, constant, describe, group, no_grad, sumprod, tanh, topological_order
from autograd.recording import grouping, open_blocks


def labels(root: Value) -> list[str]:
    return [v.label for v in topological_order(root)]


def test_nodes_of_a_block_have_its_name_before_their_labels() -> None:
    x = Value(3.0, "x")
    with group("square"):
        y = x * x
        y.label = "y"
    z = y + x
    assert labels(z) == ["x", "square.y", ""]


def test_a_node_without_a_label_is_in_the_group_and_has_no_name() -> None:
    with group("square"):
        y = Value(3.0, "x") ** 2
    assert y.label == "square."
    assert repr(next(iter([y]))) == "Value(9, grad=0, label='square.')"


def test_variables_made_in_a_block_are_in_the_group_and_constants_are_not() -> None:
    with group("neuron"):
        w, c = Value(2.0, "w"), constant(1.0)
        a = sumprod([w], [3.0], c)
    assert (w.label, c.label, a.label) == ("neuron.w", "", "neuron.")
    assert [p.label for p in a.parents] == ["neuron.w", "", ""]


def test_labels_are_the_writer_s_own_until_the_block_ends() -> None:
    with group("h"):
        x = Value(1.0, "x")
        assert x.label == "x"
    assert x.label == "h.x"


def test_blocks_nest() -> None:
    with group("attention"):
        q = Value(1.0, "q")
        with group("head[0]"):
            s = q * q
            s.label = "s"
        out = s + 1
    assert labels(out) == ["attention.q", "attention.head[0].s", "", "attention."]
    assert describe(out).groups == 2


def test_one_group_may_be_entered_again_also_inside_of_itself() -> None:
    block = group("g")
    with block:
        with block:
            x = Value(1.0, "x")
        y = Value(1.0, "y")
    with block:
        z = Value(1.0, "z")
    assert [x.label, y.label, z.label] == ["g.g.x", "g.y", "g.z"]


def test_an_error_ends_the_block() -> None:
    x = Value(1.0, "x")
    with pytest.raises(ZeroDivisionError), group("g"):
        (x * 2) / 0.0
    assert x.label == "x"
    assert not open_blocks
    assert not grouping.get()


def test_what_is_not_recorded_is_in_no_group() -> None:
    x = Value(1.0)
    with group("g"), no_grad():
        y = x * x
    with no_grad(), group("g"):
        z = x * x
    assert (y.label, z.label) == ("", "")
    assert y.is_constant
    assert z.is_constant


def test_gradients_do_not_change() -> None:
    def f(x: Value) -> Value:
        return tanh(x * x) / (x + 2)

    x, y = Value(0.7), Value(0.7)
    f(x).backward()
    with group("f"):
        root = f(y)
    root.backward()
    assert x.grad == y.grad


def test_other_threads_are_in_no_group() -> None:
    made = []
    with group("g"):
        thread = threading.Thread(target=lambda: made.append(Value(1.0, "x") * 2))
        thread.start()
        thread.join()
    assert labels(made[0]) == ["x", "", ""]


def test_tasks_have_groups_of_their_own() -> None:
    async def work(name: str) -> Value:
        with group(name):
            x = Value(1.0, "x")
            await asyncio.sleep(0)
            return x * Value(2.0, "y")

    async def both() -> list[Value]:
        return list(await asyncio.gather(work("a"), work("b")))

    first, second = asyncio.run(both())
    assert labels(first) == ["a.x", "a.y", "a."]
    assert labels(second) == ["b.x", "b.y", "b."]


def test_a_generator_that_is_dropped_ends_its_block() -> None:
    def values():
        with group("g"):
            yield Value(1.0, "x")
            yield Value(2.0, "y")

    items = values()
    x = next(items)
    del items
    assert x.label == "g.x"
    assert not open_blocks


def test_a_block_ends_those_that_are_open_in_it() -> None:
    outer, inner = group("outer"), group("inner")
    outer.__enter__()
    inner.__enter__()
    x = Value(1.0, "x")
    outer.__exit__()
    inner.__exit__()  # which has ended
    assert x.label == "outer.inner.x"
    assert Value(1.0, "x").label == "x"
    assert not open_blocks


def test_a_block_that_nothing_can_end_any_more_is_forgotten() -> None:
    contextvars.copy_context().run(group("g").__enter__)
    assert not open_blocks


@pytest.mark.parametrize("name", ["", ".", "a.", ".a"])
def test_a_name_has_no_dot_at_its_ends(name: str) -> None:
    with pytest.raises(ValueError, match="no dot at its ends"):
        group(name)


def test_a_name_is_text() -> None:
    with pytest.raises(TypeError, match=r"a group has a name: group\('attention'\), got 3"):
        group(3)
