"""What engines are made of is loaded whole: Ctrl-C divides no import of it.

An import that is interrupted half-way may leave a library broken for the rest of the process, as
it leaves NumPy; signals reach the main thread alone, so another one imports.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def load(name: str) -> ModuleType:
    """The module of that name; ImportError, or what else it raised, where it is not to be had."""
    if not _is_whole(name):
        failed: list[BaseException] = []
        thread = Thread(target=_import, args=(name, failed), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # a Python without threads, as in a browser
            return import_module(name)
        thread.join()
        if failed:
            raise failed[0]
    return sys.modules[name]


def _is_whole(name: str) -> bool:
    """Whether a module was imported, and no thread is at it."""
    module = sys.modules.get(name)
    return module is not None and not getattr(module.__spec__, "_initializing", False)


def _import(name: str, failed: list[BaseException]) -> None:
    try:
        import_module(name)
    except BaseException as error:
        failed.append(error)
