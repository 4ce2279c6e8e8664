"""The compiled engine's elementary functions: how far from 50 digits, on which processor.

Zero, infinities and NaN are those of the plain engine; all else is measured in units of the last
digit.
"""

import ctypes
import math
import random
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from autograd import OPERATIONS
from autograd.tape.engines.plain import ROUTINES
from autograd.tape.kernels.elementary import COEFFICIENTS, INTRINSICS, LIBM, ULP, definitions
from autograd.tape.kernels.module import ATTRIBUTES
from autograd.tape.kernels.rows import REPEATED, is_routine
from autograd.tape.kernels.writing import ALIGNED, VECTOR, WIDTH, Writer

pytest.importorskip("mpmath", reason='needs pip install -e ".[test]"')
np = pytest.importorskip("numpy", reason='needs pip install -e ".[fast]"')
llvm = pytest.importorskip("llvmlite.binding", reason='needs pip install -e ".[fast]"')

from oracle import FORWARD, mp  # noqa: E402

from autograd.tape.engines.compiled.library import Compiler, parts  # noqa: E402

inf, nan = math.inf, math.nan
DOCS = Path(__file__).parent.parent / "docs" / "tape.md"

# ---- functions, compiled -------------------------------------------------------------------------

PROCESSORS: dict[str, tuple[str, str] | None] = {
    "this one": None,
    "SSE2": ("x86-64", ""),
    "AVX2": ("x86-64", "+avx2,+fma"),
    "AVX": ("x86-64", "+avx"),
}
FEW, ALL = ["this one", "SSE2"], list(PROCESSORS)


def arity(name: str) -> int:
    return LIBM.get(name, 1)


def over_an_array(name: str) -> str:
    """Runs a function over so many vectors."""
    w = Writer(f"void @run_{name}(ptr %x0, ptr %x1, ptr %z, i64 %n)")

    def body(i: str) -> None:
        xs = [w.load(VECTOR, w.at(f"%x{k}", i, VECTOR)) for k in range(arity(name))]
        w.store(VECTOR, w.call(f'"v_{name}"', *xs), w.at("%z", i, VECTOR))

    w.loop(0, "%n", 1, body)
    return w.text()


def module_of(names: Iterable[str], *, fma: bool) -> str:
    loops = [over_an_array(name) for name in names]
    return "\n".join([*INTRINSICS, definitions(fma), *loops, ATTRIBUTES])


class Functions:
    """Functions for a processor, on columns of numbers."""

    def __init__(self, processor: tuple[str, str] | None, names: Iterable[str]) -> None:
        self.compiler = Compiler(*processor or ())
        text = module_of(names, fma=self.compiler.fma)
        codes = [self.compiler.compile(part) for part in parts(text)]
        self.addresses = self.compiler.load(codes, text)

    def __call__(self, name: str, *columns: Sequence[float]) -> Any:
        vectors = -(-len(columns[0]) // WIDTH)
        memory = np.zeros((3 * vectors + 1) * WIDTH)
        first = -memory.ctypes.data % ALIGNED // memory.itemsize
        lying = memory[first : first + 3 * vectors * WIDTH].reshape(3, -1)
        for row, column in zip(lying, columns):
            row[: len(column)] = column
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)
        run = kind(self.addresses[f"run_{name}"])
        run(*[row.ctypes.data for row in lying], vectors)
        return lying[2, : len(columns[0])].copy()


@cache
def functions_for(processor: str) -> Functions:
    wanted = PROCESSORS[processor]
    if wanted is not None:
        there = llvm.get_host_cpu_features()
        needed = ["sse2", *[word[1:] for word in wanted[1].split(",") if word]]
        if not all(there.get(word) for word in needed):
            pytest.skip(f"needs a processor with {', '.join(needed)}")
    return Functions(wanted, ULP)


# ---- where they are tried ------------------------------------------------------------------------

SPECIAL = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5e-324, 1e-310, 2.0**-1022, 1e-17, 1e300, inf, nan]
SPECIAL += [-x for x in SPECIAL]
WHERE_FORMULAS_CHANGE = [
    0.3, 0.34657, 0.346574, 0.5, 0.70710678, 0.7071068, 1.41421356, 0.999999999, 1.00000001,
    2.0**14, 16384.5, 27.2, 27.3, 709.78, 709.7827128933840, 709.79, -708.4, -745.13, -745.14,
    -37.5, 36.8, 1.7e308,
]  # fmt: skip
POWERS = [sign * 2.0**k for k in range(-1074, 1024, 61) for sign in (1, -1)]


def turns(count: int, largest: int, rng: random.Random) -> list[float]:
    """Multiples of pi/2, rounded: sine and cosine have lost nearly all digits there."""
    return [rng.randrange(-largest, largest) * math.pi / 2 for _ in range(count)]


def drawn(count: int, rng: random.Random) -> list[float]:
    """So many numbers of each scale, about 1, near multiples of pi/2, and of any exponent."""
    scales = 0.4, 1.0, 3.0, 30.0, 720.0, 2.0**15
    xs = [rng.uniform(-scale, scale) for scale in scales for _ in range(count)]
    xs += [1.0 + rng.uniform(-1, 1) * 10.0 ** rng.uniform(-16, -1) for _ in range(count)]
    xs += turns(count, 10**4, rng)
    return xs + [rng.choice([1, -1]) * 10.0 ** rng.uniform(-320, 308) for _ in range(count)]


@cache
def points(count: int, name: str) -> list[tuple[float, ...]]:
    """Operands of a function; of two, special ones in all pairs."""
    rng = random.Random(count)
    xs = [*SPECIAL, *WHERE_FORMULAS_CHANGE, *POWERS, *drawn(count, rng)]
    if arity(name) == 1:
        return [(x,) for x in xs]
    ys = rng.sample(xs, len(xs))
    moderate = [(rng.uniform(0, 9), rng.uniform(-99, 99)) for _ in range(count)]
    return [*product(SPECIAL, SPECIAL), *zip(xs, ys), *moderate]


# ---- how far they are from the truth -------------------------------------------------------------


@cache
def truth(name: str, xs: tuple[float, ...]) -> Any:
    with mp.workdps(50):
        return FORWARD[name](*map(mp.mpf, xs))


def ulps(name: str, xs: tuple[float, ...], found: float) -> float:
    """How many units of the true number's last digit it is off; inf for another kind of number."""
    expected = ROUTINES[name](*xs)
    if math.isfinite(found) != math.isfinite(expected) or not math.isfinite(found):
        return 0.0 if found == expected or (found != found and expected != expected) else inf
    if math.copysign(1.0, found) != math.copysign(1.0, expected):
        return inf
    if found == expected == 0.0:
        return 0.0
    edge = 0.0 in xs or not all(map(math.isfinite, xs))  # zeros without a sign are no truth
    exact = mp.mpf(expected) if edge else truth(name, xs)
    return float(abs(exact - found) / math.ulp(float(exact)))


def worst(functions: Functions, name: str, count: int) -> tuple[float, tuple[float, ...]]:
    """The largest error of a function, and where."""
    tried = points(count, name)
    found = functions(name, *zip(*tried)).tolist()
    return max((ulps(name, xs, z), xs) for xs, z in zip(tried, found))


# ---- tests ---------------------------------------------------------------------------------------


def test_every_row_that_is_a_routine_is_a_function() -> None:
    rows = [OPERATIONS[name] for name in ROUTINES if name not in REPEATED]
    assert set(ULP) == {row.name for row in rows if is_routine(row)}


def test_no_function_promises_more_than_two_and_a_half_units_of_the_last_digit() -> None:
    assert max(ULP.values()) <= 2.5


def test_the_docs_tell_what_is_promised() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \| ([\d., ]+) \|", text, re.MULTILINE)
    told = {}
    for names, errors in rows:
        told |= zip(re.findall(r"`(\w+)`", names), map(float, errors.split(", ")), strict=True)
    assert told == {name: error for name, error in ULP.items() if name not in LIBM}


@pytest.mark.parametrize("processor", FEW)
@pytest.mark.parametrize("name", ULP)
def test_a_function_is_as_near_to_the_truth_as_it_promises(name: str, processor: str) -> None:
    error, xs = worst(functions_for(processor), name, 12)
    assert error <= ULP[name], xs


@pytest.mark.parametrize("name", ULP)
def test_what_a_lane_holds_is_nothing_to_its_neighbours(name: str) -> None:
    columns = list(zip(*points(12, name)))
    forth = functions_for("this one")(name, *columns)
    back = functions_for("this one")(name, *[column[::-1] for column in columns])[::-1]
    assert forth.tobytes() == back.tobytes()


def test_the_cosine_of_little_is_one() -> None:
    cosines = functions_for("this one")("cos", [0.0, -0.0, 1e-9, 5e-324])
    assert cosines.tolist() == [1.0] * 4


PLANTED = dict.fromkeys(COEFFICIENTS, 1e-9) | {"cbrt": 1e-3}  # Halley's step mends a smaller one


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_a_coefficient_that_is_a_little_off_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = COEFFICIENTS[name]
    monkeypatch.setitem(COEFFICIENTS, name, (first * (1 + PLANTED[name]), *others))
    error, _ = worst(Functions(None, [name]), name, 12)
    assert error > ULP[name]


# ---- what else decides ---------------------------------------------------------------------------

ROOT = mp.sqrt
# what a polynomial stands for, between which bounds
APPROXIMATED: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "exp": (lambda r: (mp.expm1(r) - r) / r**2 if r else 0.5, -mp.log(2) / 2, mp.log(2) / 2),
    "log": (
        lambda z: (2 * mp.atanh(ROOT(z)) / ROOT(z) - 2) / z,
        mp.mpf(0),
        ((ROOT(2) - 1) / (ROOT(2) + 1)) ** 2,
    ),
    "sin": (lambda z: (mp.sin(ROOT(z)) / ROOT(z) - 1) / z, mp.mpf(0), (mp.pi / 4) ** 2),
    "cos": (lambda z: (mp.cos(ROOT(z)) - 1 + z / 2) / z**2, mp.mpf(0), (mp.pi / 4) ** 2),
    "tanh": (lambda z: (mp.tanh(ROOT(z)) / ROOT(z) - 1) / z, mp.mpf(0), mp.mpf("0.09")),
    "erf": (lambda z: mp.erf(ROOT(z)) / ROOT(z) - 1, mp.mpf(0), mp.mpf("0.25")),
    "erfc": (
        lambda t: (
            (4 * (1 + t) / (1 - t) + mp.mpf("0.5")) * scaled_erfc(4 * (1 + t) / (1 - t))
            - mp.mpf("0.625")
        ),
        (mp.mpf("0.5") - 4) / (mp.mpf("0.5") + 4),
        (mp.mpf("27.5") - 4) / (mp.mpf("27.5") + 4),
    ),
    "cbrt": (lambda u: 1 / mp.cbrt(1 + u), mp.mpf("-0.101"), mp.mpf("0.106")),
}


def scaled_erfc(x: Any) -> Any:
    return mp.exp(x * x) * mp.erfc(x)


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_coefficients_are_those_of_chebyshevs_interpolation(name: str) -> None:
    function, low, high = APPROXIMATED[name]
    with mp.workdps(60):
        found = mp.chebyfit(function, [low, high], len(COEFFICIENTS[name]))
    assert COEFFICIENTS[name] == tuple([float(c) for c in reversed(found)])


def unresolved(code: bytes) -> set[str]:
    """What an object file of ELF leaves to be found elsewhere."""
    sections = {s.name(): s.data() for s in llvm.ObjectFileRef.from_data(code).sections()}
    names = set()
    for at, _, _, section, _, _ in struct.iter_unpack("<IBBHQQ", sections[b".symtab"]):
        if section == 0 and at:
            names.add(sections[b".strtab"][at:].split(b"\0", 1)[0].decode())
    return names


@pytest.mark.parametrize(
    ("triple", "fma"),
    [
        ("aarch64-unknown-linux-gnu", True),
        pytest.param("x86_64-unknown-linux-gnu", False, marks=pytest.mark.slow),
    ],
)
def test_on_other_processors_nothing_is_left_to_be_found_but_the_c_library(
    triple: str, fma: bool
) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=1)
    module = llvm.parse_assembly(module_of([], fma=fma))
    module.triple = triple
    assert unresolved(machine.emit_object(module)) <= {*LIBM, "sin", "cos"}


# ---- campaigns -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ULP)
def test_a_function_keeps_its_promise_at_many_points_on_every_processor(name: str) -> None:
    for processor in ALL:
        error, xs = worst(functions_for(processor), name, 400)
        assert error <= ULP[name], (processor, xs)
