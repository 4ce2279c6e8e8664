"""The report of a gradient check as HTML: table, graph with the guilty edge, error against step."""

import xml.etree.ElementTree as ElementTree

import pytest

from autograd import OPERATIONS, Operation, Report, Row, Value, gradcheck, relu, tanh
from autograd.checking.differences import Difference
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


def curves(page: ElementTree.Element) -> dict[str, list[tuple[float, float]]]:
    """The curves of the picture of error against step, by colour."""
    return {
        line.get("stroke", ""): [
            (float(x), float(y)) for x, y in (at.split(",") for at in line.get("points").split())
        ]
        for line in page.iter("{http://www.w3.org/2000/svg}polyline")
    }


def test_the_red_curve_is_the_distance_of_the_claim_and_the_grey_one_the_error_bar() -> None:
    sweep = ((1.0, 12.0, 100.0), (0.1, 3.0, 0.01), (0.01, 1.9, 1.0))  # step, slope, error bar
    row = Row("x", 1.0, 2.0, Difference(3.0, 0.01, sweep))  # claimed is 2
    page = html(Report("f", [row], None, Value(1.0), {}, ""))
    # two decades across 362 points, four (from 100 to 0.01) down 146
    assert curves(page) == {
        "#6b7280": [(408.0, 22.0), (227.0, 168.0), (46.0, 95.0)],
        FAULT: [(408.0, 58.5), (227.0, 95.0), (46.0, 131.5)],  # |12 - 2|, |3 - 2|, |1.9 - 2|
    }
    assert {"step 1e-2", "1e0", "1e2", "1e-2"} <= set(words(page))


def test_a_wrong_claim_is_as_far_from_the_slope_at_every_small_step(my_tanh) -> None:
    red = curves(html(gradcheck(my_tanh, [0.5])))[FAULT]
    assert all(y == pytest.approx(red[-1][1], abs=1.0) for _, y in red)


def test_ten_rows_are_shown_and_the_rest_counted() -> None:
    page = html(gradcheck(lambda *xs: sum(xs), [1.0] * 12))
    assert "and 2 more" in words(page)
    assert len(list(page.iter("tr"))) == 1 + 10


def test_two_points_make_a_curve_and_one_does_not() -> None:
    sweep = ((1.0, 3.0, 0.1), (0.1, 3.0, 0.01))
    for count in (1, 2):
        row = Row("x", 1.0, 2.0, Difference(3.0, 0.01, sweep[:count]))
        page = html(Report("f", [row], None, Value(1.0), {}, ""))
        assert len(curves(page)) == (2 if count == 2 else 0)


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
