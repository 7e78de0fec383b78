"""A matrix on the stage, in one of three sizes: digits, coloured cells, or a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from engine.numbers import decimals_needed, plain
from engine.step import Cell
from scenes.parts.digits import Writing, size_within, widest
from scenes.parts.grid import CellPlace, Grid, centred, ruling
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, dashes, letter_size, lines
from scenes.parts.legend import ColourScale
from scenes.parts.raster import ends, heat_limit, is_picture, toned
from scenes.parts.standing import Standing
from scenes.parts.theme import Theme

Mode = Literal["digits", "heat", "picture"]
Sides = Sequence[tuple[int, int]]

LARGEST_CELL = 0.82
LEAST_THICKNESS = 0.35  # of a plane of coloured cells with one or a few rows or columns, where there is room
LARGEST_DIGIT_PX, DIGIT = 42.0, 0.38  # in larger cells they have so much of the side
SMALLEST_DIGIT_CELL_PX = 28.0
ALIKE = 0.75  # digits of one plane in the size of those of another, at least
MOST_HEAT_CELLS = 64
MOST_DIGITS = 1600
MOST_LOOKED_AT = 5000  # values, to find out how many decimals they need
LABEL_ROOM = 0.5  # above the plane
LABEL_COLUMN = 2.9  # at its left, for labels that stand there
SCALE_ROOM = 0.5  # below it, for the colour scale
MARGIN_PX = 10.0  # around the widest number in a cell, at least
FILLED = 0.82  # of a cell's width, where there is room to choose


class Pads(NamedTuple):
    """Cells that are none of a tensor's own: ``sides`` of them, ((top, bottom), (left, right)), and ``holes``, zeros between its cells."""

    sides: Sides = ((0, 0), (0, 0))
    holes: np.ndarray | None = None


class Plane(Grid):
    """``values`` (rows x columns) inside ``room``, with its title. All cells are shown until others are revealed.

    Size, decimals and colours are those of all values, and of ``others`` that may stand there on the way to them, so that nothing jumps
    when more is shown. Sides of ``padding`` in ``values`` are dashed, and its digits pale, also those of holes. ``cell`` is the largest
    side of a cell. A ``tone`` says that it is the red (0), green (1) or blue (2) part of a picture. What is ``made_of`` a plane that is a
    picture, and no more than its brightness, is one, too. A ``coloured`` one has no digits even where there is room for them; it is
    ``scaled`` if its colours are explained below it.
    """

    halo = True

    def __init__(
        self,
        values: np.ndarray,
        room: Box,
        title: Heading,
        theme: Theme,
        *,
        padding: Pads = Pads(),  # noqa: B008  # never changed
        others: Sequence[float] = (),
        cell: float | None = None,
        tone: int | None = None,
        made_of: Plane | None = None,
        coloured: bool = False,
        scaled: bool = True,
    ) -> None:
        self.values, (self.sides, self.holes), role, self.tone = values, padding, title.role, tone
        left, bottom, right, top = room
        inner = (left + LABEL_COLUMN, bottom, right, top) if title.beside else (left, bottom, right, top - LABEL_ROOM * bool(title.text))
        most = LARGEST_CELL if cell is None else cell
        writing = None if coloured or tone is not None else _writing(values, others, _side(values, inner, most))
        is_grey = is_picture(self.own) and (made_of.is_picture if made_of else writing is None and role == "input")
        picture = tone is not None or is_grey
        writing = None if picture else writing
        scaled = scaled and writing is None and not picture
        low = (inner[0], inner[1] + SCALE_ROOM * scaled, *inner[2:])
        box = centred(values.shape, _cell(values, low, most, square=writing is not None), low)
        super().__init__(values.shape, box, role, theme, writing, limit=heat_limit(np.append(values, others)), picture=picture)
        self._dash()
        self.reveal(values.size)
        self.label = Ink(title.text, letter_size(), getattr(theme, role), align=title.align)
        middle = (inner[0] + right) / 2
        self.label.put(*((left, (low[1] + top) / 2) if title.beside else (middle, self.top + LABEL_ROOM / 2 + 0.03)))
        self.ground.append(self.label)
        if scaled:
            numbers, y = np.concatenate([values.ravel(), others]), self.whole[1] - SCALE_ROOM / 2
            self.ground.append(ColourScale(ends(numbers, self.limit), role, middle, y, right - inner[0], theme, limit=self.limit))

    @property
    def mode(self) -> Mode:
        """Which of the three sizes it has."""
        return "digits" if self.has_digits else "heat" if max(self.values.shape) <= MOST_HEAT_CELLS else "picture"

    # --- padding -----------------------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> np.ndarray:
        """The values without padding."""
        (above, below), (before, after) = self.sides
        rows, columns = self.values.shape
        return self.values[above : rows - below, before : columns - after]

    def inside(self, row: int, column: int) -> bool:
        """Whether a cell is neither padding nor a zero in between."""
        (above, _), (before, _) = self.sides
        rows, columns = self.own.shape
        within = 0 <= row - above < rows and 0 <= column - before < columns
        return within and (self.holes is None or not self.holes[row, column])

    def line(self, cell: Cell, text: str) -> Line:
        """A text in a cell, for what travels there."""
        line = self.lettered(text, *cell)
        # What flies out of a coloured cell may be nan.
        return line if self.has_digits else replace(line, size=letter_size())

    def pixels(self, cells: Sequence[Cell] = ()) -> np.ndarray | None:
        """The colours of cells, which are rows and columns of them, or of all; none where they have digits."""
        if self.has_digits:
            return None
        rows, columns = (sorted({cell[axis] for cell in cells}) or range(self.values.shape[axis]) for axis in (0, 1))
        found: np.ndarray = self.raster.pixel_array[np.ix_(rows, columns)]
        return found

    def standing(self, number: int) -> Standing:
        """Its cells without padding; ``number`` says which of the planes of its tensor it is."""
        return self.stood(number * self.own.size, self.own, self.sides[0][0], self.sides[1][0])

    # --- drawing -----------------------------------------------------------------------------------------------------------------------

    def ruling(self) -> np.ndarray:
        """Lines between the values; a picture has none."""
        own = self.box(self.sides[0][0], self.sides[1][0], *self.own.shape)
        return ruling(own, *((1, 1) if self.mode == "picture" else self.own.shape))

    def _dash(self) -> None:
        """Around the padding; its digits are pale."""
        if any(map(any, self.sides)):
            left, bottom, right, top = self.whole
            corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            self.ground.append(Mark(self.theme.line, stroke=2.0).draw(lines(dash for a, b in pairwise(corners) for dash in dashes(a, b))))
        self.pale = Letters(self.theme.muted, halo=self.theme.ground)
        self.add(self.pale)

    def tints(self, values: np.ndarray) -> np.ndarray:
        """−∞ of padding is no number that a colour could stand for."""
        if self.tone is not None:
            return toned(values, self.tone)
        colours, (above, _), (before, _) = super().tints(values), *self.sides
        outside = np.isneginf(values)
        outside[above : above + len(self.own), before : before + len(self.own.T)] = False
        colours[outside] = 0
        return colours

    def write_lines(self, found: Mapping[CellPlace, Line]) -> None:
        """Digits of padding, and zeros in between, are pale."""
        self.digits.write_lines(line for cell, line in found.items() if self.inside(*cell))
        self.pale.write_lines(line for cell, line in found.items() if not self.inside(*cell))


def alike(planes: Sequence[Plane]) -> None:
    """Digits of one size in all planes that have some, or no more than a little larger where others need to be small."""
    sizes = [plane.digit_px for plane in planes if plane.has_digits]
    least = min(sizes, default=0.0)
    for plane in planes:
        plane.digit_px = least if ALIKE * max(sizes, default=0.0) <= least else min(plane.digit_px, least / ALIKE)
        plane.shown = None
        plane.reveal(plane.values.size)


def _writing(values: np.ndarray, others: Sequence[float], side: float) -> Writing | None:
    """How numbers are written in cells of that side, if they can be."""
    finite = np.concatenate([values.ravel(), np.asarray(others, dtype=float)])
    finite = finite[np.isfinite(finite)]
    decimals, space = decimals_needed(finite.tolist()[:MOST_LOOKED_AT]), side - MARGIN_PX * PX
    if values.size > MOST_DIGITS or side < SMALLEST_DIGIT_CELL_PX * PX or space < LEAST_PX * PX:
        return None
    texts = [plain(x, decimals) for x in finite.tolist()] + ["nan"] * (finite.size < values.size)
    if widest(texts) > space:
        return None
    comfortable = max(LEAST_PX, size_within(side * FILLED, texts))
    return Writing(min(max(LARGEST_DIGIT_PX, DIGIT * side / PX), comfortable, space / PX), decimals)


def _side(values: np.ndarray, room: Box, most: float) -> float:
    (rows, columns), (left, bottom, right, top) = values.shape, room
    return float(min((right - left) / columns, (top - bottom) / rows, most))


def _cell(values: np.ndarray, room: Box, most: float, *, square: bool) -> tuple[float, float]:
    side, (rows, columns) = _side(values, room, most), values.shape
    if square:
        return side, side
    # A long sequence of square cells would be a thread.
    thick = [min(space, LEAST_THICKNESS) / count for space, count in ((room[2] - room[0], columns), (room[3] - room[1], rows))]
    return max(side, thick[0]), max(side, thick[1])
