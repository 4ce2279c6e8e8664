"""A scene as DOT, for the Graphviz engines and for whoever wants the source."""

from __future__ import annotations

import graphviz

from viz.drawing.scene import (
    CHOSEN,
    NEGATIVE,
    POSITIVE,
    Scene,
    arrow_colour,
    arrow_thickness,
    colour,
    thickness,
    tint,
)

FONT = "Helvetica,Arial,sans-serif"


def to_dot(scene: Scene, direction: str, legend: bool = False) -> graphviz.Digraph:
    """The graph in DOT: a rounded box per variable and result, a cluster per label prefix."""
    graph = graphviz.Digraph(
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
    largest = scene.largest
    for cluster in dict.fromkeys(box.cluster for box in scene.boxes):
        members = [i for i, box in enumerate(scene.boxes) if box.cluster == cluster]
        if not cluster:
            _add_boxes(graph, scene, members, largest)
            continue
        with graph.subgraph(name=f"cluster_{members[0]}") as part:
            part.attr(
                label=graphviz.escape(cluster), style="rounded", color="#9ca3af", fontsize="12",
                fontcolor="#4b5563", labeljust="l",
            )  # fmt: skip
            _add_boxes(part, scene, members, largest)
    for arrow in scene.arrows:
        graph.edge(
            f"n{arrow.tail}", f"n{arrow.head}", label=graphviz.escape(f" {arrow.label} "),
            color=arrow_colour(arrow), fontcolor=arrow_colour(arrow),
            penwidth=f"{arrow_thickness(arrow, scene.steepest):.2f}",
            style="solid" if arrow.label else "dashed",
        )  # fmt: skip
    return graph


def _add_boxes(graph: graphviz.Digraph, scene: Scene, members: list[int], largest: float) -> None:
    for i in members:
        box = scene.boxes[i]
        words = "\n".join(box.lines)
        graph.node(
            f"n{i}",
            label=graphviz.escape(words).replace("\n", "\\n"),
            color=colour(box.gradient),
            fillcolor=tint(box.gradient) if box.kind != "constant" else "white",
            penwidth=f"{thickness(box.gradient, largest):.2f}",
            style="filled,dashed" if box.kind == "constant"
            else "rounded,filled" if box.kind == "result" else "filled",
            tooltip=graphviz.escape(words.replace("\n", ", ")),
        )  # fmt: skip
