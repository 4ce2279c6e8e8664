"""What the demo learns, and how: a data set by its name, or a CSV file of one's own.

    find_task("spirals")
    find_task("flowers.csv", target="species", ignore=["id"])

Whatever is wrong with a name or a file is an InputError.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from autograd import Value
from autograd.rules.words import one_line
from chainrule.terminal.errors import InputError, bad_input
from nn import (
    SGD,
    Adam,
    Data,
    Optimizer,
    Scaling,
    circles,
    iris,
    load_csv,
    moons,
    spirals,
    standardize,
    stratified_split,
    xor,
)

HELD_OUT, SPLIT_SEED = 5, 0  # every fifth example; the split is the same whatever the training is
POINTS, DATA_SEED = 300, 0
FEWEST = 10  # rows of a file
HIDDEN = (8, 8)
VISITS = 20_000  # how many times the training on a file sees an example: some seconds,
WORK = 10_000_000  # and less of a large network: times its parameters at most this
MOST_EPOCHS = 200


@dataclass(frozen=True)
class Task:
    """A data set, what to call its examples, and the network and optimizer that learn it."""

    name: str
    data: Data
    examples: str  # "flowers"
    question: str  # "4 lengths of a flower -> 1 of 3 species"
    hidden: tuple[int, ...]
    optimizer: Callable[[list[Value]], Optimizer]
    epochs: int
    target: str = ""  # the column of a file


@dataclass(frozen=True)
class Examples:
    """What a network is trained and scored on: both parts scaled by what the first is like.

    `target_scaling` is that of a number to predict, None for classes.
    """

    train: Data
    held_out: Data
    scaling: Scaling
    target_scaling: Scaling | None


def find_task(name: str = "iris", target: str | None = None, **reading: Any) -> Task:
    """The task of this name, or of the file at this path; `target` and `reading` as in load_csv."""
    if name in TASKS:
        given = {"target": target, **reading} if target is not None else reading
        if given:
            raise InputError(
                f"{name} is a data set that has a name, and no file that is read with "
                f"{' '.join(f'{key}={value!r}' for key, value in given.items())}: name a file, as "
                f"in --data ./{name}.csv"
            )
        return TASKS[name]()
    if not (name and Path(name).exists()):
        close = get_close_matches(name.lower(), TASKS, 1)
        raise InputError(
            f"there is no data set and no file called {name!r}: choose {', '.join(TASKS)}, or give "
            f"the path of a CSV file{f'; did you mean {close[0]}?' if close else ''}"
        )
    with bad_input():
        return _file_task(name, target, reading)


def examples_of(task: Task) -> Examples:
    """A fifth of the examples held out, each class in its proportion, and all of them scaled."""
    rng = random.Random(SPLIT_SEED)
    with bad_input(f"{task.name}: "):
        train, held_out = stratified_split(task.data, len(task.data.labels) // HELD_OUT, rng=rng)
        scaling = standardize(train)
        if task.data.classes:
            return Examples(scaling(train), scaling(held_out), scaling, None)
        ys = train._replace(inputs=[[y] for y in train.labels], features=(task.target,))
        target_scaling = standardize(ys)
        train, held_out = [
            scaling(part)._replace(labels=[target_scaling.row([y])[0] for y in part.labels])
            for part in (train, held_out)
        ]
        return Examples(train, held_out, scaling, target_scaling)


# ---- data sets with a name -----------------------------------------------------------------------


def _iris() -> Task:
    question = "4 lengths of a flower -> 1 of 3 species"
    return Task("iris", iris(), "flowers", question, (8,), partial(SGD, learning_rate=0.3), 60)


def _points(
    name: str,
    make: Callable[[random.Random], Data],
    hidden: tuple[int, ...],
    learning_rate: float,
    epochs: int,
) -> Task:
    data = make(random.Random(DATA_SEED))
    question = f"2 coordinates of a point -> {' or '.join(data.classes)}"
    optimizer = partial(Adam, learning_rate=learning_rate)
    return Task(name, data, "points", question, hidden, optimizer, epochs)


def _moons() -> Task:
    return _points("moons", lambda rng: moons(POINTS, rng=rng), (8,), 0.03, 40)


def _spirals() -> Task:
    return _points("spirals", lambda rng: spirals(POINTS, rng=rng), (16, 16), 0.01, 40)


def _circles() -> Task:
    return _points("circles", lambda rng: circles(POINTS, rng=rng), (8,), 0.03, 40)


def _xor() -> Task:
    return _points("xor", lambda rng: xor(POINTS, noise=0.15, rng=rng), (4,), 0.03, 40)


TASKS: dict[str, Callable[[], Task]] = {
    "iris": _iris, "moons": _moons, "spirals": _spirals, "circles": _circles, "xor": _xor,
}  # fmt: skip


# ---- a file of one's own -------------------------------------------------------------------------


def _file_task(file: str, target: str | None, reading: dict[str, Any]) -> Task:
    if target is None:
        raise InputError(_explain_columns(file, reading))
    data = load_csv(file, target, **reading)
    data = data._replace(
        features=tuple(map(one_line, data.features)), classes=tuple(map(one_line, data.classes))
    )
    n = len(data.labels)
    if n < FEWEST:
        raise InputError(
            f"{file} has {n} rows, and a fifth of them is held out to score the network: "
            f"give it {FEWEST} at least"
        )
    width = len(data.features)
    answer = f"1 of {len(data.classes)} classes" if data.classes else f"the number {target!r}"
    question = f"{width} number{'s' * (width > 1)} of a row -> {answer}"
    sizes = [width, *HIDDEN, len(data.classes) or 1]
    parameters = sum((nin + 1) * nout for nin, nout in pairwise(sizes))
    visits = min(VISITS, WORK // parameters)
    epochs = max(1, min(MOST_EPOCHS, visits // (n - n // HELD_OUT)))
    optimizer = partial(Adam, learning_rate=0.01)
    name = one_line(Path(file).name)
    task = Task(name, data, "rows", question, HIDDEN, optimizer, epochs, target)
    examples_of(task)  # what is wrong with the data is said now, and not after the first words
    return task


def _explain_columns(file: str, reading: dict[str, Any]) -> str:
    """What to say where the target is not given: the file's columns, as load_csv lists them."""
    try:
        load_csv(file, "\n", **reading)  # no column is called so: names are stripped
    except ValueError as error:
        said, found, columns = str(error).partition("there are ")
        if not found:
            return said
        return f"{file} has the columns {columns}: say which is to be learned, --target COLUMN"
    raise AssertionError("a column is called '\\n'")
