"""Machine code on disk, in the user's cache folder: what is read is what was written, or nothing.

    key = key_of("znver5", "22.1.0", text)     all that decides what the code is
    read(key, say)                             None where it is not there; `say` is told why not
    write(key, codes, say)                     at once or not at all, whoever else writes

A file names its key and has a sum of its bytes: one that is cut off, damaged or made for another
processor is never run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

MARK = b"chainrule kernels 2\n"  # the first bytes of a file, and their format
HEAD = len(MARK) + 32 + 32  # bytes up to the end of a key and a sum
LENGTH = 8  # bytes of a length, which stands before each code
KEPT = 32  # files, the others of which are the oldest and go
LEFT = 3600  # seconds after which a file that nobody finished goes

Say = Callable[[str], None]


def folder() -> Path:
    """Where the platform keeps what can be made anew; `CHAINRULE_CACHE` names another folder."""
    if given := os.environ.get("CHAINRULE_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData" / "Local", "chainrule", "Cache")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "chainrule"
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "chainrule"


def key_of(*parts: str) -> bytes:
    """One key for all that decides what the code is."""
    return sha256("\0".join(parts).encode()).digest()


def _path(key: bytes) -> Path:
    return folder() / f"{key.hex()[:32]}.kernels"


def read(key: bytes, say: Say) -> list[bytes] | None:
    """The codes of a key; None where there are none, with a word to `say` where it should be so."""
    try:
        path = _path(key)
        with path.open("rb") as file:
            if not _is_mine(file.fileno()):
                say(f"{path} belongs to somebody else and was not used")
                return None
            found = file.read()
    except (OSError, RuntimeError, ValueError):  # none there, no home, a name that is no path
        return None
    head, body = found[:HEAD], found[HEAD:]
    if head != _head(key, body):
        say(f"{path} is damaged, and its kernels were compiled anew")
        return None
    with suppress(OSError):
        os.utime(path)  # in use: the oldest go first
    codes = []
    while body:
        end = LENGTH + int.from_bytes(body[:LENGTH], "big")
        codes.append(body[LENGTH:end])
        body = body[end:]
    return codes


def _head(key: bytes, body: bytes) -> bytes:
    return MARK + key + sha256(key + body).digest()


def _is_mine(file: int) -> bool:
    """Whether a file is the user's own, where files have owners: code of others is not run."""
    return not hasattr(os, "geteuid") or os.fstat(file).st_uid == os.geteuid()


def write(key: bytes, codes: Sequence[bytes], say: Say) -> None:
    """Keep the codes; that a folder cannot be written is told to `say`, and that is all."""
    part = ""
    body = b"".join([len(code).to_bytes(LENGTH, "big") + code for code in codes])
    try:
        path = _path(key)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(".part", dir=path.parent)
        with open(number, "wb") as file:
            file.write(_head(key, body) + body)
        os.replace(part, path)
        _clean(path.parent)
    except (OSError, RuntimeError, ValueError) as error:
        with suppress(OSError):
            os.unlink(part)
        say(
            f"kernels are compiled anew in each process, for they cannot be kept: {error} "
            "(CHAINRULE_CACHE names another folder)"
        )


def _clean(place: Path) -> None:
    """The oldest files go, and those that were never finished."""
    with suppress(OSError):
        ages = {path: path.stat().st_mtime for path in place.iterdir()}
        complete = [path for path in ages if path.suffix == ".kernels"]
        old = sorted(complete, key=ages.__getitem__, reverse=True)[KEPT:]
        left = time.time() - LEFT
        old += [path for path in ages if path.suffix == ".part" and ages[path] < left]
        for path in old:
            path.unlink(missing_ok=True)
