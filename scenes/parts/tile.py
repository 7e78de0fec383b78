"""The window under the lens with weights: every value that is read, above the weight that it is multiplied by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, pi, sin

import numpy as np

from engine.numbers import USUAL_DECIMALS, decimals_needed, fitting, plain
from scenes.parts.digits import Writing, characters, size_within
from scenes.parts.glass import COMFORTABLE_PX, GAP_PX, LABEL_RISE, LARGEST_HEAT_CELL, STOREY_GAP_PX, Pane, tells
from scenes.parts.grid import Grid, centred
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, letter_size
from scenes.parts.plane import LABEL_COLUMN, LABEL_ROOM
from scenes.parts.raster import heat_limit
from scenes.parts.theme import Theme
from scenes.parts.travel import Travelling

LARGEST = (1.6, 1.45)  # of a cell, width and height
LARGEST_DIGIT_PX = 54.0
MOST_TRIED = 500
TIMES_ROOM = 0.5  # for the sign between the two grids


class Tile(Pane):
    """``weights`` (rows x columns) and, once :meth:`show` was called, the window's values.

    ``values`` are all the numbers that may be read: where one of them does not fit into a cell, values and weights stand side by side as
    coloured cells. ``role`` is that of the values, the title's that of the weights. ``widest`` are texts that
    should fit whole; they decide the size of the digits.
    """

    def __init__(
        self,
        weights: np.ndarray,
        values: np.ndarray,
        room: Box,
        theme: Theme,
        title: Heading,
        widest: Sequence[str],
        role: str = "input",
    ) -> None:
        self.weights, shape, roles = weights, weights.shape, (role, title.role)
        left, bottom, right, top = room
        inner = (left + LABEL_COLUMN, bottom, right, top) if title.beside else (left, bottom, right, top - LABEL_ROOM)
        width, height = inner[2] - inner[0], inner[3] - inner[1]
        cell = min(width / shape[1], LARGEST[0]), min(height / shape[0], LARGEST[1])
        writing = _writing(weights, values, cell, widest)
        x, y = (inner[0] + right) / 2, (bottom + inner[3]) / 2
        boxes = [centred(shape, cell, inner)]
        if writing is None:
            boxes = _pair(shape, (width, height), (x, y))
        super().__init__(shape, boxes[0], roles[0], theme, writing)
        self.upper, self.lower = Letters(getattr(theme, roles[0])), Letters(getattr(theme, roles[1]))
        self.beside = [Grid(shape, box, roles[1], theme, None, limit=heat_limit(weights)) for box in boxes[1:]]
        self.storeys = [self.upper, self.lower] if writing else []
        self.turning = Travelling(getattr(theme, roles[1]), halo=theme.ground)
        self.times, self.places = Ink("×", 40.0, theme.ink).put(x, y), [(grid.left, grid.top) for grid in self.beside]
        self.add(*(mark for grid in self.beside for mark in (*grid.ground, self.times)), self.upper, self.lower, self.turning)
        name = Ink(title.text, letter_size(), getattr(theme, title.role), align=title.align)
        self.dress(name.put(*((left, y) if title.beside else (x, self.top + LABEL_RISE))), [self, *self.beside])

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        left, bottom, right, top = super().whole
        x, y = self.places[-1] if self.beside else (left, top)
        return left, y - (top - bottom), x + right - left, top

    @property
    def read(self) -> list[Line]:
        """The values as they are written, row by row."""
        return self.upper.lines

    def show_weights(self) -> None:
        """The weights alone."""
        self.settle(1.0)
        self.upper.write_lines([])
        self.mark(None)

    def settle(self, share: float) -> None:
        """The weights alone, so far on their way from the middle, where they stand as long as there is nothing else."""
        self.blank()
        self._weigh(self.plain_weights, share)
        if self.beside and share < 1:
            self.ruled.draw(np.zeros((0, 3)))

    def turn(self, share: float, settled: float) -> None:
        """The weights so far on their way around the middle by half a turn; they began as they were given."""
        self.settle(settled)
        for grid in self.beside:
            self._fold(grid, share)
        around = self.lower.lines
        x, y = (sum(at) / max(1, len(around)) for at in ([line.x for line in around], [line.y for line in around]))
        angle = pi * (1 - share)
        turned = [
            replace(
                line,
                x=x + cos(angle) * (line.x - x) - sin(angle) * (line.y - y),
                y=y + sin(angle) * (line.x - x) + cos(angle) * (line.y - y),
            )
            for line in around
        ]
        moves = 0 < share < 1
        self.turning.write_lines(turned if moves else [])
        self.lower.write_lines([] if moves else turned)

    def _fold(self, grid: Grid, share: float) -> None:
        """Half a turn of coloured cells: first their columns change places, then their rows."""
        first, second = min(1.0, 2 * share), max(0.0, 2 * share - 1)
        x0, y0, x1, y1 = grid.whole
        across, along = (abs(cos(pi * part)) or 1e-3 for part in (first, second))
        values = self.weights[:: 1 if second > 0.5 else -1, :: 1 if first > 0.5 else -1]
        grid.fill(np.ascontiguousarray(values), np.ones(values.shape, dtype=bool))
        x, y, wide, high = (x0 + x1) / 2, (y0 + y1) / 2, across * (x1 - x0) / 2, along * (y1 - y0) / 2
        grid.raster.move((x - wide, y - high, x + wide, y + high))

    @property
    def plain_weights(self) -> list[str]:
        """The weights as they are written before there is a step."""
        weights = self.weights.flatten().tolist()
        decimals = decimals_needed(weights)
        return [plain(weight, decimals) for weight in weights]

    def _weigh(self, texts: Sequence[str], settled: float = 1.0) -> None:
        self.exact = True
        if self.has_digits:
            self.storey(self.lower, texts, self.weights.flatten().tolist(), "×", -settled)
        for grid, (left, top) in zip(self.beside, self.places, strict=True):
            away = (1 - settled) / 2
            grid.move(left - away * (left - self.left), top - away * (top - self.top))
            grid.fill(self.weights, np.ones(self.weights.shape, dtype=bool))
            self.times.write("×" if settled >= 1 else "")
            self.rule()

    def show(self, terms: Sequence[tuple[str, ...]], values: Sequence[float], limit: float) -> None:
        """The window of one step: its factors as they are written, the numbers read, the limit of their colours."""
        taps = self.weights.size
        self._weigh([term[1] for term in terms[:taps]])
        if self.has_digits:
            self.storey(self.upper, [term[0] for term in terms[:taps]], values[:taps], side=1)
        else:
            self.limit = limit
            self.raster.colour(self.tints(np.array(values[:taps]).reshape(self.weights.shape)))


def _pair(shape: tuple[int, int], room: tuple[float, float], middle: tuple[float, float]) -> list[Box]:
    """The boxes of two grids of coloured cells: side by side, or one below the other where their cells are larger then."""
    (rows, columns), (width, height), (x, y) = shape, room, middle
    beside = min((width - TIMES_ROOM) / 2 / columns, height / rows, LARGEST_HEAT_CELL)
    below = min(width / columns, (height - TIMES_ROOM) / 2 / rows, LARGEST_HEAT_CELL)
    if beside >= below:
        away = (TIMES_ROOM + columns * beside) / 2
        return [centred(shape, (beside, beside), (at, y, at, y)) for at in (x - away, x + away)]
    # Few long rows of square cells would be threads.
    cell = below, max(below, min(LARGEST_HEAT_CELL, (height - TIMES_ROOM) / 2 / rows))
    away = (TIMES_ROOM + rows * cell[1]) / 2
    return [centred(shape, cell, (x, at, x, at)) for at in (y + away, y - away)]


def _writing(weights: np.ndarray, values: np.ndarray, cell: tuple[float, float], widest: Sequence[str]) -> Writing | None:
    """Digits of two storeys, if all numbers fit; the sign before a weight takes a character."""
    space, most = cell[0] - GAP_PX * PX, characters(cell[0], GAP_PX)
    largest = size_within(space, ["0"], (cell[1] / PX - 3 * STOREY_GAP_PX) / 2, LARGEST_DIGIT_PX)
    size = min(largest, max(COMFORTABLE_PX, size_within(space, widest)))
    return Writing(size) if size >= LEAST_PX and _all_fit(values, most) and _all_fit(weights, most - 1) else None


def _all_fit(numbers: np.ndarray, most: int) -> bool:
    """Whether every number can be written in a cell, with two digits that count unless it has fewer or is near 0 among the others."""
    distinct = np.unique(np.round(numbers[np.isfinite(numbers)], USUAL_DECIMALS))
    ends = [*distinct[:MOST_TRIED], *distinct[-MOST_TRIED:]]
    return most >= len("≈0") and all(tells(float(x), fitting(float(x), most), most) for x in ends)
