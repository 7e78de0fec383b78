"""Rows of numbers with the words that they belong to: all rows of a matrix, or some of them that are chosen step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from manim import Group

from scenes.heads.words import fitting_names, named_columns, named_rows
from scenes.parts.digits import FILLED, size_within
from scenes.parts.grid import CellPlaces
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, letter_size, text_width
from scenes.parts.raster import common_limit
from scenes.parts.table import LABEL_ROOM, Table
from scenes.parts.theme import Theme

WORD_GAP = 0.12
#: The most of a word that stands at the left of its row.
MOST_WORD = 1.4
HIGHEST_ROW = 0.95
#: Digits of what is read now have so many px, and a number so many characters at the most where it would be smaller.
READ_PX, CHARACTERS = 30.0, 5
MOST_FITTED = 2000  # numbers that are looked at for the size of digits


class RowWords(Group):
    """Names of rows: at the table, or where ``x`` says that they begin."""

    def __init__(self, names: Sequence[str], table: CellPlaces, x: float | None, role: str, theme: Theme) -> None:
        self.names, self.table = names, table
        self.x, self.align = (table.left - WORD_GAP, 1) if x is None else (x, -1)
        self.plain, self.lit = Letters(theme.muted), Letters(getattr(theme, role))
        super().__init__(self.plain, self.lit)

    def show(self, rows: Sequence[int], current: int | None) -> None:
        """Those of the rows that are shown, the ``current`` one lit."""
        if not self.names:
            return
        lit = rows.index(current) if current is not None and current in rows else None
        found = named_rows([self.names[row] for row in rows], self.table, self.x, self.align, lit)
        self.plain.write_lines(line for at, line in found.items() if at != lit)
        self.lit.write_lines(line for at, line in found.items() if at == lit)


class Roster(Group):
    """``rows`` of the rows of ``values``, all if it is 0, in ``room``, which begins with ``words`` units for their names.

    Names stand at the numbers, or with ``first`` where the room begins; ``above`` are names of the columns. ``others`` are all numbers
    that may come to stand there. Below is room for ``notes`` on which rows are shown. What is
    ``coloured`` has no digits.
    """

    def __init__(
        self,
        values: np.ndarray,
        names: Sequence[str],
        room: Box,
        title: Heading,
        theme: Theme,
        *,
        rows: int = 0,
        words: float,
        first: bool = False,
        above: Sequence[str] = (),
        most: tuple[float, float] = (0.95, HIGHEST_ROW),
        others: np.ndarray | None = None,
        notes: bool = False,
        coloured: bool = False,
    ) -> None:
        super().__init__()
        self.values, self.role, self.theme = values, title.role, theme
        self.count = min(len(values), rows or len(values))
        left, _, _, top = room
        low = LABEL_ROOM * (2 if above else 1)
        self.note = Ink("", letter_size(), theme.muted, align=-1).put(left, room[1] + LABEL_ROOM / 2)
        floor = room[1] + LABEL_ROOM * notes
        self.table = Table(values[: self.count], (left + words, floor, *room[2:]), title, theme, most=most, low=low, coloured=coloured)
        self.table.limit = common_limit(values)
        self._fit(values if others is None else others)
        self.names = fitting_names(names, words - WORD_GAP) if names else []
        self.words = RowWords(self.names, self.table, left if first else None, title.role, theme)
        self.table.label.put(self.table.label.line.x, top - LABEL_ROOM / 2)
        self.above = [*named_columns(above, self.table, self.table.top + LABEL_ROOM / 2).values()]
        self.rows: list[int] = [*range(self.count)]
        self.add(self.table, self.words, self.note)
        if above:
            self.add(Letters(theme.muted).write_lines(self.above))

    def _fit(self, values: np.ndarray) -> None:
        """Digits of a size in which all numbers fit, not only the first ones."""
        table = self.table
        if table.writing is not None and table.digit_px < READ_PX:
            # With fewer decimals they can be read.
            table.writing = replace(table.writing, most=min(table.writing.most, CHARACTERS))
            table.digit_px = max(LEAST_PX, min(READ_PX, table.cell[1] / PX * 0.7))
        if table.has_digits:
            texts = {table.text(x) for x in np.unique(values)[:: 1 + values.size // MOST_FITTED].tolist()}
            table.digit_px = max(LEAST_PX, min(table.digit_px, size_within(FILLED * table.cell[0], texts)))

    def window(self, row: int) -> list[int]:
        """The rows around one of them, as many as are shown at a time; a note says which."""
        first = max(0, min(row // self.count * self.count, len(self.values) - self.count))
        if self.count < len(self.values):
            self.note.write(f"rows {first + 1} to {first + self.count} of {len(self.values)}")
        return [*range(first, first + self.count)]

    def use(self, values: np.ndarray) -> None:
        """Other numbers of the same shape, as those of another head."""
        self.values = values

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, known: np.ndarray | bool | int, rows: Sequence[int] | None = None, current: int | None = None) -> None:
        """Shows the numbers that are known, of all rows or of those that are chosen; ``current`` is the row whose word is lit."""
        if isinstance(known, int) and not isinstance(known, bool):
            known = (np.arange(self.values.size) < known).reshape(self.values.shape)
        flags = np.broadcast_to(np.asarray(known), self.values.shape)
        self.rows = [*range(self.count)] if rows is None else [*rows]
        whole = self.rows == [*range(len(self.values))]
        self.table.fill(self.values if whole else self.values[self.rows], flags[self.rows])
        self.words.show(self.rows, current)

    # --- places ----------------------------------------------------------------------------------------------------------------------

    def at(self, row: int) -> int:
        """At which place a row stands; the nearest one if it is not shown."""
        return self.rows.index(row) if row in self.rows else min(row, self.count - 1)

    def box(self, row: int, column: int = 0, columns: int = 1) -> Box:
        """Cells of a row."""
        return self.table.box(self.at(row), column, 1, columns)

    def row(self, row: int) -> Box:
        """A whole row."""
        return self.table.row(self.at(row))

    def column(self, column: int) -> Box:
        """A whole column."""
        return self.table.column(column)

    def cell(self, row: int, column: int = 0) -> Line | Box:
        """A number as it stands in its cell, or the cell where it is a colour."""
        if not self.table.has_digits:
            return self.box(row, column)
        return self.table.lettered(self.table.text(float(self.values[row, column])), self.at(row), column)

    def left(self, row: int) -> tuple[float, float]:
        """Where the word of a row begins, and its height."""
        _, y0, _, y1 = self.row(row)
        return self.words.x, (y0 + y1) / 2


def room_for(names: Sequence[str]) -> float:
    """Width of the widest of these words, cut where they are too long, and a gap."""
    return max(text_width(name, letter_size()) for name in fitting_names(names, MOST_WORD)) + WORD_GAP
