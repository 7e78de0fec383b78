"""A computation graph too large for its numbers: a map that shows where one is, tensors on it as small cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from engine.concepts.backprop.graph import Graph
from engine.concepts.backprop.step import BackpropStep
from scenes.graph.layers import Layers, Slot, layers
from scenes.graph.web import Web
from scenes.parts.curves import rounded, together
from scenes.parts.ink import PX, Box, Letters, Line, Mark, letter_size, text_width
from scenes.parts.raster import Hatch, Raster, cell_colours, common_limit, nothing
from scenes.parts.sheet import plane_shape
from scenes.parts.story import Story
from scenes.parts.theme import Theme

NAME_PAD = 12.0  # px
UNNAMED = 0.32  # width of what is a number and has no name
#: Sizes of boxes without names, and the gaps between them, px.
BLANK = ((44.0, 16.0), (30.0, 12.0), (20.0, 8.0), (12.0, 5.0), (7.0, 2.0), (4.0, 1.0), (2.2, 0.4))
BAR = 0.05  # of the mark that says how much of the adjoint is known
DISC = 0.07
#: The room for the cells of a tensor, and the size of a cell of few.
CELLS, LARGEST_CELL = (0.5, 0.28), 0.1


class Plan:
    """Where the nodes of a map stand: in the first of some ``rooms`` in which those that the user has named can have names and cells.

    ``labels`` are the names on the map, ``cells`` the sizes of tensors, ``bar`` the height of a bar.
    """

    def __init__(self, trace: Story[BackpropStep], rooms: Sequence[Box]) -> None:
        self.graph: Graph = trace.graph
        nodes, high = self.graph.nodes, (letter_size() + 2 * NAME_PAD) * PX
        self.cells = {name: _small(shape) for name, shape in self.graph.shapes.items() if shape}
        for self.room, whole in product(rooms, (True, False)):
            self.labels = {name: node.label for name, node in nodes.items() if whole or node.named}
            self.slots = {name: Slot(self._width(name), high / 2, high / 2 + 2 * BAR) for name in nodes}
            found = layers(self.graph, self.slots, self.room, (0.3, 0.06), 0.1)
            if found is not None:
                self.layers, self.bar = found, BAR
                return
        self.labels, self.cells = {}, {}
        self.layers = self._blank()

    def _width(self, name: str) -> float:
        """Of a node with a name and cells."""
        parts = [text_width(self.labels[name], letter_size())] if name in self.labels else []
        parts += [self.cells[name][0]] if name in self.cells else []
        return sum(parts or [UNNAMED]) + (len(parts or [UNNAMED]) + 1) * NAME_PAD * PX

    def _blank(self) -> Layers:
        for size, gap in BLANK:
            half, self.bar = size * PX / 2, min(BAR, 0.3 * size * PX)
            self.slots = {name: Slot(1.6 * size * PX, half, half + 1.4 * self.bar) for name in self.graph.nodes}
            found = layers(self.graph, self.slots, self.room, (gap * PX, gap * PX), gap * PX)
            if found is not None:
                return found
        raise AssertionError("a graph has no more nodes than this can place")

    def box(self, name: str) -> Box:
        """The box of a node."""
        (x, y), slot = self.layers.places[name], self.slots[name]
        return x - slot.width / 2, y - slot.above, x + slot.width / 2, y + slot.above

    def table(self, name: str) -> Box:
        """The box of the cells of a tensor."""
        (_, y), (width, height), right = self.layers.places[name], self.cells[name], self.box(name)[2] - NAME_PAD * PX
        return right - width, y - height / 2, right, y + height / 2


def _small(shape: tuple[int, ...]) -> tuple[float, float]:
    """Width and height of all cells of a tensor, of the first plane where there are several."""
    rows, columns = plane_shape(shape)
    cell = min(LARGEST_CELL, CELLS[0] / columns, CELLS[1] / rows)
    return max(0.5 * LARGEST_CELL, cell * columns), max(0.5 * LARGEST_CELL, cell * rows)


class GraphMap(Web):
    """Boxes with names and cells if there is room for them. What is known has its colour, and of the adjoint a bar below its length."""

    def __init__(self, trace: Story[BackpropStep], rooms: Sequence[Box], theme: Theme) -> None:
        self.plan = Plan(trace, rooms)
        super().__init__(trace.graph, self.plan.layers, theme, stroke=2.0, disc=DISC, arrows=False)
        pad, at = NAME_PAD * PX, {name: self.plan.box(name)[0] for name in self.plan.labels}
        named = [Line(label, letter_size(), at[n] + pad, self.places[n][1], align=-1) for n, label in self.plan.labels.items()]
        self.bars, self.names = Mark(theme.gradient, fill=1.0), Letters(theme.ink).write_lines(named)
        self.small: dict[str, tuple[Raster, np.ndarray]] = {}
        self.seen: dict[str, int] = {}
        for name in self.plan.cells:
            values = (trace.inputs | trace.outputs["values"])[name]
            plane = values.reshape(-1, *plane_shape(values.shape))[0]
            colours = cell_colours(plane, theme, self.graph.nodes[name].role, picture=False, limit=common_limit(values))
            self.small[name] = Raster(colours, self.plan.table(name)), colours
        self.hatches = {name: Hatch(theme) for name in self.small}
        rasters = [raster for raster, _ in self.small.values()]
        self.add(self.bars, *rasters, *self.hatches.values(), self.names, *self.discs.values(), self.window)

    def show(self, counts: Mapping[str, int], step: BackpropStep) -> None:
        """All that is known around a step."""
        left, low, right, high = self.plan.box(step.node)
        self.light(step, (left - 0.05, low - (0.05 if step.kind == "forward" else 0.13), right + 0.05, high + 0.05))
        drawn: dict[str, list[np.ndarray]] = {role: [] for role in self.boxes}
        for name, node in self.graph.nodes.items():
            count = self.known(name, counts)
            drawn[node.role if count else "muted"].append(rounded(self.plan.box(name)))
            if name in self.small and self.seen.get(name) != count:
                self.seen[name], (raster, colours) = count, self.small[name]
                unknown = np.arange(colours[..., 0].size).reshape(colours.shape[:2]) >= count
                raster.colour(np.where(unknown[..., None], nothing((1, 1)), colours))
                self.hatches[name].cover([(raster.box, unknown)])
        for role, mark in self.boxes.items():
            mark.draw(together(drawn[role]))
        self.bars.draw(together(rounded(bar, self.plan.bar / 2) for bar in self.bars_of(counts)))

    def bars_of(self, counts: Mapping[str, int]) -> Iterator[Box]:
        """Below every node how much of its adjoint is known."""
        for name in self.graph.nodes:
            left, low, right, _ = self.plan.box(name)
            share = counts[f"adjoints.{name}"] / self.size(name)
            if share:
                yield left, low - 1.4 * self.plan.bar, left + share * (right - left), low - 0.4 * self.plan.bar
