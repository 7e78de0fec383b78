"""The window under the lens where there are no weights: the values that are read, one of them perhaps the winner."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.numbers import fitting
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, text_width
from scenes.parts.plane import LABEL_ROOM, ruling
from scenes.parts.raster import Raster, cell_colours, nothing
from scenes.parts.theme import Theme
from scenes.parts.window import Window

LARGEST_CELL = 1.45
LARGEST_DIGIT_PX = 60.0
GAP_PX = 14.0  # at the sides of a number
LARGEST_HEAT_CELL = 0.5


class Glass(Group):
    """``rows`` x ``columns`` cells; ``widest`` are texts that must fit, or the values are shown as coloured cells.

    A window may have fewer rows and columns, see :meth:`take`.
    """

    exact = True

    def __init__(self, rows: int, columns: int, room: Box, theme: Theme, label: str, widest: Sequence[str], role: str = "input") -> None:
        super().__init__()
        self.rows, self.columns, self.theme, self.role = rows, columns, theme, role
        left, bottom, right, top = room
        top -= LABEL_ROOM
        side = min((right - left) / columns, (top - bottom) / rows, LARGEST_CELL)
        width = max(text_width(text, LEAST_PX) for text in widest)
        size = min(LEAST_PX * (side - GAP_PX * PX) / width, side / PX - GAP_PX, LARGEST_DIGIT_PX)
        self.has_digits, self.digit_px = size >= LEAST_PX, size
        self.most_characters = int((side - GAP_PX * PX) / text_width("0", LEAST_PX))
        self.cell = side if self.has_digits else min(side, LARGEST_HEAT_CELL)
        x, y = (left + right) / 2, (bottom + top) / 2
        self.left, self.top = x - columns * self.cell / 2, y + rows * self.cell / 2
        self.digits, self.raster = Letters(getattr(theme, role)), Raster(nothing((rows, columns)), self.whole)
        self.crown = Mark(theme.output, stroke=6.0)
        self.spot = Window(theme)
        self.most = (rows, columns)
        self.ruled = Mark(theme.line, stroke=2.0).draw(self._grid())
        self.label = Ink(label, letter_size(), getattr(theme, role)).put(x, self.top + 0.28)
        self.add(*([] if self.has_digits else [self.raster]), self.ruled, self.digits, self.crown, self.spot, self.label)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.left, self.top - self.rows * self.cell, self.left + self.columns * self.cell, self.top

    def box(self, tap: int) -> Box:
        """The box of a cell; cells are counted row by row."""
        row, column = divmod(tap, self.columns)
        x, y = self.left + column * self.cell, self.top - row * self.cell
        return x, y - self.cell, x + self.cell, y

    def _grid(self) -> np.ndarray:
        return ruling(self.whole, self.rows, self.columns)

    def take(self, rows: int, columns: int, label: str) -> None:
        """Shows so many of its rows and columns only, the first ones."""
        self.rows, self.columns = rows, columns
        self.ruled.draw(self._grid())
        self.label.write(label)

    def show_weights(self) -> None:
        """Nothing yet: there are no weights."""
        self.digits.write_lines([])
        self.raster.colour(nothing(self.most))
        self.mark(None)
        self.win(None)

    def show(self, terms: Sequence[tuple[str, ...]], values: Sequence[float], limit: float) -> None:
        """The numbers of one step as they are written, with fewer decimals where there is no room; the limit of their colours."""
        if self.has_digits:
            middles = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in map(self.box, range(len(terms)))]
            texts = [
                text if len(text) <= self.most_characters else fitting(x, self.most_characters)
                for (text,), x in zip(terms, values, strict=True)
            ]
            widest = max(text_width(text, LEAST_PX) for text in texts)
            size = min(self.digit_px, LEAST_PX * (self.cell - GAP_PX * PX) / widest)
            self.digits.write_lines(Line(text, size, x, y) for text, (x, y) in zip(texts, middles, strict=True))
        else:
            grid = np.array(values).reshape(self.rows, self.columns)
            colours = nothing(self.most)
            colours[: self.rows, : self.columns] = cell_colours(
                np.where(np.isinf(grid), np.nan, grid), self.theme, self.role, picture=False, limit=limit
            )
            self.raster.colour(colours)

    def mark(self, tap: int | None) -> None:
        """Frames the cell that is looked at now."""
        if tap is None:
            self.spot.clear()
        else:
            self.spot.put(self.box(tap))

    def win(self, tap: int | None) -> None:
        """Frames the cell that is the largest so far."""
        self.crown.draw(boxes([] if tap is None else [self.box(tap)]))
