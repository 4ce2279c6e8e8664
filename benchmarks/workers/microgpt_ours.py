"""The small language model on our Value, its program unchanged."""

from __future__ import annotations

from typing import Any

from autograd import Value
from benchmarks.workers.microgpt import run


def measure(**how: Any) -> dict[str, Any]:
    """The timed steps of this contestant."""
    return run(Value, **how)
