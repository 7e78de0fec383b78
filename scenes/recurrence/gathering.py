"""Rows of two matrices, multiplied and added up into the cells of a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from scenes.parts.frame import STAGE
from scenes.parts.grid import same_size
from scenes.parts.ink import Box, Ink, Letters, Line, letter_size, text_width
from scenes.parts.lattice import Home, Lattice
from scenes.parts.raster import common_limit
from scenes.parts.rooms import columns
from scenes.parts.theme import Theme
from scenes.parts.window import Frames

LABEL = 0.5
LETTERS = 0.45  # at the left of rows that belong to gates
LARGEST = (1.15, 0.5)


@dataclass(frozen=True)
class MatrixSheet:
    """A matrix with its label, in Typst math if it says so, and role; ``by_gate`` says that its rows are those of the gates i, f, g, o."""

    label: str
    role: str
    values: np.ndarray
    by_gate: bool = False
    math: bool = False


class Gathering(Group):
    """Matrices side by side, the last one of which fills up; ``by_column`` says that columns are multiplied, and cells filled by columns.

    They fill ``room``, with ``digits`` where these fit. The narrowest of them have ``least`` of the room that a column has elsewhere.

    ``fixed`` is what never changes, ``ground`` what else lies behind frames.
    """

    def __init__(
        self,
        sheets: Sequence[MatrixSheet],
        theme: Theme,
        *,
        by_column: bool = False,
        least: float = 2.0,
        gap: float = 0.5,
        room: Box = STAGE,
        digits: bool = True,
    ) -> None:
        super().__init__()
        self.sheets, self.by_column = sheets, by_column
        self.spot = Frames(theme)
        self.tables: dict[str, Lattice] = {}
        self.fixed: list[Mobject] = []
        letters: list[Line] = []
        rooms = columns(room, [max(least, min(len(sheet.values.T), 4)) + LETTERS * sheet.by_gate for sheet in sheets], gap)
        for sheet, (left, bottom, right, top) in zip(sheets, rooms, strict=True):
            rows, count = sheet.values.shape
            start = left + LETTERS * sheet.by_gate
            width = min(LARGEST[0], (right - start) / count) * count
            tall = min(LARGEST[1], (top - LABEL - bottom) / rows) * rows
            x, y = (start + right) / 2, (bottom + top - LABEL) / 2
            box: Box = (x - width / 2, y - tall / 2, x + width / 2, y + tall / 2)
            table = Lattice(rows, count, box, sheet.role, theme, sheet.values, digits=digits)
            table.limit = common_limit(sheet.values)
            self.tables[sheet.label] = table
            size = letter_size()
            label = sheet.label if sheet.math else shortest(sheet.label, right - left, size)
            ink = Ink(label, size, getattr(theme, sheet.role), math=sheet.math)
            at = min(max(x, left + ink.width_set / 2), right - ink.width_set / 2)
            self.fixed.append(ink.put(at, box[3] + LABEL / 2 + 0.03))
            if sheet.by_gate:
                letters += [Line(name, size, box[0] - 0.25, box[3] - tall / 4 * (n + 0.5)) for n, name in enumerate("ifgo")]
        same_size([*self.tables.values()])
        self.fixed += [Letters(theme.muted).write_lines(letters), *(mark for table in self.tables.values() for mark in table.fixed)]
        self.ground: list[Mobject] = [mark for table in self.tables.values() for mark in table.changing]
        self.add(self.spot, *self.tables.values())

    def show(self, known: int) -> None:
        """All of the matrices that are read, and the first ``known`` cells of the one that fills up."""
        for sheet in self.sheets[:-1]:
            self.tables[sheet.label].fill(sheet.values, np.ones(sheet.values.shape, dtype=bool))
        label, values = self.sheets[-1].label, self.sheets[-1].values
        order = np.arange(values.size)
        self.tables[label].fill(values, (order.reshape(values.T.shape).T if self.by_column else order.reshape(values.shape)) < known)

    def show_all(self) -> None:
        """All matrices, the last one too."""
        self.show(self.sheets[-1].values.size)

    def spot_at(self, sheet: MatrixSheet, row: int, column: int) -> Home:
        """A cell of a matrix, or where columns are read of its transpose."""
        return Home(self.tables[sheet.label], *((column, row) if self.by_column else (row, column)), sheet.role)

    def spots(self, cell: Sequence[int], terms: int) -> list[list[Home]]:
        """Where the factors of every term stand of what a cell adds up."""
        read = [*zip(self.sheets[:-1], cell, strict=False)]
        return [[self.spot_at(sheet, at, term) for sheet, at in read] for term in range(terms)]

    def mark(self, spots: Sequence[Home] | None) -> None:
        """Frames the factors of a term."""
        self.spot.put([spot.box for spot in spots or ()])

    def clear(self) -> None:
        """No term is looked at."""
        self.mark(None)


def shortest(label: str, room: float, size: float) -> str:
    """The label without its last words where it is too wide."""
    words = label.split(" ")
    while len(words) > 1 and text_width(" ".join(words), size) > room:
        words.pop()
    return " ".join(words)
