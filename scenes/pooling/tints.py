"""What stays on planes of what has been: tints behind the cells of a window and of what comes of it, rings around the winners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from manim import Group

from engine.step import Cell
from scenes.parts.grid import Grid
from scenes.parts.ink import PX, Box, Mark, boxes
from scenes.parts.theme import Theme

#: A ring stays within its cell by so much; in smaller cells there are none, nor where there are more than can be told apart.
INSET, LEAST_RINGED, MOST_RINGS = 3 * PX, 5 * PX, 2500
#: The stroke of a ring, px of 1080p, and its part of a small cell.
RING, PART = 4.0, 0.25


class Tints(Group):
    """Boxes in the hues of the theme; neighbours in a grid of windows never have the same one."""

    def __init__(self, theme: Theme) -> None:
        self.marks = [Mark(hue, fill=theme.tint) for hue in theme.hues]
        super().__init__(*self.marks)

    def put(self, tinted: Iterable[tuple[int, Box]]) -> None:
        """Shows boxes, each in the hue of that number."""
        by_hue: list[list[Box]] = [[] for _ in self.marks]
        for hue, box in tinted:
            by_hue[hue].append(box)
        for mark, found in zip(self.marks, by_hue, strict=True):
            mark.draw(boxes(found))

    def cover(self, grid: Grid, hues: Mapping[Cell, Iterable[int]]) -> None:
        """Shows cells of a grid in all of their hues, in stripes where there are several."""
        self.put(stripe for cell, found in hues.items() for stripe in stripes(grid.box(*cell), [*dict.fromkeys(found)]))


class Rings(Mark):
    """Around cells of a grid that were chosen; not around cells too small for it."""

    def __init__(self, grid: Grid, theme: Theme) -> None:
        self.grid, side = grid, min(grid.cell) / PX
        super().__init__(theme.output, stroke=min(RING, PART * side))
        self.inset = min(INSET, side * PX * PART / 2)

    def put(self, cells: Sequence[Cell]) -> None:
        """Shows rings around cells."""
        if min(self.grid.cell) < LEAST_RINGED or len(cells) > MOST_RINGS:
            self.draw(np.zeros((0, 3)))
            return
        found = (self.grid.box(*cell) for cell in dict.fromkeys(cells))
        self.draw(boxes((x0 + self.inset, y0 + self.inset, x1 - self.inset, y1 - self.inset) for x0, y0, x1, y1 in found))


def stripes(box: Box, hues: Sequence[int]) -> list[tuple[int, Box]]:
    """A box cut from left to right into one part for every hue."""
    x0, y0, x1, y1 = box
    width = (x1 - x0) / max(1, len(hues))
    return [(hue, (x0 + n * width, y0, x0 + (n + 1) * width, y1)) for n, hue in enumerate(hues)]


def hue(row: int, column: int) -> int:
    """Which of four hues a window in a grid of windows has."""
    return row % 2 * 2 + column % 2
