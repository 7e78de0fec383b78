"""A matrix with cells that need not be square: digits where there is room for them, coloured cells where there is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.numbers import decimals_needed, fitting, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, letter_size, lines, text_width
from scenes.parts.raster import Raster, cell_colours, heat_limit
from scenes.parts.standing import Patch, Standing
from scenes.parts.theme import Theme, rgb

LARGEST_DIGIT_PX = 36.0
LEAST_ROW_PX, BESIDE_PX = 31.0, 10.0  # of a cell with digits: its height, and the room beside its number
FILLED = 0.8  # of a cell's width, where there is room to choose
MOST_DIGITS = 400
LEAST_CHARACTERS = 4
LABEL_ROOM, LETTER_ROOM = 0.46, 0.5  # above a table, and at its left for a single letter
LARGEST_HEAT_CELL = 0.3
LETTER_PX = 40.0
STRAY_PX = 4.0  # ink may reach so far beyond a word's own room
COMMON, MOST_COUNTED = 0.985, 64  # so many of all numbers, where there are many, are weaker than the strongest colour
MOST_INK = 0.5  # height of a word; more have words with piles of accents


class Table(Group):
    """``values`` (rows x columns) in ``room``, in cells of ``most`` units at most; nothing is shown of a cell before :meth:`show`.

    The label stands above, or with ``beside`` at the left, where it is a letter. ``low`` says how far below the top of its room the table
    begins.
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
        most: tuple[float, float] = (0.95, 0.6),
        beside: bool = False,
        low: float | None = None,
    ) -> None:
        super().__init__()
        self.values, self.role, self.theme = values, role, theme
        self.rows, self.columns = values.shape
        left, bottom, right, top = room
        left += LETTER_ROOM if beside else 0.0
        top -= low if low is not None else 0.0 if beside else LABEL_ROOM
        self.cell = (min((right - left) / self.columns, most[0]), min((top - bottom) / self.rows, most[1]))
        self.decimals = decimals_needed(values[np.isfinite(values)].tolist()[:MOST_DIGITS])
        self.has_digits = self._fits()
        if not self.has_digits and low is None:
            self.cell = (min(self.cell[0], LARGEST_HEAT_CELL), min(self.cell[1], LARGEST_HEAT_CELL))
        # Above a table its label begins where the table does; beside it the table stands in the middle.
        self.left = (left + right - self.columns * self.cell[0]) / 2 if not beside else left
        self.top = top if low is not None or not beside else (top + bottom + self.rows * self.cell[1]) / 2
        self.known, self.limit = np.zeros(0, dtype=bool), common_limit(values)
        self._draw(role)
        self.label = Ink(label, LETTER_PX if len(label) == 1 else letter_size(), getattr(theme, role))
        x0, _, x1, y1 = self.whole
        self.label.put(
            *((room[0] + LETTER_ROOM / 2 - 0.04, self.whole[1] / 2 + y1 / 2) if beside else ((x0 + x1) / 2, y1 + LABEL_ROOM / 2 + 0.03))
        )
        self.add(self.frame, *([self.digits] if self.has_digits else [self.raster]), self.label)

    def _fits(self) -> bool:
        if self.values.size > MOST_DIGITS or self.cell[1] < LEAST_ROW_PX * PX:
            return False
        self.characters = int((self.cell[0] - BESIDE_PX * PX) / text_width("0", LEAST_PX))
        texts = [self._text(x) for x in np.unique(self.values).tolist()]
        widest = max(text_width(text, LEAST_PX) for text in texts)
        comfortable = max(LEAST_PX, LEAST_PX * FILLED * self.cell[0] / widest)
        self.digit_px = min(LARGEST_DIGIT_PX, comfortable, max(LEAST_PX, self.cell[1] / PX * 0.7))
        return widest <= self.cell[0] - BESIDE_PX * PX

    def _text(self, x: float) -> str:
        """A number with fewer decimals where it is too long for its cell, if at least one fits."""
        text = plain(x, self.decimals)
        return text if len(text) <= self.characters or self.characters < LEAST_CHARACTERS else fitting(x, self.characters)

    def _draw(self, role: str) -> None:
        x0, y0, x1, y1 = self.whole
        ruled = self.has_digits
        across = [y1 - i * self.cell[1] for i in (range(self.rows + 1) if ruled else (0, self.rows))]
        down = [x0 + i * self.cell[0] for i in (range(self.columns + 1) if ruled else (0, self.columns))]
        self.frame = Mark(self.theme.line, stroke=2.0).draw(
            lines([*(((x0, y), (x1, y)) for y in across), *(((x, y0), (x, y1)) for x in down)])
        )
        if self.has_digits:
            self.digits = Letters(getattr(self.theme, role), halo=self.theme.ground)
            self.written = [
                Line(self._text(float(x)), self.digit_px, *self.centre(*divmod(n, self.columns)))
                for n, x in enumerate(self.values.flatten())
            ]
        else:
            self.colours = cell_colours(self.values, self.theme, role, picture=False, limit=self.limit)
            self.raster = Raster(self.colours, self.whole)

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def box(self, row: int, column: int, rows: int = 1, columns: int = 1) -> Box:
        """Where a block of cells stands."""
        width, height = self.cell
        x, y = self.left + column * width, self.top - row * height
        return x, y - rows * height, x + columns * width, y

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.box(0, 0, self.rows, self.columns)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell."""
        return self.left + (column + 0.5) * self.cell[0], self.top - (row + 0.5) * self.cell[1]

    @property
    def standing(self) -> Standing:
        """Its cells when all are known."""
        patch = Patch(0, (self.rows, self.columns), self.whole, None if self.has_digits else self.colours)
        return Standing(self.role, [patch], dict(enumerate(self.written)) if self.has_digits else {})

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, known: np.ndarray | int) -> None:
        """Shows the cells that are known, as a table of booleans or as a number of cells, row by row."""
        flags = np.arange(self.values.size) < known if isinstance(known, int) else known.flatten()
        if np.array_equal(flags, self.known):
            return
        self.known = flags
        if self.has_digits:
            self.digits.write_lines(line for line, there in zip(self.written, flags, strict=True) if there)
        else:
            colours = self.colours.copy()
            colours.reshape(-1, 4)[~flags, :3] = rgb(self.theme.empty)
            self.raster.colour(colours)


def common_limit(values: np.ndarray) -> float:
    """The number with the strongest colour: a large one, but of many numbers not one of a few that are much larger than all others."""
    size = np.abs(values[np.isfinite(values)])
    return float(np.quantile(size, COMMON)) or heat_limit(values) if size.size > MOST_COUNTED else heat_limit(values)


def fitting_label(text: str, room: float) -> str:
    """As much of a word as fits, ending in dots if it does not fit whole; a box for what has no ink, or too much."""
    while len(text) > 1 and _width(text) > room:
        text = f"{text.removesuffix('…')[:-1]}…" if len(text) > 2 else text[:1]
    line = Line(text, letter_size(), 0.0, 0.0)
    x0, y0, x1, y1 = line.box
    half = line.width / 2 + PX * STRAY_PX
    return text if 0 < x1 - x0 <= room and y1 - y0 < MOST_INK and -half <= x0 and x1 <= half else "□"


def _width(text: str) -> float:
    """Of what is inked."""
    x0, _, x1, _ = Line(text, letter_size(), 0.0, 0.0).box
    return x1 - x0


def spread(texts: Sequence[str]) -> float:
    """How far apart lines of these texts must stand at least so that none touches the next."""
    found = [Line(text, letter_size(), 0.0, 0.0).box for text in texts]
    return max(box[3] for box in found) - min(box[1] for box in found)
