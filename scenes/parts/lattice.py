"""Numbers in cells that need not be square: a column of units, or units over time; digits where they fit, coloured cells elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group, Mobject

from engine.numbers import USUAL_DECIMALS, fitting, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark, lines, text_width
from scenes.parts.plane import SMALLEST_RULED_CELL_PX
from scenes.parts.raster import Raster, cell_colours, heat_limit, nothing
from scenes.parts.theme import Theme, rgb

LARGEST_DIGIT_PX = 36.0
GAP_PX = (14.0, 7.0)  # at the sides of a number, above and below it
LEAST_CHARACTERS = 4  # −0.5
MOST_DIGITS = 400
MOST_LOOKED_AT = 2000


def characters(width: float) -> int:
    """How many characters fit into a cell."""
    return int((width - GAP_PX[0] * PX) / text_width("0", LEAST_PX) + 1e-6)


def holds(width: float, height: float, numbers: np.ndarray) -> bool:
    """Whether all of the numbers can be written in cells of that size."""
    room = characters(width)
    if room < LEAST_CHARACTERS or height < (LEAST_PX + GAP_PX[1]) * PX - 1e-6:
        return False
    finite = numbers[np.isfinite(numbers)]
    ends = [float(finite.min()), float(finite.max())] if finite.size else []
    return all(len(fitting(x, room)) <= room for x in ends)


class Lattice(Group):
    """``rows`` x ``columns`` cells that fill ``box``. ``numbers`` are all that may stand in it, by which sizes and colours are chosen.

    In the role ``light``, numbers from 0 to 1 are brightness. ``ground`` is what lies behind a frame: lines and coloured cells; the
    group itself holds the digits.
    """

    def __init__(self, rows: int, columns: int, box: Box, role: str, theme: Theme, numbers: np.ndarray, *, digits: bool = True) -> None:
        super().__init__()
        self.rows, self.columns, self.role, self.theme = rows, columns, role, theme
        self.whole = box
        left, bottom, right, top = box
        self.cell = (right - left) / columns, (top - bottom) / rows
        self.limit = heat_limit(numbers)
        self.room = characters(self.cell[0])
        self.has_digits = digits and rows * columns <= MOST_DIGITS and holds(*self.cell, numbers)
        self.grid = self._grid()
        self.ruled = Mark(theme.line, stroke=2.0).draw(self.grid)
        self.ground: list[Mobject] = [self.ruled]
        self.shown: tuple[np.ndarray, np.ndarray] | None = None
        if self.has_digits:
            self.digits = Letters(getattr(theme, role))
            self.digit_px = self._size([self.text(x) for x in numbers.ravel()[:MOST_LOOKED_AT].tolist()])
            self.add(self.digits)
        else:
            self.raster = Raster(self._colours(np.zeros((rows, columns)), np.zeros((rows, columns), dtype=bool)), box)
            self.ground.insert(0, self.raster)

    def _grid(self) -> np.ndarray:
        x0, y0, x1, y1 = self.whole
        width, height = self.cell
        ruled = min(self.cell) >= SMALLEST_RULED_CELL_PX * PX
        across = [y1 - i * height for i in (range(self.rows + 1) if ruled else (0, self.rows))]
        down = [x0 + i * width for i in (range(self.columns + 1) if ruled else (0, self.columns))]
        return lines([*(((x0, y), (x1, y)) for y in across), *(((x, y0), (x, y1)) for x in down)])

    def _size(self, texts: Sequence[str]) -> float:
        widest = max((text_width(text, LEAST_PX) for text in {*texts, "0.00"}), default=0.0)
        across = LEAST_PX * (self.cell[0] - GAP_PX[0] * PX) / widest
        return max(LEAST_PX, min(LARGEST_DIGIT_PX, across, self.cell[1] / PX - GAP_PX[1]))

    def text(self, x: float) -> str:
        """A number as it stands in a cell."""
        text = plain(x, USUAL_DECIMALS)
        return text if len(text) <= self.room else fitting(x, self.room)

    def box(self, row: int, column: int = 0, columns: int = 1) -> Box:
        """The box of a cell, or of some beside each other."""
        width, height = self.cell
        x, y = self.whole[0] + column * width, self.whole[3] - row * height
        return x, y - height, x + columns * width, y

    def centre(self, row: int, column: int = 0) -> tuple[float, float]:
        """The middle of a cell."""
        x0, y0, x1, y1 = self.box(row, column)
        return (x0 + x1) / 2, (y0 + y1) / 2

    def fill(self, values: np.ndarray, known: np.ndarray) -> None:
        """Shows those of the numbers that are ``known``; the other cells are empty. Both are rows x columns."""
        if not self.has_digits:
            # Most tables stay as they are from one step to the next, and colours take long to make.
            if self.shown is None or not all(map(np.array_equal, self.shown, (values, known))):
                self.raster.colour(self._colours(values, known))
                self.shown = values.copy(), known.copy()
            return
        cells = [(int(row), int(column)) for row, column in np.argwhere(known)]
        self.write({cell: self.text(float(values[cell])) for cell in cells})

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
            self.ruled.draw(self.grid)

    def hide(self) -> None:
        """Takes numbers and lines away."""
        self.ruled.draw(np.zeros((0, 3)))
        if self.has_digits:
            self.digits.write_lines([])
        else:
            self.raster.colour(nothing((self.rows, self.columns)))
            self.shown = None

    def write(self, texts: dict[tuple[int, int], str]) -> None:
        """Digits of cells; what is too long for its cell is set as small as may be."""
        self.digits.write_lines(Line(text, self._smaller(text), *self.centre(*cell)) for cell, text in texts.items())

    def _smaller(self, text: str) -> float:
        return max(LEAST_PX, min(self.digit_px, LEAST_PX * (self.cell[0] - GAP_PX[0] * PX) / text_width(text, LEAST_PX)))

    def _colours(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        light = self.role == "light"
        colours = cell_colours(values.astype(float), self.theme, self.role, picture=light, limit=self.limit)
        colours[~known, :3] = rgb(self.theme.empty)
        return colours


def same_size(tables: Sequence[Lattice]) -> None:
    """Digits of one size, where there are any."""
    sizes = [table.digit_px for table in tables if table.has_digits]
    for table in tables:
        if table.has_digits:
            table.digit_px = min(sizes)
