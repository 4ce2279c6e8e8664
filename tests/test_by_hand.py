"""Five authors, one network: after translating their conventions all take the same step."""

import random
from math import nan

import pytest

from autograd import OPERATIONS, Value, sigmoid, sumprod
from nn import half_squared_error
from nn.by_hand import bradbury, dahiya, eglen, hoey, purcell
from nn.by_hand.vectors import Matrix, apply, dot, hadamard, outer, slope, transpose

POS = OPERATIONS["pos"]  # the identity
RATE = 0.7
SIZES = 3, 4, 2  # all different, so that no wrong index can hide


class Network:
    """Weights w[k][to][from], an example, and the weights after one step down half its error."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        n, hidden, outputs = SIZES
        self.w1 = [[rng.gauss(0, 1) for _ in range(n)] for _ in range(hidden)]
        self.w2 = [[rng.gauss(0, 1) for _ in range(hidden)] for _ in range(outputs)]
        self.x = [rng.gauss(0, 1) for _ in range(n)]
        self.y = [rng.random() for _ in range(outputs)]

    def by_backward(self) -> list[Matrix]:
        """The engine's step, on Values."""
        w = [[list(map(Value, row)) for row in rows] for rows in (self.w1, self.w2)]
        z: list = self.x
        for rows in w:
            z = [sigmoid(sumprod(row, z)) for row in rows]
        half_squared_error(z, self.y).backward()
        return [[[v.data - RATE * v.grad for v in row] for row in rows] for rows in w]

    def by_bradbury(self) -> list[Matrix]:
        """Half the squared error; w_ij leads from j to i; layers from 1."""
        W = [[], self.w1, self.w2]
        return bradbury.update(W, bradbury.backpropagation(W, self.x, self.y), RATE)[1:]

    def by_hoey(self) -> list[Matrix]:
        """The whole squared error, its 2 taken into eta; input 0 is the bias; layers 0 to 3."""
        w = {k: [[], *([0.0, *row] for row in rows)] for k, rows in ((0, self.w1), (2, self.w2))}
        f = {1: sigmoid, 3: sigmoid}
        new = hoey.backward_pass(w, f, [1.0, *self.x], [nan, *self.y], RATE)
        return [[row[1:] for row in new[k][1:]] for k in (0, 2)]

    def by_purcell(self) -> list[Matrix]:
        """Biases of their own; the loss by its derivative; z is summed, a is activated."""
        W, b = [[], self.w1, self.w2], [[], [0.0] * SIZES[1], [0.0] * SIZES[2]]
        sigma = [POS, sigmoid, sigmoid]
        z, a = purcell.forward(W, b, sigma, self.x)
        missed = [a_i - y_i for a_i, y_i in zip(a[-1], self.y)]
        delta = purcell.errors(W, z, sigma, purcell.output_error(missed, z[-1], sigma[-1]))
        dW, db = purcell.rates(delta, a)
        return purcell.descend(W, b, dW, db, RATE)[0][1:]

    def by_eglen(self) -> list[Matrix]:
        """w_ij leads from i to j, source first; delta is -dE/da; no biases."""
        w_ij, w_jk = transpose(self.w1), transpose(self.w2)
        new = eglen.learn(sigmoid, w_ij, w_jk, self.x, self.y, RATE)
        return [transpose(w) for w in new]

    def by_dahiya(self) -> list[Matrix]:
        """W_ji leads from j to i, source first; layers from 0; a data set of one example."""
        W = [transpose(self.w1), transpose(self.w2)]
        b = [[0.0] * SIZES[1], [0.0] * SIZES[2]]

        def missed(a, y):
            return [a_i - y_i for a_i, y_i in zip(a, y)]

        by_W, _ = dahiya.gradients(W, b, [sigmoid, sigmoid], [self.x], [self.y], missed)
        new = [
            [[w - RATE * d for w, d in zip(row, slopes)] for row, slopes in zip(W_l, by)]
            for W_l, by in zip(W, by_W)
        ]
        return [transpose(W_l) for W_l in new]


def flat(weights: list[Matrix]) -> list[float]:
    return [w for matrix in weights for row in matrix for w in row]


AUTHORS = ("bradbury", "hoey", "purcell", "eglen", "dahiya")


@pytest.mark.parametrize("author", AUTHORS)
@pytest.mark.parametrize("seed", range(20))
def test_every_author_takes_the_step_of_backward(author: str, seed: int) -> None:
    network = Network(seed)
    step = flat(getattr(network, f"by_{author}")())
    assert step == pytest.approx(flat(network.by_backward()), rel=1e-14, abs=1e-15)


def test_the_step_moves_every_weight() -> None:
    network = Network(0)
    before = flat([network.w1, network.w2])
    assert len(before) == SIZES[0] * SIZES[1] + SIZES[1] * SIZES[2]
    assert all(abs(a - b) > 1e-6 for a, b in zip(before, flat(network.by_backward())))


def test_products_of_lists_are_what_they_are_called() -> None:
    W = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert dot([1, 2], [3, 4]) == 11
    assert apply(W, [1, 0, -1]) == [-2, -2]
    assert transpose(W) == [[1, 4], [2, 5], [3, 6]]
    assert hadamard([1, 2], [3, 4]) == [3, 8]
    assert outer([1, 2], [3, 4, 5]) == [[3, 4, 5], [6, 8, 10]]
    with pytest.raises(ValueError, match="zip"):
        apply(W, [1, 2])


def test_the_slope_of_an_activation_is_its_rows_own_rule() -> None:
    assert slope(sigmoid, 0.0) == 0.25
    assert slope(POS, 3.0) == 1.0
    assert slope(OPERATIONS["leaky_relu"], -3.0) == 0.01
