"""The demo: a network of scalar Values learns a data set, and everything about it is shown.

`tasks` has what is learned and how, `training` the training and the gradient check, `pictures` the
pictures; here are the words and the order of things.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

from autograd import Report, Value
from autograd.rules.words import printable
from chainrule.demo.pictures import draw_neuron, draw_trained_network, plot_boundary, plot_training
from chainrule.demo.tasks import Task
from chainrule.demo.training import LARGEST, Run, check_gradient, train
from chainrule.terminal.colours import HEADS, REPORT, tell
from chainrule.terminal.errors import CheckError, InputError
from nn import MLP, DivergedError, half_squared_error, save
from viz.drawing.picture import draw
from viz.page.explore import explore


def run_demo(
    task: Task, out: Path, seed: int = 0, epochs: int | None = None, *, source: Path | None = None
) -> None:
    """Train, score, check, draw; every file goes to the folder `out`, and none over `source`.

    Raises InputError, and CheckError where training breaks down or the gradient is not confirmed.
    """
    if source is not None and source.resolve() in [(out / name).resolve() for name in FILES]:
        raise InputError(f"the demo would write over {source}: choose another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    tell(f"An MLP of scalar Values learns {task.name}: {task.question}.", {})
    try:
        run = train(task, seed, epochs, progress=True)
    except DivergedError as error:
        raise CheckError(f"training broke down at {error}") from error
    tell(_training_in_words(run, task.epochs if epochs is None else epochs), HEADS)
    report = check_gradient(run, progress=True)
    tell(f"gradient check      {_check_in_words(report, run)}", {**HEADS, **REPORT})
    if report is not None and not report:
        raise CheckError("the gradient of the trained network is not confirmed")
    tell(f"files               in {printable(str(out)).rstrip('/')}/", HEADS)
    for name, write in FILES.items():
        (out / name).unlink(missing_ok=True)  # that of a network trained before
        try:
            said = write(run, out / name)
        except ImportError as error:  # what draws it is not installed, and the rest needs it not
            said = f"none: {error}"
        tell(f"                    {name:22}{said}", {})


# ---- words ---------------------------------------------------------------------------------------


def _training_in_words(run: Run, epochs: int) -> str:
    done, losses = len(run.history), run.history.losses
    passes = f"{done} epoch{'s' * (done > 1)}" if done == epochs else f"{done} of {epochs} epochs"
    return (
        f"model               {run.model!r}\n"
        f"trained on          {len(run.examples.train.labels):,} {run.task.examples}, {passes}, "
        f"{run.history[-1].seconds:.1f} s, mean loss {losses[0]:.3g} -> {losses[-1]:.3g}\n"
        f"{_score_in_words(run)}"
    )


def _score_in_words(run: Run) -> str:
    many = f"{len(run.examples.held_out.labels):,} {run.task.examples}"
    if run.score is None:
        return f"held-out score      none: all {many} have the same {run.task.target!r}"
    if run.task.data.classes:
        return f"held-out accuracy   {run.score:.1%} of {many}"
    said = f"of the variance of {run.task.target!r} explained in {many}"
    if run.score < 0:
        return f"held-out score      nothing {said}: always to say their mean would be closer"
    return f"held-out score      {run.score:.1%} {said}"


def _check_in_words(report: Report | None, run: Run) -> str:
    total = len(run.model.parameters())
    if report is None:
        return f"left out: of more than {LARGEST:,} parameters it takes too long"
    head, *rest = str(report).split("\n")
    chosen = f" (chosen evenly from {total:,})" if len(report.rows) < total else ""
    return "\n".join([head + chosen, *rest])


# ---- files ---------------------------------------------------------------------------------------


def _small_network(run: Run) -> Value:
    """The error of a network 2-2-1 on one example."""
    model = MLP(2, [2, 1], "tanh", rng=random.Random(run.seed))
    error = half_squared_error(model([Value(1.0, "x[0]"), Value(-2.0, "x[1]")]), 0.5)
    error.label = "E"
    return error


def _draw_small_network(run: Run, path: Path) -> str:
    error = _small_network(run)
    error.backward()
    draw(error).save(path)
    return "a network 2-2-1 and its error, every node"


def _explore_small_network(run: Run, path: Path) -> str:
    explore(_small_network(run), title="A network 2-2-1 and its error E").save(path)
    return "the same as a page to play with: open it in a browser"


def _save_model(run: Run, path: Path) -> str:
    save(run.model, path)
    return "the network, for nn.load"


def _save_scaling(run: Run, path: Path) -> str:
    """By what each input, and a number to predict, was shifted and divided."""
    scalings = [(run.task.data.features, run.examples.scaling)]
    if run.examples.target_scaling is not None:
        scalings.append(((run.task.target,), run.examples.target_scaling))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["column", "mean", "standard deviation"])
        for names, scaling in scalings:
            writer.writerows(zip(names, scaling.means, scaling.deviations, strict=True))
    what = "inputs" if run.examples.target_scaling is None else "inputs and its answers"
    return f"what its {what} are scaled by"


def _save_history(run: Run, path: Path) -> str:
    run.history.save(path)
    return "the losses of every epoch"


FILES: dict[str, Callable[[Run, Path], str]] = {
    "neuron.svg": draw_neuron,
    "network.svg": _draw_small_network,
    "explore.html": _explore_small_network,
    "trained_network.svg": draw_trained_network,
    "training_curve.png": plot_training,
    "decision_boundary.png": plot_boundary,
    "history.csv": _save_history,
    "model.json": _save_model,
    "scaling.csv": _save_scaling,
}
