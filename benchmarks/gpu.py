"""Tapes on a GPU, where JAX has one: float32 and float64, against our engines on the processor."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.exports import COUNTS, NETWORKS
from benchmarks.processes import own_process, progress, require
from benchmarks.tables import number, table

SECONDS = 0.5


def check() -> None:
    """SystemExit where a peer is missing."""
    require("gpu", ("jax", "llvmlite", "numpy"), "peers,fast")


def sections(runs: int) -> Iterator[str]:
    """The table; one sentence where JAX has no GPU."""
    device = own_process("gpu")
    if not device:
        yield "### Tapes on a GPU\n\nSkipped: JAX has no GPU here.\n"
        return
    rows = []
    for sizes in NETWORKS:
        for kind in ("float64", "float32"):
            results = own_process(
                "exports", counts=COUNTS, seconds=SECONDS, sizes=sizes, x64=kind == "float64"
            )
            for count, result in zip(COUNTS, results, strict=True):
                name = f"{'-'.join(map(str, sizes))}, {count:,}, {kind}"
                rows.append([name, *map(number, result["ms"].values())])
                progress(f"gpu, {name}")
    heads = ["ms", "by hand", "`to_jax`, jax.grad", "`data_parallel`", "NumPy", "compiled"]
    yield (
        f"### Tapes on a GPU\n\nMilliseconds of one gradient on {device}, as in *Tapes in JAX*; "
        "NumPy and the compiled engine run on the processor, in float64.\n\n" + table(heads, rows)
    )
