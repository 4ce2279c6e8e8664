"""Other libraries as a second opinion: PyTorch row by row, micrograd on its own demo network."""

import random

import pytest

from autograd import OPERATIONS, Value, logsumexp, mean, norm, prod, sumprod, total
from nn import MLP, softmax_cross_entropy

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

TORCH = {  # rows that PyTorch writes in another way
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow", "neg": "neg",
    "pos": "positive", "gelu": "nn.functional.gelu", "silu": "nn.functional.silu",
    "softplus": "nn.functional.softplus", "log_sigmoid": "nn.functional.logsigmoid",
    "softsign": "nn.functional.softsign", "selu": "nn.functional.selu",
    "mish": "nn.functional.mish", "hardtanh": "nn.functional.hardtanh",
    "leaky_relu": "nn.functional.leaky_relu",
    "elu": "nn.functional.elu",
}  # fmt: skip
FIXED = [
    name
    for name, row in OPERATIONS.items()
    if len(row.partials) <= 2
    and not hasattr(row, "spelling")
    and name not in ("cbrt", "leaky_relu")
]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')


@pytest.mark.parametrize("name", FIXED)
def test_a_row_agrees_with_pytorch(name: str, torch, rng: random.Random) -> None:
    row = OPERATIONS[name]
    function = torch
    for part in TORCH.get(name, name).split("."):
        function = getattr(function, part)
    compared = 0
    while compared < 50:
        count = 1 if name == "elu" else len(row.partials)
        xs = [rng.gauss(0, 2) for _ in range(count)]
        if row.domain is not None and not row.domain(*xs):
            continue
        ours = [Value(x) for x in xs]
        theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]
        z = row(*ours)
        z.backward()
        expected = function(*theirs)
        expected.backward()
        assert z.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-15)
        assert [v.grad for v in ours] == pytest.approx(
            [t.grad.item() for t in theirs], rel=1e-11, abs=1e-14
        )
        compared += 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (total, lambda t: t.sum()),
        (mean, lambda t: t.mean()),
        (prod, lambda t: t.prod()),
        (norm, lambda t: t.norm()),
        (logsumexp, lambda t: t.logsumexp(0)),
        (lambda xs: sumprod(xs[:2], xs[2:]), lambda t: t[:2] @ t[2:]),
        (lambda xs: softmax_cross_entropy(xs, 2), lambda t: -t.log_softmax(0)[2]),
    ],
)
def test_an_n_ary_row_agrees_with_pytorch(ours, theirs, torch, rng: random.Random) -> None:
    for _ in range(50):
        numbers = [rng.gauss(0, 3) for _ in range(4)]
        xs = [Value(x) for x in numbers]
        tensor = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        z = ours(xs)
        z.backward()
        expected = theirs(tensor)
        expected.backward()
        assert z.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-14)
        assert [v.grad for v in xs] == pytest.approx(tensor.grad.tolist(), rel=1e-11, abs=1e-14)


def test_micrograds_network_with_the_same_weights_has_the_same_gradients(rng) -> None:
    micrograd_nn = pytest.importorskip("micrograd.nn", reason='needs pip install -e ".[peers]"')
    theirs = micrograd_nn.MLP(2, [16, 16, 1])
    ours = MLP(2, [16, 16, 1], rng=rng)
    for p, q in zip(theirs.parameters(), ours.parameters(), strict=True):
        p.data = q.data
    expected, score = theirs([0.3, -1.2]), ours([0.3, -1.2])
    expected.backward()
    score.backward()
    assert score.data == pytest.approx(expected.data, rel=1e-14)
    assert [p.grad for p in ours.parameters()] == pytest.approx(
        [p.grad for p in theirs.parameters()], rel=1e-13, abs=1e-15
    )
