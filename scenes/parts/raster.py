"""Tensors too large for digits, as coloured cells."""

from __future__ import annotations

import numpy as np
from manim import ImageMobject

from scenes.parts.ink import Box
from scenes.parts.theme import Theme, rgb

WHITE = np.array([255.0, 255.0, 255.0])
COMMON, MOST_COUNTED = 0.985, 64  # so many of all numbers, where there are many, are weaker than the strongest colour


class Raster(ImageMobject):
    """A matrix of colours in a box, one flat rectangle per cell. ``pixels`` is height x width x 4, uint8."""

    def __init__(self, pixels: np.ndarray, box: Box) -> None:
        super().__init__(pixels)
        self.box = box
        self.colour(self.pixel_array)
        left, bottom, right, top = box
        self.points = np.array([[left, top, 0.0], [right, top, 0.0], [left, bottom, 0.0], [right, bottom, 0.0]])

    def colour(self, pixels: np.ndarray) -> Raster:
        """Replaces the colours."""
        pixels.setflags(write=False)  # a change in place would go unseen
        self.pixel_array = pixels
        return self


def diverging(values: np.ndarray, limit: float, positive: str, negative: str, nothing: str) -> np.ndarray:
    """Colours of ``values``: white at 0, ``positive`` at +limit, ``negative`` at −limit, ``nothing`` for what is not a number."""
    share = np.nan_to_num(np.clip(values / limit, -1, 1), nan=0.0)[..., None]
    ends = np.where(share > 0, np.array(rgb(positive), dtype=float), np.array(rgb(negative), dtype=float))
    colours = WHITE + (ends - WHITE) * np.abs(share)
    colours[np.isnan(values)] = rgb(nothing)
    return _opaque(colours)


def grey(values: np.ndarray) -> np.ndarray:
    """Colours of a picture with values from 0 (black) to 1 (white)."""
    return _opaque(np.repeat(values[..., None] * 255, 3, axis=-1))


def _opaque(colours: np.ndarray) -> np.ndarray:
    pixels = np.full((*colours.shape[:-1], 4), 255, dtype=np.uint8)
    pixels[..., :3] = np.clip(np.rint(colours), 0, 255)
    return pixels


def nothing(shape: tuple[int, int]) -> np.ndarray:
    """Cells that cannot be seen."""
    return np.zeros((*shape, 4), dtype=np.uint8)


def flat(shape: tuple[int, int], colour: str) -> np.ndarray:
    """Cells of one colour."""
    return np.full((*shape, 4), (*rgb(colour), 255), dtype=np.uint8)


def heat_limit(values: np.ndarray) -> float:
    """The value at which colours are strongest: the largest absolute one, 1 if all are zero."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def common_limit(values: np.ndarray) -> float:
    """The number with the strongest colour: a large one, but of many numbers not one of a few that are much larger than all others."""
    size = np.abs(values[np.isfinite(values)])
    return float(np.quantile(size, COMMON)) or heat_limit(values) if size.size > MOST_COUNTED else heat_limit(values)


def is_picture(values: np.ndarray) -> bool:
    """Whether all values lie in [0, 1], so that they can be shown as brightness."""
    return bool(np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1)


def cell_colours(values: np.ndarray, theme: Theme, role: str, *, picture: bool, limit: float) -> np.ndarray:
    """Brightness for a picture, the role's diverging colours for anything else."""
    return grey(values) if picture else diverging(values, limit, getattr(theme, role), theme.negative, theme.muted)
