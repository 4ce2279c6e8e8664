"""What training went through: a `History` of `Epoch` rows, and how it is told.

print(history)               one row per epoch, and why training stopped
history.save("history.csv")
history.plot()
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autograd.rules.words import check_folder

SHOWN = 20  # rows of a history's text


class Epoch(NamedTuple):
    """One pass over the examples; `steps` and `seconds` count from the start of training.

    `loss` is the mean over the epoch's examples, each taken before its own step and without the
    penalty; the held-out numbers are those at the end of the epoch, None where nobody asked.
    """

    epoch: int
    steps: int
    loss: float
    held_out_loss: float | None
    held_out_accuracy: float | None
    seconds: float

    def in_short(self) -> str:
        """What stands behind the bar."""
        text = f"epoch {self.epoch}, loss {self.loss:.4g}"
        if self.held_out_loss is not None:
            text += f", held-out loss {self.held_out_loss:.4g}"
        if self.held_out_accuracy is not None:
            text += f", accuracy {self.held_out_accuracy:.1%}"
        return text


class History:
    """What training went through: a sequence of `Epoch` rows that prints, plots and saves itself.

    `stopped` says why training ended early, "" where every epoch ran; `best` is the epoch with the
    least held-out loss, and `kept` says whether the model was given its parameters back.
    `engine` is what ran the steps last, "eager" or that of a tape, and `reason` says why.
    """

    def __init__(self) -> None:
        self.rows: list[Epoch] = []
        self.stopped = ""
        self.kept = False
        self.engine, self.reason = "eager", ""

    @property
    def losses(self) -> list[float]:
        """The mean loss of each epoch."""
        return [row.loss for row in self.rows]

    @property
    def best(self) -> int | None:
        """The number of the epoch with the least held-out loss, the first of equals."""
        scored = [(r.held_out_loss, r.epoch) for r in self.rows if r.held_out_loss is not None]
        return min(scored)[1] if scored else None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> Epoch:
        return self.rows[place]

    def plot(self, ax: Any = None) -> Any:
        """The training curve, as the Axes that `viz.plot_history` returns."""
        from viz import plot_history  # the one place where nn reaches for pictures: when asked

        return plot_history(self, ax=ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write every row to a CSV file and return its path; a number nobody asked for is empty."""
        path = Path(path)
        check_folder(path)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Epoch._fields)
            writer.writerows(self.rows)
        return path

    def __repr__(self) -> str:
        lines = _table(self._chosen(), self.best) if self.rows else ["no epoch was completed"]
        if len(self.rows) > SHOWN:
            lines.append(f"{len(lines) - 2} of {len(self.rows)} epochs")
        if self.best is not None:
            kept = ": the model has its parameters" if self.kept else ""
            lines.append(f"least held-out loss in epoch {self.best}{kept}")
        if self.stopped:
            lines.append(f"stopped early: {self.stopped}")
        return "\n".join(lines)

    def _chosen(self) -> list[Epoch]:
        """At most SHOWN rows, evenly spread from the first to the last, and the best."""
        last = len(self.rows) - 1
        if last < SHOWN:
            return self.rows
        places = {round(i * last / (SHOWN - 1)) for i in range(SHOWN)}
        return [row for i, row in enumerate(self.rows) if i in places or row.epoch == self.best]


def _table(rows: Sequence[Epoch], best: int | None) -> list[str]:
    head = ["epoch", "steps", "loss", "held-out loss", "accuracy", "seconds"]
    cells = [
        [
            f"{row.epoch}{' *' if row.epoch == best else ''}",
            f"{row.steps:,}",
            f"{row.loss:.4g}",
            "-" if row.held_out_loss is None else f"{row.held_out_loss:.4g}",
            "-" if row.held_out_accuracy is None else f"{row.held_out_accuracy:.1%}",
            f"{row.seconds:.1f}",
        ]
        for row in rows
    ]
    used = [k for k in range(len(head)) if any(row[k] != "-" for row in cells)]
    widths = {k: max(len(row[k]) for row in [head, *cells]) for k in used}
    lines = ["  ".join(f"{row[k]:{widths[k]}}" for k in used).rstrip() for row in [head, *cells]]
    return [lines[0], "─" * (sum(widths.values()) + 2 * len(used) - 2), *lines[1:]]
