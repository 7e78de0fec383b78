"""Rows and columns of numbers on the stage: one geometry, one way to write a number into a cell, and one to reveal it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from manim import Group, Mobject

from engine.step import Cell
from scenes.parts.digits import Writing
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark, lines
from scenes.parts.levels import Levels
from scenes.parts.raster import Hatch, Raster, cell_colours, nothing
from scenes.parts.standing import Patch, Standing
from scenes.parts.theme import Theme

SMALLEST_RULED_CELL_PX = 22.0  # with lines between smaller cells one sees lines, not colours

#: Row and column.
CellPlace = tuple[int, int]


# --- geometry --------------------------------------------------------------------------------------------------------------------------


class CellPlaces:
    """Where cells stand: ``rows`` x ``columns`` of them, from the corner ``left``, ``top`` on, each as wide and high as ``cell``."""

    rows: int
    columns: int
    left: float
    top: float
    cell: tuple[float, float]

    def edge(self, column: int) -> float:
        """Where a column begins."""
        return self.left + column * self.cell[0]

    def box(self, row: int, column: int = 0, rows: int = 1, columns: int = 1) -> Box:
        """Where a block of cells stands."""
        (width, height), y = self.cell, self.top - row * self.cell[1]
        return self.edge(column), y - rows * height, self.edge(column + columns - 1) + width, y

    def span(self, cells: Iterable[Cell]) -> Box:
        """The box around cells."""
        rows, columns = zip(*cells, strict=True)
        return self.box(min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)

    def row(self, row: int) -> Box:
        """The box of a whole row."""
        return self.box(row, 0, 1, self.columns)

    def column(self, column: int) -> Box:
        """The box of a whole column."""
        return self.box(0, column, self.rows)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.box(0, 0, self.rows, self.columns)

    def centre(self, row: int, column: int = 0) -> tuple[float, float]:
        """The middle of a cell."""
        return self.edge(column) + self.cell[0] / 2, self.top - (row + 0.5) * self.cell[1]


def centred(shape: tuple[int, int], cell: tuple[float, float], room: Box) -> Box:
    """The box of so many cells of that size in the middle of a room."""
    left, bottom, right, top = room
    x, y = (left + right) / 2, (bottom + top) / 2
    half, tall = shape[1] * cell[0] / 2, shape[0] * cell[1] / 2
    return x - half, y - tall, x + half, y + tall


def ruling(box: Box, rows: int, columns: int) -> np.ndarray:
    """The lines between rows and columns, and around them; only those around where cells are so small that one would see nothing else."""
    x0, y0, x1, y1 = box
    width, height = (x1 - x0) / columns, (y1 - y0) / rows
    ruled = min(width, height) >= SMALLEST_RULED_CELL_PX * PX
    across = [y1 - i * height for i in (range(rows + 1) if ruled else (0, rows))]
    down = [x0 + i * width for i in (range(columns + 1) if ruled else (0, columns))]
    return lines([*(((x0, y), (x1, y)) for y in across), *(((x, y0), (x, y1)) for x in down)])


# --- what is drawn ---------------------------------------------------------------------------------------------------------------------


class Grid(CellPlaces, Group):
    """Cells of ``shape`` that fill ``box``, with digits if there is a ``writing``, else coloured.

    ``limit`` is the number of the strongest colour; a ``picture`` has brightness. ``values`` are what :meth:`reveal` shows. ``ground`` is
    what lies behind a frame: lines, coloured cells and hatching; the group itself holds the digits.
    """

    values: np.ndarray = np.zeros((0, 0))
    #: Whether lines that pass behind digits stop at a distance.
    halo: ClassVar[bool] = False

    def __init__(
        self,
        shape: tuple[int, int],
        box: Box,
        role: str,
        theme: Theme,
        writing: Writing | None,
        *,
        limit: float = 1.0,
        picture: bool = False,
    ) -> None:
        super().__init__()
        (self.rows, self.columns), self.role, self.theme = shape, role, theme
        self.left, self.top = box[0], box[3]
        self.cell = (box[2] - box[0]) / self.columns, (box[3] - box[1]) / self.rows
        self.limit, self.is_picture = limit, picture
        self.writing, self.has_digits = writing, writing is not None
        self.digit_px = LEAST_PX if writing is None else writing.size
        self.shown: tuple[np.ndarray, np.ndarray] | None = None
        self.lines: dict[CellPlace, Line] = {}
        self.colours = np.zeros(0)
        self.ruled = Mark(theme.line, stroke=2.0)
        self.ground: list[Mobject] = [self.ruled]
        self.rule()
        if writing is not None:
            self.levels = Levels(theme, role)
            self.digits = Letters(getattr(theme, role), halo=theme.ground if self.halo else None)
            self.add(self.levels, self.digits)
        else:
            self.raster, self.hatch = Raster(nothing(shape), box), Hatch(theme)
            self.ground[:0] = [self.raster, self.hatch]

    @property
    def fixed(self) -> list[Mobject]:
        """Of the ground what never changes: lines between digits. Those over coloured cells must stay in front of them."""
        return [self.ruled] if self.has_digits else []

    @property
    def changing(self) -> list[Mobject]:
        """The rest of the ground."""
        return [] if self.has_digits else self.ground

    def rule(self) -> None:
        """Draws the lines, if they have been taken away."""
        if not len(self.ruled.points):
            self.ruled.draw(self.ruling())

    def move(self, left: float, top: float) -> None:
        """Puts coloured cells elsewhere."""
        if (left, top) != (self.left, self.top):
            self.left, self.top = left, top
            self.raster.move(self.whole)
            self.ruled.draw(self.ruling())

    def ruling(self) -> np.ndarray:
        """The lines."""
        return ruling(self.box(0, 0, self.rows, self.columns), self.rows, self.columns)

    # --- numbers ---------------------------------------------------------------------------------------------------------------------

    def text(self, number: float) -> str:
        """A number as it stands in a cell."""
        return self.writing.text(number) if self.writing else ""

    def lettered(self, text: str, row: int, column: int = 0) -> Line:
        """A text in a cell."""
        return Line(text, self.digit_px, *self.centre(row, column))

    def tints(self, values: np.ndarray) -> np.ndarray:
        """The colours of numbers."""
        return cell_colours(values.astype(float), self.theme, self.role, picture=self.is_picture, limit=self.limit)

    def stood(self, first: int, values: np.ndarray, row: int = 0, column: int = 0) -> Standing:
        """Numbers that stand from that row and column on, for a picture that begins with them; the first is number ``first``."""
        shape: CellPlace = values.shape
        box = self.box(row, column, *shape)
        if not self.has_digits:
            return Standing(self.role, [Patch(first, shape, box, self.tints(values))])
        texts = [(self.text(float(x)), row + at, column + across) for (at, across), x in np.ndenumerate(values)]
        return Standing(self.role, [Patch(first, shape, box)], {first + n: self.lettered(*text) for n, text in enumerate(texts)})

    # --- states ----------------------------------------------------------------------------------------------------------------------

    @property
    def known(self) -> int:
        """How many cells are shown."""
        return 0 if self.shown is None else int(self.shown[1].sum())

    def reveal(self, known: np.ndarray | int) -> None:
        """Shows the cells that are known, as booleans or as a number of cells, row by row; the others are empty."""
        flags = np.arange(self.values.size) < known if isinstance(known, int) else known
        self.fill(self.values, flags.reshape(self.values.shape))

    def fill(self, values: np.ndarray, known: np.ndarray) -> None:
        """Shows those of the numbers that are ``known``; the other cells are empty. Both are rows x columns."""
        # Most grids stay as they are from one step to the next, and colours and lines take long to make.
        # Its own values never change, others may do so in place.
        before, self.shown = self.shown, (values if values is self.values else values.copy(), known.copy())
        same = before is not None and (values is before[0] or np.array_equal(values, before[0], equal_nan=True))
        if same and before is not None and np.array_equal(known, before[1]):
            return
        if self.has_digits:
            self.lines = self.lines if same else {}
            self.write_lines(self._lines(values, known))
            self.levels.cover(self, values, known)
            return
        self.colours = self.colours if same else self.tints(values)
        self.raster.colour(np.where(known[..., None], self.colours, nothing((1, 1))))
        self.hatch.cover([(self.raster.box, self.hatched(known))])

    def hatched(self, known: np.ndarray) -> np.ndarray:
        """Those of the cells that are to be told from such as stand for 0."""
        return ~known

    def _lines(self, values: np.ndarray, known: np.ndarray) -> dict[CellPlace, Line]:
        found = {}
        for row, column in np.argwhere(known).tolist():
            cell = row, column
            if cell not in self.lines:
                self.lines[cell] = self.lettered(self.text(float(values[cell])), *cell)
            found[cell] = self.lines[cell]
        return found

    def write(self, texts: Mapping[CellPlace, str]) -> None:
        """Digits of cells."""
        self.shown = None
        self.levels.clear()
        self.write_lines({cell: self.lettered(text, *cell) for cell, text in texts.items()})

    def write_lines(self, found: Mapping[CellPlace, Line]) -> None:
        """Lines of cells."""
        self.digits.write_lines(found.values())

    def blank(self) -> None:
        """Takes the numbers away."""
        self.shown = None
        if self.has_digits:
            self.digits.write_lines([])
            self.levels.clear()
        else:
            self.raster.colour(nothing((self.rows, self.columns)))
            self.hatch.cover([])

    def hide(self) -> None:
        """Takes numbers and lines away."""
        self.ruled.draw(np.zeros((0, 3)))
        self.blank()


def same_size(grids: Sequence[Grid]) -> None:
    """Digits of one size, where there are any."""
    sizes = [grid.digit_px for grid in grids if grid.has_digits]
    for grid in grids:
        if grid.has_digits:
            grid.digit_px = min(sizes)
