"""What a slip is told: the call one wrote, as one writes it, and what to write instead."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autograd import (
    OPERATIONS,
    StaleGraphError,
    Value,
    check_operation,
    clip,
    derivatives,
    describe,
    exp,
    grad,
    gradcheck,
    logsumexp,
    lookup,
    maximum,
    mean,
    norm,
    paths,
    pushforward,
    softmax,
    sqrt,
    steps,
    sumprod,
    tanh,
    total,
    where,
)
from nn import (
    MLP,
    SGD,
    Activation,
    AdamW,
    History,
    Layer,
    Linear,
    Neuron,
    save,
    standardize,
    stratified_split,
    xor,
)
from viz import (
    draw,
    draw_network,
    explain,
    explore,
    plot_decision_boundary,
    plot_history,
)

v = Value(2.0, "v")
w = [v, v]
y = v * v
model = MLP(2, [1], rng=Random(0))


def changed(data: Any) -> Any:
    """2 v, after something was assigned to the data of v."""
    x = Value(2.0, "v")
    y = 2 * x
    x.data = data
    return y


def another_librarys(data: float) -> Any:
    """A Value of another library, such as micrograd's."""
    kind = type("Value", (), {"__module__": "another.engine", "backward": print, "__radd__": id})
    x: Any = kind()
    x.data, x.grad = data, 0.0
    return x


THEIRS, THEIR_NAME = another_librarys(2.0), "a Value of another.engine, not one of autograd"
INTERNAL = ("<lambda>", "<locals>", "_binary", "method", "tuple", "operands", "__")

# fmt: off
SLIPS: list[tuple[str, Callable[[], Any], str]] = [
    ("x ^ 2",            lambda: v ^ 2,            "a power is written x ** y"),
    ("2 ^ x",            lambda: 2 ^ v,            "a power is written x ** y"),
    ("x % 2",            lambda: v % 2,            "write x - n * y with the whole number n"),
    ("2 % x",            lambda: 2 % v,            "x % y is no operation on Values"),
    ("x // 2",           lambda: v // 2,           "x / y is the quotient, x.data // y a number"),
    ("divmod(x, 2)",     lambda: divmod(v, 2),     "write x - n * y with the whole number n"),
    ("x @ y",            lambda: v @ v,            "the sum of products of two lists is sumprod(w, x)"),
    ("[x] @ y",          lambda: w @ v,            "the sum of products of two lists is sumprod(w, x)"),
    ("x << 1",           lambda: v << 1,           "write x * 2**y"),
    ("x >> 1",           lambda: v >> 1,           "write x / 2**y"),
    ("x & y",            lambda: v & v,            "conditions are joined by `and`"),
    ("x | y",            lambda: v | v,            "conditions are joined by `or`"),
    ("~x",               lambda: ~v,               "the sign is changed by -x"),
    ("round(v)",         lambda: round(v),         "write round(v.data)"),
    ("round(v, 2)",      lambda: round(v, 2),      "write round(v.data)"),
    ("math.floor(v)",    lambda: math.floor(v),    "write math.floor(v.data)"),
    ("math.ceil(v)",     lambda: math.ceil(v),     "write math.ceil(v.data)"),
    ("math.trunc(v)",    lambda: math.trunc(v),    "write math.trunc(v.data)"),
    ("float(v)",         lambda: float(v),         "v.data where only the number is meant"),
    ("int(v)",           lambda: int(v),           "write int(v.data)"),
    ("math.exp(v)",      lambda: math.exp(v),      "write autograd.exp(v) for math.exp(v)"),
    ("x.relu(2)",        lambda: v.relu(2),        "relu takes 1 argument, got 2: write relu(x)"),
    ("x.exp(2)",         lambda: v.exp(2),         "exp takes 1 argument, got 2: write exp(x)"),
    ("x.tanh(x=2)",      lambda: v.tanh(x=2),      "Value.tanh() got an unexpected keyword"),
    ("pow(v, 2, 5)",     lambda: pow(v, 2, 5),     "pow(x, y, modulus) is for whole numbers: write pow(x, y)"),
    ("exp(x, 2)",        lambda: exp(v, 2),        "exp takes 1 argument, got 2: write exp(x)"),
    ("tanh(z=x)",        lambda: tanh(z=v),        "tanh is written tanh(x); got tanh(z=Value)"),
    ("mean(1, 2)",       lambda: mean(1, 2),       "mean is written mean(xs), as in mean([x0, x1, x2]); got mean(int, int)"),
    ("mean(v)",          lambda: mean(v),          "mean is written mean(xs), as in mean([x0, x1, x2]); got mean(Value)"),
    ("total(1, 2)",      lambda: total(1, 2),      "total is written total(xs), as in total([x0, x1, x2])"),
    ("logsumexp(1, 2)",  lambda: logsumexp(1, 2),  "logsumexp is written logsumexp(xs), as in logsumexp([x0"),
    ("softmax(v)",       lambda: softmax(v),       "softmax is written softmax([x0, x1, x2]), got a Value"),
    ("clip(v, 0)",       lambda: clip(v, 0),       "clip is written clip(x, low, high); got clip(Value, int)"),
    ("maximum([a, b])",  lambda: maximum(w),       "got maximum(list): for a list xs write maximum(*xs)"),
    ("sumprod(w)",       lambda: sumprod(w),       "sumprod is written sumprod(w, x, start=0.0), as in sumprod([x0], [x1], x2); got"),
    ("sumprod(w, 3)",    lambda: sumprod(w, 3),    "got sumprod(list, int)"),
    ("where(w, a, b)",   lambda: where(w, v, v),   "for sequences write [where(c, a, b) for c, a, b in zip("),
    ("where(c, w, w)",   lambda: where(True, w, w), "where chooses one number: for sequences write"),
    ("where('x', a, b)", lambda: where("x", v, v), "an operand of where"),
    ("norm(1, 2)",       lambda: norm(1, 2),       "norm is written norm(xs), as in norm([x0, x1, x2])"),
    ("where(v, a)",      lambda: where(v, v),      "where takes 3 arguments, got 2: write where(condition, a, b)"),
    ("where(v, a, b, c)", lambda: where(v, v, v, v), "where takes 3 arguments, got 4: write where(condition, a, b)"),
    ("lookup(w)",        lambda: lookup(w),        "lookup is written lookup(items, index), as in lookup([x0, x1], x2)"),
    ("draw('x')",        lambda: draw("x"),        "draw needs a node, such as a Value, got the text 'x': give the Value itself"),
    ("draw(model)",      lambda: draw(model),      "draw(model, x) does so, draw_network(model) draws its neurons"),
    ("draw(f)",          lambda: draw(math.sin),   "give what it returns, sin(...)"),
    ("draw(2.0)",        lambda: draw(2.0),        "got a float, which remembers no graph"),
    ("draw([[x]])",      lambda: draw([w]),        "got a list: give one of its Values"),
    ("draw(names=[x])",  lambda: draw(y, names=[v]), "as names=locals() does, got a list"),
    ("draw(names='x')",  lambda: draw(y, names="v"), "as names=locals() does, got the text 'v'"),
    ("explain('x')",     lambda: explain("x"),     "explain needs a node, such as a Value, got the text 'x'"),
    ("explain(model)",   lambda: explain(model),   "got an MLP: give what it makes of an example, model(x)"),
    ("explain(names=)",  lambda: explain(y, names=[v]), "as names=locals() does, got a list"),
    ("explain(wrt='x')", lambda: explain(y, wrt="x"), "explain(root, wrt=...) needs a node"),
    ("explore('x')",     lambda: explore("x"),     "explore needs a node, such as a Value, got the text 'x'"),
    ("explore(model)",   lambda: explore(model),   "got an MLP: give what it makes of an example, model(x)"),
    ("explore(names=)",  lambda: explore(y, names=[v]), "as names=locals() does, got a list"),
    ("explore(sources=)", lambda: explore(y, sources=[v]), "explore's sources are the lines of nodes"),
    ("explore(ask=)",    lambda: explore(y, ask=[v]), "a question of explore's ask is (\"grad\", v), (\"value\", v) or (\"local\", y, x), got a Value"),
    ("draw_network('x')", lambda: draw_network("x"), "such as MLP(2, [3, 1]), got the text 'x'"),
    ("gradcheck('x')",   lambda: gradcheck("x"),   "gradcheck needs a function or a node to check, got the text 'x'"),
    ("gradcheck(model)", lambda: gradcheck(model), "gradcheck needs inputs, the numbers at which to check f: gradcheck(f, [1.0"),
    ("gradcheck(model, [1, 2])", lambda: gradcheck(model, [1, 2]), "One sequence is gradcheck(f, [[1.0, 2.0]])"),
    ("check_operation('tanh')", lambda: check_operation("tanh"), 'OPERATIONS["tanh"]'),
    ("grad(v)(1.0)",     lambda: grad(v)(1.0),     "grad and its kin need a function, got a Value"),
    ("derivatives(y, 3)", lambda: derivatives(y, 3), "derivatives needs Values, got an int"),
    ("describe('x')",    lambda: describe("x"),    "a graph ends in a node, such as a Value, and the text 'x' is none"),
    ("paths(y, 3)",      lambda: paths(y, 3),      "a path leads to a node, such as a Value, and this int is none"),
    ("pushforward(y, [v])", lambda: pushforward(y, [v]), "tangents say how fast which node moves, {x: 1.0}"),
    ("v + theirs",       lambda: v + THEIRS,       f"an operand of + must be a real number, got {THEIR_NAME}"),
    ("Value(theirs)",    lambda: Value(THEIRS),    f"the data of a Value must be a real number, got {THEIR_NAME}"),
    ("tanh(theirs)",     lambda: tanh(THEIRS),     f"must be a real number, got {THEIR_NAME}"),
    ("draw(theirs)",     lambda: draw(THEIRS),     f"draw needs a node, such as a Value, got {THEIR_NAME}"),
    ("explain(theirs)",  lambda: explain(THEIRS),  f"explain needs a node, such as a Value, got {THEIR_NAME}"),
    ("gradcheck(theirs)", lambda: gradcheck(THEIRS), f"gradcheck needs a function or a node to check, got {THEIR_NAME}"),
    ("derivatives(theirs)", lambda: derivatives(THEIRS, v), f"derivatives needs Values, got {THEIR_NAME}"),
    ("steps(theirs)",    lambda: steps(THEIRS),    "and this Value of another.engine is none"),
    ("Neuron(nonlin=)",  lambda: Neuron(2, nonlin=False), "Neuron has no argument 'nonlin': a linear one is written activation=None"),
    ("MLP(nonlin=)",     lambda: MLP(2, [1], nonlin=True), "MLP has no argument 'nonlin': a linear one is written activation=None"),
    ("Linear(activation=)", lambda: Linear(2, 1, activation="tanh"), "an activation is a layer of its own, Activation('tanh') after it"),
    ("SGD(lr=)",         lambda: SGD(w, lr=0.1),   "SGD has no argument 'lr': the learning rate is learning_rate=0.1"),
    ("AdamW(eps=)",      lambda: AdamW(w, eps=0.1), "AdamW has no argument 'eps': what is added to a root is epsilon=1e-8"),
    ("standardize([])",  lambda: standardize([[1.0]]), "data must be a Data, got a list: Data(inputs, labels) makes one of lists"),
    ("standardize()([])", lambda: standardize(xor())([[1.0]]), "data must be a Data, got a list"),
    ("stratified_split([])", lambda: stratified_split([[1.0]], 1), "data must be a Data, got a list"),
    ("MLP(activation=3)", lambda: MLP(2, [2], 3),  "an activation is a name, a row, a function or None, got 3"),
    ("plot_history(3)",  lambda: plot_history(3),  "plot_history needs what fit returns, or a list of losses, got an int"),
    ("boundary([[1, 2]])", lambda: plot_decision_boundary(model, [[1, 2]]), "or points and their labels, got a list alone"),
    ("v.data = 'a'",     lambda: draw(changed("a")), "the data of a node (label 'v') must be a real number, got the text 'a'"),
    ("v.data = None",    lambda: explain(changed(None)), "the data of a node (label 'v') must be a real number, got None"),
    ("v.data = [1.0]",   lambda: changed([1.0]).parents[1] * 2, "the data of an operand of * (label 'v') must be a real number, got a list"),
    ("steps(model)",     lambda: steps(model),     "a graph ends in a node, such as a Value, and this MLP is none"),
]
# fmt: on


@pytest.mark.parametrize(("call", "told"), [s[1:] for s in SLIPS], ids=[s[0] for s in SLIPS])
def test_a_slip_is_told_what_to_write(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(TypeError) as error:
        call()
    message = str(error.value)
    assert told in message
    assert not [word for word in INTERNAL if word in message], message


def test_what_is_no_number_may_have_its_own_say() -> None:
    class Mask:
        def __rand__(self, x: Value) -> str:
            return "mine"

    assert v & Mask() == "mine"  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        v ^ "a"


@pytest.mark.parametrize("operator", ["__xor__", "__mod__", "__matmul__", "__and__", "__lshift__"])
def test_constants_are_told_the_same(operator: str) -> None:
    with pytest.raises(TypeError, match="is no operation on Values"):
        getattr(v, operator)(Value(1.0))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: 1 / x, "division by zero: x is 0, in 1 / x"),
        (lambda x: Value(1.0) / x, "division by zero: x is 0, in 1 / x"),
        (lambda x: v / x, "division by zero: x is 0, in v / x with v = 2"),
        (lambda x: v / 0, "division by zero, in v / 0 with v = 2"),
        (lambda x: x / x, "division by zero: x is 0 and x is 0, in x / x"),
        (lambda x: x**-2, "division by zero: x is 0, in x ** -2"),
        (lambda x: 1 / Value(0.0), "division by zero, in 1 / 0"),
        (lambda x: OPERATIONS["div"](1.0, 0.0), "division by zero, in 1 / 0"),
    ],
)
def test_a_division_by_zero_names_what_is_zero(call: Callable[[Any], Any], told: str) -> None:
    with pytest.raises(ZeroDivisionError) as error:
        call(Value(0.0, "x"))
    assert str(error.value) == told


BRANCHES: list[Callable[[Any], Any]] = [
    lambda x: where(x > 0, sqrt(x), 0.0),
    lambda x: where(x <= 0, 0.0, sqrt(x) + 1),
    lambda x: 2 * where(x > 0, (1 + x.log(), 2)[0], 0.0),
    lambda x: where(x > 0, exp(-1000 * x), 0.0),
    lambda x: where(x > 0, 1 / (x + 1), 0.0),
    lambda x: where(
        x > 0,
        maximum(x, sqrt(x)),
        0.0,
    ),
    lambda x: where(x > 0, helper(x), 0.0),
]


def helper(x: Any) -> Any:
    return sqrt(x)


@pytest.mark.parametrize("call", BRANCHES)
def test_an_error_in_a_branch_says_that_both_run(call: Callable[[Any], Any]) -> None:
    with pytest.raises(
        (ArithmeticError, ValueError), match="`where` runs both branches: .* always safe, where"
    ):
        call(Value(-1.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: where(x > 0, 1.0, 0.0) + sqrt(x),
        lambda x: where(sqrt(x) > 0, 1.0, 0.0),
        lambda x: [where(x > 0, 1.0, 0.0), sqrt(x)],
    ],
)
def test_an_error_beside_a_where_says_nothing_of_branches(call: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="sqrt needs x >= 0, got -1$"):
        call(Value(-1.0))


def test_the_other_branch_made_safe_as_the_message_says() -> None:
    x = Value(-1.0)
    y = where(x > 0, sqrt(where(x > 0, x, 1)), 0.0)
    y.backward()
    assert (y.data, x.grad) == (0.0, 0.0)


def test_a_stale_neuron_of_300_weights_is_told_in_a_few() -> None:
    weights = [Value(float(i), f"w[{i}]") for i in range(300)]
    a = sumprod(weights, [1.0] * 300)
    weights[7].data = 0.5
    with pytest.raises(StaleGraphError, match=r"w\[0\].* or \.\.\. or .*w\[299\]") as error:
        gradcheck(a)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("make", [
    lambda name: MLP(2, [2], name), lambda name: Layer(2, 2, name), Activation,
    lambda name: MLP(2, [2, 2], activation=name), lambda name: Neuron(2, name),
])  # fmt: skip
@pytest.mark.parametrize(
    ("name", "meant"), [("Tanh", "tanh"), ("ReLU", "relu"), ("LeakyReLU", "leaky_relu")]
)
def test_a_name_written_in_capitals_is_told_at_once(
    make: Callable[[str], Any], name: str, meant: str
) -> None:
    with pytest.raises(
        ValueError, match=f"no operation is called '{name}': did you mean '{meant}'"
    ):
        make(name)


@pytest.mark.parametrize(
    ("write", "ending"),
    [
        (draw(y).save, "svg"), (draw(y).save, "dot"), (explore(y).save, "html"),
        (explain(y).save, "tex"), (draw_network(model).save, "svg"), (History().save, "csv"),
        (lambda path: save(model, path), "json"),
    ],
)  # fmt: skip
def test_a_folder_that_is_not_there_is_to_be_made(
    write: Callable[[Path], Any], ending: str, tmp_path: Path
) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError) as error:
        write(folder / f"y.{ending}")
    assert str(error.value) == f"there is no folder {folder}: make it, then save again"


def test_constructors_show_the_arguments_they_have() -> None:
    assert list(inspect.signature(MLP).parameters)[:3] == ["nin", "nouts", "activation"]
    assert "learning_rate" in inspect.signature(SGD).parameters
