"""The page's scripts without a page: in Node they compute and say what the engine does.

Those that ask the page for nothing are run as functions of a graph; the others are read.
"""

import json
import math
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

import pytest
from programs import draw_program, record, run

from autograd import (
    Operation,
    Value,
    constant,
    count_paths,
    gradients,
    log,
    lookup,
    maximum,
    paths,
    steps,
    sumprod,
    tanh,
    topological_order,
)
from autograd.graph import is_constant
from autograd.operations import OPERATIONS
from viz.drawing.scene import CHOSEN, NEGATIVE, NEUTRAL, POSITIVE
from viz.page.explore import explore
from viz.page.javascript import MESSAGES, read
from viz.page.page import PURE, SCRIPTS, STYLES, Page
from viz.page.views import HEAD, VALUE, WORD

OPEN = """([graph, arithmetic, source]) => {
  const made = new Function(
    `"use strict"; const graph = ${graph}; ${arithmetic} ${source} return (code) => eval(code);`
  );
  window.run = made();
}"""
RUN = """([code, xs]) => {
  const made = run(code);
  return typeof made === "function" ? made(...xs) : made;
}"""
FOLDER = files("viz") / "page" / "browser"


# ---- graphs and their scripts --------------------------------------------------------------------


def neuron(w: float = -1.3, x: float = 0.7, b: float = 0.2) -> Value:
    a = Value(w, "w") * Value(x, "x") + Value(b, "b")
    y = tanh(a)
    a.label, y.label = "a", "y"
    return y


def shared() -> Value:
    """Four paths lead from y to x."""
    x = Value(1.5, "x")
    a, b = 3 * x, -x
    y = 2 * a + (a * b + x)
    a.label, b.label, y.label = "a", "b", "y"
    return y


def power() -> Value:
    """A node that goes into another twice, with two local derivatives."""
    x = Value(1.5, "x")
    return x**x


def chain(length: int) -> Value:
    """2**length paths."""
    y = Value(1.01, "x")
    for _ in range(length):
        y = y * y
    y.label = "y"
    return y


def drawn(seed: int) -> Value:
    """The root of a random program."""
    return record(draw_program(random.Random(seed)))[0]


class Scripts:
    """The scripts of a page, what they are made of, and what they make."""

    def __init__(self, window: Any, page: Page) -> None:
        self.window = window
        graph, arithmetic, _ = scripts_of(page)
        window.evaluate(OPEN, [graph, arithmetic, "".join(map(read, PURE))])

    def __call__(self, code: str, *xs: Any) -> Any:
        """The value of a name or an expression; of a function, what it makes of xs."""
        return self.window.evaluate(RUN, [code, xs])

    def at(self, position: int, mode: str = "steps") -> dict[str, str]:
        """What is said at a position in a mode, in plain text."""
        self(f"state.mode = {mode!r}")
        self(f"state.at.{mode} = {position}")
        said = "() => Object.entries(words()).map(([name, parts]) => [name, plain(parts)])"
        return dict(self(said))


@pytest.fixture
def opened(node: Any) -> Callable[..., Scripts]:
    """Runs the scripts of the page of a root."""
    return lambda root, **options: Scripts(node, explore(root, **options))


def scripts_of(page: Page) -> list[str]:
    """The data of a page, its arithmetic, its script."""
    return re.findall(r"<script[^>]*>(.*?)</script>", page.html, re.S)


def g4(x: float) -> str:
    return f"{x:.4g}"


def factor(x: float) -> str:
    """A number behind a sign."""
    return f"({g4(x)})" if g4(x).startswith("-") else g4(x)


class Names:
    """What a page calls the nodes of a graph, its derivatives, and their numbers."""

    def __init__(self, script: Scripts, root: Value) -> None:
        order = topological_order(root)
        self.root = root
        self.of = dict(zip(order, script("nodes.map((v) => v.name)"), strict=True))
        self.place = {v: i for i, v in enumerate(order)}

    def derivative(self, top: Any, bottom: Any) -> str:
        """∂y/∂x."""
        return f"∂{self.of[top]}/∂{self.of[bottom]}"


SEEDS = pytest.mark.parametrize("seed", range(12))


# ---- the files -----------------------------------------------------------------------------------


def test_the_whole_script_is_javascript(node, tmp_path: FilePath) -> None:
    program = shutil.which("node") or "node"
    for i, script in enumerate(scripts_of(explore(neuron()))[1:]):
        path = tmp_path / f"script{i}.js"
        path.write_text(script, encoding="utf-8")
        checked = subprocess.run([program, "--check", path], capture_output=True, text=True)
        assert checked.stderr == ""


def test_every_script_of_the_folder_is_in_the_page_once() -> None:
    there = {path.name for path in FOLDER.iterdir() if path.name.endswith(".js")}
    there.remove("widget.js")  # shows a page, from outside
    assert sorted(there) == sorted([*SCRIPTS, "runtime.js"])
    html = explore(neuron()).html
    assert [html.count(read(name)) for name in there] == [1] * len(there)


def test_what_asks_the_page_for_nothing_comes_before_what_does() -> None:
    assert SCRIPTS[1 : 1 + len(PURE)] == PURE
    for name in PURE:
        assert not re.search(r"\$\(|document|window|field\(", read(name)), name


def test_an_element_that_a_script_asks_for_stands_on_the_page() -> None:
    asked = {
        name
        for script in SCRIPTS
        for name in re.findall(r'(?:\$|field)\("([\w-]+)"\)', read(script))
    }
    there = set(re.findall(r'id="([\w-]+)"', read("page.html")))
    assert len(asked) > 20
    assert asked <= there


def test_a_size_or_a_colour_that_python_knows_stands_in_no_script() -> None:
    scripts = "".join(map(read, [*SCRIPTS, *STYLES]))
    for known in (f"{HEAD}px", f"{VALUE}px", POSITIVE, NEGATIVE, NEUTRAL, CHOSEN):
        assert known not in scripts


def test_a_long_name_and_a_long_sign_are_shortened_in_python() -> None:
    x = Value(2.0, "a_long_name_of_a_variable")
    y = lookup([x, 123456.5, x, 0.25], 1)
    long, short = (json.loads(scripts_of(explore(v))[0])["nodes"] for v in (y, -x))
    assert long[0]["shortName"] == "a_long_name_o…riable"
    assert len(long[-1]["shortSign"]) == WORD
    assert "shortName" not in short[-1]
    assert "shortSign" not in short[-1]


def test_every_size_and_colour_of_the_style_sheet_is_given() -> None:
    style = json.loads(scripts_of(explore(neuron()))[0])["style"]
    css = "".join(map(read, STYLES))
    given = set(re.findall(r"(--[\w-]+):", css)) | {f"--{name}" for name in style} | {"--length"}
    assert set(re.findall(r"var\((--[\w-]+)\)", css)) <= given
    assert all(f"var(--{name})" in css for name in style)


# ---- the runtime ---------------------------------------------------------------------------------


@pytest.fixture
def runtime(node: Any) -> Callable[..., Any]:
    """Calls a function of the runtime; where it throws, the name and the message of the error."""
    names = "shortest quoted explain explained guarded hypot divide power total sumprod".split()
    made = "\n".join(["(() => {", *MESSAGES, read("runtime.js"), f"return {{{', '.join(names)}}}"])
    node.evaluate(f"() => {{ window.R = {made} }})(); }}")
    call = """([name, cases]) => cases.map((xs) => {
      try { return R[name](...xs); } catch (error) { return `${error.name}: ${error.message}`; }
    })"""
    return lambda name, cases: node.evaluate(call, [name, cases])


def floats(rng: random.Random, many: int) -> list[float]:
    """Special numbers, and so many of every size."""
    special = [0.0, 1.0, 5e-324, 1e-5, 1e-4, 1e15, 1e16, 1e17, 1e308, math.inf, math.nan]
    special += [-x for x in special]
    return special + [math.ldexp(rng.random() - 0.5, rng.randint(-1073, 1020)) for _ in range(many)]


def test_a_number_is_written_as_python_does(runtime, rng) -> None:
    xs = floats(rng, 3000) + [rng.randrange(10**k) / 8 for k in range(1, 20) for _ in range(40)]
    expected = [repr(x).removesuffix(".0") for x in xs]
    assert runtime("shortest", [[x] for x in xs]) == expected


def test_a_text_is_quoted_as_python_does(runtime, rng) -> None:
    # not what Unicode has added since this Python
    signs = [chr(code) for code in [*range(0x250), 0x200B, 0x2028, 0xFEFF, 0x1F600, 0xE0001]]
    texts = ["", "'", '"', "'\"", "\\", *signs]
    texts += ["".join(rng.choices(signs, k=rng.randint(2, 8))) for _ in range(1000)]
    assert runtime("quoted", [[text] for text in texts]) == list(map(repr, texts))


def evaluated(row: Operation, xs: tuple[float, ...]) -> float | str:
    """What the engine computes, or the name of what it raises."""
    try:
        return row.evaluate(xs)
    except (ArithmeticError, ValueError) as error:
        return type(error).__name__


@pytest.mark.parametrize(("name", "row"), [("divide", "div"), ("power", "pow"), ("hypot", "hypot")])
def test_a_routine_of_two_numbers_is_the_engines(runtime, rng, name: str, row: str) -> None:
    special = floats(rng, 0)
    cases = [(x, y) for x in special for y in special]
    cases += [(rng.gauss(0, 3), rng.choice((2.0, 3.0, -1.0, rng.gauss(0, 3)))) for _ in range(1000)]
    wanted = [evaluated(OPERATIONS[row], case) for case in cases]
    for case, want, got in zip(cases, wanted, runtime(name, list(map(list, cases))), strict=True):
        if isinstance(want, str):
            assert str(got).startswith(f"{want}: "), case
            continue
        assert got == pytest.approx(want, rel=4e-16, abs=5e-324, nan_ok=True), case
        assert math.isnan(want) or math.copysign(1.0, got) == math.copysign(1.0, want), case
    assert any(isinstance(want, str) for want in wanted) == (name != "hypot")


@pytest.mark.parametrize("name", ["total", "sumprod"])
def test_a_sum_is_added_from_left_to_right(runtime, rng, name: str) -> None:
    cases = [
        [rng.gauss(0, 10 ** rng.randint(-8, 8)) for _ in range(n % 12 + 1)] for n in range(600)
    ]
    assert runtime(name, cases) == [OPERATIONS[name].evaluate(tuple(xs)) for xs in cases]


def test_what_math_refuses_is_refused_in_its_words(node, runtime) -> None:
    guarded = """([name, xs, inside]) => {
      try { return R.guarded(Math[name])(xs, () => inside); }
      catch (error) { return `${error.name}: ${error.message}`; }
    }"""
    for name, x, inside in [("log", -1.0, False), ("log", 0.0, False), ("exp", 1e3, True)]:
        with pytest.raises((ValueError, OverflowError)) as caught:
            getattr(math, name)(x)
        assert node.evaluate(guarded, [name, [x], inside]).startswith(f"{caught.type.__name__}: ")
    assert math.isnan(node.evaluate(guarded, ["log", [math.nan], False]))


# ---- numbers -------------------------------------------------------------------------------------


def test_numbers_read_as_pythons_to_four_digits(opened) -> None:
    rng = random.Random(0)
    xs = [1.0625, 1.0635, 9.9995, 99995.0, 1e-5, 1.0005e-10, 9999.5, 0.00012345, 1e22]
    xs += floats(rng, 3000)
    xs += [rng.randrange(10**6) / 2**k for k in range(20) for _ in range(100)]  # many ties
    assert opened(neuron())("(...xs) => xs.map(shown)", *xs) == list(map(g4, xs))
    assert opened(neuron())("shown(undefined)") == "–"


def test_typed_numbers_are_read_and_nothing_else(opened) -> None:
    script = opened(neuron())
    right = {"-0.5": -0.5, " 3e-2 ": 0.03, "−1,5": -1.5, ".5": 0.5, "2.": 2.0, "INF": math.inf}
    wrong = ["", "two", "1e", "--1", "1 2", "0x10", "1/3", "constructor"]
    assert [script("read", text) for text in right] == list(right.values())
    assert [script("read", text) for text in wrong] == [None] * len(wrong)


def test_arithmetic_is_reckoned_as_python_does(opened) -> None:
    script = opened(neuron())
    right = [
        "2 * (-1.611)", "1 + 2*3 - 4/8", "-2**2", "2**-1", "2**3**2", "-(1 - 3)*-.5", "8/4/2",
        "1 - 2 - 3", "+3e-2 * 1e2", "((2))", "1/3",
    ]  # fmt: skip
    wrong = ["", "2 *", "(1", "1)", "2 3", "()", "x * 2", "alert(1)", "1 + + * 2", "2 ** (", "0x10"]
    found = [script("reckon", text) for text in right]
    assert found == pytest.approx([eval(text) for text in right])
    assert [script("reckon", text) for text in wrong] == [None] * len(wrong)
    assert script("reckon", "2 · (−1,5)") == -3.0
    assert script("reckon", "(" * 300) is None


def test_a_slider_ends_at_a_round_number_not_far_beyond(opened) -> None:
    script = opened(neuron())
    assert [script("roundUp", x) for x in (0.7, 1.0, 1.1, 2.6, 5.1, 99.0)] == [1, 1, 2, 5, 10, 100]
    rng = random.Random(0)
    for x in [10 ** rng.uniform(-12, 12) for _ in range(200)]:
        assert x <= script("roundUp", x) <= 2.5 * x * (1 + 1e-12)


def test_a_count_has_commas_and_a_long_one_is_a_power(opened) -> None:
    script = opened(neuron())
    for n in (0, 7, 999, 1000, 4096, 12345678, 2**53, 2**60 - 1):
        assert script(f"countText({n}n)") == f"{n:,}"
    assert script("countText(2n ** 60n)") == "about 2**60"


# ---- forward and backward ------------------------------------------------------------------------


def close(found: list[Any], right: list[Any]) -> bool:
    return found == pytest.approx(right, rel=1e-9, abs=1e-12, nan_ok=True)


@SEEDS
def test_a_page_computes_what_the_engine_does(opened, seed: int) -> None:
    root = drawn(seed)
    script, order, right = opened(root), topological_order(root), gradients(root)
    for recorded in (True, False):
        if not recorded:
            script("set", [])  # all is computed again, by the rules
        assert close(script("values"), [v.data for v in order])
        for found, v in zip(script("locals"), order, strict=True):
            assert close(found, list(v.local_derivatives))
        found = script("gradients.map((x) => x ?? null)")
        assert close([x for x in found if x is not None], [right[v] for v in order if v in right])
        assert [x is None for x in found] == [is_constant(v) for v in order]


@SEEDS
def test_a_page_whose_variables_move_computes_what_the_engine_records_there(opened, seed) -> None:
    program = draw_program(random.Random(seed))
    root, variables = record(program)
    script = opened(root)
    moved = [x * 1.001 for x in program.variables]
    place = {v: i for i, v in enumerate(topological_order(root))}
    used = [k for k, v in enumerate(variables) if v in place]
    script("set", [[place[variables[k]], moved[k]] for k in used])
    others = [Value(x) for x in moved]
    again = run(program, others)
    right = gradients(again)
    assert close([script("values[root]")], [again.data])
    found = script("gradients")
    assert close([found[place[variables[k]]] for k in used], [right[others[k]] for k in used])


@SEEDS
def test_gradients_arrive_as_in_the_engines_backward_pass(opened, seed: int) -> None:
    root = drawn(seed)
    script, order, passes = opened(root), topological_order(root), list(steps(root))
    for sent in range(len(passes) + 1):
        sums = dict.fromkeys(order, 0.0) | {root: 1.0}
        for c in [c for step in passes[:sent] for c in step.contributions]:
            sums[c.parent] += c.amount
        found = script("(sent) => view.boxes.map((box) => arrived(box, sent).sum)", sent)
        assert close(found, [sums[v] for v in order if not is_constant(v)])


@SEEDS
def test_the_steps_are_the_results_forward_and_the_engines_steps_backward(opened, seed) -> None:
    root = drawn(seed)
    place = {v: i for i, v in enumerate(topological_order(root))}
    expected = [{"pass": "Forward", "node": i} for v, i in place.items() if v.parents]
    expected += [{"pass": "Backward", "node": place[step.node]} for step in steps(root)]
    assert opened(root)("steps") == expected


@pytest.mark.parametrize(
    ("f", "outside"),
    [(lambda x: log(x) * 3, -1.5), (lambda x: 1 / x, 0.0), (lambda x: x**0.5 - x, -2.0)],
)
def test_outside_a_domain_there_is_the_engines_message_and_no_number(opened, f, outside) -> None:
    script = opened(f(Value(2.0, "x")))
    script("(x) => set([[variables[0], x]])", outside)
    with pytest.raises((ArithmeticError, ValueError)) as caught:
        f(Value(outside, "x"))
    assert script("failure.message") == str(caught.value)
    assert script("values[failure.node] === undefined && values[root] === undefined")
    assert script("gradients.every((x) => x === undefined)")
    script("(x) => set([[variables[0], x]])", 2.0)
    assert script("failure") is None
    assert close([script("values[root]")], [f(Value(2.0)).data])


def test_nothing_is_computed_without_a_variable_or_a_formula(opened) -> None:
    class Student:
        data, grad, parents, local_derivatives = 2.0, 0.0, (), ()

    product = Student()
    product.parents, product.local_derivatives = (Student(), Student()), (2.0, 2.0)
    assert opened(neuron())("computes")
    assert not opened(constant(2.0))("computes")
    assert not opened(product)("computes")


# ---- paths ---------------------------------------------------------------------------------------


@SEEDS
def test_paths_are_the_engines_and_their_sum_is_the_gradient(opened, seed: int) -> None:
    root = drawn(seed)
    script, right = opened(root), gradients(root)
    place = {v: i for i, v in enumerate(topological_order(root))}
    for v in right:
        i = place[v]
        assert script(f"pathCounts[{i}]") == count_paths(root, v)
        found = script(f"firstPaths({i}).map((path) => path.map((e) => [e.head, e.k]))")
        theirs = list(paths(root, v))[:200]
        assert found == [[[place[u], k] for u, k in path.edges] for path in theirs]
        products = script(f"firstPaths({i}).map(product)")
        assert close(products, [path.derivative for path in theirs])
        if len(theirs) < 200:
            assert close([sum(products)], [right[v]])


# ---- questions -----------------------------------------------------------------------------------


def test_right_is_what_lies_within_two_percent(opened) -> None:
    script = opened(neuron())
    right = [("102", 100.0), ("-0.0098", -0.01), ("0", 0.0), ("nan", math.nan), ("inf", math.inf)]
    wrong = [
        ("102.1", 100.0), ("1e-9", 0.0), ("0", math.nan), ("-inf", math.inf), ("5", math.inf),
        ("nan", 1.0), ("inf", 1.0),
    ]  # fmt: skip
    found = [script("(typed, g) => near(read(typed), g)", typed, g) for typed, g in right + wrong]
    assert found == [True] * len(right) + [False] * len(wrong)


@SEEDS
def test_a_wrong_answer_gets_the_hint_that_fits(opened, seed: int) -> None:
    root = drawn(seed)
    script, right = opened(root), gradients(root)
    place = {v: i for i, v in enumerate(topological_order(root))}
    contributions = [c for step in steps(root) for c in step.contributions]
    for v, g in right.items():
        amounts = [c.amount for c in contributions if c.parent is v]
        slopes = [c.local_derivative for c in contributions if c.parent is v]
        if v is root or abs(g) < 1e-6:
            continue
        grad = {"kind": "grad", "node": place[v]}
        assert script("hint", grad, -g) == "the size is right, the sign is not"
        for amount in amounts:
            if len(amounts) > 1 and abs(abs(amount / g) - 1) > 0.1:
                told = f"that is one of {len(amounts)} terms: add them all"
                assert script("hint", grad, amount) == told
        if len(amounts) == 1 and abs(abs(slopes[0] / g) - 1) > 0.1:
            assert script("hint", grad, slopes[0]).startswith("that is the local derivative")
        assert script("hint", grad, 1e9 * g) == ""


def test_the_tally_tells_right_at_once_right_later_and_revealed_apart(opened) -> None:
    root = neuron()
    script, right = opened(root), gradients(root)
    answer = "(k, typed) => answer(questions[k], typed)"
    a, b, _, x, _ = [right[topological_order(root)[q["node"]]] for q in script("questions")]
    script(answer, 0, a)
    script(answer, 1, 99.0)
    script(answer, 1, b)
    script(answer, 2, 99.0)
    script("reveal(questions[2])")
    script(answer, 3, x)
    assert script("questions.map(isOpen)") == [False, False, False, False, True]
    script("reveal(questions[4])")
    assert script("tally()") == "All answered: 2 right at once, 1 later, 2 revealed"
    assert script.at(4, "predict")["caption"] == script("tally()")
    assert script("scoreLine()") == "y = tanh(a): 3 of 5 right, 2 of them at once, 2 revealed"


def test_there_is_no_score_before_the_end(opened) -> None:
    script = opened(neuron())
    script("questions.slice(1).forEach(reveal)")
    assert script("scoreLine()") == ""


def test_the_upstream_gradient_alone_and_the_value_get_their_hints(opened) -> None:
    root = Value(7.0, "x") * Value(3.0, "w") * 2
    script = opened(root)
    x = {"kind": "grad", "node": 0}
    assert script("hint", x, 2.0).startswith("that is the gradient at the arrow's head")
    assert script("hint", x, 3.0).startswith("that is the local derivative")
    assert script("hint", x, 7.0).startswith("that is the value")


def test_answers_are_forgotten_when_a_variable_moves(opened) -> None:
    script = opened(neuron())
    script("questions.forEach(reveal)")
    script("set", [[0, 2.0]])
    assert script("questions.every(isOpen)")


# ---- where one stands ----------------------------------------------------------------------------


def test_each_mode_has_its_positions_and_its_node(opened) -> None:
    script = opened(shared())
    name = "nodes[currentNode()]?.name"
    assert script("[position(), lastPosition()]") == [0, 13]
    assert script.at(0)["caption"] == "Before the first step: the variables are given"
    assert script("currentNode()") is None
    script("state.at.steps = 13")
    assert script(name) == "x"
    script("state.found = firstPaths(state.target)")
    script("state.mode = 'paths'")
    assert script("[position(), lastPosition()]") == [0, 3]
    assert script(name) == "x"
    script("state.mode = 'predict'")
    assert script("[position(), lastPosition()]") == [0, script("questions.length") - 1]
    assert script("currentNode() === questions[0].node")


def test_a_value_is_seen_when_its_step_is_done_and_then_the_gradients(opened) -> None:
    script = opened(neuron())  # three results, six nodes
    seen = []
    for position in range(10):
        script.at(position)
        seen.append(script("Object.values(visible())"))
    assert seen == [*[[n, 0] for n in range(4)], *[[3, n] for n in range(1, 7)]]
    script("state.mode = 'paths'")
    assert script("visible()") == {"values": 3, "gradients": 6}


# ---- words ---------------------------------------------------------------------------------------


def test_before_the_first_step_the_variables_are_given(opened) -> None:
    said = opened(neuron()).at(0)
    assert said["equation"] == "w = -1.3,  x = 0.7,  b = 0.2"
    assert said["more"].startswith("Press → or Play: node by node up to y;")
    many = sum((Value(float(i), f"x{i}") for i in range(20)), start=Value(0.0, "s"))
    assert "x4 = 4,  …,  x19 = 19" in opened(many).at(0)["equation"]


@SEEDS
def test_every_step_forward_says_the_engines_numbers(opened, seed: int) -> None:
    root = drawn(seed)
    script = opened(root)
    names = Names(script, root)
    results = [v for v in names.of if v.parents]
    for at, v in enumerate(results, 1):
        said = script.at(at)
        assert said["caption"] == f"Forward {at} of {len(results)}: the value of {names.of[v]}"
        assert said["equation"].startswith(f"{names.of[v]} = ")
        assert said["equation"].endswith(f" = {g4(v.data)}")
        edges = [(p, d) for p, d in zip(v.parents, v.local_derivatives) if not is_constant(p)]
        for p, d in edges[:3]:
            assert names.derivative(v, p) in said["more"]
            assert f"= {g4(d)}" in said["more"]


@pytest.mark.parametrize("root", [*map(drawn, range(12)), power(), shared()])
def test_every_step_backward_says_the_engines_numbers(opened, root: Value) -> None:
    script = opened(root)
    names, right, passes = Names(script, root), gradients(root), list(steps(root))
    for at, step in enumerate(passes, 1 + len([v for v in names.of if v.parents])):
        v, said = step.node, script.at(at)
        number = f"{passes.index(step) + 1} of {len(passes)}"
        assert said["caption"] == f"Backward {number}: the gradient of {names.of[v]}"
        into = [(u, c) for u in passes for c in u.contributions if c.parent is v]
        terms = [
            f"{factor(u.gradient) if j else g4(u.gradient)} * {factor(c.local_derivative)}"
            for j, (u, c) in enumerate(into)
        ]
        tail = f" = {g4(right[v])}" if terms else "1"
        if len(terms) <= 6:
            added = " + ".join(terms) + tail
            assert said["equation"] == f"{names.derivative(root, v)} = {added}"
        sent = [
            f"to {names.of[c.parent]}: {g4(step.gradient)} * {factor(c.local_derivative)} = "
            f"{g4(c.amount)}"
            for c in step.contributions
        ]
        more = [
            f"the seed: {names.of[v]} moves as much as itself" if v is root else "",
            "" if v.parents else f"{names.of[v]} is a variable: its gradient is complete",
            f"sends on  {',   '.join(sent)}" if sent else "",
        ]
        if len(sent) <= 5:
            assert said["more"] == ";   ".join(filter(None, more))


def test_the_letters_stand_above_the_numbers(opened) -> None:
    script = opened(neuron())
    terms = "words().equation.filter((part) => part.small?.length)"
    more = script.at(1)["more"]
    assert more == "records  ∂v1/∂w = x = 0.7,   ∂v1/∂x = w = -1.3"
    assert script("words().equation.at(-1)") == {"big": "-0.91", "small": [], "result": True}
    assert script(f"{terms}.map((part) => [plain(part.small), part.big])") == [
        ["w", "-1.3"],
        ["x", "0.7"],
    ]
    script.at(5)
    assert script(f"{terms}.map((part) => plain(part.small))") == ["∂y/∂y", "∂y/∂a"]
    assert script(f"{terms}.map((part) => part.upstream ?? false)") == [True, False]


def test_a_constant_is_called_by_its_number(opened) -> None:
    assert opened(2 * Value(3.0, "x"))("nodes.map((v) => v.name)") == ["2", "x", "root"]


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: 2 * x, "y = 2 * (-3) = -6"),
        (lambda x: x * 2, "y = -3 * 2 = -6"),
        (lambda x: x**2, "y = (-3) ** 2 = 9"),
        (lambda x: -x, "y = -(-3) = 3"),
        (lambda x: sumprod([x, 2], [x, x]), "y = -3 * (-3) + 2 * (-3) = 3"),
        (lambda x: maximum(x, -7), "y = maximum(-3, -7) = -3"),
    ],
)
def test_a_negative_number_stands_in_parentheses_behind_a_sign(opened, f, words: str) -> None:
    y = f(Value(-3.0, "x"))
    y.label = "y"
    assert opened(y).at(1)["equation"] == words


@pytest.mark.parametrize("root", [neuron(), shared(), chain(3)], ids=["neuron", "shared", "chain"])
def test_every_path_says_its_product_and_the_sum_so_far(opened, root: Value) -> None:
    script = opened(root)
    names, right = Names(script, root), gradients(root)
    for v in right:
        script(f"state.target = {names.place[v]}")
        script("state.found = firstPaths(state.target)")
        theirs = list(paths(root, v))
        for at, path in enumerate(theirs):
            said = script.at(at, "paths")
            trail = " ← ".join(names.of[u] for u in path.nodes)
            ends = f"from {names.of[root]} to {names.of[v]}"
            assert said["caption"] == f"Path {at + 1} of {len(theirs)} {ends}:  {trail}"
            ds = path.local_derivatives
            product = " * ".join([*map(g4, ds[:1]), *map(factor, ds[1:])]) or "the empty product"
            assert said["equation"] == f"{product} = {g4(path.derivative)}"
            so_far = [p.derivative for p in theirs[: at + 1]]
            numbers = [*map(g4, so_far[:1]), *map(factor, so_far[1:])]
            numbers = [*numbers[:4], "…", numbers[-1]] if len(numbers) > 6 else numbers
            added = " + ".join(numbers) + f" = {g4(sum(so_far))}" * (at > 0)
            if at < len(theirs) - 1:
                assert said["more"] == f"sum so far  {added}"
        gradient = f"{names.derivative(root, v)} = {g4(right[v])}"
        assert said["more"] == f"sum of all paths  {added}  ✓ the gradient: {gradient}"


def test_of_too_many_paths_the_first_are_summed_and_the_gradient_told(opened) -> None:
    root = chain(12)
    script = opened(root)
    script("state.found = firstPaths(state.target)")
    said = script.at(199, "paths")
    assert said["caption"].startswith("Path 200 of 4,096 from y to x:  y ← v11 ← ")
    assert said["caption"].endswith(" ← v7 ← v6 ← … ← x")
    assert said["equation"].count(" * ") == 7
    assert " * … * " in said["equation"]
    assert said["more"].startswith("sum of the first 200 of 4,096 paths  ")
    right = gradients(root)[topological_order(root)[0]]
    assert said["more"].endswith(f"all together are ∂y/∂x = {g4(right)}")


def test_a_question_hides_its_gradient_and_those_that_are_not_known(opened) -> None:
    script = opened(neuron())
    asked = script.at(0, "predict")
    right = "Right is what lies within 2 %; 0 is 0."
    assert asked["caption"] == f"Question 1 of 5: what is ∂y/∂a?  {right}"
    assert asked["equation"] == ""
    rule = "the gradient there * the local derivative; add them up"
    assert asked["more"] == f"each arrow that leaves it gives: {rule}"
    script("reveal(questions[1])")
    assert script.at(1, "predict")["equation"] == "∂y/∂b = ? * 1 = 0.6271"
    script("reveal(questions[0])")
    assert script.at(1, "predict")["more"] == ""
    assert script.at(1, "predict")["equation"] == "∂y/∂b = 0.6271 * 1 = 0.6271"


def test_where_there_is_no_value_every_mode_says_so(opened) -> None:
    script = opened(log(Value(2.0, "x")))
    script("state.found = firstPaths(state.target)")
    script("set", [[0, -1.0]])
    for at, mode, words in [
        (1, "steps", "root has no value"),
        (3, "steps", "∂root/∂x has no value"),
        (0, "paths", "no numbers here"),
        (0, "predict", "no value here"),
    ]:
        said = script.at(at, mode)
        assert (said["equation"], said["more"]) == (words, "")


def test_a_root_alone_has_nothing_to_ask(opened) -> None:
    script = opened(Value(2.0, "x"))
    assert script.at(0, "predict")["caption"] == "Nothing to ask: the root is alone"
    assert script.at(1)["equation"] == "∂x/∂x = 1"


def test_a_long_list_loses_its_middle(opened) -> None:
    script = opened(neuron())
    assert script("(...xs) => plain(listing(...xs))", list("abcde"), 5) == "a,   b,   c,   d,   e"
    assert script("(...xs) => plain(listing(...xs))", list("abcdef"), 5) == "a,   b,   c,   …,   f"


def test_an_operation_in_letters(opened) -> None:
    script = opened(neuron())
    results = script("results")
    assert [script("(i) => plain(forwardLetters(i))", i) for i in results] == [
        "v1 = w * x",
        "a = v1 + b",
        "y = tanh(a)",
    ]


# ---- descent -------------------------------------------------------------------------------------


def fit_of_a_line() -> Value:
    """(w x + b - y)**2 at w = 2, x = 3, b = 1, y = 5: its derivative by w is 2 * 2 * 3."""
    loss = (Value(2.0, "w") * Value(3.0, "x") + Value(1.0, "b") - Value(5.0, "y")) ** 2
    loss.label = "loss"
    return loss


def test_an_update_goes_against_the_gradient_and_says_so(opened) -> None:
    script = opened(fit_of_a_line())
    said = script.at(0, "descent")
    assert said["equation"] == "w ← 2 - 0.1 * 12 = 0.8"
    assert said["more"] == "with it  b ← 0.6;   as given  x, y"
    assert script("update()")
    assert script("values.slice(0, 2)") == pytest.approx([0.8, 3.0])
    said = script.at(1, "descent")
    assert said["caption"] == f"Update 1: loss from 4 to {g4((0.8 * 3 + 0.6 - 5) ** 2)}"


def test_the_way_down_can_be_gone_back(opened) -> None:
    script = opened(fit_of_a_line())
    script("state.mode = 'descent'")
    assert script("[update(), update(), update()]") == [True] * 3
    heights = script("track.map((place) => place.height)")
    script("returnTo", 1)
    assert script("values[root]") == heights[1]
    script("update()")
    assert script("track.map((place) => place.height)") == heights[:3]
    script("forgetTrack()")
    assert script("[track.length, position()]") == [1, 0]


def test_what_stops_an_update_is_said(opened) -> None:
    script = opened(log(Value(0.5, "p")))
    assert script("obstacle()") == ""
    script("state.rate = undefined")
    assert script("[update(), obstacle()]") == [False, "the learning rate must be a number"]
    script("state.rate = 10")
    assert script("[update(), settled(), update()]") == [True, True, False]
    assert script("obstacle()") == "there is no gradient here: move a variable back"
    script("returnTo", 0)
    script("moving.clear()")
    assert script("obstacle()") == "no variable is ticked"
    assert script.at(0, "descent")["equation"] == "no update"


def test_a_run_is_at_its_end_where_nothing_changes(opened) -> None:
    script = opened(fit_of_a_line())
    script("() => { state.rate = 0.05; for (let k = 0; k < 400 && update() && !settled(); k++); }")
    assert script("settled()")
    assert script("track.length") < 400
    assert script("values[root]") == pytest.approx(0.0, abs=1e-20)
