"""Marks on the frame: text, lines, boxes. Each is one VMobject, however many strokes it has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from manim import Mobject, VMobject

from scenes.parts.press import MATH, MONO
from scenes.parts.typeset import Outline, digit_height, math_outline, polygon, small_letter_height, straight, text_outline

PX = 1 / 135  # Manim units per pixel at 1080p
#: Least height of a digit, and of a small letter, in px at 1080p.
LEAST_PX = 24.0

HALO = 9.0
EXPONENT = re.compile(r"(?<=\d)e(?=[−\d])")

Box = tuple[float, float, float, float]  # left, bottom, right, top


class Mark(VMobject):
    """A VMobject whose points are given, filled or stroked in one colour."""

    look: tuple[Any, ...] | None

    def __init__(self, colour: str, *, fill: float = 0.0, stroke: float = 0.0, opacity: float = 1.0) -> None:
        super().__init__(
            fill_color=colour, fill_opacity=fill, stroke_color=colour, stroke_width=stroke, stroke_opacity=opacity if stroke else 0
        )
        self.full = (fill, opacity if stroke else 0.0)

    def draw(self, points: np.ndarray) -> Mark:
        """Replaces what is drawn."""
        # A change in place would go unseen: what has been drawn is told from what is to be drawn by the array itself.
        points.setflags(write=False)
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

    def update_rgbas_array(self, *arguments: Any, **settings: Any) -> Mark:
        """Manim's way to all colours; ``look`` keeps what was found out about them since the last change."""
        self.look = None
        super().update_rgbas_array(*arguments, **settings)
        return self


@dataclass(frozen=True)
class Line:
    """A line of text, or a formula, of which a zero is ``size`` px high at 1080p.

    ``x`` is where it begins (``align`` -1), its middle (0) or its end (1); ``y`` is half the height of a digit above the baseline, or the
    middle of a formula.
    """

    text: str
    size: float
    x: float
    y: float
    font: str = MONO
    math: bool = False
    align: int = 0

    @property
    def outline(self) -> Outline:
        """Its outline in em."""
        return math_outline(self.text) if self.math else text_outline(self.text, self.font)

    @property
    def scale(self) -> float:
        """Units per em."""
        return self.size * PX / digit_height(MATH if self.math else self.font)

    @property
    def points(self) -> np.ndarray:
        """Bézier points on the frame."""
        scale, (left, low) = self.scale, self._origin
        points: np.ndarray = self.outline.points * scale + np.array([left, low, 0.0])
        return points

    @property
    def _origin(self) -> tuple[float, float]:
        """Where the outline's own origin stands."""
        outline, scale = self.outline, self.scale
        middle = outline.height / 2 if self.math else digit_height(self.font) / 2
        return self.x - (self.align + 1) / 2 * outline.width * scale, self.y - middle * scale

    @property
    def box(self) -> Box:
        """The box of what is inked."""
        scale, (left, low) = self.scale, self._origin
        x0, y0, x1, y1 = self.outline.extent
        return left + x0 * scale, low + y0 * scale, left + x1 * scale, low + y1 * scale

    @property
    def width(self) -> float:
        """With the room at its ends."""
        return self.outline.width * self.scale

    @property
    def least_px(self) -> float:
        """Height of its lowest kind of letter or digit, px at 1080p; the e of an exponent counts as a digit."""
        plain = self.math or not any(c.islower() for c in EXPONENT.sub("", self.text))
        return self.size * (1.0 if plain else small_letter_height(self.font) / digit_height(self.font))


class Letters(Mark):
    """Any number of lines of text in one colour; ``halo`` keeps lines that pass behind them at a distance."""

    def __init__(self, colour: str, *, halo: str | None = None) -> None:
        super().__init__(colour, fill=1.0)
        self.lines: list[Line] = []
        self.written = self.points
        if halo is not None:
            self.set_stroke(halo, HALO, 1.0, background=True)

    def write_lines(self, lines: Iterable[Line]) -> Letters:
        """Replaces the text."""
        written = [line for line in lines if line.text]
        if written != self.lines:
            self.lines = written
            self.draw(np.concatenate([line.points for line in written]) if written else np.zeros((0, 3)))
            self.written = self.points
        return self


class Ink(Letters):
    """One line of text in a place of its own."""

    def __init__(
        self, text: str, size: float, colour: str, *, font: str = MONO, math: bool = False, align: int = 0, halo: str | None = None
    ) -> None:
        super().__init__(colour, halo=halo)
        self.line = Line(text, size, 0.0, 0.0, font, math, align)
        self.write_lines([self.line])

    def write(self, text: str) -> Ink:
        """Sets other text in the same place."""
        return self._set(replace(self.line, text=text))

    def put(self, x: float, y: float) -> Ink:
        """Moves the text."""
        return self._set(replace(self.line, x=x, y=y))

    def resize(self, size: float) -> Ink:
        """Sets the text in another size."""
        return self._set(replace(self.line, size=size))

    def _set(self, line: Line) -> Ink:
        if line != self.line:
            self.line = line
            self.write_lines([line])
        return self

    @property
    def width_set(self) -> float:
        """Width of the line, with the room at its ends."""
        return self.line.width


def text_width(text: str, size: float, font: str = MONO) -> float:
    """Width of a line of text of which a zero is ``size`` px high."""
    return Line(text, size, 0.0, 0.0, font).width


def text_boxes(marks: Iterable[Mobject]) -> list[Box]:
    """Where texts stand."""
    letters = [part for mark in marks for part in mark.get_family() if isinstance(part, Letters)]
    return [line.box for part in letters for line in part.lines]


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
