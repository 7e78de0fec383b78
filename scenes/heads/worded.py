"""A bench whose columns have words."""

from __future__ import annotations

from collections.abc import Sequence

from scenes.heads.words import fitting_names
from scenes.parts.bench import Bench, Row
from scenes.parts.ink import Box, Letters, Line, letter_size
from scenes.parts.theme import Theme

WORDS = 0.38


class WordedBench(Bench):
    """Words stand above the columns; what needs no words has their room."""

    def __init__(self, room: Box, theme: Theme) -> None:
        super().__init__(room, theme)
        self.whole = room
        self.words = Letters(theme.muted, halo=theme.ground)
        self.add(self.words)

    def clear(self) -> None:
        super().clear()
        self.words.write_lines([])

    def place_named(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        """Where the cells stand."""
        left, bottom, right, top = self.whole
        self.room = (left, bottom, right, top - WORDS) if names else self.whole
        self.place(rows)

    def show_named(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        """Rows below the names of their columns."""
        self.place_named(rows, names)
        self.show(rows)
        cells = max(self.cells, key=len, default=[])
        texts = fitting_names(names, cells[0][2] - cells[0][0] - 0.06) if names else []
        self.words.write_lines(
            Line(text, letter_size(), (x0 + x1) / 2, y1 + WORDS / 2) for text, (x0, _, x1, y1) in zip(texts, cells, strict=False)
        )
