"""The whole network at once: blocks to scale in the order of the flow, lit one after the other as the numbers come to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from manim import Group, Mobject

from scenes.network.face import BEHIND, MOST_PLANES, Solid, edges, face, solids, whole
from scenes.network.rowed import BoxRows, Worded, rowed
from scenes.network.stations import Station
from scenes.network.wires import ABOVE, ALONE, BESIDE, Wires
from scenes.parts.ink import Box, Letters, Mark, boxes, lines
from scenes.parts.motion import smooth
from scenes.parts.raster import MovingCells, Raster
from scenes.parts.theme import INKS, Theme
from scenes.parts.travel import MovingLines
from scenes.parts.window import blend

#: A block is no larger than so many units.
LARGEST = 2.6


def ways(stations: Sequence[Station]) -> list[list[list[Worded]]]:
    """What may stand below the blocks, the most first."""
    names: list[list[Worded]] = [[(one.short, "ink")] for one in stations]
    kinds: list[list[Worded]] = [[(one.kind, "muted")] if one.kind != one.short else [] for one in stations]
    sizes: list[list[Worded]] = [[(one.size, one.role)] for one in stations]
    counts: list[list[Worded]] = [[(one.counted, "weight")] if one.counted else [] for one in stations]
    every = [[*a, *b, *c, *d] for a, b, c, d in zip(names, kinds, sizes, counts, strict=True)]
    some = [[*a, *c, *d] for a, c, d in zip(names, sizes, counts, strict=True)]
    few = [[*a, *c] for a, c in zip(names, sizes, strict=True)]
    return [every, some, few, names]


class Overview(Group):
    """``stations`` in ``room``; :meth:`light` says how many are lit, :meth:`fold` carries the blocks to the map."""

    def __init__(self, stations: Sequence[Station], room: Box, theme: Theme) -> None:
        self.stations, self.theme = stations, theme
        passing = [(taken, number) for number, one in enumerate(stations) for taken in one.takes]
        above = ABOVE if any(b - a > 1 for a, b in passing) else ALONE
        left, bottom, right, top = room
        self.rows: BoxRows = rowed(ways(stations), (left + BESIDE, bottom, right - BESIDE, top), [one.group for one in stations], above)
        # Where rooms are narrow a stack is not wider than what stands in front of it.
        most = int(min(x1 - x0 for x0, _, x1, _ in self.rows.rooms) / 3 / BEHIND)
        self.solids: list[Solid] = solids([one.shape for one in stations], min(most, MOST_PLANES))
        unit = min([LARGEST, *(solid.unit(place) for solid, place in zip(self.solids, self.rows.rooms, strict=True))])
        self.fronts = [solid.front(place, unit) for solid, place in zip(self.solids, self.rows.rooms, strict=True)]
        self.wholes = [whole(front, solid.behind) for front, solid in zip(self.fronts, self.solids, strict=True)]
        self.wires = Wires(self.rows, self.wholes, passing, (left + BESIDE, right - BESIDE))
        self.faces = [face(one, theme) for one in stations]
        self._marks()
        super().__init__()

    def _marks(self) -> None:
        theme = self.theme
        self.outlines, self.ways = Mark(theme.line, stroke=2.0), Mark(theme.line, stroke=2.0)
        self.lit = {role: Mark(getattr(theme, role), stroke=2.5) for role in ("input", "output")}
        self.way = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=4.0)
        self.letters = {role: Letters(getattr(theme, role)) for role in INKS}
        self.rasters = [None if pixels is None else Raster(pixels, box) for pixels, box in zip(self.faces, self.fronts, strict=True)]
        self.moving = MovingLines(theme.output, stroke=2.0)
        self.outlines.draw(lines(line for number in range(len(self.stations)) for line in self._edges(number)))
        self.ways.draw(lines([*(line for edge in self.wires.edges for line in self.wires.lines(edge)), *self.rows.brackets]))

    def _edges(self, number: int) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
        return edges(self.fronts[number], self.solids[number].behind)

    def light(self, count: int) -> None:
        """The first ``count`` are lit: their numbers are there, and it is told how many they are."""
        for role, mark in self.lit.items():
            own = [number for number in range(count) if self.stations[number].role == role]
            mark.draw(lines(line for number in own for line in self._edges(number)))
        now = [edge for edge in self.wires.edges if edge[1] == count - 1] if count < len(self.stations) else []
        self.way.draw(lines(line for edge in now for line in self.wires.lines(edge)) if now else np.zeros((0, 3)))
        for role, letters in self.letters.items():
            known = (
                word for number, words in enumerate(self.rows.words) for word in words if number < count or word[1] in ("ink", "muted")
            )
            letters.write_lines(line for line, own in known if own == role)
        shown: list[Mobject] = [raster for raster in self.rasters[:count] if raster is not None]
        self.submobjects = [*shown, self.outlines, self.ways, *self.lit.values(), self.way, *self.letters.values()]

    def fold(self, share: float, doors: Sequence[Box]) -> None:
        """All blocks on their way to their boxes on the map; nothing is left of them when they are there."""
        self.submobjects = []
        if share >= 1:
            return
        places = [blend(front, door, smooth(share)) for front, door in zip(self.fronts, doors, strict=True)]
        found = zip(self.faces, places, strict=True)
        self.moving.draw(boxes(places))
        self.submobjects = [*(MovingCells(pixels, place) for pixels, place in found if pixels is not None), self.moving]
