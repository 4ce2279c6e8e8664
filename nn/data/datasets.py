"""Small data sets, as lists of floats: one row of inputs and one label per example.

    data = spirals(200, arms=3, rng=random.Random(0))
    train, held_out = stratified_split(data, 40, rng=random.Random(0))
    scaling = standardize(train)
    train, held_out = scaling(train), scaling(held_out)

In the plane, `noise` is the standard deviation of the normal noise on each coordinate.

`iris` is R. A. Fisher's, "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936): 150 flowers that Edgar Anderson measured, in centimetres.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from numbers import Integral
from typing import Any, NamedTuple, Self

from autograd.higher.structures import leaves
from autograd.rules.words import kind_of
from nn.checks import source_of, whole
from nn.data.frames import by_class, is_column, is_table, labels_of, names_of, rows_of, without


class _Fields(NamedTuple):
    inputs: list[list[float]]
    labels: list[Any]
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Data(_Fields):
    """Examples: `inputs[i]` is a row of numbers, `labels[i]` the number of its class.

    Without `classes` a label is a number to predict, a float.  Lists are kept as they are; arrays
    and data frames of pandas, polars and pyarrow are read into lists as `Data.of` says.
    """

    __slots__ = ()

    def __new__(
        cls, inputs: Any, labels: Any, features: Sequence[str] = (), classes: Sequence[str] = ()
    ) -> Self:
        if is_table(inputs):
            features = features or names_of(inputs)
            inputs = rows_of(inputs)
        if is_table(labels) or is_column(labels):
            labels, classes = by_class(labels_of(labels), classes)
        return super().__new__(cls, inputs, labels, tuple(features), tuple(classes))

    @classmethod
    def _make(  # type: ignore[override]  # _replace calls it, on this class alone
        cls, iterable: Iterable[Any]
    ) -> Self:
        return cls(*iterable)

    @classmethod
    def of(
        cls,
        inputs: Any,
        labels: Any,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
    ) -> Data:
        """The examples of an array or a data frame, or of lists.

        The columns of a frame are the features, by their names; `labels` are a column, an array or
        a list, or the name of the column of `inputs` that holds them.  Texts become classes, in
        alphabetical order unless `classes` names them; numbers stay what they are.  Rows go by
        their place, whatever index a frame has.

        >>> data = Data.of([[0.1], [0.9]], ["small", "large"], features=["size"])
        >>> data.labels, data.classes
        ([1, 0], ('large', 'small'))
        """
        if isinstance(labels, str):
            labels, kept = without(inputs, labels)
            features, inputs = features or kept, rows_of(inputs, kept)
        data = cls(inputs, labels, tuple(features or ()), tuple(classes or ()))
        numbers, names = by_class(list(data.labels), data.classes)
        data = cls(data.inputs, numbers, data.features, names)
        if len(data.inputs) != len(data.labels):
            raise ValueError(
                f"{len(data.inputs)} rows of inputs need as many labels, got {len(data.labels)}"
            )
        width = len(data.inputs[0]) if data.inputs else 0
        if data.features and len(data.features) != width:
            raise ValueError(
                f"{width} columns of inputs have as many names, got {len(data.features)}"
            )
        return data

    def take(self, places: Iterable[int]) -> Data:
        """The examples at these places."""
        inputs, labels, rows = list(self.inputs), list(self.labels), list(places)
        return self._replace(inputs=[inputs[i] for i in rows], labels=[labels[i] for i in rows])


def check_data(data: Any, name: str = "data") -> None:
    """TypeError unless it is a Data: it says how one is made."""
    if not isinstance(data, Data):
        raise TypeError(
            f"{name} must be a Data, got {kind_of(data)}: Data(inputs, labels) makes one of lists, "
            "arrays or data frames, load_csv(path, target) of a file"
        )


def key_of(label: Any) -> tuple[Any, ...]:
    """A label as what can be compared and looked up, which lists and arrays cannot."""
    return tuple(leaves(label))


# ---- points in the plane -------------------------------------------------------------------------


def xor(n: int = 4, *, noise: float = 0.0, rng: random.Random | None = None) -> Data:
    """The corners of the unit square in turn, labelled 1 where their coordinates differ."""
    n = _points("xor", n, 4)
    corners = [(0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
    return _scatter([corners[i % 4] for i in range(n)], noise, rng, ("equal", "different"))


def circles(
    n: int = 100, *, radius: float = 0.5, noise: float = 0.1, rng: random.Random | None = None
) -> Data:
    """A circle of radius 1, labelled 0, around one of a smaller `radius`, labelled 1."""
    n = _points("circles", n, 2)
    if not 0 < radius < 1:
        raise ValueError(f"the inner circle's radius is between 0 and 1, got {radius!r}")
    points = []
    for label, i, count in _shares(n, 2):
        angle, r = 2 * math.pi * i / count, (1.0, radius)[label]
        points.append((r * math.cos(angle), r * math.sin(angle), label))
    return _scatter(points, noise, rng, ("outer", "inner"))


def moons(n: int = 100, *, noise: float = 0.1, rng: random.Random | None = None) -> Data:
    """Two interleaved half circles of n // 2 points each, labelled 0 and 1."""
    n = _points("moons", n, 2)
    points = []
    for label, i, count in _shares(n, 2):
        angle = math.pi * i / max(count - 1, 1)
        x, y = math.cos(angle), math.sin(angle)
        points.append((x, y, 0) if label == 0 else (1 - x, 0.5 - y, 1))
    return _scatter(points, noise, rng, ("upper", "lower"))


def spirals(
    n: int = 100,
    *,
    arms: int = 2,
    turns: float = 1.0,
    noise: float = 0.03,
    rng: random.Random | None = None,
) -> Data:
    """Arms that wind out from near the centre to radius 1 in so many `turns`, one class each."""
    arms = whole(arms, "spirals needs at least two arms, a whole number", 2)
    if not math.isfinite(turns):
        raise ValueError(f"the number of turns is finite, got {turns!r}")
    n = _points("spirals", n, arms)
    points = []
    for label, i, count in _shares(n, arms):
        t = i / max(count - 1, 1)
        angle, r = 2 * math.pi * (turns * t + label / arms), 0.1 + 0.9 * t
        points.append((r * math.cos(angle), r * math.sin(angle), label))
    return _scatter(points, noise, rng, tuple(f"arm {k}" for k in range(arms)))


def _points(name: str, n: int, least: int) -> int:
    words = {2: "two", 4: "four"}.get(least, str(least))
    return whole(n, f"{name} needs at least {words} points, a whole number", least)


def _shares(n: int, classes: int) -> Iterator[tuple[int, int, int]]:
    """n points dealt to the classes: (class, place within it, how many it has)."""
    for k in range(classes):
        count = n // classes + (k < n % classes)
        for i in range(count):
            yield k, i, count


def _scatter(
    points: Iterable[tuple[float, float, int]],
    noise: float,
    rng: random.Random | None,
    classes: tuple[str, ...],
) -> Data:
    """The points (x, y, class) with noise: the same from the same seed, whatever the machine.

    `random()` is all that Python promises to keep from version to version, so the normal noise is
    made of it (Box and Muller, 1958); nine decimals are what every machine's cosine agrees on.
    """
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise is a standard deviation, 0 or more, got {noise!r}")
    uniform = source_of(rng).random
    inputs, labels = [], []
    for x, y, label in points:
        angle, r = 2 * math.pi * uniform(), noise * math.sqrt(-2 * math.log(1 - uniform()))
        noisy = x + r * math.cos(angle), y + r * math.sin(angle)
        inputs.append([round(c, 9) + 0.0 for c in noisy])  # -0.0 + 0.0 = 0.0
        labels.append(label)
    return Data(inputs, labels, ("x", "y"), classes)


# ---- flowers -------------------------------------------------------------------------------------


def iris() -> Data:
    """Fisher's iris: 150 flowers, four lengths in cm, three species of 50 each."""
    text = (files("nn") / "data" / "iris.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    classes = tuple(dict.fromkeys(row[-1] for row in rows))
    inputs = [[float(cell) for cell in row[:-1]] for row in rows]
    labels = [classes.index(row[-1]) for row in rows]
    return Data(inputs, labels, tuple(header[:-1]), classes)


# ---- what every data set needs -------------------------------------------------------------------


def stratified_split(
    data: Data, held_out: int, *, rng: random.Random | None = None
) -> tuple[Data, Data]:
    """Training and `held_out` held-out examples, each class held out in its proportion.

    Every class keeps an example to train on.  Numbers to predict are one class here.
    """
    check_data(data)
    n = len(data.labels)
    if not isinstance(held_out, Integral) or not 0 < int(held_out) < n:
        hint = ""
        if isinstance(held_out, float) and 0 < held_out < 1:
            hint = f": {held_out:g} of them is held_out={max(1, round(held_out * n))}"
        raise ValueError(
            f"held_out is a number of examples and must leave examples on both sides of {n}, "
            f"got {held_out!r}{hint}"
        )
    held_out = int(held_out)
    members: dict[tuple[Any, ...], list[int]] = {}
    for i, label in enumerate(data.labels):
        members.setdefault(key_of(label) if data.classes else (), []).append(i)
    strata = [members[key] for key in sorted(members)]
    if held_out > n - len(strata):
        raise ValueError(
            f"each of the {len(strata)} classes needs an example to train on: of {n} examples "
            f"at most {n - len(strata)} can be held out, got {held_out}"
        )
    sample = source_of(rng).sample
    chosen: set[int] = set()
    for stratum, count in zip(strata, _proportional(held_out, [len(s) for s in strata])):
        chosen.update(sample(stratum, count))
    return data.take(i for i in range(n) if i not in chosen), data.take(sorted(chosen))


def _proportional(held_out: int, sizes: list[int]) -> list[int]:
    """Counts that add up to held_out, in proportion to the sizes and each below its size."""
    n = sum(sizes)
    counts = [held_out * size // n for size in sizes]
    while sum(counts) < held_out:  # the largest remainder is next
        free = [k for k, size in enumerate(sizes) if counts[k] < size - 1]
        counts[max(free, key=lambda k: held_out * sizes[k] - n * counts[k])] += 1
    return counts


class Scaling(NamedTuple):
    """A shift and a scale for each feature."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def row(self, inputs: Iterable[float]) -> list[float]:
        """One row of inputs, scaled."""
        xs = list(inputs)
        if len(xs) != len(self.means):
            raise ValueError(f"this scaling has {len(self.means)} features, got {len(xs)} inputs")
        return [(x - m) / s for x, m, s in zip(xs, self.means, self.deviations)]

    def __call__(self, data: Data) -> Data:
        check_data(data)
        return data._replace(inputs=[self.row(inputs) for inputs in data.inputs])


def standardize(data: Data) -> Scaling:
    """The scaling that gives each feature of `data` mean 0 and standard deviation 1.

    A feature that is the same everywhere becomes 0.
    """
    check_data(data)
    if not len(data.inputs):
        raise ValueError("there is nothing to standardize: the data has no examples")
    width = len(data.inputs[0])
    for i, row in enumerate(data.inputs):
        if len(row) != width:
            raise ValueError(f"example {i} has {len(row)} inputs, the first has {width}")
    columns = list(zip(*data.inputs))
    return Scaling(*zip(*[_mean_and_deviation(data, k, xs) for k, xs in enumerate(columns)]))


def _mean_and_deviation(data: Data, k: int, xs: Sequence[float]) -> tuple[float, float]:
    name = repr(data.features[k]) if k < len(data.features) else str(k)
    for i, x in enumerate(xs):
        if not math.isfinite(x):
            raise ValueError(f"example {i} has {x!r} for the feature {name}: numbers are finite")
    if min(xs) == max(xs):
        return xs[0], 1.0
    try:
        mean = math.fsum(xs) / len(xs)
        return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in xs) / len(xs)) or 1.0
    except OverflowError:
        raise ValueError(f"the feature {name} is too large to be squared: rescale it") from None
