"""Numbers in cells that need not be square: a column of units, or units over time; digits where they fit, coloured cells elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from engine.numbers import fitting
from scenes.parts.digits import LEAST_CHARACTERS, MOST_DIGITS, Writing, characters, size_within
from scenes.parts.grid import Grid
from scenes.parts.ink import LEAST_PX, PX, Box, Line
from scenes.parts.raster import heat_limit
from scenes.parts.theme import Theme

LARGEST_DIGIT_PX = 36.0
#: Of a number that is written below coloured cells, which may be a little wider than they are.
LARGEST_APART_PX, BESIDE = 30.0, 0.1
GAP_PX = (14.0, 7.0)  # at the sides of a number, above and below it
MOST_LOOKED_AT = 2000


def holds(width: float, height: float, numbers: np.ndarray) -> bool:
    """Whether all of the numbers can be written in cells of that size."""
    room = characters(width, GAP_PX[0])
    if room < LEAST_CHARACTERS or height < (LEAST_PX + GAP_PX[1]) * PX - 1e-6:
        return False
    finite = numbers[np.isfinite(numbers)]
    ends = [float(finite.min()), float(finite.max())] if finite.size else []
    return all(len(fitting(x, room)) <= room for x in ends)


class Lattice(Grid):
    """``rows`` x ``columns`` cells that fill ``box``. ``numbers`` are all that may stand in it, by which sizes and colours are chosen.

    In the role ``light``, numbers from 0 to 1 go from the ground to ink.
    """

    halo = True  # frames come near to digits in low cells

    def __init__(self, rows: int, columns: int, box: Box, role: str, theme: Theme, numbers: np.ndarray, *, digits: bool = True) -> None:
        width, height = (box[2] - box[0]) / columns, (box[3] - box[1]) / rows
        writing = None
        if digits and rows * columns <= MOST_DIGITS and holds(width, height, numbers):
            plain = Writing(LEAST_PX, most=characters(width, GAP_PX[0]))
            texts = {*map(plain.text, numbers.ravel()[:MOST_LOOKED_AT].tolist()), "0.00"}
            size = size_within(width - GAP_PX[0] * PX, texts, LARGEST_DIGIT_PX, height / PX - GAP_PX[1])
            writing = replace(plain, size=max(LEAST_PX, size))
        light = role == "light"
        super().__init__((rows, columns), box, "ink" if light else role, theme, writing, limit=1.0 if light else heat_limit(numbers))

    def lettered(self, text: str, row: int, column: int = 0) -> Line:
        """What is too long for its cell is set as small as may be."""
        line = super().lettered(text, row, column)
        return replace(line, size=max(LEAST_PX, size_within(self.cell[0] - GAP_PX[0] * PX, [text], line.size)))

    def fill_first(self, known: np.ndarray) -> None:
        """Shows so many numbers of its only column as there are."""
        padded = np.concatenate([known, np.zeros(self.rows - len(known))])
        self.fill(padded[:, None], (np.arange(self.rows) < len(known))[:, None])


class Home(NamedTuple):
    """A cell of a lattice with the role of its number; ``apart`` is where that is written out if the cell is coloured."""

    table: Lattice
    row: int
    column: int
    role: str
    apart: tuple[float, float] | None = None

    @property
    def box(self) -> Box:
        """The cell."""
        return self.table.box(self.row, self.column)

    def place(self, text: str) -> Line | Box:
        """From where a number goes, or to where it comes: its digits, or the coloured cell."""
        if self.table.has_digits:
            return self.table.lettered(text, self.row, self.column)
        if self.apart is None:
            return self.box
        size = size_within(self.table.cell[0] + BESIDE, [text], LARGEST_APART_PX)
        return Line(text, max(LEAST_PX, size), *self.apart)
