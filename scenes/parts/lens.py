"""A plane under the lens, and a step with its numbers as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from manim import Group

from engine.numbers import Sum
from engine.step import Step
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.plane import Plane
from scenes.parts.rooms import columns, rows
from scenes.parts.theme import Theme
from scenes.parts.tile import Tile
from scenes.parts.window import Beam, Window

MOST_LENSES = 4
SUM_ROOM = 0.5


S = TypeVar("S", bound=Step)


@dataclass(frozen=True)
class Reading(Generic[S]):
    """A step with its numbers as they are written.

    ``written`` is the whole step, ``added`` what happens term by term, ``by_channel`` the whole by the partial sums of planes side by side.
    """

    step: S
    written: Sum
    added: Sum
    by_channel: Sum


def lens_count(channels: int) -> int:
    """How many channels are shown; the place of the last one is needed to speak of the others, if not all can be."""
    return channels if channels <= MOST_LENSES else MOST_LENSES - 1


def lens_rooms(channels: int, shares: tuple[float, float]) -> tuple[list[tuple[Box, Box]], Box]:
    """Places for the plane and the tile of every lens, and for the output.

    Up to :data:`MOST_LENSES` channels stand side by side, each plane above its tile; ``shares`` are those of the two in the height.
    """
    if channels == 1:
        plane, tile, output = columns(STAGE, (1, 0.95, 1))
        return [(plane, tile)], output
    left, output = columns(STAGE, (2.8, 1))
    rooms = []
    for place in columns(left, (1,) * min(channels, MOST_LENSES)):
        plane, tile = rows(place, shares, gap=0)
        rooms.append((plane, tile))
    return rooms, output


class Lens(Group):
    """A plane, the window on it, the tile that shows the window, and below it the sum that the tile makes, in the colour of ``role``."""

    def __init__(self, plane: Plane, tile: Tile | Glass, terms: slice, theme: Theme, role: str = "output") -> None:
        self.plane, self.tile, self.terms = plane, tile, terms
        self.window, self.beam = Window(theme), Beam(theme)
        left, bottom, right, _ = tile.whole
        self.sum = Ink("", letter_size(), getattr(theme, role)).put((left + right) / 2, bottom - SUM_ROOM / 2)
        super().__init__(self.window, tile, self.sum)

    def clear(self) -> None:
        """No window, only the weights."""
        self.window.clear()
        self.beam.clear()
        self.tile.show_weights()
        self.sum.write("")
