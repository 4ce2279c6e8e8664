"""Models one can keep: `save`, `load` and `load_into`.

A model file is JSON: the architecture, and every parameter by its name with all its digits, so a
loaded model computes what the saved one did, to the last bit.  Nothing in a file is ever executed:
the names in it are looked up among the kinds of modules and the rows of the table.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from autograd import Value, __version__
from autograd.graph import count_text
from autograd.rules.words import check_folder, kind_of, real
from nn.checks import cut, shortened
from nn.files.architecture import build, parameter_count
from nn.modules import Module

FORMAT = "chainrule model"
VERSION = 1  # raise it with every change of format or architecture, and let load know the old one


class ModelFileError(ValueError):
    """A file that holds no whole model, a model of another architecture, or one too new."""


class _File(NamedTuple):
    path: Path
    writer: str
    architecture: dict[str, Any]
    parameters: dict[str, float]


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the model to a file; interrupted at any moment, it leaves the old file whole.

    ValueError where a parameter is nan or infinite or the model cannot be rebuilt from its
    architecture; OSError where there is no room or no permission.

    >>> model = MLP(2, [3, 1])
    >>> save(model, "model.json")
    >>> load("model.json")
    MLP(2, [3, 1], activation=relu)  # 13 parameters
    """
    _check_module(model, "save(model, path)")
    parameters = {name: _finite(name, p) for name, p in model.named_parameters().items()}
    document = {
        "format": FORMAT,
        "format_version": VERSION,
        "chainrule": __version__,
        "architecture": model.architecture(),
        "parameters": parameters,
    }
    text = json.dumps(document, indent=1, allow_nan=False)  # ASCII, and no newline at the end:
    try:  # so that a file which lacks its last byte is not JSON
        _rebuild(_parse(text, Path(path)))
    except ModelFileError as error:
        raise ValueError(
            f"this {type(model).__name__} could not be loaded again, so nothing was saved: {error}"
        ) from error
    _write(text.encode("ascii"), Path(path))


def load(path: str | os.PathLike[str]) -> Module:
    """The model that `save` wrote; ModelFileError (a ValueError) says what is wrong with a file.

    Rows of one's own that the model uses must be in the table before it is loaded.
    """
    return _rebuild(_read(path))


def load_into(model: Module, path: str | os.PathLike[str]) -> None:
    """Give a model the parameters that `save` wrote, gradients left as they are.

    ModelFileError where the file is not whole or of another architecture; the model is untouched.
    """
    _check_module(model, "load_into(model, path)")
    file = _read(path)
    _rebuild(file)  # whatever is wrong with the file is found here
    difference = _difference(model.architecture(), file.architecture)
    if difference:
        raise ModelFileError(
            f"{file.path} holds a model of another architecture ({difference[1]} where this one "
            f"has {difference[0]}): load(path) makes the model that is in the file"
        )
    _fill(model, file)


# ---- reading -------------------------------------------------------------------------------------


def _read(path: str | os.PathLike[str]) -> _File:
    place = Path(path)
    try:
        text = place.read_bytes().decode("utf-8-sig")  # an editor may have put a mark in front
    except UnicodeDecodeError as error:
        raise ModelFileError(
            f"{place} is no chainrule model: byte {error.start} is not UTF-8 text"
        ) from None
    return _parse(text, place)


def _parse(text: str, path: Path) -> _File:
    """What is in a model file, every field looked at."""
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{path} is not a whole model file, it was cut short or edited: {error}"
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f'{path} is no chainrule model: it lacks "format": "{FORMAT}"')

    def field(name: str, kind: type, what: str) -> Any:
        if name not in document:
            raise ModelFileError(f"{path} lacks the field {name!r}: it was edited")
        if type(document[name]) is not kind:
            raise ModelFileError(
                f"{path}: the field {name!r} must be {what}, got {shortened(document[name])}"
            )
        return document[name]

    version = field("format_version", int, "a whole number")
    if version > VERSION:
        raise ModelFileError(
            f"{path} has format {shortened(version)}, written by chainrule "
            f"{shortened(document.get('chainrule'))}; this is chainrule "
            f"{__version__}, which reads formats up to {VERSION}: install a newer one"
        )
    if version < 1:
        raise ModelFileError(f"{path}: there is no format {shortened(version)}, the first one is 1")
    writer = field("chainrule", str, "text")
    architecture = field("architecture", dict, "an object")
    parameters = field("parameters", dict, "an object of numbers by name")
    known = {"format", "format_version", "chainrule", "architecture", "parameters"}
    for name in document:
        if name not in known:
            raise ModelFileError(f"{path}: format {version} has no field {shortened(name)}")
    numbers = {name: _number(name, x, path) for name, x in parameters.items()}
    return _File(path, writer, architecture, numbers)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name, x in pairs:
        if name in names:
            raise ValueError(f"{shortened(name)} stands there twice")
        names[name] = x
    return names


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON knows")


def _number(name: str, x: Any, path: Path) -> float:
    """A parameter in a file: a number that is finite as a float; a whole one is fine."""
    if type(x) not in (int, float):
        raise ModelFileError(f"{path}: {shortened(name)} must be a number, got {shortened(x)}")
    try:
        number = float(x)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ModelFileError(f"{path}: {shortened(name)} is beyond the largest float")
    return number


# ---- models --------------------------------------------------------------------------------------


def _rebuild(file: _File) -> Module:
    """The model of a file; its architecture must read the same when the model is asked for it."""
    try:
        count, there = parameter_count(file.architecture), len(file.parameters)
        if count > 2 * there + 1000:  # not built for nothing; below, the first that lacks is named
            raise ModelFileError(
                f"{file.path}: its architecture has {count_text(count)} parameters, the file "
                f"{there:,}"
            )
        model = build(file.architecture, initialization="zeros")  # draws nothing
        difference = _difference(model.architecture(), file.architecture)
    except ModelFileError:
        raise
    except Exception as error:  # whatever it stumbles over, the file is what is wrong
        raise ModelFileError(
            f"{file.path}: its architecture makes no model: {str(error) or type(error).__name__} "
            f"(written by chainrule {shortened(file.writer)}, this is {__version__})"
        ) from error
    if difference:
        raise ModelFileError(
            f"{file.path}: its architecture has {difference[1]} where a model of chainrule "
            f"{__version__} has {difference[0]}"
        )
    _fill(model, file)
    return model


def _fill(model: Module, file: _File) -> None:
    """Set every parameter, or none: ModelFileError unless the file has exactly the model's."""
    places = model.named_parameters()
    lacking = [name for name in places if name not in file.parameters]
    foreign = [name for name in file.parameters if name not in places]
    for names, text in ((lacking, "lacks"), (foreign, "has")):
        if names:
            name = shortened(names[0])
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            raise ModelFileError(
                f"{file.path} {text} the parameter {name}{more}: its architecture has "
                f"{len(places):,} parameters, the file {len(file.parameters):,}"
            )
    for name, p in places.items():
        p.data = file.parameters[name]


def _check_module(model: object, call: str) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"{call} takes a module of nn, got {kind_of(model)}")


def _finite(name: str, p: Value) -> float:
    x = real(p.data, f"the parameter {name!r}")
    if not math.isfinite(x):
        raise ValueError(
            f"the parameter {name!r} is {x}, and a model file holds finite numbers only: "
            "the training broke before this; nothing was saved"
        )
    return x


def _difference(ours: Any, theirs: Any) -> tuple[str, str] | None:
    """The first place where two architectures differ, as text for each, or None."""
    if json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True):
        return None
    x, y = dict(_flat(ours)), dict(_flat(theirs))
    place = next(place for place in [*x, *y] if x.get(place) != y.get(place))
    ours, theirs = [cut(z.get(place, "not there")) for z in (x, y)]
    return f"{place} {ours}", f"{place} {theirs}"


def _flat(x: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every place in an architecture that is no container, or an empty one, with its JSON."""
    if isinstance(x, dict) and x:
        for key, y in x.items():
            yield from _flat(y, f"{place}.{key}" if place else key)
    elif isinstance(x, list | tuple) and x:
        for i, y in enumerate(x):
            yield from _flat(y, f"{place}[{i}]")
    else:
        yield place, json.dumps(x)


# ---- writing -------------------------------------------------------------------------------------


def _write(data: bytes, path: Path) -> None:
    """Write all of `data` or nothing: into a file beside it, which then takes its place.

    Only a process that is killed leaves the other file, `.chainrule-....tmp`, behind.
    """
    path = path.resolve()  # a link stays one: what it points to is replaced
    check_folder(path)
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is a folder or a device, and a model is saved to a file")
    beside = path.with_name(f".chainrule-{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name is
        with suppress(OSError):
            shutil.copymode(path, beside)  # a private file stays private
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    with suppress(OSError):  # the name as well, where folders can be synchronized
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
