"""The page of `explore` in a real browser: every control by mouse and by keyboard, every number.

Each page is opened from a file and must ask nobody for anything and complain of nothing.  What its
scripts compute and say is asked without a browser, in test_scripts.py.
"""

import math
import random
import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import pytest
from programs import draw_program, record
from screens import Screen

from autograd import (
    OPERATIONS,
    Operation,
    Step,
    Value,
    count_paths,
    gradients,
    log,
    lookup,
    paths,
    steps,
    tanh,
    topological_order,
    where,
)
from autograd.graph import is_constant
from nn import MLP
from viz.derivation.formulas import NamedGraph
from viz.page.explore import explore

pytestmark = pytest.mark.browser


# ---- graphs --------------------------------------------------------------------------------------


def neuron(w: float = -1.3, x: float = 0.7, b: float = 0.2) -> Value:
    a = Value(w, "w") * Value(x, "x") + Value(b, "b")
    y = tanh(a)
    a.label, y.label = "a", "y"
    return y


def shared(x: float = 1.5) -> Value:
    """Figure 2 of the tutorial with one more product: four paths lead from y to x."""
    v = Value(x, "x")
    a, b = 3 * v, -v
    y = 2 * a + (a * b + v)
    a.label, b.label, y.label = "a", "b", "y"
    return y


def chain(length: int) -> Value:
    """2**length paths."""
    y = Value(1.01, "x")
    for _ in range(length):
        y = y * y
    y.label = "y"
    return y


def network() -> Value:
    """156 boxes."""
    model = MLP(4, [8, 8, 1], activation="tanh", rng=random.Random(0))
    loss = (model([1.0, -2.0, 0.5, 0.3]) - 0.5) ** 2
    loss.label = "loss"
    return loss


class Student:
    def __init__(self, data: float, parents: tuple = (), local_derivatives: tuple = ()) -> None:
        self.data, self.grad = data, 0.0
        self.parents, self.local_derivatives = parents, local_derivatives


# ---- numbers and names --------------------------------------------------------------------------


def g4(x: float) -> str:
    return f"{x:.4g}"


def named(root: Any) -> dict[str, Any]:
    """Nodes by the names that the page gives them, constants left out."""
    order = [v for v in topological_order(root) if not is_constant(v)]
    fresh = iter(range(1, len(order) + 1))
    names = [v.label or ("root" if v is root else f"v{next(fresh)}") for v in order]
    return dict(zip(names, order))


# ---- opening -------------------------------------------------------------------------------------


def test_it_opens_before_the_first_step_and_invites(opened) -> None:
    screen = opened(neuron(), beginning=True)
    assert screen.count == "step 0 of 9"
    assert screen.text("more") == (
        "Press → or Play: node by node up to y; then the gradients come back."
    )
    assert [value for _, value, _ in screen.boxes] == ["-1.3", "0.7", "?", "0.2", "?", "?"]


SIZES = [(1920, 1080), (1366, 768), (1024, 768), (390, 844)]


@pytest.mark.parametrize("size", SIZES)
def test_what_fits_is_all_in_view(opened, size: tuple[int, int]) -> None:
    screen = opened(
        network(), {"viewport": {"width": size[0], "height": size[1]}}, detail="operations"
    )
    inside = """(() => {
      const [seen, whole] = [$("stage"), picture].map((e) => e.getBoundingClientRect());
      return whole.left >= seen.left && whole.top >= seen.top
        && whole.right <= seen.right && whole.bottom <= seen.bottom;
    })()"""
    assert not screen.run(inside)
    assert screen.page.locator("#map").is_visible()
    screen.click("fit")
    assert screen.run(inside)
    assert not screen.page.locator("#map").is_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_current_node_is_always_in_view_and_never_below_the_map(opened, size) -> None:
    screen = opened(
        network(),
        {"viewport": {"width": size[0], "height": size[1]}, "reduced_motion": "reduce"},
        beginning=True,
        detail="operations",
    )
    hidden = [see["k"] for see in screen.sights() if not (see["inside"] and see["apart"])]
    assert hidden == []


def test_the_map_is_a_way_to_go(opened) -> None:
    screen = opened(network(), beginning=True, detail="operations")
    area = screen.page.locator("#map").bounding_box()
    screen.page.mouse.click(area["x"] + area["width"] - 2, area["y"] + area["height"] - 2)
    end = screen.run("$('graph').scrollHeight - $('graph').clientHeight")
    assert screen.run("$('graph').scrollTop") == pytest.approx(end, abs=2)


def test_the_graph_is_turned_and_nothing_else(opened) -> None:
    screen = opened(neuron())
    boxes, labels = screen.boxes, screen.labels
    assert screen.run("picture.viewBox.baseVal.width > picture.viewBox.baseVal.height")
    screen.click("turn")
    assert screen.run("picture.viewBox.baseVal.width < picture.viewBox.baseVal.height")
    assert (screen.boxes, screen.labels) == (boxes, labels)
    assert screen.page.get_attribute("#turn", "aria-label") == "Left to right"
    screen.page.focus("#turn")
    screen.press("Enter")
    assert screen.run("state.direction") == "LR"


def test_names_are_set_as_mathematics_in_boxes_panel_and_arithmetic(opened) -> None:
    w = Value(2.0, "layers[0].neurons[2].w[1]")
    screen = opened(tanh(w) ** 2)
    for place in (".node", "#sliders", "#node h2"):
        found = screen.page.locator(place).first
        assert "w" in found.text_content()
        assert "[" not in found.text_content()
    assert screen.page.locator("#sliders sub").inner_text() == "0,2,1"
    assert screen.page.locator("#equation .fraction").inner_text().split() == [
        "∂root",
        "/",
        "∂w0,2,1",
    ]
    screen.press("Home", "ArrowRight", "ArrowRight")
    assert screen.page.locator("#equation sup").inner_text() == "2"


# ---- for a room, and on a phone ------------------------------------------------------------------

TEXTS = """() => {
  const small = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.getClientRects().length) continue;
    if (e.closest(".unseen, #skip, .slash, option, script")) continue;
    const size = parseFloat(getComputedStyle(e).fontSize) * (e.closest("#graph") ? scale() : 1);
    if (size < 23.99) small.push([size, walk.currentNode.data]);
  }
  return small;
}"""


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1024, 768)])
def test_for_a_room_no_type_is_smaller_than_24_pixels(opened, size: tuple[int, int]) -> None:
    screen = opened(
        network(), {"viewport": {"width": size[0], "height": size[1]}}, detail="operations"
    )
    screen.press("p", "Home")
    for _ in range(12):
        screen.press("PageDown")
        assert screen.run(TEXTS) == []
    for mode in "234":
        screen.press(mode)
        screen.page.focus("#play")
        screen.press("PageDown")
        assert screen.run(TEXTS) == []
    assert not screen.page.locator("#panel").is_visible()
    area = screen.page.locator("#stage").bounding_box()
    assert area["width"] == size[0]
    assert area["height"] > 0.4 * size[1]


def test_a_presenter_steps_by_page_down_and_page_up_wherever_the_focus_is(opened) -> None:
    screen = opened(neuron(), beginning=True)
    for place in ("#graph", "#position", "#speed", "#turn"):
        screen.page.focus(place)
        screen.press("PageDown", "PageDown", "PageUp")
    assert screen.count == "step 4 of 9"


def test_the_room_is_entered_and_left_by_key_and_by_button(opened) -> None:
    screen = opened(neuron())
    panel = screen.page.locator("#panel")
    for enter, leave in [("p", "p"), ("P", "Escape")]:
        screen.press(enter)
        assert not panel.is_visible()
        screen.press(leave)
        assert panel.is_visible()
    screen.click("present")
    assert not panel.is_visible()
    screen.click("leave")
    assert panel.is_visible()
    screen.press("p", "2")
    assert screen.count.startswith("path")
    screen.press("Escape")
    assert screen.count.startswith("step")
    assert not panel.is_visible()


def test_a_graph_fills_the_screen_of_a_room(opened) -> None:
    screen = opened(Value(2.0, "x") * 3)
    before = screen.run("scale()")
    screen.press("p")
    assert screen.run("scale()") > before
    assert not screen.page.locator("#map").is_visible()


def test_the_speed_is_chosen_also_while_it_plays(opened) -> None:
    screen = opened(neuron(), beginning=True)
    screen.page.clock.install()
    screen.page.select_option("#speed", "4")
    screen.click("play")
    screen.page.clock.run_for(400)
    assert screen.count == "step 2 of 9"
    screen.page.select_option("#speed", "0.5")
    assert screen.count == "step 3 of 9"
    screen.page.clock.run_for(2900)
    assert screen.count == "step 3 of 9"
    screen.page.clock.run_for(200)
    assert screen.count == "step 4 of 9"


def test_the_list_of_keys_closes_by_escape_and_by_a_click_outside(opened) -> None:
    screen = opened(neuron())
    keys = screen.page.locator("#keys")
    screen.press("2")
    screen.click("help")
    keys.click()
    assert keys.is_visible()
    screen.press("Escape")
    assert not keys.is_visible()
    assert screen.count.startswith("path")
    screen.click("help", "#band")
    assert not keys.is_visible()
    screen.click("help", "help")
    assert not keys.is_visible()
    assert screen.page.get_attribute("#help", "aria-expanded") == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut(opened, scheme: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": scheme}
    screen = opened(shared(), phone, title="A heading that is longer than one line of a phone")
    for mode in ("steps", "paths", "predict", "descent"):
        screen.click(f"[data-mode={mode}]")
        screen.press("PageDown")
        cut = screen.run(
            """[...document.querySelectorAll("h1, button, input, select, p, #equation, output, dd")]
              .filter((e) => e.getClientRects().length && !e.matches("#skip, .unseen"))
              .filter((e) => e.getBoundingClientRect().right > 390.5
                || e.scrollWidth > e.clientWidth + 1 && !e.matches("span, input, select"))
              .map((e) => e.id || e.textContent)"""
        )
        assert cut == []
        assert screen.run("document.documentElement.scrollWidth") == 390
        assert screen.page.locator("#controls").bounding_box()["y"] < 844
    assert screen.run("state.direction") == "TB"


# ---- steps ---------------------------------------------------------------------------------------


def arrived(passes: list[Step], sent: int, v: Any) -> str:
    """What a box says of its gradient after so many nodes have sent theirs on."""
    if v in [step.node for step in passes[:sent]]:
        return next(g4(step.gradient) for step in passes if step.node is v)
    amounts = [[c.amount for c in step.contributions if c.parent is v] for step in passes]
    here = [amount for step in amounts[:sent] for amount in step]
    return (g4(sum(here)) + " + …" * any(amounts[sent:])) if here else "–"


@pytest.mark.parametrize("root", [neuron(), shared(), chain(3)], ids=["neuron", "shared", "chain"])
def test_at_every_step_the_picture_has_the_engines_numbers(opened, root: Value) -> None:
    screen = opened(root)
    nodes = named(root)
    results = [v for v in nodes.values() if v.parents]
    passes = list(steps(root))
    screen.press("Home")
    for position in range(len(results) + len(passes) + 1):
        late, sent = results[position:], max(0, position - len(results))
        assert screen.count == f"step {position} of {len(results) + len(passes)}"
        assert screen.boxes == [
            [name, "?" if v in set(late) else g4(v.data), arrived(passes, sent, v)]
            for name, v in nodes.items()
        ]
        assert screen.labels == [
            "" if v in set(late) else g4(d)
            for v in results
            for p, d in zip(v.parents, v.local_derivatives)
            if not is_constant(p)
        ]
        screen.press("ArrowRight")


def test_a_step_forward_says_its_arithmetic(opened) -> None:
    screen = opened(neuron())
    screen.press("Home")
    assert screen.equation == "w = -1.3,  x = 0.7,  b = 0.2"
    screen.press("ArrowRight")
    assert screen.equation == "v1 = -1.3 * 0.7 = -0.91"
    assert "∂v1/∂w = x = 0.7,   ∂v1/∂x = w = -1.3" in screen.plain("more")
    screen.press("ArrowRight", "ArrowRight")
    assert screen.equation == "y = tanh(-0.71) = -0.6107"


def test_a_step_backward_says_the_chain_rule_and_what_it_sends_on(opened) -> None:
    a = Value(2.0, "a")
    e, c = 2 * a, -3 * a
    root = 0.5 * e + c
    root.label, c.label, e.label = "L", "c", "e"
    screen = opened(root)
    assert screen.equation == "∂L/∂a = 1 * (-3) + 0.5 * 2 = -2"
    assert screen.plain("caption") == "Backward 5 of 5: the gradient of a"
    screen.press("ArrowLeft")
    assert screen.equation == "∂L/∂e = 1 * 0.5 = 0.5"
    screen.press("Home", *["ArrowRight"] * 5)
    assert screen.equation == "∂L/∂L = 1"
    assert "to c: 1 * 1 = 1" in screen.plain("more")


def test_the_step_is_marked_in_the_picture(opened) -> None:
    screen = opened(neuron())
    screen.press("Home", "ArrowRight")
    assert "current" in screen.node("v1").get_attribute("class")
    assert screen.page.locator(".edge.taking").count() == 2
    assert screen.page.locator(".mark.on").count() == 1
    screen.press("End", *["ArrowLeft"] * 4)
    assert "current" in screen.node("a").get_attribute("class")
    assert screen.page.locator(".edge.sending").count() == 2
    assert screen.page.locator(".mark.arrives").count() == 2


def test_an_edge_has_the_colour_and_width_of_the_number_on_it(opened) -> None:
    screen = opened(2 * Value(1.0, "a") - Value(3.0, "b"))
    screen.press("End")
    seen = screen.run(
        "view.arrows.map((a) => { const { group, line, label } = drawnArrows.get(a);"
        " return [label.textContent, group.classList.contains('negative'),"
        " line.getAttribute('stroke-width')]; })"
    )
    assert seen == [["2", False, "4.50"], ["1", False, "3.00"], ["-1", True, "3.00"]]


def test_every_step_is_said_to_those_who_hear_the_page(opened) -> None:
    screen = opened(neuron())
    assert screen.page.get_attribute("#said", "aria-live") == "polite"
    screen.press("Home", "ArrowRight")
    assert screen.said.startswith("Forward 1 of 3: the value of v1. v1 = -1.3 * 0.7 = -0.91")


def test_buttons_go_where_the_keys_go(opened) -> None:
    screen = opened(neuron())
    for name, count in [("first", 0), ("next", 1), ("next", 2), ("back", 1), ("last", 9)]:
        screen.click(name)
        assert screen.count == f"step {count} of 9"
    for key, count in [("Home", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowLeft", 0)]:
        screen.press(key)
        assert screen.count == f"step {count} of 9"
    screen.press("End", "ArrowRight")
    assert screen.count == "step 9 of 9"


@pytest.mark.parametrize("name", ["first", "back", "next", "last"])
def test_a_button_is_pressed_by_enter_and_by_space(opened, name: str) -> None:
    screen = opened(neuron())
    at = {"first": 0, "back": 3, "next": 5, "last": 9}[name]
    for key in ("Enter", "Space"):
        screen.press("Home", *["ArrowRight"] * 4)
        screen.page.focus(f"#{name}")
        screen.press(key)
        assert screen.count == f"step {at} of 9"


def test_the_slider_of_steps_goes_by_mouse_and_keys(opened) -> None:
    screen = opened(neuron())
    slider = screen.page.locator("#position")
    area = slider.bounding_box()
    screen.page.mouse.click(area["x"] + 4, area["y"] + area["height"] / 2)
    assert screen.count == "step 0 of 9"
    screen.press("ArrowRight", "ArrowRight")
    assert screen.count == "step 2 of 9"
    assert slider.get_attribute("aria-valuetext") == "step 2 of 9"
    screen.press("End")
    assert screen.count == "step 9 of 9"


def test_space_plays_one_step_after_the_other_and_stops(opened) -> None:
    screen = opened(neuron())
    screen.page.clock.install()
    screen.press("Space")
    assert screen.text("play") == "Stop"
    assert screen.count == "step 0 of 9"
    screen.page.clock.run_for(1600)
    assert screen.count == "step 1 of 9"
    screen.press("Space")
    screen.page.clock.run_for(5000)
    assert screen.count == "step 1 of 9"
    screen.click("play")
    screen.page.clock.run_for(30_000)
    assert screen.count == "step 9 of 9"
    assert screen.text("play") == "Play"


# ---- the node under the mouse --------------------------------------------------------------------


def test_pointing_at_a_node_shows_its_chain_rule_its_label_and_the_line_that_made_it(
    opened,
) -> None:
    x = Value(0.5, "net.h[1].x")
    y = tanh(x) * x
    screen = opened(y, sources={y: "lesson.py:3: y = tanh(x) * x"})
    screen.node("x[1]").hover()
    details = screen.content("node")
    assert "labelnet.h[1].x" in details
    assert "∂root/∂x1 = ∂root/∂root * ∂root/∂x1direct + ∂root/∂v1 * ∂v1/∂x1" in details
    assert "= 1 * 0.4621 + 0.5 * 0.7864 = 0.8553" in details
    assert "2 from root: click or Enter" in details
    screen.node("root").hover()
    assert "made by\nlesson.py:3: y = tanh(x) * x" in screen.text("node")
    assert "= 0.4621 * 0.5 = 0.2311" in screen.content("node")
    screen.node("v1").hover()
    assert "∂v1/∂x1 = 1 - v12 = 0.7864" in screen.content("node")


def test_focus_shows_what_the_mouse_shows(opened) -> None:
    screen = opened(neuron())
    screen.page.focus("#graph")
    seen = []
    for _ in range(6):
        screen.press("Tab")
        seen.append(screen.run("$('node').querySelector('.name').textContent"))
    assert seen == list(named(neuron()))


def test_without_pointing_it_follows_the_steps_and_does_not_run_ahead(opened) -> None:
    screen = opened(neuron())
    screen.press("Home", "ArrowRight")
    assert screen.text("node").startswith("v1")
    assert "the backward pass computes it" in screen.text("node")
    screen.press("End")
    assert "∂y/∂w = ∂y/∂v1 * ∂v1/∂w" in screen.content("node")


# ---- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [neuron(), shared(), chain(3)], ids=["neuron", "shared", "chain"])
def test_a_click_shows_each_path_with_its_product_and_the_sum_so_far(opened, root: Value) -> None:
    screen = opened(root)
    right = gradients(root)
    for name, v in named(root).items():
        screen.node(name).click()
        sum_ = 0.0
        for i, path in enumerate(paths(root, v), 1):
            sum_ += path.derivative
            total = count_paths(root, v)
            assert screen.count == f"path {i} of {total}"
            assert screen.equation.endswith(f" = {g4(path.derivative)}")
            assert f"sum of {i} of {total}:\n{g4(sum_)}" in screen.text("node")
            assert screen.page.locator(".edge.chosen").count() == len(path)
            marks = screen.page.locator("text.chosen").all_inner_texts()
            assert len(marks) == len(path)
            screen.press("ArrowRight")
        assert f"✓ the gradient: {screen.run('bare(gradientName(state.target))')}" in screen.plain(
            "more"
        )
        assert screen.plain("more").endswith(f" = {g4(right[v])}")
        screen.press("Escape")
        assert screen.count.startswith("step")


def test_a_path_is_written_root_first_with_its_edges_numbered(opened) -> None:
    screen = opened(shared())
    screen.node("x").click()
    screen.press("ArrowRight")
    assert screen.plain("caption") == "Path 2 of 4 from y to x:  y ← v3 ← v2 ← a ← x"
    assert screen.equation == "1 * 1 * (-1.5) * 3 = -4.5"
    assert screen.plain("more") == "sum so far  6 + (-4.5) = 1.5"
    assert "-1.5 ③" in screen.labels


def test_enter_and_space_on_a_node_show_its_paths(opened) -> None:
    screen = opened(shared())
    for key in ("Enter", "Space"):
        screen.node("a").focus()
        screen.press(key)
        assert screen.count == "path 1 of 2"
        screen.press("Escape")
        assert screen.count == "step 13 of 13"


def test_many_paths_are_counted_and_the_first_of_them_shown(opened) -> None:
    screen = opened(chain(12))
    screen.node("x").click()
    assert screen.plain("caption").startswith("Path 1 of 4,096 from y to x")
    screen.press("End")
    assert screen.count == "path 200 of first 200"
    assert "the first 200 of 4,096 paths" in screen.plain("more")
    root = chain(12)
    right = gradients(root)[topological_order(root)[0]]
    assert screen.plain("more").endswith(f"all together are ∂y/∂x = {g4(right)}")


def test_more_paths_than_anybody_counts_are_said_as_a_power(opened) -> None:
    screen = opened(chain(70))
    screen.node("x").click()
    assert "Path 1 of about 2**70 from" in screen.plain("caption")


# ---- sliders -------------------------------------------------------------------------------------


def numbers(root: Value) -> list[list[str]]:
    right = gradients(root)
    return [[name, g4(v.data), g4(right[v])] for name, v in named(root).items()]


def test_a_typed_number_computes_all_again(opened) -> None:
    screen = opened(neuron())
    screen.set("w", 2.25)
    assert screen.boxes == numbers(neuron(w=2.25))
    screen.set("b", -1e-3)
    assert screen.boxes == numbers(neuron(w=2.25, b=-1e-3))
    screen.click("restart")
    assert screen.boxes == numbers(neuron())


def test_a_slider_moves_by_keys_and_by_mouse_and_the_numbers_with_it(opened) -> None:
    screen = opened(neuron())
    slider = screen.page.get_by_label("w", exact=True)
    slider.focus()
    screen.press("ArrowRight")
    screen.frame()
    moved = float(screen.box("w").input_value())
    assert moved != -1.3
    assert screen.boxes == numbers(neuron(w=moved))
    area = slider.bounding_box()
    screen.page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    screen.page.mouse.down()
    screen.page.mouse.move(area["x"] + area["width"] - 2, area["y"] + area["height"] / 2)
    screen.page.mouse.up()
    screen.frame()
    moved = float(screen.box("w").input_value())
    assert moved > 1
    assert screen.boxes == numbers(neuron(w=moved))


def test_the_words_move_with_a_slider_where_one_stands(opened) -> None:
    screen = opened(neuron())
    screen.press("Home", "ArrowRight")
    screen.set("w", 2.0)
    assert screen.count == "step 1 of 9"
    assert screen.equation == "v1 = 2 * 0.7 = 1.4"
    assert [value for _, value, _ in screen.boxes] == ["2", "0.7", "1.4", "0.2", "?", "?"]


def test_a_number_beyond_the_slider_makes_it_longer(opened) -> None:
    screen = opened(neuron())
    screen.set("w", 1e4)
    assert float(screen.page.get_by_label("w", exact=True).get_attribute("max")) >= 1e4
    assert screen.boxes[0][1] == "1e+04"


def test_what_is_no_number_changes_nothing(opened) -> None:
    screen = opened(neuron())
    screen.box("w").fill("")
    screen.frame()
    assert screen.boxes == numbers(neuron())


def test_a_value_outside_a_domain_is_told_of_and_left_again(opened) -> None:
    x = Value(2.0, "p")
    screen = opened(log(x) * x)
    screen.set("p", -1.0)
    assert screen.text("alert") == "✗ v1 has no value: log needs x > 0, got -1 (label 'p')"
    assert screen.boxes == [["p", "-1", "–"], ["v1", "–", "–"], ["root", "–", "–"]]
    assert "failed" in screen.node("v1").get_attribute("class")
    for key in ["Home", *["ArrowRight"] * 5]:
        screen.press(key)
    screen.node("p").click()
    screen.press("Escape")
    screen.click("[data-mode=predict]", "check", "reveal", "[data-mode=descent]", "descend")
    assert "no gradient here" in screen.plain("more")
    screen.click("[data-mode=steps]")
    screen.set("p", 3.0)
    assert not screen.page.locator("#alert").is_visible()
    right = 3.0 * math.log(3.0)
    assert screen.boxes[-1] == ["root", g4(right), "1"]


@pytest.mark.parametrize("seed", range(12))
def test_programs_computed_in_the_page_are_those_of_the_engine(opened, seed: int) -> None:
    root, _ = record(draw_program(random.Random(seed)))
    screen = opened(root)
    order, right = topological_order(root), gradients(root)
    recorded = screen.boxes
    found = screen.run("() => { set([]); show(); return [values, locals, gradients]; }")
    for v, z, ds, g in zip(order, *found, strict=True):
        assert z == pytest.approx(v.data, rel=1e-13, abs=1e-300, nan_ok=True)
        if v.parents:
            assert ds == pytest.approx(list(v.local_derivatives), rel=1e-11, abs=1e-14, nan_ok=True)
        if not is_constant(v):
            assert g == pytest.approx(right[v], rel=1e-9, abs=1e-12, nan_ok=True)
    assert screen.boxes == recorded


def test_a_choice_that_was_recorded_stays_and_is_told_of(opened) -> None:
    x = Value(2.0, "x")
    screen = opened(where(x > 1, x * x, -x) + lookup([x, -x], 1))
    assert "What where and lookup chose" in screen.text("note")
    screen.set("x", 0.5)
    assert screen.boxes[-1][1] == g4(0.25 - 0.5)


def test_an_opaque_row_turns_the_sliders_off_and_leaves_the_rest(opened) -> None:
    def cube(x: float) -> float:
        return x**3 if x > 0 else -((-x) ** 3)

    row = Operation("opaque_row", cube, lambda x, z: 3 * x * x)
    try:
        screen = opened(row(Value(2.0, "x")))
    finally:
        del OPERATIONS["opaque_row"]
    assert "The sliders are off: operation 'opaque_row' has no formula" in screen.text("blame")
    assert screen.box("x").is_disabled()
    assert screen.page.locator("[data-mode=descent]").is_disabled()
    assert screen.boxes == [["x", "2", "12"], ["root", "8", "1"]]
    assert screen.equation == "∂root/∂x = 1 * 12 = 12"


def test_nodes_of_another_class_can_be_stepped_and_asked(opened) -> None:
    x = Student(3.0)
    screen = opened(Student(9.0, (x, x), (3.0, 3.0)), names={"x": x})
    assert "Student nodes remember their numbers" in screen.text("blame")
    assert screen.equation == "∂root/∂x = 1 * 3 + 1 * 3 = 6"
    screen.node("x").click()
    assert screen.count == "path 1 of 2"


# ---- questions -----------------------------------------------------------------------------------


def test_in_predict_mode_no_gradient_can_be_read_anywhere(opened) -> None:
    screen = opened(neuron())
    right = gradients(neuron())
    hidden = {g4(g) for v, g in right.items() if v.label in ("w", "x")}  # others are on edges too
    screen.click("[data-mode=predict]")
    screen.node("w").hover()
    everything = screen.page.inner_text("body")
    names = screen.run(
        "[...document.querySelectorAll('.node')].map((g) => g.ariaDescription).join()"
    )
    assert [g for *_, g in screen.boxes] == ["?"] * 5 + ["1"]
    assert len(hidden) == 2
    assert not [x for x in hidden if x in everything + names]


def test_a_right_answer_is_marked_by_a_word_and_a_sign_and_shown(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    assert "what is ∂y/∂a?" in screen.plain("caption")
    assert "within 2 %" in screen.plain("caption")
    screen.press(*"0.63", "Enter")
    assert screen.text("verdict") == "✓ right: 0.63 lies within 2 %"
    assert screen.equation == "∂y/∂a = 1 * 0.6271 = 0.6271"
    assert screen.boxes[4] == ["a", "-0.71", "✓ grad 0.6271"]
    assert screen.said.startswith("✓ right")
    screen.press("Enter")
    assert screen.count == "question 2 of 5"


def test_a_wrong_answer_is_marked_too_and_can_be_mended(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    screen.page.fill("#answer", "-0.627")
    screen.click("check")
    assert screen.text("verdict") == (
        "✗ not yet: it is not -0.627; the size is right, the sign is not"
    )
    assert screen.boxes[4][2] == "✗ grad ?"
    screen.page.fill("#answer", "0.627")
    screen.click("check")
    assert screen.text("verdict").startswith("✓ right")
    screen.press("End")
    screen.press("Home")
    assert screen.text("verdict").startswith("✓ right")


def test_one_term_of_a_sum_gets_the_hint_to_add_them(opened) -> None:
    screen = opened(shared())
    screen.click("[data-mode=predict]")
    screen.node("a").click()
    screen.press(*"-1.5", "Enter")
    assert screen.text("verdict").endswith("that is one of 2 terms: add them all")


def test_what_is_no_number_is_no_answer(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    screen.page.fill("#answer", "a lot")
    screen.press("Enter")
    assert screen.text("verdict").startswith("✗ not a number")
    assert screen.boxes[4][2] == "?"


def test_arithmetic_is_an_answer(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    screen.press(*"1 * (1 - 0.6107 ** 2)", "Enter")
    assert screen.text("verdict") == "✓ right: 0.627 lies within 2 %"


def test_the_score_is_a_line_to_copy(opened) -> None:
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    screen = opened(neuron(), allowed)
    screen.click("[data-mode=predict]")
    assert not screen.page.locator("#score").is_visible()
    for _ in range(5):
        screen.click("reveal")
        screen.press("Enter")
    line = "y = tanh(a): 0 of 5 right, 0 of them at once, 5 revealed"
    assert screen.page.get_by_label("Your score in a line").input_value() == line
    screen.click("copy")
    screen.page.wait_for_function("$('copy').textContent === 'Copied'")
    assert screen.run("navigator.clipboard.readText()") == line
    screen.set("w", 1.0)
    assert not screen.page.locator("#score").is_visible()


def test_revealing_shows_the_sum_and_the_end_counts_them(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    screen.press(*"7", "Enter", *["Backspace"] * 2, *"0.627", "Enter", "Enter")
    for _ in range(4):
        screen.click("reveal")
        assert screen.text("verdict") == "○ revealed"
        screen.press("Enter")
    assert screen.plain("caption") == "All answered: 0 right at once, 1 later, 4 revealed"
    assert [g.split()[0] for *_, g in screen.boxes] == ["○", "○", "○", "○", "✓", "1"]


def test_moving_a_variable_forgets_the_answers(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]", "reveal")
    screen.set("w", 1.0)
    assert [g for *_, g in screen.boxes] == ["?"] * 5 + ["1"]


# ---- descent -------------------------------------------------------------------------------------


def squares(x: float = 3.0, y: float = -2.0) -> Value:
    root = Value(x, "x") ** 2 + 0.5 * Value(y, "y") ** 2
    root.label = "L"
    return root


def descending(opened: Callable[..., Screen], root: Value) -> Screen:
    screen = opened(root)
    screen.click("[data-mode=descent]")
    return screen


def heights(screen: Screen) -> list[float]:
    """How far down the points of the curve are."""
    points = re.split("[ ,]", screen.page.get_attribute("#curve polyline", "points"))
    return [float(y) for y in points[1::2]]


def test_a_descent_step_moves_every_ticked_variable_against_its_gradient(opened) -> None:
    screen = descending(opened, squares())
    screen.page.fill("#rate", "0.25")
    screen.click("descend")
    assert screen.boxes == numbers(squares(1.5, -1.5))
    screen.page.get_by_label("descent moves y").uncheck()
    screen.click("descend")
    assert screen.boxes == numbers(squares(0.75, -1.5))
    assert screen.plain("caption") == f"Update 2: L from 11 to {g4(0.75**2 + 1.125)}"
    assert screen.equation == "x ← 0.75 - 0.25 * 1.5 = 0.375"
    assert screen.text("count") == "update 2"


def test_inputs_and_targets_have_no_tick_and_stay(opened) -> None:
    loss = (Value(2.0, "w") * Value(3.0, "x") - Value(5.0, "y")) ** 2
    screen = descending(opened, loss)
    ticks = screen.run("[...controls.values()].map((c) => c.moves.checked)")
    assert ticks == [True, False, False]
    assert screen.plain("ticks") == "ticked: descent moves it; not x, y: inputs and targets"
    screen.press("ArrowRight")
    assert [value for _, value, _ in screen.boxes][:2] == ["1.4", "3"]
    screen.page.get_by_label("descent moves x").check()
    assert "x ← " in screen.plain("more")


def test_descent_goes_on_and_back_by_the_keys_of_the_steps(opened) -> None:
    screen = descending(opened, squares())
    start = screen.boxes
    screen.press("PageDown", "PageDown", "ArrowRight", "ArrowLeft")
    assert screen.count == "update 2"
    screen.press("Home")
    assert screen.boxes == start
    screen.press("End")
    assert screen.count == "update 3"


def test_a_run_goes_on_until_it_is_stopped_or_nothing_changes(opened) -> None:
    screen = descending(opened, squares())
    screen.page.clock.install()
    assert screen.text("play") == "Run"
    screen.page.focus("#graph")
    screen.press("Space")
    assert screen.text("play") == "Stop"
    screen.page.clock.run_for(650)
    assert screen.count == "update 3"
    screen.click("play")
    screen.page.clock.run_for(5000)
    assert screen.count == "update 3"
    screen.page.select_option("#speed", "4")
    screen.click("play")
    screen.page.clock.run_for(200_000)
    assert screen.text("play") == "Run"
    assert float(screen.boxes[-1][1]) < 1e-20


def test_a_click_says_whose_update_is_written_large(opened) -> None:
    screen = descending(opened, squares())
    screen.node("y").click()
    assert screen.equation == "y ← -2 - 0.1 * (-2) = -1.8"
    assert "current" in screen.node("y").get_attribute("class")


def test_the_roots_value_over_the_steps_is_a_curve(opened) -> None:
    screen = descending(opened, squares())
    screen.page.focus("#descend")
    screen.press("Enter", "Space", "Enter")
    assert len(heights(screen)) == 4
    assert heights(screen) == sorted(heights(screen))  # downhill: y grows downwards
    assert screen.page.get_attribute("#curve svg", "aria-label").startswith(
        "L over 3 updates, from"
    )
    assert screen.said.startswith("Update 3: L from 11 to")
    screen.set("x", 1.0)
    assert not screen.page.locator("#curve").is_visible()
    screen.click("descend", "restart")
    assert screen.boxes == numbers(squares())
    assert not screen.page.locator("#curve").is_visible()


def test_a_step_that_leaves_the_domain_is_told_of_and_taken_back_by_reset(opened) -> None:
    screen = descending(opened, log(Value(0.5, "p")))
    screen.page.fill("#rate", "10")
    screen.click("descend")
    assert "log needs x > 0, got -19.5" in screen.text("alert")
    assert screen.page.locator("#curve svg").count() == 1
    screen.click("descend")
    assert "no gradient here" in screen.said
    assert "no gradient here" in screen.plain("more")
    screen.click("restart")
    assert screen.boxes[0] == ["p", "0.5", "2"]


def test_a_rate_that_is_no_number_moves_nothing(opened) -> None:
    screen = descending(opened, squares())
    screen.page.fill("#rate", "")
    screen.press("Tab")
    screen.click("descend")
    assert screen.plain("more") == "the learning rate must be a number"
    assert screen.boxes == numbers(squares())


# ---- the picture as a file -----------------------------------------------------------------------


def saved_picture(screen: Screen) -> Any:
    with screen.page.expect_download() as waiting:
        screen.click("download")
    assert waiting.value.suggested_filename == "graph.svg"
    return ElementTree.parse(waiting.value.path()).getroot()


def test_the_picture_is_saved_as_svg_with_all_its_words(opened) -> None:
    evil = "<script>alert(1)</script>"
    x = Value(1.5, evil)
    screen = opened(x * x)
    svg = saved_picture(screen)
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    tags = {element.tag.split("}")[1] for element in svg.iter()}
    assert tags == {"svg", "title", "rect", "g", "path", "polygon", "text", "tspan"}
    words = ["".join(text.itertext()) for text in svg.iter() if text.tag.endswith("}text")]
    assert {"2.25", "grad 1", "grad 3", "1.5"} <= set(words)
    styles = {element.get("class") for element in svg.iter()}
    assert styles == {None}
    lines = [e.get("stroke") for e in svg.iter() if e.tag.endswith("path")]
    assert all(line.startswith("rgb") for line in lines)


# ---- how it looks --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_dark_or_light_as_the_system_is_and_as_one_likes(opened, scheme: str) -> None:
    screen = opened(neuron(), {"color_scheme": scheme})
    paper = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(244, 245, 247)", "rgb(15, 19, 25)"
    assert screen.run(paper) == {"light": light, "dark": dark}[scheme]
    screen.click("theme")
    assert screen.run(paper) == {"light": dark, "dark": light}[scheme]
    screen.page.focus("#theme")
    screen.press("Enter")
    assert screen.run(paper) == {"light": light, "dark": dark}[scheme]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_where_motion_is_not_wanted(opened, motion: str) -> None:
    screen = opened(neuron(), {"reduced_motion": motion})
    screen.press("End", *["ArrowLeft"] * 4)
    name = screen.run("getComputedStyle(document.querySelector('.sending path')).animationName")
    assert name == {"reduce": "none", "no-preference": "upstream"}[motion]


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (1024, 768), (900, 680)])
def test_everything_fits_on_the_screen(opened, size: tuple[int, int]) -> None:
    screen = opened(shared(), {"viewport": {"width": size[0], "height": size[1]}})
    for mode in ("steps", "paths", "predict", "descent"):
        screen.click(f"[data-mode={mode}]")
        screen.press("PageDown" if mode == "descent" else "Escape" if mode == "steps" else "End")
        boxes = screen.run(
            "[...document.querySelectorAll('button, input, .node, #equation, #count')]"
            ".filter((e) => e.getClientRects().length && e.id !== 'skip')"
            ".map((e) => [e.getBoundingClientRect().right, e.getBoundingClientRect().bottom])"
        )
        assert max(right for right, _ in boxes) <= size[0]
        assert max(bottom for _, bottom in boxes) <= size[1]
        assert screen.run("$('band').scrollHeight <= $('band').clientHeight")


def test_the_graph_is_made_larger_smaller_and_moved(opened) -> None:
    screen = opened(shared())
    width = "picture.getBoundingClientRect().width"
    fitting = screen.run(width)
    screen.click("larger")
    assert screen.run(width) == pytest.approx(1.2 * fitting, rel=1e-3)
    screen.click("larger", "larger", "smaller")
    area = screen.page.locator("#graph").bounding_box()
    middle = area["x"] + area["width"] / 2, area["y"] + area["height"] - 20
    before = screen.run("$('graph').scrollLeft")
    screen.page.mouse.move(*middle)
    screen.page.mouse.down()
    screen.page.mouse.move(middle[0] - 50, middle[1], steps=3)
    screen.page.mouse.up()
    assert screen.run("$('graph').scrollLeft") == pytest.approx(before + 50, abs=1)
    screen.page.focus("#fit")
    screen.press("Enter")
    assert screen.run(width) == pytest.approx(fitting, rel=1e-3)
    screen.page.mouse.move(*middle)
    screen.page.keyboard.down("Control")
    screen.page.mouse.wheel(0, -100)
    screen.page.keyboard.up("Control")
    screen.frame()
    assert screen.run(width) == pytest.approx(1.1 * fitting, rel=1e-3)


def test_tab_reaches_every_control_and_every_node(opened) -> None:
    screen = opened(neuron())
    screen.click("help")
    screen.press("Escape")
    here = """() => {
      const e = document.activeElement;
      return e.id || e.dataset.mode || e.ariaLabel || e.ariaDescription || e.tagName;
    }"""
    reached = set()
    for _ in range(60):
        screen.press("Tab")
        reached.add(screen.run(here))
    every = screen.run(
        "[...document.querySelectorAll('button, input, a, .node, #graph')]"
        ".filter((e) => e.getClientRects().length && !e.disabled)"
        ".map((e) => e.id || e.dataset.mode || e.ariaLabel || e.ariaDescription)"
    )
    assert set(every) <= reached
    assert len(set(every)) == len(every)


def test_focus_is_seen(opened) -> None:
    screen = opened(neuron())
    screen.page.focus("#graph")
    screen.press("Tab")
    halo = "getComputedStyle(document.activeElement.querySelector('.halo'))"
    assert screen.run(f"[{halo}.stroke === 'none', {halo}.strokeDasharray]") == [False, "6px, 3px"]
    screen.page.focus("#last")
    screen.press("Shift+Tab")
    assert screen.run("document.activeElement.id") == "next"
    assert screen.run("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_the_graph_can_be_skipped(opened) -> None:
    screen = opened(neuron())
    screen.page.focus("#skip")
    screen.press("Enter")
    assert screen.run("document.activeElement.id") == "first"


def test_every_control_has_a_name_and_every_node_its_numbers(opened) -> None:
    screen = opened(neuron())
    screen.click("[data-mode=predict]")
    names = screen.run(
        "[...document.querySelectorAll('button, input')].map((e) =>"
        " e.ariaLabel || e.textContent || e.labels?.[0]?.textContent || '')"
    )
    screen.press("Escape")
    assert all(name.strip() for name in names)
    w = screen.page.get_by_role("button", name="w = -1.3 grad 0.439", exact=True)
    assert w.get_attribute("aria-description") == "variable w"
    assert screen.page.get_by_role("slider", name="Step").count() == 1
    assert screen.page.get_by_label("learning rate").count() == 1
    assert screen.page.get_by_label("Speed").count() == 1


def test_the_keys_are_told(opened) -> None:
    screen = opened(neuron())
    assert not screen.page.locator("#keys").is_visible()
    screen.click("help")
    assert "Space play, stop" in screen.text("keys")
    assert screen.page.get_attribute("#help", "aria-expanded") == "true"


# ---- nothing gets in, nothing gets out -----------------------------------------------------------


def test_labels_that_try_to_be_markup_stay_text(opened) -> None:
    evil = [
        "</script><script>alert(1)</script>",
        '<svg onload="alert(2)">',
        "<img src=x onerror=alert(3)>",
        "{{script}} ${alert(4)}",
    ]
    a, b, c = (Value(float(i + 2), label) for i, label in enumerate(evil[:3]))
    y = a * b + c * a
    y.label = evil[3]
    screen = opened(y, title=evil[1], sources={y: evil[2]})
    for mode in ("predict", "paths", "steps"):
        screen.click(f"[data-mode={mode}]")
        for i in range(screen.page.locator(".node").count()):
            screen.page.locator(".node").nth(i).hover()
    for _ in range(12):
        screen.press("ArrowLeft")
    assert screen.text("variables").count("alert") == 3
    assert screen.page.locator("img").count() == 0
    assert screen.page.locator("script").count() == 3
    assert screen.page.title() == evil[1]
    screen.set(evil[0], 5.0)
    saved_picture(screen)


def test_it_works_in_a_sandboxed_frame_as_in_a_notebook(chromium, tmp_path: FilePath) -> None:
    frame_html = explore(neuron())._repr_mimebundle_()["text/html"]
    context = chromium.new_context(viewport={"width": 900, "height": 800})
    screen = Screen(context.new_page())
    screen.page.set_content(f"<p>Out[1]:</p>{frame_html}")
    inside = screen.page.frames[1]
    inside.wait_for_selector(".node")
    inside.click("#next")
    assert inside.inner_text("#count") == "step 1 of 9"
    inside.click("[data-mode=predict]")
    inside.fill("#answer", "0.63")
    inside.press("#answer", "Enter")
    assert inside.inner_text("#verdict").startswith("✓ right")
    inside.get_by_label("w, number").fill("2")
    with screen.page.expect_download() as waiting:
        inside.click("#download")
    assert ElementTree.parse(waiting.value.path()).getroot().tag.endswith("svg")
    assert screen.requests == []
    assert screen.complaints == []
    context.close()


def test_a_script_that_is_not_the_pages_does_not_run(opened) -> None:
    screen = opened(neuron())
    ran = screen.run(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.intruder = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='intruder = true'>");
          return new Promise((tell) => setTimeout(() => tell(window.intruder ?? false), 200));
        }"""
    )
    assert ran is False
    assert any("Content Security Policy" in text for text in screen.complaints)
    screen.complaints.clear()
    screen.requests[1:] = []


# ---- size and speed ------------------------------------------------------------------------------


def test_a_network_of_150_nodes_is_small_and_quick(opened) -> None:
    root = network()
    page = explore(root, detail="operations")
    assert len([v for v in topological_order(root) if not is_constant(v)]) >= 150
    assert len(page.html.encode()) < 300_000
    before = time.perf_counter()
    screen = opened(page)
    screen.press("ArrowLeft")
    ready = time.perf_counter() - before
    name = screen.run("nodes[variables[3]].name")
    compute, everything = screen.run(
        """() => {
          const times = {compute: [], all: []};
          for (let k = 0; k < 60; k++) {
            const from = performance.now();
            set([[variables[3], k / 60]]);
            times.compute.push(performance.now() - from);
            show({say: false});
            document.body.getBoundingClientRect();
            times.all.push(performance.now() - from);
          }
          const middle = (xs) => xs.sort((a, b) => a - b)[30];
          return [middle(times.compute), middle(times.all)];
        }"""
    )
    print(
        f"\n150 nodes: {len(page.html.encode()):,} bytes, open and answering a key after "
        f"{ready:.2f} s; a slider step computes in {compute:.2f} ms, with the page drawn and laid "
        f"out {everything:.1f} ms"
    )
    screen.set(name, 0.5)
    assert [value for n, value, _ in screen.boxes if n == name] == ["0.5"]


def test_names_are_those_of_explain(opened) -> None:
    root = network()
    names = set(NamedGraph(root).names.values())
    assert {name for name, *_ in opened(root, detail="operations").boxes} == names | {"v1"}


def test_no_request_leaves_while_everything_is_used(opened) -> None:
    screen = opened(shared())
    assert re.match("file:", screen.requests[0])
    screen.click("play", "theme", "help", "larger", "fit", "restart")
    screen.click("[data-mode=descent]", "descend")
    screen.click("[data-mode=predict]", "reveal", "check", "[data-mode=paths]", "next")
    saved_picture(screen)
