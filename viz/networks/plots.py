"""Plots of training with matplotlib, from the extra `train`; each returns its Axes."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from autograd import no_grad
from autograd.graph import is_node
from autograd.higher.structures import leaves
from autograd.rules.words import kind_of
from viz.drawing.scene import CHOSEN, NEGATIVE, NEUTRAL, POSITIVE

COLOURS, MARKERS = (POSITIVE, NEGATIVE, "#2e7d32", CHOSEN, NEUTRAL), "os^DvP"  # 30 pairs
FEW = 40  # epochs of which each is a point on the curve
WORTH = 1_000  # places from where on a tape pays
LITTLE, HUGE = 1e-300, 1e300  # leads that stand for none at all and for infinite ones
WIDE = 5.0  # the largest loss over the least, from where on the scale is logarithmic


def plot_history(history: Any, *, ax: Any = None) -> Any:
    """The training curve: the loss of each epoch, on a logarithmic scale where its range is wide.

    `history` is what `fit` returns, or a list of losses.  Held-out losses are a dashed curve, and a
    dotted line stands at the best of them.
    """
    rows = getattr(history, "rows", None)
    best = getattr(history, "best", None)
    if rows is None and not isinstance(history, Iterable):
        raise TypeError(
            f"plot_history needs what fit returns, or a list of losses, got {kind_of(history)}"
        )
    if rows is None:
        losses = list(enumerate(history, start=1))
        held_out = []
    else:
        losses = [(row.epoch, row.loss) for row in rows]
        held_out = [(r.epoch, r.held_out_loss) for r in rows if r.held_out_loss is not None]
    if not losses:
        raise ValueError("there is no epoch to plot: train for one at least")
    ax = ax if ax is not None else new_axes()
    marker = {"marker": "o", "markersize": 4} if len(losses) <= FEW else {}
    ax.plot(*zip(*losses, strict=True), color=POSITIVE, label="training", **marker)
    if held_out:
        ax.plot(*zip(*held_out, strict=True), "--", color=NEGATIVE, label="held out", **marker)
        if best is not None:
            ax.axvline(best, color=NEUTRAL, linestyle=":", label=f"best held out: epoch {best}")
        ax.legend(loc="best")
    ticker: Any = importlib.import_module("matplotlib.ticker")
    ax.xaxis.set_major_locator(ticker.MaxNLocator("auto", integer=True, min_n_ticks=1))
    amounts = [loss for _, loss in losses + held_out if math.isfinite(loss)]
    least, most = min(amounts, default=0.0), max(amounts, default=0.0)
    if 0 < WIDE * least < most < 1e200:  # above, its ticks would overflow
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(ticker.LogLocator(subs=(2.0, 5.0)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("{x:g}")
    ax.set(xlabel="epoch", ylabel="mean loss", title="training curve")
    ax.grid(alpha=0.3)
    return ax


def plot_decision_boundary(
    model: Any,
    data: Any,
    labels: Sequence[int] | None = None,
    *,
    classes: Sequence[str] = (),
    threshold: float = 0.0,
    margin: float | None = None,
    resolution: int = 80,
    ax: Any = None,
) -> Any:
    """What a model says at every place in the plane, with labelled examples on it.

    `model` is a module with two inputs, or a function of x and y.  Its answer is one score (above
    `threshold` is class 1, otherwise 0), a score per class (the largest wins), or, as an int or a
    bool, a class.  Scores give smooth borders; `margin` adds dashed lines where the winner leads by
    that much, 1 for a hinge loss.  `data` is a Data of two features, or a list of (x, y) with their
    `labels`; the labels -1 and 1 are classes 0 and 1.  `resolution` is the places asked per side.
    """
    points, labels, classes, features = _examples(data, labels, classes)
    if resolution < 2:
        raise ValueError(f"resolution is 2 places per side or more, got {resolution}")
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False}
    legend = {"loc": "best"} if ax is not None else beside  # on Axes of our own, over no point
    ax = ax if ax is not None else new_axes()
    across, up = (_places(side, resolution) for side in zip(*points, strict=True))
    places = [(x, y) for y in up for x in across]
    found = [_scores(answer, threshold) for answer in _asked(_asking(model), places)]
    answers = [found[k : k + resolution] for k in range(0, len(found), resolution)]
    for k in range(max(_classes(scores) for row in answers for scores in row)):
        lead = [[_lead(scores, k) for scores in row] for row in answers]
        known = [x for row in lead for x in row if not math.isnan(x)]
        low, high = min(known, default=0.0), max(known, default=0.0)
        if high <= 0:
            continue  # nowhere the winner
        colour = COLOURS[k % len(COLOURS)]
        ax.contourf(across, up, lead, levels=[0.0, high * 1.001], colors=[colour],
                    alpha=0.22)  # fmt: skip
        if low < 0:
            ax.contour(across, up, lead, levels=[0.0], colors=["#374151"], linewidths=1.2)
        if margin is not None and low < margin < high:
            ax.contour(across, up, lead, levels=[margin], colors=[colour], linewidths=1.0,
                       linestyles="dashed")  # fmt: skip
    for k in sorted(set(labels)):
        mine = [p for p, label in zip(points, labels, strict=True) if label == k]
        name = classes[k] if k < len(classes) else f"class {k}"
        ax.scatter(*zip(*mine, strict=True), c=COLOURS[k % len(COLOURS)], s=26, label=name,
                   marker=MARKERS[k % len(MARKERS)], edgecolors="white", linewidths=0.6,
                   zorder=3)  # fmt: skip
    ax.legend(**legend)
    ax.set(xlabel=features[0], ylabel=features[1])
    return ax


def new_axes() -> Any:
    """Axes of a figure of their own; ImportError that says what to install without matplotlib."""
    try:
        figure = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return figure.Figure(figsize=(6.4, 4.4), layout="constrained").add_subplot()


def _examples(
    data: Any, labels: Sequence[int] | None, classes: Sequence[str]
) -> tuple[list[Any], list[int], Sequence[str], Sequence[str]]:
    """Points, labels from 0, names of classes and of the two features."""
    features: Sequence[str] = ("", "")
    if labels is None:
        if not hasattr(data, "labels"):
            raise TypeError(
                "plot_decision_boundary needs a Data, or points and their labels, "
                f"got {kind_of(data)} alone"
            )
        points, labels = list(data.inputs), data.labels
        features, classes = data.features, classes or data.classes
    else:
        points = list(data)
    found = list(labels)
    if not points or len(points) != len(found):
        raise ValueError(f"a label per point: got {len(points)} points, {len(found)} labels")
    for point in points:
        if len(point) != 2:
            raise ValueError(
                f"a boundary is drawn over two features, got an example of {len(point)}: choose "
                "two, and give a function of x and y that fills in the others"
            )
        if not all(map(math.isfinite, point)):
            raise ValueError(f"a point to plot is finite, got {tuple(point)}")
    if -1 in found and set(found) <= {-1, 1}:
        return points, [int(label > 0) for label in found], classes or ("-1", "1"), features
    for label in found:
        if label < 0 or label != int(label):
            raise ValueError(f"a label is a class, 0, 1, 2, ... (or -1 and 1), got {label!r}")
    return points, [int(label) for label in found], classes, features


def _asking(model: Any) -> Callable[[float, float], Any]:
    """The model as a function of x and y."""
    if hasattr(model, "parameters"):
        return lambda x, y: model([x, y])
    if not callable(model):
        raise TypeError(f"a boundary needs a model or a function, got {kind_of(model)}")
    return model  # type: ignore[no-any-return]


def _asked(ask: Callable[[float, float], Any], places: Sequence[tuple[float, float]]) -> list[Any]:
    """The answers at all places: of many by a tape, where it gives what the calls give."""
    answers = _by_tape(ask, places) if len(places) >= WORTH else []
    with no_grad():
        return answers or [ask(x, y) for x, y in places]


def _by_tape(
    ask: Callable[[float, float], Any], places: Sequence[tuple[float, float]]
) -> list[list[float]]:
    """The answers as lists of scores; none where a tape cannot hold what is asked."""
    from autograd import trace  # whoever plots no boundary does not wait for it

    def scores(x: float, y: float) -> list[Any]:
        return list(leaves(ask(x, y)))

    try:
        columns = trace(scores, *places[0], parameters=()).forward(*zip(*places, strict=True))
        answers = [list(map(float, row)) for row in zip(*columns, strict=True)]
        with no_grad():
            same = all(_alike(answers[i], ask(*places[i])) for i in (0, len(places) // 2, -1))
    except Exception:  # the answers are no Values, an `if` depends on x or y, or one is refused
        return []
    return answers if same and all(map(math.isfinite, leaves(answers))) else []


def _alike(answer: Sequence[float], called: Any) -> bool:
    """Whether two answers are the same but for rounding."""
    scores = list(map(_number, leaves(called)))
    return len(scores) == len(answer) and all(
        math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9) for x, y in zip(answer, scores)
    )


def _scores(answer: Any, threshold: float) -> int | list[float]:
    """An answer as a class or as a score per class."""
    if isinstance(answer, Integral):  # a bool is one
        if answer < -1:
            raise ValueError(f"a class is 0, 1, 2, ... (or -1 and 1), the model gave {answer}")
        return max(int(answer), 0)  # -1, as for a hinge loss, is class 0
    if is_node(answer) or isinstance(answer, Real):
        score = _number(answer) - threshold
        return [-score / 2, score / 2]
    scores = [_number(score) for score in answer]
    return scores if len(scores) != 1 else _scores(scores[0], threshold)


def _classes(scores: int | list[float]) -> int:
    """How many classes there are at least, given one answer."""
    return scores + 1 if isinstance(scores, int) else len(scores)


def _number(score: Any) -> float:
    return float(score.data if is_node(score) else score)


def _lead(scores: int | list[float], k: int) -> float:
    """By how much class k leads the best of the others, below 0 where it does not win.

    Of equals the first wins, by very little; nan where a score is undefined.
    """
    if isinstance(scores, int):
        return 0.5 if scores == k else -0.5
    if k >= len(scores):
        return -HUGE
    if any(map(math.isnan, scores)):
        return math.nan
    best = max(s for i, s in enumerate(scores) if i != k)
    if scores[k] == best:
        return LITTLE if best not in scores[:k] else -LITTLE
    return max(-HUGE, min(HUGE, scores[k] - best))


def _places(values: Sequence[float], count: int) -> list[float]:
    margin = 0.08 * (max(values) - min(values)) or 1.0
    low, high = min(values) - margin, max(values) + margin
    return [low + (high - low) * i / (count - 1) for i in range(count)]
