"""Purcell, *Backpropagation* (2021): the error of a layer, and the rates of change it gives.

Letters: the loss is lambda; layer l = 1, ..., L has weights W (w_ij from neuron j of layer l - 1 to
its neuron i), biases b, weighted sums z, the activation function sigma, activations a, error delta.

    z, a = forward(W, b, sigma, x)
    delta = errors(W, z, sigma, output_error(dlambda_da, z[-1], sigma[-1]))
    dW, db = rates(delta, a)
    W, b = descend(W, b, dW, db, 0.1)

Lists over the layers carry his numbers.  Item 0 stands for the input: a[0] is x, the others hold
an empty list, and sigma[0] may be any row, for nobody asks it.  Neuron 1 is item 0 of its layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.rules.language import Operation
from nn.by_hand.vectors import Matrix, Vector, apply, dot, hadamard, outer, slope, transpose

# ---- forward: section 1 is empty in our copy, this is what the equations take for granted --------


def weighted_sums(W: Matrix, b: Vector, a: Vector) -> list[float]:
    """z_i^L, the sum over j of w_ij^L a_j^(L-1), plus b_i^L."""
    return [dot(row, a) + bias for row, bias in zip(W, b, strict=True)]


def forward(
    W: Sequence[Matrix], b: Sequence[Vector], sigma: Sequence[Operation], x: Vector
) -> tuple[list[list[float]], list[list[float]]]:
    """The weighted sums z and the activations a = sigma(z) of every layer."""
    z: list[list[float]] = [[]]
    a = [list(x)]
    for layer in range(1, len(W)):
        z.append(weighted_sums(W[layer], b[layer], a[layer - 1]))
        a.append([sigma[layer](z_i) for z_i in z[layer]])
    return z, a


# ---- from the error of a layer to the rates of its weights and biases ----------------------------


def weight_rates(delta: Vector, a: Vector) -> list[list[float]]:
    """dlambda/dw_ij^L = delta_i^L a_j^(L-1) (eqs. 2 and 3)."""
    return outer(delta, a)


def bias_rates(delta: Vector) -> list[float]:
    """dlambda/db_i^L = delta_i^L (eq. 4)."""
    return list(delta)


# ---- from the error of a layer to that of the layer before ---------------------------------------


def rates_between(W: Matrix, z: Vector, sigma: Operation) -> list[list[float]]:
    """dz_j^L/dz_i^(L-1) = w_ji^L sigma'(z_i^(L-1)), row j and column i (in eq. 6)."""
    return [[w_ji * slope(sigma, z_i) for w_ji, z_i in zip(row, z, strict=True)] for row in W]


def previous_error(W: Matrix, delta: Vector, z: Vector, sigma: Operation) -> list[float]:
    """delta_i^(L-1), from W^L, delta^L, z^(L-1): a sum over the neurons j of L (eqs. 5 and 6)."""
    dz = rates_between(W, z, sigma)
    return [
        sum(delta_j * row[i] for delta_j, row in zip(delta, dz, strict=True)) for i in range(len(z))
    ]


def previous_error_vector(W: Matrix, delta: Vector, z: Vector, sigma: Operation) -> list[float]:
    """The same in vectors: W^L transposed times delta^L, Hadamard sigma'(z^(L-1)) (eq. 7)."""
    return hadamard(apply(transpose(W), delta), [slope(sigma, z_i) for z_i in z])


# ---- the error of the output layer, which section 4 leaves to the reader -------------------------


def output_error(dlambda_da: Vector, z: Vector, sigma: Operation) -> list[float]:
    """delta_i^L = dlambda/da_i^L sigma'(z_i^L): right where a_i^L is made from z_i^L alone."""
    return hadamard(dlambda_da, [slope(sigma, z_i) for z_i in z])


def output_error_joint(dlambda_da: Vector, da_dz: Matrix) -> list[float]:
    """The sum over k of dlambda/da_k^L da_k^L/dz_i^L: right for any outputs, softmax among them.

    Row k of `da_dz` belongs to output k, as in `jacobian(softmax)(z)`.
    """
    return apply(transpose(da_dz), dlambda_da)


# ---- the whole network ---------------------------------------------------------------------------


def errors(
    W: Sequence[Matrix], z: Sequence[Vector], sigma: Sequence[Operation], delta_L: Vector
) -> list[list[float]]:
    """The error of every layer (eq. 1), from that of the output layer down to layer 1."""
    delta: list[list[float]] = [[] for _ in W]
    delta[-1] = list(delta_L)
    for layer in range(len(W) - 1, 1, -1):
        delta[layer - 1] = previous_error(W[layer], delta[layer], z[layer - 1], sigma[layer - 1])
    return delta


def rates(
    delta: Sequence[Vector], a: Sequence[Vector]
) -> tuple[list[list[list[float]]], list[list[float]]]:
    """dlambda/dW and dlambda/db of every layer (eqs. 3 and 4)."""
    dW: list[list[list[float]]] = [[]]
    dW += [weight_rates(delta[layer], a[layer - 1]) for layer in range(1, len(delta))]
    return dW, [bias_rates(delta_l) for delta_l in delta]


def descend(
    W: Sequence[Matrix],
    b: Sequence[Vector],
    dW: Sequence[Matrix],
    db: Sequence[Vector],
    proportion: float,
) -> tuple[list[list[list[float]]], list[list[float]]]:
    """Weights and biases minus `proportion` times their rates of change (the abstract)."""
    less_W = [
        [_less(row, d, proportion) for row, d in zip(W_l, dW_l, strict=True)]
        for W_l, dW_l in zip(W, dW, strict=True)
    ]
    return less_W, [_less(b_l, db_l, proportion) for b_l, db_l in zip(b, db, strict=True)]


def _less(p: Vector, dp: Vector, proportion: float) -> list[float]:
    return [x - proportion * d for x, d in zip(p, dp, strict=True)]
