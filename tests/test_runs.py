"""Wide sums: of many terms that are alike a picture shows a few, and how many more there are."""

from collections.abc import Sequence

from autograd import Value, sumprod, total
from viz import draw
from viz.folding.graph import FoldedGraph
from viz.folding.levels import Folding


def variables(name: str, count: int) -> list[Value]:
    return [Value(1.0, f"{name}[{i}]" if name else "") for i in range(count)]


def short(root: Value) -> FoldedGraph:
    root.backward()
    return Folding([root]).at("operations", short=True)


def names(graph: FoldedGraph) -> list[str]:
    return [node.name for node in graph.nodes]


def test_a_sum_of_a_hundred_shows_four_boxes_and_how_many_more() -> None:
    graph = short(total(variables("w", 100)))
    assert names(graph) == ["w[0]", "w[1]", "w[2] … w[98]", "w[99]", ""]
    rest = graph.nodes[2]
    assert (len(rest.hides), rest.parameters, rest.gradient) == (97, 97, 97.0)
    assert [edge.count for edge in graph.edges] == [1, 1, 97, 1]
    assert "97 parameters" in draw(total(variables("w", 100))).svg


def test_each_list_is_a_run_of_its_own() -> None:
    graph = short(sumprod(variables("w", 30), variables("x", 30)))
    assert [name for name in names(graph) if "…" in name] == ["w[2] … w[28]", "x[2] … x[28]"]


def test_a_term_is_hidden_with_all_that_serves_it_alone() -> None:
    shared, ws = Value(2.0, "shared"), variables("w", 20)
    graph = short(total([w * shared for w in ws]))
    (rest,) = [node for node in graph.nodes if node.name == "17 more"]
    assert len(rest.hides) == 34  # a product and a variable each
    assert "shared" in names(graph)
    assert rest.inputs == (shared,)


def test_terms_without_a_label_are_counted() -> None:
    assert names(short(total(variables("", 50)))) == ["", "", "47 more", "", ""]


def test_few_terms_different_terms_and_terms_used_elsewhere_are_all_shown() -> None:
    def hidden(terms: Sequence[Value], root: Value | None = None) -> bool:
        graph = short(total(terms) if root is None else root)
        return any(len(node.hides) > 1 for node in graph.nodes)

    ws = variables("w", 12)
    assert hidden(ws)
    assert not hidden(ws[:7])
    assert not hidden([w.sin() if i % 2 else w for i, w in enumerate(ws)])
    assert not hidden(ws, total(ws) * total(ws))


def test_small_graphs_and_whoever_asks_for_operations_see_all_terms() -> None:
    assert len(draw(total(variables("w", 12))).scene.boxes) == 13
    assert len(draw(total(variables("w", 100)), detail="operations").scene.boxes) == 101
