"""Windows that slide over planes, lenses over them, an output that fills up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from manim import Mobject

from engine.step import Cell
from scenes.parts.desk import Acts, Framed, S, WrittenStep
from scenes.parts.glass import Glass
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, letter_size, text_boxes, text_width
from scenes.parts.lens import MOST_LENSES, Lens, Lenses
from scenes.parts.plane import LABEL_COLUMN, Plane
from scenes.parts.standing import Standing
from scenes.parts.story import Story
from scenes.parts.strip import Roles, row_ends
from scenes.parts.tile import Tile
from scenes.parts.travel import Flight
from scenes.parts.window import Beam
from scenes.parts.worked import WorkedReel


class SlidingReel(WorkedReel[S]):
    """A scene in which every step reads a window of each plane and writes one cell of the output.

    A subclass builds, in ``dress``, the lenses and the output plane that a step needs; they stay for all steps of one scenery.
    ``window_cells`` says which cells of a plane a step reads.
    """

    acts = Acts(0.1, 0.26, 0.66, 0.78)
    # A result hops quickly in a quick beat: every picture of its way costs time.
    quick_acts = Acts(0.25, 0.27, 0.5, 0.55)
    most_read = MOST_LENSES
    bench: Lenses
    lenses: list[Lens]
    output: Plane
    #: What is said of lenses for which there is no room, and planes without one.
    extras: list[Ink]
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
        self.lenses, self.extras, self.beside, self.stood = [], [], [], {}
        self.dress(step)
        # Lines stop at the names and scales of planes and at the names of tiles.
        labels = [lens.tile.label for lens in self.lenses]
        self.texts = text_boxes([*self.ground(self.standing), *self.output.ground, *labels, *self.extras])
        self.bench = Lenses(self.lenses, self.extras)
        self.bench.clear()

    def add_lens(self, plane: Plane, tile: Tile | Glass) -> None:
        """Puts the next lens over a plane; its terms are as many as its tile has cells."""
        first = self.lenses[-1].terms.stop if self.lenses else 0
        self.lenses.append(Lens(plane, tile, slice(first, first + tile.rows * tile.columns), self.theme, self.result_role))

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

    def output_plane(self, values: np.ndarray, room: Box, label: str) -> Plane:
        """The plane that fills up."""
        return Plane(values, room, Heading(self.label(label, room), self.result_role, self.labels_left), self.theme)

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
                lens.beam.join(found.box, lens.tile.whole, self.texts)

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
        row, column = self.place_of(step)
        return self.output.box(row, column)

    def fill(self, step: S, done: bool) -> None:
        row, column = self.place_of(step)
        self.output.reveal(row * self.output.columns + column + done)

    def result(self, step: S, done: bool) -> None:
        super().result(step, done)
        self.out_beam.clear()
        if done:
            self.out_beam.join(*self.way(step))

    def way(self, step: S) -> tuple[Box, Box, Sequence[Box]]:
        """From where to where lines lead when the result is written, and the texts in their way."""
        return self.lenses[-1].tile.whole, self.output.box(*self.place_of(step)), self.texts

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.out_beam.clear()

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def roles(self, step: S) -> tuple[Roles, str]:
        return self.factors, self.result_role

    def breaks(self, step: S) -> Sequence[int]:
        return row_ends(len(step.terms), self.lenses[0].tile.columns)

    def bench_of(self, step: S) -> str:
        return ""

    def work(self, work: WrittenStep[S], ticks: int, done: bool) -> None:
        for lens in self.lenses:
            lens.show(work.written.terms, work.step.terms)
        self.bench.mark(ticks - 1 if ticks and not done else None)

    def clear_bench(self, work: WrittenStep[S]) -> None:
        self.bench.clear()

    def flights(self, work: WrittenStep[S]) -> list[Flight]:
        self.work(work, 0, False)
        cells = self.window_cells(work.step)
        return [flight for lens in self.lenses for flight in lens.flights(cells)]

    def landing(self, work: WrittenStep[S]) -> list[Flight]:
        self.bench.mark(None)
        start = self.strip.last
        return [Flight(self.result_role, lines=(start, self.output.line(self.place_of(work.step), start.text)))] if start else []


def within(cells: Sequence[Cell], sides: Sequence[tuple[int, int]]) -> list[Cell]:
    """Cells of a plane as cells of the plane with its padding."""
    return [tuple(at + before for at, (before, _) in zip(cell, sides, strict=True)) for cell in cells]
