"""A stream in a pipe: as thick as the number that it stands for, less behind every valve, which is open as wide as its gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from manim import Group

from scenes.parts.curves import Point, together
from scenes.parts.ink import PX, Box, Mark, lines
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

FULL = 0.86  # of the height of a lane, what the strongest stream takes up
THINNEST = 3 * PX  # of a stream that is not 0
JAW = 0.28  # of the width of a valve, so far its jaws slope at either side
FLOWING, JAWS, HATCHED = 0.5, 0.8, 0.16  # opacities
HATCH = 0.09  # between two strokes of a stream that is negative


@dataclass(frozen=True)
class Pipe:
    """What the number ``value`` flows through, from ``start`` to ``end`` through ``valves``, which makes the number ``makes``.

    Until that is computed the stream waits before the first of its valves. One on the ``belt`` is in the upper row.
    """

    value: str
    start: float
    end: float
    valves: Sequence[str] = ()
    makes: str = ""
    belt: bool = True


@dataclass(frozen=True)
class Stream:
    """A stream as it stands: points along it with its thickness there, at the height ``y``; it may be ``negative``."""

    y: float
    along: Sequence[Point]
    negative: bool

    def thickness(self, x: float) -> float:
        """How thick it is there."""
        (xs, ts) = zip(*(self.along if self.along[0][0] < self.along[-1][0] else self.along[::-1]), strict=True)
        return float(np.interp(x, xs, ts))

    @property
    def outline(self) -> np.ndarray:
        """Around it."""
        above = [(x, self.y + t / 2) for x, t in self.along]
        return polygon([*above, *((x, self.y - t / 2) for x, t in reversed(self.along))])

    @property
    def hatch(self) -> list[tuple[Point, Point]]:
        """Strokes across it, which stand still while it grows."""
        (left, *_), (right, *_) = sorted((self.along[0], self.along[-1]))
        xs = np.arange(np.ceil(left / HATCH), np.floor(right / HATCH) + 1) * HATCH
        return [((x, self.y - self.thickness(x) / 2), (x, self.y + self.thickness(x) / 2)) for x in xs.tolist()]


@dataclass
class Lane:
    """What is known of one unit: ``numbers`` by name, how wide valves are ``open``, and how far streams got that have not arrived."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    open: Mapping[str, float] = field(default_factory=dict)
    reach: Mapping[str, float] = field(default_factory=dict)


def stream(pipe: Pipe, lane: Lane, y: float, full: float, tiles: Mapping[str, Box]) -> Stream | None:
    """A run in a lane, whose strongest stream is ``full`` thick where a number is 1; none if there is nothing to be seen."""
    number = lane.numbers.get(pipe.value)
    if number is None or not abs(number) > 0:
        return None
    sign = 1 if pipe.end > pipe.start else -1
    thick, along = min(1.0, abs(number)) * full, [(pipe.start, _seen(abs(number), full))]
    for name in pipe.valves:
        left, _, right, _ = tiles[name]
        enters, sloped = (left, left + (right - left) * JAW) if sign > 0 else (right, right - (right - left) * JAW)
        along.append((enters, along[-1][1]))
        if name not in lane.open:
            return Stream(y, along, number < 0)
        thick *= lane.open[name]
        along.append((sloped, max(THINNEST, thick) if thick else 0.0))
    along.append((pipe.end, along[-1][1]))
    waits = along[1][0] if pipe.valves else pipe.start
    share = lane.reach.get(pipe.value, 1.0 if not pipe.makes or pipe.makes in lane.numbers else 0.0)
    part = cut_at(along, waits + (pipe.end - waits) * share)
    return Stream(y, part, number < 0) if len(part) > 1 else None


def _seen(number: float, full: float) -> float:
    return max(THINNEST, min(1.0, number) * full)


def cut_at(along: Sequence[Point], end: float) -> list[Point]:
    """The part of a stream up to a place."""
    found = [along[0]]
    for (x0, t0), (x1, t1) in pairwise(along):
        if min(x0, x1) < end < max(x0, x1):
            return [*found, (end, t0 + (t1 - t0) * (end - x0) / (x1 - x0))]
        if abs(end - along[0][0]) < abs(x1 - along[0][0]):
            break
        found.append((x1, t1))
    return found if end != along[0][0] else found[:1]


def jaws(tile: Box, opening: float) -> list[np.ndarray]:
    """The two jaws of a valve, between which it is open as wide as it says; closed they meet."""
    left, low, right, high = tile
    deep, slope = (high - low) / 2 * (1 - opening), (right - left) * JAW
    above = polygon([(left, high), (right, high), (right - slope, high - deep), (left + slope, high - deep)])
    return [above, polygon([(left, low), (left + slope, low + deep), (right - slope, low + deep), (right, low)])]


class Streams(Group):
    """The streams of all lanes in the colour of ``role``; what is negative is hatched. Valves lie behind them."""

    def __init__(self, role: str, theme: Theme) -> None:
        colour = getattr(theme, role)
        self.jaws = Mark(theme.line, fill=JAWS)
        self.positive, self.negative = Mark(colour, fill=FLOWING), Mark(colour, fill=HATCHED)
        self.hatch = Mark(colour, stroke=2.6)
        super().__init__(self.jaws, self.positive, self.negative, self.hatch)

    def show(self, flows: Iterable[Stream], valves: Iterable[tuple[Box, float]]) -> None:
        """All that flows, and valves with their openings."""
        found = [*flows]
        hatched = [one for one in found if one.negative]
        self.jaws.draw(together(part for tile, opening in valves for part in jaws(tile, opening)))
        self.positive.draw(together(one.outline for one in found if not one.negative))
        self.negative.draw(together(one.outline for one in hatched))
        self.hatch.draw(lines(stroke for one in hatched for stroke in one.hatch))
