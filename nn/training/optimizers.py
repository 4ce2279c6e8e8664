"""Optimisers: how gradients move parameters, in order of increasing complexity.

    optimizer = Adam(model.parameters(), learning_rate=0.01)
    optimizer.zero_grad()
    loss(model).backward()
    clip_by_norm(optimizer.parameters, 1.0)
    optimizer.step()

Each takes the steps that PyTorch's takes.  What one remembers is lists of floats aligned with its
`parameters`, to be read, printed or assigned.  One of your own is a subclass of `Optimizer` with a
`rule`, which `fit` runs on arrays too, or with a `move`.  Letters: a parameter p, its gradient g,
the learning rate r, the step number t = 1, 2, ...
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value
from autograd.rules.words import kind_of, real
from nn.checks import counted, elsewhere, labelled, unique
from nn.training.schedules import Schedule, check_rate

Rule = Callable[..., tuple[Any, ...]]

RATE = elsewhere(
    lr="the learning rate is learning_rate=0.1", eps="what is added to a root is epsilon=1e-8"
)


class Optimizer:
    """What moves `parameters`: `learning_rate` is a number or a function of the step 0, 1, ...

    `learning_rate` and `steps`, the number of steps taken, are assignable.  A parameter that is
    listed twice moves once.  `memory` has the names of the lists that a rule remembers.
    """

    memory: tuple[str, ...] = ()

    def __init__(self, parameters: Iterable[Value], learning_rate: float | Schedule) -> None:
        self.parameters = _variables(parameters)
        self.learning_rate = learning_rate
        self.steps = 0
        if not self.parameters:
            raise ValueError("there is nothing to optimise: parameters is empty")
        if not callable(learning_rate):
            check_rate(_above_0(learning_rate, "the learning rate"))

    def rate(self) -> float:
        """The learning rate of the coming step."""
        if not callable(self.learning_rate):
            return check_rate(self.learning_rate)
        return check_rate(self.learning_rate(self.steps), f"learning rate of step {self.steps}")

    def step(self) -> None:
        """Move every parameter once, by its gradient; one of None, as PyTorch sets it, is 0."""
        rate = self.rate()
        _check_numbers(self.parameters)
        self.move(rate)
        self.steps += 1

    def move(self, r: float) -> None:
        """One step at the learning rate r."""
        lists = [getattr(self, name) for name in self.memory]
        numbers, gradients = [p.data for p in self.parameters], [p.grad for p in self.parameters]
        moved = map(self.rule(r, math.sqrt), numbers, gradients, *lists)
        found, *remembered = zip(*moved, strict=True)
        for p, x in zip(self.parameters, found, strict=True):
            p.data = x
        for xs, new in zip(lists, remembered, strict=True):
            xs[:] = new

    def rule(self, r: float, sqrt: Callable[[Any], Any]) -> Rule:
        """The coming step as a function of p, g and what is remembered of p; it gives them anew.

        It is made of arithmetic and `sqrt`, so that it runs on floats and on arrays.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method rule or move(self, r)")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for p in self.parameters:
            p.grad = 0.0

    def __repr__(self) -> str:
        rate = "a schedule" if callable(self.learning_rate) else f"{self.learning_rate:.6g}"
        return (
            f"{type(self).__name__}({counted(len(self.parameters), 'parameter')}, "
            f"learning rate {rate}, {counted(self.steps, 'step')} taken)"
        )


class SGD(Optimizer):
    """Gradient descent: p <- p - r g (Bradbury, eq. 31).

    Stochastic where g comes from a part of the examples: H. Robbins and S. Monro, "A stochastic
    approximation method", Annals of Mathematical Statistics 22 (1951).
    """

    @RATE
    def __init__(self, parameters: Iterable[Value], learning_rate: float | Schedule = 0.1) -> None:
        super().__init__(parameters, learning_rate)

    def rule(self, r: float, sqrt: Callable[[Any], Any]) -> Rule:
        return lambda p, g: (p - r * g,)


class Momentum(Optimizer):
    """A heavy ball: v <- momentum v + g, then p <- p - r v; `velocities` holds every v, first 0.

    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4 (1964).  With `nesterov` the step is
    r (g + momentum v), and p is the point looked ahead to: Y. Nesterov, "A method of solving a
    convex programming problem with convergence rate O(1/k**2)", Soviet Mathematics Doklady 27
    (1983), in the form of Y. Bengio, N. Boulanger-Lewandowski and R. Pascanu, "Advances in
    optimizing recurrent networks", ICASSP 2013.
    """

    memory = ("velocities",)

    @RATE
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float | Schedule = 0.01,
        *,
        momentum: float = 0.9,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, learning_rate)
        self.momentum = _below_1(momentum, "momentum")
        self.nesterov = nesterov
        self.velocities = [0.0] * len(self.parameters)

    def rule(self, r: float, sqrt: Callable[[Any], Any]) -> Rule:
        momentum, nesterov = self.momentum, self.nesterov

        def step(p: Any, g: Any, v: Any) -> tuple[Any, Any]:
            v = momentum * v + g
            return p - r * (g + momentum * v if nesterov else v), v

        return step


class Adam(Optimizer):
    """Steps of about r whatever the size of g: its running mean over the root of its square's.

    `means` holds every m <- b1 m + (1 - b1) g and `squares` every v <- b2 v + (1 - b2) g g, where
    b1, b2 = betas.  Both start at 0, so after t steps their weights sum to 1 - b**t; divided by it
    they are averages (the bias correction), and p <- p - r m' / (sqrt(v') + epsilon).
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    """

    memory = ("means", "squares")

    @RATE
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float | Schedule = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"betas must be two numbers, as in (0.9, 0.999), got {betas!r}")
        self.betas = _below_1(betas[0], "betas[0]"), _below_1(betas[1], "betas[1]")
        self.epsilon = _above_0(epsilon, "epsilon")  # what a gradient of 0 is divided by
        self.means = [0.0] * len(self.parameters)
        self.squares = [0.0] * len(self.parameters)

    def rule(self, r: float, sqrt: Callable[[Any], Any]) -> Rule:
        (b1, b2), epsilon = self.betas, self.epsilon
        t = self.steps + 1
        weight1, weight2 = 1 - b1**t, 1 - b2**t

        def step(p: Any, g: Any, m: Any, v: Any) -> tuple[Any, Any, Any]:
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g * g
            return p - r * (m / weight1) / (sqrt(v / weight2) + epsilon), m, v

        return step


class AdamW(Adam):
    """Adam after p <- (1 - r weight_decay) p, a shrinking that the division by sqrt(v') never sees.

    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2, r
    in the place of their schedule as in PyTorch.  It shrinks what it is given, biases too.
    """

    @RATE
    def __init__(
        self,
        parameters: Iterable[Value],
        learning_rate: float | Schedule = 0.001,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, learning_rate, betas=betas, epsilon=epsilon)
        self.weight_decay = check_rate(weight_decay, "weight decay")

    def rule(self, r: float, sqrt: Callable[[Any], Any]) -> Rule:
        adam, shrunk = super().rule(r, sqrt), 1 - r * self.weight_decay
        return lambda p, g, m, v: adam(p * shrunk, g, m, v)


# ---- gradient clipping: between backward() and step() --------------------------------------------


def clip_by_value(parameters: Iterable[Value], limit: float) -> float:
    """Move every gradient into [-limit, limit]; returns the Euclidean norm of all before that.

    A gradient that is nan raises ValueError, and none is changed.
    """
    variables, limit = _each_once(parameters), _above_0(limit, "the limit")
    _check_numbers(variables)
    for p in variables:
        if math.isnan(p.grad):
            raise ValueError(_unclippable(p))
    norm = math.hypot(*[p.grad for p in variables])
    for p in variables:
        p.grad = max(-limit, min(p.grad, limit))
    return norm


def clip_by_norm(parameters: Iterable[Value], limit: float, *, epsilon: float = 1e-6) -> float:
    """Shorten the gradient, all parameters together, to the norm `limit`; returns the norm it had.

    The gradient is multiplied by limit / (norm + epsilon) where that is below 1.  With epsilon 0 it
    is algorithm 1 of R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent
    neural networks", ICML 2013; PyTorch's 1e-6 leaves the norm a little below the limit.
    A gradient that is nan or infinite raises ValueError, and none is changed.
    """
    variables, limit = _each_once(parameters), _above_0(limit, "the limit")
    epsilon = check_rate(epsilon, "epsilon")
    _check_numbers(variables)
    for p in variables:
        if not math.isfinite(p.grad):
            raise ValueError(_unclippable(p))
    norm = math.hypot(*[p.grad for p in variables])
    if limit < norm + epsilon:
        factor = limit / (norm + epsilon)
        for p in variables:
            p.grad *= factor
    return norm


def _unclippable(p: Value) -> str:
    which = f"a gradient of {p.grad!r}{labelled(p)}"
    return f"{which} cannot be clipped: the loss is not differentiable here"


# ---- what may be given ---------------------------------------------------------------------------


def _each_once(parameters: Iterable[Value]) -> list[Value]:
    """The parameters in their order, each once."""
    if not isinstance(parameters, Iterable):
        raise TypeError(f"parameters must be a list of Values, got {_what(parameters)}")
    return unique(parameters)


def _variables(parameters: Iterable[Value]) -> list[Value]:
    """The same, and an error where one is nothing that can be moved."""
    variables = _each_once(parameters)
    for p in variables:
        if not (hasattr(p, "data") and hasattr(p, "grad")):
            raise TypeError(f"parameters must be a list of Values, got one with {_what(p)}")
        if getattr(p, "parents", ()):
            raise ValueError(
                f"a parameter must be a variable, but {p!r} is the result of an operation: "
                "optimise the variables it was made from"
            )
        if getattr(p, "is_constant", False):
            raise ValueError(
                f"a parameter must be a variable, but {p!r} is a constant, which has no gradient: "
                "make it with Value(...)"
            )
    return variables


def _check_numbers(parameters: Iterable[Value]) -> None:
    """Every number and gradient as a float, None for 0; a TypeError before anything is moved."""
    for p in parameters:
        if type(p.data) is not float:
            p.data = real(p.data, f"the data of a parameter{labelled(p)}")
        if type(p.grad) is not float:
            none = p.grad is None
            p.grad = 0.0 if none else real(p.grad, f"the gradient of a parameter{labelled(p)}")


def _what(x: object) -> str:
    if hasattr(x, "parameters"):
        return f"{kind_of(x)}: pass its parameters()"
    if isinstance(x, Value):
        return f"{kind_of(x)}: [p] is a list of one"
    return f"{kind_of(x)}: call it, parameters()" if callable(x) else kind_of(x)


def _above_0(x: float, what: str) -> float:
    if not real(x, what) > 0:
        raise ValueError(f"{what} must be above 0, got {x!r}")
    return x


def _below_1(x: float, what: str) -> float:
    if not 0 <= real(x, what) < 1:
        raise ValueError(f"{what} must be at least 0 and below 1, got {x!r}")
    return x
