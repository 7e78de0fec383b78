"""A mask as a curtain that falls over the scores that it hides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from scenes.parts.grid import CellPlaces
from scenes.parts.ink import Mark, boxes
from scenes.parts.theme import Theme

CLOTH, HEM = 0.4, 0.8
HIGH = 0.07  # of the hem


class Curtain(Group):
    """Over the cells that a mask hides."""

    def __init__(self, cells: Sequence[tuple[int, ...]], pattern: CellPlaces, theme: Theme) -> None:
        self.cells = [pattern.box(row, column) for row, column in cells]
        self.top, self.bottom = pattern.whole[3], pattern.whole[1]
        self.cloth, self.hem = Mark(theme.muted, fill=CLOTH), Mark(theme.muted, fill=HEM)
        self.fallen = -1.0
        super().__init__(self.cloth, self.hem)

    def fall(self, share: float) -> None:
        """From the top to the bottom; it has a hem while it falls."""
        if share == self.fallen:
            return
        self.fallen = share
        y = self.top + (self.bottom - self.top) * share
        covered = [(x0, max(y0, y), x1, y1) for x0, y0, x1, y1 in self.cells if y1 > y] if share > 0 else []
        self.cloth.draw(boxes(covered))
        edge = [(x0, y, x1, min(y1, y + HIGH)) for x0, y0, x1, y1 in self.cells if y0 < y < y1] if 0 < share < 1 else []
        self.hem.draw(boxes(edge))


def hidden(scores: np.ndarray) -> list[tuple[int, ...]]:
    """The cells of masked scores that a mask hides."""
    return [tuple(cell) for cell in np.argwhere(np.isneginf(scores)).tolist()]
