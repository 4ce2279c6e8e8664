"""Plots of training with matplotlib, from the extra `train`; each returns its Axes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any


def plot_history(losses: Sequence[float], *, ax: Any = None) -> Any:
    """The training curve: the loss of each epoch, on a logarithmic scale where all are above 0."""
    ax = ax if ax is not None else new_axes()
    ax.plot(range(1, len(losses) + 1), losses, color="#1f6fb4")
    if min(losses) > 0:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("{x:g}")
    ax.set(xlabel="epoch", ylabel="mean loss", title="training curve")
    ax.grid(alpha=0.3)
    return ax


def plot_decision_boundary(
    classify: Callable[[float, float], int],
    points: Sequence[Sequence[float]],
    labels: Sequence[int],
    *,
    classes: Sequence[str] = (),
    resolution: int = 80,
    ax: Any = None,
) -> Any:
    """The class of every place in the plane, with labelled points on it.

    `classify(x, y)` gives a class number; `points` are (x, y) pairs; `resolution` places a side.
    """
    ax = ax if ax is not None else new_axes()
    xs, ys = zip(*points, strict=True)
    across, up = _places(xs, resolution), _places(ys, resolution)
    grid = [[classify(x, y) for x in across] for y in up]
    found = sorted({*labels, *(k for row in grid for k in row)})
    colours = ["#1f6fb4", "#c8590a", "#2e7d32", "#7b3fa0", "#6b7280"]
    levels = [k - 0.5 for k in range(max(found) + 2)]
    fills = [colours[k % len(colours)] for k in range(max(found) + 1)]
    ax.contourf(across, up, grid, levels=levels, colors=fills, alpha=0.22)
    for k in found:
        mine = [p for p, label in zip(points, labels, strict=True) if label == k]
        name = classes[k] if k < len(classes) else f"class {k}"
        marker = "os^Dv"[k % 5]
        ax.scatter(*zip(*mine, strict=True), c=fills[k], marker=marker, s=26, label=name,
                   edgecolors="white", linewidths=0.6) if mine else None  # fmt: skip
    ax.legend(loc="best")
    return ax


def new_axes() -> Any:
    """Axes of a figure of their own; ImportError that names the extra without matplotlib."""
    try:
        figure = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise ImportError('plots need matplotlib: pip install "chainrule[train]"') from None
    return figure.Figure(figsize=(6.4, 4.4), layout="constrained").add_subplot()


def _places(values: Sequence[float], count: int) -> list[float]:
    margin = 0.08 * (max(values) - min(values)) or 1.0
    low, high = min(values) - margin, max(values) + margin
    return [low + (high - low) * i / (count - 1) for i in range(count)]
