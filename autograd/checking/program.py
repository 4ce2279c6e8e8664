"""A program that can be run again with one variable moved: f and its inputs, or a ready-made root.

Imports the engine below; the check and the blame run what is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite

from autograd.checking.differences import SMALLEST
from autograd.checking.report import place_of
from autograd.graph import is_constant, is_node, topological_order
from autograd.higher.derivatives import derivatives
from autograd.higher.freshness import require_fresh, same
from autograd.higher.structures import is_nested, leaves
from autograd.operations import total
from autograd.rules.language import BUILT_IN, Operation
from autograd.rules.words import describe_type, function_name, real
from autograd.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TINY = 5e-324  # a float that moved at all moved by this much


class Program:
    """f and its inputs, ready to be evaluated with one variable moved."""

    def __init__(
        self, f: Any, inputs: Any, gradient: Callable[..., Any] | None, order: int
    ) -> None:
        self.root_given = is_node(f)
        self.order = order
        self.f = f
        self.gradient = gradient
        self.name = "the root" if self.root_given else function_name(f)
        if self.root_given:
            inputs = _variables(f) if inputs is None else list(inputs)
        elif inputs is None:
            raise TypeError(
                "gradcheck needs inputs, the numbers at which to check f: gradcheck(f, [1.0, 2.0])"
            )
        self.by_name = isinstance(inputs, Mapping)
        pairs = inputs.items() if self.by_name else ((f"x{i}", x) for i, x in enumerate(inputs))
        self.arguments = [(name, _as_nodes(x, name)) for name, x in pairs]
        flat = [leaf for _, x in self.arguments for leaf in _flatten(x)]
        self.variables = [v for v, _ in flat]
        self.names = [name for _, name in flat]
        if not self.variables:
            raise ValueError("there is nothing to check: inputs holds no number")
        self.start = [(v, v.data, v.grad) for v in self.variables]

    def run(self) -> Any:
        """The root of f at the variables as they stand."""
        if self.root_given:
            return self.f
        form = _nodes_of if self.gradient is None else _as_given
        values = [(name, form(x)) for name, x in self.arguments]
        before = [v.data for v in self.variables]
        root = self.f(**dict(values)) if self.by_name else self.f(*[x for _, x in values])
        if [v.data for v in self.variables] != before:
            raise ValueError(
                f"{self.name} changes its inputs: check a function that leaves them be"
            )
        if self.gradient is not None and not is_node(root):
            return Value(real(root, f"the result of {self.name}"))
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

    def slopes(self) -> list[Any]:
        """The derivative of f by each variable, as f is: a function, or a root that is there."""
        if self.root_given:
            return [_anchored(d, self.variables) for d in derivatives(self.f, self.variables)]

        def slope(k: int) -> Callable[..., Any]:
            def by_variable(*args: Any, **named: Any) -> Any:
                variables = list(leaves([*args, *named.values()]))
                return _anchored(derivatives(self.f(*args, **named), variables[k]), variables)

            by_variable.__name__ = f"d {self.name} / d {self.names[k]}"
            return by_variable

        return [slope(k) for k in range(len(self.variables))]

    def claimed(self) -> list[float]:
        """What the given gradient function says, one number per variable."""
        assert self.gradient is not None
        plain = [(name, _numbers_of(x)) for name, x in self.arguments]
        found = (
            self.gradient(**dict(plain)) if self.by_name else self.gradient(*[x for _, x in plain])
        )
        if self.by_name and isinstance(found, Mapping):
            missing = [name for name, _ in self.arguments if name not in found]
            if missing:
                raise ValueError(f"the gradient has no number for {', '.join(missing)}")
            found = [found[name] for name, _ in self.arguments]
        if len(self.arguments) == 1 and not isinstance(found, (list, tuple)):
            found = [found]
        numbers = [_plain_number(x) for x in leaves(found)]
        if len(numbers) != len(self.variables):
            raise ValueError(
                f"the gradient must have one number per input: got {len(numbers)} for "
                f"{len(self.variables)}"
            )
        return numbers

    def restore(self) -> None:
        """Put data and gradients of the variables back."""
        for v, data, grad in self.start:
            v.data, v.grad = data, grad

    def paste(self) -> str:
        """One line that runs the check again."""
        if self.root_given:
            return ""
        if self.by_name:
            inner = ", ".join(f"{name!r}: {_numbers_of(x)!r}" for name, x in self.arguments)
            inputs = f"{{{inner}}}"
        else:
            inputs = f"[{', '.join(repr(_numbers_of(x)) for _, x in self.arguments)}]"
        more = f", order={self.order}" if self.order > 1 else ""
        if self.gradient is not None:
            more = f", gradient={_callable_name(self.gradient, 'gradient')}"
        if any(not isinstance(v, Value) for v in self.variables):
            return ""
        code = getattr(self.f, "__code__", None)
        lambda_of = f"  # f: {place_of(code)}" if code and not self.name.isidentifier() else ""
        return f"assert_gradcheck({_callable_name(self.f, 'f')}, {inputs}{more}){lambda_of}"


def _anchored(x: Value, variables: Sequence[Value]) -> Any:
    """x as a node that stands on the variables, so that a constant can be checked to be one."""
    return x + total([0.0 * v for v in variables])


def _variables(root: Any) -> list[Any]:
    return [v for v in topological_order(root) if not v.parents and not is_constant(v)]


def _callable_name(f: Any, otherwise: str) -> str:
    """A name one can paste, where a function has one of its own."""
    name = function_name(f)
    return name if name.isidentifier() else otherwise


def _as_nodes(x: Any, name: str) -> Any:
    """x with every leaf as (node, name, whether it was a number)."""
    if is_node(x):
        if x.parents:
            raise ValueError(f"input {name} is no leaf: check the graph from its variables")
        return x, getattr(x, "label", "") or name, False
    if is_nested(x):
        return [_as_nodes(item, f"{name}[{i}]") for i, item in enumerate(x)]
    try:
        return Value(real(x, "an input")), name, True
    except TypeError:
        raise TypeError(
            f"input {name} must be a number, a Value or a sequence of them, got {describe_type(x)}"
        ) from None


def _flatten(x: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(x, tuple):
        yield x[:2]
    else:
        for item in x:
            yield from _flatten(item)


def _nodes_of(x: Any) -> Any:
    return x[0] if isinstance(x, tuple) else [_nodes_of(item) for item in x]


def _as_given(x: Any) -> Any:
    """Numbers where numbers were given, nodes where nodes were."""
    if isinstance(x, tuple):
        node, _, was_number = x
        return node.data if was_number else node
    return [_as_given(item) for item in x]


def _numbers_of(x: Any) -> Any:
    return x[0].data if isinstance(x, tuple) else [_numbers_of(item) for item in x]


def _plain_number(x: Any) -> float:
    """A number of any library: what has an item() is asked for it."""
    return real(x.item() if hasattr(x, "item") else x, "a gradient")


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
                return self.operations, self._replay(v, x)
            order = topological_order(self.program.run())
            return [getattr(u, "op", None) for u in order], [u.data for u in order]
        except (ArithmeticError, ValueError, IndexError, TypeError, Warning):
            return None
        finally:
            v.data = before

    def _replay(self, v: Any, x: float) -> list[float]:
        data = list(self.data)
        if v in self.place:
            data[self.place[v]] = x
        rows: Sequence[Any] = self.operations
        for i, row in enumerate(rows):
            if self.parents[i]:
                xs = tuple(self._operands(i, data))
                if not row.takes(len(xs)):
                    raise ValueError("a node with an edge too few or too many cannot be run again")
                data[i] = row.evaluate(xs)
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
        return str(v.label)
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
