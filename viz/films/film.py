"""`animate(root)`: the backward pass, the forward pass or the paths of a graph as a film.

    film = animate(y)                          in a notebook it plays
    film.save("y.gif")                         or .mp4, .svg, or .pdf with one step a page
    film.stills[2]                             one step as a picture

The arithmetic of each step stands below the picture, with the numbers of `steps` and `paths`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal

from autograd.graph import is_node
from autograd.rules.words import not_a_node
from viz.drawing.files import file_to_write, to_pdf
from viz.drawing.picture import check_options
from viz.drawing.scene import Scene
from viz.drawing.svg import SOFT, document, drawn_parts, in_a_cell, place_scene, text_width
from viz.films.formats import to_gif, to_moving_svg, to_mp4
from viz.films.stages import Stage, Story, along_paths, backward, forward
from viz.folding.levels import Folding
from viz.placing.engines import OWN, Direction

if TYPE_CHECKING:
    from autograd.graph import Node

What = Literal["backward", "forward", "paths"]
FORMATS = ("gif", "mp4", "svg", "pdf")
TITLE, WORDS, LINE, SIDE = 14.0, 14.0, 20.0, 10.0  # sizes of type, height of a line, margin
HOLD = 3  # the last still is shown as long as so many


class Film:
    """Stills of a graph: a film in a notebook, lines of text in a terminal, a file by `save`."""

    def __init__(self, stages: Sequence[Stage], direction: str, seconds: float) -> None:
        self.stages = list(stages)
        self.seconds = seconds
        self._direction = direction

    @cached_property
    def stills(self) -> list[str]:
        """Every step as an SVG picture, all of one size."""
        return [self._document(filter(None, parts)) for parts in self._parts]

    @cached_property
    def svg(self) -> str:
        """The film as one SVG that plays in a browser, again and again."""
        return self._document(to_moving_svg(self._parts, self.durations))

    @property
    def durations(self) -> list[float]:
        """How long each still is shown, in seconds."""
        return [self.seconds] * (len(self.stages) - 1) + [HOLD * self.seconds]

    def save(self, path: str | os.PathLike[str]) -> FilePath:
        """Write a .gif, .mp4 or .svg file, or a .pdf with one step a page, and return its path.

        ValueError for another ending, RuntimeError where a library is missing: it says what to
        install.
        """
        path, kind = file_to_write(path, FORMATS, "a film's file")
        if kind == "svg":
            path.write_text(self.svg, encoding="utf-8")
        elif kind == "pdf":
            path.write_bytes(to_pdf(self.stills))
        else:
            write = to_gif if kind == "gif" else to_mp4
            path.write_bytes(write(self.stills, self.durations))
        return path

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"image/svg+xml": in_a_cell(self.svg), "text/plain": str(self)}

    def __repr__(self) -> str:
        return "\n".join(
            "\n    ".join([f"{i}. {stage.title}", *stage.lines])
            for i, stage in enumerate(self.stages, 1)
        )

    # ---- how it is drawn -------------------------------------------------------------------------

    @cached_property
    def _sized(self) -> Scene:
        """The last scene with the longest lines of all, which every still has room for."""
        scenes = [stage.scene for stage in self.stages]
        boxes = []
        for versions in zip(*(scene.boxes for scene in scenes), strict=True):
            lines = zip(*(box.lines for box in versions), strict=True)
            longest = tuple(max(line, key=lambda text: text_width(text, WORDS)) for line in lines)
            boxes.append(replace(versions[-1], lines=longest))
        return replace(scenes[-1], boxes=tuple(boxes))

    @cached_property
    def _parts(self) -> list[list[str]]:
        """The SVG of each still in parts: as many, in the same order, in all of them."""
        placed, most = self._placed, max(len(stage.lines) for stage in self.stages)
        found = []
        for i, stage in enumerate(self.stages, 1):
            parts = drawn_parts(stage.scene, self._direction, placed, self._sized)
            y = placed.height + LINE
            parts.append(_text(f"{i}/{len(self.stages)} · {stage.title}", y, TITLE, SOFT))
            lines = [*stage.lines, *[""] * (most - len(stage.lines))]
            for j, line in enumerate(lines, 1):
                parts.append(_text(line, y + j * LINE, WORDS, "#111827") if line else "")
            found.append(parts)
        return found

    @cached_property
    def _placed(self) -> Any:
        return place_scene(self._sized, self._direction)

    def _document(self, parts: Any) -> str:
        titles = [text_width(f"99/99 · {stage.title}", TITLE) for stage in self.stages]
        lines = [text_width(line, WORDS) for stage in self.stages for line in stage.lines]
        most = max(len(stage.lines) for stage in self.stages)
        width = max(self._placed.width, 2 * SIDE + max(titles + lines))
        height = self._placed.height + LINE * (1 + most) + SIDE
        return document(width, height, "a film of a computation graph", parts)


def animate(
    root: Node,
    *,
    what: What = "backward",
    wrt: Node | None = None,
    seconds: float = 1.0,
    names: Mapping[str, Any] | None = None,
    direction: Direction = "LR",
    limit: int | None = 100,
) -> Film:
    """A film of the graph below root, for slides: `animate(y).save("y.gif")`.

    `what` is "backward", the backward pass one node at a time; "forward", the values one operation
    at a time; or "paths", one path from root to the node `wrt` after the other, and their sum.
    `seconds` is how long each step is shown.  `names` and `direction` are those of `draw`.  Nothing
    is written to a node, and `backward()` need not have run.  ValueError where there are more than
    `limit` nodes (None: no limit), or more than 60 paths.

    >>> x = Value(3.0, "x")
    >>> animate(x * x)  # it plays in a notebook, and is this text in a terminal
    1. the backward pass, from [× → 9] to its inputs
    2. it begins with [× → 9]
        grad [× → 9] = 1
    3. [× → 9] passes on its gradient, times each local derivative
        grad x = 1 × 3 = 3
        grad x = 3 + 1 × 3 = 6
    4. every gradient is complete
        grad x = 6
    """
    if not is_node(root):
        raise TypeError(not_a_node("animate", root))
    if what not in ("backward", "forward", "paths"):
        raise ValueError(f'what is "backward", "forward" or "paths", got {what!r}')
    if (wrt is not None) != (what == "paths"):
        raise ValueError('wrt is the node that paths lead to: animate(y, what="paths", wrt=x)')
    if wrt is not None and not is_node(wrt):
        raise TypeError(not_a_node("animate(wrt=)", wrt))
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"seconds is how long a step is shown, above 0, got {seconds!r}")
    check_options(direction, OWN)
    graph = Folding([root], names=names).at("operations")
    if limit is not None and len(graph.nodes) > limit:
        raise ValueError(
            f"this graph has {len(graph.nodes):,} nodes, and a film is readable up to about {limit}"
            ": animate one of its inner nodes, a smaller example, or all with limit=None"
        )
    story = Story(root, graph)
    if what == "paths":
        stages = along_paths(story, wrt)
    else:
        stages = backward(story) if what == "backward" else forward(story)
    return Film(list(stages), direction, seconds)


def _text(words: str, y: float, size: float, colour: str) -> str:
    return (
        f'<text x="{SIDE:.1f}" y="{y:.1f}" font-size="{size:.0f}" fill="{colour}" '
        f'text-anchor="start">{escape(words)}</text>'
    )
