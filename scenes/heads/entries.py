"""Numbers beside the keys, one for each: scores, their exponentials, the shares that come of them."""

from __future__ import annotations

import numpy as np

from scenes.parts.digits import Writing, size_within
from scenes.parts.grid import CellPlaces, Grid
from scenes.parts.ink import LEAST_PX, PX, Ink, Line, Mark, boxes, letter_size, text_width
from scenes.parts.levels import flatten
from scenes.parts.table import LABEL_ROOM
from scenes.parts.theme import Theme

LARGEST_PX = 34.0
TINT = 0.35  # opacity of bars
MARGIN = 0.05
MOST_CHARACTERS = 5  # −0.75
FRAMED_PX = 16.0  # room that numbers leave to a frame


class Entries(Grid):
    """A column of digits over bars from ``left`` to ``right``, its rows those of a table beside it."""

    halo = True

    def __init__(self, title: str, role: str, left: float, right: float, beside: CellPlaces, theme: Theme, *, limit: float = 0.0) -> None:
        _, bottom, _, top = beside.whole
        box = (left + MARGIN, bottom, right - MARGIN, top)
        size = max(LEAST_PX, min(LARGEST_PX, beside.cell[1] / PX * 0.72))
        free = box[2] - box[0] - FRAMED_PX * PX
        most = min(MOST_CHARACTERS, int(free / text_width("0", LEAST_PX)))
        # As large as the longest number may be.
        size, self.free = min(size, size_within(free, ["0" * most])), free
        super().__init__((beside.rows, 1), box, role, theme, Writing(size, most=most), limit=limit)
        self.bars, self.crown = Mark(getattr(theme, role), fill=TINT), Mark(getattr(theme, role), stroke=5.0)
        title_line = Ink(title, letter_size(), getattr(theme, role)).put((box[0] + box[2]) / 2, top + LABEL_ROOM / 2)
        self.add_to_back(self.bars, self.ruled)
        self.add(title_line, self.crown)
        flatten([self])

    def show(self, numbers: np.ndarray) -> None:
        """One number for each row, nan for what is not known."""
        self.fill(numbers[:, None], ~np.isnan(numbers)[:, None])
        shares = np.clip(np.nan_to_num(numbers, nan=0.0, neginf=0.0) / self.limit, 0, 1) if self.limit else np.zeros(0)
        found = [(row, float(share)) for row, share in enumerate(shares) if share > 0]
        self.bars.draw(boxes([self._bar(row, share) for row, share in found]))

    def _bar(self, row: int, share: float) -> tuple[float, float, float, float]:
        x0, y0, x1, y1 = self.box(row)
        return x0, y0, x0 + (x1 - x0) * share, y1

    def text(self, number: float) -> str:
        """A number as it stands in a cell; none of one that cannot be written so short, which the strip has."""
        text = super().text(number)
        return text if text_width(text, self.digit_px) <= self.free + PX / 4 else ""

    def crowned(self, row: int | None) -> None:
        """Rings the largest one."""
        self.crown.draw(boxes([] if row is None else [self.box(row)]))

    def line(self, number: float, row: int) -> Line:
        """A number in its cell."""
        return self.lettered(self.text(number), row)
