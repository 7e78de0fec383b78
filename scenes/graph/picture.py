"""A computation graph whose nodes hold their numbers: values in the boxes, adjoints below them, what edges bring back on the edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group

from engine.concepts.backprop.graph import Graph, contribution
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import short
from scenes.graph.layers import Layers, Slot, layers
from scenes.parts.curves import Point, discs, rounded, together
from scenes.parts.frame import STAGE
from scenes.parts.ink import PX, Box, Letters, Line, Mark, boxes, letter_size, text_width
from scenes.parts.story import Story
from scenes.parts.theme import Theme
from scenes.parts.window import Window

Edge = tuple[str, str]

PASSING = 40.0  # px, the height of an edge between nodes
DISC = 0.1
TAG = 0.08  # around a number on an edge
#: Above so many numbers none are written into the nodes.
MOST_NUMBERS = 160
#: Where a number may stand on its edge, first choices first.
TAG_SHARES = (0.34, 0.3, 0.26, 0.38, 0.22, 0.42, 0.18, 0.46, 0.14, 0.5, 0.54, 0.1, 0.58, 0.62, 0.66, 0.7, 0.74, 0.78, 0.82)
SHARES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)


@dataclass(frozen=True)
class Style:
    """How nodes are written: name and value one above the other (``tall``) or side by side; all lengths in px.

    ``leading`` is what a line of numbers is higher than its digits, ``pad`` the room beside numbers, ``below`` that above the adjoint.
    """

    tall: bool
    name: float
    number: float
    leading: float = 12.0
    pad: float = 14.0
    below: float = 6.0
    column_gap: float = 96.0
    row_gap: float = 16.0
    frame: float = 9.0


#: From the one that needs most room to the one that needs least.
STYLES = (
    Style(True, 44.0, 44.0),
    Style(True, 38.0, 38.0),
    Style(True, 34.0, 33.0),
    Style(True, 33.0, 27.0),
    Style(True, 0.0, 24.0, leading=13.0, pad=10.0, frame=6.0),
    Style(False, 33.0, 28.0),
    Style(False, 0.0, 24.0, leading=8.0, pad=12.0, below=2.0, column_gap=64.0, row_gap=6.0, frame=4.0),
)


@dataclass(frozen=True)
class Known:
    """How many cells are known: of values, of adjoints, and of what stands on edges until it is added up."""

    values: Mapping[str, int]
    adjoints: Mapping[str, int]
    pending: Mapping[Edge, int]


def known(graph: Graph, steps: int) -> Known:
    """What is known after so many steps."""
    values = {name: 1 << 60 for name, node in graph.nodes.items() if node.op == "leaf"}
    adjoints: dict[str, int] = {}
    pending: dict[Edge, int] = {}
    for leg in graph.legs:
        done = min(leg.count, steps - leg.start)
        if done <= 0:
            continue
        several = len(graph.children(leg.node)) > 1
        if leg.kind == "forward":
            values[leg.node] = done
        elif leg.kind == "edge" and several:
            pending[leg.node, leg.child] = done
        else:
            adjoints[leg.node] = done
            if leg.kind == "sum" and done == leg.count:
                pending = {edge: count for edge, count in pending.items() if edge[0] != leg.node}
    return Known(values, adjoints, pending)


class Face:
    """A node as it is written: its name, its numbers in rows, and the room that they take."""

    def __init__(self, label: str, values: np.ndarray, adjoint: np.ndarray, style: Style) -> None:
        self.style, self.label, self.px = style, label, style.number
        self.name_px, self.pad = max(style.name, letter_size()), style.pad * PX
        self.rows, self.columns = grid(values).shape
        self.texts, self.back = ([short(float(x)) for x in tensor.flatten()] for tensor in (values, adjoint))
        number = max(text_width(text, self.px) for text in (*self.texts, *self.back))
        self.cell = (number + self.pad, (self.px + style.leading) * PX)
        across, down = self.columns * self.cell[0], self.rows * self.cell[1]
        name = text_width(label, self.name_px)
        self.width = max(name + 2 * self.pad, across + self.pad) if style.tall else name + 2 * self.pad + across
        line = (self.name_px + style.leading) * PX
        self.half = (line + down + self.pad if style.tall else max(down, line)) / 2
        self.slot = Slot(self.width, self.half, self.half + style.below * PX + down)

    def box(self, at: Point) -> Box:
        """Its box, where edges meet it at ``at``."""
        return at[0] - self.width / 2, at[1] - self.half, at[0] + self.width / 2, at[1] + self.half

    def whole(self, at: Point) -> Box:
        """With the adjoint below."""
        return at[0] - self.width / 2, at[1] - self.slot.below, at[0] + self.width / 2, at[1] + self.half

    def name(self, at: Point) -> Line:
        """The line of its name."""
        if self.style.tall:
            return Line(self.label, self.name_px, at[0], at[1] + self.half - self.pad / 2 - (self.name_px + self.style.leading) / 2 * PX)
        return Line(self.label, self.name_px, at[0] - self.width / 2 + self.pad, at[1], align=-1)

    def numbers(self, at: Point, count: int, *, back: bool) -> list[Line]:
        """The first ``count`` of its numbers."""
        texts = (self.back if back else self.texts)[:count]
        return [Line(text, self.px, *self._middle(at, k, back=back)) for k, text in enumerate(texts)]

    def cell_box(self, at: Point, k: int, *, back: bool) -> Box:
        """Where one of them stands."""
        x, y = self._middle(at, k, back=back)
        return x - self.cell[0] / 2 + 0.01, y - self.cell[1] / 2 + 0.01, x + self.cell[0] / 2 - 0.01, y + self.cell[1] / 2 - 0.01

    def _middle(self, at: Point, k: int, *, back: bool) -> Point:
        down = self.rows * self.cell[1]
        if back:
            left, top = at[0] - self.columns * self.cell[0] / 2, at[1] - self.half - self.style.below * PX
        elif self.style.tall:
            left, top = at[0] - self.columns * self.cell[0] / 2, at[1] - self.half + self.pad / 2 + down
        else:
            left, top = at[0] + self.width / 2 - self.pad / 2 - self.columns * self.cell[0], at[1] + down / 2
        row, column = divmod(k, self.columns)
        return left + (column + 0.5) * self.cell[0], top - (row + 0.5) * self.cell[1]


def grid(values: np.ndarray) -> np.ndarray:
    """A tensor as rows and columns; a vector is a column."""
    if values.ndim < 2:
        return values.reshape(-1, 1)
    return values.reshape(-1, values.shape[-1])


class GraphPicture(Group):
    """The graph in ``room``. ``fits`` says whether its numbers can be read there; if not, nothing else of it may be asked for."""

    def __init__(self, trace: Story[BackpropStep], room: Box, theme: Theme) -> None:
        super().__init__()
        self.graph: Graph = trace.graph
        self.theme = theme
        outputs = trace.outputs
        values = {name: trace.inputs[name] if node.op == "leaf" else outputs["values"][name] for name, node in self.graph.nodes.items()}
        self.parts = outputs.get("contributions", {})
        self.layers: Layers | None = None
        # Of a tensor that comes back in parts there is no room on the edges.
        if sum(v.size for v in values.values()) > MOST_NUMBERS or any(part.size > 1 for part in self.parts.values()):
            return
        for style in STYLES:
            self.faces = {name: Face(node.label, values[name], outputs["adjoints"][name], style) for name, node in self.graph.nodes.items()}
            slots = {name: face.slot for name, face in self.faces.items()}
            widest = max((text_width(short(float(x)), style.number) for part in self.parts.values() for x in part.flatten()), default=0.0)
            least = style.column_gap * PX
            for across in (least, max(least, widest + 2 * TAG + 2 * (style.frame + 2.0) * PX + 0.05)):
                self.layers = layers(self.graph, slots, room, (across, style.row_gap * PX), PASSING * PX)
                if self.layers is not None and self._tags_fit(self.layers):
                    self._draw()
                    return
        self.layers = None

    def _tags_fit(self, placed: Layers) -> bool:
        self.places, self.ways = placed.places, placed.ways
        self.spots = self._spots()
        return len(self.spots) == len(self.parts)

    @property
    def fits(self) -> bool:
        """Whether there is room for all numbers."""
        return self.layers is not None

    def _draw(self) -> None:
        theme = self.theme
        self.lines = Mark(theme.line, stroke=3.0).draw(together(way.points for way in self.ways.values()))
        self.arrows = Mark(theme.line, fill=1.0).draw(together(way.arrow for way in self.ways.values()))
        self.hot = {role: (Mark(colour, stroke=6.0), Mark(colour, fill=1.0)) for role, colour in self._hot_colours().items()}
        self.boxes = {role: Mark(getattr(theme, role), fill=0.12, stroke=3.0) for role in ("input", "weight", "output", "muted")}
        self.names = {named: Letters(theme.ink if named else theme.muted) for named in (True, False)}
        for named, letters in self.names.items():
            letters.write_lines(face.name(self.places[n]) for n, face in self.faces.items() if self.graph.nodes[n].named == named)
        self.values = {role: Letters(getattr(theme, role)) for role in ("input", "weight", "output")}
        self.adjoints = Letters(theme.gradient)
        self.notes, self.slope = Letters(theme.gradient), Letters(theme.ink)
        self.plates = {mark: Mark(theme.ground, fill=1.0) for mark in (self.notes, self.slope)}
        self.rims = Mark(theme.gradient, stroke=2.5)
        self.discs = {role: Mark(colour, fill=1.0) for role, colour in self._hot_colours().items()}
        self.window, self.read = Window(theme), Window(theme)
        hot = [mark for marks in self.hot.values() for mark in marks]
        self.add(
            self.lines, self.arrows, *hot, *self.boxes.values(), self.read.shade, *self.names.values(), *self.values.values(), self.adjoints
        )
        self.add(*self.plates.values(), self.rims, *self.discs.values(), self.notes, self.slope, self.window)

    def _hot_colours(self) -> dict[str, str]:
        return {"reading": self.theme.reading if self.theme.name == "dark" else self.theme.casing, "gradient": self.theme.gradient}

    # --- labels on edges ---------------------------------------------------------------------------------------------------------------

    def _spots(self) -> dict[Edge, Line]:
        """Where the contributions stand; a part of them if there is no room for all."""
        found: dict[Edge, Line] = {}
        nodes = self._framed()
        sums = {leg.node: leg.stop for leg in self.graph.legs if leg.kind == "sum"}
        until: dict[Edge, int] = {}
        for leg in self.graph.legs:
            edge = (leg.node, leg.child)
            if leg.kind == "edge" and leg.node in sums:
                # Those that are added up before this one arrives are in nobody's way.
                beside = [_around(line) for other, line in found.items() if until[other] > leg.start]
                line = self._free(edge, self._part(edge), [*nodes, *beside], TAG_SHARES)
                if line is not None:
                    found[edge], until[edge] = line, sums[leg.node]
        return found

    def _framed(self) -> list[Box]:
        """All nodes with their adjoints and a frame around them."""
        found = []
        for name, at in self.places.items():
            left, low, right, high = self.faces[name].whole(at)
            margin = (self.faces[name].style.frame + 2.0) * PX
            found.append((left - margin, low - margin, right + margin, high + margin))
        return found

    def _part(self, edge: Edge) -> str:
        return short(float(self.parts[contribution(*edge)].flatten()[0]))

    def _free(self, edge: Edge, text: str, taken: Sequence[Box], shares: Sequence[float]) -> Line | None:
        """The text at the first place of the edge where nothing else stands."""
        size = self.faces[edge[0]].px
        for share in shares:
            x, y = self.ways[edge].at(share)
            line = Line(text, size, x, y)
            box = _around(line)
            inside = STAGE[0] < box[0] and box[2] < STAGE[2] and STAGE[1] < box[1] and box[3] < STAGE[3]
            if text and inside and not any(_meet(box, other) for other in taken):
                return line
        return None

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def show(self, what: Known) -> None:
        """All numbers that are known, and nothing in motion."""
        nodes = self.graph.nodes
        drawn: dict[str, list[np.ndarray]] = {role: [] for role in self.boxes}
        lines: dict[str, list[Line]] = {role: [] for role in self.values}
        for name, face in self.faces.items():
            count, role = what.values.get(name, 0), nodes[name].role
            drawn[role if count else "muted"].append(rounded(face.box(self.places[name])))
            lines[role] += face.numbers(self.places[name], count, back=False) if count else []
        for role, mark in self.boxes.items():
            mark.draw(together(drawn[role]))
        for role, letters in self.values.items():
            letters.write_lines(lines[role])
        self.adjoints.write_lines(
            line for name, count in what.adjoints.items() for line in self.faces[name].numbers(self.places[name], count, back=True)
        )
        tags = [self.spots[edge] for edge in what.pending if edge in self.spots]
        self._tag(self.notes, tags)
        self.rims.draw(together(rounded(_around(line)) for line in tags))
        self.calm()

    def calm(self) -> None:
        """No edge is travelled, no node framed."""
        self._tag(self.slope, [])
        self.window.clear()
        self.read.clear()
        self.heat("reading", [])
        self.heat("gradient", [])
        self.send("reading", [], 0)

    def heat(self, role: str, edges: Sequence[Edge]) -> None:
        """The edges that are travelled."""
        lines, arrows = self.hot[role]
        lines.draw(together(self.ways[edge].points for edge in edges))
        arrows.draw(together(self.ways[edge].arrow for edge in edges))

    def send(self, role: str, edges: Sequence[Edge], share: float) -> None:
        """A disc on each edge, so far from its left end."""
        for one, mark in self.discs.items():
            mark.draw(discs([self.ways[edge].at(share) for edge in edges] if one == role else [], DISC))

    def frame(self, step: BackpropStep) -> None:
        """Frames the node that is computed, on the way back with its adjoint; of tensors the cells that are made and read."""
        name, back = step.node, step.kind != "forward"
        self.read.shade.draw(boxes(self._cells_read(step)))
        if self.graph.shapes[name]:
            self.window.put(self._cell(name, step.cell, back=back))
            return
        face, at = self.faces[name], self.places[name]
        left, low, right, high = face.whole(at) if back else face.box(at)
        margin = face.style.frame * PX
        self.window.put((left - margin, low - (0.6 * margin if back else margin), right + margin, high + margin))

    def _cells_read(self, step: BackpropStep) -> Iterator[Box]:
        for path, cells in step.reads.items():
            group, _, name = path.partition(".") if path.startswith(("values.", "adjoints.")) else ("", "", path)
            if self.graph.shapes.get(name):
                yield from (self._cell(name, cell, back=group == "adjoints") for cell in cells)

    def _cell(self, name: str, cell: Sequence[int], *, back: bool) -> Box:
        k = int(np.ravel_multi_index(tuple(cell), self.graph.shapes[name]))
        return self.faces[name].cell_box(self.places[name], k, back=back)

    def derivative(self, edge: Edge, text: str) -> None:
        """The derivative along an edge, where there is room for it."""
        taken = [*self._framed(), *(_around(line) for line in self.spots.values())]
        line = self._free(edge, text, taken, SHARES)
        self._tag(self.slope, [] if line is None else [line])

    def _tag(self, letters: Letters, lines: Sequence[Line]) -> None:
        """Writes on edges, which are not seen behind it."""
        letters.write_lines(lines)
        self.plates[letters].draw(together(rounded(_around(line)) for line in lines))


def _around(line: Line) -> Box:
    left, low, right, high = line.box
    return left - TAG, low - TAG, right + TAG, high + TAG


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
