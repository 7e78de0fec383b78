"""Tints behind cells that belong together, such as a window and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from manim import Group

from scenes.parts.ink import Box, Mark, boxes
from scenes.parts.theme import Theme


class Tints(Group):
    """Boxes in the hues of the theme; neighbours in a grid of windows never have the same one."""

    def __init__(self, theme: Theme) -> None:
        self.marks = [Mark(hue, fill=theme.tint) for hue in theme.hues]
        super().__init__(*self.marks)

    def put(self, tinted: Iterable[tuple[int, Box]]) -> None:
        """Shows boxes, each in the hue of that number."""
        by_hue: list[list[Box]] = [[] for _ in self.marks]
        for hue, box in tinted:
            by_hue[hue].append(box)
        for mark, found in zip(self.marks, by_hue, strict=True):
            mark.draw(boxes(found))


def hue(row: int, column: int) -> int:
    """Which of four hues a window in a grid of windows has."""
    return row % 2 * 2 + column % 2
