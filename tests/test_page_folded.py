"""A folded page in a real browser: boxes open and close by keys, and one stands where one stood."""

import random
from typing import Any

import pytest

from autograd import Value, gradients, topological_order
from benchmarks.workers.drawing import program
from nn import MLP

pytestmark = pytest.mark.browser
SIZES = [(1920, 1080), (1366, 768), (1024, 768), (390, 844)]


def network(examples: int = 1) -> Value:
    """The squared error of a 2-16-16-1: 404 nodes with one example, 1,424 with 16."""
    rng = random.Random(0)
    model = MLP(2, [16, 16, 1], "tanh", rng=rng)
    terms = [(model([rng.random(), rng.random()]) - 0.5) ** 2 for _ in range(examples)]
    loss = sum(terms[1:], start=terms[0])
    loss.label = "loss"
    return loss


def at(size: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"viewport": {"width": size[0], "height": size[1]}, **more}


def way(screen: Any) -> str:
    return str(screen.text("way")).replace("\n", " ")


def focused(screen: Any) -> str:
    """What the box that has the focus is said to be."""
    return str(screen.run("document.activeElement.getAttribute('aria-description')"))


def box(screen: Any, about: str) -> Any:
    """The box that is said to be this."""
    return screen.page.locator(f'.node[aria-description^="{about}"]')


# ---- open and close ------------------------------------------------------------------------------


def test_by_keys_alone_one_neuron_is_opened_stepped_through_and_left(opened) -> None:
    screen = opened(network(), beginning=True)
    assert screen.count == "step 0 of 10"
    screen.press("ArrowRight", "ArrowRight", "Enter")
    assert way(screen) == "Whole graph › layers[1]"
    assert screen.plain("caption") == ("Forward 2 of 20: what layers[1].neurons[0] computes")
    screen.press("ArrowRight", "ArrowRight", "Backspace", "ArrowLeft", "ArrowRight", "Enter")
    screen.press("PageDown", "PageDown", "PageDown", "Enter")
    assert way(screen) == "Whole graph › layers[1] › neurons[3]"
    assert screen.equation.startswith("a[1,3] = ")
    screen.press("PageDown")
    assert screen.equation.startswith("z[1,3] = tanh(")
    screen.press("Backspace")
    assert screen.plain("caption").startswith("Forward 5 of 20: what layers[1].neurons[3]")
    screen.press("Backspace", "Backspace")
    assert screen.plain("caption") == "Forward 2 of 5: what layers[1] computes"


def test_the_focus_goes_into_what_opens_and_back_to_what_was_open(opened) -> None:
    screen = opened(network(), beginning=True)
    screen.page.focus("#graph")
    screen.press("Tab", "Tab")
    assert "group layers[1]" in focused(screen)
    screen.press("Enter")
    assert "group layers[1].neurons[0]" in focused(screen)
    screen.press("Enter")
    assert focused(screen) == "variable w[1,0,0]"
    screen.press("Backspace")
    assert "group layers[1].neurons[0]" in focused(screen)
    screen.press("Backspace")
    assert "group layers[1]," in focused(screen)


def test_a_click_opens_a_box_and_the_way_back_is_a_button(opened) -> None:
    screen = opened(network())
    box(screen, "group layers[0]").click()
    assert way(screen) == "Whole graph › layers[0]"
    assert screen.page.locator(".node").count() == 20
    screen.page.get_by_role("button", name="Whole graph").click()
    assert way(screen) == "Whole graph"
    assert screen.page.locator(".node").count() == 5


def test_the_others_beside_an_open_neuron_lead_back_to_the_layer(opened) -> None:
    screen = opened(network())
    screen.run("visit(graph.views.findIndex((v) => v.name === 'layers[1].neurons[3]'))")
    box(screen, "group layers[1].15 others").click()
    assert way(screen) == "Whole graph › layers[1]"


def test_enter_on_a_button_is_the_buttons(opened) -> None:
    screen = opened(network(), beginning=True)
    screen.press("ArrowRight")
    screen.page.focus("#next")
    screen.press("Enter")
    assert screen.count == "step 2 of 10"
    assert way(screen) == "Whole graph"


def test_a_page_of_one_view_has_no_way(opened) -> None:
    screen = opened(network().parents[0])
    assert screen.page.locator("#way").is_visible()
    screen = opened(Value(2.0, "x") * 3, beginning=True)
    assert not screen.page.locator("#way").is_visible()
    screen.press("ArrowRight", "Enter", "Backspace")
    assert screen.count == "step 1 of 3"


# ---- in every mode -------------------------------------------------------------------------------


def test_a_path_is_followed_through_folded_boxes(opened) -> None:
    screen = opened(network())
    screen.run("visit(graph.views.findIndex((v) => v.name === 'layers[1].neurons[3]'))")
    box(screen, "variable w[1,3,2]").click()
    assert screen.count == "path 1 of 1"
    marked = screen.page.locator("text.chosen").all_text_contents()
    assert sorted(text[-1] for text in marked) == sorted("①②③④⑤")
    assert screen.page.locator(".node.chosen").count() == 6
    screen.click("#way button:first-of-type")
    assert screen.page.locator(".node.chosen").count() == 4
    assert screen.plain("caption").endswith("loss ← v1 ← layers[2] ← layers[1] ← w[1,3,2]")


def test_what_is_asked_is_drawn_and_nothing_gives_it_away(opened) -> None:
    root = network()
    screen = opened(root)
    screen.click("[data-mode=predict]")
    assert screen.count == "question 1 of 2"
    right = gradients(root)
    assert [g for *_, g in screen.boxes[:-1]] == ["?"] * 4
    assert "Σ" not in "".join(screen.labels)
    screen.press(*f"{right[root.parents[0]]:.6f}", "Enter", "Enter")
    assert screen.plain("asked") == "∂loss/∂a[2,0] = "
    box(screen, "group layers[1]").click()
    assert screen.count == "question 2 of 18"


def test_a_question_that_was_set_is_gone_to(opened) -> None:
    root = network()
    (w,) = [v for v in topological_order(root) if v.label == "layers[1].neurons[3].w[2]"]
    screen = opened(root, ask=[("value", root), ("grad", w)])
    screen.click("[data-mode=predict]")
    assert way(screen) == "Whole graph"
    screen.click("reveal", "check")
    assert way(screen) == "Whole graph › layers[1] › neurons[3]"
    assert screen.plain("asked") == "∂loss/∂w[1,3,2] = "


def test_descent_moves_what_is_folded_too(opened) -> None:
    screen = opened(network())
    screen.click("[data-mode=descent]")
    screen.page.fill("#rate", "0.001")
    screen.click("descend")
    before, after = screen.run("track.map((place) => place.height)")
    assert after < before
    assert screen.run("variables.filter((i) => values[i] !== nodes[i].value).length") > 300


def test_the_variables_listed_are_those_that_are_drawn(opened) -> None:
    screen = opened(network())
    assert screen.page.locator("#sliders input").count() == 0
    screen.page.get_by_role("button", name="layers[1]: 272 inside").click()
    screen.page.get_by_role("button", name="layers[1].neurons[3]: 17 inside").click()
    assert screen.page.locator("#sliders [type=range]").count() == 17
    before = screen.run("values[root]")
    screen.set("b[1,3]", 5.0)
    assert screen.run("values[root]") != before
    screen.press("Escape", "Backspace", "Backspace")
    assert way(screen) == "Whole graph › layers[1] › neurons[3]"  # the field keeps its key


# ---- at every size -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_in_every_view_the_current_box_is_in_sight(opened, size: tuple[int, int]) -> None:
    screen = opened(network(), at(size, reduced_motion="reduce"), beginning=True)
    hidden = []
    for name in ("", "layers[1]", "layers[1].neurons[3]", "layers[2]"):
        screen.run("(name) => visit(graph.views.findIndex((v) => v.name === name))", name)
        for see in screen.sights():
            if not see["inside"] or (see["map"] and not see["apart"]):
                hidden.append((name, see["k"]))
    assert hidden == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_of_a_folded_page_is_cut(opened, scheme: str) -> None:
    screen = opened(network(), at((390, 844), color_scheme=scheme))
    for name in ("", "layers[1]", "layers[1].neurons[3]"):
        screen.run("(name) => visit(graph.views.findIndex((v) => v.name === name))", name)
        for mode in ("steps", "paths", "predict", "descent"):
            screen.click(f"[data-mode={mode}]")
            assert screen.run("document.documentElement.scrollWidth") == 390
            cut = screen.run(
                """[...document.querySelectorAll("h1, button, input, p, #equation, dd, #way")]
                  .filter((e) => e.getClientRects().length && !e.closest("#way button"))
                  .filter((e) => e.getBoundingClientRect().right > 390.5)
                  .map((e) => e.id || e.textContent)"""
            )
            assert cut == []


@pytest.mark.parametrize("size", SIZES[:3])
def test_for_a_room_no_word_of_a_folded_box_is_smaller_than_24_pixels(opened, size) -> None:
    screen = opened(network(), at(size))
    screen.press("p")
    for name in ("", "layers[1]", "layers[1].neurons[3]"):
        screen.run("(name) => visit(graph.views.findIndex((v) => v.name === name))", name)
        sizes = screen.run(
            """[...document.querySelectorAll("#graph text, #way button")]
              .filter((e) => e.textContent)
              .map((e) => parseFloat(getComputedStyle(e).fontSize)
                * (e.closest("#graph") ? scale() : 1))"""
        )
        assert min(sizes) > 23.9


def test_every_word_fits_in_its_box(opened) -> None:
    screen = opened(network(16), beginning=True)
    for k in range(screen.run("graph.views.length")):
        screen.run(f"visit({k})")
        outside = screen.run(
            """[...document.querySelectorAll(".node")].flatMap((group) => {
              const box = group.querySelector(".box").getBBox();
              return [...group.querySelectorAll("text")].filter((text) => {
                if (!text.textContent) return false;
                const { x, width } = text.getBBox();
                return x < box.x - 1 || x + width > box.x + box.width + 1;
              }).map((text) => text.textContent);
            })"""
        )
        assert outside == []


# ---- large graphs --------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [network(16), program(1500)], ids=["network", "program"])
def test_1500_nodes_open_folded_and_every_view_is_stepped_through(opened, root: Value) -> None:
    assert len(topological_order(root)) > 1400
    screen = opened(root, beginning=True)
    assert screen.page.locator(".node").count() <= 12
    for k in range(0, screen.run("graph.views.length"), 7):
        screen.run(f"visit({k})")
        screen.press("End", "ArrowLeft", "Home")
    assert screen.run("document.querySelectorAll('*').length") < 2000
