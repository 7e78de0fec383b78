"""The frame as pixels. Only what has changed is drawn again, clipped to where it changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cairo
import numpy as np

from scenes.parts.display import STROKE_UNIT, Drawn, Pixels, Seen, changed
from scenes.parts.ink import Box
from scenes.parts.theme import rgb

#: Pixels from a rectangle's sides to what it must hold: curves bleed into the pixel beside them.
BLEED = 2
#: Rectangles start and end at even pixels, for there is one chroma sample for two by two of them.
GRID = 2
#: More rectangles than this cost more than the pixels between them.
MOST_RECTANGLES = 8

#: Corners that would reach further than so many times half the width of a stroke are cut off: right angles are sharp, spikes are not drawn.
MITER = 2.0

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom in px


class Canvas:
    """``pixels`` is height x width x 4, uint8 RGBA; ``units`` are width and height of the frame in Manim's units, its middle at 0, 0.

    Without a ``ground`` one sees through it; colours are premultiplied by their alpha.
    """

    def __init__(self, width: int, height: int, units: tuple[float, float], ground: str | None) -> None:
        self.width, self.height, self.units = width, height, units
        self.across, self.down = width / units[0], height / units[1]  # px per unit
        self.ground = np.array([*rgb(ground), 255] if ground else [0, 0, 0, 0], dtype=np.uint8)
        self.paper, self.pixels = (np.empty((height, width, 4), dtype=np.uint8) for _ in range(2))
        self.paper_context, self.context = (self._context(pixels) for pixels in (self.paper, self.pixels))
        self.matrix = cairo.Matrix(self.across, 0, 0, -self.down, width / 2, height / 2)
        self.still: Sequence[Seen] | None = None
        self.live: Sequence[Seen] | None = None

    def _context(self, pixels: np.ndarray) -> Any:
        return cairo.Context(cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_ARGB32, self.width, self.height))

    @property
    def whole(self) -> Rectangle:
        """All of it."""
        return 0, 0, self.width, self.height

    def show(self, still: Sequence[Seen], live: Sequence[Seen]) -> list[Rectangle]:
        """Draws the stage, ``still`` behind ``live``; returns the rectangles in which pixels may have changed."""
        boxes = None if self.live is None else changed(self.live, live)
        if self.still is None or [*map(id, self.still)] != [*map(id, still)]:
            self.paper[:] = self.ground
            self._draw(self.paper, self.paper_context, still, [self.whole])
            boxes = None
        self.still, self.live = still, live
        rectangles = [self.whole] if boxes is None else merged([r for box in boxes if (r := self._rectangle(box))])
        for left, top, right, bottom in rectangles:
            self.pixels[top:bottom, left:right] = self.paper[top:bottom, left:right]
        self._draw(self.pixels, self.context, live, rectangles)
        return rectangles

    def clear(self) -> None:
        """The next picture is drawn whole.

        Cairo's soft edges differ by a few levels with what else is drawn in the same rows of pixels, so that a part that is drawn again is
        not quite what it is within the whole. After this a picture depends on nothing that was drawn before.
        """
        self.live = None

    def _rectangle(self, box: Box) -> Rectangle | None:
        x0, y0, x1, y1 = self._px(box)
        left, top = (max(0, math.floor((at - BLEED) / GRID) * GRID) for at in (x0, y0))
        right, bottom = (min(end, math.ceil((at + BLEED) / GRID) * GRID) for at, end in ((x1, self.width), (y1, self.height)))
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _px(self, box: Box) -> Box:
        x0, y0, x1, y1 = box
        return (
            x0 * self.across + self.width / 2,
            self.height / 2 - y1 * self.down,
            x1 * self.across + self.width / 2,
            self.height / 2 - y0 * self.down,
        )

    def _draw(self, pixels: np.ndarray, context: Any, items: Sequence[Seen], rectangles: Sequence[Rectangle]) -> None:
        if not rectangles:
            return
        context.save()
        context.identity_matrix()
        for left, top, right, bottom in rectangles:
            context.rectangle(left, top, right - left, bottom - top)
        context.clip()
        context.set_matrix(self.matrix)
        context.set_miter_limit(MITER)
        for item in items:
            x0, y0, x1, y1 = self._px(item.box)
            near = [r for r in rectangles if x0 - BLEED < r[2] and r[0] < x1 + BLEED and y0 - BLEED < r[3] and r[1] < y1 + BLEED]
            if isinstance(item, Pixels):
                for rectangle in near:
                    self._paint(pixels, item, rectangle)
            elif near:
                _trace(context, item)
        context.restore()

    def _paint(self, pixels: np.ndarray, item: Pixels, rectangle: Rectangle) -> None:
        """Cells with hard edges, copied one by one."""
        left, top, right, bottom = (round(at) for at in self._px(item.box))
        x0, y0, x1, y1 = max(left, rectangle[0]), max(top, rectangle[1]), min(right, rectangle[2]), min(bottom, rectangle[3])
        if x0 >= x1 or y0 >= y1:
            return
        rows = (np.arange(y0, y1) - top) * item.pixels.shape[0] // (bottom - top)
        columns = (np.arange(x0, x1) - left) * item.pixels.shape[1] // (right - left)
        source = item.pixels[rows][:, columns]
        np.copyto(pixels[y0:y1, x0:x1], source, where=source[..., 3:] > 0)


def _trace(context: Any, shape: Drawn) -> None:
    """Strokes that lie behind, then the filling, then the other strokes, as Manim does it."""
    if shape.path is None:
        _follow(context, shape.points)
        shape.path = context.copy_path()
        context.new_path()
    context.append_path(shape.path)
    if shape.behind:
        _stroke(context, *shape.behind)
    if shape.fill[3] > 0:
        _ink(context, shape.fill)
        context.fill_preserve()
    if shape.stroke:
        _stroke(context, *shape.stroke)
    context.new_path()


def _stroke(context: Any, colour: tuple[float, float, float, float], width: float) -> None:
    if colour[3] > 0:
        _ink(context, colour)
        context.set_line_width(width * STROKE_UNIT)
        context.stroke_preserve()


def _ink(context: Any, colour: tuple[float, float, float, float]) -> None:
    red, green, blue, opacity = colour
    # Cairo's bytes are blue, green, red, alpha; the frame's are red, green, blue, alpha.
    context.set_source_rgba(blue, green, red, opacity)


def _follow(context: Any, points: np.ndarray) -> None:
    """Lays the curves as a path; where one does not begin at the end of the one before, another line begins."""
    context.new_path()
    starts = points[4::4, :2]
    breaks = np.flatnonzero((np.abs(points[3:-1:4, :2] - starts) > 1e-6 + 1e-5 * np.abs(starts)).any(axis=1)) + 1
    ends = [0, *breaks.tolist(), len(points) // 4]
    curves = points[: ends[-1] * 4].reshape(-1, 4, 3)[:, :, :2].reshape(-1, 8).tolist()
    for first, after in pairwise(ends):
        context.move_to(*curves[first][:2])
        for curve in curves[first:after]:
            context.curve_to(*curve[2:])
        (x0, y0), (x1, y1) = curves[first][:2], curves[after - 1][6:]
        if abs(x0 - x1) < 1e-6 + 1e-5 * abs(x1) and abs(y0 - y1) < 1e-6 + 1e-5 * abs(y1):
            context.close_path()


def merged(rectangles: Sequence[Rectangle]) -> list[Rectangle]:
    """Rectangles that together hold all of these and do not overlap, :data:`MOST_RECTANGLES` at the most."""
    found: list[Rectangle] = []
    for rectangle in sorted(rectangles):
        # What has grown may touch another one.
        while (near := next((r for r in found if _touch(r, rectangle)), None)) is not None:
            found.remove(near)
            rectangle = _around(near, rectangle)
        found.append(rectangle)
    while len(found) > MOST_RECTANGLES:
        one = found.pop()
        other = min(found, key=lambda r: _area(_around(one, r)) - _area(r))
        found.remove(other)
        found = merged([*found, _around(one, other)])
    return found


def _touch(a: Rectangle, b: Rectangle) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _around(a: Rectangle, b: Rectangle) -> Rectangle:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _area(r: Rectangle) -> int:
    return (r[2] - r[0]) * (r[3] - r[1])
