"""A number line: dots at their values, a pin at one value, a band as wide as a spread; dots move when the line shifts or is stretched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from manim import Group

from engine.numbers import plain
from scenes.parts.curves import Point, discs, together
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

ROLES = ("input", "weight", "output", "gradient")
HIGH = 1.44  # of the whole line, at least
END = 0.55  # room beside the first and the last tick
TICK, TICK_ROOM, ROW = 0.07, 0.48, 0.27
TICKS = 10  # about so many
THIN = 0.7  # of a dot's width a bar has
NAME = 0.4  # height of one of several names
FEW = 6, 16  # dots; the more there are the smaller they and their numbers
RADII, SIZES = (0.15, 0.11, 0.085), (34.0, LEAST_PX, LEAST_PX)
LEAST_RADIUS, FINER = 0.035, 0.9  # of dots where there are piles of them, and how much smaller the next try is
CLOSE = 0.45  # of its height a dot in a pile keeps free at least
RING = 0.06  # around the present dot
PIN = (0.12, 0.17)  # half the width of a pin, and its height
BESIDE = 0.1  # between texts, and between a text and a line


@dataclass(frozen=True)
class Dot:
    """A number on the line, hollow while it is not computed yet; its ``text`` is written above if there is room."""

    value: float
    role: str
    text: str = ""
    solid: bool = True


@dataclass(frozen=True)
class Flag:
    """A value with a name."""

    value: float
    role: str
    text: str = ""


@dataclass(frozen=True)
class Stand:
    """What is on the line: the dot ``lit`` is the present one; ``pin`` is under its value, ``band`` reaches as far from 0 to both sides.

    The dots of the numbers ``squares`` have squares over them, whose sides are the distances from 0; ``mean_square`` is the area of one
    that stands at 0. Many dots have bars as high as those squares are large, and their mean is a level.
    """

    dots: tuple[Dot, ...] = ()
    lit: int | None = None
    pin: Flag | None = None
    band: Flag | None = None
    squares: tuple[int, ...] = ()
    mean_square: Flag | None = None


class NumberLine(Group):
    """A line at the bottom of ``room`` for at most so many ``dots``; :meth:`show` says what is on it, :meth:`between` is on the way.

    At its left there is room for names as wide as ``named``, which say whose dots these are.
    """

    def __init__(self, room: Box, theme: Theme, dots: int, named: float = 0.0) -> None:
        self.room, self.left, self.theme = (room[0] + named, *room[1:]), room[0], theme
        kind = sum(dots > most for most in FEW)
        self.radius, self.size, self.row = RADII[kind], SIZES[kind], ROW * SIZES[kind] / LEAST_PX
        self.low, self.high = 0.0, 1.0
        self.base = room[1] + TICK_ROOM
        self.top = room[3] - self.row / 2  # the row of names
        self.axis, self.ticks, self.owner = Mark(theme.muted, stroke=2.5), Letters(theme.muted), Letters(theme.ink)
        self.bands, self.squares, self.solid, self.pins = ({r: Mark(getattr(theme, r), fill=f) for r in ROLES} for f in (0.22, 0.3, 1, 1))
        self.edges, self.hollow, self.means = ({r: Mark(getattr(theme, r), stroke=w) for r in ROLES} for w in (2.5, 3.0, 3.0))
        self.texts = {role: Letters(getattr(theme, role), halo=theme.ground) for role in ROLES}
        self.casing, self.ring = Mark(theme.casing, stroke=8.0), Mark(theme.reading, stroke=4.5)
        self.steps: list[Line] = []
        by_role = (self.bands, self.squares, self.means, self.edges, self.pins, self.solid, self.hollow)
        marks = chain(*(marks.values() for marks in by_role))
        super().__init__(*marks, self.axis, self.ticks, self.owner, self.casing, self.ring, *self.texts.values())

    # --- the line --------------------------------------------------------------------------------------------------------------------

    def scale(self, low: float, high: float, radius: float | None = None) -> None:
        """From where to where the line reaches, and, unless it stays, the size of its dots."""
        self.low, self.high, self.radius = low, high, radius or self.radius
        step = nice((high - low) / TICKS)
        # The number of decimals of a step such as 0.25 or 20.
        decimals = max(0, -math.floor(math.log10(step)))
        values = [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        left, right, y = self.room[0], self.room[2], self.base
        marks = [((self.x(value), y - TICK * (1 if value else 2)), (self.x(value), y + TICK * (not value))) for value in values]
        self.axis.draw(lines([((left, y), (right, y)), *marks]))
        middle = self.room[1] + LEAST_PX * PX / 2
        self.steps = [Line(plain(value, decimals), LEAST_PX, self.x(value), middle) for value in values]

    def call(self, names: Sequence[str]) -> None:
        """Says whose dots these are, at the left."""
        y = self.base + LEAST_PX * PX / 2 + NAME * (len(names) - 1)
        self.owner.write_lines(Line(name, letter_size(), self.left, y - NAME * n, align=-1) for n, name in enumerate(names))

    def x(self, value: float) -> float:
        """Where a value stands."""
        left, right = self.room[0] + END, self.room[2] - END
        return left + (right - left) * (value - self.low) / (self.high - self.low)

    def fitting(self, low: float, high: float, most: float, groups: Iterable[Sequence[float]]) -> float:
        """How large dots may be, ``most`` at the most, on a line from ``low`` to ``high`` if of each in a pile a part is to be seen."""
        kept, (self.low, self.high, self.radius) = self.radius, (low, high, most)
        for values in groups:
            while self.radius > LEAST_RADIUS and 2 * self.radius * (1 + CLOSE * max(self._levels(values), default=0)) > self._pile:
                self.radius = max(LEAST_RADIUS, FINER * self.radius)
        found, self.radius = self.radius, kept
        return found

    @property
    def _pile(self) -> float:
        """How high dots may stand on one another."""
        return self.top - self.row / 2 - self.base - 0.03

    def _levels(self, values: Sequence[float]) -> list[int]:
        """How many dots each of them stands on."""
        free: list[float] = []  # of every level the end of its last dot
        level = [0] * len(values)
        for n in sorted(range(len(values)), key=lambda n: values[n]):
            x = self.x(values[n])
            level[n] = next((i for i, end in enumerate(free) if end <= x - self.radius + 1e-9), len(free))
            free[level[n] : level[n] + 1] = [x + self.radius]
        return level

    def places(self, values: Sequence[float]) -> list[Point]:
        """The middles of dots; those that would touch stand on one another."""
        level = self._levels(values)
        step = min(2 * self.radius, (self._pile - 2 * self.radius) / max(1, *level, 1))
        return [(self.x(value), self.base + self.radius + 0.03 + level[n] * step) for n, value in enumerate(values)]

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def show(self, stand: Stand) -> None:
        """What stands there at rest."""
        self._draw(stand, self.places([dot.value for dot in stand.dots]))

    def between(self, start: Stand, end: Stand, share: float) -> None:
        """A moment on the way; what moves has no number."""
        if share <= 0 or share >= 1:
            self.show(end if share >= 1 else start)
            return
        first, last = (self.places([dot.value for dot in stand.dots]) for stand in (start, end))
        dots = [a if a.value == b.value else replace(a, text="", solid=False) for a, b in zip(start.dots, end.dots, strict=True)]
        moment = replace(start, dots=tuple(dots), pin=_between(start.pin, end.pin, share), band=_between(start.band, end.band, share))
        places = [(a + (c - a) * share, b + (d - b) * share) for (a, b), (c, d) in zip(first, last, strict=True)]
        self._draw(moment, places, share if start.pin is None else 1.0)

    def _draw(self, stand: Stand, places: Sequence[Point], grown: float = 1.0) -> None:
        self.middles = places
        self._dots(stand, places)
        self._pin(stand.pin, grown)
        self._band(stand.band)
        self._squares(stand)
        self.labels = self._labels(stand, places)
        written = [(dot.role, self.labels[n]) for n, dot in enumerate(stand.dots) if n in self.labels]
        written += [(flag.role, line) for flag, line in self._names(stand)]
        for role, letters in self.texts.items():
            letters.write_lines(line for of, line in written if of == role)
        under = self._under(stand.pin) if stand.pin else None
        self.ticks.write_lines(line for line in self.steps if under is None or not under.text or apart(line, under))

    def _dots(self, stand: Stand, places: Sequence[Point]) -> None:
        for role in ROLES:
            for marks, solid in ((self.solid, True), (self.hollow, False)):
                found = [place for dot, place in zip(stand.dots, places, strict=True) if (dot.role, dot.solid) == (role, solid)]
                marks[role].draw(discs(found, self.radius if solid else self.radius * 0.85))
        for mark in (self.casing, self.ring):
            mark.draw(discs([] if stand.lit is None else [places[stand.lit]], self.radius + RING))

    def _pin(self, pin: Flag | None, grown: float) -> None:
        """The line rests on its pin, as on its mean."""
        half, high = (side * grown for side in PIN)
        for role in ROLES:
            found = [self.x(pin.value)] if pin is not None and pin.role == role else []
            points = [polygon([(x, self.base), (x - half, self.base - high), (x + half, self.base - high)]) for x in found]
            self.pins[role].draw(together(points))

    def _band(self, band: Flag | None) -> None:
        for role in ROLES:
            found = [band] if band is not None and band.role == role and band.value else []
            spans = [(self.x(-one.value), self.x(one.value)) for one in found]
            self.bands[role].draw(boxes((a, self.base, b, self.base + 2 * self.radius + 0.06) for a, b in spans))
            self.edges[role].draw(lines(((x, self.base), (x, self.top)) for span in spans for x in span))

    def _squares(self, stand: Stand) -> None:
        largest = max((abs(dot.value) for dot in stand.dots), default=0.0) or 1.0
        high = self.top - self.row / 2 - BESIDE - self.base
        many = len(stand.dots) > FEW[1]

        def area(value: float) -> Box:
            x, share = self.x(value), abs(value) / largest
            half, tall = (self.radius * THIN, share * share) if many else (share * high / 2, share)
            return x - half, self.base, x + half, self.base + tall * high

        def level(square: float) -> Box:
            reach = math.sqrt(square) / largest
            x0, x1 = self.room[::2] if many else (self.x(0) - reach * high / 2, self.x(0) + reach * high / 2)
            return x0, self.base, x1, self.base + high * (reach * reach if many else reach)

        mean = stand.mean_square
        for role in ROLES:
            self.squares[role].draw(boxes(area(stand.dots[n].value) for n in stand.squares if stand.dots[n].role == role))
            self.means[role].draw(boxes([level(mean.value)] if mean is not None and mean.role == role else []))

    # --- texts -----------------------------------------------------------------------------------------------------------------------

    def _names(self, stand: Stand) -> list[tuple[Flag, Line]]:
        """The names of the pin, below it, and in the uppermost row of the band and the square."""
        found = [(flag, line) for flag, line in ((stand.pin, self._under), (stand.band, self._beside)) if flag is not None and flag.text]
        named = [(flag, line(flag)) for flag, line in found]
        if stand.mean_square is not None:
            named.append((stand.mean_square, Line(stand.mean_square.text, letter_size(), self.x(0), self.top)))
        return named

    def _under(self, pin: Flag) -> Line:
        line = Line(pin.text, letter_size(), self.x(pin.value), self.room[1] + LEAST_PX * PX / 2)
        return replace(line, x=min(max(line.x, self.room[0] + line.width / 2), self.room[2] - line.width / 2))

    def _beside(self, flag: Flag) -> Line:
        x = self.x(flag.value)
        right = Line(flag.text, letter_size(), x + BESIDE, self.top, align=-1)
        return right if right.box[2] <= self.room[2] else replace(right, x=x - BESIDE, align=1)

    def _labels(self, stand: Stand, places: Sequence[Point]) -> dict[int, Line]:
        """The numbers above their dots, in two rows, as far as there is room; that of the present dot first."""
        if stand.squares or not places:
            return {}
        upright = [self.x(sign * stand.band.value) for sign in (1, -1)] if stand.band else []
        highest = self.top - self.row * bool(stand.band) + PX
        found: dict[int, Line] = {}
        for n in sorted(range(len(places)), key=lambda n: (n != stand.lit, places[n][0])):
            for line in self._above(n, stand, places):
                if line.y <= highest and all(apart(line, other) for other in found.values()) and clear(line, upright):
                    found[n] = line
                    break
        return found

    def _above(self, n: int, stand: Stand, places: Sequence[Point]) -> list[Line]:
        """Where the number of a dot may be written; nowhere if another dot stands on it."""
        (x, y), text = places[n], stand.dots[n].text
        if not text or (n != stand.lit and any(b > y and abs(a - x) < self.radius for a, b in places)):
            return []
        reach = text_width(text, self.size) / 2 + self.radius
        low = max(b for a, b in places if abs(a - x) < reach) + self.radius + RING + (self.size * PX + BESIDE) / 2
        return [Line(text, self.size, x, low + self.row * row) for row in (0, 1)]

    def box(self, n: int) -> Box:
        """The box around a dot."""
        x, y = self.middles[n]
        return x - self.radius, y - self.radius, x + self.radius, y + self.radius


def _between(start: Flag | None, end: Flag | None, share: float) -> Flag | None:
    """A flag on its way; one that was not there comes, one of two has a number only where it stays."""
    if start is None or end is None:
        return end
    if start.value == end.value:
        return start
    return replace(end, value=start.value + (end.value - start.value) * share, text="")


def apart(line: Line, other: Line) -> bool:
    """Whether there is room between two texts that both have their middle where they stand."""
    return (
        abs(line.y - other.y) > ROW * max(line.size, other.size) / LEAST_PX - PX
        or abs(line.x - other.x) > (line.width + other.width) / 2 + BESIDE
    )


def clear(line: Line, upright: Iterable[float]) -> bool:
    """Whether no upright line is in the way of a text."""
    return all(abs(line.x - x) > line.width / 2 + BESIDE for x in upright)


def nice(step: float) -> float:
    """The least of 1, 2, 5, 10, ... that is not less."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= step * (1 - 1e-9))
