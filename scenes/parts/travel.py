"""Numbers on their way from one place to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from manim import Group

from scenes.parts.curves import Point
from scenes.parts.frame import STRIP
from scenes.parts.ink import Box, Letters, Line, Mark, boxes
from scenes.parts.motion import Cue, smooth
from scenes.parts.raster import MovingCells
from scenes.parts.rooms import around
from scenes.parts.theme import INKS, Theme
from scenes.parts.window import blend

#: Where a block of numbers that are going to be added up goes to.
ON_STRIP: Box = (STRIP[0] / 3, STRIP[1] + 0.3, STRIP[2] / 3, STRIP[3] - 0.3)
#: A number on its way for less time is not seen to travel.
TRAVEL_SECONDS = 0.45
SPREAD = 0.5  # the last one starts so much of the time of one of them after the first
VEIL = 0.35  # opacity of a block of cells on its way


class Travelling(Letters):
    """Numbers that pass over other things, which keep their distance from them."""


class MovingLines(Mark):
    """Lines and tables that pass over other things."""


class Veil(Mark):
    """Blocks of cells that pass over other things."""


@dataclass(frozen=True)
class Flight:
    """A number from where it stands to where it goes; or in place of ``lines`` a block of cells, with its ``boxes``, or a ``ring``.

    A block with ``pixels`` is seen as what it is, in a frame; one without is a veil.
    Those of one ``turn`` move side by side, those of the next one start a little later. On its way it turns at the points ``via``.
    """

    role: str
    turn: int = 0
    lines: tuple[Line, Line] | None = None
    boxes: tuple[Box, Box] | None = None
    ring: tuple[Box, Box] | None = None
    via: tuple[Point, ...] = ()
    pixels: np.ndarray | None = None


class Trip(NamedTuple):
    """The numbers of a term on their way from ``start`` to ``stop``, shares of the beat."""

    term: int
    flights: list[Flight]
    start: float
    stop: float

    def at(self, now: float) -> float:
        """How far it has come: 0 where it sets out, 1 where it is there."""
        return (now - self.start) / (self.stop - self.start)


class Travellers(Group):
    """All that is on its way at one moment."""

    def __init__(self, theme: Theme) -> None:
        self.letters = {role: Travelling(getattr(theme, role), halo=theme.ground) for role in INKS}
        self.veils = {role: Veil(getattr(theme, role), fill=VEIL) for role in INKS}
        framing = theme.reading if theme.name == "dark" else theme.casing
        self.rings, self.frames = Veil(framing, stroke=4.0), MovingLines(framing, stroke=4.0)
        self.cells, self.rasters = Group(), list[MovingCells]()
        super().__init__(*self.veils.values(), self.cells, self.frames, self.rings, *self.letters.values())

    def show(self, flights: Sequence[Flight], share: float) -> None:
        """Everything on its way; nothing before the start and after the arrival."""
        self.move([(flights, share)] if 0 < share < 1 else [])

    def move(self, groups: Iterable[tuple[Sequence[Flight], float]]) -> None:
        """Several groups, each at its own share of its way."""
        written: dict[str, list[Line]] = {role: [] for role in INKS}
        veiled: dict[str, list[Box]] = {role: [] for role in INKS}
        ringed: list[Box] = []
        seen: list[tuple[np.ndarray, Box]] = []
        for flights, share in groups:
            last = max((flight.turn for flight in flights), default=0)
            spread = SPREAD if last else 0.0
            for flight in flights:
                late = spread * flight.turn / max(1, last)
                at = smooth(min(1.0, max(0.0, share * (1 + spread) - late)))
                if flight.lines is not None:
                    written[flight.role].append(between(*flight.lines, at, flight.via))
                if flight.boxes is not None and flight.pixels is not None:
                    seen.append((flight.pixels, _moved(*flight.boxes, at, flight.via)))
                elif flight.boxes is not None:
                    veiled[flight.role].append(_moved(*flight.boxes, at, flight.via))
                if flight.ring is not None:
                    ringed.append(blend(*flight.ring, at))
        for role in INKS:
            self.letters[role].write_lines(written[role])
            self.veils[role].draw(boxes(veiled[role]))
        self.rings.draw(boxes(ringed))
        self._colour(seen)

    def _colour(self, seen: Sequence[tuple[np.ndarray, Box]]) -> None:
        """Blocks that are seen as what they are, in frames."""
        self.frames.draw(boxes(box for _, box in seen))
        self.rasters += [MovingCells(pixels, box) for pixels, box in seen[len(self.rasters) :]]
        self.cells.submobjects = self.rasters[: len(seen)]
        for raster, (pixels, box) in zip(self.rasters, seen, strict=False):
            raster.colour(pixels).move(box)

    def cue(self, start: float, stop: float, set_out: Callable[[], Sequence[Flight]], there: Callable[[], object] | None = None) -> Cue:
        """Shows what ``set_out`` gives when it is time, from ``start`` to ``stop``; then calls ``there``."""
        flights: Sequence[Flight] | None = None

        def draw(share: float) -> None:
            nonlocal flights
            if share <= 0:
                flights = None
                return
            if flights is None:
                flights = set_out()
            self.show(flights, share)
            if share >= 1 and there is not None:
                there()

        return Cue(start, stop, draw)

    def clear(self) -> None:
        """Nothing is on its way."""
        self.show([], 0.0)


def way(role: str, start: Line | Box, end: Line | Box, turn: int = 0) -> Flight:
    """From one place to another: of a number if it can be read in both, else of a block of cells."""
    if isinstance(start, Line) and isinstance(end, Line):
        return Flight(role, turn, lines=(start, end))
    return Flight(role, turn, boxes=(start.box if isinstance(start, Line) else start, end.box if isinstance(end, Line) else end))


def together(role: str, places: Iterable[Line | Box], end: Box) -> Flight:
    """Many numbers as one block."""
    return Flight(role, boxes=(around([place.box if isinstance(place, Line) else place for place in places]), end))


def between(start: Line, end: Line, at: float, via: Sequence[Point] = ()) -> Line:
    """A line of text on its way; both have their middle where they stand."""
    a, b = (line.x - line.align * line.width / 2 for line in (start, end))
    x, y = along([(a, start.y), *via, (b, end.y)], at)
    return replace(end, x=x, y=y, size=start.size + (end.size - start.size) * at, align=0)


def _moved(start: Box, end: Box, at: float, via: Sequence[Point]) -> Box:
    """A block on its way, its middle on the points that it turns at."""
    x0, y0, x1, y1 = blend(start, end, at)
    if not via:
        return x0, y0, x1, y1
    x, y = along([_middle(start), *via, _middle(end)], at)
    return x - (x1 - x0) / 2, y - (y1 - y0) / 2, x + (x1 - x0) / 2, y + (y1 - y0) / 2


def _middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def along(points: Sequence[Point], share: float) -> Point:
    """Where one is after a share of the way from point to point."""
    lengths = np.cumsum([0.0, *(float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in pairwise(points))])
    x, y = (float(np.interp(share * lengths[-1], lengths, [point[axis] for point in points])) for axis in (0, 1))
    return x, y
