"""Compiled kernels come from the cache or a compile, whatever is wrong; nobody waits unasked."""

import ctypes
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograd import Value, tanh, trace

np = pytest.importorskip("numpy", reason='needs pip install -e ".[fast]"')
pytest.importorskip("llvmlite", reason='needs pip install -e ".[fast]"')

from autograd.tape import choosing  # noqa: E402
from autograd.tape.engines.compiled import cache, library  # noqa: E402
from autograd.tape.engines.compiled.library import Compiler, Library, UnusableError  # noqa: E402

DOUBLE = """
define internal double @twice(double %x) {
entry:
  %y = fadd double %x, %x
  ret double %y
}
define void @"NAME"(ptr %p) {
entry:
  %x = load double, ptr %p
  %y = call double @twice(double %x)
  store double %y, ptr %p
  ret void
}
"""


class Counted(Library):
    """A library of one small kernel, and of one for each head; `compiled` is what was compiled."""

    def __init__(self) -> None:
        super().__init__(self.text_of, str)
        self.compiled: list[Any] = []

    def text_of(self, heads: list[Any] | None, fma: bool) -> str:
        self.compiled.append(heads)
        return "".join([DOUBLE.replace("NAME", name) for name in heads or ["double"]])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """An empty cache folder, which is not there yet."""
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path / "of" / "kernels"))
    return tmp_path / "of" / "kernels"


@pytest.fixture
def compiles(monkeypatch) -> list[str]:
    """The texts that were compiled, and not read."""
    found: list[str] = []
    before = Compiler.compile

    def counted(self: Compiler, text: str) -> bytes:
        found.append(text)
        return before(self, text)

    monkeypatch.setattr(Compiler, "compile", counted)
    return found


def doubled(kernels: Any, name: str = "double") -> float:
    """What the kernel makes of 21."""
    x = ctypes.c_double(21.0)
    kernels.function(name)(ctypes.addressof(x))
    return x.value


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", code], text=True, timeout=60,
        capture_output=True, env={**os.environ, **environment},
    )  # fmt: skip


# ---- the cache -----------------------------------------------------------------------------------


def test_what_was_compiled_once_is_read_from_then_on(folder, compiles) -> None:
    assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 1
    assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 1
    (file,) = folder.iterdir()
    if os.name == "posix":
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def truncated(file: Path) -> bytes:
    return file.read_bytes()[:-100]


def of_another_key(file: Path) -> bytes:
    key = cache.key_of("another processor")
    cache.write(key, [b"code"], print)
    return cache._path(key).read_bytes()


def with_a_bit_changed(file: Path) -> bytes:
    found = bytearray(file.read_bytes())
    found[len(found) // 2] ^= 1
    return bytes(found)


@pytest.mark.parametrize(
    "change", [truncated, of_another_key, with_a_bit_changed, lambda file: b"", lambda file: b"?"]
)
def test_a_file_that_is_not_what_was_written_is_replaced_and_told(folder, compiles, change) -> None:
    Counted().kernels()
    (file,) = folder.iterdir()
    file.write_bytes(change(file))
    with pytest.warns(UserWarning, match="is damaged, and its kernels were compiled anew") as told:
        assert doubled(Counted().kernels()) == 42.0
    assert (len(told), len(compiles)) == (1, 2)
    assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 2


def test_code_that_the_linker_refuses_is_compiled_anew(folder, compiles) -> None:
    text = DOUBLE.replace("NAME", "double")
    cache.write(Compiler().key(text), [b"no object file"], print)
    assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 1
    assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_a_file_of_somebody_else_is_not_run(folder, compiles, monkeypatch) -> None:
    Counted().kernels()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.warns(UserWarning, match="belongs to somebody else and was not used"):
        assert doubled(Counted().kernels()) == 42.0
    assert len(compiles) == 2


@pytest.mark.parametrize("place", ["a file", "\0", "below a file"])
def test_a_folder_that_cannot_be_written_costs_a_compile_and_a_sentence(
    tmp_path, monkeypatch, place
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    place = {"a file": str(file), "below a file": str(file / "kernels")}.get(place, place)
    monkeypatch.setattr(cache, "folder", lambda: Path(place))
    for _ in range(2):
        with pytest.warns(UserWarning, match="kernels are compiled anew in each process") as told:
            assert doubled(Counted().kernels()) == 42.0
        assert any("CHAINRULE_CACHE names another folder" in str(w.message) for w in told)


def test_a_full_disk_costs_a_compile_and_a_sentence(folder, monkeypatch) -> None:
    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="cannot be kept: .*No space left"):
        assert doubled(Counted().kernels()) == 42.0
    assert list(folder.iterdir()) == []  # and nothing half-written stays


def test_all_that_decides_what_code_is_is_in_its_key() -> None:
    one = Compiler()
    keys = {
        one.key("a"), one.key("b"), Compiler(features="").key("a"),
        Compiler(processor="x86-64", features=one.features).key("a"),
    }  # fmt: skip
    one._llvm.llvm_version_info, before = (1, 2, 3), one._llvm.llvm_version_info
    try:
        keys.add(one.key("a"))
    finally:
        one._llvm.llvm_version_info = before
    assert len(keys) == 5


def test_the_oldest_files_go(folder) -> None:
    for i in range(cache.KEPT + 3):
        cache.write(cache.key_of(str(i)), [b"code"], print)
        os.utime(cache._path(cache.key_of(str(i))), (i, i))
    (folder / "left.part").write_text("")
    os.utime(folder / "left.part", (0, 0))
    (folder / "mine.txt").write_text("")
    cache.write(cache.key_of("new"), [b"code"], print)
    names = {path.name for path in folder.iterdir()}
    assert len(names) == cache.KEPT + 1
    assert "mine.txt" in names
    assert "left.part" not in names
    assert cache.read(cache.key_of("0"), print) is None
    assert cache.read(cache.key_of("new"), print) == [b"code"]


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "~/.cache/chainrule"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/chainrule"),
        ("linux", {"XDG_CACHE_HOME": "not/absolute"}, "~/.cache/chainrule"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "~/Library/Caches/chainrule"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/chainrule/Cache"),
        ("win32", {}, "~/AppData/Local/chainrule/Cache"),
        ("linux", {"CHAINRULE_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, "/mine"),
    ],
)
def test_the_folder_is_the_platforms(monkeypatch, platform, environment, expected) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("CHAINRULE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert cache.folder() == Path(expected.replace("~", str(Path.home())))


# ---- parts ---------------------------------------------------------------------------------------


def test_a_text_is_compiled_in_parts_that_call_each_other(folder) -> None:
    text = (
        DOUBLE.replace("NAME", "a") + DOUBLE.replace("NAME", "b.c")[DOUBLE.index("define void") :]
    )
    text += 'define void @last(ptr %p) {\n  call void @"a"(ptr %p)\n  ret void\n}\n'
    found = library.parts(text, size=1)
    assert [part.count("define void") for part in found] == [1, 1, 1]
    compiler = Compiler()
    addresses = compiler.load([compiler.compile(part) for part in found], text)
    assert [*addresses] == ["a", "b.c", "last"]
    assert doubled(library.Kernels(addresses), "last") == 42.0
    assert doubled(library.Kernels(addresses), "b.c") == 42.0


# ---- who waits -----------------------------------------------------------------------------------


class Slow(Counted):
    """A library whose text takes until `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def text_of(self, heads: list[Any] | None, fma: bool) -> str:
        assert self.go.wait(30)
        return super().text_of(heads, fma)


def test_ten_threads_that_ask_at_once_get_one_compile(folder) -> None:
    one, found = Slow(), []
    threads = [
        threading.Thread(target=lambda: found.append(doubled(one.kernels()))) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    one.go.set()
    for thread in threads:
        thread.join()
    assert (found, one.compiled) == ([42.0] * 10, [None])


def test_heads_are_compiled_beside_the_fixed_set_and_once(folder) -> None:
    one = Counted()
    assert doubled(one.kernels(["mine", "yours"]), "mine") == 42.0
    assert doubled(one.kernels(["yours"]), "yours") == 42.0
    assert doubled(one.kernels(["third", "mine"]), "third") == 42.0
    assert one.compiled == [None, ["mine", "yours"], ["third"]]


def test_ctrl_c_leaves_the_compile_at_work(folder, monkeypatch) -> None:
    one = Slow()

    def pressed(timeout: float) -> bool:
        raise KeyboardInterrupt

    work = one._missing([])
    with monkeypatch.context() as patch:
        patch.setattr(work.done, "wait", pressed)
        with pytest.raises(KeyboardInterrupt):
            one.kernels()
    one.go.set()
    assert (doubled(one.kernels()), one.compiled) == (42.0, [None])


def test_who_waits_for_a_compile_is_told_so_and_who_waits_for_the_cache_is_not(
    folder, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(library, "MOMENT", 0.0)
    before = Compiler.compile

    def slow(self: Compiler, text: str) -> bytes:
        time.sleep(0.25)
        return before(self, text)

    monkeypatch.setattr(Compiler, "compile", slow)
    Counted().kernels()
    said = capsys.readouterr().err
    assert said.startswith("compiling kernels, once on this machine ...")
    assert said.endswith(" s\n")
    Counted().kernels()
    assert capsys.readouterr().err == ""


def test_a_compile_that_failed_is_tried_again_by_who_asks(folder, monkeypatch) -> None:
    one = Counted()
    with monkeypatch.context() as patch:
        patch.setattr(Compiler, "compile", lambda self, text: 1 / 0)
        with pytest.raises(UnusableError, match="llvmlite does not work: ZeroDivisionError"):
            one.kernels()
        with pytest.raises(UnusableError):
            one.kernels()
    assert doubled(one.kernels()) == 42.0


# ---- tapes ---------------------------------------------------------------------------------------

w = Value(0.5, "w")
X = np.linspace(-1.0, 1.0, 10)
EXPECTED = trace(lambda x: tanh(w * x), 0.1, parameters=[w]).using("numpy").value_and_grad([0.5], X)


def tape() -> Any:
    return trace(lambda x: tanh(w * x), 0.1, parameters=[w])


def assert_right(found: Any) -> None:
    assert found[0] == pytest.approx(EXPECTED[0], abs=1e-15)
    assert list(found[1]) == pytest.approx(list(EXPECTED[1]))


@pytest.fixture
def at_once(monkeypatch) -> None:
    """No tape is too short to look for kernels."""
    monkeypatch.setattr(choosing.Roots, "_is_worth_it", lambda self: True)


def ran_until_it_chose(one: Any = None) -> Any:
    """A tape that has found kernels, or has found that there are none."""
    one = one or tape()
    one.value_and_grad([0.5], X)
    while not all(roots.is_settled for roots in one._engine._known.values()):
        one.value_and_grad([0.5], X)
    return one


def test_a_tape_that_chooses_goes_over_to_kernels_when_they_are_there(at_once, monkeypatch) -> None:
    def bound(*given: Any) -> Any:
        assert go.wait(30)
        return bind(*given)

    go, bind = threading.Event(), choosing._bound
    monkeypatch.setattr(choosing, "_bound", bound)
    one = tape()
    for _ in range(3):
        assert_right(one.value_and_grad([0.5], X))
        assert one.engine == "numpy"
    go.set()
    assert_right(ran_until_it_chose(one).value_and_grad([0.5], X))
    assert one.engine == "compiled"
    assert "row_tanh" in one.source
    assert list(one.forward(X)) == pytest.approx(list(np.tanh(0.5 * X)))


def test_a_tape_looks_for_kernels_when_it_ran_as_long_as_they_take(monkeypatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(choosing, "LOADING", 1e9)
    monkeypatch.setattr(choosing, "_bound", lambda *given: looked.append(given))
    one = tape()
    one.value_and_grad([0.5], X)
    (roots,) = one._engine._known.values()
    roots._first, roots._seconds = 2.0, 1.0
    one.value_and_grad([0.5], X)
    assert roots._thread is None
    roots._seconds = 2.0
    for half in (None, ModuleType("of which nothing is imported yet")):
        monkeypatch.setitem(sys.modules, choosing.LIBRARY, half)
        one.value_and_grad([0.5], X)
        assert roots._thread is None  # nobody has loaded kernels, and that takes longer
    monkeypatch.setattr(choosing, "LOADING", 1.0)
    one.value_and_grad([0.5], X)
    roots._thread.join()
    assert len(looked) == 1


def test_an_engine_that_was_named_stays(at_once) -> None:
    library.kernels()
    one = tape().using("numpy")
    for _ in range(3):
        assert_right(one.value_and_grad([0.5], X))
    assert one.engine == "numpy"


def test_a_tape_that_chooses_gets_rows_of_a_user_by_the_thread(at_once, own_rows) -> None:
    from autograd import Operation

    soft = Operation(
        "soft_of_mine", lambda x: x / (1.0 + abs(x)), lambda x, z: 1.0, registered=False
    )
    one = trace(lambda x: soft(w * x), 0.1, parameters=[w])
    first = one.value_and_grad([0.5], X)
    found = ran_until_it_chose(one).value_and_grad([0.5], X)
    assert one.engine == "compiled"
    assert found[0] == pytest.approx(first[0])
    assert list(found[1]) == pytest.approx(list(first[1]))


@pytest.fixture
def broken(monkeypatch) -> Callable[[Exception], None]:
    """Makes the import of llvmlite raise this, in a process that has no kernels yet."""

    def break_it(error: Exception) -> None:
        def fail(name: str) -> None:
            raise error

        one = Library(library._text, library._name_of)
        monkeypatch.setattr(library, "import_module", fail)
        monkeypatch.setattr(library, "of_this_process", one)
        monkeypatch.setattr(library, "kernels", one.kernels)
        monkeypatch.setattr(choosing, "_failed", set())

    return break_it


ERRORS = [OSError("no libz"), RuntimeError("odd"), ImportError("half of it"), AssertionError()]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_llvmlite_that_does_not_work_costs_one_sentence(at_once, broken, error) -> None:
    broken(error)
    with pytest.warns(
        UserWarning, match=f"does not work: {type(error).__name__}.* on NumPy"
    ) as told:
        one = tape().using("compiled")
    assert (len(told), one.engine, told[0].filename) == (1, "numpy", __file__)
    assert_right(one.value_and_grad([0.5], X))
    with pytest.warns(UserWarning, match="does not work: .*; tapes run on NumPy") as told:
        assert [ran_until_it_chose().engine for _ in range(3)] == ["numpy"] * 3
    assert len(told) == 1


def test_without_llvmlite_it_is_said_what_to_install_to_who_names_it_alone(at_once, broken) -> None:
    broken(ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite"))
    with pytest.raises(
        ImportError, match=r'needs llvmlite and NumPy: pip install "chainrule\[fast'
    ):
        tape().using("compiled")
    assert ran_until_it_chose().engine == "numpy"


def test_a_pickled_tape_runs_where_llvmlite_is_missing_and_remembers_what_it_was(broken) -> None:
    kept = pickle.dumps(tape().using("compiled"))
    broken(ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite"))
    found = pickle.loads(kept)
    assert found.engine == "numpy"
    assert_right(found.value_and_grad([0.5], X))
    kept = pickle.dumps(found)
    broken(OSError("no libz"))
    with pytest.warns(UserWarning, match="does not work: .*; this tape runs on NumPy"):
        assert pickle.loads(kept).engine == "numpy"


def test_what_is_not_installed_is_told_from_what_does_not_work() -> None:
    code = """
import sys
sys.modules["llvmlite"] = None
from autograd.tape.engines.compiled.library import kernels
kernels()
"""
    assert run(code).stderr.splitlines()[-1].startswith("ModuleNotFoundError: ")


# ---- processes -----------------------------------------------------------------------------------

PROCESS = """
import ctypes, sys, time, threading
from autograd.tape.engines.compiled import library
TEXT = {text!r}
one = library.Library(lambda heads, fma: TEXT, str)
"""


def test_two_processes_at_once_both_get_kernels(folder) -> None:
    code = (
        PROCESS.format(text=DOUBLE.replace("NAME", "double")) + "print(one.kernels() is not None)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)
    ]
    assert [p.communicate(timeout=60)[0] for p in processes] == [b"True\n"] * 3
    assert len(list(folder.iterdir())) == 1


def test_a_process_that_ends_lets_its_thread_leave_llvm_and_not_enter_again(folder) -> None:
    code = (
        PROCESS.format(text=DOUBLE.replace("NAME", "double"))
        + """
inside = threading.Event()
def slow(self, text):
    inside.set()
    time.sleep(0.2)
    print("left", flush=True)
    return b""
library.Compiler.compile = slow
library.Compiler.load = lambda *given: print("entered again")
assert one._missing([])
inside.wait()
"""
    )
    assert run(code).stdout == "left\n"


@pytest.mark.slow
def test_a_process_may_end_at_any_time_while_kernels_are_compiled(tmp_path) -> None:
    rng = random.Random(0)
    for i in range(20):
        code = (
            "import time\nfrom autograd.tape.engines.compiled import library\n"
            "one = library.of_this_process\nassert one._missing([])\n"
            "(work,) = one._works.values()\n"
            "while not work.is_compiling: time.sleep(0.001)\n"
            f"time.sleep({0.6 * rng.random()})"
        )
        start = time.monotonic()
        done = run(code, CHAINRULE_CACHE=str(tmp_path / str(i)))
        assert (done.returncode, done.stderr) == (0, "")
        assert time.monotonic() - start < 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
def test_a_process_that_is_forked_meanwhile_gets_kernels_too(folder) -> None:
    code = (
        PROCESS.format(text=DOUBLE.replace("NAME", "double"))
        + """
import os, warnings
warnings.simplefilter("ignore")  # of a fork among threads
go = threading.Event()
compile = library.Compiler.compile
def slow(self, text):
    go.set()
    time.sleep(0.2)
    return compile(self, text)
library.Compiler.compile = slow
assert one._missing([])
go.wait()
child = os.fork()
found = one.kernels().address("double") != 0
if child == 0:
    os._exit(0 if found else 1)
print(found, os.waitpid(child, 0)[1])
"""
    )
    done = run(
        code.replace(
            "import ctypes", "import warnings\nwarnings.simplefilter('ignore')\nimport ctypes"
        )
    )
    assert done.stdout == "True 0\n", done.stderr


def test_kernels_of_the_real_tape_are_there_in_a_forked_process() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no process is forked here")
    code = """
import math, os, warnings
from autograd import Value, tanh, trace
warnings.simplefilter("ignore", DeprecationWarning)  # of a fork among threads
w = Value(0.5)
tape = trace(lambda x: tanh(w * x), 1.0).using("compiled")
child = os.fork()
right = math.isclose(tape.value_and_grad([0.5], [2.0])[0], math.tanh(1.0), rel_tol=1e-14)
if child == 0:
    os._exit(0 if right else 1)
print(right, os.waitpid(child, 0)[1])
"""
    done = run(code)  # in a process of its own: libraries that other tests import warn of forks
    assert done.stdout == "True 0\n", done.stderr
