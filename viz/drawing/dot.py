"""A scene as DOT, for the Graphviz engines and for whoever wants the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viz.drawing.scene import (
    CHOSEN,
    NEGATIVE,
    POSITIVE,
    Box,
    Scene,
    arrow_colour,
    arrow_thickness,
    colour,
    thickness,
    tint,
)
from viz.layout.frames import Tree, frames_of, title_of
from viz.placing.engines import digraph

if TYPE_CHECKING:
    import graphviz

FONT = "Helvetica,Arial,sans-serif"


def to_dot(scene: Scene, direction: str, legend: bool = False) -> graphviz.Digraph:
    """The graph in DOT: a rounded box per variable and result, a frame per group."""
    graph = digraph(
        "chainrule",
        graph_attr={
            "rankdir": direction, "bgcolor": "white", "fontname": FONT, "fontsize": "12",
            "nodesep": "0.3", "ranksep": "0.55", "charset": "UTF-8", "pad": "0.15",
        },
        node_attr={
            "shape": "box", "style": "rounded,filled", "fontname": FONT, "fontsize": "13",
            "margin": "0.16,0.08", "height": "0.2", "fontcolor": "#111827",
        },
        edge_attr={"fontname": FONT, "fontsize": "12", "arrowsize": "0.7"},
    )  # fmt: skip
    if legend:
        said = {POSITIVE: "blue: ", NEGATIVE: "orange: ", CHOSEN: "violet: "}
        words = "; ".join(said.get(sample, "") + text for sample, text in scene.legend)
        graph.attr(label=words, labelloc="b", labeljust="l", fontsize="11", fontcolor="#4b5563")
    tree, group = frames_of(
        [box.cluster for box in scene.boxes], [(a.tail, a.head) for a in scene.arrows]
    )
    _fill(graph, scene, tree, group, -1)
    for arrow in scene.arrows:
        graph.edge(
            f"n{arrow.tail}", f"n{arrow.head}", label=_plain(f" {arrow.label} "),
            color=arrow_colour(arrow), fontcolor=arrow_colour(arrow),
            penwidth=f"{arrow_thickness(arrow, scene.steepest):.2f}",
            style="solid" if arrow.label else "dashed",
        )  # fmt: skip
    return graph


def _fill(graph: graphviz.Digraph, scene: Scene, tree: Tree, group: list[int], frame: int) -> None:
    """Put the boxes and frames that stand directly in a frame into it; -1 is the whole."""
    for i, box in enumerate(scene.boxes):
        if group[i] == frame:
            _add_box(graph, i, box, scene.largest)
    for g, outer in enumerate(tree.outer):
        if outer == frame:
            with graph.subgraph(name=f"cluster_{g}") as part:
                part.attr(
                    label=_plain(title_of(tree.names[g], tree.names)), style="rounded",
                    color="#9ca3af", fontsize="12", fontcolor="#4b5563",
                    labeljust="l", labelloc="t",
                )  # fmt: skip
                _fill(part, scene, tree, group, g)


def _add_box(graph: graphviz.Digraph, i: int, box: Box, largest: float) -> None:
    words = "\n".join(box.lines)
    graph.node(
        f"n{i}",
        label=_plain(words).replace("\n", "\\n"),
        color=colour(box.gradient),
        fillcolor=tint(box.gradient) if box.kind != "constant" else "white",
        penwidth=f"{thickness(box.gradient, largest):.2f}",
        peripheries="2" if box.kind == "group" else "1",
        style="filled,dashed" if box.kind == "constant"
        else "filled" if box.kind == "variable" else "rounded,filled",
        tooltip=_plain(words.replace("\n", ", ")),
    )  # fmt: skip


def _plain(words: str) -> str:
    """Words in which DOT sees no signs of its own."""
    from graphviz import escape

    return str(escape(words))
