"""Lines between the boxes of a network: to the next one, above others to one further on, and around the end of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from scenes.network.rowed import BoxRows
from scenes.parts.curves import Point
from scenes.parts.ink import Box
from scenes.parts.window import Straight

#: From a line to what it leads to, between lines side by side, and how many of them there are.
CLEAR, APART, LANES = 0.05, 0.075, 3
#: Above boxes where lines pass, and where there is nothing but the one from row to row; beside the rows.
ABOVE, ALONE, BESIDE = 0.4, 0.2, 0.3
HEAD = 0.07

#: From which box to which.
Leap = tuple[int, int]


@dataclass(eq=False)
class Wires:
    """``boxes`` are where the boxes stand, ``edges`` those between them; ``ends`` are where the rows begin and end."""

    rows: BoxRows
    boxes: Sequence[Box]
    edges: Sequence[Leap]
    ends: tuple[float, float]
    lanes: dict[Leap, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for a, b in sorted((edge for edge in self.edges if edge[1] - edge[0] > 1), key=lambda edge: edge[1] - edge[0]):
            # Where one ends and the next begins they are told apart, too.
            taken = {lane for (c, d), lane in self.lanes.items() if a <= d and c <= b}
            self.lanes[a, b] = next((lane for lane in range(LANES) if lane not in taken), LANES - 1)

    def lines(self, edge: Leap) -> list[Straight]:
        """The pieces of a line, its head at the end."""
        path = [*self._path(edge)]
        return [*pairwise(path), *_head(path[-2], path[-1])]

    def _path(self, edge: Leap) -> Iterator[Point]:
        a, b = edge
        if edge in self.lanes:
            yield from self._around(a, b, self.lanes[edge])
            return
        start, end = (self.boxes[a][2] + CLEAR, self._middle(a)), (self.boxes[b][0] - CLEAR, self._middle(b))
        yield start
        if self.rows.row[a] != self.rows.row[b]:
            left, right = self.ends
            y = self._top(b) + self.rows.above - APART
            yield from ((right + APART, start[1]), (right + APART, y), (left - BESIDE / 2, y), (left - BESIDE / 2, end[1]))
        yield end

    def _around(self, a: int, b: int, lane: int) -> Iterator[Point]:
        """From the top of one box to the top of another."""
        (x0, _, x1, y0), (x2, _, x3, y1) = self.boxes[a], self.boxes[b]
        high = [self._top(at) + APART * (lane + 0.7) for at in (a, b)]
        start, end = x0 + (x1 - x0) * 0.7, x2 + (x3 - x2) * 0.3
        yield from ((start, y0 + CLEAR), (start, high[0]))
        if self.rows.row[a] != self.rows.row[b]:
            x = self.ends[1] + APART * (lane + 2)
            yield from ((x, high[0]), (x, high[1]))
        yield from ((end, high[1]), (end, y1 + CLEAR))

    def _middle(self, number: int) -> float:
        _, y0, _, y1 = self.rows.rooms[number]
        return (y0 + y1) / 2

    def _top(self, number: int) -> float:
        return self.rows.rooms[number][3]


def _head(before: Point, end: Point) -> list[Straight]:
    (x, y), across = end, abs(end[0] - before[0]) > abs(end[1] - before[1])
    back = [(x - HEAD, y + HEAD * 0.7), (x - HEAD, y - HEAD * 0.7)] if across else [(x - HEAD * 0.7, y + HEAD), (x + HEAD * 0.7, y + HEAD)]
    return [(one, end) for one in back]
