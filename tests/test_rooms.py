"""The house: rooms with signs, at most eight modules each, no arrow upward and no circle."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Bottom to top: a room imports from its own and from those before it.  A door is what
# `import autograd` gives, the `__init__.py` of a package: it stands above all of its rooms.
ROOMS = """
autograd/rules  autograd  autograd/higher  autograd/checking
autograd/tape/program  autograd/tape/kernels  autograd/tape/engines
autograd/tape/engines/compiled  autograd/tape/exports  autograd/tape  autograd/importing
autograd's door
viz/folding  viz/layout  viz/placing  viz/drawing  viz/derivation  viz/films  viz/networks
viz/page  viz/play    viz's door
nn  nn/data  nn/files  nn/training  nn/by_hand  nn/sklearn    nn's door
chainrule/terminal  chainrule/demo  chainrule/gpt  chainrule/worksheet  chainrule
chainrule's door
""".replace("'s door", "/__init__").split()
PACKAGES = ["autograd", "viz", "nn", "chainrule"]
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str:
    """The room a module stands in; the doors of the four packages are rooms of their own."""
    folder, _, name = module.rpartition(".")
    return (
        f"{folder}/__init__"
        if folder in PACKAGES and name == "__init__"
        else folder.replace(".", "/")
    )


def imports(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            names = [
                full if (full := f"{node.module}.{alias.name}") in MODULES else str(node.module)
                for alias in node.names
            ]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in PACKAGES:
                yield name if name in MODULES else f"{name}.__init__"


def test_every_room_is_on_the_map() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("module", MODULES)
def test_no_arrow_runs_upward(module: str) -> None:
    for imported in imports(MODULES[module]):
        assert imported in MODULES, f"{module} imports {imported}, which is not there"
        assert ROOMS.index(room_of(imported)) <= ROOMS.index(room_of(module)), imported


def test_there_is_no_circle() -> None:
    arrows = {module: set(imports(path)) - {module} for module, path in MODULES.items()}
    assert len(list(TopologicalSorter(arrows).static_order())) == len(MODULES)


@pytest.mark.parametrize("room", [room for room in ROOMS if not room.endswith("/__init__")])
def test_a_room_has_a_sign_and_at_most_eight_modules(room: str) -> None:
    sign = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))
    assert sign
    assert "import" in sign.lower(), "a sign says who may import whom"
    modules = [path for path in (ROOT / room).glob("*.py") if not path.stem.startswith("__")]
    assert 1 <= len(modules) <= 8


@pytest.mark.parametrize("package", PACKAGES)
def test_no_exported_name_is_the_name_of_a_module_in_its_package(package: str) -> None:
    inside = {path.stem for path in (ROOT / package).iterdir() if path.suffix in ("", ".py")}
    exported = set(import_module(package).__all__)
    assert not exported & inside


def test_the_engines_lowest_modules_import_nothing_of_ours() -> None:
    lowest = ["rules.words", "rules.symbols", "graph", "recording", "higher.structures"]
    for name in lowest:
        assert not list(imports(MODULES[f"autograd.{name}"])), name
