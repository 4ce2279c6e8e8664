"""What the command line says in one line and no traceback, each with its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class CheckError(Exception):
    """What was asked for was tried and did not succeed: exit code 1."""


class InputError(ValueError):
    """What was given cannot be used; the message says why, and what to do: exit code 2."""


@contextmanager
def bad_input(place: str = "") -> Iterator[None]:
    """Turn what the library says of what it was given into InputError."""
    try:
        yield
    except ValueError as error:
        raise InputError(f"{place}{error}") from error
