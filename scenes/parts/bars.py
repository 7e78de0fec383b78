"""Numbers as bars: side by side around a zero line, or one after the other as the pieces of one long bar."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from manim import Group

from scenes.parts.curves import together
from scenes.parts.ink import PX, Box, Letters, Line, Mark, boxes, dashes, letter_size, lines, text_width
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

NAME_ROOM = 0.4
WIDEST, FILLED = 0.9, 0.62  # of a bar, and the part of the room beside one another that they take
ARROW = (0.2, 0.15)  # length of a head, half its width; a short arrow has a smaller one
LEAST_PIECE, LEAST_SEAMED = 2 * PX, 8 * PX
MOST_NAMES = 8  # below the pieces of a long bar
END = 0.45  # room for the number at the end of a long bar
LIFT, OVER = 0.26, 0.16  # of a piece that is pulled out, and of a bracket
APART = 0.2  # names side by side

Span = tuple[float, float]


class Kept(Mark):
    """A mark that is drawn anew only where something else is to be drawn."""

    def draw(self, points: np.ndarray) -> Mark:
        """Replaces what is drawn, if it is not that."""
        return self if np.array_equal(points, self.points) else super().draw(points)


class Bars(Group):
    """Bars side by side in ``room`` around a zero line, their ``names`` below, or that of the one looked at."""

    def __init__(self, room: Box, count: int, names: Sequence[str], role: str, theme: Theme, fill: float = 1.0) -> None:
        self.left, bottom, self.right, self.top = room
        self.pitch = (self.right - self.left) / count
        self.names, self.all_named = names, all(text_width(name, letter_size()) + APART < self.pitch for name in names)
        self.bottom = bottom + (NAME_ROOM if names else 0)
        self.span: Span = (0.0, 1.0)
        self.fill, self.ground = Kept(getattr(theme, role), fill=fill), Kept(theme.line, stroke=3.0)
        self.level, self.goals = Kept(theme.output, stroke=4.0), Kept(theme.ink, stroke=4.0)
        self.shafts, self.heads = Kept(theme.gradient, stroke=9.0), Kept(theme.gradient, fill=1.0)
        self.letters = Letters(theme.ink)
        super().__init__(self.fill, self.ground, self.level, self.goals, self.shafts, self.heads, self.letters)

    def height(self, value: float) -> float:
        """Where a value stands; what is beyond the scale stands at its end."""
        low, high = self.span
        share = (min(high, max(low, value)) - low) / (high - low) if value == value else -low / (high - low)
        return self.bottom + share * (self.top - self.bottom)

    def middle(self, number: int) -> float:
        """Of a bar, from side to side."""
        return self.left + (number + 0.5) * self.pitch

    def box(self, number: int, value: float) -> Box:
        """A bar of that value."""
        x, half = self.middle(number), min(WIDEST, FILLED * self.pitch) / 2
        low, high = sorted((self.height(0.0), self.height(value)))
        return x - half, low, x + half, high

    def around(self, number: int) -> Box:
        """All the room of a bar."""
        x0, _, x1, _ = self.box(number, 0.0)
        beside = min(0.08, (self.pitch - (x1 - x0)) / 2)
        return x0 - beside, self.bottom, x1 + beside, self.top

    def show(self, values: Sequence[float], span: Span, *, level: float | None = None, lit: int | None = None) -> None:
        """Bars on a scale from end to end of ``span``, with a broken line at a ``level``; the one that is ``lit`` is looked at."""
        self.span = span
        zero = self.height(0.0)
        self.fill.draw(boxes(self.box(number, value) for number, value in enumerate(values)))
        self.ground.draw(lines([((self.left, zero), (self.right, zero))]))
        at = None if level is None else self.height(level)
        self.level.draw(lines([] if at is None else dashes((self.left, at), (self.right, at))))
        self.letters.write_lines(self._name(n, name) for n, name in enumerate(self.names) if self.all_named or n == lit)

    def _name(self, number: int, name: str) -> Line:
        """The name of a bar below it, within the room."""
        half = text_width(name, letter_size()) / 2
        x = min(max(self.middle(number), self.left + half), self.right - half)
        return Line(name, letter_size(), x, self.bottom - NAME_ROOM / 2)

    def point(self, values: Sequence[float], goals: Sequence[float], known: float) -> None:
        """Marks where bars are to end, if there are ``goals``, and arrows to there from the first ``known``; the last may be on its way."""
        halves = [(self.box(number, 0.0)[0], self.box(number, 0.0)[2], self.height(goal)) for number, goal in enumerate(goals)]
        self.goals.draw(lines(((x0, y), (x1, y)) for x0, x1, y in halves))
        ways = []
        for number, (value, goal) in enumerate(zip(values, goals, strict=False)):
            grown = min(1.0, max(0.0, known - number))
            start, end = self.height(value), self.height(goal)
            if grown and abs(end - start) * grown > PX:
                ways.append((self.middle(number), start, start + (end - start) * grown))
        self._arrows(ways)

    def _arrows(self, ways: Sequence[tuple[float, float, float]]) -> None:
        shafts, heads = [], []
        for x, start, end in ways:
            long = min(ARROW[0], abs(end - start)) * (1 if end > start else -1)
            half = min(ARROW[1], self.pitch / 3)
            # One that leaves the scale is broken.
            beyond = end >= self.top and self.span[1] < 1
            shafts += dashes((x, start), (x, end - long)) if beyond else [((x, start), (x, end - long))]
            heads.append(polygon([(x, end), (x - half, end - long), (x + half, end - long)]))
        self.shafts.draw(lines(shafts))
        self.heads.draw(together(heads))


class LongBar(Group):
    """Pieces one after the other, their names below; on a rail that is 1 long when the bar is scaled to it.

    A piece that is pulled out goes to the start of the rail if it is ``measured``.
    """

    def __init__(self, room: Box, names: Sequence[str], theme: Theme, *, measured: bool = False) -> None:
        self.measured = measured
        self.left, bottom, right, top = room
        self.right, self.names = right - END, names
        self.bottom, self.top = bottom + (NAME_ROOM + 0.08 if names else 0), top - LIFT
        self.rail, self.pieces, self.seams = Kept(theme.line, stroke=2.0), Kept(theme.share, fill=0.5), Kept(theme.ground, stroke=3.0)
        self.shares, self.bracket = Kept(theme.share, fill=1.0), Kept(theme.ink, stroke=4.0)
        self.outline, self.leads = Kept(theme.ink, stroke=6.0), Kept(theme.muted, stroke=2.0)
        self.letters, self.pale = Letters(theme.ink), Letters(theme.muted)
        marks = (self.rail, self.pieces, self.shares, self.seams, self.bracket, self.outline, self.leads)
        super().__init__(*marks, self.letters, self.pale)

    def boxes(self, sizes: Sequence[float], unit: float) -> list[Box]:
        """Where pieces of these sizes stand, a size of 1 as long as ``unit``."""
        ends = [self.left + unit * end for end in accumulate(sizes, initial=0.0)]
        return [(a, self.bottom, max(b, a + LEAST_PIECE), self.top) for a, b in pairwise(ends)]

    def lifted(self, piece: Box, share: float) -> Box:
        """A piece that is pulled out so far: up, then along the rail."""
        x0, y0, x1, y1 = piece
        up, along = (min(1.0, 2 * share), max(0.0, 2 * share - 1)) if self.measured else (share, 0.0)
        left = (self.left - x0) * along
        return x0 + left, y0 + LIFT * up, x1 + left, y1 + LIFT * up

    def unit(self, whole: float, scaled: float, roomy: float) -> float:
        """How long 1 is: so that the longest of several bars, ``roomy``, leaves some of the rail; when scaled the ``whole`` fills it."""
        room = self.right - self.left
        loose, tight = 0.62 * room / roomy, room / whole
        return loose + (tight - loose) * scaled

    def show(
        self, found: Sequence[Box], *, shares: int, scaled: bool, counted: int, chosen: int | None = None, pulled: float = 0.0
    ) -> None:
        """The pieces that have landed, the first of them as ``shares``; a bracket is over the first ``counted``.

        The ``chosen`` one is ``pulled`` out of the bar, and marked, as far as it is.
        """
        seams = [a[2] for a, b in pairwise(found) if min(a[2] - a[0], b[2] - b[0]) > LEAST_SEAMED]
        out = chosen if pulled else None
        stand = [self.lifted(piece, pulled) if number == out else piece for number, piece in enumerate(found)]
        self.rail.draw(boxes([(self.left, self.bottom, self.right, self.top)]))
        self.pieces.draw(boxes(stand[shares:]))
        self.shares.draw(boxes(stand[:shares]))
        self.seams.draw(lines(((x, self.bottom), (x, self.top)) for x in seams))
        self.bracket.draw(self._bracket(found, counted))
        self.outline.draw(boxes([] if out is None else [stand[out]]))
        self._name(found, out, [Line("1", letter_size(), self.right + END / 2, (self.bottom + self.top) / 2)] if scaled else [])

    def _bracket(self, found: Sequence[Box], counted: int) -> np.ndarray:
        if not counted or not found:
            return lines([])
        end, y = found[min(len(found), counted) - 1][2], self.top + OVER
        return lines([((self.left, y), (end, y)), ((self.left, y), (self.left, y - OVER / 2)), ((end, y), (end, y - OVER / 2))])

    def _name(self, found: Sequence[Box], chosen: int | None, beside: Sequence[Line]) -> None:
        """Names as near to their pieces as can be; those of the longest pieces if there is no room for all."""
        y, room = self.bottom - 0.08 - NAME_ROOM / 2, self.right + END - self.left
        named = [(number, text_width(self.names[number], letter_size()) + APART) for number in range(min(len(found), len(self.names)))]
        kept: list[tuple[int, float]] = []
        for number, width in sorted(named, key=lambda one: (one[0] != chosen, found[one[0]][0] - found[one[0]][2]))[:MOST_NAMES]:
            if sum(w for _, w in kept) + width <= room:
                kept.append((number, width))
        kept.sort()
        middles = [(found[number][0] + found[number][2]) / 2 for number, _ in kept]
        places = spread(middles, [width for _, width in kept], (self.left, self.right + END))
        written = {number: Line(self.names[number], letter_size(), x, y) for (number, _), x in zip(kept, places, strict=True)}
        self.leads.draw(lines(((a, self.bottom - 0.02), (b, self.bottom - 0.12)) for a, b in zip(middles, places, strict=True)))
        self.letters.write_lines(line for number, line in written.items() if chosen in (None, number))
        self.pale.write_lines([*beside, *(line for number, line in written.items() if chosen not in (None, number))])


def spread(middles: Sequence[float], widths: Sequence[float], room: Span) -> list[float]:
    """Middles of things in a row, moved as far as is needed for none to overlap or to leave the room."""
    left, right = room
    places: list[float] = []
    for middle, width in zip(middles, widths, strict=True):
        places.append(max(middle, left + width / 2))
        left = places[-1] + width / 2
    for number in reversed(range(len(places))):
        places[number] = min(places[number], right - widths[number] / 2)
        right = places[number] - widths[number] / 2
    return places
