"""Hoey's derivation: complete linear layers and activation layers, interleaved and kept apart.

Letters: layers 0 to L, linear at even numbers k, with weights `w[k][j][i]` from input unit i to
output unit j, activation at odd numbers l, with rows of the table `f[l]`; features X, targets Y,
learning rate eta, and `back[j]` for what is passed back to unit j.  Units have the author's
numbers: linear layers have an input unit 0, which is 1; all other lists begin with unit 1 and hold
nan at position 0, and w[k] holds an empty row there.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import NamedTuple

from autograd.rules.language import Operation
from nn.by_hand.vectors import Matrix, Vector, dot, slope

Weights = Mapping[int, Matrix]
Activations = Mapping[int, Operation]
Index = tuple[int, int, int]  # (k, l, m): the weight of layer k from input m to output l


class Run(NamedTuple):
    """A forward pass: `input[k][i]` is input^k[i], `output[k][j]` is output^k[j]."""

    input: list[list[float]]
    output: list[list[float]]


# ---- forward -------------------------------------------------------------------------------------


def top(w: Weights, f: Activations) -> int:
    """L, the number of the last layer; ValueError where the layers do not take turns."""
    L = 2 * len(w) - 1
    if not w or set(w) != set(range(0, L, 2)) or set(f) != set(range(1, L + 1, 2)):
        raise ValueError(
            "layers take turns: linear ones are w[0], w[2], ..., activations f[1], f[3], ...; "
            f"got w at {sorted(w)} and f at {sorted(f)}"
        )
    return L


def linear(w_k: Matrix, input_k: Vector) -> list[float]:
    """output^k[j]: the sum of w^k_ji input^k[i] over i = 0, ..., N^k."""
    return [nan, *(dot(row, input_k) for row in w_k[1:])]


def activation(f_l: Operation, input_l: Vector) -> list[float]:
    """output^l[j] = f^l(input^l[j])."""
    return [nan, *(f_l(x) for x in input_l[1:])]


def forward(w: Weights, f: Activations, X: Vector) -> Run:
    """Every input and output; output[L] is the prediction (eq. 1)."""
    if X[0] != 1:
        raise ValueError(f"X[0] is the input that is always 1, got {X[0]!r}")
    run = Run([], [])
    for k in range(top(w, f) + 1):
        below = run.output[k - 1] if k > 0 else X
        if k in w:
            run.input.append([1.0, *below[1:]])
            run.output.append(linear(w[k], run.input[k]))
        else:
            run.input.append([*below])
            run.output.append(activation(f[k], run.input[k]))
    return run


def nested(w: Weights, f: Activations, X: Vector, l: int, j: int) -> float:
    """output^l[j] of an activation layer as one formula in X (eq. 2, with input[0] = 1 kept)."""
    row = w[l - 1][j]
    units = range(1, len(row))
    below = [X[i] if l == 1 else nested(w, f, X, l - 2, i) for i in units]
    z: float = f[l](dot(row, [1.0, *below]))
    return z


# ---- one weight at a time ------------------------------------------------------------------------


def squared_error(output_L: Vector, Y: Vector) -> float:
    """error(e, w): the sum of (output^L[j] - Y[j])**2, without 1/2."""
    return sum((o - y) ** 2 for o, y in zip(output_L[1:], Y[1:], strict=True))


def missing(Y: Vector, output_L: Vector) -> list[float]:
    """Y[j] - output^L[j]: what is passed back to unit j of layer L."""
    return [nan, *(y - o for y, o in zip(Y[1:], output_L[1:], strict=True))]


def derivative(w: Weights, f: Activations, run: Run, layer: int, j: int, index: Index) -> float:
    """d output^layer[j] / d w^k_lm, layer by layer to k (eq. 4, and the last derivative at k)."""
    k, l, m = index
    d = slope(f[layer], run.output[layer - 1][j])
    if layer == k + 1:  # the derivative meets its weight
        return d * run.input[k][m] if j == l else 0.0
    row = w[layer - 1][j]
    units = range(1, len(row))  # input 0 is 1 whatever the weights are
    return d * sum(row[i] * derivative(w, f, run, layer - 2, i, index) for i in units)


def update_3(w: Weights, f: Activations, X: Vector, Y: Vector, eta: float, index: Index) -> float:
    """The new w^k_lm, by the derivative of every output (eq. 3)."""
    k, l, m = index
    L, run = top(w, f), forward(w, f, X)
    back = missing(Y, run.output[L])
    units = range(1, len(back))
    return w[k][l][m] + eta * sum(back[j] * derivative(w, f, run, L, j, index) for j in units)


def update_5(w: Weights, f: Activations, X: Vector, Y: Vector, eta: float, index: Index) -> float:
    """The new w^k_lm, by what is passed back to layer L - 2 (eq. 5); ValueError for k = L - 1."""
    k, l, m = index
    L, run = top(w, f), forward(w, f, X)
    if k == L - 1:
        raise ValueError(f"nothing below layer {L - 1} depends on its own weights: use update_3")
    back = missing(Y, run.output[L])
    back = linear_back(w[L - 1], activation_back(f[L], run.input[L], back))  # the bracket
    units = range(1, len(back))
    return w[k][l][m] + eta * sum(back[i] * derivative(w, f, run, L - 2, i, index) for i in units)


# ---- all weights in one pass ---------------------------------------------------------------------


def activation_back(f_l: Operation, input_l: Vector, back: Vector) -> list[float]:
    """back[j] times f^l'(input^l[j]): what an activation layer passes back."""
    return [nan, *(b * slope(f_l, x) for b, x in zip(back[1:], input_l[1:], strict=True))]


def linear_back(w_k: Matrix, back: Vector) -> list[float]:
    """The sum over j of back[j] w^k_ji for i = 1, ..., N^k: there is no unit to send i = 0 to."""
    columns = list(zip(*w_k[1:], strict=True))
    return [nan, *(dot(back[1:], column) for column in columns[1:])]


def linear_update(w_k: Matrix, input_k: Vector, back: Vector, eta: float) -> list[list[float]]:
    """The layer's new weights, w^k_lm + eta back[l] input^k[m]."""
    pairs = zip(w_k[1:], back[1:], strict=True)
    return [[], *([v + eta * b * x for v, x in zip(row, input_k, strict=True)] for row, b in pairs)]


def backward_pass(
    w: Weights, f: Activations, X: Vector, Y: Vector, eta: float
) -> dict[int, Matrix]:
    """All new weights: a pass forward, and a pass back that updates each layer as it proceeds."""
    new = dict(w)
    L, run = top(w, f), forward(w, f, X)
    back = missing(Y, run.output[L])
    for k in range(L - 1, -1, -2):
        at_k = activation_back(f[k + 1], run.input[k + 1], back)
        back = linear_back(new[k], at_k)  # first send back, by the weights it came through
        new[k] = linear_update(new[k], run.input[k], at_k, eta)  # then change them
    return new
