"""All networks that are left when units are dropped: a grid of them, and their results as bars that run together into their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from manim import Group

from engine.numbers import decimals_needed, plain
from scenes.parts.bars import Kept
from scenes.parts.curves import circle, together
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, boxes, dashes, letter_size, lines, text_width
from scenes.parts.motion import smooth
from scenes.parts.theme import Theme
from scenes.parts.window import blend

MOST_UNITS = 6
PAD, TEXT_ROOM, CHANCE_ROOM = 0.09, 0.26, 0.13  # within a tile
GATHERED, LEVEL = 0.55, 0.8  # shares of an act: all bars stand side by side, they begin to level out
PILE, FULL = 0.66, (0.78, 0.95)  # of the width: the bars side by side, the bar of the full network
LABEL = 0.4


@dataclass(frozen=True)
class Ensemble:
    """``masks`` are the networks, ``chances`` and ``values`` what they have and make, ``mean`` and ``full`` what they are compared with.

    ``wired`` says whether the units lead to others; if not, the values are their own.
    """

    masks: np.ndarray
    chances: np.ndarray
    values: np.ndarray
    mean: np.ndarray
    full: np.ndarray
    wired: bool

    @property
    def fits(self) -> bool:
        """Whether there are few enough networks."""
        return int(self.masks.shape[-1]) <= MOST_UNITS


class State(NamedTuple):
    """How much is known of column ``column``: chances, values, the mean, the bar of the full network; shares where they are on their way.

    ``looked`` is the network that is looked at now.
    """

    column: int
    chances: float
    values: float
    mean: float = 0.0
    full: float = 0.0
    looked: int | None = None


class Thinned(Group):
    """The grid in ``room``; when the mean is made the grid gives way to bars, as wide as chances and as high as values."""

    def __init__(self, ensemble: Ensemble, room: Box, theme: Theme, names: tuple[str, str]) -> None:
        self.ensemble, self.room = ensemble, room
        count = len(ensemble.masks)
        self.across = 2 ** math.ceil(math.log2(count) / 2)
        self.decimals = decimals_needed(ensemble.values.ravel().tolist())
        self.nets, self.dots, self.dropped = Kept(theme.weight, stroke=1.8), Kept(theme.output, fill=1.0), Kept(theme.muted, stroke=1.6)
        self.frames = Kept(theme.line, stroke=1.6)
        self.looked = Kept(theme.reading if theme.name == "dark" else theme.casing, stroke=4.0)
        self.chances, self.bars = Kept(theme.key, fill=1.0), Kept(theme.output, fill=1.0)
        self.outlines, self.ground = Kept(theme.muted, stroke=1.8), Kept(theme.ink, stroke=2.4)
        self.full, self.level = Kept(theme.output, fill=1.0), Kept(theme.ink, stroke=2.4)
        self.texts = Letters(theme.output)
        y = room[3] - LABEL / 2
        self.labels = [Ink("", letter_size(), theme.output, align=align).put(x, y) for align, x in ((-1, self._x(0)), (1, self._x(1)))]
        self.names = names
        marks = [self.frames, self.nets, self.dots, self.dropped, self.chances, self.bars, self.outlines, self.full]
        super().__init__(*marks, self.ground, self.level, self.looked, self.texts, *self.labels)

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def _x(self, share: float) -> float:
        return self.room[0] + (self.room[2] - self.room[0]) * share

    def tile(self, n: int) -> Box:
        """Where a network stands."""
        left, bottom, right, top = self.room
        down = -(-len(self.ensemble.masks) // self.across)
        width, height = (right - left) / self.across, (top - bottom) / down
        row, column = divmod(n, self.across)
        x, y = left + column * width, top - row * height
        return x + PAD / 2, y - height + PAD / 2, x + width - PAD / 2, y - PAD / 2

    @property
    def has_texts(self) -> bool:
        """Whether there is room for numbers in the tiles."""
        x0, y0, x1, y1 = self.tile(0)
        widest = max(text_width(plain(x, self.decimals), LEAST_PX) for x in np.unique(self.ensemble.values).tolist())
        return widest < x1 - x0 - PAD and y1 - y0 > 3 * TEXT_ROOM

    def _inner(self, n: int) -> Box:
        x0, y0, x1, y1 = self.tile(n)
        return x0 + PAD, y0 + CHANCE_ROOM + PAD, x1 - PAD, y1 - (TEXT_ROOM if self.has_texts else 0) - PAD

    def line(self, n: int, text: str) -> Line | None:
        """A number in a tile, if there is room for it."""
        x0, _, x1, y1 = self.tile(n)
        return Line(text, LEAST_PX, (x0 + x1) / 2, y1 - TEXT_ROOM / 2 - 2 * PX) if self.has_texts else None

    def _heights(self, bottom: float, top: float, *values: float) -> list[float]:
        """Values as heights, on a scale that has all of them and 0."""
        known = self.ensemble
        low = min(0.0, *(float(x.min()) for x in (known.values, known.mean, known.full)))
        high = max(0.0, *(float(x.max()) for x in (known.values, known.mean, known.full)))
        return [bottom + (top - bottom) * (value - low) / ((high - low) or 1.0) for value in values]

    def _bar(self, x0: float, x1: float, value: float, low: float, high: float) -> Box:
        zero, end = self._heights(low, high, 0.0, value)
        return x0, min(zero, end), x1, max(zero, end)

    def _small_bar(self, n: int, value: float) -> Box:
        x0, y0, x1, y1 = self._inner(n)
        return self._bar(x1 - 0.2 * (x1 - x0), x1, value, y0, y1)

    def _piled(self, n: int, value: float) -> Box:
        """The bar of a network among those side by side."""
        chances = self.ensemble.chances
        start = float(chances[:n].sum())
        x0, x1 = (self._x(PILE * share) for share in (start, start + float(chances[n])))
        return self._bar(x0, x1, value, self.room[1], self.room[3] - LABEL)

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, state: State) -> None:
        """Draws what is known."""
        self._grid(state)
        self._pile(state)
        texts = [self.line(n, plain(float(self.ensemble.values[n, state.column]), self.decimals)) for n in range(int(state.values))]
        self.texts.write_lines(line for line in texts if line and not state.mean)

    def _grid(self, state: State) -> None:
        """The networks, which go when the bars come together."""
        left = max(0.0, 1 - state.mean / GATHERED)
        shown = range(len(self.ensemble.masks)) if left else range(0)
        dots, dropped, nets = [], [], []
        for n in shown:
            units, ends = self._points(n)
            kept = [at for at, stays in zip(units, self.ensemble.masks[n], strict=True) if stays]
            radius = min(0.1, 0.4 * (self._inner(n)[3] - self._inner(n)[1]) / len(units))
            dots += [circle(*at, radius) for at in [*kept, *ends]]
            dropped += [circle(*at, radius * 0.8) for at in units if at not in kept]
            nets.append(lines((a, b) for a in kept for b in ends))
        self.frames.draw(boxes([self.tile(n) for n in shown]))
        for mark, parts in ((self.dots, dots), (self.dropped, dropped), (self.nets, nets)):
            mark.draw(together(parts))
        for mark in (self.frames, self.dots, self.dropped, self.nets, self.chances):
            mark.fade(left)
        self.chances.draw(boxes([self._chance(n, state.chances) for n in shown]))
        framed = self.tile(state.looked) if state.looked is not None and left else None
        self.looked.draw(boxes([framed] if framed else []))

    def _points(self, n: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Of a network in its tile: the units and where they lead."""
        x0, y0, x1, y1 = self._inner(n)
        count, ends = self.ensemble.masks.shape[-1], self.ensemble.values.shape[-1] if self.ensemble.wired else 0
        low, high = y0 + 0.08, y1 - 0.08

        def column(x: float, of: int) -> list[tuple[float, float]]:
            return [(x, high - (high - low) * (at + 0.5) / of) for at in range(of)]

        return column(x0 + 0.1 * (x1 - x0), count), column(x0 + 0.6 * (x1 - x0), ends)

    def _chance(self, n: int, known: float) -> Box:
        """As wide as the chance of a network, of the largest one as wide as the tile."""
        x0, y0, x1, _ = self.tile(n)
        share = float(self.ensemble.chances[n] / self.ensemble.chances.max()) * min(1.0, max(0.0, known - n))
        return x0, y0, x0 + (x1 - x0) * share, y0 + CHANCE_ROOM

    def _pile(self, state: State) -> None:
        values, mean = self.ensemble.values[:, state.column], float(self.ensemble.mean[state.column])
        gathered = smooth(min(1.0, state.mean / GATHERED))
        level = smooth(max(0.0, (state.mean - LEVEL) / (1 - LEVEL)))
        bars = []
        for n in range(min(len(values), math.ceil(state.values))):
            value = float(values[n])
            bar = self._small_bar(n, value * min(1.0, state.values - n))
            bars.append(blend(bar, self._piled(n, value + (mean - value) * level), gathered))
        self.bars.draw(boxes(bars))
        piled = [self._piled(n, float(value)) for n, value in enumerate(values)] if gathered == 1 else []
        self.outlines.draw(boxes(piled))
        seen = piled[state.looked] if piled and state.looked is not None else None
        if seen:
            self.looked.draw(boxes([seen]))
        self._compare(state, gathered == 1, level == 1, mean)

    def _compare(self, state: State, gathered: bool, level: bool, mean: float) -> None:
        """The mean as a line that the bar of the full network meets."""
        low, high = self.room[1], self.room[3] - LABEL
        zero, at = self._heights(low, high, 0.0, mean)
        self.ground.draw(lines([((self._x(0), zero), (self._x(1), zero))] if gathered else []))
        self.level.draw(lines(dashes((self._x(0), at), (self._x(1), at)) if level else []))
        full = self._bar(self._x(FULL[0]), self._x(FULL[1]), float(self.ensemble.full[state.column]) * state.full, low, high)
        self.full.draw(boxes([full] if state.full else []))
        for label, name, there in zip(self.labels, self.names, (level, state.full), strict=True):
            label.write(name if there else "")
