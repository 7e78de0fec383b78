"""The lens on a step of any code: its factors in rows, one row for every position in a product, each where its name says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from manim import Group

from engine.code.strongest import SMALLER
from scenes.parts.digits import LEAST_CHARACTERS, characters, in_cells
from scenes.parts.grid import ruling
from scenes.parts.ink import PX, Box, Letters, Line, Mark, boxes, letter_size, text_width
from scenes.parts.raster import Hatch, Raster, cell_colours
from scenes.parts.rooms import around
from scenes.parts.theme import INKS, Theme
from scenes.parts.window import Window

LARGEST_CELL, LARGEST_HEAT_CELL, LONE_CELL = 1.3, 0.5, 1.1
LARGEST_ROW, ROW_GAP = 0.62, 0.08
LARGEST_DIGIT_PX = 38.0
SIGN_PX = 40.0
GAP = 0.16
#: Names are shorter where they would leave less than this to a number, and one has so much of the width of the room at the most.
LEAST_CELL, MOST_NAME = 0.95, 0.17
REST = "rest"
MOST_BATCHES = 4
MOST_ROWS = 4

Factors = tuple[str, ...]


T = TypeVar("T")


def laid(terms: Sequence[tuple[T, ...]]) -> list[tuple[T, ...]]:
    """Terms in the rows that there is room for: a product of many factors lies on its side, of several such products the first factors."""
    return [(factor,) for factor in terms[0]] if is_flat(terms) else [term[:MOST_ROWS] for term in terms]


def is_flat(terms: Sequence[tuple[T, ...]]) -> bool:
    """Whether a product lies on its side."""
    return len(terms) == 1 and len(terms[0]) > MOST_ROWS


@dataclass(frozen=True)
class Batch:
    """Terms in a row whose factors come from the same tensors; ``limits`` are the numbers of the strongest colours.

    ``sign`` stands before the batch. A number without a ``name`` stands in no tensor.
    """

    sign: str
    names: Factors
    roles: Factors
    numbers: tuple[tuple[float, ...], ...]
    texts: tuple[Factors, ...]
    limits: tuple[float, ...]

    @property
    def labels(self) -> list[str]:
        """What stands before the rows."""
        return [f"{'× ' if row else ''}{name}".strip() for row, name in enumerate(self.names)]


@dataclass(frozen=True)
class BatchPlace:
    """Where a batch stands: its cells, row by row, and whether there is room for digits."""

    cells: list[list[Box]]
    digits: bool


class FactorLens(Group):
    """Batches side by side in ``room``, whose rows are as high as ``rows`` of them can be."""

    def __init__(self, room: Box, rows: int, theme: Theme) -> None:
        self.room, self.rows, self.theme = room, rows, theme
        self.letters = {role: Letters(getattr(theme, role)) for role in INKS}
        self.grid, self.crown, self.spot = Mark(theme.line, stroke=2.0), Mark(theme.output, stroke=6.0), Window(theme)
        self.heat = Group()
        self.batches: Sequence[Batch] = ()
        self.places: list[BatchPlace] = []
        super().__init__(self.heat, self.spot.shade, self.grid, *self.letters.values(), self.crown, self.spot)

    def _held(self, before: str, batches: Sequence[Batch], after: str) -> Sequence[Batch]:
        """The batches that there is room for: names become shorter or go where they leave too little, and many batches become one."""
        self.batches, wide = batches, self.room[2] - self.room[0]
        for self.most_name, self.brief in ((wide, False), (wide, True), (wide * MOST_NAME, True)):
            if all(width >= LEAST_CELL for width, _ in self._cell_widths(before, after)):
                break
        if len(batches) > MOST_BATCHES and not all(digits for _, digits in self._cell_widths(before, after)):
            self.batches = merged(batches)
        return self.batches

    def clear(self) -> None:
        """Nothing lies under the lens."""
        self.show("", [], "", full=False)

    def show(self, before: str, batches: Sequence[Batch], after: str, *, full: bool) -> None:
        """Shows ``before`` ( batches ) ``after``, with a last batch of its own after that if its sign is ÷; numbers only if ``full``."""
        signs = self._laid(before, batches, after)
        self.spot.clear()
        self.crown.draw(np.zeros((0, 3)))
        drawn: dict[str, list[Line]] = {role: [] for role in INKS}
        drawn["ink"] += signs
        self.heat.submobjects = []
        for batch, place in zip(self.batches, self.places, strict=True):
            for row, (cells, label) in enumerate(zip(place.cells, self._names(batch), strict=True)):
                drawn[batch.roles[row]].append(_left_of(label, cells[0]))
                if full and place.digits:
                    drawn[batch.roles[row]] += self._lines(batch, cells, row)
                elif not place.digits:
                    self.heat.add(self._heat(batch, cells, row, full))
        for role, lines in drawn.items():
            self.letters[role].write_lines(lines)
        self.grid.draw(np.concatenate([np.zeros((0, 3)), *self._grid()]))

    def _laid(self, before: str, batches: Sequence[Batch], after: str) -> list[Line]:
        """Finds the places of batches; returns the signs between them."""
        batches = self._held(before, batches, after)
        rows = max([self.rows, *(len(batch.names) for batch in batches)])
        self.high = min(LARGEST_ROW, (self.room[3] - self.room[1] - ROW_GAP * (rows - 1)) / rows)
        return self._place(before, after)

    @contextmanager
    def planned(self, before: str, batches: Sequence[Batch], after: str) -> Iterator[None]:
        """Within it the lens says where factors are going to stand; what it shows stays as it is."""
        names = ("batches", "places", "high", "most_name", "brief")
        kept = {name: getattr(self, name) for name in names if hasattr(self, name)}
        self._laid(before, batches, after)
        yield
        self.__dict__.update(kept)

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def _names(self, batch: Batch) -> list[str]:
        return [named(label, self.most_name, brief=self.brief) for label in batch.labels]

    def _label_room(self, batch: Batch) -> float:
        widest = max(text_width(label, letter_size()) if label else 0.0 for label in self._names(batch))
        return widest + GAP * (widest > 0)

    def _place(self, before: str, after: str) -> list[Line]:
        """Finds the places of all batches; returns the signs between them."""
        widths = self._cell_widths(before, after)
        used = sum(width * len(batch.numbers) for (width, _), batch in zip(widths, self.batches, strict=True)) + self._fixed(before, after)
        x, signs, self.places = (self.room[0] + self.room[2] - used) / 2, [], []
        middle = (self.room[1] + self.room[3]) / 2

        def sign(text: str) -> None:
            nonlocal x
            if text:
                signs.append(Line(text, _size(text), x, middle, align=-1))
                x += signs[-1].width + GAP

        sign(before)
        for batch, (width, digits) in zip(self.batches, widths, strict=True):
            if batch.sign == "÷":
                sign(after)
            sign(batch.sign)
            x += self._label_room(batch)
            self.places.append(BatchPlace([self._cells(x, middle, width, batch, row) for row in range(len(batch.names))], digits))
            x += width * len(batch.numbers) + GAP
        if not any(batch.sign == "÷" for batch in self.batches):
            sign(after)
        return signs

    def _fixed(self, before: str, after: str) -> float:
        """Width of all that is no cell."""
        signs = [before, after, *(batch.sign for batch in self.batches)]
        texts = sum(text_width(text, _size(text)) + GAP for text in signs if text)
        return texts + sum(self._label_room(batch) + GAP for batch in self.batches)

    def _cell_widths(self, before: str, after: str) -> list[tuple[float, bool]]:
        """Of every batch the width of a cell, and whether there is room for digits."""
        counts = [len(batch.numbers) for batch in self.batches]
        room = self.room[2] - self.room[0] - self._fixed(before, after)
        width = min(LARGEST_CELL, room / max(1, sum(counts)))
        if characters(width) >= LEAST_CHARACTERS:
            return [(width, True) for _ in counts]
        lone = sum(count for count in counts if count == 1)
        small = min(LARGEST_HEAT_CELL, (room - LONE_CELL * lone) / max(1, sum(counts) - lone))
        return [(LONE_CELL, True) if count == 1 else (small, False) for count in counts]

    def _cells(self, x: float, middle: float, width: float, batch: Batch, row: int) -> list[Box]:
        rows = len(batch.names)
        top = middle + (rows * self.high + (rows - 1) * ROW_GAP) / 2 - row * (self.high + ROW_GAP)
        return [(x + n * width, top - self.high, x + (n + 1) * width, top) for n in range(len(batch.numbers))]

    def _grid(self) -> Iterator[np.ndarray]:
        for place in self.places:
            for cells in place.cells:
                yield ruling(around([cells[0], cells[-1]]), 1, len(cells) if place.digits else 1)

    # --- numbers ---------------------------------------------------------------------------------------------------------------------

    def _lines(self, batch: Batch, cells: Sequence[Box], row: int) -> list[Line]:
        """Numbers in their cells."""
        numbers, texts = [term[row] for term in batch.numbers], [term[row] for term in batch.texts]
        return in_cells(numbers, texts, cells, LARGEST_DIGIT_PX, self.high / PX * 0.6)

    def _heat(self, batch: Batch, cells: Sequence[Box], row: int, full: bool) -> Raster | Hatch:
        box = around([cells[0], cells[-1]])
        if not full:
            return Hatch(self.theme).cover([(box, np.ones((1, 1), dtype=bool))])
        values = np.array([[numbers[row] for numbers in batch.numbers]], dtype=float)
        role = batch.roles[row] if batch.roles[row] != "ink" else "input"
        return Raster(cell_colours(values, self.theme, role, picture=False, limit=batch.limits[row]), box)

    def find(self, term: int) -> tuple[int, int]:
        """The batch of a term, and which of its terms that is."""
        for number, batch in enumerate(self.batches):
            if term < len(batch.numbers):
                return number, term
            term -= len(batch.numbers)
        raise LookupError("no such term lies under the lens")

    def rows_of(self, term: int) -> int:
        """How many factors of a term are shown."""
        return len(self.batches[self.find(term)[0]].names)

    def turn(self, term: int, row: int) -> int:
        """Which of all rows of all batches a factor is in."""
        return sum(len(batch.names) for batch in self.batches[: self.find(term)[0]]) + row

    def line(self, term: int, row: int) -> Line | None:
        """A factor in its cell, if it is written there."""
        number, at = self.find(term)
        place = self.places[number]
        return self._lines(self.batches[number], place.cells[row], row)[at] if place.digits else None

    def cell(self, term: int, row: int) -> Box:
        """The cell of a factor."""
        number, at = self.find(term)
        return self.places[number].cells[row][at]

    def row(self, number: int, row: int) -> Box:
        """A row of a batch."""
        cells = self.places[number].cells[row]
        return around([cells[0], cells[-1]])

    # --- marks -----------------------------------------------------------------------------------------------------------------------

    def mark(self, term: int | None) -> None:
        """Frames the factors of a term."""
        if term is None or not self.batches:
            self.spot.clear()
            return
        self.spot.put(self._column(term))

    def win(self, term: int | None) -> None:
        """Puts a ring around the largest term."""
        self.crown.draw(boxes([] if term is None else [self._column(term)]))

    def _column(self, term: int) -> Box:
        number, at = self.find(term)
        return around([cells[at] for cells in self.places[number].cells])


def _size(text: str) -> float:
    return letter_size() if any(c.islower() for c in text) else SIGN_PX


def named(label: str, room: float, *, brief: bool) -> str:
    """A name whole, or one that fits; what is too long for the room is told by its colour, so that its sign is left."""
    label = REST if brief and label.endswith(SMALLER) else label
    return label if text_width(label, letter_size()) <= room else label[: label.startswith("×")]


def _left_of(label: str, cell: Box) -> Line:
    return Line(label, letter_size(), cell[0] - GAP, (cell[1] + cell[3]) / 2, align=1)


def merged(batches: Sequence[Batch]) -> list[Batch]:
    """One batch without names in place of many, but for the divisor: their names would leave no room for numbers."""
    added = [batch for batch in batches if batch.sign != "÷"]
    rows = min(len(batch.names) for batch in added)
    one = replace(
        added[0],
        names=("",) * rows,
        roles=added[0].roles[:rows],
        numbers=tuple(numbers for batch in added for numbers in batch.numbers),
        texts=tuple(texts for batch in added for texts in batch.texts),
    )
    return [one, *batches[len(added) :]]
