"""Data sets as the page takes them: rows of numbers, and labels that are classes or numbers.

    ExampleSet.of("moons", data, noise=0.1)

Data are anything with `inputs` and `labels`, as those of `nn`, or a pair of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from autograd.rules.words import is_real, kind_of, one_line, real

MOST_EXAMPLES, MOST_FEATURES, MOST_CLASSES = 2000, 16, 6  # what a page can show


@dataclass(frozen=True)
class ExampleSet:
    """Examples by a name; `answers` are the labels that occur where they are classes.

    The last `held` examples are held out; with None the page chooses which.  `noise` is the
    standard deviation of what the page adds to the inputs, None where it adds nothing.
    """

    name: str
    inputs: list[list[float]]
    labels: list[float]
    answers: list[float]
    classes: list[str]
    features: list[str]
    held: int | None = None
    noise: float | None = None

    @classmethod
    def of(
        cls, name: str, data: Any, held_out: Any = None, noise: float | None = None
    ) -> ExampleSet:
        """The examples of data; TypeError or ValueError says what is wrong, and where."""
        inputs, labels = _parts(name, data)
        width = len(inputs[0])
        held = None
        if held_out is not None:
            more, more_labels = _parts(f"{name}, held out", held_out)
            if len(more[0]) != width:
                raise ValueError(
                    f"held-out examples have {len(more[0])} inputs, the others have {width}"
                )
            inputs, labels, held = [*inputs, *more], [*labels, *more_labels], len(more)
        if len(inputs) > MOST_EXAMPLES:
            raise ValueError(
                f"{name} has {len(inputs):,} examples, and the page trains on at most "
                f"{MOST_EXAMPLES:,}: leave some out, in Python by data.take(range({MOST_EXAMPLES}))"
            )
        if width > MOST_FEATURES:
            raise ValueError(
                f"{name} has {width} inputs an example, and the page has room for "
                f"{MOST_FEATURES}: leave some out, with ignore=[...] where they come from a file"
            )
        names = [one_line(str(x)) for x in getattr(data, "classes", ())]
        numbers, answers, classes = _classes(name, labels, names)
        features = [one_line(str(x)) for x in getattr(data, "features", ())]
        if len(features) != width:
            features = [f"x{i + 1}" for i in range(width)]
        if noise is not None and not 0 <= real(noise, f"the noise of {name}") <= 1:
            raise ValueError(f"noise is a standard deviation from 0 to 1, got {noise!r}")
        if noise is not None and width != 2:
            raise ValueError(
                f"noise is for points in the plane, and an example of {name} has {width} inputs"
            )
        return cls(name, inputs, numbers, answers, classes, features, held, noise)

    @property
    def written(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self)


def _parts(name: str, data: Any) -> tuple[list[list[float]], list[Any]]:
    """Inputs and labels, every number looked at."""
    if hasattr(data, "inputs") and hasattr(data, "labels"):
        rows, labels = data.inputs, data.labels
    elif isinstance(data, (tuple, list)) and len(data) == 2:
        rows, labels = data
    else:
        raise TypeError(
            f"{name} is a data set with inputs and labels, such as nn.moons(), or a pair "
            f"(inputs, labels), got {kind_of(data)}"
        )
    rows, labels = list(rows), list(labels)
    if not rows:
        raise ValueError(f"{name} has no examples")
    if len(rows) != len(labels):
        raise ValueError(f"{name} has {len(rows)} rows of inputs and {len(labels)} labels")
    inputs: list[list[float]] = []
    for i, row in enumerate(rows):
        if not hasattr(row, "__iter__") or isinstance(row, str):
            raise TypeError(
                f"example {i} of {name} is {kind_of(row)}: an example is a row of numbers"
            )
        xs = [real(x, f"input {k} of example {i} of {name}") for k, x in enumerate(row)]
        if inputs and len(xs) != len(inputs[0]):
            raise ValueError(
                f"example {i} of {name} has {len(xs)} inputs, the first has {len(inputs[0])}"
            )
        if not xs or not all(map(isfinite, xs)):
            raise ValueError(f"example {i} of {name} is {xs}: inputs are finite numbers")
        inputs.append(xs)
    return inputs, labels


def _classes(
    name: str, labels: Sequence[Any], names: list[str]
) -> tuple[list[float], list[float], list[str]]:
    """Labels as numbers; where they are classes, those that occur, and what they are called."""
    if all(isinstance(y, str) for y in labels):
        texts = sorted(set(labels))
        labels, names = [texts.index(y) for y in labels], [one_line(text) for text in texts]
    numbers = []
    for i, y in enumerate(labels):
        if not is_real(y) or not isfinite(y):
            raise TypeError(
                f"the label of example {i} of {name} is a finite number or the text of a class, "
                f"got {y!r}"
            )
        numbers.append(float(y))
    whole = all(not isinstance(y, float) for y in labels)
    answers = sorted(set(numbers))
    if not names and not (whole and len(answers) <= MOST_CLASSES):
        return numbers, [], []
    if len(answers) < 2:
        raise ValueError(f"all labels of {name} are {labels[0]!r}: there is nothing to tell apart")
    if len(answers) > MOST_CLASSES:
        raise ValueError(f"{name} has {len(answers)} classes, and the page tells {MOST_CLASSES}")
    for y in answers:
        if names and y not in range(len(names)):
            raise ValueError(
                f"{name} has a label {y:g} and {len(names)} classes: labels count them from 0"
            )
    if names:  # classes that do not occur count too: the outputs are theirs
        answers = [float(k) for k in range(len(names))]
    return numbers, answers, names or [f"{y:g}" for y in answers]
