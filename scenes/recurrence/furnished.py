"""The stage of an LSTM in either direction of time: the sequences above, below them a sum under the lens, and beside it the cell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TypeVar

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
from scenes.recurrence.chosen import most_changed, told
from scenes.recurrence.chronicle import HEAT_BAND, LEAST_BAND, Chronicle, Strand, digit_height
from scenes.recurrence.gathering import Gathering
from scenes.recurrence.routes import Routes
from scenes.recurrence.squash import Squash
from scenes.recurrence.units import LEFT, UnitPicture, height

T = TypeVar("T", bound=CellStep)
Recurrent = Affine | Squash | UnitPicture | Chronicle | Gathering

#: The scenery of the way through time, and of all of it at its end.
TIME, WHOLE = "time", "whole"
#: Between the cell and the sequences, and at the edges of these.
BETWEEN, EDGE = 0.16, 0.04
CURVE = 1.0  # height of the curve below the lens
#: Of the height that neither needs, what the sequences get.
SHARE = 0.35


class Furnished(WorkedReel[T]):
    """Places all parts and says what is known; of more units than have lanes one is followed."""

    bench: Affine | Gathering

    def at(self, step: T) -> int:
        """The time that the picture stands at."""
        return step.time

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def furnish(
        self,
        picture: type[UnitPicture],
        numbers: Mapping[str, np.ndarray],
        blocks: Sequence[Addend],
        strands: Mapping[str, Strand],
        curve: float = 0.0,
    ) -> None:
        """Places the sequences, the lens and the cell; ``numbers`` of a column are, by their times, all that may stand in it.

        Below the lens there is room of the height ``curve`` for the curve of a gate.
        """
        units = self.trace.units
        left, bottom, right, top = STAGE
        least = max(height(units), least_height([block.count for block in blocks]) + curve)
        smallest, largest = digit_height([*strands.values()], right - left)
        free = top - bottom - least - BETWEEN - 2 * EDGE
        # Digits in the sequences only if the cell keeps its own.
        fits = smallest <= free
        heat = max(LEAST_BAND, min(HEAT_BAND, top - bottom - height(units) - BETWEEN - 2 * EDGE))
        band = (min(largest, smallest + SHARE * (free - smallest)) if fits else heat) + 2 * EDGE
        self.numbers, self.followed = numbers, self._followed()
        ceiling = top - band - BETWEEN
        self.past = Chronicle(strands, (left, top - band + EDGE, right, top - EDGE), self.theme)
        self.bench = self.affine = Affine(blocks, (left, bottom + curve, LEFT - 0.2, ceiling), self.theme)
        self.squash = Squash((left, bottom, LEFT - 0.2, bottom + CURVE), self.theme)
        self.cell = picture(numbers, units, (LEFT, bottom, right, ceiling), self.theme)
        self.routes = Routes(self.affine, self.cell, self.past, top - band - BETWEEN / 2)
        #: By name, those of which cells are framed.
        self.tables: Mapping[str, Lattice] = self.cell.tables

    def _followed(self) -> int:
        """The unit that one looks at where not all have room: that of the first step that is worked out."""
        first = next(iter(self.trace.lessons), 0)
        return int(self.trace.blocks.find(first)[1][-1])

    def strands_of(self, named: Mapping[str, Strand], leader: str) -> dict[str, Strand]:
        """Strands with the rows that change the most in the one called ``leader``, which is said above; ``rows`` has them."""
        units = self.trace.units
        self.rows = most_changed(named[leader].values, self._followed())
        note = told(self.rows, units, "units")
        note = f"{note}, the most changed" if note else ""
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
        self.cell.show({name: self.numbers[name][time][:count] for name, count in known.items()}, unit)
        pointed = {name: self.rows.index(unit) for name in self.past.tables if name != "x"} if unit in self.rows else {}
        self.past.at(max(time, 0), pointed)

    def past_homes(self, name: str, unit: int, time: int) -> list[Home]:
        """Where a state stands among the sequences, if it does."""
        return [self.past.spot(name, self.rows.index(unit), time)] if unit in self.rows else []

    def rows_known(self, count: int) -> list[int]:
        """The rows of the sequences that belong to the first units."""
        return [row for row, unit in enumerate(self.rows) if unit < count]

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
        if self.cell.lanes == self.trace.units or not any(time is not None for time in times):
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
