"""What stands below the picture of a computation graph: what a step means, without its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from engine.concepts.backprop.graph import Graph, Leg, Node
from engine.sentences import MOST_SHARED, listed

#: What the sentence says of a node, by its operation; of others that it is computed.
DOES = {"total": "adds up", "mean": "takes the mean of", "max": "takes the largest of", "softmax": "makes shares of", "transpose": "turns"}


def caption(leg: Leg, graph: Graph, *, given: bool) -> str:
    """Of the steps of a leg."""
    node = graph.nodes[leg.node]
    if leg.kind == "forward":
        return f"Forward to {node.label}: it {_does(node)} {listed(_names(node, graph))}."
    if leg.kind == "seed":
        return f"The way back begins at {node.label}{', with the adjoint that is given' * given}."
    if leg.kind == "sum":
        return f"{node.label} was read {len(graph.children(leg.node))} times: what comes back adds up."
    part = ", a part of what it gets" if len(graph.children(leg.node)) > 1 else ""
    return f"Back from {graph.nodes[leg.child].label} to {node.label}, times the slope{part}."


def shared(leg: Leg, graph: Graph) -> str:
    """What holds for all cells of a leg."""
    node = graph.nodes[leg.node]
    text = {
        "forward": f"Forward to {node.label}.",
        "seed": f"The way back begins at {node.label}.",
        "edge": f"Back from {graph.nodes[leg.child].label if leg.child else ''} to {node.label}.",
        "sum": f"All that comes back to {node.label} adds up.",
    }[leg.kind]
    return text if len(text.split()) <= MOST_SHARED else "The values flow forward." if leg.kind == "forward" else "The adjoints flow back."


def noun(leg: Leg, graph: Graph) -> str:
    """What all cells of a leg are, or are parts of."""
    label = graph.nodes[leg.node].label
    if leg.kind == "forward":
        return label
    return f"∂{graph.nodes[graph.output].label}/∂{label if label.isidentifier() else f'({label})'}"


def _does(node: Node) -> str:
    return DOES.get(node.op, "reads")


def _names(node: Node, graph: Graph) -> Sequence[str]:
    return list(dict.fromkeys(graph.nodes[name].label for name in node.args))
