"""What has happened so far: sequences one below the other, time from left to right, the current time framed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Mark, boxes
from scenes.parts.lattice import GAP_PX, Home, Lattice
from scenes.parts.rooms import around, columns, rows
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
            (count, times), role = strand.values.shape, strand.role
            # Ink has no shades: coloured cells of it are brightness.
            role = "light" if role == "ink" and not digits else role
            found[name] = Lattice(count, times, places[name], role, self.theme, strand.values, digits=digits)
        return found

    def _beside(self, room: Box) -> dict[str, Box]:
        strands = self.strands.items()
        half = min((room[3] - room[1]) / 2, digit_height([*self.strands.values()], room[2] - room[0])[1] / 2)
        most = max(len(strand.values) for _, strand in strands)
        found = {}
        for (name, strand), (left, low, right, high) in zip(strands, columns(room, [1] * len(strands), BESIDE_GAP), strict=True):
            (count, times), x, middle = strand.values.shape, left + NAME, (low + high) / 2
            up = half * count / most
            found[name] = (x, middle - up, x + min(right - x, LARGEST_WIDTH * times), middle + up)
        return found

    def _stacked(self, room: Box, digits: bool) -> dict[str, Box]:
        left, bottom, right, top = room
        given = [*self.strands.values()]
        counts, times = [len(strand.values) for strand in given], given[0].values.shape[1]
        shares = counts if digits else [max(count / sum(counts), LEAST_HEAT_ROWS) for count in counts]
        half = min((top - bottom) / 2, digit_height(given, right - left)[1] / 2 if digits else np.inf)
        linked, middle = any(strand.on_links for strand in given), (bottom + top) / 2
        width = min((right - left - NAME) / (times + linked / 2), LARGEST_WIDTH)
        found = {}
        places = rows((left + NAME, middle - half, right, middle + half), shares, GAP)
        for (name, strand), (x, low, _, high) in zip(self.strands.items(), places, strict=True):
            start = x + (width / 2 if linked and not strand.on_links else 0)
            found[name] = (start, low, start + width * times, high)
        return found

    def fill(self, name: str, times: slice, at: int = -1, known: int = 0) -> None:
        """Shows a strand at ``times``, and of the time ``at`` the first ``known`` rows."""
        seen = np.zeros(self.strands[name].values.shape, dtype=bool)
        seen[:, times] = True
        if at >= 0:
            seen[:known, at] = True
        self.tables[name].fill(self.strands[name].values, seen)

    def spot(self, name: str, row: int, time: int) -> Home:
        """A number of a strand."""
        return Home(self.tables[name], row, time, self.strands[name].role)

    def at(self, time: int) -> None:
        """Frames a time in all strands but those on links, of which none stands at a time."""
        framed = [table for name, table in self.tables.items() if not self.strands[name].on_links]
        places = [table.column(time) for table in framed]
        if not self.beside and len(framed) == len(self.tables):
            places = [around(places)]
        self.frame.draw(boxes([(x0, y0 - 0.04, x1, y1 + 0.04) for x0, y0, x1, y1 in places]))
