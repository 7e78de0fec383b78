"""A wide layer: its units in a block, each with a coin of its own in its place; heads it stays and grows, tails it is crossed out."""

from __future__ import annotations

import math

from scenes.parts.curves import Point
from scenes.parts.ink import Box, lines
from scenes.thinning.coins import CROSS, TOSSED, TURNS, WIDTHS, CoinMoment, Coins, Strokes, largest, stroke, turned

UNITS, NEXT = 0.62, 0.24  # of the width
CROSSED, RIM = 0.34, 0.42  # of a cross, and of a coin in the air, in pitches


class Ranks:
    """Places for ``count`` in rows of a room, as far apart as can be."""

    def __init__(self, room: Box, count: int, most: float) -> None:
        self.left, _, self.right, self.top = room
        wide, high = room[2] - room[0], room[3] - room[1]
        fitting = [min(wide / across, high / math.ceil(count / across)) for across in range(1, count + 1)]
        self.pitch = min(most, max(fitting))
        self.across = 1 + fitting.index(max(fitting))
        self.left += (wide - self.across * self.pitch) / 2
        self.top -= (high - math.ceil(count / self.across) * self.pitch) / 2

    def place(self, at: int) -> Point:
        """The middle of one of them."""
        row, column = divmod(at, self.across)
        return self.left + (column + 0.5) * self.pitch, self.top - (row + 0.5) * self.pitch


class Crowd(Coins):
    """Units in a block, the next layer in another one; lines come from what is kept to the unit at work."""

    def stand(self, room: Box) -> None:
        left, bottom, right, top = room
        wide, following = right - left, len(self.layer.weight)
        self.block = Ranks((left, bottom, left + wide * (UNITS if following else 1.0), top), self.layer.units, self.most)
        self.pitch = self.block.pitch
        if following:
            self.next = Ranks((right - wide * NEXT, bottom, right, top), following, self.most)
            self.pitch = min(self.pitch, self.next.pitch)

    def unit(self, at: int) -> Point:
        return self.block.place(at)

    def following(self, at: int) -> Point:
        return self.next.place(at)

    def coin(self, now: CoinMoment, unit: int, found: Strokes) -> None:
        (x, y), acting = self.unit(unit), now.acting == "unit" and unit == now.decided
        tossed = min(1.0, now.share / TOSSED) if acting else float(unit < now.decided)
        if 0 < tossed < 1:
            wide = max(0.06, abs(math.cos(math.pi * TURNS * tossed)))
            found["rims"].append(turned(x, y, RIM * self.pitch, wide))
        elif tossed == 1 and not self.kept(now, unit):
            found["tails"] += [stroke(x, y, CROSSED * self.pitch, arm) for arm in CROSS]

    def wires(self, now: CoinMoment, unit: int, fate: float, found: Strokes) -> None:
        if now.acting != "next" or not now.share or not self.kept(now, unit):
            return
        weight, most = float(self.layer.weight[now.made, unit]), largest(self.layer.weight)
        width = min(len(WIDTHS) - 1, int(len(WIDTHS) * abs(weight) / most))
        if weight:
            found[f"{'+' if weight > 0 else '-'}{width}"].append(lines([(self.unit(unit), self.following(now.made))]))
