"""Compiled kernels: the fixed set once in a process, heads beside it when they are asked for.

kernels([head])                waits until they are compiled
kernels().address("matrix")    where a kernel begins
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import cache
from threading import RLock

from autograd.tape.engines.compiled.module import name_of, text
from autograd.tape.engines.loading import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_lock = RLock()


class Kernels:
    """Machine code by name."""

    def __init__(self) -> None:
        llvm: Any = load("llvmlite.binding")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self._llvm = llvm
        features = llvm.get_host_cpu_features()
        self.fma = bool(features.get("fma"))
        self._machine: Any = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=2
        )
        self._engines: list[Any] = []
        self._known: set[str] = set()
        self._compile(text(None, fma=self.fma))

    def _compile(self, module: str) -> None:
        llvm = self._llvm
        parsed = llvm.parse_assembly(module)
        parsed.verify()
        options = llvm.create_pipeline_tuning_options(2)
        options.loop_vectorization = options.slp_vectorization = False
        passes = llvm.create_pass_builder(self._machine, options)
        passes.getModulePassManager().run(parsed, passes)
        engine = llvm.create_mcjit_compiler(parsed, self._machine)
        engine.finalize_object()
        self._engines.append(engine)

    def add(self, heads: Iterable[Any]) -> None:
        """Compile the kernels of heads that are not there yet."""
        missing = {name_of(head): head for head in heads if not self.address(name_of(head))}
        if missing:
            self._compile(text(missing.values(), fma=self.fma))

    def address(self, name: str) -> int:
        """Where a kernel begins; 0 where there is none of that name."""
        for engine in self._engines:
            found = int(engine.get_function_address(name))
            if found:
                return found
        return 0

    def function(self, name: str) -> Any:
        """A function of a frame's address."""
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.address(name))


@cache
def _fixed() -> Kernels:
    return Kernels()


def kernels(extra: Iterable[Any] = ()) -> Kernels:
    """The kernels, those of extra heads among them."""
    with _lock:
        found = _fixed()
        found.add(extra)
        return found
