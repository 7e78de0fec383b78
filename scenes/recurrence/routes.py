"""Ways of numbers around what is written: from row to alley, down the alley, and over to where they go."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scenes.parts.curves import Point
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, Line
from scenes.parts.lattice import Lattice
from scenes.parts.travel import Flight, way
from scenes.recurrence.affine import Affine
from scenes.recurrence.chronicle import Chronicle
from scenes.recurrence.units import LEFT, UnitPicture

#: Between the words below the stage and the strip.
SILL = STAGE[1] - 0.2


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


class Routes:
    """Ways between the lens, the cell, the sequences above both, and the strip; at the height ``lintel`` one goes below the sequences."""

    def __init__(self, affine: Affine, cell: UnitPicture, past: Chronicle, lintel: float) -> None:
        self.affine, self.cell, self.past, self.lintel = affine, cell, past, lintel

    def down(self, flight: Flight) -> Flight:
        """From the stage to the strip."""
        start, end = _ends(flight)
        leaves, alley = self._door(start)
        return replace(flight, via=((start[0], leaves), (alley, leaves), (alley, SILL), (end[0], SILL)))

    def up(self, flight: Flight) -> Flight:
        """From the strip to the stage."""
        start, end = _ends(flight)
        enters, alley = self._door(end)
        return replace(flight, via=((start[0], SILL), (alley, SILL), (alley, enters), (end[0], enters)))

    def onward(self, flight: Flight) -> Flight:
        """From one place of the stage to another one: from the sequences down beside the lens, or along a lane of the cell."""
        start, end = _ends(flight)
        if start[1] > self.lintel:
            return replace(flight, via=((start[0], self.lintel), (end[0], self.lintel)))
        if end[0] < LEFT:
            return replace(flight, via=((self.cell.alleys[0], start[1]), (self.cell.alleys[0], end[1])))
        # From one row of pipes to the other.
        alley = self.cell.alley(start[0])
        return replace(flight, via=((alley, start[1]), (alley, end[1]))) if abs(end[1] - start[1]) > self.cell.lane / 2 else flight

    def _door(self, place: Point) -> Point:
        """The height at which one goes from a place to an alley, and that alley."""
        x, y = place
        if y > self.lintel:
            return self.lintel, self.cell.alley(x)
        if x < LEFT:
            return self.affine.aisle(place), self.cell.alleys[0]
        return y - self.cell.lane / 2, self.cell.alley(x)


def _ends(flight: Flight) -> tuple[Point, Point]:
    ends = flight.lines or flight.boxes or ()
    first, last = (_middle(end) for end in ends)
    return first, last


def _middle(place: Line | Box) -> Point:
    if isinstance(place, Line):
        return place.x - place.align * place.width / 2, place.y
    return (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
