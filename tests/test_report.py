"""The report of a gradient check as HTML: table, graph with the guilty edge, error against step."""

import xml.etree.ElementTree as ElementTree

import pytest

from autograd import OPERATIONS, Operation, Report, Row, Value, gradcheck, relu, sqrt, tanh
from autograd.checking.differences import Difference
from viz.drawing.error_plot import ALLOWED, BAR, CHOSEN, error_plot
from viz.drawing.scene import FAULT  # importing viz is what gives reports their pictures


@pytest.fixture
def my_tanh():
    yield Operation("my_tanh", lambda x: tanh(x), lambda x, z: 1 - z)
    del OPERATIONS["my_tanh"]


def html(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{report._repr_html_()}</div>")


def words(element: ElementTree.Element) -> list[str]:
    return ["".join(e.itertext()) for e in element.iter() if e.text]


def test_a_confirmed_gradient_shows_its_table_and_no_graph() -> None:
    page = html(gradcheck(lambda x, y: x * y, [2.0, 3.0]))
    assert {"x", "y", "ok"} <= set(words(page))
    assert not [e for e in page.iter() if e.tag.endswith("svg")]


def test_the_guilty_edge_is_marked_and_says_what_it_should_be(my_tanh) -> None:
    page = html(gradcheck(lambda x: my_tanh(x) * x, [0.5]))
    texts = words(page)
    assert any(text.startswith("first wrong: the rule of my_tanh") for text in texts)
    assert "0.5379 wrong, should be 0.7864" in texts
    assert len([e for e in page.iter() if e.tag.endswith("svg")]) == 2


def test_a_kink_shows_both_slopes() -> None:
    assert "0 | 1" in words(html(gradcheck(relu, [0.0])))


def test_ten_rows_are_shown_and_the_rest_counted() -> None:
    page = html(gradcheck(lambda *xs: sum(xs), [1.0] * 12))
    assert "and 2 more" in words(page)
    assert len(list(page.iter("tr"))) == 1 + 10


def test_labels_inject_nothing(my_tanh) -> None:
    x = Value(0.5, "<script>alert(1)</script>")
    page = html(gradcheck(lambda x: my_tanh(x), [x]))
    assert not list(page.iter("script"))


def test_a_large_graph_is_left_out_of_the_page(my_tanh) -> None:
    def long(x: Value) -> Value:
        for _ in range(200):
            x = x + 0.001
        return my_tanh(x)

    assert len([e for e in html(gradcheck(long, [0.5])).iter() if e.tag.endswith("svg")]) == 1


# ---- error against step --------------------------------------------------------------------------


@pytest.fixture
def plot():
    """The plot of a claim of 7 for the derivative 6 of x**2 at 3."""
    report = gradcheck(lambda x: x * x, [3.0], gradient=lambda x: 7.0)
    return next(e for e in html(report).iter() if e.tag.endswith("svg"))


def lines(plot: ElementTree.Element, colour: str) -> list[list[tuple[float, float]]]:
    """The corners of all lines of a colour."""
    return [
        [tuple(map(float, point.split(","))) for point in e.get("points").split()]
        for e in plot.iter()
        if e.get("stroke") == colour
    ]


def test_the_red_line_is_the_distance_of_the_claim_and_the_grey_one_the_error_bar() -> None:
    sweep = ((1.0, 12.0, 100.0), (0.1, 3.0, 0.01), (0.01, 1.9, 1.0))  # step, slope, error bar
    row = Row("x", 1.0, 2.0, Difference(3.0, 0.01, sweep))  # claimed is 2
    plot = ElementTree.fromstring(error_plot(row))
    # two decades across 544 points, four (from 0.01 to 100) up 184
    assert lines(plot, BAR)[0] == [(62.0, 152.0), (334.0, 244.0), (606.0, 60.0)]
    assert lines(plot, FAULT)[0] == [(62.0, 198.0), (334.0, 152.0), (606.0, 106.0)]
    assert {"10⁻²", "10⁻¹", "10⁰", "10¹", "10²"} <= set(words(plot))


def test_two_points_make_a_plot_and_one_does_not() -> None:
    sweep = ((1.0, 3.0, 0.1), (0.1, 3.0, 0.01))
    plots = [error_plot(Row("x", 1.0, 2.0, Difference(3.0, 0.01, sweep[:k]))) for k in (1, 2)]
    assert [bool(plot) for plot in plots] == [False, True]


def test_the_plot_names_its_axes_and_marks_powers_of_ten(plot) -> None:
    texts = words(plot)
    assert {"step h", "error", "10⁰"} <= set(texts)
    assert len([text for text in texts if text.startswith("10")]) >= 6


def test_the_plot_says_what_its_branches_and_lines_mean(plot) -> None:
    texts = words(plot)
    assert "← rounding: more, the smaller the step" in texts
    assert "truncation: more, the larger the step →" in texts
    assert "error bar of the number" in texts
    assert any(text.startswith("the step that was chosen, h = ") for text in texts)
    assert "how far the number is from the claim, 7: there it is 1 away" in texts
    assert "how far it may be: 6e-07, tolerance and error bars" in texts


def test_the_claims_line_stands_at_its_distance(plot) -> None:
    (claim, *_) = lines(plot, FAULT)
    tick = next(e for e in plot.iter() if e.text == "10⁰")  # the claim is 1 away
    assert [y for _, y in claim] == pytest.approx([float(tick.get("y")) - 4] * len(claim), abs=0.2)


def test_the_chosen_step_has_the_smallest_bar_and_stands_on_the_bars_line(plot) -> None:
    (bars, *_) = lines(plot, BAR)
    dot = next(e for e in plot.iter() if e.tag.endswith("circle"))
    place = (float(dot.get("cx")), float(dot.get("cy")))
    assert place in bars
    (vertical, *_) = lines(plot, CHOSEN)
    assert {x for x, _ in vertical} == {place[0]}


def test_everything_stands_inside_the_plot(plot) -> None:
    corners = [point for colour in (FAULT, BAR, CHOSEN, ALLOWED) for line in lines(plot, colour)
               for point in line]  # fmt: skip
    width, height = float(plot.get("width")), float(plot.get("height"))
    assert all(0 <= x <= width and 0 <= y <= height for x, y in corners)


def test_a_claim_that_is_exact_has_a_place_at_the_bottom() -> None:
    row = gradcheck(lambda x: x * x, [3.0]).rows[0]
    assert "how far the number is from the claim, 6" in error_plot(row)


def test_without_a_sweep_there_is_no_plot() -> None:
    assert error_plot(gradcheck(sqrt, [0.0]).rows[0]) == ""
