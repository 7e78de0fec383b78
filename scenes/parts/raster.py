"""Tensors too large for digits, as coloured cells: zero is the ground, what is not known yet is hatched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from manim import ImageMobject

from scenes.parts.ink import Box, Mark, lines
from scenes.parts.theme import Theme, rgb

HATCH, HATCH_STROKE = 0.15, 1.6  # from line to line, sideways
COMMON, MOST_COUNTED = 0.985, 64  # so many of all numbers, where there are many, are weaker than the strongest colour


class Raster(ImageMobject):
    """A matrix of colours in a box, one flat rectangle per cell. ``pixels`` is height x width x 4, uint8."""

    def __init__(self, pixels: np.ndarray, box: Box) -> None:
        super().__init__(pixels)
        self.colour(self.pixel_array)
        self.move(box)

    def move(self, box: Box) -> Raster:
        """Stands in another box."""
        self.box = box
        left, bottom, right, top = box
        self.points = np.array([[left, top, 0.0], [right, top, 0.0], [left, bottom, 0.0], [right, bottom, 0.0]])
        return self

    def colour(self, pixels: np.ndarray) -> Raster:
        """Replaces the colours."""
        pixels.setflags(write=False)  # a change in place would go unseen
        self.pixel_array = pixels
        return self


class MovingCells(Raster):
    """One that passes over other things."""


class Hatch(Mark):
    """Over cells that are not known yet. No number has that look, whatever its scale."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme.line, stroke=HATCH_STROKE)

    def cover(self, areas: Iterable[tuple[Box, np.ndarray]]) -> Hatch:
        """Hatches those cells of boxes, each rows x columns of them, that are not known."""
        self.draw(lines(line for box, unknown in areas for block in _blocks(box, unknown) for line in _diagonals(block)))
        return self


def _blocks(box: Box, cells: np.ndarray) -> Iterator[Box]:
    """Rectangles that the chosen cells of a box make up: rows with the same runs are one."""
    left, _, _, top = box
    width, height = (box[2] - left) / cells.shape[1], (top - box[1]) / cells.shape[0]
    begun: dict[tuple[int, int], int] = {}
    for row, chosen in enumerate([*cells, np.zeros(cells.shape[1], dtype=bool)]):
        ends = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]))).tolist()
        runs = {*zip(ends[::2], ends[1::2], strict=True)}
        for start, stop in sorted(begun.keys() - runs):
            first = begun.pop((start, stop))
            yield left + start * width, top - row * height, left + stop * width, top - first * height
        begun |= dict.fromkeys(sorted(runs - begun.keys()), row)


def _diagonals(box: Box) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Parallels through a box that go on in the next one."""
    x0, y0, x1, y1 = box
    for number in range(math.ceil((x0 - y1) / HATCH), math.floor((x1 - y0) / HATCH) + 1):
        away = number * HATCH
        start, stop = max(x0, y0 + away), min(x1, y1 + away)
        yield (start, start - away), (stop, stop - away)


def diverging(values: np.ndarray, limit: float, theme: Theme, role: str) -> np.ndarray:
    """Colours of ``values``: the ground at 0, the role's at +limit, another one at −limit, pale what is not a number."""
    share = np.nan_to_num(np.clip(values / limit, -1, 1), nan=0.0)[..., None]
    positive, negative, ground = (np.array(rgb(colour), dtype=float) for colour in (getattr(theme, role), theme.negative, theme.ground))
    colours = ground + (np.where(share > 0, positive, negative) - ground) * np.abs(share)
    colours[np.isnan(values)] = rgb(theme.muted)
    return _opaque(colours)


def grey(values: np.ndarray) -> np.ndarray:
    """Colours of a picture with values from 0 (black) to 1 (white)."""
    return _opaque(np.repeat(values[..., None] * 255, 3, axis=-1))


def toned(values: np.ndarray, tone: int) -> np.ndarray:
    """Colours of the red (0), green (1) or blue (2) part of a picture, whose values go up to 1, or to 255 if any is larger."""
    whole = 255.0 if values.size and values.max() > 1 else 1.0
    colours = np.zeros((*values.shape, 3))
    colours[..., tone] = values / whole * 255
    return _opaque(colours)


def _opaque(colours: np.ndarray) -> np.ndarray:
    pixels = np.full((*colours.shape[:-1], 4), 255, dtype=np.uint8)
    pixels[..., :3] = np.clip(np.rint(colours), 0, 255)
    return pixels


def nothing(shape: tuple[int, int]) -> np.ndarray:
    """Cells that cannot be seen."""
    return np.zeros((*shape, 4), dtype=np.uint8)


def heat_limit(values: np.ndarray) -> float:
    """The value at which colours are strongest: the largest absolute one, 1 if all are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def common_limit(values: np.ndarray) -> float:
    """The number with the strongest colour: a large one, but of many numbers not one of a few that are much larger than all others."""
    size = np.abs(values[np.isfinite(values)])
    return float(np.quantile(size, COMMON)) or heat_limit(values) if size.size > MOST_COUNTED else heat_limit(values)


def ends(values: np.ndarray, limit: float) -> tuple[float, float]:
    """Where the scale of numbers begins and ends: on the side of zero on which there are none, at zero."""
    finite = values[np.isfinite(values)]
    below, above = bool((finite < 0).any()), bool((finite > 0).any())
    return -limit if below else 0.0, limit if above or not below else 0.0


def is_picture(values: np.ndarray) -> bool:
    """Whether all values lie in [0, 1], so that they can be shown as brightness."""
    return bool(np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1)


#: Parts of a picture.
TONES = ("red", "green", "blue")
#: Of a picture, at least so many cells; of one in bytes the largest is no smaller than this.
LEAST_PICTURE, LEAST_BYTE = 64, 64


def is_coloured(planes: np.ndarray) -> bool:
    """Whether planes (channels x rows x columns) are the red, green and blue parts of a picture, from 0 to 1 or to 255."""
    if len(planes) != 3 or planes[0].size < LEAST_PICTURE or not np.isfinite(planes).all() or planes.min() < 0:
        return False
    bytes_ = bool((planes == np.rint(planes)).all()) and LEAST_BYTE <= planes.max() <= 255
    return bytes_ or bool(planes.max() <= 1 and len(np.unique(planes)) > 2)


def cell_colours(values: np.ndarray, theme: Theme, role: str, *, picture: bool, limit: float) -> np.ndarray:
    """Brightness for a picture, the role's diverging colours for anything else."""
    return grey(values) if picture else diverging(values, limit, theme, role)
