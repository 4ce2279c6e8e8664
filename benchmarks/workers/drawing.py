"""Seconds to draw a random program of 1,000 nodes with our own layout, as SVG text.

A program draws operations and their operands among earlier results, so nodes are shared.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from autograd import Value, atan2, describe, maximum, mean, sin, tanh
from viz import draw

UNARY = (sin, tanh)
BINARY = (Value.__sub__, Value.__mul__, atan2, maximum, lambda x, y: mean([x, y]))


def program(nodes: int, seed: int = 0, variables: int = 20) -> Value:
    """The root of a graph of exactly so many nodes, the same for the same seed."""
    rng = random.Random(seed)
    made = [Value(rng.uniform(-1, 1), f"x{i}") for i in range(variables)]
    ends = dict.fromkeys(made)  # what nothing depends on yet: one of them in the end
    while (missing := nodes - len(made)) > 0:
        if len(ends) > missing:
            operands = rng.sample(list(ends), 2)
        else:
            first = list(ends) if len(ends) == missing or rng.random() < 0.7 else made
            operands = [rng.choice(first), *rng.choices(made, k=rng.choice((0, 1, 1)))]
        node = rng.choice(BINARY if len(operands) == 2 else UNARY)(*operands)
        for v in operands:
            ends.pop(v, None)
        ends[node] = None
        made.append(node)
    return made[-1]


def measure(nodes: int) -> dict[str, Any]:
    """Seconds to the SVG text, its length, and the counts of the graph."""
    root = program(nodes)
    root.backward()
    start = perf_counter()
    svg = draw(root, engine="own", limit=None).svg
    seconds = perf_counter() - start
    counts = describe(root)
    return {
        "seconds": seconds,
        "characters": len(svg),
        "nodes": counts.nodes,
        "edges": counts.edges,
        "depth": counts.depth,
    }
