"""Windows that slide over planes, lenses over them, an output that fills up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from manim import Mobject

from engine.step import Cell
from scenes.parts.desk import Acts, Framed, S, WrittenStep
from scenes.parts.glass import Glass
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Line, letter_size, text_boxes, text_width
from scenes.parts.lens import Lens, Lenses
from scenes.parts.motion import Cue, during
from scenes.parts.pieces import Piece, Roles
from scenes.parts.plane import LABEL_COLUMN, Plane
from scenes.parts.standing import Standing
from scenes.parts.story import Story
from scenes.parts.tile import Tile
from scenes.parts.travel import Flight
from scenes.parts.window import Beam
from scenes.parts.worked import WorkedReel

#: Of a ring around a coloured cell: its least side, and how far it is around the cell before it closes.
LEAST_RING, RING = 0.2, 0.6


class SlidingReel(WorkedReel[S]):
    """A scene in which every step reads a window of each plane and writes one cell of the output.

    A subclass builds, in ``dress``, the lenses and the output plane that a step needs; they stay for all steps of one scenery.
    ``window_cells`` says which cells of a plane a step reads.
    """

    acts = Acts(0.1, 0.26, 0.66, 0.78)
    # A result hops quickly in a quick beat: every picture of its way costs time.
    quick_acts = Acts(0.25, 0.27, 0.5, 0.55)
    bench: Lenses
    lenses: list[Lens]
    output: Plane
    #: Planes without a lens.
    beside: list[Plane]
    #: Of tensors that can be seen the planes with their numbers, for a picture that goes on from them.
    stood: dict[str, list[tuple[int, Plane]]]
    #: Of the factors of a term, and of what comes out.
    factors: tuple[str, ...]
    result_role = "output"
    #: Whether labels stand at the left edge, out of the way of lines that lead downwards.
    labels_left: ClassVar[bool] = False

    def dress(self, step: S) -> None:
        """Adds lenses and sets ``output``, and what else a step needs."""
        raise TypeError(f"{type(self).__name__} does not say what it shows")

    def window_cells(self, step: S) -> list[Cell]:
        """Rows and columns, padding counted in."""
        raise TypeError(f"{type(self).__name__} does not say what it reads")

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[S]) -> None:
        self.out_beam = Beam(self.theme)
        self.sampled = [WrittenStep.of(step) for step in trace.sample]
        self.prepare(self.scenery(trace[0]), trace[0])

    def build(self, step: S) -> None:
        self.lenses, self.beside, self.stood = [], [], {}
        self.bench = Lenses([])
        self.dress(step)
        self.bench.hold(self.lenses)
        self.note_texts()
        self.bench.clear()

    def note_texts(self) -> None:
        """Lines stop at the names and scales of planes and at the names of tiles."""
        labels = [lens.tile.label for lens in self.lenses]
        self.texts = text_boxes([*(mark for plane in [*self.planes, self.output] for mark in plane.ground), *labels])

    def add_lens(self, plane: Plane, tile: Tile | Glass) -> None:
        """Puts the next lens over a plane; its terms are as many as its tile has cells."""
        first = self.lenses[-1].terms.stop if self.lenses else 0
        self.lenses.append(Lens(plane, tile, slice(first, first + tile.rows * tile.columns), self.theme))

    @property
    def planes(self) -> list[Plane]:
        """Those that are read."""
        return [*(lens.plane for lens in self.lenses), *self.beside]

    def ground(self, scenery: str) -> list[Mobject]:
        return [mark for plane in self.planes for mark in plane.ground]

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.output.ground, self.out_beam, *(lens.beam for lens in self.lenses), *self.planes, self.output]

    def label(self, text: str, room: Box) -> str:
        """As much of a label as fits, without its last words where it is too wide."""
        words, width = text.split(" "), LABEL_COLUMN if self.labels_left else room[2] - room[0]
        while len(words) > 1 and text_width(" ".join(words), letter_size()) > width:
            words.pop()
        return " ".join(words).rstrip(",")

    def fitting(self, labels: Sequence[str], room: Box) -> str:
        """The first label for which there is room, else as much of the last as fits."""
        return next((text for text in labels if self.label(text, room) == text), self.label(labels[-1], room))

    def output_plane(self, values: np.ndarray, room: Box, labels: Sequence[str], **look: Any) -> Plane:
        """The plane that fills up, with the first of the labels for which there is room; ``look`` goes to :class:`Plane`."""
        title = Heading(self.fitting(labels, room), self.result_role, self.labels_left)
        plane = Plane(values, room, title, self.theme, **look)
        # Digits need larger cells where they are long.
        larger = plane if plane.has_digits or plane.is_picture else Plane(values, room, title, self.theme, **{**look, "cell": None})
        return larger if larger.has_digits else plane

    def stands(self, path: str) -> Standing | None:
        found = [plane.standing(number) for number, plane in self.stood.get(path, [])]
        return Standing.of(found[0].role, found) if found else None

    def withhold(self, path: str, hidden: bool) -> None:
        for _, plane in self.stood.get(path, []):
            plane.reveal(0 if hidden else plane.values.size)

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def reads(self, step: S) -> Mapping[str, Framed]:
        cells = self.window_cells(step)
        planes = enumerate(lens.plane for lens in self.lenses)
        return {str(number): Framed(plane.span(cells), self.shaded(plane, cells)) for number, plane in planes}

    def aim(self, frames: Mapping[str, Framed]) -> None:
        """Windows, and from where they stand lines to the tiles."""
        super().aim(frames)
        for number, lens in enumerate(self.lenses):
            found = frames.get(str(number))
            if found is None or found.moving:
                lens.beam.clear()
            else:
                lens.beam.join(found.box, lens.tile.whole, self.texts, (lens.plane.whole, None))

    def shaded(self, plane: Plane, cells: Sequence[Cell]) -> list[Box]:
        """The cells to shade: all that are read, but on a coloured plane none where the frame alone says which they are."""
        rows_, columns_ = ({cell[axis] for cell in cells} for axis in (0, 1))
        dense = all(max(at) - min(at) + 1 == len(at) for at in (rows_, columns_))
        return [] if plane.mode != "digits" and dense else [plane.box(*cell) for cell in cells]

    def place_of(self, step: S) -> Cell:
        """Row and column of the cell that is written, in the plane of the output."""
        (cell, *_), *_ = step.writes.values()
        return (0, *cell)[-2:]

    def target(self, step: S) -> Box | None:
        return self.visible(self.output.box(*self.place_of(step)))

    def visible(self, box: Box) -> Box:
        """What is framed: a cell, or a ring around one that is too small to be seen."""
        sides = (_at_least(box[axis], box[axis + 2], self.output.whole[axis], self.output.whole[axis + 2]) for axis in (0, 1))
        (x0, x1), (y0, y1) = sides
        return x0, y0, x1, y1

    def origin(self, name: str, box: Box) -> Box:
        """The first window comes out of all of its plane; one that is all of it opens from a corner."""
        if not name.isdecimal():
            return box
        plane = self.lenses[int(name)].plane
        return plane.whole if plane.whole != box else plane.box(0, 0)

    def fill(self, step: S, done: bool) -> None:
        row, column = self.place_of(step)
        self.output.reveal(row * self.output.columns + column + done)

    def result(self, step: S, done: bool) -> None:
        super().result(step, done)
        self.out_beam.clear()
        if done:
            self.lead(step)

    def lead(self, step: S) -> None:
        """Lines to what is written."""
        start, end, texts = self.way(step)
        self.out_beam.join(start, end, texts, (None, self.output.whole))

    def way(self, step: S) -> tuple[Box, Box, Sequence[Box]]:
        """From where to where lines lead when the result is written, and the texts in their way."""
        return self.lenses[-1].tile.whole, self.output.box(*self.place_of(step)), self.texts

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.settle(0.0)
        self.out_beam.clear()

    def settle(self, share: float) -> None:
        """Weights are in the middle of the lens until there is something to multiply."""
        for lens in self.lenses:
            lens.tile.settle(share)

    def carry(self, step: S, before: int | None, stop: float) -> list[Cue]:
        return [during(0, stop, self.settle)] if before is None else []

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def roles(self, step: S) -> tuple[Roles, str]:
        return self.factors, self.result_role

    def breaks(self, step: S) -> Sequence[int]:
        row = self.lenses[0].tile.columns
        return range(row, len(step.terms) + row, row)

    def bench_of(self, step: S) -> str:
        return ""

    def keep(self, step: S, before: int | None) -> None:
        self.before = before
        super().keep(step, before)

    def ticking(self, work: WrittenStep[S], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        # What is added sets out from where it stands in the lens.
        self.work(work, 0, False)
        found = super().ticking(work, start, stop, line)
        self.keep(work.step, self.before)
        return found

    def sources(self, work: WrittenStep[S], term: int) -> Sequence[Line | Box]:
        return [line for lens in self.lenses for line in lens.sources(term)]

    def follow(self, work: WrittenStep[S], term: int | None) -> None:
        self.bench.mark(term)

    def work(self, work: WrittenStep[S], ticks: int, done: bool) -> None:
        cells = self.window_cells(work.step)
        for lens in self.lenses:
            lens.show(work.written.terms, work.step.terms, cells)
        self.bench.mark(ticks - 1 if ticks and not done else None)

    def clear_bench(self, work: WrittenStep[S]) -> None:
        self.bench.clear()

    def flights(self, work: WrittenStep[S]) -> list[Flight]:
        self.work(work, 0, False)
        cells = self.window_cells(work.step)
        return [flight for lens in self.lenses for flight in lens.flights(cells)]

    def landing(self, work: WrittenStep[S]) -> list[Flight]:
        self.bench.mark(None)
        start, place = self.strip.last, self.place_of(work.step)
        return [Flight(self.result_role, lines=(start, self.output.line(place, start.text))), *self.ring(place)] if start else []

    def ring(self, place: Cell) -> list[Flight]:
        """Around a coloured cell, into which a number falls, that it is seen where."""
        if self.output.has_digits:
            return []
        box, (x, y) = self.visible(self.output.box(*place)), self.output.centre(*place)
        left, bottom, right, top = self.output.whole
        wide = max(left, x - RING), max(bottom, y - RING), min(right, x + RING), min(top, y + RING)
        return [Flight(self.result_role, ring=(wide, box))]


def _at_least(start: float, end: float, low: float, high: float) -> tuple[float, float]:
    """A stretch that is long enough to be seen, within bounds."""
    more = max(0.0, (LEAST_RING - (end - start)) / 2)
    start, end = start - more, end + more
    moved = max(0.0, low - start) - max(0.0, end - high)
    return start + moved, end + moved


def within(cells: Sequence[Cell], sides: Sequence[tuple[int, int]]) -> list[Cell]:
    """Cells of a plane as cells of the plane with its padding."""
    return [tuple(at + before for at, (before, _) in zip(cell, sides, strict=True)) for cell in cells]
