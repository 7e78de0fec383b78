"""The columns of a graph from left to right, with as few crossings as Sugiyama's method finds."""

from __future__ import annotations

from engine.concepts.backprop.graph import Node

Entry = str | tuple[str, str]


def layered(nodes: dict[str, Node]) -> list[list[Entry]]:
    """Names from top to bottom in columns from left to right; a pair (from, to) is where an edge passes through a column.

    Every node stands as far right as those that read it allow, so that leaves are next to where they are used.
    """
    from grandalf.graphs import Edge, Vertex, graph_core
    from grandalf.layouts import SugiyamaLayout

    class View:
        w = h = 10.0

    vertices = {name: Vertex(name) for name in nodes}
    for vertex in vertices.values():
        vertex.view = View()
    # From the output to the leaves: layers are counted from the roots.
    edges = [Edge(vertices[node.name], vertices[arg]) for node in reversed(nodes.values()) for arg in node.args]
    graph = graph_core(list(reversed(vertices.values())), edges)
    layout = SugiyamaLayout(graph)
    layout.init_all(roots=[vertices[next(reversed(nodes))]])
    layout.draw(10)
    passing = {id(dummy): (e.v[1].data, e.v[0].data) for e, ctrl in layout.ctrls.items() for dummy in _dummies(ctrl)}
    return [[passing[id(v)] if id(v) in passing else v.data for v in layer] for layer in reversed(layout.layers)]  # noqa: SIM401


def _dummies(ctrl: object) -> list[object]:
    return [v for v in ctrl.values() if not hasattr(v, "data")]  # type: ignore[attr-defined]  # grandalf has no types
