"""Arrays under gradcheck: f and its gradient get what the caller gave, of any library."""

import collections
import math
import subprocess
import sys

import pytest

from autograd import (
    OPERATIONS,
    Operation,
    Value,
    assert_gradcheck,
    gradcheck,
    relu,
    sumprod,
    tanh,
    total,
)

numpy = pytest.importorskip("numpy", reason='needs pip install -e ".[test]"')

SHAPES = [(), (1,), (3,), (1, 1), (5, 3), (2, 3, 4), (0,), (3, 0)]


def filled(shape, dtype=float):
    """An array of different numbers between -2 and 2."""
    count = math.prod(shape)
    return numpy.array([math.sin(3 * i + 1) * 2 for i in range(count)], dtype).reshape(shape)


def cubes(w):
    return float((w**3).sum())


def of_cubes(w):
    return 3 * w**2


def verdicts(report) -> dict[str, str]:
    return {row.name: row.verdict for row in report.rows}


# ---- one argument needs no list; f has names for its arguments -----------------------------------


def test_a_bare_number_is_an_input() -> None:
    assert verdicts(gradcheck(tanh, 0.5)) == {"x": "ok"}
    assert verdicts(gradcheck(tanh, Value(0.5))) == {"x": "ok"}
    assert gradcheck(math.sin, 0.5, gradient=math.cos)


def test_a_bare_array_is_one_argument() -> None:
    assert verdicts(gradcheck(cubes, filled((2,)), gradient=of_cubes)) == {
        "w[0]": "ok",
        "w[1]": "ok",
    }


def test_inputs_have_the_names_that_f_has_for_them() -> None:
    assert list(verdicts(gradcheck(lambda rate, *more: rate * more[0], [2.0, 3.0]))) == [
        "rate",
        "x1",
    ]
    assert list(verdicts(gradcheck(lambda *xs: total(xs), [2.0, 3.0]))) == ["x0", "x1"]
    assert list(verdicts(gradcheck(lambda x1, *xs: total([x1, *xs]), [2.0, 3.0]))) == ["x0", "x1"]


def test_a_name_is_that_of_the_element_too() -> None:
    report = gradcheck(lambda W, b: W[1, 0] * b[0], [filled((2, 1)), [2.0]])
    assert verdicts(report) == {"W[0, 0]": "ok", "W[1, 0]": "ok", "b[0]": "ok"}


# ---- f and gradient receive what the caller gave -------------------------------------------------


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if math.prod(shape)])
def test_an_array_of_any_shape_is_checked(shape: tuple[int, ...]) -> None:
    seen = set()

    def f(w):
        seen.add((type(w), w.shape, w.dtype.name))
        return cubes(w)

    report = gradcheck(f, filled(shape), gradient=lambda w: 3 * f(w) * 0 + of_cubes(w))
    assert report
    assert len(report.rows) == math.prod(shape)
    assert seen == {(numpy.ndarray, shape, "float64")}
    assert not gradcheck(f, filled(shape), gradient=lambda w: 2.99 * w**2)


def test_an_array_without_elements_stands_beside_others() -> None:
    inputs = {"w": filled((3, 0)), "b": filled((2,))}
    report = gradcheck(
        lambda w, b: cubes(b) + w.sum(), inputs, gradient=lambda w, b: (w, of_cubes(b))
    )
    assert verdicts(report) == {"b[0]": "ok", "b[1]": "ok"}
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(cubes, filled((0,)), gradient=of_cubes)


def locked(w):
    w.flags.writeable = False
    return w


LAYOUTS = {
    "in rows": filled((4, 6)),
    "in columns": numpy.asfortranarray(filled((4, 6))),
    "every second, backwards": filled((8, 12))[::2, ::-2],
    "transposed": filled((6, 4)).T,
    "read-only": locked(filled((4, 6))),
    "the same row again": numpy.broadcast_to(filled((6,)), (4, 6)),
    "of big-endian numbers": filled((4, 6), ">f8"),
    "a matrix": filled((4, 6)).view(numpy.matrix),
    "masked": numpy.ma.array(filled((4, 6))),
    "a map of memory": filled((4, 6)).view(numpy.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_of_any_layout_stays_what_it_is(layout: str) -> None:
    w = LAYOUTS[layout]
    before = w.tobytes()

    def f(w):
        assert type(w) is type(LAYOUTS[layout])
        assert (w.dtype, w.shape) == (LAYOUTS[layout].dtype, (4, 6))
        return float((numpy.asarray(w) ** 3).sum())

    report = gradcheck(f, w, gradient=lambda w: 3 * numpy.asarray(w) ** 2)
    assert report, report
    assert len(report.rows) == 24
    assert w.tobytes() == before


def test_a_list_stays_a_list() -> None:
    def f(xs):
        assert type(xs) is list
        return total(xs)

    assert not gradcheck(f, [[1.0, 2.0]], gradient=lambda xs: [x * 2 for x in xs])
    with pytest.raises(ValueError, match="got 4 for 2 of xs"):
        gradcheck(f, [[1.0, 2.0]], gradient=lambda xs: 2 * xs)


Layer = collections.namedtuple("Layer", "weights bias")


def test_containers_stay_what_they_are_and_mix() -> None:
    inputs = [{"a": Layer(filled((2, 3)), [0.5, (1.5, numpy.float32(0.25))]), "scale": 2}, 3.0]

    def f(model, x):
        layer = model["a"]
        assert (type(layer), type(layer.bias), type(layer.bias[1])) == (Layer, list, tuple)
        assert (type(layer.bias[1][1]), type(x)) == (numpy.float32, float)
        return cubes(layer.weights) * x + layer.bias[0] * float(layer.bias[1][1]) * model["scale"]

    def gradient(model, x):
        layer, scale = model["a"], model["scale"]
        first, (_, last) = layer.bias
        of_bias = [float(last) * scale, (0.0, first * scale)]
        a = Layer(of_cubes(layer.weights) * x, of_bias)
        return {"a": a, "scale": first * float(last)}, cubes(layer.weights)

    report = gradcheck(f, inputs, gradient=gradient)
    assert report, report
    assert {"model['a'][0][1, 2]", "model['a'][1][1][1]", "model['scale']", "x"} <= {
        row.name for row in report.rows
    }


def test_an_object_array_of_values_is_an_input() -> None:
    w = numpy.array([Value(2.0, "u"), Value(3.0)])
    assert verdicts(gradcheck(lambda w: w[0] * w[1], w)) == {"u": "ok", "w[1]": "ok"}
    assert gradcheck(lambda w: w[0] * w[1], w, gradient=lambda w: w[::-1])
    assert not gradcheck(lambda w: w[0] * w[1], w, gradient=lambda w: w)


def test_without_a_gradient_f_gets_an_array_of_values() -> None:
    def f(w):
        assert (w.shape, type(w[0, 0])) == ((2, 3), Value)
        return numpy.sum(numpy.tanh(w) ** 2)

    assert gradcheck(f, filled((2, 3)))
    assert gradcheck(f, filled((2, 3)), order=2)


def test_the_result_may_be_any_kind_of_number() -> None:
    for kind in (float, numpy.float64, numpy.array, lambda x: numpy.array([x]), Value):
        assert gradcheck(lambda w, kind=kind: kind(cubes(w)), filled((2,)), gradient=of_cubes)


def test_a_result_of_many_numbers_is_refused_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"f returns shape \(3,\), .* sum it, or give dout"):
        gradcheck(lambda w: w**2, filled((3,)), gradient=lambda w: 2 * w)


# ---- precision -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_an_array_of_any_precision_is_moved_by_what_it_can_hold(dtype: str) -> None:
    def f(w):
        assert w.dtype == dtype
        return float((w.astype(float) ** 2).sum())

    assert gradcheck(f, filled((5,), dtype), gradient=lambda w: 2 * w)
    assert not gradcheck(f, filled((5,), dtype), gradient=lambda w: 2.1 * w)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_gradient_in_few_bits_is_right_to_those_bits(dtype: str) -> None:
    def f(w):
        return float((w.astype(float) ** 2).sum())

    ulp = float(numpy.finfo(dtype).eps)
    w = filled((5,), dtype)
    assert gradcheck(f, w, gradient=lambda w: 2 * w * (1 + 4 * ulp))
    assert not gradcheck(f, w, gradient=lambda w: 2 * w * (1 + 64 * ulp))


@pytest.mark.parametrize(
    ("w", "message"),
    [
        (numpy.arange(3), r"input w holds int64, .* give w.astype\(float\)"),
        (numpy.array([True]), r"input w holds bool, .* give w.astype\(float\)"),
        (numpy.array([1j]), "input w holds complex128, .* real and its imaginary part"),
        (numpy.array(["1"]), "input w holds str"),
    ],
)
def test_an_array_that_no_small_step_moves_is_refused_with_the_remedy(w, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradcheck(cubes, [w], gradient=of_cubes)


def test_an_array_of_an_unknown_library_is_refused_with_the_remedy() -> None:
    class Tensor:
        shape, dtype = (2,), "float64"

    with pytest.raises(TypeError, match="input w is a Tensor, .* give an array of NumPy, PyTorch"):
        gradcheck(cubes, [Tensor()], gradient=of_cubes)


# ---- inputs are put back -------------------------------------------------------------------------


def test_an_array_is_moved_in_place_so_that_f_may_reach_it_otherwise() -> None:
    params = {"w": filled((2, 3))}
    report = gradcheck(
        lambda _: cubes(params["w"]), params["w"], gradient=lambda _: of_cubes(params["w"])
    )
    assert report


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_an_array_is_put_back_whatever_happens(error: type[BaseException]) -> None:
    w = filled((3,))
    before = w.copy()

    def f(w):
        if (w != before).any():
            raise error
        return cubes(w)

    with pytest.raises(error):
        gradcheck(f, w, gradient=of_cubes)
    assert (w == before).all()


def grows(w):
    w += 1
    return cubes(w)


def doubles(w):
    w *= 2
    return w


@pytest.mark.parametrize(
    ("f", "gradient", "name"), [(grows, of_cubes, "grows"), (cubes, doubles, "doubles")]
)
def test_a_function_that_writes_to_its_inputs_is_told_so(f, gradient, name: str) -> None:
    w = filled((3,))
    with pytest.raises(ValueError, match=f"{name} changes its inputs"):
        gradcheck(f, w, gradient=gradient)
    assert (w == filled((3,))).all()


def test_a_nan_in_an_input_is_no_change() -> None:
    w = numpy.array([1.0, numpy.nan])
    report = gradcheck(lambda w: w[0] ** 2, w, gradient=lambda w: numpy.array([2 * w[0], 0.0]))
    assert verdicts(report)["w[0]"] == "ok"


def test_arrays_that_share_memory_are_moved_each_for_itself() -> None:
    w = filled((3, 3))
    assert gradcheck(lambda a, b: (a * b).sum(), [w, w], gradient=lambda a, b: (b, a))
    assert gradcheck(lambda a, b: (a * b).sum(), [w, w.T], gradient=lambda a, b: (b, a))
    assert not gradcheck(lambda a, b: (a * b).sum(), [w, w], gradient=lambda a, b: (2 * b, a))
    assert (w == filled((3, 3))).all()


# ---- what a gradient may return, and shapes ------------------------------------------------------

X = filled((7, 5))


def loss(W, b):
    return 0.5 * float((numpy.tanh(X @ W + b) ** 2).sum())


def gradients(W, b):
    z = numpy.tanh(X @ W + b)
    d = z * (1 - z * z)
    return X.T @ d, d.sum(0)


FORMS = {
    "a tuple": lambda dW, db: (dW, db),
    "a list": lambda dW, db: [dW, db],
    "by name": lambda dW, db: {"b": db, "W": dW},
    "by name, with a d": lambda dW, db: {"db": db, "dW": dW},
    "of lists": lambda dW, db: (dW.tolist(), db.tolist()),
    "more than was asked for": lambda dW, db: {"W": dW, "b": db, "x": None},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_gradient_may_have_several_forms(form: str) -> None:
    inputs = {"W": filled((5, 3)), "b": filled((3,))}
    assert_gradcheck(loss, inputs, gradient=lambda W, b: FORMS[form](*gradients(W, b)))
    assert_gradcheck(loss, [*inputs.values()], gradient=lambda W, b: FORMS[form](*gradients(W, b)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda dW, db: (dW.T, db), r"dW has shape \(3, 5\), W has \(5, 3\): transposed\?"),
        (lambda dW, db: (dW, db[None]), r"db has shape \(1, 3\), b has \(3,\)$"),
        (lambda dW, db: (dW, numpy.ones((4, 3))), r"not summed over the 4 examples of the batch\?"),
        (lambda dW, db: (dW, db.sum()), r"db has shape \(\), b has \(3,\)$"),
        (lambda dW, db: (dW.ravel(), db), r"dW has shape \(15,\), W has \(5, 3\)$"),
        (lambda dW, db: {"W": dW}, "no number for b"),
        (lambda dW, db: dW, r"one number per input: got 5 for 2 \(W, b\)"),
        (lambda dW, db: (dW, None), "gradient of b is None"),
        (lambda dW, db: None, "got None"),
    ],
)
def test_a_gradient_of_another_shape_is_told_so(change, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        gradcheck(
            loss, [filled((5, 3)), filled((3,))], gradient=lambda W, b: change(*gradients(W, b))
        )


def test_a_list_and_an_array_of_the_same_shape_are_alike() -> None:
    w = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    right = numpy.array(w) * 2
    assert gradcheck(lambda w: sum(x * x for row in w for x in row), [w], gradient=lambda w: right)
    with pytest.raises(ValueError, match=r"dw has shape \(3, 2\), w has \(2, 3\): transposed\?"):
        gradcheck(lambda w: w[0][0], [w], gradient=lambda w: right.T)


# ---- layers of homework --------------------------------------------------------------------------


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)


def test_a_layer_is_checked_with_the_gradient_that_comes_to_it() -> None:
    inputs = {"x": filled((7, 5)), "w": filled((5, 3)), "b": filled((3,))}
    dout = filled((7, 3))
    assert_gradcheck(affine_forward, inputs, gradient=affine_backward, dout=dout)
    wrong = gradcheck(
        affine_forward,
        inputs,
        gradient=lambda dout, cache: (*affine_backward(dout, cache)[:2], dout[0]),
        dout=dout,
    )
    assert {name for name, verdict in verdicts(wrong).items() if verdict != "ok"} == {
        "b[0]",
        "b[1]",
        "b[2]",
    }
    again = str(wrong).splitlines()[-1]
    assert "assert_gradcheck(affine_forward, {'x': numpy.array([[" in again
    assert ", gradient=lambda dout, cache: (*affine_backward(dout, cache)[:2], dout[0])" in again
    with pytest.raises(AssertionError, match="is not confirmed"):
        exec(again.removeprefix("again: "), globals())


def test_a_layer_without_a_cache_gives_its_inputs_to_the_backward_pass() -> None:
    x, dout = filled((4, 3)), filled((4, 3))
    assert gradcheck(numpy.tanh, x, gradient=lambda d, x: d * (1 - numpy.tanh(x) ** 2), dout=dout)
    assert gradcheck(lambda x: x**2, {"x": x}, gradient=lambda d, x: {"x": 2 * d * x}, dout=dout)


def test_a_layer_may_have_several_outputs() -> None:
    def step(x, h):
        h = numpy.tanh(x + h)
        return h, 2 * h, h

    def step_backward(dh, dc, h):
        d = (dh + 2 * dc) * (1 - h * h)
        return d, d

    x, h, dh, dc = (filled((3,)) + k for k in range(4))
    assert gradcheck(step, [x, h], gradient=step_backward, dout=(dh, dc))


def test_a_layer_of_values_is_checked_by_its_own_backward() -> None:
    assert gradcheck(lambda w: [relu(x) * w[0] for x in w], [[1.0, 2.0]], dout=[3.0, 4.0])


def test_a_dout_of_another_shape_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"dout has shape \(3,\), .* returns shape \(4, 3\)"):
        gradcheck(lambda x: x, filled((4, 3)), gradient=lambda d, x: d, dout=filled((3,)))


# ---- large arrays --------------------------------------------------------------------------------


def of_many(w):
    return float(numpy.sin(w).sum())


def test_many_elements_are_checked_along_random_directions() -> None:
    report = gradcheck(of_many, filled((60, 50)), gradient=numpy.cos)
    assert report
    assert len(report.rows) == 8 + 5
    assert "of 3,000 elements all together along 8 random directions (seed 0), and 5 alone" in str(
        report
    )


def test_a_bias_that_is_a_row_is_told_that_its_batch_was_not_summed_over() -> None:
    each = numpy.ones((4, 3))
    with pytest.raises(ValueError, match=r"b has \(1, 3\): not summed over the 4 examples"):
        gradcheck(lambda b: (b * each).sum(), filled((1, 3)), gradient=lambda b: each)


@pytest.mark.parametrize("count", [3, 3000])
def test_a_gradient_that_adds_to_what_was_there_is_wrong_though_the_first_is_right(count) -> None:
    kept = numpy.zeros(count)

    def adding(w):
        kept[...] += of_cubes(w)
        return kept

    report = gradcheck(cubes, filled((count,)), gradient=adding)
    assert set(verdicts(report).values()) == {"wrong"}
    assert "grows by the derivative with every call" in str(report)


def test_a_gradient_from_a_cache_that_serves_once_is_confirmed() -> None:
    cache = [numpy.ones(3)]
    assert gradcheck(lambda w: w.sum(), filled((3,)), gradient=lambda w: cache.pop())


def test_how_many_are_many_is_an_argument() -> None:
    w = filled((30,))
    assert len(gradcheck(of_many, w, gradient=numpy.cos, exhaustive=30).rows) == 30
    report = gradcheck(of_many, w, gradient=numpy.cos, exhaustive=29, directions=3, seed=7)
    assert len(report.rows) == 3 + 5
    assert "3 random directions (seed 7)" in report.sample


@pytest.mark.parametrize("place", [(0, 0), (31, 17), (59, 49)])
@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0, math.nan])
def test_one_wrong_element_of_many_is_found_and_named(place, factor: float) -> None:
    def wrong(w):
        d = numpy.cos(w)
        d[place] *= factor
        return d

    report = gradcheck(of_many, filled((60, 50)), gradient=wrong)
    assert not report
    assert f"w[{place[0]}, {place[1]}]" in {r.name for r in report.rows if r.verdict != "ok"}


def test_each_of_many_inputs_is_looked_at() -> None:
    inputs = {"W": filled((60, 50)), "b": 1e-9 * filled((3,)), "c": 0.5, "d": [1.0, 2.0]}
    report = gradcheck(
        lambda W, b, c, d: of_many(W) + cubes(b) + c * c + d[0] * d[1],
        inputs,
        gradient=lambda W, b, c, d: (numpy.cos(W), of_cubes(b), 2 * c, [d[1], d[0]]),
    )
    assert report, report
    names = {row.name for row in report.rows}
    assert {"c", "d[0]", "d[1]"} < names
    assert {"b[0]", "b[1]", "b[2]"} & names


def test_many_elements_of_a_read_only_array_are_checked() -> None:
    w = locked(filled((60, 50)))
    assert gradcheck(of_many, w, gradient=numpy.cos)
    assert (w == filled((60, 50))).all()


def test_many_values_are_checked_along_random_directions() -> None:
    xs = [Value(x) for x in filled((60,)).tolist()]
    root = total([tanh(x) * x for x in xs])
    for report in (
        gradcheck(root, exhaustive=40, directions=4),
        gradcheck(lambda *xs: total([tanh(x) * x for x in xs]), xs, exhaustive=40, directions=4),
    ):
        assert report, report
        assert len(report.rows) == 4 + 5
    assert [x.data for x in xs] == filled((60,)).tolist()


def test_a_wrong_rule_among_many_values_is_named() -> None:
    wrong = Operation("wrong_square", lambda x: x * x, lambda x, z: 2.002 * x)
    report = gradcheck(lambda xs: total([wrong(x) for x in xs]), [[2.0] * 50], exhaustive=40)
    del OPERATIONS["wrong_square"]
    assert (report.ok, report.guilty.operation) == (False, "wrong_square")


@pytest.mark.slow
def test_a_million_elements_take_seconds_and_one_wrong_is_found() -> None:
    w = numpy.random.default_rng(0).normal(size=(1000, 1000))
    assert gradcheck(of_many, w, gradient=numpy.cos)
    wrong = numpy.cos(w)
    wrong[123, 456] *= 1.01
    report = gradcheck(of_many, w, gradient=lambda w: wrong)
    assert report.rows[0].name == "w[123, 456]"


def test_a_check_that_takes_long_says_how_far_it_is(monkeypatch, capsys) -> None:
    now = iter(range(10**6))
    monkeypatch.setattr("autograd.checking.check.monotonic", lambda: next(now))
    assert gradcheck(cubes, filled((3,)), gradient=of_cubes)
    assert "gradcheck of cubes: 100%" in capsys.readouterr().err


# ---- no library is imported that the caller has not imported -------------------------------------


def test_a_check_of_lists_imports_no_library() -> None:
    code = (
        "import sys; from autograd import gradcheck; "
        "assert gradcheck(lambda x: x[0] * x[1], [[2.0, 3.0]], gradient=lambda x: x[::-1]); "
        "print({'numpy', 'torch', 'jax', 'tqdm'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


# ---- other libraries -----------------------------------------------------------------------------


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason='needs pip install -e ".[peers]"')


@pytest.mark.peers
@pytest.mark.parametrize("shape", [(), (1,), (5, 3), (2, 3, 4)])
def test_a_tensor_is_checked_with_its_own_backward(torch, shape: tuple[int, ...]) -> None:
    w = torch.tensor(filled(shape), requires_grad=True)
    w.grad = torch.ones_like(w)

    def f(w):
        assert (type(w), w.dtype, w.requires_grad, w.is_leaf) == (
            torch.Tensor,
            torch.float64,
            True,
            True,
        )
        return (w**3).sum()

    def backward(w):
        f(w).backward()
        return w.grad

    assert gradcheck(f, w, gradient=backward)
    assert gradcheck(f, [w], gradient=lambda w: (2 * backward(w),)).ok is False
    assert (w.grad == 1).all()  # put back
    assert (w.detach().numpy() == filled(shape)).all()


@pytest.mark.peers
def test_the_parameters_of_a_module_are_checked_where_they_stand(torch) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    model.double()
    x = torch.tensor(filled((5, 3)))
    parameters = dict(model.named_parameters())

    def f(**_):
        return model(x).sum()

    def gradient(**_):
        f().backward()
        return {name: p.grad for name, p in parameters.items()}

    report = gradcheck(f, parameters, gradient=gradient)
    assert report
    assert len(report.rows) == 21
    assert all(p.grad is None for p in parameters.values())


@pytest.mark.peers
def test_a_graph_that_is_there_already_survives_the_moves(torch) -> None:
    w = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    loss = (w**3).sum()
    assert gradcheck(
        lambda w: (w**3).sum(),
        w,
        gradient=lambda w: torch.autograd.grad(loss, w, retain_graph=True)[0],
    )
    loss.backward()
    assert w.grad.tolist() == [12.0, 27.0]


@pytest.mark.peers
def test_many_elements_of_a_tensor_are_checked(torch) -> None:
    w = torch.tensor(filled((60, 50)))
    assert gradcheck(lambda w: w.sin().sum(), w, gradient=torch.cos)
    assert not gradcheck(lambda w: w.sin().sum(), w, gradient=lambda w: 1.001 * w.cos())


@pytest.mark.peers
def test_tensors_that_share_memory_or_are_spread_are_moved_each_for_itself(torch) -> None:
    w = torch.tensor(filled((3, 3)))
    assert gradcheck(lambda a, b: (a * b).sum(), [w, w.T], gradient=lambda a, b: (b, a))
    row = w[0].expand(4, 3)
    assert gradcheck(lambda a: (a**3).sum(), row, gradient=of_cubes)


@pytest.mark.peers
def test_a_tensor_of_integers_is_refused_with_the_remedy(torch) -> None:
    with pytest.raises(TypeError, match=r"input w holds int64, .* give w.double\(\)"):
        gradcheck(cubes, torch.arange(3), gradient=of_cubes)


@pytest.mark.peers
def test_tensors_and_arrays_of_numpy_mix(torch) -> None:
    assert gradcheck(
        lambda a, b: float((a.numpy() * b).sum()),
        [torch.tensor(filled((3,))), filled((3,)) + 1],
        gradient=lambda a, b: (torch.tensor(b), a),
    )


@pytest.mark.peers
def test_without_a_gradient_f_gets_lists_of_values_for_a_tensor(torch) -> None:
    assert gradcheck(lambda w: sumprod(w[0], w[1]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.peers
def test_arrays_of_jax_are_checked() -> None:
    jax = pytest.importorskip("jax", reason="needs pip install jax")
    with jax.enable_x64(True):
        for shape in [(), (1,), (5, 3), (2, 3, 4)]:
            w = jax.numpy.asarray(filled(shape))

            def f(w):
                assert isinstance(w, jax.Array)
                return (w**3).sum()

            assert gradcheck(f, w, gradient=jax.grad(f))
            assert not gradcheck(f, {"w": w}, gradient=lambda w: 2.9 * w**2)
        many = jax.numpy.asarray(filled((60, 50)))
        assert gradcheck(lambda w: jax.numpy.sin(w).sum(), many, gradient=jax.numpy.cos)
