"""The cell of an LSTM as a picture: the cell state as a conveyor along the top, the gates below it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from manim import Group, Mobject

from scenes.parts.ink import LEAST_PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.table import LARGEST_DIGIT_PX, Table, holds, same_size
from scenes.parts.theme import Theme
from scenes.parts.typeset import SERIF, polygon

MATH_PX = 36.0
WIDTH = 1.0  # of a column
HEAD = 0.4  # above the conveyor, for the names of its ends
LINK, LARGEST_LINK = 0.56, 1.2  # between conveyor and gates
WORDS = 0.42  # below the gates
BUS = 0.25  # below the words
READOUT = 0.34  # for the number of the unit that is looked at, below coloured cells
LARGEST_CELL, LEAST_CELL = 0.52, 0.23
LARGEST_HEAT = 0.85  # height of a column of coloured cells
LEFT = -3.05

#: Middles of the columns, from left to right.
PLACES = {"c_before": -2.5, "f": -0.95, "i": 0.5, "g": 2.05, "o": 3.6, "tanh_c": 5.05, "c": 6.45, "h": 6.45}
ROLES = {"c_before": "output", "c": "output", "h": "output", "f": "ink", "i": "ink", "g": "ink", "o": "ink", "tanh_c": "ink"}
#: Of coloured cells: gates are brightness, from 0 (closed) to 1 (open).
HEAT_ROLES = {"f": "light", "i": "light", "o": "light"}
LETTERS = {"c_before": "c_(t-1)", "c": "c_t", "f": "f_t", "i": "i_t", "g": "g_t", "o": "o_t", "h": "h_t"}
WORDS_OF = {"f": "forget", "i": "input", "g": "candidate", "o": "output", "tanh_c": "tanh c"}
ABOVE = ("c_before", "c")
OPERATOR = 0.19  # radius
GATES = ("f", "i", "g", "o")
FIXED = HEAD + WORDS + BUS


def height(units: int) -> float:
    """What the picture takes up, at least, with digits."""
    return FIXED + LINK + 2 * units * LEAST_CELL


def numbers_of(trace: Any, name: str) -> np.ndarray:
    """All that may stand in a column."""
    if name == "c_before":
        return np.concatenate([trace.inputs["c0"].ravel(), trace.outputs["c"].ravel()])
    return np.asarray(trace.outputs[name]).ravel()


@dataclass(frozen=True)
class Wire:
    """A line through points, with an arrowhead at its end."""

    points: tuple[tuple[float, float], ...]
    head: bool = True


class CellPicture(Group):
    """Columns of units: two states at the ends of the conveyor, four gates, tanh and the hidden state.

    ``ground`` is what lies behind frames. The line that brings x and h to the gates begins at ``start``.
    """

    def __init__(self, trace: Any, room: Box, start: float, theme: Theme) -> None:
        super().__init__()
        self.trace, self.theme, self.units = trace, theme, trace.units
        self.start = start
        _, bottom, _, top = room
        free = top - bottom - FIXED
        cell = min(LARGEST_CELL, (free - LINK) / (2 * self.units))
        self.has_digits = cell >= LEAST_CELL - 1e-6 and all(holds(WIDTH, cell, numbers_of(trace, name)) for name in PLACES)
        readout = 0.0 if self.has_digits else READOUT
        tall = self.units * cell if self.has_digits else min(LARGEST_HEAT, (free - LINK - READOUT) / 2)
        link = min(LARGEST_LINK, free - readout - 2 * tall)
        self.bus = bottom
        self.words = bottom + BUS
        self.row = (self.words + WORDS + readout, self.words + WORDS + readout + tall)
        self.belt = (self.row[1] + link, self.row[1] + link + tall)
        #: Where lines from the gates turn towards each other.
        self.turn = self.row[1] + link * 0.4
        self.columns = {name: self._column(name) for name in PLACES}
        self.ground: list[Mobject] = [*self._wires(), *(mark for table in self.columns.values() for mark in table.ground)]
        same_size([*self.columns.values()])
        #: The way from the lens to a gate.
        self.way = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=4.5)
        self.readouts = {role: Letters(getattr(theme, role)) for role in ("ink", "output")}
        self.ground.append(self.way)
        self.add(*self.columns.values(), *self.readouts.values(), *self._names())

    def _column(self, name: str) -> Table:
        x = PLACES[name]
        low, high = self.belt if name in ABOVE else self.row
        box = (x - WIDTH / 2, low, x + WIDTH / 2, high)
        role = ROLES[name] if self.has_digits else HEAT_ROLES.get(name, "output")
        return Table(self.units, 1, box, role, self.theme, numbers_of(self.trace, name), digits=self.has_digits)

    # --- what stays --------------------------------------------------------------------------------------------------------------------

    def _names(self) -> list[Mobject]:
        found: list[Mobject] = []
        for name, letter in LETTERS.items():
            table, x = self.columns[name], PLACES[name]
            if name in ABOVE:
                align, x, y = 0, x, table.whole[3] + HEAD / 2
            elif name == "h":
                align, x, y = 0, x, self.words + WORDS / 2
            else:
                # Beside the line that leads upwards, on the side to which it does not turn.
                align, x, y = (-1, x + 0.14, self.turn) if name == "g" else (1, x - 0.14, self.turn)
            found.append(Ink(letter, MATH_PX, getattr(self.theme, ROLES[name]), math=True, align=align).put(x, y))
        below = self.words + WORDS / 2 + 0.01
        found += [Ink(word, letter_size(SERIF), self.theme.muted, font=SERIF).put(PLACES[name], below) for name, word in WORDS_OF.items()]
        return found

    def _wires(self) -> list[Mobject]:
        belt, row = sum(self.belt) / 2, sum(self.row) / 2
        half = WIDTH / 2
        low, high = self.belt
        both = (PLACES["i"] + PLACES["g"]) / 2
        show = (PLACES["o"] + PLACES["tanh_c"]) / 2
        link = self.turn
        rails = [((PLACES["c_before"] + half, y), (PLACES["c"] - half, y)) for y in (low, high)]
        wires = [
            Wire(((PLACES["f"], self.row[1]), (PLACES["f"], belt - OPERATOR))),
            Wire(((PLACES["i"], self.row[1]), (PLACES["i"], link), (both - OPERATOR, link))),
            Wire(((PLACES["g"], self.row[1]), (PLACES["g"], link), (both + OPERATOR, link))),
            Wire(((both, link + OPERATOR), (both, belt - OPERATOR))),
            Wire(((PLACES["tanh_c"], low), (PLACES["tanh_c"], self.row[1]))),
            Wire(((PLACES["tanh_c"] + half, row), (PLACES["h"] - half, row))),
            Wire(((self.start, self.bus), (PLACES["o"], self.bus)), head=False),
            *(Wire(((PLACES[name], self.bus), (PLACES[name], self.words))) for name in GATES),
            Wire(((PLACES["c_before"] + half, belt), (PLACES["f"] - OPERATOR, belt))),
            Wire(((PLACES["f"] + OPERATOR, belt), (both - OPERATOR, belt))),
            Wire(((both + OPERATOR, belt), (PLACES["c"] - half, belt))),
        ]
        operators = {"×": [(PLACES["f"], belt), (both, link), (show, row)], "+": [(both, belt)]}
        circles = [circle(x, y, OPERATOR) for places in operators.values() for x, y in places]
        signs = [Line(sign, LEAST_PX + 6, x, y) for sign, places in operators.items() for x, y in places]
        return [
            Mark(self.theme.line, fill=0.16).draw(boxes([(PLACES["c_before"] + half, low, PLACES["c"] - half, high)])),
            Mark(self.theme.line, stroke=2.0).draw(lines(rails)),
            Mark(self.theme.muted, stroke=2.4).draw(lines(pair for wire in wires for pair in pairwise(wire.points))),
            Mark(self.theme.muted, fill=1.0).draw(np.concatenate([arrowhead(*wire.points[-2:]) for wire in wires if wire.head])),
            Mark(self.theme.ground, fill=1.0).draw(np.concatenate(circles)),
            Mark(self.theme.ink, stroke=2.6).draw(np.concatenate(circles)),
            Letters(self.theme.ink).write_lines(signs),
        ]

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def fill(self, name: str, values: np.ndarray, known: int) -> None:
        """The numbers of the first ``known`` units of a column."""
        self.columns[name].fill(values[:, None], (np.arange(self.units) < known)[:, None])

    def lead(self, gate: str | None) -> None:
        """Lights up the way from the lens to a gate."""
        if gate is None:
            self.way.draw(np.zeros((0, 3)))
            return
        x = PLACES[gate]
        points = [(self.start, self.bus), (x, self.bus), (x, self.words)]
        self.way.draw(np.concatenate([lines(pairwise(points)), arrowhead(*points[-2:])]))

    def read_out(self, texts: dict[str, str]) -> None:
        """Numbers of the unit that is looked at, below columns that have no digits."""
        for role, mark in self.readouts.items():
            mark.write_lines(
                Line(text, self._readout_size(text), PLACES[name], self.columns[name].whole[1] - READOUT / 2 - 0.02)
                for name, text in texts.items()
                if ROLES[name] == role
            )

    def _readout_size(self, text: str) -> float:
        return max(LEAST_PX, min(LARGEST_DIGIT_PX - 6, LEAST_PX * (WIDTH + 0.1) / text_width(text, LEAST_PX)))

    def box(self, name: str, unit: int) -> Box:
        """A unit of a column."""
        return self.columns[name].box(unit)


def arrowhead(a: tuple[float, float], b: tuple[float, float], size: float = 0.13) -> np.ndarray:
    """A triangle whose tip is at ``b``, seen from ``a``."""
    (x0, y0), (x1, y1) = a, b
    length = max(abs(x1 - x0), abs(y1 - y0))
    dx, dy = (x1 - x0) / length * size, (y1 - y0) / length * size
    return polygon([(x1, y1), (x1 - dx - dy / 2, y1 - dy + dx / 2), (x1 - dx + dy / 2, y1 - dy - dx / 2)])


def circle(x: float, y: float, radius: float) -> np.ndarray:
    """Four curves, each a quarter."""
    k = 0.5523 * radius
    quarter = [(radius, 0), (radius, k), (k, radius), (0, radius)]
    points = []
    for cos, sin in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        points += [(x + a * cos - b * sin, y + a * sin + b * cos, 0.0) for a, b in quarter]
    return np.array(points)
