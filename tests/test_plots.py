"""Training curves and decision boundaries, read back from the Axes."""

import importlib
import io
import math
from types import SimpleNamespace

import pytest

from nn.data.datasets import Data, iris, moons
from nn.modules import MLP
from viz.networks.plots import (
    COLOURS,
    MARKERS,
    _asked,
    new_axes,
    plot_decision_boundary,
    plot_history,
)

pytest.importorskip("matplotlib", reason='needs pip install -e ".[train]"')
to_hex = importlib.import_module("matplotlib.colors").to_hex

SQUARE, LABELS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)], [0, 0, 1, 1]


def legend(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def borders(ax, place: int = 0) -> list[tuple[float, float]]:
    """The corners of the contours at a level, filled ones left out."""
    found = []
    for drawn in ax.collections:
        if list(getattr(drawn, "levels", [])) == [place]:
            found += [tuple(corner) for path in drawn.get_paths() for corner in path.vertices]
    return found


def regions(ax) -> list[int]:
    """The classes that win somewhere, in the order of their numbers."""
    filled = [c for c in ax.collections if len(getattr(c, "levels", [])) == 2]
    names = [to_hex(c.get_facecolor()[0]) for c in filled]
    return [COLOURS.index(name) for name in names]


# ---- training curves -----------------------------------------------------------------------------


def test_a_list_of_losses_is_a_curve_over_the_epochs() -> None:
    (line,) = plot_history([1.0, 0.5, 0.25]).lines
    assert line.get_xydata().tolist() == [[1, 1.0], [2, 0.5], [3, 0.25]]


def test_the_scale_is_logarithmic_where_the_losses_span_a_wide_range_above_zero() -> None:
    assert plot_history([1.0, 0.1]).get_yscale() == "log"
    assert plot_history([1.0, math.nan, math.inf, 0.1]).get_yscale() == "log"
    assert plot_history([1.0, 0.5]).get_yscale() == "linear"
    assert plot_history([1.0, 0.0]).get_yscale() == "linear"
    assert plot_history([1.0, -10.0]).get_yscale() == "linear"


def test_losses_on_the_way_to_infinity_are_drawn() -> None:
    ax = plot_history([1e37, 1e75, 1e150, 1e300])  # warnings are errors here
    ax.figure.savefig(io.BytesIO())
    assert ax.get_ylim()[1] > 1e300


def test_epochs_are_whole_numbers() -> None:
    for losses in ([1.0], [1.0, 0.5, 0.2], [1.0] * 1000):
        assert all(x == int(x) for x in plot_history(losses).get_xticks())


def test_few_epochs_are_points_on_the_curve() -> None:
    assert plot_history([1.0]).lines[0].get_marker() == "o"
    assert plot_history([1.0, math.nan, 0.5]).lines[0].get_marker() == "o"  # no line between them
    assert plot_history([1.0] * 1000).lines[0].get_marker() == "None"


def test_a_history_shows_what_was_held_out_and_its_best_epoch() -> None:
    rows = [
        SimpleNamespace(epoch=k + 1, loss=1 / (k + 1), held_out_loss=held)
        for k, held in enumerate([0.9, 0.8, None])
    ]
    ax = plot_history(SimpleNamespace(rows=rows, best=2))
    assert legend(ax) == ["training", "held out", "best held out: epoch 2"]
    training, held_out, best = ax.lines
    assert training.get_ydata().tolist() == [1.0, 0.5, 1 / 3]
    assert held_out.get_xydata().tolist() == [[1, 0.9], [2, 0.8]]
    assert best.get_xdata()[0] == 2


def test_no_epoch_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no epoch to plot"):
        plot_history([])


# ---- decision boundaries -------------------------------------------------------------------------


def test_the_border_lies_where_the_score_crosses_the_threshold() -> None:
    ax = plot_decision_boundary(lambda x, y: x - 0.3, SQUARE, LABELS, resolution=7)
    assert {round(x, 9) for x, _ in borders(ax)} == {0.3}
    ax = plot_decision_boundary(lambda x, y: x, SQUARE, LABELS, threshold=0.7, resolution=7)
    assert {round(x, 9) for x, _ in borders(ax)} == {0.7}


def test_a_margin_is_two_dashed_lines_beside_the_border() -> None:
    ax = plot_decision_boundary(
        lambda x, y: 4 * x - 2, SQUARE, LABELS, margin=1.0, resolution=9
    )  # fmt: skip
    assert {round(x, 9) for x, _ in borders(ax, 1)} == {0.25, 0.75}
    assert borders(plot_decision_boundary(lambda x, y: 4 * x - 2, SQUARE, LABELS), 1) == []
    far = plot_decision_boundary(lambda x, y: 5.0, SQUARE, LABELS, margin=1.0)  # and no warning
    assert borders(far, 1) == []


def test_the_largest_of_several_scores_wins() -> None:
    points, labels = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.3)], [0, 1, 2]
    ax = plot_decision_boundary(
        lambda x, y: [-((x - k) ** 2) for k in range(3)], points, labels, resolution=21
    )
    assert {round(x, 1) for x, _ in borders(ax)} == {0.5, 1.5}
    assert legend(ax) == ["class 0", "class 1", "class 2"]
    assert sum(len(getattr(c, "levels", [])) == 2 for c in ax.collections) == 3


def test_a_function_may_name_the_class() -> None:
    ax = plot_decision_boundary(lambda x, y: x > 0.5, SQUARE, LABELS, classes=["left", "right"])
    assert legend(ax) == ["left", "right"]
    assert all(0.48 < x < 0.52 for x, _ in borders(ax))
    assert regions(plot_decision_boundary(lambda x, y: 2, SQUARE, LABELS, resolution=2)) == [2]


def test_minus_one_as_an_answer_is_class_0() -> None:
    def sign(x: float, y: float) -> int:
        return 1 if x > 0.5 else -1

    assert regions(plot_decision_boundary(sign, SQUARE, LABELS, resolution=5)) == [0, 1]
    with pytest.raises(ValueError, match=r"0, 1, 2, ... \(or -1 and 1\), the model gave -2"):
        plot_decision_boundary(lambda x, y: -2, SQUARE, LABELS)


def test_of_equal_scores_the_first_wins() -> None:
    assert regions(plot_decision_boundary(lambda x, y: 0.0, SQUARE, LABELS)) == [0]
    assert regions(plot_decision_boundary(lambda x, y: [1, 2, 2], SQUARE, LABELS)) == [1]
    ax = plot_decision_boundary(lambda x, y: max(0.0, x - 0.5), SQUARE, LABELS, resolution=30)
    assert all(0.44 < x < 0.51 for x, _ in borders(ax))  # on the left a dead relu: class 0


def test_infinite_scores_win() -> None:
    ax = plot_decision_boundary(
        lambda x, y: math.inf if x > 0.5 else -1.0, SQUARE, LABELS, resolution=9
    )
    assert regions(ax) == [0, 1]
    assert borders(ax)
    assert all(0.35 < x < 0.65 for x, _ in borders(ax))  # in the cell where it begins


def test_the_legend_lies_beside_the_points_unless_the_axes_are_yours() -> None:
    beside = plot_decision_boundary(lambda x, y: x, SQUARE, LABELS, resolution=3)
    beside.figure.draw_without_rendering()
    assert beside.get_legend().get_window_extent().x0 >= beside.get_window_extent().x1
    mine = plot_decision_boundary(lambda x, y: x, SQUARE, LABELS, resolution=3, ax=new_axes())
    mine.figure.draw_without_rendering()
    assert mine.get_legend().get_window_extent().x1 <= mine.get_window_extent().x1


def test_no_two_of_thirty_classes_look_alike() -> None:
    assert len({(COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]) for k in range(30)}) == 30


def test_a_model_is_asked_without_recording_and_named_by_its_data(rng) -> None:
    data, model = moons(20, rng=rng), MLP(2, [4, 1], "tanh", rng=rng)
    seen = []

    class Spy:
        def parameters(self):
            return model.parameters()

        def __call__(self, x):
            seen.append(model(x))
            return seen[-1]

    ax = plot_decision_boundary(Spy(), data, resolution=5)
    assert len(seen) == 25
    assert not any(z.parents for z in seen)
    assert (ax.get_xlabel(), ax.get_ylabel(), legend(ax)) == ("x", "y", ["upper", "lower"])
    assert all(p.grad == 0.0 for p in model.parameters())


@pytest.mark.parametrize("outputs", [1, 3])
def test_many_places_are_asked_by_a_tape_and_get_the_answers_of_calls(outputs: int, rng) -> None:
    model, calls = MLP(2, [4, outputs], "tanh", rng=rng), []
    places = [(x / 40, y / 30) for y in range(30) for x in range(40)]
    found = _asked(lambda x, y: calls.append(x) or model([x, y]), places)
    assert len(calls) == 4
    for answer, place in zip(found, places, strict=True):
        assert answer == pytest.approx([z.data for z in model.outputs(place)])


def test_an_answer_by_an_if_is_asked_place_by_place() -> None:
    places = [(x / 40, y / 30) for y in range(30) for x in range(40)]
    found = _asked(lambda x, y: x if x > y else y, places)
    assert found == [max(place) for place in places]


def test_a_model_of_three_outputs_is_drawn(rng) -> None:
    data = iris()
    petals = data._replace(inputs=[x[2:] for x in data.inputs], features=data.features[2:])
    ax = plot_decision_boundary(MLP(2, [4, 3], "tanh", rng=rng), petals, resolution=10)
    assert legend(ax) == ["setosa", "versicolor", "virginica"]
    assert ax.get_xlabel() == "petal length (cm)"


def test_there_is_room_around_the_data() -> None:
    asked = []
    plot_decision_boundary(lambda x, y: asked.append(x) or x, SQUARE, LABELS, resolution=5)
    assert (min(asked), max(asked)) == pytest.approx((-0.08, 1.08))


def test_minus_one_and_one_are_classes_too() -> None:
    ax = plot_decision_boundary(lambda x, y: x - 0.5, SQUARE, [-1, -1, 1, 1], resolution=4)
    assert legend(ax) == ["-1", "1"]
    left, right = (c.get_offsets().tolist() for c in ax.collections if len(c.get_offsets()) == 2)
    assert (left, right) == ([[0, 0], [0, 1]], [[1, 0], [1, 1]])


def test_undefined_scores_leave_a_hole() -> None:
    ax = plot_decision_boundary(
        lambda x, y: math.nan if y > 0.5 else x - 0.5, SQUARE, LABELS, resolution=9
    )
    assert borders(ax)
    assert max(y for _, y in borders(ax)) < 0.6
    assert not borders(plot_decision_boundary(lambda x, y: math.nan, SQUARE, LABELS))
    assert regions(plot_decision_boundary(lambda x, y: [2, math.nan, 1], SQUARE, LABELS)) == []


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        ([], [], "got 0 points, 0 labels"),
        (SQUARE, [0], "got 4 points, 1 labels"),
        ([(1.0, 2.0, 3.0)], [0], "an example of 3: choose two"),
        ([(1.0, math.nan)], [0], "a point to plot is finite"),
        (SQUARE, [0, 1, 0.5, 1], "a label is a class, 0, 1, 2, ... .*got 0.5"),
        (SQUARE, [0, 1, -2, 1], "got -2"),
    ],
)
def test_examples_that_cannot_be_drawn_are_refused(points, labels, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_decision_boundary(lambda x, y: x, points, labels)


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(TypeError, match="needs a Data, or points and their labels, got a list"):
        plot_decision_boundary(lambda x, y: x, SQUARE)
    with pytest.raises(TypeError, match="a model or a function, got an int"):
        plot_decision_boundary(3, SQUARE, LABELS)
    with pytest.raises(ValueError, match="2 places per side or more, got 1"):
        plot_decision_boundary(lambda x, y: x, SQUARE, LABELS, resolution=1)
    with pytest.raises(ValueError, match="an example of 4"):
        plot_decision_boundary(MLP(4, [1]), iris())


def test_a_data_of_one_place_is_drawn() -> None:
    data = Data([[1.0, 1.0]], [0], ("x", "y"), ("only",))
    assert legend(plot_decision_boundary(lambda x, y: x - 1, data, resolution=3)) == ["only"]
