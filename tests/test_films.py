"""Films: what each step shows and computes, how it plays, and the files it is saved to."""

import io
import random
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from autograd import Value, clip, maximum, steps, sumprod
from nn import MLP, half_squared_error
from viz import Film, animate
from viz.drawing.scene import CHOSEN

SVG = "{http://www.w3.org/2000/svg}"
SEEN = """() => [...document.querySelectorAll("text")]
    .filter((t) => getComputedStyle(t).visibility === "visible").map((t) => t.textContent)"""


def figure_2() -> tuple[Value, Value, dict[str, Value]]:
    """Bradbury's figure 2: y = 2 a1 + a2 with a1 = 3 x and a2 = -x."""
    x = Value(1.5, "x")
    a1, a2 = 3 * x, -x
    y = 2 * a1 + a2
    return y, x, {"a1": a1, "a2": a2, "y": y}


def film(what: str = "backward", **options) -> Film:
    y, x, names = figure_2()
    wrt = {"wrt": x} if what == "paths" else {}
    return animate(y, what=what, names=names, **wrt, **options)


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def boxes(film: Film, name: str) -> list[str]:
    """The last line of a box, step by step."""
    scenes = [stage.scene for stage in film.stages]
    return [box.lines[-1] for scene in scenes for box in scene.boxes if box.name == name]


# ---- what the steps show -------------------------------------------------------------------------


def test_the_backward_pass_of_figure_2() -> None:
    assert repr(film()).splitlines() == [
        "1. the backward pass, from y to its inputs",
        "2. it begins with y",
        "    grad y = 1",
        "3. y passes on its gradient, times each local derivative",
        "    grad [2 × → 9] = 1 × 1 = 1",
        "    grad a2 = 1 × 1 = 1",
        "4. a2 passes on its gradient, times each local derivative",
        "    grad x = 1 × (-1) = -1",
        "5. [2 × → 9] passes on its gradient, times each local derivative",
        "    grad a1 = 1 × 2 = 2",
        "6. a1 passes on its gradient, times each local derivative",
        "    grad x = -1 + 2 × 3 = 5",
        "7. every gradient is complete",
        "    grad x = 5",
    ]


def test_a_gradient_is_incomplete_until_its_last_consumer_has_added_to_it() -> None:
    dash = "grad –"
    assert boxes(film(), "x") == [
        dash,
        dash,
        dash,
        "grad -1 + …",
        "grad -1 + …",
        "grad 5",
        "grad 5",
    ]
    assert boxes(film(), "a1") == [dash] * 4 + ["grad 2"] * 3


def test_a_step_points_out_its_node_and_its_edges() -> None:
    scene = film().stages[5].scene  # a1 adds to x
    assert [box.name for box in scene.boxes if box.mark == CHOSEN] == ["a1"]
    (edge,) = [arrow for arrow in scene.arrows if arrow.mark == CHOSEN]
    assert (scene.boxes[edge.tail].name, scene.boxes[edge.head].name) == ("x", "a1")


def test_the_forward_pass_of_figure_2() -> None:
    assert repr(film("forward")).splitlines() == [
        "1. the forward pass, from the inputs to y",
        "2. operation 1 of 4: 3 ×",
        "    a1 = 3 × 1.5 = 4.5",
        "    local derivative by x: 3",
        "3. operation 2 of 4: 2 ×",
        "    2 × 4.5 = 9",
        "    local derivative by a1: 2",
        "4. operation 3 of 4: −",
        "    a2 = -1.5",
        "    local derivative by x: -1",
        "5. operation 4 of 4: +",
        "    y = 9 + (-1.5) = 7.5",
        "    local derivatives by [2 × → 9]: 1, by a2: 1",
        "6. every value is known",
        "    y = 7.5",
    ]


def test_what_is_not_computed_yet_is_a_question_and_its_arrows_are_blank() -> None:
    forward = film("forward")
    assert boxes(forward, "a2") == ["a2 = ?"] * 3 + ["a2 = -1.5"] * 3
    labels = [[arrow.label for arrow in stage.scene.arrows] for stage in forward.stages]
    assert [sorted(filter(None, row)) for row in labels[:3]] == [[], ["3"], ["2", "3"]]


def test_the_paths_of_figure_2() -> None:
    assert repr(film("paths")).splitlines() == [
        "1. 2 paths from y to x",
        "2. path 1 of 2: y ← [2 × → 9] ← a1 ← x",
        "    1 × 2 × 3 = 6",
        "    sum over the paths so far: 6",
        "3. path 2 of 2: y ← a2 ← x",
        "    1 × (-1) = -1",
        "    sum over the paths so far: 6 + (-1) = 5",
        "4. the gradient of x is the sum over all paths",
        "    grad x = 6 + (-1) = 5",
    ]
    marked = [sum(a.mark == CHOSEN for a in stage.scene.arrows) for stage in film("paths").stages]
    assert marked == [0, 3, 2, 0]


def test_the_last_picture_has_the_gradients_of_the_steps(rng: random.Random) -> None:
    model = MLP(2, [3, 2], "tanh", rng=rng)
    x = [Value(0.5, "x1"), Value(-1.0, "x2")]
    loss = half_squared_error(model(x), [0.0, 1.0])
    shown = [box.gradient for box in animate(loss).stages[-1].scene.boxes]
    assert shown == [step.gradient for step in steps(loss)][::-1]


def test_nothing_is_written_to_a_node() -> None:
    y, x, names = figure_2()
    x.grad = 7.0
    assert "grad –" in texts(animate(y, names=names).stills[0])
    assert (x.grad, y.grad) == (7.0, 0.0)


def test_a_constant_factor_and_a_single_node_make_films_too() -> None:
    assert repr(animate(Value(2.0, "x"))).splitlines()[-1] == "    grad x = 1"
    assert "0.5 × 3 = 1.5" in repr(animate(0.5 * Value(3.0), what="forward"))


@pytest.mark.parametrize(
    ("made", "arithmetic"),
    [
        (lambda x: clip(x, -1.0, 1.0), "clip(-3, -1, 1) = -1"),
        (lambda x: x**2, "(-3) ** 2 = 9"),
        (lambda x: x - x, "-3 - (-3) = 0"),
        (lambda x: sumprod([x, x], [2.0, -1.0]), "-3 × 2 + (-3 × (-1)) = -3"),
        (lambda x: maximum(*[x + i for i in range(9)]), "maximum(-3, -2, …, 5) = 5"),
        (lambda x: x * 1e307 * 100, "-3e+307 × 100 = -inf"),
    ],
)
def test_arithmetic_is_written_as_one_reads_it(made, arithmetic: str) -> None:
    assert arithmetic in repr(animate(made(Value(-3.0, "x")), what="forward"))


def test_a_students_nodes_are_filmed() -> None:
    class Node:
        def __init__(self, data, parents=(), local_derivatives=()) -> None:
            self.data, self.grad = data, 0.0
            self.parents, self.local_derivatives = parents, local_derivatives

    x = Node(3.0)
    square = Node(9.0, (x, x), (3.0, 3.0))
    assert "= 3 + 1 × 3 = 6" in repr(animate(square))
    assert "Node(3, 3) = 9" in repr(animate(square, what="forward"))


def test_of_many_lines_the_middle_is_left_out() -> None:
    total = sum([Value(1.0, f"w{i}") for i in range(12)][1:], start=Value(2.0, "w0"))
    *_, last = animate(total).stages
    assert len(last.lines) == 8
    assert last.lines[-2:] == ("…", "grad w11 = 1")


# ---- how it plays --------------------------------------------------------------------------------


def visible(svg: str, share: float) -> list[str]:
    """The texts that a moving picture shows at a share of its time."""
    tree = ElementTree.fromstring(svg)
    for group in tree.iter(f"{SVG}g"):
        moves = group.find(f"{SVG}animate")
        if moves is not None:
            times = [float(t) for t in moves.get("keyTimes").split(";")]
            now = max(i for i, t in enumerate(times) if t <= share)
            if moves.get("values").split(";")[now] == "hidden":
                group.clear()
    return ["".join(t.itertext()) for t in tree.iter(f"{SVG}text")]


@pytest.mark.parametrize("what", ["backward", "forward", "paths"])
def test_the_moving_picture_shows_each_still_in_its_time(what: str) -> None:
    moving = film(what)
    whole = sum(moving.durations)
    for i, still in enumerate(moving.stills):
        middle = (sum(moving.durations[:i]) + 0.5) / whole
        assert sorted(visible(moving.svg, middle)) == sorted(texts(still))


def test_where_nothing_plays_the_last_still_is_seen() -> None:
    moving = film()
    shown = re.findall(r'<g visibility="visible">(.*)<animate', moving.svg)
    assert [part for part in shown if part in moving.stills[-1]] == shown
    assert "grad x = 5" in "".join(shown)


def test_stills_are_of_one_size_and_the_last_is_held() -> None:
    moving = film(seconds=2)
    sizes = {re.search(r'viewBox="(.*?)"', still)[1] for still in moving.stills}
    assert len(sizes) == 1
    assert moving.durations == [2] * 6 + [6]


def test_a_notebook_gets_the_moving_picture_and_text() -> None:
    assert sorted(film()._repr_mimebundle_()) == ["image/svg+xml", "text/plain"]


@pytest.mark.browser
def test_a_browser_plays_it(chromium, tmp_path) -> None:
    page = chromium.new_page()
    page.goto(film().save(tmp_path / "y.svg").as_uri())
    page.evaluate("document.documentElement.pauseAnimations()")
    for i, seconds in ((0, 0.5), (5, 5.5), (6, 8.5)):
        page.evaluate("t => document.documentElement.setCurrentTime(t)", seconds)
        assert sorted(page.evaluate(SEEN)) == sorted(texts(film().stills[i]))
    page.close()


# ---- files ---------------------------------------------------------------------------------------


def test_an_svg_is_saved_without_any_library(tmp_path) -> None:
    moving = film()
    assert moving.save(tmp_path / "y.svg").read_text(encoding="utf-8") == moving.svg


def test_a_gif_has_a_frame_for_each_step_and_plays_again(tmp_path) -> None:
    pytest.importorskip("resvg_py", reason='needs pip install -e ".[render]"')
    module = pytest.importorskip("PIL.Image", reason='needs pip install -e ".[render]"')
    gif = module.open(io.BytesIO(film("paths").save(tmp_path / "y.gif").read_bytes()))
    assert (gif.n_frames, gif.info["loop"], gif.info["duration"]) == (4, 0, 1000)


def test_a_pdf_has_a_page_for_each_step(tmp_path) -> None:
    pytest.importorskip("typst", reason='needs pip install -e ".[render]"')
    pdf = film("paths").save(tmp_path / "y.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/MediaBox") == 4


@pytest.mark.filterwarnings(
    "ignore:os.fork:RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of JAX, where another test has imported it
def test_an_mp4_lasts_as_long_as_its_steps(tmp_path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason='needs pip install -e ".[film]"')
    path = film("paths", seconds=0.1).save(tmp_path / "y.mp4")
    assert path.read_bytes()[4:8] == b"ftyp"
    frames, seconds = ffmpeg.count_frames_and_secs(path)
    assert (frames, seconds) == (12, pytest.approx(0.6))


@pytest.mark.parametrize(
    ("ending", "library", "package"),
    [
        ("gif", "PIL", "pillow"),
        ("mp4", "imageio_ffmpeg", "imageio-ffmpeg"),
        ("pdf", "typst", "typst"),
    ],
)
def test_without_its_library_a_film_says_what_to_install(
    monkeypatch, tmp_path, ending: str, library: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RuntimeError, match=f"a {ending.upper()} .* pip install {package}"):
        film().save(tmp_path / f"y.{ending}")
    assert not list(tmp_path.iterdir())


# ---- what it refuses -----------------------------------------------------------------------------


def test_another_ending_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"ends in .gif, .mp4, .svg, .pdf, got 'y.avi'"):
        film().save(tmp_path / "y.avi")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"what": "sideways"}, 'what is "backward", "forward" or "paths", got \'sideways\''),
        ({"what": "paths"}, "wrt is the node that paths lead to"),
        ({"wrt": Value(1.0)}, "wrt is the node that paths lead to"),
        ({"seconds": 0}, "seconds is how long a step is shown, above 0, got 0"),
        ({"seconds": float("nan")}, "above 0, got nan"),
    ],
)
def test_options_that_make_no_film_are_refused(options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        animate(Value(1.0) * 2, **options)


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(TypeError, match="animate needs a node, such as a Value, got a list"):
        animate([Value(1.0)])


def test_a_graph_too_large_for_a_film_is_refused_with_the_way_out() -> None:
    y = x = Value(1.0)
    for _ in range(100):
        y = y + x
    with pytest.raises(ValueError, match=r"101 nodes, and a film is readable .* limit=None"):
        animate(y)
    assert len(animate(y, limit=None).stages) == 103


def test_too_many_paths_or_none_are_refused_with_the_way_out() -> None:
    x = y = Value(1.0, "x")
    for _ in range(6):
        y = y + y
    with pytest.raises(ValueError, match='64 paths lead from .* what="backward"'):
        animate(y, what="paths", wrt=x)
    with pytest.raises(ValueError, match="0 paths lead"):
        animate(x, what="paths", wrt=y)
