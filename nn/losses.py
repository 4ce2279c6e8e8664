"""Losses: one Value that says how wrong a prediction is.

All take what a model returns, numbers or Values, for one example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import logsumexp, relu, total


def half_squared_error(prediction: Any, target: Any) -> Any:
    """1/2 (z - y)**2, summed over the outputs (Bradbury, section 3.2: the error E_n)."""
    pairs = _pairs(prediction, target)
    if len(pairs) == 1:
        z, y = pairs[0]
        return 0.5 * (z - y) ** 2
    return 0.5 * total([(z - y) ** 2 for z, y in pairs])


def hinge(score: Any, label: float) -> Any:
    """max(0, 1 - y s) of a score s for a label y of -1 or +1."""
    if label not in (-1, 1):
        raise ValueError(f"hinge needs a label of -1 or +1, got {label!r}")
    return relu(1 - label * score)


def softmax_cross_entropy(logits: Sequence[Any], label: int) -> Any:
    """-log softmax(logits)[label], accurate however small: log of the sum of exp(x - x[label])."""
    if not isinstance(logits, Sequence) or len(logits) < 2:
        raise ValueError(f"softmax_cross_entropy needs one logit per class, got {logits!r}")
    if label not in range(len(logits)):
        raise ValueError(
            f"a label of {len(logits)} classes is 0 to {len(logits) - 1}, got {label!r}"
        )
    right = logits[int(label)]
    return logsumexp([x - right for x in logits])


def _pairs(prediction: Any, target: Any) -> list[tuple[Any, Any]]:
    outputs = prediction if isinstance(prediction, Sequence) else [prediction]
    targets = target if isinstance(target, Sequence) else [target]
    if len(outputs) != len(targets) or not outputs:
        raise ValueError(f"a target per output: got {len(outputs)} outputs, {len(targets)} targets")
    return list(zip(outputs, targets, strict=True))
