"""Edges along which discs travel, and the frame around a node: what a graph with its numbers and a map of it have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain

from manim import Group

from engine.concepts.backprop.graph import Graph
from engine.concepts.backprop.step import BackpropStep
from scenes.graph.layers import Edge, Layers
from scenes.parts.curves import discs, together
from scenes.parts.ink import Box, Line, Mark
from scenes.parts.theme import Theme
from scenes.parts.window import Window


class Web(Group):
    """A subclass draws nodes: how many of their numbers are known is counted by the paths of tensors.

    ``stroke`` is the width of edges in px, ``disc`` the radius of what travels on them; with ``arrows`` they have heads.
    """

    def __init__(self, graph: Graph, placed: Layers, theme: Theme, *, stroke: float, disc: float, arrows: bool) -> None:
        super().__init__()
        self.graph, self.theme, self.disc = graph, theme, disc
        self.places, self.ways = placed.places, placed.ways
        self.heads = {edge: way.arrow for edge, way in self.ways.items() if arrows}
        self.lines = Mark(theme.line, stroke=stroke).draw(together(way.points for way in self.ways.values()))
        self.arrows = Mark(theme.line, fill=1.0).draw(together(self.heads.values()))
        colours = {"reading": theme.reading if theme.name == "dark" else theme.casing, "gradient": theme.gradient}
        self.hot = {role: (Mark(colour, stroke=stroke + 3), Mark(colour, fill=1.0)) for role, colour in colours.items()}
        self.boxes = {role: Mark(getattr(theme, role), fill=0.12, stroke=stroke) for role in ("input", "weight", "output", "muted")}
        self.discs = {role: Mark(colour, fill=1.0) for role, colour in colours.items()}
        self.window = Window(theme)
        self.add(self.lines, self.arrows, *chain(*self.hot.values()), *self.boxes.values())

    def known(self, name: str, counts: Mapping[str, int]) -> int:
        """How many cells of a node are known; all of what is given."""
        return counts[self.graph.path(name)] if self.graph.nodes[name].op != "leaf" else self.size(name)

    def size(self, name: str) -> int:
        """How many cells a node has."""
        return math.prod(self.graph.shapes[name])

    def light(self, step: BackpropStep, framed: Box) -> None:
        """The edges of a step are lit, its node is ``framed``; nothing is in motion."""
        self.calm()
        lines, arrows = self.hot[_role(step)]
        edges = self.edges(step)
        lines.draw(together(self.ways[edge].points for edge in edges))
        arrows.draw(together(self.heads[edge] for edge in edges if edge in self.heads))
        self.window.put(framed)

    def calm(self) -> None:
        """No edge is travelled, no node framed."""
        self.window.clear()
        for mark in chain(*self.hot.values(), self.discs.values()):
            mark.draw(together([]))

    def send(self, step: BackpropStep, share: float) -> None:
        """A disc on each edge of a step; ``share`` of its way is behind it, against the arrow on the way back."""
        edges, at = self.edges(step) if 0 < share < 1 else [], share if step.kind == "forward" else 1 - share
        self.discs[_role(step)].draw(discs([self.ways[edge].at(at) for edge in edges], self.disc))

    def edges(self, step: BackpropStep) -> list[Edge]:
        """The edges along which a step works."""
        if step.kind == "forward":
            return [(arg, step.node) for arg in self.graph.nodes[step.node].args]
        if step.kind == "edge":
            return [(step.node, step.child)]
        return [(step.node, child) for child in self.graph.children(step.node)] if step.kind == "sum" else []

    def line(self, step: BackpropStep) -> Line | None:
        """Where the result of a step is written, if it is written here."""
        return None

    def spot(self, step: BackpropStep, path: str) -> Line | None:
        """Where a number of a tensor is written, or without a path the derivative of a step, if it is written here."""
        return None


def _role(step: BackpropStep) -> str:
    return "reading" if step.kind == "forward" else "gradient"
