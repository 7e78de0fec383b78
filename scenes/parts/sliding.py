"""What convolutions and poolings have in common on the stage: windows that slide, lenses over them, an output that fills up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

import numpy as np

from engine.concepts.convolution.step import ConvStep
from engine.concepts.pooling.step import PoolStep
from engine.sentences import cell_name
from engine.step import Cell
from scenes.parts.beat import Beat
from scenes.parts.ink import Box, Ink, letter_size, text_boxes, text_width
from scenes.parts.lens import Lens, Reading
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.plane import LABEL_COLUMN, Plane
from scenes.parts.raster import heat_limit
from scenes.parts.stood import StoodReel
from scenes.parts.story import Story
from scenes.parts.strip import Page, Piece, row_ends
from scenes.parts.window import Beam, Window, blend

S = TypeVar("S", bound=ConvStep | PoolStep)

#: Shares of a full beat: the window has arrived, the last term is added, the result stands in the output.
ARRIVED, ADDED, WRITTEN = 0.12, 0.8, 0.86
#: A full beat counts at most so many terms one by one; with more, it takes several at a time.
MOST_TICKS = 54
#: A sum of more terms than this is not counted: nobody could follow.
MOST_COUNTED = 400


class SlidingReel(StoodReel[S]):
    """A scene in which every step reads a window of each plane and writes one cell of the output.

    A subclass builds, in ``dress``, the lenses and the output plane that a step needs; they stay for all steps that ``stands_for`` says
    the same of. ``window_cells`` says which cells of a plane a step reads.
    """

    lenses: list[Lens]
    output: Plane
    extras: list[Ink]
    #: Of the factors of a term, and of what comes out.
    roles: tuple[str, ...]
    result_role = "output"
    #: Whether labels stand at the left edge, out of the way of lines that lead downwards.
    labels_left: ClassVar[bool] = False

    def dress(self, step: S) -> None:
        """Sets ``lenses``, ``output`` and ``extras``."""
        raise TypeError(f"{type(self).__name__} does not say what it shows")

    def window_cells(self, step: S) -> list[Cell]:
        """Rows and columns, padding counted in."""
        raise TypeError(f"{type(self).__name__} does not say what it reads")

    def stands_for(self, step: S) -> tuple[object, ...]:
        """What the stage is built for, as the sample and the filter of a step."""
        raise TypeError(f"{type(self).__name__} does not say when it is built anew")

    @property
    def planes_change(self) -> bool:
        """Whether a sweep may go on to other planes of the input."""
        raise TypeError(f"{type(self).__name__} does not say whether its planes change")

    def reading(self, step: S) -> Reading[S]:
        """A step with its numbers as they are written."""
        raise TypeError(f"{type(self).__name__} does not write its numbers")

    def total(self, reading: Reading[S], done: int) -> None:
        """Shows beside the lenses what the first ``done`` terms come to."""
        raise TypeError(f"{type(self).__name__} does not say what its terms come to")

    def line(self, reading: Reading[S]) -> list[Piece]:
        """A step on one line."""
        raise TypeError(f"{type(self).__name__} does not write a step on one line")

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[S]) -> None:
        self.dressed: tuple[object, ...] | None = None
        self.target, self.out_beam = Window(self.theme), Beam(self.theme)
        self.limit = heat_limit(trace.padded)
        self.sampled = [self.reading(step) for step in trace.sample]
        self.prepare(trace[0])

    def prepare(self, step: S) -> None:
        """Builds the stage for the sample and filter of a step, unless it stands already."""
        if self.stands_for(step) == self.dressed:
            return
        self.dressed, self.present, self.extras = self.stands_for(step), step, []
        self.dress(step)
        self.first = step.index - self.cells_before(step)
        planes = [lens.plane for lens in self.lenses]
        behind = [*self.output.ground, self.target.shade, self.out_beam]
        behind += [mark for lens in self.lenses for mark in (lens.window.shade, lens.beam)]
        ground = [mark for plane in planes for mark in plane.ground]
        # Lines stop at the names and scales of planes and at the names of tiles.
        self.texts = text_boxes([*ground, *self.output.ground, *(lens.tile.label for lens in self.lenses)])
        live = [*behind, *planes, self.output, *self.lenses, self.target, *self.extras]
        # Then they may change within a beat.
        changing = self.planes_change
        self.place([] if changing else ground, [*ground, *live] if changing else live)
        self.clear()

    def cells_before(self, step: S) -> int:
        """How many cells of the output plane come before the step's."""
        (cell, *_), *_ = step.writes.values()
        *_, row, column = (0, *cell)
        return row * self.output.columns + column

    def in_padded(self, cells: Sequence[Cell]) -> list[Cell]:
        """Cells of the input's plane as cells of the plane with its padding."""
        return [tuple(at + before for at, (before, _) in zip(cell, self.trace.sides, strict=True)) for cell in cells]

    def label(self, text: str, room: Box) -> str:
        """As much of a label as fits."""
        return fits_label(text, LABEL_COLUMN if self.labels_left else room[2] - room[0])

    def output_plane(self, values: np.ndarray, room: Box, label: str) -> Plane:
        """The plane that fills up."""
        return Plane(values, room, self.result_role, self.label(label, room), self.theme, known=0, label_left=self.labels_left)

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """No window and no target."""
        for lens in self.lenses:
            lens.clear()
        self.target.clear()
        self.out_beam.clear()
        if self.extras:
            self.extras[-1].write("")

    def aim(self, step: S) -> None:
        """Windows, and the lines from them to the tiles."""
        cells = self.window_cells(step)
        for lens in self.lenses:
            box = lens.plane.span(cells)
            lens.window.put(box, self.shaded(lens.plane, cells))
            lens.beam.join(box, lens.tile.whole, self.texts)

    def shaded(self, plane: Plane, cells: Sequence[Cell]) -> list[Box]:
        """The cells to shade: all that are read, but on a coloured plane none where the frame alone says which they are."""
        rows_, columns_ = ({cell[axis] for cell in cells} for axis in (0, 1))
        dense = all(max(at) - min(at) + 1 == len(at) for at in (rows_, columns_))
        return [] if plane.mode != "digits" and dense else [plane.box(*cell) for cell in cells]

    def read(self, reading: Reading[S]) -> None:
        """The values under the lenses."""
        for lens in self.lenses:
            values = [term[0] for term in reading.step.terms[lens.terms]]
            lens.tile.show(reading.written.terms[lens.terms], values, self.limit)
            lens.tile.mark(None)

    def result(self, reading: Reading[S], shown: bool) -> None:
        """The output up to this step, without or with the step's own cell."""
        at = reading.step.index - self.first
        self.output.reveal(at + shown)
        self.target.clear()
        self.out_beam.clear()
        if shown:
            box = self.output.box(*divmod(at, self.output.columns))
            self.target.put(box)
            self.out_beam.join(self.lenses[-1].tile.whole, box, [*self.texts, *text_boxes(self.extras)])

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {
            "opening": self.opening,
            "full": self.full,
            "quick": self.quick,
            "sweep": self.sweep,
            "closing": self.closing,
        }
        return beats[beat.kind](beat)

    def opening(self, beat: Beat) -> list[Cue]:
        """Inputs, weights and an empty output, with the formula of its size."""

        self.prepare(self.trace[0])

        def draw(_: int) -> None:
            self.clear()
            self.header.show(beat.phase, None)
            self.caption.say(beat.say)
            self.strip.show_formula(self.trace.formula)
            self.output.reveal(0)

        return [states(0, 1, 1, draw)]

    def closing(self, beat: Beat) -> list[Cue]:
        """The whole output."""

        self.prepare(self.trace[len(self.trace) - 1])

        def draw(_: int) -> None:
            self.header.show(beat.phase, len(self.trace) - 1)
            self.caption.say(beat.say)
            self.clear()
            self.output.reveal(self.output.values.size)
            self.strip.show_formula(self.trace.formula)

        return [states(0, 1, 1, draw)]

    def begin(self, reading: Reading[S], say: str) -> None:
        """What stands when a step begins."""
        self.prepare(reading.step)
        self.header.show(reading.step.phase, reading.step.index)
        self.caption.say(say)
        self.result(reading, False)
        self.strip.clear()
        if self.extras:
            self.extras[-1].write("")
        for lens in self.lenses:
            lens.tile.show_weights()
            lens.sum.write("")

    def slide(self, step: S, before: int | None, stop: float) -> Cue:
        """The windows go from where step ``before`` had them, if that stood on the same planes, to where this step needs them."""
        old = self.trace[before] if before is not None else step
        start = self.window_cells(old if self.stands_for(old) == self.dressed else step)
        cells = self.window_cells(step)

        def draw(share: float) -> None:
            if share >= 1:
                self.aim(step)
                return
            for lens in self.lenses:
                lens.window.put(blend(lens.plane.span(start), lens.plane.span(cells), share))
                lens.beam.clear()

        return during(0, stop, draw)

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, the running sum ticking."""
        reading = self.reading(self.trace[beat.start])
        terms = len(reading.step.terms)
        if terms > MOST_COUNTED:
            return self.quick(beat)
        self.begin(reading, beat.say)
        pages = self.strip.pages(reading.step.terms, reading.added, self.roles, row_ends(terms, self.lenses[0].tile.columns))
        size = min(self.strip.fitting(self.strip.widest(page, reading.added, self.roles)) for page in pages)
        ticks = min(terms, MOST_TICKS)
        line = self.line(reading)

        def tick(state: int) -> None:
            if state:
                self.count(reading, pages, size, round(state * terms / ticks))

        def write(there: bool) -> None:
            self.result(reading, there)
            if there:
                self.strip.write(line)
                for lens in self.lenses:
                    lens.tile.mark(None)

        arrived = switch(ARRIVED, lambda there: self.read(reading) if there else None)
        return [self.slide(reading.step, beat.before, ARRIVED), arrived, states(ARRIVED, ADDED, ticks + 1, tick), switch(WRITTEN, write)]

    def count(self, reading: Reading[S], pages: Sequence[Page], size: float, done: int) -> None:
        """The state in which ``done`` terms are added."""
        page = next(p for p in reversed(pages) if p.first < done)
        left = -self.strip.width(self.strip.widest(page, reading.added, self.roles), size) / 2
        pieces, current = self.strip.line(page, done - page.first, reading.added, self.roles, self.result_role)
        self.strip.write(pieces, size=size, current=current, left=left)
        for lens in self.lenses:
            here = lens.terms.start < done <= lens.terms.stop
            lens.tile.mark(done - 1 - lens.terms.start if here else None)
        self.total(reading, done)

    def quick(self, beat: Beat) -> list[Cue]:
        """Window and result."""
        reading = self.reading(self.trace[beat.start])
        self.begin(reading, beat.say)
        line = self.line(reading)

        def read(there: bool) -> None:
            if there:
                self.read(reading)
                self.total(reading, len(reading.step.terms))
                self.strip.write(line)

        return [self.slide(reading.step, beat.before, 0.25), switch(0.27, read), switch(0.55, lambda there: self.result(reading, there))]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, faster and faster if there are more than pictures; every picture is one whole step."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            reading = self.reading(self.trace[pictures[state]])
            self.begin(reading, beat.say)
            self.aim(reading.step)
            self.read(reading)
            self.total(reading, len(reading.step.terms))
            self.result(reading, True)
            name, (cell, *_) = next(iter(reading.step.writes.items()))
            pieces = [Piece(cell_name(name, cell), "ink"), Piece(reading.written.relation, "ink")]
            self.strip.write([*pieces, Piece(reading.written.value, self.result_role)])

        return [states(0, 0.97, len(pictures), draw)]


def fits_label(label: str, width: float) -> str:
    """The label, without its last words where it is too wide."""
    words = label.split(" ")
    while len(words) > 1 and text_width(" ".join(words), letter_size()) > width:
        words.pop()
    return " ".join(words).rstrip(",")
