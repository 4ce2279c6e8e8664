"""What the command line says in one line and no traceback, each with its exit code."""

from __future__ import annotations


class CheckError(Exception):
    """What was asked for was tried and did not succeed: exit code 1."""


class InputError(ValueError):
    """What was given cannot be used; the message says why, and what to do: exit code 2."""
