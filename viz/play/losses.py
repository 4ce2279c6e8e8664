"""Losses as the page takes them: by name, each as a program for every number of outputs it takes.

    losses, first = named_losses(binary_cross_entropy, {})
    written, rows = losses_for(losses, first, 1, [ExampleSet.of("moons", moons())])

Each is tried on the labels of every data set, so that the page offers it for those it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd import Value, no_grad
from autograd.rules.words import function_name, is_real, kind_of
from viz.play.recording import Rows, recorded
from viz.play.sets import MOST_CLASSES, ExampleSet

Loss = Callable[[Any, Any], Any]
PROBE = 0.3  # an output, and a number to predict, on which losses are tried


def named_losses(loss: Any, losses: Mapping[str, Any]) -> tuple[dict[str, Loss], str]:
    """All losses by name, and the name of the one that is first."""
    for name, f in [("loss", loss), *losses.items()]:
        if not callable(f):
            raise TypeError(
                f"{name} is a function of outputs and label, such as nn.squared_error, got "
                f"{kind_of(f)}"
            )
    for name, f in losses.items():
        if f is loss:
            return dict(losses), name
    called = function_name(loss).replace("_", " ")
    name = "loss" if called == "f" else called
    if name in losses:
        raise ValueError(
            f"another loss of losses is called {name!r}, as the one of the model is: give it "
            "another name, or name both in losses"
        )
    return {name: loss, **losses}, name


def check_loss(loss: Loss, outputs: int, data: ExampleSet) -> None:
    """The loss is run on each label of the data; what it raises goes on, with the label."""
    for y in _labels(data):
        try:
            with no_grad():
                found = loss(_outputs(outputs), y)
        except Exception as error:
            error.add_note(f"in playground, of the loss for {outputs} outputs and the label {y:g}")
            raise
        if not (isinstance(found, Value) or is_real(found)):
            raise TypeError(f"a loss is one Value, and {function_name(loss)} gave {kind_of(found)}")


def losses_for(
    losses: Mapping[str, Loss], first: str, outputs: int, sets: Sequence[ExampleSet]
) -> tuple[list[dict[str, Any]], Rows]:
    """Every loss as a program for each number of outputs, and what labels it takes there.

    `first` is that of the model, which has so many outputs.
    """
    found: list[dict[str, Any]] = []
    rows: Rows = []
    for name, loss in losses.items():
        counts = range(1, MOST_CLASSES + 1)
        classes = [n for n in counts if _takes(loss, n, range(max(2, n)))]
        numbers = [n for n in counts if _takes(loss, n, [PROBE])]
        fits = {each.name: _fitting(loss, each) for each in sets}
        needed = {*classes, *numbers, *[n for each in fits.values() for n in each]}
        programs = {}
        for count in sorted(needed | ({outputs} if name == first else set())):
            program = recorded(loss, [PROBE] * count if count > 1 else PROBE, 1.0)
            programs[str(count)] = program.written
            rows += program.rows
        found.append(
            {
                "name": name,
                "programs": programs,
                "classes": classes,
                "numbers": numbers,
                "sets": fits,
            }
        )
    return found, rows


def check_sets(losses: Sequence[Mapping[str, Any]], sets: Sequence[ExampleSet]) -> None:
    """ValueError where no loss takes the labels of a set."""
    for each in sets:
        if not any(loss["sets"][each.name] for loss in losses):
            raise ValueError(
                f"no loss of the page takes the labels of {each.name}, "
                f"{', '.join(f'{y:g}' for y in _labels(each)[:MOST_CLASSES])}: give one that does "
                "in losses, or number its classes from 0"
            )


def _fitting(loss: Loss, data: ExampleSet) -> list[int]:
    """The numbers of outputs by which a loss can be trained on a data set."""
    k = len(data.answers)
    counts = [1] if k == 0 else [1, 2] if k == 2 else [k]
    labels = _labels(data) if k else [PROBE, *_labels(data)]  # numbers may be scaled
    return [count for count in counts if _takes(loss, count, labels)]


def _labels(data: ExampleSet) -> list[float]:
    """The labels of a data set, each once, those of classes as whole numbers."""
    if not data.answers:
        return list(dict.fromkeys(data.labels))
    return [int(y) if y == int(y) else y for y in data.answers]


def _takes(loss: Loss, outputs: int, labels: Iterable[float]) -> bool:
    """Whether a loss has a value for so many outputs and each of these labels."""
    try:
        with no_grad():
            return all(isinstance(loss(_outputs(outputs), y), Value) for y in labels)
    except Exception:
        return False


def _outputs(count: int) -> Any:
    """Outputs as a loss takes them: one Value, or a list."""
    values = [Value(PROBE * (k + 1)) for k in range(count)]
    return values[0] if count == 1 else values
