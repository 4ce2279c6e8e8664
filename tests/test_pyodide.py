"""The wheel in Pyodide, the Python of browsers, run by Node: it says what it says here."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path

import pytest
from node import Node

from scripts.lite import CHOSEN

pytestmark = pytest.mark.site

START = """async (address) => {
  const { loadPyodide } = await import(address);
  globalThis.python = await loadPyodide({ stderr: () => {} });
  await python.loadPackage("chainrule", { messageCallback: () => {} });
}"""
CELL = """async (code) => {
  await python.loadPackage("ipython", { messageCallback: () => {} });
  python.runPython(code);
}"""
RUN = """(code) => {
  const lines = [];
  python.setStdout({ batched: (line) => lines.push(line) });
  python.runPython(code, { globals: python.toPy({}) });
  return lines.join("\\n");
}"""
HEAD = """\
import random
from autograd import *
from nn import *
from viz import *

w, x, b = Value(-1.5, "w"), Value(0.5, "x"), Value(0.25, "b")
y = (w * x + b) ** 2 - relu(x)
y.label = "y"
y.backward()
"""  # numbers that no rounding touches: the last digit of a tanh is not the same everywhere
PROGRAMS = {
    "a value": "print(y, w.grad, x.grad, b.grad)",
    "a picture": "print(draw(y).svg)",
    "a picture as text": "print(draw(y))",
    "a picture as DOT": "print(draw(y).dot)",
    "an explanation": "print(explain(y))",
    "a page": """
        body = explore(y).html.partition("<body")[2]
        print(body.partition("DIVISION")[0])  # it goes on with what this Python says of x / 0""",
    "a film": "print(len(animate(y).svg))",
    "a network": "print(draw_network(MLP(2, [4, 1], rng=random.Random(0))).svg)",
    "a check": "print(gradcheck(y, [w, x, b]))",
    "a wrong rule": """
        square = Operation("square", lambda x: x * x, lambda x, z: 2.002 * x, registered=False)
        print(gradcheck(square, [0.5]))""",
    "second derivatives": "print(hessian(lambda x: x[0] ** 2 * x[1])([0.5, 0.25]))",
    "a tape": """
        model = MLP(2, [3, 1], rng=random.Random(0))
        tape = trace(lambda x, y: squared_error(model(x), y), [0.1, 0.2], 0.3)
        print(tape)
        print(f"{tape.backward([[0.1, 0.2], [0.3, 0.4]], [0.3, 0.5]):.9f}", model)""",
    "a training": """
        data = Data(*moons(100, rng=random.Random(0)))
        model = MLP(2, [8, 1], activation="tanh", rng=random.Random(1))
        optimizer = Adam(model.parameters())
        history = fit(
            model, data, loss=squared_error, optimizer=optimizer, epochs=20, engine="python",
            rng=random.Random(2),
        )
        print(history.engine, f"{history[-1].loss:.9f}")""",
    "a file": """
        model = MLP(4, [3, 3], rng=random.Random(0))
        save(model, "model.json")
        print(load("model.json")([1.0, 2.0, 3.0, 4.0]), len(iris().inputs))""",
    "the command line": """
        from chainrule.command_line import main
        for command in "explain", "check":
            print(main([command, "(w*x + b)**2", "x=0.5", "w=-1.5", "b=0.25"]))""",
    "the worksheet": """
        from chainrule.worksheet import check, score
        print(check(1, 3, 5), check(1, 5, 3), check(3, ...), score())""",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser(site: Path, node: Node) -> Callable[[str], str]:
    """What a program prints in the Python of browsers."""
    node.evaluate(START, (site / "pyodide" / "pyodide.mjs").as_uri())
    return lambda code: str(node.evaluate(RUN, code))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """What it prints in this Python."""

    def run(code: str) -> str:
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, "<exec>", "exec"), {})
        return printed.getvalue().removesuffix("\n")

    before = Path.cwd()
    os.chdir(tmp_path)
    yield run
    os.chdir(before)


def test_the_lock_names_what_is_in_the_folder_and_nothing_else(site: Path) -> None:
    folder = site / "pyodide"
    lock = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    wheels = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.whl")}
    assert {entry["file_name"]: entry["sha256"] for entry in lock.values()} == wheels
    needed = {name.replace("_", "-") for entry in lock.values() for name in entry["depends"]}
    assert needed | {"chainrule"} <= lock.keys()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_in_a_browser_what_it_prints_here(
    program: str, browser: Callable[[str], str], here: Callable[[str], str]
) -> None:
    lines = PROGRAMS[program].splitlines()
    code = HEAD + "\n".join(line.removeprefix(" " * 8) for line in lines)
    assert browser(code) == here(code) != ""


@pytest.mark.parametrize("path", CHOSEN, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_a_browser(
    path: Path, browser: Callable[[str], str], node: Node
) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            node.evaluate(CELL, "".join(cell["source"]))


def test_every_row_is_confirmed_by_the_arithmetic_of_a_browser(
    browser: Callable[[str], str],
) -> None:
    code = """
from autograd import OPERATIONS, check_operation
from autograd.rules.language import BUILT_IN
print([name for name in BUILT_IN if not check_operation(OPERATIONS[name])])"""
    assert browser(code) == "[]"


def test_a_graph_200000_deep_is_differentiated_copied_and_freed_in_a_browser(
    browser: Callable[[str], str],
) -> None:
    code = """
import copy, pickle
from autograd import Value, topological_order
y = x = Value(1.0, "x")
for _ in range(200_000):
    y = y * 1.0
y.backward()
print(x.grad)
for z in copy.deepcopy(y), pickle.loads(pickle.dumps(y)):
    print(len(topological_order(z)), z.data)
del x, y, z
print("freed")"""
    assert browser(code).splitlines() == ["1.0", "400001 1.0", "400001 1.0", "freed"]


def test_a_deep_tape_is_made_and_freed_in_a_browser(browser: Callable[[str], str]) -> None:
    code = """
from autograd import trace
def f(x):
    for _ in range(5_000):
        x = x * 1.0
    return x
tape = trace(f, 2.0)
print(tape.forward([3.0]))
del tape
print("freed")"""
    assert browser(code) == "[3.0]\nfreed"


def test_what_a_browser_has_not_is_named(browser: Callable[[str], str]) -> None:
    code = """
from autograd import trace
from viz import plot_history
tape = trace(lambda x: x * x, 1.0)
for act in (lambda: tape.using("numpy"), lambda: plot_history([1.0, 0.5])):
    try:
        act()
    except ImportError as error:
        print(error)"""
    numpy, matplotlib = browser(code).splitlines()
    assert numpy.startswith("the numpy engine needs NumPy")
    assert matplotlib.startswith("plots need matplotlib")
