"""How numbers become shares of a whole, as a picture: they sink, land as pieces of one bar, and the bar is scaled to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from scenes.parts.axes import BESIDE, Axes, number_room
from scenes.parts.bars import Bars, LongBar, Span
from scenes.parts.ink import Box
from scenes.parts.rooms import rows
from scenes.parts.theme import Theme
from scenes.parts.window import Window

#: What happens to a row, in this order; a concept may leave out some of it.
ACTS = ("look", "level", "sink", "land", "total", "scale", "pull", "share", "push")
#: Bars that would be lower than this part of the room after they have sunk get a scale of their own.
LEAST_SUNK = 0.15
MOST_BARS = 128
BEYOND = 0.3  # of all others is an infinite bar longer than they
LONG_BAR = 1.14  # height of its room
PALE = 0.5  # so that arrows on bars can be seen
WHOLE, LOW, ABOVE = 1.05, 0.35, 1.6  # a scale of shares to 1; if none is higher than the second, that scale ends so far above the highest


@dataclass(frozen=True)
class ShareRow:
    """The numbers of one row: ``numbers`` become ``shares`` by way of their ``parts``; ``wanted`` is what the shares ought to be.

    ``chosen`` is none where no single one is right, ``cost`` none where that does not cost minus the logarithm of its share.
    """

    numbers: Sequence[float]
    parts: Sequence[float]
    shares: Sequence[float]
    wanted: Sequence[float] | None
    chosen: int | None
    cost: float | None = None

    @property
    def largest(self) -> float:
        """Of the numbers."""
        return max(self.numbers)

    @property
    def whole(self) -> float:
        """How long all pieces are."""
        return float(np.sum(self.parts))


@dataclass(frozen=True)
class Moment:
    """How far each act has come: the number of bars that it is done with, or a share of it. ``marked`` is the bar that it is about."""

    grow: float = 0.0
    level: int = 0
    sink: float = 0.0
    land: int = 0
    total: int = 0
    scale: float = 0.0
    known: int = 0
    pull: float = 0.0
    cost: float | None = None  # none if it is not about that
    share: int = 0
    push: float = 0.0
    marked: int | None = None
    above: bool = True  # whether the mark is on the bars, not on the pieces


class Shares(Group):
    """Bars above, the long bar below; ``roomy`` is how long the longest of all bars is.

    With a ``curve`` of what shares cost, that stands in place of the bars over the same shares as the long bar.
    """

    def __init__(self, room: Box, count: int, names: Sequence[str], roomy: float, theme: Theme, curve: np.ndarray | None = None) -> None:
        above, below = rows(room, (room[3] - room[1] - LONG_BAR, LONG_BAR), 0.12)
        self.bars = Bars(above, count, names, "input", theme)
        self.goals = Bars(above, count, names, "share", theme, fill=PALE)
        highest, beside = _scale_of(curve, above)
        below = (below[0] + beside, *below[1:])
        self.long = LongBar(below, names, theme, measured=curve is not None)
        self.roomy, self.spot, self.curve = roomy, Window(theme), None
        if curve is not None:
            plot = (self.long.left, above[1], self.long.right, above[3])
            self.curve = Axes(plot, ((0.0, 1.0), (0.0, highest)), "−log p", ("output", "output"), theme, numbered=False, snug=True)
            self.curve.curve("output", *curve)
        super().__init__(self.bars, self.long, self.spot)

    def show(self, row: ShareRow, at: Moment) -> None:
        """The row at a moment."""
        above: Mobject = self.goals if at.share else self.bars
        self.goals.span = aimed(row)
        if at.share:
            self._aims(row, at)
        elif self.curve is not None and at.cost is not None and row.cost is not None and row.chosen is not None:
            above = self.curve
            self.curve.climb(row.shares[row.chosen], row.cost, at.cost)
        else:
            self._numbers(row, at)
        self.submobjects = [above, self.long, self.spot]
        found = self.pieces(row, at.scale)
        counted = 0 if at.pull else at.total
        self.long.show(found[: at.land], shares=at.known, scaled=at.scale >= 1, counted=counted, chosen=row.chosen, pulled=at.pull)
        if row.chosen is not None:
            found[row.chosen] = self.long.lifted(found[row.chosen], at.pull)
        self._mark(found, at)

    def _mark(self, found: Sequence[Box], at: Moment) -> None:
        """Frames what the moment is about."""
        if at.marked is None:
            self.spot.clear()
            return
        box = (self.goals if at.share else self.bars).around(at.marked) if at.above else found[at.marked]
        if box != self.spot.box:
            self.spot.put(box)

    def _numbers(self, row: ShareRow, at: Moment) -> None:
        """The bars around zero, on their way to where the largest is zero."""
        off = at.sink * row.largest
        values = [at.grow * value - off for value in row.numbers]
        level = max(row.numbers[: at.level]) - off if at.level else None
        self.bars.show(values, scale(row, at.sink), level=level, lit=at.marked if at.above else None)

    def _aims(self, row: ShareRow, at: Moment) -> None:
        known = [share if number < at.share else 0.0 for number, share in enumerate(row.shares)]
        self.goals.show(known, aimed(row), lit=at.marked if at.marked is not None else row.chosen)
        self.goals.point(row.shares, row.wanted if row.wanted is not None and at.share >= len(row.shares) else (), at.push)

    def pieces(self, row: ShareRow, scaled: float) -> list[Box]:
        """Where the pieces stand."""
        return self.long.boxes(row.parts, self.long.unit(row.whole, scaled, self.roomy))

    def bar(self, row: ShareRow, number: int, sunk: float) -> Box:
        """Where a bar stands."""
        self.bars.span = scale(row, sunk)
        return self.bars.box(number, row.numbers[number] - sunk * row.largest)

    def aim(self, row: ShareRow, number: int) -> Box:
        """Where the bar of a share stands."""
        self.goals.span = aimed(row)
        return self.goals.box(number, row.shares[number])


def aimed(row: ShareRow) -> Span:
    """The scale of shares; one that ends above the highest where all are low, so that what is wanted may be beyond it."""
    highest = max(row.shares, default=1.0)
    return 0.0, WHOLE if highest > LOW else ABOVE * highest


def scale(row: ShareRow, sunk: float) -> Span:
    """One scale for the bars before and after they have sunk; another one for what would not be seen on that."""
    low, high = min(0.0, *row.numbers), max(0.0, *row.numbers)
    fallen = min(row.numbers) - row.largest
    low, high = min(low, fallen), high or -low / 10
    if -fallen > LEAST_SUNK * (high - low) or not fallen:
        return (low, high) if high > low else (-1.0, 1.0)
    return low + (fallen - low) * sunk, high + (-fallen / 10 - high) * sunk


def _scale_of(curve: np.ndarray | None, room: Box) -> tuple[float, float]:
    """The largest cost on a curve, and the width of the numbers beside it."""
    if curve is None:
        return 0.0, 0.0
    highest = float(curve[1].max())
    return highest, number_room((0.0, highest), room[3] - room[1]) + BESIDE


def finite(values: np.ndarray) -> list[float]:
    """Numbers for bars: infinite ones go beyond all others, what is no number has no bar."""
    sound = values[np.isfinite(values)]
    low, high = (float(sound.min()), float(sound.max())) if sound.size else (0.0, 0.0)
    beyond = (high - low or 1.0) * BEYOND
    found: list[float] = np.nan_to_num(values, nan=0.0, posinf=high + beyond, neginf=low - beyond).tolist()
    return found
