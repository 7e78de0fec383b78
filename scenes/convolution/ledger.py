"""What channel after channel adds, one below the other, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
from manim import Group

from scenes.parts.digits import size_within
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.plane import LABEL_ROOM
from scenes.parts.theme import Theme
from scenes.parts.window import Window

#: Its width on the stage, the height of a row, that of the bars of many channels, and between the name of a row and its number.
ROOM, ROW, BARS, BETWEEN = 2.5, 0.62, 1.5, 0.15
LARGEST_PX = 40.0
#: Of a bar what is coloured.
FILLED = 0.8


class Ledger(Group):
    """Rows of names, each with a number once that is known, then their sum; above them bars for all channels if these are ``many``."""

    def __init__(self, room: Box, title: Heading, count: int, theme: Theme, *, many: bool) -> None:
        left, bottom, right, top = room
        self.left, self.right, self.bottom, self.count = left, right, bottom, count if many else 0
        self.top = top - LABEL_ROOM - (BARS if many else 0.0)
        self.titled = title.text
        self.title = Ink(title.text, letter_size(), theme.muted).put((left + right) / 2, top - LABEL_ROOM / 2 + 0.03)
        self.names, self.numbers = Letters(theme.muted), Letters(getattr(theme, title.role))
        self.rule, self.spot = Mark(theme.line, stroke=3.0), Window(theme)
        self.bars = {bright: Mark(getattr(theme, title.role), fill=1.0 if bright else 0.4) for bright in (False, True)}
        super().__init__(self.rule, *self.bars.values(), self.names, self.numbers, self.title, self.spot)

    def row(self, number: int, rows: int) -> Box:
        """The box of a row; the last one is that of the sum."""
        height = min(ROW, (self.top - self.bottom) / rows)
        y = self.top - number * height
        return self.left, y - height, self.right, y

    def place(self, text: str, number: int, rows: int, taken: float = 0.0) -> Line:
        """A number in its row."""
        _, bottom, right, top = self.row(number, rows)
        size = max(LEAST_PX, size_within(self.right - self.left - taken - BETWEEN, [text], LARGEST_PX))
        return Line(text, size, right, (bottom + top) / 2, align=1)

    def show(self, names: Sequence[str], texts: Sequence[str], total: tuple[str, str], at: int | None = None) -> None:
        """Names with their numbers, empty ones where these are not known, then the name of their sum and it; the row of now in a frame."""
        self.title.write(self.titled)
        every, numbers, rows = [*names, total[0]], [*texts, total[1]], len(names) + 1
        middles = [(box[1] + box[3]) / 2 for box in (self.row(number, rows) for number in range(rows))]
        self.names.write_lines(Line(name, letter_size(), self.left, y, align=-1) for name, y in zip(every, middles, strict=True))
        wide = [text_width(name, letter_size()) for name in every]
        self.numbers.write_lines(self.place(text, n, rows, wide[n]) for n, text in enumerate(numbers) if text)
        y = self.row(rows - 1, rows)[3]
        self.rule.draw(lines([((self.left, y), (self.right, y))]))
        self.mark(at, rows)

    def mark(self, at: int | None, rows: int) -> None:
        """Frames a row."""
        if at is None:
            self.spot.clear()
            return
        x0, y0, x1, y1 = self.row(at, rows)
        self.spot.put((x0 - 8 * PX, y0 + 3 * PX, x1 + 8 * PX, y1 - 3 * PX))

    def grow(self, sums: Mapping[int, float], named: Sequence[int], most: float) -> None:
        """Bars of those channels whose sums are known, those that are named bright; ``most`` is the longest that there may be."""
        drawn: dict[bool, list[Box]] = {False: [], True: []}
        middle, high = self.top + BARS / 2, 0.45 * BARS
        pitch = (self.right - self.left) / max(1, self.count)
        for number, value in sums.items() if self.count else []:
            value = value if isfinite(value) else 0.0
            x, y = self.left + number * pitch, middle + high * value / (most or 1.0)
            drawn[number in named].append((x, min(y, middle), x + FILLED * pitch, max(y, middle)))
        for bright, found in drawn.items():
            self.bars[bright].draw(boxes(found))

    def clear(self) -> None:
        """Takes numbers away."""
        for mark in (self.names, self.numbers):
            mark.write_lines([])
        for mark in (self.rule, *self.bars.values()):
            mark.draw(np.zeros((0, 3)))
        self.spot.clear()

    def hide(self) -> None:
        """Takes all of it away."""
        self.clear()
        self.title.write("")
