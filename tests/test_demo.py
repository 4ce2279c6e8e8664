"""The command line and the demo, run as a user runs them."""

import csv
import math
import random
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from autograd import Value, __version__, gradcheck
from chainrule.command_line import _as_options, main, parser
from nn import SGD, Adam, Data, load

pytest.importorskip("matplotlib", reason='needs pip install -e ".[train]"')
pytest.importorskip("tqdm", reason='needs pip install -e ".[train]"')

from chainrule.demo import pictures as demo_pictures
from chainrule.demo import show as demo
from chainrule.demo import tasks as demo_tasks
from chainrule.demo import training as demo_training
from chainrule.demo.show import FILES
from chainrule.demo.tasks import TASKS, examples_of, find_task
from chainrule.demo.training import (
    check_gradient,
    influences,
    mean_loss,
    train,
    variance_explained,
)
from viz import draw, draw_network, plot_decision_boundary


@pytest.fixture(autouse=True)
def _in_less_time(monkeypatch) -> None:
    monkeypatch.setattr(demo_pictures, "MOST", 20)
    monkeypatch.setattr(demo_training, "CHECKED", 1)


@pytest.fixture
def write(tmp_path: Path):
    """A function that writes a file and returns its path."""

    def write(content: str | bytes, name: str = "data.csv") -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return str(tmp_path / name)

    return write


def table(target: str, *, rows: int = 30, features: int = 2, seed: int = 0) -> str:
    """A CSV file with columns f0, f1, ... and k ("low" or "high") or y, a number."""
    rng = random.Random(seed)
    lines = [",".join([*(f"f{i}" for i in range(features)), target])]
    for _ in range(rows):
        xs = [round(rng.uniform(-1, 1), 3) for _ in range(features)]
        answer = ("low", "high")[xs[0] > 0] if target == "k" else str(2 * xs[0] + 0.5)
        lines.append(",".join([*map(str, xs), answer]))
    return "\n".join(lines) + "\n"


# ---- the data sets with a name -------------------------------------------------------------------


def test_the_demo_trains_checks_and_draws(tmp_path: Path, capfd) -> None:
    out = tmp_path / "pictures"
    assert main(["demo", "--out", str(out), "--epochs", "5", "--seed", "3"]) == 0
    said, bar = capfd.readouterr()
    assert "4 lengths of a flower -> 1 of 3 species" in said
    assert "trained on          120 flowers, 5 epochs, " in said
    assert "held-out accuracy   " in said
    assert " of 30 flowers" in said
    assert "the gradient of the mean loss is confirmed: 67 of 67 derivatives agree with nu" in said
    assert "over petal length (cm) and petal width (cm), on which the loss depends most" in said
    assert "the trained network on a held-out flower" in said
    assert "a network 2-2-1 and its error, every node" in said
    assert "the same as a page to play with: open it in a browser" in said
    assert "the loss over the epochs" in said
    assert "the losses of every epoch" in said
    assert "the network, for nn.load" in said
    assert "what its inputs are scaled by" in said
    assert "training: 100%" in bar
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    assert "petal length = " in (out / "neuron.svg").read_text()
    assert "A network 2-2-1 and its error E" in (out / "explore.html").read_text(encoding="utf-8")
    assert "virginica" in (out / "trained_network.svg").read_text()
    assert "(cm)" not in (out / "trained_network.svg").read_text()  # scaled, they have no unit
    assert all(path.stat().st_size > 2000 for path in out.iterdir() if path.suffix != ".csv")


def test_the_same_seed_gives_the_same_model() -> None:
    first, second, other = (train(find_task("iris"), seed, epochs=2) for seed in (1, 1, 2))
    assert first.history.losses == second.history.losses != other.history.losses


def test_the_default_run_learns_iris() -> None:
    run = train(find_task())
    assert run.history.losses[0] == pytest.approx(0.73595626, rel=1e-6)
    assert run.history.losses[-1] == pytest.approx(0.04614707, rel=1e-6)
    assert len(run.history) == 60
    assert run.score == run.history[-1].held_out_accuracy >= 0.9


@pytest.mark.parametrize(("name", "epochs"), [("moons", 25), ("circles", 15), ("xor", 8),
                                              ("spirals", 12)])  # fmt: skip
def test_every_data_set_is_learned(name: str, epochs: int) -> None:
    run = train(find_task(name), epochs=epochs)
    assert run.score is not None
    assert run.score >= 0.95
    assert len(run.examples.held_out.labels) == 60


@pytest.mark.parametrize("name", TASKS)
def test_a_fifth_of_every_data_set_is_held_out_and_the_rest_has_mean_0(name: str) -> None:
    task = find_task(name)
    examples = examples_of(task)
    labels = examples.held_out.labels
    assert len(labels) == len(task.data.labels) // 5
    assert len({labels.count(k) for k in set(labels)}) == 1
    for column in zip(*examples.train.inputs):
        assert math.fsum(column) / len(column) == pytest.approx(0, abs=1e-12)
        assert math.fsum(x * x for x in column) / len(column) == pytest.approx(1)


def test_points_in_the_plane_are_drawn_as_they_lie(tmp_path: Path, capsys) -> None:
    assert main(["demo", "--data", "xor", "--epochs", "1", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "learns xor: 2 coordinates of a point -> equal or different" in said
    assert "the decision boundary over x and y" in said


def test_the_loss_on_iris_depends_most_on_the_petals() -> None:
    run = train(find_task("iris"), epochs=10)
    found = influences(run)
    assert min(found[2:]) > max(found[:2])
    assert all(p.grad == 0 for p in run.model.parameters())


@pytest.fixture
def axes(monkeypatch) -> list:
    """The Axes of every boundary that is drawn, each with the function that was drawn."""
    found = []

    def keep(scores, *arguments, **named):
        found.append((plot_decision_boundary(scores, *arguments, **named), scores))
        return found[-1][0]

    monkeypatch.setattr(demo_pictures, "plot_decision_boundary", keep)
    return found


def test_a_boundary_has_all_other_features_at_their_mean(tmp_path: Path, axes) -> None:
    run = train(find_task("iris"), epochs=5)
    demo_pictures.plot_boundary(run, tmp_path / "boundary.png")
    ((ax, scores),) = axes
    length, width = run.examples.scaling.means[2:]
    expected = [z.data for z in run.model([0.0] * 4)]
    assert [z.data for z in scores(length, width)] == pytest.approx(expected)
    assert ax.get_xlabel() == "petal length (cm)"
    assert ax.get_ylabel() == "petal width (cm)"
    assert ax.get_title() == "what the network says, all other features at their mean"


@pytest.mark.parametrize("classes", [12, 13])
def test_a_legend_of_more_than_twelve_classes_is_left_out(
    classes: int, write, tmp_path: Path, axes
) -> None:
    rows = "".join(f"{i},{i * i},{i % classes}\n" for i in range(3 * classes))
    run = train(find_task(write(f"x,y,k\n{rows}"), "k"), epochs=1)
    demo_pictures.plot_boundary(run, tmp_path / "boundary.png")
    ((ax, _),) = axes
    assert (ax.get_legend() is None) == (classes == 13)
    assert ax.get_title() == "what the network says"


@pytest.mark.parametrize(("asked", "side"), [(67 * 25**2, 25), (67, 20), (67 * 1000**2, 30)])
def test_a_boundary_has_so_many_places_that_the_network_answers_as_often_as_asked(
    asked: int, side: int, tmp_path: Path, monkeypatch
) -> None:
    def refuse(*arguments, resolution: int, **named):
        raise NotImplementedError(resolution)

    monkeypatch.setattr(demo_pictures, "MOST", 30)
    monkeypatch.setattr(demo_pictures, "ASKED", asked)  # of a network with 67 parameters
    monkeypatch.setattr(demo_pictures, "plot_decision_boundary", refuse)
    with pytest.raises(NotImplementedError, match=f"^{side}$"):
        demo_pictures.plot_boundary(train(find_task("iris"), epochs=1), tmp_path / "boundary.png")


def test_the_pictures_show_the_first_held_out_example_and_the_first_neuron(
    tmp_path: Path, monkeypatch
) -> None:
    drawn = []
    monkeypatch.setattr(demo_pictures, "draw", lambda root: drawn.append(root) or draw(root))
    monkeypatch.setattr(
        demo_pictures,
        "draw_network",
        lambda model, x, **named: drawn.append(x) or draw_network(model, x, **named),
    )
    run = train(find_task("iris"), epochs=1)
    first = run.examples.held_out.inputs[0]
    demo_pictures.draw_neuron(run, tmp_path / "neuron.svg")
    demo_pictures.draw_trained_network(run, tmp_path / "network.svg")
    neuron, x = drawn
    assert neuron.data == run.model.layers[0].neurons[0](first).data
    assert x == first


def test_an_influence_is_a_derivative_by_the_input() -> None:
    run = train(find_task("xor"), epochs=1)
    one = run.examples.held_out.take([7])
    only = replace(run, examples=replace(run.examples, held_out=one))
    x, y = one.inputs[0]

    def loss(x: float, y: float) -> float:
        return float(mean_loss(run.model, one._replace(inputs=[[x, y]])).data)

    h = 1e-5
    numeric = [loss(x + h, y) - loss(x - h, y), loss(x, y + h) - loss(x, y - h)]
    assert influences(only) == pytest.approx([abs(d) / (2 * h) for d in numeric], rel=1e-6)


# ---- a file of one's own -------------------------------------------------------------------------


def test_a_file_with_classes_is_learned(write, tmp_path: Path, capsys) -> None:
    out, file = tmp_path / "out", write(table("k", rows=60))
    arguments = ["--data", file, "--target", "k", "--epochs", "50", "--out", str(out)]
    assert main(["demo", *arguments]) == 0
    said = capsys.readouterr().out
    assert "learns data.csv: 2 numbers of a row -> 1 of 2 classes" in said
    assert "trained on          48 rows, 50 epochs" in said
    assert float(said.partition("held-out accuracy   ")[2].partition("%")[0]) >= 90
    assert "high" in (out / "trained_network.svg").read_text()
    assert (out / "decision_boundary.png").exists()


def test_a_number_is_predicted_and_its_score_is_the_variance_explained(
    write, tmp_path: Path, capsys
) -> None:
    out, file = tmp_path / "out", write(table("y", rows=60))
    out.mkdir()
    (out / "decision_boundary.png").write_text("of another network")
    arguments = ["--data", file, "--target", "y", "--regression", "--out", str(out)]
    assert main(["demo", *arguments, "--epochs", "20"]) == 0
    said = capsys.readouterr().out
    assert "-> the number 'y'" in said
    score = said.partition("held-out score      ")[2]
    assert float(score.partition("%")[0]) > 80
    assert "% of the variance of 'y' explained in 12 rows" in score
    assert "none: it predicts a number" in said
    assert "what its inputs and its answers are scaled by" in said
    assert sorted(path.name for path in out.iterdir()) == sorted(
        set(FILES) - {"decision_boundary.png"}
    )
    with (out / "scaling.csv").open() as rows:
        assert [row[0] for row in csv.reader(rows)] == ["column", "f0", "f1", "y"]


def test_the_saved_model_and_scaling_do_what_the_demo_learned(write, tmp_path: Path) -> None:
    out, file = tmp_path / "out", write(table("y", rows=60))
    arguments = ["--data", file, "--target", "y", "--regression", "--epochs", "60"]
    assert main(["demo", *arguments, "--out", str(out)]) == 0
    model = load(out / "model.json")
    with (out / "scaling.csv").open() as lines:
        _, *rows = csv.reader(lines)
    *inputs, (mean, deviation) = [(float(m), float(s)) for _, m, s in rows]
    scaled = [(x - m) / s for x, (m, s) in zip([0.5, 0.25], inputs, strict=True)]
    assert mean + deviation * model(scaled).data == pytest.approx(1.5, abs=0.3)


def test_one_feature_has_no_boundary(write, tmp_path: Path, capsys) -> None:
    file = write(table("k", features=1))
    arguments = ["demo", "--data", file, "--target", "k", "--epochs", "1"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "1 number of a row -> " in said
    assert "none: there is one feature" in said
    assert not (tmp_path / "out" / "decision_boundary.png").exists()


def test_of_a_network_for_many_features_a_neuron_of_the_last_layer_is_drawn(
    write, tmp_path: Path, capsys
) -> None:
    out, file = tmp_path / "out", write(table("k", features=11))
    arguments = ["demo", "--data", file, "--target", "k", "--epochs", "1", "--out", str(out)]
    assert main(arguments) == 0
    assert "(last layer) on a held-out row" in capsys.readouterr().out
    assert "h[7] = " in (out / "neuron.svg").read_text()


def test_of_a_network_too_large_for_a_picture_the_last_layer_is_drawn(
    tmp_path: Path, monkeypatch
) -> None:
    run, picture = train(find_task("iris"), epochs=1), tmp_path / "picture.svg"
    monkeypatch.setattr(demo_pictures, "draw_network", partial(draw_network, limit=50))
    said = demo_pictures.draw_trained_network(run, picture)
    assert said.startswith("its last layer (all of it is too large for a picture)")
    assert "setosa" in picture.read_text()
    assert "sepal" not in picture.read_text()
    picture.unlink()
    monkeypatch.setattr(demo_pictures, "draw_network", partial(draw_network, limit=20))
    assert demo_pictures.draw_trained_network(run, picture).startswith("none: ")
    assert not picture.exists()


def test_more_features_rows_or_classes_mean_fewer_epochs(write) -> None:
    few = find_task(write(table("k", rows=100)), "k").epochs
    rows = find_task(write(table("k", rows=1000)), "k").epochs
    features = find_task(write(table("k", rows=100, features=150)), "k").epochs
    assert few == 200
    assert rows == 25
    assert 50 < features < 150


def test_a_share_of_variance_is_explained() -> None:
    data = Data([[1.0], [2.0], [3.0]], [1.0, 2.0, 6.0], ("x",), ())
    assert variance_explained(lambda x: Value(3), data) == 0  # always to say their mean
    assert variance_explained(lambda x: Value({1: 1, 2: 2, 3: 6}[x[0]]), data) == 1
    assert variance_explained(lambda x: Value(x[0]), data) == pytest.approx(1 - 9 / 14)
    assert variance_explained(lambda x: Value(x[0]), data._replace(labels=[2.0] * 3)) is None


def test_a_network_that_explains_nothing_and_one_without_a_score_are_said(write, capsys) -> None:
    task = find_task(write(table("y")), "y", regression=True)
    run = train(task, epochs=1)
    assert "nothing of the variance of 'y'" in demo._score_in_words(replace(run, score=-0.5))
    assert "none: all 6 rows" in demo._score_in_words(replace(run, score=None))


def test_a_file_of_one_s_own_is_never_written_over(write, tmp_path: Path, capsys) -> None:
    file = write(table("k"), "history.csv")
    before = Path(file).read_text()
    assert main(["demo", "--data", file, "--target", "k", "--out", str(tmp_path)]) == 2
    assert "would write over" in capsys.readouterr().err
    assert Path(file).read_text() == before


# ---- files and names that cannot be used ---------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", "--target k", "is empty"),
        ("x,k\n", "--target k", "line 1: there are no rows"),
        ("x,k\n1,a\n", "", "has the columns 'x', 'k': say which is to be learned, --target COL"),
        ("", "", "is empty"),
        ("x,k\n1,a\n", "--target kind", "no column is called 'kind', there are 'x', 'k'"),
        ("x,k\n1,a\nhi,b\n", "--target k", "line 3, column 'x': 'hi' is no number"),
        ("x,k\n1,a\nnan,b\n", "--target k", "line 3, column 'x': 'nan' says that it is missing"),
        ("x,k\n1,a\n2,NA\n", "--target k", "a class, list with --missing WORD the words that say"),
        ("x,k\n1,a\n2,a\n", "--target k", "all 2 rows have 'a'"),
        ("x,k\n1,a\n2,b\n3,a\n", "--target k", "has 3 rows, and a fifth of them is held out"),
        ("x,k\n1,0\n" + "".join(f"1,{i}\n" for i in range(10)), "--target k",
         "each of the 10 classes needs an example to train on"),
        ("x,k\n" + "1e300,a\n-1e300,b\n" * 9, "--target k", "'x' is too large to be squared"),
        ("x,k\n1,a\né,b\n".encode("cp1252"), "--target k", "'é': say --encoding cp1252\n"),
        ("x,k\n1,é\n".encode("cp1252"), "--encoding ascii", "say how the file is written: --enc"),
        ("x;k\n1,5;a\n", "--target k", 'but with --decimal "," it is'),
        ("x;k\n1,299;a\n", "--target k", 'or with --thousands "," it is 1299\n'),
        (",x,k\n0,1,a\n", "--target k", 'or leave it out with --ignore ""\n'),
        ("a b,-c,x,k\nA,A,1,a\n", "--target k", 'with --ignore=-c --ignore "a b"\n'),
        ("x,y\n1,0.5\n", "--target y", "say --regression if it is a number to predict, --cla"),
        ("x\tk\n1\ta\n", "--target k --delimiter ;", "with --delimiter tab there is one"),
        (b"x,k\n1,a\n\0", "--target k", "a zero byte is no text"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_learned_from_is_said_why_in_one_line(
    content: str | bytes, options: str, message: str, write, tmp_path: Path, capsys
) -> None:
    arguments = ["--data", write(content), *options.split(), "--out", str(tmp_path / "out")]
    assert main(["demo", *arguments]) == 2
    said, error = capsys.readouterr()
    assert message in error
    assert error.startswith("chainrule: ")
    assert error.count("\n") == 1
    assert said == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data mons", "called 'mons': choose iris, moons, spirals, circles, xor, or give the "
                        "path of a CSV file; did you mean moons?"),
        ("--data none.csv", "no data set and no file called 'none.csv'"),
        ("--data=", "no data set and no file called ''"),
        ("--target k", "iris is a data set that has a name, and no file that is read with --tar"),
        ("--data xor --classes --decimal ,", 'that is read with --classes --decimal ",":'),
        ("--data . --target k", ".: Is a directory"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_said_why_in_one_line(
    options: str, message: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", *options.split()]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_file_without_permission_ends_with_exit_code_2(write, monkeypatch, capsys) -> None:
    def refuse(file: str, *arguments: object) -> None:
        raise PermissionError(13, "Permission denied", file)

    monkeypatch.setattr(demo_tasks, "load_csv", refuse)
    assert main(["demo", "--data", write("x,k\n"), "--target", "k"]) == 2
    assert "data.csv: Permission denied\n" in capsys.readouterr().err


AWKWARD = [
    "id",
    "",
    "a b",
    "it's",
    '"',
    "-x",
    "--x",
    "$HOME",
    "a;b",
    "ä",
    "\\",
    ",",
    "ignore=['x']",
]


def test_what_a_message_calls_by_keyword_is_said_as_options_that_work() -> None:
    said = _as_options(f"say ignore={AWKWARD!r}")
    options = parser().parse_args(["demo", *shlex.split(said.removeprefix("say "))])
    assert options.ignore == AWKWARD
    for mark in (";", ",", "\t", "|"):
        option = shlex.split(_as_options(f"delimiter={mark!r}"))
        assert parser().parse_args(["demo", *option]).delimiter == mark
    for regression in (True, False):
        option = shlex.split(_as_options(f"regression={regression}"))
        assert parser().parse_args(["demo", *option]).regression is regression


def test_the_options_for_a_file_reach_load_csv(write, tmp_path: Path) -> None:
    rows = "".join(f"1.00{i % 9},5|Ann|é{i % 2}\n" for i in range(20)).replace("é0", "NA")
    file = write(f"x|name|k\n{rows}".encode("cp1252"))
    options = "--target k --ignore name --decimal , --delimiter | --encoding cp1252 --classes "
    options += "--thousands . --missing ? --missing -"
    out = tmp_path / "out"
    arguments = ["demo", "--data", file, *options.split(), "--epochs", "1", "--out", str(out)]
    assert main(arguments) == 0
    assert "é1" in (out / "trained_network.svg").read_text(encoding="utf-8")


# ---- the gradient check --------------------------------------------------------------------------


def test_a_wrong_gradient_ends_with_exit_code_1(tmp_path: Path, monkeypatch, capsys) -> None:
    def by_hand(f, inputs):
        return gradcheck(f, inputs, gradient=lambda *xs: [0.0] * len(xs))

    monkeypatch.setattr(demo_training, "gradcheck", by_hand)
    assert main(["demo", "--out", str(tmp_path), "--epochs", "1"]) == 1
    said, errors = capsys.readouterr()
    assert "the gradient of the mean loss is not confirmed: 0 of 67 derivatives" in said
    assert "and 57 more" in said
    assert "not confirmed" in errors


def test_one_wrong_derivative_in_the_last_piece_is_found(monkeypatch) -> None:
    run = train(find_task("xor"), epochs=1)
    last = run.model.parameters()[-1]

    def by_hand(f, inputs):
        if inputs[-1] is not last:
            return gradcheck(f, inputs)
        return gradcheck(f, inputs, gradient=lambda *xs: [0.0] * len(xs))

    monkeypatch.setattr(demo_training, "gradcheck", by_hand)
    report = check_gradient(run)
    assert not report
    assert report.rows[0].verdict == "wrong"
    assert len(report.rows) == len(run.model.parameters())


def test_of_a_large_network_fewer_derivatives_are_checked(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(demo_training, "EFFORT", 2000)
    assert main(["demo", "--out", str(tmp_path), "--epochs", "1"]) == 0
    assert "29 of 29 derivatives agree with numbers (chosen evenly from 67)" in (
        capsys.readouterr().out
    )
    monkeypatch.setattr(demo_training, "LARGEST", 66)
    assert main(["demo", "--out", str(tmp_path), "--epochs", "1"]) == 0
    assert "gradient check      left out: " in capsys.readouterr().out


@pytest.mark.parametrize("features", [2, 11, 60, 300])
def test_the_effort_of_a_check_is_bounded(features: int, write, monkeypatch) -> None:
    asked = []

    def count(loss, inputs):
        asked.append(len(inputs))
        return gradcheck(lambda x: 2 * x, [1.0])

    def look(model, data):
        examples.append(len(data.labels))
        return mean_loss(model, data)

    examples: list[int] = []
    monkeypatch.setattr(demo_training, "gradcheck", count)
    monkeypatch.setattr(demo_training, "mean_loss", look)
    monkeypatch.setattr(demo_training, "CHECKED", 10)
    run = train(find_task(write(table("k", features=features, rows=100)), "k"), epochs=1)
    check_gradient(run)
    parameters = len(run.model.parameters())
    assert min(parameters, 100) <= sum(asked)
    assert 1 <= examples[-1] <= 10
    assert sum(asked) * parameters * examples[-1] <= demo_training.EFFORT


@pytest.mark.parametrize("tqdm", [True, False])
def test_a_long_check_shows_how_far_it_is(tqdm: bool, monkeypatch, capsys) -> None:
    run = train(find_task("xor"), epochs=1)
    monkeypatch.setattr(demo_training, "DELAY", -1)
    if not tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    assert check_gradient(run, progress=True)
    assert ("checking: " if tqdm else "checking: part 4 of 4\n") in capsys.readouterr().err
    assert check_gradient(run)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("tqdm", [True, False])
def test_a_check_of_less_than_two_seconds_says_nothing_on_its_way(
    tqdm: bool, monkeypatch, capsys
) -> None:
    if not tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    assert check_gradient(train(find_task("xor"), epochs=1), progress=True)
    assert "checking" not in capsys.readouterr().err


# ---- training that ends early --------------------------------------------------------------------


class Interrupted(Adam):
    """Ctrl-C in its fourth step."""

    def move(self, r: float) -> None:
        super().move(r)
        if self.steps == 3:
            signal.raise_signal(signal.SIGINT)


def use_optimizer(monkeypatch, optimizer) -> None:
    task = find_task("xor")
    monkeypatch.setitem(TASKS, "xor", lambda: replace(task, optimizer=optimizer))


def test_ctrl_c_keeps_what_was_learned_and_the_demo_goes_on(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    use_optimizer(monkeypatch, Interrupted)
    assert main(["demo", "--data", "xor", "--epochs", "3", "--out", str(tmp_path)]) == 0
    said, errors = capsys.readouterr()
    assert "1 of 3 epochs" in said
    assert "training stopped early: Ctrl-C after step 4" in errors
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_training_that_breaks_down_ends_with_exit_code_1(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    use_optimizer(monkeypatch, partial(SGD, learning_rate=1e308))
    assert main(["demo", "--data", "xor", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "chainrule: training broke down at step " in error
    assert "A smaller learning rate" in error


def test_ctrl_c_elsewhere_ends_with_exit_code_130(tmp_path: Path, monkeypatch, capsys) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_training, "gradcheck", stop)
    assert main(["demo", "--data", "xor", "--epochs", "1", "--out", str(tmp_path)]) == 130
    assert "stopped" in capsys.readouterr().err


# ---- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--epochs", "0"], ["demo", "--epochs", "x"], ["demo", "--decimal", ";"],
     ["demo", "--regression", "--classes"], ["dance"]],
)  # fmt: skip
def test_bad_arguments_end_with_exit_code_2(arguments: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: chainrule" in capsys.readouterr().err


def test_an_out_folder_that_is_a_file_ends_with_exit_code_2(tmp_path: Path, capsys) -> None:
    (tmp_path / "taken").write_text("")
    assert main(["demo", "--out", str(tmp_path / "taken"), "--epochs", "1"]) == 2
    assert "taken" in capsys.readouterr().err


def hide(module: str, monkeypatch) -> None:
    for name in [m for m in sys.modules if m.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)


def test_without_matplotlib_all_but_the_plots_is_there(tmp_path, monkeypatch, capsys) -> None:
    hide("matplotlib", monkeypatch)
    assert main(["demo", "--epochs", "2", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for name in ("training_curve.png", "decision_boundary.png"):
        assert re.search(rf"{name} +none: .*pip install matplotlib", said)
        assert not (tmp_path / name).exists()
    assert not {"neuron.svg", "explore.html", "model.json"} - {
        path.name for path in tmp_path.iterdir()
    }


def test_the_demo_needs_neither_tqdm_nor_dot(tmp_path: Path, monkeypatch, capsys) -> None:
    hide("tqdm", monkeypatch)
    hide("pygraphviz", monkeypatch)
    monkeypatch.setenv("PATH", "")
    assert main(["demo", "--data", "xor", "--epochs", "1", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_letters_that_the_terminal_lacks_do_not_stop_the_demo(write, tmp_path: Path) -> None:
    file = write(table("k").replace("f0", "größe"))
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-m", "chainrule", "demo", "--data", file,
         "--target", "k", "--epochs", "1", "--out", str(tmp_path / "out")],
        capture_output=True, env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"gr??e" in done.stdout


def test_the_command_is_installed_and_its_help_is_worth_reading() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "--help"], capture_output=True, text=True
    )
    assert "y.backward()" in done.stdout
    assert "demo" in done.stdout


def test_the_help_of_the_demo_names_every_data_set(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in TASKS)
    assert "--data flowers.csv --target species" in said


def test_the_version_is_said(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"chainrule {__version__}\n"
