"""What was the mistake?  A wrong gradient is compared with the known ways of getting it wrong.

`mistake_in(rows)` says what each of them would have given, and names one only where it gives
what was claimed at every element, and at more of them than it is free to choose.
What a layer looks like it does not ask: it is found in the right numbers, or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import hypot, inf, isfinite, nan, prod

from autograd.checking.differences import TRUST
from autograd.rules.language import OPERATIONS, NaryOperation, Operation

CLEAR = 20.0  # an element tells where a mistake changes it by so many times what is allowed
SOLVED = 1e-6  # what part of its terms a number is off by that was solved for
BELIEVED = 1e-3  # and may be, where the right numbers are still taken for those of two layers
MOST_EXAMPLES = 1000  # a batch whose length nobody says is no longer than this
MOST_WORK = 1e5  # multiplications in a layer, above which its activation is not searched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from autograd.checking.report import Row

Grid = list[list[float]]


class Claim:
    """An input of a check, flat: its numbers, the derivative claimed and measured, error bars.

    What stands at a kink or has no derivative has a bar of inf, and no part in anything.
    """

    __slots__ = ("allowed", "bars", "claimed", "judged", "name", "numeric", "shape", "x")

    def __init__(
        self,
        name: str,
        shape: Sequence[int],
        x: Sequence[float],
        claimed: Sequence[float],
        numeric: Sequence[float],
        bars: Sequence[float],
        atol: float = 1e-10,
        rtol: float = 1e-7,
    ) -> None:
        self.name = name
        self.shape = tuple(shape)
        self.x = list(x)
        self.claimed = list(claimed)
        self.bars = list(bars)
        self.judged = [isfinite(n) and isfinite(bar) for n, bar in zip(numeric, bars)]
        self.numeric = [n if known else nan for n, known in zip(numeric, self.judged)]
        self.allowed = [
            atol + rtol * max(abs(n), abs(c)) + TRUST * bar if known else inf
            for n, c, bar, known in zip(self.numeric, self.claimed, bars, self.judged)
        ]

    @property
    def wrong(self) -> bool:
        """Whether the claim is finite, and too far from the measured number somewhere."""
        return all(map(isfinite, self.claimed)) and any(
            abs(c - n) > allowed for c, n, allowed in zip(self.claimed, self.numeric, self.allowed)
        )

    @property
    def flat(self) -> bool:
        """Whether it is a vector, if need be written as one row or one column."""
        return prod(self.shape) == max(self.shape, default=0)

    def tells(self, expected: Sequence[float], slack: Sequence[float] | None = None) -> int:
        """How many elements speak for what a mistake would give; -1 where one speaks against it.

        `slack` is how far each expected number may be off by itself; a NaN says nothing.
        """
        speaking = 0
        for i, (e, n, c, allowed) in enumerate(
            zip(expected, self.numeric, self.claimed, self.allowed)
        ):
            if not self.judged[i] or e != e:
                continue
            allowed += 0.0 if slack is None else slack[i]
            if not abs(c - e) <= allowed:
                return -1
            speaking += abs(e - n) > CLEAR * allowed
        return speaking


class Mistake:
    """A known mistake that fits: its kind, the inputs whose gradient it explains, and in words.

    `freedom` is how many numbers were chosen to make it fit; of two that fit, the lesser is named.
    """

    __slots__ = ("freedom", "kind", "names", "words")

    def __init__(self, kind: str, names: Sequence[str], words: str, freedom: int = 0) -> None:
        self.kind = kind
        self.names = list(names)
        self.words = words
        self.freedom = freedom

    def __repr__(self) -> str:
        *most, last = self.names
        names = f"{', '.join(most)} and {last}" if most else last
        return f"the gradient by {names} {self.words}"


def mistake_in(
    rows: Sequence[Row],
    atol: float,
    rtol: float,
    again: Callable[[], Sequence[float]],
    sampled: bool = False,
) -> str:
    """The sentence for a check's rows, in the order of its elements; "" where nothing fits.

    `again` asks the gradient function once more, and gives its claims for the rows.
    A sample of many elements is taken together as one input.
    """
    if all(row.verdict != "wrong" for row in rows):
        return ""
    inputs, places = [], []
    names = [row.name for row in rows]
    whole = ("all that was tried", (len(rows),), [*range(len(rows))])
    for name, shape, place in [whole] if sampled else _inputs_of(names):
        of = [rows[i] for i in place]
        sure = [row.numeric.bar if row.verdict in ("ok", "wrong") else inf for row in of]
        claimed, numeric = [row.analytic for row in of], [row.numeric.value for row in of]
        inputs.append(Claim(name, shape, [row.x for row in of], claimed, numeric, sure, atol, rtol))
        places.append(place)

    def once_more() -> list[list[float]]:
        found = again()
        return [[found[i] for i in place] for place in places]

    return sentence(find_mistakes(inputs, once_more))


def _inputs_of(names: Sequence[str]) -> list[tuple[str, tuple[int, ...], list[int]]]:
    """The inputs whose elements are named so, with their shapes and the places of the elements.

    W[0][1] and W[0, 1] are elements of W; of an input that is ragged, each part is one by itself.
    """
    groups: dict[str, list[tuple[list[str], int]]] = {}
    for i, name in enumerate(names):
        parts: list[str] = []
        while name.endswith("]"):
            rest, _, inside = name.rpartition("[")
            if not inside[:-1].replace(", ", "").isdigit() or (parts and "," in parts[0]):
                break
            name, parts = rest, [inside[:-1], *parts]
        groups.setdefault(name, []).append((parts, i))
    found = []
    waiting = list(groups.items())
    while waiting:
        name, elements = waiting.pop(0)
        indices = [[int(k) for part in parts for k in part.split(", ")] for parts, _ in elements]
        shape = tuple([max(axis) + 1 for axis in zip(*indices)])
        if {len(index) for index in indices} == {len(shape)} and prod(shape) == len(elements):
            found.append((name, shape, [i for _, i in elements]))
            continue
        deeper: dict[str, list[tuple[list[str], int]]] = {}
        for (first, *parts), i in [element for element in elements if element[0]]:
            deeper.setdefault(f"{name}[{first}]", []).append((parts, i))
        waiting = [*deeper.items(), *waiting]
    return found


def find_mistakes(
    inputs: Sequence[Claim], again: Callable[[], Sequence[Sequence[float]]] | None = None
) -> list[Mistake]:
    """The known mistakes that explain wrong claims; two for one input where both fit it.

    `again()` asks the gradient function once more, and gives its claims in the inputs' order.
    """
    wrong = [claim for claim in inputs if claim.wrong]
    if not wrong:
        return []
    found = _of_a_second_call(inputs, again) if again is not None else []
    if not found:
        for mistakes in (_factors, _zeros, _transposed, _of_another, _penalties, _sums, _softmax):
            found += mistakes(inputs, wrong)
        found += _of_one_example(inputs, wrong)
        found += _through_a_layer(inputs, wrong)
    named: list[Mistake] = []
    for claim in wrong:
        fitting = [mistake for mistake in found if claim.name in mistake.names]
        least = min([mistake.freedom for mistake in fitting], default=0)
        for mistake in fitting:
            if mistake.freedom == least:
                _add(named, Mistake(mistake.kind, [claim.name], mistake.words, least))
    return named


def sentence(mistakes: Sequence[Mistake]) -> str:
    """What was found in one line, or nothing; "or" between two that fit the same input."""
    line, before = "", set[str]()
    for mistake in mistakes:
        if line:
            line += "; or " if before & set(mistake.names) else "; "
        line += repr(mistake)
        before |= set(mistake.names)
    return line


def _add(found: list[Mistake], mistake: Mistake) -> None:
    """Found too; what is said of several inputs alike is said once."""
    for other in found:
        if (other.kind, other.words) == (mistake.kind, mistake.words):
            other.names += [name for name in mistake.names if name not in other.names]
            return
    found.append(mistake)


# ---- what the numbers of one input show ----------------------------------------------------------


def _factors(inputs: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """A factor that people forget or take twice: -1, a whole number, or one divided by it."""
    lengths = {length for claim in inputs for length in claim.shape}
    groups: dict[tuple[int, int], list[str]] = {}  # by numerator and denominator
    speaking: dict[tuple[int, int], int] = {}
    for claim in wrong:
        factor = _whole_factor(claim)
        if factor is None:
            continue
        k = factor[0] / factor[1]
        slack = [abs(k) * allowed for allowed in claim.allowed]
        telling = claim.tells([k * n for n in claim.numeric], slack)
        if telling > 0:
            groups.setdefault(factor, []).append(claim.name)
            speaking[factor] = speaking.get(factor, 0) + telling
    found = []
    for (over, under), names in groups.items():
        size = max(abs(over), under)
        usual = size <= 2 or size in lengths
        telling = speaking[over, under]
        if telling >= (1 if usual else 3):
            doubt = " (one number only: it may be chance)" if telling == 1 else ""
            text = f"{over}/{under}" if under > 1 else str(over)
            words = f"is {text} times the derivative everywhere: {_about_factor(over, under)}"
            found.append(Mistake(f"factor {text}", names, words + doubt))
    return found


def _whole_factor(claim: Claim) -> tuple[int, int] | None:
    """Numerator and denominator, where the clearest element shows a factor n or 1/n and not 1."""
    known = [i for i, n in enumerate(claim.numeric) if claim.judged[i] and n != 0]
    if not known:
        return None
    i = max(known, key=lambda i: abs(claim.numeric[i]) / claim.allowed[i])
    n, c = claim.numeric[i], claim.claimed[i]
    if c == 0:
        return None
    blur = 2 * claim.allowed[i] / min(abs(n), abs(c))
    for ratio, inverse in ((c / n, False), (n / c, True)):
        if not 0.5 < abs(ratio) < 1e15:
            continue
        whole = round(ratio)
        if whole != 1 and abs(ratio - whole) <= abs(ratio) * blur < 1 / CLEAR:
            sign = 1 if whole > 0 else -1
            return (sign, abs(whole)) if inverse else (whole, 1)
    return None


def _about_factor(over: int, under: int) -> str:
    """What such a factor usually comes from."""
    if over == -1 and under == 1:
        return "the sign is wrong"
    if over < 0:
        return "the sign is wrong, and a factor"
    if over == 2:
        return "a factor 2 too many, or added twice"
    if under == 2:
        return "a factor 2 is missing (a square's?)"
    if under == 1:
        return f"a factor {over} too many, or a sum over {over} where a mean is taken"
    return f"divided by {under} once too often, or a mean over {under} where a sum is taken"


def _zeros(_: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """0 everywhere, where the derivative is not."""
    telling = {claim.name: claim.tells([0.0] * len(claim.x)) for claim in wrong}
    names = [name for name, count in telling.items() if count > 0]
    if sum(telling[name] for name in names) < 2:
        return []
    words = "is 0 everywhere: never filled in, cut off, or all masked"
    return [Mistake("zero", names, words, freedom=-1)]  # whatever else gives 0


def _transposed(_: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """Two axes swapped, in the order of the numbers if not in the shape."""
    found: list[Mistake] = []
    for claim in wrong:
        for one, two in combinations(range(len(claim.shape)), 2):
            if min(claim.shape[one], claim.shape[two]) < 2:
                continue
            places = _swapped(claim.shape, one, two)
            swap = [claim.numeric[i] for i in places]
            slack = [claim.allowed[i] for i in places]
            if claim.tells(swap, slack) >= 2:
                axes = "" if len(claim.shape) == 2 else f" in its axes {one} and {two}"
                _add(found, Mistake("transposed", [claim.name], f"is transposed{axes}"))
    return found


def _swapped(shape: Sequence[int], one: int, two: int) -> list[int]:
    """Where each element of an array with two axes swapped stood before, in flat order."""
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    order = list(range(len(shape)))
    order[one], order[two] = two, one
    places = [0]
    for axis in order:
        places = [place + i * strides[axis] for place in places for i in range(shape[axis])]
    return places


def _of_another(inputs: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """The derivative by another input of the same shape, or the same number of elements."""
    found: list[Mistake] = []
    single: dict[str, Mistake] = {}
    for claim in wrong:
        for other in inputs:
            if other is claim or len(other.x) != len(claim.x) or not any(claim.claimed):
                continue
            telling = claim.tells(other.numeric, other.allowed)
            mistake = Mistake("another", [claim.name], f"is the derivative by {other.name}")
            if telling >= 2:
                found.append(mistake)
            elif telling == 1:
                single[claim.name] = mistake
    return found + (list(single.values()) if len(single) >= 2 else [])


def _penalties(_: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """What is missing or too much is proportional to the parameter, or to its sign."""
    found: list[Mistake] = []
    for what, slope in (("the parameter", float), ("its sign", _sign)):
        for rate, blur in [_rate(claim, slope) for claim in wrong]:
            for claim in wrong if rate else ():
                slopes = list(map(slope, claim.x))
                expected = [n + rate * d for n, d in zip(claim.numeric, slopes)]
                if claim.tells(expected, [blur * abs(d) for d in slopes]) > 0:
                    kind = "missing" if rate < 0 else "twice"
                    rest = "missing" if rate < 0 else "there twice, or too large"
                    words = (
                        f"differs from the derivative by {rate:.4g} times {what} everywhere: "
                        f"the gradient of a penalty is {rest}"
                    )
                    _add(found, Mistake(f"penalty {kind}", [claim.name], words, freedom=1))
    return found


def _rate(claim: Claim, slope: Callable[[float], float]) -> tuple[float, float]:
    """The error by the penalty's slope, and how far that may be off; 0 where it does not fit.

    Enough numbers must differ: every error is proportional to a parameter that is 1 everywhere.
    """
    slopes = list(map(slope, claim.x))
    known = [i for i, d in enumerate(slopes) if claim.judged[i] and d != 0]
    if not known:
        return 0.0, 0.0
    i = max(known, key=lambda i: abs(slopes[i]))
    rate = (claim.claimed[i] - claim.numeric[i]) / slopes[i]
    blur = claim.allowed[i] / abs(slopes[i])
    expected = [n + rate * d for n, d in zip(claim.numeric, slopes)]
    telling = claim.tells(expected, [blur * abs(d) for d in slopes])
    if slope is float:
        varied = telling >= 3 and len({abs(slopes[i]) for i in known}) >= 3
    else:
        varied = telling >= 4 and len({slopes[i] for i in known}) == 2
    return (rate, blur) if varied else (0.0, 0.0)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _sums(_: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """A vector whose every element is the sum of all: summed over one axis too many."""
    found: list[Mistake] = []
    for claim in wrong:
        if claim.flat and len(claim.x) >= 2:
            whole, slack = sum(claim.numeric), sum(claim.allowed)
            if claim.tells([whole] * len(claim.x), [slack] * len(claim.x)) >= 2:
                words = "is the sum of its derivatives everywhere: summed over one axis too many"
                _add(found, Mistake("summed too far", [claim.name], words))
    return found


def _softmax(_: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """The probabilities where their difference to the targets belongs.

    Through a softmax the derivatives by all scores (or their biases) add up to 0.  Without the
    minus one each is larger by how often its class occurs: whole numbers, or parts of a batch.
    """
    found: list[Mistake] = []
    for claim in wrong:
        if any(_counts_classes(claim, rows) for rows in _rows_of_scores(claim)):
            words = (
                "exceeds the derivative by how often each class occurs: "
                "the softmax's minus one is left out"
            )
            _add(found, Mistake("softmax", [claim.name], words))
    return found


def _rows_of_scores(claim: Claim) -> list[list[range]]:
    """The elements of each example's scores: one vector, or the rows or columns of a matrix."""
    size = len(claim.x)
    if claim.flat:
        return [[range(size)]]
    if len(claim.shape) != 2:
        return []
    rows, columns = claim.shape
    return [
        [range(i * columns, (i + 1) * columns) for i in range(rows)],
        [range(j, size, columns) for j in range(columns)],
    ]


def _counts_classes(claim: Claim, rows: Sequence[range]) -> bool:
    """Whether claims exceed derivatives by counts of classes, or by their parts of a batch."""
    if not all(claim.judged) or len(rows[0]) < 2:
        return False
    for row in rows:
        if abs(sum(claim.numeric[i] for i in row)) > sum(claim.allowed[i] for i in row):
            return False
    if any(c < -allowed for c, allowed in zip(claim.claimed, claim.allowed)):
        return False  # a probability
    excess = [c - n for c, n in zip(claim.claimed, claim.numeric)]
    blur = max(claim.allowed)
    for parts in range(1, MOST_EXAMPLES) if len(rows) == 1 else (1, len(rows)):
        if blur * parts > 1 / CLEAR:
            return False
        if any(abs(parts * e - round(parts * e)) > parts * blur for e in excess):
            continue
        counts = [round(parts * e) for e in excess]
        sums = [sum(counts[i] for i in row) for row in rows]
        if min(counts) >= 0 and (set(sums) == {1} or (len(rows) == 1 and parts in (1, sums[0]))):
            return sums[0] > 0
    return False


# ---- what a second call shows --------------------------------------------------------------------


def _of_a_second_call(
    inputs: Sequence[Claim], again: Callable[[], Sequence[Sequence[float]]]
) -> list[Mistake]:
    """Gradients that add up from call to call, or that are others the second time."""
    found: list[Mistake] = []
    try:
        claimed = again()
    except Exception:  # a gradient function that works once says nothing the second time
        return found
    for claim, second in zip(inputs, claimed):
        if not claim.wrong or len(second) != len(claim.claimed):
            continue
        more = [b - a for a, b in zip(claim.claimed, second)]
        if all(abs(d) <= allowed for d, allowed in zip(more, claim.allowed)):
            continue
        grown = [
            not known or abs(d - n) <= 2 * allowed
            for d, n, known, allowed in zip(more, claim.numeric, claim.judged, claim.allowed)
        ]
        if all(grown):
            words = "grows by the derivative with every call: it is added to what was there before"
            _add(found, Mistake("accumulated", [claim.name], words))
        else:
            words = "is another one when asked again: random, or from a state that the call changes"
            _add(found, Mistake("unsteady", [claim.name], words))
    return found


# ---- what the numbers of a layer show ------------------------------------------------------------


def _grid(values: Sequence[float], shape: Sequence[int], flip: bool) -> Grid:
    """The rows of a matrix, or its columns."""
    rows, columns = shape
    if flip:
        return [list(values[j::columns]) for j in range(columns)]
    return [list(values[i * columns : (i + 1) * columns]) for i in range(rows)]


def _flat(grid: Grid, flip: bool) -> list[float]:
    """A matrix in the order of its input."""
    return [x for row in (zip(*grid) if flip else grid) for x in row]


def _product(A: Grid, B: Grid) -> tuple[Grid, Grid]:
    """A transposed times B, and the size of what was added up."""
    columns = [list(column) for column in zip(*B)]
    rows = [list(row) for row in zip(*A)]
    return (
        [[sum([a * b for a, b in zip(row, column)]) for column in columns] for row in rows],
        [[sum([abs(a * b) for a, b in zip(row, column)]) for column in columns] for row in rows],
    )


def _of_one_example(inputs: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """The bias of a first layer whose gradient is that of one example of the batch X.

    With x W + b, the derivative by the example i of X is W times that by its own b.
    """
    found: list[Mistake] = []
    for b in wrong:
        if not b.flat:
            continue
        for X, W, flip, turn in _affine(inputs, len(b.x)):
            weights = _grid(W.x, W.shape, turn)
            for i, row in enumerate(_grid(X.numeric, X.shape, flip)):
                allowed = _grid(X.allowed, X.shape, flip)[i]
                if _carries(weights, b, row, allowed):
                    _add(found, Mistake("one example", [b.name], _about_one(i, X.name)))
                    break
    return found


def _affine(inputs: Sequence[Claim], width: int) -> Iterator[tuple[Claim, Claim, bool, bool]]:
    """A batch X and weights W of so many outputs whose sizes fit; which is turned around."""
    matrices = [claim for claim in inputs if len(claim.shape) == 2]
    for X in matrices:
        for W in matrices:
            if W is X:
                continue
            for flip, turn in ((False, False), (True, True), (False, True)):
                rows, columns = reversed(W.shape) if turn else W.shape
                if columns == width and X.shape[0 if flip else 1] == rows:
                    yield X, W, flip, turn


def _carries(weights: Grid, b: Claim, row: Sequence[float], allowed: Sequence[float]) -> bool:
    """Whether the weights carry the claim of b, and not its derivative, to these numbers."""
    telling = 0
    for w, n, slack in zip(weights, row, allowed):
        carried = sum([x * c for x, c in zip(w, b.claimed)])
        slack += sum([abs(x) * TRUST * a for x, a in zip(w, b.allowed)])
        if not abs(carried - n) <= slack:
            return False
        telling += abs(carried - sum([x * m for x, m in zip(w, b.numeric)])) > CLEAR * slack
    return telling >= 2


# ---- what the numbers of two layers show ---------------------------------------------------------

LEFT_OUT = "is what arrives behind the activation: its derivative is left out"
ABOUT_SLOPES = (
    ("slope left out", LEFT_OUT),
    ("slope at output", "has the activation's derivative taken at its output, not at its input"),
    ("slope of input", "has the derivative's formula for the output used on the input"),
    ("gradient's mask", "is masked by the sign of the gradient, not by that of the input"),
)


class _Layers:
    """Two layers among the inputs, act(X W + b) V + c, and the right gradients in between.

    They are found by their sizes, and believed where the right numbers agree with them.
    """

    def __init__(self, W: Claim, b: Claim, V: Claim, c: Claim | None, turn: bool) -> None:
        self.W, self.b, self.V, self.c, self.turn = W, b, V, c, turn
        self.X: Claim | None = None
        self.flip = False
        self.weights = _grid(W.x, W.shape, turn)
        self.above = _grid(V.x, V.shape, turn)
        self.batch: Grid = []

    def of_one_example(self) -> bool:
        """Take X to be a single row: then W's gradient is that of b times X, and shows it."""
        known = [h for h, n in enumerate(self.b.numeric) if n == n]
        h = max(known, key=lambda h: abs(self.b.numeric[h]), default=-1)
        if self.c is None or h < 0 or self.b.numeric[h] == 0:
            return False
        slopes = _grid(self.W.numeric, self.W.shape, self.turn)
        self.X, self.batch = None, [[row[h] / self.b.numeric[h] for row in slopes]]
        return True

    def of_batch(self, X: Claim, flip: bool) -> None:
        """Take X to be this input."""
        self.X, self.flip = X, flip
        self.batch = _grid(X.x, X.shape, flip)

    def believe(self, row: Operation) -> bool:
        """Whether the right numbers are those of this activation; then all in between is known."""
        b = self.b.x
        self.before = [
            [
                sum([x * w for x, w in zip(xs, column)]) + b[h]
                for h, column in enumerate(zip(*self.weights))
            ]
            for xs in self.batch
        ]
        try:
            self.after = [[row.compute((z,)) for z in zs] for zs in self.before]
            self.slopes = [
                [row.differentiate((z,), a)[0] for z, a in zip(zs, activations)]
                for zs, activations in zip(self.before, self.after)
            ]
            arriving = self._arriving()
        except Exception:  # no activation at these numbers, whatever a user's row raises there
            return False
        if arriving is None:
            return False
        self.scores = arriving
        self.arriving = [
            [sum([v * d for v, d in zip(vs, ds)]) for vs in self.above] for ds in arriving
        ]
        offs, clear = zip(
            _off(self.b, *self.bias(self.slopes)), _off(self.W, *self.weight(self.slopes))
        )
        solved = len(self.weights) if self.X is None else 0
        self.blur = 10 * max(SOLVED, *offs)
        return max(offs) <= BELIEVED and clear[0] > 0 and sum(clear) > solved + 1

    def _arriving(self) -> Grid | None:
        """The derivative by a V + c of each example: that by c, or what explains that by X."""
        if self.X is None:
            assert self.c is not None
            return [self.c.numeric]
        found: list[list[float] | None] = []
        for row, slopes in zip(_grid(self.X.numeric, self.X.shape, self.flip), self.slopes):
            carried = [
                [
                    sum([w * d * vs[k] for w, d, vs in zip(ws, slopes, self.above)])
                    for ws in self.weights
                ]
                for k in range(len(self.above[0]))
            ]
            found.append(_solve(carried, row))
        known = [row for row in found if row is not None]
        if len(found) - len(known) == 1 and self.c is not None:  # all add up to that by c
            rest = [n - sum(column) for n, *column in zip(self.c.numeric, *known)]
            return [rest if row is None else row for row in found]
        return known if len(known) == len(found) else None

    def bias(self, slopes: Grid) -> tuple[list[float], list[float]]:
        """The gradient by b with these slopes of the activation, and the size of its terms."""
        terms = list(zip(*self._passed(slopes)))
        return [sum(t) for t in terms], [sum(map(abs, t)) for t in terms]

    def weight(self, slopes: Grid) -> tuple[list[float], list[float]]:
        """The same by W."""
        values, sizes = _product(self.batch, self._passed(slopes))
        return _flat(values, self.turn), _flat(sizes, self.turn)

    def input(self, slopes: Grid) -> tuple[list[float], list[float]]:
        """The same by X."""
        turned = [list(column) for column in zip(*self.weights)]
        passed = [list(column) for column in zip(*self._passed(slopes))]
        values, sizes = _product(passed, turned)
        return _flat(values, self.flip), _flat(sizes, self.flip)

    def _passed(self, slopes: Grid) -> Grid:
        return [[d * s for d, s in zip(ds, ss)] for ds, ss in zip(self.arriving, slopes)]

    def mistaken_slopes(self, row: Operation) -> list[Grid]:
        """What people take for the activation's derivative, in the order of ABOUT_SLOPES."""
        return [
            [[1.0 for _ in zs] for zs in self.before],
            [[row.differentiate((a,), row.compute((a,)))[0] for a in zs] for zs in self.after],
            [[row.differentiate((z,), z)[0] for z in zs] for zs in self.before],
            [[float(d > 0) for d in ds] for ds in self.arriving],
        ]

    def mistakes(self, row: Operation) -> Iterator[Mistake]:
        """What fits b, W and X together."""
        try:
            candidates = self.mistaken_slopes(row)
        except Exception:  # as above
            return
        for (kind, words), slopes in zip(ABOUT_SLOPES, candidates):
            told = [(self.b, *self.bias(slopes)), (self.W, *self.weight(slopes))]
            if self.X is not None:
                told.append((self.X, *self.input(slopes)))
            speaking = [
                claim.tells(values, [self.blur * size for size in sizes])
                for claim, values, sizes in told
            ]
            if min(speaking) >= 0 and sum(speaking) >= 2:
                yield Mistake(kind, [claim.name for claim, _, _ in told if claim.wrong], words)
        if self.X is not None:
            yield from self._of_one_example(self.X.name)

    def _of_one_example(self, name: str) -> Iterator[Mistake]:
        """Gradients for which one example of the batch counts, and no other."""
        passed = self._passed(self.slopes)
        for i in range(len(self.batch) if len(self.batch) > 1 else 0):
            told = [(self.b, passed[i])]
            told.append(
                (self.W, _flat([[x * d for d in passed[i]] for x in self.batch[i]], self.turn))
            )
            outer = [[a * d for d in self.scores[i]] for a in self.after[i]]
            told.append((self.V, _flat(outer, self.turn)))
            if self.c is not None:
                told.append((self.c, self.scores[i]))
            speaking = {
                claim.name: claim.tells(values, [self.blur * abs(value) for value in values])
                for claim, values in told
                if claim.wrong
            }
            names = [claim for claim, count in speaking.items() if count > 0]
            if sum(speaking[claim] for claim in names) >= 2:
                yield Mistake("one example", names, _about_one(i, name))


def _about_one(i: int, name: str) -> str:
    return f"is that of one example, number {i} of {name}: it is not summed over the batch"


def _through_a_layer(inputs: Sequence[Claim], wrong: Sequence[Claim]) -> list[Mistake]:
    """What went wrong where a gradient passes an activation.

    What arrives behind it is V times the derivative by a V + c, example by example; that times
    the activation's derivative is the derivative by x W + b.
    """
    found: list[Mistake] = []
    rows = [
        row
        for row in OPERATIONS.values()
        if not isinstance(row, NaryOperation) and len(row.partials) == 1
    ]
    for layers in _layers(inputs):
        if layers.c is not None and layers.b.wrong and _passed_on(layers.b, layers):
            _add(found, Mistake("slope left out", [layers.b.name], LEFT_OUT))
        for _ in _batches(inputs, layers):
            size = len(layers.batch) * len(layers.W.x)
            for row in rows if size <= MOST_WORK else ():
                if layers.believe(row):
                    for mistake in layers.mistakes(row):
                        _add(found, mistake)
    return found


def _layers(inputs: Sequence[Claim]) -> Iterator[_Layers]:
    """Pairs of weights, with biases, whose sizes fit: as x W + b has them, or as W x + b."""
    matrices = [claim for claim in inputs if len(claim.shape) == 2]
    vectors = [claim for claim in inputs if claim.flat]
    for turn in (False, True):
        for W in matrices:
            for V in matrices:
                width = W.shape[0 if turn else 1]
                if W is V or V.shape[1 if turn else 0] != width:
                    continue
                outputs = V.shape[0 if turn else 1]
                for b in vectors:
                    if len(b.x) != width or b is W or b is V:
                        continue
                    rest: list[Claim | None] = [
                        c for c in vectors if len(c.x) == outputs and c not in (W, b, V)
                    ]
                    for c in rest or [None]:
                        yield _Layers(W, b, V, c, turn)


def _batches(inputs: Sequence[Claim], layers: _Layers) -> Iterator[None]:
    """Set the layers to every batch that they may have."""
    if layers.of_one_example():
        yield
    for X in inputs:
        if len(X.shape) == 2 and X not in (layers.W, layers.b, layers.V, layers.c):
            for flip in {False, layers.turn}:
                if X.shape[0 if flip else 1] == len(layers.weights):
                    layers.of_batch(X, flip)
                    yield


def _passed_on(b: Claim, layers: _Layers) -> bool:
    """Whether the claim of b is V times that of c, and its derivative is not."""
    assert layers.c is not None
    c = layers.c
    carried = [sum([v * d for v, d in zip(vs, c.claimed)]) for vs in layers.above]
    slack = [sum([abs(v) * a for v, a in zip(vs, c.allowed)]) for vs in layers.above]
    straight = [sum([v * d for v, d in zip(vs, c.numeric)]) for vs in layers.above]
    bent = any(abs(s - n) > CLEAR * a for s, n, a in zip(straight, b.numeric, b.allowed))
    return bent and b.tells(carried, slack) >= 2


def _off(claim: Claim, values: Sequence[float], sizes: Sequence[float]) -> tuple[float, int]:
    """What part of its terms a sum is off by, error bars aside; and how many derivatives tell."""
    off, clear = 0.0, 0
    for value, size, n, bar, known in zip(values, sizes, claim.numeric, claim.bars, claim.judged):
        if not known:
            continue
        error = abs(value - n) - TRUST * bar
        if not error <= BELIEVED * size:
            return inf, 0
        off = max(off, error / size if size else 0.0)
        clear += abs(n) > BELIEVED * size + TRUST * bar
    return off, clear


def _solve(vectors: Grid, target: Sequence[float]) -> list[float] | None:
    """The vectors' coefficients that come nearest to the target; None where they depend.

    Gram and Schmidt: each vector is freed of those before it, which are kept at length 1.
    """
    basis: Grid = []
    triangle: Grid = []
    for vector in vectors:
        size = hypot(*vector)
        shares = []
        for unit in basis:
            share = sum([u * v for u, v in zip(unit, vector)])
            vector = [v - share * u for u, v in zip(unit, vector)]
            shares.append(share)
        length = hypot(*vector)
        if not length > 1e-6 * size:
            return None
        basis.append([v / length for v in vector])
        triangle.append([*shares, length])
    rest = [sum([u * t for u, t in zip(unit, target)]) for unit in basis]
    found = [0.0] * len(vectors)
    for k in reversed(range(len(vectors))):
        above = sum([triangle[j][k] * found[j] for j in range(k + 1, len(vectors))])
        found[k] = (rest[k] - above) / triangle[k][k]
    return found
