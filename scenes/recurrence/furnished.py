"""The stage of an LSTM in either direction of time: the sequences above, below them a sum under the lens, and beside it the cell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

import numpy as np
from manim import Mobject

from engine.concepts.lstm.step import CellStep
from engine.sentences import cell_name
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.lattice import Home, Lattice
from scenes.parts.motion import Cue, states
from scenes.parts.pieces import Piece
from scenes.parts.worked import WorkedReel
from scenes.recurrence.affine import Addend, Affine, least_height
from scenes.recurrence.chosen import shown, told
from scenes.recurrence.chronicle import HEAT_BAND, LEAST_BAND, Chronicle, Strand, digit_height
from scenes.recurrence.course import UnitFlow
from scenes.recurrence.gathering import Gathering
from scenes.recurrence.routes import Routes
from scenes.recurrence.score import Score
from scenes.recurrence.squash import Squash
from scenes.recurrence.units import LEFT, UnitPicture, height

T = TypeVar("T", bound=CellStep)
Recurrent = Affine | Squash | UnitPicture | Chronicle | Gathering

#: The scenery of what is given, of the way through time, and of all of it at its end.
GIVEN, TIME, WHOLE = "given", "time", "whole"
#: Between the cell and the sequences, and at the edges of these.
BETWEEN, EDGE = 0.16, 0.04
CURVE = 1.0  # height of the curve below the lens
#: Of the height that neither needs, what the sequences get.
SHARE = 0.35
#: Height of the sequences of many units, and how what is read, the states of some units and the course of one share it.
BAND, BAND_SHARES = 2.0, (0.34, 0.66, 0.86)


class Furnished(WorkedReel[T]):
    """Places all parts and says what is known; of more units than have lanes one is followed."""

    bench: Affine | Gathering
    picture: ClassVar[type[UnitPicture]]
    #: The columns of what runs through time: the state before, its valve, the state after.
    course: ClassVar[tuple[str, str, str]]
    back: ClassVar[bool] = False
    #: What the unit that is followed has been chosen for.
    chosen_for: ClassVar[str]

    def at(self, step: T) -> int:
        """The time that the picture stands at."""
        return step.time

    @property
    def is_alone(self) -> bool:
        """Whether there are so many units that one is followed."""
        return self.trace.choice.followed is not None

    @property
    def followed(self) -> int:
        """The unit that is followed, or else the first."""
        return int(self.trace.choice.followed or 0)

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def furnish(
        self, numbers: Mapping[str, np.ndarray], blocks: Sequence[Addend], strands: Mapping[str, Strand], curve: float = 0.0
    ) -> None:
        """Places the sequences, the lens and the cell; ``numbers`` of a column are, by their times, all that may stand in it.

        Below the lens there is room of the height ``curve`` for the curve of a gate.
        """
        left, bottom, right, top = STAGE
        self.numbers = numbers
        #: Of every unit how many are computed before it.
        self.turns = np.argsort(self.trace.choice.order)
        least = max(height(self.trace.units), least_height([block.count for block in blocks]) + curve)
        band = BAND if self.is_alone else self._band([*strands.values()], least)
        ceiling = top - band - BETWEEN
        room = (left, top - band + EDGE, right, top - EDGE)
        self.past = Score(strands, self.flow, room, self.theme, BAND_SHARES) if self.is_alone else Chronicle(strands, room, self.theme)
        self.bench = self.affine = Affine(blocks, (left, bottom + curve, LEFT - 0.2, ceiling), self.theme)
        self.squash = Squash((left, bottom, LEFT - 0.2, bottom + CURVE), self.theme)
        self.cell = self.picture(numbers, self.trace.units, (LEFT, bottom, right, ceiling), self.theme)
        self.routes = Routes(self.affine, self.cell, self.past, top - band - BETWEEN / 2)
        #: By name, those of which cells are framed.
        self.tables: Mapping[str, Lattice] = self.cell.tables

    def _band(self, strands: Sequence[Strand], least: float) -> float:
        """The height of sequences side by side, above what needs at least so much."""
        left, bottom, right, top = STAGE
        smallest, largest = digit_height(strands, right - left)
        free = top - bottom - least - BETWEEN - 2 * EDGE
        # Digits in the sequences only if the cell keeps its own.
        heat = max(LEAST_BAND, min(HEAT_BAND, top - bottom - height(self.trace.units) - BETWEEN - 2 * EDGE))
        return (min(largest, smallest + SHARE * (free - smallest)) if smallest <= free else heat) + 2 * EDGE

    @property
    def flow(self) -> UnitFlow:
        """What the unit that is followed carries through time."""
        before, valves, after = (self.numbers[name][: self.trace.time_steps, self.followed] for name in self.course)
        role, most = self.picture.columns[self.course[-1]].role, self.picture.fullest
        return UnitFlow(f"unit {self.followed}", role, before, valves, after, self.back, most)

    def strands_of(self, named: Mapping[str, Strand], leader: str) -> dict[str, Strand]:
        """Strands with the rows that tell most, the early ones on top; at the one called ``leader`` that is said."""
        choice, units = self.trace.choice, self.trace.units
        self.rows = shown(choice.ranked, choice.early if self.is_alone else choice.order)
        note = told(self.rows, units)
        return {name: strand._replace(values=strand.values[self.rows], note=note * (name == leader)) for name, strand in named.items()}

    def scenery(self, step: T) -> str:
        return TIME

    def on_stage(self, scenery: str) -> Sequence[Recurrent]:
        """What stands on the stage."""
        return [self.past, self.affine, self.squash, self.cell]

    def ground(self, scenery: str) -> list[Mobject]:
        return [mark for part in self.on_stage(scenery) for mark in part.fixed]

    def layers(self, scenery: str) -> list[Mobject]:
        # Digits in low cells come near to the frames around them, and stand in front.
        shades, parts = [window.shade for window in self.windows], self.on_stage(scenery)
        return [*(mark for part in parts for mark in part.ground), *shades, *self.windows, *parts, self.travellers]

    # --- what is known -----------------------------------------------------------------------------------------------------------------

    def stand(self, known: Mapping[str, int], time: int, unit: int) -> None:
        """The columns of the cell at a time, of each so many numbers as are known."""
        seen = np.array([unit] if self.is_alone else range(self.trace.units))
        self.cell.show({name: self.numbers[name][time][seen[self.turns[seen] < count]] for name, count in known.items()})
        if self.is_alone:
            self.cell.say(f"unit {unit}, {self.chosen_for}" if unit == self.followed else f"unit {unit} of {self.trace.units}")
        pointed = {name: self.rows.index(unit) for name in self.past.tables if name != "x"} if unit in self.rows else {}
        self.past.at(max(time, 0), pointed)

    def past_homes(self, name: str, unit: int, time: int) -> list[Home]:
        """Where a state stands among the sequences, if it does."""
        return [self.past.spot(name, self.rows.index(unit), time)] if unit in self.rows and name in self.past.tables else []

    def rows_known(self, count: int) -> list[int]:
        """The rows of the sequences that belong to so many units, as they are computed."""
        return [row for row, unit in enumerate(self.rows) if self.turns[unit] < count]

    def remember(self, names: Sequence[str], time: int, known: Mapping[str, int]) -> None:
        """Shows the sequences of states up to a time, and of that so many as are known; and the course of the unit that is followed."""
        last = self.trace.time_steps
        for name in names:
            if name in self.past.tables:
                self.past.fill(name, slice(time + 1, None) if self.back else slice(time), time, self.rows_known(known[name]))
        if isinstance(self.past, Score):
            done = known[self.course[-1]] > 0
            self.past.course.show(range(max(0, time + (not done)), last) if self.back else range(time + done))

    def flow_on(self, step: T, share: float) -> None:
        """The stream of the unit that is followed has come to a share of a time."""
        if isinstance(self.past, Score) and step.stage == self.course[-1] and step.unit == self.followed:
            self.past.course.show(range(step.time, self.trace.time_steps) if self.back else range(step.time + 1), share)

    # --- many units --------------------------------------------------------------------------------------------------------------------

    @abstractmethod
    def passed(self, step: T) -> int | None:
        """The last time all of whose numbers are known after a step; none before there is one."""

    @abstractmethod
    def survey(self, time: int) -> Sequence[Piece]:
        """Shows the unit that is followed as it is at a time; says what of it stands on the strip."""

    def sweep(self, beat: Beat) -> list[Cue]:
        """Of more units than have lanes one is followed through time."""
        cues, steps = super().sweep(beat), [self.trace[k] for k in beat.pictures]
        times = [self.passed(step) if self.scenery(step) == TIME else None for step in steps]
        if not self.is_alone or not any(time is not None for time in times):
            return cues

        def draw(state: int) -> None:
            time = times[state]
            if time is not None:
                self.aim({})
                self.windows[self.most_read].clear()
                self.bench.clear()
                self.squash.clear()
                self.strip.write(self.survey(time))

        return [*cues, states(0, 0.97, len(steps), draw)]

    def seen_of(self, name: str, time: int) -> list[Piece]:
        """A number of the unit that is followed, with its name."""
        value, unit = float(self.numbers[name][time][self.followed]), self.followed
        text = self.cell.tables[name].text(value).removeprefix("≈")
        role = self.cell.columns[name].role
        return [Piece(cell_name(name, (time, unit)), "ink"), Piece("≈", "ink"), Piece(text, role)]
