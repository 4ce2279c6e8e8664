"""A page that opens folded in Chromium: how soon it answers, and every step of two of its views.

It is opened as the page of `page` is.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

from autograd import Value
from benchmarks.workers.drawing import program
from benchmarks.workers.page import answering
from nn import MLP
from viz import explore

STEPS = """
() => {
  const times = [];
  const inside = graph.views.findLastIndex((view) => view.up > 0);
  for (const k of [0, inside]) {
    visit(k);
    for (let at = 0; at <= lastPosition(); at++) {
      const start = performance.now();
      go(at);
      document.body.getBoundingClientRect(); // lays the page out
      times.push(performance.now() - start);
    }
  }
  return times;
}
"""


def network(examples: int = 16) -> Value:
    """The squared error of a 2-16-16-1, summed over the examples."""
    rng = random.Random(0)
    model = MLP(2, [16, 16, 1], rng=rng)
    terms = [(model([rng.random(), rng.random()]) - 0.5) ** 2 for _ in range(examples)]
    return sum(terms[1:], start=terms[0])


def measure(subject: str, nodes: int) -> dict[str, Any]:
    """Bytes, views, seconds to make and to open the page, milliseconds of each step."""
    root = network() if subject == "network" else program(nodes)
    start = perf_counter()
    page = explore(root)
    html = page.html
    made = perf_counter() - start
    with answering(page) as (screen, seconds):
        steps = screen.evaluate(STEPS)
        views = screen.evaluate("graph.views.length")
    size = len(html.encode())
    return {"bytes": size, "views": views, "made": made, "seconds": seconds, "steps": steps}
