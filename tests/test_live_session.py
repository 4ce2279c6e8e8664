"""The live page's Python: a text is run, its Value shown, and what is wrong told where it is."""

import json
import random
import sys
from itertools import pairwise
from typing import Any

import pytest

from autograd import OPERATIONS, no_grad
from autograd.recording import open_blocks
from chainrule.live import EXAMPLES, Session
from chainrule.live.running import CUT, PRINTED, Span, run
from chainrule.live.showing import show

NEURON = EXAMPLES[0].text
VALUE = "from autograd import Value, tanh\n"


def ask(session: Session, **question: Any) -> dict[str, Any]:
    return json.loads(session.answer(json.dumps(question)))


def run_in(session: Session, text: str, kind: str = "graph", room: Any = (900, 600)) -> Any:
    answer = ask(session, do="run", text=text, kind=kind)
    if answer["shown"]:
        answer |= ask(session, do="show", kind=kind, room=room)
    return answer


def wrong(text: str) -> tuple[str, Span | None]:
    """What is said of a text that goes wrong, and where."""
    trouble = run(text).trouble
    assert trouble is not None
    return trouble.message, trouble.span


# ---- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "name", "data"),
    [
        ("x = Value(3.0)\nx * x", "", 9.0),  # the last line
        ("x = Value(3.0)\ny = x * x\nx", "x", 3.0),  # the last line, a name
        ("x = Value(3.0)\ny = x * x\ny.backward()", "y", 9.0),  # else the last variable
        ("x = Value(3.0)\ny = x * x\nz = 1", "y", 9.0),  # that holds a Value
        ("x, y = Value(3.0), Value(4.0)", "y", 4.0),
        ("x = Value(3.0)\nfor k in range(2):\n    x = 2 * x", "x", 12.0),
        ("def f():\n    y = 1\nx = Value(3.0)\ndef g():\n    x = 1", "x", 3.0),  # not their own
        ("x = y = Value(3.0)\ny = 4", "x", 3.0),
    ],
)
def test_what_is_shown_is_the_last_lines_value_or_else_the_last_variable_with_one(
    lines: str, name: str, data: float
) -> None:
    made = run(VALUE + lines)
    assert made.trouble is None
    assert (made.name, made.root.data) == (name, data)


@pytest.mark.parametrize("text", ["", "# nothing", "x = 3", VALUE, "print(3)"])
def test_without_a_value_nothing_is_shown(text: str) -> None:
    made = run(text)
    assert (made.root, made.trouble) == (None, None)


def test_a_last_line_that_is_no_value_is_printed_as_at_a_prompt() -> None:
    assert run("print('a')\n1 + 1").printed == "a\n2\n"
    assert run("None").printed == ""


def test_a_node_class_of_the_students_own_is_shown() -> None:
    text = """\
class Node:
    def __init__(self, data, parents=(), local_derivatives=()):
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives
x = Node(3.0)
y = Node(9.0, (x,), (6.0,))
"""
    answer = run_in(Session(), text)
    assert answer["shown"] == "y, a graph of 2 nodes"
    assert "<svg" in answer["view"]["html"]


# ---- each run is by itself -----------------------------------------------------------------------


def test_each_run_begins_anew() -> None:
    run("x = 3")
    assert wrong("x")[0].startswith("NameError: name 'x' is not defined")


def test_the_same_text_gives_the_same_random_numbers() -> None:
    text = "import random\nrandom.random()"
    assert run(text).printed == run(text).printed


def test_a_row_of_the_text_can_be_made_again_and_is_taken_out_of_the_table() -> None:
    text = """\
from autograd import Operation, Value
cube = Operation("cube", lambda x: x**3, lambda x, z: 3 * x**2)
y = cube(Value(2.0))
"""
    for _ in range(2):
        assert run(text).trouble is None
        assert "cube" not in OPERATIONS


@pytest.mark.parametrize(
    "text",
    [
        "import builtins\nbuiltins.print = builtins.setattr = builtins.next = builtins.len = None",
        "import builtins\ndel builtins.print",
        "from autograd import no_grad\nno_grad().__enter__()",
        "from autograd import no_grad\nblock = no_grad()\nblock.__enter__()",
        "import sys\nsys.setrecursionlimit(60)",
        "import random\nrandom.seed = random.setstate = random.getstate = None",
        "import sys\nsys.stdout.close()",
        "from autograd import OPERATIONS\nOPERATIONS.clear()",
    ],
)
def test_a_text_spoils_no_later_one(text: str) -> None:
    session, saved = Session(), (random.seed, random.setstate, random.getstate)
    try:
        assert run_in(session, text)["trouble"] is None
        after = run_in(session, NEURON)
    finally:
        random.seed, random.setstate, random.getstate = saved  # of a module it stays what it was
    assert after["shown"] == "y, a graph of 6 nodes"
    assert after["printed"].startswith("0.4389")
    assert not open_blocks


def test_a_text_leaves_the_blocks_of_others_open() -> None:
    silent = no_grad()
    silent.__enter__()
    run("from autograd import no_grad\nno_grad().__enter__()")
    assert len(open_blocks) == 1
    silent.__exit__()
    assert not open_blocks


def test_what_is_printed_is_bounded() -> None:
    printed = run("for k in range(10**5): print(k)").printed
    assert len(printed) == PRINTED + len(CUT)
    assert printed.endswith(CUT)


# ---- what went wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "begins", "part"),
    [
        ("x = 1\ny = tanhx(x)", "NameError", "tanhx"),
        ("x = 1\ny = (x +", "SyntaxError: '(' was never closed", "("),
        ("é = 'ü'; é.a", "AttributeError", "é.a"),  # columns are characters, not bytes
        (VALUE + "import math\ny = math.exp(Value(0.5, 'x'))", "TypeError: float() of", None),
        (VALUE + "1 / Value(0.0, 'p')", "ZeroDivisionError: division by zero: p is 0", None),
    ],
)
def test_an_error_is_marked_where_it_is(text: str, begins: str, part: str | None) -> None:
    said, span = wrong(text)
    assert said.startswith(begins)
    assert span is not None
    assert span.line == span.end_line
    line = text.splitlines()[span.line - 1]
    marked = line[span.column : span.end_column]
    assert marked == part if part else marked in line


def test_what_was_not_imported_is_told() -> None:
    assert wrong("tanh(1.0)")[0].endswith("(it comes by: from autograd import tanh)")


def test_what_was_meant_is_guessed_where_python_does() -> None:
    guess = ". Did you mean: 'tenth'?" if sys.version_info >= (3, 12) else ""
    assert wrong("tenth = 1\ntent")[0] == f"NameError: name 'tent' is not defined{guess}"


def test_an_error_within_a_function_is_marked_there_and_tells_who_called() -> None:
    said, span = wrong("def f(a):\n    return a / 0\n\nf(3)")
    assert span == Span(2, 11, 2, 16)
    assert said == "ZeroDivisionError: division by zero (called in line 4)"


def test_an_error_within_the_engine_is_marked_where_the_text_called_it() -> None:
    said, span = wrong(VALUE + "x = Value(None)")
    assert span == Span(2, 4, 2, 15)
    assert said.startswith("TypeError: ")


def test_an_empty_block_is_marked() -> None:
    said, span = wrong("for x in 'ab':\n")
    assert said.startswith("IndentationError: expected an indented block")
    assert span is not None


@pytest.mark.parametrize("text", ["exit()", "raise SystemExit(3)", "import sys\nsys.exit()"])
def test_a_text_cannot_end_the_page(text: str) -> None:
    assert wrong(text) == ("SystemExit: there is nothing to leave here", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit('a')", "GeneratorExit: a"),
        ("class Own(BaseException): pass\nraise Own(3)", "Own: 3"),
    ],
)
def test_whatever_is_raised_is_told(text: str, said: str) -> None:
    message, span = wrong(text)
    assert message.endswith(said)
    assert span is not None
    assert span.line == text.count("\n") + 1


def test_a_node_may_raise_whatever_it_likes_where_it_is_shown() -> None:
    text = """\
class Node:
    parents, local_derivatives, grad = (), (), 0.0
    @property
    def data(self):
        import inspect
        if any("showing.py" in frame.filename for frame in inspect.stack()):
            raise KeyboardInterrupt("no")
        return 1.0
Node()
"""
    assert run_in(Session(), text)["view"] == {"said": "KeyboardInterrupt: no"}


def test_nobody_is_asked_for_input() -> None:
    said, span = wrong("x = input('x?')")
    assert "nobody to ask" in said
    assert span == Span(1, 4, 1, 15)


def test_endless_recursion_is_told() -> None:
    said, span = wrong("def f(n):\n    return f(n + 1)\nf(0)")
    assert said.startswith("RecursionError")
    assert said.endswith("(called in line 3)")
    assert span is not None
    assert span.line == 2


# ---- the session ---------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title)
def test_every_example_is_short_and_does_what_it_says(example) -> None:
    assert len(example.text.splitlines()) <= 10
    assert max(map(len, example.text.splitlines())) <= 60
    made = run(example.text)
    if "slip" in example.title:
        assert made.trouble is not None
        assert "would drop its gradient" in made.trouble.message
    else:
        assert made.trouble is None
        assert made.root is not None


@pytest.mark.parametrize(
    ("kind", "holds"),
    [("graph", "<svg"), ("derivation", "its derivatives"), ("check", "3 of 3 derivatives agree")],
)
def test_a_value_is_shown_in_each_way(kind: str, holds: str) -> None:
    answer = run_in(Session(), NEURON, kind)
    assert answer["shown"] == "y, a graph of 6 nodes"
    assert holds in answer["view"]["html"]
    assert answer["printed"].startswith("0.4389")


def test_with_a_mistake_the_last_good_value_is_still_there_to_be_seen() -> None:
    session = Session()
    run_in(session, NEURON)
    answer = run_in(session, NEURON + "oops")
    assert answer["shown"] == ""
    assert answer["trouble"]["span"]["line"] == 10
    seen = ask(session, do="show", kind="derivation", room=[900, 600])
    assert "its derivatives" in seen["view"]["html"]


def test_before_there_is_a_value_there_is_nothing_to_see() -> None:
    assert ask(Session(), do="show", kind="graph", room=[9, 9]) == {"view": None}
    assert ask(Session(), do="move", moves=[[0, 1.0]]) == {"refused": "there is no graph"}


def test_a_graph_too_large_for_a_picture_says_what_one_can_do_here() -> None:
    text = VALUE + "x = Value(1.0)\nfor k in range({}):\n    x = x + Value(1.0)"
    session = Session()
    said = run_in(session, text.format(150))["view"]["said"]
    assert said.startswith("This graph has 301 nodes, and a picture is readable up to about 300. ")
    assert "Steps shows it folded" in said
    assert "limit" not in said
    assert "said" not in ask(session, do="show", kind="steps", room=[900, 600])["view"]
    assert "html" in run_in(session, text.format(149))["view"]


def test_what_cannot_be_drawn_says_why() -> None:
    text = "class Node:\n    data, grad, parents, local_derivatives = 'a', 0.0, (), ()\nNode()"
    assert "Error: " in run_in(Session(), text)["view"]["said"]


def test_a_picture_is_turned_where_it_is_seen_much_larger_so() -> None:
    made = run(NEURON)
    wide, tall = (show(made, "graph", room)["html"] for room in ((900, 600), (390, 700)))
    assert wide != tall


def test_an_unknown_question_is_an_error() -> None:
    with pytest.raises(ValueError, match="no question that a live page asks"):
        ask(Session(), do="dance")


# ---- the page of steps ---------------------------------------------------------------------------


def test_a_page_of_steps_stays_and_takes_new_numbers_while_only_numbers_change() -> None:
    session = Session()
    first = run_in(session, NEURON, "steps")["view"]
    assert [node.get("name") for node in first["graph"]["nodes"]] == ["w", "x", "v1", "b", "a", "y"]
    assert first["computes"]
    assert first["lines"] == [4, 3, 6, 5, 6, 7]  # w x w*x b a y, the lines that made them
    view = run_in(session, NEURON.replace("0.7", "0.8"), "steps")["view"]
    assert view["data"] == [[0, -1.3], [1, 0.8], [3, 0.2]]
    assert "graph" not in view


@pytest.mark.parametrize(
    "change",
    [("tanh(a)", "tanh(2 * a)"), ('"w"', '"v"'), ("w * x", "x * w"), ("+ b", "+ b + 1.0")],
)
def test_a_page_of_steps_is_another_where_the_graph_is(change: tuple[str, str]) -> None:
    session = Session()
    run_in(session, NEURON, "steps")
    assert "graph" in run_in(session, NEURON.replace(*change), "steps")["view"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "from autograd import Operation, Value\n"
            'cube = Operation("cube", lambda x: x**3, lambda x, z: 3 * x**2)\n'
            "cube(Value(2.0))",
            "this page computes the rows of the table, and cube is another",
        ),
        (
            "from nn import MLP\nMLP(33, [1])([1.0] * 33)",
            "this page computes sumprod of up to 65 operands, not 67",
        ),
        ("from nn import MLP\nMLP(32, [1])([1.0] * 32)", ""),
    ],
)
def test_the_page_of_steps_computes_the_rows_of_the_table(text: str, why: str) -> None:
    session = Session()
    first, second = (run_in(session, text, "steps")["view"] for _ in range(2))
    assert (first["graph"]["blame"], first["computes"]) == (why, not why)
    assert ("graph" in second) == bool(why)  # where it cannot take numbers it is another each time


def test_a_constant_is_part_of_the_page() -> None:
    session = Session()
    texts = [VALUE + f"x = Value(3.0)\ny = {c} * x" for c in (2, 3)]
    assert all("graph" in run_in(session, text, "steps")["view"] for text in texts)


def test_the_lines_are_those_of_loops_too() -> None:
    text = VALUE + "x = Value(1.0)\nfor k in range(2):\n    x = x * x\n"
    assert run_in(Session(), text, "steps")["view"]["lines"] == [2, 4, 4]


# ---- sliders move numbers in the text ------------------------------------------------------------


def edited(text: str, position: int, x: float) -> str:
    """The text after a slider of its page has moved."""
    session = Session()
    run_in(session, text, "steps")
    answer = ask(session, do="move", moves=[[position, x]])
    lines = text.splitlines()
    for edit in answer["edits"]:
        line = lines[edit["line"] - 1]
        before, after = line[: edit["column"]], line[edit["column"] :]
        assert after.startswith(edit["was"])
        lines[edit["line"] - 1] = before + edit["text"] + after.removeprefix(edit["was"])
    return lines[-1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = Value(3.0)", "x = Value(-0.25)"),
        ('é, x = 1, Value(-3, label="x")', 'é, x = 1, Value(-0.25, label="x")'),
        ("x = [Value(3.0)]; x[0]", "x = [Value(-0.25)]; x[0]"),
        ("x = y = Value(3.0)", "x = y = Value(-0.25)"),
    ],
)
def test_a_slider_moves_the_number_in_the_text(before: str, after: str) -> None:
    assert edited(VALUE + before, 0, -0.25) == after


@pytest.mark.parametrize("position", [-1, 6, 10**9])
def test_a_slider_of_a_graph_that_was_is_told_so(position: int) -> None:
    session = Session()
    run_in(session, NEURON, "steps")
    answer = ask(session, do="move", moves=[[position, 1.0]])
    assert answer == {"refused": "the graph is another by now"}


def test_several_numbers_of_a_line_move_together() -> None:
    session = Session()
    text = VALUE + "x, w = Value(1.0), Value(2.0)\ny = x * w"
    run_in(session, text, "steps")
    edits = ask(session, do="move", moves=[[0, 10.25], [1, 20.25]])["edits"]
    assert [(edit["column"], edit["text"]) for edit in edits] == [(25, "20.25"), (13, "10.25")]


def test_a_whole_number_stays_one() -> None:
    assert edited(VALUE + "x = Value(3)", 0, 5.0) == "x = Value(5)"
    assert edited(VALUE + "x = Value(3)", 0, 5.5) == "x = Value(5.5)"


@pytest.mark.parametrize(
    "lines",
    [
        "x = [Value(float(k)) for k in range(2)]; x[0]",  # no number in the text
        "x = Value(1.0)\nx.data = 2.0\nx",  # no longer what it holds
        "n = 3.0\nx = Value(n)",
    ],
)
def test_where_no_number_says_it_a_slider_is_told_so(lines: str) -> None:
    session = Session()
    run_in(session, VALUE + lines, "steps")
    assert "the code has no one number for" in ask(session, do="move", moves=[[0, 1.0]])["refused"]


def test_a_number_that_cannot_be_written_is_refused() -> None:
    session = Session()
    run_in(session, NEURON, "steps")
    assert ask(session, do="move", moves=[[0, "inf"]]) == {
        "refused": "inf cannot be written as a number"
    }


def test_a_text_that_grows_by_a_character_raises_nothing() -> None:
    session = Session()
    texts = [NEURON[:k] for k in range(len(NEURON) + 1)]
    for before, text in pairwise(texts):
        answer = run_in(session, text)
        assert answer["trouble"] is None or answer["trouble"]["message"], (before, text)
