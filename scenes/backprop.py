"""Backpropagation: values flow through the graph from left to right, adjoints flow back and add up where edges meet."""

from __future__ import annotations

from collections.abc import Sequence

from manim import Mobject

from engine.concepts.backprop.graph import Graph
from engine.concepts.backprop.spelling import bracketed
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import factor
from scenes.graph.flow import Flow, derivative
from scenes.graph.map import GraphMap
from scenes.graph.picture import GraphPicture, with_numbers
from scenes.parts.arrange import LABEL_ROOM, LEAST_ROW, STACK_GAP
from scenes.parts.desk import Acts, WrittenStep
from scenes.parts.factors import FactorLens
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import Box, Line, letter_size
from scenes.parts.listing import Listing
from scenes.parts.motion import Cue, during
from scenes.parts.pieces import Piece
from scenes.parts.places import WHOLE
from scenes.parts.sheet import plane_shape
from scenes.parts.story import Story
from scenes.parts.travel import Flight

DEPARTS = 0.06  # when discs leave, on the way forward
LONGEST_SLOPE, LONGEST_WORD = 14, 20  # of a derivative in names, on the strip and under the lens
#: Heights of a map, the least first, and of the lens with the gap above it.
MAPS, LENS = (1.12, 1.5, 1.9, 2.9), 1.42
GAP = 0.2
MOST_ROWS = 8  # of a matrix whose numbers can be read


class Backprop(General[BackpropStep]):
    """Small graphs have their numbers in the nodes; of larger ones the tensors of the current step stand below a map."""

    concept = "backprop"
    acts = Acts(0.12, 0.3, 0.66, 0.78)
    picture: GraphPicture | GraphMap

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "gradient"]

    def survey(self) -> Flow:
        self.graph: Graph = self.trace.graph
        return Flow(self.trace)

    def layout(self, trace: Story[BackpropStep]) -> None:
        left, low, right, high = STAGE[0] + 0.1, STAGE[1] + 0.05, STAGE[2] - 0.1, STAGE[3] - 0.05
        picture = with_numbers(trace, (left, low, right, high), self.theme)
        self.lens = False
        if picture is not None:
            self.picture, self.sheets = picture, {WHOLE: {}}
            self.bench, self.listing = FactorLens(STAGE, 1, self.theme), Listing({}, STAGE, {}, self.theme)
            return
        self.zone = self._below_map(trace, (left, low, right, high))
        super().layout(trace)

    def _below_map(self, trace: Story[BackpropStep], room: Box) -> Box:
        """Draws the map; the room below it. Digits come first, then names on the map, then the lens."""
        left, low, right, high = room
        rows = max(plane_shape(shape)[0] for shape in self.graph.shapes.values())
        # A row of as many columns stands above a matrix.
        needed = (rows + 1) * LEAST_ROW + 2 * LABEL_ROOM + STACK_GAP
        heights = [height for height in MAPS if high - low - GAP - height >= needed] or MAPS[:1] if rows <= MOST_ROWS else MAPS
        self.picture = GraphMap(trace, [(left, high - height, right, high) for height in heights], self.theme)
        zone = (left, low, right, self.picture.plan.room[1] - GAP)
        self.lens = zone[3] - low - LENS >= rows * LEAST_ROW + LABEL_ROOM
        return zone

    def on_bench(self, step: BackpropStep) -> bool:
        # Under the lens a share would stand as what it is made of.
        return self.lens and step.kind != "seed" and self.graph.nodes[step.node].op != "softmax"

    def word(self, step: BackpropStep, name: str, path: str | None) -> str:
        is_slope = path is None and step.kind == "edge" and any(map(str.isalpha, step.slope))
        return step.slope if is_slope and len(step.slope) <= LONGEST_WORD else super().word(step, name, path)

    def parts(self, scenery: str) -> list[Mobject]:
        return [self.picture, *super().parts(scenery)]

    # --- on the graph ------------------------------------------------------------------------------------------------------------------

    def fill(self, step: BackpropStep, done: bool) -> None:
        super().fill(step, done)
        self.picture.show(self.counts, step)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.picture.calm()

    def read(self, work: WrittenStep[BackpropStep], start: float, stop: float, ticks: int) -> list[Cue]:
        """Values travel along the edges with what is read, an adjoint while it is multiplied."""
        begins, ends = (stop, self.acts.added) if work.step.kind == "edge" else (DEPARTS, stop)
        return [during(begins, ends, lambda share: self.picture.send(work.step, share)), *super().read(work, start, stop, ticks)]

    def sources(self, work: WrittenStep[BackpropStep], term: int) -> Sequence[Line | Box]:
        """Numbers go to the strip from their nodes and edges, or from their cells."""
        step, places = work.step, work.step.places[term]
        found = [self.picture.spot(step, place[0] if place else "") for place in places]
        if not any(found) and not self.on_bench(step):
            return self.cells_of(work, term)
        return [one for one in found if one] if all(found) else super().sources(work, term)

    def landing(self, work: WrittenStep[BackpropStep]) -> list[Flight]:
        start, end = self.strip.last, self.picture.line(work.step)
        role = self.roles(work.step)[1]
        return [Flight(role, lines=(start, end))] if start and end else super().landing(work)

    # --- the strip ---------------------------------------------------------------------------------------------------------------------

    def name(self, work: WrittenStep[BackpropStep]) -> list[Piece]:
        return self.line(work)

    def line(self, work: WrittenStep[BackpropStep]) -> list[Piece]:
        return [*self.head(work), *self._bare(work)]

    def _bare(self, work: WrittenStep[BackpropStep]) -> list[Piece]:
        """The numbers of a step."""
        line = super().line(work)
        return line[-1:] if work.step.kind == "seed" else line

    def head(self, work: WrittenStep[BackpropStep]) -> list[Piece]:
        """As many symbols as there is room for: all, only the name, or none."""
        symbols, numbers = self._symbols(work.step), self._bare(work)
        return next((head for head in (symbols, symbols[:2]) if self.strip.fits([*head, *numbers], letter_size())), [])

    def _symbols(self, step: BackpropStep) -> list[Piece]:
        """What is computed, in symbols."""
        node, cell = self.graph.nodes[step.node], f"[{', '.join(map(str, step.cell))}]" * bool(step.cell)
        if step.kind == "forward":
            name = [Piece(f"{bracketed(node.label)}{cell}" if cell else node.label, "output"), Piece("=", "ink")]
            return name if node.label == node.text or cell else [*name, Piece(node.text, "muted"), Piece("=", "ink")]
        whole = [Piece(f"{derivative(self.graph, step.node)}{cell}", "gradient"), Piece("=", "ink")]
        if step.kind != "edge":
            return whole
        if len(self.graph.children(step.node)) > 1:
            whole = [Piece(f"from {self.graph.nodes[step.child].label}:", "muted")]
        if step.local is None or not step.slope or len(step.slope) > LONGEST_SLOPE or step.cell:
            return whole
        slope = factor(bracketed(step.slope) if " " in step.slope else step.slope, first=False)
        symbols = [Piece(derivative(self.graph, step.child), "gradient"), Piece("·", "ink"), Piece(slope, "muted"), Piece("=", "ink")]
        return [*whole, *symbols]
