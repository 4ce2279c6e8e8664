"""A layered layout (Sugiyama's) of our own, made for computation graphs.

It uses no recursion and no randomness: deep graphs work, and one input always gives one picture.

    layout = layered([Box(40, 20), Box(40, 20)], [Edge(0, 1, 24, 10)])
    layout.centers, layout.routes, layout.labels, layout.frames

The *flow* runs from inputs to outputs: rightwards in "LR", downwards in "TB".  In these modules a
point is (along the flow, across the flow); only the last function turns it into (x, y).

    frames.py     which frames there are, one within the other
    ranks.py      how far along the flow each box stands
    ordering.py   who stands above whom
    across.py     coordinates across the flow
    rows.py       a long chain in rows
    layered.py    coordinates along the flow, routes, labels, frames
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from viz.layout.across import across, fence, settle
from viz.layout.frames import frames_of, title_of
from viz.layout.net import Box, Edge, Layout, Net, Point
from viz.layout.ordering import EFFORT, LABEL_PAD, expand, order
from viz.layout.ranks import ranks
from viz.layout.rows import TURN, Places, fold

STEEPNESS = 0.4  # a gap between levels is at least this part of the largest step across it ...
WIDEST_GAP = 2.0  # ... but at most so many times `rank_gap`


# -- coordinates along the flow ------------------------------------------------------------------


def _along(
    net: Net,
    place: list[float],
    rank_gap: float,
    head: float,
    pad: float,
    titles: Sequence[float],
) -> tuple[list[Point], list[Point]]:
    """Where each level, and each frame, begins and ends; steep links and frames widen the gaps.

    `titles` is how long each frame must be at least.
    """
    length, gaps, shares = [], [], [[1, 1] for _ in net.reach]
    opening, closing = [0] * len(net.levels), [0] * len(net.levels)
    for g in reversed(range(len(net.reach))):  # how many frames begin, and end, together
        for side, count in enumerate((opening, closing)):
            level, outer = net.reach[g][side], net.tree.outer[g]
            count[level] = max(count[level], shares[g][side])
            if outer >= 0 and net.reach[outer][side] == level:
                shares[outer][side] = max(shares[outer][side], shares[g][side] + 1)
    titled = {level for _, level in net.heads}
    for i, vertices in enumerate(net.levels):
        length.append(max([net.length[v] for v in vertices], default=0.0))
        step = max([abs(place[v] - place[w]) for v in vertices for w in net.down[v]], default=0.0)
        slope = min(STEEPNESS * step, WIDEST_GAP * rank_gap)
        gap = max(pad, slope) if i + 1 in titled else max(rank_gap, head + slope)
        gaps.append(gap + closing[i] * pad + pad * (opening[i + 1] if i + 1 < len(opening) else 0))
    for g in sorted(range(len(net.reach)), key=lambda g: net.reach[g][1] - net.reach[g][0]):
        first, last = net.reach[g]
        inside = sum(length[first : last + 1]) + sum(gaps[first:last]) + pad * sum(shares[g])
        length[last] += max(0.0, (titles[g] if titles else 0.0) - inside)
    starts = accumulate([a + b for a, b in zip(length, gaps)], initial=0.0)
    spans = [(start, start + size) for start, size in zip(starts, length)]
    frames = [
        (spans[first][0] - pad * begin, spans[last][1] + pad * end)
        for (first, last), (begin, end) in zip(net.reach, shares)
    ]
    return spans, frames


# -- the picture ---------------------------------------------------------------------------------


def _ports(net: Net, place: list[float], gap: float) -> list[float]:
    """Where each edge meets its head, across the flow: side by side in the order of arrival.

    Where a small shift of all of them makes one edge straight, they are shifted.
    """
    arrivals: dict[int, list[tuple[float, int]]] = {}
    for i, (edge, source) in enumerate(zip(net.edges, net.sources)):
        arrivals.setdefault(edge.head, []).append((place[source], i))
    ports = [0.0] * len(net.edges)
    for head, arriving in arrivals.items():
        arriving.sort()
        breadth, steps = net.sizes[head][1], len(arriving) - 1
        step = min(gap, 0.6 * breadth / max(steps, 1))
        spots = [place[head] + step * (j - steps / 2) for j in range(steps + 1)]
        shift = min([at - spot for (at, _), spot in zip(arriving, spots)], key=abs)
        if abs(shift) > min(gap / 2, 0.4 * breadth - step * steps / 2) + 1e-9:
            shift = 0.0
        for (_, i), spot in zip(arriving, spots):
            ports[i] = spot + shift
    return ports


def _extend(route: list[Point], point: Point) -> None:
    """Go on to a point, without a stop in the middle of a straight part."""
    straight = abs(route[-1][1] - point[1]) < 1e-6
    if straight and len(route) > 1 and abs(route[-2][1] - point[1]) < 1e-6:
        route[-1] = point
    elif not straight or point[0] - route[-1][0] > 1e-6:
        route.append(point)


def _routes(
    net: Net, place: list[float], span: list[Point], port_gap: float, head: float, side: int
) -> tuple[list[list[Point]], list[Point]]:
    """Each edge from border to border, straight along every level it passes; where labels stand."""
    reach: list[list[Point]] = []  # the routes from the tails to the far side of each level
    for v, (here, end) in enumerate(span):
        if v < len(net.sizes):
            reach.append([((here + end + net.sizes[v][0]) / 2, place[v])])
        else:
            reach.append(reach[net.up[v][0]][:] if net.up[v] else [(here, place[v])])
            _extend(reach[v], (here, place[v]))
        _extend(reach[v], (end, place[v]))
    routes, labels = [], []
    for i, (edge, port) in enumerate(zip(net.edges, _ports(net, place, port_gap))):
        v, (here, end), breadth = net.sources[i], span[edge.head], net.texts[i][1]
        spot = net.spots[i]
        routes.append(reach[v][:])
        _extend(routes[i], (here - head, port))
        _extend(routes[i], ((here + end - net.sizes[edge.head][0]) / 2, port))
        if spot == edge.tail:
            x, y = (span[spot][1] + here) / 2, (place[spot] + port) / 2
        else:
            x, y = sum(span[spot]) / 2, place[spot]
        labels.append((x, y + side * (breadth / 2 + LABEL_PAD if breadth else 0.0)))
    return routes, labels


def layered(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    *,
    direction: str = "LR",
    rank_gap: float = 20.0,
    node_gap: float = 16.0,
    wire_gap: float = 10.0,
    port_gap: float = 8.0,
    head: float = 0.0,
    frame_pad: float = 10.0,
    frame_title: float = 14.0,
    title_width: Callable[[str], float] = lambda title: 8.0 * len(title),
    margin: float = 8.0,
    longest: float | None = None,
    effort: int = EFFORT,
) -> Layout:
    """Place boxes and route edges; "LR" has the inputs on the left, "TB" at the top.

    Gaps are in points: `rank_gap` between boxes and labels along the flow, `node_gap` between boxes
    of a rank, `wire_gap` between edges that pass a rank, `port_gap` between the ends of edges on
    a border (0: all end at its middle, as for round nodes), `head` is for arrow heads; frames leave
    `frame_title` at the top, and are as wide as their titles.  What is longer than `longest` is
    folded into rows where it is thin.  `effort` is how many vertices are visited to cross less.

    ValueError for an unknown direction and for edges that form a cycle.
    """
    if direction not in ("LR", "TB"):
        raise ValueError(f'direction is "LR" or "TB", got {direction!r}')
    across_titles = direction == "TB"
    side = 1 if across_titles else -1  # of labels

    def turn(x: float, y: float) -> Point:
        return (y, x) if across_titles else (x, y)

    sizes = [turn(box.width, box.height) for box in boxes]
    texts = [turn(edge.label_width, edge.label_height) for edge in edges]
    tree, group = frames_of([box.cluster for box in boxes], [(e.tail, e.head) for e in edges])
    names = tree.names
    titles = [title_width(title_of(name, names)) + 2 * frame_pad for name in names]

    net = Net(edges, sizes, texts, tree, [box.row for box in boxes], group=group)
    rank = ranks(edges, group, tree)
    expand(net, rank, node_gap, wire_gap, side, titles if across_titles else [], frame_title)
    order(net, effort)
    inside = max(frame_pad - node_gap / 2, 0.0)
    fence(net, node_gap / 2, inside, 0.0 if across_titles else frame_title)
    place = across(net)
    settle(net, place)
    levels, lengths = _along(net, place, rank_gap, head, frame_pad, [] if across_titles else titles)
    span = [levels[level] for level in net.level_of()]
    routes, labels = _routes(net, place, span, port_gap, head, side)
    centers = [(sum(span[v]) / 2, place[v]) for v in range(len(boxes))]
    sides: list[list[float]] = [[] for _ in names]
    for v in net.fences:
        sides[net.group[v]].append(place[v])
    frames = [(a, min(ys), b - a, max(ys) - min(ys)) for (a, b), ys in zip(lengths, sides)]

    places = Places(centers, routes, labels, frames)
    if longest is not None:
        places = fold(places, levels, edges, sizes, texts, longest)

    corners = [point for route in places.routes for point in route]
    for i in places.returns:
        corners += [(x + 0.8 * TURN, y) for x, y in places.routes[i]]
    spots = [*zip(places.centers, sizes), *zip(places.labels, texts)]
    for (x, y), (length, breadth) in spots:
        corners += (x - length / 2, y - breadth / 2), (x + length / 2, y + breadth / 2)
    for x, y, length, breadth in places.frames:
        corners += (x, y), (x + length, y + breadth)
    xs, ys = [x for x, _ in corners] or [0.0], [y for _, y in corners] or [0.0]
    left, top = min(xs) - margin, min(ys) - margin

    def move(point: Point) -> Point:
        return turn(point[0] - left, point[1] - top)

    return Layout(
        *move((max(xs) + margin, max(ys) + margin)),
        centers=[move(center) for center in places.centers],
        routes=[[move(point) for point in route] for route in places.routes],
        labels=[move(label) for label in places.labels],
        frames={
            name: (*move(frame[:2]), *turn(*frame[2:])) for name, frame in zip(names, places.frames)
        },
        returns=places.returns,
    )
