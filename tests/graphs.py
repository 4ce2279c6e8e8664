"""Thirty graphs that pictures are held to: neurons, networks, chains, sums, groups, programs.

    for name, make in GRAPHS.items(): draw(make())

Each is made anew, from fixed seeds, and has its gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from autograd import (
    Value,
    atan2,
    exp,
    maximum,
    mean,
    sin,
    softmax,
    sumprod,
    tanh,
    total,
)
from nn import MLP, binary_cross_entropy, softmax_cross_entropy, squared_error

Maker = Callable[[], Value]


def variables(name: str, count: int) -> list[Value]:
    """name[0], name[1], ... with the values 0.1, 0.2, ..."""
    return [Value((i + 1) / 10, f"{name}[{i}]") for i in range(count)]


def named(node: Value, label: str) -> Value:
    """The node under this label."""
    node.label = label
    return node


# ---- neurons and networks ------------------------------------------------------------------------


def neuron(inputs: int) -> Value:
    """tanh(w·x + b), with a node for each product."""
    products = [w * x for w, x in zip(variables("w", inputs), variables("x", inputs))]
    return named(tanh(total([*products, Value(0.5, "b")])), "y")


def bradbury() -> Value:
    """A neuron that computes with operators alone, as in the tutorial's second figure."""
    w, x, b = variables("w", 2), variables("x", 2), Value(6.88, "b")
    return named(tanh(w[0] * x[0] + w[1] * x[1] + b), "y")


def network(*sizes: int, loss: str = "", examples: int = 1) -> Value:
    """An MLP of tanh on one example, or the mean of its losses on a few."""
    inputs, *outputs = sizes
    model = MLP(inputs, outputs, "tanh", rng=Random(0))
    losses = []
    for k in range(examples):
        ys = model.outputs(variables(f"x{k}" if examples > 1 else "x", inputs))
        if loss == "squared":
            losses.append(squared_error(ys, [1.0] * len(ys)))
        elif loss == "softmax":
            losses.append(softmax_cross_entropy(ys, 0))
        elif loss == "binary":
            losses.append(binary_cross_entropy(ys[0], 1))
        else:
            losses.append(ys[0])
    root = losses[0] if examples == 1 else mean(losses)
    return named(root, "loss") if loss else root


# ---- chains and sums -----------------------------------------------------------------------------


def chain(length: int) -> Value:
    """sin(tanh(sin(...)))"""
    y = Value(0.5, "x")
    for i in range(length):
        y = tanh(y) if i % 2 else sin(y)
    return named(y, "y")


def horner(degree: int) -> Value:
    """A polynomial by Horner's rule: x goes into every second step."""
    x, coefficients = Value(0.9, "x"), variables("c", degree + 1)
    y = coefficients[0]
    for c in coefficients[1:]:
        y = y * x + c
    return named(y, "p")


def two_chains(length: int) -> Value:
    """Two chains of different lengths that meet."""
    x = Value(0.5, "x")
    up, low = sin(x), tanh(x)
    for _ in range(length):
        up = sin(up)
    for _ in range(length // 2):
        low = tanh(low)
    return named(up * low, "y")


def fibonacci(length: int) -> Value:
    """Each from the two before it."""
    a, b = Value(0.1, "f[0]"), Value(0.2, "f[1]")
    for i in range(length):
        a, b = b, named(a + b, f"f[{i + 2}]")
    return b


def wide_sum(count: int) -> Value:
    return named(total(variables("w", count)), "s")


def dot_product(count: int) -> Value:
    return named(sumprod(variables("w", count), variables("x", count), Value(1.0, "b")), "y")


# ---- labels --------------------------------------------------------------------------------------


def long_labels() -> Value:
    """Words far longer than numbers."""
    price = Value(3.5, "price of one kilogram of flour in the shop around the corner")
    amount = Value(2.0, "kilograms that the recipe asks for, with a little left over")
    tip = Value(0.1, "tip")
    return named(price * amount * (1 + tip), "what has to be paid in the end, all told")


def long_groups() -> Value:
    """Groups whose titles are longer than what they hold."""
    made = []
    for name in ("the encoder of the first sentence", "the encoder of the second"):
        a, x = Value(2.0, f"{name}.a"), Value(3.0, f"{name}.x")
        made.append(named(a * x, f"{name}.y"))
    return named(tanh(made[0] - made[1]), "how the meaning of the sentences differs.d")


# ---- groups --------------------------------------------------------------------------------------


def line(group: str, x: Value) -> Value:
    """tanh(w x + b) in a group."""
    w, b = Value(0.5, f"{group}.w"), Value(0.25, f"{group}.b")
    return named(tanh(named(w * x, f"{group}.p") + b), f"{group}.y")


def groups_in_groups(depth: int, breadth: int) -> Value:
    """Blocks one after the other; each has, at every depth, so many groups side by side."""

    def block(group: str, x: Value, depth: int) -> Value:
        if not depth:
            return line(group, x)
        parts = [block(f"{group}.part[{i}]", x, depth - 1) for i in range(breadth)]
        return named(total(parts), f"{group}.sum")

    y = Value(0.5, "x")
    for i in range(2):
        y = block(f"block[{i}]", y, depth)
    return named(exp(y), "y")


def intertwined() -> Value:
    """Two groups, each of which feeds the other: no two frames can hold them."""
    a, b = Value(0.5, "even.x"), Value(0.25, "odd.x")
    for i in range(4):
        a, b = b, named(sin(a) * b, f"{'odd' if i % 2 else 'even'}.y[{i}]")
    return named(a + b, "y")


def recurrent(steps: int) -> Value:
    """A cell, unrolled: its weights are a group that feeds all steps."""
    w, u, b = (Value(x, f"cell.{n}") for x, n in ((0.5, "w"), (0.3, "u"), (0.1, "b")))
    h = Value(0.0, "h")
    for i, x in enumerate(variables("x", steps)):
        h = named(tanh(sumprod([w, u], [x, h], b)), f"step[{i}].h")
    return named((h - 1.0) ** 2, "loss")


# ---- skip connections and attention --------------------------------------------------------------


def residual(blocks: int) -> Value:
    """Every block adds to what went around it."""
    y = Value(0.5, "x")
    for i in range(blocks):
        y = named(y + line(f"block[{i}]", y), f"h[{i}]")
    return y


def dense(layers: int) -> Value:
    """Every layer sees all before it."""
    seen = [Value(0.5, "x")]
    for i in range(layers):
        seen.append(named(tanh(total(seen)), f"h[{i}]"))
    return named(total(seen), "y")


def ladder(rungs: int) -> Value:
    """Two ways with a rung between them at every step."""
    a, b = Value(0.5, "a"), Value(0.25, "b")
    for _ in range(rungs):
        a, b = sin(a) + b, tanh(b) * a
    return named(a - b, "y")


def attention(tokens: int) -> Value:
    """One head on tokens of one number each: queries, keys, values, weights."""
    xs = variables("x", tokens)
    q, k, v = (
        [named(Value(0.3 + 0.2 * i, f"{name}.w") * x, f"{name}.{name}[{j}]")
         for j, x in enumerate(xs)]
        for i, name in enumerate("qkv")
    )  # fmt: skip
    weights = softmax([named(q[-1] * key, f"score.s[{i}]") for i, key in enumerate(k)])
    weights = [named(w, f"score.a[{i}]") for i, w in enumerate(weights)]
    return named(sumprod(weights, v), "out")


def cross_entropy(classes: int) -> Value:
    """The loss of a softmax written out."""
    chances = softmax(variables("z", classes))
    return named(-(sum(p * (i == 1) for i, p in enumerate(chances))).log(), "loss")


# ---- random programs -----------------------------------------------------------------------------

UNARY = (sin, tanh)
BINARY = (Value.__sub__, Value.__mul__, atan2, maximum)


def program(seed: int, size: int) -> Value:
    """Operations on operands drawn among earlier results, until one result is left."""
    rng = Random(seed)
    made = variables("v", 2 + size // 8)
    unused = list(made)
    while len(made) < size or len(unused) > 1:
        x = unused.pop(rng.randrange(len(unused)))
        y = rng.choice(made if len(made) < size else unused)
        if x is y or (len(made) < size and rng.random() < 0.2):
            z = rng.choice(UNARY)(x)
        else:
            unused = [v for v in unused if v is not y]
            z = rng.choice(BINARY)(x, y)
        made.append(z)
        unused.append(z)
    return made[-1]


def with_gradients(make: Callable[..., Value], arguments: Sequence[object], options: dict) -> Maker:
    def made() -> Value:
        root = make(*arguments, **options)
        root.backward()
        return root

    return made


def _(make: Callable[..., Value], *arguments: object, **options: object) -> Maker:
    return with_gradients(make, arguments, options)


# fmt: off
GRAPHS: dict[str, Maker] = {
    "the tutorial's neuron":         _(bradbury),
    "a neuron of 3":                 _(neuron, 3),
    "a neuron of 8":                 _(neuron, 8),
    "a loss of 3 classes":           _(cross_entropy, 3),
    # ---- networks ----
    "MLP 2-2-1":                     _(network, 2, 2, 1),
    "MLP 2-2-1, squared error":      _(network, 2, 2, 1, loss="squared"),
    "MLP 2-4-4-1":                   _(network, 2, 4, 4, 1),
    "MLP 2-4-4-1, cross-entropy":    _(network, 2, 4, 4, 1, loss="binary"),
    "MLP 4-8-3, softmax":            _(network, 4, 8, 3, loss="softmax"),
    "MLP 2-3-1, two examples":       _(network, 2, 3, 1, loss="squared", examples=2),
    # ---- chains and sums ----
    "a chain of 30":                 _(chain, 30),
    "Horner's rule, degree 15":      _(horner, 15),
    "two chains that meet":          _(two_chains, 14),
    "Fibonacci's 12":                _(fibonacci, 12),
    "a sum of 100":                  _(wide_sum, 100),
    "a product of 30 and 30":        _(dot_product, 30),
    # ---- labels and groups ----
    "long labels":                   _(long_labels),
    "long titles":                   _(long_groups),
    "groups in groups":              _(groups_in_groups, 1, 3),
    "groups in groups in groups":    _(groups_in_groups, 2, 2),
    "intertwined groups":            _(intertwined),
    "a recurrent cell, 4 steps":     _(recurrent, 4),
    # ---- skips and attention ----
    "3 residual blocks":             _(residual, 3),
    "5 dense layers":                _(dense, 5),
    "a ladder of 5":                 _(ladder, 5),
    "attention, 3 tokens":           _(attention, 3),
    # ---- random programs ----
    "a program of 16":               _(program, 1, 16),
    "a program of 24":               _(program, 2, 24),
    "a program of 40":               _(program, 3, 40),
    "a program of 60":               _(program, 4, 60),
}
# fmt: on
