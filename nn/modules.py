"""Neuron, Layer, MLP; Linear, Activation, Sequential: a network is lists of lists of Values.

    model = MLP(2, [3, 1], "tanh", rng=Random(0))
    model = Sequential(Linear(2, 3, rng=rng), Activation("tanh"), Linear(3, 1, rng=rng))

The two are one network, to the last bit.  The first way is micrograd's (a lecture that looks inside
a Value runs with `chainrule.micrograd`); letters as in Bradbury's tutorial: inputs x, weights w,
activation a (eq. 24), node value z (eq. 25); he has no bias, here it is b.  The second is Hoey's:
complete linear layers and activation layers, kept separate.
"""

from __future__ import annotations

import copy
import random
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from types import FunctionType
from typing import Any

from autograd import Value, constant, sumprod
from autograd.rules.language import Operation
from autograd.rules.words import kind_of
from nn.activations import ActivationLike, find_activation, name_of, row_name
from nn.checks import counted, elsewhere, source_of, unique, whole
from nn.initializations import Initialization, InitializationLike, find_initialization

Input = Sequence[Value | float]  # one example
Output = Value | list[Value]  # the one output, or the list of outputs
Shape = tuple[int | None, int | None]  # how many inputs and outputs, None where not known


LINEAR = elsewhere(nonlin="a linear one is written activation=None", bias="each neuron has one")


class Module:
    """What has parameters: a model, or a part of one.

    A module of your own defines `__call__`; its parameters are the variables among its attributes,
    but for attributes that begin with an underscore, and in what these hold: modules, lists, dicts
    and their like, arrays of objects, dataclasses.  A set of them is refused, it has no order.
    `self.relabel("")` at the end of its `__init__` labels them for pictures.
    """

    def __call__(self, x: Input) -> Output:
        """The output for one example, or the list of outputs."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how it is called: write its __call__(self, x)"
        )

    def parameters(self) -> list[Value]:
        """Every weight and bias, in a fixed order, each once."""
        return unique(
            p
            for _, part in _parts(self)
            for p in ([part] if isinstance(part, Value) else part.parameters())
        )

    def named_parameters(self) -> dict[str, Value]:
        """The same by name: where each stands in this module, as `layers[0].neurons[2].w[1]`."""
        names: dict[int, str] = {}
        for name, part in _parts(self):
            inner = {"": part} if isinstance(part, Value) else part.named_parameters()
            for rest, p in inner.items():
                names.setdefault(id(p), join_names(name, rest))
        return {names.get(id(p), f"parameters[{i}]"): p for i, p in enumerate(self.parameters())}

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def relabel(self, label: str) -> None:
        """Label every part by its name in this module, after `label` and a dot where it has one."""
        for name, part in _parts(self):
            if isinstance(part, Value):
                part.label = join_names(label, name)
            else:
                part.relabel(join_names(label, name))

    def architecture(self) -> dict[str, Any]:
        """What `build` makes this module from, without the numbers: a dict that JSON can hold."""
        kind = type(self).__name__
        if KINDS.get(kind, (None,))[0] is not type(self):
            raise ValueError(
                f"{kind} has no architecture: only {', '.join(KINDS)} have. Rebuild a model of "
                "your own by its class, and give it the numbers of its named_parameters()"
            )
        return {"kind": kind, **self._fields()}

    def _fields(self) -> dict[str, Any]:
        return {}

    def _shape(self) -> Shape:
        return None, None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)  # {count_parameters(self)}"


class Neuron(Module):
    """z = activation(w . x + b): one node for the activation, one for the node value.

    Weights are drawn by `initialization`, uniform in (-1, 1), from `rng` (Python's own where None),
    and the bias is 0; `activation=None` makes the neuron linear.
    """

    @LINEAR
    def __init__(
        self,
        nin: int,
        activation: ActivationLike = "relu",
        *,
        initialization: InitializationLike = "uniform",
        rng: random.Random | None = None,
        label: str = "",
    ) -> None:
        nin = whole(nin, "a neuron needs at least one input, a whole number")
        self.w = _draw(nin, 1, find_initialization(initialization), rng)
        self.b = Value(0.0)
        self.activation = find_activation(activation)
        self.relabel(label)

    def __call__(self, x: Input) -> Value:
        try:
            count = len(x)
        except TypeError:
            return self(_inputs(x))  # a list of what a generator gives, or an error that says more
        if count != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} weights, got {count} inputs")
        a: Value = sumprod(self.w, x, self.b)
        a.label, label = self._labels
        if self.activation is None:
            return a
        z: Value = self.activation(a)
        try:
            z.label = label
        except AttributeError:
            raise _not_a_value(self.activation, z) from None
        return z

    def relabel(self, label: str) -> None:
        super().relabel(label)
        self._labels = join_names(label, "a"), join_names(label, "z")

    def _fields(self) -> dict[str, Any]:
        return {"nin": len(self.w), "activation": row_name(self.activation)}

    def _shape(self) -> Shape:
        return len(self.w), 1

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={name_of(self.activation)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs.  A layer of one neuron returns its Value."""

    @LINEAR
    def __init__(
        self,
        nin: int,
        nout: int,
        activation: ActivationLike = "relu",
        *,
        initialization: InitializationLike = "uniform",
        rng: random.Random | None = None,
        label: str = "",
    ) -> None:
        nout = whole(nout, "a layer needs at least one neuron, a whole number")
        draw = find_initialization(initialization)

        def in_this_layer(nin: int, _: int, rng: random.Random) -> float:
            return draw(nin, nout, rng)

        self.neurons = [
            Neuron(nin, activation, initialization=in_this_layer, rng=rng) for _ in range(nout)
        ]
        self.relabel(label)

    def __call__(self, x: Input) -> Output:
        return _only(self.outputs(x))

    def outputs(self, x: Input) -> list[Value]:
        """The value of every neuron, as a list of `nout`."""
        inputs = _inputs(x)
        return [neuron(inputs) for neuron in self.neurons]

    def _fields(self) -> dict[str, Any]:
        nin, activation = _shared("neurons of a Layer", [
            (len(neuron.w), row_name(neuron.activation)) for neuron in self.neurons
        ])  # fmt: skip
        return {"nin": nin, "nout": len(self.neurons), "activation": activation}

    def _shape(self) -> Shape:
        return len(self.neurons[0].w), len(self.neurons)

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return (
            f"Layer({len(neuron.w)}, {len(self.neurons)}, activation={name_of(neuron.activation)})"
        )


class MLP(Module):
    """Layers of `nouts` neurons after `nin` inputs; the last one is linear.

    Called on a sequence of `nin` numbers or Values it gives the list of outputs, or the one output.
    """

    @LINEAR
    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: ActivationLike = "relu",
        *,
        initialization: InitializationLike = "uniform",
        rng: random.Random | None = None,
    ) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(
                f"nouts is a list, the neurons of each layer, got {kind_of(nouts)}: MLP(2, [16, 1])"
            )
        activation = find_activation(activation)  # also where the one layer has none
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise ValueError("an MLP needs at least one layer: nouts is empty")
        last = len(sizes) - 2
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                activation if i < last else None,
                initialization=initialization,
                rng=rng,
                label=f"layers[{i}]",
            )
            for i in range(last + 1)
        ]

    def __call__(self, x: Input) -> Output:
        return _only(self.outputs(x))

    def outputs(self, x: Input) -> list[Value]:
        """The outputs of the last layer, as a list however many there are."""
        z = _inputs(x)
        for layer in self.layers:
            z = layer.outputs(z)
        return z

    def _fields(self) -> dict[str, Any]:
        layers = [layer._fields() for layer in self.layers]
        names = [layer["activation"] for layer in layers]
        activation = _shared("hidden layers of an MLP", names[:-1]) if names[1:] else None
        if names[-1] is not None:
            raise ValueError(
                f"the last layer of an MLP is linear, and this one was given {names[-1]}: for an "
                "architecture, write the network as a Sequential"
            )
        nouts = [layer["nout"] for layer in layers]
        return {"nin": layers[0]["nin"], "nouts": nouts, "activation": activation}

    def _shapes(self) -> list[Shape]:
        return [layer._shape() for layer in self.layers]

    def _shape(self) -> Shape:
        return self.layers[0]._shape()[0], self.layers[-1]._shape()[1]

    def __repr__(self) -> str:
        nin, nouts = len(self.layers[0].neurons[0].w), [len(layer.neurons) for layer in self.layers]
        activation = name_of(self.layers[0].neurons[0].activation)
        return f"MLP({nin}, {nouts}, activation={activation})  # {count_parameters(self)}"


class Linear(Module):
    """A complete linear layer: a[j] = b[j] + the sum over i of w[j][i] x[i].

    Hoey's output[j], the sum of w_ji input[i] with input[0] = 1 (before eq. 1), whose w_j0 is b[j].
    Weights are drawn as by a Layer, row by row; `bias=False` leaves b an empty list.
    """

    @elsewhere(activation="an activation is a layer of its own, Activation('tanh') after it")
    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        bias: bool = True,
        initialization: InitializationLike = "uniform",
        rng: random.Random | None = None,
        label: str = "",
    ) -> None:
        nin = whole(nin, "a linear layer needs at least one input, a whole number")
        nout = whole(nout, "a linear layer needs at least one output, a whole number")
        draw = find_initialization(initialization)
        self.w = [_draw(nin, nout, draw, rng) for _ in range(nout)]
        self.b = [Value(0.0) for _ in range(nout)] if bias else []
        self.relabel(label)

    def __call__(self, x: Input) -> Output:
        inputs = _inputs(x)
        if len(inputs) != len(self.w[0]):
            raise ValueError(f"this linear layer has {len(self.w[0])} inputs, got {len(inputs)}")
        starts: Iterable[Any] = self.b or [0.0] * len(self.w)
        outputs = []
        for row, start, label in zip(self.w, starts, self._labels, strict=True):
            a: Value = sumprod(row, inputs, start)
            a.label = label
            outputs.append(a)
        return _only(outputs)

    def parameters(self) -> list[Value]:
        if not self.b:
            return [w for row in self.w for w in row]
        return [p for row, b in zip(self.w, self.b, strict=True) for p in (*row, b)]

    def relabel(self, label: str) -> None:
        super().relabel(label)
        self._labels = [join_names(label, f"a[{j}]") for j in range(len(self.w))]

    def _fields(self) -> dict[str, Any]:
        return {"nin": len(self.w[0]), "nout": len(self.w), "bias": bool(self.b)}

    def _shape(self) -> Shape:
        return len(self.w[0]), len(self.w)

    def __repr__(self) -> str:
        bias = "" if self.b else ", bias=False"
        return f"Linear({len(self.w[0])}, {len(self.w)}{bias})  # {count_parameters(self)}"


class Activation(Module):
    """An activation layer: z[j] = activation(a[j]), one output per input (Hoey, eq. 1)."""

    def __init__(self, activation: ActivationLike) -> None:
        function = find_activation(activation)
        if function is None:
            raise ValueError(
                "an activation layer needs an activation: where a network shall be linear, leave "
                "the layer out"
            )
        self.activation = function
        self.relabel("")

    def __call__(self, x: Input | Value | float) -> Output:
        outputs: list[Value] = []
        for j, a in enumerate(_inputs([x] if isinstance(x, (Value, float, int)) else x)):
            if j == len(self._labels):
                self._labels.append(f"{self._prefix}[{j}]")
            z: Value = self.activation(a)
            try:
                z.label = self._labels[j]
            except AttributeError:
                raise _not_a_value(self.activation, z) from None
            outputs.append(z)
        return _only(outputs)

    def relabel(self, label: str) -> None:
        self._prefix = join_names(label, "z")
        self._labels: list[str] = []  # one per output seen so far

    def _fields(self) -> dict[str, Any]:
        return {"activation": row_name(self.activation)}

    def __repr__(self) -> str:
        return f"Activation({name_of(self.activation)})"


class Sequential(Module):
    """Modules one after the other: each is called on the list of outputs of the one before.

    The place of a module is its label, `layers[0]`.  What has parameters has one place.
    """

    def __init__(self, *modules: Module) -> None:
        if not modules:
            raise ValueError("a Sequential needs at least one module, got none")
        self.layers: list[Module] = []
        seen: dict[int, int] = {}  # id of a module or parameter -> its place
        for i, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(_not_a_module(module))
            parameters = module.parameters()
            for p in parameters:
                if seen.setdefault(id(p), i) != i:
                    raise ValueError(
                        f"layers[{i}] has parameters of layers[{seen[id(p)]}]: a module stands in "
                        "one place. To share weights, write a module whose __call__ uses it twice"
                    )
            again = seen.setdefault(id(module), i) != i
            self.layers.append(copy.copy(module) if again else module)
        self._shapes()
        self.relabel("")

    def __call__(self, x: Input) -> Output:
        first, *others = self.layers
        z = first([x] if isinstance(x, Value) else x)
        for module in others:
            z = module([z] if isinstance(z, Value) else z)
        return z

    def _fields(self) -> dict[str, Any]:
        return {"layers": [module.architecture() for module in self.layers]}

    def _shapes(self) -> list[Shape]:
        """The shape of each module; ValueError where one does not fit the one before."""
        shapes: list[Shape] = []
        width = None
        for i, module in enumerate(self.layers):
            nin, nout = module._shape()
            if None not in (nin, width) and nin != width:
                raise ValueError(
                    f"layers[{i}] takes {nin} inputs, and what stands before it gives {width}"
                )
            if isinstance(module, Activation):
                nin = nout = width
            shapes.append((nin, nout))
            width = nout
        return shapes

    def _shape(self) -> Shape:
        shapes = self._shapes()
        return shapes[0][0], shapes[-1][1]

    def __repr__(self) -> str:
        rows = []
        for module in self.layers:
            *head, (code, comment) = map(_code_and_comment, repr(module).splitlines())
            if module.parameters():
                comment = count_parameters(module)
            rows += [*head, (f"{code},", comment)]
        wide, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [
            f"    {code:{wide}}  # {comment:>{right}}" if comment else f"    {code}"
            for code, comment in rows
        ]
        return "\n".join(["Sequential(", *lines, f")  # {count_parameters(self)}"])


KINDS: dict[str, tuple[type[Module], tuple[str, ...]]] = {  # kind -> its class and its fields
    "Neuron": (Neuron, ("nin", "activation")),
    "Layer": (Layer, ("nin", "nout", "activation")),
    "MLP": (MLP, ("nin", "nouts", "activation")),
    "Linear": (Linear, ("nin", "nout", "bias")),
    "Activation": (Activation, ("activation",)),
    "Sequential": (Sequential, ("layers",)),
}


# ---- parts and names -----------------------------------------------------------------------------


HOLDS_NONE = (float, int, str, bytes, range, Operation, FunctionType)  # variables, that is


def _parts(item: Any, name: str = "") -> Iterator[tuple[str, Value | Module]]:
    """The variables and modules a module is made of, each with its name, not those of its parts."""
    for key, part in _held(item, name):
        if isinstance(part, Value):
            if part.op is None:
                yield key, part
        elif isinstance(part, Module):
            yield key, part
        elif isinstance(part, HOLDS_NONE):
            continue
        elif not isinstance(part, (set, frozenset)):
            yield from _parts(part, key)
        elif next(_parts(tuple(part), key), None):
            raise TypeError(
                f"{key} is a set, which has no fixed order: keep Values and modules in a list, a "
                "tuple or a dict"
            )


def _held(item: Any, name: str) -> Iterable[tuple[str, Any]]:
    """What an object holds in a fixed order, each with its name; of a dict what is by its keys."""
    if type(item) is list:
        return [(f"{name}[{i}]", part) for i, part in enumerate(item)]
    fields = getattr(type(item), "__dataclass_fields__", ())
    if isinstance(item, Module) or fields:
        held = {key: getattr(item, key) for key in fields if hasattr(item, key)}  # slots too
        held |= getattr(item, "__dict__", {})
        dot = f"{name}." if name else ""
        return [(dot + key, part) for key, part in held.items() if not key.startswith("_")]
    if isinstance(item, (Sequence, KeysView, ValuesView)):
        return [(f"{name}[{i}]", part) for i, part in enumerate(item)]
    if isinstance(item, Mapping):
        return [(f"{name}[{key!r}]", part) for key, part in item.items()]
    if getattr(getattr(item, "dtype", None), "kind", "") == "O":  # an array of objects
        return _held(item.tolist(), name) if item.shape else [(name, item[()])]
    return ()


def join_names(label: str, name: str) -> str:
    """'layers[0]' and 'b' is 'layers[0].b'; an empty one is left out."""
    return f"{label}.{name}" if label and name else label or name


def _shared(what: str, items: Sequence[Any]) -> Any:
    """What all items are; ValueError where they differ."""
    for item in items:
        if item != items[0]:
            raise ValueError(
                f"the {what} were changed by hand, {items[0]!r} is not {item!r}: an architecture "
                "says it once for all of them; write the network as a Sequential"
            )
    return items[0]


# ---- inputs and outputs --------------------------------------------------------------------------


def _draw(nin: int, nout: int, draw: Initialization, rng: random.Random | None) -> list[Value]:
    """The `nin` weights of one neuron."""
    source = source_of(rng)
    return [Value(draw(nin, nout, source)) for _ in range(nin)]


def _inputs(x: Any) -> list[Value]:
    """The inputs of one example as Values, numbers as constants."""
    try:
        return [v if type(v) is Value else _as_value(v) for v in x]
    except TypeError:
        if isinstance(x, (Value, float, int)) or x is None:
            got = "a Value" if isinstance(x, Value) else repr(x)
            raise TypeError(f"a model takes a sequence of numbers, got {got}: [x] is one") from None
        if any(getattr(v, "__len__", None) and not isinstance(v, str) for v in x):
            raise TypeError(
                "a model takes one example, a sequence of numbers, and here each is a sequence: "
                "write [model(x) for x in inputs]"
            ) from None
        raise


def _as_value(x: Any) -> Value:
    return x if isinstance(x, Value) else constant(x)


def _only(outputs: list[Value]) -> Output:
    return outputs[0] if len(outputs) == 1 else outputs


def _not_a_value(activation: Callable[[Any], Any], z: Any) -> TypeError:
    return TypeError(
        f"the activation {name_of(activation)} must give a Value, got {z!r}: write it with "
        "operations of the table, as relu(a) for max(0, a)"
    )


def _not_a_module(module: Any) -> str:
    if isinstance(module, str):
        return f"Sequential takes modules, got the text {module!r}: write Activation({module!r})"
    if isinstance(module, (list, tuple)):
        return f"Sequential takes modules one by one, got {kind_of(module)}"
    return f"Sequential takes modules, got {module!r}: Activation(f) makes one of a function"


# ---- text ----------------------------------------------------------------------------------------


def count_parameters(module: Module) -> str:
    """'1 parameter', '4,353 parameters'."""
    return counted(len(module.parameters()), "parameter")


def _code_and_comment(line: str) -> tuple[str, str]:
    code, _, comment = line.partition("  # ")
    return code.rstrip(), comment.strip()
