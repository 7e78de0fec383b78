"""Behind digits: a cell is filled as high as its number is large, from its floor, or from its ceiling below zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from manim import Group

from scenes.parts.ink import Mark
from scenes.parts.theme import Theme

if TYPE_CHECKING:
    from scenes.parts.grid import Grid

#: Of its colour: digits on it have a contrast of 3:1 even within a frame, more than what type of their size needs.
LEVEL = 0.15
#: The strongest number leaves so much of its cell free, so that one sees from which side it comes.
MOST = 0.85
#: Where the ends of the two handles of a straight line are between its ends.
HANDLES = np.array([0.0, 1 / 3, 2 / 3, 1.0])[:, None]


class Levels(Group):
    """Levels of the cells of one table, in the colour of its role and, below zero, in that of its scale."""

    def __init__(self, theme: Theme, role: str) -> None:
        self.above, self.below = Mark(getattr(theme, role), fill=LEVEL), Mark(theme.negative, fill=2 * LEVEL)
        super().__init__(self.above, self.below)

    def cover(self, grid: Grid, values: np.ndarray, known: np.ndarray) -> None:
        """Fills the cells that are known, each by its share of the number with the strongest colour."""
        places = np.array([grid.box(*cell) for cell in np.argwhere(known).tolist()]).reshape(-1, 4)
        with np.errstate(over="ignore", invalid="ignore"):
            shares = np.nan_to_num(np.clip(values[known] / (grid.limit or 1.0), -1, 1), nan=0.0)
        for mark, sign in ((self.above, 1), (self.below, -1)):
            chosen = shares * sign > 0
            left, bottom, right, top = places[chosen].T
            high = MOST * (top - bottom) * np.abs(shares[chosen])
            mark.draw(_filled(left, bottom, right, bottom + high) if sign > 0 else _filled(left, top - high, right, top))

    def clear(self) -> None:
        """Fills no cell."""
        for mark in (self.above, self.below):
            mark.draw(np.zeros((0, 3)))


def flatten(grids: Iterable[Grid]) -> None:
    """Takes levels away where something else shows how large numbers are."""
    for grid in grids:
        if grid.has_digits:
            grid.remove(grid.levels)


def _filled(left: np.ndarray, bottom: np.ndarray, right: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Points of rectangles."""
    corners = np.stack([np.stack(ends, axis=-1) for ends in ((left, bottom), (right, bottom), (right, top), (left, top))], axis=1)
    sides = corners[:, :, None] + (np.roll(corners, -1, axis=1) - corners)[:, :, None] * HANDLES
    return np.pad(sides.reshape(-1, 2), ((0, 0), (0, 1)))
