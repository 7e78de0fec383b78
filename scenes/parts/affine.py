"""What goes into a gate, under the lens: x and h of one unit's sum, beside each number its weight, and the biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from manim import Group, Mobject

from engine.numbers import fitting
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, text_width
from scenes.parts.table import Table, holds, same_size
from scenes.parts.theme import Theme
from scenes.parts.window import Window

MATH_PX = 36.0
HEAD = 0.46
NAME = 0.74  # for the names of the parts, at the left
CELL = 0.92
TIMES = 0.3
GAP = 0.16  # between the parts
LARGEST_ROW = 0.56
LEAST_HEAT = 0.42  # width of a column of coloured cells


class Affine(Group):
    """Rows of x, then of h, then of the biases; ``room`` is filled from the top.

    ``ground`` is what lies behind frames. The numbers of x and h are there from the beginning, weights only while a gate is computed.
    """

    def __init__(self, trace: Any, room: Box, theme: Theme) -> None:
        super().__init__()
        self.trace, self.theme = trace, theme
        left, bottom, right, top = room
        inputs = trace.inputs
        biases = [inputs[name] for name in ("bias_ih", "bias_hh") if name in inputs]
        counts = [trace.features, trace.units, *([len(biases)] if biases else [])]
        free = top - HEAD - bottom - GAP * (len(counts) - 1)
        height = min(LARGEST_ROW, free / sum(counts))
        states = np.concatenate([trace.outputs["h"].ravel(), inputs["h0"].ravel()])
        values = [inputs["input"], states]
        weights = [inputs["weight_ih"], inputs["weight_hh"], *([np.concatenate(biases)] if biases else [])]
        self.has_digits = all(holds(CELL, height, numbers) for numbers in (*values, *weights))
        width = CELL if self.has_digits else LEAST_HEAT
        x = left + NAME
        at = top - HEAD
        roles = ("input", "output")
        self.values: list[Table] = []
        self.weights: list[Table] = []
        names = ("x_t", "h_(t-1)", "b")
        # Coloured cells need no more room for a bias than digits do, and biases keep their digits.
        self.texts = Letters(theme.ink)
        self.names: list[Ink] = []
        self.middles: list[float] = []
        for number, count in enumerate(counts):
            tall = height * count
            low = at - tall
            if number < 2:
                self.values.append(Table(count, 1, (x, low, x + width, at), roles[number], theme, values[number], digits=self.has_digits))
            box = (x + width + TIMES, low, x + 2 * width + TIMES, at)
            self.weights.append(Table(count, 1, box, "weight", theme, weights[number], digits=self.has_digits))
            self.middles.append((at + low) / 2)
            role = getattr(theme, (*roles, "weight")[number])
            self.names.append(Ink(names[number], MATH_PX, role, math=True, align=-1).put(left, self.middles[-1]))
            at = low - GAP
        self.tables = [*self.values, *self.weights]
        same_size(self.tables)
        self.ground: list[Mobject] = [mark for table in self.tables for mark in table.ground]
        self.parts_at = x + 2 * width + TIMES + 0.14
        self.room_for_parts = right - self.parts_at
        self.head = Ink("", MATH_PX, theme.weight, math=True).put(x + 1.5 * width + TIMES, top - HEAD / 2)
        self.times = Letters(theme.muted)
        self.spot = Window(theme)
        self.add(self.spot, *self.tables, *self.names, self.head, self.times, self.texts)

    @property
    def whole(self) -> Box:
        """The box of all cells."""
        boxes = [table.whole for table in self.tables]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    def show_values(self, x: np.ndarray, h: np.ndarray) -> None:
        """The numbers of a time step, without weights."""
        for table, numbers in zip(self.values, (x, h), strict=True):
            table.fill(numbers[:, None], np.ones((len(numbers), 1), dtype=bool))
        for table in self.weights:
            table.hide()
        self.head.write("")
        for name in self.names[2:]:
            name.write("")
        self.times.write_lines([])
        self.texts.write_lines([])
        self.mark(None)

    def show_weights(self, terms: Sequence[tuple[float, ...]], texts: Sequence[tuple[str, ...]], stage: str) -> None:
        """The terms of a gate, and as they are written."""
        self.head.write(f"W_{stage}")
        for name in self.names[2:]:
            name.write("b")
        first = 0
        for number, table in enumerate(self.weights):
            own = slice(first, first + table.rows)
            first += table.rows
            table.rule()
            if not self.has_digits:
                table.fill(np.array([term[-1] for term in terms[own]])[:, None], np.ones((table.rows, 1), dtype=bool))
                continue
            for column, side in ((0, self.values), (-1, self.weights)):
                if number < len(side):
                    shown = {
                        (row, 0): self._text(side[number], text[column], term[column])
                        for row, (text, term) in enumerate(zip(texts[own], terms[own], strict=True))
                    }
                    side[number].write(shown)
        self.times.write_lines(self._signs())

    def _text(self, table: Table, text: str, number: float) -> str:
        return text if len(text) <= table.room else fitting(number, table.room)

    def _signs(self) -> list[Line]:
        """Between a number and its weight; once for each part where there are no digits."""
        found = []
        for values in self.values:
            x = values.whole[2] + TIMES / 2
            rows = range(values.rows) if self.has_digits else ()
            found += [Line("×", LEAST_PX, x, values.centre(row)[1]) for row in rows]
            if not self.has_digits:
                found.append(Line("×", LEAST_PX + 4, x, (values.whole[1] + values.whole[3]) / 2))
        return found

    def show_parts(self, texts: Sequence[str]) -> None:
        """What the parts add, as far as they have been added up."""
        lines = []
        for text, y in zip(texts, self.middles, strict=False):
            fits = [one for one in (text, text.replace(" ", "")) if text_width(one, LEAST_PX) <= self.room_for_parts]
            lines += [Line(one, LEAST_PX, self.parts_at, y, align=-1) for one in fits[:1]]
        self.texts.write_lines(lines)

    def mark(self, term: int | None) -> None:
        """Frames the number and the weight of a term."""
        if term is None:
            self.spot.clear()
            return
        number = 0
        while term >= self.weights[number].rows:
            term -= self.weights[number].rows
            number += 1
        box = self.weights[number].box(term)
        if number < len(self.values):
            box = (self.values[number].box(term)[0], *box[1:])
        self.spot.put(box)


def least_height(trace: Any) -> float:
    """What the rows take up as digits."""
    biases = sum(name in trace.inputs for name in ("bias_ih", "bias_hh"))
    return HEAD + (trace.features + trace.units + biases) * (LEAST_PX + 7) * PX + 2 * GAP
