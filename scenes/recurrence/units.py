"""Numbers of a cell in two rows of pipes, one lane for every unit: what the pictures of an LSTM, forwards and backwards, share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from manim import Group, Mobject

from engine.concepts.lstm.choice import SEVERAL
from scenes.parts.curves import Point, rounded
from scenes.parts.grid import same_size
from scenes.parts.ink import LEAST_PX, Box, Ink, Line, Mark, boxes, letter_size, lines
from scenes.parts.lattice import Home, Lattice
from scenes.parts.levels import flatten
from scenes.parts.press import SERIF
from scenes.parts.raster import heat_limit
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon
from scenes.recurrence.streams import FULL, Lane, Pipe, Stream, Streams, stream

MATH_PX = 40.0
WIDTH = 1.15  # of a number or a valve
HALF = WIDTH / 2
PLATE = 0.2  # half the width of what adds streams up
HEAD = 0.5  # above the conveyor, for the names of what stands on it
RISE = 0.03  # names stand a little above the middle, for frames below them are thick
LINK = 0.54  # between both rows, for the names of the lower one
WORDS = 0.4  # below that
FIXED = HEAD + LINK + WORDS
LEAST_LANE, LARGEST_LANE = 0.4, 0.8
NEXT_TO_NOTHING = 5e-4
LEFT = -2.72  # where the picture begins


@dataclass(frozen=True)
class UnitColumn:
    """Where a number stands, what it is called and how it looks: on the upper row of pipes (``on_belt``) or the lower one.

    ``letter`` is Typst math, ``word`` stands beside it on the upper row and below the lower one. A valve is open as wide as its number,
    one that ``slopes`` as wide as the slope of a tanh whose value that is.
    """

    x: float
    role: str
    letter: str = ""
    word: str = ""
    on_belt: bool = False
    is_valve: bool = False
    slopes: bool = False

    def opening(self, number: float) -> float:
        """How wide it is open, from 0 to 1."""
        open_ = 1 - number * number if self.slopes else number
        return min(1.0, max(0.0, open_)) if np.isfinite(open_) else 0.0


def seen(numbers: np.ndarray) -> np.ndarray:
    """Numbers with 0 in place of those that are next to nothing."""
    return np.where(np.abs(numbers) < NEXT_TO_NOTHING, 0.0, numbers)


class Reading(Lattice):
    """A number that is next to nothing is called that, whatever its digits."""

    def text(self, number: float) -> str:
        return "≈0" if 0 < abs(number) < NEXT_TO_NOTHING else super().text(number)


def lanes_of(units: int) -> int:
    """How many units have a lane of their own."""
    return units if units <= SEVERAL else 1


def height(units: int) -> float:
    """What a picture takes up, at least."""
    return FIXED + 2 * lanes_of(units) * LEAST_LANE


class UnitPicture(Group):
    """``columns`` in the two rows of ``room``. ``numbers`` are all that may stand in each; ``stream`` is the role of what flows.

    ``fixed`` is what never changes, ``ground`` what else lies behind frames.
    """

    columns: ClassVar[Mapping[str, UnitColumn]]
    stream: ClassVar[str] = "output"
    fullest: ClassVar[float] = np.inf  # no number fills a pipe more than this one
    plate: ClassVar[float]  # where streams are added up
    alleys: ClassVar[Sequence[float]]  # between columns, where nothing is written
    clearing: ClassVar[float]  # above the conveyor, where no name stands

    def __init__(self, numbers: Mapping[str, np.ndarray], units: int, room: Box, theme: Theme) -> None:
        super().__init__()
        self.units, self.lanes, self.theme = units, lanes_of(units), theme
        _, bottom, _, top = room
        self.lane = min(LARGEST_LANE, (top - bottom - FIXED) / (2 * self.lanes))
        spare = (top - bottom - FIXED - 2 * self.lanes * self.lane) / 3
        low = bottom + WORDS + spare
        self.row = low, low + self.lanes * self.lane
        low = self.row[1] + LINK + spare
        self.belt = low, low + self.lanes * self.lane
        self.below = bottom + WORDS / 2 + spare
        self.tables = {name: self._table(column, numbers[name]) for name, column in self.columns.items()}
        same_size([*self.tables.values()])
        self.limit = min(self.fullest, max(heat_limit(numbers[pipe.value]) for pipe in self.pipes()))
        self.known = [Lane() for _ in range(self.lanes)]
        self.streams = Streams(self.stream, theme)
        tables = [*self.tables.values()]
        flatten(tables)
        self.fixed: list[Mobject] = [*self._pipes(), *self._names(), *(mark for table in tables for mark in table.fixed)]
        self.ground: list[Mobject] = [*(mark for table in tables for mark in table.changing), *self.streams, *self._plates()]
        self.unit = Ink("", letter_size(SERIF), theme.muted, font=SERIF).put(self.clearing, self.belt[1] + HEAD / 2 + RISE)
        self.add(*tables, self.unit)

    # --- what a subclass says ----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def pipes(self) -> list[Pipe]:
        """The streams."""

    def wires(self) -> list[Sequence[Point]]:
        """Lines with arrowheads along which numbers go on from one row to the other."""
        return []

    # --- geometry ----------------------------------------------------------------------------------------------------------------------

    def x(self, name: str) -> float:
        """The middle of a column."""
        return self.columns[name].x

    def side(self, name: str, side: int) -> float:
        """The left (−1) or right (1) side of a column."""
        return self.x(name) + side * HALF

    def middle(self, lane: int, belt: bool) -> float:
        """The height of a lane."""
        return (self.belt if belt else self.row)[1] - (lane + 0.5) * self.lane

    def lane_of(self, unit: int) -> int:
        """Where a unit is seen."""
        return unit if self.lanes == self.units else 0

    def spot(self, name: str, unit: int) -> Home:
        """A unit of a column."""
        return Home(self.tables[name], self.lane_of(unit), 0, self.columns[name].role)

    def alley(self, x: float) -> float:
        """The nearest place where numbers can go up and down."""
        return min(self.alleys, key=lambda at: abs(at - x))

    def _table(self, column: UnitColumn, numbers: np.ndarray) -> Lattice:
        low, high = self.belt if column.on_belt else self.row
        return Reading(self.lanes, 1, (column.x - HALF, low, column.x + HALF, high), column.role, self.theme, seen(numbers))

    # --- what stays --------------------------------------------------------------------------------------------------------------------

    def _names(self) -> list[Mobject]:
        found: list[Mobject] = []
        ground = self.theme.ground
        for name, column in self.columns.items():
            y = self.tables[name].whole[3] + HEAD / 2 + RISE
            word = Ink(column.word, letter_size(SERIF), self.theme.muted, font=SERIF, halo=ground)
            letter = Ink(column.letter, MATH_PX, getattr(self.theme, column.role), math=True, halo=ground)
            beside = (word.width_set + 0.12) / 2 if column.on_belt and column.word else 0.0
            found.append(letter.put(column.x - beside, y))
            if column.word:
                found.append(word.put(column.x + letter.width_set / 2 + 0.06, y) if beside else word.put(column.x, self.below))
        return found

    def _pipes(self) -> list[Mobject]:
        walls, floors = [], []
        for pipe in self.pipes():
            low, high = self.belt if pipe.belt else self.row
            left, right = sorted((pipe.start, pipe.end))
            floors.append((left, low, right, high))
            walls += [((left, high - n * self.lane), (right, high - n * self.lane)) for n in range(self.lanes + 1)]
        wires = self.wires()
        return [
            Mark(self.theme.line, fill=0.14).draw(boxes(floors)),
            Mark(self.theme.line, stroke=2.0).draw(lines(walls)),
            Mark(self.theme.muted, stroke=2.4).draw(lines(pair for wire in wires for pair in pairwise(wire))),
            Mark(self.theme.muted, fill=1.0).draw(
                np.concatenate([np.zeros((0, 3)), *(arrowhead(wire[-2], wire[-1]) for wire in wires)]),
            ),
        ]

    def _plates(self) -> list[Mobject]:
        """What adds streams up, from both rows."""
        box = (self.plate - PLATE, self.row[0], self.plate + PLATE, self.belt[1])
        sign = Line("+", LEAST_PX + 8, self.plate, (self.row[1] + self.belt[0]) / 2)
        return [
            Mark(self.theme.ground, fill=1.0).draw(rounded(box)),
            Mark(self.theme.ink, stroke=2.6).draw(rounded(box)),
            Ink(sign.text, sign.size, self.theme.ink).put(sign.x, sign.y),
        ]

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def show(self, numbers: Mapping[str, np.ndarray]) -> None:
        """The numbers of the first lanes in columns, as many as there are."""
        for name, known in numbers.items():
            self.tables[name].fill_first(known)
        self.known = [
            self._lane({name: float(known[lane]) for name, known in numbers.items() if len(known) > lane}) for lane in range(self.lanes)
        ]
        self.pour()

    def say(self, unit: str) -> None:
        """Says which unit is seen where there is but one lane."""
        self.unit.write(unit)

    def _lane(self, numbers: Mapping[str, float]) -> Lane:
        valves = {name: self.columns[name] for name in numbers if self.columns[name].is_valve}
        return Lane(numbers, {name: column.opening(numbers[name]) for name, column in valves.items()})

    def drain(self) -> None:
        """Nothing flows, and all valves are closed, while states go on to the next time step."""
        self.known = [Lane() for _ in range(self.lanes)]
        self.pour()

    def grow(self, name: str, unit: int, number: float, share: float) -> None:
        """A number that is on its way has come to ``share``: a valve opens, a stream sets out."""
        lane = self.known[self.lane_of(unit)]
        column = self.columns[name]
        if column.is_valve:
            self._be(unit, Lane(lane.numbers, {**lane.open, name: share * column.opening(number)}, lane.reach))
        else:
            self._be(unit, Lane({**lane.numbers, name: number}, lane.open, {**lane.reach, name: share}))

    def pass_on(self, names: Collection[str], unit: int, share: float) -> None:
        """Streams of these numbers go through their valves, if they have not done so before."""
        lane = self.known[self.lane_of(unit)]
        going = [pipe.value for pipe in self.pipes() if pipe.value in names and pipe.makes and pipe.makes not in lane.numbers]
        if going:
            self._be(unit, Lane(lane.numbers, lane.open, {**lane.reach, **dict.fromkeys(going, share)}))

    def _be(self, unit: int, lane: Lane) -> None:
        self.known[self.lane_of(unit)] = lane
        self.pour()

    def pour(self) -> None:
        """Draws streams and valves as they stand."""
        valves = [name for name, column in self.columns.items() if column.is_valve]
        drawn = [(self.tables[name].box(n), lane.open.get(name, 0.0)) for n, lane in enumerate(self.known) for name in valves]
        self.streams.show(self._flows(), drawn)

    def _flows(self) -> list[Stream]:
        tiles = [{name: self.tables[name].box(n) for name in self.columns} for n in range(self.lanes)]
        found = []
        for pipe in self.pipes():
            for n, lane in enumerate(self.known):
                number = lane.numbers.get(pipe.value)
                if number is not None:
                    scaled = Lane({**lane.numbers, pipe.value: number / self.limit}, lane.open, lane.reach)
                    found.append(stream(pipe, scaled, self.middle(n, pipe.belt), FULL * self.lane, tiles[n]))
        return [one for one in found if one is not None]


def arrowhead(a: Point, b: Point, size: float = 0.13) -> np.ndarray:
    """A triangle whose tip is at ``b``, seen from ``a``."""
    (x0, y0), (x1, y1) = a, b
    length = max(abs(x1 - x0), abs(y1 - y0))
    dx, dy = (x1 - x0) / length * size, (y1 - y0) / length * size
    return polygon([(x1, y1), (x1 - dx - dy / 2, y1 - dy + dx / 2), (x1 - dx + dy / 2, y1 - dy - dx / 2)])
