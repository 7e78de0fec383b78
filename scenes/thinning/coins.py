"""A layer's units and a coin for each: heads it stays and grows, tails it goes dark and its lines to the next layer fall away."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import numpy as np
from manim import Group

from scenes.parts.bars import Kept
from scenes.parts.curves import Point, circle, together
from scenes.parts.ink import Box, lines
from scenes.parts.motion import smooth
from scenes.parts.theme import Theme

MOST_UNITS, MOST_CROWDED = 8, 128  # that have lines to all of the next layer, and that can be seen
FILLED = 0.46  # the largest radius, of the way from unit to unit
COIN, LARGEST_COIN = 0.34, 0.3  # radius
TURNS = 3  # of a coin in the air, half ones
TOSSED, FATED = 0.45, 0.55  # shares of an act: the coin lies, what it says begins
FALL = 1.4
PULSE, SMALL_PULSE = 0.09, 0.18  # the second in pitches, where there are many
EMPTY = 0.14  # radius of what has no value yet, in pitches
#: Where coins, units and the next layer stand, shares of the width.
WIRED, ALONE = (0.12, 0.4, 0.88), (0.3, 0.65, 1.0)
WIDTHS = (1.8, 3.6, 5.4)  # of lines
TICK = (-0.45, 0.0), (-0.1, -0.4), (0.5, 0.4)
CROSS = ((-0.42, -0.42), (0.42, 0.42)), ((-0.42, 0.42), (0.42, -0.42))
MINUS = (-0.5, 0.0), (0.5, 0.0)

Strokes = defaultdict[str, list[np.ndarray]]


class CoinMoment(NamedTuple):
    """The units of ``row`` of which the first ``decided`` had their coin, and the first ``made`` of the next layer.

    ``acting`` says of which of the two the next one is at work now, ``share`` how far it is.
    """

    row: int = 0
    decided: int = 0
    made: int = 0
    acting: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Layer:
    """What is drawn: rows of units ``before`` and ``after``, 1 in ``kept`` for those that stay, and the next layer's units.

    Without ``kept`` there are no coins; ``weight`` has a row for each unit of the next layer, none where there is no such layer.
    """

    before: np.ndarray
    after: np.ndarray
    kept: np.ndarray | None
    weight: np.ndarray
    following: np.ndarray

    @property
    def units(self) -> int:
        """How many there are in a row."""
        return int(self.before.shape[-1])

    @property
    def fits(self) -> bool:
        """Whether there are few enough units."""
        return max(self.units, len(self.weight)) <= MOST_CROWDED

    @property
    def is_wide(self) -> bool:
        """Whether there are too many units for lines between all of them."""
        return max(self.units, len(self.weight)) > MOST_UNITS


class Coins(Group):
    """The layer in ``room``. Areas of discs are as large as values; in those that are negative there is a minus."""

    most: ClassVar[float] = 1.1  # from unit to unit

    def __init__(self, layer: Layer, room: Box, theme: Theme) -> None:
        self.layer = layer
        self.stand(room)
        self.largest = max(largest(layer.before), largest(layer.after))
        self.marks = {
            **{f"+{n}": Kept(theme.weight, stroke=width) for n, width in enumerate(WIDTHS)},
            **{f"-{n}": Kept(theme.negative, stroke=width) for n, width in enumerate(WIDTHS)},
            "falling": Kept(theme.muted, stroke=3.0),
            "pulses": Kept(theme.reading if theme.name == "dark" else theme.casing, fill=1.0),
            "ground": Kept(theme.ground, fill=1.0),
            "empty": Kept(theme.muted, stroke=2.4),
            "pending": Kept(theme.input, fill=1.0),
            "alive": Kept(theme.output, fill=1.0),
            "signs": Kept(theme.ground, stroke=4.0),
            "former": Kept(theme.ground, stroke=2.4),
            "rims": Kept(theme.ink, stroke=2.6),
            "heads": Kept(theme.output, fill=1.0),
            "ticks": Kept(theme.ground, stroke=4.0),
            "tails": Kept(theme.muted, stroke=4.0),
        }
        super().__init__(*self.marks.values())

    # --- geometry --------------------------------------------------------------------------------------------------------------------

    def stand(self, room: Box) -> None:
        """Finds places for all."""
        left, bottom, right, top = room
        following = len(self.layer.weight)
        self.pitch = min(self.most, (top - bottom) / max(self.layer.units, following))
        self.coin_x, self.unit_x, self.next_x = (left + (right - left) * share for share in (WIRED if following else ALONE))
        self.middle, self.floor = (bottom + top) / 2, bottom

    def _y(self, at: int, count: int) -> float:
        return self.middle + ((count - 1) / 2 - at) * self.pitch

    def unit(self, at: int) -> Point:
        """The middle of a unit."""
        return self.unit_x, self._y(at, self.layer.units)

    def following(self, at: int) -> Point:
        """The middle of a unit of the next layer."""
        return self.next_x, self._y(at, len(self.layer.weight))

    def _radius(self, value: float, most: float) -> float:
        return self.pitch * FILLED * math.sqrt(abs(value) / most)

    def kept(self, now: CoinMoment, unit: int) -> bool:
        """Whether a unit stays."""
        return self.layer.kept is None or bool(self.layer.kept[now.row, unit])

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, now: CoinMoment) -> None:
        """Draws a moment."""
        found: Strokes = defaultdict(list)
        for unit in range(self.layer.units):
            fate = self._fate(now, unit)
            if self.layer.kept is not None:
                self.coin(now, unit, found)
            if fate and not self.kept(now, unit):
                self._dark(now, unit, fate, found)
            else:
                self._lit(now, unit, fate, found)
            self.wires(now, unit, fate, found)
        for to in range(len(self.layer.weight)):
            self._sum(now, to, found)
        self.marks["falling"].fade(1 - (self._fate(now, now.decided) if now.acting == "unit" else 0.0))
        for name, mark in self.marks.items():
            mark.draw(together(found[name]))

    def _fate(self, now: CoinMoment, unit: int) -> float:
        """How far what its coin says has come true for a unit."""
        if unit != now.decided or now.acting != "unit":
            return float(unit < now.decided)
        return smooth(max(0.0, (now.share - FATED) / (1 - FATED)))

    def coin(self, now: CoinMoment, unit: int, found: Strokes) -> None:
        """Upright before it is tossed, then turning in the air, then with what it says."""
        radius, x, y = min(LARGEST_COIN, COIN * self.pitch), self.coin_x, self.unit(unit)[1]
        acting = now.acting == "unit" and unit == now.decided
        tossed = min(1.0, now.share / TOSSED) if acting else float(unit < now.decided)
        if tossed < 1:
            wide, up = abs(math.cos(math.pi * TURNS * tossed)), math.sin(math.pi * tossed) * self.pitch * 0.2
            found["rims"].append(turned(x, y + up, radius, max(0.06, wide)))
        elif self.kept(now, unit):
            found["heads"].append(circle(x, y, radius))
            found["ticks"].append(stroke(x, y, radius, TICK))
        else:
            found["tails"] += [circle(x, y, radius), *(stroke(x, y, radius, arm) for arm in CROSS)]

    def _lit(self, now: CoinMoment, unit: int, fate: float, found: Strokes) -> None:
        """A unit, on its way from the size it had to the one it gets; that it had stays as a ring."""
        before, after = (float(values[now.row, unit]) for values in (self.layer.before, self.layer.after))
        size = self._radius(before + (after - before) * fate, self.largest)
        x, y = self.unit(unit)
        found["alive" if fate else "pending"].append(circle(x, y, size))
        if fate and after != before:
            found["former"].append(circle(x, y, self._radius(before, self.largest)))
        if before < 0:
            found["signs"].append(stroke(x, y, size, MINUS))
        if not before:
            found["empty"].append(circle(x, y, EMPTY * self.pitch))

    def _dark(self, now: CoinMoment, unit: int, fate: float, found: Strokes) -> None:
        """A unit that is dropped: where it was is dashed."""
        x, y = self.unit(unit)
        size = self._radius(float(self.layer.before[now.row, unit]), self.largest)
        found["empty"].append(dashed(x, y, max(size, EMPTY * self.pitch)))
        if fate < 1:
            found["pending"].append(circle(x, y, size * (1 - fate)))

    def wires(self, now: CoinMoment, unit: int, fate: float, found: Strokes) -> None:
        """Lines as thick as weights; those of a unit that is dropped come off at the far end and fall."""
        most, dropped = largest(self.layer.weight), fate if not self.kept(now, unit) else 0.0
        (x0, y0), left = self.unit(unit), 1 - dropped
        for to, weight in enumerate(self.layer.weight[:, unit].tolist()):
            (x1, y1), width = self.following(to), min(len(WIDTHS) - 1, int(len(WIDTHS) * abs(weight) / most))
            if not dropped and weight:
                found[f"{'+' if weight > 0 else '-'}{width}"].append(lines([((x0, y0), (x1, y1))]))
            elif 0 < dropped < 1:
                end = x0 + (x1 - x0) * left, max(self.floor, y0 + (y1 - y0) * left - FALL * dropped)
                found["falling"].append(lines([((x0, y0), end)]))

    def _sum(self, now: CoinMoment, to: int, found: Strokes) -> None:
        """A unit of the next layer, which grows while something comes to it from all that were kept."""
        value, (x, y) = float(self.layer.following[now.row, to]), self.following(to)
        acting = now.acting == "next" and to == now.made
        share = smooth(now.share) if acting else float(to < now.made)
        size = self._radius(value, largest(self.layer.following)) * share
        for name in ("ground", "empty"):
            found[name].append(circle(x, y, EMPTY * self.pitch))
        found["alive"].append(circle(x, y, size))
        if value < 0 and share:
            found["signs"].append(stroke(x, y, size, MINUS))
        for unit in range(self.layer.units) if acting and 0 < share < 1 else ():
            if self.kept(now, unit):
                x0, y0 = self.unit(unit)
                found["pulses"].append(circle(x0 + (x - x0) * share, y0 + (y - y0) * share, min(PULSE, SMALL_PULSE * self.pitch)))


def largest(values: np.ndarray) -> float:
    """The largest absolute value, 1 where there is none but 0."""
    return float(np.abs(values).max(initial=0.0)) or 1.0


def stroke(x: float, y: float, radius: float, points: Sequence[Point]) -> np.ndarray:
    """A sign of straight lines in a disc, its points in radii."""
    placed = [(x + radius * a, y + radius * b) for a, b in points]
    return lines(pairwise(placed))


def turned(x: float, y: float, radius: float, wide: float) -> np.ndarray:
    """A coin that is seen from the side by so much: its width is ``wide`` of its height."""
    points: np.ndarray = circle(0, 0, radius) * np.array([wide, 1.0, 1.0]) + np.array([x, y, 0.0])
    return points


def dashed(x: float, y: float, radius: float, count: int = 10) -> np.ndarray:
    """A dashed circle."""
    at = [2 * math.pi * n / (2 * count) for n in range(2 * count)]
    corners = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in at]
    return lines((corners[n], corners[n + 1]) for n in range(0, 2 * count - 1, 2))
