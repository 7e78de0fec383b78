"""A tensor in its place: a number, a row, a plane, or of more axes the plane that is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from manim import Group

from engine.numbers import decimals_needed, fitting, plain
from engine.step import Cell
from scenes.parts.arrange import LABEL_ROOM, Spot
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, letter_size, text_width
from scenes.parts.plane import ruling
from scenes.parts.raster import Raster, cell_colours
from scenes.parts.standing import Patch, Standing
from scenes.parts.table import BESIDE_PX, FILLED, LEAST_CHARACTERS, MOST_DIGITS, common_limit, fitting_label
from scenes.parts.theme import Theme, rgb

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


def need(values: np.ndarray, characters: int) -> float | None:
    """The least width of a cell with numbers of so many ``characters`` at the most, none if they cannot be written so."""
    rows, columns = plane_shape(values.shape)
    if not characters or rows * columns > MOST_DIGITS:
        return None
    texts = {text if len(text) <= characters else fitting(x, characters) for x, text in _texts(values)}
    # Where numbers cannot be written at least roughly they are colours.
    if any(len(text) > CHARACTERS[0] for text in texts):
        return None
    return max(text_width(text, least(values)) for text in texts) + BESIDE_PX * PX


def least(values: np.ndarray) -> float:
    """The least height of a digit: letters, as those of nan, are lower than digits."""
    return letter_size() if np.isnan(values).any() else LEAST_PX


def _texts(values: np.ndarray) -> list[tuple[float, str]]:
    decimals = _decimals(values)
    found = np.unique(values).tolist()
    return [(x, plain(x, decimals)) for x in {*found[:MOST_DIGITS], *found[-MOST_DIGITS:]}]


def _decimals(values: np.ndarray) -> int:
    return decimals_needed(values[np.isfinite(values)].ravel().tolist()[:MOST_DIGITS])


class Sheet(Group):
    """``values`` on their spot, the name above; nothing is shown of a cell before :meth:`show`.

    Of several planes one is shown at a time, or with ``abreast`` all of them.
    """

    def __init__(self, path: str, values: np.ndarray, spot: Spot, role: str, theme: Theme, *, abreast: bool = False) -> None:
        super().__init__()
        self.path, self.values, self.spot, self.role, self.theme = path, values, spot, role, theme
        self.abreast = abreast
        self.rows, self.columns = plane_shape(values.shape)
        self.planes = values.reshape(-1, self.rows, self.columns)
        self.limit, self.state = common_limit(values), (-1, -1)
        self.lead = 0
        self.digits = Letters(getattr(theme, role))
        ruled = [ruling(self._plane(lead), self.rows, self.columns) for lead in self._seen()]
        self.frame = Mark(theme.line, stroke=2.0).draw(np.concatenate(ruled))
        self.label = Ink("", letter_size(), getattr(theme, role))
        self.words = Letters(theme.muted)
        x0, _, x1, y1 = self.whole
        self.label.put((x0 + x1) / 2, y1 + LABEL_ROOM / 2 + 0.03)
        if spot.digits:
            self.decimals = _decimals(values)
            self.characters = int((spot.cell[0] - BESIDE_PX * PX) / text_width("0", LEAST_PX))
            self.digit_px = self._comfortable()
            self.add(self.frame, self.digits, self.label, self.words)
        else:
            self.raster = Raster(self._colours(0), self.whole)
            self.add(self.raster, self.frame, self.label, self.words)

    def _comfortable(self) -> float:
        """Height of a digit."""
        width, height = self.spot.cell
        widest = max(text_width(self.text(x), LEAST_PX) for x in np.unique(self.values).tolist())
        return max(least(self.values), min(LARGEST_DIGIT_PX, LEAST_PX * FILLED * width / widest, height / PX * HIGH))

    def text(self, x: float) -> str:
        """A number with fewer decimals where it is too long for its cell."""
        text = plain(x, self.decimals)
        return text if len(text) <= self.characters or self.characters < LEAST_CHARACTERS else fitting(x, self.characters)

    def _colours(self, lead: int) -> np.ndarray:
        return cell_colours(self.planes[lead], self.theme, self.role, picture=False, limit=self.limit)

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def box(self, row: float, column: float, rows: float = 1, columns: float = 1) -> Box:
        """Where a block of cells stands."""
        width, height = self.spot.cell
        x, y = self.spot.left + column * width, self.spot.top - row * height
        return x, y - rows * height, x + columns * width, y

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        return self.box(0, 0, self.rows, across(self.values.shape, self.abreast))

    def _plane(self, lead: int) -> Box:
        return self.box(0, self._shift(lead), self.rows, self.columns)

    def _shift(self, lead: int) -> float:
        """Columns before a plane."""
        return lead * (self.columns + BETWEEN) if self.abreast else 0.0

    def _within(self, cell: Cell) -> tuple[int, float]:
        """Row and column of a cell on the stage."""
        row, column = (0, 0, *cell)[-2:]
        return row, column + self._shift(self.lead_of(cell))

    def lead_of(self, cell: Cell) -> int:
        """The plane that a cell is in."""
        lead = 0
        for size, at in zip(self.values.shape[:-2], cell[:-2], strict=False):
            lead = lead * size + at
        return lead

    def span(self, cells: Sequence[Cell]) -> Box | None:
        """The box around those cells that can be seen when the first of them can."""
        seen = [self._within(cell) for cell in cells if self.abreast or self.lead_of(cell) == self.lead_of(cells[0])]
        if not seen:
            return None
        rows, columns = zip(*seen, strict=True)
        return self.box(min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)

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
        x0, y0, x1, y1 = self.box(*self._within(cell))
        size = self.digit_px if self.spot.digits else LEAST_PX
        return Line(text, size, (x0 + x1) / 2, (y0 + y1) / 2)

    @property
    def standing(self) -> Standing:
        """What can be seen of it when all is known."""
        size = self.rows * self.columns
        planes = self._seen()
        shape, digits = (self.rows, self.columns), self.spot.digits
        patches = [Patch(at * size, shape, self._plane(at), None if digits else self._colours(at)) for at in planes]
        lines = {at * size + n: self._digit(at, *divmod(n, self.columns)) for at in planes for n in range(size) if digits}
        return Standing(self.role, patches, lines)

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
        if (known, lead) == self.state:
            return
        self.state, self.lead = (known, lead), lead
        self._name()
        if self.spot.digits:
            self.digits.write_lines(self._digit(at, *divmod(n, self.columns)) for at in self._seen() for n in range(self._count(at, known)))
        else:
            colours = self._colours(lead)
            colours.reshape(-1, 4)[self._count(lead, known) :, :3] = rgb(self.theme.empty)
            self.raster.colour(colours)

    def _seen(self) -> Sequence[int]:
        """The planes that can be seen."""
        return range(len(self.planes)) if self.abreast else [self.lead]

    def _count(self, lead: int, known: int) -> int:
        """How many cells of a plane are known."""
        size = self.rows * self.columns
        return min(max(0, known - lead * size), size)

    def _digit(self, lead: int, row: int, column: int) -> Line:
        x0, y0, x1, y1 = self.box(row, column + self._shift(lead))
        return Line(self.text(float(self.planes[lead, row, column])), self.digit_px, (x0 + x1) / 2, (y0 + y1) / 2)

    def _name(self) -> None:
        name = self.path
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
