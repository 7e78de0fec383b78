"""A computation graph too large for numbers: a map of boxes that shows where one is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.concepts.backprop.graph import Graph
from engine.concepts.backprop.step import BackpropStep
from scenes.graph.layers import Layers, Slot, layers
from scenes.graph.picture import Edge, Known
from scenes.parts.curves import discs, rounded, together
from scenes.parts.ink import PX, Box, Letters, Line, Mark, letter_size, text_width
from scenes.parts.theme import Theme
from scenes.parts.window import Window

NAME_PAD = 12.0  # px
#: Sizes of boxes without names, and the gaps between them, px.
BLANK = ((44.0, 16.0), (30.0, 12.0), (20.0, 8.0), (12.0, 5.0), (7.0, 2.0), (4.0, 1.0), (2.2, 0.4))
BAR = 0.05  # of the mark that says that the adjoint is known
DISC = 0.07


class GraphMap(Group):
    """Boxes with names if there is room for them; their colours say what is known: the value by the box, the adjoint by a bar below."""

    def __init__(self, graph: Graph, room: Box, theme: Theme) -> None:
        super().__init__()
        self.graph, self.theme = graph, theme
        self.layers = self._placed(room)
        theme_hot = theme.reading if theme.name == "dark" else theme.casing
        self.boxes = {role: Mark(getattr(theme, role), fill=0.2, stroke=2.5) for role in ("input", "weight", "output", "muted")}
        self.bars = Mark(theme.gradient, fill=1.0)
        self.names = Letters(theme.ink)
        self.names.write_lines(Line(graph.nodes[name].label, letter_size(), *self.layers.places[name]) for name in sorted(self.named))
        lines = Mark(theme.line, stroke=2.0).draw(together(way.points for way in self.layers.ways.values()))
        self.hot = {"reading": Mark(theme_hot, stroke=5.0), "gradient": Mark(theme.gradient, stroke=5.0)}
        self.discs = {"reading": Mark(theme_hot, fill=1.0), "gradient": Mark(theme.gradient, fill=1.0)}
        self.window = Window(theme)
        self.add(lines, *self.hot.values(), *self.boxes.values(), self.bars, self.names, *self.discs.values(), self.window)

    def _placed(self, room: Box) -> Layers:
        high, self.bar = (letter_size() + 2 * NAME_PAD) * PX, BAR
        self.slots = {
            name: Slot(text_width(node.label, letter_size()) + 2 * NAME_PAD * PX, high / 2, high / 2 + 0.1)
            for name, node in self.graph.nodes.items()
        }
        found, self.named = layers(self.graph, self.slots, room, (0.3, 0.06), 0.1), {*self.graph.nodes}
        if found is None:
            # Without the long names of what the user has not named.
            self.named = {name for name, node in self.graph.nodes.items() if node.named}
            self.slots |= {name: Slot(0.5, high / 2, high / 2 + 0.1) for name in self.graph.nodes if name not in self.named}
            found = layers(self.graph, self.slots, room, (0.3, 0.06), 0.1)
        for size, gap in BLANK:
            if found is None:
                self.named, half = set(), size * PX / 2
                self.bar = min(BAR, 0.3 * size * PX)
                self.slots = {name: Slot(1.6 * size * PX, half, half + 1.4 * self.bar) for name in self.graph.nodes}
                found = layers(self.graph, self.slots, room, (gap * PX, gap * PX), gap * PX)
        assert found is not None, "a graph has no more nodes than this can place"
        return found

    def box(self, name: str) -> Box:
        """The box of a node."""
        (x, y), slot = self.layers.places[name], self.slots[name]
        return x - slot.width / 2, y - slot.above, x + slot.width / 2, y + slot.above

    def show(self, what: Known) -> None:
        """All that is known, and nothing in motion."""
        drawn: dict[str, list[np.ndarray]] = {role: [] for role in self.boxes}
        for name, node in self.graph.nodes.items():
            drawn[node.role if what.values.get(name, 0) else "muted"].append(rounded(self.box(name)))
        for role, mark in self.boxes.items():
            mark.draw(together(drawn[role]))
        bars = [(x0, y0 - 1.4 * self.bar, x1, y0 - 0.4 * self.bar) for x0, y0, x1, _ in map(self.box, what.adjoints)]
        self.bars.draw(together(rounded(bar, self.bar / 2) for bar in bars))
        self.calm()

    def calm(self) -> None:
        """No edge is travelled, no node framed."""
        self.window.clear()
        self.heat("reading", [])
        self.heat("gradient", [])
        self.send("reading", [], 0)

    def heat(self, role: str, edges: Sequence[Edge]) -> None:
        """The edges that are travelled."""
        self.hot[role].draw(together(self.layers.ways[edge].points for edge in edges))

    def send(self, role: str, edges: Sequence[Edge], share: float) -> None:
        """A disc on each edge, so far from its left end."""
        for one, mark in self.discs.items():
            mark.draw(discs([self.layers.ways[edge].at(share) for edge in edges] if one == role else [], DISC))

    def frame(self, step: BackpropStep) -> None:
        """Frames a node, on the way back with its bar."""
        x0, y0, x1, y1 = self.box(step.node)
        back = step.kind != "forward"
        self.window.put((x0 - 0.05, y0 - (0.05 + 0.08 * back), x1 + 0.05, y1 + 0.05))

    def derivative(self, edge: Edge, text: str) -> None:
        """There is no room for it here; it stands on the strip."""
