"""How counts grow: dots and lines over the numbers that were put in, both axes logarithmic, so that a power is a straight line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from manim import Group

from scenes.parts.bars import Kept, spread
from scenes.parts.curves import Point, discs
from scenes.parts.ink import LEAST_PX, Box, Letters, Line, dashes, letter_size, lines, text_width
from scenes.parts.theme import INKS, Theme

BELOW, ABOVE, DOT = 0.55, 0.5, 0.09
LOW = 0.28  # of a number above its dot
AXIS = 0.9  # at the left of the first dot


class Series(NamedTuple):
    """Counts by the name of what is counted, as they are written, in the colour of a role."""

    name: str
    role: str
    counts: Sequence[float]
    texts: Sequence[str]


class Growth(Group):
    """Several series over the same numbers, which stand below with their ``name``."""

    def __init__(
        self, room: Box, name: str, numbers: Sequence[float], texts: Sequence[str], series: Sequence[Series], theme: Theme
    ) -> None:
        left, bottom, right, top = room
        self.series, self.numbers, self.texts, self.called = series, numbers, texts, name
        wide = max(text_width(one.name, letter_size()) for one in series)
        self.plot = left + 1.3, bottom + BELOW, right - wide - 0.5, top - ABOVE
        counts = [count for one in series for count in one.counts if count > 0]
        self.across = math.log(numbers[0]), math.log(numbers[-1])
        self.up = math.log(min(counts)), math.log(max(counts))
        self.axes = Kept(theme.muted, stroke=2.0)
        self.curves = {role: Kept(getattr(theme, role), stroke=4.0) for role in INKS}
        self.dots = {role: Kept(getattr(theme, role), fill=1.0) for role in INKS}
        self.letters = {role: Letters(getattr(theme, role), halo=theme.ground) for role in INKS}
        self.guides = Kept(theme.muted, stroke=2.0)
        super().__init__(self.axes, self.guides, *self.curves.values(), *self.dots.values(), *self.letters.values())

    def at(self, number: float, count: float) -> Point:
        """Where a count stands."""
        x0, y0, x1, y1 = self.plot
        across, up = ((math.log(value) - low) / ((high - low) or 1.0) for value, (low, high) in ((number, self.across), (count, self.up)))
        return x0 + (x1 - x0) * across, y0 + 0.2 + (y1 - y0 - 0.2) * up

    def show(self, share: float) -> None:
        """As far as a share of the way from left to right."""
        x0, y0, x1, y1 = self.plot
        self.axes.draw(lines([((x0 - AXIS, y1 + 0.2), (x0 - AXIS, y0)), ((x0 - AXIS, y0), (x1 + 0.2, y0))]))
        end, written = x0 + (x1 - x0) * share, {role: list[Line]() for role in INKS}
        for one in self.series:
            points = [self.at(*pair) for pair in zip(self.numbers, one.counts, strict=True) if pair[1] > 0]
            self.curves[one.role].draw(lines(_until(points, end)))
            known = [point for point in points if point[0] <= end + 1e-9]
            self.dots[one.role].draw(discs(known, DOT))
            shown = (text for text, count in zip(one.texts, one.counts, strict=True) if count > 0)
            written[one.role] += [Line(text, LEAST_PX, x, y + LOW) for text, (x, y) in zip(shown, known, strict=False)]
        written["muted"] += [
            Line(text, LEAST_PX, self.at(n, 1.0)[0], y0 - BELOW / 2) for text, n in zip(self.texts, self.numbers, strict=True)
        ]
        written["muted"].append(Line(self.called, letter_size(), x1 + 0.6, y0 - BELOW / 2, align=-1))
        for line, role in self._names() if share >= 1 else []:
            written[role].append(line)
        self.guides.draw(lines(dash for way in self._ways() for dash in dashes(*way)) if share >= 1 else lines([]))
        for role, mark in self.letters.items():
            mark.write_lines(written[role])

    def _ways(self) -> list[tuple[Point, Point]]:
        """How something grows that is as many times as large as what is put in, or as its square: from below the first series on."""
        first, last = self.numbers[0], self.numbers[-1]
        start = min(one.counts[0] for one in self.series if one.counts[0] > 0)
        found = [(self.at(first, start), self.at(last, start * (last / first) ** power)) for power in (1, 2)]
        return [way for way in found if way[1][1] <= self.plot[3] + 0.1]

    def _names(self) -> list[tuple[Line, str]]:
        """What is counted, beside the ends of the lines."""
        ends = [(self.at(self.numbers[-1], one.counts[-1])[1], one.name, one.role) for one in self.series if one.counts[-1] > 0]
        ends += [(end[1], f"∝ {self.called}{'²' * number}", "muted") for number, (_, end) in enumerate(self._ways())]
        ends.sort()
        places = spread([y for y, _, _ in ends], [0.45] * len(ends), (self.plot[1], self.plot[3] + ABOVE))
        return [
            (Line(name, letter_size(), self.plot[2] + 0.45, y, align=-1), role) for (_, name, role), y in zip(ends, places, strict=True)
        ]


def _until(points: Sequence[Point], end: float) -> list[tuple[Point, Point]]:
    """Lines from point to point as far as a place."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 < end:
            share = min(1.0, (end - x0) / (x1 - x0))
            found.append(((x0, y0), (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)))
    return found
