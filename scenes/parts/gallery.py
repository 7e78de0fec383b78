"""Planes as thumbnails side by side: those that are done, or all that there are."""

from __future__ import annotations

import numpy as np
from manim import Group

from scenes.parts.grid import ruling
from scenes.parts.ink import Box, Mark
from scenes.parts.raster import MovingCells, Raster
from scenes.parts.standing import Patch
from scenes.parts.theme import Theme
from scenes.parts.window import Window, blend

#: Between thumbnails, in their width; of more planes only the first are there.
APART, MOST = 0.12, 256


class Gallery(Group):
    """So many planes of a shape in ``room``, as large as can be, the present one in a frame."""

    def __init__(self, room: Box, count: int, shape: tuple[int, int], theme: Theme) -> None:
        self.theme, self.shape = theme, shape
        self.boxes = places(room, min(count, MOST), shape)
        self.rims = Mark(theme.line, stroke=2.0)
        self.cells, self.spot = Group(), Window(theme)
        super().__init__(self.cells, self.rims, self.spot)
        self.known: dict[int, Raster] = {}

    def show(self, colours: dict[int, np.ndarray], at: int | None = None) -> None:
        """Planes by their numbers, and the one of now."""
        self.known = {n: self.known.get(n) or Raster(pixels, self.boxes[n]) for n, pixels in colours.items() if n < len(self.boxes)}
        self.cells.submobjects = [*self.known.values()]
        self.rims.draw(np.concatenate([ruling(box, 1, 1) for box in self.boxes]))
        if at is None or at >= len(self.boxes):
            self.spot.clear()
        else:
            self.spot.put(self.boxes[at])

    def hide(self) -> None:
        """Takes all of it away."""
        self.cells.submobjects = []
        self.rims.draw(np.zeros((0, 3)))
        self.spot.clear()

    def veil(self, hidden: bool) -> None:
        """Shows none of them, or all again."""
        self.cells.submobjects = [] if hidden else [*self.known.values()]

    def patches(self, first: int = 0) -> list[Patch]:
        """Those that are shown, for a picture that goes on from them; the first of all planes has that number in its tensor."""
        size = self.shape[0] * self.shape[1]
        return [Patch((first + n) * size, self.shape, self.boxes[n], raster.pixel_array) for n, raster in self.known.items()]


class Grown(Group):
    """A plane that grows out of its thumbnail, or shrinks to it."""

    def show(self, pixels: np.ndarray, start: Box, end: Box, share: float) -> None:
        """So far on its way; nothing when it has arrived."""
        self.submobjects = [MovingCells(pixels, blend(start, end, share))] if share < 1 else []


def places(room: Box, count: int, shape: tuple[int, int], above: float = 0.0) -> list[Box]:
    """The places of planes of a shape in as many rows as make them largest, each with so much room ``above`` it."""
    (left, bottom, right, top), (high, wide) = room, shape

    def unit(rows: int) -> float:
        across = -(-count // rows)
        return min((right - left) / across / wide, ((top - bottom) / rows - above) / high)

    rows = max(range(1, count + 1), key=unit)
    across, side = -(-count // rows), unit(rows)
    tall = side * high + above
    x0, y0 = (left + right - across * side * wide) / 2, (bottom + top + rows * tall) / 2
    inset = APART * side * min(wide, high) / 2
    found = []
    for number in range(count):
        row, column = divmod(number, across)
        x, y = x0 + column * side * wide, y0 - row * tall
        found.append((x + inset, y - tall + inset, x + side * wide - inset, y - inset))
    return found
