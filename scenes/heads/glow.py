"""Shares as tints: the larger a share, the stronger the colour behind what it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from manim import Group

from scenes.parts.ink import Box, Mark, boxes
from scenes.parts.theme import Theme

#: So many tints, the strongest of this opacity; of a paler one behind numbers in a colour of their own.
TINTS, STRONGEST, PALE = 8, 0.5, 0.3


class Glow(Group):
    """Behind digits."""

    def __init__(self, theme: Theme, strongest: float = STRONGEST) -> None:
        self.tints = [Mark(theme.share, fill=strongest * (n + 1) / TINTS) for n in range(TINTS)]
        super().__init__(*self.tints)

    def show(self, cells: Sequence[Box], shares: Sequence[float]) -> None:
        """Each cell in the tint of its share; what is not known, or nothing, has none."""
        tinted: list[list[Box]] = [[] for _ in range(TINTS)]
        for box, share in zip(cells, shares, strict=True):
            if share > 0:
                tinted[min(TINTS - 1, int(share * TINTS))].append(box)
        for tint, found in zip(self.tints, tinted, strict=True):
            tint.draw(boxes(found))
