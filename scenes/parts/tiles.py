"""All planes of a tensor at once, as rows of tiles: what a clip that showed one plane at a time ends with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.step import Cell
from scenes.parts.arrange import Spot
from scenes.parts.grid import CellPlace, ruling
from scenes.parts.raster import common_limit
from scenes.parts.sheet import Sheet, plane_shape, planes
from scenes.parts.standing import Standing
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme

#: The room that tiles mostly have, as wide as high.
ASPECT = 2.4
FINE = 12  # of planes of so many cells the gaps between them are wider, so that they are seen


def apart(shape: Sequence[int]) -> int:
    """Cells between tiles."""
    return 1 + max(plane_shape(shape)) // FINE


def tiles_across(shape: Sequence[int]) -> int:
    """How many planes stand side by side so that they are as large as can be."""
    count, (rows, columns), gap = planes(shape), plane_shape(shape), apart(shape)

    def least(across: int) -> float:
        return min(ASPECT / (across * (columns + gap)), 1 / (-(-count // across) * (rows + gap)))

    return max(range(1, count + 1), key=least)


def tiled_shape(shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of all planes with the gaps between them."""
    across, (rows, columns), gap = tiles_across(shape), plane_shape(shape), apart(shape)
    down = -(-planes(shape) // across)
    return down * (rows + gap) - gap, across * (columns + gap) - gap


class Tiles(Sheet):
    """Like a :class:`scenes.parts.sheet.Sheet` of which all planes are seen; the name says the first and the last of them."""

    def __init__(self, name: str, values: np.ndarray, spot: Spot, role: str, theme: Theme) -> None:
        self.across, (self.high, self.wide), self.gap = tiles_across(values.shape), plane_shape(values.shape), apart(values.shape)
        laid, self.order = np.zeros(shape := tiled_shape(values.shape)), np.full(shape, -1)
        for plane, part in enumerate(values.reshape(-1, self.high, self.wide)):
            row, column = self._corner(plane)
            at = slice(row, row + self.high), slice(column, column + self.wide)
            laid[at], self.order[at] = part, np.arange(part.size).reshape(part.shape) + plane * part.size
        super().__init__(name, laid, spot, role, theme)
        self.whole_shape, self.limit = values.shape, common_limit(values)

    def _corner(self, plane: int) -> CellPlace:
        return plane // self.across * (self.high + self.gap), plane % self.across * (self.wide + self.gap)

    def _corners(self) -> Iterator[CellPlace]:
        count = int(self.order.max() + 1) // (self.high * self.wide)
        return (self._corner(plane) for plane in range(count))

    def ruling(self) -> np.ndarray:
        """The lines of all tiles."""
        boxes = [self.box(*corner, self.high, self.wide) for corner in self._corners()]
        return np.concatenate([ruling(box, self.high, self.wide) for box in boxes])

    def lead_of(self, cell: Cell) -> int:
        return 0  # all planes are seen

    def _within(self, cell: Cell) -> CellPlace:
        at = int(np.ravel_multi_index(cell, self.whole_shape))
        (row, column), inner = self._corner(at // (self.high * self.wide)), at % (self.high * self.wide)
        return row + inner // self.wide, column + inner % self.wide

    @property
    def standing(self) -> Standing:
        parts = []
        for row, column in self._corners():
            part = self.values[row : row + self.high, column : column + self.wide]
            parts.append(self.stood(int(self.order[row, column]), part, row, column))
        return Standing.of(self.role, parts) or Standing(self.role, [])

    def show(self, known: int, lead: int = 0) -> None:
        """Shows the first ``known`` cells; between tiles there is nothing."""
        self._name()
        self.fill(self.values, (self.order >= 0) & (self.order < known))

    def hatched(self, known: np.ndarray) -> np.ndarray:
        return ~known & (self.order >= 0)

    def _name(self) -> None:
        last = np.unravel_index(planes(self.whole_shape) - 1, self.whole_shape[:-2])
        name = f"{self.called}[{', '.join(f'0 … {int(at)}' if at else '0' for at in last)}]"
        self.label.write(fitting_label(name, max(self.spot.label, self.whole[2] - self.whole[0])))
