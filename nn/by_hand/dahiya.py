"""Dahiya, "Neural Network Backpropagation": delta by recursion, remembered in a table.

Letters: layers l count from 0, each with its own activation g[l]; W[l][j][i] is W_ji^l, from unit j
of layer l - 1 to unit i of layer l; bias b[l][i], z[l][i], a[l][i] = g[l](z[l][i]); x is the input,
which the first layer takes for a^{l-1}; delta[l][j] = dL/dz_j^l; X, Y are a data set, and
dL(a, y)[i] = dL/da_i for one example's outputs a.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd.rules.language import Operation
from nn.by_hand.vectors import Matrix, Vector, apply, dot, hadamard, outer, slope, transpose

LossDerivative = Callable[[Vector, Vector], Vector]
Layers = list[list[float]]  # a list of numbers for each layer


# ---- forward propagation -------------------------------------------------------------------------


def forward(
    W: Sequence[Matrix], b: Sequence[Vector], g: Sequence[Operation], x: Vector
) -> tuple[Layers, Layers]:
    """All z and a: z_i^{l+1} = sum over j of W_ji^{l+1} a_j^l, plus b_i^{l+1}; a = g(z)."""
    z: Layers = []
    a: Layers = []
    before = list(x)
    for l in range(len(W)):
        z.append([dot([row[i] for row in W[l]], before) + b[l][i] for i in range(len(b[l]))])
        a.append([g[l](z_i) for z_i in z[l]])
        before = a[l]
    return z, a


def forward_in_matrix_form(
    W: Sequence[Matrix], b: Sequence[Vector], g: Sequence[Operation], x: Vector
) -> tuple[Layers, Layers]:
    """The same as z^{l+1} = transpose(W^{l+1}) a^l + b^{l+1}."""
    z: Layers = []
    a: Layers = []
    before = list(x)
    for l in range(len(W)):
        product = apply(transpose(W[l]), before)
        z.append([p + b_i for p, b_i in zip(product, b[l], strict=True)])
        a.append([g[l](z_i) for z_i in z[l]])
        before = a[l]
    return z, a


# ---- backward propagation ------------------------------------------------------------------------


def base_case(g: Operation, z: Vector, dL_da: Vector) -> list[float]:
    """The last layer: delta_i = g'(z_i) dL/da_i."""
    return [slope(g, z_i) * d for z_i, d in zip(z, dL_da, strict=True)]


def delta_from_next(g: Operation, z: Vector, W_next: Matrix, delta_next: Vector) -> list[float]:
    """delta_j^l = g'(z_j^l) times the sum over i of delta_i^{l+1} W_ji^{l+1}."""
    return [slope(g, z_j) * dot(delta_next, row) for z_j, row in zip(z, W_next, strict=True)]


def delta_in_matrix_form(
    g: Operation, z: Vector, W_next: Matrix, delta_next: Vector
) -> list[float]:
    """The same as delta^l = g'(z^l) ⊙ (W^{l+1} delta^{l+1}): with his indices, no transpose."""
    return hadamard([slope(g, z_j) for z_j in z], apply(W_next, delta_next))


def deltas(
    W: Sequence[Matrix], g: Sequence[Operation], z: Sequence[Vector], dL_da: Vector
) -> Layers:
    """The table of every delta, filled from the last layer to the first, each entry once."""
    last = len(W) - 1
    delta: Layers = [[] for _ in W]
    delta[last] = base_case(g[last], z[last], dL_da)
    for l in reversed(range(last)):
        delta[l] = delta_from_next(g[l], z[l], W[l + 1], delta[l + 1])
    return delta


def delta_by_recursion(
    W: Sequence[Matrix],
    g: Sequence[Operation],
    z: Sequence[Vector],
    dL_da: Vector,
    l: int,
    j: int,
    computed: list[tuple[int, int]],
    memo: dict[tuple[int, int], float] | None = None,
) -> float:
    """delta_j^l by the recursion as it stands; what is in the `memo` is not computed again.

    Each computation of a delta appends its (l, j) to `computed`.
    """
    if memo is not None and (l, j) in memo:
        return memo[l, j]
    computed.append((l, j))
    if l == len(W) - 1:
        dL_da_j = dL_da[j]
    else:
        row = W[l + 1][j]
        after = [
            delta_by_recursion(W, g, z, dL_da, l + 1, i, computed, memo) for i in range(len(row))
        ]
        dL_da_j = dot(after, row)
    delta = slope(g[l], z[l][j]) * dL_da_j
    if memo is not None:
        memo[l, j] = delta
    return delta


# ---- gradients w.r.t. parameters -----------------------------------------------------------------


def weight_gradient(before: Vector, delta: Vector) -> list[list[float]]:
    """dL/dW_ji^l = a_j^{l-1} delta_i^l, in the shape of W^l; `before` is a^{l-1}, or x."""
    return outer(before, delta)


def bias_gradient(delta: Vector) -> list[float]:
    """dL/db_i^l = delta_i^l."""
    return list(delta)


def gradients(
    W: Sequence[Matrix],
    b: Sequence[Vector],
    g: Sequence[Operation],
    X: Sequence[Vector],
    Y: Sequence[Vector],
    dL: LossDerivative,
) -> tuple[list[list[list[float]]], Layers]:
    """dL/dW_ji^l and dL/db_i^l for a data set, where L is the sum of its examples' losses.

    The weights are the same for every example, so the chain rule sums over the examples.  A mean
    is a sum too: dL then has the factor 1/N.
    """
    by_W = [[[0.0 for _ in row] for row in W_l] for W_l in W]
    by_b = [[0.0 for _ in b_l] for b_l in b]
    for x, y in zip(X, Y, strict=True):
        z, a = forward(W, b, g, x)
        delta = deltas(W, g, z, dL(a[-1], y))
        before = [x, *a]  # before[l] is a^{l-1}
        for l in range(len(W)):
            by_b[l] = _added(by_b[l], bias_gradient(delta[l]))
            for j, row in enumerate(weight_gradient(before[l], delta[l])):
                by_W[l][j] = _added(by_W[l][j], row)
    return by_W, by_b


def _added(u: Vector, v: Vector) -> list[float]:
    return [a + b for a, b in zip(u, v, strict=True)]
