"""All heads of an attention as little squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from scenes.parts.ink import Box, Ink, Mark, boxes, letter_size, text_width
from scenes.parts.raster import Hatch, Raster, diverging, nothing
from scenes.parts.table import LABEL_ROOM
from scenes.parts.theme import Theme

TILE_GAP = 0.14
LARGEST_TILE = 1.1


class Heads(Group):
    """All heads as little squares side by side, the current one framed."""

    def __init__(self, heads: int, rows: int, columns: int, room: Box, theme: Theme, *, largest: float = LARGEST_TILE) -> None:
        self.heads, self.theme = heads, theme
        left, bottom, right, top = room
        top -= LABEL_ROOM
        self.across = min(heads, best_across(heads, rows, columns, right - left, top - bottom, largest))
        self.side = tile_side(heads, self.across, rows, columns, right - left, top - bottom, largest)
        width, height = self.side * columns / max(rows, columns), self.side * rows / max(rows, columns)
        gap = TILE_GAP
        x = left
        self.boxes = []
        for h in range(heads):
            i, j = divmod(h, self.across)
            x0, y1 = x + j * (width + gap), top - i * (height + gap)
            self.boxes.append((x0, y1 - height, x0 + width, y1))
        self.rasters, self.hatch = [Raster(nothing((rows, columns)), box) for box in self.boxes], Hatch(theme)
        self.shown = [np.zeros(0)] * heads
        self.outline = Mark(theme.line, stroke=2.0).draw(boxes(self.boxes))
        self.casing, self.spot = Mark(theme.casing, stroke=9.0), Mark(theme.reading, stroke=5.0)
        self.label = Ink("", letter_size(), theme.share, align=-1).put(left, top + LABEL_ROOM / 2)
        super().__init__(*self.rasters, self.hatch, self.outline, self.casing, self.spot, self.label)

    def show(self, weights: Sequence[np.ndarray], limit: float, current: int | None) -> None:
        """The weights of every head, nan where they are not known; ``limit`` is the one with the strongest colour."""
        for n, (raster, values) in enumerate(zip(self.rasters, weights, strict=True)):
            # Only one of them changes at a time.
            if not np.array_equal(values, self.shown[n], equal_nan=True):
                self.shown[n] = values
                known = ~np.isnan(values)
                raster.colour(np.where(known[..., None], diverging(values, limit, self.theme, "share"), nothing((1, 1))))
        self.hatch.cover((raster.box, np.isnan(values)) for raster, values in zip(self.rasters, weights, strict=True))
        frame = boxes([] if current is None else [self.boxes[current]])
        self.casing.draw(frame)
        self.spot.draw(frame.copy())
        self.label.write(f"{self.heads} heads" if current is None else called(current, self.heads))


def called(head: int, heads: int) -> str:
    """One of the heads."""
    return f"head {head} of {heads}"


def heads_width(heads: int) -> float:
    """Of what stands above all heads."""
    return text_width(called(heads - 1, heads), letter_size())


def tile_side(heads: int, across: int, rows: int, columns: int, width: float, height: float, largest: float) -> float:
    """Of the longer side of a little square, where so many stand side by side."""
    down = -(-heads // across)
    wide, high = columns / max(rows, columns), rows / max(rows, columns)
    return min((width - (across - 1) * TILE_GAP) / across / wide, (height - (down - 1) * TILE_GAP) / down / high, largest)


def best_across(heads: int, rows: int, columns: int, width: float, height: float, largest: float) -> int:
    """How many little squares stand side by side so that they are as large as can be."""
    return max(range(1, heads + 1), key=lambda across: tile_side(heads, across, rows, columns, width, height, largest))
