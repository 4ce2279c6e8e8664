"""Random programs: operations of the table on operands drawn among earlier results.

A program runs on Values, where `backward()` is tested, and on the oracle, which knows its gradient
at 50 digits and how far rounding may carry a computed one.

    program = draw_program(Random(0))      print(program)
    gradients(program)                     what backward() says, one per variable
    truth = Truth(program, Random(1))      truth.gradients, truth.spreads, truth.wrong(gradients)
    Campaign().check(program, rng)         counts; print(campaign) is the summary

Letters: variables and results v0, v1, ...; operands xs; result z; local derivatives d.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

from oracle import FORWARD, mp, slope

from autograd import OPERATIONS, NaryOperation, Operation, Value

Calls = Mapping[str, Callable[..., Any]]  # how a row is called, on flat operands, by its name

NAMES = tuple(FORWARD)
JOINING = tuple(
    n for n in NAMES if isinstance(OPERATIONS[n], NaryOperation) or len(OPERATIONS[n].partials) > 1
)
MARGIN = 1e-6  # a draw nearer to a kink or to the edge of a domain is undefined
HUGE = 1e6  # and so is one whose value or local derivative is larger
UNIT = mp.mpf(2) ** -53  # the largest relative error of one rounding
RUNS = 6  # perturbed runs of every program
MORE_RUNS = 16  # further runs before a gradient is called wrong
FLOOR = mp.mpf("1e-240")  # what underflow below 2**-1074 may grow to after 14 slopes of HUGE
NOISE = mp.mpf("1e-45")  # what the oracle's 60 digits leave of a gradient that cancels to 0
ILL = mp.mpf("1e-6")


# ---- what a program is ---------------------------------------------------------------------------


class Comparison(NamedTuple):
    """The condition v_left > v_right."""

    left: int
    right: int


class Instruction(NamedTuple):
    """An operand is an int (that earlier result), a float (a constant) or a Comparison."""

    name: str
    operands: tuple[int | float | Comparison, ...]


class Program:
    """Variables, instructions, and the exact values and local derivatives met while drawing."""

    def __init__(self, variables: Sequence[float]) -> None:
        self.variables = list(variables)
        self.instructions: list[Instruction] = []
        self.values = [mp.mpf(x) for x in variables]
        self.slopes: list[list[Any]] = []
        self.draws = self.undefined = 0

    def append(self, instruction: Instruction, z: Any, d: list[Any]) -> None:
        """One more result: its exact value, and its local derivative for every operand."""
        self.instructions.append(instruction)
        self.values.append(z)
        self.slopes.append(d)

    def __str__(self) -> str:
        lines = [f"v{i} = {x!r}" for i, x in enumerate(self.variables)]
        for i, (name, operands) in enumerate(self.instructions, len(lines)):
            lines.append(f"v{i} = {name}({', '.join(map(_text, operands))})")
        return "\n".join(lines)


def _text(operand: int | float | Comparison) -> str:
    if isinstance(operand, Comparison):
        return f"v{operand.left} > v{operand.right}"
    return f"v{operand}" if isinstance(operand, int) else repr(operand)


# ---- drawing -------------------------------------------------------------------------------------


def draw_program(rng: Random, containing: str | None = None) -> Program:
    """2 to 5 variables, 3 to 14 operations; a few more where the row `containing` is late."""
    program = Program([round(rng.gauss(0, 2), 3) for _ in range(rng.randint(2, 5))])
    size = rng.randint(3, 14)
    special = rng.randrange(size)
    while (done := len(program.instructions)) < size or containing:
        unused = _unused(program)
        late = len(unused) > size - done  # many results wait to be used, few operations are left
        name = rng.choice(JOINING if late else NAMES)
        if containing and done >= special and rng.random() < 0.5:  # until it meets its domain
            name = containing
        instruction = _draw_instruction(rng, program, name, unused, 0.95 if late else 0.6)
        program.draws += 1
        step = _defined(program, instruction)
        if step is None:
            program.undefined += 1
        else:
            program.append(instruction, *step)
            if name == containing:
                containing = None
    return program


def _unused(program: Program) -> list[int]:
    used = {i for _, operands in program.instructions for i in operands if isinstance(i, int)}
    return [i for i in range(len(program.values)) if i not in used]


def _draw_instruction(
    rng: Random, program: Program, name: str, unused: list[int], eager: float
) -> Instruction:
    """Operands for the row, at least one an earlier result; `eager` to take one that is unused."""

    def result() -> int:
        if unused and rng.random() < eager:
            return unused.pop(rng.randrange(len(unused)))
        return rng.randrange(len(program.values))

    def operand() -> int | float:
        return round(rng.gauss(0, 2), 2) if rng.random() < 0.15 else result()

    many = rng.randint(2, 4)
    if name == "where":
        operands = (Comparison(result(), result()), result(), operand())
    elif name == "lookup":
        operands = (result(), *(operand() for _ in range(many - 1)), float(rng.randrange(many)))
    elif name == "sumprod":
        operands = (result(), *(operand() for _ in range(2 * many - 1 - rng.randint(0, 1))))
    elif name == "pow" and rng.random() < 0.5:
        operands = (result(), float(rng.randint(-3, 3)))
    else:
        row = OPERATIONS[name]
        arity = many if isinstance(row, NaryOperation) else len(row.partials)
        drawn = [operand() for _ in range(arity)]
        if not any(isinstance(x, int) for x in drawn):
            drawn[rng.randrange(arity)] = result()
        operands = tuple(drawn)
    return Instruction(name, operands)


def _defined(program: Program, instruction: Instruction) -> tuple[Any, list[Any]] | None:
    """The exact value and local derivatives, or None where this draw is undefined."""
    name, operands = instruction
    row = OPERATIONS[name]
    xs = _operands(instruction, program.values)
    if name == "where":
        left, right = (program.values[i] for i in operands[0])
        if abs(left - right) <= MARGIN:
            return None
    floats = tuple(map(float, xs))
    whole = name == "pow" and isinstance(operands[1], float) and operands[1].is_integer()
    if row.domain is not None and not whole:
        for i, x in enumerate(floats):
            for moved in (x - MARGIN, x, x + MARGIN):
                if not row.domain(*floats[:i], moved, *floats[i + 1 :]):
                    return None
    if row.kink is not None and row.kink(*floats) <= MARGIN:
        return None
    try:
        z = FORWARD[name](*xs)
        if not abs(z) <= HUGE:
            return None
        d = _slopes(instruction, xs)
    except (ArithmeticError, ValueError):
        return None
    return (z, d) if all(abs(x) <= HUGE for x in d) else None


# ---- running on Values ---------------------------------------------------------------------------


def _sumprod(*xs: Any) -> Any:
    n = len(xs) // 2
    return OPERATIONS["sumprod"](xs[:n], xs[n : 2 * n], *xs[2 * n :])


# How an instruction is written by a user of the engine; every other row is called by itself.
CALLS: Calls = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "sumprod": _sumprod,
    "lookup": lambda *xs: OPERATIONS["lookup"](xs[:-1], int(xs[-1])),
    "total": lambda *xs: OPERATIONS["total"](xs),
    "mean": lambda *xs: OPERATIONS["mean"](xs),
    "prod": lambda *xs: OPERATIONS["prod"](xs),
    "norm": lambda *xs: OPERATIONS["norm"](xs),
    "logsumexp": lambda *xs: OPERATIONS["logsumexp"](xs),
}


def run(program: Program, variables: Sequence[Value], calls: Calls = CALLS) -> Value:
    """The root of the program on these variables."""
    values = list(variables)
    for name, operands in program.instructions:
        xs = [
            values[x.left] > values[x.right] if isinstance(x, Comparison)
            else values[x] if isinstance(x, int) else x
            for x in operands
        ]  # fmt: skip
        values.append(calls.get(name, OPERATIONS[name])(*xs))
    return values[-1]


def record(program: Program, calls: Calls = CALLS) -> tuple[Value, list[Value]]:
    """Run the program on new Values: its root and its variables."""
    variables = [Value(x) for x in program.variables]
    return run(program, variables, calls), variables


def gradients(program: Program, calls: Calls = CALLS) -> list[float]:
    """What backward() says: one gradient per variable."""
    root, variables = record(program, calls)
    root.backward()
    return [v.grad for v in variables]


# ---- the truth, and how far rounding may carry a right engine from it ----------------------------

# What a value is rounded in units of, where that is not the value itself: the terms of its sum.
SIZE: dict[str, Callable[..., Any]] = {
    "total": lambda *xs: sum(map(abs, xs)),
    "mean": lambda *xs: sum(map(abs, xs)) / len(xs),
    "sumprod": lambda *xs: FORWARD["sumprod"](*map(abs, xs)),
    "logsumexp": lambda *xs: max(map(abs, xs)) + 1,
    "gelu": lambda x: abs(FORWARD["gelu"](x)) * (1 + min(x, 0) ** 2),  # as far as x/sqrt(2) carries
    "sinc": lambda x: mp.one,  # sin(pi*x)/(pi*x), the textbook form
}


def _operands(instruction: Instruction, values: Sequence[Any]) -> list[Any]:
    return [
        values[x.left] > values[x.right] if isinstance(x, Comparison)
        else values[x] if isinstance(x, int) else mp.mpf(x)
        for x in instruction.operands
    ]  # fmt: skip


def _slopes(instruction: Instruction, xs: Sequence[Any]) -> list[Any]:
    """The local derivative for every operand; 0 for a constant, about which nothing is asked."""
    name, operands = instruction
    return [slope(name, xs, i) if isinstance(x, int) else mp.zero for i, x in enumerate(operands)]


def accumulate(
    program: Program, slopes: Sequence[Sequence[Any]], noise: Callable[[], Any] = lambda: 0
) -> list[Any]:
    """The gradient of every variable from the local derivatives; each sum changes by `noise`."""
    sums = [mp.zero] * len(program.values)
    sums[-1] = mp.one
    count = len(program.variables)
    for i in reversed(range(len(slopes))):
        gradient = sums[count + i]
        if gradient:
            for x, d in zip(program.instructions[i].operands, slopes[i]):
                if isinstance(x, int):
                    sums[x] = (sums[x] + gradient * d) * (1 + noise())
    return sums[:count]


def _perturbed(program: Program, rng: Random) -> list[Any]:
    """The gradient when everything computed on the way is changed by one rounding, up or down.

    A change is 2**-53 of the number itself, but of max(1, |d|) for the slope d of a saturating row,
    of the terms for the value of a sum (SIZE), and of z too for the slopes exp(x - z) of logsumexp.
    """

    def noise() -> Any:
        return UNIT if rng.getrandbits(1) else -UNIT

    values = list(program.values[: len(program.variables)])
    slopes = []
    for instruction in program.instructions:
        name = instruction.name
        xs = _operands(instruction, values)
        z = FORWARD[name](*xs)
        d = _slopes(instruction, xs)
        values.append(z + noise() * (SIZE[name](*xs) if name in SIZE else z))
        if OPERATIONS[name].saturating:
            d = [s + noise() * max(1, abs(s)) for s in d]
        elif name == "logsumexp":
            d = [s + noise() * s * (1 + abs(z)) for s in d]
        else:
            d = [s + noise() * s for s in d]
        slopes.append(d)
    return accumulate(program, slopes, noise)


class Truth:
    """The gradients of a program at 50 digits, and the largest change of each over six runs.

    All six draws of signs may let two large changes cancel (1 program in 20,000 did), so a gradient
    is called wrong only after 16 more runs agree.
    """

    def __init__(self, program: Program, rng: Random) -> None:
        self.program = program
        self.gradients = accumulate(program, program.slopes)
        self.spreads = [mp.zero] * len(self.gradients)
        self.looked_twice = False
        self._rng = Random(rng.getrandbits(64))  # a second look must not change the next program
        self._perturb(RUNS)

    def _perturb(self, runs: int) -> None:
        for _ in range(runs):
            try:
                run = _perturbed(self.program, self._rng)
                changes = [abs(a - b) for a, b in zip(run, self.gradients)]
            except (ArithmeticError, TypeError, ValueError):  # rounding alone may leave the domain
                changes = [mp.inf] * len(self.gradients)
            self.spreads = [max(pair) for pair in zip(self.spreads, changes)]

    @property
    def bounds(self) -> list[Any]:
        """How far from the truth a right gradient may lie."""
        return [
            16 * spread + 2 * UNIT * abs(g) + FLOOR
            for g, spread in zip(self.gradients, self.spreads)
        ]

    @property
    def ill_conditioned(self) -> bool:
        return any(s > ILL * abs(g) for g, s in zip(self.gradients, self.spreads))

    def wrong(self, computed: Sequence[Any]) -> list[int]:
        """The positions of the variables whose computed gradient is wrong."""
        if self._outside(computed) and not self.looked_twice:
            self.looked_twice = True
            self._perturb(MORE_RUNS)
        return self._outside(computed)

    def _outside(self, computed: Sequence[Any]) -> list[int]:
        triples = enumerate(zip(computed, self.gradients, self.bounds))
        return [i for i, (g, true, bound) in triples if not abs(g - true) <= bound]


# ---- planted faults ------------------------------------------------------------------------------


class Fault(NamedTuple):
    """One partial rule of a row (of an n-ary row: the one it has), off by a factor."""

    name: str
    argument: int
    factor: float = 1.001

    def gradients(self, program: Program) -> list[Any]:
        """The exact gradients of the program under this fault."""
        nary = isinstance(OPERATIONS[self.name], NaryOperation)
        slopes = []
        for (name, _), row in zip(program.instructions, program.slopes):
            hit = [name == self.name and (nary or i == self.argument) for i in range(len(row))]
            slopes.append([d * self.factor if h else d for d, h in zip(row, hit)])
        return accumulate(program, slopes)

    def shows(self, program: Program) -> bool:
        """Whether it changes a gradient by more than one rounding of that gradient."""
        true = accumulate(program, program.slopes)
        return any(
            abs(a - b) > 2 * UNIT * abs(b) + NOISE for a, b in zip(self.gradients(program), true)
        )


def every_fault() -> list[Fault]:
    """One for each partial rule of the table; where has none for its condition."""
    faults = []
    for name in NAMES:
        count = len(OPERATIONS[name].partials)
        faults += [Fault(name, i) for i in range(count) if (name, i) != ("where", 0)]
    return faults


@contextmanager
def planted(fault: Fault) -> Iterator[Calls]:
    """The calls of programs with a faulty row in place of the right one; gone afterwards."""
    name, argument, factor = fault
    row = OPERATIONS[name]
    faulty = f"faulty_{name}"

    def off(rule: Callable[..., Any]) -> Callable[..., Any]:
        if isinstance(row, NaryOperation):
            return lambda xs, z: [factor * d for d in rule(xs, z)]
        return lambda *xs: factor * rule(*xs)

    rules = [off(rule) if i == argument else rule for i, rule in enumerate(row.partials)]
    if isinstance(row, NaryOperation):
        wrong: Any = NaryOperation(faulty, row.forward, *rules)
        call = lambda *xs: wrong(xs)  # noqa: E731  # a flat call
    else:
        call = Operation(faulty, row.forward, *rules)
    try:
        yield {**CALLS, name: call}
    finally:
        del OPERATIONS[faulty]


# ---- campaigns -----------------------------------------------------------------------------------


class Campaign:
    """Counts over many programs; printing it gives the summary."""

    def __init__(self) -> None:
        self.programs = self.draws = self.undefined = self.ill_conditioned = 0
        self.gradients = self.zero = self.second_looks = 0
        self.wrong: list[str] = []

    def check(self, program: Program, rng: Random, calls: Calls = CALLS) -> None:
        """Run the program and compare its gradients with the truth."""
        truth = Truth(program, rng)
        self.programs += 1
        self.draws += program.draws
        self.undefined += program.undefined
        self.ill_conditioned += truth.ill_conditioned
        self.gradients += len(truth.gradients)
        self.zero += sum(g == 0 for g in truth.gradients)
        try:
            computed = gradients(program, calls)
        except (ArithmeticError, ValueError) as error:
            if mp.inf not in truth.spreads:
                self.wrong.append(f"{program}\nraised {error!r}")
            return
        wrong = truth.wrong(computed)
        self.second_looks += truth.looked_twice
        for i in wrong:
            true, bound = truth.gradients[i], truth.bounds[i]
            self.wrong.append(
                f"{program}\nd/dv{i}: computed {computed[i]!r}, exact {mp.nstr(true, 20)}, "
                f"bound {mp.nstr(bound, 3)}"
            )

    def __str__(self) -> str:
        def share(part: int, whole: int) -> str:
            return f"{part:>9,}  ({100 * part / max(whole, 1):.2f} %)"

        return "\n".join([
            f"programs              {self.programs:>9,}",
            f"draws                 {self.draws:>9,}",
            f"undefined draws       {share(self.undefined, self.draws)}",
            f"ill-conditioned       {share(self.ill_conditioned, self.programs)}",
            f"gradients             {self.gradients:>9,}",
            f"zero gradients        {share(self.zero, self.gradients)}",
            f"second looks          {self.second_looks:>9,}",
            f"wrong gradients       {len(self.wrong):>9,}",
        ])  # fmt: skip
