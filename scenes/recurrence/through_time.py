"""A step of an LSTM in either direction of time: it reads a sum under the lens, or columns of the cell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from engine.sentences import cell_name
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.ink import Box, Line
from scenes.parts.lattice import Home
from scenes.parts.motion import Cue
from scenes.parts.pieces import Piece, Roles
from scenes.parts.travel import Flight, way
from scenes.recurrence.furnished import TIME, Furnished, T
from scenes.recurrence.routes import Crossing
from scenes.recurrence.units import NEXT_TO_NOTHING

LONGEST = 6  # characters of a number whose digits say something
SETTING_OUT = 1e-6


class Gathered(NamedTuple):
    """What is added up under the lens: what stands above its weights, the blocks that it runs through."""

    head: str
    blocks: Sequence[int]


class ThroughTime(Furnished[T]):
    """A step reads a sum under the lens or columns of the cell; its result goes to where the next steps read it."""

    acts = Acts(0.1, 0.1, 0.64, 0.8)
    quick_acts = Acts(0.15, 0.17, 0.4, 0.6)
    most_read = 5

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

    def passages(self, step: T) -> list[Crossing]:
        """What is carried from the time before to that of a step."""
        return []

    # --- a step ------------------------------------------------------------------------------------------------------------------------

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
        return {name: framed(self.cell.spot(name, unit).box, shaded=True) for name in names}

    def reads(self, step: T) -> Mapping[str, Framed]:
        return self.frames(self.columns(step), step.unit)

    def origin(self, name: str, box: Box) -> Box:
        return super().origin(name, box) if self.tables is self.cell.tables else self.tables[name].whole

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
        """Puts weights under the lens, if it is a sum, and below it the curve of its function."""
        step = work.step
        if step.apply:
            self.squash.stand(step.apply, self.sums(step)[ticks])
        else:
            self.squash.clear()
        if self.columns(step):
            self.affine.clear()
            return
        head, blocks = self.sum(step)
        self.affine.show_weights(step.terms, work.added.terms, head, blocks)
        self.affine.show_parts(self.added(work, ticks))

    def sums(self, step: T) -> list[float]:
        """What has been added up after so many terms."""
        return [0.0, *accumulate(float(np.prod(term)) for term in step.terms)]

    def keep(self, step: T, before: int | None) -> None:
        self.squash.clear()
        super().keep(step, before)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.squash.clear()

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
        if abs(work.step.value) < NEXT_TO_NOTHING and len(value.text) > LONGEST:
            relation, value = Piece("≈", "ink"), replace(value, text="0")
        return [Piece(name, "ink"), relation, value]

    def line(self, work: WrittenStep[T]) -> list[Piece]:
        # A number that is only passed on stands behind its name.
        terms = work.written.terms
        return self.name(work) if len(terms) == len(terms[0]) == 1 and not work.step.apply else super().line(work)

    # --- ways --------------------------------------------------------------------------------------------------------------------------

    def sources(self, work: WrittenStep[T], term: int) -> Sequence[Line | Box]:
        return [spot.place(text) for spot, text in zip(self.spots(work.step)[term], work.added.terms[term], strict=True)]

    def routed(self, step: T, flight: Flight) -> Flight:
        return self.routes.down(flight) if self.scenery(step) == TIME else flight

    def landing(self, work: WrittenStep[T]) -> list[Flight]:
        start, value = self.strip.last, work.step.value
        if start is None:
            return []
        flights = [way(spot.role, start, spot.place(spot.table.text(value))) for spot in self.homes(work.step)]
        return [self.routes.up(flight) for flight in flights] if self.scenery(work.step) == TIME else flights

    def passing(self, work: WrittenStep[T], term: int, share: float) -> None:
        """While numbers travel to the strip the dot goes on below its curve, or their stream goes through its valves."""
        step = work.step
        columns = self.columns(step)
        if columns and share > 0:
            self.cell.pass_on(columns[term], step.unit, share)
        if 0 < share < 1 and step.apply and not columns and term >= 0:
            a, b = self.sums(step)[term : term + 2]
            self.squash.stand(step.apply, a + (b - a) * share)

    def land(self, work: WrittenStep[T], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """While the result travels the dot climbs its curve, and a valve opens, or a stream grows."""
        step, name = work.step, self.grows(work.step)

        def draw(share: float) -> None:
            if step.apply and share > 0:
                self.squash.climb(self.sums(step)[-1], step.value, share)
            if name and 0 < share < 1:
                self.cell.grow(name, step.unit, step.value, share)
                self.flow_on(step, share)

        return [*super().land(work, start, stop, line), Cue(start, stop, draw)]

    def grows(self, step: T) -> str:
        """The column that a step writes; none outside of the cell."""
        return ""

    def carry(self, step: T, before: int | None, stop: float) -> list[Cue]:
        old = self.trace[before] if before is not None and before == step.index - 1 else None
        if old is None or not self.scenery(old) == self.scenery(step) == TIME or self.at(old) == self.at(step):
            return []
        passages = self.passages(step)
        flights = [self.routes.onward(flight) for passage in passages for flight in passage.flights]

        def draw(share: float) -> None:
            # From the first frame on they are on their way.
            self.travellers.show(flights, max(share, SETTING_OUT))
            if share >= 1:
                self.fill(step, False)
                return
            self.cell.drain()
            for passage in passages:
                passage.end.fill_first(np.zeros(0))

        return [Cue(0, stop, draw)]
