"""A tensor on its way from the picture of one act to that of the next: its cells move, they are not drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from manim import Group, Mobject

from scenes.parts.grid import ruling
from scenes.parts.ink import LEAST_PX, Box, Line, boxes
from scenes.parts.motion import smooth
from scenes.parts.raster import MovingCells
from scenes.parts.rooms import around
from scenes.parts.standing import Patch, Standing
from scenes.parts.theme import Theme, rgb
from scenes.parts.travel import VEIL, MovingLines, Travelling, between
from scenes.parts.window import blend

#: Its box before and after, and its colours then.
BoxWay = tuple[Box, Box, tuple[np.ndarray, np.ndarray] | None]


@dataclass(frozen=True, eq=False)
class CarriedWay:
    """From where it stood to where it stands; ``doors`` are the boxes of both acts on the map, for what cannot be seen there or here."""

    start: Standing | None
    end: Standing | None
    doors: tuple[Box, Box]

    @property
    def lines(self) -> list[tuple[Line, Line]]:
        """Numbers with their places before and after; those of coloured cells are none."""
        if self.end is None:
            return [(line, _through(line, self.start, self.doors[1])) for line in (self.start.lines if self.start else {}).values()]
        coloured = [patch for patch in (self.start.patches if self.start else []) if patch.colours is not None]
        stood = self.start.lines if self.start else {}
        return [
            (stood[cell] if cell in stood else _through(line, self.end, self.doors[0]), line)
            for cell, line in self.end.lines.items()
            if not any(patch.first <= cell < patch.after for patch in coloured)
        ]

    @property
    def tables(self) -> list[tuple[Box, Box, tuple[int, int]]]:
        """Tables of digits that keep their form, or have one on one side alone, with their boxes before and after."""
        if self.end is None:
            known = self.start.patches if self.start else []
            return [(one.box, _small(one.box, self.start, self.doors[1]), one.shape) for one in known if one.colours is None]
        found = [(self._before(patch), patch) for patch in self.end.patches if patch.colours is None]
        return [(box, patch.box, patch.shape) for box, patch in found if box is not None]

    def _before(self, patch: Patch) -> Box | None:
        """Where a table was; none if it had another form there."""
        stood = [one for one in (self.start.patches if self.start else []) if one.has(patch)]
        if not stood:
            return _small(patch.box, self.end, self.doors[0])
        same = [one for one in stood if (one.first, one.shape) == (patch.first, patch.shape) and one.colours is None]
        return same[0].box if same else None

    @property
    def blocks(self) -> list[BoxWay]:
        """Blocks of coloured cells; without colours where neither picture says what they are."""
        if self.start is None and self.end is None:
            return [(*self.doors, None)]
        if self.end is None:
            known = self.start.patches if self.start else []
            return [(one.box, _small(one.box, self.start, self.doors[1]), (one.colours,) * 2) for one in known if one.colours is not None]
        return [found for patch in self.end.patches if (found := self._block(patch)) is not None]

    def _block(self, patch: Patch) -> BoxWay | None:
        """The block that becomes a patch, if that or where it comes from has colours."""
        before = [one for one in (self.start.patches if self.start else []) if one.has(patch)]
        there = [one.colours for one in before if one.colours is not None]
        mine = patch.colours if patch.colours is not None else there[0] if there else None
        if mine is None:
            return None
        # Of another form, or of several, the colours are those of the whole from the start.
        theirs = there[0] if len(before) == len(there) == 1 and there[0].shape == mine.shape else mine
        return around([one.box for one in before]) if before else _small(patch.box, self.end, self.doors[0]), patch.box, (theirs, mine)


def _small(box: Box, standing: Standing | None, door: Box) -> Box:
    """A box of a picture as small as a door."""
    left, bottom, right, top = around([patch.box for patch in standing.patches] if standing else [box])
    wide, high = (door[2] - door[0]) / (right - left), (door[3] - door[1]) / (top - bottom)
    x0, y0, x1, y1 = box
    return door[0] + (x0 - left) * wide, door[1] + (y0 - bottom) * high, door[0] + (x1 - left) * wide, door[1] + (y1 - bottom) * high


def _through(line: Line, standing: Standing | None, door: Box) -> Line:
    """A line of a picture as small as a door, too small to be read."""
    x = line.x - line.align * line.width / 2
    x, y, _, _ = _small((x, line.y, x, line.y), standing, door)
    return replace(line, x=x, y=y, size=0.0, align=0)


class Passage(Group):
    """One tensor on its way, in the colour of what it was, then of what it is."""

    def __init__(self, way: CarriedWay, theme: Theme) -> None:
        super().__init__()
        self.way, self.lines, self.tables, self.blocks = way, way.lines, way.tables, way.blocks
        roles = [getattr(theme, standing.role) for standing in (way.start, way.end) if standing is not None] or [theme.output]
        self.colours = np.array([rgb(roles[0]), rgb(roles[-1])], dtype=float)
        self.letters = Travelling(roles[0], halo=theme.ground)
        self.ground = MovingLines(theme.ground, fill=1.0)  # numbers over which a table passes would be mixed with its own
        self.veil, self.ruled = MovingLines(theme.output, fill=VEIL), MovingLines(theme.line, stroke=2.0)

    def show(self, share: float) -> None:
        """From 0, where they stood, to 1, where nothing is on its way any more. What stands in a door cannot be seen there."""
        self.submobjects = []
        if share >= 1 or (share <= 0 and self.way.start is None):
            return
        at = smooth(share)
        coloured = [(blend(a, b, at), colours) for a, b, colours in self.blocks if colours is not None]
        rasters: list[Mobject] = [MovingCells(_mixed(*colours, at), box) for box, colours in coloured]
        self.veil.draw(boxes(blend(a, b, at) for a, b, colours in self.blocks if colours is None))
        tables = [(blend(a, b, at), shape) for a, b, shape in self.tables]
        self.ground.draw(boxes(box for box, _ in tables))
        self.ruled.draw(np.concatenate([np.zeros((0, 3)), *(ruling(box, *shape) for box, shape in tables)]))
        red, green, blue = _mixed(self.colours[0], self.colours[1], at).tolist()
        self.letters.set_fill(f"#{red:02X}{green:02X}{blue:02X}", family=False)
        self.letters.write_lines(line for line in (between(a, b, at) for a, b in self.lines) if line.size >= LEAST_PX)
        self.submobjects = [*rasters, self.veil, self.ground, self.ruled, self.letters]


def _mixed(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Colours between two."""
    found: np.ndarray = np.rint(a + (b.astype(float) - a) * share).astype(np.uint8)
    return found
