"""Derivatives of derivatives, counted, and the routes to the gradient against `backward()`.

Counts are the same on every machine; only the ratios are of times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from autograd import Value, derivatives, describe, pushforward, tanh, topological_order
from autograd.graph import Description, path_counts
from benchmarks.demo_step import problem
from benchmarks.processes import own_process, progress
from benchmarks.tables import COLLECTOR, number, processes, spread, table
from benchmarks.workers.step_chainrule import ChainruleStep

ORDERS = ("value", "first", "second", "third")
ROUTES = {  # as the worker calls them: as the table does
    "backward": "`loss.backward()` itself, ms",
    "count_paths": "`count_paths(loss, w)`",
    "pushforward": "`pushforward(loss, {w: 1.0})`",
    "gradients": "`gradients(loss)`",
    "steps": "`steps(loss)`, all of them",
    "derivatives": "`derivatives(loss, parameters)`",
}
ROUNDS = 5

Figures = dict[str, list[float]]  # each route's, run by run: backward's milliseconds, or a ratio


def fifth_power(x: Value) -> Value:
    """One operation."""
    return x**5


def rosenbrock(x: Value, y: Value) -> Value:
    """Seven operations; x is used twice."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def neuron(*inputs: Value) -> Value:
    """Ten operations: three weights, a bias, and half the squared error."""
    w1, w2, w3, b, x1, x2, x3, t = inputs
    return 0.5 * (tanh(w1 * x1 + w2 * x2 + w3 * x3 + b) - t) ** 2


PROGRAMS = (  # each is differentiated by its first input
    ("`x**5`, by x", fifth_power, [0.5]),
    ("Rosenbrock, `(1 - x)**2 + 100 * (y - x**2)**2`, by x", rosenbrock, [0.5, 0.7]),
    (
        "neuron, `0.5 * (tanh(w1 * x1 + w2 * x2 + w3 * x3 + b) - t)**2`, by w1",
        neuron,
        [0.1, -0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1.5],
    ),
)


def check() -> None:
    """Nothing is needed but our own packages."""


def sections(runs: int) -> Iterator[str]:
    """The tables of nodes, of times and of multiplications."""
    yield _orders()
    task = problem()
    both: dict[bool, Figures] = {c: {name: [] for name in ROUTES} for c in COLLECTOR}
    for i in range(runs):
        for collector, figures in both.items():
            result = own_process("routes", problem=task, rounds=ROUNDS, collector=collector)
            measure = result["backward"]
            for name, seconds in result.items():
                ratios = [x / y for x, y in zip(seconds, measure, strict=True)]
                figures[name].append(median(ratios))
            figures["backward"][-1] = 1e3 * median(measure)
        progress(f"derivation, round {i + 1} of {runs}")
    step = ChainruleStep(task)
    loss = step.forward()
    yield _routes(both, describe(loss), runs)
    yield _multiplications(loss, step.parameters)


def _orders() -> str:
    """Nodes of a value and its derivatives."""
    rows = []
    for text, program, point in PROGRAMS:
        inputs = [Value(x) for x in point]
        root, row = program(*inputs), [text]
        for _ in ORDERS:
            counts = describe(root)
            row.append(f"{counts.nodes} ({sum(counts.operations.values())})")
            root = derivatives(root, inputs[0])
        rows.append(row)
    return (
        "### Derivatives of derivatives\n\n"
        "Nodes of the graph of a value, and of its first, second and third derivative, each by "
        "`derivatives` of the one before; in brackets, how many are operations.\n\n"
        + table(["nodes (operations)", *ORDERS], rows)
    )


def _routes(both: dict[bool, Figures], graph: Description, runs: int) -> str:
    """The times, against backward's."""
    rows = [
        [text, *[spread(figures[name]) for figures in both.values()]]
        for name, text in ROUTES.items()
    ]
    return (
        "### Routes to the gradient\n\n"
        f"The loss of the demo step with our nn, recorded once: {graph.nodes:,} nodes, "
        f"{graph.edges:,} edges and {graph.paths:,} paths to its {graph.variables} parameters; w "
        "is a weight of the first layer. The routes take turns in one process, which gives the "
        f"median of the ratios within {ROUNDS} rounds; here are the median and, in brackets, the "
        f"spread of {processes(runs)}.\n\n"
        + table(["time against `backward()`", *COLLECTOR.values()], rows)
    )


def _multiplications(loss: Value, parameters: Sequence[Value]) -> str:
    """One for each edge that a route passes, counted."""
    order = topological_order(loss)
    reverse = sum([len(v.parents) for v in order])
    forward = 0
    for w in parameters:
        moving = pushforward(loss, {w: 1.0})
        forward += sum([p in moving for v in moving for p in v.parents])
    lengths = dict.fromkeys(order, 0)  # of all paths from the loss to a node, together
    for v, count in path_counts(order):
        for p in v.parents:
            lengths[p] += lengths[v] + count
    figures = {
        "reverse mode, one pass": reverse,
        f"forward mode, {len(parameters)} passes": forward,
        "summing over paths": sum([lengths[w] for w in parameters]),
    }
    rows = [[text, f"{n:,}", number(n / reverse)] for text, n in figures.items()]
    return (
        "Multiplications for the gradient of all parameters, one for each edge passed: every edge "
        "in reverse mode, in forward mode those between a parameter and the loss, and those of "
        "every path.\n\n" + table(["multiplications", "counted", "against reverse mode"], rows)
    )
