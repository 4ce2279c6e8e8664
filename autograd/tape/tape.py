"""`trace(f, *example)`: a function as a tape, a program that runs over whole batches.

    tape = trace(loss, x, y)                       loss(x, y) is run once, on Values that record
    print(tape)                                    the program, a line for each instruction
    tape.forward(xs, ys)                           what loss gives, for every example
    tape.value_and_grad(theta, xs, ys)             the mean, and its gradient by tape.parameters
    tape.backward(xs, ys)                          the same into their .grad

It sits on tracing, the program and its engines.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from math import isfinite

from autograd.graph import StaleGraphError
from autograd.higher.structures import leaves, rebuild
from autograd.rules.language import Operation
from autograd.rules.words import kind_of, real, shortest
from autograd.tape.choosing import Choosing
from autograd.tape.engines.loading import load
from autograd.tape.engines.plain import Plain
from autograd.tape.listing import Listing
from autograd.tape.program.batches import Batch, Form, is_floats
from autograd.tape.program.formulas import fingerprint
from autograd.tape.program.gradient import adjoints
from autograd.tape.program.grouping import Group, Grouped
from autograd.tape.program.instructions import LEAVES, SUM
from autograd.tape.tracing import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Self

    from autograd.tape.exports.array_source import Recorded
    from autograd.value import Value

    EngineName = Literal["python", "numpy", "compiled"]

ENGINES = ("python", "numpy", "compiled")
FORMAT = 1  # of a pickled tape


def trace(f: Callable[..., Any], *example: Any, parameters: Sequence[Value] | None = None) -> Tape:
    """The tape of f, which is run on Values in the shape of the example and returns Values.

    The example's arguments are numbers, or lists, tuples, dicts or arrays of numbers; f returns a
    Value, or a structure of Values.  Parameters are, unless given, the variables of yours that the
    result depends on, in order of first use.  All other leaves are frozen: they keep the number
    that they have now.

    TraceError, with file and line, where f asks a traced value for a number, as in `if x > 0` or
    `x.data`: the answer would be that of this example.  Say it by `where`, `relu`, `maximum` or
    `lookup`.  A function is run once, or twice where it is to be found what its parameters are.

    >>> from autograd import Value
    >>> w = Value(3.0, "w")
    >>> tape = trace(lambda x, y: (w * x - y) ** 2, 1.0, 2.0)
    >>> tape.value_and_grad([3.0], [1.0, 2.0], [2.0, 4.0])[0]
    2.5
    """
    if not callable(f):
        raise TypeError(
            f"trace takes the function that computes, and an example, got {kind_of(f)}: "
            "trace(lambda x: ..., 1.0)"
        )
    return Tape(f, example, parameters)


class Tape:
    """A recorded function, flat: inputs and parameters in, outputs and gradients out.

    `parameters` are Values, in the order of gradients; `inputs` the names of the numbers of an
    example; `engine` is the name of what runs it.
    """

    def __init__(
        self, f: Callable[..., Any], example: Sequence[Any], parameters: Sequence[Value] | None
    ) -> None:
        run = Trace(f, example, parameters)
        self.name, self.inputs = run.name, run.names
        self.parameters: list[Value] = run.parameters
        self._form = Form([_shape(x) for x in example])
        self._result = _shape(run.result)
        self._program = run.program
        self._outputs = tuple([run.slots[v] for v in run.outputs])
        self._of_parameters = [run.slots[v] for v in run.parameters]
        self._frozen = [(v, v.data) for v in run.frozen]
        self._threads = 1  # that share the lanes of a batch
        self._use_best("auto")
        if self._opaque:
            warnings.warn(
                f"{self._opaque}: an arbitrary Python function has no formula, and runs on a tape "
                "lane by lane",
                stacklevel=3,
            )

    # ---- engines ---------------------------------------------------------------------------------

    def _use(self, name: str) -> None:
        if name in ("auto", "numpy"):
            self._engine: Any = load("autograd.tape.engines.arrays").Arrays(self._program)
            if name == "auto" and not self._opaque:
                self._engine = Choosing(self._engine, self._program)
        elif name == "compiled" and self._opaque:
            warnings.warn(
                f"{self._opaque}: an arbitrary Python function cannot be compiled; this tape runs "
                "on NumPy, with the same results",
                stacklevel=3,
            )
            self._use("numpy")
        elif name == "compiled":
            module = load("autograd.tape.engines.compiled.engine")
            try:
                self._engine = module.Compiled(self._program, self._threads)
            except module.library.UnusableError as error:
                warnings.warn(f"{error}; this tape runs on NumPy", stacklevel=3)
                self._use("numpy")
        else:
            self._engine = Plain(self._program)

    def _use_best(self, name: str) -> None:
        """That engine, or the next best where what it needs is not installed."""
        self._asked = name
        for each in (name, "numpy", "python"):
            try:
                self._use(each)
            except ImportError:
                continue
            return

    @property
    def engine(self) -> str:
        """What runs this tape now: "python", "numpy", "compiled", or over devices "jax"."""
        return str(self._engine.name)

    def using(self, engine: EngineName, *, threads: int = 1) -> Self:
        """The same tape on this engine, and on no other; ImportError where it lacks what it needs.

        The compiled engine waits for its kernels, which are compiled once on a machine.  It shares
        the lanes of a batch among `threads` where there are many; the results of as many threads
        are the same each time, to the bit.
        """
        if engine not in ENGINES:
            raise ValueError(f"a tape's engine is one of {', '.join(ENGINES)}, got {engine!r}")
        if type(threads) is not int or threads < 1 or (threads > 1 and engine != "compiled"):
            raise ValueError(
                "threads are a whole number from 1 on, and more than one are those of the "
                f"compiled engine: got {threads!r} for {engine!r}"
            )
        other = self._twin()
        other._threads, other._asked = threads, engine
        other._use(engine)
        return other

    def _twin(self) -> Self:
        """The same tape, to be given another engine."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    @property
    def source(self) -> str:
        """The program that the engine runs: of the gradient where there is one output."""
        if len(self._outputs) == 1:
            return str(self._engine.source(self._roots, each=False))
        return str(self._engine.source(self._outputs, each=True))

    # ---- running ---------------------------------------------------------------------------------

    def forward(self, *batch: Any, theta: Sequence[float] | None = None) -> Any:
        """The outputs for every example of a batch, in the shape of what f returns.

        Each argument has the example's shape with one more axis in front: a list of examples, or an
        array.  `theta` are numbers for the parameters, their own data unless given.  For each
        output there is an array over the examples; a list without NumPy.
        """
        given = Batch(self._form, batch)
        found = self._engine.outputs(self._outputs, self._theta(theta), self._leaves(), given)
        return rebuild(self._result, iter(found))

    def value_and_grad(
        self,
        theta: Sequence[float],
        *batch: Any,
        weights: Sequence[float] | None = None,
        check_finite: bool = False,
    ) -> tuple[float, Any]:
        """The mean of f over a batch and its gradient by the parameters at `theta`.

        `weights`, one for each example, make it the weighted mean: the sum of weight times value
        over the sum of weights.  The gradient is an array; a list without NumPy.  Nothing raises
        where f has no value: the result is then infinite or NaN.  With `check_finite` it is a
        FloatingPointError that names instruction, operands and lane.
        """
        given = Batch(self._form, batch)
        seeds = self._seeds(len(given), weights)
        numbers, frozen = self._theta(theta), self._leaves()
        value, gradient = self._engine.value_and_grad(self._roots, numbers, frozen, given, seeds)
        if check_finite:
            self._check_finite(numbers, frozen, given, value, gradient)
        return value, gradient

    def backward(
        self,
        *batch: Any,
        weights: Sequence[float] | None = None,
        check_finite: bool = False,
    ) -> float:
        """The mean over a batch; its gradient is added to the `.grad` of each parameter."""
        theta = [p.data for p in self.parameters]
        value, gradient = self.value_and_grad(
            theta, *batch, weights=weights, check_finite=check_finite
        )
        for p, g in zip(self.parameters, gradient):
            p.grad = float(g) if p.grad is None else p.grad + float(g)
        return value

    def _theta(self, theta: Any) -> Any:
        """Numbers for the parameters."""
        if theta is None:
            return [p.data for p in self.parameters]
        if is_floats(theta) and theta.shape == (len(self.parameters),):
            return theta
        _require_length(theta, len(self.parameters), "theta", "parameter of the tape")
        kind = getattr(getattr(theta, "dtype", None), "kind", "")
        if kind and kind in "fiu":
            return theta
        return [x if type(x) is float else real(x, "a parameter in theta") for x in theta]

    def _leaves(self) -> list[float]:
        """The numbers of frozen leaves; StaleGraphError where one was changed."""
        if not self._frozen:
            return []
        for v, x in self._frozen:
            if v.data != x and (v.data == v.data or x == x):
                raise StaleGraphError(
                    f"{v!r} is frozen on this tape as {shortest(x)}: trace again, or give it among "
                    "the parameters"
                )
        return [x for _, x in self._frozen]

    def _seeds(self, count: int, weights: Any) -> Any:
        """What each lane counts for in the mean; None where all count the same."""
        if weights is None:
            return None
        _require_length(weights, count, "weights", "example of the batch")
        if is_floats(weights):
            numbers, whole = weights, float(weights.sum())
        else:
            numbers = [real(w, "a weight") for w in weights]
            whole = sum(numbers)
        if not (isfinite(whole) and whole):
            raise ValueError(f"weights have a sum that is not 0, got {shortest(whole)}")
        return numbers / whole if numbers is weights else [w / whole for w in numbers]

    # ---- other systems ---------------------------------------------------------------------------

    def to_jax(self, *, gradient: bool = False) -> Callable[..., Any]:
        """f(theta, *example), a pure function of JAX arrays: what the tape gives for one example.

        `theta` is an array in the order of `parameters`, the example as it was traced: a number is
        an array without axes, a list of numbers one with an axis, a dict goes by name.  jit, vmap,
        grad and export of JAX's work on it; many examples are `jax.vmap(f, (None, 0, 0))`.  With
        `gradient` it returns (value, gradient) by the instructions of this tape; jax.grad of f
        finds the same, by the same rules, for parameters and example alike.

        It computes in the type of theta, float32 unless JAX is told otherwise.  Frozen leaves keep
        the number that they have now.  `f.source` is its text; "" where the tape has so many
        groups that XLA would compile them for long, and a loop interprets the instructions: then
        jax.grad works once, not twice, and jax.jvp does not.

        Where `where` has NaN or an infinite slope in the branch that it does not take, a
        derivative may be NaN, as with all of JAX's.

        ImportError without JAX (`pip install "chainrule[jax]"`), TypeError for a row that is an
        arbitrary Python function, ValueError where an example has another shape.
        """
        from autograd.tape.exports.jax_functions import jax_function

        return jax_function(self._recorded("JAX"), self._roots if gradient else None)

    def data_parallel(self, devices: Any = None) -> Self:
        """The same tape by JAX over many devices, which share the examples of a batch.

        `devices` are JAX's: all of them unless given, the first so many, a list, or a Mesh.  The
        parameters are on every device, the gradients of all are added: `value_and_grad` gives what
        it gives on one, but for rounding.  Examples that the devices do not divide are filled up
        with copies that count nothing.  With `jax.distributed` every process makes the same calls
        with all examples, and has the whole result.  It computes in float64 where JAX may
        (`jax_enable_x64`), else in float32.

        ImportError without JAX (`pip install "chainrule[jax]"`), TypeError for a row that is an
        arbitrary Python function, ValueError where there are fewer devices.
        """
        from autograd.tape.exports.devices import Devices

        self._recorded("JAX")
        other = self._twin()
        other._asked = "numpy"  # of a copy: devices are of this process
        other._engine = Devices(self._program, self._outputs, devices)
        return other

    def to_torch(self) -> Any:
        """An nn.Module of PyTorch that gives what the tape gives, for a batch.

        Arguments are as those of `forward`: tensors with an axis for the examples in front, or
        lists.  Its parameters are those of the tape as they are now, in float64, by their labels:
        w[0], w[1], ... are one nn.Parameter, w; what is no name in Python is made one.  Gradients
        through PyTorch, of parameters and inputs, are those of the table's rules, at kinks too.
        `torch.func` works on it.  It runs eagerly, a call for each group; `torch.compile` is left
        to you: of 2,000 operations in a row it made code for five minutes.

        ImportError without PyTorch (`pip install "chainrule[torch]"`), TypeError for a row that is
        an arbitrary Python function.
        """
        from autograd.tape.exports.torch_modules import torch_module

        return torch_module(self._recorded("PyTorch"), self.parameters)

    def to_c(self, name: str = "f") -> str:
        """This tape as a C file with one function: the value and gradient of one example.

            double f(const double *theta, const double *x, double *gradient)

        theta has a number for each of `parameters`, x one for each of `inputs`, and gradient takes
        a derivative for each parameter; NULL asks for the value alone.  It needs C99 and libm, and
        keeps no state.  Frozen leaves are numbers in the text.

        TypeError where f returns several numbers, or a row is an arbitrary Python function,
        ValueError where C could not call a function so.

        >>> from autograd import Value
        >>> w = Value(3.0, "w")
        >>> print(trace(lambda x: w * x, 1.0).to_c("line"))  # doctest: +ELLIPSIS
        /* f: its value ...
        """
        from autograd.tape.exports.c99 import source

        recorded = self._recorded("C")
        return source(
            recorded.program,
            self._roots,
            name,
            title=self.name,
            inputs=self.inputs,
            parameters=[p.label for p in self.parameters],
            frozen=[(v.label, x) for (v, _), x in zip(self._frozen, recorded.frozen)],
        )

    def to_sympy(self, simplify: bool = False) -> tuple[Any, list[Any]]:
        """This tape as an expression of SymPy, and its gradient, a list by `parameters`.

        Of one example, in real symbols named as the inputs and the labels of the parameters.  The
        gradient is the tape's own backward half, printed: sympy differentiates nothing, so that
        `sympy.diff` is a second opinion.  Whole numbers and halves are exact, frozen leaves are
        numbers.  A row that is neither in sympy nor a formula without a choice keeps its name, as
        sigmoid(x): `.doit()` writes it out.  `simplify` runs sympy's on all of it, which is for
        small tapes.

        ImportError without SymPy (`pip install "chainrule[sympy]"`), TypeError where f returns
        several numbers or a row is an arbitrary Python function, ValueError where the tape, written
        out, is too long for SymPy.
        """
        from autograd.tape.exports.symbolic import expressions, names_of, simplified

        recorded = self._recorded("SymPy")
        taken: set[str] = set()
        inputs = names_of(self.inputs, "x", taken)
        value, gradient = expressions(
            recorded.program,
            self._roots,
            inputs=inputs,
            parameters=names_of([p.label for p in self.parameters], "p", taken),
            frozen=recorded.frozen,
        )
        if simplify:
            value, *gradient = [simplified(x) for x in (value, *gradient)]
        return value, gradient

    def _recorded(self, system: str) -> Recorded:
        """What an export takes; TypeError where a row has no formula that it could write."""
        from autograd.tape.exports.array_source import Recorded

        if opaque := self._opaque:
            raise TypeError(
                f"{opaque}: an arbitrary Python function has no formula, which "
                f"{system} could run; written in the language of rules it would have one"
            )
        return Recorded(
            self._program, self._outputs, self._of_parameters, self._leaves(), self._form.example,
            self._result,
        )  # fmt: skip

    # ---- the gradient ----------------------------------------------------------------------------

    @cached_property
    def _gradient(self) -> tuple[int, list[int]]:
        if len(self._outputs) != 1:
            raise TypeError(
                f"{self.name} gives {len(self._outputs)} numbers, and a gradient is of one: trace "
                "a function that returns one of them, or their sum"
            )
        return adjoints(self._program, self._outputs[0], self._of_parameters)

    @cached_property
    def _roots(self) -> tuple[int, ...]:
        value, gradient = self._gradient
        return value, *gradient

    def _check_finite(
        self, theta: Any, frozen: Sequence[float], batch: Batch, value: float, gradient: Any
    ) -> None:
        """FloatingPointError for the first instruction with an infinite result or NaN."""
        code, listing = self._program.code, self._listing
        after: set[int] = set()  # sums over lanes, and what is computed from them
        slots: list[int] = []
        for slot in self._program.needed(self._roots):
            if code[slot][0] == SUM or not after.isdisjoint(self._program.operands(slot)):
                after.add(slot)
            else:
                slots.append(slot)
        columns = dict(zip(slots, self._engine.outputs(slots, theta, frozen, batch)))
        for slot in slots:
            if code[slot][0] in LEAVES or all(map(isfinite, columns[slot])):
                continue
            lane = next(i for i, x in enumerate(columns[slot]) if not isfinite(x))
            xs = {
                listing.name(a): columns[a][lane]
                for a in code[slot][1]
                if self._program.number_at(a) is None
            }
            given = ", ".join(f"{name} = {shortest(float(x))}" for name, x in xs.items())
            raise FloatingPointError(
                f"{listing.line(slot)} is {shortest(float(columns[slot][lane]))} in lane "
                f"{lane}, where {given}"
            )
        if not (isfinite(value) and all(map(isfinite, gradient))):
            raise FloatingPointError("a sum over lanes is too large for a float")

    # ---- reading ---------------------------------------------------------------------------------

    @cached_property
    def _grouped(self) -> Grouped:
        return Grouped(self._program, self._roots if len(self._outputs) == 1 else self._outputs)

    @property
    def groups(self) -> Groups:
        """What runs at once, a line for each call that an engine makes."""
        return Groups(self._grouped.groups)

    def __len__(self) -> int:
        """How many instructions the outputs take, without those of the gradient."""
        needed = self._program.needed(self._outputs)
        return sum(1 for slot in needed if self._program.code[slot][0] not in LEAVES)

    @property
    def _listing(self) -> Listing:
        gradient = self._gradient[1] if len(self._outputs) == 1 else []
        named = dict(zip(self._of_parameters, gradient))
        return Listing(self, self._program, self._outputs, named, self._grouped)

    def describe(self) -> str:
        """The program in numbers."""
        return self._listing.head()

    def __str__(self) -> str:
        return str(self._listing)

    def __repr__(self) -> str:
        return f"<tape of {self.describe()}>"

    def _rows(self) -> set[Operation]:
        return {h for h, _ in self._program.code if isinstance(h, Operation)}

    @cached_property
    def _opaque(self) -> str:
        """The names of rows that are arbitrary Python functions; empty where there is none."""
        return " and ".join(sorted({row.name for row in self._rows() if not fingerprint(row)}))

    # ---- pickles ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = {k: x for k, x in self.__dict__.items() if k not in ("_engine", "_grouped")}
        rules = {row: fingerprint(row) for row in self._rows()}
        return {"format": FORMAT, "rules": rules, "engine": self._asked, **state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        version, rules, engine = state.pop("format"), state.pop("rules"), state.pop("engine")
        changed = [row.name for row, text in rules.items() if fingerprint(row) != text]
        if version != FORMAT or changed:
            why = f": {' and '.join(changed)} had other rules" if changed else ""
            raise ValueError(f"this tape was made by another version{why}; trace again")
        self.__dict__.update(state)
        self._use_best(engine)


class Groups(tuple[Group, ...]):
    """The groups of a tape, which print as lines."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))


def _require_length(xs: Any, count: int, name: str, each: str) -> None:
    """TypeError unless these are numbers in a row, ValueError unless there are so many."""
    if not hasattr(xs, "__len__") or len(getattr(xs, "shape", (0,))) != 1 or isinstance(xs, str):
        raise TypeError(f"{name} is a list or an array of numbers, got {kind_of(xs)}")
    if len(xs) != count:
        raise ValueError(f"{name} has a number for each {each}, {count}, got {len(xs)}")


def _shape(x: Any) -> Any:
    """A structure with 0.0 for its numbers."""
    return rebuild(x, iter([0.0] * sum(1 for _ in leaves(x))))
