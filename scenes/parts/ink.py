"""Marks on the frame: text, lines, boxes. Each is one VMobject, however many strokes it has."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import VMobject

from scenes.parts.typeset import MONO, digit_height, math_outline, polygon, small_letter_height, straight, text_outline

PX = 1 / 135  # Manim units per pixel at 1080p
#: Least height of a digit, and of a small letter, in px at 1080p.
LEAST_PX = 24.0

Box = tuple[float, float, float, float]  # left, bottom, right, top


class Mark(VMobject):
    """A VMobject whose points are given, filled or stroked in one colour."""

    def __init__(self, colour: str, *, fill: float = 0.0, stroke: float = 0.0, opacity: float = 1.0) -> None:
        super().__init__(
            fill_color=colour, fill_opacity=fill, stroke_color=colour, stroke_width=stroke, stroke_opacity=opacity if stroke else 0
        )
        self.full = (fill, opacity if stroke else 0.0)

    def draw(self, points: np.ndarray) -> Mark:
        """Replaces what is drawn."""
        self.points = points
        return self

    def fade(self, amount: float) -> Mark:
        """Shows the mark at ``amount`` (0 to 1) of its own opacity."""
        self.set_fill(opacity=self.full[0] * amount, family=False)
        self.set_stroke(opacity=self.full[1] * amount, family=False)
        return self

    @property
    def shown(self) -> bool:
        """Whether anything of it can be seen."""
        return len(self.points) > 0 and (self.get_fill_opacity() > 0 or (self.get_stroke_opacity() > 0 and self.get_stroke_width() > 0))


class Ink(Mark):
    """A line of text, or a formula, of which a zero is ``size`` px high at 1080p. ``align`` is -1 (left), 0 or 1 (right)."""

    def __init__(self, text: str, size: float, colour: str, *, font: str = MONO, math: bool = False, align: int = 0) -> None:
        super().__init__(colour, fill=1.0)
        self.font, self.math, self.align, self.size = font, math, align, size
        self.spot = (0.0, 0.0)
        self.write(text)

    def write(self, text: str) -> Ink:
        """Sets other text in the same place."""
        self.text = text
        return self.put(*self.spot)

    def put(self, x: float, y: float) -> Ink:
        """Moves the text: ``x`` by ``align``, ``y`` is half the height of a digit above the baseline (of a formula, its middle)."""
        self.spot = (x, y)
        self.points = set_text(self.text, self.size, x, y, font=self.font, math=self.math, align=self.align)
        return self

    @property
    def width_set(self) -> float:
        """Width of the line, with the room at its ends."""
        outline = math_outline(self.text) if self.math else text_outline(self.text, self.font)
        return outline.width * self.size * PX / digit_height(self.font)

    @property
    def small_letter_px(self) -> float:
        """Height of its smallest kind of letter or digit, px at 1080p."""
        plain = self.math or not any(c.islower() for c in self.text)
        return self.size * (1.0 if plain else small_letter_height(self.font) / digit_height(self.font))


def set_text(text: str, size: float, x: float, y: float, *, font: str = MONO, math: bool = False, align: int = 0) -> np.ndarray:
    """Points of a line of text; the arguments are those of :class:`Ink`."""
    outline = math_outline(text) if math else text_outline(text, font)
    scale = size * PX / digit_height(font)
    middle = outline.height / 2 if math else digit_height(font) / 2
    left = (align + 1) / 2 * outline.width
    return (outline.points - np.array([left, middle, 0.0])) * scale + np.array([x, y, 0.0])


def text_width(text: str, size: float, font: str = MONO) -> float:
    """Width of a line of text of which a zero is ``size`` px high."""
    return text_outline(text, font).width * size * PX / digit_height(font)


def letter_size(font: str = MONO) -> float:
    """The least size (px of a zero) at which small letters are :data:`LEAST_PX` high."""
    return LEAST_PX * digit_height(font) / small_letter_height(font)


def lines(segments: Iterable[tuple[tuple[float, float], tuple[float, float]]]) -> np.ndarray:
    """Points of any number of straight lines."""
    parts = [straight(a, b) for a, b in segments]
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def boxes(rectangles: Iterable[Box]) -> np.ndarray:
    """Points of any number of rectangles."""
    parts = [polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) for x0, y0, x1, y1 in rectangles]
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def dashes(a: tuple[float, float], b: tuple[float, float], dash: float = 0.09) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """A straight line as dashes and gaps of ``dash`` units each, beginning and ending with a dash."""
    length = float(np.hypot(b[0] - a[0], b[1] - a[1]))
    count = max(1, round(length / dash / 2))
    whole = 2 * count - 1
    at = [(a[0] + (b[0] - a[0]) * i / whole, a[1] + (b[1] - a[1]) * i / whole) for i in range(whole + 1)]
    return [(at[2 * i], at[2 * i + 1]) for i in range(count)]


def bounds(mark: VMobject) -> Box:
    """The box around what is drawn."""
    low, high = mark.points.min(axis=0), mark.points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
