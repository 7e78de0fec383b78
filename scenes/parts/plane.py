"""A matrix on the stage, in one of three sizes: digits, coloured cells, or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from manim import Group, Mobject

from engine.numbers import decimals_needed, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, dashes, letter_size, lines, text_width
from scenes.parts.legend import ColourScale
from scenes.parts.raster import Raster, cell_colours, heat_limit, is_picture
from scenes.parts.theme import Theme

Mode = Literal["digits", "heat", "picture"]

LARGEST_CELL = 0.82
LARGEST_DIGIT_PX = 42.0
SMALLEST_DIGIT_CELL_PX = 28.0
SMALLEST_RULED_CELL_PX = 22.0  # with lines between smaller cells one sees lines, not colours
MOST_HEAT_CELLS = 64
LABEL_ROOM = 0.5  # above the plane
LABEL_COLUMN = 2.9  # at its left, for labels that stand there
SCALE_ROOM = 0.5  # below it, for the colour scale
MARGIN_PX = 10.0  # around the widest number in a cell, at least
FILLED = 0.82  # of a cell's width, where there is room to choose


class Plane(Group):
    """``values`` (rows x columns; nan where nothing is known yet) inside ``room``, with its label above.

    ``sides`` are the cells of padding in ``values``, ((top, bottom), (left, right)); they are dashed. ``spread`` are all the values that
    the plane will ever hold: they decide size, decimals and colours, so that nothing jumps later. ``ground`` is what lies behind a window's
    shade: lines, coloured cells and labels; the group itself holds the digits alone.
    """

    def __init__(
        self,
        values: np.ndarray,
        room: Box,
        role: str,
        label: str,
        theme: Theme,
        *,
        spread: np.ndarray | None = None,
        sides: Sequence[tuple[int, int]] = ((0, 0), (0, 0)),
        label_left: bool = False,
    ) -> None:
        super().__init__()
        self.values, self.role, self.theme, self.sides = values, role, theme, sides
        self.spread = every = values if spread is None else spread
        self.known = -1
        self.rows, self.columns = values.shape
        room_left, bottom, right, top = room
        left = room_left + LABEL_COLUMN if label_left else room_left
        label_room = 0.0 if label_left else LABEL_ROOM
        self.decimals = decimals_needed(every[np.isfinite(every)].tolist()[:5000])
        self.cell = self._cell(right - left, top - bottom - label_room)
        self.mode: Mode = self._mode(every)
        self.is_picture = self.mode != "digits" and is_picture(every) and role == "input"
        scale_room = SCALE_ROOM if self.mode != "digits" and not self.is_picture else 0.0
        self.cell = self._cell(right - left, top - bottom - label_room - scale_room)
        low = bottom + scale_room
        middle_x, middle_y = (left + right) / 2, (low + top - label_room) / 2
        self.left, self.top = middle_x - self.columns * self.cell / 2, middle_y + self.rows * self.cell / 2
        self.limit = heat_limit(every)
        self.ground: list[Mobject] = []
        self._draw_lines()
        self._draw_values()
        self.label = Ink(label, letter_size(), getattr(theme, role), align=-1 if label_left else 0)
        self.label.put(*((room_left, middle_y) if label_left else (middle_x, self.top + LABEL_ROOM / 2 + 0.03)))
        self.ground.append(self.label)
        if scale_room:
            self.ground.append(ColourScale(self.limit, role, middle_x, self.whole[1] - SCALE_ROOM / 2, right - left, theme))

    def _cell(self, width: float, height: float) -> float:
        return min(width / self.columns, height / self.rows, LARGEST_CELL)

    def _mode(self, every: np.ndarray) -> Mode:
        finite = every[np.isfinite(every)]
        if finite.size <= 1600 and self.cell >= SMALLEST_DIGIT_CELL_PX * PX:
            texts = [plain(v, self.decimals) for v in finite.tolist()] or ["0"]
            room = self.cell - MARGIN_PX * PX
            widest = max(text_width(t, LEAST_PX, "DejaVu Sans Mono") for t in texts)
            if widest <= room and room >= LEAST_PX * PX:
                comfortable = max(LEAST_PX, LEAST_PX * self.cell * FILLED / widest)
                self.digit_px = min(LARGEST_DIGIT_PX, comfortable, room / PX)
                return "digits"
        return "heat" if max(self.rows, self.columns) <= MOST_HEAT_CELLS else "picture"

    # --- geometry ----------------------------------------------------------------------------------------------------------------------

    def box(self, row: int, column: int, rows: int = 1, columns: int = 1) -> Box:
        """Where a block of cells stands."""
        x, y = self.left + column * self.cell, self.top - row * self.cell
        return x, y - rows * self.cell, x + columns * self.cell, y

    def span(self, cells: Iterable[tuple[int, int]]) -> Box:
        """The box around cells."""
        rows, columns = zip(*cells, strict=True)
        return self.box(min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.box(0, 0, self.rows, self.columns)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell."""
        return self.left + (column + 0.5) * self.cell, self.top - (row + 0.5) * self.cell

    # --- drawing -----------------------------------------------------------------------------------------------------------------------

    def _draw_lines(self) -> None:
        (above, below), (before, after) = self.sides
        inner = self.box(above, before, self.rows - above - below, self.columns - before - after)
        x0, y0, x1, y1 = inner
        solid = [((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))]
        if self.mode != "picture" and self.cell >= SMALLEST_RULED_CELL_PX * PX:
            solid += [((x0 + i * self.cell, y0), (x0 + i * self.cell, y1)) for i in range(1, self.columns - before - after)]
            solid += [((x0, y0 + i * self.cell), (x1, y0 + i * self.cell)) for i in range(1, self.rows - above - below)]
        self.frame = Mark(self.theme.line, stroke=2.0).draw(lines(solid))
        self.ground.append(self.frame)
        if any(map(any, self.sides)):
            left, bottom, right, top = self.whole
            outer = [
                ((left, top), (right, top)),
                ((right, top), (right, bottom)),
                ((right, bottom), (left, bottom)),
                ((left, bottom), (left, top)),
            ]
            self.ground.append(Mark(self.theme.line, stroke=2.0).draw(lines(d for a, b in outer for d in dashes(a, b))))

    def _draw_values(self) -> None:
        if self.mode == "digits":
            self.digits = Letters(getattr(self.theme, self.role), halo=self.theme.ground)
            self.pale = Letters(self.theme.muted, halo=self.theme.ground)
            self.add(self.digits, self.pale)
        else:
            self.raster = Raster(self._colours(), self.whole)
            self.ground.insert(0, self.raster)
        self.refresh()

    def _colours(self) -> np.ndarray:
        return cell_colours(self.values, self.theme, self.role, picture=self.is_picture, limit=self.limit)

    def reveal(self, count: int) -> None:
        """Shows the first ``count`` cells of ``spread``, row by row; the others are empty."""
        if count != self.known:
            self.known = count
            known = np.arange(self.spread.size).reshape(self.spread.shape) < count
            self.values = np.where(known, self.spread, np.nan)
            self.refresh()

    def refresh(self) -> None:
        """Draws the values as they are now."""
        if self.mode != "digits":
            self.raster.colour(self._colours())
            return
        real: list[Line] = []
        pads: list[Line] = []
        for cell in zip(*(axis.tolist() for axis in np.nonzero(~np.isnan(self.values))), strict=True):
            (real if self._inside(*cell) else pads).append(self._digit(*cell))
        self.digits.write_lines(real)
        self.pale.write_lines(pads)

    def _inside(self, row: int, column: int) -> bool:
        (above, below), (before, after) = self.sides
        return above <= row < self.rows - below and before <= column < self.columns - after

    def _digit(self, row: int, column: int) -> Line:
        return Line(plain(float(self.values[row, column]), self.decimals), self.digit_px, *self.centre(row, column))
