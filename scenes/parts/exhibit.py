"""All planes of a tensor side by side, as large as can be: what a closing shows of a result that was made plane by plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from manim import Group

from scenes.parts.gallery import MOST, places
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, letter_size, text_width
from scenes.parts.legend import ColourScale
from scenes.parts.plane import LABEL_ROOM, SCALE_ROOM, Plane, alike
from scenes.parts.raster import MovingCells, ends
from scenes.parts.theme import Theme
from scenes.parts.window import blend

#: More planes have no names.
MOST_NAMED = 12


class Exhibit(Group):
    """``values`` (planes x rows x columns) in ``room``, below the title of all, each in the form that it had in ``like``, if it has room.

    ``names`` stand above planes, if these are few; ``tones`` are the parts of a picture that they are. Those that stood somewhere else
    before, as ``starts`` says, come from there.
    """

    def __init__(
        self,
        values: np.ndarray,
        room: Box,
        title: Heading,
        theme: Theme,
        like: Plane,
        *,
        names: Sequence[str] = (),
        tones: Sequence[int | None] = (),
        starts: Mapping[int, Box] | None = None,
    ) -> None:
        super().__init__()
        self.theme, self.title, self.like, self.starts = theme, title, like, starts or {}
        self.values, self.tones, self.names = values[:MOST], tones or [None] * len(values), names
        self.others: list[Ink | ColourScale] = []
        if len(values) == 1:
            self.planes = [self._plane(0, room, title.text, like.has_digits, scaled=True)]
        else:
            self._place(room)

    def _place(self, room: Box) -> None:
        """Puts several planes there, with digits if these have room, and their colours explained if they have none."""
        left, bottom, right, top = room
        area = left, bottom, right, top - LABEL_ROOM
        self.planes = self._several(area, digits=True) if self.like.has_digits else []
        if not self.planes or not self.planes[0].has_digits:
            is_scaled = not self.like.is_picture
            self.planes = self._several((left, bottom + SCALE_ROOM * is_scaled, right, area[3]), digits=False)
            if is_scaled:
                self._explain((left + right) / 2, right - left)
        alike(self.planes)
        highest = max(plane.top for plane in self.planes) + LABEL_ROOM * self.is_named
        ink = Ink(self.title.text, letter_size(), getattr(self.theme, self.title.role))
        self.others.append(ink.put((left + right) / 2, highest + LABEL_ROOM / 2 + 0.03))

    def _several(self, area: Box, *, digits: bool) -> list[Plane]:
        count, shape = len(self.values), self.values.shape[1:]
        boxes = places(area, count, shape, LABEL_ROOM)
        fits = all(text_width(name, letter_size()) < box[2] - box[0] for name, box in zip(self.names, boxes, strict=False))
        self.is_named = fits and 0 < len(self.names) == count <= MOST_NAMED
        boxes = boxes if self.is_named else places(area, count, shape)
        return [self._plane(n, box, self.names[n] if self.is_named else "", digits) for n, box in enumerate(boxes)]

    def _explain(self, middle: float, room: float) -> None:
        """The scale of all colours."""
        y, limit = min(plane.whole[1] for plane in self.planes) - SCALE_ROOM / 2, self.planes[0].limit
        self.others = [ColourScale(ends(self.values, limit), self.title.role, middle, y, room, self.theme, limit=limit)]

    def _plane(self, number: int, room: Box, name: str, digits: bool, *, scaled: bool = False) -> Plane:
        return Plane(
            self.values[number],
            room,
            Heading(name, self.title.role),
            self.theme,
            cell=self.like.cell[0] if digits else None,
            others=[self.values.min(), self.values.max()],
            tone=self.tones[number],
            made_of=self.like if self.like.is_picture else None,
            coloured=not digits,
            scaled=scaled,
        )

    def show(self, share: float) -> None:
        """The planes so far on their way; those that come from nowhere are there when the others have arrived."""
        if share >= 1:
            self.submobjects = [*self.others, *(mark for plane in self.planes for mark in (*plane.ground, plane))]
            return
        ways = [(self.planes[n], start) for n, start in self.starts.items() if n < len(self.planes)]
        self.submobjects = [MovingCells(plane.tints(plane.values), blend(start, plane.whole, share)) for plane, start in ways]
