"""A function: its curve; below it over the same x axis its slopes, where a dot rides over it and its tangent turns, or what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from manim import Group

from scenes.parts.axes import BESIDE, NAME, NUMBERS, Axes, Range, number_room
from scenes.parts.curves import Point
from scenes.parts.display import STROKE_UNIT
from scenes.parts.ink import Box, Ink, letter_size, text_width
from scenes.parts.theme import Theme

UPPER, LITTLE_UPPER = 0.55, 0.36  # of the height that two graphs have
INNER = 0.72  # of the way from the middle to a side, where the name of a curve begins that is high at that side
#: A slope below this is called flat: less than a tenth comes back.
FLAT = 0.1
NOTHING, LITTLE = ("nothing", "comes back"), ("flat",)
MOST_DOTS = 64
OVER = 0.2  # of a name, over its line
MOST_BAR, BAR_SHARE = 0.3, 0.6  # width of the bar of a layer; of the room that it has
SURVEY = 0.7  # of the time, to go over the whole curve


class Curve(Group):
    """The curve of a function in ``box``: ``curve`` are numbers side by side and their values, ``names`` and ``roles`` those of the two.

    ``below`` is the height that is kept free for another graph, ``room`` the width of its numbers.
    """

    def __init__(
        self,
        curve: np.ndarray,
        box: Box,
        names: Sequence[str],
        roles: Sequence[str],
        theme: Theme,
        *,
        below: float = 0.0,
        room: float = 0.0,
    ) -> None:
        self.xs, self.ys = curve[:2]
        self.roles = roles
        left, bottom, right, top = box
        across, up = extent(self.xs), extent(self.ys)
        start = left + max(text_width(names[0], letter_size()) + BESIDE, number_room(up, top - bottom), room)
        plot = (start, bottom + NUMBERS + below, right, top - NAME)
        self.upper = Axes(plot, (across, up), names[1], (roles[0], roles[1]), theme, numbered=not below)
        self.upper.curve(roles[1], self.xs, self.ys)
        self.label = Ink(names[0], letter_size(), getattr(theme, roles[0]), align=1).put(start - BESIDE, bottom + NUMBERS / 2 - BESIDE / 4)
        super().__init__(self.upper, self.label)

    def mark_all(self, points: Sequence[Point]) -> None:
        """Dots on the curve."""
        self.upper.mark_all(points[:MOST_DOTS])

    def clear(self) -> None:
        """Takes away what moves."""
        self.upper.clear()

    def climb(self, x: float, y: float, share: float) -> None:
        """From the x axis to the curve, and over to the y axis."""
        self.clear()
        self.upper.climb(x, y, share)


class TwoCurves(Curve):
    """Below it over the same x axis another graph from ``up[0]`` to ``up[1]``, named last; the upper one has a ``share`` of the height."""

    def __init__(
        self, curve: np.ndarray, box: Box, names: Sequence[str], roles: Sequence[str], theme: Theme, *, up: Range, share: float
    ) -> None:
        lower = (box[3] - box[1] - 2 * NAME - NUMBERS) * (1 - share)
        super().__init__(curve, box, names, roles, theme, below=lower + NAME, room=number_room(up, lower))
        self.under = (self.upper.plot[0], box[1] + NUMBERS, box[2], box[1] + NUMBERS + lower)
        self.lower = Axes(self.under, (extent(self.xs), up), names[2], (roles[0], roles[2]), theme)
        self.add(self.lower)

    def clear(self) -> None:
        super().clear()
        self.lower.clear()


class Ride(TwoCurves):
    """A third row of ``curve`` are slopes. ``chain`` is what is left after each layer; it is shown in place of the slopes."""

    def __init__(
        self, curve: np.ndarray, chain: np.ndarray | None, box: Box, names: Sequence[str], roles: Sequence[str], theme: Theme
    ) -> None:
        super().__init__(curve, box, names, roles, theme, up=extent(np.array([0.0, 1.0, *curve[2]])), share=UPPER)
        self.slopes = curve[2]
        self.chain = np.array([1.0, *chain]) if chain is not None else None
        self.layers = self._layers(self.under, theme)
        self.look(known=0.0)

    def _layers(self, plot: Box, theme: Theme) -> Axes | None:
        if self.chain is None:
            return None
        heights = (0.0, float(max(1.0, self.chain.max())))
        bar = min(MOST_BAR, BAR_SHARE * (plot[2] - plot[0]) / len(self.chain)) / STROKE_UNIT
        return Axes(
            plot, ((0.0, len(self.chain) - 1.0), heights), "left after each layer", ("muted", self.roles[1]), theme, bars=(bar, bar)
        )

    def look(self, *, known: float, layered: bool = False) -> None:
        """Shows the slopes, from the left as far as they are ``known``, and where they are flat; or the layers in their place."""
        shown = self.layers if layered and self.layers is not None else self.lower
        self.submobjects = [self.upper, shown, *([self.label] if shown is self.lower else [])]
        self.lower.curve(self.roles[2], self.xs, self.slopes, known)
        flat = [*self._flat()] if known >= 1 else []
        self.lower.shade(flat)
        self.upper.shade((where, dark, ()) for where, dark, _ in flat)

    def _flat(self) -> Iterator[tuple[Range, bool, Sequence[str]]]:
        """Ranges without any slope, and with little."""
        kinds = [0 if slope == 0 else 1 if abs(slope) < FLAT else 2 for slope in self.slopes.tolist()]
        for kind, found in groupby(range(len(kinds)), key=kinds.__getitem__):
            at = [*found]
            if kind < 2 and len(at) > 1:
                yield (float(self.xs[at[0]]), float(self.xs[at[-1]])), kind == 0, LITTLE if kind else NOTHING

    def mark_slopes(self, slopes: Sequence[Point]) -> None:
        """Thin bars below."""
        self.lower.mark_all((), slopes[:MOST_DOTS])

    def clear(self) -> None:
        super().clear()
        if self.layers is not None:
            self.layers.clear()

    def touch(self, point: Point, slope: float) -> None:
        """The dot on the curve with its tangent; below, the slope as a bar."""
        self.clear()
        self.upper.touch(*point, slope)
        self.lower.stand(point[0], slope)

    def ride(self, start: float, stop: float, share: float) -> None:
        """On the way from one number to another, on the curve as it is drawn."""
        x = start + (stop - start) * share
        y, slope = (float(np.interp(x, self.xs, values)) for values in (self.ys, self.slopes))
        self.touch((x, y), slope)

    def survey(self, x: float, share: float) -> None:
        """Over the whole curve, the slopes drawn on the way, and back to one number."""
        first, last = float(self.xs[0]), float(self.xs[-1])
        there, back = min(1.0, share / SURVEY), max(0.0, (share - SURVEY) / (1 - SURVEY))
        self.look(known=there)
        if back:
            self.ride(last, x, back)
        else:
            self.ride(first, last, there)

    def level(self, y: float, share: float) -> None:
        """A line at the height of one slope; the words would be in its way."""
        self.clear()
        self.lower.notes.write_lines([])
        self.lower.level(y, share)

    def stack(self, layer: int, share: float) -> None:
        """The bar of a layer comes out of the one before: it moves on, then becomes shorter."""
        if self.layers is None or self.chain is None:
            return
        self.clear()
        heights = [(float(n), float(self.chain[n])) for n in range(layer)]
        self.layers.mark_all((), heights)
        before, after = float(self.chain[layer - 1]), float(self.chain[layer])
        moved, cut = min(1.0, share * 2), max(0.0, share * 2 - 1)
        self.layers.stand(layer - 1 + moved, before + (after - before) * cut)


class Answers(TwoCurves):
    """Below the probabilities of yes what they cost: a curve where yes is true, and one where no is, the two rows after them."""

    def __init__(self, curve: np.ndarray, box: Box, names: Sequence[str], roles: Sequence[str], theme: Theme) -> None:
        super().__init__(curve, box, names, roles, theme, up=extent(curve[2:]), share=LITTLE_UPPER)
        self.role, (self.yes, self.no) = roles[2], curve[2:]
        low, high = extent(self.xs)
        y = self.lower.plot[3] - NAME / 2
        texts = (("yes", low, -1), ("no", high, 1))
        self.named = [
            Ink(text, letter_size(), theme.muted, align=side, halo=theme.ground).put(self.lower.at(x * INNER, 0)[0], y)
            for text, x, side in texts
        ]
        self.mean = Ink("", letter_size(), getattr(theme, roles[2]), align=-1, halo=theme.ground)
        self.add(*self.named, self.mean)

    def clear(self) -> None:
        super().clear()
        self.mean.write("")

    def choose(self, answer: float | None) -> None:
        """Lights the curve of the true answer; both where there is not one."""
        curves = [self.yes, self.no]
        bright, pale = (curves[:1], curves[1:]) if answer == 1 else (curves[1:], curves[:1]) if answer == 0 else (curves, [])
        for role, curves in ((self.role, bright), ("muted", pale)):
            # Curves break off where there is no number.
            xs = np.concatenate([[np.nan], *([*self.xs, np.nan] for _ in curves)])
            self.lower.curve(role, xs, np.concatenate([[np.nan], *([*ys, np.nan] for ys in curves)]))

    def ask(self, x: float, answer: float, share: float) -> None:
        """From a number to the curve of one answer as it is drawn."""
        self.lower.climb(x, float(np.interp(x, self.xs, self.yes if answer else self.no)), share)

    def average(self, name: str, y: float, share: float) -> None:
        """A line as high as the mean of all costs, with its name."""
        self.lower.level(y, share)
        self.mean.write(name if share >= 1 else "").put(self.lower.plot[0] + BESIDE, self.lower.at(0, y)[1] + OVER)


def extent(values: np.ndarray) -> Range:
    """From the smallest to the largest finite number."""
    found = values[np.isfinite(values)]
    return float(found.min()), float(found.max())
