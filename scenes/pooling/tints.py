"""What stays on planes of what has been: tints behind the cells of a window and of what comes of it, rings around the winners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from manim import Group

from engine.step import Cell
from scenes.parts.grid import Grid
from scenes.parts.ink import PX, Box, Mark, boxes
from scenes.parts.raster import Raster, nothing
from scenes.parts.theme import Theme, rgb

#: A ring stays within its cell by so much; in smaller cells one would see nothing but rings.
INSET, LEAST_RINGED = 3 * PX, 14 * PX
#: What did not win keeps so much of its colour there.
KEPT = 0.45
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
    """Around cells of a grid that were chosen."""

    def __init__(self, grid: Grid, theme: Theme) -> None:
        self.grid, side = grid, min(grid.cell) / PX
        super().__init__(theme.output, stroke=min(RING, PART * side))
        self.inset = min(INSET, side * PX * PART / 2)

    def put(self, cells: Sequence[Cell]) -> None:
        """Shows rings around cells."""
        found = (self.grid.box(*cell) for cell in dict.fromkeys(cells))
        self.draw(boxes((x0 + self.inset, y0 + self.inset, x1 - self.inset, y1 - self.inset) for x0, y0, x1, y1 in found))


class Faded(Raster):
    """Over the cells of a grid that were looked at and not chosen; for cells too small for rings."""

    def __init__(self, grid: Grid, theme: Theme) -> None:
        super().__init__(nothing((grid.rows, grid.columns)), grid.whole)
        ground = np.array([*rgb(theme.ground), 255])
        self.pale = np.rint(ground + (grid.raster.pixel_array - ground) * KEPT).astype(np.uint8)

    def put(self, seen: Iterable[Cell], chosen: Iterable[Cell]) -> None:
        """Fades the cells that were seen but for the chosen ones."""
        fades = np.zeros(self.pale.shape[:2], dtype=bool)
        for cells, faded in ((seen, True), (chosen, False)):
            rows, columns = zip(*cells, strict=True) if (cells := [*cells]) else ((), ())
            fades[list(rows), list(columns)] = faded
        self.colour(np.where(fades[..., None] & (self.pale[..., 3:] > 0), self.pale, np.uint8(0)))


def stripes(box: Box, hues: Sequence[int]) -> list[tuple[int, Box]]:
    """A box cut from left to right into one part for every hue."""
    x0, y0, x1, y1 = box
    width = (x1 - x0) / max(1, len(hues))
    return [(hue, (x0 + n * width, y0, x0 + (n + 1) * width, y1)) for n, hue in enumerate(hues)]


def hue(row: int, column: int) -> int:
    """Which of four hues a window in a grid of windows has."""
    return row % 2 * 2 + column % 2
