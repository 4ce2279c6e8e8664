"""The whole site: `python -m scripts.site_parts [FOLDER]`, build/site unless given.

Needs the extra `docs`, and what scripts/setup takes from npm.  Any warning ends the build.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from scripts.folders import require_replaceable
from scripts.site_parts.parts import PARTS

ROOT = Path(__file__).parent.parent.parent
MODULES = ("sphinx", "furo", "myst_nb", "jupyterlite_core", "jupyterlite_pyodide_kernel")
PACKAGES = ("mathjax", "pyodide")
SPHINX = [
    "sphinx",
    "--fail-on-warning",
    "--keep-going",
    "--show-traceback",
    "--jobs",
    "auto",
    "--fresh-env",
]


def missing() -> list[str]:
    """What the build needs and this machine lacks, with what brings it."""
    modules = [name for name in MODULES if find_spec(name) is None]
    packages = [name for name in PACKAGES if not Path(sys.prefix, "node_modules", name).exists()]
    programs = [name for name in ["node"] if shutil.which(name) is None]
    return [
        *[f'{name}: pip install -e ".[docs]"' for name in modules],
        *[f"{name}, of npm: scripts/setup, with npm on PATH" for name in packages],
        *[f"{name}: Node.js" for name in programs],
    ]


def run(command: Sequence[str]) -> float:
    """Run a module in a process of its own; the seconds it took.  SystemExit where it fails."""
    start = monotonic()
    if subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode:
        sys.exit(f"the site is not built: {command[0]} failed")
    return monotonic() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Build every part, and say what each took."""
    parser = argparse.ArgumentParser(prog="scripts/site", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/site")
    folder = parser.parse_args(arguments).folder.resolve()
    if lacking := missing():
        sys.exit("the site needs\n  " + "\n  ".join(lacking))
    require_replaceable(folder, "searchindex.js")
    with TemporaryDirectory(prefix="site") as work:
        site = Path(work, "site")
        given = ["--conf-dir", "docs", "--doctree-dir", f"{work}/doctrees", ".", str(site)]
        times = {"pages and notebooks": run([*SPHINX, *given])}
        for part in PARTS:
            (site / part.folder).mkdir()
            words = part.command.split()
            times[part.folder] = run([word.format(folder=site / part.folder) for word in words])
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(site, folder)
    for name, seconds in times.items():
        print(f"{seconds:6.1f} s  {name}")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.1f} MB; open it: python -m http.server --directory {folder}")


if __name__ == "__main__":
    main()
