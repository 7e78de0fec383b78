"""What has happened so far: sequences one below the other, time from left to right, the current time framed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Mark, boxes
from scenes.parts.lattice import GAP_PX, Lattice
from scenes.parts.theme import Theme

MATH_PX = 36.0
NAME = 0.72
GAP, BESIDE_GAP = 0.1, 0.45
ROW = (LEAST_PX + GAP_PX[1]) * PX  # least height of a row of digits
LEAST_WIDTH, LARGEST_WIDTH = 0.87, 3.4
LARGEST_ROW = 0.42
LEAST_HEAT_ROWS = 0.2  # of the height, for a strand of few rows


@dataclass(frozen=True)
class Strand:
    """One sequence: its letter in Typst math, role, and numbers, rows x time. One ``on_links`` stands between a time and the one before."""

    letter: str
    role: str
    values: np.ndarray
    on_links: bool = False

    def role_of(self, *, digits: bool) -> str:
        """Ink has no shades: coloured cells of it are brightness."""
        return "light" if self.role == "ink" and not digits else self.role


def fit_beside(strands: Sequence[Strand], width: float) -> bool:
    """Whether there is room for all of them side by side; what stands on links must stay below what it links."""
    linked = any(strand.on_links for strand in strands)
    return not linked and sum(NAME + len(strand.values.T) * LEAST_WIDTH for strand in strands) + BESIDE_GAP * (len(strands) - 1) <= width


def digit_height(strands: Sequence[Strand], width: float) -> tuple[float, float]:
    """What they take up with digits, at least and with the largest rows."""
    if fit_beside(strands, width):
        tallest = max(len(strand.values) for strand in strands)
        return tallest * ROW, tallest * LARGEST_ROW
    count, gaps = sum(len(strand.values) for strand in strands), GAP * (len(strands) - 1)
    return count * ROW + gaps, count * LARGEST_ROW + gaps


class Chronicle(Group):
    """Strands in ``room``, side by side if they are short, else one below the other; digits where they fit into all of them.

    ``fixed`` is what never changes, ``ground`` what else lies behind frames.
    """

    def __init__(self, strands: Mapping[str, Strand], room: Box, theme: Theme) -> None:
        super().__init__()
        self.theme, self.strands = theme, strands
        left, bottom, right, top = room
        given = [*strands.values()]
        digits = digit_height(given, right - left)[0] <= top - bottom + 1e-6
        self.beside = digits and fit_beside(given, right - left)
        places = self._beside(room) if self.beside else self._stacked(room, digits)
        self.tables = self._tables(places, digits=digits)
        if digits and not all(table.has_digits for table in self.tables.values()):
            self.tables = self._tables(places, digits=False)
        self.fixed: list[Mobject] = [mark for table in self.tables.values() for mark in table.fixed]
        self.ground: list[Mobject] = [mark for table in self.tables.values() for mark in table.changing]
        self.frame = Mark(theme.ink, stroke=3.0)
        for name, (x, low, _, high) in places.items():
            strand = strands[name]
            x = x if self.beside else left + NAME
            self.fixed.append(Ink(strand.letter, MATH_PX, getattr(theme, strand.role), math=True, align=1).put(x - 0.2, (low + high) / 2))
        self.add(*self.tables.values(), self.frame)

    def _tables(self, places: Mapping[str, Box], *, digits: bool) -> dict[str, Lattice]:
        found = {}
        for name, strand in self.strands.items():
            rows, times = strand.values.shape
            found[name] = Lattice(rows, times, places[name], strand.role_of(digits=digits), self.theme, strand.values, digits=digits)
        return found

    def _beside(self, room: Box) -> dict[str, Box]:
        left, bottom, right, top = room
        times = len(next(iter(self.strands.values())).values.T)
        each = (right - left - BESIDE_GAP * (len(self.strands) - 1)) / len(self.strands)
        width = min((each - NAME) / times, LARGEST_WIDTH)
        height = min((top - bottom) / max(len(strand.values) for strand in self.strands.values()), LARGEST_ROW)
        middle = (top + bottom) / 2
        found = {}
        for number, (name, strand) in enumerate(self.strands.items()):
            x, half = left + NAME + number * (each + BESIDE_GAP), height * len(strand.values) / 2
            found[name] = (x, middle - half, x + width * times, middle + half)
        return found

    def _stacked(self, room: Box, digits: bool) -> dict[str, Box]:
        left, bottom, right, top = room
        x, free = left + NAME, top - bottom - GAP * (len(self.strands) - 1)
        counts = [len(strand.values) for strand in self.strands.values()]
        times = len(next(iter(self.strands.values())).values.T)
        if digits:
            heights = [min(free / sum(counts), LARGEST_ROW) * count for count in counts]
        else:
            shares = [max(count / sum(counts), LEAST_HEAT_ROWS) for count in counts]
            heights = [share / sum(shares) * free for share in shares]
        at = top - (free - sum(heights)) / 2
        linked = any(strand.on_links for strand in self.strands.values())
        width = min((right - x) / (times + linked / 2), LARGEST_WIDTH)
        found = {}
        for (name, strand), tall in zip(self.strands.items(), heights, strict=True):
            start = x + (width / 2 if linked and not strand.on_links else 0)
            found[name] = (start, at - tall, start + width * times, at)
            at -= tall + GAP
        return found

    def fill(self, name: str, known: int, rows: int = 0) -> None:
        """Shows a strand up to the time ``known``, and of the next column the first ``rows``."""
        seen = np.zeros(self.strands[name].values.shape, dtype=bool)
        seen[:, :known] = True
        seen[:rows, known : known + 1] = True
        self.tables[name].fill(self.strands[name].values, seen)

    def fill_back(self, name: str, known: int, rows: int = 0) -> None:
        """Shows a strand from the time ``known`` on, and of the column before the first ``rows``."""
        seen = np.zeros(self.strands[name].values.shape, dtype=bool)
        seen[:, max(0, known) :] = True
        seen[:rows, max(0, known - 1) : max(0, known)] = True
        self.tables[name].fill(self.strands[name].values, seen)

    def at(self, time: int | None) -> None:
        """Frames a time in all strands but those on links, of which none stands at a time."""
        if time is None:
            self.frame.draw(np.zeros((0, 3)))
            return
        framed = [table for name, table in self.tables.items() if not self.strands[name].on_links]
        columns = [(table.box(0, time)[0], table.whole[1], table.box(0, time)[2], table.whole[3]) for table in framed]
        if not self.beside and len(framed) == len(self.tables):
            columns = [(columns[0][0], min(c[1] for c in columns), columns[0][2], max(c[3] for c in columns))]
        self.frame.draw(boxes([(x0, y0 - 0.04, x1, y1 + 0.04) for x0, y0, x1, y1 in columns]))
