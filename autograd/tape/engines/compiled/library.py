"""Compiled kernels: once on a machine, kept on disk; once in a process, loaded by a thread.

    kernels()                      the fixed set, which is waited for
    kernels(heads)                 with the kernels of these heads, as of a user's rows, beside it
    kernels().address("matrix")    where a kernel begins

Whoever waits may press Ctrl-C: the thread goes on, and the next call finds what it made.  It keeps
no process from ending, and a process is not forked in the midst of it.  What is to be told, of a
compile or of a cache that does not work, is told in the main thread.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from threading import Event, Lock, Thread, current_thread, main_thread

from autograd.tape.engines.compiled import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOMENT = 0.3  # seconds from which on somebody who waits is told for what
DOT = 0.5  # seconds, each of which is shown then
PATIENCE = 5.0  # seconds for which a process that forks or ends waits at most, for a step's end
PART = 20_000  # letters of the functions that are compiled at once
TURN = 0.001  # seconds between two steps, in which who waits gets his turn
FUNCTION = re.compile(r'^define [^@]*@"?([^"(]+)"?\(.*?^}\n?', re.MULTILINE | re.DOTALL)
DEFINED = re.compile(r'^define (?!internal )[^@]*@"?([^"(]+)"?\(', re.MULTILINE)
NAME = re.compile(r'@"?([^"(),\s]+)"?')


class UnusableError(RuntimeError):
    """llvmlite is installed and does not work; it says how."""


class Kernels:
    """Where kernels lie in memory, by name."""

    def __init__(self, addresses: Mapping[str, int]) -> None:
        self._addresses = addresses

    def address(self, name: str) -> int:
        """Where a kernel begins; KeyError where there is none of that name."""
        return self._addresses[name]

    def function(self, name: str) -> Callable[[int], None]:
        """A kernel to be called with one address, while which other threads run."""
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.address(name))


# ---- compiling -----------------------------------------------------------------------------------


class Compiler:
    """LLVM for a processor: this one, unless its name and features are given."""

    def __init__(self, processor: str | None = None, features: str | None = None) -> None:
        llvm = import_module("llvmlite.binding")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.check_jit_execution()
        self._llvm: Any = llvm
        found = llvm.get_host_cpu_features()
        self.processor = llvm.get_host_cpu_name() if processor is None else processor
        self.features = found.flatten() if features is None else features
        self.fma = "+fma" in self.features.split(",") or _is_arm()
        self._target: Any = llvm.Target.from_default_triple().create_target_machine(
            cpu=self.processor, features=self.features, opt=2
        )
        # a linker that refuses with an exception, where MCJIT ends the process
        self._linker: Any = llvm.create_lljit_compiler(
            self._target, use_jit_link=sys.platform != "win32", suppress_errors=True
        )
        self._modules: list[Any] = []  # they live as long as the process
        self._links = 0

    def key(self, text: str) -> bytes:
        """All that decides what the machine code of a text is."""
        version = ".".join(map(str, self._llvm.llvm_version_info))
        module = import_module("llvmlite")
        triple = self._llvm.get_process_triple()
        return cache.key_of(
            version, module.__version__, triple, self.processor, self.features, text
        )

    def compile(self, text: str) -> bytes:
        """The machine code of a text in LLVM's language, an object file."""
        llvm = self._llvm
        module = llvm.parse_assembly(text)
        module.verify()
        options = llvm.create_pipeline_tuning_options(2)
        options.loop_vectorization = options.slp_vectorization = False  # it has vectors already
        passes = llvm.create_pass_builder(self._target, options)
        passes.getModulePassManager().run(module, passes)
        return bytes(self._target.emit_object(module))

    def load(self, codes: Iterable[bytes], text: str) -> dict[str, int]:
        """Where the functions that a text defines begin, now that its code lies in memory."""
        builder = self._llvm.JITLibraryBuilder().add_current_process()
        for code in codes:
            builder.add_object_img(code)
        names = DEFINED.findall(text)
        for name in names:
            builder.export_symbol(name)
        self._links += 1  # of which each has a name of its own, what was refused too
        module = builder.link(self._linker, f"kernels {self._links}")
        self._modules.append(module)
        return {name: module[name] for name in names}


def parts(text: str, size: int = PART) -> list[str]:
    """A text as several, each with some of its functions and the internal ones that they call.

    Each is compiled in some hundredths of a second, and more often than that nobody looks whether
    the process is to end.
    """
    functions = {found[1]: found[0] for found in FUNCTION.finditer(text)}
    ours = DEFINED.findall(text)
    called = {name: NAME.findall(body) for name, body in functions.items()}
    groups: list[set[str]] = [set()]
    for name in ours:
        if sum(len(functions[each]) for each in groups[-1]) > size:
            groups.append(set())
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each in functions and each not in groups[-1] and (each == name or each not in ours):
                groups[-1].add(each)
                waiting += called[each]
    head = FUNCTION.sub("", text)
    declared = {
        name: functions[name].partition(" {")[0].replace("define", "declare", 1) for name in ours
    }
    return [
        "\n".join(
            [
                head,
                *[functions[name] for name in functions if name in group],
                *[declared[name] for name in ours if name not in group],
            ]
        )
        for group in groups
    ]


def _is_arm() -> bool:
    return platform.machine().lower() in ("arm64", "aarch64")


# ---- waiting, and not waiting --------------------------------------------------------------------

_lock = Lock()  # who finds what works there are, or begins one
_llvm = Lock()  # who is in LLVM: one at a time, and meanwhile no process forks or ends
_is_held = False  # whether the thread that forks has it
_closed = ""  # why nobody enters LLVM any more


class Work:
    """A module that is brought into memory, by a thread; `done` is set when it ended."""

    def __init__(self, bring: Callable[[Work], None]) -> None:
        self.done = Event()
        self.error: BaseException | None = None
        self.sentences: list[str] = []
        self.is_compiling = False
        self.process = os.getpid()
        self._bring = bring
        try:
            Thread(target=self._run, daemon=True, name="kernels").start()
        except RuntimeError:  # a Python without threads, or one that is about to end
            self._run()

    def _run(self) -> None:
        try:
            self._bring(self)
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()

    @property
    def is_lost(self) -> bool:
        """Whether its thread stayed behind in another process, which was forked."""
        return self.process != os.getpid() and not self.done.is_set()

    def wait(self) -> None:
        """Until it ended; who waits for a compile, in the main thread, is told so."""
        start, dots = time.monotonic(), -1
        try:
            while not self.done.is_set() and not self.done.wait(DOT / 5):
                waited = time.monotonic() - start
                if not (self.is_compiling and waited >= MOMENT and _is_main()):
                    continue
                if dots < 0:
                    dots = 0
                    _show("compiling kernels, once on this machine ..")
                if waited > dots * DOT:
                    dots += 1
                    _show(".")
        finally:
            if dots >= 0:
                _show(f" {time.monotonic() - start:.1f} s\n" if self.done.is_set() else "\n")


def _is_main() -> bool:
    return current_thread() is main_thread()


def _show(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


class Library:
    """Kernels of this process: `text(heads)` is a module of them, of the fixed set for None.

    `name_of` is what the kernel of a head is called.
    """

    def __init__(
        self, text: Callable[[list[Any] | None, bool], str], name_of: Callable[[Any], str]
    ) -> None:
        self._text, self._name_of = text, name_of
        self._compiler: Compiler | None = None
        self._addresses: dict[str, int] = {}
        self._works: dict[frozenset[str], Work] = {}

    def kernels(self, heads: Iterable[Any] = ()) -> Kernels:
        """The fixed set, and what these heads need beside it; what failed before is tried again.

        ModuleNotFoundError without llvmlite, UnusableError where it does not work.
        """
        heads = list(heads)
        with _lock:
            for key in [key for key, work in self._works.items() if work.error is not None]:
                del self._works[key]
        while work := self._missing(heads):
            work.wait()
        return Kernels(self._addresses)

    @property
    def is_loaded(self) -> bool:
        """Whether the fixed set is in memory."""
        return bool(self._addresses)

    def _missing(self, heads: list[Any]) -> Work | None:
        """What brings the next module that is missing; None where all is there."""
        work = self._work(frozenset(), None)
        if work is None and heads:
            named = {self._name_of(head): head for head in heads}
            new = {name: head for name, head in named.items() if name not in self._addresses}
            work = self._work(frozenset(new), list(new.values())) if new else None
        return work

    def _work(self, key: frozenset[str], heads: list[Any] | None) -> Work | None:
        """The work on a module, which is begun; None where it is done, an error if it failed."""
        with _lock:
            work = self._works.get(key)
            if work is None or work.is_lost:
                work = self._works[key] = Work(partial(self._bring, heads))
        if not work.done.is_set():
            return work
        if work.error is not None:
            raise work.error
        if _is_main():
            sentences, work.sentences = work.sentences, []
            for sentence in sentences:
                warnings.warn(sentence, stacklevel=5)
        return None

    def _bring(self, heads: list[Any] | None, work: Work) -> None:
        try:
            with _alone():
                self._compiler = self._compiler or Compiler()
            compiler = self._compiler
            text = self._text(heads, compiler.fma)
            key = compiler.key(text)
            codes = cache.read(key, work.sentences.append)
            if codes is not None:
                with _alone(), suppress(RuntimeError):  # what the linker refuses is compiled anew
                    self._addresses |= compiler.load(codes, text)
                    return
            work.is_compiling = True
            codes = []
            for part in parts(text):
                with _alone():
                    codes.append(compiler.compile(part))
            with _alone():
                self._addresses |= compiler.load(codes, text)
            cache.write(key, codes, work.sentences.append)
        except UnusableError:
            raise
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("llvmlite"):
                raise
            told = ": ".join([type(error).__name__, *filter(None, [str(error)])])
            raise UnusableError(f"llvmlite does not work: {told}") from error


def _text(heads: list[Any] | None, fma: bool) -> str:
    from autograd.tape.kernels.module import text

    return text(heads, fma=fma)


def _name_of(head: Any) -> str:
    from autograd.tape.kernels.module import name_of

    return name_of(head)


of_this_process = Library(_text, _name_of)
kernels = of_this_process.kernels


# ---- the end of a process, and its forks ---------------------------------------------------------


@contextmanager
def _alone() -> Iterator[None]:
    """In here is nobody else; UnusableError where nobody can be here any more."""
    with _llvm:
        if _closed:
            raise UnusableError(_closed)
        yield
    time.sleep(TURN)


def _at_exit() -> None:
    """Let the thread leave LLVM, which is taken apart now, and never enter again."""
    global _closed
    _closed = "this process ends"
    if _llvm.acquire(timeout=PATIENCE):
        _llvm.release()


def _before_fork() -> None:
    global _is_held
    _is_held = _llvm.acquire(timeout=PATIENCE)


def _after_in_parent() -> None:
    if _is_held:
        _llvm.release()


def _after_in_child() -> None:
    """New locks; LLVM's own are as they were, and may be closed for ever."""
    global _lock, _llvm, _closed
    _lock, _llvm = Lock(), Lock()
    if not _is_held:
        _closed = "this process was forked while another thread was in LLVM"


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child
    )
