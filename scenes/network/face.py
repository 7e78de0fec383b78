"""A tensor as a block to scale: a stack of as many planes as it has channels, as wide and high as its picture, its numbers on the front."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scenes.network.stations import Station, core
from scenes.parts.ink import Box
from scenes.parts.raster import cell_colours, common_limit, is_coloured, is_picture
from scenes.parts.sheet import plane_shape
from scenes.parts.theme import Theme
from scenes.parts.window import Straight

#: The least share of the largest side that a side has; the planes of a stack at the most, and how far one is behind the next, in units.
LEAST, MOST_PLANES, BEHIND = 0.13, 9, 0.05
#: Cells of a face along a side at the most.
FINEST = 48


@dataclass(frozen=True)
class Solid:
    """Width and height of the front of a block, from 0 to 1, and how many planes stand behind it."""

    wide: float
    high: float
    behind: int

    def front(self, room: Box, unit: float) -> Box:
        """Where the front stands in a room, in the middle of which all of it is, at its bottom."""
        left, bottom, right, top = room
        away = self.behind * BEHIND
        x = (left + right - self.wide * unit - away) / 2
        y = (bottom + top - self.high * unit - away) / 2
        return x, y, x + self.wide * unit, y + self.high * unit

    def unit(self, room: Box) -> float:
        """The largest unit with which it fits into a room."""
        away = self.behind * BEHIND
        return min((room[2] - room[0] - away) / self.wide, (room[3] - room[1] - away) / self.high)


def solids(shapes: Sequence[Sequence[int]], most: int = MOST_PLANES) -> list[Solid]:
    """Blocks for tensors of these shapes, on one logarithmic scale; no more than so many planes stand behind another.

    What has no cell has the smallest.
    """
    sides = [_sides([max(1, size) for size in core(shape)]) for shape in shapes]
    largest = math.log2(max((max(high, wide) for high, wide, _ in sides), default=1) + 1)

    def length(cells: int) -> float:
        return LEAST + (1 - LEAST) * math.log2(cells) / largest

    return [Solid(length(wide), length(high), min(most, round(math.log2(deep)))) for high, wide, deep in sides]


def _sides(shape: Sequence[int]) -> tuple[int, int, int]:
    """Rows, columns and planes; a vector stands upright."""
    if len(shape) < 2:
        return math.prod(shape), 1, 1
    rows, columns = plane_shape(shape)
    return rows, columns, math.prod(shape[:-2])


def edges(front: Box, behind: int) -> Iterator[Straight]:
    """The lines of a block: around its front, and what is seen of the planes behind it."""
    x0, y0, x1, y1 = front
    yield from (((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0)))
    for number in range(1, behind + 1):
        away = number * BEHIND
        a, b, c = (x0 + away, y1 + away), (x1 + away, y1 + away), (x1 + away, y0 + away)
        yield from ((a, b), (b, c), (a, (a[0], a[1] - BEHIND)), (c, (c[0] - BEHIND, c[1])))


def whole(front: Box, behind: int) -> Box:
    """The box around a block."""
    away = behind * BEHIND
    return front[0], front[1], front[2] + away, front[3] + away


def face(station: Station, theme: Theme) -> np.ndarray | None:
    """The colours of its front: a picture as it is, of other planes the one with the strongest number; none where none are known."""
    if station.values is None or not station.values.size:
        return None
    planes = _planes(station.values)
    fine = planes[:, :: _step(planes.shape[1]), :: _step(planes.shape[2])]
    if is_photo(station):
        return _mixed(fine)
    grey = station.role == "input" and planes[0].size > 1 and is_picture(planes)
    front = fine[int(np.abs(np.nan_to_num(planes)).reshape(len(planes), -1).max(axis=1).argmax())]
    return cell_colours(front, theme, station.role, picture=grey, limit=common_limit(station.values))


def is_photo(station: Station) -> bool:
    """Whether it was given a picture with colours."""
    return station.role == "input" and station.values is not None and is_coloured(_planes(station.values))


def _planes(values: np.ndarray) -> np.ndarray:
    """Its planes; a vector stands upright."""
    shape = core(values.shape)
    return values.reshape(-1, *plane_shape(shape)) if len(shape) > 1 else values.reshape(1, -1, 1)


def _step(cells: int) -> int:
    return -(-cells // FINEST)


def _mixed(planes: np.ndarray) -> np.ndarray:
    """Red, green and blue parts as one picture."""
    whole = 255.0 if planes.max() > 1 else 1.0
    found = np.full((*planes.shape[1:], 4), 255, dtype=np.uint8)
    found[..., :3] = np.rint(np.moveaxis(planes, 0, -1) / whole * 255)
    return found
