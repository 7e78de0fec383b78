"""An LSTM on the stage, in either direction of time: a sum under the lens, beside it the cell, below both the sequences."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from manim import Mobject

from engine.concepts.lstm.step import CellStep
from engine.sentences import cell_name
from scenes.parts.curves import Point
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, Line
from scenes.parts.lattice import Home, Lattice
from scenes.parts.motion import Cue
from scenes.parts.strip import Piece, Roles
from scenes.parts.travel import Flight, way
from scenes.parts.worked import WorkedReel
from scenes.recurrence.affine import Addend, Affine, least_height
from scenes.recurrence.chronicle import Chronicle, Strand, digit_height
from scenes.recurrence.gathering import Gathering
from scenes.recurrence.units import BUS, LEFT, UnitPicture, height

T = TypeVar("T", bound=CellStep)
Recurrent = Affine | UnitPicture | Chronicle | Gathering

#: The scenery of the way through time.
TIME = "time"
#: Between the cell and the sequences, and at the edges of these.
BETWEEN, EDGE = 0.16, 0.04
LEAST_BAND = 1.1
SETTING_OUT = 1e-6
#: Of the height that neither needs, what the sequences get.
SHARE = 0.35


class Gathered(NamedTuple):
    """What is added up under the lens: what stands above its weights, the blocks that it runs through, the way from there or to it."""

    head: str
    blocks: Sequence[int]
    way: Sequence[Point]


class Crossing(NamedTuple):
    """Numbers in a role that are carried from a column of a table into another table."""

    role: str
    start: Lattice
    column: int
    end: Lattice
    values: np.ndarray

    @property
    def flights(self) -> list[Flight]:
        """Number by number, or a block of coloured cells."""
        if not (self.start.has_digits and self.end.has_digits):
            return [way(self.role, self.start.column(self.column), self.end.whole)]
        texts = enumerate(map(self.end.text, self.values.tolist()))
        return [way(self.role, self.start.lettered(text, row, self.column), self.end.lettered(text, row)) for row, text in texts]


class ThroughTime(WorkedReel[T]):
    """A step reads a sum under the lens or columns of the cell; its result goes to where the next steps read it."""

    acts = Acts(0.1, 0.1, 0.64, 0.8)
    quick_acts = Acts(0.15, 0.17, 0.4, 0.6)
    most_read = 5
    bench: Affine | Gathering

    # --- what a subclass says ----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def columns(self, step: T) -> Sequence[Sequence[str]]:
        """The columns of the cell in which the factors of each term stand; none of a sum under the lens."""

    @abstractmethod
    def sum(self, step: T) -> Gathered:
        """The sum under the lens."""

    @abstractmethod
    def homes(self, step: T) -> Sequence[Home]:
        """Where the result goes, first of all to the cell that is framed."""

    def way(self, step: T) -> Sequence[Point]:
        """The way in the cell that numbers take."""
        return () if self.columns(step) else self.sum(step).way

    def passages(self, step: T) -> list[Crossing]:
        """What is carried from the time before to that of a step."""
        return []

    def at(self, step: T) -> int:
        """The time that the picture stands at."""
        return step.time

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def furnish(
        self, picture: type[UnitPicture], numbers: Mapping[str, np.ndarray], blocks: Sequence[Addend], strands: Mapping[str, Strand]
    ) -> None:
        """Places the lens, the cell and the sequences; ``numbers`` of a column are, by their times, all that may stand in it."""
        units = self.trace.units
        left, bottom, right, top = STAGE
        least = max(height(units), least_height([block.count for block in blocks]) + BUS)
        smallest, largest = digit_height([*strands.values()], right - left)
        free = top - bottom - least - BETWEEN - 2 * EDGE
        # Digits in the sequences only if the cell keeps its own.
        band = (min(largest, smallest + SHARE * (free - smallest)) if smallest <= free else LEAST_BAND) + 2 * EDGE
        above = left, bottom + band + BETWEEN, right, top
        self.numbers = numbers
        self.bench = self.affine = Affine(blocks, (left, above[1] + BUS, LEFT, top), self.theme)
        self.cell = picture(numbers, units, above, self.affine.end, self.theme)
        #: By name, those of which cells are framed.
        self.tables: Mapping[str, Lattice] = self.cell.tables
        self.past = Chronicle(strands, (left, bottom + EDGE, right, bottom + band - EDGE), self.theme)

    def scenery(self, step: T) -> str:
        return TIME

    def on_stage(self, scenery: str) -> Sequence[Recurrent]:
        """What stands on the stage."""
        return [self.past, self.affine, self.cell]

    def ground(self, scenery: str) -> list[Mobject]:
        return [mark for part in self.on_stage(scenery) for mark in part.fixed]

    def layers(self, scenery: str) -> list[Mobject]:
        # Digits in low cells come near to the frames around them, and stand in front.
        shades, parts = [window.shade for window in self.windows], self.on_stage(scenery)
        return [*(mark for part in parts for mark in part.ground), *shades, *self.windows, *parts, self.travellers]

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def stand(self, known: Mapping[str, int], step: T) -> None:
        """The columns of the cell, of each so many numbers as are known."""
        time = self.at(step)
        self.cell.show({name: self.numbers[name][time][:count] for name, count in known.items()}, step.unit)
        self.past.at(max(time, 0))
        self.cell.lead(())

    def spots(self, step: T) -> list[list[Home]]:
        """Where the factors of every term stand."""
        columns = self.columns(step)
        if columns:
            return [[self.cell.spot(name, step.unit) for name in term] for term in columns]
        return self.affine.spots(self.sum(step).blocks)

    def roles(self, step: T) -> tuple[Roles, str]:
        return [tuple(spot.role for spot in term) for term in self.spots(step)], self.homes(step)[0].role

    def frames(self, columns: Sequence[Sequence[str]], unit: int) -> dict[str, Framed]:
        """A unit of columns, framed."""
        names = dict.fromkeys(name for term in columns for name in term)
        return {name: framed(self.cell.spot(name, unit).box, shaded=self.cell.has_digits) for name in names}

    def reads(self, step: T) -> Mapping[str, Framed]:
        return self.frames(self.columns(step), step.unit)

    def origin(self, name: str, box: Box) -> Box:
        return self.tables[name].whole

    def target(self, step: T) -> Box | None:
        return self.homes(step)[0].box

    # --- working it out ----------------------------------------------------------------------------------------------------------------

    def bench_of(self, step: T) -> str:
        return f"{step.stage} {step.time}"

    def work(self, work: WrittenStep[T], ticks: int, done: bool) -> None:
        if self.scenery(work.step) == TIME:
            self.lay(work, ticks)
        self.follow(work, ticks - 1 if ticks and not done else None)

    def lay(self, work: WrittenStep[T], ticks: int) -> None:
        """Puts weights under the lens, if it is a sum, and lights up the way in the cell."""
        self.cell.lead(self.way(work.step))
        if self.columns(work.step):
            self.affine.clear()
            return
        head, blocks, _ = self.sum(work.step)
        self.affine.show_weights(work.step.terms, work.added.terms, head, blocks)
        self.affine.show_parts(self.added(work, ticks))

    def follow(self, work: WrittenStep[T], term: int | None) -> None:
        columns = self.columns(work.step)
        if columns:
            self.aim(self.frames(columns if term is None else columns[term : term + 1], work.step.unit))
        else:
            self.bench.mark(None if term is None else self.spots(work.step)[term])

    def whole(self, work: WrittenStep[T]) -> None:
        self.work(work, len(work.step.terms), True)

    def added(self, work: WrittenStep[T], ticks: int) -> list[str]:
        """What the blocks under the lens give, as far as they have been added up; none where nobody asks."""
        return []

    def name(self, work: WrittenStep[T]) -> list[Piece]:
        _, relation, value = super().name(work)
        name = cell_name(work.step.stage.replace("tanh_", "tanh "), next(iter(work.step.writes.values()))[0])
        return [Piece(name, "ink"), relation, value]

    def line(self, work: WrittenStep[T]) -> list[Piece]:
        # A number that is only passed on stands behind its name.
        terms = work.written.terms
        return self.name(work) if len(terms) == len(terms[0]) == 1 and not work.step.apply else super().line(work)

    # --- ways --------------------------------------------------------------------------------------------------------------------------

    def sources(self, work: WrittenStep[T], term: int) -> Sequence[Line | Box]:
        return [spot.place(text) for spot, text in zip(self.spots(work.step)[term], work.added.terms[term], strict=True)]

    def landing(self, work: WrittenStep[T]) -> list[Flight]:
        start, value = self.strip.last, work.step.value
        return [way(spot.role, start, spot.place(spot.table.text(value))) for spot in self.homes(work.step)] if start else []

    def carry(self, step: T, before: int | None, stop: float) -> list[Cue]:
        old = self.trace[before] if before is not None and before == step.index - 1 else None
        if old is None or not self.scenery(old) == self.scenery(step) == TIME or self.at(old) == self.at(step):
            return []
        passages = self.passages(step)
        flights = [flight for passage in passages for flight in passage.flights]

        def draw(share: float) -> None:
            # From the first frame on they are on their way.
            self.travellers.show(flights, max(share, SETTING_OUT))
            if share >= 1:
                self.fill(step, False)
                return
            for passage in passages:
                passage.end.fill_first(np.zeros(0))

        return [Cue(0, stop, draw)]
