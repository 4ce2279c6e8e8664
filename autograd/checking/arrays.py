"""What a caller gives, and its elements: numbers, lists and dicts of them, arrays of any library.

A structure is the caller's containers with a `Number` or an `Array` at each place; `build` gives
back what the caller gave, with what was moved in it.  An array is moved in place and put back, so
that a function may also reach it otherwise; one that cannot be written to is copied.  No library is
imported here: what a caller gives was made by one that is there already.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import fsum, prod
from operator import mul

from autograd.higher.structures import like, rebuild
from autograd.rules.words import kind_of, one_line, real

TYPE_CHECKING = False
if TYPE_CHECKING:
    import random
    from typing import Any


BITS = {"bfloat16": 7, "float16": 10, "float32": 23}  # of what is less than a float of Python
ULPS = 16.0  # so many units in the last place may a right gradient be off by

# ---- parts: what stands at the places of a structure ---------------------------------------------


class Number:
    """A number or a node: `node.data` is moved; `plain` says that a number was given."""

    __slots__ = ("name", "node", "plain", "start")
    shape, size = (), 1

    def __init__(self, node: Any, name: str, plain: bool) -> None:
        self.node, self.name, self.plain = node, one_line(name), plain
        self.start = node.data

    def given(self) -> Any:
        """What the caller gave: the number where one was given, else the node."""
        return self.node.data if self.plain else self.node

    def element(self, i: int) -> tuple[Any, str]:
        """What moves it, and its name."""
        return self.node, self.name

    def shift(self, t: float, direction: Any) -> None:
        """Move it by t along a direction made by `direction`."""
        self.node.data = self.start + t * direction if t else self.start

    def direction(self, items: Sequence[float]) -> Any:
        """How far it goes, from a list of one."""
        return items[0]

    def restore(self) -> None:
        """Put it back."""
        self.node.data = self.start

    changed = False  # a node that is changed is seen where its data are compared


class Array:
    """An array of NumPy, PyTorch or JAX, or one of NumPy's numbers, whose elements can be moved."""

    __slots__ = ("copies", "current", "grad", "name", "shape", "size", "source", "start")

    def __init__(self, x: Any, name: str) -> None:
        _require_floats(x, name)
        self.source = self.current = x
        self.name = one_line(name)
        self.shape = shape_of(x) or ()
        self.size = prod(self.shape)
        self.start = _plain(x).clone() if _is_torch(x) else _plain(x).copy()
        self.grad = x.grad if _is_torch(x) and x.is_leaf else None
        self.copies = not _can_be_written(x)

    def given(self) -> Any:
        """What the caller gave, or where that cannot be written to, a copy with what was moved."""
        return self.current

    def element(self, i: int) -> tuple[Any, str]:
        """What moves element i, in the order of rows, and its name."""
        return Element(self, _index(i, self.shape)), _place(self.name, i, self.shape)

    def move(self, index: tuple[int, ...], value: float) -> None:
        """Set one element; back to its own start, bit by bit, where value is that."""
        start = self.start[index]
        back = value == float(start)
        if not self.copies:
            _plain(self.source)[index] = start if back else value
        elif back:
            self.current = self.source
        elif _is_scalar(self.source):
            self.current = type(self.source)(value)
        elif _is_jax(self.source):
            self.current = self.source.at[index].set(value)
        else:
            self.current = self._copy()
            _plain(self.current)[index] = value

    def shift(self, t: float, direction: Any) -> None:
        """Move every element by t along a direction made by `direction`."""
        moved = self.start + t * direction if t else self.start
        if not self.copies:
            _plain(self.source)[...] = moved
        elif not t:
            self.current = self.source
        elif _is_scalar(self.source):
            self.current = type(self.source)(moved)
        elif _is_jax(self.source):
            self.current = moved
        else:
            self.current = self._copy()
            _plain(self.current)[...] = moved

    def direction(self, items: Sequence[float]) -> Any:
        """The items as an array of the same library, shape and precision."""
        if _is_torch(self.source):
            return self.start.new_tensor(items).reshape(self.shape)
        numpy = sys.modules["numpy"]
        return numpy.asarray(items).reshape(self.shape).astype(self.start.dtype)

    def stored(self, value: float) -> float:
        """The number that an element is when set to value, in the precision of the array."""
        if _is_torch(self.source):
            return float(self.start.new_tensor(value).item())
        return float(self.start.dtype.type(value))

    @property
    def digits(self) -> float:
        """To which part of itself a gradient in this precision is known."""
        name = _dtype(self.source)
        return next((ULPS * 2.0**-bits for kind, bits in BITS.items() if kind == name), 0.0)

    @property
    def changed(self) -> bool:
        """Whether the caller's array is no longer what it was."""
        if _is_jax(self.source) or _is_scalar(self.source):
            return False
        a, b = _plain(self.source), self.start
        return tuple(a.shape) != self.shape or not bool(((a == b) | ((a != a) & (b != b))).all())

    def restore(self) -> None:
        """Put the elements back, and a tensor's `.grad`."""
        self.current = self.source
        if (not self.copies or self.changed) and tuple(self.source.shape) == self.shape:
            _plain(self.source)[...] = self.start
        if _is_torch(self.source) and self.source.is_leaf:
            self.source.grad = self.grad

    def forget_gradient(self) -> None:
        """A tensor's `.grad` is None again, as a backward pass adds to what is there."""
        if _is_torch(self.source) and self.source.is_leaf:
            self.source.grad = None

    def _copy(self) -> Any:
        """What was given, once more, of its type and layout."""
        if _is_torch(self.source):
            return self.source.detach().clone().requires_grad_(self.source.requires_grad)
        return self.source.copy(order="K")


class Grid:
    """An array of nodes: one that was given, or one made of an array of numbers."""

    __slots__ = ("numbers", "shape", "size", "source")

    def __init__(self, x: Any, name: str, part: Callable[[Any, str], Number]) -> None:
        self.source = x
        self.shape = shape_of(x) or ()
        self.size = prod(self.shape)
        items = x.reshape(-1).tolist()
        self.numbers = [part(item, _place(name, i, self.shape)) for i, item in enumerate(items)]

    def given(self) -> Any:
        """An array of objects, or nested lists where the library has no such array."""
        return self.build([number.given() for number in self.numbers])

    def build(self, items: Sequence[Any]) -> Any:
        """The items in the shape of the array."""
        if is_numpy(self.source):
            return like(self.source, items)
        return rebuild(self.source.tolist(), iter(items))

    def element(self, i: int) -> tuple[Any, str]:
        """Node i, in the order of rows, and its name."""
        return self.numbers[i].element(0)

    def shift(self, t: float, direction: Sequence[float]) -> None:
        """Move every node by t along a direction."""
        for number, step in zip(self.numbers, direction):
            number.shift(t, step)

    def direction(self, items: Sequence[float]) -> Sequence[float]:
        """How far each goes."""
        return items

    changed = False

    def restore(self) -> None:
        """Put them back."""
        for number in self.numbers:
            number.restore()


class Element:
    """One element of an array, as a variable: it moves when `data` is set."""

    __slots__ = ("_data", "array", "digits", "grad", "index")

    def __init__(self, array: Array, index: tuple[int, ...]) -> None:
        self.array, self.index = array, index
        self._data = float(array.start[index])
        self.grad = 0.0
        self.digits = array.digits

    @property
    def data(self) -> float:
        """The number it is now."""
        return self._data

    @data.setter
    def data(self, value: float) -> None:
        self._data = value
        self.array.move(self.index, value)

    def stored(self, value: float) -> float:
        """What `data` is rounded to where it is set."""
        return self.array.stored(value)


class Direction:
    """Many elements as one variable: at `data` t each is t times its own step from its start."""

    __slots__ = ("_data", "digits", "grad", "moves", "nodes")

    def __init__(self, moves: list[tuple[Any, Any]]) -> None:
        self.moves = moves  # part, direction
        self.nodes = nodes_of([part for part, _ in moves])
        self.digits = max([getattr(part, "digits", 0.0) for part, _ in moves], default=0.0)
        self._data = self.grad = 0.0

    @property
    def data(self) -> float:
        """How far along it they are now."""
        return self._data

    @data.setter
    def data(self, value: float) -> None:
        self._data = value
        for part, direction in self.moves:
            part.shift(value, direction)


class Parts:
    """All parts of the inputs, as one long row of elements."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = list(parts)
        self.size = sum([part.size for part in parts])
        arrays = self.arrays = [part for part in parts if isinstance(part, Array)]
        for i, a in enumerate(arrays):
            for b in arrays[:i]:
                if _overlap(a.source, b.source):
                    a.copies = b.copies = True  # else both would move

    def element(self, i: int) -> tuple[Any, str]:
        """What moves element i of all, and its name."""
        for part in self.parts:
            if i < part.size:
                found: tuple[Any, str] = part.element(i)
                return found
            i -= part.size
        raise IndexError(f"there is no element {i}")

    def elements(self) -> Iterator[tuple[Any, str]]:
        """What moves each element, and its name."""
        for part in self.parts:
            for i in range(part.size):
                yield part.element(i)

    def spans(self) -> Iterator[tuple[Any, int, int]]:
        """Each part, and where its elements begin and end."""
        begin = 0
        for part in self.parts:
            yield part, begin, begin + part.size
            begin += part.size

    def along(self, items: Sequence[float], low: int = 0, high: int | None = None) -> Direction:
        """The direction in which element i goes items[i], those from `low` to `high` only."""
        high = self.size if high is None else high
        moves = []
        for part, begin, end in self.spans():
            first, last = max(low, begin), min(high, end)
            if first < last:
                inside = [*[0.0] * (first - begin), *items[first:last], *[0.0] * (end - last)]
                moves.append((part, part.direction(inside)))
        return Direction(moves)

    def restore(self) -> None:
        """Put everything back."""
        for part in self.parts:
            part.restore()


def nodes_of(parts: Sequence[Any]) -> list[Any]:
    """The nodes among what is moved, numbers made into nodes too."""
    return [
        part.element(i)[0]
        for part in parts
        if not isinstance(part, Array)
        for i in range(part.size)
    ]


def random_signs(count: int, size: float, rng: random.Random) -> list[float]:
    """As many numbers, each plus or minus `size`."""
    sign = {"0": -size, "1": size}
    return [sign[bit] for bit in format(rng.getrandbits(count), f"0{count}b")]


# ---- structures ----------------------------------------------------------------------------------


def structure(x: Any, name: str, part: Callable[[Any, str], Any]) -> Any:
    """The containers of x, with what `part` makes of each thing in them and its name."""
    if isinstance(x, Mapping):
        return {key: structure(item, f"{name}[{key!r}]", part) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return _like(x, [structure(item, f"{name}[{i}]", part) for i, item in enumerate(x)])
    return part(x, name)


def build(x: Any, form: Callable[[Any], Any]) -> Any:
    """A structure with what `form` makes of each part in its place."""
    if isinstance(x, dict):
        return {key: build(item, form) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return _like(x, [build(item, form) for item in x])
    return form(x)


def _like(x: Any, items: list[Any]) -> Any:
    """The items as a list, a tuple or a named tuple, as x is."""
    if not isinstance(x, tuple):
        return items
    return type(x)(*items) if hasattr(x, "_fields") else tuple(items)


def parts_of(x: Any) -> Iterator[Any]:
    """The parts of a structure, from left to right."""
    if isinstance(x, (list, tuple, dict)):
        for item in x.values() if isinstance(x, dict) else x:
            yield from parts_of(item)
    else:
        yield x


def is_array(x: Any) -> bool:
    """Whether x has a shape and a type of element, as arrays of every library have."""
    return hasattr(x, "shape") and hasattr(x, "dtype") and not isinstance(x, type)


def shape_of(x: Any) -> tuple[int, ...] | None:
    """The shape of an array, a number, or a list of equal shapes; None where there is none."""
    if isinstance(x, Mapping):
        return None
    if isinstance(x, (list, tuple)):
        shapes = {shape_of(item) for item in x}
        inner = shapes.pop() if shapes else ()
        return None if shapes or inner is None else (len(x), *inner)
    shape = getattr(x, "shape", ())
    return tuple([int(n) for n in shape]) if isinstance(shape, Sequence) else ()


def numbers(x: Any, what: str) -> list[float]:
    """All numbers of an array or a nested list as floats, from left to right."""
    if isinstance(x, (list, tuple)):
        return [number for item in x for number in numbers(item, what)]
    if _is_torch(x):
        x = (x.to_dense() if x.layout != sys.modules["torch"].strided else x).detach()
    elif is_array(x) and hasattr(x, "__array__"):
        x = sys.modules["numpy"].asarray(x)
    flat = x.reshape(-1).tolist() if is_array(x) else [x.item() if hasattr(x, "item") else x]
    return [number if type(number) is float else real(number, what) for number in flat]


def weighted_sum(weights: Any, outputs: Any, what: str) -> float:
    """sum(weights * outputs); ValueError where their shapes differ."""
    wanted, found = shape_of(outputs), shape_of(weights)
    if wanted != found:
        raise ValueError(
            f"dout has shape {found}, {what} returns shape {wanted}: dout is the gradient of a "
            "scalar by that result, and has its shape"
        )
    return fsum(map(mul, numbers(weights, "dout"), numbers(outputs, f"the result of {what}")))


# ---- what a gradient function returns, in the order of the elements ------------------------------


def claims(arguments: Sequence[tuple[str, Any]], found: Any) -> list[float]:
    """The numbers of a gradient, one for each element; ValueError where a shape is another."""
    if len(arguments) == 1 and not _is_by_name(arguments, found):
        ((name, x),) = arguments
        wrapped = isinstance(found, (list, tuple)) and len(found) == 1
        if wrapped and (isinstance(found[0], Mapping) or shape_of(found) != _shape(x)):
            found = found[0]
        return _claim(x, found, name)
    if isinstance(found, Mapping):
        missing = [name for name, _ in arguments if not {name, f"d{name}"} & set(found)]
        if missing:
            raise ValueError(f"the gradient has no number for {', '.join(missing)}")
        found = [found[name if name in found else f"d{name}"] for name, _ in arguments]
    given = found if isinstance(found, (list, tuple)) or shape_of(found) else [found]
    if len(given) == len(arguments):
        return [
            number for (name, x), item in zip(arguments, given) for number in _claim(x, item, name)
        ]
    parts = [part for _, x in arguments for part in parts_of(x)]
    flat = numbers(found, "a gradient")
    if any(isinstance(part, (Array, Grid)) for part in parts) or len(flat) != sum(
        [part.size for part in parts]
    ):
        raise ValueError(
            f"the gradient must have one number per input: got {len(given)} for {len(arguments)}"
            f" ({', '.join([name for name, _ in arguments])})"
        )
    return flat


def _is_by_name(arguments: Sequence[tuple[str, Any]], found: Any) -> bool:
    """Whether a mapping goes by the names of the arguments, not by those inside of one."""
    return isinstance(found, Mapping) and any(
        {name, f"d{name}"} & set(found) for name, _ in arguments
    )


def _shape(x: Any) -> tuple[int, ...] | None:
    """The shape of a structure's inputs."""
    return shape_of(build(x, lambda part: part))


def _claim(x: Any, found: Any, name: str) -> list[float]:
    """What is claimed for a structure, which has the structure of what was given."""
    if isinstance(x, dict):
        if not isinstance(found, Mapping) or set(x) - set(found):
            missing = sorted(map(str, set(x) - set(found))) if isinstance(found, Mapping) else []
            what = f"has no {', '.join(missing)}" if missing else f"is {kind_of(found)}, not a dict"
            raise ValueError(f"the gradient of {name} {what}")
        return [n for key in x for n in _claim(x[key], found[key], f"{name}[{key!r}]")]
    if isinstance(x, (list, tuple)) and any(
        isinstance(part, (Array, Grid)) for part in parts_of(x)
    ):
        if not isinstance(found, (list, tuple)) or len(found) != len(x):
            count = len(found) if isinstance(found, (list, tuple)) else kind_of(found)
            raise ValueError(f"the gradient of {name} must have {len(x)} items, got {count}")
        return [n for i, item in enumerate(x) for n in _claim(item, found[i], f"{name}[{i}]")]
    if isinstance(found, Mapping) or (found is None and isinstance(x, (Array, Grid))):
        raise ValueError(f"the gradient of {name} is {kind_of(found)}")
    flat = numbers(found, "a gradient")
    wanted, shape = _shape(x), shape_of(found)
    count = sum([part.size for part in parts_of(x)])
    told = isinstance(x, (Array, Grid)) or (shape is not None and len(flat) == count)
    one = wanted == () and len(flat) == 1
    if wanted is not None and shape != wanted and told and not one:
        raise ValueError(f"d{name} has shape {shape}, {name} has {wanted}{_hint(shape, wanted)}")
    if len(flat) != count:
        raise ValueError(
            f"the gradient must have one number per input: got {len(flat)} for {count} of {name}"
        )
    return flat


def _hint(shape: tuple[int, ...] | None, wanted: tuple[int, ...]) -> str:
    """What may have gone wrong where a gradient has another shape than its input."""
    if shape == wanted[::-1]:
        return ": transposed?"
    rows = (1, *wanted) if wanted[:1] != (1,) else wanted  # a bias, added to every example
    if shape is not None and len(shape) == len(rows) and shape[1:] == rows[1:] and shape[0] > 1:
        return f": not summed over the {shape[0]} examples of the batch?"
    return ""


# ---- libraries, recognised where the caller has imported them ------------------------------------


def _is(x: Any, library: str, kind: str) -> bool:
    found = getattr(sys.modules.get(library), kind, None)  # a thread may be at its import
    return found is not None and isinstance(x, found)


def _is_torch(x: Any) -> bool:
    return _is(x, "torch", "Tensor")


def _is_jax(x: Any) -> bool:
    return _is(x, "jax", "Array")


def is_numpy(x: Any) -> bool:
    """Whether x is an array of NumPy."""
    return _is(x, "numpy", "ndarray")


def _is_scalar(x: Any) -> bool:
    return _is(x, "numpy", "generic")


def _plain(x: Any) -> Any:
    """x as an array of its library that shares its memory, without subclass and without record."""
    if _is_torch(x):
        return x.data  # a write to it is not recorded, and spoils no graph that is there
    return sys.modules["numpy"].asarray(x) if is_numpy(x) or _is_scalar(x) else x


def _can_be_written(x: Any) -> bool:
    """Whether its elements can be set, each for itself."""
    if _is_torch(x):
        return not any(n > 1 and step == 0 for n, step in zip(x.shape, x.stride()))
    if is_numpy(x):
        spread = any(n > 1 and step == 0 for n, step in zip(x.shape, x.strides))
        return bool(x.flags.writeable) and not spread
    return False


def _overlap(a: Any, b: Any) -> bool:
    """Whether two arrays may share memory."""
    if is_numpy(a) and is_numpy(b):
        return bool(sys.modules["numpy"].may_share_memory(a, b))
    if _is_torch(a) and _is_torch(b):
        return bool(a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())
    return False


def _require_floats(x: Any, name: str) -> None:
    """TypeError with the remedy where x is an array whose elements no small step can move."""
    if not (is_numpy(x) or _is_scalar(x) or _is_torch(x) or _is_jax(x)):
        raise TypeError(
            f"input {name} is {kind_of(x)}, which gradcheck cannot move: give an array of NumPy, "
            "PyTorch or JAX, and let f make what it needs of it"
        )
    dtype = _dtype(x)
    if "float" in dtype:
        return
    if "complex" in dtype:
        remedy = "give its real and its imaginary part"
    else:
        remedy = f"give {name}.double()" if _is_torch(x) else f"give {name}.astype(float)"
    raise TypeError(f"input {name} holds {dtype}, which no small step can move: {remedy}")


def _dtype(x: Any) -> str:
    """What a library calls the type of the elements: float32."""
    return str(getattr(x.dtype, "name", x.dtype)).rpartition(".")[2]


def _place(name: str, i: int, shape: Sequence[int]) -> str:
    """What element i of an array is called: W[2, 3]."""
    return f"{name}[{', '.join(map(str, _index(i, shape)))}]" if shape else name


def _index(i: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Where element i of an array is, in the order of rows."""
    index = []
    for n in reversed(shape):
        i, k = divmod(i, n)
        index.append(k)
    return tuple(reversed(index))
