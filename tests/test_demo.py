"""The command line and the demo, run as a user runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograd import __version__, gradcheck
from viz import plot_decision_boundary, plot_history
from viz.command_line import main

pytest.importorskip("matplotlib", reason="needs the extra `train`")
pytest.importorskip("tqdm", reason="needs the extra `train`")


def test_the_demo_trains_checks_and_draws(tmp_path: Path, capfd) -> None:
    out = tmp_path / "pictures"
    assert main(["demo", "--out", str(out), "--epochs", "5", "--seed", "3"]) == 0
    said, bar = capfd.readouterr()
    assert "held-out accuracy" in said
    assert "the gradient of loss is confirmed: 67 of 67 derivatives agree with numbers" in said
    assert "training: 100%" in bar
    assert sorted(path.name for path in out.iterdir()) == [
        "decision_boundary.png", "network.svg", "neuron.svg", "training_curve.png",
    ]  # fmt: skip
    assert "petal length" in (out / "neuron.svg").read_text()
    assert all(path.stat().st_size > 2000 for path in out.iterdir())


def test_the_same_seed_gives_the_same_model() -> None:
    from viz.demo import train_iris

    first, second, other = (train_iris(seed, epochs=2) for seed in (1, 1, 2))
    assert first.losses == second.losses != other.losses


def test_the_default_run_learns_iris() -> None:
    from viz.demo import train_iris

    run = train_iris()
    assert run.losses[-1] < 0.1 * run.losses[0]
    assert run.held_out_accuracy >= 0.9


def test_a_wrong_gradient_ends_with_exit_code_1(tmp_path: Path, monkeypatch, capsys) -> None:
    import viz.demo

    def by_hand(f, inputs):
        return gradcheck(f, inputs, gradient=lambda *xs: [0.0] * len(xs))

    monkeypatch.setattr(viz.demo, "gradcheck", by_hand)
    assert main(["demo", "--out", str(tmp_path), "--epochs", "1"]) == 1
    said, errors = capsys.readouterr()
    assert "the gradient of loss is not confirmed: 0 of 67 derivatives" in said
    assert "and 57 more" in said
    assert "not confirmed" in errors


@pytest.mark.parametrize(
    "arguments", [["demo", "--epochs", "0"], ["demo", "--epochs", "x"], ["dance"], []]
)
def test_bad_arguments_end_with_exit_code_2(arguments: list[str], capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: chainrule" in capsys.readouterr().err


def test_an_out_folder_that_is_a_file_ends_with_exit_code_2(tmp_path: Path, capsys) -> None:
    (tmp_path / "taken").write_text("")
    assert main(["demo", "--out", str(tmp_path / "taken"), "--epochs", "1"]) == 2
    assert "taken" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["matplotlib", "tqdm"])
def test_a_missing_extra_is_named_before_any_work(module, tmp_path, monkeypatch, capsys) -> None:
    for name in [m for m in sys.modules if m.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["demo", "--out", str(tmp_path / "out")]) == 2
    assert 'pip install "chainrule[train]"' in capsys.readouterr().err


def test_the_command_is_installed_and_its_help_is_worth_reading() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "viz.command_line", "--help"], capture_output=True, text=True
    )
    assert "y.backward()" in done.stdout
    assert "demo" in done.stdout


def test_the_version_is_said(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"chainrule {__version__}\n"


# ---- plots ---------------------------------------------------------------------------------------


def test_plot_history_draws_one_point_per_epoch() -> None:
    (line,) = plot_history([1.0, 0.5, 0.25]).lines
    assert line.get_ydata().tolist() == [1.0, 0.5, 0.25]
    assert plot_history([1.0, 0.0]).get_yscale() == "linear"


def test_plot_decision_boundary_draws_points_and_names_classes() -> None:
    ax = plot_decision_boundary(
        lambda x, y: int(x > y), [(0, 1), (1, 0), (2, 0)], [0, 1, 1], classes=["up", "down"],
        resolution=10,
    )  # fmt: skip
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["up", "down"]
