"""The window under the lens: every value that is read, above the weight that it is multiplied by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.numbers import decimals_needed, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Mark, boxes, letter_size, lines, set_text, text_width
from scenes.parts.raster import Raster, diverging, heat_limit
from scenes.parts.theme import Theme

LARGEST = (1.6, 1.45)  # of a cell, width and height
LARGEST_DIGIT_PX = 54.0
GAP_PX = 14.0  # between the storeys and at the sides


class Tile(Group):
    """``weights`` (rows x columns) and, once :meth:`show` was called, the window's values.

    ``values`` are all the values that will ever be read, ``decimals`` what most of them are written with: they decide whether digits fit
    at all. Where they do not, both storeys are coloured cells.
    """

    def __init__(self, weights: np.ndarray, room: Box, theme: Theme, label: str, widest: Sequence[str], *, label_role: str = "ink") -> None:
        super().__init__()
        self.weights, self.theme = weights, theme
        self.rows, self.columns = weights.shape
        left, bottom, right, top = room
        top -= 0.5 if label else 0.0
        self.cell = (min((right - left) / self.columns, LARGEST[0]), min((top - bottom) / self.rows, LARGEST[1]))
        middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
        self.left, self.top = middle_x - self.columns * self.cell[0] / 2, middle_y + self.rows * self.cell[1] / 2
        self.digit_px = self._fitting(widest)
        self.has_digits = self.digit_px >= LEAST_PX
        self.frame = Mark(theme.line, stroke=2.0).draw(self._grid())
        self.upper = Mark(theme.input, fill=1.0)
        self.lower = Mark(theme.weight, fill=1.0)
        self.spot = Mark(theme.reading, fill=0.0, stroke=5.0)
        if not self.has_digits:
            self.upper_cells, self.lower_cells = self._rasters()
            self.add(self.upper_cells, self.lower_cells)
        self.add(self.frame, self.upper, self.lower, self.spot)
        if label:
            size = letter_size()
            self.label = Ink(label, size, getattr(theme, label_role)).put(middle_x, self.top + 0.28)
            self.add(self.label)

    def _fitting(self, widest: Sequence[str]) -> float:
        width = max(text_width(text, LEAST_PX) for text in widest)
        across = LEAST_PX * (self.cell[0] - GAP_PX * PX) / width
        down = (self.cell[1] / PX - 3 * GAP_PX) / 2
        return min(across, down, LARGEST_DIGIT_PX)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.left, self.top - self.rows * self.cell[1], self.left + self.columns * self.cell[0], self.top

    def box(self, tap: int) -> Box:
        """The box of a tap; taps are counted row by row."""
        row, column = divmod(tap, self.columns)
        x, y = self.left + column * self.cell[0], self.top - row * self.cell[1]
        return x, y - self.cell[1], x + self.cell[0], y

    def _grid(self) -> np.ndarray:
        x0, y0, x1, y1 = self.whole
        across = [((x0, y1 - i * self.cell[1]), (x1, y1 - i * self.cell[1])) for i in range(self.rows + 1)]
        down = [((x0 + i * self.cell[0], y0), (x0 + i * self.cell[0], y1)) for i in range(self.columns + 1)]
        return lines([*across, *down])

    def _storey(self, texts: Sequence[str], above: bool) -> np.ndarray:
        parts = []
        size = min(self.digit_px, self._fitting(texts))
        offset = (self.digit_px + GAP_PX) / 2 * PX
        for tap, text in enumerate(texts):
            left, bottom, right, top = self.box(tap)
            parts.append(set_text(text, size, (left + right) / 2, (bottom + top) / 2 + (offset if above else -offset)))
        return np.concatenate(parts) if parts else np.zeros((0, 3))

    def _rasters(self) -> tuple[Raster, Raster]:
        x0, y0, x1, y1 = self.whole
        empty = np.full((2 * self.rows, self.columns), np.nan)
        blank = diverging(empty, 1.0, self.theme.input, self.theme.negative)
        return Raster(blank, (x0, y0, x1, y1)), Raster(blank.copy(), (x0, y0, x1, y1))

    def _interleaved(self, values: np.ndarray, above: bool) -> np.ndarray:
        both = np.full((2 * self.rows, self.columns), np.nan)
        both[0 if above else 1 :: 2] = values
        return both

    def show_weights(self) -> None:
        """The lower storey alone, before the first step."""
        weights = self.weights.flatten().tolist()
        self._draw_weights([plain(w, decimals_needed(weights)) for w in weights])
        self.upper.draw(np.zeros((0, 3)))
        self.mark(None)

    def _draw_weights(self, texts: Sequence[str]) -> None:
        if self.has_digits:
            self.lower.draw(self._storey([f"×{text}" for text in texts], above=False))
        else:
            cells = self._interleaved(self.weights, above=False)
            self.lower_cells.colour(diverging(cells, heat_limit(self.weights), self.theme.weight, self.theme.negative))

    def show(self, terms: Sequence[tuple[str, ...]], values: Sequence[float], limit: float) -> None:
        """The window of one step: ``terms`` are its factors as they are written, ``values`` the numbers read, ``limit`` their colour scale."""
        self._draw_weights([term[1] for term in terms])
        if self.has_digits:
            self.upper.draw(self._storey([term[0] for term in terms], above=True))
            return
        cells = self._interleaved(np.array(values).reshape(self.rows, self.columns), above=True)
        self.upper_cells.colour(diverging(cells, limit, self.theme.input, self.theme.negative))

    def mark(self, tap: int | None) -> None:
        """Frames the tap that is being multiplied now."""
        self.spot.draw(boxes([self.box(tap)]) if tap is not None else np.zeros((0, 3)))
