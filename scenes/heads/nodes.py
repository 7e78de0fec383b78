"""Those who ask, as words beside the arcs that lead to them."""

from __future__ import annotations

from collections.abc import Sequence

from manim import Group

from scenes.heads.arcs import WHOLE, ArcEnd
from scenes.heads.roster import MOST_WORD
from scenes.heads.words import fitting_names
from scenes.parts.ink import Letters, Line, letter_size
from scenes.parts.table import spread
from scenes.parts.theme import Theme

#: Between an arc and the word that it leads to.
BEFORE = 0.1


class Nodes(Group):
    """Words from ``x`` on, one below the other ``within`` a bottom and a top; where they have no room there, the present one alone."""

    def __init__(self, names: Sequence[str], x: float, within: tuple[float, float], role: str, theme: Theme) -> None:
        self.names, self.x, (bottom, top) = fitting_names(names, MOST_WORD), x, within
        self.bottom, self.top = within
        pitch = (top - bottom) / len(names)
        self.alone = pitch < spread(self.names)
        self.heights = [(top + bottom) / 2 if self.alone else top - (n + 0.5) * pitch for n in range(len(names))]
        self.plain, self.lit = Letters(theme.muted), Letters(getattr(theme, role))
        super().__init__(self.plain, self.lit)

    def line(self, row: int) -> Line:
        """The word of a query."""
        return Line(self.names[row], letter_size(), self.x + BEFORE, self.heights[row], align=-1)

    def show(self, current: int) -> None:
        """The ``current`` one is lit."""
        self.plain.write_lines([] if self.alone else [self.line(row) for row in range(len(self.names)) if row != current])
        self.lit.write_lines([self.line(current)])

    def end(self, row: int) -> ArcEnd:
        """The middle of where arcs to a query end."""
        return self.x, max(self.bottom + WHOLE / 2, min(self.top - WHOLE / 2, self.heights[row]))
