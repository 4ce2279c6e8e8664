"""Thirty graphs, both ways round: nothing is wrong in their pictures, and few edges cross."""

from functools import cache
from math import exp, log

import pytest
from graphs import GRAPHS
from measures import Drawn, area, crossings, drawn, faults

from viz import draw
from viz.placing.engines import ENGINES

WAYS = ["LR", "TB"]
FEW = 25  # graphs of which the crossings must be few; a miss is printed


@cache
def picture(name: str, direction: str, engine: str = "own") -> Drawn:
    return drawn(GRAPHS[name](), direction, engine)


def test_there_are_thirty() -> None:
    assert len(GRAPHS) == 30


@pytest.mark.parametrize("direction", WAYS)
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_is_wrong_in_a_picture(name: str, direction: str) -> None:
    assert faults(picture(name, direction)) == {}


# ---- beside dot ----------------------------------------------------------------------------------


@pytest.fixture
def dot() -> None:
    """Graphviz's layout, given the same boxes."""
    for engine in ENGINES:
        if engine.name == "dot" and not engine.available():
            pytest.skip(f"dot is missing: {engine.remedy}")


@pytest.mark.engines
def test_few_more_edges_cross_than_in_dots_pictures(dot) -> None:
    missed = set()
    for name in GRAPHS:
        for direction in WAYS:
            ours, theirs = (crossings(picture(name, direction, e)) for e in ("own", "dot"))
            if ours > 1.25 * theirs + 2:
                missed.add(name)
                print(f"{name}, {direction}: {ours} crossings, dot's picture has {theirs}")
    assert len(missed) <= len(GRAPHS) - FEW


@pytest.mark.engines
def test_pictures_are_hardly_larger_than_dots(dot) -> None:
    ratios = {}
    for name in GRAPHS:
        for direction in WAYS:
            ours, theirs = (area(picture(name, direction, e)) for e in ("own", "dot"))
            ratios[name, direction] = ours / theirs
    for (name, direction), ratio in ratios.items():
        if ratio > 1.4:
            print(f"{name}, {direction}: {ratio:.2f} times the area of dot's picture")
    assert exp(sum(map(log, ratios.values())) / len(ratios)) <= 1.4
    assert max(ratios.values()) <= 2.0


# ---- in a browser --------------------------------------------------------------------------------

WORDS_ASTRAY = """() => {
    const wrong = [];
    const rectangle = (item) => {
        const { x, y, width, height } = item.getBBox();
        return [x, y, x + width, y + height];
    };
    const within = (text, frame) => {
        const [inner, outer] = [rectangle(text), rectangle(frame)];
        if (inner.some((at, i) => i < 2 ? at < outer[i] : at > outer[i]))
            wrong.push(text.textContent);
    };
    for (const rect of document.querySelectorAll("g > rect"))
        for (const text of rect.parentNode.querySelectorAll("text")) within(text, rect);
    for (const rect of document.querySelectorAll("svg > rect[rx]"))
        within(rect.nextElementSibling, rect);
    const labels = [...document.querySelectorAll("svg > text")].map(rectangle);
    labels.forEach(([left, top, right, bottom], i) => labels.slice(0, i).forEach(([x, y, z, w]) => {
        if (left < z && x < right && top + 3 < w && y + 3 < bottom) wrong.push([left, top]);
    }));
    return wrong;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("direction", WAYS)
def test_with_the_fonts_of_a_browser_words_stay_where_they_belong(chromium, direction) -> None:
    page = chromium.new_page()
    for name, make in GRAPHS.items():
        page.set_content(draw(make(), direction=direction, detail="operations", legend=False).svg)
        assert page.locator("g > rect").count() == len(picture(name, direction).boxes)
        assert page.evaluate(WORDS_ASTRAY) == [], name
    page.close()
