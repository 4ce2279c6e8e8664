"""Questions on a page: set in Python, asked for values, local derivatives and gradients, hidden.

Nothing on the page gives an open answer away, and each kind of wrong number has its hint.
"""

import json
import re
from typing import Any

import pytest
from graphs import network
from test_scripts import Scripts, scripts_of

from autograd import Value, constant, gradients, relu, tanh, topological_order
from viz import explore

# ---- graphs --------------------------------------------------------------------------------------


class Neuron:
    """y = tanh(a), a = w x + b: its gradients are 0.6271 (a, b), 0.439 (w), -0.8152 (x)."""

    def __init__(self) -> None:
        self.w, self.x, self.b = Value(-1.3, "w"), Value(0.7, "x"), Value(0.2, "b")
        self.a = self.w * self.x + self.b
        self.y = tanh(self.a)
        self.a.label, self.y.label = "a", "y"


@pytest.fixture
def n() -> Neuron:
    return Neuron()


@pytest.fixture
def scripts(node: Any) -> Any:
    """Runs the scripts of the page of a root, in Predict."""

    def run(root: Any, **options: Any) -> Scripts:
        script = Scripts(node, explore(root, **options))
        script("state.mode = 'predict'")
        return script

    return run


def asked(page: Any) -> list[list[Any]]:
    """The questions in the data of a page."""
    return list(json.loads(scripts_of(page)[0])["ask"])


# ---- set in Python -------------------------------------------------------------------------------


def test_questions_are_kept_with_the_page_in_their_order(n) -> None:
    ask = [("grad", n.w), ("value", n.y), ("local", n.y, n.a), ("local", n.a, n.b)]
    w, b, a, y = 0, 3, 4, 5
    assert asked(explore(n.y, ask=ask)) == [
        ["grad", w], ["value", y], ["local", y, 0], ["local", a, 1]
    ]  # fmt: skip
    assert b < a


def test_without_questions_the_page_asks_for_every_gradient(n, scripts) -> None:
    assert asked(explore(n.y)) == asked(explore(n.y, ask=[])) == []
    kinds = scripts(n.y)("questions.map((q) => q.kind + nodes[q.node].name)")
    assert kinds == ["grada", "gradb", "gradv1", "gradx", "gradw"]


def test_one_of_two_parallel_arrows_is_asked_for_by_its_position() -> None:
    x = Value(1.5, "x")
    y = x**x
    assert asked(explore(y, ask=[("local", y, 1)])) == [["local", 1, 1]]
    assert asked(explore(2 * x, ask=[])) == []


def refused(n: Neuron, ask: Any, kind: type[Exception] = ValueError) -> str:
    """What is said of questions that make no page."""
    with pytest.raises(kind) as caught:
        explore(n.y, ask=ask)
    return str(caught.value)


def test_what_is_no_list_of_questions_is_told_the_forms(n) -> None:
    forms = '("grad", v), ("value", v) or ("local", y, x)'
    for ask, said in [
        ("grad w", f"explore's ask is a list of questions, {forms}, got the text 'grad w'"),
        (("grad", n.w), 'write ask=[("grad", w)]'),
        ([n.w], f"a question of explore's ask is {forms}, got a Value"),
        ([()], "got an empty one"),
        (["grad w"], f"{forms}, got the text 'grad w'"),
        ({n.w: "grad"}, "got a dict"),
        ([("grad", "w")], '("grad", "w") needs a node, got the text \'w\': give the Value itself'),
        ([("grad", 3.0)], "needs a node, got a float"),
    ]:
        assert said in refused(n, ask, TypeError)


def test_a_question_without_an_answer_is_told_why(n) -> None:
    other, two = Value(0.7, "x"), constant(2.0)
    two.label = "two"
    n.a, n.y = n.y, n.y * two
    n.y.label = "z"
    for question, said in [
        (("slope", n.w), "got the kind 'slope'"),
        ((1, n.w), "got the kind an int"),
        ((n.w, "grad"), "got the kind a Value"),
        (("grad", n.w, n.y), "needs one node, got 2"),
        (("local", n.y), "needs two nodes, the result and its operand, got 1"),
        (("grad", other), "x is not in the graph below the root; was it made anew"),
        (("grad", two), "two is a constant, of which nothing is asked"),
        (("local", n.y, two), "two is a constant"),
        (("local", n.y, 1), "two is a constant"),
        (("grad", n.y), "the gradient of the root is 1"),
        (("value", n.w), "w is a variable, whose value is given"),
        (("local", n.y, n.w), "no arrow leads from w to z, whose parents are y"),
        (("local", n.a, 1), "y has one parent: its position is 0"),
        (("local", n.y, -1), "z has 2 parents: their positions are 0 to 1"),
    ]:
        assert said in refused(n, [question])


def test_parallel_arrows_are_told_apart_in_the_message() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    with pytest.raises(ValueError, match=r'2 arrows lead .*"local", y, 0\) or \("local", y, 1\)'):
        explore(y, ask=[("local", y, x)])


def test_a_question_twice_is_refused(n) -> None:
    with pytest.raises(ValueError, match=r'has the question \("local", y, 0\) twice'):
        explore(n.y, ask=[("local", n.y, n.a), ("local", n.y, 0)])


# ---- what is asked, and how ----------------------------------------------------------------------


def test_each_kind_is_asked_and_solved_in_its_words(n, scripts) -> None:
    script = scripts(n.y, ask=[("value", n.a), ("local", n.y, n.a), ("grad", n.b)])
    captions, ways, solved = zip(
        ("what is the value of a?", "a = v1 + b: put in the numbers of the boxes",
         "a = -0.91 + 0.2 = -0.71"),
        ("what is ∂y/∂a, the local derivative on the arrow from a to y?",
         "how many times as far y moves when only a moves, by a little",
         "∂y/∂a = 1 - y ** 2 = 0.6271"),
        ("what is ∂y/∂b?", "each arrow that leaves it gives", "∂y/∂b = 0.6271 * 1 = 0.6271"),
    )  # fmt: skip
    for at in range(3):
        words = script.at(at, "predict")
        assert captions[at] in words["caption"]
        assert words["more"].startswith(ways[at])
        assert words["equation"] == ""
    script("questions.forEach(reveal)")
    assert [script.at(at, "predict")["equation"] for at in range(3)] == list(solved)


def test_a_class_can_be_asked_for_everything_forwards_first(n, scripts) -> None:
    script = scripts(n.y)
    script("askFor", ["grad", "local", "value"])
    kinds = script("questions.map((q) => q.kind)")
    assert kinds == ["value"] * 3 + ["local"] * 5 + ["grad"] * 5
    script("askFor", ["grad"])
    assert script("questions.length") == 5


def test_of_parallel_arrows_it_is_said_which_is_asked(scripts) -> None:
    y = Value(1.5, "x") ** 2
    z = y * y
    z.label = "z"
    caption = scripts(z, ask=[("local", z, 1)]).at(0, "predict")["caption"]
    assert "the local derivative on the arrow 2 of 2 from v1 to z" in caption


def test_the_score_tells_the_kinds_apart(n, scripts) -> None:
    script = scripts(n.y, ask=[("value", n.a), ("local", n.y, n.a), ("grad", n.b), ("grad", n.w)])
    for at, typed in enumerate([-0.71, 0.63, 99.0, 0.44]):
        script("(at, typed) => answer(questions[at], typed)", at, typed)
    assert script("scoreLine()") == ""
    script("reveal(questions[2])")
    assert script("scoreLine()") == (
        "y = tanh(a): 3 of 4 right, 3 of them at once, 1 revealed "
        "(values 1 of 1, local derivatives 1 of 1, gradients 1 of 2)"
    )
    assert script("tally()") == "All answered: 3 right at once, 0 later, 1 revealed"


# ---- hints for the classic slips -----------------------------------------------------------------


def hints(script: Scripts, *typed: float) -> list[str]:
    """What wrong numbers are told, at the first question."""
    return [script("(typed) => hint(questions[0], typed)", x) for x in typed]


def product() -> tuple[Value, Value, Value, Value]:
    """y = 2 (x w) at x = 7, w = 3: v1 = 21, dy/dv1 = 2, dy/dx = 6, dy/dw = 14."""
    x, w = Value(7.0, "x"), Value(3.0, "w")
    v = x * w
    return x, w, v, v * 2


def test_a_gradient_has_hints_for_a_factor_forgotten_and_for_the_wrong_arrow(scripts) -> None:
    x, _, _, y = product()
    sign, slope, upstream, value, other, nothing = hints(
        scripts(y, ask=[("grad", x)]), -6, 3, 2, 7, 14, 99
    )
    assert sign == "the size is right, the sign is not"
    assert slope.startswith("that is the local derivative: multiply it by the gradient")
    assert upstream.startswith("that is the gradient at the arrow's head: multiply it by the local")
    assert value.startswith("that is the value")
    assert other.startswith("that goes to another operand")
    assert nothing == ""


def test_a_gradient_has_hints_for_one_path_only_and_for_sums_without_a_factor(scripts) -> None:
    """z = 3a + 5a + b, a = 2x, b = 7x: paths 6, 10, 7, and two arrows leave x and a."""
    x = Value(1.0, "x")
    a, b = 2 * x, 7 * x
    a.label, b.label = "a", "b"
    z = 3 * a + 5 * a + b
    script = scripts(z, ask=[("grad", x)])
    term, path, slopes, upstream = hints(script, 16, 10, 9, 9.5)
    assert term == "that is one of 2 terms: add them all"
    assert path == "that is one of 3 paths: add them all"
    assert slopes.startswith("these are the local derivatives, added")
    assert upstream == ""


def test_a_value_has_hints_for_the_operand_and_for_the_derivatives(n, scripts) -> None:
    script = scripts(relu(n.y) + n.a, ask=[("value", n.y)])
    before, sign, slope = hints(script, -0.71, 0.6107, 0.6271)
    assert before == "that is the value before tanh: apply it"
    assert sign == "the size is right, the sign is not"
    assert slope == "that is a local derivative: asked is the value"
    x, _, v, y = product()
    operand, gradient = hints(scripts(y, ask=[("value", v)]), x.data, 2)
    assert operand == "that is the value of an operand: work out the operation"
    assert gradient.startswith("that is the gradient")


def test_a_local_derivative_has_hints_for_the_gradient_and_the_other_arrow(scripts) -> None:
    x, _, v, y = product()
    sign, gradient, other, head, result = hints(scripts(y, ask=[("local", v, x)]), -3, 6, 7, 2, 21)
    assert sign == "the size is right, the sign is not"
    assert gradient.startswith("that is the gradient, which counts all up to the root")
    assert other == "that is the local derivative on the arrow from another operand"
    assert head.startswith("that is the gradient at the arrow's head")
    assert result.startswith("that is the value of the result")


def test_parallel_arrows_added_have_a_hint(scripts) -> None:
    x = Value(3.0, "x")
    y = x * x
    (together,) = hints(scripts(y, ask=[("local", y, 0)]), 6)
    assert together == "that is all arrows between the two, added: asked is one of them"


# ---- nothing gives an open answer away -----------------------------------------------------------

EVERYTHING = """() => {
  const found = [document.title];
  const walk = document.createTreeWalker(document.documentElement);
  for (let here = walk.currentNode; here; here = walk.nextNode()) {
    if (here.parentElement?.closest("script, style") || here.matches?.("script, style")) continue;
    if (here.nodeType === Node.TEXT_NODE) found.push(here.data);
    if (here.nodeType !== Node.ELEMENT_NODE) continue;
    found.push(...[...here.attributes].map((a) => a.value), here.value ?? "");
    for (const part of ["::before", "::after"]) found.push(getComputedStyle(here, part).content);
  }
  return found.map(String);
}"""
GEOMETRY = re.compile(r"^[MCLHVZ\d ,.e-]*[ ,][MCLHVZ\d ,.e-]*$")  # points of lines, boxes


def gives_away(screen: Any, answer: str) -> list[str]:
    """The texts and attributes in which a number stands, whatever its sign."""
    number = re.compile(rf"(?<![\d.]){re.escape(answer.lstrip('-'))}")
    texts = [text for text in screen.run(EVERYTHING) if not GEOMETRY.match(text)]
    return [text for text in texts if number.search(text)]


def look_everywhere(screen: Any, answer: str) -> list[str]:
    """What gives a number away while every node is pointed at, keys are told, a room watches."""
    found = gives_away(screen, answer)
    for key in "sc":  # what may stand beside the graph
        screen.press(key)
        found += gives_away(screen, answer)
    for i in range(screen.page.locator(".node").count()):
        screen.page.locator(".node").nth(i).hover(force=True)
        found += gives_away(screen, answer)
    screen.click("help")
    found += gives_away(screen, answer)
    screen.press("Escape")
    screen.click("present")
    found += gives_away(screen, answer)
    screen.click("leave")
    return found


OPEN = {
    "value": (lambda n: ("value", n.a), "-0.71"),
    "value of the root": (lambda n: ("value", n.y), "-0.6107"),
    "local": (lambda n: ("local", n.y, n.a), "0.627"),
    "grad": (lambda n: ("grad", n.w), "0.439"),
    "grad of an input": (lambda n: ("grad", n.x), "-0.815"),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", OPEN)
def test_nothing_on_the_page_gives_an_open_answer_away(opened, n, name: str) -> None:
    question, answer = OPEN[name]
    screen = opened(n.y, ask=[question(n)])
    screen.click("[data-mode=descent]", "descend", "back")  # numbers and a curve, and back again
    screen.press("1", "End")
    assert gives_away(screen, answer)
    screen.click("[data-mode=paths]", "[data-mode=predict]")
    assert look_everywhere(screen, answer) == []
    screen.page.fill("#answer", "99")
    screen.click("check")
    assert look_everywhere(screen, answer) == []
    screen.click("reveal")
    assert gives_away(screen, answer)


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["value", "grad"])
def test_no_folded_box_gives_an_open_answer_away(opened, kind: str) -> None:
    loss = network(2, 3, 3, 1, loss="squared")
    (v,) = [v for v in topological_order(loss) if v.label == "layers[1].neurons[1].a"]
    answer = f"{v.data if kind == 'value' else gradients(loss)[v]:.4g}"
    screen = opened(loss, ask=[(kind, v)], detail="layers")
    screen.press("3")
    assert look_everywhere(screen, answer) == []
    while screen.page.locator("#way [aria-current]").inner_text() != "Whole graph":
        screen.run("goUp()")
        assert look_everywhere(screen, answer) == []
    screen.run("openQuestion()")
    screen.click("reveal")
    assert gives_away(screen, answer)


@pytest.mark.browser
def test_colour_and_width_give_no_open_local_derivative_away(opened, n) -> None:
    screen = opened(n.y, ask=[("local", n.y, n.a)])
    edge = screen.page.locator(".edge").last
    screen.press("1", "End")
    assert "positive" in edge.get_attribute("class")
    screen.press("3")
    assert edge.get_attribute("class") == "edge neutral arriving"
    assert edge.locator("path").get_attribute("stroke-width") == "1.50"
    assert screen.labels[-1] == "?"


@pytest.mark.browser
def test_what_is_computed_from_an_asked_value_waits_for_it(opened, n) -> None:
    screen = opened(n.y, ask=[("value", n.a)])
    screen.press("3")
    assert [value for _, value, _ in screen.boxes] == ["-1.3", "0.7", "-0.91", "0.2", "?", "?"]
    assert screen.labels == ["0.7", "-1.3", "?", "?", "?"]
    screen.press(*"-.91 + .2", "Enter")
    assert [value for _, value, _ in screen.boxes][4:] == ["✓ -0.71", "-0.6107"]
    assert screen.labels == ["0.7", "-1.3", "1", "1", "0.6271"]


@pytest.mark.browser
def test_where_a_value_fails_its_message_tells_no_asked_operand(opened) -> None:
    x = Value(2.0, "x")
    a = x - 5
    a.label = "a"
    y = (a + 4) ** 0.5
    screen = opened(y, ask=[("value", a)])
    screen.press("3")
    screen.set("x", -7.25)
    assert screen.text("alert") == "✗ root has no value"
    assert gives_away(screen, "-12.25") == []


# ---- asked by mouse and by keys ------------------------------------------------------------------


@pytest.mark.browser
def test_set_questions_are_asked_in_order_and_all_kinds_scored(opened, n) -> None:
    screen = opened(n.y, ask=[("value", n.y), ("local", n.y, n.a), ("grad", n.w)])
    screen.press("3")
    assert not screen.page.locator("#kinds").is_visible()
    screen.press(*"-0.71", "Enter")
    assert screen.text("verdict").endswith("that is the value before tanh: apply it")
    screen.press(*"-.6107", "Enter", "Enter", *"1 - .6107**2", "Enter", "Enter")
    assert "what is ∂y/∂w?" in screen.plain("caption")
    screen.click("reveal")
    assert (
        screen.page.get_by_label("Your score in a line")
        .input_value()
        .endswith(
            "2 of 3 right, 1 of them at once, 1 revealed "
            "(values 1 of 1, local derivatives 1 of 1, gradients 0 of 1)"
        )
    )
    assert screen.run("document.activeElement.id") == "copy"
    assert not screen.page.locator("#check").is_visible()


@pytest.mark.browser
def test_next_leads_from_the_last_question_to_one_that_is_open(opened, n) -> None:
    screen = opened(n.y, ask=[("grad", n.a), ("grad", n.w)])
    screen.press("3")
    screen.node("w").click()
    assert screen.count == "question 2 of 2"
    screen.press(*"0.439", "Enter", "Enter")
    assert screen.count == "question 1 of 2"


@pytest.mark.browser
def test_the_page_can_ask_for_local_derivatives_and_values_too(opened, n) -> None:
    screen = opened(n.y)
    screen.press("3")
    assert screen.count == "question 1 of 5"
    screen.page.get_by_label("Asked are").select_option("local grad")
    assert screen.count == "question 1 of 10"
    screen.page.get_by_label("Asked are").select_option("value local grad")
    assert screen.count == "question 1 of 13"
    assert "what is the value of v1?" in screen.plain("caption")
    screen.node("y").click()
    assert "what is the value of y?" in screen.plain("caption")
    screen.press("p")  # no number has a p
    assert not screen.page.locator("#panel").is_visible()
    assert screen.page.input_value("#answer") == ""


@pytest.mark.browser
def test_a_set_question_opens_the_groups_that_hide_its_node(opened) -> None:
    loss = network(2, 8, 8, 1, loss="squared")
    labels = ["layers[0].neurons[5].a", "layers[1].neurons[2].a"]
    ask = [("value", v) for v in topological_order(loss) if v.label in labels]
    screen = opened(loss, ask=ask)
    assert screen.run("isFolded()")
    screen.press("3")
    for label in labels:
        assert screen.run("isDrawn(askedQuestion().node)")
        assert screen.run("nodes[askedQuestion().node].label") == label
        screen.click("reveal")
        screen.press("Enter")


# ---- the keys of a presenter, after any click ----------------------------------------------------


CLICKED = """
[data-mode=steps] [data-mode=paths] [data-mode=descent] #turn #theme #next #restart #help .node
""".split()


@pytest.mark.browser
@pytest.mark.parametrize("control", CLICKED)
def test_after_a_click_space_plays_and_page_down_steps(opened, n, control: str) -> None:
    screen = opened(n.y, beginning=True)
    screen.page.clock.install()
    screen.page.locator(control).first.click()
    mode, plays = screen.run("[state.mode, lastPosition() > 0 || state.mode === 'descent']")
    screen.press("Space")
    assert screen.run("[state.mode, state.playing > 0]") == [mode, plays]
    screen.press("PageDown")
    assert screen.run("[state.mode, state.playing]") == [mode, 0]
    assert screen.run(
        "[position() > 0 || lastPosition() === 0, document.activeElement.tagName]"
    ) == [
        True,
        "BODY",
    ]


@pytest.mark.browser
def test_after_a_slider_and_a_tick_space_is_the_pages_and_arrows_are_theirs(opened, n) -> None:
    screen = opened(n.y, beginning=True)
    screen.page.clock.install()
    for control in (
        screen.page.get_by_label("w", exact=True),
        screen.page.get_by_label("Step").first,
    ):
        control.click()
        screen.press("Space")
        assert screen.text("play") == "Stop"
        screen.press("Space")
    screen.page.get_by_label("descent moves w").click()
    screen.press("Space")
    assert screen.text("play") == "Stop"
    assert not screen.page.get_by_label("descent moves w").is_checked()


@pytest.mark.browser
@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_what_tab_has_reached_is_pressed_by_enter_and_by_space(opened, n, key: str) -> None:
    screen = opened(n.y)
    screen.page.focus("[data-mode=steps]")
    screen.press("Tab", key)
    assert screen.run("state.mode") == "paths"
    screen.press("Tab", "Shift+Tab", key)
    assert screen.run("document.activeElement.dataset.mode") == "paths"
