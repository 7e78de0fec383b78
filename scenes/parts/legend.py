"""What colours mean: a scale for coloured cells, a key of roles for the whole scene."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from manim import Group

from engine.numbers import plain, significant
from scenes.parts.ink import LEAST_PX, PX, Ink, Mark, boxes, dashes, letter_size, lines, text_width
from scenes.parts.press import SERIF
from scenes.parts.raster import Raster, cell_colours
from scenes.parts.theme import Theme

SWATCH, GAP, LEAST_GAP = 0.24, 0.4, 0.18
LEAST_BAR = 0.7  # of a colour scale, and around it


class ColourScale(Group):
    """Its ends in numbers, the colours of a role between them, in ``room`` units around ``x``, ``y``; ``limit`` has the strongest one."""

    def __init__(self, ends: tuple[float, float], role: str, x: float, y: float, room: float, theme: Theme, *, limit: float) -> None:
        # Where there is little room the ends are rounded.
        ways = [[plain(end, 2) for end in ends], [significant(end, 2) for end in ends]]
        texts = next((way for way in ways if sum(text_width(text, LEAST_PX) for text in way) + LEAST_BAR <= room), ways[-1])
        widths = [text_width(text, LEAST_PX) for text in texts]
        bar = min(2.0, room - sum(widths) - 0.4)
        left = x - bar / 2 + (widths[0] - widths[1]) / 2
        box = (left, y - 0.08, left + bar, y + 0.08)
        colours = cell_colours(np.linspace(*ends, 33)[None], theme, role, picture=False, limit=limit)
        low = Ink(texts[0], LEAST_PX, theme.muted, align=1).put(left - 0.12, y)
        high = Ink(texts[1], LEAST_PX, theme.muted, align=-1).put(left + bar + 0.12, y)
        super().__init__(Raster(colours, box), Mark(theme.line, stroke=1.0).draw(boxes([box])), low, high)


class Legend(Group):
    """Swatches with words, in a row from ``left`` to ``right``: roles filled, ``reading`` as a frame, ``padding`` dashed.

    Where there is little room they stand closer; where there is none for all entries, the first are left out: the labels of the planes
    say them too.
    """

    def __init__(self, entries: Sequence[str], left: float, right: float, y: float, theme: Theme) -> None:
        super().__init__()
        x, size = right, letter_size(SERIF)
        taken = sum(text_width(entry, size, SERIF) + 0.1 + SWATCH for entry in entries)
        gap = max(LEAST_GAP, min(GAP, (right - left - taken) / max(1, len(entries) - 1)))
        for entry in reversed(entries):
            word = Ink(entry, size, theme.muted, font=SERIF, align=1).put(x, y)
            if x - word.width_set - 0.1 - SWATCH < left - PX:
                return
            x -= word.width_set + 0.1 + SWATCH
            self.add(self._swatch(entry, (x, y - SWATCH / 2, x + SWATCH, y + SWATCH / 2), theme), word)
            x -= gap

    def _swatch(self, entry: str, box: tuple[float, float, float, float], theme: Theme) -> Mark:
        x0, y0, x1, y1 = box
        if entry == "padding":
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
            return Mark(theme.muted, stroke=2.5).draw(lines(dash for a, b in pairwise(corners) for dash in dashes(a, b, 0.05)))
        if entry == "reading":
            return Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=4.0).draw(boxes([box]))
        return Mark(getattr(theme, entry), fill=1.0).draw(boxes([box]))

    def show(self, shown: bool) -> None:
        """All of it or nothing."""
        for mark in self.submobjects:
            mark.fade(1.0 if shown else 0.0)
