"""An x-y graph: curves through computed points, dots, a tangent, bars, shaded ranges; its numbers stand outside, where no line goes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from manim import Group

from engine.numbers import plain
from scenes.parts.curves import Point, discs
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.theme import Theme

BESIDE = 0.14  # between a graph and its numbers
TICK = 0.07
NUMBERS = LEAST_PX * PX + 2 * BESIDE  # height of the row of numbers below a graph
NAME = 0.44  # height of the name above it
PITCH = (0.9, 0.42)  # between two ticks, across and up, at least
AROUND = 0.06  # of a range, that an axis goes beyond it
DOT = 0.09
CURVE, TANGENT, BAR, GUIDE = 4.0, 5.0, 13.0, 2.5
HALF_TANGENT = 0.95
VEIL = {False: 0.18, True: 0.26}  # opacity of a shaded range, and of a dark one

Range = tuple[float, float]


class Axes(Group):
    """A graph in the box ``plot`` over the ranges of x and y, its name above.

    ``roles`` are those of x and y, ``bars`` the widths of a bar that stays and of one that moves; the x axis may be ``numbered``. One
    that is ``snug`` ends where its range does, and has its name within.
    """

    def __init__(
        self,
        plot: Box,
        ranges: tuple[Range, Range],
        name: str,
        roles: tuple[str, str],
        theme: Theme,
        *,
        numbered: bool = True,
        snug: bool = False,
        bars: tuple[float, float] = (CURVE, BAR),
    ) -> None:
        across, up = ranges
        self.plot, self.across, self.up = plot, across if snug else wider(across), wider(up)
        x_role, role = (getattr(theme, one) for one in roles)
        self.shades = {dark: Mark(theme.gradient if dark else theme.muted, fill=VEIL[dark]) for dark in (False, True)}
        self.notes = Letters(theme.ink, halo=theme.ground)
        self.curves = {one: Mark(getattr(theme, one), stroke=CURVE) for one in {*roles, "muted"}}
        self.bars, self.bar = Mark(role, stroke=bars[0], opacity=0.6), Mark(role, stroke=bars[1])
        self.guide, self.tangent = Mark(theme.muted, stroke=GUIDE), Mark(theme.gradient, stroke=TANGENT)
        self.foot, self.side = Mark(x_role, fill=1.0), Mark(role, fill=1.0)
        self.dots, self.dot = Mark(role, fill=0.8), Mark(theme.ink, fill=1.0)
        texts = self._texts(name, role, x_role, theme, numbered=numbered, snug=snug)
        super().__init__(*self.shades.values(), *self._lines(theme), *texts, self.notes, self.bars, self.guide, self.bar)
        self.add(*self.curves.values(), self.tangent, self.dots, self.foot, self.side, self.dot)

    def _ticks(self) -> tuple[list[float], list[float]]:
        """Of both axes."""
        wide, high = self._size()
        return ticks(*self.across, wide / PITCH[0]), ticks(*self.up, high / PITCH[1])

    def _lines(self, theme: Theme) -> tuple[Mark, Mark]:
        """Where x or y is 0, faint; the axes with their ticks."""
        (left, bottom, right, top), (x, y), (xs, ys) = self.plot, self.at(0, 0), self._ticks()
        zeros = [((left, y), (right, y))] * (self.up[0] < 0 < self.up[1])
        zeros += [((x, bottom), (x, top))] * (self.across[0] < 0 < self.across[1])
        short = [*(((x, bottom), (x, bottom - TICK)) for x in self._xs(xs)), *(((left, y), (left - TICK, y)) for y in self._ys(ys))]
        axes = [((left, top), (left, bottom)), ((left, bottom), (right, bottom))]
        return (
            Mark(theme.line, stroke=1.5, opacity=0.7).draw(lines(zeros)),
            Mark(theme.muted, stroke=2.0).draw(lines([*axes, *short])),
        )

    def _texts(self, name: str, role: str, x_role: str, theme: Theme, *, numbered: bool, snug: bool) -> tuple[Letters, Letters, Ink]:
        xs, ys = self._ticks()
        return (
            Letters(theme.muted).write_lines(self._beside(ys)),
            Letters(x_role).write_lines(self._below(xs) if numbered else []),
            Ink(name, letter_size(), role, align=1 if snug else -1).put(self.plot[2 if snug else 0], self.plot[3] + NAME * (0.5 - snug)),
        )

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def _size(self) -> tuple[float, float]:
        return self.plot[2] - self.plot[0], self.plot[3] - self.plot[1]

    def at(self, x: float, y: float) -> Point:
        """Where a point stands."""
        (left, bottom, _, _), (wide, high) = self.plot, self._size()
        (x0, x1), (y0, y1) = self.across, self.up
        return left + (x - x0) / (x1 - x0) * wide, bottom + (y - y0) / (y1 - y0) * high

    def _xs(self, values: Iterable[float]) -> list[float]:
        return [self.at(x, 0)[0] for x in values]

    def _ys(self, values: Iterable[float]) -> list[float]:
        return [self.at(0, y)[1] for y in values]

    def _beside(self, values: Sequence[float]) -> list[Line]:
        x = self.plot[0] - BESIDE
        return [Line(plain(value), LEAST_PX, x, y, align=1) for value, y in zip(values, self._ys(values), strict=True)]

    def _below(self, values: Sequence[float]) -> list[Line]:
        y = self.plot[1] - NUMBERS / 2 - BESIDE / 4
        found = [Line(plain(value), LEAST_PX, x, y) for value, x in zip(values, self._xs(values), strict=True)]
        # What stands further out would meet the names beside the graph.
        return [line for line in found if line.box[0] >= self.plot[0] and line.box[2] <= self.plot[2] + BESIDE]

    # --- what stays ------------------------------------------------------------------------------------------------------------------

    def curve(self, role: str, xs: np.ndarray, ys: np.ndarray, share: float = 1.0) -> None:
        """Draws a curve through points, from the left as far as ``share``; where there is no number it breaks off."""
        count = int(len(xs) * share)
        points = [self.at(x, y) for x, y in zip(xs[:count].tolist(), ys[:count].tolist(), strict=True)]
        self.curves[role].draw(lines((a, b) for a, b in pairwise(points) if all(map(math.isfinite, (*a, *b)))))

    def shade(self, ranges: Iterable[tuple[Range, bool, Sequence[str]]]) -> None:
        """Shades ranges of x, those that are dark in the colour of gradients; their words stand in the upper part if there is room."""
        drawn: dict[bool, list[Box]] = {False: [], True: []}
        written: list[Line] = []
        for (low, high), dark, words in ranges:
            x0, x1 = self._xs((low, high))
            drawn[dark].append((x0, self.plot[1], x1, self.plot[3]))
            if words and max(text_width(word, letter_size()) for word in words) < x1 - x0:
                y = self.plot[3] - NAME / 2
                written += [Line(word, letter_size(), (x0 + x1) / 2, y - n * NAME * 0.85) for n, word in enumerate(words)]
        for dark, mark in self.shades.items():
            mark.draw(boxes(drawn[dark]))
        self.notes.write_lines(written)

    def mark_all(self, points: Iterable[Point], heights: Iterable[Point] = ()) -> None:
        """Small dots, and thin bars from 0 up to points."""
        self.dots.draw(discs((self.at(*point) for point in points), DOT * 0.6))
        self.bars.draw(lines((self.at(x, 0), self.at(x, y)) for x, y in heights))

    # --- what moves ------------------------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Takes away what moves."""
        for mark in (self.guide, self.tangent, self.bar, self.foot, self.side, self.dot):
            mark.draw(np.zeros((0, 3)))

    def foot_of(self, x: float) -> Point:
        """Where a number is on the x axis."""
        return self.at(x, 0)[0], self.plot[1]

    def climb(self, x: float, y: float, share: float) -> None:
        """From its place on the x axis a dot goes to the point, then from there to the y axis."""
        self.clear()
        if not share:
            return
        (px, py), (left, bottom) = self.at(x, y), self.plot[:2]
        up, over = min(1.0, share / 0.55), max(0.0, share / 0.45 - 0.55 / 0.45)
        head, side = (px, bottom + (py - bottom) * up), (px + (left - px) * over, py)
        self.foot.draw(discs([(px, bottom)], DOT))
        self.guide.draw(lines([((px, bottom), head), *([((px, py), side)] if over else [])]))
        self.side.draw(discs([side] if over else [], DOT))
        self.dot.draw(discs([head], DOT))

    def touch(self, x: float, y: float, slope: float) -> None:
        """A dot in a point, and the tangent there."""
        self.clear()
        self.dot.draw(discs([self.at(x, y)], DOT))
        (x0, y0), (x1, y1) = self.at(x, y), self.at(x + 1, y + slope)
        along = np.array([x1 - x0, y1 - y0]) * HALF_TANGENT / math.hypot(x1 - x0, y1 - y0)
        ends = [self._held((x0, y0), along * sign) for sign in (-1, 1)]
        self.tangent.draw(lines([(ends[0], ends[1])]))

    def _held(self, start: Point, way: np.ndarray) -> Point:
        """Where a way ends that must not leave the graph."""
        room = [1.0]
        for at, along, low, high in zip(start, way.tolist(), self.plot[:2], self.plot[2:], strict=True):
            if along:
                room.append(max(0.0, ((high if along > 0 else low) - at) / along))
        return start[0] + way[0] * min(room), start[1] + way[1] * min(room)

    def stand(self, x: float, y: float) -> None:
        """A thick bar from 0 up to a point."""
        self.clear()
        self.bar.draw(lines([(self.at(x, 0), self.at(x, y))] if y else []))
        self.dot.draw(discs([self.at(x, y)], DOT))

    def level(self, y: float, share: float) -> None:
        """A line at one height, from the left as far as ``share``."""
        left, _, right, _ = self.plot
        self.clear()
        self.guide.draw(lines([((left, self.at(0, y)[1]), (left + (right - left) * share, self.at(0, y)[1]))] if share else []))


def wider(over: Range) -> Range:
    """A range with room at its ends; one of a single number is made a range."""
    low, high = over
    beyond = AROUND * (high - low) or 1.0
    return low - beyond, high + beyond


def ticks(low: float, high: float, most: float) -> list[float]:
    """Round numbers in a range, steps of 1, 2 or 5 and zeros, about ``most`` of them."""
    least = (high - low) / max(1.0, most)
    power = math.floor(math.log10(least))
    step = next(size for size in (1, 2, 5, 10) if size * 10.0**power >= least * (1 - 1e-9))
    # 3 · 0.1 is not 0.3, but 3 / 10 is.
    up, down = (step * 10**power, 1) if power >= 0 else (step, 10**-power)
    return [n * up / down for n in range(math.ceil(low * down / up), math.floor(high * down / up) + 1)]


def number_room(over: Range, high: float) -> float:
    """Width of the numbers beside a graph."""
    values = ticks(*wider(over), high / PITCH[1])
    return BESIDE + max((text_width(plain(value), LEAST_PX) for value in values), default=0.0)
