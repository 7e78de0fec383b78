"""The workbench: rows of numbers, one above the other, that a step multiplies, compares or adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal

import numpy as np
from manim import Group

from scenes.parts.digits import LEAST_CHARACTERS, characters, in_cells
from scenes.parts.grid import ruling
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark, boxes, letter_size, lines
from scenes.parts.raster import Hatch, Raster, cell_colours
from scenes.parts.rooms import around
from scenes.parts.theme import INKS, Theme, rgb
from scenes.parts.window import Window

LARGEST_CELL = (1.15, 0.62)
LARGEST_DIGIT_PX = 38.0
LABEL_ROOM = 1.5
NOTE_GAP = 0.3
LARGEST_HEAT_CELL = 0.5
ROW_GAP = 0.08
STACK_HEIGHT = 0.6  # of a row of cells
LEAST_PART = 0.08  # of a stack, to be told from the next


@dataclass(frozen=True)
class Row:
    """``numbers`` in the colour of a role, with their texts; ``known`` says of which something is shown, of all if it is not given.

    ``bars`` stand in place of coloured cells where there is no room for digits; a ``stack`` is one long bar made of all of them.
    ``limit`` is the number of the strongest colour or longest bar. Notes stand behind the rows where there is room for all.
    """

    label: str
    role: str
    numbers: Sequence[float]
    texts: Sequence[str]
    limit: float = 1.0
    known: Sequence[bool] = field(default=())
    form: Literal["cells", "bars", "stack"] = "cells"
    note: str = ""

    @property
    def shown(self) -> list[bool]:
        """Of which numbers something is shown."""
        return list(self.known) or [True] * len(self.numbers)


class Bench(Group):
    """Rows of cells in ``room``, as many rows and columns as are asked for."""

    def __init__(self, room: Box, theme: Theme) -> None:
        self.room, self.theme = room, theme
        self.letters = {role: Letters(getattr(theme, role), halo=theme.ground) for role in INKS}
        self.bars = {role: Mark(getattr(theme, role), fill=1.0) for role in ("output", "share", "gradient")}
        self.seams = Mark(theme.ground, stroke=3.0)
        self.grid = Mark(theme.line, stroke=2.0)
        self.crown = Mark(theme.output, stroke=6.0)
        self.spot = Window(theme)
        self.heat = Group()
        super().__init__(
            self.heat, self.spot.shade, *self.bars.values(), self.seams, self.grid, self.spot, *self.letters.values(), self.crown
        )
        self.cells: list[list[Box]] = []

    def clear(self) -> None:
        """Empties the bench."""
        self.show([])

    def show(self, rows: Sequence[Row], width: float | None = None) -> None:
        """Shows these rows, from top to bottom, in columns of ``width`` units if there is room for them."""
        self.crown.draw(np.zeros((0, 3)))
        self.spot.clear()
        self.heat.submobjects = []
        drawn: dict[str, list[Line]] = {role: [] for role in INKS}
        filled: dict[str, list[Box]] = {role: [] for role in self.bars}
        seams: list[tuple[tuple[float, float], tuple[float, float]]] = []
        grid = [np.zeros((0, 3))]
        self.place(rows, width)
        for row, cells in zip(rows, self.cells, strict=True):
            middle = (cells[0][1] + cells[0][3]) / 2
            drawn[row.role].append(Line(row.label, label_size(row.label), self.room[0], middle, align=-1))
            if row.form == "stack":
                parts = self._stack(row, cells)
                filled[row.role] += parts
                seams += [((b[0], b[1]), (b[0], b[3])) for a, b in pairwise(parts) if min(a[2] - a[0], b[2] - b[0]) > LEAST_PART]
            elif self.has_digits:
                found = in_cells(row.numbers, row.texts, cells, self.digit_px)
                drawn[row.role] += [line for line, there in zip(found, row.shown, strict=True) if there]
            elif row.form == "bars":
                filled[row.role] += self._bars(row, cells)
            else:
                self.heat.add(*self._heat(row, cells))
            grid.append(self._ruling(row, cells))
        notes = [
            Line(row.note, label_size(row.note), cells[-1][2] + NOTE_GAP, (cells[0][1] + cells[0][3]) / 2, align=-1)
            for row, cells in zip(rows, self.cells, strict=True)
            if row.note
        ]
        if all(note.x + note.width <= self.room[2] for note in notes):
            drawn["muted"] += notes
        for role, found in drawn.items():
            self.letters[role].write_lines(found)
        for role, found_boxes in filled.items():
            self.bars[role].draw(boxes(found_boxes))
        self.seams.draw(lines(seams))
        self.grid.draw(np.concatenate(grid))

    def place(self, rows: Sequence[Row], wanted: float | None = None) -> None:
        """Where the cells stand, and whether there is room for digits in them."""
        left, bottom, right, top = self.room
        self.cells = []
        if not rows:
            return
        count, start = max(len(row.numbers) for row in rows), left + LABEL_ROOM
        width = min((right - start) / count, LARGEST_CELL[0] if wanted is None else wanted)
        self.has_digits = characters(width) >= LEAST_CHARACTERS
        if not self.has_digits:
            width = min(width, LARGEST_HEAT_CELL)
        shares = [STACK_HEIGHT if row.form == "stack" else 1.0 for row in rows]
        height = min((top - bottom - ROW_GAP * (len(rows) - 1)) / sum(shares), LARGEST_CELL[1])
        y = (top + bottom + height * sum(shares) + ROW_GAP * (len(rows) - 1)) / 2
        for share in shares:
            self.cells.append([(start + j * width, y - height * share, start + (j + 1) * width, y) for j in range(count)])
            y -= height * share + ROW_GAP
        self.digit_px = max(LEAST_PX, min(LARGEST_DIGIT_PX, height / PX * 0.6))

    def _ruling(self, row: Row, cells: Sequence[Box]) -> np.ndarray:
        """Around all cells, between those with digits, and only below bars."""
        if row.form == "bars" and not self.has_digits:
            return lines([((cells[0][0], cells[0][1]), (cells[-1][2], cells[0][1]))])
        return ruling(around([cells[0], cells[-1]]), 1, len(cells) if self.has_digits and row.form != "stack" else 1)

    def _bars(self, row: Row, cells: Sequence[Box]) -> list[Box]:
        return [
            (x0, y0, x1, y0 + (y1 - y0) * min(1.0, x / row.limit))
            for x, there, (x0, y0, x1, y1) in zip(row.numbers, row.shown, cells, strict=False)
            if there and x > 0
        ]

    def _stack(self, row: Row, cells: Sequence[Box]) -> list[Box]:
        left, right = cells[0][0], cells[-1][2]
        ends = [left + (right - left) * min(1.0, total / row.limit) for total in accumulate(row.numbers)]
        starts = [left, *ends[:-1]]
        return [(a, cells[0][1], b, cells[0][3]) for a, b, there in zip(starts, ends, row.shown, strict=True) if there and b - a > PX / 4]

    def _heat(self, row: Row, cells: Sequence[Box]) -> tuple[Raster, Hatch]:
        values = np.array([row.numbers], dtype=float)
        colours = cell_colours(np.where(np.isinf(values), 0.0, values), self.theme, row.role, picture=False, limit=row.limit)
        colours[np.isinf(values), :3] = rgb(self.theme.line)
        unknown = ~np.array([row.shown])
        colours[unknown] = 0
        box = around([cells[0], cells[len(row.numbers) - 1]])
        return Raster(colours, box), Hatch(self.theme).cover([(box, unknown)])

    def mark(self, column: int | None, first: int = 0, last: int = -1) -> None:
        """Frames a column, from row ``first`` to row ``last``."""
        if column is None or not self.cells:
            self.spot.clear()
            return
        x0, _, x1, y1 = self.cells[first][column]
        self.spot.put((x0, self.cells[last][column][1], x1, y1))

    def mark_all(self, row: int) -> None:
        """Frames a whole row."""
        x0, y0, _, y1 = self.cells[row][0]
        self.spot.put((x0, y0, self.cells[row][-1][2], y1))

    def win(self, column: int | None, row: int = 0) -> None:
        """Frames the cell that is the largest."""
        self.crown.draw(boxes([] if column is None or not self.cells else [self.cells[row][column]]))


def label_size(text: str) -> float:
    """Digits and capitals may be smaller than letters."""
    return letter_size() if any(c.islower() for c in text) else LEAST_PX + 6
