"""Planes under lenses: what a window reads of a plane goes to its tile."""

from __future__ import annotations

from collections.abc import Sequence

from manim import Group

from engine.step import Cell
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.plane import Plane
from scenes.parts.rooms import columns, rows
from scenes.parts.theme import Theme
from scenes.parts.tile import Tile
from scenes.parts.travel import Flight
from scenes.parts.window import Beam

MOST_LENSES = 4
SUM_ROOM = 0.5
#: Of more numbers nobody could say which goes where; they travel as one block.
MOST_FLYING = 64


def lens_count(channels: int) -> int:
    """How many channels are shown; the place of the last one is needed to speak of the others, if not all can be."""
    return channels if channels <= MOST_LENSES else MOST_LENSES - 1


def lens_rooms(channels: int, shares: tuple[float, float]) -> tuple[list[tuple[Box, Box]], Box | None, Box]:
    """Places for the plane and the tile of every lens, for what is said of channels without one if there are any, and for the output.

    Up to :data:`MOST_LENSES` channels stand side by side, each plane above its tile; ``shares`` are those of the two in the height.
    """
    if channels == 1:
        plane, tile, output = columns(STAGE, (1, 0.95, 1))
        return [(plane, tile)], None, output
    left, output = columns(STAGE, (2.8, 1))
    places = columns(left, (1,) * min(channels, MOST_LENSES))
    shown = lens_count(channels)
    rooms = [(plane, tile) for plane, tile in (rows(place, shares, gap=0) for place in places[:shown])]
    return rooms, places[shown] if shown < channels else None, output


class Lens(Group):
    """A plane, the tile that shows the window on it, and below that the sum that it makes, in the colour of ``role``.

    ``terms`` are those of a step's terms that belong to it.
    """

    def __init__(self, plane: Plane, tile: Tile | Glass, terms: slice, theme: Theme, role: str = "output") -> None:
        self.plane, self.tile, self.terms, self.beam = plane, tile, terms, Beam(theme)
        left, bottom, right, _ = tile.whole
        self.sum = Ink("", letter_size(), getattr(theme, role)).put((left + right) / 2, bottom - SUM_ROOM / 2)
        super().__init__(tile, self.sum)

    def show(self, texts: Sequence[tuple[str, ...]], terms: Sequence[tuple[float, ...]]) -> None:
        """Its terms among those of a step, and as they are written."""
        self.tile.show(texts[self.terms], [term[0] for term in terms[self.terms]], self.plane.limit)

    def flights(self, cells: Sequence[Cell]) -> list[Flight]:
        """The ways of what is read to the tile, which shows it: numbers row by row, coloured cells as one block."""
        role = self.plane.role
        if self.plane.mode != "digits" or not self.tile.has_digits or len(cells) > MOST_FLYING:
            return [Flight(role, boxes=(self.plane.span(cells), self.tile.area))]
        ways = enumerate(zip(cells, self.tile.read, strict=True))
        return [Flight(role, n // self.tile.columns, lines=(self.plane.line(cell, end.text), end)) for n, (cell, end) in ways]


class Lenses(Group):
    """All lenses of a step; ``others`` speak of what there is no room for, the last of them of what it adds."""

    def __init__(self, lenses: Sequence[Lens], others: Sequence[Ink]) -> None:
        self.lenses, self.others = lenses, others
        super().__init__(*lenses, *others)

    def clear(self) -> None:
        """Only the weights."""
        for lens in self.lenses:
            lens.tile.show_weights()
            lens.sum.write("")
        for ink in self.others[-1:]:
            ink.write("")

    def mark(self, term: int | None) -> None:
        """Frames the term that is added now."""
        for lens in self.lenses:
            here = term is not None and lens.terms.start <= term < lens.terms.stop
            lens.tile.mark(term - lens.terms.start if term is not None and here else None)
