"""`python -m benchmarks [part ...] [--runs N] [--write]` prints the tables as Markdown.

Run it from the repository root, in an environment with the extras `peers`, `fast`, `train`
and `browser`.
"""

from __future__ import annotations

import argparse
from types import ModuleType

from benchmarks import (
    chain,
    check,
    checkers,
    compiled,
    demo_step,
    derivation,
    draw,
    exports,
    gpu,
    imports,
    iris,
    limit,
    microgpt,
    overtaking,
    page,
    tape,
    training,
)
from benchmarks.processes import ROOT, warn_if_busy
from benchmarks.tables import copy_between_markers, machine, split_at_markers, write_between_markers

PARTS = {
    "demo-step": demo_step,
    "microgpt": microgpt,
    "tape": tape,
    "compiled": compiled,
    "limit": limit,
    "exports": exports,
    "chain": chain,
    "import": imports,
    "draw": draw,
    "page": page,
    "check": check,
    "derivation": derivation,
    "iris": iris,
    "training": training,
}
ASKED = {
    "checkers": checkers,
    "overtaking": overtaking,
    "gpu": gpu,
}  # run by name only, and published between marks of their own
PACKAGES = ("numpy", "llvmlite", "micrograd", "xad", "torch", "jax", "casadi")
IN_SHORT = "in short"  # what the README has of the tables
PUBLISHED_RUNS = 9


def main() -> None:
    """Measure the named parts, all of them by default."""
    known = {**PARTS, **ASKED}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what this project promises and print the tables as Markdown.",
        epilog="\n".join(
            [
                "parts:",
                *[f"  {name:10} {_title(part)}" for name, part in {**PARTS, **ASKED}.items()],
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", help="what to measure (default: all but the last three)"
    )
    parser.add_argument("--runs", type=int, default=PUBLISHED_RUNS, help="rounds (default: 9)")
    parser.add_argument("--write", action="store_true", help="put all tables into the docs")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in known]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}: the parts are {', '.join(known)}")
    if options.runs < 1:
        parser.error(f"--runs must be at least 1, got {options.runs}")
    by_itself = len(options.parts) == 1 and options.parts[0] in ASKED
    if options.write and ((options.parts and not by_itself) or options.runs < PUBLISHED_RUNS):
        parser.error(f"--write needs all parts and at least {PUBLISHED_RUNS} runs")

    published = ROOT / "docs" / "benchmarks.md"
    name = options.parts[0] if by_itself else "benchmarks"
    if options.write:
        split_at_markers(published, name)  # better told before the work than after it
        split_at_markers(ROOT / "README.md", IN_SHORT)
    parts = [known[part] for part in options.parts or PARTS]
    for part in parts:
        part.check()
    warn_if_busy()
    texts = [machine(("numpy",) if name == "checkers" else PACKAGES)]
    print(texts[0], flush=True)
    for part in parts:
        for text in part.sections(options.runs):
            texts.append(text)
            print(text, flush=True)
    if options.write:
        write_between_markers(published, name, "\n".join(texts))
        if not by_itself:
            copy_between_markers(published, ROOT / "README.md", IN_SHORT)


def _title(part: ModuleType) -> str:
    """The first line of a part's docstring."""
    return (part.__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    main()
