"""A tensor in its place: a number, a row, a plane, or of more axes the plane that is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.numbers import decimals_needed, plain
from engine.step import Cell
from scenes.parts.arrange import LABEL_ROOM, Spot
from scenes.parts.digits import BESIDE_PX, FILLED, LEAST_CHARACTERS, MOST_DIGITS, Writing, characters, fitted, size_within
from scenes.parts.grid import CellPlace, Grid, ruling
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, letter_size, text_width
from scenes.parts.raster import common_limit
from scenes.parts.standing import Standing
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme

LARGEST_DIGIT_PX = 46.0
#: Of a number where there is little room: the more the better.
CHARACTERS = (6, 5, 4)
EVEN = 1.35  # the largest numbers of a picture are so much larger than the smallest ones at the most
BETWEEN = 0.4  # planes side by side, in cells
WORD_ROOM, LEAST_WORD = 0.36, 4  # below the columns; letters that are left of a word
HIGH = 0.62  # of a cell's height, where there is room to choose


def plane_shape(shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of a plane: a number is a cell, a vector a row."""
    rows, columns = (1, 1, *shape)[-2:]
    return rows, columns


def planes(shape: Sequence[int]) -> int:
    """How many planes there are."""
    return math.prod(shape[:-2])


def across(shape: Sequence[int], abreast: bool) -> float:
    """Columns of all that is shown: one plane, or all of them side by side, gaps in cells."""
    _, columns = plane_shape(shape)
    count = planes(shape) if abreast else 1
    return count * columns + (count - 1) * BETWEEN


def need(values: np.ndarray, most: int) -> float | None:
    """The least width of a cell with numbers of so many characters at the most, none if they cannot be written so."""
    rows, columns = plane_shape(values.shape)
    if not most or rows * columns > MOST_DIGITS:
        return None
    texts = {fitted(text, x, most) for x, text in _texts(values)}
    # Where numbers cannot be written at least roughly they are colours.
    if any(len(text) > CHARACTERS[0] for text in texts):
        return None
    # Narrower cells hold no number with fewer decimals, and would get the whole one.
    cut = text_width("0" * LEAST_CHARACTERS, LEAST_PX) if any(len(text) > most for _, text in _texts(values)) else 0.0
    return max(cut, *(text_width(text, least(values)) for text in texts)) + BESIDE_PX * PX


def least(values: np.ndarray) -> float:
    """The least height of a digit: letters, as those of nan, are lower than digits."""
    return letter_size() if np.isnan(values).any() else LEAST_PX


def _texts(values: np.ndarray) -> list[tuple[float, str]]:
    decimals = _decimals(values)
    found = np.unique(values).tolist()
    return [(x, plain(x, decimals)) for x in {*found[:MOST_DIGITS], *found[-MOST_DIGITS:]}]


def _decimals(values: np.ndarray) -> int:
    return decimals_needed(values[np.isfinite(values)].ravel().tolist()[:MOST_DIGITS])


def _writing(values: np.ndarray, cell: tuple[float, float]) -> Writing:
    plain = Writing(LEAST_PX, _decimals(values), characters(cell[0]))
    texts = map(plain.text, np.unique(values).tolist())
    size = size_within(FILLED * cell[0], texts, LARGEST_DIGIT_PX, cell[1] / PX * HIGH)
    return replace(plain, size=max(least(values), size))


class Sheet(Grid):
    """``values`` on their spot, the name above; nothing is shown of a cell before :meth:`show`.

    Of several planes one is shown at a time, or with ``abreast`` all of them, side by side.
    """

    def __init__(self, name: str, values: np.ndarray, spot: Spot, role: str, theme: Theme, *, abreast: bool = False) -> None:
        self.called, self.values, self.spot, self.abreast = name, values, spot, abreast
        planes = values.reshape(-1, *plane_shape(values.shape))
        order = np.arange(values.size).reshape(planes.shape)
        self.views, self.orders = ([np.hstack([*part])] if abreast else [*part] for part in (planes, order))
        self.lead, self.each, (rows, columns) = 0, planes.shape[2], self.views[0].shape
        (width, height), writing = spot.cell, _writing(values, spot.cell) if spot.digits else None
        box = (spot.left, spot.top - rows * height, spot.left + columns * width, spot.top)
        super().__init__((rows, columns), box, role, theme, writing, limit=common_limit(values))
        x0, _, x1, y1 = self.whole
        self.label = Ink("", letter_size(), getattr(theme, role)).put((x0 + x1) / 2, y1 + LABEL_ROOM / 2 + 0.03)
        self.words = Letters(theme.muted)
        self.add_to_back(*self.ground)
        self.add(self.label, self.words)

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def edge(self, column: int) -> float:
        """There are gaps between planes."""
        return super().edge(column) + column // self.each * BETWEEN * self.cell[0]

    def ruling(self) -> np.ndarray:
        """The lines of all planes that can be seen."""
        starts = range(0, self.columns, self.each)
        return np.concatenate([ruling(self.box(0, start, self.rows, self.each), self.rows, self.each) for start in starts])

    def _within(self, cell: Cell) -> CellPlace:
        """Row and column of a cell on the stage."""
        row, column = (0, 0, *cell)[-2:]
        return row, column + self.abreast * self.each * self.lead_of(cell)

    def lead_of(self, cell: Cell) -> int:
        """The plane that a cell is in."""
        lead = 0
        for size, at in zip(self.values.shape[:-2], cell[:-2], strict=False):
            lead = lead * size + at
        return lead

    def span(self, cells: Sequence[Cell]) -> Box | None:  # type: ignore[override]  # some of many planes may be out of sight
        """The box around those cells that can be seen when the first of them can."""
        seen = [self._within(cell) for cell in cells if self.abreast or self.lead_of(cell) == self.lead_of(cells[0])]
        return super().span(seen) if seen else None

    def solid(self, cells: Sequence[Cell]) -> bool:
        """Whether cells are all that stand in the box around them."""
        rows, columns = (len({place[axis] for place in map(self._within, cells)}) for axis in (0, 1))
        x0, y0, x1, y1 = self.span(cells) or self.whole
        width, height = self.spot.cell
        return rows * columns == len({*cells}) and abs(x1 - x0 - columns * width) < width / 2 and abs(y1 - y0 - rows * height) < height / 2

    def line(self, cell: Cell, text: str) -> Line | None:
        """A text in a cell, if that can be seen."""
        if not self.abreast and self.lead_of(cell) != self.lead:
            return None
        return self.lettered(text, *self._within(cell))

    @property
    def standing(self) -> Standing:
        """What can be seen of it when all is known."""
        (values, order), each = self._seen, self.each
        parts = [self.stood(int(order[0, x]), values[:, x : x + each], 0, x) for x in range(0, self.columns, each)]
        return Standing.of(self.role, parts) or Standing(self.role, [])

    @property
    def label_box(self) -> Box:
        """The room for the name above."""
        x0, _, x1, y1 = self.whole
        half = max(self.spot.label, x1 - x0) / 2
        return (x0 + x1) / 2 - half, y1, (x0 + x1) / 2 + half, y1 + LABEL_ROOM

    @property
    def below(self) -> Box:
        """The room for words below the last row."""
        x0, y0, x1, _ = self.whole
        return x0, y0 - WORD_ROOM, x1, y0

    def name_columns(self, words: Sequence[str]) -> None:
        """Names the columns below the last row, if there is a word for each, of which at least the beginning fits."""
        width = self.spot.cell[0] - BESIDE_PX * PX
        texts = [fitting_label(word, width) for word in words]
        known = all(text == word or len(text) > LEAST_WORD for text, word in zip(texts, words, strict=True))
        if known and len(words) == self.columns and not self.abreast:
            boxes = [self.box(self.rows, column) for column in range(self.columns)]
            y = self.below[3] - WORD_ROOM / 2
            self.words.write_lines(Line(text, letter_size(), (x0 + x1) / 2, y) for text, (x0, _, x1, _) in zip(texts, boxes, strict=True))

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, known: int, lead: int = 0) -> None:
        """Shows the first ``known`` cells of the whole, as far as they stand in plane ``lead``."""
        self.lead = lead
        self._name()
        values, order = self._seen
        self.fill(values, order < known)

    @property
    def _seen(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers that can be seen, and which cells of the tensor these are."""
        at = 0 if self.abreast else self.lead
        return self.views[at], self.orders[at]

    def _name(self) -> None:
        name = self.called
        if planes(self.values.shape) > 1 and not self.abreast:
            at = np.unravel_index(self.lead, self.values.shape[:-2])
            name += f"[{', '.join(map(str, map(int, at)))}]"
        self.label.write(fitting_label(name, max(self.spot.label, self.whole[2] - self.whole[0])))


def even(sheets: Sequence[Sheet]) -> None:
    """Numbers of one picture are of about the same size."""
    written = [sheet for sheet in sheets if sheet.spot.digits]
    most = EVEN * min((sheet.digit_px for sheet in written), default=0.0)
    for sheet in written:
        sheet.digit_px = max(least(sheet.values), min(sheet.digit_px, most))
