"""Placement by every engine: sizes are kept, nothing overlaps, arrows go from border to border."""

import math
import random
from itertools import combinations

import pytest
from test_layout import overlap, random_graph, rectangle

from autograd import Value, tanh
from viz.drawing.scene import make_scene
from viz.drawing.svg import arrow_head, path_data, place_scene, to_svg
from viz.folding.levels import Folding
from viz.layout.layered import layered
from viz.layout.net import Box, Edge
from viz.placing.engines import ENGINES, EngineError
from viz.placing.placement import MARGIN, Placed, place

NAMES = [
    "own",
    *[pytest.param(engine.name, marks=pytest.mark.engines) for engine in ENGINES],
]
NOWHERE = b"""{
    "objects": [{"name": "n0", "pos": "%s,1"}, {"name": "n1", "pos": "9,9"}],
    "edges": [{"id": "e0", "pos": "e,5,5 1,1 2,2 3,3 4,4"}]
}"""

SOMEWHERE = b"""{
    "objects": [{"name": "n0", "pos": "30,100"}, {"name": "n1", "pos": "100,100"},
                {"name": "cluster_0", "bb": "5,80,55,120"}],
    "edges": [{"id": "e0", "pos": "e,75,100 50,100 55,100 60,100 70,100", "lp": "60,110"}]
}"""


@pytest.fixture(params=NAMES)
def engine(request) -> str:
    for engine in ENGINES:
        if engine.name == request.param and not engine.available():
            pytest.skip(f"{engine.name} is missing: {engine.remedy}")
    return request.param


def example() -> Value:
    a, x = Value(2.0, "h[0].a"), Value(3.0, "x")
    y = tanh(a * x)
    y.label = "h[0].y"
    y = y + x * x
    y.backward()
    return y


def gap(point, box) -> float:
    """How far a point is from the border of a rectangle x, y, width, height."""
    x, y, width, height = box
    dx, dy = max(x - point[0], point[0] - x - width), max(y - point[1], point[1] - y - height)
    return abs(max(dx, dy)) if max(dx, dy) <= 0 else math.hypot(max(dx, 0), max(dy, 0))


def rectangles(boxes, placed: Placed):
    return [rectangle(c, b.width, b.height) for c, b in zip(placed.centers, boxes, strict=True)]


# ---- any engine ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_boxes_keep_their_sizes_and_meet_neither_boxes_nor_labels(engine, seed) -> None:
    boxes, edges = random_graph(random.Random(seed))
    placed = place(boxes, edges, ("LR", "TB")[seed % 2], engine)
    spots = rectangles(boxes, placed)
    labels = [
        rectangle(at, e.label_width - 1, e.label_height - 1)  # Graphviz rounds to whole points
        for at, e in zip(placed.labels, edges, strict=True)
    ]
    assert not any(overlap(a, b) for a, b in combinations(spots, 2))
    assert not any(overlap(a, b) for a in spots for b in labels)


@pytest.mark.parametrize("seed", range(6))
def test_arrows_go_from_border_to_border_along_the_flow(engine, seed) -> None:
    boxes, edges = random_graph(random.Random(seed))
    axis = seed % 2
    placed = place(boxes, edges, ("LR", "TB")[axis], engine)
    spots = rectangles(boxes, placed)
    for edge, curve, tip in zip(edges, placed.curves, placed.tips, strict=True):
        assert len(curve) % 3 == 1
        assert gap(curve[0], spots[edge.tail]) < 1.5
        assert gap(tip, spots[edge.head]) < 2.5  # beside a border there is room for its line
        assert placed.centers[edge.tail][axis] < placed.centers[edge.head][axis]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_everything_is_inside_the_picture(engine, direction) -> None:
    boxes, edges = random_graph(random.Random(9), clusters=3)
    placed = place(boxes, edges, direction, engine)
    corners = [c for x, y, w, h in rectangles(boxes, placed) for c in ((x, y), (x + w, y + h))]
    corners += [p for curve in placed.curves for p in curve] + placed.tips + placed.labels
    assert all(0 <= x <= placed.width and 0 <= y <= placed.height for x, y in corners)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_frame_holds_its_boxes_and_a_title(engine, direction) -> None:
    boxes = [Box(80, 40, "layers[0]"), Box(60, 30, "layers[0]"), Box(50, 30, "b"), Box(50, 30)]
    placed = place(boxes, [Edge(0, 1, 30, 16), Edge(1, 2), Edge(2, 3)], direction, engine)
    assert list(placed.frames) == ["layers[0]", "b"]
    for box, (x, y, w, h) in zip(boxes[:3], rectangles(boxes, placed)[:3], strict=True):
        left, top, width, height = placed.frames[box.cluster]
        assert left < x
        assert top + 14 <= y
        assert x + w < left + width
        assert y + h < top + height


def test_parallel_edges_have_curves_and_labels_of_their_own(engine) -> None:
    placed = place(
        [Box(40, 30), Box(40, 30)], [Edge(0, 1, 30, 12), Edge(0, 1, 30, 12)], "LR", engine
    )
    assert placed.curves[0] != placed.curves[1]
    assert not overlap(*[rectangle(at, 29, 11) for at in placed.labels])


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_arrow_heads_are_as_long_as_asked(engine, direction) -> None:
    boxes, edges = [Box(40, 30), Box(40, 30), Box(40, 30)], [Edge(0, 1), Edge(1, 2)]
    placed = place(boxes, edges, direction, engine, heads=[6.0, 12.0])
    lengths = [math.dist(c[-1], tip) for c, tip in zip(placed.curves, placed.tips, strict=True)]
    assert lengths == pytest.approx([6.0, 12.0], rel=0.2)


def test_a_larger_gap_makes_a_longer_picture(engine) -> None:
    boxes, edges = [Box(40, 30), Box(40, 30)], [Edge(0, 1, 20, 10)]
    assert place(boxes, edges, "LR", engine, gap=60).width > place(boxes, edges, "LR", engine).width


def test_nothing_one_box_and_no_edges_are_fine(engine) -> None:
    assert place([], [], "LR", engine).centers == []
    assert place([Box(40, 20)], [], "LR", engine).centers == [(28.0, 18.0)]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_scene_is_drawn_wherever_it_stands(engine, direction) -> None:
    scene = make_scene(Folding([example()]).at("operations"))
    placed = place_scene(scene, direction, engine)
    drawn = to_svg(scene, direction, placed)
    assert f'width="{placed.width:.0f}"' in drawn
    assert all(f">{line}<" in drawn for box in scene.boxes for line in box.lines)
    assert all(path_data(curve) in drawn for curve in placed.curves)


# ---- which engine --------------------------------------------------------------------------------


def test_our_own_placement_is_that_of_the_layout() -> None:
    boxes, edges = random_graph(random.Random(3), clusters=2)
    placed, layout = place(boxes, edges, "LR", "own"), layered(boxes, edges, head=10.0)
    assert placed.centers == layout.centers
    assert placed.labels == layout.labels
    assert placed.frames == layout.frames
    assert placed.tips == [route[-1] for route in layout.routes]


def test_our_own_places_unless_another_is_asked_for() -> None:
    scene = make_scene(Folding([example()]).at("operations"))
    assert to_svg(scene, "LR") == to_svg(scene, "LR", place_scene(scene, "LR", "own"))
    boxes, edges = [Box(40, 30), Box(40, 30)], [Edge(0, 1)]
    assert place(boxes, edges) == place(boxes, edges, "LR", "own")


def test_what_cannot_be_read_places_nothing(monkeypatch) -> None:
    boxes, edges = [Box(40, 30), Box(40, 30)], [Edge(0, 1)]
    for answer in (b"", b"no", b"{}", b"[]", NOWHERE % b"nan", NOWHERE % b"inf", NOWHERE % b"x"):
        for engine in ENGINES:
            monkeypatch.setattr(type(engine), "available", lambda self: True)
            monkeypatch.setattr(type(engine), "render", lambda self, graph, kind, a=answer: a)
        with pytest.raises(RuntimeError, match="dot gave no layout that can be read"):
            place(boxes, edges, "LR", "dot")


def test_what_an_engine_says_is_moved_to_the_top_left_with_y_downwards(monkeypatch) -> None:
    boxes = [Box(40, 30, "h"), Box(40, 30)]
    for engine in ENGINES:
        monkeypatch.setattr(type(engine), "available", lambda self: True)
        monkeypatch.setattr(type(engine), "render", lambda self, graph, kind: SOMEWHERE)
    placed = place(boxes, [Edge(0, 1, 10, 10)], "LR", "dot")
    m = MARGIN  # beside the frame, whose top left corner is at (5, 120) of the engine's
    assert placed.frames == {"h": (m, m, 50.0, 40.0)}
    assert placed.centers == [(25 + m, 20 + m), (95 + m, 20 + m)]
    assert placed.tips == [(70 + m, 20 + m)]
    assert placed.curves == [
        [(45 + m, 20 + m), (50 + m, 20 + m), (55 + m, 20 + m), (65 + m, 20 + m)]
    ]
    assert placed.labels == [(55 + m, 10 + m)]
    assert (placed.width, placed.height) == (115 + 2 * m, 40 + 2 * m)


def test_an_engine_that_fails_says_so(monkeypatch) -> None:
    def fail(self, graph, kind):
        raise EngineError(f"{self.name} is out of order")

    for engine in ENGINES:
        monkeypatch.setattr(type(engine), "available", lambda self: True)
        monkeypatch.setattr(type(engine), "render", fail)
    with pytest.raises(RuntimeError, match="pygraphviz is out of order"):
        place([Box(40, 30)], [], "LR", "pygraphviz")


def test_an_engine_that_is_not_there_says_how_to_get_it(monkeypatch) -> None:
    for engine in ENGINES:
        monkeypatch.setattr(type(engine), "available", lambda self: False)
    with pytest.raises(RuntimeError, match=r"graphviz-pure is not installed \(pip install"):
        place([Box(40, 30)], [], "LR", "graphviz-pure")


def test_an_unknown_engine_or_direction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="no engine 'neato'"):
        place([Box(40, 30)], [], "LR", "neato")
    with pytest.raises(ValueError, match="direction is 'LR' or 'TB', got 'RL'"):
        place([Box(40, 30)], [], "RL")


def test_no_word_of_the_user_reaches_an_engine(monkeypatch) -> None:
    asked = []
    for engine in ENGINES:
        monkeypatch.setattr(type(engine), "available", lambda self: True)
        monkeypatch.setattr(
            type(engine), "render", lambda self, graph, kind: asked.append(graph.source) or b""
        )
    boxes = [Box(40, 30, 'evil"]; >'), Box(40, 30, "</script>")]
    for engine in ENGINES:
        with pytest.raises(RuntimeError, match="no layout that can be read"):
            place(boxes, [Edge(0, 1, 20, 10)], "LR", engine.name)
    assert len(asked) == len(ENGINES)
    assert not any("evil" in source or "script" in source for source in asked)


# ---- arrows --------------------------------------------------------------------------------------


def test_an_arrow_head_points_from_neck_to_tip() -> None:
    assert arrow_head((0.0, 5.0), (10.0, 5.0), "LR") == "10.0,5.0 0.0,0.8 0.0,9.2"
    assert arrow_head((5.0, 0.0), (5.0, 10.0), "TB") == "5.0,10.0 0.8,0.0 9.2,0.0"


def test_a_curve_is_written_as_cubics() -> None:
    curve = [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (2.0, 2.0), (3.0, 2.0), (3.0, 4.0), (4.0, 4.0)]
    assert path_data(curve) == "M0.0,0.0C1.0,0.0 1.0,2.0 2.0,2.0C3.0,2.0 3.0,4.0 4.0,4.0"
