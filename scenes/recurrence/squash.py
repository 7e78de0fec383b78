"""The curve that makes the sum of a gate its value: a dot goes along below it while the sum is added up, then up to it and over."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import Group, Mobject

from engine.functions import FUNCTIONS
from scenes.parts.curves import Point, discs
from scenes.parts.ink import LEAST_PX, Box, Ink, Letters, Line, Mark, letter_size, lines
from scenes.parts.theme import Theme

REACH = 6.0  # sums beyond are shown at the ends
SAMPLES = 48
BESIDE = 1.4  # for the name and the numbers of the scale
DOT = 0.13
UP = 0.5  # of the way, until the dot is on the curve
LOW = {"sigmoid": 0.0, "tanh": -1.0}  # the least value


class Squash(Group):
    """One curve at a time in ``room``; none before :meth:`stand` was called."""

    fixed: Sequence[Mobject] = ()
    ground: Sequence[Mobject] = ()

    def __init__(self, room: Box, theme: Theme) -> None:
        left, bottom, right, top = room
        self.plot: Box = (left + BESIDE, bottom + 0.16, right - 0.1, top - 0.16)
        self.axes, self.curve = Mark(theme.line, stroke=2.0), Mark(theme.muted, stroke=5.0)
        self.path = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=4.0)
        self.dot = Mark(theme.ink, fill=1.0)
        self.label = Ink("", letter_size(), theme.ink, align=-1).put(left, (bottom + top) / 2)
        self.scale = Letters(theme.muted)
        super().__init__(self.axes, self.curve, self.path, self.dot, self.label, self.scale)
        self.function = ""

    def clear(self) -> None:
        """No curve."""
        self.function = ""
        self.label.write("")
        self.scale.write_lines([])
        for mark in (self.axes, self.curve, self.path, self.dot):
            mark.draw(np.zeros((0, 3)))

    def at(self, x: float, y: float) -> Point:
        """Where a point stands; a sum that is out of reach at the end."""
        left, bottom, right, top = self.plot
        low = LOW[self.function]
        share = (min(REACH, max(-REACH, x)) + REACH) / (2 * REACH) if x == x else 0.5
        return left + share * (right - left), bottom + (y - low) / (1 - low) * (top - bottom)

    def stand(self, function: str, total: float) -> None:
        """The curve of a function, the dot on the axis below it at what has been added up."""
        if function != self.function:
            self._set(function)
        self.path.draw(np.zeros((0, 3)))
        self.dot.draw(discs([self._foot(total)], DOT))

    def climb(self, total: float, value: float, share: float) -> None:
        """From the axis the dot goes up to the curve, then to the scale at the left."""
        if not math.isfinite(total + value):
            return
        (x, y), foot = self.at(total, value), self._foot(total)
        up, over = min(1.0, share / UP), max(0.0, (share - UP) / (1 - UP))
        corner = (x, foot[1] + (y - foot[1]) * up)
        end = (x + (self.plot[0] - x) * over, y) if over else corner
        self.path.draw(lines([(foot, corner), *([(corner, end)] if over else [])]))
        self.dot.draw(discs([end], DOT))

    def _foot(self, total: float) -> Point:
        return self.at(total, 0)[0], self.at(0, 0)[1]

    def _set(self, function: str) -> None:
        self.function = function
        curve, low = FUNCTIONS[function].of, LOW[function]
        left, bottom, right, top = self.plot
        points = [self.at(x, curve(x)) for x in np.linspace(-REACH, REACH, SAMPLES).tolist()]
        self.curve.draw(lines(pairwise(points)))
        zero = self.at(0, 0)
        self.axes.draw(lines([((left, zero[1]), (right, zero[1])), ((zero[0], bottom), (zero[0], top)), ((left, bottom), (left, top))]))
        self.label.write(FUNCTIONS[function].text).put(self.label.line.x, zero[1] if low else (bottom + top) / 2)
        texts = {1.0: "1", low: "−1" if low else "0"}
        self.scale.write_lines(Line(text, LEAST_PX, left - DOT - 0.07, self.at(0, y)[1], align=1) for y, text in texts.items())
