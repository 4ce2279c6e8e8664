"""A tape as a module of PyTorch: its parameters, its gradients at edges, torch.func."""

import math
import random
from random import Random
from typing import Any

import pytest
from test_exports_jax import equal, row_as_tape
from test_tape_programs import close, draw_case, lanes_of

from autograd import OPERATIONS, Operation, Value, sigmoid, trace, where
from nn import MLP

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of PyTorch's own lines
]


@pytest.fixture(autouse=True)
def torch() -> Any:
    return pytest.importorskip("torch", reason='needs pip install -e ".[torch]"')


w, b = Value(0.7, "w"), Value(-0.2, "b")


def neuron(x: Any, y: Any) -> Any:
    return (sigmoid(w * x[0] + b * x[1]) - y) ** 2


def test_a_module_trains_as_the_tape_does(torch) -> None:
    tape = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b])
    xs, ys = [[0.5, -1.0], [2.0, 0.25], [0.0, 0.0]], [1.0, 0.0, 1.0]
    expected, slopes = tape.value_and_grad([0.7, -0.2], xs, ys)
    module = tape.to_torch()
    mean = module(torch.tensor(xs).double(), torch.tensor(ys)).mean()
    mean.backward()
    assert mean.dtype == torch.float64
    assert module(xs, ys).mean().item() == pytest.approx(expected, rel=1e-14)
    assert {name: p.grad.item() for name, p in module.named_parameters()} == pytest.approx(
        {"w": slopes[0], "b": slopes[1]}, rel=1e-13
    )


def test_parameters_have_names_by_their_labels(torch) -> None:
    model = MLP(2, [2, 1], rng=random.Random(0))
    module = trace(lambda x: model(x), [0.1, 0.2], parameters=model.parameters()).to_torch()
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
    assert shapes == {
        "layers_0_neurons_0_w": (2,), "layers_0_neurons_0_b": (),
        "layers_0_neurons_1_w": (2,), "layers_0_neurons_1_b": (),
        "layers_1_neurons_0_w": (2,), "layers_1_neurons_0_b": (),
    }  # fmt: skip
    assert torch.nn.utils.parameters_to_vector(module.parameters()).tolist() == [
        p.data for p in model.parameters()
    ]


def test_frozen_leaves_and_results_without_an_example(torch) -> None:
    tape = trace(lambda x: [w * x + b, w * w, b * b], 1.0, parameters=[w])
    expected = [pytest.approx([1.2, 3.3]), pytest.approx([0.49] * 2), pytest.approx([0.04] * 2)]
    assert [z.tolist() for z in tape.to_torch()([2.0, 5.0])] == expected


def test_names_are_valid_and_no_two_are_the_same(torch) -> None:
    labels = ["", "forward", "a b", "a.b", "2nd", "x[1]", "x[0]", "x[1]", "x[0]", "∂"]
    ps = [Value(float(i), label) for i, label in enumerate(labels)]
    module = trace(lambda: sum(ps[1:], ps[0]), parameters=ps).to_torch()
    names = [name for name, _ in module.named_parameters()]
    assert names == [
        "parameter_0", "forward_2", "a_b", "a_b_2", "p_2nd", "x_1", "x", "x_2", "parameter_8",
    ]  # fmt: skip
    assert module().tolist() == [45.0]


def test_every_row_is_at_every_edge_what_other_engines_have(torch) -> None:
    wrong = []
    for name, row in OPERATIONS.items():
        tape, points = row_as_tape(row)
        module = tape.to_torch()
        names = [name for name, _ in module.named_parameters()]

        def f(theta: Any, module: Any = module, names: Any = names) -> Any:
            return torch.func.functional_call(module, dict(zip(names, theta)), ())[0]

        thetas = torch.tensor(points, dtype=torch.float64)
        values = torch.func.vmap(f)(thetas).tolist()
        gradients = torch.func.vmap(torch.func.grad(f))(thetas).tolist()
        for theta, value, gradient in zip(points, values, gradients, strict=True):
            expected, slopes = tape.value_and_grad(theta)
            if not all(map(equal, [value, *gradient], [expected, *slopes])):
                wrong.append((name, theta, value, gradient, expected, list(slopes)))
    assert not wrong


def test_random_programs_agree_with_numpy(torch) -> None:
    rng = Random(11)
    for _ in range(15):
        case = draw_case(rng)
        tape = trace(case.f, *case.example, parameters=case.parameters)
        batch = lanes_of(case, 3 if case.example else 1, rng)
        theta = [p.data for p in case.parameters]
        expected, slopes = tape.value_and_grad(theta, *batch)
        module = tape.to_torch()
        mean = module(*batch).mean()
        assert close(mean.item(), float(expected)), str(case.program)
        if not mean.requires_grad:
            continue
        mean.backward()
        size = max(map(abs, slopes))
        for p, slope in zip(module.parameters(), slopes, strict=True):
            found = 0.0 if p.grad is None else p.grad.item()
            assert close(found, float(slope), size), str(case.program)


def test_inputs_have_gradients_and_torch_func_works(torch) -> None:
    module = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b]).to_torch()
    x = torch.zeros(1, 2, requires_grad=True)
    module(x, torch.ones(1)).sum().backward()
    assert x.grad[0].tolist() == pytest.approx([-0.7 / 4, 0.2 / 4])  # 2 (1/2 - 1) w / 4
    many = torch.func.vmap(module)(torch.zeros(5, 1, 2), torch.ones(5, 1))
    assert many.tolist() == [[0.25]] * 5
    hessian = torch.func.hessian(lambda x: module(x[None], torch.ones(1))[0])(torch.zeros(2))
    assert hessian[0, 0].item() == pytest.approx(2 * (0.7 / 4) ** 2)


def test_a_row_of_ones_own_may_have_any_name(torch, own_rows) -> None:
    for name in ("theta", "torch", "hypot_", "choose"):
        row = Operation(name, lambda x: where(x > 0.0, x * x, -x), lambda x, z: 2.0 * abs(x))
        tape = trace(lambda x, row=row: row(w * x).tanh(), 1.0)
        expected, slopes = tape.value_and_grad([0.7], [-3.0])
        module = tape.to_torch()
        z = module([-3.0])[0]
        z.backward()
        assert [z.item(), module.w.grad.item()] == pytest.approx([expected, *slopes])


def test_an_arbitrary_function_is_refused_by_name(torch, own_rows) -> None:
    opaque = Operation("opaque", lambda x: math.floor(x) * 1.0, lambda x, z: 0.0)
    with pytest.warns(UserWarning, match="opaque"):
        tape = trace(lambda x: opaque(w * x), 1.5)
    with pytest.raises(TypeError, match="opaque: an arbitrary .* PyTorch could run"):
        tape.to_torch()


def test_what_does_not_fit_is_refused_by_name(torch) -> None:
    module = trace(neuron, [0.1, 0.2], 1.0, parameters=[w, b]).to_torch()
    with pytest.raises(ValueError, match=r"argument 0: the tape was made of an example of shape"):
        module(torch.zeros(4, 3), torch.zeros(4))
    with pytest.raises(ValueError, match="as many examples each, got"):
        module(torch.zeros(4, 2), torch.zeros(3))
    with pytest.raises(TypeError, match="2 arguments, and the module takes as many: got 1"):
        module(torch.zeros(4, 2))


def test_without_torch_the_extra_is_named(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[torch\]"'):
        trace(lambda x: w * x, 1.0).to_torch()


def test_a_cube_root_has_all_its_digits(torch) -> None:
    module = trace(lambda x: x.cbrt(), 1.0).to_torch()
    xs = [Random(0).uniform(-10, 10) ** 9 for _ in range(1000)]
    for found, x in zip(module(xs).tolist(), xs):
        assert abs(found - math.cbrt(x)) <= 2 * math.ulp(found)
