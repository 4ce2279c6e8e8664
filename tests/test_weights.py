"""Weights travel: to PyTorch's modules and back, and through safetensors files."""

import random
from itertools import pairwise

import pytest

from nn import (
    MLP,
    Layer,
    Linear,
    Module,
    Neuron,
    Sequential,
    load_safetensors,
    load_state_dict,
    save_safetensors,
    state_dict,
)
from nn.modules import Activation

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')
pytest.importorskip("safetensors", reason='needs pip install -e ".[peers]"')


def theirs(*sizes: int) -> "torch.nn.Module":
    """Linear maps of these sizes with tanh between them."""
    layers = []
    for nin, nout in pairwise(sizes):
        layers += [torch.nn.Linear(nin, nout, dtype=torch.float64), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def mlp(seed: int = 0) -> MLP:
    return MLP(2, [5, 3, 1], "tanh", rng=random.Random(seed))


MODELS = {
    "an MLP": mlp,
    "a Sequential": lambda: Sequential(Linear(2, 5), Activation("tanh"), Linear(5, 3, bias=False)),
    "layers in a Sequential": lambda: Sequential(Layer(2, 3, "tanh"), Sequential(Linear(3, 1))),
    "a neuron": lambda: Neuron(2, "tanh"),
    "a linear layer": lambda: Layer(2, 3, None),
}


def numbers(model: Module) -> list[float]:
    return [p.data for p in model.parameters()]


def test_a_model_of_pytorch_with_our_weights_gives_our_output() -> None:
    model, other, x = mlp(), theirs(2, 5, 3, 1), [0.3, -1.2]
    other.load_state_dict(state_dict(model))
    assert model(x).data == pytest.approx(other(torch.tensor(x, dtype=torch.float64)).item(), 1e-14)


def test_our_model_with_weights_of_pytorch_gives_its_output() -> None:
    model, other, x = mlp(), theirs(2, 5, 3, 1), [0.3, -1.2]
    load_state_dict(model, other.state_dict())
    assert model(x).data == pytest.approx(other(torch.tensor(x, dtype=torch.float64)).item(), 1e-14)
    assert state_dict(model).keys() == other.state_dict().keys()


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_back_to_the_last_bit(name: str, tmp_path) -> None:
    model, other, third = MODELS[name](), MODELS[name](), MODELS[name]()
    for p in model.parameters():
        p.data += 0.1
    load_state_dict(other, state_dict(model))
    save_safetensors(model, tmp_path / "weights.safetensors")
    load_safetensors(third, tmp_path / "weights.safetensors")
    assert numbers(other) == numbers(third) == numbers(model)


def test_an_activation_takes_a_place_among_the_names() -> None:
    assert list(state_dict(MLP(2, [3, 1]))) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    linear = MLP(2, [3, 1], None)
    assert list(state_dict(linear)) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    nested = Sequential(Layer(2, 3, "tanh"), Linear(3, 1, bias=False))
    assert list(state_dict(nested)) == ["0.0.weight", "0.0.bias", "1.weight"]


def test_other_names_are_taken_in_their_order_and_single_precision_exactly() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)

    net, model = Net(), MLP(2, [3, 1], "tanh")
    load_state_dict(model, net.state_dict())
    assert [w.data for w in model.layers[0].neurons[1].w] == net.first.weight[1].tolist()
    assert model.layers[1].neurons[0].b.data == net.second.bias.item()


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda state: state.pop("4.bias"), ValueError, "the model has .*4.bias, and the state"),
        (
            lambda state: state.update({"0.weight": torch.zeros(2, 5)}),
            ValueError,
            r"\(2, 5\), and t",
        ),
        (
            lambda state: state.update({"2.bias": [0.0] * 3}),
            ValueError,
            r"2.bias has the shape \(\)",
        ),
        (
            lambda state: state.update({"2.bias": torch.zeros(3) * 1j}),
            TypeError,
            "a number of 2.bias",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, said: str) -> None:
    model = mlp()
    before, state = numbers(model), dict(state_dict(mlp(seed=1)))
    change(state)
    with pytest.raises(error, match=said):
        load_state_dict(model, state)
    assert numbers(model) == before


def test_a_module_of_ones_own_has_no_names_that_pytorch_knows() -> None:
    class Mine(Module):
        pass

    with pytest.raises(TypeError, match=r"it has named_parameters\(\)"):
        state_dict(Mine())
    with pytest.raises(TypeError, match="a mapping of names to tensors, got a list"):
        load_state_dict(mlp(), [])
