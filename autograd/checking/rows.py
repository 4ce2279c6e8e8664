"""`check_operation(row)`: is a row of the table right over its domain, at its edges and kinks?

Points are drawn from the row's own domain; every derivative is compared with numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isinf, isnan

from autograd.checking.differences import EPSILON, TRUST, derivative, differ, resolution, slope
from autograd.rules.language import BUILT_IN, NaryOperation, Operation
from autograd.rules.words import kind_of, shortest

TYPE_CHECKING = False
if TYPE_CHECKING:
    import random

SPECIAL = (0.0, 1.0, -1.0, 2.0, 0.5)
BESIDE = 1e-7  # how far beside a kink counts as off it


class OperationReport:
    """What was tried on a row, and every problem in words; true where there is none."""

    __slots__ = ("name", "points", "problems")

    def __init__(self, name: str, points: int, problems: list[str]) -> None:
        self.name = name
        self.points = points
        self.problems = problems

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        if self.ok:
            return f"{self.name} is right at {self.points} points, edges and kinks among them"
        head = f"{self.name} is wrong at {len(self.problems)} of {self.points} points:"
        return "\n  ".join([head, *self.problems[:10]])


def check_operation(
    operation: Operation, *, samples: int = 200, rng: random.Random | None = None
) -> OperationReport:
    """Try a row's rules at `samples` points of its domain, and at the edges and kinks it finds.

    At a kink any number between the slopes from both sides is right; at an edge of the domain a
    rule must give a number (or +-inf) and not fail.  ValueError where the domain has no point.
    """
    if not isinstance(operation, Operation):
        raise TypeError(
            f"check_operation needs a row of the table, got {kind_of(operation)}: "
            'tanh, or OPERATIONS["tanh"]'
        )
    if rng is None:
        from random import Random  # slow to import: only where asked

        rng = Random(0)
    problems: list[str] = []
    points = list(_points(operation, samples, rng))
    if not points:
        raise ValueError(f"no point of the domain of {operation.name} was found: see its `domain`")
    for xs in points:
        problem = _problem(operation, xs)
        if problem:
            problems.append(problem)
    return OperationReport(operation.name, len(points), problems)


def _problem(operation: Operation, xs: tuple[float, ...]) -> str:
    """What is wrong at this point, or nothing."""
    at = f"at ({', '.join(map(shortest, xs))})"
    try:
        z = operation.compute(xs)
    except OverflowError:
        return ""
    except Exception as error:  # whatever a user's rule raises is what there is to report
        return f"{at} the forward rule fails: {type(error).__name__}: {error}"
    if type(z) is not float or isnan(z):
        return f"{at} the forward rule gives {z!r}, which is no number"
    for k in range(len(xs)):
        try:
            used = operation.differentiate(xs, z, [j != k for j in range(len(xs))])[k]
        except Exception as error:  # the same
            return f"{at} the rule for argument {k} fails: {type(error).__name__}: {error}"
        expected = wrong_derivative(operation, xs, k, used)
        if expected is not None:
            return (
                f"{at} the derivative by argument {k} should be {expected:.10g}, "
                f"the rule gives {used:.10g}"
            )
    return ""


def _points(operation: Operation, samples: int, rng: random.Random) -> Iterator[tuple[float, ...]]:
    """Points of the domain: ordinary ones, then edges, kinks and their neighbours."""
    inside: list[tuple[float, ...]] = []
    for _ in range(samples * 50):
        xs = _draw(operation, rng)
        if _allowed(operation, xs):
            inside.append(xs)
            yield xs
            if len(inside) == samples:
                break
        elif inside:
            edge = _edge(operation, inside[-1], xs)
            if edge is not None and rng.random() < 0.2:
                yield edge
    if operation.kink is not None:
        for xs in inside[: samples // 4]:
            for kinked in _at_kinks(operation, xs):
                yield kinked
                for side in (-BESIDE, BESIDE):
                    beside = (kinked[0] + side, *kinked[1:])
                    if _allowed(operation, beside):
                        yield beside


def _draw(operation: Operation, rng: random.Random) -> tuple[float, ...]:
    """Operands without regard to the domain: near 0, special, or of any size."""
    nary = isinstance(operation, NaryOperation)
    count = rng.randint(2, 5) if nary else len(operation.partials)
    selectors = operation.selectors(count)
    return tuple(
        float(rng.randrange(count - len(selectors))) if i in selectors else rng.choice((
            rng.gauss(0, 2), rng.gauss(0, 2), rng.uniform(-1, 1), rng.choice(SPECIAL),
            rng.choice((-1, 1)) * 10 ** rng.uniform(-3, 2),
        ))
        for i in range(count)
    )  # fmt: skip


def _allowed(operation: Operation, xs: Sequence[float]) -> bool:
    return operation.domain is None or bool(operation.domain(*xs))


def _edge(
    operation: Operation, inside: tuple[float, ...], outside: tuple[float, ...]
) -> tuple[float, ...] | None:
    """The last point inside the domain on the way from one point to the other."""
    if len(inside) != len(outside):
        return None
    low, high = 0.0, 1.0
    best = inside
    for _ in range(80):
        middle = (low + high) / 2
        xs = tuple([a + middle * (b - a) for a, b in zip(inside, outside)])
        if _allowed(operation, xs):
            low, best = middle, xs
        else:
            high = middle
    return best


def _at_kinks(operation: Operation, xs: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """Points beside xs that sit on a kink: an operand at 0, at another operand, or all at 0."""
    assert operation.kink is not None
    candidates = [(0.0, *xs[1:]), (0.0,) * len(xs)]
    candidates += [(xs[j], *xs[1:]) for j in range(1, len(xs))]
    for candidate in candidates:
        if _allowed(operation, candidate) and operation.kink(*candidate) == 0.0:
            yield candidate


# ---- one derivative of a row, against numbers ----------------------------------------------------


def wrong_derivative(
    operation: Operation, xs: Sequence[float], k: int, used: float, rtol: float = 1e-7
) -> float | None:
    """What the derivative of a row by argument k should be, where it is not `used`; else None.

    At a kink any number between the slopes from both sides is right.
    """
    reach = inf if operation.kink is None else float(operation.kink(*xs))
    domain = operation.domain if operation.domain is not None and operation.domain(*xs) else None

    def value(x: float, limit: float = reach) -> float | None:
        if abs(x - xs[k]) >= limit != inf and x != xs[k]:
            return None
        moved = (*xs[:k], x, *xs[k + 1 :])
        if domain is not None and not domain(*moved):
            return None  # a formula may go on behind an edge, and have nothing to do with it
        try:
            return float(operation.compute(moved))
        except (ArithmeticError, ValueError):
            return None

    size = max(1.0, *map(abs, xs)) if operation.saturating else 0.0
    noise = 0.0 if operation.name in BUILT_IN else resolution(value, xs[k])
    numeric = derivative(value, xs[k], size, noise)
    allowed = 8 * EPSILON * operation.saturating + rtol * abs(numeric.value)
    if isinf(used) and not numeric.bar < 1e-3 * abs(numeric.value):
        return None  # no clear finite number speaks against an infinite slope
    if numeric.bar < inf:
        if abs(used - numeric.value) <= allowed + TRUST * numeric.bar:
            return None
    elif reach > 0 or isinf(used) or isnan(used):
        return None  # a domain's edge: nothing to compare with
    left, right = (slope(lambda x: value(x, inf), xs[k], side, size, noise) for side in (-1, 1))
    if not differ(left, right, rtol) and numeric.bar < inf:
        return numeric.value
    known = [d for d in (left, right) if d.bar < inf]  # one alone where the domain ends at a kink
    if not known:
        return None
    low, high = min([d.value for d in known]), max([d.value for d in known])
    bars = TRUST * sum([d.bar for d in known]) + rtol * max(abs(low), abs(high))
    return None if low - bars <= used <= high + bars else (low + high) / 2
