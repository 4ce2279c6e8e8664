"""Ctrl-C that waits for the end of a step, and a bar that shows how far training is."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupt:
    """Within it Ctrl-C only sets `asked`; a second one does what it did before."""

    def __enter__(self) -> Interrupt:
        self.asked = False
        self.before: Any = None
        if threading.current_thread() is threading.main_thread():  # elsewhere none arrives
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler):  # and not, as after nohup, ignored
                self.before = handler
                signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self.before)

    def __exit__(self, *error: object) -> None:
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)


def progress_bar(total: int) -> Any:
    """A tqdm bar over so many steps, or where there is no tqdm a line per second."""
    try:
        tqdm = importlib.import_module("tqdm")
    except ImportError:
        return Lines(total)
    return tqdm.tqdm(total=total, desc="training", unit="step")


class NoBar:
    """A bar that shows nothing."""

    def update(self, count: int) -> None:
        """So many steps more."""

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """What stands behind the bar."""

    def write(self, text: str) -> None:
        """A line of its own, above the bar."""
        print(text, flush=True)

    def close(self) -> None:
        """The end."""


class Lines(NoBar):
    """A bar for where there is no tqdm: a line per second, from the first full second on."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.clock = clock
        self.done = 0
        self.text = ""
        self.said = clock()

    def update(self, count: int) -> None:
        self.done += count
        if self.clock() - self.said >= 1:
            self.said = self.clock()
            print(f"training: step {self.done:,} of {self.total:,}{self.text}", file=sys.stderr)

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        self.text = f", {text}"
