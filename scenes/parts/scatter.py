"""A scatter plot: dots over two numbers each, and the straight line that they lie along."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group

from engine.numbers import plain
from scenes.parts.axes import Range, ticks, wider
from scenes.parts.curves import Point, discs
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark, letter_size, lines
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme

NAME, NUMBERS, BESIDE = 0.44, 0.36, 0.1  # heights of a row of names and of one of numbers, room beside a number
SIDE = 0.8  # width of the numbers at the left
PITCH = (0.9, 0.6)  # between two ticks, across and up, at least
SIZES = ((6, 0.13), (16, 0.1), (64, 0.065), (256, 0.045))  # up to so many dots have such a radius
FINEST = 0.03
RING = 0.06
ROLES = ("gradient", "output")


@dataclass(frozen=True)
class Cloud:
    """What is seen: dots, those that are ``solid``, which of them is ``lit``, the line's height at 0 and its slope, how much is drawn."""

    dots: tuple[Point, ...] = ()
    solid: tuple[bool, ...] = ()
    lit: int | None = None
    line: tuple[float, float] | None = None
    drawn: float = 1.0


class Scatter(Group):
    """In ``room``, numbers from ``across`` of what is called ``name`` at the bottom; :meth:`scale` says what goes up."""

    def __init__(self, room: Box, across: Range, name: str, role: str, theme: Theme) -> None:
        left, bottom, right, top = room
        self.room, self.theme = room, theme
        self.plot: Box = (left + SIDE, bottom + NAME + NUMBERS, right, top - 2 * NAME)
        self.across, self.up = wider(across), (0.0, 1.0)
        self.zeros, self.frame = Mark(theme.muted, stroke=2.0), Mark(theme.line, stroke=2.0)
        self.numbers, self.called, self.owner = Letters(theme.muted), Letters(theme.gradient), Letters(theme.ink)
        middle = (self.plot[0] + self.plot[2]) / 2
        beneath = Letters(getattr(theme, role)).write_lines([self._label(name, middle, bottom + NAME / 2)])
        self.solid, self.hollow = Mark(theme.gradient, fill=1.0), Mark(theme.gradient, stroke=3.0)
        self.fit, self.casing, self.ring = Mark(theme.output, stroke=6.0), Mark(theme.casing, stroke=8.0), Mark(theme.reading, stroke=4.5)
        super().__init__(self.frame, self.zeros, self.fit, self.hollow, self.solid, self.casing, self.ring)
        self.add(self.numbers, beneath, self.called, self.owner)

    # --- the plot --------------------------------------------------------------------------------------------------------------------

    def _label(self, text: str, x: float, y: float) -> Line:
        return Line(fitting_label(text, self.room[2] - self.room[0]), letter_size(), x, y)

    def scale(self, up: Range, name: str, owner: Sequence[str]) -> None:
        """From where to where it reaches upwards, what stands there, and whose dots these are."""
        self.up, (left, bottom, right, top) = wider(up), self.plot
        middle = (left + right) / 2
        self.called.write_lines([self._label(name, middle, top + NAME / 2)])
        self.owner.write_lines([self._label(", ".join(owner), middle, top + 1.5 * NAME)] if owner else [])
        (x, y), corners = self.at(0, 0), [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        self.frame.draw(lines(itertools.pairwise(corners)))
        zeros = [((left, y), (right, y))] * (bottom < y < top) + [((x, bottom), (x, top))] * (left < x < right)
        self.zeros.draw(lines(zeros))
        self.numbers.write_lines([*self._across(), *self._upwards()])

    def _across(self) -> Iterable[Line]:
        y = self.plot[1] - NUMBERS / 2
        found = [Line(plain(n), LEAST_PX, self.at(n, 0)[0], y) for n in ticks(*self.across, (self.plot[2] - self.plot[0]) / PITCH[0])]
        return (line for line in found if line.box[0] >= self.plot[0] - BESIDE and line.box[2] <= self.plot[2])

    def _upwards(self) -> Iterable[Line]:
        found = ticks(*self.up, (self.plot[3] - self.plot[1]) / PITCH[1])
        high = LEAST_PX * PX / 2
        placed = [Line(plain(n), LEAST_PX, self.plot[0] - BESIDE, self.at(0, n)[1], align=1) for n in found]
        return (line for line in placed if self.plot[1] + high <= line.y <= self.plot[3] - high and line.width < SIDE - BESIDE / 2)

    def at(self, x: float, y: float) -> Point:
        """Where a point stands."""
        (left, bottom, right, top), (x0, x1), (y0, y1) = self.plot, self.across, self.up
        return left + (x - x0) / (x1 - x0) * (right - left), bottom + (y - y0) / (y1 - y0) * (top - bottom)

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, cloud: Cloud) -> None:
        """What is seen."""
        self.middles = [self.at(*dot) for dot in cloud.dots]
        radius = next((size for most, size in SIZES if len(cloud.dots) <= most), FINEST)
        for mark, solid in ((self.solid, True), (self.hollow, False)):
            mark.draw(discs([place for place, one in zip(self.middles, cloud.solid, strict=True) if one is solid], radius))
        for mark in (self.casing, self.ring):
            mark.draw(discs([] if cloud.lit is None else [self.middles[cloud.lit]], radius + RING))
        self.fit.draw(lines([self._line(*cloud.line, cloud.drawn)] if cloud.line and cloud.drawn else []))

    def _line(self, level: float, slope: float, drawn: float) -> tuple[Point, Point]:
        """From the left edge as far as it is drawn, within the plot."""
        low, high = self.across
        xs = np.linspace(low, low + (high - low) * drawn, 101)
        inside = [x for x in xs.tolist() if self.up[0] <= level + slope * x <= self.up[1]] or [low, low]
        first, last = inside[0], inside[-1]
        return self.at(first, level + slope * first), self.at(last, level + slope * last)
