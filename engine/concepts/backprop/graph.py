"""A computation graph as plain data: what is computed from what, and in which order. What draws it needs no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BackpropKind = Literal["forward", "seed", "edge", "sum"]

#: A product: its number and the names of its factors, one that is squared twice.
Monomial = tuple[float, tuple[str, ...]]

WEIGHT = re.compile(r"[wWbθ]|theta")


@dataclass(frozen=True)
class Node:
    """A value of the graph. ``name`` is the user's, or for a value without one the text that computes it.

    ``op`` is a name of :data:`engine.concepts.backprop.rules.RULES`, or ``leaf``. ``args`` are the nodes that it reads, each once. A
    ``sum`` adds ``terms`` and divides them by ``number``; ``number`` is also the exponent of a ``power`` and the numerator of a
    ``quotient`` of one argument. ``dim`` is the axis of a reduction, none for all of them. ``label`` and ``text`` are name and right side
    as they are shown.
    """

    name: str
    op: str
    label: str
    text: str = ""
    args: tuple[str, ...] = ()
    terms: tuple[Monomial, ...] = ()
    number: float = 1.0
    dim: int | None = None
    named: bool = True

    @property
    def role(self) -> str:
        """What it is in the colours of a picture: a leaf is a weight if its name says so."""
        if self.op != "leaf":
            return "output"
        return "weight" if WEIGHT.match(self.name) else "input"


@dataclass(frozen=True)
class Leg:
    """``count`` steps from ``start`` on, one for each cell of what they compute: a part of the way forward or back.

    ``forward`` computes the values of ``node``, ``seed`` is its adjoint where the way back begins, ``edge`` goes back to it from ``child``,
    ``sum`` adds up what has reached it.
    """

    kind: BackpropKind
    node: str
    child: str
    start: int
    count: int

    @property
    def stop(self) -> int:
        """The step after its last."""
        return self.start + self.count


@dataclass(frozen=True)
class Graph:
    """``nodes`` in an order in which each stands behind those that it reads, the last one is the output; ``legs`` are all steps.

    ``columns`` place them in layers from left to right: names from top to bottom, and pairs (from, to) where an edge passes through.
    """

    nodes: dict[str, Node]
    shapes: Mapping[str, tuple[int, ...]]
    legs: Sequence[Leg]
    columns: Sequence[Sequence[str | tuple[str, str]]]

    @property
    def output(self) -> str:
        """The node where the way back begins."""
        return next(reversed(self.nodes))

    def children(self, name: str) -> list[str]:
        """The nodes that read it."""
        return readers(self.nodes, name)

    def path(self, name: str) -> str:
        """Where the values of a node are found in the trace."""
        return name if self.nodes[name].op == "leaf" else f"values.{name}"

    def arrives(self, node: str, child: str) -> str:
        """Where that which comes back along an edge is found: it is the adjoint itself if nothing else arrives."""
        return f"contributions.{contribution(node, child)}" if len(self.children(node)) > 1 else f"adjoints.{node}"

    def made(self, leg: Leg) -> str:
        """Where that which a leg computes is found, which no other leg computes."""
        if leg.kind == "forward":
            return self.path(leg.node)
        return self.arrives(leg.node, leg.child) if leg.kind == "edge" else f"adjoints.{leg.node}"


def readers(nodes: dict[str, Node], name: str) -> list[str]:
    """The nodes that read ``name``."""
    return [other.name for other in nodes.values() if name in other.args]


def contribution(node: str, child: str) -> str:
    """The name of what comes back along an edge."""
    return f"{node} from {child}"


def plan(nodes: dict[str, Node], sizes: Mapping[str, int]) -> list[Leg]:
    """All steps: forwards node by node, then backwards, edge by edge; where several arrive they are added up before one goes on."""
    legs: list[Leg] = []

    def add(kind: BackpropKind, node: str, child: str = "") -> None:
        legs.append(Leg(kind, node, child, legs[-1].stop if legs else 0, sizes[node]))

    for node in nodes.values():
        if node.op != "leaf":
            add("forward", node.name)
    order = list(nodes)
    add("seed", order[-1])
    left = {name: len(readers(nodes, name)) for name in nodes}
    several = {name for name, count in left.items() if count > 1}
    for child in reversed(order):
        for arg in nodes[child].args:
            add("edge", arg, child)
            left[arg] -= 1
            if not left[arg] and arg in several:
                add("sum", arg)
    return legs
