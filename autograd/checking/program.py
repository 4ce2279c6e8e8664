"""A program that can be run again with one variable moved: f and its inputs, or a ready-made root.

Imports the engine below; the check and the blame run what is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import fsum, isfinite, prod
from numbers import Integral

from autograd.checking.arrays import (
    Array,
    Grid,
    Number,
    Parts,
    build,
    claims,
    is_array,
    is_numpy,
    nodes_of,
    numbers,
    parts_of,
    shape_of,
    structure,
    weighted_sum,
)
from autograd.checking.differences import SMALLEST
from autograd.copying import being_differentiated
from autograd.graph import is_constant, is_node, topological_order
from autograd.higher.derivatives import derivatives
from autograd.higher.freshness import require_fresh, run_again, same
from autograd.higher.structures import leaves
from autograd.operations import total
from autograd.rules.language import BUILT_IN, Operation
from autograd.rules.pasting import Line
from autograd.rules.words import describe_type, function_name, one_line, real
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXHAUSTIVE = 2000  # up to so many elements, each is moved by itself
TINY = 5e-324  # a float that moved at all moved by this much


class Program:
    """f and its inputs, ready to be evaluated with one variable moved."""

    def __init__(
        self,
        f: Any,
        inputs: Any,
        gradient: Callable[..., Any] | None,
        order: int,
        dout: Any = None,
        exhaustive: int = EXHAUSTIVE,
    ) -> None:
        self.root_given = is_node(f)
        self.order = order
        self.f = f
        self.gradient = gradient
        self.dout = dout
        self.name = "the root" if self.root_given else function_name(f)
        if self.root_given:
            inputs = _variables(f) if inputs is None else list(inputs)
        elif inputs is None:
            raise TypeError(
                "gradcheck needs inputs, the numbers at which to check f: gradcheck(f, [1.0, 2.0])"
            )
        self.by_name = isinstance(inputs, Mapping)
        pairs = inputs.items() if self.by_name else zip(_names(f, len(inputs)), inputs)
        part = _node_part if gradient is None else _part
        self.arguments = [(str(name), structure(x, str(name), part)) for name, x in pairs]
        self.parts = Parts([part for _, x in self.arguments for part in parts_of(x)])
        if not self.parts.size:
            raise ValueError("there is nothing to check: inputs holds no number")
        self.large = self.parts.size > exhaustive
        elements = [] if self.large and gradient is not None else list(self.parts.elements())
        self.variables = [v for v, _ in elements]
        self.names = [name for _, name in elements]
        self.start = [(v, v.data, v.grad) for v in nodes_of(self.parts.parts)]
        self.runs = 0

    def spans(self) -> Iterator[range]:
        """Which elements are those of each input."""
        begin = 0
        for _, x in self.arguments:
            end = begin + sum([part.size for part in parts_of(x)])
            yield range(begin, end)
            begin = end

    def run(self) -> Any:
        """The root of f at the variables as they stand."""
        if self.root_given:
            return self.f
        outputs, _ = self._outputs()
        self.runs += 1
        if self.runs == 1:  # most that write to their inputs do so every time
            self.require_unchanged(self.name)
        root = outputs if self.dout is None else self._scalar_of(outputs)
        if is_numpy(root) and root.shape == () and is_node(root.item()):
            root = root.item()
        if self.gradient is not None and not is_node(root):
            return Value(self._number_of(root))
        if is_constant(root):
            raise ValueError(
                f"{self.name} returned a constant, {root!r}: it was made from no variable "
                "(was it computed from .data, or under no_grad?)"
            )
        if not is_node(root):
            raise TypeError(
                f"{self.name} must return one Value, got {describe_type(root)}: "
                "a number has no gradient, and of several values only one can be the root"
            )
        return root

    def _outputs(self) -> tuple[Any, list[Any]]:
        """What f returns, and with `dout` what it keeps for the backward pass, if it does."""
        given = _give if self.gradient is not None else _nodes
        values = [(name, build(x, given)) for name, x in self.arguments]
        before = [v.data for v, _, _ in self.start]
        with being_differentiated([v for v, _, _ in self.start]):
            found = self.f(**dict(values)) if self.by_name else self.f(*[x for _, x in values])
        if [v.data for v, _, _ in self.start] != before:
            self._refuse_change(self.name)
        if self.dout is None or not isinstance(found, tuple):
            return found, []
        if not isinstance(self.dout, tuple):
            return found[0], list(found[1:])
        return found[: len(self.dout)], list(found[len(self.dout) :])

    def _scalar_of(self, outputs: Any) -> Any:
        """sum(dout * outputs), of numbers or of nodes."""
        items = list(leaves(outputs))
        if any(is_node(item) for item in items):
            return total([d * item for d, item in zip(numbers(self.dout, "dout"), items)])
        if not isinstance(self.dout, tuple):
            return weighted_sum(self.dout, outputs, self.name)
        return fsum([weighted_sum(d, x, self.name) for d, x in zip(self.dout, outputs)])

    def _number_of(self, root: Any) -> float:
        """The one number that f returns, of whatever library."""
        if is_array(root) and prod(root.shape) != 1:
            raise TypeError(
                f"{self.name} returns shape {shape_of(root)}, and only one number has a gradient: "
                "sum it, or give dout=..., the gradient of a scalar by that result"
            )
        return real(root.item() if is_array(root) else root, f"the result of {self.name}")

    def require_unchanged(self, name: str) -> None:
        """ValueError where the function of this name has written to its inputs."""
        if any(part.changed for part in self.parts.parts):
            self._refuse_change(name)

    def _refuse_change(self, name: str) -> None:
        raise ValueError(f"{name} changes its inputs: check a function that leaves them be")

    def slopes(self) -> list[Any]:
        """The derivative of f by each variable, as f is: a function, or a root that is there."""
        if self.root_given:
            return [_anchored(d, self.variables) for d in derivatives(self.f, self.variables)]

        def slope(k: int) -> Callable[..., Any]:
            def by_variable(*args: Any, **named: Any) -> Any:
                variables = list(leaves([*args, *named.values()]))
                return _anchored(derivatives(self.f(*args, **named), variables[k]), variables)

            by_variable.__name__ = f"d {self.name} / d {self.names[k]}"
            by_variable.__wrapped__ = self.f  # type: ignore[attr-defined]  # so it has f's names
            return by_variable

        return [slope(k) for k in range(len(self.variables))]

    def claimed(self) -> list[float]:
        """What the given gradient function says, one number per element."""
        assert self.gradient is not None
        kept = self._outputs()[1] if self.dout is not None else []
        for array in self.parts.arrays:
            array.forget_gradient()
        dout = () if self.dout is None else self.dout
        before = dout if isinstance(dout, tuple) else (dout,)
        plain = [(name, build(x, _numbers)) for name, x in self.arguments]
        if kept:
            found = self.gradient(*before, *kept)
        elif self.by_name:
            found = self.gradient(*before, **dict(plain))
        else:
            found = self.gradient(*before, *[x for _, x in plain])
        result = claims(self.arguments, found)
        self.require_unchanged(function_name(self.gradient))
        return result

    def restore(self) -> None:
        """Put data and gradients of the variables back."""
        self.parts.restore()
        for v, data, grad in self.start:
            v.data, v.grad = data, grad

    def paste(self, **options: Any) -> str:
        """One line that runs the check again, with the options that are not the usual ones."""
        if self.root_given or any(not isinstance(v, Value) for v, _, _ in self.start):
            return ""
        line = Line()
        f = line.function(self.f, "f")
        written = [(name, line.value(name, build(x, _numbers))) for name, x in self.arguments]
        if self.by_name:
            inputs = "{" + ", ".join([f"{name!r}: {x}" for name, x in written]) + "}"
        else:
            inputs = "[" + ", ".join([x for _, x in written]) + "]"
        more = f", order={self.order}" if self.order > 1 else ""
        if self.gradient is not None:
            more = f", gradient={line.function(self.gradient, 'gradient')}"
        if self.dout is not None:
            more += f", dout={line.value('dout', self.dout)}"
        more += "".join([f", {name}={x}" for name, x in options.items()])
        return line.text(f"assert_gradcheck({f}, {inputs}{more})")


def _names(f: Any, count: int) -> list[str]:
    """What f calls its arguments; x0, x1 and so on where it has no names for them."""
    from inspect import Parameter, signature  # slow to import: only where asked

    named: list[str] = []
    try:
        takes = [] if is_node(f) else list(signature(f).parameters.values())
    except (TypeError, ValueError):  # it does not say what it takes
        takes = []
    for parameter in takes:
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
            named.append(parameter.name)
    names = [*named[:count], *[f"x{i}" for i in range(len(named), count)]]
    return names if len(set(names)) == count else [f"x{i}" for i in range(count)]


def _anchored(x: Value, variables: Sequence[Value]) -> Any:
    """x as a node that stands on the variables, so that a constant can be checked to be one."""
    return x + total([0.0 * v for v in variables])


def _variables(root: Any) -> list[Any]:
    return [v for v in topological_order(root) if not v.parents and not is_constant(v)]


def _node_part(x: Any, name: str) -> Number | Grid:
    """A number, a node or an array as nodes, for a program that is to record what it does."""
    if is_array(x) and shape_of(x):
        return Grid(x, name, _number)
    return _number(x.item() if is_array(x) and not is_node(x) else x, name)


def _part(x: Any, name: str) -> Number | Array | Grid:
    """A number, a node or an array as it is, for a function that has its gradient beside it."""
    if is_array(x) and str(x.dtype) == "object":
        return Grid(x, name, _number)
    if is_array(x) and not is_node(x) and not isinstance(x, Integral):
        return Array(x, name)
    return _number(x, name)


def _number(x: Any, name: str) -> Number:
    """A node that is a leaf, or a number as one."""
    if is_node(x):
        if x.parents:
            raise ValueError(f"input {name} is no leaf: check the graph from its variables")
        return Number(x, getattr(x, "label", "") or name, False)
    try:
        return Number(Value(real(x, "an input")), name, True)
    except TypeError:
        raise TypeError(
            f"input {name} must be a number, a Value or a sequence of them, got {describe_type(x)}"
        ) from None


def _give(part: Any) -> Any:
    """What the caller gave, with what was moved in it."""
    return part.given()


def _nodes(part: Any) -> Any:
    """Nodes in its place, of numbers too."""
    nodes = [number.node for number in _numbers_in(part)]
    return part.build(nodes) if isinstance(part, Grid) else nodes[0]


def _numbers(part: Any) -> Any:
    """Numbers in its place, of nodes too; an array as it is."""
    if isinstance(part, Array):
        return part.given()
    found = [number.node.data for number in _numbers_in(part)]
    return part.build(found) if isinstance(part, Grid) else found[0]


def _numbers_in(part: Any) -> list[Number]:
    return part.numbers if isinstance(part, Grid) else [part]


def _lost(v: Any, row: Any) -> bool:
    """Whether a node has an edge too few or too many for its row."""
    return bool(v.parents) and isinstance(row, Operation) and not row.takes(len(v.parents))


# ---- one evaluation, and what moves --------------------------------------------------------------


class Evaluation:
    """A program evaluated once: its graph, and the data of every node with a variable moved."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.root = program.run()
        self.order = topological_order(self.root)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.data = [v.data for v in self.order]
        self.operations = [getattr(v, "op", None) for v in self.order]
        self.parents = [[self.place[p] for p in v.parents] for v in self.order]
        if program.root_given:
            require_fresh([v for v, row in zip(self.order, self.operations) if not _lost(v, row)])
        elif not same(self.root.data, program.run().data):
            raise ValueError(
                f"{program.name} gave two values at the same inputs: a random function has no "
                "derivative to check; fix its seed"
            )
        self.guards = self._find_guards()
        self.choices = self._find_choices()
        self.rounding = self._rounding()

    @property
    def opaque(self) -> bool:
        """Whether the rounding of the values is not known: not all come from built-in rows."""
        inner = [row for row, parents in zip(self.operations, self.parents) if parents]
        return not inner or not all(
            isinstance(row, Operation) and row.name in BUILT_IN for row in inner
        )

    def _rounding(self) -> float:
        """How many 2**-52 the root may be wrong by: each node's own rounding, carried there."""
        gradients = [0.0] * len(self.order)
        gradients[-1] = 1.0
        total = 0.0
        for i in reversed(range(len(self.order))):
            size = max(abs(self.data[i]), SMALLEST)
            if getattr(self.operations[i], "saturating", False):
                size = max(1.0, size, *[abs(self.data[j]) for j in self.parents[i]])
            carried = abs(gradients[i]) * size
            if self.parents[i] and isfinite(carried):
                total += carried
            for j, d in zip(self.parents[i], self.order[i].local_derivatives):
                gradients[j] += gradients[i] * d
        return total

    def _find_guards(self) -> list[tuple[int, float]]:
        """Nodes with a kink, and how far their operands may move before it."""
        return [
            (i, float(operation.kink(*self._operands(i))))
            for i, operation in self._rows()
            if operation.kink is not None
        ]

    def _find_choices(self) -> list[tuple[int, Callable[..., Any], float]]:
        """Nodes that choose, by which rule, and the position that they take."""
        return [
            (i, operation.chooses, operation.chooses(*self._operands(i)))
            for i, operation in self._rows()
            if operation.chooses is not None
        ]

    def _rows(self) -> Iterator[tuple[int, Operation]]:
        """The inner nodes whose row takes as many operands as they have."""
        for i, operation in enumerate(self.operations):
            parents = self.parents[i]
            if parents and isinstance(operation, Operation) and operation.takes(len(parents)):
                yield i, operation

    def _operands(self, i: int, data: Sequence[float] = ()) -> list[float]:
        """The numbers that a node is made of, in `data` or as they were."""
        return [(data or self.data)[j] for j in self.parents[i]]

    def moved(self, x: float, v: Any) -> list[float] | None:
        """The data of every node with v at x; None beyond a domain, a kink or another choice."""
        found = self._run_at(x, v)
        if found is None or found[0] != self.operations:
            return None  # another branch of the program
        data = found[1]
        return None if self._chosen(data) or self._crossed(data) else data

    def _run_at(self, x: float, v: Any) -> tuple[list[Any], list[float]] | None:
        """Operation and data of every node with v at x; None where there is no value."""
        before = v.data
        v.data = x
        try:
            if self.program.root_given:
                return self.operations, self._replay(v)
            order = topological_order(self.program.run())
            return [getattr(u, "op", None) for u in order], [u.data for u in order]
        except (ArithmeticError, ValueError, IndexError, TypeError, Warning):
            return None
        finally:
            v.data = before

    def _replay(self, v: Any) -> list[float]:
        """The data of every node with v where it is now, the rows run again."""
        data = list(self.data)
        for u in getattr(v, "nodes", (v,)):  # a direction moves many
            if u in self.place:
                data[self.place[u]] = u.data
        for i, u in enumerate(self.order):
            if self.parents[i]:
                data[i] = run_again(u, tuple(self._operands(i, data)))
        return data

    def _chosen(self, data: list[float]) -> list[int]:
        """The nodes that choose otherwise than they did."""
        return [i for i, chooses, at in self.choices if chooses(*self._operands(i, data)) != at]

    def _crossed(self, data: list[float], but: Sequence[int] = ()) -> list[int]:
        """The nodes between whose operands as they were and these there is a kink.

        There is none where the kink is now further away than they moved: they moved away from it.
        """
        crossed = []
        for i, distance in self.guards:
            move = self._move(i, data)
            if move < max(distance, TINY) or i in but:
                continue
            row: Any = self.operations[i]
            if distance <= 0.0 or not row.kink(*self._operands(i, data)) > move:
                crossed.append(i)
        return crossed

    def _move(self, i: int, data: list[float]) -> float:
        """How far the operands of a node have moved."""
        return float(sum([abs(data[j] - self.data[j]) for j in self.parents[i]]))

    def as_function_of(self, v: Any) -> Callable[[float], float | None]:
        """The root's value with v at x; None where `moved` has none."""

        def value(x: float) -> float | None:
            data = self.moved(x, v)
            return None if data is None else data[-1]

        return remembered(value) if self.opaque else value

    def kink(self, i: int) -> str:
        """A node that stands on a kink, in words: 'relu of a, at its kink'."""
        row: Any = self.operations[i]
        operands = [_word(self.order[j], self.program) for j in self.parents[i]]
        known = ", ".join([word for word in operands if word])
        return f"{row.name}{known and ' of '}{known}, at its kink"


def remembered(f: Callable[[float], float | None]) -> Callable[[float], float | None]:
    """f, asked once for each x."""
    known: dict[float, float | None] = {}

    def value(x: float) -> float | None:
        if x not in known:
            known[x] = f(x)
        return known[x]

    return value


def _word(v: Any, program: Program) -> str:
    """What a message calls an operand: its label, an input's name, its operation; no constant."""
    if getattr(v, "label", ""):
        return one_line(str(v.label))
    named = [name for u, name in zip(program.variables, program.names) if u is v]
    if named or is_constant(v):
        return named[0] if named else ""
    return f"a {v.op.name}" if getattr(v.op, "name", "") else ""


class Side:
    """A program with v moved to one side only: kinks and switches that v stands on are left behind.

    `on` holds the places of the nodes at them; `value(x)` is None beyond the next one.
    """

    def __init__(self, evaluation: Evaluation, v: Any, side: int) -> None:
        self.evaluation = evaluation
        self.v = v
        self.x = v.data
        self.beside = self._just_beside(side)
        self.branches = self.beside is not None and self.beside[0] != evaluation.operations
        self.on: list[int] = []
        self.choices: list[int] = []
        if self.beside is not None and not self.branches:
            self.choices = evaluation._chosen(self.beside[1])
            self.on = evaluation._crossed(self.beside[1]) + self.choices

    def _just_beside(self, side: int) -> tuple[list[Any], list[float]] | None:
        """What runs a few units in the last place beside x, or where a kink is first left."""
        evaluation = self.evaluation
        zero = [i for i, distance in evaluation.guards if distance == 0.0]
        first = None
        for k in (49, 42, 35, 28) if zero else (49,):
            found = evaluation._run_at(self.x + side * max(1.0, abs(self.x)) * 2.0**-k, self.v)
            if found is None or found[0] != evaluation.operations:
                return first or found
            first = first or found
            if any(evaluation._move(i, found[1]) for i in zero):
                return found
        return first

    def value(self, x: float) -> float | None:
        """The root's value with v at x, on the piece that begins beside where v stands."""
        if x == self.x:
            return float(self.evaluation.data[-1])
        if self.beside is None:
            return None
        found = self.evaluation._run_at(x, self.v)
        if found is None or found[0] != self.beside[0]:
            return None
        if not self.branches:
            data = found[1]
            if self.evaluation._chosen(data) != self.choices:
                return None
            if self.evaluation._crossed(data, but=self.on):
                return None
        return found[1][-1]
