"""Sequences of many units one below the other, all along one axis of time, and below them the course of one unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.press import SERIF
from scenes.parts.rooms import rows
from scenes.parts.theme import Theme
from scenes.recurrence.chronicle import LARGEST_WIDTH, Chronicle, Strand
from scenes.recurrence.course import Course, UnitFlow

NAME, LETTER = 2.06, 0.86  # for what stands at the left, and for the letter next to the cells
GAP = 0.13


class Score(Chronicle):
    """Coloured cells in ``room``, with heights in the proportion of ``shares``, the last of which is that of the course."""

    may_write = notes_above = False

    def __init__(self, strands: Mapping[str, Strand], flow: UnitFlow, room: Box, theme: Theme, shares: Sequence[float]) -> None:
        times = len(flow.after)
        left = room[0] + NAME
        width = min(room[2] - left, LARGEST_WIDTH * times)
        *self.rooms, low = rows((left, room[1], left + width, room[3]), shares, GAP)
        super().__init__(strands, room, theme)
        self.course = Course(flow, low, theme)
        self.fixed += self.course.fixed
        self.ground += self.course.ground
        self.add(self.course)

    def _places(self, room: Box, largest: float, *, digits: bool) -> dict[str, Box]:
        return dict(zip(self.strands, self.rooms, strict=True))

    def _note(self, text: str, box: Box) -> Ink:
        note = Ink(text, letter_size(SERIF), self.theme.muted, font=SERIF, align=1)
        return note.put(box[0] - LETTER, (box[1] + box[3]) / 2)

    def at(self, time: int, rows: Mapping[str, int]) -> None:
        super().at(time, rows)
        self.course.at(time)
