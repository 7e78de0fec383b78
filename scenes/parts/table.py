"""A matrix with cells that need not be square: digits where there is room for them, coloured cells where there is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.numbers import decimals_needed
from engine.sentences import within
from scenes.parts.digits import BESIDE_PX, FILLED, MOST_DIGITS, Writing, characters, size_within, widest
from scenes.parts.grid import Grid
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Line, letter_size
from scenes.parts.raster import common_limit
from scenes.parts.standing import Standing
from scenes.parts.theme import Theme

LARGEST_DIGIT_PX = 36.0
LEAST_ROW_PX = 31.0  # height of a cell with digits
LABEL_ROOM, LETTER_ROOM = 0.46, 0.5  # above a table, and at its left for a single letter
LARGEST_HEAT_CELL = 0.3
LETTER_PX = 40.0
STRAY_PX = 4.0  # ink may reach so far beyond a word's own room
MOST_INK = 0.5  # height of a word; more have words with piles of accents


class Table(Grid):
    """``values`` (rows x columns) in ``room``, in cells of ``most`` units at most; nothing is shown of a cell before :meth:`show`.

    The title of one that is beside it is a letter. ``low`` says how far below the top of its room the table
    begins. One that is to be ``coloured`` has no digits even where there is room.
    """

    halo = True

    def __init__(
        self,
        values: np.ndarray,
        room: Box,
        title: Heading,
        theme: Theme,
        *,
        most: tuple[float, float] = (0.95, 0.6),
        low: float | None = None,
        coloured: bool = False,
    ) -> None:
        self.values, (rows, columns), (label, role, beside) = values, values.shape, title
        left, bottom, right, top = room
        left += LETTER_ROOM if beside else 0.0
        top -= low if low is not None else 0.0 if beside else LABEL_ROOM
        width, height = min((right - left) / columns, most[0]), min((top - bottom) / rows, most[1])
        writing = None if coloured else _writing(values, width, height)
        if writing is None and low is None:
            width, height = min(width, LARGEST_HEAT_CELL), min(height, LARGEST_HEAT_CELL)
        # Above a table its label begins where the table does; beside it the table stands in the middle.
        x = left if beside else (left + right - columns * width) / 2
        y = top if low is not None or not beside else (top + bottom + rows * height) / 2
        box = (x, y - rows * height, x + columns * width, y)
        super().__init__(values.shape, box, role, theme, writing, limit=common_limit(values))
        self.label = Ink(label, LETTER_PX if len(label) == 1 else letter_size(), getattr(theme, role))
        above = (box[0] + box[2]) / 2, y + LABEL_ROOM / 2 + 0.03
        self.label.put(*((room[0] + LETTER_ROOM / 2 - 0.04, (box[1] + y) / 2) if beside else above))
        self.add_to_back(*self.ground)
        self.add(self.label)

    @property
    def standing(self) -> Standing:
        """Its cells when all are known."""
        return self.stood(0, self.values)

    def show(self, known: np.ndarray | int) -> None:
        """Shows the cells that are known."""
        self.reveal(known)


def _writing(values: np.ndarray, width: float, height: float) -> Writing | None:
    if values.size > MOST_DIGITS or height < LEAST_ROW_PX * PX:
        return None
    decimals = decimals_needed(values[np.isfinite(values)].tolist()[:MOST_DIGITS])
    plain = Writing(LEAST_PX, decimals, characters(width))
    texts = [plain.text(x) for x in np.unique(values).tolist()]
    comfortable = max(LEAST_PX, size_within(width * FILLED, texts))
    size = min(LARGEST_DIGIT_PX, comfortable, max(LEAST_PX, height / PX * 0.7))
    return replace(plain, size=size) if widest(texts) <= width - BESIDE_PX * PX else None


def fitting_label(text: str, room: float) -> str:
    """As much of a word as fits, without its middle if it does not fit whole; a box for what has no ink, or too much."""
    text = within(text, room, _width)
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
