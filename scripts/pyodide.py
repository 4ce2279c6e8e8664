"""Python for a browser, in one folder: `python -m scripts.pyodide FOLDER`.

The folder holds Pyodide's core as npm has it, the wheel of this checkout and what a notebook's
kernel needs.  `pyodide-lock.json` names these and nothing else, so whoever loads from it asks no
other place: `loadPyodide()` of its `pyodide.mjs`, then `loadPackage("chainrule")`.  Needs the extra
`docs`, and what `scripts/setup` takes from npm.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from scripts.folders import require_replaceable

ROOT = Path(__file__).parent.parent
CORE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]
LOCK = "pyodide-lock.json"
# What the kernel of a notebook loads before the first cell; `scripts.lite` has it loaded by name.
KERNEL = ["comm", "ipykernel", "ipython", "jedi", "micropip", "piplite", "pyodide-kernel"]
# Of PyPI but not of Pyodide's lock; without comm the kernel waits for ever and says nothing.
ADDED = ["comm==0.2.3", "graphviz==0.21"]
DEPENDS = {"chainrule": ["graphviz"]}


def build(folder: Path) -> None:
    """Write the folder; one that was written before is replaced.

    SystemExit where it holds something else, FileNotFoundError where npm's Pyodide or the wheels
    of the kernel are missing.
    """
    source = Path(sys.prefix, "node_modules", "pyodide")
    kernel = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")
    for needed, remedy in (source, "scripts/setup, with npm on PATH"), (kernel, 'the extra "docs"'):
        if not needed.exists():
            raise FileNotFoundError(f"{needed} is not there; what puts it there: {remedy}")
    lock = json.loads((source / LOCK).read_text(encoding="utf-8"))
    require_replaceable(folder, LOCK)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in CORE:
        shutil.copyfile(source / name, folder / name)
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        _gather(work, lock, kernel)
        entries = [_put(wheel, folder) for wheel in sorted(work.iterdir())]
    for entry in entries:
        known = lock["packages"].get(entry["name"], {})
        entry["depends"] = known.get("depends", DEPENDS.get(entry["name"], []))
    lock["packages"] = {entry["name"]: entry for entry in entries}
    (folder / LOCK).write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


def _gather(work: Path, lock: dict[str, Any], kernel: Path) -> None:
    """All wheels: our own, those of PyPI, and those that come with the kernel."""
    print("building the wheel of this checkout", flush=True)
    _pip("wheel", "--no-deps", "--wheel-dir", work, ROOT)
    pins = [*ADDED, *sorted(_pins(lock["packages"], KERNEL))]
    print(f"fetching {len(pins)} wheels", flush=True)
    python = ".".join(lock["info"]["python"].split(".")[:2])
    only = ["--only-binary", ":all:", "--python-version", python]
    _pip("download", "--no-deps", *only, "--dest", work, *pins)
    for name in KERNEL:
        for wheel in kernel.glob(f"static/pypi/{name.replace('-', '_')}-*.whl"):
            shutil.copy(wheel, work)


def _pip(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *map(str, arguments)], check=True)


def _pins(known: dict[str, Any], names: list[str]) -> set[str]:
    """What Pyodide's lock has of these and of what they depend on, as `name==version`."""
    found, left = set(), [*names]
    while left:
        entry = known.get(left.pop().replace("_", "-"))
        if entry and (pin := f"{entry['name']}=={entry['version']}") not in found:
            found.add(pin)
            left += entry["depends"]
    return found


def _put(wheel: Path, folder: Path) -> dict[str, Any]:
    """A wheel into the folder; what the lock says of it, but for what it depends on.

    A build number is made from what is in it: no cache of a browser mixes two builds.
    """
    name, version, tags = wheel.name.split("-", 2)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    file = f"{name}-{version}-0{sha256[:8]}-{tags}"
    shutil.copyfile(wheel, folder / file)
    inside = {path.partition("/")[0] for path in ZipFile(wheel).namelist()}
    modules = {file.removesuffix(".py") for file in inside if "." not in file.removesuffix(".py")}
    return {
        "name": name.lower().replace("_", "-"),
        "version": version,
        "file_name": file,
        "install_dir": "site",
        "sha256": sha256,
        "package_type": "package",
        "imports": sorted(modules),
        "unvendored_tests": False,
    }


def main() -> None:
    """Write the folder that the command names."""
    build(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
