"""How a tensor of any shape is laid out as rows and columns of cells: its planes as tiles, a vector as a row, a column, or folded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scenes.parts.arrange import LEAST_ROW, Spot
from scenes.parts.digits import MOST_DIGITS, characters
from scenes.parts.grid import CellPlace
from scenes.parts.sheet import CHARACTERS, need, plane_shape, planes
from scenes.parts.tiles import FINE

#: Sides of a cell at the most, with digits and without.
LARGEST_DIGITS, LARGEST_HEAT = (1.3, 0.62), 0.6
#: A tile is so large at least; of more planes as many are seen as have room. A tensor is so thick where it has few rows or columns.
LEAST_TILE, THICK = 0.36, 0.9
#: Cells that are seen to the unit; of more only some are drawn. A plane that is so many times as long as wide may be stretched.
SEEN, LONG = 90.0, 4
#: What it is worth that numbers can be read, and that a vector stands in one row or column.
READ, FOLD = 100.0, 3.0


class Leaf(NamedTuple):
    """A plane, or a part of a vector: its ``corner`` and how many cells are drawn, the number of its first cell, and its own shape."""

    corner: CellPlace
    drawn: CellPlace
    first: int
    shape: CellPlace


@dataclass(frozen=True, eq=False)
class Spread:
    """``order`` has for every cell that is drawn its number in the tensor, −1 between tiles; ``spot`` is where all of it stands."""

    order: np.ndarray
    tiles: Sequence[Leaf]
    spot: Spot
    score: float

    @property
    def shape(self) -> CellPlace:
        """Rows and columns with the gaps between tiles."""
        rows, columns = self.order.shape
        return rows, columns


def laid(values: np.ndarray, width: float, height: float, *, digits: bool = True) -> Spread:
    """The best way to lay out a tensor in so much room: one with digits if these have room, then the one with the largest cells."""
    return max(_ways(values, width, height, digits), key=lambda way: way.score)


def _ways(values: np.ndarray, width: float, height: float, digits: bool) -> Iterator[Spread]:
    for order, tiles in _orders(values.shape, width, height):
        seen = np.where(order >= 0, values.reshape(-1)[order], 0.0)
        cell = _digit_cell(order.shape, width, height)
        roomy = digits and order.size <= MOST_DIGITS and characters(cell[0]) > 0 and cell[1] >= LEAST_ROW
        for most in CHARACTERS if roomy else ():
            least = need(seen, most)
            if least is not None and cell[0] >= least:
                # What has more characters is worth a little, and so is a vector that is not folded.
                better = most + min(cell[0] / least, 2.0) + 2 * cell[1] - FOLD * (len(tiles) > 1 or _is_folded(values.shape, tiles))
                yield Spread(order, tiles, Spot(0.0, 0.0, cell, True, width), READ + better)
        cell = _heat_cell(order.shape, tiles, width, height)
        yield Spread(order, tiles, Spot(0.0, 0.0, cell, False, width), cell[0] * cell[1] * tiles[0].drawn[0] * tiles[0].drawn[1])


def _is_folded(shape: Sequence[int], tiles: Sequence[Leaf]) -> bool:
    return planes(shape) == plane_shape(shape)[0] == 1 and min(tiles[0].shape) > 1


def _orders(shape: Sequence[int], width: float, height: float) -> Iterator[tuple[np.ndarray, list[Leaf]]]:
    count, (rows, columns) = planes(shape), plane_shape(shape)
    if count == 1 and rows == 1:
        yield from (_folded(columns, across) for across in _folds(columns, width, height))
    else:
        yield _tiled(count, (rows, columns), width, height)


# --- vectors -----------------------------------------------------------------------------------------------------------------------------


def _folds(count: int, width: float, height: float) -> list[int]:
    """How many numbers of a vector may stand side by side: all, one, or as many as make its cells about square."""
    if count * THICK <= 2 * max(width, height) or count <= MOST_DIGITS:
        square = max(1, min(count, round(math.sqrt(count * width / height / 2))))
        return [*dict.fromkeys((count, 1, square))]
    return [min(count, 2 ** max(0, round(math.log2(math.sqrt(count * width / height)))))]


def _folded(count: int, across: int) -> tuple[np.ndarray, list[Leaf]]:
    """A vector in rows of so many numbers, the last of which may be shorter."""
    down = -(-count // across)
    order = np.arange(down * across).reshape(down, across)
    full, rest = divmod(count, across)
    tiles = [Leaf((0, 0), (full, across), 0, (full, across))]
    if rest:
        tiles.append(Leaf((full, 0), (1, rest), full * across, (1, rest)))
    return np.where(order < count, order, -1), tiles


# --- planes ------------------------------------------------------------------------------------------------------------------------------


def _tiled(count: int, shape: CellPlace, width: float, height: float) -> tuple[np.ndarray, list[Leaf]]:
    """Planes in rows, as large as can be; as many as can be seen."""
    across, down = _grid(count, shape, width, height)
    shown = min(count, across * down)
    strides = [max(1, int(cells / (SEEN * room / many))) for cells, room, many in zip(shape, (height, width), (down, across), strict=True)]
    own = np.arange(shape[0] * shape[1]).reshape(shape)[:: strides[0], :: strides[1]]
    (rows, columns), size = own.shape, shape[0] * shape[1]
    gap = 1 + max(rows, columns) // FINE if shown > 1 else 0
    order = np.full((down * (rows + gap) - gap, across * (columns + gap) - gap), -1)
    tiles = []
    for number in range(shown):
        row, column = number // across * (rows + gap), number % across * (columns + gap)
        order[row : row + rows, column : column + columns] = own + number * size
        tiles.append(Leaf((row, column), (rows, columns), number * size, shape))
    return order, tiles


def _grid(count: int, shape: CellPlace, width: float, height: float) -> tuple[int, int]:
    """How many tiles stand side by side, and in how many rows."""
    (rows, columns), stretch = shape, _stretch(shape)
    if count == 1:
        return 1, 1
    most = max(1, int(width / LEAST_TILE)), max(1, int(height / LEAST_TILE))
    if count > most[0] * most[1]:
        return most

    def size(across: int) -> float:
        w, h = width / (across * columns), height / (-(-count // across) * rows)
        return min(w, h * stretch[1]) * min(h, w * stretch[0])

    across = max(range(1, count + 1), key=size)
    return across, -(-count // across)


def _stretch(shape: CellPlace) -> tuple[float, float]:
    """How many times as high as wide, and as wide as high, a cell may be: those of long planes, which would be threads."""
    rows, columns = shape
    return (columns / rows if columns >= LONG * rows else 1.0), (rows / columns if rows >= LONG * columns else 1.0)


# --- cells -------------------------------------------------------------------------------------------------------------------------------


def _digit_cell(shape: Sequence[int], width: float, height: float) -> tuple[float, float]:
    return min(width / shape[1], LARGEST_DIGITS[0]), min(height / shape[0], LARGEST_DIGITS[1])


def _heat_cell(shape: Sequence[int], tiles: Sequence[Leaf], width: float, height: float) -> tuple[float, float]:
    """Square cells, but for those of tensors with few rows or columns."""
    (rows, columns), stretch = shape, _stretch(tiles[0].drawn)
    side = min(width / columns, height / rows, LARGEST_HEAT)
    w, h = min(width / columns, side * stretch[1], LARGEST_HEAT), min(height / rows, side * stretch[0], LARGEST_HEAT)
    if len(tiles) == 1:
        w, h = max(side, min(w, THICK / columns)), max(side, min(h, THICK / rows))
    return w, h
