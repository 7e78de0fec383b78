"""The window under the lens: every value that is read, above the weight that it is multiplied by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.numbers import USUAL_DECIMALS, decimals_needed, fitting, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, letter_size, text_width
from scenes.parts.plane import LABEL_COLUMN, LABEL_ROOM, ruling
from scenes.parts.raster import Raster, cell_colours, heat_limit, nothing
from scenes.parts.theme import Theme
from scenes.parts.window import Window

LARGEST = (1.6, 1.45)  # of a cell, width and height
LARGEST_DIGIT_PX = 54.0
GAP_PX = 14.0  # at the sides
MOST_TRIED = 500
TIMES_ROOM = 0.5  # for the sign between the two grids
LARGEST_HEAT_CELL = 0.5
STOREY_GAP_PX = 7.0  # between the storeys, above and below them


class Tile(Group):
    """``weights`` (rows x columns) and, once :meth:`show` was called, the window's values.

    ``values`` are all the numbers that may be read: where one of them does not fit into a cell, values and weights stand side by side as
    coloured cells. ``roles`` are those of values and weights. ``widest`` are texts that should fit whole; they decide the size of the
    digits. ``exact`` says whether all did.
    """

    rows: int
    columns: int

    def __init__(
        self,
        weights: np.ndarray,
        values: np.ndarray,
        room: Box,
        theme: Theme,
        label: str,
        widest: Sequence[str],
        *,
        label_left: bool = False,
        roles: tuple[str, str] = ("input", "weight"),
    ) -> None:
        super().__init__()
        self.weights, self.theme, self.exact, self.roles = weights, theme, True, roles
        self.rows, self.columns = weights.shape
        room_left, bottom, right, top = room
        left = room_left + LABEL_COLUMN if label_left else room_left
        top -= 0.0 if label_left else LABEL_ROOM
        self.cell = (min((right - left) / self.columns, LARGEST[0]), min((top - bottom) / self.rows, LARGEST[1]))
        middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
        self.most_characters = int((self.cell[0] / PX - GAP_PX) * PX / text_width("0", LEAST_PX))
        self.digit_px = min(self._fitting(["0"]), max(LEAST_PX, self._fitting(widest)))
        self.has_digits = self.digit_px >= LEAST_PX and self._all_fit(values, 0) and self._all_fit(weights, 1)
        self.upper, self.lower = (Letters(getattr(theme, role)) for role in roles)
        self.spots = [Window(theme) for _ in range(1 if self.has_digits else 2)]
        if self.has_digits:
            self.corners = [(middle_x - self.columns * self.cell[0] / 2, middle_y + self.rows * self.cell[1] / 2)]
            self.add(Mark(theme.line, stroke=2.0).draw(self._grid(0)), self.upper, self.lower)
        else:
            self._stand_side_by_side(middle_x, middle_y, right - left, top - bottom)
        self.add(*self.spots)
        self.label = Ink(label, letter_size(), getattr(theme, roles[1]), align=-1 if label_left else 0)
        self.label.put(*((room_left, middle_y) if label_left else (middle_x, self.corners[0][1] + 0.28)))
        self.add(self.label)

    def _stand_side_by_side(self, x: float, y: float, width: float, height: float) -> None:
        side = min((width - TIMES_ROOM) / 2 / self.columns, height / self.rows, LARGEST_HEAT_CELL)
        self.cell = (side, side)
        top, across = y + self.rows * side / 2, self.columns * side
        self.corners = [(x - TIMES_ROOM / 2 - across, top), (x + TIMES_ROOM / 2, top)]
        self.upper_cells, self.lower_cells = (Raster(nothing(self.weights.shape), self._area(i)) for i in (0, 1))
        self.add(self.upper_cells, self.lower_cells, *(Mark(self.theme.line, stroke=1.5).draw(self._grid(i)) for i in (0, 1)))
        self.add(Ink("×", 40.0, self.theme.ink).put(x, y))

    def _all_fit(self, numbers: np.ndarray, prefix: int) -> bool:
        """Whether every number can be written in a cell, with two decimals unless it is too small for them."""
        room = self.most_characters - prefix
        distinct = np.unique(np.round(numbers[np.isfinite(numbers)], USUAL_DECIMALS))
        ends = [*distinct[:MOST_TRIED], *distinct[-MOST_TRIED:]]
        return all(len(fitting(float(x), room)) <= room for x in ends) and room >= len("≈0")

    def _fitting(self, widest: Sequence[str]) -> float:
        width = max(text_width(text, LEAST_PX) for text in widest)
        across = LEAST_PX * (self.cell[0] - GAP_PX * PX) / width
        down = (self.cell[1] / PX - 3 * STOREY_GAP_PX) / 2
        return min(across, down, LARGEST_DIGIT_PX)

    def _area(self, grid: int) -> Box:
        x, y = self.corners[grid]
        return x, y - self.rows * self.cell[1], x + self.columns * self.cell[0], y

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        (left, bottom, _, top), (_, _, right, _) = self._area(0), self._area(-1)
        return left, bottom, right, top

    def box(self, tap: int, grid: int = 0) -> Box:
        """The box of a tap; taps are counted row by row."""
        row, column = divmod(tap, self.columns)
        left, top = self.corners[grid]
        x, y = left + column * self.cell[0], top - row * self.cell[1]
        return x, y - self.cell[1], x + self.cell[0], y

    def _grid(self, grid: int) -> np.ndarray:
        return ruling(self._area(grid), self.rows, self.columns)

    def _write(self, texts: Sequence[str], numbers: Sequence[float], prefix: str, above: bool) -> None:
        """One storey. A number whose text is too long for its cell is written with fewer decimals."""
        room = self.most_characters - len(prefix)
        fitted = [prefix + (t if len(t) <= room else fitting(x, room)) for t, x in zip(texts, numbers, strict=True)]
        self.exact = self.exact and fitted == [prefix + text for text in texts]
        size = min(self.digit_px, self._fitting(fitted))
        offset = (size + max(STOREY_GAP_PX, size / 4)) / 2 * PX * (1 if above else -1)
        middles = [((x0 + x1) / 2, (y0 + y1) / 2 + offset) for x0, y0, x1, y1 in map(self.box, range(len(texts)))]
        storey = self.upper if above else self.lower
        storey.write_lines(Line(text, size, x, y) for text, (x, y) in zip(fitted, middles, strict=True))

    def _colours(self, values: np.ndarray, limit: float, role: str) -> np.ndarray:
        return cell_colours(values, self.theme, role, picture=False, limit=limit)

    def show_weights(self) -> None:
        """The weights alone, before the first step."""
        weights = self.weights.flatten().tolist()
        decimals = decimals_needed(weights)
        self._draw_weights([plain(w, decimals) for w in weights])
        if self.has_digits:
            self.upper.write_lines([])
        else:
            self.upper_cells.colour(nothing(self.weights.shape))
        self.mark(None)

    def _draw_weights(self, texts: Sequence[str]) -> None:
        if self.has_digits:
            self._write(texts, self.weights.flatten().tolist(), "×", above=False)
        else:
            self.lower_cells.colour(self._colours(self.weights, heat_limit(self.weights), self.roles[1]))

    def show(self, terms: Sequence[tuple[str, ...]], values: Sequence[float], limit: float) -> None:
        """The window of one step: its factors as they are written, the numbers read, the limit of their colours."""
        taps = self.weights.size
        self.exact = True
        self._draw_weights([term[1] for term in terms[:taps]])
        if self.has_digits:
            self._write([term[0] for term in terms[:taps]], values[:taps], "", above=True)
        else:
            self.upper_cells.colour(self._colours(np.array(values[:taps]).reshape(self.weights.shape), limit, self.roles[0]))

    def mark(self, tap: int | None) -> None:
        """Frames the tap that is being multiplied now."""
        for grid, spot in enumerate(self.spots):
            if tap is None:
                spot.clear()
            else:
                spot.put(self.box(tap, grid))
