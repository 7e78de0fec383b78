"""A tensor of any shape in a room: digits, coloured cells or a picture; of many planes as many as can be seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np

from engine.sentences import count, size_text, times
from engine.step import Cell
from scenes.network.laid import Leaf, Spread, laid
from scenes.parts.arrange import LABEL_ROOM, Spot
from scenes.parts.grid import CellPlace, ruling
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.legend import ColourScale
from scenes.parts.raster import LEAST_PICTURE, common_limit, ends, is_coloured, is_picture, toned
from scenes.parts.sheet import Sheet, plane_shape, planes
from scenes.parts.standing import Patch, Standing
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme

NOTE_ROOM, SCALE_ROOM = 0.42, 0.42  # below the cells, for its size, and for what its colours mean
LEAST_BRIGHT = 0.5  # of a picture the brightest cell is no darker
LEAST_FRAMED = 0.1  # smaller cells are not framed


#: Which of its words a panel has.
Wordiness = Literal["all", "close", "none"]


class Panel(Sheet):
    """``values`` in ``room``, the name above, size and scale of the colours below; nothing is shown of a cell before :meth:`show`."""

    def __init__(self, name: str, values: np.ndarray, room: Box, role: str, theme: Theme, *, words: Wordiness = "all") -> None:
        left, bottom, right, top = room
        self.whole_values, self.tones = values, _tones(values, role)
        is_grey = _is_grey(values, role)
        self.is_bare = is_grey or self.tones
        self.words_shown, self.note_room = words, NOTE_ROOM if words == "all" else 0.0
        low, top = bottom + self.note_room, top - (0.0 if words == "none" else LABEL_ROOM)
        self.laid = laid(values, right - left, top - low, digits=not self.is_bare)
        self.is_bare = self.is_bare or words == "none"
        if not self.laid.spot.digits and not self.is_bare:
            low += SCALE_ROOM
            self.laid = laid(values, right - left, top - low, digits=False)
        self.order = self.laid.order
        seen = np.where(self.order >= 0, values.reshape(-1)[self.order], 0.0)
        spot = _centred(self.laid, (left, low, right, top))
        super().__init__(f"{name} {self.notes[-1]}" if words == "close" else name, seen, spot, role, theme)
        self.limit, self.is_picture = common_limit(values), bool(is_grey)
        self._write(room)

    def _write(self, room: Box) -> None:
        """Its size, how much of it is seen, and what its colours mean."""
        x0, y0, x1, _ = self.whole
        middle, y = (x0 + x1) / 2, y0 - self.note_room
        note = Ink("", letter_size(), self.theme.muted).put(middle, y + NOTE_ROOM / 2)
        note.write(next((text for text in self.notes if text == fitting_label(text, room[2] - room[0])), self.notes[-1]))
        self.add(*([note] if self.note_room else []))
        if not self.has_digits and not self.is_bare:
            numbers = ends(self.whole_values, self.limit)
            self.add(ColourScale(numbers, self.role, middle, y - SCALE_ROOM / 2, room[2] - room[0], self.theme, limit=self.limit))

    @property
    def notes(self) -> list[str]:
        """What is said of its size, the longest first."""
        shape, shown = self.whole_values.shape, len(self.laid.tiles)
        size = size_text(shape)
        if shown >= planes(shape):
            return [size]
        return [f"{size}, {shown} of {count(planes(shape), 'plane')}", f"{size}, {shown} seen", times(shape)]

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def ruling(self) -> np.ndarray:
        """The lines of all tiles."""
        return np.concatenate([ruling(self.place(tile), *tile.drawn) for tile in self.laid.tiles])

    def place(self, tile: Leaf) -> Box:
        """Where a tile stands."""
        return self.box(*tile.corner, *tile.drawn)

    def edge(self, column: int) -> float:
        return self.left + column * self.cell[0]  # gaps are columns

    def number(self, cell: Cell) -> int:
        """Which in memory order a cell is."""
        return int(np.ravel_multi_index(cell, self.whole_values.shape)) if cell else 0

    def at(self, number: int) -> Box | None:
        """Where a cell can be framed; none if it is on no tile."""
        for tile in self.laid.tiles:
            rows, columns = tile.shape
            if tile.first <= number < tile.first + rows * columns:
                row, column = divmod(number - tile.first, columns)
                return self._framed(tile, row, column)
        return None

    def _framed(self, tile: Leaf, row: int, column: int) -> Box:
        """The frame around a cell; around its row, or its tile, where it is too small or not drawn."""
        (y, x), (rows, columns) = tile.corner, tile.drawn
        if rows != tile.shape[0] or self.cell[1] < LEAST_FRAMED:
            return self.place(tile)
        if columns != tile.shape[1] or self.cell[0] < LEAST_FRAMED:
            return self.box(y + row, x, 1, columns)
        return self.box(y + row, x + column)

    def lead_of(self, cell: Cell) -> int:
        return 0  # all planes are seen

    def _within(self, cell: Cell) -> CellPlace:
        row, column = np.argwhere(self.order == self.number(cell))[0].tolist()
        return row, column

    @property
    def standing(self) -> Standing:
        return Standing.of(self.role, map(self._stood, self.laid.tiles)) or Standing(self.role, [])

    def _stood(self, tile: Leaf) -> Standing:
        (row, column), (rows, columns) = tile.corner, tile.drawn
        part = slice(row, row + rows), slice(column, column + columns)
        if self.has_digits:
            return self.stood(tile.first, self.values[part], row, column)
        return Standing(self.role, [Patch(tile.first, tile.shape, self.place(tile), self.tinted[part])])

    @cached_property
    def tinted(self) -> np.ndarray:
        """All colours."""
        return self.tints(self.values)

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, known: int, lead: int = 0) -> None:
        """Shows the first ``known`` cells; between tiles there is nothing."""
        self._name()
        self.fill(self.values, (self.order >= 0) & (self.order < known))

    def tints(self, values: np.ndarray) -> np.ndarray:
        """Planes of a coloured picture have their own colours."""
        if not self.tones:
            return super().tints(values)
        size = int(np.prod(plane_shape(self.whole_values.shape)))
        found = super().tints(values)
        for tone in range(3):
            found = np.where((self.order // size == tone)[..., None], toned(values, tone), found)
        return found

    def hatched(self, known: np.ndarray) -> np.ndarray:
        return ~known & (self.order >= 0)

    def _name(self) -> None:
        if self.words_shown != "none":
            self.label.write(fitting_label(self.called, max(self.spot.label, self.whole[2] - self.whole[0])))


def _is_grey(values: np.ndarray, role: str) -> bool:
    """Whether it is a picture without colours; of many planes none is."""
    few = planes(values.shape) in (1, 3) and values.size >= LEAST_PICTURE
    return role == "input" and few and is_picture(values) and values.max() > LEAST_BRIGHT and len(np.unique(values)) > 2


def _tones(values: np.ndarray, role: str) -> bool:
    """Whether planes are the red, green and blue parts of a picture."""
    rows, columns = plane_shape(values.shape)
    return role == "input" and planes(values.shape) == 3 and is_coloured(values.reshape(3, rows, columns))


def _centred(found: Spread, room: Box) -> Spot:
    """Cells in the middle of their room."""
    left, bottom, right, top = room
    (rows, columns), (width, height) = found.shape, found.spot.cell
    return replace(found.spot, left=(left + right - columns * width) / 2, top=(top + bottom + rows * height) / 2)
