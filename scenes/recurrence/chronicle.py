"""What has happened so far: sequences side by side, time from left to right, the current time framed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from manim import Group, Mobject

from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Mark, boxes, letter_size
from scenes.parts.lattice import GAP_PX, Home, Lattice
from scenes.parts.levels import flatten
from scenes.parts.press import SERIF
from scenes.parts.rooms import columns
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon
from scenes.recurrence.streams import FULL, THINNEST, Stream, Streams

MATH_PX = 40.0
NAME = 0.72
BESIDE_GAP = 0.4
ROW = (LEAST_PX + 4 + GAP_PX[1]) * PX  # least height of a row of digits
LEAST_WIDTH, LARGEST_WIDTH = 0.87, 1.9
LARGEST_ROW, LARGEST_HEAT_ROW = 0.42, 0.5
HEAT_BAND, LEAST_BAND = 1.72, 1.2  # height of coloured cells: as a rule, and at least
NOTE = 0.46  # for what is said above
POINTER = 0.13
#: In a row so high digits stand above their stream: how far above the middle, where its middle is, and how much of the row it fills.
HIGH_ROW, LIFT, SUNK, LOWER = 0.9, 0.26, 0.32, 0.52


class Strand(NamedTuple):
    """One sequence: its letter in Typst math, role, and numbers, rows x time. ``note`` stands above it.

    Behind the digits of one that ``flows`` there is a stream; ``most`` is a number from which on colours are strongest.
    """

    letter: str
    role: str
    values: np.ndarray
    note: str = ""
    flows: bool = False
    most: float = np.inf


def digit_width(strands: Sequence[Strand], width: float) -> bool:
    """Whether there is room for the digits of all of them side by side."""
    return sum(NAME + len(strand.values.T) * LEAST_WIDTH for strand in strands) + BESIDE_GAP * (len(strands) - 1) <= width


def digit_height(strands: Sequence[Strand], width: float) -> tuple[float, float]:
    """What they take up with digits, at least and with the largest rows; more than there is where they are too wide."""
    tallest = max(len(strand.values) for strand in strands)
    return (tallest * ROW, tallest * LARGEST_ROW) if digit_width(strands, width) else (np.inf, np.inf)


class Raised(Lattice):
    """Digits in the upper part of their cells: a thin stream behind a number would look like a minus before it."""

    def centre(self, row: int, column: int = 0) -> tuple[float, float]:
        x, y = super().centre(row, column)
        return x, y + LIFT * self.cell[1]


class Chronicle(Group):
    """Strands in ``room``, side by side; digits where they fit into all of them, in rows of ``largest`` height at most.

    ``fixed`` is what never changes, ``ground`` what else lies behind frames.
    """

    #: Whether it has digits where they fit, and whether notes stand above.
    may_write = notes_above = True

    def __init__(self, strands: Mapping[str, Strand], room: Box, theme: Theme, largest: float = LARGEST_ROW) -> None:
        super().__init__()
        self.theme, self.strands = theme, strands
        left, bottom, right, top = room
        noted = NOTE if self.notes_above and any(strand.note for strand in strands.values()) else 0.0
        inner = (left, bottom, right, top - noted)
        digits = self.may_write and digit_height([*strands.values()], right - left)[0] <= inner[3] - bottom + 1e-6
        self.tables = self._tables(self._places(inner, largest, digits=digits), digits=digits)
        if digits and not all(table.has_digits for table in self.tables.values()):
            self.tables = self._tables(self._places(inner, largest, digits=False), digits=False)
        tables = [*self.tables.values()]
        self.fixed: list[Mobject] = [*(mark for table in tables for mark in table.fixed), *self._names()]
        flowing = [name for name, strand in strands.items() if strand.flows and self.has_digits]
        self.streams = {name: Streams(strands[name].role, theme) for name in flowing}
        flatten(self.tables[name] for name in flowing)
        self.ground: list[Mobject] = [*(mark for table in tables for mark in table.changing), *self.streams.values()]
        self.frame, self.pointer = Mark(theme.ink, stroke=3.0), Mark(theme.ink, fill=1.0)
        self.add(*tables, self.frame, self.pointer)

    def _tables(self, places: Mapping[str, Box], *, digits: bool) -> dict[str, Lattice]:
        found = {}
        for name, strand in self.strands.items():
            (count, times), role = strand.values.shape, strand.role
            # Coloured cells of ink go from 0 to 1.
            role = "light" if role == "ink" and not digits else role
            is_high = strand.flows and digits and (places[name][3] - places[name][1]) / count >= HIGH_ROW
            found[name] = (Raised if is_high else Lattice)(count, times, places[name], role, self.theme, strand.values, digits=digits)
            found[name].limit = min(found[name].limit, strand.most)
        return found

    def _places(self, room: Box, largest: float, *, digits: bool) -> dict[str, Box]:
        strands = self.strands.items()
        tall = room[3] - room[1]
        found = {}
        for (name, strand), (left, low, right, high) in zip(strands, columns(room, [1] * len(strands), BESIDE_GAP), strict=True):
            (count, times), x, middle = strand.values.shape, left + NAME, (low + high) / 2
            row = min(tall / max(len(one.values) for _, one in strands), largest) if digits else min(tall / count, LARGEST_HEAT_ROW)
            found[name] = (x, middle - row * count / 2, x + min(right - x, LARGEST_WIDTH * times), middle + row * count / 2)
        return found

    def _names(self) -> list[Mobject]:
        found: list[Mobject] = []
        for name, strand in self.strands.items():
            left, low, right, high = self.tables[name].whole
            found.append(
                Ink(strand.letter, MATH_PX, getattr(self.theme, strand.role), math=True, align=1).put(left - 0.24, (low + high) / 2)
            )
            if strand.note:
                found.append(self._note(strand.note, (left, low, right, high)))
        return found

    def _note(self, text: str, box: Box) -> Ink:
        note = Ink(text, letter_size(SERIF), self.theme.muted, font=SERIF)
        return note.put(box[0] + note.width_set / 2, box[3] + NOTE / 2 + 0.04)

    def fill(self, name: str, times: slice, at: int = -1, known: Sequence[int] | None = None) -> None:
        """Shows a strand at ``times``, and of the time ``at`` the rows that are ``known``."""
        seen = np.zeros(self.strands[name].values.shape, dtype=bool)
        seen[:, times] = True
        if at >= 0 and known is not None:
            seen[list(known), at] = True
        self.tables[name].fill(self.strands[name].values, seen)
        if name in self.streams:
            self.streams[name].show(self._flows(name, seen), [])

    def _flows(self, name: str, seen: np.ndarray) -> list[Stream]:
        """A piece of stream behind every number that is known and not 0."""
        table, values = self.tables[name], self.strands[name].values
        found = []
        for row, time in np.argwhere(seen & (np.abs(values) > 0)).tolist():
            left, low, right, high = table.box(row, time)
            at, full = (SUNK, LOWER) if isinstance(table, Raised) else (0.5, FULL)
            thick = max(THINNEST, min(1.0, abs(float(values[row, time])) / max(1.0, table.limit)) * full * (high - low))
            found.append(Stream(low + at * (high - low), [(left, thick), (right, thick)], bool(values[row, time] < 0)))
        return found

    def spot(self, name: str, row: int, time: int) -> Home:
        """A number of a strand."""
        return Home(self.tables[name], row, time, self.strands[name].role)

    def at(self, time: int, rows: Mapping[str, int]) -> None:
        """Frames a time in all strands, and points at a row in some that have colours."""
        places = [table.column(time) for table in self.tables.values()]
        self.frame.draw(boxes([(x0, y0 - 0.04, x1, y1 + 0.04) for x0, y0, x1, y1 in places]))
        tips = [(self.tables[name].left - 0.03, self.tables[name].centre(row)[1]) for name, row in rows.items() if not self.has_digits]
        heads = [polygon([(x, y), (x - POINTER, y + POINTER / 2), (x - POINTER, y - POINTER / 2)]) for x, y in tips]
        self.pointer.draw(np.concatenate([np.zeros((0, 3)), *heads]))

    @property
    def has_digits(self) -> bool:
        """Whether its numbers can be read."""
        return all(table.has_digits for table in self.tables.values())
