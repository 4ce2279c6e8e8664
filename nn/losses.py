"""Losses: one number that says how wrong a prediction is; penalties: how large the parameters are.

    loss = binary_cross_entropy(model(x), 1) + 1e-4 * l2(model.parameters())

A loss takes what a model returns for one example, numbers or Values, and what it should have been.
Numbers in, a float out.  NaN among the predictions makes the loss NaN; among the targets it is an
error.  On a tape, where the label is an input, it is one of those that the data has: a label is
checked where it is a number.  Letters: prediction z, target y, score or logit s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isfinite, log
from numbers import Real
from sys import float_info
from typing import Any, overload

from autograd import (
    Value,
    exp,
    expm1,
    log1p,
    logsumexp,
    lookup,
    maximum,
    no_grad,
    relu,
    softplus,
    sumprod,
    total,
    where,
)
from autograd.higher.structures import is_nested
from autograd.rules.symbols import Undecided
from autograd.rules.words import describe_type

Numbers = float | Sequence[float]
Outputs = Value | float | Sequence[Value | float]  # what a model returns, one or a list

# mypy: disable-error-code="overload-overlap"
# Numbers alone fit both overloads of a loss: the first is meant.

LARGEST = float_info.max
FAR = log(LARGEST) / 2  # up to here exp and its square are floats

# ---- of numbers ----------------------------------------------------------------------------------


@overload
def squared_error(prediction: Numbers, target: Numbers) -> float: ...
@overload
def squared_error(prediction: Outputs, target: Outputs) -> Value: ...
def squared_error(prediction: Any, target: Any) -> Any:
    """(z - y)**2, summed over the outputs: a number each, or sequences of equal length."""
    squares = _squares(prediction, target)
    return squares[0] if len(squares) == 1 else total(squares)


@overload
def half_squared_error(prediction: Numbers, target: Numbers) -> float: ...
@overload
def half_squared_error(prediction: Outputs, target: Outputs) -> Value: ...
def half_squared_error(prediction: Any, target: Any) -> Any:
    """1/2 (z - y)**2, summed over the outputs (Bradbury, section 3.2: the error E_n)."""
    return 0.5 * squared_error(prediction, target)


# ---- of classes ----------------------------------------------------------------------------------


@overload
def hinge(score: Numbers, label: float) -> float: ...
@overload
def hinge(score: Outputs, label: float) -> Value: ...
def hinge(score: Any, label: float) -> Any:
    """max(0, 1 - y s) of one score s for a label y of -1 or +1 (Cortes and Vapnik, 1995)."""
    _check_single(score, "hinge", "score")
    if not _is_among(label, (-1, 1)):
        raise ValueError(
            f"hinge needs a label of -1 or +1, got {label!r}: 2 * label - 1 makes it of 0 or 1"
        )
    return relu(1 - label * score)


@overload
def binary_cross_entropy(logit: Numbers, label: float) -> float: ...
@overload
def binary_cross_entropy(logit: Outputs, label: float) -> Value: ...
def binary_cross_entropy(logit: Any, label: float) -> Any:
    """-log of the probability of a label 0 or 1, where that of 1 is sigmoid(s) for one logit s.

    It is log(1 + exp(-y s)) for y = 2 label - 1: hinge, with its corner rounded off.
    """
    _check_single(logit, "binary_cross_entropy", "logit")
    if not _is_among(label, (0, 1)):
        raise ValueError(
            f"binary_cross_entropy needs a label of 0 or 1, got {label!r}: hinge is the loss for "
            "-1 and +1, softmax_cross_entropy for more than two classes"
        )
    return softplus((1 - 2 * label) * logit)


@overload
def softmax_cross_entropy(logits: Numbers, label: int) -> float: ...
@overload
def softmax_cross_entropy(logits: Outputs, label: int) -> Value: ...
def softmax_cross_entropy(logits: Any, label: int) -> Any:
    """-log softmax(s)[label] for one logit per class, label 0, 1, ...: log sum exp(s) - s[label].

    Written as log(1 + the sum of exp(s[i] - s[label]) over the other classes): nothing cancels, so
    neither a loss far below 2**-53 nor its gradient is lost.
    """
    if not is_nested(logits) or len(logits) < 2:
        raise ValueError(
            f"softmax_cross_entropy needs one logit per class, got {logits!r}: a model of one "
            "output goes with binary_cross_entropy or hinge"
        )
    if not _is_among(label, range(len(logits))):
        raise ValueError(
            f"a label of {len(logits)} classes is 0 to {len(logits) - 1}, got {label!r}"
            f"{': of a one-hot label give label.index(1)' if is_nested(label) else ''}"
        )
    undecided = isinstance(label, Undecided)
    for s in logits:
        if type(s) is not Value and type(s) is not float:
            undecided = undecided or isinstance(_number(s, "a logit"), Undecided)
    if undecided:
        return _traced_cross_entropy(logits, label)
    others = [s for i, s in enumerate(logits) if i != label]
    right = logits[int(label)]
    if len(others) == 1:
        return softplus(others[0] - right)
    top = max([s.data if type(s) is Value else s for s in others])
    if top - (right.data if type(right) is Value else right) < FAR:
        return log1p(total([exp(s - right) for s in others]))
    top = min(max(top, -LARGEST), LARGEST)  # any number would do; this one keeps every digit
    return softplus(logsumexp([s - top for s in others]) + (top - right))


def _traced_cross_entropy(logits: Sequence[Any], label: Any) -> Any:
    """The same where neither the label nor the largest logit is known: NaN for a label of none.

    It is t + log(exp(-t) + the sum of exp(s[i] - s[label] - t)) for any t: here the largest of
    these differences and 0, so that nothing overflows, and nothing is lost where t is 0.
    """
    if len(logits) == 2:
        return softplus(lookup([logits[1] - logits[0], logits[0] - logits[1]], label))
    right = lookup(logits, label)
    gaps = [where(label == i, -inf, s - right) for i, s in enumerate(logits)]
    with no_grad():
        top = relu(maximum(*gaps))
    return top + log1p(expm1(-top) + total([exp(gap - top) for gap in gaps]))


# ---- penalties -----------------------------------------------------------------------------------


@overload
def l1(parameters: Iterable[float]) -> float: ...
@overload
def l1(parameters: Iterable[Value | float]) -> Value: ...
def l1(parameters: Iterable[Any]) -> Any:
    """Sum of |w|: its gradient pulls every parameter to 0 with the same force."""
    return total([abs(w) for w in _parameters(parameters, "l1")])


@overload
def l2(parameters: Iterable[float]) -> float: ...
@overload
def l2(parameters: Iterable[Value | float]) -> Value: ...
def l2(parameters: Iterable[Any]) -> Any:
    """Sum of w**2, without a factor 1/2: its gradient 2 w pulls with a force that grows with w."""
    ws = _parameters(parameters, "l2")
    return sumprod(ws, ws)


# ---- what is refused -----------------------------------------------------------------------------


def _squares(prediction: Any, target: Any) -> list[Any]:
    """(z - y)**2 for each output."""
    zs = [_number(z, "an output") for z in _as_list(prediction)]
    ys = [_number(y, "a target") for y in _as_list(target)]
    if len(zs) != len(ys) or not zs:
        raise ValueError(f"a target per output: got {len(zs)} outputs, {len(ys)} targets")
    for i, y in enumerate(ys):
        if type(y) is not Value and isinstance(y, Real) and not isfinite(y):
            raise ValueError(
                f"target {i} of {len(ys)} is {y}: leave the example out, or fill in what is missing"
            )
    return [(z - y) ** 2.0 for z, y in zip(zs, ys)]  # 2.0: a float for whole numbers too


def _parameters(parameters: Iterable[Any], penalty: str) -> list[Any]:
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"{penalty} needs the parameters, got {describe_type(parameters)}: "
            f"write {penalty}(model.parameters())"
        )
    ws = [_number(w, f"a parameter of {penalty}") for w in parameters]
    if not ws:
        raise ValueError(f"{penalty} has nothing to punish: parameters is empty")
    return ws


def _as_list(x: Any) -> list[Any]:
    if type(x) is Value or type(x) is float:
        return [x]
    return list(x) if is_nested(x) or (isinstance(x, Sequence) and type(x) is not str) else [x]


def _is_among(label: Any, labels: Sequence[int]) -> bool:
    if type(label) is int:
        return label in labels
    return isinstance(label, Undecided) or (not is_nested(label) and label in labels)


def _check_single(x: Any, loss: str, what: str) -> None:
    """An error unless x is one number or Value."""
    if type(x) is not Value and is_nested(x):
        raise ValueError(
            f"{loss} needs one {what}, got {len(x)}: softmax_cross_entropy is the loss for one "
            "logit per class"
        )
    _number(x, f"the {what} of {loss}")


def _number(x: Any, what: str) -> Any:
    """x, unless it is surely no number: then a TypeError."""
    if type(x) is Value or type(x) is float:
        return x
    if x is None or isinstance(x, (str, complex, dict)) or is_nested(x):
        raise TypeError(f"{what} must be a number or a Value, got {describe_type(x)}")
    return x
