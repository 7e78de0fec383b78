"""A matrix on the stage, in one of three sizes: digits, coloured cells, or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from manim import Group, Mobject

from engine.numbers import decimals_needed, plain
from engine.step import Cell
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, dashes, letter_size, lines, text_width
from scenes.parts.legend import ColourScale
from scenes.parts.raster import Raster, cell_colours, heat_limit, is_picture
from scenes.parts.standing import Patch, Standing
from scenes.parts.theme import Theme, rgb

Mode = Literal["digits", "heat", "picture"]

LARGEST_CELL = 0.82
ROOMY_CELL = 1.2  # where smaller cells would not hold the digits of a few numbers
LEAST_THICKNESS = 0.35  # of a plane of coloured cells with one or a few rows or columns, where there is room
LARGEST_DIGIT_PX = 42.0
SMALLEST_DIGIT_CELL_PX = 28.0
SMALLEST_RULED_CELL_PX = 22.0  # with lines between smaller cells one sees lines, not colours
MOST_HEAT_CELLS = 64
MOST_DIGITS = 1600
MOST_LOOKED_AT = 5000  # values, to find out how many decimals they need
LABEL_ROOM = 0.5  # above the plane
LABEL_COLUMN = 2.9  # at its left, for labels that stand there
SCALE_ROOM = 0.5  # below it, for the colour scale
MARGIN_PX = 10.0  # around the widest number in a cell, at least
FILLED = 0.82  # of a cell's width, where there is room to choose


class Plane(Group):
    """``values`` (rows x columns) inside ``room``, with its label above; the first ``known`` cells are shown, row by row, all if not given.

    Size, decimals and colours are those of all values, and of ``others`` that may stand there on the way to them, so that nothing jumps
    when more is shown. ``sides`` are the cells of padding in ``values``, ((top, bottom), (left, right)); they are dashed. ``holes`` are
    zeros between its cells, pale as those of padding. Cells of a ``roomy`` plane are larger where its digits need it. ``ground`` is what
    lies behind a window's shade: lines, coloured cells and labels; the group itself holds the digits alone.
    """

    rows: int
    columns: int

    def __init__(
        self,
        values: np.ndarray,
        room: Box,
        role: str,
        label: str,
        theme: Theme,
        *,
        known: int | None = None,
        sides: Sequence[tuple[int, int]] = ((0, 0), (0, 0)),
        label_left: bool = False,
        others: Sequence[float] = (),
        holes: np.ndarray | None = None,
        roomy: bool = False,
    ) -> None:
        super().__init__()
        self.values, self.role, self.theme, self.sides, self.holes = values, role, theme, sides, holes
        self.rows, self.columns = values.shape
        room_left, bottom, right, top = room
        left = room_left + LABEL_COLUMN if label_left else room_left
        label_room = 0.0 if label_left else LABEL_ROOM
        finite = np.concatenate([values.ravel(), np.asarray(others, dtype=float)])
        finite = finite[np.isfinite(finite)]
        self.decimals = decimals_needed(finite.tolist()[:MOST_LOOKED_AT])
        self.most = LARGEST_CELL
        self.mode: Mode = self._mode(finite, self._square(right - left, top - bottom - label_room))
        if roomy and self.mode != "digits":
            self.most = ROOMY_CELL
            self.mode = self._mode(finite, self._square(right - left, top - bottom - label_room))
        self.is_picture = self.mode != "digits" and is_picture(self._own) and role == "input"
        scale_room = SCALE_ROOM if self.mode != "digits" and not self.is_picture else 0.0
        self.cell = self._cell(right - left, top - bottom - label_room - scale_room)
        low = bottom + scale_room
        middle_x, middle_y = (left + right) / 2, (low + top - label_room) / 2
        self.left, self.top = middle_x - self.columns * self.cell[0] / 2, middle_y + self.rows * self.cell[1] / 2
        self.limit = limit = heat_limit(values)
        self.ground: list[Mobject] = []
        self._draw_lines()
        self._draw_values(limit)
        self.known = -1
        self.reveal(values.size if known is None else known)
        self.label = Ink(label, letter_size(), getattr(theme, role), align=-1 if label_left else 0)
        self.label.put(*((room_left, middle_y) if label_left else (middle_x, self.top + LABEL_ROOM / 2 + 0.03)))
        self.ground.append(self.label)
        if scale_room:
            self.ground.append(ColourScale(limit, role, middle_x, self.whole[1] - SCALE_ROOM / 2, right - left, theme))

    def _square(self, width: float, height: float) -> float:
        return min(width / self.columns, height / self.rows, self.most)

    def _cell(self, width: float, height: float) -> tuple[float, float]:
        side = self._square(width, height)
        if self.mode == "digits":
            return side, side
        # A long sequence of square cells would be a thread.
        thick = [min(room, LEAST_THICKNESS) / count for room, count in ((width, self.columns), (height, self.rows))]
        return max(side, thick[0]), max(side, thick[1])

    def _mode(self, finite: np.ndarray, side: float) -> Mode:
        if self.values.size <= MOST_DIGITS and side >= SMALLEST_DIGIT_CELL_PX * PX:
            texts = [plain(v, self.decimals) for v in finite.tolist()] + ["nan"] * (finite.size < self.values.size)
            room = side - MARGIN_PX * PX
            widest = max(text_width(text, LEAST_PX) for text in texts)
            if widest <= room and room >= LEAST_PX * PX:
                comfortable = max(LEAST_PX, LEAST_PX * side * FILLED / widest)
                self.digit_px = min(LARGEST_DIGIT_PX, comfortable, room / PX)
                return "digits"
        return "heat" if max(self.rows, self.columns) <= MOST_HEAT_CELLS else "picture"

    # --- geometry ----------------------------------------------------------------------------------------------------------------------

    def box(self, row: int, column: int, rows: int = 1, columns: int = 1) -> Box:
        """Where a block of cells stands."""
        width, height = self.cell
        x, y = self.left + column * width, self.top - row * height
        return x, y - rows * height, x + columns * width, y

    def span(self, cells: Iterable[Cell]) -> Box:
        """The box around cells."""
        rows, columns = zip(*cells, strict=True)
        return self.box(min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.box(0, 0, self.rows, self.columns)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell."""
        return self.left + (column + 0.5) * self.cell[0], self.top - (row + 0.5) * self.cell[1]

    def standing(self, first: int) -> Standing:
        """Its cells without padding, the first of which has that number."""
        (above, _), (before, _) = self.sides
        rows, columns = self._own.shape
        box = self.box(above, before, rows, columns)
        if self.mode != "digits":
            colours = self.colours[above : above + rows, before : before + columns]
            return Standing(self.role, [Patch(first, (rows, columns), box, colours)])
        lines = {first + n: self._digit(above + n // columns, before + n % columns) for n in range(rows * columns)}
        return Standing(self.role, [Patch(first, (rows, columns), box)], lines)

    # --- drawing -----------------------------------------------------------------------------------------------------------------------

    def _draw_lines(self) -> None:
        (above, below), (before, after) = self.sides
        rows, columns = self.rows - above - below, self.columns - before - after
        own = self.box(above, before, rows, columns)
        self.frame = Mark(self.theme.line, stroke=2.0).draw(ruling(own, *((1, 1) if self.mode == "picture" else (rows, columns))))
        self.ground.append(self.frame)
        if any(map(any, self.sides)):
            left, bottom, right, top = self.whole
            corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            self.ground.append(Mark(self.theme.line, stroke=2.0).draw(lines(dash for a, b in pairwise(corners) for dash in dashes(a, b))))

    def _draw_values(self, limit: float) -> None:
        if self.mode == "digits":
            self.digits = Letters(getattr(self.theme, self.role), halo=self.theme.ground)
            self.pale = Letters(self.theme.muted, halo=self.theme.ground)
            self.add(self.digits, self.pale)
        else:
            self.colours = cell_colours(self.values, self.theme, self.role, picture=self.is_picture, limit=limit)
            # −∞ of padding is no number that a colour could stand for.
            self.colours[np.isneginf(self.values) & self._outside] = (*rgb(self.theme.empty), 255)
            self.raster = Raster(self.colours, self.whole)
            self.ground.insert(0, self.raster)

    def reveal(self, count: int) -> None:
        """Shows the first ``count`` cells, row by row; the others are empty."""
        if count == self.known:
            return
        self.known = count
        if self.mode == "digits":
            cells = [divmod(k, self.columns) for k in range(count)]
            self.digits.write_lines(self._digit(*cell) for cell in cells if self.inside(*cell))
            self.pale.write_lines(self._digit(*cell) for cell in cells if not self.inside(*cell))
        else:
            shown = self.colours.copy()
            shown.reshape(-1, 4)[count:, :3] = rgb(self.theme.empty)
            self.raster.colour(shown)

    def fill(self, values: np.ndarray, known: np.ndarray) -> None:
        """Shows other numbers in the cells that are ``known``, as they stand before all has come together."""
        self.known = -1
        if self.mode == "digits":
            cells = [(int(row), int(column)) for row, column in np.argwhere(known)]
            self.digits.write_lines(self._written(float(values[cell]), *cell) for cell in cells)
            return
        shown = cell_colours(values, self.theme, self.role, picture=self.is_picture, limit=self.limit)
        shown[~known, :3] = rgb(self.theme.empty)
        self.raster.colour(shown)

    @property
    def _own(self) -> np.ndarray:
        """The values without padding."""
        (above, below), (before, after) = self.sides
        return self.values[above : self.rows - below, before : self.columns - after]

    @property
    def _outside(self) -> np.ndarray:
        """Which cells are padding."""
        (above, below), (before, after) = self.sides
        outside = np.ones(self.values.shape, dtype=bool)
        outside[above : self.rows - below, before : self.columns - after] = False
        return outside

    def inside(self, row: int, column: int) -> bool:
        """Whether a cell is neither padding nor a zero in between."""
        (above, below), (before, after) = self.sides
        within = above <= row < self.rows - below and before <= column < self.columns - after
        return within and (self.holes is None or not self.holes[row, column])

    def _digit(self, row: int, column: int) -> Line:
        return self._written(float(self.values[row, column]), row, column)

    def _written(self, value: float, row: int, column: int) -> Line:
        return Line(plain(value, self.decimals), self.digit_px, *self.centre(row, column))


def ruling(box: Box, rows: int, columns: int) -> np.ndarray:
    """The lines between rows and columns, and around them; only those around where cells are so small that one would see nothing else."""
    x0, y0, x1, y1 = box
    width, height = (x1 - x0) / columns, (y1 - y0) / rows
    ruled = min(width, height) >= SMALLEST_RULED_CELL_PX * PX
    across = [y1 - i * height for i in (range(rows + 1) if ruled else (0, rows))]
    down = [x0 + i * width for i in (range(columns + 1) if ruled else (0, columns))]
    return lines([*(((x0, y), (x1, y)) for y in across), *(((x, y0), (x, y1)) for x in down)])
