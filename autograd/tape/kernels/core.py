"""The kernels that are no row: matrix, products, sums over lanes, what a call brings and takes.

    Kernel("matrix", fma=True)         a function of its instruction and of the frame it runs in
    core(fma=True)                     the texts of all of them

A *frame* is what a thread works in: where its numbers lie, how many lanes there are, and what the
call has given.  V has a row for each number of a lane, U the uniform numbers, S a vector for each
sum over lanes.  An *instruction* is a row of words: the kernel's address, its own length, and what
it takes, of which lists of rows and places are given by their address.  A word has eight bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from autograd.tape.kernels.writing import (
    ALIGNED,
    LONGS,
    VECTOR,
    WIDTH,
    Writer,
    numeral,
    splat,
)

TILE = 4  # rows of a matrix that are computed at once

# fmt: off
# the words of a frame, in order
FRAME = (
    "V", "vectors", "bytes",           # rows of so many bytes, of which so many vectors are in use
    "U", "S", "W", "scratch",          # uniform numbers, sums, packed weights
    "lane", "lanes",                   # the first lane of the block, and how many it has
    "from", "to", "total",             # the lanes of this thread, and of the whole batch
    "theta", "places",                 # where numbers are given: of an argument three words
    "seeds", "share",                  # what each lane counts for; or 0, and what all count for
    "found", "columns",                # where results go: uniform ones, and those of lanes
    "before", "start", "block", "after",  # where the sections begin
)
# the words of an instruction, in order; then come its lists
INSTRUCTION = ("kernel", "length", "many", "count", "out")
# fmt: on
LISTS = len(INSTRUCTION)
VOID = "preserve_nonecc void"  # a kernel gives nothing, and keeps no register for who called it


class Kernel(Writer):
    """A kernel: a function of its instruction %g and of the frame %f that it runs in."""

    def __init__(self, name: str, *, fma: bool) -> None:
        super().__init__(f'{VOID} @"{name}"(ptr %g, ptr %f)', fma=fma)
        self._words: dict[str, str] = {}

    # ---- words -----------------------------------------------------------------------------------

    def own(self, word: str) -> str:
        """A word of the instruction."""
        return self._word("%g", INSTRUCTION.index(word), word, "i64")

    def given(self, k: int, kind: str = "ptr") -> str:
        """The k-th list of the instruction, or a number in its place."""
        return self._word("%g", LISTS + k, f"list{k}", kind)

    def frame(self, word: str, kind: str = "i64") -> str:
        """A word of the frame."""
        return self._word("%f", FRAME.index(word), word, kind)

    def _word(self, base: str, at: int, word: str, kind: str) -> str:
        """A word that is read once, when the kernel begins."""
        name = f"{base}.{word}"
        self._words[name] = (
            f"  {name}.at = getelementptr i64, ptr {base}, i64 {at}\n"
            f"  {name} = load {kind}, ptr {name}.at"
        )
        return name

    def text(self) -> str:
        """The whole kernel, which ends in that of the next instruction; only `stop` returns."""
        following = self.at("%g", self.own("length"), "i64")
        kernel = self.load("ptr", following)
        self.do(f"musttail call {VOID} {kernel}(ptr {following}, ptr %f)")
        self._lines[2:2] = self._words.values()
        return super().text()

    # ---- whole numbers ---------------------------------------------------------------------------

    def item(self, numbers: str, i: int | str) -> str:
        """A number of a list."""
        return self.op(f"zext i32 {self.load('i32', self.at(numbers, i, 'i32'))} to i64")

    def plus(self, i: int | str, j: int | str) -> str:
        """i + j."""
        return str(i) if j == 0 else self.op(f"add i64 {i}, {j}")

    def times(self, i: int | str, j: int | str) -> str:
        """i * j."""
        return self.op(f"mul i64 {i}, {j}")

    # ---- rows ------------------------------------------------------------------------------------

    def row(self, number: int | str) -> str:
        """Where a row of V lies."""
        return self.at(self.frame("V", "ptr"), self.times(number, self.frame("bytes")), "i8")

    def out(self, j: str) -> str:
        """The row of result j."""
        return self.row(self.plus(self.own("out"), j))

    def for_each(self, one: Callable[[str], None]) -> None:
        """The same for each result of the instruction."""
        self.loop(0, self.own("many"), 1, one)

    def for_vectors(self, tile: Callable[[str, int], None], *widths: int) -> None:
        """The same for all vectors of a block, so many at a time as fit."""
        v: int | str = 0
        for width in widths or (1,):
            v, _ = self.loop(v, self.frame("vectors"), width, partial(_of_width, tile, width))

    def vectors(self, row: str, v: str, count: int = 1) -> list[str]:
        """So many vectors of a row, from v on."""
        return [self.load(VECTOR, self.at(row, self.plus(v, q), VECTOR)) for q in range(count)]

    def keep(self, found: Sequence[str], row: str, v: str) -> None:
        """Put vectors into a row, from v on."""
        for q, x in enumerate(found):
            self.store(VECTOR, x, self.at(row, self.plus(v, q), VECTOR))

    def copy(self, source: str, target: str, count: str) -> str:
        """So many numbers, from one place to another, none of which need begin a vector.

        The place where it ended.
        """

        def some(kind: str, i: str) -> None:
            x = self.op(f"load {kind}, ptr {self.at(source, i)}, align 8")
            self.do(f"store {kind} {x}, ptr {self.at(target, i)}, align 8")

        at, _ = self.loop(0, count, WIDTH, partial(some, VECTOR))
        return self.loop(at, count, 1, partial(some, "double"))[0]

    def rows(self, count: int, compute: Callable[[list[str]], str]) -> None:
        """All of the kernel of a row of the table: a list of rows for each of its operands."""

        def one(j: str) -> None:
            operands = [self.row(self.item(self.given(k), j)) for k in range(count)]
            out = self.out(j)

            def vector(v: str, width: int) -> None:
                self.keep([compute([self.vectors(row, v)[0] for row in operands])], out, v)

            self.for_vectors(vector)

        self.for_each(one)


def _of_width(tile: Callable[[str, int], None], width: int, v: str) -> None:
    tile(v, width)


# ---- sums ----------------------------------------------------------------------------------------


def matrix(fma: bool) -> str:
    """out[j] = starts[j] + the sum of weights[j][k] * x[k]: four rows times four vectors at once.

    The weights lie packed: of four rows each its k-th, then the next k; rows that are left alone.
    """
    w = Kernel("matrix", fma=fma)
    inputs, starts, n = w.given(0), w.given(1), w.own("count")
    weights = w.at(w.frame("W", "ptr"), w.given(2, "i64"))
    uniform = w.frame("U", "ptr")

    def tile(j: str, height: int, v: str, width: int) -> None:
        mine = w.at(weights, w.times(j, n))
        sums = [
            w.broadcast(w.load("double", w.at(uniform, w.item(starts, w.plus(j, r)))))
            for r in range(height)
        ]

        def turn(k: str, *found: str) -> list[str]:
            xs = w.vectors(w.row(w.item(inputs, k)), v, width)
            of_k = w.at(mine, w.times(k, height))
            factors = [w.broadcast(w.load("double", w.at(of_k, r))) for r in range(height)]
            products = [(factor, x) for factor in factors for x in xs]
            return [w.product_and_sum(*pair, z) for pair, z in zip(products, found)]

        carried = [(VECTOR, x) for x in sums for _ in range(width)]
        _, found = w.loop(0, n, 1, turn, carried)
        for r in range(height):
            w.keep(found[r * width : (r + 1) * width], w.out(w.plus(j, r)), v)

    _by_rows(w, w.own("many"), lambda j, height: w.for_vectors(partial(tile, j, height), 4, 2, 1))
    return w.text()


def _by_rows(w: Kernel, many: str, rows: Callable[[str, int], None]) -> None:
    """Four rows at a time, then those that are left."""
    at, _ = w.loop(0, many, TILE, lambda j: rows(j, TILE))
    w.loop(at, many, 1, lambda j: rows(j, 1))


def products(fma: bool) -> str:
    """out[j] = starts[j] + the sum of a[j][k] * b[j][k]: each product rounded, as everywhere."""
    w = Kernel("products", fma=fma)
    n = w.own("count")

    def one(j: str) -> None:
        a, b = (w.at(w.given(k), w.times(j, n), "i32") for k in (0, 1))
        start, out = w.row(w.item(w.given(2), j)), w.out(j)

        def tile(v: str, width: int) -> None:
            def turn(k: str, *found: str) -> list[str]:
                xs, ys = (w.vectors(w.row(w.item(numbers, k)), v, width) for numbers in (a, b))
                return [w.add(z, w.mul(x, y)) for x, y, z in zip(xs, ys, found)]

            _, found = w.loop(0, n, 1, turn, [(VECTOR, x) for x in w.vectors(start, v, width)])
            w.keep(found, out, v)

        w.for_vectors(tile, 4, 1)

    w.for_each(one)
    return w.text()


def outer(fma: bool) -> str:
    """sums[targets[j][k]] += rows[j] * columns[k], vector by vector: four times four at once."""
    w = Kernel("outer", fma=fma)
    rows, columns, targets, n = w.given(0), w.given(1), w.given(2), w.own("count")
    sums = w.frame("S", "ptr")

    def tile(j: str, height: int, k: str, width: int) -> None:
        xs = [w.row(w.item(rows, w.plus(j, r))) for r in range(height)]
        ys = [w.row(w.item(columns, w.plus(k, c))) for c in range(width)]
        places = []
        for r in range(height):
            mine = w.at(targets, w.plus(w.times(w.plus(j, r), n), k), "i32")
            places += [w.at(sums, w.item(mine, c), VECTOR) for c in range(width)]

        def turn(v: str, *found: str) -> list[str]:
            left, right = ([w.vectors(row, v)[0] for row in side] for side in (xs, ys))
            pairs = [(x, y) for x in left for y in right]
            return [w.product_and_sum(*pair, z) for pair, z in zip(pairs, found)]

        carried = [(VECTOR, w.load(VECTOR, place)) for place in places]
        _, found = w.loop(0, w.frame("vectors"), 1, turn, carried)
        for place, z in zip(places, found):
            w.store(VECTOR, z, place)

    def across(j: str, height: int) -> None:
        at, _ = w.loop(0, n, 4, lambda k: tile(j, height, k, 4))
        w.loop(at, n, 1, lambda k: tile(j, height, k, 1))

    _by_rows(w, w.own("many"), across)
    return w.text()


def reduce(fma: bool) -> str:
    """sums[targets[j]] += rows[j], vector by vector."""
    w = Kernel("reduce", fma=fma)

    def one(j: str) -> None:
        row, place = (
            w.row(w.item(w.given(0), j)),
            w.at(w.frame("S", "ptr"), w.item(w.given(1), j), VECTOR),
        )
        _, found = w.loop(
            0,
            w.frame("vectors"),
            1,
            lambda v, z: [w.add(z, w.vectors(row, v)[0])],
            [(VECTOR, w.load(VECTOR, place))],
        )
        w.store(VECTOR, found[0], place)

    w.for_each(one)
    return w.text()


def clean(fma: bool) -> str:
    """0 in the lanes of the last vector that are spare: these enter no sum, whatever they hold."""
    w = Kernel("clean", fma=fma)
    last = w.op(f"sub i64 {w.frame('vectors')}, 1")
    live = w.op(f"sub i64 {w.frame('lanes')}, {w.times(last, WIDTH)}")
    full = w.op(f"icmp eq i64 {live}, {WIDTH}")
    many = w.op(f"select i1 {full}, i64 0, i64 {w.own('many')}")
    one = w.op(f"insertelement {LONGS} poison, i64 {live}, i32 0")
    each = w.op(f"shufflevector {LONGS} {one}, {LONGS} poison, <{WIDTH} x i32> zeroinitializer")
    lanes = ", ".join([f"i64 {lane}" for lane in range(WIDTH)])
    mask = w.op(f"icmp ult {LONGS} <{lanes}>, {each}")

    def row(j: str) -> None:
        place = w.at(w.row(w.item(w.given(0), j)), last, VECTOR)
        w.store(VECTOR, w.select(mask, w.load(VECTOR, place), splat(0.0)), place)

    w.loop(0, many, 1, row)
    return w.text()


def zero(fma: bool) -> str:
    """0 in all sums."""
    w = Kernel("zero", fma=fma)
    sums = w.frame("S", "ptr")
    w.for_each(lambda j: w.store(VECTOR, splat(0.0), w.at(sums, j, VECTOR)))
    return w.text()


def add_up(fma: bool) -> str:
    """U[places[j]] = the sum of the eight numbers of sum j."""
    w = Kernel("add up", fma=fma)
    sums, uniform = w.frame("S", "ptr"), w.frame("U", "ptr")

    def one(j: str) -> None:
        x = w.load(VECTOR, w.at(sums, j, VECTOR))
        given = f"double {numeral(0.0)}, {VECTOR} {x}"
        whole = w.op(f"call reassoc double @llvm.vector.reduce.fadd.v8f64({given})")
        w.store("double", whole, w.at(uniform, w.item(w.given(0), j)))

    w.for_each(one)
    return w.text()


# ---- what is uniform -----------------------------------------------------------------------------

CHUNK = 256  # uniform instructions that run at a time
SAME, IN_A_ROW, LISTED = range(3)  # how the places of an operand lie


def uniform(fma: bool) -> str:
    """The kernel of another instruction, over lanes that are the instructions of a uniform group.

    The operands, `count` of them, go from U to rows of the scratch: each is the SAME place for all
    instructions, places IN_A_ROW, or LISTED ones.  The results, a row more, go back to U.
    """
    w = Kernel("uniform", fma=fma)
    operands, listed, inner = w.given(0), w.given(1), w.given(2)
    numbers, scratch = w.frame("U", "ptr"), w.frame("scratch", "ptr")
    n, many = w.own("count"), w.own("many")
    frame = w.op(f"alloca [{len(FRAME)} x i64]")
    kernel = w.load("ptr", inner)
    w.store("ptr", scratch, w.at(frame, FRAME.index("V"), "i64"))

    def some(first: str, size: str) -> None:
        vectors = w.op(f"lshr i64 {w.plus(size, WIDTH - 1)}, 3")
        row_size = w.times(vectors, ALIGNED)
        w.store("i64", vectors, w.at(frame, FRAME.index("vectors"), "i64"))
        w.store("i64", row_size, w.at(frame, FRAME.index("bytes"), "i64"))

        def operand(k: str) -> None:
            row = w.at(scratch, w.times(k, row_size), "i8")
            mine = w.at(operands, w.times(k, 2), "i32")
            how, at = w.item(mine, 0), w.item(mine, 1)

            def same() -> None:
                x = w.broadcast(w.load("double", w.at(numbers, at)))
                w.loop(0, vectors, 1, lambda v: w.keep([x], row, v))

            def in_a_row() -> None:
                w.copy(w.at(numbers, w.plus(at, first)), row, size)

            def by_list() -> None:
                places = w.at(listed, w.plus(at, first), "i32")

                def one(j: str) -> None:
                    x = w.load("double", w.at(numbers, w.item(places, j)))
                    w.store("double", x, w.at(row, j))

                w.loop(0, size, 1, one)

            for case, fill in ((SAME, same), (IN_A_ROW, in_a_row), (LISTED, by_list)):
                w.when(w.op(f"icmp eq i64 {how}, {case}"), fill)

        w.loop(0, n, 1, operand)
        w.do(f"call {VOID} {kernel}(ptr {inner}, ptr {frame})")
        found = w.at(scratch, w.times(n, row_size), "i8")
        w.copy(found, w.at(numbers, w.plus(w.own("out"), first)), size)

    at, _ = w.loop(0, many, CHUNK, lambda first: some(first, str(CHUNK)))
    rest = w.op(f"sub i64 {many}, {at}")
    w.when(w.op(f"icmp ne i64 {rest}, 0"), lambda: some(at, rest))
    return w.text()


def long_products(fma: bool) -> str:
    """U[out + j] = U[starts[j]] + the sum of U[a[j][k]] * U[b[j][k]]: for few sums of many terms.

    The terms go to eight sums in turn, which wait for no other.
    """
    w = Kernel("long products", fma=fma)
    numbers, n = w.frame("U", "ptr"), w.own("count")

    def one(j: str) -> None:
        a, b = (w.at(w.given(k), w.times(j, n), "i32") for k in (0, 1))

        def added(z: str, k: str) -> str:
            x, y = (w.load("double", w.at(numbers, w.item(places, k))) for places in (a, b))
            return w.op(f"fadd double {z}, {w.op(f'fmul double {x}, {y}')}")

        def eight(k: str, *sums: str) -> list[str]:
            return [added(z, w.plus(k, r)) for r, z in enumerate(sums)]

        at, sums = w.loop(0, n, WIDTH, eight, [("double", numeral(0.0))] * WIDTH)
        while len(sums) > 1:
            sums = [w.op(f"fadd double {x}, {y}") for x, y in zip(sums[::2], sums[1::2])]
        rest = [("double", sums[0])]
        _, (whole,) = w.loop(at, n, 1, lambda k, z: [added(z, k)], rest)
        start = w.load("double", w.at(numbers, w.item(w.given(2), j)))
        found = w.op(f"fadd double {start}, {whole}")
        w.store("double", found, w.at(numbers, w.plus(w.own("out"), j)))

    w.for_each(one)
    return w.text()


def spread(fma: bool) -> str:
    """Uniform numbers as rows, for whom lanes use them."""
    w = Kernel("spread", fma=fma)
    numbers = w.frame("U", "ptr")

    def one(j: str) -> None:
        x = w.broadcast(w.load("double", w.at(numbers, w.item(w.given(0), j))))
        out = w.out(j)
        w.for_vectors(lambda v, _: w.keep([x], out, v))

    w.for_each(one)
    return w.text()


def parameters(fma: bool) -> str:
    """U[at[j]] = theta[of[j]]."""
    w = Kernel("parameters", fma=fma)
    theta, numbers = w.frame("theta", "ptr"), w.frame("U", "ptr")

    def one(j: str) -> None:
        x = w.load("double", w.at(theta, w.item(w.given(1), j)))
        w.store("double", x, w.at(numbers, w.item(w.given(0), j)))

    w.for_each(one)
    return w.text()


def pack(fma: bool) -> str:
    """W[j] = U[at[j]]: weights as the matrix kernel takes them."""
    return _in_a_row("pack", "W", fma)


def results(fma: bool) -> str:
    """found[j] = U[at[j]]."""
    return _in_a_row("results", "found", fma)


def _in_a_row(name: str, target: str, fma: bool) -> str:
    """Uniform numbers, one after the other."""
    w = Kernel(name, fma=fma)
    numbers, out = w.frame("U", "ptr"), w.frame(target, "ptr")

    def one(j: str) -> None:
        w.store("double", w.load("double", w.at(numbers, w.item(w.given(0), j))), w.at(out, j))

    w.for_each(one)
    return w.text()


# ---- what lanes bring and leave ------------------------------------------------------------------


def inputs(fma: bool) -> str:
    """Rows of the numbers that examples have: of an argument, an element.

    `places` has for each argument where it begins, and how many bytes it is to the next lane and to
    the next element.  Spare lanes hold what the first lane holds.
    """
    w = Kernel("inputs", fma=fma)
    places, first, lanes = w.frame("places", "ptr"), w.frame("lane"), w.frame("lanes")
    spare = w.times(w.frame("vectors"), WIDTH)

    def one(j: str) -> None:
        argument = w.at(places, w.times(w.item(w.given(1), j), 3), "i64")
        start = w.load("ptr", argument)
        to_lane, to_element = (w.load("i64", w.at(argument, k, "i64")) for k in (1, 2))
        element = w.times(w.item(w.given(2), j), to_element)
        source = w.at(start, w.plus(element, w.times(first, to_lane)), "i8")
        row = w.row(w.item(w.given(0), j))

        def lane(i: str) -> None:
            w.store(
                "double", w.load("double", w.at(source, w.times(i, to_lane), "i8")), w.at(row, i)
            )

        at, _ = w.loop(0, lanes, 1, lane)
        x = w.load("double", source)
        w.loop(at, spare, 1, lambda i: w.store("double", x, w.at(row, i)))

    w.for_each(one)
    return w.text()


def shares(fma: bool) -> str:
    """A row of what each lane counts for in the mean."""
    w = Kernel("shares", fma=fma)
    seeds, row = w.frame("seeds", "ptr"), w.row(w.own("out"))
    none = w.op(f"icmp eq ptr {seeds}, null")
    given = w.op(f"select i1 {none}, i64 0, i64 {w.frame('lanes')}")
    at = w.copy(w.at(seeds, w.frame("lane")), row, given)
    share = w.frame("share", "double")
    spare = w.times(w.frame("vectors"), WIDTH)
    w.loop(at, spare, 1, lambda i: w.store("double", share, w.at(row, i)))
    return w.text()


def columns(fma: bool) -> str:
    """Rows of V to where the results of lanes go, one column after the other."""
    w = Kernel("columns", fma=fma)
    results, lanes = w.frame("columns", "ptr"), w.frame("lanes")

    def one(j: str) -> None:
        row = w.row(w.item(w.given(0), j))
        column = w.at(results, w.plus(w.times(j, w.frame("total")), w.frame("lane")))
        w.loop(
            0,
            lanes,
            1,
            lambda i: w.store("double", w.load("double", w.at(row, i)), w.at(column, i)),
        )

    w.for_each(one)
    return w.text()


# ---- a call --------------------------------------------------------------------------------------


def stop(fma: bool) -> str:
    """The end of a section, and of an instruction that another one runs."""
    return Writer(f'{VOID} @"stop"(ptr %g, ptr %f)', fma=fma).text()


class Section(Writer):
    """A function of a frame that runs sections of it."""

    def __init__(self, name: str, *, fma: bool) -> None:
        super().__init__(f"void @{name}(ptr %f)", fma=fma)

    def word(self, word: str, kind: str = "i64") -> str:
        """A word of the frame."""
        return self.load(kind, self.at("%f", FRAME.index(word), "i64"))

    def set(self, word: str, value: str) -> None:
        """Change a word of the frame."""
        self.store("i64", value, self.at("%f", FRAME.index(word), "i64"))

    def run(self, section: str) -> None:
        """All instructions of a section: the first one's kernel ends in the next one's."""
        first = self.word(section, "ptr")
        self.do(f"call {VOID} {self.load('ptr', first)}(ptr {first}, ptr %f)")


def sections(fma: bool) -> Iterator[str]:
    """What is called from outside: a whole call, or its three parts, of which threads share one."""
    for name in ("before", "after"):
        w = Section(name, fma=fma)
        w.run(name)
        yield w.text()
    yield _blocks(fma)
    w = Section("call", fma=fma)
    for name in ("before", "blocks", "after"):
        w.do(f"call void @{name}(ptr %f)")
    yield w.text()


def _blocks(fma: bool) -> str:
    """A thread's lanes, block by block; the last has as many vectors as its lanes need."""
    w = Section("blocks", fma=fma)
    to = w.word("to")

    def block(first: str, lanes: str, vectors: str) -> None:
        w.set("lane", first)
        w.set("lanes", lanes)
        w.set("vectors", vectors)
        w.run("block")

    row = w.word("bytes")
    lanes, vectors = (w.op(f"udiv i64 {row}, {size}") for size in (8, ALIGNED))
    w.set("vectors", vectors)
    w.run("start")
    at, _ = w.loop(w.word("from"), to, lanes, lambda first: block(first, lanes, vectors))
    rest = w.op(f"sub i64 {to}, {at}")
    needed = w.op(f"lshr i64 {w.op(f'add i64 {rest}, {WIDTH - 1}')}, 3")
    w.when(w.op(f"icmp ne i64 {rest}, 0"), lambda: block(at, rest, needed))
    return w.text()


CORE = (
    matrix, products, outer, reduce, clean, zero, add_up,
    uniform, long_products, spread, parameters, pack, results, inputs, shares, columns, stop,
)  # fmt: skip


def core(*, fma: bool) -> Iterator[str]:
    """The texts of all kernels that are no row, and of what runs them."""
    for kernel in CORE:
        yield kernel(fma)
    yield from sections(fma)
