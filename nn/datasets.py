"""Small data sets, as lists of floats: one row of inputs and one label per example.

`iris` is R. A. Fisher's, "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936): 150 flowers that Edgar Anderson measured, in centimetres.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple


class Data(NamedTuple):
    """Examples: `inputs[i]` is a row of numbers, `labels[i]` the number of its class."""

    inputs: list[list[float]]
    labels: list[int]
    features: tuple[str, ...]
    classes: tuple[str, ...]

    def take(self, places: Iterable[int]) -> Data:
        """The examples at these places."""
        rows = list(places)
        return self._replace(
            inputs=[self.inputs[i] for i in rows], labels=[self.labels[i] for i in rows]
        )


def moons(n: int = 100, *, noise: float = 0.1, rng: random.Random | None = None) -> Data:
    """Two interleaved half circles of n // 2 points each, labelled 0 and 1.

    `noise` is the standard deviation of the normal noise on each coordinate.
    """
    if n < 2:
        raise ValueError(f"moons needs at least two points, got {n}")
    gauss = rng.gauss if rng is not None else random.gauss
    inputs, labels = [], []
    for label, count in ((0, n - n // 2), (1, n // 2)):
        for i in range(count):
            angle = math.pi * i / max(count - 1, 1)
            x, y = math.cos(angle), math.sin(angle)
            if label == 1:
                x, y = 1 - x, 0.5 - y
            inputs.append([x + gauss(0, noise), y + gauss(0, noise)])
            labels.append(label)
    return Data(inputs, labels, ("x", "y"), ("upper", "lower"))


def iris() -> Data:
    """Fisher's iris: 150 flowers, four lengths in cm, three species of 50 each."""
    text = (files("nn") / "data" / "iris.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    classes = tuple(dict.fromkeys(row[-1] for row in rows))
    inputs = [[float(cell) for cell in row[:-1]] for row in rows]
    labels = [classes.index(row[-1]) for row in rows]
    return Data(inputs, labels, tuple(header[:-1]), classes)


def stratified_split(data: Data, held_out: int, *, rng: random.Random) -> tuple[Data, Data]:
    """Training and held-out examples, each class held out in its proportion."""
    if not 0 < held_out < len(data.labels):
        raise ValueError(
            f"held_out must leave examples on both sides of {len(data.labels)}, got {held_out}"
        )
    chosen: set[int] = set()
    for label in sorted(set(data.labels)):
        members = [i for i, other in enumerate(data.labels) if other == label]
        chosen.update(rng.sample(members, round(held_out * len(members) / len(data.labels))))
    train = data.take(i for i in range(len(data.labels)) if i not in chosen)
    return train, data.take(sorted(chosen))


class Scaling(NamedTuple):
    """A shift and a scale for each feature."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def row(self, inputs: Iterable[float]) -> list[float]:
        """One row of inputs, scaled."""
        return [(x - m) / s for x, m, s in zip(inputs, self.means, self.deviations, strict=True)]

    def __call__(self, data: Data) -> Data:
        return data._replace(inputs=[self.row(inputs) for inputs in data.inputs])


def standardize(data: Data) -> Scaling:
    """The scaling that gives each feature of `data` mean 0 and standard deviation 1."""
    columns = list(zip(*data.inputs, strict=True))
    means = tuple(math.fsum(column) / len(column) for column in columns)
    deviations = tuple(
        math.sqrt(math.fsum((x - mean) ** 2 for x in column) / len(column)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    )
    return Scaling(means, deviations)
