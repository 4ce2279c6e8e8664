"""The slope and the code beside the graph, in a real browser: by mouse and keys, at every size."""

from pathlib import Path as FilePath
from typing import Any

import pytest
from test_listing import LESSON, run_file
from test_page import TEXTS, network, neuron

from autograd import Value, log

pytestmark = pytest.mark.browser
SIZES = [(1920, 1080), (1366, 768), (1024, 768), (390, 844)]


def square(x: float = 3.0) -> Value:
    y = Value(x, "x") ** 2
    y.label = "y"
    return y


@pytest.fixture
def lesson(tmp_path: FilePath) -> dict[str, Any]:
    """y of a small lesson, and its lines."""
    return run_file(tmp_path / "lesson.py", LESSON)


def tangent(screen: Any) -> str:
    return str(screen.plain("tangent"))


# ---- the slope -----------------------------------------------------------------------------------


def test_the_slope_is_out_of_the_way_until_it_is_asked_for(opened) -> None:
    screen = opened(square())
    slope = screen.page.locator("#slope")
    assert not slope.is_visible()
    for _ in range(2):
        screen.press("s")
        assert slope.is_visible()
        assert screen.page.get_attribute("#slopes", "aria-pressed") == "true"
        screen.click("slopes")
        assert not slope.is_visible()
    assert screen.page.get_attribute("#slopes", "aria-pressed") == "false"


def test_the_nudge_is_typed_pulled_and_pointed_at(opened) -> None:
    screen = opened(square())
    screen.press("s")
    assert (tangent(screen), screen.plain("change")) == ("dy ≈ 6 * 2 = 12", "Δy = 25 - 9 = 16")
    screen.page.fill("#nudge", "0.1")
    assert (tangent(screen), screen.plain("change")) == (
        "dy ≈ 6 * 0.1 = 0.6",
        "Δy = 9.61 - 9 = 0.61",
    )
    screen.page.fill("#nudge", "1")
    screen.page.focus("#nudging")
    screen.press("ArrowRight")
    assert tangent(screen) == "dy ≈ 6 * 1.5 = 9"
    screen.press("Home")
    assert tangent(screen) == "dy ≈ 6 * (-10) = -60"
    left, width = screen.page.evaluate("[plotted.left, plotted.width]")
    area = screen.page.locator("#plot").bounding_box()
    screen.page.mouse.click(area["x"] + left + 0.6 * width, area["y"] + 100)
    assert tangent(screen) == "dy ≈ 6 * (-1) = -6"


def test_a_field_that_is_typed_in_stays_as_typed(opened) -> None:
    screen = opened(square())
    screen.press("s")
    screen.page.focus("#nudge")
    screen.press("Control+a", "-", "0", ".", "0")
    assert screen.page.input_value("#nudge") in ("-0.0", "-0.")
    screen.press("5")
    assert tangent(screen) == "dy ≈ 6 * (-0.05) = -0.3"


def test_the_curve_follows_the_slider_the_step_and_the_mouse(opened) -> None:
    screen = opened(neuron())
    screen.press("s")
    screen.set("b", 0.5)
    assert screen.plain("curved") == "y over b, all else fixed"
    screen.page.evaluate("document.activeElement.blur()")  # its keys are the field's
    screen.press("Home", "ArrowRight", "ArrowRight", "ArrowRight")
    assert screen.plain("curved") == "y over a, all else fixed"
    screen.node("x").hover()
    assert screen.plain("curved") == "y over x, all else fixed"
    screen.page.mouse.move(5, 5)
    assert screen.plain("curved") == "y over a, all else fixed"


def test_a_curve_is_chosen_and_stays(opened) -> None:
    screen = opened(neuron())
    screen.press("s")
    screen.page.select_option("#subject", label="y over x")
    screen.page.locator("#subject").blur()
    screen.press("Home", "ArrowRight", "ArrowRight")
    assert screen.plain("curved") == "y over x, all else fixed"
    screen.page.select_option("#subject", "")
    assert screen.plain("curved") == "y over w, all else fixed"


def test_nearer_and_farther_by_buttons(opened) -> None:
    screen = opened(square())
    screen.press("s")
    label = "picture of the curve"
    label = screen.page.get_attribute("#plot svg", "aria-label")
    assert label == "y over x from -10 to 10: at x = 3 y = 9, slope 6; at 5 25"
    screen.click("closer")
    assert "from -2 to 8" in screen.page.get_attribute("#plot svg", "aria-label")
    assert tangent(screen) == "dy ≈ 6 * 1 = 6"
    screen.click("farther", "farther")
    assert "from -20 to 20" in screen.page.get_attribute("#plot svg", "aria-label")


def test_the_tangent_touches_the_curve_at_the_point(opened) -> None:
    screen = opened(square())
    screen.press("s")
    found = screen.run(
        """() => {
          const dot = document.querySelector("#plot .point");
          const [x, y] = ["cx", "cy"].map((name) => Number(dot.getAttribute(name)));
          const line = document.querySelector("#plot .tangent");
          const curve = document.querySelector("#plot .curve");
          const on = [...curve.points].map((p) => Math.hypot(p.x - x, p.y - y));
          const [a, b] = [0, line.getTotalLength()].map((s) => line.getPointAtLength(s));
          const off = ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) / line.getTotalLength();
          return [Math.min(...on), Math.abs(off)];
        }"""
    )
    assert max(found) < 0.2


def test_where_there_is_no_value_the_curve_is_shaded_and_it_is_said(opened) -> None:
    screen = opened(log(Value(0.5, "p")))
    screen.press("s")
    assert screen.page.locator("#plot .gap").count() == 1
    assert screen.plain("remark") == "no finite value below 0"
    screen.set("p", -1.0)
    assert tangent(screen) == "root has no value here"
    assert screen.page.locator("#plot .point").count() == 0
    assert screen.page.locator("#plot .curve").count() == 1


def test_a_slope_gives_no_answer_away(opened) -> None:
    screen = opened(square())
    screen.press("s", "3")
    assert tangent(screen) == "How steep is it? First the answers"
    assert screen.page.locator("#plot .tangent").count() == 0
    assert "slope" not in screen.page.get_attribute("#plot svg", "aria-label")
    screen.click("reveal")
    assert tangent(screen) == "dy ≈ 6 * 2 = 12"


# ---- the code ------------------------------------------------------------------------------------


def current(screen: Any) -> list[str]:
    """The marked line: arrow, number, text, count."""
    return list(
        screen.run(
            """[...document.querySelectorAll("#code [aria-current=step]")]
              .flatMap((line) => [...line.children].map((e) => e.textContent.trim()))"""
        )
    )


def test_with_sources_the_code_is_there_and_without_it_is_not(opened, lesson) -> None:
    screen = opened(lesson["y"], sources=lesson["lines"])
    assert screen.page.locator("#code").is_visible()
    assert screen.page.locator("#code li").count() == len(LESSON.splitlines())
    screen.press("c")
    assert not screen.page.locator("#code").is_visible()
    screen.click("codes")
    assert screen.page.locator("#code").is_visible()
    screen.press("s")
    assert not screen.page.locator("#code").is_visible()
    without = opened(lesson["y"], sources={lesson["y"]: "by hand"})
    without.press("c")
    assert not without.page.locator("#beside").is_visible()
    assert not without.page.locator("#codes").is_visible()


def test_the_line_of_the_step_is_marked_forwards_and_backwards(opened, lesson) -> None:
    screen = opened(lesson["y"], beginning=True, sources=lesson["lines"])
    assert current(screen) == []
    screen.press("ArrowRight", "ArrowRight")
    assert current(screen) == ["→", "4", "total = total + wi * xi", "2 of 4"]
    screen.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert current(screen) == ["→", "5", "return tanh(total)", ""]
    screen.press("ArrowRight")
    assert current(screen) == ["←", "5", "return tanh(total)", ""]


def test_a_line_is_the_way_to_its_steps(opened, lesson) -> None:
    screen = opened(lesson["y"], beginning=True, sources=lesson["lines"])
    line = screen.page.get_by_label("line 4:")
    for count in (1, 2, 3, 4, 1):
        line.click()
        assert screen.count == f"step {count} of 13"
    line.focus()
    screen.press("Enter")
    assert screen.count == "step 2 of 13"
    assert current(screen)[1] == "4"


def test_the_marked_line_is_in_view_however_long_the_listing(opened, tmp_path) -> None:
    code = "with sources() as lines:\n    y = Value(1.0)\n" + "    y = tanh(y)\n" * 50
    names = run_file(tmp_path / "long.py", code)
    screen = opened(names["y"], beginning=True, sources=names["lines"])
    inside = """() => {
      const [seen, line] = ["#code", "#code [aria-current=step]"]
        .map((e) => document.querySelector(e).getBoundingClientRect());
      return line.top >= seen.top && line.bottom <= seen.bottom;
    }"""
    for key in ("ArrowRight", "End", "p", "Home", "ArrowRight"):
        screen.press(key)
        screen.frame()
        if key != "Home":
            assert screen.run(inside)


def test_code_that_tries_to_be_markup_stays_text(opened, tmp_path) -> None:
    code = (
        "with sources() as lines:\n"
        "    y = Value(1.0) * 2  # </script><script>alert(1)</script><img src=x onerror=alert(2)>\n"
    )
    names = run_file(tmp_path / "evil.py", code)
    screen = opened(names["y"], sources=names["lines"])
    assert screen.page.locator("img").count() == 0
    assert "<img src=x" in screen.text("code")


# ---- in every window -----------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["s", "c"])
@pytest.mark.parametrize("size", SIZES[:3])
def test_for_a_room_it_is_24_pixels_too(opened, lesson, size, part: str) -> None:
    screen = opened(
        lesson["y"],
        {"viewport": {"width": size[0], "height": size[1]}},
        sources=lesson["lines"],
    )
    screen.press("c", "p", part)
    screen.frame()
    assert screen.page.locator("#beside").is_visible()
    assert screen.run(TEXTS) == []


CUT = """(width) => [...document.querySelectorAll("#beside *")]
  .filter((e) => e.getClientRects().length && !e.closest("svg svg, .slash"))
  .filter((e) => e.getBoundingClientRect().right > width + 0.5)
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("part", ["s", "c"])
@pytest.mark.parametrize("room", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut(opened, lesson, size, room: bool, part: str) -> None:
    width, height = size
    screen = opened(
        lesson["y"], {"viewport": {"width": width, "height": height}}, sources=lesson["lines"]
    )
    if screen.page.locator("#code").is_visible():
        screen.press("c")
    screen.press(*["p"] * room, part)
    screen.frame()
    assert screen.run(CUT, width) == []
    assert screen.run("document.documentElement.scrollWidth") == width
    if part == "s":
        plot = screen.page.locator("#plot").bounding_box()
        assert plot["height"] > 100
        seen = screen.page.locator("#slope").bounding_box()
        assert plot["y"] + plot["height"] <= seen["y"] + seen["height"]


def test_of_150_nodes_a_curve_is_drawn_within_a_frame_or_two(opened) -> None:
    screen = opened(network(), detail="operations")
    screen.press("s")
    took = screen.run(
        """() => {
          const times = [];
          for (let k = 0; k < 20; k++) {
            set([[variables[3], k / 20]]);
            const from = performance.now();
            showSlope();
            times.push(performance.now() - from);
          }
          return times.sort((a, b) => a - b)[10];
        }"""
    )
    print(f"\n150 nodes: a curve is computed and drawn in {took:.1f} ms")
    assert screen.page.locator("#plot .curve").count() == 1
