"""Plant single-line faults in the code, one at a time, and print those that no test notices.

    python -m scripts.plant_faults --count 100 --seed 0
    python -m scripts.plant_faults --measure lines.json          which tests run which lines
    python -m scripts.plant_faults --lines lines.json --log planted.jsonl

Faults are drawn evenly over packages and kinds.  Each is planted in a copy of the tree and meets
the tests that run its line (without `--lines`: those that name its module), then the default run.
With `--log` what was found once is not planted again: a run that was cut short goes on where it
stopped, and the next one, with better tests, takes up the survivors.  `--quick` does without the
default run.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd", "nn", "viz", "chainrule")
FIRST = 20.0  # seconds of tests, as measured, that meet a fault before the default run does
LIMITS = 60, 600  # seconds for these and for the default run; a fault that needs more is found
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]

# fmt: off
COMPARED = {
    "<": ["<=", ">"], "<=": ["<", ">="], ">": [">=", "<"], ">=": [">", "<="], "==": ["!="],
    "!=": ["=="], "is": ["is not"], "is not": ["is"], "in": ["not in"], "not in": ["in"],
}
COMPUTED = {
    "+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "//": "*", "%": "*", "|": "&", "&": "|",
    "<<": ">>", ">>": "<<", "@": "*",
}
# fmt: on


@dataclass(frozen=True)
class Fault:
    """One line to be written otherwise."""

    path: str
    line: int
    kind: str
    was: str
    now: str
    start: int  # where on the line
    end: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}: {self.was!r} -> {self.now!r}"

    def planted(self, text: str) -> str:
        """The text of the file with the fault in it."""
        lines = text.splitlines(keepends=True)
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + self.now + line[self.end :]
        return "".join(lines)


# ---- where faults can stand ----------------------------------------------------------------------


class Finder(ast.NodeVisitor):
    """The faults that can be planted in one file: in code, not in messages, types or docstrings."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.faults: list[Fault] = []
        self.visit(ast.parse(text))

    def generic_visit(self, node: ast.AST) -> None:
        """Go on into whatever computes."""
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list", "type_params"):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.visit(child)

    def _nothing(self, node: ast.AST) -> None:
        """Nothing in here is a fault that a test should find."""

    visit_Raise = visit_Assert = visit_JoinedStr = _nothing  # noqa: N815  # names of ast's
    visit_Import = visit_ImportFrom = visit_arguments = _nothing  # noqa: N815

    def add(self, kind: str, node: ast.AST, now: str, ends: tuple[int, int] | None = None) -> None:
        """A fault of this kind at a node, or at a part of its line."""
        assert isinstance(node, (ast.expr, ast.stmt, ast.arg))
        start, end = ends or (node.col_offset, node.end_col_offset or 0)
        line = self.lines[node.lineno - 1]
        if node.lineno == node.end_lineno and line.isascii() and line[start:end] != now:
            was = line[start:end]
            self.faults.append(Fault(self.path, node.lineno, kind, was, now, start, end))

    def text(self, node: ast.expr) -> str:
        """What stands there, of a node on one line."""
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset]

    def between(self, whole: ast.expr, left: ast.expr, right: ast.expr) -> tuple[str, int, int]:
        """The operator between two operands, with its place; "" where they are on two lines."""
        if whole.lineno != whole.end_lineno:
            return "", 0, 0
        begin, end = left.end_col_offset or 0, right.col_offset
        found = re.search(r"[^\s()]+(?: (?:not|in))?", self.lines[whole.lineno - 1][begin:end])
        return (found[0], begin + found.start(), begin + found.end()) if found else ("", 0, 0)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if ast.unparse(node.targets[0]) not in ("__all__", "TYPE_CHECKING"):
            self.add("statement dropped", node, "pass")
            self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.add("statement dropped", node, "pass")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.add("statement dropped", node, "pass")
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.add("return changed", node, "return None")
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for right in node.comparators:
            sign, start, end = self.between(node, left, right)
            for now in COMPARED.get(sign, []):
                self.add("comparison", node, now, (start, end))
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sign, start, end = self.between(node, node.left, node.right)
        words = any(
            isinstance(x, ast.JoinedStr) or (isinstance(x, ast.Constant) and type(x.value) is str)
            for x in (node.left, node.right)
        )
        if sign in COMPUTED and not words:
            self.add("arithmetic", node, COMPUTED[sign], (start, end))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        sign, start, end = self.between(node, node.values[0], node.values[1])
        if sign in ("and", "or"):
            self.add("and, or", node, "or" if sign == "and" else "and", (start, end))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, (ast.Not, ast.USub)) and node.lineno == node.operand.lineno:
            ends = node.col_offset, node.operand.col_offset
            kind = "not dropped" if isinstance(node.op, ast.Not) else "arithmetic"
            if "(" not in self.lines[node.lineno - 1][slice(*ends)]:
                self.add(kind, node, "", ends)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        x = node.value
        if type(x) is bool:
            self.add("constant", node, str(not x))
        elif type(x) is int:
            self.add("constant", node, str(x + 1))
        elif type(x) is float:
            self.add("constant", node, repr(2 * x if x else 1.0))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        parts = [node.slice]
        if isinstance(node.slice, ast.Slice):
            parts = [x for x in (node.slice.lower, node.slice.upper) if x is not None]
        for part in parts:
            if (i := _whole_number(part)) is not None:
                self.add("index", part, str(i + 1))
            elif isinstance(part, ast.Name) and isinstance(node.slice, ast.Slice):
                self.add("index", part, f"{part.id} + 1")
        self.visit(node.value)
        if isinstance(node.slice, ast.BinOp):
            self.visit(node.slice)

    def visit_Call(self, node: ast.Call) -> None:
        if len(node.args) >= 2 and node.lineno == node.end_lineno:
            a, b = node.args[:2]
            plain = not any(isinstance(x, (ast.Starred, ast.GeneratorExp)) for x in (a, b))
            if plain and ast.unparse(node.func) not in ("isinstance", "max", "min"):
                between = self.lines[node.lineno - 1][a.end_col_offset : b.col_offset]
                ends = a.col_offset, b.end_col_offset or 0
                self.add("arguments swapped", node, self.text(b) + between + self.text(a), ends)
        self.generic_visit(node)


def _whole_number(node: ast.expr) -> int | None:
    """A whole number written down, maybe with a sign."""
    try:
        x = ast.literal_eval(node)
    except ValueError:
        return None
    return x if type(x) is int else None


@cache
def all_faults(package: str) -> tuple[Fault, ...]:
    """Every fault that can be planted in a package."""
    found: list[Fault] = []
    for path in sorted((ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        found += Finder(name, path.read_text(encoding="utf-8")).faults
    return tuple(found)


def can_be_read(fault: Fault) -> bool:
    """Whether the file with the fault is still Python."""
    try:
        ast.parse(fault.planted((ROOT / fault.path).read_text(encoding="utf-8")))
    except SyntaxError:
        return False
    return True


def drawn(packages: Sequence[str], count: int, rng: random.Random) -> list[Fault]:
    """So many faults, evenly over packages and, in each, over kinds; no line has two."""
    heaps: dict[str, list[list[Fault]]] = {}
    for package in packages:
        by_kind: dict[str, list[Fault]] = {}
        for fault in all_faults(package):
            by_kind.setdefault(fault.kind, []).append(fault)
        heaps[package] = [rng.sample(heap, len(heap)) for heap in by_kind.values()]
        rng.shuffle(heaps[package])
    chosen: list[Fault] = []
    taken: set[tuple[str, int]] = set()
    while len(chosen) < count and any(heaps.values()):
        for package in packages:
            if heaps[package] and len(chosen) < count:
                heap = heaps[package].pop(0)
                fault = heap.pop()
                if heap:
                    heaps[package].append(heap)
                if (fault.path, fault.line) not in taken and can_be_read(fault):
                    taken.add((fault.path, fault.line))
                    chosen.append(fault)
    return chosen


# ---- which tests meet a fault first --------------------------------------------------------------


@dataclass(frozen=True)
class Lines:
    """Which tests run which lines, and how long each takes."""

    seconds: dict[str, float]
    tests: dict[str, dict[str, list[str]]]  # path -> line -> module.function


def measured(copy: Path) -> Lines:
    """Which tests run which lines, and how long they take: one default run under coverage."""
    (copy / "measure.ini").write_text(
        f"[run]\nsource_pkgs = {','.join(PACKAGES)}\ndynamic_context = test_function\n",
        encoding="utf-8",
    )
    run = [sys.executable, "-m", "coverage", "run", "--rcfile=measure.ini", "-m", "pytest", "-q"]
    subprocess.run([*run, "--junitxml=times.xml"], cwd=copy, env=environment(copy), check=False)
    seconds: dict[str, float] = defaultdict(float)
    for case in ElementTree.parse(copy / "times.xml").iter("testcase"):
        file = (case.get("classname") or "").rpartition(".")[2]
        seconds[f"{file}.{case.get('name', '').partition('[')[0]}"] += float(case.get("time", 0))
    from coverage import CoverageData

    data = CoverageData(str(copy / ".coverage"))
    data.read()
    tests = {
        Path(path).relative_to(copy).as_posix(): {
            str(line): [context for context in contexts if context]
            for line, contexts in data.contexts_by_lineno(path).items()
        }
        for path in sorted(data.measured_files())
    }
    return Lines(dict(seconds), tests)


@cache
def is_there(file: str, function: str) -> bool:
    """Whether a test that was measured is still there."""
    path = ROOT / file
    return path.exists() and f"def {function}(" in path.read_text(encoding="utf-8")


def first_tests(fault: Fault, lines: Lines | None) -> list[str]:
    """Tests for pytest to begin with: quick ones that run the line, or files with its module."""
    if lines is not None:
        tests = lines.tests.get(fault.path, {})
        names = tests.get(str(fault.line)) or sorted(set(chain(*tests.values())))
        chosen: list[str] = []
        spent = 0.0
        for name in sorted(names, key=lambda name: lines.seconds.get(name, 0.0)):
            module, _, function = name.rpartition(".")
            file = f"tests/{module.rpartition('.')[2]}.py"
            spent += lines.seconds.get(name, 0.0)
            if chosen and spent > FIRST:
                break
            if is_there(file, function):
                chosen.append(f"{file}::{function}")
        if chosen:
            return chosen
    module = fault.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        if re.search(rf"\b{re.escape(module)}\b", path.read_text(encoding="utf-8"))
    ]


# ---- planting ------------------------------------------------------------------------------------


def copy_of_the_tree(folder: Path) -> Path:
    """The files that git knows, or would know, as they are now."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def environment(copy: Path) -> dict[str, str]:
    """The environment in which the packages are those of the copy."""
    path = os.pathsep.join(filter(None, [str(copy), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def noticed(copy: Path, tests: Sequence[str], limit: float) -> str:
    """Which test fails, or that they never end; "" where all pass."""
    process = subprocess.Popen(
        [*PYTEST, *tests], cwd=copy, env=environment(copy), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return f"more than {limit:.0f} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode in (0, 5):  # 5: no test was chosen
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return found[1] if found else output.strip().splitlines()[-1]


class Campaign:
    """Faults planted one at a time, each in one of several copies of the tree."""

    def __init__(self, folder: Path, jobs: int, lines: Lines | None, quick: bool) -> None:
        self.lines = lines
        self.quick = quick
        self.free: SimpleQueue[Path] = SimpleQueue()
        for job in range(jobs):
            self.free.put(copy_of_the_tree(folder / str(job)))

    def outcome(self, fault: Fault, number: int) -> str:
        """Plant a fault, let the tests meet it, take it out again: by what it is found."""
        copy = self.free.get()
        path = copy / fault.path
        right = path.read_text(encoding="utf-8")
        try:
            path.write_text(fault.planted(right), encoding="utf-8")
            os.utime(path, (number, number))  # so that no older bytecode is taken for it
            tests = first_tests(fault, self.lines)
            by = noticed(copy, tests, LIMITS[self.lines is None]) if tests else ""
            return by or ("" if self.quick else noticed(copy, [], LIMITS[1]))
        finally:
            path.write_text(right, encoding="utf-8")
            self.free.put(copy)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100, help="how many faults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES), choices=PACKAGES)
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--quick", action="store_true", help="without the default run")
    parser.add_argument("--log", type=Path, help="a file for what was found, read on the next run")
    parser.add_argument("--lines", type=Path, help="which tests run which lines, as measured")
    parser.add_argument("--measure", type=Path, help="write that file (needs coverage), and stop")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        if options.measure is not None:
            lines = measured(copy_of_the_tree(Path(folder)))
            options.measure.write_text(json.dumps(asdict(lines)), encoding="utf-8")
            return
        read = options.lines and json.loads(options.lines.read_text(encoding="utf-8"))
        faults = drawn(options.packages, options.count, random.Random(options.seed))
        found = {}
        if options.log is not None and options.log.exists():
            found = dict(map(json.loads, options.log.read_text(encoding="utf-8").splitlines()))
        campaign = Campaign(Path(folder), options.jobs, read and Lines(**read), options.quick)

        def one(number: int) -> str:
            fault, begin = faults[number], time.monotonic()
            by = found.get(str(fault)) or campaign.outcome(fault, 1 + number)
            spent = time.monotonic() - begin
            print(f"{number + 1:4} {spent:6.1f} s  {fault}  {by or 'SURVIVED'}", flush=True)
            if by and str(fault) not in found and options.log is not None:
                with options.log.open("a", encoding="utf-8") as log:
                    log.write(json.dumps([str(fault), by]) + "\n")
            return by

        with ThreadPoolExecutor(options.jobs) as pool:
            outcomes = list(pool.map(one, range(len(faults))))
    survivors = [fault for fault, by in zip(faults, outcomes) if not by]
    planted, missed = (Counter(f.path.partition("/")[0] for f in fs) for fs in (faults, survivors))
    print(f"\nseed {options.seed}: {len(survivors)} of {len(faults)} faults survived")
    for package in options.packages:
        print(f"  {package:10} {missed[package]} of {planted[package]}")
    for fault in survivors:
        print(f"  {fault}")


if __name__ == "__main__":
    main()
