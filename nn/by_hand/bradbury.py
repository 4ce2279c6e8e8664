"""K. Bradbury, "Tutorial on neural network math for forward and backward propagation" (2019).

Letters: inputs x, targets y; layers k = 1 to K, and z[0] is x; W[k][i][j] is w_ij^(k), the weight
from node j of layer k-1 to node i of layer k; activations a, node values z = sigma(a), the error E,
delta[k][i] = dE/da_i^(k), and rate, his lambda.  W, a and delta have an empty item 0, so that k is
his k; i and j count from 0, from 1 in names such as z_1^(2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd import sigmoid
from autograd.rules.language import Operation
from nn.by_hand.vectors import Matrix, Vector, apply, dot, hadamard, outer, slope, transpose

Weights = Sequence[Matrix]  # W, item k for layer k
Layers = Sequence[Vector]  # a, z or delta, item k for layer k

# ---- section 2: along a path multiply, across paths add ------------------------------------------


class ParallelPaths(NamedTuple):
    """What figure 3 has to say: y, and its derivatives by x and by every weight."""

    y: float
    dy_dx: float
    dy_dw2: list[float]
    dy_dw1: list[float]


def parallel_paths(w1: Vector, w2: Vector, x: float) -> ParallelPaths:
    """Figure 3, N paths from x to y; figure 1 has one of them, figure 2 has two."""
    a = [w * x for w in w1]  # (13)
    return ParallelPaths(
        y=dot(w2, a),  # (12)
        dy_dx=dot(w2, w1),  # (18)
        dy_dw2=a,  # (19)
        dy_dw1=[w * x for w in w2],  # (21)
    )


# ---- forward propagation -------------------------------------------------------------------------


def activation(W: Weights, z: Layers, k: int, i: int) -> float:
    """a_i^(k), the sum over j of w_ij^(k) z_j^(k-1) (eqs. 24, 27, 34)."""
    return sum(W[k][i][j] * z[k - 1][j] for j in range(len(z[k - 1])))


def feed_forward_by_nodes(
    W: Weights, x: Vector, sigma: Operation = sigmoid
) -> tuple[list[list[float]], list[list[float]]]:
    """All a and z, node by node (eqs. 34, 36)."""
    a: list[list[float]] = [[]]
    z = [list(x)]
    for k in range(1, len(W)):
        a.append([activation(W, z, k, i) for i in range(len(W[k]))])
        z.append([sigma(a[k][i]) for i in range(len(W[k]))])
    return a, z


def feed_forward(
    W: Weights, x: Vector, sigma: Operation = sigmoid
) -> tuple[list[list[float]], list[list[float]]]:
    """All a and z, layer by layer (eqs. 35, 37); ValueError where sizes do not fit."""
    a: list[list[float]] = [[]]
    z = [list(x)]
    for k in range(1, len(W)):
        a.append(apply(W[k], z[k - 1]))
        z.append([sigma(a_i) for a_i in a[k]])
    return a, z


def error(output: Vector, y: Vector) -> float:
    """E_n, half the squared error, summed over the outputs (section 3.2)."""
    return 0.5 * sum((z_i - y_i) ** 2 for z_i, y_i in zip(output, y, strict=True))


# ---- backpropagation -----------------------------------------------------------------------------


def output_delta(a: Vector, z: Vector, y: Vector, sigma: Operation = sigmoid) -> list[float]:
    """delta^(K) from the a, z and y of the output layer (section 5.2, with K for his 3)."""
    return [(z_i - y_i) * slope(sigma, a_i) for a_i, z_i, y_i in zip(a, z, y, strict=True)]


def deltas_by_nodes(
    W: Weights, a: Layers, z: Layers, y: Vector, sigma: Operation = sigmoid
) -> list[list[float]]:
    """All delta, node by node, the output first (eq. 38, with the limit N_(k+1) of section 5.2)."""
    K = len(W) - 1
    delta: list[list[float]] = [[] for _ in W]
    delta[K] = output_delta(a[K], z[K], y, sigma)
    for k in range(K - 1, 0, -1):
        for i in range(len(a[k])):
            across = sum(delta[k + 1][j] * W[k + 1][j][i] for j in range(len(a[k + 1])))
            delta[k].append(slope(sigma, a[k][i]) * across)
    return delta


def deltas(
    W: Weights, a: Layers, z: Layers, y: Vector, sigma: Operation = sigmoid
) -> list[list[float]]:
    """All delta, layer by layer, the output first (eq. 39)."""
    K = len(W) - 1
    delta: list[list[float]] = [[] for _ in W]
    delta[K] = output_delta(a[K], z[K], y, sigma)
    for k in range(K - 1, 0, -1):
        across = apply(transpose(W[k + 1]), delta[k + 1])
        delta[k] = hadamard(across, [slope(sigma, a_i) for a_i in a[k]])
    return delta


def weight_gradients_by_nodes(delta: Layers, z: Layers) -> list[list[list[float]]]:
    """dE/dw_ij^(k) = delta_i^(k) z_j^(k-1), for k = 1 to K (eq. 40)."""
    gradients: list[list[list[float]]] = [[]]
    for k in range(1, len(z)):
        nodes, inputs = range(len(z[k])), range(len(z[k - 1]))
        gradients.append([[delta[k][i] * z[k - 1][j] for j in inputs] for i in nodes])
    return gradients


def weight_gradients(delta: Layers, z: Layers) -> list[list[list[float]]]:
    """dE/dW^(k), the column delta^(k) times the row z^(k-1), for k = 1 to K (eq. 41)."""
    return [[], *[outer(delta[k], z[k - 1]) for k in range(1, len(z))]]


def backpropagation(
    W: Weights, x: Vector, y: Vector, sigma: Operation = sigmoid
) -> list[list[list[float]]]:
    """The gradient of the error by every weight: forward, the deltas, then the weights (4.2)."""
    a, z = feed_forward(W, x, sigma)
    return weight_gradients(deltas(W, a, z, y, sigma), z)


def update(W: Weights, gradients: Weights, rate: float) -> list[list[list[float]]]:
    """New weights, each w - rate * dE/dw (eq. 31)."""
    return [
        [
            [w - rate * g for w, g in zip(row, slopes, strict=True)]
            for row, slopes in zip(W_k, G_k, strict=True)
        ]
        for W_k, G_k in zip(W, gradients, strict=True)
    ]


# ---- tables 1 and 2 ------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of Table 1: step, variable, a local derivative for each node it goes into, and dE."""

    step: int
    variable: str
    local_derivatives: list[float]
    derivative: float


def table_1(W: Weights, x: Vector, y: float, sigma: Operation = sigmoid) -> list[Row]:
    """The steps of Table 1 in order, seven where K = 3: 2 K + 1 of them, for one output."""
    K = _layers_to_one_output(W)
    a, z = feed_forward(W, x, sigma)
    miss = z[K][0] - y
    sigma_prime = slope(sigma, a[K][0])
    delta = [miss * sigma_prime]
    rows = [
        Row(1, f"z^({K})", [miss], miss),
        Row(2, f"a^({K})", [sigma_prime], delta[0]),
    ]
    for k in range(K - 1, -1, -1):
        by_z = []
        for i in range(len(z[k])):  # steps 3, 5, 7
            weights = [W[k + 1][j][i] for j in range(len(delta))]  # da_j^(k+1) / dz_i^(k)
            by_z.append(sum(delta[j] * weights[j] for j in range(len(delta))))
            variable = f"z_{i + 1}^({k})" if k else f"x_{i + 1}"
            rows.append(Row(2 * (K - k) + 1, variable, weights, by_z[i]))
        delta = []
        for i in range(len(a[k])):  # steps 4, 6; the inputs have no activations
            sigma_prime = slope(sigma, a[k][i])  # dz_i^(k) / da_i^(k)
            delta.append(by_z[i] * sigma_prime)
            rows.append(Row(2 * (K - k) + 2, f"a_{i + 1}^({k})", [sigma_prime], delta[i]))
    return rows


def table_2(W: Weights, x: Vector, y: float, sigma: Operation = sigmoid) -> dict[str, list[float]]:
    """The derivatives of Table 2 in order, each by the name of what it is taken by."""
    K = _layers_to_one_output(W)
    a, z = feed_forward(W, x, sigma)
    found = {f"z^({K})": [z[K][0] - y]}
    delta = output_delta(a[K], z[K], [y], sigma)
    found[f"a^({K})"] = delta
    for k in range(K - 1, 0, -1):
        found[f"z^({k})"] = apply(transpose(W[k + 1]), delta)  # step 3: delta^(3) times w^(3)
        delta = hadamard(found[f"z^({k})"], [slope(sigma, a_i) for a_i in a[k]])
        found[f"a^({k})"] = delta
    return {**found, "x": apply(transpose(W[1]), delta)}


def _layers_to_one_output(W: Weights) -> int:
    """K; ValueError where the last layer has not one node."""
    if len(W[-1]) != 1:
        raise ValueError(f"Tables 1 and 2 are of a network with one output, got {len(W[-1])}")
    return len(W) - 1
