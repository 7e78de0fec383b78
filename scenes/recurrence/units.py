"""Columns of units with lines between them: what the pictures of an LSTM's cell, forwards and backwards, have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from manim import Group, Mobject

from engine.numbers import USUAL_DECIMALS, plain
from scenes.parts.curves import Point, discs
from scenes.parts.grid import same_size
from scenes.parts.ink import LEAST_PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, lines
from scenes.parts.lattice import Home, Lattice, holds
from scenes.parts.press import SERIF
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

MATH_PX = 36.0
WIDTH = 1.0  # of a column
HEAD = 0.4  # above the conveyor, for the names of its ends
LINK, LARGEST_LINK = 0.56, 1.2  # between conveyor and gates
WORDS = 0.42  # below the gates
SMALLER, CLEAR = 0.8, 0.015  # a letter there, which has to keep away from the frame of the lowest cell
BUS = 0.25  # below the words
READOUT = 0.34  # for the number of the unit that is looked at, below coloured cells
LARGEST_CELL, LEAST_CELL = 0.52, 0.23
LARGEST_HEAT = 0.85  # height of a column of coloured cells
LEFT = -3.05
FIXED = HEAD + WORDS + BUS
OPERATOR = 0.19  # radius
HALF = WIDTH / 2


def height(units: int) -> float:
    """What a picture takes up, at least, with digits."""
    return FIXED + LINK + 2 * units * LEAST_CELL


@dataclass(frozen=True)
class Wire:
    """A line through points, with an arrowhead at its end."""

    points: Sequence[Point]
    head: bool = True


@dataclass(frozen=True)
class UnitColumn:
    """Where a column stands, what it is called and how it looks.

    ``letter`` is Typst math, ``side`` where it stands: above the column (0), below (2), or beside the line that leads upwards, at its left
    (−1) or right (1), ``away`` from it. Of coloured cells, gates are brightness, from 0 (closed) to 1 (open).
    """

    x: float
    role: str
    letter: str = ""
    word: str = ""
    side: int = 0
    on_belt: bool = False
    is_gate: bool = False
    away: float = 0.14

    @property
    def heat_role(self) -> str:
        """The role of coloured cells: ink has no shades."""
        return "light" if self.is_gate else "output" if self.role == "ink" else self.role


class UnitPicture(Group):
    """``columns`` at the two heights of ``room``: on the conveyor, and in the row below it.

    ``numbers`` are all that may stand in each. ``fixed`` is what never changes, ``ground`` what else lies behind
    frames. A line below all leads to ``start``, at the left.
    """

    columns: ClassVar[Mapping[str, UnitColumn]]

    def __init__(self, numbers: Mapping[str, np.ndarray], units: int, room: Box, start: float, theme: Theme) -> None:
        super().__init__()
        self.units, self.start, self.theme = units, start, theme
        _, bottom, _, top = room
        free = top - bottom - FIXED
        cell = min(LARGEST_CELL, (free - LINK) / (2 * units))
        self.has_digits = cell >= LEAST_CELL - 1e-6 and all(holds(WIDTH, cell, numbers[name]) for name in self.columns)
        readout = 0.0 if self.has_digits else READOUT
        tall = units * cell if self.has_digits else min(LARGEST_HEAT, (free - LINK - READOUT) / 2)
        link = min(LARGEST_LINK, free - readout - 2 * tall)
        self.bus, self.words = bottom, bottom + BUS
        self.row = (self.words + WORDS + readout, self.words + WORDS + readout + tall)
        self.belt = (self.row[1] + link, self.row[1] + link + tall)
        #: Where lines from the gates turn towards each other.
        self.turn = self.row[1] + link * 0.4
        self.tables = {name: self._table(column, numbers[name]) for name, column in self.columns.items()}
        same_size([*self.tables.values()])
        #: The way that numbers take now.
        self.led: Sequence[Point] = ()
        self.way = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=4.5)
        self.readouts = {column.role: Letters(getattr(theme, column.role), halo=theme.ground) for column in self.columns.values()}
        tables = [*self.tables.values()]
        self.fixed: list[Mobject] = [
            *self._lines(),
            *self._operators(),
            *self._names(),
            *(mark for table in tables for mark in table.fixed),
        ]
        self.ground: list[Mobject] = [*(mark for table in tables for mark in table.changing), self.way]
        self.add(*tables, *self.readouts.values())

    # --- what a subclass says ----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def wires(self) -> list[Wire]:
        """The lines between columns."""

    @abstractmethod
    def signs(self) -> dict[str, list[Point]]:
        """Where which operators stand."""

    # --- what stays --------------------------------------------------------------------------------------------------------------------

    @property
    def rails(self) -> tuple[float, float]:
        """The conveyor goes from the first column on it to the second one."""
        left, right, *_ = sorted(column.x for column in self.columns.values() if column.on_belt)
        return left + HALF, right - HALF

    @property
    def middle(self) -> tuple[float, float]:
        """The middle heights of the conveyor and of the row below it."""
        return sum(self.belt) / 2, sum(self.row) / 2

    def x(self, name: str) -> float:
        """The middle of a column."""
        return self.columns[name].x

    def _table(self, column: UnitColumn, numbers: np.ndarray) -> Lattice:
        low, high = self.belt if column.on_belt else self.row
        role = column.role if self.has_digits else column.heat_role
        return Lattice(self.units, 1, (column.x - HALF, low, column.x + HALF, high), role, self.theme, numbers, digits=self.has_digits)

    def _names(self) -> list[Mobject]:
        found: list[Mobject] = []
        below, ground = self.words + WORDS / 2, self.theme.ground
        for name, column in self.columns.items():
            top = self.tables[name].whole[3]
            if column.letter:
                y = {0: top + HEAD / 2 + 0.03, 2: below - CLEAR}.get(column.side, self.turn)
                x = column.x + (column.away * column.side if abs(column.side) == 1 else 0)
                align = -column.side if abs(column.side) == 1 else 0
                colour = getattr(self.theme, column.role)
                size = MATH_PX * (SMALLER if column.side == 2 else 1.0)
                found.append(Ink(column.letter, size, colour, math=True, align=align, halo=ground).put(x, y))
            if column.word:
                word = Ink(column.word, letter_size(SERIF), self.theme.muted, font=SERIF, halo=ground)
                found.append(word.put(column.x, below + 0.01))
        return found

    def _lines(self) -> list[Mobject]:
        low, high = self.belt
        left, right = self.rails
        wires = self.wires()
        return [
            Mark(self.theme.line, fill=0.16).draw(boxes([(left, low, right, high)])),
            Mark(self.theme.line, stroke=2.0).draw(lines([((left, y), (right, y)) for y in self.belt])),
            Mark(self.theme.muted, stroke=2.4).draw(lines(pair for wire in wires for pair in pairwise(wire.points))),
            Mark(self.theme.muted, fill=1.0).draw(
                np.concatenate([arrowhead(wire.points[-2], wire.points[-1]) for wire in wires if wire.head])
            ),
        ]

    def _operators(self) -> list[Mobject]:
        placed = [(sign, x, y) for sign, places in self.signs().items() for x, y in places]
        circles = discs([(x, y) for _, x, y in placed], OPERATOR)
        return [
            Mark(self.theme.ground, fill=1.0).draw(circles),
            Mark(self.theme.ink, stroke=2.6).draw(circles.copy()),
            Letters(self.theme.ink).write_lines(Line(sign, LEAST_PX + 6, x, y) for sign, x, y in placed),
        ]

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def show(self, numbers: Mapping[str, np.ndarray], unit: int) -> None:
        """The numbers of the first units of columns, as many as there are; of columns without digits that of ``unit`` below them."""
        for name, known in numbers.items():
            self.tables[name].fill_first(known)
        if not self.has_digits:
            texts = {name: plain(float(known[unit]), USUAL_DECIMALS) for name, known in numbers.items() if len(known) > unit}
            for role, mark in self.readouts.items():
                shown = [self.spot(name, unit).place(text) for name, text in texts.items() if self.columns[name].role == role]
                mark.write_lines(line for line in shown if isinstance(line, Line))

    def lead(self, points: Sequence[Point]) -> None:
        """Lights up a way; none without points."""
        if points != self.led:
            self.led = points
            self.way.draw(np.concatenate([lines(pairwise(points)), arrowhead(points[-2], points[-1])]) if points else np.zeros((0, 3)))

    def spot(self, name: str, unit: int) -> Home:
        """A unit of a column."""
        apart = (self.x(name), self.tables[name].whole[1] - READOUT / 2 - 0.02)
        return Home(self.tables[name], unit, 0, self.columns[name].role, apart)

    def to(self, name: str) -> list[Point]:
        """The way from the lens to a column, which is read backwards that to the lens."""
        return [(self.start, self.bus), (self.x(name), self.bus), (self.x(name), self.words)]


def arrowhead(a: Point, b: Point, size: float = 0.13) -> np.ndarray:
    """A triangle whose tip is at ``b``, seen from ``a``."""
    (x0, y0), (x1, y1) = a, b
    length = max(abs(x1 - x0), abs(y1 - y0))
    dx, dy = (x1 - x0) / length * size, (y1 - y0) / length * size
    return polygon([(x1, y1), (x1 - dx - dy / 2, y1 - dy + dx / 2), (x1 - dx + dy / 2, y1 - dy - dx / 2)])
