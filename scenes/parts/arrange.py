"""Where tensors stand: operands at the left, results at the right, what has the same columns under one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice, product

from scenes.parts.ink import PX, Box
from scenes.parts.rooms import rows

LARGEST_CELL = (2.3, 0.95)
LARGEST_HEAT_CELL = (0.6, 0.6)
LEAST_ROW = 36 * PX  # of a row of digits
ROOMY_ROW = 0.5  # where rows of other tensors are lower
FEW_ROWS, THIN = 3, 0.2  # of so few rows each is so high at least
GAP, STACK_GAP = 0.5, 0.1
#: Columns stand so far apart at the most that they have so much of the width.
MOST_GAP, SPREAD = 7.0, 0.84
LABEL_ROOM = 0.46
MOST_TRIED = 128
HALVINGS = 22  # until a length is known to a thousandth of a pixel
OVERFULL = 1e6
#: What it is worth that numbers can be read, more where they are computed; that a row stands above its columns, and that a matrix does.
READ, MADE, ALIGNED_ROW, ALIGNED = 10, 5, 0.6, 0.1
#: What it is worth, in units of those, that cells are larger by a factor of e; so much of the width of a cell is as good as its height.
SIZE, SLIM = 2.5, 0.4
#: So high at least tensors of several rows in colours should be, and what it is worth that one is higher by a factor of e.
SEEN, FLAT = 1.2, 1.5
#: A column of coloured cells is so wide at least, and its cells, if there are few of them.
LEAST_HEAT, LEAST_HEAT_CELL, MOST_HEAT = 0.45, 0.18, 2.6


@dataclass(frozen=True)
class Item:
    """A tensor to be placed: its ``rows`` and ``columns``, the gaps between planes side by side counted in cells.

    ``need`` is the least width of a cell with digits, none where none are to be shown, ``label`` the width of its name. What is ``movable``
    may stand above another one that has the same columns, what is ``computed`` not above what is given. No cell is larger than ``most``.
    """

    path: str
    rows: int
    columns: float
    need: float | None
    label: float
    movable: bool = False
    computed: bool = False
    most: tuple[float, float] = (math.inf, math.inf)


@dataclass(frozen=True)
class Spot:
    """Where a tensor stands: its corner, a cell's width and height, whether there is room for digits, and the room for its name."""

    left: float
    top: float
    cell: tuple[float, float]
    digits: bool
    label: float


@dataclass(frozen=True)
class Arrangement:
    """All places, how good they are, and whether all names have their room."""

    spots: dict[str, Spot]
    score: float
    named: bool = True

    @property
    def fits(self) -> bool:
        """Whether there was room."""
        return self.score > -OVERFULL / 2

    @property
    def smallest(self) -> float:
        """How large the smallest cells are."""
        return min((_size(spot) for spot in self.spots.values()), default=0.0)

    @property
    def digits(self) -> set[str]:
        """What has digits."""
        return {path for path, spot in self.spots.items() if spot.digits}


@dataclass(frozen=True)
class Column:
    """Tensors of the same number of columns, the last of them in the main row."""

    items: tuple[Item, ...]
    digits: bool = True

    @property
    def count(self) -> float:
        """Of columns."""
        return self.items[0].columns

    @property
    def above(self) -> int:
        """Rows of those above the main row."""
        return sum(item.rows for item in self.items[:-1])

    @cached_property
    def label(self) -> float:
        """Width of its names."""
        return max(item.label for item in self.items)

    def like(self, other: Column) -> bool:
        """Whether one would not see why only one of the two has digits."""
        return self.count == other.count and self.items[-1].computed == other.items[-1].computed

    @cached_property
    def least(self) -> float:
        """Width of a cell."""
        needs = [item.need for item in self.items if item.need is not None]
        if self.digits:
            return max(needs, default=0.0)
        return max(LEAST_HEAT / self.count, min(LEAST_HEAT_CELL, MOST_HEAT / self.count))

    @cached_property
    def most(self) -> float:
        """Width of a cell where there is room."""
        return max(self.least, min((LARGEST_CELL if self.digits else LARGEST_HEAT_CELL)[0], *(item.most[0] for item in self.items)))

    def width(self, cell: float, label: float) -> float:
        """With cells of about that width and names of at most that."""
        return max(self.count * self.cell(cell), min(self.label, label))

    def cell(self, wanted: float) -> float:
        """Width of a cell, ``wanted`` if it can be."""
        return min(self.most, max(self.least, wanted))


def arrange(items: Sequence[Item], room: Box) -> Arrangement:
    """The best of the ways in which tensors can stand."""
    tried = islice(_stackings(items), MOST_TRIED)
    return max((_placed(columns, room, made) for columns in tried for made in (False, True)), key=lambda found: found.score)


# The same tensors are placed again and again: for every stage, with and without a picture, in every theme.
@lru_cache(maxsize=8192)
def shelved(items: tuple[Item, ...], room: Box, shelves: int) -> Arrangement:
    """Many tensors on so many shelves, one below the other."""
    each = -(-len(items) // shelves)
    parts = [items[first : first + each] for first in range(0, len(items), each)]
    found = [arrange(part, place) for part, place in zip(parts, rows(room, (1,) * len(parts), gap=STACK_GAP), strict=True)]
    spots = {path: spot for one in found for path, spot in one.spots.items()}
    return Arrangement(spots, min(one.score for one in found), all(one.named for one in found))


def _stackings(items: Sequence[Item]) -> Iterator[list[Column]]:
    """All ways to put tensors above others."""
    choices = []
    for item in items:
        choices.append([*_hosts(items, item), ""])
    for chosen in product(*choices):
        host = dict(zip((item.path for item in items), chosen, strict=True))
        if any(host[path] for path in chosen if path):
            continue  # what carries others is carried by none
        yield [Column(tuple(_stack(items, host, item))) for item in items if not host[item.path]]


def _hosts(items: Sequence[Item], item: Item) -> list[str]:
    """What a tensor may stand above: the first that is given and the first that is computed."""
    if not item.movable:
        return []
    all_move = all(one.movable for one in items)
    after = items[items.index(item) + 1 :] if all_move else [one for one in items if not one.movable]
    hosts = [one for one in after if one.columns == item.columns]
    if item.computed:
        # A result does not stand above what it is made of.
        return [one.path for one in hosts if one.computed and items.index(one) > items.index(item)][:1]
    given, made = ([one.path for one in hosts if one.computed == computed] for computed in (False, True))
    return [*given[:1], *made[:1]]


def _stack(items: Sequence[Item], host: dict[str, str], main: Item) -> list[Item]:
    return [*(item for item in items if host[item.path] == main.path), main]


def _placed(columns: list[Column], room: Box, made: bool) -> Arrangement:
    left, bottom, right, top = room
    labels = max(len(column.items) for column in columns)
    height = top - bottom - LABEL_ROOM * labels - STACK_GAP * (labels - 1)
    if height < LEAST_ROW:
        return Arrangement({}, -OVERFULL)
    above, main = max(column.above for column in columns), max(column.items[-1].rows for column in columns)
    unit = _largest(lambda unit: _high(columns, unit) + _row(main, unit) * main <= height, LARGEST_CELL[1])
    upper = max(unit, LEAST_ROW) if above <= 3 else unit
    band = min(height - _high(columns, upper), LARGEST_CELL[1] * main)
    if band <= 0:
        return Arrangement({}, -OVERFULL)
    columns = [
        replace(column, digits=any(_written(item, upper, band, item is column.items[-1]) for item in column.items)) for column in columns
    ]
    columns, wanted, label = _widths(columns, right - left, made)
    filled, between = sum(column.width(wanted, label) for column in columns), max(1, len(columns) - 1)
    gap = max(GAP, min(MOST_GAP, (SPREAD * (right - left) - filled) / between))
    used = filled + gap * (len(columns) - 1)
    high = LABEL_ROOM * labels + STACK_GAP * (labels - 1) + _high(columns, upper) + band
    x, floor = (left + right - used) / 2, (top + bottom - high) / 2
    spots: dict[str, Spot] = {}
    for column in columns:
        width = column.width(wanted, label)
        spots |= _column(column, x + width / 2, column.cell(wanted), floor, band, upper, width, max(band / main, ROOMY_ROW))
        x += width + gap
    aligned = sum(ALIGNED_ROW if item.rows == 1 else ALIGNED for column in columns for item in column.items[:-1])
    read = sum(READ + MADE * item.computed for column in columns for item in column.items if spots[item.path].digits)
    wide = OVERFULL if used > right - left + PX else 0
    size = SIZE * sum(math.log(_size(spot)) for spot in spots.values()) / len(spots)
    size -= FLAT * sum(_flatness(item, spots[item.path]) for column in columns for item in column.items)
    named = all(spots[item.path].label > item.label - PX for column in columns for item in column.items)
    return Arrangement(spots, read + size + aligned - wide, named)


def _size(spot: Spot) -> float:
    """Of a cell, as far as a number in it can use it."""
    return max(PX, min(SLIM * spot.cell[0], spot.cell[1]))


def _flatness(item: Item, spot: Spot) -> float:
    """How much lower than it should be a tensor of several rows is that has only colours, as a logarithm."""
    return max(0.0, math.log(SEEN / max(PX, item.rows * spot.cell[1]))) if item.rows > FEW_ROWS and not spot.digits else 0.0


def _row(rows: int, unit: float) -> float:
    """Height of a row where others have that of a unit: what has few rows is no hair."""
    return max(unit, THIN) if rows <= FEW_ROWS else unit


def _high(columns: Sequence[Column], unit: float) -> float:
    """Height of all that stands above the main row."""
    return max(sum(item.rows * _row(item.rows, unit) for item in column.items[:-1]) for column in columns)


def _written(item: Item, upper: float, band: float, main: bool) -> bool:
    """Whether rows are high enough for digits."""
    return item.need is not None and (band / item.rows if main else upper) >= LEAST_ROW - PX / 10


def _widths(columns: list[Column], room: float, made: bool) -> tuple[list[Column], float, float]:
    """Columns, those that need the most room without digits if not all have room; a cell's width, and the most of a name.

    With ``made`` what is computed keeps its digits longest.
    """
    room -= GAP * (len(columns) - 1)
    whole = max(column.label for column in columns)
    while sum(column.width(0, whole) for column in columns) > room and any(column.digits for column in columns):
        widest = max(
            (column for column in columns if column.digits),
            key=lambda column: (made and not column.items[-1].computed, column.count * column.least),
        )
        columns = [replace(column, digits=column.digits and not column.like(widest)) for column in columns]
    sizes = [(column.count, column.least, column.most, column.label) for column in columns]

    def filled(cell: float, label: float) -> float:
        """What :meth:`Column.width` gives, of all of them."""
        return sum(max(count * min(most, max(least, cell)), min(own, label)) for count, least, most, own in sizes)

    label = _largest(lambda most: filled(0, most) <= room, whole)
    wanted = _largest(lambda cell: filled(cell, label) <= room, LARGEST_CELL[0])
    return columns, wanted, label


def _largest(fits: Callable[[float], bool], most: float) -> float:
    """The largest number up to ``most`` with which it fits."""
    low, high = 0.0, most
    if fits(high):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _column(column: Column, x: float, width: float, floor: float, band: float, upper: float, label: float, most: float) -> dict[str, Spot]:
    """The places of a column around ``x``, its main tensor in the middle of the band above ``floor``; digits in rows up to ``most``."""
    *others, main = column.items
    digits = column.digits and _written(main, upper, band, True)
    high = min(band / main.rows, max(main.most[1], LEAST_ROW) if digits else main.most[1], most if digits else LARGEST_HEAT_CELL[1])
    y = floor + (band + high * main.rows) / 2
    left = x - width * column.count / 2
    found = {main.path: Spot(left, y, (width, high), digits, label)}
    for item in reversed(others):
        digits = column.digits and _written(item, upper, band, False)
        high = min(_row(item.rows, upper), max(item.most[1], LEAST_ROW) if digits else item.most[1])
        y += LABEL_ROOM + STACK_GAP + item.rows * high
        found[item.path] = Spot(left, y, (width, high), digits, label)
    return found
