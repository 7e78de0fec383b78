"""A sum of products under the lens: vectors one below the other, beside each number its weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from scenes.parts.curves import Point
from scenes.parts.digits import characters, fitted
from scenes.parts.grid import same_size
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, text_width
from scenes.parts.lattice import GAP_PX, Home, Lattice, holds
from scenes.parts.rooms import around
from scenes.parts.theme import Theme
from scenes.parts.window import Window

MATH_PX, PART_PX = 36.0, 25.5
HEAD = 0.42
NAME = 0.74  # for the names of the parts, at the left
NAME_PITCH = 0.38  # from one name to the next, where they have their full size
NAME_ROOM = 0.24  # of a block of coloured cells, at least
CELL, WEIGHT_CELL = 1.09, 0.92
TIMES = 0.26
GAP, NARROW_GAP = 0.12, 0.06  # between the parts, and between many of them
MANY = 4
LARGEST_ROW = 0.56
LEAST_ROW = (LEAST_PX + GAP_PX[1]) * PX
LEAST_HEAT = 0.85  # width of a column of coloured cells


@dataclass(frozen=True)
class Addend:
    """A vector of ``count`` numbers with its letter in Typst math; ``values`` and ``weights`` are all numbers that may stand in it.

    One without values is a bias, one without weights is added as it is.
    """

    letter: str
    role: str
    count: int
    values: np.ndarray | None
    weights: np.ndarray | None


class Affine(Group):
    """Blocks in ``room``, which is filled from the top.

    ``ground`` is what lies behind frames. Weights are there only while a sum is computed.
    """

    fixed: Sequence[Mobject] = ()

    def __init__(self, blocks: Sequence[Addend], room: Box, theme: Theme) -> None:
        super().__init__()
        self.blocks, self.theme = blocks, theme
        left, bottom, right, top = room
        counts = [block.count for block in blocks]
        gap = between(len(blocks))
        height = min(LARGEST_ROW, (top - HEAD - bottom - gap * (len(counts) - 1)) / sum(counts))
        numbers = [side for block in blocks for side in (block.values, block.weights) if side is not None]
        self.has_digits = all(holds(WEIGHT_CELL, height, side) for side in numbers)
        wide, narrow = (CELL, WEIGHT_CELL) if self.has_digits else (LEAST_HEAT, LEAST_HEAT)
        self.values: list[Lattice | None] = []
        self.weights: list[Lattice | None] = []
        self.names: list[Ink] = []
        first = left + NAME
        second, at = first + wide + TIMES, top - HEAD
        for block, tall in zip(blocks, [height * count for count in counts] if self.has_digits else talls(counts, height), strict=True):
            self.values.append(self._table(block.count, (first, at - tall, first + wide, at), block.role, block.values))
            self.weights.append(self._table(block.count, (second, at - tall, second + narrow, at), "weight", block.weights))
            self.names.append(self._name(block, tall + gap).put(left, at - tall / 2))
            at -= tall + gap
        self.tables = [table for table in (*self.values, *self.weights) if table is not None]
        same_size(self.tables)
        self.ground: list[Mobject] = [mark for table in self.tables for mark in table.ground]
        self.texts, self.times = Letters(theme.ink), Letters(theme.muted, halo=theme.ground)
        self.end = second + narrow
        self.room_for_parts = right - self.end - 0.1
        self.head = Ink("", MATH_PX, theme.weight, math=True, halo=theme.ground).put(second + narrow / 2, top - HEAD / 2)
        self.spot = Window(theme)
        #: The blocks whose weights are shown.
        self.read = [*range(len(blocks))]
        self.clear()
        self.add(self.spot, *self.tables, *self.names, self.head, self.times, self.texts)

    def _table(self, count: int, box: Box, role: str, numbers: np.ndarray | None) -> Lattice | None:
        return None if numbers is None else Lattice(count, 1, box, role, self.theme, numbers, digits=self.has_digits)

    def _name(self, block: Addend, pitch: float) -> Ink:
        size = max(LEAST_PX, MATH_PX * min(1.0, pitch / NAME_PITCH))
        return Ink(block.letter, size, getattr(self.theme, block.role), math=True, align=-1, halo=self.theme.ground)

    def numbers(self, block: int) -> Lattice:
        """Where the numbers of a block stand that has some."""
        table = self.values[block]
        if table is None:
            raise LookupError(f"block {block} has no numbers of its own")
        return table

    def show_values(self, values: Sequence[np.ndarray]) -> None:
        """Numbers of each block that has some, as many as are known, or those that are not masked."""
        for table, known in zip((table for table in self.values if table is not None), values, strict=True):
            if isinstance(known, np.ma.MaskedArray):
                table.fill(known.filled(0.0)[:, None], ~np.ma.getmaskarray(known)[:, None])
            else:
                table.fill_first(known)

    def clear(self) -> None:
        """No weights."""
        if not self.read:
            return
        self.read = []
        for block, weights, name in zip(self.blocks, self.weights, self.names, strict=True):
            name.write("" if block.values is None else block.letter)
            if weights is not None:
                weights.hide()
        self.head.write("")
        self.times.write_lines([])
        self.texts.write_lines([])
        self.mark(None)

    def show_weights(
        self, terms: Sequence[tuple[float, ...]], texts: Sequence[tuple[str, ...]], head: str, blocks: Sequence[int] | None = None
    ) -> None:
        """The terms of a sum, and as they are written; ``blocks`` are those that they run through, all if not given."""
        self.read = [*range(len(self.blocks))] if blocks is None else [*blocks]
        self.head.write(head if any(self.weights[number] is not None for number in self.read) else "")
        first = 0
        for number in self.read:
            self.names[number].write(self.blocks[number].letter)
            values, weights, count = self.values[number], self.weights[number], self.blocks[number].count
            own = slice(first, first + count)
            first += count
            if weights is not None:
                weights.rule()
                self._show(weights, terms[own], texts[own], -1)
            if values is not None:
                self._show(values, terms[own], texts[own], 0)
        self.times.write_lines(self._signs())

    def _show(self, table: Lattice, terms: Sequence[tuple[float, ...]], texts: Sequence[tuple[str, ...]], side: int) -> None:
        if table.has_digits:
            most = characters(table.cell[0], GAP_PX[0])
            table.write({(row, 0): fitted(text[side], term[side], most) for row, (text, term) in enumerate(zip(texts, terms, strict=True))})
        else:
            table.fill(np.array([[term[side]] for term in terms]), np.ones((table.rows, 1), dtype=bool))

    def _signs(self) -> list[Line]:
        """Between a number and its weight; once for each block where there are no digits."""
        found = []
        for number in self.read:
            values, weights = self.values[number], self.weights[number]
            if values is None or weights is None:
                continue
            x = values.whole[2] + TIMES / 2
            if self.has_digits:
                found += [Line("×", LEAST_PX, x, values.centre(row)[1]) for row in range(values.rows)]
            elif values.whole[3] - values.whole[1] >= LEAST_ROW:
                found.append(Line("×", LEAST_PX + 4, x, (values.whole[1] + values.whole[3]) / 2))
        return found

    def show_parts(self, texts: Sequence[str]) -> None:
        """What the blocks add, as far as they have been added up."""
        lines = []
        for text, number in zip(texts, self.read, strict=False):
            fits = [one for one in (text, text.replace(" ", "")) if text_width(one, PART_PX) <= self.room_for_parts]
            lines += [Line(one, PART_PX, self.end + 0.1, self.names[number].line.y, align=-1) for one in fits[:1]]
        self.texts.write_lines(lines)

    def aisle(self, place: Point) -> float:
        """The height at which numbers go from a place to the side: between two rows, and not where a block's sum stands."""
        for table in self.tables:
            for row in range(table.rows):
                left, low, right, high = table.box(row)
                if left <= place[0] <= right and low <= place[1] <= high:
                    return high if row < table.rows / 2 else low
        return place[1]

    def mark(self, spots: Sequence[Home] | None) -> None:
        """Frames the number and the weight of a term."""
        if spots:
            self.spot.put(around([spot.box for spot in spots]))
        else:
            self.spot.clear()

    def spots(self, blocks: Sequence[int] | None = None) -> list[list[Home]]:
        """Where the factors of every term stand of a sum that runs through ``blocks``, all if not given."""
        found = []
        for number in range(len(self.blocks)) if blocks is None else blocks:
            block, values, weights = self.blocks[number], self.values[number], self.weights[number]
            sides = [(table, role) for table, role in ((values, block.role), (weights, "weight")) if table is not None]
            found += [[Home(table, row, 0, role) for table, role in sides] for row in range(block.count)]
        return found


def between(blocks: int) -> float:
    """The gap between so many blocks."""
    return NARROW_GAP if blocks > MANY else GAP


def talls(counts: Sequence[int], height: float) -> list[float]:
    """Heights of blocks of coloured cells, each of which has room for its name."""
    found = [max(NAME_ROOM, height * count) for count in counts]
    spare = sum(found) - height * sum(counts)
    wide = sum(tall for tall in found if tall > NAME_ROOM)
    return [tall - spare * tall / wide if tall > NAME_ROOM else tall for tall in found]


def least_height(counts: Sequence[int]) -> float:
    """What blocks of so many numbers take up as digits."""
    return HEAD + sum(counts) * LEAST_ROW + between(len(counts)) * (len(counts) - 1)
