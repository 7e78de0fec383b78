"""The window under the lens: the values that are read, one of them perhaps the winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.numbers import USUAL_DECIMALS, plain
from scenes.parts.digits import LEAST_CHARACTERS, Writing, characters, fitted, size_within
from scenes.parts.grid import Grid, centred
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, text_width
from scenes.parts.plane import LABEL_ROOM
from scenes.parts.raster import nothing
from scenes.parts.rooms import around
from scenes.parts.theme import Theme
from scenes.parts.window import Window

LARGEST_CELL = 1.45
LARGEST_DIGIT_PX = 60.0
GAP_PX = 14.0  # at the sides of a number, at least
FILLED = 0.84  # of a cell's width, where there is room to choose
#: Numbers have no more decimals than leave them so large, if two digits of each are left.
COMFORTABLE_PX, LEAST_DIGITS = 32.0, 2
LARGEST_HEAT_CELL = 0.5
LABEL_RISE = 0.28
STOREY_GAP_PX = 7.0  # between the storeys of a cell, above and below them


class Pane(Grid):
    """A grid under the lens with its label; a cell is a tap, counted row by row, and one of them can be framed.

    ``exact`` says whether all numbers that are shown have their own decimals.
    """

    exact = True
    #: Whether numbers may lose decimals so that they are larger; not where what they add up to stands beside them.
    shortens = True
    #: Of the numbers in the cells, from top to bottom.
    storeys: Sequence[Letters] = ()

    def dress(self, label: Ink, grids: Sequence[Grid]) -> None:
        """Puts the label, and frames for all of the grids, in front."""
        self.grids, self.label = grids, label
        self.spots = [Window(self.theme) for _ in grids]
        self.add_to_back(*self.ground)
        self.add(*self.spots, label)

    @property
    def area(self) -> Box:
        """The box of the cells of values."""
        return self.box(0, 0, self.rows, self.columns)

    @property
    def read(self) -> list[Line]:
        """The values as they are written, row by row."""
        return self.digits.lines

    def factors(self, tap: int) -> list[Line]:
        """Where the factors of a tap stand, one above the other; nowhere where they cannot be read."""
        return [storey.lines[tap] for storey in self.storeys if tap < len(storey.lines)]

    def settle(self, share: float) -> None:
        """Where there are weights, moves them from the middle of the cells to their places."""

    def tap(self, tap: int) -> Box:
        """The box of a tap."""
        return self.box(*divmod(tap, self.columns))

    def mark(self, tap: int | None) -> None:
        """Frames the tap that is looked at now."""
        for grid, spot in zip(self.grids, self.spots, strict=True):
            if tap is None:
                spot.clear()
            else:
                spot.put(grid.box(*divmod(tap, self.columns)))

    def mark_row(self, row: int) -> None:
        """Frames a row of taps."""
        for grid, spot in zip(self.grids, self.spots, strict=True):
            spot.put(grid.box(row, 0, 1, self.columns))

    def storey(self, letters: Letters, texts: Sequence[str], numbers: Sequence[float], prefix: str = "", side: float = 0) -> None:
        """Numbers in one size, with fewer decimals where there is no room: in the middle of the cells, or above (1) or below it (−1)."""
        room, most = self.cell[0] - GAP_PX * PX, characters(self.cell[0], GAP_PX) - len(prefix)
        shorter = self._shorter([*zip(texts, numbers, strict=True)], int(room / text_width("0", COMFORTABLE_PX)) - len(prefix), most)
        shown = [prefix + text for text in shorter]
        self.exact = self.exact and shorter == [*texts]
        size = min(size_within(room, shown), max(LEAST_PX, size_within(FILLED * self.cell[0], shown)), self.digit_px)
        rise = side * (size + max(STOREY_GAP_PX, size / 4)) / 2 * PX
        placed = [self.lettered(text, *divmod(tap, self.columns)) for tap, text in enumerate(shown)]
        letters.write_lines(replace(line, size=size, y=line.y + rise) for line in placed)

    def _shorter(self, pairs: Sequence[tuple[str, float]], few: int, most: int) -> list[str]:
        """Texts of numbers with as ``few`` characters, if these tell enough, or a little more, up to ``most``."""
        for count in range(max(LEAST_CHARACTERS, few), most if self.shortens else 0):
            found = [fitted(text, number, count) for text, number in pairs]
            if all(tells(number, text, count) for text, (_, number) in zip(found, pairs, strict=True)):
                return found
        return [fitted(text, number, most) for text, number in pairs]


def tells(number: float, text: str, most: int) -> bool:
    """Whether a text is short enough and says two digits of a number of which there are more."""
    digits = text.lstrip("−≈0.").replace(".", "")
    return len(text) <= most and (len(digits) >= LEAST_DIGITS or plain(number, USUAL_DECIMALS) == text)


class Glass(Pane):
    """``rows`` x ``columns`` cells; ``widest`` are texts that must fit, or the values are shown as coloured cells.

    A window may have fewer rows and columns, see :meth:`take`.
    """

    def __init__(self, rows: int, columns: int, room: Box, theme: Theme, label: str, widest: Sequence[str], role: str = "input") -> None:
        self.most = rows, columns
        left, bottom, right, top = room[0], room[1], room[2], room[3] - LABEL_ROOM
        side = min((right - left) / columns, (top - bottom) / rows, LARGEST_CELL)
        size = size_within(side - GAP_PX * PX, widest, side / PX - GAP_PX, LARGEST_DIGIT_PX)
        writing = Writing(size) if size >= LEAST_PX else None
        side = side if writing else min(side, LARGEST_HEAT_CELL)
        super().__init__(self.most, centred(self.most, (side, side), (left, bottom, right, top)), role, theme, writing)
        self.crown = Mark(theme.output, stroke=6.0)
        self.add(self.crown)
        self.storeys = [self.digits] if writing else []
        self.dress(Ink(label, letter_size(), getattr(theme, role)).put((left + right) / 2, self.top + LABEL_RISE), [self])

    @property
    def area(self) -> Box:
        """The box of the cells in which something stands."""
        return around([self.tap(tap) for tap in self.filled])

    def take(self, rows: int, columns: int, label: str) -> None:
        """Shows so many of its rows and columns only, the first ones."""
        self.rows, self.columns = rows, columns
        self.ruled.draw(self.ruling())
        self.label.write(label)

    def show_weights(self) -> None:
        """Nothing yet: there are no weights."""
        self.blank()
        self.mark(None)
        self.win(None)

    def show(self, terms: Sequence[tuple[str, ...]], values: Sequence[float], limit: float) -> None:
        """The numbers of one step as they are written; the limit of their colours."""
        self.filled = [tap for tap, (text,) in enumerate(terms) if text]
        if self.has_digits:
            self.storey(self.digits, [text for (text,) in terms], values)
            return
        self.limit = limit
        read = np.array(values).reshape(self.rows, self.columns)
        colours = nothing(self.most)
        colours[: self.rows, : self.columns] = self.tints(np.where(np.isinf(read), np.nan, read))
        self.raster.colour(colours)

    def win(self, tap: int | None) -> None:
        """Frames the cell that is the largest so far."""
        self.crown.draw(boxes([] if tap is None else [self.tap(tap)]))
