"""All results of a network at once: each as digits, cells or pictures with its smallest and its largest number, the last one large."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from manim import Group, Mobject

from scenes.network.face import face, is_photo
from scenes.network.panel import Panel
from scenes.network.rowed import Worded, rowed
from scenes.network.stations import Station
from scenes.parts.grid import centred
from scenes.parts.ink import Box, Letters, Mark, boxes, lines
from scenes.parts.motion import smooth
from scenes.parts.raster import MovingCells, Raster
from scenes.parts.theme import INKS, Theme
from scenes.parts.travel import MovingLines
from scenes.parts.window import Straight, blend

#: Below each tile, for the bar from its smallest to its largest number; how high that is, and the mark at zero.
BAR_ROOM, BAR, ZERO = 0.17, 0.07, 0.11


class Lineup(Group):
    """``stations`` whose numbers are known in ``room``; :meth:`arrive` brings them from the map, :meth:`tell` says what each has."""

    def __init__(self, stations: Sequence[Station], room: Box, theme: Theme) -> None:
        super().__init__()
        self.stations, self.theme = [one for one in stations if one.values is not None], theme
        rows = rowed(self._ways(), room, [one.group for one in self.stations])
        self.words, self.brackets = rows.words, Mark(theme.line, stroke=2.0).draw(lines(rows.brackets))
        self.tiles = [_tile(one, _above(place), theme) for one, place in zip(self.stations, rows.rooms, strict=True)]
        self.faces = [face(one, theme) for one in self.stations]
        self.letters = {role: Letters(getattr(theme, role)) for role in INKS}
        self.moving = MovingLines(theme.output, stroke=2.0)
        self.bars, self.zeros = {role: Mark(getattr(theme, role), fill=1.0) for role in ("input", "output")}, Mark(theme.muted, stroke=2.0)
        self.reach = max((max(map(abs, one.ends)) for one in self.stations), default=0.0) or 1.0

    def _ways(self) -> list[list[list[Worded]]]:
        """The ends of what it has beside each other, or one below the other, or only as a bar."""
        names: list[list[Worded]] = [[(one.short, "ink")] for one in self.stations]
        beside = [[*name, (" … ".join(one.spread), one.role)] for name, one in zip(names, self.stations, strict=True)]
        below = [[*name, *((text, one.role) for text in reversed(one.spread))] for name, one in zip(names, self.stations, strict=True)]
        return [beside, below, names]

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def arrive(self, share: float, doors: Sequence[Box]) -> None:
        """All tiles on their way from their boxes on the map."""
        places = [blend(door, tile.whole, smooth(share)) for door, tile in zip(doors, self.tiles, strict=True)]
        found = zip(self.faces, places, strict=True)
        self.moving.draw(boxes(places))
        self.submobjects = [*(MovingCells(pixels, place) for pixels, place in found if pixels is not None), self.moving]

    def tell(self, count: int) -> None:
        """All tiles are there; the first ``count`` with their words."""
        for tile in self.tiles:
            tile.show(tile.whole_values.size)
        for role, letters in self.letters.items():
            letters.write_lines(line for words in self.words[:count] for line, own in words if own == role)
        for role, mark in self.bars.items():
            own = [number for number in range(count) if self.stations[number].role == role]
            mark.draw(boxes(self._bar(number) for number in own) if own else np.zeros((0, 3)))
        self.zeros.draw(lines(self._zero(number) for number in range(count)))
        shown: list[Mobject] = [*self.tiles, self.brackets, *self.bars.values(), self.zeros, *self.letters.values()]
        self.submobjects = shown

    def _bar(self, number: int) -> Box:
        """From the smallest to the largest number, all on one scale, on which what is small can still be seen."""
        low, high = (self._at(number, end) for end in self.stations[number].ends)
        y = self._level(number)
        return low, y - BAR / 2, high, y + BAR / 2

    def _zero(self, number: int) -> Straight:
        x, y = self._at(number, 0.0), self._level(number)
        return (x, y - ZERO / 2), (x, y + ZERO / 2)

    def _level(self, number: int) -> float:
        return self.tiles[number].whole[1] - BAR_ROOM * 0.6

    def _at(self, number: int, value: float) -> float:
        """Where a number is below a tile."""
        x0, _, x1, _ = self.tiles[number].whole
        half = max(x1 - x0, 0.5) / 2
        return (x0 + x1) / 2 + half * math.copysign(math.sqrt(abs(value) / self.reach), value)


class Photo(Group):
    """A picture in all its colours in the middle of a room."""

    def __init__(self, values: np.ndarray, pixels: np.ndarray, room: Box) -> None:
        left, bottom, right, top = room
        high, wide, _ = pixels.shape
        side = min((right - left) / wide, (top - bottom) / high)
        self.whole_values, self.whole = values, centred((high, wide), (side, side), room)
        super().__init__(Raster(pixels, self.whole))

    def show(self, known: int) -> None:
        """It is always there."""


def _tile(station: Station, room: Box, theme: Theme) -> Panel | Photo:
    values = station.values if station.values is not None else np.zeros(0)
    pixels = face(station, theme)
    if pixels is not None and is_photo(station):
        return Photo(values, pixels, room)
    return Panel(station.name, values, room, station.role, theme, words="none")


def _above(room: Box) -> Box:
    """The room of a tile above its bar."""
    left, bottom, right, top = room
    return left, bottom + BAR_ROOM, right, top
