"""What a network gives back, large: its numbers, words for them if there are any, the winner framed if one is named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from scenes.network.panel import Panel
from scenes.parts.ink import Box, Letters, Line, letter_size, text_width
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme
from scenes.parts.window import Window

#: So much of the room at the most is for words beside numbers that stand one below the other, so far away from them.
WORDS, AWAY = 0.5, 0.15


class Answer(Group):
    """``values`` in ``room``; ``winner`` is the number of a cell."""

    def __init__(self, name: str, values: np.ndarray, room: Box, theme: Theme, *, labels: Sequence[str], winner: int | None) -> None:
        left, bottom, right, top = room
        size = letter_size()
        known = labels if len(labels) == values.size else []
        wide = min(max((text_width(word, size) for word in known), default=0.0), WORDS * (right - left)) + AWAY * bool(known)
        self.panel = Panel(name, values, (left + wide, bottom, right, top), "output", theme)
        self.words, self.spot, self.winner = Letters(theme.muted), Window(theme), winner
        if self.panel.columns == 1 and self.panel.has_digits:
            x = self.panel.whole[0] - AWAY
            places = [self.panel.box(row) for row in range(len(known))]
            texts = [fitting_label(word, wide - AWAY) for word in known]
            self.words.write_lines(Line(text, size, x, (y0 + y1) / 2, align=1) for text, (_, y0, _, y1) in zip(texts, places, strict=True))
        super().__init__(self.panel, self.words, self.spot)

    def show(self, shown: bool) -> None:
        """All of it, or only where it is going to stand."""
        self.panel.show(self.panel.whole_values.size if shown else 0)
        box = self.panel.at(self.winner) if shown and self.winner is not None else None
        if box is None:
            self.spot.clear()
        else:
            self.spot.put(box)
