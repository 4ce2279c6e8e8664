"""Stephen J. Eglen's derivation of 2024: three layers without biases, learnt by two deltas.

Letters: input units i, p, hidden units j, q, output units k, r; total input a and output y of a
unit, input x, target t, error E, transfer function g, learning rate eta, delta = -dE/da; a weight
w_ij leads from i to j, source first: `w_ij[i][j]`, one row for each unit that sends.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd.rules.language import Operation
from nn.by_hand.vectors import Matrix, Vector, apply, dot, hadamard, outer, slope, transpose


class Activity(NamedTuple):
    """What flows forward: outputs y of all units, total inputs a of hidden and output units."""

    y_i: list[float]
    a_j: list[float]
    y_j: list[float]
    a_k: list[float]
    y_k: list[float]


# ---- section 1.1: forward ------------------------------------------------------------------------


def total_inputs(w_ij: Matrix, y_i: Vector) -> list[float]:
    """a_j, the sum over i of w_ij y_i (eq. 1); for the output layer a_k from w_jk, y_j (eq. 3)."""
    return apply(transpose(w_ij), y_i)


def outputs(g: Operation, a: Vector) -> list[float]:
    """y = g(a), unit by unit: eq. 2 for hidden units, eq. 4 for output units."""
    return [g(x) for x in a]


def error(t_k: Vector, y_k: Vector) -> float:
    """E, half the sum over k of (t_k - y_k)**2 (eq. 5)."""
    missed = [t - y for t, y in zip(t_k, y_k, strict=True)]
    return 0.5 * dot(missed, missed)


def forward(g: Operation, w_ij: Matrix, w_jk: Matrix, x_i: Vector) -> Activity:
    """Eqs. 1 to 4 in turn; the output of an input unit is its input, y_i = x_i."""
    y_i = list(x_i)
    a_j = total_inputs(w_ij, y_i)
    y_j = outputs(g, a_j)
    a_k = total_inputs(w_jk, y_j)
    return Activity(y_i, a_j, y_j, a_k, outputs(g, a_k))


# ---- section 2: back propagation -----------------------------------------------------------------


def output_deltas(g: Operation, a_k: Vector, y_k: Vector, t_k: Vector) -> list[float]:
    """delta_k = g'(a_k) (t_k - y_k), step 2a."""
    missed = [t - y for t, y in zip(t_k, y_k, strict=True)]
    return hadamard([slope(g, a) for a in a_k], missed)


def hidden_deltas(g: Operation, a_q: Vector, w_qk: Matrix, delta_k: Vector) -> list[float]:
    """delta_q = g'(a_q) times the sum over k of delta_k w_qk, step 2b."""
    return hadamard([slope(g, a) for a in a_q], [dot(delta_k, row) for row in w_qk])


def weight_derivatives(y_q: Vector, delta_r: Vector) -> list[list[float]]:
    """dE/dw_qr = -delta_r y_q (step 2a); from y_p and delta_q it is dE/dw_pq (step 2c)."""
    return outer(y_q, [-delta for delta in delta_r])


def back_propagate(
    g: Operation, w_ij: Matrix, w_jk: Matrix, x_i: Vector, t_k: Vector
) -> tuple[list[list[float]], list[list[float]]]:
    """dE/dw_ij and dE/dw_jk for one example: forward, then the steps 2a, 2b, 2c."""
    y_i, a_j, y_j, a_k, y_k = forward(g, w_ij, w_jk, x_i)
    delta_k = output_deltas(g, a_k, y_k, t_k)
    delta_j = hidden_deltas(g, a_j, w_jk, delta_k)
    return weight_derivatives(y_i, delta_j), weight_derivatives(y_j, delta_k)


# ---- section 1.1: the learning rule --------------------------------------------------------------


def weight_changes(eta: float, derivatives: Matrix) -> list[list[float]]:
    """Delta w = -eta dE/dw, which is eta delta y."""
    return [[-eta * d for d in row] for row in derivatives]


def changed(w: Matrix, change: Matrix) -> list[list[float]]:
    """w + Delta w."""
    rows = zip(w, change, strict=True)
    return [[x + dx for x, dx in zip(row, moved, strict=True)] for row, moved in rows]


def learn(
    g: Operation, w_ij: Matrix, w_jk: Matrix, x_i: Vector, t_k: Vector, eta: float
) -> tuple[list[list[float]], list[list[float]]]:
    """w_ij and w_jk after one example; both deltas are found before a weight is changed."""
    by_ij, by_jk = back_propagate(g, w_ij, w_jk, x_i, t_k)
    return changed(w_ij, weight_changes(eta, by_ij)), changed(w_jk, weight_changes(eta, by_jk))
